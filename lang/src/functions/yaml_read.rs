//! YAML as values: one document, with the plain scalars of YAML 1.1 as far as people rely on them.

use std::collections::{BTreeMap, HashMap};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, Tag};

use super::datetime::Timestamp;
use super::encoding::from_base64;
use super::signature::Fault;
use crate::value::{Number, Str, Type, Value, convert, normalize};

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
            Some(Ok((mut event, span))) => {
                self.check_indentation(&event, span.start)?;
                self.end_as_written(&mut event, span);
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

    /// The parser ends the last line of a block for which the text itself has no newline.
    fn end_as_written(&self, event: &mut Event<'t>, span: Span) {
        if let Event::Scalar(text, ScalarStyle::Literal | ScalarStyle::Folded, ..) = event
            && span.end.line() == self.lines.len()
            && span.end.col() >= span.start.col().max(1)
            && text.ends_with('\n')
        {
            text.to_mut().pop();
        }
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
                let merges = text == "<<" && tag.is_none();
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
        loop {
            let (event, line) = self.next()?;
            if let Event::MappingEnd = event {
                break;
            }
            let key = self.node(event, line, depth + 1)?;
            let (event, value_line) = self.next()?;
            let value = self.node(event, value_line, depth + 1)?.value;
            if !key.merges {
                entries.insert(key_text(&key.value, line)?, value);
            } else if let Some(merged) = value.as_entries() {
                // What is merged counts from where it stands: later keys go over earlier ones.
                entries.extend(merged.iter().map(|(k, v)| (k.clone(), v.clone())));
            } else {
                return Err(wrong("\"<<\" merges a map", value_line));
            }
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
    let quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
    let Some(tag) = tag else {
        return match style {
            _ if quoted => Ok(Value::string(text)),
            ScalarStyle::Plain => Ok(plain(text, line)?.unwrap_or_else(|| Value::string(text))),
            // A block is read as a plain text would be, but is a string in the end.
            _ => Ok(match plain(text, line)? {
                Some(value) => {
                    convert(&value, &Type::String).unwrap_or_else(|_| Value::string(text))
                }
                None => Value::string(text),
            }),
        };
    };
    if !tag.is_yaml_core_schema() {
        return Err(unsupported(tag, line));
    }
    let is_not = |what: &str| Err(wrong(format!("this is not {what}, as its tag says"), line));
    let what = match tag.suffix.as_str() {
        "str" => return Ok(Value::string(text)),
        "binary" if from_base64(text).is_some() => return Ok(Value::string(text)),
        "binary" => return is_not("in base 64"),
        "int" | "float" => "a number",
        "bool" => "true or false",
        "timestamp" => "a point in time",
        "null" => "null",
        _ => return Err(unsupported(tag, line)),
    };
    // In quotes, whatever begins as something else than a string might is a string all the same.
    if quoted
        && text
            .chars()
            .next()
            .is_none_or(|c| "+-.~0123456789yYnNtTfFoO".contains(c))
    {
        return Ok(Value::string(text));
    }
    let found = match what {
        "a point in time" => plain(text, line)?,
        _ if time(text).is_some() => None,
        _ => plain(&text.replace('_', ""), line)?,
    };
    match found {
        Some(value) => Ok(value),
        None if what == "null" => Ok(Value::null(Type::Dynamic)),
        None => is_not(what),
    }
}

/// What a scalar without quotes means; none where it is a string.
fn plain(text: &str, line: usize) -> Result<Option<Value>, Fault> {
    Ok(Some(match text {
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
        _ => match (number(text, line)?, time(text)) {
            (Some(n), _) => Value::number(n),
            (None, Some(time)) => Value::string(time),
            (None, None) => return Ok(None),
        },
    }))
}

fn number(text: &str, line: usize) -> Result<Option<Number>, Fault> {
    for (prefix, base) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            if digits.is_empty() || !digits.chars().all(|c| c.is_digit(base)) {
                return Ok(None);
            }
            let n = u64::from_str_radix(digits, base)
                .map_err(|_| wrong("a number with a prefix has at most 64 bits", line))?;
            return Ok(Some(n.into()));
        }
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Ok(None);
    }
    Ok(Number::parse(text).or_else(|| {
        // Nothing need stand behind the point: "1." and "1.e3" are numbers.
        let (whole, rest) = text.split_once('.')?;
        let bare = whole.ends_with(|c: char| c.is_ascii_digit())
            && !rest.starts_with(|c: char| c.is_ascii_digit());
        Number::parse(&format!("{whole}{rest}")).filter(|_| bare)
    }))
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
