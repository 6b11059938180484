//! Values that are not known yet, and what is known of them all the same.

use super::number::Number;
use super::types::Type;
use super::value::Str;

/// A value that will be known later. `ty` is [`Type::Dynamic`] where not even its type is known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Unknown {
    pub ty: Type,
    pub refinements: Refinements,
}

/// Facts that hold for whatever an unknown value turns out to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Refinements {
    pub not_null: bool,
    /// Strings: what it begins with.
    pub prefix: Option<Str>,
    /// Numbers: the bound, and whether it is itself possible.
    pub min: Option<(Number, bool)>,
    pub max: Option<(Number, bool)>,
    /// Collections: the fewest and the most elements.
    pub min_length: Option<u64>,
    pub max_length: Option<u64>,
}

impl Refinements {
    #[must_use]
    pub fn not_null() -> Self {
        Self {
            not_null: true,
            ..Self::default()
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
