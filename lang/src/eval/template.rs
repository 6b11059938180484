//! Templates: parts become one string.

use super::expression::{Evaluator, Outcome};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::limits::MAX_TEXT;
use crate::source::Span;
use crate::syntax::ast::{Expr, Template, TemplatePart};
use crate::value::{Marks, Refinements, Type, Value, convert};

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
                    holds.and_then(|(holds, marks)| {
                        text.marks = text.marks.with(marks);
                        let otherwise = otherwise.as_ref();
                        let (taken, others) = match holds {
                            Some(true) => (Some(then), [otherwise, None]),
                            Some(false) => (otherwise, [Some(then), None]),
                            None => (None, [Some(then), otherwise]),
                        };
                        for other in others.into_iter().flatten() {
                            text.marks = text.marks.with(self.marks_of(other));
                        }
                        match taken {
                            Some(t) => self.body(t, text)?,
                            None if holds.is_none() => text.end_known(None),
                            None => {}
                        }
                        Ok(())
                    })
                }
                TemplatePart::For {
                    key_var,
                    collection,
                    body,
                    span,
                    ..
                } => {
                    self.rounds_of(collection, *span).and_then(|rounds| {
                        text.marks = text.marks.with(rounds.marks);
                        let Some(pairs) = rounds.pairs else {
                            text.end_known(None);
                            return Ok(());
                        };
                        for (key, value) in pairs {
                            let key = key_var.as_ref().map(|_| key);
                            // The next rounds most likely fail the same way.
                            self.round(key, value, rounds.marks, |me| me.body(body, text))?;
                            if text.text.len() > MAX_TEXT {
                                break;
                            }
                        }
                        Ok(())
                    })
                }
            };
            if let Err(more) = result {
                found.append(more);
            }
        }
    }

    /// The parts of a directive's body, at the end of the text around it.
    fn body(&mut self, t: &Template, text: &mut Text) -> Result<(), Diagnostics> {
        let mut found = Diagnostics::new();
        self.parts(t, text, &mut found);
        if found.has_errors() {
            Err(found)
        } else {
            Ok(())
        }
    }

    /// The marks of a branch that is not taken: which one it is must not tell what the other one hides. What fails there
    /// fails for nobody.
    fn marks_of(&mut self, t: &Template) -> Marks {
        let mut text = Text::default();
        self.quiet += 1;
        let marks = self.body(t, &mut text).map_or(Marks::NONE, |()| text.marks);
        self.quiet -= 1;
        marks
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
        if !value.is_known() && value.ty() != Type::String {
            // Whether it can be part of a string is seen once it is known.
            text.end_known(None);
            return Ok(());
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
        let refinements = Refinements::begins_with(text.as_str().unwrap_or(""));
        Value::unknown_with(Type::String, refinements).mark(self.marks)
    }
}
