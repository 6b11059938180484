//! Commands about the language alone: fmt, console, graph and metadata.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say what they expect"
)]

mod support;

use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value as Json;
use support::{Ran, TestDir};

const UGLY: &str = "locals {\na=1\nlong = \"${local.a}\"\n}\n";
const NEAT: &str = "locals {\n  a    = 1\n  long = local.a\n}\n";

fn with_input(dir: &TestDir, args: &str, input: &[u8]) -> Ran {
    let mut child = dir
        .command(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap().into()
}

fn text(dir: &TestDir, name: &str) -> String {
    std::fs::read_to_string(dir.path().join(name)).unwrap()
}

#[test]
fn fmt_writes_and_lists() {
    let dir = TestDir::new(&[
        ("a.tf", UGLY),
        ("b.tf", NEAT),
        ("v.tfvars", "a=1\n"),
        ("sub/c.tf", UGLY),
        (".hidden.tf", UGLY),
        ("other.txt", UGLY),
    ]);
    let check = dir.run("fmt -check");
    assert_eq!((check.code, check.stdout.as_str()), (3, "a.tf\nv.tfvars\n"));
    assert_eq!(text(&dir, "a.tf"), UGLY, "-check writes nothing");
    assert_eq!(dir.ok("fmt"), "a.tf\nv.tfvars\n");
    assert_eq!(text(&dir, "a.tf"), NEAT);
    assert_eq!(text(&dir, "sub/c.tf"), UGLY);
    assert_eq!(dir.ok("fmt -list=false -write=false sub"), NEAT);
    assert_eq!(dir.ok("fmt -recursive"), "sub/c.tf\n");
    assert_eq!(dir.ok("fmt -check -recursive"), "");
    assert_eq!(text(&dir, ".hidden.tf"), UGLY);
}

#[test]
fn fmt_shows_differences_and_takes_standard_input() {
    let dir = TestDir::new(&[("a.tf", UGLY)]);
    let diff = dir.ok("fmt -diff -write=false a.tf");
    assert!(diff.contains("--- old/a.tf\n+++ new/a.tf\n"), "{diff}");
    assert!(diff.contains("\n-a=1\n"), "{diff}");
    assert_eq!(text(&dir, "a.tf"), UGLY);
    assert_eq!(with_input(&dir, "fmt -", UGLY.as_bytes()).stdout, NEAT);
    let checked = with_input(&dir, "fmt -check -", UGLY.as_bytes());
    assert_eq!((checked.code, checked.stdout.as_str()), (3, ""));
}

#[test]
fn fmt_leaves_broken_files_alone() {
    let dir = TestDir::new(&[("a.tf", "a = \nb=2\n"), ("b.tf", UGLY)]);
    let ran = dir.run("fmt");
    assert_eq!((ran.code, ran.stdout.as_str()), (2, "b.tf\n"));
    assert!(ran.stderr.contains("a.tf:1:"), "{ran:?}");
    assert_eq!(text(&dir, "a.tf"), "a = \nb=2\n");
    assert_eq!(dir.run("fmt nowhere").code, 2);
    dir.write("x.txt", "");
    assert_eq!(dir.run("fmt x.txt").code, 2);
    assert_eq!(dir.run("fmt - b.tf").code, 2);
}

#[test]
fn console_reads_expressions_from_standard_input() {
    let dir = TestDir::new(&[("main.tf", NEAT)]);
    let ran = with_input(
        &dir,
        "console",
        b"local.a + 1\n\n[\n  1,\n  2\n]\nexit\n9\n",
    );
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "2\n[1, 2]\n"));
    assert_eq!(with_input(&dir, "console", b"f(\n").code, 1);
}

#[test]
fn console_answers_every_line_of_json() {
    let dir = TestDir::new(&[("main.tf", NEAT)]);
    let input =
        b"{\"expr\": \"1\"}\nnot json\n\xff\xfe\n\n[]\n{\"expr\": \"nope(\"}\n{\"expr\": \"2\"}\n";
    let ran = with_input(&dir, "console -json", input);
    let ok: Vec<bool> = ran
        .stdout
        .lines()
        .map(|l| serde_json::from_str::<Json>(l).unwrap()["ok"] == true)
        .collect();
    assert_eq!(ok, [true, false, false, false, false, false, true]);
}

#[test]
fn graph_shows_resources_or_everything() {
    let stack = r#"
variable "n" { default = 1 }
locals { x = var.n }
resource "terraform_data" "a" { input = local.x }
locals { y = terraform_data.a.output }
resource "terraform_data" "b" { input = local.y }
"#;
    let dir = TestDir::new(&[("main.tf", stack)]);
    let graph = dir.ok("graph");
    assert!(graph.starts_with("digraph"), "{graph}");
    assert!(graph.contains("\"terraform_data.b\" -> \"terraform_data.a\";"));
    assert!(!graph.contains("local"), "{graph}");
    let everything = dir.ok("graph -type=plan");
    assert!(everything.contains("\"terraform_data.a\" -> \"local.x\";"));
    assert_eq!(
        dir.ok("graph -tree"),
        "terraform_data.b\n  terraform_data.a\n"
    );
    assert_eq!(dir.run("graph -type=nope").code, 1);
}

#[test]
fn metadata_needs_no_configuration() {
    let dir = TestDir::new(&[("broken.tf", "{{{")]);
    let json: Json = serde_json::from_str(&dir.ok("metadata functions -json")).unwrap();
    assert_eq!(json["format_version"], "1.0");
    let of = &json["function_signatures"];
    assert_eq!(of["core::upper"], of["upper"]);
    assert_eq!(of["upper"]["return_type"], "string");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}
