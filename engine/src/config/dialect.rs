//! The two dialects: Terraform's, read strictly, and that of installation packages, where known departures are warnings.

use cloudapp_lang::syntax::ast::{Expr, ExprKind};
use cloudapp_lang::{Diagnostic, Diagnostics, Span};

/// How strictly a configuration is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// As Terraform reads a directory.
    #[default]
    Strict,
    /// As CloudApp reads the `infrastructure` of an installation package.
    Package,
}

impl Dialect {
    #[must_use]
    pub fn is_package(self) -> bool {
        self == Dialect::Package
    }
}

/// Warns of `object({...})` calls in a default value.
pub(crate) fn warn_object_calls(expr: &Expr, diags: &mut Diagnostics) {
    match &expr.kind {
        ExprKind::Call(c) => {
            if &*c.name.name == "object" {
                diags.push(
                    Diagnostic::warning(
                        "object-call-in-default",
                        "A type is called as a function",
                        "\"object\" describes a type; as a value it is taken for its argument.",
                    )
                    .at(c.name.span)
                    .within(expr.span)
                    .hint("Write the object itself: { name = value }."),
                );
            }
            c.args.iter().for_each(|a| warn_object_calls(a, diags));
        }
        ExprKind::Object(items) => items
            .iter()
            .for_each(|i| warn_object_calls(&i.value, diags)),
        ExprKind::Tuple(items) => items.iter().for_each(|i| warn_object_calls(i, diags)),
        ExprKind::Parentheses(e) => warn_object_calls(e, diags),
        _ => {}
    }
}

pub(crate) fn index_missing(address: &str, span: Span) -> Diagnostic {
    Diagnostic::warning(
        "instance-index-missing",
        "An instance key is missing",
        format!("{address} has \"count\" or \"for_each\"; without a key this means its only instance, with null attributes if there is none."),
    )
    .at(span)
    .hint(format!("Name the instance: {address}[0]."))
}

pub(crate) fn index_on_single(address: &str, span: Span) -> Diagnostic {
    Diagnostic::warning(
        "index-on-single-instance",
        "A single resource is indexed",
        format!("{address} has neither \"count\" nor \"for_each\"; [0] is taken for the resource itself."),
    )
    .at(span)
    .hint(format!("Write {address} without an index."))
}

pub(crate) fn unknown_argument(
    kind: &str,
    name: &str,
    span: Span,
    suggestion: Option<&str>,
) -> Diagnostic {
    let hint = match suggestion {
        Some(s) => format!("Did you mean \"{s}\"? Otherwise remove the argument."),
        None => "Remove the argument; to order resources, use depends_on.".to_owned(),
    };
    Diagnostic::warning(
        "unknown-argument-ignored",
        "An argument is not sent",
        format!("{kind} has no argument \"{name}\". What it refers to still comes first, but its value goes nowhere."),
    )
    .at(span)
    .hint(hint)
}

pub(crate) fn argument_left_out(kind: &str, name: &str, span: Span) -> Diagnostic {
    Diagnostic::warning(
        "required-argument-left-out",
        "A required argument is left out",
        format!("Terraform's provider needs \"{name}\" for {kind}; here the cloud decides it."),
    )
    .at(span)
    .hint(format!("Add {name} = …"))
}
