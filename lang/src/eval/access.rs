//! Into values: attributes, indexes, splats.

use super::expression::{Evaluator, Outcome};
use crate::diagnostic::{Diagnostic, Diagnostics, nearest};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Reference, Splat, Step};
use crate::value::{Kind, Marks, Refinements, Type, Value, convert};

/// The place of a step, which begins where what is before it ends.
pub(super) fn place(step: &Step, from: u32, near: Span) -> Span {
    let end = match step {
        Step::Attr(name) => name.span.end,
        Step::Index(e) => e.span.end.saturating_add(1),
        Step::LegacyIndex(_, span) | Step::Splat(_, span) => span.end,
    };
    Span {
        file: near.file,
        start: from.min(end),
        end,
    }
}

/// The place of a reference up to some of its steps.
pub(super) fn prefix(r: &Reference, steps: usize) -> Span {
    let steps = r.steps.iter().take(steps);
    steps.fold(r.root.span, |s, step| s.to(place(step, s.end, s)))
}

/// See [`super::check_steps`].
pub(super) fn check_steps(
    mut value: Value,
    r: &Reference,
    consumed: usize,
) -> Result<(), Diagnostic> {
    let mut before = prefix(r, consumed);
    for step in r.steps.iter().skip(consumed) {
        let at = place(step, before.end, before);
        let inside = match step {
            Step::Attr(name) => attribute(value, &name.name),
            Step::LegacyIndex(n, _) => index(value, &Value::number(*n)),
            Step::Index(Expr {
                kind: ExprKind::Literal(key),
                ..
            }) => index(value, key),
            Step::Index(_) | Step::Splat(..) => return Ok(()),
        };
        value = inside.map_err(|d| d.at(at))?;
        before = before.to(at);
    }
    Ok(())
}

