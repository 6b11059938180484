//! Where the values of variables come from, lowest precedence first: what the installation gives, the environment,
//! `terraform.tfvars`, `terraform.tfvars.json`, `*.auto.tfvars` and `*.auto.tfvars.json` by name, then `-var` and
//! `-var-file` in the order of the command line, then answers to questions.

use std::collections::BTreeMap;
use std::path::Path;

use cloudapp_engine::config::{Configuration, VariableDecl};
use cloudapp_engine::variables::{VariableInput, collect, missing};
use cloudapp_lang::{Diagnostic, Diagnostics, Str, Value};

use crate::args::VariableFlag;
use crate::failure::{Failure, io};
use crate::stack::Stack;
use crate::ui::{self, Ui};

/// Beginnings of the names of environment variables that set variables; the later one wins.
const PREFIXES: [&str; 2] = ["TF_VAR_", "CLOUDAPP_VAR_"];

/// The values of the root module's variables; asks for what is missing where a person can be asked.
pub(crate) fn variables(
    ui: &Ui,
    stack: &Stack,
    configuration: &Configuration,
    flags: &[VariableFlag],
    may_ask: bool,
) -> Result<(BTreeMap<Str, Value>, Diagnostics), Failure> {
    let mut inputs = stack.given_variables(&choices(flags)?)?;
    environment(&mut inputs);
    automatic_files(&stack.dir, &mut inputs)?;
    for flag in flags {
        inputs.extend(from_flag(flag)?);
    }
    if may_ask && asking_is_possible(ui) {
        let answers: Vec<_> = missing(configuration, &inputs)
            .into_iter()
            .filter_map(question)
            .collect();
        inputs.extend(answers);
    }
    let (values, found) = collect(configuration, &inputs, &mut ui.sources.borrow_mut());
    if found.has_errors() {
        Err(found.into())
    } else {
        Ok((values, found))
    }
}

fn environment(inputs: &mut Vec<VariableInput>) {
    for prefix in PREFIXES {
        let mut set: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(k, v)| {
                Some((
                    k.to_str()?.strip_prefix(prefix)?.to_owned(),
                    v.into_string().ok()?,
                ))
            })
            .collect();
        set.sort();
        inputs.extend(
            set.into_iter()
                .map(|(name, text)| VariableInput::Environment { name, text }),
        );
    }
}

fn automatic_files(dir: &Path, inputs: &mut Vec<VariableInput>) -> Result<(), Failure> {
    let mut names = vec![
        "terraform.tfvars".to_owned(),
        "terraform.tfvars.json".to_owned(),
    ];
    let mut more: Vec<String> = std::fs::read_dir(dir)
        .map_err(|e| io("The directory", dir, &e))?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|n| n.ends_with(".auto.tfvars") || n.ends_with(".auto.tfvars.json"))
        .collect();
    more.sort();
    names.append(&mut more);
    for name in names {
        let path = dir.join(&name);
        if path.is_file() {
            inputs.push(VariableInput::File {
                name,
                text: read(&path)?,
                automatic: true,
            });
        }
    }
    Ok(())
}

/// What `-spec` chooses, in order.
fn choices(flags: &[VariableFlag]) -> Result<Vec<(String, String)>, Failure> {
    let specs = flags.iter().filter_map(|f| match f {
        VariableFlag::Spec(text) => Some(text),
        _ => None,
    });
    let choice = |text: &String| match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(Diagnostic::error(
            "malformed-spec",
            "Specification flag is malformed",
            format!("-spec got \"{text}\", which is not a key, an equals sign and a value."),
        )
        .hint("Write -spec 'key=value'.")
        .into()),
    };
    specs.map(choice).collect()
}

fn from_flag(flag: &VariableFlag) -> Result<Option<VariableInput>, Failure> {
    match flag {
        VariableFlag::Value(text) => match text.split_once('=') {
            Some((name, value)) if !name.is_empty() && !name.contains(char::is_whitespace) => Ok(Some(VariableInput::Flag {
                name: name.to_owned(),
                text: value.to_owned(),
            })),
            _ => Err(Diagnostic::error(
                "malformed-var",
                "Variable flag is malformed",
                format!("-var got \"{text}\", which is not a name, an equals sign and a value, without spaces between them."),
            )
            .hint("Write -var 'name=value'.")
            .into()),
        },
        VariableFlag::File(name) => {
            let text = read(Path::new(name))?;
            Ok(Some(VariableInput::File {
                name: name.clone(),
                text,
                automatic: false,
            }))
        }
        // What the installation gives says it already.
        VariableFlag::Spec(_) => Ok(None),
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|e| io("The file of variables", path, &e).into())
}

fn asking_is_possible(ui: &Ui) -> bool {
    let off = std::env::var("TF_INPUT").is_ok_and(|v| matches!(v.as_str(), "0" | "false" | "f"));
    !off && ui.stream.is_none() && ui::can_ask()
}

fn question(variable: &VariableDecl) -> Option<VariableInput> {
    let about = if variable.description.is_empty() {
        String::new()
    } else {
        format!("  {}\n", variable.description)
    };
    let text = ui::ask(&format!(
        "var.{} ({})\n{about}  Value: ",
        variable.name, variable.ty
    ))?;
    Some(VariableInput::Flag {
        name: variable.name.to_string(),
        text,
    })
}
