//! Types and values.

use std::collections::BTreeSet;
use std::sync::Arc;

use cloudapp_lang::value::{Kind, ObjectType, Refinements};
use cloudapp_lang::{Marks, Number, Type, Value};

use super::choices::Choices;
use super::syntax::{number as digits, text};

const ATTRIBUTES: [&str; 5] = ["a", "b", "l", "$x", "é"];

/// A type, of which `dynamic` may be a part.
pub(crate) fn ty(c: &mut Choices<'_>, depth: usize, dynamic: bool) -> Type {
    if depth == 0 || c.is_spent() {
        return match c.below(if dynamic { 4 } else { 3 }) {
            0 => Type::String,
            1 => Type::Number,
            2 => Type::Bool,
            _ => Type::Dynamic,
        };
    }
    let d = depth - 1;
    match c.below(9) {
        0..=2 => ty(c, 0, dynamic),
        3 => Type::list(ty(c, d, dynamic)),
        4 => Type::set(ty(c, d, dynamic)),
        5 => Type::map(ty(c, d, dynamic)),
        6 => Type::tuple(
            (0..c.below(3))
                .map(|_| ty(c, d, dynamic))
                .collect::<Vec<_>>(),
        ),
        _ => {
            let n = c.below(ATTRIBUTES.len());
            Type::object(ATTRIBUTES[..n].iter().map(|a| (*a, ty(c, d, dynamic))))
        }
    }
}

/// A type constraint: with attributes that may be left out.
pub(crate) fn constraint(c: &mut Choices<'_>, depth: usize) -> Type {
    let Type::Object(o) = ty(c, depth, true) else {
        return ty(c, depth, true);
    };
    let optional: BTreeSet<_> = o
        .attributes
        .keys()
        .filter(|_| c.one_in(3))
        .cloned()
        .collect();
    Type::Object(Arc::new(ObjectType {
        attributes: o.attributes.clone(),
        optional,
    }))
}

/// What besides known values may stand in a value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allow {
    pub(crate) null: bool,
    pub(crate) unknown: bool,
    pub(crate) marked: bool,
}

impl Allow {
    pub(crate) const NOTHING: Allow = Allow {
        null: false,
        unknown: false,
        marked: false,
    };
    pub(crate) const NULL: Allow = Allow {
        null: true,
        ..Allow::NOTHING
    };
    pub(crate) const EVERYTHING: Allow = Allow {
        null: true,
        unknown: true,
        marked: true,
    };
}

/// A value of a type; a known one has no dynamic part but null.
pub(crate) fn value_of(ty: &Type, c: &mut Choices<'_>, allow: Allow, depth: usize) -> Value {
    let value = if allow.unknown && c.one_in(8) {
        unknown_of(ty, c)
    } else if allow.null && c.one_in(8) {
        Value::null(ty.clone())
    } else {
        known_of(ty, c, allow, depth)
    };
    if allow.marked && c.one_in(8) {
        value.mark(*c.of(&[
            Marks::SENSITIVE,
            Marks::EPHEMERAL,
            Marks::SENSITIVE.with(Marks::EPHEMERAL),
        ]))
    } else {
        value
    }
}

fn known_of(ty: &Type, c: &mut Choices<'_>, allow: Allow, depth: usize) -> Value {
    let count = if depth == 0 { 0 } else { c.below(4) };
    let d = depth.saturating_sub(1);
    match ty {
        Type::Dynamic => Value::null(Type::Dynamic),
        Type::Bool => Value::bool(c.one_in(2)),
        Type::Number => Value::number(number(c)),
        Type::String => Value::string(string(c)),
        // An element of an open type could be of any, but all must be of one.
        Type::List(e) if e.has_dynamic() => Value::list((**e).clone(), Vec::new()),
        Type::Set(e) if e.has_dynamic() => Value::set((**e).clone(), Vec::new()),
        Type::Map(e) if e.has_dynamic() => Value::map::<&str>((**e).clone(), []),
        Type::List(e) => {
            let items = (0..count).map(|_| value_of(e, c, allow, d)).collect();
            Value::list((**e).clone(), items)
        }
        Type::Set(e) => {
            let items = (0..count).map(|_| value_of(e, c, allow, d)).collect();
            Value::set((**e).clone(), items)
        }
        Type::Map(e) => {
            let entries: Vec<_> = (0..count)
                .map(|i| (ATTRIBUTES[i], value_of(e, c, allow, d)))
                .collect();
            Value::map((**e).clone(), entries)
        }
        Type::Tuple(es) => Value::tuple(
            es.iter()
                .map(|e| value_of(e, c, allow, d))
                .collect::<Vec<_>>(),
        ),
        Type::Object(o) => {
            let attributes: Vec<_> = o
                .attributes
                .iter()
                .map(|(n, t)| (n.clone(), value_of(t, c, allow, d)))
                .collect();
            Value::object(attributes)
        }
    }
}

