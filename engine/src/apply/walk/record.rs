//! Operations after they ended: rows, outcomes and outputs.

use super::*;
use crate::apply::provision::FailedProvisioner;

impl<'r> Applier<'r> {
    pub(super) fn done(&mut self, d: Done) {
        let Some(mut p) = self.pending.remove(&d.change) else {
            return;
        };
        let plan = self.plan;
        let c = &plan.changes[d.change];
        let done = DoneHead {
            node: d.node,
            change: d.change,
            action: d.action,
            operation: d.operation,
            started: d.started,
            elapsed: d.elapsed,
        };
        let stage = std::mem::replace(&mut p.stage, Stage::Call);
        let ok = match (stage, d.result) {
            (Stage::Made(row), result) => {
                return self.provisioned(done, &p, *row, failed_provisioner(result));
            }
            (Stage::Leaving(op), result) => {
                return self.left(done, p, *op, failed_provisioner(result));
            }
            (Stage::Call, Err(f)) if p.unread.is_some() => {
                self.unread_for_check(done.change, c, &p, f);
                return self.complete(done.node, Status::Done);
            }
            (Stage::Call, Err(f)) => {
                self.failed(&done, c, &p, f);
                return self.complete(done.node, Status::Failed);
            }
            (Stage::Call, Ok(_)) if done.action == Action::Delete => self.destroyed(c, &p),
            (Stage::Call, Ok(None)) => false,
            (Stage::Call, Ok(Some(object))) => {
                let row = instance_row(c, &p.schema, &object, &p.marks);
                let value = with_marks(&p.schema, object.value, &p.marks);
                self.made.insert(done.change, value);
                if done.action == Action::Create && self.cfg.is_provisioned(&c.address) {
                    return self.provision(done, p, row);
                }
                self.put(row);
                self.postconditions(done.change, c, &p)
            }
        };
        if p.journalled {
            self.journal.push(Change::Outcome {
                operation: done.operation.clone(),
                outcome: Outcome::Succeeded,
                error: None,
            });
        }
        self.finished(&done, c, ok);
    }

    /// Ends an operation that did what it should. `ok` says whether what depends on it may go on.
    pub(super) fn finished(&mut self, done: &DoneHead, c: &ResourceChange, ok: bool) {
        let id = self.made.get(&done.change).and_then(shown_id);
        self.runner.observer.event(&Event::OperationFinished {
            address: &c.address,
            action: done.action,
            id: id.as_deref(),
            elapsed: done.elapsed,
        });
        self.note(c, done.action, "finished", done.elapsed);
        let took = done.elapsed.as_micros() as u64;
        self.schedule.ended(done.node, took);
        match done.action {
            Action::Create => self.summary.added += 1,
            Action::Update => self.summary.changed += 1,
            Action::Delete => self.summary.destroyed += 1,
            _ => {}
        }
        tracing::debug!(address = %c.address, action = ?done.action, elapsed_ms = done.elapsed.as_millis() as u64, "operation finished");
        self.complete(done.node, if ok { Status::Done } else { Status::Failed });
    }

    pub(super) fn note(
        &mut self,
        c: &ResourceChange,
        action: Action,
        what: &str,
        elapsed: std::time::Duration,
    ) {
        let json = serde_json::json!({
            "type": what,
            "address": c.address.to_string(),
            "action": action.as_json().join("-"),
            "elapsed_ms": elapsed.as_millis() as u64,
            "at": now(),
        });
        self.journal.push(Change::Event {
            run: self.run.clone(),
            json: json.to_string(),
        });
    }

    pub(super) fn destroyed(&mut self, c: &ResourceChange, p: &Pending) -> bool {
        let deposed = p
            .prior
            .as_ref()
            .map(|r| r.deposed.clone())
            .unwrap_or_default();
        let address = c.address.to_string();
        self.rows.remove(&(address.clone(), deposed.clone()));
        self.journal
            .push(Change::RemoveInstance { address, deposed });
        true
    }

