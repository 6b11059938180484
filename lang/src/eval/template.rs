//! Templates: parts become one string.

use unicode_segmentation::UnicodeSegmentation;

use super::expression::{Evaluator, Outcome};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::limits::MAX_TEXT;
use crate::source::Span;
use crate::syntax::ast::{Expr, Template, TemplatePart};
use crate::value::{Marks, Refinements, Str, Type, Value, convert};

impl Evaluator<'_> {
    pub(super) fn template(&mut self, t: &Template, at: Span) -> Outcome {
        let mut text = Text::default();
        let mut found = Diagnostics::new();
        self.parts(t, &mut text, &mut found);
        if text.text.len() > MAX_TEXT && !found.has_errors() {
            return Err(Diagnostic::error(
                "too-large",
                "Value is too large",
                format!("The string would be larger than {} MiB.", MAX_TEXT >> 20),
            )
            .at(at)
            .hint("Keep large contents in files or in a store of objects, and repeat less.")
            .into());
        }
        if found.has_errors() {
            Err(found)
        } else {
            Ok(text.value())
        }
    }

    fn parts(&mut self, t: &Template, text: &mut Text, found: &mut Diagnostics) {
        for part in &t.parts {
            if text.text.len() > MAX_TEXT {
                break;
            }
            let result = match part {
                TemplatePart::Literal(s) => {
                    text.push(s);
                    Ok(())
                }
                TemplatePart::Interpolation(e) => self.interpolation(e, text),
                TemplatePart::If {
                    condition,
                    then,
                    otherwise,
                    span,
                } => {
                    let holds = self
                        .expr(condition)
                        .and_then(|v| self.condition(v, condition, *span));
                    holds.map(|(holds, marks)| {
                        text.marks = text.marks.with(marks);
                        match (holds, otherwise) {
                            (Some(true), _) => self.parts(then, text, found),
                            (Some(false), Some(t)) => self.parts(t, text, found),
                            (Some(false), None) => {}
                            (None, _) => text.end_known(None),
                        }
                    })
                }
                TemplatePart::For {
                    key_var,
                    collection,
                    body,
                    span,
                    ..
                } => {
                    self.pairs(collection, *span).map(|(pairs, marks)| {
                        text.marks = text.marks.with(marks);
                        let Some(pairs) = pairs else {
                            return text.end_known(None);
                        };
                        for (key, value) in pairs {
                            let key = key_var.as_ref().map(|_| key);
                            self.within(key, value, |me| me.parts(body, text, found));
                            if found.has_errors() || text.text.len() > MAX_TEXT {
                                break; // the next rounds most likely fail the same way
                            }
                        }
                    })
                }
            };
            if let Err(more) = result {
                found.append(more);
            }
        }
    }

    fn interpolation(&mut self, e: &Expr, text: &mut Text) -> Result<(), Diagnostics> {
        let (value, marks) = self.expr(e)?.unmark();
        text.marks = text.marks.with(marks);
        if value.is_null() {
            let d = Diagnostic::error(
                "null-in-template",
                "Null in a string",
                "This value is null; null cannot be part of a string.",
            )
            .hint("Use coalesce(…, \"\") or a condition where the value may be null.");
            return Err(self.fault(d.at(e.span), &[e]));
        }
        match convert(&value, &Type::String) {
            Ok(v) => {
                match (v.as_str(), v.as_unknown()) {
                    (Some(s), _) => text.push(s),
                    (None, u) => text.end_known(u.and_then(|u| u.refinements.prefix.as_deref())),
                }
                Ok(())
            }
            Err(_) => {
                let d = Diagnostic::error(
                    "invalid-in-template",
                    "Value cannot be part of a string",
                    format!("A string, number or bool can be part of a string, but this is a value of type {}.", value.ty().friendly()),
                )
                .hint("Name one element or attribute of it, or use jsonencode() or join().");
                Err(self.fault(d.at(e.span), &[e]))
            }
        }
    }
}

/// A string that grows until something in it is not known.
struct Text {
    known: bool,
    text: String,
    marks: Marks,
}

impl Default for Text {
    fn default() -> Self {
        Self {
            known: true,
            text: String::new(),
            marks: Marks::NONE,
        }
    }
}

impl Text {
    fn push(&mut self, s: &str) {
        if self.known {
            self.text.push_str(s);
        }
    }

    /// From here on nothing is known but how the next part begins.
    fn end_known(&mut self, prefix: Option<&str>) {
        self.push(prefix.unwrap_or(""));
        self.known = false;
    }

    fn value(self) -> Value {
        if self.known {
            return Value::string(self.text).mark(self.marks);
        }
        let text = Value::string(self.text);
        let prefix = safe_prefix(text.as_str().unwrap_or(""));
        let prefix = (!prefix.is_empty()).then(|| Str::from(prefix));
        let refinements = Refinements {
            not_null: true,
            prefix,
            ..Refinements::default()
        };
        Value::unknown_with(Type::String, refinements).mark(self.marks)
    }
}

/// As much of the beginning of a string as stays the same whatever follows: a combining character that comes next
/// would change the last one.
fn safe_prefix(s: &str) -> &str {
    match s.chars().next_back() {
        Some(c) if c.is_ascii() && !c.is_ascii_alphabetic() && !matches!(c, '<' | '=' | '>') => s,
        _ => s
            .grapheme_indices(true)
            .next_back()
            .map_or("", |(at, _)| &s[..at]),
    }
}
