//! YAML with the place of every node.

use std::collections::HashMap;

use cloudapp_lang::{Diagnostic, FileId, Number, Span, Str, Type, Value};
use saphyr_parser::{Event, Parser, ScalarStyle};

/// No manifest nests deeper; the limit keeps what walks the tree from running out of stack.
const MAX_DEPTH: usize = 64;

/// Aliases may repeat a node, and what is repeated may hold aliases: the limit keeps a short text from becoming a huge
/// tree.
const MAX_NODES: usize = 200_000;

/// Something and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    pub value: T,
    pub span: Span,
}

/// A node of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub value: Yaml,
    pub span: Span,
}

/// What a node is, by YAML 1.2's core schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Yaml {
    Null,
    Bool(bool),
    Number(Number),
    String(Str),
    Sequence(Vec<Node>),
    Mapping(Vec<Entry>),
}

/// A key of a mapping with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub key: Spanned<Str>,
    pub value: Node,
}

impl Node {
    /// What it is called in a message.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.value {
            Yaml::Null => "nothing",
            Yaml::Bool(_) => "a boolean",
            Yaml::Number(_) => "a number",
            Yaml::String(_) => "a string",
            Yaml::Sequence(_) => "a list",
            Yaml::Mapping(_) => "a mapping",
        }
    }

    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Yaml::String(s) = &self.value {
            Some(s)
        } else {
            None
        }
    }

    /// The value of a mapping's key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        let Yaml::Mapping(entries) = &self.value else {
            return None;
        };
        entries
            .iter()
            .find(|e| &*e.key.value == key)
            .map(|e| &e.value)
    }

    /// The same as a value of the language: a list becomes a tuple and a mapping an object.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match &self.value {
            Yaml::Null => Value::null(Type::Dynamic),
            Yaml::Bool(b) => Value::bool(*b),
            Yaml::Number(n) => Value::number(n.clone()),
            Yaml::String(s) => Value::string(s.clone()),
            Yaml::Sequence(items) => Value::tuple(items.iter().map(Node::to_value)),
            Yaml::Mapping(entries) => Value::object(
                entries
                    .iter()
                    .map(|e| (e.key.value.clone(), e.value.to_value())),
            ),
        }
    }

    /// Calls `f` with every string in the tree that is a value.
    pub(crate) fn each_string(&self, f: &mut impl FnMut(&str, Span)) {
        match &self.value {
            Yaml::String(s) => f(s, self.span),
            Yaml::Sequence(items) => items.iter().for_each(|n| n.each_string(f)),
            Yaml::Mapping(entries) => entries.iter().for_each(|e| e.value.each_string(f)),
            _ => {}
        }
    }

    fn count(&self) -> usize {
        match &self.value {
            Yaml::Sequence(items) => 1 + items.iter().map(Node::count).sum::<usize>(),
            Yaml::Mapping(entries) => {
                1 + entries.iter().map(|e| 1 + e.value.count()).sum::<usize>()
            }
            _ => 1,
        }
    }

    fn depth(&self) -> usize {
        match &self.value {
            Yaml::Sequence(items) => 1 + items.iter().map(Node::depth).max().unwrap_or(0),
            Yaml::Mapping(entries) => {
                1 + entries.iter().map(|e| e.value.depth()).max().unwrap_or(0)
            }
            _ => 1,
        }
    }
}

/// Reads the only document of a text. An empty text is null.
pub(crate) fn parse(text: &str, file: FileId) -> Result<Node, Box<Diagnostic>> {
    let places = Places::new(text, file);
    let mut builder = Builder {
        file,
        open: Vec::new(),
        anchors: HashMap::new(),
        root: None,
        nodes: 0,
    };
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        match event {
            Ok((event, at)) => builder.event(event, places.span(at))?,
            Err(e) => {
                let at = places.byte(e.marker().index());
                let detail = format!("The text cannot be read as YAML: {}.", e.info());
                return Err(Box::new(
                    Diagnostic::error("yaml-syntax", "Invalid YAML", detail)
                        .at(Span::new(file, at, at)),
                ));
            }
        }
    }
    Ok(builder.root.unwrap_or(Node {
        value: Yaml::Null,
        span: Span::new(file, 0, 0),
    }))
}

