//! The one way in which files become a `.tar.gz`, and the strict opposite.
//!
//! Written: plain tar headers of POSIX.1-1988 (`ustar`) for regular files, in the order of their names, of one owner,
//! mode and time; then gzip without a name and a time, at the highest level, by a compressor that is the same everywhere.
//! Read: only that. Each header is written again from the name and the size that it gives, and must come out the same;
//! so no field can say anything that is not looked at.

use std::io::{ErrorKind, Read, Write};

use flate2::bufread::GzDecoder;
use flate2::{Compression, GzBuilder};
use tar::{EntryType, Header};

use super::fault::{Fault, FaultKind};
use super::{limits, names};

const BLOCK: usize = 512;

/// Tools warn of files from before 1980, and the zip format cannot say them.
const TIME: u64 = 315_532_800;

const MODE: u32 = 0o644;

/// What every archive begins with: gzip, deflate, no flags, no time, best compression, unknown system.
const GZIP: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255];

/// How much may still be decompressed: one for an archive and all the charts in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    pub(super) bytes: u64,
    pub(super) files: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            bytes: limits::TOTAL,
            files: limits::FILES,
        }
    }
}

/// Writes files, in the order in which they come.
pub(super) fn write<'f>(
    files: impl IntoIterator<Item = (&'f str, &'f [u8])>,
) -> Result<Vec<u8>, Fault> {
    let mut out = GzBuilder::new()
        .mtime(0)
        .operating_system(255)
        .write(Vec::new(), Compression::best());
    let failed = |e: std::io::Error| Fault::new(FaultKind::Unwritable, format!("{e}."));
    for (path, bytes) in files {
        out.write_all(header(path, bytes.len() as u64)?.as_bytes())
            .map_err(failed)?;
        out.write_all(bytes).map_err(failed)?;
        out.write_all(&[0; BLOCK][..padding(bytes.len())])
            .map_err(failed)?;
    }
    out.write_all(&[0; 2 * BLOCK]).map_err(failed)?;
    out.finish().map_err(failed)
}

fn padding(length: usize) -> usize {
    (BLOCK - length % BLOCK) % BLOCK
}

fn header(path: &str, size: u64) -> Result<Header, Fault> {
    let mut header = Header::new_ustar();
    header
        .set_path(path)
        .map_err(|e| Fault::new(FaultKind::Name, format!("{path}: {e}.")))?;
    header.set_entry_type(EntryType::Regular);
    header.set_mode(MODE);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(TIME);
    header.set_size(size);
    header.set_cksum();
    Ok(header)
}

/// Reads files; they are in the order of the archive, and their names have been checked.
pub(super) fn read(archive: &[u8], budget: &mut Budget) -> Result<Vec<(String, Vec<u8>)>, Fault> {
    let tar = decompress(archive, budget)?;
    let mut rest = &tar[..];
    let mut files = Vec::new();
    let mut names = names::Names::default();
    while let Some((path, size)) = entry(&mut rest)? {
        names.add(&path)?;
        if files.len() >= budget.files {
            let detail = format!("{path}: it is one file too many.");
            return Err(Fault::new(FaultKind::TooManyFiles, detail));
        }
        let bytes = take(&mut rest, size)?.to_vec();
        if take(&mut rest, padding(size))?.iter().any(|b| *b != 0) {
            let detail = format!("{path}: there is something after its end.");
            return Err(Fault::new(FaultKind::TarHeader, detail));
        }
        files.push((path, bytes));
    }
    budget.files -= files.len();
    Ok(files)
}

/// Decompresses; counts what comes out, whatever any header says.
fn decompress(archive: &[u8], budget: &mut Budget) -> Result<Vec<u8>, Fault> {
    check_gzip(archive)?;
    let mut decoder = GzDecoder::new(archive);
    let mut out = Vec::new();
    let mut chunk = vec![0; 64 << 10];
    loop {
        let n = match decoder.read(&mut chunk) {
            Ok(0) => break,
            Ok(n) => n,
            Err(e) if e.kind() == ErrorKind::Interrupted => continue,
            Err(e) if e.kind() == ErrorKind::UnexpectedEof => return Err(truncated()),
            Err(e) => {
                let detail = format!("The compressed data cannot be read: {e}.");
                return Err(Fault::new(FaultKind::Damaged, detail));
            }
        };
        out.extend_from_slice(&chunk[..n]);
        let (got, used) = (
            out.len() as u64,
            (archive.len() - decoder.get_ref().len()) as u64,
        );
        if got > limits::RATIO_FROM && got > used.saturating_mul(limits::RATIO) {
            let detail = format!("{used} bytes became {got}: packages do not compress so well.");
            return Err(Fault::new(FaultKind::Ratio, detail));
        }
        if got > budget.bytes {
            let detail = format!("More than {} bytes come out of it.", budget.bytes);
            return Err(Fault::new(FaultKind::TooLarge, detail));
        }
    }
    budget.bytes -= out.len() as u64;
    let rest = decoder.into_inner();
    if rest.starts_with(&GZIP[..2]) {
        let detail = "A second compressed stream follows the first.";
        Err(Fault::new(FaultKind::SeveralMembers, detail))
    } else if rest.is_empty() {
        Ok(out)
    } else {
        let detail = format!("{} bytes follow the compressed data.", rest.len());
        Err(Fault::new(FaultKind::TrailingBytes, detail))
    }
}

