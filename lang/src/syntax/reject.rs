//! Words for what is wrong with a text, and the place that a person would point to.

use hcl_edit::parser::Error;

use super::scan::{self, Fault};
use super::template;
use crate::diagnostic::{Diagnostic, nearest};
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

/// What the parser could not read. `base` is the offset of `text` in its file.
pub(super) fn rejected(text: &str, base: usize, file: FileId, error: &Error) -> Diagnostic {
    let message = error.message();
    let at = place(text, error);
    if message.contains("escape sequence") || message.contains("hex code") {
        let slash = text[..text.len().min(at + 1)].rfind('\\').unwrap_or(at);
        if let Err(d) = template::unescape(text[slash..].trim_end_matches('"'), base + slash, file)
        {
            return d;
        }
    }
    if text[at..].starts_with("%{") {
        return directive(text, at, base, file);
    }
    if text[at..].starts_with("${") && message.contains("unexpected token") {
        return interpolation(text, at, base, file);
    }
    let rest = &text[at..];
    let len = match rest.chars().next() {
        Some(c) if scan::is_ident_start(c) => scan::ident_end(rest, 0),
        Some(c) => c.len_utf8(),
        None => 0,
    };
    let span = Span::new(file, base + at, base + at + len);
    if message.contains("nesting depth") {
        return too_deep("Expressions may be nested 64 deep.").at(span);
    }
    if message.contains("chained binary operators") {
        return too_deep("An expression may chain 128 operators.").at(span);
    }
    let found = if rest.is_empty() {
        "the end of the expression".into()
    } else {
        show(rest)
    };
    let detail = match message.split_once("expected ") {
        Some((_, what)) if message.contains("redefined") => format!("Found {found}: {what}."),
        Some((_, what)) if what.len() < 60 && !what.contains("token") => {
            format!("Found {found}, where {} goes.", what.replace('`', "\""))
        }
        _ => format!("Did not expect {found} here."),
    };
    expected(&detail, span).hint(advice(rest, &text[..at]))
}

/// Where the parser means. It says where it stopped for good: before blanks, before an operator whose right side it
/// could not read, behind a character that it took; and at the last character where it means the end.
fn place(text: &str, error: &Error) -> usize {
    let mut at = error.location().offset().min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let line = text[..at].rfind('\n').map_or(0, |n| n + 1);
    let here = text[line..]
        .chars()
        .take_while(|c| *c != '\n')
        .count()
        .min(text[line..at].chars().count() + 1);
    if error.location().column() > here {
        at = text.len();
    }
    if let Some(at) = earlier_place(text, at) {
        return at;
    }
    if error.message().contains("object value assignment")
        && !error.message().contains("expected `n`")
    {
        return text[..at].char_indices().next_back().map_or(at, |(n, _)| n);
    }
    let before = text[..at].trim_end();
    if ['&', '|']
        .iter()
        .any(|c| before.ends_with(*c) && !before[..before.len() - 1].ends_with(*c))
    {
        return before.len() - 1;
    }
    if !error.message().contains("unexpected token") {
        return at;
    }
    at = scan::skip_blank(text, at, false).unwrap_or(at);
    let rest = &text[at..];
    let operators = [
        "==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "*", "/", "%", "?",
    ];
    match operators.iter().find(|o| rest.starts_with(**o)) {
        Some(o) if !rest.starts_with("%{") && !rest.starts_with("??") => {
            scan::skip_blank(text, at + o.len(), false).unwrap_or(at)
        }
        _ => at,
    }
}

/// The place of a mistake that begins before where the parser stopped.
fn earlier_place(text: &str, at: usize) -> Option<usize> {
    let before = text[..at].trim_end();
    let rest = text[at..].trim_start();
    // Only a last argument can be spread: `...` is what does not belong.
    if before.ends_with("...") && rest.starts_with(',') {
        return Some(before.len() - 3);
    }
    // `<<` that begins no heredoc; but a single quote is a mistake of its own.
    if before == "<<" && !rest.starts_with('\'') {
        return Some(0);
    }
    // In `1e+` the number ends before its incomplete exponent.
    let mantissa = before.trim_end_matches(['+', '-']);
    if before.len() - mantissa.len() <= 1 && mantissa.ends_with(['e', 'E']) {
        let number = &mantissa[..mantissa.len() - 1];
        let digits = number.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        if digits.len() < number.len() && !digits.ends_with(scan::is_ident_continue) {
            return Some(number.len());
        }
    }
    // A `for` in brackets has no key, and one in braces needs one: the first expression behind the colon is wrong.
    if rest.starts_with("=>") || rest.starts_with('}') {
        let (open, colon) = scan::for_colon(text, at)?;
        let arrow = text[colon..at].contains("=>");
        if !arrow && text[open..].starts_with('[') == rest.starts_with("=>") {
            return scan::skip_blank(text, colon + 1, true).ok();
        }
    }
    None
}

/// An interpolation that cannot be read, or has no end.
fn interpolation(text: &str, at: usize, base: usize, file: FileId) -> Diagnostic {
    let inside = at + 2 + usize::from(text[at + 2..].starts_with('~'));
    let start = scan::skip_blank(text, inside, true).unwrap_or(inside);
    let extent = scan::expression(text, start);
    if extent.end <= start {
        return expected(
            "A value goes here.",
            Span::new(file, base + start, base + start),
        );
    }
    let inner = &text[start..extent.end];
    match hcl_edit::parser::parse_expr(inner) {
        Err(e) => rejected(inner, base + start, file, &e),
        Ok(_) => fault(text, file, base, Fault::Interpolation { marker: at }),
    }
}

/// A directive that is unknown, or has no beginning or no end.
fn directive(text: &str, at: usize, base: usize, file: FileId) -> Diagnostic {
    let after = text[at + 2..].trim_start_matches('~');
    let word = text.len() - after.trim_start().len();
    let end = scan::ident_end(text, word);
    let name = &text[word..end];
    let close = text[at..].find('}').map_or(text.len(), |n| at + n + 1);
    let whole = Span::new(file, base + at, base + close);
    match name {
        "if" | "for" => Diagnostic::error(
            "unclosed-directive",
            "Directive is not closed",
            format!("There is no %{{ end{name} }} for this directive, or something in it cannot be read."),
        )
        .hint(format!("Write %{{ end{name} }} where it ends."))
        .at(whole),
        "else" | "endif" | "endfor" => {
            let opener = if name == "endfor" { "for" } else { "if" };
            Diagnostic::error(
                "unexpected-directive",
                "Directive without its beginning",
                format!("There is no %{{ {opener} … }} before it."),
            )
            .hint("Remove it, or write the directive that it belongs to.")
            .at(whole)
        }
        _ => {
            let d = Diagnostic::error(
                "unknown-directive",
                "No such directive",
                "After %{ goes if, else, endif, for or endfor.",
            )
            .at(Span::new(file, base + word, base + end.max(word)))
            .within(whole);
            match nearest(name, ["if", "else", "endif", "for", "endfor"]) {
                Some(near) => d.hint(format!("Did you mean \"{near}\"? To have %{{ in the text, write %%{{.")),
                None => d.hint("To have %{ in the text, write %%{."),
            }
        }
    }
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
            "??",
            "There is no such operator; coalesce(a, b) gives the first value that is not null.",
        ),
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
