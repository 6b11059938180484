//! What the port promises, of a file and of several stores on one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed test is a panic"
)]
#![allow(
    clippy::print_stderr,
    reason = "a skipped test says so, a measured one says what it took"
)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cloudapp_engine::store::{
    Change, InstanceRow, IntentRow, OperationAction, Outcome, OutputRow, RunRow, RunStatus, State,
    Store, StoreError,
};
use cloudapp_state::{Protection, SqliteStore};

const NOW: Duration = Duration::ZERO;

fn instance(address: &str, attributes: &str) -> InstanceRow {
    InstanceRow {
        address: address.into(),
        deposed: String::new(),
        provider: "tencentcloud".into(),
        schema_version: 1,
        attributes: attributes.into(),
        sensitive: "[]".into(),
        private: vec![0, 255],
        dependencies: vec!["tencentcloud_vpc.main".into()],
        tainted: false,
        create_before_destroy: true,
    }
}

fn put(address: &str, attributes: &str) -> Change {
    Change::PutInstance(instance(address, attributes))
}

fn output(name: &str, value: &str) -> OutputRow {
    OutputRow {
        name: name.into(),
        ty: "\"string\"".into(),
        value: value.into(),
        sensitive: true,
        description: "what it is".into(),
    }
}

fn intent(operation: &str, action: OperationAction) -> IntentRow {
    IntentRow {
        operation: operation.into(),
        run: "run-1".into(),
        address: "tencentcloud_vpc.main".into(),
        deposed: "0a1b2c3d".into(),
        action,
        provider: "tencentcloud".into(),
        desired: "{\"name\":\"a\"}".into(),
        dependencies: vec!["a.b".into()],
    }
}

fn outcome(operation: &str, outcome: Outcome) -> Change {
    Change::Outcome {
        operation: operation.into(),
        outcome,
        error: None,
    }
}

fn fresh() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cloudapp.db");
    (dir, path)
}

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, "default", Protection::none()).unwrap()
}

#[tokio::test]
async fn what_was_read_ahead_is_used_only_while_it_holds() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cloudapp.db");
    let open = || SqliteStore::open_ahead(&path, "default", Protection::none()).unwrap();
    let one = open();
    assert_eq!(one.state().await.unwrap(), State::default(), "no file");

    let lease = one.lock("apply", NOW).await.unwrap();
    let write = async |address: &str| {
        one.commit(&lease, vec![put(address, "{}")]).await.unwrap();
    };
    let addresses = async |store: &SqliteStore| {
        let state = store.state().await.unwrap();
        let all = state.instances.into_iter().map(|i| i.address);
        all.collect::<Vec<_>>().join(" ")
    };
    write("a.a").await;
    let two = open();
    assert_eq!(two.serial().await.unwrap(), 1);
    assert_eq!(addresses(&two).await, "a.a");

    let three = open();
    assert_eq!(three.serial().await.unwrap(), 1);
    write("a.b").await;
    assert_eq!(addresses(&three).await, "a.a a.b", "somebody else wrote");

    let four = open();
    let own = four.lock("apply", NOW).await;
    assert!(matches!(own, Err(StoreError::Locked(_))), "{own:?}");
    one.unlock(&lease).await.unwrap();
    let own = four.lock("apply", NOW).await.unwrap();
    let changes = vec![put("a.c", "{}")];
    four.commit(&own, changes).await.unwrap();
    assert_eq!(addresses(&four).await, "a.a a.b a.c", "it wrote itself");
}

#[tokio::test]
async fn whoever_asks_first_is_told_why_a_file_that_is_opened_ahead_cannot_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cloudapp.db");
    std::fs::write(&path, "no database").unwrap();
    let store = SqliteStore::open_ahead(&path, "default", Protection::none()).unwrap();
    for error in [
        store.await_unlocked(NOW).await.unwrap_err(),
        store.state().await.unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::Foreign { .. }), "{error}");
    }
}

