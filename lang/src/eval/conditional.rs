//! `condition ? a : b`: both branches become one type, whichever is taken.

use super::expression::{Evaluator, Outcome};
use super::operators;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, Conditional, Expr, ExprKind, UnaryOp};
use crate::value::{Kind, Marks, Refinements, Str, Type, Value, convert, unify};

impl Evaluator<'_> {
    pub(super) fn conditional(&mut self, c: &Conditional, e: &Expr) -> Outcome {
        let then = self.expr(&c.then);
        let otherwise = self.expr(&c.otherwise);
        // A branch fails only if it is taken, but its type has to agree with the other one's all the same.
        let typed = |branch: &Outcome, e| match branch {
            Ok(v) => v.clone(),
            Err(_) => Value::unknown(type_of_failed(e)),
        };
        let (a, b) = (typed(&then, &c.then), typed(&otherwise, &c.otherwise));
        let Ok(ty) = common_type(&a, &b) else {
            return Err(self.disagreement(&a, &b, c, e));
        };
        let condition = self.expr(&c.condition)?;
        let (condition, marks) = self.condition(condition, &c.condition, e.span)?;
        // Which branch it is must not tell what the other one hides.
        let marks = [&then, &otherwise]
            .into_iter()
            .flatten()
            .fold(marks, |m, branch| m.with(branch.marks()));
        let Some(condition) = condition else {
            return Ok(either(&a, &b, ty.as_ref()).mark(marks));
        };
        let value = if condition { then } else { otherwise }?;
        let value = match ty {
            Some(ty) if value.ty() != ty => match convert(&value, &ty) {
                Ok(v) => v,
                Err(_) => return Err(self.disagreement(&value, &Value::unknown(ty), c, e)),
            },
            _ => value,
        };
        Ok(value.mark(marks))
    }

    /// The value of a condition, none where it is not known yet, and its marks.
    pub(super) fn condition(
        &mut self,
        value: Value,
        e: &Expr,
        context: Span,
    ) -> Result<(Option<bool>, Marks), Diagnostics> {
        let (value, marks) = value.unmark();
        if value.is_null() {
            let d = Diagnostic::error(
                "null-condition",
                "Condition is null",
                "A condition must be true or false, but this is null.",
            )
            .hint("Use coalesce(…, false) or compare with null.");
            return Err(self.fault(d.at(e.span).within(context), &[e]));
        }
        if !value.is_known() {
            // Whether it is a boolean is seen once it is known.
            return Ok((None, marks));
        }
        match convert(&value, &Type::Bool) {
            Ok(v) => Ok((v.as_bool(), marks)),
            Err(_) => Err(self.not_a_condition(&value, e, context)),
        }
    }

    pub(super) fn not_a_condition(
        &mut self,
        value: &Value,
        e: &Expr,
        context: Span,
    ) -> Diagnostics {
        let d = Diagnostic::error(
            "invalid-condition",
            "Condition is not a boolean",
            format!(
                "A condition must be true or false, but this is a value of type {}.",
                value.ty().friendly()
            ),
        )
        .hint("Compare the value with something: == or !=.");
        self.fault(d.at(e.span).within(context), &[e])
    }

    fn disagreement(
        &mut self,
        then: &Value,
        otherwise: &Value,
        c: &Conditional,
        e: &Expr,
    ) -> Diagnostics {
        // The names of attributes may be part of what is sensitive.
        let hidden = [then, otherwise]
            .iter()
            .any(|v| v.marks_deep().is_sensitive());
        let difference = if hidden {
            "one of them is sensitive and does not fit the other".into()
        } else {
            difference(&then.ty(), &otherwise.ty())
        };
        let d = Diagnostic::error(
            "conditional-type-mismatch",
            "Branches of a conditional differ in type",
            format!("Both branches must fit one type, but {difference}."),
        )
        .hint("Give both branches the same shape, or convert one of them, as with tolist() or tomap().")
        .at(c.then.span.to(c.otherwise.span))
        .within(e.span);
        self.fault(d, &[&c.then, &c.otherwise])
    }
}

/// The type of an expression that fails, as far as its form tells.
fn type_of_failed(e: &Expr) -> Type {
    match &e.kind {
        ExprKind::Wrapped(inner) | ExprKind::Parentheses(inner) => type_of_failed(inner),
        ExprKind::Template(_) => Type::String,
        ExprKind::Unary(UnaryOp::Not, _) => Type::Bool,
        ExprKind::Unary(UnaryOp::Negate, _) => Type::Number,
        ExprKind::Binary(chain) => match chain.rest.last() {
            Some((
                BinaryOp::Add
                | BinaryOp::Subtract
                | BinaryOp::Multiply
                | BinaryOp::Divide
                | BinaryOp::Modulo,
                _,
            )) => Type::Number,
            _ => Type::Bool,
        },
        ExprKind::Tuple(items) => Type::tuple(items.iter().map(|_| Type::Dynamic)),
        ExprKind::Object(items) => {
            let names: Option<Vec<&str>> = items
                .iter()
                .map(|i| match &i.key.kind {
                    ExprKind::Literal(key) => key.as_str(),
                    _ => None,
                })
                .collect();
            names.map_or(Type::Dynamic, |names| {
                Type::object(names.into_iter().map(|n| (n, Type::Dynamic)))
            })
        }
        _ => Type::Dynamic,
    }
}

