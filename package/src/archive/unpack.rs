//! An archive into a folder: all of it, or nothing.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::fault::{Fault, FaultKind};
use super::read::Archive;

impl Archive {
    /// Writes the package into a folder that does not exist, or is empty. The files are first written into a temporary
    /// folder beside it, which takes its place once all are there.
    ///
    /// # Errors
    ///
    /// Where the folder holds something, or cannot be written. Then nothing of the package is left.
    pub fn unpack(&self, target: &Path) -> Result<(), Fault> {
        let exists = check_target(target)?;
        let failed = |e: io::Error| Fault::io(FaultKind::Unwritable, target, &e);
        let parent = match target.parent() {
            Some(p) if !p.as_os_str().is_empty() => p,
            _ => Path::new("."),
        };
        let temporary = tempfile::Builder::new()
            .prefix(".cloudapp-unpack-")
            .tempdir_in(parent)
            .map_err(failed)?;
        // The temporary folder is for its owner alone; the one in it has the rights of any other.
        let root = temporary.path().join("package");
        fs::create_dir(&root).map_err(failed)?;
        for (path, bytes) in self.files() {
            write(&root.join(path), bytes).map_err(failed)?;
        }
        if exists {
            // Not every system renames onto an empty folder.
            fs::remove_dir(target).map_err(failed)?;
        }
        fs::rename(&root, target).map_err(failed)
    }
}

/// Whether the target is there; it must then be an empty folder.
fn check_target(target: &Path) -> Result<bool, Fault> {
    let taken = |why: &str| {
        let detail = format!("{} {why}.", target.display());
        Fault::new(FaultKind::TargetExists, detail)
    };
    let found = match fs::symlink_metadata(target) {
        Ok(found) => found,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(Fault::io(FaultKind::Unwritable, target, &e)),
    };
    if !found.is_dir() {
        return Err(taken("is not a folder"));
    }
    let mut entries =
        fs::read_dir(target).map_err(|e| Fault::io(FaultKind::Unwritable, target, &e))?;
    if entries.next().is_some() {
        return Err(taken("holds something already"));
    }
    Ok(true)
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::File::create_new(path)?.write_all(bytes)
}
