//! Text in character encodings other than UTF-8.

use encoding_rs::Encoding;

use super::signature::Fault;

/// An encoding, by its IANA name.
enum Charset {
    /// Each byte one character, up to a largest.
    Direct(u32),
    Utf16 {
        big_endian: bool,
        mark: bool,
    },
    Other(&'static Encoding),
}

impl Charset {
    fn find(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        Some(match lower.as_str() {
            "us-ascii" | "ascii" | "ansi_x3.4-1968" | "iso646-us" | "ibm367" | "cp367" => {
                Self::Direct(0x7f)
            }
            // The web reads these as windows-1252; here they are what their names say.
            "iso-8859-1" | "iso_8859-1" | "latin1" | "l1" | "ibm819" | "cp819" => {
                Self::Direct(0xff)
            }
            "utf-16" => Self::Utf16 {
                big_endian: true,
                mark: true,
            },
            "utf-16be" => Self::Utf16 {
                big_endian: true,
                mark: false,
            },
            "utf-16le" => Self::Utf16 {
                big_endian: false,
                mark: false,
            },
            "cp936" | "ms936" | "windows-936" => Self::Other(encoding_rs::GBK),
            "iso-2022-jp" => Self::Other(encoding_rs::ISO_2022_JP),
            _ => Self::Other(Encoding::for_label(lower.as_bytes())?),
        })
    }
}

fn charset(name: &str) -> Result<Charset, Fault> {
    Charset::find(name).ok_or_else(|| {
        Fault::invalid(1, "not the name of a supported character encoding")
            .about(format!("{name:?}"))
            .hint("Use a name that IANA registers, such as UTF-16LE or windows-1252.")
    })
}

pub(super) fn encode(text: &str, name: &str) -> Result<Vec<u8>, Fault> {
    let cannot = || Fault::invalid(0, "the string has characters that the encoding lacks");
    match charset(name)? {
        Charset::Direct(largest) => text
            .chars()
            .map(|c| {
                u8::try_from(u32::from(c))
                    .ok()
                    .filter(|b| u32::from(*b) <= largest)
                    .ok_or_else(cannot)
            })
            .collect(),
        Charset::Utf16 { big_endian, mark } => {
            let units = mark
                .then_some(0xfeff)
                .into_iter()
                .chain(text.encode_utf16());
            Ok(units
                .flat_map(|u| {
                    if big_endian {
                        u.to_be_bytes()
                    } else {
                        u.to_le_bytes()
                    }
                })
                .collect())
        }
        Charset::Other(encoding) => {
            let (bytes, _, lossy) = encoding.encode(text);
            if lossy {
                Err(cannot())
            } else {
                Ok(bytes.into_owned())
            }
        }
    }
}

pub(super) fn decode(bytes: &[u8], name: &str) -> Result<String, Fault> {
    let cannot = || Fault::invalid(0, "the bytes are not text in this encoding");
    match charset(name)? {
        Charset::Direct(largest) => bytes
            .iter()
            .map(|b| {
                if u32::from(*b) <= largest {
                    Ok(char::from(*b))
                } else {
                    Err(cannot())
                }
            })
            .collect(),
        Charset::Utf16 { big_endian, mark } => {
            let (pairs, rest) = bytes.as_chunks::<2>();
            if !rest.is_empty() {
                return Err(cannot());
            }
            let mut big_endian = big_endian;
            let mut units: Vec<u16> = Vec::with_capacity(pairs.len());
            for (i, pair) in pairs.iter().enumerate() {
                let unit = if big_endian {
                    u16::from_be_bytes(*pair)
                } else {
                    u16::from_le_bytes(*pair)
                };
                match (i, mark, unit) {
                    (0, true, 0xfeff) => {}
                    (0, true, 0xfffe) => big_endian = !big_endian,
                    _ => units.push(unit),
                }
            }
            String::from_utf16(&units).map_err(|_| cannot())
        }
        Charset::Other(encoding) => {
            // 0x81 and its like have no character; the web's tables give them control codes all the same.
            let text = encoding
                .decode_without_bom_handling_and_without_replacement(bytes)
                .ok_or_else(cannot)?;
            let controls = encoding.is_single_byte()
                && text.chars().any(|c| ('\u{80}'..='\u{9f}').contains(&c));
            let windows = encoding.name().starts_with("windows-");
            if controls && windows {
                Err(cannot())
            } else {
                Ok(text.into_owned())
            }
        }
    }
}
