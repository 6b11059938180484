//! `form`: what the form of a package makes of values; at a terminal, filling it in.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use cloudapp_engine::variables::{file_values, text_value};
use cloudapp_lang::value::encode_json;
use cloudapp_lang::{Diagnostic, Diagnostics, Str, Type, Value};
use cloudapp_package::form::{Definition, FieldState, Form, read_values};
use cloudapp_package::widget::OptionSource;
use cloudapp_package::{Package, SystemVariables};
use serde_json::Value as Json;

use super::form_prompt;
use crate::args::{FormArgs, Global, VariableFlag};
use crate::choices::MockChoices;
use crate::failure::{Ended, Failure, io};
use crate::render::diagnostic;
use crate::stack::mock_cloud_of;
use crate::ui::{self, Ui};

/// What is entered so far, by name.
pub(super) type Entered = BTreeMap<Str, Value>;

/// A form that is filled in.
pub(super) struct Sheet<'s> {
    definition: Definition<'s>,
    system: BTreeMap<Str, Value>,
    source: &'s dyn OptionSource,
}

impl Sheet<'_> {
    pub(super) fn evaluate(&self, entered: &Entered) -> Form {
        self.definition.evaluate(entered, &self.system, self.source)
    }
}

pub(super) fn run(ui: &Ui, global: &Global, args: &FormArgs, flags: &[VariableFlag]) -> Ended {
    let dir = args.dir.as_deref().unwrap_or(Path::new("."));
    let (package, mut found) = load(ui, dir)?;
    let mut entered = entered(ui, &package, flags, &mut found)?;
    let cloud = mock_cloud_of(global, dir)?;
    let choices = MockChoices(&cloud);
    let sheet = Sheet {
        definition: Definition::new(package.args()),
        system: SystemVariables::mock(&package).values(),
        source: &choices,
    };
    let asks = !args.json && args.variables.input && ui::can_ask();
    if !args.json {
        ui.diagnostics(&found);
    }
    let mut out = args.out.clone();
    if asks {
        entered = form_prompt::fill(&sheet, entered)?;
    }
    let form = sheet.evaluate(&entered);
    let valid = form.valid && !found.has_errors();
    if args.json {
        ui.say(&json(&form, valid, &found, ui));
    } else {
        ui.say(&table(&form));
    }
    if asks && valid && out.is_none() {
        out = form_prompt::file();
    }
    if let Some(path) = &out {
        write(ui, path, &form, args.json)?;
    }
    Ok(u8::from(!valid))
}

/// The manifest, and what is wrong with it. A form needs no stack.
fn load(ui: &Ui, dir: &Path) -> Result<(Package, Diagnostics), Failure> {
    let (package, found) = Package::load(dir, &mut ui.sources.borrow_mut());
    match package {
        Some(package) => {
            let about_form = |d: &Diagnostic| !d.code.starts_with("infrastructure-");
            Ok((package, found.into_iter().filter(about_form).collect()))
        }
        None => Err(found.into()),
    }
}

/// The values that the command line gives; later ones win.
fn entered(
    ui: &Ui,
    package: &Package,
    flags: &[VariableFlag],
    found: &mut Diagnostics,
) -> Result<Entered, Failure> {
    let mut all = Entered::new();
    for flag in flags {
        let values = match flag {
            VariableFlag::Value(text) => one(ui, package, text)?,
            VariableFlag::File(name) => file(ui, name)?,
        };
        for (name, value) in values {
            if !package.args().iter().any(|a| a.name.value == name) {
                found.push(unasked(package, &name));
            }
            all.insert(name, value);
        }
    }
    Ok(all)
}

fn unasked(package: &Package, name: &str) -> Diagnostic {
    let detail = format!("A value is given for \"{name}\", which the form does not ask for.");
    let names = package.args().iter().map(|a| &*a.name.value);
    let d = Diagnostic::warning("value-not-asked-for", "Value is not asked for", detail);
    match cloudapp_lang::diagnostic::nearest(name, names) {
        Some(near) => d.hint(format!("Did you mean \"{near}\"?")),
        None => d.hint("It may still be a variable of the stack; the form leaves it alone."),
    }
}

fn one(ui: &Ui, package: &Package, text: &str) -> Result<Entered, Failure> {
    let (name, value) = crate::inputs::name_and_value(text)?;
    let argument = package.args().iter().find(|a| &*a.name.value == name);
    let ty = argument
        .and_then(|a| a.widget.value.descriptor())
        .map_or(Type::Dynamic, |d| (d.value)());
    let plain = matches!(ty, Type::String | Type::Dynamic);
    let shown = format!("<value of {name} from -var>");
    let value = text_value(&shown, value, plain, &mut ui.sources.borrow_mut())?;
    Ok([(Str::from(name), value)].into())
}

