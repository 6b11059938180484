//! Kills, pauses and starves the program at every moment there is, lets it finish, and looks whether the cloud and the
//! state are what they would have been.
//!
//! A *stack* is a folder under `testdata/kill`: a configuration for each step, and perhaps what its cloud is like. It is
//! told undisturbed first, with three seeds (`stack`): what differs between those is the cloud's decision and not
//! compared. Then each step, and the destruction at the end, begins again from where the step before it ended, and a
//! *blow* falls (`blow`): at every journal event and every call in turn, and at random instants. The program is started
//! again until it succeeds, and then judged (`verdict`): every object exists once, the state has every object, nothing is
//! left over, and all is as in the undisturbed telling.

mod blow;
mod chance;
mod report;
mod stack;
mod verdict;
mod world;

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

pub use blow::Kind;
pub use report::{Figures, Report};
pub use world::copy;

use blow::Blow;
use chance::Chance;
use stack::{Stack, Step};

/// What to do.
#[derive(Clone, Debug)]
pub struct Options {
    /// The program.
    pub binary: PathBuf,
    /// The folder of the stacks.
    pub stacks: PathBuf,
    /// Only these stacks; all where there are none.
    pub only: Vec<String>,
    /// How many kills there are to be at least, where the kinds allow it.
    pub runs: u64,
    pub seed: u64,
    /// Which kinds of blows.
    pub kinds: Vec<Kind>,
    /// At most so many blows of each sweep over a step; those that are left out are drawn from the seed.
    pub sweep: u64,
    /// How many runs go on beside each other.
    pub workers: usize,
    /// No new run begins after this long.
    pub limit: Option<Duration>,
}

/// Does it.
pub fn run(options: &Options) -> anyhow::Result<Report> {
    let stacks = stack::all(options)?;
    let started = Instant::now();
    let report = Mutex::new(Report::default());
    let over = || options.limit.is_some_and(|l| started.elapsed() > l);
    let steps: Vec<(&Stack, &Step)> = stacks
        .iter()
        .flat_map(|s| s.steps.iter().map(move |step| (s, step)))
        .collect();
    let sweeps: Vec<_> = (options.kinds.iter())
        .filter(|k| k.is_sweep())
        .flat_map(|k| steps.iter().map(move |s| (*k, *s)))
        .collect();
    let note = |kind, stack: &Stack, step: &Step, blow: &Blow| {
        let done = world::play(options, stack, step, blow);
        let mut report = report
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        report.note(kind, &stack.name, step.number, blow, done)
    };
    each(options.workers, sweeps.len(), |i| {
        let (kind, (stack, step)) = sweeps[i];
        let mut chance = Chance::new(options.seed ^ i as u64);
        for number in kind.first().. {
            if over() || number > kind.last() {
                return;
            }
            // A sweep ends where nothing is left to be struck.
            let keep = number < options.sweep || chance.below(number + 1) < options.sweep;
            let blow = Blow::at(kind, number, &mut chance);
            if keep && !note(kind, stack, step, &blow) {
                return;
            }
            if !keep && number > 400 {
                return;
            }
        }
    });
    let random: Vec<Kind> = (options.kinds.iter().copied())
        .filter(|k| !k.is_sweep())
        .collect();
    let struck = || {
        let report = report
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        report.kills()
    };
    let number = AtomicU64::new(0);
    let kills = random.iter().any(|k| k.kills());
    let enough = || match kills {
        true => struck() >= options.runs,
        // What kills nobody is only counted.
        false => number.load(Ordering::Relaxed) >= options.runs,
    };
    if !random.is_empty() && !steps.is_empty() {
        each(options.workers, options.workers, |_| {
            while !enough() && !over() {
                let n = number.fetch_add(1, Ordering::Relaxed);
                let mut chance = Chance::new(options.seed.wrapping_mul(0x9e37).wrapping_add(n));
                let kind = random[chance.below(random.len() as u64) as usize];
                let (stack, step) = steps[chance.below(steps.len() as u64) as usize];
                let blow = Blow::drawn(kind, step.took, &mut chance);
                note(kind, stack, step, &blow);
            }
        });
    }
    let mut report = report
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    report.stacks = stacks.len();
    report.elapsed = started.elapsed();
    Ok(report)
}

/// Does something for every number below `n`, several at a time.
fn each(workers: usize, n: usize, work: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..workers.clamp(1, n.max(1)) {
            scope.spawn(|| {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    if i >= n {
                        return;
                    }
                    work(i);
                }
            });
        }
    });
}
