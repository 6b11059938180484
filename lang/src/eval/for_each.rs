//! `for`, in expressions and templates.

use std::collections::BTreeMap;

use super::expression::{Evaluator, Outcome, too_large};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::limits::Survey;
use crate::source::Span;
use crate::syntax::ast::{Expr, For};
use crate::value::{Kind, Marks, Str, Type, Value, convert};

/// So many rounds of `for` one expression may do, nested ones counted: enough for any stack, and done within a second.
const MAX_ROUNDS: usize = 1_000_000;

/// What a `for` goes through.
pub(super) struct Rounds {
    /// Of key and value; none where they are not known yet.
    pub(super) pairs: Option<Vec<(Value, Value)>>,
    /// Those of the collection.
    pub(super) marks: Marks,
    /// Whether it is known to be a collection.
    typed: bool,
}

impl Evaluator<'_> {
    pub(super) fn rounds_of(
        &mut self,
        collection: &Expr,
        context: Span,
    ) -> Result<Rounds, Diagnostics> {
        let (value, marks) = self.expr(collection)?.unmark();
        let numbered = |items: &[Value]| {
            items
                .iter()
                .enumerate()
                .map(|(i, v)| (Value::number(i), v.clone()))
                .collect()
        };
        let pairs = match value.kind() {
            Kind::List(l) => Some(numbered(&l.items)),
            Kind::Tuple(t) => Some(numbered(t)),
            Kind::Set(s) => Some(s.items.iter().map(|v| (v.clone(), v.clone())).collect()),
            Kind::Map(_) | Kind::Object(_) => value.as_entries().map(|entries| {
                entries
                    .iter()
                    .map(|(k, v)| (Kind::String(k.clone()).into(), v.clone()))
                    .collect()
            }),
            Kind::Unknown(u)
                if matches!(u.ty, Type::Dynamic | Type::Tuple(_) | Type::Object(_))
                    || u.ty.is_collection() =>
            {
                None
            }
            Kind::Null(_) => {
                let d = Diagnostic::error(
                    "null-collection",
                    "Collection is null",
                    "A for expression cannot go through null.",
                )
                .hint("Use coalesce(…, []) or try(…, []) where it may be null.");
                return Err(self.fault(d.at(collection.span).within(context), &[collection]));
            }
            _ => {
                let d = Diagnostic::error(
                    "invalid-collection",
                    "Value is not a collection",
                    format!(
                        "A for expression goes through a list, set, map, tuple or object, but this is a value of type {}.",
                        value.ty().friendly()
                    ),
                )
                .hint("Put the value in brackets for a list of one element.");
                return Err(self.fault(d.at(collection.span).within(context), &[collection]));
            }
        };
        self.rounds += pairs.as_ref().map_or(0, Vec::len);
        if self.rounds > MAX_ROUNDS {
            return Err(Diagnostic::error(
                "too-many-rounds",
                "Expression does too much",
                format!("The for expressions here come to more than {MAX_ROUNDS} rounds."),
            )
            .at(collection.span)
            .within(context)
            .hint("Go through smaller collections; nested for expressions multiply their rounds.")
            .into());
        }
        Ok(Rounds {
            pairs,
            marks,
            typed: value.ty() != Type::Dynamic,
        })
    }

    /// One round of a `for`. Its result takes the marks of the collection as a whole, so the variables have them not: but
    /// of what is sensitive no finding may tell. Where a round fails, it is gone through again with the marks on the
    /// variables, for a finding that hides them.
    pub(super) fn round(
        &mut self,
        key: Option<Value>,
        value: Value,
        marks: Marks,
        mut f: impl FnMut(&mut Self) -> Result<(), Diagnostics>,
    ) -> Result<(), Diagnostics> {
        if !marks.is_sensitive() {
            return self.within(key, value, f);
        }
        self.hidden_on_failure(|me, hide| {
            let (key, value) = (key.clone(), value.clone());
            if hide {
                me.within(key.map(|k| k.mark(marks)), value.mark(marks), &mut f)
            } else {
                me.within(key, value, &mut f)
            }
        })
    }

    /// Runs `f`, and where that fails runs it again with what it works on hidden, for the finding. What is inside one that
    /// is hidden is so from the start.
    pub(super) fn hidden_on_failure<T>(
        &mut self,
        mut f: impl FnMut(&mut Self, bool) -> Result<T, Diagnostics>,
    ) -> Result<T, Diagnostics> {
        if self.hiding {
            return f(self, true);
        }
        let found = match f(self, false) {
            Err(found) => found,
            ok => return ok,
        };
        self.hiding = true;
        let again = f(self, true);
        self.hiding = false;
        Err(again.err().unwrap_or_else(|| withheld(found)))
    }

    /// Runs `f` with the variables of a `for` in place.
    fn within<T>(&mut self, key: Option<Value>, value: Value, f: impl FnOnce(&mut Self) -> T) -> T {
        let depth = self.locals.len();
        self.locals.extend(key);
        self.locals.push(value);
        let result = f(self);
        self.locals.truncate(depth);
        result
    }

    pub(super) fn for_expr(&mut self, f: &For, e: &Expr) -> Outcome {
        let Rounds {
            pairs,
            marks,
            typed,
        } = self.rounds_of(&f.collection, e.span)?;
        if let (Some(condition), true) = (&f.condition, typed) {
            // Whatever it goes through: what is wrong for every element is wrong for none.
            let key = f.key_var.as_ref().map(|_| Value::dynamic());
            self.within(key, Value::dynamic(), |me| me.holds(condition, e))?;
        }
        let Some(pairs) = pairs else {
            return Ok(Value::dynamic().mark(marks));
        };
        let mut result = Collected {
            marks,
            known: true,
            survey: Survey::default(),
            items: Vec::new(),
            entries: BTreeMap::new(),
        };
        for (key, value) in pairs {
            let key = f.key_var.as_ref().map(|_| key);
            self.round(key, value, marks, |me| me.iteration(f, e, &mut result))?;
        }
        let value = match (result.known, &f.key) {
            (false, _) => Value::dynamic(),
            (true, None) => Value::tuple(result.items),
            (true, Some(_)) if f.group => Value::object(
                result
                    .entries
                    .into_iter()
                    .map(|(k, values)| (k, Value::tuple(values))),
            ),
            (true, Some(_)) => Value::object(
                result
                    .entries
                    .into_iter()
                    .filter_map(|(k, mut v)| Some((k, v.pop()?))),
            ),
        };
        Ok(value.mark(result.marks))
    }

    /// The value of the condition of a `for`. That it is a boolean is seen even before it is known.
    fn holds(&mut self, condition: &Expr, e: &Expr) -> Result<(Option<bool>, Marks), Diagnostics> {
        let value = self.expr(condition)?;
        let value = match convert(&value, &Type::Bool) {
            Ok(v) => v,
            Err(_) => return Err(self.not_a_condition(&value, condition, e.span)),
        };
        self.condition(value, condition, e.span)
    }

    fn iteration(&mut self, f: &For, e: &Expr, result: &mut Collected) -> Result<(), Diagnostics> {
        if let Some(condition) = &f.condition {
            let (holds, marks) = self.holds(condition, e)?;
            result.marks = result.marks.with(marks);
            match holds {
                Some(true) => {}
                Some(false) => return Ok(()),
                None => {
                    result.known = false;
                    return Ok(());
                }
            }
        }
        let Some(key_expr) = &f.key else {
            let value = self.expr(&f.value)?;
            result.add(&value, f.value.span)?;
            result.items.push(value);
            return Ok(());
        };
        let key = self.expr(key_expr)?;
        let (key, marks) = if key.is_known() {
            self.key(key, key_expr, key_expr.span, e.span)?
        } else {
            // Whether it can be a key is seen once it is known.
            (None, key.marks())
        };
        result.marks = result.marks.with(marks);
        let value = self.expr(&f.value)?;
        let Some(key) = key else {
            result.known = false;
            return Ok(());
        };
        let values = result.entries.entry(key.clone()).or_default();
        if !f.group && !values.is_empty() {
            let hidden = result.marks.is_sensitive();
            let which = if hidden {
                "A key".into()
            } else {
                format!("The key {key:?}")
            };
            let d = Diagnostic::error(
                "duplicate-key",
                "Key comes twice",
                format!("{which} is the result of two elements, but an object has each key once."),
            )
            .hint("Make the keys distinct, or write => value... to have the values of equal keys in a list.")
            .at(key_expr.span)
            .within(e.span);
            return Err(self.fault(d, &[key_expr]));
        }
        values.push(value.clone());
        result.add(&value, f.value.span)
    }
}

/// Findings without what they say of values.
fn withheld(mut found: Diagnostics) -> Diagnostics {
    for d in found.iter_mut() {
        d.detail = "What is wrong here would tell of a sensitive value.".into();
        d.hint = String::new();
        d.values = Vec::new();
    }
    found
}

impl Collected {
    fn add(&mut self, value: &Value, at: Span) -> Result<(), Diagnostics> {
        self.survey.add(value).map_err(|x| too_large(x, at))
    }
}

struct Collected {
    marks: Marks,
    known: bool,
    survey: Survey,
    items: Vec<Value>,
    entries: BTreeMap<Str, Vec<Value>>,
}
