//! Version constraints, such as `>= 1.3, < 2.0` or `~> 1.5`.

use std::cmp::Ordering;

/// The version of the language that this engine implements, which `required_version` speaks of.
pub(super) const LANGUAGE: &str = "1.11.4";

/// A version: numbers, and the identifiers after a hyphen that make it come before the release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Version {
    numbers: [u64; 3],
    /// How many numbers were written.
    written: usize,
    pre: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    /// The last number written may grow.
    Pessimistic,
}

/// All of these must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Constraints(Vec<(Operator, Version)>);

impl Version {
    /// `1.2.3-beta.1+build`: one to three numbers. What follows a plus sign means nothing.
    pub(super) fn parse(text: &str) -> Option<Version> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let (text, build) = text.split_once('+').unwrap_or((text, "0"));
        let (numbers, pre) = match text.split_once('-') {
            Some((n, p)) => (n, Some(p)),
            None => (text, None),
        };
        let identifiers = |t: &str| {
            let ok = |i: &str| {
                !i.is_empty() && i.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            };
            t.split('.').all(ok)
        };
        if !identifiers(build) || !pre.is_none_or(identifiers) {
            return None;
        }
        let mut out = Version {
            numbers: [0; 3],
            written: 0,
            pre: pre
                .map(|p| p.split('.').map(str::to_owned).collect())
                .unwrap_or_default(),
        };
        for n in numbers.split('.') {
            if n.is_empty() || !n.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            *out.numbers.get_mut(out.written)? = n.parse().ok()?;
            out.written += 1;
        }
        Some(out)
    }

    /// By the rules of Semantic Versioning.
    fn order(&self, other: &Version) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| {
            match (self.pre.is_empty(), other.pre.is_empty()) {
                (true, true) => Ordering::Equal,
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => order_pre(&self.pre, &other.pre),
            }
        })
    }
}

fn order_pre(a: &[String], b: &[String]) -> Ordering {
    for (x, y) in a.iter().zip(b) {
        let order = match (x.parse::<u64>(), y.parse::<u64>()) {
            (Ok(x), Ok(y)) => x.cmp(&y),
            (Ok(_), Err(_)) => Ordering::Less,
            (Err(_), Ok(_)) => Ordering::Greater,
            (Err(_), Err(_)) => x.cmp(y),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    a.len().cmp(&b.len())
}

impl Constraints {
    /// The constraints of a list with commas; the text of the first that is none otherwise.
    pub(super) fn parse(text: &str) -> Result<Constraints, &str> {
        text.split(',')
            .map(|part| {
                let part = part.trim();
                constraint(part).ok_or(part)
            })
            .collect::<Result<_, _>>()
            .map(Constraints)
    }

    pub(super) fn allow(&self, version: &Version) -> bool {
        self.0.iter().all(|(o, v)| holds(version, *o, v))
    }
}

fn constraint(text: &str) -> Option<(Operator, Version)> {
    let split = text.find(|c: char| !"<>=!~".contains(c))?;
    let operator = match &text[..split] {
        "" | "=" => Operator::Equal,
        "!=" => Operator::NotEqual,
        ">" => Operator::Greater,
        ">=" => Operator::GreaterOrEqual,
        "<" => Operator::Less,
        "<=" => Operator::LessOrEqual,
        "~>" => Operator::Pessimistic,
        _ => return None,
    };
    Version::parse(text[split..].trim()).map(|v| (operator, v))
}

fn holds(version: &Version, operator: Operator, bound: &Version) -> bool {
    let order = version.order(bound);
    match operator {
        Operator::Equal => order.is_eq(),
        Operator::NotEqual => order.is_ne(),
        Operator::Greater => order.is_gt(),
        Operator::GreaterOrEqual => order.is_ge(),
        Operator::Less => order.is_lt(),
        Operator::LessOrEqual => order.is_le(),
        // `~> 1` and `~> 1.5` keep the first number, `~> 1.5.2` the first two.
        Operator::Pessimistic => {
            let kept = bound.written.saturating_sub(1).max(1);
            order.is_ge() && version.numbers[..kept] == bound.numbers[..kept]
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn constraints_hold_or_not() {
        for (text, version, want) in [
            ("1.11.4", "1.11.4", true),
            ("= 1.11", "1.11.0", true),
            ("!= 1.11.4", "1.11.4", false),
            (">= 1.3, < 2.0.0", "1.11.4", true),
            (">= 1.3,<1.5", "1.11.4", false),
            ("~> 1.5", "1.11.4", true),
            ("~> 1.5.0", "1.11.4", false),
            ("~> 1.11.4", "1.11.4", true),
            ("~> 1.11.5", "1.11.4", false),
            ("~> 1", "1.11.4", true),
            ("~> 2", "1.11.4", false),
            ("> 1.0.0-beta.2", "1.0.0-beta.11", true),
            ("< 1.0.0", "1.0.0-rc1", true),
            ("<= 1.11.3", "1.11.4", false),
            (">v1.2", "1.11.4", true),
        ] {
            let c = Constraints::parse(text).unwrap();
            assert_eq!(c.allow(&Version::parse(version).unwrap()), want, "{text}");
        }
    }

    #[test]
    fn what_is_no_constraint() {
        for text in [
            "", "abc", ">= ", "=> 1.0", "1.2.3.4", "1..2", ">= 1, ", "1.x", "~> 1.0-",
        ] {
            assert!(Constraints::parse(text).is_err(), "{text}");
        }
    }
}
