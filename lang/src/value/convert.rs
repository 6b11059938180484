//! Conversion of values to type constraints.

use super::number::Number;
use super::path::{Path, PathStep};
use super::types::{ObjectType, Type};
use super::unify::{Unifier, unify};
use super::unknown::{Refinements, Unknown};
use super::value::{Kind, Str, Value};

/// Why a value does not fit a type, and which part of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConvertError {
    pub path: Path,
    /// A clause such as "a number is required", without the path and without any value.
    pub message: String,
}

impl ConvertError {
    fn new(message: impl Into<String>) -> Self {
        Self {
            path: Path::root(),
            message: message.into(),
        }
    }

    /// What is wanted, in words.
    fn required(ty: &Type) -> Self {
        let words = ty.friendly();
        let article = if words.starts_with(['o', 'a']) {
            "an"
        } else {
            "a"
        };
        Self::new(format!("{article} {words} is required"))
    }

    pub(super) fn within(mut self, step: PathStep) -> Self {
        self.path.0.insert(0, step);
        self
    }
}

/// Converts a value to a type constraint: missing optional attributes become null, attributes that the type lacks are
/// dropped, primitives convert by way of strings, `Type::Dynamic` inside collections is resolved by unification, marks
/// are kept, unknowns stay unknown of the new type.
pub fn convert(value: &Value, ty: &Type) -> Result<Value, ConvertError> {
    convert_unmarked(value, ty).map_err(|mut e| {
        // Where it is in what is sensitive may name a key of it.
        if value.marks().is_sensitive() {
            e.path = Path::root();
        }
        e
    })
}

/// [`convert`] as long as the path may be told.
fn convert_unmarked(value: &Value, ty: &Type) -> Result<Value, ConvertError> {
    let converted = match (value.kind(), ty) {
        (_, Type::Dynamic)
        | (Kind::Bool(_), Type::Bool)
        | (Kind::Number(_), Type::Number)
        | (Kind::String(_), Type::String) => return Ok(value.clone()),
        (Kind::List(l), Type::List(e)) if l.element == **e && !e.has_dynamic() => {
            return Ok(value.clone());
        }
        (Kind::Set(l), Type::Set(e)) if l.element == **e && !e.has_dynamic() => {
            return Ok(value.clone());
        }
        (Kind::Map(m), Type::Map(e)) if m.element == **e && !e.has_dynamic() => {
            return Ok(value.clone());
        }
        (Kind::Null(from), _) => Value::null(conversion_type(from, ty)?),
        (Kind::Unknown(u), _) => {
            let to = conversion_type(&u.ty, ty)?;
            let refinements = carried(u, &to);
            Value::unknown_with(to, refinements)
        }
        (_, Type::Bool | Type::Number | Type::String) => primitive(value, ty)?,
        (_, Type::List(e)) => to_sequence(value, e, ty)?,
        (_, Type::Set(e)) => to_sequence(value, e, ty)?,
        (_, Type::Map(e)) => to_map(value, e, ty)?,
        (_, Type::Tuple(es)) => to_tuple(value, es, ty)?,
        (_, Type::Object(o)) => to_object(value, o, ty)?,
    };
    // What becomes unknown as a whole has no places left for the marks of its parts.
    let marks = if value.is_known() && !converted.is_known() {
        value.marks_deep()
    } else {
        value.marks()
    };
    Ok(converted.mark(marks))
}

fn primitive(value: &Value, ty: &Type) -> Result<Value, ConvertError> {
    let text: Str = match value.kind() {
        Kind::String(s) => s.clone(),
        Kind::Bool(b) if *ty == Type::String => if *b { "true" } else { "false" }.into(),
        Kind::Number(n) if *ty == Type::String => n.to_string().into(),
        _ => return Err(ConvertError::required(ty)),
    };
    match ty {
        Type::Number => Number::parse(&text)
            .map(Value::number)
            .ok_or_else(|| ConvertError::required(ty)),
        Type::Bool => match &*text {
            "true" | "1" => Ok(Value::bool(true)),
            "false" | "0" => Ok(Value::bool(false)),
            "True" | "TRUE" | "False" | "FALSE" => Err(ConvertError::new(
                "a bool is required, and it is written in small letters",
            )),
            _ => Err(ConvertError::required(ty)),
        },
        _ => Ok(Kind::String(text).into()),
    }
}

