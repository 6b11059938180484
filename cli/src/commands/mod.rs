//! The commands, one a file. Each ends with an exit code, or with diagnostics.

mod apply;
mod cloud;
mod console;
mod console_prompt;
mod edit;
mod fmt;
mod force_unlock;
mod form;
mod form_prompt;
mod graph;
mod import;
mod init;
mod key;
mod lint;
mod metadata;
mod output;
mod pack;
mod plan;
mod policy;
mod providers;
mod publish;
mod push;
mod refresh;
mod resolve;
mod show;
mod state;
mod taint;
mod unpack;
mod validate;
mod values;
mod version;
mod workspace;

use std::future::Future;

use cloudapp_lang::Diagnostic;
use tokio::runtime::Builder;

use crate::args::{Command, Parsed};
use crate::failure::{Ended, Failure};
use crate::session::Verb;
use crate::ui::Ui;

/// Runs what the command line asks for.
pub(crate) fn run(ui: &mut Ui, parsed: &Parsed) -> Ended {
    let global = &parsed.cli.global;
    let Some(command) = &parsed.cli.command else {
        return Ok(1);
    };
    match command {
        Command::Version(a) => version::run(ui, a.json),
        Command::Init(a) => init::run(ui, a),
        Command::Validate(a) => validate::run(ui, global, a),
        Command::Plan(a) => block(plan::run(ui, global, a, &parsed.variables)),
        Command::Apply(a) => {
            block_with_workers(apply::run(ui, global, a, &parsed.variables, Verb::Apply))
        }
        Command::Destroy(a) => {
            block_with_workers(apply::run(ui, global, a, &parsed.variables, Verb::Destroy))
        }
        Command::Refresh(a) => block_with_workers(refresh::run(ui, global, a, &parsed.variables)),
        Command::Import(a) => block_with_workers(import::run(ui, global, a, &parsed.variables)),
        Command::Show(a) => block(show::run(ui, global, a)),
        Command::Output(a) => block(output::run(ui, global, a)),
        Command::State(a) => block(state::run(ui, global, a)),
        Command::Taint(a) => block(taint::run(ui, global, a, true)),
        Command::Untaint(a) => block(taint::run(ui, global, a, false)),
        Command::Console(a) => block(console::run(ui, global, a, &parsed.variables)),
        Command::Fmt(a) => fmt::run(ui, a),
        Command::Form(a) => form::run(ui, global, a, &parsed.variables),
        Command::Graph(a) => graph::run(ui, global, a),
        Command::Metadata(a) => metadata::run(ui, a),
        Command::Providers(a) => providers::run(ui, global, a),
        Command::Cloud(a) => cloud::run(ui, global, a),
        Command::Workspace(a) => block(workspace::run(ui, global, a)),
        Command::ForceUnlock(a) => block(force_unlock::run(ui, global, a)),
        Command::Lint(a) => lint::run(ui, a),
        Command::Policy(a) => policy::run(ui, a),
        Command::Key(a) => block(key::run(ui, global, a)),
        Command::Pack(a) => pack::run(ui, a),
        Command::Unpack(a) => unpack::unpack(ui, a),
        Command::Values(a) => block(values::run(ui, global, a)),
        Command::Verify(a) => unpack::verify(ui, a),
        Command::Login(a) => publish::login(a),
        Command::Push(a) => publish::push(ui, a),
        Command::Docker(a) => publish::docker(ui, a),
    }
}

/// Threads beside the one that runs a command that may call a cloud for long. Calls wait for clouds and processes, not for
/// processors; and each thread that is begun is paid for by every command.
const WORKERS: usize = 2;

/// For what works on the state, and for plans: these ask, and do nothing beside it that needs another thread.
fn block(command: impl Future<Output = Ended>) -> Ended {
    run_on(&mut Builder::new_current_thread(), command)
}

fn block_with_workers(command: impl Future<Output = Ended>) -> Ended {
    run_on(Builder::new_multi_thread().worker_threads(WORKERS), command)
}

/// The runtime is made only for commands that wait for something.
fn run_on(runtime: &mut Builder, command: impl Future<Output = Ended>) -> Ended {
    let runtime = runtime
        .enable_all()
        .thread_stack_size(crate::STACK)
        .build()
        .map_err(|e| {
            Failure::from(Diagnostic::error(
                "no-runtime",
                "Program cannot start",
                format!("No threads can be started: {e}."),
            ))
        })?;
    let ended = runtime.block_on(command);
    // What still waits for a signal or a cloud must not hold the program up, which ends now. The threads are not told to end:
    // each would take itself apart, while the system takes all of them away at once.
    std::mem::forget(runtime);
    ended
}
