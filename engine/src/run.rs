//! A run over one stack: what the command line, a backend or a test calls.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use cloudapp_lang::functions::{FunctionOptions, Functions};
use cloudapp_lang::{Diagnostic, Diagnostics, Str, Value};
use tokio_util::sync::CancellationToken;

use crate::address::{Address, Target};
use crate::apply;
use crate::calls::Calls;
use crate::config::{Configuration, ModuleId, ObjectId, ProviderKey};
use crate::event::{ApplySummary, Observer};
use crate::plan::ResourceChange;
use crate::plan::walk::imports;
use crate::plan::{self, Plan, PlanMode};
use crate::provider::{OperationContext, Provider};
pub use crate::providers::Providers;
use crate::seal::KeyError;
use crate::store::{Lease, Store, StoreError};
use crate::validate;

/// How a person ends a run early.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    /// What is in flight ends, nothing new starts.
    pub stop: CancellationToken,
    /// Calls are cancelled.
    pub cancel: CancellationToken,
    /// Nobody waits for calls any more: what they were to do is recorded as unknown.
    pub abandon: CancellationToken,
}

/// Everything that a run needs.
#[derive(Clone)]
pub struct Runner {
    pub configuration: Arc<Configuration>,
    pub providers: Providers,
    pub store: Arc<dyn Store>,
    pub observer: Arc<dyn Observer>,
    /// The largest number of provider calls at once.
    pub parallelism: usize,
    pub interrupt: Interrupt,
    /// File functions resolve relative paths against it.
    pub base_dir: PathBuf,
    pub workspace: String,
}

/// What to plan.
#[derive(Clone, Debug)]
pub struct PlanOptions {
    pub mode: PlanMode,
    /// Whether objects are read from their cloud first.
    pub refresh: bool,
    /// Only these and what they need; empty for everything.
    pub targets: Vec<Target>,
    /// Objects to make anew.
    pub replace: Vec<Address>,
    /// Values of the root module's variables, as [`crate::variables::collect`] gives them.
    pub variables: BTreeMap<Str, Value>,
}

impl Default for PlanOptions {
    fn default() -> Self {
        Self {
            mode: PlanMode::Normal,
            refresh: true,
            targets: Vec::new(),
            replace: Vec::new(),
            variables: BTreeMap::new(),
        }
    }
}

impl Runner {
    /// Checks everything that can be checked without values and without calling a cloud.
    #[must_use]
    #[tracing::instrument(name = "validate", skip_all)]
    pub fn validate(&self) -> Diagnostics {
        validate::validate(self)
    }

    /// What would have to be done to make the stack what its configuration says. None where that cannot be planned.
    #[tracing::instrument(name = "plan", skip_all, fields(mode = ?options.mode))]
    pub async fn plan(&self, options: &PlanOptions) -> (Option<Plan>, Diagnostics) {
        plan::walk::plan(self, options).await
    }

    /// Configuration for what `import` blocks take in without a block that declares it: the text of a file; none where
    /// there is nothing to write.
    #[tracing::instrument(name = "generate", skip_all)]
    pub async fn generate(&self, options: &PlanOptions) -> (Option<String>, Diagnostics) {
        imports::generate(self, options).await
    }

    /// Takes an object into the state as it is: the one that its provider knows by `id`, at an address that the
    /// configuration declares. None where that failed.
    #[tracing::instrument(name = "import", skip_all)]
    pub async fn import(
        &self,
        lease: &Lease,
        address: &Address,
        id: &str,
        variables: &BTreeMap<Str, Value>,
    ) -> (Option<ResourceChange>, Diagnostics) {
        apply::import::import(self, lease, address, id, variables).await
    }

    /// Does what a plan says. The plan must have been made from this configuration and from the state as it is: otherwise
    /// nothing is begun, and there is no summary.
    #[tracing::instrument(name = "apply", skip_all)]
    pub async fn apply(&self, lease: &Lease, plan: &Plan) -> (Option<ApplySummary>, Diagnostics) {
        apply::walk::apply(self, lease, plan).await
    }

    /// Finds out what became of operations that an earlier run began and could not finish recording.
    #[tracing::instrument(name = "recover", skip_all)]
    pub async fn recover(&self, lease: &Lease) -> Diagnostics {
        apply::recover::recover(self, lease).await
    }

    /// Whether there is nothing for [`Runner::recover`] to find out, which needs the lock and this does not.
    #[tracing::instrument(name = "is_settled", skip_all)]
    pub async fn is_settled(&self) -> (bool, Diagnostics) {
        apply::recover::is_settled(self).await
    }

    /// The provider that a block configures. An alias is a second configuration, so it gets an instance of its own.
    pub(crate) fn provider_for(&self, key: &ProviderKey) -> Option<Arc<dyn Provider>> {
        let shared = self.providers.get(&key.provider)?;
        let own = key.alias.as_ref().and_then(|_| shared.fork());
        Some(own.unwrap_or_else(|| shared.clone()))
    }

