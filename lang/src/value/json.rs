//! JSON text to values and back, with numbers digit for digit.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::number::Number;
use super::types::Type;
use super::value::{Kind, Value, normalize};
use crate::stack;

/// How deep arrays and objects may nest in text that is read. Values are walked recursively, so this bounds the stack.
pub(super) const MAX_DEPTH: usize = 2500;

/// Why a text is not JSON, or not of the type asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (at byte {offset})")]
pub struct JsonError {
    /// In bytes from the beginning of the text.
    pub offset: usize,
    pub message: String,
}

/// Compact JSON of a wholly known value, object keys in order; marks are ignored; unknowns become null. `<`, `>`, `&`
/// are not escaped here.
#[must_use]
pub fn encode_json(value: &Value) -> String {
    let mut out = String::new();
    write_json(value, &mut out);
    out
}

/// [`encode_json`] at the end of a buffer, but what is read back is the same value: numbers have all their digits, whatever
/// their precision is.
pub fn write_json_exact(value: &Value, out: &mut String) {
    write_value(value, Escapes::Stored, out);
}

/// [`encode_json`] at the end of a buffer.
pub fn write_json(value: &Value, out: &mut String) {
    write_value(value, Escapes::Needed, out);
}

/// JSON as `jsonencode` makes it: `<`, `>`, `&` and the line separators are escaped, so that it may stand in HTML.
#[must_use]
pub fn encode_json_for_html(value: &Value) -> String {
    let mut out = String::new();
    write_value(value, Escapes::Html, &mut out);
    out
}

/// JSON over several lines, indented by two spaces, as [`encode_json`] otherwise.
#[must_use]
pub fn encode_json_pretty(value: &Value) -> String {
    let mut out = String::new();
    write_pretty(value, 0, &mut out);
    out
}

/// A JSON string with its quotes, at the end of a buffer.
pub fn write_json_string(text: &str, out: &mut String) {
    write_string(text, Escapes::Needed, out);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Escapes {
    Needed,
    Html,
    /// As [`Escapes::Needed`], and numbers with all their digits.
    Stored,
}

fn write_value(value: &Value, escapes: Escapes, out: &mut String) {
    match value.kind() {
        Kind::List(_) | Kind::Set(_) | Kind::Tuple(_) => {
            out.push('[');
            for (i, v) in value.children().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_value(v, escapes, out);
            }
            out.push(']');
        }
        Kind::Map(_) | Kind::Object(_) => {
            out.push('{');
            for (i, (k, v)) in value.as_entries().into_iter().flatten().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_string(k, escapes, out);
                out.push(':');
                write_value(v, escapes, out);
            }
            out.push('}');
        }
        _ => write_primitive(value, escapes, out),
    }
}

fn write_primitive(value: &Value, escapes: Escapes, out: &mut String) {
    match value.kind() {
        Kind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        // JSON has no infinities.
        Kind::Number(n) if n.is_finite() => {
            let _ = match escapes {
                Escapes::Stored => write!(out, "{}", n.exact()),
                Escapes::Needed | Escapes::Html => write!(out, "{n}"),
            };
        }
        Kind::String(s) => write_string(s, escapes, out),
        _ => out.push_str("null"),
    }
}

fn write_pretty(value: &Value, indent: usize, out: &mut String) {
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    let empty = value.children().next().is_none();
    match value.kind() {
        Kind::List(_) | Kind::Set(_) | Kind::Tuple(_) if !empty => {
            out.push('[');
            for (i, v) in value.children().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                line(out, indent + 1);
                write_pretty(v, indent + 1, out);
            }
            line(out, indent);
            out.push(']');
        }
        Kind::Map(_) | Kind::Object(_) if !empty => {
            out.push('{');
            for (i, (k, v)) in value.as_entries().into_iter().flatten().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                line(out, indent + 1);
                write_string(k, Escapes::Needed, out);
                out.push_str(": ");
                write_pretty(v, indent + 1, out);
            }
            line(out, indent);
            out.push('}');
        }
        _ => write_value(value, Escapes::Needed, out),
    }
}

