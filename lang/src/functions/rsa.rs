//! Decryption with a private RSA key, for secrets that a cloud hands out encrypted (PKCS #1 v1.5).

use aws_lc_rs::rsa::{Pkcs1PrivateDecryptingKey, PrivateDecryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::signature::Fault;

/// What follows the length of a PKCS #8 document up to the key itself: version 0, and the algorithm rsaEncryption.
const PKCS8_HEADER: [u8; 18] = [
    0x02, 0x01, 0x00, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01,
    0x05, 0x00,
];

/// Decrypts with a key in PEM.
pub(super) fn decrypt(cipher: &[u8], pem: &str) -> Result<String, Fault> {
    let key = private_key(pem)?;
    let failed = || Fault::call("invalid-argument", "the key does not decrypt the text");
    let key = Pkcs1PrivateDecryptingKey::new(key).map_err(|_| failed())?;
    let mut room = vec![0; key.min_output_size()];
    let text = key.decrypt(cipher, &mut room).map_err(|_| failed())?;
    String::from_utf8(text.to_vec()).map_err(|_| {
        Fault::call(
            "invalid-argument",
            "the decrypted bytes are not text in UTF-8",
        )
    })
}

fn private_key(pem: &str) -> Result<PrivateDecryptingKey, Fault> {
    let wrong = |message: &'static str| {
        Fault::invalid(1, message).hint(
            "Pass an RSA key in PEM, without a passphrase: \"-----BEGIN RSA PRIVATE KEY-----\".",
        )
    };
    let (label, der) = first_block(pem).ok_or_else(|| wrong("not a private key in PEM"))?;
    let der = match label {
        "PRIVATE KEY" => der,
        "RSA PRIVATE KEY" => pkcs8(&der),
        "ENCRYPTED PRIVATE KEY" => return Err(wrong("the key has a passphrase")),
        _ => return Err(wrong("a key of another kind")),
    };
    PrivateDecryptingKey::from_pkcs8(&der).map_err(|_| wrong("not an RSA key of 2048 to 8192 bits"))
}

/// The label and the bytes of the first block.
fn first_block(pem: &str) -> Option<(&str, Vec<u8>)> {
    let (label, rest) = pem.split_once("-----BEGIN ")?.1.split_once("-----")?;
    let (body, _) = rest.split_once("-----END ")?;
    let body: String = body.split_whitespace().collect();
    Some((label, STANDARD.decode(body).ok()?))
}

/// A bare RSA key in the envelope that says that it is one.
fn pkcs8(key: &[u8]) -> Vec<u8> {
    let inner = [&PKCS8_HEADER[..], &tagged(0x04, key)].concat();
    tagged(0x30, &inner)
}

/// A value of DER: tag, length, content.
fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let zeros = length.iter().take_while(|b| **b == 0).count();
    let length = &length[zeros..];
    let mut out = vec![tag];
    match length {
        [] => out.push(0),
        [short] if *short < 0x80 => out.push(*short),
        // At most the eight bytes of a machine's integer.
        long => {
            out.push(0x80 | long.len() as u8);
            out.extend(long);
        }
    }
    out.extend(content);
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may fail by panicking
mod tests {
    use super::*;
    use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
    use aws_lc_rs::rsa::{KeySize, Pkcs1PublicEncryptingKey};

    fn pem(label: &str, der: &[u8]) -> String {
        let text = STANDARD.encode(der);
        let lines: Vec<&str> = text
            .as_bytes()
            .chunks(64)
            .map(|l| std::str::from_utf8(l).unwrap())
            .collect();
        let lines = lines.join("\n");
        format!("a comment\n-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n")
    }

    #[test]
    fn what_a_public_key_encrypts_its_private_key_decrypts() {
        let key = PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
        let der = der.as_ref();
        let public = Pkcs1PublicEncryptingKey::new(key.public_key()).unwrap();
        let mut cipher = vec![0; public.ciphertext_size()];
        let cipher = public.encrypt("pässword".as_bytes(), &mut cipher).unwrap();

        assert_eq!(
            decrypt(cipher, &pem("PRIVATE KEY", der)).unwrap(),
            "pässword"
        );
        // Two lengths of two bytes stand around the header; the rest is the bare key.
        let bare = &der[4 + PKCS8_HEADER.len() + 4..];
        assert_eq!(pkcs8(bare), der);
        assert_eq!(
            decrypt(cipher, &pem("RSA PRIVATE KEY", bare)).unwrap(),
            "pässword"
        );

        let other = PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = other.as_der().unwrap();
        let with_other = decrypt(cipher, &pem("PRIVATE KEY", der.as_ref()));
        assert_ne!(with_other.ok().as_deref(), Some("pässword"));
        for bad in [
            "",
            "key",
            "-----BEGIN PRIVATE KEY-----",
            &pem("EC PRIVATE KEY", bare),
            &pem("PRIVATE KEY", b"x"),
        ] {
            assert!(decrypt(cipher, bad).is_err(), "{bad}");
        }
    }
}
