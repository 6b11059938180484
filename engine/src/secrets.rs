//! Which rows of a state hold something sensitive: by the schema of their type, or by the marks that the configuration put on
//! them.
//!
//! An object counts as a whole: providers repeat what they are given in other attributes, so that hiding the sensitive ones
//! alone would not do.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use cloudapp_lang::Value;

use crate::address::Address;
use crate::apply::Desired;
use crate::objects::{decode_object, has_sensitive, mark_sensitive};
use crate::plan::Plan;
use crate::providers::Providers;
use crate::schema::SharedSchema;
use crate::store::{InstanceRow, IntentRow, Sensitivity};

/// Looks into schemas and marks. What cannot be understood counts as sensitive.
pub struct SchemaSensitivity {
    providers: Providers,
    /// By provider and type: the schema, where it declares anything sensitive. Of `None`, no schema is known.
    types: Mutex<HashMap<(String, String), Option<Sensitive>>>,
}

#[derive(Clone)]
enum Sensitive {
    Never,
    ByValue(SharedSchema),
}

impl std::fmt::Debug for SchemaSensitivity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SchemaSensitivity").field(&self.providers).finish()
    }
}

impl SchemaSensitivity {
    #[must_use]
    pub fn new(providers: Providers) -> Self {
        Self {
            providers,
            types: Mutex::default(),
        }
    }

    fn of_type(&self, row: &InstanceRow) -> Option<Sensitive> {
        let address: Address = row.address.parse().ok()?;
        let kind = &address.resource.kind;
        let mut types = self.types.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (row.provider.clone(), kind.to_string());
        types
            .entry(key)
            .or_insert_with(|| {
                let provider = self.providers.named(&row.provider)?;
                let schema = provider.schema(address.resource.mode, kind)?;
                Some(if has_sensitive(&schema.block) {
                    Sensitive::ByValue(schema)
                } else {
                    Sensitive::Never
                })
            })
            .clone()
    }
}

impl Sensitivity for SchemaSensitivity {
    fn instance(&self, row: &InstanceRow) -> bool {
        if row.sensitive != "[]" && !row.sensitive.is_empty() {
            return true;
        }
        match self.of_type(row) {
            None => true,
            Some(Sensitive::Never) => false,
            Some(Sensitive::ByValue(schema)) => decode_object(&row.attributes, &schema.block.ty())
                .map_or(true, |v| holds(&mark_sensitive(&schema.block, v))),
        }
    }

    fn intent(&self, intent: &IntentRow) -> bool {
        match Desired::decode(&intent.desired).sensitive {
            serde_json::Value::Null => false,
            serde_json::Value::Array(paths) => !paths.is_empty(),
            _ => true,
        }
    }
}

/// Whether anything in a plan is sensitive.
pub(crate) fn in_plan(plan: &Plan) -> bool {
    let changes = plan.changes.iter().chain(&plan.drift);
    plan.variables.values().any(holds)
        || changes.into_iter().any(|c| holds(&c.before) || holds(&c.after))
        || plan
            .outputs
            .iter()
            .any(|o| o.sensitive || holds(&o.before) || holds(&o.after))
}

fn holds(value: &Value) -> bool {
    value.marks_deep().is_sensitive()
}
