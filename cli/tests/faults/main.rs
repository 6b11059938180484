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
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use provider::Call;
use stage::Stage;
use story::{Step, Story, World};

/// How much was looked at.
#[derive(Clone, Debug, Default)]
struct Figures {
    stories: usize,
    steps: usize,
    /// Steps that do not succeed by themselves.
    left_out: usize,
    calls: BTreeMap<Call, usize>,
    runs: usize,
}

impl AddAssign<&Figures> for Figures {
    fn add_assign(&mut self, other: &Figures) {
        self.stories += other.stories;
        self.steps += other.steps;
        self.left_out += other.left_out;
        self.runs += other.runs;
        for (call, n) in &other.calls {
            *self.calls.entry(*call).or_default() += n;
        }
    }
}

#[test]
fn every_call_may_fail() {
    let stories = story::all();
    assert!(!stories.is_empty(), "there is no such story");
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
        "{} stories, {} steps ({} more fail by themselves), {operations} operations, {} runs with one of them failing: {:?}",
        all.stories, all.steps, all.left_out, all.runs, all.calls
    );
    let n = failures.len();
    assert!(n == 0, "{n} runs went wrong:\n{}", failures.join("\n"));
    if std::env::var_os("STACK").is_none() {
        assert!(all.stories >= 70, "most stories have something to fail");
        assert!(all.runs >= 2_000, "and each has a good number of calls");
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
        let looked_at = every_call(&mut world, &mut other, step, &mut figures, |e| {
            failures.push(format!("{} step {}, {e}", story.name, i + 1));
        });
        if !looked_at.await? {
            figures.left_out += 1;
        }
        for world in [&mut world, &mut other] {
            if let Some(stage) = Stage::set(world, step).await? {
                stage.undisturbed().await?.1.go_on(world)?;
            }
        }
    }
    figures.stories = usize::from(figures.runs > 0);
    Ok(figures)
}

/// Has every call of a step fail. The story's own faults are left out, so that the step ends well without ours. False
/// where it does not: its configuration is refused, planning finds a mistake in it, or the cloud or a condition refuses
/// something, as the story wants it. There is then no good end to compare with.
async fn every_call(
    world: &mut World,
    other: &mut World,
    step: &Step,
    figures: &mut Figures,
    mut failed: impl FnMut(String),
) -> Result<bool, String> {
    let (Some(stage), Some(elsewhere)) = (calm(world, step).await?, calm(other, step).await?)
    else {
        return Ok(false);
    };
    let (Some(()), undisturbed) = stage.undisturbed().await? else {
        if step.errors.is_empty() && step.apply_errors.is_empty() {
            failed("it does not succeed by itself".to_owned());
        }
        return Ok(false);
    };
    let (_, elsewhere) = elsewhere.undisturbed().await?;
    let chance = undisturbed.picture.chance(&elsewhere.picture);
    figures.steps += 1;
    for (number, made) in undisturbed.calls.iter().enumerate() {
        let (call, address) = (made.call, &made.address);
        *figures.calls.entry(call).or_default() += 1;
        for way in call.ways() {
            figures.runs += 1;
            if let Err(e) = stage.disturbed(number, *way, &undisturbed, &chance).await {
                let number = number + 1;
                failed(format!("call {number} ({call:?} {address}) {way:?}: {e}"));
            }
        }
    }
    Ok(true)
}

/// The stage of a step in a cloud that does not fail by itself.
async fn calm<'s>(world: &mut World, step: &'s Step) -> Result<Option<Stage<'s>>, String> {
    let calm = Arc::new(world.calm_cloud()?);
    let own = std::mem::replace(&mut world.cloud, calm);
    let stage = Stage::set(world, step).await;
    world.cloud = own;
    stage
}
