//! Evaluates everything that is not a resource: variables, locals, outputs, and the instances of repeated blocks.

use std::collections::BTreeMap;

use cloudapp_lang::eval::{self, EvalContext};
use cloudapp_lang::functions::Functions;
use cloudapp_lang::syntax::ast::Expr;
use cloudapp_lang::value::{Kind, convert};
use cloudapp_lang::{Diagnostic, Diagnostics, Marks, Number, Path, Span, Str, Type, Value};

use crate::address::InstanceKey;
use crate::conditions::{ConditionsOf, Outcomes};
use crate::config::{Configuration, ModuleId, OutputDecl, Repetition, VariableDecl};
use crate::scope::{RepetitionData, Scope, Shape, Values};

/// More instances of one block are a mistake, and would fill the memory before anything could be said about them.
const MOST_INSTANCES: u64 = 1_000_000;

/// Which instances a repeated block has.
#[derive(Debug)]
pub(crate) struct Expansion {
    pub(crate) shape: Shape,
    /// In key order.
    pub(crate) instances: Vec<(InstanceKey, RepetitionData)>,
}

/// Values of a run in the making.
pub(crate) struct Evaluation<'a> {
    pub(crate) cfg: &'a Configuration,
    pub(crate) functions: &'a Functions,
    pub(crate) variables: &'a BTreeMap<Str, Value>,
    pub(crate) values: Values,
    pub(crate) diags: Diagnostics,
    /// How the conditions turned out.
    pub(crate) outcomes: Outcomes,
    /// Checks only: nothing is known, so whatever is unknown is in order.
    pub(crate) checking: bool,
}

