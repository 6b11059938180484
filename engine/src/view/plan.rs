//! A plan in the format of `terraform show -json PLAN`.

use cloudapp_lang::{Path, PathStep, Value};

use super::LANGUAGE_VERSION;
use super::checks::checks_json;
use super::configuration::configuration_json;
use super::json::{Array, Object, string};
use super::module_tree::ModuleTree;
use super::relevant::relevant_attributes;
use super::sensitivity::{mark_sensitive, provider_of, schema_of};
use super::value::{write_known, write_sensitive, write_unknown};
use crate::Providers;
use crate::address::{Address, InstanceKey, Mode};
use crate::config::Configuration;
use crate::plan::{Action, OutputChange, Plan, Reason, ResourceChange};

/// The version of the format, as its readers check it.
const FORMAT_VERSION: &str = "1.2";

/// A plan as JSON, compact. The state that it was made from is the plan's own `before`, so the text is the same
/// wherever and whenever the plan is shown. Of the `configuration` that it was made from, only the providers that take
/// part are told where it is not given.
#[must_use]
pub fn plan_json(
    plan: &Plan,
    configuration: Option<&Configuration>,
    providers: &Providers,
) -> String {
    let mut out = String::new();
    let mut top = Object::new(&mut out);
    top.string("format_version", FORMAT_VERSION)
        .string("terraform_version", LANGUAGE_VERSION);
    if !plan.variables.is_empty() {
        variables(top.key("variables"), plan);
    }
    planned_values(top.key("planned_values"), plan, providers);
    let mut drift = plan.drift_and_moves().peekable();
    if drift.peek().is_some() {
        changes(top.key("resource_drift"), drift, providers);
    }
    changes(top.key("resource_changes"), plan.changes.iter(), providers);
    output_changes(top.key("output_changes"), &plan.outputs);
    prior_state(top.key("prior_state"), plan, providers);
    if !plan.checks.is_empty() {
        checks_json(top.key("checks"), &plan.checks);
    }
    match configuration {
        Some(c) => configuration_json(top.key("configuration"), c, providers),
        None => used_providers(top.key("configuration"), plan, providers),
    }
    match configuration {
        Some(c) => relevant_attributes(top.key("relevant_attributes"), plan, c),
        None => top.key("relevant_attributes").push_str("[]"),
    }
    top.string("timestamp", &plan.created)
        .bool("applyable", !plan.is_empty())
        .bool("complete", true)
        .bool("errored", false);
    top.end();
    out
}

fn variables(out: &mut String, plan: &Plan) {
    let mut all = Object::new(out);
    for (name, value) in &plan.variables {
        let mut one = Object::new(all.key(name));
        write_known(one.key("value"), value);
        one.end();
    }
    all.end();
}

fn changes<'p>(
    out: &mut String,
    changes: impl Iterator<Item = &'p ResourceChange>,
    providers: &Providers,
) {
    let mut list = Array::new(out);
    // A data source is listed where it is still to be read.
    let is_shown =
        |c: &&ResourceChange| c.address.resource.mode == Mode::Managed || c.action != Action::NoOp;
    for c in changes.filter(is_shown) {
        resource_change(list.item(), c, providers);
    }
    list.end();
}

/// One entry of `resource_changes`, as JSON.
#[must_use]
pub fn change_json(change: &ResourceChange, providers: &Providers) -> String {
    let mut out = String::new();
    resource_change(&mut out, change, providers);
    out
}

fn resource_change(out: &mut String, c: &ResourceChange, providers: &Providers) {
    let mut object = Object::new(out);
    object.string("address", &c.address.to_string());
    if !c.address.module.is_root() {
        object.string("module_address", &c.address.module.to_string());
    }
    if let Some(previous) = &c.previous_address {
        object.string("previous_address", &previous.to_string());
    }
    identity(&mut object, &c.address);
    if let Some(key) = &c.deposed {
        object.string("deposed", key);
    }
    object.string("provider_name", source(providers, &c.provider));
    change(object.key("change"), c, providers);
    if let Some(reason) = c.reason {
        object.string("action_reason", reason.as_json());
    }
    object.end();
}

/// `mode`, `type`, `name` and `index`.
pub(super) fn identity(object: &mut Object<'_>, address: &Address) {
    object
        .string("mode", mode(address.resource.mode))
        .string("type", &address.resource.kind)
        .string("name", &address.resource.name);
    index(object, "index", &address.key);
}

/// What a mode is called.
pub(super) fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Data => "data",
        Mode::Managed => "managed",
    }
}

pub(super) fn index(object: &mut Object<'_>, name: &str, key: &InstanceKey) {
    match key {
        InstanceKey::None => {}
        InstanceKey::Index(n) => {
            object.number(name, *n);
        }
        InstanceKey::Key(k) => {
            object.string(name, k);
        }
    }
}

/// The source address of a provider; its name where the provider is not in this build.
pub(super) fn source<'a>(providers: &'a Providers, name: &'a str) -> &'a str {
    provider_of(providers, name).map_or(name, |p| p.source())
}

