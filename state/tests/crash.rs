//! A process that dies with the lock in its hands.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed test is a panic; the parent reads the output"
)]

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use cloudapp_engine::store::{Change, IntentRow, OperationAction, OutputRow, Store};
use cloudapp_state::{Protection, SqliteStore};

const PATH: &str = "CLOUDAPP_TEST_STATE";

fn output(name: String) -> Change {
    let (ty, value) = ("\"number\"".into(), "1".into());
    Change::PutOutput(OutputRow {
        name,
        ty,
        value,
        sensitive: false,
        description: String::new(),
    })
}

/// The part of the process that is killed: not a test by itself.
#[tokio::test]
#[ignore = "started by the test below"]
async fn child() {
    let Ok(path) = std::env::var(PATH) else {
        return;
    };
    let store = SqliteStore::open(path, "default", Protection::none()).unwrap();
    let lease = store.lock("apply", Duration::ZERO).await.unwrap();
    let intent = IntentRow {
        operation: "op".into(),
        run: "run".into(),
        address: "a.b".into(),
        deposed: String::new(),
        action: OperationAction::Create,
        provider: "p".into(),
        desired: "{}".into(),
        dependencies: Vec::new(),
    };
    store
        .commit(&lease, vec![Change::Intent(intent)])
        .await
        .unwrap();
    for n in 1_u64.. {
        let serial = store
            .commit(&lease, vec![output(format!("o{n}"))])
            .await
            .unwrap();
        assert_eq!(serial, n);
        println!("\nwritten {n}");
    }
}

#[tokio::test]
async fn what_a_killed_process_reported_as_written_is_there_and_its_lock_is_free() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cloudapp.db");
    for round in 0..5_u64 {
        let fresh = dir.path().join(format!("{round}.db"));
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--ignored", "--nocapture"])
            .env(PATH, &fresh)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut reported = 0;
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            if let Some(n) = line.unwrap().strip_prefix("written ") {
                reported = n.parse::<u64>().unwrap();
                if reported > round * 7 {
                    break;
                }
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();

        let store = SqliteStore::open(&fresh, "default", Protection::none()).unwrap();
        let state = store.state().await.unwrap();
        assert!(
            reported > 0 && state.serial >= reported,
            "{} of {reported}",
            state.serial
        );
        assert_eq!(state.outputs.len() as u64, state.serial);
        assert_eq!(store.open_intents().await.unwrap().len(), 1);
        assert_eq!(store.holder().await.unwrap().unwrap().operation, "apply");
        let lease = store.lock("apply", Duration::ZERO).await.unwrap();
        store
            .commit(&lease, vec![output("after".into())])
            .await
            .unwrap();
        drop(store);
        std::fs::rename(&fresh, &path).unwrap();
    }
}
