//! What no block is for any more, and what leaves the stack: orphans and outputs.

use cloudapp_lang::diagnostic::nearest;

use super::*;
use crate::address::Target;
use crate::plan::targets;

impl<'r> Planner<'r> {
    /// Plans the removal of objects that no block is for any more.
    pub(super) async fn plan_orphans(&mut self) {
        let orphans: Vec<usize> = (0..self.prior.len())
            .filter(|i| !self.seen.contains(i))
            .collect();
        if self.evaluation.diags.has_errors() {
            return;
        }
        let mut forgotten = Vec::new();
        for row in orphans {
            let address = self.prior.address(row).clone();
            if !self.selection.includes_orphan(row, &address) {
                continue;
            }
            if address.resource.mode == Mode::Data {
                if self.options.mode != PlanMode::RefreshOnly {
                    self.drop_row(row);
                }
                continue;
            }
            if self.is_forgotten(&address) {
                self.forget(row);
                forgotten.push(address);
                continue;
            }
            let name = &self.prior.row(row).provider;
            let block = self.runner.provider_block(name);
            if block.is_none() && name.contains('.') {
                let d = provider_gone(&address, name);
                self.evaluation.diags.push(d);
                continue;
            }
            let configured = block.and_then(|b| self.configured.get(&b));
            let name = base_name(name);
            let Some(provider) = configured.or(self.runner.providers.get(name)).cloned() else {
                let reason = format!("there is no provider \"{name}\"");
                self.unreadable(row, &reason);
                continue;
            };
            let reason = self.reason_of_orphan(&address);
            let reason = (self.options.mode == PlanMode::Normal).then_some(reason);
            self.queue_row(u32::MAX, 0, row, reason, &provider, false);
        }
        self.warn_of_forgotten(&forgotten);
        self.walk().await;
    }

    /// Whether a `removed` block lets an object go on existing outside of this stack.
    pub(super) fn is_forgotten(&self, address: &Address) -> bool {
        self.options.mode != PlanMode::RefreshOnly
            && self
                .cfg
                .removed_for(address)
                .is_some_and(|(_, r)| !r.destroy)
    }

    fn reason_of_orphan(&self, address: &Address) -> Reason {
        let path: Vec<Str> = address.module.0.iter().map(|(n, _)| n.clone()).collect();
        let is_declared = self.cfg.module_at(&path).is_some_and(|m| {
            let resources = &self.cfg.module(m).resources;
            let found = resources.binary_search_by(|r| r.addr.cmp(&address.resource));
            found.is_ok()
        });
        if is_declared && !self.module_exists(&address.module) {
            Reason::DeleteBecauseNoModule
        } else if !is_declared && self.previous.contains_key(address) {
            Reason::DeleteBecauseNoMoveTarget
        } else {
            Reason::DeleteBecauseNoResourceConfig
        }
    }

    /// A data source that nothing asks for any more. It was only read, so nothing happens to what it is about.
    pub(super) fn drop_row(&mut self, row: usize) {
        self.dropped.push(self.prior.address(row).clone());
    }

    /// An object that leaves the state and is not touched, so that not even its provider need be there.
    fn forget(&mut self, row: usize) {
        let (address, stored) = (self.prior.address(row).clone(), self.prior.take(row));
        let resource = &address.resource;
        let provider = self.runner.providers.get(base_name(&stored.provider));
        let known = provider
            .and_then(|p| p.schema(resource.mode, &resource.kind))
            .and_then(|s| {
                let object = PriorObject::decode(&stored, &s).ok()?;
                Some(with_marks(&s, object.object.value, &object.marks))
            });
        // Without its schema nobody knows what in it is secret.
        let before = known.unwrap_or_else(|| {
            let read = cloudapp_lang::value::decode_json(&stored.attributes);
            read.map_or_else(
                |_| Value::null(cloudapp_lang::Type::Dynamic),
                Value::sensitive,
            )
        });
        let after = Value::null(before.ty());
        self.changes.push(ResourceChange {
            deposed: (!stored.deposed.is_empty()).then_some(stored.deposed),
            reason: Some(Reason::DeleteBecauseNoResourceConfig),
            private: stored.private,
            dependencies: stored.dependencies,
            ..ResourceChange::new(address, stored.provider, Action::Forget, before, after)
        });
    }

