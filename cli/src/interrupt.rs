//! Ctrl-C and SIGTERM: the first lets what is in flight end, the second cancels it, the third leaves at once.

use std::sync::Arc;

use cloudapp_engine::event::{Event, Observer};
use cloudapp_engine::run::Interrupt;

/// Exit code of a program that a signal ended: 128 + SIGINT.
const INTERRUPTED: i32 = 130;

/// Watches for signals as long as the runtime lives.
pub(crate) fn watch(interrupt: Interrupt, observer: Arc<dyn Observer>) {
    tokio::spawn(async move {
        signal().await;
        observer.event(&Event::Stopping);
        interrupt.stop.cancel();
        signal().await;
        observer.event(&Event::Cancelling);
        interrupt.cancel.cancel();
        signal().await;
        std::process::exit(INTERRUPTED);
    });
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

#[cfg(not(unix))]
async fn signal() {
    let _ = tokio::signal::ctrl_c().await;
}
