//! Templates: what stands between quotes, in a heredoc, or in a file of its own.
//!
//! As in HCL, strip marks and indentation work on pieces: a quoted string is one piece between two markers, a heredoc
//! or bare template has a piece for each line. A mark strips only the piece next to it.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

use super::ast::{Expr, ExprKind, Ident, Template, TemplatePart};
use super::expression::Reader;
use super::reject;
use super::scan::{self, Fault};
use crate::diagnostic::{Diagnostic, nearest};
use crate::source::{FileId, Span};
use crate::value::{Str, Value};

/// How literals of a template are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Between quotes, with escapes.
    Quoted,
    /// A heredoc, or a text of its own.
    Lines,
    /// A heredoc whose indentation is removed: `<<-`.
    Flush,
}

/// What a template consists of, in the order of the text.
enum Part {
    /// The offsets of its text.
    Literal(usize, usize),
    Marker(Marker),
}

/// `${ … }` or `%{ … }`.
struct Marker {
    kind: MarkerKind,
    /// Whether it strips the white space before it, and behind it.
    before: bool,
    after: bool,
    start: usize,
    end: usize,
}

enum MarkerKind {
    Interpolation(Expr),
    If(Expr),
    Else,
    EndIf,
    For(Option<Ident>, Ident, Expr),
    EndFor,
}

/// Reads the quoted string that starts here.
pub(super) fn quoted(r: &mut Reader<'_>) -> Option<Expr> {
    let start = r.at;
    r.take(1);
    let parts = parts(r, |r| match r.byte(0) {
        b'"' => Some(true),
        0 if r.at >= r.text.len() => None,
        b'\n' => None,
        _ => Some(false),
    });
    let Some(parts) = parts else {
        if r.found.is_empty() {
            let d = reject::fault(r.text, r.file, r.base, Fault::String { quote: start });
            r.found.push(d);
        }
        return None;
    };
    r.take(1);
    let span = r.span(start, r.end);
    build(r, parts, Form::Quoted, span)
}

/// Where the text of a heredoc's marker starts and ends, and where its first line starts, if one starts here.
pub(super) fn heredoc_start(text: &str, at: usize) -> Option<(usize, usize, usize)> {
    let b = text.as_bytes();
    if b.get(at..at + 2) != Some(b"<<") {
        return None;
    }
    let name = at + 2 + usize::from(b.get(at + 2) == Some(&b'-'));
    let end = scan::ident_end(text, name);
    let newline = end + usize::from(b.get(end) == Some(&b'\r'));
    (end > name && b.get(newline) == Some(&b'\n')).then_some((name, end, newline + 1))
}

/// Where the marker on the line at `at` ends, if the line is the end of a heredoc: it holds nothing else.
pub(super) fn heredoc_end(text: &str, at: usize, marker: &str) -> Option<usize> {
    let line = &text[at..scan::line_end(text, at)];
    let content = line.trim();
    let indent = line.len() - line.trim_start().len();
    (content == marker).then_some(at + indent + marker.len())
}

/// Reads the heredoc that starts here.
pub(super) fn heredoc(r: &mut Reader<'_>) -> Option<Expr> {
    let start = r.at;
    let Some((name, name_end, first_line)) = heredoc_start(r.text, start) else {
        let quote = start + 2 + usize::from(r.byte(2) == b'-');
        if let Some(c @ (b'\'' | b'"')) = r.text.as_bytes().get(quote) {
            // A single quote is a mistake wherever it stands.
            let from = if *c == b'"' { start } else { quote };
            let d = reject::expected(
                "The name that ends a heredoc is written without quotes.",
                r.span(from, quote + 1),
            );
            return r.fail(d.hint("Remove the quotes; to have ${ in the text, write $${."));
        }
        return r.refuse("a value");
    };
    let flush = r.text.as_bytes().get(start + 2) == Some(&b'-');
    let marker = &r.text[name..name_end];
    r.take(first_line - start);
    let mut end = None;
    let parts = parts(r, |r| {
        if r.at >= r.text.len() {
            return None;
        }
        if r.text.as_bytes()[r.at - 1] == b'\n' {
            end = heredoc_end(r.text, r.at, marker);
        }
        Some(end.is_some())
    });
    let (Some(parts), Some(end)) = (parts, end) else {
        if r.found.is_empty() {
            let d = reject::fault(r.text, r.file, r.base, Fault::Heredoc { start });
            r.found.push(d);
        }
        return None;
    };
    r.take(end - r.at);
    let span = r.span(start, end);
    build(
        r,
        parts,
        if flush { Form::Flush } else { Form::Lines },
        span,
    )
}

