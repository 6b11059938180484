//! Expressions as a test makes them: without places, and without names bound.

use cloudapp_lang::syntax::ast::{BinaryOp, UnaryOp};

#[derive(Clone, Debug)]
pub(crate) enum Tree {
    Null,
    Bool(bool),
    /// As it is written.
    Number(String),
    Text(String),
    /// At least two parts, or one that is a directive. Literals are neither empty nor neighbours.
    Template(Vec<Part>),
    /// A heredoc; its text ends with a newline.
    Heredoc(Vec<Part>),
    /// `"${x}"`
    Wrapped(Box<Tree>),
    Name(String),
    Steps(Box<Tree>, Vec<Step>),
    /// `x[*]steps`
    Splat(Box<Tree>, Vec<Step>),
    /// `x.*.names`
    AttributeSplat(Box<Tree>, Vec<Step>),
    Call {
        name: String,
        args: Vec<Tree>,
        expand: bool,
    },
    Conditional(Box<[Tree; 3]>),
    Unary(UnaryOp, Box<Tree>),
    Binary(BinaryOp, Box<Tree>, Box<Tree>),
    Tuple(Vec<Tree>),
    Object(Vec<(Key, Tree)>),
    For(Box<For>),
    Parentheses(Box<Tree>),
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Attr(String),
    Index(Tree),
    Legacy(u64),
    /// Another `[*]`, with its own steps; the last step of a splat.
    Splat(Vec<Step>),
}

#[derive(Clone, Debug)]
pub(crate) enum Key {
    Name(String),
    Is(Tree),
}

#[derive(Clone, Debug)]
pub(crate) struct For {
    pub(crate) key_var: Option<String>,
    pub(crate) value_var: String,
    pub(crate) collection: Tree,
    /// Set for an object.
    pub(crate) key: Option<Tree>,
    pub(crate) value: Tree,
    pub(crate) group: bool,
    pub(crate) condition: Option<Tree>,
}

#[derive(Clone, Debug)]
pub(crate) enum Part {
    Literal(String),
    Is(Tree),
    If(Tree, Vec<Part>, Option<Vec<Part>>),
    For {
        key_var: Option<String>,
        value_var: String,
        collection: Tree,
        body: Vec<Part>,
    },
}

/// How tightly an operator binds.
pub(crate) fn binding(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Or => 1,
        BinaryOp::And => 2,
        BinaryOp::Equal | BinaryOp::NotEqual => 3,
        BinaryOp::Less | BinaryOp::LessOrEqual | BinaryOp::Greater | BinaryOp::GreaterOrEqual => 4,
        BinaryOp::Add | BinaryOp::Subtract => 5,
        BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo => 6,
    }
}

pub(crate) fn symbol(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Or => "||",
        BinaryOp::And => "&&",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::Less => "<",
        BinaryOp::LessOrEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterOrEqual => ">=",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::Modulo => "%",
    }
}

impl Tree {
    fn binds(&self) -> u8 {
        match self {
            Tree::Conditional(_) => 0,
            Tree::Binary(op, ..) => binding(*op),
            Tree::Unary(..) => 7,
            _ => 8,
        }
    }

    /// In parentheses where it binds less tightly than needed.
    fn at_least(self, needed: u8) -> Tree {
        if self.binds() < needed || matches!(self, Tree::Heredoc(_)) {
            Tree::Parentheses(Box::new(self))
        } else {
            self
        }
    }

    pub(crate) fn binary(op: BinaryOp, left: Tree, right: Tree) -> Tree {
        let b = binding(op);
        Tree::Binary(
            op,
            Box::new(left.at_least(b)),
            Box::new(right.at_least(b + 1)),
        )
    }

    pub(crate) fn unary(op: UnaryOp, operand: Tree) -> Tree {
        Tree::Unary(op, Box::new(operand.at_least(7)))
    }

    pub(crate) fn conditional(condition: Tree, then: Tree, otherwise: Tree) -> Tree {
        Tree::Conditional(Box::new([
            condition.at_least(1),
            then.at_least(0),
            otherwise.at_least(0),
        ]))
    }

    /// What steps may follow.
    fn into_source(self) -> Tree {
        match self {
            Tree::Name(_) | Tree::Call { .. } | Tree::Parentheses(_) | Tree::Tuple(_) => self,
            other => Tree::Parentheses(Box::new(other)),
        }
    }

    pub(crate) fn steps(self, steps: Vec<Step>) -> Tree {
        match self {
            _ if steps.is_empty() => self,
            Tree::Steps(source, mut earlier) => {
                earlier.extend(steps);
                Tree::Steps(source, earlier)
            }
            // Steps after `.*` apply to its result from the first index on.
            Tree::AttributeSplat(..) if matches!(steps.first(), Some(Step::Index(_))) => {
                Tree::Steps(Box::new(self), steps)
            }
            other => Tree::Steps(Box::new(other.into_source()), steps),
        }
    }

    pub(crate) fn splat(self, each: Vec<Step>) -> Tree {
        let source = match self {
            Tree::Steps(..) => self,
            other => other.into_source(),
        };
        Tree::Splat(Box::new(source), each)
    }

    pub(crate) fn attribute_splat(self, each: Vec<Step>) -> Tree {
        let source = match self {
            Tree::Steps(..) => self,
            other => other.into_source(),
        };
        Tree::AttributeSplat(Box::new(source), each)
    }

    pub(crate) fn call(name: &str, args: Vec<Tree>) -> Tree {
        Tree::Call {
            name: name.into(),
            args,
            expand: false,
        }
    }

    /// A template; what cannot be one is made simpler.
    pub(crate) fn template(parts: Vec<Part>) -> Tree {
        let mut parts = joined(parts);
        match parts.as_mut_slice() {
            [] => Tree::Text(String::new()),
            [Part::Literal(s)] => Tree::Text(std::mem::take(s)),
            [Part::Is(_)] => match parts.pop() {
                Some(Part::Is(e)) => Tree::Wrapped(Box::new(e)),
                _ => Tree::Null,
            },
            _ => Tree::Template(parts),
        }
    }
}

/// Parts without empty literals and without two in a row.
pub(crate) fn joined(parts: Vec<Part>) -> Vec<Part> {
    let mut out: Vec<Part> = Vec::new();
    for p in parts {
        match (out.last_mut(), p) {
            (_, Part::Literal(s)) if s.is_empty() => {}
            (Some(Part::Literal(before)), Part::Literal(s)) => before.push_str(&s),
            (_, p) => out.push(p),
        }
    }
    out
}
