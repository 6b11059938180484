//! The port to the state of a stack: rows per instance, outputs, runs, operations and events.
//!
//! A store never interprets a value: attributes, outputs and plans are text or bytes to it. Which of them are sensitive it is
//! told by [`Sensitivity`]. What they hold never shows in `Debug`.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::provider::CallKind;
use crate::seal::KeyError;

/// One row of the state: an instance, or an instance's deposed object.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceRow {
    /// As [`crate::address::Address`] prints it.
    pub address: String,
    /// Empty for the current object; else the key of a deposed one, eight hexadecimal digits.
    pub deposed: String,
    /// Name of the provider, with its alias if any: `tencentcloud`, `tencentcloud.beijing`.
    pub provider: String,
    pub schema_version: u64,
    /// The object as JSON conforming to the schema.
    pub attributes: String,
    /// JSON list of the paths in `attributes` that are sensitive beyond what the schema says.
    pub sensitive: String,
    #[serde(default)]
    pub private: Vec<u8>,
    /// The addresses of the resources that this one depends on directly, without instance keys, in order.
    pub dependencies: Vec<String>,
    pub tainted: bool,
    pub create_before_destroy: bool,
}

impl fmt::Debug for InstanceRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstanceRow")
            .field("address", &self.address)
            .field("deposed", &self.deposed)
            .field("provider", &self.provider)
            .field("schema_version", &self.schema_version)
            .field("attributes", &Hidden(self.attributes.len()))
            .field("sensitive", &self.sensitive)
            .field("private", &Hidden(self.private.len()))
            .field("dependencies", &self.dependencies)
            .field("tainted", &self.tainted)
            .field("create_before_destroy", &self.create_before_destroy)
            .finish()
    }
}

/// Stands for so many bytes that may be secret: only the schema knows.
struct Hidden(usize);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({} bytes)", self.0)
    }
}

/// An output of the root module.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputRow {
    pub name: String,
    /// Terraform's JSON form of the type.
    pub ty: String,
    pub value: String,
    pub sensitive: bool,
    #[serde(default)]
    pub description: String,
}

impl fmt::Debug for OutputRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = Hidden(self.value.len());
        let value: &dyn fmt::Debug = if self.sensitive { &hidden } else { &self.value };
        f.debug_struct("OutputRow")
            .field("name", &self.name)
            .field("ty", &self.ty)
            .field("value", value)
            .field("sensitive", &self.sensitive)
            .field("description", &self.description)
            .finish()
    }
}

/// The whole state, for planning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Made once for a stack; empty before the first write.
    pub lineage: String,
    /// Counts writes. A plan is only good for the serial that it was made from.
    pub serial: u64,
    /// In address order.
    pub instances: Vec<InstanceRow>,
    /// In name order.
    pub outputs: Vec<OutputRow>,
    /// How the conditions turned out when the stack was last applied: a JSON list of [`crate::plan::CheckResult`], or
    /// nothing.
    pub checks: String,
    /// The role policy of an installation as it was last applied, as JSON, or nothing. The engine itself has no use for it.
    pub policy: String,
    /// The values of variables that the stack was last applied with, as JSON without what is secret, or nothing. The engine
    /// itself has no use for it.
    pub values: String,
}

/// Who holds the lock of a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockHolder {
    pub id: String,
    /// `plan`, `apply`, …
    pub operation: String,
    /// `user@host`.
    pub who: String,
    pub pid: u32,
    /// RFC 3339.
    pub since: String,
    pub version: String,
}

/// The right to write. Every write names it, and fails once another holder has taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub id: String,
    /// Grows with every lease: an older one can no longer write.
    pub epoch: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunStatus {
    Running,
    Succeeded,
    Failed,
    Interrupted,
}

/// A run: one plan, apply, destroy or refresh.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRow {
    pub id: String,
    pub operation: String,
    pub status: RunStatus,
    /// RFC 3339.
    pub started: String,
    pub ended: Option<String>,
    /// JSON: what was made, changed and destroyed.
    pub summary: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OperationAction {
    Create,
    Update,
    Delete,
}

impl OperationAction {
    /// As it is stored and shown.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// An operation that is about to be, or was, handed to a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntentRow {
    /// The idempotency token.
    pub operation: String,
    pub run: String,
    pub address: String,
    /// The key of the deposed object that is deleted; of a create that of the object that was put aside for the new one.
    /// Else empty.
    pub deposed: String,
    pub action: OperationAction,
    pub provider: String,
    /// What the object's row is to say beyond what its provider knows, as JSON; null for a delete.
    pub desired: String,
    pub dependencies: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Succeeded,
    Failed,
    /// Stays open: the next run finds out.
    Unknown,
    /// Nothing was made: the next run looked for it in vain, or the run ended before the call.
    Absent,
}

/// How long operations of a type took, for deciding what goes first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DurationRow {
    pub type_name: String,
    pub kind: CallKind,
    /// In microseconds.
    pub mean_us: u64,
    /// How many operations the mean is of.
    pub samples: u64,
}

impl DurationRow {
    /// The last hundred operations or so are what counts: types of machines change, and clouds get faster.
    pub const REMEMBERED: u64 = 100;

