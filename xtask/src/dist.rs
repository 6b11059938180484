//! The program as it is published: optimised for what it does when it is used.
//!
//! A first build counts what runs while stacks are planned, applied and destroyed. The second is given the counts: what runs
//! often is optimised for speed. On Linux on x86-64, where the linker is LLVM's, what never ran is cut off the functions
//! that did; valgrind then says which parts run in which command, and the program is linked once more with those together, so
//! that a run has a third of it in memory instead of all. The C library is linked in: nothing is looked up at the start,
//! and the file runs wherever the kernel does.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use xtask::kill::copy;

use crate::bench::{Operation, Shape};
use crate::program;

const USAGE: &str = "usage: cargo xtask dist [-out PATH]
  -out PATH  the program [target/dist/cloudapp]";

/// Instances of each generated stack while it is counted: enough that what is done for each outweighs the start.
const COUNTED: usize = 400;

/// The same under valgrind, which is slow: all that runs for an instance runs for a few.
const TRACED: usize = 50;

/// Where [`LINUX`] holds.
const ORDERED_HOST: &str = "x86_64-unknown-linux-gnu";

/// What never ran is cut off; relocations take no pages; no library is looked up.
const LINUX: [&str; 4] = [
    "-Cllvm-args=-enable-split-machine-functions",
    "-Cllvm-args=-mfs-psi-cutoff=0",
    "-Clink-arg=-Wl,-z,pack-relative-relocs",
    "-Ctarget-feature=+crt-static",
];

/// Runs the task.
#[allow(clippy::print_stdout, reason = "a task talks to a terminal")]
pub(crate) fn run(args: &[String]) -> anyhow::Result<()> {
    let dir = std::path::absolute(program::target())?.join("dist");
    let out = match args {
        [] => dir.join("cloudapp"),
        [flag, path] if flag.trim_start_matches('-') == "out" => PathBuf::from(path),
        _ => bail!(USAGE),
    };
    let host = host()?;
    let is_ordered = host == ORDERED_HOST;
    // Before minutes of building.
    let profdata = profdata(&host)?;
    if is_ordered {
        said(Command::new("valgrind").arg("--version"))?;
        said(Command::new("nm").arg("--version"))?;
    }
    let (raw, counts) = (empty(&dir.join("raw"))?, dir.join("counts.profdata"));
    let counting = [format!("-Cprofile-generate={}", raw.display())];
    let counting = program::build_with(&dir.join("counting"), &host, &counting, &[])?;
    use_it(COUNTED, &mut |args, dir| {
        call(Command::new(&counting).args(args), dir)
    })?;
    let merged = Command::new(&profdata)
        .arg("merge")
        .arg("-o")
        .args([&counts, &raw])
        .status()?;
    if !merged.success() {
        bail!(
            "{} cannot read what this compiler's programs count: {INSTALL}",
            profdata.display()
        );
    }
    let (build, mut flags) = (
        dir.join("build"),
        vec![format!("-Cprofile-use={}", counts.display())],
    );
    if is_ordered {
        flags.extend(LINUX.map(str::to_owned));
    }
    let mut built = program::build_with(&build, &host, &flags, &[])?;
    if is_ordered {
        let order = dir.join("order.txt");
        std::fs::write(&order, order_of(&built, &empty(&dir.join("traces"))?)?)?;
        let order = format!("-Clink-arg=-Wl,--symbol-ordering-file={}", order.display());
        built = program::build_with(&build, &host, &flags, &[order])?;
    }
    std::fs::copy(&built, &out).with_context(|| format!("cannot write {}", out.display()))?;
    println!("{}", out.display());
    Ok(())
}

fn empty(dir: &Path) -> anyhow::Result<PathBuf> {
    if dir.exists() {
        std::fs::remove_dir_all(dir)?;
    }
    std::fs::create_dir_all(dir)?;
    Ok(dir.to_owned())
}

/// What a tool says.
fn said(command: &mut Command) -> anyhow::Result<String> {
    let tool = command.get_program().to_string_lossy().into_owned();
    let output = (command.stderr(Stdio::inherit()).output())
        .with_context(|| format!("{tool} is needed and cannot be run"))?;
    if !output.status.success() {
        bail!("{tool} failed ({})", output.status);
    }
    Ok(String::from_utf8(output.stdout)?)
}

fn rustc() -> Command {
    Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}

/// What this compiler builds for when nothing is said.
fn host() -> anyhow::Result<String> {
    let said = said(rustc().arg("-vV"))?;
    let line = said.lines().find_map(|l| l.strip_prefix("host: "));
    Ok(line.context("rustc does not name its host")?.to_owned())
}

const INSTALL: &str =
    "install the compiler's own with `rustup component add llvm-tools`, or LLVM 19 or newer";

/// The tool that merges counts: the compiler's own if it is installed, else the newest of the system.
fn profdata(host: &str) -> anyhow::Result<PathBuf> {
    let sysroot = said(rustc().args(["--print", "sysroot"]))?;
    let own = Path::new(sysroot.trim()).join(format!("lib/rustlib/{host}/bin/llvm-profdata"));
    if own.is_file() {
        return Ok(own);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    // `llvm-profdata-19`; without a number it may be of any age.
    let numbered = std::env::split_paths(&path)
        .filter_map(|dir| std::fs::read_dir(dir).ok())
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name();
            let version: u32 = name
                .to_str()?
                .strip_prefix("llvm-profdata-")?
                .parse()
                .ok()?;
            Some((version, entry.path()))
        });
    let newest = numbered.max().map(|(_, path)| path);
    newest.with_context(|| format!("there is no llvm-profdata: {INSTALL}"))
}

