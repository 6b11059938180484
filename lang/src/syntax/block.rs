//! Blocks: header, braces, and what can be wrong with them.

use std::cell::Cell;

use super::ast::{Block, Body, Ident};
use super::scan::{self, Fault};
use super::structure::{Open, Parser};
use super::{expression, reject, template};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::stack;

/// Blocks nested deeper than this are an error: reading them recurses.
const MAX_DEPTH: u32 = 500;

/// Whether there is an interpolation or a directive in a label.
fn is_template(label: &str) -> bool {
    let constant = label.replace("$${", "").replace("%%{", "");
    constant.contains("${") || constant.contains("%{")
}

impl Parser<'_> {
    pub(super) fn block(&mut self, kind: Ident, body: &mut Body) {
        let mut header = kind.span;
        // Most blocks have two, a type and a name; some none, and need no room.
        let mut labels = Vec::with_capacity(if self.peek() == b'{' { 0 } else { 2 });
        while self.peek() != b'{' {
            match self.label(labels.is_empty()) {
                Some(label) => {
                    header = header.to(label.span);
                    labels.push(label);
                }
                None => {
                    if !self.bad_header(header) {
                        return;
                    }
                    break;
                }
            }
            if !self.blank(false) {
                return;
            }
        }
        let start = kind.span.start as usize;
        let brace = self.at;
        if self.depth >= MAX_DEPTH {
            self.found.push(
                reject::too_deep(&format!("Blocks may be nested {MAX_DEPTH} deep.")).at(header),
            );
            self.at = scan::expression(self.text, brace).next;
            return;
        }
        self.at += 1;
        if !self.blank(false) {
            return;
        }
        let line = scan::line_start(self.text, start);
        let one_line = !self.at_line_end() && self.peek() != b'}';
        let open = Open {
            header,
            one_line,
            indent: start - line,
            reported: Cell::new(false),
        };
        self.depth += 1;
        let inner = stack::with_room(|| {
            if open.one_line {
                self.single(&open)
            } else {
                self.items(&open)
            }
        });
        self.depth -= 1;
        if self.peek() == b'}' {
            self.note_indent(&open, line);
            self.at += 1;
        } else {
            self.unclosed(&open);
        }
        let span = self.span(start, self.at);
        labels.shrink_to_fit();
        body.blocks.push(Block {
            kind,
            labels,
            body: inner,
            header,
            open: self.span(brace, brace + 1),
            span,
        });
    }

    /// The body of a block on one line.
    fn single(&mut self, open: &Open) -> Body {
        let found = self.found.len();
        let body = self.items(open);
        let several = body.attributes.len() + body.blocks.len() > 1 || !body.blocks.is_empty();
        if several && self.found.len() == found {
            self.one_line(open);
        }
        body
    }

    fn note_indent(&mut self, open: &Open, header_line: usize) {
        let line = scan::line_start(self.text, self.at);
        let brace_first = self.text[line..self.at].trim().is_empty();
        let header_first = self.text[header_line..header_line + open.indent]
            .trim()
            .is_empty();
        if line != header_line && brace_first && header_first && self.at - line < open.indent {
            self.blamed.get_or_insert(open.header);
        }
    }

    fn unclosed(&mut self, open: &Open) {
        if self.ran_out {
            return; // whatever ran out first is the cause, and is reported
        }
        self.ran_out = true;
        let d = Diagnostic::error(
            "unclosed-block",
            "Block is never closed",
            "There is no closing brace for this block before the next one begins or the file ends.",
        )
        .hint("Add a closing brace where the block ends.")
        .at(self.blamed.unwrap_or(open.header));
        self.found.push(d);
    }

    pub(super) fn after_block(&mut self, open: Option<&Open>) {
        if self.ran_out || !self.blank(false) || self.at_line_end() {
            return;
        }
        if self.peek() == b'}' && open.is_some() {
            return;
        }
        let d = Diagnostic::error(
            "missing-newline",
            "Line does not end here",
            format!(
                "A block ends its line, but here stands {}.",
                reject::show(&self.text[self.at..])
            ),
        )
        .hint("Begin a new line after the closing brace.")
        .at(self.char_at(self.at));
        self.found.push(d);
        self.skip_line();
    }

    /// The first label is mostly a type, of which there are more blocks.
    fn label(&mut self, is_first: bool) -> Option<Ident> {
        let start = self.at;
        if self.peek() != b'"' {
            let end = scan::ident_end(self.text, start);
            self.at = end;
            let name = expression::nfc(&self.text[start..end]);
            return (end > start).then(|| Ident {
                name,
                span: self.span(start, end),
            });
        }
        let bytes = self.text.as_bytes();
        let mut end = start + 1;
        // Whether it may hold anything but what it says.
        let mut marked = false;
        loop {
            match bytes.get(end)? {
                b'"' => break,
                b'\n' => return None,
                b'\\' if bytes.get(end + 1) == Some(&b'\n') => return None,
                b'\\' => {
                    marked = true;
                    end += 2;
                }
                b => {
                    marked |= matches!(b, b'$' | b'%');
                    end += 1;
                }
            }
        }
        let inner = &self.text[start + 1..end];
        let span = self.span(start, end + 1);
        self.at = end + 1;
        if is_first && !marked {
            let name = self.name(start + 1, end);
            return Some(Ident { name, span });
        }
        if marked && is_template(inner) {
            let d = Diagnostic::error(
                "template-in-label",
                "Label is not constant",
                "The labels of a block are part of its name; they cannot hold interpolations.",
            );
            self.found.push(d.hint("Write the name out.").at(span));
        }
        match template::unescape(inner, start + 1, self.file) {
            Ok(name) => Some(Ident {
                name: expression::nfc(&name),
                span,
            }),
            Err(d) => {
                self.found.push(d);
                Some(Ident {
                    name: inner.into(),
                    span,
                })
            }
        }
    }

    /// Reports a header that does not go on with a label or brace; true where the brace was found all the same.
    fn bad_header(&mut self, header: Span) -> bool {
        let at = self.at;
        let on_next_line = self.at_line_end()
            && scan::skip_blank(self.text, at, true).is_ok_and(|n| {
                let brace = self.text[n..].starts_with('{');
                self.at = if brace { n } else { self.at };
                brace
            });
        let line = scan::line_end(self.text, at);
        let quote_only = self.peek() == b'"';
        let d = if on_next_line {
            Diagnostic::error(
                "invalid-block-header",
                "Block header is incomplete",
                "The opening brace of a block stands on the line of its header.",
            )
            .hint("Move the brace up.")
            .at(self.char_at(self.at))
            .within(header)
        } else if quote_only {
            reject::fault(self.text, self.file, 0, Fault::String { quote: at }).within(header)
        } else {
            let found = reject::show(&self.text[at..]);
            Diagnostic::error(
                "invalid-block-header",
                "Block header is incomplete",
                format!(
                    "A name, a quoted label or an opening brace goes here, but here stands {found}."
                ),
            )
            .hint("Write name = value for an argument, or kind \"label\" { … } for a block.")
            .at(if self.at_line_end() {
                header
            } else {
                self.char_at(at)
            })
            .within(header)
        };
        self.found.push(d);
        if on_next_line {
            return true;
        }
        // Keep in step with the braces where the line opens one all the same.
        match self.text[at..line].trim_end().strip_suffix('{') {
            Some(before) => {
                self.at = at + before.len();
                true
            }
            None => {
                self.skip_line();
                false
            }
        }
    }
}
