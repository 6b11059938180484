//! Conditions: an operator and its operands, compiled; and whether they hold.
//!
//! There are three answers. Where an operand is not known yet, the condition is neither true nor false, unless the rest
//! decides it.

use std::collections::BTreeSet;

use cloudapp_lang::diagnostic::nearest;
use cloudapp_lang::eval::equal;
use cloudapp_lang::value::convert;
use cloudapp_lang::{Diagnostic, Diagnostics, Number, Span, Str, Type, Value};

use super::expression::{Expression, FUNCTIONS, Names, Scope};
use super::operator::{Operands, Operator};
use crate::argument::Condition;
use crate::yaml::{Entry, Node, Yaml};

/// A compiled condition.
#[derive(Debug)]
pub(super) struct Test {
    kind: Kind,
    message: Option<Expression>,
    pub(super) span: Span,
}

#[derive(Debug)]
enum Kind {
    /// Two operands.
    Compare(Operator, Expression, Expression),
    Length {
        of: Expression,
        least: Option<Expression>,
        most: Option<Expression>,
        exact: Option<Expression>,
    },
    All(Vec<Test>),
    Any(Vec<Test>),
    Not(Box<Test>),
    /// It was reported why.
    Broken,
}

/// The operand by which `and`, `or` and `not` may be given a message beside their conditions.
const LIST: &str = "list";

/// What can be wrong with a condition, reported while it is compiled.
fn malformed(detail: String, at: Span) -> Diagnostic {
    Diagnostic::error("malformed-condition", "Condition is malformed", detail)
        .at(at)
        .hint("See the operators in docs/forms.md.")
}

impl Test {
    pub(super) fn compile(condition: &Condition, names: &Names, found: &mut Diagnostics) -> Self {
        let mut test = operator(
            &condition.operator.value,
            condition.operator.span,
            &condition.operands,
            names,
            found,
        );
        if let Some(message) = &condition.message {
            test.message = Some(Expression::text(&message.value, message.span, names, found));
        }
        test
    }

    pub(super) fn references(&self, to: &mut Vec<(usize, Span)>) {
        match &self.kind {
            Kind::Compare(_, a, b) => {
                a.references(to);
                b.references(to);
            }
            Kind::Length {
                of,
                least,
                most,
                exact,
            } => {
                of.references(to);
                [least, most, exact]
                    .into_iter()
                    .flatten()
                    .for_each(|e| e.references(to));
            }
            Kind::All(tests) | Kind::Any(tests) => tests.iter().for_each(|t| t.references(to)),
            Kind::Not(test) => test.references(to),
            Kind::Broken => {}
        }
    }

    /// Whether it holds; none where that is not known yet or cannot be said, which is a finding.
    pub(super) fn holds(&self, scope: &Scope, found: &mut Diagnostics) -> Option<bool> {
        let mut waiting = BTreeSet::new();
        let mut operand = |e: &Expression| e.evaluate(scope, &mut waiting, found);
        match &self.kind {
            Kind::Compare(operator, a, b) => {
                let (a, b) = (operand(a), operand(b));
                compare(*operator, &a, &b, self.span, found)
            }
            Kind::Length {
                of,
                least,
                most,
                exact,
            } => {
                let of = operand(of);
                let bounds = [least, most, exact].map(|e| e.as_ref().map(&mut operand));
                length_fits(&of, &bounds, self.span, found)
            }
            Kind::All(tests) => every(tests, scope, found),
            Kind::Any(tests) => {
                let answers: Vec<_> = tests.iter().map(|t| t.holds(scope, found)).collect();
                match answers.contains(&Some(true)) {
                    true => Some(true),
                    false if answers.contains(&None) => None,
                    false => Some(false),
                }
            }
            Kind::Not(test) => test.holds(scope, found).map(|b| !b),
            Kind::Broken => None,
        }
    }

    /// What to say where it does not hold: its own message, or that of what it consists of.
    pub(super) fn message(&self, scope: &Scope, found: &mut Diagnostics) -> Option<Value> {
        if let Some(message) = &self.message {
            return Some(message.evaluate(scope, &mut BTreeSet::new(), found));
        }
        match &self.kind {
            Kind::All(tests) | Kind::Any(tests) => tests
                .iter()
                .filter(|t| t.holds(scope, &mut Diagnostics::new()) == Some(false))
                .find_map(|t| t.message(scope, found)),
            Kind::Not(test) => test.message(scope, found),
            _ => None,
        }
    }
}