/// To a list or set.
fn to_sequence(value: &Value, element: &Type, ty: &Type) -> Result<Value, ConvertError> {
    let Some(items) = value.as_items() else {
        return Err(ConvertError::required(ty));
    };
    let to_list = matches!(ty, Type::List(_));
    let from_set = matches!(value.kind(), Kind::Set(_));
    // Two unknown elements of a set may turn out to be one: the list has no certain length yet.
    if to_list && from_set && !value.is_wholly_known() {
        let to = conversion_type(&value.ty(), ty)?;
        let refinements = Refinements {
            not_null: true,
            min_length: Some(u64::from(!items.is_empty())),
            max_length: Some(items.len() as u64),
            ..Refinements::default()
        };
        return Ok(Value::unknown_with(to, refinements));
    }
    let step = |i: usize| {
        if from_set {
            PathStep::Element
        } else {
            PathStep::Index(i)
        }
    };
    let converted = items
        .iter()
        .enumerate()
        .map(|(i, v)| convert(v, element).map_err(|e| e.within(step(i))))
        .collect::<Result<Vec<_>, _>>()?;
    let from_element = match value.kind() {
        Kind::List(l) | Kind::Set(l) => Some(&l.element),
        _ => None,
    };
    let what = if to_list { "list" } else { "set" };
    Ok(match settle(converted, element, from_element, what)? {
        Settled::As(element, items) if to_list => Value::list(element, items),
        Settled::As(element, items) => Value::set(element, items),
        Settled::Unknown if to_list => Value::unknown_not_null(Type::list(Type::Dynamic)),
        Settled::Unknown => Value::unknown_not_null(Type::set(Type::Dynamic)),
    })
}

fn to_map(value: &Value, element: &Type, ty: &Type) -> Result<Value, ConvertError> {
    let Some(entries) = value.as_entries() else {
        return Err(ConvertError::required(ty));
    };
    let is_map = matches!(value.kind(), Kind::Map(_));
    let step = |k: &Str| {
        if is_map {
            PathStep::Key(k.clone())
        } else {
            PathStep::Attr(k.clone())
        }
    };
    let converted = entries
        .iter()
        .map(|(k, v)| convert(v, element).map_err(|e| e.within(step(k))))
        .collect::<Result<Vec<_>, _>>()?;
    let from_element = if let Kind::Map(m) = value.kind() {
        Some(&m.element)
    } else {
        None
    };
    Ok(match settle(converted, element, from_element, "map")? {
        Settled::As(element, items) => Value::map(element, entries.keys().cloned().zip(items)),
        Settled::Unknown => Value::unknown_not_null(Type::map(Type::Dynamic)),
    })
}

enum Settled {
    As(Type, Vec<Value>),
    /// The elements' common type depends on what is not known.
    Unknown,
}

