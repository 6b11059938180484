//! Rows to values of the port.

use cloudapp_engine::provider::CallKind;
use cloudapp_engine::store::{
    DurationRow, InstanceRow, IntentRow, OperationAction, OutputRow, RunRow, RunStatus, State,
};
use rusqlite::types::{FromSqlError, Type};
use rusqlite::{Connection, OptionalExtension, Row, Transaction};

use crate::order;
use crate::vault::{Reader, Vault};

/// The whole state, from one snapshot.
pub(crate) fn state(
    connection: &mut Connection,
    workspace: &str,
    vault: &mut Vault,
) -> rusqlite::Result<State> {
    let tx = connection.transaction()?;
    let meta: Option<(i64, String, u64, String, String, String, bool)> = tx
        .prepare_cached(
            "SELECT id, lineage, serial, checks, policy, variables, (SELECT count(*) FROM meta) = 1
             FROM meta WHERE workspace = ?1",
        )?
        .query_row([workspace], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
                row.get(6)?,
            ))
        })
        .optional()?;
    let Some((id, lineage, serial, checks, policy, values, is_only)) = meta else {
        return Ok(State::default());
    };
    let (mut instances, outputs) = rows(&tx, &mut vault.reader(&tx, workspace), id, is_only)?;
    instances.sort_unstable_by(|a, b| {
        order::compare(&a.address, &b.address).then_with(|| a.deposed.cmp(&b.deposed))
    });
    Ok(State {
        lineage,
        serial,
        instances,
        outputs,
        checks,
        policy,
        values,
    })
}

/// The objects of a workspace, and its outputs in name order.
pub(crate) type Rows = (Vec<InstanceRow>, Vec<OutputRow>);

/// All rows of the workspace that `meta` has under this key, decrypted. Those of a file's only workspace are read as they
/// lie in it: by the index each would be looked up by itself, in another order.
pub(crate) fn rows(
    tx: &Transaction<'_>,
    reader: &mut Reader<'_>,
    id: i64,
    is_only: bool,
) -> rusqlite::Result<Rows> {
    let how = if is_only { "NOT INDEXED" } else { "" };
    let instances = tx
        .prepare_cached(&format!(
            "SELECT address, deposed, provider, schema_version, attributes, sensitive, private, dependencies, tainted,
                    create_before_destroy, sealed
             FROM instances {how} WHERE workspace = ?1"
        ))?
        .query_and_then([id], |row| {
            reader.instance(instance(row)?, row.get_ref(10)?.as_str_or_null()?)
        })?
        .collect::<rusqlite::Result<_>>()?;
    let outputs = tx
        .prepare_cached(
            "SELECT name, type, value, sensitive, description, sealed FROM outputs WHERE workspace = ?1 ORDER BY name",
        )?
        .query_and_then([id], |row| reader.output(output(row)?, row.get(5)?))?
        .collect::<rusqlite::Result<_>>()?;
    Ok((instances, outputs))
}

fn instance(row: &Row<'_>) -> rusqlite::Result<InstanceRow> {
    Ok(InstanceRow {
        address: row.get(0)?,
        deposed: row.get(1)?,
        provider: row.get(2)?,
        schema_version: row.get(3)?,
        attributes: row.get(4)?,
        sensitive: row.get(5)?,
        private: row.get(6)?,
        dependencies: strings(row, 7)?,
        tainted: row.get(8)?,
        create_before_destroy: row.get(9)?,
    })
}

fn output(row: &Row<'_>) -> rusqlite::Result<OutputRow> {
    Ok(OutputRow {
        name: row.get(0)?,
        ty: row.get(1)?,
        value: row.get(2)?,
        sensitive: row.get(3)?,
        description: row.get(4)?,
    })
}

/// Intents whose outcome is not known, oldest first.
pub(crate) fn open_intents(
    connection: &Connection,
    workspace: &str,
) -> rusqlite::Result<Vec<IntentRow>> {
    connection
        .prepare_cached(
            "SELECT operation, run, address, deposed, action, provider, desired, dependencies FROM operations
             WHERE workspace = (SELECT id FROM meta WHERE workspace = ?1) AND (outcome IS NULL OR outcome = 'unknown')
             ORDER BY seq",
        )?
        .query_map([workspace], |row| {
            Ok(IntentRow {
                operation: row.get(0)?,
                run: row.get(1)?,
                address: row.get(2)?,
                deposed: row.get(3)?,
                action: action(row, 4)?,
                provider: row.get(5)?,
                desired: row.get(6)?,
                dependencies: strings(row, 7)?,
            })
        })?
        .collect()
}

