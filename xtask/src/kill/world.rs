//! A directory in which the program runs, and is struck.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::Value as Json;
use tempfile::TempDir;

use super::blow::{Blow, Kind};
use super::stack::{Stack, Step};
use super::verdict;
use super::{Options, chance::Chance};

/// How often the program is started again at most, until it succeeds.
const RESTARTS: usize = 5;
/// How long a process may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a process may take that takes over from a paused one. A state that is locked makes it fail before that.
const TAKEOVER: Duration = Duration::from_secs(20);
/// The files of a state and its log.
const STATE: [&str; 3] = ["cloudapp.db", "cloudapp.db-wal", "cloudapp.db-shm"];

/// What came of a run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Played {
    pub(super) struck: bool,
    pub(super) found: bool,
    pub(super) adopted: bool,
    pub(super) asked: bool,
    pub(super) blocked: bool,
    pub(super) restarts: usize,
}

impl Played {
    fn hear(&mut self, said: &str) {
        self.found |= said.contains("operation-recovered");
        self.adopted |= said.contains("stray-adopted");
        self.asked |= said.contains("stray-objects");
    }
}

/// What a process came to.
pub(super) struct Ran {
    /// None where a signal ended it.
    pub(super) code: Option<i32>,
    pub(super) signal: Option<i32>,
    pub(super) said: String,
}

impl Ran {
    /// Whether a file that another process holds kept it from its work.
    fn is_blocked(&self) -> bool {
        self.signal.is_some() || self.code != Some(0) && self.said.contains("kept the file busy")
    }
}

/// A directory of its own, in memory where the system has such a place: what a killed process has written is there all
/// the same, and the runs are many.
pub(super) fn scratch() -> io::Result<TempDir> {
    let memory = Path::new("/dev/shm");
    match memory.is_dir() {
        true => TempDir::new_in(memory),
        false => TempDir::new(),
    }
}

pub(super) struct World {
    dir: TempDir,
    binary: std::path::PathBuf,
}

impl World {
    /// A copy of a directory, or an empty one.
    pub(super) fn new(binary: &Path, like: Option<&Path>) -> anyhow::Result<Self> {
        let dir = scratch()?;
        if let Some(like) = like {
            copy(like, dir.path())?;
        }
        let binary = binary.to_owned();
        Ok(Self { dir, binary })
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Puts a configuration in the place of the one that is there; without one, that stays.
    pub(super) fn configure(&self, files: Option<&Path>, mock: &Json) -> anyhow::Result<()> {
        if let Some(files) = files {
            for entry in std::fs::read_dir(self.path())? {
                let path = entry?.path();
                if path.is_dir() {
                    std::fs::remove_dir_all(&path)?;
                } else if path.extension().is_some_and(|e| e == "tf") {
                    std::fs::remove_file(&path)?;
                }
            }
            copy(files, self.path())?;
        }
        self.cloud(mock)
    }

    /// Says what the cloud is like from now on.
    pub(super) fn cloud(&self, mock: &Json) -> anyhow::Result<()> {
        Ok(std::fs::write(
            self.path().join("mock.json"),
            mock.to_string(),
        )?)
    }

    pub(super) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(args);
        self.prepare(command)
    }

