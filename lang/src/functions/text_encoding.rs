//! Text in character encodings other than UTF-8.

use encoding_rs::Encoding;

use super::signature::Fault;

/// The upper halves of two code pages of DOS, which the encodings of the web lack.
const CODE_PAGE_437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";
const CODE_PAGE_850: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";

/// What the web calls encodings, and IANA does not.
const ONLY_OF_THE_WEB: &str = "ascii big5-hkscs chinese cn-big5 csgb2312 csiso2022kr csiso58gb231280 csisolatin9 csksc56011987 csunicode dos-874 gb2312 gb_2312 gb_2312-80 iso-10646-ucs-2 iso-2022-cn iso-2022-cn-ext iso-2022-kr iso-8859-11 iso-ir-149 iso-ir-58 koi koi8 koi8-ru koi8_r korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 l9 logical ms932 replacement shift-jis sjis sun_eu_greek tis-620 ucs-2 unicode unicode-1-1-utf-8 unicode11utf8 unicode20utf8 unicodefeff unicodefffe utf8 visual windows-31j windows-949";
const ONLY_OF_THE_WEB_BEGIN: [&str; 3] = ["x-", "cp12", "iso8859"];

/// An encoding, by its IANA name.
enum Charset {
    /// Each byte one character, up to a largest.
    Direct(u32),
    /// ASCII, and the characters of the upper half.
    CodePage(&'static str),
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
            "us-ascii" | "ansi_x3.4-1968" | "iso646-us" | "ibm367" | "cp367" => Self::Direct(0x7f),
            // The web reads these as windows-1252; here they are what their names say.
            "iso-8859-1" | "iso_8859-1" | "latin1" | "l1" | "ibm819" | "cp819" => {
                Self::Direct(0xff)
            }
            "ibm437" | "cp437" | "437" | "cspc8codepage437" => Self::CodePage(CODE_PAGE_437),
            "ibm850" | "cp850" | "850" | "cspc850multilingual" => Self::CodePage(CODE_PAGE_850),
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
            "csutf8" => Self::Other(encoding_rs::UTF_8),
            "cp936" | "ms936" | "windows-936" => Self::Other(encoding_rs::GBK),
            "iso-2022-jp" => Self::Other(encoding_rs::ISO_2022_JP),
            other if ONLY_OF_THE_WEB.split(' ').any(|n| n == other) => return None,
            other if ONLY_OF_THE_WEB_BEGIN.iter().any(|b| other.starts_with(b)) => return None,
            other => Self::Other(Encoding::for_label(other.as_bytes())?),
        })
    }
}

/// Refuses what names no encoding.
pub(super) fn check_name(name: &str) -> Result<(), Fault> {
    charset(name).map(|_| ())
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
        Charset::CodePage(upper) => text
            .chars()
            .map(|c| match u8::try_from(c) {
                Ok(b) if b.is_ascii() => Ok(b),
                _ => upper
                    .chars()
                    .position(|u| u == c)
                    .and_then(|n| u8::try_from(n + 0x80).ok())
                    .ok_or_else(cannot),
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
        Charset::CodePage(upper) => {
            let upper: Vec<char> = upper.chars().collect();
            let character = |b: &u8| match b.checked_sub(0x80) {
                None => Ok(char::from(*b)),
                Some(n) => upper.get(usize::from(n)).copied().ok_or_else(cannot),
            };
            bytes.iter().map(character).collect()
        }
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
