//! Rules for single values: what is allowed, said so that a person knows what to write instead.

use std::net::IpAddr;
use std::sync::OnceLock;

use cloudapp_lang::diagnostic::nearest;
use cloudapp_lang::value::Kind;
use cloudapp_lang::{Number, Value};
use regex::Regex;
use serde_json::Value as Json;

/// A rule for a value.
#[derive(Debug)]
pub(crate) enum Rule {
    In {
        allowed: Vec<String>,
        ignore_case: bool,
    },
    Range {
        min: Option<i64>,
        max: Option<i64>,
    },
    Length {
        min: Option<u64>,
        max: Option<u64>,
    },
    Pattern {
        text: String,
        compiled: OnceLock<Option<Regex>>,
    },
    Port,
    PortRange,
    Ip,
    Cidr,
    CidrOrIp,
    NotEmpty,
    NoUppercase,
    Prefix(Vec<String>),
    Suffix(Vec<String>),
    Contains(Vec<String>),
    Password {
        min: u64,
        max: u64,
        specials: String,
    },
    Json,
    IsRegex,
    NumberString,
    /// A Go layout.
    Time(String),
    Date,
    Rfc3339,
    MapHasNonempty(Vec<String>),
    All(Vec<Rule>),
    Any(Vec<Rule>),
    /// A function of the provider that is only named; a few are known here by what they accept.
    Custom(String),
}

/// Why a value breaks a rule: a stable code, the fact, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) code: &'static str,
    pub(crate) summary: &'static str,
    /// A clause that follows "but" or stands alone: "must be one of a, b".
    pub(crate) must: String,
    pub(crate) hint: String,
}

impl Rule {
    /// Reads `["in", ["a", "b"]]` and its like; none for what is not a rule.
    pub(crate) fn from_json(json: &Json) -> Option<Rule> {
        let parts = json.as_array()?;
        let rest = &parts[1..];
        let texts =
            |j: &Json| -> Vec<String> { j.as_array().into_iter().flatten().map(text_of).collect() };
        let all_texts = || rest.iter().map(text_of).collect::<Vec<_>>();
        let at = |i: usize| rest.get(i).unwrap_or(&Json::Null);
        Some(match parts.first()?.as_str()? {
            "in" => Rule::In {
                allowed: texts(at(0)),
                ignore_case: false,
            },
            "in_ci" => Rule::In {
                allowed: texts(at(0)),
                ignore_case: true,
            },
            "range" => Rule::Range {
                min: at(0).as_i64(),
                max: at(1).as_i64(),
            },
            "len" => Rule::Length {
                min: at(0).as_u64(),
                max: at(1).as_u64(),
            },
            "re" => Rule::Pattern {
                text: text_of(at(0)),
                compiled: OnceLock::new(),
            },
            "port" => Rule::Port,
            "port_range" => Rule::PortRange,
            "ip" => Rule::Ip,
            "cidr" => Rule::Cidr,
            "cidr_or_ip" => Rule::CidrOrIp,
            "not_empty" => Rule::NotEmpty,
            "no_uppercase" => Rule::NoUppercase,
            "prefix" => Rule::Prefix(all_texts()),
            "suffix" => Rule::Suffix(all_texts()),
            "contains" => Rule::Contains(all_texts()),
            "password" => Rule::Password {
                min: at(0).as_u64()?,
                max: at(1).as_u64()?,
                specials: at(2).as_str()?.to_owned(),
            },
            "json" => Rule::Json,
            "is_regex" => Rule::IsRegex,
            "number_string" => Rule::NumberString,
            "time" => Rule::Time(text_of(at(0))),
            "date" => Rule::Date,
            "rfc3339" => Rule::Rfc3339,
            "map_has_nonempty" => Rule::MapHasNonempty(all_texts()),
            "all" => Rule::All(rest.iter().filter_map(Rule::from_json).collect()),
            "any" => Rule::Any(rest.iter().filter_map(Rule::from_json).collect()),
            name => Rule::Custom(rest.first().map_or_else(|| name.to_owned(), text_of)),
        })
    }

