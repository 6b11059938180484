//! Functions of any collection: asking what is in it, and choosing among several.

use unicode_segmentation::UnicodeSegmentation;

use super::arguments::{Form, items, need_sequence};
use super::signature::{Fault, Function, Parameter, Returns, Shape};
use super::{Functions, unknown_result};
use crate::eval::equal;
use crate::value::{Kind, Number, Refinements, Type, Value, convert, unify};

const BOOL: Returns = Returns::Is(Shape::Bool);
const BOOLS: Shape = Shape::List(&Shape::Bool);

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "alltrue",
        "Whether all elements are true.",
        &[Parameter::new("list", BOOLS)],
        BOOL,
        alltrue,
    ),
    Function::new(
        "anytrue",
        "Whether any element is true.",
        &[Parameter::new("list", BOOLS)],
        BOOL,
        anytrue,
    ),
    Function::new(
        "coalesce",
        "The first argument that is neither null nor an empty string.",
        &[],
        Returns::Of(coalesce_type),
        coalesce,
    )
    .blames_call()
    .variadic(Parameter::any("vals").nullable().unknown().dynamic()),
    Function::new(
        "coalescelist",
        "The first argument that is neither null nor an empty list.",
        &[],
        Returns::Of(coalescelist_type),
        coalescelist,
    )
    .blames_call()
    .variadic(Parameter::any("vals").nullable().unknown().dynamic()),
    Function::new(
        "contains",
        "Whether a list or set has an element equal to a value.",
        &[Parameter::any("list"), Parameter::any("value")],
        BOOL,
        contains,
    )
    .declares(Shape::Any)
    .blames_call(),
    Function::new(
        "length",
        "The number of elements of a collection, or of characters of a string.",
        &[Parameter::any("value").unknown().marked().dynamic()],
        Returns::Is(Shape::Number),
        length,
    )
    .blames_call(),
    Function::new(
        "one",
        "The only element of a list or set, or null where it has none.",
        &[Parameter::any("list")],
        Returns::Of(one_type),
        one,
    )
    .or_null(),
];

fn alltrue(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    for item in items(args, 0) {
        match item.kind() {
            Kind::Bool(true) => {}
            Kind::Unknown(_) => return Ok(unknown_result(Type::Bool, false)),
            _ => return Ok(Value::bool(false)),
        }
    }
    Ok(Value::bool(true))
}

fn anytrue(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let mut open = false;
    for item in items(args, 0) {
        match item.kind() {
            Kind::Bool(true) => return Ok(Value::bool(true)),
            Kind::Unknown(_) => open = true,
            _ => {}
        }
    }
    Ok(if open {
        unknown_result(Type::Bool, false)
    } else {
        Value::bool(false)
    })
}

fn coalesce_type(args: &[Value]) -> Result<Type, Fault> {
    if args.is_empty() {
        return Err(Fault::call(
            "wrong-argument-count",
            "at least one argument is required",
        ));
    }
    let types: Vec<Type> = args.iter().map(Value::ty).collect();
    // A null without a type lets arguments be that have no type in common; which one is taken then gives the type. What is
    // not known and has no type may be such a null, or such an argument.
    let untyped: Vec<&Value> = args.iter().filter(|v| v.ty() == Type::Dynamic).collect();
    if untyped.len() > 1 && untyped.iter().any(|v| !v.is_known()) {
        return Ok(Type::Dynamic);
    }
    unify(&types).ok_or_else(|| {
        Fault::call(
            "wrong-argument-type",
            "all arguments must have the same type",
        )
        .hint("Convert the arguments to one type, for instance with tostring().")
    })
}

fn coalesce(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let ty = coalesce_type(args)?;
    for (i, arg) in args.iter().enumerate() {
        if !arg.is_known() {
            return Ok(unknown_result(ty, false));
        }
        let empty = ty == Type::String && arg.as_str() == Some("");
        if arg.is_null() || empty {
            continue;
        }
        return convert(arg, &ty).map_err(|e| Fault::wrong_type(i, e.message));
    }
    Err(Fault::call(
        "invalid-argument",
        "all arguments are null or empty strings",
    )
    .hint("Give a last argument that is always set, as the default."))
}

