//! The walk that makes a plan: every object of the graph once all that it needs is done, provider calls beside each
//! other, everything else in turn.

mod checks;
pub(crate) mod imports;
mod leftovers;
mod record;
pub(crate) mod resources;

use crate::secrets::{Secrets, configure, variable_secrets};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use cloudapp_lang::value::Kind;
use cloudapp_lang::{Diagnostic, Diagnostics, Marks, Path, PathStep, Str, Value};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use rustc_hash::{FxHashMap, FxHashSet};

use super::job::{Decision, Ignore, Job, JobError, provider_failure, sound};
use super::prior::{PriorObject, PriorState, with_marks};
use super::targets::Selection;
use super::{Action, OutputChange, Plan, PlanMode, Reason, ResourceChange};
use crate::address::{Address, InstanceKey, Mode, ModuleAddr};
use crate::bodies::Keep;
use crate::calls::{Asked, Calls};
use crate::conditions::{ConditionsOf, Outcomes};
use crate::config::{Configuration, ModuleId, ObjectId, ResourceDecl};
use crate::evaluation::Evaluation;
use crate::event::{Event, Phase};
use crate::moves::{self, Moved};
use crate::objects::to_be_read;
use crate::provider::{CallKind, ErrorClass, Provider, ProviderError};
use crate::providers::base_name;
use crate::run::{self, PlanOptions, Runner, now, store_diagnostic};
use crate::schema::SharedSchema;
use crate::scope::{RepetitionData, ResourceValues, Shape, Values};
use crate::store::State;
use crate::validate;
use imports::{Purpose, Wanted};

/// Makes a plan.
pub(crate) async fn plan(runner: &Runner, options: &PlanOptions) -> (Option<Plan>, Diagnostics) {
    let (walked, diags) = walk(runner, options, Purpose::Whole).await;
    let plan = walked.map(|w| w.plan);
    if let Some(plan) = &plan {
        runner.observer.event(&Event::Planned { plan });
    }
    (plan, diags)
}

/// What a walk gives.
pub(crate) struct Walked {
    pub(crate) plan: Plan,
    /// Configuration for what is imported without any, in the order of the imports.
    pub(crate) blocks: Vec<String>,
}

