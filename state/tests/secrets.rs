//! What is sensitive is encrypted, opens only where it was written and with the right key, and costs little.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a failed test is a panic"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cloudapp_engine::seal::{KeyError, Keys as _};
use cloudapp_engine::store::{
    Change, InstanceRow, OutputRow, Sensitive, Sensitivity, State, Store, StoreError,
};
use cloudapp_state::{KeySource, Keyring, Protection, SqliteStore};

const SECRET: &str = "Planted-Secret-4711";

/// `password` is sensitive, and everything of a type `opaque`.
#[derive(Debug)]
struct Passwords;

impl Sensitivity for Passwords {
    fn of(&self, row: &InstanceRow) -> Sensitive {
        if row.address.starts_with("opaque") {
            Sensitive::All
        } else if row.attributes.contains("password") {
            Sensitive::Attributes(vec!["password".into()])
        } else {
            Sensitive::None
        }
    }
}

struct Dir(tempfile::TempDir);

impl Dir {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn keys(&self) -> Keyring {
        Keyring::new(KeySource::Made(self.path("key")))
    }

    fn open(&self) -> SqliteStore {
        self.open_with(self.keys()).unwrap()
    }

    fn open_with(&self, keys: Keyring) -> Result<SqliteStore, StoreError> {
        let protection = Protection::new(Arc::new(keys), Arc::new(Passwords));
        SqliteStore::open(self.path("cloudapp.db"), "default", protection)
    }

    /// All bytes of the state.
    fn bytes(&self) -> Vec<u8> {
        ["cloudapp.db", "cloudapp.db-wal", "cloudapp.db-shm"]
            .iter()
            .flat_map(|name| std::fs::read(self.path(name)).unwrap_or_default())
            .collect()
    }

    fn holds(&self, text: &str) -> bool {
        self.bytes()
            .windows(text.len())
            .any(|w| w == text.as_bytes())
    }

    fn sql(&self, sql: &str) {
        let file = rusqlite::Connection::open(self.path("cloudapp.db")).unwrap();
        file.execute_batch(sql).unwrap();
    }
}

fn instance(address: &str, attributes: String) -> InstanceRow {
    InstanceRow {
        address: address.into(),
        deposed: String::new(),
        provider: "demo".into(),
        schema_version: 0,
        attributes,
        sensitive: "[]".into(),
        private: format!("private {SECRET}").into_bytes(),
        dependencies: Vec::new(),
        tainted: false,
        create_before_destroy: false,
    }
}

