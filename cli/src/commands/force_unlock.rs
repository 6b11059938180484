//! `force-unlock`: takes the lock away from a run that can no longer give it back.

use std::time::Duration;

use cloudapp_engine::store::{LockHolder, Store, StoreError};
use cloudapp_lang::Diagnostic;

use super::edit::by_hand;
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
    if let Some(reason) = &args.reason {
        ui.say(&format!("Reason: {reason}\n"));
    }
    if let Err(e) = record(&*stack.store, &holder, args.reason.as_deref()).await {
        ui.diagnostic(not_recorded(&e));
    }
    Ok(0)
}

/// Writes down among the runs of the stack who took the lock from whom, and why.
async fn record(
    store: &dyn Store,
    taken_from: &LockHolder,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    let lease = store.lock("force-unlock", Duration::ZERO).await?;
    let event = serde_json::json!({
        "type": "lock_taken_away",
        "from": taken_from,
        "reason": reason,
    });
    let written = by_hand(store, &lease, "force-unlock", event, Vec::new()).await;
    store.unlock(&lease).await?;
    written
}

/// The lock is gone all the same; somebody else may have it already.
fn not_recorded(e: &StoreError) -> Diagnostic {
    Diagnostic::warning(
        "not-recorded",
        "Reason is not recorded",
        format!("The lock was taken away, but that could not be written down: {e}."),
    )
    .hint("Tell those who work with the stack in another way.")
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
