//! `state mv` and `state rm`: change the state by hand. The objects themselves are not touched.

use std::collections::HashSet;
use std::time::Duration;

use cloudapp_engine::address::{Address, InstanceKey, ResourceAddr, Target};
use cloudapp_engine::store::{
    Change, InstanceRow, Lease, RunRow, RunStatus, State, Store, StoreError,
};
use cloudapp_lang::Diagnostic;

use super::state::{covers, missing, written};
use crate::args::EditFlags;
use crate::failure::Failure;
use crate::render::count;
use crate::session::parse_all;
use crate::stack::Stack;
use crate::ui::Ui;

/// Writes changes under a lock of its own.
pub(super) async fn write(
    stack: &Stack,
    wait: Duration,
    operation: &str,
    changes: Vec<Change>,
) -> Result<(), Failure> {
    let lease = stack.store.lock(operation, wait).await?;
    let written = stack.store.commit(&lease, changes).await;
    stack.store.unlock(&lease).await?;
    written?;
    Ok(())
}

/// Writes what a person decided, as a run of its own with one event that says what, who and when.
pub(super) async fn by_hand(
    store: &dyn Store,
    lease: &Lease,
    operation: &str,
    mut event: serde_json::Value,
    changes: Vec<Change>,
) -> Result<(), StoreError> {
    let own = store.holder().await?.filter(|h| h.id == lease.id);
    let (who, since) = own.map_or_else(Default::default, |h| (h.who, h.since));
    event["by"] = who.into();
    event["at"] = since.clone().into();
    let run = RunRow {
        id: lease.id.clone(),
        operation: operation.to_owned(),
        status: RunStatus::Running,
        started: since.clone(),
        ended: None,
        summary: "{}".to_owned(),
    };
    let said = Change::Event {
        run: lease.id.clone(),
        json: event.to_string(),
    };
    let end = Change::EndRun {
        id: lease.id.clone(),
        status: RunStatus::Succeeded,
        ended: since,
        summary: "{}".to_owned(),
    };
    let mut all = vec![Change::BeginRun(run), said];
    all.extend(changes);
    all.push(end);
    store.commit(lease, all).await.map(drop)
}

pub(super) async fn rm(
    ui: &Ui,
    stack: &Stack,
    state: &State,
    edit: &EditFlags,
    addresses: &[String],
) -> Result<(), Failure> {
    let targets: Vec<Target> = parse_all("state rm", addresses)?;
    let rows = parsed(state);
    let mut changes = Vec::new();
    for target in &targets {
        let before = changes.len();
        for (row, _) in rows.iter().filter(|(_, a)| covers(target, a)) {
            changes.push(Change::RemoveInstance {
                address: row.address.clone(),
                deposed: row.deposed.clone(),
            });
            ui.say(&format!(
                "{} {}\n",
                if edit.dry_run {
                    "Would remove"
                } else {
                    "Removed"
                },
                row.address
            ));
        }
        if changes.len() == before {
            return Err(missing(state, &written(target)).into());
        }
    }
    let n = changes.len();
    if !edit.dry_run {
        write(stack, edit.lock.lock_timeout, "state rm", changes).await?;
        ui.say(&format!(
            "{} left the state; the objects stay in the cloud.\n",
            count(n, "object")
        ));
    }
    Ok(())
}

pub(super) async fn mv(
    ui: &Ui,
    stack: &Stack,
    state: &State,
    edit: &EditFlags,
    from: &str,
    to: &str,
) -> Result<(), Failure> {
    let both: Vec<Target> = parse_all("state mv", &[from.to_owned(), to.to_owned()])?;
    let [from, to] = both.as_slice() else {
        return Ok(());
    };
    let moves = moves(state, from, to)?;
    for (row, new) in &moves {
        ui.say(&format!(
            "{} {} to {new}\n",
            if edit.dry_run { "Would move" } else { "Moved" },
            row.address
        ));
    }
    if !edit.dry_run {
        write(
            stack,
            edit.lock.lock_timeout,
            "state mv",
            changes(state, &moves),
        )
        .await?;
    }
    Ok(())
}

