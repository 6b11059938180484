//! Specifications: what is sold, and what was chosen of it.
//!
//! A package declares dimensions in `specs` of its manifest, each with a list of values. A customer buys one value of each;
//! the stack gets them in the variable `cloudapp_spec`, as a map from the dimensions' keys.

use std::collections::BTreeMap;

use cloudapp_lang::diagnostic::nearest;
use cloudapp_lang::{Diagnostic, Diagnostics, Str};

use crate::manifest::{Specification, SpecificationValue};
use crate::package::Package;
use crate::yaml::{Node, Yaml};

impl Specification {
    /// The values that may be chosen, as texts: the first is taken where none is.
    pub fn choices(&self) -> impl Iterator<Item = Str> {
        self.values.iter().map(SpecificationValue::text)
    }
}

impl SpecificationValue {
    /// The value as the stack gets it.
    #[must_use]
    pub fn text(&self) -> Str {
        text(&self.value)
    }
}

fn text(node: &Node) -> Str {
    match &node.value {
        Yaml::String(s) => s.clone(),
        Yaml::Bool(b) => b.to_string().into(),
        Yaml::Number(n) => n.to_string().into(),
        _ => "".into(),
    }
}

impl Package {
    /// The specification with these choices (key and value): the first value of each dimension that is not chosen. Of
    /// several choices in one dimension the last counts.
    ///
    /// # Errors
    ///
    /// Every choice that the package does not offer.
    pub fn specification(
        &self,
        choices: &[(String, String)],
    ) -> Result<BTreeMap<Str, Str>, Diagnostics> {
        let specs = &self.manifest.specs;
        let first = |s: &Specification| {
            (
                s.key.value.clone(),
                s.choices().next().unwrap_or_else(|| "".into()),
            )
        };
        let mut chosen: BTreeMap<Str, Str> = specs.iter().map(first).collect();
        let mut found = Diagnostics::new();
        for (key, value) in choices {
            match check(specs, key, value) {
                Ok(()) => {
                    chosen.insert(key.as_str().into(), value.as_str().into());
                }
                Err(d) => found.push(*d),
            }
        }
        if found.has_errors() {
            Err(found)
        } else {
            Ok(chosen)
        }
    }
}

fn check(specs: &[Specification], key: &str, value: &str) -> Result<(), Box<Diagnostic>> {
    let keys = || specs.iter().map(|s| &*s.key.value);
    let Some(dimension) = specs.iter().find(|s| &*s.key.value == key) else {
        let d = Diagnostic::error(
            "unknown-specification",
            "Specification does not exist",
            format!("The package's specs have no key \"{key}\"."),
        );
        return Err(Box::new(d.hint(match nearest(key, keys()) {
            Some(near) => format!("Did you mean \"{near}\"?"),
            None if specs.is_empty() => {
                "The package declares no specs: leave the choice out.".to_owned()
            }
            None => format!("Its keys are: {}.", keys().collect::<Vec<_>>().join(", ")),
        })));
    };
    let choices: Vec<Str> = dimension.choices().collect();
    if choices.iter().any(|c| &**c == value) {
        return Ok(());
    }
    let d = Diagnostic::error(
        "unknown-specification-value",
        "Specification has no such value",
        format!("\"{value}\" is not offered for \"{key}\"."),
    )
    .at(dimension.key.span);
    Err(Box::new(d.hint(
        match nearest(value, choices.iter().map(|c| &**c)) {
            Some(near) => format!("Did you mean \"{near}\"?"),
            None => format!("Choose one of: {}.", choices.join(", ")),
        },
    )))
}
