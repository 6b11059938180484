//! Operations before they start: configuration, intents, and what is put aside.

use super::*;

impl<'r> Applier<'r> {
    /// Records the run, new addresses, and what refreshing found, before anything is done.
    pub(super) fn begin_run(&mut self, renames: Vec<Change>) {
        self.journal.push(Change::BeginRun(RunRow {
            id: self.run.clone(),
            operation: if self.plan.mode == PlanMode::Destroy {
                "destroy"
            } else {
                "apply"
            }
            .to_owned(),
            status: RunStatus::Running,
            started: now(),
            ended: None,
            summary: "{}".to_owned(),
        }));
        self.journal.extend(renames);
        let plan = self.plan;
        self.take_in_imports();
        for d in plan.drift.iter().filter(|d| d.action == Action::Delete) {
            let deposed = d.deposed.clone().unwrap_or_default();
            self.journal.push(Change::RemoveInstance {
                address: d.address.to_string(),
                deposed: deposed.clone(),
            });
            self.rows.remove(&(d.address.to_string(), deposed));
        }
        for d in plan.drift.iter().filter(|d| d.action == Action::Update) {
            self.keep(d);
        }
        for address in &plan.dropped {
            self.journal.push(Change::RemoveInstance {
                address: address.to_string(),
                deposed: String::new(),
            });
        }
        for c in &plan.changes {
            match c.action {
                Action::Forget => self.journal.push(Change::RemoveInstance {
                    address: c.address.to_string(),
                    deposed: c.deposed.clone().unwrap_or_default(),
                }),
                Action::NoOp if !c.after.is_null() => self.keep(c),
                _ => {}
            }
        }
    }

    /// Writes the rows of imported objects as they are: what is done to them afterwards may fail, and then they are not
    /// lost.
    fn take_in_imports(&mut self) {
        let plan = self.plan;
        for c in &plan.changes {
            let Some(importing) = &c.importing else {
                continue;
            };
            self.summary.imported += 1;
            if c.action != Action::NoOp {
                self.keep(&ResourceChange {
                    after: c.before.clone(),
                    private: importing.private.clone(),
                    ..c.clone()
                });
            }
        }
    }

    /// Writes the row of an object that stays, if it differs from what is stored.
    pub(super) fn keep(&mut self, c: &ResourceChange) {
        let Some(provider) = self.shared_provider(&c.provider) else {
            return;
        };
        let Some(schema) = provider.schema(c.address.resource.mode, &c.address.resource.kind)
        else {
            return;
        };
        let (value, marks) = c.after.clone().unmark_deep();
        let object = Object {
            value,
            private: c.private.clone(),
        };
        let mut row = instance_row(c, &schema, &object, &marks);
        let key = (row.address.clone(), c.deposed.clone().unwrap_or_default());
        row.deposed.clone_from(&key.1);
        let before = self.rows.get(&key).map(|b| &**b);
        row.tainted = before.is_some_and(|b| b.tainted);
        if before != Some(&row) {
            self.journal.push(Change::PutInstance(row.clone()));
            self.rows.insert(key, Box::new(row));
        }
    }

    pub(super) fn make(&mut self, node: u32, i: usize) {
        if self.blocked(node) {
            return;
        }
        let found = self.evaluation.diags.len();
        match self.prepare_make(node, i) {
            Some(op) => self.enqueue(Task::Call(Box::new(op))),
            None => {
                self.not_begun(i, found);
                self.complete(node, Status::Failed);
            }
        }
    }

    /// An operation for which there are no sound arguments: it failed without a call. `found` is how much was said
    /// before.
    fn not_begun(&mut self, i: usize, found: usize) {
        let c = &self.plan.changes[i];
        self.summary.failed += 1;
        let error = self.evaluation.diags.iter().skip(found);
        let error = error
            .filter(|d| d.is_error())
            .map(|d| d.detail.as_str())
            .next();
        self.runner.observer.event(&Event::OperationFailed {
            address: &c.address,
            action: c.action,
            elapsed: std::time::Duration::ZERO,
            error: error.unwrap_or("It cannot be begun."),
        });
    }

    pub(super) fn prepare_make(&mut self, node: u32, i: usize) -> Option<Operation> {
        let plan = self.plan;
        let c = &plan.changes[i];
        let (_, _, decl, instance) = self.declaration(&c.address)?;
        let provider = self.provider_of(Some(decl), &c.provider)?;
        let name = c.address.to_string();
        let data = self.repetition(decl, instance, &c.address.key)?;
        if !self.evaluation.conditions(
            &decl.lifecycle.preconditions,
            instance,
            None,
            &data,
            ConditionsOf::Before(&c.address),
        ) {
            return None;
        }
        let (config, marks) = self.evaluation.resource_body(
            decl,
            instance,
            &data,
            &*provider,
            &name,
            Keep::Errors,
        )?;
        let row = self.rows.get(&(name.clone(), String::new())).cloned();
        let prior = match (c.action, c.before.is_null()) {
            (Action::Update, false) => Some(Object {
                value: c.before.clone().unmark_deep().0,
                private: row.as_ref().map(|r| r.private.clone()).unwrap_or_default(),
            }),
            _ => None,
        };
        let (config, marks) = match &prior {
            Some(p) => {
                let ignore = decl.lifecycle.ignored();
                let kept = row.as_ref().map(|r| decode_paths(&r.sensitive));
                let (kept, values) = (kept.unwrap_or_default(), (&config, &p.value));
                (
                    ignore_changes(&config, &p.value, &ignore, &decl.schema),
                    ignore_marks(&marks, &kept, values, &ignore, &decl.schema),
                )
            }
            // What is made anew is made as the configuration says: there is nothing whose changes could be ignored.
            None => (config, marks),
        };
        let unread = decl
            .nested
            .map(|_| known(&to_be_read(&decl.schema.block, &config)));
        let promised = c.after.clone().unmark_deep().0;
        let work = match c.action {
            Action::Read => Work::Read { config },
            _ => Work::Make {
                prior,
                config,
                promised,
            },
        };
        let journalled = c.action != Action::Read && !provider.is_local();
        let aside = (c.action == Action::ReplaceCreateFirst)
            .then_some(row.clone())
            .flatten();
        let again = match work {
            Work::Make { prior: None, .. } => self.absent.remove(&name),
            _ => None,
        };
        let operation = again.unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
        if let Some(old) = &aside {
            self.put_aside(i, old);
        }
        if journalled {
            let action = if c.action == Action::Update {
                OperationAction::Update
            } else {
                OperationAction::Create
            };
            let deposed = aside.as_ref().map(|_| deposed_key(&self.run, i));
            let desired = Desired::of(c, &marks).encode();
            self.intend(c, &operation, action, &deposed.unwrap_or_default(), desired);
        }
        let mut op = self.operation(
            node,
            i,
            provider,
            decl.schema.clone(),
            operation.clone(),
            work,
        );
        op.marked.config.clone_from(&marks);
        let pending = Pending {
            marks,
            schema: decl.schema.clone(),
            repetition: data,
            instance,
            aside,
            prior: row,
            journalled,
            operation: operation.clone(),
            since: Instant::now(),
            stage: Stage::Call,
            unread,
        };
        self.pending.insert(i, pending);
        Some(op)
    }

