//! Values that are not known yet, and what is known of them all the same.

use std::sync::{Arc, LazyLock};

use unicode_segmentation::UnicodeSegmentation;

use super::number::Number;
use super::types::Type;
use super::value::Str;

/// A value that will be known later. `ty` is [`Type::Dynamic`] where not even its type is known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Unknown {
    pub ty: Type,
    pub refinements: Refinements,
}

/// The unknown values of primitive types of which nothing is known, and those that are not null.
static PLAIN: LazyLock<[[Arc<Unknown>; 2]; 4]> = LazyLock::new(|| {
    [Type::Dynamic, Type::Bool, Type::Number, Type::String]
        .map(|ty| [false, true].map(|not_null| Arc::new(Unknown::new(ty.clone(), not_null))))
});

impl Unknown {
    fn new(ty: Type, not_null: bool) -> Self {
        Self {
            ty,
            refinements: Refinements::plain(not_null),
        }
    }

    /// A value of which nothing else is known. What a cloud will decide is most of a plan, and mostly of a primitive type:
    /// those are there once.
    pub(super) fn plain(ty: Type, not_null: bool) -> Arc<Self> {
        let of_type = match ty {
            Type::Dynamic => 0,
            Type::Bool => 1,
            Type::Number => 2,
            Type::String => 3,
            _ => return Arc::new(Self::new(ty, not_null)),
        };
        PLAIN[of_type][usize::from(not_null)].clone()
    }
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
        Self::plain(true)
    }

    /// Nothing but whether the value can be null.
    pub(super) fn plain(not_null: bool) -> Self {
        Self {
            not_null,
            ..Self::default()
        }
    }

    /// Of a string that begins with a text.
    #[must_use]
    pub(crate) fn begins_with(text: &str) -> Self {
        let prefix = safe_prefix(text);
        Self {
            prefix: (!prefix.is_empty()).then(|| Str::from(prefix)),
            ..Self::not_null()
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// As much of the beginning of a string as stays the same whatever follows: a combining character that comes next
/// would change the last one.
fn safe_prefix(s: &str) -> &str {
    match s.chars().next_back() {
        Some(c) if c.is_ascii() && !c.is_ascii_alphabetic() && !matches!(c, '<' | '=' | '>') => s,
        _ => s
            .grapheme_indices(true)
            .next_back()
            .map_or("", |(at, _)| &s[..at]),
    }
}