/// Brings the elements of a collection to one type, where the constraint leaves it open.
fn settle(
    items: Vec<Value>,
    constraint: &Type,
    from: Option<&Type>,
    what: &str,
) -> Result<Settled, ConvertError> {
    // An empty collection is refused like any other of its type: as an unknown one it would have been.
    if let (true, Some(from)) = (items.is_empty(), from) {
        conversion_type(from, constraint).map_err(|e| e.within(PathStep::Element))?;
    }
    if !constraint.has_dynamic() {
        return Ok(Settled::As(constraint.without_optional(), items));
    }
    // In a map, a null that nobody typed fits any type; in a list or set only a primitive one, as in Terraform.
    let untyped = |v: &Value| v.is_null() && v.ty() == Type::Dynamic;
    let types: Vec<Type> = items
        .iter()
        .filter(|v| what != "map" || !untyped(v))
        .map(Value::ty)
        .collect();
    let same = || ConvertError::new(format!("all elements of a {what} must have the same type"));
    let unified = if types.is_empty() {
        match from {
            Some(t) => conversion_type(t, constraint)?,
            None => constraint.without_optional(),
        }
    } else {
        unify(&types).ok_or_else(same)?
    };
    if unified == Type::Dynamic && types.iter().any(|t| *t != Type::Dynamic) {
        if what != "map" {
            return Err(same());
        }
        return Ok(Settled::Unknown);
    }
    let items: Vec<Value> = items
        .iter()
        .enumerate()
        .map(|(i, v)| {
            // What is of the type needs nothing; converting it again would double the work with every level.
            if v.ty() == unified {
                return Ok(v.clone());
            }
            convert(v, &unified).map_err(|e| e.within(PathStep::Index(i)))
        })
        .collect::<Result<_, _>>()?;
    // Where the common type leaves something open, the elements may differ in it.
    let mut closed = items.iter().map(Value::ty).filter(|t| *t != Type::Dynamic);
    if unified.has_dynamic()
        && let Some(first) = closed.next()
        && closed.any(|t| t != first)
    {
        return Err(same());
    }
    Ok(Settled::As(unified, items))
}

fn to_tuple(value: &Value, elements: &[Type], ty: &Type) -> Result<Value, ConvertError> {
    let Kind::Tuple(items) = value.kind() else {
        return Err(ConvertError::required(ty));
    };
    if items.len() != elements.len() {
        return Err(tuple_length(elements.len()));
    }
    let items = items
        .iter()
        .zip(elements)
        .enumerate()
        .map(|(i, (v, t))| convert(v, t).map_err(|e| e.within(PathStep::Index(i))))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Value::tuple(items))
}

fn tuple_length(wanted: usize) -> ConvertError {
    ConvertError::new(format!(
        "a tuple of {wanted} element{} is required",
        if wanted == 1 { "" } else { "s" }
    ))
}

fn to_object(value: &Value, object: &ObjectType, ty: &Type) -> Result<Value, ConvertError> {
    let Some(entries) = value.as_entries() else {
        return Err(ConvertError::required(ty));
    };
    missing(object, |n| entries.contains_key(n))?;
    let is_map = matches!(value.kind(), Kind::Map(_));
    let mut attributes = Vec::with_capacity(object.attributes.len());
    for (name, t) in &object.attributes {
        let v = match entries.get(name) {
            Some(v) => convert(v, t).map_err(|e| {
                e.within(if is_map {
                    PathStep::Key(name.clone())
                } else {
                    PathStep::Attr(name.clone())
                })
            })?,
            None => Value::null(t.without_optional()),
        };
        attributes.push((name.clone(), v));
    }
    Ok(Value::object(attributes))
}

/// An error where required attributes are missing.
pub(super) fn missing(object: &ObjectType, has: impl Fn(&Str) -> bool) -> Result<(), ConvertError> {
    let names: Vec<String> = object
        .attributes
        .keys()
        .filter(|n| !object.optional.contains(*n) && !has(n))
        .map(|n| format!("\"{n}\""))
        .collect();
    match names.as_slice() {
        [] => Ok(()),
        [one] => Err(ConvertError::new(format!("attribute {one} is required"))),
        many => Err(ConvertError::new(format!(
            "attributes {} are required",
            many.join(", ")
        ))),
    }
}

/// The type that values of one type have when converted to a constraint, whatever they are; an error where none
/// converts.
pub(super) fn conversion_type(from: &Type, to: &Type) -> Result<Type, ConvertError> {
    conversion_type_within(from, to, &mut Unifier::of([from]))
}

