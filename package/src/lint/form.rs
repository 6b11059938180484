//! Expressions in the form and in the policy: attributes that no widget gives.

use std::collections::BTreeMap;

use cloudapp_lang::syntax::ast::{Ident, Reference, Step};
use cloudapp_lang::{Diagnostic, Diagnostics, SourceMap, Span};

use super::types;
use super::variables::{attribute, not_given};
use crate::argument::Argument;
use crate::form::Definition;
use crate::package::Package;
use crate::policy::{self, Text};

/// The codes of the form's own findings that are passed on as they are.
const CODES: [&str; 6] = [
    "argument-cycle",
    "impure-function",
    "invalid-pattern",
    "malformed-condition",
    "unknown-operator",
    "unknown-parameter",
];

pub(super) fn check(package: &Package, sources: &SourceMap, found: &mut Diagnostics) {
    let mut arguments: BTreeMap<&str, Vec<&Argument>> = BTreeMap::new();
    for argument in package.args() {
        arguments
            .entry(&argument.name.value)
            .or_default()
            .push(argument);
    }
    faults(package, found);
    for argument in package.args() {
        each_string(argument, &mut |text, span| {
            look(text, span, sources, &arguments, of_form, found);
        });
    }
    let statements = package.manifest.policy.iter().flat_map(|p| &p.statements);
    for (text, span) in statements.flat_map(policy::strings) {
        look(text, span, sources, &arguments, types::variable, found);
    }
}

/// What the form cannot be evaluated with, whatever is entered.
fn faults(package: &Package, found: &mut Diagnostics) {
    for (argument, error) in Definition::new(package.args()).faults() {
        let code = CODES.iter().find(|c| **c == &*error.code);
        let detail = format!("\"{}\": {}", argument.name.value, error.message);
        let d = Diagnostic::error(
            code.copied().unwrap_or("form-expression"),
            "Form cannot be evaluated",
            detail,
        );
        found.push(
            d.at(error.span.unwrap_or(argument.name.span))
                .within(argument.span)
                .hint("Correct it: the customer could never fill this in."),
        );
    }
}

/// Every string of an argument that may hold expressions.
fn each_string(argument: &Argument, f: &mut impl FnMut(&str, Span)) {
    for text in [
        &argument.label,
        &argument.description,
        &argument.incomplete_tips,
    ]
    .into_iter()
    .flatten()
    {
        f(&text.value, text.span);
    }
    let conditions = argument
        .when
        .iter()
        .chain(&argument.hidden)
        .chain(&argument.validator);
    let nodes = conditions
        .map(|c| &c.operands)
        .chain(&argument.default_value)
        .chain(argument.options.iter().map(|o| &o.value))
        .chain(argument.fields.iter().map(|f| &f.value));
    for node in nodes {
        node.each_string(&mut |s, span| f(s, span));
    }
}

/// In the form a parameter's name is the root; `var.` before it is accepted.
fn of_form(r: &Reference) -> Option<(&Ident, &[Step])> {
    types::variable(r).or(Some((&r.root, &r.steps)))
}

/// The parameter that a reference names, and the steps behind the name.
type NameOf = fn(&Reference) -> Option<(&Ident, &[Step])>;

fn look(
    text: &str,
    span: Span,
    sources: &SourceMap,
    arguments: &BTreeMap<&str, Vec<&Argument>>,
    name_of: NameOf,
    found: &mut Diagnostics,
) {
    let Ok(Some(parsed)) = Text::parse(text, span, sources) else {
        return;
    };
    parsed.expr.for_each_reference(&mut |r| {
        let Some((name, steps)) = name_of(r) else {
            return;
        };
        let Some(asked) = arguments.get(&*name.name) else {
            return;
        };
        if let Some(missing) = not_given(asked, steps) {
            let d = attribute(&name.name, asked, &missing);
            found.push(d.at(parsed.place(missing.span)).within(span));
        }
    });
}
