//! Older spellings that formatting replaces, as Terraform's does: `"${a}"` alone is `a`, block labels are quoted, and a
//! variable's type is not.

use super::token::{Kind, Token};

pub(super) fn modernise(tokens: Vec<Token<'_>>) -> Vec<Token<'_>> {
    let mut pass = Pass {
        out: Vec::with_capacity(tokens.len() + 16),
        tokens,
        at: 0,
        blocks: Vec::new(),
    };
    while pass.at < pass.tokens.len() {
        pass.item();
    }
    pass.out
}

struct Pass<'t> {
    tokens: Vec<Token<'t>>,
    at: usize,
    out: Vec<Token<'t>>,
    /// The types of the blocks around.
    blocks: Vec<&'t str>,
}

impl<'t> Pass<'t> {
    fn kind(&self, n: usize) -> Option<Kind> {
        self.tokens.get(n).map(|t| t.kind)
    }

    fn copy(&mut self) {
        self.out.extend(self.tokens.get(self.at));
        self.at += 1;
    }

    /// One attribute, the header of a block, the end of one, or what stands between.
    fn item(&mut self) {
        match self.kind(self.at) {
            Some(Kind::Ident) if self.kind(self.at + 1) == Some(Kind::Equal) => self.attribute(),
            Some(Kind::Ident) => self.header(),
            Some(Kind::CloseBrace) => {
                self.blocks.pop();
                self.copy();
            }
            _ => self.copy(),
        }
    }

    fn attribute(&mut self) {
        let name = self.tokens[self.at].text;
        self.copy();
        self.copy();
        while self.kind(self.at) == Some(Kind::Comment) {
            self.copy();
        }
        let end = self.expression_end();
        let expression = &self.tokens[self.at..end];
        let is_type = name == "type" && matches!(self.blocks.as_slice(), ["variable"]);
        if is_type {
            variable_type(expression, &mut self.out);
        } else {
            value(expression, &mut self.out);
        }
        self.at = end;
    }

    /// Behind the last token of the expression that starts here.
    fn expression_end(&self) -> usize {
        let mut depth = 0;
        let mut end = self.at;
        for (i, t) in self.tokens.iter().enumerate().skip(self.at) {
            let change = t.kind.bracket_change();
            if depth == 0 && (t.ends_line() || change < 0) {
                break;
            }
            depth += change;
            // A comment behind the expression does not belong to it.
            if t.kind != Kind::Comment {
                end = i + 1;
            }
        }
        end
    }

    /// The type and the labels of a block, whose body is read next. What is no header stays as it is.
    fn header(&mut self) {
        let (start, mut n) = (self.at, self.at + 1);
        let mut labels = Vec::new();
        loop {
            match self.kind(n) {
                Some(Kind::Comment) if !self.tokens[n].ends_line() => n += 1,
                Some(Kind::Ident) => {
                    labels.push(self.tokens[n].text);
                    n += 1;
                }
                Some(Kind::OpenQuote) if self.kind(n + 1) == Some(Kind::CloseQuote) => {
                    labels.push("");
                    n += 2;
                }
                Some(Kind::OpenQuote)
                    if self.kind(n + 1) == Some(Kind::Literal)
                        && self.kind(n + 2) == Some(Kind::CloseQuote) =>
                {
                    labels.push(self.tokens[n + 1].text);
                    n += 3;
                }
                Some(Kind::OpenBrace) => break,
                _ => {
                    self.out.extend(&self.tokens[start..n]);
                    self.at = n;
                    return;
                }
            }
        }
        self.blocks.push(self.tokens[start].text);
        self.copy();
        for label in labels {
            self.out.push(Token::new(Kind::OpenQuote, "\""));
            if !label.is_empty() {
                self.out.push(Token::new(Kind::Literal, label));
            }
            self.out.push(Token::new(Kind::CloseQuote, "\""));
        }
        self.at = n;
        self.copy();
    }
}

