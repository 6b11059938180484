//! Standard output and standard error: the only place that writes to them.

use std::cell::RefCell;
use std::io::{IsTerminal, Write};

use cloudapp_lang::{Diagnostic, Diagnostics, SourceMap};

use crate::render::diagnostic;
use crate::render::palette::Palette;
use crate::stream::Stream;

/// How many bytes are written at once of what is made part by part.
const PARTS: usize = 64 * 1024;

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
        if let Some(stream) = &self.stream {
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

/// Writes to standard output. A reader that has gone away ends the program quietly, as it does elsewhere.
pub(crate) fn out(text: &str) {
    let mut stdout = std::io::stdout().lock();
    if stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .is_err()
    {
        std::process::exit(1);
    }
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
    let mut line = String::new();
    match std::io::stdin().read_line(&mut line) {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(line.trim_end_matches(['\n', '\r']).to_owned()),
    }
}