/// Reads a text that is a template as a whole.
pub(super) fn bare(r: &mut Reader<'_>) -> Option<Expr> {
    let parts = parts(r, |r| Some(r.at >= r.text.len()))?;
    let span = r.span(0, r.text.len());
    build(r, parts, Form::Lines, span)
}

/// Reads literals and markers until `at_end` says that the template ends here. `None` from it means that the template
/// cannot go on here.
fn parts(
    r: &mut Reader<'_>,
    mut at_end: impl FnMut(&Reader<'_>) -> Option<bool>,
) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut literal = r.at;
    loop {
        let done = at_end(r)?;
        let marker = !done
            && matches!(r.byte(0), b'$' | b'%')
            && (r.byte(1) == b'{' || r.byte(1) == r.byte(0) && r.byte(2) == b'{');
        if done || marker && r.byte(1) == b'{' {
            if r.at > literal {
                parts.push(Part::Literal(literal, r.at));
            }
            if done {
                return Some(parts);
            }
            let m = r.with_newlines(true, self::marker)?;
            parts.push(Part::Marker(m));
            literal = r.at;
            continue;
        }
        let step = match r.byte(0) {
            _ if marker => 3,
            // What is escaped is read with the rest of the string; a line's end cannot be.
            b'\\' if !matches!(r.byte(1), b'\n' | b'\r' | 0) => 2,
            _ => 1,
        };
        let line_ends = r.byte(0) == b'\n';
        r.at += step;
        if line_ends {
            continue; // a heredoc may end here
        }
        // To the next byte that may matter.
        r.at += r.text.as_bytes()[r.at.min(r.text.len())..]
            .iter()
            .take_while(|c| !matches!(c, b'"' | b'\\' | b'$' | b'%' | b'\n'))
            .count();
    }
}

/// Reads the interpolation or directive that starts here.
fn marker(r: &mut Reader<'_>) -> Option<Marker> {
    let (start, is_directive) = (r.at, r.byte(0) == b'%');
    r.take(2);
    let before = r.byte(0) == b'~';
    r.take(usize::from(before));
    let kind = if is_directive {
        directive(r, start)
    } else {
        r.expr().map(MarkerKind::Interpolation)
    };
    let after = kind.is_some() && r.token() == b'~' && r.byte(1) == b'}';
    r.take(usize::from(after));
    if kind.is_none() || r.token() != b'}' {
        if r.at >= r.text.len() {
            // Whatever was missing there: the marker is what a person would point to.
            let d = reject::fault(
                r.text,
                r.file,
                r.base,
                Fault::Interpolation { marker: start },
            );
            r.found.clear();
            return r.fail(d);
        }
        kind.as_ref()?;
        return r.refuse("\"}\"");
    }
    r.take(1);
    Some(Marker {
        kind: kind?,
        before,
        after,
        start,
        end: r.end,
    })
}

fn directive(r: &mut Reader<'_>, start: usize) -> Option<MarkerKind> {
    r.token();
    let (word, end) = (r.at, scan::ident_end(r.text, r.at));
    let name = &r.text[word..end];
    r.take(end - word);
    match name {
        "if" => r.expr().map(MarkerKind::If),
        "else" => Some(MarkerKind::Else),
        "endif" => Some(MarkerKind::EndIf),
        "for" => {
            let (key, value, collection) = r.for_intro()?;
            Some(MarkerKind::For(key, value, collection))
        }
        "endfor" => Some(MarkerKind::EndFor),
        _ => {
            let close = r.text[start..]
                .find('}')
                .map_or(r.text.len(), |n| start + n + 1);
            let d = Diagnostic::error(
                "unknown-directive",
                "No such directive",
                "After %{ goes if, else, endif, for or endfor.",
            )
            .at(r.span(word, end))
            .within(r.span(start, close));
            let hint = match nearest(name, ["if", "else", "endif", "for", "endfor"]) {
                Some(near) => {
                    format!("Did you mean \"{near}\"? To have %{{ in the text, write %%{{.")
                }
                None => "To have %{ in the text, write %%{.".into(),
            };
            r.fail(d.hint(hint))
        }
    }
}

