//! JSON text to values of a type that is known.
//!
//! What is of its type already, as in a state that this program wrote, is made at once; what is not is read as what it looks
//! like, and converted.

use std::borrow::Cow;

use super::convert::{ConvertError, convert, missing};
use super::json::{JsonError, MAX_DEPTH, Reader};
use super::path::PathStep;
use super::types::{ObjectType, Type};
use super::value::{Kind, Value, normalize};
use super::wire;
use crate::stack;

/// Reads JSON as a value of a given type; where the type is dynamic, `{"value":…,"type":…}` with the value in plain JSON, or else
/// the implied type.
pub fn decode_json_as(text: &str, ty: &Type) -> Result<Value, JsonError> {
    let mut reader = Reader::new(text, MAX_DEPTH);
    let read = value(&mut reader, ty, 0);
    let value = read.map_err(|unfit| match unfit {
        Unfit::Json(e) => e,
        Unfit::Type(offset, e) => {
            let place = if e.path.0.is_empty() {
                String::new()
            } else {
                format!("{}: ", e.path)
            };
            JsonError {
                offset,
                message: format!("{place}{}", e.message),
            }
        }
    })?;
    reader.end()?;
    Ok(value)
}

/// Why a text is no value of a type.
enum Unfit {
    Json(JsonError),
    /// At this byte.
    Type(usize, ConvertError),
}

impl From<JsonError> for Unfit {
    fn from(e: JsonError) -> Self {
        Self::Json(e)
    }
}

impl Unfit {
    fn within(self, step: PathStep) -> Self {
        match self {
            Self::Json(e) => Self::Json(e),
            Self::Type(at, e) => Self::Type(at, e.within(step)),
        }
    }
}

fn value(reader: &mut Reader<'_>, ty: &Type, depth: usize) -> Result<Value, Unfit> {
    reader.space();
    match (reader.peek(), ty) {
        (Some(b'"'), Type::String)
        | (Some(b'-' | b'0'..=b'9'), Type::Number)
        | (Some(b't' | b'f'), Type::Bool) => Ok(reader.value(depth)?),
        (Some(b'n'), _) => {
            reader.value(depth)?;
            Ok(Value::null(ty.without_optional()))
        }
        // Most of what says its own type is a string.
        (Some(b'{'), Type::Dynamic) if let Some(text) = typed_string(reader) => Ok(text),
        (Some(b'{'), Type::Object(o)) => stack::with_room(|| object(reader, o, depth + 1)),
        (Some(b'{'), Type::Map(e)) if !e.has_dynamic() => {
            stack::with_room(|| map(reader, e, depth + 1))
        }
        (Some(b'['), Type::List(e)) if !e.has_dynamic() => {
            let items = stack::with_room(|| items(reader, e, depth + 1))?;
            Ok(Value::list(e.without_optional(), items))
        }
        (Some(b'['), Type::Set(e)) if !e.has_dynamic() => {
            let items = stack::with_room(|| items(reader, e, depth + 1))?;
            Ok(Value::set(e.without_optional(), items))
        }
        _ => {
            let at = reader.at;
            let mut implied = reader.value(depth)?;
            if ty.has_dynamic() {
                implied = with_types(&implied, ty);
            }
            convert(&implied, ty).map_err(|e| Unfit::Type(at, e))
        }
    }
}

/// A string with its type, as it is always written; nothing is read where anything else stands here.
fn typed_string(reader: &mut Reader<'_>) -> Option<Value> {
    let start = reader.at;
    let mut read = || {
        reader.take("{\"value\":\"").then(|| reader.at -= 1)?;
        let text = reader.string().ok()?;
        reader
            .take(",\"type\":\"string\"}")
            .then(|| Value::string(text))
    };
    let value = read();
    if value.is_none() {
        reader.at = start;
    }
    value
}

