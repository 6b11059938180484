//! One run from beginning to end: lock the state, find out what became of earlier operations, plan, ask, apply, say
//! what came of it.

use std::sync::Arc;
use std::time::Duration;

use cloudapp_engine::address::{Address, Mode, Target};
use cloudapp_engine::config::{Configuration, VariableDecl};
use cloudapp_engine::event::{ApplySummary, Observer};
use cloudapp_engine::plan::{Plan, PlanMode};
use cloudapp_engine::run::{self, Interrupt, PlanOptions, Runner};
use cloudapp_engine::store::{Change, Lease, StoreError};
use cloudapp_lang::{Diagnostic, Diagnostics};
use cloudapp_package::Argument;

use crate::args::{RunFlags, VariableFlag};
use crate::failure::Failure;
use crate::observer::Listener;
use crate::render::summary::{GO_ON, Outcome, failures, headline};
use crate::render::{self};
use crate::role::RolePolicy;
use crate::stack::Stack;
use crate::ui::{self, Ui};
use crate::used_values::UsedValues;
use crate::{inputs, interrupt, stream};

/// A run that is going on.
pub(crate) struct Session<'a> {
    ui: &'a Ui,
    stack: &'a Stack,
    flags: &'a RunFlags,
    runner: Runner,
    listener: Arc<Listener>,
    /// None where a plan only reads.
    lease: Option<Lease>,
}

/// What to plan: where the command is not `plan`, its name decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Plan,
    Apply,
    Destroy,
    Refresh,
    Import,
}

impl Verb {
    fn name(self) -> &'static str {
        match self {
            Verb::Plan => "plan",
            Verb::Apply => "apply",
            Verb::Destroy => "destroy",
            Verb::Refresh => "refresh",
            Verb::Import => "import",
        }
    }
}

