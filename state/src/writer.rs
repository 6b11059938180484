//! What owns the connection, and the thread that works on it: it does one job after the other, writes all commits that are
//! waiting in one transaction, and renews the lease between them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use cloudapp_engine::seal::WrappedKey;
use cloudapp_engine::store::{Change, Lease, LockHolder, State, StoreError};
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use crate::error::store_error;
use crate::lock::{self, Answer, LEASE, Request};
use crate::vault::{self, Protection, Vault};
use crate::{file, read, rows, upgrade};

/// How long the thread waits for a job where there is no lease to renew.
const UNHELD: Duration = Duration::from_secs(3600);

/// At most so many commits share one transaction: more would make the first one wait without saving much.
const GROUP: usize = 256;

pub(crate) enum Job {
    Commit(Commit),
    Run(Box<dyn FnOnce(&mut Writer) + Send>),
}

pub(crate) struct Commit {
    pub(crate) lease: Lease,
    pub(crate) changes: Vec<Change>,
    pub(crate) reply: oneshot::Sender<Result<u64, StoreError>>,
}

pub(crate) struct Writer {
    /// None for a state in memory.
    path: Option<PathBuf>,
    pub(crate) shown: String,
    pub(crate) workspace: String,
    /// None while there is no file.
    connection: Option<Connection>,
    /// Which file the connection is to.
    identity: Option<(u64, u64)>,
    vault: Vault,
    /// A lease given out while there was no file to write it to: a plan in an empty directory leaves none.
    pending: Option<Request>,
    held: Option<Lease>,
    renew_at: Instant,
    /// How long a lease lasts without being renewed.
    pub(crate) lease: Duration,
    /// What was read before anybody asked for it.
    ahead: Option<Snapshot>,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What was read ahead may hold secrets.
        f.debug_struct("Writer")
            .field("path", &self.path)
            .field("workspace", &self.workspace)
            .finish_non_exhaustive()
    }
}

/// The state as it was at one time.
struct Snapshot {
    /// SQLite's `data_version`, which changes when anybody else commits to the file.
    version: i64,
    state: State,
}

impl Writer {
    /// Of a file, which is yet to be opened.
    pub(crate) fn of_file(path: &Path, workspace: &str, protection: Protection) -> Self {
        let shown = path.display().to_string();
        Self::new(Some(path.into()), shown, workspace, None, protection)
    }

    /// Of a state in memory, in the workspace `default`.
    pub(crate) fn in_memory(connection: Connection) -> Self {
        let shown = String::from(":memory:");
        Self::new(None, shown, "default", Some(connection), Protection::none())
    }

    fn new(
        path: Option<PathBuf>,
        shown: String,
        workspace: &str,
        connection: Option<Connection>,
        protection: Protection,
    ) -> Self {
        Self {
            path,
            vault: Vault::new(protection, shown.clone()),
            shown,
            workspace: workspace.into(),
            connection,
            identity: None,
            pending: None,
            held: None,
            renew_at: Instant::now(),
            lease: LEASE,
            ahead: None,
        }
    }

    /// Does jobs until nobody is left to give any. `waiting` is made less by each that is done.
    pub(crate) fn run(this: &Weak<Mutex<Self>>, jobs: &Receiver<Job>, waiting: &AtomicUsize) {
        let mut next = None;
        let mut idle = UNHELD;
        loop {
            let job = match next.take() {
                Some(job) => Some(job),
                None => match jobs.recv_timeout(idle) {
                    Ok(job) => Some(job),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => return,
                },
            };
            let Some(own) = this.upgrade() else { return };
            let mut writer = own.lock().unwrap_or_else(PoisonError::into_inner);
            let done = match job {
                None => 0,
                Some(Job::Run(job)) => {
                    job(&mut writer);
                    1
                }
                Some(Job::Commit(first)) => {
                    let mut group = vec![first];
                    while group.len() < GROUP {
                        match jobs.try_recv() {
                            Ok(Job::Commit(commit)) => group.push(commit),
                            Ok(other) => {
                                next = Some(other);
                                break;
                            }
                            Err(_) => break,
                        }
                    }
                    let done = group.len();
                    writer.commit_all(group);
                    done
                }
            };
            writer.renew_if_due();
            idle = writer.idle_time();
            drop(writer);
            drop(own);
            waiting.fetch_sub(done, Ordering::Release);
        }
    }

