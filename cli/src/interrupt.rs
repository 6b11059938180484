//! Ctrl-C and SIGTERM: the first lets what is in flight end, the second cancels it, the third notes it as unknown and
//! leaves.

use std::sync::Arc;
use std::time::Duration;

use cloudapp_engine::event::{Event, Observer};
use cloudapp_engine::run::Interrupt;

/// Exit code of a program that a signal ended: 128 + SIGINT.
const INTERRUPTED: i32 = 130;

/// How long the last notes may take, where nobody presses Ctrl-C once more.
const LAST_NOTES: Duration = Duration::from_secs(5);

/// Watches for signals as long as the runtime lives.
pub(crate) fn watch(interrupt: Interrupt, observer: Arc<dyn Observer>) {
    tokio::spawn(async move {
        let mut signals = Signals::new();
        signals.next().await;
        observer.event(&Event::Stopping);
        interrupt.stop.cancel();
        signals.next().await;
        observer.event(&Event::Cancelling);
        interrupt.cancel.cancel();
        signals.next().await;
        observer.event(&Event::Abandoning);
        interrupt.abandon.cancel();
        tokio::select! {
            () = signals.next() => {}
            () = tokio::time::sleep(LAST_NOTES) => {}
        }
        std::process::exit(INTERRUPTED);
    });
}

/// Listened to without a gap, so that two signals that follow closely are two.
#[cfg(unix)]
struct Signals {
    interrupt: Option<tokio::signal::unix::Signal>,
    terminate: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self {
            interrupt: signal(SignalKind::interrupt()).ok(),
            terminate: signal(SignalKind::terminate()).ok(),
        }
    }

    async fn next(&mut self) {
        async fn of(signal: &mut Option<tokio::signal::unix::Signal>) {
            match signal {
                Some(s) => drop(s.recv().await),
                None => std::future::pending().await,
            }
        }
        tokio::select! {
            () = of(&mut self.interrupt) => {}
            () = of(&mut self.terminate) => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> Self {
        Self
    }

    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
