//! The data source `terraform_remote_state`: the outputs of another stack, from a state file.
//!
//! Only files on this machine are read (`backend = "local"`), of version 4, as `state pull` and Terraform write them.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use cloudapp_engine::provider::{ProviderDiagnostic, ProviderError};
use cloudapp_engine::schema::{Attribute, Block, Schema, SharedSchema};
use cloudapp_lang::value::{convert, decode_json_as};
use cloudapp_lang::{Path, Severity, Str, Type, Value};
use serde_json::Value as Json;

use crate::state_only::with;

pub(crate) const KIND: &str = "terraform_remote_state";
/// The only version of state files that is in use.
const VERSION: u64 = 4;

pub(crate) fn schema() -> SharedSchema {
    static SCHEMA: OnceLock<SharedSchema> = OnceLock::new();
    let make = || {
        let attributes = BTreeMap::from([
            ("backend".into(), Attribute::required(Type::String)),
            ("config".into(), Attribute::optional(Type::Dynamic)),
            ("defaults".into(), Attribute::optional(Type::Dynamic)),
            ("outputs".into(), Attribute::computed(Type::Dynamic)),
            ("workspace".into(), Attribute::optional(Type::String)),
        ]);
        Arc::new(Schema {
            version: 0,
            block: Block {
                attributes,
                ..Block::default()
            },
        })
    };
    SCHEMA.get_or_init(make).clone()
}

/// Where Terraform can keep states. Of these only the first is read; a configuration that names another one is in order.
const BACKENDS: [&str; 12] = [
    "local",
    "azurerm",
    "consul",
    "cos",
    "gcs",
    "http",
    "inmem",
    "kubernetes",
    "oss",
    "pg",
    "remote",
    "s3",
];

/// What the backend `local` is told: texts.
const ARGUMENTS: [&str; 2] = ["path", "workspace_dir"];

/// What can be said of a configuration before anything is read.
pub(crate) fn validate(config: &Value) -> Vec<ProviderDiagnostic> {
    let mut found = Vec::new();
    let mut refuse = |attribute: &str, detail: String, hint: &str| {
        found.push(ProviderDiagnostic {
            severity: Severity::Error,
            code: "invalid-remote-state",
            summary: "Remote state cannot be read",
            detail,
            hint: hint.to_owned(),
            path: Path::attr(attribute),
        });
    };
    let is_object =
        |v: &Value| v.is_null() || matches!(v.ty(), Type::Object(_) | Type::Map(_) | Type::Dynamic);
    let backend = config.get("backend").and_then(Value::as_str);
    if let Some(name) = backend.filter(|b| !BACKENDS.contains(b)) {
        refuse(
            "backend",
            format!("There is no backend \"{name}\"."),
            "Write backend = \"local\" and name the file in config.",
        );
    }
    if config.get("defaults").is_some_and(|d| !is_object(d)) {
        refuse(
            "defaults",
            "Defaults are given as an object, by the names of the outputs.".to_owned(),
            "Write defaults = { name = value }.",
        );
    }
    let given = config.get("config").filter(|c| c.is_wholly_known());
    let Some(given) = given.filter(|_| backend == Some("local")) else {
        return found;
    };
    const HINT: &str = "Write config = { path = \"file\" }.";
    if !is_object(given) {
        refuse(
            "config",
            "The backend is configured with an object.".to_owned(),
            HINT,
        );
    }
    for (name, value) in given.as_entries().into_iter().flatten() {
        let problem = if !ARGUMENTS.contains(&&**name) {
            "does not exist for the backend \"local\""
        } else {
            match convert(value, &Type::String) {
                Err(_) => "is no text",
                Ok(v) if v.as_str() == Some("") => "is empty",
                Ok(_) => continue,
            }
        };
        refuse("config", format!("\"{name}\" {problem}."), HINT);
    }
    found
}

/// The configuration with the outputs that the file has; `defaults` stands in for those that it has not.
pub(crate) fn read(config: &Value) -> Result<Value, ProviderError> {
    let text = |name: &str| config.get(name).and_then(Value::as_str);
    let backend = text("backend").unwrap_or_default();
    if backend != "local" {
        return Err(failed(
            "backend",
            format!(
                "The backend `{backend}` is not supported: states are read from files on this machine only."
            ),
            "Write backend = \"local\" and name the file in config.",
        ));
    }
    let workspace = text("workspace").filter(|w| !w.is_empty());
    let file = path(config, workspace);
    let mut outputs = config
        .get("defaults")
        .and_then(Value::as_entries)
        .cloned()
        .unwrap_or_default();
    outputs.extend(outputs_of(&file, workspace.is_some())?);
    Ok(with(config, [("outputs", Value::object(outputs))]))
}

