//! Blocks and values as people write them.

use cloudapp_lang::syntax::is_identifier;
use cloudapp_lang::value::{Kind, encode_json, quoted};
use cloudapp_lang::{Str, Type, Value, format};

use crate::address::ResourceAddr;
use crate::schema::{Block, NestedBlock, Nesting};

/// Longer lists are written with an element a line.
const LINE: usize = 80;

/// A `resource` block in the canonical style.
pub(super) fn resource(
    address: &ResourceAddr,
    id: &str,
    provider: Option<&str>,
    schema: &Block,
    config: &Value,
) -> String {
    // In a comment a line break would end it.
    let shown: String = id.chars().filter(|c| !c.is_control()).collect();
    let mut out = format!(
        "# Imported as {}.\nresource \"{}\" \"{}\" {{\n",
        quoted(&shown),
        address.kind,
        address.name
    );
    if let Some(provider) = provider {
        out.push_str(&format!("  provider = {provider}\n"));
    }
    let opened = out.len();
    body(&mut out, schema, config, 1);
    if out.len() == opened {
        out.truncate(opened - 1);
    }
    out.push_str("}\n");
    format::source(&out)
}

fn indent(out: &mut String, depth: usize) {
    out.extend(std::iter::repeat_n("  ", depth));
}

fn body(out: &mut String, schema: &Block, config: &Value, depth: usize) {
    for (name, a) in &schema.attributes {
        let Some(value) = config.get(name).filter(|v| !v.is_null() || a.required) else {
            continue;
        };
        indent(out, depth);
        if a.sensitive && !value.is_null() {
            // A secret does not belong into a file that is kept with others.
            out.push_str(&format!(
                "{name} = null # sensitive: take it from a variable\n"
            ));
            continue;
        }
        out.push_str(&format!("{name} = "));
        expression(out, value, &a.ty, depth);
        out.push('\n');
    }
    for (name, b) in &schema.blocks {
        if let Some(value) = config.get(name).filter(|v| !v.is_null()) {
            blocks(out, name, b, value, depth);
        }
    }
}

fn blocks(out: &mut String, name: &str, b: &NestedBlock, value: &Value, depth: usize) {
    let mut one = |label: Option<&str>, v: &Value| {
        indent(out, depth);
        out.push_str(name);
        if let Some(label) = label {
            out.push_str(&format!(" {}", quoted(label)));
        }
        out.push_str(" {\n");
        body(out, &b.block, v, depth + 1);
        indent(out, depth);
        out.push_str("}\n");
    };
    match b.nesting {
        Nesting::Single => one(None, value),
        Nesting::List | Nesting::Set => {
            for v in value.as_items().unwrap_or_default() {
                one(None, v);
            }
        }
        Nesting::Map => {
            for (k, v) in value.as_entries().into_iter().flatten() {
                one(Some(k), v);
            }
        }
    }
}

/// A value as an expression. `ty` is what it is assigned to: attributes that are optional there are left out where null.
fn expression(out: &mut String, value: &Value, ty: &Type, depth: usize) {
    match value.kind() {
        Kind::String(s) => text(out, s),
        Kind::List(_) | Kind::Set(_) | Kind::Tuple(_) => items(out, value, ty, depth),
        Kind::Map(_) | Kind::Object(_) => entries(out, value, ty, depth),
        Kind::Unknown(_) => out.push_str("null"),
        _ => out.push_str(&encode_json(value)),
    }
}

fn items(out: &mut String, value: &Value, ty: &Type, depth: usize) {
    let of = |i: usize| match ty {
        Type::Tuple(ts) => ts.get(i).cloned().unwrap_or(Type::Dynamic),
        t => t.element().cloned().unwrap_or(Type::Dynamic),
    };
    let written: Vec<String> = value
        .as_items()
        .unwrap_or_default()
        .iter()
        .enumerate()
        .map(|(i, v)| {
            let mut one = String::new();
            expression(&mut one, v, &of(i), depth + 1);
            one
        })
        .collect();
    let width: usize = written.iter().map(|w| w.chars().count() + 2).sum();
    if width + 2 * depth <= LINE && written.iter().all(|w| !w.contains('\n')) {
        out.push_str(&format!("[{}]", written.join(", ")));
        return;
    }
    out.push_str("[\n");
    for w in written {
        indent(out, depth + 1);
        // A heredoc ends with a line of its own.
        out.push_str(&w);
        out.push_str(if w.starts_with("<<") { "\n" } else { "" });
        if w.starts_with("<<") {
            indent(out, depth + 1);
        }
        out.push_str(",\n");
    }
    indent(out, depth);
    out.push(']');
}

