//! `console`: evaluates expressions against the configuration and the state.

use std::io::BufRead;
use std::sync::Arc;

use cloudapp_engine::console::Console;
use cloudapp_engine::event::Silent;
use cloudapp_engine::run::{Interrupt, Runner};
use cloudapp_engine::view::json::Object;
use cloudapp_engine::view::value::write_known;
use cloudapp_lang::{Diagnostic, Diagnostics, SourceMap, Value, syntax};

use super::console_prompt::Prompt;
use crate::args::{ConsoleArgs, Global, VariableFlag};
use crate::failure::Ended;
use crate::inputs;
use crate::render::{diagnostic, value};
use crate::stack::Stack;
use crate::ui::{self, Ui};

pub(super) async fn run(
    ui: &Ui,
    global: &Global,
    args: &ConsoleArgs,
    variables: &[VariableFlag],
) -> Ended {
    let stack = Stack::open(ui, global, args.dir.as_deref())?;
    let (configuration, mut found) = stack.configuration(ui)?;
    // Standard input holds expressions: nobody can be asked there.
    let (values, more) = inputs::variables(ui, &stack, &configuration, variables, None).await?;
    found.append(more);
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
    let (console, more) = Console::open(&runner, &values).await;
    found.append(more);
    let Some(console) = console else {
        return Err(found.into());
    };
    if args.json {
        answer_json(&console, ui);
    } else {
        ui.diagnostics(&found);
        return Ok(answer(&console, ui));
    }
    Ok(0)
}

/// One line in, one line out, until the input ends.
fn answer_json(console: &Console, ui: &Ui) {
    let mut out = String::new();
    while let Some(line) = next_line() {
        let mut sources = ui.sources.borrow_mut();
        let result = expression(&line).and_then(|text| console.evaluate(&text, &mut sources));
        out.push_str(&json(&result, &sources));
        out.push('\n');
        // In batches: a program that asks line by line waits for each, one that asks for thousands does not.
        ui::out(&out);
        out.clear();
    }
}

fn expression(line: &str) -> Result<String, Diagnostics> {
    #[derive(serde::Deserialize)]
    struct Question {
        expr: String,
    }
    serde_json::from_str::<Question>(line)
        .map(|q| q.expr)
        .map_err(|e| {
            Diagnostic::error(
                "malformed-question",
                "Line is not a question",
                format!("{e}."),
            )
            .hint("Write one JSON object a line: {\"expr\": \"1 + 1\"}.")
            .into()
        })
}

fn json(result: &Result<Value, Diagnostics>, sources: &SourceMap) -> String {
    let mut out = String::new();
    let mut object = Object::new(&mut out);
    match result {
        Ok(v) => {
            object
                .bool("ok", true)
                .raw("type", &v.ty().to_json().to_string());
            if v.is_wholly_known() {
                write_known(object.key("value"), v);
            } else {
                object.bool("unknown", true);
            }
            object.bool("sensitive", v.marks_deep().is_sensitive());
        }
        Err(found) => {
            object.bool("ok", false);
            diagnostic::json_list(object.key("diagnostics"), found, sources);
        }
    }
    object.end();
    out
}

/// For people, and for scripts that pipe expressions in. The exit code is 1 where one failed, as in a script.
fn answer(console: &Console, ui: &Ui) -> u8 {
    let interactive = ui::can_ask();
    let mut prompt = if interactive {
        Prompt::open(console.completions())
    } else {
        None
    };
    let mut failed = false;
    while let Some(typed) = match &mut prompt {
        Some(p) => p.read(),
        None => read(interactive),
    } {
        let text = typed.trim();
        if text.is_empty() {
            continue;
        }
        if matches!(text, "exit" | "quit") {
            break;
        }
        let result = console.evaluate(text, &mut ui.sources.borrow_mut());
        match result {
            Ok(v) => ui.say(&(value::text(&v, 0) + "\n")),
            Err(found) => {
                failed = true;
                ui.diagnostics(&found);
            }
        }
    }
    u8::from(failed && !interactive)
}

/// One expression: a line, and the lines after it as long as a bracket is open.
fn read(interactive: bool) -> Option<String> {
    if interactive {
        ui::out("> ");
    }
    let mut text = next_line()?;
    while syntax::is_incomplete(&text) {
        match next_line() {
            Some(more) => text.push_str(&more),
            None => break,
        }
    }
    Some(text)
}

/// The next line of standard input with its newline; what is not UTF-8 in it is replaced, and is an error when read.
fn next_line() -> Option<String> {
    let mut line = Vec::new();
    std::io::stdin()
        .lock()
        .read_until(b'\n', &mut line)
        .ok()
        .filter(|n| *n > 0)
        .map(|_| String::from_utf8_lossy(&line).into_owned())
}

#[cfg(test)]
mod tests {
    use cloudapp_lang::{Span, Type};

    use super::*;

    #[test]
    fn answers() {
        let mut sources = SourceMap::new();
        let file = sources.add("<console>", "1 + x");
        let error = Diagnostic::error("undeclared", "Undeclared name", "There is no \"x\".")
            .at(Span::new(file, 4, 5));
        let answers = [
            json(
                &Ok(Value::tuple([Value::number(1), Value::string("a")])),
                &sources,
            ),
            json(&Ok(Value::string("s").sensitive()), &sources),
            json(&Ok(Value::unknown(Type::String)), &sources),
            json(&Ok(Value::null(Type::Dynamic)), &sources),
            json(&Err(error.into()), &sources),
        ];
        insta::assert_snapshot!(answers.join("\n"));
    }

    #[test]
    fn questions() {
        assert_eq!(
            expression("{\"expr\": \"1 + 1\"}").ok().as_deref(),
            Some("1 + 1")
        );
        assert!(expression("1 + 1").is_err());
    }
}
