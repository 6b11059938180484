//! Writing files, so that nobody reads half of one.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use crate::failure::{Failure, io};

/// Who may read a file that is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    Owner,
    /// All that the user lets read new files.
    All,
}

/// Writes a file beside its final name and then renames it. `what` begins the message where that fails.
pub(crate) fn write(
    what: &str,
    path: &Path,
    bytes: &[u8],
    readers: Readers,
) -> Result<(), Failure> {
    // The number keeps apart what processes write at the same time.
    let partial = beside(path, &format!(".partial-{}", std::process::id()));
    put(&partial, path, bytes, readers).map_err(|e| {
        // What is not there need not be removed.
        let _ = std::fs::remove_file(&partial);
        io(&format!("{what} cannot be written to"), path, &e).into()
    })
}

fn put(partial: &Path, path: &Path, bytes: &[u8], readers: Readers) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    // Never what is there already: it may lead elsewhere, or be readable by others.
    options.write(true).create_new(true);
    #[cfg(unix)]
    if readers == Readers::Owner {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let mut file = match options.open(partial) {
        // A process of the same number died while it wrote.
        Err(e) if e.kind() == ErrorKind::AlreadyExists => {
            std::fs::remove_file(partial)?;
            options.open(partial)?
        }
        opened => opened?,
    };
    file.write_all(bytes)?;
    std::fs::rename(partial, path)
}

/// A path with more at the end of its name. What is there of the name is kept whole.
pub(crate) fn beside(path: &Path, more: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(more);
    name.into()
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "a failed test is a panic")]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn only_its_owner_reads_it_and_no_link_is_followed() {
        let dir = tempfile::tempdir().unwrap();
        let (path, elsewhere) = (dir.path().join("x.plan"), dir.path().join("elsewhere"));
        std::fs::write(&path, "old").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
        std::fs::write(&elsewhere, "kept").unwrap();
        let partial = format!(".partial-{}", std::process::id());
        symlink(&elsewhere, beside(&path, &partial)).unwrap();
        write("It", &path, b"new", Readers::Owner).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::read(&elsewhere).unwrap(), b"kept");
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("taken");
        std::fs::create_dir(&path).unwrap();
        assert!(write("It", &path, b"new", Readers::All).is_err());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
