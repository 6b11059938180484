//! Values of every kind from bytes, and back: the seeds of the structured targets are written with [`write_value`].
//!
//! Every choice reads one byte and every text its length in two bytes (little endian), so that a mutated byte changes
//! one thing. Where the bytes end, everything that follows is null.

use std::collections::BTreeMap;

use arbitrary::Unstructured;
use cloudapp_lang::value::{Kind, Refinements};
use cloudapp_lang::{Marks, Number, Str, Type, Value};

/// Nesting beyond this comes only from [`NEST`], which is cheap in bytes.
const MAX_DEPTH: u32 = 12;

const NULL: u8 = 0;
const UNKNOWN: u8 = 1;
const FALSE: u8 = 2;
const TRUE: u8 = 3;
const SMALL: u8 = 4;
const NUMBER: u8 = 5;
const STRING: u8 = 6;
const LIST: u8 = 7;
const SET: u8 = 8;
const MAP: u8 = 9;
const TUPLE: u8 = 10;
const OBJECT: u8 = 11;
const SENSITIVE: u8 = 12;
const EPHEMERAL: u8 = 13;
const NEST: u8 = 14;
const REPEAT: u8 = 15;
const KINDS: u8 = 16;

/// One byte; 0 where there are none left.
pub fn byte(u: &mut Unstructured<'_>) -> u8 {
    u.arbitrary().unwrap_or(0)
}

/// A length in two bytes and so many bytes as text, with replacement characters where they are not UTF-8.
pub fn text(u: &mut Unstructured<'_>) -> String {
    let length = u16::from_le_bytes([byte(u), byte(u)]);
    let length = usize::from(length).min(u.len());
    let bytes = u.bytes(length).unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

/// A value of any kind.
pub fn value(u: &mut Unstructured<'_>) -> Value {
    any(u, 0)
}

fn any(u: &mut Unstructured<'_>, depth: u32) -> Value {
    if depth > MAX_DEPTH {
        return Value::bool(true);
    }
    match byte(u) % KINDS {
        UNKNOWN => {
            let ty = ty(u, depth);
            unknown(u, ty)
        }
        FALSE => Value::bool(false),
        TRUE => Value::bool(true),
        SMALL => Value::number(i64::from(byte(u) as i8)),
        NUMBER => number(u),
        STRING => Value::string(text(u)),
        LIST => {
            let element = ty(u, depth + 1);
            let items = several(u, |u| of_type(u, &element, depth + 1));
            Value::list(element, items)
        }
        SET => {
            let element = ty(u, depth + 1);
            let items = several(u, |u| of_type(u, &element, depth + 1));
            Value::set(element, items)
        }
        MAP => {
            let element = ty(u, depth + 1);
            let entries = several(u, |u| (name(u), of_type(u, &element, depth + 1)));
            Value::map(element, entries.into_iter())
        }
        TUPLE => Value::tuple(several(u, |u| any(u, depth + 1))),
        OBJECT => Value::object(several(u, |u| (name(u), any(u, depth + 1)))),
        SENSITIVE => any(u, depth + 1).mark(Marks::SENSITIVE),
        EPHEMERAL => any(u, depth + 1).mark(Marks::EPHEMERAL),
        NEST => {
            let levels = if depth == 0 { byte(u) } else { 1 };
            let as_object = byte(u) % 2 == 1;
            let inner = any(u, depth + 1);
            (0..levels).fold(inner, |v, _| {
                if as_object {
                    Value::object([("a", v)])
                } else {
                    Value::tuple([v])
                }
            })
        }
        REPEAT => {
            let count = usize::from(byte(u)) * 4;
            let before = u.len();
            let item = any(u, depth + 1);
            // Repetitions must not multiply: what is to be found are slow functions, not large arguments.
            let most = if depth == 0 {
                40_000 / (before - u.len() + 1)
            } else {
                1
            };
            Value::tuple(vec![item; count.min(most)])
        }
        _ => Value::null(ty(u, depth)),
    }
}

fn number(u: &mut Unstructured<'_>) -> Value {
    let text = text(u);
    let n = match text.as_str() {
        "+Inf" => Some(Number::infinity(false)),
        "-Inf" => Some(Number::infinity(true)),
        t => Number::parse(t),
    };
    Value::number(n.unwrap_or(Number::ZERO))
}

fn name(u: &mut Unstructured<'_>) -> Str {
    cloudapp_lang::value::normalize(&text(u))
}

fn several<T>(u: &mut Unstructured<'_>, mut one: impl FnMut(&mut Unstructured<'_>) -> T) -> Vec<T> {
    let count = byte(u) % 32;
    let mut out = Vec::new();
    for _ in 0..count {
        if u.is_empty() {
            break;
        }
        out.push(one(u));
    }
    out
}

