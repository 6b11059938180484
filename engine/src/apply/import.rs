//! An import that is no part of a plan: one object is looked for and its row written, as a run of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use cloudapp_lang::{Diagnostic, Diagnostics, Str, Value};

use super::rows::instance_row;
use crate::address::{Address, Mode, Target};
use crate::event::ApplySummary;
use crate::plan::prior::PriorState;
use crate::plan::walk::imports::{Purpose, managed_elsewhere};
use crate::plan::walk::walk;
use crate::plan::{PlanMode, ResourceChange};
use crate::provider::{Object, Provider};
use crate::run::{PlanOptions, Runner, now, store_diagnostic};
use crate::store::{Change, InstanceRow, Lease, RunRow, RunStatus};

/// Takes one object into the state.
pub(crate) async fn import(
    runner: &Runner,
    lease: &Lease,
    address: &Address,
    id: &str,
    variables: &BTreeMap<Str, Value>,
) -> (Option<ResourceChange>, Diagnostics) {
    if let Err(d) = importable(runner, address, id).await {
        return (None, d.into());
    }
    let options = PlanOptions {
        mode: PlanMode::RefreshOnly,
        refresh: false,
        targets: vec![Target::Resource(address.clone())],
        variables: variables.clone(),
        ..PlanOptions::default()
    };
    let purpose = Purpose::Import(Box::new(address.clone()), id.to_owned());
    let (walked, mut diags) = walk(runner, &options, purpose).await;
    let Some(walked) = walked else {
        return (None, diags);
    };
    let mut changes = walked.plan.changes.into_iter();
    let Some(change) = changes.find(|c| c.importing.is_some()) else {
        diags.push(
            Diagnostic::error(
                "import-without-configuration",
                "Import has no configuration",
                format!("The configuration asks for no module {}.", address.module),
            )
            .hint("Correct the keys of the modules in the address."),
        );
        return (None, diags);
    };
    match record(runner, lease, &change).await {
        Ok(()) => (Some(change), diags),
        Err(d) => {
            diags.push(d);
            (None, diags)
        }
    }
}

/// Whether there is a block for an address, and no object yet.
async fn importable(runner: &Runner, address: &Address, id: &str) -> Result<(), Diagnostic> {
    let cfg = &*runner.configuration;
    if id.is_empty() {
        return Err(Diagnostic::error(
            "invalid-import-id",
            "Id of an import is not valid",
            "The id is empty.",
        )
        .hint("Give the id that the cloud knows the object by, as the provider documents it."));
    }
    if address.resource.mode != Mode::Managed {
        return Err(Diagnostic::error(
            "invalid-address",
            "Not an address",
            "Data sources are only read; there is nothing to import.",
        )
        .hint("Give the address of a resource."));
    }
    let module = cfg.modules.iter().find(|m| {
        let names = address.module.0.iter().map(|(n, _)| n);
        m.path.iter().eq(names)
    });
    let declared = module.and_then(|m| m.resources.iter().find(|r| r.addr == address.resource));
    let Some(declared) = declared else {
        return Err(Diagnostic::error(
            "import-without-configuration",
            "Import has no configuration",
            format!("No block declares {address}, which an object is to be imported as."),
        )
        .hint(format!(
            "Add: resource \"{}\" \"{}\" {{ … }}.",
            address.resource.kind, address.resource.name
        )));
    };
    let state = runner
        .store
        .state()
        .await
        .map_err(|e| store_diagnostic(&e))?;
    let name = address.to_string();
    let taken = |r: &InstanceRow| r.address == name && r.deposed.is_empty();
    if state.instances.iter().any(taken) {
        return Err(Diagnostic::error(
            "already-managed",
            "Address is taken",
            format!("The state has an object at {address} already."),
        )
        .hint("Choose another address, or take the object out first with: cloudapp state rm"));
    }
    let provider = declared.provider.to_string();
    let is_local = |p: &Arc<dyn Provider>| p.is_local();
    if runner.providers.named(&provider).is_none_or(is_local) {
        return Ok(());
    }
    let prior = PriorState::new(state);
    let kind = &address.resource.kind;
    match prior.managing(&provider, kind, id) {
        Some(other) => Err(managed_elsewhere(kind, id, other)),
        None => Ok(()),
    }
}

/// Writes the row of an imported object.
async fn record(runner: &Runner, lease: &Lease, c: &ResourceChange) -> Result<(), Diagnostic> {
    let resource = &c.address.resource;
    let schema = runner
        .providers
        .named(&c.provider)
        .and_then(|p| p.schema(resource.mode, &resource.kind))
        .ok_or_else(|| {
            Diagnostic::error(
                "internal",
                "Internal error",
                format!("The type of {} is not known any more.", c.address),
            )
        })?;
    let (value, marks) = c.after.clone().unmark_deep();
    let private = c.importing.as_ref().map(|i| i.private.clone());
    let object = Object {
        value,
        private: private.unwrap_or_default(),
    };
    let run = uuid::Uuid::new_v4().to_string();
    let summary = ApplySummary {
        imported: 1,
        ..ApplySummary::default()
    };
    let changes = vec![
        Change::BeginRun(RunRow {
            id: run.clone(),
            operation: "import".to_owned(),
            status: RunStatus::Running,
            started: now(),
            ended: None,
            summary: "{}".to_owned(),
        }),
        Change::PutInstance(instance_row(c, &schema, &object, &marks)),
        Change::EndRun {
            id: run,
            status: RunStatus::Succeeded,
            ended: now(),
            summary: serde_json::to_string(&summary).unwrap_or_default(),
        },
    ];
    let written = runner.store.commit(lease, changes).await;
    written.map(drop).map_err(|e| store_diagnostic(&e))
}