fn parsed(state: &State) -> Vec<(&InstanceRow, Address)> {
    state
        .instances
        .iter()
        .filter_map(|r| Some((r, r.address.parse().ok()?)))
        .collect()
}

fn refused(detail: String, hint: &str) -> Failure {
    Diagnostic::error("move-not-possible", "Move is not possible", detail)
        .hint(hint)
        .into()
}

/// What a move renames: rows and their new addresses.
fn moves<'s>(
    state: &'s State,
    from: &Target,
    to: &Target,
) -> Result<Vec<(&'s InstanceRow, Address)>, Failure> {
    let rows = parsed(state);
    let scope = Scope::of(from, &rows);
    if let (Scope::Resource, Target::Resource(to)) = (&scope, to)
        && to.key != InstanceKey::None
    {
        return Err(refused(
            format!("{from} names a resource with all its instances, and {to} a single instance."),
            "Name two resources, or two instances.",
        ));
    }
    let is_named = |a: &Address| match (&scope, from) {
        (Scope::Instance, Target::Resource(from)) => a == from,
        _ => covers(from, a),
    };
    let mut moves = Vec::new();
    for (row, address) in rows.iter().filter(|(_, a)| is_named(a)) {
        moves.push((*row, renamed(address, from, to)?));
    }
    if moves.is_empty() {
        return Err(missing(state, &written(from)).into());
    }
    let places: HashSet<String> = (moves.iter())
        .filter_map(|(_, new)| scope.place(new, to))
        .collect();
    let mut others = (rows.iter()).filter(|(_, a)| from == to || !is_named(a));
    let taken = others.find_map(|(_, a)| scope.place(a, to).filter(|p| places.contains(p)));
    match taken {
        Some(taken) => Err(refused(
            format!("{taken} is in the state already."),
            "Move or remove that one first.",
        )),
        None => Ok(moves),
    }
}

/// What an address stands for.
enum Scope {
    Module,
    /// A resource with all its instances.
    Resource,
    Instance,
}

impl Scope {
    /// An address without a key is that of an instance where the state has one without a key.
    fn of(target: &Target, rows: &[(&InstanceRow, Address)]) -> Self {
        match target {
            Target::Module(_) => Self::Module,
            Target::Resource(r) if r.key != InstanceKey::None => Self::Instance,
            Target::Resource(r) if rows.iter().any(|(_, a)| a == r) => Self::Instance,
            Target::Resource(_) => Self::Resource,
        }
    }

    /// What of the state must be free for an address to be moved to; none where an address is not as deep.
    fn place(&self, address: &Address, to: &Target) -> Option<String> {
        match (self, to) {
            (Self::Module, Target::Module(to)) => {
                let depth = to.0.len();
                (address.module.0.len() >= depth).then(|| address.module.first(depth).to_string())
            }
            (Self::Resource, _) => {
                let key = InstanceKey::None;
                Some(
                    Address {
                        key,
                        ..address.clone()
                    }
                    .to_string(),
                )
            }
            _ => Some(address.to_string()),
        }
    }
}

fn renamed(address: &Address, from: &Target, to: &Target) -> Result<Address, Failure> {
    match (from, to) {
        (Target::Module(from), Target::Module(to)) => {
            let mut module = to.0.to_vec();
            // A module named without a key stands for all its instances.
            if let (Some(last), Some(own), Some(named)) = (
                module.last_mut(),
                address.module.0.get(from.0.len() - 1),
                from.0.last(),
            ) && last.1 == InstanceKey::None
                && named.1 == InstanceKey::None
            {
                last.1 = own.1.clone();
            }
            module.extend_from_slice(&address.module.0[from.0.len()..]);
            Ok(Address {
                module: module.into_iter().collect(),
                ..address.clone()
            })
        }
        (Target::Resource(from), Target::Resource(to)) => {
            let same_kind =
                |a: &ResourceAddr, b: &ResourceAddr| a.mode == b.mode && a.kind == b.kind;
            if !same_kind(&from.resource, &to.resource) {
                return Err(refused(
                    format!("{from} and {to} are of different types."),
                    "An object keeps its type; remove it and import it where the type must change.",
                ));
            }
            let keeps_key = from.key == InstanceKey::None && to.key == InstanceKey::None;
            let key = if keeps_key {
                address.key.clone()
            } else {
                to.key.clone()
            };
            Ok(Address { key, ..to.clone() })
        }
        _ => Err(refused(
            "One address names a module and the other a resource.".to_owned(),
            "Name two modules, or two resources or instances.",
        )),
    }
}