pub(crate) async fn walk(
    runner: &Runner,
    options: &PlanOptions,
    purpose: Purpose,
) -> (Option<Walked>, Diagnostics) {
    runner
        .observer
        .event(&Event::PhaseStarted { phase: Phase::Plan });
    if runner.configuration.refused.has_errors() {
        return (None, runner.configuration.refused.clone());
    }
    if purpose == Purpose::Whole {
        let invalid = validate::before_plan(runner, options);
        if invalid.has_errors() {
            return (None, invalid);
        }
    }
    let mut state = match runner.store.state().await {
        Ok(s) => s,
        Err(e) => return (None, store_diagnostic(&e).into()),
    };
    let created = now();
    let functions = runner.functions(&created, None);
    let cfg = &*runner.configuration;
    let selection = match purpose {
        Purpose::Generate => Selection::undeclared_imports(cfg),
        _ => Selection::new(cfg, options),
    };
    let mut moved = match moves::carry_out(cfg, &selection, &mut state) {
        Ok(m) => m,
        Err(d) => return (None, d),
    };
    let contradictions = cfg.still_declared();
    if contradictions.has_errors() {
        return (None, contradictions);
    }
    let evaluation = Evaluation {
        cfg,
        functions: &functions,
        variables: &options.variables,
        values: Values::new(cfg, &runner.workspace, &runner.cwd(), false),
        diags: std::mem::take(&mut moved.diags),
        outcomes: Outcomes::default(),
        checking: false,
    };
    let (lineage, serial) = (state.lineage.clone(), state.serial);
    let outputs_before = state.outputs.clone();
    let whole = purpose == Purpose::Whole;
    let mut planner = Planner::new(runner, options, purpose, evaluation, state, selection);
    planner.previous = moved.previous();
    planner.configure_defaults().await;
    planner.walk().await;
    planner.check_moves(&moved);
    planner.report_unclaimed();
    planner.plan_orphans().await;
    if options.mode == PlanMode::RefreshOnly || !options.targets.is_empty() {
        planner.keep_rest();
    }
    let outputs = if whole {
        planner.warn_of_flags();
        planner.outputs(&outputs_before)
    } else {
        Vec::new()
    };
    // A destruction asks for no conditions, but for those of the variables that it needs.
    if options.mode == PlanMode::Destroy {
        planner.evaluation.outcomes = Outcomes::default();
    }
    let selection = &planner.selection;
    let is_looked_at = |o| options.mode != PlanMode::Destroy && selection.looks_at(o);
    let checks = planner.evaluation.results(&[], is_looked_at);
    let Planner {
        mut changes,
        mut drift,
        mut rest,
        mut dropped,
        previous,
        blocks,
        evaluation: Evaluation { mut diags, .. },
        interrupted,
        ..
    } = planner;
    diags.merge_warnings();
    if interrupted {
        diags.push(
            run::interrupted("The plan was not finished; nothing was changed.")
                .hint("Run the command again."),
        );
    }
    diags.append(cfg.refused_provisioners(&changes, &runner.providers));
    if diags.has_errors() {
        return (None, diags);
    }
    for c in changes.iter_mut().chain(&mut drift).chain(&mut rest) {
        if c.address.resource.mode == Mode::Managed {
            c.previous_address = previous.get(&c.address).cloned().map(Box::new);
        }
    }
    dropped.sort();
    changes.sort_unstable_by(|a, b| (&a.address, &a.deposed).cmp(&(&b.address, &b.deposed)));
    drift.sort_by(|a, b| a.address.cmp(&b.address));
    rest.sort_by(|a, b| (&a.address, &a.deposed).cmp(&(&b.address, &b.deposed)));
    let plan = Plan {
        mode: options.mode,
        created,
        configuration: cfg.digest.clone(),
        variables: options.variables.clone(),
        workspace: runner.workspace.clone(),
        lineage,
        serial,
        moves: moved.renamed,
        dropped,
        is_partial: !options.targets.is_empty(),
        changes,
        drift,
        rest,
        outputs,
        checks,
    };
    let blocks = blocks.into_values().collect();
    (Some(Walked { plan, blocks }), diags)
}

/// After so many results others have a turn: whoever listens for signals may be on the same thread.
const TURNS: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Waiting,
    Done,
    /// It or something that it needs has no value; the finding is already there.
    Failed,
}

/// Which instance a provider call is about.
#[derive(Clone)]
struct Ticket {
    node: u32,
    instance: usize,
    key: InstanceKey,
    /// Whether it belongs to the expansion, rather than being an instance that is to go.
    wanted: bool,
    reason: Option<Reason>,
    deposed: Option<String>,
    address: Address,
    provider_name: String,
    schema: SharedSchema,
    repetition: RepetitionData,
    /// For the data source of a check: what is planned where it cannot be read.
    unread: Option<Value>,
    /// Where it is said what the object is imported as.
    import: Option<cloudapp_lang::Span>,
    dependencies: Vec<String>,
    create_before_destroy: bool,
}

enum Finished {
    Instance(Box<Ticket>, Result<Decision, JobError>),
    Configured(u32, String, Result<(), ProviderError>),
    /// Configuration for an object that is imported.
    Generated(u32, Result<String, JobError>),
}

/// What waits for its turn to call a provider. Only what has its turn is worked out: a stack may have a hundred thousand
/// instances that could begin at once, and what the planning of one needs is far more than its place in the line.
enum Waiting<'r> {
    Call(BoxFuture<'static, Finished>),
    Instance(WaitingInstance<'r>),
    /// An object of the state that no configuration is for, or none is asked.
    Row(WaitingRow),
}

struct WaitingInstance<'r> {
    node: u32,
    decl: &'r ResourceDecl,
    instance: usize,
    key: InstanceKey,
    data: RepetitionData,
    row: Option<usize>,
    provider: Arc<dyn Provider>,
}

