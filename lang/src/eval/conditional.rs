//! `condition ? a : b`: both branches become one type, whichever is taken.

use super::expression::{Evaluator, Outcome};
use super::operators;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::syntax::ast::{Conditional, Expr};
use crate::value::{Kind, Marks, Refinements, Type, Value, convert, unify};

impl Evaluator<'_> {
    pub(super) fn conditional(&mut self, c: &Conditional, e: &Expr) -> Outcome {
        let then = self.expr(&c.then);
        let otherwise = self.expr(&c.otherwise);
        // A branch that failed has no type to agree with, and fails only if it is taken.
        let ty = match (&then, &otherwise) {
            (Ok(a), Ok(b)) => match common_type(a, b) {
                Ok(ty) => ty,
                Err(()) => return Err(self.disagreement(a, b, c, e)),
            },
            _ => None,
        };
        let condition = self.expr(&c.condition)?;
        let (condition, marks) = self.condition(condition, &c.condition, e.span)?;
        let Some(condition) = condition else {
            let (Ok(a), Ok(b)) = (then, otherwise) else {
                return Ok(Value::dynamic().mark(marks));
            };
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
        let d = if value.is_null() {
            Diagnostic::error(
                "null-condition",
                "Condition is null",
                "A condition must be true or false, but this is null.",
            )
            .hint("Use coalesce(…, false) or compare with null.")
        } else {
            match convert(&value, &Type::Bool) {
                Ok(v) => return Ok((v.as_bool(), marks)),
                Err(_) => Diagnostic::error(
                    "invalid-condition",
                    "Condition is not a boolean",
                    format!(
                        "A condition must be true or false, but this is a value of type {}.",
                        value.ty().friendly()
                    ),
                )
                .hint("Compare the value with something: == or !=."),
            }
        };
        Err(self.fault(d.at(e.span).within(context), &[e]))
    }

    fn disagreement(
        &mut self,
        then: &Value,
        otherwise: &Value,
        c: &Conditional,
        e: &Expr,
    ) -> Diagnostics {
        let d = Diagnostic::error(
            "conditional-type-mismatch",
            "Branches of a conditional differ in type",
            format!("Both branches must fit one type, but {}.", difference(&then.ty(), &otherwise.ty())),
        )
        .hint("Give both branches the same shape, or convert one of them, as with tolist() or tomap().")
        .at(c.then.span.to(c.otherwise.span))
        .within(e.span);
        self.fault(d, &[&c.then, &c.otherwise])
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

/// A value of which one does not know which of two it is. What holds for both holds for it.
fn either(a: &Value, b: &Value, ty: Option<&Type>) -> Value {
    let marks = a.marks_deep().with(b.marks_deep());
    let Some(ty) = ty else {
        return Value::dynamic().mark(marks);
    };
    let as_type = |v: &Value| convert(v, ty).map(|v| v.unmark().0);
    let (Ok(a), Ok(b)) = (as_type(a), as_type(b)) else {
        return Value::unknown(ty.clone()).mark(marks);
    };
    if a == b && a.is_wholly_known() {
        return a.mark(marks);
    }
    let not_null = |v: &Value| {
        v.as_unknown()
            .map_or(!v.is_null(), |u| u.refinements.not_null)
    };
    let mut r = Refinements {
        not_null: not_null(&a) && not_null(&b),
        ..Refinements::default()
    };
    // Null has neither size nor length, so the bounds of the other branch say nothing.
    if r.not_null {
        let ((a_min, a_max), (b_min, b_max)) = (operators::range(&a), operators::range(&b));
        r.min = a_min
            .zip(b_min)
            .map(|(x, y)| if x.0 <= y.0 { x } else { y });
        r.max = a_max
            .zip(b_max)
            .map(|(x, y)| if x.0 >= y.0 { x } else { y });
        if ty.is_collection() {
            let ((a_min, a_max), (b_min, b_max)) = (lengths(&a), lengths(&b));
            r.min_length = a_min.zip(b_min).map(|(x, y)| x.min(y));
            r.max_length = a_max.zip(b_max).map(|(x, y)| x.max(y));
        }
    }
    Value::unknown_with(ty.clone(), r).mark(marks)
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