#[tokio::test]
async fn no_file_before_the_first_write() {
    let (dir, path) = fresh();
    let store = open(&path);
    assert_eq!(store.state().await.unwrap(), State::default());
    assert_eq!(store.holder().await.unwrap(), None);
    assert!(store.runs().await.unwrap().is_empty());
    let lease = store.lock("plan", NOW).await.unwrap();
    assert_eq!(store.holder().await.unwrap().unwrap().operation, "plan");
    assert!(matches!(
        store.lock("plan", NOW).await,
        Err(StoreError::Locked(_))
    ));
    assert_eq!(store.commit(&lease, Vec::new()).await.unwrap(), 0);
    store.unlock(&lease).await.unwrap();
    assert!(matches!(
        store.commit(&lease, vec![put("a.b", "{}")]).await,
        Err(StoreError::Fenced)
    ));
    drop(store);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn what_was_written_is_read_after_reopening() {
    let (_dir, path) = fresh();
    let store = open(&path);
    let lease = store.lock("apply", NOW).await.unwrap();
    let deposed = InstanceRow {
        deposed: "0a1b2c3d".into(),
        tainted: true,
        ..instance("a.b[10]", "{\"n\":1}")
    };
    let changes = vec![
        put("module.m.a.b", "{}"),
        Change::PutInstance(deposed.clone()),
        put("a.b[10]", "{}"),
        put("a.b[9]", "{}"),
        Change::PutOutput(output("z", "1")),
        Change::PutOutput(output("a", "\"ü\"")),
    ];
    assert_eq!(store.commit(&lease, changes).await.unwrap(), 1);
    store.unlock(&lease).await.unwrap();
    let before = store.state().await.unwrap();
    drop(store);

    let state = open(&path).state().await.unwrap();
    assert_eq!(state, before);
    assert_eq!(state.serial, 1);
    assert_eq!(state.lineage.len(), 36);
    assert_eq!(
        state.instances,
        [
            instance("a.b[9]", "{}"),
            instance("a.b[10]", "{}"),
            deposed,
            instance("module.m.a.b", "{}")
        ]
    );
    assert_eq!(state.outputs, [output("a", "\"ü\""), output("z", "1")]);
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, path) = fresh();
    let store = open(&path);
    let lease = store.lock("apply", NOW).await.unwrap();
    store.commit(&lease, vec![put("a.b", "{}")]).await.unwrap();
    let mut seen = 0;
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(
            entry.metadata().unwrap().permissions().mode() & 0o777,
            0o600,
            "{:?}",
            entry.file_name()
        );
        seen += 1;
    }
    assert_eq!(seen, 3, "the file, its log and the log's index");
}

#[tokio::test]
async fn the_serial_grows_only_where_the_state_differs() {
    let store = SqliteStore::open_in_memory().unwrap();
    let lease = store.lock("apply", NOW).await.unwrap();
    let commit = async |changes| store.commit(&lease, changes).await.unwrap();
    let event = || Change::Event {
        run: "r".into(),
        json: "{}".into(),
    };
    assert_eq!(commit(vec![event()]).await, 0);
    assert_eq!(
        commit(vec![put("a.b", "{}"), put("a.c", "{}")]).await,
        1,
        "once a commit"
    );
    assert_eq!(
        commit(vec![put("a.b", "{}"), event()]).await,
        1,
        "the same row"
    );
    assert_eq!(commit(vec![put("a.b", "{\"x\":1}")]).await, 2);
    assert_eq!(commit(vec![Change::PutOutput(output("o", "1"))]).await, 3);
    assert_eq!(commit(vec![Change::PutOutput(output("o", "1"))]).await, 3);
    assert_eq!(
        commit(vec![Change::RemoveOutput {
            name: "none".into()
        }])
        .await,
        3
    );
    assert_eq!(
        commit(vec![Change::RemoveOutput { name: "o".into() }]).await,
        4
    );
    let remove = |address: &str| Change::RemoveInstance {
        address: address.into(),
        deposed: String::new(),
    };
    assert_eq!(commit(vec![remove("a.z")]).await, 4);
    assert_eq!(commit(vec![remove("a.b")]).await, 5);
    let tainted = InstanceRow {
        tainted: true,
        ..instance("a.c", "{}")
    };
    assert_eq!(commit(vec![Change::PutInstance(tainted)]).await, 6);
    assert_eq!(commit(Vec::new()).await, 6);
    assert_eq!(store.location(), ":memory:");
}

#[tokio::test]
async fn intents_stay_open_until_their_outcome_is_known() {
    let (_dir, path) = fresh();
    let store = open(&path);
    let lease = store.lock("apply", NOW).await.unwrap();
    let all = [
        ("c", OperationAction::Create),
        ("u", OperationAction::Update),
        ("d", OperationAction::Delete),
    ];
    let intents: Vec<IntentRow> = all.iter().map(|(o, a)| intent(o, *a)).collect();
    store
        .commit(
            &lease,
            intents.iter().cloned().map(Change::Intent).collect(),
        )
        .await
        .unwrap();
    assert_eq!(store.open_intents().await.unwrap(), intents);

    store
        .commit(
            &lease,
            vec![
                outcome("c", Outcome::Unknown),
                outcome("u", Outcome::Failed),
            ],
        )
        .await
        .unwrap();
    drop(store);
    let store = open(&path);
    assert_eq!(
        store.open_intents().await.unwrap(),
        [intents[0].clone(), intents[2].clone()]
    );

    // The lock was not given back, but its lease is still good.
    store
        .commit(
            &lease,
            vec![
                outcome("d", Outcome::Succeeded),
                outcome("nobody", Outcome::Failed),
            ],
        )
        .await
        .unwrap();
    let again = IntentRow {
        run: "run-2".into(),
        ..intents[1].clone()
    };
    store
        .commit(&lease, vec![Change::Intent(again.clone())])
        .await
        .unwrap();
    assert_eq!(
        store.open_intents().await.unwrap(),
        [intents[0].clone(), again]
    );

    let file = rusqlite::Connection::open(&path).unwrap();
    let desired: String = file
        .query_row(
            "SELECT desired FROM operations WHERE operation = 'd'",
            [],
            |r| r.get(0),
        )
        .unwrap();
    assert_eq!(
        desired, "null",
        "what a settled operation wanted is forgotten"
    );
}

