//! What a cruel cloud does to its callers beyond refusing them: it throttles, and it kills or pauses the process that
//! calls it, at the call that the configuration names.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::config::{BlowSignal, MockConfig, Moment, Operation};

/// What one process has met with so far.
#[derive(Debug, Default)]
pub(crate) struct Harm {
    calls: AtomicU64,
    /// By operation and type, and for the account as a whole, when the next call would be evenly spaced.
    due: Mutex<HashMap<Option<(Operation, String)>, Instant>>,
}

impl Harm {
    /// Counts a call of this process; its number, from 1.
    pub(crate) fn count(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Deals the blow that the configuration has for this moment of a call, if it has one.
    pub(crate) fn strike(config: &MockConfig, call: u64, when: Moment) {
        for blow in &config.kill {
            if blow.call == call && blow.when == when {
                deal(blow.signal);
            }
        }
    }

    /// How long a call must wait because there were too many before it; none where it may go ahead. Calls may come a
    /// tenth of a second's worth at a time, and must be evenly spaced after that.
    pub(crate) fn throttle(
        &self,
        config: &MockConfig,
        operation: Operation,
        kind: &str,
    ) -> Option<Duration> {
        let of_action = config.rate.get(&operation);
        let limits = [
            of_action.map(|r| (Some((operation, kind.to_owned())), r.get())),
            config.account_rate.map(|r| (None, r.get())),
        ];
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let burst = Duration::from_millis(100);
        let limits = || limits.iter().flatten();
        let wait = limits()
            .filter_map(|(key, _)| due.get(key)?.checked_duration_since(now + burst))
            .max();
        if wait.is_none_or(|w| w.is_zero()) {
            for (key, rate) in limits() {
                let next = due.entry(key.clone()).or_insert(now);
                *next = (*next).max(now) + Duration::from_secs(1) / *rate;
            }
            return None;
        }
        wait
    }
}

/// Ends or pauses this process, as somebody else would from outside: nothing gets to tidy up.
pub fn deal(signal: BlowSignal) {
    #[cfg(unix)]
    {
        use rustix::process::{Signal, getpid, kill_process};
        let signal = match signal {
            BlowSignal::Kill => Signal::KILL,
            BlowSignal::Stop => Signal::STOP,
        };
        if let Err(error) = kill_process(getpid(), signal) {
            tracing::warn!(%error, "the process could not be struck");
        }
    }
    #[cfg(not(unix))]
    if signal == BlowSignal::Kill {
        std::process::abort();
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a failed test should stop where it fails"
)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_too_fast_is_told_how_long_to_wait() {
        let config: MockConfig = serde_json::from_str(r#"{"rate": {"create": 20}}"#).unwrap();
        let harm = Harm::default();
        let ask = |kind| harm.throttle(&config, Operation::Create, kind);
        let waits: Vec<_> = (0..6).map(|_| ask("a")).collect();
        assert!(waits[..2].iter().all(Option::is_none), "{waits:?}");
        let wait = waits[5].unwrap();
        assert!(wait <= Duration::from_millis(60), "{wait:?}");
        assert_eq!(ask("b"), None, "another type has its own limit");
        assert_eq!(harm.throttle(&config, Operation::Delete, "a"), None);
        std::thread::sleep(wait);
        assert_eq!(ask("a"), None);
    }

    #[test]
    fn an_account_has_one_limit_for_all() {
        let config: MockConfig = serde_json::from_str(r#"{"account_rate": 10}"#).unwrap();
        let harm = Harm::default();
        let kinds = ["a", "b", "c", "d"];
        let refused = kinds
            .iter()
            .filter(|k| harm.throttle(&config, Operation::Read, k).is_some());
        assert!(refused.count() >= 2);
    }
}
