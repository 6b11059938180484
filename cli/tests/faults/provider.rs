//! Providers and provisioners that write down every call, and have one of them fail.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use cloudapp_engine::Providers;
use cloudapp_engine::address::Mode;
use cloudapp_engine::provider::{
    ApplyError, ApplyRequest, ErrorClass, Object, OperationContext, PlanRequest, PlanResponse,
    Provider, ProviderDiagnostic, ProviderError,
};
use cloudapp_engine::provisioner::{
    NotAllowed, Output, ProvisionError, ProvisionRequest, Provisioner,
};
use cloudapp_engine::schema::SharedSchema;
use cloudapp_lang::Value;

/// What a provider is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Call {
    Configure,
    Read,
    Plan,
    Create,
    Update,
    Delete,
    Import,
    Data,
    Recover,
    Provision,
}

impl Call {
    /// Whether it changes the world.
    pub(crate) fn changes(self) -> bool {
        matches!(self, Call::Create | Call::Update | Call::Delete)
    }

    /// The ways in which it is made to fail.
    pub(crate) fn ways(self) -> &'static [Way] {
        match self {
            // Answered without asking a cloud.
            Call::Configure | Call::Plan => &[Way::Refused],
            Call::Read | Call::Import | Call::Data | Call::Recover => &[Way::Refused, Way::Unheard],
            // Nobody asks afterwards what a command did, so all that counts is that it failed.
            Call::Provision => &[Way::Refused, Way::Halfway],
            Call::Create | Call::Update | Call::Delete => {
                &[Way::Refused, Way::Halfway, Way::Unheard, Way::Unanswered]
            }
        }
    }
}

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// With an error, and nothing has happened.
    Refused,
    /// With an error, but it has happened. The caller is told of the object.
    Halfway,
    /// It times out, and nothing has happened.
    Unheard,
    /// It times out, but it has happened.
    Unanswered,
}

impl Way {
    fn error(self) -> ProviderError {
        let unknown = matches!(self, Way::Unheard | Way::Unanswered);
        ProviderError {
            class: if unknown {
                ErrorClass::UnknownOutcome
            } else {
                ErrorClass::Fatal
            },
            code: Some("Harness".to_owned()),
            ..ProviderError::fatal("The harness lets this call fail.")
        }
    }
}

/// A call that was made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Made {
    pub(crate) call: Call,
    /// The instance; of a configuration or a provisioner its name.
    pub(crate) address: String,
    /// Whether the caller was told to try again.
    pub(crate) in_vain: bool,
}

/// What all providers of a run write to.
#[derive(Debug, Default)]
pub(crate) struct Script(Mutex<Course>);

#[derive(Debug, Default)]
struct Course {
    made: Vec<Made>,
    fault: Option<(usize, Way)>,
    hit: bool,
}

impl Script {
    /// Forgets what was called. From now on the call with this number, from 0, fails.
    pub(crate) fn begin(&self, fault: Option<(usize, Way)>) {
        *self.0.lock().unwrap() = Course {
            fault,
            ..Course::default()
        };
    }

    /// What was called since.
    pub(crate) fn made(&self) -> Vec<Made> {
        self.0.lock().unwrap().made.clone()
    }

    /// Whether the call was made that was to fail.
    pub(crate) fn hit(&self) -> bool {
        self.0.lock().unwrap().hit
    }

    fn take(&self, call: Call, address: &str) -> Option<Way> {
        let mut course = self.0.lock().unwrap();
        let number = course.made.len();
        course.made.push(Made {
            call,
            address: address.to_owned(),
            in_vain: false,
        });
        let way = course.fault.filter(|f| f.0 == number).map(|f| f.1);
        course.hit |= way.is_some();
        way
    }

    /// Notes that the last call of its kind for an instance is to be made again.
    fn in_vain(&self, call: Call, address: &str) {
        let mut course = self.0.lock().unwrap();
        let of = |m: &&mut Made| m.call == call && m.address == address;
        if let Some(made) = course.made.iter_mut().rev().find(of) {
            made.in_vain = true;
        }
    }

    /// Takes up a call that changes nothing.
    fn ask(&self, call: Call, address: &str) -> Result<(), ProviderError> {
        self.take(call, address).map_or(Ok(()), |w| Err(w.error()))
    }
}

/// The same providers, and these provisioners, behind a script.
pub(crate) fn scripted(
    all: &Providers,
    provisioners: Vec<Arc<dyn Provisioner>>,
    script: &Arc<Script>,
) -> Providers {
    let providers = all.iter().map(|(_, p)| Scripted::wrap(p.clone(), script));
    let behind = |inner| -> Arc<dyn Provisioner> {
        let script = script.clone();
        Arc::new(ScriptedProvisioner { inner, script })
    };
    Providers::new(providers.collect())
        .with_provisioners(provisioners.into_iter().map(behind).collect())
}

struct Scripted {
    inner: Arc<dyn Provider>,
    script: Arc<Script>,
}

