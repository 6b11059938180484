//! JSON to the syntax tree, by shapes: what each name of a body is to be read as.
//!
//! In JSON an object may be a block, several blocks or an argument's value; only what is known of a body can tell. Where
//! the language itself knows, a [`Shape`] says so. Where only a provider's schema knows, the members stay
//! [`Member::Undecided`] in [`Body::undecided`] until [`decide`] is asked with the schema at hand.

use std::collections::BTreeMap;

use super::ast::{Attribute, Block, Body, Expr, ExprKind, Ident, ObjectItem};
use super::json::{Node, NodeKind, Property, Text};
use super::json_places;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::stack;
use crate::value::{Str, Type, Value};

/// What the strings of a JSON value are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Templates, names in objects too. One interpolation alone keeps its type.
    Template,
    /// Just strings.
    Literal,
    /// Expressions: references, types and keywords, which the native syntax has without quotes.
    Expression,
}

/// What a member of a body is.
#[derive(Clone, Copy, Debug)]
pub enum Member {
    Argument(Reading),
    /// Blocks with so many labels.
    Block(usize, &'static Shape),
    /// To be decided later.
    Undecided,
}

/// What the members of a body are, by name.
#[derive(Debug)]
pub struct Shape {
    pub members: &'static [(&'static str, Member)],
    /// All other names.
    pub others: Member,
}

impl Shape {
    #[must_use]
    pub fn member(&self, name: &str) -> Member {
        self.members
            .iter()
            .find(|(n, _)| *n == name)
            .map_or(self.others, |(_, m)| *m)
    }
}

/// Makes a body of a whole file: an object, or an array of objects that are taken together.
#[must_use]
pub fn file(node: &Node, shape: &Shape) -> (Body, Diagnostics) {
    let mut l = Lower {
        diags: Diagnostics::new(),
    };
    let mut out = empty(node.span);
    let properties = l.properties(node, "a configuration");
    l.members(properties, &|n| shape.member(n), &mut out);
    (out, l.diags)
}

/// Turns the undecided members of a body into arguments and blocks.
pub fn decide(body: &mut Body, member: &dyn Fn(&str) -> Member) -> Diagnostics {
    let mut l = Lower {
        diags: Diagnostics::new(),
    };
    let properties = std::mem::take(&mut body.undecided);
    l.members(&properties, member, body);
    l.diags
}

/// Makes an expression of a value.
#[must_use]
pub fn expression(node: &Node, reading: Reading) -> (Expr, Diagnostics) {
    let mut l = Lower {
        diags: Diagnostics::new(),
    };
    let e = l.expression(node, reading);
    (e, l.diags)
}

fn empty(span: Span) -> Body {
    Body {
        attributes: Vec::new(),
        blocks: Vec::new(),
        undecided: Vec::new(),
        span,
    }
}

struct Lower {
    diags: Diagnostics,
}

