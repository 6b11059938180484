//! JSON text to values and back, with numbers digit for digit.
use super::types::Type;
use super::value::Value;
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (at byte {offset})")]
pub struct JsonError { pub offset: usize, pub message: String }
/// Compact JSON of a wholly known value, object keys in order; marks are ignored; unknowns become null. `<`, `>`, `&`
/// are not escaped here.
#[must_use]
pub fn encode_json(_value: &Value) -> String { unimplemented!() }
/// Reads JSON with the type that the text implies: objects, tuples, primitives, null of dynamic type.
pub fn decode_json(_text: &str) -> Result<Value, JsonError> { unimplemented!() }
/// Reads JSON as a value of a given type; where the type is dynamic, `{"value":…,"type":…}` as written by
/// [`super::encode`] or else the implied type.
pub fn decode_json_as(_text: &str, _ty: &Type) -> Result<Value, JsonError> { unimplemented!() }