    /// Takes down what the state has and nobody looked at.
    pub(super) fn keep_rest(&mut self) {
        for (address, row) in self.prior.iter() {
            // What was looked at has been taken out.
            if row.address.is_empty() {
                continue;
            }
            let provider = self.runner.providers.get(base_name(&row.provider));
            let resource = &address.resource;
            let schema = provider.and_then(|p| p.schema(resource.mode, &resource.kind));
            let Some((schema, object)) =
                schema.and_then(|s| PriorObject::decode(row, &s).ok().map(|o| (s, o)))
            else {
                continue;
            };
            let value = with_marks(&schema, object.object.value, &object.marks);
            let (provider, after) = (row.provider.clone(), value.clone());
            self.rest.push(ResourceChange {
                deposed: (!row.deposed.is_empty()).then(|| row.deposed.clone()),
                dependencies: row.dependencies.clone(),
                ..ResourceChange::new(address.clone(), provider, Action::NoOp, value, after)
            });
        }
    }

    fn warn_of_forgotten(&mut self, forgotten: &[Address]) {
        if forgotten.is_empty() {
            return;
        }
        let names: BTreeSet<String> = forgotten.iter().map(ToString::to_string).collect();
        let names: Vec<String> = names.into_iter().collect();
        self.evaluation.diags.push(
            Diagnostic::warning(
                "objects-left-behind",
                "Objects go on existing outside of this stack",
                format!(
                    "After apply the state knows nothing of these any more, but they are not destroyed: {}.",
                    names.join(", ")
                ),
            )
            .hint("Where they are to be destroyed instead, write destroy = true in the removed block."),
        );
    }

    /// Moves away from instances that turned out to be declared.
    pub(super) fn check_moves(&mut self, moved: &Moved) {
        if self.evaluation.diags.has_errors() {
            return;
        }
        let values = &self.evaluation.values;
        let found = moved.still_declared(self.cfg, values, &self.selection, self.options.mode);
        self.evaluation.diags.append(found);
    }

    /// Says what `-target` leaves out, and which `-target` and `-replace` name nothing.
    pub(super) fn warn_of_flags(&mut self) {
        if !self.options.targets.is_empty() {
            self.evaluation.diags.push(
                Diagnostic::warning(
                    "partial-plan",
                    "Plan is for a part of the stack",
                    "With -target everything else is left as it is, so the result may not be what the configuration says.",
                )
                .hint("Plan again without -target once the part is done."),
            );
        }
        if self.options.targets.is_empty() && self.options.replace.is_empty() {
            return;
        }
        let planned: FxHashSet<&Address> = self.changes.iter().map(|c| &c.address).collect();
        let stored = self.prior.iter().map(|(address, _)| address);
        let known: FxHashSet<&Address> = (planned.iter().copied())
            .chain(stored)
            .chain(self.previous.values())
            .collect();
        let untargeted: Vec<&Target> = (self.options.targets.iter())
            .filter(|t| {
                !targets::names_block(self.cfg, t)
                    && !self.has_instance(t)
                    && !known.iter().any(|a| targets::covers(t, a))
            })
            .collect();
        let names = if untargeted.is_empty() {
            BTreeSet::new()
        } else {
            self.names_to_target(&known)
        };
        let untargeted: Diagnostics = (untargeted.into_iter())
            .map(|t| targets_nothing(&t.to_string(), &names))
            .collect();
        // Where the plan has failed, what is missing in it says nothing.
        let failed = self.evaluation.diags.has_errors();
        let missing: BTreeSet<&Address> = (self.options.replace.iter())
            .filter(|a| !failed && !planned.contains(a))
            .collect();
        let mut names = BTreeSet::new();
        if !missing.is_empty() {
            names.extend(planned.iter().map(ToString::to_string));
        }
        let warnings: Diagnostics = (missing.into_iter())
            .map(|a| replaces_nothing(&a.to_string(), &names))
            .collect();
        self.evaluation.diags.append(untargeted);
        self.evaluation.diags.append(warnings);
    }

