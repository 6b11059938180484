//! `output`: the outputs of the last apply.

use cloudapp_engine::store::OutputRow;
use cloudapp_engine::view::json::pretty;
use cloudapp_engine::view::outputs_json;
use cloudapp_lang::Diagnostic;
use cloudapp_lang::diagnostic::nearest;
use cloudapp_lang::value::Kind;

use crate::args::{Global, OutputArgs};
use crate::failure::{Ended, Failure};
use crate::render::{outputs, value};
use crate::stack::Stack;
use crate::ui::Ui;

pub(super) async fn run(ui: &Ui, global: &Global, args: &OutputArgs) -> Ended {
    let stack = Stack::open(ui, global, None)?;
    let rows = stack.state().await?.outputs;
    ui.say(&match &args.name {
        Some(name) => one(&rows, name, args)?,
        None if args.json => pretty(&outputs_json(&rows)) + "\n",
        None if rows.is_empty() => {
            "There are no outputs: none are declared, or nothing was applied yet.\n".to_owned()
        }
        None => outputs::render(&rows, ui.palette),
    });
    Ok(0)
}

/// One output. Who asks for it by name sees it even where it is sensitive.
fn one(rows: &[OutputRow], name: &str, args: &OutputArgs) -> Result<String, Failure> {
    let Some(row) = rows.iter().find(|o| o.name == name) else {
        let d = Diagnostic::error(
            "unknown-output",
            "Output does not exist",
            format!("The state has no output \"{name}\"."),
        );
        let hint = nearest(name, rows.iter().map(|o| o.name.as_str())).map_or_else(
            || "Outputs are known once they are declared and applied.".to_owned(),
            |n| format!("Did you mean \"{n}\"?"),
        );
        return Err(d.hint(hint).into());
    };
    if args.json {
        return Ok(row.value.clone() + "\n");
    }
    let v = outputs::value(row);
    if !args.raw {
        return Ok(value::revealed(&v) + "\n");
    }
    match v.kind() {
        Kind::String(s) => Ok(s.to_string()),
        Kind::Number(n) => Ok(n.to_string()),
        Kind::Bool(b) => Ok(b.to_string()),
        _ => Err(Diagnostic::error(
            "not-raw",
            "Output has no raw form",
            format!(
                "-raw is for strings, numbers and booleans; \"{name}\" is of type {}.",
                v.ty()
            ),
        )
        .hint("Use -json.")
        .into()),
    }
}
