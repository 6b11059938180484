//! The names of the API's actions, in the format that `package/src/policy/actions.rs` reads and describes.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use serde_json::Value as Json;

use crate::writer;

/// The models are `{product: {version: {"actions": {name: …}}}}`; the versions of a product are put together.
pub(crate) fn encode(models: &Json) -> anyhow::Result<Vec<u8>> {
    let products = models.as_object().context("an object of products")?;
    let mut names: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (product, versions) in products {
        let versions = versions
            .as_object()
            .with_context(|| format!("{product} is not an object of versions"))?;
        for (version, of) in versions {
            let actions = of["actions"]
                .as_object()
                .with_context(|| format!("{product} {version} has no actions"))?;
            names
                .entry(product)
                .or_default()
                .extend(actions.keys().map(String::as_str));
        }
    }
    let mut text = String::new();
    for (product, actions) in names {
        let actions: Vec<&str> = actions.into_iter().collect();
        text.push_str(&format!("{product}:{}\n", actions.join(",")));
    }
    let mut out = b"CAAC\x01".to_vec();
    writer::section(&mut out, text.as_bytes())?;
    Ok(out)
}
