//! Why a package cannot be packed, or an archive is refused.

use std::fmt;

use cloudapp_lang::Diagnostic;

use super::{FORMAT, INVENTORY, limits};

/// The reasons. Each has a code that stays as it is, for scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The archive is larger than [`limits::ARCHIVE`].
    ArchiveTooLarge,
    NotGzip,
    /// A gzip header that packing does not write: with a name, a comment, extra fields, a time.
    GzipHeader,
    Truncated,
    /// The compressed data is no deflate stream, or its checksum is another.
    Damaged,
    /// A second gzip member follows the first.
    SeveralMembers,
    TrailingBytes,
    /// More than [`limits::RATIO`].
    Ratio,
    /// More than [`limits::TOTAL`].
    TooLarge,
    /// More than [`limits::FILE`].
    FileTooLarge,
    /// More than [`limits::FILES`].
    TooManyFiles,
    /// A tar header that packing does not write.
    TarHeader,
    /// Links, folders, devices, and the extensions that give an entry another name or size.
    EntryKind,
    EntryMode,
    /// Not UTF-8, not in Unicode's composed form, or empty names in it.
    Name,
    /// It leads out of the folder: absolute, with `..`, or with a drive.
    PathOutside,
    /// It begins with a dot: a tool's file, or a package in the package.
    HiddenFile,
    /// More than [`limits::PATH`], [`limits::NAME`] or [`limits::DEPTH`].
    PathTooLong,
    /// A name that means a device on Windows, or that Windows changes.
    ReservedName,
    /// Characters that no file name should have: control characters, invisible ones, backslashes.
    NameCharacter,
    DuplicateName,
    /// Two names that some file systems take for one.
    AmbiguousName,
    /// A name that is both a file and a folder.
    NameConflict,
    /// The files are not in the order of their names.
    Order,
    InventoryMissing,
    InventoryMalformed,
    FormatTooNew,
    /// The archive has a file that its list lacks.
    Unlisted,
    /// The list has a file that the archive lacks.
    Absent,
    /// A file is not as long as the list says.
    Size,
    Checksum,
    PackageMissing,
    /// A chart that cannot be packed, or is not what the list says.
    Chart,
    /// The package holds a link.
    Link,
    /// The package holds something that is neither a file nor a folder.
    SpecialFile,
    /// The package has no stack.
    EmptyStack,
    Unreadable,
    /// Where the archive is to be unpacked there is something already.
    TargetExists,
    Unwritable,
}

