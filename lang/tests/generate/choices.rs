//! Decisions read from bytes.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

/// A string of bytes that decides. After its end every decision is for the first alternative.
#[derive(Clone)]
pub(crate) struct Choices<'b> {
    bytes: &'b [u8],
}

/// Bytes for [`Choices`], at most `most` of them.
pub(crate) fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..most)
}

impl<'b> Choices<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes }
    }

    fn byte(&mut self) -> u8 {
        match self.bytes.split_first() {
            Some((first, rest)) => {
                self.bytes = rest;
                *first
            }
            None => 0,
        }
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        if n <= 1 {
            return 0;
        }
        usize::from(self.byte()) % n
    }

    /// True in one of `n` cases, and not where the bytes have ended.
    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    pub(crate) fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// So many cases, the same in each run, so that what fails did not pass by chance before. `PROPTEST_CASES` asks for
/// another number, and for others.
pub(crate) fn cases(n: u32) -> Config {
    let asked = std::env::var("PROPTEST_CASES").ok();
    let asked: Option<u32> = asked.and_then(|n| n.parse().ok());
    Config {
        cases: asked.unwrap_or(n),
        rng_seed: match asked {
            Some(_) => RngSeed::Random,
            None => RngSeed::Fixed(1),
        },
        max_shrink_iters: 20_000,
        failure_persistence: None,
        ..Config::default()
    }
}
