//! `cargo xtask kill [-runs N] [-seed N] [-stack NAME]... [-kind NAME]... [-sweep N] [-workers N] [-bin PATH]`

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use xtask::kill::{Kind, Options, run as play};

use crate::program;

/// Does what the arguments ask for. An error where anything was lost.
pub(crate) fn run(args: &[String]) -> anyhow::Result<()> {
    let mut options = Options {
        binary: PathBuf::new(),
        stacks: program::root().join("testdata/kill"),
        only: Vec::new(),
        runs: 2_000,
        seed: 1,
        kinds: Vec::new(),
        sweep: 1_000,
        workers: std::thread::available_parallelism().map_or(2, usize::from),
        limit: None,
    };
    let mut args = args.iter();
    while let Some(flag) = args.next() {
        let value = args
            .next()
            .with_context(|| format!("{flag} needs a value"))?;
        match flag.trim_start_matches('-') {
            "runs" => options.runs = value.parse()?,
            "seed" => options.seed = value.parse()?,
            "sweep" => options.sweep = value.parse()?,
            "workers" => options.workers = value.parse()?,
            "stack" => options.only.push(value.clone()),
            "bin" => options.binary = PathBuf::from(value),
            "kind" => options.kinds.push(kind(value)?),
            other => bail!(
                "there is no -{other}; there are -runs, -seed, -stack, -kind, -sweep, -workers and -bin"
            ),
        }
    }
    if options.kinds.is_empty() {
        options.kinds = Kind::ALL.to_vec();
    }
    if options.binary.as_os_str().is_empty() {
        options.binary = program::build()?;
    }
    options.binary = std::path::absolute(&options.binary)?;
    let report = play(&options)?;
    show(&report.to_string());
    for failure in report.failures.iter().take(20) {
        show(failure);
    }
    match report.failures.len() {
        0 => Ok(()),
        n => bail!("{n} runs went wrong"),
    }
}

#[allow(clippy::print_stdout, reason = "a task talks to a terminal")]
fn show(text: &str) {
    println!("{text}");
}

fn kind(name: &str) -> anyhow::Result<Kind> {
    let all = Kind::ALL.map(|k| format!("{k:?}").to_lowercase());
    let found = all.iter().position(|k| k == name);
    let at = found.with_context(|| format!("the kinds are: {}", all.join(", ")))?;
    Ok(Kind::ALL[at])
}
