//! Providers whose objects live only in the state: what is left of the port when there is no cloud behind it.

use async_trait::async_trait;
use cloudapp_engine::address::Mode;
use cloudapp_engine::provider::{
    ApplyError, ApplyRequest, Object, OperationContext, PlanRequest, PlanResponse, Provider,
    ProviderDiagnostic, ProviderError,
};
use cloudapp_engine::schema::{Schema, SharedSchema};
use cloudapp_lang::{Path, Value};

/// A provider without a cloud. Wrapped in [`StateOnly`] it is a [`Provider`].
pub(crate) trait Local: Send + Sync + 'static {
    const NAME: &'static str;
    const SOURCE: &'static str;
    /// Its resource types, in order.
    const KINDS: &'static [&'static str];

    /// Its data sources, in order.
    const DATA_KINDS: &'static [&'static str] = &[];

    /// Schema of one of [`Local::KINDS`].
    fn schema(&self, kind: &str) -> Option<SharedSchema>;

    /// Schema of one of [`Local::DATA_KINDS`].
    fn data_schema(&self, _kind: &str) -> Option<SharedSchema> {
        None
    }

    /// Reads one of [`Local::DATA_KINDS`].
    fn read_data(&self, kind: &str, _config: &Value) -> Result<Value, ProviderError> {
        Err(no_data_source(Self::NAME, kind))
    }

    /// Checks a configuration.
    fn validate(&self, _kind: &str, _config: &Value) -> Vec<ProviderDiagnostic> {
        Vec::new()
    }

    /// Checks a configuration of one of [`Local::DATA_KINDS`].
    fn validate_data(&self, _kind: &str, _config: &Value) -> Vec<ProviderDiagnostic> {
        Vec::new()
    }

    /// The planned object and the arguments that force a replacement.
    fn plan(
        &self,
        kind: &str,
        schema: &Schema,
        config: &Value,
        prior: Option<&Value>,
    ) -> (Value, Vec<Path>);

    /// Makes every unknown of a planned object known.
    fn make(&self, kind: &str, planned: &Value) -> Result<Value, ProviderError>;

    /// The object that an id stands for.
    fn import(&self, kind: &str, id: &str) -> Result<Value, ProviderError>;
}

#[derive(Debug, Default)]
pub(crate) struct StateOnly<L>(pub(crate) L);

impl<L: Local> StateOnly<L> {
    fn known(&self, kind: &str) -> Result<SharedSchema, ProviderError> {
        let schema = if L::KINDS.contains(&kind) {
            self.0.schema(kind)
        } else {
            None
        };
        schema.ok_or_else(|| {
            ProviderError::fatal(format!(
                "The provider `{}` has no resource type `{kind}`.",
                L::NAME
            ))
        })
    }
}

#[async_trait]
impl<L: Local> Provider for StateOnly<L> {
    fn name(&self) -> &str {
        L::NAME
    }

    fn source(&self) -> &str {
        L::SOURCE
    }

    fn version(&self) -> &str {
        env!("CARGO_PKG_VERSION")
    }

    fn config_schema(&self) -> SharedSchema {
        SharedSchema::default()
    }

    fn schema(&self, mode: Mode, kind: &str) -> Option<SharedSchema> {
        match mode {
            Mode::Managed => self.known(kind).ok(),
            Mode::Data if L::DATA_KINDS.contains(&kind) => self.0.data_schema(kind),
            Mode::Data => None,
        }
    }

    fn kinds(&self, mode: Mode) -> Vec<&str> {
        match mode {
            Mode::Managed => L::KINDS.to_vec(),
            Mode::Data => L::DATA_KINDS.to_vec(),
        }
    }

    fn is_local(&self) -> bool {
        true
    }

    fn validate_config(&self, _config: &Value) -> Vec<ProviderDiagnostic> {
        Vec::new()
    }

    fn validate(&self, mode: Mode, kind: &str, config: &Value) -> Vec<ProviderDiagnostic> {
        match mode {
            Mode::Managed => self.0.validate(kind, config),
            Mode::Data => self.0.validate_data(kind, config),
        }
    }

    async fn configure(&self, _config: &Value) -> Result<(), ProviderError> {
        Ok(())
    }

