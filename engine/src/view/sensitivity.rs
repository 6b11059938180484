//! Which parts of an object a provider's schema declares sensitive.

use std::collections::BTreeSet;
use std::sync::Arc;

use cloudapp_lang::value::Kind;
use cloudapp_lang::{Marks, Path, PathStep, Value};

use crate::Providers;
use crate::address::Mode;
use crate::objects;
use crate::provider::Provider;
use crate::schema::{Block, SharedSchema};

/// The provider that a name with or without an alias means.
#[must_use]
pub fn provider_of<'p>(providers: &'p Providers, name: &str) -> Option<&'p Arc<dyn Provider>> {
    providers.named(name)
}

/// The schema of a type, by the name of its provider with or without an alias.
#[must_use]
pub fn schema_of(
    providers: &Providers,
    provider: &str,
    mode: Mode,
    kind: &str,
) -> Option<SharedSchema> {
    provider_of(providers, provider)?.schema(mode, kind)
}

/// Marks what the schema declares sensitive. A value in which there is nothing of the kind comes back as it is.
#[must_use]
pub fn mark_sensitive(value: &Value, block: &Block) -> Value {
    objects::mark_sensitive(block, value.clone())
}

/// Hides what only copies a sensitive part: `terraform_data` returns as `output` what it was given as `input`, and clouds
/// repeat passwords in other places. For people's eyes only; in expressions a copy is a value of its own, as in Terraform.
#[must_use]
pub fn conceal(value: Value) -> Value {
    let secrets = secrets(&value);
    if secrets.is_empty() {
        return value;
    }
    let mut copies = Vec::new();
    find(&value, &Path::root(), &secrets, &mut copies);
    value.mark_paths(&copies)
}

/// The sensitive texts in a value that are long enough to be recognised elsewhere.
pub(crate) fn secrets(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if value.marks_deep().is_sensitive() {
        collect(value, false, &mut found);
    }
    found
}

/// A shorter text may be equal by chance, and gives nothing away.
pub(crate) const SHORTEST_SECRET: usize = 6;

fn collect(value: &Value, inside: bool, secrets: &mut BTreeSet<String>) {
    let inside = inside || value.marks().is_sensitive();
    match value.as_str() {
        Some(s) if inside && s.chars().count() >= SHORTEST_SECRET => {
            secrets.insert(s.to_owned());
        }
        _ => value.children().for_each(|v| collect(v, inside, secrets)),
    }
}

fn find(value: &Value, at: &Path, secrets: &BTreeSet<String>, copies: &mut Vec<(Path, Marks)>) {
    if value.marks().is_sensitive() {
        return;
    }
    if value
        .as_str()
        .is_some_and(|s| secrets.iter().any(|secret| s.contains(secret)))
    {
        copies.push((at.clone(), Marks::SENSITIVE));
    }
    let is_map = matches!(value.kind(), Kind::Map(_));
    for (name, v) in value.as_entries().into_iter().flatten() {
        let step = if is_map {
            PathStep::Key(name.clone())
        } else {
            PathStep::Attr(name.clone())
        };
        find(v, &at.then(step), secrets, copies);
    }
    let is_set = matches!(value.kind(), Kind::Set(_));
    for (i, v) in value.as_items().unwrap_or_default().iter().enumerate() {
        // A set's element cannot be hidden alone: the path marks the whole set.
        let path = if is_set {
            at.clone()
        } else {
            at.then(PathStep::Index(i))
        };
        find(v, &path, secrets, copies);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_of_a_secret_are_hidden_wherever_they_are() {
        let secret = Value::string("hunter2hunter2");
        let object = Value::object([
            ("password", secret.clone().sensitive()),
            ("echo", Value::tuple([Value::object([("inner", secret)])])),
            ("script", Value::string("login hunter2hunter2 now")),
            ("open", Value::string("shown")),
        ]);
        let shown = format!("{:?}", conceal(object));
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("shown"), "{shown}");
    }

    #[test]
    fn without_secrets_nothing_is_hidden() {
        let object = Value::object([
            ("a", Value::string("x").sensitive()),
            ("b", Value::string("x")),
        ]);
        assert_eq!(conceal(object.clone()), object);
    }
}
