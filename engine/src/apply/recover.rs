//! What became of operations that an earlier run began and did not finish recording.

use cloudapp_lang::{Diagnostic, Diagnostics};

use super::rows::known;
use crate::address::{Address, Mode};
use crate::event::Event;
use crate::objects::encode_object;
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
    let Some(object) = found else {
        return Ok((vec![outcome(intent, Outcome::Failed)], None));
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
    Ok((
        vec![
            Change::PutInstance(row),
            outcome(intent, Outcome::Succeeded),
        ],
        Some(note),
    ))
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
    let state = runner
        .store
        .state()
        .await
        .map_err(|e| store_diagnostic(&e))?;
    let stored = state
        .instances
        .into_iter()
        .find(|r| r.address == intent.address && r.deposed == intent.deposed);
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
            let attributes = encode_object(&known(&o.value), &schema.block.ty());
            let row = InstanceRow {
                attributes,
                private: o.private,
                ..stored
            };
            (
                vec![Change::PutInstance(row), outcome(intent, Outcome::Failed)],
                None,
            )
        }
    })
}

fn row(intent: &IntentRow, schema: &SharedSchema, object: &Object) -> InstanceRow {
    InstanceRow {
        address: intent.address.clone(),
        deposed: intent.deposed.clone(),
        provider: intent.provider.clone(),
        schema_version: schema.version,
        attributes: encode_object(&known(&object.value), &schema.block.ty()),
        sensitive: "[]".to_owned(),
        private: object.private.clone(),
        dependencies: intent.dependencies.clone(),
        tainted: false,
        create_before_destroy: false,
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
