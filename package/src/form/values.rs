//! Values of a form in a YAML file.

use std::collections::BTreeMap;

use cloudapp_lang::{Diagnostic, FileId, Str, Value};

use crate::yaml::{self, Yaml};

/// Reads a YAML text of names and values; JSON is YAML too. Nothing in it is evaluated.
pub fn read_values(text: &str, file: FileId) -> Result<BTreeMap<Str, Value>, Box<Diagnostic>> {
    let node = yaml::parse(text.strip_prefix('\u{feff}').unwrap_or(text), file)?;
    match &node.value {
        Yaml::Null => Ok(BTreeMap::new()),
        Yaml::Mapping(entries) => Ok(entries
            .iter()
            .map(|e| (e.key.value.clone(), e.value.to_value()))
            .collect()),
        _ => {
            let detail = format!(
                "A file of values holds names and values, but this is {}.",
                node.kind()
            );
            let d = Diagnostic::error("invalid-values", "Not an object", detail);
            Err(Box::new(d.at(node.span).hint("Write name: value.")))
        }
    }
}
