//! Nothing that was created is forgotten: the store fails at every commit in turn, the run is repeated, and what comes out
//! is what an undisturbed run makes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say what they expect"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use cloudapp_engine::Providers;
use cloudapp_engine::config::{Dialect, LoadRequest, SourceInput, load};
use cloudapp_engine::event::{ApplySummary, Silent};
use cloudapp_engine::plan::PlanMode;
use cloudapp_engine::run::{Interrupt, PlanOptions, Runner};
use cloudapp_engine::store::{
    Change, IntentRow, Lease, LockHolder, RunRow, State, Store, StoreError,
};
use cloudapp_lang::{Diagnostics, SourceMap};
use cloudapp_providers::MockCloud;
use cloudapp_state::SqliteStore;

const STACK: &str = r#"
resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
}
resource "tencentcloud_subnet" "main" {
  count             = 3
  name              = "subnet-${count.index}"
  vpc_id            = tencentcloud_vpc.main.id
  availability_zone = "ap-guangzhou-3"
  cidr_block        = "10.0.${count.index}.0/24"
}
resource "random_id" "name" {
  byte_length = 4
}
resource "tencentcloud_security_group" "main" {
  name = random_id.name.hex
}
output "subnets" {
  value = tencentcloud_subnet.main[*].id
}
"#;

/// A store whose disk is full from one commit on.
struct FullFrom {
    inner: Arc<SqliteStore>,
    commits: AtomicUsize,
    from: usize,
}

#[async_trait]
impl Store for FullFrom {
    fn location(&self) -> String {
        self.inner.location()
    }
    async fn lock(&self, operation: &str, wait: Duration) -> Result<Lease, StoreError> {
        self.inner.lock(operation, wait).await
    }
    async fn unlock(&self, lease: &Lease) -> Result<(), StoreError> {
        self.inner.unlock(lease).await
    }
    async fn force_unlock(&self, id: &str) -> Result<LockHolder, StoreError> {
        self.inner.force_unlock(id).await
    }
    async fn holder(&self) -> Result<Option<LockHolder>, StoreError> {
        self.inner.holder().await
    }
    async fn state(&self) -> Result<State, StoreError> {
        self.inner.state().await
    }
    async fn open_intents(&self) -> Result<Vec<IntentRow>, StoreError> {
        self.inner.open_intents().await
    }
    async fn commit(&self, lease: &Lease, changes: Vec<Change>) -> Result<u64, StoreError> {
        if self.commits.fetch_add(1, Ordering::SeqCst) >= self.from {
            return Err(StoreError::Full {
                path: "the state".to_owned(),
            });
        }
        self.inner.commit(lease, changes).await
    }
    async fn runs(&self) -> Result<Vec<RunRow>, StoreError> {
        self.inner.runs().await
    }
    async fn events(&self, run: &str) -> Result<Vec<String>, StoreError> {
        self.inner.events(run).await
    }
}

struct World {
    cloud: Arc<MockCloud>,
    store: Arc<SqliteStore>,
}

impl World {
    fn new() -> Self {
        Self {
            cloud: Arc::new(MockCloud::in_memory()),
            store: Arc::new(SqliteStore::open_in_memory().unwrap()),
        }
    }

    /// One run, with a store that is full from some commit on.
    async fn run(&self, mode: PlanMode, full_from: usize) -> (ApplySummary, Diagnostics) {
        let options = cloudapp_providers::Options {
            cloud: self.cloud.clone(),
            base_properties: false,
            random_seed: None,
        };
        let providers = Providers::new(cloudapp_providers::registry(&options));
        let file = SourceInput {
            name: "main.tf".to_owned(),
            text: STACK.to_owned(),
            module: String::new(),
        };
        let request = LoadRequest {
            dir: Path::new(".").to_owned(),
            dialect: Dialect::Strict,
            package_dir: None,
            files: Some(vec![file]),
        };
        let (configuration, found) = load(&request, &providers, &mut SourceMap::new());
        assert!(!found.has_errors(), "{found:?}");
        let store: Arc<dyn Store> = Arc::new(FullFrom {
            inner: self.store.clone(),
            commits: AtomicUsize::new(0),
            from: full_from,
        });
        let runner = Runner {
            configuration: Arc::new(configuration.unwrap()),
            providers,
            store: store.clone(),
            observer: Arc::new(Silent),
            parallelism: 2,
            interrupt: Interrupt::default(),
            base_dir: ".".into(),
            workspace: "default".to_owned(),
        };
        let lease = store.lock("test", Duration::ZERO).await.unwrap();
        let mut diags = runner.recover(&lease).await;
        let mut summary = ApplySummary::default();
        if !diags.has_errors() {
            let (plan, more) = runner
                .plan(&PlanOptions {
                    mode,
                    ..PlanOptions::default()
                })
                .await;
            assert!(!more.has_errors(), "{more:?}");
            let (done, more) = runner.apply(&lease, &plan.unwrap()).await;
            summary = done;
            diags.append(more);
        }
        store.unlock(&lease).await.unwrap();
        (summary, diags)
    }

    fn objects(&self) -> BTreeMap<String, usize> {
        let mut out = BTreeMap::new();
        for o in self.cloud.objects().unwrap() {
            *out.entry(o.kind.to_string()).or_default() += 1;
        }
        out
    }
}

const UNLIMITED: usize = usize::MAX;

#[tokio::test]
async fn a_full_disk_at_any_commit_loses_nothing() {
    let undisturbed = World::new();
    undisturbed.run(PlanMode::Normal, UNLIMITED).await;
    let wanted = undisturbed.objects();
    assert_eq!(wanted.values().sum::<usize>(), 5, "{wanted:?}");
    let mut failures = 0;
    for from in 0.. {
        let world = World::new();
        let (_, first) = world.run(PlanMode::Normal, from).await;
        if first.has_errors() {
            failures += 1;
            assert!(
                first.iter().any(|d| d.code == "disk-full"),
                "commit {from}: {first:?}"
            );
            let (_, second) = world.run(PlanMode::Normal, UNLIMITED).await;
            assert!(!second.has_errors(), "commit {from}: {second:?}");
        }
        assert_eq!(
            world.objects(),
            wanted,
            "commit {from}: an object was lost or made twice"
        );
        let rows = world.store.state().await.unwrap().instances.len();
        assert_eq!(rows, 6, "commit {from}: the state knows everything");
        if !first.has_errors() {
            break;
        }
    }
    assert!(failures > 3, "only {failures} commits failed");
}

#[tokio::test]
async fn a_full_disk_while_destroying_loses_nothing() {
    let mut failures = 0;
    for from in 0.. {
        let world = World::new();
        world.run(PlanMode::Normal, UNLIMITED).await;
        let (_, first) = world.run(PlanMode::Destroy, from).await;
        if first.has_errors() {
            failures += 1;
            let (_, second) = world.run(PlanMode::Destroy, UNLIMITED).await;
            assert!(!second.has_errors(), "commit {from}: {second:?}");
        }
        assert_eq!(world.objects(), BTreeMap::new(), "commit {from}");
        assert_eq!(
            world.store.state().await.unwrap().instances,
            [],
            "commit {from}"
        );
        if !first.has_errors() {
            break;
        }
    }
    assert!(failures > 3, "only {failures} commits failed");
}
