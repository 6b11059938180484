//! The outcomes of conditions, as plans and states show them.

use super::json::{Array, Object};
use super::plan::{identity, index};
use crate::address::{Address, InstanceKey};
use crate::plan::{CheckInstance, CheckKind, CheckResult, CheckStatus};

/// `checks` of `show -json`.
pub(super) fn checks_json(out: &mut String, results: &[CheckResult]) {
    let mut list = Array::new(out);
    for r in results {
        let mut one = Object::new(list.item());
        check_address(one.key("address"), r);
        one.string("status", status(r.status));
        let mut instances = Array::new(one.key("instances"));
        for i in &r.instances {
            instance(instances.item(), r, i);
        }
        instances.end();
        one.end();
    }
    list.end();
}

fn check_address(out: &mut String, r: &CheckResult) {
    let mut address = Object::new(out);
    address.string("to_display", &r.address);
    address.string(
        "kind",
        match r.kind {
            CheckKind::Resource => "resource",
            CheckKind::OutputValue => "output_value",
            CheckKind::Check => "check",
            CheckKind::Var => "var",
        },
    );
    let (module, name) = place(r.kind, &r.address);
    if let Some(module) = module {
        address.string("module", module);
    }
    match r.address.parse::<Address>() {
        Ok(a) if r.kind == CheckKind::Resource => identity(&mut address, &a),
        _ => {
            address.string("name", name);
        }
    }
    address.end();
}

fn instance(out: &mut String, r: &CheckResult, i: &CheckInstance) {
    let mut instance = Object::new(out);
    let mut address = Object::new(instance.key("address"));
    address.string("to_display", &i.address);
    let key = match i.address.parse::<Address>() {
        Ok(a) if r.kind == CheckKind::Resource => a.key,
        _ => InstanceKey::None,
    };
    if let Some(module) = place(r.kind, &i.address).0 {
        address.string("module", module);
    }
    index(&mut address, "instance_key", &key);
    address.end();
    instance.string("status", status(i.status));
    if !i.problems.is_empty() {
        let mut problems = Array::new(instance.key("problems"));
        for message in &i.problems {
            let mut p = Object::new(problems.item());
            p.string("message", message);
            p.end();
        }
        problems.end();
    }
    instance.end();
}

/// The module's address, if it is not the root's, and the name.
fn place(kind: CheckKind, address: &str) -> (Option<&str>, &str) {
    let what = match kind {
        CheckKind::Resource => return (resource_module(address), ""),
        CheckKind::OutputValue => "output.",
        CheckKind::Check => "check.",
        CheckKind::Var => "var.",
    };
    // Names hold no dots.
    let (before, name) = address.rsplit_once('.').unwrap_or(("", address));
    let before = before.strip_suffix(what.trim_end_matches('.'));
    let module = before.and_then(|m| m.strip_suffix('.'));
    (module.filter(|m| !m.is_empty()), name)
}

fn resource_module(address: &str) -> Option<&str> {
    let parsed = address.parse::<Address>().ok()?;
    let own = format!(".{}{}", parsed.resource, parsed.key);
    address.strip_suffix(own.as_str()).filter(|m| !m.is_empty())
}

fn status(s: CheckStatus) -> &'static str {
    match s {
        CheckStatus::Pass => "pass",
        CheckStatus::Unknown => "unknown",
        CheckStatus::Fail => "fail",
        CheckStatus::Error => "error",
    }
}

/// `check_results` of a state file.
pub(super) fn check_results_json(out: &mut String, results: &[CheckResult]) {
    let mut list = Array::new(out);
    for r in results {
        let mut one = Object::new(list.item());
        one.string(
            "object_kind",
            match r.kind {
                CheckKind::Resource => "resource",
                CheckKind::OutputValue => "output",
                CheckKind::Check => "check",
                CheckKind::Var => "var",
            },
        );
        one.string("config_addr", &r.address)
            .string("status", status(r.status));
        let mut objects = Array::new(one.key("objects"));
        for i in &r.instances {
            let mut object = Object::new(objects.item());
            object
                .string("object_addr", &i.address)
                .string("status", status(i.status));
            if !i.problems.is_empty() {
                object.strings("failure_messages", &i.problems);
            }
            object.end();
        }
        objects.end();
        one.end();
    }
    list.end();
}
