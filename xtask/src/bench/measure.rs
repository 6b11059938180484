//! What a process costs.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use wait4::Wait4 as _;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    /// Of all its threads, in user mode.
    pub(crate) user: Duration,
    /// The most memory that it had at one time, in bytes. Linux counts what its parent had when it was started, too; that is
    /// this task, with some 5 MB.
    pub(crate) memory: u64,
    /// It was ended because it took too long: the rest are lower bounds.
    pub(crate) cut: bool,
}

/// Runs a program to its end, or until the time is up.
pub(crate) fn run(
    program: &Path,
    args: &[&str],
    dir: &Path,
    most: Duration,
) -> anyhow::Result<Cost> {
    let shown = || format!("{} {}", program.display(), args.join(" "));
    let log = std::fs::File::create(dir.join("output.txt"))?;
    // What was left to write by whoever ran before must not be waited for here.
    rustix::fs::sync();
    let started = Instant::now();
    let mut child = Command::new(program)
        .args(args)
        .current_dir(dir)
        .env("CHECKPOINT_DISABLE", "1")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .with_context(|| format!("cannot run {}", shown()))?;
    let pid = rustix::process::Pid::from_child(&child);
    let (ended, end) = channel::<()>();
    let watch = std::thread::spawn(move || {
        let cut = end.recv_timeout(most) == Err(RecvTimeoutError::Timeout);
        if cut {
            // It may have ended just now.
            let _gone = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
        cut
    });
    let result = child.wait4().with_context(shown)?;
    let wall = started.elapsed();
    drop(ended);
    let cut = watch.join().unwrap_or(false);
    if !result.status.success() && !cut {
        let said = std::fs::read_to_string(dir.join("output.txt")).unwrap_or_default();
        bail!("{} failed ({}):\n{said}", shown(), result.status);
    }
    Ok(Cost {
        wall,
        user: result.rusage.utime,
        memory: result.rusage.maxrss,
        cut,
    })
}
