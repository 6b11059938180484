//! Packages with faults: each folder of `testdata/lint/` is a package, with what `lint` finds in its `expected.txt`. With
//! `UPDATE=1` in the environment, what is found is written as what is expected.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests say what they expect"
)]

mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use regex::Regex;
use serde_json::Value as Json;
use support::{Ran, TestDir};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn folders(dir: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = std::fs::read_dir(dir)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.is_dir())
        .collect();
    all.sort();
    all
}

fn run(dir: &Path, args: &str) -> Ran {
    let nowhere = TestDir::new(&[]);
    let mut command = nowhere.command(args);
    command.current_dir(dir);
    Ran::from(command.output().unwrap())
}

fn lint(dir: &Path) -> (i32, Json) {
    let ran = run(dir, "lint -json");
    assert_eq!(ran.stderr, "", "{}", dir.display());
    (ran.code, serde_json::from_str(&ran.stdout).unwrap())
}

fn lines(report: &Json) -> String {
    let mut out = String::new();
    for f in report["findings"].as_array().unwrap() {
        let text = |v: &Json| v.as_str().unwrap_or_default().to_owned();
        let at = &f["range"]["start"];
        writeln!(
            out,
            "{}:{}:{} {} {}\n    {}\n    {}",
            text(&f["range"]["filename"]).replace('\\', "/"),
            at["line"],
            at["column"],
            text(&f["severity"]),
            text(&f["code"]),
            text(&f["detail"]),
            text(&f["hint"])
        )
        .unwrap();
        assert!(!text(&f["summary"]).is_empty(), "{f}");
        assert!(f["range"].is_object(), "{f} has no place");
    }
    out
}

#[test]
fn packages_with_faults() {
    let mut wrong = Vec::new();
    for case in folders(&root().join("testdata/lint")) {
        let (code, report) = lint(&case);
        let got = lines(&report);
        let errors = report["error_count"].as_u64().unwrap();
        assert_eq!(code, i32::from(errors > 0), "{}", case.display());
        let strict = run(&case, "lint -json -strict").code;
        assert_eq!(strict, i32::from(!got.is_empty()), "{}", case.display());
        let path = case.join("expected.txt");
        if got != std::fs::read_to_string(&path).unwrap_or_default() {
            if std::env::var_os("UPDATE").is_some() {
                std::fs::write(&path, &got).unwrap();
            }
            wrong.push(format!("{}:\n{got}", case.display()));
        }
        assert!(!got.contains("hunter"), "a secret is repeated:\n{got}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The codes of findings that are made in some source files.
fn codes(files: &[&str]) -> BTreeSet<String> {
    let made = Regex::new(r#"(?:error|warning)\(\s*"([a-z-]+)""#).unwrap();
    let mut all = BTreeSet::new();
    for name in files {
        let path = root().join("package/src").join(name);
        let paths = if path.is_dir() {
            let all = std::fs::read_dir(path).unwrap().map(|e| e.unwrap().path());
            all.filter(|p| p.extension().is_some_and(|e| e == "rs"))
                .collect()
        } else {
            vec![path]
        };
        for path in paths {
            let text = std::fs::read_to_string(&path).unwrap();
            all.extend(made.captures_iter(&text).map(|c| c[1].to_owned()));
        }
    }
    all
}

#[test]
fn every_rule_has_a_case() {
    let mut shown = String::new();
    for case in folders(&root().join("testdata/lint")) {
        shown.push_str(&std::fs::read_to_string(case.join("expected.txt")).unwrap_or_default());
    }
    let codes = codes(&["lint"]);
    assert!(codes.len() > 15, "{codes:?}");
    for code in codes {
        assert!(
            shown.contains(&format!(" {code}\n")),
            "there is no case for {code}"
        );
    }
}

#[test]
fn every_code_is_explained() {
    let table = std::fs::read_to_string(root().join("docs/lint.md")).unwrap();
    let files = [
        "lint",
        "policy",
        "check.rs",
        "manifest.rs",
        "argument.rs",
        "interpolation.rs",
        "package.rs",
        "reader.rs",
        "yaml.rs",
    ];
    for code in codes(&files) {
        assert!(
            table.contains(&format!("`{code}`")),
            "docs/lint.md does not explain {code}"
        );
    }
}

#[test]
fn templates_of_other_tests_have_no_errors() {
    for package in folders(&root().join("testdata/packages")) {
        let (code, report) = lint(&package);
        assert_eq!(code, 0, "{}: {}", package.display(), lines(&report));
    }
}

#[test]
fn published_packages_have_no_false_error() {
    let folder = root().join("../shared/data/packages");
    if !folder.is_dir() {
        eprintln!("skipped: the published packages are not at hand");
        return;
    }
    let all = folders(&folder);
    assert!(all.len() >= 15, "{}", all.len());
    for package in all {
        let (code, report) = lint(&package);
        assert_eq!(code, 0, "{}: {}", package.display(), lines(&report));
    }
}
