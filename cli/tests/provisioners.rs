//! Commands on this machine, from outside: who allows them, what is shown of them, and how a run that is interrupted ends
//! them.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say what they expect"
)]

mod support;

use std::process::{Child, Command, Stdio};

use serde_json::Value as Json;
use support::{Ran, TestDir};

const HELD: &str = r#"
resource "terraform_data" "a" {
  provisioner "local-exec" {
    command = <<-EOT
      trap '' TERM
      sleep 60 &
      echo $! > grandchild.partial
      mv grandchild.partial grandchild
      while test -e hold; do sleep 0.05; done
      kill -KILL $!
    EOT
  }
}
resource "terraform_data" "b" {
  input = terraform_data.a.id
}
"#;

fn start(dir: &TestDir) -> Child {
    dir.command("apply -auto-approve -allow-local-exec -no-color")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn signal(id: &str, name: &str) -> bool {
    let status = Command::new("kill")
        .args([&format!("-{name}"), id])
        .stderr(Stdio::null())
        .status();
    status.unwrap().success()
}

fn tainted(dir: &TestDir) -> Vec<(String, bool)> {
    let state: Json = serde_json::from_str(&dir.ok("show -json")).unwrap();
    let resources = state["values"]["root_module"]["resources"].as_array();
    let of = |r: &Json| {
        (
            r["address"].as_str().unwrap().to_owned(),
            r["tainted"] == true,
        )
    };
    resources.into_iter().flatten().map(of).collect()
}

#[test]
fn the_first_interrupt_waits_for_a_command() {
    let dir = TestDir::new(&[("main.tf", HELD), ("hold", "")]);
    let apply = start(&dir);
    dir.wait_for("grandchild");
    assert!(signal(&apply.id().to_string(), "INT"));
    std::thread::sleep(std::time::Duration::from_millis(300));
    std::fs::remove_file(dir.path().join("hold")).unwrap();
    let ran = Ran::from(apply.wait_with_output().unwrap());
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("interrupted"), "{ran:?}");
    assert_eq!(tainted(&dir), [("terraform_data.a".to_owned(), false)]);
}

#[test]
fn the_second_interrupt_ends_a_command_and_all_that_it_started() {
    let dir = TestDir::new(&[("main.tf", HELD), ("hold", "")]);
    let apply = start(&dir);
    let grandchild = dir.wait_for("grandchild").trim().to_owned();
    assert!(signal(&grandchild, "0"));
    let id = apply.id().to_string();
    assert!(signal(&id, "INT"));
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(signal(&id, "INT"));
    let ran = Ran::from(apply.wait_with_output().unwrap());
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("cancelled"), "{ran:?}");
    assert!(is_gone(&grandchild), "the command's child goes on");
    assert_eq!(tainted(&dir), [("terraform_data.a".to_owned(), true)]);
}

/// Whether a process has ended; nobody may have taken notice of its end yet.
fn is_gone(id: &str) -> bool {
    let state = || std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    !signal(id, "0") || state().contains(") Z ")
}

#[test]
fn only_who_applies_allows_commands() {
    const STACK: &str = r#"
resource "terraform_data" "a" {
  provisioner "local-exec" {
    command = "echo ran >> log"
  }
}
"#;
    let dir = TestDir::new(&[("main.tf", STACK)]);
    dir.ok("validate");
    let ran = dir.run("plan -no-color");
    assert_eq!(ran.code, 1, "{ran:?}");
    for part in ["-allow-local-exec", "main.tf:3", "terraform_data.a"] {
        assert!(ran.stderr.contains(part), "{part}: {ran:?}");
    }
    dir.ok("plan -out=p -allow-local-exec");
    let ran = dir.run("apply p");
    assert_eq!(ran.code, 1, "a saved plan allows nothing: {ran:?}");
    assert_eq!(dir.run("state list").stdout, "");
    let mut allowed = dir.command("apply p");
    allowed.env("CLOUDAPP_ALLOW_LOCAL_EXEC", "1");
    let ran = Ran::from(allowed.output().unwrap());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(dir.wait_for("log"), "ran\n");
    dir.ok("plan");
    dir.ok("destroy -auto-approve");
}

#[test]
fn what_a_command_says_is_shown_as_it_comes() {
    const STACK: &str = r#"
resource "terraform_data" "a" {
  provisioner "local-exec" {
    command = "printf '\\033[2J'; echo colours; exit 1"
  }
}
"#;
    let dir = TestDir::new(&[("main.tf", STACK)]);
    let ran = dir.run("apply -auto-approve -allow-local-exec -no-color");
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.stdout.contains("terraform_data.a (local-exec): "),
        "{ran:?}"
    );
    assert!(ran.stderr.contains("exit code 1"), "{ran:?}");
    assert!(ran.stderr.contains("colours"), "{ran:?}");
    assert!(!(ran.stdout + &ran.stderr).contains('\u{1b}'));

    let ran = dir.run("apply -auto-approve -allow-local-exec -json");
    let events: Vec<Json> = ran
        .stdout
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    let hooks: Vec<_> = events
        .iter()
        .filter(|e| e["hook"].is_object())
        .map(|e| {
            let action = e["hook"]["action"].as_str().unwrap_or_default();
            format!("{} {action}", e["type"].as_str().unwrap())
        })
        .filter(|e| !e.starts_with("refresh"))
        .collect();
    let wanted = [
        "apply_start delete",
        "apply_complete delete",
        "apply_start create",
        "provision_start ",
        "provision_progress ",
        "provision_progress ",
        "provision_errored ",
        "apply_errored create",
    ];
    assert_eq!(hooks, wanted);
}

#[test]
fn secrets_of_commands_stay_hidden() {
    const SECRET: &str = "Planted-Secret-4711";
    const STACK: &str = r#"
variable "password" {
  type      = string
  sensitive = true
}
resource "terraform_data" "a" {
  input = var.password
  provisioner "local-exec" {
    command = "echo ${self.input}; echo ${self.input} >&2"
  }
  provisioner "local-exec" {
    command = "echo ${self.output}; exit 1"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "echo ${self.output}; does-not-exist-${self.input}"
  }
}
"#;
    let dir = TestDir::new(&[("main.tf", STACK)]);
    for (args, code) in [
        ("apply -auto-approve", 1),
        ("apply -auto-approve -json", 1),
        ("untaint terraform_data.a", 0),
        ("destroy -auto-approve", 1),
        ("destroy -auto-approve -json", 1),
    ] {
        let output = dir
            .command(args)
            .env("CLOUDAPP_ALLOW_LOCAL_EXEC", "1")
            .env("CLOUDAPP_LOG", "trace")
            .env("TF_VAR_password", SECRET)
            .output();
        let ran = Ran::from(output.unwrap());
        assert_eq!(ran.code, code, "{args}: {ran:?}");
        for text in [&ran.stdout, &ran.stderr] {
            assert!(!text.contains(SECRET), "{args} shows the secret:\n{text}");
        }
    }
}
