//! Regular expressions in the dialect of RE2, which differs from that of the library that runs them: there the classes
//! `\d`, `\w`, `\s` and `\b` are of Unicode, `\Q…\E` is unknown, classes have set operations, and some flags mean other
//! things.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use regex::Regex;

use super::signature::Fault;

/// The largest count of a repetition.
const MAX_REPEAT: u32 = 1000;
/// How many compiled expressions are kept: a stack applies few expressions to many values.
const MAX_CACHED: usize = 256;

const NAMED_CLASSES: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
    "space", "upper", "word", "xdigit",
];

/// A compiled expression, and the names of its groups as they were written.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub(super) regex: Regex,
    pub(super) names: Arc<[Option<String>]>,
}

static COMPILED: LazyLock<Mutex<HashMap<String, Pattern>>> = LazyLock::new(Mutex::default);

/// Compiles an expression that came as the argument at `i`.
pub(super) fn compile(pattern: &str, i: usize) -> Result<Pattern, Fault> {
    let mut cache = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = cache.get(pattern) {
        return Ok(found.clone());
    }
    let wrong = |why: String| {
        Fault::argument(
            i,
            "invalid-regex",
            format!("not a regular expression: {why}"),
        )
        .hint("The syntax is that of RE2: no backreferences and no look-around.")
    };
    let (translated, names) = translate(pattern).map_err(wrong)?;
    let regex = Regex::new(&translated).map_err(|e| match e {
        regex::Error::CompiledTooBig(_) => wrong("it is too large".into()),
        e => wrong(
            e.to_string()
                .lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ")
                .to_owned(),
        ),
    })?;
    let compiled = Pattern {
        regex,
        names: names.into(),
    };
    if cache.len() >= MAX_CACHED {
        cache.clear();
    }
    cache.insert(pattern.to_owned(), compiled.clone());
    Ok(compiled)
}

/// The same expression in the library's dialect, and the names of its groups.
fn translate(pattern: &str) -> Result<(String, Vec<Option<String>>), String> {
    let mut t = Translator {
        chars: pattern.chars().collect(),
        at: 0,
        out: String::with_capacity(pattern.len() + 8),
        names: Vec::new(),
    };
    while t.at < t.chars.len() {
        t.next()?;
    }
    Ok((t.out, t.names))
}

struct Translator {
    chars: Vec<char>,
    at: usize,
    out: String,
    names: Vec<Option<String>>,
}

/// A part of a class: one character, which may begin a range, or several.
enum Item {
    Char(char),
    Class(String),
}

impl Translator {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn literal(&mut self, c: char) {
        let _ = write!(self.out, "\\x{{{:x}}}", u32::from(c));
    }

    fn next(&mut self) -> Result<(), String> {
        let Some(c) = self.peek(0) else { return Ok(()) };
        match c {
            '\\' => self.escape(),
            '[' => self.class(),
            '(' => self.group(),
            '*' | '+' | '?' => {
                self.at += 1;
                self.out.push(c);
                self.after_repetition()
            }
            '{' => self.counted(),
            '}' | ']' => {
                self.at += 1;
                self.literal(c);
                Ok(())
            }
            c if "^$.|()".contains(c) || c.is_ascii_alphanumeric() => {
                self.at += 1;
                self.out.push(c);
                Ok(())
            }
            c => {
                self.at += 1;
                self.literal(c);
                Ok(())
            }
        }
    }

    /// A lazy mark may follow a repetition, but not another repetition.
    fn after_repetition(&mut self) -> Result<(), String> {
        if self.peek(0) == Some('?') {
            self.at += 1;
            self.out.push('?');
        }
        match self.peek(0) {
            Some('*' | '+' | '?') => Err("a repetition must not be repeated".into()),
            Some('{') if self.count().is_some() => Err("a repetition must not be repeated".into()),
            _ => Ok(()),
        }
    }

