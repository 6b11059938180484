//! `==`: never converts, goes to the bottom of values, and knows what it cannot know yet.

use crate::value::{Kind, ListValue, Type, Unknown, Value};

pub(super) fn equal(a: &Value, b: &Value) -> Option<bool> {
    match (a.kind(), b.kind()) {
        (Kind::Unknown(_), Kind::Unknown(_)) => None,
        (Kind::Unknown(u), _) => excluded(u, b),
        (_, Kind::Unknown(u)) => excluded(u, a),
        (Kind::Null(_), Kind::Null(_)) => Some(true),
        (Kind::Null(_), _) | (_, Kind::Null(_)) => Some(false),
        (Kind::Bool(a), Kind::Bool(b)) => Some(a == b),
        (Kind::Number(a), Kind::Number(b)) => Some(a == b),
        (Kind::String(a), Kind::String(b)) => Some(a == b),
        (Kind::List(a), Kind::List(b)) if a.element == b.element => sequence(&a.items, &b.items),
        (Kind::Tuple(a), Kind::Tuple(b)) => sequence(a, b),
        (Kind::Set(a), Kind::Set(b)) if a.element == b.element => sets(a, b),
        (Kind::Map(x), Kind::Map(y)) if x.element != y.element => Some(false),
        (Kind::Map(_), Kind::Map(_)) | (Kind::Object(_), Kind::Object(_)) => {
            let (a, b) = (a.as_entries()?, b.as_entries()?);
            if !a.keys().eq(b.keys()) {
                return Some(false);
            }
            every(a.values().zip(b.values()))
        }
        _ => Some(false),
    }
}

fn sequence(a: &[Value], b: &[Value]) -> Option<bool> {
    if a.len() != b.len() {
        return Some(false);
    }
    // In order, and an unknown leaves it open whatever comes behind it, as in Terraform.
    for (a, b) in a.iter().zip(b) {
        match equal(a, b) {
            Some(true) => {}
            other => return other,
        }
    }
    Some(true)
}

/// One difference decides; otherwise one unknown leaves it open.
fn every<'v>(pairs: impl Iterator<Item = (&'v Value, &'v Value)>) -> Option<bool> {
    let mut all = Some(true);
    for (a, b) in pairs {
        match equal(a, b) {
            Some(true) => {}
            Some(false) => return Some(false),
            None => all = None,
        }
    }
    all
}

fn sets(a: &ListValue, b: &ListValue) -> Option<bool> {
    let known = |s: &ListValue| s.items.iter().all(Value::is_wholly_known);
    if known(a) && known(b) {
        sequence(&a.items, &b.items)
    } else {
        None
    }
}

/// `Some(false)` where the unknown value cannot become the known one.
fn excluded(u: &Unknown, known: &Value) -> Option<bool> {
    let r = &u.refinements;
    let differs = match known.kind() {
        Kind::Null(_) => r.not_null,
        Kind::String(s) => r.prefix.as_ref().is_some_and(|p| !s.starts_with(&**p)),
        Kind::Number(n) => {
            let below = r
                .min
                .as_ref()
                .is_some_and(|(m, inclusive)| n < m || n == m && !inclusive);
            let above = r
                .max
                .as_ref()
                .is_some_and(|(m, inclusive)| n > m || n == m && !inclusive);
            below || above
        }
        Kind::List(l) => outside(u, l.items.len()),
        Kind::Map(m) => outside(u, m.entries.len()),
        _ => false,
    };
    (differs || !known.is_null() && other_type(&u.ty, known)).then_some(false)
}

fn outside(u: &Unknown, length: usize) -> bool {
    let length = length as u64;
    u.refinements.min_length.is_some_and(|m| length < m)
        || u.refinements.max_length.is_some_and(|m| length > m)
}

/// Whether no value of a type could equal a known one.
fn other_type(ty: &Type, known: &Value) -> bool {
    match (ty, known.kind()) {
        (Type::Dynamic, _) => false,
        (Type::Object(t), Kind::Object(v)) => {
            !t.attributes.keys().eq(v.keys())
                || t.attributes
                    .values()
                    .zip(v.values())
                    .any(|(t, v)| v.is_known() && !v.is_null() && other_type(t, v))
        }
        (Type::Tuple(t), Kind::Tuple(v)) => {
            t.len() != v.len()
                || t.iter()
                    .zip(v.iter())
                    .any(|(t, v)| v.is_known() && !v.is_null() && other_type(t, v))
        }
        (ty, _) => !ty.has_dynamic() && known.ty() != *ty,
    }
}
