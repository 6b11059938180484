//! What a person decides, from outside: whose lock `force-unlock` takes, what `state resolve` settles, and what is written down
//! of it.
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

const NETWORK: &str = r#"
resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
}
"#;

fn open_operations(dir: &TestDir) -> Vec<serde_json::Value> {
    serde_json::from_str(&dir.ok("state operations -json")).unwrap()
}

/// A cloud that does not say how a create ended, and whether it took effect.
fn lost(took_effect: bool) -> String {
    serde_json::json!({
        "faults": [{"op": "create", "code": "InternalError", "class": "unknown", "created": took_effect}]
    })
    .to_string()
}

/// A stack of which one operation's end is not known.
fn unsettled(stack: &str, made_before: bool, cloud: &str) -> (TestDir, String) {
    let dir = TestDir::new(&[("main.tf", NETWORK)]);
    if made_before {
        dir.ok("apply -auto-approve");
    }
    dir.write("main.tf", stack);
    dir.write("mock.json", cloud);
    let ran = dir.run("apply -auto-approve -no-color -mock-config=mock.json");
    assert_ne!(ran.code, 0, "{ran:?}");
    let open = open_operations(&dir);
    assert_eq!(open.len(), 1, "{open:?}");
    assert_eq!(open[0]["address"], "tencentcloud_vpc.main");
    (dir, open[0]["operation"].as_str().unwrap().to_owned())
}

#[test]
fn what_cannot_be_found_out_is_settled_by_whoever_looked() {
    let (dir, operation) = unsettled(NETWORK, false, &lost(false));
    assert!(dir.ok("state operations").starts_with(&operation));

    let unsaid = dir.run(&format!("state resolve {operation}"));
    assert_eq!(unsaid.code, 1, "{unsaid:?}");
    let both = dir.run(&format!("state resolve -absent -present {operation}"));
    assert_eq!(both.code, 1, "{both:?}");
    let present = dir.run(&format!("state resolve -present {operation}"));
    assert!(
        present.stderr.contains("resolution-not-possible"),
        "{present:?}"
    );
    let unknown = dir.run("state resolve -absent nonsense");
    assert!(unknown.stderr.contains("operation-not-open"), "{unknown:?}");
    assert_eq!(open_operations(&dir).len(), 1);

    let mut command = dir.command("state resolve -absent -reason");
    let resolved = command.arg("not in the console").arg(&operation);
    assert!(resolved.status().unwrap().success());
    assert!(open_operations(&dir).is_empty());
    let again = dir.run(&format!("state resolve -absent {operation}"));
    assert!(again.stderr.contains("operation-not-open"), "{again:?}");

    let store = SqliteStore::open(
        dir.path().join("cloudapp.db"),
        "default",
        Protection::none(),
    )
    .unwrap();
    let runs = block(store.runs()).unwrap();
    let run = runs
        .iter()
        .find(|r| r.operation == "state resolve")
        .unwrap();
    let events = block(store.events(&run.id)).unwrap();
    let event: serde_json::Value = serde_json::from_str(&events[0]).unwrap();
    assert_eq!(event["type"], "operation_resolved");
    assert_eq!(event["operation"], operation.as_str());
    assert_eq!(event["found"], "absent");
    assert_eq!(event["reason"], "not in the console");
    drop(store);

    dir.ok("apply -auto-approve");
    assert_eq!(dir.run("plan -detailed-exitcode").code, 0);
}

/// Whoever looked was wrong: the object is there all the same, and is not made twice.
#[test]
fn a_wrong_answer_loses_nothing() {
    let (dir, operation) = unsettled(NETWORK, false, &lost(true));
    dir.ok(&format!("state resolve -absent {operation}"));
    let ran = dir.run("apply -auto-approve -no-color");
    assert_eq!(ran.code, 0, "{ran:?}");
    let objects: Vec<serde_json::Value> =
        serde_json::from_str(&dir.ok("cloud objects -json")).unwrap();
    assert_eq!(objects.len(), 1, "{objects:?}");
    assert_eq!(dir.run("plan -detailed-exitcode").code, 0);
}

#[test]
fn changes_and_deletions_are_settled_too() {
    let renamed = NETWORK.replace("name       = \"main\"", "name       = \"other\"");
    // Killed once the cloud has read it, and changed or deleted it.
    let killed = r#"{"kill": [{"call": 2, "when": "after"}]}"#;
    let (dir, operation) = unsettled(&renamed, true, killed);
    // Where its provider cannot be asked, the message says what to do.
    dir.write(
        "mock.json",
        r#"{"faults": [{"op": "read", "code": "AuthFailure"}]}"#,
    );
    let stuck = dir.run("plan -no-color -mock-config=mock.json");
    assert_eq!(stuck.code, 1);
    let advice = format!("cloudapp state resolve {operation}");
    assert!(stuck.stderr.contains("operation-not-resolved"), "{stuck:?}");
    assert!(stuck.stderr.contains(&advice), "{stuck:?}");
    dir.ok(&format!("state resolve -present {operation}"));
    // The next plan reads that the change took effect.
    assert_eq!(dir.run("plan -detailed-exitcode").code, 0);
    assert_eq!(dir.ok("state list"), "tencentcloud_vpc.main\n");

    let (dir, operation) = unsettled("", true, &killed.replace("after", "before"));
    dir.ok(&format!("state resolve -present {operation}"));
    assert_eq!(dir.ok("state list"), "tencentcloud_vpc.main\n");
    dir.ok("apply -auto-approve");
    assert_eq!(dir.ok("state list"), "");

    let (dir, operation) = unsettled("", true, killed);
    dir.ok(&format!("state resolve -absent {operation}"));
    assert_eq!(dir.ok("state list"), "");
    assert!(open_operations(&dir).is_empty());
}
