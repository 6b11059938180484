//! Which files of a directory belong to the package.

use std::io::Read;
use std::path::Path;

use walkdir::{DirEntry, WalkDir};

use super::chart::Files;
use super::fault::{Fault, FaultKind};
use super::{EXTENSION, INVENTORY, limits, names};

/// What stays at home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// From the package's directory; a folder's ends with `/`.
    pub path: String,
    /// Why, in a few words.
    pub reason: &'static str,
}

/// Reads the files of a package.
pub(super) fn collect(root: &Path) -> Result<(Files, Vec<LeftOut>), Fault> {
    let (mut files, mut left_out, mut total) = (Files::new(), Vec::new(), 0);
    let mut seen = names::Names::default();
    let mut walk = WalkDir::new(root)
        .min_depth(1)
        .sort_by_file_name()
        .into_iter();
    while let Some(entry) = walk.next() {
        let entry = entry.map_err(|e| Fault::new(FaultKind::Unreadable, format!("{e}.")))?;
        let path = relative(root, &entry)?;
        let folder = entry.file_type().is_dir();
        if let Some(reason) = left_out_because(&path, folder) {
            if folder {
                walk.skip_current_dir();
            }
            let end = if folder { "/" } else { "" };
            let path = names::printable(&path) + end;
            left_out.push(LeftOut { path, reason });
            continue;
        }
        if folder {
            continue;
        }
        check_kind(&entry, &path)?;
        names::check(&path)?;
        seen.add(&path)?;
        if path == INVENTORY {
            let detail = format!("{INVENTORY}: the archive's own list is called so.");
            return Err(Fault::new(FaultKind::ReservedName, detail));
        }
        let bytes = read(entry.path(), limits::FILE, FaultKind::FileTooLarge)?;
        total += bytes.len() as u64;
        if total > limits::TOTAL {
            let detail = format!("With {path} the files have {total} bytes.");
            return Err(Fault::new(FaultKind::TooLarge, detail));
        }
        files.insert(path, bytes);
        if files.len() > limits::FILES {
            let detail = "There are too many files.";
            return Err(Fault::new(FaultKind::TooManyFiles, detail));
        }
    }
    Ok((files, left_out))
}

/// The path from the package's directory, with `/` between names.
fn relative(root: &Path, entry: &DirEntry) -> Result<String, Fault> {
    let path = entry.path().strip_prefix(root).unwrap_or(entry.path());
    let names: Option<Vec<&str>> = path.iter().map(|n| n.to_str()).collect();
    names.map(|n| n.join("/")).ok_or_else(|| {
        let detail = format!("{}: the name is not UTF-8.", path.display());
        Fault::new(FaultKind::Name, detail)
    })
}

fn check_kind(entry: &DirEntry, path: &str) -> Result<(), Fault> {
    let kind = entry.file_type();
    if kind.is_symlink() {
        let detail = format!("{path} is a link.");
        Err(Fault::new(FaultKind::Link, detail))
    } else if kind.is_file() {
        Ok(())
    } else {
        let detail = format!("{path} is neither a file nor a folder.");
        Err(Fault::new(FaultKind::SpecialFile, detail))
    }
}

/// Reads a file, unless it has more bytes than `limit`, whatever the file system says of its size.
pub(super) fn read(path: &Path, limit: u64, kind: FaultKind) -> Result<Vec<u8>, Fault> {
    let io = |e: std::io::Error| Fault::io(FaultKind::Unreadable, path, &e);
    let file = std::fs::File::open(path).map_err(io)?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > limit {
        let detail = format!("{} has more than {limit} bytes.", path.display());
        return Err(Fault::new(kind, detail));
    }
    Ok(bytes)
}

/// Why something is no part of a package; none where it is.
fn left_out_because(path: &str, folder: bool) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let lower = name.to_ascii_lowercase();
    let ends = |ends: &[&str]| ends.iter().any(|e| lower.ends_with(e));
    if name.starts_with('.') {
        return Some("begins with a dot");
    }
    if folder {
        return ["node_modules", "__pycache__"]
            .contains(&name)
            .then_some("a tool's folder");
    }
    if lower.starts_with("cloudapp.db") || ends(&[".tfstate", ".tfstate.backup", ".tfplan"]) {
        Some("state of a deployment")
    } else if ends(&[".tfvars", ".tfvars.json"]) {
        Some("values of a deployment")
    } else if ends(&[".pem", ".key", ".p12", ".pfx", ".jks"]) || lower.starts_with("id_rsa") {
        Some("a key")
    } else if ends(&[EXTENSION]) {
        Some("an archive of a package")
    } else if ends(&[
        "~", ".bak", ".orig", ".rej", ".swp", ".swo", ".tmp", ".partial",
    ]) || (name.starts_with('#') && name.ends_with('#'))
        || ["thumbs.db", "desktop.ini"].contains(&lower.as_str())
    {
        Some("an editor's or a system's file")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_at_home() {
        for path in [
            ".git",
            "a/.DS_Store",
            "cloudapp.db",
            "cloudapp.db-wal",
            "cloudapp.db.key",
            "cloudapp.db.mock-cloud",
            "infrastructure/terraform.tfstate",
            "terraform.tfvars",
            "example.tfvars.json",
            "tls/server.key",
            "pkg-00000000.cloudapp.tar.gz",
            "infrastructure/main.tf~",
            "infrastructure/#main.tf#",
        ] {
            assert!(left_out_because(path, false).is_some(), "{path}");
        }
        for path in [
            "package.yaml",
            "infrastructure/main.tf",
            "keys.tf",
            "a.tmpl",
        ] {
            assert_eq!(left_out_because(path, false), None, "{path}");
        }
        assert!(left_out_because("software/frontend/node_modules", true).is_some());
        assert_eq!(left_out_because("software", true), None);
    }
}
