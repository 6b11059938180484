//! Expressions: from the parser's tree to ours.

use std::borrow::Cow;
use std::ops::Range;

use hcl_edit::Span as _;
use hcl_edit::expr::{
    BinaryOperator, Expression, ForExpr, FuncCall, Object, ObjectKey, Traversal, TraversalOperator,
    UnaryOperator,
};
use unicode_normalization::{UnicodeNormalization, is_nfc};

use super::ast::{
    BinaryOp, Binding, Call, Conditional, Expr, ExprKind, For, Ident, ObjectItem, Reference, Splat,
    Step, UnaryOp,
};
use super::reject::{expected, fault, rejected, show};
use super::scan;
use super::template::{self, Form};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{FileId, Span};
use crate::value::{Number, Str, Value};

type Operator = hcl_edit::Decorated<TraversalOperator>;

/// Names are compared in NFC, as strings are.
pub(super) fn nfc(name: &str) -> Str {
    if is_nfc(name) {
        name.into()
    } else {
        name.nfc().collect::<String>().into()
    }
}

/// Reads the text of an attribute's value, which starts and ends with a token. `base` is its offset in the file.
pub(super) fn attribute(text: &str, base: usize, file: FileId) -> Result<Expr, Diagnostics> {
    let parsed = parse(text, base, file)?;
    let mut cx = Lower {
        text,
        base,
        file,
        found: Vec::new(),
    };
    let expr = cx.expr(&parsed);
    finish(expr, cx.found)
}

pub(super) fn expression(text: &str, file: FileId) -> Result<Expr, Diagnostics> {
    let start = scan::skip_blank(text, 0, false).map_err(|f| fault(text, file, 0, f))?;
    let extent = scan::expression(text, start);
    if let Some(f) = extent.fault {
        return Err(fault(text, file, 0, f).into());
    }
    if extent.end <= start {
        let len = text[start..].chars().next().map_or(0, char::len_utf8);
        let at = Span::new(file, start, start + len);
        return Err(expected("A value goes here.", at).into());
    }
    let expr = attribute(&text[start..extent.end], start, file)?;
    let rest = scan::skip_blank(text, extent.next, true).map_err(|f| fault(text, file, 0, f))?;
    if rest < text.len() {
        let end = scan::line_end(text, rest);
        let d = Diagnostic::error(
            "invalid-expression",
            "Invalid expression",
            format!(
                "The expression ends before this, so {} is not expected.",
                show(&text[rest..])
            ),
        )
        .hint("Put parentheses around an expression of several lines.");
        return Err(d.at(Span::new(file, rest, end)).into());
    }
    Ok(expr)
}

pub(super) fn template(text: &str, file: FileId, base: usize) -> Result<Expr, Diagnostics> {
    let parsed =
        hcl_edit::parser::parse_template(text).map_err(|e| rejected(text, base, file, &e))?;
    let mut cx = Lower {
        text,
        base,
        file,
        found: Vec::new(),
    };
    let span = Span::new(file, base, base + text.len());
    let expr = template::lower(&mut cx, &parsed, Form::Lines, span);
    finish(expr, cx.found)
}

fn finish(expr: Expr, found: Vec<Diagnostic>) -> Result<Expr, Diagnostics> {
    if found.is_empty() {
        Ok(expr)
    } else {
        Err(found.into_iter().collect())
    }
}

/// Has the parser read an expression. Two things that it refuses and the language allows are hidden from it, at the
/// same offsets: numbers too large for a machine float, and keys that an object repeats. The tree's names and numbers
/// are read from the real text, so nothing of the disguise remains.
fn parse(text: &str, base: usize, file: FileId) -> Result<Expression, Diagnostic> {
    let mut disguised = disguise_numbers(text);
    let mut renames = 0u32;
    loop {
        match hcl_edit::parser::parse_expr(&disguised) {
            Ok(e) => return Ok(e),
            Err(e) if renames < 1000 && e.message().contains("redefined object key") => {
                match rename_key(&disguised, e.location().offset(), renames) {
                    Some(t) => disguised = Cow::Owned(t),
                    None => return Err(rejected(text, base, file, &e)),
                }
                renames += 1;
            }
            Err(e) => return Err(rejected(text, base, file, &e)),
        }
    }
}