fn object(reader: &mut Reader<'_>, ty: &ObjectType, depth: usize) -> Result<Value, Unfit> {
    let at = reader.at;
    let mut found: Vec<Option<Value>> = vec![None; ty.attributes.len()];
    // Keys are written in order: the next one is most often the one that comes.
    let mut next = 0;
    reader.entries(depth, |reader, key| {
        let key: Cow<'_, str> = match key.is_ascii() {
            true => key,
            false => normalize(&key).to_string().into(),
        };
        let is_next =
            |i: &usize| matches!(ty.attributes.get_indexed(*i), Some((name, _)) if **name == *key);
        let place = Some(next)
            .filter(is_next)
            .or_else(|| (0..found.len()).find(is_next));
        let Some((i, (name, ty))) = place.and_then(|i| Some((i, ty.attributes.get_indexed(i)?)))
        else {
            // What the type lacks is dropped.
            reader.value(depth)?;
            return Ok(());
        };
        let value = value(reader, ty, depth).map_err(|e| e.within(PathStep::Attr(name.clone())))?;
        found[i] = Some(value);
        next = i + 1;
        Ok::<_, Unfit>(())
    })?;
    if found.contains(&None) {
        let has = |n: &str| {
            (ty.attributes.keys().zip(&found)).any(|(name, v)| **name == *n && v.is_some())
        };
        missing(ty, |n| has(n)).map_err(|e| Unfit::Type(at, e))?;
    }
    let of_type = ty.attributes.iter().zip(found);
    Ok(Value::object(of_type.map(|((name, ty), value)| {
        let value = value.unwrap_or_else(|| Value::null(ty.without_optional()));
        (name.clone(), value)
    })))
}

fn map(reader: &mut Reader<'_>, element: &Type, depth: usize) -> Result<Value, Unfit> {
    let mut entries = Vec::new();
    reader.entries(depth, |reader, key| {
        let key = normalize(&key);
        let value = value(reader, element, depth);
        let value = value.map_err(|e| e.within(PathStep::Attr(key.clone())))?;
        entries.push((key, value));
        Ok::<_, Unfit>(())
    })?;
    Ok(Value::map(element.without_optional(), entries))
}

fn items(reader: &mut Reader<'_>, element: &Type, depth: usize) -> Result<Vec<Value>, Unfit> {
    let mut items = Vec::new();
    reader.items(depth, |reader| {
        let value = value(reader, element, depth);
        let i = items.len();
        items.push(value.map_err(|e| e.within(PathStep::Index(i)))?);
        Ok::<_, Unfit>(())
    })?;
    Ok(items)
}

/// What says its own type, beside a value in plain JSON; none where it is anything else.
fn of_own_type(value: &Value) -> Option<Value> {
    let said = value.as_entries().filter(|e| e.len() == 2)?;
    let (value, ty) = (said.get("value")?, wire::read_type(said.get("type")?)?);
    // Only null has no type of its own.
    if ty == Type::Dynamic && !value.is_null() {
        return None;
    }
    convert(value, &ty).ok()
}

