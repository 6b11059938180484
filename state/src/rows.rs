//! Changes to rows.

use cloudapp_engine::store::{
    Change, DurationRow, InstanceRow, IntentRow, Outcome, OutputRow, RunRow, RunStatus,
};
use rusqlite::{OptionalExtension, Transaction, params};

use crate::vault::{Sealer, Stored};

/// The workspace that rows are written to, and what encrypts them.
pub(crate) struct Place<'p> {
    /// Its key in `meta`.
    pub(crate) id: i64,
    pub(crate) name: &'p str,
    pub(crate) sealer: &'p Sealer,
}

/// Writes the changes to a workspace and returns its serial, which grows by one where an instance or an output really
/// became another.
pub(crate) fn write(
    tx: &Transaction<'_>,
    place: &Place<'_>,
    changes: &[Change],
) -> rusqlite::Result<u64> {
    let workspace = place.id;
    let mut differs = false;
    let mut adopted = None;
    for change in changes {
        differs |= match change {
            Change::PutInstance(row) => put_instance(tx, place, row)?,
            Change::RemoveInstance { address, deposed } => {
                tx.prepare_cached(
                    "DELETE FROM instances WHERE workspace = ?1 AND address = ?2 AND deposed = ?3",
                )?
                .execute(params![workspace, address, deposed])?
                    > 0
            }
            Change::PutOutput(row) => put_output(tx, place, row)?,
            Change::RemoveOutput { name } => {
                tx.prepare_cached("DELETE FROM outputs WHERE workspace = ?1 AND name = ?2")?
                    .execute(params![workspace, name])?
                    > 0
            }
            Change::Adopt { lineage, serial } => {
                adopted = Some((lineage, serial));
                false
            }
            history => {
                put_history(tx, workspace, history)?;
                false
            }
        };
    }
    if let Some((lineage, serial)) = adopted {
        tx.prepare_cached("UPDATE meta SET serial = ?2, lineage = ?3 WHERE id = ?1")?
            .execute(params![workspace, serial, lineage])?;
        return Ok(*serial);
    }
    tx.prepare_cached(
        "UPDATE meta SET serial = serial + ?2, lineage = iif(lineage = '', ?3, lineage) WHERE id = ?1 RETURNING serial",
    )?
    .query_row(params![workspace, differs, uuid::Uuid::new_v4().to_string()], |row| row.get(0))
}

/// The changes that are no part of the state: they never move the serial.
fn put_history(tx: &Transaction<'_>, workspace: i64, change: &Change) -> rusqlite::Result<()> {
    match change {
        Change::Intent(row) => put_intent(tx, workspace, row),
        Change::Outcome { operation, outcome, error } => {
            put_outcome(tx, workspace, operation, *outcome, error.as_deref())
        }
        Change::Event { run, json } => tx
            .prepare_cached("INSERT INTO events (workspace, run, json) VALUES (?1, ?2, ?3)")?
            .execute(params![workspace, run, json])
            .map(drop),
        Change::PutChecks { json } => tx
            .prepare_cached("UPDATE meta SET checks = ?2 WHERE id = ?1")?
            .execute(params![workspace, json])
            .map(drop),
        Change::PutPolicy { json } => tx
            .prepare_cached("UPDATE meta SET policy = ?2 WHERE id = ?1")?
            .execute(params![workspace, json])
            .map(drop),
        Change::PutValues { json } => tx
            .prepare_cached("UPDATE meta SET variables = ?2 WHERE id = ?1")?
            .execute(params![workspace, json])
            .map(drop),
        Change::Learned(row) => put_duration(tx, workspace, row),
        Change::BeginRun(row) => put_run(tx, workspace, row),
        Change::EndRun { id, status, ended, summary } => tx
            .prepare_cached("UPDATE runs SET status = ?3, ended = ?4, summary = ?5 WHERE workspace = ?1 AND id = ?2")?
            .execute(params![workspace, id, status_word(*status), ended, summary])
            .map(drop),
        Change::PutInstance(_) | Change::RemoveInstance { .. } | Change::PutOutput(_) | Change::RemoveOutput { .. } | Change::Adopt { .. } => {
            Ok(())
        }
    }
}

/// Mixes what was measured with what is known already.
fn put_duration(tx: &Transaction<'_>, workspace: i64, row: &DurationRow) -> rusqlite::Result<()> {
    let call = row.kind.as_str();
    let known: Option<(i64, i64)> = tx
        .prepare_cached(
            "SELECT mean_us, samples FROM durations WHERE workspace = ?1 AND type = ?2 AND call = ?3",
        )?
        .query_row(params![workspace, row.type_name, call], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let (mean_us, samples) = known.unwrap_or_default();
    let known = DurationRow {
        mean_us: mean_us.unsigned_abs(),
        samples: samples.unsigned_abs(),
        ..row.clone()
    };
    let samples = known.samples.saturating_add(row.samples);
    tx.prepare_cached(
        "INSERT OR REPLACE INTO durations (workspace, type, call, mean_us, samples) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        workspace,
        row.type_name,
        call,
        i64::try_from(known.mean_with(row.mean_us, row.samples)).unwrap_or(i64::MAX),
        samples.min(DurationRow::REMEMBERED),
    ])
    .map(drop)
}

