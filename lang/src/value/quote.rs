//! Strings as quoted literals of the language.

use std::fmt::{self, Write};

/// Writes a string in quotes, so that reading it gives the string again. What cannot be seen (controls, marks of direction,
/// spaces that are not U+0020) is escaped, as Terraform does in addresses: nothing of it must steer a terminal or look
/// like something else.
///
/// # Errors
/// Those of `out`.
pub fn write_quoted(s: &str, out: &mut impl Write) -> fmt::Result {
    out.write_char('"')?;
    // What needs no escape is copied as it is, a stretch at a time.
    let mut from = 0;
    for (i, c) in s.char_indices() {
        let escape = match c {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '$' if s[i + 1..].starts_with('{') => "$$",
            '%' if s[i + 1..].starts_with('{') => "%%",
            c if is_printable(c) => continue,
            _ => "",
        };
        out.write_str(&s[from..i])?;
        from = i + c.len_utf8();
        match u32::from(c) {
            _ if !escape.is_empty() => out.write_str(escape)?,
            code @ ..=0xffff => write!(out, "\\u{code:04x}")?,
            code => write!(out, "\\U{code:08x}")?,
        }
    }
    out.write_str(&s[from..])?;
    out.write_char('"')
}

/// The same as a text of its own.
#[must_use]
pub fn quoted(s: &str) -> String {
    let mut out = String::with_capacity(s.len() + 2);
    // Writing to a string does not fail.
    let _ = write_quoted(s, &mut out);
    out
}

/// Whether a character can be seen, U+0020 among them: no control, format, surrogate or private character, no other space
/// and nothing that is not assigned.
#[must_use]
pub fn is_printable(c: char) -> bool {
    match c {
        ' '..='~' => true,
        c if c.is_ascii() => false,
        // The standard library tells it by escaping; combining characters it escapes only where they come first.
        c => ['a', c].iter().collect::<String>().escape_debug().count() == 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Terraform 1.11.4 shows them in addresses.
    #[test]
    fn what_cannot_be_seen_is_escaped() {
        for (text, expected) in [
            ("plain ${a} %{b} $c", r#""plain $${a} %%{b} $c""#),
            ("\"\\\n\r\t", r#""\"\\\n\r\t""#),
            (
                "\u{0}\u{1}\u{1b}[2J\u{7f}",
                r#""\u0000\u0001\u001b[2J\u007f""#,
            ),
            (
                "\u{85}\u{a0}\u{ad}\u{200b}",
                r#""\u0085\u00a0\u00ad\u200b""#,
            ),
            (
                "\u{202e}\u{feff}\u{e000}\u{2028}",
                r#""\u202e\ufeff\ue000\u2028""#,
            ),
            (
                "\u{3000}\u{378}\u{200d}\u{2007}",
                r#""\u3000\u0378\u200d\u2007""#,
            ),
            ("\u{e0001}\u{10ffff}", r#""\U000e0001\U0010ffff""#),
            ("😀x\u{301}é漢\u{fffd}", "\"😀x\u{301}é漢\u{fffd}\""),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }
}