pub(crate) fn lineage(connection: &Connection, workspace: &str) -> rusqlite::Result<String> {
    let found = connection
        .prepare_cached("SELECT lineage FROM meta WHERE workspace = ?1")?
        .query_row([workspace], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// Of these operations those that the journal does not have, or whose object was looked for in vain.
pub(crate) fn unaccounted(
    connection: &Connection,
    workspace: &str,
    operations: Vec<String>,
) -> rusqlite::Result<Vec<String>> {
    let mut known = connection.prepare_cached(
        "SELECT 1 FROM operations WHERE workspace = (SELECT id FROM meta WHERE workspace = ?1) AND operation = ?2
         AND outcome IS NOT 'absent'",
    )?;
    let mut left = Vec::new();
    for operation in operations {
        if !known.exists([workspace, &operation])? {
            left.push(operation);
        }
    }
    Ok(left)
}

/// Address and token of creates whose object was looked for in vain, oldest first, and that no later operation on the
/// address has followed.
pub(crate) fn absent(
    connection: &Connection,
    workspace: &str,
) -> rusqlite::Result<Vec<(String, String)>> {
    connection
        .prepare_cached(
            "SELECT address, operation FROM operations AS o
             WHERE workspace = (SELECT id FROM meta WHERE workspace = ?1) AND outcome = 'absent' AND action = 'create'
             AND NOT EXISTS (SELECT 1 FROM operations WHERE workspace = o.workspace AND address = o.address AND seq > o.seq)
             ORDER BY seq",
        )?
        .query_map([workspace], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// All runs, oldest first.
pub(crate) fn runs(connection: &Connection, workspace: &str) -> rusqlite::Result<Vec<RunRow>> {
    connection
        .prepare_cached(
            "SELECT id, operation, status, started, ended, summary FROM runs
             WHERE workspace = (SELECT id FROM meta WHERE workspace = ?1) ORDER BY seq",
        )?
        .query_map([workspace], |row| {
            Ok(RunRow {
                id: row.get(0)?,
                operation: row.get(1)?,
                status: status(row, 2)?,
                started: row.get(3)?,
                ended: row.get(4)?,
                summary: row.get(5)?,
            })
        })?
        .collect()
}

/// How long operations took; what this build has no word for is left out.
pub(crate) fn durations(
    connection: &Connection,
    workspace: &str,
) -> rusqlite::Result<Vec<DurationRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT type, call, mean_us, samples FROM durations
         WHERE workspace = (SELECT id FROM meta WHERE workspace = ?1)",
    )?;
    let rows = statement.query_map([workspace], |row| {
        let call: String = row.get(1)?;
        let (type_name, mean, samples): (_, i64, i64) = (row.get(0)?, row.get(2)?, row.get(3)?);
        Ok(CallKind::parse(&call).map(|kind| DurationRow {
            type_name,
            kind,
            mean_us: mean.unsigned_abs(),
            samples: samples.unsigned_abs(),
        }))
    })?;
    rows.filter_map(Result::transpose).collect()
}

pub(crate) fn events(
    connection: &Connection,
    workspace: &str,
    run: &str,
) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare_cached(
            "SELECT json FROM events
             WHERE workspace = (SELECT id FROM meta WHERE workspace = ?1) AND run = ?2 ORDER BY seq",
        )?
        .query_map([workspace, run], |row| row.get(0))?
        .collect()
}

/// The serial; 0 for a workspace that was never written.
pub(crate) fn serial(connection: &Connection, workspace: &str) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT serial FROM meta WHERE workspace = ?1")?
        .query_row([workspace], |row| row.get(0))
        .optional()
        .map(Option::unwrap_or_default)
}

/// The names of the workspaces that were ever written or locked.
pub(crate) fn workspaces(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare_cached("SELECT workspace FROM meta ORDER BY workspace")?
        .query_map([], |row| row.get(0))?
        .collect()
}

fn strings(row: &Row<'_>, index: usize) -> rusqlite::Result<Vec<String>> {
    let text = row.get_ref(index)?.as_str()?;
    serde_json::from_str(text)
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(e)))
}

fn action(row: &Row<'_>, index: usize) -> rusqlite::Result<OperationAction> {
    match row.get_ref(index)?.as_str()? {
        "create" => Ok(OperationAction::Create),
        "update" => Ok(OperationAction::Update),
        "delete" => Ok(OperationAction::Delete),
        other => Err(unexpected(index, other)),
    }
}

fn status(row: &Row<'_>, index: usize) -> rusqlite::Result<RunStatus> {
    match row.get_ref(index)?.as_str()? {
        "running" => Ok(RunStatus::Running),
        "succeeded" => Ok(RunStatus::Succeeded),
        "failed" => Ok(RunStatus::Failed),
        "interrupted" => Ok(RunStatus::Interrupted),
        other => Err(unexpected(index, other)),
    }
}

fn unexpected(index: usize, word: &str) -> rusqlite::Error {
    let error = FromSqlError::Other(format!("\"{word}\" is not a word of this format").into());
    rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(error))
}
