//! The provider `null`: `null_resource`, which does nothing and is replaced when its triggers change.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use cloudapp_engine::provider::ProviderError;
use cloudapp_engine::schema::{Attribute, Block, Schema, SharedSchema};
use cloudapp_lang::{Path, Type, Value};

use crate::random::Source;
use crate::state_only::{Local, StateOnly, not_importable, plan_replaced, with};

/// What the provider consists of.
#[derive(Debug, Default)]
pub struct NullResource;

/// The provider `null`.
pub(crate) type NullProvider = StateOnly<NullResource>;

impl Local for NullResource {
    const NAME: &'static str = "null";
    const SOURCE: &'static str = "registry.terraform.io/hashicorp/null";
    const KINDS: &'static [&'static str] = &["null_resource"];

    fn schema(&self, _kind: &str) -> Option<SharedSchema> {
        static SCHEMA: OnceLock<SharedSchema> = OnceLock::new();
        let make = || {
            let attributes = BTreeMap::from([
                ("id".into(), Attribute::computed(Type::String)),
                (
                    "triggers".into(),
                    Attribute::optional(Type::map(Type::String)),
                ),
            ]);
            Arc::new(Schema {
                version: 0,
                block: Block {
                    attributes,
                    ..Block::default()
                },
            })
        };
        Some(SCHEMA.get_or_init(make).clone())
    }

    fn plan(
        &self,
        _kind: &str,
        schema: &Schema,
        config: &Value,
        prior: Option<&Value>,
    ) -> (Value, Vec<Path>) {
        plan_replaced(schema, config, prior, |_| None)
    }

    fn make(&self, kind: &str, planned: &Value) -> Result<Value, ProviderError> {
        if planned.is_wholly_known() {
            return Ok(planned.clone());
        }
        let id = Source::from_system()
            .below(i64::MAX as u64)
            .map_err(|e| crate::random::no_entropy(kind, &e))?;
        Ok(with(planned, [("id", Value::string(id.to_string()))]))
    }

    fn import(&self, kind: &str, _id: &str) -> Result<Value, ProviderError> {
        Err(not_importable(kind))
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a failed test should stop where it fails"
)]
mod tests {
    use super::*;

    #[test]
    fn replaced_when_a_trigger_changes() {
        let triggers = |v: &str| Value::map(Type::String, [("a", Value::string(v.to_owned()))]);
        let config =
            |v| Value::object([("id", Value::null(Type::String)), ("triggers", triggers(v))]);
        let schema = NullResource.schema("null_resource").unwrap();
        let (planned, _) = NullResource.plan("null_resource", &schema, &config("1"), None);
        let made = NullResource.make("null_resource", &planned).unwrap();
        assert!(made.get("id").unwrap().as_str().is_some());
        assert!(
            NullResource
                .plan("null_resource", &schema, &config("1"), Some(&made))
                .1
                .is_empty()
        );
        let (_, replace) = NullResource.plan("null_resource", &schema, &config("2"), Some(&made));
        assert_eq!(replace, [Path::attr("triggers")]);
    }
}
