//! Tasks of the repository that are not part of the product.
//!
//! `cargo xtask schema PATH` turns the JSON dump of a provider's schema into `providers/src/mock/schema.bin`.

mod encode;
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
        Some(other) => bail!("there is no task `{other}`; the tasks are: schema"),
        None => bail!("usage: cargo xtask schema PATH/schema.json"),
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
