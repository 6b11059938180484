//! The order in which sets keep their elements.

use std::fmt::Write as _;

use super::number::Number;
use super::quote::is_printable;
use super::value::{Kind, Str, Value};

/// Where an element stands in a set: primitives by what they are, anything else by a text of what it is, which is
/// Terraform's order; it shows wherever a set becomes a list. The text has ten digits of a number, so the numbers decide
/// where two texts are the same: equal sets keep their elements in one order.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Bool(bool),
    Number(Number),
    String(Str),
    Text(String, Vec<Number>),
    Unknown,
    Null,
}

impl Key {
    pub(super) fn of(value: &Value) -> Self {
        match value.kind() {
            Kind::Bool(b) => Key::Bool(*b),
            Kind::Number(n) => Key::Number(n.clone()),
            Kind::String(s) => Key::String(s.clone()),
            Kind::Unknown(_) => Key::Unknown,
            Kind::Null(_) => Key::Null,
            _ => {
                let (mut text, mut numbers) = (String::new(), Vec::new());
                write(value, &mut text, &mut numbers);
                Key::Text(text, numbers)
            }
        }
    }
}

fn write(value: &Value, out: &mut String, numbers: &mut Vec<Number>) {
    match value.kind() {
        Kind::Null(_) => out.push('~'),
        Kind::Unknown(_) => out.push('?'),
        Kind::Bool(b) => out.push(if *b { 'T' } else { 'F' }),
        Kind::Number(n) => {
            write_number(n, out);
            numbers.push(n.clone());
        }
        Kind::String(s) => write_string(s, out),
        Kind::List(_) | Kind::Set(_) => write_parts(value, ['[', ']'], out, numbers),
        Kind::Tuple(_) | Kind::Object(_) => write_parts(value, ['<', '>'], out, numbers),
        Kind::Map(m) => {
            out.push('{');
            for (name, v) in &m.entries {
                write_string(name, out);
                out.push(':');
                write(v, out, numbers);
                out.push(';');
            }
            out.push('}');
        }
    }
}

fn write_parts(
    value: &Value,
    [open, close]: [char; 2],
    out: &mut String,
    numbers: &mut Vec<Number>,
) {
    out.push(open);
    for v in value.children() {
        write(v, out, numbers);
        out.push(';');
    }
    out.push(close);
}

/// Ten digits, with an exponent where the number is small or needs more of them. A machine float has them all.
fn write_number(n: &Number, out: &mut String) {
    let f = n.to_f64();
    if !f.is_finite() || f == 0.0 {
        return out.push_str(&n.to_string());
    }
    let scientific = format!("{f:.9e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let short = |digits: &str| {
        digits
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_string()
    };
    if (-4..10).contains(&exponent) {
        let decimals = usize::try_from(9 - exponent).unwrap_or(0);
        let fixed = format!("{f:.decimals$}");
        out.push_str(&if decimals > 0 { short(&fixed) } else { fixed });
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        let mantissa = short(mantissa);
        // Writing to a string does not fail.
        let _ = write!(out, "{mantissa}e{sign}{:02}", exponent.abs());
    }
}

/// In quotes, with what cannot be seen escaped.
fn write_string(s: &str, out: &mut String) {
    out.push('"');
    for c in s.chars() {
        let escape = match c {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\u{7}' => "\\a",
            '\u{8}' => "\\b",
            '\u{b}' => "\\v",
            '\u{c}' => "\\f",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            c if is_printable(c) => {
                out.push(c);
                continue;
            }
            _ => "",
        };
        // Writing to a string does not fail.
        let _ = match u32::from(c) {
            _ if !escape.is_empty() => out.write_str(escape),
            code @ ..=0x7f => write!(out, "\\x{code:02x}"),
            code @ ..=0xffff => write!(out, "\\u{code:04x}"),
            code => write!(out, "\\U{code:08x}"),
        };
    }
    out.push('"');
}
