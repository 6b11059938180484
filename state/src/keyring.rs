//! Where the key comes from: the environment, a file, or a file of the user's that is made when it is first needed.

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use cloudapp_engine::seal::{DataKey, KeyError, Keys, WrappedKey};
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
    /// What messages call it.
    #[must_use]
    pub fn origin(&self) -> String {
        match self {
            KeySource::Text { origin, .. } => origin.clone(),
            KeySource::File(path) | KeySource::Made(path) => path.display().to_string(),
            KeySource::Nowhere(_) => "nowhere".to_owned(),
        }
    }
}

/// The keys of whoever runs the program. They are read when they are first needed, and made only to encrypt with.
///
/// There may be several, one a line or separated by commas: the first encrypts, all of them open. So a key can be replaced
/// while there is still something that the old one has encrypted.
#[derive(Debug)]
pub struct Keyring {
    source: KeySource,
    keys: OnceLock<Vec<Key>>,
}

impl Keyring {
    #[must_use]
    pub fn new(source: KeySource) -> Self {
        Self {
            source,
            keys: OnceLock::new(),
        }
    }

    /// A key that nobody else knows and that is gone with this value: for what lives no longer.
    ///
    /// # Errors
    /// Where the system has no random numbers.
    pub fn temporary() -> Result<Self, KeyError> {
        let keys = Self::new(KeySource::Nowhere("the key is in memory".to_owned()));
        let key = Key::random().map_err(|_| no_random())?;
        keys.keys.set(vec![key]).ok();
        Ok(keys)
    }

    /// A keyring that encrypts with the key of a file, which is made where it is not there, and opens with these keys too.
    ///
    /// # Errors
    /// [`KeyError::Unusable`] where the file cannot be read or made, or these keys cannot.
    pub fn succeeded_by(&self, path: &Path) -> Result<Self, KeyError> {
        let next = Self::new(KeySource::Made(path.to_owned()));
        let mut keys = vec![next.first_or_make()?.again()?];
        for old in self.all(None)? {
            keys.push(old.again()?);
        }
        let both = Self::new(KeySource::Made(path.to_owned()));
        both.keys.set(keys).ok();
        Ok(both)
    }

    /// Puts a new key before the keys of this file. Returns what opens with all of them.
    ///
    /// # Errors
    /// [`KeyError::Unusable`] where the file cannot be read or written.
    pub fn prepend(&self, path: &Path) -> Result<Self, KeyError> {
        let new = Key::random().map_err(|_| no_random())?;
        let mut keys = vec![new];
        if self.keys.get().is_some() || path.exists() {
            for old in self.all(None)? {
                keys.push(old.again()?);
            }
        }
        replace(path, &keys)?;
        let both = Self::new(KeySource::Made(path.to_owned()));
        both.keys.set(keys).ok();
        Ok(both)
    }

    /// Leaves only the first key in its file.
    ///
    /// # Errors
    /// [`KeyError::Unusable`] where the file cannot be written.
    pub fn forget_others(&self, path: &Path) -> Result<(), KeyError> {
        replace(path, &self.all(None)?[..1])
    }

    /// How many keys there are, the one that encrypts included.
    ///
    /// # Errors
    /// [`KeyError::Unusable`] where there is none.
    pub fn count(&self) -> Result<usize, KeyError> {
        self.all(None).map(<[Key]>::len)
    }

    /// The name of the key that encrypts. It tells nothing about the key.
    ///
    /// # Errors
    /// [`KeyError::Unusable`] where there is no key.
    pub fn fingerprint(&self) -> Result<String, KeyError> {
        Ok(self.first(None)?.fingerprint())
    }

    /// Where the key is from.
    #[must_use]
    pub fn source(&self) -> &KeySource {
        &self.source
    }

    fn first(&self, wanted: Option<(&str, &str)>) -> Result<&Key, KeyError> {
        let none = || unusable("there is no key".to_owned(), wanted);
        self.all(wanted)?.first().ok_or_else(none)
    }

    /// The key to encrypt with.
    fn first_or_make(&self) -> Result<&Key, KeyError> {
        if let (None, KeySource::Made(path)) = (self.keys.get(), &self.source)
            && !path.exists()
        {
            make(path).map_err(|e| {
                let reason = format!("the key file {} cannot be made ({e})", path.display());
                unusable(reason, None)
            })?;
        }
        self.first(None)
    }

    /// The key to open something with: `what`, which wants the key of that fingerprint.
    fn key_for(&self, what: &str, fingerprint: &str) -> Result<&Key, KeyError> {
        let keys = self.all(Some((what, fingerprint)))?;
        if let Some(key) = keys.iter().find(|k| k.fingerprint() == fingerprint) {
            return Ok(key);
        }
        let found: Vec<String> = keys.iter().map(Key::fingerprint).collect();
        Err(KeyError::Wrong {
            what: what.to_owned(),
            wanted: fingerprint.to_owned(),
            found: found.join(", "),
            origin: self.source.origin(),
        })
    }

