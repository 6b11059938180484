//! Names become numbers: variables of `for` here, everything else by the resolver.

use super::Resolver;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::stack;
use crate::syntax::ast::{Binding, Expr, ExprKind, Ident, Reference, Step, Template, TemplatePart};
use crate::value::Str;

pub(super) fn bind(expr: &mut Expr, resolver: &mut dyn Resolver) -> Diagnostics {
    let mut binder = Binder {
        resolver,
        names: Vec::new(),
        found: Diagnostics::new(),
    };
    binder.expr(expr);
    binder.found
}

/// What is wrong with a key that is a reference without parentheses.
fn ambiguous(key: &Expr) -> Option<Diagnostic> {
    let reference = match &key.kind {
        ExprKind::Reference(r) => r,
        ExprKind::Splat(s) => match &s.source.kind {
            ExprKind::Reference(r) => r,
            _ => return None,
        },
        _ => return None,
    };
    let d = Diagnostic::error(
        "ambiguous-key",
        "Ambiguous object key",
        "A key is a name or a quoted string; a reference must be put in parentheses.",
    );
    Some(
        d.hint(format!(
            "Write ({}…) = …, or put the key in quotes.",
            reference.root.name
        ))
        .at(key.span),
    )
}

struct Binder<'r> {
    resolver: &'r mut dyn Resolver,
    /// The variables in scope, from the outermost: their places here are the numbers in [`Binding::Local`].
    names: Vec<Str>,
    found: Diagnostics,
}

impl Binder<'_> {
    fn expr(&mut self, expr: &mut Expr) {
        stack::with_room(|| self.parts(expr));
    }

    fn parts(&mut self, expr: &mut Expr) {
        match &mut expr.kind {
            ExprKind::Literal(_) => {}
            ExprKind::Template(t) => self.template(t),
            ExprKind::Wrapped(e) | ExprKind::Parentheses(e) | ExprKind::Unary(_, e) => self.expr(e),
            ExprKind::Reference(r) => self.reference(r),
            ExprKind::Access(e, steps) => {
                self.expr(e);
                self.steps(steps);
            }
            ExprKind::Splat(s) => {
                self.expr(&mut s.source);
                self.steps(&mut s.each);
            }
            ExprKind::Call(c) => c.args.iter_mut().for_each(|a| self.expr(a)),
            ExprKind::Conditional(c) => {
                self.expr(&mut c.condition);
                self.expr(&mut c.then);
                self.expr(&mut c.otherwise);
            }
            ExprKind::Binary(c) => c.operands_mut().for_each(|e| self.expr(e)),
            ExprKind::Tuple(items) => items.iter_mut().for_each(|e| self.expr(e)),
            ExprKind::Object(items) => {
                for item in items {
                    match ambiguous(&item.key) {
                        Some(d) => self.found.push(d),
                        None => self.expr(&mut item.key),
                    }
                    self.expr(&mut item.value);
                }
            }
            ExprKind::For(x) => {
                self.expr(&mut x.collection);
                let depth = self.enter(x.key_var.as_ref(), &x.value_var);
                let parts = [x.key.as_mut(), Some(&mut x.value), x.condition.as_mut()];
                parts.into_iter().flatten().for_each(|e| self.expr(e));
                self.names.truncate(depth);
            }
        }
    }

    fn reference(&mut self, r: &mut Reference) {
        self.steps(&mut r.steps);
        if let Some(n) = self.names.iter().rposition(|n| *n == r.root.name) {
            r.binding = Binding::Local(u32::try_from(n).unwrap_or(u32::MAX));
            return;
        }
        match self.resolver.resolve(r) {
            Ok(found) => {
                r.binding = Binding::Slot {
                    slot: found.slot,
                    consumed: found.consumed,
                }
            }
            Err(d) => self.found.push(d.or_at(r.root.span)),
        }
    }

    fn steps(&mut self, steps: &mut [Step]) {
        for step in steps {
            match step {
                Step::Attr(_) | Step::LegacyIndex(..) => {}
                Step::Index(e) => self.expr(e),
                Step::Splat(each, _) => self.steps(each),
            }
        }
    }

    fn template(&mut self, template: &mut Template) {
        for part in &mut template.parts {
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
                    otherwise.iter_mut().for_each(|t| self.template(t));
                }
                TemplatePart::For {
                    key_var,
                    value_var,
                    collection,
                    body,
                    ..
                } => {
                    self.expr(collection);
                    let depth = self.enter(key_var.as_ref(), value_var);
                    self.template(body);
                    self.names.truncate(depth);
                }
            }
        }
    }

    /// Brings the variables of a `for` into scope, key first; answers how many there were before.
    fn enter(&mut self, key: Option<&Ident>, value: &Ident) -> usize {
        let depth = self.names.len();
        self.names.extend(key.map(|k| k.name.clone()));
        self.names.push(value.name.clone());
        depth
    }
}