fn disguise_numbers(text: &str) -> Cow<'_, str> {
    let b = text.as_bytes();
    let mut out: Option<Vec<u8>> = None;
    let mut at = 0;
    while let Some(n) = b[at..].iter().position(u8::is_ascii_digit) {
        let start = at + n;
        at = start + b[start..].iter().take_while(|c| c.is_ascii_digit()).count();
        // An exponent of three digits or a number of three hundred may be too large.
        let exponent = start >= 2
            && (b[start - 1] | 32 == b'e'
                || matches!(b[start - 1], b'+' | b'-') && b[start - 2] | 32 == b'e');
        if at - start >= 300 || exponent && at - start >= 3 {
            out.get_or_insert_with(|| b.to_vec())[start..at].fill(b'0');
        }
    }
    match out.map(String::from_utf8) {
        Some(Ok(s)) => Cow::Owned(s),
        _ => Cow::Borrowed(text),
    }
}

/// Gives the key at an offset another name of the same length.
fn rename_key(text: &str, at: usize, n: u32) -> Option<String> {
    let quoted = text[at..].starts_with('"');
    let start = at + usize::from(quoted);
    let end = if quoted {
        start + text[start..].find('"')?
    } else {
        scan::ident_end(text, start)
    };
    if start == end || text[start..end].contains(['$', '%', '\\']) {
        return None;
    }
    const LETTERS: &[u8] = b"_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut n = n as usize;
    let name: String = (start..end)
        .map(|_| {
            let c = LETTERS[n % LETTERS.len()];
            n /= LETTERS.len();
            char::from(c)
        })
        .collect();
    Some(format!("{}{name}{}", &text[..start], &text[end..]))
}

/// The state of lowering one expression.
pub(super) struct Lower<'t> {
    pub(super) text: &'t str,
    pub(super) base: usize,
    pub(super) file: FileId,
    pub(super) found: Vec<Diagnostic>,
}

