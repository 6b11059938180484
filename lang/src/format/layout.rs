//! Sets the blanks before every token: indentation, spaces between tokens, and columns of `=` and of comments.
//!
//! A line is divided into three cells, the last two of which may be empty: what leads, what is assigned (from `=` on,
//! where that is a whole expression), and a comment that ends the line. Neighbouring lines that have a cell have it in
//! the same column. A heredoc belongs to the line that it starts on.

use unicode_segmentation::UnicodeSegmentation as _;

use super::token::{Kind, Token};

/// Spaces of one level.
const INDENT: usize = 2;
/// Levels that are shown as such: text of nothing but brackets must not become a thousand times as long.
const MAX_LEVELS: usize = 256;

/// A line as offsets of tokens: `start..assign` leads, `assign..comment` is assigned, `comment..end` is the comment.
#[derive(Clone, Copy)]
struct Line {
    start: usize,
    assign: usize,
    comment: usize,
    end: usize,
}

impl Line {
    fn has_assignment(&self) -> bool {
        self.assign < self.comment
    }

    fn has_comment(&self) -> bool {
        self.comment < self.end
    }
}

pub(super) fn set_blanks(tokens: &mut [Token<'_>]) {
    let lines = lines(tokens);
    indent(tokens, &lines);
    space(tokens, &lines);
    align(tokens, &lines, Line::has_assignment, |l| l.assign);
    align(tokens, &lines, Line::has_comment, |l| l.comment);
}

fn lines(tokens: &[Token<'_>]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = 0;
    for (i, t) in tokens.iter().enumerate() {
        if t.ends_line() || i + 1 == tokens.len() {
            lines.push(cells(tokens, start, i + 1));
            start = i + 1;
        }
    }
    lines
}

fn cells(tokens: &[Token<'_>], start: usize, end: usize) -> Line {
    let trailing = end - start > 1 && tokens[end - 1].kind == Kind::Comment;
    let comment = if trailing { end - 1 } else { end };
    let equals = (start + 1..comment).find(|i| tokens[*i].kind == Kind::Equal);
    // Where brackets stay open the expression goes on below: nothing is to be aligned with it.
    let assign = equals
        .filter(|i| {
            tokens[*i..comment]
                .iter()
                .map(|t| t.kind.bracket_change())
                .sum::<i32>()
                == 0
        })
        .unwrap_or(comment);
    Line {
        start,
        assign,
        comment,
        end,
    }
}

/// One level more for each line that leaves brackets open, however many: they are closed together, or the level is left
/// when the last of them is.
fn indent(tokens: &mut [Token<'_>], lines: &[Line]) {
    let mut levels: Vec<i32> = Vec::new();
    for line in lines {
        let first = &mut tokens[line.start];
        if first.kind == Kind::Newline {
            first.blanks = 0;
            continue;
        }
        let change = open_brackets(&tokens[line.start..line.assign])
            + open_brackets(&tokens[line.assign..line.comment]);
        let mut closed = -change;
        while closed > 0
            && let Some(level) = levels.last_mut()
        {
            if closed < *level {
                *level -= closed;
                closed = 0;
            } else {
                closed -= *level;
                levels.pop();
            }
        }
        tokens[line.start].blanks = INDENT * levels.len().min(MAX_LEVELS);
        if change > 0 {
            levels.push(change);
        }
    }
}

/// How many brackets are open behind these tokens, up to a heredoc.
fn open_brackets(tokens: &[Token<'_>]) -> i32 {
    let mut open = 0;
    for t in tokens {
        open += t.kind.bracket_change();
        if t.kind == Kind::OpenHeredoc {
            break;
        }
    }
    open
}

fn space(tokens: &mut [Token<'_>], lines: &[Line]) {
    for line in lines {
        for (from, to) in [(line.start, line.assign), (line.assign, line.comment)] {
            let mut before = None;
            for i in from..to.saturating_sub(1) {
                let apart = are_apart(before, &tokens[i], &tokens[i + 1]);
                before = Some(tokens[i].kind);
                tokens[i + 1].blanks = usize::from(apart);
            }
        }
    }
}

/// Puts a cell of neighbouring lines that have it into one column, one space behind the widest of what is before it.
fn align(
    tokens: &mut [Token<'_>],
    lines: &[Line],
    has: fn(&Line) -> bool,
    cell: fn(&Line) -> usize,
) {
    for group in lines.chunk_by(|a, b| has(a) && has(b)) {
        if !has(&group[0]) {
            continue;
        }
        let widths: Vec<usize> = group
            .iter()
            .map(|l| columns(&tokens[l.start..cell(l)]))
            .collect();
        let widest = widths.iter().copied().max().unwrap_or(0);
        for (line, width) in group.iter().zip(widths) {
            tokens[cell(line)].blanks = widest - width + 1;
        }
    }
}

/// Characters as a person counts them.
fn columns(tokens: &[Token<'_>]) -> usize {
    tokens
        .iter()
        .map(|t| t.blanks + t.text.graphemes(true).count())
        .sum()
}

/// Whether a space stands between two tokens of a line. `before` is the kind of what precedes them.
fn are_apart(before: Option<Kind>, left: &Token<'_>, right: &Token<'_>) -> bool {
    use Kind as K;
    match (left.kind, right.kind) {
        (_, K::Newline | K::Comma | K::Ellipsis) => false,
        (K::Ident, K::OpenParen | K::DoubleColon) | (K::DoubleColon, K::Ident) => false,
        (K::Dot, _) | (_, K::Dot) => false,
        (K::Comma, _) => true,
        // Text of templates is as it is.
        (K::Literal | K::OpenQuote | K::OpenHeredoc, _)
        | (_, K::Literal | K::CloseQuote | K::CloseHeredoc) => false,
        // `for x in [a]` is not an index.
        (K::Ident, _) if left.text == "in" && before == Some(K::Ident) => true,
        (K::Ident | K::Number, K::OpenBracket) => false,
        (l, K::OpenBracket) if l.bracket_change() < 0 => false,
        (K::Bang, _) => false,
        (K::Minus, _) => before.is_some_and(ends_operand),
        (K::OpenBrace, K::CloseBrace) => false,
        (K::OpenBrace, _) | (_, K::CloseBrace) => true,
        (K::OpenTemplate, K::OpenBrace) | (K::CloseBrace, K::CloseTemplate) => true,
        (K::CloseTemplate, K::OpenTemplate) => false,
        (l, r) => l.bracket_change() <= 0 && r.bracket_change() >= 0,
    }
}

/// Whether a minus behind such a token is a subtraction.
fn ends_operand(before: Kind) -> bool {
    !matches!(
        before,
        Kind::OpenParen
            | Kind::OpenBrace
            | Kind::OpenBracket
            | Kind::Equal
            | Kind::Colon
            | Kind::Comma
            | Kind::Question
            | Kind::Arithmetic
            | Kind::Minus
            | Kind::Comparison
            | Kind::Logical
            | Kind::Bang
    )
}
