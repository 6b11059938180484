//! The values of variables that an apply used, as the state keeps them: without what is secret.

use std::collections::BTreeMap;

use cloudapp_engine::plan::Plan;
use cloudapp_lang::Value;
use cloudapp_lang::value::{decode_json, encode_json};
use serde::{Deserialize, Serialize};

/// Values by name, and the names of those that are not kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct UsedValues {
    pub(crate) values: BTreeMap<String, Value>,
    pub(crate) secret: Vec<String>,
}

/// How they are stored.
#[derive(Serialize, Deserialize)]
struct Document {
    values: BTreeMap<String, Box<serde_json::value::RawValue>>,
    secret: Vec<String>,
}

impl UsedValues {
    /// Those of a plan. Which variables are secret says their declaration, or who asks for them: `is_secret`.
    pub(crate) fn of(plan: &Plan, is_secret: impl Fn(&str) -> bool) -> Self {
        let mut used = Self::default();
        for (name, value) in &plan.variables {
            // What is not kept after an apply is nobody's to keep here either.
            if is_secret(name) || !value.marks_deep().is_empty() {
                used.secret.push(name.to_string());
            } else if value.is_wholly_known() {
                used.values.insert(name.to_string(), value.clone());
            }
        }
        used
    }

    /// As JSON.
    pub(crate) fn write(&self) -> String {
        let raw = |v: &Value| serde_json::value::RawValue::from_string(encode_json(v)).ok();
        let document = Document {
            values: self
                .values
                .iter()
                .filter_map(|(n, v)| Some((n.clone(), raw(v)?)))
                .collect(),
            secret: self.secret.clone(),
        };
        serde_json::to_string(&document).unwrap_or_default()
    }

    /// What [`UsedValues::write`] wrote; none where nothing was.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let document: Document = serde_json::from_str(text).ok()?;
        let values = document
            .values
            .into_iter()
            .filter_map(|(n, raw)| Some((n, decode_json(raw.get()).ok()?)));
        Some(Self {
            values: values.collect(),
            secret: document.secret,
        })
    }

    /// Those whose names are wanted.
    pub(crate) fn only(mut self, wanted: impl Fn(&str) -> bool) -> Self {
        self.values.retain(|name, _| wanted(name));
        self.secret.retain(|name| wanted(name));
        self
    }
}
