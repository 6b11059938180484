//! Values as the mock cloud keeps them: JSON in the shape that a type gives it.

use cloudapp_lang::value::Kind;
use cloudapp_lang::{Number, Str, Type, Value};
use serde_json::{Map, Value as Json, json};

/// The JSON of a wholly known value of a type. What is unknown becomes null. Where the type is dynamic, the value's own
/// type is kept beside it, and a number that JSON readers would round is a string.
pub(crate) fn to_json(value: &Value, ty: &Type) -> Json {
    if *ty == Type::Dynamic && !value.is_null() {
        let own = value.ty();
        return json!({ "type": own.to_json(), "value": plain(value, &own) });
    }
    plain(value, ty)
}

fn plain(value: &Value, ty: &Type) -> Json {
    let element = |_: &Str| ty.element().cloned().unwrap_or_else(|| value_type(value));
    match value.kind() {
        Kind::Null(_) | Kind::Unknown(_) => Json::Null,
        Kind::Bool(b) => Json::Bool(*b),
        Kind::Number(n) => number(n),
        Kind::String(s) => Json::String(s.to_string()),
        Kind::List(l) | Kind::Set(l) => l
            .items
            .iter()
            .map(|v| to_json(v, ty.element().unwrap_or(&l.element)))
            .collect(),
        Kind::Tuple(items) => items.iter().map(|v| plain(v, &v.ty())).collect(),
        Kind::Map(m) => Json::Object(
            m.entries
                .iter()
                .map(|(k, v)| (k.to_string(), to_json(v, &element(k))))
                .collect(),
        ),
        Kind::Object(o) => {
            let types = if let Type::Object(t) = ty {
                Some(&t.attributes)
            } else {
                None
            };
            let entries: Map<_, _> = o
                .iter()
                .map(|(k, v)| {
                    let of = types
                        .and_then(|t| t.get(k))
                        .cloned()
                        .unwrap_or_else(|| v.ty());
                    (k.to_string(), to_json(v, &of))
                })
                .collect();
            Json::Object(entries)
        }
    }
}

fn value_type(value: &Value) -> Type {
    value.ty().element().cloned().unwrap_or(Type::Dynamic)
}

fn number(n: &Number) -> Json {
    if let Some(whole) = n.as_i64() {
        return json!(whole);
    }
    let text = n.to_string();
    let float = text.parse::<f64>().ok().filter(|f| f.is_finite());
    match float.and_then(serde_json::Number::from_f64) {
        Some(f) if Number::parse(&f.to_string()).as_ref() == Some(n) => Json::Number(f),
        _ => Json::String(text),
    }
}

/// The value of a type that JSON stands for. What is missing or does not fit is null; what the type lacks is left out.
pub(crate) fn from_json(json: &Json, ty: &Type) -> Value {
    match (ty, json) {
        (Type::Dynamic, Json::Object(o)) => {
            let own = o.get("type").and_then(Type::from_json);
            match (own, o.get("value")) {
                (Some(own), Some(value)) if o.len() == 2 => from_json(value, &own),
                _ => Value::object(
                    o.iter()
                        .map(|(k, v)| (k.as_str(), from_json(v, &Type::Dynamic))),
                ),
            }
        }
        (Type::Dynamic, Json::Array(items)) => {
            Value::tuple(items.iter().map(|v| from_json(v, &Type::Dynamic)))
        }
        (Type::Bool | Type::Dynamic, Json::Bool(b)) => Value::bool(*b),
        (Type::String | Type::Dynamic, Json::String(s)) => Value::string(s.as_str()),
        (Type::Number | Type::Dynamic, Json::Number(n)) => from_number(n),
        (Type::Number, Json::String(s)) => {
            Number::parse(s).map_or(Value::null(Type::Number), Value::number)
        }
        (Type::String, Json::Number(n)) => Value::string(n.to_string()),
        (Type::String, Json::Bool(b)) => Value::string(b.to_string()),
        (Type::List(of), Json::Array(items)) => Value::list(
            (**of).clone(),
            items.iter().map(|v| from_json(v, of)).collect(),
        ),
        (Type::Set(of), Json::Array(items)) => Value::set(
            (**of).clone(),
            items.iter().map(|v| from_json(v, of)).collect(),
        ),
        (Type::Map(of), Json::Object(o)) => {
            let entries = o.iter().map(|(k, v)| (k.as_str(), from_json(v, of)));
            Value::map((**of).clone(), entries)
        }
        (Type::Tuple(of), Json::Array(items)) if of.len() == items.len() => {
            Value::tuple(items.iter().zip(of.iter()).map(|(v, t)| from_json(v, t)))
        }
        (Type::Object(of), Json::Object(o)) => Value::object(
            of.attributes
                .iter()
                .map(|(n, t)| (n.clone(), from_json(o.get(&**n).unwrap_or(&Json::Null), t))),
        ),
        (ty, _) => Value::null(ty.clone()),
    }
}

fn from_number(n: &serde_json::Number) -> Value {
    match n.as_i64() {
        Some(whole) => Value::number(whole),
        None => Number::parse(&n.to_string()).map_or(Value::null(Type::Number), Value::number),
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a failed test should stop where it fails"
)]
mod tests {
    use super::*;

    #[test]
    fn a_dynamic_value_keeps_its_own_type() {
        let map = Value::map(Type::Number, [("a", Value::number(1))]);
        let object = Value::object([
            ("m", map),
            ("t", Value::tuple([Value::string("x"), Value::bool(true)])),
        ]);
        let back = from_json(&to_json(&object, &Type::Dynamic), &Type::Dynamic);
        assert_eq!(back, object);
    }

    #[test]
    fn what_does_not_fit_is_null() {
        assert_eq!(from_json(&json!("x"), &Type::Bool), Value::null(Type::Bool));
        let ty = Type::object([("a", Type::String)]);
        assert_eq!(
            from_json(&json!({"b": 1}), &ty),
            Value::object([("a", Value::null(Type::String))])
        );
    }
}
