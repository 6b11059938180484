//! What moves must not say: two things of one object, or that something moves away that is still declared.

use std::collections::HashMap;

use cloudapp_lang::{Diagnostic, Diagnostics};

use super::Statement;
use super::place::{Keys, Place};
use crate::address::InstanceKey;
use crate::config::{Configuration, ModuleId, ObjectId, Repetition};
use crate::plan::PlanMode;
use crate::plan::targets::Selection;
use crate::scope::Values;

/// Whether the configuration declares what is at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Declared {
    Yes,
    No,
    /// That depends on the values of `count` and `for_each`.
    Depends,
}

/// Checks statements against each other and the configuration. The ones that only the instances of the configuration can
/// tell about are returned.
pub(super) fn check(
    cfg: &Configuration,
    statements: &[Statement],
) -> Result<Vec<Statement>, Diagnostics> {
    let mut diags = Diagnostics::new();
    let mut undecided = Vec::new();
    let mut by_from: HashMap<Place, &Statement> = HashMap::new();
    let mut by_to: HashMap<Place, &Statement> = HashMap::new();
    for s in statements {
        if s.from == s.to {
            diags.push(found(
                s,
                Diagnostic::error(
                    "move-to-itself",
                    "Move leads nowhere",
                    format!("Both addresses are {}.", s.from),
                )
                .hint("Remove the block."),
            ));
            continue;
        }
        if let (Some((a, _)), Some((b, _))) = (&s.from.resource, &s.to.resource)
            && a.mode != b.mode
        {
            let d = Diagnostic::error(
                "move-of-different-kinds",
                "Move between a resource and a data source",
                format!(
                    "One of {} and {} is only read, the other is managed.",
                    s.from, s.to
                ),
            );
            diags.push(found(s, d.hint("Name two resources.")));
            continue;
        }
        let (from, to) = (settled(cfg, &s.from), settled(cfg, &s.to));
        let first = by_from.entry(from.clone()).or_insert(s);
        if settled(cfg, &first.to) != to {
            diags.push(found(s, two_targets(s, first)));
            continue;
        }
        let first = by_to.entry(to).or_insert(s);
        if settled(cfg, &first.from) != from {
            diags.push(found(s, two_sources(s, first)));
            continue;
        }
        match declared(cfg, &s.from) {
            Declared::Yes => diags.push(still_declared(s)),
            Declared::Depends => undecided.push(s.clone()),
            Declared::No => {}
        }
    }
    if diags.is_empty() {
        Ok(undecided)
    } else {
        Err(diags)
    }
}

fn found(s: &Statement, d: Diagnostic) -> Diagnostic {
    match s.span {
        Some(span) => d.at(span),
        None => d,
    }
}

fn two_targets(s: &Statement, first: &Statement) -> Diagnostic {
    Diagnostic::error(
        "two-moves-of-one-object",
        "Object is moved twice",
        format!(
            "{} is to go to {}, but another block says {}.",
            s.from, s.to, first.to
        ),
    )
    .hint("Remove one of the blocks; to move on, name the other's new address here.")
}

fn two_sources(s: &Statement, first: &Statement) -> Diagnostic {
    Diagnostic::error(
        "two-moves-to-one-address",
        "Two objects are moved to one address",
        format!(
            "{} is to go to {}, where another block moves {}.",
            s.from, s.to, first.from
        ),
    )
    .hint("Remove one of the blocks, or choose another address.")
}

/// What is said of a move whose origin has a block.
pub(super) fn still_declared(s: &Statement) -> Diagnostic {
    found(
        s,
        Diagnostic::error(
            "still-declared",
            "Block is still there",
            format!(
                "{} is to be moved to {}, but it is still declared.",
                s.from, s.to
            ),
        )
        .hint(format!(
            "Remove or rename the declaration of {}; or remove the moved block.",
            s.from
        )),
    )
}

