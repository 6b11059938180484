//! `removed { from = … }`: what becomes of objects whose block is gone.

use std::collections::HashMap;

use cloudapp_lang::syntax::ast;
use cloudapp_lang::{Diagnostic, Span, Str};

use super::blocks::ModuleDecoder;
use super::names::Allow;
use super::provisioner::{Holder, ProvisionerDecl, ProvisionerDecoder, unused_connection};
use super::{Module, ModuleId};
use crate::address::{Address, Mode, ResourceAddr};

/// A `removed` block.
#[derive(Debug)]
pub(crate) struct RemovedDecl {
    /// Names of the calls that lead, from the root, to the module that is named or has the resource.
    pub(crate) path: Vec<Str>,
    /// None where the block names a module.
    pub(crate) resource: Option<ResourceAddr>,
    /// Whether the objects are destroyed; otherwise they leave the state and go on existing.
    pub(crate) destroy: bool,
    /// What runs before an object is destroyed.
    pub(crate) provisioners: Vec<ProvisionerDecl>,
}

impl ModuleDecoder<'_, '_> {
    pub(super) fn removed(&mut self, path: &[Str], b: ast::Block) -> Option<RemovedDecl> {
        self.only(
            &b.body,
            "A removed block",
            &["from"],
            &["lifecycle", "provisioner", "connection"],
        );
        let from = self.endpoint(&b, "from");
        let mut destroy = true;
        for l in b
            .body
            .blocks
            .iter()
            .filter(|l| &*l.kind.name == "lifecycle")
        {
            self.only(&l.body, "lifecycle of a removed block", &["destroy"], &[]);
            if l.body.attribute("destroy").is_some() {
                destroy = self.flag(l.body.attribute("destroy"));
            }
        }
        let from = from?;
        let resource = from.resource.as_ref();
        let keys = from.modules.iter().filter_map(|(_, k)| k.as_ref());
        if let Some(key) = keys.chain(resource.and_then(|(_, k)| k.as_ref())).next() {
            self.diags.push(
                Diagnostic::error(
                    "instance-key-not-possible",
                    "Single instances cannot be removed",
                    "A removed block is for all instances of a resource or module.",
                )
                .at(key.span)
                .within(from.span)
                .hint("Leave the key out; to remove single instances, change count or for_each."),
            );
            return None;
        }
        if resource.is_some_and(|(r, _)| r.mode == Mode::Data) {
            self.diags.push(
                Diagnostic::error(
                    "data-source-not-possible",
                    "Data sources cannot be removed",
                    "A data source has no object that could be destroyed or kept.",
                )
                .at(from.span)
                .hint("Remove the block: without its declaration a data source is forgotten."),
            );
            return None;
        }
        let blocks = b.body.blocks.iter();
        let connections = blocks.filter(|c| &*c.kind.name == "connection");
        self.diags.extend(connections.map(unused_connection));
        let provisioners: Vec<_> = b
            .body
            .blocks
            .into_iter()
            .filter(|p| &*p.kind.name == "provisioner")
            .collect();
        for p in &provisioners {
            self.check_removed_provisioner(p, resource.is_some());
        }
        let provisioners = ProvisionerDecoder {
            names: &mut self.names,
            functions: self.decoder.functions,
            providers: self.decoder.providers,
            diags: self.diags,
        }
        .decode(provisioners, Holder::Removed, Allow::default());
        // They refer to the object alone, so nothing is needed before it.
        self.names.needs.clear();
        let resource = from.resource.map(|(r, _)| r);
        let modules = from.modules.into_iter().map(|(n, _)| n);
        Some(RemovedDecl {
            path: path.iter().cloned().chain(modules).collect(),
            resource,
            destroy,
            provisioners,
        })
    }

