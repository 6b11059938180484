//! Nothing that was created is forgotten: the store fails at every commit in turn, the run is repeated, and what comes out
//! is what an undisturbed run makes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say what they expect"
)]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use cloudapp_engine::Providers;
use cloudapp_engine::event::{ApplySummary, Silent};
use cloudapp_engine::plan::PlanMode;
use cloudapp_engine::run::{Interrupt, PlanOptions, Runner};
use cloudapp_engine::store::{
    Change, DurationRow, IntentRow, Lease, LockHolder, RunRow, State, Store, StoreError,
};
use cloudapp_lang::Diagnostics;
use cloudapp_providers::MockCloud;
use cloudapp_state::{Protection, SqliteStore};
use support::configuration;

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

/// The same objects under other names; one is changed, one is made anew and one is let go.
const RENAMED: &str = r#"
resource "tencentcloud_vpc" "net" {
  name       = "net"
  cidr_block = "10.0.0.0/16"
}
resource "tencentcloud_subnet" "by_name" {
  for_each          = { a = 0, b = 1 }
  name              = "subnet-${each.value}"
  vpc_id            = tencentcloud_vpc.net.id
  availability_zone = each.key == "a" ? "ap-guangzhou-3" : "ap-guangzhou-4"
  cidr_block        = "10.0.${each.value}.0/24"
}
resource "random_id" "label" {
  byte_length = 4
}
moved {
  from = tencentcloud_vpc.main
  to   = tencentcloud_vpc.net
}
moved {
  from = tencentcloud_subnet.main[0]
  to   = tencentcloud_subnet.by_name["a"]
}
moved {
  from = tencentcloud_subnet.main[1]
  to   = tencentcloud_subnet.by_name["b"]
}
moved {
  from = random_id.name
  to   = random_id.label
}
removed {
  from = tencentcloud_security_group.main
  lifecycle {
    destroy = false
  }
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
    async fn await_unlocked(&self, wait: Duration) -> Result<(), StoreError> {
        self.inner.await_unlocked(wait).await
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
    async fn durations(&self) -> Result<Vec<DurationRow>, StoreError> {
        self.inner.durations().await
    }

    async fn events(&self, run: &str) -> Result<Vec<String>, StoreError> {
        self.inner.events(run).await
    }
}

const PROVISIONED: &str = r#"
resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
  provisioner "local-exec" {
    command = "echo ${self.id} >> provisioned"
  }
}
"#;

