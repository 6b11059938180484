//! Tasks of the repository that are not part of the product.
//!
//! `cargo xtask schema PATH` turns the JSON dump of a provider's schema into `providers/src/mock/schema.bin`.
//!
//! `cargo xtask actions PATH` turns the JSON models of the cloud's API into `package/src/policy/actions.bin`: the names of
//! its actions, which role policies are compared with.
//!
//! `cargo xtask bench` measures whole runs, beside Terraform where it is installed; see `docs/benchmarks.md`.
//!
//! `cargo xtask dist` builds the program as it is published; see `docs/benchmarks.md`.
//!
//! `cargo xtask kill` kills the program at every moment and looks what becomes of its objects; see `docs/state.md`.

mod actions;
#[cfg(unix)]
mod bench;
#[cfg(unix)]
mod dist;
mod encode;
#[cfg(unix)]
mod kill_task;
#[cfg(unix)]
mod program;
mod writer;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

const OUTPUT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../providers/src/mock/schema.bin"
);

/// Where the names of actions go.
const ACTIONS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../package/src/policy/actions.bin"
);

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    match args.next().as_deref() {
        Some("schema") => {
            let path = args
                .next()
                .context("usage: cargo xtask schema PATH/schema.json")?;
            convert(&PathBuf::from(path), OUTPUT, encode::encode)
        }
        Some("actions") => {
            let path = args
                .next()
                .context("usage: cargo xtask actions PATH/api-models.json")?;
            convert(&PathBuf::from(path), ACTIONS, actions::encode)
        }
        #[cfg(unix)]
        Some("kill") => kill_task::run(&args.collect::<Vec<_>>()),
        #[cfg(unix)]
        Some("dist") => dist::run(&args.collect::<Vec<_>>()),
        #[cfg(unix)]
        Some("bench") => bench::run(&args.collect::<Vec<_>>()),
        Some(other) => {
            bail!("there is no task `{other}`; the tasks are: schema, actions, bench, dist, kill")
        }
        None => bail!(
            "usage: cargo xtask schema PATH/schema.json | actions PATH/api-models.json | bench | dist | kill -runs N -seed N"
        ),
    }
}

/// Reads JSON and writes what is made of it.
#[allow(clippy::print_stdout, reason = "a task talks to a terminal")]
fn convert(
    path: &Path,
    output: &str,
    encode: fn(&serde_json::Value) -> anyhow::Result<Vec<u8>>,
) -> anyhow::Result<()> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let json =
        serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))?;
    let bytes = encode(&json)?;
    std::fs::write(output, &bytes).with_context(|| format!("cannot write {output}"))?;
    println!("{} bytes", bytes.len());
    Ok(())
}