/// The parser counts characters, spans count bytes.
struct Places {
    file: FileId,
    length: usize,
    /// Offsets of the characters; none where all of them are single bytes.
    bytes: Option<Vec<u32>>,
}

impl Places {
    fn new(text: &str, file: FileId) -> Self {
        let offset = |(i, _)| u32::try_from(i).unwrap_or(u32::MAX);
        let bytes = (!text.is_ascii()).then(|| text.char_indices().map(offset).collect());
        Self {
            file,
            length: text.len(),
            bytes,
        }
    }

    fn byte(&self, character: usize) -> usize {
        match &self.bytes {
            Some(bytes) => bytes.get(character).map_or(self.length, |b| *b as usize),
            None => character.min(self.length),
        }
    }

    fn span(&self, at: saphyr_parser::Span) -> Span {
        Span::new(
            self.file,
            self.byte(at.start.index()),
            self.byte(at.end.index()),
        )
    }
}

/// A list or mapping that has begun.
struct Open {
    node: Node,
    anchor: usize,
    /// The key whose value comes next.
    key: Option<Spanned<Str>>,
}

struct Builder {
    file: FileId,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    root: Option<Node>,
    nodes: usize,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Box<Diagnostic>> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag
                    .filter(|t| t.is_yaml_core_schema())
                    .map(|t| t.suffix.clone());
                let value = if style == ScalarStyle::Plain && tag.is_none() {
                    scalar(&text)
                } else {
                    tagged(&text, tag.as_deref())
                };
                // A key is its text, whatever it would be as a value.
                if let Some(Open {
                    node:
                        Node {
                            value: Yaml::Mapping(entries),
                            ..
                        },
                    key: key @ None,
                    ..
                }) = self.open.last_mut()
                {
                    return start_entry(entries, key, &text, span);
                }
                self.value(Node { value, span }, anchor)
            }
            Event::SequenceStart(anchor, _) => self.begin(Yaml::Sequence(Vec::new()), anchor, span),
            Event::MappingStart(anchor, _) => self.begin(Yaml::Mapping(Vec::new()), anchor, span),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(Open {
                    mut node, anchor, ..
                }) = self.open.pop()
                else {
                    return Ok(());
                };
                node.span = enclose(&node, span);
                self.value(node, anchor)
            }
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor).cloned() else {
                    return Err(fault(
                        "yaml-syntax",
                        "Invalid YAML",
                        "The alias names no anchor before it.",
                        span,
                    ));
                };
                if self.open.len() + node.depth() > MAX_DEPTH {
                    return Err(too_deep(span));
                }
                self.nodes += node.count();
                self.value(Node { span, ..node }, 0)
            }
            Event::DocumentStart(_) if self.root.is_some() => Err(fault(
                "yaml-syntax",
                "Invalid YAML",
                "The file holds more than one document; only one is read.",
                span,
            )),
            _ => Ok(()),
        }
    }

    fn begin(&mut self, value: Yaml, anchor: usize, span: Span) -> Result<(), Box<Diagnostic>> {
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep(span));
        }
        if self
            .open
            .last()
            .is_some_and(|o| matches!(o.node.value, Yaml::Mapping(_)) && o.key.is_none())
        {
            return Err(fault(
                "yaml-syntax",
                "Invalid YAML",
                "A list or mapping cannot be a key.",
                span,
            ));
        }
        self.open.push(Open {
            node: Node { value, span },
            anchor,
            key: None,
        });
        Ok(())
    }

    fn value(&mut self, node: Node, anchor: usize) -> Result<(), Box<Diagnostic>> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            let detail = format!("Its aliases and values come to more than {MAX_NODES} nodes.");
            return Err(fault("yaml-too-large", "YAML too large", detail, node.span));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open {
                node:
                    Node {
                        value: Yaml::Sequence(items),
                        ..
                    },
                ..
            }) => items.push(node),
            Some(Open {
                node:
                    Node {
                        value: Yaml::Mapping(entries),
                        ..
                    },
                key,
                ..
            }) => match key.take() {
                Some(key) => entries.push(Entry { key, value: node }),
                None => {
                    return Err(fault(
                        "yaml-syntax",
                        "Invalid YAML",
                        "An alias cannot be a key.",
                        node.span,
                    ));
                }
            },
            Some(_) => debug_assert!(false, "only lists and mappings are open in {:?}", self.file),
        }
        Ok(())
    }
}

