//! Type constraints of variables: `object({ zone = string, size = optional(number, 20) })`.

use std::collections::BTreeSet;
use std::sync::Arc;

use cloudapp_lang::diagnostic::nearest;
use cloudapp_lang::eval;
use cloudapp_lang::functions::Functions;
use cloudapp_lang::syntax::ast::{Call, Expr, ExprKind, ObjectItem};
use cloudapp_lang::value::{Defaults, ObjectType, convert};
use cloudapp_lang::{Diagnostic, Span, Str, Type, Value};

const NAMES: [&str; 9] = [
    "string", "number", "bool", "any", "list", "set", "map", "object", "tuple",
];

/// Reads a type constraint, with the defaults of its optional attributes.
pub(crate) fn read(expr: &Expr, functions: &Functions) -> Result<(Type, Defaults), Diagnostic> {
    match &expr.kind {
        ExprKind::Reference(r) if r.steps.is_empty() => match &*r.root.name {
            "string" => Ok((Type::String, Defaults::default())),
            "number" => Ok((Type::Number, Defaults::default())),
            "bool" => Ok((Type::Bool, Defaults::default())),
            "any" => Ok((Type::Dynamic, Defaults::default())),
            // Without an element type they hold anything, as they did before element types existed.
            "list" => Ok((Type::list(Type::Dynamic), Defaults::default())),
            "map" => Ok((Type::map(Type::Dynamic), Defaults::default())),
            "set" | "object" | "tuple" => Err(invalid(
                expr,
                format!("\"{}\" needs an argument.", r.root.name),
            )
            .hint(example(&r.root.name))),
            other => Err(unknown(expr, other)),
        },
        ExprKind::Call(c) => call(expr, c, functions),
        ExprKind::Parentheses(e) => read(e, functions),
        ExprKind::Literal(v) if v.as_str().is_some() => Err(invalid(
            expr,
            "A type is written without quotes.".to_owned(),
        )
        .hint(format!("Write {}.", v.as_str().unwrap_or_default()))),
        _ => Err(invalid(expr, "This is not a type.".to_owned())
            .hint("Write a type such as string or list(string).")),
    }
}

fn call(expr: &Expr, c: &Call, functions: &Functions) -> Result<(Type, Defaults), Diagnostic> {
    let [arg] = &c.args[..] else {
        return Err(
            invalid(expr, format!("\"{}\" takes one argument.", c.name.name))
                .hint(example(&c.name.name)),
        );
    };
    match &*c.name.name {
        "list" => element(arg, functions, Type::list),
        "set" => element(arg, functions, Type::set),
        "map" => element(arg, functions, Type::map),
        "tuple" => tuple(arg, functions),
        "object" => object(arg, functions),
        "optional" => Err(invalid(
            expr,
            "\"optional\" can be used only for an attribute of an object.".to_owned(),
        )
        .hint("Move it inside object({ … }).")),
        other => Err(unknown(expr, other)),
    }
}

fn element(
    arg: &Expr,
    functions: &Functions,
    make: fn(Type) -> Type,
) -> Result<(Type, Defaults), Diagnostic> {
    let (ty, defaults) = read(arg, functions)?;
    Ok((make(ty), child("", defaults)))
}

fn child(name: &str, defaults: Defaults) -> Defaults {
    let mut out = Defaults::default();
    if !defaults.is_empty() {
        out.children.insert(name.into(), defaults);
    }
    out
}

fn tuple(arg: &Expr, functions: &Functions) -> Result<(Type, Defaults), Diagnostic> {
    let ExprKind::Tuple(items) = &arg.kind else {
        return Err(
            invalid(arg, "\"tuple\" takes a list of types.".to_owned()).hint(example("tuple"))
        );
    };
    let mut types = Vec::with_capacity(items.len());
    let mut defaults = Defaults::default();
    for (i, item) in items.iter().enumerate() {
        let (ty, d) = read(item, functions)?;
        types.push(ty);
        if !d.is_empty() {
            defaults.children.insert(i.to_string().into(), d);
        }
    }
    Ok((Type::tuple(types), defaults))
}

