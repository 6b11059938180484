//! Choices that look random and are the same for the same seed and number.

use sha2::{Digest as _, Sha256};

/// A stream of choices.
#[derive(Clone, Debug)]
pub(crate) struct Draw {
    seed: u64,
    stream: u64,
    block: u64,
    bytes: Vec<u8>,
}

impl Draw {
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        Self {
            seed,
            stream,
            block: 0,
            bytes: Vec::new(),
        }
    }

    fn byte(&mut self) -> u8 {
        if let Some(byte) = self.bytes.pop() {
            return byte;
        }
        let mut hash = Sha256::new();
        for part in [self.seed, self.stream, self.block] {
            hash.update(part.to_le_bytes());
        }
        self.block += 1;
        self.bytes = hash.finalize().to_vec();
        self.bytes.pop().unwrap_or_default()
    }

    fn u64(&mut self) -> u64 {
        (0..8).fold(0, |n, _| n << 8 | u64::from(self.byte()))
    }

    /// A number from `min` to `max`, both included.
    pub(crate) fn number(&mut self, min: u64, max: u64) -> u64 {
        let span = max.saturating_sub(min).saturating_add(1);
        min + self.u64() % span
    }

    /// Small letters and digits.
    pub(crate) fn token(&mut self, len: usize) -> String {
        const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        // 252 is the largest multiple of 36 in a byte; what lies above would favour the first letters.
        let mut out = String::with_capacity(len);
        while out.len() < len {
            let byte = self.byte();
            if byte < 252 {
                out.push(char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
            }
        }
        out
    }

    pub(crate) fn hex(&mut self, len: usize) -> String {
        (0..len)
            .map(|_| char::from_digit(u32::from(self.byte() & 15), 16).unwrap_or('0'))
            .collect()
    }

    pub(crate) fn uuid(&mut self) -> String {
        let h = self.hex(32);
        format!(
            "{}-{}-4{}-a{}-{}",
            &h[..8],
            &h[8..12],
            &h[13..16],
            &h[17..20],
            &h[20..]
        )
    }
}