    /// Whether reading waits for nobody: a file that another process made meanwhile is yet to be opened, and that may take long.
    pub(crate) fn is_open(&self) -> bool {
        self.connection.is_some()
    }

    fn idle_time(&self) -> Duration {
        match self.held {
            Some(_) => self.renew_at.saturating_duration_since(Instant::now()),
            None => UNHELD,
        }
    }

    fn renew_if_due(&mut self) {
        let (Some(lease), Some(connection)) = (&self.held, &mut self.connection) else {
            return;
        };
        if Instant::now() < self.renew_at {
            return;
        }
        self.renew_at = Instant::now() + self.lease / 3;
        let (workspace, lasts) = (&self.workspace, self.lease);
        match lock::lightly(connection, |c| lock::renew(c, workspace, lease, lasts)) {
            Ok(true) => {}
            // The next commit will say so to whoever waits for it.
            Ok(false) => self.held = None,
            Err(error) => tracing::warn!(%error, "the lock could not be renewed"),
        }
    }

    /// The connection for reading; none while there is no file.
    fn reader(&mut self) -> Result<Option<&mut Connection>, StoreError> {
        self.open(false)?;
        Ok(self.connection.as_mut())
    }

    /// Opens the file, where it is not open; with `create`, makes it where there is none.
    pub(crate) fn open(&mut self, create: bool) -> Result<(), StoreError> {
        if let (None, Some(path)) = (&self.connection, &self.path) {
            self.connection = file::open(path, create, self.vault.protection())?;
            self.identity = self.connection.as_ref().and_then(|_| file::identity(path));
            self.finish_upgrade()?;
        }
        Ok(())
    }

    /// Fails where the name of the state now leads to another file, or to none. What is written goes to the file that was opened,
    /// and whoever comes next would not see it.
    fn check_place(&self) -> Result<(), StoreError> {
        match &self.path {
            Some(path) if self.identity.is_some() && file::identity(path) != self.identity => {
                Err(StoreError::Moved {
                    path: self.shown.clone(),
                })
            }
            _ => Ok(()),
        }
    }

    /// Does what the upgrade of an older file has left to do.
    fn finish_upgrade(&mut self) -> Result<(), StoreError> {
        match &mut self.connection {
            Some(connection) => upgrade::finish(connection, &mut self.vault, &self.shown),
            None => Ok(()),
        }
    }

    /// Reads the state for whoever asks for it next. What fails is tried again then.
    pub(crate) fn read_ahead(&mut self) {
        // Before the state: what is committed between the two only makes the state seem older than it is.
        if let Ok(Some(version)) = self.data_version()
            && let Ok(state) = self.read_state()
        {
            self.ahead = Some(Snapshot { version, state });
        }
    }

    /// The state, decrypted.
    pub(crate) fn state(&mut self) -> Result<State, StoreError> {
        match self.ahead.take() {
            Some(ahead) if self.data_version()? == Some(ahead.version) => Ok(ahead.state),
            _ => self.read_state(),
        }
    }

    /// None while there is no file.
    fn data_version(&mut self) -> Result<Option<i64>, StoreError> {
        self.read(|connection, _| {
            connection
                .pragma_query_value(None, "data_version", |row| row.get(0))
                .map(Some)
        })
    }

    fn read_state(&mut self) -> Result<State, StoreError> {
        self.reader()?;
        let Self {
            connection: Some(connection),
            vault,
            workspace,
            shown,
            ..
        } = self
        else {
            return Ok(State::default());
        };
        read::state(connection, workspace, vault).map_err(|e| store_error(shown, &e))
    }

    /// The data key as it is stored; none where nothing was written yet.
    pub(crate) fn wrapped_key(&mut self) -> Result<Option<WrappedKey>, StoreError> {
        self.read(|connection, _| Ok(vault::stored_key(connection)?.map(|(_, wrapped)| wrapped)))
    }

