//! `templatefile` and `templatestring`: templates that see only the variables passed to them.

use super::Functions;
use super::arguments::text;
use super::filesystem::read_text;
use super::signature::{Fault, Function, Parameter, Returns, Shape};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::{self, EvalContext, Resolved, Resolver, Scope};
use crate::source::{SourceMap, Span};
use crate::syntax::ast::{Reference, Slot};
use crate::syntax::{is_identifier, parse_template};
use crate::value::{Str, Type, Value, convert};

const ANY: Returns = Returns::Is(Shape::Any);

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "templatefile",
        "The template in a file, with values for its variables.",
        &[Parameter::string("path"), Parameter::any("vars").marked()],
        ANY,
        |f, a| render(f, &read_text(f, a)?, text(a, 0), None, &a[1]),
    ),
    Function::new(
        "templatestring",
        "The template in a string, with values for its variables.",
        &[
            Parameter::string("template"),
            Parameter::any("vars").marked(),
        ],
        ANY,
        templatestring,
    )
    .declares(Shape::String),
];

/// The variables of a template, numbered in the order of their names.
struct Variables<'v> {
    names: Vec<&'v Str>,
    values: Vec<&'v Value>,
}

impl Resolver for Variables<'_> {
    fn resolve(&mut self, reference: &Reference) -> Result<Resolved, Diagnostic> {
        match self
            .names
            .binary_search_by(|n| (***n).cmp(&*reference.root.name))
        {
            Ok(i) => Ok(Resolved {
                slot: Slot(u32::try_from(i).unwrap_or(u32::MAX)),
                consumed: 0,
            }),
            Err(_) => Err(Diagnostic::error(
                "no-such-template-variable",
                "No such template variable",
                format!(
                    "the template uses \"{}\", which is not among the variables passed to it",
                    reference.root.name
                ),
            )
            .at(reference.root.span)),
        }
    }
}

impl Scope for Variables<'_> {
    fn value(&self, slot: Slot) -> Result<Value, Diagnostic> {
        self.values
            .get(slot.0 as usize)
            .map(|v| (*v).clone())
            .ok_or_else(|| {
                Diagnostic::error(
                    "no-such-template-variable",
                    "No such template variable",
                    "there is no such variable",
                )
            })
    }
}

fn templatestring(functions: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let value = render(functions, text(args, 0), "<template>", Some(0), &args[1])?;
    let string = convert(&value, &Type::String).map_err(|e| {
        let message = format!("the template does not give a string: {}", e.message);
        Fault::call("template-error", message)
    })?;
    if string.is_known() {
        return Ok(string);
    }
    Ok(Value::unknown_not_null(Type::String).mark(string.marks()))
}

/// `blamed` is the argument to blame for a template that cannot be read; else the call is.
fn render(
    functions: &Functions,
    template: &str,
    name: &str,
    blamed: Option<usize>,
    vars: &Value,
) -> Result<Value, Fault> {
    if functions.inside_template {
        return Err(Fault::call(
            "template-in-template",
            "a template must not include another template",
        )
        .hint("Render the inner template first, and pass the result as a variable."));
    }
    let mut sources = SourceMap::new();
    // A byte order mark in front is no part of the text.
    let template = template.strip_prefix('\u{feff}').unwrap_or(template);
    let file = sources.add(name, template);
    let fault = |found: Diagnostics| fault_of(&found, &sources);
    let mut expr = parse_template(template, file, 0).map_err(|found| match blamed {
        Some(i) => fault(found).at(i),
        None => fault(found),
    })?;
    let Some(entries) = vars.as_entries() else {
        return Err(Fault::wrong_type(
            1,
            "a map or an object of variables is required",
        ));
    };
    if let Some(bad) = entries.keys().find(|n| !is_identifier(n)) {
        return Err(
            Fault::invalid(1, "a name of a variable must be an identifier")
                .about(format!("{bad:?}")),
        );
    }
    let mut variables = Variables {
        names: entries.keys().collect(),
        values: entries.values().collect(),
    };
    let found = eval::bind(&mut expr, &mut variables);
    if found.has_errors() {
        // A name that is not there is missing among the variables.
        return Err(fault(found).at(1));
    }
    let inner = Functions {
        inside_template: true,
        ..functions.clone()
    };
    let value = eval::evaluate(
        &expr,
        EvalContext {
            scope: &variables,
            functions: &inner,
        },
    )
    .map_err(fault)?;
    if value.is_null() {
        return Err(Fault::call("template-error", "the template gives null"));
    }
    // What any of the variables is marked with is on the result, used or not.
    Ok(value.mark(vars.marks_deep()))
}

/// The first error of a template, with its place in the template.
fn fault_of(found: &Diagnostics, sources: &SourceMap) -> Fault {
    let Some(d) = found.iter().find(|d| d.is_error()) else {
        return Fault::call("template-error", "the template cannot be rendered");
    };
    let place = |s: Span| {
        sources
            .locate(s)
            .map(|(name, start, _)| format!(" (at {name}:{}:{})", start.line, start.column))
    };
    let place = d.subject.and_then(place).unwrap_or_default();
    Fault::call(
        "template-error",
        format!("{}: {}{place}", d.summary, d.detail),
    )
    .hint(d.hint.clone())
}
