//! Configurations in JSON: the reader, the lowering to the syntax tree, and what schemas decide.
//!
//! Run with `-timeout=5 -rss_limit_mb=2048 -max_len=65536 -dict=fuzz/dictionaries/tf_json.dict`.
#![no_main]

use std::sync::LazyLock;

use cloudapp_engine::Providers;
use cloudapp_engine::config::{Dialect, LoadRequest, SourceInput, load};
use cloudapp_fuzz::{checks, provider};
use cloudapp_lang::source::{FileId, SourceMap};
use cloudapp_lang::syntax::json::{self, Node, NodeKind};
use cloudapp_lang::syntax::json_lower::{self, Reading};
use libfuzzer_sys::{Corpus, fuzz_target};

static PROVIDERS: LazyLock<Providers> = LazyLock::new(provider::providers);

fuzz_target!(|data: &[u8]| -> Corpus {
    let Ok(text) = std::str::from_utf8(data) else {
        return Corpus::Reject;
    };
    // What is constant is evaluated, and files outside the test data may be endless. Modules are directories.
    if text.contains("file") || text.contains("source") {
        return Corpus::Reject;
    }
    let plain = text.strip_prefix('\u{feff}').unwrap_or(text);
    let other_reader = serde_json::from_str::<serde::de::IgnoredAny>(plain);
    match json::read(text, FileId(0)) {
        Ok(node) => {
            assert!(
                other_reader.is_ok(),
                "this is no JSON: {:?}",
                other_reader.err()
            );
            places(&node, text);
            for reading in [Reading::Template, Reading::Literal, Reading::Expression] {
                let (expr, found) = json_lower::expression(&node, reading);
                checks::span(expr.span, text, "an expression");
                checks::findings(&found, text);
            }
        }
        Err(d) => {
            // What is refused on purpose: deep nesting, and exponents that no integer holds.
            let refused = d.detail.contains("levels") || d.detail.contains("is not a value");
            assert!(refused || other_reader.is_err(), "this is JSON: {d:?}");
            checks::findings(&d.into(), text);
        }
    }
    configuration(text);
    Corpus::Keep
});

/// Every value and name lies in the text, and in what holds it.
fn places(node: &Node, text: &str) {
    checks::span(node.span, text, "a value");
    let within = |n: &Node| {
        assert!(node.span.start <= n.span.start && n.span.end <= node.span.end);
        places(n, text);
    };
    match &node.kind {
        NodeKind::Array(items) => items.iter().for_each(within),
        NodeKind::Object(properties) => {
            for p in properties {
                checks::span(p.name.span, text, "a name");
                checks::span(p.span, text, "a property");
                assert!(p.name.span.end <= p.value.span.start && p.value.span.end == p.span.end);
                within(&p.value);
            }
        }
        _ => {}
    }
}

fn configuration(text: &str) {
    let request = LoadRequest {
        dir: concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz_targets").into(),
        package_dir: None,
        dialect: Dialect::default(),
        files: Some(vec![SourceInput {
            name: "main.tf.json".into(),
            text: text.into(),
            module: String::new(),
        }]),
    };
    let mut sources = SourceMap::new();
    let (configuration, found) = load(&request, &PROVIDERS, &mut sources);
    assert!(configuration.is_some() != found.has_errors(), "{found:?}");
    for d in &found {
        // A place may also lie in a text that was made from this one.
        let ours = |s: &cloudapp_lang::Span| s.file == FileId(0);
        for s in d.subject.iter().chain(&d.context).filter(|s| ours(s)) {
            checks::span(*s, text, d.code);
        }
    }
}
