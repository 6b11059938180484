//! Digests and identifiers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::Digest as _;

use super::arguments::{string, text, whole};
use super::encoding::bytes_of;
use super::rsa;
use super::signature::{Fault, Function, Parameter, Returns, Shape};
use super::{Functions, unknown_result};
use crate::value::{Type, Value};

const STRING: Returns = Returns::Is(Shape::String);
const STR: &[Parameter] = &[Parameter::string("str")];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "base64sha256",
        "The SHA-256 digest of a string, in base 64.",
        STR,
        STRING,
        |_, a| string(STANDARD.encode(Digest::Sha256.of(text(a, 0).as_bytes()))),
    ),
    Function::new(
        "base64sha512",
        "The SHA-512 digest of a string, in base 64.",
        STR,
        STRING,
        |_, a| string(STANDARD.encode(Digest::Sha512.of(text(a, 0).as_bytes()))),
    ),
    Function::new(
        "bcrypt",
        "A salted hash of a password. It differs with every call.",
        STR,
        STRING,
        bcrypt_hash,
    )
    .blames_call()
    .optional(Parameter::number("cost")),
    Function::new(
        "md5",
        "The MD5 digest of a string, in hexadecimal digits.",
        STR,
        STRING,
        |_, a| string(Digest::Md5.hex(text(a, 0).as_bytes())),
    ),
    Function::new(
        "rsadecrypt",
        "The text that a string in base 64, encrypted for an RSA key, stands for.",
        &[
            Parameter::string("ciphertext"),
            Parameter::string("privatekey"),
        ],
        STRING,
        |_, a| {
            let cipher = bytes_of(a)?;
            string(rsa::decrypt(&cipher, text(a, 1))?)
        },
    ),
    Function::new(
        "sha1",
        "The SHA-1 digest of a string, in hexadecimal digits.",
        STR,
        STRING,
        |_, a| string(Digest::Sha1.hex(text(a, 0).as_bytes())),
    ),
    Function::new(
        "sha256",
        "The SHA-256 digest of a string, in hexadecimal digits.",
        STR,
        STRING,
        |_, a| string(Digest::Sha256.hex(text(a, 0).as_bytes())),
    ),
    Function::new(
        "sha512",
        "The SHA-512 digest of a string, in hexadecimal digits.",
        STR,
        STRING,
        |_, a| string(Digest::Sha512.hex(text(a, 0).as_bytes())),
    ),
    Function::new(
        "uuid",
        "A random identifier. It differs with every call.",
        &[],
        STRING,
        |f, _| {
            if f.options().now.is_none() {
                return Ok(unknown_result(Type::String, false));
            }
            string(uuid::Uuid::new_v4().to_string())
        },
    ),
    Function::new(
        "uuidv5",
        "The identifier of a name in a namespace: dns, url, oid, x500 or another identifier.",
        &[Parameter::string("namespace"), Parameter::string("name")],
        STRING,
        uuidv5,
    )
    .blames_call(),
];

/// A digest algorithm.
#[derive(Clone, Copy)]
pub(super) enum Digest {
    Md5,
    Sha1,
    Sha256,
    Sha512,
}

impl Digest {
    pub(super) fn of(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Digest::Md5 => md5::Md5::digest(bytes).to_vec(),
            Digest::Sha1 => sha1::Sha1::digest(bytes).to_vec(),
            Digest::Sha256 => sha2::Sha256::digest(bytes).to_vec(),
            Digest::Sha512 => sha2::Sha512::digest(bytes).to_vec(),
        }
    }

    pub(super) fn hex(self, bytes: &[u8]) -> String {
        self.of(bytes).iter().map(|b| format!("{b:02x}")).collect()
    }
}

/// Each step doubles the time: this one takes seconds, and the largest of the algorithm days.
const MAX_COST: u32 = 15;

fn bcrypt_hash(functions: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let cost = if args.len() > 1 { whole(args, 1)? } else { 10 };
    // Less than the algorithm allows means its usual cost.
    let cost = if cost < 4 { 10 } else { cost };
    let cost = u32::try_from(cost)
        .ok()
        .filter(|c| *c <= MAX_COST)
        .ok_or_else(|| Fault::invalid(1, format!("the cost must not be more than {MAX_COST}")))?;
    let password = text(args, 0);
    if password.len() > 72 {
        return Err(Fault::invalid(
            0,
            "the password must not be longer than 72 bytes",
        ));
    }
    // The salt is random: while planning the result is as little known as the time is.
    if functions.options().now.is_none() {
        return Ok(unknown_result(Type::String, false));
    }
    let hash = bcrypt::hash(password, cost).map_err(|e| Fault::invalid(0, e.to_string()))?;
    string(hash)
}

fn uuidv5(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let namespace = match text(args, 0) {
        "dns" => uuid::Uuid::NAMESPACE_DNS,
        "url" => uuid::Uuid::NAMESPACE_URL,
        "oid" => uuid::Uuid::NAMESPACE_OID,
        "x500" => uuid::Uuid::NAMESPACE_X500,
        other => uuid::Uuid::parse_str(other).map_err(|_| {
            Fault::invalid(0, "the namespace must be dns, url, oid, x500 or a UUID")
        })?,
    };
    string(uuid::Uuid::new_v5(&namespace, text(args, 1).as_bytes()).to_string())
}
