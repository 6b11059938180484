//! Role policies as data: each `testdata/policy/NAME.yaml` is a `package.yaml`, `NAME.txt` beside it what comes of it:
//! the findings, the policy in force with [`values`] put in, and the text after rewriting. With `UPDATE=1` in the
//! environment, what comes of it is written as what is expected.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say what they expect"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use cloudapp_lang::{Diagnostics, SourceMap, Str, Value};
use cloudapp_package::Package;
use cloudapp_package::policy::{Policy, Statement, rewrite};

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/policy");
    let mut cases: Vec<PathBuf> = std::fs::read_dir(root)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "yaml"))
        .collect();
    cases.sort();
    cases
}

/// What an installation would put in; `cloudapp_name` has no value.
fn values() -> BTreeMap<Str, Value> {
    let text = |s: &str| Value::string(s);
    let bucket = Value::object([
        ("app_id", text("1250000000")),
        ("bucket", text("data-1250000000")),
        ("region", text("ap-guangzhou")),
    ]);
    BTreeMap::from([
        ("app_cos".into(), bucket),
        ("cloudapp_id".into(), text("cloudapp-12345678")),
        ("cloudapp_repo_password".into(), text("hunter2").sensitive()),
        ("token".into(), text("hunter3").sensitive()),
    ])
}

fn load(text: &str, sources: &mut SourceMap) -> (Package, Diagnostics) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("infrastructure")).unwrap();
    std::fs::write(dir.path().join("infrastructure/main.tf"), "").unwrap();
    std::fs::write(dir.path().join("package.yaml"), text).unwrap();
    let (package, found) = Package::load(dir.path(), sources);
    (package.unwrap(), found)
}

fn findings(found: &Diagnostics, sources: &SourceMap, out: &mut String) {
    for d in found {
        let (_, at, _) = sources.locate(d.subject.unwrap()).unwrap();
        let severity = d.severity.as_str();
        writeln!(out, "{}:{} {severity} {}", at.line, at.column, d.code).unwrap();
        writeln!(out, "    {}\n    {}", d.detail, d.hint).unwrap();
    }
}

fn words(s: &Statement, out: &mut String) {
    let w = s.words();
    let may = if w.allowed { "may" } else { "may not" };
    writeln!(out, "{may}: {}", w.actions.join(", ")).unwrap();
    writeln!(out, "    on {}", w.resources.join(" and ")).unwrap();
    for c in &w.conditions {
        writeln!(out, "    where {c}").unwrap();
    }
}

fn outcome(text: &str) -> String {
    let mut sources = SourceMap::new();
    let (package, mut found) = load(text, &mut sources);
    found.append(package.check_policy());
    let mut out = String::new();
    findings(&found, &sources, &mut out);
    if let Some(policy) = package.role_policy(&values()) {
        let json = policy.to_json_pretty();
        assert!(!json.contains("hunter"), "{json}");
        let read = Policy::from_json(&policy.to_json()).unwrap();
        assert_eq!(read.statements, policy.statements);
        if json.len() < 4_000 {
            writeln!(out, "--- policy\n{json}\n--- words").unwrap();
            policy.statements.iter().for_each(|s| words(s, &mut out));
        }
        if !policy.open.is_empty() {
            writeln!(out, "--- open: {:?}", policy.open).unwrap();
        }
    }
    match rewrite("package.yaml", text, &mut sources) {
        Ok(None) => {}
        Ok(Some(new)) => writeln!(out, "--- rewritten\n{}", new.replace('\r', "␍")).unwrap(),
        Err(d) => {
            writeln!(out, "--- not rewritten").unwrap();
            findings(&d.into(), &sources, &mut out);
        }
    }
    out
}

