//! A plan writes nothing: it takes no lock where nobody holds it and nothing is left to be found out.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests say what they expect"
)]

mod support;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Stdio};

use support::TestDir;

const STACK: &str = r#"resource "tencentcloud_vpc" "a" {
  name       = "a"
  cidr_block = "10.0.0.0/16"
}
"#;

/// A cloud in which a plan that refreshes takes its time.
const SLOW: &str = r#"{ "latency_ms": { "read": [2000, 2000] } }"#;

fn applied() -> TestDir {
    let dir = TestDir::new(&[("main.tf", STACK), ("slow.json", SLOW)]);
    dir.ok("apply -auto-approve");
    dir
}

/// A plan that has read the state, and is reading the object from the cloud; with the rest of what it says.
fn planning(dir: &TestDir) -> (Child, BufReader<ChildStdout>) {
    let mut child = dir
        .command("plan -json -out=saved --mock-config slow.json")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("refresh_start") {
        line.clear();
        assert!(said.read_line(&mut line).unwrap() > 0, "it reads nothing");
    }
    (child, said)
}

/// The rest of what a plan says, which must succeed.
fn rest((mut child, said): (Child, BufReader<ChildStdout>)) -> String {
    let rest = std::io::read_to_string(said).unwrap();
    assert!(child.wait().unwrap().success(), "{rest}");
    rest
}

#[test]
fn the_state_stays_as_it_is_byte_for_byte() {
    let dir = applied();
    let state = || std::fs::read(dir.path().join("cloudapp.db")).unwrap();
    let before = state();
    dir.ok("plan -out=saved");
    dir.ok("plan -destroy");
    assert!(state() == before, "a plan wrote to the state");
    dir.ok("apply saved");
}

#[test]
fn plans_are_made_beside_each_other() {
    let dir = applied();
    let first = planning(&dir);
    dir.ok("plan -lock-timeout=0s");
    let said = rest(first);
    assert!(!said.contains("State was changed"), "{said}");
}

#[test]
fn a_plan_says_that_the_state_was_changed_meanwhile() {
    let dir = applied();
    let plan = planning(&dir);
    dir.write("main.tf", &STACK.replace("\"a\"\n", "\"b\"\n"));
    dir.ok("apply -auto-approve");
    let said = rest(plan);
    assert!(
        said.contains("State was changed while this was planned"),
        "{said}"
    );
    let stale = dir.run("apply -no-color saved");
    assert_eq!(stale.code, 1, "{stale:?}");
    assert!(stale.stderr.contains("error[stale-plan]"), "{stale:?}");
}
