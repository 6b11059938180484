//! The third interrupt: nobody waits any longer for what is in flight.

use super::*;

impl Applier<'_> {
    /// Leaves all operations that are in flight. What they were to do is recorded as unknown, so that the next run finds out
    /// what came of it.
    pub(super) fn abandon(&mut self) {
        self.stopping = true;
        self.take_ended();
        self.running.abort_all();
        self.take_all_back();
        let mut left: Vec<(usize, Pending)> = self.pending.drain().collect();
        left.sort_by_key(|(i, _)| *i);
        let plan = self.plan;
        for (i, p) in &left {
            let c = &plan.changes[*i];
            self.summary.failed += 1;
            // Provisioners need no note: their object is recorded as half made, or as still there.
            if let (true, Stage::Call) = (p.journalled, &p.stage) {
                self.journal.push(Change::Outcome {
                    operation: p.operation.clone(),
                    outcome: Outcome::Unknown,
                    error: Some(ABANDONED.to_owned()),
                });
            }
            self.note(c, c.action, "abandoned", std::time::Duration::ZERO);
            self.runner.observer.event(&Event::OperationFailed {
                address: &c.address,
                action: c.action,
                elapsed: p.since.elapsed(),
                error: ABANDONED,
            });
        }
        if !left.is_empty() {
            let names: Vec<String> = left
                .iter()
                .map(|(i, _)| plan.changes[*i].address.to_string())
                .collect();
            self.evaluation.diags.push(
                Diagnostic::error(
                    "operations-abandoned",
                    "Operations were abandoned",
                    format!(
                        "Nobody knows what became of {}: {}.",
                        match left.len() {
                            1 => "1 operation".to_owned(),
                            n => format!("{n} operations"),
                        },
                        names.join(", ")
                    ),
                )
                .hint("Run the command again: it finds out first what they did."),
            );
        }
    }
}

const ABANDONED: &str = "The run was interrupted and did not wait for an answer.";
