//! The values that a finding is about, in a few words.

use unicode_segmentation::UnicodeSegmentation;

use super::expression::Evaluator;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Expr, ExprKind, Reference, Step};
use crate::syntax::walk;
use crate::value::{Kind, Value};

/// More values than this in one finding help nobody.
const MAX_VALUES: usize = 6;

/// Adds what the references in some expressions are.
pub(super) fn with_values(
    evaluator: &mut Evaluator<'_>,
    mut d: Diagnostic,
    involved: &[&Expr],
) -> Diagnostic {
    let mut references = Vec::new();
    for e in involved {
        walk::free(e, &mut |r| references.push(r));
    }
    for r in references {
        if d.values.len() >= MAX_VALUES {
            break;
        }
        let Some((name, value)) = constant_part(evaluator, r) else {
            continue;
        };
        if d.values.iter().all(|(n, _)| *n != name) {
            d = d.value(name, describe(&value));
        }
    }
    d
}

/// A reference as far as its steps are constant and exist, and its value.
fn constant_part(evaluator: &mut Evaluator<'_>, r: &Reference) -> Option<(String, Value)> {
    let (mut value, consumed) = evaluator.root(r).ok()?;
    let mut name = r.root.name.to_string();
    for (i, step) in r.steps.iter().enumerate() {
        let (text, next) = match step {
            Step::Attr(n) => (
                format!(".{}", n.name),
                super::access::attribute(value.clone(), &n.name),
            ),
            Step::LegacyIndex(n, _) => (
                format!(".{n}"),
                super::access::index(value.clone(), &Value::number(*n)),
            ),
            Step::Index(Expr {
                kind: ExprKind::Literal(key),
                ..
            }) => (
                format!("[{key:?}]"),
                super::access::index(value.clone(), key),
            ),
            Step::Index(_) | Step::Splat(..) => break,
        };
        if i >= consumed {
            let Ok(v) = next else { break };
            value = v;
        }
        name.push_str(&text);
    }
    Some((name, value))
}

pub(super) fn describe(value: &Value) -> String {
    if value.marks_deep().is_sensitive() {
        return "is sensitive".into();
    }
    if !value.is_known() {
        return "will be known only after apply".into();
    }
    format!("is {}", noun(value))
}

/// What a value is. The caller has made sure that it is not sensitive.
pub(super) fn noun(value: &Value) -> String {
    let count = |n: usize, one: &str, many: &str| {
        if n == 1 {
            format!("1 {one}")
        } else {
            format!("{n} {many}")
        }
    };
    match value.kind() {
        Kind::Null(_) => "null".into(),
        Kind::Unknown(u) => format!("an unknown {}", u.ty.friendly()),
        Kind::Bool(b) => b.to_string(),
        Kind::Number(n) => shortened(&n.to_string()),
        Kind::String(s) => format!("{:?}", shortened(s)),
        Kind::List(l) => format!(
            "a {} with {}",
            value.ty().friendly(),
            count(l.items.len(), "element", "elements")
        ),
        Kind::Set(l) => format!(
            "a {} with {}",
            value.ty().friendly(),
            count(l.items.len(), "element", "elements")
        ),
        Kind::Map(m) => format!(
            "a {} with {}",
            value.ty().friendly(),
            count(m.entries.len(), "element", "elements")
        ),
        Kind::Tuple(t) => format!("a tuple with {}", count(t.len(), "element", "elements")),
        Kind::Object(o) => format!(
            "an object with {}",
            count(o.len(), "attribute", "attributes")
        ),
    }
}

fn shortened(text: &str) -> String {
    match text.grapheme_indices(true).nth(60) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.into(),
    }
}
