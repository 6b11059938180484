//! What came of all runs.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::blow::{Blow, Kind};
use super::world::Played;

/// The figures of one kind of blow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub runs: u64,
    /// Runs in which the blow fell before the program had finished.
    pub struck: u64,
    /// Runs after which an object was found by the token of the operation that made it.
    pub found: u64,
    /// Runs after which an object was found that the state had no record of.
    pub adopted: u64,
    /// Runs after which the program said what it cannot know, and asked.
    pub asked: u64,
    /// Runs that needed more than one more run to finish.
    pub again: u64,
    pub wrong: u64,
}

/// All figures, and what went wrong.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub kinds: BTreeMap<Kind, Figures>,
    /// What to look at, each with the command that repeats it.
    pub failures: Vec<String>,
    pub stacks: usize,
    pub elapsed: Duration,
}

impl Report {
    /// Whether the blow fell.
    pub(super) fn note(
        &mut self,
        kind: Kind,
        stack: &str,
        step: usize,
        blow: &Blow,
        played: anyhow::Result<Played>,
    ) -> bool {
        let figures = self.kinds.entry(kind).or_default();
        figures.runs += 1;
        match played {
            Ok(p) => {
                figures.struck += u64::from(p.struck);
                figures.found += u64::from(p.found);
                figures.adopted += u64::from(p.adopted);
                figures.asked += u64::from(p.asked);
                figures.again += u64::from(p.restarts > 1);
                p.struck
            }
            Err(e) => {
                figures.wrong += 1;
                self.failures.push(format!(
                    "{stack}, step {step}, {} (event {}, second {}, instant {:?}, parallelism {}): {e:#}",
                    kind.name(),
                    blow.number,
                    blow.second,
                    blow.instant,
                    blow.parallelism
                ));
                figures.wrong < 50
            }
        }
    }

    /// How many processes were killed.
    #[must_use]
    pub fn kills(&self) -> u64 {
        let killed = self.kinds.iter().filter(|(k, _)| k.kills());
        killed
            .map(|(k, f)| f.struck * if *k == Kind::Twice { 2 } else { 1 })
            .sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<42} {:>6} {:>6} {:>6} {:>7} {:>6} {:>6} {:>6}",
            "", "runs", "struck", "found", "adopted", "asked", "again", "wrong"
        )?;
        for (kind, n) in &self.kinds {
            writeln!(
                f,
                "{:<42} {:>6} {:>6} {:>6} {:>7} {:>6} {:>6} {:>6}",
                kind.name(),
                n.runs,
                n.struck,
                n.found,
                n.adopted,
                n.asked,
                n.again,
                n.wrong
            )?;
        }
        writeln!(
            f,
            "{} stacks, {} kills, {} failures, {:.0} s",
            self.stacks,
            self.kills(),
            self.failures.len(),
            self.elapsed.as_secs_f32()
        )
    }
}
