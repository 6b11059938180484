//! The stream of `-json` commands: one object a line, in the form that Terraform gives it.
//!
//! Types beyond Terraform's: `apply_retried`, `apply_skipped`, `output_skipped`, `recovered` and `role_policy`. A reader that does not know a type
//! leaves it out, as it is told to.

use std::time::Duration;

use cloudapp_engine::address::{Address, InstanceKey};
use cloudapp_engine::event::{ApplySummary, Event};
use cloudapp_engine::plan::{Action, OutputChange, Plan, Reason, ResourceChange};
use cloudapp_engine::store::OutputRow;
use cloudapp_engine::view::json::Object;
use cloudapp_engine::view::value::write_known;
use cloudapp_engine::view::{LANGUAGE_VERSION, sensitive_output};
use cloudapp_lang::{Diagnostic, SourceMap};

use crate::render::diagnostic;
use crate::render::progress::{first_line, words};
use crate::role::RolePolicy;
use crate::ui;

/// The version of the form of these messages.
const FORM: &str = "1.2";

/// Writes events to standard output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stream;

impl Stream {
    pub(crate) fn send(self, message: Message) {
        ui::out(&message.finish(&now()));
    }

    pub(crate) fn diagnostic(self, d: &Diagnostic, sources: &SourceMap) {
        self.send(diagnostic_message(d, sources));
    }
}

fn now() -> String {
    format!("{:.6}", jiff::Timestamp::now())
}

/// One line, but for the time.
#[derive(Debug)]
pub(crate) struct Message {
    level: &'static str,
    text: String,
    kind: &'static str,
    /// Name of the property that belongs to the type, and its JSON.
    body: Vec<(&'static str, String)>,
}

impl Message {
    fn new(kind: &'static str, text: impl Into<String>) -> Self {
        Self {
            level: "info",
            text: text.into(),
            kind,
            body: Vec::new(),
        }
    }

    fn with(mut self, name: &'static str, write: impl FnOnce(&mut String)) -> Self {
        let mut json = String::new();
        write(&mut json);
        self.body.push((name, json));
        self
    }

    /// The line with its line break.
    pub(crate) fn finish(&self, timestamp: &str) -> String {
        let mut out = String::new();
        let mut object = Object::new(&mut out);
        object
            .string("@level", self.level)
            .string("@message", &self.text)
            .string("@module", "cloudapp.ui");
        object.string("@timestamp", timestamp);
        for (name, json) in &self.body {
            object.raw(name, json);
        }
        object.string("type", self.kind);
        object.end();
        out.push('\n');
        out
    }
}

/// The first line: who speaks, and to which cloud.
pub(crate) fn version(cloud: &str) -> Message {
    let own = env!("CARGO_PKG_VERSION");
    let note = if cloud == "mock" {
        "; mock cloud: nothing real is created"
    } else {
        ""
    };
    let string = |s: &str| cloudapp_engine::view::json::quoted(s);
    Message::new("version", format!("cloudapp {own}{note}"))
        .with("terraform", |o| o.push_str(&string(LANGUAGE_VERSION)))
        .with("cloudapp", |o| o.push_str(&string(own)))
        .with("cloud", |o| o.push_str(&string(cloud)))
        .with("ui", |o| o.push_str(&string(FORM)))
}

pub(crate) fn diagnostic_message(d: &Diagnostic, sources: &SourceMap) -> Message {
    let name = if d.is_error() { "Error" } else { "Warning" };
    let mut m = Message::new("diagnostic", format!("{name}: {}", d.summary))
        .with("diagnostic", |o| o.push_str(&diagnostic::json(d, sources)));
    m.level = if d.is_error() { "error" } else { "warn" };
    m
}

fn resource(out: &mut String, a: &Address) {
    let mut object = Object::new(out);
    object
        .string("addr", &a.to_string())
        .string("module", &a.module.to_string());
    object.string("resource", &format!("{}{}", a.resource, a.key));
    object.string("implied_provider", a.resource.implied_provider());
    object
        .string("resource_type", &a.resource.kind)
        .string("resource_name", &a.resource.name);
    match &a.key {
        InstanceKey::None => object.raw("resource_key", "null"),
        InstanceKey::Index(n) => object.number("resource_key", *n),
        InstanceKey::Key(k) => object.string("resource_key", k),
    };
    object.end();
}

/// What Terraform calls an action in the stream.
fn action(a: Action) -> &'static str {
    match a {
        Action::NoOp => "noop",
        Action::Create => "create",
        Action::Read => "read",
        Action::Update => "update",
        Action::Delete => "delete",
        Action::Replace | Action::ReplaceCreateFirst => "replace",
        Action::Forget => "remove",
    }
}

