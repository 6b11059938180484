//! `local-exec`: a command on the machine that applies.
//!
//! It runs in a process group of its own. What is typed at the terminal does not reach it, so that the first Ctrl-C lets
//! it end; once the run is cancelled, the whole group is told to end, and killed if it does not.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, PipeReader, Read};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cloudapp_engine::provisioner::{
    NotAllowed, Output, ProvisionError, ProvisionRequest, Provisioner,
};
use cloudapp_engine::schema::{Attribute, Block, Schema, SharedSchema};
use cloudapp_lang::Type;
use cloudapp_lang::value::Value;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

/// How much of the last output an error repeats, in bytes.
const TAIL: usize = 8 * 1024;

/// Longer lines are cut into pieces of this many bytes.
const LONGEST_LINE: u64 = 16 * 1024;

/// How long a cancelled command may take to clean up.
const GRACE: Duration = Duration::from_secs(2);

#[cfg(unix)]
const SHELL: [&str; 2] = ["/bin/sh", "-c"];
#[cfg(not(unix))]
const SHELL: [&str; 2] = ["cmd", "/C"];

/// The provisioner. It runs nothing unless it is told at its making that it may.
#[derive(Clone, Debug)]
pub struct LocalExec {
    allowed: bool,
    schema: SharedSchema,
}

impl LocalExec {
    /// `allowed`: whether whoever runs the engine lets configurations run commands here.
    #[must_use]
    pub fn new(allowed: bool) -> Self {
        let attributes = [
            ("command", Attribute::required(Type::String)),
            ("environment", Attribute::optional(Type::map(Type::String))),
            ("interpreter", Attribute::optional(Type::list(Type::String))),
            ("quiet", Attribute::optional(Type::Bool)),
            ("working_dir", Attribute::optional(Type::String)),
        ];
        let block = Block {
            attributes: attributes.into_iter().map(|(n, a)| (n.into(), a)).collect(),
            ..Block::default()
        };
        Self {
            allowed,
            schema: Arc::new(Schema { version: 0, block }),
        }
    }
}

#[async_trait]
impl Provisioner for LocalExec {
    fn name(&self) -> &str {
        "local-exec"
    }

    fn schema(&self) -> SharedSchema {
        self.schema.clone()
    }

    fn allowed(&self) -> Result<(), NotAllowed> {
        if self.allowed {
            return Ok(());
        }
        Err(NotAllowed {
            detail: "\"local-exec\" runs a command on this machine, with all rights of this process, which has not been allowed.".to_owned(),
            hint: "Read the command; then give -allow-local-exec, or set CLOUDAPP_ALLOW_LOCAL_EXEC=1.".to_owned(),
        })
    }

    async fn run(
        &self,
        request: ProvisionRequest,
        output: &Output<'_>,
    ) -> Result<(), ProvisionError> {
        let call = Call::new(&request)?;
        if !call.quiet {
            call.show(output);
        }
        let (mut child, mut lines) = call.start()?;
        let group = Group::of(&child);
        let mut tail = Tail::default();
        let ended = async {
            while let Some(line) = lines.recv().await {
                output(&line);
                tail.push(line);
            }
            child.wait().await
        };
        let status = tokio::select! {
            status = ended => status,
            () = request.cancel.cancelled() => {
                group.end(&mut child).await;
                return Err(ProvisionError {
                    message: "The command was ended, because the run was cancelled.".to_owned(),
                    said: tail.text(),
                });
            }
        };
        group.release();
        match status {
            Ok(s) if s.success() => Ok(()),
            Ok(s) => Err(ProvisionError {
                message: describe(s),
                said: tail.text(),
            }),
            Err(e) => Err(ProvisionError {
                message: format!("How the command ended is not known: {e}."),
                said: tail.text(),
            }),
        }
    }
}

/// A command as it is to be called.
struct Call {
    /// The program and its arguments; never empty.
    words: Vec<String>,
    environment: Vec<(String, String)>,
    dir: PathBuf,
    quiet: bool,
}