/// A place with the keys that are certain: a call that is not repeated has one instance, without a key.
fn settled(cfg: &Configuration, place: &Place) -> Place {
    let mut out = place.clone();
    // The last step of a module means the call as a whole where it has no key.
    let above = match place.resource {
        Some(_) => place.modules.len(),
        None => place.modules.len().saturating_sub(1),
    };
    let mut at = Some(ModuleId::ROOT);
    for (name, keys) in &mut out.modules[..above] {
        let call = at.and_then(|m| cfg.module(m).calls.iter().find(|c| c.name == *name));
        at = call.map(|c| c.module);
        if *keys == Keys::Any && call.is_some_and(|c| is_single(&c.repetition)) {
            *keys = Keys::One(InstanceKey::None);
        }
    }
    out
}

fn is_single(r: &Repetition) -> bool {
    matches!(r, Repetition::None)
}

/// Whether something that is repeated like this has such an instance.
fn has(repetition: &Repetition, keys: &Keys) -> Declared {
    match (repetition, keys) {
        (Repetition::None, Keys::Any | Keys::One(InstanceKey::None)) => Declared::Yes,
        (_, Keys::Any)
        | (Repetition::Count(_), Keys::One(InstanceKey::Index(_)))
        | (Repetition::ForEach(_), Keys::One(InstanceKey::Key(_))) => Declared::Depends,
        _ => Declared::No,
    }
}

/// Whether there is a block for what is at a place, as far as that is certain without values.
fn declared(cfg: &Configuration, place: &Place) -> Declared {
    let mut at = ModuleId::ROOT;
    let mut out = Declared::Yes;
    for (i, (name, keys)) in place.modules.iter().enumerate() {
        let calls = &cfg.module(at).calls;
        let Some(call) = calls.iter().find(|c| c.name == *name) else {
            return Declared::No;
        };
        at = call.module;
        let is_last = place.resource.is_none() && i + 1 == place.modules.len();
        match has(&call.repetition, keys) {
            // The call itself is what is named, however often it is repeated.
            _ if is_last && *keys == Keys::Any => {}
            Declared::No => return Declared::No,
            Declared::Depends => out = Declared::Depends,
            Declared::Yes => {}
        }
    }
    let Some((resource, keys)) = &place.resource else {
        return out;
    };
    let resources = &cfg.module(at).resources;
    let Ok(i) = resources.binary_search_by(|r| r.addr.cmp(resource)) else {
        return Declared::No;
    };
    match has(&resources[i].repetition, keys) {
        _ if *keys == Keys::Any => out,
        Declared::Yes => out,
        other => other,
    }
}

/// Whether a place is among the instances that a walk has found.
pub(super) fn is_among(
    cfg: &Configuration,
    values: &Values,
    selection: &Selection,
    mode: PlanMode,
    place: &Place,
) -> bool {
    let path: Vec<_> = place.path().cloned().collect();
    let Some((above, call)) = (match &place.resource {
        Some(_) => Some((&path[..], None)),
        None => path.split_last().map(|(name, above)| (above, Some(name))),
    }) else {
        return false;
    };
    let Some(module) = cfg.module_at(above) else {
        return false;
    };
    let above_leads_to = |number: usize| {
        let steps = &values.instances[number].addr.0;
        let mut pairs = place.modules.iter().zip(steps.iter());
        pairs.all(|((n, keys), (name, key))| n == name && keys.matches(key))
    };
    let mut instances = values.of_module[module.0]
        .iter()
        .copied()
        .filter(|n| above_leads_to(*n));
    match (call, &place.resource) {
        (Some(name), _) => {
            let calls = &cfg.module(module).calls;
            let Some(i) = calls.iter().position(|c| c.name == *name) else {
                return false;
            };
            let keys = place.modules.last().map(|(_, k)| k);
            instances.any(|n| {
                let (_, found) = &values.instances[n].calls[i];
                keys.is_some_and(|k| *k == Keys::Any || found.iter().any(|(key, _)| k.matches(key)))
            })
        }
        (None, Some((resource, keys))) => {
            let resources = &cfg.module(module).resources;
            let Ok(i) = resources.binary_search_by(|r| r.addr.cmp(resource)) else {
                return false;
            };
            // Without the values of count and for_each it is only known which instances the state has.
            let expanded =
                mode == PlanMode::Normal && selection.includes(ObjectId::Resource(module, i));
            instances.any(|n| {
                let found = &values.instances[n].resources[i].instances;
                *keys == Keys::Any || expanded && found.iter().any(|(key, _)| keys.matches(key))
            })
        }
        (None, None) => false,
    }
}
