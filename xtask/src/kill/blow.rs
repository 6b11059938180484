//! What is done to the program, and when.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::chance::Chance;

/// A kind of blow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Killed after a journal event.
    Commit,
    /// Killed when it calls the cloud, before the cloud takes the call up.
    Before,
    /// Killed when a call has taken effect, before the answer arrives.
    After,
    /// Killed after a journal event, and once more after one of the run that finds out what happened.
    Twice,
    /// Killed at a random instant.
    Instant,
    /// Told to stop, as by Ctrl-C, one to three times from a random instant on.
    Interrupted,
    /// Paused after a journal event until another process has taken over and finished; then it goes on.
    Paused,
    /// Paused in a call, before the cloud takes it up; otherwise the same.
    PausedInCall,
    /// The disk is full from a journal event on.
    Full,
    /// No file may grow beyond a size: at every write, of the state or the cloud.
    Limit,
    /// Another process locks the state's file now and again.
    Busy,
    /// A copy of the state that was made after a journal event is put in the place of what came of it.
    Restored,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 12] = [
        Kind::Commit,
        Kind::Before,
        Kind::After,
        Kind::Twice,
        Kind::Instant,
        Kind::Interrupted,
        Kind::Paused,
        Kind::PausedInCall,
        Kind::Full,
        Kind::Limit,
        Kind::Busy,
        Kind::Restored,
    ];

    /// In a table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Commit => "killed after a journal event",
            Kind::Before => "killed before a call took effect",
            Kind::After => "killed after a call took effect",
            Kind::Twice => "killed, and again while recovering",
            Kind::Instant => "killed at a random instant",
            Kind::Interrupted => "interrupted one to three times",
            Kind::Paused => "paused after a journal event, taken over",
            Kind::PausedInCall => "paused in a call, taken over",
            Kind::Full => "disk full from a journal event on",
            Kind::Limit => "files may not grow",
            Kind::Busy => "state locked by another process",
            Kind::Restored => "older copy of the state put back",
        }
    }

    /// Whether it goes through all events in turn, rather than being drawn.
    pub(super) fn is_sweep(self) -> bool {
        !matches!(self, Kind::Instant | Kind::Interrupted | Kind::Busy)
    }

    /// Whether it ends the process.
    pub(super) fn kills(self) -> bool {
        matches!(
            self,
            Kind::Commit | Kind::Before | Kind::After | Kind::Twice | Kind::Instant
        )
    }

    /// The number of the first event.
    pub(super) fn first(self) -> u64 {
        u64::from(!matches!(self, Kind::Commit))
    }

    /// The number after which a sweep ends at the latest.
    pub(super) fn last(self) -> u64 {
        match self {
            // Sixteen kilobytes at a time.
            Kind::Limit => 40,
            _ => 1_000,
        }
    }
}

/// One blow.
#[derive(Clone, Debug)]
pub(super) struct Blow {
    pub(super) kind: Kind,
    pub(super) number: u64,
    /// For [`Kind::Twice`], the event of the second run; for [`Kind::Interrupted`], how often it is told again.
    pub(super) second: u64,
    /// For [`Kind::Instant`] and [`Kind::Interrupted`], when.
    pub(super) instant: Duration,
    /// How many operations go on beside each other.
    pub(super) parallelism: u64,
}

impl Blow {
    pub(super) fn at(kind: Kind, number: u64, chance: &mut Chance) -> Self {
        Self {
            kind,
            number,
            second: chance.below(4),
            instant: Duration::ZERO,
            parallelism: [1, 2, 10][chance.below(3) as usize],
        }
    }

    /// `took` is how long the step takes undisturbed.
    pub(super) fn drawn(kind: Kind, took: Duration, chance: &mut Chance) -> Self {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        Self {
            instant: Duration::from_nanos(chance.below(nanos + nanos / 8)),
            ..Self::at(kind, chance.below(1 << 20), chance)
        }
    }

    /// What the mock cloud's configuration is given for it.
    pub(super) fn configuration(&self, calm: &Json) -> Json {
        let mut config = calm.clone();
        let n = self.number;
        let (key, value) = match self.kind {
            Kind::Commit | Kind::Twice => ("state", json!({"kill_after": n})),
            Kind::Paused | Kind::Restored => ("state", json!({"stop_after": n})),
            Kind::Full => ("state", json!({"full_from": n})),
            Kind::Before => ("kill", json!([{"call": n, "when": "before"}])),
            Kind::After => ("kill", json!([{"call": n, "when": "after"}])),
            Kind::PausedInCall => (
                "kill",
                json!([{"call": n, "when": "before", "signal": "stop"}]),
            ),
            Kind::Instant | Kind::Interrupted | Kind::Limit | Kind::Busy => return config,
        };
        if let Some(o) = config.as_object_mut() {
            o.insert(key.to_owned(), value);
        }
        config
    }
}
