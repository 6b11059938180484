//! The port to providers. It has the shape of Terraform's provider protocol, so that an adapter can host real plugins.
//!
//! Values that pass here carry no marks. The engine checks what a provider promises: what is known in a plan stays as
//! planned, the configuration is kept, and an applied result is wholly known.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use async_trait::async_trait;
use cloudapp_lang::{Path, Severity, Str, Value};
use tokio_util::sync::CancellationToken;

use crate::address::Mode;
use crate::schema::SharedSchema;

/// Accompanies every call that may reach a cloud.
#[derive(Clone, Debug)]
pub struct OperationContext {
    /// The run that this call belongs to.
    pub run: Str,
    /// The stack that a change is for (its lineage): what is made carries it as a mark. Empty where nothing is made.
    pub stack: String,
    /// Identifies one operation across repetitions: the idempotency token. Empty for reads.
    pub operation: String,
    /// The address of the instance, for tags and messages.
    pub address: String,
    /// How long the call may take at most.
    pub deadline: Option<Duration>,
    /// Cancelled when the run is to end now.
    pub cancel: CancellationToken,
}

/// A finding of a provider about a value, by path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderDiagnostic {
    pub severity: Severity,
    /// Stable, such as `out-of-range`.
    pub code: &'static str,
    pub summary: &'static str,
    pub detail: String,
    pub hint: String,
    /// Where in the configuration value; empty for the whole.
    pub path: Path,
}

/// What is asked of a cloud. Clouds limit how often each is asked, by account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallKind {
    Create,
    Read,
    Update,
    Delete,
    Import,
    /// Reading a data source.
    Data,
    /// Looking for what an interrupted operation made.
    Recover,
}

impl CallKind {
    /// Whether the cloud is another one after such a call.
    pub(crate) fn changes(self) -> bool {
        matches!(self, Self::Create | Self::Update | Self::Delete)
    }

    const WORDS: [(Self, &'static str); 7] = [
        (Self::Create, "create"),
        (Self::Read, "read"),
        (Self::Update, "update"),
        (Self::Delete, "delete"),
        (Self::Import, "import"),
        (Self::Data, "data"),
        (Self::Recover, "recover"),
    ];

    /// As it is stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        let found = Self::WORDS.iter().find(|(k, _)| *k == self);
        found.map_or("", |(_, word)| word)
    }

    /// The kind of such a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let found = Self::WORDS.iter().find(|(_, w)| *w == word);
        found.map(|(kind, _)| *kind)
    }
}

/// What may be done about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// The same call may succeed at once.
    Retryable,
    /// Too many calls; the cloud may say how long to wait.
    Throttled(Option<Duration>),
    /// The same call will fail again.
    Fatal,
    /// Nobody knows whether the call took effect: the operation stays open and is resolved by the next run.
    UnknownOutcome,
    /// The run was interrupted before the call took place.
    Interrupted,
}

/// A failed call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ProviderError {
    pub class: ErrorClass,
    /// The cloud's own code, such as `ResourceInsufficient.CloudServer`.
    pub code: Option<String>,
    pub request_id: Option<String>,
    pub message: String,
    /// What an operator can do about it.
    pub hint: Option<String>,
    /// Where in the configuration value, if anywhere.
    pub path: Path,
}

impl ProviderError {
    #[must_use]
    pub fn fatal(message: impl Into<String>) -> Self {
        Self::of(ErrorClass::Fatal, message)
    }

    /// For a call that did not take place because the run was interrupted.
    #[must_use]
    pub fn interrupted(message: impl Into<String>) -> Self {
        Self::of(ErrorClass::Interrupted, message)
    }

    fn of(class: ErrorClass, message: impl Into<String>) -> Self {
        Self {
            class,
            code: None,
            request_id: None,
            message: message.into(),
            hint: None,
            path: Path::root(),
        }
    }
}

/// An object as the provider last returned it.
#[derive(Clone, PartialEq)]
pub struct Object {
    /// Conforms to the type's schema.
    pub value: Value,
    /// The provider's own notes about the object; the engine stores and returns them unread.
    pub private: Vec<u8>,
}

/// Asks what a change would lead to.
#[derive(Clone)]
pub struct PlanRequest {
    pub kind: Str,
    /// The object as it is; none for a create.
    pub prior: Option<Object>,
    /// The configuration, with unknowns; conforms to the schema. Null for a delete.
    pub config: Value,
    /// The configuration with computed attributes carried over from `prior`.
    pub proposed: Value,
}

#[derive(Clone)]
pub struct PlanResponse {
    /// The object as it will be; what the provider decides later is unknown.
    pub planned: Value,
    /// Attributes whose change cannot be made in place. Empty: the change is an update.
    pub requires_replace: Vec<Path>,
    pub private: Vec<u8>,
    /// Providers whose planning departs from the protocol's promises in ways that are tolerated.
    pub legacy_type_system: bool,
}

/// Asks to make a change that was planned.
#[derive(Clone)]
pub struct ApplyRequest {
    pub kind: Str,
    pub prior: Option<Object>,
    pub config: Value,
    /// The planned object; null for a delete.
    pub planned: Value,
    pub private: Vec<u8>,
}

/// Values have no marks here, so nobody knows which of them are sensitive: `Debug` shows none.
impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Object").finish_non_exhaustive()
    }
}

