//! Whether a plan says what is so, and whether what was done is what it said.

use std::collections::{BTreeMap, BTreeSet};

use cloudapp_engine::address::{Address, Mode};
use cloudapp_engine::plan::{Action, Plan, ResourceChange};
use cloudapp_engine::store::{InstanceRow, IntentRow, State};
use cloudapp_lang::Value;
use cloudapp_lang::value::encode_json;
use cloudapp_providers::MockCloud;
use serde_json::Value as Json;

use crate::provider::{Call, Made};
use crate::stage::Objects;

fn attributes(row: &InstanceRow) -> Json {
    serde_json::from_str(&row.attributes).unwrap()
}

fn kind(address: &Address) -> String {
    address.resource.kind.to_string()
}

/// Whether its objects are in the mock cloud.
fn in_cloud(c: &ResourceChange) -> bool {
    let name = c.provider.split('.').next().unwrap_or_default();
    c.address.resource.mode == Mode::Managed && matches!(name, "tencentcloud" | "cloudapp")
}

/// Objects of the cloud that no state has and no open operation leads to.
pub(crate) fn not_in(state: &State, intents: &[IntentRow], cloud: &MockCloud) -> Objects {
    let rows: Objects = state
        .instances
        .iter()
        .filter_map(|r| {
            let address: Address = r.address.parse().ok()?;
            let id = attributes(r)["id"].as_str()?.to_owned();
            Some((kind(&address), id))
        })
        .collect();
    let tokens: BTreeSet<&str> = intents.iter().map(|i| i.operation.as_str()).collect();
    let objects = cloud.objects().unwrap().into_iter();
    objects
        .filter(|o| !tokens.contains(o.token.as_str()))
        .map(|o| (o.kind, o.id))
        .filter(|o| !rows.contains(o))
        .collect()
}

/// The objects that a plan lets go.
pub(crate) fn forgotten(plan: &Plan) -> Objects {
    let left = plan.changes.iter().filter(|c| c.action == Action::Forget);
    left.map(|c| (kind(&c.address), id(&c.before))).collect()
}

fn id(object: &Value) -> String {
    let id = object.get("id").map(|v| v.clone().unmark_deep().0);
    let id = id.as_ref().and_then(Value::as_str);
    id.unwrap_or_default().to_owned()
}

/// Where a plan says of an object that it is as it is not.
pub(crate) fn wrong(plan: &Plan, cloud: &MockCloud) -> Vec<String> {
    let objects: BTreeMap<(String, String), Json> = cloud
        .objects()
        .unwrap()
        .into_iter()
        .map(|o| ((o.kind, o.id), Json::Object(o.attributes)))
        .collect();
    let mut out = Vec::new();
    let looked_at = plan.changes.iter().filter(|c| in_cloud(c));
    for c in looked_at.filter(|c| c.action != Action::Forget && !c.before.is_null()) {
        let Some(object) = objects.get(&(kind(&c.address), id(&c.before))) else {
            out.push(format!("{} is not there", c.address));
            continue;
        };
        let before: Json = json(&c.before);
        for (name, said) in before.as_object().into_iter().flatten() {
            let is = object.get(name).unwrap_or(&Json::Null);
            if name != "timeouts" && !same(said, is) {
                out.push(format!("{}.{name} is {is}, not {said}", c.address));
            }
        }
    }
    out
}

/// Changes of objects that are as they should be, and depend on nothing that changes.
pub(crate) fn unneeded(
    plan: &Plan,
    state: &State,
    cloud: &MockCloud,
    as_wanted: impl Fn(&str) -> bool,
) -> Vec<String> {
    let there: Objects = cloud
        .objects()
        .unwrap()
        .into_iter()
        .map(|o| (o.kind, o.id))
        .collect();
    let changing: BTreeSet<String> = plan
        .changes
        .iter()
        .filter(|c| c.action != Action::NoOp)
        .map(|c| c.address.without_keys())
        .collect();
    let changed = plan.changes.iter().filter(|c| {
        !matches!(c.action, Action::NoOp | Action::Read)
            && c.deposed.is_none()
            && !c.dependencies.iter().any(|d| changing.contains(d))
    });
    changed
        .filter(|c| {
            let address = c.address.to_string();
            let row = state
                .instances
                .iter()
                .find(|r| r.address == address && r.deposed.is_empty());
            let exists = row.is_some_and(|r| {
                let id = attributes(r)["id"].as_str().unwrap_or_default().to_owned();
                !in_cloud(c) || there.contains(&(kind(&c.address), id))
            });
            exists && as_wanted(&address)
        })
        .map(|c| format!("{} {:?}", c.address, c.action))
        .collect()
}

/// Whether an apply did what its plan said, once each.
pub(crate) fn done(plan: &Plan, made: impl Iterator<Item = Made>) -> Result<(), String> {
    let mut want = Vec::new();
    for c in plan.changes.iter() {
        let calls: &[Call] = match c.action {
            Action::Create => &[Call::Create],
            Action::Update => &[Call::Update],
            Action::Delete => &[Call::Delete],
            Action::Replace | Action::ReplaceCreateFirst => &[Call::Create, Call::Delete],
            Action::NoOp | Action::Read | Action::Forget => &[],
        };
        want.extend(calls.iter().map(|call| Made {
            call: *call,
            address: c.address.to_string(),
            in_vain: false,
        }));
    }
    let mut got: Vec<Made> = made.collect();
    want.sort();
    got.sort();
    if want == got {
        Ok(())
    } else {
        Err(format!("planned {want:?}, done {got:?}"))
    }
}

/// Where an object did not become what the plan said.
pub(crate) fn not_kept(plan: &Plan, state: &State) -> Vec<String> {
    let mut out = Vec::new();
    for c in plan
        .changes
        .iter()
        .filter(|c| c.address.resource.mode == Mode::Managed)
    {
        let address = c.address.to_string();
        let deposed = c.deposed.as_deref().unwrap_or_default();
        let row = state
            .instances
            .iter()
            .find(|r| r.address == address && r.deposed == deposed);
        if c.after.is_null() {
            if row.is_some() {
                out.push(format!("{address} is still in the state"));
            }
            continue;
        }
        let Some(row) = row.map(attributes) else {
            out.push(format!("{address} is not in the state"));
            continue;
        };
        for (name, said) in c
            .after
            .clone()
            .unmark_deep()
            .0
            .as_entries()
            .into_iter()
            .flatten()
        {
            if said.is_wholly_known() && !same(&json(said), &row[&**name]) {
                out.push(format!(
                    "{address}.{name} is {}, not {}",
                    row[&**name],
                    json(said)
                ));
            }
        }
    }
    out
}

fn json(value: &Value) -> Json {
    serde_json::from_str(&encode_json(&value.clone().unmark_deep().0)).unwrap_or_default()
}

/// The same value; one of a type that is not fixed carries its type in the state.
fn same(a: &Json, b: &Json) -> bool {
    let plain = |v: &Json| match v.as_object() {
        Some(o) if o.len() == 2 && o.contains_key("type") && o.contains_key("value") => {
            o["value"].clone()
        }
        _ => v.clone(),
    };
    a == b || plain(a) == plain(b)
}
