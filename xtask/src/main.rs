//! Tasks of the repository that are not part of the product.
//!
//! `cargo xtask schema PATH` turns the JSON dump of a provider's schema into `providers/src/mock/schema.bin`.
//!
//! `cargo xtask bench` measures whole runs, beside Terraform where it is installed; see `docs/benchmarks.md`.
//!
//! `cargo xtask kill` kills the program at every moment and looks what becomes of its objects; see `docs/state.md`.

#[cfg(unix)]
mod bench;
mod encode;
#[cfg(unix)]
mod kill_task;
mod writer;

use std::path::PathBuf;

use anyhow::{Context, bail};

const OUTPUT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../providers/src/mock/schema.bin"
);

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    match args.next().as_deref() {
        Some("schema") => {
            let path = args
                .next()
                .context("usage: cargo xtask schema PATH/schema.json")?;
            write_schema(&PathBuf::from(path))
        }
        #[cfg(unix)]
        Some("kill") => kill_task::run(&args.collect::<Vec<_>>()),
        #[cfg(unix)]
        Some("bench") => bench::run(&args.collect::<Vec<_>>()),
        Some(other) => bail!("there is no task `{other}`; the tasks are: schema, bench, kill"),
        None => bail!("usage: cargo xtask schema PATH/schema.json | bench | kill -runs N -seed N"),
    }
}

#[allow(clippy::print_stdout, reason = "a task talks to a terminal")]
fn write_schema(path: &PathBuf) -> anyhow::Result<()> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let json =
        serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))?;
    let bytes = encode::encode(&json)?;
    std::fs::write(OUTPUT, &bytes).with_context(|| format!("cannot write {OUTPUT}"))?;
    println!("{} bytes", bytes.len());
    Ok(())
}
