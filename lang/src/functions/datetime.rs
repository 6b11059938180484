//! Functions of points in time, which are strings in the form of RFC 3339.

use jiff::civil::{DateTime, Weekday};
use jiff::{SignedDuration, ToSpan as _};

use super::arguments::{string, text};
use super::signature::{Fault, Function, Parameter, Returns, Shape};
use super::{Functions, unknown_result};
use crate::value::{Number, Type, Value};

const STRING: Returns = Returns::Is(Shape::String);

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "formatdate",
        "A point in time in another form.",
        &[Parameter::string("format"), Parameter::string("time")],
        STRING,
        |_, a| string(format_date(text(a, 0), &timestamp(a, 1)?)?),
    ),
    Function::new(
        "plantimestamp",
        "The time at which the plan was made.",
        &[],
        STRING,
        |f, _| string(f.options().plan_time.as_str()),
    ),
    Function::new(
        "timeadd",
        "A point in time and a duration together.",
        &[
            Parameter::string("timestamp"),
            Parameter::string("duration"),
        ],
        STRING,
        timeadd,
    )
    .blames_call(),
    Function::new(
        "timecmp",
        "-1, 0 or 1 where the first point in time is before, at or after the second.",
        &[
            Parameter::string("timestamp_a"),
            Parameter::string("timestamp_b"),
        ],
        Returns::Is(Shape::Number),
        |_, a| {
            let (a, b) = (timestamp(a, 0)?.utc(), timestamp(a, 1)?.utc());
            Ok(Value::number(Number::counted(a.cmp(&b) as i64)))
        },
    ),
    Function::new(
        "timestamp",
        "The time at which the run is made; unknown while planning.",
        &[],
        STRING,
        |f, _| match &f.options().now {
            Some(now) => string(now.as_str()),
            None => Ok(unknown_result(Type::String, false)),
        },
    ),
];

/// A point in time as it was written: the local time, and how far it is from UTC.
pub(super) struct Timestamp {
    local: DateTime,
    offset_minutes: i32,
}

impl Timestamp {
    /// Reads RFC 3339 strictly: capital `T` and `Z`, two digits in each place, an offset always.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let digits = |from: usize, len: usize| -> Option<i16> {
            let part = bytes.get(from..from + len)?;
            part.iter()
                .all(u8::is_ascii_digit)
                .then(|| part.iter().fold(0, |n, b| n * 10 + i16::from(b - b'0')))
        };
        let mark = |at: usize, c: u8| (bytes.get(at) == Some(&c)).then_some(());
        for (at, c) in [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')] {
            mark(at, c)?;
        }
        let mut at = 19;
        let mut nanos: i32 = 0;
        if mark(at, b'.').is_some() {
            let fraction = bytes
                .get(at + 1..)?
                .iter()
                .take_while(|b| b.is_ascii_digit())
                .count();
            if fraction == 0 {
                return None;
            }
            for i in 0..9 {
                let d = if i < fraction {
                    i32::from(bytes[at + 1 + i] - b'0')
                } else {
                    0
                };
                nanos = nanos * 10 + d;
            }
            at += 1 + fraction;
        }
        let offset_minutes = match bytes.get(at)? {
            b'Z' if bytes.len() == at + 1 => 0,
            sign @ (b'+' | b'-') if bytes.len() == at + 6 => {
                mark(at + 3, b':')?;
                let (h, m) = (digits(at + 1, 2)?, digits(at + 4, 2)?);
                if h > 23 || m > 59 {
                    return None;
                }
                let minutes = i32::from(h) * 60 + i32::from(m);
                if *sign == b'-' { -minutes } else { minutes }
            }
            _ => return None,
        };
        let small = |from: usize| digits(from, 2).and_then(|n| i8::try_from(n).ok());
        let local = DateTime::new(
            digits(0, 4)?,
            small(5)?,
            small(8)?,
            small(11)?,
            small(14)?,
            small(17)?,
            nanos,
        )
        .ok()?;
        Some(Self {
            local,
            offset_minutes,
        })
    }

    /// The same point in UTC; unchanged where that leaves the calendar.
    fn utc(&self) -> DateTime {
        self.local
            .checked_sub(i64::from(self.offset_minutes).minutes())
            .unwrap_or(self.local)
    }

    /// `+05:30`, with the separator asked for.
    fn offset(&self, separator: &str) -> String {
        let sign = if self.offset_minutes < 0 { '-' } else { '+' };
        let minutes = self.offset_minutes.abs();
        format!("{sign}{:02}{separator}{:02}", minutes / 60, minutes % 60)
    }

    /// RFC 3339 without fractions of seconds.
    pub(super) fn to_rfc3339(&self) -> String {
        let t = &self.local;
        let zone = if self.offset_minutes == 0 {
            "Z".to_owned()
        } else {
            self.offset(":")
        };
        format!(
            "{}{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{zone}",
            if t.year() < 0 { "-" } else { "" },
            t.year().unsigned_abs(),
            t.month(),
            t.day(),
            t.hour(),
            t.minute(),
            t.second()
        )
    }
}

