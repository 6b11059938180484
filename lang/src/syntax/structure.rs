//! Bodies, attributes and blocks. Each attribute is read by itself at its own offset, so one file can have many
//! errors, and everything that is right is kept.

use std::cell::Cell;

use rustc_hash::{FxHashMap, FxHashSet};

use super::ast::{Attribute, Body, Ident};
use super::scan::{self, Fault};
use super::{expression, reject};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{FileId, Span};
use crate::value::Str;

/// Among so many arguments one is looked for sooner than a set of their names is made. Most bodies have fewer.
const FEW: usize = 16;

/// Errors after this many are not reported: the file is hardly a configuration.
const MAX_ERRORS: usize = 500;

pub(super) fn parse(text: &str, file: FileId) -> (Body, Diagnostics) {
    let mut p = Parser::new(text, file);
    let mut body = Body {
        attributes: Vec::new(),
        blocks: Vec::new(),
        undecided: Vec::new(),
        span: Span::new(file, 0, text.len()),
    };
    let mut names = FxHashSet::default();
    p.at = if text.starts_with('\u{feff}') {
        '\u{feff}'.len_utf8()
    } else {
        0
    };
    while p.blank(true) && p.at < text.len() && p.found.len() < MAX_ERRORS {
        let (start, found, attributes, blocks) = (
            p.at,
            p.found.len(),
            body.attributes.len(),
            body.blocks.len(),
        );
        p.ran_out = false;
        p.blamed = None;
        p.item(&mut body, &mut names, None);
        if !p.ran_out {
            continue;
        }
        // Something was never closed and swallowed the rest of the file. Read the item again, up to the next line
        // that looks like the beginning of another one.
        let Some(next) = next_header(text, start) else {
            break;
        };
        p.found.truncate(found);
        body.blocks.truncate(blocks);
        for a in body.attributes.drain(attributes..) {
            names.remove(&a.name.name);
        }
        p.text = &text[..next];
        p.at = start;
        p.ran_out = false;
        p.blamed = None;
        p.item(&mut body, &mut names, None);
        p.text = text;
        p.at = next;
    }
    (body, p.found.into_iter().collect())
}

/// The next line that begins, without indentation, like a block (`kind "label" {`) or an argument (`name =`).
fn next_header(text: &str, from: usize) -> Option<usize> {
    let mut at = scan::line_end(text, from);
    while at < text.len() {
        at += 1;
        let end = scan::line_end(text, at);
        if is_header(text[at..end].trim_end()) {
            return Some(at);
        }
        at = end;
    }
    None
}

/// Whether a body has no argument of this name yet. The names of a larger body are kept; those of arguments that could not be
/// read always are.
fn is_new(name: &Str, body: &Body, names: &mut FxHashSet<Str>) -> bool {
    let before = &body.attributes;
    if before.len() < FEW {
        return !names.contains(name) && body.attribute(name).is_none();
    }
    if before.len() == FEW {
        names.extend(before.iter().map(|a| a.name.name.clone()));
    }
    names.insert(name.clone())
}

fn is_header(line: &str) -> bool {
    let name = scan::ident_end(line, 0);
    if name == 0 {
        return false;
    }
    let mut rest = line[name..].trim_start();
    if rest.starts_with('=') && !rest.starts_with("==") {
        return true;
    }
    loop {
        if rest.starts_with('{') {
            return true;
        }
        let label = match rest.strip_prefix('"') {
            Some(quoted) => quoted.find('"').map_or(0, |n| n + 2),
            None => scan::ident_end(rest, 0),
        };
        if label == 0 {
            return false;
        }
        rest = rest[label..].trim_start();
    }
}

/// A block that is being read.
pub(super) struct Open {
    pub(super) header: Span,
    /// Whether the body stands on the header's line.
    pub(super) one_line: bool,
    pub(super) indent: usize,
    /// Whether it was already said that too much stands on one line.
    pub(super) reported: Cell<bool>,
}

