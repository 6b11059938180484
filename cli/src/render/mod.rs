//! What people see: diagnostics, plans, progress, values and outputs as text. Nothing here decides anything.

pub(crate) mod diagnostic;
pub(crate) mod diff;
pub(crate) mod outputs;
mod pairing;
pub(crate) mod palette;
pub(crate) mod plan;
pub(crate) mod progress;
pub(crate) mod role;
#[cfg(test)]
pub(crate) mod sample;
pub(crate) mod state;
mod strings;
pub(crate) mod summary;
pub(crate) mod value;

use std::time::Duration;

/// A duration as people read it: `0.4s`, `12s`, `1m05s`, `2h03m`.
pub(crate) fn elapsed(d: Duration) -> String {
    match d.as_secs() {
        0..=9 => format!("{:.1}s", d.as_secs_f64()),
        s @ 10..=59 => format!("{s}s"),
        s @ 60..=3599 => format!("{}m{:02}s", s / 60, s % 60),
        s => format!("{}h{:02}m", s / 3600, s % 3600 / 60),
    }
}

/// A number of bytes as people read it: `812 bytes`, `8.1 KiB`, `3.4 MiB`.
pub(crate) fn bytes(n: u64) -> String {
    const UNITS: [&str; 3] = ["KiB", "MiB", "GiB"];
    if n < 1024 {
        return format!("{n} {}", if n == 1 { "byte" } else { "bytes" });
    }
    let mut tenths = n.saturating_mul(10) / 1024;
    let mut unit = UNITS[0];
    for larger in &UNITS[1..] {
        if tenths >= 10_240 {
            tenths /= 1024;
            unit = larger;
        }
    }
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

/// `1 warning`, `2 warnings`.
pub(crate) fn count(n: usize, what: &str) -> String {
    if n == 1 {
        format!("1 {what}")
    } else {
        format!("{n} {what}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures() {
        let cases = [
            (0, "0.0s"),
            (450, "0.5s"),
            (9_900, "9.9s"),
            (59_999, "59s"),
            (65_000, "1m05s"),
            (7_380_000, "2h03m"),
        ];
        for (ms, expected) in cases {
            assert_eq!(elapsed(Duration::from_millis(ms)), expected);
        }
        for (n, expected) in [
            (1, "1 byte"),
            (1023, "1023 bytes"),
            (1024, "1.0 KiB"),
            (1 << 20, "1.0 MiB"),
            (5 << 30, "5.0 GiB"),
        ] {
            assert_eq!(bytes(n), expected);
        }
        assert_eq!(
            (count(1, "warning"), count(2, "warning")),
            ("1 warning".to_owned(), "2 warnings".to_owned())
        );
    }
}
