//! Who may write, and who no longer may.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed test is a panic"
)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cloudapp_engine::store::{Change, OutputRow, RunRow, RunStatus, State, Store, StoreError};
use cloudapp_state::{LEASE, Protection, SqliteStore};

const NOW: Duration = Duration::ZERO;

fn change(n: u32) -> Vec<Change> {
    vec![Change::PutOutput(OutputRow {
        name: "n".into(),
        ty: "\"number\"".into(),
        value: n.to_string(),
        sensitive: false,
        description: String::new(),
    })]
}

fn fresh() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cloudapp.db");
    (dir, path)
}

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, "default", Protection::none()).unwrap()
}

/// A file that has been written once and is not locked.
async fn written() -> (tempfile::TempDir, PathBuf) {
    let (dir, path) = fresh();
    let store = open(&path);
    let lease = store.lock("apply", NOW).await.unwrap();
    store.commit(&lease, change(0)).await.unwrap();
    store.unlock(&lease).await.unwrap();
    (dir, path)
}

fn execute(path: &Path, sql: &str) {
    let changed = rusqlite::Connection::open(path)
        .unwrap()
        .execute(sql, [])
        .unwrap();
    assert_eq!(changed, 1, "{sql}");
}

fn dead_process() -> u32 {
    let mut child = std::process::Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    child.id()
}

#[tokio::test]
async fn one_holder_at_a_time_and_the_other_is_told_who() {
    let (_dir, path) = written().await;
    let (one, two) = (open(&path), open(&path));
    let lease = one.lock("apply", NOW).await.unwrap();
    let Err(StoreError::Locked(holder)) = two.lock("destroy", NOW).await else {
        panic!("not locked")
    };
    assert_eq!(
        (holder.id.as_str(), holder.operation.as_str()),
        (lease.id.as_str(), "apply")
    );
    assert_eq!(holder.pid, std::process::id());
    assert!(holder.who.contains('@'));
    assert!(
        holder.since.ends_with('Z') && holder.since.len() == 20,
        "{}",
        holder.since
    );
    assert_eq!(two.holder().await.unwrap().unwrap(), *holder);
    assert!(
        matches!(one.lock("apply", NOW).await, Err(StoreError::Locked(_))),
        "not even the same store"
    );

    one.unlock(&lease).await.unwrap();
    assert_eq!(two.holder().await.unwrap(), None);
    let second = two.lock("destroy", NOW).await.unwrap();
    assert!(second.epoch > lease.epoch);
    assert!(matches!(one.unlock(&lease).await, Err(StoreError::Fenced)));
    assert!(matches!(
        one.commit(&lease, change(1)).await,
        Err(StoreError::Fenced)
    ));
    two.commit(&second, change(2)).await.unwrap();
    assert_eq!(one.state().await.unwrap().outputs[0].value, "2");
}

