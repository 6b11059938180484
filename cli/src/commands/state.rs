//! `state`: looks into the state; what changes it is in [`super::edit`].

use cloudapp_engine::address::{Address, InstanceKey, Target};
use cloudapp_engine::store::{InstanceRow, State};
use cloudapp_engine::view;
use cloudapp_engine::view::json::pretty;
use cloudapp_lang::Diagnostic;
use cloudapp_lang::diagnostic::nearest;

use super::{edit, push, resolve};
use crate::args::{Global, StateCommand};
use crate::failure::{Ended, Failure};
use crate::render;
use crate::session::parse_all;
use crate::stack::Stack;
use crate::ui::Ui;

pub(super) async fn run(ui: &Ui, global: &Global, command: &StateCommand) -> Ended {
    let stack = Stack::open(ui, global, None)?;
    let state = stack.state().await?;
    match command {
        StateCommand::List { addresses } => ui.say(&list(&state, addresses)?),
        StateCommand::Mv { edit, from, to } => edit::mv(ui, &stack, &state, edit, from, to).await?,
        StateCommand::Rm { edit, addresses } => {
            edit::rm(ui, &stack, &state, edit, addresses).await?
        }
        StateCommand::Push {
            lock, force, path, ..
        } => push::run(ui, &stack, path, *force, lock.lock_timeout).await?,
        StateCommand::Operations { json } => resolve::list(ui, &stack, *json).await?,
        StateCommand::Resolve(args) => resolve::run(ui, &stack, args).await?,
        StateCommand::Pull => {
            ui.say(&(pretty(&view::state_file_json(&state, &stack.providers)) + "\n"))
        }
        StateCommand::Show { json, address } => {
            let row = find(&state, address)?;
            ui.say(&if *json {
                pretty(&instance_json(row, &stack)) + "\n"
            } else {
                render::state::instance(row, &stack.providers, ui.palette)
            });
        }
    }
    Ok(0)
}

fn instance_json(row: &InstanceRow, stack: &Stack) -> String {
    let Ok(address) = row.address.parse::<Address>() else {
        return row.attributes.clone();
    };
    let extra = view::ResourceExtra {
        schema_version: Some(row.schema_version),
        dependencies: &row.dependencies,
        tainted: row.tainted,
    };
    let value = view::instance_value(row, &address, &stack.providers);
    view::resource_json(
        &address,
        None,
        &row.provider,
        &value,
        extra,
        &stack.providers,
    )
}

/// The addresses, one a line, in order; a target that names nothing is an error.
fn list(state: &State, targets: &[String]) -> Result<String, Failure> {
    let targets: Vec<Target> = parse_all("state list", targets)?;
    if state.lineage.is_empty() && state.instances.is_empty() {
        let detail = "Nothing was ever applied here.";
        let d = Diagnostic::error("no-state", "There is no state", detail);
        return Err(d
            .hint("Is this the folder, the workspace and the --db that are meant?")
            .into());
    }
    let rows: Vec<(&InstanceRow, Option<Address>)> = state
        .instances
        .iter()
        .filter(|r| r.deposed.is_empty())
        .map(|r| (r, r.address.parse().ok()))
        .collect();
    for target in &targets {
        if !rows
            .iter()
            .any(|(_, a)| a.as_ref().is_some_and(|a| covers(target, a)))
        {
            return Err(missing(state, &written(target)).into());
        }
    }
    let mut out = String::new();
    for (row, address) in rows {
        if targets.is_empty() || address.is_some_and(|a| targets.iter().any(|t| covers(t, &a))) {
            out.push_str(&row.address);
            out.push('\n');
        }
    }
    Ok(out)
}

pub(super) fn written(target: &Target) -> String {
    match target {
        Target::Module(m) => m.to_string(),
        Target::Resource(a) => a.to_string(),
    }
}

pub(super) fn covers(target: &Target, address: &Address) -> bool {
    match target {
        Target::Module(m) => {
            address.module.0.len() >= m.0.len()
                && m.0
                    .iter()
                    .zip(address.module.0.iter())
                    .all(|(t, a)| t.0 == a.0 && (t.1 == InstanceKey::None || t.1 == a.1))
        }
        Target::Resource(t) => {
            t.module == address.module
                && t.resource == address.resource
                && (t.key == InstanceKey::None || t.key == address.key)
        }
    }
}

pub(super) fn find<'s>(state: &'s State, address: &str) -> Result<&'s InstanceRow, Failure> {
    // As it is printed, so that spaces and quotes do not matter.
    let wanted = address
        .parse::<Address>()
        .map_or_else(|_| address.to_owned(), |a| a.to_string());
    state
        .instances
        .iter()
        .find(|r| r.address == wanted && r.deposed.is_empty())
        .ok_or_else(|| missing(state, address).into())
}

pub(super) fn missing(state: &State, address: &str) -> Diagnostic {
    let d = Diagnostic::error(
        "not-in-state",
        "Not in the state",
        format!("The state has nothing at \"{address}\"."),
    );
    match nearest(address, state.instances.iter().map(|r| r.address.as_str())) {
        Some(n) => d.hint(format!("Did you mean {n}?")),
        None => d.hint("List what there is with: cloudapp state list"),
    }
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
            dependencies: Vec::new(),
            tainted: false,
            create_before_destroy: false,
        };
        State {
            instances: addresses.iter().map(row).collect(),
            ..State::default()
        }
    }

    #[test]
    fn targets_name_instances_resources_and_modules() {
        let s = state(&[
            "demo_a.x[0]",
            "demo_a.x[1]",
            "demo_b.y",
            "module.m[\"k\"].demo_a.x",
        ]);
        let check = |target: &str, expected: &str| {
            assert_eq!(
                list(&s, &[target.to_owned()])
                    .unwrap()
                    .replace('\n', " ")
                    .trim_end(),
                expected
            );
        };
        check("demo_a.x", "demo_a.x[0] demo_a.x[1]");
        check("demo_a.x[1]", "demo_a.x[1]");
        check("module.m", "module.m[\"k\"].demo_a.x");
        check("module.m[\"k\"]", "module.m[\"k\"].demo_a.x");
        assert!(list(&s, &["demo_a.z".to_owned()]).is_err());
        assert_eq!(missing(&s, "demo_b.z").hint, "Did you mean demo_b.y?");
        assert!(find(&s, "demo_b.z").is_err());
    }
}
