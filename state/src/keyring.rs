//! Where the key comes from: the environment, a file, or a file of the user's that is made when it is first needed.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use cloudapp_engine::planfile::{Seal, Sealed};
use cloudapp_engine::store::KeyError;
use zeroize::Zeroizing;

use crate::seal::{KEY_LEN, Key, Unopened};

/// Where a key is looked for.
#[derive(Clone)]
pub enum KeySource {
    /// A key as text, and the name of what it was in, such as `CLOUDAPP_KEY`.
    Text {
        text: Zeroizing<String>,
        origin: String,
    },
    /// A file that must be there.
    File(PathBuf),
    /// A file that is made where something is to be encrypted for the first time.
    Made(PathBuf),
    /// Nowhere, and why.
    Nowhere(String),
}

impl std::fmt::Debug for KeySource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.origin())
    }
}

impl KeySource {
    fn origin(&self) -> String {
        match self {
            KeySource::Text { origin, .. } => origin.clone(),
            KeySource::File(path) | KeySource::Made(path) => path.display().to_string(),
            KeySource::Nowhere(_) => "nowhere".to_owned(),
        }
    }
}

/// The key of whoever runs the program. It is read when it is first needed, and made only to encrypt with.
#[derive(Debug)]
pub struct Keyring {
    source: KeySource,
    key: OnceLock<Key>,
    made: OnceLock<PathBuf>,
}

impl Keyring {
    #[must_use]
    pub fn new(source: KeySource) -> Self {
        Self {
            source,
            key: OnceLock::new(),
            made: OnceLock::new(),
        }
    }

    /// A key that nobody else knows and that is gone with this value: for what lives no longer.
    ///
    /// # Errors
    /// Where the system has no random numbers.
    pub fn temporary() -> Result<Self, KeyError> {
        let keys = Self::new(KeySource::Nowhere("it is in memory".to_owned()));
        let key = Key::random().map_err(|_| no_random())?;
        keys.key.set(key).ok();
        Ok(keys)
    }

    /// The file of a key that this value made.
    pub fn made(&self) -> Option<&Path> {
        self.made.get().map(PathBuf::as_path)
    }

    /// The fingerprint of the key.
    ///
    /// # Errors
    /// [`KeyError::Unusable`] where there is no key.
    pub fn fingerprint(&self) -> Result<String, KeyError> {
        self.key(None).map(Key::fingerprint)
    }

    /// The key; made where the source says so and it is not there yet.
    ///
    /// # Errors
    /// [`KeyError::Unusable`] where there is no key and none can be made.
    pub fn ensure(&self) -> Result<(), KeyError> {
        self.key_or_make().map(drop)
    }

    /// The key to encrypt with.
    pub(crate) fn key_or_make(&self) -> Result<&Key, KeyError> {
        if let (None, KeySource::Made(path)) = (self.key.get(), &self.source)
            && !path.exists()
        {
            let made = make(path).map_err(|e| {
                unusable(
                    format!("the key file {} cannot be made ({e})", path.display()),
                    None,
                )
            })?;
            if made {
                self.made.set(path.clone()).ok();
            }
        }
        self.key(None)
    }

    /// The key to open something with: `what`, which wants the key of that fingerprint.
    pub(crate) fn key_for(&self, what: &str, fingerprint: &str) -> Result<&Key, KeyError> {
        let key = self.key(Some((what, fingerprint)))?;
        let found = key.fingerprint();
        if found == fingerprint {
            return Ok(key);
        }
        Err(KeyError::Wrong {
            what: what.to_owned(),
            wanted: fingerprint.to_owned(),
            found,
            origin: self.source.origin(),
        })
    }

    fn key(&self, wanted: Option<(&str, &str)>) -> Result<&Key, KeyError> {
        if let Some(key) = self.key.get() {
            return Ok(key);
        }
        let key = self.load().map_err(|reason| unusable(reason, wanted))?;
        Ok(self.key.get_or_init(|| key))
    }

    fn load(&self) -> Result<Key, String> {
        let (text, origin) = match &self.source {
            KeySource::Text { text, origin } => (text.clone(), origin.clone()),
            KeySource::Nowhere(reason) => return Err(reason.clone()),
            KeySource::File(path) | KeySource::Made(path) => {
                let shown = path.display().to_string();
                let text = std::fs::read_to_string(path)
                    .map_err(|e| format!("the key file {shown} cannot be read ({e})"))?;
                (Zeroizing::new(text), shown)
            }
        };
        let bytes = decode(text.trim()).ok_or_else(|| {
            format!("{origin} holds something else than 32 bytes in Base64 or hexadecimal digits")
        })?;
        Key::new(bytes).map_err(|Unopened| format!("{origin} is refused"))
    }
}

impl Seal for Keyring {
    fn seal(&self, place: &[u8], plain: &[u8]) -> Result<Sealed, KeyError> {
        let key = self.key_or_make()?;
        (|| {
            let data = Key::random()?;
            Ok(Sealed {
                key: key.fingerprint(),
                wrapped: key.wrap(&data)?,
                payload: data.seal(place, plain)?,
            })
        })()
        .map_err(|Unopened| no_random())
    }

