//! Numbers: binary floating point with 512 bits of precision, and a fast path for small integers.
//!
//! As in Terraform, some functions give numbers of less precision: those that compute with machine floats 53 bits, those
//! that count 64. What is computed has the precision of the most precise operand. Equality does not look at it, text does:
//! `pow(2, 0.5)` is printed with 17 digits, and `length(a) / length(b)` with 20.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use dashu::base::BitTest;
use dashu::base::Sign;
use dashu::float::FBig;
use dashu::float::round::mode::HalfEven;
use dashu::integer::{IBig, UBig};

use super::{decimal, float};

/// The precision of what is written down, in bits.
pub(super) const PRECISION: usize = 512;
/// The precision of machine floats.
const FLOAT: u16 = 53;
/// The precision of machine integers.
const INTEGER: u16 = 64;
/// [`PRECISION`].
const FULL: u16 = PRECISION as u16;

/// Numbers whose exponent (of two) is beyond this are infinite or zero: nobody computes with a million digits, and a
/// configuration must not be able to fill the memory with them.
const MAX_EXPONENT: isize = 1 << 17;

pub(super) type Big = FBig<HalfEven, 2>;

/// A number of the language. Never a machine float.
#[derive(Clone)]
pub struct Number(Repr);

#[derive(Clone)]
enum Repr {
    /// Every whole number that fits is here, and nowhere else: equality need not compare across forms. With its precision.
    Small(i64, u16),
    /// Equal to zero; printed with its sign.
    NegativeZero,
    /// Not a whole number that fits an `i64`, and never infinite. With its precision.
    Big(Arc<Big>, u16),
    Infinity {
        negative: bool,
    },
}

