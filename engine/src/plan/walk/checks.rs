//! The data sources of checks: that one cannot be read is the check's failure, not the run's.

use super::*;

impl<'r> Planner<'r> {
    /// Plans that a check's data source is read again once everything is done, with what reading it now gave.
    pub(super) fn record_for_check(
        &mut self,
        ticket: &mut Ticket,
        result: Result<Decision, JobError>,
    ) -> Option<Value> {
        let (module, index) = self.object_of(ticket.node)?;
        let decl = self.cfg.resource(module, index);
        let value = match result {
            Ok(d) => {
                self.evaluation
                    .source_read(module, index, ticket.instance, None);
                with_marks(&decl.schema, d.planned, &d.marks)
            }
            Err(e) => {
                let d = crate::conditions::unread_source(
                    e.diagnostic(&ticket.address, &ticket.provider_name),
                    decl,
                    &ticket.address,
                );
                let problem = Some(d.detail.clone());
                self.evaluation
                    .source_read(module, index, ticket.instance, problem);
                self.evaluation.diags.push(d);
                ticket.unread.clone()?
            }
        };
        self.changes.push(ResourceChange {
            reason: Some(Reason::ReadBecauseCheckNested),
            dependencies: std::mem::take(&mut ticket.dependencies),
            ..ResourceChange::new(
                ticket.address.clone(),
                std::mem::take(&mut ticket.provider_name),
                Action::Read,
                Value::null(decl.schema.block.ty()),
                value.clone(),
            )
        });
        Some(value)
    }
}