impl fmt::Debug for PlanRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlanRequest")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for PlanResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlanResponse")
            .field("requires_replace", &self.requires_replace)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ApplyRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApplyRequest")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// A failed apply. `object` is what exists all the same, if anything: it is recorded, tainted if it was being created.
#[derive(Clone, Debug)]
pub struct ApplyError {
    pub error: ProviderError,
    pub object: Option<Object>,
}

impl From<ProviderError> for ApplyError {
    fn from(error: ProviderError) -> Self {
        Self {
            error,
            object: None,
        }
    }
}

impl AsRef<ProviderError> for ApplyError {
    fn as_ref(&self) -> &ProviderError {
        &self.error
    }
}

impl AsMut<ProviderError> for ApplyError {
    fn as_mut(&mut self) -> &mut ProviderError {
        &mut self.error
    }
}

impl AsRef<ProviderError> for ProviderError {
    fn as_ref(&self) -> &ProviderError {
        self
    }
}

impl AsMut<ProviderError> for ProviderError {
    fn as_mut(&mut self) -> &mut ProviderError {
        self
    }
}

/// An object that exists and carries the mark of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedObject {
    pub kind: String,
    pub id: String,
    /// The address of the instance that it was last made or changed for.
    pub address: String,
    /// The operation that made it.
    pub operation: String,
}

/// A provider: knows types of resources and data sources, and how to change the world for them.
#[async_trait]
pub trait Provider: Send + Sync {
    /// The name that configurations use: the part of a type before the first `_`, by default.
    fn name(&self) -> &str;

    /// Its source address, such as `registry.terraform.io/tencentcloudstack/tencentcloud`.
    fn source(&self) -> &str;

    /// The version of this implementation.
    fn version(&self) -> &str;

    /// Another provider of the same kind, not configured yet, for a second configuration (an alias). None where all
    /// configurations are alike.
    fn fork(&self) -> Option<std::sync::Arc<dyn Provider>> {
        None
    }

    /// Schema of the `provider` block.
    fn config_schema(&self) -> SharedSchema;

    /// Schema of a type; none where there is no such type. Made on first use, then shared.
    fn schema(&self, mode: Mode, kind: &str) -> Option<SharedSchema>;

    /// The names of all types, in order: for suggestions and `providers schema`.
    fn kinds(&self, mode: Mode) -> Vec<&str>;

    /// Whether objects live only in the state, so that operations need neither intents nor tokens.
    fn is_local(&self) -> bool {
        false
    }

    /// The largest number of calls at once; none: the engine's own limit.
    fn parallelism(&self) -> Option<usize> {
        None
    }

    /// How many calls of a kind its account may make for a type within a second; none: no limit is known. Calls beyond it
    /// wait before they are made.
    fn rate_limit(&self, _call: CallKind, _kind: &str) -> Option<NonZeroU32> {
        None
    }

    /// How many calls its account may make within a second altogether; none: no limit is known.
    fn account_rate_limit(&self) -> Option<NonZeroU32> {
        None
    }

    /// How long its cloud may take until everybody sees what was made. An object that is missing so soon after the last
    /// run is looked for again before it counts as gone. Zero: it is seen at once.
    fn settling(&self) -> Duration {
        Duration::ZERO
    }

    /// Checks a provider configuration, with unknowns, without calling anything.
    fn validate_config(&self, config: &Value) -> Vec<ProviderDiagnostic>;

    /// Checks a resource's or data source's configuration, with unknowns, without calling anything.
    fn validate(&self, mode: Mode, kind: &str, config: &Value) -> Vec<ProviderDiagnostic>;

    /// Takes the configuration for the calls that follow; it may hold unknowns while planning.
    async fn configure(&self, config: &Value) -> Result<(), ProviderError>;

    /// Brings an object up to date; none where it no longer exists.
    async fn read(
        &self,
        cx: &OperationContext,
        kind: &str,
        object: Object,
    ) -> Result<Option<Object>, ProviderError>;

    async fn plan_change(
        &self,
        cx: &OperationContext,
        request: PlanRequest,
    ) -> Result<PlanResponse, ProviderError>;

    /// Makes a planned change. None after a delete.
    async fn apply_change(
        &self,
        cx: &OperationContext,
        request: ApplyRequest,
    ) -> Result<Option<Object>, ApplyError>;

    /// The object with a given id, to be managed from now on.
    async fn import(
        &self,
        cx: &OperationContext,
        kind: &str,
        id: &str,
    ) -> Result<Option<Object>, ProviderError>;

    async fn read_data(
        &self,
        cx: &OperationContext,
        kind: &str,
        config: &Value,
    ) -> Result<Value, ProviderError>;

    /// Looks for what an operation with this token created, if it did. Used when a run ended before the answer was
    /// recorded.
    async fn recover(
        &self,
        cx: &OperationContext,
        kind: &str,
    ) -> Result<Option<Object>, ProviderError>;

    /// All objects that carry the mark of a stack. None where its cloud cannot tell.
    async fn owned(
        &self,
        _cx: &OperationContext,
        _stack: &str,
    ) -> Result<Vec<OwnedObject>, ProviderError> {
        Ok(Vec::new())
    }

    /// Ends calls that wait, as far as that is possible.
    async fn stop(&self) {}
}
