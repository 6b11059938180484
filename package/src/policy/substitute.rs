//! `${var.…}` in the strings of a policy: checked against the names that there are, and put in where there are values.

use std::collections::BTreeMap;

use cloudapp_lang::diagnostic::nearest;
use cloudapp_lang::eval::{EvalContext, Resolved, Resolver, Scope, bind, evaluate, first_call};
use cloudapp_lang::functions::{FunctionOptions, Functions};
use cloudapp_lang::syntax::ast::{Expr, ExprKind, Reference, Slot, Step, Template, TemplatePart};
use cloudapp_lang::syntax::parse_template;
use cloudapp_lang::value::convert;
use cloudapp_lang::{Diagnostic, Diagnostics, FileId, SourceMap, Span, Str, Type, Value};

use crate::interpolation;

/// A string of the manifest, parsed.
pub(crate) struct Text<'t> {
    text: &'t str,
    span: Span,
    pub(crate) expr: Expr,
    /// Where the text stands in the file character by character; none where it was written with escapes or folded.
    base: Option<usize>,
}

impl<'t> Text<'t> {
    /// Parses a string; none where it holds no expression.
    ///
    /// # Errors
    /// What is wrong with its expressions, at their places.
    pub(crate) fn parse(
        text: &'t str,
        span: Span,
        sources: &SourceMap,
    ) -> Result<Option<Self>, Diagnostics> {
        if !interpolation::is_template(text) {
            return Ok(None);
        }
        let offset = sources.text(span).find(text);
        let base = offset.map(|o| span.start as usize + o);
        match parse_template(text, span.file, base.unwrap_or(0)) {
            Ok(expr) => Ok(Some(Self {
                text,
                span,
                expr,
                base,
            })),
            Err(found) => Err(found
                .into_iter()
                .map(|d| {
                    if base.is_none() {
                        d.at(span)
                    } else {
                        d.within(span)
                    }
                })
                .collect()),
        }
    }

    /// The place of a part.
    pub(crate) fn place(&self, part: Span) -> Span {
        if self.base.is_some() { part } else { self.span }
    }

    /// What is written there.
    fn written(&self, part: Span) -> &'t str {
        let base = self.base.unwrap_or(0);
        let at = |n: u32| (n as usize).saturating_sub(base);
        self.text.get(at(part.start)..at(part.end)).unwrap_or("")
    }
}

/// Which names a policy may use: the platform's and those of the form.
pub(crate) trait Names {
    fn has(&self, name: &str) -> bool;
    /// The name that a misspelt one may mean.
    fn nearest(&self, name: &str) -> Option<String>;
}

/// Reports references to what is not there.
pub(crate) fn check(text: &Text<'_>, names: &dyn Names, found: &mut Diagnostics) {
    if let Some(call) = first_call(&text.expr) {
        let detail = "A policy is made of texts and the values of variables; functions are not called in it.";
        let d = Diagnostic::error("policy-reference", "Unknown reference in a policy", detail);
        found.push(
            d.at(text.place(call))
                .within(text.span)
                .hint("Write the value, or ask for it with a parameter."),
        );
    }
    text.expr.for_each_reference(&mut |r| {
        let at = text.place(r.root.span);
        let Some(name) = variable(r) else {
            let root = &r.root.name;
            let detail = format!(
                "A policy refers to variables of the platform and to parameters, each as \"var.NAME\"; \"{root}\" is neither."
            );
            let d = Diagnostic::error("policy-reference", "Unknown reference in a policy", detail);
            let hint = if names.has(root) {
                format!("Write ${{var.{root}…}}.")
            } else {
                match nearest(root, ["var"]) {
                    Some(_) => "Did you mean \"var\"?".into(),
                    None => "Write it as in ${var.cloudapp_id}.".into(),
                }
            };
            return found.push(d.at(at).within(text.span).hint(hint));
        };
        if !names.has(&name.name) {
            let detail = format!(
                "There is neither a variable of the platform nor a parameter of the name \"{}\".",
                name.name
            );
            let d = Diagnostic::error("policy-reference", "Unknown reference in a policy", detail);
            let hint = match names.nearest(&name.name) {
                Some(near) => format!("Did you mean var.{near}?"),
                None => "Add an argument of that name to \"args\", or write the value itself.".into(),
            };
            found.push(d.at(text.place(name.span)).within(text.span).hint(hint));
        }
    });
}

