//! `force-unlock`, from outside: whose lock it takes, and what is written down of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say what they expect"
)]

mod support;

use std::time::Duration;

use cloudapp_engine::store::Store;
use cloudapp_state::{Protection, SqliteStore};
use support::TestDir;

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

#[test]
fn the_lock_is_taken_from_its_holder_and_the_reason_is_kept() {
    let dir = TestDir::new(&[("main.tf", "resource \"terraform_data\" \"a\" {}\n")]);
    dir.ok("apply -auto-approve");
    let store = SqliteStore::open(
        dir.path().join("cloudapp.db"),
        "default",
        Protection::none(),
    )
    .unwrap();
    let lease = block(store.lock("apply", Duration::ZERO)).unwrap();

    let locked = dir.run("plan -no-color");
    assert!(locked.stderr.contains("state-locked"), "{locked:?}");
    assert!(locked.stderr.contains(&lease.id), "{locked:?}");
    let other = dir.run("force-unlock -force -no-color nonsense");
    assert_eq!(other.code, 1);
    assert!(other.stderr.contains("error[another-lock]"), "{other:?}");
    assert!(other.stderr.contains(&lease.id), "{other:?}");
    let nobody = dir.run(&format!("force-unlock -no-color {}", lease.id));
    assert!(nobody.stderr.contains("approval-needed"), "{nobody:?}");

    let mut command = dir.command("force-unlock -force -no-color -reason");
    let taken = command.arg("its machine is gone").arg(&lease.id);
    let said = String::from_utf8(taken.output().unwrap().stdout).unwrap();
    assert!(said.contains("Taken from "), "{said}");
    assert!(said.contains("Reason: its machine is gone\n"), "{said}");
    assert!(block(store.unlock(&lease)).is_err(), "it is not theirs now");
    dir.ok("apply -auto-approve");

    let runs = block(store.runs()).unwrap();
    let run = runs.iter().find(|r| r.operation == "force-unlock").unwrap();
    let events = block(store.events(&run.id)).unwrap();
    let event: serde_json::Value = serde_json::from_str(&events[0]).unwrap();
    assert_eq!(event["type"], "lock_taken_away");
    assert_eq!(event["reason"], "its machine is gone");
    assert_eq!(event["from"]["id"], lease.id.as_str());
    assert!(event["by"].as_str().unwrap().contains('@'), "{event}");
}

#[test]
fn where_nothing_is_locked_that_is_what_is_said() {
    let dir = TestDir::new(&[("main.tf", "resource \"terraform_data\" \"a\" {}\n")]);
    for _ in 0..2 {
        let ran = dir.run("force-unlock -force -no-color some-id");
        assert_eq!(ran.code, 1);
        assert!(ran.stderr.contains("error[state-not-locked]"), "{ran:?}");
        assert!(ran.stderr.contains("is not locked"), "{ran:?}");
        dir.ok("apply -auto-approve");
    }
}
