//! References to resources of which there may be none: they hold only where the condition of `count` does.
//!
//! What is known at a reference are the conditions around it: those of the conditional expressions whose branch it stands
//! in, and that of the resource itself. Conditions are compared as text, equalities and negations by their meaning.

use std::collections::HashMap;

use cloudapp_lang::syntax::ast::{
    BinaryOp, Block, Expr, ExprKind, Reference, Step, Template, TemplatePart, UnaryOp,
};
use cloudapp_lang::value::Kind;
use cloudapp_lang::{Diagnostic, Diagnostics, SourceMap, Span, Str};

use super::stack::{Stack, arguments, names, span};

/// How deep expressions are followed.
const MAX_DEPTH: usize = 200;

/// Functions that get along with nothing.
const TOLERANT: [&str; 8] = [
    "can",
    "coalesce",
    "coalescelist",
    "compact",
    "concat",
    "length",
    "one",
    "try",
];

/// A condition, and whether it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fact {
    holds: bool,
    condition: Condition,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Condition {
    /// What is compared, and with which constant.
    Is(String, String),
    Other(String),
}

/// When there is an instance of a resource: one of these, in which all hold.
type Alternatives = Vec<Vec<Fact>>;

pub(super) fn check(stack: &Stack, sources: &SourceMap, found: &mut Diagnostics) {
    let counted: HashMap<(Str, Str), (Alternatives, Span)> = stack
        .resources()
        .filter_map(|r| {
            let count = r.block.body.attribute("count")?;
            let alternatives = exists(&count.expr, sources, 0);
            let always = alternatives.iter().any(Vec::is_empty);
            (!always).then(|| {
                let key = (r.kind.name.clone(), r.name.name.clone());
                (key, (alternatives, count.span))
            })
        })
        .collect();
    if counted.is_empty() {
        return;
    }
    for block in stack.blocks() {
        let known = own_facts(block, sources);
        for argument in arguments(block) {
            if matches!(&*argument.name.name, "count" | "depends_on" | "type") {
                continue;
            }
            let mut walk = Walk {
                counted: &counted,
                sources,
                known: known.clone(),
                found,
            };
            walk.expr(argument.expr, 0);
        }
    }
}

/// What holds in a resource because there is an instance of it.
fn own_facts(block: &Block, sources: &SourceMap) -> Vec<Fact> {
    let count = block
        .body
        .attribute("count")
        .filter(|_| &*block.kind.name == "resource");
    let alternatives = count.map(|c| exists(&c.expr, sources, 0));
    match alternatives.as_deref() {
        Some([only]) => only.clone(),
        _ => Vec::new(),
    }
}

/// When a count is not zero.
fn exists(count: &Expr, sources: &SourceMap, depth: usize) -> Alternatives {
    if depth > MAX_DEPTH {
        return vec![Vec::new()];
    }
    match &count.unparenthesized().kind {
        ExprKind::Literal(value) => match value.kind() {
            Kind::Number(n) if *n == 0.into() => Vec::new(),
            _ => vec![Vec::new()],
        },
        ExprKind::Conditional(c) => {
            let mut all = Vec::new();
            for (branch, holds) in [(&c.then, true), (&c.otherwise, false)] {
                for mut rest in exists(branch, sources, depth + 1) {
                    let mut facts = Vec::new();
                    required(&c.condition, holds, sources, 0, &mut facts);
                    facts.append(&mut rest);
                    all.push(facts);
                }
            }
            // Whatever the condition: there is always one.
            match &all[..] {
                [a, b] if a.len() == 1 && b.len() == 1 && a[0].condition == b[0].condition => {
                    vec![Vec::new()]
                }
                _ => all,
            }
        }
        // How many there are is for the customer to say; nobody can tell whether it may be none.
        _ => vec![Vec::new()],
    }
}

/// What must hold for a condition to come out so, in parts where it is `&&` of several.
fn required(
    condition: &Expr,
    holds: bool,
    sources: &SourceMap,
    depth: usize,
    facts: &mut Vec<Fact>,
) {
    let condition = condition.unparenthesized();
    match &condition.kind {
        ExprKind::Unary(UnaryOp::Not, inner) if depth < MAX_DEPTH => {
            required(inner, !holds, sources, depth + 1, facts);
        }
        ExprKind::Binary(chain) if depth < MAX_DEPTH => {
            let all = |op| chain.rest.iter().all(|(o, _)| *o == op);
            if (holds && all(BinaryOp::And)) || (!holds && all(BinaryOp::Or)) {
                for operand in chain.operands() {
                    required(operand, holds, sources, depth + 1, facts);
                }
                return;
            }
            facts.push(compared(condition, holds, sources));
        }
        _ => facts.push(compared(condition, holds, sources)),
    }
}

fn compared(condition: &Expr, holds: bool, sources: &SourceMap) -> Fact {
    if let ExprKind::Binary(chain) = &condition.kind
        && let [(op @ (BinaryOp::Equal | BinaryOp::NotEqual), right)] = &chain.rest[..]
    {
        let (a, b) = (&chain.first, right);
        let is_constant = |e: &Expr| matches!(e.unparenthesized().kind, ExprKind::Literal(_));
        let (what, constant) = if is_constant(a) { (b, a) } else { (a, b) };
        let (what, constant) = (text(what, sources), text(constant, sources));
        let holds = holds == (*op == BinaryOp::Equal);
        return match constant.as_str() {
            "true" | "false" => Fact {
                holds: holds == (constant == "true"),
                condition: Condition::Other(what),
            },
            _ => Fact {
                holds,
                condition: Condition::Is(what, constant),
            },
        };
    }
    Fact {
        holds,
        condition: Condition::Other(text(condition, sources)),
    }
}

