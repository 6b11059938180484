//! `workspace`: several states of one configuration, in one file.

use std::collections::BTreeSet;
use std::time::Duration;

use cloudapp_engine::store::{Lease, Store};
use cloudapp_lang::Diagnostic;
use cloudapp_lang::diagnostic::nearest;
use cloudapp_state::SqliteStore;

use crate::args::{Global, WorkspaceCommand};
use crate::failure::{Ended, Failure};
use crate::stack::Stack;
use crate::ui::Ui;
use crate::workspaces::{self, DEFAULT};

pub(super) async fn run(ui: &Ui, global: &Global, command: &WorkspaceCommand) -> Ended {
    let stack = Stack::open(ui, global, None)?;
    let stored = stack.sqlite.workspaces().await?;
    let mut all = workspaces::all(&stack.database, stored)?;
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
    let lease = store.lock("workspace delete", Duration::ZERO).await?;
    if let Err(e) = forget(&store, &lease, force).await {
        store.unlock(&lease).await?;
        return Err(e);
    }
    all.remove(name);
    save(stack, &stack.workspace, all)?;
    ui.say(&format!("Deleted workspace \"{name}\".\n"));
    Ok(())
}

/// Deletes a workspace, without `force` only where nothing in the cloud would be left behind. The lease goes with it.
async fn forget(store: &SqliteStore, lease: &Lease, force: bool) -> Result<(), Failure> {
    if !force {
        let objects = store.state().await?.instances.len();
        if objects > 0 {
            return Err(error(
                &format!("It manages {}.", crate::render::count(objects, "object")),
                "Destroy them first; with -force they stay in the cloud and nobody manages them any more.",
            ));
        }
        let open = store.open_intents().await?;
        if !open.is_empty() {
            let addresses: Vec<&str> = open.iter().map(|o| &*o.address).collect();
            return Err(error(
                &format!(
                    "Nobody knows yet what became of {}: {}.",
                    crate::render::count(open.len(), "operation"),
                    addresses.join(", ")
                ),
                "Switch to it and run destroy, which finds that out first; with -force what was made stays in the cloud and nobody manages it.",
            ));
        }
    }
    store.delete_workspace(lease).await?;
    Ok(())
}
