//! Writing JSON text, one piece after the other.

/// Writes a string with its quotes.
pub fn string(out: &mut String, s: &str) {
    out.push('"');
    let is_plain = |b: u8| !matches!(b, 0..=0x1f | b'"' | b'\\' | 0x7f);
    if s.bytes().all(is_plain) {
        out.push_str(s);
        out.push('"');
        return;
    }
    let mut from = 0;
    for (i, b) in s.bytes().enumerate() {
        let escape = match b {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..=0x1f | 0x7f => "",
            _ => continue,
        };
        out.push_str(&s[from..i]);
        from = i + 1;
        if escape.is_empty() {
            out.push_str(&format!("\\u{b:04x}"));
        } else {
            out.push_str(escape);
        }
    }
    out.push_str(&s[from..]);
    out.push('"');
}

/// A string with its quotes.
#[must_use]
pub fn quoted(s: &str) -> String {
    let mut out = String::with_capacity(s.len() + 2);
    string(&mut out, s);
    out
}

/// An object that is being written.
#[derive(Debug)]
pub struct Object<'o> {
    out: &'o mut String,
    first: bool,
}

impl<'o> Object<'o> {
    pub fn new(out: &'o mut String) -> Self {
        out.push('{');
        Self { out, first: true }
    }

    /// Begins a property; the caller writes its value.
    pub fn key(&mut self, name: &str) -> &mut String {
        if !std::mem::take(&mut self.first) {
            self.out.push(',');
        }
        string(self.out, name);
        self.out.push(':');
        self.out
    }

    pub fn string(&mut self, name: &str, value: &str) -> &mut Self {
        string(self.key(name), value);
        self
    }

    pub fn bool(&mut self, name: &str, value: bool) -> &mut Self {
        self.raw(name, if value { "true" } else { "false" })
    }

    pub fn number(&mut self, name: &str, value: u64) -> &mut Self {
        self.raw(name, &value.to_string())
    }

    /// `json` must be one whole JSON value.
    pub fn raw(&mut self, name: &str, json: &str) -> &mut Self {
        self.key(name).push_str(json);
        self
    }

    pub fn strings<S: AsRef<str>>(
        &mut self,
        name: &str,
        values: impl IntoIterator<Item = S>,
    ) -> &mut Self {
        let mut list = Array::new(self.key(name));
        for v in values {
            string(list.item(), v.as_ref());
        }
        list.end();
        self
    }

    pub fn end(self) {
        self.out.push('}');
    }
}

/// A list that is being written.
#[derive(Debug)]
pub struct Array<'o> {
    out: &'o mut String,
    first: bool,
}

impl<'o> Array<'o> {
    pub fn new(out: &'o mut String) -> Self {
        out.push('[');
        Self { out, first: true }
    }

    /// Begins an item; the caller writes it.
    pub fn item(&mut self) -> &mut String {
        if !std::mem::take(&mut self.first) {
            self.out.push(',');
        }
        self.out
    }

    pub fn end(self) {
        self.out.push(']');
    }
}

/// The same JSON with line breaks and two spaces for each level. What is not JSON comes out unchanged but for spaces.
#[must_use]
pub fn pretty(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0usize;
    let mut bytes = text.char_indices().peekable();
    let newline = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    while let Some((i, c)) = bytes.next() {
        match c {
            '"' => {
                let mut escaped = false;
                let mut end = text.len();
                for (j, c) in bytes.by_ref() {
                    if escaped {
                        escaped = false;
                    } else if c == '\\' {
                        escaped = true;
                    } else if c == '"' {
                        end = j + 1;
                        break;
                    }
                }
                out.push_str(&text[i..end]);
            }
            '{' | '[' => {
                out.push(c);
                while bytes.next_if(|(_, c)| c.is_ascii_whitespace()).is_some() {}
                if let Some((_, close)) = bytes.next_if(|(_, c)| matches!(c, '}' | ']')) {
                    out.push(close);
                } else {
                    depth += 1;
                    newline(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                newline(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(',');
                newline(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped() {
        assert_eq!(quoted("a\"b\\c\nd\u{1}é"), "\"a\\\"b\\\\c\\nd\\u0001é\"");
    }

    #[test]
    fn pretty_keeps_digits_and_strings() {
        let text = r#"{"a":[1,2.50000000000000000000001],"b":{},"c":[],"d":"x{,}\"y"}"#;
        assert_eq!(
            pretty(text),
            "{\n  \"a\": [\n    1,\n    2.50000000000000000000001\n  ],\n  \"b\": {},\n  \"c\": [],\n  \"d\": \"x{,}\\\"y\"\n}"
        );
    }
}