impl<'a> Session<'a> {
    /// Locks the state and resolves what an earlier run left open.
    pub(crate) async fn begin(
        ui: &'a Ui,
        stack: &'a Stack,
        flags: &'a RunFlags,
        configuration: Arc<Configuration>,
        verb: Verb,
    ) -> Result<Session<'a>, Failure> {
        check_flags(verb, flags)?;
        let listener = Arc::new(Listener::new(ui));
        let interrupts = Interrupt::default();
        interrupt::watch(interrupts.clone(), listener.clone());
        let runner = Runner {
            configuration,
            providers: stack.providers.clone(),
            store: stack.store.clone(),
            observer: listener.clone() as Arc<dyn Observer>,
            parallelism: usize::from(flags.parallelism),
            interrupt: interrupts,
            base_dir: stack.root(),
            workspace: stack.workspace.clone(),
        };
        let mut session = Session {
            ui,
            stack,
            flags,
            runner,
            listener,
            lease: None,
        };
        if verb == Verb::Plan && (!flags.lock.lock || session.only_reads().await?) {
            return Ok(session);
        }
        let wait = flags.lock.lock_timeout;
        let lease = session.unless_stopped(stack.store.lock(verb.name(), wait));
        session.lease = Some(lease.await?);
        ui::stop_without_output(&session.runner.interrupt.stop);
        if let Err(e) = session.recover(verb).await {
            session.unlock().await;
            return Err(e);
        }
        Ok(session)
    }

    /// Whether a plan can do without the lock: nobody holds it, and no earlier operation has to be found out about. Plans
    /// can then be made beside each other, of a state that cannot be written, too; and the disk is not waited for.
    async fn only_reads(&self) -> Result<bool, Failure> {
        let store = &self.stack.store;
        // Both are asked at once: each answer waited for costs a change of threads.
        let (unlocked, settled) = tokio::join!(
            store.await_unlocked(Duration::ZERO),
            self.runner.is_settled()
        );
        let (settled, found) = match unlocked {
            Ok(()) => settled,
            Err(_) => {
                let wait = self.flags.lock.lock_timeout;
                self.unless_stopped(store.await_unlocked(wait)).await?;
                self.runner.is_settled().await
            }
        };
        if found.has_errors() {
            return Err(found.into());
        }
        self.ui.diagnostics(&found);
        Ok(settled)
    }

    /// What is waited for, unless the run is interrupted first.
    async fn unless_stopped<T>(
        &self,
        waited: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, Failure> {
        tokio::select! {
            biased;
            waited = waited => Ok(waited?),
            () = self.runner.interrupt.stop.cancelled() => Err(interrupted()),
        }
    }

    /// Finds out what became of earlier operations. An import goes on where objects are there that the state does not know:
    /// it may be there to take one of them in.
    async fn recover(&self, verb: Verb) -> Result<(), Failure> {
        let Some(lease) = &self.lease else {
            return Ok(());
        };
        let found = self.runner.recover(lease).await;
        let passed = |d: &Diagnostic| verb == Verb::Import && d.code == "stray-objects";
        if found.iter().any(|d| d.is_error() && !passed(d)) {
            return Err(found.into());
        }
        self.ui.diagnostics(&found);
        Ok(())
    }

    async fn unlock(&self) {
        if let Some(lease) = &self.lease
            && let Err(e) = self.stack.store.unlock(lease).await
        {
            // A lease that was taken over is no longer ours to give back: what was written stands.
            tracing::warn!(error = %e, "the lock was not given back");
        }
    }

    /// Ends the run, whatever came of it.
    pub(crate) async fn end<T>(self, result: Result<T, Failure>) -> Result<T, Failure> {
        self.listener.finish();
        self.unlock().await;
        result
    }

    /// Plans, and shows the plan. What was found before (`found`) is shown with what the plan finds.
    pub(crate) async fn plan(
        &self,
        verb: Verb,
        variables: &[VariableFlag],
        found: Diagnostics,
    ) -> Result<Plan, Failure> {
        let (plan, found) = self.make_plan(verb, variables, found).await?;
        self.show(&plan, &found).await?;
        Ok(plan)
    }

    /// A plan that is yet to be shown, with what was found before and now.
    pub(crate) async fn make_plan(
        &self,
        verb: Verb,
        variables: &[VariableFlag],
        mut found: Diagnostics,
    ) -> Result<(Plan, Diagnostics), Failure> {
        let options = self.options(verb, variables, &mut found).await?;
        let (plan, more) = self.runner.plan(&options).await;
        self.listener.finish();
        found.append(more);
        match plan {
            Some(plan) if !found.has_errors() => Ok((plan, found)),
            _ => Err(found.into()),
        }
    }

    /// Shows a plan, and what was found with it.
    pub(crate) async fn show(&self, plan: &Plan, found: &Diagnostics) -> Result<(), Failure> {
        self.show_plan(plan);
        self.show_role(plan).await?;
        self.ui.diagnostics(found);
        if let Some(warning) = self.outdated(plan).await? {
            self.ui.diagnostic(warning);
        }
        Ok(())
    }

    /// A warning where somebody has written to the state since the plan read it, which a plan without the lock cannot
    /// prevent.
    async fn outdated(&self, plan: &Plan) -> Result<Option<Diagnostic>, Failure> {
        if self.lease.is_some() || self.stack.store.serial().await? == plan.serial {
            return Ok(None);
        }
        Ok(Some(
            Diagnostic::warning(
                "state-changed",
                "State was changed while this was planned",
                "Another run has written to the state since the plan read it, so what is planned may be done already. The plan cannot be applied.",
            )
            .hint("Plan again once the other run has ended."),
        ))
    }

    async fn options(
        &self,
        verb: Verb,
        variables: &[VariableFlag],
        found: &mut Diagnostics,
    ) -> Result<PlanOptions, Failure> {
        let configuration = &self.runner.configuration;
        let stop = &self.runner.interrupt.stop;
        let asking = self.flags.variables.input.then_some(stop);
        let (values, more) =
            inputs::variables(self.ui, self.stack, configuration, variables, asking).await?;
        found.append(more);
        Ok(PlanOptions {
            mode: mode(verb, self.flags),
            refresh: self.flags.refresh,
            targets: parse_all::<Target>("-target", &self.flags.target)?,
            replace: replaced(&self.flags.replace)?,
            variables: values,
        })
    }

    /// Configuration for what is imported without any, as the text of a file; none where there is nothing to write.
    pub(crate) async fn generate(
        &self,
        variables: &[VariableFlag],
    ) -> Result<Option<String>, Failure> {
        // The plan that follows finds the same again, and shows it.
        let mut found = Diagnostics::new();
        let options = self.options(Verb::Plan, variables, &mut found).await?;
        let (text, more) = self.runner.generate(&options).await;
        self.listener.finish();
        found.append(more);
        if found.has_errors() {
            return Err(found.into());
        }
        Ok(text)
    }

    /// Goes on with another configuration.
    pub(crate) fn reconfigure(&mut self, configuration: Arc<Configuration>) {
        self.runner.configuration = configuration;
    }

    /// Takes one object into the state.
    pub(crate) async fn import(
        &self,
        address: &Address,
        id: &str,
        variables: &[VariableFlag],
        mut found: Diagnostics,
    ) -> Result<(), Failure> {
        let Some(lease) = &self.lease else {
            return Err(no_lease());
        };
        let options = (self.options(Verb::Import, variables, &mut found)).await?;
        let (imported, more) = self
            .runner
            .import(lease, address, id, &options.variables)
            .await;
        self.listener.finish();
        found.append(more);
        if imported.is_none() {
            return Err(found.into());
        }
        self.ui.diagnostics(&found);
        Ok(())
    }

    fn show_plan(&self, plan: &Plan) {
        match self.ui.stream {
            Some(stream) => stream::plan(plan).for_each(|m| stream.send(m)),
            None => ui::out_in_parts(|out| {
                render::plan::render(plan, &self.runner.providers, self.ui.palette, out);
                out("\n");
            }),
        }
    }

    /// Says what the application that a plan installs may call.
    async fn show_role(&self, plan: &Plan) -> Result<(), Failure> {
        if let Some(role) = self.role(plan).await? {
            match self.ui.stream {
                Some(stream) => stream.send(stream::role_policy(&role)),
                None => self
                    .ui
                    .say(&(render::role::section(&role, self.ui.palette) + "\n")),
            }
        }
        Ok(())
    }

    async fn role(&self, plan: &Plan) -> Result<Option<RolePolicy>, Failure> {
        RolePolicy::of(self.stack, &self.runner.configuration, plan).await
    }

    /// Whether applying the plan would change anything, be it only what the application may call.
    pub(crate) async fn changes_anything(&self, plan: &Plan) -> Result<bool, Failure> {
        if !plan.is_empty() {
            return Ok(true);
        }
        let role = self.role(plan).await?;
        Ok(role.is_some_and(|r| !r.changes().is_empty()))
    }

    /// Keeps the policy of the role with the state, for the next plan to compare with. After a destroy there is none.
    async fn keep_role(&self, plan: &Plan, lease: &Lease) -> Result<(), Failure> {
        let change = match plan.mode {
            PlanMode::RefreshOnly => None,
            PlanMode::Normal if plan.is_partial => None,
            PlanMode::Normal => self.role(plan).await?.and_then(|r| r.to_store()),
            PlanMode::Destroy => {
                let stored = self.stack.state().await?.policy;
                let json = String::new();
                (!stored.is_empty()).then_some(Change::PutPolicy { json })
            }
        };
        if let Some(change) = change {
            self.stack.store.commit(lease, vec![change]).await?;
        }
        Ok(())
    }

    /// Asks whether to go on. Nobody to ask is an error.
    pub(crate) async fn approve(&self, plan: &Plan) -> Result<(), Failure> {
        let question = match plan.mode {
            PlanMode::Destroy => "Destroy all this? Only \"yes\" goes ahead.\n  Answer: ",
            PlanMode::Normal => "Apply this plan? Only \"yes\" goes ahead.\n  Answer: ",
            PlanMode::RefreshOnly => {
                "Take this into the state? Only \"yes\" goes ahead.\n  Answer: "
            }
        };
        if !self.flags.variables.input || !ui::can_ask() {
            return Err(approval_needed());
        }
        let stop = &self.runner.interrupt.stop;
        let answer = ui::ask_unless(stop, question).await;
        if stop.is_cancelled() {
            return Err(interrupted());
        }
        if answer.as_deref().map(str::trim) == Some("yes") {
            self.ui.say("\n");
            return Ok(());
        }
        Err(Diagnostic::error(
            "not-approved",
            "Plan was not approved",
            "The answer was not \"yes\". Nothing was changed.",
        )
        .into())
    }

    /// Applies and says what came of it. The exit code is 1 where anything failed.
    pub(crate) async fn apply(&self, plan: &Plan) -> Result<u8, Failure> {
        let Some(lease) = &self.lease else {
            return Err(no_lease());
        };
        let (summary, found) = self.runner.apply(lease, plan).await;
        let outcome = self.listener.finish();
        let Some(summary) = summary else {
            return Err(found.into());
        };
        let complete =
            !found.has_errors() && outcome.failed.is_empty() && outcome.skipped.is_empty();
        self.ui.diagnostics(&found);
        let is_recorded = found.iter().all(|d| d.code != "state-moved");
        self.remember(lease, plan).await;
        if complete {
            self.keep_role(plan, lease).await?;
        }
        self.conclude(plan, &summary, &outcome, complete).await?;
        if !complete && is_recorded {
            self.ui.note(&format!("{GO_ON}\n"));
        }
        Ok(u8::from(!complete))
    }

    /// Keeps what an installation was given, for `values`. That it cannot be kept undoes nothing of what was done.
    async fn remember(&self, lease: &Lease, plan: &Plan) {
        if self.stack.package.is_none() || plan.mode == PlanMode::RefreshOnly {
            return;
        }
        let json = match plan.mode {
            PlanMode::Destroy => String::new(),
            _ => UsedValues::of(plan, |name| self.is_secret(name)).write(),
        };
        let change = Change::PutValues { json };
        if let Err(e) = self.stack.store.commit(lease, vec![change]).await {
            let detail = format!("{e}. What was made is recorded all the same.");
            let d = Diagnostic::warning("values-not-kept", "Values were not kept", detail);
            self.ui.diagnostic(d);
        }
    }

    /// Whether a variable is declared as secret, or the form asks for it as for a password.
    fn is_secret(&self, name: &str) -> bool {
        let variables = self.runner.configuration.variables();
        let declared = variables.iter().find(|v| &*v.name == name);
        let package = self.stack.package.as_ref();
        let asks = |a: &Argument| &*a.name.value == name && a.widget.value.is_sensitive();
        declared.is_none_or(VariableDecl::is_secret)
            || package.is_some_and(|p| p.args().iter().any(asks))
    }

    async fn conclude(
        &self,
        plan: &Plan,
        summary: &ApplySummary,
        outcome: &Outcome,
        complete: bool,
    ) -> Result<(), Failure> {
        let text = headline(summary, plan.mode, complete);
        let outputs = self.stack.state().await?.outputs;
        if let Some(stream) = self.ui.stream {
            let operation = if plan.mode == PlanMode::Destroy {
                "destroy"
            } else {
                "apply"
            };
            stream.send(stream::change_summary(summary, operation, text));
            stream.send(stream::outputs(&outputs));
            return Ok(());
        }
        let palette = self.ui.palette;
        if !complete {
            self.ui.note(&failures(outcome, palette));
            self.ui.note(&format!("\n{}\n", palette.bold(&text)));
            return Ok(());
        }
        let headline = format!("\n{}\n", palette.bold(&text));
        if ui::output_is_lost() {
            self.ui.note(&headline);
        }
        self.ui.say(&headline);
        if !outputs.is_empty() {
            self.ui.say(&format!(
                "\n{}\n\n{}",
                palette.bold("Outputs:"),
                render::outputs::render(&outputs, palette)
            ));
        }
        Ok(())
    }
}

