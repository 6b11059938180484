//! Random types, values and expressions, for tests that say what holds for all of them.
//!
//! Everything is made from a string of bytes ([`Choices`]): each byte decides between alternatives, the simplest of
//! which comes first, and where the bytes end the first alternative is taken. Thus a test library that shortens and
//! lowers bytes makes simpler expressions, without knowing anything of expressions.

// Each test binary uses its own part of this.
#![allow(dead_code)]

pub(crate) mod canonical;
pub(crate) mod choices;
pub(crate) mod expression;
pub(crate) mod print;
pub(crate) mod scope;
pub(crate) mod syntax;
pub(crate) mod tree;
pub(crate) mod values;

pub(crate) use choices::Choices;
