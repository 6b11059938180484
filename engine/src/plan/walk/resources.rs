//! Which instances a resource has, and what each of them needs to be planned.

use crate::plan::job::unreadable;
use crate::secrets::Given;
use tracing::Instrument;

use super::*;
use cloudapp_lang::Span;
use litemap::LiteMap;

impl<'r> Planner<'r> {
    pub(super) fn begin_resource(&mut self, node: u32, module: ModuleId, index: usize) {
        let cfg = self.cfg;
        let decl = cfg.resource(module, index);
        let Some(provider) = self.provider(decl) else {
            return self.complete(node, Status::Failed);
        };
        let object = ObjectId::Resource(module, index);
        let before = self.queue.len();
        let instances = self.evaluation.values.of_module[module.0].len();
        let mut gathering = Gathering {
            shapes: Vec::with_capacity(instances),
            ..Gathering::default()
        };
        for n in 0..instances {
            let instance = self.evaluation.values.of_module[module.0][n];
            let addr = self.evaluation.values.instances[instance].addr.clone();
            let (current, deposed) = self.prior.of(&addr, &decl.addr);
            self.seen
                .extend(current.iter().map(|(_, row)| row).chain(&deposed));
            for row in deposed {
                if self
                    .selection
                    .includes_row(object, row, self.prior.address(row))
                {
                    self.queue_removal(node, instance, row, None, &provider);
                }
            }
            if !self.asks_configuration(decl) || !self.selection.includes(object) {
                self.begin_existing(
                    node,
                    module,
                    index,
                    instance,
                    &current,
                    &mut gathering,
                    &provider,
                );
                if !self.import_as_it_is(node, decl, instance, &provider) {
                    gathering.failed = true;
                }
                continue;
            }
            let Some(expansion) = self.evaluation.expand(&decl.repetition, instance) else {
                gathering.failed = true;
                continue;
            };
            let keys: Vec<InstanceKey> =
                expansion.instances.iter().map(|(k, _)| k.clone()).collect();
            for (key, row) in current
                .iter()
                .filter(|(k, _)| keys.binary_search(k).is_err())
                .filter(|(k, _)| self.selection.includes_instance(object, &addr, k))
                .map(|(k, row)| (k.clone(), *row))
                .collect::<Vec<_>>()
            {
                if decl.addr.mode == Mode::Data {
                    if self.options.mode == PlanMode::Normal {
                        self.drop_row(row);
                    }
                    continue;
                }
                self.queue_removal(
                    node,
                    instance,
                    row,
                    Some(gone(expansion.shape, &key)),
                    &provider,
                );
            }
            gathering.shapes.push((instance, expansion.shape, keys));
            for (key, data) in expansion.instances {
                let row = current.get(&key).copied();
                if !self.selection.includes_instance(object, &addr, &key) {
                    self.leave(decl, instance, key, row, &mut gathering);
                    continue;
                }
                self.queue.push_back(Waiting::Instance(WaitingInstance {
                    node,
                    decl,
                    instance,
                    key,
                    data,
                    row,
                    provider: provider.clone(),
                }));
            }
        }
        gathering.pending = self.queue.len() - before;
        let done = gathering.pending == 0;
        self.gathering.insert(node, gathering);
        if done {
            self.finish_resource(node);
        }
    }

    /// Whether the configuration decides what becomes of a resource. A refresh only looks at what there is, and what data
    /// sources say is there.
    pub(super) fn asks_configuration(&self, decl: &ResourceDecl) -> bool {
        match self.options.mode {
            PlanMode::Normal => true,
            PlanMode::RefreshOnly => decl.addr.mode == Mode::Data && self.purpose == Purpose::Whole,
            PlanMode::Destroy => false,
        }
    }

