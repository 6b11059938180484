//! Functions of strings. What people see as one character is one grapheme cluster here.

use unicode_segmentation::UnicodeSegmentation;

use super::arguments::{part_count, string, text, text_size, whole};
use super::regex_dialect::compile;
use super::signature::{Fault, Function, Parameter, Returns, Shape};
use super::{Functions, unknown_result};
use crate::value::{Kind, Type, Value};

const BOOL: Returns = Returns::Is(Shape::Bool);
const STRING: Returns = Returns::Is(Shape::String);
const STRINGS: Returns = Returns::Is(Shape::List(&Shape::String));
const STR: &[Parameter] = &[Parameter::string("str")];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "chomp",
        "A string without the newlines at its end.",
        STR,
        STRING,
        |_, a| string(text(a, 0).trim_end_matches(['\n', '\r'])),
    ),
    Function::new(
        "endswith",
        "Whether a string ends with another.",
        &[Parameter::string("str"), Parameter::string("suffix")],
        BOOL,
        |_, a| Ok(Value::bool(text(a, 0).ends_with(text(a, 1)))),
    ),
    Function::new(
        "indent",
        "A string with spaces in front of all lines but the first.",
        &[Parameter::number("spaces"), Parameter::string("str")],
        STRING,
        indent,
    )
    .blames_call(),
    Function::new(
        "join",
        "The elements of lists in one string, with a separator between them.",
        &[Parameter::string("separator")],
        STRING,
        join,
    )
    .variadic(Parameter::new("lists", Shape::List(&Shape::String))),
    Function::new(
        "lower",
        "A string in small letters.",
        STR,
        STRING,
        |_, a| {
            // One letter for one letter, without the special cases that change the number of letters.
            string(
                text(a, 0)
                    .chars()
                    .map(|c| c.to_lowercase().next().unwrap_or(c))
                    .collect::<String>(),
            )
        },
    ),
    Function::new(
        "replace",
        "A string with all occurrences of another replaced; a search string between slashes is a regular expression.",
        &[
            Parameter::string("str"),
            Parameter::string("substr"),
            Parameter::string("replace"),
        ],
        STRING,
        replace,
    )
    .blames_call(),
    Function::new(
        "split",
        "The parts of a string between separators.",
        &[Parameter::string("separator"), Parameter::string("str")],
        STRINGS,
        split,
    ),
    Function::new(
        "startswith",
        "Whether a string begins with another.",
        &[
            Parameter::string("str").unknown(),
            Parameter::string("prefix"),
        ],
        BOOL,
        startswith,
    ),
    Function::new(
        "strcontains",
        "Whether a string contains another.",
        &[Parameter::string("str"), Parameter::string("substr")],
        BOOL,
        |_, a| Ok(Value::bool(text(a, 0).contains(text(a, 1)))),
    ),
    Function::new(
        "strrev",
        "The characters of a string in reverse.",
        STR,
        STRING,
        |_, a| string(text(a, 0).graphemes(true).rev().collect::<String>()),
    ),
    Function::new(
        "substr",
        "A part of a string, by its first character and its length.",
        &[
            Parameter::string("str"),
            Parameter::number("offset"),
            Parameter::number("length"),
        ],
        STRING,
        substr,
    )
    .blames_call(),
    Function::new(
        "title",
        "A string with the first letter of each word in upper case.",
        STR,
        STRING,
        |_, a| string(title(text(a, 0))),
    ),
    Function::new(
        "trim",
        "A string without any of some characters at its ends.",
        &[Parameter::string("str"), Parameter::string("cutset")],
        STRING,
        |_, a| string(text(a, 0).trim_matches(|c| text(a, 1).contains(c))),
    ),
    Function::new(
        "trimprefix",
        "A string without a prefix, if it has it.",
        &[Parameter::string("str"), Parameter::string("prefix")],
        STRING,
        |_, a| string(text(a, 0).strip_prefix(text(a, 1)).unwrap_or(text(a, 0))),
    ),
    Function::new(
        "trimspace",
        "A string without white space at its ends.",
        STR,
        STRING,
        |_, a| string(text(a, 0).trim()),
    ),
    Function::new(
        "trimsuffix",
        "A string without a suffix, if it has it.",
        &[Parameter::string("str"), Parameter::string("suffix")],
        STRING,
        |_, a| string(text(a, 0).strip_suffix(text(a, 1)).unwrap_or(text(a, 0))),
    ),
    Function::new(
        "upper",
        "A string in capital letters.",
        STR,
        STRING,
        |_, a| string(text(a, 0).chars().map(capital).collect::<String>()),
    ),
];

/// The capital of a letter, where it is one letter: "ß" stays.
fn capital(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(u), None) => u,
        _ => c,
    }
}

fn indent(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let spaces = whole(args, 0)?;
    let spaces = usize::try_from(spaces)
        .ok()
        .filter(|n| *n <= 10_000)
        .ok_or_else(|| Fault::invalid(0, "the number of spaces must be from 0 to 10000"))?;
    let lines = text(args, 1).matches('\n').count();
    text_size([text(args, 1).len(), lines.saturating_mul(spaces)])?;
    string(text(args, 1).replace('\n', &format!("\n{}", " ".repeat(spaces))))
}