fn start_entry(
    entries: &[Entry],
    key: &mut Option<Spanned<Str>>,
    text: &str,
    span: Span,
) -> Result<(), Box<Diagnostic>> {
    if let Some(first) = entries.iter().find(|e| &*e.key.value == text) {
        let detail = format!("The key \"{text}\" is set twice in one mapping.");
        let d = Diagnostic::error("duplicate-key", "Duplicate key", detail);
        return Err(Box::new(
            d.at(span)
                .within(first.key.span.to(span))
                .hint("Keep one of the two."),
        ));
    }
    *key = Some(Spanned {
        value: text.into(),
        span,
    });
    Ok(())
}

/// From the first to the last thing in it; a list's own end may lie lines further on.
fn enclose(node: &Node, end: Span) -> Span {
    let last = match &node.value {
        Yaml::Sequence(items) => items.last().map(|n| n.span),
        Yaml::Mapping(entries) => entries.last().map(|e| e.key.span.to(e.value.span)),
        _ => None,
    };
    match last {
        // A bracket is there to be seen; the end of an indented block is nothing, and lies where the next thing begins.
        Some(last) if end.start == end.end => node.span.to(last),
        _ => node.span.to(end),
    }
}

fn fault(
    code: &'static str,
    summary: &'static str,
    detail: impl Into<String>,
    span: Span,
) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(code, summary, detail).at(span))
}

fn too_deep(span: Span) -> Box<Diagnostic> {
    fault(
        "yaml-too-deep",
        "YAML nested too deeply",
        format!("More than {MAX_DEPTH} levels are not read."),
        span,
    )
}

fn tagged(text: &str, tag: Option<&str>) -> Yaml {
    match tag {
        Some("null" | "bool" | "int" | "float") => scalar(text),
        _ => Yaml::String(text.into()),
    }
}

/// A plain scalar by the core schema. Infinities and NaN stay text: the language has neither.
fn scalar(text: &str) -> Yaml {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Yaml::Null,
        "true" | "True" | "TRUE" => Yaml::Bool(true),
        "false" | "False" | "FALSE" => Yaml::Bool(false),
        _ => number(text).map_or_else(|| Yaml::String(text.into()), Yaml::Number),
    }
}