/// Replaces what stands where the type is dynamic and says its own type.
fn with_types(value: &Value, ty: &Type) -> Value {
    match (value.kind(), ty) {
        (_, Type::Dynamic) => of_own_type(value).unwrap_or_else(|| value.clone()),
        (Kind::Tuple(items), Type::List(e) | Type::Set(e)) => {
            Value::tuple(items.iter().map(|v| with_types(v, e)))
        }
        (Kind::Tuple(items), Type::Tuple(es)) if items.len() == es.len() => {
            Value::tuple(items.iter().zip(es.iter()).map(|(v, t)| with_types(v, t)))
        }
        (Kind::Object(o), Type::Map(e)) => {
            Value::object(o.iter().map(|(k, v)| (k.clone(), with_types(v, e))))
        }
        (Kind::Object(o), Type::Object(t)) => Value::object(o.iter().map(|(k, v)| {
            let v = t
                .attributes
                .get(k)
                .map_or_else(|| v.clone(), |t| with_types(v, t));
            (k.clone(), v)
        })),
        _ => value.clone(),
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests say what they expect"
)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_as_usual_is_read_at_once_and_means_the_same() {
        let of = Type::object([
            ("any", Type::Dynamic),
            ("flags", Type::list(Type::Bool)),
            ("inner", Type::object([("n", Type::Number)])),
            ("name", Type::String),
            ("set", Type::set(Type::String)),
            ("tags", Type::map(Type::String)),
        ]);
        // The same in another order, which is read the general way.
        let both = |any: &str, rest: &str| {
            let usual = format!("{{\"any\":{any},{rest},\"tags\":{{\"b\":\"x\",\"a\":null}}}}");
            let other = format!("{{\"tags\":{{\"b\":\"x\",\"a\":null}},{rest},\"any\":{any}}}");
            let usual = decode_json_as(&usual, &of).unwrap();
            assert_eq!(
                Ok(&usual),
                decode_json_as(&other, &of).as_ref(),
                "{any} {rest}"
            );
        };
        for any in [
            "null",
            "1",
            "\"x\"",
            r#"{"value":"x","type":"string"}"#,
            r#"{"value":"a\"b","type":"string"}"#,
            r#"{"value":"x","type":"dynamic"}"#,
            r#"{"value":["x"],"type":["list","string"]}"#,
            r#"{"value":"x","more":1}"#,
        ] {
            both(
                any,
                r#""flags":[true,null],"inner":{"n":-1.5e3},"name":"e\u0301","set":["b","a","b"]"#,
            );
            both(any, r#""flags":[],"inner":null,"name":"é","set":null"#);
            both(
                any,
                r#""flags":["true"],"inner":{"n":"7"},"name":1,"set":[]"#,
            );
        }
        for bad in ["", "{", "[1", "{\"n\":1}x", "{\"n\":}"] {
            assert!(
                decode_json_as(bad, &Type::object([("n", Type::Number)])).is_err(),
                "{bad}"
            );
        }
    }

    #[test]
    fn reads_as_a_type() {
        let list = decode_json_as("[1,2]", &Type::list(Type::String)).unwrap();
        assert_eq!(
            list,
            Value::list(Type::String, vec![Value::string("1"), Value::string("2")])
        );
        let typed =
            decode_json_as(r#"{"value":["a"],"type":["set","string"]}"#, &Type::Dynamic).unwrap();
        assert_eq!(typed, Value::set(Type::String, vec![Value::string("a")]));
        let implied =
            decode_json_as(r#"{"value":["a"],"type":"nonsense"}"#, &Type::Dynamic).unwrap();
        assert_eq!(implied.get("type").unwrap().as_str(), Some("nonsense"));
        let e = decode_json_as(
            r#"{"a":["x"]}"#,
            &Type::object([("a", Type::list(Type::Number))]),
        )
        .unwrap_err();
        assert_eq!(e.message, "a[0]: a number is required");
    }
    /// Reading as a type is reading and then converting, only shorter.
    #[test]
    fn reads_what_converting_gives() {
        let texts = [
            "null",
            "true",
            "1.50",
            "-0",
            r#""a""#,
            r#""12""#,
            r#""e\u0301\n""#,
            "[]",
            "[1,2,2]",
            r#"["1",null]"#,
            r#"[{"a":1,"b":["x"]},{"b":[],"a":"2"}]"#,
            "{}",
            r#"{"a":1}"#,
            r#"{"b":["x",2],"a":true,"c":{}}"#,
            r#"{"a":"1","b":null}"#,
            r#"{"a":1,"a":2,"b":[]}"#,
            r#"{"a":[],"b":{"value":[1],"type":["list","number"]}}"#,
            r#"{"\u0061":{"value":"x","type":"string"},"b":[[1],["2"]]}"#,
            r#"{"k":"v","e\u0301":"w"}"#,
            "[[1],[2,\"x\"]]",
            r#"{"value":1,"type":"string"}"#,
            "[1",
            "{\"a\" 1}",
            "1 2",
        ];
        let optional = ObjectType {
            attributes: [
                ("a".into(), Type::String),
                ("b".into(), Type::list(Type::String)),
            ]
            .into_iter()
            .collect(),
            optional: ["b".into()].into(),
        };
        let ab = |a: Type, b: Type| Type::object([("a", a), ("b", b)]);
        let types = [
            Type::Dynamic,
            Type::Bool,
            Type::Number,
            Type::String,
            Type::list(Type::Number),
            Type::set(Type::String),
            Type::map(Type::String),
            Type::list(Type::Dynamic),
            Type::map(Type::Dynamic),
            Type::list(Type::list(Type::String)),
            Type::set(Type::set(Type::Number)),
            Type::tuple([Type::Number, Type::String]),
            ab(Type::String, Type::list(Type::String)),
            ab(Type::Number, Type::Dynamic),
            ab(Type::Dynamic, Type::set(Type::Number)),
            Type::list(ab(Type::Number, Type::list(Type::String))),
            Type::Object(optional.into()),
        ];
        for text in texts {
            for ty in &types {
                let converted = super::super::json::decode_json(text).and_then(|v| {
                    convert(&with_types(&v, ty), ty).map_err(|e| JsonError {
                        offset: 0,
                        message: e.message,
                    })
                });
                match (decode_json_as(text, ty), converted) {
                    (Ok(read), Ok(converted)) => {
                        assert_eq!(read, converted, "{text} as {}", ty.friendly());
                        assert_eq!(read.ty(), converted.ty(), "{text} as {}", ty.friendly());
                    }
                    // What is no JSON may be no value of the type before that shows.
                    (Err(_), Err(_)) if super::super::json::decode_json(text).is_err() => {}
                    (Err(read), Err(converted)) => {
                        assert!(
                            read.message.ends_with(&converted.message),
                            "{text} as {}: {read}, not {converted}",
                            ty.friendly()
                        );
                    }
                    (read, converted) => {
                        panic!("{text} as {}: {read:?}, not {converted:?}", ty.friendly())
                    }
                }
            }
        }
    }
}
