//! Planning of one object: read it, ask the provider what would change, and decide what to do.

use std::fmt::Display;
use std::iter::Peekable;
use std::sync::Arc;

use cloudapp_lang::value::Kind;
use cloudapp_lang::{Diagnostic, Diagnostics, Marks, Path, PathStep, Severity, Str, Type, Value};

use super::prior::PriorObject;
use super::{Action, Importing, PlanMode, Reason};
use crate::address::Address;
use crate::calls::{Asked, Calls};
use crate::event::{Event, Observer};
use crate::objects::{beyond_schema, broken_promise, proposed_new, unsound};
use crate::provider::{
    CallKind, Object, OperationContext, PlanRequest, Provider, ProviderDiagnostic, ProviderError,
};
use crate::schema::SharedSchema;
use crate::secrets::Given;
use crate::store::InstanceRow;
use crate::view::conceal;

/// Everything that planning one object needs; owned, so that it can run beside others.
pub(crate) struct Job {
    pub(crate) address: Address,
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) schema: SharedSchema,
    /// The object as the state has it.
    pub(crate) row: Option<InstanceRow>,
    /// What to take in where the state has none.
    pub(crate) import: Option<String>,
    /// Without marks; none for an object that is to go.
    pub(crate) config: Option<Value>,
    pub(crate) config_marks: Vec<(Path, Marks)>,
    pub(crate) ignore: Ignore,
    pub(crate) create_before_destroy: bool,
    /// Replace it whatever the provider says.
    pub(crate) force: Option<Reason>,
    pub(crate) refresh: bool,
    pub(crate) mode: PlanMode,
    pub(crate) cx: OperationContext,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) calls: Arc<Calls>,
}

/// `ignore_changes`
#[derive(Clone, Debug, Default)]
pub(crate) struct Ignore {
    pub(crate) all: bool,
    pub(crate) paths: Vec<Path>,
}

/// What is to happen to one object.
#[derive(Debug)]
pub(crate) struct Decision {
    /// The object as the state has it.
    pub(crate) stored: Option<Value>,
    /// The object as it is now; none where there is none.
    pub(crate) refreshed: Option<PriorObject>,
    /// Set where that object is taken in.
    pub(crate) importing: Option<Box<Importing>>,
    pub(crate) action: Action,
    pub(crate) reason: Option<Reason>,
    /// Without schema marks; null where the object is to go.
    pub(crate) planned: Value,
    pub(crate) marks: Vec<(Path, Marks)>,
    pub(crate) replace_paths: Vec<Path>,
    pub(crate) private: Vec<u8>,
}

/// Why an object could not be planned.
#[derive(Debug)]
pub(crate) enum JobError {
    /// What the state has does not fit the type, for this reason.
    Unreadable(String),
    Provider(&'static str, ProviderError),
    /// There is nothing to import.
    NotThere {
        kind: String,
        id: String,
    },
    /// The provider broke a promise.
    Promise {
        what: &'static str,
        path: Path,
    },
}

impl Job {
    pub(crate) async fn run(mut self: Box<Self>) -> Result<Decision, JobError> {
        // The text is as large as what is made of it, and not needed any more.
        let decode = |row| PriorObject::decode(&row, &self.schema);
        let prior = self.row.take().map(decode).transpose();
        let prior = prior.map_err(JobError::Unreadable)?;
        self.decided(prior.as_ref()).await.map_err(|mut e| {
            if let JobError::Provider(_, e) = &mut e {
                self.given(prior.as_ref()).secrets().redact_error(e);
            }
            e
        })
    }

    /// What the provider knows that may be secret.
    fn given(&self, prior: Option<&PriorObject>) -> Given {
        let prior = prior.map(|p| p.object.value.clone().mark_paths(&p.marks));
        Given {
            schema: self.schema.clone(),
            values: prior.into_iter().collect(),
            config: self.config.clone().map(|c| (c, self.config_marks.clone())),
        }
    }