/// Makes the tree of a template; one interpolation alone keeps its value.
fn build(r: &mut Reader<'_>, parts: Vec<Part>, form: Form, span: Span) -> Option<Expr> {
    let kind = match parts.as_slice() {
        [] => ExprKind::Literal(Value::string("")),
        [Part::Literal(start, end)] if form != Form::Flush => {
            let text = literal(r, *start, *end, form);
            ExprKind::Literal(Value::string(text))
        }
        [
            Part::Marker(Marker {
                kind: MarkerKind::Interpolation(_),
                ..
            }),
        ] => {
            let inner = parts.into_iter().find_map(|p| match p {
                Part::Marker(Marker {
                    kind: MarkerKind::Interpolation(e),
                    ..
                }) => Some(e),
                _ => None,
            })?;
            ExprKind::Wrapped(Box::new(inner))
        }
        _ => {
            let mut pieces = Pieces {
                form,
                list: Vec::new(),
                counts: Vec::new(),
            };
            pieces.collect(r, &parts);
            pieces.strip();
            if form == Form::Flush {
                pieces.flush();
            }
            let mut assembly = Assembly {
                parts: parts.into_iter(),
                texts: pieces
                    .list
                    .into_iter()
                    .filter_map(|p| match p {
                        Piece::Literal(s) => Some(s),
                        Piece::Marker { .. } => None,
                    })
                    .collect::<Vec<_>>()
                    .into_iter(),
                counts: pieces.counts.into_iter(),
            };
            let (mut template, stray) = assembly.sequence(r, None)?;
            if let Some(m) = stray {
                return unexpected(r, &m);
            }
            match template.parts.as_mut_slice() {
                [] => ExprKind::Literal(Value::string("")),
                [TemplatePart::Literal(s)] => ExprKind::Literal(Value::string(s.clone())),
                _ => ExprKind::Template(template),
            }
        }
    };
    Some(Expr { kind, span })
}

/// The text of a literal.
fn literal<'t>(r: &mut Reader<'t>, start: usize, end: usize, form: Form) -> Cow<'t, str> {
    let raw = &r.text[start..end];
    if form != Form::Quoted {
        return lines(raw).into();
    }
    unescape(raw, r.base + start, r.file).unwrap_or_else(|d| {
        r.found.push(d);
        Cow::Borrowed("")
    })
}

/// A literal of a heredoc: only the marks of interpolations can be escaped.
fn lines(raw: &str) -> String {
    raw.replace("$${", "${").replace("%%{", "%{")
}

/// A directive that nothing opened.
fn unexpected<T>(r: &mut Reader<'_>, m: &Marker) -> Option<T> {
    let opener = if matches!(m.kind, MarkerKind::EndFor) {
        "for"
    } else {
        "if"
    };
    let d = Diagnostic::error(
        "unexpected-directive",
        "Directive without its beginning",
        format!("There is no open %{{ {opener} … }} that it belongs to."),
    )
    .hint("Remove it, or write the directive that it belongs to.")
    .at(r.span(m.start, m.end));
    r.fail(d)
}

/// A directive without its end.
fn unclosed<T>(r: &mut Reader<'_>, name: &str, place: Span) -> Option<T> {
    let d = Diagnostic::error(
        "unclosed-directive",
        "Directive is not closed",
        format!("There is no %{{ end{name} }} for this directive."),
    )
    .hint(format!("Write %{{ end{name} }} where it ends."))
    .at(place);
    r.fail(d)
}

enum Piece {
    Literal(String),
    Marker { before: bool, after: bool },
}