/// The source of an expression without spaces.
fn text(expr: &Expr, sources: &SourceMap) -> String {
    let source = sources.text(expr.unparenthesized().span);
    source.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Whether a fact follows from what is known.
fn follows(fact: &Fact, known: &[Fact]) -> bool {
    known.iter().any(|k| {
        k == fact
            || match (&k.condition, &fact.condition) {
                // What is one constant is no other.
                (Condition::Is(a, x), Condition::Is(b, y)) => {
                    a == b && x != y && k.holds && !fact.holds && is_constant(x) && is_constant(y)
                }
                _ => false,
            }
    })
}

fn is_constant(text: &str) -> bool {
    text.starts_with('"') || text.starts_with(|c: char| c.is_ascii_digit())
}

struct Walk<'a> {
    counted: &'a HashMap<(Str, Str), (Alternatives, Span)>,
    sources: &'a SourceMap,
    known: Vec<Fact>,
    found: &'a mut Diagnostics,
}

impl Walk<'_> {
    fn expr(&mut self, expr: &Expr, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        let deeper = depth + 1;
        match &expr.kind {
            ExprKind::Literal(_) => {}
            ExprKind::Template(t) => self.template(t, deeper),
            ExprKind::Wrapped(e) | ExprKind::Parentheses(e) | ExprKind::Unary(_, e) => {
                self.expr(e, deeper);
            }
            ExprKind::Reference(r) => self.reference(r),
            ExprKind::Access(e, _) => self.expr(e, deeper),
            // A splat of nothing is an empty list.
            ExprKind::Splat(s) if matches!(s.source.kind, ExprKind::Reference(_)) => {}
            ExprKind::Splat(s) => self.expr(&s.source, deeper),
            ExprKind::Call(c) if TOLERANT.contains(&&*c.name.name) => {}
            ExprKind::Call(c) => c.args.iter().for_each(|a| self.expr(a, deeper)),
            ExprKind::Conditional(c) => {
                self.expr(&c.condition, deeper);
                for (branch, holds) in [(&c.then, true), (&c.otherwise, false)] {
                    self.under(&c.condition, holds, |w| w.expr(branch, deeper));
                }
            }
            ExprKind::Binary(chain) => self.chain(chain, deeper),
            ExprKind::Tuple(items) => items.iter().for_each(|e| self.expr(e, deeper)),
            ExprKind::Object(items) => items.iter().for_each(|i| self.expr(&i.value, deeper)),
            ExprKind::For(x) => {
                self.expr(&x.collection, deeper);
                [x.key.as_ref(), Some(&x.value), x.condition.as_ref()]
                    .into_iter()
                    .flatten()
                    .for_each(|e| self.expr(e, deeper));
            }
        }
    }

    /// The right side of `&&` is looked at only where the left holds.
    fn chain(&mut self, chain: &cloudapp_lang::syntax::ast::Chain, depth: usize) {
        let before = self.known.len();
        self.expr(&chain.first, depth);
        let mut left = &chain.first;
        for (op, right) in &chain.rest {
            if matches!(op, BinaryOp::And | BinaryOp::Or) {
                required(left, *op == BinaryOp::And, self.sources, 0, &mut self.known);
            }
            self.expr(right, depth);
            left = right;
        }
        self.known.truncate(before);
    }

    fn template(&mut self, template: &Template, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        for part in &template.parts {
            match part {
                TemplatePart::Literal(_) => {}
                TemplatePart::Interpolation(e) => self.expr(e, depth + 1),
                TemplatePart::If {
                    condition,
                    then,
                    otherwise,
                    ..
                } => {
                    self.expr(condition, depth + 1);
                    self.under(condition, true, |w| w.template(then, depth + 1));
                    if let Some(t) = otherwise {
                        self.under(condition, false, |w| w.template(t, depth + 1));
                    }
                }
                TemplatePart::For {
                    collection, body, ..
                } => {
                    self.expr(collection, depth + 1);
                    self.template(body, depth + 1);
                }
            }
        }
    }

    fn under(&mut self, condition: &Expr, holds: bool, f: impl FnOnce(&mut Self)) {
        let before = self.known.len();
        required(condition, holds, self.sources, 0, &mut self.known);
        f(self);
        self.known.truncate(before);
    }

    fn reference(&mut self, r: &Reference) {
        for step in &r.steps {
            if let Step::Index(e) = step {
                self.expr(e, MAX_DEPTH / 2);
            }
        }
        let all = names(r);
        let [kind, name, ..] = all[..] else { return };
        // The whole list, whatever its length, may be passed on.
        if r.steps.len() < 2 {
            return;
        }
        let key = (Str::from(kind), Str::from(name));
        let Some((alternatives, count)) = self.counted.get(&key) else {
            return;
        };
        let safe = alternatives
            .iter()
            .any(|facts| facts.iter().all(|f| follows(f, &self.known)));
        if safe {
            return;
        }
        let written = self.sources.text(*count).split_whitespace();
        let written = written.collect::<Vec<_>>().join(" ");
        let detail = match alternatives.is_empty() {
            true => format!("There is never an instance of {kind}.{name}: its count is 0."),
            false => format!(
                "There may be no {kind}.{name}: it has {written}, and nothing here makes sure that there is one."
            ),
        };
        let d = Diagnostic::warning(
            "reference-may-be-empty",
            "Reference to what may not exist",
            detail,
        );
        self.found.push(d.at(span(r)).hint(format!(
            "Put the reference into a conditional with the condition of count, or write one({kind}.{name}[*]{}).",
            all.get(2).map_or(String::new(), |a| format!(".{a}"))
        )));
    }
}
