//! A lossless text form of values, with types, unknowns, refinements and marks: for plan files and for the store.
//!
//! The form is `{"value":V,"type":T}`, and `V` is the plain JSON of the value wherever that is enough. A part that is
//! unknown, marked or not of the type that its surroundings imply is an object whose keys begin with one `$`:
//! `{"$unknown":{…},"$marks":["sensitive"],"$type":T,"$value":V}`. So is a whole number that is shown with fewer digits
//! than it has (`{"$precision":53,"$value":18446744073709551616}`): it is the same, and shown the same, once it is read. Keys of data that begin with `$` get another `$`.

use std::sync::Arc;

use super::json::{decode_json_to_depth, write_json_string};
use super::number::Number;
use super::types::{ObjectType, Type};
use super::unknown::Refinements;
use super::value::{Entries, Kind, Marks, Str, Value, same};

/// How deep the JSON may nest. A level of a value takes up to three here: itself, its marks, and two in its type.
const MAX_DEPTH: usize = 8000;

/// A text is not an encoded value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an encoded value: {0}")]
pub struct WireError(pub String);

/// One line of JSON from which [`decode`] makes an equal value.
#[must_use]
pub fn encode(value: &Value) -> String {
    let ty = value.ty();
    let mut out = String::from("{\"value\":");
    write(value, &ty, &mut out);
    out.push_str(",\"type\":");
    write_type(&ty, &mut out);
    out.push('}');
    out
}

/// The value part of [`encode`]'s form, where whoever reads it will know the type; at the end of a buffer. The value may be of
/// another type: then it says so itself.
pub fn encode_as(value: &Value, ty: &Type, out: &mut String) {
    write(value, ty, out);
}

/// The type part of [`encode`]'s form, at the end of a buffer.
pub fn encode_type(ty: &Type, out: &mut String) {
    write_type(ty, out);
}

/// Reads what [`encode_as`] wrote.
pub fn decode_as(text: &str, ty: &Type) -> Result<Value, WireError> {
    let tree = decode_json_to_depth(text, MAX_DEPTH).map_err(|e| WireError(e.to_string()))?;
    read(&tree, ty).ok_or_else(|| WireError("it is not of its type".into()))
}

/// Reads what [`encode_type`] wrote.
pub fn decode_type(text: &str) -> Result<Type, WireError> {
    let tree = decode_json_to_depth(text, MAX_DEPTH).map_err(|e| WireError(e.to_string()))?;
    read_type(&tree).ok_or_else(|| WireError("it is not a type".into()))
}

/// Reads what [`encode`] wrote.
pub fn decode(text: &str) -> Result<Value, WireError> {
    let tree = decode_json_to_depth(text, MAX_DEPTH).map_err(|e| WireError(e.to_string()))?;
    from_tree(&tree)
        .ok_or_else(|| WireError("an object with \"value\" and \"type\" is required".into()))
}

/// Reads an encoded value from JSON that was read already; none where it is anything else.
fn from_tree(tree: &Value) -> Option<Value> {
    let Kind::Object(o) = tree.kind() else {
        return None;
    };
    if o.len() != 2 {
        return None;
    }
    let ty = read_type(o.get("type")?)?;
    read(o.get("value")?, &ty)
}

/// Whether the value is of the type, as far as can be seen without looking into it.
fn fits(value: &Value, ty: &Type) -> bool {
    match (value.kind(), ty) {
        (Kind::Null(t), _) => t == ty,
        (Kind::Unknown(u), _) => u.ty == *ty,
        (Kind::Bool(_), Type::Bool)
        | (Kind::Number(_), Type::Number)
        | (Kind::String(_), Type::String) => true,
        (Kind::List(l), Type::List(e)) | (Kind::Set(l), Type::Set(e)) => l.element == **e,
        (Kind::Map(m), Type::Map(e)) => m.element == **e,
        (Kind::Tuple(items), Type::Tuple(es)) => items.len() == es.len(),
        (Kind::Object(o), Type::Object(t)) => {
            o.len() == t.attributes.len()
                && o.keys().zip(t.attributes.keys()).all(|(a, b)| same(a, b))
        }
        _ => false,
    }
}

