//! The short form of `cargo xtask kill`: the program is killed, paused and starved at a sample of all moments, and must lose
//! nothing, make nothing twice and leave nothing over.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests say what they expect"
)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use xtask::kill::{Kind, Options, Report, run};

fn sample(stacks: &[&str], kinds: &[Kind], sweep: u64, runs: u64) -> Report {
    // What is counted is asked for in full; of the rest there is as much as there is time for.
    let limit = Duration::from_secs(if runs > 0 { 120 } else { 6 });
    let options = Options {
        binary: PathBuf::from(env!("CARGO_BIN_EXE_cloudapp")),
        stacks: Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/kill"),
        only: stacks.iter().map(|s| (*s).to_owned()).collect(),
        runs,
        seed: 1,
        kinds: kinds.to_vec(),
        sweep,
        workers: 2,
        limit: Some(limit),
    };
    let report = run(&options).unwrap();
    assert!(
        report.failures.is_empty(),
        "{report}\n{}",
        report.failures.join("\n")
    );
    report
}

#[test]
fn a_killed_run_is_gone_on_from() {
    let kinds = [
        Kind::After,
        Kind::Before,
        Kind::Commit,
        Kind::Twice,
        Kind::Instant,
    ];
    let report = sample(&["create_first"], &kinds, 1, 12);
    assert!(report.kills() >= 10, "{report}");
    assert!(report.kinds[&Kind::After].found > 0, "{report}");
}

#[test]
fn an_interrupted_run_is_gone_on_from() {
    let report = sample(&["flaky"], &[Kind::Interrupted], 0, 16);
    assert!(report.kinds[&Kind::Interrupted].struck > 0, "{report}");
}

#[test]
fn a_cloud_that_shows_things_late_is_given_time() {
    let report = sample(&["late"], &[Kind::After], 4, 0);
    assert!(report.kinds[&Kind::After].found > 0, "{report}");
}

#[test]
fn a_paused_run_that_was_replaced_changes_nothing() {
    let report = sample(&["update"], &[Kind::Paused, Kind::PausedInCall], 2, 0);
    assert!(report.kinds[&Kind::Paused].struck > 0, "{report}");
}

#[test]
fn full_disks_foreign_locks_and_old_copies_lose_nothing() {
    let kinds = [Kind::Restored, Kind::Full, Kind::Limit];
    let report = sample(&["chain"], &kinds, 3, 0);
    assert!(report.kinds[&Kind::Restored].struck > 0, "{report}");
}
