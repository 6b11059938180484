//! Which attributes of a row hold something sensitive: by the schema of their type, by the marks that the configuration put on
//! them, or because they repeat what is sensitive elsewhere in the object, as clouds and `terraform_data` do.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use cloudapp_lang::Value;

use crate::address::Address;
use crate::objects::{decode_object, decode_paths, has_sensitive, mark_sensitive};
use crate::providers::Providers;
use crate::schema::SharedSchema;
use crate::store::{InstanceRow, Sensitive, Sensitivity};
use crate::view::conceal;

/// Looks into schemas and marks. What cannot be understood counts as sensitive.
pub struct SchemaSensitivity {
    providers: Providers,
    types: Mutex<HashMap<String, Known>>,
}

/// What is known of a type. Types are told apart by provider, kind of object and name.
#[derive(Clone)]
struct Known {
    schema: SharedSchema,
    has_sensitive: bool,
}

impl std::fmt::Debug for SchemaSensitivity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SchemaSensitivity")
            .field(&self.providers)
            .finish()
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

    fn known(&self, row: &InstanceRow) -> Option<Known> {
        let address: Address = row.address.parse().ok()?;
        let resource = &address.resource;
        let name = format!("{} {:?} {}", row.provider, resource.mode, resource.kind);
        let mut types = self.types.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = types.get(&name) {
            return Some(known.clone());
        }
        let schema = self
            .providers
            .named(&row.provider)?
            .schema(resource.mode, &resource.kind)?;
        let known = Known {
            has_sensitive: has_sensitive(&schema.block),
            schema,
        };
        types.insert(name, known.clone());
        Some(known)
    }
}

impl Sensitivity for SchemaSensitivity {
    fn of(&self, row: &InstanceRow) -> Sensitive {
        let Some(known) = self.known(row) else {
            return Sensitive::All;
        };
        if !known.has_sensitive && row.sensitive == "[]" {
            return Sensitive::None;
        }
        let block = &known.schema.block;
        let Ok(value) = decode_object(&row.attributes, &block.ty()) else {
            return Sensitive::All;
        };
        let value = mark_sensitive(block, value).mark_paths(&decode_paths(&row.sensitive));
        if value.marks().is_sensitive() {
            return Sensitive::All;
        }
        let names: Vec<String> = conceal(value)
            .as_entries()
            .into_iter()
            .flatten()
            .filter(|(_, v)| v.marks_deep().is_sensitive() && !says_nothing(v))
            .map(|(n, _)| n.to_string())
            .collect();
        if names.is_empty() {
            Sensitive::None
        } else {
            Sensitive::Attributes(names)
        }
    }
}

/// That there is no secret is none: most attributes that could hold one are not set.
fn says_nothing(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("") || value.as_items().is_some_and(<[_]>::is_empty)
}