    /// Keeps the old object of a create-first replacement under a key of its own until it is destroyed.
    pub(super) fn put_aside(&mut self, i: usize, old: &InstanceRow) {
        let deposed = InstanceRow {
            deposed: deposed_key(&self.run, i),
            ..old.clone()
        };
        self.journal.push(Change::RemoveInstance {
            address: old.address.clone(),
            deposed: String::new(),
        });
        self.journal.push(Change::PutInstance(deposed.clone()));
        self.rows.remove(&(old.address.clone(), String::new()));
        self.rows.insert(
            (old.address.clone(), deposed.deposed.clone()),
            Box::new(deposed),
        );
    }

    pub(super) fn intend(
        &mut self,
        c: &ResourceChange,
        operation: &str,
        action: OperationAction,
        deposed: &str,
        desired: String,
    ) {
        self.journal.push(Change::Intent(IntentRow {
            operation: operation.to_owned(),
            run: self.run.clone(),
            address: c.address.to_string(),
            deposed: deposed.to_owned(),
            action,
            provider: c.provider.clone(),
            desired,
            dependencies: c.dependencies.clone(),
        }));
    }

    pub(super) fn operation(
        &self,
        node: u32,
        i: usize,
        provider: Arc<dyn Provider>,
        schema: SharedSchema,
        operation: String,
        work: Work,
    ) -> Operation {
        let c = &self.plan.changes[i];
        let action = match work {
            Work::Destroy { .. } => Action::Delete,
            _ if c.action.is_replace() => Action::Create,
            _ => c.action,
        };
        let mut cx = (self.runner).context(&*self.run, operation, c.address.to_string());
        cx.stack.clone_from(&self.stack);
        Operation {
            node,
            change: i,
            action,
            address: c.address.clone(),
            provider,
            schema,
            cx,
            work,
            marked: Box::new(Marked {
                config: Vec::new(),
                objects: [c.before.clone(), c.after.clone()],
            }),
            calls: self.calls.clone(),
            since: None,
        }
    }

    pub(super) fn destroy(&mut self, node: u32, i: usize) {
        if self.blocked(node) {
            return;
        }
        let plan = self.plan;
        let c = &plan.changes[i];
        let deposed = match (&c.deposed, c.action) {
            (Some(d), _) => d.clone(),
            (None, Action::ReplaceCreateFirst) => deposed_key(&self.run, i),
            _ => String::new(),
        };
        let decl = self.declaration(&c.address).map(|d| d.2);
        let row = self
            .rows
            .get(&(c.address.to_string(), deposed.clone()))
            .cloned();
        let provider = self.provider_of(decl, &c.provider);
        let schema = provider
            .as_ref()
            .and_then(|p| p.schema(Mode::Managed, &c.address.resource.kind));
        let (Some(row), Some(provider), Some(schema)) = (row, provider, schema) else {
            // Nothing is there any more.
            return self.complete(node, Status::Done);
        };
        let prior = Object {
            value: c.before.clone().unmark_deep().0,
            private: row.private.clone(),
        };
        let operation = uuid::Uuid::new_v4().to_string();
        let pending = Pending {
            marks: Vec::new(),
            schema: schema.clone(),
            repetition: RepetitionData::default(),
            instance: 0,
            aside: None,
            prior: Some(row),
            journalled: !provider.is_local(),
            operation: operation.clone(),
            since: Instant::now(),
            stage: Stage::Call,
            unread: None,
        };
        let work = Work::Destroy { prior };
        let op = self.operation(node, i, provider, schema, operation, work);
        self.leave(op, pending);
    }

    /// Starts to destroy an object, once nothing comes before that any more.
    pub(super) fn destroy_now(&mut self, op: Operation, pending: Pending) {
        let plan = self.plan;
        if pending.journalled {
            let c = &plan.changes[op.change];
            let row = pending.prior.as_ref();
            let deposed = row.map(|r| r.deposed.as_str()).unwrap_or_default();
            let (token, none) = (&op.cx.operation, "null".to_owned());
            self.intend(c, token, OperationAction::Delete, deposed, none);
        }
        self.pending.insert(op.change, pending);
        self.enqueue(Task::Call(Box::new(op)));
    }
}
