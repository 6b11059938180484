//! Where the key is from: `-key-file`, else `CLOUDAPP_KEY` (the key itself), else `CLOUDAPP_KEY_FILE`, else a file beside the
//! state, which is made when something is first encrypted.

use std::path::{Path, PathBuf};

use cloudapp_lang::Diagnostic;
use cloudapp_state::{KeySource, Keyring};

use crate::args::Global;
use crate::files;

/// The key itself, as text.
pub(crate) const KEY: &str = "CLOUDAPP_KEY";

/// The name of a file that holds it.
const KEY_FILE: &str = "CLOUDAPP_KEY_FILE";

/// The keys for a state. They are not read yet.
pub(crate) fn keyring(global: &Global, database: &Path) -> Keyring {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty());
    let source = if let Some(path) = &global.key_file {
        KeySource::File(path.clone())
    } else if let Some(text) = set(KEY) {
        match text.into_string() {
            Ok(text) => KeySource::Text {
                text: text.into(),
                origin: KEY.to_owned(),
            },
            Err(_) => KeySource::Nowhere(format!("{KEY} is no text")),
        }
    } else if let Some(path) = set(KEY_FILE) {
        KeySource::File(path.into())
    } else {
        KeySource::Made(beside(database))
    };
    Keyring::new(source)
}

/// A warning where everybody on the machine may read the key, or put another in its place.
#[cfg(unix)]
pub(crate) fn exposed(keys: &Keyring) -> Option<Diagnostic> {
    use std::os::unix::fs::PermissionsExt as _;
    const OTHERS: u32 = 0o007;
    let (KeySource::File(path) | KeySource::Made(path)) = keys.source() else {
        return None;
    };
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    (mode & OTHERS != 0).then(|| {
        let shown = path.display();
        let detail = format!(
            "Every user of this machine may use the key file {shown} (its mode is {:04o}).",
            mode & 0o777
        );
        Diagnostic::warning("key-exposed", "Key file is open to others", detail)
            .hint(format!("Run: chmod 600 {shown}"))
    })
}

#[cfg(not(unix))]
pub(crate) fn exposed(_keys: &Keyring) -> Option<Diagnostic> {
    None
}

/// The file that the key is in where none is given.
pub(crate) fn beside(database: &Path) -> PathBuf {
    files::beside(database, ".key")
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "a failed test is a panic")]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_that_everybody_may_use_is_warned_of() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let keys = Keyring::new(KeySource::File(path.clone()));
        assert!(exposed(&keys).is_none(), "there is none");
        std::fs::write(&path, "").unwrap();
        for (mode, is_exposed) in [(0o600, false), (0o640, false), (0o644, true), (0o602, true)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let found = exposed(&keys);
            assert_eq!(found.is_some(), is_exposed, "{mode:o}");
            assert!(found.is_none_or(|d| d.hint.contains("chmod 600")));
        }
    }
}
