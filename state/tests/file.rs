//! Files that are no state, are damaged, or cannot be written.
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
use std::time::Duration;

use cloudapp_engine::store::{Change, InstanceRow, Store, StoreError};
use cloudapp_state::{FORMAT, Protection, SqliteStore};

fn row(n: usize) -> Change {
    Change::PutInstance(InstanceRow {
        address: format!("a.b[{n}]"),
        deposed: String::new(),
        provider: "p".into(),
        schema_version: 0,
        attributes: "x".repeat(2_000),
        sensitive: "[]".into(),
        private: Vec::new(),
        dependencies: Vec::new(),
        tainted: false,
        create_before_destroy: false,
    })
}

async fn written(dir: &Path) -> PathBuf {
    let path = dir.join("cloudapp.db");
    let store = SqliteStore::open(&path, "default", Protection::none()).unwrap();
    let lease = store.lock("apply", Duration::ZERO).await.unwrap();
    store
        .commit(&lease, (0..20).map(row).collect())
        .await
        .unwrap();
    store.unlock(&lease).await.unwrap();
    path
}

fn reason(path: &Path) -> String {
    match SqliteStore::open(path, "default", Protection::none()) {
        Err(StoreError::Foreign {
            reason,
            path: named,
        }) => {
            assert_eq!(named, path.display().to_string());
            reason
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_file_of_something_else_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notes.db");
    let text = "these are notes, not a database. ".repeat(40);
    std::fs::write(&path, &text).unwrap();
    assert_eq!(reason(&path), "it is not an SQLite database");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);

    let path = dir.path().join("other.db");
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE t (a); PRAGMA user_version = 3;")
        .unwrap();
    let before = std::fs::read(&path).unwrap();
    assert_eq!(
        reason(&path),
        "it is an SQLite database of another application"
    );
    assert_eq!(std::fs::read(&path).unwrap(), before);

    assert_eq!(reason(dir.path()), "it is a directory");
}

#[tokio::test]
async fn an_empty_file_is_a_new_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cloudapp.db");
    std::fs::write(&path, "").unwrap();
    let store = SqliteStore::open(&path, "default", Protection::none()).unwrap();
    assert_eq!(store.state().await.unwrap().serial, 0);
    let lease = store.lock("apply", Duration::ZERO).await.unwrap();
    assert_eq!(store.commit(&lease, vec![row(1)]).await.unwrap(), 1);
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_named_as_such() {
    let dir = tempfile::tempdir().unwrap();
    let path = written(dir.path()).await;
    let file = rusqlite::Connection::open(&path).unwrap();
    file.pragma_update(None, "user_version", FORMAT + 1)
        .unwrap();
    drop(file);
    let Err(StoreError::TooNew {
        found, supported, ..
    }) = SqliteStore::open(&path, "default", Protection::none())
    else {
        panic!("was opened")
    };
    assert_eq!((found, supported), (FORMAT + 1, FORMAT));
}

#[tokio::test]
async fn a_file_that_was_cut_short_is_reported_at_any_length() {
    let dir = tempfile::tempdir().unwrap();
    let path = written(dir.path()).await;
    let whole = std::fs::read(&path).unwrap();
    assert!(whole.len() > 20_000);
    for length in [
        1,
        15,
        16,
        60,
        100,
        512,
        4_095,
        4_096,
        8_192,
        whole.len() / 2,
        whole.len() - 1,
    ] {
        std::fs::write(&path, &whole[..length]).unwrap();
        let error = match SqliteStore::open(&path, "default", Protection::none()) {
            Err(error) => error,
            Ok(store) => store
                .state()
                .await
                .expect_err(&format!("read {length} bytes of {}", whole.len())),
        };
        assert!(
            matches!(error, StoreError::Foreign { .. }),
            "{length}: {error}"
        );
    }
    std::fs::write(&path, &whole).unwrap();
    assert_eq!(
        SqliteStore::open(&path, "default", Protection::none())
            .unwrap()
            .state()
            .await
            .unwrap()
            .instances
            .len(),
        20
    );
}

#[tokio::test]
async fn garbage_inside_is_reported() {
    let dir = tempfile::tempdir().unwrap();
    let path = written(dir.path()).await;
    let mut bytes = std::fs::read(&path).unwrap();
    for byte in bytes.iter_mut().skip(4_096) {
        *byte = 0xAA;
    }
    std::fs::write(&path, &bytes).unwrap();
    let error = match SqliteStore::open(&path, "default", Protection::none()) {
        Err(error) => error,
        Ok(store) => store.state().await.expect_err("was read"),
    };
    assert!(matches!(error, StoreError::Foreign { .. }), "{error}");
}

#[tokio::test]
async fn a_directory_that_does_not_exist_is_an_error_of_the_first_write() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("none").join("cloudapp.db");
    let store = SqliteStore::open(&path, "default", Protection::none()).unwrap();
    assert_eq!(store.state().await.unwrap().serial, 0);
    let lease = store.lock("apply", Duration::ZERO).await.unwrap();
    let error = store.commit(&lease, vec![row(1)]).await.unwrap_err();
    assert!(matches!(&error, StoreError::Io { .. }), "{error}");
    std::fs::create_dir(dir.path().join("none")).unwrap();
    assert_eq!(
        store.commit(&lease, vec![row(1)]).await.unwrap(),
        1,
        "the lease is still good"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_directory_that_cannot_be_written_can_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = written(dir.path()).await;
    let set =
        |mode| std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(mode)).unwrap();
    set(0o555);
    if std::fs::write(dir.path().join("probe"), "").is_ok() {
        eprintln!("skipped: permissions do not bind this user");
        return;
    }
    let store = SqliteStore::open(&path, "default", Protection::none()).unwrap();
    assert_eq!(store.state().await.unwrap().instances.len(), 20);
    assert!(matches!(
        store.lock("apply", Duration::ZERO).await,
        Err(StoreError::Io { .. })
    ));
    drop(store);
    set(0o755);
}

