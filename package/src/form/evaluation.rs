//! Going through the fields of a form in the order in which they depend on each other.

use std::collections::{BTreeMap, BTreeSet};

use cloudapp_lang::{Diagnostics, Str, Type, Value};

use super::check::{self, Config};
use super::condition::{every, shown};
use super::definition::{Definition, FieldDefinition};
use super::expression::{Expression, Scope};
use super::{FieldError, FieldState, Form, choice};
use crate::widget::{Descriptor, FieldOption, Format, OptionKind, OptionQuery, OptionSource};

impl Definition<'_> {
    /// The form for the values entered so far.
    #[must_use]
    pub fn evaluate(
        &self,
        values: &BTreeMap<Str, Value>,
        system: &BTreeMap<Str, Value>,
        source: &dyn OptionSource,
    ) -> Form {
        let mut scope = Scope {
            values: vec![Value::null(Type::Dynamic); self.names.len()],
        };
        for (name, value) in system {
            if let Some(slot) = self.names.slot(name) {
                scope.values[slot] = value.clone();
            }
        }
        // The platform's names are never asked for: a value of the form's own always comes after this.
        for field in &self.fields {
            scope.values[field.slot] = Value::null(Type::Dynamic);
        }
        let mut pass = Pass {
            definition: self,
            values,
            source,
            scope,
            shown: BTreeMap::new(),
            states: (0..self.fields.len()).map(|_| None).collect(),
        };
        for index in &self.order {
            pass.field(*index);
        }
        pass.finish()
    }
}

struct Pass<'p, 'a> {
    definition: &'p Definition<'a>,
    values: &'p BTreeMap<Str, Value>,
    source: &'p dyn OptionSource,
    scope: Scope,
    /// The first field of each slot that is shown.
    shown: BTreeMap<usize, usize>,
    states: Vec<Option<FieldState>>,
}

/// A field while it is evaluated.
struct Draft {
    errors: Vec<FieldError>,
    waiting: BTreeSet<usize>,
    config: Config,
    options: Vec<FieldOption>,
    default: Option<Value>,
    value: Option<Value>,
    entered: bool,
    /// Whether the value has the type that the stack expects.
    typed: bool,
}

impl Pass<'_, '_> {
    fn field(&mut self, index: usize) {
        let field = &self.definition.fields[index];
        let mut errors = field.errors.clone();
        let visible = self.visible(field, &mut errors);
        let descriptor = field.argument.widget.value.descriptor();
        let mut draft = Draft {
            errors,
            waiting: BTreeSet::new(),
            config: Config::new(),
            options: Vec::new(),
            default: None,
            value: None,
            entered: false,
            typed: false,
        };
        if visible == Some(true) {
            self.fill(field, descriptor, &mut draft);
        }
        self.publish(index, visible, descriptor, &draft);
        let required = visible == Some(true) && !field.argument.optional;
        if required && draft.value.is_none() && draft.errors.is_empty() && draft.waiting.is_empty()
        {
            draft.errors.push(missing());
        }
        let name = &field.argument.name.value;
        let is_secret = field.argument.widget.value.is_sensitive()
            || draft.value.as_ref().is_some_and(Value::has_marks);
        self.states[index] = Some(FieldState {
            name: name.clone(),
            widget: field.argument.widget.value.clone(),
            label: name.clone(),
            description: None,
            visible: visible == Some(true),
            required,
            value: draft.value,
            entered: draft.entered,
            default: draft.default,
            options: draft.options,
            waiting_for: draft
                .waiting
                .iter()
                .map(|s| self.definition.names.name(*s).clone())
                .collect(),
            tips: None,
            errors: draft.errors,
            config: draft.config,
            sensitive: is_secret,
            span: field.argument.span,
        });
    }