struct WaitingRow {
    node: u32,
    instance: usize,
    row: usize,
    reason: Option<Reason>,
    provider: Arc<dyn Provider>,
    wanted: bool,
}

/// The instances of a resource while they are being planned.
#[derive(Default)]
struct Gathering {
    pending: usize,
    failed: bool,
    /// For each module instance, its shape and the order of its keys.
    shapes: Vec<(usize, Shape, Vec<InstanceKey>)>,
    /// By module instance and key.
    values: Vec<(usize, InstanceKey, Value)>,
}

struct Planner<'r> {
    runner: &'r Runner,
    cfg: &'r Configuration,
    options: &'r PlanOptions,
    purpose: Purpose,
    evaluation: Evaluation<'r>,
    prior: PriorState,
    selection: Selection,
    /// Rows of the state that the walk has dealt with.
    seen: FxHashSet<usize>,
    status: Vec<Status>,
    missing: Vec<u32>,
    ready: VecDeque<u32>,
    queue: VecDeque<Waiting<'r>>,
    flying: FuturesUnordered<BoxFuture<'static, Finished>>,
    /// Room for the results that are taken in together.
    results: Vec<Finished>,
    gathering: FxHashMap<u32, Gathering>,
    /// Providers by the object that configures them.
    configured: FxHashMap<ObjectId, Arc<dyn Provider>>,
    /// For each node, whether it must be replaced by creating first, by itself or for what needs it.
    create_first: Vec<bool>,
    changes: Vec<ResourceChange>,
    /// For each resource, its changes that are not no-ops.
    changed: FxHashMap<(ModuleId, usize), Vec<usize>>,
    /// The same by address without keys, for `depends_on` of data sources; of so many changes.
    changed_addresses: (BTreeSet<String>, usize),
    drift: Vec<ResourceChange>,
    /// What the state has and nothing is decided about.
    rest: Vec<ResourceChange>,
    /// Data sources that leave the state.
    dropped: Vec<Address>,
    /// Old addresses of what is moved, by new ones.
    previous: HashMap<Address, Address>,
    /// What is imported and no instance has claimed yet.
    imports: BTreeMap<Address, Wanted>,
    /// What is imported as what, by provider, type and id.
    imported: HashMap<(String, Str, String), Address>,
    /// Configuration that was written, by import.
    blocks: BTreeMap<u32, String>,
    calls: Arc<Calls>,
    /// What calls are said to belong to.
    run: Str,
    interrupted: bool,
}

impl<'r> Planner<'r> {
    fn new(
        runner: &'r Runner,
        options: &'r PlanOptions,
        purpose: Purpose,
        evaluation: Evaluation<'r>,
        state: State,
        mut selection: Selection,
    ) -> Self {
        let cfg = &*runner.configuration;
        let secrets = Secrets::new(variable_secrets(cfg, &options.variables));
        let prior = PriorState::new(state);
        if !cfg.root().imports.is_empty() {
            prior.ids();
        }
        if options.mode == PlanMode::Destroy && selection.is_partial() {
            selection.follow_state(&prior);
        }
        let create_first = create_first(cfg, &selection);
        let graph = &cfg.graph;
        let missing: Vec<u32> = graph.needs.iter().map(|n| n.len() as u32).collect();
        let ready = (0..graph.nodes.len() as u32)
            .filter(|n| missing[*n as usize] == 0)
            .collect();
        Self {
            runner,
            cfg,
            options,
            purpose,
            evaluation,
            prior,
            selection,
            seen: FxHashSet::default(),
            status: vec![Status::Waiting; graph.nodes.len()],
            missing,
            ready,
            queue: VecDeque::new(),
            flying: FuturesUnordered::new(),
            results: Vec::new(),
            gathering: FxHashMap::default(),
            configured: FxHashMap::default(),
            create_first,
            // Most instances have one.
            changes: Vec::with_capacity(cfg.modules.iter().map(|m| m.resources.len()).sum()),
            changed: FxHashMap::default(),
            changed_addresses: (BTreeSet::new(), 0),
            drift: Vec::new(),
            rest: Vec::new(),
            dropped: Vec::new(),
            previous: HashMap::new(),
            imports: BTreeMap::new(),
            imported: HashMap::new(),
            blocks: BTreeMap::new(),
            calls: Arc::new(runner.calls().concealing(secrets)),
            run: "plan".into(),
            interrupted: false,
        }
    }

