//! Where random numbers come from: the operating system, or a seed.

use sha2::{Digest as _, Sha256};

/// A stream of random bytes.
#[derive(Debug)]
pub(crate) struct Source {
    /// The seed and the number of the next block; none: the operating system.
    seed: Option<([u8; 32], u64)>,
    bytes: Vec<u8>,
}

impl Source {
    pub(crate) fn from_system() -> Self {
        Self {
            seed: None,
            bytes: Vec::new(),
        }
    }

    /// The same stream for the same text.
    pub(crate) fn from_seed(text: &str) -> Self {
        Self {
            seed: Some((Sha256::digest(text.as_bytes()).into(), 0)),
            bytes: Vec::new(),
        }
    }

    fn byte(&mut self) -> Result<u8, getrandom::Error> {
        if let Some(byte) = self.bytes.pop() {
            return Ok(byte);
        }
        let mut block = [0; 32];
        match &mut self.seed {
            None => getrandom::fill(&mut block)?,
            Some((seed, next)) => {
                let mut hash = Sha256::new();
                hash.update(*seed);
                hash.update(next.to_le_bytes());
                *next += 1;
                block = hash.finalize().into();
            }
        }
        self.bytes.extend_from_slice(&block[1..]);
        Ok(block[0])
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Result<Vec<u8>, getrandom::Error> {
        (0..len).map(|_| self.byte()).collect()
    }

    fn u64(&mut self) -> Result<u64, getrandom::Error> {
        (0..8).try_fold(0, |n, _| Ok(n << 8 | u64::from(self.byte()?)))
    }

    /// A number below `limit`, every one as likely as the others. 0 if there is none.
    pub(crate) fn below(&mut self, limit: u64) -> Result<u64, getrandom::Error> {
        if limit < 2 {
            return Ok(0);
        }
        // Numbers above the last whole multiple of the limit would favour small results.
        let reject = u64::MAX - u64::MAX % limit;
        loop {
            let n = self.u64()?;
            if n < reject {
                return Ok(n % limit);
            }
        }
    }

    pub(crate) fn index(&mut self, len: usize) -> Result<usize, getrandom::Error> {
        self.below(len as u64).map(|n| n as usize)
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) -> Result<(), getrandom::Error> {
        for i in (1..items.len()).rev() {
            let j = self.index(i + 1)?;
            items.swap(i, j);
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a failed test should stop where it fails"
)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_up() {
        for mut source in [Source::from_system(), Source::from_seed("x")] {
            let mut seen = [0; 7];
            (0..7000).for_each(|_| seen[source.index(7).unwrap()] += 1);
            assert!(seen.iter().all(|n| (800..1200).contains(n)), "{seen:?}");
        }
    }

    #[test]
    fn a_seed_repeats() {
        let draw = |s| Source::from_seed(s).bytes(40).unwrap();
        assert_eq!(draw("a"), draw("a"));
        assert_ne!(draw("a"), draw("b"));
    }
}
