//! The stacks, and how each is told undisturbed.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use super::Options;
use super::verdict::Picture;
use super::world::{World, copy};

/// The seeds of the undisturbed tellings.
const SEEDS: [u64; 3] = [1, 2, 3];

/// A stack that has been told undisturbed.
pub(super) struct Stack {
    pub(super) name: String,
    pub(super) steps: Vec<Step>,
}

/// One step: a configuration that is applied, or the destruction of all.
pub(super) struct Step {
    /// From 1.
    pub(super) number: usize,
    /// None for the destruction.
    pub(super) files: Option<PathBuf>,
    /// What the mock cloud is like.
    pub(super) mock: Json,
    /// The directory as it is before the step.
    pub(super) before: TempDir,
    /// What it ends with.
    pub(super) after: Picture,
    /// How long it takes.
    pub(super) took: Duration,
    /// Whether an object that was interrupted while it was provisioned is made anew.
    pub(super) provisioned: bool,
}

/// All stacks that the options ask for.
pub(super) fn all(options: &Options) -> anyhow::Result<Vec<Stack>> {
    let mut dirs = folders(&options.stacks)?;
    dirs.retain(|d| options.only.is_empty() || options.only.iter().any(|o| d.ends_with(o)));
    if dirs.is_empty() {
        bail!("there are no such stacks in {}", options.stacks.display());
    }
    dirs.iter().map(|dir| tell(options, dir)).collect()
}

fn folders(of: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(of).with_context(|| format!("cannot read {}", of.display()))?;
    let mut all: Vec<PathBuf> = entries
        .map(|e| e.map(|e| e.path()))
        .collect::<Result<_, _>>()?;
    all.retain(|p| p.is_dir());
    all.sort();
    Ok(all)
}

fn tell(options: &Options, dir: &Path) -> anyhow::Result<Stack> {
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    let configurations = folders(dir)?;
    let mut steps: Vec<Step> = Vec::new();
    for seed in SEEDS {
        let mock = cloud(dir, seed)?;
        let world = World::new(&options.binary, None)?;
        let files = configurations.iter().map(Some).chain([None]);
        for (i, files) in files.enumerate() {
            let before = super::world::scratch()?;
            copy(world.path(), before.path())?;
            world.configure(files.map(PathBuf::as_path), &mock)?;
            let started = Instant::now();
            let ran = world.run(files.is_some())?;
            let took = started.elapsed();
            if ran.code != Some(0) {
                bail!("{name}, step {}, undisturbed: {}", i + 1, ran.said);
            }
            let after = Picture::of(&world)?;
            match steps.get_mut(i) {
                Some(step) => step.after.allow(&after),
                None => steps.push(Step {
                    number: i + 1,
                    files: files.cloned(),
                    mock: mock.clone(),
                    before,
                    after,
                    took,
                    provisioned: name == "provisioned",
                }),
            }
        }
    }
    let name = name.into_owned();
    Ok(Stack { name, steps })
}

/// A cloud with short latencies, and what the stack's own file says of it.
fn cloud(dir: &Path, seed: u64) -> anyhow::Result<Json> {
    let mut mock = json!({
        "seed": seed,
        "latency_ms": {"create": [1, 8], "update": [1, 6], "delete": [1, 6], "read": [0, 2]},
    });
    let own = dir.join("mock.json");
    if own.exists() {
        let text = std::fs::read_to_string(&own)?;
        let own: serde_json::Map<String, Json> = serde_json::from_str(&text)?;
        if let Some(o) = mock.as_object_mut() {
            o.extend(own);
        }
    }
    Ok(mock)
}
