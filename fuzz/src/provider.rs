//! A provider whose schema has something of every kind, for configurations that are only loaded.

use std::sync::Arc;

use async_trait::async_trait;
use cloudapp_engine::Providers;
use cloudapp_engine::address::Mode;
use cloudapp_engine::provider::{
    ApplyError, ApplyRequest, Object, OperationContext, PlanRequest, PlanResponse, Provider,
    ProviderDiagnostic, ProviderError,
};
use cloudapp_engine::schema::{Attribute, Block, NestedBlock, Nesting, Schema, SharedSchema};
use cloudapp_lang::{Type, Value};

/// The provider `fuzz` with the resource type and data source `fuzz_thing`.
struct FuzzProvider {
    schema: SharedSchema,
}

/// All providers of the targets that load configurations.
#[must_use]
pub fn providers() -> Providers {
    let schema = Arc::new(Schema {
        version: 0,
        block: block(3),
    });
    Providers::new(vec![Arc::new(FuzzProvider { schema })])
}

fn block(levels: u32) -> Block {
    let mut b = Block::default();
    let object = Type::object([("a", Type::Number), ("b", Type::list(Type::String))]);
    for (name, attribute) in [
        ("id", Attribute::computed(Type::String)),
        ("name", Attribute::optional(Type::String)),
        ("size", Attribute::optional_computed(Type::Number)),
        ("on", Attribute::optional(Type::Bool)),
        ("tags", Attribute::optional(Type::map(Type::String))),
        ("list", Attribute::optional(Type::list(Type::Number))),
        ("set", Attribute::optional(Type::set(Type::String))),
        ("object", Attribute::optional(object)),
        ("any", Attribute::optional(Type::Dynamic)),
        ("secret", Attribute::optional(Type::String).sensitive()),
    ] {
        b.attributes.insert(name.into(), attribute);
    }
    if levels == 0 {
        return b;
    }
    for (name, nesting) in [
        ("single", Nesting::Single),
        ("listed", Nesting::List),
        ("grouped", Nesting::Set),
        ("mapped", Nesting::Map),
    ] {
        let nested = NestedBlock {
            nesting,
            block: block(levels - 1),
            min_items: 0,
            max_items: u64::from(nesting == Nesting::Single),
        };
        b.blocks.insert(name.into(), nested);
    }
    b
}

fn never<T>() -> Result<T, ProviderError> {
    Err(ProviderError::fatal("configurations are only loaded here"))
}

#[async_trait]
impl Provider for FuzzProvider {
    fn name(&self) -> &str {
        "fuzz"
    }

    fn source(&self) -> &str {
        "registry.terraform.io/example/fuzz"
    }

    fn version(&self) -> &str {
        "1.0.0"
    }

    fn config_schema(&self) -> SharedSchema {
        self.schema.clone()
    }

    fn schema(&self, _: Mode, kind: &str) -> Option<SharedSchema> {
        (kind == "fuzz_thing").then(|| self.schema.clone())
    }

    fn kinds(&self, _: Mode) -> Vec<&str> {
        vec!["fuzz_thing"]
    }

    fn validate_config(&self, _: &Value) -> Vec<ProviderDiagnostic> {
        Vec::new()
    }

    fn validate(&self, _: Mode, _: &str, _: &Value) -> Vec<ProviderDiagnostic> {
        Vec::new()
    }

    async fn configure(&self, _: &Value) -> Result<(), ProviderError> {
        never()
    }

    async fn read(
        &self,
        _: &OperationContext,
        _: &str,
        _: Object,
    ) -> Result<Option<Object>, ProviderError> {
        never()
    }

    async fn plan_change(
        &self,
        _: &OperationContext,
        _: PlanRequest,
    ) -> Result<PlanResponse, ProviderError> {
        never()
    }

    async fn apply_change(
        &self,
        _: &OperationContext,
        _: ApplyRequest,
    ) -> Result<Option<Object>, ApplyError> {
        Ok(never()?)
    }

    async fn import(
        &self,
        _: &OperationContext,
        _: &str,
        _: &str,
    ) -> Result<Option<Object>, ProviderError> {
        never()
    }

    async fn read_data(
        &self,
        _: &OperationContext,
        _: &str,
        _: &Value,
    ) -> Result<Value, ProviderError> {
        never()
    }

    async fn recover(
        &self,
        _: &OperationContext,
        _: &str,
    ) -> Result<Option<Object>, ProviderError> {
        never()
    }
}
