//! One text for a syntax tree, whoever made it: what is compared when two parsers read one text.
//!
//! Operators are written as they group, `(+ 1 (* 2 3))`. Literals of templates are what they mean, with escapes, strip
//! marks and indentation applied. The spelling of a splat is left out.

use cloudapp_lang::syntax::ast::{
    self, BinaryOp, Body, Expr, ExprKind, Template, TemplatePart, UnaryOp,
};
use cloudapp_lang::value::{Kind, normalize};
use cloudapp_lang::{Number, Value};

use super::tree::{Key, Part, Step, Tree, symbol};

pub(crate) fn text(s: &str) -> String {
    format!("{:?}", &*normalize(s))
}

/// A number by its value: `1.0` is `1`.
pub(crate) fn number(written: &str) -> String {
    Number::parse(written).map_or_else(|| format!("not a number: {written}"), |n| n.to_string())
}

pub(crate) fn list(head: &str, items: impl IntoIterator<Item = String>) -> String {
    let mut out = format!("({head}");
    for i in items {
        out.push(' ');
        out.push_str(&i);
    }
    out.push(')');
    out
}

pub(crate) fn or_none(e: Option<String>) -> String {
    e.unwrap_or_else(|| "-".into())
}

/// An operator before its operand. Some parsers make a minus and a number one negative number.
pub(crate) fn unary(op: UnaryOp, operand: String) -> String {
    match op {
        UnaryOp::Negate if operand.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("-{operand}")
        }
        UnaryOp::Negate => list("negative", [operand]),
        UnaryOp::Not => list("not", [operand]),
    }
}

/// The canonical text of an expression of this project's parser.
pub(crate) fn of_expr(e: &Expr) -> String {
    match &e.kind {
        ExprKind::Literal(v) => literal(v),
        ExprKind::Template(t) => of_template(t),
        ExprKind::Wrapped(e) => list("wrapped", [of_expr(e)]),
        ExprKind::Reference(r) if r.steps.is_empty() => r.root.name.to_string(),
        ExprKind::Reference(r) => {
            let root = r.root.name.to_string();
            list(
                "steps",
                std::iter::once(root).chain(r.steps.iter().map(of_step)),
            )
        }
        ExprKind::Access(e, steps) => list(
            "steps",
            std::iter::once(of_expr(e)).chain(steps.iter().map(of_step)),
        ),
        ExprKind::Splat(s) => list(
            "splat",
            std::iter::once(of_expr(&s.source)).chain(s.each.iter().map(of_step)),
        ),
        ExprKind::Call(c) => {
            let expand = c.expand.then(|| "...".to_string());
            let args = c.args.iter().map(of_expr).chain(expand);
            list("call", std::iter::once(c.name.name.to_string()).chain(args))
        }
        ExprKind::Conditional(c) => list(
            "if",
            [
                of_expr(&c.condition),
                of_expr(&c.then),
                of_expr(&c.otherwise),
            ],
        ),
        ExprKind::Unary(op, e) => unary(*op, of_expr(e)),
        ExprKind::Binary(chain) => of_operators(chain),
        ExprKind::Tuple(items) => list("tuple", items.iter().map(of_expr)),
        ExprKind::Object(items) => list(
            "object",
            items
                .iter()
                .flat_map(|i| [of_expr(&i.key), of_expr(&i.value)]),
        ),
        ExprKind::For(f) => of_for(f),
        ExprKind::Parentheses(e) => list("parentheses", [of_expr(e)]),
    }
}

/// The one place that knows how operators in a row are kept in the tree.
fn of_operators(chain: &ast::Chain) -> String {
    let first = of_expr(&chain.first);
    chain.rest.iter().fold(first, |left, (op, right)| {
        grouped(*op, left, of_expr(right))
    })
}

fn grouped(op: BinaryOp, left: String, right: String) -> String {
    list(symbol(op), [left, right])
}

fn literal(v: &Value) -> String {
    match v.kind() {
        Kind::Null(_) => "null".into(),
        Kind::Bool(b) => b.to_string(),
        Kind::Number(n) => n.to_string(),
        Kind::String(s) => text(s),
        _ => format!("not a literal: {v:?}"),
    }
}

fn of_step(s: &ast::Step) -> String {
    match s {
        ast::Step::Attr(n) => format!(".{}", n.name),
        ast::Step::Index(e) => format!("[{}]", of_expr(e)),
        ast::Step::LegacyIndex(n, _) => format!(".{n}"),
        ast::Step::Splat(each, _) => list("splat", each.iter().map(of_step)),
    }
}

fn of_for(f: &ast::For) -> String {
    list(
        "for",
        [
            or_none(f.key_var.as_ref().map(|k| k.name.to_string())),
            f.value_var.name.to_string(),
            of_expr(&f.collection),
            or_none(f.key.as_ref().map(of_expr)),
            of_expr(&f.value),
            or_none(f.group.then(|| "...".into())),
            or_none(f.condition.as_ref().map(of_expr)),
        ],
    )
}