impl Call {
    fn new(request: &ProvisionRequest) -> Result<Self, ProvisionError> {
        let get = |name: &str| request.config.get(name);
        let text = |name: &str| get(name).and_then(Value::as_str).map(str::to_owned);
        let command = text("command").filter(|c| !c.trim().is_empty());
        let Some(command) = command else {
            return Err(ProvisionError::new("The command is empty."));
        };
        let mut words: Vec<String> = match get("interpreter").and_then(Value::as_items) {
            Some(items) => items
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            None => SHELL.map(str::to_owned).to_vec(),
        };
        words.push(command);
        let entries = get("environment").and_then(Value::as_entries);
        let environment = entries
            .into_iter()
            .flatten()
            .filter_map(|(n, v)| Some((n.to_string(), v.as_str()?.to_owned())))
            .collect();
        let dir = match text("working_dir").filter(|d| !d.is_empty()) {
            Some(d) => request.base_dir.join(d),
            None => request.base_dir.clone(),
        };
        // Absolute, or the program would be looked for in it only after it was changed to.
        let dir = std::path::absolute(&dir).unwrap_or(dir);
        if !dir.is_dir() {
            return Err(ProvisionError {
                message: "Its working_dir is not a directory.".to_owned(),
                said: dir.display().to_string(),
            });
        }
        Ok(Self {
            words,
            environment,
            dir,
            quiet: get("quiet").and_then(Value::as_bool) == Some(true),
        })
    }

    /// Says what is run, as it is written: who hides secrets in the output must recognise them.
    fn show(&self, output: &Output<'_>) {
        let (command, program) = self
            .words
            .split_last()
            .map_or(("", &[][..]), |(c, p)| (c, p));
        let with = match program == SHELL {
            true => String::new(),
            false => format!(" with {}", program.join(" ")),
        };
        for (i, line) in command.lines().enumerate() {
            match i {
                0 => output(&format!("Runs{with}: {line}")),
                _ => output(&format!("    {line}")),
            }
        }
    }

    /// Starts the command. Its lines end when nobody is left who could write any.
    fn start(&self) -> Result<(Child, mpsc::Receiver<String>), ProvisionError> {
        let failed = |e: std::io::Error| ProvisionError {
            message: format!("The command cannot be started: {e}."),
            said: self.words[0].clone(),
        };
        // One pipe for both, so that what is said stays in order.
        let (reader, writer) = std::io::pipe().map_err(failed)?;
        let mut command = Command::new(&self.words[0]);
        command
            .args(&self.words[1..])
            // Whoever may run commands need not read the state.
            .env_remove("CLOUDAPP_KEY")
            .envs(self.environment.iter().map(|(n, v)| (n, v)))
            .current_dir(&self.dir)
            .stdin(Stdio::null())
            .stdout(writer.try_clone().map_err(failed)?)
            .stderr(writer)
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let child = command.spawn().map_err(failed)?;
        // With it go our own ends for writing.
        drop(command);
        let (sender, lines) = mpsc::channel(64);
        std::thread::Builder::new()
            .name("local-exec".to_owned())
            .spawn(move || read_lines(reader, &sender))
            .map_err(failed)?;
        Ok((child, lines))
    }
}

/// Passes lines on until nobody writes or nobody listens any more. A thread of its own does, because a grandchild that
/// left the group may hold the pipe open for ever.
fn read_lines(reader: PipeReader, lines: &mpsc::Sender<String>) {
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    loop {
        line.clear();
        match reader
            .by_ref()
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut line)
        {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\n', '\r']).to_owned();
        if lines.blocking_send(text).is_err() {
            return;
        }
    }
}

fn describe(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("The command was ended by signal {signal}.");
    }
    match status.code() {
        Some(code) => format!("The command ended with exit code {code}."),
        None => "The command failed.".to_owned(),
    }
}

/// The last lines, as many as fit.
#[derive(Default)]
struct Tail {
    lines: VecDeque<String>,
    bytes: usize,
}

impl Tail {
    fn push(&mut self, line: String) {
        self.bytes += line.len() + 1;
        self.lines.push_back(line);
        while self.bytes > TAIL && self.lines.len() > 1 {
            self.bytes -= self.lines.pop_front().map_or(0, |l| l.len() + 1);
        }
    }

    fn text(self) -> String {
        let lines: Vec<String> = self.lines.into();
        lines.join("\n")
    }
}

/// The processes that a command started. Dropped before they are over, they are killed.
struct Group {
    #[cfg(unix)]
    leader: Option<rustix::process::Pid>,
}

impl Group {
    #[cfg(unix)]
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self {
            leader: id.and_then(rustix::process::Pid::from_raw),
        }
    }

    #[cfg(unix)]
    fn signal(&self, signal: rustix::process::Signal) {
        if let Some(leader) = self.leader {
            // Fails only where nobody is left.
            let _ = rustix::process::kill_process_group(leader, signal);
        }
    }

    /// The command has ended by itself; what it left running on purpose goes on.
    #[cfg(unix)]
    fn release(mut self) {
        self.leader = None;
    }

    #[cfg(unix)]
    async fn end(self, child: &mut Child) {
        self.signal(rustix::process::Signal::TERM);
        let _ = tokio::time::timeout(GRACE, child.wait()).await;
        self.signal(rustix::process::Signal::KILL);
        let _ = child.wait().await;
        self.release();
    }
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        self.signal(rustix::process::Signal::KILL);
    }
}

