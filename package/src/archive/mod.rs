//! The archive of a package: one file that is the same, byte for byte, wherever it is packed, and that can be checked
//! as a whole before anything of it is written.
//!
//! [`pack`] collects the files of a package (`collect`), puts each Helm chart into a `.tgz` of its own (`chart`), lists
//! everything with its digest in `MANIFEST.json` ([`Inventory`]) and writes a canonical tar in a canonical gzip
//! (`canonical`). [`Archive::read`] is the opposite, and trusts nothing: it accepts exactly what [`pack`] writes, counts
//! while it decompresses, and keeps everything in memory until the last check is done. [`Archive::unpack`] writes into a
//! temporary folder beside the target and renames that at the end. Every reason for a refusal is a [`FaultKind`].
//!
//! `docs/archive.md` describes the format.

mod canonical;
mod chart;
mod collect;
mod fault;
mod inventory;
mod names;
mod pack;
mod read;
mod unpack;

pub use chart::{Chart, is_chart_url};
pub use collect::LeftOut;
pub use fault::{Fault, FaultKind};
pub use inventory::{Entry, Inventory};
pub use pack::{PackOptions, Packed, pack};
pub use read::{Archive, read_file};

/// What every file name of an archive of a package ends with.
pub const EXTENSION: &str = ".cloudapp.tar.gz";

/// The list of an archive's files, its first entry.
pub const INVENTORY: &str = "MANIFEST.json";

/// The only format so far.
pub const FORMAT: u64 = 1;

/// What an archive may hold at most. Packages are text and a picture or two; software comes in images.
pub mod limits {
    /// Bytes of the archive itself.
    pub const ARCHIVE: u64 = 32 << 20;
    /// Bytes of one file.
    pub const FILE: u64 = 16 << 20;
    /// Bytes of everything that is decompressed, the files of charts included.
    pub const TOTAL: u64 = 64 << 20;
    /// Number of files, those of charts included.
    pub const FILES: usize = 4096;
    /// How many bytes one compressed byte may become, once [`RATIO_FROM`] bytes have been seen.
    pub const RATIO: u64 = 200;
    /// Below this many decompressed bytes no ratio does harm.
    pub const RATIO_FROM: u64 = 1 << 20;
    /// Bytes of a path.
    pub const PATH: usize = 160;
    /// Bytes of a name in a path. With [`PATH`], every path fits into a tar header without an extension.
    pub const NAME: usize = 80;
    /// Names in a path.
    pub const DEPTH: usize = 16;
    /// Bytes of `MANIFEST.json`.
    pub const INVENTORY: usize = 2 << 20;
}
