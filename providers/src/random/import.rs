//! Objects that a text stands for: the value itself, with what must be known beside it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use cloudapp_engine::provider::ProviderError;
use cloudapp_engine::schema::Schema;
use cloudapp_lang::{Type, Value};

use super::{bytes, default, hashed};
use crate::state_only::{not_importable, nothing, with};

/// The object with an id, or why there is none.
pub(super) fn import(kind: &str, id: &str, schema: &Schema) -> Result<Value, ProviderError> {
    let text = |s: &str| Value::string(s.to_owned());
    let unreadable = |form: &str| {
        let mut error = ProviderError::fatal(format!(
            "\"{id}\" is not the id of an object of type `{kind}`."
        ));
        error.hint = Some(format!("Write it as {form}."));
        error
    };
    let set: Vec<(&str, Value)> = match kind {
        "random_password" | "random_string" => {
            let own = if kind == "random_password" {
                "none"
            } else {
                id
            };
            let mut set = vec![
                ("id", text(own)),
                ("result", text(id)),
                ("length", Value::number(id.chars().count())),
            ];
            for name in [
                "upper",
                "lower",
                "special",
                "numeric",
                "number",
                "min_lower",
                "min_upper",
                "min_numeric",
                "min_special",
            ] {
                set.extend(default(kind, name, &nothing(schema)).map(|v| (name, v)));
            }
            set
        }
        "random_uuid" => {
            uuid::Uuid::parse_str(id).map_err(|_| unreadable("a UUID"))?;
            vec![("id", text(id)), ("result", text(id))]
        }
        "random_bytes" => {
            let decoded = STANDARD.decode(id).map_err(|_| unreadable("Base64"))?;
            let mut set = vec![("length", Value::number(decoded.len()))];
            set.extend(bytes(&decoded));
            set
        }
        "random_id" => {
            let (prefix, encoded) = id
                .rsplit_once(',')
                .map_or((None, id), |(p, e)| (Some(p), e));
            let decoded = URL_SAFE_NO_PAD
                .decode(encoded)
                .map_err(|_| unreadable("PREFIX,BASE64URL or BASE64URL"))?;
            let prefix = prefix.map_or(Value::null(Type::String), text);
            let base = with(&nothing(schema), [("prefix", prefix.clone())]);
            let mut set = vec![
                ("prefix", prefix),
                ("byte_length", Value::number(decoded.len())),
            ];
            set.extend(super::id(&base, &decoded));
            set
        }
        "random_integer" => {
            let parts: Vec<&str> = id.split(',').collect();
            let number = |i: usize| parts.get(i).and_then(|p| p.parse::<i64>().ok());
            let (Some(n), Some(min), Some(max)) = (number(0), number(1), number(2)) else {
                return Err(unreadable("RESULT,MIN,MAX or RESULT,MIN,MAX,SEED"));
            };
            let mut set = vec![("id", text(parts[0])), ("result", Value::number(n))];
            set.extend([("min", Value::number(min)), ("max", Value::number(max))]);
            set.extend(parts.get(3).map(|seed| ("seed", text(seed))));
            set
        }
        _ => return Err(not_importable(kind)),
    };
    let made = with(&nothing(schema), set);
    if kind == "random_password" {
        hashed(&made)
    } else {
        Ok(made)
    }
}
