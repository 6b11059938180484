//! Carrying out moves on the addresses of a state.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use cloudapp_lang::{Diagnostic, Diagnostics};

use super::Statement;
use super::place::Keys;
use crate::address::{Address, InstanceKey, ModuleAddr, ResourceAddr};
use crate::store::State;

/// The addresses of a state while they change.
struct Addresses {
    /// As the state has it, and as it is by now.
    rows: Vec<(Address, Address)>,
    by_resource: HashMap<ResourceAddr, BTreeMap<ModuleAddr, Vec<usize>>>,
    /// What did not move: from, to.
    blocked: Vec<(String, String)>,
    diags: Diagnostics,
}

/// What gets another address, and what to say about it: errors, or a warning about what could not move.
pub(super) fn execute(
    statements: &[Statement],
    order: &[usize],
    state: &State,
) -> (Vec<(Address, Address)>, Diagnostics) {
    let mut addresses = Addresses::new(state);
    for s in order.iter().map(|i| &statements[*i]) {
        match (&s.from.resource, &s.to.resource) {
            (Some((from, keys)), Some((to, to_keys))) => {
                addresses.move_resource(s, (from, keys), (to, to_keys));
            }
            _ => addresses.move_module(s),
        }
    }
    addresses.outcome()
}

impl Addresses {
    fn new(state: &State) -> Self {
        let mut out = Self {
            rows: Vec::with_capacity(state.instances.len()),
            by_resource: HashMap::new(),
            blocked: Vec::new(),
            diags: Diagnostics::new(),
        };
        for row in &state.instances {
            // What cannot be read is reported where the state is planned from.
            if let Ok(a) = row.address.parse::<Address>() {
                out.enter(&a, out.rows.len());
                out.rows.push((a.clone(), a));
            }
        }
        out
    }

    fn enter(&mut self, a: &Address, row: usize) {
        let modules = self.by_resource.entry(a.resource.clone()).or_default();
        modules.entry(a.module.clone()).or_default().push(row);
    }

    /// Whether there are such instances of a resource in a module instance.
    fn has(&self, module: &ModuleAddr, resource: &ResourceAddr, keys: &Keys) -> bool {
        let modules = self.by_resource.get(resource);
        let mut rows = modules.and_then(|m| m.get(module)).into_iter().flatten();
        rows.any(|r| keys.matches(&self.rows[*r].1.key))
    }

    fn move_resource(
        &mut self,
        s: &Statement,
        from: (&ResourceAddr, &Keys),
        to: (&ResourceAddr, &Keys),
    ) {
        let modules = self.by_resource.get(from.0).into_iter().flatten();
        let modules: Vec<ModuleAddr> = modules
            .map(|(m, _)| m)
            .filter(|m| s.from.leads_to(m))
            .cloned()
            .collect();
        for module in modules {
            if !self.has(&module, from.0, from.1) {
                continue;
            }
            let target = s.module(&module);
            if self.has(&target, to.0, to.1) {
                self.block(&module, from, &target, to);
                continue;
            }
            if from.0.kind != to.0.kind {
                self.diags.push(other_type(s, from.0, to.0));
                return;
            }
            self.relocate((&module, from.0, from.1), (&target, to.0, to.1));
        }
    }

    fn move_module(&mut self, s: &Statement) {
        let mut there: HashSet<ModuleAddr> = HashSet::new();
        let mut leaving: BTreeSet<ModuleAddr> = BTreeSet::new();
        for module in self.by_resource.values().flat_map(|m| m.keys()) {
            if s.from.leads_above(module) {
                leaving.insert(module.clone());
            }
            there.insert(module.clone());
        }
        for module in leaving {
            let target = s.module(&module);
            if there.contains(&target) {
                self.blocked.push((module.to_string(), target.to_string()));
                continue;
            }
            there.remove(&module);
            there.insert(target.clone());
            let resources: Vec<ResourceAddr> = self
                .by_resource
                .iter()
                .filter(|(_, modules)| modules.contains_key(&module))
                .map(|(r, _)| r.clone())
                .collect();
            for resource in resources {
                let all = &Keys::Any;
                self.relocate((&module, &resource, all), (&target, &resource, all));
            }
        }
    }

    /// Gives the rows of some instances other addresses.
    fn relocate(
        &mut self,
        from: (&ModuleAddr, &ResourceAddr, &Keys),
        to: (&ModuleAddr, &ResourceAddr, &Keys),
    ) {
        let mut leaving = Vec::new();
        if let Some(modules) = self.by_resource.get_mut(from.1)
            && let Some(all) = modules.remove(from.0)
        {
            let (found, staying): (Vec<_>, Vec<_>) = all
                .into_iter()
                .partition(|r| from.2.matches(&self.rows[*r].1.key));
            leaving = found;
            if !staying.is_empty() {
                modules.insert(from.0.clone(), staying);
            }
        }
        for row in &leaving {
            let now = &mut self.rows[*row].1;
            now.module = to.0.clone();
            now.resource = to.1.clone();
            if let Keys::One(key) = to.2 {
                now.key = key.clone();
            }
        }
        let modules = self.by_resource.entry(to.1.clone()).or_default();
        modules.entry(to.0.clone()).or_default().extend(leaving);
    }

    fn block(
        &mut self,
        module: &ModuleAddr,
        from: (&ResourceAddr, &Keys),
        target: &ModuleAddr,
        to: (&ResourceAddr, &Keys),
    ) {
        let name = |module: &ModuleAddr, (resource, keys): (&ResourceAddr, &Keys)| {
            let key = match keys {
                Keys::One(k) => k.clone(),
                Keys::Any => InstanceKey::None,
            };
            Address {
                module: module.clone(),
                resource: resource.clone(),
                key,
            }
            .to_string()
        };
        self.blocked.push((name(module, from), name(target, to)));
    }

    fn outcome(mut self) -> (Vec<(Address, Address)>, Diagnostics) {
        self.blocked.sort();
        if !self.blocked.is_empty() {
            let list: Vec<String> = self
                .blocked
                .iter()
                .map(|(from, to)| format!("{from} to {to}"))
                .collect();
            let d = Diagnostic::warning(
                "move-blocked",
                "Objects could not be moved",
                format!(
                    "There is an object already where these were to go: {}.",
                    list.join(", ")
                ),
            );
            self.diags.push(d.hint(
                "Where that is not intended, move or remove what is in the way: cloudapp state mv, cloudapp state rm.",
            ));
        }
        let mut seen = HashSet::new();
        let renamed = self
            .rows
            .into_iter()
            // A deposed object goes with the current one.
            .filter(|(old, new)| old != new && seen.insert(old.clone()))
            .collect();
        (renamed, self.diags)
    }
}

fn other_type(s: &Statement, from: &ResourceAddr, to: &ResourceAddr) -> Diagnostic {
    let d = Diagnostic::error(
        "move-to-other-type",
        "Object cannot change its type",
        format!("{from} and {to} are of different types, and no provider here turns one into the other."),
    )
    .hint("Keep the type; or remove the block, so that the old object is destroyed and a new one made.");
    match s.span {
        Some(span) => d.at(span),
        None => d,
    }
}
