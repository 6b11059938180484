//! The samples of the Service Provider Guide load, or fail with the error that a reader would want.
//!
//! The guide is read from where it lies beside the repository; nothing of it is copied here. `testdata/guide.json` says of
//! each sample, by its number among the fenced blocks of the text, which findings it gives. Samples are fragments: what they
//! refer to is often declared in another one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use cloudapp_engine::Providers;
use cloudapp_engine::config::{Dialect, LoadRequest, SourceInput, load};
use cloudapp_lang::{Diagnostics, SourceMap};
use cloudapp_package::Package;
use cloudapp_providers::MockCloud;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Configuration,
    Manifest,
}

fn samples(text: &str) -> Vec<(usize, Kind, String)> {
    let mut out = Vec::new();
    let mut open: Option<Vec<&str>> = None;
    let mut number = 0;
    for line in text.lines() {
        match (&mut open, line.starts_with("```")) {
            (None, true) => open = Some(Vec::new()),
            (Some(lines), true) => {
                let begins = |starts: &[&str]| {
                    lines
                        .iter()
                        .any(|l| starts.iter().any(|s| l.starts_with(s)))
                };
                let kind = if begins(&["resource \"", "variable \"", "output \"", "provider \""]) {
                    Some(Kind::Configuration)
                } else if begins(&["id: ", "args:", "role:", "specs:"]) {
                    Some(Kind::Manifest)
                } else {
                    None
                };
                out.extend(kind.map(|k| (number, k, lines.join("\n"))));
                number += 1;
                open = None;
            }
            (Some(lines), false) => lines.push(line),
            (None, false) => {}
        }
    }
    out
}

fn codes(diags: &Diagnostics) -> Vec<String> {
    let mut out: Vec<String> = diags
        .iter()
        .map(|d| format!("{}: {}", d.severity.as_str(), d.code))
        .collect();
    out.sort();
    out.dedup();
    out
}

fn load_configuration(text: &str) -> Diagnostics {
    let cloud = Arc::new(MockCloud::in_memory());
    let options = cloudapp_providers::Options {
        cloud,
        base_properties: true,
        random_seed: None,
    };
    let providers = Providers::new(cloudapp_providers::registry(&options));
    let files = vec![SourceInput {
        name: "sample.tf".to_owned(),
        text: text.to_owned(),
        module: String::new(),
    }];
    let request = LoadRequest {
        dir: ".".into(),
        dialect: Dialect::Package,
        package_dir: None,
        files: Some(files),
    };
    load(&request, &providers, &mut SourceMap::new()).1
}

fn load_manifest(text: &str) -> Diagnostics {
    let dir = tempfile::tempdir().unwrap();
    let id = if text.lines().any(|l| l.starts_with("id: ")) {
        ""
    } else {
        "id: pkg-0a1b2c3d\n"
    };
    std::fs::write(dir.path().join("package.yaml"), format!("{id}{text}\n")).unwrap();
    std::fs::create_dir(dir.path().join("infrastructure")).unwrap();
    std::fs::write(dir.path().join("infrastructure/provider.tf"), "").unwrap();
    Package::load(dir.path(), &mut SourceMap::new()).1
}

#[test]
fn samples_load_or_fail_well() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let guide = root.join("../shared/seeds/cloudapp-service-provider-guide.txt");
    let Ok(text) = std::fs::read_to_string(&guide) else {
        eprintln!("skipped: the guide is not beside the repository");
        return;
    };
    let expected: BTreeMap<String, Vec<String>> =
        serde_json::from_str(&std::fs::read_to_string(root.join("testdata/guide.json")).unwrap())
            .unwrap();
    let mut got = BTreeMap::new();
    for (number, kind, text) in samples(&text) {
        let diags = match kind {
            Kind::Configuration => load_configuration(&text),
            Kind::Manifest => load_manifest(&text),
        };
        got.insert(format!("{number:02}"), codes(&diags));
    }
    assert_eq!(
        serde_json::to_string_pretty(&expected).unwrap(),
        serde_json::to_string_pretty(&got).unwrap()
    );
}