impl FaultKind {
    /// All of them, for documentation and tests.
    pub const ALL: [FaultKind; 39] = {
        use FaultKind as K;
        [
            K::ArchiveTooLarge,
            K::NotGzip,
            K::GzipHeader,
            K::Truncated,
            K::Damaged,
            K::SeveralMembers,
            K::TrailingBytes,
            K::Ratio,
            K::TooLarge,
            K::FileTooLarge,
            K::TooManyFiles,
            K::TarHeader,
            K::EntryKind,
            K::EntryMode,
            K::Name,
            K::PathOutside,
            K::HiddenFile,
            K::PathTooLong,
            K::ReservedName,
            K::NameCharacter,
            K::DuplicateName,
            K::AmbiguousName,
            K::NameConflict,
            K::Order,
            K::InventoryMissing,
            K::InventoryMalformed,
            K::FormatTooNew,
            K::Unlisted,
            K::Absent,
            K::Size,
            K::Checksum,
            K::PackageMissing,
            K::Chart,
            K::Link,
            K::SpecialFile,
            K::EmptyStack,
            K::Unreadable,
            K::TargetExists,
            K::Unwritable,
        ]
    };

    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::ArchiveTooLarge => "archive-too-large",
            Self::NotGzip => "archive-not-gzip",
            Self::GzipHeader => "archive-gzip-header",
            Self::Truncated => "archive-truncated",
            Self::Damaged => "archive-damaged",
            Self::SeveralMembers => "archive-several-members",
            Self::TrailingBytes => "archive-trailing-bytes",
            Self::Ratio => "archive-ratio",
            Self::TooLarge => "archive-contents-too-large",
            Self::FileTooLarge => "archive-file-too-large",
            Self::TooManyFiles => "archive-too-many-files",
            Self::TarHeader => "archive-tar-header",
            Self::EntryKind => "archive-entry-kind",
            Self::EntryMode => "archive-entry-mode",
            Self::Name => "archive-name",
            Self::PathOutside => "archive-path-outside",
            Self::HiddenFile => "archive-hidden-file",
            Self::PathTooLong => "archive-path-too-long",
            Self::ReservedName => "archive-reserved-name",
            Self::NameCharacter => "archive-name-character",
            Self::DuplicateName => "archive-duplicate-name",
            Self::AmbiguousName => "archive-ambiguous-name",
            Self::NameConflict => "archive-name-conflict",
            Self::Order => "archive-order",
            Self::InventoryMissing => "archive-without-manifest",
            Self::InventoryMalformed => "archive-manifest-malformed",
            Self::FormatTooNew => "archive-format-too-new",
            Self::Unlisted => "archive-file-unlisted",
            Self::Absent => "archive-file-absent",
            Self::Size => "archive-file-size",
            Self::Checksum => "archive-checksum",
            Self::PackageMissing => "archive-without-package",
            Self::Chart => "archive-chart",
            Self::Link => "archive-link",
            Self::SpecialFile => "archive-special-file",
            Self::EmptyStack => "archive-empty-stack",
            Self::Unreadable => "archive-unreadable",
            Self::TargetExists => "archive-target-exists",
            Self::Unwritable => "archive-unwritable",
        }
    }

    fn summary(self) -> &'static str {
        match self {
            Self::ArchiveTooLarge
            | Self::TooLarge
            | Self::FileTooLarge
            | Self::TooManyFiles
            | Self::Ratio => "Archive is too large",
            Self::NotGzip => "File is not an archive",
            Self::Truncated => "Archive is cut short",
            Self::Damaged | Self::Checksum | Self::Size => "Archive is damaged",
            Self::GzipHeader | Self::SeveralMembers | Self::TrailingBytes => {
                "Archive was not made by pack"
            }
            Self::TarHeader | Self::EntryKind | Self::EntryMode | Self::Order => {
                "Archive has an entry that pack does not make"
            }
            Self::Name
            | Self::PathOutside
            | Self::HiddenFile
            | Self::PathTooLong
            | Self::ReservedName
            | Self::NameCharacter
            | Self::DuplicateName
            | Self::AmbiguousName
            | Self::NameConflict => "File name is not allowed in a package",
            Self::InventoryMissing | Self::InventoryMalformed | Self::Unlisted | Self::Absent => {
                "Archive is not what its list says"
            }
            Self::FormatTooNew => "Archive is of a newer version",
            Self::PackageMissing => "Archive holds no package",
            Self::Chart => "Chart cannot be packed",
            Self::Link | Self::SpecialFile => "Package holds more than files",
            Self::EmptyStack => "Package with an empty stack",
            Self::Unreadable => "File cannot be read",
            Self::TargetExists => "Folder is not empty",
            Self::Unwritable => "Archive cannot be unpacked",
        }
    }

    /// What to do about it.
    fn hint(self) -> String {
        let mib = |bytes: u64| bytes >> 20;
        match self {
            Self::ArchiveTooLarge => format!("An archive may have {} MiB.", mib(limits::ARCHIVE)),
            Self::TooLarge => format!(
                "All files together may have {} MiB. Put software into images.",
                mib(limits::TOTAL)
            ),
            Self::FileTooLarge => format!(
                "A file may have {} MiB. Put software into images.",
                mib(limits::FILE)
            ),
            Self::TooManyFiles => format!("A package may have {} files.", limits::FILES),
            Self::PathTooLong => format!(
                "A path may have {} bytes and {} names of {} bytes.",
                limits::PATH,
                limits::DEPTH,
                limits::NAME
            ),
            Self::FormatTooNew => {
                format!("Update cloudapp: this version reads format {FORMAT}.")
            }
            Self::Truncated | Self::Damaged | Self::Checksum | Self::Size => {
                "Fetch the archive again, and compare its digest with the one that pack printed."
                    .to_owned()
            }
            Self::Link => "Put the file itself into the package.".to_owned(),
            Self::SpecialFile => "Take it out of the package.".to_owned(),
            Self::EmptyStack => "Put the stack's .tf files into infrastructure/.".to_owned(),
            Self::Chart => {
                "A chart has a Chart.yaml with a name and a version, as helm lint wants it."
                    .to_owned()
            }
            Self::TargetExists => "Name a folder that does not exist yet.".to_owned(),
            Self::Unreadable => "Check the path and who may read it.".to_owned(),
            Self::Unwritable => "Check the path, who may write there, and the disk's free space.".to_owned(),
            Self::NotGzip => "Name a file that cloudapp pack wrote.".to_owned(),
            Self::Name
            | Self::PathOutside
            | Self::HiddenFile
            | Self::ReservedName
            | Self::NameCharacter
            | Self::DuplicateName
            | Self::AmbiguousName
            | Self::NameConflict => {
                "A package is unpacked on every system: use letters, digits, \".\", \"-\" and \"_\", each name once."
                    .to_owned()
            }
            Self::InventoryMissing
            | Self::InventoryMalformed
            | Self::Unlisted
            | Self::Absent
            | Self::PackageMissing
            | Self::GzipHeader
            | Self::SeveralMembers
            | Self::TrailingBytes
            | Self::Ratio
            | Self::TarHeader
            | Self::EntryKind
            | Self::EntryMode
            | Self::Order => {
                format!("Do not use it. cloudapp pack makes archives, with {INVENTORY} as their list.")
            }
        }
    }
}

/// A reason, and where it was met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub kind: FaultKind,
    /// A sentence that names the file.
    pub detail: String,
}

impl Fault {
    pub(super) fn new(kind: FaultKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
        }
    }

    pub(super) fn io(kind: FaultKind, path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::new(kind, format!("{}: {error}.", path.display()))
    }

    /// The same, of a file in a chart's archive.
    pub(super) fn within(self, archive: &str) -> Self {
        Self::new(self.kind, format!("In {archive}: {}", self.detail))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Fault {}

impl From<Fault> for Diagnostic {
    fn from(fault: Fault) -> Self {
        let kind = fault.kind;
        Diagnostic::error(kind.code(), kind.summary(), fault.detail).hint(kind.hint())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_reason_has_a_code_of_its_own() {
        let codes: HashSet<_> = FaultKind::ALL.iter().map(|k| k.code()).collect();
        assert_eq!(codes.len(), FaultKind::ALL.len());
    }
}
