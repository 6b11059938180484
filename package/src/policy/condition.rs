//! Operators and keys of conditions.

/// What an operator compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Text,
    Number,
    Date,
    Boolean,
    Address,
    Other,
}

/// Operator, what it compares, and how it reads between a key and a value.
const OPERATORS: [(&str, Comparison, &str); 24] = [
    ("string_equal", Comparison::Text, "is"),
    ("string_not_equal", Comparison::Text, "is not"),
    (
        "string_equal_ignore_case",
        Comparison::Text,
        "is, whatever the case,",
    ),
    (
        "string_not_equal_ignore_case",
        Comparison::Text,
        "is not, whatever the case,",
    ),
    ("string_like", Comparison::Text, "is like"),
    ("string_not_like", Comparison::Text, "is not like"),
    ("numeric_equal", Comparison::Number, "is"),
    ("numeric_not_equal", Comparison::Number, "is not"),
    ("numeric_less_than", Comparison::Number, "is less than"),
    ("numeric_less_than_equal", Comparison::Number, "is at most"),
    ("numeric_greater_than", Comparison::Number, "is more than"),
    (
        "numeric_greater_than_equal",
        Comparison::Number,
        "is at least",
    ),
    ("date_equal", Comparison::Date, "is"),
    ("date_not_equal", Comparison::Date, "is not"),
    ("date_less_than", Comparison::Date, "is before"),
    (
        "date_less_than_equal",
        Comparison::Date,
        "is not later than",
    ),
    ("date_greater_than", Comparison::Date, "is after"),
    (
        "date_greater_than_equal",
        Comparison::Date,
        "is not earlier than",
    ),
    ("bool_equal", Comparison::Boolean, "is"),
    ("binary_equal", Comparison::Other, "is"),
    ("ip_equal", Comparison::Address, "is in"),
    ("ip_not_equal", Comparison::Address, "is not in"),
    ("null_equal", Comparison::Boolean, "is missing:"),
    ("null_not_equal", Comparison::Boolean, "is not missing:"),
];

/// Before an operator: how many of a key's values have to fit.
const ANY: &str = "for_any_value:";
const ALL: &str = "for_all_value:";

/// After an operator: the condition holds where the key is not there.
const IF_EXIST: &str = "_if_exist";

/// The keys that every product knows.
pub(super) const GENERAL_KEYS: [&str; 8] = [
    "qcs:current_time",
    "qcs:ip",
    "qcs:multi_factor_auth",
    "qcs:request_tag",
    "qcs:resource_tag",
    "qcs:sts_source_identity",
    "qcs:tag",
    "qcs:uin",
];

/// An operator taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) comparison: Comparison,
    pub(super) words: &'static str,
    /// "one of", "every" or nothing.
    pub(super) quantity: &'static str,
    pub(super) if_exist: bool,
}

impl Operator {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (quantity, rest) = if let Some(rest) = text.strip_prefix(ANY) {
            ("one of ", rest)
        } else if let Some(rest) = text.strip_prefix(ALL) {
            ("every ", rest)
        } else {
            ("", text)
        };
        let name = rest.strip_suffix(IF_EXIST).unwrap_or(rest);
        let found = OPERATORS.iter().find(|o| o.0 == name)?;
        Some(Self {
            comparison: found.1,
            words: found.2,
            quantity,
            if_exist: name.len() < rest.len(),
        })
    }

    /// The operator that a misspelt one may mean.
    pub(super) fn nearest(text: &str) -> Option<String> {
        let (prefix, rest) = match text.rfind(':') {
            Some(i) => text.split_at(i + 1),
            None => ("", text),
        };
        let name = rest.strip_suffix(IF_EXIST).unwrap_or(rest);
        let near = cloudapp_lang::diagnostic::nearest(name, OPERATORS.map(|o| o.0))?;
        let prefix = match prefix {
            "" => "",
            p => cloudapp_lang::diagnostic::nearest(p, [ANY, ALL])?,
        };
        Some(format!("{prefix}{near}{}", &rest[name.len()..]))
    }
}

impl Comparison {
    /// What is wrong with a value, as a clause; nothing where it may stand there.
    pub(super) fn fault(self, text: &str) -> Option<&'static str> {
        let ok = match self {
            Comparison::Number => text.parse::<f64>().is_ok(),
            Comparison::Boolean => matches!(text, "true" | "false"),
            Comparison::Address => is_address(text),
            Comparison::Date => is_date(text),
            Comparison::Text | Comparison::Other => true,
        };
        (!ok).then_some(match self {
            Comparison::Number => "a number",
            Comparison::Boolean => "true or false",
            Comparison::Address => "an address or a range of addresses, such as 10.0.0.0/16",
            _ => "a time, such as 2026-01-31T00:00:00Z",
        })
    }
}

fn is_address(text: &str) -> bool {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let Ok(address) = address.parse::<std::net::IpAddr>() else {
        return false;
    };
    let longest = if address.is_ipv4() { 32 } else { 128 };
    length.is_none_or(|l| l.parse::<u8>().is_ok_and(|l| l <= longest))
}

/// `2026-01-31T00:00:00Z`, by its shape; without a time, too.
fn is_date(text: &str) -> bool {
    let Some((date, rest)) = text.split_at_checked(10) else {
        return false;
    };
    let shape = date.bytes().enumerate().all(|(i, b)| match i {
        4 | 7 => b == b'-',
        _ => b.is_ascii_digit(),
    });
    shape && (rest.is_empty() || rest.starts_with(['T', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_have_a_quantity_and_a_condition_of_being() {
        for (text, quantity, if_exist) in [
            ("string_equal", "", false),
            ("for_any_value:string_equal", "one of ", false),
            ("for_all_value:ip_equal_if_exist", "every ", true),
        ] {
            let found = Operator::parse(text).map(|o| (o.quantity, o.if_exist));
            assert_eq!(found, Some((quantity, if_exist)), "{text}");
        }
        assert_eq!(Operator::parse("string_equals"), None);
        assert_eq!(
            Operator::nearest("for_any_values:string_equals").as_deref(),
            Some("for_any_value:string_equal")
        );
    }

    #[test]
    fn values_have_the_form_that_the_operator_compares() {
        for (comparison, good, bad) in [
            (Comparison::Number, "1.5", "a"),
            (Comparison::Boolean, "true", "yes"),
            (Comparison::Address, "10.0.0.0/16", "10.0.0.0/33"),
            (Comparison::Address, "::1", "10.0.0"),
            (Comparison::Date, "2026-01-31T00:00:00Z", "tomorrow"),
            (Comparison::Date, "2026-01-31", "2026年1月31日"),
        ] {
            assert_eq!(comparison.fault(good), None, "{good}");
            assert!(comparison.fault(bad).is_some(), "{bad}");
        }
    }
}
