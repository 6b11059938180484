//! Rows of the state from objects.

use cloudapp_lang::value::Kind;
use cloudapp_lang::{Marks, Path, Type, Value};

use crate::objects::{beyond_schema, encode_object, encode_paths};
use crate::plan::ResourceChange;
use crate::provider::Object;
use crate::schema::Schema;
use crate::store::{InstanceRow, OutputRow};

/// The row for an object of a change.
pub(crate) fn instance_row(
    c: &ResourceChange,
    schema: &Schema,
    object: &Object,
    marks: &[(Path, Marks)],
) -> InstanceRow {
    InstanceRow {
        address: c.address.to_string(),
        deposed: String::new(),
        provider: c.provider.clone(),
        schema_version: schema.version,
        attributes: encode_object(
            &without_write_only(schema, &object.value),
            &schema.block.ty(),
        ),
        sensitive: encode_paths(&beyond_schema(&schema.block, &object.value, marks)),
        private: object.private.clone(),
        dependencies: c.dependencies.clone(),
        tainted: false,
        create_before_destroy: c.create_before_destroy,
    }
}

/// What a row is to say that no provider knows. It is kept with the intent, for the case that the next run is the one
/// that writes the row. What the object itself is to hold may be secret, and is not needed: the token leads to it.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct Desired {
    /// As [`InstanceRow::sensitive`], with what the schema says.
    #[serde(default)]
    pub(crate) sensitive: serde_json::Value,
    #[serde(default)]
    pub(crate) create_before_destroy: bool,
}

impl Desired {
    pub(crate) fn of(c: &ResourceChange, marks: &[(Path, Marks)]) -> Self {
        Self {
            sensitive: serde_json::from_str(&encode_paths(marks)).unwrap_or_default(),
            create_before_destroy: c.create_before_destroy,
        }
    }

    pub(crate) fn encode(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| "null".to_owned())
    }

    /// Nothing, where an older version wrote the intent.
    pub(crate) fn decode(text: &str) -> Self {
        serde_json::from_str::<Option<Self>>(text)
            .ok()
            .flatten()
            .unwrap_or_default()
    }
}

/// Eight hexadecimal digits, the same for all steps of one replacement.
pub(crate) fn deposed_key(run: &str, change: usize) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(format!("{run}/{change}"));
    digest.iter().take(4).map(|b| format!("{b:02x}")).collect()
}

/// What is write-only is never stored.
fn without_write_only(schema: &Schema, value: &Value) -> Value {
    if !schema.block.attributes.values().any(|a| a.write_only) {
        return value.clone();
    }
    Value::object(value.as_entries().into_iter().flatten().map(|(n, v)| {
        let hidden = schema.block.attributes.get(n).is_some_and(|a| a.write_only);
        (
            n.clone(),
            if hidden {
                Value::null(v.ty())
            } else {
                v.clone()
            },
        )
    }))
}

pub(crate) fn output_row(
    name: &str,
    value: &Value,
    sensitive: bool,
    description: &str,
) -> OutputRow {
    let ty = value.ty();
    OutputRow {
        name: name.to_owned(),
        ty: ty.to_json().to_string(),
        value: encode_object(value, &ty),
        sensitive,
        description: description.to_owned(),
    }
}

/// What a provider returned may hold unknowns only by mistake: they are written as null, so that what exists is recorded
/// whatever else is wrong.
pub(crate) fn known(value: &Value) -> Value {
    match value.kind() {
        Kind::Unknown(u) => Value::null(if u.ty == Type::Dynamic {
            Type::Dynamic
        } else {
            u.ty.clone()
        }),
        _ if value.is_wholly_known() => value.clone(),
        Kind::Object(o) => Value::object(o.iter().map(|(n, v)| (n.clone(), known(v)))),
        Kind::Tuple(t) => Value::tuple(t.iter().map(known)),
        Kind::List(l) => Value::list(l.element.clone(), l.items.iter().map(known).collect()),
        Kind::Set(l) => Value::set(l.element.clone(), l.items.iter().map(known).collect()),
        Kind::Map(m) => Value::map(
            m.element.clone(),
            m.entries.iter().map(|(n, v)| (n.clone(), known(v))),
        ),
        _ => value.clone(),
    }
}
