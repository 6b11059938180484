//! `validate`: everything that can be checked without values and without a cloud.

use std::sync::Arc;

use cloudapp_engine::event::Silent;
use cloudapp_engine::run::{Interrupt, Runner};
use cloudapp_engine::view::json::{Object, pretty};
use cloudapp_lang::{Diagnostics, Severity, SourceMap};

use crate::args::{Global, ValidateArgs};
use crate::failure::{Ended, Failure};
use crate::render::{count, diagnostic};
use crate::stack::Stack;
use crate::ui::Ui;

pub(super) fn run(ui: &mut Ui, global: &Global, args: &ValidateArgs) -> Ended {
    ui.compact_warnings = args.compact_warnings;
    let found = match check(ui, global, args) {
        Ok(found) | Err(Failure(found)) => found,
    };
    let valid = !found.has_errors();
    if args.json {
        ui.say(&json(&found, &ui.sources.borrow()));
    } else {
        ui.diagnostics(&found);
        if valid {
            ui.say(&success(&found));
        }
    }
    Ok(u8::from(!valid))
}

fn check(ui: &Ui, global: &Global, args: &ValidateArgs) -> Result<Diagnostics, Failure> {
    let stack = Stack::open(ui, global, args.dir.as_deref())?;
    let (configuration, mut found) = stack.configuration(ui)?;
    let runner = Runner {
        configuration,
        providers: stack.providers.clone(),
        store: stack.store.clone(),
        observer: Arc::new(Silent),
        parallelism: 1,
        interrupt: Interrupt::default(),
        base_dir: stack.root(),
        workspace: stack.workspace.clone(),
    };
    found.append(runner.validate());
    Ok(found)
}

fn success(found: &Diagnostics) -> String {
    match found.len() {
        0 => "The configuration is valid.\n".to_owned(),
        n => format!(
            "The configuration is valid, with {}.\n",
            count(n, "warning")
        ),
    }
}

/// The result in Terraform's form.
fn json(found: &Diagnostics, sources: &SourceMap) -> String {
    let errors = found
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .count();
    let mut out = String::new();
    let mut object = Object::new(&mut out);
    object
        .string("format_version", "1.0")
        .bool("valid", errors == 0);
    object
        .number("error_count", errors as u64)
        .number("warning_count", (found.len() - errors) as u64);
    diagnostic::json_list(object.key("diagnostics"), found, sources);
    object.end();
    pretty(&out) + "\n"
}

#[cfg(test)]
mod tests {
    use cloudapp_lang::{Diagnostic, Span};

    use super::*;

    #[test]
    fn as_json() {
        let mut sources = SourceMap::new();
        let file = sources.add("main.tf", "x = \n");
        let found: Diagnostics = [
            Diagnostic::error(
                "missing-expression",
                "Missing expression",
                "A value must follow.",
            )
            .at(Span::new(file, 4, 4)),
            Diagnostic::warning("w", "Take care", ""),
        ]
        .into_iter()
        .collect();
        insta::assert_snapshot!(json(&found, &sources));
    }

    #[test]
    fn success_counts_warnings() {
        assert_eq!(
            success(&Diagnostics::new()),
            "The configuration is valid.\n"
        );
        let one: Diagnostics = Diagnostic::warning("w", "Take care", "").into();
        assert_eq!(
            success(&one),
            "The configuration is valid, with 1 warning.\n"
        );
    }
}