/// The file of a workspace; that of the default one is named by the configuration itself.
fn path(config: &Value, workspace: Option<&str>) -> String {
    let set = |name: &str| {
        let c = config.get("config")?;
        let text = convert(c.get(name)?, &Type::String).ok()?;
        text.as_str().map(str::to_owned)
    };
    match workspace.filter(|w| *w != "default") {
        None => set("path").unwrap_or_else(|| "terraform.tfstate".to_owned()),
        Some(w) => {
            let dir = set("workspace_dir").unwrap_or_else(|| "terraform.tfstate.d".to_owned());
            format!("{dir}/{w}/terraform.tfstate")
        }
    }
}

fn outputs_of(path: &str, of_workspace: bool) -> Result<Vec<(Str, Value)>, ProviderError> {
    let unreadable = |why: String| {
        let mut e = failed(
            "workspace",
            format!("The state file `{path}` cannot be read: {why}."),
            "Name the state file of the other stack, relative to the directory of the run.",
        );
        // Of the default one it is the configuration as a whole that names nothing.
        if !of_workspace {
            e.path = Path::default();
        }
        e
    };
    let text = std::fs::read_to_string(path).map_err(|e| unreadable(e.to_string()))?;
    let state: Json = serde_json::from_str(&text).map_err(|e| unreadable(e.to_string()))?;
    if state["version"].as_u64() != Some(VERSION) {
        return Err(unreadable(format!("it is no state of version {VERSION}")));
    }
    let outputs = state["outputs"].as_object().into_iter().flatten();
    outputs
        .map(|(name, o)| {
            let ty = Type::from_json(&o["type"]).unwrap_or(Type::Dynamic);
            let value = decode_json_as(&o["value"].to_string(), &ty)
                .map_err(|e| unreadable(format!("output `{name}`: {e}")))?;
            Ok((name.as_str().into(), value))
        })
        .collect()
}

fn failed(attribute: &str, message: String, hint: &str) -> ProviderError {
    let mut e = ProviderError::fatal(message);
    e.hint = Some(hint.to_owned());
    e.path = Path::attr(attribute);
    e
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a failed test should stop where it fails"
)]
mod tests {
    use super::*;

    fn config(entries: &[(&'static str, Value)]) -> Value {
        let null = schema().block.empty();
        with(&null, entries.iter().cloned())
    }

    fn file(text: &str) -> (tempfile::TempDir, Value) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s.tfstate");
        std::fs::write(&path, text).unwrap();
        let c = config(&[
            ("backend", Value::string("local")),
            (
                "config",
                Value::object([("path", Value::string(path.display().to_string()))]),
            ),
            (
                "defaults",
                Value::object([("a", Value::number(1)), ("b", Value::number(2))]),
            ),
        ]);
        (dir, c)
    }

    #[test]
    fn outputs_with_their_types_before_defaults() {
        let (_dir, c) = file(
            r#"{"version":4,"outputs":{"a":{"value":["x"],"type":["set","string"]},"c":{"value":null,"type":"string"}}}"#,
        );
        let read = read(&c).unwrap();
        let outputs = read.get("outputs").unwrap();
        let set = Value::set(Type::String, vec![Value::string("x")]);
        assert_eq!(outputs.get("a"), Some(&set));
        assert_eq!(outputs.get("b"), Some(&Value::number(2)));
        assert_eq!(outputs.get("c"), Some(&Value::null(Type::String)));
        assert_eq!(read.get("backend"), Some(&Value::string("local")));
    }

    #[test]
    fn what_is_no_state_is_refused() {
        for text in [
            "",
            "[]",
            "{}",
            r#"{"version":3}"#,
            r#"{"version":4,"outputs":{"a":{"value":"x","type":"number"}}}"#,
        ] {
            let (_dir, c) = file(text);
            let e = read(&c).unwrap_err();
            assert_eq!(e.path, Path::default(), "{text}: {}", e.message);
        }
        let e = read(&config(&[("backend", Value::string("s3"))])).unwrap_err();
        assert_eq!(e.path, Path::attr("backend"));
    }

    #[test]
    fn a_workspace_has_a_file_of_its_own() {
        let c = config(&[]);
        assert_eq!(path(&c, None), "terraform.tfstate");
        assert_eq!(path(&c, Some("default")), "terraform.tfstate");
        assert_eq!(
            path(&c, Some("w")),
            "terraform.tfstate.d/w/terraform.tfstate"
        );
    }
}
