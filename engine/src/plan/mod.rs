//! The plan: what a run will do, as a document that is pinned to what it was made from.

pub(crate) mod job;
pub(crate) mod prior;
mod targets;
pub(crate) mod walk;

use std::collections::BTreeMap;

use cloudapp_lang::{Path, Str, Value};

use crate::address::Address;

/// What is to happen to an object.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum Action {
    NoOp,
    Create,
    /// A data source that is read while applying.
    Read,
    Update,
    Delete,
    /// Delete, then create.
    Replace,
    /// Create, then delete.
    ReplaceCreateFirst,
    /// Leaves the state, stays in the cloud.
    Forget,
}

impl Action {
    /// Terraform's JSON form.
    #[must_use]
    pub fn as_json(self) -> &'static [&'static str] {
        match self {
            Action::NoOp => &["no-op"],
            Action::Create => &["create"],
            Action::Read => &["read"],
            Action::Update => &["update"],
            Action::Delete => &["delete"],
            Action::Replace => &["delete", "create"],
            Action::ReplaceCreateFirst => &["create", "delete"],
            Action::Forget => &["forget"],
        }
    }

    #[must_use]
    pub fn is_replace(self) -> bool {
        matches!(self, Action::Replace | Action::ReplaceCreateFirst)
    }
}

/// Why an action is what it is, where that is not plain from the values. Terraform's names in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Reason {
    ReplaceBecauseTainted,
    ReplaceBecauseCannotUpdate,
    ReplaceByRequest,
    ReplaceByTriggers,
    DeleteBecauseNoResourceConfig,
    DeleteBecauseWrongRepetition,
    DeleteBecauseCountIndex,
    DeleteBecauseEachKey,
    DeleteBecauseNoModule,
    ReadBecauseConfigUnknown,
    ReadBecauseDependencyPending,
}

impl Reason {
    /// Terraform's JSON form.
    #[must_use]
    pub fn as_json(self) -> &'static str {
        match self {
            Reason::ReplaceBecauseTainted => "replace_because_tainted",
            Reason::ReplaceBecauseCannotUpdate => "replace_because_cannot_update",
            Reason::ReplaceByRequest => "replace_by_request",
            Reason::ReplaceByTriggers => "replace_by_triggers",
            Reason::DeleteBecauseNoResourceConfig => "delete_because_no_resource_config",
            Reason::DeleteBecauseWrongRepetition => "delete_because_wrong_repetition",
            Reason::DeleteBecauseCountIndex => "delete_because_count_index",
            Reason::DeleteBecauseEachKey => "delete_because_each_key",
            Reason::DeleteBecauseNoModule => "delete_because_no_module",
            Reason::ReadBecauseConfigUnknown => "read_because_config_unknown",
            Reason::ReadBecauseDependencyPending => "read_because_dependency_pending",
        }
    }
}

/// A planned change of one object.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceChange {
    pub address: Address,
    /// Key of the deposed object that this is about, if it is not about the current one.
    pub deposed: Option<String>,
    /// Name of the provider, with its alias if any.
    pub provider: String,
    pub action: Action,
    pub reason: Option<Reason>,
    /// The object as it is, with sensitive marks; null where there is none.
    pub before: Value,
    /// The object as it will be, with unknowns and sensitive marks; null where there will be none.
    pub after: Value,
    /// The attributes that force a replacement.
    pub replace_paths: Vec<Path>,
    pub private: Vec<u8>,
    /// Directly, without instance keys.
    pub dependencies: Vec<String>,
    pub create_before_destroy: bool,
}

/// A planned change of an output of the root module.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputChange {
    pub name: Str,
    pub action: Action,
    /// With marks.
    pub before: Value,
    pub after: Value,
    pub sensitive: bool,
    pub description: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlanMode {
    Normal,
    Destroy,
    RefreshOnly,
}

/// What a run will do.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub mode: PlanMode,
    /// RFC 3339, UTC.
    pub created: String,
    /// SHA-256 of the configuration's sources, in hexadecimal.
    pub configuration: String,
    /// Values of the root module's variables.
    pub variables: BTreeMap<Str, Value>,
    /// The state that this was made from.
    pub lineage: String,
    pub serial: u64,
    /// In address order, no-ops included.
    pub changes: Vec<ResourceChange>,
    /// Objects that are not as the state had them, in address order: `before` the state, `after` the cloud.
    pub drift: Vec<ResourceChange>,
    /// In name order.
    pub outputs: Vec<OutputChange>,
}

/// How many objects a plan touches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlanCounts {
    pub add: usize,
    pub change: usize,
    pub destroy: usize,
    pub forget: usize,
}

impl Plan {
    #[must_use]
    pub fn counts(&self) -> PlanCounts {
        let mut n = PlanCounts::default();
        for c in &self.changes {
            match c.action {
                Action::Create => n.add += 1,
                Action::Update => n.change += 1,
                Action::Delete => n.destroy += 1,
                Action::Replace | Action::ReplaceCreateFirst => {
                    n.add += 1;
                    n.destroy += 1;
                }
                Action::Forget => n.forget += 1,
                Action::NoOp | Action::Read => {}
            }
        }
        n
    }

    /// Whether applying it would change anything: an object, the state or an output.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.iter().all(|c| c.action == Action::NoOp)
            && self.outputs.iter().all(|o| o.action == Action::NoOp)
            && (self.mode != PlanMode::RefreshOnly || self.drift.is_empty())
    }
}
