//! What needs the rest of the package: names in `${…}`, actions that there are, length, and both forms at once.

use std::collections::BTreeMap;

use cloudapp_lang::diagnostic::nearest;
use cloudapp_lang::{Diagnostic, Diagnostics, SourceMap, Span, Str};

use super::action::Action;
use super::actions::{Known, look_up};
use super::substitute::{Names, Text, check, variable};
use super::{Declaration, Effect, MAX_LENGTH};
use crate::argument::Argument;
use crate::manifest::Manifest;
use crate::package::Package;
use crate::variables::SYSTEM_VARIABLES;
use crate::yaml::{Spanned, Yaml};

/// The variable whose value nobody else may see.
const SECRET: &str = "cloudapp_repo_password";

/// Checks the expressions of the policy, and that there is one form of it.
pub(crate) fn manifest(manifest: &Manifest, sources: &SourceMap) -> Diagnostics {
    let mut found = Diagnostics::new();
    if let (Some(policy), Some(scopes)) = (&manifest.policy, manifest.scopes) {
        let detail = "Both \"role.policy\" and the older \"scopes.cloudAPI\" declare permissions, and both count; with the newer form the older one is to be removed.";
        let d = Diagnostic::warning(
            "policy-declared-twice",
            "Two declarations of the policy",
            detail,
        );
        found.push(
            d.at(scopes)
                .within(policy.span.to(scopes))
                .hint("Move its actions into \"role.policy\": cloudapp policy -rewrite does it."),
        );
    }
    let names = ArgumentNames(&manifest.args);
    let statements = manifest.policy.iter().flat_map(|p| &p.statements);
    for statement in statements {
        for (text, span) in strings(statement) {
            match Text::parse(text, span, sources) {
                Ok(None) => {}
                Ok(Some(parsed)) => {
                    check(&parsed, &names, &mut found);
                    secrets(&parsed, &manifest.args, &mut found);
                }
                Err(faults) => found.append(faults),
            }
        }
    }
    found
}

/// All strings of a statement that may hold expressions.
pub(crate) fn strings(statement: &Declaration) -> impl Iterator<Item = (&str, Span)> {
    let conditions = statement.conditions.iter().flat_map(|c| &c.values);
    statement
        .actions
        .iter()
        .chain(&statement.resources)
        .map(|t| (&*t.value, t.span))
        .chain(conditions.filter_map(|v| match &v.value {
            Yaml::String(s) => Some((&**s, v.span)),
            _ => None,
        }))
}

struct ArgumentNames<'a>(&'a [Argument]);

impl Names for ArgumentNames<'_> {
    fn has(&self, name: &str) -> bool {
        SYSTEM_VARIABLES.contains(&name) || self.0.iter().any(|a| &*a.name.value == name)
    }

    fn nearest(&self, name: &str) -> Option<String> {
        let own = self.0.iter().map(|a| &*a.name.value);
        nearest(name, own.chain(SYSTEM_VARIABLES)).map(Into::into)
    }
}

fn secrets(text: &Text<'_>, arguments: &[Argument], found: &mut Diagnostics) {
    text.expr.for_each_reference(&mut |r| {
        let Some(name) = variable(r) else { return };
        let asked = arguments
            .iter()
            .any(|a| a.name.value == name.name && a.widget.value.is_sensitive());
        if asked || &*name.name == SECRET {
            let detail = format!(
                "\"{}\" is secret, and a policy is shown to everybody who may look at the installation; it is not put in.",
                name.name
            );
            let d = Diagnostic::warning("policy-secret", "Secret in a policy", detail);
            found.push(
                d.at(text.place(name.span))
                    .hint("Name what is allowed by something that is no secret."),
            );
        }
    });
}

impl Package {
    /// What the list of actions, which is built in, has to say, and whether the policy is short enough. Only who asks
    /// pays for unpacking the list.
    #[must_use]
    pub fn check_policy(&self) -> Diagnostics {
        let mut found = Diagnostics::new();
        let manifest = &self.manifest;
        let statements = manifest.policy.iter().flat_map(|p| &p.statements);
        for statement in statements.clone() {
            too_much(statement, &mut found);
        }
        let declared = statements.flat_map(|s| &s.actions);
        for action in declared.chain(&manifest.cloud_api) {
            unknown(action, &mut found);
        }
        let length = self
            .role_policy(&BTreeMap::new())
            .map_or(0, |p| p.to_json().len());
        if length > MAX_LENGTH {
            let detail = format!(
                "As a text the policy has {length} characters before values are put in; policies of more than {MAX_LENGTH} are refused elsewhere."
            );
            let d = Diagnostic::warning("policy-too-long", "Policy may be too long", detail);
            let at = manifest.policy.as_ref().map(|p| p.span).or(manifest.scopes);
            found.push(
                d.or_at(at.unwrap_or(Span::new(self.file, 0, 0)))
                    .hint("Put actions together with a * at the end, such as cvm:Describe*."),
            );
        }
        found
    }
}

fn too_much(statement: &Declaration, found: &mut Diagnostics) {
    if statement.effect.value != Effect::Allow || !statement.conditions.is_empty() {
        return;
    }
    let everything = |t: &&Spanned<Str>| &*t.value == "*";
    let Some(action) = statement.actions.iter().find(everything) else {
        return;
    };
    if statement.resources.iter().any(|r| &*r.value == "*") {
        let detail = "This allows every action on every resource: the application could do whatever its customer can.";
        let d = Diagnostic::warning(
            "policy-allows-everything",
            "Policy allows everything",
            detail,
        );
        found.push(
            d.at(action.span)
                .within(statement.span)
                .hint("Name the actions that the application calls."),
        );
    }
}

fn unknown(action: &Spanned<Str>, found: &mut Diagnostics) {
    let Some(Action::Of { product, name }) = Action::parse(&action.value) else {
        return;
    };
    let (detail, near) = match look_up(product, name) {
        Known::Yes => return,
        Known::NoProduct(near) => (
            format!("This version knows no product \"{product}\"."),
            near.map(|n| format!("{n}:{name}")),
        ),
        Known::NoAction(near) => (
            format!("This version knows no action \"{name}\" of {product}."),
            near.map(|n| format!("{product}:{n}")),
        ),
    };
    let d = Diagnostic::warning("policy-unknown-action", "Unknown action", detail).at(action.span);
    found.push(d.hint(match near {
        Some(near) => format!("Did you mean {near}?"),
        None => "Check the name in the product's API manual; the list here may be older than the cloud.".into(),
    }));
}