    fn prepare(&self, mut command: Command) -> Command {
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("TF_") || text.starts_with("CLOUDAPP_") {
                command.env_remove(&name);
            }
        }
        command
            .current_dir(self.path())
            .env("CLOUDAPP_ALLOW_LOCAL_EXEC", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn step(&self, apply: bool, parallelism: u64) -> Vec<String> {
        let verb = if apply { "apply" } else { "destroy" };
        let parallelism = format!("-parallelism={parallelism}");
        [
            verb,
            "-auto-approve",
            "-json",
            "-lock-timeout=20s",
            "-mock-config=mock.json",
            &parallelism,
        ]
        .map(str::to_owned)
        .to_vec()
    }

    /// Applies what is there, or destroys everything.
    pub(super) fn run(&self, apply: bool) -> anyhow::Result<Ran> {
        end(self.begin(apply)?)
    }

    fn begin(&self, apply: bool) -> anyhow::Result<Child> {
        let args = self.step(apply, 10);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        Ok(self.command(&args).spawn()?)
    }

    /// What a command that must succeed prints, as JSON.
    pub(super) fn json(&self, args: &[&str]) -> anyhow::Result<Json> {
        let output = self.command(args).output()?;
        if !output.status.success() {
            bail!("{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        serde_json::from_slice(&output.stdout).with_context(|| format!("{args:?} is not JSON"))
    }

    fn start(&self, apply: bool, blow: &Blow, lease: bool) -> anyhow::Result<Child> {
        let args = self.step(apply, blow.parallelism);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let mut command = match blow.kind {
            Kind::Limit => {
                let mut shell = Command::new("bash");
                let limit = blow.number * 16;
                let script = format!("trap '' XFSZ; ulimit -f {limit}; exec \"$0\" \"$@\"");
                shell.args(["-c", &script]).arg(&self.binary).args(&args);
                self.prepare(shell)
            }
            _ => self.command(&args),
        };
        if lease {
            command.env("CLOUDAPP_LEASE", "1");
        }
        Ok(command.spawn()?)
    }
}

/// Waits for the end of a process, with what it said.
fn end(child: Child) -> anyhow::Result<Ran> {
    end_within(child, PATIENCE)
}

/// The same; it is killed if it takes longer.
fn end_within(child: Child, time: Duration) -> anyhow::Result<Ran> {
    let pid = child.id();
    let (done, waiting) = std::sync::mpsc::channel::<()>();
    let watch = std::thread::spawn(move || {
        if waiting.recv_timeout(time) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            signal(pid, "KILL");
        }
    });
    let output = child.wait_with_output()?;
    drop(done);
    watch.join().ok();
    let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.push_str(&String::from_utf8_lossy(&output.stderr));
    Ok(Ran {
        code: output.status.code(),
        signal: output.status.signal(),
        said,
    })
}

fn signal(pid: u32, name: &str) {
    use rustix::process::{Pid, Signal, kill_process};
    let signal = match name {
        "CONT" => Signal::CONT,
        "INT" => Signal::INT,
        _ => Signal::KILL,
    };
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        kill_process(pid, signal).ok();
    }
}

/// Waits until a process is paused. False where it ended before.
fn is_paused(child: &mut Child) -> anyhow::Result<bool> {
    let stat = format!("/proc/{}/stat", child.id());
    let started = Instant::now();
    loop {
        let text = std::fs::read_to_string(&stat).unwrap_or_default();
        let state = text
            .rsplit_once(')')
            .map_or("", |(_, after)| after.trim_start());
        if state.starts_with('T') {
            return Ok(true);
        }
        if child.try_wait()?.is_some() {
            return Ok(false);
        }
        if started.elapsed() > PATIENCE {
            bail!("the process neither paused nor ended");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Plays a step with a blow, lets it finish, and judges.
pub(super) fn play(
    options: &Options,
    stack: &Stack,
    step: &Step,
    blow: &Blow,
) -> anyhow::Result<Played> {
    let world = World::new(&options.binary, Some(step.before.path()))?;
    world.configure(step.files.as_deref(), &blow.configuration(&step.mock))?;
    let mut played = Played::default();
    let result = strike(&world, step, blow, &mut played)
        .and_then(|()| finish(&world, step, blow, &mut played))
        .and_then(|()| match played.asked {
            // It said what it cannot know, and did nothing.
            true => Ok(()),
            false => verdict::judge(&world, step),
        });
    if let (Err(_), Some(keep)) = (&result, std::env::var_os("KEEP")) {
        let to = Path::new(&keep).join(format!(
            "{}-{}-{:?}-{}",
            stack.name, step.number, blow.kind, blow.number
        ));
        std::fs::create_dir_all(&to)?;
        copy(world.path(), &to)?;
    }
    result.map(|()| played)
}

/// The run that is struck.
fn strike(world: &World, step: &Step, blow: &Blow, played: &mut Played) -> anyhow::Result<()> {
    let apply = step.files.is_some();
    match blow.kind {
        Kind::Paused | Kind::PausedInCall => return taken_over(world, step, blow, played),
        Kind::Restored => return restored(world, apply, blow, played),
        Kind::Busy => return busy(world, apply, blow, played),
        _ => {}
    }
    let mut child = world.start(apply, blow, false)?;
    if blow.kind == Kind::Instant {
        std::thread::sleep(blow.instant);
        child.kill()?;
    }
    if blow.kind == Kind::Interrupted {
        for time in 0..=blow.second.min(2) {
            std::thread::sleep(blow.instant / if time == 0 { 1 } else { 4 });
            signal(child.id(), "INT");
        }
    }
    let ran = end(child)?;
    played.hear(&ran.said);
    played.struck = match blow.kind {
        Kind::Full | Kind::Limit | Kind::Interrupted => ran.code != Some(0),
        _ => ran.signal.is_some(),
    };
    if let (Kind::Limit, Some(signal)) = (blow.kind, ran.signal) {
        bail!("signal {signal} ended it: {}", ran.said);
    }
    if blow.kind == Kind::Twice && played.struck {
        let second = Blow {
            kind: Kind::Commit,
            number: blow.second,
            ..blow.clone()
        };
        world.cloud(&second.configuration(&step.mock))?;
        let ran = end(world.start(apply, &second, false)?)?;
        played.hear(&ran.said);
    }
    Ok(())
}

/// A process is paused until its lease has run out and another one has finished; then it goes on, and must change nothing
/// any more.
fn taken_over(world: &World, step: &Step, blow: &Blow, played: &mut Played) -> anyhow::Result<()> {
    let apply = step.files.is_some();
    let mut child = world.start(apply, blow, true)?;
    played.struck = is_paused(&mut child)?;
    if !played.struck {
        end(child)?;
        return Ok(());
    }
    world.cloud(&step.mock)?;
    let second = world.begin(apply).and_then(|c| end_within(c, TAKEOVER));
    let blocked = second.as_ref().is_ok_and(Ran::is_blocked);
    let state = match blocked {
        true => Ok(Json::Null),
        false => world.json(&["state", "pull"]),
    };
    signal(child.id(), "CONT");
    let first = end(child)?;
    let second = second?;
    played.hear(&second.said);
    if blocked {
        // Paused in the middle of a write, of the state or of the cloud: nobody else can write until it goes on.
        played.blocked = true;
        return Ok(());
    }
    if second.code != Some(0) {
        bail!("the process that took over failed: {}", second.said);
    }
    if world.json(&["state", "pull"])? != state? {
        bail!(
            "the paused process changed the state after it was replaced: {}",
            first.said
        );
    }
    let told = [
        "state-taken-over",
        "NotTheHolder",
        "state-locked",
        "stale-plan",
    ];
    if first.code != Some(0) && !told.iter().any(|t| first.said.contains(t)) {
        bail!(
            "the paused process was not told that it was replaced: {}",
            first.said
        );
    }
    Ok(())
}

/// A copy of the state from the middle of the run is put in the place of the state.
fn restored(world: &World, apply: bool, blow: &Blow, played: &mut Played) -> anyhow::Result<()> {
    let mut child = world.start(apply, blow, false)?;
    played.struck = is_paused(&mut child)?;
    if !played.struck {
        end(child)?;
        return Ok(());
    }
    let copied = scratch()?;
    for name in STATE {
        let from = world.path().join(name);
        if from.exists() {
            std::fs::copy(from, copied.path().join(name))?;
        }
    }
    signal(child.id(), "CONT");
    let ran = end(child)?;
    if ran.code != Some(0) {
        bail!("the paused process failed: {}", ran.said);
    }
    for name in STATE {
        let (from, to) = (copied.path().join(name), world.path().join(name));
        if to.exists() {
            std::fs::remove_file(&to)?;
        }
        if from.exists() {
            std::fs::copy(from, to)?;
        }
    }
    Ok(())
}

/// Another process locks the state's file for a while, again and again.
fn busy(world: &World, apply: bool, blow: &Blow, played: &mut Played) -> anyhow::Result<()> {
    let mut chance = Chance::new(blow.number);
    let mut child = world.start(apply, blow, false)?;
    let path = world.path().join(STATE[0]);
    while child.try_wait()?.is_none() {
        std::thread::sleep(Duration::from_millis(chance.below(12)));
        if !path.exists() {
            continue;
        }
        let Ok(connection) = rusqlite::Connection::open(&path) else {
            continue;
        };
        if connection.execute_batch("BEGIN IMMEDIATE").is_ok() {
            played.struck = true;
            std::thread::sleep(Duration::from_millis(chance.below(60)));
            connection.execute_batch("ROLLBACK").ok();
        }
    }
    let ran = end(child)?;
    if ran.code != Some(0) {
        bail!("a short lock made it fail: {}", ran.said);
    }
    Ok(())
}

/// Starts the program again until it succeeds.
fn finish(world: &World, step: &Step, blow: &Blow, played: &mut Played) -> anyhow::Result<()> {
    world.cloud(&step.mock)?;
    let mut last = String::new();
    while played.restarts < RESTARTS {
        played.restarts += 1;
        let ran = world.run(step.files.is_some())?;
        played.hear(&ran.said);
        if ran.code == Some(0) {
            return Ok(());
        }
        if played.asked && blow.kind == Kind::Restored {
            return Ok(());
        }
        last = ran.said;
    }
    bail!("it does not finish: {last}")
}

/// Copies a folder into another one.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            std::fs::create_dir_all(&target)?;
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
