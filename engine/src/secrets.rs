//! Which attributes of a row hold something sensitive: by the schema of their type, by the marks that the configuration put on
//! them, or because they repeat what is sensitive elsewhere in the object, as clouds and `terraform_data` do. And the texts
//! that no message may show.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use cloudapp_lang::{Marks, Path, Str, Value};

use crate::address::Address;
use crate::calls::Calls;
use crate::config::Configuration;
use crate::objects::{decode_object, decode_paths, mark_sensitive};
use crate::provider::{Provider, ProviderDiagnostic, ProviderError};
use crate::providers::Providers;
use crate::schema::SharedSchema;
use crate::store::{InstanceRow, Sensitive, Sensitivity};
use crate::view::{SHORTEST_SECRET, conceal, secrets};

/// Looks into schemas and marks. What cannot be understood counts as sensitive.
pub struct SchemaSensitivity {
    providers: Providers,
    types: Mutex<HashMap<String, Known>>,
}

/// What is known of a type. Types are told apart by provider, kind of object and name.
#[derive(Clone)]
struct Known {
    schema: SharedSchema,
    has_sensitive: bool,
}

impl std::fmt::Debug for SchemaSensitivity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SchemaSensitivity")
            .field(&self.providers)
            .finish()
    }
}

impl SchemaSensitivity {
    #[must_use]
    pub fn new(providers: Providers) -> Self {
        Self {
            providers,
            types: Mutex::default(),
        }
    }

    fn known(&self, row: &InstanceRow) -> Option<Known> {
        let address: Address = row.address.parse().ok()?;
        let resource = &address.resource;
        let name = format!("{} {:?} {}", row.provider, resource.mode, resource.kind);
        let mut types = self.types.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = types.get(&name) {
            return Some(known.clone());
        }
        let schema = self
            .providers
            .named(&row.provider)?
            .schema(resource.mode, &resource.kind)?;
        let known = Known {
            has_sensitive: schema.block.has_sensitive(),
            schema,
        };
        types.insert(name, known.clone());
        Some(known)
    }
}

impl Sensitivity for SchemaSensitivity {
    fn of(&self, row: &InstanceRow) -> Sensitive {
        let Some(known) = self.known(row) else {
            return Sensitive::All;
        };
        if !known.has_sensitive && row.sensitive == "[]" {
            return Sensitive::None;
        }
        let block = &known.schema.block;
        let Ok(value) = decode_object(&row.attributes, &block.ty()) else {
            return Sensitive::All;
        };
        let value = mark_sensitive(block, value).mark_paths(&decode_paths(&row.sensitive));
        if value.marks().is_sensitive() {
            return Sensitive::All;
        }
        let names: Vec<String> = conceal(value)
            .as_entries()
            .into_iter()
            .flatten()
            .filter(|(_, v)| v.marks_deep().is_sensitive() && !says_nothing(v))
            .map(|(n, _)| n.to_string())
            .collect();
        if names.is_empty() {
            Sensitive::None
        } else {
            Sensitive::Attributes(names)
        }
    }
}

/// What stands in the place of a sensitive text.
const REDACTED: &str = "(sensitive value)";

/// The secret texts of the root module's variables: of those that are declared so, and what was marked before it was given, as
/// forms do.
pub(crate) fn variable_secrets<'c>(
    cfg: &'c Configuration,
    values: &'c BTreeMap<Str, Value>,
) -> impl Iterator<Item = String> + 'c {
    cfg.variables()
        .iter()
        .filter_map(|v| {
            let value = values.get(&v.name)?;
            Some(match v.is_secret() {
                true => secrets(&value.clone().sensitive()),
                false => secrets(value),
            })
        })
        .flatten()
}

/// Texts that nothing said to people may show, longest first. Clouds and programs repeat what they were given.
#[derive(Default)]
pub(crate) struct Secrets(Vec<String>);

impl Secrets {
    /// Output comes in lines, so a text of several is looked for line by line.
    pub(crate) fn new(texts: impl IntoIterator<Item = String>) -> Self {
        let mut all: Vec<String> = texts
            .into_iter()
            .flat_map(|t| t.lines().map(|l| l.trim().to_owned()).collect::<Vec<_>>())
            .filter(|l| l.chars().count() >= SHORTEST_SECRET)
            .collect();
        all.sort_by_key(|t| std::cmp::Reverse(t.len()));
        all.dedup();
        Self(all)
    }

    pub(crate) fn add(&mut self, more: Self) {
        *self = Self::new(self.0.drain(..).chain(more.0));
    }

    /// Those of values with their marks.
    pub(crate) fn of<'v>(values: impl IntoIterator<Item = &'v Value>) -> Self {
        Self::new(values.into_iter().flat_map(secrets))
    }

    pub(crate) fn redact(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for secret in &self.0 {
            // In quotes it may be escaped.
            let quoted = serde_json::Value::from(secret.as_str()).to_string();
            for form in [secret.as_str(), quoted.trim_matches('"')] {
                if out.contains(form) {
                    out = out.replace(form, REDACTED);
                }
            }
        }
        out
    }

    pub(crate) fn redact_error(&self, e: &mut ProviderError) {
        e.message = self.redact(&e.message);
        e.hint = e.hint.as_deref().map(|h| self.redact(h));
        e.code = e.code.as_deref().map(|c| self.redact(c));
    }

    pub(crate) fn redact_findings(&self, found: &mut [ProviderDiagnostic]) {
        for f in found {
            f.detail = self.redact(&f.detail);
            f.hint = self.redact(&f.hint);
        }
    }
}

/// What a provider was given about one object, for the case that it repeats a secret when it fails.
#[derive(Clone)]
pub(crate) struct Given {
    pub(crate) schema: SharedSchema,
    /// With their marks, as far as they have any.
    pub(crate) values: Vec<Value>,
    /// Without its marks, and those.
    pub(crate) config: Option<(Value, Vec<(Path, Marks)>)>,
}

impl Given {
    pub(crate) fn secrets(&self) -> Secrets {
        let block = &self.schema.block;
        let config = self
            .config
            .iter()
            .map(|(v, marks)| v.clone().mark_paths(marks));
        let all: Vec<Value> = config
            .chain(self.values.iter().cloned())
            .map(|v| mark_sensitive(block, v))
            .collect();
        Secrets::of(&all)
    }
}

/// Configures a provider. No failure, of this or of a later call, repeats what is sensitive by the provider's schema.
pub(crate) async fn configure(
    provider: &dyn Provider,
    config: &Value,
    calls: &Calls,
) -> Result<(), ProviderError> {
    let marked = mark_sensitive(&provider.config_schema().block, config.clone());
    calls.also_concealing(Secrets::of([&marked]));
    provider.configure(config).await.map_err(|mut e| {
        calls.conceal(&mut e);
        e
    })
}

/// That there is no secret is none: most attributes that could hold one are not set.
fn says_nothing(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("") || value.as_items().is_some_and(<[_]>::is_empty)
}
