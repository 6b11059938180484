//! Where the values of variables come from, lowest precedence first: what the installation and its form give, the environment,
//! `terraform.tfvars`, `terraform.tfvars.json`, `*.auto.tfvars` and `*.auto.tfvars.json` by name, then `-var` and
//! `-var-file` in the order of the command line, then answers to questions.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use cloudapp_engine::config::{Configuration, VariableDecl};
use cloudapp_engine::variables::{VariableInput, collect, entered, missing};
use cloudapp_lang::{Diagnostic, Diagnostics, Severity, Span, Str, Value};
use cloudapp_package::form::Form;
use cloudapp_package::widget::OptionKind;
use tokio_util::sync::CancellationToken;

use crate::args::VariableFlag;
use crate::failure::{Failure, io};
use crate::session::interrupted;
use crate::stack::Stack;
use crate::ui::{self, Ui};

/// Beginnings of the names of environment variables that set variables; the later one wins.
const PREFIXES: [&str; 2] = ["TF_VAR_", "CLOUDAPP_VAR_"];

/// The values of the root module's variables. Asks for what is missing where a person can be asked, unless the run is
/// stopped; `asking` is what stops it, and none where nobody is to be asked.
pub(crate) async fn variables(
    ui: &Ui,
    stack: &Stack,
    configuration: &Configuration,
    flags: &[VariableFlag],
    asking: Option<&CancellationToken>,
) -> Result<(BTreeMap<Str, Value>, Diagnostics), Failure> {
    stack.choose(&choices(flags)?)?;
    let mut explicit = Vec::new();
    environment(&mut explicit);
    automatic_files(&stack.dir, &mut explicit)?;
    for flag in flags {
        explicit.extend(from_flag(flag)?);
    }
    let form = through_form(stack, configuration, explicit);
    let mut inputs = stack.given_variables();
    inputs.extend(form.inputs);
    if let Some(stop) = asking.filter(|_| asking_is_possible(ui)) {
        let mut wanted = missing(configuration, &inputs);
        wanted.retain(|v| !form.withheld.contains(&v.name));
        for variable in wanted {
            inputs.extend(question(variable, stop).await);
            if stop.is_cancelled() {
                return Err(interrupted());
            }
        }
    }
    let mut found = form.found;
    let (values, more) = collect(configuration, &inputs, &mut ui.sources.borrow_mut());
    found.append(more);
    if found.has_errors() {
        Err(found.into())
    } else {
        Ok((values, found))
    }
}

/// What a form makes of the values that were given.
#[derive(Default)]
struct ThroughForm {
    inputs: Vec<VariableInput>,
    /// Names of fields that are not shown.
    withheld: HashSet<Str>,
    found: Diagnostics,
}

/// Passes values through the form of a package: defaults are evaluated, values of fields that are not shown stay behind,
/// and what is chosen by a part of it is completed. For a stack, and for variables that the form does not know, nothing
/// changes.
fn through_form(
    stack: &Stack,
    configuration: &Configuration,
    explicit: Vec<VariableInput>,
) -> ThroughForm {
    let entered = entered(configuration, &explicit);
    let Some(form) = stack.form(&entered) else {
        return ThroughForm {
            inputs: explicit,
            ..ThroughForm::default()
        };
    };
    let mut out = ThroughForm {
        found: judgement(&form),
        ..ThroughForm::default()
    };
    // What was entered keeps its place in its file for what is said about it.
    let given = |(name, value): (&Str, &Value)| VariableInput::Given {
        name: name.clone(),
        value: value.clone(),
    };
    let (own, defaults): (Vec<_>, Vec<_>) = form
        .variables
        .iter()
        .partition(|(name, _)| entered.get(*name).is_some_and(|v| !v.is_null()));
    out.inputs.extend(defaults.into_iter().map(given));
    out.inputs.extend(explicit);
    let completed = |(name, value): &(&Str, &Value)| {
        // Secrets are marked as such by the form, whatever the variable's declaration says.
        value.has_marks()
            || entered.get(*name).is_some_and(|e| {
                let (e, value) = (e.clone().unmark_deep().0, (*value).clone().unmark_deep().0);
                e != value && value.as_entries().is_some()
            })
    };
    out.inputs
        .extend(own.into_iter().filter(completed).map(given));
    for field in form.withheld() {
        out.withheld.insert(field.name.clone());
        out.inputs.push(VariableInput::Withheld {
            name: field.name.clone(),
        });
        if entered.contains_key(&field.name) {
            out.found.push(stays_behind(&field.name, field.span));
        }
    }
    out
}

