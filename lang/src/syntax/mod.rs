//! Text to tree. Parsing never fails: it returns what it could read, and what was wrong with the rest.
//!
//! Bodies, attributes and blocks are read in `structure` and `block`, each item by itself, so that an error in one does
//! not hide the next. Expressions are read in one pass, in `expression` and `template`. Where one cannot be read, `scan`
//! finds where it ends without understanding it, so that reading can go on behind it, and whether a bracket or quote is
//! the cause; `reject` has the words.

// A finding is made rarely and moved once; boxing it would burden every caller.
#![allow(clippy::result_large_err)]

pub mod ast;
mod block;
mod expression;
pub mod json;
pub mod json_lower;
mod json_places;
mod reject;
mod scan;
mod structure;
mod template;
pub(crate) mod walk;

use crate::diagnostic::Diagnostics;
use crate::source::{FileId, Span};
use ast::{Body, Expr};

/// Reads a configuration file. A byte order mark at its beginning is skipped; offsets count it.
#[must_use]
pub fn parse_file(text: &str, file: FileId) -> (Body, Diagnostics) {
    structure::parse(text, file)
}

/// Reads one expression, such as a line of the console or a `-var` value. Offsets count from `text`'s beginning.
/// As in a configuration, a newline ends it except inside brackets.
pub fn parse_expression(text: &str, file: FileId) -> Result<Expr, Diagnostics> {
    expression::whole(text, file)
}

/// Whether a text is a name: a letter or an underscore, then letters, digits, underscores and hyphens.
#[must_use]
pub fn is_identifier(text: &str) -> bool {
    !text.is_empty() && scan::ident_end(text, 0) == text.len()
}

/// Whether an expression that is being typed goes on in the next line: a bracket, a heredoc or a comment is open.
#[must_use]
pub fn is_incomplete(text: &str) -> bool {
    let start = text.len() - text.trim_start().len();
    scan::expression(text, start)
        .fault
        .is_some_and(scan::Fault::reached_end)
}

/// Reads a template, such as a file for `templatefile` or a string of a JSON configuration. `base` is the offset of
/// `text` in its file.
pub fn parse_template(text: &str, file: FileId, base: usize) -> Result<Expr, Diagnostics> {
    expression::template(text, file, base)
}

/// The span of a whole text.
#[must_use]
pub fn whole(text: &str, file: FileId) -> Span {
    Span::new(file, 0, text.len())
}
