//! Evaluation. An expression is bound to its surroundings once ([`bind`]), then evaluated as often as needed
//! ([`evaluate`]): names have become numbers, and nothing is looked up by string.
//!
//! The language is Terraform 1.11's, with two departures. `&&` and `||` do not evaluate the right side when the left
//! decides, and a right side that decides makes up for an unknown left one. Division by zero is an error.
//!
//! Unknown operands give unknown results, with whatever is certain about them kept as refinements. Marks of operands
//! pass to results.

// A finding is made rarely and moved once; boxing it would burden every caller.
#![allow(clippy::result_large_err)]

mod access;
mod bind;
mod call;
mod conditional;
mod equality;
mod explain;
mod expression;
mod for_each;
mod operators;
mod template;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::functions::Functions;
use crate::source::Span;
use crate::syntax::ast::{Expr, Ident, Reference, Slot};
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

/// Reports calls of functions that do not exist, without evaluating anything.
#[must_use]
pub fn check_functions(expr: &Expr, functions: &Functions) -> Diagnostics {
    call::check(expr, functions)
}

/// Whether the language's `==` holds between two values; none where it is not known yet. Marks do not matter.
#[must_use]
pub fn equal(a: &Value, b: &Value) -> Option<bool> {
    equality::equal(a, b)
}

/// A value in a few words, as in the values of a [`Diagnostic`]: `is "a"`, `is a list of 3 elements`. Never shows what
/// is sensitive.
#[must_use]
pub fn describe(value: &Value) -> String {
    explain::describe(value)
}

/// The value of an expression that may not refer to anything.
pub fn constant(expr: &Expr, functions: &Functions) -> Result<Value, Diagnostics> {
    let mut bound = expr.clone();
    let problems = bind(&mut bound, &mut Empty);
    if !problems.is_empty() {
        return Err(problems);
    }
    let scope = &Empty;
    evaluate(&bound, EvalContext { scope, functions })
}

/// What is wrong with going into a value, of which only the type need be known, by those steps of a reference that come
/// after the `consumed` ones and are written out: the first that is computed, or a splat, ends the check.
pub fn check_steps(value: Value, r: &Reference, consumed: usize) -> Result<(), Diagnostic> {
    access::check_steps(value, r, consumed)
}

/// The place of a reference up to some of its steps.
#[must_use]
pub fn prefix(r: &Reference, steps: usize) -> Span {
    access::prefix(r, steps)
}

/// The references in an expression to what is outside of it.
#[must_use]
pub fn references(expr: &Expr) -> Vec<&Reference> {
    let mut found = Vec::new();
    crate::syntax::walk::free(expr, &mut |r| found.push(r));
    found
}

/// The name of the first function that an expression calls.
#[must_use]
pub fn first_call(expr: &Expr) -> Option<Span> {
    let mut first = None;
    crate::syntax::walk::calls(expr, &mut |call| {
        first = first.or(Some(call.name.span));
        true
    });
    first
}

/// The names of all functions that an expression calls, with their places.
#[must_use]
pub fn called(expr: &Expr) -> Vec<&Ident> {
    let mut found = Vec::new();
    crate::syntax::walk::calls(expr, &mut |call| {
        found.push(&call.name);
        true
    });
    found
}

/// A scope and resolver without names, for literals only.
#[derive(Clone, Copy, Debug, Default)]
pub struct Empty;

impl Scope for Empty {
    fn value(&self, _: Slot) -> Result<Value, Diagnostic> {
        Err(Diagnostic::error(
            "no-references",
            "References are not allowed",
            "Only constant values may stand here.",
        ))
    }
}

impl Resolver for Empty {
    fn resolve(&mut self, reference: &Reference) -> Result<Resolved, Diagnostic> {
        Err(Diagnostic::error(
            "no-references",
            "References are not allowed",
            format!(
                "\"{}\" is a reference; only constant values may stand here.",
                reference.root.name
            ),
        )
        .at(reference.root.span))
    }
}
