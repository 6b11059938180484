//! Values as they are written in a configuration, for people. Sensitive and unknown parts are named, not shown.

use std::borrow::Cow;

use cloudapp_lang::value::{Kind, is_printable, quoted};
use cloudapp_lang::{Str, Value};

pub(crate) const SENSITIVE: &str = "(sensitive value)";
pub(crate) const UNKNOWN: &str = "(known after apply)";

/// A list of primitives is written on one line up to this width.
const LINE: usize = 72;

/// What is indented further stands on one line: nobody reads it, and indenting it would take the square of its depth.
const DEEP: usize = 160;

/// A value as text; lines after the first begin with `indent` spaces.
pub(crate) fn text(value: &Value, indent: usize) -> Cow<'static, str> {
    if value.marks().is_sensitive() {
        return SENSITIVE.into();
    }
    let text = match value.kind() {
        Kind::Null(_) => return "null".into(),
        Kind::Unknown(_) => return UNKNOWN.into(),
        Kind::Bool(b) => return if *b { "true" } else { "false" }.into(),
        Kind::Number(n) => n.to_string(),
        Kind::String(s) if s.trim_end_matches('\n').contains('\n') => heredoc(s, indent),
        Kind::String(s) => quoted(s),
        Kind::List(l) | Kind::Set(l) => items(&l.items, indent),
        Kind::Tuple(t) => items(t, indent),
        Kind::Map(m) => entries(m.entries.iter(), true, indent),
        Kind::Object(o) => entries(o.iter(), false, indent),
    };
    text.into()
}

/// A value whose marks are ignored: for those who ask for a sensitive output by name.
pub(crate) fn revealed(value: &Value) -> String {
    text(&value.clone().unmark_deep().0, 0).into_owned()
}

/// A key of a map or object, in quotes where the language needs them.
pub(crate) fn key(name: &Str, always_quoted: bool) -> Str {
    let plain = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit() || c == '-')
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    if plain && !always_quoted {
        name.clone()
    } else {
        quoted(name).into()
    }
}

fn heredoc(s: &str, indent: usize) -> String {
    let pad = " ".repeat(indent + 4);
    let mut out = "<<-EOT".to_owned();
    for line in s.strip_suffix('\n').unwrap_or(s).split('\n') {
        out.push('\n');
        if !line.is_empty() {
            out.push_str(&pad);
            out.push_str(&clean(line));
        }
    }
    out.push('\n');
    out.push_str(&" ".repeat(indent));
    out.push_str("EOT");
    out
}

/// A line of text without what could steer a terminal.
pub(crate) fn clean(line: &str) -> String {
    line.chars()
        .map(|c| {
            if is_printable(c) || c == '\t' || c.is_whitespace() && !c.is_control() {
                c
            } else {
                '\u{fffd}'
            }
        })
        .collect()
}

fn items(items: &[Value], indent: usize) -> String {
    if items.is_empty() {
        return "[]".to_owned();
    }
    if items
        .iter()
        .all(|v| v.is_null() || !v.is_known() || v.marks().is_sensitive() || v.ty().is_primitive())
    {
        let line = format!(
            "[{}]",
            items
                .iter()
                .map(|v| text(v, 0))
                .collect::<Vec<_>>()
                .join(", ")
        );
        if line.len() <= LINE && !line.contains('\n') {
            return line;
        }
    }
    if indent >= DEEP {
        let all: Vec<_> = items.iter().map(|v| text(v, indent + 4)).collect();
        return format!("[{}]", all.join(", "));
    }
    let pad = " ".repeat(indent + 4);
    let mut out = "[\n".to_owned();
    for v in items {
        out.push_str(&format!("{pad}{},\n", text(v, indent + 4)));
    }
    out.push_str(&" ".repeat(indent));
    out.push(']');
    out
}

fn entries<'v>(
    entries: impl Iterator<Item = (&'v Str, &'v Value)>,
    quoted: bool,
    indent: usize,
) -> String {
    let entries: Vec<(Str, &Value)> = entries.map(|(k, v)| (key(k, quoted), v)).collect();
    if entries.is_empty() {
        return "{}".to_owned();
    }
    if indent >= DEEP {
        let all: Vec<String> = entries
            .iter()
            .map(|(k, v)| format!("{k} = {}", text(v, indent + 4)))
            .collect();
        return format!("{{ {} }}", all.join(", "));
    }
    let width = entries
        .iter()
        .map(|(k, _)| k.chars().count())
        .max()
        .unwrap_or(0);
    let pad = " ".repeat(indent + 4);
    let mut out = "{\n".to_owned();
    for (k, v) in entries {
        out.push_str(&format!("{pad}{k:width$} = {}\n", text(v, indent + 4)));
    }
    out.push_str(&" ".repeat(indent));
    out.push('}');
    out
}

#[cfg(test)]
mod tests {
    use cloudapp_lang::Type;

    use super::*;

    #[test]
    fn values_read_like_the_language() {
        let v = Value::object([
            (
                "list",
                Value::tuple([Value::number(1), Value::string("a\"b${c}")]),
            ),
            (
                "objects",
                Value::tuple([Value::object([("a", Value::bool(true))])]),
            ),
            ("password", Value::string("hunter2").sensitive()),
            ("later", Value::unknown(Type::String)),
            ("text", Value::string("one\ntwo\n")),
            ("none", Value::null(Type::String)),
            ("empty", Value::map::<&str>(Type::String, [])),
        ]);
        insta::assert_snapshot!(text(&v, 0));
    }
}