fn entries(out: &mut String, value: &Value, ty: &Type, depth: usize) {
    let object = match ty {
        Type::Object(o) => Some(o),
        _ => None,
    };
    let left_out =
        |name: &Str, v: &Value| v.is_null() && object.is_some_and(|o| o.optional.contains(name));
    let of = |name: &Str| match object {
        Some(o) => o.attributes.get(name).cloned().unwrap_or(Type::Dynamic),
        None => ty.element().cloned().unwrap_or(Type::Dynamic),
    };
    let all = value.as_entries().into_iter().flatten();
    let mut all = all.filter(|(n, v)| !left_out(n, v)).peekable();
    if all.peek().is_none() {
        out.push_str("{}");
        return;
    }
    out.push_str("{\n");
    for (name, v) in all {
        indent(out, depth + 1);
        if is_identifier(name) {
            out.push_str(name);
        } else {
            out.push_str(&quoted(name));
        }
        out.push_str(" = ");
        expression(out, v, &of(name), depth + 1);
        out.push('\n');
    }
    indent(out, depth);
    out.push('}');
}

/// A text: several lines as a heredoc, where that says the same.
fn text(out: &mut String, s: &str) {
    const MARKER: &str = "EOT";
    let plain = |c: char| c == '\n' || c == '\t' || !c.is_control();
    let lines = s.strip_suffix('\n').unwrap_or_default();
    if lines.contains('\n') && s.chars().all(plain) && lines.lines().all(|l| l.trim() != MARKER) {
        out.push_str(&format!("<<{MARKER}\n{}{MARKER}", templates(s)));
    } else {
        out.push_str(&quoted(s));
    }
}

/// With what would begin a template written so that it does not.
fn templates(s: &str) -> String {
    s.replace("${", "$${").replace("%{", "%%{")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use cloudapp_lang::eval;
    use cloudapp_lang::functions::{FunctionOptions, Functions};
    use cloudapp_lang::source::FileId;
    use cloudapp_lang::syntax::parse_expression;

    use super::*;

    #[test]
    fn values_are_read_as_they_were_written() {
        let s = |t: &str| Value::string(t);
        let functions = Functions::new(FunctionOptions {
            base_dir: ".".into(),
            files_within: None,
            plan_time: String::new(),
            now: None,
            package_dialect: false,
        });
        for value in [
            s("plain"),
            s("a \"quoted\" \\ text\twith ${x} and %{ if } and $${y} $$$"),
            s("control \u{1} character"),
            s("two\nlines"),
            s("two\nlines\n"),
            s("  indented\n\n${x}\nEO\n"),
            s("not a marker\nEOT\nhere\n"),
            s("\n"),
            s("\n\n"),
            s("carriage\r\nreturn\r\n"),
            Value::number(-3),
            Value::bool(true),
            Value::null(Type::String),
            Value::tuple([s("a\nb\n"), Value::number(1), Value::tuple([])]),
            Value::tuple((0..40).map(Value::number)),
            Value::object([
                ("plain", s("x")),
                ("with space", Value::object::<Str>([])),
                ("${x}", Value::tuple([s("a\nb\n"), s("c\nd\n")])),
                (
                    "deep",
                    Value::object([("a", Value::object([("b", s("x\ny\n"))]))]),
                ),
            ]),
        ] {
            let mut out = String::new();
            expression(&mut out, &value, &Type::Dynamic, 1);
            let text = format::source(&format!("x = {out}\n"));
            let text = text.strip_prefix("x = ").unwrap();
            let expr = parse_expression(text.strip_suffix('\n').unwrap_or(text), FileId(0))
                .or_else(|_| parse_expression(text, FileId(0)))
                .unwrap_or_else(|e| panic!("{out}: {e:?}"));
            let read = eval::constant(&expr, &functions).unwrap_or_else(|e| panic!("{out}: {e:?}"));
            assert!(
                read == value || read.is_null() && value.is_null(),
                "{out}\n{read:?}"
            );
        }
    }
}
