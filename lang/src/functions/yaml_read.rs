//! YAML as values: one document, with the plain scalars of YAML 1.1 as far as people rely on them.

use std::collections::{BTreeMap, HashMap};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};

use super::datetime::Timestamp;
use super::signature::Fault;
use crate::value::{Number, Str, Type, Value, normalize};

/// How deep collections may nest: values are walked recursively.
const MAX_DEPTH: usize = 100;
/// How many parts a value may have, counting what aliases repeat: a few lines of aliases can stand for billions.
const MAX_PARTS: usize = 1_000_000;

pub(super) fn decode(text: &str) -> Result<Value, Fault> {
    let mut reader = Reader {
        parser: Parser::new_from_str(text),
        lines: text.split('\n').collect(),
        flow: Vec::new(),
        anchors: HashMap::new(),
        parts: 0,
    };
    let mut value = None;
    loop {
        match reader.next()? {
            (Event::StreamEnd, line) => {
                return value.ok_or_else(|| wrong("there is no document", line));
            }
            (
                Event::Nothing | Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd,
                _,
            ) => {}
            (_, line) if value.is_some() => {
                return Err(wrong(
                    "there is a second document, and only one can be read",
                    line,
                ));
            }
            (event, line) => value = Some(reader.node(event, line, 0)?.value),
        }
    }
}

fn wrong(message: impl AsRef<str>, line: usize) -> Fault {
    Fault::invalid(
        0,
        format!(
            "not YAML that can be read: {} (in line {line})",
            message.as_ref()
        ),
    )
}

#[derive(Clone)]
struct Node {
    value: Value,
    parts: usize,
    /// `<<`, which merges a map into the one around.
    merges: bool,
}

struct Reader<'t> {
    parser: Parser<'t, saphyr_parser::StrInput<'t>>,
    anchors: HashMap<usize, Node>,
    parts: usize,
    lines: Vec<&'t str>,
    /// Of each open collection, whether it is written in brackets.
    flow: Vec<bool>,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, usize), Fault> {
        match self.parser.next_event() {
            None => Ok((Event::StreamEnd, 0)),
            Some(Ok((event, span))) => {
                self.check_indentation(&event, span.start)?;
                Ok((event, span.start.line()))
            }
            Some(Err(e)) => Err(wrong(e.info(), e.marker().line())),
        }
    }

    /// Tabs do not indent, except between brackets.
    fn check_indentation(&mut self, event: &Event<'t>, start: Marker) -> Result<(), Fault> {
        match event {
            Event::SequenceStart(..) | Event::MappingStart(..) | Event::Scalar(..) => {}
            Event::SequenceEnd | Event::MappingEnd => {
                self.flow.pop();
                return Ok(());
            }
            _ => return Ok(()),
        }
        let line = self.lines.get(start.line().saturating_sub(1)).copied();
        let line = line.unwrap_or_default();
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        let in_brackets = self.flow.last() == Some(&true);
        if !in_brackets && start.col() == indent && line[..indent].contains('\t') {
            let message = "a tab must not be used for indentation";
            return Err(wrong(message, start.line()));
        }
        if !matches!(event, Event::Scalar(..)) {
            // Where a line has many collections, they are in brackets already: looking one up is cheap.
            let bracket = in_brackets || matches!(line.chars().nth(start.col()), Some('[' | '{'));
            self.flow.push(bracket);
        }
        Ok(())
    }

    fn node(&mut self, event: Event<'t>, line: usize, depth: usize) -> Result<Node, Fault> {
        if depth > MAX_DEPTH {
            return Err(wrong(
                format!("it is nested deeper than {MAX_DEPTH} levels"),
                line,
            ));
        }
        let before = self.parts;
        self.count(1, line)?;
        let (anchor, value, merges) = match event {
            Event::Alias(id) => {
                let node = self.anchors.get(&id).cloned();
                let node =
                    node.ok_or_else(|| wrong("an alias stands within what it stands for", line))?;
                self.count(node.parts, line)?;
                return Ok(node);
            }
            Event::Scalar(text, style, anchor, tag) => {
                let merges = style == ScalarStyle::Plain && text == "<<" && tag.is_none();
                (anchor, scalar(&text, style, tag.as_deref(), line)?, merges)
            }
            Event::SequenceStart(anchor, tag) => {
                check_tag(tag.as_deref(), "seq", line)?;
                (anchor, self.sequence(depth)?, false)
            }
            Event::MappingStart(anchor, tag) => {
                check_tag(tag.as_deref(), "map", line)?;
                (anchor, self.mapping(depth)?, false)
            }
            _ => return Err(wrong("a value is missing", line)),
        };
        let node = Node {
            value,
            parts: self.parts - before,
            merges,
        };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn count(&mut self, parts: usize, line: usize) -> Result<(), Fault> {
        self.parts = self.parts.saturating_add(parts);
        if self.parts > MAX_PARTS {
            Err(wrong(
                "it has too many parts, counting what aliases repeat",
                line,
            ))
        } else {
            Ok(())
        }
    }

    fn sequence(&mut self, depth: usize) -> Result<Value, Fault> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::tuple(items)),
                (event, line) => items.push(self.node(event, line, depth + 1)?.value),
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Value, Fault> {
        let mut entries: BTreeMap<Str, Value> = BTreeMap::new();
        let mut merged: BTreeMap<Str, Value> = BTreeMap::new();
        loop {
            let (event, line) = self.next()?;
            if let Event::MappingEnd = event {
                break;
            }
            let key = self.node(event, line, depth + 1)?;
            let (event, value_line) = self.next()?;
            let value = self.node(event, value_line, depth + 1)?.value;
            if key.merges {
                merge(&value, &mut merged, value_line)?;
            } else {
                entries.insert(key_text(&key.value, line)?, value);
            }
        }
        for (k, v) in merged {
            entries.entry(k).or_insert(v);
        }
        Ok(Value::object(entries))
    }
}