impl<'a> Evaluation<'a> {
    pub(crate) fn scope(&self, instance: usize) -> Scope<'_> {
        Scope::new(self.cfg, &self.values, instance)
    }

    pub(crate) fn evaluate(
        &mut self,
        expr: &Expr,
        instance: usize,
        repetition: &RepetitionData,
    ) -> Option<Value> {
        let scope = self.scope(instance).with_repetition(repetition.clone());
        let result = eval::evaluate(
            expr,
            EvalContext {
                scope: &scope,
                functions: self.functions,
            },
        );
        self.diags.take(result)
    }

    /// Evaluates a variable in every instance of its module. False where it has no valid value.
    pub(crate) fn variable(&mut self, module: ModuleId, index: usize) -> bool {
        let cfg = self.cfg;
        let decl = &cfg.module(module).variables[index];
        let mut ok = true;
        for instance in self.values.of_module[module.0].clone() {
            let value = if module == ModuleId::ROOT {
                Some(self.root_variable(decl))
            } else {
                self.argument(decl, instance)
            };
            let Some(value) = value else {
                ok = false;
                continue;
            };
            let value = if decl.sensitive {
                value.sensitive()
            } else {
                value
            };
            let value = if decl.ephemeral {
                value.mark(Marks::EPHEMERAL)
            } else {
                value
            };
            self.values.instances[instance].variables[index] = Some(value);
            ok &= self.conditions(
                &decl.validations,
                instance,
                None,
                &RepetitionData::default(),
                ConditionsOf::Variable(decl),
            );
        }
        ok
    }

    fn root_variable(&self, decl: &VariableDecl) -> Value {
        if self.checking {
            // A package's installation may inject attributes that the type does not name.
            let ty = if self.cfg.dialect.is_package() && !decl.ty.is_primitive() {
                Type::Dynamic
            } else {
                decl.ty.without_optional()
            };
            return Value::unknown(ty);
        }
        let given = self.variables.get(&decl.name).cloned();
        given
            .or_else(|| decl.default.clone())
            .unwrap_or_else(|| Value::null(decl.ty.without_optional()))
    }

    fn argument(&mut self, decl: &VariableDecl, instance: usize) -> Option<Value> {
        let parent = self.values.instances[instance].parent?;
        let repetition = self.values.instances[instance].repetition.clone();
        let value = match &decl.argument {
            Some(e) => Some((self.evaluate(e, parent, &repetition)?, e.span)),
            None => None,
        };
        let value = match value {
            Some((v, span)) if v.is_null() && !decl.nullable => {
                if decl.default.is_none() {
                    self.diags.push(null_argument(decl, span));
                    return None;
                }
                None
            }
            v => v,
        };
        let Some((value, span)) = value else {
            if let Some(d) = &decl.default {
                return Some(d.clone());
            }
            let call = self.values.instances[instance].addr.to_string();
            let at = self.call_span(instance).unwrap_or(decl.span);
            self.diags.push(
                Diagnostic::error(
                    "missing-argument",
                    "Required argument is missing",
                    format!("{call} needs \"{}\", which has no default.", decl.name),
                )
                .at(at)
                .hint(format!("Add {} = … to the module block.", decl.name)),
            );
            return None;
        };
        if !decl.ephemeral && value.marks_deep().is_ephemeral() {
            self.diags.push(ephemeral_argument(decl, span));
            return None;
        }
        match convert(&decl.defaults.apply(&value), &decl.ty) {
            Ok(v) => Some(v),
            Err(e) => {
                let at = if e.path.0.is_empty() {
                    String::new()
                } else {
                    format!(" (at {})", e.path)
                };
                self.diags.push(
                    Diagnostic::error(
                        "wrong-type",
                        "Wrong type of value",
                        format!(
                            "Variable \"{}\" of the module takes a {}{at}: {e}.",
                            decl.name,
                            decl.ty.friendly()
                        ),
                    )
                    .at(span)
                    .hint(format!("Give a {}.", decl.ty.friendly())),
                );
                None
            }
        }
    }

    fn call_span(&self, instance: usize) -> Option<Span> {
        let child = &self.values.instances[instance];
        let parent = self.values.instances[child.parent?].module;
        self.cfg
            .module(parent)
            .calls
            .iter()
            .find(|c| c.module == child.module)
            .map(|c| c.span)
    }

    pub(crate) fn local(&mut self, module: ModuleId, index: usize) -> bool {
        let cfg = self.cfg;
        let decl = &cfg.module(module).locals[index];
        let mut ok = true;
        for instance in self.values.of_module[module.0].clone() {
            match self.evaluate(&decl.expr, instance, &RepetitionData::default()) {
                Some(v) => self.values.instances[instance].locals[index] = Some(v),
                None => ok = false,
            }
        }
        ok
    }

    /// Evaluates an output in every instance of its module.
    pub(crate) fn output(&mut self, module: ModuleId, index: usize) -> bool {
        let cfg = self.cfg;
        let decl = &cfg.module(module).outputs[index];
        let mut ok = true;
        for instance in self.values.of_module[module.0].clone() {
            let holds = self.conditions(
                &decl.preconditions,
                instance,
                None,
                &RepetitionData::default(),
                ConditionsOf::Output(decl),
            );
            let value = if holds {
                self.evaluate(&decl.expr, instance, &RepetitionData::default())
            } else {
                None
            };
            let value = match value {
                Some(v) if module == ModuleId::ROOT => self.root_output(decl, v),
                Some(v) => self.module_output(decl, v),
                None => None,
            };
            match value {
                Some(v) => self.values.instances[instance].outputs[index] = Some(v),
                None => ok = false,
            }
        }
        ok
    }

    /// Whether an output is declared ephemeral is a promise to the caller, in both directions.
    fn module_output(&mut self, decl: &OutputDecl, value: Value) -> Option<Value> {
        let problem = match (value.marks_deep().is_ephemeral(), decl.ephemeral) {
            (true, false) => Some((
                "Ephemeral value cannot be stored",
                format!("Output \"{}\" is not declared ephemeral.", decl.name),
                "Add ephemeral = true, or give a value that is not ephemeral.",
            )),
            (false, true) => Some((
                "Value is not ephemeral",
                format!(
                    "Output \"{}\" is declared ephemeral, but its value is not.",
                    decl.name
                ),
                "Remove ephemeral = true.",
            )),
            _ => None,
        };
        if let Some((summary, detail, hint)) = problem {
            self.diags.push(
                Diagnostic::error("ephemeral-value", summary, detail)
                    .at(decl.expr.span)
                    .within(decl.span)
                    .hint(hint),
            );
            return None;
        }
        // What a module marks is seen where values are; a check without values asks for less, as Terraform's.
        Some(match (self.checking, decl.sensitive) {
            (true, _) => without_sensitive(value),
            (false, true) => value.sensitive(),
            (false, false) => value,
        })
    }

    fn root_output(&mut self, decl: &OutputDecl, value: Value) -> Option<Value> {
        let marks = value.marks_deep();
        if marks.is_ephemeral() || decl.ephemeral {
            self.diags.push(
                Diagnostic::error("ephemeral-value", "Ephemeral value cannot be stored", format!("Output \"{}\" is kept in the state, which an ephemeral value must not enter.", decl.name))
                    .at(decl.expr.span)
                    .within(decl.span)
                    .hint("Give a value that is not ephemeral."),
            );
            return None;
        }
        if has_infinity(&value) {
            let what = format!("output \"{}\"", decl.name);
            self.diags.push(infinite(&what, decl.expr.span));
            return None;
        }
        if decl.sensitive || !marks.is_sensitive() {
            return Some(if decl.sensitive {
                value.sensitive()
            } else {
                value
            });
        }
        let detail = format!(
            "The value of output \"{}\" is sensitive, but the output is not declared so.",
            decl.name
        );
        if self.cfg.dialect.is_package() {
            self.diags.push(
                Diagnostic::warning(
                    "sensitive-output",
                    "Output holds a sensitive value",
                    format!("{detail} It is treated as sensitive."),
                )
                .at(decl.expr.span)
                .within(decl.span)
                .hint("Add sensitive = true."),
            );
            return Some(value.sensitive());
        }
        self.diags.push(
            Diagnostic::error("sensitive-output", "Output holds a sensitive value", detail)
                .at(decl.span)
                .hint("Add sensitive = true, or take the value through nonsensitive() if it may be shown."),
        );
        None
    }

    /// Makes the instances of a called module.
    pub(crate) fn call(&mut self, module: ModuleId, index: usize) -> bool {
        let cfg = self.cfg;
        let decl = &cfg.module(module).calls[index];
        let mut ok = true;
        for instance in self.values.of_module[module.0].clone() {
            let Some(e) = self.expand(&decl.repetition, instance) else {
                ok = false;
                continue;
            };
            let addr = self.values.instances[instance].addr.clone();
            let mut made = Vec::with_capacity(e.instances.len());
            for (key, data) in e.instances {
                let number = self.values.add(
                    cfg,
                    decl.module,
                    addr.child(&decl.name, key.clone()),
                    Some(instance),
                    data,
                );
                made.push((key, number));
            }
            self.values.instances[instance].calls[index] = (e.shape, made);
        }
        ok
    }

    /// The instances that `count` or `for_each` asks for.
    pub(crate) fn expand(&mut self, repetition: &Repetition, instance: usize) -> Option<Expansion> {
        let none = RepetitionData::default();
        match repetition {
            Repetition::None => Some(Expansion {
                shape: Shape::Single,
                instances: vec![(InstanceKey::None, none)],
            }),
            _ if self.checking => {
                self.check_repetition(repetition, instance);
                Some(Expansion {
                    shape: Shape::Unknown,
                    instances: vec![(InstanceKey::None, RepetitionData::unknown())],
                })
            }
            Repetition::Count(e) => {
                let value = self.evaluate(e, instance, &none)?;
                let result = count(&value, e.span);
                let n = self.diags.take(result)?;
                let one = |i: u64| {
                    let data = RepetitionData {
                        count_index: Some(Value::number(Number::counted(i))),
                        ..RepetitionData::default()
                    };
                    (InstanceKey::Index(i), data)
                };
                Some(Expansion {
                    shape: Shape::Count,
                    instances: (0..n).map(one).collect(),
                })
            }
            Repetition::ForEach(e) => {
                let value = self.evaluate(e, instance, &none)?;
                let result = for_each(&value, e.span);
                let pairs = self.diags.take(result)?;
                let one = |(k, v): (Str, Value)| {
                    let key = Value::string(k.clone());
                    let data = RepetitionData {
                        each_key: Some(key),
                        each_value: Some(v),
                        count_index: None,
                    };
                    (InstanceKey::Key(k), data)
                };
                Some(Expansion {
                    shape: Shape::ForEach,
                    instances: pairs.into_iter().map(one).collect(),
                })
            }
        }
    }

    /// Reports what is wrong with `count` or `for_each` whatever is still unknown.
    fn check_repetition(&mut self, repetition: &Repetition, instance: usize) {
        let Some(e) = repetition.expr() else { return };
        let Some(value) = self.evaluate(e, instance, &RepetitionData::default()) else {
            return;
        };
        // What is marked is refused whatever it turns out to be; sensitive numbers are fine.
        let marks = value.marks();
        let refused = match repetition {
            Repetition::ForEach(_) => !marks.is_empty(),
            _ => marks.is_ephemeral(),
        };
        if !value.is_wholly_known() && !refused {
            return;
        }
        let problem = match repetition {
            Repetition::Count(_) => count(&value, e.span).err(),
            _ => for_each(&value, e.span).err(),
        };
        self.diags.extend(problem);
    }
}

