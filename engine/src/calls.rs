//! Calls to a cloud: at the pace that it allows, again where that may help, and by nobody who may no longer write.
//!
//! What is done about an error is decided by its class alone:
//!
//! | class | what is done |
//! |---|---|
//! | retryable | up to [`ATTEMPTS`] attempts, with waits that double and are drawn longer by chance |
//! | throttled | again after the time that the cloud names, up to [`THROTTLED`] times within [`PATIENCE`]; all calls of the action slow down |
//! | fatal, unknown outcome | nothing: the one would fail again, of the other the next run finds out what it did |
//! | interrupted | nothing: the run is to end |
//!
//! All attempts of an operation carry its token, so that an attempt whose answer was lost is not made twice. An interrupt
//! ends every wait. What failed as if it might work again may have worked: where no later attempt succeeds, the outcome of
//! a call that changes something is unknown.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use backon::{BackoffBuilder, ConstantBuilder, ExponentialBackoff, ExponentialBuilder};
use tokio::time::Instant;

use crate::address::Address;
use crate::event::{Event, Observer};
use crate::guard::Guard;
use crate::limits::{Limits, Passage};
use crate::plan::Action;
use crate::provider::{CallKind, ErrorClass, Provider, ProviderError};
use crate::run::Interrupt;
use crate::secrets::Secrets;

/// How often a call is made at most that fails with errors that may pass. Where three calls of ten fail, one operation of
/// 15,000 fails for good.
const ATTEMPTS: usize = 8;
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// How often an operation is throttled at most. All calls of an action slow down when one is throttled, so it is not often.
const THROTTLED: u32 = 40;
/// How long a throttled operation waits at most, all its waits taken together.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// What all calls of a walk share.
pub(crate) struct Calls {
    limits: Arc<Limits>,
    interrupt: Interrupt,
    observer: Arc<dyn Observer>,
    /// None where nothing is written.
    guard: Option<Arc<Guard>>,
    /// What no failure repeats, whatever object it is about.
    secrets: RwLock<Secrets>,
    began: Instant,
}

/// What is asked, and for whom.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) provider: &'a dyn Provider,
    pub(crate) call: CallKind,
    pub(crate) kind: &'a str,
    pub(crate) address: &'a Address,
    pub(crate) action: Action,
}

impl Calls {
    pub(crate) fn new(
        limits: Arc<Limits>,
        interrupt: Interrupt,
        observer: Arc<dyn Observer>,
    ) -> Self {
        Self {
            limits,
            interrupt,
            observer,
            guard: None,
            secrets: RwLock::default(),
            began: Instant::now(),
        }
    }

    /// A provider that was configured with a secret may repeat it anywhere.
    pub(crate) fn concealing(self, secrets: Secrets) -> Self {
        Self {
            secrets: RwLock::new(secrets),
            ..self
        }
    }

    /// Nor may it repeat what it is configured with now.
    pub(crate) fn also_concealing(&self, more: Secrets) {
        let mut secrets = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
        secrets.add(more);
    }

    pub(crate) fn guarded(self, guard: Arc<Guard>) -> Self {
        Self {
            guard: Some(guard),
            ..self
        }
    }

    /// Takes out of an error what no failure repeats.
    pub(crate) fn conceal(&self, e: &mut ProviderError) {
        let secrets = self.secrets.read().unwrap_or_else(PoisonError::into_inner);
        secrets.redact_error(e);
    }

    /// Makes a call, and makes it again while that may help.
    pub(crate) async fn make<T, E, F>(
        &self,
        asked: Asked<'_>,
        mut call: impl FnMut() -> F,
    ) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>>,
        E: AsRef<ProviderError> + AsMut<ProviderError> + From<ProviderError>,
    {
        let mut call = async || {
            call().await.map_err(|mut e: E| {
                self.conceal(e.as_mut());
                e
            })
        };
        if asked.provider.is_local() {
            return call().await;
        }
        let passage = (self.limits).passage(asked.provider, asked.call, asked.kind);
        let mut tries = Tries::new();
        let mut last: Option<E> = None;
        loop {
            if let Err(e) = self.admitted(&passage).await {
                // The attempt before says more than that there was no other.
                let last = last.filter(|_| e.class == ErrorClass::Interrupted);
                return Err(tries.conclude(last.unwrap_or_else(|| e.into())));
            }
            let e = match call().await {
                Ok(v) => {
                    passage.speed_up();
                    return Ok(v);
                }
                Err(e) => e,
            };
            let class = e.as_ref().class;
            tries.may_have_worked |= class == ErrorClass::Retryable && asked.call.changes();
            let Some(wait) = tries.next(class) else {
                return Err(tries.conclude(e));
            };
            if let ErrorClass::Throttled(_) = class {
                passage.slow_down(wait);
            }
            if self.interrupt.stop.is_cancelled() {
                return Err(tries.conclude(e));
            }
            self.observer.event(&Event::OperationRetried {
                address: asked.address,
                action: asked.action,
                attempt: tries.made + 1,
                error: &e.as_ref().message,
                wait,
            });
            if !self.sleep(wait).await {
                return Err(tries.conclude(e));
            }
            last = Some(e);
        }
    }

    /// Waits for a turn, and makes sure that whoever writes still may.
    async fn admitted(&self, passage: &Passage) -> Result<(), ProviderError> {
        tokio::select! {
            biased;
            () = passage.admit() => {}
            () = self.interrupt.stop.cancelled() => {
                return Err(ProviderError::interrupted("The run was interrupted before the call was made."));
            }
        }
        match &self.guard {
            Some(guard) => guard.confirm().await,
            None => Ok(()),
        }
    }