    /// Checks a known value that is not null.
    pub(crate) fn check(&self, value: &Value) -> Result<(), Broken> {
        match self {
            Rule::All(rules) => rules.iter().try_for_each(|r| r.check(value)),
            Rule::Any(rules) => {
                let failures: Vec<Broken> =
                    rules.iter().filter_map(|r| r.check(value).err()).collect();
                if failures.len() < rules.len() || failures.is_empty() {
                    return Ok(());
                }
                let must = failures
                    .iter()
                    .map(|f| f.must.as_str())
                    .collect::<Vec<_>>()
                    .join(", or ");
                Err(broken(
                    "invalid-value",
                    "Value not allowed",
                    must,
                    "Choose a value that fits one of these.",
                ))
            }
            Rule::Range { min, max } => match value.as_number() {
                Some(n) => range(n, *min, *max),
                None => Ok(()),
            },
            Rule::MapHasNonempty(keys) => map_has(value, keys),
            Rule::In {
                allowed,
                ignore_case,
            } => one_of(&text_of_value(value), allowed, *ignore_case),
            Rule::Port => match value.kind() {
                Kind::Number(n) => range(n, Some(0), Some(65535)),
                _ => text_rule(self, &text_of_value(value)),
            },
            _ => match value.as_str() {
                Some(s) => text_rule(self, s),
                None => Ok(()),
            },
        }
    }
}

fn text_of(json: &Json) -> String {
    json.as_str()
        .map_or_else(|| json.to_string(), str::to_owned)
}

fn text_of_value(value: &Value) -> String {
    match value.kind() {
        Kind::String(s) => s.to_string(),
        Kind::Number(n) => n.to_string(),
        Kind::Bool(b) => b.to_string(),
        _ => String::new(),
    }
}

fn broken(
    code: &'static str,
    summary: &'static str,
    must: impl Into<String>,
    hint: impl Into<String>,
) -> Broken {
    Broken {
        code,
        summary,
        must: must.into(),
        hint: hint.into(),
    }
}

fn range(n: &Number, min: Option<i64>, max: Option<i64>) -> Result<(), Broken> {
    let low = min.is_some_and(|m| *n < Number::from(m));
    let high = max.is_some_and(|m| *n > Number::from(m));
    if !low && !high {
        return Ok(());
    }
    let must = match (min, max) {
        (Some(min), Some(max)) => format!("must be between {min} and {max}"),
        (Some(min), None) => format!("must be at least {min}"),
        (None, Some(max)) => format!("must be at most {max}"),
        (None, None) => return Ok(()),
    };
    Err(broken(
        "out-of-range",
        "Number out of range",
        must,
        "Choose a number within the range.",
    ))
}

fn one_of(text: &str, allowed: &[String], ignore_case: bool) -> Result<(), Broken> {
    if allowed
        .iter()
        .any(|a| a == text || ignore_case && a.eq_ignore_ascii_case(text))
    {
        return Ok(());
    }
    let near = nearest(text, allowed.iter().map(String::as_str)).or_else(|| {
        allowed
            .iter()
            .map(String::as_str)
            .find(|a| a.eq_ignore_ascii_case(text))
    });
    let hint = match near {
        Some(near) => format!("Did you mean \"{near}\"?"),
        None => "Use one of the allowed values.".to_owned(),
    };
    let quoted: Vec<_> = allowed.iter().map(|a| format!("\"{a}\"")).collect();
    let must = if quoted.len() == 1 {
        format!("must be {}", quoted[0])
    } else {
        format!("must be one of {}", quoted.join(", "))
    };
    Err(broken("value-not-allowed", "Value not allowed", must, hint))
}

fn map_has(value: &Value, keys: &[String]) -> Result<(), Broken> {
    let missing: Vec<_> = keys
        .iter()
        .filter(|k| match value.get(k) {
            Some(v) => v.is_known() && v.as_str().is_none_or(str::is_empty),
            None => value.is_known(),
        })
        .map(|k| format!("\"{k}\""))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let must = format!("must have a value for {}", missing.join(" and "));
    Err(broken(
        "missing-key",
        "Key missing in map",
        must,
        "Add the keys, each with a text that is not empty.",
    ))
}