    /// The mean together with that of later operations, in microseconds. Each counts as many operations as it is of, and no
    /// more than are remembered. It is what a store makes of [`Change::Learned`].
    #[must_use]
    pub fn mean_with(&self, later_us: u64, later_samples: u64) -> u64 {
        let [before, later] =
            [self.samples, later_samples].map(|n| u128::from(n.min(Self::REMEMBERED)));
        let sum = u128::from(self.mean_us) * before + u128::from(later_us) * later;
        let mean = sum.checked_div(before + later);
        mean.map_or(self.mean_us, |m| u64::try_from(m).unwrap_or(u64::MAX))
    }
}

/// A write to one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    PutInstance(InstanceRow),
    RemoveInstance {
        address: String,
        deposed: String,
    },
    PutOutput(OutputRow),
    RemoveOutput {
        name: String,
    },
    /// The state becomes another one, with that one's lineage and serial.
    Adopt {
        lineage: String,
        serial: u64,
    },
    /// Replaces [`State::checks`]. They are no input of a plan, so the serial stays as it is.
    PutChecks {
        json: String,
    },
    /// Replaces [`State::policy`]. It is no input of a plan, so the serial stays as it is.
    PutPolicy {
        json: String,
    },
    /// Replaces [`State::values`]. They are no input of a plan, so the serial stays as it is.
    PutValues {
        json: String,
    },
    /// Recorded before the provider is called.
    Intent(IntentRow),
    /// Recorded with the change of state that it led to.
    Outcome {
        operation: String,
        outcome: Outcome,
        error: Option<String>,
    },
    Event {
        run: String,
        json: String,
    },
    /// What a run has measured; it is mixed with what earlier ones did.
    Learned(DurationRow),
    BeginRun(RunRow),
    EndRun {
        id: String,
        status: RunStatus,
        ended: String,
        summary: String,
    },
}

/// What of a row must not be stored in the clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sensitive {
    None,
    /// These attributes of the object.
    Attributes(Vec<String>),
    /// The object as a whole.
    All,
}

/// Says what must not be stored in the clear.
pub trait Sensitivity: std::fmt::Debug + Send + Sync {
    fn of(&self, row: &InstanceRow) -> Sensitive;
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("the state is locked by {} (process {}, {}, since {})", .0.who, .0.pid, .0.operation, .0.since)]
    Locked(Box<LockHolder>),
    #[error("{path} is not locked")]
    NotLocked { path: String },
    #[error("another process has taken over the state; nothing more can be written by this one")]
    Fenced,
    #[error("{path} is not a state of this engine: {reason}")]
    Foreign { path: String, reason: String },
    #[error(
        "{path} was written by a newer version (format {found}; this one reads up to {supported})"
    )]
    TooNew {
        path: String,
        found: u32,
        supported: u32,
    },
    #[error("{path} was moved, deleted or replaced by another file while it was in use")]
    Moved { path: String },
    #[error("the disk is full: {path} cannot be written")]
    Full { path: String },
    #[error("{path}: {message}")]
    Io { path: String, message: String },
}

/// The state of one stack (one workspace of it).
#[async_trait]
pub trait Store: Send + Sync {
    /// Where the state is, for messages.
    fn location(&self) -> String;

    /// Takes the right to write; waits up to `wait` for another holder, then fails with [`StoreError::Locked`].
    async fn lock(&self, operation: &str, wait: Duration) -> Result<Lease, StoreError>;

    /// For who only reads: waits up to `wait` until nobody holds the lock, then fails as [`Store::lock`] does. Takes
    /// nothing, so others may begin to write at any time.
    async fn await_unlocked(&self, wait: Duration) -> Result<(), StoreError>;

    async fn unlock(&self, lease: &Lease) -> Result<(), StoreError>;

    /// Takes the lock away from whoever holds it. `id` must be the holder's.
    async fn force_unlock(&self, id: &str) -> Result<LockHolder, StoreError>;

    async fn holder(&self) -> Result<Option<LockHolder>, StoreError>;

    async fn state(&self) -> Result<State, StoreError>;

    /// The lineage of the state; empty before the first write.
    async fn lineage(&self) -> Result<String, StoreError> {
        Ok(self.state().await?.lineage)
    }

    /// The serial of the state; 0 before the first write.
    async fn serial(&self) -> Result<u64, StoreError> {
        Ok(self.state().await?.serial)
    }

    /// Intents without an outcome, oldest first.
    async fn open_intents(&self) -> Result<Vec<IntentRow>, StoreError>;

    /// Which of these operations the journal does not account for: it has never heard of them, or the next run looked for
    /// what they made and found nothing. A store that keeps no journal accounts for all.
    async fn unaccounted(&self, _operations: Vec<String>) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }

    /// The address and the token of creates that were looked for in vain and not tried again. A store that keeps no journal
    /// has none.
    async fn absent(&self) -> Result<Vec<(String, String)>, StoreError> {
        Ok(Vec::new())
    }

    /// Writes all changes in one transaction, durably, and returns the new serial. The serial grows only where an
    /// instance or an output changes, or as [`Change::Adopt`] says.
    async fn commit(&self, lease: &Lease, changes: Vec<Change>) -> Result<u64, StoreError>;

    async fn runs(&self) -> Result<Vec<RunRow>, StoreError>;

    /// What earlier runs have measured.
    async fn durations(&self) -> Result<Vec<DurationRow>, StoreError>;

    /// The events of a run as JSON, in order.
    async fn events(&self, run: &str) -> Result<Vec<String>, StoreError>;
}
