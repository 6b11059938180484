//! Functions that write values as text and read them back.

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use flate2::read::GzDecoder;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use super::arguments::{need_writable, part_count, string, text, text_size};
use super::signature::{Fault, Function, Parameter, Returns, Shape};
use super::{Functions, csv, text_encoding, yaml_read, yaml_write};
use crate::limits::MAX_TEXT;
use crate::value::{Kind, Refinements, Type, Value, decode_json, encode_json_for_html};

const STRING: Returns = Returns::Is(Shape::String);
const ANY: Returns = Returns::Is(Shape::Any);
const STR: &[Parameter] = &[Parameter::string("str")];
const VALUE: &[Parameter] = &[Parameter::any("val").nullable().unknown().dynamic()];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "base64decode",
        "The text that a string in base 64 stands for.",
        STR,
        STRING,
        |_, a| {
            let bytes = bytes_of(a)?;
            string(String::from_utf8(bytes).map_err(|_| {
                Fault::invalid(0, "the decoded bytes are not text in UTF-8")
                    .hint("For other encodings there is textdecodebase64().")
            })?)
        },
    )
    .blames_call(),
    Function::new(
        "base64encode",
        "A string in base 64.",
        STR,
        STRING,
        |_, a| string(STANDARD.encode(text(a, 0))),
    ),
    Function::new(
        "base64gunzip",
        "The text that a string in base 64, compressed with gzip, stands for.",
        STR,
        STRING,
        base64gunzip,
    )
    .blames_call(),
    Function::new(
        "base64gzip",
        "A string compressed with gzip, in base 64.",
        STR,
        STRING,
        base64gzip,
    ),
    Function::new(
        "csvdecode",
        "The rows of comma-separated values as a list of objects.",
        STR,
        ANY,
        |_, a| {
            part_count(commas(text(a, 0)))?;
            csv::decode(text(a, 0))
        },
    )
    .blames_call(),
    Function::new(
        "jsondecode",
        "The value of a JSON text.",
        &[Parameter::string("str").unknown()],
        ANY,
        jsondecode,
    )
    .or_null(),
    Function::new(
        "jsonencode",
        "A value as a JSON text.",
        VALUE,
        STRING,
        jsonencode,
    ),
    Function::new(
        "textdecodebase64",
        "The text that bytes in base 64 are in a character encoding.",
        &[Parameter::string("source"), Parameter::string("encoding")],
        STRING,
        |_, a| {
            text_encoding::check_name(text(a, 1))?;
            string(text_encoding::decode(&bytes_of(a)?, text(a, 1))?)
        },
    ),
    Function::new(
        "textencodebase64",
        "The bytes of a text in a character encoding, in base 64.",
        &[Parameter::string("string"), Parameter::string("encoding")],
        STRING,
        |_, a| string(STANDARD.encode(text_encoding::encode(text(a, 0), text(a, 1))?)),
    ),
    Function::new(
        "urldecode",
        "A string as it was before urlencode.",
        STR,
        STRING,
        |_, a| string(query_unescape(text(a, 0))?),
    )
    .blames_call(),
    Function::new(
        "urlencode",
        "A string as it may stand in the query of a URL.",
        STR,
        STRING,
        |_, a| string(query_escape(text(a, 0))),
    ),
    Function::new(
        "yamldecode",
        "The value of a YAML text.",
        &[Parameter::string("src")],
        ANY,
        |_, a| yaml_read::decode(text(a, 0)),
    )
    .blames_call()
    .or_null(),
    Function::new(
        "yamlencode",
        "A value as a YAML text.",
        &[Parameter::any("value").nullable().unknown().dynamic()],
        STRING,
        |_, a| {
            if !a[0].is_wholly_known() {
                return Ok(Value::unknown_not_null(Type::String));
            }
            need_writable(&a[0])?;
            check_finite(&a[0])?;
            string(yaml_write::encode(&a[0]))
        },
    ),
];

pub(super) fn bytes_of(args: &[Value]) -> Result<Vec<u8>, Fault> {
    from_base64(text(args, 0)).ok_or_else(|| Fault::invalid(0, "not a string in base 64"))
}

/// Padding is required; line breaks may stand anywhere, and bits that mean nothing may be set.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
    );
    let text: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    LENIENT.decode(text).ok()
}

