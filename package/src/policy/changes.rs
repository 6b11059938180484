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
        self.effect == other.effect
            && self.condition == other.condition
            && matches(plain(&self.action), plain(&other.action))
            && matches(&self.resource, &other.resource)
    }
}

type Conditions = BTreeMap<Str, BTreeMap<Str, Vec<Value>>>;

/// More permissions than this are not compared one by one: statements are, as they are.
const MAX_PERMISSIONS: usize = 100_000;

impl Policy {
    /// What this policy says beyond another, and what it no longer says. How either is divided into statements does not
    /// matter, nor does what a pattern covers already.
    #[must_use]
    pub fn changes_since(&self, before: &Policy) -> Changes {
        if self.size().saturating_add(before.size()) > MAX_PERMISSIONS {
            return self.whole_statements(before);
        }
        let mut conditions = BTreeMap::new();
        let now = permissions(self, &mut conditions);
        let then = permissions(before, &mut conditions);
        let only = |a: &BTreeSet<Permission>, b: &BTreeSet<Permission>| {
            let covered = Covered::by(b);
            let new = a.difference(b).filter(|p| !covered.has(p));
            statements(new, &conditions)
        };
        Changes {
            added: only(&now, &then),
            removed: only(&then, &now),
        }
    }

    fn size(&self) -> usize {
        self.statements
            .iter()
            .map(|s| s.actions.len().saturating_mul(s.resources.len()))
            .fold(0, usize::saturating_add)
    }

    fn whole_statements(&self, before: &Policy) -> Changes {
        let only = |a: &Policy, b: &Policy| {
            let known: BTreeSet<String> = b.statements.iter().map(Statement::to_json).collect();
            let new = a
                .statements
                .iter()
                .filter(|s| !known.contains(&s.to_json()));
            new.cloned().collect()
        };
        Changes {
            added: only(self, before),
            removed: only(before, self),
        }
    }
}

/// Permissions, to be asked what they cover.
struct Covered<'p> {
    /// By action, those whose resource is a pattern.
    by_action: BTreeMap<&'p str, Vec<&'p Permission>>,
    /// Those whose action is a pattern.
    patterns: Vec<&'p Permission>,
}

impl<'p> Covered<'p> {
    fn by(all: &'p BTreeSet<Permission>) -> Self {
        let (mut by_action, mut patterns) = (BTreeMap::<_, Vec<_>>::new(), Vec::new());
        for p in all {
            if p.action.contains('*') {
                patterns.push(p);
            } else if p.resource.contains('*') {
                by_action.entry(plain(&p.action)).or_default().push(p);
            }
        }
        Self {
            by_action,
            patterns,
        }
    }

    fn has(&self, permission: &Permission) -> bool {
        let same = self.by_action.get(plain(&permission.action));
        let same = same.into_iter().flatten();
        same.chain(&self.patterns).any(|p| p.covers(permission))
    }
}

/// An action without the older prefix.
fn plain(action: &str) -> &str {
    action.strip_prefix("name/").unwrap_or(action)
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
