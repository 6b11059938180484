//! A lossless text form of values, with types, unknowns, refinements and marks: for plan files and for the store.
use super::value::Value;
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an encoded value: {0}")]
pub struct WireError(pub String);
/// One line of JSON from which [`decode`] makes an equal value.
#[must_use]
pub fn encode(_value: &Value) -> String { unimplemented!() }
pub fn decode(_text: &str) -> Result<Value, WireError> { unimplemented!() }