fn with_password(address: &str, password: &str) -> InstanceRow {
    instance(
        address,
        format!(r#"{{"id":"shown-1","password":"{password}","n":1.50}}"#),
    )
}

fn output(value: &str, sensitive: bool) -> OutputRow {
    OutputRow {
        name: "out".into(),
        ty: "\"string\"".into(),
        value: format!("\"{value}\""),
        sensitive,
        description: String::new(),
    }
}

fn some_of_each() -> Vec<Change> {
    let plain = InstanceRow {
        private: b"plain".to_vec(),
        ..instance("plain.a", r#"{"id":"shown-2"}"#.into())
    };
    vec![
        Change::PutInstance(with_password("demo.a", SECRET)),
        Change::PutInstance(InstanceRow {
            deposed: "12345678".into(),
            ..with_password("demo.a", &format!("{SECRET}-old"))
        }),
        Change::PutInstance(instance("opaque.a", format!("[\"{SECRET}\"]"))),
        Change::PutInstance(plain),
        Change::PutOutput(output(SECRET, true)),
    ]
}

async fn commit(store: &SqliteStore, changes: Vec<Change>) -> Result<u64, StoreError> {
    let lease = store.lock("apply", Duration::ZERO).await?;
    let serial = store.commit(&lease, changes).await;
    store.unlock(&lease).await?;
    serial
}

async fn written(dir: &Dir) -> State {
    let store = dir.open();
    commit(&store, some_of_each()).await.unwrap();
    store.state().await.unwrap()
}

fn key_error(e: StoreError) -> KeyError {
    match e {
        StoreError::Key(e) => e,
        e => panic!("{e}"),
    }
}

#[tokio::test]
async fn secrets_are_encrypted_and_the_rest_is_not() {
    let dir = Dir::new();
    let state = written(&dir).await;
    assert!(!dir.holds(SECRET));
    assert!(dir.holds("shown-1") && dir.holds("shown-2") && dir.holds("\"n\":1.50"));
    assert_eq!(dir.open().state().await.unwrap(), state);
    let rows = some_of_each();
    let is_there = |c: &Change| match c {
        Change::PutInstance(r) => state.instances.contains(r),
        Change::PutOutput(o) => state.outputs.contains(o),
        _ => false,
    };
    assert!(rows.iter().all(is_there), "{rows:?}");
}

#[tokio::test]
async fn writing_the_same_again_changes_nothing() {
    let dir = Dir::new();
    let state = written(&dir).await;
    let store = dir.open();
    assert_eq!(commit(&store, some_of_each()).await.unwrap(), state.serial);
    let changed = vec![Change::PutInstance(with_password("demo.a", "another one"))];
    assert_eq!(commit(&store, changed).await.unwrap(), state.serial + 1);
    let open = vec![Change::PutOutput(output("open now", false))];
    assert_eq!(commit(&store, open).await.unwrap(), state.serial + 2);
    drop(store);
    assert!(dir.holds("open now"));
}

#[tokio::test]
async fn what_is_put_elsewhere_does_not_open() {
    for sql in [
        "UPDATE instances SET address = 'demo.b' WHERE address = 'demo.a' AND deposed = ''",
        "DELETE FROM instances WHERE deposed = ''; UPDATE instances SET deposed = ''",
        "UPDATE outputs SET name = 'other'",
        "UPDATE instances SET private = x'00' WHERE address = 'demo.a'",
        "UPDATE instances SET attributes = '[]' WHERE address = 'opaque.a'",
        "UPDATE outputs SET value = 'x'",
    ] {
        let dir = Dir::new();
        written(&dir).await;
        dir.sql(sql);
        let error = key_error(dir.open().state().await.unwrap_err());
        assert!(matches!(error, KeyError::Damaged { .. }), "{sql}: {error}");
    }
    let dir = Dir::new();
    written(&dir).await;
    dir.sql("UPDATE meta SET workspace = 'other'");
    let protection = Protection::new(Arc::new(dir.keys()), Arc::new(Passwords));
    let other = SqliteStore::open(dir.path("cloudapp.db"), "other", protection).unwrap();
    let error = key_error(other.state().await.unwrap_err());
    assert!(matches!(error, KeyError::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn a_wrong_key_is_named_and_nothing_is_written() {
    let dir = Dir::new();
    written(&dir).await;
    let before = std::fs::read(dir.path("cloudapp.db")).unwrap();
    let right = dir.keys().fingerprint().unwrap();
    let other = dir.path("other");
    Keyring::new(KeySource::Made(other.clone()))
        .new_data_key()
        .unwrap();
    let store = dir
        .open_with(Keyring::new(KeySource::File(other.clone())))
        .unwrap();
    let wrong = Keyring::new(KeySource::File(other)).fingerprint().unwrap();
    for error in [
        store.state().await.unwrap_err(),
        store.lock("apply", Duration::ZERO).await.unwrap_err(),
    ] {
        let said = key_error(error).to_string();
        let parts = ["cloudapp.db", &right, &wrong, "other"];
        assert!(parts.iter().all(|p| said.contains(p)), "{said}");
    }
    drop(store);
    let none = Keyring::new(KeySource::File(dir.path("missing")));
    let error = dir.open_with(none).unwrap().state().await.unwrap_err();
    let said = key_error(error).to_string();
    assert!(said.contains(&right) && said.contains("missing"), "{said}");
    assert_eq!(std::fs::read(dir.path("cloudapp.db")).unwrap(), before);
}

#[tokio::test]
async fn without_a_key_no_file_is_made() {
    let dir = Dir::new();
    let store = dir
        .open_with(Keyring::new(KeySource::File(dir.path("missing"))))
        .unwrap();
    let error = key_error(commit(&store, some_of_each()).await.unwrap_err());
    assert!(matches!(error, KeyError::Unusable { .. }), "{error}");
    assert_eq!(std::fs::read_dir(dir.0.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn keys_can_be_replaced() {
    let dir = Dir::new();
    let state = written(&dir).await;
    let old = dir.open().wrapped_key().await.unwrap().unwrap();
    let sealed = |dir: &Dir| -> String {
        let file = rusqlite::Connection::open(dir.path("cloudapp.db")).unwrap();
        file.query_row("SELECT value FROM outputs", [], |r| r.get(0))
            .unwrap()
    };
    let before = sealed(&dir);

    let both = dir.keys().prepend(&dir.path("key")).unwrap();
    dir.open_with(both)
        .unwrap()
        .rotate_key(false)
        .await
        .unwrap();
    dir.keys().forget_others(&dir.path("key")).unwrap();
    let new = dir.open().wrapped_key().await.unwrap().unwrap();
    assert_ne!(old.fingerprint, new.fingerprint);
    assert_eq!(sealed(&dir), before, "the data key is the same");
    assert_eq!(dir.open().state().await.unwrap(), state);

    let (reader, store) = (dir.open(), dir.open());
    assert_eq!(reader.state().await.unwrap(), state);
    store.rotate_key(true).await.unwrap();
    assert_ne!(sealed(&dir), before);
    assert_eq!(
        reader.state().await.unwrap(),
        state,
        "who has it open notices"
    );
    assert_eq!(dir.open().state().await.unwrap(), state);
    drop((reader, store));
    assert!(
        !dir.holds(&before),
        "nothing is left of what the old key opened"
    );
}

#[tokio::test]
async fn keys_are_not_replaced_under_a_writer() {
    let dir = Dir::new();
    written(&dir).await;
    let protection = Protection::new(Arc::new(dir.keys()), Arc::new(Passwords));
    let other = SqliteStore::open(dir.path("cloudapp.db"), "other", protection).unwrap();
    let lease = other.lock("apply", Duration::ZERO).await.unwrap();
    let refused = dir.open().rotate_key(true).await;
    assert!(matches!(refused, Err(StoreError::Locked(_))), "{refused:?}");
    other.unlock(&lease).await.unwrap();
    dir.open().rotate_key(true).await.unwrap();
}

/// Makes a file what the second format was: everything in the clear.
async fn in_the_clear(dir: &Dir) {
    let path = dir.path("cloudapp.db");
    let store = SqliteStore::open(path, "default", Protection::none()).unwrap();
    commit(&store, some_of_each()).await.unwrap();
    drop(store);
    dir.sql(
        "DROP TABLE keys; DROP TABLE unfinished; DROP TABLE durations; ALTER TABLE instances DROP COLUMN sealed;
         ALTER TABLE outputs DROP COLUMN sealed; ALTER TABLE meta DROP COLUMN policy;
         ALTER TABLE meta DROP COLUMN variables; PRAGMA user_version = 2;",
    );
    assert!(dir.holds(SECRET));
}

#[tokio::test]
async fn an_upgrade_encrypts_what_was_in_the_clear() {
    let dir = Dir::new();
    in_the_clear(&dir).await;
    let store = dir.open();
    let state = store.state().await.unwrap();
    assert_eq!((state.serial, state.instances.len()), (1, 4));
    assert!(!dir.holds(SECRET), "not even while the file is open");
    drop(store);
    assert!(!dir.holds(SECRET) && dir.holds("shown-1"));
    assert_eq!(dir.open().state().await.unwrap(), state);
}

#[tokio::test]
async fn an_upgrade_that_was_cut_off_goes_on() {
    let dir = Dir::new();
    in_the_clear(&dir).await;
    // As if the process had died between making the tables and encrypting.
    let path = dir.path("cloudapp.db");
    drop(SqliteStore::open(path, "default", Protection::none()).unwrap());
    assert!(dir.holds(SECRET));
    drop(dir.open());
    assert!(!dir.holds(SECRET));
}

#[tokio::test]
async fn an_upgrade_without_a_key_writes_nothing() {
    let dir = Dir::new();
    in_the_clear(&dir).await;
    let before = dir.bytes();
    let refused = dir.open_with(Keyring::new(KeySource::File(dir.path("missing"))));
    let error = key_error(refused.map(drop).unwrap_err());
    assert!(error.to_string().contains("missing"), "{error}");
    assert_eq!(dir.bytes(), before);
}

/// Prints what encryption costs: `cargo test --release -p cloudapp-state --test secrets -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "measures"]
async fn cost_of_ten_thousand_passwords() {
    let rows = |shown: &str| -> Vec<Change> {
        let attributes = format!(
            r#"{{"bcrypt_hash":"$2b$10$94hZ1sVc10kogVo2F5EtH","id":"none","keepers":null,"length":20,"lower":true,"{shown}":"cjhkWNRi&fYimUCnIW2w"}}"#
        );
        (0..10_000)
            .map(|i| instance(&format!("random_password.p[{i}]"), attributes.clone()))
            .map(Change::PutInstance)
            .collect()
    };
    for name in ["result", "password"] {
        let dir = Dir::new();
        let store = dir.open();
        let lease = store.lock("apply", Duration::ZERO).await.unwrap();
        let timed = Instant::now();
        store.commit(&lease, rows(name)).await.unwrap();
        let written = timed.elapsed();
        let timed = Instant::now();
        store.commit(&lease, rows(name)).await.unwrap();
        let again = timed.elapsed();
        let timed = Instant::now();
        store.state().await.unwrap();
        let read = timed.elapsed();
        let size = std::fs::metadata(Path::new(&dir.path("cloudapp.db")))
            .unwrap()
            .len();
        eprintln!("{name}: written {written:?}, again {again:?}, read {read:?}, {size} bytes");
    }
}
