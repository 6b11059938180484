//! `${...}` in the strings of a manifest: where expressions begin and end. Evaluating them is the form's work.

use cloudapp_lang::{Diagnostic, Diagnostics, SourceMap, Span};

use crate::yaml::Node;

/// Warns of every string in the tree with a `${` that no `}` closes: it is then taken literally, which nobody means.
pub(crate) fn check(node: &Node, sources: &SourceMap, found: &mut Diagnostics) {
    node.each_string(&mut |text, span| {
        let Some(start) = unclosed(text) else { return };
        let nth = text[..start].matches("${").count();
        found.push(
            Diagnostic::warning(
                "unbalanced-interpolation",
                "Interpolation is not closed",
                "The expression that \"${\" begins has no closing \"}\", so the string is taken literally.",
            )
            .at(place(sources.text(span), nth, span))
            .within(span)
            .hint("Add the missing \"}\", or write \"$${\" for a literal \"${\"."),
        );
    });
}

/// Whether the text holds an expression that has to be evaluated.
pub(crate) fn is_template(text: &str) -> bool {
    next_start(text, 0).is_some() && unclosed(text).is_none()
}

/// Whether the text holds an expression that does not end, so that all of it is taken literally.
pub(crate) fn is_unclosed(text: &str) -> bool {
    unclosed(text).is_some()
}

/// Where the first expression begins that does not end.
fn unclosed(text: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(start) = next_start(text, from) {
        match end(text, start + 2) {
            Some(end) => from = end,
            None => return Some(start),
        }
    }
    None
}

fn next_start(text: &str, from: usize) -> Option<usize> {
    let found = text.get(from..)?.match_indices("${").map(|(i, _)| from + i);
    found.into_iter().find(|i| !text[..*i].ends_with('$'))
}

/// The offset after the brace that closes the expression; braces in its quoted strings do not count.
fn end(text: &str, from: usize) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (1_usize, false, false);
    for (i, c) in text.get(from..)?.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '{' if !quoted => depth += 1,
            '}' if !quoted => {
                depth -= 1;
                if depth == 0 {
                    return Some(from + i + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// From the `${` with this number in the text of the file to the end of the string there.
fn place(source: &str, nth: usize, span: Span) -> Span {
    match source.match_indices("${").nth(nth) {
        Some((offset, _)) => Span::new(span.file, span.start as usize + offset, span.end as usize),
        None => span,
    }
}

#[cfg(test)]
mod tests {
    use super::unclosed;

    #[test]
    fn braces_are_matched_outside_of_strings() {
        for (text, expected) in [
            ("plain", None),
            ("${a.b}", None),
            ("${a", Some(0)),
            ("${a} and ${b", Some(9)),
            ("$${a", None),
            ("${ {a = 1}.a }", None),
            ("${ {a = 1}.a ", Some(0)),
            ("${a == \"}\" ? 1 : 2}", None),
            ("${a == \"\\\"}\" ? 1 : 2", Some(0)),
            ("网${络", Some(3)),
            ("$", None),
            ("${", Some(0)),
        ] {
            assert_eq!(unclosed(text), expected, "{text}");
        }
    }
}
