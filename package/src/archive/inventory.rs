//! `MANIFEST.json`: what an archive holds.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::chart::Chart;
use super::fault::{Fault, FaultKind};
use super::{FORMAT, INVENTORY, limits};

/// A file of the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// From the root of the archive, with `/` between names.
    pub path: String,
    /// In bytes.
    pub size: u64,
    /// SHA-256 of its content, 64 hexadecimal digits.
    pub sha256: String,
}

impl Entry {
    pub(super) fn of(path: &str, bytes: &[u8]) -> Self {
        Self {
            path: path.to_owned(),
            size: bytes.len() as u64,
            sha256: digest(bytes),
        }
    }
}

/// Everything that an archive holds, except for itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inventory {
    pub format: u64,
    /// The package's id as `package.yaml` has it; empty where it has none.
    pub id: String,
    /// In the order of their paths.
    pub files: Vec<Entry>,
    /// In the order of their folders.
    pub charts: Vec<Chart>,
}

/// Only the version: a newer format may look quite different otherwise.
#[derive(Deserialize)]
struct Version {
    format: u64,
}

impl Inventory {
    /// As it stands in the archive.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, Fault> {
        let mut out = serde_json::to_vec_pretty(self).map_err(|e| malformed(&e.to_string()))?;
        out.push(b'\n');
        Ok(out)
    }

    /// Reads it; it must be written as [`Inventory::to_bytes`] does.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        if bytes.len() > limits::INVENTORY {
            return Err(malformed("it is too long"));
        }
        let version: Version =
            serde_json::from_slice(bytes).map_err(|e| malformed(&e.to_string()))?;
        if version.format > FORMAT {
            let detail = format!("It is of format {}.", version.format);
            return Err(Fault::new(FaultKind::FormatTooNew, detail));
        }
        let inventory: Self =
            serde_json::from_slice(bytes).map_err(|e| malformed(&e.to_string()))?;
        if inventory.format != FORMAT || inventory.to_bytes()? != bytes {
            return Err(malformed("it is not written as pack writes it"));
        }
        Ok(inventory)
    }

    /// Compares the list with what is there (in order).
    pub(super) fn check(&self, files: &[(String, Vec<u8>)]) -> Result<(), Fault> {
        if !files.is_sorted_by(|(a, _), (b, _)| a < b) {
            let detail = "The files are not in the order of their names.";
            return Err(Fault::new(FaultKind::Order, detail));
        }
        if !self.files.is_sorted_by(|a, b| a.path < b.path) {
            return Err(malformed("its files are not in the order of their names"));
        }
        let mut listed = self.files.iter().peekable();
        for (path, bytes) in files {
            match listed.next_if(|e| e.path <= *path) {
                Some(entry) if entry.path == *path => check_file(entry, bytes)?,
                Some(entry) => return Err(absent(entry)),
                None => {
                    let detail = format!("{path} is not in {INVENTORY}.");
                    return Err(Fault::new(FaultKind::Unlisted, detail));
                }
            }
        }
        listed.next().map_or(Ok(()), |entry| Err(absent(entry)))
    }
}

fn check_file(entry: &Entry, bytes: &[u8]) -> Result<(), Fault> {
    let path = &entry.path;
    if entry.size != bytes.len() as u64 {
        let detail = format!(
            "{path} has {} bytes, where {INVENTORY} says {}.",
            bytes.len(),
            entry.size
        );
        return Err(Fault::new(FaultKind::Size, detail));
    }
    if entry.sha256 != digest(bytes) {
        let detail = format!("{path} is not the file that {INVENTORY} has the digest of.");
        return Err(Fault::new(FaultKind::Checksum, detail));
    }
    Ok(())
}

fn absent(entry: &Entry) -> Fault {
    let path = super::names::printable(&entry.path);
    let detail = format!("{path} is in {INVENTORY}, but not in the archive.");
    Fault::new(FaultKind::Absent, detail)
}

pub(super) fn malformed(why: &str) -> Fault {
    let detail = format!("{INVENTORY}: {why}.");
    Fault::new(FaultKind::InventoryMalformed, detail)
}

/// SHA-256 in hexadecimal digits.
pub(super) fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes)
        .iter()
        .fold(String::with_capacity(64), |mut out, b| {
            let _ = write!(out, "{b:02x}");
            out
        })
}