    /// False where an interrupt ended the wait.
    async fn sleep(&self, time: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(time) => true,
            () = self.interrupt.stop.cancelled() => false,
        }
    }

    /// Looks for something until it is there, or until a cloud that shows things late would show it if it had been made
    /// before this walk began. Without such a cloud it looks once. An interrupt that ends the wait is an error: what was not
    /// found yet may still be there.
    pub(crate) async fn settled<T, E, F>(
        &self,
        provider: &dyn Provider,
        mut look: impl FnMut() -> F,
    ) -> Result<Option<T>, E>
    where
        F: Future<Output = Result<Option<T>, E>>,
        E: From<ProviderError>,
    {
        let settled = self.began + provider.settling();
        loop {
            let late = Instant::now() >= settled;
            let found = look().await?;
            if found.is_some() || late {
                return Ok(found);
            }
            let pause = (provider.settling() / 8).max(Duration::from_millis(20));
            let until = settled.min(Instant::now() + pause) - Instant::now();
            if !self.sleep(until).await {
                return Err(ProviderError::interrupted(
                    "The run was interrupted while the cloud might still show it.",
                )
                .into());
            }
        }
    }
}

/// The attempts of one call.
struct Tries {
    made: u32,
    throttled: u32,
    /// An attempt failed that may have taken effect all the same.
    may_have_worked: bool,
    began: Instant,
    waits: ExponentialBackoff,
}

impl Tries {
    fn new() -> Self {
        Self {
            made: 0,
            throttled: 0,
            may_have_worked: false,
            began: Instant::now(),
            waits: ExponentialBuilder::new()
                .with_min_delay(FIRST_WAIT)
                .with_max_delay(LONGEST_WAIT)
                .with_max_times(ATTEMPTS - 1)
                .with_jitter()
                .build(),
        }
    }

    /// How long to wait before the next attempt, if there is to be one.
    fn next(&mut self, class: ErrorClass) -> Option<Duration> {
        self.made += 1;
        match class {
            ErrorClass::Retryable | ErrorClass::Throttled(None) => self.waits.next(),
            ErrorClass::Throttled(Some(after)) => {
                self.throttled += 1;
                let in_time = self.began.elapsed() + after <= PATIENCE;
                (in_time && self.throttled <= THROTTLED).then(|| after + some_of(after / 4))
            }
            ErrorClass::Fatal | ErrorClass::UnknownOutcome | ErrorClass::Interrupted => None,
        }
    }

    /// Says with the last error that it was not the first, and what is known after all of them.
    fn conclude<E: AsMut<ProviderError>>(&self, mut last: E) -> E {
        let e = last.as_mut();
        if self.made > 1 {
            e.message = format!("{} (The last of {} attempts.)", e.message, self.made);
        }
        if self.may_have_worked {
            e.class = ErrorClass::UnknownOutcome;
        }
        last
    }
}

/// A part of a time, by chance, so that not all who wait come back at once.
fn some_of(time: Duration) -> Duration {
    let drawn = ConstantBuilder::new()
        .with_delay(time / 2)
        .with_jitter()
        .build()
        .next();
    drawn.unwrap_or(time)
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a failed test should stop where it fails"
)]
mod tests {
    use super::*;

    /// How many attempts a class gets, and how long all waits take.
    fn waits(class: ErrorClass) -> (u32, Duration) {
        let mut tries = Tries::new();
        let mut total = Duration::ZERO;
        while let Some(wait) = tries.next(class) {
            total += wait;
        }
        (tries.made, total)
    }

    #[test]
    fn the_class_of_an_error_decides() {
        assert_eq!(waits(ErrorClass::Fatal), (1, Duration::ZERO));
        assert_eq!(waits(ErrorClass::UnknownOutcome), (1, Duration::ZERO));
        let (attempts, waited) = waits(ErrorClass::Retryable);
        assert_eq!(attempts as usize, ATTEMPTS);
        // 0.2 + 0.4 + … + 12.8 seconds, each up to twice as long.
        let least = FIRST_WAIT * 127;
        assert!(waited >= least && waited <= least * 2, "{waited:?}");
        let second = Duration::from_secs(1);
        let (attempts, waited) = waits(ErrorClass::Throttled(Some(second)));
        assert_eq!(attempts, THROTTLED + 1);
        assert!(waited >= second * THROTTLED && waited <= second * THROTTLED * 5 / 4);
        assert_eq!(waits(ErrorClass::Throttled(Some(PATIENCE * 2))).0, 1);
    }

    #[test]
    fn waits_differ_by_chance() {
        let of = |_| waits(ErrorClass::Retryable).1;
        let all: std::collections::HashSet<Duration> = (0..8).map(of).collect();
        assert!(all.len() > 4, "{all:?}");
    }

    #[test]
    fn the_last_error_says_how_many_there_were() {
        let mut tries = Tries::new();
        tries.next(ErrorClass::Retryable).unwrap();
        tries.next(ErrorClass::Fatal);
        let error = tries.conclude(ProviderError::fatal("Busy."));
        assert_eq!(error.message, "Busy. (The last of 2 attempts.)");
        assert_eq!(error.class, ErrorClass::Fatal);
        tries.may_have_worked = true;
        let error = tries.conclude(error);
        assert_eq!(error.class, ErrorClass::UnknownOutcome);
    }
}
