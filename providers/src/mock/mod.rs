//! A cloud that exists in a file: the types of the real provider, planned like the real provider plans them, with
//! objects that other processes see, latencies, faults and refusals.
//!
//! The order in which to read it: `packed` and `catalogue` (what is known of 2,281 types), `schema` (what the engine is
//! told of a type), `validate` and `validator`, `plan` (what a change leads to), `maker` (what the cloud decides about a
//! new object), `cloud` and `journal` (what it remembers), `references` (what it refuses), `harm` (what it does to
//! its callers), `calls` (a call from its
//! beginning to its end), and [`MockProvider`], which is all of this behind the engine's port.
//!
//! Nothing here calls a network, and nothing knows of the store or of syntax.

mod calls;
mod catalogue;
mod cloud;
mod config;
mod data;
mod draw;
mod harm;
mod identity;
mod journal;
mod json;
mod maker;
mod network;
mod options;
mod packed;
mod plan;
mod references;
mod schema;
mod spec;
mod validate;
mod validator;

use std::num::NonZeroU32;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use cloudapp_engine::address::Mode;
use cloudapp_engine::provider::{
    ApplyError, ApplyRequest, CallKind, Object, OperationContext, OwnedObject, PlanRequest,
    PlanResponse, Provider, ProviderDiagnostic, ProviderError,
};
use cloudapp_engine::schema::SharedSchema;
use cloudapp_lang::{Severity, Value};

pub use cloud::{MockCall, MockCloud, MockObject};
pub use config::{
    Blow, BlowSignal, Errors, Fault, FaultClass, MockConfig, MockConfigError, Moment, Operation,
    StateFaults,
};
pub use harm::deal;
pub use journal::MockCloudError;
pub use options::{Choice, Listing};

use catalogue::{Catalogue, Kind};

/// The region where neither the configuration nor `TENCENTCLOUD_REGION` names one.
const DEFAULT_REGION: &str = "ap-guangzhou";

/// A provider whose objects live in a [`MockCloud`].
#[derive(Debug)]
pub struct MockProvider {
    name: &'static str,
    source: &'static str,
    catalogue: Catalogue,
    config: Kind,
    cloud: Arc<MockCloud>,
    region: RwLock<Arc<str>>,
}

impl MockProvider {
    /// The provider `tencentcloud`. With `base_properties`, every resource has the properties of a package's resources.
    #[must_use]
    pub fn tencentcloud(cloud: Arc<MockCloud>, base_properties: bool) -> Self {
        let source = "registry.terraform.io/tencentcloudstack/tencentcloud";
        Self::new(
            "tencentcloud",
            source,
            "tencentcloud_",
            cloud,
            base_properties,
        )
    }

    /// The provider `cloudapp`: charts and APIs of installed software.
    #[must_use]
    pub fn cloudapp(cloud: Arc<MockCloud>, base_properties: bool) -> Self {
        Self::new(
            "cloudapp",
            "registry.terraform.io/tencentcloudstack/cloudapp",
            "cloudapp_",
            cloud,
            base_properties,
        )
    }

    fn new(
        name: &'static str,
        source: &'static str,
        prefix: &'static str,
        cloud: Arc<MockCloud>,
        base_properties: bool,
    ) -> Self {
        let catalogue = Catalogue::new(prefix, base_properties);
        let config = catalogue.provider();
        let region = std::env::var("TENCENTCLOUD_REGION")
            .ok()
            .filter(|r| !r.is_empty());
        let region = RwLock::new(region.as_deref().unwrap_or(DEFAULT_REGION).into());
        Self {
            name,
            source,
            catalogue,
            config,
            cloud,
            region,
        }
    }

    fn kind(&self, mode: Mode, name: &str) -> Result<Arc<Kind>, ProviderError> {
        self.catalogue.get(mode, name).ok_or_else(|| {
            let what = if mode == Mode::Data {
                "data source"
            } else {
                "resource type"
            };
            ProviderError::fatal(format!(
                "The provider `{}` has no {what} `{name}`.",
                self.name
            ))
        })
    }

    /// Packages generate passwords from a set of characters that some of the real provider's rules forbid, and are
    /// installed all the same.
    fn as_the_platform_sees_it(&self, mut finding: ProviderDiagnostic) -> ProviderDiagnostic {
        if finding.code == "weak-password" && self.catalogue.has_base_properties() {
            finding.severity = Severity::Warning;
        }
        finding
    }

    fn region(&self) -> Arc<str> {
        self.region
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn caller<'c>(
        &'c self,
        cx: &'c OperationContext,
        name: &'c str,
        kind: &'c Kind,
    ) -> calls::Caller<'c> {
        calls::Caller {
            cloud: &self.cloud,
            cx,
            name,
            kind,
            region: self.region(),
        }
    }
}

#[async_trait]
impl Provider for MockProvider {
    fn name(&self) -> &str {
        self.name
    }

    fn source(&self) -> &str {
        self.source
    }

    fn version(&self) -> &str {
        env!("CARGO_PKG_VERSION")
    }

    fn fork(&self) -> Option<Arc<dyn Provider>> {
        let base = self.catalogue.has_base_properties();
        Some(Arc::new(match self.name {
            "cloudapp" => Self::cloudapp(self.cloud.clone(), base),
            _ => Self::tencentcloud(self.cloud.clone(), base),
        }))
    }

