//! Expressions: recursive descent over the text, one method for each form. The tree is made in one pass; every node
//! knows its place.
//!
//! Newlines end an expression, except inside brackets, interpolations and `for`s. An object's items are separated by
//! newlines or commas, so inside braces newlines count again.

use super::ast::{
    BinaryOp, Binding, Call, Chain, Conditional, Expr, ExprKind, For, Ident, ObjectItem, Reference,
    Splat, Step, UnaryOp,
};
use super::reject::{self, expected, too_deep};
use super::scan;
use super::template;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{FileId, Span};
use crate::stack;
use crate::value::{Number, Str, Type, Value, normalize};

/// Deeper expressions are an error: reading and evaluating them recurses. Terraform has no limit; 2,000 levels were
/// seen to work there.
const MAX_DEPTH: u32 = 2500;

/// Names are compared in NFC, as strings are.
pub(super) fn nfc(name: &str) -> Str {
    normalize(name)
}

/// Reads the expression that starts at an offset, and says where it ends: behind its last token. What follows it is
/// the caller's business.
pub(super) fn at_offset(
    text: &str,
    at: usize,
    file: FileId,
) -> Result<(Expr, usize), Vec<Diagnostic>> {
    let mut reader = Reader::new(text, file, 0);
    reader.at = at;
    let expr = reader.expr();
    match expr {
        Some(e) if reader.found.is_empty() => Ok((e, reader.end)),
        _ => Err(reader.found),
    }
}

/// Reads a text that is one expression.
pub(super) fn whole(text: &str, file: FileId) -> Result<Expr, Diagnostics> {
    let fault = |f| Diagnostics::from(reject::fault(text, file, 0, f));
    let start = scan::skip_blank(text, 0, false).map_err(fault)?;
    let read = at_offset(text, start, file);
    if let Ok((expr, end)) = read {
        match scan::skip_blank(text, end, true) {
            Ok(rest) if rest >= text.len() => return Ok(expr),
            _ => {}
        }
        let extent = scan::expression(text, start);
        if let Some(f) = extent.fault {
            return Err(fault(f));
        }
        let here = scan::skip_blank(text, end, false).map_err(fault)?;
        if here < extent.end {
            return Err(reject::unexpected(text, here, 0, file).into());
        }
        let rest = scan::skip_blank(text, end, true).map_err(fault)?;
        let d = expected(
            &format!(
                "The expression ends before this, so {} is not expected.",
                reject::show(&text[rest..])
            ),
            Span::new(file, rest, scan::line_end(text, rest)),
        );
        return Err(d
            .hint("Put parentheses around an expression of several lines.")
            .into());
    }
    let found = read.err().unwrap_or_default();
    match scan::expression(text, start).fault {
        Some(f) => Err(fault(f)),
        None => Err(found.into_iter().collect()),
    }
}

/// Reads a text that is one template. `base` is the offset of `text` in its file.
pub(super) fn template(text: &str, file: FileId, base: usize) -> Result<Expr, Diagnostics> {
    let mut reader = Reader::new(text, file, base);
    let expr = template::bare(&mut reader);
    match expr {
        Some(e) if reader.found.is_empty() => Ok(e),
        _ => Err(reader.found.into_iter().collect()),
    }
}