    /// The `{n}`, `{n,}` or `{n,m}` here: its length and its numbers.
    fn count(&self) -> Option<(usize, u32, Option<u32>)> {
        let rest: String = self.chars[self.at + 1..]
            .iter()
            .take_while(|c| **c != '}')
            .take(32)
            .collect();
        if self.peek(1 + rest.len()) != Some('}') || !rest.is_ascii() {
            return None;
        }
        let number = |s: &str| -> Option<u32> {
            if s.is_empty() || !s.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            Some(s.parse().unwrap_or(u32::MAX))
        };
        let (low, high) = match rest.split_once(',') {
            None => {
                let n = number(&rest)?;
                (n, Some(n))
            }
            Some((low, "")) => (number(low)?, None),
            Some((low, high)) => (number(low)?, Some(number(high)?)),
        };
        Some((rest.len() + 2, low, high))
    }

    fn counted(&mut self) -> Result<(), String> {
        let Some((len, low, high)) = self.count() else {
            self.at += 1;
            self.literal('{');
            return Ok(());
        };
        if low > MAX_REPEAT || high.is_some_and(|h| h > MAX_REPEAT || h < low) {
            return Err(format!("a repetition must be from 0 to {MAX_REPEAT} times"));
        }
        self.out.extend(&self.chars[self.at..self.at + len]);
        self.at += len;
        self.after_repetition()
    }

    fn group(&mut self) -> Result<(), String> {
        self.out.push('(');
        self.at += 1;
        if self.peek(0) != Some('?') {
            self.names.push(None);
            return Ok(());
        }
        let rest: String = self.chars[self.at + 1..]
            .iter()
            .take_while(|c| !matches!(c, ':' | ')' | '>'))
            .collect();
        if let Some(name) = rest.strip_prefix("P<").or_else(|| rest.strip_prefix('<'))
            && !name.starts_with(['=', '!'])
            && !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        {
            // The library wants letters in front, and each name once. What it need not know stays without.
            let name = Some(name.to_owned());
            if let Some(n) = &name
                && !n.starts_with(|c: char| c.is_ascii_digit())
                && !self.names.contains(&name)
            {
                let _ = write!(self.out, "?P<{n}>");
            }
            self.names.push(name);
            self.at += 1 + rest.chars().count() + 1;
            return Ok(());
        }
        if !rest.chars().all(|c| "imsU-".contains(c)) {
            return Err(
                "a group may begin with \"?:\", with a name or with the flags i, m, s and U only"
                    .into(),
            );
        }
        let end = match self.peek(1 + rest.len()) {
            Some(end @ (':' | ')')) => end,
            _ => return Err("a group has no end".into()),
        };
        let _ = write!(self.out, "?{rest}{end}");
        self.at += rest.len() + 2;
        Ok(())
    }

    fn escape(&mut self) -> Result<(), String> {
        let Some(c) = self.peek(1) else {
            return Err("it ends with a backslash".into());
        };
        match c {
            'Q' => {
                self.at += 2;
                while let Some(c) = self.peek(0) {
                    if c == '\\' && self.peek(1) == Some('E') {
                        self.at += 2;
                        break;
                    }
                    self.literal(c);
                    self.at += 1;
                }
                Ok(())
            }
            'E' => {
                self.at += 2;
                Ok(())
            }
            'b' => {
                self.at += 2;
                self.out.push_str("(?-u:\\b)");
                Ok(())
            }
            'A' | 'z' | 'B' => {
                self.at += 2;
                self.out.push('\\');
                self.out.push(c);
                Ok(())
            }
            _ => match self.escaped_item()? {
                Item::Char(c) => {
                    self.literal(c);
                    Ok(())
                }
                Item::Class(text) if text.starts_with('\\') => {
                    self.out.push_str(&text);
                    Ok(())
                }
                Item::Class(text) => {
                    let _ = write!(self.out, "[{text}]");
                    Ok(())
                }
            },
        }
    }