    /// Configures the providers that no block configures.
    async fn configure_defaults(&mut self) {
        for (address, reason) in std::mem::take(&mut self.prior.unreadable) {
            self.evaluation.diags.push(
                Diagnostic::warning(
                    "unreadable-address",
                    "Address in the state cannot be read",
                    format!("\"{address}\" is left alone: {reason}."),
                )
                .hint("Remove it with: cloudapp state rm"),
            );
        }
        let explicit: FxHashSet<&str> = self
            .cfg
            .root()
            .providers
            .iter()
            .map(|p| &*p.key.provider)
            .collect();
        // Once each: there are as many rows as instances.
        let stored: FxHashSet<&str> = (self.prior.iter())
            .filter(|(address, _)| !self.is_forgotten(address))
            .map(|(_, row)| base_name(&row.provider))
            .collect();
        let mut names: BTreeSet<String> = (stored.difference(&explicit))
            .map(|n| (*n).to_owned())
            .collect();
        for resource in self.cfg.modules.iter().flat_map(|m| &m.resources) {
            let name = &*resource.provider.provider;
            if resource.provider_object.is_none() && !names.contains(name) {
                names.insert(name.to_owned());
            }
        }
        let imports = self.cfg.root().imports.iter();
        names.extend(
            imports
                .filter(|i| i.target.is_none() && i.provider_object.is_none())
                .map(|i| i.provider.provider.to_string()),
        );
        for name in names {
            let Some(p) = self.runner.providers.get(&name).cloned() else {
                continue;
            };
            let schema = p.config_schema();
            let missing: Vec<_> = schema
                .block
                .attributes
                .iter()
                .filter(|(_, a)| a.required)
                .map(|(n, _)| n.to_string())
                .collect();
            if !missing.is_empty() {
                self.evaluation.diags.push(
                    Diagnostic::error(
                        "provider-not-configured",
                        "Provider is not configured",
                        format!("Provider {name} needs {}.", missing.join(", ")),
                    )
                    .hint(format!("Add: provider \"{name}\" {{ … }}.")),
                );
            } else if let Err(e) = p.configure(&schema.block.empty()).await {
                self.evaluation
                    .diags
                    .push(provider_failure("configure", &e, &name));
            }
        }
    }

    async fn walk(&mut self) {
        let mut since = 0;
        self.start();
        loop {
            match self.advance().await {
                0 => return,
                results => since += results,
            }
            self.start();
            if since >= TURNS {
                since = 0;
                tokio::task::yield_now().await;
            }
        }
    }

    /// Starts calls up to the limit. No object of the graph is begun before there is room for what it brings: all of a wide
    /// stack could begin at once.
    fn start(&mut self) {
        if self.runner.interrupt.stop.is_cancelled() {
            self.interrupted = true;
            self.queue.clear();
            self.ready.clear();
        }
        while self.flying.len() < self.runner.parallelism.max(1) {
            match self.queue.pop_front() {
                Some(Waiting::Call(f)) => self.flying.push(f),
                Some(Waiting::Instance(w)) => self.start_instance(w),
                Some(Waiting::Row(w)) => self.start_row(w),
                None => match self.ready.pop_front() {
                    Some(node) => self.begin(node),
                    None => return,
                },
            }
        }
    }

