//! The evaluator: one method for each form of expression, the larger ones in modules of their own.

use std::collections::BTreeMap;

use super::EvalContext;
use super::explain;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::limits::{self, MAX_SIZE, MAX_WORK};
use crate::source::Span;
use crate::syntax::ast::{Binding, Expr, ExprKind, ObjectItem, Reference};
use crate::value::{Marks, Str, Type, Value, convert};

/// Deeper expressions are an error: evaluating recurses. What the parser lets through stays below this.
const MAX_DEPTH: u32 = 300;

pub(super) type Outcome = Result<Value, Diagnostics>;

/// `work` is what has been done before, and comes back with what was done here.
pub(super) fn evaluate(expr: &Expr, cx: EvalContext<'_>, work: &mut u64) -> Outcome {
    let mut evaluator = Evaluator {
        cx,
        locals: Vec::new(),
        rounds: 0,
        work: *work,
        depth: 0,
        quiet: 0,
    };
    let outcome = evaluator.expr(expr);
    *work = evaluator.work;
    outcome
}

pub(super) struct Evaluator<'a> {
    pub(super) cx: EvalContext<'a>,
    /// The variables of the `for`s around, as numbered by [`super::bind`].
    pub(super) locals: Vec<Value>,
    /// Rounds of `for`s so far.
    pub(super) rounds: usize,
    /// What has been done so far, in the unit of [`MAX_WORK`].
    pub(super) work: u64,
    depth: u32,
    /// Above zero inside `try` and `can`, whose errors nobody reads.
    pub(super) quiet: u32,
}

impl Evaluator<'_> {
    pub(super) fn expr(&mut self, e: &Expr) -> Outcome {
        if self.depth >= MAX_DEPTH {
            return Err(Diagnostic::error(
                "too-deep",
                "Nested too deeply",
                "This expression is nested too deeply to be evaluated.",
            )
            .hint("Give a part of it a name of its own, with a local value.")
            .at(e.span)
            .into());
        }
        self.depth += 1;
        let outcome = self.dispatch(e);
        self.depth -= 1;
        self.work += 1;
        match outcome {
            Ok(v) if v.size() > MAX_SIZE => Err(too_large(e)),
            Ok(v) if v.depth() > limits::MAX_DEPTH => Err(too_deep(e)),
            // Once more after each step: what a step can do beyond this is bounded by the sizes of values.
            Ok(_) if self.work > MAX_WORK => Err(too_much(e)),
            outcome => outcome,
        }
    }

    fn dispatch(&mut self, e: &Expr) -> Outcome {
        match &e.kind {
            ExprKind::Literal(v) => Ok(v.clone()),
            ExprKind::Wrapped(inner) | ExprKind::Parentheses(inner) => self.expr(inner),
            ExprKind::Template(t) => self.template(t, e),
            ExprKind::Reference(r) => self.reference(r, e),
            ExprKind::Access(source, steps) => {
                let value = self.expr(source)?;
                self.steps(value, steps, source.span.end, e)
            }
            ExprKind::Splat(s) => self.splat(s, e),
            ExprKind::Call(c) => self.call(c, e),
            ExprKind::Conditional(c) => self.conditional(c, e),
            ExprKind::Unary(op, operand) => self.unary(*op, operand, e),
            ExprKind::Binary(..) => self.binary(e),
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
        let name = |steps: usize| {
            r.steps[..steps].iter().fold(r.root.span, |s, step| {
                s.to(super::access::place(step, s.end, s))
            })
        };
        match r.binding {
            Binding::Local(n) => match self.locals.get(n as usize) {
                Some(v) => Ok((v.clone(), 0)),
                None => Err(unbound(r).into()),
            },
            Binding::Slot { slot, consumed } => {
                let consumed = (consumed as usize).min(r.steps.len());
                match self.cx.scope.value(slot) {
                    Ok(v) => Ok((v, consumed)),
                    Err(d) => Err(d.or_at(name(consumed)).into()),
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
        let from = r.steps[..consumed]
            .iter()
            .fold(r.root.span, |s, step| super::access::place(step, s.end, s))
            .end;
        self.steps(value, &r.steps[consumed..], from, e)
    }

    fn tuple(&mut self, items: &[Expr]) -> Outcome {
        Ok(Value::tuple(self.all(items)?))
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
        for item in items {
            let key = self
                .expr(&item.key)
                .and_then(|k| self.key(k, &item.key, e.span));
            let (key, value) = (found.take(key), found.take(self.expr(&item.value)));
            match (key, value) {
                (Some((Some(key), m)), Some(value)) => {
                    marks = marks.with(m);
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

    /// The key of an object: a string that is not null and not sensitive; none where it is not known yet.
    pub(super) fn key(
        &mut self,
        key: Value,
        e: &Expr,
        context: Span,
    ) -> Result<(Option<Str>, Marks), Diagnostics> {
        let (key, marks) = key.unmark();
        let d = if marks.is_sensitive() {
            Diagnostic::error(
                "sensitive-key",
                "Object key is sensitive",
                "Keys are shown, so they cannot be sensitive.",
            )
            .hint("Use another key, or nonsensitive() if this one is not a secret.")
        } else if key.is_null() {
            Diagnostic::error(
                "null-key",
                "Object key is null",
                "The key of an object must be a string, but this is null.",
            )
        } else if !key.is_known()
            && matches!(
                key.ty(),
                Type::Dynamic | Type::String | Type::Number | Type::Bool
            )
        {
            return Ok((None, marks));
        } else {
            match convert(&key, &Type::String) {
                Ok(v) if v.as_str().is_some() => return Ok((v.as_str().map(Str::from), marks)),
                _ => Diagnostic::error(
                    "invalid-key",
                    "Object key is not a string",
                    format!(
                        "The key of an object must be a string, but this is a value of type {}.",
                        key.ty().friendly()
                    ),
                )
                .hint("Use a string, or a number or bool, which become strings."),
            }
        };
        Err(self.fault(d.at(e.span).within(context), &[e]))
    }
}

fn too_large(e: &Expr) -> Diagnostics {
    Diagnostic::error(
        "too-large",
        "Value is too large",
        format!(
            "This comes to more than {MAX_SIZE} values, counting those that are in it several times, or to more than {} MiB of text.",
            MAX_SIZE / 8192
        ),
    )
    .hint("Make it of less.")
    .at(e.span)
    .into()
}

fn too_deep(e: &Expr) -> Diagnostics {
    Diagnostic::error(
        "too-deep",
        "Value is nested too deeply",
        format!(
            "Here collections are nested in each other more than {} levels deep.",
            limits::MAX_DEPTH
        ),
    )
    .at(e.span)
    .into()
}

pub(super) fn too_much(e: &Expr) -> Diagnostics {
    Diagnostic::error(
        "too-much-work",
        "Expression does too much",
        "The functions and for expressions here go through far more values than any stack has.",
    )
    .hint("Go through smaller collections, and compute what stays the same only once, in a local value.")
    .at(e.span)
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
