//! JSON text to values and back, with numbers digit for digit.

use std::fmt::Write as _;

use super::convert::convert;
use super::number::Number;
use super::types::{ObjectType, Type};
use super::value::{Kind, Str, Value, normalize};
use super::wire;
use crate::stack;

/// How deep arrays and objects may nest in text that is read. Values are walked recursively, so this bounds the stack.
const MAX_DEPTH: usize = 2500;

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
    let mut reader = Reader {
        text,
        at: 0,
        max_depth,
    };
    let value = reader.value(0)?;
    reader.space();
    if reader.at < text.len() {
        return Err(reader.error("there is more after the end of the value"));
    }
    Ok(value)
}

/// Reads JSON as a value of a given type; where the type is dynamic, `{"value":…,"type":…}` as written by
/// [`super::encode`] or else the implied type.
pub fn decode_json_as(text: &str, ty: &Type) -> Result<Value, JsonError> {
    let mut reader = Reader {
        text,
        at: 0,
        max_depth: MAX_DEPTH,
    };
    if let Some(value) = reader.exact(ty, 0)
        && reader.at == text.len()
    {
        return Ok(value);
    }
    let implied = decode_json(text)?;
    let value = if ty.has_dynamic() {
        with_types(&implied, ty)
    } else {
        implied
    };
    convert(&value, ty).map_err(|e| {
        let place = if e.path.0.is_empty() {
            String::new()
        } else {
            format!("{}: ", e.path)
        };
        JsonError {
            offset: 0,
            message: format!("{place}{}", e.message),
        }
    })
}

/// Replaces what stands where the type is dynamic and says its own type.
fn with_types(value: &Value, ty: &Type) -> Value {
    match (value.kind(), ty) {
        (_, Type::Dynamic) => wire::from_tree(value).unwrap_or_else(|| value.clone()),
        (Kind::Tuple(items), Type::List(e) | Type::Set(e)) => {
            Value::tuple(items.iter().map(|v| with_types(v, e)))
        }
        (Kind::Tuple(items), Type::Tuple(es)) if items.len() == es.len() => {
            Value::tuple(items.iter().zip(es.iter()).map(|(v, t)| with_types(v, t)))
        }
        (Kind::Object(o), Type::Map(e)) => {
            Value::object(o.iter().map(|(k, v)| (k.clone(), with_types(v, e))))
        }
        (Kind::Object(o), Type::Object(t)) => Value::object(o.iter().map(|(k, v)| {
            let v = t
                .attributes
                .get(k)
                .map_or_else(|| v.clone(), |t| with_types(v, t));
            (k.clone(), v)
        })),
        _ => value.clone(),
    }
}

/// Recursive descent over the bytes of a text.
struct Reader<'t> {
    text: &'t str,
    at: usize,
    max_depth: usize,
}

