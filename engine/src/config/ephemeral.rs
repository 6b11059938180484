//! `ephemeral` blocks: objects that are opened for a run and never stored.
//!
//! No provider of this build has a type of them, so every block names a type that nobody has. It is read as far as that
//! can be said.

use cloudapp_lang::Diagnostic;
use cloudapp_lang::syntax::ast;

use super::blocks::{Meta, ModuleDecoder};
use crate::address::{Mode, ResourceAddr};

impl ModuleDecoder<'_, '_> {
    /// Reports that there is no such type.
    pub(super) fn ephemeral(&mut self, b: &ast::Block) {
        let mut body = b.body.clone();
        let meta = Meta::take(&mut body);
        let addr = ResourceAddr {
            mode: Mode::Data,
            kind: b.labels[0].name.clone(),
            name: b.labels[1].name.clone(),
        };
        let key = self.provider_key(&addr, meta.provider.as_ref());
        let label = b.labels[0].span;
        let Some(provider) = self.decoder.providers.get(&key.provider) else {
            let d = self.decoder.providers.unknown(&key.provider, label);
            return self.diags.push(d.within(b.header));
        };
        let other = [(Mode::Managed, "resource"), (Mode::Data, "data")]
            .into_iter()
            .find(|(mode, _)| provider.schema(*mode, &addr.kind).is_some());
        let hint = match other {
            Some((_, block)) => format!("There is a {block} \"{}\": did you mean that?", addr.kind),
            None => "Use a sensitive variable for what must not be shown.".to_owned(),
        };
        self.diags.push(
            Diagnostic::error(
                "unknown-type",
                "Type is not known",
                format!(
                    "Provider {} has no ephemeral resource type \"{}\".",
                    key.provider, addr.kind
                ),
            )
            .at(label)
            .within(b.header)
            .hint(hint),
        );
    }
}