/// A run that was interrupted while it waited for the lock or for an answer.
pub(crate) fn interrupted() -> Failure {
    run::interrupted("It was still waiting to begin; nothing was changed.")
        .hint("Run the command again.")
        .into()
}

fn no_lease() -> Failure {
    Diagnostic::error(
        "no-lease",
        "State is not locked",
        "Nothing can be written without the lock.",
    )
    .into()
}

fn mode(verb: Verb, flags: &RunFlags) -> PlanMode {
    match verb {
        Verb::Destroy => PlanMode::Destroy,
        Verb::Refresh | Verb::Import => PlanMode::RefreshOnly,
        Verb::Plan | Verb::Apply if flags.destroy => PlanMode::Destroy,
        Verb::Plan | Verb::Apply if flags.refresh_only => PlanMode::RefreshOnly,
        Verb::Plan | Verb::Apply => PlanMode::Normal,
    }
}

/// Refuses flags that ask for what cannot be had at once.
fn check_flags(verb: Verb, flags: &RunFlags) -> Result<(), Failure> {
    let mode = mode(verb, flags);
    let destroys = flags.destroy || verb == Verb::Destroy;
    let refreshes = flags.refresh_only || matches!(verb, Verb::Refresh | Verb::Import);
    let problem = if destroys && refreshes {
        Some((
            "To destroy everything and only to read what exists cannot be done at once.",
            "Leave out -destroy or -refresh-only; there are the commands destroy and refresh, too.",
        ))
    } else if mode == PlanMode::RefreshOnly && !flags.refresh {
        Some((
            "Only reading what exists is asked for, and not to read it.",
            "Leave out -refresh=false, or -refresh-only.",
        ))
    } else if mode != PlanMode::Normal && !flags.replace.is_empty() {
        Some((
            "-replace makes objects anew, but what is asked for makes none.",
            "Leave out -replace; or plan without -destroy and -refresh-only.",
        ))
    } else {
        None
    };
    match problem {
        None => Ok(()),
        Some((detail, hint)) => {
            let summary = "Flags contradict each other";
            let d = Diagnostic::error("contradicting-flags", summary, detail);
            Err(d.hint(hint).into())
        }
    }
}