    /// Takes in the results that are there, or the next one; how many, 0 where nothing is under way. All together: the code
    /// of each step is large, and what is done with one object after the other finds it in the processor's cache.
    async fn advance(&mut self) -> usize {
        let abandon = self.runner.interrupt.abandon.clone();
        let next = tokio::select! {
            biased;
            next = self.flying.next() => next,
            () = abandon.cancelled() => {
                // Reading changes nothing: nobody need know what came of it.
                self.flying.clear();
                None
            }
        };
        let mut results = std::mem::take(&mut self.results);
        results.extend(next);
        while !results.is_empty()
            && let Some(Some(more)) = self.flying.next().now_or_never()
        {
            results.push(more);
        }
        let taken = results.len();
        results.drain(..).for_each(|r| self.finished(r));
        self.results = results;
        taken
    }

    fn complete(&mut self, node: u32, status: Status) {
        self.status[node as usize] = status;
        let cfg = self.cfg;
        for next in &cfg.graph.needed_by[node as usize] {
            self.missing[*next as usize] -= 1;
            if self.missing[*next as usize] == 0 {
                self.ready.push_back(*next);
            }
        }
    }

    fn begin(&mut self, node: u32) {
        let cfg = self.cfg;
        let object = cfg.graph.nodes[node as usize];
        if !self.selection.looks_at(object) {
            return self.complete(node, Status::Done);
        }
        let blocked = cfg.graph.needs[node as usize]
            .iter()
            .any(|n| self.status[*n as usize] == Status::Failed);
        if blocked {
            return self.complete(node, Status::Failed);
        }
        if self.purpose != Purpose::Whole && !self.selection.includes(object) {
            return self.complete(node, Status::Done);
        }
        let ok = match object {
            ObjectId::Variable(m, i) => self.evaluation.variable(m, i),
            ObjectId::Local(m, i) => self.evaluation.local(m, i),
            ObjectId::Call(m, i) => self.evaluation.call(m, i),
            // Outputs of the stack go with it; a module's may still feed a provider's configuration.
            ObjectId::Output(ModuleId::ROOT, _) if self.options.mode == PlanMode::Destroy => true,
            ObjectId::Output(m, i) => self.evaluation.output(m, i),
            ObjectId::Provider(m, i) => return self.begin_provider(node, m, i),
            ObjectId::Resource(m, i) => return self.begin_resource(node, m, i),
            ObjectId::Import(_, i) => return self.begin_import(node, i),
            ObjectId::Check(..) if self.options.mode == PlanMode::Destroy => true,
            ObjectId::Check(m, i) => self.evaluation.check(m, i),
        };
        self.complete(node, if ok { Status::Done } else { Status::Failed });
    }

    fn begin_provider(&mut self, node: u32, module: ModuleId, index: usize) {
        let cfg = self.cfg;
        let decl = &cfg.module(module).providers[index];
        let Some(provider) = self.runner.provider_for(&decl.key) else {
            return self.complete(node, Status::Failed);
        };
        self.configured
            .insert(ObjectId::Provider(module, index), provider.clone());
        let body = self
            .evaluation
            .provider_body(module, decl, &*provider, Keep::Everything);
        let config = match body {
            None => return self.complete(node, Status::Failed),
            Some(None) => return self.complete(node, Status::Done),
            Some(Some(config)) => config,
        };
        if matches!(self.purpose, Purpose::Import(..)) && !config.is_wholly_known() {
            self.evaluation.diags.push(imports::unknown_provider(decl));
            return self.complete(node, Status::Failed);
        }
        let name = decl.key.to_string();
        let calls = self.calls.clone();
        self.queue.push_back(Waiting::Call(Box::pin(async move {
            let result = configure(&*provider, &config, &calls).await;
            Finished::Configured(node, name, result)
        })));
    }

    fn provider(&self, decl: &ResourceDecl) -> Option<Arc<dyn Provider>> {
        match decl.provider_object.and_then(|o| self.configured.get(&o)) {
            Some(p) => Some(p.clone()),
            None => self.runner.providers.get(&decl.provider.provider).cloned(),
        }
    }

