//! The log of the program itself, for finding out what went on: off unless `CLOUDAPP_LOG` asks for it.
//!
//! `CLOUDAPP_LOG` is a level or a filter (`debug`, `cloudapp_engine=trace`), `CLOUDAPP_LOG_FORMAT` is `text` or `json`,
//! `CLOUDAPP_LOG_PATH` a file to append to; else the log goes to standard error. Values are logged by way of `Debug`,
//! which hides what is sensitive.

use std::fs::OpenOptions;
use std::sync::Mutex;

use cloudapp_lang::Diagnostic;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

/// Sets the log up. What is wrong with the settings is a warning: it must not stop a deployment.
pub(crate) fn start() -> Option<Diagnostic> {
    let filter = std::env::var("CLOUDAPP_LOG")
        .ok()
        .filter(|f| !f.is_empty() && f != "off")?;
    let warn = |detail: String| {
        Some(Diagnostic::warning(
            "log-setting",
            "Log cannot be written as asked",
            detail,
        ))
    };
    let parsed = match EnvFilter::try_new(&filter) {
        Ok(f) => f,
        Err(e) => return warn(format!("CLOUDAPP_LOG is \"{filter}\": {e}.")),
    };
    let json = std::env::var("CLOUDAPP_LOG_FORMAT").is_ok_and(|f| f.eq_ignore_ascii_case("json"));
    match std::env::var_os("CLOUDAPP_LOG_PATH") {
        Some(path) => match OpenOptions::new().create(true).append(true).open(&path) {
            Ok(file) => subscribe(parsed, json, Mutex::new(file)),
            Err(e) => return warn(format!("CLOUDAPP_LOG_PATH is {}: {e}.", path.display())),
        },
        None => subscribe(parsed, json, std::io::stderr),
    }
    None
}

fn subscribe<W: for<'w> MakeWriter<'w> + Send + Sync + 'static>(
    filter: EnvFilter,
    json: bool,
    writer: W,
) {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        // When a run, a phase or an operation ends, and how long it took.
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false);
    // A subscriber that is set already serves as well.
    let _ = if json {
        builder.json().try_init()
    } else {
        builder.try_init()
    };
}