/// A type, of a value and not a constraint: nothing is optional in it.
pub fn ty(u: &mut Unstructured<'_>, depth: u32) -> Type {
    if depth > MAX_DEPTH {
        return Type::String;
    }
    match byte(u) % 9 {
        1 => Type::Bool,
        2 => Type::Number,
        3 => Type::String,
        4 => Type::list(ty(u, depth + 1)),
        5 => Type::set(ty(u, depth + 1)),
        6 => Type::map(ty(u, depth + 1)),
        7 => Type::tuple(several(u, |u| ty(u, depth + 1))),
        8 => Type::object(several(u, |u| (name(u), ty(u, depth + 1)))),
        _ => Type::Dynamic,
    }
}

fn unknown(u: &mut Unstructured<'_>, ty: Type) -> Value {
    let not_null = byte(u) % 2 == 1 && ty != Type::Dynamic;
    let refinements = if not_null {
        Refinements::not_null()
    } else {
        Refinements::default()
    };
    Value::unknown_with(ty, refinements)
}

const TYPED_NULL: u8 = 1;
const TYPED_UNKNOWN: u8 = 2;
const TYPED_SENSITIVE: u8 = 3;

/// A value of a type: mostly one that is known.
pub fn of_type(u: &mut Unstructured<'_>, ty: &Type, depth: u32) -> Value {
    if depth > MAX_DEPTH {
        return Value::null(ty.clone());
    }
    // An element whose type is open can only be null or unknown: a collection has one element type.
    match byte(u) % 16 {
        TYPED_UNKNOWN => return unknown(u, ty.clone()),
        TYPED_SENSITIVE => return of_type(u, ty, depth + 1).sensitive(),
        TYPED_NULL => return Value::null(ty.clone()),
        _ => {}
    }
    match ty {
        Type::Dynamic => Value::null(Type::Dynamic),
        Type::Bool => Value::bool(byte(u) % 2 == 1),
        Type::Number => number(u),
        Type::String => Value::string(text(u)),
        Type::List(e) => {
            let items = several(u, |u| of_type(u, e, depth + 1));
            Value::list(e.as_ref().clone(), items)
        }
        Type::Set(e) => {
            let items = several(u, |u| of_type(u, e, depth + 1));
            Value::set(e.as_ref().clone(), items)
        }
        Type::Map(e) => {
            let entries = several(u, |u| (name(u), of_type(u, e, depth + 1)));
            Value::map(e.as_ref().clone(), entries.into_iter())
        }
        Type::Tuple(es) => Value::tuple(
            es.iter()
                .map(|e| of_type(u, e, depth + 1))
                .collect::<Vec<_>>(),
        ),
        Type::Object(o) => {
            let attributes: BTreeMap<Str, Value> = o
                .attributes
                .iter()
                .map(|(n, t)| (n.clone(), of_type(u, t, depth + 1)))
                .collect();
            Value::object(attributes)
        }
    }
}

/// A value about which less is known: parts of it are unknown of the same type, with true refinements or none.
pub fn blurred(u: &mut Unstructured<'_>, value: &Value) -> Value {
    blur(u, value, true)
}

fn blur(u: &mut Unstructured<'_>, value: &Value, may_be_dynamic: bool) -> Value {
    let how = byte(u) % 8;
    let blurred = match (how, value.kind()) {
        (0, _) => return value.clone(),
        (1, _) => Value::unknown(value.ty()),
        (2, _) if may_be_dynamic => Value::dynamic(),
        (3, _) => Value::unknown_with(value.ty(), true_refinements(u, value)),
        (_, Kind::List(l)) => Value::list(
            l.element.clone(),
            l.items.iter().map(|v| blur(u, v, false)).collect(),
        ),
        (_, Kind::Set(l)) => Value::set(
            l.element.clone(),
            l.items.iter().map(|v| blur(u, v, false)).collect(),
        ),
        (_, Kind::Map(m)) => Value::map(
            m.element.clone(),
            m.entries
                .iter()
                .map(|(k, v)| (k.clone(), blur(u, v, false))),
        ),
        (_, Kind::Tuple(items)) => Value::tuple(
            items
                .iter()
                .map(|v| blur(u, v, may_be_dynamic))
                .collect::<Vec<_>>(),
        ),
        (_, Kind::Object(o)) => Value::object(
            o.iter()
                .map(|(k, v)| (k.clone(), blur(u, v, may_be_dynamic)))
                .collect::<Vec<_>>(),
        ),
        _ => return value.clone(),
    };
    blurred.mark(value.marks())
}

