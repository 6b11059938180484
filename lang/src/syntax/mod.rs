//! Text to tree. Parsing never fails: it returns what it could read, and what was wrong with the rest.

pub mod ast;
mod lower;
mod recover;
mod walk;

use crate::diagnostic::Diagnostics;
use crate::source::{FileId, Span};
use ast::{Body, Expr};

/// Reads a configuration file.
#[must_use]
pub fn parse_file(text: &str, file: FileId) -> (Body, Diagnostics) {
    recover::parse(text, file)
}

/// Reads one expression, such as a line of the console or a `-var` value. Offsets count from `text`'s beginning.
pub fn parse_expression(text: &str, file: FileId) -> Result<Expr, Diagnostics> {
    lower::expression(text, file)
}

/// Reads a template, such as a file for `templatefile` or a string of a JSON configuration. `base` is the offset of
/// `text` in its file.
pub fn parse_template(text: &str, file: FileId, base: usize) -> Result<Expr, Diagnostics> {
    lower::template(text, file, base)
}

/// The span of a whole text.
#[must_use]
pub fn whole(text: &str, file: FileId) -> Span {
    Span::new(file, 0, text.len())
}
