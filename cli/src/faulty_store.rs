//! A state whose disk fills up, or whose process is killed or paused, at a commit that the mock cloud's configuration
//! names: for tests of what is found again afterwards.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use cloudapp_engine::store::{
    Change, DurationRow, IntentRow, Lease, LockHolder, RunRow, State, Store, StoreError,
};
use cloudapp_providers::mock::{BlowSignal, StateFaults, deal};

/// A store that fails as it is told.
pub(crate) struct FaultyStore {
    inner: Arc<dyn Store>,
    faults: StateFaults,
    commits: AtomicU64,
}

impl FaultyStore {
    /// The same store, where it is not to fail.
    pub(crate) fn wrap(inner: Arc<dyn Store>, faults: StateFaults) -> Arc<dyn Store> {
        if faults == StateFaults::default() {
            return inner;
        }
        Arc::new(Self {
            inner,
            faults,
            commits: AtomicU64::new(0),
        })
    }
}

#[async_trait]
impl Store for FaultyStore {
    fn location(&self) -> String {
        self.inner.location()
    }

    async fn lock(&self, operation: &str, wait: Duration) -> Result<Lease, StoreError> {
        let lease = self.inner.lock(operation, wait).await?;
        if self.faults.kill_after == Some(0) {
            deal(BlowSignal::Kill);
        }
        Ok(lease)
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

    async fn lineage(&self) -> Result<String, StoreError> {
        self.inner.lineage().await
    }

    async fn serial(&self) -> Result<u64, StoreError> {
        self.inner.serial().await
    }

    async fn open_intents(&self) -> Result<Vec<IntentRow>, StoreError> {
        self.inner.open_intents().await
    }

    async fn unaccounted(&self, operations: Vec<String>) -> Result<Vec<String>, StoreError> {
        self.inner.unaccounted(operations).await
    }

    async fn absent(&self) -> Result<Vec<(String, String)>, StoreError> {
        self.inner.absent().await
    }

    async fn commit(&self, lease: &Lease, changes: Vec<Change>) -> Result<u64, StoreError> {
        if changes.is_empty() {
            return self.inner.commit(lease, changes).await;
        }
        let number = self.commits.fetch_add(1, Ordering::Relaxed) + 1;
        if self.faults.full_from.is_some_and(|from| number >= from) {
            let path = self.inner.location();
            return Err(StoreError::Full { path });
        }
        let written = self.inner.commit(lease, changes).await;
        if self.faults.kill_after == Some(number) {
            deal(BlowSignal::Kill);
        }
        if self.faults.stop_after == Some(number) {
            deal(BlowSignal::Stop);
        }
        written
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