/// What Terraform calls a reason in the stream, which is not always what it is called in a plan.
fn reason(r: Reason) -> &'static str {
    match r {
        Reason::ReplaceByRequest => "requested",
        Reason::ReplaceByTriggers => "replace_triggered_by",
        other => {
            let name = other.as_json();
            name.strip_prefix("replace_because_").unwrap_or(name)
        }
    }
}

fn change(kind: &'static str, c: &ResourceChange) -> Message {
    let what = if kind == "resource_drift" {
        "Drift detected"
    } else {
        "Plan to"
    };
    // A no-op is in the stream only if something else happens to what the state says.
    let name = match c.action {
        Action::NoOp if c.importing.is_some() => "import",
        Action::NoOp if c.previous_address.is_some() => "move",
        other => action(other),
    };
    let text = match (name, &c.previous_address) {
        ("move", Some(previous)) => format!("{}: Moved from {previous}", c.address),
        _ => format!("{}: {what} {name}", c.address),
    };
    Message::new(kind, text).with("change", |out| {
        let mut object = Object::new(out);
        resource(object.key("resource"), &c.address);
        if let Some(previous) = &c.previous_address {
            resource(object.key("previous_resource"), previous);
        }
        if let Some(key) = &c.deposed {
            object.string("deposed", key);
        }
        object.string("action", name);
        if let Some(importing) = &c.importing {
            let mut what = Object::new(object.key("importing"));
            what.string("id", &importing.id);
            what.end();
        }
        if let Some(r) = c.reason {
            object.string("reason", reason(r));
        }
        object.end();
    })
}

/// What a plan says, line by line: drift, changes, the summary and the outputs.
pub(crate) fn plan(plan: &Plan) -> impl Iterator<Item = Message> {
    let drift = plan.drift_and_moves();
    let drift = drift.map(|c| change("resource_drift", c));
    let changes = plan.changes.iter().filter(|c| !c.is_empty());
    let changes = changes.map(|c| change("planned_change", c));
    let n = plan.counts();
    let summary = ApplySummary {
        imported: n.import,
        added: n.add,
        changed: n.change,
        destroyed: n.destroy,
        ..ApplySummary::default()
    };
    let headline = crate::render::plan::headline(plan);
    let summary = change_summary(&summary, "plan", headline);
    let outputs = (!plan.outputs.is_empty()).then(|| planned_outputs(&plan.outputs));
    drift.chain(changes).chain([summary]).chain(outputs)
}

/// What the installed application may call, and what of it is new.
pub(crate) fn role_policy(role: &RolePolicy) -> Message {
    Message::new("role_policy", crate::render::role::headline(role)).with("role_policy", |out| {
        let mut object = Object::new(out);
        crate::render::role::properties(&mut object, role);
        object.end();
    })
}

/// What is done to objects: an apply says it again.
pub(crate) fn changes(plan: &Plan) -> impl Iterator<Item = Message> {
    plan.changes
        .iter()
        .filter(|c| c.action != Action::NoOp)
        .map(|c| change("planned_change", c))
}

/// `operation` is `plan`, `apply` or `destroy`.
pub(crate) fn change_summary(summary: &ApplySummary, operation: &str, text: String) -> Message {
    Message::new("change_summary", text).with("changes", |out| {
        let mut object = Object::new(out);
        for (name, n) in [
            ("add", summary.added),
            ("change", summary.changed),
            ("import", summary.imported),
            ("remove", summary.destroyed),
        ] {
            object.number(name, n as u64);
        }
        for (name, n) in [("failed", summary.failed), ("skipped", summary.skipped)] {
            if n > 0 {
                object.number(name, n as u64);
            }
        }
        object.string("operation", operation);
        object.end();
    })
}

fn planned_outputs(outputs: &[OutputChange]) -> Message {
    Message::new("outputs", format!("Outputs: {}", outputs.len())).with("outputs", |out| {
        let mut all = Object::new(out);
        for o in outputs {
            let mut one = Object::new(all.key(&o.name));
            let sensitive = sensitive_output(o);
            one.bool("sensitive", sensitive);
            if !sensitive && o.after.is_wholly_known() && o.action != Action::Delete {
                one.raw("type", &o.after.ty().to_json().to_string());
                write_known(one.key("value"), &o.after);
            }
            one.string("action", action(o.action));
            one.end();
        }
        all.end();
    })
}

