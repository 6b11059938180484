//! Conditions that the plan left open, the data sources of checks, and what is recorded of both.

use super::record::finding;
use super::*;
use crate::plan::CheckStatus;
use crate::store::Change;

impl<'r> Applier<'r> {
    /// Evaluates the conditions of objects that stay as they are, where the plan could not tell. False where one fails.
    pub(super) fn decide_conditions(&mut self, module: ModuleId, index: usize) -> bool {
        let cfg = self.cfg;
        let decl = cfg.resource(module, index);
        let lifecycle = &decl.lifecycle;
        if lifecycle.preconditions.is_empty() && lifecycle.postconditions.is_empty() {
            return true;
        }
        let plan = self.plan;
        let address = cfg.module(module).config_address(&decl.addr);
        let open: HashSet<&str> = plan
            .checks
            .iter()
            .filter(|c| c.address == address)
            .flat_map(|c| &c.instances)
            .filter(|i| i.status == CheckStatus::Unknown)
            .map(|i| i.address.as_str())
            .collect();
        if open.is_empty() {
            return true;
        }
        let mut ok = true;
        for instance in self.evaluation.values.of_module[module.0].clone() {
            let addr = self.evaluation.values.instances[instance].addr.clone();
            let of = (addr, decl.addr.clone());
            for i in self.by_resource.get(&of).cloned().unwrap_or_default() {
                let c = &plan.changes[i];
                if c.action != Action::NoOp || !open.contains(c.address.to_string().as_str()) {
                    continue;
                }
                let Some(data) = self.repetition(decl, instance, &c.address.key) else {
                    ok = false;
                    continue;
                };
                for (conditions, object, of) in [
                    (
                        &lifecycle.preconditions,
                        None,
                        ConditionsOf::Before(&c.address),
                    ),
                    (
                        &lifecycle.postconditions,
                        Some(&c.after),
                        ConditionsOf::After(&c.address),
                    ),
                ] {
                    ok &= self
                        .evaluation
                        .conditions(conditions, instance, object, &data, of);
                }
            }
        }
        if !ok {
            self.summary.failed += 1;
        }
        ok
    }

    /// Records that the data source of a check could not be read: its arguments, and nothing of what it would have said.
    pub(super) fn unread_for_check(
        &mut self,
        i: usize,
        c: &ResourceChange,
        p: &Pending,
        failed: Failed,
    ) {
        let (Some((module, index, decl, instance)), Some(value)) =
            (self.declaration(&c.address), p.unread.clone())
        else {
            return;
        };
        let found = finding("read", &failed, &c.provider);
        let d = crate::conditions::unread_source(found, decl, &c.address);
        let problem = Some(d.detail.clone());
        self.evaluation
            .source_read(module, index, instance, problem);
        self.evaluation.diags.push(d);
        let object = Object {
            value: value.clone(),
            private: Vec::new(),
        };
        let row = instance_row(c, &p.schema, &object, &p.marks);
        self.rows
            .insert((row.address.clone(), String::new()), Box::new(row.clone()));
        self.journal.push(Change::PutInstance(row));
        self.made.insert(i, with_marks(&p.schema, value, &p.marks));
        self.runner.observer.event(&Event::OperationAbandoned {
            address: &c.address,
        });
    }

    /// Records how the conditions turned out, if that is not what the state says already.
    pub(super) fn write_checks(&mut self) {
        let results = if self.plan.mode == PlanMode::Destroy {
            Vec::new()
        } else {
            self.evaluation.results(&self.plan.checks, |_| false)
        };
        let json = if results.is_empty() {
            String::new()
        } else {
            serde_json::to_string(&results).unwrap_or_default()
        };
        if json != self.stored_checks {
            self.journal.push(Change::PutChecks { json });
        }
    }
}
