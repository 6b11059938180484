//! Functions of maps and objects.

use std::collections::BTreeMap;

use super::arguments::{items, text};
use super::signature::{Fault, Function, Parameter, Returns, Shape};
use super::{Functions, unknown_result};
use crate::value::{Entries, Kind, Marks, Str, Type, Value, convert};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "keys",
        "The keys of a map, or the names of an object's attributes, in order.",
        &[Parameter::any("inputMap").unknown().marked()],
        Returns::Of(keys_type),
        keys,
    ),
    Function::new(
        "lookup",
        "The element of a map with a key, or a default where there is none.",
        &[
            Parameter::any("inputMap").marked(),
            Parameter::string("key").marked(),
        ],
        Returns::Of(lookup_type),
        lookup,
    )
    .optional(Parameter::any("default").everything())
    .or_null(),
    Function::new(
        "merge",
        "The elements of several maps in one; the last of each key counts.",
        &[],
        Returns::Of(merge_type),
        merge,
    )
    .blames_call()
    .variadic(Parameter::any("maps").nullable().marked().dynamic()),
    Function::new(
        "transpose",
        "A map of lists of strings with keys and elements exchanged.",
        &[Parameter::new(
            "values",
            Shape::Map(&Shape::List(&Shape::String)),
        )],
        Returns::Is(Shape::Map(&Shape::List(&Shape::String))),
        transpose,
    )
    .blames_call(),
    Function::new(
        "values",
        "The elements of a map, or the values of an object's attributes, in the order of their keys.",
        &[Parameter::any("mapping").marked()],
        Returns::Of(values_type),
        values,
    )
    .blames_call(),
    Function::new(
        "zipmap",
        "A map from a list of keys and a list of values.",
        &[
            Parameter::new("keys", Shape::List(&Shape::String)).marked(),
            Parameter::any("values").unknown().marked(),
        ],
        Returns::Of(zipmap_type),
        zipmap,
    )
    .blames_call(),
];

fn need_map(i: usize) -> Fault {
    Fault::wrong_type(i, "a map or an object is required")
}

fn keys_type(args: &[Value]) -> Result<Type, Fault> {
    match args[0].ty() {
        Type::Map(_) => Ok(Type::list(Type::String)),
        Type::Object(o) => Ok(Type::tuple(o.attributes.keys().map(|_| Type::String))),
        _ => Err(need_map(0)),
    }
}

fn keys(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    keys_type(args)?;
    let marks = args[0].marks();
    let names = |names: &mut dyn Iterator<Item = &Str>| {
        names
            .map(|n| Kind::String(n.clone()).into())
            .collect::<Vec<Value>>()
    };
    let found = match (args[0].kind(), args[0].ty()) {
        (Kind::Map(m), _) => Value::list(Type::String, names(&mut m.entries.keys())),
        (_, Type::Object(o)) => Value::tuple(names(&mut o.attributes.keys())),
        _ => unknown_result(Type::list(Type::String), false),
    };
    Ok(found.mark(marks))
}

fn lookup_type(args: &[Value]) -> Result<Type, Fault> {
    match args[0].ty() {
        Type::Map(e) => {
            if let Some(default) = args.get(2) {
                map_default(default, &e)?;
            }
            Ok(e.as_ref().clone())
        }
        Type::Object(o) => match (args[1].as_str(), args.get(2)) {
            (None, _) => Ok(Type::Dynamic),
            (Some(key), default) => match (o.attributes.get(key), default) {
                (Some(t), _) => Ok(t.clone()),
                (None, Some(default)) => Ok(default.ty()),
                (None, None) => Err(no_key(&args[0], key)),
            },
        },
        _ => Err(need_map(0)),
    }
}

fn map_default(default: &Value, element: &Type) -> Result<Value, Fault> {
    convert(default, element).map_err(|_| {
        Fault::wrong_type(
            2,
            format!(
                "the default must be of the type of the map's elements, {}",
                element.friendly()
            ),
        )
    })
}

/// An object is to blame for an attribute that it lacks; a map may have any keys.
fn no_key(map: &Value, key: &str) -> Fault {
    let message = "there is no element with this key, and no default";
    let fault = match map.ty() {
        Type::Object(_) => Fault::invalid(0, message),
        _ => Fault::call("invalid-argument", message),
    };
    fault
        .about(format!("{key:?}"))
        .hint("Give a default as third argument.")
}

fn lookup(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let (map, key) = (&args[0], text(args, 1));
    let marks = map.marks().with(args[1].marks());
    if map.as_entries().is_none() {
        return Err(need_map(0));
    }
    // A default that does not fit the map is wrong even where it is not needed.
    let default = match (map.kind(), args.get(2)) {
        (Kind::Map(m), Some(default)) => Some(map_default(default, &m.element)?),
        (_, default) => default.cloned(),
    };
    let found = map.get(key).cloned().or(default);
    Ok(found.ok_or_else(|| no_key(map, key))?.mark(marks))
}

