//! The plan: what a run will do, as a document that is pinned to what it was made from.

pub(crate) mod job;
pub(crate) mod prior;
pub(crate) mod targets;
pub(crate) mod walk;

use std::collections::{BTreeMap, BTreeSet};

use cloudapp_lang::{Path, Str, Value};

use crate::address::{Address, Mode};

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
    DeleteBecauseNoMoveTarget,
    ReadBecauseConfigUnknown,
    ReadBecauseDependencyPending,
    ReadBecauseCheckNested,
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
            Reason::DeleteBecauseNoMoveTarget => "delete_because_no_move_target",
            Reason::ReadBecauseConfigUnknown => "read_because_config_unknown",
            Reason::ReadBecauseDependencyPending => "read_because_dependency_pending",
            Reason::ReadBecauseCheckNested => "read_because_check_nested",
        }
    }
}

/// A planned change of one object.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceChange {
    pub address: Address,
    /// Where the state had the object, if it is moved. In a box, as few are: there is a change for each object.
    pub previous_address: Option<Box<Address>>,
    /// Set where an object that already exists in the cloud is taken into the state.
    pub importing: Option<Box<Importing>>,
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

impl ResourceChange {
    /// A change with no more to it than an action and two values; the rest is set by whoever knows it.
    #[must_use]
    pub fn new(
        address: Address,
        provider: String,
        action: Action,
        before: Value,
        after: Value,
    ) -> Self {
        Self {
            address,
            previous_address: None,
            importing: None,
            deposed: None,
            provider,
            action,
            reason: None,
            before,
            after,
            replace_paths: Vec::new(),
            private: Vec::new(),
            dependencies: Vec::new(),
            create_before_destroy: false,
        }
    }

    /// Whether nothing happens to the object or to what the state says of it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.action == Action::NoOp && self.previous_address.is_none() && self.importing.is_none()
    }
}

/// An object that is taken into the state, as its provider knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Importing {
    /// What the provider finds it by.
    pub id: String,
    /// The provider's own data about the object as it was imported and read.
    pub private: Vec<u8>,
}

/// How a condition turned out.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    Pass,
    /// Known only after apply.
    Unknown,
    Fail,
    /// The condition itself could not be evaluated.
    Error,
}

/// What a condition belongs to.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum CheckKind {
    Resource,
    OutputValue,
    Check,
    Var,
}

/// The outcome of the conditions of one object of the configuration, in all its instances.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct CheckResult {
    pub kind: CheckKind,
    /// Without instance keys: `check.health`, `module.web.aws_instance.main`.
    pub address: String,
    /// The worst of its instances.
    pub status: CheckStatus,
    pub instances: Vec<CheckInstance>,
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct CheckInstance {
    pub address: String,
    pub status: CheckStatus,
    /// The messages of the conditions that do not hold.
    pub problems: Vec<String>,
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
    /// The workspace that this was made in; empty in a saved plan that is too old to say it.
    pub workspace: String,
    /// The state that this was made from.
    pub lineage: String,
    pub serial: u64,
    /// The instances of the state that get another address: from, to. Chains are followed to their end.
    pub moves: Vec<(Address, Address)>,
    /// Data sources that leave the state, because nothing asks for them any more. Nobody needs to see that.
    pub dropped: Vec<Address>,
    /// Whether it is for a part of the stack only (`-target`).
    pub is_partial: bool,
    /// In address order, no-ops included.
    pub changes: Vec<ResourceChange>,
    /// Objects that are not as the state had them, in address order: `before` the state, `after` the cloud.
    pub drift: Vec<ResourceChange>,
    /// What else the state has: outside of the targets, or, in a refresh, as it was found. Nothing happens to it; it is for
    /// those who ask for the whole state. In address order.
    pub rest: Vec<ResourceChange>,
    /// In name order.
    pub outputs: Vec<OutputChange>,
    /// In address order.
    pub checks: Vec<CheckResult>,
}

/// How many objects a plan touches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlanCounts {
    /// Besides what else happens to the object.
    pub import: usize,
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
            n.import += usize::from(c.importing.is_some());
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

    /// What is not as the state has it, in address order: in a refresh, where nothing else would tell, also what is at
    /// another address.
    pub fn drift_and_moves(&self) -> impl Iterator<Item = &ResourceChange> {
        let mut all: Vec<&ResourceChange> = self.drift.iter().collect();
        if self.mode == PlanMode::RefreshOnly {
            let drift: BTreeSet<&Address> = self.drift.iter().map(|d| &d.address).collect();
            let moved = self.rest.iter().filter(|c| c.previous_address.is_some());
            all.extend(moved.filter(|c| !drift.contains(&c.address)));
            all.sort_by_key(|c| &c.address);
        }
        all.into_iter()
    }

    /// Whether an object gets another address. Data sources are read anew wherever they are.
    #[must_use]
    pub fn moves_objects(&self) -> bool {
        let mut moved = self.moves.iter();
        moved.any(|(from, _)| from.resource.mode == Mode::Managed)
    }

    /// Whether applying it would change anything: an object, the state or an output.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let is_refresh = self.mode == PlanMode::RefreshOnly;
        // Checks are looked at whenever something is refreshed: that alone is nothing to ask for.
        let is_check = |c: &ResourceChange| c.reason == Some(Reason::ReadBecauseCheckNested);
        let mut changes = self.changes.iter();
        changes.all(|c| c.is_empty() || is_refresh && is_check(c))
            && (is_refresh || !self.moves_objects())
            && self.outputs.iter().all(|o| o.action == Action::NoOp)
            && (!is_refresh || self.drift.is_empty())
    }
}