fn join(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    if args.len() < 2 {
        return Err(Fault::call(
            "wrong-argument-count",
            "at least one list is required",
        ));
    }
    let mut parts = Vec::new();
    for (i, list) in args.iter().enumerate().skip(1) {
        for item in list.children() {
            match item.kind() {
                Kind::String(s) => parts.push(&**s),
                Kind::Unknown(_) => return Ok(unknown_result(Type::String, false)),
                _ => {
                    return Err(Fault::invalid(i, "no element may be null")
                        .hint("Take nulls out first, for instance with compact()."));
                }
            }
        }
    }
    let separators = parts.len().saturating_mul(text(args, 0).len());
    text_size(parts.iter().map(|p| p.len()).chain([separators]))?;
    string(parts.join(text(args, 0)))
}

fn replace(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let (subject, search, replacement) = (text(args, 0), text(args, 1), text(args, 2));
    match search.strip_prefix('/').and_then(|s| s.strip_suffix('/')) {
        Some(pattern) => replace_matches(&compile(pattern, 1)?.regex, subject, replacement),
        None => {
            let growth = replacement.len().saturating_sub(search.len());
            let count = if growth == 0 {
                0
            } else {
                subject.matches(search).count()
            };
            text_size([subject.len(), count.saturating_mul(growth)])?;
            string(subject.replace(search, replacement))
        }
    }
}

/// Every match replaced, where `$1` and `${name}` stand for groups: a short text may stand for a very long one.
fn replace_matches(
    pattern: &regex::Regex,
    subject: &str,
    replacement: &str,
) -> Result<Value, Fault> {
    let references = replacement.matches('$').count();
    let mut out = String::with_capacity(subject.len());
    let mut at = 0;
    for captures in pattern.captures_iter(subject) {
        let Some(whole) = captures.get(0) else {
            continue;
        };
        let expanded = references.saturating_mul(whole.len());
        text_size([out.len(), replacement.len(), expanded, subject.len() - at])?;
        out.push_str(&subject[at..whole.start()]);
        captures.expand(replacement, &mut out);
        at = whole.end();
    }
    out.push_str(&subject[at..]);
    string(out)
}

fn split(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let (separator, subject) = (text(args, 0), text(args, 1));
    part_count(if separator.is_empty() {
        subject.chars().count()
    } else {
        subject.matches(separator).count()
    })?;
    let parts: Vec<Value> = if separator.is_empty() {
        subject
            .chars()
            .map(|c| Value::string(c.to_string()))
            .collect()
    } else {
        subject.split(separator).map(Value::string).collect()
    };
    Ok(Value::list(Type::String, parts))
}

fn startswith(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let wanted = text(args, 1);
    if let Some(unknown) = args[0].as_unknown() {
        let known = unknown.refinements.prefix.as_deref().unwrap_or_default();
        return Ok(if known.starts_with(wanted) {
            Value::bool(true)
        } else if !wanted.starts_with(known) {
            Value::bool(false)
        } else {
            unknown_result(Type::Bool, false)
        });
    }
    Ok(Value::bool(text(args, 0).starts_with(wanted)))
}

/// A negative offset counts from the end, and a length of zero from there means all the rest, as a negative one always does.
fn substr(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let (subject, offset, length) = (text(args, 0), whole(args, 1)?, whole(args, 2)?);
    let all_the_rest = length < 0 || length == 0 && offset < 0;
    let offset = if offset < 0 {
        let total = i64::try_from(subject.graphemes(true).count()).unwrap_or(i64::MAX);
        total.saturating_add(offset).max(0)
    } else {
        offset
    };
    let skip = usize::try_from(offset).unwrap_or(usize::MAX);
    let take = if all_the_rest {
        usize::MAX
    } else {
        usize::try_from(length).unwrap_or(usize::MAX)
    };
    string(
        subject
            .graphemes(true)
            .skip(skip)
            .take(take)
            .collect::<String>(),
    )
}

fn title(subject: &str) -> String {
    let mut previous = ' ';
    let mut out = String::with_capacity(subject.len());
    for c in subject.chars() {
        out.push(if separates_words(previous) {
            title_case(c)
        } else {
            c
        });
        previous = c;
    }
    out
}

fn separates_words(c: char) -> bool {
    if c.is_ascii() {
        !c.is_ascii_alphanumeric() && c != '_'
    } else {
        !c.is_alphanumeric() && c.is_whitespace()
    }
}

/// The letters that stand for two have a form of their own in titles.
fn title_case(c: char) -> char {
    match c {
        'Ǆ' | 'ǅ' | 'ǆ' => 'ǅ',
        'Ǉ' | 'ǈ' | 'ǉ' => 'ǈ',
        'Ǌ' | 'ǋ' | 'ǌ' => 'ǋ',
        'Ǳ' | 'ǲ' | 'ǳ' => 'ǲ',
        c => capital(c),
    }
}
