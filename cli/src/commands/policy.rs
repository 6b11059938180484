//! `policy`: what the installed application may call, in words and as an access policy; and the older form rewritten.

use std::collections::BTreeMap;
use std::path::Path;

use cloudapp_engine::view::json::{Array, Object, pretty};
use cloudapp_lang::Diagnostics;
use cloudapp_package::form;
use cloudapp_package::policy::{Policy, rewrite};
use cloudapp_package::widget::NoOptions;
use cloudapp_package::{MANIFEST, Package, SystemVariables};

use crate::args::PolicyArgs;
use crate::failure::{Ended, io};
use crate::files::{self, Readers};
use crate::render::diagnostic;
use crate::render::role::{Sign, statements};
use crate::ui::Ui;

pub(super) fn run(ui: &Ui, args: &PolicyArgs) -> Ended {
    let dir = args.dir.as_deref().unwrap_or(Path::new("."));
    let (package, mut found) = Package::load(dir, &mut ui.sources.borrow_mut());
    if let Some(package) = &package {
        found.append(package.check_policy());
    }
    if args.rewrite {
        return match package {
            Some(package) if !found.has_errors() => rewritten(ui, &package),
            _ => Err(found.into()),
        };
    }
    let policy = package.as_ref().and_then(|package| {
        let mut values = SystemVariables::mock(package).values();
        // What a customer who changes nothing would pass.
        let form = form::evaluate(package.args(), &BTreeMap::new(), &values, &NoOptions);
        values.extend(form.variables);
        package.role_policy(&values)
    });
    let valid = !found.has_errors();
    if args.json {
        ui.say(&json(ui, package.as_ref(), policy.as_ref(), &found));
        return Ok(u8::from(!valid));
    }
    ui.diagnostics(&found);
    if valid {
        ui.say(&text(ui, policy.as_ref()));
    }
    Ok(u8::from(!valid))
}

fn text(ui: &Ui, policy: Option<&Policy>) -> String {
    let Some(policy) = policy else {
        return "The package declares no role policy: the installed application may call nothing.\n".into();
    };
    let mut out = "The installed application\n\n".to_owned();
    out.push_str(&statements(&policy.statements, Sign::None, ui.palette));
    if !policy.open.is_empty() {
        let names: Vec<String> = policy.open.iter().map(|n| format!("var.{n}")).collect();
        out.push_str(&format!(
            "Put in only when it is installed, or never because it is secret: {}.\n\n",
            names.join(", ")
        ));
    }
    out.push_str(&format!(
        "As an access policy:\n\n{}\n",
        policy.to_json_pretty()
    ));
    out
}

fn json(
    ui: &Ui,
    package: Option<&Package>,
    policy: Option<&Policy>,
    found: &Diagnostics,
) -> String {
    let sources = ui.sources.borrow();
    let mut out = String::new();
    let mut object = Object::new(&mut out);
    object
        .string("format_version", "1.0")
        .bool("valid", !found.has_errors());
    let manifest = package.map(|p| &p.manifest);
    let forms = [
        ("role.policy", manifest.is_some_and(|m| m.policy.is_some())),
        (
            "scopes.cloudAPI",
            manifest.is_some_and(|m| m.scopes.is_some()),
        ),
    ];
    let declared = forms.iter().filter(|f| f.1).map(|f| f.0);
    object.strings("declared_in", declared);
    object.raw("policy", &policy.map_or("null".to_owned(), Policy::to_json));
    let mut list = Array::new(object.key("statements"));
    for words in policy.iter().flat_map(|p| &p.statements).map(|s| s.words()) {
        let mut one = Object::new(list.item());
        one.bool("allowed", words.allowed)
            .strings("actions", &words.actions)
            .strings("resources", &words.resources)
            .strings("conditions", &words.conditions);
        one.end();
    }
    list.end();
    let open: Vec<&str> = policy.iter().flat_map(|p| &p.open).map(|n| &**n).collect();
    object.strings("open", open);
    diagnostic::json_list(object.key("diagnostics"), found, &sources);
    object.end();
    pretty(&out) + "\n"
}

fn rewritten(ui: &Ui, package: &Package) -> Ended {
    const MARK: char = '\u{feff}';
    let path = package.dir.join(MANIFEST);
    let text = std::fs::read_to_string(&path).map_err(|e| io("The file", &path, &e))?;
    let bare = text.strip_prefix(MARK).unwrap_or(&text);
    let shown = path
        .strip_prefix(".")
        .unwrap_or(&path)
        .display()
        .to_string();
    match rewrite(&shown, bare, &mut ui.sources.borrow_mut())? {
        None => ui.say(&format!("Nothing to rewrite: {shown} has no \"scopes\".\n")),
        Some(new) => {
            let mark = if bare.len() < text.len() {
                "\u{feff}"
            } else {
                ""
            };
            files::write(
                "The file",
                &path,
                format!("{mark}{new}").as_bytes(),
                Readers::All,
            )?;
            ui.say(&format!(
                "Rewrote {shown}: role.policy now says what scopes.cloudAPI said.\n"
            ));
        }
    }
    Ok(0)
}