    /// An escape that means the same in a class and outside.
    fn escaped_item(&mut self) -> Result<Item, String> {
        let Some(c) = self.peek(1) else {
            return Err("it ends with a backslash".into());
        };
        self.at += 2;
        Ok(match c {
            'd' => Item::Class("0-9".into()),
            'D' => Item::Class("^0-9".into()),
            'w' => Item::Class("0-9A-Za-z_".into()),
            'W' => Item::Class("^0-9A-Za-z_".into()),
            's' => Item::Class("\t\n\\x0c\r\\x20".into()),
            'S' => Item::Class("^\t\n\\x0c\r\\x20".into()),
            'a' => Item::Char('\u{7}'),
            'f' => Item::Char('\u{c}'),
            't' => Item::Char('\t'),
            'n' => Item::Char('\n'),
            'r' => Item::Char('\r'),
            'v' => Item::Char('\u{b}'),
            'x' => Item::Char(self.hexadecimal()?),
            'p' | 'P' => Item::Class(self.property(c)?),
            '0' => Item::Char(self.octal(0)),
            '1'..='7' if self.peek(0).is_some_and(|d| ('0'..='7').contains(&d)) => {
                let first = c.to_digit(8).unwrap_or(0);
                Item::Char(self.octal(first))
            }
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => Item::Char(c),
            c => return Err(format!("\\{c} has no meaning")),
        })
    }

    fn octal(&mut self, first: u32) -> char {
        let mut code = first;
        for _ in 0..2 {
            let Some(d) = self.peek(0).and_then(|c| c.to_digit(8)) else {
                break;
            };
            code = code * 8 + d;
            self.at += 1;
        }
        char::from_u32(code).unwrap_or('\0')
    }

    fn hexadecimal(&mut self) -> Result<char, String> {
        let digits: String = if self.peek(0) == Some('{') {
            let inside: String = self.chars[self.at + 1..]
                .iter()
                .take_while(|c| **c != '}')
                .collect();
            self.at += inside.chars().count() + 2;
            inside
        } else {
            let two: String = self.chars[self.at..].iter().take(2).collect();
            self.at += two.chars().count();
            if two.len() == 2 { two } else { String::new() }
        };
        u32::from_str_radix(&digits, 16)
            .ok()
            .and_then(char::from_u32)
            .ok_or_else(|| "\\x must be followed by a code point in hexadecimal digits".into())
    }

    /// `\pL`, `\p{Greek}`, `\p{^Greek}`.
    fn property(&mut self, kind: char) -> Result<String, String> {
        if self.peek(0) != Some('{') {
            let Some(c) = self.peek(0) else {
                return Err("\\p must be followed by a class".into());
            };
            self.at += 1;
            return Ok(format!("\\{kind}{c}"));
        }
        let name: String = self.chars[self.at + 1..]
            .iter()
            .take_while(|c| **c != '}')
            .collect();
        self.at += name.chars().count() + 2;
        if self.at > self.chars.len() {
            return Err("\\p{ has no end".into());
        }
        let (negated, name) = match name.strip_prefix('^') {
            Some(rest) => (true, rest),
            None => (false, name.as_str()),
        };
        let kind = match (kind, negated) {
            ('p', true) => 'P',
            ('P', true) => 'p',
            (kind, _) => kind,
        };
        Ok(format!("\\{kind}{{{name}}}"))
    }

    fn class(&mut self) -> Result<(), String> {
        self.at += 1;
        self.out.push('[');
        if self.peek(0) == Some('^') {
            self.at += 1;
            self.out.push('^');
        }
        let mut first = true;
        loop {
            match self.peek(0) {
                None => return Err("a class has no end".into()),
                Some(']') if !first => {
                    self.at += 1;
                    self.out.push(']');
                    return Ok(());
                }
                _ => {}
            }
            first = false;
            let low = match self.class_item()? {
                Item::Char(c) => c,
                Item::Class(text) if text.starts_with('^') => {
                    let _ = write!(self.out, "[{text}]");
                    continue;
                }
                Item::Class(text) => {
                    self.out.push_str(&text);
                    continue;
                }
            };
            let ranges = self.peek(0) == Some('-') && self.peek(1).is_some_and(|c| c != ']');
            self.literal(low);
            if ranges {
                self.at += 1;
                let Item::Char(high) = self.class_item()? else {
                    return Err("a range in a class must end with a character".into());
                };
                if high < low {
                    return Err("a range in a class must not run backwards".into());
                }
                self.out.push('-');
                self.literal(high);
            }
        }
    }

