//! Text to tokens. All text is in some token, except blanks between them; nothing is an error here.

use unicode_ident::{is_xid_continue, is_xid_start};

use super::token::{Kind, Token};

#[derive(Clone, Copy)]
enum Mode<'t> {
    Brace,
    Quote,
    Template,
    Heredoc { marker: &'t str },
}

pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut lexer = Lexer {
        text,
        at: 0,
        modes: Vec::new(),
        out: Vec::with_capacity(text.len() / 4),
    };
    while lexer.at < text.len() {
        match lexer.modes.last().copied() {
            Some(Mode::Quote) => lexer.quoted(),
            Some(Mode::Heredoc { marker }) => lexer.heredoc(marker),
            _ => lexer.code(),
        }
    }
    lexer.out
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    modes: Vec<Mode<'t>>,
    out: Vec<Token<'t>>,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn push(&mut self, kind: Kind, len: usize) {
        if let Some(text) = self.rest().get(..len).filter(|t| !t.is_empty()) {
            self.out.push(Token::new(kind, text));
        }
        self.at += len;
    }

    fn code(&mut self) {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let peek = |n: usize| bytes.get(n).copied().unwrap_or(0);
        match (peek(0), peek(1)) {
            (b' ' | b'\t', _) => self.at += 1,
            (b'\n', _) => self.push(Kind::Newline, 1),
            (b'\r', b'\n') => self.push(Kind::Newline, 2),
            (b'\r', _) => self.at += 1,
            (b'#', _) | (b'/', b'/') => {
                self.push(Kind::Comment, rest.find('\n').map_or(rest.len(), |n| n + 1));
            }
            (b'/', b'*') => {
                let end = rest[2..].find("*/").map_or(rest.len(), |n| n + 4);
                self.push(Kind::Comment, end);
            }
            (b'"', _) => self.open(Kind::OpenQuote, 1, Mode::Quote),
            (b'<', b'<') => self.heredoc_start(),
            (b'{', _) => self.open(Kind::OpenBrace, 1, Mode::Brace),
            (b'}', _) => self.close(1),
            (b'~', b'}') if matches!(self.modes.last(), Some(Mode::Template)) => self.close(2),
            (b'0'..=b'9', _) => self.push(Kind::Number, number_len(bytes)),
            _ => match ident_len(rest) {
                0 => self.operator(),
                n => self.push(Kind::Ident, n),
            },
        }
    }

    fn open(&mut self, kind: Kind, len: usize, mode: Mode<'t>) {
        self.push(kind, len);
        self.modes.push(mode);
    }

    fn close(&mut self, len: usize) {
        match self.modes.last() {
            Some(Mode::Template) => {
                self.modes.pop();
                self.push(Kind::CloseTemplate, len);
            }
            Some(Mode::Brace) => {
                self.modes.pop();
                self.push(Kind::CloseBrace, len);
            }
            _ => self.push(Kind::CloseBrace, len),
        }
    }

    fn operator(&mut self) {
        const LONG: [(&str, Kind); 9] = [
            ("...", Kind::Ellipsis),
            ("==", Kind::Comparison),
            ("!=", Kind::Comparison),
            ("<=", Kind::Comparison),
            (">=", Kind::Comparison),
            ("=>", Kind::Other),
            ("&&", Kind::Logical),
            ("||", Kind::Logical),
            ("::", Kind::DoubleColon),
        ];
        let rest = self.rest();
        if let Some((text, kind)) = LONG.iter().find(|(text, _)| rest.starts_with(text)) {
            return self.push(*kind, text.len());
        }
        let Some(c) = rest.chars().next() else {
            return;
        };
        let kind = match c {
            '[' => Kind::OpenBracket,
            ']' => Kind::CloseBracket,
            '(' => Kind::OpenParen,
            ')' => Kind::CloseParen,
            '=' => Kind::Equal,
            '.' => Kind::Dot,
            ',' => Kind::Comma,
            ':' => Kind::Colon,
            '?' => Kind::Question,
            '!' => Kind::Bang,
            '-' => Kind::Minus,
            '+' | '*' | '/' | '%' => Kind::Arithmetic,
            '<' | '>' => Kind::Comparison,
            _ => Kind::Other,
        };
        self.push(kind, c.len_utf8());
    }

    fn heredoc_start(&mut self) {
        let rest = self.rest();
        let name = 2 + usize::from(rest[2..].starts_with('-'));
        let end = name + ident_len(&rest[name..]);
        let newline = end + usize::from(rest[end..].starts_with('\r'));
        if end == name || !rest[newline..].starts_with('\n') {
            return self.push(Kind::Other, 2);
        }
        let marker = &rest[name..end];
        self.open(Kind::OpenHeredoc, newline + 1, Mode::Heredoc { marker });
    }

    fn quoted(&mut self) {
        let bytes = self.rest().as_bytes();
        let mut n = 0;
        while n < bytes.len() {
            match bytes[n] {
                b'"' => {
                    self.push(Kind::Literal, n);
                    self.modes.pop();
                    return self.push(Kind::CloseQuote, 1);
                }
                // A string that its line ends is an error that somebody else has told of.
                b'\n' => {
                    self.modes.pop();
                    break;
                }
                b'\\' if bytes.get(n + 1).is_some_and(|c| *c != b'\n') => n += 2,
                _ => match template_start(&bytes[n..]) {
                    Start::No => n += 1,
                    Start::Escaped => n += 3,
                    Start::Yes(len) => {
                        self.push(Kind::Literal, n);
                        return self.open(Kind::OpenTemplate, len, Mode::Template);
                    }
                },
            }
        }
        // An escape may have been the first byte of a character: go on to the end of it.
        n = n.min(bytes.len());
        while !self.rest().is_char_boundary(n) {
            n += 1;
        }
        self.push(Kind::Literal, n);
    }

    /// Text up to an interpolation, or up to the marker.
    fn heredoc(&mut self, marker: &str) {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let mut n = 0;
        while n < bytes.len() {
            let starts_line = match n.checked_sub(1) {
                Some(before) => bytes[before] == b'\n',
                None => self.text.as_bytes().get(self.at.wrapping_sub(1)) == Some(&b'\n'),
            };
            if starts_line && let Some(len) = marker_len(&rest[n..], marker) {
                self.push(Kind::Literal, n);
                self.modes.pop();
                return self.push(Kind::CloseHeredoc, len);
            }
            match template_start(&bytes[n..]) {
                Start::Escaped => n += 3,
                Start::Yes(len) => {
                    self.push(Kind::Literal, n);
                    return self.open(Kind::OpenTemplate, len, Mode::Template);
                }
                Start::No => {
                    n += 1;
                    while !rest.is_char_boundary(n) {
                        n += 1;
                    }
                }
            }
        }
        self.push(Kind::Literal, n);
    }
}