impl Number {
    pub const ZERO: Number = Number(Repr::Small(0, FULL));
    pub const ONE: Number = Number(Repr::Small(1, FULL));

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
            && (n != 0 || !text.starts_with('-'))
        {
            return Some(Self(Repr::Small(n, FULL)));
        }
        match decimal::parse(text)? {
            decimal::Decimal::Zero { negative: true } => Some(Self(Repr::NegativeZero)),
            decimal::Decimal::Zero { negative: false } => Some(Self::ZERO),
            decimal::Decimal::Other(b) => Some(Self::from_big(b, FULL)),
        }
    }

    /// Reads a whole number in a base from 2 to 62: digits, then lower-case, then upper-case letters (up to base 36
    /// the case does not matter).
    #[must_use]
    pub fn parse_radix(text: &str, base: u32) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if digits.is_empty() || !(2..=62).contains(&base) {
            return None;
        }
        let mut magnitude = UBig::ZERO;
        for c in digits.bytes() {
            let digit = match c {
                b'0'..=b'9' => u32::from(c - b'0'),
                b'a'..=b'z' => u32::from(c - b'a') + 10,
                b'A'..=b'Z' if base <= 36 => u32::from(c - b'A') + 10,
                b'A'..=b'Z' => u32::from(c - b'A') + 36,
                _ => return None,
            };
            if digit >= base {
                return None;
            }
            magnitude = magnitude * base + digit;
        }
        Some(Self::counted(Self::from_integer(if negative {
            -IBig::from(magnitude)
        } else {
            magnitude.into()
        })))
    }

    /// What was counted, with the precision of a machine integer.
    #[must_use]
    pub fn counted(n: impl Into<Number>) -> Self {
        match n.into().0 {
            Repr::Small(n, _) => Self(Repr::Small(n, INTEGER)),
            larger => Self(larger),
        }
    }

    fn from_integer(n: IBig) -> Self {
        if let Ok(small) = i64::try_from(&n) {
            return Self(Repr::Small(small, FULL));
        }
        Self::from_big(rounded(n, 0, FULL), FULL)
    }

    /// A machine float, with its precision: a whole one exactly, any other as the decimal number that its shortest text
    /// means, so that 0.1 is one tenth. None for NaN.
    #[must_use]
    pub fn from_f64(f: f64) -> Option<Self> {
        if f.is_nan() {
            return None;
        }
        if f.is_infinite() {
            return Some(Self::infinity(f.is_sign_negative()));
        }
        if f == 0.0 {
            return Some(Self(if f.is_sign_negative() {
                Repr::NegativeZero
            } else {
                Repr::Small(0, FLOAT)
            }));
        }
        let bits = f.to_bits();
        let fraction = bits & ((1 << 52) - 1);
        let exponent = ((bits >> 52) & 0x7ff) as isize;
        let (magnitude, exponent) = match exponent {
            0 => (fraction, -1074),
            e => (fraction | 1 << 52, e - 1075),
        };
        let n = IBig::from(magnitude);
        let n = if f < 0.0 { -n } else { n };
        Some(Self::from_big(rounded(n, exponent, FULL), FLOAT))
    }

    /// The nearest machine float; infinite where there is none.
    #[must_use]
    pub fn to_f64(&self) -> f64 {
        match &self.0 {
            Repr::Small(n, _) => *n as f64,
            Repr::NegativeZero => -0.0,
            Repr::Big(b, _) => b.to_f64().value(),
            Repr::Infinity { negative: false } => f64::INFINITY,
            Repr::Infinity { negative: true } => f64::NEG_INFINITY,
        }
    }

    fn from_big(b: Big, precision: u16) -> Self {
        let repr = b.repr();
        if repr.significand().is_zero() {
            return Self::ZERO;
        }
        let negative = repr.sign() == Sign::Negative;
        if repr.is_infinite() {
            return Self::infinity(negative);
        }
        let top = repr
            .exponent()
            .saturating_add(repr.significand().as_ibig_bits());
        if top > MAX_EXPONENT {
            return Self::infinity(negative);
        }
        if top < -MAX_EXPONENT {
            return Self::ZERO;
        }
        if repr.exponent() >= 0 && top <= 64 {
            let n: IBig = repr.significand() << (repr.exponent() as usize);
            if let Ok(small) = i64::try_from(n) {
                return Self(Repr::Small(small, precision));
            }
        }
        // What is not whole is what it prints as, so that it stays itself when it is stored and read again.
        if precision < FULL
            && repr.exponent() < 0
            && let Some(decimal::Decimal::Other(b)) = decimal::parse(&text(&b, precision))
        {
            return Self(Repr::Big(Arc::new(b), precision));
        }
        Self(Repr::Big(Arc::new(b), precision))
    }

    /// The precision of what is computed of two numbers.
    fn precision(&self, other: &Number) -> u16 {
        let of = |n: &Number| match n.0 {
            Repr::Small(_, p) | Repr::Big(_, p) => p,
            Repr::NegativeZero | Repr::Infinity { .. } => FULL,
        };
        of(self).max(of(other))
    }

    /// As a big float; none for infinities.
    fn to_big(&self) -> Option<Big> {
        match &self.0 {
            Repr::Small(n, _) => Some(rounded(IBig::from(*n), 0, FULL)),
            Repr::NegativeZero => Some(rounded(IBig::ZERO, 0, FULL)),
            Repr::Big(b, _) => Some(Big::clone(b)),
            Repr::Infinity { .. } => None,
        }
    }

    /// The value as an `i64`, where it is whole and fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self.0 {
            Repr::Small(n, _) => Some(n),
            Repr::NegativeZero => Some(0),
            _ => None,
        }
    }

    /// The value as a `u64`, where it is whole and fits.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match &self.0 {
            Repr::Small(n, _) => u64::try_from(*n).ok(),
            Repr::NegativeZero => Some(0),
            Repr::Big(b, _) => {
                let repr = b.repr();
                let bits = repr
                    .exponent()
                    .saturating_add(repr.significand().as_ibig_bits());
                if repr.exponent() < 0 || bits > 64 {
                    return None;
                }
                u64::try_from(repr.significand() << (repr.exponent() as usize)).ok()
            }
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
            Repr::Small(..) | Repr::NegativeZero => true,
            Repr::Big(b, _) => b.repr().exponent() >= 0,
            Repr::Infinity { .. } => false,
        }
    }

    #[must_use]
    pub fn is_zero(&self) -> bool {
        matches!(self.0, Repr::Small(0, _) | Repr::NegativeZero)
    }

    #[must_use]
    pub fn is_negative(&self) -> bool {
        match &self.0 {
            Repr::Small(n, _) => *n < 0,
            Repr::NegativeZero => false,
            Repr::Big(b, _) => b.repr().sign() == Sign::Negative,
            Repr::Infinity { negative } => *negative,
        }
    }

    /// All its digits, as far as [`PRECISION`] goes: text that reads as the same number, whatever its own precision is.
    #[must_use]
    pub fn exact(&self) -> impl fmt::Display {
        Self(match &self.0 {
            Repr::Small(n, _) => Repr::Small(*n, FULL),
            Repr::Big(b, _) => Repr::Big(b.clone(), FULL),
            other => other.clone(),
        })
    }

    /// The precision of a whole number whose text has fewer digits than it: with [`Number::exact`], all there is to know
    /// of it. None where the text is enough.
    pub(super) fn short_of_digits(&self) -> Option<u16> {
        match &self.0 {
            Repr::Small(n, p) if !fits(*n, *p) => Some(*p),
            Repr::Big(b, p) if *p < FULL && b.repr().exponent() >= 0 => Some(*p),
            _ => None,
        }
    }

    /// The same number in a precision.
    pub(super) fn of_precision(self, precision: u16) -> Self {
        Self(match self.0 {
            Repr::Small(n, _) => Repr::Small(n, precision),
            Repr::Big(b, _) => Repr::Big(b, precision),
            other => other,
        })
    }

    /// About how long its text is, in bytes.
    pub(super) fn text_length(&self) -> usize {
        match &self.0 {
            // An exponent of two is three tenths of one of ten.
            Repr::Big(b, _) => b.repr().exponent().unsigned_abs() * 3 / 10 + PRECISION * 3 / 10,
            _ => 20,
        }
    }

    /// The digits of a whole number in a base from 2 to 36, with a minus sign where negative; none where it is not whole.
    #[must_use]
    pub fn to_radix(&self, base: u8) -> Option<String> {
        if !(2..=36).contains(&base) {
            return None;
        }
        Some(self.to_integer()?.in_radix(base).to_string())
    }

    fn to_integer(&self) -> Option<IBig> {
        if !self.is_whole() {
            return None;
        }
        match &self.0 {
            Repr::Small(n, _) => Some(IBig::from(*n)),
            Repr::NegativeZero => Some(IBig::ZERO),
            Repr::Big(b, _) => Some(b.repr().significand() << (b.repr().exponent() as usize)),
            Repr::Infinity { .. } => None,
        }
    }
}