impl Scripted {
    fn wrap(inner: Arc<dyn Provider>, script: &Arc<Script>) -> Arc<dyn Provider> {
        Arc::new(Self {
            inner,
            script: script.clone(),
        })
    }
}

#[async_trait]
impl Provider for Scripted {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn source(&self) -> &str {
        self.inner.source()
    }

    fn version(&self) -> &str {
        self.inner.version()
    }

    fn fork(&self) -> Option<Arc<dyn Provider>> {
        self.inner.fork().map(|p| Self::wrap(p, &self.script))
    }

    fn config_schema(&self) -> SharedSchema {
        self.inner.config_schema()
    }

    fn schema(&self, mode: Mode, kind: &str) -> Option<SharedSchema> {
        self.inner.schema(mode, kind)
    }

    fn kinds(&self, mode: Mode) -> Vec<&str> {
        self.inner.kinds(mode)
    }

    fn is_local(&self) -> bool {
        self.inner.is_local()
    }

    fn parallelism(&self) -> Option<usize> {
        self.inner.parallelism()
    }

    fn validate_config(&self, config: &Value) -> Vec<ProviderDiagnostic> {
        self.inner.validate_config(config)
    }

    fn validate(&self, mode: Mode, kind: &str, config: &Value) -> Vec<ProviderDiagnostic> {
        self.inner.validate(mode, kind, config)
    }

    async fn configure(&self, config: &Value) -> Result<(), ProviderError> {
        self.script.ask(Call::Configure, self.name())?;
        self.inner.configure(config).await
    }

    async fn read(
        &self,
        cx: &OperationContext,
        kind: &str,
        object: Object,
    ) -> Result<Option<Object>, ProviderError> {
        self.script.ask(Call::Read, &cx.address)?;
        self.inner.read(cx, kind, object).await
    }

    async fn plan_change(
        &self,
        cx: &OperationContext,
        request: PlanRequest,
    ) -> Result<PlanResponse, ProviderError> {
        self.script.ask(Call::Plan, &cx.address)?;
        self.inner.plan_change(cx, request).await
    }

    async fn apply_change(
        &self,
        cx: &OperationContext,
        request: ApplyRequest,
    ) -> Result<Option<Object>, ApplyError> {
        let call = match &request.prior {
            _ if request.planned.is_null() => Call::Delete,
            Some(prior) if !prior.value.is_null() => Call::Update,
            _ => Call::Create,
        };
        match self.script.take(call, &cx.address) {
            None => {
                let ended = self.inner.apply_change(cx, request).await;
                if let Err(e) = &ended
                    && !matches!(
                        e.error.class,
                        ErrorClass::Fatal | ErrorClass::UnknownOutcome
                    )
                {
                    self.script.in_vain(call, &cx.address);
                }
                ended
            }
            Some(way @ (Way::Refused | Way::Unheard)) => Err(way.error().into()),
            Some(way @ Way::Halfway) => Err(ApplyError {
                object: match self.inner.apply_change(cx, request).await {
                    Ok(object) => object,
                    Err(e) => e.object,
                },
                error: way.error(),
            }),
            Some(way @ Way::Unanswered) => {
                let _unheard = self.inner.apply_change(cx, request).await;
                Err(way.error().into())
            }
        }
    }

    async fn import(
        &self,
        cx: &OperationContext,
        kind: &str,
        id: &str,
    ) -> Result<Option<Object>, ProviderError> {
        self.script.ask(Call::Import, &cx.address)?;
        self.inner.import(cx, kind, id).await
    }

    async fn read_data(
        &self,
        cx: &OperationContext,
        kind: &str,
        config: &Value,
    ) -> Result<Value, ProviderError> {
        self.script.ask(Call::Data, &cx.address)?;
        self.inner.read_data(cx, kind, config).await
    }

    async fn recover(
        &self,
        cx: &OperationContext,
        kind: &str,
    ) -> Result<Option<Object>, ProviderError> {
        self.script.ask(Call::Recover, &cx.address)?;
        self.inner.recover(cx, kind).await
    }

    async fn stop(&self) {
        self.inner.stop().await;
    }
}

struct ScriptedProvisioner {
    inner: Arc<dyn Provisioner>,
    script: Arc<Script>,
}

#[async_trait]
impl Provisioner for ScriptedProvisioner {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn schema(&self) -> SharedSchema {
        self.inner.schema()
    }

    fn allowed(&self) -> Result<(), NotAllowed> {
        self.inner.allowed()
    }

    async fn run(
        &self,
        request: ProvisionRequest,
        output: &Output<'_>,
    ) -> Result<(), ProvisionError> {
        let way = self.script.take(Call::Provision, self.name());
        if way != Some(Way::Refused) {
            self.inner.run(request, output).await?;
        }
        match way {
            None => Ok(()),
            Some(_) => Err(ProvisionError::new("The harness lets this command fail.")),
        }
    }
}
