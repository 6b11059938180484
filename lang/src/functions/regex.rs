//! Functions of regular expressions.

use super::Functions;
use super::arguments::{part_count, text};
use super::regex_dialect::{Pattern, compile};
use super::signature::{Fault, Function, Parameter, Returns, Shape};
use crate::value::{Type, Value};

const PARAMETERS: &[Parameter] = &[Parameter::string("pattern"), Parameter::string("string")];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "regex",
        "What a regular expression matches first, or its groups.",
        PARAMETERS,
        Returns::Of(|a| match a[0].as_str() {
            Some(_) => Ok(match_type(&pattern(a)?)?),
            None => Ok(Type::Dynamic),
        }),
        regex,
    ),
    Function::new(
        "regexall",
        "A list of all that a regular expression matches, or of their groups.",
        PARAMETERS,
        Returns::Of(|a| match a[0].as_str() {
            Some(_) => Ok(Type::list(match_type(&pattern(a)?)?)),
            None => Ok(Type::Dynamic),
        }),
        regexall,
    )
    .declares(Shape::List(&Shape::Any)),
];

fn pattern(args: &[Value]) -> Result<Pattern, Fault> {
    compile(text(args, 0), 0)
}

/// A string; where the expression has groups, a tuple of their matches, or an object if they have names.
fn match_type(pattern: &Pattern) -> Result<Type, Fault> {
    let names = &pattern.names;
    if names.is_empty() {
        return Ok(Type::String);
    }
    if names.iter().all(Option::is_none) {
        return Ok(Type::tuple(names.iter().map(|_| Type::String)));
    }
    if names.iter().any(Option::is_none) {
        return Err(
            Fault::invalid(0, "either all groups have a name or none has")
                .hint("Make groups that need no name non-capturing: \"(?:…)\"."),
        );
    }
    Ok(Type::object(
        names.iter().flatten().map(|n| (n.as_str(), Type::String)),
    ))
}

fn found(captures: &regex::Captures<'_>, pattern: &Pattern, ty: &Type) -> Value {
    let group = |m: Option<regex::Match<'_>>| {
        m.map_or_else(|| Value::null(Type::String), |m| Value::string(m.as_str()))
    };
    match ty {
        Type::Tuple(_) => Value::tuple(captures.iter().skip(1).map(group)),
        // Of equal names the last counts.
        Type::Object(_) => Value::object(
            (pattern.names.iter().flatten().map(String::as_str))
                .zip(captures.iter().skip(1).map(group)),
        ),
        _ => group(captures.get(0)),
    }
}

fn regex(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let pattern = pattern(args)?;
    let ty = match_type(&pattern)?;
    let captures = pattern.regex.captures(text(args, 1)).ok_or_else(|| {
        Fault::call(
            "no-match",
            "the regular expression does not match the string",
        )
        .hint("Check with can(regex(…)) first, or use regexall().")
    })?;
    Ok(found(&captures, &pattern, &ty))
}

fn regexall(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let pattern = pattern(args)?;
    let ty = match_type(&pattern)?;
    let mut all = Vec::new();
    for captures in pattern.regex.captures_iter(text(args, 1)) {
        all.push(found(&captures, &pattern, &ty));
        part_count(all.len().saturating_mul(captures.len()))?;
    }
    Ok(Value::list(ty, all))
}