impl Lower<'_> {
    pub(super) fn span(&self, range: Option<Range<usize>>) -> Span {
        let r = range.unwrap_or(0..0);
        Span::new(self.file, self.base + r.start, self.base + r.end)
    }

    fn raw(&self, range: Option<Range<usize>>) -> &str {
        range.and_then(|r| self.text.get(r)).unwrap_or("")
    }

    pub(super) fn ident(&self, range: Option<Range<usize>>) -> Ident {
        Ident {
            name: nfc(self.raw(range.clone())),
            span: self.span(range),
        }
    }

    pub(super) fn expr(&mut self, e: &Expression) -> Expr {
        let span = self.span(e.span());
        let kind = match e {
            Expression::Null(_) => ExprKind::Literal(Value::null(crate::value::Type::Dynamic)),
            Expression::Bool(b) => ExprKind::Literal(Value::bool(*b.value())),
            Expression::Number(n) => self.number(n.span(), span),
            Expression::String(s) => self.string(s.span()),
            Expression::StringTemplate(t) => return template::lower(self, t, Form::Quoted, span),
            Expression::HeredocTemplate(h) => {
                let flush = self.raw(e.span()).starts_with("<<-");
                return template::lower(
                    self,
                    &h.template,
                    if flush { Form::Flush } else { Form::Lines },
                    span,
                );
            }
            Expression::Array(a) => ExprKind::Tuple(a.iter().map(|e| self.expr(e)).collect()),
            Expression::Object(o) => self.object(o),
            Expression::Parenthesis(p) => ExprKind::Parentheses(Box::new(self.expr(p.inner()))),
            Expression::Variable(v) => ExprKind::Reference(self.reference(v.span(), Vec::new())),
            Expression::Conditional(c) => ExprKind::Conditional(Box::new(Conditional {
                condition: self.expr(&c.cond_expr),
                then: self.expr(&c.true_expr),
                otherwise: self.expr(&c.false_expr),
            })),
            Expression::FuncCall(c) => self.call(c, e.span()),
            Expression::Traversal(t) => return self.traversal(t, span),
            Expression::UnaryOp(u) => {
                let op = match u.operator.value() {
                    UnaryOperator::Neg => UnaryOp::Negate,
                    UnaryOperator::Not => UnaryOp::Not,
                };
                ExprKind::Unary(op, Box::new(self.expr(&u.expr)))
            }
            Expression::BinaryOp(b) => {
                let (left, right) = (self.expr(&b.lhs_expr), self.expr(&b.rhs_expr));
                ExprKind::Binary(binary(*b.operator.value()), Box::new(left), Box::new(right))
            }
            Expression::ForExpr(f) => self.for_expr(f),
        };
        Expr { kind, span }
    }

    fn number(&mut self, range: Option<Range<usize>>, span: Span) -> ExprKind {
        let raw: String = self
            .raw(range)
            .chars()
            .filter(|c| !c.is_whitespace())
            .collect();
        let number = Number::parse(&raw).unwrap_or_else(|| {
            self.found.push(expected(
                "This number is too large or too small to be represented.",
                span,
            ));
            Number::ZERO
        });
        ExprKind::Literal(Value::number(number))
    }

    fn string(&mut self, range: Option<Range<usize>>) -> ExprKind {
        let range = range.unwrap_or(0..0);
        let inner = self
            .text
            .get(range.start + 1..range.end.saturating_sub(1))
            .unwrap_or("");
        let text = template::unescape(inner, self.base + range.start + 1, self.file)
            .unwrap_or_else(|d| {
                self.found.push(d);
                String::new()
            });
        ExprKind::Literal(Value::string(text))
    }

    fn object(&mut self, object: &Object) -> ExprKind {
        let items = object.iter().map(|(key, value)| ObjectItem {
            key: self.key(key),
            value: self.expr(value.expr()),
        });
        ExprKind::Object(items.collect())
    }

    fn key(&mut self, key: &ObjectKey) -> Expr {
        let span = self.span(key.span());
        let name = match key {
            ObjectKey::Ident(_)
            | ObjectKey::Expression(Expression::Null(_) | Expression::Bool(_)) => {
                Value::string(self.raw(key.span()))
            }
            ObjectKey::Expression(e) => {
                if let Expression::Traversal(t) = e
                    && matches!(t.expr, Expression::Variable(_))
                {
                    let d = Diagnostic::error(
                        "ambiguous-key",
                        "Ambiguous object key",
                        "A key is a name or a quoted string; a reference must be put in parentheses.",
                    );
                    self.found.push(
                        d.hint(format!("Write ({}) = …", self.raw(e.span())))
                            .at(span),
                    );
                }
                return self.expr(e);
            }
        };
        Expr {
            kind: ExprKind::Literal(name),
            span,
        }
    }

    fn reference(&self, root: Option<Range<usize>>, steps: Vec<Step>) -> Reference {
        Reference {
            root: self.ident(root),
            steps,
            binding: Binding::Unbound,
        }
    }

    fn call(&mut self, call: &FuncCall, range: Option<Range<usize>>) -> ExprKind {
        let range = range.unwrap_or(0..0);
        let names = call.name.namespace.iter().chain([&call.name.name]);
        let name: Vec<&str> = names.clone().map(|n| self.raw(n.span())).collect();
        let name = nfc(&name.join("::"));
        let last = call.name.name.span().map_or(range.start, |r| r.end);
        let open = self.text[last..].find('(').map_or(last, |n| last + n);
        ExprKind::Call(Call {
            name: Ident {
                name,
                span: self.span(Some(range.start..last)),
            },
            args: call.args.iter().map(|a| self.expr(a)).collect(),
            expand: call.args.expand_final(),
            parens: self.span(Some(open..range.end)),
        })
    }

    fn for_expr(&mut self, f: &ForExpr) -> ExprKind {
        ExprKind::For(Box::new(For {
            key_var: f.intro.key_var.as_ref().map(|k| self.ident(k.span())),
            value_var: self.ident(f.intro.value_var.span()),
            collection: self.expr(&f.intro.collection_expr),
            key: f.key_expr.as_ref().map(|k| self.expr(k)),
            value: self.expr(&f.value_expr),
            group: f.grouping,
            condition: f.cond.as_ref().map(|c| self.expr(&c.expr)),
        }))
    }

    fn traversal(&mut self, t: &Traversal, span: Span) -> Expr {
        let mut source = self.expr(&t.expr);
        let mut operators = t.operators.as_slice();
        while !operators.is_empty() {
            let plain = operators
                .iter()
                .position(|o| is_splat(o.value()))
                .unwrap_or(operators.len());
            let steps = self.steps(&operators[..plain]);
            operators = &operators[plain..];
            source = with_steps(source, steps);
            let Some(marker) = operators.first() else {
                break;
            };
            let place = self.span(marker.span());
            let full = matches!(marker.value(), TraversalOperator::FullSplat(_));
            // `.*` takes the names that follow; `[*]` takes whatever follows.
            let taken = if full {
                operators.len()
            } else {
                1 + operators[1..]
                    .iter()
                    .take_while(|o| is_name(o.value()))
                    .count()
            };
            if !full
                && operators
                    .get(taken)
                    .is_some_and(|o| matches!(o.value(), TraversalOperator::AttrSplat(_)))
            {
                let d = Diagnostic::error(
                    "nested-splat",
                    "Splat of a splat",
                    ".* may stand only once in a row of names.",
                );
                let at = self.span(operators[taken].span());
                self.found
                    .push(d.hint("Write [*] instead of each.").at(Span {
                        start: at.end - 1,
                        ..at
                    }));
            }
            let earlier = self.found.len();
            let each = self.each(&operators[1..taken]);
            if !full {
                // Within `.*` it is the star that makes indexes after dots a mistake.
                let star = Span {
                    start: place.end.saturating_sub(1),
                    ..place
                };
                self.found[earlier..]
                    .iter_mut()
                    .filter(|d| d.code == "invalid-legacy-index")
                    .for_each(|d| d.subject = Some(star));
            }
            let end = operators[taken - 1]
                .span()
                .map_or(span.end as usize, |r| self.base + r.end);
            let whole = Span::new(self.file, source.span.start as usize, end);
            source = Expr {
                kind: ExprKind::Splat(Box::new(Splat {
                    source,
                    each,
                    marker: place,
                })),
                span: whole,
            };
            operators = &operators[taken..];
        }
        Expr { span, ..source }
    }

    /// The steps that a splat applies to each element. A splat among them takes the rest.
    fn each(&mut self, operators: &[Operator]) -> Vec<Step> {
        let plain = operators
            .iter()
            .position(|o| is_splat(o.value()))
            .unwrap_or(operators.len());
        let mut steps = self.steps(&operators[..plain]);
        if let Some(marker) = operators.get(plain) {
            let place = self.span(marker.span());
            steps.push(Step::Splat(self.each(&operators[plain + 1..]), place));
        }
        steps
    }

    fn steps(&mut self, operators: &[Operator]) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::with_capacity(operators.len());
        for o in operators {
            let step = match o.value() {
                TraversalOperator::GetAttr(name) => Step::Attr(self.ident(name.span())),
                TraversalOperator::Index(e) => Step::Index(self.expr(e)),
                TraversalOperator::LegacyIndex(n) => {
                    if let Some(Step::LegacyIndex(_, first)) = steps.last() {
                        let d = Diagnostic::error(
                            "invalid-legacy-index",
                            "Ambiguous index",
                            "Two indexes in a row after dots read like a decimal number.",
                        );
                        let at = Span {
                            start: first.start + 1,
                            ..first.to(self.span(o.span()))
                        };
                        self.found
                            .push(d.hint("Write the indexes in brackets: [0][1].").at(at));
                    }
                    Step::LegacyIndex(*n.value(), self.span(o.span()))
                }
                TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => continue,
            };
            steps.push(step);
        }
        steps
    }
}

