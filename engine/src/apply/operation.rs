//! One operation: a provider call with all that it needs, owned, so that it can run beside others.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cloudapp_lang::{Marks, Path, Value};
use futures::FutureExt as _;

use super::provision::FailedProvisioner;
use crate::address::Address;
use crate::calls::{Asked, Calls};
use crate::objects::{broken_promise, proposed_new, unsound};
use crate::plan::Action;
use crate::provider::{
    ApplyError, ApplyRequest, CallKind, ErrorClass, Object, OperationContext, PlanRequest,
    Provider, ProviderError,
};
use crate::schema::SharedSchema;
use crate::secrets::Given;

pub(crate) enum Work {
    /// Create or update: the configuration as it is now known, and what the plan promised.
    Make {
        prior: Option<Object>,
        config: Value,
        promised: Value,
    },
    Read {
        config: Value,
    },
    Destroy {
        prior: Object,
    },
}

pub(crate) struct Operation {
    pub(crate) node: u32,
    pub(crate) change: usize,
    pub(crate) action: Action,
    pub(crate) address: Address,
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) schema: SharedSchema,
    pub(crate) cx: OperationContext,
    pub(crate) work: Work,
    /// What failures must not repeat.
    pub(crate) marked: Box<Marked>,
    pub(crate) calls: Arc<Calls>,
    /// When provisioners before it began: for who watches, that was its beginning.
    pub(crate) since: Option<Instant>,
}

/// What is sensitive about an operation.
pub(crate) struct Marked {
    /// The marks of the configuration in [`Operation::work`].
    pub(crate) config: Vec<(Path, Marks)>,
    /// The object before and after, with their marks.
    pub(crate) objects: [Value; 2],
}

/// How an operation ended.
pub(crate) struct Done {
    pub(crate) node: u32,
    pub(crate) change: usize,
    pub(crate) action: Action,
    pub(crate) operation: String,
    pub(crate) started: Instant,
    pub(crate) elapsed: Duration,
    pub(crate) result: Result<Option<Object>, Failed>,
}

pub(crate) enum Failed {
    Call(ApplyError),
    /// What the provider did or plans is not what it promised; the object is there all the same, if one is given.
    Promise {
        what: &'static str,
        path: Path,
        object: Option<Object>,
    },
    /// The provider did its part.
    Provisioner(FailedProvisioner),
}

/// What is said where a provider panicked. Its own words may hold what is secret.
fn panicked() -> ProviderError {
    ProviderError {
        class: ErrorClass::UnknownOutcome,
        hint: Some("This is a defect of the provider: report it to its authors.".to_owned()),
        ..ProviderError::fatal("It panicked in the middle of the call.")
    }
}

impl Operation {
    pub(crate) async fn run(self) -> Done {
        let started = self.since.unwrap_or_else(Instant::now);
        // A panic shall neither leave an operation without an end nor end others.
        let result = AssertUnwindSafe(self.work()).catch_unwind().await;
        let result = result.unwrap_or_else(|_| Err(Failed::Call(panicked().into())));
        Done {
            node: self.node,
            change: self.change,
            action: self.action,
            operation: self.cx.operation.clone(),
            started,
            elapsed: started.elapsed(),
            result,
        }
    }

    async fn work(&self) -> Result<Option<Object>, Failed> {
        match &self.work {
            Work::Make {
                prior,
                config,
                promised,
            } => self.make(prior.as_ref(), config, promised).await,
            Work::Read { config } => self.look_at(config).await,
            Work::Destroy { prior } => self.destroy(prior).await,
        }
    }

    async fn make(
        &self,
        prior: Option<&Object>,
        config: &Value,
        promised: &Value,
    ) -> Result<Option<Object>, Failed> {
        let kind = self.address.resource.kind.clone();
        let proposed = proposed_new(&self.schema.block, prior.map(|o| &o.value), config);
        let request = PlanRequest {
            kind: kind.clone(),
            prior: prior.cloned(),
            config: config.clone(),
            proposed,
        };
        let plan = self
            .provider
            .plan_change(&self.cx, request)
            .await
            .map_err(|e| Failed::Call(self.redacted(e.into())))?;
        if let Some(path) = broken_promise(promised, &loosely(&plan.planned, promised)) {
            return Err(Failed::Promise {
                what: "now plans something else than when the plan was made",
                path,
                object: None,
            });
        }
        let call = match prior {
            Some(_) => CallKind::Update,
            None => CallKind::Create,
        };
        let request = ApplyRequest {
            kind,
            prior: prior.cloned(),
            config: config.clone(),
            planned: plan.planned.clone(),
            private: plan.private,
        };
        let made = self.ask(call, || self.apply(&request)).await;
        let object = match made.map_err(Failed::Call)? {
            Some(o) => o,
            None => {
                return Err(Failed::Promise {
                    what: "returned no object",
                    path: Path::root(),
                    object: None,
                });
            }
        };
        if !object.value.is_wholly_known() {
            let what = "returned an object that is not wholly known";
            return Err(Failed::Promise {
                what,
                path: first_unknown(&object.value),
                object: Some(object),
            });
        }
        match broken_promise(&plan.planned, &object.value) {
            Some(path) if !plan.legacy_type_system => Err(Failed::Promise {
                what: "made something else than it planned",
                path,
                object: Some(object),
            }),
            _ => Ok(Some(object)),
        }
    }

