//! Expressions that mostly can be evaluated: of a wanted type, over the names of [`super::scope`].

use cloudapp_lang::Type;
use cloudapp_lang::syntax::ast::{BinaryOp, UnaryOp};

use super::choices::Choices;
use super::scope::names;
use super::syntax::text;
use super::tree::{For, Key, Part, Step, Tree, joined};

/// What an expression may be made of.
#[derive(Clone, Copy)]
pub(crate) struct Forms {
    /// `try` and `can`, whose results depend on whether something fails.
    pub(crate) try_and_can: bool,
    pub(crate) conditionals: bool,
    /// What has, or may have while not everything is known, a type that is not known either.
    pub(crate) open_types: bool,
    /// `for` through the elements of a set. Where one of them is not known, Terraform goes through the others in the
    /// order that they have now, and through the unknown one last, which may turn out to be one of them.
    pub(crate) through_sets: bool,
}

pub(crate) fn expression(c: &mut Choices<'_>, forms: Forms) -> Tree {
    let ty = wanted(c);
    let mut m = Maker {
        forms,
        locals: Vec::new(),
    };
    m.make(c, &ty, 4)
}

fn wanted(c: &mut Choices<'_>) -> Type {
    match c.below(9) {
        0 => Type::String,
        1 => Type::Number,
        2 => Type::Bool,
        3 => Type::list(Type::String),
        4 => Type::list(Type::Number),
        5 => Type::map(Type::Number),
        6 => Type::map(Type::String),
        7 => Type::set(Type::String),
        _ => Type::object([("a", Type::String), ("b", Type::Number)]),
    }
}

