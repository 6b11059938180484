//! `workspace`: several states of one configuration, in one file.

use std::collections::BTreeSet;
use std::time::Duration;

use cloudapp_engine::store::{Change, State, Store};
use cloudapp_lang::Diagnostic;
use cloudapp_lang::diagnostic::nearest;
use cloudapp_state::SqliteStore;

use crate::args::{Global, WorkspaceCommand};
use crate::failure::{Ended, Failure, io};
use crate::stack::Stack;
use crate::ui::Ui;
use crate::workspaces::{self, DEFAULT};

pub(super) async fn run(ui: &Ui, global: &Global, command: &WorkspaceCommand) -> Ended {
    let stack = Stack::open(ui, global, None)?;
    let mut all = workspaces::all(&stack.database);
    match command {
        WorkspaceCommand::Show => ui.say(&format!("{}\n", stack.workspace)),
        WorkspaceCommand::List => {
            all.insert(stack.workspace.clone());
            for name in &all {
                ui.say(&format!(
                    "{} {name}\n",
                    if *name == stack.workspace { "*" } else { " " }
                ));
            }
        }
        WorkspaceCommand::New { name } => {
            if all.contains(name) {
                return Err(error(
                    "There is one of that name already.",
                    "Switch to it with workspace select.",
                ));
            }
            create(&stack, &mut all, name)?;
            ui.say(&format!(
                "Made workspace \"{name}\" and switched to it. Its state is empty.\n"
            ));
        }
        WorkspaceCommand::Select { name, or_create } => {
            if all.contains(name) {
                save(&stack, name, &all)?;
            } else if *or_create {
                create(&stack, &mut all, name)?;
            } else {
                let hint = nearest(name, all.iter().map(String::as_str)).map_or_else(
                    || "Make it with workspace new.".to_owned(),
                    |n| format!("Did you mean {n}?"),
                );
                return Err(error(&format!("There is no workspace \"{name}\"."), &hint));
            }
            ui.say(&format!("Switched to workspace \"{name}\".\n"));
        }
        WorkspaceCommand::Delete { name, force } => {
            delete(ui, &stack, &mut all, name, *force).await?
        }
    }
    Ok(0)
}

fn error(detail: &str, hint: &str) -> Failure {
    Diagnostic::error("workspace", "Workspace cannot be used so", detail)
        .hint(hint)
        .into()
}

fn create(stack: &Stack, all: &mut BTreeSet<String>, name: &str) -> Result<(), Failure> {
    if !workspaces::is_valid(name) {
        return Err(error(
            &format!("\"{name}\" cannot be the name of a workspace."),
            "Use letters, digits, hyphens, underscores, dots and tildes.",
        ));
    }
    all.insert(name.to_owned());
    save(stack, name, all)
}

fn save(stack: &Stack, current: &str, all: &BTreeSet<String>) -> Result<(), Failure> {
    workspaces::save(&stack.database, current, all)
        .map_err(|e| io("The workspaces beside", &stack.database, &e).into())
}

async fn delete(
    ui: &Ui,
    stack: &Stack,
    all: &mut BTreeSet<String>,
    name: &str,
    force: bool,
) -> Result<(), Failure> {
    if name == DEFAULT {
        return Err(error(
            "The default workspace is always there.",
            "Destroy what is in it instead.",
        ));
    }
    if name == stack.workspace {
        return Err(error(
            "It is the one in use.",
            "Switch to another with workspace select first.",
        ));
    }
    if !all.contains(name) {
        return Err(error(
            &format!("There is no workspace \"{name}\"."),
            "List them with workspace list.",
        ));
    }
    let store = SqliteStore::open(&stack.database, name, stack.protection.clone())?;
    let state = store.state().await?;
    if !state.instances.is_empty() && !force {
        return Err(error(
            &format!(
                "It manages {}.",
                crate::render::count(state.instances.len(), "object")
            ),
            "Destroy them first; with -force they stay in the cloud and nobody manages them any more.",
        ));
    }
    forget(&store, state).await?;
    all.remove(name);
    save(stack, &stack.workspace, all)?;
    ui.say(&format!("Deleted workspace \"{name}\".\n"));
    Ok(())
}

async fn forget(store: &SqliteStore, state: State) -> Result<(), Failure> {
    if state.instances.is_empty() && state.outputs.is_empty() {
        return Ok(());
    }
    let lease = store.lock("workspace delete", Duration::ZERO).await?;
    let instances = state.instances.into_iter().map(|r| Change::RemoveInstance {
        address: r.address,
        deposed: r.deposed,
    });
    let outputs = state
        .outputs
        .into_iter()
        .map(|o| Change::RemoveOutput { name: o.name });
    let written = store
        .commit(&lease, instances.chain(outputs).collect())
        .await;
    store.unlock(&lease).await?;
    written?;
    Ok(())
}
