//! Whether this process still holds the lease under which it calls a cloud.
//!
//! The store refuses every write of a holder that has been replaced, but a cloud knows nothing of leases. A process that
//! slept (its machine was suspended, somebody paused it) may have been replaced without knowing, and must not make the
//! call that it was about to make. So before a call it is asked when the lease was last known to hold; if that is long
//! ago, the store is asked first.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::provider::ProviderError;
use crate::store::{Lease, Store, StoreError};

/// A lease lasts longer than this, so nobody has replaced a holder that wrote so recently.
const FRESH: Duration = Duration::from_millis(500);

pub(crate) struct Guard {
    store: Arc<dyn Store>,
    lease: Lease,
    confirmed: Mutex<Moment>,
}

/// By both clocks: one does not go on while a machine is suspended, the other may be set back.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    monotonic: Instant,
    wall: SystemTime,
}

impl Moment {
    fn now() -> Self {
        Self {
            monotonic: Instant::now(),
            wall: SystemTime::now(),
        }
    }

    fn is_recent(self) -> bool {
        let by_wall = self.wall.elapsed().unwrap_or(Duration::MAX);
        self.monotonic.elapsed().max(by_wall) < FRESH
    }
}

impl Guard {
    /// For a lease that was used just now.
    pub(crate) fn new(store: Arc<dyn Store>, lease: Lease) -> Self {
        Self {
            store,
            lease,
            confirmed: Mutex::new(Moment::now()),
        }
    }

    /// When a write under the lease begins, that may succeed.
    pub(crate) fn before_write() -> Moment {
        Moment::now()
    }

    /// Notes that a write succeeded.
    pub(crate) fn wrote(&self, began: Moment) {
        *self
            .confirmed
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = began;
    }

    /// Fails where another process has taken over.
    pub(crate) async fn confirm(&self) -> Result<(), ProviderError> {
        let confirmed = *self
            .confirmed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if confirmed.is_recent() {
            return Ok(());
        }
        let began = Self::before_write();
        match self.store.commit(&self.lease, Vec::new()).await {
            Ok(_) => {
                self.wrote(began);
                Ok(())
            }
            Err(e) => Err(refused(&e)),
        }
    }
}

fn refused(e: &StoreError) -> ProviderError {
    let mut error = ProviderError::fatal(format!("The call was not made: {e}."));
    error.code = Some("NotTheHolder".to_owned());
    error
}
