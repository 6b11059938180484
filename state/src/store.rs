//! The store: a handle to the writer's thread.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use cloudapp_engine::seal::WrappedKey;
use cloudapp_engine::store::{
    Change, DurationRow, IntentRow, Lease, LockHolder, RunRow, State, Store, StoreError,
};
use tokio::sync::oneshot;

use crate::vault::Protection;
use crate::writer::{Commit, Job, Writer};
use crate::{file, read};

/// How often a lock that someone else holds is asked for again.
const RETRY: Duration = Duration::from_millis(200);

/// One workspace of a stack's state, in an SQLite file or in memory.
///
/// Dropping it closes the file, but gives no lock back: that is [`Store::unlock`]'s. A lock that was not given back is
/// taken over by the next process as soon as this one has ended.
#[derive(Debug)]
pub struct SqliteStore {
    shown: String,
    /// Locked by whoever works on the file: the thread, or who reads while that has nothing to do.
    writer: Arc<Mutex<Writer>>,
    /// So many jobs the thread was given and has not done yet.
    waiting: Arc<AtomicUsize>,
    /// None only while dropping.
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl SqliteStore {
    /// Opens the state in a file. A file that does not exist is not made before the first write.
    ///
    /// # Errors
    /// [`StoreError::Foreign`] where the file is no state of ours or is damaged, [`StoreError::TooNew`] where a newer
    /// version wrote it, [`StoreError::Key`] where an older one did and there is no key to encrypt it with,
    /// [`StoreError::Io`] where it cannot be opened.
    pub fn open(
        path: impl AsRef<Path>,
        workspace: &str,
        protection: Protection,
    ) -> Result<Self, StoreError> {
        let mut writer = Writer::of_file(path.as_ref(), workspace, protection);
        writer.open(false)?;
        Self::start(writer)
    }

    /// Opens the state in a file and reads it, beside whatever the caller does next, for the first [`Store::state`]; which
    /// looks whether anything has been written since, and then reads again. Why the file cannot be opened, whoever asks for
    /// something first is told; it is as for [`SqliteStore::open`].
    ///
    /// # Errors
    /// [`StoreError::Io`] where no thread can be started for it.
    pub fn open_ahead(
        path: impl AsRef<Path>,
        workspace: &str,
        protection: Protection,
    ) -> Result<Self, StoreError> {
        let store = Self::start(Writer::of_file(path.as_ref(), workspace, protection))?;
        store.send(Job::Run(Box::new(Writer::read_ahead)))?;
        Ok(store)
    }

    /// A state that lives as long as this value, in the workspace `default`.
    ///
    /// # Errors
    /// [`StoreError::Io`] where the thread cannot be started.
    pub fn open_in_memory() -> Result<Self, StoreError> {
        Self::start(Writer::in_memory(file::open_in_memory()?))
    }

    fn start(writer: Writer) -> Result<Self, StoreError> {
        let shown = writer.shown.clone();
        let (jobs, given) = channel();
        let writer = Arc::new(Mutex::new(writer));
        let waiting = Arc::new(AtomicUsize::new(0));
        let (own, done) = (Arc::downgrade(&writer), waiting.clone());
        let thread = std::thread::Builder::new()
            .name("state".into())
            .spawn(move || Writer::run(&own, &given, &done))
            .map_err(|e| StoreError::Io {
                path: shown.clone(),
                message: e.to_string(),
            })?;
        Ok(Self {
            shown,
            writer,
            waiting,
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    /// Lets leases that are taken from now on last as long as this, rather than [`crate::LEASE`]. They are renewed at a
    /// third of it.
    pub fn set_lease(&self, lease: Duration) {
        let set = Job::Run(Box::new(move |writer| writer.lease = lease));
        if self.send(set).is_err() {
            tracing::warn!("the thread that writes the state has stopped");
        }
    }

    /// The workspaces of this file, in name order.
    ///
    /// # Errors
    /// As for every read: [`StoreError::Foreign`] or [`StoreError::Io`].
    pub async fn workspaces(&self) -> Result<Vec<String>, StoreError> {
        self.look(|writer| writer.read(|connection, _| read::workspaces(connection)))
            .await
    }

    /// Deletes everything of this workspace: its state, its journal and runs, and the lease that is given.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] where the lease does not hold any more, and as for every write.
    pub async fn delete_workspace(&self, lease: &Lease) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.call(move |writer| writer.delete_workspace(&lease))
            .await
    }

    /// The data key of the file as it is stored; none where nothing was written yet.
    ///
    /// # Errors
    /// As for every read.
    pub async fn wrapped_key(&self) -> Result<Option<WrappedKey>, StoreError> {
        self.look(Writer::wrapped_key).await
    }

    /// Wraps the data key of the file with the key that its [`Protection`] now encrypts with; with `anew`, encrypts
    /// everything with a new data key, in all workspaces.
    ///
    /// # Errors
    /// [`StoreError::Key`] where the old key is not there, [`StoreError::Locked`] where another workspace is being written.
    pub async fn rotate_key(&self, anew: bool) -> Result<(), StoreError> {
        self.call(move |writer| writer.rotate_key(anew)).await
    }

    async fn call<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Writer) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Run(Box::new(move |writer| {
            reply.send(f(writer)).ok();
        })))?;
        answer.await.map_err(|_| self.stopped())?
    }

