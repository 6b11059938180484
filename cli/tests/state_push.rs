//! `state pull` and `state push`, from outside.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say what they expect"
)]

mod support;

use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value as Json, json};
use support::{Ran, TestDir};

const STACK: &str = "resource \"terraform_data\" \"a\" {\n  count = 2\n  input = { n = count.index }\n}\noutput \"o\" {\n  value = 1\n}\n";

fn pulled(dir: &TestDir) -> Json {
    serde_json::from_str(&dir.ok("state pull")).unwrap()
}

fn write(dir: &TestDir, state: &Json) {
    dir.write("s.json", &state.to_string());
}

#[test]
fn only_a_later_state_of_the_same_stack_replaces_the_state() {
    let dir = TestDir::new(&[("main.tf", STACK)]);
    dir.ok("apply -auto-approve");
    let first = pulled(&dir);
    let mut said = String::new();
    let mut push = |what: &str, state: &Json, flags: &str| {
        write(&dir, state);
        let ran = dir.run(&format!("state push -no-color {flags} s.json"));
        let text = format!("{}{}", ran.stdout, ran.stderr)
            .replace(first["lineage"].as_str().unwrap(), "LINEAGE")
            // How many commits an apply makes depends on what ends together.
            .replace(&format!("serial {},", first["serial"]), "serial FIRST,")
            .replace(&format!("serial {}:", first["serial"]), "serial FIRST:")
            .replace(&format!("has {}:", first["serial"]), "has FIRST:");
        said += &format!("# {what}: exit {}\n{text}\n", ran.code);
    };
    push("the same", &first, "");
    let mut one = first.clone();
    one["resources"][0]["instances"]
        .as_array_mut()
        .unwrap()
        .pop();
    push("another of the same serial", &one, "");
    one["serial"] = json!(40);
    push("a later one", &one, "");
    push("an earlier one", &first, "");
    let mut foreign = first.clone();
    foreign["lineage"] = json!("another");
    foreign["serial"] = json!(99);
    push("one of another stack", &foreign, "");
    push("that by force", &foreign, "-force");
    push("no state", &json!({"version": 3}), "-force");
    insta::assert_snapshot!(said);

    let now = pulled(&dir);
    assert_eq!(
        (&now["lineage"], &now["serial"]),
        (&json!("another"), &json!(99))
    );
    assert_eq!(now["resources"], first["resources"]);
    assert_eq!(
        dir.run("plan -detailed-exitcode").code,
        0,
        "the state is as it was"
    );
    assert_eq!(dir.run("state push nowhere.json").code, 1);
}

#[test]
fn an_empty_state_takes_any() {
    let from = TestDir::new(&[("main.tf", STACK)]);
    from.ok("apply -auto-approve");
    let to = TestDir::new(&[("main.tf", STACK)]);
    let mut child = to
        .command("state push -")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let text = from.ok("state pull");
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(to.ok("state pull"), text);
    assert_eq!(to.run("plan -detailed-exitcode").code, 0);
}