    async fn decided(&mut self, prior: Option<&PriorObject>) -> Result<Decision, JobError> {
        let id = self.import.take().filter(|_| prior.is_none());
        let Some(id) = id else {
            let refreshed = self.refreshed(prior).await?;
            let decision = self.decide(refreshed).await?;
            return Ok(Decision {
                stored: prior.map(|p| p.object.value.clone()),
                ..decision
            });
        };
        let imported = self.imported(&id).await?;
        let private = imported.object.private.clone();
        let decision = self.decide(Some(imported)).await?;
        Ok(Decision {
            importing: Some(Box::new(Importing { id, private })),
            ..decision
        })
    }

    /// Decides what becomes of an object, or of none.
    async fn decide(&self, refreshed: Option<PriorObject>) -> Result<Decision, JobError> {
        if self.mode == PlanMode::RefreshOnly {
            return Ok(unchanged(refreshed, Action::NoOp));
        }
        let Some(config) = self.config.clone() else {
            let action = if refreshed.is_some() {
                Action::Delete
            } else {
                Action::NoOp
            };
            let mut d = unchanged(refreshed, action);
            d.planned = Value::null(self.schema.block.ty());
            return Ok(d);
        };
        match &refreshed {
            None => self.create(config, None).await,
            Some(p) if p.tainted => {
                self.replace(
                    config,
                    refreshed.clone(),
                    Reason::ReplaceBecauseTainted,
                    Vec::new(),
                )
                .await
            }
            Some(_) => self.change(config, refreshed).await,
        }
    }

    async fn refreshed(
        &self,
        prior: Option<&PriorObject>,
    ) -> Result<Option<PriorObject>, JobError> {
        let Some(prior) = prior.cloned() else {
            return Ok(None);
        };
        if !self.refresh {
            return Ok(Some(prior));
        }
        let shown;
        let id = match &prior.marks[..] {
            [] => object_id(&prior.object.value),
            marks => {
                shown = shown_id(&prior.object.value.clone().mark_paths(marks));
                shown.as_deref()
            }
        };
        self.observer.event(&Event::RefreshStarted {
            address: &self.address,
            id,
        });
        let kind = &self.address.resource.kind;
        let asked = self.asks(CallKind::Read);
        let look = || {
            self.calls.make(asked, || async {
                let read = self.provider.read(&self.cx, kind, prior.object.clone());
                read.await.map_err(|mut e| {
                    self.given(Some(&prior)).secrets().redact_error(&mut e);
                    e
                })
            })
        };
        let found = self.calls.settled(&*self.provider, look).await;
        let found = found.map_err(|e| JobError::Provider("read", e))?;
        // What is in the state alone is handed back as it is.
        if let Some(o) = &found
            && !is_same_object(&o.value, &prior.object.value)
        {
            sound(&self.schema, &o.value)?;
        }
        self.observer.event(&Event::RefreshFinished {
            address: &self.address,
            id,
        });
        Ok(found.map(|object| PriorObject { object, ..prior }))
    }

    fn asks(&self, call: CallKind) -> Asked<'_> {
        Asked {
            provider: &*self.provider,
            call,
            kind: &self.address.resource.kind,
            address: &self.address,
            action: Action::Read,
        }
    }

    /// An object that exists, as it is: imports always read, whatever is said about refreshing.
    async fn imported(&self, id: &str) -> Result<PriorObject, JobError> {
        self.observer.event(&Event::RefreshStarted {
            address: &self.address,
            id: Some(id),
        });
        let asked = self.asks(CallKind::Read);
        let object = import_object(&self.calls, asked, &self.cx, id).await?;
        sound(&self.schema, &object.value)?;
        self.observer.event(&Event::RefreshFinished {
            address: &self.address,
            id: Some(id),
        });
        Ok(PriorObject {
            object,
            marks: Vec::new(),
            tainted: false,
        })
    }

    async fn create(
        &self,
        config: Value,
        refreshed: Option<PriorObject>,
    ) -> Result<Decision, JobError> {
        let response = self.ask(None, &config).await?;
        Ok(Decision {
            stored: None,
            refreshed,
            importing: None,
            action: Action::Create,
            reason: None,
            planned: response.planned,
            marks: self.config_marks.clone(),
            replace_paths: Vec::new(),
            private: response.private,
        })
    }

