//! How fast a cloud is asked: as its published limits allow, and slower where it says that it was too fast.
//!
//! One [`Limits`] serves all runs on the same providers, for a cloud counts the calls of an account and not those of one
//! walk. An action is a kind of call for a type. It has a rate limiter where its limit is known, and a pace that is found
//! out where it is not: a throttled call slows all others of its action down to the interval that the cloud asked for, and
//! every success lets them go a little faster.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::time::{Instant, sleep, sleep_until};

use crate::provider::{CallKind, Provider};

/// Below this, calls are as good as unpaced.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(2);
/// A cloud may ask for a long silence; that is no rate to keep up after it.
const LONGEST_INTERVAL: Duration = Duration::from_secs(1);

/// The limits of all accounts.
#[derive(Default)]
pub(crate) struct Limits {
    actions: Mutex<HashMap<Action, Arc<Gate>>>,
    accounts: Mutex<HashMap<String, Arc<Option<DefaultDirectRateLimiter>>>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Action {
    provider: String,
    call: CallKind,
    kind: String,
}

struct Gate {
    published: Option<DefaultDirectRateLimiter>,
    pace: Mutex<Pace>,
}

/// When calls of an action may be made.
struct Pace {
    next: Instant,
    interval: Duration,
}

/// A right to make calls of one action.
pub(crate) struct Passage {
    account: Arc<Option<DefaultDirectRateLimiter>>,
    gate: Arc<Gate>,
}

impl Limits {
    pub(crate) fn passage(&self, provider: &dyn Provider, call: CallKind, kind: &str) -> Passage {
        let name = provider.name();
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if !accounts.contains_key(name) {
            let limit = provider.account_rate_limit().map(limiter);
            accounts.insert(name.to_owned(), Arc::new(limit));
        }
        let account = accounts.get(name).cloned().unwrap_or_default();
        let action = Action {
            provider: name.to_owned(),
            call,
            kind: kind.to_owned(),
        };
        let mut actions = self.actions.lock().unwrap_or_else(PoisonError::into_inner);
        let gate = actions.entry(action).or_insert_with(|| {
            Arc::new(Gate {
                published: provider.rate_limit(call, kind).map(limiter),
                pace: Mutex::new(Pace {
                    next: Instant::now(),
                    interval: Duration::ZERO,
                }),
            })
        });
        Passage {
            account,
            gate: gate.clone(),
        }
    }
}

/// Calls may come a tenth of a second's worth at a time.
fn limiter(per_second: std::num::NonZeroU32) -> DefaultDirectRateLimiter {
    let burst = std::num::NonZeroU32::new(per_second.get() / 10);
    let quota = Quota::per_second(per_second);
    RateLimiter::direct(quota.allow_burst(burst.unwrap_or(std::num::NonZeroU32::MIN)))
}

impl Passage {
    /// Waits until the next call may be made.
    pub(crate) async fn admit(&self) {
        let slot = self.pace(|pace| {
            let slot = pace.next.max(Instant::now());
            pace.next = slot + pace.interval;
            slot
        });
        if slot > Instant::now() {
            sleep_until(slot).await;
        }
        for limiter in [&self.gate.published, &*self.account].into_iter().flatten() {
            while let Err(early) = limiter.check() {
                sleep(early.wait_time_from(DefaultClock::default().now())).await;
            }
        }
    }

    /// The cloud asked for some silence.
    pub(crate) fn slow_down(&self, silence: Duration) {
        self.pace(|pace| {
            pace.next = pace.next.max(Instant::now() + silence);
            pace.interval = pace.interval.max(silence.min(LONGEST_INTERVAL));
        });
    }

    /// A call was made without complaint.
    pub(crate) fn speed_up(&self) {
        self.pace(|pace| {
            pace.interval = pace.interval.mul_f32(0.8);
            if pace.interval < SHORTEST_INTERVAL {
                pace.interval = Duration::ZERO;
            }
        });
    }

    fn pace<T>(&self, f: impl FnOnce(&mut Pace) -> T) -> T {
        f(&mut self
            .gate
            .pace
            .lock()
            .unwrap_or_else(PoisonError::into_inner))
    }
}
