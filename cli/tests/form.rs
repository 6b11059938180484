//! Filling in the form of a package at a terminal.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say what they expect"
)]

mod support;

use std::fs::File;
use std::io::Write;
use std::process::Stdio;

use nix::pty::openpty;
use serde_json::{Value as Json, json};
use support::{Ran, TestDir};

const PACKAGE: &str = r#"
id: pkg-case0000
args:
  - name: name
    label: Name
    widget: input
    pattern: "[a-z]+"
  - name: machine
    label: Machine
    widget: cvm-instance-type-select
    region: ${place.region}
    zone: ${place.zone}
    cpu: 2
    memory: 4
  - name: place
    label: Where
    widget: region-and-zone-select
    regions: [ap-guangzhou]
  - name: size
    label: Size
    widget: input-number
    defaultValue: 3
    max: 10
  - name: backup
    label: Backups
    widget: switch
  - name: days
    label: Days to keep backups
    widget: input-number
    defaultValue: 7
    when: [{eq: {a: "${backup}", b: true}}]
  - name: parts
    label: Parts
    widget: multi-select
    options: [{label: Web, value: web}, {label: Worker, value: worker}, {label: Mail, value: mail}]
  - name: disk
    label: Disk
    widget: disk-select
  - name: keys
    label: Keys
    widget: ssh-key-pairs-select
  - name: site
    label: Domain
    widget: domain-input
  - name: note
    label: Note
    widget: textarea
    optional: true
  - name: password
    label: Password
    widget: secret
    minLength: 8
"#;

/// The end of input, as a terminal takes it.
const END: &str = "\u{4}";

/// Runs a command for somebody at a terminal who types this.
fn answered(dir: &TestDir, args: &str, typed: &str) -> Ran {
    let terminal = openpty(None, None).unwrap();
    let mut keyboard = File::from(terminal.master);
    keyboard.write_all(typed.as_bytes()).unwrap();
    let mut command = dir.command(args);
    command.stdin(Stdio::from(terminal.slave));
    Ran::from(command.output().unwrap())
}

fn json(dir: &TestDir, file: &str) -> Json {
    serde_json::from_str(&std::fs::read_to_string(dir.path().join(file)).unwrap()).unwrap()
}

#[test]
fn a_form_is_filled_in() {
    let dir = TestDir::new(&[("package.yaml", PACKAGE)]);
    let typed = [
        "",                // name: needed
        "Shop",            // not of the form
        "shop",            // good
        "3",               // where, before the machine that waits for it
        "9",               // machine: there are fewer
        "SA2.MEDIUM4",     // by name
        "many",            // size: no number
        "99",              // too many
        "",                // the default
        "perhaps",         // backups
        "y",               //
        "14",              // days, which are asked for only now
        "1, Mail",         // parts, by number and by name
        "3 100",           // disk with a size
        "1,2",             // keys
        "www.example.net", // a domain of one's own
        "one",             // note
        "two",             //
        "",                // its end
        "short",           // password
        "tiger-7-lily",    //
        "answers.json",    // where to write
        "",
    ];
    let ran = answered(&dir, "form", &typed.join("\n"));
    assert_eq!(ran.code, 0, "{ran:?}");
    for said in [
        "A value is needed.",
        "The text must have the form [a-z]+.",
        "\"9\" is none of the options.",
        "A number is needed.",
        "The most is 10.",
        "Answer yes or no.",
        "At least 8 characters are needed.",
        "Enter for 3",
        "The form is valid.",
        "Wrote answers.json.",
        "Secrets are not in it: password.",
    ] {
        assert!(ran.stdout.contains(said), "{said}: {}", ran.stdout);
    }
    assert!(!ran.stdout.contains("tiger"), "{ran:?}");
    let written = json(&dir, "answers.json");
    assert_eq!(written["machine"]["instance_type"], "SA2.MEDIUM4");
    assert_eq!(written["machine"]["zone"], "ap-guangzhou-3");
    assert_eq!(written["place"]["zone"], "ap-guangzhou-3");
    assert_eq!(written["size"], 3);
    assert_eq!(written["days"], 14);
    assert_eq!(written["parts"], json!(["web", "mail"]));
    assert_eq!(
        written["disk"],
        json!({"disk_type": "CLOUD_SSD", "disk_size": 100})
    );
    assert_eq!(
        written["keys"],
        json!({"keyIds": ["skey-7c8d9e0f", "skey-1a2b3c4d"]})
    );
    assert_eq!(written["site"], json!({"domain": "www.example.net"}));
    assert_eq!(written["note"], "one\ntwo");
    assert_eq!(written.get("password"), None);

    // Values that were given are what Enter keeps.
    let enters = "\n".repeat(11) + "tiger-7-lily\n\n";
    let ran = answered(&dir, "form -values answers.json -out again.json", &enters);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(json(&dir, "again.json"), written);
}

#[test]
fn a_form_that_is_not_finished_is_a_failure() {
    let dir = TestDir::new(&[("package.yaml", PACKAGE)]);
    let ran = answered(&dir, "form -no-color", &format!("shop\n{END}"));
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("error[form-not-finished]"), "{ran:?}");
}

#[test]
fn who_must_not_be_asked_is_not_asked() {
    let dir = TestDir::new(&[("package.yaml", PACKAGE)]);
    for args in ["form -input=false", "form -json"] {
        let ran = answered(&dir, args, "shop\n");
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(!ran.stdout.contains("Enter"), "{ran:?}");
    }
}

#[test]
fn nobody_is_kept_by_a_package_that_is_wrong() {
    let package = "id: pkg-case0000\nargs:\n- name: a\n  label: A\n  widget: input\n  validator: [{mach: {a: 1}}]\n";
    let dir = TestDir::new(&[("package.yaml", package)]);
    let ran = answered(&dir, "form", "x\n");
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.stdout.contains("There is no operator \"mach\""),
        "{ran:?}"
    );
}