fn of_template(t: &Template) -> String {
    list("template", t.parts.iter().map(of_part))
}

fn of_part(p: &TemplatePart) -> String {
    match p {
        TemplatePart::Literal(s) => text(s),
        TemplatePart::Interpolation(e) => list("interpolation", [of_expr(e)]),
        TemplatePart::If {
            condition,
            then,
            otherwise,
            ..
        } => list(
            "if-part",
            [
                of_expr(condition),
                of_template(then),
                or_none(otherwise.as_ref().map(of_template)),
            ],
        ),
        TemplatePart::For {
            key_var,
            value_var,
            collection,
            body,
            ..
        } => list(
            "for-part",
            [
                or_none(key_var.as_ref().map(|k| k.name.to_string())),
                value_var.name.to_string(),
                of_expr(collection),
                of_template(body),
            ],
        ),
    }
}

/// The canonical text of a file: attributes first, then blocks, as the tree keeps them.
pub(crate) fn of_body(b: &Body) -> String {
    let attributes = b
        .attributes
        .iter()
        .map(|a| list("=", [a.name.name.to_string(), of_expr(&a.expr)]));
    let blocks = b.blocks.iter().map(|b| {
        let labels = b.labels.iter().map(|l| text(&l.name));
        let head = std::iter::once(b.kind.name.to_string()).chain(labels);
        list("block", head.chain([of_body(&b.body)]))
    });
    list("body", attributes.chain(blocks))
}

/// The canonical text of an expression that a test made.
pub(crate) fn of_tree(t: &Tree) -> String {
    match t {
        Tree::Null => "null".into(),
        Tree::Bool(b) => b.to_string(),
        Tree::Number(n) => number(n),
        Tree::Text(s) => text(s),
        Tree::Template(parts) => of_parts(parts),
        Tree::Heredoc(parts) => match parts.as_slice() {
            [Part::Literal(s)] => text(s),
            parts => of_parts(parts),
        },
        Tree::Wrapped(e) => list("wrapped", [of_tree(e)]),
        Tree::Name(n) => n.clone(),
        Tree::Steps(e, steps) => list(
            "steps",
            std::iter::once(of_tree(e)).chain(steps.iter().map(of_tree_step)),
        ),
        Tree::Splat(e, each) | Tree::AttributeSplat(e, each) => list(
            "splat",
            std::iter::once(of_tree(e)).chain(each.iter().map(of_tree_step)),
        ),
        Tree::Call { name, args, expand } => {
            let expand = expand.then(|| "...".to_string());
            let args = args.iter().map(of_tree).chain(expand);
            list("call", std::iter::once(name.clone()).chain(args))
        }
        Tree::Conditional(c) => list("if", c.iter().map(of_tree)),
        Tree::Unary(op, e) => unary(*op, of_tree(e)),
        Tree::Binary(op, a, b) => grouped(*op, of_tree(a), of_tree(b)),
        Tree::Tuple(items) => list("tuple", items.iter().map(of_tree)),
        Tree::Object(items) => list(
            "object",
            items.iter().flat_map(|(k, v)| {
                let key = match k {
                    Key::Name(n) => text(n),
                    Key::Is(e) => of_tree(e),
                };
                [key, of_tree(v)]
            }),
        ),
        Tree::For(f) => list(
            "for",
            [
                or_none(f.key_var.clone()),
                f.value_var.clone(),
                of_tree(&f.collection),
                or_none(f.key.as_ref().map(of_tree)),
                of_tree(&f.value),
                or_none(f.group.then(|| "...".into())),
                or_none(f.condition.as_ref().map(of_tree)),
            ],
        ),
        Tree::Parentheses(e) => list("parentheses", [of_tree(e)]),
    }
}

fn of_tree_step(s: &Step) -> String {
    match s {
        Step::Attr(n) => format!(".{n}"),
        Step::Index(e) => format!("[{}]", of_tree(e)),
        Step::Legacy(n) => format!(".{n}"),
        Step::Splat(each) => list("splat", each.iter().map(of_tree_step)),
    }
}

fn of_parts(parts: &[Part]) -> String {
    list(
        "template",
        parts.iter().map(|p| match p {
            Part::Literal(s) => text(s),
            Part::Is(e) => list("interpolation", [of_tree(e)]),
            Part::If(condition, then, otherwise) => list(
                "if-part",
                [
                    of_tree(condition),
                    of_parts(then),
                    or_none(otherwise.as_deref().map(of_parts)),
                ],
            ),
            Part::For {
                key_var,
                value_var,
                collection,
                body,
            } => list(
                "for-part",
                [
                    or_none(key_var.clone()),
                    value_var.clone(),
                    of_tree(collection),
                    of_parts(body),
                ],
            ),
        }),
    )
}
