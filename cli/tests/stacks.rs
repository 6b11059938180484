//! Stories of stacks under `testdata/stacks/`: each is a `case.json` and the configurations that it names. Adding one
//! needs no Rust.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

mod story;

#[tokio::test]
async fn stories() {
    let mut failures = Vec::new();
    for story in story::all() {
        if let Err(e) = story.tell().await {
            failures.push(format!("{}: {e}", story.name));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
