//! Function calls. `try` and `can` are here, because their arguments are not simply evaluated first.

use super::expression::{Evaluator, Outcome};
use crate::diagnostic::{Diagnostic, Diagnostics, nearest};
use crate::functions::{CallError, Functions};
use crate::limits::MAX_WORK;
use crate::source::Span;
use crate::syntax::ast::{Call, Expr, ExprKind, Reference, Step, TemplatePart};
use crate::syntax::walk;
use crate::value::{Kind, Marks, Type, Value};

/// The functions of the evaluator itself.
const LAZY: [&str; 2] = ["try", "can"];

fn base_name(name: &str) -> &str {
    name.strip_prefix("core::").unwrap_or(name)
}

pub(super) fn check(expr: &Expr, functions: &Functions) -> Diagnostics {
    let mut found = Diagnostics::new();
    walk::calls(expr, &mut |call| {
        if !exists(call, functions) {
            found.push(unknown_function(call, functions));
        }
        // Inside these it is a failure like any other.
        !is_lazy(call)
    });
    found
}

fn is_lazy(call: &Call) -> bool {
    LAZY.contains(&base_name(&call.name.name))
}

fn exists(call: &Call, functions: &Functions) -> bool {
    is_lazy(call) || functions.contains(base_name(&call.name.name))
}

fn unknown_function(call: &Call, functions: &Functions) -> Diagnostic {
    let name = &*call.name.name;
    let d = Diagnostic::error(
        "unknown-function",
        "No such function",
        format!("There is no function named \"{name}\"."),
    )
    .at(call.name.span);
    let lower = name.to_lowercase();
    let known = || functions.names().chain(LAZY);
    match known()
        .find(|n| *n == lower)
        .or_else(|| nearest(base_name(name), known()))
    {
        Some(near) => d.hint(format!("Did you mean \"{near}\"?")),
        None if name.starts_with("provider::") => {
            d.hint("Functions of providers are not supported.")
        }
        None => d.hint("Functions are built in; a configuration cannot define its own."),
    }
}

/// The place of the closing parenthesis.
fn close(call: &Call) -> Span {
    Span {
        start: call.parens.end.saturating_sub(1).max(call.parens.start),
        ..call.parens
    }
}

/// The place of an argument that is to blame: from the point where Terraform starts to point, to its end.
fn argument_place(arg: &Expr) -> Span {
    let inner = arg.unparenthesized();
    let start = first_part(inner);
    let quote = u32::from(start == inner.span.start + 1 && is_text(inner));
    Span {
        start,
        end: (inner.span.end - quote).max(start),
        ..inner.span
    }
}

fn is_text(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Literal(v) => v.as_str().is_some(),
        ExprKind::Template(_) => true,
        _ => false,
    }
}

/// Where the part of an expression begins that stands for the whole in messages: the text of a string (for an empty one
/// behind the quotes), the left operand, the condition, the brackets of a computed index, the mark of a splat.
fn first_part(e: &Expr) -> u32 {
    let after_quote = (e.span.start + 1).min(e.span.end);
    match &e.kind {
        ExprKind::Parentheses(inner) => first_part(inner),
        ExprKind::Binary(chain) => first_part(&chain.first),
        ExprKind::Conditional(c) => first_part(&c.condition),
        ExprKind::Template(t) => match t.parts.first() {
            Some(TemplatePart::Interpolation(inner)) => first_part(inner),
            Some(TemplatePart::If { condition, .. }) => first_part(condition),
            _ => after_quote,
        },
        ExprKind::Literal(v) if v.as_str().is_some_and(str::is_empty) => e.span.end,
        ExprKind::Literal(v) if v.as_str().is_some() => after_quote,
        ExprKind::Reference(Reference { steps, .. }) | ExprKind::Access(_, steps) => {
            match steps.last() {
                Some(Step::Index(key)) if !matches!(key.kind, ExprKind::Literal(_)) => {
                    key.span.start.saturating_sub(1).max(e.span.start)
                }
                _ => e.span.start,
            }
        }
        ExprKind::Splat(s) => s.marker.start,
        _ => e.span.start,
    }
}