pub(crate) fn number(c: &mut Choices<'_>) -> Number {
    let n = if c.one_in(3) {
        Number::parse(&digits(c)).unwrap_or(Number::ZERO)
    } else {
        Number::from(c.below(5) as u64)
    };
    if c.one_in(4) { n.neg() } else { n }
}

fn string(c: &mut Choices<'_>) -> String {
    match c.below(4) {
        0 => (*c.of(&["a", "b", "ab", "", "l", "a-b"])).into(),
        1 => (*c.of(&["1", "0", "true", "false", "2.5"])).into(),
        _ => text(c),
    }
}

fn unknown_of(ty: &Type, c: &mut Choices<'_>) -> Value {
    let mut r = Refinements {
        not_null: c.one_in(2),
        ..Refinements::default()
    };
    match ty {
        Type::String if c.one_in(2) => r.prefix = Some((*c.of(&["a", "ab-", "é-"])).into()),
        Type::Number if c.one_in(2) => {
            r.min = Some((Number::from(c.below(3) as u64), c.one_in(2)));
            if c.one_in(2) {
                r.max = Some((Number::from(5 + c.below(3) as u64), c.one_in(2)));
            }
        }
        Type::List(_) | Type::Set(_) | Type::Map(_) if c.one_in(2) => {
            r.min_length = Some(c.below(2) as u64);
            r.max_length = c.one_in(2).then(|| 2 + c.below(3) as u64);
        }
        _ => {}
    }
    Value::unknown_with(ty.clone(), r)
}

/// The same value with parts of it not known, of which only what is true is said; `open` where their types may be
/// unknown too.
pub(crate) fn blurred(v: &Value, c: &mut Choices<'_>, open: bool) -> Value {
    let inner = c.one_in(2);
    match (inner, v.kind()) {
        (true, Kind::List(l)) if !l.items.is_empty() => {
            let items = l
                .items
                .iter()
                .map(|v| blurred_or_same(v, c, false))
                .collect();
            Value::list(l.element.clone(), items)
        }
        (true, Kind::Set(l)) if !l.items.is_empty() => {
            let items = l
                .items
                .iter()
                .map(|v| blurred_or_same(v, c, false))
                .collect();
            Value::set(l.element.clone(), items)
        }
        (true, Kind::Map(m)) if !m.entries.is_empty() => {
            let entries = m
                .entries
                .iter()
                .map(|(k, v)| (k.clone(), blurred_or_same(v, c, false)));
            Value::map(m.element.clone(), entries)
        }
        (true, Kind::Tuple(t)) if !t.is_empty() => Value::tuple(
            t.iter()
                .map(|v| blurred_or_same(v, c, open))
                .collect::<Vec<_>>(),
        ),
        (true, Kind::Object(o)) if !o.is_empty() => {
            let attributes: Vec<_> = o
                .iter()
                .map(|(k, v)| (k.clone(), blurred_or_same(v, c, open)))
                .collect();
            Value::object(attributes)
        }
        // Inside of objects and tuples, and by itself, even the type may be open.
        _ if open && c.one_in(6) => Value::dynamic(),
        _ => unknown_like(v, c),
    }
}

fn blurred_or_same(v: &Value, c: &mut Choices<'_>, open: bool) -> Value {
    if !c.one_in(2) {
        v.clone()
    } else if open {
        blurred(v, c, true)
    } else {
        unknown_like(v, c)
    }
}