enum Start {
    No,
    /// `$${` or `%%{`
    Escaped,
    Yes(usize),
}

fn template_start(bytes: &[u8]) -> Start {
    match bytes {
        [b'$', b'$', b'{', ..] | [b'%', b'%', b'{', ..] => Start::Escaped,
        [b'$' | b'%', b'{', b'~', ..] => Start::Yes(3),
        [b'$' | b'%', b'{', ..] => Start::Yes(2),
        _ => Start::No,
    }
}

/// The length of a heredoc's last line, if this is it: blanks, the marker, and blanks where the line ends with them.
fn marker_len(line: &str, marker: &str) -> Option<usize> {
    let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
    let rest = line[indent..].strip_prefix(marker)?;
    if rest.starts_with(is_ident_continue) {
        return None;
    }
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let ended = rest[blanks..].is_empty() || rest[blanks..].starts_with(['\n', '\r']);
    Some(indent + marker.len() + if ended { blanks } else { 0 })
}

fn is_ident_continue(c: char) -> bool {
    c == '-' || is_xid_continue(c)
}

fn ident_len(text: &str) -> usize {
    if !text.starts_with(|c| c == '_' || is_xid_start(c)) {
        return 0;
    }
    text.find(|c| !is_ident_continue(c)).unwrap_or(text.len())
}

/// Digits, a fraction and an exponent.
fn number_len(bytes: &[u8]) -> usize {
    let digits = |from: usize| {
        from + bytes[from.min(bytes.len())..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count()
    };
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') && digits(end + 1) > end + 1 {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    end
}
