//! Files of older versions are read, brought up to date and worked on; those of newer ones are refused by name.
//!
//! `testdata/formats/1` was written by the last build before encryption: a state with a deposed and a tainted object and a
//! second workspace (format 2), a saved plan (format 2) and the file of a mock cloud (format 1). `testdata/formats/2` has a
//! saved plan of format 3, the last one with all changes in one line, and its key; `testdata/formats/3` a state of format 6 and
//! a saved plan of format 4, with an object that stays as it is; `testdata/formats/4` a saved plan of format 5 that decides
//! only of a part, with a state that was made when tables had a table of their history. Files of a version that is in people's hands are never made
//! anew.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say what they expect"
)]

mod support;

use std::path::Path;

use support::{Ran, TestDir};

/// What was in those files in the clear.
const SECRETS: [&str; 2] = ["Planted-Secret-4711", "cjhkWNRi&fYimUCnIW2w"];

fn first() -> TestDir {
    written_by("1")
}

fn written_by(build: &str) -> TestDir {
    let dir = TestDir::new(&[]);
    let formats = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/formats");
    let from = formats.join(build);
    copy(&from, dir.path());
    dir
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::write(to, std::fs::read(&path).unwrap()).unwrap();
        }
    }
}

fn run(dir: &TestDir, args: &str, workspace: &str) -> Ran {
    let mut command = dir.command(args);
    command
        .env("TF_VAR_password", SECRETS[0])
        .env("TF_WORKSPACE", workspace);
    Ran::from(command.output().unwrap())
}

fn ends(dir: &TestDir, args: &str, code: i32) -> Ran {
    let ran = run(dir, args, "default");
    assert_eq!(ran.code, code, "{args}: {ran:?}");
    ran
}

/// Whether a secret is in a file that the program has written since.
fn holds_secret(dir: &TestDir) -> Option<String> {
    let files = std::fs::read_dir(dir.path()).unwrap();
    files
        .map(|f| f.unwrap().path())
        .filter(|p| p.is_file() && !p.ends_with("main.tf"))
        .find(|p| {
            let bytes = std::fs::read(p).unwrap();
            let holds = |s: &str| bytes.windows(s.len()).any(|w| w == s.as_bytes());
            SECRETS.iter().any(|s| holds(s))
        })
        .map(|p| p.display().to_string())
}

#[test]
fn files_of_the_first_builds_are_worked_on() {
    let dir = first();
    assert!(holds_secret(&dir).is_some(), "as they were");
    let made = ends(&dir, "output -raw made", 0).stdout;
    assert_eq!(made, SECRETS[1]);
    assert_eq!(holds_secret(&dir), None, "the first look encrypts");
    // What that run left open, and a password that is tainted.
    ends(&dir, "plan -detailed-exitcode", 2);
    ends(&dir, "apply plan.saved", 0);
    ends(&dir, "plan -detailed-exitcode -var size=2", 0);
    assert_eq!(ends(&dir, "output -raw password", 0).stdout, SECRETS[0]);
    assert_eq!(ends(&dir, "state list", 0).stdout.lines().count(), 10);
    ends(&dir, "destroy -auto-approve", 0);
    assert_eq!(ends(&dir, "cloud objects -json", 0).stdout.trim(), "[]");
    assert_eq!(run(&dir, "state list", "other").stdout.lines().count(), 2);
    assert_eq!(run(&dir, "destroy -auto-approve", "other").code, 0);
    assert_eq!(holds_secret(&dir), None);
}

#[test]
fn a_plan_that_changes_nothing_changes_nothing() {
    let dir = first();
    ends(&dir, "apply -auto-approve", 0);
    ends(&dir, "plan -detailed-exitcode", 0);
    assert_eq!(holds_secret(&dir), None);
}

#[test]
fn without_a_key_old_files_stay_as_they_are() {
    let dir = first();
    let state = || {
        ["cloudapp.db", "cloudapp.db.mock-cloud"]
            .map(|n| std::fs::read(dir.path().join(n)).unwrap())
    };
    let before = state();
    for args in ["plan", "state list", "apply plan.saved"] {
        let mut command = dir.command(args);
        command.env("CLOUDAPP_KEY_FILE", "missing");
        let ran = Ran::from(command.output().unwrap());
        assert!(
            ran.code == 1 && ran.stderr.contains("missing"),
            "{args}: {ran:?}"
        );
        assert!(state() == before, "{args}");
    }
}

fn saved_plan_is_applied(dir: &TestDir, says: &str, objects: usize) {
    let shown = ends(dir, "show plan.saved", 0).stdout;
    assert!(shown.contains(says), "{shown}");
    ends(dir, "apply plan.saved", 0);
    let kept = ends(dir, "state list", 0).stdout;
    assert_eq!(kept.lines().count(), objects);
}

#[test]
fn a_plan_of_one_line_is_applied() {
    saved_plan_is_applied(&written_by("2"), "3 to add", 3);
}

#[test]
fn a_plan_that_says_twice_what_stays_is_applied() {
    let dir = written_by("3");
    saved_plan_is_applied(&dir, "1 to add", 2);
    ends(&dir, "plan -detailed-exitcode", 0);
}

#[test]
fn a_plan_that_does_not_say_what_it_leaves_alone_is_applied() {
    let dir = written_by("4");
    saved_plan_is_applied(&dir, "1 to add", 2);
    ends(&dir, "plan -detailed-exitcode", 0);
}

#[test]
fn newer_files_are_refused() {
    let refused = |name: &str, args: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let dir = first();
        let path = dir.path().join(name);
        let mut bytes = std::fs::read(&path).unwrap();
        change(&mut bytes);
        std::fs::write(&path, &bytes).unwrap();
        let ran = ends(&dir, args, 1);
        assert!(ran.stderr.contains("format 99"), "{name}: {ran:?}");
        assert!(std::fs::read(&path).unwrap() == bytes, "{name} was written");
    };
    // `user_version` in SQLite's header.
    refused("cloudapp.db", "plan", &|b| {
        b[60..64].copy_from_slice(&99u32.to_be_bytes())
    });
    refused("cloudapp.db.mock-cloud", "plan", &|b| {
        b.splice(..15, *b"{\"mock_cloud\":99");
    });
    refused("plan.saved", "apply plan.saved", &|b| {
        b.splice(..15, *b"cloudapp plan 99");
    });
}
