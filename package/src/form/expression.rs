//! What is written in a field: values, with expressions in their strings. Compiled once, evaluated for each set of
//! values, with the language's own parser and evaluator.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::LazyLock;

use cloudapp_lang::diagnostic::nearest;
use cloudapp_lang::eval::{self, EvalContext, Resolved};
use cloudapp_lang::functions::{FunctionOptions, Functions};
use cloudapp_lang::syntax::ast::{Binding, Expr, Reference, Slot, Step};
use cloudapp_lang::syntax::parse_template;
use cloudapp_lang::{Diagnostic, Diagnostics, Span, Str, Type, Value};

use crate::interpolation;
use crate::yaml::{Node, Yaml};

/// Functions whose answer depends on more than their arguments. A form is evaluated on more machines than one, and must
/// be the same on all.
const IMPURE: [&str; 7] = [
    "abspath",
    "bcrypt",
    "pathexpand",
    "plantimestamp",
    "templatefile",
    "timestamp",
    "uuid",
];

pub(super) static FUNCTIONS: LazyLock<Functions> = LazyLock::new(|| {
    Functions::new(FunctionOptions {
        base_dir: PathBuf::new(),
        files_within: None,
        plan_time: String::new(),
        now: None,
        package_dialect: true,
    })
});

/// What expressions may refer to: the arguments of the form, then what the platform supplies. The number of a name is
/// its slot.
#[derive(Debug, Default)]
pub(super) struct Names {
    slots: HashMap<Str, u32>,
    all: Vec<Str>,
}

impl Names {
    /// The slot of a name, which is added if it is new.
    pub(super) fn add(&mut self, name: &Str) -> usize {
        if let Some(slot) = self.slots.get(name) {
            return *slot as usize;
        }
        let slot = self.all.len();
        self.slots
            .insert(name.clone(), u32::try_from(slot).unwrap_or(u32::MAX));
        self.all.push(name.clone());
        slot
    }

    pub(super) fn name(&self, slot: usize) -> &Str {
        &self.all[slot]
    }

    pub(super) fn slot(&self, name: &str) -> Option<usize> {
        self.slots.get(name).map(|s| *s as usize)
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }
}

struct Resolver<'n>(&'n Names);

impl eval::Resolver for Resolver<'_> {
    fn resolve(&mut self, reference: &Reference) -> Result<Resolved, Diagnostic> {
        let root = &reference.root;
        if let Some(slot) = self.0.slots.get(&root.name) {
            return Ok(Resolved {
                slot: Slot(*slot),
                consumed: 0,
            });
        }
        // Policies write parameters as `var.name`; whoever is used to that may write it here too.
        let name = match reference.steps.first() {
            Some(Step::Attr(name)) if &*root.name == "var" => name,
            _ => root,
        };
        if let Some(slot) = self.0.slots.get(&name.name) {
            return Ok(Resolved {
                slot: Slot(*slot),
                consumed: 1,
            });
        }
        let detail = format!("The form has no parameter \"{}\".", name.name);
        let d = Diagnostic::error("unknown-parameter", "Unknown parameter", detail).at(name.span);
        Err(match nearest(&name.name, self.0.all.iter().map(|n| &**n)) {
            Some(near) => d.hint(format!("Did you mean \"{near}\"?")),
            None => d.hint("Refer to a parameter by the name of its argument."),
        })
    }
}

/// The values of names while a form is evaluated. One that is not known yet is unknown; one that is empty is null.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) values: Vec<Value>,
}

impl eval::Scope for Scope {
    fn value(&self, slot: Slot) -> Result<Value, Diagnostic> {
        Ok(self.get(slot.0 as usize).clone())
    }
}

impl Scope {
    pub(super) fn get(&self, slot: usize) -> &Value {
        static NOTHING: LazyLock<Value> = LazyLock::new(|| Value::null(Type::Dynamic));
        self.values.get(slot).unwrap_or(&NOTHING)
    }
}

/// What a node of the manifest evaluates to.
#[derive(Debug)]
pub(super) struct Expression {
    kind: Kind,
    pub(super) span: Span,
}

#[derive(Debug)]
enum Kind {
    Constant(Value),
    Template {
        expr: Box<Expr>,
        slots: Vec<usize>,
    },
    List(Vec<Expression>),
    Object(Vec<(Str, Expression)>),
    /// It was reported why.
    Broken,
}

impl Expression {
    pub(super) fn compile(node: &Node, names: &Names, found: &mut Diagnostics) -> Self {
        let kind = match &node.value {
            Yaml::String(text) => template(text, node.span, names, found),
            Yaml::Sequence(items) => {
                let items: Vec<_> = items
                    .iter()
                    .map(|n| Self::compile(n, names, found))
                    .collect();
                match items.iter().all(Self::is_constant) {
                    true => Kind::Constant(node.to_value()),
                    false => Kind::List(items),
                }
            }
            Yaml::Mapping(entries) => {
                let entries: Vec<_> = entries
                    .iter()
                    .map(|e| {
                        let value = Self::compile(&e.value, names, found);
                        (e.key.value.clone(), value)
                    })
                    .collect();
                match entries.iter().all(|(_, e)| e.is_constant()) {
                    true => Kind::Constant(node.to_value()),
                    false => Kind::Object(entries),
                }
            }
            _ => Kind::Constant(node.to_value()),
        };
        Self {
            kind,
            span: node.span,
        }
    }