    fn all(&self, wanted: Option<(&str, &str)>) -> Result<&[Key], KeyError> {
        if let Some(keys) = self.keys.get() {
            return Ok(keys);
        }
        let keys = self.load().map_err(|reason| unusable(reason, wanted))?;
        Ok(self.keys.get_or_init(|| keys))
    }

    fn load(&self) -> Result<Vec<Key>, String> {
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
        let lines: Vec<&str> = text
            .split(['\n', ','])
            .map(str::trim)
            .filter(|l| !l.is_empty())
            .collect();
        let other = || {
            format!("{origin} holds something else than 32 bytes in Base64 or hexadecimal digits")
        };
        if lines.is_empty() {
            return Err(other());
        }
        lines
            .into_iter()
            .map(|line| {
                let bytes = decode(line).ok_or_else(other)?;
                Key::new(bytes).map_err(|Unopened| format!("{origin} is refused"))
            })
            .collect()
    }
}

impl Keys for Keyring {
    fn check(&self) -> Result<(), KeyError> {
        match &self.source {
            KeySource::Made(path) if self.keys.get().is_none() && !path.exists() => Ok(()),
            _ => self.first(None).map(drop),
        }
    }

    fn new_data_key(&self) -> Result<(WrappedKey, Arc<dyn DataKey>), KeyError> {
        let key = self.first_or_make()?;
        let made = Key::random().and_then(|data| Ok((wrapped(key, &data)?, data)));
        let (wrapped, data) = made.map_err(|Unopened| no_random())?;
        Ok((wrapped, Arc::new(data)))
    }

    fn data_key(&self, what: &str, wrapped: &WrappedKey) -> Result<Arc<dyn DataKey>, KeyError> {
        let key = self.key_for(what, &wrapped.fingerprint)?;
        Ok(Arc::new(unwrapped(key, what, wrapped)?))
    }

    fn rewrap(&self, what: &str, old: &WrappedKey) -> Result<Option<WrappedKey>, KeyError> {
        let key = self.key_for(what, &old.fingerprint)?;
        let first = self.first_or_make()?;
        if first.fingerprint() == old.fingerprint {
            return Ok(None);
        }
        let data = unwrapped(key, what, old)?;
        let new = wrapped(first, &data).map_err(|Unopened| no_random())?;
        Ok(Some(new))
    }
}

fn wrapped(key: &Key, data: &Key) -> Result<WrappedKey, Unopened> {
    Ok(WrappedKey {
        fingerprint: key.fingerprint(),
        wrapped: key.wrap(data)?,
    })
}

fn unwrapped(key: &Key, what: &str, wrapped: &WrappedKey) -> Result<Key, KeyError> {
    key.unwrap(&wrapped.wrapped)
        .map_err(|Unopened| KeyError::Damaged {
            what: what.to_owned(),
        })
}

impl DataKey for Key {
    fn seal(&self, place: &[u8], plain: &[u8]) -> Result<Vec<u8>, KeyError> {
        Key::seal(self, place, plain).map_err(|Unopened| no_random())
    }