fn merge_type(args: &[Value]) -> Result<Type, Fault> {
    let mut open = false;
    for (i, arg) in args.iter().enumerate() {
        match arg.ty() {
            Type::Map(_) | Type::Object(_) => {}
            Type::Dynamic => open |= !arg.is_known(),
            _ => return Err(need_map(i)),
        }
    }
    if open {
        return Ok(Type::Dynamic);
    }
    let mut types = args.iter().map(Value::ty);
    if let Some(first @ Type::Map(_)) = types.next()
        && types.all(|t| t == first)
    {
        return Ok(first);
    }
    let mut attributes: BTreeMap<Str, Type> = BTreeMap::new();
    for arg in args.iter().filter(|a| !a.is_null()) {
        match (arg.ty(), arg.as_entries()) {
            (Type::Object(o), _) => {
                attributes.extend(o.attributes.iter().map(|(n, t)| (n.clone(), t.clone())))
            }
            (_, Some(entries)) => {
                attributes.extend(entries.iter().map(|(k, v)| (k.clone(), v.ty())))
            }
            // Which keys there will be is not known.
            _ => return Ok(Type::Dynamic),
        }
    }
    Ok(Type::object(attributes))
}

fn merge(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let ty = merge_type(args)?;
    let given = args.iter().filter(|a| !a.is_null());
    let marks = given.fold(Marks::NONE, |m, a| m.with(a.marks()));
    // Of equal keys the last counts.
    let all: Entries = args
        .iter()
        .filter_map(Value::as_entries)
        .flatten()
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    Ok(match ty {
        Type::Map(e) => Value::map(e.as_ref().clone(), all),
        _ => Value::object(all),
    }
    .mark(marks))
}

fn transpose(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    if !args[0].is_wholly_known() {
        return Ok(unknown_result(Type::map(Type::list(Type::String)), false));
    }
    let mut out: BTreeMap<Str, Vec<Value>> = BTreeMap::new();
    for (key, list) in args[0].as_entries().into_iter().flatten() {
        if list.is_null() {
            return Err(Fault::invalid(0, "no list may be null"));
        }
        for item in list.children() {
            let Kind::String(s) = item.kind() else {
                return Err(Fault::invalid(0, "no element of the lists may be null"));
            };
            out.entry(s.clone())
                .or_default()
                .push(Kind::String(key.clone()).into());
        }
    }
    let lists = out
        .into_iter()
        .map(|(k, keys)| (k, Value::list(Type::String, keys)));
    Ok(Value::map(Type::list(Type::String), lists))
}

fn values_type(args: &[Value]) -> Result<Type, Fault> {
    match args[0].ty() {
        Type::Map(e) => Ok(Type::list(e.as_ref().clone())),
        Type::Object(o) => Ok(Type::tuple(o.attributes.values().cloned())),
        _ => Err(need_map(0)),
    }
}

fn values(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    values_type(args)?;
    let all: Vec<Value> = args[0].children().cloned().collect();
    let found = match args[0].kind() {
        Kind::Map(m) => Value::list(m.element.clone(), all),
        _ => Value::tuple(all),
    };
    Ok(found.mark(args[0].marks()))
}

fn zipmap_type(args: &[Value]) -> Result<Type, Fault> {
    match args[1].ty() {
        Type::List(e) => Ok(Type::map(e.as_ref().clone())),
        Type::Tuple(es) => {
            let known = args[0].is_known() && items(args, 0).iter().all(Value::is_known);
            if !known {
                return Ok(Type::Dynamic);
            }
            same_length(items(args, 0).len(), es.len())?;
            Ok(Type::object(
                zip_keys(args)?
                    .into_iter()
                    .zip(es.iter().cloned())
                    .collect::<BTreeMap<_, _>>(),
            ))
        }
        _ => Err(Fault::wrong_type(1, "a list or a tuple is required")),
    }
}

fn same_length(keys: usize, values: usize) -> Result<(), Fault> {
    if keys == values {
        return Ok(());
    }
    Err(Fault::call(
        "invalid-argument",
        format!("there are {keys} keys and {values} values, and there must be as many of each"),
    ))
}

fn zip_keys(args: &[Value]) -> Result<Vec<Str>, Fault> {
    let key = |v: &Value| {
        v.as_str()
            .map(Str::from)
            .ok_or_else(|| Fault::invalid(0, "no key may be null"))
    };
    items(args, 0).iter().map(key).collect()
}

fn zipmap(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let ty = zipmap_type(args)?;
    let keys = items(args, 0);
    let marks = keys
        .iter()
        .fold(args[0].marks().with(args[1].marks()), |m, k| {
            m.with(k.marks())
        });
    if !args[1].is_known() || keys.iter().any(|k| !k.is_known()) {
        return Ok(unknown_result(ty, false).mark(marks));
    }
    let names = zip_keys(args)?;
    let values = items(args, 1);
    same_length(names.len(), values.len())?;
    let entries: Entries = names.into_iter().zip(values.iter().cloned()).collect();
    Ok(match ty {
        Type::Map(e) => Value::map(e.as_ref().clone(), entries),
        _ => Value::object(entries),
    }
    .mark(marks))
}