#[tokio::test]
async fn who_only_reads_waits_for_the_holder_and_takes_nothing() {
    let (_dir, path) = written().await;
    let (one, two) = (open(&path), open(&path));
    let before = std::fs::read(&path).unwrap();
    one.await_unlocked(NOW).await.unwrap();
    assert_eq!(two.holder().await.unwrap(), None);
    assert!(
        std::fs::read(&path).unwrap() == before,
        "something was written"
    );

    let lease = one.lock("apply", NOW).await.unwrap();
    let started = Instant::now();
    let Err(StoreError::Locked(holder)) = two.await_unlocked(Duration::from_millis(300)).await
    else {
        panic!("did not wait")
    };
    assert!(started.elapsed() >= Duration::from_millis(300));
    assert_eq!(holder.id, lease.id);
    one.unlock(&lease).await.unwrap();
    two.await_unlocked(NOW).await.unwrap();

    let dead = one.lock("apply", NOW).await.unwrap();
    execute(&path, &format!("UPDATE locks SET pid = {}", dead_process()));
    two.await_unlocked(NOW).await.unwrap();
    assert!(one.unlock(&dead).await.is_ok(), "nobody took it over");
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_the_lock_ends_when_it_is_given_back() {
    let (_dir, path) = written().await;
    let (one, two) = (open(&path), open(&path));
    let lease = one.lock("apply", NOW).await.unwrap();
    let started = Instant::now();
    assert!(matches!(
        two.lock("apply", Duration::from_millis(300)).await,
        Err(StoreError::Locked(_))
    ));
    assert!(started.elapsed() >= Duration::from_millis(300));
    let waiting = tokio::spawn(async move { two.lock("apply", Duration::from_secs(20)).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    one.unlock(&lease).await.unwrap();
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_dead_holder_is_replaced_at_once() {
    let (_dir, path) = written().await;
    let one = open(&path);
    let lease = one.lock("apply", NOW).await.unwrap();
    one.commit(&lease, change(1)).await.unwrap();
    drop(one);
    let two = open(&path);
    assert!(
        matches!(two.lock("apply", NOW).await, Err(StoreError::Locked(_))),
        "dropping gives nothing back"
    );
    if !cfg!(target_os = "linux") {
        return;
    }
    execute(&path, &format!("UPDATE locks SET pid = {}", dead_process()));
    let second = two.lock("apply", NOW).await.unwrap();
    assert!(matches!(
        two.commit(&lease, change(2)).await,
        Err(StoreError::Fenced)
    ));
    assert_eq!(two.commit(&second, change(3)).await.unwrap(), 3);
}

#[tokio::test]
async fn a_holder_elsewhere_is_replaced_when_its_lease_has_run_out() {
    let (_dir, path) = written().await;
    let one = open(&path);
    let lease = one.lock("apply", NOW).await.unwrap();
    execute(
        &path,
        &format!(
            "UPDATE locks SET machine = 'elsewhere', pid = {}",
            dead_process()
        ),
    );
    let two = open(&path);
    assert!(matches!(
        two.lock("apply", NOW).await,
        Err(StoreError::Locked(_))
    ));
    execute(&path, "UPDATE locks SET expires = 1");
    // Late, but nobody has taken over: the lease still holds.
    one.commit(&lease, change(1)).await.unwrap();
    two.lock("apply", NOW).await.unwrap();
    assert!(matches!(
        one.commit(&lease, change(2)).await,
        Err(StoreError::Fenced)
    ));
}

#[tokio::test]
async fn force_unlock_wants_the_holders_id_and_fences_it() {
    let (_dir, path) = written().await;
    let (one, two) = (open(&path), open(&path));
    assert!(matches!(
        two.force_unlock("x").await,
        Err(StoreError::NotLocked { .. })
    ));
    let lease = one.lock("apply", NOW).await.unwrap();
    assert!(matches!(
        two.force_unlock("x").await,
        Err(StoreError::Locked(_))
    ));
    assert_eq!(two.force_unlock(&lease.id).await.unwrap().id, lease.id);
    assert!(matches!(
        one.commit(&lease, change(1)).await,
        Err(StoreError::Fenced)
    ));
    assert_eq!(one.holder().await.unwrap(), None);
}

fn running(id: &str) -> Vec<Change> {
    vec![Change::BeginRun(RunRow {
        id: id.into(),
        operation: "apply".into(),
        status: RunStatus::Running,
        started: "2026-01-01T00:00:00Z".into(),
        ended: None,
        summary: "{}".into(),
    })]
}

#[tokio::test]
async fn the_run_of_who_lost_the_lock_has_ended() {
    let (_dir, path) = written().await;
    let (one, two) = (open(&path), open(&path));
    let lease = one.lock("apply", NOW).await.unwrap();
    one.commit(&lease, running("taken")).await.unwrap();
    two.force_unlock(&lease.id).await.unwrap();
    let lease = one.lock("apply", NOW).await.unwrap();
    one.commit(&lease, running("late")).await.unwrap();
    execute(&path, "UPDATE locks SET machine = 'elsewhere', expires = 1");
    let lease = two.lock("apply", NOW).await.unwrap();
    two.commit(&lease, running("now")).await.unwrap();
    let runs = two.runs().await.unwrap();
    let found: Vec<_> = (runs.iter())
        .map(|r| (&*r.id, r.status, r.ended.is_some()))
        .collect();
    assert_eq!(
        found,
        [
            ("taken", RunStatus::Interrupted, true),
            ("late", RunStatus::Interrupted, true),
            ("now", RunStatus::Running, false)
        ]
    );
}

#[tokio::test]
async fn a_workspace_is_deleted_as_a_whole_and_by_its_holder() {
    let (_dir, path) = written().await;
    let named = |name| SqliteStore::open(&path, name, Protection::none()).unwrap();
    let (store, other) = (named("dev"), named("other"));
    for s in [&store, &other] {
        let lease = s.lock("apply", NOW).await.unwrap();
        s.commit(&lease, [change(1), running("r")].concat())
            .await
            .unwrap();
        s.unlock(&lease).await.unwrap();
    }
    let old = store.lock("apply", NOW).await.unwrap();
    store.force_unlock(&old.id).await.unwrap();
    let lease = store.lock("workspace delete", NOW).await.unwrap();
    assert!(matches!(
        store.delete_workspace(&old).await,
        Err(StoreError::Fenced)
    ));
    store.delete_workspace(&lease).await.unwrap();
    assert_eq!(other.workspaces().await.unwrap(), ["default", "other"]);
    assert_eq!(store.state().await.unwrap(), State::default());
    assert!(store.runs().await.unwrap().is_empty());
    assert_eq!(other.state().await.unwrap().outputs.len(), 1);
}

/// What is written to a file that has lost its name is seen by nobody.
#[cfg(unix)]
#[tokio::test]
async fn a_file_that_is_moved_or_replaced_while_it_is_used_takes_nothing_in() {
    let moved = |e: StoreError| match e {
        StoreError::Moved { path } => assert!(path.ends_with("cloudapp.db"), "{path}"),
        other => panic!("{other}"),
    };
    let (dir, path) = written().await;
    let away = dir.path().join("away.db");
    let one = open(&path);
    let lease = one.lock("apply", NOW).await.unwrap();
    one.commit(&lease, change(1)).await.unwrap();
    std::fs::rename(&path, &away).unwrap();
    moved(one.commit(&lease, change(2)).await.unwrap_err());
    // A call is not begun either.
    moved(one.commit(&lease, Vec::new()).await.unwrap_err());
    // A copy in its place is another file.
    std::fs::copy(&away, &path).unwrap();
    moved(one.commit(&lease, change(3)).await.unwrap_err());
    one.unlock(&lease).await.unwrap();
    moved(one.lock("apply", NOW).await.unwrap_err());
    std::fs::rename(&away, &path).unwrap();
    let lease = one.lock("apply", NOW).await.unwrap();
    one.commit(&lease, change(4)).await.unwrap();
}

#[tokio::test]
async fn of_two_first_writers_the_later_one_is_refused() {
    let (_dir, path) = fresh();
    let (one, two) = (open(&path), open(&path));
    let (first, second) = (
        one.lock("apply", NOW).await.unwrap(),
        two.lock("apply", NOW).await.unwrap(),
    );
    one.commit(&first, change(1)).await.unwrap();
    let Err(StoreError::Locked(holder)) = two.commit(&second, change(2)).await else {
        panic!("not locked")
    };
    assert_eq!(holder.id, first.id);
    one.unlock(&first).await.unwrap();

    let (_dir, path) = fresh();
    let (one, two) = (open(&path), open(&path));
    let (first, second) = (
        one.lock("apply", NOW).await.unwrap(),
        two.lock("apply", NOW).await.unwrap(),
    );
    one.commit(&first, change(1)).await.unwrap();
    one.unlock(&first).await.unwrap();
    assert!(
        matches!(
            two.commit(&second, change(2)).await,
            Err(StoreError::Fenced)
        ),
        "its plan was made of a state that is no more"
    );
    let third = two.lock("apply", NOW).await.unwrap();
    two.commit(&third, change(3)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn many_writers_take_turns() {
    let (_dir, path) = written().await;
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let path = path.clone();
            tokio::spawn(async move {
                let store = SqliteStore::open(&path, "default", Protection::none()).unwrap();
                for _ in 0..5 {
                    let lease = store.lock("apply", Duration::from_secs(60)).await.unwrap();
                    let n: u32 = store.state().await.unwrap().outputs[0]
                        .value
                        .parse()
                        .unwrap();
                    store.commit(&lease, change(n + 1)).await.unwrap();
                    store.unlock(&lease).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let state = open(&path).state().await.unwrap();
    assert_eq!((state.outputs[0].value.as_str(), state.serial), ("20", 21));
}

#[tokio::test(flavor = "multi_thread")]
async fn making_one_file_at_the_same_time() {
    let (_dir, path) = fresh();
    let makers: Vec<_> = (0..8)
        .map(|i| {
            let path = path.clone();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_time()
                    .build()
                    .unwrap();
                runtime.block_on(async move {
                    let store =
                        SqliteStore::open(&path, &format!("w{i}"), Protection::none()).unwrap();
                    let lease = store.lock("apply", Duration::from_secs(20)).await.unwrap();
                    store.commit(&lease, change(i)).await.unwrap()
                })
            })
        })
        .collect();
    for maker in makers {
        assert_eq!(maker.join().unwrap(), 1);
    }
    assert_eq!(open(&path).workspaces().await.unwrap().len(), 8);
}

#[tokio::test]
#[ignore = "waits for a renewal: a third of a lease"]
async fn a_lease_is_renewed_while_it_is_held() {
    let (_dir, path) = written().await;
    let store = open(&path);
    store.lock("apply", NOW).await.unwrap();
    let expires = || -> i64 {
        rusqlite::Connection::open(&path)
            .unwrap()
            .query_row("SELECT expires FROM locks", [], |r| r.get(0))
            .unwrap()
    };
    let before = expires();
    tokio::time::sleep(LEASE / 3 + Duration::from_secs(1)).await;
    assert!(expires() > before);
}
