//! Words for what is wrong with a text, and the place that a person would point to.

use super::scan::{self, Fault};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// The text's first word or character, as something to name in a message.
pub(super) fn show(text: &str) -> String {
    let end = match text.chars().next() {
        None => return "the end".into(),
        Some('\n' | '\r') => return "the end of the line".into(),
        Some(c) if scan::is_ident_start(c) => scan::ident_end(text, 0),
        Some(c) if c.is_ascii_digit() => text
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(text.len()),
        Some(c) => c.len_utf8(),
    };
    match &text[..end] {
        "\"" => "a quote".into(),
        word => format!("\"{word}\""),
    }
}

pub(super) fn too_deep(detail: &str) -> Diagnostic {
    Diagnostic::error("too-deep", "Nested too deeply", detail)
        .hint("Give a part of it a name of its own, with a local value.")
}

pub(super) fn expected(detail: &str, at: Span) -> Diagnostic {
    Diagnostic::error("invalid-expression", "Invalid expression", detail).at(at)
}

/// What unbalanced brackets and quotes mean for a reader. `base` is the offset of `text` in its file.
pub(super) fn fault(text: &str, file: FileId, base: usize, fault: Fault) -> Diagnostic {
    let place = fault.place();
    let line = |at: usize| text[..at].matches('\n').count() + 1;
    let (d, len) = match fault {
        Fault::String { .. } => (
            Diagnostic::error(
                "unterminated-string",
                "String is not closed",
                "There is no closing quote before the end of the line.",
            )
            .hint("Add the closing quote; for text of several lines, write a heredoc: <<EOT."),
            1,
        ),
        Fault::Interpolation { .. } => (
            Diagnostic::error(
                "unterminated-interpolation",
                "Interpolation is not closed",
                "There is no closing brace before the string ends.",
            )
            .hint("Add the closing brace; to have these characters in the string, double the first: $${ or %%{."),
            2,
        ),
        Fault::Heredoc { start } => {
            let name = text[start..scan::line_end(text, start)].trim_start_matches(['<', '-']).trim_end();
            (
                Diagnostic::error(
                    "unterminated-heredoc",
                    "Heredoc is not closed",
                    format!("There is no line with only {name} that ends this heredoc."),
                )
                .hint(format!("Add a line with only {name}.")),
                scan::line_end(text, start) - start,
            )
        }
        Fault::Comment { .. } => (
            Diagnostic::error("unterminated-comment", "Comment is not closed", "There is no */ that ends this comment.")
                .hint("Add */ where the comment ends."),
            2,
        ),
        Fault::Unclosed { open } => (
            Diagnostic::error(
                "unclosed-bracket",
                "Bracket is never closed",
                format!("There is no closing bracket for this \"{}\".", &text[open..=open]),
            )
            .hint("Add the closing bracket where the expression ends."),
            1,
        ),
        Fault::Mismatch { open, close } => (
            Diagnostic::error(
                "unclosed-bracket",
                "Bracket is never closed",
                format!(
                    "This \"{}\" is still open where \"{}\" on line {} closes something else.",
                    &text[open..=open],
                    &text[close..=close],
                    line(close)
                ),
            )
            .hint("Add the closing bracket where the expression ends, or correct the one that is there."),
            1,
        ),
        Fault::Stray { close } => (
            Diagnostic::error(
                "unexpected-bracket",
                "Closing bracket without an opening one",
                format!("No bracket is open that \"{}\" could close.", &text[close..=close]),
            )
            .hint("Remove it, or add the opening bracket."),
            1,
        ),
    };
    d.at(Span::new(file, base + place, base + place + len))
}

/// A token that does not belong where it stands. `base` is the offset of `text` in its file.
pub(super) fn unexpected(text: &str, at: usize, base: usize, file: FileId) -> Diagnostic {
    let rest = &text[at..];
    let detail = format!("Did not expect {} here.", show(rest));
    expected(&detail, token(rest, base + at, file)).hint(advice(rest, &text[..at]))
}

/// A token that stands where something else goes.
pub(super) fn misplaced(
    text: &str,
    at: usize,
    base: usize,
    file: FileId,
    what: &str,
) -> Diagnostic {
    let rest = &text[at..];
    let detail = format!("Found {}, where {what} goes.", show(rest));
    expected(&detail, token(rest, base + at, file)).hint(advice(rest, &text[..at]))
}

/// The place of the word or character that a text begins with; nothing at the end of a line.
fn token(rest: &str, at: usize, file: FileId) -> Span {
    let len = match rest.chars().next() {
        None | Some('\n' | '\r') => 0,
        Some(c) if scan::is_ident_start(c) => scan::ident_end(rest, 0),
        Some(c) => c.len_utf8(),
    };
    Span::new(file, at, at + len)
}

/// What people who write this elsewhere should write here.
fn advice(rest: &str, before: &str) -> &'static str {
    let before = before.trim_end();
    if before.ends_with("not") {
        return "Write ! for \"not\".";
    }
    if before.ends_with("...") {
        return "Only the last argument can be followed by \"...\".";
    }
    if before.ends_with('?') && rest.starts_with('?') {
        return "There is no such operator; coalesce(a, b) gives the first value that is not null.";
    }
    let pairs = [
        ("'", "Write strings in double quotes."),
        (
            "&",
            "The logical operators are && and ||; there are no operators on bits.",
        ),
        (
            "|",
            "The logical operators are && and ||; there are no operators on bits.",
        ),
        ("and ", "Write && for \"and\"."),
        ("or ", "Write || for \"or\"."),
        ("^", "There is no such operator; pow(a, b) gives a power."),
        ("*", "There is no such operator; pow(a, b) gives a power."),
        (
            "=>",
            "Key and value belong in an object: write { for … : key => value }.",
        ),
        (";", "Separate the elements of a list with commas."),
        ("+", "Numbers are written without a plus sign."),
    ];
    pairs
        .iter()
        .find(|(p, _)| rest.starts_with(p))
        .map_or("", |(_, hint)| hint)
}
