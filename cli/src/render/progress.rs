//! What happens during a run, one line for each thing that begins or ends.

use std::time::Duration;

use cloudapp_engine::event::Event;
use cloudapp_engine::plan::Action;

use super::elapsed;
use super::palette::Palette;

/// What an action is called while it goes on and when it is done.
pub(crate) fn words(action: Action) -> (&'static str, &'static str) {
    match action {
        Action::NoOp => ("checking", "checked"),
        Action::Create => ("creating", "created"),
        Action::Read => ("reading", "read"),
        Action::Update => ("changing", "changed"),
        Action::Delete => ("destroying", "destroyed"),
        Action::Replace | Action::ReplaceCreateFirst => ("replacing", "replaced"),
        Action::Forget => ("forgetting", "forgotten"),
    }
}

fn id_note(id: Option<&str>) -> String {
    id.map_or(String::new(), |id| format!(" [id={id}]"))
}

/// The line for an event; none for events that a plain log does not show.
pub(crate) fn line(event: &Event<'_>, palette: Palette) -> Option<String> {
    Some(match event {
        Event::OperationStarted {
            address,
            action,
            id,
        } => {
            // What is being created has no id yet; in a replacement the old one is meant.
            let id = id.filter(|_| *action != Action::Create);
            format!(
                "{}: {}...{}",
                palette.bold(&address.to_string()),
                words(*action).0,
                id_note(id)
            )
        }
        Event::OperationFinished {
            address,
            action,
            id,
            elapsed: d,
        } => format!(
            "{}: {} in {}{}",
            palette.bold(&address.to_string()),
            palette.added(words(*action).1),
            elapsed(*d),
            id_note(*id)
        ),
        Event::OperationRetried {
            address,
            action,
            attempt,
            error,
            wait,
        } => format!(
            "{}: {} goes on: attempt {attempt} in {}, after: {}",
            palette.bold(&address.to_string()),
            words(*action).0,
            elapsed(*wait),
            first_line(error)
        ),
        Event::OperationFailed {
            address,
            action,
            elapsed: d,
            error,
        } => format!(
            "{}: {} {} after {}: {}",
            palette.bold(&address.to_string()),
            words(*action).0,
            palette.error("failed"),
            elapsed(*d),
            first_line(error)
        ),
        Event::ProvisionStarted {
            address,
            provisioner,
        } => format!(
            "{}: {provisioner} starts",
            palette.bold(&address.to_string())
        ),
        Event::ProvisionProgress {
            address,
            provisioner,
            output,
        } => format!(
            "{} ({provisioner}): {}",
            palette.bold(&address.to_string()),
            super::value::clean(output)
        ),
        Event::ProvisionFinished {
            address,
            provisioner,
        } => format!("{}: {provisioner} done", palette.bold(&address.to_string())),
        Event::ProvisionFailed {
            address,
            provisioner,
            error,
        } => format!(
            "{}: {provisioner} {}: {}",
            palette.bold(&address.to_string()),
            palette.error("failed"),
            first_line(error)
        ),
        Event::OperationSkipped {
            address, because, ..
        } => {
            format!(
                "{}: {}, because {because} failed",
                palette.bold(&address.to_string()),
                palette.changed("skipped")
            )
        }
        Event::Recovered { address, id } => format!(
            "{}: an earlier run made this without recording it; it is in the state now{}",
            palette.bold(address),
            id_note(*id)
        ),
        Event::Stopping => {
            "Stopping: what is in flight ends, nothing new starts. Press Ctrl-C again to cancel."
                .to_owned()
        }
        Event::Cancelling => {
            "Cancelling: calls in flight are given up. Press Ctrl-C again to leave at once."
                .to_owned()
        }
        Event::Abandoning => {
            "Leaving: what is in flight is noted as unknown, and the next run finds out what it did."
                .to_owned()
        }
        Event::PhaseStarted { .. }
        | Event::RefreshStarted { .. }
        | Event::RefreshFinished { .. }
        | Event::Planned { .. }
        | Event::Diagnostic(_)
        | Event::OperationAbandoned { .. }
        | Event::OutputSkipped { .. }
        | Event::Applied { .. } => return None,
    })
}

/// The line for an operation that takes long.
pub(crate) fn still(address: &str, action: Action, running: Duration, palette: Palette) -> String {
    format!(
        "{}: still {}... ({})",
        palette.bold(address),
        words(action).0,
        elapsed(running)
    )
}

pub(crate) fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests say what they expect")]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let a = "module.m[\"k\"].demo_vpc.main[0]".parse().unwrap();
        let (address, because) = (&a, "demo_subnet.b");
        let elapsed = Duration::from_millis(12_340);
        let events = [
            Event::OperationStarted {
                address,
                action: Action::Create,
                id: None,
            },
            Event::OperationStarted {
                address,
                action: Action::Delete,
                id: Some("vpc-1"),
            },
            Event::OperationRetried {
                address,
                action: Action::Create,
                attempt: 2,
                error: "busy\nmore",
                wait: elapsed,
            },
            Event::OperationFinished {
                address,
                action: Action::Create,
                id: Some("vpc-1"),
                elapsed,
            },
            Event::OperationFailed {
                address,
                action: Action::Update,
                elapsed,
                error: "no\nmore",
            },
            Event::ProvisionStarted {
                address,
                provisioner: "local-exec",
            },
            Event::ProvisionProgress {
                address,
                provisioner: "local-exec",
                output: "one \u{1b}[2J line",
            },
            Event::ProvisionFailed {
                address,
                provisioner: "local-exec",
                error: "exit code 1",
            },
            Event::OperationSkipped {
                address,
                action: Action::Create,
                because,
            },
            Event::Recovered {
                address: "demo_vpc.main",
                id: Some("vpc-1"),
            },
            Event::Stopping,
            Event::Cancelling,
            Event::Abandoning,
        ];
        let mut shown: Vec<_> = events
            .iter()
            .filter_map(|e| line(e, Palette::PLAIN))
            .collect();
        shown.push(still(
            "demo_vpc.main",
            Action::Create,
            elapsed,
            Palette::PLAIN,
        ));
        insta::assert_snapshot!(shown.join("\n"));
    }
}
