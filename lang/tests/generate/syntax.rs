//! Expressions of every form of the grammar, whatever they mean.

use cloudapp_lang::syntax::ast::{BinaryOp, UnaryOp};

use super::choices::Choices;
use super::tree::{For, Key, Part, Step, Tree, joined};

const OPERATORS: [BinaryOp; 13] = [
    BinaryOp::Add,
    BinaryOp::Or,
    BinaryOp::And,
    BinaryOp::Equal,
    BinaryOp::NotEqual,
    BinaryOp::Less,
    BinaryOp::LessOrEqual,
    BinaryOp::Greater,
    BinaryOp::GreaterOrEqual,
    BinaryOp::Subtract,
    BinaryOp::Multiply,
    BinaryOp::Divide,
    BinaryOp::Modulo,
];

const NAMES: [&str; 9] = [
    "a", "var", "each", "x-y", "_z", "größe", "nullable", "in2", "e1",
];

/// Words that mean something at the beginning of an expression, and are names elsewhere.
const WORDS: [&str; 6] = ["for", "if", "in", "null", "true", "else"];

pub(crate) fn expression(c: &mut Choices<'_>) -> Tree {
    tree(c, 5)
}

pub(crate) fn name(c: &mut Choices<'_>) -> String {
    (*c.of(&NAMES)).into()
}

fn tree(c: &mut Choices<'_>, depth: usize) -> Tree {
    if depth == 0 || c.is_spent() {
        return leaf(c);
    }
    let d = depth - 1;
    match c.below(18) {
        0..=2 => leaf(c),
        3 => Tree::template(parts(c, d)),
        4 => Tree::Wrapped(Box::new(tree(c, d))),
        5 => tree(c, d).steps(steps(c, d)),
        6 => {
            let source = tree(c, d);
            let mut each = steps(c, d);
            if c.one_in(4) {
                each.push(Step::Splat(steps(c, d)));
            }
            source.splat(each)
        }
        7 => {
            let names = (0..c.below(3)).map(|_| Step::Attr(name(c))).collect();
            let splat = tree(c, d).attribute_splat(names);
            if c.one_in(3) {
                splat.steps(vec![Step::Index(tree(c, d))])
            } else {
                splat
            }
        }
        8 => call(c, d),
        9 => Tree::conditional(tree(c, d), tree(c, d), tree(c, d)),
        10 => Tree::unary(*c.of(&[UnaryOp::Not, UnaryOp::Negate]), tree(c, d)),
        11..=13 => Tree::binary(*c.of(&OPERATORS), tree(c, d), tree(c, d)),
        14 => Tree::Tuple((0..c.below(4)).map(|_| item(c, d)).collect()),
        15 => object(c, d),
        16 => for_expr(c, d),
        _ => Tree::Parentheses(Box::new(tree(c, d))),
    }
}

fn leaf(c: &mut Choices<'_>) -> Tree {
    match c.below(6) {
        0 => Tree::Name(name(c)),
        1 => Tree::Number(number(c)),
        2 => Tree::Text(text(c)),
        3 => Tree::Bool(c.one_in(2)),
        4 => Tree::Null,
        _ => Tree::Name(name(c)).steps(vec![Step::Attr(name(c)), Step::Index(Tree::Text(text(c)))]),
    }
}

/// Digits as people and programs write them.
pub(crate) fn number(c: &mut Choices<'_>) -> String {
    let digits = |c: &mut Choices<'_>, most: usize| -> String {
        (0..=c.below(most))
            .map(|_| char::from(b'0' + c.below(10) as u8))
            .collect()
    };
    match c.below(6) {
        0 => c.below(10).to_string(),
        1 => c.below(256).to_string(),
        2 => format!("{}.{}", digits(c, 3), digits(c, 5)),
        3 => format!("{}e{}", digits(c, 2), c.below(40)),
        4 => format!("{}.{}E-{}", digits(c, 2), digits(c, 3), c.below(30)),
        _ => digits(c, 40),
    }
}

/// Text with what is hard to write down.
pub(crate) fn text(c: &mut Choices<'_>) -> String {
    const PIECES: [&str; 20] = [
        "a",
        "b",
        "Z",
        "0",
        " ",
        "\"",
        "\\",
        "${",
        "%{",
        "}",
        "$",
        "%",
        "\n",
        "\t",
        "é",
        "e\u{301}",
        "👩‍👩‍👧",
        "//",
        "#",
        "<<",
    ];
    (0..c.below(5)).map(|_| *c.of(&PIECES)).collect()
}

