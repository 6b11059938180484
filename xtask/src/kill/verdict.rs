//! What is there in the end, and whether it is what should be.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::bail;
use serde_json::{Map, Value as Json, json};

use super::stack::Step;
use super::world::World;

/// What stands for a value that the cloud decides.
const ANY: &str = "(any)";

/// The cloud and the state, without what differs from run to run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Picture {
    cloud: Json,
    state: Json,
    /// How many objects were made since the cloud began.
    made: usize,
}

impl Picture {
    pub(super) fn of(world: &World) -> anyhow::Result<Self> {
        let objects = world.json(&["cloud", "objects", "-json"])?;
        let names = names(&objects);
        let mut cloud: BTreeMap<String, Vec<Json>> = BTreeMap::new();
        for o in array(&objects) {
            let name = format!("{} {}", text(&o["type"]), text(&o["address"]));
            cloud
                .entry(name)
                .or_default()
                .push(plain(&o["attributes"], &names));
        }
        let state = world.json(&["state", "pull"])?;
        let mut rows = Map::new();
        for (name, instance) in instances(&state) {
            let row = json!({
                "attributes": plain(&instance["attributes"], &names),
                "tainted": instance["status"],
                "dependencies": instance["dependencies"],
            });
            rows.insert(name, row);
        }
        rows.insert("outputs".to_owned(), plain(&state["outputs"], &names));
        Ok(Self {
            cloud: json!(cloud),
            state: Json::Object(rows),
            made: made(world)?.len(),
        })
    }

    /// Takes another undisturbed telling into account: where the two differ, anything may be.
    pub(super) fn allow(&mut self, other: &Self) {
        self.cloud = either(&self.cloud, &other.cloud);
        self.state = either(&self.state, &other.state);
    }
}

/// Fails where something is lost, twice there, left over or other than in the undisturbed telling.
pub(super) fn judge(world: &World, step: &Step) -> anyhow::Result<()> {
    let objects = world.json(&["cloud", "objects", "-json"])?;
    let state = world.json(&["state", "pull"])?;
    let there: BTreeSet<(String, String)> = array(&objects)
        .map(|o| (text(&o["type"]), text(&o["id"])))
        .collect();
    for (name, instance) in instances(&state) {
        let kind = name.split(' ').next().unwrap_or_default().to_owned();
        let id = text(&instance["attributes"]["id"]);
        if kind.starts_with("tencentcloud_") && !there.contains(&(kind, id.clone())) {
            bail!("missing: the state has {name} ({id}), the cloud does not");
        }
    }
    let got = Picture::of(world)?;
    let want = &step.after;
    let mut wrong = Vec::new();
    differences("cloud", &want.cloud, &got.cloud, &mut wrong);
    differences("state", &want.state, &got.state, &mut wrong);
    if !wrong.is_empty() {
        bail!(
            "not as in the undisturbed run:\n    {}",
            wrong.join("\n    ")
        );
    }
    if got.made != want.made && !step.provisioned {
        bail!("{} objects were made rather than {}", got.made, want.made);
    }
    for (token, ids) in made_by_token(world)? {
        if ids.len() > 1 {
            bail!("operation {token} made {} objects: {ids:?}", ids.len());
        }
    }
    if step.files.is_some() {
        let args = ["plan", "-detailed-exitcode", "-mock-config=mock.json"];
        let output = world.command(&args).output()?;
        if output.status.code() != Some(0) {
            let said = String::from_utf8_lossy(&output.stdout);
            bail!("the next plan is not empty: {said}");
        }
    }
    Ok(())
}

/// Ids of all objects that were ever made, by what the cloud was called.
fn made(world: &World) -> anyhow::Result<BTreeSet<String>> {
    Ok(made_by_token(world)?.into_values().flatten().collect())
}

fn made_by_token(world: &World) -> anyhow::Result<BTreeMap<String, BTreeSet<String>>> {
    let calls = world.json(&["cloud", "calls", "-json"])?;
    let mut out: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for call in array(&calls) {
        if call["op"] == "create" && call["id"].is_string() {
            out.entry(text(&call["operation"]))
                .or_default()
                .insert(text(&call["id"]));
        }
    }
    Ok(out)
}

/// What ids stand for.
fn names(objects: &Json) -> Vec<(String, String)> {
    array(objects)
        .map(|o| (text(&o["id"]), format!("<{}>", text(&o["address"]))))
        .collect()
}

/// Managed instances of a state file, by type and address.
fn instances(state: &Json) -> Vec<(String, &Json)> {
    let mut out = Vec::new();
    for resource in array(&state["resources"]) {
        for instance in array(&resource["instances"]) {
            let name = format!(
                "{} {}.{}[{}]{}",
                text(&resource["type"]),
                text(&resource["module"]),
                text(&resource["name"]),
                instance["index_key"],
                text(&instance["deposed"])
            );
            out.push((name, instance));
        }
    }
    out
}

/// A value with names in the place of ids, and without times.
fn plain(value: &Json, names: &[(String, String)]) -> Json {
    match value {
        Json::String(s) if is_time(s) => json!(ANY),
        Json::String(s) => {
            let mut s = s.clone();
            for (id, name) in names.iter().filter(|(id, _)| id.len() > 5) {
                if s.contains(id.as_str()) {
                    s = s.replace(id.as_str(), name);
                }
            }
            Json::String(s)
        }
        Json::Array(items) => items.iter().map(|v| plain(v, names)).collect(),
        Json::Object(o) => o
            .iter()
            .map(|(k, v)| (k.clone(), plain(v, names)))
            .collect(),
        other => other.clone(),
    }
}

fn is_time(s: &str) -> bool {
    s.len() >= 19 && s.starts_with("20") && s.as_bytes()[4] == b'-' && s.matches(':').count() == 2
}

/// What two values have in common.
fn either(a: &Json, b: &Json) -> Json {
    match (a, b) {
        (Json::Object(x), Json::Object(y)) if x.keys().eq(y.keys()) => x
            .iter()
            .map(|(k, v)| (k.clone(), either(v, &y[k])))
            .collect(),
        (Json::Array(x), Json::Array(y)) if x.len() == y.len() => {
            x.iter().zip(y).map(|(v, w)| either(v, w)).collect()
        }
        _ if a == b => a.clone(),
        _ => json!(ANY),
    }
}

fn differences(at: &str, want: &Json, got: &Json, out: &mut Vec<String>) {
    match (want, got) {
        (Json::String(any), _) if any == ANY => {}
        (Json::Object(x), Json::Object(y)) => {
            for key in x.keys().chain(y.keys().filter(|k| !x.contains_key(*k))) {
                let at = format!("{at}/{key}");
                match (x.get(key), y.get(key)) {
                    (Some(v), Some(w)) => differences(&at, v, w, out),
                    (Some(_), None) => out.push(format!("{at} is missing")),
                    _ => out.push(format!("{at} is too much")),
                }
            }
        }
        (Json::Array(x), Json::Array(y)) if x.len() == y.len() => {
            for (i, (v, w)) in x.iter().zip(y).enumerate() {
                differences(&format!("{at}/{i}"), v, w, out);
            }
        }
        _ if want == got => {}
        _ => out.push(format!("{at}: expected {want}, got {got}")),
    }
}

fn array(value: &Json) -> impl Iterator<Item = &Json> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