impl Lower {
    /// The properties of an object, or of all the objects of an array; comments are left out.
    fn properties<'n>(&mut self, node: &'n Node, what: &str) -> Vec<&'n Property> {
        let objects: &[Node] = match &node.kind {
            NodeKind::Array(items) => items,
            _ => std::slice::from_ref(node),
        };
        let mut out = Vec::new();
        for o in objects {
            match &o.kind {
                NodeKind::Object(p) => out.extend(p.iter().filter(|p| &*p.name.name != "//")),
                NodeKind::Null => {}
                _ => self.wrong_shape(o, what),
            }
        }
        out
    }

    fn wrong_shape(&mut self, node: &Node, what: &str) {
        self.diags.push(
            Diagnostic::error(
                "wrong-json-shape",
                "Object expected",
                format!(
                    "An object, or an array of objects, stands for {what}; this is {}.",
                    node.friendly()
                ),
            )
            .at(node.span)
            .hint("Write { \"name\": … }."),
        );
    }

    fn members<'n>(
        &mut self,
        properties: impl IntoIterator<Item = &'n Property>,
        member: &dyn Fn(&str) -> Member,
        out: &mut Body,
    ) {
        let mut seen: BTreeMap<Str, Span> = out
            .attributes
            .iter()
            .map(|a| (a.name.name.clone(), a.name.span))
            .collect();
        for p in properties {
            match member(&p.name.name) {
                Member::Undecided => out.undecided.push(p.clone()),
                Member::Block(labels, shape) => {
                    let block = Wanted {
                        kind: &p.name,
                        shape,
                        labels,
                    };
                    self.blocks(&block, &p.value, Vec::new(), &mut out.blocks);
                }
                Member::Argument(reading) => {
                    if seen.insert(p.name.name.clone(), p.name.span).is_some() {
                        self.repeated(p);
                        continue;
                    }
                    out.attributes.push(Attribute {
                        name: p.name.clone(),
                        expr: self.expression(&p.value, reading),
                        span: p.span,
                    });
                }
            }
        }
    }

    fn repeated(&mut self, p: &Property) {
        self.diags.push(
            Diagnostic::error(
                "duplicate-property",
                "Property is set twice",
                format!("\"{}\" is already set in this object.", p.name.name),
            )
            .at(p.name.span)
            .hint("Remove one of them."),
        );
    }

    /// Goes down through the labels to the bodies.
    fn blocks(&mut self, want: &Wanted<'_>, node: &Node, labels: Vec<Ident>, out: &mut Vec<Block>) {
        if labels.len() < want.labels {
            let what = format!("\"{}\" blocks by label", want.kind.name);
            let before = self.diags.len();
            let properties = self.properties(node, &what);
            if properties.is_empty() && self.diags.len() == before {
                self.diags.push(
                    Diagnostic::error(
                        "missing-label",
                        "Block has no label",
                        format!(
                            "Each label of a \"{}\" block is the name of a property, and there is none.",
                            want.kind.name
                        ),
                    )
                    .at(node.span)
                    .hint("Write { \"label\": { … } }, or remove the property."),
                );
            }
            for p in properties {
                let mut labels = labels.clone();
                labels.push(p.name.clone());
                self.blocks(want, &p.value, labels, out);
            }
            return;
        }
        let bodies: &[Node] = match &node.kind {
            NodeKind::Array(items) => items,
            _ => std::slice::from_ref(node),
        };
        for b in bodies {
            match &b.kind {
                NodeKind::Object(properties) => {
                    let mut body = empty(b.span);
                    let real = properties.iter().filter(|p| &*p.name.name != "//");
                    self.members(real, &|n| want.shape.member(n), &mut body);
                    out.push(Block {
                        kind: want.kind.clone(),
                        header: labels.last().unwrap_or(want.kind).span,
                        labels: labels.clone(),
                        open: Span {
                            end: b.span.start + 1,
                            ..b.span
                        },
                        body,
                        span: b.span,
                    });
                }
                NodeKind::Null => {}
                _ => self.wrong_shape(b, &format!("a \"{}\" block", want.kind.name)),
            }
        }
    }

    fn expression(&mut self, node: &Node, reading: Reading) -> Expr {
        let kind = match &node.kind {
            NodeKind::Null => ExprKind::Literal(Value::null(Type::Dynamic)),
            NodeKind::Bool(b) => ExprKind::Literal(Value::bool(*b)),
            NodeKind::Number(n) => ExprKind::Literal(Value::number(n.clone())),
            NodeKind::String(t) => return self.text(t, node.span, reading),
            NodeKind::Array(items) => ExprKind::Tuple(
                items
                    .iter()
                    .map(|n| stack::with_room(|| self.expression(n, reading)))
                    .collect(),
            ),
            NodeKind::Object(properties) => {
                let mut seen = std::collections::BTreeSet::new();
                let mut items = Vec::with_capacity(properties.len());
                for p in properties {
                    if !seen.insert(&p.name.name) {
                        self.repeated(p);
                        continue;
                    }
                    let of_key = match reading {
                        Reading::Expression => Reading::Literal,
                        r => r,
                    };
                    items.push(ObjectItem {
                        key: self.text(&p.key, p.name.span, of_key),
                        is_named: false,
                        value: stack::with_room(|| self.expression(&p.value, reading)),
                    });
                }
                ExprKind::Object(items)
            }
        };
        Expr {
            kind,
            span: node.span,
        }
    }

    fn text(&mut self, text: &Text, span: Span, reading: Reading) -> Expr {
        let plain = |v| Expr {
            kind: ExprKind::Literal(v),
            span,
        };
        let result = match reading {
            Reading::Literal => return plain(Value::string(&*text.value)),
            Reading::Template if !text.value.contains(['$', '%']) => {
                return plain(Value::string(&*text.value));
            }
            Reading::Template => super::parse_template(&text.value, text.file, 0),
            Reading::Expression => super::parse_expression(&text.value, text.file),
        };
        match result {
            Ok(mut e) => {
                json_places::each(&mut e, &|s| text.place(s));
                e.span = span;
                e
            }
            Err(found) => {
                for mut d in found {
                    d.subject = d.subject.map(|s| text.place(s));
                    d.context = Some(span);
                    self.diags.push(d);
                }
                // Its value is not known, so nothing more is said about it.
                plain(Value::dynamic())
            }
        }
    }
}