struct Pieces {
    form: Form,
    list: Vec<Piece>,
    /// How many pieces each literal of the template has, in order.
    counts: Vec<usize>,
}

impl Pieces {
    fn collect(&mut self, r: &mut Reader<'_>, parts: &[Part]) {
        for part in parts {
            match part {
                Part::Marker(m) => self.list.push(Piece::Marker {
                    before: m.before,
                    after: m.after,
                }),
                Part::Literal(start, end) if self.form == Form::Quoted => {
                    let text = literal(r, *start, *end, self.form);
                    self.list.push(Piece::Literal(text.into_owned()));
                    self.counts.push(1);
                }
                Part::Literal(start, end) => {
                    let count = self.list.len();
                    let all = r.text[*start..*end].split_inclusive('\n');
                    self.list.extend(all.map(|l| Piece::Literal(lines(l))));
                    self.counts.push(self.list.len() - count);
                }
            }
        }
    }

    fn strip(&mut self) {
        for i in 0..self.list.len() {
            let Piece::Marker { before, after } = self.list[i] else {
                continue;
            };
            if before
                && i > 0
                && let Piece::Literal(s) = &mut self.list[i - 1]
            {
                s.truncate(s.trim_end().len());
            }
            if after && let Some(Piece::Literal(s)) = self.list.get_mut(i + 1) {
                s.drain(..s.len() - s.trim_start().len());
            }
        }
    }

    /// Removes the least indentation of all lines from each. Lines of nothing but spaces do not count.
    fn flush(&mut self) {
        let (mut least, mut line_start, mut starts) = (usize::MAX, true, Vec::new());
        for (i, piece) in self.list.iter().enumerate() {
            if std::mem::take(&mut line_start) {
                let indent = match piece {
                    Piece::Literal(s) if s.ends_with('\n') && s.trim_start().is_empty() => {
                        usize::MAX
                    }
                    Piece::Literal(s) => {
                        starts.push(i);
                        s[..s.len() - s.trim_start().len()].graphemes(true).count()
                    }
                    Piece::Marker { .. } => 0,
                };
                least = least.min(indent);
            }
            line_start = matches!(piece, Piece::Literal(s) if s.ends_with('\n'));
        }
        for i in starts {
            if let Piece::Literal(s) = &mut self.list[i] {
                let cut = s
                    .grapheme_indices(true)
                    .nth(least)
                    .map_or(s.len(), |(at, _)| at);
                s.drain(..cut);
            }
        }
    }
}

/// Puts the parts into the shape of a tree: directives contain what is between them.
struct Assembly {
    parts: std::vec::IntoIter<Part>,
    texts: std::vec::IntoIter<String>,
    counts: std::vec::IntoIter<usize>,
}

impl Assembly {
    /// Reads parts up to a marker that ends or divides what is open; that marker is answered too. `open` is the
    /// directive around: its name and place.
    fn sequence(
        &mut self,
        r: &mut Reader<'_>,
        open: Option<(&str, Span)>,
    ) -> Option<(Template, Option<Marker>)> {
        let mut parts = Vec::new();
        while let Some(part) = self.parts.next() {
            let m = match part {
                Part::Literal(..) => {
                    let count = self.counts.next().unwrap_or(0);
                    let text: String = self.texts.by_ref().take(count).collect();
                    if !text.is_empty() {
                        parts.push(TemplatePart::Literal(Str::from(text)));
                    }
                    continue;
                }
                Part::Marker(m) => m,
            };
            let place = r.span(m.start, m.end);
            parts.push(match m.kind {
                MarkerKind::Interpolation(e) => TemplatePart::Interpolation(e),
                MarkerKind::If(condition) => r.nested(|r| self.conditional(r, condition, place))?,
                MarkerKind::For(key_var, value_var, collection) => r.nested(|r| {
                    let (body, end) = self.sequence(r, Some(("for", place)))?;
                    let end = end?;
                    if !matches!(end.kind, MarkerKind::EndFor) {
                        return unexpected(r, &end);
                    }
                    Some(TemplatePart::For {
                        key_var,
                        value_var,
                        collection,
                        body,
                        span: place.to(r.span(end.start, end.end)),
                    })
                })?,
                MarkerKind::Else | MarkerKind::EndIf | MarkerKind::EndFor => {
                    return Some((Template { parts }, Some(m)));
                }
            });
        }
        match open {
            Some((name, place)) => unclosed(r, name, place),
            None => Some((Template { parts }, None)),
        }
    }

