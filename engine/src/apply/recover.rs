//! What became of operations that an earlier run began and did not finish recording.

use cloudapp_lang::{Diagnostic, Diagnostics};

use super::rows::{Desired, deposed_key, known};
use crate::address::{Address, Mode};
use crate::event::Event;
use crate::objects::{beyond_schema, decode_paths, encode_object, encode_paths};
use crate::plan::job::object_id;
use crate::provider::{Object, Provider};
use crate::providers::base_name;
use crate::run::{Runner, store_diagnostic};
use crate::schema::SharedSchema;
use crate::store::{Change, InstanceRow, IntentRow, Lease, OperationAction, Outcome};

/// Resolves every open intent, oldest first, and records what it finds.
pub(crate) async fn recover(runner: &Runner, lease: &Lease) -> Diagnostics {
    let mut diags = Diagnostics::new();
    let open = match runner.store.open_intents().await {
        Ok(o) => o,
        Err(e) => return store_diagnostic(&e).into(),
    };
    for intent in open {
        match resolve(runner, &intent).await {
            Ok((changes, note)) => {
                diags.extend(note);
                if let Err(e) = runner.store.commit(lease, changes).await {
                    diags.push(store_diagnostic(&e));
                    return diags;
                }
            }
            Err(d) => diags.push(d),
        }
    }
    diags
}

type Resolution = (Vec<Change>, Option<Diagnostic>);

async fn resolve(runner: &Runner, intent: &IntentRow) -> Result<Resolution, Diagnostic> {
    let address: Address = intent
        .address
        .parse()
        .map_err(|e| failed(intent, &format!("{e}")))?;
    let name = base_name(&intent.provider);
    let provider = runner
        .providers
        .get(name)
        .ok_or_else(|| failed(intent, &format!("there is no provider \"{name}\"")))?;
    let kind = &address.resource.kind;
    let schema = provider
        .schema(Mode::Managed, kind)
        .ok_or_else(|| failed(intent, &format!("there is no type \"{kind}\"")))?;
    let found = match intent.action {
        OperationAction::Create => created(runner, &**provider, intent, kind).await?,
        OperationAction::Update | OperationAction::Delete => {
            return existing(runner, &**provider, intent, kind, &schema).await;
        }
    };
    let rows = rows_at(runner, &intent.address).await?;
    let Some(object) = found else {
        let mut changes = put_back(intent, &rows);
        changes.push(outcome(intent, Outcome::Failed));
        return Ok((changes, None));
    };
    let id = object_id(&object.value);
    runner.observer.event(&Event::Recovered {
        address: &intent.address,
        id: id.as_deref(),
    });
    let note = Diagnostic::warning(
        "operation-recovered",
        "Object of an interrupted run was found",
        format!(
            "An earlier run created {} ({}) and ended before recording it; it is in the state now.",
            intent.address,
            id.as_deref().unwrap_or("without id")
        ),
    )
    .address(intent.address.clone());
    let row = InstanceRow {
        // Its provisioners have not run.
        tainted: runner.configuration.is_provisioned(&address),
        ..row(intent, &schema, &object)
    };
    let mut changes = make_way(intent, &rows, &row);
    changes.push(Change::PutInstance(row));
    changes.push(outcome(intent, Outcome::Succeeded));
    Ok((changes, Some(note)))
}

/// The rows of an instance: its object and the deposed ones.
async fn rows_at(runner: &Runner, address: &str) -> Result<Vec<InstanceRow>, Diagnostic> {
    let state = runner.store.state().await;
    let rows = state.map_err(|e| store_diagnostic(&e))?.instances;
    Ok(rows.into_iter().filter(|r| r.address == address).collect())
}

/// Where nothing was created, what was put aside for it takes its place again.
fn put_back(intent: &IntentRow, rows: &[InstanceRow]) -> Vec<Change> {
    let is_free = rows.iter().all(|r| !r.deposed.is_empty());
    let aside = rows
        .iter()
        .find(|r| !r.deposed.is_empty() && r.deposed == intent.deposed);
    let Some(old) = aside.filter(|_| is_free) else {
        return Vec::new();
    };
    vec![
        Change::RemoveInstance {
            address: old.address.clone(),
            deposed: old.deposed.clone(),
        },
        Change::PutInstance(InstanceRow {
            deposed: String::new(),
            ..old.clone()
        }),
    ]
}