pub(super) struct Parser<'t> {
    pub(super) text: &'t str,
    pub(super) file: FileId,
    pub(super) at: usize,
    pub(super) found: Vec<Diagnostic>,
    pub(super) depth: u32,
    /// The text ended before what was open was closed.
    pub(super) ran_out: bool,
    /// Kinds, types and arguments have few names, and each is one string for all who have it.
    names: FxHashMap<&'t str, Str>,
    /// Room for arguments, from the last body that was read.
    room: Vec<Attribute>,
    /// A block whose closing brace is indented less than itself: likely the one that lacks its brace.
    pub(super) blamed: Option<Span>,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str, file: FileId) -> Self {
        Self {
            text,
            file,
            at: 0,
            found: Vec::new(),
            depth: 0,
            ran_out: false,
            blamed: None,
            names: FxHashMap::default(),
            room: Vec::new(),
        }
    }

    /// A name of which there are likely more.
    pub(super) fn name(&mut self, start: usize, end: usize) -> Str {
        let text = self.text;
        let text = &text[start..end];
        let known = self.names.entry(text);
        known.or_insert_with(|| expression::nfc(text)).clone()
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    /// The span of the character at an offset.
    pub(super) fn char_at(&self, at: usize) -> Span {
        let len = self.text[at..].chars().next().map_or(0, char::len_utf8);
        self.span(at, at + len)
    }

    pub(super) fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    pub(super) fn at_line_end(&self) -> bool {
        let rest = &self.text[self.at..];
        rest.is_empty()
            || rest.starts_with(['\n', '#'])
            || rest.starts_with("\r\n")
            || rest.starts_with("//")
    }

    /// Skips what is blank; false where a comment never ends, which is reported.
    pub(super) fn blank(&mut self, newlines: bool) -> bool {
        match scan::skip_blank(self.text, self.at, newlines) {
            Ok(at) => {
                self.at = at;
                true
            }
            Err(fault) => {
                self.report_fault(fault, None);
                self.at = self.text.len();
                false
            }
        }
    }

    pub(super) fn skip_line(&mut self) {
        let e = scan::expression(self.text, self.at);
        let unbalanced = e.fault.is_some() || self.text.as_bytes().get(e.next) == Some(&b'}');
        self.at = if unbalanced {
            scan::line_end(self.text, self.at)
        } else {
            e.next
        };
    }

    fn report_fault(&mut self, fault: Fault, context: Option<Span>) {
        self.ran_out |= fault.reached_end();
        let d = reject::fault(self.text, self.file, 0, fault);
        self.found.push(if let Some(c) = context {
            d.within(c)
        } else {
            d
        });
    }

    pub(super) fn items(&mut self, open: &Open) -> Body {
        let start = self.at;
        let mut body = Body {
            attributes: std::mem::take(&mut self.room),
            blocks: Vec::new(),
            undecided: Vec::new(),
            span: self.span(start, start),
        };
        let mut names = FxHashSet::default();
        while self.blank(true) && self.peek() != b'}' && self.at < self.text.len() && !self.ran_out
        {
            self.item(&mut body, &mut names, Some(open));
        }
        body.span = self.span(start, self.at);
        // A vector begins with room for four and doubles it; most bodies have one item or two.
        let mut read = std::mem::take(&mut body.attributes);
        #[expect(
            clippy::drain_collect,
            reason = "what is kept has its own room, and no more"
        )]
        let kept = read.drain(..).collect();
        body.attributes = kept;
        self.room = read;
        body.blocks.shrink_to_fit();
        body
    }

    /// Reads an attribute or block with the rest of its line. Goes forward by at least one byte.
    fn item(&mut self, body: &mut Body, names: &mut FxHashSet<Str>, open: Option<&Open>) {
        let start = self.at;
        let end = scan::ident_end(self.text, start);
        if end == start {
            return self.not_an_item(open);
        }
        let name = Ident {
            name: self.name(start, end),
            span: self.span(start, end),
        };
        self.at = end;
        if !self.blank(false) {
            return;
        }
        let rest = &self.text[self.at..];
        if rest.starts_with('=') && !rest.starts_with("==") {
            self.attribute(name, body, names, open);
        } else if rest.starts_with(['{', '"']) || rest.starts_with(scan::is_ident_start) {
            self.block(name, body);
            self.after_block(open);
        } else {
            self.bare_name(&name);
        }
    }

    fn not_an_item(&mut self, open: Option<&Open>) {
        let (at, c) = (self.at, self.peek());
        let d = if c == b'}' {
            self.at += 1;
            Diagnostic::error(
                "unexpected-brace",
                "Closing brace without an opening one",
                "This brace closes nothing: every block before it is already closed.",
            )
            .hint("Remove the brace, or look for a block above that is closed too early.")
        } else {
            let found = reject::show(&self.text[at..]);
            self.skip_line();
            let d = Diagnostic::error(
                "invalid-item",
                "Neither an argument nor a block",
                format!("An argument or block begins with a name, but here stands {found}."),
            );
            match c {
                b'"' => d.hint("Write the name of an argument without quotes: name = value."),
                b';' => d.hint("Put each argument on a line of its own; no semicolons are needed."),
                _ => d.hint("Write name = value, or kind \"label\" { … }."),
            }
        };
        let d = d.at(self.char_at(at));
        self.found.push(if let Some(o) = open {
            d.within(o.header)
        } else {
            d
        });
        self.at = self.at.max(at + 1);
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
    }

    fn bare_name(&mut self, name: &Ident) {
        let d = Diagnostic::error(
            "invalid-item",
            "Neither an argument nor a block",
            format!(
                "\"{}\" is followed neither by \"=\" and a value, nor by labels and \"{{\".",
                name.name
            ),
        )
        .at(name.span);
        self.found.push(match self.peek() {
            b':' => d.hint(format!("Write {} = … with an equals sign.", name.name)),
            b'.' | b'[' => d.hint(
                "The left side of an argument is a single name; build nested values with { … }.",
            ),
            _ => d.hint(format!(
                "Write {0} = value for an argument, or {0} {{ … }} for a block.",
                name.name
            )),
        });
        self.skip_line();
    }

    fn attribute(
        &mut self,
        name: Ident,
        body: &mut Body,
        names: &mut FxHashSet<Str>,
        open: Option<&Open>,
    ) {
        let equals = self.at;
        self.at += 1;
        if !self.blank(false) {
            return;
        }
        if self.at_line_end() || self.peek() == b'}' {
            let d = Diagnostic::error(
                "missing-value",
                "Argument without a value",
                format!(
                    "\"{}\" has no value: its line ends after the equals sign.",
                    name.name
                ),
            )
            .hint("Write the value, or at least its beginning, on the same line.")
            .at(self.span(equals, equals + 1))
            .within(name.span);
            self.found.push(d);
            return self.after_attribute(open);
        }
        let start = self.at;
        let read = expression::at_offset(self.text, start, self.file);
        if let Ok((_, end)) = &read {
            self.at = *end;
            if !self.blank(false) {
                return;
            }
        }
        let complete = read.is_ok() && (self.at_line_end() || self.peek() == b'}');
        if !complete {
            let extent = scan::expression(self.text, start);
            if let Some(fault) = extent.fault {
                self.report_fault(fault, Some(name.span));
                names.insert(name.name.clone());
                self.at = match self.resume(&name, fault) {
                    Some(line) if line <= extent.next => {
                        self.ran_out = false;
                        line
                    }
                    _ => extent.next,
                };
                return;
            }
            match read {
                Ok(_) => self
                    .found
                    .push(reject::unexpected(self.text, self.at, 0, self.file)),
                Err(found) => self.found.extend(found),
            }
            self.at = extent.next;
        } else if let Ok((expr, _)) = read {
            if is_new(&name.name, body, names) {
                let span = name.span.to(expr.span);
                body.attributes.push(Attribute { name, expr, span });
            } else {
                self.duplicate(&name, body);
            }
            return self.after_attribute(open);
        }
        names.insert(name.name);
        self.after_attribute(open);
    }

    /// Behind brackets or quotes that do not match: the next line that is indented no more than the argument and looks
    /// like an item or the end of the block.
    fn resume(&self, name: &Ident, fault: Fault) -> Option<usize> {
        let start = name.span.start as usize;
        let indent = start - scan::line_start(self.text, start);
        let mut at = scan::line_end(self.text, fault.place());
        while at < self.text.len() {
            at += 1;
            let end = scan::line_end(self.text, at);
            let line = self.text[at..end].trim_end();
            let content = line.trim_start();
            let depth = line.len() - content.len();
            if depth <= indent && is_header(content) || depth < indent && content == "}" {
                return Some(at);
            }
            at = end;
        }
        None
    }

    fn duplicate(&mut self, name: &Ident, body: &Body) {
        let d = Diagnostic::error(
            "duplicate-argument",
            "Argument is set twice",
            format!(
                "\"{}\" already has a value in this block; an argument may be set only once.",
                name.name
            ),
        )
        .hint("Remove one of the two, or merge their values.")
        .at(name.span);
        self.found.push(match body.attribute(&name.name) {
            Some(first) => d.within(first.span.to(name.span)),
            None => d,
        });
    }

    fn after_attribute(&mut self, open: Option<&Open>) {
        if !self.blank(false) || self.ran_out {
            return;
        }
        match open {
            Some(o) if o.one_line && self.peek() != b'}' && !o.reported.replace(true) => {
                self.one_line(o)
            }
            Some(o) if !o.one_line && self.peek() == b'}' => {
                let d = Diagnostic::error(
                    "missing-newline",
                    "Line does not end here",
                    "The closing brace of a block of several lines stands on a line of its own.",
                )
                .hint("Put the brace on the next line.")
                .at(self.char_at(self.at))
                .within(o.header);
                self.found.push(d);
            }
            _ => {}
        }
    }

    pub(super) fn one_line(&mut self, open: &Open) {
        let d = Diagnostic::error(
            "one-line-block",
            "Too much for a block on one line",
            "A block that is written on one line holds at most one argument and closes on the same line.",
        )
        .hint("Begin a new line after the opening brace, and put each item on a line of its own.")
        .at(open.header);
        self.found.push(d);
    }
}
