//! Time on the processor.

use std::time::{Duration, Instant};

/// How long this thread has run. Where the system counts it (Linux), turns of other programs are left out; elsewhere it
/// is the time since `start`.
fn spent(start: Instant) -> Duration {
    let counted = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    counted
        .and_then(|s| s.split(' ').next()?.parse().ok())
        .map_or_else(|| start.elapsed(), Duration::from_nanos)
}

/// The shortest of several runs: what disturbs a run only makes it longer.
pub(crate) fn shortest<T>(runs: usize, f: impl Fn() -> T) -> Duration {
    let start = Instant::now();
    let one = || {
        let before = spent(start);
        let result = std::hint::black_box(f());
        let took = spent(start) - before;
        drop(result);
        took
    };
    (0..runs).map(|_| one()).min().unwrap_or_default()
}
