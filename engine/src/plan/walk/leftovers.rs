//! What no block is for any more, and what leaves the stack: orphans and outputs.

use super::*;

impl<'r> Planner<'r> {
    /// Plans the removal of objects that no block is for any more.
    pub(super) async fn plan_orphans(&mut self) {
        if self.selection.is_partial() && self.options.mode == PlanMode::Normal {
            return;
        }
        let orphans: Vec<usize> = (0..self.prior.len())
            .filter(|i| !self.seen.contains(i))
            .collect();
        let failed = self.evaluation.diags.has_errors();
        for row in orphans {
            let (address, stored) = self.prior.row(row).clone();
            if failed || !self.selection.includes_address(&address) {
                continue;
            }
            let name = base_name(&stored.provider);
            let Some(provider) = self.runner.providers.get(name).cloned() else {
                self.unreadable(row, &format!("there is no provider \"{name}\""));
                continue;
            };
            if address.resource.mode == Mode::Data {
                self.forget(row);
                continue;
            }
            let reason = if self.module_exists(&address.module) {
                Reason::DeleteBecauseNoResourceConfig
            } else {
                Reason::DeleteBecauseNoModule
            };
            let reason = (self.options.mode == PlanMode::Normal).then_some(reason);
            self.queue_row(u32::MAX, 0, row, reason, &provider, false);
        }
        while self.advance().await {}
    }

    /// What was only read leaves the state, and nothing happens in the cloud.
    pub(super) fn forget(&mut self, row: usize) {
        let (address, stored) = self.prior.row(row).clone();
        let none = Value::null(cloudapp_lang::Type::Dynamic);
        self.changes.push(ResourceChange {
            dependencies: stored.dependencies,
            ..ResourceChange::new(address, stored.provider, Action::Forget, none.clone(), none)
        });
    }

    pub(super) fn module_exists(&self, addr: &ModuleAddr) -> bool {
        self.evaluation.values.find(addr).is_some()
    }

    pub(super) fn outputs(&mut self, before: &[crate::store::OutputRow]) -> Vec<OutputChange> {
        let mut out = Vec::new();
        let mut known: BTreeMap<Str, (Value, bool, String)> = BTreeMap::new();
        if self.options.mode != PlanMode::Destroy {
            let root = &self.evaluation.values.instances[0];
            for (decl, v) in self.cfg.outputs().iter().zip(&root.outputs) {
                if let Some(v) = v {
                    let sensitive = v.marks_deep().is_sensitive();
                    known.insert(
                        decl.name.clone(),
                        (
                            v.clone().unmark_deep().0,
                            sensitive,
                            decl.description.clone(),
                        ),
                    );
                }
            }
        }
        let stored: BTreeMap<Str, (Value, bool)> = before
            .iter()
            .map(|o| (o.name.as_str().into(), (stored_output(o), o.sensitive)))
            .collect();
        let names: BTreeSet<Str> = known.keys().chain(stored.keys()).cloned().collect();
        for name in names {
            let was = stored.get(&name);
            let is = known.remove(&name);
            // A partial plan leaves what it does not look at as it is.
            if is.is_none() && self.selection.is_partial() {
                continue;
            }
            let (after, sensitive, description) = is.unwrap_or((
                Value::null(cloudapp_lang::Type::Dynamic),
                was.is_some_and(|w| w.1),
                String::new(),
            ));
            // An output that is null is none.
            let gone = !self.cfg.outputs().iter().any(|o| o.name == name)
                || self.options.mode == PlanMode::Destroy
                || after.is_null();
            let action = match was {
                None if gone => continue,
                None => Action::Create,
                Some(_) if gone => Action::Delete,
                Some((v, s)) if *v == after && *s == sensitive => Action::NoOp,
                Some(_) => Action::Update,
            };
            let before = was.map_or_else(
                || Value::null(cloudapp_lang::Type::Dynamic),
                |w| w.0.clone(),
            );
            let mark = |v: Value, s: bool| if s { v.sensitive() } else { v };
            out.push(OutputChange {
                name,
                action,
                before: mark(before, was.is_some_and(|w| w.1)),
                after: mark(after, sensitive),
                sensitive,
                description,
            });
        }
        out
    }
}