impl Evaluator<'_> {
    /// Applies steps one after the other. `from` is the offset where the first begins, `e` the whole expression.
    pub(super) fn steps(
        &mut self,
        mut value: Value,
        steps: &[Step],
        mut from: u32,
        e: &Expr,
    ) -> Outcome {
        for step in steps {
            let at = place(step, from, e.span);
            value = self.step(value, step, at, e)?;
            from = at.end;
        }
        Ok(value)
    }

    fn step(&mut self, value: Value, step: &Step, at: Span, e: &Expr) -> Outcome {
        let result = match step {
            Step::Attr(name) => attribute(value, &name.name),
            Step::LegacyIndex(n, _) => index(value, &Value::number(*n)),
            Step::Index(key) => {
                let key_value = self.expr(key)?;
                return index(value, &key_value)
                    .map_err(|d| self.fault(d.at(at).within(e.span), &[e, key]));
            }
            Step::Splat(each, marker) => return self.splat_value(value, each, *marker, e, at),
        };
        result.map_err(|d| self.fault(d.at(at).within(e.span), &[e]))
    }

    pub(super) fn splat(&mut self, s: &Splat, e: &Expr) -> Outcome {
        let source = self.expr(&s.source)?;
        self.splat_value(source, &s.each, s.marker, e, s.source.span)
    }

    /// `null` gives nothing, a list, set or tuple its elements, anything else itself.
    fn splat_value(
        &mut self,
        source: Value,
        each: &[Step],
        marker: Span,
        e: &Expr,
        at: Span,
    ) -> Outcome {
        let (source, marks) = source.unmark();
        let form = Form::of(&source);
        let sequence = matches!(form, Form::Sequence | Form::Set);
        if source.is_null() {
            if !sequence {
                return Ok(Value::tuple([]).mark(marks));
            }
            let d = Diagnostic::error(
                "null-value",
                "Value is null",
                format!(
                    "A splat goes through the elements of a {}, but this one is null.",
                    source.ty().friendly()
                ),
            )
            .hint("Use coalesce(…, []) or try(…, []) where it may be null.");
            return Err(self.fault(d.at(at).within(e.span), &[e]));
        }
        if form == Form::Open {
            return Ok(Value::dynamic().mark(marks));
        }
        if !sequence {
            let certain = source.as_unknown().is_none_or(|u| u.refinements.not_null);
            let one = self.element(source, marks, each, marker.end, e)?;
            return Ok(if certain {
                Value::tuple([one])
            } else {
                Value::dynamic()
            }
            .mark(marks));
        }
        let Some(items) = source.as_items() else {
            return self
                .splat_unknown(&source, each, marker, e)
                .map(|v| v.mark(marks));
        };
        let mut found = Diagnostics::new();
        let mut results = Vec::with_capacity(items.len());
        for item in items {
            match self.element(item.clone(), marks, each, marker.end, e) {
                Ok(v) => results.push(v),
                Err(d) => {
                    found.append(d);
                    break; // the next elements most likely fail the same way
                }
            }
        }
        if found.has_errors() {
            return Err(found);
        }
        let (Kind::List(list) | Kind::Set(list)) = source.kind() else {
            return Ok(Value::tuple(results).mark(marks));
        };
        let element = match results.first() {
            Some(v) => v.ty(),
            None => {
                let none = Value::unknown(list.element.clone());
                self.steps(none, each, marker.end, e)?.ty()
            }
        };
        let uniform = results.iter().all(|v| v.ty() == element);
        Ok(if uniform {
            Value::list(element, results)
        } else {
            Value::tuple(results)
        }
        .mark(marks))
    }

    /// What a splat makes of one element, of which findings must not tell where the whole is sensitive: see
    /// [`Evaluator::round`].
    fn element(&mut self, v: Value, marks: Marks, each: &[Step], from: u32, e: &Expr) -> Outcome {
        if !marks.is_sensitive() {
            return self.steps(v, each, from, e);
        }
        self.hidden_on_failure(|me, hide| {
            let v = v.clone();
            me.steps(if hide { v.mark(marks) } else { v }, each, from, e)
        })
    }

    /// Of a sequence that is not known yet, the type of the result is.
    fn splat_unknown(&mut self, source: &Value, each: &[Step], marker: Span, e: &Expr) -> Outcome {
        let mut of = |t: &Type| {
            self.steps(Value::unknown(t.clone()), each, marker.end, e)
                .map(|v| v.ty())
        };
        let ty = match source.ty() {
            Type::Tuple(items) => Type::tuple(items.iter().map(of).collect::<Result<Vec<_>, _>>()?),
            ty => Type::list(ty.element().map_or(Ok(Type::Dynamic), &mut of)?),
        };
        let lengths = source
            .as_unknown()
            .map(|u| u.refinements.clone())
            .unwrap_or_default();
        let refinements = Refinements {
            not_null: true,
            min_length: lengths.min_length,
            max_length: lengths.max_length,
            ..Refinements::default()
        };
        Ok(Value::unknown_with(ty, refinements))
    }
}

/// What one can do with a value. Unlike its type, which for an object or tuple is as large as the value, this costs nothing
/// to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// A list or tuple.
    Sequence,
    Set,
    /// A map or object.
    Named,
    /// Nothing is known of its type.
    Open,
    Other,
}

impl Form {
    fn of(value: &Value) -> Self {
        match value.kind() {
            Kind::List(_) | Kind::Tuple(_) => Form::Sequence,
            Kind::Set(_) => Form::Set,
            Kind::Map(_) | Kind::Object(_) => Form::Named,
            Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => Form::Other,
            Kind::Null(ty) => Form::of_type(ty),
            Kind::Unknown(u) => Form::of_type(&u.ty),
        }
    }

    fn of_type(ty: &Type) -> Self {
        match ty {
            Type::List(_) | Type::Tuple(_) => Form::Sequence,
            Type::Set(_) => Form::Set,
            Type::Map(_) | Type::Object(_) => Form::Named,
            Type::Dynamic => Form::Open,
            Type::Bool | Type::Number | Type::String => Form::Other,
        }
    }
}