/// Rules about texts.
fn text_rule(rule: &Rule, s: &str) -> Result<(), Broken> {
    let format = |ok: bool, must: &str, hint: &str| {
        if ok {
            Ok(())
        } else {
            Err(broken(
                "invalid-format",
                "Value in the wrong format",
                must,
                hint,
            ))
        }
    };
    match rule {
        Rule::Length { min, max } => length(s, *min, *max),
        Rule::Pattern { text, compiled } => match compiled.get_or_init(|| Regex::new(text).ok()) {
            Some(re) if !re.is_match(s) => format(
                false,
                &format!("must match the pattern `{text}`"),
                "Change the value so that it matches.",
            ),
            _ => Ok(()),
        },
        Rule::Port => {
            let ok = s.parse::<u16>().is_ok();
            format(
                ok,
                "must be a port number from 0 to 65535",
                "Give one port, such as \"443\".",
            )
        }
        Rule::PortRange => format(
            is_port_range(s),
            "must be a port or a range of ports",
            "Write \"80\" or \"8000-8080\".",
        ),
        Rule::Ip => format(
            s.parse::<IpAddr>().is_ok(),
            "must be an IP address",
            "Write an address such as \"10.0.0.8\".",
        ),
        Rule::Cidr => cidr(s),
        Rule::CidrOrIp => {
            if s.parse::<IpAddr>().is_ok() {
                Ok(())
            } else {
                cidr(s)
            }
        }
        Rule::NotEmpty => format(
            !s.is_empty(),
            "must not be empty",
            "Give a text, or leave the argument out.",
        ),
        Rule::NoUppercase => format(
            !s.chars().any(char::is_uppercase),
            "must not contain capital letters",
            "Write it in small letters.",
        ),
        Rule::Prefix(p) => {
            let ok = p.iter().any(|p| s.starts_with(p.as_str()));
            format(
                ok,
                &format!("must begin with {}", either(p)),
                "Change how the value begins.",
            )
        }
        Rule::Suffix(p) => {
            let ok = p.iter().any(|p| s.ends_with(p.as_str()));
            format(
                ok,
                &format!("must end with {}", either(p)),
                "Change how the value ends.",
            )
        }
        Rule::Contains(p) => {
            let ok = p.iter().all(|p| s.contains(p.as_str()));
            format(
                ok,
                &format!("must contain {}", either(p)),
                "Change the value so that it does.",
            )
        }
        Rule::Password { min, max, specials } => password(s, *min, *max, specials),
        Rule::Json => {
            let ok = serde_json::from_str::<serde::de::IgnoredAny>(s).is_ok();
            format(ok, "must be JSON", "Use jsonencode() to make it.")
        }
        Rule::IsRegex => format(
            Regex::new(s).is_ok(),
            "must be a regular expression",
            "Correct the expression.",
        ),
        Rule::NumberString => format(
            Number::parse(s).is_some(),
            "must be a number written as a text",
            "Write digits, such as \"0.5\".",
        ),
        Rule::Time(layout) => {
            let ok = matches_layout(s, layout);
            format(
                ok,
                &format!("must be a time written like \"{layout}\""),
                "Write the time in this form.",
            )
        }
        Rule::Date => format(
            matches_layout(s, "2006-01-02"),
            "must be a date",
            "Write the date as year-month-day: \"2030-12-31\".",
        ),
        Rule::Rfc3339 => {
            let ok = s.parse::<jiff::Timestamp>().is_ok();
            format(
                ok,
                "must be a time with a zone",
                "Write it like \"2030-12-31T08:00:00+08:00\".",
            )
        }
        Rule::Custom(name) => custom(name, s),
        _ => Ok(()),
    }
}

fn either(of: &[String]) -> String {
    of.iter()
        .map(|p| format!("\"{p}\""))
        .collect::<Vec<_>>()
        .join(" or ")
}

