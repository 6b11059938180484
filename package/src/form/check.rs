//! Whether a value fits its widget: its type, and the bounds that the widget's fields set.

use std::collections::BTreeMap;
use std::str::FromStr;

use cloudapp_lang::value::{Kind, convert};
use cloudapp_lang::{Number, Str, Type, Value};
use ipnet::Ipv4Net;

use super::FieldError;
use super::condition::{finds, length, number};
use crate::widget::{Descriptor, Format, Rendering};

/// No value of a form is nested deeper.
const MAX_DEPTH: usize = 64;

/// The evaluated fields of a widget.
pub(super) type Config = BTreeMap<Str, Value>;

/// Whether nothing was entered: no value, an empty text, or an object of nothing else.
pub(super) fn is_blank(value: &Value) -> bool {
    match value.kind() {
        Kind::Null(_) => true,
        Kind::String(text) => text.is_empty(),
        Kind::Object(_) | Kind::Map(_) if value.depth() <= MAX_DEPTH => {
            value.children().all(is_blank)
        }
        _ => false,
    }
}

/// Whether a list of choices has none.
pub(super) fn chooses_nothing(value: &Value) -> bool {
    value.as_items().is_some_and(<[Value]>::is_empty)
        || value.as_entries().is_some_and(|e| {
            e.values()
                .all(|v| v.as_items().is_some_and(<[Value]>::is_empty))
        })
}

/// The value as one of the widget's type. Attributes that the type lacks are kept: the platform passes more than its
/// manual says, and stacks use it.
pub(super) fn fit(descriptor: &Descriptor, value: &Value) -> Result<Value, FieldError> {
    let wrong = |message: String| Err(FieldError::new("wrong-type", message));
    if value.depth() > MAX_DEPTH {
        return wrong(format!("The value is nested more than {MAX_DEPTH} deep."));
    }
    if !value.is_wholly_known() {
        return wrong("The value is not known.".into());
    }
    let ty = (descriptor.value)();
    match convert(value, &ty) {
        Ok(converted) => Ok(with_extra(value, converted)),
        Err(e) if e.path.0.is_empty() => wrong(format!("{}.", sentence(&e.message))),
        Err(e) => wrong(format!(
            "{} at {}.",
            sentence(&e.message),
            e.path.to_string().trim_start_matches('.')
        )),
    }
}

fn sentence(clause: &str) -> String {
    let mut rest = clause.chars();
    rest.next()
        .map(|c| c.to_uppercase().chain(rest).collect())
        .unwrap_or_default()
}

/// What was given, with its parts converted; attributes that were not given stay out.
fn with_extra(given: &Value, converted: Value) -> Value {
    let (Some(before), Kind::Object(after)) = (given.as_entries(), converted.kind()) else {
        return converted;
    };
    let attributes = before.iter().map(|(name, v)| {
        let value = match after.get(name) {
            Some(converted) => with_extra(v, converted.clone()),
            None => v.clone(),
        };
        (name.clone(), value)
    });
    Value::object(attributes.collect::<Vec<_>>()).mark(converted.marks())
}

/// The value as expressions see it: attributes that it lacks, and the widget may have, are null.
pub(super) fn with_all_attributes(descriptor: &Descriptor, value: &Value) -> Value {
    match convert(value, &(descriptor.value)()) {
        Ok(converted) => merged(converted, value),
        Err(_) => value.clone(),
    }
}

fn merged(base: Value, over: &Value) -> Value {
    let (Some(own), Some(entries)) = (base.as_entries(), over.as_entries()) else {
        return base;
    };
    let mut all = own.clone();
    for (name, part) in entries {
        let part = match own.get(name) {
            Some(own) => merged(own.clone(), part),
            None => part.clone(),
        };
        all.insert(name.clone(), part);
    }
    Value::object(all).mark(base.marks())
}

