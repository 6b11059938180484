//! Types as variables declare them, and whether what a widget gives fits.

use std::collections::BTreeSet;
use std::sync::Arc;

use cloudapp_lang::syntax::ast::{Call, Expr, ExprKind, Reference, Step};
use cloudapp_lang::value::ObjectType;
use cloudapp_lang::{Span, Str, Type};

/// How deep types are followed.
const MAX_DEPTH: usize = 64;

/// The type that an expression such as `object({id = string})` stands for; none where it is not understood.
pub(super) fn read(expr: &Expr) -> Option<Type> {
    at_depth(expr, 0)
}

fn at_depth(expr: &Expr, depth: usize) -> Option<Type> {
    if depth > MAX_DEPTH {
        return None;
    }
    match &expr.unparenthesized().kind {
        ExprKind::Reference(r) if r.steps.is_empty() => keyword(&r.root.name),
        // An older spelling.
        ExprKind::Literal(value) => keyword(value.as_str()?),
        ExprKind::Call(call) => constructor(call, depth),
        _ => None,
    }
}

fn keyword(name: &str) -> Option<Type> {
    Some(match name {
        "string" => Type::String,
        "number" => Type::Number,
        "bool" => Type::Bool,
        "any" => Type::Dynamic,
        "list" => Type::list(Type::Dynamic),
        "map" => Type::map(Type::Dynamic),
        _ => return None,
    })
}

fn constructor(call: &Call, depth: usize) -> Option<Type> {
    let argument = call.args.first()?;
    let element = || at_depth(argument, depth + 1);
    match &*call.name.name {
        "list" => element().map(Type::list),
        "set" => element().map(Type::set),
        "map" => element().map(Type::map),
        "tuple" => match &argument.kind {
            ExprKind::Tuple(items) => items
                .iter()
                .map(|i| at_depth(i, depth + 1))
                .collect::<Option<Vec<_>>>()
                .map(Type::tuple),
            _ => None,
        },
        "object" => match &argument.kind {
            ExprKind::Object(items) => {
                let (mut attributes, mut optional) = (Vec::new(), BTreeSet::new());
                for item in items {
                    let name: Str = key(&item.key)?.into();
                    let value = match &item.value.kind {
                        ExprKind::Call(c) if &*c.name.name == "optional" => {
                            optional.insert(name.clone());
                            c.args.first()?
                        }
                        _ => &item.value,
                    };
                    attributes.push((name, at_depth(value, depth + 1)?));
                }
                Some(Type::Object(Arc::new(ObjectType {
                    attributes: attributes.into_iter().collect(),
                    optional,
                })))
            }
            _ => None,
        },
        _ => None,
    }
}

/// A key of an object that is a name or a quoted string.
pub(super) fn key(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Literal(value) => value.as_str(),
        ExprKind::Reference(r) if r.steps.is_empty() => Some(&r.root.name),
        _ => None,
    }
}

/// How a declared type and a given one disagree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Disagreement {
    /// They can never be made one: a path, what is declared and what is given.
    Never(String, String, String),
    /// They can only sometimes, such as a text that may be a number.
    Sometimes(String, String, String),
    /// The declared type has an attribute that is not given: its path, and the given attributes beside it.
    Lacks(String, Vec<Str>),
}

/// All disagreements.
pub(super) fn disagreements(declared: &Type, given: &Type) -> Vec<Disagreement> {
    let mut all = Vec::new();
    compare(declared, given, "", 0, &mut all);
    all
}

fn compare(declared: &Type, given: &Type, path: &str, depth: usize, all: &mut Vec<Disagreement>) {
    if depth > MAX_DEPTH {
        return;
    }
    match (declared, given) {
        (Type::Dynamic, _) | (_, Type::Dynamic) => {}
        (Type::Object(d), Type::Object(g)) => {
            for (name, ty) in &d.attributes {
                let own = if path.is_empty() {
                    name.to_string()
                } else {
                    format!("{path}.{name}")
                };
                match g.attributes.get(name) {
                    Some(given) => compare(ty, given, &own, depth + 1, all),
                    None if d.optional.contains(name) => {}
                    None => all.push(Disagreement::Lacks(
                        own,
                        g.attributes.keys().cloned().collect(),
                    )),
                }
            }
        }
        (Type::Map(element), Type::Object(g)) => {
            for (name, ty) in &g.attributes {
                compare(element, ty, name, depth + 1, all);
            }
        }
        (Type::List(d) | Type::Set(d), Type::List(g) | Type::Set(g))
        | (Type::Map(d), Type::Map(g)) => {
            compare(d, g, path, depth + 1, all);
        }
        (Type::Tuple(_), Type::List(_) | Type::Set(_)) => {}
        (Type::String, g) if g.is_primitive() => {}
        (Type::Number | Type::Bool, Type::String) => {
            all.push(Disagreement::Sometimes(
                path.into(),
                declared.friendly(),
                given.friendly(),
            ));
        }
        (d, g) if d == g => {}
        _ => all.push(Disagreement::Never(
            path.into(),
            declared.friendly(),
            given.friendly(),
        )),
    }
}

/// Where a reference asks for an attribute that a type lacks.
#[derive(Debug)]
pub(super) struct Absent {
    pub(super) name: Str,
    pub(super) span: Span,
    /// The attributes that are there.
    pub(super) others: Vec<Str>,
}

/// Follows steps into a type; the first attribute that it lacks.
pub(super) fn absent(ty: &Type, steps: &[Step]) -> Option<Absent> {
    let mut ty = ty;
    for step in steps {
        ty = match (step, ty) {
            (Step::Attr(name), Type::Object(o)) => match o.attributes.get(&name.name) {
                Some(inner) => inner,
                None => {
                    return Some(Absent {
                        name: name.name.clone(),
                        span: name.span,
                        others: o.attributes.keys().cloned().collect(),
                    });
                }
            },
            (Step::Attr(name), Type::String | Type::Number | Type::Bool) => {
                return Some(Absent {
                    name: name.name.clone(),
                    span: name.span,
                    others: Vec::new(),
                });
            }
            (Step::Index(_) | Step::LegacyIndex(..), Type::List(e) | Type::Set(e)) => e,
            _ => return None,
        };
    }
    None
}

/// The name and the further steps of `var.NAME…`.
pub(super) fn variable(r: &Reference) -> Option<(&cloudapp_lang::syntax::ast::Ident, &[Step])> {
    match r.steps.split_first() {
        Some((Step::Attr(name), rest)) if &*r.root.name == "var" => Some((name, rest)),
        _ => None,
    }
}
