//! `force-unlock`: takes the lock away from a run that can no longer give it back.

use cloudapp_engine::store::{LockHolder, StoreError};
use cloudapp_lang::Diagnostic;

use crate::args::{ForceUnlockArgs, Global};
use crate::failure::Ended;
use crate::stack::Stack;
use crate::ui::{self, Ui};

pub(super) async fn run(ui: &Ui, global: &Global, args: &ForceUnlockArgs) -> Ended {
    let stack = Stack::open(ui, global, None)?;
    if !args.force {
        if !ui::can_ask() {
            return Err(Diagnostic::error(
                "approval-needed",
                "Approval is needed",
                "A lock is taken away only once somebody has said yes to it, and there is nobody to ask here.",
            )
            .hint("Give -force.")
            .into());
        }
        let question = "Take the lock away? The run that holds it can write nothing more. Only \"yes\" goes ahead.\n  Answer: ";
        if ui::ask(question).as_deref().map(str::trim) != Some("yes") {
            return Err(Diagnostic::error(
                "not-approved",
                "Lock was not taken away",
                "The answer was not \"yes\".",
            )
            .into());
        }
    }
    let holder = match stack.store.force_unlock(&args.id).await {
        Err(StoreError::Locked(holder)) => return Err(another_lock(&args.id, &holder).into()),
        taken => taken?,
    };
    ui.say(&format!(
        "Taken from {} (process {}, {}, since {}).\n",
        holder.who, holder.pid, holder.operation, holder.since
    ));
    Ok(0)
}

/// The id is asked for so that nobody takes away a lock that is not the one they looked at.
fn another_lock(id: &str, holder: &LockHolder) -> Diagnostic {
    Diagnostic::error(
        "another-lock",
        "Lock has another id",
        format!(
            "The state is locked, but not under the id {id}: {} holds it (process {}, {}, since {}).",
            holder.who, holder.pid, holder.operation, holder.since
        ),
    )
    .hint(format!(
        "If that process is gone, run: cloudapp force-unlock {}",
        holder.id
    ))
}