    async fn replace(
        &self,
        config: Value,
        refreshed: Option<PriorObject>,
        reason: Reason,
        paths: Vec<Path>,
    ) -> Result<Decision, JobError> {
        let mut d = self.create(config, refreshed).await?;
        d.action = if self.create_before_destroy {
            Action::ReplaceCreateFirst
        } else {
            Action::Replace
        };
        d.reason = Some(reason);
        d.replace_paths = paths;
        Ok(d)
    }

    async fn change(
        &self,
        config: Value,
        refreshed: Option<PriorObject>,
    ) -> Result<Decision, JobError> {
        let Some(prior) = refreshed.as_ref() else {
            return self.create(config, refreshed).await;
        };
        let effective = ignore_changes(&config, &prior.object.value, &self.ignore, &self.schema);
        let response = self.ask(Some(&prior.object), &effective).await?;
        let schema = &self.schema.block;
        let values = (&config, &prior.object.value);
        let ignore = &self.ignore;
        let marks = ignore_marks(
            &self.config_marks,
            &prior.marks,
            values,
            ignore,
            &self.schema,
        );
        let marks_changed = beyond_schema(schema, &prior.object.value, &prior.marks)
            != beyond_schema(schema, &response.planned, &marks);
        let same = response.planned == prior.object.value;
        if !same && !response.requires_replace.is_empty() {
            let mut paths = response.requires_replace;
            paths.sort();
            paths.dedup();
            // Whoever asked for it is the nearer reason.
            let reason = self.force.unwrap_or(Reason::ReplaceBecauseCannotUpdate);
            return self.replace(config, refreshed, reason, paths).await;
        }
        if let Some(reason) = self.force {
            return self.replace(config, refreshed, reason, Vec::new()).await;
        }
        let action = if same && !marks_changed {
            Action::NoOp
        } else {
            Action::Update
        };
        Ok(Decision {
            stored: None,
            importing: None,
            action,
            reason: None,
            // Both are the same: one of them is enough.
            planned: if same {
                prior.object.value.clone()
            } else {
                response.planned
            },
            marks,
            replace_paths: Vec::new(),
            private: response.private,
            refreshed,
        })
    }

    async fn ask(
        &self,
        prior: Option<&Object>,
        config: &Value,
    ) -> Result<crate::provider::PlanResponse, JobError> {
        let proposed = proposed_new(&self.schema.block, prior.map(|o| &o.value), config);
        let request = PlanRequest {
            kind: self.address.resource.kind.clone(),
            prior: prior.cloned(),
            config: config.clone(),
            proposed,
        };
        let response = self
            .provider
            .plan_change(&self.cx, request)
            .await
            .map_err(|e| JobError::Provider("plan", e))?;
        if response.planned.is_null()
            || !response.planned.is_of(&self.schema.block.ty())
                && !self.schema.block.ty().has_dynamic()
        {
            return Err(JobError::Promise {
                what: "planned an object of another type",
                path: Path::root(),
            });
        }
        if !response.legacy_type_system
            && let Some(path) = config_ignored(config, &response.planned, &self.schema)
        {
            return Err(JobError::Promise {
                what: "planned something else than the configuration says",
                path,
            });
        }
        Ok(response)
    }
}

/// The object that a provider knows by an id, as it is now.
pub(crate) async fn import_object(
    calls: &Calls,
    asked: Asked<'_>,
    cx: &OperationContext,
    id: &str,
) -> Result<Object, JobError> {
    let Asked { provider, kind, .. } = asked;
    let none = || JobError::NotThere {
        kind: kind.to_owned(),
        id: id.to_owned(),
    };
    let found = calls
        .make(asked, || provider.import(cx, kind, id))
        .await
        .map_err(|e| JobError::Provider("import", e))?
        .ok_or_else(none)?;
    // What a provider knows of an object by its id alone may be as little as the id.
    calls
        .make(asked, || provider.read(cx, kind, found.clone()))
        .await
        .map_err(|e| JobError::Provider("import", e))?
        .ok_or_else(none)
}

/// Whether both are one object, held twice.
fn is_same_object(a: &Value, b: &Value) -> bool {
    matches!((a.kind(), b.kind()), (Kind::Object(a), Kind::Object(b)) if Arc::ptr_eq(a, b))
}