fn without_sensitive(value: Value) -> Value {
    value.map_marks(&Path::root(), &mut |_, m| m.without(Marks::SENSITIVE))
}

fn count(value: &Value, span: Span) -> Result<u64, Diagnostic> {
    let (value, marks) = value.clone().unmark();
    let invalid = |detail: String| {
        Diagnostic::error("invalid-count", "Count is not valid", detail)
            .at(span)
            .hint("Give a whole number, zero or more.")
    };
    if marks.is_ephemeral() {
        return Err(invalid(
            "An ephemeral value cannot decide how many instances there are.".to_owned(),
        ));
    }
    if !value.is_known() {
        return Err(unknown_repetition("count", span));
    }
    if value.is_null() {
        return Err(invalid("\"count\" is null.".to_owned()));
    }
    let n = convert(&value, &Type::Number)
        .map_err(|e| invalid(format!("\"count\" takes a number: {e}.")))?;
    match n.kind() {
        Kind::Number(n) => n.as_u64().ok_or_else(|| {
            invalid(format!(
                "\"count\" is {n}, which is not a whole number of instances."
            ))
        }),
        _ => Err(unknown_repetition("count", span)),
    }
    .and_then(|n| {
        if n > MOST_INSTANCES {
            Err(invalid(format!(
                "\"count\" is {n}, but a block has at most {MOST_INSTANCES} instances."
            )))
        } else {
            Ok(n)
        }
    })
}