    /// The block of the root module that configures a provider, by the name that the state has for it.
    pub(crate) fn provider_block(&self, name: &str) -> Option<ObjectId> {
        let mut blocks = self.configuration.root().providers.iter();
        let place = blocks.position(|p| p.key.to_string() == name)?;
        Some(ObjectId::Provider(ModuleId::ROOT, place))
    }

    pub(crate) fn functions(&self, plan_time: &str, now: Option<String>) -> Functions {
        Functions::new(FunctionOptions {
            base_dir: self.base_dir.clone(),
            files_within: self.configuration.package_dir.clone(),
            plan_time: plan_time.to_owned(),
            now,
            package_dialect: self.configuration.dialect.is_package(),
        })
    }

    /// For the calls of one walk, which begins now.
    pub(crate) fn calls(&self) -> Calls {
        let limits = self.providers.limits().clone();
        Calls::new(limits, self.interrupt.clone(), self.observer.clone())
    }

    pub(crate) fn context(
        &self,
        run: impl Into<Str>,
        operation: String,
        address: String,
    ) -> OperationContext {
        OperationContext {
            run: run.into(),
            stack: String::new(),
            operation,
            address,
            deadline: None,
            cancel: self.interrupt.cancel.clone(),
        }
    }

    pub(crate) fn cwd(&self) -> String {
        std::path::absolute(&self.base_dir)
            .unwrap_or_else(|_| self.base_dir.clone())
            .display()
            .to_string()
    }
}

/// The time as RFC 3339 in UTC, to the second.
pub(crate) fn now() -> String {
    jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}

/// That a run was interrupted; `detail` says what was not done.
#[must_use]
pub fn interrupted(detail: impl Into<String>) -> Diagnostic {
    Diagnostic::error("interrupted", "Run was interrupted", detail)
}

/// What went wrong with the state, as a finding.
#[must_use]
pub fn store_diagnostic(error: &StoreError) -> Diagnostic {
    let (code, summary, hint) = match error {
        StoreError::Locked(holder) => (
            "state-locked",
            "State is locked",
            format!(
                "Wait for it, or wait longer with -lock-timeout; if that process is gone, run: cloudapp force-unlock {}",
                holder.id
            ),
        ),
        StoreError::NotLocked { .. } => (
            "state-not-locked",
            "State is not locked",
            "Nothing is in the way: run what the lock kept from running.".to_owned(),
        ),
        StoreError::Fenced => (
            "state-taken-over",
            "State was taken over",
            "Run the command again.".to_owned(),
        ),
        StoreError::Foreign { .. } => (
            "not-a-state",
            "File is not a state",
            "Name the right file with --db, or move this one away.".to_owned(),
        ),
        StoreError::TooNew { .. } => (
            "state-too-new",
            "State is of a newer version",
            "Use the newer version.".to_owned(),
        ),
        StoreError::Key(e) => return key_diagnostic(e),
        StoreError::Moved { path } => (
            "state-moved",
            "State file is not where it was",
            format!(
                "Put it back, with {path}-wal and {path}-shm if they are there, and run the command again: what was begun is found again."
            ),
        ),
        StoreError::Full { .. } => (
            "disk-full",
            "Disk is full",
            "Free some space and run the command again: what was begun is found again.".to_owned(),
        ),
        StoreError::Io { .. } => (
            "state-unusable",
            "State cannot be used",
            "Check the file and its permissions.".to_owned(),
        ),
    };
    Diagnostic::error(code, summary, format!("{error}.")).hint(hint)
}

/// The message about a key, for whoever holds it.
#[must_use]
pub fn key_diagnostic(error: &KeyError) -> Diagnostic {
    let give = "Give it with -key-file, CLOUDAPP_KEY_FILE or CLOUDAPP_KEY";
    let (code, summary, hint) = match error {
        KeyError::Unusable { wanted: None, .. } => (
            "no-key",
            "Key cannot be used",
            "Give 32 random bytes in Base64, as from \"openssl rand -base64 32\", with -key-file, CLOUDAPP_KEY_FILE or CLOUDAPP_KEY.".to_owned(),
        ),
        KeyError::Unusable { wanted: Some((_, key)), .. } => (
            "no-key",
            "Key cannot be used",
            format!("Find the key {key}. {give}. Nothing was changed."),
        ),
        KeyError::Wrong { wanted, .. } => (
            "wrong-key",
            "Key is the wrong one",
            format!("Find the key {wanted}. {give}. Nothing was changed."),
        ),
        KeyError::Damaged { .. } => (
            "damaged-secret",
            "Encrypted data is damaged",
            "Restore the file from a copy.".to_owned(),
        ),
    };
    Diagnostic::error(code, summary, format!("{}.", sentence(&error.to_string()))).hint(hint)
}

/// A message with a capital at its beginning; a path keeps its own.
fn sentence(text: &str) -> String {
    match text.strip_prefix("the ") {
        Some(rest) => format!("The {rest}"),
        None => text.to_owned(),
    }
}
