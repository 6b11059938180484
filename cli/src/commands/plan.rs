//! `plan`: shows what an apply would do, and saves it where `-out` says.

use std::path::Path;
use std::sync::Arc;

use cloudapp_engine::config::{Configuration, SourceInput};
use cloudapp_engine::plan::Plan;
use cloudapp_engine::planfile;
use cloudapp_engine::seal::{KeyError, Keys as _};
use cloudapp_lang::{Diagnostic, Diagnostics};
use cloudapp_state::Keyring;

use crate::args::{Global, PlanArgs, VariableFlag};
use crate::failure::{Ended, Failure};
use crate::files::{self, Readers};
use crate::session::{Session, Verb};
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
    let stack = Stack::open_ahead(ui, global, args.dir.as_deref())?;
    stack.announce(ui);
    let (configuration, found) = stack.configuration(ui)?;
    if let Some(path) = &args.generate_config_out {
        check_new_file(args, path)?;
    }
    if args.out.is_some() {
        stack.keys.check()?;
    }
    let session = Session::begin(ui, &stack, &args.run, configuration.clone(), Verb::Plan).await?;
    let mut run = Run {
        ui,
        stack: &stack,
        session,
        configuration,
        found,
    };
    let planned = run.plan(args, variables).await;
    let changes = match &planned {
        Ok((plan, _)) if args.detailed_exitcode => run.session.changes_anything(plan).await,
        _ => Ok(false),
    };
    let Run {
        session,
        configuration,
        ..
    } = run;
    let (plan, bytes) = session.end(planned).await?;
    if let (Some(path), Some(bytes)) = (&args.out, bytes) {
        files::write("The plan", path, &bytes, Readers::Owner)?;
        ui.say(&format!(
            "Saved to {}. Apply exactly this with: {}\n",
            path.display(),
            apply_command(args, path)
        ));
    }
    // The program ends here: taking these apart first would only cost time.
    std::mem::forget((plan, configuration));
    Ok::<u8, Failure>(if changes? { 2 } else { 0 })
}

/// A plan in the making.
struct Run<'a> {
    ui: &'a Ui,
    stack: &'a Stack,
    session: Session<'a>,
    configuration: Arc<Configuration>,
    found: Diagnostics,
}

impl Run<'_> {
    /// The plan, and the bytes of its file where it is to be saved.
    async fn plan(
        &mut self,
        args: &PlanArgs,
        variables: &[VariableFlag],
    ) -> Result<(Arc<Plan>, Option<Vec<u8>>), Failure> {
        if let Some(path) = &args.generate_config_out
            && let Some(text) = self.session.generate(variables).await?
        {
            self.generated(path, text)?;
        }
        let found = std::mem::take(&mut self.found);
        let (plan, found) = (self.session)
            .make_plan(Verb::Plan, variables, found)
            .await?;
        let plan = Arc::new(plan);
        let shown = plan.changes.iter().filter(|c| !c.is_empty());
        let beside = args.out.is_some() && shown.take(WORTH_A_THREAD).count() == WORTH_A_THREAD;
        let (made, keys) = (plan.clone(), self.stack.keys.clone());
        let configuration = self.configuration.clone();
        let write = move || file_of(&made, &configuration, &keys);
        if !beside {
            self.session.show(&plan, &found).await?;
            let bytes = args.out.is_some().then(write).transpose()?;
            return Ok((plan, bytes));
        }
        let file = tokio::task::spawn_blocking(write);
        self.session.show(&plan, &found).await?;
        match file.await {
            Ok(bytes) => Ok((plan, Some(bytes?))),
            // It is never cancelled.
            Err(e) => std::panic::resume_unwind(e.into_panic()),
        }
    }

    /// Keeps configuration that was written, and goes on as if it had been there. It is kept even where the plan then
    /// fails: it is to be reviewed and corrected.
    fn generated(&mut self, path: &Path, text: String) -> Result<(), Failure> {
        files::write("The configuration", path, text.as_bytes(), Readers::All)?;
        self.ui.say(&format!(
            "Configuration for what is imported was written to {}.\n\n",
            path.display()
        ));
        let mut sources = self.configuration.inputs().to_vec();
        sources.push(SourceInput {
            name: path.display().to_string(),
            text,
            module: String::new(),
        });
        let dialect = self.configuration.dialect();
        let (configuration, found) = self.stack.saved_configuration(self.ui, dialect, sources)?;
        self.session.reconfigure(configuration.clone());
        (self.configuration, self.found) = (configuration, found);
        Ok(())
    }
}

/// From so many changes on a plan is written beside being shown. Less is done before another thread has begun.
const WORTH_A_THREAD: usize = 100;

fn file_of(plan: &Plan, from: &Configuration, keys: &Keyring) -> Result<Vec<u8>, KeyError> {
    planfile::write(plan, from.inputs(), from.dialect(), keys)
}

/// Configuration is only ever written to a new file, and only where something may be imported.
fn check_new_file(args: &PlanArgs, path: &Path) -> Result<(), Failure> {
    if args.run.destroy || args.run.refresh_only {
        return Err(Diagnostic::error(
            "nothing-to-generate",
            "Configuration is not written here",
            "-generate-config-out goes with an ordinary plan: nothing is imported with -destroy or -refresh-only.",
        )
        .hint("Leave one of the flags out.")
        .into());
    }
    if path.exists() {
        return Err(Diagnostic::error(
            "file-exists",
            "File exists already",
            format!(
                "Configuration is written to a new file, but {} is there.",
                path.display()
            ),
        )
        .hint("Name another file, or move this one's blocks elsewhere and delete it.")
        .into());
    }
    Ok(())
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "_-+=:,./@%".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// A saved plan is applied in the directory that it was made for.
fn apply_command(args: &PlanArgs, path: &Path) -> String {
    match &args.dir {
        None => format!("cloudapp apply {}", quoted(path)),
        Some(dir) => {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
            format!("cloudapp -chdir={} apply {}", quoted(dir), quoted(&path))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_for_a_shell() {
        for (path, shown) in [
            ("x.plan", "x.plan"),
            ("../日本/x-1.plan", "../日本/x-1.plan"),
            ("x y.plan", "'x y.plan'"),
            ("it's.plan", r"'it'\''s.plan'"),
            ("$(x).plan", "'$(x).plan'"),
        ] {
            assert_eq!(quoted(Path::new(path)), shown);
        }
    }
}
