//! What people read of plans and of applies that fail: the cases under `testdata/texts/`. Adding one needs no Rust; with
//! `UPDATE=1` in the environment, what the program says is written as what is expected.
//!
//! A case is a folder of steps, `1.tf`, `2.tf` and so on. All but the last are applied; of the last the plan is
//! read, and where there is a `mock.json` it is applied with those faults, and that is read too. `expected.txt` holds both.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say what they expect"
)]

mod support;

use std::path::{Path, PathBuf};

use support::TestDir;

fn cases() -> Vec<PathBuf> {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/texts");
    let mut cases: Vec<PathBuf> = std::fs::read_dir(all)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    cases.sort();
    cases
}

/// What the program says of a case.
fn text(case: &Path) -> String {
    let read = |name: &str| std::fs::read_to_string(case.join(name)).ok();
    let steps: Vec<String> = (1..).map_while(|n| read(&format!("{n}.tf"))).collect();
    let (last, before) = steps.split_last().expect("a case has steps");
    let dir = TestDir::new(&[]);
    for step in before {
        dir.write("main.tf", step);
        dir.ok("apply -auto-approve -no-color -parallelism=1");
    }
    dir.write("main.tf", last);
    let plan = dir.run("plan -no-color");
    let mut out = plan.stdout + &plan.stderr;
    if let Some(mock) = read("mock.json") {
        dir.write("mock.json", &mock);
        // One after the other, as before: then ids and lines come in one order.
        let flags = "-auto-approve -no-color -parallelism=1 -mock-config=mock.json";
        let ran = dir.run(&format!("apply {flags}"));
        assert_eq!(ran.code, 1, "{}: {}", case.display(), ran.stderr);
        out.push_str("\n--- apply ---\n");
        out.push_str(&ran.stderr);
    }
    out.lines().map(|l| steady(l.trim_end()) + "\n").collect()
}

/// A line without what differs from run to run: times and drawn ids.
fn steady(line: &str) -> String {
    let parts: Vec<String> = line
        .split('"')
        .map(|p| {
            if p.len() == 36 && p.matches('-').count() == 4 {
                "UUID".to_owned()
            } else if p.len() == 19 && p.matches(':').count() == 2 && p.starts_with("20") {
                "TIME".to_owned()
            } else {
                p.to_owned()
            }
        })
        .collect();
    without_durations(&parts.join("\""))
}

fn without_durations(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let end = from.find(|c: char| !(c.is_ascii_digit() || c == '.'));
        let (number, after) = from.split_at(end.unwrap_or(from.len()));
        let is_time = number.contains('.')
            && after
                .strip_prefix('s')
                .is_some_and(|a| !a.starts_with(char::is_alphanumeric));
        out.push_str(if is_time { "0.0" } else { number });
        rest = after;
    }
    out + rest
}

#[test]
fn texts() {
    let mut wrong = Vec::new();
    for case in cases() {
        let text = text(&case);
        let file = case.join("expected.txt");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&file, &text).unwrap();
        }
        let expected = std::fs::read_to_string(&file).unwrap_or_default();
        if text != expected {
            wrong.push(format!("{}:\n{text}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