fn base64gzip(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    // Neither a time nor an operating system in the header: equal strings give equal results.
    let text = text(args, 0).as_bytes();
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut writer = DeflateEncoder::new(&mut out, Compression::default());
    let flushed = writer.write_all(text).and_then(|()| writer.flush());
    flushed.map_err(|e| Fault::call("invalid-argument", e.to_string()))?;
    let compressed = usize::try_from(writer.total_out()).unwrap_or(usize::MAX);
    drop(writer);
    // As in Terraform's results, an empty stored block ends the data, behind the flushed blocks.
    out.truncate(10 + compressed);
    out.extend([1, 0, 0, 0xff, 0xff]);
    let mut sum = Crc::new();
    sum.update(text);
    out.extend(sum.sum().to_le_bytes());
    out.extend(sum.amount().to_le_bytes());
    string(STANDARD.encode(out))
}

fn base64gunzip(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let bytes = bytes_of(args)?;
    let mut decompressed = Vec::new();
    GzDecoder::new(bytes.as_slice())
        .take(MAX_TEXT as u64 + 1)
        .read_to_end(&mut decompressed)
        .map_err(|_| Fault::invalid(0, "the decoded bytes are not compressed with gzip"))?;
    // A few bytes can stand for billions.
    text_size([decompressed.len()])?;
    string(
        String::from_utf8(decompressed)
            .map_err(|_| Fault::invalid(0, "the decompressed bytes are not text in UTF-8"))?,
    )
}

/// The most elements and fields that a text of JSON or of comma-separated values can have, but for one.
fn commas(text: &str) -> usize {
    text.bytes().filter(|b| matches!(b, b',' | b'\n')).count()
}

fn jsondecode(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    if let Some(unknown) = args[0].as_unknown() {
        let known = unknown.refinements.prefix.as_deref().unwrap_or_default();
        let first = known.trim_start().chars().next();
        return match first {
            Some(c) if !"{[\"-0123456789tfn".contains(c) => {
                Err(Fault::invalid(0, "no JSON begins like this").about(format!("{known:?}")))
            }
            _ => Ok(Value::dynamic()),
        };
    }
    part_count(commas(text(args, 0)))?;
    decode_json(text(args, 0)).map_err(|e| Fault::invalid(0, format!("not JSON: {e}")).of_call())
}

fn jsonencode(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let value = &args[0];
    if !value.is_wholly_known() {
        let may_be_null = value.as_unknown().is_some_and(|u| !u.refinements.not_null);
        let prefix = match value.ty() {
            _ if may_be_null => None,
            Type::Object(_) | Type::Map(_) => Some("{".into()),
            Type::Tuple(_) | Type::List(_) | Type::Set(_) => Some("[".into()),
            Type::String => Some("\"".into()),
            _ => None,
        };
        return Ok(Value::unknown_with(
            Type::String,
            Refinements {
                prefix,
                ..Refinements::not_null()
            },
        ));
    }
    need_writable(value)?;
    check_finite(value)?;
    string(encode_json_for_html(value))
}

fn check_finite(value: &Value) -> Result<(), Fault> {
    match value.kind() {
        Kind::Number(n) if !n.is_finite() => Err(Fault::invalid(0, "infinity cannot be written")),
        _ => value.children().try_for_each(check_finite),
    }
}

fn query_escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for b in text.bytes() {
        match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(b))
            }
            b' ' => out.push('+'),
            _ => {
                const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
                out.push('%');
                out.push(char::from(DIGITS[usize::from(b >> 4)]));
                out.push(char::from(DIGITS[usize::from(b & 15)]));
            }
        }
    }
    out
}

/// `+` stands for a space; a percent sign must be followed by two hexadecimal digits.
fn query_unescape(text: &str) -> Result<String, Fault> {
    let wrong = || {
        Fault::invalid(
            0,
            "a percent sign is not followed by two hexadecimal digits",
        )
        .hint("A percent sign itself is written %25.")
    };
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        out.push(match b {
            b'+' => b' ',
            b'%' => {
                let mut digit = || {
                    let digit = bytes.next().map(char::from).and_then(|c| c.to_digit(16));
                    digit.and_then(|d| u8::try_from(d).ok()).ok_or_else(wrong)
                };
                digit()? * 16 + digit()?
            }
            b => b,
        });
    }
    String::from_utf8(out).map_err(|_| Fault::invalid(0, "the decoded bytes are not text in UTF-8"))
}
