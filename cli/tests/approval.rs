//! Whoever is asked decides: what an answer does, and what happens where nobody is asked.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say what they expect"
)]

mod support;

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

use nix::pty::openpty;
use support::{Ran, TestDir};

const STACK: &str = "resource \"terraform_data\" \"a\" {}\n";

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

fn objects(dir: &TestDir) -> usize {
    dir.run("state list").stdout.lines().count()
}

fn refused(ran: &Ran, code: &str) {
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains(&format!("error[{code}]")), "{ran:?}");
}

#[test]
fn only_yes_goes_ahead() {
    let dir = TestDir::new(&[("main.tf", STACK)]);
    for (command, question, before) in [
        ("apply -no-color", "Apply this plan?", 0),
        ("destroy -no-color", "Destroy all this?", 1),
    ] {
        for typed in ["no\n", "\n", "y\n", "YES\n", "yes please\n", END] {
            let ran = answered(&dir, command, typed);
            refused(&ran, "not-approved");
            assert!(ran.stdout.contains(question), "{ran:?}");
            assert_eq!(objects(&dir), before, "{command} {typed:?}");
        }
        let ran = answered(&dir, command, "yes\n");
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.stdout.contains(question), "{ran:?}");
        assert_eq!(objects(&dir), 1 - before, "{command}");
    }
}

/// Ctrl-C, a closed terminal and a polite `kill` end a run that waits for an answer, and give the lock back.
#[test]
fn a_question_can_be_interrupted() {
    const ASKS: &str =
        "variable \"v\" {}\nresource \"terraform_data\" \"a\" {\n  input = var.v\n}\n";
    let dir = TestDir::new(&[("main.tf", ASKS)]);
    for (args, question) in [
        ("apply -no-color -var=v=1", "Answer:"),
        ("apply -no-color", "Value:"),
        ("plan -no-color", "Value:"),
    ] {
        for signal in ["-INT", "-HUP", "-TERM"] {
            let terminal = openpty(None, None).unwrap();
            let mut command = dir.command(args);
            command.stdin(Stdio::from(terminal.slave));
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut child = command.spawn().unwrap();
            let mut said = child.stdout.take().unwrap();
            let mut text = String::new();
            while !text.contains(question) {
                let mut some = [0; 1024];
                let n = said.read(&mut some).unwrap();
                assert!(n > 0, "{args}: {text}");
                text.push_str(&String::from_utf8_lossy(&some[..n]));
            }
            let pid = child.id().to_string();
            let sent = Command::new("kill").args([signal, &pid]).status();
            assert!(sent.unwrap().success());
            let ran = Ran::from(child.wait_with_output().unwrap());
            refused(&ran, "interrupted");
            let mut rest = String::new();
            said.read_to_string(&mut rest).unwrap();
            assert!(rest.contains("Stopping"), "{args} {signal}: {rest}");
        }
    }
    dir.ok("apply -auto-approve -var=v=1");
}

#[test]
fn a_lock_that_was_taken_for_a_refused_plan_is_given_back() {
    let dir = TestDir::new(&[("main.tf", STACK)]);
    refused(&answered(&dir, "apply -no-color", "no\n"), "not-approved");
    dir.ok("apply -auto-approve");
}

#[test]
fn who_has_said_yes_already_is_not_asked() {
    let dir = TestDir::new(&[("main.tf", STACK)]);
    for (command, after) in [("apply", 1), ("destroy", 0)] {
        // Whatever is typed is not read.
        let ran = answered(&dir, &format!("{command} -auto-approve"), "no\n");
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(!ran.stdout.contains("Answer:"), "{ran:?}");
        assert_eq!(objects(&dir), after);
        // Without anybody there, too.
        let other = if after == 1 { "destroy" } else { "apply" };
        dir.ok(&format!("{other} -auto-approve -input=false"));
        dir.ok(&format!("{command} -auto-approve -input=false"));
    }
}

#[test]
fn who_must_not_be_asked_is_not_asked() {
    let dir = TestDir::new(&[("main.tf", STACK)]);
    for command in ["apply", "destroy"] {
        for ran in [
            answered(&dir, &format!("{command} -no-color -input=false"), "yes\n"),
            dir.run(&format!("{command} -no-color")),
        ] {
            refused(&ran, "approval-needed");
            assert!(ran.stderr.contains("-auto-approve"), "{ran:?}");
            assert!(!ran.stdout.contains("Answer:"), "{ran:?}");
        }
        let ran = answered(&dir, &format!("{command} -json"), "yes\n");
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.stdout.contains("Approval is needed"), "{ran:?}");
        dir.ok("apply -auto-approve");
    }
}

#[test]
fn nothing_to_do_is_nothing_to_ask() {
    let dir = TestDir::new(&[("main.tf", STACK)]);
    dir.ok("destroy");
    dir.ok("apply -auto-approve");
    dir.ok("apply");
    dir.ok("apply -refresh-only");
    dir.ok("plan -out=p -destroy");
    // A saved plan was looked at before.
    dir.ok("apply p");
    assert_eq!(objects(&dir), 0);
}
