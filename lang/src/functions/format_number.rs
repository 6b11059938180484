//! How the verbs of `format` show numbers: exactly, never by way of machine floats.

use super::format::Verb;
use crate::value::Number;

/// A number as its verb shows it; none where the verb needs a whole number.
pub(super) fn number(verb: &Verb, n: &Number) -> Option<String> {
    let whole = |base: u8, prefix: &str| -> Option<String> {
        let mut digits = n.abs().to_radix(base)?;
        if let Some(p) = verb.precision {
            digits = "0".repeat(p.saturating_sub(digits.len())) + &digits;
        }
        Some(if verb.sharp {
            format!("{prefix}{digits}")
        } else {
            digits
        })
    };
    let body = match verb.letter {
        'd' => {
            let plain = Verb {
                sharp: false,
                ..*verb
            };
            return Some(signed(&plain, n, whole(10, "")?));
        }
        'b' => whole(2, "0b")?,
        'o' => whole(8, "0")?,
        'x' => whole(16, "0x")?,
        'X' => whole(16, "0X")?.to_uppercase(),
        _ if !n.is_finite() => "Inf".into(),
        'f' => fixed(&n.abs(), verb.precision.unwrap_or(6)),
        'e' => exponent(&n.abs(), Some(verb.precision.unwrap_or(6)), false),
        'E' => exponent(&n.abs(), Some(verb.precision.unwrap_or(6)), true),
        'g' => general(&n.abs(), verb.precision, false),
        _ => general(&n.abs(), verb.precision, true),
    };
    Some(signed(verb, n, body))
}

/// The sign, and zeros or spaces up to the width.
fn signed(verb: &Verb, n: &Number, body: String) -> String {
    let sign = match (n.is_negative(), verb.plus, verb.space) {
        (true, _, _) => "-",
        (_, true, _) => "+",
        (_, _, true) => " ",
        _ => "",
    };
    if verb.zero && !verb.minus {
        let missing = verb
            .width
            .unwrap_or(0)
            .saturating_sub(sign.len() + body.len());
        return format!("{sign}{}{body}", "0".repeat(missing));
    }
    Verb {
        zero: false,
        ..*verb
    }
    .pad(format!("{sign}{body}"))
}

/// The decimal digits of a number that is not negative, and where the point stands among them: all of them where a number of
/// digits is asked for, and else as many as tell it from its neighbours.
fn digits(n: &Number, all: bool) -> (Vec<u8>, isize) {
    let text = if all {
        n.exact().to_string()
    } else {
        n.to_string()
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
    let mut point = whole.len() as isize;
    let zeros = digits.iter().take_while(|d| **d == b'0').count();
    digits.drain(..zeros);
    point -= zeros as isize;
    while digits.last() == Some(&b'0') {
        digits.pop();
    }
    if digits.is_empty() {
        (digits, 0)
    } else {
        (digits, point)
    }
}

/// Cuts digits off at `keep`, rounding half to even.
fn rounded((mut digits, mut point): (Vec<u8>, isize), keep: isize) -> (Vec<u8>, isize) {
    if keep >= digits.len() as isize {
        return (digits, point);
    }
    let Ok(keep) = usize::try_from(keep) else {
        return (Vec::new(), point);
    };
    let up = match digits[keep] {
        b'5' if keep + 1 == digits.len() => keep > 0 && (digits[keep - 1] - b'0') % 2 == 1,
        d => d >= b'5',
    };
    digits.truncate(keep);
    if up {
        while digits.last() == Some(&b'9') {
            digits.pop();
        }
        match digits.last_mut() {
            Some(d) => *d += 1,
            None => {
                digits.push(b'1');
                point += 1;
            }
        }
    }
    (digits, point)
}

fn digit(digits: &[u8], i: isize) -> char {
    usize::try_from(i)
        .ok()
        .and_then(|i| digits.get(i))
        .map_or('0', |d| char::from(*d))
}

/// `%f`: so many digits after the point.
fn fixed(n: &Number, precision: usize) -> String {
    let d = digits(n, true);
    let keep = d.1 + precision as isize;
    let (digits, point) = rounded(d, keep);
    let mut out: String = if point > 0 {
        (0..point).map(|i| digit(&digits, i)).collect()
    } else {
        "0".into()
    };
    if precision > 0 {
        out.push('.');
        out.extend((0..precision as isize).map(|i| digit(&digits, point + i)));
    }
    out
}

/// `%e`: one digit before the point; as many after it as needed where no precision is given.
fn exponent(n: &Number, precision: Option<usize>, capital: bool) -> String {
    let d = digits(n, precision.is_some());
    let (digits, point) = match precision {
        Some(p) => rounded(d, p as isize + 1),
        None => d,
    };
    let mut out = digit(&digits, 0).to_string();
    let after = precision.unwrap_or(digits.len().saturating_sub(1));
    if after > 0 {
        out.push('.');
        out.extend((1..=after as isize).map(|i| digit(&digits, i)));
    }
    let exponent = if digits.is_empty() { 0 } else { point - 1 };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!(
        "{out}{}{sign}{:02}",
        if capital { 'E' } else { 'e' },
        exponent.unsigned_abs()
    )
}

/// `%g`: with an exponent where it is below -4 or too large for the digits, without otherwise.
pub(super) fn general(n: &Number, precision: Option<usize>, capital: bool) -> String {
    if !n.is_finite() {
        return n.to_string();
    }
    let sign = if n.is_negative() { "-" } else { "" };
    let d = digits(&n.abs(), precision.is_some());
    let (digits, point) = match precision {
        Some(p) => rounded(d, p.max(1) as isize),
        None => d,
    };
    let limit = match precision {
        // Where no precision is given, six digits decide whether there is an exponent.
        None => 6,
        Some(p) if p > digits.len() && digits.len() as isize >= point => digits.len() as isize,
        Some(p) => p.max(1) as isize,
    };
    let exp = point - 1;
    if !digits.is_empty() && (exp < -4 || exp >= limit) {
        let scaled = exponent_of(&digits, exp, capital);
        return format!("{sign}{scaled}");
    }
    let mut out: String = if point > 0 {
        (0..point).map(|i| digit(&digits, i)).collect()
    } else {
        "0".into()
    };
    if digits.len() as isize > point {
        out.push('.');
        out.extend((point..digits.len() as isize).map(|i| digit(&digits, i)));
    }
    format!("{sign}{out}")
}

fn exponent_of(digits: &[u8], exp: isize, capital: bool) -> String {
    let mut out = digit(digits, 0).to_string();
    if digits.len() > 1 {
        out.push('.');
        out.extend(digits[1..].iter().map(|d| char::from(*d)));
    }
    let sign = if exp < 0 { '-' } else { '+' };
    format!(
        "{out}{}{sign}{:02}",
        if capital { 'E' } else { 'e' },
        exp.unsigned_abs()
    )
}