/// Does what users do: with generated stacks in every shape, and with those that the kill harness tells, which have resources
/// of the mock cloud.
fn use_it(
    instances: usize,
    command: &mut dyn FnMut(&[&str], &Path) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    for (shape, _) in Shape::ALL {
        let dir = tempfile::tempdir()?;
        shape.write(instances, dir.path())?;
        for operation in Operation::ALL {
            command(operation.args(), dir.path())?;
        }
    }
    let stacks = std::fs::read_dir(program::root().join("testdata/kill"))?;
    let mut stacks: Vec<PathBuf> = stacks
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<_, _>>()?;
    stacks.sort();
    for stack in stacks {
        let dir = tempfile::tempdir()?;
        for stage in ["1", "2"] {
            copy(&stack.join(stage), dir.path())?;
            for operation in [Operation::Plan, Operation::Apply] {
                command(operation.args(), dir.path())?;
            }
        }
        command(Operation::Destroy.args(), dir.path())?;
    }
    Ok(())
}

fn call(command: &mut Command, dir: &Path) -> anyhow::Result<()> {
    let status = command
        .current_dir(dir)
        .env("CLOUDAPP_ALLOW_LOCAL_EXEC", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()?;
    if !status.success() {
        bail!("{command:?} failed in training ({status})");
    }
    Ok(())
}

/// The names of what runs, a line each, those first that run in most commands: what they share lies together, and so does what
/// few need.
fn order_of(program: &Path, traces: &Path) -> anyhow::Result<String> {
    let mut paths = Vec::new();
    use_it(TRACED, &mut |args, dir| {
        let trace = traces.join(paths.len().to_string());
        let mut command = Command::new("valgrind");
        command
            .args(["--quiet", "--tool=callgrind", "--dump-instr=yes"])
            .arg(format!("--callgrind-out-file={}", trace.display()))
            .arg(program)
            .args(args);
        paths.push(trace);
        call(&mut command, dir)
    })?;
    let table = said(
        Command::new("nm")
            .args(["--print-size", "--numeric-sort"])
            .arg(program),
    )?;
    let symbols: Vec<Symbol<'_>> = table.lines().filter_map(Symbol::read).collect();
    let mut runs: HashMap<&str, usize> = HashMap::new();
    for path in paths {
        let trace = std::fs::read_to_string(path)?;
        let found: HashSet<&str> = (addresses(&trace).into_iter())
            .flat_map(|address| at(&symbols, address))
            .map(|symbol| symbol.name)
            .collect();
        for name in found {
            *runs.entry(name).or_default() += 1;
        }
    }
    let mut names: Vec<(&str, usize)> = runs.into_iter().collect();
    names.sort_by_key(|&(name, runs)| (std::cmp::Reverse(runs), name));
    Ok(names.iter().map(|(name, _)| format!("{name}\n")).collect())
}

/// A function, or what was cut off one.
#[derive(Debug, PartialEq)]
struct Symbol<'t> {
    start: u64,
    size: u64,
    name: &'t str,
}

impl<'t> Symbol<'t> {
    /// Of a line of `nm --print-size`, if it is code.
    fn read(line: &'t str) -> Option<Self> {
        let mut fields = line.split(' ');
        let number = |text: &str| u64::from_str_radix(text, 16).ok();
        let (start, size) = (number(fields.next()?)?, number(fields.next()?)?);
        let is_code = matches!(fields.next()?, "t" | "T" | "w" | "W" | "i");
        let name = fields.next()?;
        is_code.then_some(Self { start, size, name })
    }
}

/// What an instruction is part of; more than one where a function has several names.
fn at<'s, 't>(symbols: &'s [Symbol<'t>], address: u64) -> impl Iterator<Item = &'s Symbol<'t>> {
    let before = &symbols[..symbols.partition_point(|s| s.start <= address)];
    let start = before.last().map_or(0, |s| s.start);
    (before.iter().rev())
        .take_while(move |s| s.start == start)
        .filter(move |s| address < s.start + s.size)
}

/// The instructions that ran: a line of costs begins with an address, or with its distance to the one before.
fn addresses(trace: &str) -> HashSet<u64> {
    let mut address: u64 = 0;
    let mut found = HashSet::new();
    for line in trace.lines() {
        let first = line.split(' ').next().unwrap_or_default();
        let moved = match first.as_bytes() {
            [b'0', b'x', ..] => u64::from_str_radix(&first[2..], 16).ok(),
            [b'+', ..] => first[1..].parse().ok().map(|n: u64| address + n),
            [b'-', ..] => first[1..].parse().ok().map(|n: u64| address - n),
            [b'*'] => Some(address),
            _ => None,
        };
        if let Some(moved) = moved {
            address = moved;
            found.insert(moved);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_counted_from_the_one_before() {
        let trace = "events: Ir\nfn=(1) main\n0x10 0 5\n+3 0 1\ncalls=1 0x40 0\n* 0 9\n-1 0 1\nfn=(2) f\n0x40 0 2\n";
        let expected = [0x10, 0x13, 0x12, 0x40];
        assert_eq!(addresses(trace), expected.into_iter().collect());
    }

    #[test]
    fn an_instruction_is_part_of_the_functions_that_cover_it() {
        let table = "0000000000000010 0000000000000008 t f\n0000000000000010 0000000000000008 T also_f\n\
                     0000000000000014 0000000000000004 r data\n0000000000000020 0000000000000001 t g\n0000000000000030 T end";
        let symbols: Vec<Symbol<'_>> = table.lines().filter_map(Symbol::read).collect();
        let names = |address| -> Vec<&str> { at(&symbols, address).map(|s| s.name).collect() };
        assert_eq!(names(0x17), ["also_f", "f"]);
        assert_eq!(names(0x20), ["g"]);
        assert!(names(0x0f).is_empty() && names(0x18).is_empty() && names(0x21).is_empty());
    }
}
