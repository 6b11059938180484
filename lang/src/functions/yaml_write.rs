//! Values as YAML: block style, strings always in quotes, or as literal blocks where they have several lines.

use std::fmt::Write as _;

use crate::value::{Kind, Value};

/// Longer keys need the form with a question mark.
const MAX_SIMPLE_KEY: usize = 128;
/// A text in quotes goes on in the next line at the first space behind this column.
const MAX_COLUMN: usize = 80;

pub(super) fn encode(value: &Value) -> String {
    let mut w = Writer::default();
    if is_block(value) {
        w.block(value, 0);
        return w.out;
    }
    w.scalar(value, 0);
    w.end_line();
    if let Kind::Bool(_) | Kind::Number(_) | Kind::Null(_) = value.kind() {
        // A bare scalar alone does not say where it ends.
        w.out.push_str("...\n");
    }
    w.out
}

#[derive(Default)]
struct Writer {
    out: String,
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
        let simple = key.len() <= MAX_SIMPLE_KEY && !key.contains(is_break);
        if simple {
            self.quoted(key, None);
        } else {
            self.out.push_str("? ");
            self.string(key, indent);
            self.end_line();
            self.indent(indent);
        }
        self.out.push(':');
        if !is_block(v) {
            self.out.push(' ');
            self.scalar(v, indent);
            self.end_line();
        } else if !simple {
            self.out.push(' ');
            self.block(v, indent + 2);
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
        if !self.out.ends_with(is_break) {
            self.out.push('\n');
        }
    }

    fn scalar(&mut self, value: &Value, indent: usize) {
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
            self.literal(s, indent + 2);
        } else {
            self.quoted(s, Some(indent + 2));
        }
    }

    fn literal(&mut self, s: &str, indent: usize) {
        self.out.push('|');
        if s.starts_with(' ') || s.starts_with(is_break) {
            self.out.push('2');
        }
        match s.strip_suffix(is_break) {
            None => self.out.push('-'),
            Some(body) if body.is_empty() || body.ends_with(is_break) => self.out.push('+'),
            Some(_) => {}
        }
        self.out.push('\n');
        for line in s.split_inclusive(is_break) {
            if !line.starts_with(is_break) {
                self.indent(indent);
            }
            self.out.push_str(line);
        }
    }

    /// A text in quotes; `fold` is where its further lines begin, if it may have several.
    fn quoted(&mut self, s: &str, fold: Option<usize>) {
        // The usual writers look for a byte order mark at the start only, whichever character they have come to.
        let escape_all = s.starts_with('\u{feff}');
        let last = s.len().saturating_sub(1);
        let mut line = self.out.rfind(is_break).map_or(0, |i| i + 1);
        let mut after_space = false;
        self.out.push('"');
        for (i, c) in s.char_indices() {
            if c == ' ' && !escape_all {
                let fold = fold.filter(|_| !after_space && i > 0 && i < last);
                after_space = true;
                match fold {
                    Some(indent) if self.out[line..].chars().count() > MAX_COLUMN => {
                        self.out.push('\n');
                        line = self.out.len();
                        self.indent(indent);
                        if s[i + 1..].starts_with(' ') {
                            self.out.push('\\');
                        }
                    }
                    _ => self.out.push(' '),
                }
                continue;
            }
            after_space = false;
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
            } else if printable(c) && !escape_all {
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

/// A collection that is not empty.
fn is_block(value: &Value) -> bool {
    value.children().next().is_some()
}

/// What YAML takes for the end of a line.
fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What the usual writers of YAML do not escape.
fn printable(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

/// A literal shows neither spaces at the end of a line nor what would have to be escaped.
fn literal_allowed(s: &str) -> bool {
    s.chars().all(|c| c == '\n' || printable(c))
        && s.split(is_break).all(|line| !line.ends_with(' '))
}