/// Text of heredocs, where no escapes help.
fn plain_text(c: &mut Choices<'_>) -> String {
    const PIECES: [&str; 10] = ["a", " ", "\\n", "\n", "\"", "${", "%{ ", "é", "#", "}"];
    (0..c.below(5)).map(|_| *c.of(&PIECES)).collect()
}

fn steps(c: &mut Choices<'_>, depth: usize) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for _ in 0..=c.below(3) {
        let step = match c.below(4) {
            0 | 1 => Step::Attr(if c.one_in(6) {
                (*c.of(&WORDS)).into()
            } else {
                name(c)
            }),
            2 => Step::Index(tree(c, depth)),
            _ if matches!(steps.last(), Some(Step::Attr(_))) => Step::Legacy(c.below(12) as u64),
            _ => Step::Index(Tree::Number("0".into())),
        };
        // `a.0.b` would be read as a number and a name by some; `a.0[1]` is clear.
        if matches!(steps.last(), Some(Step::Legacy(_))) && matches!(step, Step::Attr(_)) {
            continue;
        }
        steps.push(step);
    }
    steps
}

fn call(c: &mut Choices<'_>, d: usize) -> Tree {
    let name = *c.of(&["f", "core::max", "provider::a::b", "try"]);
    let args: Vec<Tree> = (0..c.below(4)).map(|_| item(c, d)).collect();
    let expand = c.one_in(4) && args.last().is_some_and(|a| !matches!(a, Tree::Heredoc(_)));
    Tree::Call {
        name: name.into(),
        args,
        expand,
    }
}

/// What stands between commas in brackets may be a heredoc.
fn item(c: &mut Choices<'_>, d: usize) -> Tree {
    if !c.one_in(6) {
        return tree(c, d);
    }
    let mut all: Vec<Part> = Vec::new();
    for _ in 0..c.below(3) {
        all.push(Part::Literal(plain_text(c)));
        // A dollar sign or newline at the beginning of what follows would belong to the marker.
        all.push(Part::Is(tree(c, d.min(1))));
    }
    all.push(Part::Literal(format!("{}\n", plain_text(c))));
    Tree::Heredoc(joined(all))
}

fn object(c: &mut Choices<'_>, d: usize) -> Tree {
    let mut items = Vec::new();
    for i in 0..c.below(4) {
        let key = match c.below(5) {
            0 => Key::Name(format!("{}{i}", name(c))),
            1 => Key::Is(Tree::Text(format!("{}{i}", text(c)))),
            // Keys must differ: hcl-edit refuses those that are written alike.
            2 => {
                let own = Tree::Number(i.to_string());
                let key = Tree::binary(BinaryOp::Add, tree(c, d), own);
                Key::Is(Tree::Parentheses(Box::new(key)))
            }
            3 => Key::Is(Tree::template(vec![
                Part::Literal(format!("k{i}")),
                Part::Is(tree(c, d)),
            ])),
            _ => Key::Is(Tree::Number((10 + i).to_string())),
        };
        items.push((key, tree(c, d)));
    }
    Tree::Object(items)
}

fn for_expr(c: &mut Choices<'_>, d: usize) -> Tree {
    let key = c.one_in(2).then(|| tree(c, d));
    let group = key.is_some() && c.one_in(3);
    Tree::For(Box::new(For {
        key_var: c.one_in(2).then(|| name(c)),
        value_var: name(c),
        collection: tree(c, d),
        key,
        value: tree(c, d),
        group,
        condition: c.one_in(3).then(|| tree(c, d)),
    }))
}

fn parts(c: &mut Choices<'_>, d: usize) -> Vec<Part> {
    let mut all = Vec::new();
    for _ in 0..=c.below(3) {
        all.push(Part::Literal(text(c)));
        if d == 0 {
            continue;
        }
        all.push(match c.below(4) {
            0 | 1 => Part::Is(tree(c, d - 1)),
            2 => {
                let then = parts(c, d - 1);
                let otherwise = c.one_in(2).then(|| joined(parts(c, d - 1)));
                Part::If(tree(c, d - 1), joined(then), otherwise)
            }
            _ => Part::For {
                key_var: c.one_in(2).then(|| name(c)),
                value_var: name(c),
                collection: tree(c, d - 1),
                body: joined(parts(c, d - 1)),
            },
        });
    }
    all
}