    /// All that a target may name.
    fn names_to_target(&self, known: &FxHashSet<&Address>) -> BTreeSet<String> {
        let mut names: BTreeSet<String> = known.iter().map(ToString::to_string).collect();
        for m in &self.cfg.modules {
            names.extend(m.resources.iter().map(|r| m.config_address(&r.addr)));
        }
        let modules = self.evaluation.values.instances.iter().skip(1);
        names.extend(modules.map(|m| m.addr.to_string()));
        let calls = self.cfg.modules.iter().skip(1);
        names.extend(calls.map(|m| m.config_prefix().trim_end_matches('.').to_owned()));
        names
    }

    /// Whether the configuration asks for an instance of a module or a resource, as far as this plan looked at it.
    fn has_instance(&self, target: &Target) -> bool {
        let values = &self.evaluation.values;
        match target {
            Target::Module(m) => values.find(m).is_some(),
            Target::Resource(r) => values.find(&r.module).is_some_and(|i| {
                let module = &values.instances[i];
                let declared = &self.cfg.module(module.module).resources;
                let index = declared.binary_search_by(|d| d.addr.cmp(&r.resource));
                index.is_ok_and(|n| module.resources[n].has(&r.key))
            }),
        }
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
            // What only an apply can tell is none of a refresh's business.
            let (after, sensitive) = match was {
                _ if self.options.mode != PlanMode::RefreshOnly || after.is_wholly_known() => {
                    (after, sensitive)
                }
                Some((before, was_sensitive)) => (before.clone(), *was_sensitive),
                None => continue,
            };
            let stays = self.cfg.outputs().iter().any(|o| o.name == name)
                && self.options.mode != PlanMode::Destroy;
            // An output that is null is none.
            let gone = !stays || after.is_null();
            let action = match was {
                None if !stays => continue,
                None if gone => Action::NoOp,
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

/// An alias is a region or an account of its own: whoever asks another one finds nothing there.
fn provider_gone(address: &Address, name: &str) -> Diagnostic {
    Diagnostic::error(
        "provider-gone",
        "Provider is not configured any more",
        format!("{address} was made by provider {name}, which has no block now; no other can destroy it."),
    )
    .address(address.to_string())
    .hint("Put the provider block back until the object is destroyed, or let it go with a removed block.")
}

fn targets_nothing(target: &str, names: &BTreeSet<String>) -> Diagnostic {
    let d = Diagnostic::warning(
        "nothing-to-target",
        "Target names nothing",
        format!("-target names {target}, but there is nothing of that name to plan."),
    );
    d.hint(did_you_mean(target, names).unwrap_or_else(|| {
        "Correct the address; `cloudapp state list` prints those of what exists.".to_owned()
    }))
}

fn replaces_nothing(address: &str, names: &BTreeSet<String>) -> Diagnostic {
    let d = Diagnostic::warning(
        "nothing-to-replace",
        "Nothing to replace",
        format!("-replace names {address}, but the plan has no such instance."),
    );
    d.hint(did_you_mean(address, names).unwrap_or_else(|| {
        "Name an instance with its key, as `cloudapp state list` prints it.".to_owned()
    }))
}

/// What two addresses share makes them look alike, so that their names have to be near by themselves, too.
fn did_you_mean(name: &str, names: &BTreeSet<String>) -> Option<String> {
    let own = last_name(name);
    let alike = |other: &&str| {
        let other = last_name(other);
        own == other || nearest(own, [other]).is_some()
    };
    let near = nearest(name, names.iter().map(String::as_str).filter(alike))?;
    Some(format!("Did you mean {near}?"))
}

/// The name at the end of an address, without its key.
fn last_name(address: &str) -> &str {
    let end = match address.rfind('[') {
        Some(i) if address.ends_with(']') => i,
        _ => address.len(),
    };
    let address = &address[..end];
    address.rsplit('.').next().unwrap_or(address)
}
