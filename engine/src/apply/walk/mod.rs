//! The walk of an apply: a dispatcher that evaluates, records and starts operations, and takes in what they bring.
//!
//! What ended and what is to begin is recorded together: outcomes with the rows that they led to, intents before the calls
//! that they announce ([`recording`]).

mod abandon;
mod checks;
mod prepare;
mod provision;
pub(crate) mod queue;
mod record;
mod recording;
mod values;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use cloudapp_lang::{Diagnostic, Diagnostics, Marks, Path, Value};
use futures::FutureExt as _;
use tokio::task::JoinSet;
use tracing::Instrument;

use self::provision::Stage;
use self::queue::{Lane, Queue};
use self::recording::Recording;
use super::operation::{Done, Failed, Marked, Operation, Work};
use super::provision::Provisioning;
use super::rows::{Desired, deposed_key, instance_row, known, output_row};
use super::schedule::{self, Schedule};
use super::steps::{self, Step};
use crate::address::{Address, InstanceKey, Mode, ModuleAddr, ResourceAddr};
use crate::bodies::Keep;
use crate::calls::Calls;
use crate::conditions::{ConditionsOf, Outcomes};
use crate::config::{Configuration, ModuleId, ObjectId, Repetition, ResourceDecl};
use crate::evaluation::Evaluation;
use crate::event::{ApplySummary, Event, Phase};
use crate::graph::Graph;
use crate::guard::Guard;
use crate::objects::{decode_paths, to_be_read};
use crate::plan::job::{broken_contract, ignore_changes, ignore_marks, provider_failure, shown_id};
use crate::plan::prior::{PriorObject, with_marks};
use crate::plan::{Action, OutputChange, Plan, PlanMode, ResourceChange};
use crate::provider::{ErrorClass, Object, Provider};
use crate::providers::base_name;
use crate::run::{Interrupt, Runner, interrupted, now, store_diagnostic};
use crate::schema::SharedSchema;
use crate::scope::{RepetitionData, ResourceValues, Shape, Values};
use crate::secrets::{Secrets, variable_secrets};
use crate::store::{
    Change, InstanceRow, IntentRow, Lease, OperationAction, Outcome, RunRow, RunStatus, State,
    StoreError,
};

/// Carries out a plan.
pub(crate) async fn apply(
    runner: &Runner,
    lease: &Lease,
    plan: &Plan,
) -> (Option<ApplySummary>, Diagnostics) {
    let started = Instant::now();
    if runner.configuration.refused.has_errors() {
        let refused = runner.configuration.refused.clone();
        return (None, refused);
    }
    let mut state = match check(runner, plan).await {
        Ok(s) => s,
        Err(d) => return (None, d),
    };
    let cfg = &*runner.configuration;
    // From here on everything has its new address.
    let renames = crate::moves::rename(&mut state, &plan.moves);
    let graph = match steps::build(cfg, plan, &state) {
        Ok(g) => g,
        Err(d) => return (None, d),
    };
    runner.observer.event(&Event::PhaseStarted {
        phase: Phase::Apply,
    });
    let functions = runner.functions(&plan.created, Some(now()));
    let evaluation = Evaluation {
        cfg,
        functions: &functions,
        variables: &plan.variables,
        values: Values::new(cfg, &runner.workspace, &runner.cwd(), true),
        diags: Diagnostics::new(),
        outcomes: Outcomes::default(),
        checking: false,
    };
    let learned = match runner.store.durations().await {
        Ok(d) => d,
        Err(e) => return (None, store_diagnostic(&e).into()),
    };
    let schedule = Schedule::new(&graph, plan, &learned);
    let mut a = Applier::new(runner, lease, plan, evaluation, state, graph, schedule);
    if plan.is_partial {
        a.evaluation.diags.push(partial());
    }
    a.begin_run(renames);
    a.begin_stack().await;
    a.walk().await;
    let (summary, found) = a.finish(started).await;
    (Some(summary), found)
}

fn partial() -> Diagnostic {
    Diagnostic::warning(
        "partial-plan",
        "Plan was for a part of the stack",
        "It was made with -target: what it left out may not be what the configuration says.",
    )
    .hint("Plan again without -target.")
}

