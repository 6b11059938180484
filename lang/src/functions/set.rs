//! Functions of sets.

use std::collections::HashSet;

use super::arguments::{Form, items};
use super::signature::{Fault, Function, Parameter, Returns, Shape};
use super::{Functions, unknown_result};
use crate::value::{Kind, Type, Value, convert, unify};

const SET: Shape = Shape::Set(&Shape::Any);
/// The most combinations that `setproduct` makes, and a quarter of their parts: products grow fast, and memory is finite.
const MAX_PRODUCT: usize = 1_000_000;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "setintersection",
        "The elements that all sets have.",
        &[Parameter::new("first_set", SET)],
        Returns::Of(set_type),
        intersection,
    )
    .declares(SET)
    .variadic(Parameter::new("other_sets", SET)),
    Function::new(
        "setproduct",
        "All combinations of one element of each set or list.",
        &[],
        Returns::Of(product_type),
        product,
    )
    .variadic(Parameter::any("sets")),
    Function::new(
        "setsubtract",
        "The elements of a set that another does not have.",
        &[Parameter::new("a", SET), Parameter::new("b", SET)],
        Returns::Of(set_type),
        subtract,
    )
    .declares(SET),
    Function::new(
        "setunion",
        "The elements that any of the sets has.",
        &[Parameter::new("first_set", SET)],
        Returns::Of(set_type),
        union,
    )
    .declares(SET)
    .variadic(Parameter::new("other_sets", SET)),
];

/// The type that all the sets convert to.
fn set_type(args: &[Value]) -> Result<Type, Fault> {
    Ok(Type::set(element_type(args)?))
}

fn element_type(args: &[Value]) -> Result<Type, Fault> {
    // An empty set that nobody gave a type fits any.
    let open = |v: &Value| {
        v.ty().element() == Some(&Type::Dynamic) && v.is_known() && v.children().next().is_none()
    };
    let types: Vec<Type> = args
        .iter()
        .filter(|v| !open(v))
        .filter_map(|v| v.ty().element().cloned())
        .collect();
    if types.is_empty() {
        return Ok(Type::Dynamic);
    }
    unify(&types).ok_or_else(|| {
        Fault::call(
            "wrong-argument-type",
            "the sets must have elements of one type",
        )
    })
}

fn all_as(args: &[Value], element: &Type) -> Result<Vec<Value>, Fault> {
    let ty = Type::set(element.clone());
    args.iter()
        .enumerate()
        .map(|(i, v)| convert(v, &ty).map_err(|e| Fault::wrong_type(i, e.message)))
        .collect()
}

fn union(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let element = element_type(args)?;
    let all = all_as(args, &element)?;
    Ok(Value::set(
        element,
        all.iter().flat_map(Value::children).cloned().collect(),
    ))
}

fn intersection(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let element = element_type(args)?;
    if !args.iter().all(Value::is_wholly_known) {
        return Ok(unknown_result(Type::set(element), false));
    }
    let all = all_as(args, &element)?;
    let others: Vec<HashSet<&Value>> = all.iter().skip(1).map(|s| s.children().collect()).collect();
    let kept = items(&all, 0)
        .iter()
        .filter(|v| others.iter().all(|o| o.contains(v)))
        .cloned()
        .collect();
    Ok(Value::set(element, kept))
}

fn subtract(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let element = element_type(args)?;
    if !args.iter().all(Value::is_wholly_known) {
        return Ok(unknown_result(Type::set(element), false));
    }
    let all = all_as(args, &element)?;
    let taken: HashSet<&Value> = items(&all, 1).iter().collect();
    let kept = items(&all, 0)
        .iter()
        .filter(|v| !taken.contains(v))
        .cloned()
        .collect();
    Ok(Value::set(element, kept))
}

/// The types of the parts of each combination, and whether the result is a set.
fn product_parts(args: &[Value]) -> Result<(Vec<Type>, bool), Fault> {
    if args.len() < 2 {
        return Err(Fault::call(
            "wrong-argument-count",
            "at least two sets or lists are required",
        ));
    }
    let mut parts = Vec::new();
    for (i, arg) in args.iter().enumerate() {
        let ty = arg.ty();
        if !Form::of(arg).is_sequence() {
            return Err(Fault::wrong_type(i, "a set or a list is required"));
        }
        parts.push(match &ty {
            Type::Tuple(es) if es.is_empty() => Type::Dynamic,
            Type::Tuple(es) => unify(es)
                .ok_or_else(|| Fault::wrong_type(i, "all elements must have the same type"))?,
            _ => ty.element().cloned().unwrap_or(Type::Dynamic),
        });
    }
    Ok((parts, args.iter().any(|a| matches!(a.ty(), Type::Set(_)))))
}

fn product_type(args: &[Value]) -> Result<Type, Fault> {
    let (parts, is_set) = product_parts(args)?;
    let element = Type::tuple(parts);
    Ok(if is_set {
        Type::set(element)
    } else {
        Type::list(element)
    })
}

fn product(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let (parts, is_set) = product_parts(args)?;
    // A set with unknown elements has no certain length.
    let uncertain =
        |v: &Value| matches!(v.kind(), Kind::Set(l) if l.items.len() > 1) && !v.is_wholly_known();
    if !is_set && args.iter().any(uncertain) {
        return Ok(unknown_result(product_type(args)?, false));
    }
    let count = args
        .iter()
        .try_fold(1usize, |n, a| n.checked_mul(a.children().count()));
    let parts_of_each = |n: usize| n.saturating_mul(args.len());
    if count.is_none_or(|n| n > MAX_PRODUCT || parts_of_each(n) > 4 * MAX_PRODUCT) {
        return Err(Fault::call(
            "invalid-argument",
            format!("there would be more than {MAX_PRODUCT} combinations"),
        ));
    }
    let mut combinations: Vec<Vec<Value>> = vec![Vec::new()];
    for (i, (arg, part)) in args.iter().zip(&parts).enumerate() {
        let items = arg
            .children()
            .map(|v| convert(v, part).map_err(|e| Fault::wrong_type(i, e.message)))
            .collect::<Result<Vec<_>, _>>()?;
        let extended = |c: &Vec<Value>, v: &Value| c.iter().cloned().chain([v.clone()]).collect();
        combinations = combinations
            .iter()
            .flat_map(|c| items.iter().map(move |v| extended(c, v)))
            .collect();
    }
    let element = Type::tuple(parts);
    let combinations = combinations.into_iter().map(Value::tuple).collect();
    Ok(if is_set {
        Value::set(element, combinations)
    } else {
        Value::list(element, combinations)
    })
}
