//! The syntax tree: bodies of attributes and blocks, and expressions. Every node knows its place.

use super::json::Property;
use crate::source::Span;
use crate::value::{Str, Value};

/// A name and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Ident {
    pub name: Str,
    pub span: Span,
}

/// What stands between braces, or the whole file.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// In source order.
    pub attributes: Vec<Attribute>,
    /// In source order.
    pub blocks: Vec<Block>,
    /// What only a schema can tell to be arguments or blocks: see [`super::json_lower::decide`]. Empty in the native
    /// syntax.
    pub undecided: Vec<Property>,
    pub span: Span,
}

/// `name = expression`
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    pub name: Ident,
    pub expr: Expr,
    pub span: Span,
}

/// `kind "label" name { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    pub kind: Ident,
    pub labels: Vec<Ident>,
    pub body: Body,
    /// From the kind to the last label: what an error about the whole block points to.
    pub header: Span,
    /// The opening brace: what an error about what is missing inside points to.
    pub open: Span,
    /// To the closing brace.
    pub span: Span,
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A literal, or a template without interpolations.
    Literal(Value),
    /// A quoted string or heredoc with interpolations or directives.
    Template(Template),
    /// `"${x}"`: keeps the value and type of its only interpolation.
    Wrapped(Box<Expr>),
    /// A name, with the steps that follow it: `var.zones[0].id`.
    Reference(Reference),
    /// Steps after something that is not a name: `f(x).a[0]`.
    Access(Box<Expr>, Vec<Step>),
    /// `x[*].a[0]` or `x.*.a`.
    Splat(Box<Splat>),
    Call(Call),
    Conditional(Box<Conditional>),
    Unary(UnaryOp, Box<Expr>),
    Binary(Box<Chain>),
    Tuple(Vec<Expr>),
    Object(Vec<ObjectItem>),
    For(Box<For>),
    /// `( x )`
    Parentheses(Box<Expr>),
}

/// A name and steps. `binding` is set by [`crate::eval::bind`].
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    pub root: Ident,
    pub steps: Vec<Step>,
    pub binding: Binding,
}

/// Where the value of a reference's root comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// Not bound yet: evaluating it is an error.
    Unbound,
    /// A variable of an enclosing `for`: its number, counted from the outermost.
    Local(u32),
    /// A slot of the scope. The first `consumed` steps are part of the name (`var.a` is one slot, with one step
    /// consumed).
    Slot { slot: Slot, consumed: u32 },
}

/// Number of a value of the surroundings; what it means is the business of the [`crate::eval::Scope`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(pub u32);

#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// `.name`
    Attr(Ident),
    /// `[expr]`
    Index(Expr),
    /// `.0`, the older spelling of `[0]`.
    LegacyIndex(u64, Span),
    /// A splat among the steps of another splat, with its own steps and the place of its `[*]`: `a[*].b[*].c`.
    /// Stands only in [`Splat::each`], and last.
    Splat(Vec<Step>, Span),
}

/// `source[*]steps` (full) or `source.*steps` (attribute-only; steps after the first index apply to the result).
#[derive(Clone, Debug, PartialEq)]
pub struct Splat {
    pub source: Expr,
    /// Applied to each element.
    pub each: Vec<Step>,
    /// The place of `[*]` or `.*`.
    pub marker: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// With its namespaces: `core::max`.
    pub name: Ident,
    pub args: Vec<Expr>,
    /// Whether the last argument is followed by `...`.
    pub expand: bool,
    /// From the opening to the closing parenthesis.
    pub parens: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Conditional {
    pub condition: Expr,
    pub then: Expr,
    pub otherwise: Expr,
}

/// Operands between operators of one precedence, evaluated from the left: `a - b + c`. A chain is flat, so that a long
/// one is not deep.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    pub first: Expr,
    /// Never empty.
    pub rest: Vec<(BinaryOp, Expr)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    Negate,
    Not,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

/// `key = value` in an object.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectItem {
    /// A bare name is a literal string here. A reference without parentheses is kept as it is: it means something where
    /// a configuration names providers, and nothing where it would be evaluated.
    pub key: Expr,
    /// Whether the key is written as a bare name.
    pub is_named: bool,
    pub value: Expr,
}

/// `[for k, v in collection : value if condition]` or `{for … : key => value... if …}`.
#[derive(Clone, Debug, PartialEq)]
pub struct For {
    pub key_var: Option<Ident>,
    pub value_var: Ident,
    pub collection: Expr,
    /// Set for an object.
    pub key: Option<Expr>,
    pub value: Expr,
    pub group: bool,
    pub condition: Option<Expr>,
}

/// Parts of a string. Strip marks and the indentation of `<<-` are already applied to the literals.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    pub parts: Vec<TemplatePart>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TemplatePart {
    Literal(Str),
    Interpolation(Expr),
    If {
        condition: Expr,
        then: Template,
        otherwise: Option<Template>,
        span: Span,
    },
    For {
        key_var: Option<Ident>,
        value_var: Ident,
        collection: Expr,
        body: Template,
        span: Span,
    },
}

impl Expr {
    /// Calls `f` for every reference whose root is not a `for` variable.
    pub fn for_each_reference<'e>(&'e self, f: &mut impl FnMut(&'e Reference)) {
        super::walk::references(self, f);
    }
}

impl Chain {
    /// The operands, in order.
    pub fn operands(&self) -> impl Iterator<Item = &Expr> {
        std::iter::once(&self.first).chain(self.rest.iter().map(|(_, e)| e))
    }

    /// The operands, in order, to be changed.
    pub fn operands_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        std::iter::once(&mut self.first).chain(self.rest.iter_mut().map(|(_, e)| e))
    }
}

impl Expr {
    /// The expression without the parentheses around it.
    #[must_use]
    pub fn unparenthesized(&self) -> &Expr {
        let mut e = self;
        while let ExprKind::Parentheses(inner) = &e.kind {
            e = inner;
        }
        e
    }
}

impl Body {
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|a| &*a.name.name == name)
    }
}
