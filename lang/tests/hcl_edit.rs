//! A second opinion on syntax: `hcl-edit` reads the same text, and both trees must say the same.
//!
//! Compared are accepted texts: what `hcl-edit` refuses and this parser takes is in [`DIFFERENCES`], with the reason;
//! what it takes and this parser refuses likewise.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed expectation is a failed test
#![allow(clippy::print_stderr)] // says what it skips, and what the two parsers differ in

mod generate;
mod hcl_edit_tree;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use cloudapp_lang::FileId;
use cloudapp_lang::syntax::{parse_expression, parse_file};
use generate::choices::bytes;
use generate::{Choices, canonical, print, syntax};
use proptest::prelude::*;

/// A text that only one of the two refuses.
struct Difference {
    reason: &'static str,
    refused_by: Parser,
    applies: fn(&str) -> bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Parser {
    HclEdit,
    Ours,
}

const DIFFERENCES: &[Difference] = &[
    Difference {
        reason: "hcl-edit has limits: 64 brackets within each other, 128 operators in a row",
        refused_by: Parser::HclEdit,
        applies: |t| {
            t.matches(['(', '[', '{']).count() > 64
                || t.matches(['+', '-', '!', '&', '|', '*', '?']).count() > 120
        },
    },
    Difference {
        reason: "hcl-edit refuses an object or body in which a name comes twice; the language takes the last key, and here a second attribute is a finding beside the tree",
        refused_by: Parser::HclEdit,
        applies: |t| hcl_edit_says(t, "redefined"),
    },
    Difference {
        reason: "hcl-edit refuses numbers that are too large for a machine float",
        refused_by: Parser::HclEdit,
        applies: has_large_number,
    },
    Difference {
        reason: "hcl-edit does not take a byte order mark",
        refused_by: Parser::HclEdit,
        applies: |t| t.starts_with('\u{feff}'),
    },
    Difference {
        reason: "hcl-edit takes no comment after a single expression",
        refused_by: Parser::HclEdit,
        applies: |t| t.contains("//") || t.contains("/*") || t.contains('#'),
    },
    Difference {
        reason: "hcl-edit does not take a newline between brackets everywhere: not after most operators, nor in the parts of a `for`",
        refused_by: Parser::HclEdit,
        applies: |t| t.contains('\n'),
    },
    Difference {
        reason: "hcl-edit takes newlines before an expression; where an attribute's value begins there must be none",
        refused_by: Parser::Ours,
        applies: |t| t.trim_start_matches([' ', '\t']).starts_with(['\n', '\r']),
    },
    Difference {
        reason: "hcl-edit does not end a heredoc `<<` at its name where that is indented",
        refused_by: Parser::Ours,
        applies: |t| t.contains("<<") && t.contains("\n "),
    },
    Difference {
        reason: "hcl-edit reads `a.0.1`, two indexes; the language refuses what looks like a fraction",
        refused_by: Parser::Ours,
        applies: two_indexes,
    },
    Difference {
        reason: "hcl-edit ends a number where a second point or exponent begins; the language takes all of it, and refuses it",
        refused_by: Parser::Ours,
        applies: |t| {
            let bytes = t.to_ascii_lowercase().into_bytes();
            bytes
                .split(|b| !b.is_ascii_digit() && !matches!(b, b'.' | b'e'))
                .any(|run| run.contains(&b'e') && run.contains(&b'.'))
        },
    },
    Difference {
        reason: "hcl-edit takes `.*` after `.*` as a splat of a splat; the language refuses it",
        refused_by: Parser::Ours,
        applies: |t| t.matches(".*").count() > 1,
    },
    Difference {
        reason: "hcl-edit takes references as keys of objects; the language wants them in parentheses",
        refused_by: Parser::Ours,
        applies: |t| t.contains('{') && t.contains('.'),
    },
    Difference {
        reason: "hcl-edit takes newlines and quotes in a string after a directive; the language does not",
        refused_by: Parser::Ours,
        applies: |t| t.contains("%{") && t.contains('"'),
    },
];

fn hcl_edit_says(text: &str, what: &str) -> bool {
    let expr = hcl_edit::parser::parse_expr(text.trim());
    let body = hcl_edit::parser::parse_body(text);
    expr.is_err_and(|e| e.message().contains(what))
        || body.is_err_and(|e| e.message().contains(what))
}

fn two_indexes(t: &str) -> bool {
    let digits = |s: &str| s.chars().take_while(char::is_ascii_digit).count();
    t.match_indices('.').any(|(i, _)| {
        let first = digits(&t[i + 1..]);
        let rest = &t[i + 1 + first..];
        first > 0 && rest.starts_with('.') && (digits(&rest[1..]) > 0 || rest[1..].starts_with('*'))
    })
}

/// More than the greatest machine float has digits, or an exponent of three.
fn has_large_number(t: &str) -> bool {
    let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
    t.char_indices().any(|(i, c)| match c {
        'e' | 'E' => digits(t[i + 1..].trim_start_matches(['+', '-'])) > 2,
        _ => digits(&t[i..]) > 300,
    })
}

/// Whether it is known why only one refuses the text. Says so, once for each text.
fn excused(text: &str, refused_by: Parser) -> bool {
    let mut of_one = DIFFERENCES.iter().filter(|d| d.refused_by == refused_by);
    let found = of_one.find(|d| (d.applies)(text));
    if let Some(d) = found {
        eprintln!(
            "{}: {:?}",
            d.reason,
            text.chars().take(60).collect::<String>()
        );
    }
    found.is_some()
}

/// How the two readings of an expression differ; none where they agree.
fn difference(text: &str) -> Option<String> {
    let ours = parse_expression(text, FileId(0)).map(|e| canonical::of_expr(&e));
    let theirs = hcl_edit::parser::parse_expr(text.trim());
    let theirs = theirs.map(|e| hcl_edit_tree::of_expr(&e, text.trim()));
    match (ours, theirs) {
        (Err(_), Err(_)) => None,
        (Ok(a), Ok(b)) => (a != b && !point_before_exponent(text))
            .then(|| format!("{text}\n  ours   {a}\n  theirs {b}\n")),
        (Ok(_), Err(_)) if excused(text, Parser::HclEdit) => None,
        (Err(_), Ok(_)) if excused(text, Parser::Ours) => None,
        (Ok(_), Err(e)) => Some(format!(
            "{text}\n  only hcl-edit refuses: {}\n",
            e.message()
        )),
        (Err(found), Ok(_)) => {
            let why = found.iter().next().map(|d| d.detail.clone());
            Some(format!(
                "{text}\n  only ours refuses: {}\n",
                why.unwrap_or_default()
            ))
        }
    }
}

proptest! {
    #![proptest_config(generate::choices::cases(1500))]

    #[test]
    fn generated_expressions_are_read_alike(tree in bytes(150), style in bytes(80)) {
        let tree = syntax::expression(&mut Choices::new(&tree));
        let text = print::source(&tree, &mut Choices::new(&style));
        let found = difference(&text);
        prop_assert!(found.is_none(), "{}", found.unwrap_or_default());
    }

    /// Texts that something is missing from are refused by both, or read alike.
    #[test]
    fn damaged_expressions_are_read_alike(
        tree in bytes(100), style in bytes(40), from in any::<prop::sample::Index>(), len in 0usize..4
    ) {
        let tree = syntax::expression(&mut Choices::new(&tree));
        let text = print::source(&tree, &mut Choices::new(&style));
        let chars: Vec<char> = text.chars().collect();
        let from = from.index(chars.len().max(1));
        let kept = chars.iter().take(from).chain(chars.iter().skip(from + len));
        let text: String = kept.collect();
        prop_assume!(!point_before_exponent(&text));
        if let (Ok(ours), Ok(theirs)) = (
            parse_expression(&text, FileId(0)), hcl_edit::parser::parse_expr(text.trim())
        ) {
            prop_assert_eq!(
                canonical::of_expr(&ours),
                hcl_edit_tree::of_expr(&theirs, text.trim()),
                "{}", text
            );
        }
    }
}

/// Whether there may be a number like `1.e5` in a text: to hcl-edit, that is 1 and an attribute.
fn point_before_exponent(text: &str) -> bool {
    let b = text.to_ascii_lowercase().into_bytes();
    b.windows(3)
        .any(|w| w[0].is_ascii_digit() && w[1] == b'.' && w[2] == b'e')
}

fn files(folder: &Path, end: &str, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for path in entries.flatten().map(|e| e.path()) {
        if path.is_dir() {
            files(&path, end, out);
        } else if path.to_string_lossy().ends_with(end) {
            out.push(path);
        }
    }
}

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// The expressions of files with one JSON object in each line.
fn expressions(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap();
    let expr = |l: &str| {
        let line: serde_json::Value = serde_json::from_str(l).ok()?;
        Some(line["expr"].as_str()?.to_string())
    };
    text.lines().filter_map(expr).collect()
}

fn check_expressions(all: &[String]) {
    let wrong: String = all.iter().filter_map(|e| difference(e)).collect();
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn expressions_of_the_cases_are_read_alike() {
    let mut found = Vec::new();
    files(&here("testdata/language"), ".jsonl", &mut found);
    let all: Vec<String> = found.iter().flat_map(|f| expressions(f)).collect();
    assert!(all.len() > 300, "{}", all.len());
    check_expressions(&all);
}

#[test]
fn recorded_expressions_are_read_alike() {
    let file = here("../shared/oracle/expressions.jsonl");
    if !file.exists() {
        eprintln!("skipped: recorded expressions are not here");
        return;
    }
    check_expressions(&expressions(&file));
}

/// How the two readings of a file differ; none where they agree.
fn file_difference(text: &str) -> Option<String> {
    let (body, found) = parse_file(text, FileId(0));
    let theirs = hcl_edit::parser::parse_body(text).map_err(|e| e.message().to_string());
    match (found.has_errors(), theirs) {
        (true, Err(_)) => None,
        (false, Ok(theirs)) => {
            let (a, b) = (
                canonical::of_body(&body),
                hcl_edit_tree::of_body(&theirs, text),
            );
            (a != b).then(|| first_difference(&a, &b))
        }
        (false, Err(_)) if excused(text, Parser::HclEdit) => None,
        (true, Ok(_)) if excused(text, Parser::Ours) => None,
        (false, Err(e)) => Some(format!("only hcl-edit refuses: {e}")),
        (true, Ok(_)) => Some(format!("only ours refuses: {found:?}")),
    }
}

fn first_difference(a: &str, b: &str) -> String {
    let at = a
        .char_indices()
        .zip(b.chars())
        .find(|((_, x), y)| x != y)
        .map_or(a.len().min(b.len()), |((i, _), _)| i);
    let start = a.floor_char_boundary(at.saturating_sub(60));
    let piece = |s: &str| s[start..].chars().take(160).collect::<String>();
    format!("\n  ours   {}\n  theirs {}", piece(a), piece(b))
}

fn check_files(all: &[PathBuf]) {
    let mut wrong = String::new();
    for file in all {
        // Files in another encoding are the business of those who load them.
        let Ok(text) = std::fs::read_to_string(file) else {
            continue;
        };
        if let Some(d) = file_difference(&text) {
            writeln!(wrong, "{}: {d}", file.display()).unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn files_of_the_cases_are_read_alike() {
    let mut found = Vec::new();
    files(&here("testdata"), ".tf", &mut found);
    assert!(found.len() > 20, "{}", found.len());
    check_files(&found);
}

#[test]
fn files_of_packages_are_read_alike() {
    let mut found = Vec::new();
    files(&here("../shared"), ".tf", &mut found);
    if found.is_empty() {
        eprintln!("skipped: no packages are here");
        return;
    }
    check_files(&found);
}