/// Some element of a collection or tuple, of which one does not know which.
fn some_element(of: &Value) -> Value {
    let ty = match of.kind() {
        Kind::List(l) | Kind::Set(l) => Some(&l.element),
        Kind::Map(m) => Some(&m.element),
        Kind::Unknown(u) => u.ty.element(),
        _ => None,
    };
    ty.map_or_else(Value::dynamic, |t| Value::unknown(t.clone()))
}

fn null_value(what: &str) -> Diagnostic {
    Diagnostic::error(
        "null-value",
        "Value is null",
        format!("This value is null, so it has no {what}."),
    )
    .hint("Use try(…) or a condition where the value may be null.")
}

/// The value of an attribute of an object, or of an entry of a map.
pub(super) fn attribute(value: Value, name: &str) -> Result<Value, Diagnostic> {
    let (value, marks) = value.unmark();
    let ty = match value.kind() {
        Kind::Null(_) => return Err(null_value("attributes")),
        Kind::Object(o) => {
            return match o.get(name) {
                Some(v) => Ok(v.clone().mark(marks)),
                // What names there are may be part of what is sensitive.
                None if marks.is_sensitive() => Err(absent_attribute(name)),
                None => Err(no_attribute(name, o.keys().map(|k| &**k))),
            };
        }
        Kind::Map(m) => {
            return match m.entries.get(name) {
                Some(v) => Ok(v.clone().mark(marks)),
                None => Err(no_element(
                    name,
                    (!marks.is_sensitive()).then(|| m.entries.keys().map(|k| &**k)),
                )),
            };
        }
        Kind::Unknown(u) => &u.ty,
        _ => &value.ty(),
    };
    if value.is_known() {
        return Err(no_attributes_in(ty, name));
    }
    match ty {
        Type::Dynamic => Ok(Value::dynamic().mark(marks)),
        Type::Map(t) => Ok(Value::unknown((**t).clone()).mark(marks)),
        Type::Object(o) => match o.attributes.get(name) {
            Some(t) => Ok(Value::unknown(t.clone()).mark(marks)),
            None if marks.is_sensitive() => Err(absent_attribute(name)),
            None => Err(no_attribute(name, o.attributes.keys().map(|k| &**k))),
        },
        _ => Err(no_attributes_in(ty, name)),
    }
}

fn absent_attribute(name: &str) -> Diagnostic {
    Diagnostic::error(
        "unknown-attribute",
        "No such attribute",
        format!("This object has no attribute named \"{name}\"."),
    )
}

fn no_attribute<'a>(name: &str, names: impl Iterator<Item = &'a str> + Clone) -> Diagnostic {
    let d = absent_attribute(name);
    if let Some(near) = nearest(name, names.clone()) {
        return d.hint(format!("Did you mean \"{near}\"?"));
    }
    let list: Vec<&str> = names.take(12).collect();
    if list.is_empty() {
        d.hint("The object has no attributes.")
    } else {
        d.hint(format!("It has: {}.", list.join(", ")))
    }
}

fn no_element<'a>(name: &str, names: Option<impl Iterator<Item = &'a str>>) -> Diagnostic {
    let d = Diagnostic::error(
        "no-such-element",
        "No such element",
        format!("This map has no element with the key \"{name}\"."),
    );
    match names.and_then(|n| nearest(name, n)) {
        Some(near) => d.hint(format!("Did you mean \"{near}\"?")),
        None => d.hint("Use lookup() or try() to give a value for keys that are missing."),
    }
}

fn no_attributes_in(ty: &Type, name: &str) -> Diagnostic {
    let d = Diagnostic::error(
        "unknown-attribute",
        "No such attribute",
        format!(
            "A value of type {} has no attributes, so there is no \"{name}\" in it.",
            ty.friendly()
        ),
    );
    match ty {
        Type::List(_) | Type::Tuple(_) => {
            d.hint(format!("For the attribute of one element write [0].{name}, for that of all elements [*].{name}."))
        }
        Type::Set(_) => d.hint(format!("For the attribute of all elements write [*].{name}.")),
        _ => d,
    }
}

