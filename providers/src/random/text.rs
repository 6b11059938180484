//! Random texts: so many characters of each kind at least, the rest of any kind, in random order.

use cloudapp_lang::{Number, Value};

use super::source::Source;

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";
/// What `override_special` replaces.
const SPECIAL: &str = "!@#$%&*()-_=+[]{}<>:?";

/// The characters of a text, kind by kind, with how many of each there must be.
pub(super) struct Alphabet(Vec<(Vec<char>, usize)>);

impl Alphabet {
    /// Of a planned `random_password` or `random_string`.
    pub(super) fn of(planned: &Value) -> Self {
        let special = planned
            .get("override_special")
            .and_then(Value::as_str)
            .filter(|s| !s.is_empty())
            .unwrap_or(SPECIAL);
        let kinds = [
            ("lower", "min_lower", LOWER),
            ("upper", "min_upper", UPPER),
            ("numeric", "min_numeric", DIGITS),
            ("special", "min_special", special),
        ];
        let least = |name| {
            planned
                .get(name)
                .and_then(Value::as_number)
                .and_then(Number::as_usize)
                .unwrap_or(0)
        };
        let is_on = |name| planned.get(name).and_then(Value::as_bool) != Some(false);
        // A minimum counts even for a kind that is switched off.
        let wanted = kinds.into_iter().map(|(switch, min, chars)| {
            let least = least(min);
            (
                if is_on(switch) || least > 0 {
                    chars.chars().collect()
                } else {
                    Vec::new()
                },
                least,
            )
        });
        Self(wanted.filter(|(chars, _)| !chars.is_empty()).collect())
    }

    pub(super) fn draw(
        &self,
        length: usize,
        source: &mut Source,
    ) -> Result<String, getrandom::Error> {
        let mut out: Vec<char> = Vec::with_capacity(length);
        for (chars, least) in &self.0 {
            for _ in 0..*least {
                out.push(chars[source.index(chars.len())?]);
            }
        }
        let all: Vec<char> = self
            .0
            .iter()
            .flat_map(|(chars, _)| chars.iter().copied())
            .collect();
        while out.len() < length && !all.is_empty() {
            out.push(all[source.index(all.len())?]);
        }
        source.shuffle(&mut out)?;
        Ok(out.into_iter().collect())
    }
}
