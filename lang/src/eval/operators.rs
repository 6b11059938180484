//! Operators on numbers and booleans.

use super::equality;
use super::expression::{Evaluator, Outcome};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, Chain, Expr, UnaryOp};
use crate::value::{Marks, Number, Type, Value, convert};

/// A bound and whether it is itself possible; none where there is no bound.
type Bound = Option<(Number, bool)>;

fn symbol(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Or => "||",
        BinaryOp::And => "&&",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::Less => "<",
        BinaryOp::LessOrEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterOrEqual => ">=",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::Modulo => "%",
    }
}

/// Where an operand stands, and the operation around it.
#[derive(Clone, Copy)]
struct Place {
    operand: Span,
    whole: Span,
}

/// The two sides of an operator in a chain: the left one is the chain up to it.
#[derive(Clone, Copy)]
struct Sides<'e> {
    first: &'e Expr,
    rest: &'e [(BinaryOp, Expr)],
    right: &'e Expr,
}

impl<'e> Sides<'e> {
    fn whole(&self) -> Span {
        self.first.span.to(self.right.span)
    }

    fn left(&self) -> Place {
        let operand = match self.rest.last() {
            Some((_, last)) => self.first.span.to(last.span),
            None => self.first.span,
        };
        Place {
            operand,
            whole: self.whole(),
        }
    }

    fn right(&self) -> Place {
        Place {
            operand: self.right.span,
            whole: self.whole(),
        }
    }

    fn left_exprs(&self) -> Vec<&'e Expr> {
        std::iter::once(self.first)
            .chain(self.rest.iter().map(|(_, e)| e))
            .collect()
    }
}

fn unknown_bool() -> Value {
    Value::unknown_not_null(Type::Bool)
}

impl Evaluator<'_> {
    pub(super) fn unary(&mut self, op: UnaryOp, operand: &Expr, e: &Expr) -> Outcome {
        let value = self.expr(operand)?;
        let (sign, ty) = match op {
            UnaryOp::Negate => ("-", Type::Number),
            UnaryOp::Not => ("!", Type::Bool),
        };
        let place = Place {
            operand: operand.span,
            whole: e.span,
        };
        let (value, marks) = self.operand(value, &ty, sign, place, || vec![operand])?;
        Ok(match (value.as_number(), value.as_bool()) {
            (Some(n), _) => Value::number(n.neg()),
            (_, Some(b)) => Value::bool(!b),
            _ if op == UnaryOp::Not => unknown_bool(),
            _ => unknown_number(),
        }
        .mark(marks))
    }

    /// Evaluates a chain of operators from the left, without recursion along it.
    pub(super) fn binary(&mut self, chain: &Chain) -> Outcome {
        let mut left = self.expr(&chain.first);
        for (i, (op, right_expr)) in chain.rest.iter().enumerate() {
            let sides = Sides {
                first: &chain.first,
                rest: &chain.rest[..i],
                right: right_expr,
            };
            left = if matches!(op, BinaryOp::And | BinaryOp::Or) {
                left.and_then(|l| self.logical(*op, l, sides))
            } else {
                match (left, self.expr(right_expr)) {
                    (Ok(l), Ok(r)) => self.apply(*op, l, r, sides),
                    (Err(mut found), Err(more)) => {
                        found.append(more);
                        Err(found)
                    }
                    (Err(found), Ok(_)) | (Ok(_), Err(found)) => Err(found),
                }
            };
        }
        left
    }

    /// Converts an operand and takes its marks off.
    fn operand<'e>(
        &mut self,
        value: Value,
        ty: &Type,
        sign: &str,
        place: Place,
        involved: impl FnOnce() -> Vec<&'e Expr>,
    ) -> Result<(Value, Marks), Diagnostics> {
        let (value, marks) = value.unmark();
        match convert(&value, ty) {
            Ok(v) if v.is_null() => {
                let d = Diagnostic::error(
                    "null-operand",
                    "Operand is null",
                    format!("An operand of {sign} must not be null."),
                )
                .hint("Use coalesce(…) or a condition where the value may be null.");
                Err(self.fault(d.at(place.whole).within(place.whole), &involved()))
            }
            Ok(v) => Ok((v, marks)),
            Err(_) => {
                let d = Diagnostic::error(
                    "invalid-operand",
                    "Operand has the wrong type",
                    format!(
                        "An operand of {sign} must be a {}, but this is {}.",
                        ty.friendly(),
                        if value.ty() == Type::String && !marks.is_sensitive() {
                            format!(
                                "the {} that does not stand for one",
                                super::explain::noun(&value)
                            )
                        } else {
                            format!("a value of type {}", value.ty().friendly())
                        }
                    ),
                );
                Err(self.fault(d.at(place.operand).within(place.whole), &involved()))
            }
        }
    }

    fn logical(&mut self, op: BinaryOp, left: Value, sides: Sides<'_>) -> Outcome {
        let decides = op == BinaryOp::Or;
        let (left, left_marks) =
            self.operand(left, &Type::Bool, symbol(op), sides.left(), || {
                sides.left_exprs()
            })?;
        if left.as_bool() == Some(decides) {
            return Ok(left.mark(left_marks));
        }
        let right = self.expr(sides.right).and_then(|r| {
            self.operand(r, &Type::Bool, symbol(op), sides.right(), || {
                vec![sides.right]
            })
        });
        let (right, right_marks) = match right {
            Ok(r) => r,
            // The left side may turn out to decide; then the right one does not matter.
            Err(_) if left.as_bool().is_none() => {
                return Ok(unknown_bool().mark(left_marks));
            }
            Err(found) => return Err(found),
        };
        let result = match (left.as_bool(), right.as_bool()) {
            (_, Some(r)) if r == decides => right,
            (Some(_), Some(_)) => right,
            _ => unknown_bool(),
        };
        Ok(result.mark(left_marks.with(right_marks)))
    }

    fn apply(&mut self, op: BinaryOp, l: Value, r: Value, sides: Sides<'_>) -> Outcome {
        if matches!(op, BinaryOp::Equal | BinaryOp::NotEqual) {
            let marks = l.marks_deep().with(r.marks_deep());
            let result = equality::equal(&l, &r);
            let result = result.map_or_else(unknown_bool, |same| {
                Value::bool(same == (op == BinaryOp::Equal))
            });
            return Ok(result.mark(marks));
        }
        let sign = symbol(op);
        let left = self.operand(l, &Type::Number, sign, sides.left(), || sides.left_exprs());
        let right = self.operand(r, &Type::Number, sign, sides.right(), || vec![sides.right]);
        let ((left, left_marks), (right, right_marks)) = match (left, right) {
            (Ok(l), Ok(r)) => (l, r),
            (Err(mut found), Err(more)) => {
                // Null on both sides is said of the whole expression, once.
                if found != more {
                    found.append(more);
                }
                return Err(found);
            }
            (Err(found), _) | (_, Err(found)) => return Err(found),
        };
        let zero = right.as_number().is_some_and(|n| *n == Number::ZERO);
        // The remainder of a division by zero is the dividend.
        if zero && op == BinaryOp::Divide {
            let d = Diagnostic::error(
                "division-by-zero",
                "Division by zero",
                "The right side of this division is zero.",
            )
            .hint("Use a condition for the case that it is zero.");
            let mut involved = sides.left_exprs();
            involved.push(sides.right);
            let d = d.at(sides.right.span).within(sides.whole());
            return Err(self.fault(d, &involved));
        }
        Ok(numeric(op, &left, &right).mark(left_marks.with(right_marks)))
    }
}