fn write(value: &Value, ty: &Type, out: &mut String) {
    let infinite = value.as_number().is_some_and(|n| !n.is_finite());
    let precision = value.as_number().and_then(Number::short_of_digits);
    let plain = !infinite && precision.is_none();
    if value.is_known() && value.marks().is_empty() && fits(value, ty) && plain {
        return write_plain(value, ty, out);
    }
    let mut begun = false;
    let mut key = |name, out: &mut String| write_key(&mut begun, name, out);
    if !value.marks().is_empty() {
        key("$marks", out);
        let m = value.marks();
        let names = [
            (m.is_sensitive(), "\"sensitive\""),
            (m.is_ephemeral(), "\"ephemeral\""),
        ];
        let names: Vec<&str> = names.iter().filter(|n| n.0).map(|n| n.1).collect();
        out.push_str(&format!("[{}]", names.join(",")));
    }
    let other;
    let own = if fits(value, ty) {
        ty
    } else {
        other = value.ty();
        key("$type", out);
        write_type(&other, out);
        &other
    };
    match value.kind() {
        Kind::Unknown(u) => {
            key("$unknown", out);
            write_refinements(&u.refinements, out);
        }
        Kind::Number(n) if infinite => {
            key("$infinity", out);
            out.push_str(if n.is_negative() { "-1" } else { "1" });
        }
        _ => {
            if let Some(p) = precision {
                key("$precision", out);
                out.push_str(&p.to_string());
            }
            key("$value", out);
            write_plain(value, own, out);
        }
    }
    out.push('}');
}

/// The value without its own marks, which is known and of the type.
fn write_plain(value: &Value, ty: &Type, out: &mut String) {
    match value.kind() {
        Kind::Null(_) | Kind::Unknown(_) => out.push_str("null"),
        Kind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Kind::Number(n) => out.push_str(&n.exact().to_string()),
        Kind::String(s) => write_json_string(s, out),
        Kind::List(_) | Kind::Set(_) | Kind::Tuple(_) => {
            out.push('[');
            for (i, v) in value.children().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(v, element(ty, i), out);
            }
            out.push(']');
        }
        Kind::Map(_) | Kind::Object(_) => {
            out.push('{');
            // The names of an object are those of its type, in the same order.
            let mut own = match ty {
                Type::Object(o) => Some(o.attributes.values()),
                _ => None,
            }
            .into_iter()
            .flatten();
            let element = ty.element().unwrap_or(&Type::Dynamic);
            for (i, (k, v)) in value.as_entries().into_iter().flatten().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                if k.starts_with('$') {
                    write_json_string(&format!("${k}"), out);
                } else {
                    write_json_string(k, out);
                }
                out.push(':');
                write(v, own.next().unwrap_or(element), out);
            }
            out.push('}');
        }
    }
}

fn element(ty: &Type, i: usize) -> &Type {
    match ty {
        Type::Tuple(es) => es.get(i).unwrap_or(&Type::Dynamic),
        _ => ty.element().unwrap_or(&Type::Dynamic),
    }
}

fn attribute<'t>(ty: &'t Type, name: &str) -> &'t Type {
    match ty {
        Type::Object(o) => o.attributes.get(name).unwrap_or(&Type::Dynamic),
        _ => ty.element().unwrap_or(&Type::Dynamic),
    }
}

/// A key of an object, whose brace comes with the first one.
fn write_key(begun: &mut bool, name: &str, out: &mut String) {
    out.push_str(if std::mem::replace(begun, true) {
        ",\""
    } else {
        "{\""
    });
    out.push_str(name);
    out.push_str("\":");
}

fn write_refinements(r: &Refinements, out: &mut String) {
    let mut begun = false;
    let mut key = |name, out: &mut String| write_key(&mut begun, name, out);
    if r.not_null {
        key("not_null", out);
        out.push_str("true");
    }
    if let Some(p) = &r.prefix {
        key("prefix", out);
        write_json_string(p, out);
    }
    for (name, bound) in [("min", &r.min), ("max", &r.max)] {
        if let Some((n, inclusive)) = bound {
            key(name, out);
            out.push_str(&format!("[\"{}\",{inclusive}]", n.exact()));
        }
    }
    for (name, bound) in [("min_length", r.min_length), ("max_length", r.max_length)] {
        if let Some(n) = bound {
            key(name, out);
            out.push_str(&n.to_string());
        }
    }
    out.push_str(if begun { "}" } else { "{}" });
}

fn read(tree: &Value, ty: &Type) -> Option<Value> {
    if let Kind::Object(o) = tree.kind()
        && o.keys()
            .next()
            .is_some_and(|k| k.starts_with('$') && !k.starts_with("$$"))
    {
        return read_wrapped(o, ty);
    }
    read_plain(tree, ty)
}

