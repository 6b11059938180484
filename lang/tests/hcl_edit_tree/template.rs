//! Templates of `hcl-edit`: it keeps literals as they are written, so escapes, strip marks and the indentation of `<<-`
//! are applied here, by the rules of the language.
//!
//! A quoted string is one piece between two markers, a heredoc has a piece for each line. A mark strips only the piece
//! next to it.

use hcl_edit::Span as _;
use hcl_edit::template::{Directive, Element, Strip, Template};
use unicode_segmentation::UnicodeSegmentation;

use super::Reader;
use crate::generate::canonical::{list, or_none, text};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Quoted,
    Lines,
    Flush,
}

enum Piece {
    Literal(String),
    Marker(Strip),
}

/// The pieces of all literals in the order of the text.
#[derive(Default)]
struct Pieces {
    list: Vec<Piece>,
    /// How many pieces each literal of the tree has.
    counts: Vec<usize>,
}

impl Reader<'_> {
    pub(super) fn template(&self, t: &Template, form: Form) -> String {
        if let (1, Some(Element::Interpolation(i))) = (t.len(), t.get(0)) {
            return list("wrapped", [self.expr(&i.expr)]);
        }
        let mut pieces = Pieces::default();
        self.collect(t, form, &mut pieces);
        strip(&mut pieces.list);
        if form == Form::Flush {
            flush(&mut pieces.list);
        }
        let texts = pieces.list.into_iter().filter_map(|p| match p {
            Piece::Literal(s) => Some(s),
            Piece::Marker(_) => None,
        });
        let mut literals = Literals {
            texts,
            counts: pieces.counts.into_iter(),
        };
        let parts = self.parts(t, &mut literals);
        match parts.as_slice() {
            [] => text(""),
            // A string without anything to fill in is a literal.
            [only] if only.starts_with('"') => only.clone(),
            _ => list("template", parts),
        }
    }

    fn collect(&self, t: &Template, form: Form, out: &mut Pieces) {
        for element in t {
            match element {
                Element::Literal(_) => {
                    let raw = self.raw(element.span());
                    let before = out.list.len();
                    if form == Form::Quoted {
                        out.list.push(Piece::Literal(unescaped(raw)));
                    } else {
                        let line =
                            |l: &str| Piece::Literal(l.replace("$${", "${").replace("%%{", "%{"));
                        out.list.extend(raw.split_inclusive('\n').map(line));
                    }
                    out.counts.push(out.list.len() - before);
                }
                Element::Interpolation(i) => out.list.push(Piece::Marker(i.strip)),
                Element::Directive(d) => match d.as_ref() {
                    Directive::If(d) => {
                        out.list.push(Piece::Marker(d.if_expr.strip));
                        self.collect(&d.if_expr.template, form, out);
                        if let Some(e) = &d.else_expr {
                            out.list.push(Piece::Marker(e.strip));
                            self.collect(&e.template, form, out);
                        }
                        out.list.push(Piece::Marker(d.endif_expr.strip));
                    }
                    Directive::For(d) => {
                        out.list.push(Piece::Marker(d.for_expr.strip));
                        self.collect(&d.for_expr.template, form, out);
                        out.list.push(Piece::Marker(d.endfor_expr.strip));
                    }
                },
            }
        }
    }

    fn parts(
        &self,
        t: &Template,
        literals: &mut Literals<impl Iterator<Item = String>>,
    ) -> Vec<String> {
        let mut out = Vec::new();
        for element in t {
            match element {
                Element::Literal(_) => {
                    let count = literals.counts.next().unwrap_or(0);
                    let s: String = literals.texts.by_ref().take(count).collect();
                    if !s.is_empty() {
                        out.push(text(&s));
                    }
                }
                Element::Interpolation(i) => out.push(list("interpolation", [self.expr(&i.expr)])),
                Element::Directive(d) => out.push(match d.as_ref() {
                    Directive::If(d) => {
                        let condition = self.expr(&d.if_expr.cond_expr);
                        let then = list("template", self.parts(&d.if_expr.template, literals));
                        let otherwise = d
                            .else_expr
                            .as_ref()
                            .map(|e| list("template", self.parts(&e.template, literals)));
                        list("if-part", [condition, then, or_none(otherwise)])
                    }
                    Directive::For(d) => {
                        let f = &d.for_expr;
                        let head = [
                            or_none(f.key_var.as_ref().map(|k| self.name(k.span()))),
                            self.name(f.value_var.span()),
                            self.expr(&f.collection_expr),
                        ];
                        let body = list("template", self.parts(&f.template, literals));
                        list("for-part", head.into_iter().chain([body]))
                    }
                }),
            }
        }
        out
    }
}

struct Literals<T> {
    texts: T,
    counts: std::vec::IntoIter<usize>,
}

fn strip(list: &mut [Piece]) {
    for i in 0..list.len() {
        let Piece::Marker(marks) = list[i] else {
            continue;
        };
        if marks.strip_start()
            && i > 0
            && let Piece::Literal(s) = &mut list[i - 1]
        {
            s.truncate(s.trim_end().len());
        }
        if marks.strip_end()
            && let Some(Piece::Literal(s)) = list.get_mut(i + 1)
        {
            *s = s.trim_start().to_owned();
        }
    }
}

/// Takes the least indentation of all lines from each. Lines of nothing but blanks do not count.
fn flush(list: &mut [Piece]) {
    let (mut least, mut line_start, mut starts) = (usize::MAX, true, Vec::new());
    for (i, piece) in list.iter().enumerate() {
        if line_start {
            let indent = match piece {
                Piece::Literal(s) if s.ends_with('\n') && s.trim().is_empty() => usize::MAX,
                Piece::Literal(s) => {
                    starts.push(i);
                    let blank = s.len() - s.trim_start().len();
                    s[..blank].graphemes(true).count()
                }
                Piece::Marker(_) => 0,
            };
            least = least.min(indent);
        }
        line_start = matches!(piece, Piece::Literal(s) if s.ends_with('\n'));
    }
    for i in starts {
        if let Piece::Literal(s) = &mut list[i] {
            *s = s.graphemes(true).skip(least).collect();
        }
    }
}

/// What a quoted string without interpolations means. What is no escape stays as it is.
pub(super) fn unescaped(raw: &str) -> String {
    let mut out = String::new();
    let mut rest = raw;
    while let Some(c) = rest.chars().next() {
        let hex = |digits: usize| {
            let code = u32::from_str_radix(rest.get(2..2 + digits)?, 16).ok()?;
            char::from_u32(code).map(|c| (c, 2 + digits))
        };
        let (meant, len) = if rest.starts_with("$${") || rest.starts_with("%%{") {
            out.push(c);
            ('{', 3)
        } else if c == '\\' {
            match rest[1..].chars().next() {
                Some('n') => ('\n', 2),
                Some('r') => ('\r', 2),
                Some('t') => ('\t', 2),
                Some(c @ ('"' | '\\')) => (c, 2),
                Some('u') => hex(4).unwrap_or(('\\', 1)),
                Some('U') => hex(8).unwrap_or(('\\', 1)),
                _ => ('\\', 1),
            }
        } else {
            (c, c.len_utf8())
        };
        out.push(meant);
        rest = &rest[len..];
    }
    out
}