    /// Writes the row of an object that is there.
    pub(super) fn put(&mut self, row: InstanceRow) {
        self.rows
            .insert((row.address.clone(), String::new()), Box::new(row.clone()));
        self.journal.push(Change::PutInstance(row));
    }

    /// Checks what must hold of an object that was made. False where it does not.
    pub(super) fn postconditions(&mut self, i: usize, c: &ResourceChange, p: &Pending) -> bool {
        let Some((_, _, decl, _)) = self.declaration(&c.address) else {
            return true;
        };
        let value = self.made.get(&i).cloned();
        let holds = self.evaluation.conditions(
            &decl.lifecycle.postconditions,
            p.instance,
            value.as_ref(),
            &p.repetition,
            ConditionsOf::After(&c.address),
        );
        if !holds {
            self.summary.failed += 1;
        }
        holds
    }

    pub(super) fn failed(
        &mut self,
        done: &DoneHead,
        c: &ResourceChange,
        p: &Pending,
        failed: Failed,
    ) {
        let (i, action, elapsed) = (done.change, done.action, done.elapsed);
        let what = match action {
            Action::Delete => "delete",
            Action::Update => "update",
            Action::Read => "read",
            _ => "create",
        };
        // Of an object that the provider returned it is known.
        let unknown = matches!(&failed, Failed::Call(e) if e.error.class == ErrorClass::UnknownOutcome && e.object.is_none());
        let mut d = finding(what, &failed, &c.provider);
        let (path, object) = match failed {
            Failed::Call(e) => (e.error.path, e.object),
            Failed::Promise { path, object, .. } => (path, object),
            // Its stage is told apart before this.
            Failed::Provisioner(_) => return,
        };
        if let Some((_, _, decl, _)) = self.declaration(&c.address) {
            d = d.at(decl.body.locate(&path).unwrap_or(decl.span));
        }
        let message = d.detail.clone();
        if action == Action::Create && object.is_some() {
            d.detail
                .push_str(" The object exists all the same: it is in the state, tainted.");
            d.hint.push_str(" The next apply replaces it.");
        }
        self.evaluation.diags.push(d.address(c.address.to_string()));
        self.summary.failed += 1;
        // Where nobody knows whether the new object exists, what was put aside for it stays so, and the next run decides.
        if action != Action::Delete && !(unknown && p.journalled) {
            self.keep_what_exists(i, c, p, action, object);
        }
        if p.journalled {
            let outcome = if unknown {
                Outcome::Unknown
            } else {
                Outcome::Failed
            };
            self.journal.push(Change::Outcome {
                operation: done.operation.clone(),
                outcome,
                error: Some(message.clone()),
            });
        }
        self.note(c, action, "failed", elapsed);
        self.runner.observer.event(&Event::OperationFailed {
            address: &c.address,
            action,
            elapsed,
            error: &message,
        });
        tracing::warn!(address = %c.address, action = ?action, "operation failed");
    }

    /// Records the object that a failed operation left; a half-made one is tainted, so that it is replaced next time.
    pub(super) fn keep_what_exists(
        &mut self,
        i: usize,
        c: &ResourceChange,
        p: &Pending,
        action: Action,
        object: Option<Object>,
    ) {
        match object {
            Some(o) => {
                let o = Object {
                    value: known(&o.value),
                    private: o.private,
                };
                let mut row = instance_row(c, &p.schema, &o, &p.marks);
                row.tainted = action == Action::Create;
                self.put(row);
            }
            None => self.put_back(i, p),
        }
    }

    /// Nothing was made, so what was put aside takes its place again.
    pub(super) fn put_back(&mut self, i: usize, p: &Pending) {
        let Some(old) = &p.aside else { return };
        let deposed = deposed_key(&self.run, i);
        self.journal.push(Change::RemoveInstance {
            address: old.address.clone(),
            deposed: deposed.clone(),
        });
        self.journal.push(Change::PutInstance((**old).clone()));
        self.rows.remove(&(old.address.clone(), deposed));
        self.rows
            .insert((old.address.clone(), String::new()), old.clone());
    }

