//! Evaluation. An expression is bound to its surroundings once ([`bind`]), then evaluated as often as needed
//! ([`evaluate`]): names have become numbers, and nothing is looked up by string.

mod bind;
mod expression;
mod operators;
mod template;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::functions::Functions;
use crate::syntax::ast::{Expr, Reference, Slot};
use crate::value::Value;

/// Says what names mean, once for each reference of an expression.
pub trait Resolver {
    /// The slot that a reference means, and how many of its steps belong to the name.
    fn resolve(&mut self, reference: &Reference) -> Result<Resolved, Diagnostic>;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolved {
    pub slot: Slot,
    pub consumed: u32,
}

/// Gives the values of slots.
pub trait Scope {
    /// Called each time an expression needs the value. Findings get the reference's place if they have none.
    fn value(&self, slot: Slot) -> Result<Value, Diagnostic>;
}

/// What an evaluation needs besides the expression.
#[derive(Clone, Copy)]
pub struct EvalContext<'a> {
    pub scope: &'a dyn Scope,
    pub functions: &'a Functions,
}

/// Binds every reference in an expression; the findings are those of the resolver.
pub fn bind(expr: &mut Expr, resolver: &mut dyn Resolver) -> Diagnostics {
    bind::bind(expr, resolver)
}

/// The value of a bound expression. Unknown operands give unknown results; an error gives diagnostics.
pub fn evaluate(expr: &Expr, cx: EvalContext<'_>) -> Result<Value, Diagnostics> {
    expression::evaluate(expr, cx)
}

/// A scope and resolver without names, for literals only.
#[derive(Clone, Copy, Debug, Default)]
pub struct Empty;

impl Scope for Empty {
    fn value(&self, _: Slot) -> Result<Value, Diagnostic> {
        Err(Diagnostic::error("no-references", "References are not allowed", "Only constant values may stand here."))
    }
}

impl Resolver for Empty {
    fn resolve(&mut self, reference: &Reference) -> Result<Resolved, Diagnostic> {
        Err(Diagnostic::error(
            "no-references",
            "References are not allowed",
            format!("\"{}\" is a reference; only constant values may stand here.", reference.root.name),
        )
        .at(reference.root.span))
    }
}