fn key_text(key: &Value, line: usize) -> Result<Str, Fault> {
    if let Some(s) = key.as_str() {
        return Ok(normalize(s));
    }
    match (key.as_bool(), key.as_number()) {
        (Some(b), _) => Ok(b.to_string().into()),
        (_, Some(n)) => Ok(n.to_string().into()),
        _ => Err(wrong("a key must be a string, a number or a bool", line)),
    }
}

fn merge(value: &Value, into: &mut BTreeMap<Str, Value>, line: usize) -> Result<(), Fault> {
    if let Some(entries) = value.as_entries() {
        for (k, v) in entries {
            into.entry(k.clone()).or_insert_with(|| v.clone());
        }
        return Ok(());
    }
    match value.as_items() {
        Some(items) if items.iter().all(|i| i.as_entries().is_some()) => {
            items.iter().try_for_each(|i| merge(i, into, line))
        }
        _ => Err(wrong("\"<<\" merges a map or a list of maps", line)),
    }
}

fn check_tag(tag: Option<&Tag>, kind: &str, line: usize) -> Result<(), Fault> {
    match tag {
        None => Ok(()),
        Some(t) if t.is_yaml_core_schema() && t.suffix == kind => Ok(()),
        Some(t) => Err(unsupported(t, line)),
    }
}

fn unsupported(tag: &Tag, line: usize) -> Fault {
    wrong("a tag is not supported here", line).about(format!("{}{}", tag.handle, tag.suffix))
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>, line: usize) -> Result<Value, Fault> {
    match tag {
        Some(t) if !t.is_yaml_core_schema() => Err(unsupported(t, line)),
        Some(t) => match t.suffix.as_str() {
            "str" | "binary" => Ok(Value::string(text)),
            "int" | "float" | "bool" | "null" | "timestamp" if style == ScalarStyle::Plain => {
                plain(text, line)
            }
            "int" | "float" | "bool" | "null" | "timestamp" => Ok(Value::string(text)),
            _ => Err(unsupported(t, line)),
        },
        None if style == ScalarStyle::Plain => plain(text, line),
        None => Ok(Value::string(text)),
    }
}

/// What a scalar without quotes means.
fn plain(text: &str, line: usize) -> Result<Value, Fault> {
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::null(Type::Dynamic),
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "y" | "Y" => {
            Value::bool(true)
        }
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "n" | "N" => {
            Value::bool(false)
        }
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            Value::number(Number::infinity(false))
        }
        "-.inf" | "-.Inf" | "-.INF" => Value::number(Number::infinity(true)),
        ".nan" | ".NaN" | ".NAN" => return Err(wrong("there is no number for .nan", line)),
        _ => {
            if let Some(n) = number(text) {
                Value::number(n)
            } else if let Some(time) = time(text) {
                Value::string(time)
            } else {
                Value::string(text)
            }
        }
    })
}

fn number(text: &str) -> Option<Number> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    for (prefix, base) in [("0x", 16), ("0o", 8)] {
        if let Some(rest) = digits.strip_prefix(prefix) {
            return rest
                .bytes()
                .all(|b| b.is_ascii_alphanumeric())
                .then(|| Number::parse_radix(&format!("{sign}{rest}"), base))?;
        }
    }
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    Number::parse(text).or_else(|| Number::parse(text.strip_suffix('.')?))
}

/// A date, with or without a time and a zone, in the form of RFC 3339.
fn time(text: &str) -> Option<String> {
    let date_end = text.find(['T', 't', ' ', '\t']).unwrap_or(text.len());
    let (date, rest) = text.split_at(date_end);
    let mut parts = date.splitn(3, '-');
    let two = |s: &str| {
        (matches!(s.len(), 1 | 2) && s.bytes().all(|b| b.is_ascii_digit()))
            .then(|| format!("{s:0>2}"))
    };
    let year = parts.next().filter(|y| y.len() == 4)?;
    let (month, day) = (two(parts.next()?)?, two(parts.next()?)?);
    if rest.is_empty() {
        return Some(Timestamp::parse(&format!("{year}-{month}-{day}T00:00:00Z"))?.to_rfc3339());
    }
    let clock = rest[1..].trim_start();
    let zone_at = clock.find(['Z', '+', '-', ' ']).unwrap_or(clock.len());
    let (clock, zone) = clock.split_at(zone_at);
    let zone = match zone.trim() {
        "" | "Z" => "Z".to_owned(),
        z => {
            let (sign, digits) = z.split_at(1);
            let (h, m) = digits.split_once(':').unwrap_or((digits, "00"));
            format!("{sign}{}:{}", two(h)?, two(m)?)
        }
    };
    let mut parts = clock.splitn(3, ':');
    let (h, m, s) = (two(parts.next()?)?, two(parts.next()?)?, parts.next()?);
    let (s, fraction) = match s.split_once('.') {
        Some((s, f)) => (s, format!(".{f}")),
        None => (s, String::new()),
    };
    let stamp = format!("{year}-{month}-{day}T{h}:{m}:{}{fraction}{zone}", two(s)?);
    Some(Timestamp::parse(&stamp)?.to_rfc3339())
}
