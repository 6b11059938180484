//! The publisher's tutorial, done as it is written: each ```` ```sh ```` block of `docs/tutorial.md` is run in order by a
//! shell in a fresh directory, and the lines of the ```` ```text ```` block after it are to be seen in its output.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say what they expect"
)]

mod support;

use std::path::Path;
use std::process::Command;

use support::{Ran, TestDir};

/// A block of the text: its language, and its lines.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut open: Option<(String, Vec<&str>)> = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(language), None) => open = Some((language.to_owned(), Vec::new())),
            (Some(_), Some((language, lines))) => {
                out.push((std::mem::take(language), lines.join("\n")));
                open = None;
            }
            (None, Some((_, lines))) => lines.push(line),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block has no end");
    out
}

fn shell(dir: &TestDir, script: &str) -> Ran {
    let program = Path::new(env!("CARGO_BIN_EXE_cloudapp"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders =
        std::iter::once(program.parent().unwrap().to_owned()).chain(std::env::split_paths(&path));
    let mut command = Command::new("sh");
    command
        .args(["-e", "-c", script])
        .current_dir(dir.path())
        .env("PATH", std::env::join_paths(folders).unwrap());
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("TF_") || text.starts_with("CLOUDAPP_") {
            command.env_remove(&name);
        }
    }
    Ran::from(command.output().unwrap())
}

#[test]
fn the_tutorial_does_what_it_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/tutorial.md");
    let text = std::fs::read_to_string(path).unwrap();
    let dir = TestDir::new(&[]);
    let mut shown = String::new();
    let mut scripts = 0;
    for (language, block) in blocks(&text) {
        match language.as_str() {
            "sh" => {
                let ran = shell(&dir, &block);
                assert_eq!(ran.code, 0, "{block}\n{}\n{}", ran.stdout, ran.stderr);
                shown = ran.stdout;
                scripts += 1;
            }
            "text" => {
                for line in block.lines().map(str::trim).filter(|l| !l.is_empty()) {
                    assert!(shown.contains(line), "{line:?} is not in:\n{shown}");
                }
            }
            other => panic!("a block of \"{other}\" is neither run nor compared"),
        }
    }
    assert!(scripts >= 10, "{scripts}");
}
