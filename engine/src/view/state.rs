//! A state in the formats of `terraform show -json` and of `terraform state pull`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloudapp_lang::value::decode_json;
use cloudapp_lang::{PathStep, Value};

use super::LANGUAGE_VERSION;
use super::checks::{check_results_json, checks_json};
use super::json::{Array, Object, quoted};
use super::module_tree::ModuleTree;
use super::plan::{ResourceExtra, identity, index, resource_json, source};
use super::sensitivity::schema_of;
use crate::address::Address;
use crate::plan::CheckResult;
use crate::providers::base_name;
use crate::store::{InstanceRow, OutputRow, State};
use crate::{Providers, decode_object, decode_paths};

/// A state as JSON, compact, in the format of `show -json`.
#[must_use]
pub fn state_json(state: &State, providers: &Providers) -> String {
    let mut tree = ModuleTree::default();
    for row in &state.instances {
        // A row whose address cannot be read was not written by this engine; the store has reported it.
        let Ok(address) = row.address.parse::<Address>() else {
            continue;
        };
        let extra = ResourceExtra {
            schema_version: Some(row.schema_version),
            dependencies: &row.dependencies,
            tainted: row.tainted,
        };
        let deposed = (!row.deposed.is_empty()).then_some(row.deposed.as_str());
        let value = instance_value(row, &address, providers);
        tree.add(
            &address.module,
            resource_json(&address, deposed, &row.provider, &value, extra, providers),
        );
    }
    let mut out = String::new();
    let mut top = Object::new(&mut out);
    top.string("format_version", "1.0");
    let checks = results(state);
    let is_empty = state.instances.is_empty() && state.outputs.is_empty();
    // Of a state that has nothing there is nothing to say, not even who wrote it.
    if !is_empty || !checks.is_empty() {
        top.string("terraform_version", LANGUAGE_VERSION);
    }
    if !is_empty {
        let mut values = Object::new(top.key("values"));
        write_outputs(values.key("outputs"), &state.outputs);
        tree.write(values.key("root_module"));
        values.end();
    }
    if !checks.is_empty() {
        checks_json(top.key("checks"), &checks);
    }
    top.end();
    out
}

/// The outcomes of conditions that a state has. What cannot be read is of a version that is not this one: it says
/// nothing.
fn results(state: &State) -> Vec<CheckResult> {
    serde_json::from_str(&state.checks).unwrap_or_default()
}

/// The outputs of a state as JSON: `{name: {sensitive, type, value}}`, in name order. With the values of sensitive ones.
#[must_use]
pub fn outputs_json(outputs: &[OutputRow]) -> String {
    let mut out = String::new();
    write_outputs(&mut out, outputs);
    out
}

fn write_outputs(out: &mut String, outputs: &[OutputRow]) {
    let mut object = Object::new(out);
    for o in outputs {
        let mut one = Object::new(object.key(&o.name));
        one.bool("sensitive", o.sensitive)
            .raw("type", &o.ty)
            .raw("value", &o.value);
        one.end();
    }
    object.end();
}

/// The object of a row with the marks that the row records. Where the type is not in this build or the text does not
/// conform to it, the text's own types serve; what cannot be read at all is null.
#[must_use]
pub fn instance_value(row: &InstanceRow, address: &Address, providers: &Providers) -> Value {
    let schema = schema_of(
        providers,
        &row.provider,
        address.resource.mode,
        &address.resource.kind,
    );
    let value = schema
        .and_then(|s| decode_object(&row.attributes, &s.block.ty()).ok())
        .or_else(|| decode_json(&row.attributes).ok())
        .unwrap_or_else(|| Value::null(cloudapp_lang::Type::Dynamic));
    value.mark_paths(&decode_paths(&row.sensitive))
}

/// A state as a state file of Terraform (version 4): for backups and for tools that read such files.
#[must_use]
pub fn state_file_json(state: &State, providers: &Providers) -> String {
    let mut out = String::new();
    let mut top = Object::new(&mut out);
    top.number("version", 4)
        .string("terraform_version", LANGUAGE_VERSION);
    top.number("serial", state.serial)
        .string("lineage", &state.lineage);
    let mut outputs = Object::new(top.key("outputs"));
    for o in &state.outputs {
        let mut one = Object::new(outputs.key(&o.name));
        one.raw("value", &o.value).raw("type", &o.ty);
        if o.sensitive {
            one.bool("sensitive", true);
        }
        one.end();
    }
    outputs.end();
    let mut rows = state
        .instances
        .iter()
        .filter_map(|r| Some((r.address.parse::<Address>().ok()?, r)))
        .peekable();
    let mut resources = Array::new(top.key("resources"));
    // Rows are in address order, so the instances of one resource follow one another.
    while let Some((address, row)) = rows.next() {
        let mut object = Object::new(resources.item());
        if !address.module.is_root() {
            object.string("module", &address.module.to_string());
        }
        let mut resource = address.clone();
        resource.key = crate::address::InstanceKey::None;
        identity(&mut object, &resource);
        object.string("provider", &provider_reference(providers, &row.provider));
        let mut instances = Array::new(object.key("instances"));
        instance(instances.item(), &address, row);
        while let Some((next, row)) =
            rows.next_if(|(a, _)| a.module == address.module && a.resource == address.resource)
        {
            instance(instances.item(), &next, row);
        }
        instances.end();
        object.end();
    }
    resources.end();
    match results(state) {
        r if r.is_empty() => {
            top.raw("check_results", "null");
        }
        r => check_results_json(top.key("check_results"), &r),
    }
    top.end();
    out
}