fn bad_index(detail: String) -> Diagnostic {
    Diagnostic::error("no-such-element", "No such element", detail)
}

/// The element at an index, converting the key as the collection needs it.
pub(super) fn index(value: Value, key: &Value) -> Result<Value, Diagnostic> {
    let (value, marks) = value.unmark();
    let (key, key_marks) = key.clone().unmark();
    let marks = marks.with(key_marks);
    if value.is_null() {
        return Err(null_value("elements"));
    }
    match Form::of(&value) {
        Form::Open => Ok(Value::dynamic()),
        Form::Sequence => by_number(&value, &key, marks),
        Form::Named => by_string(&value, &key, marks),
        Form::Set => Err(Diagnostic::error(
            "not-indexable",
            "Value has no index",
            "The elements of a set have neither order nor keys, so there is no index into it.",
        )
        .hint("Use tolist() for a list, one() for the only element, or contains() to look for a value.")),
        Form::Other => Err(Diagnostic::error(
            "not-indexable",
            "Value has no index",
            format!("A value of type {} has no elements.", value.ty().friendly()),
        )),
    }
    .map(|v| v.mark(marks))
}

/// The key as a value of a type, never null.
fn converted(key: &Value, to: &Type) -> Result<Value, Diagnostic> {
    if key.is_null() {
        return Err(Diagnostic::error(
            "invalid-index",
            "Index is not valid",
            "The index is null.",
        ));
    }
    convert(key, to).map_err(|e| {
        Diagnostic::error(
            "invalid-index",
            "Index is not valid",
            format!(
                "The index must be a {}, but it is a value of type {}: {e}.",
                to.friendly(),
                key.ty().friendly()
            ),
        )
    })
}

fn by_number(value: &Value, key: &Value, marks: Marks) -> Result<Value, Diagnostic> {
    let key = converted(key, &Type::Number)?;
    let Some(n) = key.as_number() else {
        return Ok(some_element(value));
    };
    // Whether a list has the element is seen once it is known; how long a tuple is, is known.
    if value
        .as_unknown()
        .is_some_and(|u| !matches!(u.ty, Type::Tuple(_)))
    {
        return Ok(some_element(value));
    }
    let shown = if marks.is_sensitive() {
        "This index".into()
    } else {
        format!("Index {n}")
    };
    let Some(n) = n.as_usize() else {
        let why = if n.is_whole() {
            "negative or too large"
        } else {
            "not a whole number"
        };
        return Err(bad_index(format!(
            "{shown} is {why}; indexes count from 0."
        )));
    };
    let length = match (value.as_items(), value.as_unknown().map(|u| &u.ty)) {
        (Some(items), _) => match items.get(n) {
            Some(v) => return Ok(v.clone()),
            None => items.len(),
        },
        (None, Some(Type::Tuple(types))) => match types.get(n) {
            Some(t) => return Ok(Value::unknown(t.clone())),
            None => types.len(),
        },
        _ => return Ok(some_element(value)),
    };
    Err(match length {
        0 => bad_index(format!("{shown} does not exist: there are no elements."))
            .hint("Use try(…) or a condition where there may be none."),
        1 => bad_index(format!(
            "{shown} does not exist: there is one element, with the index 0."
        )),
        n => bad_index(format!(
            "{shown} does not exist: there are {n} elements, with the indexes 0 to {}.",
            n - 1
        )),
    })
}

fn by_string(value: &Value, key: &Value, marks: Marks) -> Result<Value, Diagnostic> {
    let key = converted(key, &Type::String)?;
    match key.as_str() {
        Some(name) if marks.is_sensitive() => attribute(value.clone(), name)
            .map_err(|_| bad_index("There is no element with this key.".into())),
        Some(name) => attribute(value.clone(), name),
        None => Ok(some_element(value)),
    }
}
