//! The evaluator: one method for each form of expression, the larger ones in modules of their own.

use std::collections::BTreeMap;

use super::EvalContext;
use super::access::prefix;
use super::explain;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::limits::{Excess, Survey};
use crate::source::Span;
use crate::stack;
use crate::syntax::ast::{Binding, Expr, ExprKind, ObjectItem, Reference};
use crate::value::{Marks, Str, Type, Value, convert};

pub(super) type Outcome = Result<Value, Diagnostics>;

pub(super) fn evaluate(expr: &Expr, cx: EvalContext<'_>) -> Outcome {
    Evaluator {
        cx,
        locals: Vec::new(),
        rounds: 0,
        work: 0,
        quiet: 0,
        hiding: false,
    }
    .expr(expr)
}

pub(super) struct Evaluator<'a> {
    pub(super) cx: EvalContext<'a>,
    /// The variables of the `for`s around, as numbered by [`super::bind`].
    pub(super) locals: Vec<Value>,
    /// Rounds of `for`s so far.
    pub(super) rounds: usize,
    /// Bytes that functions have gone through so far.
    pub(super) work: usize,
    /// Above zero inside `try` and `can`, whose errors nobody reads.
    pub(super) quiet: u32,
    /// Whether what a `for` goes through carries the marks of its collection: see [`Evaluator::round`].
    pub(super) hiding: bool,
}

impl Evaluator<'_> {
    pub(super) fn expr(&mut self, e: &Expr) -> Outcome {
        stack::with_room(|| self.dispatch(e))
    }

    fn dispatch(&mut self, e: &Expr) -> Outcome {
        match &e.kind {
            ExprKind::Literal(v) => Ok(v.clone()),
            ExprKind::Wrapped(inner) | ExprKind::Parentheses(inner) => self.expr(inner),
            ExprKind::Template(t) => self.template(t, e.span),
            ExprKind::Reference(r) => self.reference(r, e),
            ExprKind::Access(source, steps) => {
                let value = self.expr(source)?;
                self.steps(value, steps, source.span.end, e)
            }
            ExprKind::Splat(s) => self.splat(s, e),
            ExprKind::Call(c) => self.call(c, e),
            ExprKind::Conditional(c) => self.conditional(c, e),
            ExprKind::Unary(op, operand) => self.unary(*op, operand, e),
            ExprKind::Binary(chain) => self.binary(chain),
            ExprKind::Tuple(items) => self.tuple(items),
            ExprKind::Object(items) => self.object(items, e),
            ExprKind::For(f) => self.for_expr(f, e),
        }
    }

    /// A finding with the values of the references in the expressions that it is about.
    pub(super) fn fault(&mut self, d: Diagnostic, involved: &[&Expr]) -> Diagnostics {
        if self.quiet > 0 {
            d.into()
        } else {
            explain::with_values(self, d, involved).into()
        }
    }

    pub(super) fn root(&mut self, r: &Reference) -> Result<(Value, usize), Diagnostics> {
        match r.binding {
            Binding::Local(n) => match self.locals.get(n as usize) {
                Some(v) => Ok((v.clone(), 0)),
                None => Err(unbound(r).into()),
            },
            Binding::Slot { slot, consumed } => {
                let consumed = (consumed as usize).min(r.steps.len());
                match self.cx.scope.value(slot) {
                    Ok(v) => Ok((v, consumed)),
                    Err(d) => Err(d.or_at(prefix(r, consumed)).into()),
                }
            }
            Binding::Unbound => Err(unbound(r).into()),
        }
    }

    fn reference(&mut self, r: &Reference, e: &Expr) -> Outcome {
        let (value, consumed) = self.root(r)?;
        if consumed == r.steps.len() {
            return Ok(value);
        }
        let from = prefix(r, consumed).end;
        self.steps(value, &r.steps[consumed..], from, e)
    }

    fn tuple(&mut self, items: &[Expr]) -> Outcome {
        let mut survey = Survey::default();
        let mut found = Diagnostics::new();
        let mut values = Vec::with_capacity(items.len());
        for e in items {
            let Some(value) = found.take(self.expr(e)) else {
                continue;
            };
            survey.add(&value).map_err(|x| too_large(x, e.span))?;
            values.push(value);
        }
        if found.has_errors() {
            return Err(found);
        }
        Ok(Value::tuple(values))
    }

    /// The values of several expressions, or all their findings.
    pub(super) fn all(&mut self, items: &[Expr]) -> Result<Vec<Value>, Diagnostics> {
        let mut found = Diagnostics::new();
        let values: Vec<Value> = items
            .iter()
            .filter_map(|e| found.take(self.expr(e)))
            .collect();
        if found.has_errors() {
            Err(found)
        } else {
            Ok(values)
        }
    }

    fn object(&mut self, items: &[ObjectItem], e: &Expr) -> Outcome {
        let mut found = Diagnostics::new();
        let mut attributes = BTreeMap::new();
        let (mut marks, mut known) = (Marks::NONE, true);
        let mut survey = Survey::default();
        for item in items {
            let key = self
                .expr(&item.key)
                .and_then(|k| self.key(k, &item.key, item.value.span, e.span));
            let (key, value) = (found.take(key), found.take(self.expr(&item.value)));
            match (key, value) {
                (Some((Some(key), m)), Some(value)) => {
                    marks = marks.with(m);
                    survey
                        .add(&value)
                        .map_err(|x| too_large(x, item.value.span))?;
                    attributes.insert(key, value); // a repeated key keeps the last value
                }
                (Some((None, m)), _) => {
                    marks = marks.with(m);
                    known = false;
                }
                _ => {}
            }
        }
        if found.has_errors() {
            return Err(found);
        }
        Ok(if known {
            Value::object(attributes)
        } else {
            Value::dynamic()
        }
        .mark(marks))
    }

    /// The key of an object: a string that is not null; none where it is not known yet. The object as a whole takes its
    /// marks, because all keys are shown together. A null is said of `null_at`.
    pub(super) fn key(
        &mut self,
        key: Value,
        e: &Expr,
        null_at: Span,
        context: Span,
    ) -> Result<(Option<Str>, Marks), Diagnostics> {
        let (key, marks) = key.unmark();
        if key.is_null() {
            let d = Diagnostic::error(
                "null-key",
                "Object key is null",
                "The key of an object must be a string, but this is null.",
            );
            return Err(self.fault(d.at(null_at).within(context), &[e]));
        }
        match convert(&key, &Type::String) {
            Ok(v) => Ok((v.as_str().map(Str::from), marks)),
            Err(_) => {
                let d = Diagnostic::error(
                    "invalid-key",
                    "Object key is not a string",
                    format!(
                        "The key of an object must be a string, but this is a value of type {}.",
                        key.ty().friendly()
                    ),
                )
                .hint("Use a string, or a number or bool, which become strings.");
                Err(self.fault(d.at(e.span).within(context), &[e]))
            }
        }
    }
}

/// A value that is larger than anybody means.
pub(super) fn too_large(excess: Excess, at: Span) -> Diagnostics {
    Diagnostic::error(
        "too-large",
        "Value is too large",
        format!("In this expression, {}.", excess.message()),
    )
    .at(at)
    .hint(excess.hint())
    .into()
}

fn unbound(r: &Reference) -> Diagnostic {
    Diagnostic::error(
        "unbound-reference",
        "Reference is not bound",
        format!(
            "\"{}\" was not bound before it was evaluated; this is a fault of the program.",
            r.root.name
        ),
    )
    .at(r.root.span)
}