/// Reads one expression or template. A method that answers `None` has said why in `found`; other findings do not stop
/// the reading.
pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
    pub(super) file: FileId,
    /// The offset of `text` in its file.
    pub(super) base: usize,
    pub(super) at: usize,
    /// Behind the last token that was read.
    pub(super) end: usize,
    /// Whether newlines are blank here.
    newlines: bool,
    depth: u32,
    pub(super) found: Vec<Diagnostic>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, file: FileId, base: usize) -> Self {
        Self {
            text,
            file,
            base,
            at: 0,
            end: 0,
            newlines: false,
            depth: 0,
            found: Vec::new(),
        }
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, self.base + start, self.base + end)
    }

    /// The offset in the text where an expression begins.
    fn start_of(&self, e: &Expr) -> usize {
        (e.span.start as usize).saturating_sub(self.base)
    }

    pub(super) fn byte(&self, n: usize) -> u8 {
        self.text.as_bytes().get(self.at + n).copied().unwrap_or(0)
    }

    /// Goes to the next token and answers its first byte: 0 at the end, a newline where a line ends that counts.
    pub(super) fn token(&mut self) -> u8 {
        loop {
            match self.byte(0) {
                b' ' | b'\t' => self.at += 1,
                b'\n' if self.newlines => self.at += 1,
                b'\r' if self.byte(1) == b'\n' => {
                    if !self.newlines {
                        return b'\n';
                    }
                    self.at += 2;
                }
                b'#' if !self.newlines => return b'\n',
                b'#' => self.at = scan::line_end(self.text, self.at),
                b'/' if self.byte(1) == b'/' && !self.newlines => return b'\n',
                b'/' if self.byte(1) == b'/' => self.at = scan::line_end(self.text, self.at),
                b'/' if self.byte(1) == b'*' => match self.text[self.at + 2..].find("*/") {
                    Some(n) => self.at += n + 4,
                    // The start of the comment is what cannot be read.
                    None => return b'/',
                },
                c => return c,
            }
        }
    }

    /// Takes `n` bytes as a token.
    pub(super) fn take(&mut self, n: usize) {
        self.at += n;
        self.end = self.at;
    }

    /// Takes a token of one byte if it comes next.
    pub(super) fn eat(&mut self, c: u8) -> bool {
        let next = self.token() == c;
        if next {
            self.take(1);
        }
        next
    }

    /// Reads something with newlines blank or not, and goes back to what was before.
    pub(super) fn with_newlines<T>(
        &mut self,
        blank: bool,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        let before = std::mem::replace(&mut self.newlines, blank);
        let result = read(self);
        self.newlines = before;
        result
    }

    pub(super) fn fail<T>(&mut self, d: Diagnostic) -> Option<T> {
        self.found.push(d);
        None
    }

    /// Refuses the next token, where `what` goes.
    pub(super) fn refuse<T>(&mut self, what: &str) -> Option<T> {
        self.token();
        let d = reject::misplaced(self.text, self.at, self.base, self.file, what);
        self.fail(d)
    }

    /// An identifier, which must come next.
    pub(super) fn ident(&mut self, what: &str) -> Option<Ident> {
        self.token();
        let end = scan::ident_end(self.text, self.at);
        if end == self.at {
            return self.refuse(what);
        }
        let name = nfc(&self.text[self.at..end]);
        let span = self.span(self.at, end);
        self.take(end - self.at);
        Some(Ident { name, span })
    }

    /// Whether a keyword comes next; it is taken.
    pub(super) fn keyword(&mut self, word: &str) -> bool {
        let first = self.token();
        let next = word.as_bytes().first() == Some(&first)
            && &self.text[self.at..scan::ident_end(self.text, self.at)] == word;
        if next {
            self.take(word.len());
        }
        next
    }

    /// Reads something that may contain expressions again.
    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth >= MAX_DEPTH {
            let at = self.span(self.at, (self.at + 1).min(self.text.len()));
            return self
                .fail(too_deep(&format!("Expressions may be nested {MAX_DEPTH} deep.")).at(at));
        }
        self.depth += 1;
        let result = stack::with_room(|| read(self));
        self.depth -= 1;
        result
    }

    pub(super) fn expr(&mut self) -> Option<Expr> {
        self.nested(Self::conditional)
    }

    fn conditional(&mut self) -> Option<Expr> {
        let condition = self.operators(0)?;
        if self.token() != b'?' {
            return Some(condition);
        }
        self.take(1);
        let then = self.expr()?;
        if !self.eat(b':') {
            return self.refuse("the \":\" of a condition");
        }
        let otherwise = self.expr()?;
        let span = condition.span.to(otherwise.span);
        let kind = ExprKind::Conditional(Box::new(Conditional {
            condition,
            then,
            otherwise,
        }));
        Some(Expr { kind, span })
    }

    /// Operands and the operators between them that bind at least as tightly as `least`. Operators of one precedence
    /// become one chain.
    fn operators(&mut self, least: u8) -> Option<Expr> {
        let mut left = self.operand()?;
        while let Some((op, _)) = self.operator()
            && op.precedence() >= least
        {
            let precedence = op.precedence();
            let mut rest = Vec::new();
            while let Some((op, len)) = self.operator()
                && op.precedence() == precedence
            {
                self.take(len);
                rest.push((op, self.operators(precedence + 1)?));
            }
            let span = rest.last().map_or(left.span, |(_, e)| left.span.to(e.span));
            let kind = ExprKind::Binary(Box::new(Chain { first: left, rest }));
            left = Expr { kind, span };
        }
        Some(left)
    }

    /// The operator that comes next, and its length.
    fn operator(&mut self) -> Option<(BinaryOp, usize)> {
        let first = self.token();
        let second = self.byte(1);
        Some(match (first, second) {
            (b'|', b'|') => (BinaryOp::Or, 2),
            (b'&', b'&') => (BinaryOp::And, 2),
            (b'=', b'=') => (BinaryOp::Equal, 2),
            (b'!', b'=') => (BinaryOp::NotEqual, 2),
            (b'<', b'=') => (BinaryOp::LessOrEqual, 2),
            (b'>', b'=') => (BinaryOp::GreaterOrEqual, 2),
            (b'<', b'<') if template::heredoc_start(self.text, self.at).is_some() => return None,
            (b'<', _) => (BinaryOp::Less, 1),
            (b'>', _) => (BinaryOp::Greater, 1),
            (b'+', _) => (BinaryOp::Add, 1),
            (b'-', _) => (BinaryOp::Subtract, 1),
            (b'*', _) => (BinaryOp::Multiply, 1),
            (b'/', b'*') => return None,
            (b'/', _) => (BinaryOp::Divide, 1),
            (b'%', _) => (BinaryOp::Modulo, 1),
            _ => return None,
        })
    }

    /// An operand, with the signs before it and the steps behind it.
    fn operand(&mut self) -> Option<Expr> {
        let op = match self.token() {
            b'-' => UnaryOp::Negate,
            b'!' if self.byte(1) != b'=' => UnaryOp::Not,
            _ => {
                let term = self.term()?;
                return self.traversal(term);
            }
        };
        let start = self.at;
        self.take(1);
        let operand = self.nested(Self::operand)?;
        let span = self.span(start, start).to(operand.span);
        let kind = ExprKind::Unary(op, Box::new(operand));
        Some(Expr { kind, span })
    }

    fn term(&mut self) -> Option<Expr> {
        let c = self.token();
        let start = self.at;
        let kind = match c {
            b'"' => return template::quoted(self),
            b'<' if self.byte(1) == b'<' => return template::heredoc(self),
            b'0'..=b'9' => self.number(),
            b'[' => self.tuple()?,
            b'{' => self.object()?,
            b'(' => {
                self.take(1);
                let inner = self.with_newlines(true, |r| {
                    let inner = r.expr()?;
                    r.close(b')')?;
                    Some(inner)
                })?;
                ExprKind::Parentheses(Box::new(inner))
            }
            _ => {
                let end = scan::ident_end(self.text, start);
                if end == start {
                    return self.refuse("a value");
                }
                self.take(end - start);
                self.named(start)?
            }
        };
        let span = self.span(start, self.end);
        Some(Expr { kind, span })
    }

    /// The closing bracket of what is open.
    fn close(&mut self, bracket: u8) -> Option<()> {
        if self.eat(bracket) {
            return Some(());
        }
        self.refuse(&format!("\"{}\"", char::from(bracket)))
    }

    /// Digits, points and exponents in whatever order are one number, which may be none; it does not end with a point.
    fn number(&mut self) -> ExprKind {
        let start = self.at;
        let rest = &self.text.as_bytes()[start..];
        let digit = |i: usize| rest.get(i).is_some_and(u8::is_ascii_digit);
        let (mut at, mut end) = (0, 0);
        loop {
            let last = rest.get(at);
            at += match last {
                Some(b'0'..=b'9' | b'.') => 1,
                Some(b'e' | b'E') if digit(at + 1) => 2,
                Some(b'e' | b'E')
                    if matches!(rest.get(at + 1), Some(b'+' | b'-')) && digit(at + 2) =>
                {
                    3
                }
                _ => break,
            };
            if last != Some(&b'.') {
                end = at;
            }
        }
        self.take(end);
        let text = &self.text[start..start + end];
        const E: [char; 2] = ['e', 'E'];
        let exponent = text.find(E);
        let read = match exponent {
            // A point may stand before the exponent.
            Some(e) if text[..e].ends_with('.') => {
                Number::parse(&[&text[..e - 1], &text[e..]].concat())
            }
            _ => Number::parse(text),
        };
        let number = read.unwrap_or_else(|| {
            let points = text.matches('.').count();
            let point_after = exponent.is_some() && exponent < text.rfind('.');
            let what = if points > 1 || text.matches(E).count() > 1 || point_after {
                "A number has one decimal point at most, and then at most one exponent."
            } else {
                "This number is too large or too small to be represented."
            };
            self.found
                .push(expected(what, self.span(start, start + end)));
            Number::ZERO
        });
        ExprKind::Literal(Value::number(number))
    }

    /// What begins with a name, which was just taken.
    fn named(&mut self, start: usize) -> Option<ExprKind> {
        let first = &self.text[start..self.end];
        let name_end = self.end;
        let next = self.token();
        if next == b'(' || next == b':' && self.byte(1) == b':' {
            return self.call(start, name_end);
        }
        self.end = name_end;
        Some(match first {
            "true" => ExprKind::Literal(Value::bool(true)),
            "false" => ExprKind::Literal(Value::bool(false)),
            "null" => ExprKind::Literal(Value::null(Type::Dynamic)),
            name => ExprKind::Reference(Reference {
                root: Ident {
                    name: nfc(name),
                    span: self.span(start, name_end),
                },
                steps: Vec::new(),
                binding: Binding::Unbound,
            }),
        })
    }

    /// A call, behind the first part of its name.
    fn call(&mut self, start: usize, first_end: usize) -> Option<ExprKind> {
        let mut name = nfc(&self.text[start..first_end]);
        let mut name_end = first_end;
        while self.token() == b':' && self.byte(1) == b':' {
            self.take(2);
            let part = self.ident("the name of a function")?;
            name = format!("{name}::{}", part.name).into();
            name_end = self.end;
        }
        self.token();
        let open = self.at;
        if !self.eat(b'(') {
            return self.refuse("the \"(\" of a function call");
        }
        let (mut args, mut expand) = (Vec::new(), false);
        self.with_newlines(true, |r| {
            while r.token() != b')' {
                args.push(r.expr()?);
                if r.token() == b'.' && r.text[r.at..].starts_with("...") {
                    let dots = r.at;
                    r.take(3);
                    expand = true;
                    if r.token() != b')' {
                        let d = expected(
                            "Only the last argument can be followed by \"...\".",
                            r.span(dots, dots + 3),
                        );
                        return r
                            .fail(d.hint("Join the lists with concat(…) before they are spread."));
                    }
                } else if !r.eat(b',') && r.token() != b')' {
                    return r.refuse("\",\" or \")\"");
                }
            }
            r.take(1);
            Some(())
        })?;
        Some(ExprKind::Call(Call {
            name: Ident {
                name,
                span: self.span(start, name_end),
            },
            args,
            expand,
            parens: self.span(open, self.end),
        }))
    }

    fn tuple(&mut self) -> Option<ExprKind> {
        self.take(1);
        self.with_newlines(true, |r| {
            if r.keyword("for") {
                return r.for_expr(b']');
            }
            let mut items = Vec::new();
            while r.token() != b']' {
                items.push(r.expr()?);
                if !r.eat(b',') && r.token() != b']' {
                    return r.refuse("\",\" or \"]\"");
                }
            }
            r.take(1);
            Some(ExprKind::Tuple(items))
        })
    }

    fn object(&mut self) -> Option<ExprKind> {
        self.take(1);
        let is_for = self.with_newlines(true, |r| r.keyword("for").then_some(()));
        if is_for.is_some() {
            return self.with_newlines(true, |r| r.for_expr(b'}'));
        }
        self.with_newlines(false, |r| {
            let mut items = Vec::new();
            loop {
                r.blank_lines();
                if r.eat(b'}') {
                    return Some(ExprKind::Object(items));
                }
                let key = r.expr()?;
                let text = &r.text[r.start_of(&key)..r.end];
                let c = r.token();
                if !(c == b'=' && r.byte(1) != b'=' || c == b':') {
                    return r.refuse("the \"=\" behind a key");
                }
                r.take(1);
                let (key, is_named) = r.key(key, text);
                let value = r.expr()?;
                items.push(ObjectItem {
                    key,
                    is_named,
                    value,
                });
                match r.token() {
                    b',' => r.take(1),
                    b'\n' | b'}' => {}
                    _ => return r.refuse("a comma, a new line or \"}\""),
                }
            }
        })
    }

    /// Goes over ends of lines and comments.
    fn blank_lines(&mut self) {
        self.newlines = true;
        self.token();
        self.newlines = false;
    }

    /// The key of an object: a name or keyword stands for itself, other expressions are evaluated. `text` is how it is
    /// written. And whether it is such a name.
    fn key(&self, key: Expr, text: &str) -> (Expr, bool) {
        let is_name = match &key.kind {
            ExprKind::Reference(r) => r.steps.is_empty(),
            // A keyword: other literals are numbers or quoted.
            ExprKind::Literal(v) => v.as_bool().is_some() || v.is_null(),
            _ => false,
        };
        if !is_name {
            return (key, false);
        }
        let kind = ExprKind::Literal(Value::string(text));
        let span = key.span;
        (Expr { kind, span }, true)
    }

    /// A `for`, behind its keyword.
    fn for_expr(&mut self, close: u8) -> Option<ExprKind> {
        let is_object = close == b'}';
        let (key_var, value_var, collection) = self.for_intro()?;
        if !self.eat(b':') {
            return self.refuse("the \":\" of the \"for\"");
        }
        let first = self.expr()?;
        let (key, value) = if self.token() == b'=' && self.byte(1) == b'>' {
            self.take(2);
            if !is_object {
                let d = expected(
                    "A \"for\" in brackets makes a list, whose elements have no keys.",
                    first.span,
                );
                return self.fail(d.hint(
                    "Remove the key and \"=>\", or write { for … : key => value } for an object.",
                ));
            }
            (Some(first), self.expr()?)
        } else if is_object {
            let d = expected(
                "A \"for\" in braces makes an object, so it needs a key and a value.",
                first.span,
            );
            return self.fail(d.hint("Write key => value, or [ for … : value ] for a list."));
        } else {
            (None, first)
        };
        let mut group = false;
        if self.token() == b'.' && self.text[self.at..].starts_with("...") {
            if !is_object {
                let d = expected(
                    "Only a \"for\" that makes an object can group values with \"...\".",
                    self.span(self.at, self.at + 3),
                );
                return self.fail(d.hint("Remove \"...\"."));
            }
            self.take(3);
            group = true;
        }
        let condition = if self.keyword("if") {
            Some(self.expr()?)
        } else {
            None
        };
        self.close(close)?;
        Some(ExprKind::For(Box::new(For {
            key_var,
            value_var,
            collection,
            key,
            value,
            group,
            condition,
        })))
    }

    /// `k, v in collection`
    pub(super) fn for_intro(&mut self) -> Option<(Option<Ident>, Ident, Expr)> {
        let first = self.ident("the name of a variable")?;
        let (key, value) = if self.eat(b',') {
            (Some(first), self.ident("the name of a variable")?)
        } else {
            (None, first)
        };
        if !self.keyword("in") {
            return self.refuse("\"in\"");
        }
        Some((key, value, self.expr()?))
    }

    /// Steps behind a term: names, indexes and splats.
    fn traversal(&mut self, term: Expr) -> Option<Expr> {
        let mut source = term;
        loop {
            let steps = self.steps(true)?;
            source = with_steps(source, steps, self.span(self.end, self.end));
            let Some(full) = self.splat_mark() else {
                return Some(source);
            };
            let start = self.at;
            let marker = self.take_mark(full)?;
            let each = if full {
                self.nested(Self::rest_of_splat)?
            } else {
                let earlier = self.found.len();
                let each = self.steps(false)?;
                self.no_second_star()?;
                // Within `.*` it is the star that makes indexes after dots a mistake.
                let star = self.span(start, self.end.min(start + 2));
                let star = Span {
                    start: marker.end.saturating_sub(1),
                    end: marker.end,
                    ..star
                };
                self.found[earlier..]
                    .iter_mut()
                    .filter(|d| d.code == "invalid-legacy-index")
                    .for_each(|d| d.subject = Some(star));
                each
            };
            let span = source.span.to(self.span(self.end, self.end));
            source = Expr {
                kind: ExprKind::Splat(Box::new(Splat {
                    source,
                    each,
                    marker,
                })),
                span,
            };
        }
    }

    /// What `[*]` applies to each element: all steps that follow, further splats included.
    fn rest_of_splat(&mut self) -> Option<Vec<Step>> {
        let mut steps = self.steps(true)?;
        if let Some(full) = self.splat_mark() {
            let marker = self.take_mark(full)?;
            let inner = self.nested(Self::rest_of_splat)?;
            steps.push(Step::Splat(inner, marker));
        }
        Some(steps)
    }

    /// Whether a splat comes next: `[*]` (true) or `.*` (false).
    fn splat_mark(&mut self) -> Option<bool> {
        let full = match self.token() {
            b'[' => true,
            b'.' => false,
            _ => return None,
        };
        let at = scan::skip_blank(self.text, self.at + 1, full || self.newlines).ok()?;
        (self.text.as_bytes().get(at) == Some(&b'*')).then_some(full)
    }

    /// Takes the mark of a splat that comes next, and answers its place.
    fn take_mark(&mut self, full: bool) -> Option<Span> {
        let start = self.at;
        self.take(1);
        self.with_newlines(full || self.newlines, |r| {
            r.eat(b'*');
            if full { r.close(b']') } else { Some(()) }
        })?;
        Some(self.span(start, self.end))
    }

    fn no_second_star(&mut self) -> Option<()> {
        if self.splat_mark() != Some(false) {
            return Some(());
        }
        let at = self.at + self.text[self.at..].find('*').unwrap_or(0);
        let d = Diagnostic::error(
            "nested-splat",
            "Splat of a splat",
            ".* may stand only once in a row of names.",
        );
        let at = self.span(at, at + 1);
        self.fail(d.hint("Write [*] instead of each.").at(at))
    }

    /// Names and indexes, up to a splat; only those after dots unless `brackets`.
    fn steps(&mut self, brackets: bool) -> Option<Vec<Step>> {
        let mut steps = Vec::new();
        loop {
            match self.token() {
                b'.' if self.text[self.at..].starts_with("...") => return Some(steps),
                b'.' | b'[' if self.splat_mark().is_some() => return Some(steps),
                b'.' => {
                    let step = self.step_after_dot(steps.last())?;
                    steps.push(step);
                }
                b'[' if brackets => {
                    self.take(1);
                    let key = self.with_newlines(true, |r| {
                        let key = r.expr()?;
                        r.close(b']')?;
                        Some(key)
                    })?;
                    steps.push(Step::Index(key));
                }
                _ => return Some(steps),
            }
        }
    }

    fn step_after_dot(&mut self, before: Option<&Step>) -> Option<Step> {
        let dot = self.at;
        self.take(1);
        if !self.token().is_ascii_digit() {
            return self.ident("a name").map(Step::Attr);
        }
        let digits = self.text[self.at..]
            .bytes()
            .take_while(u8::is_ascii_digit)
            .count();
        let (start, end) = (self.at, self.at + digits);
        let Ok(n) = self.text[start..end].parse() else {
            let d = expected("This index is too large.", self.span(start, end));
            return self.fail(d);
        };
        self.take(digits);
        let place = self.span(dot, end);
        if let Some(Step::LegacyIndex(_, first)) = before {
            let d = Diagnostic::error(
                "invalid-legacy-index",
                "Ambiguous index",
                "Two indexes in a row after dots read like a decimal number.",
            )
            .hint("Write the indexes in brackets: [0][1].")
            .at(Span {
                start: first.start + 1,
                ..first.to(place)
            });
            self.found.push(d);
        }
        Some(Step::LegacyIndex(n, place))
    }
}