    fn class_item(&mut self) -> Result<Item, String> {
        match self.peek(0) {
            None => Err("a class has no end".into()),
            Some('\\') => self.escaped_item(),
            Some('[') if self.peek(1) == Some(':') => {
                let name: String = self.chars[self.at + 2..]
                    .iter()
                    .take_while(|c| **c != ':')
                    .collect();
                let len = name.chars().count();
                if self.peek(len + 3) != Some(']') {
                    self.at += 1;
                    return Ok(Item::Char('['));
                }
                self.at += len + 4;
                let plain = name.strip_prefix('^').unwrap_or(&name);
                if !NAMED_CLASSES.contains(&plain) {
                    return Err(format!("there is no class [:{name}:]"));
                }
                Ok(Item::Class(format!("[:{name}:]")))
            }
            Some(c) => {
                self.at += 1;
                Ok(Item::Char(c))
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed expectation is a failed test
mod tests {
    use super::*;

    fn finds(pattern: &str, text: &str) -> Option<String> {
        compile(pattern, 0)
            .unwrap_or_else(|e| panic!("{pattern}: {e:?}"))
            .regex
            .find(text)
            .map(|m| m.as_str().to_owned())
    }

    #[test]
    fn classes_are_ascii() {
        assert_eq!(finds(r"\d+", "٣4"), Some("4".into()));
        assert_eq!(finds(r"\w+", "éa"), Some("a".into()));
        assert_eq!(finds(r"\W", "aé"), Some("é".into()));
        assert_eq!(finds(r"[\D]+", "1é2"), Some("é".into()));
        assert_eq!(finds(r"\s", "\u{a0} "), Some(" ".into()));
        assert_eq!(finds(r"\ba", "éa"), Some("a".into()));
    }

    #[test]
    fn what_the_library_lacks_or_means_otherwise() {
        assert_eq!(finds(r"\Qa.b*\E+", "a.b**"), Some("a.b**".into()));
        assert_eq!(finds(r"[a&&b]+", "b&a"), Some("b&a".into()));
        assert_eq!(finds(r"[[a]+", "[a["), Some("[a[".into()));
        assert_eq!(finds(r"[]a]+", "a]"), Some("a]".into()));
        assert_eq!(finds(r"a{,2}", "a{,2}"), Some("a{,2}".into()));
        assert_eq!(finds(r"{x}", "{x}"), Some("{x}".into()));
        assert_eq!(finds(r"\<a\>", "<a>"), Some("<a>".into()));
        assert_eq!(finds(r"[[:alpha:]_-]+", "1a_-"), Some("a_-".into()));
        assert_eq!(finds(r"\101", "A"), Some("A".into()));
        assert_eq!(finds(r"(?P<a>x)(?i)Y", "xy"), Some("xy".into()));
        assert_eq!(finds(r"a b#c", "a b#c"), Some("a b#c".into()));
        assert_eq!(finds(r"\p{^Greek}", "αb"), Some("b".into()));
        assert_eq!(finds(r"x{2,3}?", "xxx"), Some("xx".into()));
        assert_eq!(finds(r"(?:a|b)+", "ab"), Some("ab".into()));
    }

    #[test]
    fn what_is_no_expression() {
        for bad in [
            "(",
            "[",
            "a**",
            "a{1001}",
            "a{2,1}",
            r"\h",
            r"\1",
            r"(?x)a",
            "(?=a)",
            r"[b-a]",
            "\\",
            r"a+{2}",
            "*",
            r"\x{110000}",
            "[[:nope:]]",
            r"\p{Nope}",
        ] {
            assert!(compile(bad, 0).is_err(), "{bad}");
        }
    }
}