/// # Arithmetic
///
/// Nothing here fails: dividing by zero and leaving the range of exponents give infinities.
/// The sum, rounded once. The library's own sum of numbers with different exponents is sometimes off in the last bit.
fn sum(a: &Big, b: &Big, precision: u16) -> Big {
    let (a, b) = (a.repr(), b.repr());
    let exponent = a.exponent().min(b.exponent());
    let aligned = |n: &dashu::float::Repr<2>| {
        n.significand() << n.exponent().saturating_sub(exponent).unsigned_abs()
    };
    rounded(aligned(a) + aligned(b), exponent, precision)
}

/// The product, rounded once.
fn product(a: &Big, b: &Big, precision: u16) -> Big {
    let (a, b) = (a.repr(), b.repr());
    rounded(
        a.significand() * b.significand(),
        a.exponent().saturating_add(b.exponent()),
        precision,
    )
}

/// The quotient, rounded once; none where there is none.
fn quotient(a: &Big, b: &Big, precision: u16) -> Option<Big> {
    let context = dashu::float::Context::<HalfEven>::new(precision.into());
    Some(context.div(a.repr(), b.repr()).ok()?.value())
}

fn rounded(significand: IBig, exponent: isize, precision: u16) -> Big {
    Big::from_parts(significand, exponent)
        .with_precision(precision.into())
        .value()
}