fn provider_reference(providers: &Providers, name: &str) -> String {
    let alias = name
        .split_once('.')
        .map_or(String::new(), |(_, a)| format!(".{a}"));
    format!(
        "provider[\"{}\"]{alias}",
        source(providers, base_name(name))
    )
}

fn instance(out: &mut String, address: &Address, row: &InstanceRow) {
    let mut object = Object::new(out);
    index(&mut object, "index_key", &address.key);
    if row.tainted {
        object.string("status", "tainted");
    }
    if !row.deposed.is_empty() {
        object.string("deposed", &row.deposed);
    }
    object
        .number("schema_version", row.schema_version)
        .raw("attributes", &row.attributes);
    sensitive_attributes(object.key("sensitive_attributes"), &row.sensitive);
    if !row.private.is_empty() {
        object.string("private", &STANDARD.encode(&row.private));
    }
    if !row.dependencies.is_empty() {
        object.strings("dependencies", &row.dependencies);
    }
    if row.create_before_destroy {
        object.bool("create_before_destroy", true);
    }
    object.end();
}

/// Paths in the form of Terraform's state files.
fn sensitive_attributes(out: &mut String, paths: &str) {
    let mut list = Array::new(out);
    for (path, _) in decode_paths(paths) {
        let mut steps = Array::new(list.item());
        for step in &path.0 {
            let (kind, value) = match step {
                PathStep::Attr(name) => ("get_attr", quoted(name)),
                PathStep::Key(key) => (
                    "index",
                    format!("{{\"value\":{},\"type\":\"string\"}}", quoted(key)),
                ),
                PathStep::Index(i) => ("index", format!("{{\"value\":{i},\"type\":\"number\"}}")),
                // An element of a set has no name: what is meant is the set.
                PathStep::Element => break,
            };
            let mut object = Object::new(steps.item());
            object.string("type", kind).raw("value", &value);
            object.end();
        }
        steps.end();
    }
    list.end();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::json::pretty;

    fn row(address: &str, deposed: &str) -> InstanceRow {
        InstanceRow {
            address: address.into(),
            deposed: deposed.into(),
            provider: "demo".into(),
            schema_version: 1,
            attributes:
                "{\"big\":12345678901234567890.5,\"password\":\"p\",\"tags\":{\"a\":\"b\"}}".into(),
            sensitive: "[[\"password\"],[\"tags\",{\"key\":\"a\"}]]".into(),
            private: b"notes".to_vec(),
            dependencies: vec!["demo_vpc.main".into()],
            tainted: !deposed.is_empty(),
            create_before_destroy: deposed.is_empty(),
        }
    }

    fn sample() -> State {
        State {
            lineage: "l".into(),
            serial: 3,
            instances: vec![
                row("demo_a.x[0]", ""),
                row("demo_a.x[0]", "00000001"),
                row("demo_a.x[1]", ""),
                row("module.m[\"k\"].module.n.data.demo_b.y", ""),
            ],
            outputs: vec![OutputRow {
                name: "main".into(),
                ty: "\"number\"".into(),
                value: "1.50000000000000000000001".into(),
                sensitive: true,
                description: String::new(),
            }],
            policy: String::new(),
            values: String::new(),
            checks:
                r#"[{"kind":"resource","address":"module.m.demo_a.x","status":"fail","instances":[
                {"address":"module.m[\"k\"].demo_a.x[0]","status":"fail","problems":["too small"]},
                {"address":"module.m[\"k\"].demo_a.x[1]","status":"pass","problems":[]}]},
                {"kind":"check","address":"module.m.check.c","status":"unknown","instances":[
                {"address":"module.m[\"k\"].check.c","status":"unknown","problems":[]}]}]"#
                    .into(),
        }
    }

    #[test]
    fn shown() {
        insta::assert_snapshot!(pretty(&state_json(&sample(), &Providers::default())));
    }

    #[test]
    fn as_a_state_file() {
        insta::assert_snapshot!(pretty(&state_file_json(&sample(), &Providers::default())));
    }

    #[test]
    fn an_empty_state_has_no_values() {
        assert!(!state_json(&State::default(), &Providers::default()).contains("values"));
    }
}