/// The type of a conditional; none where a branch's is not known yet.
fn common_type(a: &Value, b: &Value) -> Result<Option<Type>, ()> {
    let (x, y) = (a.ty(), b.ty());
    match (&x, &y) {
        (Type::Dynamic, _) if !a.is_null() => Ok(None),
        (_, Type::Dynamic) if !b.is_null() => Ok(None),
        (Type::Dynamic, _) => Ok(Some(y)),
        (_, Type::Dynamic) => Ok(Some(x)),
        _ if x == y => Ok(Some(x)),
        _ => unify(&[x, y]).map(Some).ok_or(()),
    }
}

/// A value of which one does not know which of two it is. Terraform says of it whether it can be null, between which
/// numbers it is, and how long it is where both are collections of one type; nothing else, so that nobody comes to rely
/// on more.
fn either(a: &Value, b: &Value, ty: Option<&Type>) -> Value {
    let Some(ty) = ty else {
        return Value::dynamic();
    };
    if a.is_null() && b.is_null() {
        return Value::null(ty.clone());
    }
    let not_null = |v: &Value| {
        v.as_unknown()
            .map_or(!v.is_null(), |u| u.refinements.not_null)
    };
    let mut r = Refinements {
        not_null: not_null(a) && not_null(b),
        ..Refinements::default()
    };
    // Null has neither size nor length, so the bounds of the other branch say nothing.
    if r.not_null && a.is_of(&Type::Number) && b.is_of(&Type::Number) {
        let ((a_min, a_max), (b_min, b_max)) = (operators::range(a), operators::range(b));
        r.min = a_min
            .zip(b_min)
            .map(|(x, y)| if x.0 <= y.0 { x } else { y });
        r.max = a_max
            .zip(b_max)
            .map(|(x, y)| if x.0 >= y.0 { x } else { y });
        if let (Some((min, true)), Some((max, true))) = (&r.min, &r.max)
            && min == max
        {
            return Value::number(min.clone());
        }
    }
    if r.not_null && ty.is_collection() && a.ty() == b.ty() {
        let ((a_min, a_max), (b_min, b_max)) = (lengths(a), lengths(b));
        r.min_length = a_min.zip(b_min).map(|(x, y)| x.min(y));
        r.max_length = a_max.zip(b_max).map(|(x, y)| x.max(y));
        if let (Some(min), Some(max)) = (r.min_length, r.max_length)
            && min == max
            && let Some(known) = of_length(ty, min)
        {
            return known;
        }
    }
    Value::unknown_with(ty.clone(), r)
}

/// The collection of a type whose length is all that is known of it; none where the elements would need keys, or might be
/// the same.
fn of_length(ty: &Type, length: u64) -> Option<Value> {
    let length = usize::try_from(length).ok()?;
    let unknown = |t: &Type| vec![Value::unknown(t.clone()); length];
    match ty {
        Type::List(t) => Some(Value::list((**t).clone(), unknown(t))),
        Type::Set(t) if length < 2 => Some(Value::set((**t).clone(), unknown(t))),
        Type::Map(t) if length == 0 => Some(Value::map((**t).clone(), Vec::<(Str, Value)>::new())),
        _ => None,
    }
}

fn lengths(v: &Value) -> (Option<u64>, Option<u64>) {
    let known = match v.kind() {
        Kind::Unknown(u) => return (u.refinements.min_length, u.refinements.max_length),
        Kind::List(l) => l.items.len(),
        Kind::Map(m) => m.entries.len(),
        Kind::Set(s) if v.is_wholly_known() => s.items.len(),
        Kind::Set(s) => {
            return (
                Some(u64::from(!s.items.is_empty())),
                Some(s.items.len() as u64),
            );
        }
        _ => return (None, None),
    };
    (Some(known as u64), Some(known as u64))
}

/// The first difference between two types, as a clause.
fn difference(a: &Type, b: &Type) -> String {
    match (a, b) {
        (Type::Object(x), Type::Object(y)) => {
            if let Some(only) = x.attributes.keys().find(|k| !y.attributes.contains_key(*k)) {
                return format!("only the first has the attribute \"{only}\"");
            }
            if let Some(only) = y.attributes.keys().find(|k| !x.attributes.contains_key(*k)) {
                return format!("only the second has the attribute \"{only}\"");
            }
            let differing = x
                .attributes
                .iter()
                .filter_map(|(k, t)| Some((k, t, y.attributes.get(k)?)))
                .find(|(_, t, u)| t != u);
            differing.map_or_else(String::new, |(k, t, u)| {
                format!("in the attribute \"{k}\" {}", difference(t, u))
            })
        }
        (Type::Tuple(x), Type::Tuple(y)) if x.len() != y.len() => {
            format!(
                "the first is a tuple of {} and the second one of {} elements",
                x.len(),
                y.len()
            )
        }
        (Type::Tuple(x), Type::Tuple(y)) => {
            let differing = x
                .iter()
                .zip(y.iter())
                .enumerate()
                .find(|(_, (t, u))| t != u);
            differing.map_or_else(String::new, |(i, (t, u))| {
                format!("in element {i} {}", difference(t, u))
            })
        }
        (Type::List(x), Type::List(y))
        | (Type::Set(x), Type::Set(y))
        | (Type::Map(x), Type::Map(y)) => {
            format!("in the elements {}", difference(x, y))
        }
        _ => format!(
            "the first is of type {} and the second of type {}",
            a.friendly(),
            b.friendly()
        ),
    }
}