    pub(super) fn write_outputs(&mut self) {
        let plan = self.plan;
        let unreached: HashSet<usize> = self.unreached_outputs().map(|(i, _)| i).collect();
        let root = &self.evaluation.values.instances[0];
        for o in &plan.outputs {
            if o.action == Action::Delete {
                self.journal.push(Change::RemoveOutput {
                    name: o.name.to_string(),
                });
                continue;
            }
            let decls = self.cfg.outputs();
            let Ok(i) = decls.binary_search_by(|d| d.name.cmp(&o.name)) else {
                continue;
            };
            // One that was not reached has the value that the plan knew already, as in Terraform.
            let planned = known_after(o).filter(|_| unreached.contains(&i));
            let Some(value) = root.outputs[i].as_ref().or(planned) else {
                continue;
            };
            let value = value.clone().unmark_deep().0;
            if value.is_null() {
                self.journal.push(Change::RemoveOutput {
                    name: o.name.to_string(),
                });
            } else if value.is_wholly_known() {
                self.journal.push(Change::PutOutput(output_row(
                    &o.name,
                    &value,
                    o.sensitive,
                    &o.description,
                )));
            }
        }
    }
}

impl Applier<'_> {
    /// The outputs of the root module whose turn did not come, with their nodes.
    fn unreached_outputs(&self) -> impl Iterator<Item = (usize, u32)> {
        let skipped = (0..self.graph.nodes.len()).filter(|n| self.status[*n] == Status::Skipped);
        skipped.filter_map(|n| match self.graph.nodes[n] {
            Step::Object(ObjectId::Output(ModuleId::ROOT, i)) => Some((i, n as u32)),
            _ => None,
        })
    }

    /// Says of every output of the root module that was not reached, and has no value from the plan, what it waits for.
    pub(super) fn tell_missing_outputs(&self) {
        if self.plan.mode == PlanMode::Destroy {
            return;
        }
        let decls = self.cfg.outputs();
        let mut missing: Vec<(usize, u32)> = self.unreached_outputs().collect();
        missing.sort_unstable();
        let planned: HashMap<&str, &OutputChange> =
            self.plan.outputs.iter().map(|o| (&*o.name, o)).collect();
        for (i, node) in missing {
            let name = &decls[i].name;
            let planned = planned.get(&**name);
            if planned.is_some_and(|o| known_after(o).is_some()) {
                continue;
            }
            self.runner.observer.event(&Event::OutputSkipped {
                name,
                because: &self.culprits(node),
                kept: planned.is_some_and(|o| o.action != Action::Create),
            });
        }
    }

    /// All that failed and that a node needs, by name.
    fn culprits(&self, node: u32) -> Vec<String> {
        let (mut seen, mut found) = (HashSet::from([node]), Vec::new());
        let mut stack = vec![node];
        while let Some(n) = stack.pop() {
            for need in &self.graph.needs[n as usize] {
                let status = self.status[*need as usize];
                if !matches!(status, Status::Failed | Status::Skipped) || !seen.insert(*need) {
                    continue;
                }
                match status {
                    Status::Failed => found.extend(self.name_of(*need)),
                    _ => stack.push(*need),
                }
            }
        }
        found.sort();
        found.dedup();
        found
    }
}

/// What an output will be, where the plan knows.
fn known_after(o: &OutputChange) -> Option<&Value> {
    Some(&o.after).filter(|v| v.is_wholly_known())
}

fn failed_provisioner(result: Result<Option<Object>, Failed>) -> Option<FailedProvisioner> {
    match result {
        Err(Failed::Provisioner(f)) => Some(f),
        _ => None,
    }
}

/// What to say of an operation that failed.
pub(super) fn finding(what: &'static str, failed: &Failed, provider: &str) -> Diagnostic {
    match failed {
        Failed::Call(e) => provider_failure(what, &e.error, provider),
        Failed::Promise { what, path, .. } => broken_contract(provider, what, path),
        Failed::Provisioner(f) => f.diagnostic(),
    }
}