#[cfg(not(unix))]
impl Group {
    fn of(_: &Child) -> Self {
        Self {}
    }

    fn release(self) {}

    async fn end(self, child: &mut Child) {
        let _ = tokio::time::timeout(GRACE, child.kill()).await;
    }
}

#[cfg(all(test, unix))]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say what they expect"
)]
mod tests {
    use std::path::Path;
    use std::sync::Mutex;

    use tokio_util::sync::CancellationToken;

    use super::*;

    fn request(command: &str, dir: &Path) -> ProvisionRequest {
        let provisioner = LocalExec::new(true);
        let unset = provisioner.schema.block.empty();
        let entries = unset.as_entries().into_iter().flatten();
        let config = Value::object(entries.map(|(n, v)| {
            let v = match &**n {
                "command" => Value::string(command),
                "quiet" => Value::bool(true),
                _ => v.clone(),
            };
            (n.clone(), v)
        }));
        ProvisionRequest {
            config,
            base_dir: dir.to_owned(),
            cancel: CancellationToken::new(),
        }
    }

    async fn run(request: ProvisionRequest) -> (Result<(), ProvisionError>, Vec<String>) {
        let lines = Mutex::new(Vec::new());
        let output = |line: &str| lines.lock().unwrap().push(line.to_owned());
        let result = LocalExec::new(true).run(request, &output).await;
        (result, lines.into_inner().unwrap())
    }

    #[tokio::test]
    async fn any_bytes_are_lines() {
        let dir = tempfile::tempdir().unwrap();
        let command = r"printf 'a\r\n\n\377b'; head -c 20000 /dev/zero | tr '\0' x";
        let (result, lines) = run(request(command, dir.path())).await;
        assert_eq!(result, Ok(()));
        let lengths: Vec<usize> = lines.iter().map(|l| l.chars().count()).collect();
        assert_eq!(lines[..2], ["a", ""]);
        assert_eq!(lengths[2..], [16384, 3618], "a long line comes in pieces");
        assert!(lines[2].starts_with("\u{fffd}bx"));
    }

    #[tokio::test]
    async fn an_error_repeats_the_end_of_the_output() {
        let dir = tempfile::tempdir().unwrap();
        let command = "seq 100000; kill -KILL $$";
        let (result, lines) = run(request(command, dir.path())).await;
        let e = result.unwrap_err();
        assert_eq!(e.message, "The command was ended by signal 9.");
        assert!(
            e.said.len() <= TAIL && e.said.ends_with("99999\n100000"),
            "{}",
            e.said
        );
        assert_eq!(lines.len(), 100_000);
    }

    #[tokio::test]
    async fn nothing_to_read_and_no_secret_in_a_message() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(run(request("cat", dir.path())).await, (Ok(()), vec![]));
        let missing = request("true", &dir.path().join("secret-name"));
        let e = run(missing).await.0.unwrap_err();
        assert!(
            !e.message.contains("secret-name") && e.said.contains("secret-name"),
            "{e:?}"
        );
    }

    #[tokio::test]
    async fn who_is_dropped_leaves_nobody_behind() {
        let dir = tempfile::tempdir().unwrap();
        let command = "sleep 30 & echo $! > pid.part; mv pid.part pid; wait";
        let request = request(command, dir.path());
        let path = dir.path().join("pid");
        let running = tokio::spawn(run(request));
        while !path.exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let id = std::fs::read_to_string(path).unwrap();
        running.abort();
        assert!(running.await.unwrap_err().is_cancelled());
        let stat = format!("/proc/{}/stat", id.trim());
        for _ in 0..200 {
            match std::fs::read_to_string(&stat) {
                Ok(s) if !s.contains(") Z ") => {}
                _ => return,
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the command's child goes on");
    }

    #[tokio::test]
    async fn what_is_left_on_purpose_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let command = "(sleep 0.3; touch later) > /dev/null 2>&1 &";
        assert_eq!(run(request(command, dir.path())).await, (Ok(()), vec![]));
        assert!(!dir.path().join("later").exists());
        tokio::time::sleep(Duration::from_millis(900)).await;
        assert!(dir.path().join("later").exists());
    }
}