/// Refuses a plan that was made from something else, or that runs what may not run here.
async fn check(runner: &Runner, plan: &Plan) -> Result<State, Diagnostics> {
    let stale = |detail: &str| {
        Diagnostic::error("stale-plan", "Plan is out of date", detail)
            .hint("Make a new plan and apply that.")
    };
    if plan.configuration != runner.configuration.digest {
        return Err(stale("The configuration has changed since the plan was made.").into());
    }
    if !plan.workspace.is_empty() && plan.workspace != runner.workspace {
        return Err(of_another_workspace(&plan.workspace, &runner.workspace).into());
    }
    let refused = runner
        .configuration
        .refused_provisioners(&plan.changes, &runner.providers);
    if refused.has_errors() {
        return Err(refused);
    }
    let state = runner
        .store
        .state()
        .await
        .map_err(|e| store_diagnostic(&e))?;
    if (plan.serial, &plan.lineage) != (state.serial, &state.lineage) {
        return Err(stale("The state has changed since the plan was made.").into());
    }
    Ok(state)
}

fn of_another_workspace(planned: &str, selected: &str) -> Diagnostic {
    Diagnostic::error(
        "plan-of-another-workspace",
        "Plan is for another workspace",
        format!("The plan was made in workspace \"{planned}\"; the selected one is \"{selected}\"."),
    )
    .hint(format!(
        "Select that workspace with: cloudapp workspace select {planned}; or make a plan for this one."
    ))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Waiting,
    Done,
    Failed,
    Skipped,
}

/// What is known of an operation while it runs.
struct Pending {
    marks: Vec<(Path, Marks)>,
    schema: SharedSchema,
    repetition: RepetitionData,
    instance: usize,
    /// The row that a create-first replacement moved aside.
    aside: Option<Box<InstanceRow>>,
    prior: Option<Box<InstanceRow>>,
    journalled: bool,
    operation: String,
    since: Instant,
    stage: Stage,
    /// For the data source of a check: what is recorded where it cannot be read.
    unread: Option<Value>,
}

/// What is to be run beside the walk.
enum Task {
    Call(Box<Operation>),
    Provision(Box<Provisioning>),
}

impl Task {
    fn node(&self) -> u32 {
        match self {
            Self::Call(op) => op.node,
            Self::Provision(p) => p.node,
        }
    }

    fn change(&self) -> usize {
        match self {
            Self::Call(op) => op.change,
            Self::Provision(p) => p.change,
        }
    }

    /// Whether it is a further part of an operation that has begun.
    fn goes_on(&self) -> bool {
        match self {
            Self::Call(op) => op.since.is_some(),
            Self::Provision(p) => p.since.is_some(),
        }
    }
}

/// How an operation ended, but for what came of it.
struct DoneHead {
    node: u32,
    change: usize,
    action: Action,
    operation: String,
    started: Instant,
    elapsed: std::time::Duration,
}

struct Applier<'r> {
    runner: &'r Runner,
    cfg: &'r Configuration,
    lease: &'r Lease,
    plan: &'r Plan,
    run: String,
    /// The lineage of the state, which what is made is marked with.
    stack: String,
    calls: Arc<Calls>,
    guard: Arc<Guard>,
    /// Tokens of creates that were looked for in vain, by address: they are used again, so that a call that is still on
    /// its way makes nothing twice.
    absent: HashMap<String, String>,
    evaluation: Evaluation<'r>,
    graph: Graph<Step>,
    status: Vec<Status>,
    missing: Vec<u32>,
    queue: Queue,
    schedule: Schedule,
    /// Who is to blame for what was not done.
    culprit: HashMap<u32, Arc<str>>,
    /// In boxes: a table of large rows that grows has twice as many places as it needs, and is copied.
    rows: HashMap<(String, String), Box<InstanceRow>>,
    /// What the state says of conditions, as JSON.
    stored_checks: String,
    /// Changes of each resource block instance group.
    by_resource: HashMap<(ModuleAddr, ResourceAddr), Vec<usize>>,
    /// Instances that the state has and the plan says nothing of.
    left_alone: HashMap<(ModuleAddr, ResourceAddr), Vec<InstanceKey>>,
    /// Values of what was made, by change.
    made: HashMap<usize, Value>,
    configured: HashMap<ObjectId, Arc<dyn Provider>>,
    /// Values of `for_each`, by module instance and resource.
    repeated: HashMap<(usize, ResourceAddr), Value>,
    pending: HashMap<usize, Pending>,
    /// Waiting to be written.
    journal: Vec<Change>,
    recording: Recording<'r>,
    running: JoinSet<Done>,
    /// What ended at once.
    ended: Vec<Done>,
    summary: ApplySummary,
    store_failed: bool,
    /// The file that everything was written to is not the state any more.
    store_moved: bool,
    stopping: bool,
}