fn true_refinements(u: &mut Unstructured<'_>, value: &Value) -> Refinements {
    if value.is_null() || !value.is_known() || value.ty() == Type::Dynamic {
        return Refinements::default();
    }
    let mut r = Refinements::not_null();
    let choice = usize::from(byte(u));
    match value.kind() {
        Kind::String(s) => {
            let end = s
                .char_indices()
                .nth(choice % 16)
                .map_or(s.len(), |(i, _)| i);
            r.prefix = Some(s[..end].into());
        }
        Kind::Number(n) => {
            if choice & 1 == 1 {
                r.min = Some((n.clone(), true));
            }
            if choice & 2 == 2 {
                r.max = Some((n.clone(), true));
            }
        }
        // The length of a set with unknown elements is only known as a range.
        Kind::List(_) | Kind::Map(_) => {
            let length = value.children().count() as u64;
            r.min_length = Some(length.saturating_sub(choice as u64 & 1));
            r.max_length = Some(length + (choice as u64 >> 1 & 1));
        }
        _ => {}
    }
    r
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    out.extend(length.to_le_bytes());
    out.extend(&text.as_bytes()[..usize::from(length)]);
}

fn write_count(count: usize, out: &mut Vec<u8>) -> usize {
    let count = count.min(31);
    out.push(count as u8);
    count
}

/// The bytes from which [`value`] makes a value: without refinements, and of long collections only the beginning.
pub fn write_value(value: &Value, out: &mut Vec<u8>) {
    let (value, marks) = value.clone().unmark();
    if marks.is_sensitive() {
        out.push(SENSITIVE);
    }
    if marks.is_ephemeral() {
        out.push(EPHEMERAL);
    }
    match value.kind() {
        Kind::Null(t) => {
            out.push(NULL);
            write_type(t, out);
        }
        Kind::Unknown(u) => {
            out.push(UNKNOWN);
            write_type(&u.ty, out);
            out.push(u8::from(u.refinements.not_null));
        }
        Kind::Bool(b) => out.push(if *b { TRUE } else { FALSE }),
        Kind::Number(n) => {
            out.push(NUMBER);
            write_text(&n.to_string(), out);
        }
        Kind::String(s) => {
            out.push(STRING);
            write_text(s, out);
        }
        Kind::List(l) | Kind::Set(l) => {
            let is_list = matches!(value.kind(), Kind::List(_));
            out.push(if is_list { LIST } else { SET });
            write_type(&l.element, out);
            write_content(&value, out);
        }
        Kind::Map(m) => {
            out.push(MAP);
            write_type(&m.element, out);
            write_content(&value, out);
        }
        Kind::Tuple(items) => {
            out.push(TUPLE);
            let count = write_count(items.len(), out);
            items.iter().take(count).for_each(|v| write_value(v, out));
        }
        Kind::Object(o) => {
            out.push(OBJECT);
            let count = write_count(o.len(), out);
            for (n, v) in o.iter().take(count) {
                write_text(n, out);
                write_value(v, out);
            }
        }
    }
}

/// The bytes from which [`of_type`] makes a value of its type.
pub fn write_typed(value: &Value, out: &mut Vec<u8>) {
    let (value, marks) = value.clone().unmark();
    if marks.is_sensitive() {
        out.push(TYPED_SENSITIVE);
    }
    match value.kind() {
        Kind::Null(_) => out.push(TYPED_NULL),
        Kind::Unknown(u) => {
            out.push(TYPED_UNKNOWN);
            out.push(u8::from(u.refinements.not_null));
        }
        _ => {
            out.push(0);
            write_content(&value, out);
        }
    }
}

fn write_content(value: &Value, out: &mut Vec<u8>) {
    match value.kind() {
        Kind::Null(_) | Kind::Unknown(_) => {}
        Kind::Bool(b) => out.push(u8::from(*b)),
        Kind::Number(n) => write_text(&n.to_string(), out),
        Kind::String(s) => write_text(s, out),
        Kind::List(l) | Kind::Set(l) => {
            let count = write_count(l.items.len(), out);
            l.items.iter().take(count).for_each(|v| write_typed(v, out));
        }
        Kind::Map(m) => {
            let count = write_count(m.entries.len(), out);
            for (k, v) in m.entries.iter().take(count) {
                write_text(k, out);
                write_typed(v, out);
            }
        }
        Kind::Tuple(items) => items.iter().for_each(|v| write_typed(v, out)),
        Kind::Object(o) => o.values().for_each(|v| write_typed(v, out)),
    }
}

fn write_type(ty: &Type, out: &mut Vec<u8>) {
    match ty {
        Type::Dynamic => out.push(0),
        Type::Bool => out.push(1),
        Type::Number => out.push(2),
        Type::String => out.push(3),
        Type::List(t) => {
            out.push(4);
            write_type(t, out);
        }
        Type::Set(t) => {
            out.push(5);
            write_type(t, out);
        }
        Type::Map(t) => {
            out.push(6);
            write_type(t, out);
        }
        Type::Tuple(ts) => {
            out.push(7);
            let count = write_count(ts.len(), out);
            ts.iter().take(count).for_each(|t| write_type(t, out));
        }
        Type::Object(o) => {
            out.push(8);
            let count = write_count(o.attributes.len(), out);
            for (n, t) in o.attributes.iter().take(count) {
                write_text(n, out);
                write_type(t, out);
            }
        }
    }
}
