//! The providers and provisioners of a run, by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use cloudapp_lang::diagnostic::nearest;
use cloudapp_lang::{Diagnostic, Span};

use crate::limits::Limits;
use crate::provider::Provider;
use crate::provisioner::Provisioner;

/// All providers and provisioners that a configuration may use.
#[derive(Clone, Default)]
pub struct Providers {
    by_name: BTreeMap<String, Arc<dyn Provider>>,
    provisioners: BTreeMap<String, Arc<dyn Provisioner>>,
    limits: Arc<Limits>,
}

impl std::fmt::Debug for Providers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.by_name.keys()).finish()
    }
}

impl Providers {
    #[must_use]
    pub fn new(all: Vec<Arc<dyn Provider>>) -> Self {
        Self {
            by_name: all.into_iter().map(|p| (p.name().to_owned(), p)).collect(),
            provisioners: BTreeMap::new(),
            limits: Arc::default(),
        }
    }

    /// The same with these provisioners; there are none otherwise.
    #[must_use]
    pub fn with_provisioners(mut self, all: Vec<Arc<dyn Provisioner>>) -> Self {
        self.provisioners = all.into_iter().map(|p| (p.name().to_owned(), p)).collect();
        self
    }

    /// How fast their clouds may be asked; one for all runs on these providers.
    pub(crate) fn limits(&self) -> &Arc<Limits> {
        &self.limits
    }

    /// The provisioner that a block's label means.
    #[must_use]
    pub fn provisioner(&self, name: &str) -> Option<&Arc<dyn Provisioner>> {
        self.provisioners.get(name)
    }

    pub(crate) fn provisioner_names(&self) -> impl Iterator<Item = &str> {
        self.provisioners.keys().map(String::as_str)
    }

    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<dyn Provider>> {
        self.by_name.get(name)
    }

    /// The provider that a name means, with an alias behind a dot or without.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Arc<dyn Provider>> {
        self.get(base_name(name))
    }

    /// In name order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Arc<dyn Provider>)> {
        self.by_name.iter().map(|(n, p)| (n.as_str(), p))
    }

    pub(crate) fn unknown(&self, name: &str, span: Span) -> Diagnostic {
        let hint = nearest(name, self.by_name.keys().map(String::as_str)).map_or_else(
            || {
                format!(
                    "There is {}.",
                    self.by_name.keys().cloned().collect::<Vec<_>>().join(", ")
                )
            },
            |n| format!("Did you mean \"{n}\"?"),
        );
        Diagnostic::error(
            "unknown-provider",
            "Provider is not known",
            format!("This engine has no provider \"{name}\"."),
        )
        .at(span)
        .hint(hint)
    }
}

/// The name of a provider without its alias: `a` of `a.b`.
pub(crate) fn base_name(name: &str) -> &str {
    name.split_once('.').map_or(name, |(base, _)| base)
}
