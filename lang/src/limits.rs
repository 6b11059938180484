//! How much one expression may make and do. Configurations come from many hands, and a short one can mean very much:
//! `replace` of every letter by a page, lists of a list twice, a digest for each of a million elements. What nobody can
//! mean ends with an error, and neither with the memory nor with the patience.

/// The longest text, in bytes, that is put together of others: by functions that repeat, and by templates. Texts that
/// are only read may be longer.
pub(crate) const MAX_TEXT: usize = 16 << 20;

/// The largest [`crate::Value::size`] of a result: a million values, or 128 MiB of text.
pub(crate) const MAX_SIZE: u32 = 1 << 20;

/// How deep a result may nest: as deep as texts that are decoded may, and some levels of expressions around those.
pub(crate) const MAX_DEPTH: u16 = 320;

/// How much work one expression may be, those of templates in it counted: the sizes of what its functions were given
/// and gave, and one for each step. Done within seconds.
pub(crate) const MAX_WORK: u64 = 50_000_000;

/// A text that is put together, up to [`MAX_TEXT`].
#[derive(Debug, Default)]
pub(crate) struct BoundedText(String);

/// The text would become longer than [`MAX_TEXT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

impl BoundedText {
    pub(crate) fn push(&mut self, part: &str) -> Result<(), TooLong> {
        if self.0.len() + part.len() > MAX_TEXT {
            return Err(TooLong);
        }
        self.0.push_str(part);
        Ok(())
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}
