//! What the commands say: each `testdata/commands/NAME.txt` is a case, and `NAME.snap` beside it what came of it. Adding
//! one needs no Rust; `INSTA_UPDATE=always` writes what is new.
//!
//! A case begins with what it is about. Then come parts, one after the other: `=== file NAME` with a file to write, and
//! `=== run` with command lines, each of the form
//!
//! ```text
//! [VARIABLE=VALUE …] COMMAND [ARGUMENT …] [< TEXT] [> FILE]
//! set NAME = COMMAND [ARGUMENT …]
//! ```
//!
//! `< TEXT` is for standard input, in which `\n` begins a line. `> FILE` takes standard output. `set` keeps the text that
//! a command prints; `$NAME` stands for it from then on. An argument with spaces stands in single quotes.
//!
//! Ids, times, durations and paths are another in every run: in the snapshot they have names.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say what they expect"
)]

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use regex::Regex;
use support::{Ran, TestDir};

#[test]
fn commands() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/commands");
    let mut cases: Vec<PathBuf> = std::fs::read_dir(&root)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "txt"))
        .collect();
    cases.sort();
    let told: Vec<(String, String)> = std::thread::scope(|scope| {
        let running: Vec<_> = cases
            .iter()
            .map(|path| scope.spawn(|| (name(path), tell(path))))
            .collect();
        running.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(&root);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (name, text) in told {
            insta::assert_snapshot!(name, text);
        }
    });
}

fn name(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

/// Runs a case; what is to be seen of it.
fn tell(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let mut story = Story {
        dir: TestDir::new(&[]),
        kept: BTreeMap::new(),
        out: String::new(),
    };
    for part in text.split("\n=== ").skip(1) {
        let (head, body) = part.split_once('\n').unwrap_or((part, ""));
        match head.split_once(' ') {
            Some(("file", name)) => {
                story.dir.write(name, &format!("{body}\n"));
            }
            None if head == "run" => body
                .lines()
                .filter(|l| !l.is_empty())
                .for_each(|l| story.run(l)),
            _ => panic!("{}: no such part: {head}", path.display()),
        }
    }
    Redaction::default().apply(&story.out, &story.dir)
}

struct Story {
    dir: TestDir,
    kept: BTreeMap<String, String>,
    out: String,
}

impl Story {
    fn run(&mut self, line: &str) {
        if let Some((name, command)) = line.strip_prefix("set ").and_then(|l| l.split_once(" = ")) {
            let ran = self.execute(command, "");
            assert_eq!(ran.code, 0, "{line}: {ran:?}");
            self.kept
                .insert(name.to_owned(), ran.stdout.trim_end().to_owned());
            return;
        }
        let (rest, target) = match line.split_once(" > ") {
            Some((rest, file)) => (rest, Some(file)),
            None => (line, None),
        };
        let (command, input) = rest.split_once(" < ").unwrap_or((rest, ""));
        let ran = self.execute(command, input);
        let _ = writeln!(self.out, "$ {line}");
        match target {
            Some(file) => {
                self.dir.write(file, &ran.stdout);
            }
            None => self.out.push_str(&ran.stdout),
        }
        if !ran.stderr.is_empty() {
            let _ = write!(self.out, "--- stderr\n{}", ran.stderr);
        }
        let _ = writeln!(self.out, "--- exit {}\n", ran.code);
    }

    fn execute(&self, command: &str, input: &str) -> Ran {
        let mut process = self.dir.command("");
        let mut leading = true;
        for word in words(command) {
            let word = self.kept.iter().fold(word, |word, (name, value)| {
                word.replace(&format!("${name}"), value)
            });
            match word.split_once('=') {
                Some((name, value)) if leading && !name.starts_with('-') => {
                    process.env(name, value);
                }
                _ => {
                    leading = false;
                    process.arg(word);
                }
            }
        }
        let mut child = process
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let input = input.replace("\\n", "\n");
        // Who does not read has ended already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        Ran::from(child.wait_with_output().unwrap())
    }
}

/// Separated by spaces; what stands in single quotes is one word.
fn words(line: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => out.push(String::new()),
            c => out.last_mut().unwrap().push(c),
        }
    }
    out.retain(|w| !w.is_empty());
    out
}

/// Names for what is another in every run: the same thing has the same name in all of a case.
#[derive(Default)]
struct Redaction {
    names: BTreeMap<String, String>,
    counts: BTreeMap<String, usize>,
}

impl Redaction {
    fn apply(mut self, text: &str, dir: &TestDir) -> String {
        let real = std::fs::canonicalize(dir.path()).unwrap();
        let mut text = text
            .replace(&*real.to_string_lossy(), "<dir>")
            .replace(&*dir.path().to_string_lossy(), "<dir>");
        for (pattern, name) in [
            (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "uuid"),
            (
                r"\b(vpc|subnet|ins|rtb|sg|disk|eip|eni|lb)-[0-9a-z]{8}\b",
                "$1",
            ),
            (r"\b[0-9]{15,20}\b", "number"),
        ] {
            text = self.numbered(&text, pattern, name);
        }
        for (pattern, name) in [
            (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\b)", "<time>"),
            (r"\b\d+\.\d+s\b", "<duration>"),
            (
                r#""elapsed_seconds":[0-9.]+"#,
                "\"elapsed_seconds\":<duration>",
            ),
            // How many commits an apply makes depends on what ends together.
            (r#"(serial"?:? )\d+"#, "${1}<serial>"),
            (r"\b(linux|darwin|windows)_(amd64|arm64)\b", "<platform>"),
        ] {
            text = Regex::new(pattern)
                .unwrap()
                .replace_all(&text, name)
                .into_owned();
        }
        let version = regex::escape(env!("CARGO_PKG_VERSION"));
        Regex::new(&format!(r#"([ "]){version}([ ";]|\n)"#))
            .unwrap()
            .replace_all(&text, "${1}<version>${2}")
            .into_owned()
    }

    fn numbered(&mut self, text: &str, pattern: &str, name: &str) -> String {
        let replaced = Regex::new(pattern).unwrap();
        let replaced = replaced.replace_all(text, |found: &regex::Captures<'_>| {
            let mut kind = String::new();
            found.expand(name, &mut kind);
            let count = self.counts.entry(kind.clone()).or_default();
            let named = self.names.entry(found[0].to_owned()).or_insert_with(|| {
                *count += 1;
                format!("<{kind}-{count}>")
            });
            named.clone()
        });
        replaced.into_owned()
    }
}