/// A function: its name, what it takes and what it gives. `dynamic` stands for anything.
type Row = (&'static str, fn() -> Vec<Type>, fn() -> Type);

fn strings() -> Type {
    Type::list(Type::String)
}

fn numbers() -> Type {
    Type::list(Type::Number)
}

const FUNCTIONS: &[Row] = &[
    ("abs", || vec![Type::Number], || Type::Number),
    ("alltrue", || vec![Type::list(Type::Bool)], || Type::Bool),
    ("anytrue", || vec![Type::list(Type::Bool)], || Type::Bool),
    ("base64encode", || vec![Type::String], || Type::String),
    ("ceil", || vec![Type::Number], || Type::Number),
    ("chomp", || vec![Type::String], || Type::String),
    (
        "chunklist",
        || vec![strings(), Type::Number],
        || Type::list(strings()),
    ),
    (
        "coalesce",
        || vec![Type::String, Type::String],
        || Type::String,
    ),
    ("coalescelist", || vec![strings(), strings()], strings),
    ("compact", || vec![strings()], strings),
    ("concat", || vec![strings(), strings()], strings),
    ("contains", || vec![strings(), Type::String], || Type::Bool),
    ("distinct", || vec![strings()], strings),
    ("element", || vec![strings(), Type::Number], || Type::String),
    (
        "endswith",
        || vec![Type::String, Type::String],
        || Type::Bool,
    ),
    ("flatten", || vec![Type::list(strings())], strings),
    ("floor", || vec![Type::Number], || Type::Number),
    (
        "format",
        || vec![Type::String, Type::String],
        || Type::String,
    ),
    ("formatlist", || vec![Type::String, strings()], strings),
    (
        "indent",
        || vec![Type::Number, Type::String],
        || Type::String,
    ),
    ("index", || vec![strings(), Type::String], || Type::Number),
    ("join", || vec![Type::String, strings()], || Type::String),
    ("jsonencode", || vec![Type::Dynamic], || Type::String),
    ("keys", || vec![Type::map(Type::Number)], strings),
    ("length", || vec![strings()], || Type::Number),
    ("length", || vec![Type::map(Type::String)], || Type::Number),
    ("length", || vec![Type::String], || Type::Number),
    ("length", || vec![Type::set(Type::String)], || Type::Number),
    (
        "lookup",
        || vec![Type::map(Type::String), Type::String, Type::String],
        || Type::String,
    ),
    ("lower", || vec![Type::String], || Type::String),
    (
        "matchkeys",
        || vec![strings(), strings(), strings()],
        strings,
    ),
    ("max", || vec![Type::Number, Type::Number], || Type::Number),
    (
        "merge",
        || vec![Type::map(Type::Number), Type::map(Type::Number)],
        || Type::map(Type::Number),
    ),
    (
        "merge",
        || vec![Type::map(Type::String), Type::map(Type::String)],
        || Type::map(Type::String),
    ),
    ("min", || vec![Type::Number, Type::Number], || Type::Number),
    ("one", || vec![strings()], || Type::String),
    (
        "parseint",
        || vec![Type::String, Type::Number],
        || Type::Number,
    ),
    ("pow", || vec![Type::Number, Type::Number], || Type::Number),
    ("range", || vec![Type::Number], numbers),
    ("regexall", || vec![Type::String, Type::String], strings),
    (
        "replace",
        || vec![Type::String, Type::String, Type::String],
        || Type::String,
    ),
    ("reverse", || vec![strings()], strings),
    (
        "setintersection",
        || vec![Type::set(Type::String), Type::set(Type::String)],
        || Type::set(Type::String),
    ),
    (
        "setproduct",
        || vec![strings(), strings()],
        || Type::list(strings()),
    ),
    (
        "setsubtract",
        || vec![Type::set(Type::String), Type::set(Type::String)],
        || Type::set(Type::String),
    ),
    (
        "setunion",
        || vec![Type::set(Type::String), Type::set(Type::String)],
        || Type::set(Type::String),
    ),
    ("signum", || vec![Type::Number], || Type::Number),
    (
        "slice",
        || vec![strings(), Type::Number, Type::Number],
        strings,
    ),
    ("sort", || vec![strings()], strings),
    ("split", || vec![Type::String, Type::String], strings),
    (
        "startswith",
        || vec![Type::String, Type::String],
        || Type::Bool,
    ),
    (
        "strcontains",
        || vec![Type::String, Type::String],
        || Type::Bool,
    ),
    ("strrev", || vec![Type::String], || Type::String),
    (
        "substr",
        || vec![Type::String, Type::Number, Type::Number],
        || Type::String,
    ),
    ("sum", || vec![numbers()], || Type::Number),
    ("title", || vec![Type::String], || Type::String),
    ("tobool", || vec![Type::Bool], || Type::Bool),
    ("tolist", || vec![strings()], strings),
    ("tolist", || vec![Type::set(Type::String)], strings),
    (
        "tomap",
        || vec![Type::map(Type::String)],
        || Type::map(Type::String),
    ),
    ("tonumber", || vec![Type::Number], || Type::Number),
    ("toset", || vec![strings()], || Type::set(Type::String)),
    ("tostring", || vec![Type::Number], || Type::String),
    (
        "transpose",
        || vec![Type::map(strings())],
        || Type::map(strings()),
    ),
    ("trim", || vec![Type::String, Type::String], || Type::String),
    (
        "trimprefix",
        || vec![Type::String, Type::String],
        || Type::String,
    ),
    ("trimspace", || vec![Type::String], || Type::String),
    ("upper", || vec![Type::String], || Type::String),
    ("values", || vec![Type::map(Type::String)], strings),
    ("yamlencode", || vec![Type::Dynamic], || Type::String),
    (
        "zipmap",
        || vec![strings(), strings()],
        || Type::map(Type::String),
    ),
];

struct Maker {
    forms: Forms,
    /// Variables of `for`s around.
    locals: Vec<(String, Type)>,
}

impl Maker {
    fn make(&mut self, c: &mut Choices<'_>, ty: &Type, depth: usize) -> Tree {
        if depth == 0 || c.is_spent() {
            return self.leaf(c, ty);
        }
        let d = depth - 1;
        // Now and then something else, which may convert or fail.
        let other = c.one_in(30).then(|| wanted(c));
        let ty = other.as_ref().unwrap_or(ty);
        match c.below(12) {
            0 | 1 => self.leaf(c, ty),
            2 if self.forms.conditionals => Tree::conditional(
                self.make(c, &Type::Bool, d),
                self.make(c, ty, d),
                self.make(c, ty, d),
            ),
            3..=5 => self.call(c, ty, d),
            6 => self.element(c, ty, d),
            7 if self.forms.try_and_can => {
                let args = vec![self.make(c, ty, d), self.make(c, ty, d)];
                typed(ty, Tree::call("try", args))
            }
            _ => self.of_type(c, ty, d),
        }
    }

    /// A name with steps, or a literal.
    fn leaf(&mut self, c: &mut Choices<'_>, ty: &Type) -> Tree {
        let mut all: Vec<Tree> = Vec::new();
        let scope = names().into_iter().map(|(n, t)| (n.to_string(), t));
        for (name, t) in self.locals.iter().cloned().rev().chain(scope) {
            paths(Tree::Name(name), &t, ty, &mut all);
        }
        if !all.is_empty() && !c.one_in(3) {
            return c.of(&all).clone();
        }
        match ty {
            Type::String | Type::Dynamic => Tree::Text(match c.below(4) {
                0 => "a".into(),
                1 => (*c.of(&["", "b", "ab", "1", "true", "%s", "%d", ","])).into(),
                _ => text(c),
            }),
            Type::Number => Tree::Number(match c.below(3) {
                0 => c.below(4).to_string(),
                1 => (*c.of(&["0.5", "10", "1e3", "2.25"])).into(),
                _ => c.below(70).to_string(),
            }),
            Type::Bool => Tree::Bool(c.one_in(2)),
            Type::List(e) | Type::Set(e) => {
                Tree::Tuple((0..c.below(3)).map(|_| self.leaf(c, e)).collect())
            }
            Type::Map(e) => {
                let names = ["a", "b", "k"];
                let n = c.below(3);
                let item = |m: &mut Self, c: &mut Choices<'_>, k: &str| {
                    (Key::Name(k.into()), m.leaf(c, e))
                };
                Tree::Object(names[..n].iter().map(|k| item(self, c, k)).collect())
            }
            Type::Tuple(es) => Tree::Tuple(es.iter().map(|e| self.leaf(c, e)).collect()),
            Type::Object(o) => Tree::Object(
                o.attributes
                    .iter()
                    .map(|(k, t)| (Key::Name(k.to_string()), self.leaf(c, t)))
                    .collect(),
            ),
        }
    }

    fn call(&mut self, c: &mut Choices<'_>, ty: &Type, d: usize) -> Tree {
        let fitting: Vec<&Row> = FUNCTIONS.iter().filter(|f| f.2() == *ty).collect();
        if fitting.is_empty() {
            return self.of_type(c, ty, d);
        }
        let (name, takes, _) = **c.of(&fitting);
        let args = takes()
            .iter()
            .map(|t| match t {
                Type::Dynamic => {
                    let t = wanted(c);
                    self.make(c, &t, d)
                }
                t => self.make(c, t, d),
            })
            .collect();
        Tree::call(name, args)
    }

    /// An element of something.
    fn element(&mut self, c: &mut Choices<'_>, ty: &Type, d: usize) -> Tree {
        let step = if c.one_in(2) {
            self.make(c, &Type::Number, d)
        } else {
            Tree::Number(c.below(2).to_string())
        };
        let (source, step) = match c.below(3) {
            0 => (Type::list(ty.clone()), Step::Index(step)),
            1 => (Type::map(ty.clone()), Step::Attr("a".into())),
            _ => {
                let key = self.make(c, &Type::String, d);
                (Type::map(ty.clone()), Step::Index(key))
            }
        };
        typed(ty, self.make(c, &source, d).steps(vec![step]))
    }

    fn of_type(&mut self, c: &mut Choices<'_>, ty: &Type, d: usize) -> Tree {
        match ty {
            Type::Bool => self.truth(c, d),
            Type::Number => match c.below(6) {
                0 => Tree::unary(UnaryOp::Negate, self.make(c, ty, d)),
                n => {
                    let op = [
                        BinaryOp::Add,
                        BinaryOp::Subtract,
                        BinaryOp::Multiply,
                        BinaryOp::Divide,
                        BinaryOp::Modulo,
                    ][n - 1];
                    Tree::binary(op, self.make(c, ty, d), self.make(c, ty, d))
                }
            },
            Type::String | Type::Dynamic => Tree::template(self.parts(c, d)),
            Type::List(e) | Type::Set(e) => self.sequence(c, e, d),
            Type::Map(e) => self.mapping(c, e, d),
            Type::Tuple(es) => Tree::Tuple(es.iter().map(|e| self.make(c, e, d)).collect()),
            Type::Object(o) => Tree::Object(
                o.attributes
                    .iter()
                    .map(|(k, t)| (Key::Name(k.to_string()), self.make(c, t, d)))
                    .collect(),
            ),
        }
    }

    fn truth(&mut self, c: &mut Choices<'_>, d: usize) -> Tree {
        let (b, n) = (Type::Bool, Type::Number);
        match c.below(7) {
            0 => Tree::unary(UnaryOp::Not, self.make(c, &b, d)),
            1 => Tree::binary(BinaryOp::And, self.make(c, &b, d), self.make(c, &b, d)),
            2 => Tree::binary(BinaryOp::Or, self.make(c, &b, d), self.make(c, &b, d)),
            3 => {
                let op = *c.of(&[
                    BinaryOp::Less,
                    BinaryOp::LessOrEqual,
                    BinaryOp::Greater,
                    BinaryOp::GreaterOrEqual,
                ]);
                Tree::binary(op, self.make(c, &n, d), self.make(c, &n, d))
            }
            4 if self.forms.try_and_can => {
                let t = wanted(c);
                Tree::call("can", vec![self.make(c, &t, d)])
            }
            5 => {
                let (t, op) = (wanted(c), *c.of(&[BinaryOp::Equal, BinaryOp::NotEqual]));
                Tree::binary(op, self.make(c, &t, d), Tree::Null)
            }
            _ => {
                let (t, op) = (wanted(c), *c.of(&[BinaryOp::Equal, BinaryOp::NotEqual]));
                Tree::binary(op, self.make(c, &t, d), self.make(c, &t, d))
            }
        }
    }

    fn sequence(&mut self, c: &mut Choices<'_>, element: &Type, d: usize) -> Tree {
        match c.below(4) {
            0 => Tree::Tuple((0..c.below(3)).map(|_| self.make(c, element, d)).collect()),
            1 | 2 if self.forms.open_types => self.for_expr(c, None, element, d),
            _ => {
                // The attribute that has the wanted type, of each of several objects.
                let name = if *element == Type::Number { "b" } else { "a" };
                let object = Type::object([("a", Type::String), ("b", Type::Number)]);
                let source = self.make(c, &Type::list(object), d);
                let each = vec![Step::Attr(name.into())];
                if c.one_in(2) {
                    source.splat(each)
                } else {
                    source.attribute_splat(each)
                }
            }
        }
    }

    fn mapping(&mut self, c: &mut Choices<'_>, element: &Type, d: usize) -> Tree {
        if c.one_in(2) && self.forms.open_types {
            return self.for_expr(c, Some(Type::String), element, d);
        }
        let n = c.below(3);
        let mut items = Vec::new();
        for name in &["a", "b", "k"][..n] {
            let key = if c.one_in(4) {
                Key::Is(Tree::Parentheses(Box::new(self.make(c, &Type::String, d))))
            } else {
                Key::Name((*name).into())
            };
            items.push((key, self.make(c, element, d)));
        }
        Tree::Object(items)
    }

    /// A collection for a `for`, and the types of its variables.
    fn collection(&mut self, c: &mut Choices<'_>, d: usize) -> (Tree, Type, Type) {
        let kinds = if self.forms.through_sets { 5 } else { 4 };
        let (ty, key, value) = match c.below(kinds) {
            0 => (strings(), Type::Number, Type::String),
            1 => (numbers(), Type::Number, Type::Number),
            2 => (Type::map(Type::Number), Type::String, Type::Number),
            3 => (Type::map(Type::String), Type::String, Type::String),
            _ => (Type::set(Type::String), Type::String, Type::String),
        };
        (self.make(c, &ty, d), key, value)
    }

    fn within<T>(&mut self, vars: Vec<(String, Type)>, f: impl FnOnce(&mut Self) -> T) -> T {
        let depth = self.locals.len();
        self.locals.extend(vars);
        let made = f(self);
        self.locals.truncate(depth);
        made
    }

    fn variables(&self, c: &mut Choices<'_>, key: Type, value: Type) -> Vec<(String, Type)> {
        let n = self.locals.len();
        let value = (format!("v{n}"), value);
        if c.one_in(2) {
            vec![(format!("k{n}"), key), value]
        } else {
            vec![value]
        }
    }

    fn for_expr(
        &mut self,
        c: &mut Choices<'_>,
        key: Option<Type>,
        element: &Type,
        d: usize,
    ) -> Tree {
        let (collection, k, v) = self.collection(c, d);
        let vars = self.variables(c, k, v);
        let (key_var, value_var) = named(&vars);
        self.within(vars, |m| {
            Tree::For(Box::new(For {
                key_var,
                value_var,
                collection,
                key: key.map(|t| m.make(c, &t, d)),
                value: m.make(c, element, d),
                group: false,
                condition: c.one_in(3).then(|| m.make(c, &Type::Bool, d)),
            }))
        })
    }

    fn parts(&mut self, c: &mut Choices<'_>, d: usize) -> Vec<Part> {
        let mut all = Vec::new();
        for _ in 0..=c.below(2) {
            all.push(Part::Literal(text(c)));
            if d == 0 {
                continue;
            }
            let d = d - 1;
            all.push(match c.below(6) {
                0..=3 => {
                    let t = [Type::String, Type::Number, Type::Bool][c.below(3)].clone();
                    Part::Is(self.make(c, &t, d))
                }
                4 => {
                    let condition = self.make(c, &Type::Bool, d);
                    let then = joined(self.parts(c, d));
                    let otherwise = c.one_in(2).then(|| joined(self.parts(c, d)));
                    Part::If(condition, then, otherwise)
                }
                _ => {
                    let (collection, k, v) = self.collection(c, d);
                    let vars = self.variables(c, k, v);
                    let (key_var, value_var) = named(&vars);
                    self.within(vars, |m| Part::For {
                        key_var,
                        value_var,
                        collection,
                        body: joined(m.parts(c, d)),
                    })
                }
            });
        }
        all
    }
}

