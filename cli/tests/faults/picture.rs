//! What a stack came to, so that it can be compared with what the same stack came to in another world.
//!
//! Ids differ from world to world, so an id is replaced by the address of the object that has it. What then still differs
//! between two undisturbed worlds with different seeds is for the cloud to decide, and is compared only in whether it is
//! there.

use std::collections::{BTreeMap, BTreeSet};

use cloudapp_engine::store::State;
use cloudapp_providers::MockCloud;
use serde_json::{Value as Json, json};

/// State and cloud, without what is chance.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Picture {
    /// By address, with a number for each deposed object.
    rows: BTreeMap<String, Json>,
    rest: Json,
}

/// The places where chance decides.
pub(crate) type Chance = BTreeSet<String>;

impl Picture {
    pub(crate) fn of(state: &State, cloud: &MockCloud) -> Self {
        let attributes: Vec<Json> = state
            .instances
            .iter()
            .map(|r| serde_json::from_str(&r.attributes).unwrap())
            .collect();
        let mut names: BTreeMap<&str, String> = BTreeMap::new();
        for (row, value) in state.instances.iter().zip(&attributes) {
            if let Some(id) = value["id"].as_str().filter(|id| id.len() >= 8) {
                names
                    .entry(id)
                    .or_insert_with(|| format!("<{}>", row.address));
            }
        }
        // The longest first: ids are made of ids.
        let mut names: Vec<(&str, String)> = names.into_iter().collect();
        names.sort_by_key(|(id, _)| std::cmp::Reverse(id.len()));
        let mut rows = BTreeMap::new();
        for (row, value) in state.instances.iter().zip(&attributes) {
            let mut key = row.address.clone();
            while rows.contains_key(&key) || (key == row.address && !row.deposed.is_empty()) {
                key.push_str(" (deposed)");
            }
            let picture = json!({
                "attributes": named(value, &names),
                "provider": row.provider,
                "sensitive": row.sensitive,
                "dependencies": row.dependencies,
                "tainted": row.tainted,
                "create_before_destroy": row.create_before_destroy,
            });
            rows.insert(key, picture);
        }
        let outputs: BTreeMap<_, _> = state
            .outputs
            .iter()
            .map(|o| {
                let value = serde_json::from_str(&o.value).unwrap();
                (&o.name, json!([named(&value, &names), o.ty, o.sensitive]))
            })
            .collect();
        let mut objects: BTreeMap<String, usize> = BTreeMap::new();
        for o in cloud.objects().unwrap() {
            *objects.entry(o.kind).or_default() += 1;
        }
        let checks: Json = serde_json::from_str(&state.checks).unwrap_or_default();
        Self {
            rows,
            rest: json!({ "outputs": outputs, "checks": named(&checks, &names), "cloud": objects }),
        }
    }

    /// Where two undisturbed worlds differ.
    pub(crate) fn chance(&self, other: &Self) -> Chance {
        let mut out = Chance::new();
        differences(
            &self.whole(),
            &other.whole(),
            String::new(),
            &mut |at, _, _| {
                out.insert(at.to_owned());
            },
        );
        out
    }

    /// Where another world differs in what is not chance.
    pub(crate) fn compare(&self, other: &Self, chance: &Chance) -> Vec<String> {
        different(&self.whole(), &other.whole(), "", chance)
    }

    /// Whether the object at an address is there in another world as it is here, but for what is chance.
    pub(crate) fn same_object(&self, other: &Self, address: &str, chance: &Chance) -> bool {
        let (Some(want), Some(got)) = (self.rows.get(address), other.rows.get(address)) else {
            return false;
        };
        ["attributes", "tainted"].iter().all(|part| {
            let at = format!("/rows/{address}/{part}");
            different(&want[part], &got[part], &at, chance).is_empty()
        })
    }

    fn whole(&self) -> Json {
        json!({ "rows": self.rows, "rest": self.rest })
    }
}

fn different(want: &Json, got: &Json, at: &str, chance: &Chance) -> Vec<String> {
    let mut out = Vec::new();
    differences(want, got, at.to_owned(), &mut |at, want, got| {
        let within = |c: &String| at == c || at.starts_with(c) && at[c.len()..].starts_with('/');
        let excused = chance.contains(at) || chance.iter().any(within);
        if !excused || want.is_null() != got.is_null() {
            out.push(format!("{at}: expected {want}, got {got}"));
        }
    });
    out
}

/// Calls `found` for every place in which two documents differ.
fn differences(a: &Json, b: &Json, at: String, found: &mut impl FnMut(&str, &Json, &Json)) {
    match (a, b) {
        (Json::Object(x), Json::Object(y)) => {
            let names: BTreeSet<&String> = x.keys().chain(y.keys()).collect();
            for n in names {
                let of = |m: &serde_json::Map<String, Json>| m.get(n).cloned().unwrap_or_default();
                differences(&of(x), &of(y), format!("{at}/{n}"), found);
            }
        }
        (Json::Array(x), Json::Array(y)) if x.len() == y.len() => {
            for (i, (v, w)) in x.iter().zip(y).enumerate() {
                differences(v, w, format!("{at}/{i}"), found);
            }
        }
        _ if a != b => found(&at, a, b),
        _ => {}
    }
}

/// Ids as the addresses of the objects that have them, and times as such.
fn named(value: &Json, names: &[(&str, String)]) -> Json {
    match value {
        Json::String(s) if is_time(s) => Json::String("<time>".to_owned()),
        Json::String(s) => {
            let mut out = s.clone();
            for (id, name) in names {
                if out.contains(id) {
                    out = out.replace(id, name);
                }
            }
            Json::String(out)
        }
        Json::Array(all) => all.iter().map(|v| named(v, names)).collect(),
        Json::Object(all) => {
            let entries = all.iter();
            Json::Object(entries.map(|(n, v)| (n.clone(), named(v, names))).collect())
        }
        other => other.clone(),
    }
}

/// `2026-01-02T03:04:05…` or `2026-01-02 03:04:05…`
fn is_time(text: &str) -> bool {
    let form = "dddd-dd-dd?dd:dd:dd";
    text.len() >= form.len()
        && form.bytes().zip(text.bytes()).all(|(f, t)| match f {
            b'd' => t.is_ascii_digit(),
            b'?' => t == b'T' || t == b' ',
            _ => f == t,
        })
}
