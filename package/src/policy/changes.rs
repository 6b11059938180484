//! What an upgrade adds to a policy and takes out of it.

use std::collections::{BTreeMap, BTreeSet};

use cloudapp_lang::value::encode_json;
use cloudapp_lang::{Str, Value};

use super::action::matches;
use super::{Policy, Statement};

/// The difference of two policies, as statements of what only one of them says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    pub added: Vec<Statement>,
    pub removed: Vec<Statement>,
}

impl Changes {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

/// One action on one resource under one condition: what two policies are compared by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Permission {
    effect: super::Effect,
    /// The condition, as JSON.
    condition: String,
    action: Str,
    resource: Str,
}

impl Permission {
    /// Whether it says all that another does: by a pattern, under the same condition.
    fn covers(&self, other: &Permission) -> bool {
        let plain = |action: &'_ str| action.strip_prefix("name/").unwrap_or(action).to_owned();
        self.effect == other.effect
            && self.condition == other.condition
            && matches(&plain(&self.action), &plain(&other.action))
            && matches(&self.resource, &other.resource)
    }
}

type Conditions = BTreeMap<Str, BTreeMap<Str, Vec<Value>>>;

impl Policy {
    /// What this policy says beyond another, and what it no longer says. How either is divided into statements does not
    /// matter.
    #[must_use]
    pub fn changes_since(&self, before: &Policy) -> Changes {
        let mut conditions = BTreeMap::new();
        let now = permissions(self, &mut conditions);
        let then = permissions(before, &mut conditions);
        let only = |a: &BTreeSet<Permission>, b: &BTreeSet<Permission>| {
            let new = a.difference(b).filter(|p| !b.iter().any(|o| o.covers(p)));
            statements(new, &conditions)
        };
        Changes {
            added: only(&now, &then),
            removed: only(&then, &now),
        }
    }
}

fn permissions(policy: &Policy, seen: &mut BTreeMap<String, Conditions>) -> BTreeSet<Permission> {
    let mut all = BTreeSet::new();
    for s in &policy.statements {
        let condition = text(&s.conditions);
        seen.entry(condition.clone())
            .or_insert_with(|| s.conditions.clone());
        for action in &s.actions {
            for resource in &s.resources {
                all.insert(Permission {
                    effect: s.effect,
                    condition: condition.clone(),
                    action: action.clone(),
                    resource: resource.clone(),
                });
            }
        }
    }
    all
}

fn text(conditions: &Conditions) -> String {
    encode_json(&Value::object(conditions.iter().map(|(o, tests)| {
        let tests = tests
            .iter()
            .map(|(k, v)| (k.clone(), Value::tuple(v.iter().cloned())));
        (o.clone(), Value::object(tests))
    })))
}

/// Puts together what can be said in one statement: first the resources of an action, then the actions with the same
/// resources.
fn statements<'p>(
    all: impl Iterator<Item = &'p Permission>,
    conditions: &BTreeMap<String, Conditions>,
) -> Vec<Statement> {
    let mut of_action: BTreeMap<(super::Effect, &str, &Str), Vec<Str>> = BTreeMap::new();
    for p in all {
        let key = (p.effect, p.condition.as_str(), &p.action);
        of_action.entry(key).or_default().push(p.resource.clone());
    }
    let mut together: BTreeMap<(super::Effect, &str, Vec<Str>), Vec<Str>> = BTreeMap::new();
    for ((effect, condition, action), resources) in of_action {
        let key = (effect, condition, resources);
        together.entry(key).or_default().push(action.clone());
    }
    together
        .into_iter()
        .map(|((effect, condition, resources), actions)| Statement {
            effect,
            actions,
            resources,
            conditions: conditions.get(condition).cloned().unwrap_or_default(),
        })
        .collect()
}
