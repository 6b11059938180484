//! References in quotes, as configurations wrote them before there were expressions outside of strings. Where Terraform
//! still reads them, with a warning, they are read here.

use cloudapp_lang::syntax::ast::{Expr, ExprKind};
use cloudapp_lang::syntax::parse_template;
use cloudapp_lang::{Diagnostic, Diagnostics};

/// What stands between the quotes, where an expression is a string that is written out; otherwise the expression as it
/// is. None where the text is no expression, which is then reported.
pub(super) fn unquote(expr: &Expr, diags: &mut Diagnostics) -> Option<Expr> {
    let ExprKind::Literal(value) = &expr.kind else {
        return Some(expr.clone());
    };
    let Some(text) = value.as_str() else {
        return Some(expr.clone());
    };
    diags.push(warning(expr, text));
    // As an interpolation it can be read at its own place, if the text is the same as in the file.
    let base = (expr.span.start as usize).saturating_sub(1);
    let parsed = diags.take(parse_template(
        &format!("${{{text}}}"),
        expr.span.file,
        base,
    ))?;
    match parsed.kind {
        ExprKind::Wrapped(inner) => Some(*inner),
        _ => Some(parsed),
    }
}

/// Says that the quotes are not needed.
pub(super) fn warning(expr: &Expr, text: &str) -> Diagnostic {
    Diagnostic::warning(
        "quoted-reference",
        "Reference is in quotes",
        "Quotes around a reference are how older versions of the language wrote it; they are still read here.",
    )
    .at(expr.span)
    .hint(format!("Write {text} without quotes."))
}
