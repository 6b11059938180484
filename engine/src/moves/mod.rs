//! Objects of the state that get another address, before anything is planned.
//!
//! What moves is said by statements: one for every `moved` block ([`place`] is what its two ends match), and one for every
//! resource that gained or lost `count`, whose first instance then keeps its object. They are checked against each other
//! and the configuration ([`check`]), put in an order in which chains are followed to their end, and carried out on the
//! state as it was read ([`execute`]). The plan carries the outcome, a list of old and new addresses; applying it renames
//! the rows first ([`rename`]) and decides nothing.

mod check;
mod execute;
mod order;
mod place;
mod rename;

use std::collections::{BTreeSet, HashMap, HashSet};

use cloudapp_lang::{Diagnostic, Diagnostics, Span, Str};

use crate::address::{Address, InstanceKey, Mode, ModuleAddr, ResourceAddr};
use crate::config::{Configuration, ModuleId, Repetition};
use crate::plan::PlanMode;
use crate::plan::targets::Selection;
use crate::scope::Values;
use crate::store::State;
use place::{Keys, Place};

pub use rename::rename;

/// What is where, and where it is to be. Both ends are resources or both are modules.
#[derive(Clone, Debug)]
struct Statement {
    /// The number of steps at the beginning of both ends that lead to the module of the block. It holds in every instance
    /// of that module, and they stay as they are.
    base: usize,
    from: Place,
    to: Place,
    /// The header of the block; none where no block says it.
    span: Option<Span>,
}

impl Statement {
    /// Where a module that `from` leads to, or one below it, goes.
    fn module(&self, module: &ModuleAddr) -> ModuleAddr {
        let depth = self.from.modules.len();
        let own = |i: usize| module.0.get(i).map(|(_, k)| k.clone());
        let steps = self.to.modules.iter().enumerate();
        let mut out: Vec<(Str, InstanceKey)> = steps
            .map(|(i, (name, keys))| {
                let key = match keys {
                    Keys::One(k) => Some(k.clone()),
                    Keys::Any if i < self.base => own(i),
                    // All instances of a call: each keeps its key.
                    Keys::Any => depth.checked_sub(1).and_then(own),
                };
                (name.clone(), key.unwrap_or(InstanceKey::None))
            })
            .collect();
        out.extend_from_slice(module.0.get(depth..).unwrap_or_default());
        out.into_iter().collect()
    }

    /// Whether nothing but the keys of module instances changes.
    fn only_changes_keys(&self) -> bool {
        self.from.resource.is_none() && self.from.path().eq(self.to.path())
    }
}

/// What became of the addresses of a state.
#[derive(Debug, Default)]
pub(crate) struct Moved {
    /// From, to; in the order of the state. Chains are followed to their end.
    pub(crate) renamed: Vec<(Address, Address)>,
    /// What did not move, as a warning.
    pub(crate) diags: Diagnostics,
    /// Statements whose `from` may still be declared: that depends on how often something is repeated.
    undecided: Vec<Statement>,
}

/// Moves what the configuration says on a state. An error where that contradicts itself or the configuration.
pub(crate) fn carry_out(
    cfg: &Configuration,
    selection: &Selection,
    state: &mut State,
) -> Result<Moved, Diagnostics> {
    let mut statements = explicit(cfg);
    let undecided = check::check(cfg, &statements)?;
    statements.extend(implied(cfg, &statements, state));
    if statements.is_empty() {
        return Ok(Moved::default());
    }
    let order = order::order(&statements)?;
    let (renamed, diags) = execute::execute(&statements, &order, state);
    if diags.has_errors() {
        return Err(diags);
    }
    not_targeted(selection, &renamed)?;
    rename(state, &renamed);
    Ok(Moved {
        renamed,
        diags,
        undecided,
    })
}

impl Moved {
    /// Errors where an instance that is moved away turns out to be declared, once it is known which instances there are.
    pub(crate) fn still_declared(
        &self,
        cfg: &Configuration,
        values: &Values,
        selection: &Selection,
        mode: PlanMode,
    ) -> Diagnostics {
        let statements = self.undecided.iter();
        statements
            .filter(|s| check::is_among(cfg, values, selection, mode, &s.from))
            .map(check::still_declared)
            .collect()
    }

    /// Old addresses by new ones.
    pub(crate) fn previous(&self) -> HashMap<Address, Address> {
        let swapped = |(from, to): &(Address, Address)| (to.clone(), from.clone());
        self.renamed.iter().map(swapped).collect()
    }
}