impl Number {
    #[must_use]
    pub fn add(&self, other: &Number) -> Number {
        let precision = self.precision(other);
        if let (Repr::Small(a, _), Repr::Small(b, _)) = (&self.0, &other.0)
            && let Some(n) = a.checked_add(*b)
            && fits(n, precision)
        {
            return Self(Repr::Small(n, precision));
        }
        match (self.to_big(), other.to_big()) {
            (Some(a), Some(b)) => Self::from_big(sum(&a, &b, precision), precision),
            (None, _) => self.clone(),
            (_, None) => other.clone(),
        }
    }

    #[must_use]
    pub fn sub(&self, other: &Number) -> Number {
        let precision = self.precision(other);
        if let (Repr::Small(a, _), Repr::Small(b, _)) = (&self.0, &other.0)
            && let Some(n) = a.checked_sub(*b)
            && fits(n, precision)
        {
            return Self(Repr::Small(n, precision));
        }
        self.add(&other.neg())
    }

    #[must_use]
    pub fn mul(&self, other: &Number) -> Number {
        let precision = self.precision(other);
        if let (Repr::Small(a, _), Repr::Small(b, _)) = (&self.0, &other.0)
            && let Some(n) = a.checked_mul(*b)
            && fits(n, precision)
        {
            return Self(Repr::Small(n, precision));
        }
        match (self.to_big(), other.to_big()) {
            (Some(a), Some(b)) => Self::from_big(product(&a, &b, precision), precision),
            // Zero times infinity has no value; zero does least harm.
            _ if self.is_zero() || other.is_zero() => Self::ZERO,
            _ => Self::infinity(self.is_negative() != other.is_negative()),
        }
    }

    /// The quotient. Anything by zero is an infinity of the dividend's sign, and so is zero by zero.
    #[must_use]
    pub fn div(&self, other: &Number) -> Number {
        let precision = self.precision(other);
        if let (Repr::Small(a, _), Repr::Small(b, _)) = (&self.0, &other.0)
            && let (Some(q), Some(0)) = (a.checked_div(*b), a.checked_rem(*b))
            && fits(q, precision)
        {
            return Self(Repr::Small(q, precision));
        }
        if other.is_zero() {
            return Self::infinity(self.is_negative());
        }
        match (self.to_big(), other.to_big()) {
            (Some(a), Some(b)) => {
                if self.is_zero() {
                    return Self::ZERO;
                }
                match quotient(&a, &b, precision) {
                    Some(q) => Self::from_big(q, precision),
                    None => Self::infinity(self.is_negative() != other.is_negative()),
                }
            }
            (None, _) => Self::infinity(self.is_negative() != other.is_negative()),
            (_, None) => Self::ZERO,
        }
    }

    /// What is left of division towards zero; it has the dividend's sign. Modulo zero or an infinity is the dividend.
    #[must_use]
    pub fn rem(&self, other: &Number) -> Number {
        if other.is_zero() || !other.is_finite() || !self.is_finite() {
            return self.clone();
        }
        if let (Repr::Small(a, _), Repr::Small(b, _)) = (&self.0, &other.0) {
            let left = a.checked_rem(*b).unwrap_or(0);
            return Self(Repr::Small(left, self.precision(other)));
        }
        self.sub(&other.mul(&self.div(other).trunc()))
    }

    #[must_use]
    pub fn neg(&self) -> Number {
        Self(match &self.0 {
            Repr::Small(0, _) => Repr::NegativeZero,
            Repr::NegativeZero => Repr::Small(0, FULL),
            Repr::Small(n, p) => match n.checked_neg() {
                Some(n) => Repr::Small(n, *p),
                None => return Self::from_integer(-IBig::from(*n)),
            },
            Repr::Big(b, p) => return Self::from_big(-Big::clone(b), *p),
            Repr::Infinity { negative } => Repr::Infinity {
                negative: !negative,
            },
        })
    }

