//! `state operations` and `state resolve`: the operations of which nobody knows what became of them, and the word of a person
//! who has looked, for where no provider can find it out any more.

use cloudapp_engine::store::{IntentRow, Lease, OperationAction};
use cloudapp_engine::view::json::pretty;
use cloudapp_engine::{Found, settle};
use cloudapp_lang::Diagnostic;

use super::edit::by_hand;
use crate::args::ResolveArgs;
use crate::failure::Failure;
use crate::stack::Stack;
use crate::ui::Ui;

pub(super) async fn list(ui: &Ui, stack: &Stack, json: bool) -> Result<(), Failure> {
    let open = stack.store.open_intents().await?;
    let mut text = String::new();
    if json {
        let all: Vec<_> = open.iter().map(shown_as_json).collect();
        text = pretty(&serde_json::Value::from(all).to_string()) + "\n";
    } else {
        for intent in &open {
            text.push_str(&shown(intent));
            text.push('\n');
        }
    }
    ui.say(&text);
    Ok(())
}

/// `8f2c…  create  tencentcloud_vpc.main  (run 1b7d…)`
fn shown(intent: &IntentRow) -> String {
    // Of a create it is what was put aside for it.
    let deposed = match (intent.action, intent.deposed.as_str()) {
        (OperationAction::Delete, key) if !key.is_empty() => format!(" deposed {key}"),
        _ => String::new(),
    };
    format!(
        "{}  {}  {}{deposed}  (run {})",
        intent.operation,
        intent.action.word(),
        intent.address,
        intent.run
    )
}

/// Without what the object was to be like, which may hold secrets.
fn shown_as_json(intent: &IntentRow) -> serde_json::Value {
    serde_json::json!({
        "operation": intent.operation,
        "action": intent.action,
        "address": intent.address,
        "deposed": (!intent.deposed.is_empty()).then_some(&intent.deposed),
        "provider": intent.provider,
        "run": intent.run,
    })
}

pub(super) async fn run(ui: &Ui, stack: &Stack, args: &ResolveArgs) -> Result<(), Failure> {
    let lease = stack
        .store
        .lock("state resolve", args.lock.lock_timeout)
        .await?;
    let resolved = resolve(stack, &lease, args).await;
    stack.store.unlock(&lease).await?;
    ui.say(&resolved?);
    Ok(())
}

/// What was done, in a sentence.
async fn resolve(stack: &Stack, lease: &Lease, args: &ResolveArgs) -> Result<String, Failure> {
    let open = stack.store.open_intents().await?;
    let intent = (open.iter().find(|i| i.operation == args.operation))
        .ok_or_else(|| not_open(&args.operation, &open))?;
    let found = if args.absent {
        Found::Absent
    } else {
        Found::Present
    };
    let state = stack.store.state().await?;
    let changes = settle(intent, found, &state).ok_or_else(|| needs_import(intent))?;
    let event = serde_json::json!({
        "type": "operation_resolved",
        "operation": intent.operation,
        "address": intent.address,
        "found": if args.absent { "absent" } else { "present" },
        "reason": args.reason,
    });
    by_hand(&*stack.store, lease, "state resolve", event, changes).await?;
    let address = &intent.address;
    Ok(match (intent.action, found) {
        (OperationAction::Create, _) => {
            format!("Nothing was created at {address}: the next plan does that again.\n")
        }
        (_, Found::Absent) => format!("{address} has left the state: its object is gone.\n"),
        (_, Found::Present) => {
            format!("{address} stays in the state: the next plan reads what it is like.\n")
        }
    })
}

fn not_open(operation: &str, open: &[IntentRow]) -> Diagnostic {
    let d = Diagnostic::error(
        "operation-not-open",
        "No such open operation",
        format!("There is no open operation \"{operation}\" in this workspace."),
    );
    match open {
        [] => d.hint("Nothing is open, so there is nothing to resolve."),
        _ => d.hint("List what is open with: cloudapp state operations"),
    }
}

fn needs_import(intent: &IntentRow) -> Diagnostic {
    Diagnostic::error(
        "resolution-not-possible",
        "A created object has to be imported",
        format!(
            "What {} is like, only its provider can tell: it cannot be written into the state from here.",
            intent.address
        ),
    )
    .address(intent.address.clone())
    .hint(format!(
        "Close the operation with: cloudapp state resolve -absent {}; and then take the object in with: cloudapp import '{}' ID",
        intent.operation, intent.address
    ))
}