#[test]
fn policies() {
    let mut wrong = Vec::new();
    for case in cases() {
        let got = outcome(&std::fs::read_to_string(&case).unwrap());
        let path = case.with_extension("txt");
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        if got != expected {
            if std::env::var_os("UPDATE").is_some() {
                std::fs::write(&path, &got).unwrap();
            }
            wrong.push(format!("{}:\n{got}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is no part of the older form stays as it is, byte for byte.
#[test]
fn rewriting_touches_nothing_else() {
    for case in cases() {
        let text = std::fs::read_to_string(&case).unwrap();
        let Ok(Some(new)) = rewrite("package.yaml", &text, &mut SourceMap::new()) else {
            continue;
        };
        let start = text.find("scopes:").unwrap();
        if !text.contains("role:") {
            assert_eq!(&text[..start], &new[..start], "{}", case.display());
        }
        let comments = |t: &str| {
            let mut all: Vec<String> = t
                .lines()
                .filter_map(|l| l.split_once('#').map(|c| c.1.trim().to_owned()))
                .collect();
            all.sort();
            all
        };
        assert_eq!(comments(&text), comments(&new), "{}", case.display());
        let again = rewrite("package.yaml", &new, &mut SourceMap::new());
        assert_eq!(again, Ok(None), "{}", case.display());
    }
}

#[test]
fn an_upgrade_is_what_is_added_and_what_is_removed() {
    let policy = |statements: &str| {
        let text = format!(
            "id: pkg-policy00\nrole:\n  policy:\n    version: \"2.0\"\n    statement: [{statements}]\n"
        );
        load(&text, &mut SourceMap::new())
            .0
            .role_policy(&BTreeMap::new())
            .unwrap()
    };
    let one = policy(
        "{effect: allow, action: [a:X, a:Y], resource: [\"*\"]}, {effect: allow, action: b:Z, resource: \"*\", condition: {string_equal: {k:v: w}}}",
    );
    let same = policy(
        "{effect: allow, action: b:Z, resource: \"*\", condition: {string_equal: {k:v: [w]}}}, {effect: allow, action: a:Y, resource: \"*\"}, {effect: allow, action: a:X, resource: \"*\"}",
    );
    assert!(one.changes_since(&same).is_empty());
    let other = policy(
        "{effect: allow, action: [a:X, a:W, a:V], resource: \"*\"}, {effect: allow, action: b:Z, resource: \"*\"}",
    );
    let changes = other.changes_since(&one);
    let actions =
        |s: &[Statement]| -> Vec<String> { s.iter().map(|s| s.actions.join(",")).collect() };
    assert_eq!(actions(&changes.added), ["a:V,a:W,b:Z"]);
    assert_eq!(actions(&changes.removed), ["b:Z", "a:Y"]);
    assert_eq!(
        changes
            .removed
            .iter()
            .filter(|s| !s.conditions.is_empty())
            .count(),
        1
    );
}

#[test]
fn what_a_pattern_covers_is_not_new() {
    let statement = |actions: &[&str], resource: &str| Statement {
        effect: cloudapp_package::policy::Effect::Allow,
        actions: actions.iter().map(|a| Str::from(*a)).collect(),
        resources: vec![resource.into()],
        conditions: BTreeMap::new(),
    };
    let policy = |statements: Vec<Statement>| Policy {
        statements,
        ..Policy::default()
    };
    let wide = policy(vec![statement(&["cvm:Describe*", "cvm:RunInstances"], "*")]);
    let narrow = policy(vec![
        statement(&["name/cvm:DescribeInstances"], "*"),
        statement(&["cvm:RunInstances"], "qcs::cvm:::instance/*"),
    ]);
    let to_narrow = narrow.changes_since(&wide);
    assert!(to_narrow.added.is_empty(), "{to_narrow:?}");
    assert_eq!(
        to_narrow.removed[0].actions,
        ["cvm:Describe*", "cvm:RunInstances"].map(Str::from)
    );
    let to_wide = wide.changes_since(&narrow);
    assert!(to_wide.removed.is_empty(), "{to_wide:?}");
    // As many as this are compared as they are written, whatever it takes.
    let names: Vec<String> = (0..2_000).map(|i| format!("cvm:A{i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let huge = policy(vec![Statement {
        resources: names.iter().map(|n| Str::from(*n)).collect(),
        ..statement(&names, "*")
    }]);
    assert!(huge.changes_since(&huge).is_empty());
    assert_eq!(huge.changes_since(&wide).added.len(), 1);
}

/// Nothing that can be written makes the reader fall over.
#[test]
fn any_shape_is_answered() {
    let shapes = [
        "~",
        "1",
        "text",
        "[]",
        "{}",
        "[[]]",
        "{a: [1, {b: ~}]}",
        "\"${\"",
        "\"${var\"",
        "\"é:${var.x}\"",
    ];
    let base = "effect: allow, action: cvm:*, resource: \"*\"";
    for shape in shapes {
        for statement in [
            shape.to_owned(),
            format!("{{effect: {shape}, action: {shape}, resource: {shape}}}"),
            format!("{{{base}, condition: {shape}}}"),
            format!("{{{base}, condition: {{ip_equal: {shape}}}}}"),
            format!("{{{base}, condition: {{date_equal: {{\"qcs:ip\": {shape}}}}}}}"),
        ] {
            let text = format!(
                "id: pkg-policy00\nrole:\n  policy:\n    version: {shape}\n    statement: {statement}\nscopes:\n  cloudAPI: {shape}\n"
            );
            outcome(&text);
        }
    }
}
