//! What the store costs by itself: journaled operations a second, each an intent and an outcome in transactions of their own
//! (in a file both wait for the disk, in memory there is none), and reading a state back.
//!
//! `cargo bench -p cloudapp-state --bench store`. How to read it: docs/benchmarks.md.

#![allow(clippy::unwrap_used)] // a benchmark that cannot run should say so and end

use std::hint::black_box;
use std::time::Duration;

use cloudapp_engine::store::{
    Change, InstanceRow, IntentRow, Lease, OperationAction, Outcome, Store as _,
};
use cloudapp_state::{Protection, SqliteStore};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tokio::runtime::{Builder, Runtime};

const ROWS: u64 = 10_000;

fn row(n: u64) -> InstanceRow {
    InstanceRow {
        address: format!("cloud_server.web[{n}]"),
        deposed: String::new(),
        provider: "cloud".into(),
        schema_version: 0,
        attributes: format!(
            r#"{{"id":"ins-{n:08}","name":"web-{n}","size":"standard.4","tags":{{"a":"b"}}}}"#
        ),
        sensitive: "[]".into(),
        private: Vec::new(),
        dependencies: vec!["cloud_subnet.private".into()],
        tainted: false,
        create_before_destroy: false,
    }
}

fn intent(n: u64) -> Change {
    Change::Intent(IntentRow {
        operation: format!("operation-{n}"),
        run: "run".into(),
        address: format!("cloud_server.web[{n}]"),
        deposed: String::new(),
        action: OperationAction::Create,
        provider: "cloud".into(),
        desired: "{}".into(),
        dependencies: vec!["cloud_subnet.private".into()],
    })
}

fn outcome(n: u64) -> Vec<Change> {
    vec![
        Change::Outcome {
            operation: format!("operation-{n}"),
            outcome: Outcome::Succeeded,
            error: None,
        },
        Change::PutInstance(row(n)),
    ]
}

async fn operation(store: &SqliteStore, lease: &Lease, n: u64) {
    store.commit(lease, vec![intent(n)]).await.unwrap();
    store.commit(lease, outcome(n)).await.unwrap();
}

fn operations(c: &mut Criterion, runtime: &Runtime) {
    let mut group = c.benchmark_group("operations");
    group.throughput(Throughput::Elements(1));
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = dir.path().join("state.db");
    let in_file = SqliteStore::open(path, "default", Protection::none()).unwrap();
    for (name, store) in [
        ("memory", SqliteStore::open_in_memory().unwrap()),
        ("file", in_file),
    ] {
        let lease = store.lock("apply", Duration::ZERO);
        let lease = runtime.block_on(lease).unwrap();
        let mut n = 0;
        group.bench_function(name, |b| {
            b.iter(|| {
                n += 1;
                runtime.block_on(operation(&store, &lease, n));
            });
        });
        runtime.block_on(store.unlock(&lease)).unwrap();
    }
}

fn reading(c: &mut Criterion, runtime: &Runtime) {
    let store = SqliteStore::open_in_memory().unwrap();
    runtime.block_on(async {
        let lease = store.lock("apply", Duration::ZERO).await.unwrap();
        let rows = (0..ROWS).map(|n| Change::PutInstance(row(n)));
        store.commit(&lease, rows.collect()).await.unwrap();
    });
    let mut group = c.benchmark_group("state");
    group.throughput(Throughput::Elements(ROWS));
    group.bench_function("read", |b| {
        b.iter(|| black_box(runtime.block_on(store.state()).unwrap()));
    });
}

fn store(c: &mut Criterion) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    operations(c, &runtime);
    reading(c, &runtime);
}

criterion_group!(parts, store);
criterion_main!(parts);