    /// A text with expressions, such as a label.
    pub(super) fn text(text: &Str, span: Span, names: &Names, found: &mut Diagnostics) -> Self {
        Self {
            kind: template(text, span, names, found),
            span,
        }
    }

    fn is_constant(&self) -> bool {
        // A template without references has to be evaluated too.
        matches!(self.kind, Kind::Constant(_))
    }

    /// Adds the slots of everything that it refers to, each with the place of the expression.
    pub(super) fn references(&self, to: &mut Vec<(usize, Span)>) {
        match &self.kind {
            Kind::Template { slots, .. } => to.extend(slots.iter().map(|s| (*s, self.span))),
            Kind::List(items) => items.iter().for_each(|e| e.references(to)),
            Kind::Object(entries) => entries.iter().for_each(|(_, e)| e.references(to)),
            Kind::Constant(_) | Kind::Broken => {}
        }
    }

    /// Its value. What depends on something that is not known yet is unknown, and `waiting` then has the slots of that;
    /// what cannot be evaluated is null, with a finding.
    pub(super) fn evaluate(
        &self,
        scope: &Scope,
        waiting: &mut BTreeSet<usize>,
        found: &mut Diagnostics,
    ) -> Value {
        match &self.kind {
            Kind::Constant(value) => value.clone(),
            Kind::Template { expr, slots } => {
                let value = template_value(expr, slots, scope, self.span, found);
                if !value.is_wholly_known() {
                    let unknown = |s: &&usize| !scope.get(**s).is_wholly_known();
                    waiting.extend(slots.iter().filter(unknown));
                }
                value
            }
            Kind::List(items) => {
                Value::tuple(items.iter().map(|e| e.evaluate(scope, waiting, found)))
            }
            Kind::Object(entries) => {
                let evaluated = entries
                    .iter()
                    .map(|(k, e)| (k.clone(), e.evaluate(scope, waiting, found)));
                Value::object(evaluated.collect::<Vec<_>>())
            }
            Kind::Broken => Value::null(Type::Dynamic),
        }
    }
}

fn template_value(
    expr: &Expr,
    slots: &[usize],
    scope: &Scope,
    span: Span,
    found: &mut Diagnostics,
) -> Value {
    let cx = EvalContext {
        scope,
        functions: &FUNCTIONS,
    };
    match eval::evaluate(expr, cx) {
        Ok(value) => value,
        // What is left empty has no attributes; what is taken from it is empty too.
        Err(_) if slots.iter().any(|s| scope.get(*s).is_null()) => Value::null(Type::Dynamic),
        Err(diagnostics) => {
            found.extend(diagnostics.into_iter().map(|d| d.or_at(span)));
            Value::null(Type::Dynamic)
        }
    }
}

fn template(text: &Str, span: Span, names: &Names, found: &mut Diagnostics) -> Kind {
    // Loading the manifest warns of a brace that is missing, and the text is then taken as it is.
    if !text.contains("${") || interpolation::is_unclosed(text) {
        return Kind::Constant(Value::string(text.clone()));
    }
    match bound(text, span, names) {
        Ok(expr) => {
            let slots = slots(&expr, names);
            Kind::Template {
                expr: Box::new(expr),
                slots,
            }
        }
        Err(diagnostics) => {
            found.extend(diagnostics);
            Kind::Broken
        }
    }
}

fn bound(text: &str, span: Span, names: &Names) -> Result<Expr, Diagnostics> {
    let length = (span.end - span.start) as usize;
    // Written plainly or between quotes, the text is the source; otherwise only the whole string has a place.
    let base = match length.checked_sub(text.len()) {
        Some(0) => Some(span.start as usize),
        Some(2) => Some(span.start as usize + 1),
        _ => None,
    };
    let place = |diagnostics: Diagnostics| -> Diagnostics {
        let at = |d: Diagnostic| match base {
            Some(_) => d.or_at(span),
            None => d.at(span).within(span),
        };
        diagnostics.into_iter().map(at).collect()
    };
    let mut expr = parse_template(text, span.file, base.unwrap_or(0)).map_err(place)?;
    let mut wrong = eval::bind(&mut expr, &mut Resolver(names));
    wrong.append(eval::check_functions(&expr, &FUNCTIONS));
    for name in eval::called(&expr) {
        if IMPURE.contains(&&*name.name) || name.name.starts_with("file") {
            let detail = format!(
                "\"{}\" reads files or the clock, or draws by chance, which a form does not.",
                name.name
            );
            let d = Diagnostic::error("impure-function", "Function is not for forms", detail);
            wrong.push(
                d.at(name.span)
                    .hint("Use it in the stack, with the parameter's variable."),
            );
        }
    }
    if wrong.is_empty() {
        Ok(expr)
    } else {
        Err(place(wrong))
    }
}

fn slots(expr: &Expr, names: &Names) -> Vec<usize> {
    let all = eval::references(expr);
    let slots: BTreeSet<usize> = all
        .into_iter()
        .filter_map(|r| match r.binding {
            Binding::Slot { slot, .. } => Some(slot.0 as usize),
            _ => None,
        })
        .filter(|s| *s < names.len())
        .collect();
    slots.into_iter().collect()
}