fn write_string(text: &str, escapes: Escapes, out: &mut String) {
    out.push('"');
    let html = escapes == Escapes::Html;
    // Without a way out of the loop many bytes are looked at in one step.
    let is_plain = |b: u8| (b >= b' ') & (b != b'"') & (b != b'\\');
    if !html && text.bytes().fold(true, |plain, b| plain & is_plain(b)) {
        out.push_str(text);
        out.push('"');
        return;
    }
    // What needs no escape is copied as it is, a stretch at a time.
    let mut from = 0;
    for (i, b) in text.bytes().enumerate() {
        // The line separators begin with this byte.
        let special =
            b < b' ' || matches!(b, b'"' | b'\\') || html && matches!(b, b'<' | b'>' | b'&' | 0xe2);
        if !special {
            continue;
        }
        let Some(c) = text[i..].chars().next() else {
            break;
        };
        if b == 0xe2 && !matches!(c, '\u{2028}' | '\u{2029}') {
            continue;
        }
        out.push_str(&text[from..i]);
        from = i + c.len_utf8();
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' if html => out.push_str("\\b"),
            '\u{c}' if html => out.push_str("\\f"),
            c => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
        }
    }
    out.push_str(&text[from..]);
    out.push('"');
}

/// Reads JSON with the type that the text implies: objects, tuples, primitives, null of dynamic type. Of a key that
/// comes twice, the last value counts.
pub fn decode_json(text: &str) -> Result<Value, JsonError> {
    decode_json_to_depth(text, MAX_DEPTH)
}

/// [`decode_json`] of text that may nest deeper or not as deep.
pub(super) fn decode_json_to_depth(text: &str, max_depth: usize) -> Result<Value, JsonError> {
    let mut reader = Reader::new(text, max_depth);
    let value = reader.value(0)?;
    reader.end()?;
    Ok(value)
}

