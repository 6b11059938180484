//! Builds of the program.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Where builds go.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Builds the program with optimisation, as `cargo run --release` does.
pub(crate) fn build() -> anyhow::Result<PathBuf> {
    let dir = target();
    cargo("build", &dir, &[], &[])?;
    built(&dir.join("release"))
}

/// Builds it into a folder of its own, with flags for the compiler: for everything, and for the program alone. They do not
/// reach what runs while it is built, for the target is named.
pub(crate) fn build_with(
    dir: &Path,
    host: &str,
    everything: &[String],
    program: &[String],
) -> anyhow::Result<PathBuf> {
    let mut args = vec!["--bin", "cloudapp", "--target", host, "--"];
    args.extend(program.iter().map(String::as_str));
    cargo("rustc", dir, &args, everything)?;
    built(&dir.join(host).join("release"))
}

fn cargo(command: &str, dir: &Path, args: &[&str], flags: &[String]) -> anyhow::Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut cargo = Command::new(cargo);
    cargo
        .args([command, "--release", "--package", "cloudapp"])
        .args(args)
        .current_dir(root())
        .env("CARGO_TARGET_DIR", dir);
    if !flags.is_empty() {
        // Not with spaces between, for paths have some.
        cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
    }
    if !cargo.status()?.success() {
        bail!("the program cannot be built");
    }
    Ok(())
}

fn built(dir: &Path) -> anyhow::Result<PathBuf> {
    let program = dir.join("cloudapp");
    (program.canonicalize()).with_context(|| format!("{} was not built", program.display()))
}