impl<'t> Reader<'t> {
    fn error(&self, message: impl Into<String>) -> JsonError {
        JsonError {
            offset: self.at,
            message: message.into(),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Reads a value of a type that is written as it always is by whoever writes one of that type: all attributes in
    /// order, and nothing to convert. None for anything else, which is no error yet.
    fn exact(&mut self, ty: &Type, depth: usize) -> Option<Value> {
        if self.take("null") {
            let is_plain = *ty == Type::Dynamic || !ty.has_dynamic() && !ty.has_optional();
            return is_plain.then(|| Value::null(ty.clone()));
        }
        match ty {
            Type::Dynamic => self.exact_dynamic(depth),
            Type::Bool if self.take("true") => Some(Value::bool(true)),
            Type::Bool if self.take("false") => Some(Value::bool(false)),
            Type::Number if matches!(self.peek(), Some(b'-' | b'0'..=b'9')) => self.number().ok(),
            Type::String => self.plain().map(Value::string),
            Type::List(e) if !e.has_dynamic() && !e.has_optional() => {
                let items = stack::with_room(|| self.exact_items(e, depth + 1))?;
                Some(Value::list((**e).clone(), items))
            }
            Type::Set(e) if !e.has_dynamic() && !e.has_optional() => {
                let items = stack::with_room(|| self.exact_items(e, depth + 1))?;
                Some(Value::set((**e).clone(), items))
            }
            Type::Map(e) if !e.has_dynamic() && !e.has_optional() => {
                let entries = stack::with_room(|| self.exact_entries(e, depth + 1))?;
                Some(Value::map((**e).clone(), entries))
            }
            Type::Object(o) if o.optional.is_empty() => {
                stack::with_room(|| self.exact_object(o, depth + 1))
            }
            _ => None,
        }
    }

    /// What says its own type: mostly a string.
    fn exact_dynamic(&mut self, depth: usize) -> Option<Value> {
        let start = self.at;
        if self.take("{\"value\":")
            && let Some(text) = self.plain()
            && self.take(",\"type\":\"string\"}")
        {
            return Some(Value::string(text));
        }
        self.at = start;
        let implied = self.value(depth).ok()?;
        Some(with_types(&implied, &Type::Dynamic))
    }

    fn exact_items(&mut self, element: &Type, depth: usize) -> Option<Vec<Value>> {
        self.enter(depth).ok()?;
        let mut items = Vec::new();
        if self.take("[]") {
            return Some(items);
        }
        self.take("[").then_some(())?;
        loop {
            items.push(self.exact(element, depth)?);
            if self.take("]") {
                return Some(items);
            }
            self.take(",").then_some(())?;
        }
    }

    fn exact_entries(&mut self, element: &Type, depth: usize) -> Option<Vec<(Str, Value)>> {
        self.enter(depth).ok()?;
        let mut entries = Vec::new();
        if self.take("{}") {
            return Some(entries);
        }
        self.take("{").then_some(())?;
        loop {
            let name = normalize(self.plain()?);
            self.take(":").then_some(())?;
            entries.push((name, self.exact(element, depth)?));
            if self.take("}") {
                return Some(entries);
            }
            self.take(",").then_some(())?;
        }
    }

    fn exact_object(&mut self, ty: &ObjectType, depth: usize) -> Option<Value> {
        self.enter(depth).ok()?;
        self.take("{").then_some(())?;
        let mut entries = Vec::with_capacity(ty.attributes.len());
        for (name, ty) in &ty.attributes {
            if !entries.is_empty() {
                self.take(",").then_some(())?;
            }
            (self.plain()? == &**name && self.take(":")).then_some(())?;
            entries.push((name.clone(), self.exact(ty, depth)?));
        }
        self.take("}").then(|| Value::object(entries))
    }

    /// Passes a text that stands here.
    fn take(&mut self, text: &str) -> bool {
        let is_here = self.text.as_bytes()[self.at..].starts_with(text.as_bytes());
        if is_here {
            self.at += text.len();
        }
        is_here
    }

    /// The text of a string without any escapes.
    fn plain(&mut self) -> Option<&'t str> {
        let text = self.text;
        let bytes = text.as_bytes().get(self.at + 1..)?;
        let end = bytes
            .iter()
            .position(|b| *b < b' ' || matches!(b, b'"' | b'\\'))?;
        if self.peek() != Some(b'"') || bytes[end] != b'"' {
            return None;
        }
        let start = self.at + 1;
        self.at = start + end + 1;
        text.get(start..start + end)
    }

    fn value(&mut self, depth: usize) -> Result<Value, JsonError> {
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

    fn enter(&self, depth: usize) -> Result<(), JsonError> {
        if depth > self.max_depth {
            Err(self.error(format!("nested deeper than {} levels", self.max_depth)))
        } else {
            Ok(())
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.enter(depth)?;
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::tuple(items));
        }
        loop {
            items.push(self.value(depth)?);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::tuple(items));
                }
                _ => return Err(self.error("a comma or the end of the array must stand here")),
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.enter(depth)?;
        self.at += 1;
        let mut entries = Vec::new();
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::object::<Str>(entries));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.error("a key in quotes must stand here"));
            }
            let key = normalize(&self.string()?);
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.error("a colon must stand here"));
            }
            self.at += 1;
            let value = self.value(depth)?;
            entries.push((key, value));
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Value::object(entries));
                }
                _ => return Err(self.error("a comma or the end of the object must stand here")),
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

    fn string(&mut self) -> Result<String, JsonError> {
        let opening = self.at;
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let stop = rest.find(|c: char| c == '"' || c == '\\' || c < ' ');
            let Some(stop) = stop else {
                return Err(JsonError {
                    offset: opening,
                    message: "the string does not end".into(),
                });
            };
            out.push_str(&rest[..stop]);
            self.at += stop;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => out.push(self.escape()?),
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
    fn what_is_written_as_usual_is_read_at_once_and_means_the_same() {
        let of = Type::object([
            ("any", Type::Dynamic),
            ("flags", Type::list(Type::Bool)),
            ("inner", Type::object([("n", Type::Number)])),
            ("name", Type::String),
            ("set", Type::set(Type::String)),
            ("tags", Type::map(Type::String)),
        ]);
        // The same in another order, which is read the general way.
        let both = |any: &str, rest: &str| {
            let usual = format!("{{\"any\":{any},{rest},\"tags\":{{\"b\":\"x\",\"a\":null}}}}");
            let other = format!("{{\"tags\":{{\"b\":\"x\",\"a\":null}},{rest},\"any\":{any}}}");
            let usual = decode_json_as(&usual, &of).unwrap();
            assert_eq!(
                Ok(&usual),
                decode_json_as(&other, &of).as_ref(),
                "{any} {rest}"
            );
        };
        for any in [
            "null",
            "1",
            "\"x\"",
            r#"{"value":"x","type":"string"}"#,
            r#"{"value":"a\"b","type":"string"}"#,
            r#"{"value":"x","type":"dynamic"}"#,
            r#"{"value":["x"],"type":["list","string"]}"#,
            r#"{"value":"x","more":1}"#,
        ] {
            both(
                any,
                r#""flags":[true,null],"inner":{"n":-1.5e3},"name":"e\u0301","set":["b","a","b"]"#,
            );
            both(any, r#""flags":[],"inner":null,"name":"é","set":null"#);
            both(
                any,
                r#""flags":["true"],"inner":{"n":"7"},"name":1,"set":[]"#,
            );
        }
        for bad in ["", "{", "[1", "{\"n\":1}x", "{\"n\":}"] {
            assert!(
                decode_json_as(bad, &Type::object([("n", Type::Number)])).is_err(),
                "{bad}"
            );
        }
    }

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

    #[test]
    fn reads_as_a_type() {
        let list = decode_json_as("[1,2]", &Type::list(Type::String)).unwrap();
        assert_eq!(
            list,
            Value::list(Type::String, vec![Value::string("1"), Value::string("2")])
        );
        let typed =
            decode_json_as(r#"{"value":["a"],"type":["set","string"]}"#, &Type::Dynamic).unwrap();
        assert_eq!(typed, Value::set(Type::String, vec![Value::string("a")]));
        let implied =
            decode_json_as(r#"{"value":["a"],"type":"nonsense"}"#, &Type::Dynamic).unwrap();
        assert_eq!(implied.get("type").unwrap().as_str(), Some("nonsense"));
        let e = decode_json_as(
            r#"{"a":["x"]}"#,
            &Type::object([("a", Type::list(Type::Number))]),
        )
        .unwrap_err();
        assert_eq!(e.message, "a[0]: a number is required");
    }
}