struct World {
    stack: &'static str,
    cloud: Arc<MockCloud>,
    store: Arc<SqliteStore>,
    /// Where commands run.
    dir: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        Self::of(STACK)
    }

    fn of(stack: &'static str) -> Self {
        Self {
            stack,
            dir: tempfile::tempdir().unwrap(),
            cloud: Arc::new(MockCloud::in_memory()),
            store: Arc::new(SqliteStore::open_in_memory().unwrap()),
        }
    }

    /// One run, with a store that is full from some commit on.
    async fn run(&self, mode: PlanMode, full_from: usize) -> (ApplySummary, Diagnostics) {
        self.run_of(self.stack, mode, full_from).await
    }

    async fn run_of(
        &self,
        stack: &str,
        mode: PlanMode,
        full_from: usize,
    ) -> (ApplySummary, Diagnostics) {
        let options = cloudapp_providers::Options {
            cloud: self.cloud.clone(),
            base_properties: false,
            random_seed: None,
        };
        let providers = Providers::new(cloudapp_providers::registry(&options))
            .with_provisioners(cloudapp_providers::provisioners(true));
        let store: Arc<dyn Store> = Arc::new(FullFrom {
            inner: self.store.clone(),
            commits: AtomicUsize::new(0),
            from: full_from,
        });
        let runner = Runner {
            configuration: configuration(stack, &providers),
            providers,
            store: store.clone(),
            observer: Arc::new(Silent),
            parallelism: 2,
            interrupt: Interrupt::default(),
            base_dir: self.dir.path().to_owned(),
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
            summary = done.unwrap_or_default();
            diags.append(more);
        }
        store.unlock(&lease).await.unwrap();
        (summary, diags)
    }

    /// What the state knows, in order, without the keys of deposed objects.
    async fn addresses(&self) -> Vec<String> {
        let rows = self.store.state().await.unwrap().instances;
        let mut all: Vec<String> = rows.into_iter().map(|r| r.address).collect();
        all.sort();
        all
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

#[tokio::test]
async fn a_full_disk_in_a_run_with_moves_loses_nothing() {
    let wanted = [
        "random_id.label",
        "tencentcloud_subnet.by_name[\"a\"]",
        "tencentcloud_subnet.by_name[\"b\"]",
        "tencentcloud_vpc.net",
    ];
    let mut failures = 0;
    for from in 0.. {
        let world = World::new();
        world.run(PlanMode::Normal, UNLIMITED).await;
        let before = world.addresses().await;
        let (_, first) = world.run_of(RENAMED, PlanMode::Normal, from).await;
        if first.has_errors() {
            failures += 1;
            let after = world.addresses().await;
            if from == 0 {
                assert_eq!(after, before, "nothing was written, so nothing has moved");
            } else {
                // What the first transaction did stays done, whatever comes after it.
                for old in ["vpc.main", "name", "main[0]", "main[1]", "group.main"] {
                    let left = after.iter().any(|a| a.ends_with(old));
                    assert!(!left, "commit {from}: {old} is still in {after:?}");
                }
                assert!(after.iter().any(|a| a == "tencentcloud_vpc.net"));
            }
            let (_, second) = world.run_of(RENAMED, PlanMode::Normal, UNLIMITED).await;
            assert!(!second.has_errors(), "commit {from}: {second:?}");
        }
        assert_eq!(world.addresses().await, wanted, "commit {from}");
        let objects = world.objects();
        let count = |kind: &str| objects.get(kind).copied().unwrap_or_default();
        assert_eq!(
            (
                count("tencentcloud_vpc"),
                count("tencentcloud_subnet"),
                count("tencentcloud_security_group")
            ),
            (1, 2, 1),
            "commit {from}: {objects:?}"
        );
        if !first.has_errors() {
            break;
        }
    }
    assert!(failures > 3, "only {failures} commits failed");
}

#[tokio::test]
async fn a_full_disk_at_any_commit_leaves_no_object_unprovisioned() {
    let mut failures = 0;
    for from in 0.. {
        let world = World::of(PROVISIONED);
        let (_, first) = world.run(PlanMode::Normal, from).await;
        if first.has_errors() {
            failures += 1;
            let (_, second) = world.run(PlanMode::Normal, UNLIMITED).await;
            assert!(!second.has_errors(), "commit {from}: {second:?}");
        }
        let rows = world.store.state().await.unwrap().instances;
        assert_eq!(world.objects().values().sum::<usize>(), 1, "commit {from}");
        let provisioned = std::fs::read_to_string(world.dir.path().join("provisioned")).unwrap();
        let last = provisioned.lines().last().unwrap();
        assert!(
            rows.len() == 1 && !rows[0].tainted && rows[0].attributes.contains(last),
            "commit {from}: {provisioned} {rows:?}"
        );
        if !first.has_errors() {
            break;
        }
    }
    assert!(failures > 2, "only {failures} commits failed");
}

/// A process that is killed while a provisioner runs leaves an object that is known, and known to be half made.
#[test]
fn killed_while_provisioning_the_object_is_tainted() {
    let dir = support::TestDir::new(&[
        (
            "main.tf",
            r#"
resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
  provisioner "local-exec" {
    command = "touch begun; while test -e hold; do sleep 0.05; done"
  }
}
"#,
        ),
        ("hold", ""),
    ]);
    let mut apply = dir
        .command("apply -auto-approve -allow-local-exec")
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    dir.wait_for("begun");
    apply.kill().unwrap();
    apply.wait().unwrap();
    // The command goes on without who started it: nobody was there to end it.
    std::fs::remove_file(dir.path().join("hold")).unwrap();

    let store = SqliteStore::open(
        dir.path().join("cloudapp.db"),
        "default",
        Protection::none(),
    )
    .unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (state, open) =
        runtime.block_on(async { (store.state().await.unwrap(), store.open_intents().await) });
    drop(store);
    let rows: Vec<_> = state.instances.iter().map(|r| r.tainted).collect();
    assert_eq!(rows, [true], "{state:?}");
    assert_eq!(open.unwrap(), []);

    let again = dir.ok("apply -auto-approve -allow-local-exec -lock-timeout=60s");
    assert!(
        again.contains("1 added") && again.contains("1 destroyed"),
        "{again}"
    );
    assert!(!dir.ok("show").contains("tainted"));
}