/// Linux only: a place where nobody, root included, can make a file.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_place_without_files_is_an_error_with_its_path() {
    let store = SqliteStore::open("/proc/self/cloudapp.db", "default", Protection::none()).unwrap();
    let lease = store.lock("apply", Duration::ZERO).await.unwrap();
    let error = store.commit(&lease, vec![row(1)]).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Io { path, .. } if path == "/proc/self/cloudapp.db"),
        "{error}"
    );
}

/// Makes a file what the first format was.
fn to_first_format(path: &Path) {
    rusqlite::Connection::open(path)
        .unwrap()
        .execute_batch(
            "DROP TABLE keys; DROP TABLE unfinished; ALTER TABLE instances DROP COLUMN sealed;
             ALTER TABLE outputs DROP COLUMN sealed; ALTER TABLE meta DROP COLUMN checks; ALTER TABLE meta DROP COLUMN policy; ALTER TABLE meta DROP COLUMN variables;
             DROP TABLE durations; PRAGMA user_version = 1;",
        )
        .unwrap();
}

#[tokio::test]
async fn a_file_of_the_first_format_is_upgraded() {
    let dir = tempfile::tempdir().unwrap();
    let path = written(dir.path()).await;
    to_first_format(&path);
    let store = SqliteStore::open(&path, "default", Protection::none()).unwrap();
    let state = store.state().await.unwrap();
    assert_eq!((state.instances.len(), state.checks.as_str()), (20, ""));
    let lease = store.lock("apply", Duration::ZERO).await.unwrap();
    let json = "[]".to_owned();
    let serial = store
        .commit(&lease, vec![Change::PutChecks { json }])
        .await
        .unwrap();
    assert_eq!(serial, state.serial, "conditions are no input of a plan");
    assert_eq!(store.state().await.unwrap().checks, "[]");
    store.unlock(&lease).await.unwrap();
    drop(store);
    let again = SqliteStore::open(&path, "default", Protection::none()).unwrap();
    assert_eq!(again.state().await.unwrap().checks, "[]");
    let lease = again.lock("apply", Duration::ZERO).await.unwrap();
    let json = || "{}".to_owned();
    again
        .commit(
            &lease,
            vec![
                Change::PutPolicy { json: json() },
                Change::PutValues { json: json() },
            ],
        )
        .await
        .unwrap();
    let kept = again.state().await.unwrap();
    assert_eq!((kept.policy.as_str(), kept.serial), ("{}", state.serial));
    assert_eq!(kept.values, "{}");
}
