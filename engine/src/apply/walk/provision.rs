//! Provisioners around operations: after an object was made, before it is destroyed.
//!
//! An object with provisioners is recorded as tainted before the first of them runs, and without the taint once all have
//! succeeded: whatever ends the process in between, the next plan replaces it. The intent to destroy is recorded only
//! after the provisioners that come before, so that none is open while a program runs.

use super::*;
use crate::apply::provision::{FailedProvisioner, ProvisionStep, Provisioning};
use crate::config::{ProvisionerDecl, When, destroys_in_place};
use crate::secrets::variable_secrets;
use crate::view::secrets;

/// How far an operation has come.
pub(super) enum Stage {
    /// The provider is at work.
    Call,
    /// The object is made and its provisioners run: its row for when they have succeeded.
    Made(Box<InstanceRow>),
    /// Provisioners run before the object is destroyed by this operation.
    Leaving(Box<Operation>),
}

/// Of which object, as provisioners see it.
struct Provisioned<'v> {
    instance: usize,
    repetition: RepetitionData,
    object: &'v Value,
}

impl<'r> Applier<'r> {
    /// Records a new object, tainted, and starts its provisioners.
    pub(super) fn provision(&mut self, done: DoneHead, mut p: Pending, row: InstanceRow) {
        let plan = self.plan;
        let c = &plan.changes[done.change];
        self.put(InstanceRow {
            tainted: true,
            ..row.clone()
        });
        if p.journalled {
            self.journal.push(Change::Outcome {
                operation: done.operation.clone(),
                outcome: Outcome::Succeeded,
                error: None,
            });
        }
        let object = self
            .made
            .get(&done.change)
            .cloned()
            .unwrap_or_else(Value::dynamic);
        let provisioned = Provisioned {
            instance: p.instance,
            repetition: p.repetition.clone(),
            object: &object,
        };
        let declaration = self.declaration(&c.address);
        if let Some((m, i, decl, _)) = declaration.filter(|d| d.2.provisioned_by_name) {
            let unmade = Value::unknown(decl.schema.block.ty());
            self.assemble_with(m, i, Some(&unmade));
        }
        let decls = declaration.map(|d| &d.2.provisioners[..]);
        let Some(steps) = self.steps(c, decls.unwrap_or_default(), When::Create, &provisioned)
        else {
            return self.not_provisioned(&done, c, NOT_EVALUATED);
        };
        p.stage = Stage::Made(Box::new(row));
        self.pending.insert(done.change, p);
        let provisioning = Provisioning {
            since: Some(done.started),
            operation: done.operation,
            ..self.provisioning(done.node, done.change, done.action, steps, &object)
        };
        self.enqueue(Task::Provision(Box::new(provisioning)));
    }

    /// Takes in that the provisioners of a new object have ended.
    pub(super) fn provisioned(
        &mut self,
        done: DoneHead,
        p: &Pending,
        row: InstanceRow,
        failed: Option<FailedProvisioner>,
    ) {
        let plan = self.plan;
        let c = &plan.changes[done.change];
        if let Some(f) = failed {
            let hint = "Correct it and apply again: the object is tainted, so it will be replaced. With on_failure = continue a failure is passed over.";
            return self.provisioner_failed(&done, c, f, hint);
        }
        self.put(row);
        let holds = self.postconditions(done.change, c, p);
        self.finished(&done, c, holds);
    }

    /// Destroys an object, after the provisioners that come before.
    pub(super) fn leave(&mut self, op: Operation, mut pending: Pending) {
        let plan = self.plan;
        let c = &plan.changes[op.change];
        let tainted = pending.prior.as_ref().is_some_and(|r| r.tainted);
        let in_place = c.deposed.is_none() && destroys_in_place(c.action) && !tainted;
        let found = match self.cfg.destroy_provisioners(&c.address) {
            Some((module, all)) if in_place && all.iter().any(|p| p.when == When::Destroy) => {
                Some((module, all))
            }
            _ => None,
        };
        let Some((module, all)) = found else {
            return self.destroy_now(op, pending);
        };
        let provisioned = Provisioned {
            instance: self.instance_of(module, &c.address.module),
            repetition: RepetitionData::of_key(&c.address.key),
            object: &c.before,
        };
        let Some(steps) = self.steps(c, all, When::Destroy, &provisioned) else {
            let done = DoneHead {
                node: op.node,
                change: op.change,
                action: op.action,
                operation: op.cx.operation,
                started: Instant::now(),
                elapsed: std::time::Duration::ZERO,
            };
            return self.not_provisioned(&done, c, NOT_EVALUATED);
        };
        let task = self.provisioning(op.node, op.change, op.action, steps, &c.before);
        let change = op.change;
        pending.stage = Stage::Leaving(Box::new(op));
        self.pending.insert(change, pending);
        self.enqueue(Task::Provision(Box::new(task)));
    }

