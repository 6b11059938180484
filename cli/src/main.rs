//! The binary: reads the command line, wires a store and providers to the engine, and shows what comes of it.
//!
//! It holds no rule that the libraries lack. [`args`] is the command line, [`commands`] what each command does,
//! [`session`] how a run goes from lock to outputs, [`stack`] which implementations it runs on, [`render`] and
//! [`stream`] what people and programs see of it.

mod args;
mod choices;
mod commands;
mod failure;
mod faulty_store;
mod files;
mod inputs;
mod interrupt;
mod keys;
mod logging;
mod memory;
mod observer;
mod panics;
mod render;
mod role;
mod session;
mod stack;
mod stream;
mod ui;
mod used_values;
mod workspaces;

use std::process::ExitCode;

use anyhow::Context as _;
use clap::CommandFactory as _;

use crate::args::{Cli, Command, Parsed, VersionArgs};
use crate::failure::Failure;
use crate::ui::Ui;

/// Values may be nested as deep as people and programs make them, and much that is done with a value recurses along it.
/// Memory that is not touched costs nothing.
const STACK: usize = 256 << 20;

fn main() -> ExitCode {
    memory::ask_in_large_steps();
    panics::tell();
    // On the first thread: another one would have to be begun, with a heap of its own.
    let ended = stacker::grow(STACK, start);
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(e) => {
            ui::err(&format!("error: {e:#}\n"));
            ExitCode::from(1)
        }
    }
}

fn start() -> anyhow::Result<u8> {
    let mut parsed = match args::parse(std::env::args_os().skip(1)) {
        Ok(parsed) => parsed,
        Err(e) => return complain(&e),
    };
    if parsed.cli.version {
        parsed.cli.command = Some(Command::Version(VersionArgs { json: false }));
    }
    if parsed.cli.command.is_none() {
        ui::out(&Cli::command().render_help().to_string());
        return Ok(1);
    }
    if let Some(dir) = &parsed.cli.chdir {
        std::env::set_current_dir(dir)
            .with_context(|| format!("-chdir: {} cannot be entered", dir.display()))?;
    }
    Ok(run(&parsed))
}

fn run(parsed: &Parsed) -> u8 {
    let mut ui = Ui::new(parsed.cli.global.no_color);
    if let Some(warning) = logging::start() {
        ui.diagnostic(warning);
    }
    // The command's name alone: its arguments may hold secrets.
    let command = std::env::args().skip(1).find(|a| !a.starts_with('-'));
    let _run =
        tracing::info_span!("run", command = command.as_deref().unwrap_or_default()).entered();
    match commands::run(&mut ui, parsed) {
        Ok(_) if ui::output_is_lost() => 1,
        Ok(code) => code,
        Err(Failure(found)) => {
            ui.diagnostics(&found);
            1
        }
    }
}

/// Help goes to standard output and is no failure; everything else that clap says is.
fn complain(e: &clap::Error) -> anyhow::Result<u8> {
    if e.use_stderr() {
        ui::err(&e.render().to_string());
        Ok(1)
    } else {
        ui::out(&e.render().to_string());
        Ok(0)
    }
}
