//! From what a provider answers to the changes of a plan.

use cloudapp_lang::Type;

use super::*;

impl<'r> Planner<'r> {
    /// Turns a decision into a change. The value that expressions see; none where the plan is not allowed.
    pub(super) fn record(&mut self, ticket: &mut Ticket, d: Decision) -> Option<Value> {
        let schema = &ticket.schema;
        let null = || Value::null(schema.block.ty());
        let before = d.refreshed.as_ref().map_or_else(null, |p| {
            with_marks(schema, p.object.value.clone(), &p.marks)
        });
        let after = with_marks(schema, d.planned.clone(), &d.marks);
        let now_there = d.refreshed.as_ref().map(|p| &p.object.value);
        if let Some(stored) = &d.stored
            && now_there != Some(stored)
        {
            let marks = d
                .refreshed
                .as_ref()
                .map(|p| p.marks.clone())
                .unwrap_or_default();
            let action = if now_there.is_some() {
                Action::Update
            } else {
                Action::Delete
            };
            let was = with_marks(schema, stored.clone(), &marks);
            self.drift.push(change(
                &mut ticket.clone(),
                action,
                None,
                was,
                before.clone(),
                Vec::new(),
                d.refreshed
                    .as_ref()
                    .map(|p| p.object.private.clone())
                    .unwrap_or_default(),
            ));
        }
        let reason = d
            .reason
            .or(ticket.reason)
            .filter(|_| d.action != Action::NoOp);
        if matches!(
            d.action,
            Action::Delete | Action::Replace | Action::ReplaceCreateFirst
        ) && !self.may_destroy(ticket, d.action, reason, &d.replace_paths)
        {
            return None;
        }
        let is_read = ticket.address.resource.mode == Mode::Data;
        let is_refresh = self.options.mode == PlanMode::RefreshOnly;
        if (self.options.mode == PlanMode::Normal || is_refresh && is_read)
            && ticket.wanted
            && !self.postconditions(ticket, &after)
        {
            return None;
        }
        // What expressions see of an object that is about to be destroyed is the object as it is. Of one that was found to
        // be gone nothing is known: what mentions it (a module's output, say) must not keep the rest from being destroyed.
        let seen = match self.options.mode {
            PlanMode::Normal => after.clone(),
            _ if before.is_null() => Value::unknown(Type::Dynamic),
            _ => before.clone(),
        };
        // What was found to be different is all that a refresh is about.
        if is_refresh && !is_read && d.importing.is_none() {
            if !before.is_null() {
                let after = before.clone();
                let rest = change(ticket, d.action, None, before, after, Vec::new(), d.private);
                self.rest.push(rest);
            }
            return Some(seen);
        }
        let gone = before.is_null() && after.is_null();
        if gone && d.stored.is_none() {
            return Some(seen);
        }
        if d.action != Action::NoOp
            && let Some(key) = self.object_of(ticket.node)
        {
            self.changed
                .entry(key)
                .or_default()
                .push(self.changes.len());
        }
        let change = change(
            ticket,
            d.action,
            reason,
            before,
            after,
            d.replace_paths,
            d.private,
        );
        self.changes.push(ResourceChange {
            importing: d.importing,
            ..change
        });
        Some(seen)
    }

    pub(super) fn may_destroy(
        &mut self,
        ticket: &Ticket,
        action: Action,
        reason: Option<Reason>,
        paths: &[Path],
    ) -> bool {
        let Some((m, i)) = self.object_of(ticket.node) else {
            return true;
        };
        let decl = self.cfg.resource(m, i);
        if !decl.lifecycle.prevent_destroy || ticket.deposed.is_some() {
            return true;
        }
        let what = if action == Action::Delete {
            "destroy"
        } else {
            "replace"
        };
        let is_tainted = reason == Some(Reason::ReplaceBecauseTainted);
        let cause = match paths.first() {
            Some(p) => format!(" because \"{p}\" changes"),
            None if is_tainted => " because it is tainted".to_owned(),
            None => String::new(),
        };
        let hint = if is_tainted {
            format!(
                "If it is as it should be, run: cloudapp untaint '{}'; else remove prevent_destroy.",
                ticket.address
            )
        } else {
            "Undo the change, or remove prevent_destroy.".to_owned()
        };
        self.evaluation.diags.push(
            Diagnostic::error("destroy-prevented", "Object must not be destroyed", format!("The plan would {what} {}{cause}, but its lifecycle has prevent_destroy = true.", ticket.address))
                .at(decl.span)
                .address(ticket.address.to_string())
                .hint(hint),
        );
        false
    }

    pub(super) fn postconditions(&mut self, ticket: &Ticket, after: &Value) -> bool {
        let Some((m, i)) = self.object_of(ticket.node) else {
            return true;
        };
        let decl = self.cfg.resource(m, i);
        self.evaluation.conditions(
            &decl.lifecycle.postconditions,
            ticket.instance,
            Some(after),
            &ticket.repetition,
            ConditionsOf::After(&ticket.address),
        )
    }

    pub(super) fn finish_resource(&mut self, node: u32) {
        let Some(mut g) = self.gathering.remove(&node) else {
            return;
        };
        let Some((_, index)) = self.object_of(node) else {
            return;
        };
        // Answers come in any order.
        g.values.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        let mut made = g.values.into_iter().peekable();
        for (instance, shape, keys) in g.shapes {
            while made.next_if(|v| v.0 < instance).is_some() {}
            let own = std::iter::from_fn(|| made.next_if(|v| v.0 == instance));
            let mut values = Vec::with_capacity(keys.len());
            values.extend(own.map(|(_, k, v)| (k, v)));
            self.evaluation.values.instances[instance].resources[index] =
                ResourceValues::new(shape, values);
        }
        self.complete(
            node,
            if g.failed {
                Status::Failed
            } else {
                Status::Done
            },
        );
    }
}

/// A change of a ticket's object; what is said about that there goes into it.
fn change(
    ticket: &mut Ticket,
    action: Action,
    reason: Option<Reason>,
    before: Value,
    after: Value,
    replace_paths: Vec<Path>,
    private: Vec<u8>,
) -> ResourceChange {
    let address = ticket.address.clone();
    ResourceChange {
        deposed: ticket.deposed.take(),
        reason,
        replace_paths,
        private,
        dependencies: std::mem::take(&mut ticket.dependencies),
        create_before_destroy: ticket.create_before_destroy,
        ..ResourceChange::new(
            address,
            std::mem::take(&mut ticket.provider_name),
            action,
            before,
            after,
        )
    }
}