    /// Whether a field is shown; none where that depends on what is not entered yet, and it is not shown until then.
    fn visible(&self, field: &FieldDefinition<'_>, errors: &mut Vec<FieldError>) -> Option<bool> {
        if field.is_cyclic {
            return Some(true);
        }
        let mut found = Diagnostics::new();
        let when = every(&field.when, &self.scope, &mut found);
        let hidden = match field.hidden.is_empty() {
            true => Some(false),
            false => every(&field.hidden, &self.scope, &mut found),
        };
        let wrong = !found.is_empty() || !errors.is_empty();
        errors.extend(found.iter().map(FieldError::from));
        match (when, hidden) {
            (Some(false), _) | (_, Some(true)) => Some(false),
            // What is wrong with a condition must be seen, or the field would only be missed.
            (None, _) if wrong => Some(true),
            (None, _) => None,
            (Some(true), _) => Some(true),
        }
    }

    fn fill(
        &self,
        field: &FieldDefinition<'_>,
        descriptor: Option<&'static Descriptor>,
        draft: &mut Draft,
    ) {
        if !field.is_cyclic {
            self.configure(field, descriptor, draft);
        }
        let given = self.values.get(&field.argument.name.value);
        self.take_default(field, descriptor, draft);
        let entered = given.filter(|v| !v.is_null());
        draft.entered = entered.is_some();
        let candidate = match (entered, &draft.default) {
            (Some(entered), _) => Some(entered.clone()),
            (None, Some(default)) => Some(default.clone()),
            (None, None) => untouched(descriptor),
        };
        let Some(candidate) = candidate.filter(|v| !check::is_blank(v)) else {
            return;
        };
        let secret = descriptor.is_some_and(|d| d.sensitive);
        let candidate = match secret {
            true => candidate.sensitive(),
            false => candidate,
        };
        self.accept(field, descriptor, draft, candidate);
    }

    /// Evaluates the fields of the widget, and lists what can be chosen.
    fn configure(
        &self,
        field: &FieldDefinition<'_>,
        descriptor: Option<&'static Descriptor>,
        draft: &mut Draft,
    ) {
        let mut found = Diagnostics::new();
        for (name, expression) in &field.config {
            let mut waiting = BTreeSet::new();
            let value = expression.evaluate(&self.scope, &mut waiting, &mut found);
            if !waiting.is_empty() {
                draft.waiting.extend(waiting);
                continue;
            }
            let fitted = match descriptor {
                Some(d) => check::field_value(d, name, value),
                None => Ok(value),
            };
            match fitted {
                Ok(value) if value.is_null() => {}
                Ok(value) => {
                    draft.config.insert(name.clone(), value);
                }
                Err(e) => draft.errors.push(e.at(expression.span)),
            }
        }
        draft.errors.extend(found.iter().map(FieldError::from));
        match descriptor.and_then(|d| d.options) {
            Some(OptionKind::Declared) => self.declared(field, draft),
            Some(kind) if draft.waiting.is_empty() => self.listed(kind, draft),
            _ => {}
        }
    }

    fn declared(&self, field: &FieldDefinition<'_>, draft: &mut Draft) {
        let mut found = Diagnostics::new();
        for (label, value) in &field.options {
            let value = value.evaluate(&self.scope, &mut draft.waiting, &mut found);
            let label = text(label, &self.scope, &mut found).unwrap_or_default();
            if value.is_wholly_known() && !value.is_null() {
                draft.options.push(FieldOption::new(label, value));
            }
        }
        draft.errors.extend(found.iter().map(FieldError::from));
    }

    fn listed(&self, kind: OptionKind, draft: &mut Draft) {
        let query = OptionQuery {
            kind,
            fields: &draft.config,
        };
        match self.source.options(&query) {
            Ok(options) => draft.options = options,
            Err(e) => {
                let again = if e.retry { " Try again." } else { "" };
                let message = format!("The {} could not be listed: {e}.{again}", kind.name());
                draft
                    .errors
                    .push(FieldError::new("options-unavailable", message));
            }
        }
    }

