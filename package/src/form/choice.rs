//! Whether a value is among the options, and what an option adds to a value that names it.

use cloudapp_lang::value::{Kind, convert};
use cloudapp_lang::{Str, Value};

use super::FieldError;
use super::condition::number;
use crate::widget::{Descriptor, FieldOption};

/// The value with what its option knows beyond it. A value names an option by any of its attributes.
pub(super) fn choose(
    descriptor: &Descriptor,
    value: &Value,
    options: &[FieldOption],
    errors: &mut Vec<FieldError>,
) -> Value {
    if descriptor.rendering.is_multiple() {
        choose_several(value, options, errors);
        return value.clone();
    }
    let fits = |o: &&FieldOption| fits(&o.value, value, descriptor.free);
    let found = options
        .iter()
        .filter(|o| o.disabled.is_none())
        .find(fits)
        .or_else(|| options.iter().find(fits));
    let Some(option) = found else {
        errors.push(absent(descriptor, options));
        return value.clone();
    };
    disabled(option, errors);
    if let (Some((least, most)), Some(size)) =
        (option.size, value.get("disk_size").and_then(number))
        && (size < least.into() || size > most.into())
    {
        let message = format!("{} has sizes from {least} to {most}.", option.label);
        errors.push(FieldError::new("out-of-range", message));
    }
    completed(&option.value, value)
}

fn choose_several(value: &Value, options: &[FieldOption], errors: &mut Vec<FieldError>) {
    let all: Vec<(&FieldOption, Vec<&Value>)> =
        options.iter().map(|o| (o, items(&o.value))).collect();
    for item in items(value) {
        let named = all
            .iter()
            .find(|(_, values)| values.iter().any(|v| fits(v, item, &[])));
        match named {
            Some((option, _)) => disabled(option, errors),
            None => {
                let message = match item.as_str().filter(|_| !item.has_marks()) {
                    Some(text) => format!("\"{text}\" is none of the options."),
                    None => "One of the values is none of the options.".into(),
                };
                errors.push(FieldError::new("not-an-option", message));
            }
        }
    }
}

/// The single values in a value that holds several: a list, or an object with a list.
fn items(value: &Value) -> Vec<&Value> {
    match value.kind() {
        Kind::Object(_) | Kind::Map(_) => value.children().flat_map(items).collect(),
        _ => match value.as_items() {
            Some(items) => items.iter().collect(),
            None => vec![value],
        },
    }
}

fn disabled(option: &FieldOption, errors: &mut Vec<FieldError>) {
    if let Some(reason) = &option.disabled {
        errors.push(FieldError::new(
            "option-disabled",
            format!("{} cannot be chosen: {reason}.", option.label),
        ));
    }
}

fn absent(descriptor: &Descriptor, options: &[FieldOption]) -> FieldError {
    let kind = descriptor.options.map_or("options", |o| o.name());
    let labels: Vec<&Str> = options.iter().take(5).map(|o| &o.label).collect();
    let message = match labels.as_slice() {
        [] => format!("There are no {kind} to choose from here."),
        some => {
            let some: Vec<&str> = some.iter().map(|s| &***s).collect();
            let more = if options.len() > some.len() {
                "…"
            } else {
                ""
            };
            format!(
                "The value is none of the {kind}: {}{more}.",
                some.join(", ")
            )
        }
    };
    FieldError::new("not-an-option", message)
}

/// Whether everything that a value says, an option says too. What the option does not mention may be anything.
fn fits(option: &Value, value: &Value, free: &[&str]) -> bool {
    match (option.as_entries(), value.as_entries()) {
        (Some(option), Some(value)) => {
            let mut named = false;
            for (name, part) in value.iter().filter(|(_, v)| !v.is_null()) {
                if free.contains(&&**name) {
                    continue;
                }
                match option.get(name) {
                    Some(own) if !fits(own, part, &[]) => return false,
                    Some(_) => named = true,
                    None => {}
                }
            }
            named
        }
        (None, None) => match (option.as_items(), value.as_items()) {
            (Some(a), Some(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| fits(a, b, &[]))
            }
            (None, None) => {
                let value = convert(value, &option.ty());
                value.is_ok_and(|v| cloudapp_lang::eval::equal(option, &v) == Some(true))
            }
            _ => false,
        },
        _ => false,
    }
}

/// The option's value, with what was given taking the place of its parts.
fn completed(option: &Value, given: &Value) -> Value {
    let (Some(own), Some(entries)) = (option.as_entries(), given.as_entries()) else {
        return convert(given, &option.ty()).unwrap_or_else(|_| given.clone());
    };
    let mut all = own.clone();
    for (name, part) in entries.iter().filter(|(_, v)| !v.is_null()) {
        let part = match own.get(name) {
            Some(own) => completed(own, part),
            None => part.clone(),
        };
        all.insert(name.clone(), part);
    }
    Value::object(all).mark(given.marks())
}