/// What the widget's fields say against a value of its type.
pub(super) fn bounds(descriptor: &Descriptor, value: &Value, config: &Config) -> Vec<FieldError> {
    let mut errors = Vec::new();
    match descriptor.rendering {
        Rendering::Number => {
            if let Some(n) = value.as_number() {
                number_bounds(n, config, &mut errors);
            }
        }
        Rendering::MultiDropdown => {
            let count = value.as_items().map_or(0, <[Value]>::len);
            count_bounds(&Number::from(count), config, &mut errors);
        }
        Rendering::PickerWithSize => {
            if let Some(size) = value.get("disk_size").and_then(number) {
                size_bounds(&size, config, &mut errors);
            }
        }
        _ => {}
    }
    if let Some(text) = text_of(value) {
        match descriptor.format {
            Format::Any => text_bounds(value, text, config, &mut errors),
            Format::Cidr => cidr(text, config, &mut errors),
            Format::Domain => domain(text, &mut errors),
        }
    }
    errors
}

/// The text that a value consists of.
fn text_of(value: &Value) -> Option<&str> {
    value.as_str().or_else(|| value.get("domain")?.as_str())
}

fn bound(config: &Config, name: &str) -> Option<Number> {
    config.get(name).and_then(number)
}

fn out_of_range(message: String) -> FieldError {
    FieldError::new("out-of-range", message)
}

fn number_bounds(n: &Number, config: &Config, errors: &mut Vec<FieldError>) {
    let (min, max) = (bound(config, "min"), bound(config, "max"));
    if let Some(min) = min.as_ref().filter(|min| n < min) {
        errors.push(out_of_range(format!("The least is {min}.")));
    }
    if let Some(max) = max.as_ref().filter(|max| n > max) {
        errors.push(out_of_range(format!("The most is {max}.")));
    }
    let step = bound(config, "step").filter(|s| !s.is_zero() && !s.is_negative());
    if let (Some(step), true) = (step, n.is_finite()) {
        let from = min.unwrap_or_else(|| Number::from(0));
        if !n.sub(&from).rem(&step).is_zero() {
            errors.push(FieldError::new(
                "step",
                format!("Values are {step} apart, counted from {from}."),
            ));
        }
    }
}

fn count_bounds(count: &Number, config: &Config, errors: &mut Vec<FieldError>) {
    if let Some(min) = bound(config, "min").filter(|min| count < min) {
        errors.push(out_of_range(format!("Choose at least {min}.")));
    }
    if let Some(max) = bound(config, "max").filter(|max| count > max) {
        errors.push(out_of_range(format!("Choose at most {max}.")));
    }
}

fn size_bounds(size: &Number, config: &Config, errors: &mut Vec<FieldError>) {
    if let Some(min) = bound(config, "minDiskSize").filter(|min| size < min) {
        errors.push(out_of_range(format!("The smallest size is {min} GiB.")));
    }
    if let Some(max) = bound(config, "maxDiskSize").filter(|max| size > max) {
        errors.push(out_of_range(format!("The largest size is {max} GiB.")));
    }
}

fn text_bounds(value: &Value, text: &str, config: &Config, errors: &mut Vec<FieldError>) {
    let size = length(value);
    let size = size.as_ref();
    if let (Some(min), Some(size)) = (bound(config, "minLength"), size)
        && *size < min
    {
        errors.push(FieldError::new(
            "length",
            format!("At least {min} characters are needed."),
        ));
    }
    if let (Some(max), Some(size)) = (bound(config, "maxLength"), size)
        && *size > max
    {
        errors.push(FieldError::new(
            "length",
            format!("At most {max} characters are possible."),
        ));
    }
    let Some(pattern) = config.get("pattern").and_then(Value::as_str) else {
        return;
    };
    // The pattern by itself first: brackets that are not closed must not be closed by the anchors.
    let whole = format!("^(?:{pattern})$");
    match finds(pattern, "").and_then(|_| finds(&whole, text)) {
        Ok(true) => {}
        Ok(false) => errors.push(FieldError::new(
            "pattern",
            format!("The text must have the form {pattern}."),
        )),
        Err(message) => errors.push(FieldError::new(
            "invalid-pattern",
            format!("The pattern of this field cannot be used: {message}."),
        )),
    }
}