/// Whether the row is another than before.
pub(crate) fn put_instance(
    tx: &Transaction<'_>,
    place: &Place<'_>,
    row: &InstanceRow,
) -> rusqlite::Result<bool> {
    let old = || {
        tx.prepare_cached(
            "SELECT attributes, private, sealed FROM instances WHERE workspace = ?1 AND address = ?2 AND deposed = ?3",
        )?
        .query_row(params![place.id, row.address, row.deposed], |row| {
            Ok(Stored {
                attributes: row.get(0)?,
                private: row.get(1)?,
                sealed: row.get(2)?,
            })
        })
        .optional()
    };
    let stored = place.sealer.instance(place.name, row, old)?;
    let (attributes, private, sealed) = match &stored {
        Some(s) => (&s.attributes, &s.private, s.sealed.as_deref()),
        None => (&row.attributes, &row.private, None),
    };
    let mut statement = tx.prepare_cached(
        "INSERT INTO instances (workspace, address, deposed, provider, schema_version, attributes, sensitive, private,
                                dependencies, tainted, create_before_destroy, sealed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
         ON CONFLICT (workspace, address, deposed) DO UPDATE SET
            (provider, schema_version, attributes, sensitive, private, dependencies, tainted, create_before_destroy, sealed)
            = (excluded.provider, excluded.schema_version, excluded.attributes, excluded.sensitive, excluded.private,
               excluded.dependencies, excluded.tainted, excluded.create_before_destroy, excluded.sealed)
         WHERE (provider, schema_version, attributes, sensitive, private, dependencies, tainted, create_before_destroy, sealed)
            IS NOT (excluded.provider, excluded.schema_version, excluded.attributes, excluded.sensitive, excluded.private,
                    excluded.dependencies, excluded.tainted, excluded.create_before_destroy, excluded.sealed)",
    )?;
    let written = statement.execute(params![
        place.id,
        row.address,
        row.deposed,
        row.provider,
        row.schema_version,
        attributes,
        row.sensitive,
        private,
        list(&row.dependencies),
        row.tainted,
        row.create_before_destroy,
        sealed,
    ])?;
    Ok(written > 0)
}

/// Whether the row is another than before.
pub(crate) fn put_output(
    tx: &Transaction<'_>,
    place: &Place<'_>,
    row: &OutputRow,
) -> rusqlite::Result<bool> {
    let old = || {
        tx.prepare_cached(
            "SELECT value FROM outputs WHERE workspace = ?1 AND name = ?2 AND sealed",
        )?
        .query_row(params![place.id, row.name], |row| row.get(0))
        .optional()
    };
    let sealed = place.sealer.output(place.name, row, old)?;
    let mut statement = tx.prepare_cached(
        "INSERT INTO outputs (workspace, name, type, value, sensitive, description, sealed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (workspace, name) DO UPDATE SET
            (type, value, sensitive, description, sealed)
            = (excluded.type, excluded.value, excluded.sensitive, excluded.description, excluded.sealed)
         WHERE (type, value, sensitive, description, sealed)
            IS NOT (excluded.type, excluded.value, excluded.sensitive, excluded.description, excluded.sealed)",
    )?;
    let written = statement.execute(params![
        place.id,
        row.name,
        row.ty,
        sealed.as_ref().unwrap_or(&row.value),
        row.sensitive,
        row.description,
        sealed.is_some(),
    ])?;
    Ok(written > 0)
}

/// An operation that is tried again with its old token becomes open again and keeps its place.
fn put_intent(tx: &Transaction<'_>, workspace: i64, row: &IntentRow) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO operations (workspace, operation, run, address, deposed, action, provider, desired, dependencies)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (workspace, operation) DO UPDATE SET
            (run, address, deposed, action, provider, desired, dependencies, outcome, error)
            = (excluded.run, excluded.address, excluded.deposed, excluded.action, excluded.provider, excluded.desired,
               excluded.dependencies, NULL, NULL)",
    )?
    .execute(params![
        workspace,
        row.operation,
        row.run,
        row.address,
        row.deposed,
        row.action.word(),
        row.provider,
        row.desired,
        list(&row.dependencies),
    ])
    .map(drop)
}

/// What an operation wanted is of no use once it is settled, may be large, and may hold secrets: it is forgotten.
///
/// An outcome without an intent is no error: it stands in one transaction with the row that it led to, and that row
/// must not be lost for the sake of the journal.
fn put_outcome(
    tx: &Transaction<'_>,
    workspace: i64,
    operation: &str,
    outcome: Outcome,
    error: Option<&str>,
) -> rusqlite::Result<()> {
    let (word, settled) = match outcome {
        Outcome::Succeeded => ("succeeded", true),
        Outcome::Failed => ("failed", true),
        Outcome::Unknown => ("unknown", false),
        Outcome::Absent => ("absent", true),
    };
    let found = tx
        .prepare_cached(
            "UPDATE operations SET outcome = ?3, error = ?4, desired = iif(?5, 'null', desired),
                dependencies = iif(?5, '[]', dependencies)
             WHERE workspace = ?1 AND operation = ?2",
        )?
        .execute(params![workspace, operation, word, error, settled])?;
    if found == 0 {
        tracing::warn!(
            operation,
            "an outcome was recorded for an operation without an intent"
        );
    }
    Ok(())
}

fn put_run(tx: &Transaction<'_>, workspace: i64, row: &RunRow) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO runs (workspace, id, operation, status, started, ended, summary)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (workspace, id) DO UPDATE SET
            (operation, status, started, ended, summary)
            = (excluded.operation, excluded.status, excluded.started, excluded.ended, excluded.summary)",
    )?
    .execute(params![workspace, row.id, row.operation, status_word(row.status), row.started, row.ended, row.summary])
    .map(drop)
}

fn list(strings: &[String]) -> String {
    serde_json::Value::from(strings).to_string()
}

pub(crate) fn status_word(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Running => "running",
        RunStatus::Succeeded => "succeeded",
        RunStatus::Failed => "failed",
        RunStatus::Interrupted => "interrupted",
    }
}