fn read_wrapped(o: &Entries, ty: &Type) -> Option<Value> {
    let own = match o.get("$type") {
        Some(t) => read_type(t)?,
        None => ty.clone(),
    };
    let mut marks = Marks::NONE;
    for name in o
        .get("$marks")
        .and_then(Value::as_items)
        .unwrap_or_default()
    {
        marks = marks.with(match name.as_str()? {
            "sensitive" => Marks::SENSITIVE,
            "ephemeral" => Marks::EPHEMERAL,
            _ => return None,
        });
    }
    let value: Value = if let Some(r) = o.get("$unknown") {
        Value::unknown_with(own, read_refinements(r)?)
    } else if let Some(sign) = o.get("$infinity") {
        Value::number(Number::infinity(sign.as_number()?.is_negative()))
    } else if let Some(precision) = o.get("$precision") {
        let precision = u16::try_from(precision.as_number()?.as_u64()?).ok()?;
        Value::number(
            o.get("$value")?
                .as_number()?
                .clone()
                .of_precision(precision),
        )
    } else {
        read_plain(o.get("$value")?, &own)?
    };
    Some(value.mark(marks))
}

fn read_plain(tree: &Value, ty: &Type) -> Option<Value> {
    if tree.is_null() {
        return Some(Value::null(ty.clone()));
    }
    let items = || {
        let items = tree.as_items()?;
        items
            .iter()
            .enumerate()
            .map(|(i, v)| read(v, element(ty, i)))
            .collect::<Option<Vec<_>>>()
    };
    let entries = || {
        let entries = tree.as_entries()?;
        entries
            .iter()
            .map(|(k, v)| {
                let k = k.strip_prefix('$').map_or_else(|| k.clone(), Str::from);
                let v = read(v, attribute(ty, &k))?;
                Some((k, v))
            })
            .collect::<Option<Entries>>()
    };
    match ty {
        Type::Dynamic => None,
        Type::Bool => tree.as_bool().map(Value::bool),
        Type::Number => tree.as_number().cloned().map(Value::number),
        Type::String => tree.as_str().map(Value::string),
        Type::List(e) => Some(Value::list(e.as_ref().clone(), items()?)),
        Type::Set(e) => Some(Value::set(e.as_ref().clone(), items()?)),
        Type::Map(e) => Some(Value::map(e.as_ref().clone(), entries()?)),
        Type::Tuple(es) => items().filter(|i| i.len() == es.len()).map(Value::tuple),
        Type::Object(o) => entries()
            .filter(|e| e.keys().eq(o.attributes.keys()))
            .map(Value::object),
    }
}

fn read_refinements(tree: &Value) -> Option<Refinements> {
    let bound = |name: &str| -> Option<Option<(Number, bool)>> {
        let Some(pair) = tree.get(name) else {
            return Some(None);
        };
        let [n, inclusive] = pair.as_items()? else {
            return None;
        };
        let n = match n.as_str()? {
            "+Inf" => Number::infinity(false),
            "-Inf" => Number::infinity(true),
            n => Number::parse(n)?,
        };
        Some(Some((n, inclusive.as_bool()?)))
    };
    let length = |name: &str| match tree.get(name) {
        None => Some(None),
        Some(n) => Some(Some(n.as_number()?.as_u64()?)),
    };
    tree.as_entries()?;
    Some(Refinements {
        not_null: tree
            .get("not_null")
            .and_then(Value::as_bool)
            .unwrap_or(false),
        prefix: tree.get("prefix").and_then(Value::as_str).map(Str::from),
        min: bound("min")?,
        max: bound("max")?,
        min_length: length("min_length")?,
        max_length: length("max_length")?,
    })
}

/// Terraform's JSON form of a type, as [`Type::to_json`].
fn write_type(ty: &Type, out: &mut String) {
    let mut of = |kind: &str, element: &Type| {
        out.push_str("[\"");
        out.push_str(kind);
        out.push_str("\",");
        write_type(element, out);
        out.push(']');
    };
    match ty {
        Type::Dynamic => out.push_str("\"dynamic\""),
        Type::Bool => out.push_str("\"bool\""),
        Type::Number => out.push_str("\"number\""),
        Type::String => out.push_str("\"string\""),
        Type::List(e) => of("list", e),
        Type::Set(e) => of("set", e),
        Type::Map(e) => of("map", e),
        Type::Tuple(es) => {
            out.push_str("[\"tuple\",[");
            for (i, e) in es.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_type(e, out);
            }
            out.push_str("]]");
        }
        Type::Object(o) => {
            out.push_str("[\"object\",{");
            for (i, (n, t)) in o.attributes.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_json_string(n, out);
                out.push(':');
                write_type(t, out);
            }
            out.push('}');
            if !o.optional.is_empty() {
                out.push_str(",[");
                for (i, n) in o.optional.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    write_json_string(n, out);
                }
                out.push(']');
            }
            out.push(']');
        }
    }
}

