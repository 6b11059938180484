//! The lock of a workspace: a lease with an expiry for the world, and an epoch against holders that wake up too late.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cloudapp_engine::store::{Lease, LockHolder, RunStatus};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::process::{self, ProcessId};
use crate::rows::status_word;

/// How long a lease lasts without being renewed. It is renewed at a third of that, so a holder may miss two renewals.
/// Only a holder whose process cannot be looked up has to be waited for that long.
pub const LEASE: Duration = Duration::from_secs(30);

/// A wish for the lock.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) holder: LockHolder,
    process: ProcessId,
    lasts: Duration,
}

impl Request {
    pub(crate) fn new(operation: &str, lasts: Duration) -> Self {
        let process = ProcessId::own();
        let since = now();
        let holder = LockHolder {
            id: uuid::Uuid::new_v4().to_string(),
            operation: operation.into(),
            who: process::who(),
            pid: process.pid,
            since,
            version: env!("CARGO_PKG_VERSION").into(),
        };
        Self {
            holder,
            process,
            lasts,
        }
    }

    /// The lease that the first holder ever of a workspace gets.
    pub(crate) fn first_lease(&self) -> Lease {
        Lease {
            id: self.holder.id.clone(),
            epoch: 1,
        }
    }
}

/// What came of a wish.
pub(crate) enum Answer {
    Granted(Lease),
    Held(LockHolder),
    /// Someone has held the lock since, and has let it go.
    Outdated,
}

struct Held {
    holder: LockHolder,
    process: ProcessId,
    expires: i64,
}

/// Gives the lock where it is free, or where its holder is known to be dead or has not renewed it in time.
pub(crate) fn take(
    tx: &Transaction<'_>,
    workspace: &str,
    request: &Request,
) -> rusqlite::Result<Answer> {
    tx.prepare_cached("INSERT INTO meta (workspace) VALUES (?1) ON CONFLICT DO NOTHING")?
        .execute([workspace])?;
    if let Some(held) = current(tx, workspace)? {
        if held.expires > now_ms() && !held.process.is_dead() {
            return Ok(Answer::Held(held.holder));
        }
        tracing::warn!(who = %held.holder.who, pid = held.holder.pid, "took over the lock of a process that is gone");
        end_runs(tx, workspace)?;
    }
    let (id, epoch): (i64, u64) = tx
        .prepare_cached(
            "UPDATE meta SET epoch = epoch + 1 WHERE workspace = ?1 RETURNING id, epoch",
        )?
        .query_row([workspace], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let LockHolder {
        id: lease,
        operation,
        who,
        pid,
        since,
        version,
    } = &request.holder;
    let ProcessId { machine, ticks, .. } = &request.process;
    tx.prepare_cached(
        "INSERT OR REPLACE INTO locks
            (workspace, id, epoch, operation, who, machine, pid, ticks, since, version, expires)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(params![
        id,
        lease,
        epoch,
        operation,
        who,
        machine,
        pid,
        ticks,
        since,
        version,
        expiry(request.lasts)
    ])?;
    Ok(Answer::Granted(Lease {
        id: lease.clone(),
        epoch,
    }))
}

/// As [`take`], but only where nobody has ever held the lock: for a lease that was given when there was no file yet.
pub(crate) fn take_first(
    tx: &Transaction<'_>,
    workspace: &str,
    request: &Request,
) -> rusqlite::Result<Answer> {
    let epoch: Option<u64> = tx
        .prepare_cached("SELECT epoch FROM meta WHERE workspace = ?1")?
        .query_row([workspace], |row| row.get(0))
        .optional()?;
    match epoch {
        None | Some(0) => take(tx, workspace, request),
        Some(_) => {
            Ok(current(tx, workspace)?.map_or(Answer::Outdated, |held| Answer::Held(held.holder)))
        }
    }
}

/// The workspace's key where the lease still holds.
pub(crate) fn check(
    connection: &Connection,
    workspace: &str,
    lease: &Lease,
) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached(
            "SELECT meta.id FROM meta JOIN locks ON locks.workspace = meta.id
             WHERE meta.workspace = ?1 AND locks.id = ?2 AND locks.epoch = ?3",
        )?
        .query_row(params![workspace, lease.id, lease.epoch], |row| row.get(0))
        .optional()
}

/// Writes what need not survive a power cut, without waiting for the disk: who held a lease is gone then too, and what is
/// written under a lease takes the lease's row to the disk with it.
pub(crate) fn lightly<T>(
    connection: &mut Connection,
    write: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    connection.pragma_update(None, "synchronous", "normal")?;
    let written = write(connection);
    connection.pragma_update(None, "synchronous", "full")?;
    written
}

/// Puts the expiry off. False where the lease is no longer ours.
pub(crate) fn renew(
    connection: &Connection,
    workspace: &str,
    lease: &Lease,
    lasts: Duration,
) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached(
        "UPDATE locks SET expires = ?4 WHERE id = ?2 AND epoch = ?3
         AND workspace = (SELECT id FROM meta WHERE workspace = ?1)",
    )?;
    Ok(statement.execute(params![workspace, lease.id, lease.epoch, expiry(lasts)])? == 1)
}

