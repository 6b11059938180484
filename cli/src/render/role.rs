//! A role policy as text: what the installed application may call, and what an upgrade adds and removes.

use cloudapp_engine::view::json::{Array, Object};
use cloudapp_package::policy::{Policy, Statement};

use super::count;
use super::palette::Palette;
use crate::role::RolePolicy;

/// How a line of statements begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    None,
    Added,
    Removed,
}

/// The section behind a plan.
pub(crate) fn section(role: &RolePolicy, palette: Palette) -> String {
    let changes = role.changes();
    let mut out = format!("{} ", palette.bold("Role policy:"));
    match (&role.now, &role.before) {
        (Some(now), None) => {
            out.push_str("the installed application\n\n");
            out.push_str(&statements(&now.statements, Sign::None, palette));
            out.push_str(&open(now));
        }
        (Some(now), Some(_)) if changes.is_empty() => {
            out.push_str(&format!(
                "as before, {}.\n",
                count(now.action_count(), "action")
            ));
        }
        _ => {
            out.push_str("this plan changes what the installed application may call\n\n");
            out.push_str(&statements(&changes.added, Sign::Added, palette));
            out.push_str(&statements(&changes.removed, Sign::Removed, palette));
            if let Some(now) = &role.now {
                out.push_str(&open(now));
            }
        }
    }
    out.truncate(out.trim_end().len());
    out + "\n"
}

/// What is not put in yet.
fn open(policy: &Policy) -> String {
    if policy.open.is_empty() {
        return String::new();
    }
    let names: Vec<String> = policy.open.iter().map(|n| format!("var.{n}")).collect();
    format!(
        "  Not put in, because there is no value or it is secret: {}.\n",
        names.join(", ")
    )
}

/// One paragraph for each statement.
pub(crate) fn statements(all: &[Statement], sign: Sign, palette: Palette) -> String {
    let mut out = String::new();
    for statement in all {
        let words = statement.words();
        let (mark, may) = match (sign, words.allowed) {
            (Sign::None, true) => (" ", "may call"),
            (Sign::None, false) => (" ", "may never call"),
            (Sign::Added, true) => ("+", "may newly call"),
            (Sign::Added, false) => ("+", "may from now on never call"),
            (Sign::Removed, true) => ("-", "may no longer call"),
            (Sign::Removed, false) => ("-", "is no longer kept from calling"),
        };
        let paint = |text: &str| match sign {
            Sign::None => text.to_owned(),
            Sign::Added => palette.added(text),
            Sign::Removed => palette.removed(text),
        };
        out.push_str(&paint(&format!("{mark} {may}")));
        out.push('\n');
        for action in &words.actions {
            out.push_str(&paint(&format!("{mark}   {action}")));
            out.push('\n');
        }
        for (i, resource) in words.resources.iter().enumerate() {
            let word = if i == 0 { "on" } else { "or" };
            out.push_str(&format!("      {word} {resource}\n"));
        }
        for (i, condition) in words.conditions.iter().enumerate() {
            let word = if i == 0 { "where" } else { "and" };
            out.push_str(&format!("      {word} {condition}\n"));
        }
        out.push('\n');
    }
    out
}

/// One line about it, for the stream.
pub(crate) fn headline(role: &RolePolicy) -> String {
    let changes = role.changes();
    let actions = |s: &[Statement]| s.iter().map(|s| s.actions.len()).sum::<usize>();
    match (&role.now, &role.before) {
        (Some(now), None) => format!("Role policy: {}", count(now.action_count(), "action")),
        _ if changes.is_empty() => "Role policy: as before".to_owned(),
        _ => format!(
            "Role policy: {} added, {} removed",
            count(actions(&changes.added), "action"),
            actions(&changes.removed)
        ),
    }
}

/// The policy and its changes as the properties of an object.
pub(crate) fn properties(object: &mut Object<'_>, role: &RolePolicy) {
    let changes = role.changes();
    let policy = role.now.as_ref().map_or("null".to_owned(), Policy::to_json);
    object.raw("policy", &policy);
    for (name, all) in [("added", &changes.added), ("removed", &changes.removed)] {
        let mut list = Array::new(object.key(name));
        for statement in all {
            list.item().push_str(&statement.to_json());
        }
        list.end();
    }
}
