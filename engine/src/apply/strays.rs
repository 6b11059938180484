//! Objects that carry the mark of this stack and that its state does not know of.
//!
//! That happens where the state is older than the cloud (somebody put a backup in its place), or where a call took effect
//! so late that the run that came after it found nothing. The journal tells such objects from those that a person let go:
//! it has the operation that made these, and it ended well.

use std::collections::{BTreeMap, HashSet};

use cloudapp_lang::{Diagnostic, Diagnostics};

use super::recover::Recovery;
use crate::address::{Address, Mode};
use crate::objects::decode_object;
use crate::plan::job::object_id;
use crate::provider::OwnedObject;
use crate::providers::base_name;
use crate::run::{Runner, store_diagnostic};
use crate::store::{InstanceRow, IntentRow, OperationAction, State, StoreError};

/// What one provider has that neither the journal nor the state accounts for.
pub(crate) struct Strays {
    provider: String,
    /// The state that they were looked up in.
    state: State,
    by_address: BTreeMap<String, Vec<OwnedObject>>,
}

/// Looks for strays. Nothing is written.
pub(crate) async fn find(runner: &Runner, diags: &mut Diagnostics) -> Vec<Strays> {
    let mut found = Vec::new();
    let lineage = match runner.store.lineage().await {
        Ok(l) => l,
        Err(e) => {
            diags.push(store_diagnostic(&e));
            return found;
        }
    };
    if lineage.is_empty() {
        return found;
    }
    let providers = runner.providers.iter();
    for (name, provider) in providers.filter(|(_, p)| !p.is_local()) {
        let cx = runner.context("recover", String::new(), String::new());
        match provider.owned(&cx, &lineage).await {
            Ok(owned) => match of_provider(runner, name, owned).await {
                Ok(strays) => found.extend(strays),
                Err(e) => diags.push(store_diagnostic(&e)),
            },
            Err(e) => diags.push(cannot_list(name, &e.message)),
        }
    }
    found
}

/// Those objects of one provider that neither the journal nor the state accounts for; none where there are none.
async fn of_provider(
    runner: &Runner,
    name: &str,
    owned: Vec<OwnedObject>,
) -> Result<Option<Strays>, StoreError> {
    if owned.is_empty() {
        return Ok(None);
    }
    let tokens = owned.iter().map(|o| o.operation.clone()).collect();
    let left: HashSet<String> = (runner.store.unaccounted(tokens).await?)
        .into_iter()
        .collect();
    if left.is_empty() {
        return Ok(None);
    }
    let state = runner.store.state().await?;
    let known = known_ids(runner, &state, name);
    let is_stray = |o: &OwnedObject| {
        left.contains(&o.operation) && !known.contains(&(o.kind.clone(), o.id.clone()))
    };
    let mut by_address: BTreeMap<String, Vec<OwnedObject>> = BTreeMap::new();
    for stray in owned.into_iter().filter(is_stray) {
        by_address
            .entry(stray.address.clone())
            .or_default()
            .push(stray);
    }
    Ok((!by_address.is_empty()).then(|| Strays {
        provider: name.to_owned(),
        state,
        by_address,
    }))
}

/// Takes the strays into the state where it is clear what they are; names them, and goes no further, where it is not.
pub(crate) async fn gather(recovery: &Recovery<'_>) -> Diagnostics {
    let mut diags = Diagnostics::new();
    for found in find(recovery.runner, &mut diags).await {
        for (address, strays) in found.by_address {
            match &strays[..] {
                [stray] => adopt(recovery, &found.state, &found.provider, stray, &mut diags).await,
                several => diags.push(unclear(&address, several, None)),
            }
        }
    }
    diags
}

/// Type and id of all objects of a provider that the state has.
fn known_ids(runner: &Runner, state: &State, name: &str) -> HashSet<(String, String)> {
    let ours = state
        .instances
        .iter()
        .filter(|r| base_name(&r.provider) == name);
    ours.filter_map(|r| identity(runner, r)).collect()
}

fn identity(runner: &Runner, row: &InstanceRow) -> Option<(String, String)> {
    let address: Address = row.address.parse().ok()?;
    let kind = address.resource.kind.to_string();
    let provider = runner.providers.named(&row.provider)?;
    let schema = provider.schema(Mode::Managed, &kind)?;
    let value = decode_object(&row.attributes, &schema.block.ty()).ok()?;
    Some((kind, object_id(&value)?.to_owned()))
}

/// Takes one stray in, unless its place is taken by another object that exists too.
async fn adopt(
    recovery: &Recovery<'_>,
    state: &State,
    provider: &str,
    stray: &OwnedObject,
    diags: &mut Diagnostics,
) {
    let mut rows = state.instances.iter();
    let holder = rows.find(|r| r.address == stray.address && r.deposed.is_empty());
    if let Some(row) = holder {
        match recovery.object_of(row).await {
            Ok(None) => {}
            Ok(Some(o)) => {
                let id = object_id(&o.value).unwrap_or_default();
                return diags.push(unclear(
                    &stray.address,
                    std::slice::from_ref(stray),
                    Some(id),
                ));
            }
            Err(reason) => return diags.push(cannot_list(provider, &reason)),
        }
    }
    let declared = (stray.address.parse().ok())
        .and_then(|a: Address| recovery.runner.configuration.declared(&a));
    let intent = IntentRow {
        operation: stray.operation.clone(),
        run: String::new(),
        address: stray.address.clone(),
        deposed: String::new(),
        action: OperationAction::Create,
        provider: declared.map_or_else(|| provider.to_owned(), |d| d.provider.to_string()),
        desired: "null".to_owned(),
        dependencies: declared.map(|d| d.dependencies.clone()).unwrap_or_default(),
    };
    match recovery
        .take_in(
            &intent,
            holder.map(std::slice::from_ref).unwrap_or_default(),
        )
        .await
    {
        Ok(Some(_)) => diags.push(adopted(stray)),
        Ok(None) => {}
        Err(d) => diags.push(d),
    }
}

fn adopted(stray: &OwnedObject) -> Diagnostic {
    Diagnostic::warning(
        "stray-adopted",
        "Object that the state did not know is in it now",
        format!(
            "The cloud has {} ({}), made for this stack by an operation that the state has no record of: it is older than the cloud, or the call took effect late.",
            stray.address, stray.id
        ),
    )
    .address(stray.address.clone())
    .hint("Look at the plan before you apply it. A state that another stack was copied from shares its mark: begin such a copy with a state of its own.")
}

fn unclear(address: &str, strays: &[OwnedObject], known: Option<&str>) -> Diagnostic {
    let ids: Vec<&str> = strays.iter().map(|o| &*o.id).collect();
    let known = known.map_or_else(String::new, |id| {
        format!(" The state has {id} there, which exists too.")
    });
    Diagnostic::error(
        "stray-objects",
        "State does not know objects of this stack",
        format!(
            "The cloud has {}, made for {address} of this stack by operations that the state has no record of.{known} Perhaps an older copy of the state was put in its place.",
            ids.join(" and ")
        ),
    )
    .address(address)
    .hint("Put the newest copy of the state back; or delete in the cloud what is not wanted, and take what is with cloudapp import.")
}

fn cannot_list(provider: &str, reason: &str) -> Diagnostic {
    Diagnostic::warning(
        "strays-not-looked-for",
        "Objects of this stack cannot be listed",
        format!("Provider {provider} cannot say which objects carry this stack's mark: {reason} If the state is older than the cloud, that is not noticed."),
    )
    .hint("Run the command again when the provider answers.")
}