/// The rows under their new addresses, and everywhere the new names of resources that others depend on.
fn changes(state: &State, moves: &[(&InstanceRow, Address)]) -> Vec<Change> {
    let addresses: Vec<(Address, Address)> = moves
        .iter()
        .filter_map(|(row, new)| Some((row.address.parse().ok()?, new.clone())))
        .collect();
    cloudapp_engine::moves::rename(&mut state.clone(), &addresses)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests say what they expect")]
mod tests {
    use super::*;

    fn state(addresses: &[&str]) -> State {
        let row = |a: &&str| InstanceRow {
            address: (*a).to_owned(),
            deposed: String::new(),
            provider: "demo".into(),
            schema_version: 0,
            attributes: "{}".into(),
            sensitive: "[]".into(),
            private: Vec::new(),
            dependencies: vec!["demo_a.x".into(), "demo_z.z".into()],
            tainted: false,
            create_before_destroy: false,
        };
        State {
            instances: addresses.iter().map(row).collect(),
            ..State::default()
        }
    }

    fn moved(from: &str, to: &str) -> Result<String, Failure> {
        let s = state(&[
            "demo_a.x[0]",
            "demo_a.x[1]",
            "demo_b.y",
            "module.m[0].demo_a.x",
            "module.m[0].module.n.demo_a.x",
        ]);
        let found = moves(&s, &from.parse().unwrap(), &to.parse().unwrap())?;
        Ok(found
            .iter()
            .map(|(r, a)| format!("{} -> {a}", r.address))
            .collect::<Vec<_>>()
            .join(", "))
    }

    #[test]
    fn what_a_move_renames() {
        let check = |from, to, expected| assert_eq!(moved(from, to).unwrap(), expected);
        check("demo_b.y", "demo_b.z", "demo_b.y -> demo_b.z");
        check(
            "demo_b.y",
            "module.m.demo_b.y[\"k\"]",
            "demo_b.y -> module.m.demo_b.y[\"k\"]",
        );
        check(
            "demo_a.x",
            "demo_a.w",
            "demo_a.x[0] -> demo_a.w[0], demo_a.x[1] -> demo_a.w[1]",
        );
        check("demo_a.x[1]", "demo_a.w", "demo_a.x[1] -> demo_a.w");
        check(
            "module.m",
            "module.o",
            "module.m[0].demo_a.x -> module.o[0].demo_a.x, module.m[0].module.n.demo_a.x -> module.o[0].module.n.demo_a.x",
        );
    }

    #[test]
    fn what_cannot_be_moved() {
        for (from, to) in [
            ("demo_b.y", "demo_a.y"),
            ("demo_b.q", "demo_b.r"),
            ("demo_a.x[0]", "demo_a.x[1]"),
            ("module.m", "demo_b.y"),
            ("demo_a.x", "demo_a.w[0]"),
            ("demo_b.y", "demo_b.y"),
            ("module.m", "module.m"),
            ("module.m[0].module.n", "module.m[0]"),
        ] {
            assert!(moved(from, to).is_err(), "{from} {to}");
        }
    }

    #[test]
    fn dependencies_follow() {
        let s = state(&["demo_a.x", "demo_b.y"]);
        let moves = moves(
            &s,
            &"demo_a.x".parse().unwrap(),
            &"demo_a.w".parse().unwrap(),
        )
        .unwrap();
        let puts: Vec<_> = changes(&s, &moves)
            .into_iter()
            .filter_map(|c| {
                if let Change::PutInstance(r) = c {
                    Some((r.address, r.dependencies))
                } else {
                    None
                }
            })
            .collect();
        let depends = vec!["demo_a.w".to_owned(), "demo_z.z".to_owned()];
        assert_eq!(
            puts,
            [
                ("demo_a.w".to_owned(), depends.clone()),
                ("demo_b.y".to_owned(), depends)
            ]
        );
    }
}
