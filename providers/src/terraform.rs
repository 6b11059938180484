//! The built-in provider `terraform`: `terraform_data`, which stores a value and is replaced when another one changes, and
//! the data source `terraform_remote_state`.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use cloudapp_engine::provider::{ProviderDiagnostic, ProviderError};
use cloudapp_engine::schema::{Attribute, Block, Schema, SharedSchema};
use cloudapp_lang::{Path, Type, Value};

use crate::remote_state;
use crate::state_only::{Local, StateOnly, nothing, with};

/// Where the provider `terraform` is said to come from.
pub const SOURCE: &str = "terraform.io/builtin/terraform";

/// What the provider consists of.
#[derive(Debug, Default)]
pub struct TerraformData {
    /// Whether state files may be read.
    reads_files: bool,
}

/// The provider `terraform`.
pub(crate) type TerraformProvider = StateOnly<TerraformData>;

/// The provider; with `reads_files`, `terraform_remote_state` reads state files of this machine.
pub(crate) fn provider(reads_files: bool) -> TerraformProvider {
    StateOnly(TerraformData { reads_files })
}

fn schema() -> SharedSchema {
    static SCHEMA: OnceLock<SharedSchema> = OnceLock::new();
    let make = || {
        let attributes = BTreeMap::from([
            ("id".into(), Attribute::computed(Type::String)),
            ("input".into(), Attribute::optional(Type::Dynamic)),
            ("output".into(), Attribute::computed(Type::Dynamic)),
            (
                "triggers_replace".into(),
                Attribute::optional(Type::Dynamic),
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
    SCHEMA.get_or_init(make).clone()
}

impl Local for TerraformData {
    const NAME: &'static str = "terraform";
    const SOURCE: &'static str = SOURCE;
    const KINDS: &'static [&'static str] = &["terraform_data"];
    const DATA_KINDS: &'static [&'static str] = &[remote_state::KIND];

    fn schema(&self, _kind: &str) -> Option<SharedSchema> {
        Some(schema())
    }

    fn data_schema(&self, _kind: &str) -> Option<SharedSchema> {
        self.reads_files.then(remote_state::schema)
    }

    fn validate_data(&self, _kind: &str, config: &Value) -> Vec<ProviderDiagnostic> {
        remote_state::validate(config)
    }

    fn read_data(&self, _kind: &str, config: &Value) -> Result<Value, ProviderError> {
        remote_state::read(config)
    }

    fn plan(
        &self,
        _kind: &str,
        schema: &Schema,
        config: &Value,
        prior: Option<&Value>,
    ) -> (Value, Vec<Path>) {
        let null = || Value::null(Type::Dynamic);
        let input = config.get("input").cloned().unwrap_or_else(null);
        let triggers = config.get("triggers_replace").cloned().unwrap_or_else(null);
        let fresh = || {
            if input.is_null() {
                null()
            } else {
                Value::unknown(input.ty())
            }
        };
        let before = |name| prior.and_then(|p| p.get(name));
        let replaced = before("triggers_replace").is_some_and(|t| differ(t, &triggers));
        let output = match (before("input"), before("output")) {
            (Some(i), Some(o)) if !replaced && !differ(i, &input) => o.clone(),
            // Of a new object Terraform knows that no input gives no output; of one that is there it does not say.
            (Some(_), _) if !replaced => Value::unknown(input.ty()),
            _ => fresh(),
        };
        let id = before("id").filter(|_| !replaced).cloned();
        let id = id.unwrap_or_else(|| Value::unknown_not_null(Type::String));
        // In the order of the names, which are those of the schema: sharing them is cheaper than making them anew.
        let names = schema.block.attributes.keys().cloned();
        let planned = Value::object(names.zip([id, input, output, triggers]));
        (
            planned,
            if replaced {
                vec![Path::attr("triggers_replace")]
            } else {
                Vec::new()
            },
        )
    }

    fn make(&self, _kind: &str, planned: &Value) -> Result<Value, ProviderError> {
        let id = planned
            .get("id")
            .filter(|id| id.as_str().is_some())
            .cloned();
        let id = id.unwrap_or_else(|| Value::string(uuid::Uuid::new_v4().to_string()));
        let output = planned
            .get("input")
            .cloned()
            .unwrap_or_else(|| Value::null(Type::Dynamic));
        Ok(with(planned, [("id", id), ("output", output)]))
    }

    fn import(&self, _kind: &str, id: &str) -> Result<Value, ProviderError> {
        Ok(with(&nothing(&schema()), [("id", Value::string(id))]))
    }
}

/// Whether two values differ. Nulls are alike, whatever type they were given.
fn differ(a: &Value, b: &Value) -> bool {
    !(a.is_null() && b.is_null()) && a != b
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a failed test should stop where it fails"
)]
mod tests {
    use super::*;

    fn config(input: Value, triggers: Value) -> Value {
        let null = Value::null(Type::String);
        Value::object([
            ("id", null.clone()),
            ("input", input),
            ("output", null),
            ("triggers_replace", triggers),
        ])
    }

    fn plan(config: &Value, prior: Option<&Value>) -> (Value, Vec<Path>) {
        TerraformData::default().plan("terraform_data", &schema(), config, prior)
    }

    #[test]
    fn output_follows_input() {
        let none = || Value::null(Type::Dynamic);
        let (planned, _) = plan(&config(Value::string("a"), none()), None);
        assert_eq!(planned.get("output"), Some(&Value::unknown(Type::String)));
        let made = TerraformData::default()
            .make("terraform_data", &planned)
            .unwrap();
        assert_eq!(made.get("output"), Some(&Value::string("a")));
        assert!(made.is_wholly_known());

        let (same, replace) = plan(&config(Value::string("a"), none()), Some(&made));
        assert_eq!((same, replace.len()), (made.clone(), 0));

        let (changed, replace) = plan(&config(Value::number(1), none()), Some(&made));
        assert_eq!(changed.get("output"), Some(&Value::unknown(Type::Number)));
        assert_eq!(changed.get("id"), made.get("id"));
        assert!(replace.is_empty());

        let (changed, replace) = plan(&config(Value::string("a"), Value::number(1)), Some(&made));
        assert!(!changed.get("id").unwrap().is_known());
        assert_eq!(replace, [Path::attr("triggers_replace")]);
    }

    #[test]
    fn no_input_no_output() {
        let (planned, _) = plan(
            &config(Value::null(Type::Dynamic), Value::null(Type::Dynamic)),
            None,
        );
        assert!(planned.get("output").unwrap().is_null());
        assert!(
            TerraformData::default()
                .import("terraform_data", "x")
                .unwrap()
                .get("input")
                .unwrap()
                .is_null()
        );
    }
}
