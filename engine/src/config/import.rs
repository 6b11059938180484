//! `import` blocks: objects that exist already and are to be managed from now on.

use std::collections::BTreeMap;

use cloudapp_lang::syntax::ast::{self, Expr, ExprKind};
use cloudapp_lang::{Diagnostic, Diagnostics, Span, Str, Value};

use super::blocks::{ModuleDecoder, provider_reference};
use super::endpoint::{Endpoint, Key};
use super::names::Allow;
use super::{Configuration, ModuleId, ObjectId, ProviderKey, Repetition};
use crate::address::{Address, Mode, ResourceAddr, Target};

/// `import { … }` in the root module.
#[derive(Debug)]
pub(crate) struct ImportDecl {
    /// The way to the module of the target, with the keys of its instances.
    pub(crate) modules: Vec<(Str, Option<Expr>)>,
    pub(crate) resource: ResourceAddr,
    pub(crate) key: Option<Expr>,
    pub(crate) id: Expr,
    /// Never a count.
    pub(crate) repetition: Repetition,
    /// What knows the object, where no block declares the target.
    pub(crate) provider: ProviderKey,
    /// The block that configures that provider.
    pub(crate) provider_object: Option<ObjectId>,
    /// The block that declares the target.
    pub(crate) target: Option<(ModuleId, usize)>,
    /// Of the value of `to`.
    pub(crate) to: Span,
    /// Of the block's header.
    pub(crate) span: Span,
}

/// The resource blocks of a module, as they are read.
type Resources = [(ResourceAddr, ast::Block)];

impl ModuleDecoder<'_, '_> {
    /// Decodes the `import` blocks of a module; only the root module may have any.
    pub(super) fn imports(
        &mut self,
        blocks: Vec<ast::Block>,
        resources: &Resources,
    ) -> Vec<ImportDecl> {
        if self.id() != ModuleId::ROOT {
            for b in &blocks {
                self.diags.push(
                    Diagnostic::error(
                        "import-outside-root",
                        "Import in a called module",
                        "Only the root module may import objects.",
                    )
                    .at(b.header)
                    .hint(
                        "Move the block into the root module and write to = module.name.type.name.",
                    ),
                );
            }
            return Vec::new();
        }
        let mut fixed: BTreeMap<Address, Span> = BTreeMap::new();
        let mut out = Vec::with_capacity(blocks.len());
        for b in blocks {
            if let Some(decl) = self.import(out.len(), b, resources, &mut fixed) {
                out.push(decl);
            }
        }
        out
    }

    fn import(
        &mut self,
        i: usize,
        b: ast::Block,
        resources: &Resources,
        fixed: &mut BTreeMap<Address, Span>,
    ) -> Option<ImportDecl> {
        self.only(
            &b.body,
            "An import",
            &["to", "id", "for_each", "provider"],
            &[],
        );
        let to = self.required(&b, "to", "to = resource_type.name");
        let id = self.required(&b, "id", "id = \"…\", as the provider documents it");
        let (to, id) = (to?, id?);
        let endpoint = self.import_target(&to)?;
        let to = endpoint.span;
        let (resource, key) = endpoint.resource.clone()?;
        if let Ok(Target::Resource(address)) = endpoint.constant()
            && fixed.insert(address.clone(), to).is_some()
        {
            self.diags.push(twice(&address, to));
        }
        let repetition = match b.body.attribute("for_each") {
            Some(a) => Repetition::ForEach(Box::new(self.bind(a.expr.clone()))),
            None => Repetition::None,
        };
        self.names.allow = Allow {
            each: matches!(repetition, Repetition::ForEach(_)),
            ..Allow::default()
        };
        let mut bound = |key: Option<Key>| key.map(|k| self.bind(k.expr));
        let modules: Vec<_> = endpoint
            .modules
            .into_iter()
            .map(|(name, key)| (name, bound(key)))
            .collect();
        let key = bound(key);
        let id = bound(Some(Key {
            span: id.span,
            expr: id,
        }))?;
        self.names.allow = Allow::default();
        let target = self.target(&modules, &resource);
        if let Some((m, r)) = target
            && self.names.needs.remove(&ObjectId::Resource(m, r))
        {
            self.diags.push(
                Diagnostic::error(
                    "self-reference",
                    "Object refers to itself",
                    format!("{resource} is there only once it is imported."),
                )
                .at(id.span)
                .hint("Give the id that the cloud knows the object by."),
            );
        }
        let given = b.body.attribute("provider");
        if let Some(a) = given {
            self.check_provider(a, &modules, &resource, resources);
        }
        let provider = self.provider_key(&resource, given);
        let object = ObjectId::Import(self.id(), i);
        self.note(object);
        if let Some((m, r)) = target {
            // What is imported must be known before its instances are planned.
            self.bound
                .needs
                .entry(ObjectId::Resource(m, r))
                .or_default()
                .insert(object);
        }
        Some(ImportDecl {
            modules,
            resource,
            key,
            id,
            repetition,
            provider,
            provider_object: None,
            target,
            to,
            span: b.header,
        })
    }

