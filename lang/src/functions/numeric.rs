//! Functions of numbers.

use super::arguments::{Form, number, text, whole};
use super::signature::{Fault, Function, Parameter, Returns, Shape};
use super::{Functions, unknown_result};
use crate::value::{Kind, Number, Type, Value, convert};

const NUMBER: Returns = Returns::Is(Shape::Number);
const NUM: &[Parameter] = &[Parameter::number("num")];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "abs",
        "The distance of a number from zero.",
        NUM,
        NUMBER,
        |_, a| Ok(Value::number(number(a, 0).abs())),
    ),
    Function::new(
        "ceil",
        "The closest whole number that is not smaller.",
        NUM,
        NUMBER,
        |_, a| Ok(Value::number(number(a, 0).ceil())),
    ),
    Function::new(
        "floor",
        "The closest whole number that is not larger.",
        NUM,
        NUMBER,
        |_, a| Ok(Value::number(number(a, 0).floor())),
    ),
    Function::new(
        "log",
        "The logarithm of a number in a base.",
        &[Parameter::number("num"), Parameter::number("base")],
        NUMBER,
        |_, a| defined(number(a, 0).log(&number(a, 1)), "logarithm"),
    )
    .blames_call(),
    Function::new(
        "max",
        "The largest of several numbers.",
        &[],
        NUMBER,
        |_, a| extreme(a, Number::gt),
    )
    .blames_call()
    .variadic(Parameter::number("numbers")),
    Function::new(
        "min",
        "The smallest of several numbers.",
        &[],
        NUMBER,
        |_, a| extreme(a, Number::lt),
    )
    .blames_call()
    .variadic(Parameter::number("numbers")),
    Function::new(
        "parseint",
        "The whole number that a string means in a base from 2 to 62.",
        &[Parameter::any("number"), Parameter::number("base")],
        NUMBER,
        parseint,
    )
    .declares(Shape::Any),
    Function::new(
        "pow",
        "A number to the power of another.",
        &[Parameter::number("num"), Parameter::number("power")],
        NUMBER,
        |_, a| defined(number(a, 0).pow(&number(a, 1)), "power"),
    )
    .blames_call(),
    Function::new(
        "signum",
        "The sign of a whole number: -1, 0 or 1.",
        NUM,
        NUMBER,
        |_, a| Ok(Value::number(whole(a, 0)?.signum())),
    )
    .blames_call(),
    Function::new(
        "sum",
        "All numbers of a list or set together.",
        &[Parameter::any("list")],
        NUMBER,
        sum,
    )
    .declares(Shape::Any),
];

fn defined(result: Option<Number>, what: &str) -> Result<Value, Fault> {
    result
        .map(Value::number)
        .ok_or_else(|| Fault::call("invalid-argument", format!("this {what} is not a number")))
}

fn extreme(args: &[Value], better: fn(&Number, &Number) -> bool) -> Result<Value, Fault> {
    let mut numbers = args.iter().filter_map(Value::as_number);
    let first = numbers
        .next()
        .ok_or_else(|| Fault::call("wrong-argument-count", "at least one number is required"))?;
    Ok(Value::number(
        numbers
            .fold(first, |best, n| if better(n, best) { n } else { best })
            .clone(),
    ))
}

/// Numbers keep about 154 digits; reading very many takes long and gains nothing.
const MAX_DIGITS: usize = 10_000;

fn parseint(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    if args.first().is_some_and(|v| v.as_str().is_none()) {
        return Err(Fault::wrong_type(0, "a string is required")
            .hint("Numbers need no parsing: use the number itself."));
    }
    let base = whole(args, 1)?;
    let base = u32::try_from(base)
        .ok()
        .filter(|b| (2..=62).contains(b))
        .ok_or_else(|| Fault::invalid(1, "the base must be from 2 to 62"))?;
    if text(args, 0).len() > MAX_DIGITS {
        return Err(Fault::invalid(
            0,
            format!("there are more than {MAX_DIGITS} digits"),
        ));
    }
    Number::parse_radix(text(args, 0), base)
        .map(Value::number)
        .ok_or_else(|| {
            Fault::invalid(0, format!("not a whole number in base {base}"))
                .about(format!("{:?}", text(args, 0)))
        })
}

fn sum(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let list = &args[0];
    let need = || Fault::wrong_type(0, "a list, set or tuple of numbers is required");
    if !Form::of(list).is_sequence() {
        return Err(need());
    }
    let mut total = Number::ZERO;
    let mut all_known = true;
    let mut any = false;
    for item in list.children() {
        any = true;
        let n = convert(item, &Type::Number).map_err(|_| need())?;
        match n.kind() {
            Kind::Number(n) => total = total.add(n),
            Kind::Null(_) => return Err(Fault::invalid(0, "no element may be null")),
            _ => all_known = false,
        }
    }
    if !any {
        return Err(Fault::invalid(0, "the list must not be empty")
            .hint("Add a 0 to the list: sum(concat([0], list))."));
    }
    Ok(if all_known {
        Value::number(total)
    } else {
        unknown_result(Type::Number, false)
    })
}