/// An expression that is nothing but one interpolation loses its quotes.
fn value<'t>(tokens: &[Token<'t>], out: &mut Vec<Token<'t>>) {
    // Terraform takes one pair of quotes off each time it runs; formatting twice is to change nothing.
    let mut inside = tokens;
    let mut comments = Vec::new();
    loop {
        let (before, bare, after) = without_comments(inside);
        let Some(inner) = interpolated(bare) else {
            break;
        };
        inside = inner;
        comments.push((before, after));
    }
    let mut unwrapped: Vec<Token<'t>> = Vec::with_capacity(inside.len());
    unwrapped.extend(comments.iter().flat_map(|(before, _)| *before));
    unwrapped.extend(inside);
    unwrapped.extend(comments.iter().rev().flat_map(|(_, after)| *after));
    // The end of a line would end the expression unless a bracket is open; behind the expression it does no harm.
    let parenthesised = inside.first().map(|t| t.kind) == Some(Kind::OpenParen)
        && inside.last().map(|t| t.kind) == Some(Kind::CloseParen)
        && comments.iter().all(|(before, _)| before.is_empty());
    let (_, bare, after) = without_comments(&unwrapped);
    let inner_lines = unwrapped[..unwrapped.len() - after.len()]
        .iter()
        .any(Token::ends_line);
    if !comments.is_empty() && !parenthesised && inner_lines && !bare.is_empty() {
        let last = unwrapped.len() - after.len();
        out.push(Token::new(Kind::OpenParen, "("));
        out.extend(&unwrapped[..last]);
        out.push(Token::new(Kind::CloseParen, ")"));
        out.extend(&unwrapped[last..]);
    } else {
        out.extend(unwrapped);
    }
}

/// Comments at the beginning, what they stand around, and comments at the end.
fn without_comments<'a, 't>(
    tokens: &'a [Token<'t>],
) -> (&'a [Token<'t>], &'a [Token<'t>], &'a [Token<'t>]) {
    let comment = |t: &&Token<'_>| t.kind == Kind::Comment;
    let first = tokens.iter().take_while(comment).count();
    let (before, rest) = tokens.split_at(first);
    let last = rest.len() - rest.iter().rev().take_while(comment).count();
    let (bare, after) = rest.split_at(last);
    (before, bare, after)
}

/// What stands in the only interpolation of a quoted string that holds nothing else.
fn interpolated<'a, 't>(tokens: &'a [Token<'t>]) -> Option<&'a [Token<'t>]> {
    let [open, start, inside @ .., stop, close] = tokens else {
        return None;
    };
    let wrapped = open.kind == Kind::OpenQuote
        && start.kind == Kind::OpenTemplate
        && start.text.starts_with('$')
        && stop.kind == Kind::CloseTemplate
        && close.kind == Kind::CloseQuote;
    if !wrapped || holds_template(inside) {
        return None;
    }
    let newline = |t: &&Token<'_>| t.kind == Kind::Newline;
    let first = inside.iter().take_while(newline).count();
    let last = inside.len() - inside.iter().rev().take_while(newline).count();
    inside.get(first..last).filter(|i| !i.is_empty())
}

/// Whether interpolations begin or end outside strings: then the quotes at the ends belong to more than one.
fn holds_template(tokens: &[Token<'_>]) -> bool {
    let mut quotes = 0;
    tokens.iter().any(|t| {
        match t.kind {
            Kind::OpenQuote => quotes += 1,
            Kind::CloseQuote => quotes -= 1,
            _ => {}
        }
        quotes <= 0 && matches!(t.kind, Kind::OpenTemplate | Kind::CloseTemplate)
    })
}

/// `"string"` is `string`; a collection type without an element type gets one.
fn variable_type<'t>(tokens: &[Token<'t>], out: &mut Vec<Token<'t>>) {
    let (name, element) = match tokens {
        [t] if t.kind == Kind::Ident => (t.text, "any"),
        [open, t, _] if open.kind == Kind::OpenQuote && t.kind == Kind::Literal => {
            (t.text, "string")
        }
        _ => return out.extend(tokens),
    };
    let ident = |text| Token::new(Kind::Ident, text);
    match name {
        "list" | "map" | "set" if tokens.len() == 1 || name != "set" => out.extend([
            ident(name),
            Token::new(Kind::OpenParen, "("),
            ident(element),
            Token::new(Kind::CloseParen, ")"),
        ]),
        "string" => out.push(ident(name)),
        _ => out.extend(tokens),
    }
}