/// The name in `var.NAME`.
pub(crate) fn variable(r: &Reference) -> Option<&cloudapp_lang::syntax::ast::Ident> {
    match r.steps.first() {
        Some(Step::Attr(name)) if &*r.root.name == "var" => Some(name),
        _ => None,
    }
}

/// Puts values in. An expression stays as it is written where a value is not there yet, is sensitive or is no text; the
/// names that it needs are added to `open`.
pub(super) fn fill(
    text: &str,
    values: &BTreeMap<Str, Value>,
    open: &mut std::collections::BTreeSet<Str>,
) -> Str {
    // Places do not matter here: what is wrong was said when the package was read.
    let nowhere = Span::new(FileId(u32::MAX), 0, text.len());
    let Ok(Some(parsed)) = Text::parse(text, nowhere, &SourceMap::new()) else {
        return text.replace("$${", "${").into();
    };
    let mut filler = Filler {
        values,
        functions: Functions::new(FunctionOptions {
            base_dir: std::path::PathBuf::new(),
            files_within: None,
            plan_time: String::new(),
            now: None,
            package_dialect: false,
        }),
        names: Vec::new(),
    };
    let mut out = String::new();
    match &parsed.expr.kind {
        ExprKind::Template(Template { parts })
            if parts.iter().all(|p| {
                matches!(p, TemplatePart::Literal(_) | TemplatePart::Interpolation(_))
            }) =>
        {
            for part in parts {
                match part {
                    TemplatePart::Literal(s) => out.push_str(s),
                    TemplatePart::Interpolation(e) => filler.put(e, &parsed, &mut out, open),
                    TemplatePart::If { .. } | TemplatePart::For { .. } => {}
                }
            }
        }
        ExprKind::Wrapped(e) => filler.put(e, &parsed, &mut out, open),
        _ => match filler.text(&parsed.expr) {
            Some(value) => out.push_str(&value),
            None => {
                needs(&parsed.expr, open);
                out.push_str(text);
            }
        },
    }
    out.into()
}

fn needs(expr: &Expr, open: &mut std::collections::BTreeSet<Str>) {
    expr.for_each_reference(&mut |r| {
        if let Some(name) = variable(r) {
            open.insert(name.name.clone());
        }
    });
}

struct Filler<'v> {
    values: &'v BTreeMap<Str, Value>,
    functions: Functions,
    /// The names that slots stand for.
    names: Vec<Str>,
}

impl Filler<'_> {
    fn put(
        &mut self,
        expr: &Expr,
        parsed: &Text<'_>,
        out: &mut String,
        open: &mut std::collections::BTreeSet<Str>,
    ) {
        if let Some(value) = self.text(expr) {
            out.push_str(&value);
            return;
        }
        needs(expr, open);
        out.push_str("${");
        out.push_str(parsed.written(expr.span).trim());
        out.push('}');
    }

    fn text(&mut self, expr: &Expr) -> Option<Str> {
        // Nothing here may read files.
        if first_call(expr).is_some() {
            return None;
        }
        let mut bound = expr.clone();
        if !bind(&mut bound, self).is_empty() {
            return None;
        }
        let functions = &self.functions;
        let scope: &dyn Scope = self;
        let value = evaluate(&bound, EvalContext { scope, functions }).ok()?;
        if value.marks_deep().is_sensitive() || !value.is_wholly_known() || value.is_null() {
            return None;
        }
        convert(&value, &Type::String)
            .ok()?
            .as_str()
            .map(Into::into)
    }
}

impl Resolver for Filler<'_> {
    fn resolve(&mut self, reference: &Reference) -> Result<Resolved, Diagnostic> {
        match variable(reference).filter(|n| self.values.contains_key(&n.name)) {
            Some(name) => {
                self.names.push(name.name.clone());
                Ok(Resolved {
                    slot: Slot(u32::try_from(self.names.len() - 1).unwrap_or(u32::MAX)),
                    consumed: 1,
                })
            }
            None => Err(absent()),
        }
    }
}

impl Scope for Filler<'_> {
    fn value(&self, slot: Slot) -> Result<Value, Diagnostic> {
        let name = self.names.get(slot.0 as usize);
        name.and_then(|n| self.values.get(n))
            .cloned()
            .ok_or_else(absent)
    }
}

/// Never shown: the expression stays as it is written instead.
fn absent() -> Diagnostic {
    Diagnostic::error("policy-reference", "Unknown reference in a policy", "")
}