fn cidr(text: &str, config: &Config, errors: &mut Vec<FieldError>) {
    let Ok(net) = Ipv4Net::from_str(text) else {
        errors.push(FieldError::new(
            "invalid-cidr",
            "A range of addresses is needed, such as 10.0.0.0/16.",
        ));
        return;
    };
    if net.addr() != net.network() {
        errors.push(FieldError::new(
            "invalid-cidr",
            format!(
                "The range begins at {}: write {}.",
                net.network(),
                net.trunc()
            ),
        ));
    }
    let prefix = Number::from(u32::from(net.prefix_len()));
    if let Some(min) = bound(config, "minPrefix").filter(|min| prefix < *min) {
        errors.push(out_of_range(format!("The largest range is a /{min}.")));
    }
    if let Some(max) = bound(config, "maxPrefix").filter(|max| prefix > *max) {
        errors.push(out_of_range(format!("The smallest range is a /{max}.")));
    }
    let within = config.get("within").and_then(Value::as_str);
    if let Some(outer) = within.and_then(|w| Ipv4Net::from_str(w).ok())
        && !outer.contains(&net)
    {
        errors.push(out_of_range(format!("The range must be part of {outer}.")));
    }
}

fn domain(text: &str, errors: &mut Vec<FieldError>) {
    if !is_domain(text) {
        errors.push(FieldError::new(
            "invalid-domain",
            "A domain is needed, such as app.example.com.",
        ));
    }
}

/// Labels of letters, digits and hyphens (RFC 1123), at least two; other letters stand for their encoded form.
fn is_domain(text: &str) -> bool {
    let name = text.strip_prefix("*.").unwrap_or(text);
    let label = |l: &str| {
        !l.is_empty()
            && l.len() <= 63
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    name.len() <= 253 && name.contains('.') && name.split('.').all(label)
}

/// Whether a certificate's name covers a domain: the same, or a `*` in place of the first label.
pub(super) fn covers(name: &str, domain: &str) -> bool {
    let (name, domain) = (name.to_lowercase(), domain.to_lowercase());
    name == domain
        || name
            .strip_prefix("*.")
            .zip(domain.split_once('.'))
            .is_some_and(|(parent, (_, rest))| parent == rest)
}

/// A field of the widget as what its kind says; what is wrong with it otherwise.
pub(super) fn field_value(
    descriptor: &Descriptor,
    name: &str,
    value: Value,
) -> Result<Value, FieldError> {
    use crate::widget::FieldKind as K;
    let Some(field) = descriptor.field(name) else {
        return Ok(value);
    };
    // One where several are possible is a list of one.
    let list = |value: &Value| match value.as_items() {
        Some(items) => items.to_vec(),
        None => vec![value.clone()],
    };
    let each = |ty: &Type| -> Result<Value, ()> {
        let items = list(&value).into_iter().filter(|i| !i.is_null());
        let items: Result<Vec<_>, _> = items.map(|i| convert(&i, ty)).collect();
        items.map(Value::tuple).map_err(|_| ())
    };
    let fitted = match field.kind {
        _ if value.is_null() => return Ok(value),
        K::String => convert(&value, &Type::String).map_err(|_| ()),
        K::Number => convert(&value, &Type::Number).map_err(|_| ()),
        K::Bool => convert(&value, &Type::Bool).map_err(|_| ()),
        K::StringList | K::IdList => each(&Type::String),
        K::NumberOrList => each(&Type::Number),
        K::Object if value.as_entries().is_none() => Err(()),
        K::Object | K::Options | K::Conditions | K::Any => Ok(value),
    };
    fitted.map_err(|()| {
        FieldError::new(
            "field-type",
            format!(
                "\"{name}\" of this field takes another kind of value: {}.",
                field.kind.name()
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains() {
        for good in [
            "a.b",
            "app.example.com",
            "*.example.com",
            "商店.中国",
            "a-1.b",
        ] {
            assert!(is_domain(good), "{good}");
        }
        let long = format!("{}.com", "a".repeat(64));
        for bad in [
            "",
            "a",
            "a..b",
            "-a.b",
            "a b.c",
            "http://a.b",
            "a.b/",
            "*",
            "a.*.b",
            &long,
        ] {
            assert!(!is_domain(bad), "{bad}");
        }
    }

    #[test]
    fn certificates_cover_one_label() {
        assert!(covers("example.com", "Example.com"));
        assert!(covers("*.example.com", "app.example.com"));
        assert!(!covers("*.example.com", "a.b.example.com"));
        assert!(!covers("*.example.com", "example.com"));
        assert!(!covers("example.com", "app.example.com"));
    }
}
