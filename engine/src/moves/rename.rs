//! Giving rows of the state other addresses.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::address::Address;
use crate::store::{Change, State};

/// Gives instances other addresses, all at once, with their deposed objects; and everywhere the resources that others depend
/// on their new names. The changes are what a store needs to do the same.
pub fn rename(state: &mut State, moves: &[(Address, Address)]) -> Vec<Change> {
    if moves.is_empty() {
        return Vec::new();
    }
    let new: HashMap<String, &Address> = moves.iter().map(|(f, t)| (f.to_string(), t)).collect();
    let names = renamed_blocks(state, moves, &new);
    let (mut removed, mut put) = (Vec::new(), Vec::new());
    for row in &mut state.instances {
        let to = new.get(&row.address);
        if let Some(to) = to {
            removed.push(Change::RemoveInstance {
                address: std::mem::replace(&mut row.address, to.to_string()),
                deposed: row.deposed.clone(),
            });
        }
        let depends = row.dependencies.iter().any(|d| names.contains_key(d));
        if depends {
            let old = std::mem::take(&mut row.dependencies);
            let all: BTreeSet<String> = old
                .into_iter()
                .flat_map(|d| names.get(&d).cloned().unwrap_or_else(|| [d].into()))
                .collect();
            row.dependencies = all.into_iter().collect();
        }
        if to.is_some() || depends {
            put.push(Change::PutInstance(row.clone()));
        }
    }
    state
        .instances
        .sort_by_cached_key(|r| (r.address.parse::<Address>().ok(), r.deposed.clone()));
    removed.append(&mut put);
    removed
}

/// For each resource of which something moves, the resources that its instances are of afterwards.
fn renamed_blocks(
    state: &State,
    moves: &[(Address, Address)],
    new: &HashMap<String, &Address>,
) -> HashMap<String, BTreeSet<String>> {
    let mut names: HashMap<String, BTreeSet<String>> = HashMap::new();
    for (from, to) in moves {
        let (from, to) = (from.without_keys(), to.without_keys());
        if from != to {
            names.entry(from).or_default().insert(to);
        }
    }
    if names.is_empty() {
        return names;
    }
    // What stays keeps the old name in use.
    let staying: HashSet<String> = state
        .instances
        .iter()
        .filter(|r| !new.contains_key(&r.address))
        .filter_map(|r| Some(r.address.parse::<Address>().ok()?.without_keys()))
        .collect();
    for name in staying {
        if let Some(n) = names.get_mut(&name) {
            n.insert(name);
        }
    }
    names
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests say what they expect")]
mod tests {
    use super::*;
    use crate::store::InstanceRow;

    fn row(address: &str, deposed: &str, dependencies: &[&str]) -> InstanceRow {
        InstanceRow {
            address: address.to_owned(),
            deposed: deposed.to_owned(),
            provider: "demo".into(),
            schema_version: 0,
            attributes: "{}".into(),
            sensitive: "[]".into(),
            private: Vec::new(),
            dependencies: dependencies.iter().map(|d| (*d).to_owned()).collect(),
            tainted: false,
            create_before_destroy: false,
        }
    }

    fn renamed(rows: Vec<InstanceRow>, moves: &[(&str, &str)]) -> (Vec<String>, usize) {
        let moves: Vec<_> = moves
            .iter()
            .map(|(f, t)| (f.parse().unwrap(), t.parse().unwrap()))
            .collect();
        let mut state = State {
            instances: rows,
            ..State::default()
        };
        let changes = rename(&mut state, &moves);
        let line =
            |r: &InstanceRow| format!("{}{} <- {}", r.address, r.deposed, r.dependencies.join(" "));
        (state.instances.iter().map(line).collect(), changes.len())
    }

    #[test]
    fn a_chain_of_addresses_is_moved_at_once() {
        let rows = vec![row("a.a", "", &[]), row("a.b", "", &["a.a"])];
        let (after, changes) = renamed(rows, &[("a.b", "a.c"), ("a.a", "a.b")]);
        assert_eq!(after, ["a.b <- ", "a.c <- a.b"]);
        assert_eq!(changes, 4);
    }

    #[test]
    fn deposed_objects_go_along_and_others_are_left_alone() {
        let rows = vec![
            row("a.a", "", &[]),
            row("a.a", "00000001", &[]),
            row("a.z", "", &["a.y"]),
        ];
        let (after, changes) = renamed(rows, &[("a.a", "module.m[0].a.a")]);
        assert_eq!(
            after,
            [
                "a.z <- a.y",
                "module.m[0].a.a <- ",
                "module.m[0].a.a00000001 <- "
            ]
        );
        assert_eq!(changes, 4);
    }

    #[test]
    fn dependents_know_all_names() {
        let rows = vec![
            row("a.a[0]", "", &[]),
            row("a.a[1]", "", &[]),
            row("a.u", "", &["a.a", "a.k"]),
        ];
        let (after, _) = renamed(rows.clone(), &[("a.a[0]", "module.m[3].a.b")]);
        assert_eq!(after[1], "a.u <- a.a a.k module.m.a.b");
        let (after, _) = renamed(rows, &[("a.a[0]", "a.b"), ("a.a[1]", "a.c")]);
        assert_eq!(after[2], "a.u <- a.b a.c a.k");
    }
}