impl<'r> Applier<'r> {
    fn new(
        runner: &'r Runner,
        lease: &'r Lease,
        plan: &'r Plan,
        evaluation: Evaluation<'r>,
        state: State,
        graph: Graph<Step>,
        schedule: Schedule,
    ) -> Self {
        let mut queue = queue_of(runner, plan, &graph, schedule.ranks(&graph));
        let missing: Vec<u32> = graph.needs.iter().map(|n| n.len() as u32).collect();
        for n in (0..graph.nodes.len() as u32).filter(|n| missing[*n as usize] == 0) {
            queue.push(n);
        }
        let mut by_resource: HashMap<_, Vec<usize>> = HashMap::new();
        for (i, c) in plan
            .changes
            .iter()
            .enumerate()
            .filter(|(_, c)| c.deposed.is_none())
        {
            by_resource
                .entry((c.address.module.clone(), c.address.resource.clone()))
                .or_default()
                .push(i);
        }
        let left_alone = left_alone(plan, &state);
        let stored_checks = state.checks;
        let guard = Arc::new(Guard::new(runner.store.clone(), lease.clone()));
        let secrets = Secrets::new(variable_secrets(&runner.configuration, &plan.variables));
        let calls = runner.calls().concealing(secrets).guarded(guard.clone());
        let rows = state
            .instances
            .into_iter()
            .map(|r| ((r.address.clone(), r.deposed.clone()), Box::new(r)))
            .collect();
        Self {
            runner,
            cfg: &runner.configuration,
            lease,
            plan,
            run: uuid::Uuid::new_v4().to_string(),
            stack: state.lineage,
            calls: Arc::new(calls),
            guard,
            absent: HashMap::new(),
            evaluation,
            status: vec![Status::Waiting; graph.nodes.len()],
            missing,
            queue,
            schedule,
            graph,
            culprit: HashMap::new(),
            rows,
            stored_checks,
            by_resource,
            left_alone,
            made: HashMap::new(),
            configured: HashMap::new(),
            repeated: HashMap::new(),
            pending: HashMap::new(),
            journal: Vec::new(),
            recording: Recording::default(),
            running: JoinSet::new(),
            ended: Vec::new(),
            summary: ApplySummary::default(),
            store_failed: false,
            store_moved: false,
            stopping: false,
        }
    }

    /// A stack gets its lineage with its first write, and what is made carries it as a mark.
    async fn begin_stack(&mut self) {
        match self.runner.store.absent().await {
            Ok(absent) => self.absent = absent.into_iter().collect(),
            Err(e) => self.fail_store(&e),
        }
        if !self.stack.is_empty() || !self.write().await {
            return;
        }
        match self.runner.store.state().await {
            Ok(state) => self.stack = state.lineage,
            Err(e) => self.fail_store(&e),
        }
    }

    async fn walk(&mut self) {
        loop {
            self.check_interrupt();
            self.dispatch().await;
            self.record();
            self.start_announced();
            let none_runs = self.running.is_empty() && self.ended.is_empty();
            if none_runs && !self.recording.is_under_way() {
                if self.queue.is_empty() || self.stopping || self.store_failed {
                    return;
                }
                continue;
            }
            let Interrupt { stop, abandon, .. } = self.runner.interrupt.clone();
            let watching = !self.stopping;
            tokio::select! {
                Some(done) = self.running.join_next() => self.took(done),
                // The runtime has its turn all the same: without it, nothing else here would ever be seen to be ready.
                () = tokio::task::yield_now(), if !self.ended.is_empty() => {}
                written = self.recording.written(), if self.recording.is_under_way() => self.recorded(written),
                () = stop.cancelled(), if watching => {}
                () = abandon.cancelled() => return self.abandon(),
            }
            while let Some(done) = self.running.try_join_next() {
                self.took(done);
            }
            self.take_ended();
        }
    }

    fn check_interrupt(&mut self) {
        if !self.stopping && self.runner.interrupt.stop.is_cancelled() {
            self.stopping = true;
            self.runner.observer.event(&Event::Stopping);
        }
    }

    /// Runs everything that is ready, as far as the limits allow.
    async fn dispatch(&mut self) {
        self.reorder();
        while let Some(n) = self.queue.pop(self.may_begin()) {
            let step = self.graph.nodes[n as usize].clone();
            match step {
                Step::Object(o) => self.object(n, o).await,
                Step::Gone(_) | Step::Settled => self.pass(n),
                Step::Make(i) => self.make(n, i),
                Step::Destroy(i) => self.destroy(n, i),
            }
        }
    }

