//! Going through a tree.

use super::ast::{Binding, Call, Expr, ExprKind, Ident, Reference, Step, Template, TemplatePart};
use crate::stack;
use crate::value::Str;

/// Calls `f` for every reference whose root is not a variable of a `for` in `expr`.
pub(super) fn references<'e, F: FnMut(&'e Reference)>(expr: &'e Expr, f: &mut F) {
    let mut outer = |r: &'e Reference| {
        if !matches!(r.binding, Binding::Local(_)) {
            f(r);
        }
    };
    free(expr, &mut outer);
}

/// Calls `f` for every reference whose root is not a variable of a `for` inside `expr`; variables of a `for` around it
/// are included.
pub(crate) fn free<'e, F: FnMut(&'e Reference)>(expr: &'e Expr, f: &mut F) {
    Walk {
        f,
        names: Vec::new(),
    }
    .expr(expr);
}

/// Calls `f` for every function call in `expr`; inside the arguments of one only where `f` says so.
pub(crate) fn calls<'e>(expr: &'e Expr, f: &mut dyn FnMut(&'e Call) -> bool) {
    if let ExprKind::Call(c) = &expr.kind
        && !f(c)
    {
        return;
    }
    children(expr, &mut |e| stack::with_room(|| calls(e, f)));
}

/// Calls `f` for the expressions directly inside `expr`.
fn children<'e>(expr: &'e Expr, f: &mut dyn FnMut(&'e Expr)) {
    match &expr.kind {
        ExprKind::Literal(_) => {}
        ExprKind::Template(t) => in_template(t, f),
        ExprKind::Wrapped(e) | ExprKind::Parentheses(e) | ExprKind::Unary(_, e) => f(e),
        ExprKind::Reference(r) => in_steps(&r.steps, f),
        ExprKind::Access(e, steps) => {
            f(e);
            in_steps(steps, f);
        }
        ExprKind::Splat(s) => {
            f(&s.source);
            in_steps(&s.each, f);
        }
        ExprKind::Call(c) => c.args.iter().for_each(f),
        ExprKind::Conditional(c) => [&c.condition, &c.then, &c.otherwise]
            .into_iter()
            .for_each(f),
        ExprKind::Binary(c) => c.operands().for_each(f),
        ExprKind::Tuple(items) => items.iter().for_each(f),
        ExprKind::Object(items) => items.iter().flat_map(|i| [&i.key, &i.value]).for_each(f),
        ExprKind::For(x) => {
            let parts = [
                Some(&x.collection),
                x.key.as_ref(),
                Some(&x.value),
                x.condition.as_ref(),
            ];
            parts.into_iter().flatten().for_each(f);
        }
    }
}

fn in_steps<'e>(steps: &'e [Step], f: &mut dyn FnMut(&'e Expr)) {
    for step in steps {
        match step {
            Step::Attr(_) | Step::LegacyIndex(..) => {}
            Step::Index(e) => f(e),
            Step::Splat(each, _) => in_steps(each, f),
        }
    }
}

fn in_template<'e>(template: &'e Template, f: &mut dyn FnMut(&'e Expr)) {
    for part in &template.parts {
        match part {
            TemplatePart::Literal(_) => {}
            TemplatePart::Interpolation(e) => f(e),
            TemplatePart::If {
                condition,
                then,
                otherwise,
                ..
            } => {
                f(condition);
                in_template(then, f);
                otherwise.iter().for_each(|t| in_template(t, f));
            }
            TemplatePart::For {
                collection, body, ..
            } => {
                f(collection);
                in_template(body, f);
            }
        }
    }
}

struct Walk<'e, 'f, F> {
    f: &'f mut F,
    names: Vec<&'e Str>,
}

impl<'e, F: FnMut(&'e Reference)> Walk<'e, '_, F> {
    fn expr(&mut self, expr: &'e Expr) {
        stack::with_room(|| self.parts(expr));
    }

    fn parts(&mut self, expr: &'e Expr) {
        match &expr.kind {
            ExprKind::Literal(_) => {}
            ExprKind::Template(t) => self.template(t),
            ExprKind::Wrapped(e) | ExprKind::Parentheses(e) | ExprKind::Unary(_, e) => self.expr(e),
            ExprKind::Reference(r) => {
                if !self.names.contains(&&r.root.name) {
                    (self.f)(r);
                }
                self.steps(&r.steps);
            }
            ExprKind::Access(e, steps) => {
                self.expr(e);
                self.steps(steps);
            }
            ExprKind::Splat(s) => {
                self.expr(&s.source);
                self.steps(&s.each);
            }
            ExprKind::Call(c) => c.args.iter().for_each(|a| self.expr(a)),
            ExprKind::Conditional(c) => {
                self.expr(&c.condition);
                self.expr(&c.then);
                self.expr(&c.otherwise);
            }
            ExprKind::Binary(c) => c.operands().for_each(|e| self.expr(e)),
            ExprKind::Tuple(items) => items.iter().for_each(|e| self.expr(e)),
            ExprKind::Object(items) => {
                for item in items {
                    self.expr(&item.key);
                    self.expr(&item.value);
                }
            }
            ExprKind::For(x) => {
                self.expr(&x.collection);
                self.within(x.key_var.as_ref(), &x.value_var, |w| {
                    [x.key.as_ref(), Some(&x.value), x.condition.as_ref()]
                        .into_iter()
                        .flatten()
                        .for_each(|e| w.expr(e));
                });
            }
        }
    }

    fn steps(&mut self, steps: &'e [Step]) {
        for step in steps {
            match step {
                Step::Attr(_) | Step::LegacyIndex(..) => {}
                Step::Index(e) => self.expr(e),
                Step::Splat(each, _) => self.steps(each),
            }
        }
    }

    fn template(&mut self, template: &'e Template) {
        for part in &template.parts {
            match part {
                TemplatePart::Literal(_) => {}
                TemplatePart::Interpolation(e) => self.expr(e),
                TemplatePart::If {
                    condition,
                    then,
                    otherwise,
                    ..
                } => {
                    self.expr(condition);
                    self.template(then);
                    if let Some(t) = otherwise {
                        self.template(t);
                    }
                }
                TemplatePart::For {
                    key_var,
                    value_var,
                    collection,
                    body,
                    ..
                } => {
                    self.expr(collection);
                    self.within(key_var.as_ref(), value_var, |w| w.template(body));
                }
            }
        }
    }

    fn within(&mut self, key: Option<&'e Ident>, value: &'e Ident, f: impl FnOnce(&mut Self)) {
        let depth = self.names.len();
        self.names.extend(key.map(|k| &k.name));
        self.names.push(&value.name);
        f(self);
        self.names.truncate(depth);
    }
}