fn check_gzip(archive: &[u8]) -> Result<(), Fault> {
    if archive.len() < GZIP.len() && GZIP.starts_with(archive) && !archive.is_empty() {
        return Err(truncated());
    }
    if !archive.starts_with(&GZIP[..2]) {
        let detail = "It does not begin as compressed data does.";
        return Err(Fault::new(FaultKind::NotGzip, detail));
    }
    if !archive.starts_with(&GZIP) {
        let detail = "Its header carries a name, a time or a system, which pack writes none of.";
        return Err(Fault::new(FaultKind::GzipHeader, detail));
    }
    Ok(())
}

fn truncated() -> Fault {
    Fault::new(FaultKind::Truncated, "It ends too early.")
}

fn take<'t>(rest: &mut &'t [u8], length: usize) -> Result<&'t [u8], Fault> {
    let (taken, after) = rest.split_at_checked(length).ok_or_else(truncated)?;
    *rest = after;
    Ok(taken)
}

/// The name and the size of the next file; none at the end, which must be two empty blocks and nothing else.
fn entry(rest: &mut &[u8]) -> Result<Option<(String, usize)>, Fault> {
    let block = take(rest, BLOCK)?;
    if block.iter().all(|b| *b == 0) {
        let end = take(rest, BLOCK)?;
        if !rest.is_empty() || end.iter().any(|b| *b != 0) {
            let detail = "Something follows the end of the list of files.";
            return Err(Fault::new(FaultKind::TrailingBytes, detail));
        }
        return Ok(None);
    }
    let header = Header::from_byte_slice(block);
    let path = path(header)?;
    let shown = names::printable(&path);
    let malformed = |why: &str| Fault::new(FaultKind::TarHeader, format!("{shown}: {why}."));
    check_kind(header, &shown)?;
    names::check(&path)?;
    check_mode(header, &shown)?;
    let size = header
        .size()
        .map_err(|_| malformed("its size cannot be read"))?;
    if size > limits::FILE {
        let detail = format!("{shown}: its size is {size} bytes.");
        return Err(Fault::new(FaultKind::FileTooLarge, detail));
    }
    if self::header(&path, size)?.as_bytes()[..] != *block {
        return Err(malformed("its header is not as pack writes it"));
    }
    let size = usize::try_from(size).map_err(|_| malformed("its size cannot be read"))?;
    Ok(Some((path, size)))
}

/// The path in a header, put together from its two fields.
fn path(header: &Header) -> Result<String, Fault> {
    let Some(ustar) = header.as_ustar() else {
        let detail = "A header is of another kind of tar than pack writes.";
        return Err(Fault::new(FaultKind::TarHeader, detail));
    };
    let (prefix, name) = (field(&ustar.prefix)?, field(&ustar.name)?);
    let whole = if prefix.is_empty() {
        name.to_vec()
    } else {
        [prefix, b"/", name].concat()
    };
    String::from_utf8(whole).map_err(|e| {
        let shown = e.into_bytes().escape_ascii().to_string();
        Fault::new(FaultKind::Name, format!("{shown}: the name is not UTF-8."))
    })
}

/// A field up to its first zero byte, after which there must be nothing.
fn field(bytes: &[u8]) -> Result<&[u8], Fault> {
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    let (text, rest) = bytes.split_at(end);
    if rest.iter().any(|b| *b != 0) {
        let shown = text.escape_ascii();
        let detail = format!("{shown}: something hides behind the end of the name.");
        return Err(Fault::new(FaultKind::NameCharacter, detail));
    }
    Ok(text)
}

fn check_kind(header: &Header, shown: &str) -> Result<(), Fault> {
    let what = match header.entry_type() {
        EntryType::Regular if header.as_bytes()[156] == b'0' => return Ok(()),
        EntryType::Symlink => "a symbolic link",
        EntryType::Link => "a hard link",
        EntryType::Directory => "a folder",
        EntryType::Char | EntryType::Block => "a device",
        EntryType::Fifo => "a pipe",
        EntryType::GNUSparse => "a file with holes",
        EntryType::GNULongName | EntryType::GNULongLink => "a long name of GNU tar",
        EntryType::XHeader | EntryType::XGlobalHeader => "an extended header of pax",
        _ => "of an unusual kind",
    };
    let detail = format!("{shown}: it is {what}; there are only plain files in an archive.");
    Err(Fault::new(FaultKind::EntryKind, detail))
}

fn check_mode(header: &Header, shown: &str) -> Result<(), Fault> {
    match header.mode() {
        Ok(MODE) => Ok(()),
        Ok(mode) if mode & 0o7000 != 0 => {
            let detail = format!("{shown}: its mode {mode:o} gives it somebody else's rights.");
            Err(Fault::new(FaultKind::EntryMode, detail))
        }
        Ok(mode) => {
            let detail = format!("{shown}: its mode is {mode:o}, where pack writes {MODE:o}.");
            Err(Fault::new(FaultKind::EntryMode, detail))
        }
        Err(_) => {
            let detail = format!("{shown}: its mode cannot be read.");
            Err(Fault::new(FaultKind::TarHeader, detail))
        }
    }
}