/// Refuses what a provider returned as an object, where that is none of its type.
pub(crate) fn sound(schema: &SharedSchema, value: &Value) -> Result<(), JobError> {
    match unsound(&schema.block, value) {
        None => Ok(()),
        Some((what, path)) => Err(JobError::Promise { what, path }),
    }
}

/// The first argument that a plan does not keep: one that is set to something else, or one that only the configuration
/// may set and that it does not.
fn config_ignored(config: &Value, planned: &Value, schema: &SharedSchema) -> Option<Path> {
    let (config, planned) = (config.as_entries()?, planned.as_entries()?);
    // All three are in the order of names.
    let (mut config, mut planned) = (config.iter().peekable(), planned.iter().peekable());
    let mut next = |name| Some((up_to(&mut config, name)?, up_to(&mut planned, name)?));
    schema
        .block
        .attributes
        .iter()
        .filter(|(_, a)| !a.write_only)
        .find_map(|(name, a)| {
            let (c, p) = next(name)?;
            if c.is_null() {
                (!a.computed && !p.is_null()).then(|| Path::attr(name))
            } else {
                broken_promise(c, p)
                    .map(|inner| Path([vec![PathStep::Attr(name.clone())], inner.0].concat()))
            }
        })
}

/// The value of a name, where what comes before it is of no interest.
fn up_to<'v>(
    entries: &mut Peekable<impl Iterator<Item = (&'v Str, &'v Value)>>,
    name: &Str,
) -> Option<&'v Value> {
    // Names are mostly the schema's own.
    let is_it = |n: &Str| Arc::ptr_eq(n, name) || n == name;
    while entries.next_if(|(n, _)| !is_it(n) && *n < name).is_some() {}
    entries.next_if(|(n, _)| is_it(n)).map(|(_, v)| v)
}

fn unchanged(refreshed: Option<PriorObject>, action: Action) -> Decision {
    let planned = refreshed.as_ref().map_or_else(
        || Value::null(cloudapp_lang::Type::Dynamic),
        |p| p.object.value.clone(),
    );
    Decision {
        stored: None,
        importing: None,
        action,
        reason: None,
        marks: refreshed
            .as_ref()
            .map(|p| p.marks.clone())
            .unwrap_or_default(),
        private: refreshed
            .as_ref()
            .map(|p| p.object.private.clone())
            .unwrap_or_default(),
        replace_paths: Vec::new(),
        planned,
        refreshed,
    }
}

/// The configuration with the values that the object has where changes are to be ignored.
pub(crate) fn ignore_changes(
    config: &Value,
    prior: &Value,
    ignore: &Ignore,
    schema: &SharedSchema,
) -> Value {
    if ignore.all {
        return Value::object(config.as_entries().into_iter().flatten().map(|(n, v)| {
            let keep = schema
                .block
                .attributes
                .get(n)
                .is_none_or(|a| a.is_settable());
            (
                n.clone(),
                if keep {
                    prior.get(n).cloned().unwrap_or_else(|| v.clone())
                } else {
                    v.clone()
                },
            )
        }));
    }
    (ignore.paths.iter()).fold(config.clone(), |c, p| ignore_one(&c, prior, p))
}

/// The marks of a configuration where changes are to be ignored: what is kept is as secret as it was. The values are those
/// of the configuration and of the object.
pub(crate) fn ignore_marks(
    marks: &[(Path, Marks)],
    kept: &[(Path, Marks)],
    (config, prior): (&Value, &Value),
    ignore: &Ignore,
    schema: &SharedSchema,
) -> Vec<(Path, Marks)> {
    if marks.is_empty() && kept.is_empty() {
        return Vec::new();
    }
    let ignored: Vec<&[PathStep]> = (ignore.paths.iter())
        .filter_map(|p| ignored_part(config, prior, p))
        .collect();
    let is_ignored = |p: &Path| match p.0.first() {
        Some(PathStep::Attr(n)) if ignore.all => {
            let attribute = schema.block.attributes.get(n);
            attribute.is_none_or(|a| a.is_settable())
        }
        _ => ignored.iter().any(|i| p.0.starts_with(i)),
    };
    let own = marks.iter().filter(|(p, _)| !is_ignored(p));
    let kept = kept.iter().filter(|(p, _)| is_ignored(p));
    own.chain(kept).cloned().collect()
}