    async fn look_at(&self, config: &Value) -> Result<Option<Object>, Failed> {
        let found = self.ask(CallKind::Data, || self.read(config)).await;
        let found = found.map_err(Failed::Call)?;
        match found
            .as_ref()
            .and_then(|o| unsound(&self.schema.block, &o.value))
        {
            None => Ok(found),
            Some((what, path)) => Err(Failed::Promise {
                what,
                path,
                object: None,
            }),
        }
    }

    async fn destroy(&self, prior: &Object) -> Result<Option<Object>, Failed> {
        let null = Value::null(self.schema.block.ty());
        let request = ApplyRequest {
            kind: self.address.resource.kind.clone(),
            prior: Some(prior.clone()),
            config: null.clone(),
            planned: null,
            private: prior.private.clone(),
        };
        match self.ask(CallKind::Delete, || self.apply(&request)).await {
            Ok(None) => Ok(None),
            Ok(there) => Err(Failed::Promise {
                what: "returned an object that it was to delete",
                path: Path::root(),
                object: there,
            }),
            Err(mut e) => {
                // What could not be deleted is still there.
                e.object.get_or_insert_with(|| prior.clone());
                Err(Failed::Call(e))
            }
        }
    }

    /// Makes a call as often as it takes. The operation's token makes a repetition harmless.
    async fn ask<F>(
        &self,
        call: CallKind,
        make: impl FnMut() -> F,
    ) -> Result<Option<Object>, ApplyError>
    where
        F: Future<Output = Result<Option<Object>, ApplyError>>,
    {
        let asked = Asked {
            provider: &*self.provider,
            call,
            kind: &self.address.resource.kind,
            address: &self.address,
            action: self.action,
        };
        self.calls.make(asked, make).await
    }

    async fn apply(&self, request: &ApplyRequest) -> Result<Option<Object>, ApplyError> {
        let applied = self.provider.apply_change(&self.cx, request.clone());
        applied.await.map_err(|e| self.redacted(e))
    }

    fn redacted(&self, mut e: ApplyError) -> ApplyError {
        let config = match &self.work {
            Work::Make { config, .. } | Work::Read { config } => {
                Some((config.clone(), self.marked.config.clone()))
            }
            Work::Destroy { .. } => None,
        };
        let given = Given {
            schema: self.schema.clone(),
            values: self.marked.objects.to_vec(),
            config,
        };
        given.secrets().redact_error(&mut e.error);
        e
    }

    async fn read(&self, config: &Value) -> Result<Option<Object>, ApplyError> {
        let kind = &self.address.resource.kind;
        let read = self.provider.read_data(&self.cx, kind, config).await;
        let value = read.map_err(|e| self.redacted(e.into()))?;
        Ok(Some(Object {
            value,
            private: Vec::new(),
        }))
    }
}

impl From<ProviderError> for Failed {
    fn from(e: ProviderError) -> Self {
        Failed::Call(e.into())
    }
}

/// What is planned now may leave open what the plan left open too: only what was known counts.
fn loosely(now: &Value, promised: &Value) -> Value {
    match (now.as_entries(), promised.as_entries()) {
        (Some(n), Some(p)) if n.len() == p.len() => Value::object(n.iter().map(|(name, v)| {
            let open = p.get(name).is_some_and(|p| !p.is_known());
            (
                name.clone(),
                if open {
                    p.get(name).cloned().unwrap_or_else(|| v.clone())
                } else {
                    v.clone()
                },
            )
        })),
        _ => now.clone(),
    }
}

fn first_unknown(v: &Value) -> Path {
    v.as_entries()
        .into_iter()
        .flatten()
        .find(|(_, v)| !v.is_wholly_known())
        .map_or_else(Path::root, |(n, _)| Path::attr(n))
}