/// Recursive descent over the bytes of a text.
pub(super) struct Reader<'t> {
    text: &'t str,
    pub(super) at: usize,
    max_depth: usize,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str, max_depth: usize) -> Self {
        Self {
            text,
            at: 0,
            max_depth,
        }
    }

    /// Nothing but white space may follow.
    pub(super) fn end(&mut self) -> Result<(), JsonError> {
        self.space();
        if self.at < self.text.len() {
            return Err(self.error("there is more after the end of the value"));
        }
        Ok(())
    }

    fn error(&self, message: impl Into<String>) -> JsonError {
        JsonError {
            offset: self.at,
            message: message.into(),
        }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    pub(super) fn value(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.space();
        match self.peek() {
            Some(b'{') => stack::with_room(|| self.object(depth + 1)),
            Some(b'[') => stack::with_room(|| self.array(depth + 1)),
            Some(b'"') => Ok(Value::string(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::bool(true)),
            Some(b'f') => self.word("false", Value::bool(false)),
            Some(b'n') => self.word("null", Value::null(Type::Dynamic)),
            Some(_) => Err(self.error("a value must stand here")),
            None => Err(self.error("the text ends where a value must stand")),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, JsonError> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.error("a value must stand here"));
        }
        self.at += word.len();
        Ok(value)
    }

    pub(super) fn enter(&self, depth: usize) -> Result<(), JsonError> {
        if depth > self.max_depth {
            Err(self.error(format!("nested deeper than {} levels", self.max_depth)))
        } else {
            Ok(())
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, JsonError> {
        let mut items = Vec::new();
        self.items(depth, |reader| {
            items.push(reader.value(depth)?);
            Ok(())
        })?;
        Ok(Value::tuple(items))
    }

    fn object(&mut self, depth: usize) -> Result<Value, JsonError> {
        let mut entries = Vec::new();
        self.entries(depth, |reader, key| {
            entries.push((normalize(&key), reader.value(depth)?));
            Ok::<_, JsonError>(())
        })?;
        Ok(Value::object(entries))
    }

    /// Reads an array, whose items `item` reads.
    pub(super) fn items<E: From<JsonError>>(
        &mut self,
        depth: usize,
        mut item: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.enter(depth)?;
        self.at += 1;
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            item(self)?;
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => {
                    return Err(self
                        .error("a comma or the end of the array must stand here")
                        .into());
                }
            }
        }
    }

    /// Reads an object, whose values `value` reads.
    pub(super) fn entries<E: From<JsonError>>(
        &mut self,
        depth: usize,
        mut value: impl FnMut(&mut Self, Cow<'t, str>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.enter(depth)?;
        self.at += 1;
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.error("a key in quotes must stand here").into());
            }
            let key = self.string()?;
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.error("a colon must stand here").into());
            }
            self.at += 1;
            value(self, key)?;
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => {
                    return Err(self
                        .error("a comma or the end of the object must stand here")
                        .into());
                }
            }
        }
    }

    fn number(&mut self) -> Result<Value, JsonError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let whole = self.digits()?;
        if whole > 1 && self.text.as_bytes()[self.at - whole] == b'0' {
            return Err(JsonError {
                offset: start,
                message: "a number must not begin with a zero".into(),
            });
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Number::parse(&self.text[start..self.at])
            .map(Value::number)
            .ok_or(JsonError {
                offset: start,
                message: "the number is too large".into(),
            })
    }

    /// Passes at least one digit, and says how many.
    fn digits(&mut self) -> Result<usize, JsonError> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start {
            Err(self.error("a digit must stand here"))
        } else {
            Ok(self.at - start)
        }
    }

    /// Passes a text that stands here.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let is_here = self.text.as_bytes()[self.at..].starts_with(text.as_bytes());
        if is_here {
            self.at += text.len();
        }
        is_here
    }

    /// Borrowed where nothing is escaped.
    pub(super) fn string(&mut self) -> Result<Cow<'t, str>, JsonError> {
        let opening = self.at;
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let stop = rest
                .bytes()
                .position(|b| matches!(b, b'"' | b'\\' | ..b' '));
            let Some(stop) = stop else {
                return Err(JsonError {
                    offset: opening,
                    message: "the string does not end".into(),
                });
            };
            self.at += stop;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    if out.is_empty() {
                        return Ok(Cow::Borrowed(&rest[..stop]));
                    }
                    out.push_str(&rest[..stop]);
                    return Ok(Cow::Owned(out));
                }
                Some(b'\\') => {
                    out.push_str(&rest[..stop]);
                    out.push(self.escape()?);
                }
                _ => return Err(self.error("a control character must be escaped in a string")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        self.at += 1;
        let c = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode();
            }
            _ => return Err(self.error("not an escape sequence")),
        };
        self.at += 1;
        Ok(c)
    }

    /// The four digits after `\u`, and the second half of a surrogate pair. A half alone is the replacement character.
    fn unicode(&mut self) -> Result<char, JsonError> {
        let first = self.hex()?;
        if !(0xd800..0xdc00).contains(&first) {
            return Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let mark = self.at;
        if self.text[self.at..].starts_with("\\u") {
            self.at += 2;
            let second = self.hex()?;
            if (0xdc00..0xe000).contains(&second) {
                let c = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(c).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = mark;
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn hex(&mut self) -> Result<u32, JsonError> {
        let digits = self
            .text
            .get(self.at..self.at + 4)
            .filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let code = digits.and_then(|d| u32::from_str_radix(d, 16).ok());
        let code = code.ok_or_else(|| self.error("four hexadecimal digits must stand here"))?;
        self.at += 4;
        Ok(code)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed expectation is a failed test
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_digit_for_digit() {
        for text in [
            "null",
            "true",
            "[]",
            "{}",
            r#"{"a":[1,2.5,"x",null],"b":{"c":false}}"#,
            "123456789012345678901234567890.123456789",
            r#""\"\\\n\u0001é😀""#,
        ] {
            assert_eq!(encode_json(&decode_json(text).unwrap()), text);
        }
        assert_eq!(
            encode_json(&decode_json(" [ 1e3 , 0.10 ] \n").unwrap()),
            "[1000,0.1]"
        );
        assert_eq!(
            encode_json(&decode_json(r#""\ud83d\ude00\/\ud800x""#).unwrap()),
            "\"😀/\u{fffd}x\""
        );
        assert_eq!(
            encode_json(&decode_json(r#"{"b":1,"a":2,"b":3}"#).unwrap()),
            r#"{"a":2,"b":3}"#
        );
    }

    #[test]
    fn says_where_the_text_is_wrong() {
        for (text, offset) in [
            ("", 0),
            ("[1,]", 3),
            ("[1 2]", 3),
            ("{a:1}", 1),
            (r#"{"a" 1}"#, 5),
            ("01", 0),
            ("1.", 2),
            ("-", 1),
            ("tru", 0),
            ("\"abc", 0),
            ("\"\\x\"", 2),
            ("\"\\u12\"", 3),
            ("\"\n\"", 1),
            ("1 2", 2),
            ("nan", 0),
            ("\u{feff}1", 0),
        ] {
            assert_eq!(decode_json(text).unwrap_err().offset, offset, "{text:?}");
        }
        assert!(
            decode_json(&"[".repeat(100_000))
                .unwrap_err()
                .message
                .contains("deeper")
        );
        assert!(decode_json(&format!("{}1{}", "[".repeat(200), "]".repeat(200))).is_ok());
    }

    #[test]
    fn html_is_escaped_only_where_asked() {
        let v = Value::string("<a>&\u{2028}\u{7f}");
        assert_eq!(encode_json(&v), "\"<a>&\u{2028}\u{7f}\"");
        assert_eq!(
            encode_json_for_html(&v),
            "\"\\u003ca\\u003e\\u0026\\u2028\u{7f}\""
        );
    }

    #[test]
    fn pretty() {
        let v = decode_json(r#"{"a":[1,{}],"b":[]}"#).unwrap();
        assert_eq!(
            encode_json_pretty(&v),
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}"
        );
    }
}