    /// Wraps the data key with the user's present key; with `anew`, encrypts everything with a new one.
    pub(crate) fn rotate_key(&mut self, anew: bool) -> Result<(), StoreError> {
        self.reader()?;
        let Self {
            connection: Some(connection),
            vault,
            workspace,
            shown,
            ..
        } = self
        else {
            return Ok(());
        };
        self.ahead = None;
        upgrade::rotate(connection, vault, shown, workspace, anew)
    }

    /// Reads what `f` reads; `T::default()` while there is no file.
    pub(crate) fn read<T: Default>(
        &mut self,
        f: impl FnOnce(&mut Connection, &str) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let (workspace, shown) = (self.workspace.clone(), self.shown.clone());
        match self.reader()? {
            Some(connection) => f(connection, &workspace).map_err(|e| store_error(&shown, &e)),
            None => Ok(T::default()),
        }
    }

    /// Takes the lock, or says who has it.
    pub(crate) fn lock(&mut self, operation: &str) -> Result<Lease, StoreError> {
        if let Some(pending) = &self.pending {
            return Err(StoreError::Locked(Box::new(pending.holder.clone())));
        }
        let request = Request::new(operation, self.lease);
        if self.reader()?.is_none() {
            let lease = request.first_lease();
            self.pending = Some(request);
            return Ok(lease);
        }
        self.check_place()?;
        self.check_key()?;
        self.grant(&request, lock::take)
    }

    /// Says who is writing, if anybody is.
    pub(crate) fn check_unlocked(&mut self) -> Result<(), StoreError> {
        if let Some(pending) = &self.pending {
            return Err(StoreError::Locked(Box::new(pending.holder.clone())));
        }
        let holder = self.read(|connection, workspace| lock::live_holder(connection, workspace))?;
        match holder {
            Some(holder) => Err(StoreError::Locked(Box::new(holder))),
            None => self.check_key(),
        }
    }

    /// Fails where what is encrypted could not be read: nobody who may write is to find that out half-way.
    fn check_key(&mut self) -> Result<(), StoreError> {
        let Self {
            connection: Some(connection),
            vault,
            shown,
            ..
        } = self
        else {
            return Ok(());
        };
        vault.check(connection).map_err(|e| store_error(shown, &e))
    }

