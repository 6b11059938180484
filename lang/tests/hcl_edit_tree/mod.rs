//! The canonical text of what `hcl-edit` reads. Of its tree only the shape is used: names, numbers and strings are taken
//! from the text, because it normalises and rounds.

mod template;

use std::ops::Range;

use cloudapp_lang::syntax::ast::{BinaryOp, UnaryOp};
use cloudapp_lang::value::normalize;
use hcl_edit::Span as _;
use hcl_edit::expr::{
    BinaryOperator, Expression, ForExpr, FuncCall, Object, ObjectKey, Traversal, TraversalOperator,
    UnaryOperator,
};
use hcl_edit::structure::{Block, BlockLabel, Body};

use crate::generate::canonical::{list, number, or_none, text, unary};
use crate::generate::tree::symbol;

type Operator = hcl_edit::Decorated<TraversalOperator>;

pub(crate) fn of_expr(e: &Expression, source: &str) -> String {
    Reader { source }.expr(e)
}

pub(crate) fn of_body(b: &Body, source: &str) -> String {
    Reader { source }.body(b)
}

pub(crate) struct Reader<'t> {
    source: &'t str,
}

impl Reader<'_> {
    fn raw(&self, range: Option<Range<usize>>) -> &str {
        range.and_then(|r| self.source.get(r)).unwrap_or("")
    }

    fn name(&self, range: Option<Range<usize>>) -> String {
        normalize(self.raw(range)).to_string()
    }

    fn body(&self, b: &Body) -> String {
        let attributes = b
            .attributes()
            .map(|a| list("=", [self.name(a.key.span()), self.expr(&a.value)]));
        let blocks = b.blocks().map(|b| self.block(b));
        list("body", attributes.chain(blocks))
    }

    fn block(&self, b: &Block) -> String {
        let labels = b.labels.iter().map(|l| match l {
            BlockLabel::Ident(i) => text(self.raw(i.span())),
            BlockLabel::String(s) => {
                let raw = self.raw(s.span());
                text(&template::unescaped(&raw[1..raw.len() - 1]))
            }
        });
        let head = std::iter::once(self.name(b.ident.span())).chain(labels);
        list("block", head.chain([self.body(&b.body)]))
    }

    fn expr(&self, e: &Expression) -> String {
        match e {
            Expression::Null(_) => "null".into(),
            Expression::Bool(b) => b.value().to_string(),
            Expression::Number(n) => {
                let written = self.raw(n.span());
                number(&written.replace(char::is_whitespace, ""))
            }
            Expression::String(s) => {
                let raw = self.raw(s.span());
                text(&template::unescaped(&raw[1..raw.len() - 1]))
            }
            Expression::StringTemplate(t) => self.template(t, template::Form::Quoted),
            Expression::HeredocTemplate(h) => {
                let flush = self.raw(e.span()).starts_with("<<-");
                let form = if flush {
                    template::Form::Flush
                } else {
                    template::Form::Lines
                };
                self.template(&h.template, form)
            }
            Expression::Array(a) => list("tuple", a.iter().map(|e| self.expr(e))),
            Expression::Object(o) => self.object(o),
            Expression::Parenthesis(p) => list("parentheses", [self.expr(p.inner())]),
            Expression::Variable(v) => self.name(v.span()),
            Expression::Conditional(c) => list(
                "if",
                [&c.cond_expr, &c.true_expr, &c.false_expr].map(|e| self.expr(e)),
            ),
            Expression::FuncCall(c) => self.call(c),
            Expression::Traversal(t) => self.traversal(t),
            Expression::UnaryOp(u) => {
                let op = match u.operator.value() {
                    UnaryOperator::Neg => UnaryOp::Negate,
                    UnaryOperator::Not => UnaryOp::Not,
                };
                unary(op, self.expr(&u.expr))
            }
            Expression::BinaryOp(b) => list(
                symbol(binary(*b.operator.value())),
                [self.expr(&b.lhs_expr), self.expr(&b.rhs_expr)],
            ),
            Expression::ForExpr(f) => self.for_expr(f),
        }
    }

    fn object(&self, o: &Object) -> String {
        list(
            "object",
            o.iter()
                .flat_map(|(k, v)| [self.key(k), self.expr(v.expr())]),
        )
    }

    fn key(&self, key: &ObjectKey) -> String {
        match key {
            ObjectKey::Ident(_)
            | ObjectKey::Expression(
                Expression::Null(_) | Expression::Bool(_) | Expression::Variable(_),
            ) => text(self.raw(key.span())),
            ObjectKey::Expression(e) => self.expr(e),
        }
    }

    fn call(&self, c: &FuncCall) -> String {
        let names = c.name.namespace.iter().chain([&c.name.name]);
        let name: Vec<String> = names.map(|n| self.name(n.span())).collect();
        let expand = c.args.expand_final().then(|| "...".to_string());
        let args = c.args.iter().map(|a| self.expr(a)).chain(expand);
        list("call", std::iter::once(name.join("::")).chain(args))
    }

    fn for_expr(&self, f: &ForExpr) -> String {
        list(
            "for",
            [
                or_none(f.intro.key_var.as_ref().map(|k| self.name(k.span()))),
                self.name(f.intro.value_var.span()),
                self.expr(&f.intro.collection_expr),
                or_none(f.key_expr.as_ref().map(|k| self.expr(k))),
                self.expr(&f.value_expr),
                or_none(f.grouping.then(|| "...".into())),
                or_none(f.cond.as_ref().map(|c| self.expr(&c.expr))),
            ],
        )
    }

    /// The parser has one row of operators; what belongs to a splat is for us to say.
    fn traversal(&self, t: &Traversal) -> String {
        let mut source = self.expr(&t.expr);
        let mut rest = t.operators.as_slice();
        while !rest.is_empty() {
            let plain = rest.iter().take_while(|o| !is_splat(o)).count();
            if plain > 0 {
                let steps = rest[..plain].iter().map(|o| self.step(o));
                source = list("steps", std::iter::once(source).chain(steps));
            }
            rest = &rest[plain..];
            let Some(marker) = rest.first() else { break };
            // `[*]` takes whatever follows; `.*` takes the names that follow.
            let taken = if matches!(marker.value(), TraversalOperator::FullSplat(_)) {
                rest.len()
            } else {
                1 + rest[1..].iter().take_while(|o| is_name(o)).count()
            };
            let each = self.each(&rest[1..taken]);
            source = list("splat", std::iter::once(source).chain(each));
            rest = &rest[taken..];
        }
        source
    }

    fn each(&self, operators: &[Operator]) -> Vec<String> {
        let plain = operators.iter().take_while(|o| !is_splat(o)).count();
        let mut steps: Vec<String> = operators[..plain].iter().map(|o| self.step(o)).collect();
        if plain < operators.len() {
            steps.push(list("splat", self.each(&operators[plain + 1..])));
        }
        steps
    }

    fn step(&self, o: &Operator) -> String {
        match o.value() {
            TraversalOperator::GetAttr(n) => format!(".{}", self.name(n.span())),
            TraversalOperator::Index(e) => format!("[{}]", self.expr(e)),
            TraversalOperator::LegacyIndex(n) => format!(".{}", n.value()),
            TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => String::new(),
        }
    }
}

fn is_splat(o: &Operator) -> bool {
    matches!(
        o.value(),
        TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_)
    )
}

fn is_name(o: &Operator) -> bool {
    matches!(
        o.value(),
        TraversalOperator::GetAttr(_) | TraversalOperator::LegacyIndex(_)
    )
}

fn binary(op: BinaryOperator) -> BinaryOp {
    match op {
        BinaryOperator::Eq => BinaryOp::Equal,
        BinaryOperator::NotEq => BinaryOp::NotEqual,
        BinaryOperator::LessEq => BinaryOp::LessOrEqual,
        BinaryOperator::GreaterEq => BinaryOp::GreaterOrEqual,
        BinaryOperator::Less => BinaryOp::Less,
        BinaryOperator::Greater => BinaryOp::Greater,
        BinaryOperator::Plus => BinaryOp::Add,
        BinaryOperator::Minus => BinaryOp::Subtract,
        BinaryOperator::Mul => BinaryOp::Multiply,
        BinaryOperator::Div => BinaryOp::Divide,
        BinaryOperator::Mod => BinaryOp::Modulo,
        BinaryOperator::And => BinaryOp::And,
        BinaryOperator::Or => BinaryOp::Or,
    }
}