    fn required(&mut self, b: &ast::Block, name: &str, example: &str) -> Option<Expr> {
        let found = b.body.attribute(name).map(|a| a.expr.clone());
        if found.is_none() {
            self.diags.push(
                Diagnostic::error(
                    "missing-argument",
                    "Required argument is missing",
                    format!("An import needs \"{name}\"."),
                )
                .at(b.header)
                .hint(format!("Add {example}.")),
            );
        }
        found
    }

    /// Reads what `to` says.
    fn import_target(&mut self, to: &Expr) -> Option<Endpoint> {
        let refused = |detail: &str| {
            Diagnostic::error("invalid-address", "Not an address", detail)
                .at(to.span)
                .hint("Write the address of a resource or an instance of it, such as tencentcloud_vpc.main[0].")
        };
        let endpoint = self.diags.take(Endpoint::read(to))?;
        match &endpoint.resource {
            None => {
                self.diags.push(refused(
                    "An import takes in one object, not a whole module.",
                ));
                None
            }
            Some((r, _)) if r.mode != Mode::Managed => {
                self.diags.push(refused(
                    "Data sources are only read; there is nothing to import.",
                ));
                None
            }
            Some(_) => Some(endpoint),
        }
    }

    /// The block that declares what is imported.
    fn target(
        &self,
        modules: &[(Str, Option<Expr>)],
        resource: &ResourceAddr,
    ) -> Option<(ModuleId, usize)> {
        let indexes = self.decoder.indexes;
        let module = modules.iter().try_fold(self.id(), |at, (name, _)| {
            indexes[at.0].calls.get(name).map(|(_, child, _)| *child)
        })?;
        let (index, _) = indexes[module.0].resources.get(resource)?;
        Some((module, *index))
    }

    /// A provider is named only where a configuration is to be written; else it is the resource block that decides.
    fn check_provider(
        &mut self,
        a: &ast::Attribute,
        modules: &[(Str, Option<Expr>)],
        resource: &ResourceAddr,
        resources: &Resources,
    ) {
        let refused = |detail: &str, hint: &str| {
            Diagnostic::error(
                "import-provider",
                "Provider of an import is decided elsewhere",
                detail,
            )
            .at(a.span)
            .hint(hint)
        };
        if !modules.is_empty() {
            self.diags.push(refused(
                "What is imported into a module is managed by the provider that the module uses.",
                "Remove \"provider\", and set \"providers\" in the module block.",
            ));
            return;
        }
        let Ok(found) = resources.binary_search_by(|(addr, _)| addr.cmp(resource)) else {
            return;
        };
        let declared = resources[found].1.body.attribute("provider");
        let same =
            declared.is_some_and(|d| provider_reference(&d.expr) == provider_reference(&a.expr));
        if !same {
            self.diags.push(refused(
                &format!(
                    "{resource} is declared, and its own block says which provider manages it."
                ),
                "Remove \"provider\" here, or set the same one in the resource block.",
            ));
        }
    }
}

/// What can be said of the targets of all imports without values.
pub(super) fn check_targets(cfg: &Configuration) -> Diagnostics {
    let imports = cfg.root().imports.iter();
    imports.filter_map(|d| check_target(cfg, d)).collect()
}

fn check_target(cfg: &Configuration, import: &ImportDecl) -> Option<Diagnostic> {
    let resource = &import.resource;
    let Some((m, r)) = import.target else {
        // A block of the root module may still be written.
        let missing = !import.modules.is_empty();
        return missing.then(|| not_declared(resource, import.to));
    };
    let is_not = |other: fn(&Value) -> bool| match import.key.as_ref().map(|k| &k.kind) {
        Some(ExprKind::Literal(v)) => !other(v),
        // What it is is seen once it is known.
        Some(_) => true,
        None => false,
    };
    let (fits, detail) = match cfg.resource(m, r).repetition {
        Repetition::None => (
            import.key.is_none(),
            "neither \"count\" nor \"for_each\", so its address has no key",
        ),
        Repetition::Count(_) => (
            is_not(|v| v.as_str().is_some()),
            "\"count\", so its instances have numbers as keys",
        ),
        Repetition::ForEach(_) => (
            is_not(|v| v.as_number().is_some()),
            "\"for_each\", so its instances have texts as keys",
        ),
    };
    (!fits).then(|| {
        Diagnostic::error(
            "import-without-configuration",
            "Import has no configuration",
            format!("{resource} has {detail}."),
        )
        .at(import.to)
        .hint("Correct the address, or change count or for_each so that there is such an instance.")
    })
}

/// An import to a resource that has no block.
pub(crate) fn not_declared(resource: &ResourceAddr, to: Span) -> Diagnostic {
    Diagnostic::error(
        "import-without-configuration",
        "Import has no configuration",
        format!("No block declares {resource}, which an object is imported as."),
    )
    .at(to)
    .hint("Declare the resource, or have the block written with: cloudapp plan -generate-config-out=FILE")
}

/// Two imports to one address.
pub(crate) fn twice(address: &Address, to: Span) -> Diagnostic {
    Diagnostic::error(
        "imported-twice",
        "Address is imported to twice",
        format!("Another import already takes an object in as {address}."),
    )
    .at(to)
    .hint("Remove one of the two, or give it another address.")
}