fn stays_behind(name: &str, span: Span) -> Diagnostic {
    let detail = format!(
        "A value is given for \"{name}\", but with the other values the form does not ask for it, so the stack does not receive it."
    );
    Diagnostic::warning("value-not-passed", "Value is not passed on", detail)
        .at(span)
        .hint("Remove the value, or change what the field's \"when\" or \"hidden\" depends on.")
}

/// What is wrong with the values by the form's own rules. Whether something is missing, or of another type than a
/// variable, is for the stack to say; what the cloud does not list may be there by the time that it is needed.
fn judgement(form: &Form) -> Diagnostics {
    const CHOICES: [&str; 2] = ["not-an-option", "option-disabled"];
    const OTHERS: [&str; 4] = [
        "required",
        "wrong-type",
        "domain-certificate",
        "options-unavailable",
    ];
    let mut found = Diagnostics::new();
    for field in &form.fields {
        let descriptor = field.widget.descriptor();
        let declared = descriptor.is_some_and(|d| d.options == Some(OptionKind::Declared));
        for error in &field.errors {
            let is_choice = CHOICES.contains(&&*error.code);
            if OTHERS.contains(&&*error.code) || (is_choice && !declared) {
                continue;
            }
            let mut d = field.diagnostic(error);
            // An expression or a condition that means nothing is the publisher's mistake, not that of who installs.
            if !error.concerns_values() {
                d.severity = Severity::Warning;
            }
            found.push(d);
        }
    }
    found
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
pub(crate) fn choices(flags: &[VariableFlag]) -> Result<Vec<(String, String)>, Failure> {
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
        VariableFlag::Value(text) => {
            let (name, value) = name_and_value(text)?;
            Ok(Some(VariableInput::Flag {
                name: name.to_owned(),
                text: value.to_owned(),
            }))
        }
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

/// The two sides of what `-var` got.
pub(crate) fn name_and_value(text: &str) -> Result<(&str, &str), Failure> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !name.contains(char::is_whitespace) => {
            Ok((name, value))
        }
        // What follows may be a secret.
        found => Err(Diagnostic::error(
            "malformed-var",
            "Variable flag is malformed",
            match found {
                Some((name, _)) => format!(
                    "-var got \"{name}=…\", which does not begin with a name without spaces."
                ),
                None => "-var got a text without an equals sign.".to_owned(),
            },
        )
        .hint("Write -var 'name=value'.")
        .into()),
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|e| io("The file of variables", path, &e).into())
}

fn asking_is_possible(ui: &Ui) -> bool {
    let off = std::env::var("TF_INPUT").is_ok_and(|v| matches!(v.as_str(), "0" | "false" | "f"));
    !off && ui.stream.is_none() && ui::can_ask()
}

async fn question(variable: &VariableDecl, stop: &CancellationToken) -> Option<VariableInput> {
    let about = if variable.description.is_empty() {
        String::new()
    } else {
        format!("  {}\n", variable.description)
    };
    let prompt = format!("var.{} ({})\n{about}  Value: ", variable.name, variable.ty);
    let text = ui::ask_unless(stop, &prompt).await?;
    Some(VariableInput::Flag {
        name: variable.name.to_string(),
        text,
    })
}
