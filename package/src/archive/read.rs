//! An archive, checked as a whole.

use std::path::Path;

use cloudapp_lang::SourceMap;

use super::canonical::{self, Budget};
use super::chart::{self, Files};
use super::collect;
use super::fault::{Fault, FaultKind};
use super::inventory::{Inventory, digest, malformed};
use super::{INVENTORY, limits, names};
use crate::package::MANIFEST;
use crate::yaml;

/// The content of an archive in which nothing was found to be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    pub inventory: Inventory,
    /// SHA-256 of the archive, 64 hexadecimal digits: the same wherever the same package is packed.
    pub digest: String,
    /// SHA-256 of `MANIFEST.json`, which tells the content whatever compressed it.
    pub contents: String,
    /// The files of the package as it was packed, by path; charts are folders again.
    files: Files,
}

impl Archive {
    /// Checks an archive and reads it. Nothing is written anywhere.
    ///
    /// # Errors
    ///
    /// Where it is anything but what [`pack`](super::pack) makes.
    pub fn read(bytes: &[u8]) -> Result<Self, Fault> {
        if bytes.len() as u64 > limits::ARCHIVE {
            let detail = format!("It has {} bytes.", bytes.len());
            return Err(Fault::new(FaultKind::ArchiveTooLarge, detail));
        }
        let mut budget = Budget::default();
        let mut entries = canonical::read(bytes, &mut budget)?;
        if entries.first().is_none_or(|(path, _)| path != INVENTORY) {
            let detail = format!("Its first entry is not {INVENTORY}.");
            return Err(Fault::new(FaultKind::InventoryMissing, detail));
        }
        let (_, list) = entries.remove(0);
        let inventory = Inventory::parse(&list)?;
        inventory.check(&entries)?;
        let mut files: Files = entries.into_iter().collect();
        check_package(&files, &inventory.id)?;
        if !inventory
            .charts
            .is_sorted_by(|a, b| a.directory < b.directory)
        {
            return Err(malformed(
                "its charts are not in the order of their folders",
            ));
        }
        for chart in &inventory.charts {
            chart::unpack(chart, &mut files, &mut budget)?;
        }
        check_names(&files)?;
        Ok(Self {
            inventory,
            digest: digest(bytes),
            contents: digest(&list),
            files,
        })
    }

    /// The files of the package, by path, as they are unpacked.
    pub fn files(&self) -> impl ExactSizeIterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(p, b)| (p.as_str(), b.as_slice()))
    }

    /// Bytes of all files.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.files.values().map(|b| b.len() as u64).sum()
    }
}

/// The names once more, now that charts are folders.
fn check_names(files: &Files) -> Result<(), Fault> {
    let mut seen = names::Names::default();
    files.keys().try_for_each(|path| {
        names::check(path)?;
        seen.add(path)
    })
}

/// There is a package, and it has the id that the list says.
fn check_package(files: &Files, id: &str) -> Result<(), Fault> {
    let fault = |why: &str| Fault::new(FaultKind::PackageMissing, format!("{MANIFEST} {why}."));
    let bytes = files.get(MANIFEST).ok_or_else(|| fault("is missing"))?;
    let text = std::str::from_utf8(bytes).map_err(|_| fault("is not text"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let file = SourceMap::new().add(MANIFEST, text);
    let node = yaml::parse(text, file).map_err(|_| fault("cannot be read"))?;
    let said = node.get("id").and_then(|n| n.as_str()).unwrap_or_default();
    if said == id {
        Ok(())
    } else {
        Err(malformed("its id is not that of package.yaml"))
    }
}

/// Reads the file of an archive, unless it is too large for one.
///
/// # Errors
///
/// Where it cannot be read, or is larger than [`limits::ARCHIVE`].
pub fn read_file(path: &Path) -> Result<Vec<u8>, Fault> {
    collect::read(path, limits::ARCHIVE, FaultKind::ArchiveTooLarge)
}