    /// A resource whose configuration does not decide what happens: it is destroyed, only refreshed, or not selected.
    #[expect(
        clippy::too_many_arguments,
        reason = "one call, and each names a different thing"
    )]
    pub(super) fn begin_existing(
        &mut self,
        node: u32,
        module: ModuleId,
        index: usize,
        instance: usize,
        current: &LiteMap<InstanceKey, usize>,
        gathering: &mut Gathering,
        provider: &Arc<dyn Provider>,
    ) {
        let decl = self.cfg.resource(module, index);
        let shape = Shape::of_stored(&decl.repetition, current.is_empty());
        gathering
            .shapes
            .push((instance, shape, current.keys().cloned().collect()));
        let object = ObjectId::Resource(module, index);
        for (key, row) in current {
            let selected = (self.selection).includes_row(object, *row, self.prior.address(*row));
            if selected && decl.addr.mode == Mode::Managed {
                self.queue_row(node, instance, *row, None, provider, true);
                continue;
            }
            self.leave(decl, instance, key.clone(), Some(*row), gathering);
            if selected && self.options.mode == PlanMode::Destroy {
                self.drop_row(*row);
            }
        }
    }

    /// An instance that the plan does not look at: expressions see it as the state has it.
    fn leave(
        &mut self,
        decl: &ResourceDecl,
        instance: usize,
        key: InstanceKey,
        row: Option<usize>,
        gathering: &mut Gathering,
    ) {
        let Some(row) = row else { return };
        match PriorObject::decode(self.prior.row(row), &decl.schema) {
            Ok(p) => {
                let v = with_marks(&decl.schema, p.object.value, &p.marks);
                gathering.values.push((instance, key, v));
            }
            Err(e) => self.unreadable(row, &e),
        }
    }

    pub(super) fn unreadable(&mut self, row: usize, reason: &str) {
        let d = unreadable(self.prior.address(row), reason);
        self.evaluation.diags.push(d);
    }

    pub(super) fn queue_removal(
        &mut self,
        node: u32,
        instance: usize,
        row: usize,
        reason: Option<Reason>,
        provider: &Arc<dyn Provider>,
    ) {
        if self.options.mode == PlanMode::Destroy && self.prior.row(row).deposed.is_empty() {
            return;
        }
        self.queue_row(node, instance, row, reason, provider, false);
    }

    /// Plans an object that no configuration is for, or none is asked.
    pub(super) fn queue_row(
        &mut self,
        node: u32,
        instance: usize,
        row: usize,
        reason: Option<Reason>,
        provider: &Arc<dyn Provider>,
        wanted: bool,
    ) {
        self.queue.push_back(Waiting::Row(WaitingRow {
            node,
            instance,
            row,
            reason,
            provider: provider.clone(),
            wanted,
        }));
    }

    pub(super) fn start_row(&mut self, w: WaitingRow) {
        let node = w.node;
        if !self.plan_row(w) {
            self.settled(node);
        }
    }

    /// False where the object cannot be planned.
    fn plan_row(&mut self, w: WaitingRow) -> bool {
        let WaitingRow {
            node,
            instance,
            row,
            reason,
            provider,
            wanted,
        } = w;
        let address = self.prior.address(row);
        let Some(schema) = provider.schema(address.resource.mode, &address.resource.kind) else {
            self.unreadable(row, "its provider no longer has the type");
            return false;
        };
        let address = address.clone();
        let mut stored = self.prior.take(row);
        let ticket = Ticket {
            node,
            instance,
            key: address.key.clone(),
            wanted,
            reason,
            deposed: (!stored.deposed.is_empty()).then(|| std::mem::take(&mut stored.deposed)),
            address: address.clone(),
            provider_name: std::mem::take(&mut stored.provider),
            schema: schema.clone(),
            repetition: RepetitionData::default(),
            unread: None,
            import: None,
            dependencies: std::mem::take(&mut stored.dependencies),
            create_before_destroy: stored.create_before_destroy,
        };
        let job = Job {
            cx: self
                .runner
                .context(self.run.clone(), String::new(), address.text()),
            address,
            provider: provider.clone(),
            schema,
            row: Some(stored),
            import: None,
            config: None,
            config_marks: Vec::new(),
            ignore: Ignore::default(),
            create_before_destroy: false,
            force: None,
            refresh: self.options.refresh,
            mode: self.options.mode,
            observer: self.runner.observer.clone(),
            calls: self.calls.clone(),
        };
        self.flying.push(planning(ticket, job));
        true
    }

    pub(super) fn push(&mut self, ticket: Ticket, job: Job) {
        self.queue.push_back(Waiting::Call(planning(ticket, job)));
    }

    pub(super) fn start_instance(&mut self, w: WaitingInstance<'r>) {
        let node = w.node;
        let Some(mut gathering) = self.gathering.remove(&node) else {
            return;
        };
        let under_way = self.plan_instance(w, &mut gathering);
        gathering.failed |= under_way.is_none();
        self.gathering.insert(node, gathering);
        if under_way != Some(true) {
            self.settled(node);
        }
    }

    /// Evaluates an instance's configuration and begins its planning: whether there is a call to wait for, and none where
    /// the configuration has errors.
    fn plan_instance(&mut self, w: WaitingInstance<'r>, gathering: &mut Gathering) -> Option<bool> {
        let WaitingInstance {
            node,
            decl,
            instance,
            key,
            data,
            row,
            provider,
        } = w;
        let module = self.evaluation.values.instances[instance].addr.clone();
        let address = Address {
            module,
            resource: decl.addr.clone(),
            key: key.clone(),
        };
        // What the state has already is not imported again.
        let wanted = self.imports.remove(&address).filter(|_| row.is_none());
        let name = address.text();
        if !self.evaluation.conditions(
            &decl.lifecycle.preconditions,
            instance,
            None,
            &data,
            ConditionsOf::Before(&address),
        ) {
            return None;
        }
        let (config, marks) = self.evaluation.resource_body(
            decl,
            instance,
            &data,
            &*provider,
            &name,
            Keep::Everything,
        )?;
        let ticket = Ticket {
            node,
            instance,
            key,
            wanted: true,
            reason: None,
            deposed: None,
            address: address.clone(),
            provider_name: decl.provider.text(),
            schema: decl.schema.clone(),
            repetition: data,
            unread: None,
            import: wanted.as_ref().map(|w| w.at),
            dependencies: decl.dependencies.clone(),
            create_before_destroy: self.create_first[node as usize],
        };
        if decl.addr.mode == Mode::Data {
            return Some(self.plan_data(ticket, decl, config, marks, &provider, gathering));
        }
        let force = self.forced(decl, &ticket);
        let job = Job {
            cx: self.runner.context(self.run.clone(), String::new(), name),
            address,
            provider: provider.clone(),
            schema: decl.schema.clone(),
            row: row.map(|r| self.prior.take(r)),
            import: wanted.map(|w| w.id),
            config: Some(config),
            config_marks: marks,
            ignore: decl.lifecycle.ignored(),
            create_before_destroy: ticket.create_before_destroy,
            force,
            refresh: self.options.refresh,
            mode: self.options.mode,
            observer: self.runner.observer.clone(),
            calls: self.calls.clone(),
        };
        self.flying.push(planning(ticket, job));
        Some(true)
    }

    /// Begins to read a data source. False where that has to wait for the apply.
    fn plan_data(
        &mut self,
        ticket: Ticket,
        decl: &ResourceDecl,
        config: Value,
        marks: Vec<(Path, Marks)>,
        provider: &Arc<dyn Provider>,
        gathering: &mut Gathering,
    ) -> bool {
        let pending = self.waits_for_changes(ticket.node, decl);
        let unknown = !config.is_wholly_known();
        if unknown || pending {
            let planned = with_marks(
                &decl.schema,
                to_be_read(&decl.schema.block, &config),
                &marks,
            );
            gathering
                .values
                .push((ticket.instance, ticket.key.clone(), planned.clone()));
            // A refresh leaves for the next plan what cannot be read yet.
            if self.options.mode == PlanMode::RefreshOnly {
                return false;
            }
            self.changes.push(ResourceChange {
                reason: Some(if unknown {
                    Reason::ReadBecauseConfigUnknown
                } else {
                    Reason::ReadBecauseDependencyPending
                }),
                dependencies: ticket.dependencies,
                ..ResourceChange::new(
                    ticket.address,
                    ticket.provider_name,
                    Action::Read,
                    Value::null(decl.schema.block.ty()),
                    planned,
                )
            });
            return false;
        }
        let ticket = Ticket {
            unread: decl.nested.map(|_| {
                let planned = to_be_read(&decl.schema.block, &config);
                with_marks(&decl.schema, planned, &marks)
            }),
            ..ticket
        };
        let provider = provider.clone();
        let cx = self
            .runner
            .context(self.run.clone(), String::new(), ticket.address.text());
        let observer = self.runner.observer.clone();
        let calls = self.calls.clone();
        let given = Given {
            schema: decl.schema.clone(),
            values: Vec::new(),
            config: Some((config.clone(), marks.clone())),
        };
        self.flying.push(Box::pin(async move {
            observer.event(&Event::RefreshStarted {
                address: &ticket.address,
                id: None,
            });
            let kind = &ticket.address.resource.kind;
            let asked = Asked {
                provider: &*provider,
                call: CallKind::Data,
                kind,
                address: &ticket.address,
                action: Action::Read,
            };
            let read = || async {
                let read = provider.read_data(&cx, kind, &config).await;
                read.map_err(|mut e| {
                    given.secrets().redact_error(&mut e);
                    e
                })
            };
            let result: Result<Value, ProviderError> = calls.make(asked, read).await;
            observer.event(&Event::RefreshFinished {
                address: &ticket.address,
                id: None,
            });
            let result = result
                .map_err(|e| JobError::Provider("read", e))
                .and_then(|value| sound(&ticket.schema, &value).map(|()| value))
                .map(|value| {
                    let object = crate::provider::Object {
                        value: value.clone(),
                        private: Vec::new(),
                    };
                    Decision {
                        stored: None,
                        refreshed: Some(PriorObject {
                            object,
                            marks: marks.clone(),
                            tainted: false,
                        }),
                        importing: None,
                        action: Action::NoOp,
                        reason: None,
                        planned: value,
                        marks,
                        replace_paths: Vec::new(),
                        private: Vec::new(),
                    }
                });
            Finished::Instance(Box::new(ticket), result)
        }));
        true
    }

    /// Whether what a data source says may be another thing once changes of this plan are made. That is so where it refers to
    /// a resource by name that changes, or `depends_on` does, or that of its module; where it has conditions, which must hold
    /// of what there will be, whatever it needs counts.
    fn waits_for_changes(&mut self, node: u32, decl: &ResourceDecl) -> bool {
        let conditions =
            (decl.lifecycle.preconditions.iter()).chain(&decl.lifecycle.postconditions);
        if decl.has_depends_on || conditions.count() > 0 {
            return self.any_changes(&decl.dependencies);
        }
        let (cfg, changed) = (self.cfg, &self.changed);
        let own = cfg.graph.nodes[node as usize].module();
        let changes = |object: ObjectId| match object {
            // What is in another module is needed because that is spoken of as a whole, which says nothing of the one.
            ObjectId::Resource(m, _) if m != own && !cfg.module(own).waits => false,
            ObjectId::Resource(m, i) => {
                cfg.resource(m, i).addr.mode == Mode::Managed && changed.contains_key(&(m, i))
            }
            _ => false,
        };
        let mut needs = cfg.graph.needs[node as usize].iter();
        needs.any(|n| changes(cfg.graph.nodes[*n as usize]))
    }

    /// Whether something changes that is at one of these addresses, which are without keys. That data is read changes nothing.
    fn any_changes(&mut self, addresses: &[String]) -> bool {
        let (named, seen) = &mut self.changed_addresses;
        for c in &self.changes[std::mem::replace(seen, self.changes.len())..] {
            if c.action != Action::NoOp && c.address.resource.mode == Mode::Managed {
                named.insert(c.address.without_keys());
            }
        }
        addresses.iter().any(|a| named.contains(a))
    }

    /// Whether an object is to be replaced though its own arguments do not ask for it.
    pub(super) fn forced(&mut self, decl: &'r ResourceDecl, ticket: &Ticket) -> Option<Reason> {
        let module = self.evaluation.values.instances[ticket.instance].module;
        for t in &decl.lifecycle.replace_triggered_by {
            let key = match &t.key {
                None => None,
                Some(e) => self
                    .evaluation
                    .evaluate(e, ticket.instance, &ticket.repetition)
                    .and_then(|v| instance_key(&v)),
            };
            let changes = self.changed.get(&(module, t.resource));
            let changes = changes.map_or(&[][..], |c| &c[..]);
            if let (Some(key), Some(e)) = (&key, &t.key)
                && !self.is_or_was(t.resource, ticket, key, changes)
            {
                self.evaluation.diags.push(no_such_trigger(key, e.span));
                continue;
            }
            let triggered = changes.iter().map(|i| &self.changes[*i]).any(|c| {
                c.address.module == ticket.address.module
                    && key.as_ref().is_none_or(|k| *k == c.address.key)
                    && (t.path.0.is_empty()
                        || value_at(&c.before, &t.path) != value_at(&c.after, &t.path))
                    && matches!(
                        c.action,
                        Action::Update | Action::Replace | Action::ReplaceCreateFirst
                    )
            });
            if triggered {
                return Some(Reason::ReplaceByTriggers);
            }
        }
        let is_asked_for = self.options.replace.contains(&ticket.address);
        is_asked_for.then_some(Reason::ReplaceByRequest)
    }
}