impl BinaryOp {
    /// How tightly the operator binds, from 0.
    fn precedence(self) -> u8 {
        match self {
            BinaryOp::Or => 0,
            BinaryOp::And => 1,
            BinaryOp::Equal | BinaryOp::NotEqual => 2,
            BinaryOp::Less
            | BinaryOp::LessOrEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterOrEqual => 3,
            BinaryOp::Add | BinaryOp::Subtract => 4,
            BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo => 5,
        }
    }
}

/// Adds steps to an expression: to the reference itself, where it is one. `end` is where the last step ends.
fn with_steps(source: Expr, steps: Vec<Step>, end: Span) -> Expr {
    if steps.is_empty() {
        return source;
    }
    let span = source.span.to(end);
    let kind = match source.kind {
        ExprKind::Reference(r) if r.steps.is_empty() => {
            ExprKind::Reference(Reference { steps, ..r })
        }
        kind => ExprKind::Access(
            Box::new(Expr {
                kind,
                span: source.span,
            }),
            steps,
        ),
    };
    Expr { kind, span }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may fail by panicking
mod tests {
    use super::*;

    fn code(text: &str) -> Option<&'static str> {
        let found = whole(text, FileId(0)).err()?;
        found.iter().next().map(|d| d.code)
    }

    #[test]
    fn nesting_is_as_deep_as_people_need_and_no_deeper() {
        let around =
            |open: &str, n: usize, close: &str| format!("{}1{}", open.repeat(n), close.repeat(n));
        for (open, close) in [
            ("(", ")"),
            ("[", "]"),
            ("{a=", "}"),
            ("f(", ")"),
            ("-", ""),
            ("!", ""),
            ("\"${", "}\""),
            ("a[", "]"),
            ("a?b:", ""),
            ("[for x in y:", "]"),
        ] {
            assert_eq!(code(&around(open, 2000, close)), None, "{open}");
            assert_eq!(
                code(&around(open, 10_000, close)),
                Some("too-deep"),
                "{open}"
            );
        }
        assert_eq!(
            code(&format!("a{}", "[*]".repeat(10_000))),
            Some("too-deep")
        );
    }

    #[test]
    fn a_long_chain_is_not_deep() {
        for op in ["+", "&&", "==", "*2-", ".a", "[0]"] {
            let text = format!("a{}", format!("{op}a").repeat(20_000));
            let text = if op.starts_with(['.', '[']) {
                format!("a{}", op.repeat(20_000))
            } else {
                text
            };
            assert_eq!(code(&text), None, "{op}");
        }
    }
}
