//! Checks arguments, as far as they are known.

use cloudapp_engine::provider::ProviderDiagnostic;
use cloudapp_lang::{Path, Severity, Value};

use super::whole;

fn error(
    code: &'static str,
    summary: &'static str,
    name: &str,
    detail: String,
    hint: &str,
) -> ProviderDiagnostic {
    let path = if name.is_empty() {
        Path::root()
    } else {
        Path::attr(name)
    };
    ProviderDiagnostic {
        severity: Severity::Error,
        code,
        summary,
        detail,
        hint: hint.into(),
        path,
    }
}

/// All findings about a configuration.
pub(super) fn validate(kind: &str, config: &Value) -> Vec<ProviderDiagnostic> {
    let mut found = Vec::new();
    let number = |name: &str| config.get(name).and_then(Value::as_number);
    let lengths: &[(&str, i64)] = match kind {
        "random_id" => &[("byte_length", 1)],
        "random_bytes" => &[("length", 1)],
        "random_password" | "random_string" => &[
            ("length", 1),
            ("min_lower", 0),
            ("min_numeric", 0),
            ("min_special", 0),
            ("min_upper", 0),
        ],
        "random_pet" => &[("length", 1)],
        "random_shuffle" => &[("result_count", 0)],
        _ => &[],
    };
    for (name, least) in lengths {
        let Some(n) = number(name) else { continue };
        if n.as_i64().is_none_or(|n| n < *least || n > 1 << 20) {
            let detail = format!(
                "`{name}` must be a whole number from {least} to {} and is {n}.",
                1 << 20
            );
            found.push(error(
                "out-of-range",
                "Number out of range",
                name,
                detail,
                "Choose a number within the range.",
            ));
        }
    }
    if kind == "random_integer"
        && let (Some(min), Some(max)) = (number("min"), number("max"))
        && min > max
    {
        let detail = format!("`max` must not be below `min`; they are {max} and {min}.");
        found.push(error(
            "out-of-range",
            "Number out of range",
            "max",
            detail,
            "Swap the two, or raise `max`.",
        ));
    }
    if matches!(kind, "random_password" | "random_string") && found.is_empty() {
        found.extend(validate_text(config));
    }
    found
}

fn validate_text(config: &Value) -> Vec<ProviderDiagnostic> {
    let mut found = Vec::new();
    let least = ["min_lower", "min_numeric", "min_special", "min_upper"];
    let sum: i64 = least.iter().filter_map(|n| whole(config, n)).sum();
    if let Some(length) = whole(config, "length").filter(|length| *length < sum) {
        let detail = format!(
            "`length` is {length}, less than the {sum} characters that the minimums ask for together."
        );
        found.push(error(
            "out-of-range",
            "Number out of range",
            "length",
            detail,
            "Raise `length` or lower the minimums.",
        ));
    }
    let is_off = |name: &str| config.get(name).and_then(Value::as_bool) == Some(false);
    if ["upper", "lower", "special"].iter().all(|n| is_off(n))
        && (is_off("numeric") || is_off("number"))
    {
        let detail = "All kinds of characters are switched off, so there is nothing to draw from."
            .to_owned();
        found.push(error(
            "missing-alternative",
            "One of several arguments is missing",
            "",
            detail,
            "Allow one kind of characters.",
        ));
    }
    let twins = (
        config.get("number").and_then(Value::as_bool),
        config.get("numeric").and_then(Value::as_bool),
    );
    if let (Some(a), Some(b)) = twins
        && a != b
    {
        let detail =
            "`number` and `numeric` are two names for one switch and have different values."
                .to_owned();
        found.push(error(
            "conflicting-arguments",
            "Arguments exclude each other",
            "number",
            detail,
            "Remove `number`.",
        ));
    }
    found
}