    /// Takes in that the provisioners before a destruction have ended.
    pub(super) fn left(
        &mut self,
        done: DoneHead,
        p: Pending,
        mut op: Operation,
        failed: Option<FailedProvisioner>,
    ) {
        let plan = self.plan;
        let c = &plan.changes[done.change];
        if let Some(f) = failed {
            let hint = "The object was not destroyed. Correct the provisioner and apply again; with on_failure = continue a failure is passed over.";
            return self.provisioner_failed(&done, c, f, hint);
        }
        op.since = Some(done.started);
        self.destroy_now(op, p);
    }

    /// The number of a module's instance in which an object's provisioners are evaluated: that of the object, or what is
    /// left of it where the configuration asks for that instance no longer.
    fn instance_of(&mut self, module: ModuleId, address: &ModuleAddr) -> usize {
        let address = address.first(self.cfg.module(module).path.len());
        let cfg = self.cfg;
        let values = &mut self.evaluation.values;
        values.find(&address).unwrap_or_else(|| {
            values.add_detached(cfg, module, address, None, RepetitionData::default())
        })
    }

    /// The provisioners of one time, with their arguments. None where these have errors, which are then reported.
    fn steps(
        &mut self,
        c: &ResourceChange,
        decls: &[ProvisionerDecl],
        when: When,
        of: &Provisioned<'_>,
    ) -> Option<Vec<ProvisionStep>> {
        let address = c.address.to_string();
        let mut out = Vec::new();
        for decl in decls.iter().filter(|d| d.when == when) {
            let provisioner = self.runner.providers.provisioner(&decl.kind)?.clone();
            let value = self.evaluation.provisioner_body(
                decl,
                of.instance,
                &of.repetition,
                of.object,
                &address,
                Keep::Errors,
            )?;
            if !value.is_wholly_known() {
                self.evaluation.diags.push(
                    Diagnostic::error(
                        "unknown-value",
                        "Value is not known",
                        format!("An argument of provisioner {} is still unknown.", decl.kind),
                    )
                    .at(decl.span)
                    .address(address)
                    .hint("Take values from what is made before the object."),
                );
                return None;
            }
            let (config, marks) = value.unmark_deep();
            out.push(ProvisionStep {
                provisioner,
                kind: decl.kind.clone(),
                config,
                concealed: !marks.is_empty(),
                on_failure: decl.on_failure,
                at: decl.open,
            });
        }
        Some(out)
    }

    fn provisioning(
        &self,
        node: u32,
        change: usize,
        action: Action,
        steps: Vec<ProvisionStep>,
        object: &Value,
    ) -> Provisioning {
        let given = variable_secrets(self.cfg, &self.plan.variables);
        Provisioning {
            node,
            change,
            action,
            address: self.plan.changes[change].address.clone(),
            operation: uuid::Uuid::new_v4().to_string(),
            since: None,
            steps,
            secrets: Secrets::new(secrets(object).into_iter().chain(given)),
            base_dir: self.runner.base_dir.clone(),
            cancel: self.runner.interrupt.cancel.clone(),
            observer: self.runner.observer.clone(),
        }
    }

    fn provisioner_failed(
        &mut self,
        done: &DoneHead,
        c: &ResourceChange,
        f: FailedProvisioner,
        hint: &str,
    ) {
        let said = match f.error.said.trim_end() {
            "" => String::new(),
            said => format!(" Its last output:\n{}", plain(said)),
        };
        let mut d = f.diagnostic();
        let message = d.detail.clone();
        d.detail.push_str(&said);
        self.evaluation
            .diags
            .push(d.address(c.address.to_string()).hint(hint));
        self.not_provisioned(done, c, &message);
    }

    /// Ends an object's operation as failed. Why is reported already.
    fn not_provisioned(&mut self, done: &DoneHead, c: &ResourceChange, error: &str) {
        self.summary.failed += 1;
        self.note(c, done.action, "failed", done.elapsed);
        self.runner.observer.event(&Event::OperationFailed {
            address: &c.address,
            action: done.action,
            elapsed: done.elapsed,
            error,
        });
        tracing::warn!(address = %c.address, action = ?done.action, "not provisioned");
        self.complete(done.node, Status::Failed);
    }
}

const NOT_EVALUATED: &str = "The arguments of a provisioner are not valid.";

/// Without what would move a terminal's cursor or change its colours.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect()
}
