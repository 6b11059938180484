//! Values as JSON: what is known of one, which parts of it are unknown, and which are sensitive.
//!
//! The shapes follow Terraform's `show -json`: in objects and maps only what is `true` or holds more is listed, in
//! sequences every place is.

use cloudapp_lang::Value;
use cloudapp_lang::value::{Kind, Type};

use super::json::{Array, Object, string};

/// Writes what is known of a value: unknown attributes and entries are left out, an unknown item of a sequence is null,
/// and so is a value that is unknown as a whole. Marks are ignored.
pub fn write_known(out: &mut String, value: &Value) {
    match value.kind() {
        Kind::Null(_) | Kind::Unknown(_) => out.push_str("null"),
        Kind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        // JSON knows no infinity.
        Kind::Number(n) if !n.is_finite() => out.push_str("null"),
        Kind::Number(n) => out.push_str(&n.to_string()),
        Kind::String(s) => string(out, s),
        Kind::List(l) | Kind::Set(l) => write_items(out, &l.items, write_known),
        Kind::Tuple(t) => write_items(out, t, write_known),
        Kind::Map(_) | Kind::Object(_) => {
            let mut object = Object::new(out);
            for (name, v) in value.as_entries().into_iter().flatten() {
                if v.is_known() {
                    write_known(object.key(name), v);
                }
            }
            object.end();
        }
    }
}

/// Writes which parts of a value are unknown.
pub fn write_unknown(out: &mut String, value: &Value) {
    match value.kind() {
        Kind::Unknown(_) => out.push_str("true"),
        Kind::Null(_) | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => out.push_str("false"),
        Kind::List(l) | Kind::Set(l) => write_items(out, &l.items, write_unknown),
        Kind::Tuple(t) => write_items(out, t, write_unknown),
        Kind::Map(_) | Kind::Object(_) => write_parts(out, value, write_unknown),
    }
}

/// Writes which parts of a value are sensitive.
pub fn write_sensitive(out: &mut String, value: &Value) {
    if value.marks().is_sensitive() {
        out.push_str("true");
        return;
    }
    match value.kind() {
        Kind::Null(_) | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => out.push_str("false"),
        Kind::Unknown(u) => out.push_str(match &u.ty {
            Type::Bool | Type::Number | Type::String | Type::Dynamic => "false",
            Type::List(_) | Type::Set(_) | Type::Tuple(_) => "[]",
            Type::Map(_) | Type::Object(_) => "{}",
        }),
        Kind::List(l) | Kind::Set(l) => write_items(out, &l.items, write_sensitive),
        Kind::Tuple(t) => write_items(out, t, write_sensitive),
        Kind::Map(_) | Kind::Object(_) => write_parts(out, value, write_sensitive),
    }
}

fn write_items(out: &mut String, items: &[Value], write: fn(&mut String, &Value)) {
    let mut list = Array::new(out);
    for v in items {
        write(list.item(), v);
    }
    list.end();
}

/// Entries that come out as `false` say nothing and are left out.
fn write_parts(out: &mut String, value: &Value, write: fn(&mut String, &Value)) {
    out.push('{');
    let mut first = true;
    for (name, v) in value.as_entries().into_iter().flatten() {
        let before = out.len();
        if !first {
            out.push(',');
        }
        string(out, name);
        out.push(':');
        let at = out.len();
        write(out, v);
        if &out[at..] == "false" {
            out.truncate(before);
        } else {
            first = false;
        }
    }
    out.push('}');
}

/// What is known of a value, as JSON.
#[must_use]
pub fn known(value: &Value) -> String {
    let mut out = String::new();
    write_known(&mut out, value);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: fn(&mut String, &Value), v: &Value) -> String {
        let mut out = String::new();
        write(&mut out, v);
        out
    }

    fn sample() -> Value {
        Value::object([
            ("id", Value::unknown(Type::String)),
            (
                "list",
                Value::list(
                    Type::String,
                    vec![Value::string("x"), Value::unknown(Type::String)],
                ),
            ),
            (
                "inner",
                Value::object([
                    ("n", Value::number(1)),
                    ("secret", Value::string("s").sensitive()),
                ]),
            ),
            ("later", Value::unknown(Type::list(Type::String))),
            ("any", Value::dynamic()),
            ("none", Value::null(Type::String)),
        ])
    }

    #[test]
    fn unknown_attributes_are_absent_and_unknown_items_are_null() {
        assert_eq!(
            text(write_known, &sample()),
            r#"{"inner":{"n":1,"secret":"s"},"list":["x",null],"none":null}"#
        );
    }

    #[test]
    fn unknown_parts_are_listed() {
        assert_eq!(
            text(write_unknown, &sample()),
            r#"{"any":true,"id":true,"inner":{},"later":true,"list":[false,true]}"#
        );
    }

    #[test]
    fn sensitive_parts_are_listed() {
        assert_eq!(
            text(write_sensitive, &sample()),
            r#"{"inner":{"secret":true},"later":[],"list":[false,false]}"#
        );
        assert_eq!(
            text(write_sensitive, &Value::string("x").sensitive()),
            "true"
        );
    }
}
