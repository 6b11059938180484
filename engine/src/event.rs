//! What happens during a run. A terminal, a JSON stream, a web page or a log reads this and nothing else.

use std::time::Duration;

use cloudapp_lang::Diagnostic;

use crate::address::Address;
use crate::plan::{Action, Plan};

/// Receives events in the order in which things happen. Must not block.
pub trait Observer: Send + Sync {
    fn event(&self, event: &Event<'_>);
}

/// An observer that hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn event(&self, _: &Event<'_>) {}
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Plan,
    Apply,
}

#[derive(Clone, Debug)]
pub enum Event<'a> {
    PhaseStarted {
        phase: Phase,
    },
    /// An object is being read from its cloud.
    RefreshStarted {
        address: &'a Address,
        id: Option<&'a str>,
    },
    RefreshFinished {
        address: &'a Address,
        id: Option<&'a str>,
    },
    /// An object that an earlier run created without recording it was found and is now in the state.
    Recovered {
        address: &'a str,
        id: Option<&'a str>,
    },
    /// The plan is complete.
    Planned {
        plan: &'a Plan,
    },
    OperationStarted {
        address: &'a Address,
        action: Action,
        id: Option<&'a str>,
    },
    /// The provider tries again after an error that may pass.
    OperationRetried {
        address: &'a Address,
        action: Action,
        /// The number of the attempt that comes next, from 2.
        attempt: u32,
        error: &'a str,
        wait: Duration,
    },
    OperationFinished {
        address: &'a Address,
        action: Action,
        id: Option<&'a str>,
        elapsed: Duration,
    },
    OperationFailed {
        address: &'a Address,
        action: Action,
        elapsed: Duration,
        error: &'a str,
    },
    /// A provisioner of an object begins.
    ProvisionStarted {
        address: &'a Address,
        provisioner: &'a str,
    },
    /// What a provisioner's program says, a line at a time.
    ProvisionProgress {
        address: &'a Address,
        provisioner: &'a str,
        output: &'a str,
    },
    ProvisionFinished {
        address: &'a Address,
        provisioner: &'a str,
    },
    ProvisionFailed {
        address: &'a Address,
        provisioner: &'a str,
        error: &'a str,
    },
    /// What a check wanted to read cannot be read. That is no failure of the run: the check says so.
    OperationAbandoned {
        address: &'a Address,
    },
    /// Not done because something that it needs failed.
    OperationSkipped {
        address: &'a Address,
        action: Action,
        /// The object of the configuration that failed, by the name that people know it by: mostly the address of an
        /// instance.
        because: &'a str,
    },
    /// An output of the root module that has no value of this run: what it needs failed.
    OutputSkipped {
        name: &'a str,
        /// All that failed and that it needs, in order of their names.
        because: &'a [String],
        /// Whether the state has a value of an earlier run, which stays.
        kept: bool,
    },
    /// The first interrupt: what is in flight ends, nothing new starts.
    Stopping,
    /// The second interrupt: calls are cancelled.
    Cancelling,
    /// The third interrupt: nobody waits for calls any more.
    Abandoning,
    Diagnostic(&'a Diagnostic),
    Applied {
        summary: &'a ApplySummary,
    },
}

/// What an apply did.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct ApplySummary {
    pub imported: usize,
    pub added: usize,
    pub changed: usize,
    pub destroyed: usize,
    pub failed: usize,
    pub skipped: usize,
    /// Wall time in milliseconds.
    pub elapsed_ms: u64,
    /// What the operations would have taken in the best of all orders, in milliseconds: the longest way through them, or all
    /// of them shared among as many as may run at a time.
    pub shortest_ms: u64,
}
