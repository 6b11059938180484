//! The language of resource stacks: source text becomes a syntax tree with spans, and expressions become values.
//!
//! The order in which to read it: [`diagnostic`] (what every fallible step here answers with), [`value`] (types,
//! numbers, values, unknowns, marks), [`syntax`] (the tree, and how text becomes one), [`eval`] (how an expression is
//! bound to its surroundings once and evaluated often) and [`functions`].
//!
//! This crate knows no resource, provider, state, clock or network, and it never panics on input.

pub mod diagnostic;
pub mod eval;
pub mod format;
pub mod functions;
pub mod limits;
pub mod source;
mod stack;
pub mod syntax;
pub mod value;

pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use source::{FileId, Position, SourceMap, Span};
pub use value::{Marks, Number, Path, PathStep, Str, Type, Value};
