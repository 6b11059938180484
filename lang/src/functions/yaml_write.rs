//! Values as YAML: block style, strings always in quotes, or as literal blocks where they have several lines.

use std::fmt::Write as _;

use crate::value::{Kind, Value};

/// Longer keys need the form with a question mark.
const MAX_SIMPLE_KEY: usize = 128;

pub(super) fn encode(value: &Value) -> String {
    let mut w = Writer {
        out: String::new(),
        open_end: false,
    };
    match value.kind() {
        Kind::Map(_) | Kind::Object(_) | Kind::List(_) | Kind::Set(_) | Kind::Tuple(_)
            if !is_empty(value) =>
        {
            w.block(value, 0);
        }
        Kind::String(s) => {
            w.string(s, 0);
            w.out.push('\n');
        }
        _ if value.children().next().is_none()
            && (value.as_items().is_some() || value.as_entries().is_some()) =>
        {
            w.scalar(value, 0);
            w.out.push('\n');
        }
        _ => {
            w.scalar(value, 0);
            w.out.push('\n');
            // A bare scalar alone does not say where it ends.
            w.open_end = true;
        }
    }
    while w.out.ends_with("\n\n") && !w.open_end {
        w.out.pop();
    }
    if w.open_end {
        w.out.push_str("...\n");
    }
    w.out
}

struct Writer {
    out: String,
    /// Whether the text ends with something that more lines could continue.
    open_end: bool,
}

fn is_empty(value: &Value) -> bool {
    value.children().next().is_none()
}

impl Writer {
    /// A collection that is not empty, its first line at the current place and the others at `indent`.
    fn block(&mut self, value: &Value, indent: usize) {
        if let Some(entries) = value.as_entries() {
            for (i, (key, v)) in entries.iter().enumerate() {
                if i > 0 {
                    self.indent(indent);
                }
                self.entry(key, v, indent);
            }
            return;
        }
        for (i, v) in value.children().enumerate() {
            if i > 0 {
                self.indent(indent);
            }
            self.out.push_str("- ");
            if is_block(v) {
                self.block(v, indent + 2);
            } else {
                self.scalar(v, indent);
                self.end_line();
            }
        }
    }

    fn entry(&mut self, key: &str, v: &Value, indent: usize) {
        let simple = key.len() <= MAX_SIMPLE_KEY && !key.contains('\n');
        if !simple {
            self.out.push_str("? ");
        }
        self.quoted(key);
        if !simple {
            self.out.push('\n');
            self.indent(indent);
        }
        self.out.push(':');
        if !is_block(v) {
            self.out.push(' ');
            self.scalar(v, indent);
            self.end_line();
        } else if v.as_entries().is_some() {
            self.out.push('\n');
            self.indent(indent + 2);
            self.block(v, indent + 2);
        } else {
            // The dashes of a list in a map stand below its key.
            self.out.push('\n');
            self.indent(indent);
            self.block(v, indent);
        }
    }

    fn indent(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    fn end_line(&mut self) {
        if !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    fn scalar(&mut self, value: &Value, indent: usize) {
        self.open_end = false;
        match value.kind() {
            Kind::String(s) => self.string(s, indent),
            Kind::Bool(b) => self.out.push_str(if *b { "true" } else { "false" }),
            Kind::Number(n) => {
                let _ = write!(self.out, "{n}");
            }
            Kind::Map(_) | Kind::Object(_) => self.out.push_str("{}"),
            Kind::List(_) | Kind::Set(_) | Kind::Tuple(_) => self.out.push_str("[]"),
            Kind::Null(_) | Kind::Unknown(_) => self.out.push_str("null"),
        }
    }

    fn string(&mut self, s: &str, indent: usize) {
        if s.contains('\n') && literal_allowed(s) {
            self.literal(s, indent + 2)
        } else {
            self.quoted(s)
        }
    }

    fn literal(&mut self, s: &str, indent: usize) {
        self.out.push('|');
        if s.starts_with([' ', '\n']) {
            self.out.push('2');
        }
        let body = s.strip_suffix('\n');
        match body {
            None => self.out.push('-'),
            Some(b) if b.is_empty() || b.ends_with('\n') => {
                self.out.push('+');
                self.open_end = true;
            }
            Some(_) => {}
        }
        for line in body.unwrap_or(s).split('\n') {
            self.out.push('\n');
            if !line.is_empty() {
                self.indent(indent);
                self.out.push_str(line);
            }
        }
        if body.is_some() {
            self.out.push('\n');
        }
    }

    fn quoted(&mut self, s: &str) {
        self.out.push('"');
        for c in s.chars() {
            let short = match c {
                '\0' => "\\0",
                '\u{7}' => "\\a",
                '\u{8}' => "\\b",
                '\t' => "\\t",
                '\n' => "\\n",
                '\u{b}' => "\\v",
                '\u{c}' => "\\f",
                '\r' => "\\r",
                '\u{1b}' => "\\e",
                '"' => "\\\"",
                '\\' => "\\\\",
                '\u{85}' => "\\N",
                '\u{2028}' => "\\L",
                '\u{2029}' => "\\P",
                _ => "",
            };
            let code = u32::from(c);
            if !short.is_empty() {
                self.out.push_str(short);
            } else if printable(c) {
                self.out.push(c);
            } else if code <= 0xff {
                let _ = write!(self.out, "\\x{code:02X}");
            } else if code <= 0xffff {
                let _ = write!(self.out, "\\u{code:04X}");
            } else {
                let _ = write!(self.out, "\\U{code:08X}");
            }
        }
        self.out.push('"');
    }
}

fn is_block(value: &Value) -> bool {
    (value.as_entries().is_some() || value.as_items().is_some()) && !is_empty(value)
}

/// What the usual writers of YAML do not escape.
fn printable(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

fn literal_allowed(s: &str) -> bool {
    !s.ends_with(' ')
        && s.chars()
            .all(|c| c == '\n' || (printable(c) && !matches!(c, '\u{2028}' | '\u{2029}')))
}
