//! The role policy of an installation: what it is to be, what it was when it was last applied, and how both differ.

use std::collections::{BTreeMap, BTreeSet};

use cloudapp_engine::config::Configuration;
use cloudapp_engine::plan::{Plan, PlanMode};
use cloudapp_engine::store::Change;
use cloudapp_engine::variables::VariableInput;
use cloudapp_lang::{Str, Value};
use cloudapp_package::Package;
use cloudapp_package::policy::{Changes, Policy};

use crate::failure::Failure;
use crate::stack::Stack;

/// The role policy that a plan leads to.
#[derive(Debug)]
pub(crate) struct RolePolicy {
    /// None where the package declares none any more.
    pub(crate) now: Option<Policy>,
    /// None where none was applied yet.
    pub(crate) before: Option<Policy>,
    /// What the state holds.
    stored: String,
}

impl RolePolicy {
    /// That of a plan; none where neither the package nor the state has one, and where the plan does not install
    /// anything.
    pub(crate) async fn of(
        stack: &Stack,
        configuration: &Configuration,
        plan: &Plan,
    ) -> Result<Option<Self>, Failure> {
        let Some(package) = stack
            .package
            .as_ref()
            .filter(|_| plan.mode == PlanMode::Normal)
        else {
            return Ok(None);
        };
        let now = package.role_policy(&values(stack, configuration, plan));
        let stored = stack.state().await?.policy;
        if now.is_none() && stored.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self {
            now,
            before: Policy::from_json(&stored),
            stored,
        }))
    }

    /// What the plan adds and removes.
    pub(crate) fn changes(&self) -> Changes {
        let none = Policy::default();
        let now = self.now.as_ref().unwrap_or(&none);
        now.changes_since(self.before.as_ref().unwrap_or(&none))
    }

    /// What has to be stored once the plan is applied; nothing where it is stored already.
    pub(crate) fn to_store(&self) -> Option<Change> {
        let json = self.now.as_ref().map(Policy::to_json).unwrap_or_default();
        (json != self.stored).then_some(Change::PutPolicy { json })
    }
}

/// What may be put into the policy. What the configuration calls sensitive is marked so, and then is not put in.
fn values(stack: &Stack, configuration: &Configuration, plan: &Plan) -> BTreeMap<Str, Value> {
    let mut values: BTreeMap<Str, Value> = given(stack.given_variables()).collect();
    // Parameters that only the policy uses have no variable: the form alone knows them.
    if let Some(form) = stack.form(&plan.variables) {
        values.extend(form.variables);
    }
    for variable in configuration.variables() {
        let Some(value) = plan.variables.get(&variable.name) else {
            continue;
        };
        let hidden = variable.is_secret();
        let earlier = values.get(&variable.name).is_some_and(Value::has_marks);
        let value = value.clone();
        let value = if hidden || earlier {
            value.sensitive()
        } else {
            value
        };
        values.insert(variable.name.clone(), value);
    }
    if let Some(package) = &stack.package {
        hide_secrets(package, &mut values);
    }
    values
}

/// The values among what an installation gives.
pub(crate) fn given(inputs: Vec<VariableInput>) -> impl Iterator<Item = (Str, Value)> {
    inputs.into_iter().filter_map(|input| match input {
        VariableInput::Given { name, value } => Some((name, value)),
        _ => None,
    })
}

/// Marks what the form asks for as a secret.
fn hide_secrets(package: &Package, values: &mut BTreeMap<Str, Value>) {
    let secret: BTreeSet<&Str> = package
        .args()
        .iter()
        .filter(|a| a.widget.value.is_sensitive())
        .map(|a| &a.name.value)
        .collect();
    for (name, value) in values.iter_mut() {
        if secret.contains(name) {
            *value = value.clone().sensitive();
        }
    }
}
