//! Standard output and standard error: the only place that writes to them.

use std::cell::RefCell;
use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use cloudapp_lang::{Diagnostic, Diagnostics, SourceMap};
use tokio_util::sync::CancellationToken;

use crate::render::diagnostic;
use crate::render::palette::Palette;
use crate::stream::Stream;

/// How many bytes are written at once of what is made part by part.
const PARTS: usize = 64 * 1024;

/// Whether standard output could not be written to. Nothing is written to it any more then.
static LOST: AtomicBool = AtomicBool::new(false);

/// What stops the run that changes something, where there is one.
static RUN: OnceLock<CancellationToken> = OnceLock::new();

/// How a command talks.
pub(crate) struct Ui {
    pub(crate) palette: Palette,
    /// Set for `-json` commands that write a stream of events.
    pub(crate) stream: Option<Stream>,
    pub(crate) compact_warnings: bool,
    /// Every file that was read, so that diagnostics can show where they point.
    pub(crate) sources: RefCell<SourceMap>,
}

impl Ui {
    pub(crate) fn new(no_color: bool) -> Self {
        let wanted = !no_color
            && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
            && anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never;
        Self {
            palette: if wanted {
                Palette::COLOURED
            } else {
                Palette::PLAIN
            },
            stream: None,
            compact_warnings: false,
            sources: RefCell::new(SourceMap::new()),
        }
    }

    /// Text for people; nothing in a stream of events.
    pub(crate) fn say(&self, text: &str) {
        if self.stream.is_none() {
            out(text);
        }
    }

    /// Text for people about the run itself, beside what the command prints.
    pub(crate) fn note(&self, text: &str) {
        if self.stream.is_none() {
            err(text);
        }
    }

    /// Shows findings: warnings on standard output, errors on standard error, all in the stream where there is one.
    pub(crate) fn diagnostics(&self, found: &Diagnostics) {
        let sources = self.sources.borrow();
        if let Some(stream) = &self.stream
            && !output_is_lost()
        {
            found.iter().for_each(|d| stream.diagnostic(d, &sources));
            return;
        }
        let compact = self.compact_warnings && !found.has_errors();
        for d in found {
            if compact {
                out(&diagnostic::line(d, &sources, self.palette));
            } else {
                let text = diagnostic::text(d, &sources, self.palette) + "\n";
                if d.is_error() { err(&text) } else { out(&text) }
            }
        }
    }

    pub(crate) fn diagnostic(&self, d: Diagnostic) {
        self.diagnostics(&d.into());
    }
}

/// Writes to standard output.
pub(crate) fn out(text: &str) {
    if output_is_lost() {
        return;
    }
    let mut stdout = std::io::stdout().lock();
    let written = stdout.write_all(text.as_bytes());
    if let Err(e) = written.and_then(|()| stdout.flush()) {
        drop(stdout);
        lose_output(&e);
    }
}

/// What only prints has nothing more to do then: it ends at once, and quietly where the reader has gone away, as programs do
/// elsewhere. What changes something is stopped, as by Ctrl-C: what is in flight ends and is recorded.
fn lose_output(error: &std::io::Error) {
    if LOST.swap(true, Ordering::Relaxed) {
        return;
    }
    let run = RUN.get();
    if run.is_some() || error.kind() != ErrorKind::BrokenPipe {
        let mut d = Diagnostic::error(
            "output-lost",
            "Output cannot be written",
            format!("Standard output cannot be written to: {error}."),
        );
        if run.is_some() {
            d.detail.push_str(
                " The run stops: what is in flight ends and is recorded, nothing new starts.",
            );
            d = d.hint("Run the command again with an output that is read to its end.");
        }
        let text = diagnostic::text(&d, &SourceMap::new(), Palette::PLAIN) + "\n";
        err(&text);
    }
    match run {
        Some(run) => run.cancel(),
        None => std::process::exit(1),
    }
}

/// From now on the loss of standard output stops this, rather than the program.
pub(crate) fn stop_without_output(run: &CancellationToken) {
    let _ = RUN.set(run.clone());
}

/// Whether something could not be said. The exit code is not 0 then.
pub(crate) fn output_is_lost() -> bool {
    LOST.load(Ordering::Relaxed)
}

/// Writes to standard output what is made part by part, so that it need not be held as a whole.
pub(crate) fn out_in_parts(make: impl FnOnce(&mut dyn FnMut(&str))) {
    let mut waiting = String::new();
    make(&mut |part| {
        waiting.push_str(part);
        if waiting.len() >= PARTS {
            out(&waiting);
            waiting.clear();
        }
    });
    out(&waiting);
}

/// Writes to standard error; a failure there cannot be told to anybody.
pub(crate) fn err(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Whether a person can be asked.
pub(crate) fn can_ask() -> bool {
    std::io::stdin().is_terminal()
}

/// Whether lines on the terminal may be redrawn.
pub(crate) fn can_redraw() -> bool {
    std::io::stdout().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks for one line; none at the end of input.
pub(crate) fn ask(prompt: &str) -> Option<String> {
    out(prompt);
    line()
}

/// Asks for one line; none at the end of input, and where the run is stopped before there is an answer.
pub(crate) async fn ask_unless(stopped: &CancellationToken, prompt: &str) -> Option<String> {
    out(prompt);
    // A read cannot be called back: the thread that it holds up is left behind and ends with the program.
    let answer = tokio::task::spawn_blocking(line);
    tokio::select! {
        biased;
        () = stopped.cancelled() => None,
        answer = answer => answer.ok().flatten(),
    }
}

fn line() -> Option<String> {
    let mut line = String::new();
    match std::io::stdin().read_line(&mut line) {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(line.trim_end_matches(['\n', '\r']).to_owned()),
    }
}
