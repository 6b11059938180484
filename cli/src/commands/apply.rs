//! `apply` and `destroy`: plan, ask, apply; or apply a saved plan as it is.

use std::path::Path;

use cloudapp_engine::planfile::{self, PlanFileError};
use cloudapp_lang::Diagnostic;

use crate::args::{ApplyArgs, Global, RunFlags, VariableFlag};
use crate::failure::{Ended, Failure, io};
use crate::keys::keyring;
use crate::session::{Session, Verb, approval_needed};
use crate::stack::{Stack, database, is_plan_file};
use crate::stream::{self, Stream};
use crate::ui::Ui;

pub(super) async fn run(
    ui: &mut Ui,
    global: &Global,
    args: &ApplyArgs,
    variables: &[VariableFlag],
    verb: Verb,
) -> Ended {
    ui.stream = args.run.json.then_some(Stream);
    ui.compact_warnings = args.run.compact_warnings;
    match &args.subject {
        Some(path) if is_plan_file(Some(path)) => {
            saved(ui, global, args, variables, path, verb).await
        }
        dir => fresh(ui, global, args, variables, dir.as_deref(), verb).await,
    }
}

async fn fresh(
    ui: &Ui,
    global: &Global,
    args: &ApplyArgs,
    variables: &[VariableFlag],
    dir: Option<&Path>,
    verb: Verb,
) -> Ended {
    // Whoever reads the stream cannot be asked, whatever the plan turns out to be.
    if args.run.json && !args.auto_approve {
        return Err(approval_needed());
    }
    let stack = Stack::open_ahead(ui, global, dir)?;
    stack.announce(ui);
    let (configuration, found) = stack.configuration(ui)?;
    let session = Session::begin(ui, &stack, &args.run, configuration, verb).await?;
    let ended = async {
        let plan = session.plan(verb, variables, found).await?;
        if !args.auto_approve && session.changes_anything(&plan).await? {
            session.approve(&plan).await?;
        }
        session.apply(&plan).await
    }
    .await;
    session.end(ended).await
}

async fn saved(
    ui: &Ui,
    global: &Global,
    args: &ApplyArgs,
    variables: &[VariableFlag],
    path: &Path,
    verb: Verb,
) -> Ended {
    if verb == Verb::Destroy {
        return Err(refused(
            "destroy takes a directory; a saved plan says itself what it does.",
            "Run: cloudapp apply PLAN",
        ));
    }
    if !variables.is_empty() {
        return Err(refused(
            "A saved plan carries the values of its variables; they cannot be changed any more.",
            "Leave -var, -var-file and -spec out, or plan again with them.",
        ));
    }
    if let Some(flag) = planning_flag(&args.run) {
        return Err(refused(
            &format!(
                "A saved plan says itself what it does: {flag} has to be given where it is made."
            ),
            &format!("Leave {flag} out, or plan again with it."),
        ));
    }
    let file = read(global, path)?;
    let stack = Stack::open_ahead(ui, global, None)?;
    stack.announce(ui);
    let (configuration, found) = stack.saved_configuration(ui, file.dialect, file.sources)?;
    let session = Session::begin(ui, &stack, &args.run, configuration, verb).await?;
    ui.diagnostics(&found);
    if let Some(stream) = ui.stream {
        stream::changes(&file.plan).for_each(|m| stream.send(m));
    }
    let ended = session.apply(&file.plan).await;
    session.end(ended).await
}

/// A flag that only a plan can follow.
fn planning_flag(flags: &RunFlags) -> Option<&'static str> {
    let given = [
        (flags.destroy, "-destroy"),
        (flags.refresh_only, "-refresh-only"),
        (!flags.refresh, "-refresh=false"),
        (!flags.target.is_empty(), "-target"),
        (!flags.replace.is_empty(), "-replace"),
    ];
    given
        .iter()
        .find(|(given, _)| *given)
        .map(|(_, name)| *name)
}

fn refused(detail: &str, hint: &str) -> Failure {
    Diagnostic::error(
        "not-for-saved-plans",
        "Not possible with a saved plan",
        detail,
    )
    .hint(hint)
    .into()
}

/// Reads a saved plan.
pub(super) fn read(global: &Global, path: &Path) -> Result<planfile::PlanFile, Failure> {
    let bytes = std::fs::read(path).map_err(|e| {
        io(
            "There is neither a plan nor a directory that can be read at",
            path,
            &e,
        )
        .hint("Name a file that plan -out wrote, or a directory of .tf files.")
    })?;
    let what = path.display().to_string();
    let keys = keyring(global, &database(global, Path::new(".")));
    planfile::read(&bytes, &what, &keys).map_err(|e| match e {
        PlanFileError::Key(e) => e.into(),
        e => Diagnostic::error(
            "not-a-plan",
            "File is not a saved plan",
            format!("{what}: {e}."),
        )
        .hint("Make one with plan -out.")
        .into(),
    })
}