    fn take_default(
        &self,
        field: &FieldDefinition<'_>,
        descriptor: Option<&'static Descriptor>,
        draft: &mut Draft,
    ) {
        let Some(expression) = field.default.as_ref().filter(|_| !field.is_cyclic) else {
            return;
        };
        let (mut waiting, mut found) = (BTreeSet::new(), Diagnostics::new());
        let value = expression.evaluate(&self.scope, &mut waiting, &mut found);
        // Whoever enters a value does not need the default, whatever is the matter with it.
        let entered = self.values.get(&field.argument.name.value);
        let counts = entered.is_none_or(Value::is_null);
        if counts {
            draft.errors.extend(found.iter().map(FieldError::from));
            draft.waiting.extend(&waiting);
        }
        if !waiting.is_empty() {
            return;
        }
        if value.is_null() {
            return;
        }
        match descriptor.map(|d| check::fit(d, &value)) {
            Some(Err(_)) if !counts => {}
            Some(Err(e)) => {
                let message = format!("The default does not fit: {}", e.message);
                draft
                    .errors
                    .push(FieldError::new("wrong-type", message).at(expression.span));
            }
            Some(Ok(value)) => {
                let secret = descriptor.is_some_and(|d| d.sensitive);
                draft.default = Some(if secret { value.sensitive() } else { value });
            }
            None => draft.default = Some(value),
        }
    }

    /// Checks a value and keeps it, completed by the option that it names.
    fn accept(
        &self,
        field: &FieldDefinition<'_>,
        descriptor: Option<&'static Descriptor>,
        draft: &mut Draft,
        candidate: Value,
    ) {
        let Some(descriptor) = descriptor else {
            draft.typed = candidate.is_wholly_known();
            draft.value = Some(candidate);
            return;
        };
        let value = match check::fit(descriptor, &candidate) {
            Ok(value) => value,
            Err(e) => {
                draft.errors.push(e);
                draft.value = Some(candidate);
                return;
            }
        };
        draft.typed = true;
        if check::chooses_nothing(&value) && !field.argument.optional {
            draft.errors.push(missing());
            draft.value = Some(value);
            return;
        }
        let mut errors = check::bounds(descriptor, &value, &draft.config);
        let value = if self.is_judged(descriptor, draft) {
            choice::choose(descriptor, &value, &draft.options, &mut errors)
        } else {
            value
        };
        if descriptor.format == Format::Domain && errors.is_empty() {
            errors.extend(self.uncovered(&value, &draft.config));
        }
        draft.errors.extend(errors);
        draft.value = Some(value);
    }

    /// Whether the options are known, so that a value can be looked for among them.
    fn is_judged(&self, descriptor: &Descriptor, draft: &Draft) -> bool {
        let listed = !draft
            .errors
            .iter()
            .any(|e| &*e.code == "options-unavailable");
        match descriptor.options {
            Some(OptionKind::Declared) => draft.waiting.is_empty(),
            Some(kind) => {
                kind.is_closed() && self.source.is_available() && draft.waiting.is_empty() && listed
            }
            None => false,
        }
    }

    /// What is wrong where a domain does not fit its certificate.
    fn uncovered(&self, value: &Value, config: &Config) -> Option<FieldError> {
        let domain = value.get("domain")?.as_str()?;
        let id = config.get("certId")?.as_str()?;
        let all = self
            .source
            .options(&OptionQuery {
                kind: OptionKind::Certificates,
                fields: &Config::new(),
            })
            .ok()?;
        let certificate = all
            .iter()
            .find(|o| o.value.get("certId").and_then(Value::as_str) == Some(id))?;
        let names = certificate.fact("domains")?;
        if names.split(", ").any(|name| check::covers(name, domain)) {
            return None;
        }
        let message = format!("The certificate is for {names}, not for this domain.");
        Some(FieldError::new("domain-certificate", message))
    }