    #[must_use]
    pub fn abs(&self) -> Number {
        match self.0 {
            Repr::NegativeZero => Self::ZERO,
            _ if self.is_negative() => self.neg(),
            _ => self.clone(),
        }
    }

    /// -1, 0 or 1.
    #[must_use]
    pub fn signum(&self) -> i64 {
        if self.is_zero() {
            0
        } else if self.is_negative() {
            -1
        } else {
            1
        }
    }

    /// The whole part.
    #[must_use]
    pub fn trunc(&self) -> Number {
        self.whole(Big::trunc)
    }

    /// The largest whole number that is not larger.
    #[must_use]
    pub fn floor(&self) -> Number {
        self.whole(Big::floor)
    }

    /// The smallest whole number that is not smaller.
    #[must_use]
    pub fn ceil(&self) -> Number {
        self.whole(Big::ceil)
    }

    fn whole(&self, f: impl Fn(&Big) -> Big) -> Number {
        match &self.0 {
            Repr::Big(b, p) if b.repr().exponent() < 0 => {
                Self::from_big(f(b).with_precision(PRECISION).value(), *p)
            }
            _ => self.clone(),
        }
    }

    /// A power, by way of machine floats, as Terraform does; none where the result is not a number.
    #[must_use]
    pub fn pow(&self, exponent: &Number) -> Option<Number> {
        Self::from_f64(float::power(self.to_f64(), exponent.to_f64()))
    }

    /// A logarithm, by way of machine floats, as Terraform does; none where the result is not a number.
    #[must_use]
    pub fn log(&self, base: &Number) -> Option<Number> {
        Self::from_f64(float::logarithm(self.to_f64()) / float::logarithm(base.to_f64()))
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
        if let (Some(a), Some(b)) = (self.as_i64(), other.as_i64()) {
            return a.cmp(&b);
        }
        match (self.to_big(), other.to_big()) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => {
                let side = |n: &Number| match n.0 {
                    Repr::Infinity { negative: true } => -1,
                    Repr::Infinity { negative: false } => 1,
                    _ => 0,
                };
                side(self).cmp(&side(other))
            }
        }
    }
}

impl Hash for Number {
    fn hash<H: Hasher>(&self, h: &mut H) {
        match &self.0 {
            Repr::Small(n, _) => n.hash(h),
            Repr::NegativeZero => 0i64.hash(h),
            Repr::Big(b, _) => {
                b.repr().significand().hash(h);
                b.repr().exponent().hash(h);
            }
            Repr::Infinity { negative } => negative.hash(h),
        }
    }
}

/// Decimal digits without exponent: the fewest that read as the same number, or all digits of a whole number as far as
/// the precision goes. Infinities are `+Inf` and `-Inf`, which [`Number::parse`] does not read.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Small(n, p) if fits(*n, *p) => write!(f, "{n}"),
            Repr::Small(n, p) => f.write_str(&text(&rounded(IBig::from(*n), 0, FULL), *p)),
            Repr::NegativeZero => f.write_str("-0"),
            Repr::Infinity { negative: false } => f.write_str("+Inf"),
            Repr::Infinity { negative: true } => f.write_str("-Inf"),
            Repr::Big(b, p) => f.write_str(&text(b, *p)),
        }
    }
}

/// Whether all digits of a whole number are within a precision.
fn fits(n: i64, precision: u16) -> bool {
    precision >= INTEGER || n.unsigned_abs() <= 1 << precision
}