    /// Reads: at once where the thread has nothing to do, for a change of threads takes longer than most of this.
    async fn look<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Writer) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        if let Some(mut writer) = self.idle() {
            return f(&mut writer);
        }
        self.call(f).await
    }

    /// What reads, where that waits for nobody.
    fn idle(&self) -> Option<MutexGuard<'_, Writer>> {
        if self.waiting.load(Ordering::Acquire) > 0 {
            return None;
        }
        let writer = self.writer.try_lock().ok()?;
        writer.is_open().then_some(writer)
    }

    fn send(&self, job: Job) -> Result<(), StoreError> {
        self.waiting.fetch_add(1, Ordering::Release);
        self.jobs
            .as_ref()
            .and_then(|jobs| jobs.send(job).ok())
            .ok_or_else(|| self.stopped())
    }

    fn stopped(&self) -> StoreError {
        StoreError::Io {
            path: self.shown.clone(),
            message: "the thread that writes the state has stopped".into(),
        }
    }
}

/// Asks again and again while someone else holds the lock, for as long as `wait`.
async fn until_unlocked<T, F>(wait: Duration, ask: impl Fn() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let until = Instant::now().checked_add(wait);
    loop {
        let answer = ask().await;
        let left = until.map_or(RETRY, |u| u.saturating_duration_since(Instant::now()));
        if !matches!(answer, Err(StoreError::Locked(_))) || left.is_zero() {
            return answer;
        }
        tokio::time::sleep(left.min(RETRY)).await;
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // Without a sender the thread ends. It is waited for only where it has something to do: what works on the file is
        // not its own, so the file is closed here.
        self.jobs = None;
        if self.idle().is_none()
            && let Some(thread) = self.thread.take()
        {
            thread.join().ok();
        }
    }
}

#[async_trait]
impl Store for SqliteStore {
    fn location(&self) -> String {
        self.shown.clone()
    }

    async fn lock(&self, operation: &str, wait: Duration) -> Result<Lease, StoreError> {
        let operation = operation.to_owned();
        until_unlocked(wait, || {
            let operation = operation.clone();
            self.call(move |writer| writer.lock(&operation))
        })
        .await
    }

    async fn await_unlocked(&self, wait: Duration) -> Result<(), StoreError> {
        until_unlocked(wait, || self.look(Writer::check_unlocked)).await
    }

