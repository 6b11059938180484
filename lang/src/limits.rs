//! How much one value may hold. A text of a few lines can mean more than any memory: strings and lists that double with
//! every name, numbers of combinations, compressed zeros. What nobody means ends here, with a message at its place.
//!
//! Limits of single functions stand with them; those of text stand with the parser.

use crate::stack;
use crate::value::Value;

/// Bytes of one string: what a function or a template makes, or what is read from a file.
pub const MAX_TEXT: usize = 16 << 20;

/// Bytes of one value with everything in it, counted at every place where it stands: texts by their length, and
/// [`PART`] bytes for each value.
pub const MAX_VALUE: usize = 64 << 20;

/// What each value within a value counts for, besides its text.
pub const PART: usize = 16;

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

/// What there is to know of values before anything goes through them: sharing makes a value small in memory and
/// endless to walk through, so this ends as soon as a limit is passed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Survey {
    pub(crate) size: usize,
    /// Something is marked.
    pub(crate) marked: bool,
}

impl Survey {
    /// Adds a value to what was seen.
    pub(crate) fn add(&mut self, value: &Value) -> Result<(), Excess> {
        self.visit(value, 0)
    }

    fn visit(&mut self, value: &Value, depth: usize) -> Result<(), Excess> {
        if depth > MAX_NESTING {
            return Err(Excess::Nesting);
        }
        self.marked |= !value.marks().is_empty();
        self.size += PART + value.as_str().map_or(0, str::len);
        if self.size > MAX_VALUE {
            return Err(Excess::Size);
        }
        if let Some(items) = value.as_items() {
            return stack::with_room(|| items.iter().try_for_each(|v| self.visit(v, depth + 1)));
        }
        for (name, v) in value.as_entries().into_iter().flatten() {
            self.size += name.len();
            stack::with_room(|| self.visit(v, depth + 1))?;
        }
        Ok(())
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
            assert_eq!(survey(&value).is_ok(), n < 21, "{n}");
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
