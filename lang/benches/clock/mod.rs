//! Time on the processor.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// How long this thread has run: the turns of other programs are left out.
fn spent() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let (seconds, nanos) = (time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs());
    Duration::from_secs(seconds) + Duration::from_nanos(nanos)
}

/// The shortest of several runs: what disturbs a run only makes it longer.
pub(crate) fn shortest<T>(runs: usize, f: impl Fn() -> T) -> Duration {
    let one = || {
        let before = spent();
        let result = std::hint::black_box(f());
        let took = spent() - before;
        drop(result);
        took
    };
    (0..runs).map(|_| one()).min().unwrap_or_default()
}

/// How long the processes that this one started and that have ended have run, all their threads together. Linux only.
pub(crate) fn spent_by_children() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // Behind the name, which may hold anything: the 14th and 15th, in hundredths of a second.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(13);
    let mut ticks = || -> Option<u64> { fields.next()?.parse().ok() };
    let hundredths = ticks()? + ticks()?;
    Some(Duration::from_millis(10 * hundredths))
}