impl Evaluator<'_> {
    pub(super) fn call(&mut self, call: &Call, e: &Expr) -> Outcome {
        let name = base_name(&call.name.name);
        match name {
            "try" => return self.try_call(call, e),
            "can" => return self.can_call(call),
            _ => {}
        }
        if !self.cx.functions.contains(name) {
            return Err(unknown_function(call, self.cx.functions).into());
        }
        let mut args = self.all(&call.args)?;
        if let ("templatestring", [_, vars], [template, _]) = (name, &args[..], &call.args[..])
            && !vars.is_null()
        {
            only_a_string_from_elsewhere(template, &args[0], e)?;
        }
        let mut marks = Marks::NONE;
        if call.expand
            && let Some(last) = args.pop()
        {
            match self.expanded(last, call, e)? {
                Some((items, m)) => {
                    marks = m;
                    args.extend(items.into_iter().map(|v| v.mark(m)));
                }
                None => return Ok(Value::dynamic()),
            }
        }
        let given = args.len();
        match self.cx.functions.call_counted(name, &args) {
            Ok((value, size)) => {
                self.work = self.work.saturating_add(size);
                if self.work > MAX_WORK {
                    return Err(too_much(e).into());
                }
                Ok(value.mark(marks))
            }
            Err(error) => Err(self.failed(error, name, given, call, e)),
        }
    }

    /// The arguments that `...` stands for; none where they are not known yet.
    fn expanded(
        &mut self,
        last: Value,
        call: &Call,
        e: &Expr,
    ) -> Result<Option<(Vec<Value>, Marks)>, Diagnostics> {
        let (value, marks) = last.unmark();
        if let Some(items) = value.as_items() {
            return Ok(Some((items.to_vec(), marks)));
        }
        let sequence = matches!(
            value.ty(),
            Type::Dynamic | Type::List(_) | Type::Set(_) | Type::Tuple(_)
        );
        if matches!(value.kind(), Kind::Unknown(_)) && sequence {
            return Ok(None);
        }
        let detail = if value.is_null() {
            "What stands before ... is null, but it must be a list, set or tuple.".into()
        } else {
            format!(
                "What stands before ... must be a list, set or tuple, but it is a value of type {}.",
                value.ty().friendly()
            )
        };
        let d = Diagnostic::error(
            "invalid-expansion",
            "Value cannot be spread over arguments",
            detail,
        )
        .within(e.span);
        match call.args.last() {
            Some(arg) => Err(self.fault(d.at(arg.span), &[arg])),
            None => Err(d.at(e.span).into()),
        }
    }

    /// `given` counts the arguments after `...` has been expanded.
    fn failed(
        &mut self,
        error: CallError,
        name: &str,
        given: usize,
        call: &Call,
        e: &Expr,
    ) -> Diagnostics {
        let message = error.message.trim_end_matches('.');
        let (summary, place, involved) = match error.argument {
            // Too few arguments are blamed on the place where the next one would go.
            Some(i) if i >= given => ("Wrong number of arguments", close(call), Vec::new()),
            None => ("Function call failed", e.span, call.args.iter().collect()),
            Some(i) => {
                let arg = if call.expand {
                    call.args.get(i.min(call.args.len().saturating_sub(1)))
                } else {
                    call.args.get(i)
                };
                match arg {
                    Some(arg) => (
                        "Function argument is not valid",
                        if call.expand && i + 1 >= call.args.len() {
                            arg.span
                        } else {
                            argument_place(arg)
                        },
                        vec![arg],
                    ),
                    None => ("Wrong number of arguments", close(call), Vec::new()),
                }
            }
        };
        let d = Diagnostic::error(
            error.code,
            summary,
            format!("In the call of {name}(): {message}."),
        )
        .hint(error.hint)
        .at(place)
        .within(e.span);
        self.fault(d, &involved)
    }

    fn try_call(&mut self, call: &Call, e: &Expr) -> Outcome {
        if call.args.is_empty() {
            return Err(wrong_count("try", "at least one argument", close(call), e));
        }
        let mut failures = Vec::new();
        for arg in &call.args {
            self.quiet += 1;
            let outcome = self.expr(arg);
            self.quiet -= 1;
            match outcome {
                Ok(v) if v.is_wholly_known() => return Ok(v),
                // Once it is known it may fail after all, and another argument give a value of another type.
                Ok(v) => return Ok(Value::dynamic().mark(v.marks_deep())),
                Err(found) => failures.extend(found),
            }
        }
        let reasons: Vec<String> = failures
            .iter()
            .map(|d| format!("{} ({})", d.detail.trim_end_matches('.'), d.code))
            .collect();
        let d = Diagnostic::error(
            "try-failed",
            "No expression succeeded",
            format!("Every argument of try() failed: {}.", reasons.join("; ")),
        )
        .hint("Add a last argument that always succeeds, such as null.")
        .at(e.span);
        let involved: Vec<&Expr> = call.args.iter().collect();
        Err(self.fault(d, &involved))
    }

    fn can_call(&mut self, call: &Call) -> Outcome {
        let [arg] = call.args.as_slice() else {
            let place = call.args.get(1).map_or_else(|| close(call), argument_place);
            return Err(wrong_count_at("can", "exactly one argument", place));
        };
        self.quiet += 1;
        let outcome = self.expr(arg);
        self.quiet -= 1;
        Ok(match outcome {
            Ok(v) if v.is_wholly_known() => Value::bool(true),
            Ok(v) => Value::unknown(Type::Bool).mark(v.marks_deep()),
            Err(_) => Value::bool(false),
        })
    }
}

/// The template of `templatestring` comes from elsewhere: written in place it would be evaluated twice.
fn only_a_string_from_elsewhere(arg: &Expr, value: &Value, e: &Expr) -> Result<(), Diagnostics> {
    let refused = |detail: &str| {
        Diagnostic::error("invalid-argument", "Function argument is not valid", detail)
            .at(argument_place(arg))
            .within(e.span)
    };
    if !matches!(arg.kind, ExprKind::Reference(_)) {
        let d = refused(
            "The template of templatestring() must be a reference to a string from elsewhere.",
        );
        let hint = "Write a template that stands here as a quoted string, without the function.";
        return Err(d.hint(hint).into());
    }
    match value.ty() {
        Type::Number | Type::Bool if value.is_known() && !value.is_null() => {
            Err(refused("The template of templatestring() must be a string.").into())
        }
        _ => Ok(()),
    }
}

fn too_much(e: &Expr) -> Diagnostic {
    Diagnostic::error(
        "too-much-work",
        "Expression does too much",
        format!("The functions called here go through more than {} GiB.", MAX_WORK >> 30),
    )
    .at(e.span)
    .hint("Call functions of large values once, in a local value, and not in every round of a for expression.")
}

fn wrong_count(name: &str, needs: &str, place: Span, e: &Expr) -> Diagnostics {
    let mut found = wrong_count_at(name, needs, place);
    found.iter_mut().for_each(|d| d.context = Some(e.span));
    found
}

fn wrong_count_at(name: &str, needs: &str, place: Span) -> Diagnostics {
    Diagnostic::error(
        "wrong-argument-count",
        "Wrong number of arguments",
        format!("{name}() takes {needs}."),
    )
    .at(place)
    .into()
}