    fn open(&self, what: &str, place: &[u8], sealed: &Sealed) -> Result<Vec<u8>, KeyError> {
        let key = self.key_for(what, &sealed.key)?;
        key.unwrap(&sealed.wrapped)
            .and_then(|data| data.open(place, &sealed.payload))
            .map(|mut plain| std::mem::take(&mut *plain))
            .map_err(|Unopened| KeyError::Damaged { what: what.to_owned() })
    }
}

pub(crate) fn no_random() -> KeyError {
    unusable("the system has no random numbers".to_owned(), None)
}

fn unusable(reason: String, wanted: Option<(&str, &str)>) -> KeyError {
    KeyError::Unusable {
        reason,
        wanted: wanted.map(|(what, key)| (what.to_owned(), key.to_owned())),
    }
}

/// 64 hexadecimal digits, or Base64 of either alphabet, padded or not.
fn decode(text: &str) -> Option<Zeroizing<[u8; KEY_LEN]>> {
    let mut key = Zeroizing::new([0; KEY_LEN]);
    if text.len() == 2 * KEY_LEN {
        for (byte, pair) in key.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(pair).ok()?;
            // A sign would be taken for a digit.
            if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
                return None;
            }
            *byte = u8::from_str_radix(digits, 16).ok()?;
        }
        return Some(key);
    }
    let bare = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(Zeroizing::new(bare).as_bytes()).ok()?);
    if bytes.len() != KEY_LEN {
        return None;
    }
    key.copy_from_slice(&bytes);
    Some(key)
}

/// Makes a file with a new key, readable by its owner alone. False where another process was first. It is on the disk before
/// anything is encrypted with it, for without it nothing could be read again.
fn make(path: &Path) -> std::io::Result<bool> {
    let dir = path.parent().filter(|d| !d.as_os_str().is_empty());
    let dir = dir.unwrap_or(Path::new("."));
    make_dir(dir)?;
    let key = Key::random().map_err(|_| std::io::Error::other("no random numbers"))?;
    let mut text = Zeroizing::new(STANDARD.encode(key.bytes()));
    text.push('\n');
    let partial = dir.join(format!(".key-{}", uuid::Uuid::new_v4()));
    let written = write(&partial, text.as_bytes())
        // A link is refused where the name is taken, so of two processes one wins, and nobody sees half of a file.
        .and_then(|()| std::fs::hard_link(&partial, path));
    std::fs::remove_file(&partial).ok();
    match written {
        Ok(()) => {
            #[cfg(unix)]
            std::fs::File::open(dir)?.sync_all()?;
            Ok(true)
        }
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(e) => Err(e),
    }
}

fn make_dir(dir: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed test is a panic")]
mod tests {
    use super::*;

    fn text(text: &str) -> Keyring {
        Keyring::new(KeySource::Text {
            text: Zeroizing::new(text.to_owned()),
            origin: "CLOUDAPP_KEY".to_owned(),
        })
    }

    #[test]
    fn a_key_is_base64_or_hexadecimal() {
        let bytes: Vec<u8> = (0..32).map(|i| 255 - i).collect();
        let hex: String = bytes.iter().map(|b| format!("{b:02X}")).collect();
        let forms = [
            STANDARD.encode(&bytes),
            format!(" {}\n", STANDARD.encode(&bytes)),
            URL_SAFE_NO_PAD.encode(&bytes),
            hex.to_lowercase(),
            hex.clone(),
        ];
        let prints: Vec<String> = forms.iter().map(|f| text(f).fingerprint().unwrap()).collect();
        assert!(prints.iter().all(|p| *p == prints[0]), "{prints:?}");
        for wrong in ["", "password", &hex[2..], &format!("+{}", &hex[1..]), &STANDARD.encode([0; 31])] {
            let error = text(wrong).fingerprint().unwrap_err().to_string();
            assert!(error.contains("CLOUDAPP_KEY holds something else"), "{error}");
            assert!(wrong.is_empty() || !error.contains(wrong), "{error}");
        }
    }

    #[test]
    fn a_key_is_made_once_and_only_to_encrypt_with() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/key");
        let ring = || Keyring::new(KeySource::Made(path.clone()));
        assert!(ring().fingerprint().is_err() && !path.exists());
        let first = ring();
        first.ensure().unwrap();
        assert_eq!(first.made(), Some(path.as_path()));
        let second = ring();
        second.ensure().unwrap();
        assert_eq!((second.made(), second.fingerprint()), (None, first.fingerprint()));
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let missing = Keyring::new(KeySource::File(dir.path().join("none")));
        assert!(missing.ensure().unwrap_err().to_string().contains("cannot be read"));
    }

    #[test]
    fn many_processes_make_one_key() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let prints: Vec<String> = std::thread::scope(|s| {
            let make = || {
                let keys = Keyring::new(KeySource::Made(path.clone()));
                keys.ensure().unwrap();
                keys.fingerprint().unwrap()
            };
            let all: Vec<_> = (0..8).map(|_| s.spawn(make)).collect();
            all.into_iter().map(|t| t.join().unwrap()).collect()
        });
        assert!(prints.iter().all(|p| *p == prints[0]), "{prints:?}");
    }
}
