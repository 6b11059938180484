//! What goes wrong for people: every case has a message with place and cause, a non-zero exit, and loses nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests say what they expect"
)]

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use support::{Ran, TestDir};

const STACK: &str = r#"
resource "tencentcloud_vpc" "main" {
  count      = 6
  name       = "vpc-${count.index}"
  cidr_block = "10.${count.index}.0.0/16"
}
resource "tencentcloud_subnet" "main" {
  count             = 6
  name              = "subnet-${count.index}"
  vpc_id            = tencentcloud_vpc.main[count.index].id
  availability_zone = "ap-guangzhou-3"
  cidr_block        = "10.${count.index}.1.0/24"
}
"#;

/// Creating takes long enough to be interrupted.
const SLOW: &str = r#"{ "latency_ms": { "create": [150, 250] } }"#;

fn slow() -> TestDir {
    TestDir::new(&[("main.tf", STACK), ("mock.json", SLOW)])
}

const APPLY: &str = "apply -auto-approve -no-color -parallelism=2 --mock-config mock.json";

/// Starts an apply and waits until it has created something.
fn begun(dir: &TestDir) -> Child {
    let mut child = dir
        .command(APPLY)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(
        lines.any(|l| l.unwrap().contains("created in")),
        "something is created"
    );
    // Whatever else it says must find a reader.
    std::thread::spawn(move || lines.for_each(drop));
    child
}

fn signal(child: &Child, name: &str) {
    let status = std::process::Command::new("kill")
        .args([name, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

/// The next run finishes the work, and everything is there once.
fn finishes(dir: &TestDir) {
    dir.ok(APPLY);
    assert_eq!(dir.ok("state list").lines().count(), 12);
    assert_eq!(dir.run("plan -detailed-exitcode").code, 0);
    let cloud = std::fs::read_to_string(dir.path().join("cloudapp.db.mock-cloud")).unwrap();
    let made = cloud
        .lines()
        .filter(|l| l.starts_with("{\"sealed\""))
        .count();
    assert_eq!(made, 12, "each object was made once");
    dir.ok("destroy -auto-approve");
    assert_eq!(dir.ok("state list"), "");
}

#[test]
fn ctrl_c_finishes_what_is_in_flight() {
    let dir = slow();
    let child = begun(&dir);
    signal(&child, "-INT");
    let ran: Ran = child.wait_with_output().unwrap().into();
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("interrupted"), "{ran:?}");
    let made = dir.ok("state list").lines().count();
    assert!((1..12).contains(&made), "{made} were made");
    finishes(&dir);
}

#[test]
fn a_killed_run_is_found_again() {
    let dir = slow();
    let child = begun(&dir);
    signal(&child, "-KILL");
    child.wait_with_output().unwrap();
    finishes(&dir);
}

#[test]
fn a_second_process_is_told_who_holds_the_state() {
    let dir = slow();
    let child = begun(&dir);
    let second = dir.run("apply -auto-approve -no-color");
    assert_eq!(second.code, 1);
    assert!(second.stderr.contains("state-locked"), "{second:?}");
    assert!(
        second.stderr.contains(&format!("process {}", child.id())),
        "{second:?}"
    );
    let waited = dir.run("plan -no-color -lock-timeout=60s -detailed-exitcode");
    assert_eq!(waited.code, 0, "{waited:?}");
    assert!(child.wait_with_output().unwrap().status.success());
}

#[test]
fn several_syntax_errors_in_one_run() {
    let dir = TestDir::new(&[(
        "main.tf",
        "resource \"terraform_data\" \"a\" {\n  input = = 1\n}\n\noutput \"b\" {\n  value = [1,\n}\n\nlocals {\n  c = \"x\n}\n",
    )]);
    let ran = dir.run("plan -no-color");
    assert_eq!(ran.code, 1);
    for place in ["main.tf:2:", "main.tf:6:", "main.tf:10:"] {
        assert!(ran.stderr.contains(place), "{place}: {}", ran.stderr);
    }
}

#[test]
fn flags_that_contradict_each_other() {
    let dir = TestDir::new(&[("main.tf", STACK)]);
    for args in [
        "plan -refresh-only -refresh=false",
        "apply -refresh-only -refresh=false",
        "refresh -refresh=false",
    ] {
        let ran = dir.run(&format!("{args} -no-color"));
        assert_eq!(ran.code, 1, "{args}: {ran:?}");
        assert!(
            ran.stderr.contains("contradicting-flags"),
            "{args}: {ran:?}"
        );
    }
    assert!(!dir.path().join("cloudapp.db").exists());
}

#[test]
fn a_backend_is_valid_but_not_planned() {
    let dir = TestDir::new(&[("main.tf", "terraform {\n  backend \"s3\" {\n  }\n}\n")]);
    dir.ok("validate");
    for args in ["plan", "apply -auto-approve", "destroy -auto-approve"] {
        let ran = dir.run(&format!("{args} -no-color"));
        assert_eq!(ran.code, 1, "{args}: {ran:?}");
        assert!(ran.stderr.contains("main.tf:2:11"), "{args}: {ran:?}");
    }
}

#[test]
fn a_foreign_file_is_not_touched() {
    for content in [&b"these are not the rows"[..], &[0_u8; 4096][..]] {
        let dir = TestDir::new(&[("main.tf", STACK)]);
        let path = dir.path().join("cloudapp.db");
        std::fs::write(&path, content).unwrap();
        let ran = dir.run("apply -auto-approve -no-color");
        assert_eq!(ran.code, 1);
        assert!(ran.stderr.contains("not-a-state"), "{ran:?}");
        assert!(ran.stderr.contains("--db"), "{ran:?}");
        assert_eq!(std::fs::read(&path).unwrap(), content);
    }
}

#[test]
fn an_unreadable_state_is_named() {
    let dir = TestDir::new(&[("main.tf", STACK)]);
    std::fs::create_dir(dir.path().join("cloudapp.db")).unwrap();
    let ran = dir.run("plan -no-color");
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("cloudapp.db"), "{ran:?}");
}

#[test]
fn a_full_disk_is_said_and_nothing_is_lost() {
    let dir = TestDir::new(&[("main.tf", STACK)]);
    let small = dir.path().join("small");
    std::fs::create_dir(&small).unwrap();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=128k", "tmpfs"])
        .arg(&small)
        .output()
        .is_ok_and(|o| o.status.success());
    if !mounted {
        eprintln!("skipped: a small file system cannot be mounted here");
        return;
    }
    let ran = dir.run("apply -auto-approve -no-color --db small/cloudapp.db");
    let unmount = || {
        std::process::Command::new("umount")
            .arg(&small)
            .status()
            .unwrap();
    };
    if ran.code != 1 || !(ran.stderr.contains("disk-full") || ran.stderr.contains("mock-cloud")) {
        unmount();
        panic!("{ran:?}");
    }
    std::process::Command::new("mount")
        .args(["-o", "remount,size=64m"])
        .arg(&small)
        .status()
        .unwrap();
    let again = dir.run("apply -auto-approve -no-color --db small/cloudapp.db");
    let list = dir.run("state list --db small/cloudapp.db");
    unmount();
    assert_eq!(again.code, 0, "{again:?}");
    assert_eq!(list.stdout.lines().count(), 12, "{list:?}");
}

#[test]
fn a_wrong_mock_configuration_is_explained() {
    let dir = TestDir::new(&[("main.tf", STACK), ("mock.json", "{\"latencyms\": {}}")]);
    let ran = dir.run("plan -no-color --mock-config mock.json");
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("latencyms"), "{ran:?}");
}