/// A result whose type is open while something is not known, brought to its type. Beside others in a collection an
/// open type is taken for theirs, as Terraform takes it, though they may yet have to become strings for it.
fn typed(ty: &Type, e: Tree) -> Tree {
    let convert = match ty {
        Type::String => "tostring",
        Type::Number => "tonumber",
        Type::Bool => "tobool",
        _ => return e,
    };
    Tree::call(convert, vec![e])
}

fn named(vars: &[(String, Type)]) -> (Option<String>, String) {
    match vars {
        [key, value] => (Some(key.0.clone()), value.0.clone()),
        [value] => (None, value.0.clone()),
        _ => (None, "v".into()),
    }
}

/// The ways from a name into its value that lead to a type.
fn paths(name: Tree, has: &Type, want: &Type, all: &mut Vec<Tree>) {
    if has == want || *want == Type::Dynamic {
        all.push(name.clone());
    }
    match has {
        Type::Object(o) => {
            for (k, t) in &o.attributes {
                if t == want {
                    all.push(name.clone().steps(vec![Step::Attr(k.to_string())]));
                }
            }
        }
        Type::Tuple(ts) => {
            for (i, t) in ts.iter().enumerate() {
                if t == want {
                    let index = Step::Index(Tree::Number(i.to_string()));
                    all.push(name.clone().steps(vec![index]));
                }
            }
        }
        Type::List(e) => {
            if let Type::Object(o) = &**e {
                let list_of = |t: &Type| Type::list(t.clone());
                for (k, t) in &o.attributes {
                    if list_of(t) == *want {
                        all.push(name.clone().splat(vec![Step::Attr(k.to_string())]));
                    }
                }
            }
        }
        _ => {}
    }
}
