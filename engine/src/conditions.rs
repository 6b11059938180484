//! Conditions: validations, preconditions, postconditions and the assertions of checks; and what came of them.
//!
//! A condition that does not hold is an error of whoever has it; an assertion of a check only warns. What is not known
//! yet is left for the apply, which evaluates it again.

use std::collections::{BTreeMap, HashMap};

use cloudapp_lang::eval::{self, EvalContext};
use cloudapp_lang::value::convert;
use cloudapp_lang::{Diagnostic, Diagnostics, Severity, Span, Type, Value};

use crate::address::Address;
use crate::config::{
    CheckDecl, Condition, Configuration, ModuleId, ObjectId, OutputDecl, ResourceDecl, VariableDecl,
};
use crate::evaluation::Evaluation;
use crate::plan::{CheckInstance, CheckKind, CheckResult, CheckStatus};
use crate::scope::{RepetitionData, Scope};

/// Whose conditions they are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ConditionsOf<'a> {
    /// `validation`
    Variable(&'a VariableDecl),
    /// `precondition`
    Output(&'a OutputDecl),
    /// `precondition`
    Before(&'a Address),
    /// `postcondition`
    After(&'a Address),
    /// `assert`
    Check(&'a CheckDecl),
}

impl ConditionsOf<'_> {
    fn kind(self) -> CheckKind {
        match self {
            Self::Variable(_) => CheckKind::Var,
            Self::Output(_) => CheckKind::OutputValue,
            Self::Before(_) | Self::After(_) => CheckKind::Resource,
            Self::Check(_) => CheckKind::Check,
        }
    }

    /// For messages.
    fn name(self) -> String {
        match self {
            Self::Variable(d) => format!("variable \"{}\"", d.name),
            Self::Output(d) => format!("output \"{}\"", d.name),
            Self::Before(a) | Self::After(a) => a.to_string(),
            Self::Check(d) => format!("check \"{}\"", d.name),
        }
    }

    fn failure(self, c: &Condition, message: &str) -> Diagnostic {
        let (severity, code, summary) = match self {
            Self::Variable(_) => (
                Severity::Error,
                "validation-failed",
                "Value of variable is not valid",
            ),
            Self::Output(_) | Self::Before(_) => (
                Severity::Error,
                "precondition-failed",
                "Precondition does not hold",
            ),
            Self::After(_) => (
                Severity::Error,
                "postcondition-failed",
                "Postcondition does not hold",
            ),
            Self::Check(_) => (Severity::Warning, "check-failed", "Check does not hold"),
        };
        let at = match self {
            Self::Variable(d) => d.argument.as_ref().map_or(d.span, |e| e.span),
            _ => c.condition.span,
        };
        let detail = format!("{}: {message}", self.name());
        Diagnostic::new(severity, code, summary, detail)
            .at(at)
            .within(c.span)
    }
}

/// How one condition turned out, and what it says where it does not hold.
type Outcome = (CheckStatus, Option<String>);

/// The outcomes of the instances of one object, by address and by the place of the condition.
type ByInstance = BTreeMap<String, BTreeMap<Span, Outcome>>;

/// How the conditions of a run turned out, by the address without keys of what has them.
#[derive(Debug, Default)]
pub(crate) struct Outcomes(HashMap<(CheckKind, String), ByInstance>);

impl Evaluation<'_> {
    /// Evaluates conditions; what is unknown is left for later. False where one fails or cannot be evaluated.
    pub(crate) fn conditions(
        &mut self,
        conditions: &[Condition],
        instance: usize,
        object: Option<&Value>,
        repetition: &RepetitionData,
        of: ConditionsOf<'_>,
    ) -> bool {
        if conditions.is_empty() {
            return true;
        }
        let is_variable = matches!(of, ConditionsOf::Variable(_));
        // Without values it is looked at whether conditions of resources can be evaluated, not at what they come to:
        // there may be no instance that has them.
        let silent = self.checking && !is_variable && !matches!(of, ConditionsOf::Output(_));
        let mut ok = true;
        let mut outcomes = Vec::with_capacity(conditions.len());
        for c in conditions {
            let mut scope =
                Scope::new(self.cfg, &self.values, instance).with_repetition(repetition.clone());
            if let Some(o) = object {
                scope = scope.with_self(o.clone());
            }
            let cx = EvalContext {
                scope: &scope,
                functions: self.functions,
            };
            let condition = evaluate(c, cx);
            let fails = matches!(condition, Ok(Some(false)));
            let message = eval::evaluate(&c.message, cx)
                .map(|said| message_text(c, said, of, fails && !silent));
            let outcome = match (condition, message) {
                (Err(found), message) => {
                    ok = false;
                    self.diags.append(found);
                    self.diags.extend(message.err().into_iter().flatten());
                    (CheckStatus::Error, None)
                }
                // What keeps a condition from saying what is wrong is a mistake, whether it holds or not.
                (_, Err(found)) => {
                    ok = false;
                    self.diags.append(found);
                    (CheckStatus::Error, None)
                }
                (_, Ok((_, Some(found)))) if found.is_error() && !is_variable => {
                    ok &= silent;
                    self.diags.extend((!silent).then_some(found));
                    (CheckStatus::Error, None)
                }
                (Ok(holds), Ok((message, found))) => {
                    // A warning is given where there are values.
                    let found = found.filter(|d| d.is_error() || !self.checking);
                    self.diags.extend(found);
                    match holds {
                        Some(true) => (CheckStatus::Pass, None),
                        Some(false) => {
                            if !silent {
                                ok &= matches!(of, ConditionsOf::Check(_));
                                self.diags.push(of.failure(c, &message));
                            }
                            (CheckStatus::Fail, Some(message))
                        }
                        None => {
                            if let (ConditionsOf::Check(_), false) = (of, self.checking) {
                                self.diags.push(undecided(of, c));
                            }
                            (CheckStatus::Unknown, None)
                        }
                    }
                }
            };
            outcomes.push((c.condition.span, outcome));
        }
        if !self.checking {
            let entry = self.outcomes_of(of, instance);
            entry.extend(outcomes);
        }
        ok
    }

    /// Evaluates the assertions of a check in every instance of its module, where its data source could be read. False
    /// where one cannot be evaluated.
    pub(crate) fn check(&mut self, module: ModuleId, index: usize) -> bool {
        let cfg = self.cfg;
        let decl = &cfg.module(module).checks[index];
        let none = RepetitionData::default();
        let mut ok = true;
        for instance in self.values.of_module[module.0].clone() {
            let of = ConditionsOf::Check(decl);
            let source = decl.data.and_then(|d| cfg.resource(module, d).nested);
            let unread = source.is_some_and(|s| self.outcomes_of(of, instance).contains_key(&s));
            if !unread {
                ok &= self.conditions(&decl.asserts, instance, None, &none, of);
            }
        }
        ok
    }

    /// Records whether the data source of a check could be read, in one instance of its module.
    pub(crate) fn source_read(
        &mut self,
        module: ModuleId,
        data: usize,
        instance: usize,
        problem: Option<String>,
    ) {
        let cfg = self.cfg;
        let Some(source) = cfg.resource(module, data).nested else {
            return;
        };
        let checks = &cfg.module(module).checks;
        let Some(decl) = checks.iter().find(|c| c.data == Some(data)) else {
            return;
        };
        let found = self.outcomes_of(ConditionsOf::Check(decl), instance);
        match problem {
            Some(p) => drop(found.insert(source, (CheckStatus::Fail, Some(p)))),
            None => drop(found.remove(&source)),
        }
    }

    fn outcomes_of(
        &mut self,
        of: ConditionsOf<'_>,
        instance: usize,
    ) -> &mut BTreeMap<Span, Outcome> {
        let at = &self.values.instances[instance];
        let (config, address) = match of {
            ConditionsOf::Variable(d) => self.named(instance, "var", &d.name),
            ConditionsOf::Output(d) => self.named(instance, "output", &d.name),
            ConditionsOf::Check(d) => self.named(instance, "check", &d.name),
            ConditionsOf::Before(a) | ConditionsOf::After(a) => (
                self.cfg.module(at.module).config_address(&a.resource),
                a.to_string(),
            ),
        };
        let instances = self.outcomes.0.entry((of.kind(), config)).or_default();
        instances.entry(address).or_default()
    }

    /// The address of something that is no resource, without and with the keys of its module.
    fn named(&self, instance: usize, what: &str, name: &str) -> (String, String) {
        let at = &self.values.instances[instance];
        let config = format!(
            "{}{what}.{name}",
            self.cfg.module(at.module).config_prefix()
        );
        let address = if at.addr.is_root() {
            config.clone()
        } else {
            format!("{}.{what}.{name}", at.addr)
        };
        (config, address)
    }

    /// What came of all conditions of the configuration: what was found in this run, and otherwise what an earlier one
    /// found. What was looked at and has no instances passes. In address order.
    pub(crate) fn results(
        &self,
        earlier: &[CheckResult],
        is_looked_at: impl Fn(ObjectId) -> bool,
    ) -> Vec<CheckResult> {
        let earlier: HashMap<(CheckKind, &str), &CheckResult> = earlier
            .iter()
            .map(|r| ((r.kind, r.address.as_str()), r))
            .collect();
        let mut out: Vec<CheckResult> = declared(self.cfg)
            .map(|(object, kind, address, conditions)| {
                let before = earlier.get(&(kind, address.as_str())).copied();
                let otherwise = match before {
                    Some(b) => b.status,
                    None if is_looked_at(object) && self.has_no_instances(object) => {
                        CheckStatus::Pass
                    }
                    None => CheckStatus::Unknown,
                };
                let key = (kind, address);
                let found = self.outcomes.0.get(&key);
                result(key, conditions, found, before, otherwise)
            })
            .collect();
        out.sort_by(|a, b| (&a.address, a.kind).cmp(&(&b.address, b.kind)));
        out
    }

    fn has_no_instances(&self, object: ObjectId) -> bool {
        let mut modules = self.values.of_module[object.module().0].iter();
        match object {
            ObjectId::Resource(_, i) => {
                modules.all(|m| self.values.instances[*m].resources[i].instances.is_empty())
            }
            _ => modules.next().is_none(),
        }
    }
}

/// Whether a condition holds; none where that is not known yet.
fn evaluate(c: &Condition, cx: EvalContext<'_>) -> Result<Option<bool>, Diagnostics> {
    let value = eval::evaluate(&c.condition, cx)?;
    let invalid = |detail: String| {
        Diagnostic::error("invalid-condition", "Condition is not a bool", detail)
            .at(c.condition.span)
            .within(c.span)
            .hint("Compare something.")
    };
    let value = convert(&value, &Type::Bool)
        .map_err(|e| invalid(format!("A condition must be true or false: {e}.")))?;
    if value.is_null() {
        return Err(
            invalid("A condition must be true or false, but it is null.".to_owned()).into(),
        );
    }
    Ok(value.as_bool())
}

/// The text of a message, and what is wrong with it. A variable's is looked at where it is shown, all others always.
fn message_text(
    c: &Condition,
    message: Value,
    of: ConditionsOf<'_>,
    shown: bool,
) -> (String, Option<Diagnostic>) {
    let is_variable = matches!(of, ConditionsOf::Variable(_));
    let marks = message.marks_deep();
    let (text, problem) = match convert(&message.unmark_deep().0, &Type::String) {
        Err(e) => (
            "(the message is not a text)",
            Some((Severity::Error, format!("A message is a text: {e}."))),
        ),
        Ok(v) if v.is_null() => (
            "(the message is null)",
            Some((Severity::Error, "A message is a text, not null.".to_owned())),
        ),
        Ok(_) if marks.is_sensitive() || marks.is_ephemeral() => {
            let (what, text) = if marks.is_sensitive() {
                ("sensitive", "(the message holds sensitive values)")
            } else {
                ("ephemeral", "(the message holds ephemeral values)")
            };
            let severity = if is_variable {
                Severity::Error
            } else {
                Severity::Warning
            };
            (
                text,
                Some((
                    severity,
                    format!("The message holds {what} values, so it is not shown."),
                )),
            )
        }
        Ok(v) => match v.as_str() {
            Some(s) => return (s.to_owned(), None),
            None => ("(the message is not known)", None),
        },
    };
    let found = problem
        .filter(|_| shown || !is_variable)
        .map(|(severity, detail)| {
            Diagnostic::new(
                severity,
                "invalid-message",
                "Message cannot be shown",
                detail,
            )
            .at(c.message.span)
            .within(c.span)
            .hint("Write a text that says what is wanted, of values that may be shown.")
        });
    (text.to_owned(), found)
}

/// The finding that the data source of a check cannot be read.
pub(crate) fn unread_source(
    found: Diagnostic,
    decl: &ResourceDecl,
    address: &Address,
) -> Diagnostic {
    let mut d = found
        .address(address.to_string())
        .at(decl.nested.unwrap_or(decl.span));
    d.severity = Severity::Warning;
    d
}

fn undecided(of: ConditionsOf<'_>, c: &Condition) -> Diagnostic {
    Diagnostic::warning(
        "check-undecided",
        "Check is not decided yet",
        format!(
            "The assertion of {} depends on something that is known only after apply; the apply decides it.",
            of.name()
        ),
    )
    .at(c.condition.span)
    .within(c.span)
}

/// Everything that has conditions, by its address without keys, with their number in each instance.
fn declared(cfg: &Configuration) -> impl Iterator<Item = (ObjectId, CheckKind, String, usize)> {
    cfg.modules.iter().enumerate().flat_map(|(id, m)| {
        let id = ModuleId(id);
        let prefix = m.config_prefix();
        let named = move |what: &str, name: &str| format!("{prefix}{what}.{name}");
        // Few have any: only they get an address.
        let some = |n: usize| (n > 0).then_some(n);
        let variables = m.variables.iter().enumerate().filter_map({
            let named = named.clone();
            move |(i, d)| {
                let n = some(d.validations.len())?;
                let address = named("var", &d.name);
                Some((ObjectId::Variable(id, i), CheckKind::Var, address, n))
            }
        });
        let outputs = m.outputs.iter().enumerate().filter_map({
            let named = named.clone();
            move |(i, d)| {
                let n = some(d.preconditions.len())?;
                let address = named("output", &d.name);
                Some((ObjectId::Output(id, i), CheckKind::OutputValue, address, n))
            }
        });
        let checks = m.checks.iter().enumerate().filter_map(move |(i, d)| {
            let n = some(d.asserts.len())?;
            let address = named("check", &d.name);
            Some((ObjectId::Check(id, i), CheckKind::Check, address, n))
        });
        let resources = m.resources.iter().enumerate().filter_map(move |(i, d)| {
            let n = some(d.lifecycle.preconditions.len() + d.lifecycle.postconditions.len())?;
            let address = m.config_address(&d.addr);
            Some((ObjectId::Resource(id, i), CheckKind::Resource, address, n))
        });
        variables.chain(resources).chain(outputs).chain(checks)
    })
}

fn result(
    (kind, address): (CheckKind, String),
    conditions: usize,
    found: Option<&ByInstance>,
    before: Option<&CheckResult>,
    otherwise: CheckStatus,
) -> CheckResult {
    let mut instances: BTreeMap<&str, CheckInstance> = before
        .into_iter()
        .flat_map(|b| &b.instances)
        .map(|i| (i.address.as_str(), i.clone()))
        .collect();
    for (address, outcomes) in found.into_iter().flatten() {
        let worst = outcomes.values().map(|(s, _)| *s).max();
        // What was not evaluated, because something before it failed, is not known.
        let missing = (outcomes.len() < conditions).then_some(CheckStatus::Unknown);
        instances.insert(
            address,
            CheckInstance {
                address: address.clone(),
                status: worst.max(missing).unwrap_or(CheckStatus::Unknown),
                problems: outcomes.values().filter_map(|(_, p)| p.clone()).collect(),
            },
        );
    }
    let worst = instances.values().map(|i| i.status).max();
    CheckResult {
        kind,
        address,
        status: worst.unwrap_or(otherwise),
        instances: instances.into_values().collect(),
    }
}