    fn conditional(
        &mut self,
        r: &mut Reader<'_>,
        condition: Expr,
        place: Span,
    ) -> Option<TemplatePart> {
        let (then, end) = self.sequence(r, Some(("if", place)))?;
        let mut end = end?;
        let mut otherwise = None;
        if matches!(end.kind, MarkerKind::Else) {
            let (template, last) = self.sequence(r, Some(("if", place)))?;
            otherwise = Some(template);
            end = last?;
        }
        if !matches!(end.kind, MarkerKind::EndIf) {
            return unexpected(r, &end);
        }
        Some(TemplatePart::If {
            condition,
            then,
            otherwise,
            span: place.to(r.span(end.start, end.end)),
        })
    }
}

/// Reads the inside of a quoted string without interpolations. `base` is its offset in the file.
pub(super) fn unescape(raw: &str, base: usize, file: FileId) -> Result<Cow<'_, str>, Diagnostic> {
    // Most strings are what they say.
    if !raw
        .bytes()
        .any(|b| matches!(b, b'$' | b'%' | b'\\' | b'"' | b'\n'))
    {
        return Ok(raw.into());
    }
    let mut out = String::with_capacity(raw.len());
    let mut at = 0;
    while let Some(c) = raw[at..].chars().next() {
        let rest = &raw[at..];
        if rest.starts_with("$${") || rest.starts_with("%%{") {
            out.push(c);
            out.push('{');
            at += 3;
        } else if c == '\\' {
            let (decoded, len) =
                escape(rest).map_err(|len| bad_escape(raw, at, len, base, file))?;
            out.push(decoded);
            at += len;
        } else if matches!(c, '"' | '\n') {
            return Err(broken_string(base + at, c, file));
        } else {
            out.push(c);
            at += c.len_utf8();
        }
    }
    Ok(out.into())
}

/// The character that an escape sequence stands for, and the length of the sequence; the length of what is
/// wrong otherwise.
fn escape(text: &str) -> Result<(char, usize), usize> {
    let mut chars = text.chars().skip(1);
    let simple = match chars.next() {
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some(c @ ('"' | '\\')) => c,
        Some(c @ ('u' | 'U')) => {
            let digits = if c == 'u' { 4 } else { 8 };
            let hex: String = chars
                .take(digits)
                .take_while(char::is_ascii_hexdigit)
                .collect();
            let decoded = u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32);
            return match decoded {
                Some(c) if hex.len() == digits => Ok((c, 2 + digits)),
                _ => Err(2 + hex.len()),
            };
        }
        Some(c) => return Err(1 + c.len_utf8()),
        None => return Err(1),
    };
    Ok((simple, 2))
}

fn bad_escape(raw: &str, at: usize, len: usize, base: usize, file: FileId) -> Diagnostic {
    let shown = raw.get(at..at + len).unwrap_or("\\");
    Diagnostic::error(
        "invalid-escape",
        "Unknown escape sequence",
        format!("{shown} is not an escape sequence. There are \\n, \\r, \\t, \\\", \\\\, \\uXXXX and \\UXXXXXXXX."),
    )
    .hint("To have a backslash in the string, write \\\\.")
    .at(Span::new(file, base + at, base + at + len))
}

fn broken_string(at: usize, c: char, file: FileId) -> Diagnostic {
    let what = if c == '"' {
        "a quote"
    } else {
        "the end of a line"
    };
    Diagnostic::error(
        "unterminated-directive",
        "String ends inside a directive",
        format!("There is {what} between a %{{ … }} directive and the one that ends it."),
    )
    .hint("End the directive with %{ endif } or %{ endfor } before the string ends, and write \\\" for a quote.")
    .at(Span::new(file, at, at + 1))
}