fn text(b: &Big, precision: u16) -> String {
    let (digits, point) = decimal::shortest(b, precision.into());
    let sign = if b.repr().sign() == Sign::Negative {
        "-"
    } else {
        ""
    };
    let len = digits.len() as isize;
    if point <= 0 {
        format!("{sign}0.{}{digits}", "0".repeat(point.unsigned_abs()))
    } else if point >= len {
        format!("{sign}{digits}{}", "0".repeat((point - len) as usize))
    } else {
        let (whole, fraction) = digits.split_at(point as usize);
        format!("{sign}{whole}.{fraction}")
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<i64> for Number {
    fn from(n: i64) -> Self {
        Self(Repr::Small(n, FULL))
    }
}

impl From<i32> for Number {
    fn from(n: i32) -> Self {
        Self(Repr::Small(n.into(), FULL))
    }
}

impl From<u32> for Number {
    fn from(n: u32) -> Self {
        Self(Repr::Small(n.into(), FULL))
    }
}

impl From<u64> for Number {
    fn from(n: u64) -> Self {
        Self::from_integer(n.into())
    }
}

impl From<usize> for Number {
    fn from(n: usize) -> Self {
        Self::from_integer(n.into())
    }
}

/// The length of a magnitude in bits.
trait Bits {
    fn as_ibig_bits(&self) -> isize;
}

impl Bits for IBig {
    fn as_ibig_bits(&self) -> isize {
        self.bit_len() as isize
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed expectation is a failed test
mod tests {
    use super::*;

    fn n(text: &str) -> Number {
        Number::parse(text).unwrap_or_else(|| panic!("{text} is a number"))
    }

    #[test]
    fn reads_decimal_notation_only() {
        for good in [
            "0",
            "-1",
            "+1",
            "1.5",
            ".5",
            "-.5",
            "1e5",
            "1E-5",
            "1e+5",
            "007",
            "123456789012345678901234567890",
        ] {
            assert!(Number::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "-",
            ".",
            "1.",
            " 1",
            "1 ",
            "0x10",
            "1_000",
            "NaN",
            "Inf",
            "inf",
            "1e",
            "1e+",
            "e5",
            "--1",
            "1e9999999999",
        ] {
            assert!(Number::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn precision_is_that_of_the_most_precise_operand() {
        let power = |a: &str, b: &str| n(a).pow(&n(b)).unwrap();
        assert_eq!(power("2", "64").to_string(), "18446744073709550000");
        assert_eq!(power("2", "64"), n("18446744073709551616"));
        assert_eq!(power("2", "64").exact().to_string(), "18446744073709551616");
        assert_eq!(
            power("2", "60").add(&n("1")).to_string(),
            "1152921504606846977"
        );
        assert_eq!(power("2", "60").neg().to_string(), "-1152921504606847000");
        assert_eq!(power("2", "0.5").to_string(), "1.4142135623730951");
        assert_eq!(power("2", "0.5"), n("1.4142135623730951"));
        assert_eq!(
            power("2", "3").div(&power("3", "1")).to_string(),
            "2.6666666666666665"
        );
        let third = Number::counted(1).div(&Number::counted(3));
        assert_eq!(third.to_string(), "0.33333333333333333334");
        assert_eq!(third, n("0.33333333333333333334"));
        assert_eq!(Number::counted(1).div(&n("3")), n("1").div(&n("3")));
    }

    #[test]
    fn prints_the_shortest_text_of_512_bits() {
        assert_eq!(
            n("1").div(&n("3")).to_string(),
            format!("0.{}5", "3".repeat(154))
        );
        assert_eq!(n("0.1").add(&n("0.2")).to_string(), "0.3");
        assert_eq!(n("0.1").add(&n("0.2")), n("0.3"));
        assert_eq!(
            n("11").rem(&n("5.1")).to_string(),
            format!("0.8{}24", "0".repeat(152))
        );
        assert_eq!(n("1e100").to_string(), format!("1{}", "0".repeat(100)));
        assert_eq!(n("1e-7").to_string(), "0.0000001");
        let long = "123456789012345678901234567890.123456789";
        assert_eq!(n(long).to_string(), long);
        assert_eq!(
            n("1e500").add(&n("1e500")).to_string(),
            format!("2{}", "0".repeat(500))
        );
        assert_eq!(n("-0").to_string(), "-0");
        assert_eq!(n("0").neg().abs().to_string(), "0");
        assert_eq!(
            n("999999999999999999999999999999").to_string(),
            "999999999999999999999999999999"
        );
    }

    #[test]
    fn machine_floats_are_what_they_print_as() {
        assert_eq!(
            n("2").pow(&n("100")).unwrap().to_string(),
            "1267650600228229400000000000000"
        );
        assert_eq!(
            n("50").log(&n("10")).unwrap().to_string(),
            "1.6989700043360185"
        );
        assert_eq!(n("2").pow(&n("-2")).unwrap(), n("0.25"));
        assert!(n("-8").pow(&n("0.5")).is_none());
        assert_eq!(n("0.1").to_f64(), 0.1);
        assert_eq!(n("1e400").to_f64(), f64::INFINITY);
    }

    #[test]
    fn whole_numbers_are_small_wherever_they_come_from() {
        let two = n("0.5").mul(&n("4"));
        assert_eq!(two.as_i64(), Some(2));
        assert_eq!(two, n("2"));
        let max = n("9223372036854775807");
        let over = max.add(&Number::ONE);
        assert_eq!(over.to_string(), "9223372036854775808");
        assert_eq!(over.as_u64(), Some(9_223_372_036_854_775_808));
        assert_eq!(over.sub(&Number::ONE).as_i64(), Some(i64::MAX));
        assert_eq!(n("-9223372036854775808").neg(), over);
        assert_eq!(Number::from(u64::MAX).to_string(), "18446744073709551615");
    }

    #[test]
    fn division_and_remainder() {
        assert_eq!(n("5").div(&n("0")).to_string(), "+Inf");
        assert_eq!(n("-5").div(&n("0")).to_string(), "-Inf");
        assert_eq!(n("0").rem(&n("0")), n("0"));
        assert_eq!(n("-7").rem(&n("3")), n("-1"));
        assert_eq!(n("5.5").rem(&n("2")), n("1.5"));
        assert_eq!(n("-9223372036854775808").rem(&n("-1")), n("0"));
        assert_eq!(
            n("-9223372036854775808").div(&n("-1")),
            n("9223372036854775808")
        );
    }

    #[test]
    fn infinities_never_panic() {
        let (p, m) = (Number::infinity(false), Number::infinity(true));
        for a in [&p, &m, &n("0"), &n("1.5"), &n("-0")] {
            for b in [&p, &m, &n("0"), &n("1.5"), &n("-0")] {
                let _ = (
                    a.add(b),
                    a.sub(b),
                    a.mul(b),
                    a.div(b),
                    a.rem(b),
                    a.cmp(b),
                    a.pow(b),
                    a.log(b),
                );
            }
        }
        assert!(m < n("-1e1000") && n("1e1000") < p && m < p);
        assert_eq!((p.floor(), m.ceil()), (p, m));
    }

    #[test]
    fn powers_of_powers_do_not_fill_the_memory() {
        let mut x = n("1e20000");
        for _ in 0..80 {
            x = x.mul(&x);
        }
        assert!(!x.is_finite());
        let mut x = n("1e-20000");
        for _ in 0..80 {
            x = x.mul(&x);
        }
        assert!(x.is_zero());
    }

    #[test]
    fn rounding_to_whole_numbers() {
        assert_eq!(
            (n("-1.1").floor(), n("-1.1").ceil(), n("-1.1").trunc()),
            (n("-2"), n("-1"), n("-1"))
        );
        assert_eq!((n("1.1").floor(), n("1.1").ceil()), (n("1"), n("2")));
        assert_eq!(n("0.5").floor(), n("0"));
        assert_eq!(n("-0.5").ceil(), n("0"));
    }

    #[test]
    fn other_bases() {
        assert_eq!(Number::parse_radix("-FF00", 16), Some(n("-65280")));
        assert_eq!(Number::parse_radix("Aa", 62), Some(n("2242")));
        assert_eq!(Number::parse_radix("12", 2), None);
        assert_eq!(n("255").to_radix(16).unwrap(), "ff");
        let sixty = "9".repeat(60);
        assert_eq!(Number::parse_radix(&sixty, 10).unwrap().to_string(), sixty);
    }
}
