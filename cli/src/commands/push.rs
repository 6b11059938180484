//! `state push`: puts a state file in the place of the state.

use std::collections::HashSet;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use cloudapp_engine::state_file::read_state_file;
use cloudapp_engine::store::{Change, State};
use cloudapp_lang::Diagnostic;

use crate::failure::{Failure, io};
use crate::stack::Stack;
use crate::ui::Ui;

/// Replaces the state. Without `force` only by a later one of the same stack.
pub(super) async fn run(
    ui: &Ui,
    stack: &Stack,
    path: &Path,
    force: bool,
    wait: Duration,
) -> Result<(), Failure> {
    let text = read(path)?;
    let new = read_state_file(&text, &stack.providers).map_err(|e| {
        Failure::from(
            Diagnostic::error(
                "not-a-state-file",
                "File is not a state",
                format!("{}: {e}.", path.display()),
            )
            .hint("Give a file that state pull has written, or a state file of Terraform."),
        )
    })?;
    let lease = stack.store.lock("state push", wait).await?;
    let pushed = replace(stack, &lease, &new, force).await;
    stack.store.unlock(&lease).await?;
    ui.say(&pushed?);
    Ok(())
}

fn read(path: &Path) -> Result<String, Failure> {
    let read = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    read.map_err(|e| io("The state cannot be read from", path, &e).into())
}

async fn replace(
    stack: &Stack,
    lease: &cloudapp_engine::store::Lease,
    new: &State,
    force: bool,
) -> Result<String, Failure> {
    let old = stack.store.state().await?;
    if same(&old, new) {
        return Ok("Nothing to push: the state is this one already.\n".to_owned());
    }
    if !force {
        check(&old, new)?;
    }
    stack.store.commit(lease, changes(&old, new)).await?;
    Ok(format!(
        "The state is replaced: {} now.\n",
        crate::render::count(new.instances.len(), "object")
    ))
}

fn same(old: &State, new: &State) -> bool {
    old.lineage == new.lineage && old.instances == new.instances && same_outputs(old, new)
}

/// Files say nothing of descriptions.
fn same_outputs(old: &State, new: &State) -> bool {
    let plain = |s: &State| -> Vec<_> {
        let parts = |o: &cloudapp_engine::store::OutputRow| {
            (o.name.clone(), o.ty.clone(), o.value.clone(), o.sensitive)
        };
        s.outputs.iter().map(parts).collect()
    };
    plain(old) == plain(new)
}

/// Refuses to replace the state by that of another stack, or by an older one.
fn check(old: &State, new: &State) -> Result<(), Failure> {
    if old.instances.is_empty() && old.outputs.is_empty() {
        return Ok(());
    }
    let refused = |detail: String, hint: &str| {
        Err(
            Diagnostic::error("push-refused", "State is not replaced", detail)
                .hint(hint)
                .into(),
        )
    };
    if !new.lineage.is_empty() && new.lineage != old.lineage {
        return refused(
            format!(
                "The file is of another stack: its lineage is {}, that of the state is {}.",
                new.lineage, old.lineage
            ),
            "Check -db, the directory and the workspace; to replace it all the same, give -force.",
        );
    }
    if new.serial == old.serial {
        return refused(
            format!(
                "The file and the state both have serial {}, but are not the same.",
                new.serial
            ),
            "Raise the serial in the file, so that it is the later one; or give -force.",
        );
    }
    if new.serial < old.serial {
        return refused(
            format!(
                "The file has serial {}, the state has {}: something was written in between.",
                new.serial, old.serial
            ),
            "Pull the state again and repeat the change; to lose what was written, give -force.",
        );
    }
    Ok(())
}

fn changes(old: &State, new: &State) -> Vec<Change> {
    let kept: HashSet<(&str, &str)> = new
        .instances
        .iter()
        .map(|r| (r.address.as_str(), r.deposed.as_str()))
        .collect();
    let names: HashSet<&str> = new.outputs.iter().map(|o| o.name.as_str()).collect();
    let gone = old
        .instances
        .iter()
        .filter(|r| !kept.contains(&(r.address.as_str(), r.deposed.as_str())))
        .map(|r| Change::RemoveInstance {
            address: r.address.clone(),
            deposed: r.deposed.clone(),
        });
    let unnamed = old
        .outputs
        .iter()
        .filter(|o| !names.contains(o.name.as_str()))
        .map(|o| Change::RemoveOutput {
            name: o.name.clone(),
        });
    let lineage = if new.lineage.is_empty() {
        old.lineage.clone()
    } else {
        new.lineage.clone()
    };
    // A plan must never fit a state that it was not made from, so the serial only grows.
    let serial = new.serial.max(old.serial + 1);
    gone.chain(unnamed)
        .chain(new.instances.iter().cloned().map(Change::PutInstance))
        .chain(new.outputs.iter().cloned().map(Change::PutOutput))
        .chain([Change::Adopt { lineage, serial }])
        .collect()
}