pub(super) fn read_type(tree: &Value) -> Option<Type> {
    if let Some(name) = tree.as_str() {
        return Some(match name {
            "dynamic" => Type::Dynamic,
            "bool" => Type::Bool,
            "number" => Type::Number,
            "string" => Type::String,
            _ => return None,
        });
    }
    let parts = tree.as_items()?;
    let of = parts.get(1)?;
    Some(match parts.first()?.as_str()? {
        "list" => Type::list(read_type(of)?),
        "set" => Type::set(read_type(of)?),
        "map" => Type::map(read_type(of)?),
        "tuple" => Type::Tuple(
            of.as_items()?
                .iter()
                .map(read_type)
                .collect::<Option<_>>()?,
        ),
        "object" => {
            let attributes = of
                .as_entries()?
                .iter()
                .map(|(n, t)| Some((n.clone(), read_type(t)?)));
            let optional = parts.get(2).and_then(Value::as_items).unwrap_or_default();
            Type::Object(Arc::new(ObjectType {
                attributes: attributes.collect::<Option<_>>()?,
                optional: optional
                    .iter()
                    .map(|n| n.as_str().map(Str::from))
                    .collect::<Option<_>>()?,
            }))
        }
        _ => return None,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed expectation is a failed test
mod tests {
    use super::*;

    #[test]
    fn everything_comes_back() {
        let refined = Refinements {
            not_null: true,
            prefix: Some("a\"b".into()),
            min: Some((Number::parse("0.1").unwrap(), true)),
            max: Some((Number::infinity(false), false)),
            min_length: Some(1),
            max_length: Some(u64::MAX),
        };
        let values = [
            Value::null(Type::Dynamic),
            Value::null(Type::list(Type::String)).sensitive(),
            Value::number(
                Number::parse("1")
                    .unwrap()
                    .div(&Number::parse("3").unwrap()),
            ),
            Value::number(Number::infinity(true)),
            Value::number(Number::from_f64(1e23).unwrap()).sensitive(),
            Value::string("x").mark(Marks::EPHEMERAL).sensitive(),
            Value::unknown_with(Type::String, refined),
            Value::unknown_with(Type::Dynamic, Refinements::default()),
            Value::set(
                Type::String,
                vec![
                    Value::string("b"),
                    Value::unknown(Type::String),
                    Value::string("a").sensitive(),
                ],
            ),
            Value::list(Type::Dynamic, vec![]),
            Value::list(
                Type::Dynamic,
                vec![Value::unknown(Type::String), Value::number(1)],
            ),
            Value::map(
                Type::Bool,
                [
                    ("$value", Value::bool(true)),
                    ("$$", Value::null(Type::Bool)),
                ],
            ),
            Value::object([
                (
                    "value",
                    Value::tuple([Value::string("s").sensitive(), Value::unknown(Type::Number)]),
                ),
                ("type", Value::string("string")),
                ("", Value::object([("$marks", Value::tuple([]))])),
            ]),
        ];
        for v in values {
            let text = encode(&v);
            assert_eq!(decode(&text), Ok(v), "{text}");
            assert!(!text.contains('\n'));
        }
    }

    #[test]
    fn numbers_are_shown_as_they_were() {
        for f in [
            1e23,
            18_446_744_073_709_551_616.0,
            -1_152_921_504_606_846_976.0,
        ] {
            let v = Value::number(Number::from_f64(f).unwrap());
            let back = decode(&encode(&v)).unwrap();
            assert_eq!(back, v);
            let text = |v: &Value| v.as_number().unwrap().to_string();
            assert_eq!(text(&back), text(&v));
        }
    }

    #[test]
    fn plain_values_are_plain_json() {
        let v = Value::object([(
            "a",
            Value::tuple([Value::number(1), Value::null(Type::String)]),
        )]);
        let expected =
            r#"{"value":{"a":[1,null]},"type":["object",{"a":["tuple",["number","string"]]}]}"#;
        assert_eq!(encode(&v), expected);
    }

    #[test]
    fn anything_else_is_refused() {
        for bad in [
            "",
            "1",
            "{}",
            r#"{"value":1,"type":"string"}"#,
            r#"{"value":1,"type":"dynamic"}"#,
            r#"{"value":[1],"type":["tuple",[]]}"#,
            r#"{"value":{"a":1},"type":["object",{"b":"number"}]}"#,
            r#"{"value":{"$marks":["secret"],"$value":1},"type":"number"}"#,
            r#"{"value":1,"type":["list"]}"#,
        ] {
            assert!(decode(bad).is_err(), "{bad}");
        }
    }
}
