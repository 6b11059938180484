//! Numbers: binary floating point with 512 bits of precision, and a fast path for small integers.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use dashu::float::FBig;
use dashu::float::round::mode::HalfEven;

/// The precision of every number that is not a small integer, in bits.
pub const PRECISION: usize = 512;

type Big = FBig<HalfEven, 2>;

/// A number of the language. Never a machine float.
#[derive(Clone)]
pub struct Number(Repr);

#[derive(Clone)]
enum Repr {
    /// Every whole number that fits is here, and nowhere else: equality need not compare across forms.
    Small(i64),
    Big(Arc<Big>),
    Infinity { negative: bool },
}

impl Number {
    pub const ZERO: Number = Number(Repr::Small(0));
    pub const ONE: Number = Number(Repr::Small(1));

    #[must_use]
    pub fn infinity(negative: bool) -> Self {
        Self(Repr::Infinity { negative })
    }

    #[must_use]
    pub fn is_finite(&self) -> bool {
        !matches!(self.0, Repr::Infinity { .. })
    }

    /// Reads decimal notation: `12`, `-1.5`, `1e9`, `.5`. Nothing else: no spaces, no other bases, no infinities.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(n) = text.parse::<i64>()
            && !text.starts_with('+')
            && text != "-0"
        {
            return Some(Self(Repr::Small(n)));
        }
        parse_decimal(text)
    }

    /// The value as an `i64`, where it is whole and fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        if let Repr::Small(n) = self.0 { Some(n) } else { None }
    }

    /// The value as a `u64`, where it is whole and fits.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match &self.0 {
            Repr::Small(n) => u64::try_from(*n).ok(),
            Repr::Big(_) => unimplemented!(),
            Repr::Infinity { .. } => None,
        }
    }

    /// The value as a `usize`, where it is whole and fits.
    #[must_use]
    pub fn as_usize(&self) -> Option<usize> {
        self.as_u64().and_then(|n| usize::try_from(n).ok())
    }

    #[must_use]
    pub fn is_whole(&self) -> bool {
        match &self.0 {
            Repr::Small(_) => true,
            Repr::Big(_) => unimplemented!(),
            Repr::Infinity { .. } => false,
        }
    }

    #[must_use]
    pub fn is_negative(&self) -> bool {
        match &self.0 {
            Repr::Small(n) => *n < 0,
            Repr::Big(_) => unimplemented!(),
            Repr::Infinity { negative } => *negative,
        }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Number {}
impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Repr::Small(a), Repr::Small(b)) => a.cmp(b),
            _ => unimplemented!(),
        }
    }
}
impl Hash for Number {
    fn hash<H: Hasher>(&self, h: &mut H) {
        if let Repr::Small(n) = self.0 { n.hash(h) }
    }
}
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 { Repr::Small(n) => write!(f, "{n}"), _ => unimplemented!() }
    }
}
impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { fmt::Display::fmt(self, f) }
}
impl From<i64> for Number { fn from(n: i64) -> Self { Self(Repr::Small(n)) } }
impl From<i32> for Number { fn from(n: i32) -> Self { Self(Repr::Small(n.into())) } }
impl From<u32> for Number { fn from(n: u32) -> Self { Self(Repr::Small(n.into())) } }
impl From<u64> for Number { fn from(n: u64) -> Self { Self(Repr::Small(n as i64)) } }
impl From<usize> for Number { fn from(n: usize) -> Self { Self(Repr::Small(n as i64)) } }
fn parse_decimal(_: &str) -> Option<Number> { unimplemented!() }