/// What is kept for a path: see [`ignore_one`].
fn ignored_part<'p>(config: &Value, prior: &Value, path: &'p Path) -> Option<&'p [PathStep]> {
    let at = |steps: &[PathStep]| {
        let path = Path(steps.to_vec());
        Some((path.get(config)?.ty(), path.get(prior)?.ty()))
    };
    match path.0.split_last() {
        Some((PathStep::Key(_), rest)) => match at(rest)? {
            (Type::Map(_), Type::Map(_)) => Some(&path.0),
            _ => Some(rest),
        },
        _ => at(&path.0).map(|_| &path.0[..]),
    }
}

/// The configuration with what the object has at one path. Only a map is kept by the key; in anything else with keys, all of
/// it is kept. A path that does not fit, as with an attribute's name on a map, ignores nothing. So does Terraform.
fn ignore_one(config: &Value, prior: &Value, path: &Path) -> Value {
    let (path, key) = match path.0.split_last() {
        Some((PathStep::Key(k), rest)) => (Path(rest.to_vec()), Some(k)),
        _ => (path.clone(), None),
    };
    let (Some(given), Some(kept)) = (path.get(config), path.get(prior)) else {
        return config.clone();
    };
    let entry = key.and_then(|k| with_entry_of(given, kept, k));
    put(config, &path.0, &entry.unwrap_or_else(|| kept.clone()))
}

/// A map with one entry as another map has it, or without it; none where one of them is no map.
fn with_entry_of(map: &Value, other: &Value, key: &Str) -> Option<Value> {
    let (Type::Map(element), Type::Map(_)) = (map.ty(), other.ty()) else {
        return None;
    };
    let kept = other.as_entries().and_then(|_| other.get(key));
    if !map.is_known() || map.is_null() && kept.is_none() {
        return Some(map.clone());
    }
    let entries = map.as_entries().into_iter().flatten();
    let others = entries.filter(|(k, _)| *k != key);
    let all = others.map(|(k, v)| (k.clone(), v.clone()));
    let kept = kept.map(|v| (key.clone(), v.clone()));
    Some(Value::map((*element).clone(), all.chain(kept)))
}

/// A value with another one at a path that it has.
fn put(value: &Value, path: &[PathStep], new: &Value) -> Value {
    let Some((step, rest)) = path.split_first() else {
        return new.clone();
    };
    match (step, value.kind()) {
        (PathStep::Attr(n), Kind::Object(o)) => Value::object(o.iter().map(|(k, v)| {
            let v = if k == n { put(v, rest, new) } else { v.clone() };
            (k.clone(), v)
        })),
        (PathStep::Key(n), Kind::Map(m)) => {
            let mut entries = m.entries.clone();
            if let Some(v) = entries.get(n).cloned() {
                entries.insert(n.clone(), put(&v, rest, new));
            }
            Value::map(m.element.clone(), entries)
        }
        (PathStep::Index(i), Kind::List(l)) if *i < l.items.len() => {
            let mut items = l.items.clone();
            items[*i] = put(&items[*i], rest, new);
            Value::list(l.element.clone(), items)
        }
        (PathStep::Index(i), Kind::Tuple(t)) if *i < t.len() => {
            Value::tuple(t.iter().enumerate().map(|(n, v)| {
                if n == *i {
                    put(v, rest, new)
                } else {
                    v.clone()
                }
            }))
        }
        _ => value.clone(),
    }
}

/// The `id` of an object.
pub(crate) fn object_id(value: &Value) -> Option<&str> {
    value.get("id").and_then(Value::as_str)
}

/// The `id` of an object with its marks, for people: none where it is sensitive, or repeats what is.
pub(crate) fn shown_id(value: &Value) -> Option<Str> {
    if !value.marks_deep().is_sensitive() {
        return object_id(value).map(Into::into);
    }
    let shown = conceal(value.clone());
    let id = shown.get("id")?;
    let hidden = shown.marks().is_sensitive() || id.marks().is_sensitive();
    id.as_str().filter(|_| !hidden).map(Into::into)
}

