//! Decimal text of big numbers: reading it, and printing the shortest that reads as the same number.

use dashu::base::BitTest;
use dashu::float::round::mode::HalfEven;
use dashu::integer::{IBig, UBig};

use super::number::{Big, PRECISION};

/// The largest decimal exponent that text may have: a configuration must not be able to fill the memory with digits.
const MAX_DECIMAL_EXPONENT: i64 = 20_000;

/// What decimal text means.
pub(super) enum Decimal {
    /// Zero, which may have a sign.
    Zero {
        negative: bool,
    },
    Other(Big),
}

/// Reads decimal notation; none for anything else.
pub(super) fn parse(text: &str) -> Option<Decimal> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((m, e)) => (m, parse_exponent(e)?),
        None => (rest, 0),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (mantissa, ""),
    };
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() {
        return Some(Decimal::Zero { negative });
    }
    let exponent = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    if exponent.abs() > MAX_DECIMAL_EXPONENT || digits.len() as i64 > MAX_DECIMAL_EXPONENT {
        return None;
    }
    let mut n: IBig = significant.parse().ok()?;
    if negative {
        n = -n;
    }
    let power = UBig::from(10u8).pow(exponent.unsigned_abs() as usize);
    let exact = |n: IBig| Big::from_parts(n, 0);
    Some(Decimal::Other(if exponent >= 0 {
        exact(n * power).with_precision(PRECISION).value()
    } else {
        // Division rounds once, at the precision of the context; both operands go into it exact.
        let context = dashu::float::Context::<HalfEven>::new(PRECISION);
        let repr = |n: IBig| dashu::float::Repr::<2>::new(n, 0);
        context.div(&repr(n), &repr(power.into())).ok()?.value()
    }))
}

fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// The fewest decimal digits between the number's neighbours in a precision, and where the decimal point stands among them.
///
/// The method is that of shortest float printing with exact decimals: the number and the midpoints to its neighbours
/// are written out in full, and digits are taken until the text lies within the midpoints.
pub(super) fn shortest(b: &Big, precision: usize) -> (String, isize) {
    let repr = b.repr();
    let magnitude: UBig = repr.significand().clone().into_parts().1;
    let bits = magnitude.bit_len();
    // One more bit than the precision: the last bit is half a unit in the last place.
    let shift = precision.max(bits) + 1 - bits;
    let mantissa = magnitude << shift;
    let exponent = repr.exponent() - shift as isize;
    // Inclusive where ties round to this number.
    let inclusive = !mantissa.bit(1);
    let (lower, _) = exact_decimal(&mantissa - UBig::ONE, exponent);
    let (upper, _) = exact_decimal(&mantissa + UBig::ONE, exponent);
    let (digits, point) = exact_decimal(mantissa, exponent);
    let at = |d: &[u8], i: usize| d.get(i).copied().unwrap_or(b'0');
    for (i, m) in digits.iter().copied().enumerate() {
        let (l, u) = (at(&lower, i), at(&upper, i));
        let down = l != m || (inclusive && i + 1 == lower.len());
        let up = m != u && (inclusive || m + 1 < u || i + 1 < upper.len());
        if down || up {
            let round_up = if down && up {
                rounds_up(&digits, i + 1)
            } else {
                up
            };
            return round_at(&digits, i + 1, round_up, point);
        }
    }
    (String::from_utf8_lossy(&digits).into_owned(), point)
}

/// All decimal digits of `mantissa * 2^exponent` without zeros at the end, and where the point stands.
fn exact_decimal(mantissa: UBig, exponent: isize) -> (Vec<u8>, isize) {
    let (n, fraction) = if exponent >= 0 {
        (mantissa << exponent.unsigned_abs(), 0)
    } else {
        (
            mantissa * UBig::from(5u8).pow(exponent.unsigned_abs()),
            exponent.unsigned_abs(),
        )
    };
    let mut digits = n.to_string().into_bytes();
    let point = digits.len() as isize - fraction as isize;
    while digits.len() > 1 && digits.last() == Some(&b'0') {
        digits.pop();
    }
    (digits, point)
}

/// Whether cutting digits off at `n` should round up: half goes to even.
fn rounds_up(digits: &[u8], n: usize) -> bool {
    match digits.get(n) {
        None => false,
        Some(b'5') if n + 1 == digits.len() => n > 0 && (digits[n - 1] - b'0') % 2 == 1,
        Some(d) => *d >= b'5',
    }
}

fn round_at(digits: &[u8], n: usize, up: bool, point: isize) -> (String, isize) {
    let mut kept = digits[..n.min(digits.len())].to_vec();
    let mut point = point;
    if up {
        while kept.last() == Some(&b'9') {
            kept.pop();
        }
        match kept.last_mut() {
            Some(d) => *d += 1,
            None => {
                kept.push(b'1');
                point += 1;
            }
        }
    }
    while kept.len() > 1 && kept.last() == Some(&b'0') {
        kept.pop();
    }
    (String::from_utf8_lossy(&kept).into_owned(), point)
}