    async fn read(
        &self,
        _cx: &OperationContext,
        _kind: &str,
        object: Object,
    ) -> Result<Option<Object>, ProviderError> {
        Ok(Some(object))
    }

    async fn plan_change(
        &self,
        _cx: &OperationContext,
        request: PlanRequest,
    ) -> Result<PlanResponse, ProviderError> {
        let PlanRequest {
            kind,
            prior,
            config,
            ..
        } = request;
        let (planned, requires_replace) = if config.is_null() {
            (config, Vec::new())
        } else {
            let schema = self.known(&kind)?;
            self.0.plan(
                &kind,
                &schema,
                &config,
                prior.as_ref().map(|p| &p.value).filter(|p| !p.is_null()),
            )
        };
        Ok(PlanResponse {
            planned,
            requires_replace,
            private: Vec::new(),
            legacy_type_system: false,
        })
    }

    async fn apply_change(
        &self,
        _cx: &OperationContext,
        request: ApplyRequest,
    ) -> Result<Option<Object>, ApplyError> {
        if request.planned.is_null() {
            return Ok(None);
        }
        self.known(&request.kind)?;
        let value = self.0.make(&request.kind, &request.planned)?;
        Ok(Some(Object {
            value,
            private: Vec::new(),
        }))
    }

    async fn import(
        &self,
        _cx: &OperationContext,
        kind: &str,
        id: &str,
    ) -> Result<Option<Object>, ProviderError> {
        self.known(kind)?;
        Ok(Some(Object {
            value: self.0.import(kind, id)?,
            private: Vec::new(),
        }))
    }

    async fn read_data(
        &self,
        _cx: &OperationContext,
        kind: &str,
        config: &Value,
    ) -> Result<Value, ProviderError> {
        if L::DATA_KINDS.contains(&kind) {
            self.0.read_data(kind, config)
        } else {
            Err(no_data_source(L::NAME, kind))
        }
    }

    async fn recover(
        &self,
        _cx: &OperationContext,
        _kind: &str,
    ) -> Result<Option<Object>, ProviderError> {
        Ok(None)
    }
}

fn no_data_source(provider: &str, kind: &str) -> ProviderError {
    ProviderError::fatal(format!(
        "The provider `{provider}` has no data source `{kind}`."
    ))
}

/// An error that says that a type's objects cannot be imported.
pub(crate) fn not_importable(kind: &str) -> ProviderError {
    let mut error = ProviderError::fatal(format!("Objects of type `{kind}` cannot be imported."));
    error.hint = Some("Let the stack create the object.".into());
    error
}

/// Plans an object of a type that has no update: a change of any argument replaces it, and what the provider sets is
/// unknown until then. `default` gives the value of an argument that the configuration leaves out.
pub(crate) fn plan_replaced(
    schema: &Schema,
    config: &Value,
    prior: Option<&Value>,
    default: impl Fn(&str) -> Option<Value>,
) -> (Value, Vec<Path>) {
    let mut changed = Vec::new();
    let attributes = schema.block.attributes.iter().map(|(name, attribute)| {
        let given = config.get(name).filter(|v| !v.is_null());
        let before = prior.and_then(|p| p.get(name));
        let value = match given {
            Some(given) => given.clone(),
            None => match (default(name), before) {
                (Some(default), _) => default,
                (None, Some(before)) if attribute.computed => before.clone(),
                (None, _) if attribute.computed => Value::unknown(attribute.ty.clone()),
                _ => Value::null(attribute.ty.clone()),
            },
        };
        if let Some(before) = before
            && attribute.is_settable()
            && *before != value
        {
            changed.push(Path::attr(name));
        }
        (name.clone(), value)
    });
    let planned = Value::object(attributes.collect::<Vec<_>>());
    (planned, changed)
}

/// A copy of an object with some attributes set.
pub(crate) fn with<'n>(object: &Value, set: impl IntoIterator<Item = (&'n str, Value)>) -> Value {
    let mut entries = object.as_entries().cloned().unwrap_or_default();
    entries.extend(set.into_iter().map(|(n, v)| (n.into(), v)));
    Value::object(entries)
}

/// A type's attributes, all null.
pub(crate) fn nothing(schema: &Schema) -> Value {
    schema.block.empty()
}