#[tokio::test]
async fn runs_and_events_keep_their_order() {
    let store = SqliteStore::open_in_memory().unwrap();
    let lease = store.lock("apply", NOW).await.unwrap();
    let run = |id: &str| RunRow {
        id: id.into(),
        operation: "apply".into(),
        status: RunStatus::Running,
        started: "2026-01-01T00:00:00Z".into(),
        ended: None,
        summary: "{}".into(),
    };
    let event = |run: &str, n: u32| Change::Event {
        run: run.into(),
        json: n.to_string(),
    };
    let ended = Change::EndRun {
        id: "b".into(),
        status: RunStatus::Interrupted,
        ended: "2026-01-01T00:01:00Z".into(),
        summary: "{\"add\":1}".into(),
    };
    let changes = vec![
        Change::BeginRun(run("b")),
        event("b", 2),
        Change::BeginRun(run("a")),
        event("a", 9),
        event("b", 1),
        ended,
    ];
    store.commit(&lease, changes).await.unwrap();
    let done = RunRow {
        status: RunStatus::Interrupted,
        ended: Some("2026-01-01T00:01:00Z".into()),
        summary: "{\"add\":1}".into(),
        ..run("b")
    };
    assert_eq!(store.runs().await.unwrap(), [done, run("a")]);
    assert_eq!(store.events("b").await.unwrap(), ["2", "1"]);
    assert!(store.events("none").await.unwrap().is_empty());
}

#[tokio::test]
async fn workspaces_of_one_file_do_not_see_each_other() {
    let (_dir, path) = fresh();
    let (one, two) = (
        open(&path),
        SqliteStore::open(&path, "test", Protection::none()).unwrap(),
    );
    let lease_one = one.lock("apply", NOW).await.unwrap();
    one.commit(&lease_one, vec![put("a.b", "{}")])
        .await
        .unwrap();
    let lease_two = two.lock("apply", NOW).await.unwrap();
    assert_eq!(two.state().await.unwrap().serial, 0);
    two.commit(&lease_two, vec![put("c.d", "{}")])
        .await
        .unwrap();
    assert!(matches!(
        two.commit(&lease_one, vec![put("x.y", "{}")]).await,
        Err(StoreError::Fenced)
    ));
    let (a, b) = (one.state().await.unwrap(), two.state().await.unwrap());
    assert_ne!(a.lineage, b.lineage);
    assert_eq!(
        (
            a.instances[0].address.as_str(),
            b.instances[0].address.as_str()
        ),
        ("a.b", "c.d")
    );
    assert_eq!(one.workspaces().await.unwrap(), ["default", "test"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_rows_in_one_commit() {
    let (_dir, path) = fresh();
    let store = open(&path);
    let lease = store.lock("apply", NOW).await.unwrap();
    let body = format!("{{\"text\":\"{}\"}}", "x".repeat(400));
    let changes = (0..10_000)
        .map(|i| put(&format!("a.b[{i}]"), &body))
        .collect();
    let started = Instant::now();
    assert_eq!(store.commit(&lease, changes).await.unwrap(), 1);
    eprintln!("10,000 rows written in {:?}", started.elapsed());
    let started = Instant::now();
    let state = store.state().await.unwrap();
    eprintln!("and read in {:?}", started.elapsed());
    assert_eq!(state.instances.len(), 10_000);
    assert_eq!(state.instances[9_999].address, "a.b[9999]");
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_that_wait_share_a_transaction_and_keep_their_answers() {
    let (_dir, path) = fresh();
    let store = open(&path);
    let lease = store.lock("apply", NOW).await.unwrap();
    store
        .commit(&lease, vec![put("a.first", "{}")])
        .await
        .unwrap();
    let old = cloudapp_engine::store::Lease {
        id: lease.id.clone(),
        epoch: 0,
    };
    let started = Instant::now();
    let commits = (0..500).map(|i| {
        let (lease, change) = (
            if i % 10 == 0 { &old } else { &lease },
            put(&format!("a.b[{i}]"), "{}"),
        );
        store.commit(lease, vec![change])
    });
    let answers = futures_of(commits.collect()).await;
    eprintln!("500 concurrent commits in {:?}", started.elapsed());
    assert_eq!(
        answers
            .iter()
            .filter(|a| matches!(a, Err(StoreError::Fenced)))
            .count(),
        50
    );
    let mut serials: Vec<u64> = answers.into_iter().filter_map(Result::ok).collect();
    serials.sort_unstable();
    assert_eq!(serials, (2..=451).collect::<Vec<u64>>(), "one serial each");
    assert_eq!(store.state().await.unwrap().instances.len(), 451);
}

/// Polls all futures together.
async fn futures_of<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = futures.into_iter().map(|f| (Box::pin(f), None)).collect();
    std::future::poll_fn(|context| {
        let mut all = true;
        for (future, answer) in &mut waiting {
            if answer.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(a) => *answer = Some(a),
                    std::task::Poll::Pending => all = false,
                }
            }
        }
        if all {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    waiting
        .into_iter()
        .filter_map(|(_, answer)| answer)
        .collect()
}
