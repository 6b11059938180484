//! Providers' schemas in the format of `terraform providers schema -json`.

use std::sync::Arc;

use super::json::Object;
use crate::address::Mode;
use crate::provider::Provider;
use crate::schema::{Attribute, Block, NestedBlock, Nesting, Schema};

/// The schemas of some providers as JSON.
#[must_use]
pub fn provider_schemas_json<'p>(
    providers: impl IntoIterator<Item = &'p Arc<dyn Provider>>,
) -> String {
    let mut out = String::new();
    let mut top = Object::new(&mut out);
    top.string("format_version", "1.0");
    let mut all = Object::new(top.key("provider_schemas"));
    for p in providers {
        let mut object = Object::new(all.key(p.source()));
        schema(object.key("provider"), &p.config_schema());
        for (name, mode) in [
            ("resource_schemas", Mode::Managed),
            ("data_source_schemas", Mode::Data),
        ] {
            let kinds = p.kinds(mode);
            if kinds.is_empty() {
                continue;
            }
            let mut schemas = Object::new(object.key(name));
            for kind in kinds {
                if let Some(s) = p.schema(mode, kind) {
                    schema(schemas.key(kind), &s);
                }
            }
            schemas.end();
        }
        object.end();
    }
    all.end();
    top.end();
    out
}

fn schema(out: &mut String, s: &Schema) {
    let mut object = Object::new(out);
    object.number("version", s.version);
    block(object.key("block"), &s.block);
    object.end();
}

fn block(out: &mut String, b: &Block) {
    let mut object = Object::new(out);
    if !b.attributes.is_empty() {
        let mut all = Object::new(object.key("attributes"));
        for (name, a) in &b.attributes {
            attribute(all.key(name), a);
        }
        all.end();
    }
    if !b.blocks.is_empty() {
        let mut all = Object::new(object.key("block_types"));
        for (name, n) in &b.blocks {
            nested(all.key(name), n);
        }
        all.end();
    }
    if b.deprecated {
        object.bool("deprecated", true);
    }
    object.end();
}

fn attribute(out: &mut String, a: &Attribute) {
    let mut object = Object::new(out);
    object.raw("type", &a.ty.to_json().to_string());
    let flags = [
        ("required", a.required),
        ("optional", a.optional),
        ("computed", a.computed),
        ("sensitive", a.sensitive),
        ("write_only", a.write_only),
        ("deprecated", a.deprecated),
    ];
    for (name, _) in flags.iter().filter(|(_, set)| *set) {
        object.bool(name, true);
    }
    object.end();
}

fn nested(out: &mut String, n: &NestedBlock) {
    let mut object = Object::new(out);
    object.string(
        "nesting_mode",
        match n.nesting {
            Nesting::Single => "single",
            Nesting::List => "list",
            Nesting::Set => "set",
            Nesting::Map => "map",
        },
    );
    block(object.key("block"), &n.block);
    for (name, count) in [("min_items", n.min_items), ("max_items", n.max_items)] {
        if count > 0 {
            object.number(name, count);
        }
    }
    object.end();
}