fn marked(c: &ResourceChange, value: &Value, providers: &Providers) -> Value {
    match schema_of(
        providers,
        &c.provider,
        c.address.resource.mode,
        &c.address.resource.kind,
    ) {
        Some(schema) => mark_sensitive(value, &schema.block),
        None => value.clone(),
    }
}

fn change(out: &mut String, c: &ResourceChange, providers: &Providers) {
    let (before, after) = (
        marked(c, &c.before, providers),
        marked(c, &c.after, providers),
    );
    let mut object = Object::new(out);
    object.strings("actions", c.action.as_json());
    write_known(object.key("before"), &before);
    write_known(object.key("after"), &after);
    // Where nothing is unknown, it is not even said of which parts that holds.
    if after.is_wholly_known() {
        object.raw("after_unknown", "{}");
    } else {
        write_unknown(object.key("after_unknown"), &after);
    }
    write_sensitive(object.key("before_sensitive"), &before);
    write_sensitive(object.key("after_sensitive"), &after);
    if !c.replace_paths.is_empty() {
        let mut list = Array::new(object.key("replace_paths"));
        for p in &c.replace_paths {
            path(list.item(), p);
        }
        list.end();
    }
    if let Some(importing) = &c.importing {
        let mut what = Object::new(object.key("importing"));
        what.string("id", &importing.id);
        what.end();
    }
    object.end();
}

fn path(out: &mut String, path: &Path) {
    let mut steps = Array::new(out);
    for step in &path.0 {
        match step {
            PathStep::Attr(name) | PathStep::Key(name) => string(steps.item(), name),
            PathStep::Index(i) => steps.item().push_str(&i.to_string()),
            // An element of a set has no name: what is meant is the set.
            PathStep::Element => break,
        }
    }
    steps.end();
}

/// Whether an output's value must not be shown: because it is declared so, or because of what it holds.
#[must_use]
pub fn sensitive_output(o: &OutputChange) -> bool {
    o.sensitive || o.after.marks_deep().is_sensitive() || o.before.marks_deep().is_sensitive()
}

fn output_changes(out: &mut String, outputs: &[OutputChange]) {
    let mut all = Object::new(out);
    for o in outputs {
        let mut object = Object::new(all.key(&o.name));
        object.strings("actions", o.action.as_json());
        write_known(object.key("before"), &o.before);
        if o.after.is_known() {
            write_known(object.key("after"), &o.after);
        }
        if o.after.is_wholly_known() {
            object.bool("after_unknown", false);
        } else {
            write_unknown(object.key("after_unknown"), &o.after);
        }
        let sensitive = sensitive_output(o);
        object
            .bool("before_sensitive", sensitive)
            .bool("after_sensitive", sensitive);
        object.end();
    }
    all.end();
}

/// One resource of `planned_values`, `prior_state` or a state, as JSON.
#[must_use]
pub fn resource_json(
    address: &Address,
    deposed: Option<&str>,
    provider: &str,
    value: &Value,
    rest: ResourceExtra<'_>,
    providers: &Providers,
) -> String {
    let schema = schema_of(
        providers,
        provider,
        address.resource.mode,
        &address.resource.kind,
    );
    let value = schema
        .as_ref()
        .map_or_else(|| value.clone(), |s| mark_sensitive(value, &s.block));
    let mut out = String::new();
    let mut object = Object::new(&mut out);
    object.string("address", &address.to_string());
    identity(&mut object, address);
    object.string("provider_name", source(providers, provider));
    object.number(
        "schema_version",
        rest.schema_version
            .or(schema.map(|s| s.version))
            .unwrap_or(0),
    );
    write_known(object.key("values"), &value);
    write_sensitive(object.key("sensitive_values"), &value);
    if !rest.dependencies.is_empty() {
        object.strings("depends_on", rest.dependencies);
    }
    if rest.tainted {
        object.bool("tainted", true);
    }
    if let Some(key) = deposed {
        object.string("deposed_key", key);
    }
    object.end();
    out
}

/// What a stored resource has besides its value.
#[derive(Clone, Copy, Debug, Default)]
pub struct ResourceExtra<'a> {
    pub schema_version: Option<u64>,
    pub dependencies: &'a [String],
    pub tainted: bool,
}

fn planned_values(out: &mut String, plan: &Plan, providers: &Providers) {
    let mut tree = ModuleTree::default();
    for c in &plan.changes {
        if c.deposed.is_none() && !c.after.is_null() {
            let extra = ResourceExtra::default();
            tree.add(
                &c.address.module,
                resource_json(&c.address, None, &c.provider, &c.after, extra, providers),
            );
        }
    }
    let mut object = Object::new(out);
    let mut outputs = Object::new(object.key("outputs"));
    for o in plan.outputs.iter().filter(|o| o.action != Action::Delete) {
        output(outputs.key(&o.name), sensitive_output(o), &o.after);
    }
    outputs.end();
    tree.write(object.key("root_module"));
    object.end();
}

/// An output with its type and value, as far as they are known.
pub(super) fn output(out: &mut String, sensitive: bool, value: &Value) {
    let mut object = Object::new(out);
    object.bool("sensitive", sensitive);
    if value.is_wholly_known() {
        object.raw("type", &value.ty().to_json().to_string());
        write_known(object.key("value"), value);
    }
    object.end();
}

