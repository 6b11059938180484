//! Files, expressions and templates as text, and the formatter.
//!
//! Run with `-timeout=5 -rss_limit_mb=2048 -max_len=65536 -dict=fuzz/dictionaries/language.dict`.
#![no_main]

use cloudapp_fuzz::checks;
use cloudapp_lang::format;
use cloudapp_lang::source::FileId;
use cloudapp_lang::syntax::ast::{Body, Expr};
use cloudapp_lang::syntax::{is_incomplete, parse_expression, parse_file, parse_template};
use libfuzzer_sys::{Corpus, fuzz_target};

const FILE: FileId = FileId(0);

fuzz_target!(|data: &[u8]| -> Corpus {
    let Ok(text) = std::str::from_utf8(data) else {
        return Corpus::Reject;
    };
    let (body, found) = parse_file(text, FILE);
    checks::findings(&found, text);
    places(&body, text);
    assert!(
        (body, found.clone()) == parse_file(text, FILE),
        "not deterministic"
    );
    if !found.has_errors() {
        formatted(text);
    }
    let incomplete = is_incomplete(text);
    match parse_expression(text, FILE) {
        Ok(e) => {
            assert!(!incomplete, "a whole expression is said to go on");
            expression(&e, text);
        }
        Err(found) => {
            assert!(found.has_errors(), "failed without an error");
            checks::findings(&found, text);
        }
    }
    match parse_template(text, FILE, 0) {
        Ok(e) => expression(&e, text),
        Err(found) => {
            assert!(found.has_errors(), "failed without an error");
            checks::findings(&found, text);
        }
    }
    Corpus::Keep
});

/// A valid file stays one when it is formatted, and formatting is done once.
fn formatted(text: &str) {
    let once = format::source(text);
    let (_, found) = parse_file(&once, FILE);
    assert!(
        !found.has_errors(),
        "formatted, a file has errors: {found:?}\n{once}"
    );
    let twice = format::source(&once);
    assert!(
        once == twice,
        "formatted twice, a file changes:\n{once}\n----\n{twice}"
    );
}

/// Everything lies in the text, and in what holds it.
fn places(body: &Body, text: &str) {
    checks::span(body.span, text, "a body");
    for a in &body.attributes {
        checks::span(a.span, text, "an attribute");
        checks::span(a.name.span, text, "a name");
        assert!(a.span.start <= a.name.span.start && a.expr.span.end <= a.span.end);
        expression(&a.expr, text);
    }
    for b in &body.blocks {
        checks::span(b.span, text, "a block");
        checks::span(b.header, text, "a header");
        for name in b.labels.iter().chain([&b.kind]) {
            checks::span(name.span, text, "a label");
        }
        assert!(b.header.end <= b.span.end && b.span.start <= b.header.start);
        places(&b.body, text);
    }
}

fn expression(e: &Expr, text: &str) {
    checks::span(e.span, text, "an expression");
    e.for_each_reference(&mut |r| checks::span(r.root.span, text, "a reference"));
}