pub(crate) fn approval_needed() -> Failure {
    Diagnostic::error(
        "approval-needed",
        "Approval is needed",
        "A plan is applied only once somebody has said yes to it, and there is nobody to ask here.",
    )
    .hint("Give -auto-approve, or save the plan with plan -out and apply the file.")
    .into()
}

/// The addresses of `-replace`: what is only read cannot be made anew.
fn replaced(texts: &[String]) -> Result<Vec<Address>, Failure> {
    let addresses = parse_all::<Address>("-replace", texts)?;
    let read = addresses.iter().find(|a| a.resource.mode == Mode::Data);
    match read {
        None => Ok(addresses),
        Some(a) => Err(Diagnostic::error(
            "not-replaceable",
            "Address cannot be replaced",
            format!("-replace names {a}, which is a data source: it is read, not made."),
        )
        .hint("Name a resource. Data sources are read anew by every plan.")
        .into()),
    }
}

/// Reads addresses; all that cannot be read are reported.
pub(crate) fn parse_all<T>(flag: &str, texts: &[String]) -> Result<Vec<T>, Failure>
where
    T: std::str::FromStr<Err = cloudapp_engine::address::AddressError>,
{
    let mut found = Diagnostics::new();
    let parsed = texts
        .iter()
        .filter_map(|text| {
            found.take(text.parse().map_err(|e| {
                Diagnostic::error(
                    "malformed-address",
                    "Address is malformed",
                    format!("{flag}: {e}."),
                )
                .hint("Write it as in the plan, in quotes: 'demo_vpc.main[\"a\"]'.")
            }))
        })
        .collect();
    if found.has_errors() {
        Err(found.into())
    } else {
        Ok(parsed)
    }
}