fn number(text: &str) -> Option<Number> {
    let radix = |digits: &str, radix| {
        let plain = !digits.starts_with(['+', '-']);
        i64::from_str_radix(digits, radix)
            .ok()
            .filter(|_| plain)
            .map(Number::from)
    };
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = unsigned
        .find(['e', 'E'])
        .map_or((unsigned, ""), |i| unsigned.split_at(i));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let power = exponent
        .get(1..)
        .map_or("0", |e| e.strip_prefix(['+', '-']).unwrap_or(e));
    if whole.len() + fraction.len() == 0
        || power.is_empty()
        || !(digits(whole) && digits(fraction) && digits(power))
    {
        return None;
    }
    // "1." is a number here, and is not in the language.
    let sign = if text.starts_with('-') { "-" } else { "" };
    Number::parse(&format!(
        "{sign}{}{exponent}",
        mantissa.strip_suffix('.').unwrap_or(mantissa)
    ))
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::panic,
        reason = "a failed test is a panic"
    )]
    use cloudapp_lang::SourceMap;

    use super::*;

    fn read(text: &str) -> (SourceMap, Result<Node, Box<Diagnostic>>) {
        let mut sources = SourceMap::new();
        let file = sources.add("package.yaml", text);
        let node = parse(text, file);
        (sources, node)
    }

    #[test]
    fn nodes_know_where_they_are() {
        let (sources, node) =
            read("# 说明\nargs:\n  - name: 网络\n    cpu: 4\n    on: [a, 'b c']\nid: x\n");
        let node = node.unwrap();
        let first = match &node.get("args").unwrap().value {
            Yaml::Sequence(items) => &items[0],
            other => panic!("{other:?}"),
        };
        let text = |key| sources.text(first.get(key).unwrap().span);
        assert_eq!(
            (text("name"), text("cpu"), text("on")),
            ("网络", "4", "[a, 'b c']")
        );
        assert_eq!(
            sources.text(first.span),
            "name: 网络\n    cpu: 4\n    on: [a, 'b c']"
        );
        let (_, start, _) = sources.locate(node.get("id").unwrap().span).unwrap();
        assert_eq!((start.line, start.column), (6, 5));
    }

    #[test]
    fn scalars_follow_the_core_schema() {
        for (text, expected) in [
            ("~", Yaml::Null),
            ("", Yaml::Null),
            ("True", Yaml::Bool(true)),
            ("yes", Yaml::String("yes".into())),
            ("'true'", Yaml::String("true".into())),
            ("!!str 1", Yaml::String("1".into())),
            ("12", Yaml::Number(12.into())),
            ("+12", Yaml::Number(12.into())),
            ("-3", Yaml::Number((-3).into())),
            ("1.5", Yaml::Number(Number::parse("1.5").unwrap())),
            ("2.", Yaml::Number(2.into())),
            ("-.5e1", Yaml::Number((-5).into())),
            ("0x1F", Yaml::Number(31.into())),
            ("0o17", Yaml::Number(15.into())),
            ("0x-1", Yaml::String("0x-1".into())),
            ("-", Yaml::Sequence(vec![])),
            (".", Yaml::String(".".into())),
            (".inf", Yaml::String(".inf".into())),
            ("1.2.3", Yaml::String("1.2.3".into())),
            ("10.0.0.0/16", Yaml::String("10.0.0.0/16".into())),
            ("1e", Yaml::String("1e".into())),
            ("e1", Yaml::String("e1".into())),
            ("${a.b}", Yaml::String("${a.b}".into())),
            ("pkg-**********", Yaml::String("pkg-**********".into())),
        ] {
            let node = read(&format!("k: {text}")).1;
            match (node.map(|n| n.get("k").unwrap().value.clone()), text) {
                // A dash is the beginning of a list with nothing in it, which YAML does not allow here.
                (Err(_), "-") => {}
                (got, _) => assert_eq!(got.unwrap(), expected, "{text}"),
            }
        }
    }

    #[test]
    fn faults_have_a_code_and_a_place() {
        let bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n".to_owned()
            + &(b'b'..=b'h').fold(String::new(), |text, c| {
                let (this, before) = (c as char, (c - 1) as char);
                text + &format!(
                    "{this}: &{this} [{}]\n",
                    vec![format!("*{before}"); 10].join(",")
                )
            });
        for (text, code, line) in [
            ("a: [1, 2", "yaml-syntax", 1),
            ("a: 1\nb: 'x\n", "yaml-syntax", 2),
            ("a: 1\nb: 2\na: 3\n", "duplicate-key", 3),
            ("a: 1\n---\nb: 2\n", "yaml-syntax", 2),
            ("[a]: 1", "yaml-syntax", 1),
            ("a: *none", "yaml-syntax", 1),
            (&"- ".repeat(5_000), "yaml-too-deep", 1),
            (&"[".repeat(100), "yaml-too-deep", 1),
            (&"[".repeat(5_000), "yaml-syntax", 1),
            (&bomb, "yaml-too-large", 6),
        ] {
            let (sources, node) = read(text);
            let d = node.unwrap_err();
            let shown = &text[..text.len().min(40)];
            assert_eq!(d.code, code, "{shown}: {d:?}");
            assert_eq!(
                sources.locate(d.subject.unwrap()).unwrap().1.line,
                line,
                "{shown}: {d:?}"
            );
        }
    }

    #[test]
    fn aliases_repeat_what_they_name() {
        let node = read("a: &x {n: 1}\nb: *x\n").1.unwrap();
        assert_eq!(
            node.get("b").unwrap().get("n").unwrap().value,
            Yaml::Number(1.into())
        );
        assert_eq!(node.to_value(), {
            let one = || Value::object([("n", Value::number(1))]);
            Value::object([("a", one()), ("b", one())])
        });
    }
}