fn length(s: &str, min: Option<u64>, max: Option<u64>) -> Result<(), Broken> {
    let n = s.chars().count() as u64;
    if min.is_none_or(|m| n >= m) && max.is_none_or(|m| n <= m) {
        return Ok(());
    }
    let must = match (min, max) {
        (Some(min), Some(max)) => {
            format!("must have between {min} and {max} characters and has {n}")
        }
        (Some(min), None) => format!("must have at least {min} characters and has {n}"),
        (_, max) => format!(
            "must have at most {} characters and has {n}",
            max.unwrap_or(0)
        ),
    };
    let hint = if min.is_some_and(|m| n < m) {
        "Give a longer text."
    } else {
        "Give a shorter text."
    };
    Err(broken(
        "wrong-length",
        "Text of the wrong length",
        must,
        hint,
    ))
}

fn is_port_range(s: &str) -> bool {
    let mut ends = s.splitn(2, '-').map(|p| p.trim().parse::<u16>());
    match (ends.next(), ends.next()) {
        (Some(Ok(_)), None) => true,
        (Some(Ok(low)), Some(Ok(high))) => low <= high,
        _ => false,
    }
}

/// A network: the address must be the network's own, as the provider demands.
fn cidr(s: &str) -> Result<(), Broken> {
    let network = s
        .split_once('/')
        .and_then(|(ip, bits)| Some((ip.parse::<IpAddr>().ok()?, bits.parse::<u32>().ok()?)));
    let (must, hint) = match network {
        Some((IpAddr::V4(ip), bits)) if bits <= 32 => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            let first = std::net::Ipv4Addr::from(u32::from(ip) & mask);
            if first == ip {
                return Ok(());
            }
            (
                "must be the address of a network, without bits after the prefix",
                format!("Write \"{first}/{bits}\"."),
            )
        }
        Some((IpAddr::V6(_), bits)) if bits <= 128 => return Ok(()),
        _ => (
            "must be a network in CIDR notation",
            "Write a network such as \"10.0.0.0/16\".".to_owned(),
        ),
    };
    Err(broken(
        "invalid-format",
        "Value in the wrong format",
        must,
        hint,
    ))
}

fn password(s: &str, min: u64, max: u64, specials: &str) -> Result<(), Broken> {
    length(s, Some(min), Some(max))?;
    let kinds = [
        s.chars().any(|c| c.is_ascii_alphabetic()),
        s.chars().any(|c| c.is_ascii_digit()),
        s.chars().any(|c| specials.contains(c)),
    ];
    let other = s
        .chars()
        .find(|c| !c.is_ascii_alphanumeric() && !specials.contains(*c));
    if other.is_none() && kinds.iter().filter(|k| **k).count() >= 2 {
        return Ok(());
    }
    let must = format!(
        "must mix at least two of letters, digits and {specials}, and contain nothing else"
    );
    Err(broken(
        "weak-password",
        "Password not allowed",
        must,
        "Choose another password.",
    ))
}

/// Whether a text has the form of a Go time layout: digits where the layout has digits, all else the same.
fn matches_layout(s: &str, layout: &str) -> bool {
    s.len() == layout.len()
        && s.bytes()
            .zip(layout.bytes())
            .all(|(a, b)| a == b || a.is_ascii_digit() && b.is_ascii_digit())
}