/// Whether all of them hold.
pub(super) fn every(tests: &[Test], scope: &Scope, found: &mut Diagnostics) -> Option<bool> {
    let answers: Vec<_> = tests.iter().map(|t| t.holds(scope, found)).collect();
    match answers.contains(&Some(false)) {
        true => Some(false),
        false if answers.contains(&None) => None,
        false => Some(true),
    }
}

fn operator(
    name: &str,
    span: Span,
    operands: &Node,
    names: &Names,
    found: &mut Diagnostics,
) -> Test {
    let mut message = None;
    let kind = match Operator::named(name) {
        None => {
            let detail = format!("There is no operator \"{name}\".");
            let d = Diagnostic::error("unknown-operator", "Unknown operator", detail).at(span);
            let known = Operator::ALL.map(Operator::name);
            found.push(match nearest(name, known) {
                Some(near) => d.hint(format!("Did you mean \"{near}\"?")),
                None => d.hint(format!("Known are: {}.", known.join(", "))),
            });
            Kind::Broken
        }
        Some(operator) => {
            if let Some(node) = operands.get("message") {
                message = Some(Expression::compile(node, names, found));
            }
            let mut reader = OperandReader {
                operator,
                span,
                names,
                found,
            };
            reader.kind(operands)
        }
    };
    Test {
        kind,
        message,
        span,
    }
}

struct OperandReader<'r> {
    operator: Operator,
    span: Span,
    names: &'r Names,
    found: &'r mut Diagnostics,
}

impl OperandReader<'_> {
    fn kind(&mut self, node: &Node) -> Kind {
        match self.operator.operands() {
            Operands::Named(groups) => {
                let mut all = groups.iter().map(|group| self.operand(node, group));
                match (all.next().flatten(), all.next().flatten()) {
                    (Some(a), Some(b)) => Kind::Compare(self.operator, a, b),
                    _ => Kind::Broken,
                }
            }
            Operands::Bounds(_) => {
                let Some(of) = self.operand(node, &["a"]) else {
                    return Kind::Broken;
                };
                let (names, found) = (self.names, &mut *self.found);
                let mut bound = |key| node.get(key).map(|n| Expression::compile(n, names, found));
                Kind::Length {
                    of,
                    least: bound("min"),
                    most: bound("max"),
                    exact: bound("b"),
                }
            }
            Operands::Conditions => {
                let list = node.get(LIST).unwrap_or(node);
                let Yaml::Sequence(items) = &list.value else {
                    self.malformed("takes a list of conditions", list.span);
                    return Kind::Broken;
                };
                let tests = items.iter().flat_map(|n| self.conditions(n)).collect();
                match self.operator {
                    Operator::Or => Kind::Any(tests),
                    _ => Kind::All(tests),
                }
            }
            Operands::Condition => {
                let mut tests = self.conditions(node);
                match (tests.pop(), tests.is_empty()) {
                    (Some(test), true) => Kind::Not(Box::new(test)),
                    _ => {
                        self.malformed("takes one condition", node.span);
                        Kind::Broken
                    }
                }
            }
        }
    }

    /// The operand that is there by one of the names.
    fn operand(&mut self, node: &Node, group: &[&str]) -> Option<Expression> {
        match group.iter().find_map(|name| node.get(name)) {
            Some(operand) => Some(Expression::compile(operand, self.names, self.found)),
            None => {
                self.malformed(
                    &format!("needs the operand \"{}\"", group.join("\" or \"")),
                    self.span,
                );
                None
            }
        }
    }

    /// The conditions of a mapping of operators.
    fn conditions(&mut self, node: &Node) -> Vec<Test> {
        let Yaml::Mapping(entries) = &node.value else {
            self.malformed("takes conditions, each a mapping", node.span);
            return Vec::new();
        };
        let operators = entries.iter().filter(|e| &*e.key.value != "message");
        let message = entries.iter().find(|e| &*e.key.value == "message");
        operators
            .map(|Entry { key, value }| {
                let mut test = operator(&key.value, key.span, value, self.names, self.found);
                if let (None, Some(m)) = (&test.message, message) {
                    test.message = Some(Expression::compile(&m.value, self.names, self.found));
                }
                test
            })
            .collect()
    }

    fn malformed(&mut self, what: &str, at: Span) {
        let detail = format!("\"{}\" {what}.", self.operator.name());
        self.found.push(malformed(detail, at));
    }
}

