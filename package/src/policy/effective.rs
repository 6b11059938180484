//! The policy in force: both forms as one, with values put in.

use std::collections::{BTreeMap, BTreeSet};

use cloudapp_lang::value::{decode_json, encode_json, encode_json_pretty};
use cloudapp_lang::{Str, Value};

use super::action::Action;
use super::substitute::fill;
use super::{Declaration, Effect, VERIFY_LICENSE, VERSION};
use crate::manifest::Manifest;
use crate::package::Package;
use crate::yaml::{Node, Yaml};

/// What the role of an installation may do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Policy {
    pub statements: Vec<Statement>,
    /// The variables that had no value to put in: what depends on them is as it is written.
    pub open: BTreeSet<Str>,
}

/// One statement, without places.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    pub effect: Effect,
    pub actions: Vec<Str>,
    pub resources: Vec<Str>,
    /// By operator and key; a list of which one must fit.
    pub conditions: BTreeMap<Str, BTreeMap<Str, Vec<Value>>>,
}

impl Manifest {
    pub(crate) fn role_policy(&self, values: &BTreeMap<Str, Value>) -> Option<Policy> {
        if self.policy.is_none() && self.scopes.is_none() {
            return None;
        }
        let mut policy = Policy::default();
        let declared = self.policy.iter().flat_map(|p| &p.statements);
        for declaration in declared {
            let statement = Statement::of(declaration, values, &mut policy.open);
            policy.statements.push(statement);
        }
        if self.scopes.is_some() {
            let mut actions: Vec<Str> = Vec::new();
            let all = self.cloud_api.iter().map(|a| a.value.clone());
            for action in all.chain([VERIFY_LICENSE.into()]) {
                if !actions.contains(&action) {
                    actions.push(action);
                }
            }
            policy.statements.push(Statement {
                effect: Effect::Allow,
                actions,
                resources: vec!["*".into()],
                conditions: BTreeMap::new(),
            });
        }
        Some(policy)
    }
}

impl Package {
    /// The policy that an installation's role gets, with these values of the platform's variables and of the parameters;
    /// none where the package declares none. Sensitive values are never put in.
    #[must_use]
    pub fn role_policy(&self, values: &BTreeMap<Str, Value>) -> Option<Policy> {
        self.manifest.role_policy(values)
    }

    /// Whether the application may ask for its licence.
    pub(crate) fn may_verify_license(&self) -> bool {
        let Some((product, name)) = VERIFY_LICENSE.split_once(':') else {
            return false;
        };
        self.manifest.scopes.is_some()
            || self
                .manifest
                .policy
                .iter()
                .flat_map(|p| &p.statements)
                .any(|s| {
                    let mut actions = s.actions.iter().filter_map(|a| Action::parse(&a.value));
                    s.effect.value == Effect::Allow && actions.any(|a| a.covers(product, name))
                })
    }
}

impl Statement {
    fn of(declared: &Declaration, values: &BTreeMap<Str, Value>, open: &mut BTreeSet<Str>) -> Self {
        let mut conditions: BTreeMap<Str, BTreeMap<Str, Vec<Value>>> = BTreeMap::new();
        for c in &declared.conditions {
            let given = c.values.iter().map(|v| scalar(v, values, open)).collect();
            conditions
                .entry(c.operator.value.clone())
                .or_default()
                .insert(c.key.value.clone(), given);
        }
        let mut all = |texts: &[crate::yaml::Spanned<Str>]| {
            texts.iter().map(|t| fill(&t.value, values, open)).collect()
        };
        Self {
            effect: declared.effect.value,
            actions: all(&declared.actions),
            resources: all(&declared.resources),
            conditions,
        }
    }

    fn to_value(&self) -> Value {
        let strings = |items: &[Str]| Value::tuple(items.iter().map(|s| Value::string(s.clone())));
        let mut parts = vec![
            ("action", strings(&self.actions)),
            ("effect", Value::string(self.effect.as_str())),
            ("resource", strings(&self.resources)),
        ];
        if !self.conditions.is_empty() {
            let conditions = self.conditions.iter().map(|(operator, tests)| {
                let tests = tests
                    .iter()
                    .map(|(key, values)| (key.clone(), Value::tuple(values.iter().cloned())));
                (operator.clone(), Value::object(tests))
            });
            parts.push(("condition", Value::object(conditions)));
        }
        Value::object(parts)
    }

    /// The statement as one of an access policy.
    #[must_use]
    pub fn to_json(&self) -> String {
        encode_json(&self.to_value())
    }

    fn from_value(value: &Value) -> Option<Self> {
        let strings = |name: &str| -> Option<Vec<Str>> {
            let items = value.get(name)?.as_items()?;
            items.iter().map(|v| v.as_str().map(Into::into)).collect()
        };
        let mut conditions = BTreeMap::new();
        for (operator, tests) in value
            .get("condition")
            .and_then(Value::as_entries)
            .into_iter()
            .flatten()
        {
            let tests = tests.as_entries()?.iter();
            let tests = tests
                .map(|(key, values)| Some((key.clone(), values.as_items()?.to_vec())))
                .collect::<Option<BTreeMap<_, _>>>()?;
            conditions.insert(operator.clone(), tests);
        }
        Some(Self {
            effect: match value.get("effect")?.as_str()? {
                "allow" => Effect::Allow,
                "deny" => Effect::Deny,
                _ => return None,
            },
            actions: strings("action")?,
            resources: strings("resource")?,
            conditions,
        })
    }
}

impl Policy {
    /// The policy as an access policy, in one line.
    #[must_use]
    pub fn to_json(&self) -> String {
        encode_json(&self.to_value())
    }

    /// The same over several lines.
    #[must_use]
    pub fn to_json_pretty(&self) -> String {
        encode_json_pretty(&self.to_value())
    }

    /// Reads what [`Policy::to_json`] wrote; none where the text is nothing of the kind.
    #[must_use]
    pub fn from_json(text: &str) -> Option<Self> {
        let value = decode_json(text).ok()?;
        let statements = value.get("statement")?.as_items()?;
        Some(Self {
            statements: statements
                .iter()
                .map(Statement::from_value)
                .collect::<Option<_>>()?,
            open: BTreeSet::new(),
        })
    }

    fn to_value(&self) -> Value {
        Value::object([
            (
                "statement",
                Value::tuple(self.statements.iter().map(Statement::to_value)),
            ),
            ("version", Value::string(VERSION)),
        ])
    }

    /// How many actions and patterns it names.
    #[must_use]
    pub fn action_count(&self) -> usize {
        let all: BTreeSet<&Str> = self.statements.iter().flat_map(|s| &s.actions).collect();
        all.len()
    }
}

fn scalar(node: &Node, values: &BTreeMap<Str, Value>, open: &mut BTreeSet<Str>) -> Value {
    match &node.value {
        Yaml::String(s) => Value::string(fill(s, values, open)),
        _ => node.to_value(),
    }
}