/// [`conversion_type`] as a step of a search for a common type.
pub(super) fn conversion_type_within(
    from: &Type,
    to: &Type,
    u: &mut Unifier,
) -> Result<Type, ConvertError> {
    match (from, to) {
        (_, Type::Dynamic) => Ok(from.clone()),
        (Type::Dynamic, _) => Ok(to.without_optional()),
        (Type::Bool, Type::Bool) | (Type::Number, Type::Number) | (_, Type::String)
            if from.is_primitive() =>
        {
            Ok(to.clone())
        }
        (Type::String, Type::Bool | Type::Number) => Ok(to.clone()),
        (Type::List(f) | Type::Set(f), Type::List(t)) => Ok(Type::list(element_type(f, t, u)?)),
        (Type::List(f) | Type::Set(f), Type::Set(t)) => Ok(Type::set(element_type(f, t, u)?)),
        (Type::Tuple(f), Type::List(t)) => Ok(Type::list(elements_type(f.iter(), t, "list", u)?)),
        (Type::Tuple(f), Type::Set(t)) => Ok(Type::set(elements_type(f.iter(), t, "set", u)?)),
        (Type::Map(f), Type::Map(t)) => Ok(Type::map(element_type(f, t, u)?)),
        (Type::Object(f), Type::Map(t)) => Ok(Type::map(elements_type(
            f.attributes.values(),
            t,
            "map",
            u,
        )?)),
        (Type::Tuple(f), Type::Tuple(t)) => {
            if f.len() != t.len() {
                return Err(tuple_length(t.len()));
            }
            let elements = f
                .iter()
                .zip(t.iter())
                .enumerate()
                .map(|(i, (f, t))| {
                    conversion_type_within(f, t, u).map_err(|e| e.within(PathStep::Index(i)))
                })
                .collect::<Result<Vec<_>, _>>()?;
            Ok(Type::tuple(elements))
        }
        (Type::Object(f), Type::Object(t)) => {
            missing(t, |n| f.attributes.contains_key(n))?;
            attribute_types(t, |n| f.attributes.get(n), u)
        }
        // Whether the map has the attributes is known when the map is.
        (Type::Map(f), Type::Object(t)) => attribute_types(t, |_| Some(f), u),
        _ => Err(ConvertError::required(to)),
    }
}

fn attribute_types<'t>(
    to: &ObjectType,
    from: impl Fn(&Str) -> Option<&'t Type>,
    u: &mut Unifier,
) -> Result<Type, ConvertError> {
    let attributes = to
        .attributes
        .iter()
        .map(|(n, t)| {
            let ty = match from(n) {
                Some(f) => conversion_type_within(f, t, u)
                    .map_err(|e| e.within(PathStep::Attr(n.clone())))?,
                None => t.without_optional(),
            };
            Ok((n.clone(), ty))
        })
        .collect::<Result<Vec<_>, ConvertError>>()?;
    Ok(Type::object(attributes))
}

fn element_type(from: &Type, to: &Type, u: &mut Unifier) -> Result<Type, ConvertError> {
    conversion_type_within(from, to, u).map_err(|e| e.within(PathStep::Element))
}

fn elements_type<'t>(
    from: impl Iterator<Item = &'t Type>,
    to: &Type,
    what: &str,
    u: &mut Unifier,
) -> Result<Type, ConvertError> {
    let types = from
        .map(|f| element_type(f, to, u))
        .collect::<Result<Vec<_>, _>>()?;
    if !to.has_dynamic() || types.is_empty() {
        return Ok(to.without_optional());
    }
    let same = || ConvertError::new(format!("all elements of a {what} must have the same type"));
    let unified = u.unify(&types).ok_or_else(same)?;
    let open = unified == Type::Dynamic && types.iter().any(|t| *t != Type::Dynamic);
    if open && what != "map" {
        return Err(same());
    }
    Ok(unified)
}