struct Wanted<'a> {
    kind: &'a Ident,
    shape: &'static Shape,
    labels: usize,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use super::super::json;
    use super::*;
    use crate::source::FileId;

    static INNER: Shape = Shape {
        members: &[
            ("type", Member::Argument(Reading::Expression)),
            ("text", Member::Argument(Reading::Literal)),
            ("value", Member::Argument(Reading::Template)),
        ],
        others: Member::Undecided,
    };
    static OUTER: Shape = Shape {
        members: &[
            ("thing", Member::Block(2, &INNER)),
            ("plain", Member::Block(0, &INNER)),
        ],
        others: Member::Argument(Reading::Template),
    };

    fn read(text: &str) -> (Body, Vec<String>) {
        let node = json::read(text, FileId(0)).unwrap();
        let (body, diags) = file(&node, &OUTER);
        let found = diags
            .iter()
            .map(|d| format!("{} {}", d.code, d.subject.unwrap().start))
            .collect();
        (body, found)
    }

    #[test]
    fn labels_arrays_and_comments() {
        let (body, found) = read(
            r#"[{"//": 1, "thing": {"a": {"b": {}, "c": [{"value": 1}, {}]}}}, {"plain": [{}, {"//": "x"}]}]"#,
        );
        assert_eq!(found, Vec::<String>::new());
        let shown: Vec<String> = body
            .blocks
            .iter()
            .map(|b| {
                let labels: Vec<&str> = b.labels.iter().map(|l| &*l.name).collect();
                format!("{} {}", b.kind.name, labels.join(" "))
            })
            .collect();
        assert_eq!(
            shown,
            ["thing a b", "thing a c", "thing a c", "plain ", "plain "]
        );
    }

    #[test]
    fn strings_are_read_as_told() {
        let (body, found) = read(
            r#"{"plain": {"type": "list(string)", "text": "${x}", "value": "a\n${var.é}", "q": [1]}}"#,
        );
        assert_eq!(found, Vec::<String>::new());
        let b = &body.blocks[0].body;
        assert!(matches!(
            &b.attribute("type").unwrap().expr.kind,
            ExprKind::Call(_)
        ));
        let text = &b.attribute("text").unwrap().expr.kind;
        assert!(matches!(text, ExprKind::Literal(v) if v.as_str() == Some("${x}")));
        let mut places = Vec::new();
        b.attribute("value")
            .unwrap()
            .expr
            .for_each_reference(&mut |r| {
                places.push(r.root.span.start);
            });
        // After the escape, which is one byte shorter than what is written.
        assert_eq!(places, [66]);
        assert_eq!(b.undecided.len(), 1);
    }

    #[test]
    fn undecided_members_become_what_a_schema_says() {
        let (mut body, _) = read(r#"{"plain": {"a": [{"value": 1}, {}], "b": {"k": "${x}"}}}"#);
        let inner = &mut body.blocks[0].body;
        let diags = decide(inner, &|n| match n {
            "a" => Member::Block(0, &INNER),
            _ => Member::Argument(Reading::Template),
        });
        assert!(diags.is_empty());
        assert_eq!((inner.blocks.len(), inner.attributes.len()), (2, 1));
        assert!(inner.undecided.is_empty());
    }

    #[test]
    fn mistakes_are_placed() {
        for (text, want) in [
            (r#"{"thing": "x"}"#, "wrong-json-shape 10"),
            (r#"{"thing": {"a": {}}}"#, "missing-label 16"),
            (r#"{"thing": {"a": {"b": [1]}}}"#, "wrong-json-shape 23"),
            (r#"{"plain": 1}"#, "wrong-json-shape 10"),
            (r#"7"#, "wrong-json-shape 0"),
            (r#"{"x": 1, "x": 2}"#, "duplicate-property 9"),
            (r#"{"x": {"y": 1, "y": 2}}"#, "duplicate-property 15"),
        ] {
            let (_, found) = read(text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert_eq!(found[0], want, "{text}");
        }
    }
}