/// The outputs after an apply. The values of sensitive ones are left out: a stream ends up in logs.
pub(crate) fn outputs(rows: &[OutputRow]) -> Message {
    Message::new("outputs", format!("Outputs: {}", rows.len())).with("outputs", |out| {
        let mut all = Object::new(out);
        for o in rows {
            let mut one = Object::new(all.key(&o.name));
            one.bool("sensitive", o.sensitive).raw("type", &o.ty);
            if !o.sensitive {
                one.raw("value", &o.value);
            }
            one.end();
        }
        all.end();
    })
}

fn id(object: &mut Object<'_>, id: Option<&str>) {
    if let Some(id) = id {
        object.string("id_key", "id").string("id_value", id);
    }
}

fn hook(
    kind: &'static str,
    text: String,
    address: &Address,
    fill: impl FnOnce(&mut Object<'_>),
) -> Message {
    Message::new(kind, text).with("hook", |out| {
        let mut object = Object::new(out);
        resource(object.key("resource"), address);
        fill(&mut object);
        object.end();
    })
}

/// What a provisioner does or says.
fn provision(
    kind: &'static str,
    what: &str,
    address: &Address,
    provisioner: &str,
    output: Option<&str>,
) -> Message {
    hook(
        kind,
        format!("{address}: {what} {provisioner}"),
        address,
        |o| {
            o.string("provisioner", provisioner);
            if let Some(output) = output {
                o.string("output", output);
            }
        },
    )
}

/// The message for an operation that takes long.
pub(crate) fn still(address: &Address, a: Action, running: Duration) -> Message {
    let text = format!(
        "{address}: still {}... ({}s)",
        words(a).0,
        running.as_secs()
    );
    hook("apply_progress", text, address, |o| {
        o.string("action", action(a))
            .number("elapsed_seconds", running.as_secs());
    })
}

/// The message for an event; none for those that come in another way.
pub(crate) fn event(event: &Event<'_>) -> Option<Message> {
    Some(match event {
        Event::RefreshStarted { address, id: i } => hook(
            "refresh_start",
            format!("{address}: reading..."),
            address,
            |o| id(o, *i),
        ),
        Event::RefreshFinished { address, id: i } => hook(
            "refresh_complete",
            format!("{address}: read"),
            address,
            |o| id(o, *i),
        ),
        Event::OperationStarted {
            address,
            action: a,
            id: i,
        } => {
            hook(
                "apply_start",
                format!("{address}: {}...", words(*a).0),
                address,
                |o| {
                    o.string("action", action(*a));
                    // What is being created has no id yet; in a replacement the old one is meant.
                    id(o, i.filter(|_| *a != Action::Create));
                },
            )
        }
        Event::OperationFinished {
            address,
            action: a,
            id: i,
            elapsed,
        } => {
            let text = format!("{address}: {} after {}s", words(*a).1, elapsed.as_secs());
            hook("apply_complete", text, address, |o| {
                o.string("action", action(*a));
                id(o, *i);
                o.number("elapsed_seconds", elapsed.as_secs());
            })
        }
        Event::OperationFailed {
            address,
            action: a,
            elapsed,
            error,
        } => {
            let text = format!(
                "{address}: {} failed after {}s",
                words(*a).0,
                elapsed.as_secs()
            );
            hook("apply_errored", text, address, |o| {
                o.string("action", action(*a))
                    .number("elapsed_seconds", elapsed.as_secs())
                    .string("error", error);
            })
        }
        Event::OperationRetried {
            address,
            action: a,
            attempt,
            error,
            wait,
        } => {
            let text = format!("{address}: attempt {attempt} after: {}", first_line(error));
            hook("apply_retried", text, address, |o| {
                o.string("action", action(*a))
                    .number("attempt", u64::from(*attempt));
                o.number(
                    "wait_ms",
                    u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
                )
                .string("error", error);
            })
        }
        Event::ProvisionStarted {
            address,
            provisioner,
        } => provision(
            "provision_start",
            "Provisioning with",
            address,
            provisioner,
            None,
        ),
        Event::ProvisionProgress {
            address,
            provisioner,
            output,
        } => provision(
            "provision_progress",
            "Output of",
            address,
            provisioner,
            Some(output),
        ),
        Event::ProvisionFinished {
            address,
            provisioner,
        } => provision(
            "provision_complete",
            "Provisioned with",
            address,
            provisioner,
            None,
        ),
        Event::ProvisionFailed {
            address,
            provisioner,
            ..
        } => provision("provision_errored", "Failed in", address, provisioner, None),
        Event::OperationSkipped {
            address,
            action: a,
            because,
        } => hook(
            "apply_skipped",
            format!("{address}: skipped, because {because} failed"),
            address,
            |o| {
                o.string("action", action(*a)).string("because", because);
            },
        ),
        Event::OutputSkipped {
            name,
            because,
            kept,
        } => Message::new(
            "output_skipped",
            format!(
                "output.{name}: not known, because {} failed",
                because.join(", ")
            ),
        )
        .with("output", |out| {
            let mut o = Object::new(out);
            o.string("name", name).strings("because", *because);
            o.bool("kept", *kept);
            o.end();
        }),
        Event::Recovered { address, id: i } => Message::new(
            "recovered",
            format!("{address}: an earlier run made this without recording it"),
        )
        .with("hook", |out| {
            let mut o = Object::new(out);
            o.string("addr", address);
            id(&mut o, *i);
            o.end();
        }),
        Event::Stopping => Message::new(
            "log",
            "Stopping: what is in flight ends, nothing new starts",
        ),
        Event::Cancelling => Message::new("log", "Cancelling: calls in flight are given up"),
        Event::Abandoning => Message::new("log", "Leaving: what is in flight is noted as unknown"),
        Event::PhaseStarted { .. }
        | Event::Planned { .. }
        | Event::Diagnostic(_)
        | Event::OperationAbandoned { .. }
        | Event::Applied { .. } => return None,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests say what they expect")]
mod tests {
    use super::*;
    use crate::render::sample;

    fn lines(messages: impl IntoIterator<Item = Message>) -> String {
        messages
            .into_iter()
            .map(|m| m.finish("T").replace(env!("CARGO_PKG_VERSION"), "0.0.0"))
            .collect()
    }

    #[test]
    fn a_plan() {
        let text = lines([version("mock")].into_iter().chain(plan(&sample::plan())));
        for line in text.lines() {
            serde_json::from_str::<serde_json::Value>(line).unwrap();
        }
        insta::assert_snapshot!(text);
    }

    #[test]
    fn an_apply() {
        let a = "module.m[\"k\"].demo_vpc.main[0]".parse().unwrap();
        let address = &a;
        let elapsed = Duration::from_millis(2500);
        let events = [
            Event::RefreshStarted {
                address,
                id: Some("vpc-1"),
            },
            Event::RefreshFinished {
                address,
                id: Some("vpc-1"),
            },
            Event::OperationStarted {
                address,
                action: Action::Create,
                id: None,
            },
            Event::OperationFinished {
                address,
                action: Action::Create,
                id: Some("vpc-1"),
                elapsed,
            },
            Event::OperationFailed {
                address,
                action: Action::Create,
                elapsed,
                error: "no \"quota\"",
            },
            Event::OperationRetried {
                address,
                action: Action::Create,
                attempt: 2,
                error: "busy",
                wait: elapsed,
            },
            Event::ProvisionStarted {
                address,
                provisioner: "local-exec",
            },
            Event::ProvisionProgress {
                address,
                provisioner: "local-exec",
                output: "a line",
            },
            Event::ProvisionFinished {
                address,
                provisioner: "local-exec",
            },
            Event::ProvisionFailed {
                address,
                provisioner: "local-exec",
                error: "exit code 1",
            },
            Event::OperationSkipped {
                address,
                action: Action::Create,
                because: "demo_vpc.main",
            },
            Event::OutputSkipped {
                name: "ip",
                because: &["demo_vpc.main".to_owned()],
                kept: true,
            },
            Event::Recovered {
                address: "demo_vpc.main",
                id: None,
            },
        ];
        let row = OutputRow {
            name: "secret".into(),
            ty: "\"string\"".into(),
            value: "\"hunter2\"".into(),
            sensitive: true,
            description: String::new(),
        };
        let mut messages: Vec<_> = events.iter().filter_map(event).collect();
        messages.push(still(address, Action::Create, Duration::from_secs(10)));
        messages.push(outputs(&[row]));
        let text = lines(messages);
        for line in text.lines() {
            serde_json::from_str::<serde_json::Value>(line).unwrap();
        }
        assert!(!text.contains("hunter2"));
        insta::assert_snapshot!(text);
    }
}