    /// Orders what is ready by what the run has learned of durations, now and then, where that matters.
    fn reorder(&mut self) {
        let matters = self.schedule.is_due() && self.may_begin() && self.queue.is_contended();
        if matters && let Some(ranks) = self.schedule.reconsider(&self.graph) {
            tracing::debug!("operations ordered anew");
            self.queue.rank_anew(ranks);
        }
    }

    fn complete(&mut self, node: u32, status: Status) {
        self.status[node as usize] = status;
        for i in 0..self.graph.needed_by[node as usize].len() {
            let next = self.graph.needed_by[node as usize][i];
            self.missing[next as usize] -= 1;
            if self.missing[next as usize] == 0 {
                self.queue.push(next);
            }
        }
    }

    /// Whether something that a node needs was not done; then it is not done either, for the same cause.
    fn blocked(&mut self, node: u32) -> bool {
        let needs = &self.graph.needs[node as usize];
        let Some(bad) = needs
            .iter()
            .copied()
            .find(|n| matches!(self.status[*n as usize], Status::Failed | Status::Skipped))
        else {
            return false;
        };
        let culprit = match self.status[bad as usize] {
            Status::Failed => self.name_of(bad).map(Arc::from),
            _ => self.culprit.get(&bad).cloned(),
        };
        if let Some(c) = culprit {
            if let Step::Make(i) | Step::Destroy(i) = self.graph.nodes[node as usize] {
                let change = &self.plan.changes[i];
                self.summary.skipped += 1;
                self.runner.observer.event(&Event::OperationSkipped {
                    address: &change.address,
                    action: change.action,
                    because: &c,
                });
            }
            self.culprit.insert(node, c);
        }
        self.complete(node, Status::Skipped);
        true
    }

    /// What people know a node by; none where it stands for nothing that they know.
    fn name_of(&self, node: u32) -> Option<String> {
        match &self.graph.nodes[node as usize] {
            Step::Make(i) | Step::Destroy(i) => Some(self.plan.changes[*i].address.to_string()),
            Step::Object(o) => Some(self.cfg.describe(*o).0),
            Step::Gone(_) | Step::Settled => None,
        }
    }

    fn pass(&mut self, node: u32) {
        if !self.blocked(node) {
            self.complete(node, Status::Done);
        }
    }

    fn fail_store(&mut self, e: &StoreError) {
        self.store_failed = true;
        self.store_moved |= matches!(e, StoreError::Moved { .. });
        self.evaluation.diags.push(store_diagnostic(e));
    }

    fn start(&mut self, task: Task) {
        let (action, operation) = match &task {
            Task::Call(op) => (op.action, &op.cx.operation),
            Task::Provision(p) => (p.action, &p.operation),
        };
        let c = &self.plan.changes[task.change()];
        if !task.goes_on() {
            let id = shown_id(&c.before);
            self.runner.observer.event(&Event::OperationStarted {
                address: &c.address,
                action,
                id: id.as_deref(),
            });
            self.schedule.began(task.node());
        }
        let span = tracing::info_span!("operation", address = %c.address, action = ?action, operation = %operation);
        let (is_local, mut run) = match task {
            Task::Call(op) => (op.provider.is_local(), op.run().instrument(span).boxed()),
            Task::Provision(p) => (false, p.run().instrument(span).boxed()),
        };
        // What asks no cloud has nothing to wait for: another thread would only have to be woken for it, and wake this one.
        let ended = is_local.then(|| (&mut run).now_or_never()).flatten();
        match ended {
            Some(done) => self.ended.push(done),
            None => drop(self.running.spawn(run)),
        }
    }

    fn take_ended(&mut self) {
        for done in std::mem::take(&mut self.ended) {
            self.took(Ok(done));
        }
    }

    fn took(&mut self, done: Result<Done, tokio::task::JoinError>) {
        match done {
            Ok(d) => {
                self.queue.ended(d.node);
                self.schedule.left(d.node);
                self.done(d);
            }
            // What the error says is left out: it repeats the panic, which may hold what is secret.
            Err(_) => {
                // The intent stays open, so the next run finds out what came of it.
                self.summary.failed += 1;
                self.stopping = true;
                self.evaluation.diags.push(
                    Diagnostic::error(
                        "internal",
                        "Internal error",
                        "An operation ended without saying how: it panicked.",
                    )
                    .hint("Run the command again: what was begun is found again."),
                );
            }
        }
    }

