//! What Terraform computes with machine floats, to the last digit: `pow` and `log`. The methods are those of Go's library; a more
//! careful one would give other digits. Only `pow` with a fraction as exponent may differ in its last digit, as it does between
//! Terraform's own builds for different processors.

/// A power as Go's library computes it, which Terraform uses: by squaring fraction and exponent by themselves. It is not the
/// nearest float, and differs in its last digits from what a more careful method gives; those digits are what people have.
pub(super) fn power(x: f64, y: f64) -> f64 {
    // Beyond this, squaring would take an exponent past its end; there every result is 0, 1 or without bounds.
    const MOST: f64 = 9e18;
    if x == 0.0 || y == 0.0 || !x.is_finite() || y.is_nan() || y.abs() >= MOST {
        return x.powf(y);
    }
    if y.abs() == 0.5 {
        return x.powf(y);
    }
    let (mut whole, mut part) = (y.abs().trunc(), y.abs().fract());
    if part != 0.0 && x < 0.0 {
        return f64::NAN;
    }
    let (mut result, mut exponent) = (1.0, 0_i64);
    if part != 0.0 {
        if part > 0.5 {
            part -= 1.0;
            whole += 1.0;
        }
        result = (part * logarithm(x)).exp();
    }
    let (mut square, mut squared) = fraction_and_exponent(x);
    let mut left = whole as i64;
    while left != 0 {
        if squared.abs() > 1 << 12 {
            // Too large or too small for a float, whatever is left.
            exponent += squared;
            break;
        }
        if left & 1 == 1 {
            result *= square;
            exponent += squared;
        }
        square *= square;
        squared <<= 1;
        if square < 0.5 {
            square += square;
            squared -= 1;
        }
        left >>= 1;
    }
    if y < 0.0 {
        result = 1.0 / result;
        exponent = -exponent;
    }
    times_power_of_two(result, exponent)
}

/// The natural logarithm by the method of FreeBSD's `e_log.c`, which Go has too: the polynomial and its order of operations
/// decide the last digit.
pub(super) fn logarithm(x: f64) -> f64 {
    const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    const ODD: [f64; 4] = [
        6.666_666_666_666_735e-1,
        2.857_142_874_366_239e-1,
        1.818_357_216_161_805e-1,
        1.479_819_860_511_658_6e-1,
    ];
    const EVEN: [f64; 3] = [
        3.999_999_999_940_942e-1,
        2.222_219_843_214_978_4e-1,
        1.531_383_769_920_937_3e-1,
    ];
    if x <= 0.0 || !x.is_finite() {
        return x.ln();
    }
    let (mut fraction, mut exponent) = fraction_and_exponent(x);
    if fraction < std::f64::consts::FRAC_1_SQRT_2 {
        fraction *= 2.0;
        exponent -= 1;
    }
    let (f, k) = (fraction - 1.0, exponent as f64);
    let s = f / (2.0 + f);
    let s2 = s * s;
    let s4 = s2 * s2;
    let odd = s2 * (ODD[0] + s4 * (ODD[1] + s4 * (ODD[2] + s4 * ODD[3])));
    let even = s4 * (EVEN[0] + s4 * (EVEN[1] + s4 * EVEN[2]));
    let half = 0.5 * f * f;
    k * LN2_HIGH - ((half - (s * (half + (odd + even)) + k * LN2_LOW)) - f)
}

/// A finite number other than zero as a fraction, from a half to below one, and an exponent of two.
fn fraction_and_exponent(x: f64) -> (f64, i64) {
    const EXPONENT: u64 = 0x7ff << 52;
    let (x, shifted) = if x.is_normal() {
        (x, 0)
    } else {
        (x * 2_f64.powi(52), 52)
    };
    let bits = x.to_bits();
    let exponent = ((bits & EXPONENT) >> 52) as i64 - 1022 - shifted;
    (f64::from_bits(bits & !EXPONENT | 1022 << 52), exponent)
}

/// In two steps, for the power by itself may be no float where the product is one.
fn times_power_of_two(x: f64, exponent: i64) -> f64 {
    let exponent = exponent.clamp(-2200, 2200) as i32;
    let first = exponent.clamp(-1000, 1000);
    let second = (exponent - first).clamp(-1000, 1000);
    x * 2_f64.powi(first) * 2_f64.powi(second) * 2_f64.powi(exponent - first - second)
}