/// What has the address of an object that was found is not forgotten for it.
fn make_way(intent: &IntentRow, rows: &[InstanceRow], found: &InstanceRow) -> Vec<Change> {
    let current = rows.iter().find(|r| r.deposed.is_empty());
    let other = current.filter(|r| r.attributes != found.attributes);
    let put_aside = |r: &InstanceRow| {
        Change::PutInstance(InstanceRow {
            deposed: deposed_key(&intent.operation, 0),
            ..r.clone()
        })
    };
    other.map(put_aside).into_iter().collect()
}

async fn created(
    runner: &Runner,
    provider: &dyn Provider,
    intent: &IntentRow,
    kind: &str,
) -> Result<Option<Object>, Diagnostic> {
    let cx = runner.context(
        &intent.run,
        intent.operation.clone(),
        intent.address.clone(),
    );
    provider
        .recover(&cx, kind)
        .await
        .map_err(|e| failed(intent, &e.message))
}

/// An object that was being changed or deleted is in the state: reading it shows what came of it.
async fn existing(
    runner: &Runner,
    provider: &dyn Provider,
    intent: &IntentRow,
    kind: &str,
    schema: &SharedSchema,
) -> Result<Resolution, Diagnostic> {
    let rows = rows_at(runner, &intent.address).await?;
    let stored = rows.into_iter().find(|r| r.deposed == intent.deposed);
    let Some(stored) = stored else {
        return Ok((vec![outcome(intent, Outcome::Succeeded)], None));
    };
    let value = crate::objects::decode_object(&stored.attributes, &schema.block.ty())
        .map_err(|e| failed(intent, &e.to_string()))?;
    let cx = runner.context(&intent.run, String::new(), intent.address.clone());
    let object = Object {
        value,
        private: stored.private.clone(),
    };
    let found = provider
        .read(&cx, kind, object)
        .await
        .map_err(|e| failed(intent, &e.message))?;
    Ok(match found {
        None => {
            let gone = Change::RemoveInstance {
                address: stored.address,
                deposed: stored.deposed,
            };
            (vec![gone, outcome(intent, Outcome::Succeeded)], None)
        }
        Some(o) => {
            let found = InstanceRow {
                deposed: stored.deposed.clone(),
                tainted: stored.tainted,
                ..row(intent, schema, &o)
            };
            // Where the object is another than before, the change took place, and the row says what it would have said.
            let changed =
                intent.action == OperationAction::Update && found.attributes != stored.attributes;
            let row = if changed {
                found
            } else {
                InstanceRow {
                    attributes: found.attributes,
                    private: found.private,
                    ..stored
                }
            };
            (
                vec![Change::PutInstance(row), outcome(intent, Outcome::Failed)],
                None,
            )
        }
    })
}

fn row(intent: &IntentRow, schema: &SharedSchema, object: &Object) -> InstanceRow {
    let desired = Desired::decode(&intent.desired);
    let marks = decode_paths(&desired.sensitive.to_string());
    let marks = beyond_schema(&schema.block, &object.value, &marks);
    InstanceRow {
        address: intent.address.clone(),
        deposed: String::new(),
        provider: intent.provider.clone(),
        schema_version: schema.version,
        attributes: encode_object(&known(&object.value), &schema.block.ty()),
        sensitive: encode_paths(&marks),
        private: object.private.clone(),
        dependencies: intent.dependencies.clone(),
        tainted: false,
        create_before_destroy: desired.create_before_destroy,
    }
}

fn outcome(intent: &IntentRow, outcome: Outcome) -> Change {
    Change::Outcome {
        operation: intent.operation.clone(),
        outcome,
        error: None,
    }
}

fn failed(intent: &IntentRow, reason: &str) -> Diagnostic {
    Diagnostic::error(
        "operation-not-resolved",
        "Interrupted operation cannot be resolved",
        format!("An earlier run began an operation on {} and it is not known what came of it: {reason}.", intent.address),
    )
    .address(intent.address.clone())
    .hint("Make the provider usable again and run the command once more.")
}
