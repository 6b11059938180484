//! JSON text to a tree in which every value, name and string knows its place.
//!
//! The JSON spelling of configurations gives no hint of what is a block and what an argument, so this tree is only the
//! first step; [`super::json_lower`] makes the syntax tree of it when somebody says which is which.

use super::ast::Ident;
use crate::diagnostic::Diagnostic;
use crate::limits;
use crate::source::{FileId, Span};
use crate::stack;
use crate::value::{Number, Value, decode_json};

/// How deep arrays and objects may nest.
const MAX_DEPTH: usize = limits::MAX_NESTING;

/// A JSON value and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub kind: NodeKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    Null,
    Bool(bool),
    Number(Number),
    String(Text),
    Array(Vec<Node>),
    /// In source order; a name may stand there twice.
    Object(Vec<Property>),
}

/// `"name": value`
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// The name, normalized as all names are; its span has the quotes.
    pub name: Ident,
    /// The name as it was written: in an expression it is a template.
    pub key: Text,
    pub value: Node,
    pub span: Span,
}

/// A string with its escapes resolved, and where its bytes came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    pub value: String,
    /// Pairs of an offset in `value` and the offset in the file that it came from; between them both run alike.
    places: Vec<(u32, u32)>,
    pub(super) file: FileId,
}

impl Text {
    /// The place in the file of a place in `value`.
    pub(super) fn place(&self, span: Span) -> Span {
        Span::new(self.file, self.offset(span.start), self.offset(span.end))
    }

    fn offset(&self, at: u32) -> usize {
        let i = self.places.partition_point(|(decoded, _)| *decoded <= at);
        let (decoded, raw) = self.places[i.saturating_sub(1)];
        (raw + (at - decoded.min(at))) as usize
    }
}

impl Node {
    /// What kind of value it is, for messages.
    #[must_use]
    pub fn friendly(&self) -> &'static str {
        match self.kind {
            NodeKind::Null => "null",
            NodeKind::Bool(_) => "a bool",
            NodeKind::Number(_) => "a number",
            NodeKind::String(_) => "a string",
            NodeKind::Array(_) => "an array",
            NodeKind::Object(_) => "an object",
        }
    }
}

/// Reads a JSON text. A byte order mark at its beginning is skipped; offsets count it. Reading ends at the first
/// mistake: after it, no quote or brace can be trusted.
///
/// # Errors
/// The text is not JSON, or nested deeper than [`limits::MAX_NESTING`] levels.
pub fn read(text: &str, file: FileId) -> Result<Node, Diagnostic> {
    let mut r = Reader { text, file, at: 0 };
    if text.starts_with('\u{feff}') {
        r.at = '\u{feff}'.len_utf8();
    }
    let node = r.value(0)?;
    r.space();
    if r.at < text.len() {
        return Err(r.error("the value ends before this"));
    }
    Ok(node)
}

