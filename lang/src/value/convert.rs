//! Conversion of values to type constraints.

use std::collections::BTreeMap;

use super::path::Path;
use super::types::Type;
use super::value::{Str, Value};

/// Why a value does not fit a type, and which part of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConvertError {
    pub path: Path,
    /// A clause such as "a number is required", without the path and without any value.
    pub message: String,
}

/// Defaults of optional attributes, in the shape of the type that declares them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defaults {
    /// Defaults of this object's own attributes, already of the attribute's type.
    pub attributes: BTreeMap<Str, Value>,
    /// Defaults further in, by attribute name or tuple index; under `""` those of a collection's elements.
    pub children: BTreeMap<Str, Defaults>,
}

impl Defaults {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.children.is_empty()
    }
}

/// Converts a value to a type constraint: missing optional attributes become null, attributes that the type lacks are
/// dropped, primitives convert by way of strings, `Type::Dynamic` inside collections is resolved by unification, marks
/// are kept, unknowns stay unknown of the new type.
pub fn convert(_value: &Value, _ty: &Type) -> Result<Value, ConvertError> { unimplemented!() }

impl Defaults {
    /// Puts defaults where optional attributes are missing or null, before [`convert`].
    #[must_use]
    pub fn apply(&self, _value: &Value) -> Value { unimplemented!() }
}