fn timestamp(args: &[Value], i: usize) -> Result<Timestamp, Fault> {
    Timestamp::parse(text(args, i)).ok_or_else(|| {
        Fault::invalid(i, "not a point in time in the form of RFC 3339")
            .about(format!("{:?}", text(args, i)))
            .hint("Write it as 2006-01-02T15:04:05Z.")
    })
}

fn timeadd(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let start = timestamp(args, 0)?;
    let duration = parse_duration(text(args, 1)).ok_or_else(|| {
        Fault::invalid(1, "not a duration")
            .about(format!("{:?}", text(args, 1)))
            .hint("Write it with the units h, m, s, ms, us and ns: \"1h30m\".")
    })?;
    let local = start
        .local
        .checked_add(duration)
        .map_err(|_| Fault::invalid(1, "the result is outside the calendar"))?;
    string(Timestamp { local, ..start }.to_rfc3339())
}

/// Reads `-1h30m`, `1.5s`: a sign, then numbers with units.
fn parse_duration(text: &str) -> Option<SignedDuration> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(SignedDuration::ZERO);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let len = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .filter(|n| *n > 0)?;
        let (number, after) = rest.split_at(len);
        const UNITS: [(&str, i128); 8] = [
            ("ns", 1),
            ("us", 1_000),
            ("µs", 1_000),
            ("μs", 1_000),
            ("ms", 1_000_000),
            ("s", 1_000_000_000),
            ("m", 60_000_000_000),
            ("h", 3_600_000_000_000),
        ];
        let end = after
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(after.len());
        let (unit, next) = after.split_at(end);
        let unit = UNITS.iter().find(|u| u.0 == unit)?.1;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return None;
        }
        let whole: i128 = if whole.is_empty() {
            0
        } else {
            whole.parse().ok()?
        };
        total = total.checked_add(whole.checked_mul(unit)?)?;
        let mut scale = unit;
        for digit in fraction.bytes() {
            scale /= 10;
            total += i128::from(digit - b'0') * scale;
        }
        rest = next;
    }
    // Durations are 64-bit nanoseconds.
    let nanos = i64::try_from(if negative { -total } else { total }).ok()?;
    Some(SignedDuration::from_nanos(nanos))
}

fn format_date(format: &str, time: &Timestamp) -> Result<String, Fault> {
    let mut out = String::new();
    let mut rest = format;
    while let Some(c) = rest.chars().next() {
        if c == '\'' {
            let (literal, after) = quoted(rest).ok_or_else(|| {
                Fault::invalid(
                    0,
                    "a literal begins with an apostrophe that has no counterpart",
                )
                .hint("Write an apostrophe itself as two.")
            })?;
            out.push_str(&literal);
            rest = after;
        } else if c.is_ascii_alphabetic() {
            let end = rest.find(|o| o != c).unwrap_or(rest.len());
            let (verb, after) = rest.split_at(end);
            out.push_str(&verb_text(verb, time)?);
            rest = after;
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    Ok(out)
}

/// A literal between apostrophes and what follows it; `''` is one apostrophe, within a literal and without.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('\'')?;
    if let Some(after) = rest.strip_prefix('\'') {
        return Some(("'".into(), after));
    }
    let mut literal = String::new();
    loop {
        let end = rest.find('\'')?;
        literal.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('\'') {
            Some(after) => {
                literal.push('\'');
                rest = after;
            }
            None => return Some((literal, rest)),
        }
    }
}

fn verb_text(verb: &str, time: &Timestamp) -> Result<String, Fault> {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let t = &time.local;
    let month = MONTHS[usize::from(t.month().unsigned_abs().saturating_sub(1)).min(11)];
    let day = match t.weekday() {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    };
    let hour12 = match t.hour() % 12 {
        0 => 12,
        h => h,
    };
    let (am, utc) = (t.hour() < 12, time.offset_minutes == 0);
    Ok(match verb {
        "YYYY" => format!("{:04}", t.year()),
        "YY" => format!("{:02}", t.year() % 100),
        "MMMM" => month.into(),
        "MMM" => month[..3].into(),
        "MM" => format!("{:02}", t.month()),
        "M" => t.month().to_string(),
        "DD" => format!("{:02}", t.day()),
        "D" => t.day().to_string(),
        "EEEE" => day.into(),
        "EEE" => day[..3].into(),
        "hh" => format!("{:02}", t.hour()),
        "h" => t.hour().to_string(),
        "HH" => format!("{hour12:02}"),
        "H" => hour12.to_string(),
        "AA" => if am { "AM" } else { "PM" }.into(),
        "aa" => if am { "am" } else { "pm" }.into(),
        "mm" => format!("{:02}", t.minute()),
        "m" => t.minute().to_string(),
        "ss" => format!("{:02}", t.second()),
        "s" => t.second().to_string(),
        "ZZZZZ" => time.offset(":"),
        "ZZZ" if utc => "UTC".into(),
        "ZZZ" | "ZZZZ" => time.offset(""),
        "Z" if utc => "Z".into(),
        "Z" => time.offset(":"),
        _ => {
            return Err(
                Fault::invalid(0, "the format has letters that mean nothing")
                    .about(format!("{verb:?}"))
                    .hint("Put letters that stand for themselves between apostrophes."),
            );
        }
    })
}