fn file(ui: &Ui, name: &str) -> Result<Entered, Failure> {
    let path = Path::new(name);
    let text = std::fs::read_to_string(path).map_err(|e| io("The file of values", path, &e))?;
    let mut sources = ui.sources.borrow_mut();
    if matches!(
        path.extension().and_then(|e| e.to_str()),
        Some("yaml" | "yml")
    ) {
        let file = sources.add(name, &text);
        return read_values(&text, file).map_err(|d| (*d).into());
    }
    let (values, found) = file_values(name, &text, &mut sources);
    if found.has_errors() {
        return Err(found.into());
    }
    Ok(values)
}

fn json(form: &Form, valid: bool, found: &Diagnostics, ui: &Ui) -> String {
    let mut whole = form.to_json();
    if let Some(object) = whole.as_object_mut() {
        object.insert("valid".into(), valid.into());
        if !found.is_empty() {
            let sources = ui.sources.borrow();
            let findings = found
                .iter()
                .filter_map(|d| serde_json::from_str(&diagnostic::json(d, &sources)).ok())
                .collect();
            object.insert("diagnostics".into(), Json::Array(findings));
        }
    }
    format!("{whole:#}\n")
}

/// The form for people: a line for each field, what is wrong below it.
fn table(form: &Form) -> String {
    let shown: Vec<&FieldState> = form.fields.iter().filter(|f| f.visible).collect();
    let width = shown.iter().map(|f| f.name.len()).max().unwrap_or(0);
    let mut out = String::new();
    for field in &shown {
        let _ = write!(out, "{:width$}  {}", field.name, value(field));
        if field.label != field.name {
            let _ = write!(out, "  ({})", field.label);
        }
        out.push('\n');
        let indent = " ".repeat(width + 2);
        for error in &field.errors {
            let _ = writeln!(out, "{indent}! {}", error.message);
        }
        if !field.waiting_for.is_empty() {
            let tips = field.tips.as_deref().map(|t| format!(" {t}"));
            let _ = writeln!(
                out,
                "{indent}Waits for {}.{}",
                field.waiting_for.join(", "),
                tips.unwrap_or_default()
            );
        }
    }
    let hidden: Vec<&str> = form.withheld().iter().map(|f| &*f.name).collect();
    if !hidden.is_empty() {
        let _ = writeln!(out, "\nNot shown: {}.", hidden.join(", "));
    }
    let verdict = if form.valid {
        "The form is valid."
    } else {
        "The form is not valid yet."
    };
    let _ = writeln!(out, "{}{verdict}", if out.is_empty() { "" } else { "\n" });
    out
}

fn value(field: &FieldState) -> String {
    let default = if field.entered { "" } else { " (default)" };
    match &field.value {
        Some(_) if field.sensitive => format!("(sensitive){default}"),
        Some(value) => format!("{}{default}", called(field, value)),
        None if field.required => "-".into(),
        None => "- (optional)".into(),
    }
}

/// What a value is called on the form: the label of the option that it is, else itself.
pub(super) fn called(field: &FieldState, value: &Value) -> String {
    let option = field.options.iter().find(|o| o.value == *value);
    option.map_or_else(|| short(value), |o| o.label.to_string())
}

/// A value in one line.
fn short(value: &Value) -> String {
    const LONGEST: usize = 100;
    if value.has_marks() {
        return "(sensitive)".into();
    }
    if !value.is_wholly_known() {
        return "(not known)".into();
    }
    let text = encode_json(value);
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Writes what the stack receives, without secrets.
fn write(ui: &Ui, path: &Path, form: &Form, quietly: bool) -> Result<(), Failure> {
    let (secret, open): (Vec<_>, Vec<_>) = form.variables.iter().partition(|(_, v)| v.has_marks());
    let is_tfvars = path.extension().is_some_and(|e| e == "tfvars");
    let text = if is_tfvars {
        assignments(&open)
    } else {
        let object = open
            .iter()
            .filter_map(|(n, v)| Some((n.to_string(), serde_json::from_str(&encode_json(v)).ok()?)))
            .collect();
        format!("{:#}\n", Json::Object(object))
    };
    std::fs::write(path, text).map_err(|e| io("The file of values", path, &e))?;
    if !quietly {
        ui.say(&format!("Wrote {}.\n", path.display()));
        if !secret.is_empty() {
            let names: Vec<&str> = secret.iter().map(|(n, _)| &***n).collect();
            ui.say(&format!(
                "Secrets are not in it: {}. Give them with -var or the environment.\n",
                names.join(", ")
            ));
        }
    }
    Ok(())
}

/// In the language, where a JSON value is an expression once its templates are escaped.
fn assignments(values: &[(&Str, &Value)]) -> String {
    let mut out = String::new();
    for (name, value) in values {
        let text = encode_json(value).replace("${", "$${").replace("%{", "%%{");
        let _ = writeln!(out, "{name} = {text}");
    }
    out
}