    fn config_schema(&self) -> SharedSchema {
        self.config.schema.clone()
    }

    fn schema(&self, mode: Mode, kind: &str) -> Option<SharedSchema> {
        self.catalogue.get(mode, kind).map(|k| k.schema.clone())
    }

    fn kinds(&self, mode: Mode) -> Vec<&str> {
        self.catalogue.kinds(mode)
    }

    fn rate_limit(&self, call: CallKind, _kind: &str) -> Option<NonZeroU32> {
        let config = &self.cloud.config;
        let operation = match call {
            CallKind::Create => Operation::Create,
            CallKind::Read => Operation::Read,
            CallKind::Update => Operation::Update,
            CallKind::Delete => Operation::Delete,
            CallKind::Import => Operation::Import,
            CallKind::Data => Operation::Data,
            CallKind::Recover => return None,
        };
        let rate = config.rate.get(&operation).copied();
        rate.filter(|_| config.rates_are_published)
    }

    fn account_rate_limit(&self) -> Option<NonZeroU32> {
        let config = &self.cloud.config;
        config.account_rate.filter(|_| config.rates_are_published)
    }

    fn settling(&self) -> Duration {
        Duration::from_millis(self.cloud.config.consistency_ms)
    }

    fn validate_config(&self, config: &Value) -> Vec<ProviderDiagnostic> {
        validate::validate(self.name, &self.config.spec, config)
    }

    fn validate(&self, mode: Mode, kind: &str, config: &Value) -> Vec<ProviderDiagnostic> {
        self.catalogue
            .get(mode, kind)
            .map(|k| validate::validate(kind, &k.spec, config))
            .unwrap_or_default()
            .into_iter()
            .map(|f| self.as_the_platform_sees_it(f))
            .collect()
    }

    async fn configure(&self, config: &Value) -> Result<(), ProviderError> {
        if let Some(region) = config
            .get("region")
            .and_then(Value::as_str)
            .filter(|r| !r.is_empty())
        {
            *self.region.write().unwrap_or_else(PoisonError::into_inner) = region.into();
        }
        Ok(())
    }

    async fn read(
        &self,
        cx: &OperationContext,
        kind: &str,
        object: Object,
    ) -> Result<Option<Object>, ProviderError> {
        let known = self.kind(Mode::Managed, kind)?;
        self.caller(cx, kind, &known).read(object).await
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
        let private = prior
            .as_ref()
            .map(|p| p.private.clone())
            .unwrap_or_default();
        if config.is_null() {
            return Ok(PlanResponse {
                planned: config,
                requires_replace: vec![],
                private,
                legacy_type_system: true,
            });
        }
        let known = self.kind(Mode::Managed, &kind)?;
        let prior = prior.as_ref().map(|p| &p.value).filter(|p| !p.is_null());
        let planned = plan::plan(&kind, &known.spec, &config, prior, &self.region());
        Ok(PlanResponse {
            planned: planned.value,
            requires_replace: planned.requires_replace,
            private,
            legacy_type_system: true,
        })
    }

    async fn apply_change(
        &self,
        cx: &OperationContext,
        request: ApplyRequest,
    ) -> Result<Option<Object>, ApplyError> {
        let known = self.kind(Mode::Managed, &request.kind)?;
        let caller = self.caller(cx, &request.kind, &known);
        match request.prior {
            Some(prior) if request.planned.is_null() => {
                Ok(caller.delete(prior).await.map(|()| None)?)
            }
            Some(prior) if !prior.value.is_null() => {
                caller.update(prior, &request.planned).await.map(Some)
            }
            _ if request.planned.is_null() => Ok(None),
            _ => caller.create(&request.planned).await.map(Some),
        }
    }

    async fn import(
        &self,
        cx: &OperationContext,
        kind: &str,
        id: &str,
    ) -> Result<Option<Object>, ProviderError> {
        let known = self.kind(Mode::Managed, kind)?;
        if !known.spec.importable {
            let mut error =
                ProviderError::fatal(format!("Objects of type `{kind}` cannot be imported."));
            error.hint = Some("Let the stack create the object, or leave it out.".into());
            return Err(error);
        }
        self.caller(cx, kind, &known).import(id).await
    }

    async fn read_data(
        &self,
        cx: &OperationContext,
        kind: &str,
        config: &Value,
    ) -> Result<Value, ProviderError> {
        let known = self.kind(Mode::Data, kind)?;
        self.caller(cx, kind, &known).read_data(config).await
    }

    async fn recover(
        &self,
        cx: &OperationContext,
        kind: &str,
    ) -> Result<Option<Object>, ProviderError> {
        let known = self.kind(Mode::Managed, kind)?;
        self.caller(cx, kind, &known).recover()
    }

    async fn owned(
        &self,
        _cx: &OperationContext,
        stack: &str,
    ) -> Result<Vec<OwnedObject>, ProviderError> {
        let found = self.cloud.look(|contents| {
            let of_stack = contents.of_stack(stack);
            let ours = of_stack.filter(|o| self.catalogue.get(Mode::Managed, &o.kind).is_some());
            ours.map(|o| OwnedObject {
                kind: o.kind.clone(),
                id: o.id.clone(),
                address: o.address.clone(),
                operation: o.token.clone(),
            })
            .collect()
        });
        found.map_err(|e| calls::file_error(&e))
    }
}

#[cfg(test)]
mod tests;