fn numeric(op: BinaryOp, left: &Value, right: &Value) -> Value {
    let (Some(a), Some(b)) = (left.as_number(), right.as_number()) else {
        return uncertain(op, left, right);
    };
    match op {
        BinaryOp::Add => Value::number(a.add(b)),
        BinaryOp::Subtract => Value::number(a.sub(b)),
        BinaryOp::Multiply => Value::number(a.mul(b)),
        BinaryOp::Divide => Value::number(a.div(b)),
        BinaryOp::Modulo => Value::number(a.rem(b)),
        BinaryOp::Less => Value::bool(a < b),
        BinaryOp::LessOrEqual => Value::bool(a <= b),
        BinaryOp::Greater => Value::bool(a > b),
        _ => Value::bool(a >= b),
    }
}

/// What is certain of a result although an operand is not known.
fn uncertain(op: BinaryOp, left: &Value, right: &Value) -> Value {
    let ((a_min, a_max), (b_min, b_max)) = (range(left), range(right));
    match op {
        BinaryOp::Add
        | BinaryOp::Subtract
        | BinaryOp::Multiply
        | BinaryOp::Divide
        | BinaryOp::Modulo => unknown_number(),
        // Bounds that touch decide nothing, so a length that is not known is not certain to be 0 or more: Terraform
        // compares all bounds as if they were exclusive.
        BinaryOp::Less | BinaryOp::LessOrEqual => {
            decided(less(&a_max, &b_min), less(&b_max, &a_min))
        }
        _ => decided(less(&b_max, &a_min), less(&a_max, &b_min)),
    }
}

fn decided(yes: bool, no: bool) -> Value {
    if yes || no {
        Value::bool(yes)
    } else {
        unknown_bool()
    }
}

/// Whether everything up to `high` is less than everything from `low`.
fn less(high: &Bound, low: &Bound) -> bool {
    matches!((high, low), (Some((h, _)), Some((l, _))) if h < l)
}

/// The least and greatest number that a value may be.
pub(super) fn range(value: &Value) -> (Bound, Bound) {
    match (value.as_number(), value.as_unknown()) {
        (Some(n), _) => (Some((n.clone(), true)), Some((n.clone(), true))),
        (_, Some(u)) => (u.refinements.min.clone(), u.refinements.max.clone()),
        _ => (None, None),
    }
}

fn unknown_number() -> Value {
    Value::unknown_not_null(Type::Number)
}
