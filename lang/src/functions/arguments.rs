//! Reading arguments that [`super::Functions::call`] has already converted and checked.

use super::signature::Fault;
use crate::limits::{MAX_TEXT, MAX_VALUE, PART, Survey};
use crate::value::{Kind, Number, Type, Value};

/// A string argument.
pub(super) fn text(args: &[Value], i: usize) -> &str {
    args.get(i).and_then(Value::as_str).unwrap_or_default()
}

/// A number argument.
pub(super) fn number(args: &[Value], i: usize) -> Number {
    args.get(i)
        .and_then(Value::as_number)
        .cloned()
        .unwrap_or(Number::ZERO)
}

/// A number argument that must be whole.
pub(super) fn whole(args: &[Value], i: usize) -> Result<i64, Fault> {
    let n = number(args, i);
    n.as_i64().ok_or_else(|| {
        if n.is_whole() {
            Fault::invalid(i, "the number is too large")
        } else {
            Fault::invalid(i, "a whole number is required").about(n.to_string())
        }
    })
}

/// The items of a list, set or tuple argument.
pub(super) fn items(args: &[Value], i: usize) -> &[Value] {
    args.get(i).and_then(Value::as_items).unwrap_or_default()
}

/// Refuses a text before it is made, by the lengths of what it is to be made of.
pub(super) fn text_size(parts: impl IntoIterator<Item = usize>) -> Result<(), Fault> {
    let size = parts.into_iter().fold(0usize, usize::saturating_add);
    if size <= MAX_TEXT {
        return Ok(());
    }
    Err(Fault::call(
        "too-large",
        format!("the text would be larger than {} MiB", MAX_TEXT >> 20),
    )
    .hint("Keep large contents in files or in a store of objects, and repeat less."))
}

/// Refuses a collection before it is made, by the number of its parts.
pub(super) fn part_count(count: usize) -> Result<(), Fault> {
    if count <= MAX_VALUE / PART {
        return Ok(());
    }
    Err(Fault::call(
        "too-large",
        format!("the result would have more than {} parts", MAX_VALUE / PART),
    )
    .hint("Take a smaller part of it."))
}

/// Refuses to write a value as text that would be too long.
pub(super) fn need_writable(value: &Value) -> Result<(), Fault> {
    let mut survey = Survey::default();
    survey
        .add(value)
        .map_err(|e| Fault::call("too-large", e.message()).hint(e.hint()))?;
    text_size([survey.size])
}

pub(super) fn string(text: impl AsRef<str> + Into<crate::value::Str>) -> Result<Value, Fault> {
    Ok(Value::string(text))
}

/// What kind of collection a value is, without building its whole type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    List,
    Set,
    Tuple,
    Map,
    Object,
    /// Neither, or not known.
    Other,
}

impl Form {
    pub(super) fn of(value: &Value) -> Self {
        let ty = match value.kind() {
            Kind::List(_) => return Form::List,
            Kind::Set(_) => return Form::Set,
            Kind::Tuple(_) => return Form::Tuple,
            Kind::Map(_) => return Form::Map,
            Kind::Object(_) => return Form::Object,
            Kind::Null(ty) => ty,
            Kind::Unknown(u) => &u.ty,
            _ => return Form::Other,
        };
        match ty {
            Type::List(_) => Form::List,
            Type::Set(_) => Form::Set,
            Type::Tuple(_) => Form::Tuple,
            Type::Map(_) => Form::Map,
            Type::Object(_) => Form::Object,
            _ => Form::Other,
        }
    }

    /// List, set or tuple.
    pub(super) fn is_sequence(self) -> bool {
        matches!(self, Form::List | Form::Set | Form::Tuple)
    }
}

/// A list or tuple is required.
pub(super) fn need_list(args: &[Value], i: usize) -> Result<(), Fault> {
    match args.get(i).map(Form::of) {
        Some(Form::List | Form::Tuple) => Ok(()),
        Some(Form::Set) => Err(
            Fault::wrong_type(i, "a list is required, and a set has no order")
                .hint("Give the set an order with tolist() or sort()."),
        ),
        _ => Err(Fault::wrong_type(i, "a list is required")),
    }
}

/// A list, set or tuple is required.
pub(super) fn need_sequence(args: &[Value], i: usize) -> Result<(), Fault> {
    match args.get(i) {
        Some(v) if Form::of(v).is_sequence() => Ok(()),
        _ => Err(Fault::wrong_type(i, "a list, a set or a tuple is required")),
    }
}

/// A list of the same type as a known or unknown list, a set's elements as a list, or a tuple.
pub(super) fn like(source: &Value, items: Vec<Value>) -> Value {
    match source.kind() {
        Kind::List(l) | Kind::Set(l) => Value::list(l.element.clone(), items),
        _ => Value::tuple(items),
    }
}