impl Planner<'_> {
    /// Whether a resource of an object's module has an instance, or one that is destroyed by this plan.
    fn is_or_was(
        &self,
        resource: usize,
        of: &Ticket,
        key: &InstanceKey,
        changes: &[usize],
    ) -> bool {
        let values = &self.evaluation.values.instances[of.instance].resources[resource];
        let mut changes = changes.iter().map(|i| &self.changes[*i].address);
        values.shape == Shape::Unknown
            || values.has(key)
            || changes.any(|a| a.key == *key && a.module == of.address.module)
    }
}

fn no_such_trigger(key: &InstanceKey, at: Span) -> Diagnostic {
    Diagnostic::error(
        "no-such-element",
        "No such element",
        format!("There is no instance {key} whose changes could be followed."),
    )
    .at(at)
    .hint("Name an instance that there is, or leave the key out for all of them.")
}

fn planning(ticket: Ticket, job: Job) -> BoxFuture<'static, Finished> {
    let span = tracing::debug_span!("object", address = %job.address);
    // In boxes of their own: the future is moved before it begins.
    let (ticket, job) = (Box::new(ticket), Box::new(job));
    let planned = async move {
        let result = Box::pin(job.run()).await;
        Finished::Instance(ticket, result)
    };
    if span.is_disabled() {
        return Box::pin(planned);
    }
    Box::pin(planned.instrument(span))
}

/// Why an instance that the state has is not among those that the configuration asks for.
pub(super) fn gone(shape: Shape, key: &InstanceKey) -> Reason {
    match (shape, key) {
        (Shape::Count, InstanceKey::Index(_)) => Reason::DeleteBecauseCountIndex,
        (Shape::ForEach, InstanceKey::Key(_)) => Reason::DeleteBecauseEachKey,
        _ => Reason::DeleteBecauseWrongRepetition,
    }
}

pub(crate) fn instance_key(v: &Value) -> Option<InstanceKey> {
    match v.kind() {
        Kind::String(s) => Some(InstanceKey::Key(s.clone())),
        Kind::Number(n) => n.as_u64().map(InstanceKey::Index),
        _ => None,
    }
}

pub(super) fn value_at<'v>(v: &'v Value, path: &Path) -> Option<&'v Value> {
    path.0.iter().try_fold(v, |v, s| match s {
        PathStep::Attr(n) | PathStep::Key(n) => v.get(n),
        PathStep::Index(i) => v.as_items()?.get(*i),
        PathStep::Element => None,
    })
}
