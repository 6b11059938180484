//! The port to encryption: keys of whoever runs the program, and the data keys that they wrap.
//!
//! Every file that may hold secrets (a state, a saved plan, the file of the mock cloud) has a data key of its own, kept in it
//! encrypted ("wrapped") with the user's key. What is encrypted is bound to its [`place`]: moved elsewhere, it does not open.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A data key as it is stored: encrypted with the key of that fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrappedKey {
    pub fingerprint: String,
    #[serde(serialize_with = "to_base64", deserialize_with = "from_base64")]
    pub wrapped: Vec<u8>,
}

fn to_base64<S: Serializer>(bytes: &[u8], s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(&STANDARD.encode(bytes))
}

fn from_base64<'d, D: Deserializer<'d>>(d: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(d)?;
    STANDARD.decode(text).map_err(serde::de::Error::custom)
}

/// The keys of whoever runs the program.
pub trait Keys: fmt::Debug + Send + Sync {
    /// Whether there is a key to encrypt with, or can be one. Makes nothing.
    ///
    /// # Errors
    /// [`KeyError::Unusable`].
    fn check(&self) -> Result<(), KeyError>;

    /// A new data key, and its stored form. The user's key is made where that is the custom and there is none yet.
    ///
    /// # Errors
    /// [`KeyError::Unusable`] where there is no key and none can be made.
    fn new_data_key(&self) -> Result<(WrappedKey, Arc<dyn DataKey>), KeyError>;

    /// The data key of `what`, such as a file's path.
    ///
    /// # Errors
    /// [`KeyError`], for each of its reasons.
    fn data_key(&self, what: &str, wrapped: &WrappedKey) -> Result<Arc<dyn DataKey>, KeyError>;

    /// The data key of `what` wrapped with the key that is now in use; none where it is already.
    ///
    /// # Errors
    /// As of [`Keys::data_key`].
    fn rewrap(&self, what: &str, wrapped: &WrappedKey) -> Result<Option<WrappedKey>, KeyError>;
}

/// The key that the secrets of one file are encrypted with.
pub trait DataKey: fmt::Debug + Send + Sync {
    /// Encrypts, and binds to a [`place`].
    ///
    /// # Errors
    /// Where the system has no random numbers.
    fn seal(&self, place: &[u8], plain: &[u8]) -> Result<Vec<u8>, KeyError>;

    /// What was sealed at this place; none where it was sealed elsewhere or with another key, or was changed since.
    fn open(&self, place: &[u8], sealed: &[u8]) -> Option<Vec<u8>>;
}

/// Names a place unambiguously: its parts, each after its length.
#[must_use]
pub fn place(parts: &[&str]) -> Vec<u8> {
    let mut out = Vec::with_capacity(parts.iter().map(|p| p.len() + 4).sum());
    for part in parts {
        out.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend_from_slice(part.as_bytes());
    }
    out
}

/// Why something encrypted cannot be read, or something secret cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There is no key, or none that could be one.
    #[error("{reason}{}", and_wanted(.wanted.as_ref()))]
    Unusable {
        /// With where it was looked for.
        reason: String,
        /// What is encrypted, and the fingerprint of its key.
        wanted: Option<(String, String)>,
    },
    #[error("{what} is encrypted with the key {wanted}, but the key in {origin} is {found}")]
    Wrong {
        what: String,
        wanted: String,
        found: String,
        origin: String,
    },
    /// The key is right, and what it opens is not what was written.
    #[error("{what} is encrypted, and was changed or damaged since")]
    Damaged { what: String },
}

fn and_wanted(wanted: Option<&(String, String)>) -> String {
    wanted.map_or_else(String::new, |(what, key)| {
        format!("; {what} is encrypted with the key {key}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_do_not_run_into_each_other() {
        assert_ne!(place(&["ab", "c"]), place(&["a", "bc"]));
        assert_ne!(place(&["a", ""]), place(&["a"]));
    }
}