/// What is still known of an unknown value once it is of another type.
fn carried(u: &Unknown, to: &Type) -> Refinements {
    if u.ty == *to {
        return u.refinements.clone();
    }
    let r = &u.refinements;
    let length = match &u.ty {
        Type::Tuple(es) => Some((es.len() as u64, es.len() as u64)),
        _ => None,
    };
    let min = length.map(|l| l.0).or(r.min_length);
    let max = length.map(|l| l.1).or(r.max_length);
    match to {
        Type::List(_) | Type::Map(_) => {
            let min = if matches!(u.ty, Type::Set(_)) {
                min.map(|m| m.min(1))
            } else {
                min
            };
            Refinements {
                not_null: r.not_null,
                min_length: min,
                max_length: max,
                ..Refinements::default()
            }
        }
        Type::Set(_) => Refinements {
            not_null: r.not_null,
            min_length: min.map(|m| m.min(1)),
            max_length: max,
            ..Refinements::default()
        },
        _ => Refinements {
            not_null: r.not_null,
            ..Refinements::default()
        },
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed expectation is a failed test
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::value::Marks;

    fn s(text: &str) -> Value {
        Value::string(text)
    }

    fn n(number: i64) -> Value {
        Value::number(number)
    }

    #[test]
    fn empty_collections_have_an_element_type() {
        let empty = Value::list(Type::Bool, Vec::new());
        let lists = Type::list(Type::list(Type::String));
        assert!(convert(&empty, &lists).is_err());
        assert!(convert(&Value::unknown(empty.ty()), &lists).is_err());
        assert!(convert(&empty, &Type::set(Type::String)).is_ok());
        assert!(convert(&Value::tuple([]), &lists).is_ok());
    }

    fn ok(v: &Value, t: &Type) -> Value {
        convert(v, t).unwrap_or_else(|e| panic!("{v:?} to {t}: {e}"))
    }

    fn err(v: &Value, t: &Type) -> String {
        let e = convert(v, t).expect_err("does not convert");
        format!("{}: {}", e.path, e.message)
    }

    #[test]
    fn primitives_by_way_of_strings() {
        assert_eq!(ok(&n(5), &Type::String), s("5"));
        assert_eq!(ok(&s("1e5"), &Type::Number), n(100_000));
        assert_eq!(ok(&s("1"), &Type::Bool), Value::bool(true));
        assert_eq!(ok(&Value::bool(false), &Type::String), s("false"));
        assert_eq!(err(&n(1), &Type::Bool), ": a bool is required");
        assert_eq!(err(&s("no"), &Type::Number), ": a number is required");
        assert_eq!(
            err(&Value::tuple([]), &Type::String),
            ": a string is required"
        );
    }

    #[test]
    fn sequences() {
        let list = ok(&Value::tuple([n(1), s("a")]), &Type::list(Type::Dynamic));
        assert_eq!(list, Value::list(Type::String, vec![s("1"), s("a")]));
        let set = ok(
            &Value::tuple([s("b"), s("a"), s("b")]),
            &Type::set(Type::String),
        );
        assert_eq!(set, Value::set(Type::String, vec![s("a"), s("b")]));
        assert_eq!(
            ok(&set, &Type::list(Type::Dynamic)),
            Value::list(Type::String, vec![s("a"), s("b")])
        );
        assert_eq!(
            ok(&Value::tuple([]), &Type::list(Type::Dynamic)),
            Value::list(Type::Dynamic, vec![])
        );
        assert_eq!(
            ok(
                &Value::tuple([Value::null(Type::Dynamic), n(1)]),
                &Type::list(Type::Dynamic)
            ),
            Value::list(Type::Number, vec![Value::null(Type::Number), n(1)])
        );
        assert_eq!(
            err(
                &Value::tuple([n(1), Value::tuple([])]),
                &Type::list(Type::Dynamic)
            ),
            ": all elements of a list must have the same type"
        );
        assert_eq!(
            err(
                &Value::tuple([n(1), Value::bool(true)]),
                &Type::list(Type::Number)
            ),
            "[1]: a number is required"
        );
    }

    #[test]
    fn unknowns_keep_what_is_known() {
        let prefix = Refinements {
            not_null: true,
            prefix: Some("a".into()),
            ..Refinements::default()
        };
        let u = Value::unknown_with;
        assert_eq!(
            ok(&u(Type::String, prefix.clone()), &Type::String),
            u(Type::String, prefix.clone())
        );
        assert_eq!(
            ok(&u(Type::String, prefix), &Type::Number),
            u(Type::Number, Refinements::not_null())
        );
        let tuple = u(
            Type::tuple([Type::Number, Type::String]),
            Refinements::not_null(),
        );
        let lengths = Refinements {
            not_null: true,
            min_length: Some(2),
            max_length: Some(2),
            ..Refinements::default()
        };
        assert_eq!(
            ok(&tuple, &Type::list(Type::Dynamic)),
            u(Type::list(Type::String), lengths)
        );
        assert_eq!(
            err(
                &u(Type::Number, Refinements::default()),
                &Type::list(Type::String)
            ),
            ": a list of string is required"
        );
        let partly = Value::set(Type::String, vec![s("a"), Value::unknown(Type::String)]);
        assert!(!ok(&partly, &Type::list(Type::String)).is_known());
        let any = Value::tuple([Value::unknown(Type::Dynamic), Value::object([("a", n(1))])]);
        assert_eq!(
            err(&any, &Type::list(Type::Dynamic)),
            ": all elements of a list must have the same type"
        );
        let any = Value::tuple([Value::unknown(Type::Dynamic), Value::null(Type::Dynamic)]);
        assert_eq!(
            ok(&any, &Type::list(Type::Dynamic)).ty(),
            Type::list(Type::Dynamic)
        );
    }

    #[test]
    fn objects_and_maps() {
        let ty = Type::Object(Arc::new(ObjectType {
            attributes: [
                ("a".into(), Type::String),
                ("b".into(), Type::list(Type::Number)),
            ]
            .into_iter()
            .collect(),
            optional: ["b".into()].into(),
        }));
        let v = ok(&Value::object([("a", n(1)), ("c", n(2))]), &ty);
        assert_eq!(
            v,
            Value::object([("a", s("1")), ("b", Value::null(Type::list(Type::Number)))])
        );
        assert_eq!(
            err(&Value::object([("b", Value::tuple([]))]), &ty),
            ": attribute \"a\" is required"
        );
        let bad = Value::object([("a", n(1)), ("b", Value::tuple([s("x")]))]);
        assert_eq!(err(&bad, &ty), "b[0]: a number is required");
        let map = ok(
            &Value::object([("a", n(1)), ("b", s("x"))]),
            &Type::map(Type::Dynamic),
        );
        assert_eq!(map.ty(), Type::map(Type::String));
        let back = ok(&map, &Type::object([("a", Type::Number)]));
        assert_eq!(back, Value::object([("a", n(1))]));
    }

    #[test]
    fn marks_are_kept_where_they_were() {
        let v = Value::tuple([s("a").sensitive(), s("b")]);
        let list = ok(&v, &Type::list(Type::String));
        assert!(list.marks().is_empty());
        assert!(list.as_items().unwrap()[0].marks().is_sensitive());
        let set = ok(&v, &Type::set(Type::String));
        assert_eq!(set.marks(), Marks::SENSITIVE);
        assert!(ok(&n(1).sensitive(), &Type::String).marks().is_sensitive());
        assert!(
            ok(&Value::null(Type::Dynamic).sensitive(), &Type::String)
                .marks()
                .is_sensitive()
        );
    }
}