    fn open(&self, place: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let mut plain = Key::open(self, place, sealed).ok()?;
        Some(std::mem::take(&mut *plain))
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
    let bare = text
        .trim_end_matches('=')
        .replace('+', "-")
        .replace('/', "_");
    let bytes = Zeroizing::new(
        URL_SAFE_NO_PAD
            .decode(Zeroizing::new(bare).as_bytes())
            .ok()?,
    );
    if bytes.len() != KEY_LEN {
        return None;
    }
    key.copy_from_slice(&bytes);
    Some(key)
}

/// Makes a file with a new key, readable by its owner alone. It is on the disk before anything is encrypted with it, for
/// without it nothing could be read again.
fn make(path: &Path) -> std::io::Result<()> {
    let key = Key::random().map_err(|_| std::io::Error::other("no random numbers"))?;
    let until = Instant::now() + OTHERS_MAKE_ONE;
    loop {
        let made = put(path, std::slice::from_ref(&key), |partial, path| {
            // A link is refused where the name is taken, so nobody's key is lost, and nobody sees half of a file.
            match std::fs::hard_link(partial, path) {
                Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(()),
                done => done,
            }
        });
        match made {
            // Another process is making one. Where it was killed, its file is only in the way.
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {
                if path.exists() {
                    return Ok(());
                }
                if Instant::now() > until {
                    remove(&partial(path))?;
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            made => return made,
        }
    }
}

/// How long making a key may take. Only a process that is killed meanwhile makes another one wait for so long.
const OTHERS_MAKE_ONE: Duration = Duration::from_secs(3);

/// Puts a file with these keys in the place of another. Only who holds the lock of the state does that, so what an earlier one
/// that was killed has left behind, with keys in it, is removed.
fn replace(path: &Path, keys: &[Key]) -> Result<(), KeyError> {
    let replaced = remove(&partial(path))
        .and_then(|()| put(path, keys, |partial, path| std::fs::rename(partial, path)));
    replaced.map_err(|e| {
        let reason = format!("the key file {} cannot be written ({e})", path.display());
        unusable(reason, None)
    })
}

fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

/// Where a key file is written before it gets its name. Always the same, so that nothing is left for good by a process that is
/// killed.
fn partial(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

fn put(
    path: &Path,
    keys: &[Key],
    settle: impl FnOnce(&Path, &Path) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let dir = path.parent().filter(|d| !d.as_os_str().is_empty());
    let dir = dir.unwrap_or(Path::new("."));
    make_dir(dir)?;
    let mut text = Zeroizing::new(String::with_capacity(64 * keys.len()));
    for key in keys {
        let line = Zeroizing::new(STANDARD.encode(key.bytes()));
        text.push_str(&line);
        text.push('\n');
    }
    let partial = partial(path);
    let mut file = create(&partial)?;
    let written = (file.write_all(text.as_bytes()))
        .and_then(|()| file.sync_all())
        .and_then(|()| settle(&partial, path));
    std::fs::remove_file(&partial).ok();
    written?;
    #[cfg(unix)]
    std::fs::File::open(dir)?.sync_all()?;
    Ok(())
}

fn make_dir(dir: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

fn create(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
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
        let prints: Vec<String> = forms
            .iter()
            .map(|f| text(f).fingerprint().unwrap())
            .collect();
        assert!(prints.iter().all(|p| *p == prints[0]), "{prints:?}");
        for wrong in [
            "",
            "password",
            &hex[2..],
            &format!("+{}", &hex[1..]),
            &STANDARD.encode([0; 31]),
        ] {
            let error = text(wrong).fingerprint().unwrap_err().to_string();
            assert!(
                error.contains("CLOUDAPP_KEY holds something else"),
                "{error}"
            );
            assert!(wrong.is_empty() || !error.contains(wrong), "{error}");
        }
    }

    #[test]
    fn a_key_is_made_once_and_only_to_encrypt_with() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/key");
        let ring = || Keyring::new(KeySource::Made(path.clone()));
        ring().check().unwrap();
        assert!(ring().fingerprint().is_err() && !path.exists());
        let (first, second) = (ring(), ring());
        let (wrapped, data) = first.new_data_key().unwrap();
        let sealed = data.seal(b"here", b"secret").unwrap();
        let again = second.data_key("it", &wrapped).unwrap();
        assert_eq!(again.open(b"here", &sealed).unwrap(), b"secret");
        assert_eq!(second.fingerprint(), first.fingerprint());
        assert_eq!(
            std::fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(
                std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
        let missing = Keyring::new(KeySource::File(dir.path().join("none")));
        assert!(
            missing
                .check()
                .unwrap_err()
                .to_string()
                .contains("cannot be read")
        );
    }

    #[test]
    fn an_old_key_opens_until_it_is_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let old = Keyring::new(KeySource::Made(path.clone()));
        let (wrapped, _) = old.new_data_key().unwrap();
        let both = old.prepend(&path).unwrap();
        assert_eq!(both.count(), Ok(2));
        let again = Keyring::new(KeySource::File(path.clone()));
        let rewrapped = again.rewrap("it", &wrapped).unwrap().unwrap();
        assert_eq!(again.rewrap("it", &rewrapped), Ok(None));
        both.forget_others(&path).unwrap();
        let new = Keyring::new(KeySource::File(path));
        new.data_key("it", &rewrapped).unwrap();
        let error = new.data_key("the state", &wrapped).unwrap_err().to_string();
        let old = old.fingerprint().unwrap();
        assert!(
            error.contains(&old) && error.contains(&new.fingerprint().unwrap()),
            "{error}"
        );
    }

    #[test]
    fn what_a_killed_process_left_behind_goes_away() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        std::fs::write(partial(&path), "half of a").unwrap();
        let keys = Keyring::new(KeySource::Made(path.clone()));
        keys.new_data_key().unwrap();
        assert!(!partial(&path).exists());
        std::fs::write(partial(&path), "an old key").unwrap();
        let both = keys.prepend(&path).unwrap();
        both.forget_others(&path).unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn many_processes_make_one_key() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let prints: Vec<String> = std::thread::scope(|s| {
            let make = || {
                let keys = Keyring::new(KeySource::Made(path.clone()));
                keys.new_data_key().unwrap();
                keys.fingerprint().unwrap()
            };
            let all: Vec<_> = (0..8).map(|_| s.spawn(make)).collect();
            all.into_iter().map(|t| t.join().unwrap()).collect()
        });
        assert!(prints.iter().all(|p| *p == prints[0]), "{prints:?}");
    }
}
