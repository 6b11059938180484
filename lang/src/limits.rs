//! How much one value may hold. A text of a few lines can mean more than any memory: strings and lists that double with
//! every name, numbers of combinations, compressed zeros. What nobody means ends here, with a message at its place.
//!
//! Limits of single functions stand with them; those of text stand with the parser.

use crate::value::Value;

/// Bytes of one string: what a function or a template makes, or what is read from a file.
pub const MAX_TEXT: usize = 16 << 20;

/// Bytes of one value with everything in it, as [`Value::size`] counts them.
pub const MAX_VALUE: usize = 64 << 20;

/// What each value within a value counts for, besides its text.
pub const PART: usize = Value::UNIT;

/// How deep values may be inside each other: as deep as an expression can write them.
pub const MAX_NESTING: usize = 2500;

/// Bytes that the functions called by one expression may go through, all together.
pub const MAX_WORK: usize = 8 << 30;

/// Which limit a value is beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excess {
    Size,
    Nesting,
}

impl Excess {
    /// A clause: "the value is larger than 256 MiB".
    #[must_use]
    pub fn message(self) -> String {
        match self {
            Excess::Size => format!("the value is larger than {} MiB", MAX_VALUE >> 20),
            Excess::Nesting => format!("values are nested more than {MAX_NESTING} deep"),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(self) -> &'static str {
        match self {
            Excess::Size => {
                "Keep large contents in files or in a store of objects, and repeat less."
            }
            Excess::Nesting => "Put fewer lists or objects inside each other.",
        }
    }
}

/// What there is to know of several values together, before anything goes through them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Survey {
    pub(crate) size: usize,
    /// Something is marked.
    pub(crate) marked: bool,
}

impl Survey {
    /// Adds a value to what was seen.
    pub(crate) fn add(&mut self, value: &Value) -> Result<(), Excess> {
        self.size = self.size.saturating_add(value.size());
        self.marked |= value.has_marks();
        if value.depth() > MAX_NESTING {
            Err(Excess::Nesting)
        } else if self.size > MAX_VALUE {
            Err(Excess::Size)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survey(value: &Value) -> Result<(), Excess> {
        Survey::default().add(value)
    }

    #[test]
    fn shared_values_count_wherever_they_stand() {
        let mut value = Value::string("ha");
        for n in 0..40 {
            assert_eq!(survey(&value).is_ok(), n < 22, "{n}");
            value = Value::tuple([value.clone(), value]);
        }
    }

    #[test]
    fn nesting_ends() {
        let mut value = Value::bool(true);
        for _ in 0..MAX_NESTING {
            value = Value::tuple([value]);
        }
        assert_eq!(survey(&value), Ok(()));
        assert_eq!(survey(&Value::tuple([value])), Err(Excess::Nesting));
    }
}