fn is_name(o: &TraversalOperator) -> bool {
    matches!(
        o,
        TraversalOperator::GetAttr(_) | TraversalOperator::LegacyIndex(_)
    )
}

fn is_splat(o: &TraversalOperator) -> bool {
    matches!(
        o,
        TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_)
    )
}

/// Adds steps to an expression: to the reference itself, where it is one.
fn with_steps(source: Expr, steps: Vec<Step>) -> Expr {
    if steps.is_empty() {
        return source;
    }
    let span = source.span;
    let kind = match source.kind {
        ExprKind::Reference(r) if r.steps.is_empty() => {
            ExprKind::Reference(Reference { steps, ..r })
        }
        kind => ExprKind::Access(Box::new(Expr { kind, span }), steps),
    };
    Expr { kind, span }
}

fn binary(op: BinaryOperator) -> BinaryOp {
    match op {
        BinaryOperator::Eq => BinaryOp::Equal,
        BinaryOperator::NotEq => BinaryOp::NotEqual,
        BinaryOperator::LessEq => BinaryOp::LessOrEqual,
        BinaryOperator::GreaterEq => BinaryOp::GreaterOrEqual,
        BinaryOperator::Less => BinaryOp::Less,
        BinaryOperator::Greater => BinaryOp::Greater,
        BinaryOperator::Plus => BinaryOp::Add,
        BinaryOperator::Minus => BinaryOp::Subtract,
        BinaryOperator::Mul => BinaryOp::Multiply,
        BinaryOperator::Div => BinaryOp::Divide,
        BinaryOperator::Mod => BinaryOp::Modulo,
        BinaryOperator::And => BinaryOp::And,
        BinaryOperator::Or => BinaryOp::Or,
    }
}