/// The statements of `moved` blocks, in the order of the source.
fn explicit(cfg: &Configuration) -> Vec<Statement> {
    let mut out = Vec::new();
    for module in &cfg.modules {
        for m in &module.moved {
            // A key at either end means one instance; so no key at the other is that of an instance without one.
            let whole = Place::has_no_key(&m.from) && Place::has_no_key(&m.to);
            out.push(Statement {
                base: module.path.len(),
                from: Place::new(&module.path, &m.from, whole),
                to: Place::new(&module.path, &m.to, whole),
                span: Some(m.span),
            });
        }
    }
    out
}

/// The statements that no block says: where `count` came, the instance without a key becomes the first one, and where it
/// went, the other way round. Not for resources that a block names.
fn implied(cfg: &Configuration, explicit: &[Statement], state: &State) -> Vec<Statement> {
    let named: HashSet<(Vec<&Str>, &ResourceAddr)> = explicit
        .iter()
        .flat_map(|s| [&s.from, &s.to])
        .filter_map(|p| Some((p.path().collect(), &p.resource.as_ref()?.0)))
        .collect();
    let modules = by_path(cfg);
    let mut found: BTreeSet<(ModuleId, usize)> = BTreeSet::new();
    let counted = (cfg.modules.iter()).any(|m| {
        let mut all = m.resources.iter();
        all.any(|r| matches!(r.repetition, Repetition::Count(_)))
    });
    // An instance without a key may become the first of some that are counted, a first one may lose its key; no other
    // address needs to be looked into.
    let may_move = |address: &str| match address.ends_with(']') {
        true => address.ends_with("[0]"),
        false => counted,
    };
    for row in state.instances.iter().filter(|r| may_move(&r.address)) {
        let Ok(a) = row.address.parse::<Address>() else {
            continue;
        };
        if a.resource.mode != Mode::Managed {
            continue;
        }
        let path: Vec<Str> = a.module.0.iter().map(|(n, _)| n.clone()).collect();
        let Some((id, index)) = modules.get(&path[..]).and_then(|m| {
            let resources = &cfg.module(*m).resources;
            let i = resources.binary_search_by(|r| r.addr.cmp(&a.resource));
            Some((*m, i.ok()?))
        }) else {
            continue;
        };
        let fits = matches!(
            (&cfg.resource(id, index).repetition, &a.key),
            (Repetition::Count(_), InstanceKey::None) | (Repetition::None, InstanceKey::Index(0))
        );
        if fits && !named.contains(&(path.iter().collect(), &a.resource)) {
            found.insert((id, index));
        }
    }
    let statement = |(id, index): (ModuleId, usize)| {
        let decl = cfg.resource(id, index);
        let place = |key| Place::instances(&cfg.module(id).path, &decl.addr, Keys::One(key));
        let (none, first) = (place(InstanceKey::None), place(InstanceKey::Index(0)));
        let (from, to) = match decl.repetition {
            Repetition::Count(_) => (none, first),
            _ => (first, none),
        };
        Statement {
            base: from.modules.len(),
            from,
            to,
            span: None,
        }
    };
    found.into_iter().map(statement).collect()
}

/// The modules of a configuration by the names of the calls that lead to them.
fn by_path(cfg: &Configuration) -> HashMap<&[Str], ModuleId> {
    let modules = cfg.modules.iter().enumerate();
    modules.map(|(i, m)| (&m.path[..], ModuleId(i))).collect()
}

/// A plan for a part of the stack must not tear a move apart.
fn not_targeted(selection: &Selection, renamed: &[(Address, Address)]) -> Result<(), Diagnostic> {
    let outside: BTreeSet<&Address> = renamed
        .iter()
        .flat_map(|(from, to)| [from, to])
        .filter(|a| !selection.includes_address(a))
        .collect();
    if outside.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = outside.iter().map(ToString::to_string).collect();
    let flags: Vec<String> = names.iter().map(|n| format!("-target='{n}'")).collect();
    Err(Diagnostic::error(
        "moved-outside-of-targets",
        "Targets leave out moved objects",
        format!(
            "Objects get another address, and these addresses are outside of the targets: {}.",
            names.join(", ")
        ),
    )
    .hint(format!("Add {}; or plan without -target.", flags.join(" "))))
}