fn prior_state(out: &mut String, plan: &Plan, providers: &Providers) {
    let mut tree = ModuleTree::default();
    let all = plan.changes.iter().chain(&plan.rest);
    let mut there: Vec<&ResourceChange> = all.filter(|c| !c.before.is_null()).collect();
    // Both are in order each: where one is empty, so are they together.
    if !plan.rest.is_empty() {
        there.sort_by_key(|c| (&c.address, &c.deposed));
    }
    for c in there {
        let extra = ResourceExtra {
            schema_version: None,
            dependencies: &c.dependencies,
            tainted: c.reason == Some(Reason::ReplaceBecauseTainted),
        };
        let json = resource_json(
            &c.address,
            c.deposed.as_deref(),
            &c.provider,
            &c.before,
            extra,
            providers,
        );
        tree.add(&c.address.module, json);
    }
    let mut object = Object::new(out);
    object
        .string("format_version", "1.0")
        .string("terraform_version", LANGUAGE_VERSION);
    let mut values = Object::new(object.key("values"));
    let mut outputs = Object::new(values.key("outputs"));
    for o in plan.outputs.iter().filter(|o| o.action != Action::Create) {
        output(outputs.key(&o.name), sensitive_output(o), &o.before);
    }
    outputs.end();
    tree.write(values.key("root_module"));
    values.end();
    object.end();
}

/// Which providers take part: expressions are not in a plan.
fn used_providers(out: &mut String, plan: &Plan, providers: &Providers) {
    let mut object = Object::new(out);
    let names: std::collections::BTreeSet<&str> =
        plan.changes.iter().map(|c| c.provider.as_str()).collect();
    let mut config = Object::new(object.key("provider_config"));
    for key in names {
        let (name, alias) = key
            .split_once('.')
            .map_or((key, None), |(n, a)| (n, Some(a)));
        let mut p = Object::new(config.key(key));
        p.string("name", name)
            .string("full_name", source(providers, key));
        if let Some(alias) = alias {
            p.string("alias", alias);
        }
        p.end();
    }
    config.end();
    object.raw("root_module", "{}");
    object.end();
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests say what they expect")]
mod tests {
    use std::collections::BTreeMap;

    use cloudapp_lang::Type;

    use super::*;
    use crate::plan::PlanMode;
    use crate::view::json::pretty;

    fn change(address: &str, action: Action, before: Value, after: Value) -> ResourceChange {
        let address = address.parse().unwrap();
        ResourceChange {
            dependencies: vec!["demo_vpc.main".into()],
            ..ResourceChange::new(address, "demo.east".into(), action, before, after)
        }
    }

    fn sample() -> Plan {
        let null = || Value::null(Type::Dynamic);
        let subnet = |cidr: &str, id: Value| {
            let disks = Value::tuple([Value::object([
                ("size", Value::number(50)),
                ("key", Value::string("k").sensitive()),
            ])]);
            Value::object([("id", id), ("cidr", Value::string(cidr)), ("disks", disks)])
        };
        let mut replaced = change(
            "module.net[\"a\"].demo_subnet.main[1]",
            Action::Replace,
            subnet("10.0.0.0/24", Value::string("s-1")),
            subnet("10.0.1.0/24", Value::unknown(Type::String)),
        );
        replaced.reason = Some(Reason::ReplaceBecauseCannotUpdate);
        replaced.replace_paths = vec![
            Path::attr("cidr"),
            Path(vec![
                PathStep::Attr("disks".into()),
                PathStep::Index(0),
                PathStep::Attr("size".into()),
            ]),
        ];
        let mut deposed = change(
            "demo_vpc.main",
            Action::Delete,
            subnet("x", Value::string("s-0")),
            null(),
        );
        deposed.deposed = Some("00000001".into());
        let output = |name: &str, action, before, after, sensitive| OutputChange {
            name: name.into(),
            action,
            before,
            after,
            sensitive,
            description: String::new(),
        };
        Plan {
            mode: PlanMode::Normal,
            created: "2026-01-02T03:04:05Z".into(),
            configuration: String::new(),
            variables: BTreeMap::from([("n".into(), Value::number(12))]),
            workspace: "default".to_owned(),
            lineage: String::new(),
            serial: 1,
            moves: Vec::new(),
            dropped: Vec::new(),
            is_partial: false,
            checks: Vec::new(),
            changes: vec![deposed, replaced],
            drift: Vec::new(),
            rest: Vec::new(),
            outputs: vec![
                output(
                    "main",
                    Action::Create,
                    null(),
                    Value::unknown(Type::String),
                    false,
                ),
                output(
                    "partly",
                    Action::Create,
                    null(),
                    Value::tuple([Value::number(1), Value::dynamic()]),
                    false,
                ),
                output(
                    "secret",
                    Action::NoOp,
                    Value::string("s"),
                    Value::string("s"),
                    true,
                ),
            ],
        }
    }

    #[test]
    fn everything() {
        insta::assert_snapshot!(pretty(&plan_json(&sample(), None, &Providers::default())));
    }
}