    /// Makes the value known to the fields that refer to it.
    fn publish(
        &mut self,
        index: usize,
        visible: Option<bool>,
        descriptor: Option<&'static Descriptor>,
        draft: &Draft,
    ) {
        let field = &self.definition.fields[index];
        let is_shown = self.shown.contains_key(&field.slot);
        let unknown = || {
            let ty = descriptor.map_or(Type::Dynamic, |d| (d.value)());
            Value::unknown(ty.without_optional())
        };
        match visible {
            Some(false) => {}
            None if is_shown => {}
            None => self.scope.values[field.slot] = unknown(),
            Some(true) if is_shown => {}
            Some(true) => {
                self.shown.insert(field.slot, index);
                self.scope.values[field.slot] = match &draft.value {
                    Some(value) if draft.typed && !field.is_cyclic => match descriptor {
                        Some(d) => check::with_all_attributes(d, value),
                        None => value.clone(),
                    },
                    None if field.argument.optional && draft.waiting.is_empty() => {
                        Value::null(Type::Dynamic)
                    }
                    _ => unknown(),
                };
            }
        }
    }

    /// What depends on all values: validators and texts.
    fn finish(self) -> Form {
        let mut fields: Vec<FieldState> = self.states.into_iter().flatten().collect();
        let mut count: BTreeMap<usize, usize> = BTreeMap::new();
        for (field, state) in self.definition.fields.iter().zip(&fields) {
            *count.entry(field.slot).or_default() += usize::from(state.visible);
        }
        let mut variables = BTreeMap::new();
        for (field, state) in self.definition.fields.iter().zip(&mut fields) {
            texts(field, state, &self.scope);
            if !state.visible {
                continue;
            }
            if count.get(&field.slot).is_some_and(|n| *n > 1) {
                state.errors.push(ambiguous(field));
            }
            if let Some(value) = &state.value {
                validate(field, &self.scope, &mut state.errors);
                if !state.errors.iter().any(|e| &*e.code == "wrong-type") {
                    variables
                        .entry(state.name.clone())
                        .or_insert_with(|| value.clone());
                }
            }
        }
        let complete = |f: &FieldState| {
            f.errors.is_empty() && f.waiting_for.is_empty() && (f.value.is_some() || !f.required)
        };
        Form {
            valid: fields.iter().all(complete),
            fields,
            variables,
        }
    }
}

/// What a field holds that nobody touched.
fn untouched(descriptor: Option<&Descriptor>) -> Option<Value> {
    let is_switch = descriptor?.rendering == crate::widget::Rendering::Switch;
    is_switch.then(|| Value::bool(false))
}

fn missing() -> FieldError {
    FieldError::new("required", "A value is needed.")
}

fn ambiguous(field: &FieldDefinition<'_>) -> FieldError {
    let message = format!(
        "\"{}\" is asked for by more than one field at once; their conditions must exclude each other.",
        field.argument.name.value
    );
    FieldError::new("ambiguous-name", message).at(field.argument.name.span)
}

fn validate(field: &FieldDefinition<'_>, scope: &Scope, errors: &mut Vec<FieldError>) {
    for test in &field.validator {
        let mut found = Diagnostics::new();
        let holds = test.holds(scope, &mut found);
        if holds == Some(false) {
            let message = test.message(scope, &mut found);
            let message = message.as_ref().and_then(shown);
            let message = message.unwrap_or_else(|| "The value is not accepted.".into());
            errors.push(FieldError::new("validator", message).at(test.span));
        }
        errors.extend(found.iter().map(FieldError::from));
    }
}

/// An expression as text; nothing where it is not known yet, empty, or secret.
fn text(expression: &Expression, scope: &Scope, found: &mut Diagnostics) -> Option<Str> {
    let value = expression.evaluate(scope, &mut BTreeSet::new(), found);
    if value.is_null() || !value.is_wholly_known() {
        return None;
    }
    shown(&value)
}

fn texts(field: &FieldDefinition<'_>, state: &mut FieldState, scope: &Scope) {
    let mut found = Diagnostics::new();
    let mut of = |e: &Option<Expression>| e.as_ref().and_then(|e| text(e, scope, &mut found));
    if let Some(label) = of(&field.label) {
        state.label = label;
    }
    state.description = of(&field.description);
    state.tips = of(&field.tips);
    if state.visible {
        state.errors.extend(found.iter().map(FieldError::from));
    }
}
