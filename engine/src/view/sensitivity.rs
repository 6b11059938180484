//! Which parts of an object a provider's schema declares sensitive.

use std::sync::Arc;

use cloudapp_lang::Value;

use crate::Providers;
use crate::address::Mode;
use crate::objects;
use crate::provider::Provider;
use crate::schema::{Block, SharedSchema};

/// The provider that a name with or without an alias means.
#[must_use]
pub fn provider_of<'p>(providers: &'p Providers, name: &str) -> Option<&'p Arc<dyn Provider>> {
    providers.get(name.split('.').next().unwrap_or(name))
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
