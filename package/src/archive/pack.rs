//! A package into an archive.

use super::chart;
use super::collect::{LeftOut, collect};
use super::fault::{Fault, FaultKind};
use super::inventory::{Entry, Inventory};
use super::read::Archive;
use super::{FORMAT, INVENTORY, canonical};
use crate::package::{INFRASTRUCTURE, Package};

/// What may be chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackOptions {
    /// Below which address the charts will be published; none where the archive carries them.
    pub chart_url: Option<String>,
}

/// An archive that was made.
#[derive(Clone, Debug)]
pub struct Packed {
    pub bytes: Vec<u8>,
    /// What is in it, as reading it says.
    pub archive: Archive,
    pub left_out: Vec<LeftOut>,
}

/// Packs a package. That it loads is for the caller to see to: here only what an archive can hold is checked.
///
/// # Errors
///
/// Names the first file that cannot be part of an archive.
pub fn pack(package: &Package, options: &PackOptions) -> Result<Packed, Fault> {
    let (mut files, left_out) = collect(&package.dir)?;
    if !files.keys().any(|p| is_stack(p)) {
        let detail = format!("There is no .tf file in {INFRASTRUCTURE}/.");
        return Err(Fault::new(FaultKind::EmptyStack, detail));
    }
    let charts = chart::pack_all(&mut files, options.chart_url.as_deref())?;
    let inventory = Inventory {
        format: FORMAT,
        id: package.id().to_owned(),
        files: files.iter().map(|(p, b)| Entry::of(p, b)).collect(),
        charts,
    };
    let list = inventory.to_bytes()?;
    let listed = files.iter().map(|(p, b)| (p.as_str(), b.as_slice()));
    let bytes = canonical::write(std::iter::once((INVENTORY, list.as_slice())).chain(listed))?;
    // Nobody shall be given what cannot be unpacked.
    let archive = Archive::read(&bytes)?;
    Ok(Packed {
        bytes,
        archive,
        left_out,
    })
}

fn is_stack(path: &str) -> bool {
    path.strip_prefix(INFRASTRUCTURE)
        .is_some_and(|rest| rest.starts_with('/'))
        && (path.ends_with(".tf") || path.ends_with(".tf.json"))
}