    fn finished(&mut self, done: Finished) {
        match done {
            Finished::Configured(node, name, result) => {
                if let Err(e) = &result {
                    let ObjectId::Provider(m, i) = self.cfg.graph.nodes[node as usize] else {
                        return;
                    };
                    let decl = &self.cfg.module(m).providers[i];
                    let d = provider_failure("configure", e, &name);
                    self.evaluation
                        .diags
                        .push(d.at(decl.body.locate(&e.path).unwrap_or(decl.span)));
                }
                self.complete(
                    node,
                    if result.is_ok() {
                        Status::Done
                    } else {
                        Status::Failed
                    },
                );
            }
            Finished::Instance(ticket, result) => self.instance_finished(*ticket, result),
            Finished::Generated(node, result) => self.generated(node, result),
        }
    }

    fn instance_finished(&mut self, mut ticket: Ticket, result: Result<Decision, JobError>) {
        let node = ticket.node;
        let ok = match result {
            result if ticket.unread.is_some() => self.record_for_check(&mut ticket, result),
            Ok(d) => self.record(&mut ticket, d),
            Err(e) => {
                self.report(&ticket, &e);
                None
            }
        };
        let Some(g) = self.gathering.get_mut(&node) else {
            return;
        };
        match ok {
            Some(v) if ticket.wanted => {
                g.values.push((ticket.instance, ticket.key, v));
            }
            Some(_) => {}
            None => g.failed = true,
        }
        self.settled(node);
    }

    /// One of the instances that a resource waits for is done with.
    fn settled(&mut self, node: u32) {
        let Some(g) = self.gathering.get_mut(&node) else {
            return;
        };
        g.pending -= 1;
        if g.pending == 0 {
            self.finish_resource(node);
        }
    }

    fn report(&mut self, ticket: &Ticket, e: &JobError) {
        // The plan says so itself.
        if matches!(e, JobError::Provider(_, e) if e.class == ErrorClass::Interrupted) {
            return;
        }
        let mut d = e.diagnostic(&ticket.address, &ticket.provider_name);
        // What the state has is not written in any file.
        if !matches!(e, JobError::Unreadable(_))
            && let Some((m, i)) = self.object_of(ticket.node)
        {
            let decl = self.cfg.resource(m, i);
            let at = match (e, ticket.import) {
                (JobError::NotThere { .. } | JobError::Provider("import", _), Some(at)) => at,
                _ => decl.body.locate(&e.path()).unwrap_or(decl.span),
            };
            d = d.at(at);
        }
        self.evaluation.diags.push(d);
    }

    fn object_of(&self, node: u32) -> Option<(ModuleId, usize)> {
        match self.cfg.graph.nodes.get(node as usize) {
            Some(ObjectId::Resource(m, i)) => Some((*m, *i)),
            _ => None,
        }
    }
}

/// An output as the state has it; null where that cannot be read any more.
pub(crate) fn stored_output(o: &crate::store::OutputRow) -> Value {
    serde_json::from_str(&o.ty)
        .ok()
        .and_then(|j| cloudapp_lang::Type::from_json(&j))
        .and_then(|t| cloudapp_lang::value::decode_json_as(&o.value, &t).ok())
        .unwrap_or_else(|| Value::null(cloudapp_lang::Type::Dynamic))
}

/// Creating first spreads to everything that such a resource needs: otherwise what it needs could only be destroyed after
/// it, and created before it, at once. What is left as it is asks for nothing.
fn create_first(cfg: &Configuration, selection: &Selection) -> Vec<bool> {
    let graph = &cfg.graph;
    let mut out = vec![false; graph.nodes.len()];
    for n in graph.order.iter().rev() {
        let object = graph.nodes[*n as usize];
        let own = match object {
            ObjectId::Resource(m, i) => {
                cfg.resource(m, i).lifecycle.create_before_destroy && selection.includes(object)
            }
            _ => false,
        };
        // What an import is told is no part of the resource.
        let passes = !matches!(object, ObjectId::Import(..));
        out[*n as usize] = own
            || passes
                && graph.needed_by[*n as usize]
                    .iter()
                    .any(|d| out[*d as usize]);
    }
    out
}