fn compare(
    operator: Operator,
    a: &Value,
    b: &Value,
    at: Span,
    found: &mut Diagnostics,
) -> Option<bool> {
    match operator {
        Operator::Eq => equal(a, b),
        Operator::Ne => equal(a, b).map(|e| !e),
        Operator::In => contains(a, b, at, found),
        Operator::Match => matches(a, b, at, found),
        _ => {
            if !a.is_known() || !b.is_known() {
                return None;
            }
            // Nothing is neither more nor less than anything.
            if a.is_null() || b.is_null() {
                return Some(false);
            }
            let (Some(a), Some(b)) = (number(a), number(b)) else {
                wrong_operand(operator, "numbers", at, found);
                return None;
            };
            Some(match operator {
                Operator::Gt => a > b,
                Operator::Gte => a >= b,
                Operator::Lt => a < b,
                _ => a <= b,
            })
        }
    }
}

fn wrong_operand(operator: Operator, wanted: &str, at: Span, found: &mut Diagnostics) {
    let detail = format!("\"{}\" is about {wanted}.", operator.name());
    found.push(
        Diagnostic::error("operand-type", "Operand of the wrong type", detail)
            .at(at)
            .hint("Compare values of one kind."),
    );
}

pub(super) fn number(value: &Value) -> Option<Number> {
    let converted = convert(value, &Type::Number).ok()?;
    converted.as_number().cloned()
}

fn contains(a: &Value, list: &Value, at: Span, found: &mut Diagnostics) -> Option<bool> {
    if !list.is_known() {
        return None;
    }
    if list.is_null() {
        return Some(false);
    }
    let Some(items) = list.as_items() else {
        wrong_operand(Operator::In, "a list", at, found);
        return None;
    };
    let mut certain = true;
    for item in items {
        match equal(a, item) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => certain = false,
        }
    }
    certain.then_some(false)
}

fn matches(a: &Value, pattern: &Value, at: Span, found: &mut Diagnostics) -> Option<bool> {
    if !a.is_known() || !pattern.is_known() {
        return None;
    }
    if a.is_null() || pattern.is_null() {
        return Some(false);
    }
    let text = convert(a, &Type::String).ok();
    let (Some(text), Some(pattern)) = (text.as_ref().and_then(Value::as_str), pattern.as_str())
    else {
        wrong_operand(Operator::Match, "a text and a pattern", at, found);
        return None;
    };
    match finds(pattern, text) {
        Ok(found) => Some(found),
        Err(message) => {
            let detail = format!("The pattern cannot be used: {message}.");
            found.push(
                Diagnostic::error("invalid-pattern", "Pattern is not valid", detail)
                    .at(at)
                    .hint("Write it as for the language's function regex."),
            );
            None
        }
    }
}

/// Whether a pattern is found somewhere in a text; the dialect is that of the language's `regex`.
pub(super) fn finds(pattern: &str, text: &str) -> Result<bool, String> {
    let arguments = [Value::string(pattern), Value::string(text)];
    let found = FUNCTIONS
        .call("regexall", &arguments)
        .map_err(|e| e.message)?;
    Ok(found.as_items().is_some_and(|items| !items.is_empty()))
}

/// Characters of a text, or elements of a collection.
pub(super) fn length(value: &Value) -> Option<Number> {
    let (value, _) = value.clone().unmark();
    let value = match value.as_number() {
        Some(_) => convert(&value, &Type::String).ok()?,
        None => value,
    };
    let length = FUNCTIONS.call("length", &[value]).ok()?;
    length.as_number().cloned()
}

fn length_fits(
    of: &Value,
    bounds: &[Option<Value>; 3],
    at: Span,
    found: &mut Diagnostics,
) -> Option<bool> {
    if !of.is_known() || bounds.iter().flatten().any(|b| !b.is_known()) {
        return None;
    }
    let size = match of.is_null() {
        true => Number::from(0),
        false => match length(of) {
            Some(size) => size,
            None => {
                wrong_operand(Operator::Length, "texts and lists", at, found);
                return None;
            }
        },
    };
    let mut fits = true;
    for (bound, ok) in bounds.iter().zip([
        (|s, b| s >= b) as fn(&Number, &Number) -> bool,
        |s, b| s <= b,
        |s, b| s == b,
    ]) {
        let Some(bound) = bound.as_ref().filter(|b| !b.is_null()) else {
            continue;
        };
        let Some(bound) = number(bound) else {
            wrong_operand(Operator::Length, "bounds that are numbers", at, found);
            return None;
        };
        fits &= ok(&size, &bound);
    }
    Some(fits)
}

/// A message as it is shown: never what is secret.
pub(super) fn shown(message: &Value) -> Option<Str> {
    if message.has_marks() {
        return None;
    }
    let text = convert(message, &Type::String).ok()?;
    text.as_str().map(Str::from)
}
