//! Encryption: AES-256-GCM with a random nonce for every text, under a data key that is itself encrypted ("wrapped") with the
//! key of whoever runs the program.
//!
//! Random numbers are the operating system's. The library's own generator would first measure the jitter of the processor
//! for some 40 ms, longer than most runs last.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::digest::{SHA256, digest};
use cloudapp_engine::seal::KeyError;
use zeroize::Zeroizing;

/// Bytes of a key.
pub(crate) const KEY_LEN: usize = 32;

/// Before the nonce: how the rest is to be read.
const VERSION: u8 = 1;

/// What a wrapped data key is bound to.
const DATA_KEY: &[u8] = b"cloudapp data key";

/// What is sealed cannot be opened: another key, another place, or other bytes. Which of them, nobody can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unopened;

/// A key, erased from memory when it is dropped.
pub(crate) struct Key {
    cipher: LessSafeKey,
    bytes: Zeroizing<[u8; KEY_LEN]>,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.fingerprint())
    }
}

impl Key {
    /// # Errors
    /// Where the library refuses; it never refuses 32 bytes.
    pub(crate) fn new(bytes: Zeroizing<[u8; KEY_LEN]>) -> Result<Self, Unopened> {
        let key = UnboundKey::new(&AES_256_GCM, &*bytes).map_err(|_| Unopened)?;
        let cipher = LessSafeKey::new(key);
        Ok(Self { cipher, bytes })
    }

    /// # Errors
    /// Where the system has no random numbers.
    pub(crate) fn random() -> Result<Self, Unopened> {
        let mut bytes = Zeroizing::new([0; KEY_LEN]);
        getrandom::fill(&mut *bytes).map_err(|_| Unopened)?;
        Self::new(bytes)
    }

    /// The same key.
    ///
    /// # Errors
    /// As of [`Key::new`], as a message about keys.
    pub(crate) fn again(&self) -> Result<Self, KeyError> {
        Self::new(self.bytes.clone()).map_err(|Unopened| crate::keyring::no_random())
    }

    pub(crate) fn bytes(&self) -> &[u8; KEY_LEN] {
        &self.bytes
    }

    /// Names the key without telling anything about it: the beginning of a hash of its 256 random bits.
    pub(crate) fn fingerprint(&self) -> String {
        let mut text = Zeroizing::new(b"cloudapp key\0".to_vec());
        text.extend_from_slice(&*self.bytes);
        let hash = digest(&SHA256, &text);
        hash.as_ref()
            .iter()
            .take(8)
            .map(|b| format!("{b:02x}"))
            .collect()
    }

    /// Encrypts a text for one place. It opens there only: `place` must be the same again.
    pub(crate) fn seal(&self, place: &[u8], plain: &[u8]) -> Result<Vec<u8>, Unopened> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(|_| Unopened)?;
        let before = 1 + NONCE_LEN;
        let mut out = Vec::with_capacity(before + plain.len() + AES_256_GCM.tag_len());
        out.push(VERSION);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(plain);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self
            .cipher
            .seal_in_place_separate_tag(nonce, Aad::from(place), &mut out[before..])
            .map_err(|_| Unopened)?;
        out.extend_from_slice(tag.as_ref());
        Ok(out)
    }

    pub(crate) fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unopened> {
        let (version, rest) = sealed.split_first().ok_or(Unopened)?;
        let (nonce, body) = rest.split_at_checked(NONCE_LEN).ok_or(Unopened)?;
        if *version != VERSION {
            return Err(Unopened);
        }
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unopened)?;
        let mut body = Zeroizing::new(body.to_vec());
        let length = self
            .cipher
            .open_in_place(nonce, Aad::from(place), &mut body)
            .map_err(|_| Unopened)?
            .len();
        body.truncate(length);
        Ok(body)
    }

    /// Encrypts a data key with this one.
    pub(crate) fn wrap(&self, data: &Key) -> Result<Vec<u8>, Unopened> {
        self.seal(DATA_KEY, data.bytes())
    }

    pub(crate) fn unwrap(&self, wrapped: &[u8]) -> Result<Key, Unopened> {
        let opened = self.open(DATA_KEY, wrapped)?;
        let mut bytes = Zeroizing::new([0; KEY_LEN]);
        if opened.len() != KEY_LEN {
            return Err(Unopened);
        }
        bytes.copy_from_slice(&opened);
        Key::new(bytes)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed test is a panic")]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_the_same_key_at_the_same_place_only() {
        let (key, other) = (Key::random().unwrap(), Key::random().unwrap());
        let sealed = key.seal(b"here", b"a secret").unwrap();
        assert!(!sealed.windows(6).any(|w| w == b"secret"));
        assert_eq!(&**key.open(b"here", &sealed).unwrap(), b"a secret");
        assert_eq!(key.open(b"there", &sealed), Err(Unopened));
        assert_eq!(other.open(b"here", &sealed), Err(Unopened));
        for i in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[i] ^= 1;
            assert_eq!(key.open(b"here", &changed), Err(Unopened), "byte {i}");
            assert_eq!(key.open(b"here", &sealed[..i]), Err(Unopened), "cut at {i}");
        }
        assert_ne!(sealed, key.seal(b"here", b"a secret").unwrap());
    }

    #[test]
    fn a_data_key_is_wrapped_by_one_key() {
        let (key, data) = (Key::random().unwrap(), Key::random().unwrap());
        let wrapped = key.wrap(&data).unwrap();
        assert_eq!(key.unwrap(&wrapped).unwrap().bytes(), data.bytes());
        assert!(data.unwrap(&wrapped).is_err());
        assert!(key.unwrap(&key.seal(DATA_KEY, b"short").unwrap()).is_err());
    }

    #[test]
    fn debug_shows_no_key() {
        let key = Key::random().unwrap();
        assert_eq!(format!("{key:?}"), format!("Key({})", key.fingerprint()));
        assert_eq!(key.fingerprint().len(), 16);
    }
}
