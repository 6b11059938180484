//! Every provider call of every story under `testdata/stacks/` fails once, in every way in which such a call can fail.
//!
//! After each of these runs nothing may be lost, the next plan must be true, and the next apply must lead to where the
//! undisturbed run led: see [`stage::Stage::disturbed`]. A new story is covered without further ado. With
//! `STACK=name` only one story is looked at.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

mod picture;
mod provider;
mod stage;
#[path = "../story/mod.rs"]
mod story;
mod truth;

use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::sync::atomic::{AtomicUsize, Ordering};

use provider::Call;
use stage::Stage;
use story::{Story, World};

/// How much was looked at.
#[derive(Clone, Debug, Default)]
struct Figures {
    stories: usize,
    steps: usize,
    calls: BTreeMap<Call, usize>,
    runs: usize,
}

impl AddAssign<&Figures> for Figures {
    fn add_assign(&mut self, other: &Figures) {
        self.stories += other.stories;
        self.steps += other.steps;
        self.runs += other.runs;
        for (call, n) in &other.calls {
            *self.calls.entry(*call).or_default() += n;
        }
    }
}

#[test]
fn every_call_may_fail() {
    let stories = story::all();
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let told: Vec<(Figures, Vec<String>)> = std::thread::scope(|scope| {
        let hands: Vec<_> = (0..threads)
            .map(|_| scope.spawn(|| tell_some(&stories, &next)))
            .collect();
        hands.into_iter().map(|h| h.join().unwrap()).collect()
    });
    let mut all = Figures::default();
    let mut failures = Vec::new();
    for (figures, failed) in told {
        all += &figures;
        failures.extend(failed);
    }
    failures.sort();
    let operations: usize = all.calls.values().sum();
    eprintln!(
        "{} stories, {} steps, {operations} operations, {} runs with one of them failing: {:?}",
        all.stories, all.steps, all.runs, all.calls
    );
    let n = failures.len();
    assert!(n == 0, "{n} runs went wrong:\n{}", failures.join("\n"));
    if std::env::var_os("STACK").is_none() {
        assert!(all.stories >= 60, "most stories have something to fail");
        assert!(all.runs >= 1_500, "and each has a good number of calls");
    }
}

/// Tells stories until none is left.
fn tell_some(stories: &[Story], next: &AtomicUsize) -> (Figures, Vec<String>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut figures = Figures::default();
    let mut failures = Vec::new();
    while let Some(story) = stories.get(next.fetch_add(1, Ordering::Relaxed)) {
        match runtime.block_on(tell(story, &mut failures)) {
            Ok(f) => figures += &f,
            Err(e) => failures.push(format!("{}: {e}", story.name)),
        }
    }
    (figures, failures)
}

/// Tells a story twice side by side, and at each step has every call fail in the first of the two worlds. The other has
/// other seeds: it shows what is chance.
async fn tell(story: &Story, failures: &mut Vec<String>) -> Result<Figures, String> {
    let mut world = World::new(story, 0)?;
    let mut other = World::new(story, 1)?;
    let mut figures = Figures::default();
    for (i, step) in story.case.steps.iter().enumerate() {
        world.before(step).await?;
        other.before(step).await?;
        // A configuration that is refused calls nothing.
        let Some(stage) = Stage::set(&world, step).await? else {
            continue;
        };
        let Some(second) = Stage::set(&other, step).await? else {
            return Err(format!("step {}: refused by chance", i + 1));
        };
        let (ok, undisturbed) = stage.undisturbed().await?;
        let (_, elsewhere) = second.undisturbed().await?;
        // Where the step does not succeed by itself (a mistake that planning finds, a fault or a refusal that the story
        // is about), there is no good end to compare with. The steps after it are looked at.
        if ok.is_some() {
            let chance = undisturbed.picture.chance(&elsewhere.picture);
            figures.steps += 1;
            for (number, made) in undisturbed.calls.iter().enumerate() {
                *figures.calls.entry(made.call).or_default() += 1;
                for way in made.call.ways() {
                    figures.runs += 1;
                    let ended = stage.disturbed(number, *way, &undisturbed, &chance).await;
                    if let Err(e) = ended {
                        failures.push(format!(
                            "{} step {}, call {} ({:?} {}) {way:?}: {e}",
                            story.name,
                            i + 1,
                            number + 1,
                            made.call,
                            made.address
                        ));
                    }
                }
            }
        }
        drop((stage, second));
        undisturbed.go_on(&mut world)?;
        elsewhere.go_on(&mut other)?;
    }
    figures.stories = usize::from(figures.runs > 0);
    Ok(figures)
}