/// An unknown value of the type, which says of itself some of what is true of `v`.
fn unknown_like(v: &Value, c: &mut Choices<'_>) -> Value {
    if v.is_null() || c.one_in(3) {
        return Value::unknown(v.ty());
    }
    let mut r = Refinements::not_null();
    match v.kind() {
        Kind::String(s) if c.one_in(2) => {
            // Up to a place where nothing that follows could join with it.
            let ascii: String = s.chars().take_while(char::is_ascii).collect();
            let n = c.below(ascii.len().max(1));
            r.prefix = (n > 0).then(|| ascii[..n].into());
        }
        Kind::Number(n) => {
            if c.one_in(2) {
                r.min = Some((n.clone(), true));
            } else if c.one_in(2) {
                r.min = Some((n.sub(&Number::ONE), c.one_in(2)));
            }
            if c.one_in(2) {
                r.max = Some((n.add(&Number::ONE), c.one_in(2)));
            }
        }
        Kind::List(l) | Kind::Set(l) => lengths(&mut r, l.items.len(), c),
        Kind::Map(m) => lengths(&mut r, m.entries.len(), c),
        _ => {}
    }
    Value::unknown_with(v.ty(), r)
}

fn lengths(r: &mut Refinements, length: usize, c: &mut Choices<'_>) {
    let n = length as u64;
    r.min_length = c.one_in(2).then(|| n.saturating_sub(c.below(2) as u64));
    r.max_length = c.one_in(2).then(|| n + c.below(2) as u64);
}

/// Why what is said of a value that was not known does not hold for what it turned out to be; none where it holds.
pub(crate) fn contradiction(said: &Value, known: &Value) -> Option<String> {
    if let Kind::Unknown(u) = said.kind() {
        let r = &u.refinements;
        if known.is_null() {
            let typed = known.ty() != Type::Dynamic && !covers(&u.ty, &known.ty());
            return (r.not_null || typed).then(|| format!("{u:?} became null({})", known.ty()));
        }
        let broken = !covers(&u.ty, &known.ty())
            || known
                .as_str()
                .is_some_and(|s| r.prefix.as_ref().is_some_and(|p| !s.starts_with(&**p)))
            || known.as_number().is_some_and(|n| outside(n, r))
            || u.ty.is_collection() && wrong_length(known, r);
        return broken.then(|| format!("{u:?} became {known:?} of type {}", known.ty()));
    }
    let differ = || {
        Some(format!(
            "{said:?}: {} became {known:?}: {}",
            said.ty(),
            known.ty()
        ))
    };
    match (said.kind(), known.kind()) {
        // Which elements of a set are the same is open while one is not known.
        (Kind::Set(a), Kind::Set(b)) if !said.is_wholly_known() => {
            (b.items.len() > a.items.len()).then(|| format!("{said:?} became {known:?}"))
        }
        (Kind::List(_), Kind::List(_)) | (Kind::Tuple(_), Kind::Tuple(_)) => {
            let (a, b) = (said.as_items()?, known.as_items()?);
            if a.len() != b.len() {
                return differ();
            }
            a.iter().zip(b).find_map(|(a, b)| contradiction(a, b))
        }
        (Kind::Map(_), Kind::Map(_)) | (Kind::Object(_), Kind::Object(_)) => {
            let (a, b) = (said.as_entries()?, known.as_entries()?);
            if !a.keys().eq(b.keys()) {
                return differ();
            }
            a.values()
                .zip(b.values())
                .find_map(|(a, b)| contradiction(a, b))
        }
        _ if said == known => None,
        _ => differ(),
    }
}

fn outside(n: &Number, r: &Refinements) -> bool {
    let low = |(m, inclusive): &(Number, bool)| n < m || n == m && !inclusive;
    let high = |(m, inclusive): &(Number, bool)| n > m || n == m && !inclusive;
    r.min.as_ref().is_some_and(low) || r.max.as_ref().is_some_and(high)
}

fn wrong_length(v: &Value, r: &Refinements) -> bool {
    let n = v.children().count() as u64;
    r.min_length.is_some_and(|m| n < m) || r.max_length.is_some_and(|m| n > m)
}

/// Whether a value said to be of a type may turn out to be of another: where the first leaves it open.
fn covers(said: &Type, known: &Type) -> bool {
    match (said, known) {
        (Type::Dynamic, _) => true,
        (Type::List(a), Type::List(b))
        | (Type::Set(a), Type::Set(b))
        | (Type::Map(a), Type::Map(b)) => covers(a, b),
        (Type::Tuple(a), Type::Tuple(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| covers(a, b))
        }
        (Type::Object(a), Type::Object(b)) => {
            a.attributes.keys().eq(b.attributes.keys())
                && a.attributes
                    .values()
                    .zip(b.attributes.values())
                    .all(|(a, b)| covers(a, b))
        }
        // A null that nobody typed.
        (_, Type::Dynamic) => true,
        (a, b) => a == b,
    }
}
