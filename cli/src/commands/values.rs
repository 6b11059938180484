//! `values`: a file with the values that an installation was last applied with, for another installation like it.

use std::path::Path;

use cloudapp_lang::value::{Kind, quoted};
use cloudapp_lang::{Diagnostic, Str, Value};
use cloudapp_package::Package;

use crate::args::{Global, ValuesArgs};
use crate::failure::{Ended, Failure};
use crate::files::{self, Readers};
use crate::render::{count, value};
use crate::stack::Stack;
use crate::ui::Ui;
use crate::used_values::UsedValues;

/// The variable that holds what was bought: a choice of the customer's, as the form's answers are.
const SPECIFICATION: &str = "cloudapp_spec";

pub(super) async fn run(ui: &Ui, global: &Global, args: &ValuesArgs) -> Ended {
    let stack = Stack::open(ui, global, args.dir.as_deref())?;
    let Some(package) = &stack.package else {
        // Says what a package would be.
        let (_, found) = Package::load(&stack.dir, &mut ui.sources.borrow_mut());
        return Err(found.into());
    };
    let text = stack.state().await?.values;
    let used = UsedValues::read(&text).ok_or_else(nothing)?;
    let used = used.only(|name| is_chosen(package, name));
    let as_json = args.json || args.out.as_deref().is_some_and(is_json);
    let text = if as_json { json(&used) } else { text_of(&used) };
    let Some(path) = &args.out else {
        ui.say(&text);
        return Ok(0);
    };
    files::write("The file of values", path, text.as_bytes(), Readers::All)?;
    ui.say(&format!(
        "Wrote {} to {}. Use them with: -var-file={}\n",
        count(used.values.len(), "value"),
        path.display(),
        path.display()
    ));
    if !used.secret.is_empty() {
        ui.say(&format!(
            "Not kept, because secret: {}. Give them with -var or in CLOUDAPP_VAR_NAME.\n",
            used.secret.join(", ")
        ));
    }
    Ok(0)
}

/// What whoever installs chooses. Other variables are the publisher's, and may be others in the next version.
fn is_chosen(package: &Package, name: &str) -> bool {
    name == SPECIFICATION || package.args().iter().any(|a| &*a.name.value == name)
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "json")
}

fn nothing() -> Failure {
    Diagnostic::error(
        "nothing-applied",
        "Nothing was applied yet",
        "The state does not know with which values the package was installed.",
    )
    .hint("Apply it first. A state of an earlier version learns the values with the next apply.")
    .into()
}

/// As a `.tfvars` file.
fn text_of(used: &UsedValues) -> String {
    let mut out = String::from("# The values of the last apply.\n\n");
    for (name, v) in &used.values {
        out += &format!("{name} = ");
        literal(&mut out, v);
        out.push('\n');
    }
    for name in &used.secret {
        out += &format!(
            "\n# {name} is secret, and was not kept. Give it with -var or in CLOUDAPP_VAR_{name}.\n"
        );
    }
    cloudapp_lang::format::source(&out)
}

/// A value as a literal that reads as the same value: unlike what people are shown, every string stands in quotes.
fn literal(out: &mut String, v: &Value) {
    if let Some(items) = v.as_items() {
        out.push_str("[\n");
        for item in items {
            literal(out, item);
            out.push_str(",\n");
        }
        out.push(']');
    } else if let Some(entries) = v.as_entries() {
        out.push_str("{\n");
        for (name, item) in entries {
            *out += &format!("{} = ", value::key(name, false));
            literal(out, item);
            out.push('\n');
        }
        out.push('}');
    } else {
        match v.kind() {
            Kind::String(s) => out.push_str(&quoted(s)),
            _ => out.push_str(&value::text(v, 0)),
        }
    }
}

fn json(used: &UsedValues) -> String {
    let entries = used
        .values
        .iter()
        .map(|(n, v)| (Str::from(n.as_str()), v.clone()));
    cloudapp_lang::value::encode_json_pretty(&Value::object(entries)) + "\n"
}