/// Gives the lock back. False where it was no longer ours.
pub(crate) fn release(
    connection: &Connection,
    workspace: &str,
    lease: &Lease,
) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached(
        "DELETE FROM locks WHERE id = ?2 AND epoch = ?3
         AND workspace = (SELECT id FROM meta WHERE workspace = ?1)",
    )?;
    Ok(statement.execute(params![workspace, lease.id, lease.epoch])? == 1)
}

/// Whoever has lost the lock cannot write down any more how its run ended.
fn end_runs(connection: &Connection, workspace: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE runs SET status = ?2, ended = ?3
             WHERE status = ?4 AND workspace = (SELECT id FROM meta WHERE workspace = ?1)",
        )?
        .execute(params![
            workspace,
            status_word(RunStatus::Interrupted),
            now(),
            status_word(RunStatus::Running)
        ])
        .map(drop)
}

/// Takes the lock away from its holder, whoever that is.
pub(crate) fn remove(connection: &Connection, workspace: &str) -> rusqlite::Result<()> {
    end_runs(connection, workspace)?;
    connection
        .prepare_cached(
            "DELETE FROM locks WHERE workspace = (SELECT id FROM meta WHERE workspace = ?1)",
        )?
        .execute([workspace])
        .map(drop)
}

pub(crate) fn holder(
    connection: &Connection,
    workspace: &str,
) -> rusqlite::Result<Option<LockHolder>> {
    Ok(current(connection, workspace)?.map(|held| held.holder))
}

/// The holder, where it may still be at work.
pub(crate) fn live_holder(
    connection: &Connection,
    workspace: &str,
) -> rusqlite::Result<Option<LockHolder>> {
    let held = current(connection, workspace)?;
    let live = held.filter(|h| h.expires > now_ms() && !h.process.is_dead());
    Ok(live.map(|h| h.holder))
}

fn current(connection: &Connection, workspace: &str) -> rusqlite::Result<Option<Held>> {
    connection
        .prepare_cached(
            "SELECT locks.id, operation, who, pid, since, version, machine, ticks, expires
             FROM locks JOIN meta ON locks.workspace = meta.id WHERE meta.workspace = ?1",
        )?
        .query_row([workspace], read_held)
        .optional()
}

fn read_held(row: &Row<'_>) -> rusqlite::Result<Held> {
    let holder = LockHolder {
        id: row.get(0)?,
        operation: row.get(1)?,
        who: row.get(2)?,
        pid: row.get(3)?,
        since: row.get(4)?,
        version: row.get(5)?,
    };
    let process = ProcessId {
        machine: row.get(6)?,
        pid: holder.pid,
        ticks: row.get(7)?,
    };
    Ok(Held {
        holder,
        process,
        expires: row.get(8)?,
    })
}

/// RFC 3339, to the second.
fn now() -> String {
    let now = jiff::Timestamp::now();
    now.round(jiff::Unit::Second).unwrap_or(now).to_string()
}

fn now_ms() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn expiry(lasts: Duration) -> i64 {
    now_ms().saturating_add(i64::try_from(lasts.as_millis()).unwrap_or(i64::MAX))
}
