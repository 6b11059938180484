//! A provider that has schemas and nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use cloudapp_engine::address::Mode;
use cloudapp_engine::provider::{
    ApplyError, ApplyRequest, Object, OperationContext, PlanRequest, PlanResponse, Provider,
    ProviderDiagnostic, ProviderError,
};
use cloudapp_engine::schema::{Attribute, Block, NestedBlock, Nesting, Schema, SharedSchema};
use cloudapp_lang::{Type, Value};

pub(crate) struct Cloud {
    nothing: SharedSchema,
    named: SharedSchema,
    server: SharedSchema,
}

fn schema(block: Block) -> SharedSchema {
    Arc::new(Schema { version: 0, block })
}

fn attributes(all: &[(&str, Attribute)]) -> BTreeMap<cloudapp_lang::Str, Attribute> {
    all.iter().map(|(n, a)| ((*n).into(), a.clone())).collect()
}

fn nested(nesting: Nesting, all: &[(&str, Attribute)]) -> NestedBlock {
    NestedBlock {
        nesting,
        block: Block {
            attributes: attributes(all),
            ..Block::default()
        },
        min_items: 0,
        max_items: 0,
    }
}

impl Default for Cloud {
    fn default() -> Self {
        let (text, number) = (Type::String, Type::Number);
        let set = |t: &Type| Attribute::optional(t.clone());
        let named = Block {
            attributes: attributes(&[
                ("id", Attribute::computed(text.clone())),
                ("name", Attribute::required(text.clone())),
            ]),
            ..Block::default()
        };
        let mut server = Block {
            attributes: attributes(&[
                ("id", Attribute::computed(text.clone())),
                ("name", Attribute::required(text.clone())),
                ("image", Attribute::required(text.clone())),
                ("size", set(&text)),
                ("zone", Attribute::optional_computed(text.clone())),
                ("key_name", set(&text)),
                ("monitoring", set(&Type::Bool)),
                ("project", set(&text)),
                ("period", set(&number)),
                ("charge", set(&text)),
                ("host_name", set(&text)),
                ("tags", set(&Type::map(text.clone()))),
                ("note", set(&text)),
                // Real types have many arguments that a body leaves out.
                ("bandwidth", set(&number)),
                ("password", set(&text).sensitive()),
                ("placement", set(&text)),
                ("public_ip", Attribute::computed(text.clone())),
                ("user_data", set(&text)),
            ]),
            ..Block::default()
        };
        let network = [
            ("subnet", Attribute::required(text.clone())),
            ("address", set(&text)),
        ];
        let disk = [("kind", set(&text)), ("size", set(&number))];
        server.blocks = BTreeMap::from([
            ("network".into(), nested(Nesting::List, &network)),
            ("disk".into(), nested(Nesting::Set, &disk)),
            (
                "timeouts".into(),
                nested(Nesting::Single, &[("create", set(&text))]),
            ),
        ]);
        Self {
            nothing: schema(Block::default()),
            named: schema(named),
            server: schema(server),
        }
    }
}

fn no_calls<T>() -> Result<T, ProviderError> {
    Err(ProviderError::fatal("this provider has schemas only"))
}

#[async_trait]
impl Provider for Cloud {
    fn name(&self) -> &str {
        "cloud"
    }

    fn source(&self) -> &str {
        "example.com/benchmark/cloud"
    }

    fn version(&self) -> &str {
        "1.0.0"
    }

    fn config_schema(&self) -> SharedSchema {
        self.nothing.clone()
    }

    fn schema(&self, mode: Mode, kind: &str) -> Option<SharedSchema> {
        match (mode, kind) {
            (Mode::Managed, "cloud_server") => Some(self.server.clone()),
            (Mode::Managed, "cloud_key" | "cloud_subnet") => Some(self.named.clone()),
            _ => None,
        }
    }

    fn kinds(&self, _: Mode) -> Vec<&str> {
        vec!["cloud_key", "cloud_server", "cloud_subnet"]
    }

    fn validate_config(&self, _: &Value) -> Vec<ProviderDiagnostic> {
        Vec::new()
    }

    fn validate(&self, _: Mode, _: &str, _: &Value) -> Vec<ProviderDiagnostic> {
        Vec::new()
    }

    async fn configure(&self, _: &Value) -> Result<(), ProviderError> {
        Ok(())
    }

    async fn read(
        &self,
        _: &OperationContext,
        _: &str,
        object: Object,
    ) -> Result<Option<Object>, ProviderError> {
        Ok(Some(object))
    }

    async fn plan_change(
        &self,
        _: &OperationContext,
        _: PlanRequest,
    ) -> Result<PlanResponse, ProviderError> {
        no_calls()
    }

    async fn apply_change(
        &self,
        _: &OperationContext,
        _: ApplyRequest,
    ) -> Result<Option<Object>, ApplyError> {
        no_calls().map_err(ApplyError::from)
    }

    async fn import(
        &self,
        _: &OperationContext,
        _: &str,
        _: &str,
    ) -> Result<Option<Object>, ProviderError> {
        no_calls()
    }

    async fn read_data(
        &self,
        _: &OperationContext,
        _: &str,
        _: &Value,
    ) -> Result<Value, ProviderError> {
        no_calls()
    }

    async fn recover(
        &self,
        _: &OperationContext,
        _: &str,
    ) -> Result<Option<Object>, ProviderError> {
        no_calls()
    }
}