fn unknown_repetition(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "unknown-repetition",
        "Number of instances is not known yet",
        format!("\"{name}\" depends on something that is known only after apply, so it cannot be planned which instances there are."),
    )
    .at(span)
    .hint("Apply what it depends on first, with -target, or decide it by a variable.")
}

fn for_each(value: &Value, span: Span) -> Result<Vec<(Str, Value)>, Diagnostic> {
    let (value, marks) = value.clone().unmark();
    let invalid = |detail: &str| {
        Diagnostic::error("invalid-for-each", "Value cannot be repeated over", detail)
            .at(span)
            .hint("Give a map, an object, or a set of strings; toset([...]) makes a set.")
    };
    if marks.is_sensitive() {
        return Err(invalid(
            "\"for_each\" is sensitive, but its keys would show in addresses.",
        ));
    }
    if marks.is_ephemeral() {
        return Err(invalid(
            "\"for_each\" is ephemeral, but its keys are kept in the state.",
        ));
    }
    match value.kind() {
        Kind::Unknown(_) => Err(unknown_repetition("for_each", span)),
        Kind::Null(_) => Err(invalid("\"for_each\" is null.")),
        Kind::Map(_) | Kind::Object(_) => Ok(value
            .as_entries()
            .into_iter()
            .flatten()
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect()),
        Kind::Set(s) => s
            .items
            .iter()
            .map(|v| match v.kind() {
                Kind::String(k) => Ok((k.clone(), v.clone())),
                Kind::Unknown(_) => Err(unknown_repetition("for_each", span)),
                Kind::Null(_) => Err(invalid("An element of the set is null.")),
                _ => Err(invalid("The set's elements are not strings.")),
            })
            .collect(),
        _ => Err(invalid(&format!(
            "\"for_each\" is a {}.",
            value.ty().friendly()
        ))),
    }
}

/// Whether a number in a value is too large to be written down.
pub(crate) fn has_infinity(value: &Value) -> bool {
    match value.kind() {
        Kind::Number(n) => !n.is_finite(),
        _ => value.children().any(has_infinity),
    }
}

pub(crate) fn infinite(what: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "infinite-number",
        "Number is infinite",
        format!("A number of {what} is larger than any that can be kept."),
    )
    .at(span)
    .hint("Compute with smaller numbers.")
}

fn null_argument(decl: &VariableDecl, span: Span) -> Diagnostic {
    Diagnostic::error(
        "variable-is-null",
        "Variable must not be null",
        format!("\"{}\" is declared with nullable = false.", decl.name),
    )
    .at(span)
    .hint("Give a value.")
}

fn ephemeral_argument(decl: &VariableDecl, span: Span) -> Diagnostic {
    Diagnostic::error(
        "ephemeral-value",
        "Ephemeral value cannot be stored",
        format!(
            "Variable \"{}\" of the module is not declared ephemeral.",
            decl.name
        ),
    )
    .at(span)
    .hint(format!(
        "Add ephemeral = true to variable \"{}\", or give another value.",
        decl.name
    ))
}
