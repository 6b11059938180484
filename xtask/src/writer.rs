//! Bytes of the compact format: variable-length numbers and deflated sections.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// Appends a number, seven bits a byte, least significant first, the eighth bit set on all but the last.
pub(crate) fn number(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Appends a text with its length.
pub(crate) fn text(out: &mut Vec<u8>, s: &str) {
    number(out, s.len() as u64);
    out.extend_from_slice(s.as_bytes());
}

/// Appends a deflated section: its length unpacked, its length packed, and the bytes.
pub(crate) fn section(out: &mut Vec<u8>, bytes: &[u8]) -> std::io::Result<()> {
    let mut packer = DeflateEncoder::new(Vec::new(), Compression::best());
    packer.write_all(bytes)?;
    let packed = packer.finish()?;
    number(out, bytes.len() as u64);
    number(out, packed.len() as u64);
    out.extend_from_slice(&packed);
    Ok(())
}
