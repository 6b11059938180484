//! The form of a package: which fields a customer sees, what can be chosen in each, what is wrong with what was
//! entered, and which variables the stack receives.
//!
//! [`evaluate`] answers all of it at once for the values entered so far. It is pure: the same arguments, values and
//! choices give the same form, on the command line, in the API and on the page. `definition` compiles an argument
//! (`expression`, `condition`, `operator`) and finds the order in which fields depend on each other; `evaluation` goes
//! through them in that order; `check` says whether a value fits its widget, and `choice` whether it is among the
//! options. `docs/forms.md` has the rules.

mod check;
mod choice;
mod condition;
mod definition;
mod evaluation;
mod expression;
mod json;
mod operator;
mod values;

use std::collections::{BTreeMap, HashSet};

use cloudapp_lang::{Diagnostic, Diagnostics, Span, Str, Value};

use crate::argument::Argument;
use crate::widget::{FieldOption, OptionSource, Widget};

pub use definition::Definition;
pub use operator::{Operands, Operator};
pub use values::read_values;

/// A form for certain values.
#[derive(Clone, Debug)]
pub struct Form {
    /// Nothing is wrong, and nothing that is needed is missing.
    pub valid: bool,
    /// One for each argument, in the order of the package.
    pub fields: Vec<FieldState>,
    /// What the stack receives from the form. Names that are not in it take the stack's own defaults. Secrets are
    /// marked as sensitive.
    pub variables: BTreeMap<Str, Value>,
}

/// An argument, evaluated.
#[derive(Clone, Debug)]
pub struct FieldState {
    pub name: Str,
    pub widget: Widget,
    pub label: Str,
    pub description: Option<Str>,
    pub visible: bool,
    /// A value is needed for the form to be valid.
    pub required: bool,
    /// What counts: what was entered, else the default. None where there is neither, and where the field is not shown.
    pub value: Option<Value>,
    /// Whether the value was entered.
    pub entered: bool,
    pub default: Option<Value>,
    /// What can be chosen.
    pub options: Vec<FieldOption>,
    /// The fields that must be filled in before this one can be.
    pub waiting_for: Vec<Str>,
    /// What to say while it waits.
    pub tips: Option<Str>,
    pub errors: Vec<FieldError>,
    /// The fields of the widget, as far as they are known: `placeholder`, `unit`, `min`, `region`…
    pub config: BTreeMap<Str, Value>,
    /// The value must not be shown.
    pub sensitive: bool,
    /// Where the argument is written.
    pub span: Span,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Stable, lower case with hyphens; `docs/forms.md` lists them.
    pub code: Str,
    /// A sentence or two. Never holds a secret.
    pub message: Str,
    /// The rule or the expression that is to blame, where that is in the manifest.
    pub span: Option<Span>,
}

impl FieldError {
    /// Whether other values may help; where not, the package itself is wrong.
    #[must_use]
    pub fn concerns_values(&self) -> bool {
        const CODES: [&str; 14] = [
            "required",
            "wrong-type",
            "not-an-option",
            "option-disabled",
            "options-unavailable",
            "out-of-range",
            "step",
            "length",
            "pattern",
            "invalid-cidr",
            "invalid-domain",
            "domain-certificate",
            "validator",
            "ambiguous-name",
        ];
        CODES.contains(&&*self.code)
    }

    pub(crate) fn new(code: &str, message: impl Into<Str>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            span: None,
        }
    }

    pub(crate) fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }
}

impl From<&Diagnostic> for FieldError {
    fn from(d: &Diagnostic) -> Self {
        let message = match d.hint.is_empty() {
            true => d.detail.clone(),
            false => format!("{} {}", d.detail, d.hint),
        };
        Self {
            code: d.code.into(),
            message: message.into(),
            span: d.subject,
        }
    }
}

/// Evaluates a form. `values` holds what was entered, by name; null counts as nothing. `system` holds the variables
/// that the platform supplies, to which expressions may refer.
#[must_use]
pub fn evaluate(
    arguments: &[Argument],
    values: &BTreeMap<Str, Value>,
    system: &BTreeMap<Str, Value>,
    source: &dyn OptionSource,
) -> Form {
    Definition::new(arguments).evaluate(values, system, source)
}

impl Form {
    /// The field that counts for a name: of several, the one that is shown.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&FieldState> {
        let mut fields = self.fields.iter().filter(|f| &*f.name == name);
        let first = fields.clone().next();
        fields.find(|f| f.visible).or(first)
    }

    /// The fields that are not shown, and whose names no field that is shown has: no value of them is passed on. Of
    /// several with one name, the first.
    #[must_use]
    pub fn withheld(&self) -> Vec<&FieldState> {
        let shown = self.fields.iter().filter(|f| f.visible);
        let mut seen: HashSet<&Str> = shown.map(|f| &f.name).collect();
        let fields = self.fields.iter();
        fields.filter(|f| seen.insert(&f.name)).collect()
    }

    /// What is wrong, as findings at their places in the manifest.
    #[must_use]
    pub fn diagnostics(&self) -> Diagnostics {
        self.fields
            .iter()
            .flat_map(|field| field.errors.iter().map(|e| field.diagnostic(e)))
            .collect()
    }
}

impl FieldState {
    /// One of its errors as a finding.
    #[must_use]
    pub fn diagnostic(&self, error: &FieldError) -> Diagnostic {
        let detail = format!("\"{}\": {}", self.name, error.message);
        Diagnostic::error("form-field", "Parameter is not accepted", detail)
            .at(error.span.unwrap_or(self.span))
            .within(self.span)
            .hint(match error.span {
                Some(_) => "Give another value, or correct the rule.",
                None => "Give another value.",
            })
    }
}
