//! Moves the spans of a tree that was read from a string's text to where that text stands in the file.

use super::ast::{Expr, ExprKind, Step, Template, TemplatePart};
use crate::source::Span;
use crate::stack;

/// Replaces every span of an expression.
pub(super) fn each(expr: &mut Expr, to: &dyn Fn(Span) -> Span) {
    stack::with_room(|| parts(expr, to));
}

fn parts(expr: &mut Expr, to: &dyn Fn(Span) -> Span) {
    expr.span = to(expr.span);
    match &mut expr.kind {
        ExprKind::Literal(_) => {}
        ExprKind::Template(t) => template(t, to),
        ExprKind::Wrapped(e) | ExprKind::Parentheses(e) | ExprKind::Unary(_, e) => each(e, to),
        ExprKind::Reference(r) => {
            r.root.span = to(r.root.span);
            steps(&mut r.steps, to);
        }
        ExprKind::Access(e, s) => {
            each(e, to);
            steps(s, to);
        }
        ExprKind::Splat(s) => {
            s.marker = to(s.marker);
            each(&mut s.source, to);
            steps(&mut s.each, to);
        }
        ExprKind::Call(c) => {
            c.name.span = to(c.name.span);
            c.parens = to(c.parens);
            c.args.iter_mut().for_each(|a| each(a, to));
        }
        ExprKind::Conditional(c) => {
            for e in [&mut c.condition, &mut c.then, &mut c.otherwise] {
                each(e, to);
            }
        }
        ExprKind::Binary(c) => c.operands_mut().for_each(|e| each(e, to)),
        ExprKind::Tuple(items) => items.iter_mut().for_each(|e| each(e, to)),
        ExprKind::Object(items) => {
            for i in items {
                each(&mut i.key, to);
                each(&mut i.value, to);
            }
        }
        ExprKind::For(f) => {
            f.value_var.span = to(f.value_var.span);
            if let Some(k) = &mut f.key_var {
                k.span = to(k.span);
            }
            each(&mut f.collection, to);
            each(&mut f.value, to);
            for e in [&mut f.key, &mut f.condition].into_iter().flatten() {
                each(e, to);
            }
        }
    }
}

fn steps(all: &mut [Step], to: &dyn Fn(Span) -> Span) {
    for s in all {
        match s {
            Step::Attr(a) => a.span = to(a.span),
            Step::Index(e) => each(e, to),
            Step::LegacyIndex(_, span) => *span = to(*span),
            Step::Splat(inner, span) => {
                *span = to(*span);
                steps(inner, to);
            }
        }
    }
}

fn template(t: &mut Template, to: &dyn Fn(Span) -> Span) {
    for part in &mut t.parts {
        match part {
            TemplatePart::Literal(_) => {}
            TemplatePart::Interpolation(e) => each(e, to),
            TemplatePart::If {
                condition,
                then,
                otherwise,
                span,
            } => {
                *span = to(*span);
                each(condition, to);
                template(then, to);
                if let Some(t) = otherwise {
                    template(t, to);
                }
            }
            TemplatePart::For {
                key_var,
                value_var,
                collection,
                body,
                span,
            } => {
                *span = to(*span);
                value_var.span = to(value_var.span);
                if let Some(k) = key_var {
                    k.span = to(k.span);
                }
                each(collection, to);
                template(body, to);
            }
        }
    }
}