fn coalescelist_type(args: &[Value]) -> Result<Type, Fault> {
    let Some(first) = args.first() else {
        return Err(Fault::call(
            "wrong-argument-count",
            "at least one argument is required",
        ));
    };
    let first = first.ty();
    for (i, arg) in args.iter().enumerate() {
        match arg.ty() {
            // Whether it is the one, and what those behind it are, may be seen later.
            _ if !arg.is_known() => return Ok(Type::Dynamic),
            Type::List(_) | Type::Tuple(_) => {}
            _ => return Err(Fault::wrong_type(i, "a list is required")),
        }
    }
    Ok(if args.iter().all(|a| a.ty() == first) {
        first
    } else {
        Type::Dynamic
    })
}

fn coalescelist(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let ty = coalescelist_type(args)?;
    for arg in args {
        if !arg.is_known() {
            return Ok(unknown_result(ty, false));
        }
        if arg.children().next().is_some() {
            return Ok(arg.clone());
        }
    }
    Err(
        Fault::call("invalid-argument", "all arguments are null or empty lists")
            .hint("Give a last argument that is never empty, as the default."),
    )
}

fn contains(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    need_sequence(args, 0)?;
    let mut open = false;
    for item in items(args, 0) {
        match equal(item, &args[1]) {
            Some(true) => return Ok(Value::bool(true)),
            None => open = true,
            Some(false) => {}
        }
    }
    Ok(if open {
        unknown_result(Type::Bool, false)
    } else {
        Value::bool(false)
    })
}

fn length(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let value = &args[0];
    let answer = match value.kind() {
        Kind::String(s) => count(s.graphemes(true).count()),
        // Unknown elements of a set may turn out to be equal.
        Kind::Set(l) if l.items.len() > 1 && !value.is_wholly_known() => {
            length_between(1, Some(l.items.len() as u64))
        }
        Kind::List(_) | Kind::Set(_) | Kind::Tuple(_) | Kind::Map(_) | Kind::Object(_) => {
            count(value.children().count())
        }
        Kind::Unknown(u) => match &u.ty {
            Type::Dynamic | Type::String => length_between(0, None),
            Type::Tuple(es) => count(es.len()),
            Type::Object(o) => count(o.attributes.len()),
            Type::List(_) | Type::Set(_) | Type::Map(_) => {
                let r = &u.refinements;
                length_between(r.min_length.unwrap_or(0), r.max_length)
            }
            Type::Bool | Type::Number => return Err(need_countable()),
        },
        _ => return Err(need_countable()),
    };
    Ok(answer.mark(value.marks()))
}

fn count(n: impl Into<Number>) -> Value {
    Value::number(Number::counted(n))
}

fn need_countable() -> Fault {
    Fault::wrong_type(
        0,
        "a string, a list, a map or another collection is required",
    )
}

fn length_between(min: u64, max: Option<u64>) -> Value {
    if Some(min) == max {
        return count(min);
    }
    let refinements = Refinements {
        not_null: true,
        min: Some((Number::from(min), true)),
        max: max.map(|m| (Number::from(m), true)),
        ..Refinements::default()
    };
    Value::unknown_with(Type::Number, refinements)
}

fn one_type(args: &[Value]) -> Result<Type, Fault> {
    match args[0].ty() {
        Type::List(e) | Type::Set(e) => Ok(e.as_ref().clone()),
        Type::Tuple(es) if es.len() > 1 => Err(too_many(es.len())),
        Type::Tuple(es) => Ok(es.first().cloned().unwrap_or(Type::Dynamic)),
        _ => Err(Fault::wrong_type(0, "a list, a set or a tuple is required")),
    }
}

fn too_many(count: usize) -> Fault {
    Fault::invalid(
        0,
        format!("at most one element is allowed, and there are {count}"),
    )
}

fn one(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let ty = one_type(args)?;
    debug_assert!(Form::of(&args[0]).is_sequence());
    match items(args, 0) {
        [] => Ok(Value::null(ty)),
        [only] => Ok(only.clone()),
        _ if matches!(args[0].kind(), Kind::Set(_)) && !args[0].is_wholly_known() => {
            Ok(Value::unknown(ty))
        }
        many => Err(too_many(many.len())),
    }
}