/// What is known of the provider's own functions.
fn custom(name: &str, s: &str) -> Result<(), Broken> {
    let format = |must: &str, hint: &str| {
        Err(broken(
            "invalid-format",
            "Value in the wrong format",
            must,
            hint,
        ))
    };
    if name.contains("ResourceTencentCloudSecurityGroupRule") {
        let ok = s.eq_ignore_ascii_case("all") || s.split(',').all(|p| is_port_range(p.trim()));
        return if ok {
            Ok(())
        } else {
            format(
                "must be ALL, ports, or a range of ports",
                "Write \"80,443\" or \"8000-8080\".",
            )
        };
    }
    if name.contains("SslCertificate.func")
        && !s.is_empty()
        && !s.trim_start().starts_with("-----BEGIN ")
    {
        return format(
            "must be in PEM form",
            "Give the text that begins with \"-----BEGIN\".",
        );
    }
    if name.contains("MysqlPrivilege") && s == "root" {
        return format("must not be root", "Grant privileges to another account.");
    }
    if name.contains("GaapHttpRule.func1") && !s.starts_with('/') {
        return format(
            "must begin with \"/\"",
            "Write the path from its first slash.",
        );
    }
    Ok(())
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a failed test should stop where it fails"
)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(rule: Json, value: Value) -> &'static str {
        Rule::from_json(&rule)
            .unwrap()
            .check(&value)
            .err()
            .map_or("", |b| b.code)
    }

    #[test]
    fn every_kind_of_rule() {
        let text = |s: &str| Value::string(s);
        let cases: Vec<(Json, Value, &str)> = vec![
            (json!(["in", ["A", "B"]]), text("A"), ""),
            (json!(["in", ["A", "B"]]), text("a"), "value-not-allowed"),
            (json!(["in_ci", ["A", "B"]]), text("a"), ""),
            (json!(["in", [0, 1]]), Value::number(1), ""),
            (json!(["in", [0, 1]]), Value::number(2), "value-not-allowed"),
            (json!(["range", 1, 5]), Value::number(5), ""),
            (json!(["range", 1, 5]), Value::number(6), "out-of-range"),
            (json!(["range", null, 5]), Value::number(-9), ""),
            (json!(["range", 1, null]), Value::number(0), "out-of-range"),
            (json!(["len", 2, 3]), text("日本"), ""),
            (json!(["len", 2, 3]), text("a"), "wrong-length"),
            (
                json!(["all", ["len", 1, 3], ["re", "^[a-z]+$"]]),
                text("ab1"),
                "invalid-format",
            ),
            (
                json!(["any", ["range", 30, 3600], ["in", [0]]]),
                Value::number(0),
                "",
            ),
            (
                json!(["any", ["range", 30, 3600], ["in", [0]]]),
                Value::number(7),
                "invalid-value",
            ),
            (json!(["port"]), Value::number(65536), "out-of-range"),
            (json!(["port_range"]), text("90-80"), "invalid-format"),
            (json!(["ip"]), text("10.0.0.256"), "invalid-format"),
            (json!(["ip"]), text("::1"), ""),
            (json!(["cidr"]), text("10.0.0.0/8"), ""),
            (json!(["cidr"]), text("10.0.0.1/8"), "invalid-format"),
            (json!(["cidr"]), text("10.0.0.0/33"), "invalid-format"),
            (json!(["cidr_or_ip"]), text("10.0.0.1"), ""),
            (json!(["not_empty"]), text(""), "invalid-format"),
            (json!(["prefix", "CDH_"]), text("S5"), "invalid-format"),
            (json!(["suffix", ".zip", ".jar"]), text("a.jar"), ""),
            (json!(["contains", "."]), text("S5.SMALL1"), ""),
            (
                json!(["password", 8, 16, "!@"]),
                text("abcdefgh"),
                "weak-password",
            ),
            (json!(["password", 8, 16, "!@"]), text("abcdefg1"), ""),
            (json!(["json"]), text("{"), "invalid-format"),
            (json!(["json"]), text("{\"a\": 1}"), ""),
            (
                json!(["time", "2006-01-02 15:04:05"]),
                text("2030-01-01 00:00:00"),
                "",
            ),
            (
                json!(["time", "2006-01-02 15:04:05"]),
                text("2030-01-01"),
                "invalid-format",
            ),
            (json!(["rfc3339"]), text("2030-01-01T00:00:00+08:00"), ""),
            (json!(["number_string"]), text("x"), "invalid-format"),
            (
                json!([
                    "custom",
                    "vpc.ResourceTencentCloudSecurityGroupRule.func1 x"
                ]),
                text("80,443,8000-8080"),
                "",
            ),
            (
                json!([
                    "custom",
                    "vpc.ResourceTencentCloudSecurityGroupRule.func1 x"
                ]),
                text("http"),
                "invalid-format",
            ),
        ];
        for (rule, value, expected) in cases {
            let shown = format!("{rule} {value:?}");
            assert_eq!(check(rule, value), expected, "{shown}");
        }
    }

    #[test]
    fn a_near_miss_is_suggested() {
        let rule = Rule::from_json(&json!(["in", ["POSTPAID", "PREPAID"]])).unwrap();
        let broken = rule.check(&Value::string("POSTPAI")).unwrap_err();
        assert_eq!(broken.hint, "Did you mean \"POSTPAID\"?");
    }
}