/// Findings of a provider, put at their places in the files.
pub(crate) fn locate_findings(
    found: Vec<ProviderDiagnostic>,
    body: &crate::config::BlockConfig,
    address: &str,
) -> Diagnostics {
    if found.is_empty() {
        return Diagnostics::new();
    }
    found
        .into_iter()
        .map(|f| {
            let d = match f.severity {
                Severity::Error => Diagnostic::error(f.code, f.summary, f.detail),
                Severity::Warning => Diagnostic::warning(f.code, f.summary, f.detail),
            };
            let d = d.hint(f.hint).address(address);
            match body.locate(&f.path) {
                Some(s) => d.at(s),
                None => d,
            }
        })
        .collect()
}

/// A failed provider call as a finding.
pub(crate) fn provider_failure(
    what: &'static str,
    e: &ProviderError,
    provider: &str,
) -> Diagnostic {
    use crate::provider::ErrorClass;
    let (code, summary) = match what {
        "read" => ("read-failed", "Object cannot be read"),
        "import" => ("import-failed", "Object cannot be imported"),
        "plan" => ("plan-failed", "Provider cannot plan the change"),
        "create" => ("create-failed", "Object cannot be created"),
        "update" => ("update-failed", "Object cannot be changed"),
        "delete" => ("delete-failed", "Object cannot be deleted"),
        "configure" => (
            "provider-configuration-failed",
            "Provider cannot be configured",
        ),
        _ => ("provider-failed", "Provider failed"),
    };
    let again = match e.class {
        ErrorClass::Retryable | ErrorClass::Throttled(_) => "Trying again may help.",
        ErrorClass::Fatal => "Trying again without a change will not help.",
        ErrorClass::UnknownOutcome => {
            "It is not known whether the call took effect; the next run finds out."
        }
        ErrorClass::Interrupted => "Run the command again to go on.",
    };
    let hint = match &e.hint {
        Some(h) => format!("{h} {again}"),
        None => again.to_owned(),
    };
    let mut d =
        Diagnostic::error(code, summary, format!("Provider {provider}: {}", e.message)).hint(hint);
    if let Some(c) = &e.code {
        d = d.value("cloud's code", c.clone());
    }
    if let Some(r) = &e.request_id {
        d = d.value("request id", r.clone());
    }
    d
}

impl JobError {
    pub(crate) fn diagnostic(&self, address: &impl Display, provider: &str) -> Diagnostic {
        let d = match self {
            JobError::Unreadable(reason) => unreadable(address, reason),
            JobError::Provider(what, e) => provider_failure(what, e, provider),
            JobError::NotThere { kind, id } => Diagnostic::error(
                "nothing-to-import",
                "Object to import does not exist",
                format!("Provider {provider} knows no {kind} with the id \"{id}\"."),
            )
            .hint("Correct the id; or leave the import out, and the object is created."),
            JobError::Promise { what, path } => broken_contract(provider, what, path),
        };
        d.address(address.to_string())
    }

    pub(crate) fn path(&self) -> Path {
        match self {
            JobError::Provider(_, e) => e.path.clone(),
            JobError::NotThere { .. } | JobError::Unreadable(_) => Path::root(),
            JobError::Promise { path, .. } => path.clone(),
        }
    }
}

/// What the state has and nobody can read.
pub(crate) fn unreadable(address: &impl Display, reason: &str) -> Diagnostic {
    Diagnostic::error(
        "unreadable-object",
        "Object in the state cannot be read",
        format!("What the state has for {address} does not fit its type: {reason}."),
    )
    .address(address.to_string())
    .hint("Use the version that wrote it, or remove it with: cloudapp state rm")
}

pub(crate) fn broken_contract(provider: &str, what: &str, path: &Path) -> Diagnostic {
    let at = if path.0.is_empty() {
        String::new()
    } else {
        format!(" at {path}")
    };
    Diagnostic::error(
        "provider-broke-contract",
        "Provider broke its contract",
        format!("Provider {provider} {what}{at}. This is a defect of the provider."),
    )
    .hint("Report it to the provider's authors.")
}
