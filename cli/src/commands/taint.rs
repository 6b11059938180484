//! `taint` and `untaint`: whether the next apply replaces an instance.

use cloudapp_engine::store::Change;
use cloudapp_lang::Diagnostic;

use super::edit::write;
use super::state::find;
use crate::args::{Global, TaintArgs};
use crate::failure::Ended;
use crate::stack::Stack;
use crate::ui::Ui;

pub(super) async fn run(ui: &Ui, global: &Global, args: &TaintArgs, taint: bool) -> Ended {
    let stack = Stack::open(ui, global, None)?;
    let state = stack.state().await?;
    let row = match find(&state, &args.address) {
        Ok(row) => row,
        Err(_) if args.allow_missing => {
            ui.say(&format!("{}: not in the state\n", args.address));
            return Ok(0);
        }
        Err(e) => return Err(e),
    };
    let said = if taint {
        "is tainted: the next apply replaces it"
    } else {
        "is not tainted any more"
    };
    if !taint && !row.tainted {
        let detail = format!("{} is not tainted.", row.address);
        return Err(
            Diagnostic::error("not-tainted", "Instance is not tainted", detail)
                .hint("Nothing is to be done: the next apply does not replace it for that.")
                .into(),
        );
    }
    if row.tainted != taint {
        let mut row = row.clone();
        row.tainted = taint;
        write(
            &stack,
            args.lock.lock_timeout,
            if taint { "taint" } else { "untaint" },
            vec![Change::PutInstance(row)],
        )
        .await?;
    }
    ui.say(&format!("{} {said}\n", row.address));
    Ok(0)
}