fn object(arg: &Expr, functions: &Functions) -> Result<(Type, Defaults), Diagnostic> {
    let ExprKind::Object(items) = &arg.kind else {
        return Err(invalid(
            arg,
            "\"object\" takes the attributes and their types.".to_owned(),
        )
        .hint(example("object")));
    };
    let mut attributes = Vec::with_capacity(items.len());
    let mut optional = BTreeSet::new();
    let mut defaults = Defaults::default();
    let mut names = BTreeSet::new();
    for item in items {
        let name = key(item)?;
        if !names.insert(name.clone()) {
            let detail = format!("The object has a \"{name}\" already.");
            return Err(invalid(&item.key, detail).hint("Remove one of them."));
        }
        let (ty, is_optional, default, inner) = attribute(&item.value, functions)?;
        if is_optional {
            optional.insert(name.clone());
        }
        if let Some(v) = default {
            defaults.attributes.insert(name.clone(), v);
        }
        if !inner.is_empty() {
            defaults.children.insert(name.clone(), inner);
        }
        attributes.push((name, ty));
    }
    Ok((
        Type::Object(Arc::new(ObjectType {
            attributes: attributes.into_iter().collect(),
            optional,
        })),
        defaults,
    ))
}

type Attribute = (Type, bool, Option<Value>, Defaults);

fn attribute(expr: &Expr, functions: &Functions) -> Result<Attribute, Diagnostic> {
    let ExprKind::Call(c) = &expr.kind else {
        let (ty, inner) = read(expr, functions)?;
        return Ok((ty, false, None, inner));
    };
    if &*c.name.name != "optional" {
        let (ty, inner) = read(expr, functions)?;
        return Ok((ty, false, None, inner));
    }
    let (ty_expr, default) = match &c.args[..] {
        [t] => (t, None),
        [t, d] => (t, Some(d)),
        _ => {
            return Err(invalid(
                expr,
                "\"optional\" takes a type and, if wanted, a default value.".to_owned(),
            )
            .hint("Write optional(string) or optional(string, \"value\")."));
        }
    };
    let (ty, inner) = read(ty_expr, functions)?;
    let default = match default {
        None => None,
        Some(d) => Some(constant(d, &ty, &inner, functions)?),
    };
    Ok((ty, true, default, inner))
}

fn constant(
    expr: &Expr,
    ty: &Type,
    inner: &Defaults,
    functions: &Functions,
) -> Result<Value, Diagnostic> {
    if let Some(call) = eval::first_call(expr) {
        return Err(no_functions(call));
    }
    let value = eval::constant(expr, functions).map_err(|ds| {
        ds.into_iter()
            .next()
            .unwrap_or_else(|| invalid(expr, "The default value has no value.".to_owned()))
    })?;
    convert(&inner.apply(&value), ty).map_err(|e| {
        Diagnostic::error(
            "default-type-mismatch",
            "Default value does not fit the type",
            format!("{}: {e}.", ty.friendly()),
        )
        .at(expr.span)
        .hint("Change the default value or the type.")
    })
}

/// Refuses a function where only what is written out may stand.
pub(super) fn no_functions(call: Span) -> Diagnostic {
    Diagnostic::error(
        "function-in-constant",
        "Functions are not allowed",
        "This value is written out; nothing is computed here.",
    )
    .at(call)
    .hint("Write the resulting value, or compute it in a local value.")
}

fn key(item: &ObjectItem) -> Result<Str, Diagnostic> {
    match &item.key.kind {
        ExprKind::Literal(v) if item.is_named => Ok(v.as_str().unwrap_or_default().into()),
        _ => Err(invalid(
            &item.key,
            "An attribute name must be a plain name.".to_owned(),
        )
        .hint(example("object"))),
    }
}

fn example(name: &str) -> String {
    match name {
        "object" => "Write object({ name = string }).".to_owned(),
        "tuple" => "Write tuple([string, number]).".to_owned(),
        n => format!("Write {n}(string)."),
    }
}

fn unknown(expr: &Expr, name: &str) -> Diagnostic {
    let hint = nearest(name, NAMES).map_or_else(
        || format!("The types are {}.", NAMES.join(", ")),
        |n| format!("Did you mean {n}?"),
    );
    invalid(expr, format!("There is no type \"{name}\".")).hint(hint)
}

fn invalid(expr: &Expr, detail: String) -> Diagnostic {
    Diagnostic::error("invalid-type", "Not a type", detail).at(expr.span)
}
