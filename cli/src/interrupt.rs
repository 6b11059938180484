//! Ctrl-C and SIGTERM: the first lets what is in flight end, the second cancels it, the third notes it as unknown and
//! leaves. A terminal that is closed (SIGHUP) counts as the first: the system may say so twice, and nobody can press a key then.

#[cfg(unix)]
use std::fs::File;
#[cfg(unix)]
use std::io::Read as _;
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
    // From now on, not from when the task is first looked at: a question may be asked before.
    let mut signals = Signals::new();
    tokio::spawn(async move {
        signals.first().await;
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
    /// Kept until the end: as long as it is listened to, a closed terminal does not end the program.
    hangup: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self {
            interrupt: signal(SignalKind::interrupt()).ok(),
            terminate: signal(SignalKind::terminate()).ok(),
            hangup: (!is_hangup_ignored())
                .then(|| signal(SignalKind::hangup()).ok())
                .flatten(),
        }
    }

    async fn first(&mut self) {
        tokio::select! {
            () = of(&mut self.interrupt) => {}
            () = of(&mut self.terminate) => {}
            () = of(&mut self.hangup) => {}
        }
    }

    async fn next(&mut self) {
        tokio::select! {
            () = of(&mut self.interrupt) => {}
            () = of(&mut self.terminate) => {}
        }
    }
}

#[cfg(unix)]
async fn of(signal: &mut Option<tokio::signal::unix::Signal>) {
    match signal {
        Some(s) => drop(s.recv().await),
        None => std::future::pending().await,
    }
}

/// Whether who started the program wants it to outlive the terminal (`nohup`). Only Linux says so to a program that asks
/// without `unsafe`.
#[cfg(unix)]
fn is_hangup_ignored() -> bool {
    // With room for all of it, for what is asked for piece by piece the system makes anew each time.
    let mut status = String::with_capacity(4096);
    let read = File::open("/proc/self/status").and_then(|mut f| f.read_to_string(&mut status));
    read.is_ok() && ignores_hangup(&status)
}

/// Signals are bits, the first one the lowest; the first one is SIGHUP.
#[cfg(unix)]
fn ignores_hangup(status: &str) -> bool {
    let mask = status.lines().find_map(|l| l.strip_prefix("SigIgn:"));
    mask.and_then(|m| u64::from_str_radix(m.trim(), 16).ok())
        .is_some_and(|m| m & 1 == 1)
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> Self {
        Self
    }

    async fn first(&mut self) {
        self.next().await;
    }

    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::ignores_hangup;

    #[test]
    fn nohup_is_seen() {
        let status = |mask: &str| {
            format!(
                "Name:\tx\nSigBlk:\t0000000000000001\nSigIgn:\t{mask}\nSigCgt:\t0000000000000001\n"
            )
        };
        assert!(ignores_hangup(&status("0000000000000001")));
        assert!(ignores_hangup(&status("0000000000001001")));
        assert!(!ignores_hangup(&status("0000000000001000")));
        assert!(!ignores_hangup(""));
    }
}