    /// Names what the run has made, which only the file that is gone knows of.
    fn tell_what_exists(&mut self) {
        let plan = self.plan;
        let mut made: Vec<String> = (self.made.iter())
            .filter(|(i, _)| {
                let action = plan.changes[**i].action;
                matches!(
                    action,
                    Action::Create | Action::Replace | Action::ReplaceCreateFirst
                )
            })
            .map(|(i, value)| match shown_id(value) {
                Some(id) => format!("{} ({id})", plan.changes[*i].address),
                None => plan.changes[*i].address.to_string(),
            })
            .collect();
        if made.is_empty() {
            return;
        }
        made.sort();
        let detail = format!(
            "This run made objects that only the file knows of: {}.",
            made.join(", ")
        );
        self.evaluation.diags.push(
            Diagnostic::error("objects-unknown-to-state", "Objects are not in the state", detail)
                .hint("Put the file back; where that cannot be done, import them or delete them in the cloud."),
        );
    }

    /// Writes outputs and the end of the run.
    async fn finish(mut self, started: Instant) -> (ApplySummary, Diagnostics) {
        self.write_outputs();
        self.tell_missing_outputs();
        self.write_checks();
        self.summary.elapsed_ms = started.elapsed().as_millis() as u64;
        let shortest = self
            .schedule
            .shortest_us(&self.graph, self.runner.parallelism);
        self.summary.shortest_ms = shortest / 1000;
        let left = self.left_undone();
        if self.stopping && left > 0 {
            self.evaluation.diags.push(
                interrupted(format!("{left} operations were not begun."))
                    .hint("Run apply again to go on."),
            );
        }
        let status = match (
            self.stopping && left > 0,
            self.evaluation.diags.has_errors(),
        ) {
            (true, _) => RunStatus::Interrupted,
            (_, true) => RunStatus::Failed,
            _ => RunStatus::Succeeded,
        };
        let summary = serde_json::to_string(&self.summary).unwrap_or_default();
        let learned = self.schedule.rows().into_iter().map(Change::Learned);
        self.journal.extend(learned);
        self.journal.push(Change::EndRun {
            id: self.run.clone(),
            status,
            ended: now(),
            summary,
        });
        self.write().await;
        if self.store_moved {
            self.tell_what_exists();
        }
        self.runner.observer.event(&Event::Applied {
            summary: &self.summary,
        });
        (self.summary, self.evaluation.diags)
    }

    fn left_undone(&self) -> usize {
        let waiting = |n: &usize| {
            matches!(self.graph.nodes[*n], Step::Make(_) | Step::Destroy(_))
                && self.status[*n] == Status::Waiting
        };
        (0..self.graph.nodes.len()).filter(waiting).count()
    }
}

/// A queue with a lane for each provider that the plan has operations for.
fn queue_of(runner: &Runner, plan: &Plan, graph: &Graph<Step>, ranks: Vec<u64>) -> Queue {
    let mut lanes = Vec::new();
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let lane_of = graph.nodes.iter().map(|step| {
        let (_, change) = schedule::kind_of(step, plan)?;
        let name = base_name(&plan.changes[change].provider);
        let number = *numbers.entry(name).or_insert_with(|| {
            let provider = runner.providers.get(name);
            lanes.push(Lane::new(provider.and_then(|p| p.parallelism())));
            lanes.len() as u32 - 1
        });
        Some(number)
    });
    let lane_of = lane_of.collect();
    Queue::new(ranks, lane_of, lanes, runner.parallelism)
}

/// Instances in the state that a plan for a part of the stack does not name. While everything is destroyed, also data
/// sources that are dropped: what was only read is seen until the end, for a provider may be configured with it.
fn left_alone(plan: &Plan, state: &State) -> HashMap<(ModuleAddr, ResourceAddr), Vec<InstanceKey>> {
    let named: HashSet<&Address> = plan
        .changes
        .iter()
        .filter(|c| c.deposed.is_none())
        .map(|c| &c.address)
        .chain(
            plan.dropped
                .iter()
                .filter(|_| plan.mode != PlanMode::Destroy),
        )
        .collect();
    let mut out: HashMap<_, Vec<InstanceKey>> = HashMap::new();
    for row in state.instances.iter().filter(|r| r.deposed.is_empty()) {
        let Ok(a) = row.address.parse::<Address>() else {
            continue;
        };
        if !named.contains(&a) {
            out.entry((a.module, a.resource)).or_default().push(a.key);
        }
    }
    out
}