    fn grant(
        &mut self,
        request: &Request,
        take: fn(&rusqlite::Transaction<'_>, &str, &Request) -> rusqlite::Result<Answer>,
    ) -> Result<Lease, StoreError> {
        let Self {
            connection: Some(connection),
            workspace,
            shown,
            ..
        } = self
        else {
            return Err(StoreError::Fenced);
        };
        let answer = lock::lightly(connection, |connection| {
            let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let answer = take(&tx, workspace, request)?;
            tx.commit()?;
            Ok(answer)
        });
        match answer.map_err(|e| store_error(shown, &e))? {
            Answer::Granted(lease) => {
                self.held = Some(lease.clone());
                self.renew_at = Instant::now() + self.lease / 3;
                Ok(lease)
            }
            Answer::Held(holder) => Err(StoreError::Locked(Box::new(holder))),
            Answer::Outdated => Err(StoreError::Fenced),
        }
    }

    fn is_pending(&self, lease: &Lease) -> bool {
        self.pending
            .as_ref()
            .is_some_and(|p| p.holder.id == lease.id)
    }

    pub(crate) fn unlock(&mut self, lease: &Lease) -> Result<(), StoreError> {
        if self.is_pending(lease) {
            self.pending = None;
            return Ok(());
        }
        if self.held.as_ref() == Some(lease) {
            self.held = None;
        }
        let released = self.read(|connection, workspace| {
            lock::lightly(connection, |c| lock::release(c, workspace, lease))
        });
        if released? {
            Ok(())
        } else {
            Err(StoreError::Fenced)
        }
    }

    pub(crate) fn delete_workspace(&mut self, lease: &Lease) -> Result<(), StoreError> {
        if self.is_pending(lease) {
            self.pending = None;
            return Ok(());
        }
        self.ahead = None;
        self.held = None;
        let deleted = self.read(|connection, workspace| {
            let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let found = lock::check(&tx, workspace, lease)?;
            if let Some(id) = found {
                tx.execute("DELETE FROM meta WHERE id = ?1", [id])?;
            }
            tx.commit()?;
            Ok(found)
        })?;
        self.check_place()?;
        deleted.map(drop).ok_or(StoreError::Fenced)
    }

    pub(crate) fn force_unlock(&mut self, id: &str) -> Result<LockHolder, StoreError> {
        let Some(holder) = self.holder()? else {
            return Err(StoreError::NotLocked {
                path: self.shown.clone(),
            });
        };
        if holder.id != id {
            return Err(StoreError::Locked(Box::new(holder)));
        }
        if self.pending.take().is_none() {
            self.read(|connection, workspace| lock::remove(connection, workspace))?;
        }
        Ok(holder)
    }

    pub(crate) fn holder(&mut self) -> Result<Option<LockHolder>, StoreError> {
        match &self.pending {
            Some(pending) => Ok(Some(pending.holder.clone())),
            None => self.read(|connection, workspace| lock::holder(connection, workspace)),
        }
    }

    /// Makes the file, and turns the lease that was given without one into a row of it.
    fn begin_file(&mut self) -> Result<(), StoreError> {
        let Some(request) = self.pending.clone() else {
            return Ok(());
        };
        self.open(true)?;
        let granted = self.grant(&request, lock::take_first);
        if matches!(
            granted,
            Ok(_) | Err(StoreError::Fenced | StoreError::Locked(_))
        ) {
            self.pending = None;
        }
        granted.map(drop)
    }

    fn commit_all(&mut self, mut group: Vec<Commit>) {
        if group
            .iter()
            .any(|c| self.is_pending(&c.lease) && !c.changes.is_empty())
            && let Err(error) = self.begin_file()
        {
            let mut error = Some(error);
            for commit in group {
                let error = error.take().unwrap_or(StoreError::Fenced);
                commit.reply.send(Err(error)).ok();
            }
            return;
        }
        match self.commit_group(&group) {
            Ok(answers) => {
                // Afterwards, so that a file that is moved at the same moment is noticed too.
                for (commit, answer) in group.into_iter().zip(answers) {
                    let answer = answer.and_then(|serial| self.check_place().map(|()| serial));
                    commit.reply.send(answer).ok();
                }
            }
            Err(error) if group.len() == 1 => {
                if let Some(commit) = group.pop() {
                    commit.reply.send(Err(error)).ok();
                }
            }
            // Nothing of the group was written. One may have failed for a reason of its own: each by itself, then.
            Err(_) => {
                for commit in group {
                    self.commit_all(vec![commit]);
                }
            }
        }
    }

    /// Writes a group of commits in one transaction: all of them or none.
    fn commit_group(
        &mut self,
        group: &[Commit],
    ) -> Result<Vec<Result<u64, StoreError>>, StoreError> {
        self.ahead = None;
        let pending: Vec<bool> = group.iter().map(|c| self.is_pending(&c.lease)).collect();
        if self.connection.is_none() {
            // Without a file, the only commits that may succeed are those that write nothing.
            return Ok(pending
                .iter()
                .map(|p| if *p { Ok(0) } else { Err(StoreError::Fenced) })
                .collect());
        }
        let Self {
            connection: Some(connection),
            workspace,
            shown,
            vault,
            ..
        } = self
        else {
            return Ok(Vec::new());
        };
        (|| {
            let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let sealer = vault.sealer(&tx)?;
            let mut answers = Vec::with_capacity(group.len());
            for (commit, pending) in group.iter().zip(pending) {
                answers.push(match lock::check(&tx, workspace, &commit.lease)? {
                    Some(_) if commit.changes.is_empty() => Ok(read::serial(&tx, workspace)?),
                    Some(id) => {
                        let place = rows::Place {
                            id,
                            name: workspace,
                            sealer: &sealer,
                        };
                        Ok(rows::write(&tx, &place, &commit.changes)?)
                    }
                    None if pending => Ok(read::serial(&tx, workspace)?),
                    None => Err(StoreError::Fenced),
                });
            }
            tx.commit()?;
            Ok(answers)
        })()
        .map_err(|e| store_error(shown, &e))
    }
}
