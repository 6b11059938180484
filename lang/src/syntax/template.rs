//! Templates: literals are read from the text (escapes, strip marks, the indentation of `<<-`), the shape comes from
//! the parser.
//!
//! As in HCL, strip marks and indentation work on pieces: a quoted string is one piece between two markers, a heredoc
//! or bare template has a piece for each line. A mark strips only the piece next to it.

use hcl_edit::Span as _;
use hcl_edit::template::{Directive, Element, Template as Parsed};
use unicode_segmentation::UnicodeSegmentation;

use super::ast::{Expr, ExprKind, Template, TemplatePart};
use super::lower::Lower;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};
use crate::value::{Str, Value};

/// How literals of a template are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Between quotes, with escapes.
    Quoted,
    /// A heredoc, or a text of its own.
    Lines,
    /// A heredoc whose indentation is removed: `<<-`.
    Flush,
}

enum Piece {
    Literal(String),
    Marker { before: bool, after: bool },
}

/// Lowers a whole template; one interpolation alone keeps its value.
pub(super) fn lower(cx: &mut Lower<'_>, parsed: &Parsed, form: Form, span: Span) -> Expr {
    let mut pieces = Pieces {
        form,
        list: Vec::new(),
        counts: Vec::new(),
    };
    pieces.collect(cx, parsed);
    pieces.strip();
    if form == Form::Flush {
        pieces.flush();
    }
    if let (1, Some(Element::Interpolation(i))) = (parsed.len(), parsed.get(0)) {
        let inner = cx.expr(&i.expr);
        return Expr {
            kind: ExprKind::Wrapped(Box::new(inner)),
            span,
        };
    }
    let mut literals = Literals {
        texts: pieces.list.into_iter().filter_map(|p| {
            if let Piece::Literal(s) = p {
                Some(s)
            } else {
                None
            }
        }),
        counts: pieces.counts.into_iter(),
    };
    let mut template = literals.build(cx, parsed);
    let kind = match template.parts.as_mut_slice() {
        [] => ExprKind::Literal(Value::string("")),
        [TemplatePart::Literal(s)] => ExprKind::Literal(Value::string(s.clone())),
        _ => ExprKind::Template(template),
    };
    Expr { kind, span }
}

struct Pieces {
    form: Form,
    list: Vec<Piece>,
    /// How many pieces each literal of the tree has, in order.
    counts: Vec<usize>,
}

impl Pieces {
    fn collect(&mut self, cx: &mut Lower<'_>, parsed: &Parsed) {
        for element in parsed {
            match element {
                Element::Literal(_) => {
                    let range = element.span().unwrap_or(0..0);
                    self.literal(cx, range.start, range.end);
                }
                Element::Interpolation(i) => {
                    self.marker(i.strip.strip_start(), i.strip.strip_end())
                }
                Element::Directive(d) => match d.as_ref() {
                    Directive::If(d) => {
                        self.marker(d.if_expr.strip.strip_start(), d.if_expr.strip.strip_end());
                        self.collect(cx, &d.if_expr.template);
                        if let Some(e) = &d.else_expr {
                            self.marker(e.strip.strip_start(), e.strip.strip_end());
                            self.collect(cx, &e.template);
                        }
                        self.marker(
                            d.endif_expr.strip.strip_start(),
                            d.endif_expr.strip.strip_end(),
                        );
                    }
                    Directive::For(d) => {
                        self.marker(d.for_expr.strip.strip_start(), d.for_expr.strip.strip_end());
                        self.collect(cx, &d.for_expr.template);
                        self.marker(
                            d.endfor_expr.strip.strip_start(),
                            d.endfor_expr.strip.strip_end(),
                        );
                    }
                },
            }
        }
    }

    fn marker(&mut self, before: bool, after: bool) {
        self.list.push(Piece::Marker { before, after });
    }

    fn literal(&mut self, cx: &mut Lower<'_>, start: usize, end: usize) {
        let raw = cx.text.get(start..end).unwrap_or("");
        let count = self.list.len();
        if self.form == Form::Quoted {
            let text = unescape(raw, cx.base + start, cx.file).unwrap_or_else(|d| {
                cx.found.push(d);
                String::new()
            });
            self.list.push(Piece::Literal(text));
        } else {
            let lines = raw.split_inclusive('\n');
            self.list
                .extend(lines.map(|l| Piece::Literal(l.replace("$${", "${").replace("%%{", "%{"))));
        }
        self.counts.push(self.list.len() - count);
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

/// Puts the literals back into the shape of the template.
struct Literals<T, C> {
    texts: T,
    counts: C,
}

impl<T: Iterator<Item = String>, C: Iterator<Item = usize>> Literals<T, C> {
    fn build(&mut self, cx: &mut Lower<'_>, parsed: &Parsed) -> Template {
        let mut parts = Vec::with_capacity(parsed.len());
        for element in parsed {
            let span = cx.span(element.span());
            match element {
                Element::Literal(_) => {
                    let count = self.counts.next().unwrap_or(0);
                    let text: String = self.texts.by_ref().take(count).collect();
                    if !text.is_empty() {
                        parts.push(TemplatePart::Literal(Str::from(text)));
                    }
                }
                Element::Interpolation(i) => {
                    parts.push(TemplatePart::Interpolation(cx.expr(&i.expr)))
                }
                Element::Directive(d) => parts.push(match d.as_ref() {
                    Directive::If(d) => TemplatePart::If {
                        condition: cx.expr(&d.if_expr.cond_expr),
                        then: self.build(cx, &d.if_expr.template),
                        otherwise: d.else_expr.as_ref().map(|e| self.build(cx, &e.template)),
                        span,
                    },
                    Directive::For(d) => TemplatePart::For {
                        key_var: d.for_expr.key_var.as_ref().map(|k| cx.ident(k.span())),
                        value_var: cx.ident(d.for_expr.value_var.span()),
                        collection: cx.expr(&d.for_expr.collection_expr),
                        body: self.build(cx, &d.for_expr.template),
                        span,
                    },
                }),
            }
        }
        Template { parts }
    }
}

/// Reads the inside of a quoted string without interpolations. `base` is its offset in the file.
pub(super) fn unescape(raw: &str, base: usize, file: FileId) -> Result<String, Diagnostic> {
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
    Ok(out)
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