    async fn unlock(&self, lease: &Lease) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.call(move |writer| writer.unlock(&lease)).await
    }

    async fn force_unlock(&self, id: &str) -> Result<LockHolder, StoreError> {
        let id = id.to_owned();
        self.call(move |writer| writer.force_unlock(&id)).await
    }

    async fn holder(&self) -> Result<Option<LockHolder>, StoreError> {
        self.look(Writer::holder).await
    }

    async fn state(&self) -> Result<State, StoreError> {
        self.look(Writer::state).await
    }

    async fn lineage(&self) -> Result<String, StoreError> {
        self.look(|writer| {
            writer.read(|connection, workspace| read::lineage(connection, workspace))
        })
        .await
    }

    async fn serial(&self) -> Result<u64, StoreError> {
        self.look(|writer| writer.read(|connection, workspace| read::serial(connection, workspace)))
            .await
    }

    async fn open_intents(&self) -> Result<Vec<IntentRow>, StoreError> {
        self.look(|writer| {
            writer.read(|connection, workspace| read::open_intents(connection, workspace))
        })
        .await
    }

    async fn unaccounted(&self, operations: Vec<String>) -> Result<Vec<String>, StoreError> {
        self.look(|writer| {
            writer
                .read(|connection, workspace| read::unaccounted(connection, workspace, operations))
        })
        .await
    }

    async fn absent(&self) -> Result<Vec<(String, String)>, StoreError> {
        self.look(|writer| writer.read(|connection, workspace| read::absent(connection, workspace)))
            .await
    }

    async fn commit(&self, lease: &Lease, changes: Vec<Change>) -> Result<u64, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Commit(Commit {
            lease: lease.clone(),
            changes,
            reply,
        }))?;
        answer.await.map_err(|_| self.stopped())?
    }

    async fn runs(&self) -> Result<Vec<RunRow>, StoreError> {
        self.look(|writer| writer.read(|connection, workspace| read::runs(connection, workspace)))
            .await
    }

    async fn durations(&self) -> Result<Vec<DurationRow>, StoreError> {
        self.look(|writer| {
            writer.read(|connection, workspace| read::durations(connection, workspace))
        })
        .await
    }

    async fn events(&self, run: &str) -> Result<Vec<String>, StoreError> {
        let run = run.to_owned();
        self.look(move |writer| {
            writer.read(move |connection, workspace| read::events(connection, workspace, &run))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::panic,
        reason = "a failed test is a panic"
    )]
    use cloudapp_engine::store::OutputRow;

    use super::*;

    fn output(name: &str, size: usize) -> Vec<Change> {
        vec![Change::PutOutput(OutputRow {
            name: name.into(),
            ty: "\"string\"".into(),
            value: "x".repeat(size),
            sensitive: false,
            description: String::new(),
        })]
    }

    async fn limit(store: &SqliteStore, pages: u32) {
        store
            .call(move |w| {
                w.read(|c, _| c.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())))
            })
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn a_full_disk_loses_nothing_and_is_survived() {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(
            dir.path().join("cloudapp.db"),
            "default",
            Protection::none(),
        )
        .unwrap();
        let lease = store.lock("apply", Duration::ZERO).await.unwrap();
        store.commit(&lease, output("a", 10)).await.unwrap();
        limit(&store, 40).await;
        let error = store
            .commit(&lease, [output("b", 10), output("c", 1_000_000)].concat())
            .await
            .unwrap_err();
        assert!(
            matches!(&error, StoreError::Full { path } if path.ends_with("cloudapp.db")),
            "{error}"
        );
        let state = store.state().await.unwrap();
        assert_eq!(
            (state.serial, state.outputs.len()),
            (1, 1),
            "all of the commit or nothing"
        );
        limit(&store, 4_000).await;
        assert_eq!(
            store.commit(&lease, output("c", 1_000_000)).await.unwrap(),
            2
        );
    }

    #[tokio::test]
    async fn one_commit_of_a_group_that_fails_does_not_take_the_others_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(
            dir.path().join("cloudapp.db"),
            "default",
            Protection::none(),
        )
        .unwrap();
        let lease = store.lock("apply", Duration::ZERO).await.unwrap();
        store.commit(&lease, output("a", 10)).await.unwrap();
        limit(&store, 40).await;
        // Holds the thread, so that the commits below are waiting together.
        let (go, gate) = channel::<()>();
        store
            .send(Job::Run(Box::new(move |_| {
                gate.recv().ok();
            })))
            .unwrap();
        let mut answers = Vec::new();
        for (name, size) in [("b", 10), ("c", 1_000_000), ("d", 10)] {
            let (reply, answer) = oneshot::channel();
            store
                .send(Job::Commit(Commit {
                    lease: lease.clone(),
                    changes: output(name, size),
                    reply,
                }))
                .unwrap();
            answers.push(answer);
        }
        go.send(()).unwrap();
        let mut got = Vec::new();
        for answer in answers {
            got.push(answer.await.unwrap().ok());
        }
        assert_eq!(got, [Some(2), None, Some(3)]);
    }
}
