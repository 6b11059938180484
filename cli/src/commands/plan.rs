//! `plan`: shows what an apply would do, and saves it where `-out` says.

use std::path::Path;

use cloudapp_engine::planfile;

use crate::args::{Global, PlanArgs, VariableFlag};
use crate::failure::{Ended, Failure};
use crate::session::{Session, Verb, write_file};
use crate::stack::Stack;
use crate::stream::Stream;
use crate::ui::Ui;

pub(super) async fn run(
    ui: &mut Ui,
    global: &Global,
    args: &PlanArgs,
    variables: &[VariableFlag],
) -> Ended {
    ui.stream = args.run.json.then_some(Stream);
    ui.compact_warnings = args.run.compact_warnings;
    let ui = &*ui;
    let stack = Stack::open(ui, global, args.dir.as_deref())?;
    stack.announce(ui);
    let (configuration, found) = stack.configuration(ui)?;
    let session = Session::begin(ui, &stack, &args.run, configuration.clone(), Verb::Plan).await?;
    let plan = session.plan(Verb::Plan, variables, found).await;
    let plan = session.end(plan).await?;
    if let Some(path) = &args.out {
        write_file(
            path,
            &planfile::write(&plan, configuration.inputs(), configuration.dialect()),
        )?;
        ui.say(&format!(
            "Saved to {}. Apply exactly this with: {}\n",
            path.display(),
            apply_command(args, path)
        ));
    }
    Ok::<u8, Failure>(if args.detailed_exitcode && !plan.is_empty() {
        2
    } else {
        0
    })
}

/// A saved plan is applied in the directory that it was made for.
fn apply_command(args: &PlanArgs, path: &Path) -> String {
    match &args.dir {
        None => format!("cloudapp apply {}", path.display()),
        Some(dir) => {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
            format!("cloudapp -chdir={} apply {}", dir.display(), path.display())
        }
    }
}