struct Reader<'t> {
    text: &'t str,
    file: FileId,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn span(&self, start: usize) -> Span {
        Span::new(self.file, start, self.at)
    }

    fn error(&self, problem: &str) -> Diagnostic {
        self.error_at(self.at, problem)
    }

    fn error_at(&self, at: usize, problem: &str) -> Diagnostic {
        let next = self.text.get(at..).and_then(|t| t.chars().next());
        let end = at + next.map_or(0, char::len_utf8);
        let hint = match next {
            Some('/' | '#') => "JSON has no comments: write a property named \"//\".",
            Some('\'') => "Put strings in double quotes.",
            Some('}' | ']') => "Add what is missing, or remove the comma before this.",
            _ => "Correct the text.",
        };
        Diagnostic::error("invalid-json", "Not valid JSON", format!("Here {problem}."))
            .at(Span::new(self.file, at, end))
            .hint(hint)
    }

    fn value(&mut self, depth: usize) -> Result<Node, Diagnostic> {
        self.space();
        let start = self.at;
        let kind = match self.peek() {
            Some(b'{') => stack::with_room(|| self.object(depth + 1))?,
            Some(b'[') => stack::with_room(|| self.array(depth + 1))?,
            Some(b'"') => NodeKind::String(self.string()?),
            _ => self.word()?,
        };
        Ok(Node {
            kind,
            span: self.span(start),
        })
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> Result<NodeKind, Diagnostic> {
        let start = self.at;
        let rest = &self.text[start..];
        let length = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.')))
            .unwrap_or(rest.len());
        let word = &rest[..length];
        let kind = match word {
            "" if rest.is_empty() => {
                return Err(self.error("the text ends, but a value is missing"));
            }
            "" => return Err(self.error("a value is missing")),
            "true" => NodeKind::Bool(true),
            "false" => NodeKind::Bool(false),
            "null" => NodeKind::Null,
            number => match decode_json(number).ok().as_ref().and_then(Value::as_number) {
                Some(n) => NodeKind::Number(n.clone()),
                None => {
                    self.at += length;
                    let hint = "Write a number, true, false, null, or a string in quotes.";
                    return Err(Diagnostic::error(
                        "invalid-json",
                        "Not valid JSON",
                        format!("\"{number}\" is not a value."),
                    )
                    .at(self.span(start))
                    .hint(hint));
                }
            },
        };
        self.at += length;
        Ok(kind)
    }

    fn enter(&mut self, depth: usize) -> Result<(), Diagnostic> {
        if depth > MAX_DEPTH {
            return Err(self.error(&format!("values are nested deeper than {MAX_DEPTH} levels")));
        }
        self.at += 1;
        self.space();
        Ok(())
    }

    fn array(&mut self, depth: usize) -> Result<NodeKind, Diagnostic> {
        self.enter(depth)?;
        let mut items = Vec::new();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(NodeKind::Array(items));
        }
        loop {
            items.push(self.value(depth)?);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(NodeKind::Array(items));
                }
                _ => return Err(self.error("a comma or the end of the array is missing")),
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<NodeKind, Diagnostic> {
        self.enter(depth)?;
        let mut properties = Vec::new();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(NodeKind::Object(properties));
        }
        loop {
            properties.push(self.property(depth)?);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(NodeKind::Object(properties));
                }
                _ => return Err(self.error("a comma or the end of the object is missing")),
            }
        }
    }

    fn property(&mut self, depth: usize) -> Result<Property, Diagnostic> {
        self.space();
        let start = self.at;
        if self.peek() != Some(b'"') {
            return Err(self.error("a name in quotes is missing"));
        }
        let key = self.string()?;
        let name = Ident {
            name: crate::value::normalize(&key.value),
            span: self.span(start),
        };
        self.space();
        if self.peek() != Some(b':') {
            return Err(self.error("a colon is missing"));
        }
        self.at += 1;
        let value = self.value(depth)?;
        Ok(Property {
            name,
            key,
            value,
            span: self.span(start),
        })
    }

    fn string(&mut self) -> Result<Text, Diagnostic> {
        let opening = self.at;
        self.at += 1;
        let mut out = Text {
            value: String::new(),
            places: vec![(0, self.at as u32)],
            file: self.file,
        };
        loop {
            let rest = &self.text[self.at..];
            let Some(stop) = rest.find(|c: char| c == '"' || c == '\\' || c < ' ') else {
                return Err(self.error_at(opening, "a string begins that does not end"));
            };
            out.value.push_str(&rest[..stop]);
            self.at += stop;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    let c = self.escape()?;
                    out.value.push(c);
                    out.places.push((out.value.len() as u32, self.at as u32));
                }
                _ => return Err(self.error("a control character stands in a string unescaped")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Diagnostic> {
        let start = self.at;
        self.at += 2;
        Ok(match self.text.as_bytes().get(start + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(start),
            _ => return Err(self.error_at(start, "an escape begins that JSON does not have")),
        })
    }

    /// `\uXXXX`, or two of them for a character beyond the first 65,536. Half a pair stands for no character.
    fn unicode(&mut self, start: usize) -> Result<char, Diagnostic> {
        let Some(first) = self.hex() else {
            return Err(self.error_at(start, "\"\\u\" lacks its four hexadecimal digits"));
        };
        if !(0xd800..0xdc00).contains(&first) {
            return Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let after = self.at;
        if self.text[after..].starts_with("\\u") {
            self.at += 2;
            if let Some(second) = self.hex().filter(|s| (0xdc00..0xe000).contains(s)) {
                let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = after;
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use super::*;

    fn wrong(text: &str) -> (String, usize, usize) {
        let d = read(text, FileId(0)).unwrap_err();
        let s = d.subject.unwrap();
        (d.detail, s.start as usize, s.end as usize)
    }

    #[test]
    fn values_know_their_places() {
        let n = read("\u{feff} {\"a\": [1, \"x\"]}", FileId(0)).unwrap();
        let NodeKind::Object(p) = &n.kind else {
            panic!("{n:?}")
        };
        assert_eq!((p[0].name.span.start, p[0].name.span.end), (5, 8));
        assert_eq!((p[0].value.span.start, p[0].value.span.end), (10, 18));
    }

    #[test]
    fn escapes_keep_offsets() {
        let n = read(r#""\u00e9\n\ud83d\ude00x""#, FileId(0)).unwrap();
        let NodeKind::String(t) = &n.kind else {
            panic!("{n:?}")
        };
        assert_eq!(t.value, "é\n😀x");
        let place = t.place(Span::new(FileId(0), 7, 8));
        assert_eq!((place.start, place.end), (21, 22));
        let lone = read(r#""\ud83d-""#, FileId(0)).unwrap();
        assert!(matches!(lone.kind, NodeKind::String(t) if t.value == "\u{fffd}-"));
    }

    #[test]
    fn mistakes_are_placed() {
        for (text, start, end, says) in [
            ("", 0, 0, "ends"),
            ("{\"a\": 1,}", 8, 9, "name in quotes"),
            ("{\"a\" 1}", 5, 6, "colon"),
            ("[1 2]", 3, 4, "comma"),
            ("[1", 2, 2, "comma"),
            ("{\"a\": nope}", 6, 10, "not a value"),
            ("{\"a\": 01}", 6, 8, "not a value"),
            ("\"abc", 0, 1, "does not end"),
            ("\"a\\qb\"", 2, 3, "escape"),
            ("\"\\u12\"", 1, 2, "hexadecimal"),
            ("\"\\", 1, 2, "escape"),
            ("1 // x", 2, 3, "ends before"),
            ("\"a\nb\"", 2, 3, "control"),
        ] {
            let (detail, s, e) = wrong(text);
            assert!(detail.contains(says), "{text}: {detail}");
            assert_eq!((s, e), (start, end), "{text}");
        }
        assert!(wrong(&"[".repeat(100_000)).0.contains("2500 levels"));
    }
}
