//! `metadata functions`: the signatures of functions in Terraform's form.

use cloudapp_lang::functions::{FunctionOptions, Functions, ParameterInfo, Signature};
use serde_json::{Map, Value as Json, json};

use crate::args::MetadataCommand;
use crate::failure::Ended;
use crate::ui::Ui;

#[allow(clippy::unnecessary_wraps, reason = "every command ends the same way")]
pub(super) fn run(ui: &Ui, command: &MetadataCommand) -> Ended {
    match command {
        MetadataCommand::Functions { .. } => ui.say(&(functions().to_string() + "\n")),
    }
    Ok(0)
}

/// Each function under its name, and once more in the namespace that all of them are in.
fn functions() -> Json {
    let functions = Functions::new(FunctionOptions {
        base_dir: ".".into(),
        files_within: None,
        plan_time: String::new(),
        now: None,
        package_dialect: false,
    });
    let all: Vec<(&str, Json)> = functions
        .signatures()
        .map(|s| (s.name, signature(&s)))
        .collect();
    let mut signatures = Map::new();
    for (name, json) in &all {
        signatures.insert((*name).to_owned(), json.clone());
    }
    for (name, json) in all {
        signatures.insert(format!("core::{name}"), json);
    }
    json!({ "format_version": "1.0", "function_signatures": signatures })
}

fn signature(s: &Signature) -> Json {
    let mut out = Map::new();
    out.insert("description".into(), s.description.into());
    out.insert("return_type".into(), s.return_type.to_json());
    if !s.parameters.is_empty() {
        out.insert(
            "parameters".into(),
            s.parameters.iter().map(parameter).collect(),
        );
    }
    if let Some(p) = &s.variadic {
        out.insert("variadic_parameter".into(), parameter(p));
    }
    out.into()
}

fn parameter(p: &ParameterInfo) -> Json {
    let mut out = Map::new();
    out.insert("name".into(), p.name.into());
    if p.nullable {
        out.insert("is_nullable".into(), true.into());
    }
    out.insert("type".into(), p.ty.to_json());
    out.into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "tests")]

    use super::*;

    /// What tools rely on: everything but the descriptions, which are our own.
    fn without_descriptions(signature: &Json) -> Json {
        match signature {
            Json::Object(o) => o
                .iter()
                .filter(|(name, _)| *name != "description")
                .map(|(name, v)| (name.clone(), without_descriptions(v)))
                .collect::<Map<_, _>>()
                .into(),
            Json::Array(items) => items.iter().map(without_descriptions).collect(),
            other => other.clone(),
        }
    }

    #[test]
    #[allow(clippy::print_stderr, reason = "says that nothing was tested")]
    fn signatures_are_those_of_the_installed_terraform() {
        let output = std::process::Command::new("terraform")
            .args(["metadata", "functions", "-json"])
            .output();
        let theirs = output
            .ok()
            .and_then(|o| serde_json::from_slice::<Json>(&o.stdout).ok());
        let Some(theirs) = theirs else {
            eprintln!("skipped: there is no terraform here");
            return;
        };
        let ours = functions();
        let wanted = theirs["function_signatures"]
            .as_object()
            .expect("functions");
        for (name, signature) in wanted {
            assert_eq!(
                without_descriptions(&ours["function_signatures"][name]),
                without_descriptions(signature),
                "{name}"
            );
        }
    }

    #[test]
    fn signatures_are_in_terraforms_form() {
        let all = functions();
        let of = |name: &str| all["function_signatures"][name].to_string();
        insta::assert_snapshot!(
            [of("abs"), of("core::max"), of("merge"), of("timestamp")].join("\n")
        );
    }
}
