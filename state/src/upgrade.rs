//! Work on a whole file: encrypting what an older version wrote in the clear, and changing its keys.

use cloudapp_engine::store::{LockHolder, StoreError};
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::error::store_error;
use crate::vault::Vault;
use crate::{lock, read, rows};

/// Does what an upgrade has left to do, if anything. Another process may be doing the same.
pub(crate) fn finish(
    connection: &mut Connection,
    vault: &mut Vault,
    shown: &str,
) -> Result<(), StoreError> {
    if !vault.protection().is_some() {
        return Ok(());
    }
    let work = || -> rusqlite::Result<()> {
        if left(connection)?.is_empty() || connection.is_readonly("main")? {
            return Ok(());
        }
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if left(&tx)?.iter().any(|s| s == "seal") {
            let all = contents(&tx, vault)?;
            write_all(&tx, vault, &all)?;
            tx.execute_batch("DELETE FROM unfinished; INSERT INTO unfinished VALUES ('vacuum')")?;
        }
        tx.commit()?;
        wipe(connection)
    };
    work_done(work, shown)
}

/// Wraps the data key with the user's present key; with `anew`, encrypts everything with a new one.
pub(crate) fn rotate(
    connection: &mut Connection,
    vault: &mut Vault,
    shown: &str,
    workspace: &str,
    anew: bool,
) -> Result<(), StoreError> {
    if let Some(holder) = busy(connection, workspace).map_err(|e| store_error(shown, &e))? {
        return Err(StoreError::Locked(Box::new(holder)));
    }
    let work = || -> rusqlite::Result<()> {
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let all = if anew {
            contents(&tx, vault)?
        } else {
            Vec::new()
        };
        vault.rotate(&tx, anew)?;
        write_all(&tx, vault, &all)?;
        tx.execute_batch("INSERT OR IGNORE INTO unfinished VALUES ('vacuum')")?;
        tx.commit()?;
        wipe(connection)
    };
    work_done(work, shown)
}

fn work_done(work: impl FnOnce() -> rusqlite::Result<()>, shown: &str) -> Result<(), StoreError> {
    work().map_err(|e| store_error(shown, &e))
}

/// Who is writing to another workspace: it would go on with the old key.
fn busy(connection: &Connection, workspace: &str) -> rusqlite::Result<Option<LockHolder>> {
    for other in read::workspaces(connection)? {
        if other != workspace
            && let Some(holder) = lock::live_holder(connection, &other)?
        {
            return Ok(Some(holder));
        }
    }
    Ok(None)
}

fn left(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare_cached("SELECT step FROM unfinished")?
        .query_map([], |row| row.get(0))?
        .collect()
}

/// A workspace: its key in `meta`, its name, and all of its rows.
type Contents = Vec<(i64, String, read::Rows)>;

fn contents(tx: &Transaction<'_>, vault: &mut Vault) -> rusqlite::Result<Contents> {
    let names: Vec<(i64, String)> = tx
        .prepare("SELECT id, workspace FROM meta")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let is_only = names.len() == 1;
    names
        .into_iter()
        .map(|(id, name)| {
            let rows = read::rows(tx, &mut vault.reader(tx, &name), id, is_only)?;
            Ok((id, name, rows))
        })
        .collect()
}

fn write_all(tx: &Transaction<'_>, vault: &mut Vault, all: &Contents) -> rusqlite::Result<()> {
    let sealer = vault.sealer(tx)?;
    for (id, name, (instances, outputs)) in all {
        let place = rows::Place {
            id: *id,
            name,
            sealer: &sealer,
        };
        for row in instances {
            rows::put_instance(tx, &place, row)?;
        }
        for row in outputs {
            rows::put_output(tx, &place, row)?;
        }
    }
    Ok(())
}

/// Rewrites the file, so that nothing is left of what was in it before. What another process keeps it from is left to the next
/// one that opens the file.
fn wipe(connection: &Connection) -> rusqlite::Result<()> {
    let done = connection.execute_batch("VACUUM").and_then(|()| {
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
            row.get::<_, i64>(0)
        })
    });
    match done {
        Ok(0) => connection.execute_batch("DELETE FROM unfinished WHERE step = 'vacuum'"),
        Ok(_) => Ok(()),
        Err(error) => {
            tracing::warn!(%error, "the file is not cleared of what was in it before");
            Ok(())
        }
    }
}