    /// Only what runs before an object is destroyed has a place here.
    fn check_removed_provisioner(&mut self, b: &ast::Block, is_resource: bool) {
        let problem = match b.body.attribute("when").map(|a| &a.expr.kind) {
            _ if !is_resource => Some((
                "Commands belong to a resource, but the block names a module.",
                "Remove the provisioner, or name a resource.",
            )),
            Some(ast::ExprKind::Reference(r))
                if r.steps.is_empty() && &*r.root.name == "destroy" =>
            {
                None
            }
            _ => Some((
                "The objects are destroyed, so only what runs before that can run.",
                "Add when = destroy.",
            )),
        };
        if let Some((detail, hint)) = problem {
            self.diags.push(
                Diagnostic::error(
                    "provisioner-not-possible",
                    "Provisioner cannot run here",
                    detail,
                )
                .at(b.header)
                .hint(hint),
            );
        }
    }
}

/// All `removed` blocks of a configuration, by what they name.
#[derive(Debug, Default)]
pub(crate) struct Removals {
    /// By path and resource; none for a module itself.
    by_place: HashMap<(Vec<Str>, Option<ResourceAddr>), (ModuleId, usize)>,
}

impl Removals {
    pub(super) fn new(modules: &[Module]) -> Self {
        let mut out = Self::default();
        for (m, module) in modules.iter().enumerate() {
            for (i, r) in module.removed.iter().enumerate() {
                // Where two blocks disagree, the one that destroys nothing is followed.
                let place = (r.path.clone(), r.resource.clone());
                let known = out.by_place.entry(place).or_insert((ModuleId(m), i));
                if !r.destroy {
                    *known = (ModuleId(m), i);
                }
            }
        }
        out
    }
}

impl super::Configuration {
    /// The `removed` block for an object that no block declares: the one that names the smallest part of the stack that
    /// holds it.
    /// With the module that the block stands in.
    pub(crate) fn removed_for(&self, address: &Address) -> Option<(ModuleId, &RemovedDecl)> {
        let found = &self.removals.by_place;
        if found.is_empty() {
            return None;
        }
        let mut path: Vec<Str> = address.module.0.iter().map(|(n, _)| n.clone()).collect();
        let mut place = (path.clone(), Some(address.resource.clone()));
        loop {
            if let Some((m, i)) = found.get(&place) {
                return self.module(*m).removed.get(*i).map(|r| (*m, r));
            }
            if place.1.is_none() {
                path.pop()?;
            }
            if path.is_empty() {
                return None;
            }
            place = (path.clone(), None);
        }
    }

    /// The module that a way of calls leads to.
    pub(crate) fn module_at(&self, path: &[Str]) -> Option<ModuleId> {
        path.iter().try_fold(ModuleId::ROOT, |m, name| {
            let calls = &self.module(m).calls;
            calls.iter().find(|c| c.name == *name).map(|c| c.module)
        })
    }

    /// Errors where a `removed` block names what is still declared.
    pub(crate) fn still_declared(&self) -> cloudapp_lang::Diagnostics {
        let mut places: Vec<(Span, String)> = Vec::new();
        for r in self.modules.iter().flat_map(|m| &m.removed) {
            let Some(id) = self.module_at(&r.path) else {
                continue;
            };
            let declared = match &r.resource {
                Some(addr) => {
                    let resources = &self.module(id).resources;
                    let i = resources.binary_search_by(|d| d.addr.cmp(addr));
                    i.ok().map(|i| super::ObjectId::Resource(id, i))
                }
                None => self.call_of(&r.path),
            };
            if let Some(object) = declared {
                let (name, span) = self.describe(object);
                if !places.iter().any(|(s, _)| *s == span) {
                    places.push((span, name));
                }
            }
        }
        let still = |(span, name): (Span, String)| {
            Diagnostic::error(
                "still-declared",
                "Block is still there",
                format!("A removed block names {name}, which is declared here."),
            )
            .at(span)
            .hint("Remove this block, or the removed block.")
        };
        places.into_iter().map(still).collect()
    }

    /// The call that the last step of a way names.
    fn call_of(&self, path: &[Str]) -> Option<super::ObjectId> {
        let (name, above) = path.split_last()?;
        let id = self.module_at(above)?;
        let i = self.module(id).calls.iter().position(|c| c.name == *name)?;
        Some(super::ObjectId::Call(id, i))
    }
}
