//! Blocks to declarations: each block's arguments are taken apart, and its expressions bound.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use cloudapp_lang::diagnostic::nearest;
use cloudapp_lang::eval;
use cloudapp_lang::functions::Functions;
use cloudapp_lang::syntax::ast::{self, Expr, ExprKind, Step};
use cloudapp_lang::value::{Defaults, convert};
use cloudapp_lang::{Diagnostic, Diagnostics, Path, PathStep, Span, Str, Type, Value};
use rustc_hash::FxHashMap;

use super::body::{BlockConfig, BodyCompiler};
use super::load::{CALL_META, PassedProviders, RawModule, literal};
use super::names::{self, Allow, ModuleIndex, Names, SlotTarget};
use super::provisioner::{Holder, ProvisionerDecoder};
use super::{
    CallDecl, Condition, Dialect, Lifecycle, LocalDecl, Module, ModuleId, ObjectId, OutputDecl,
    ProviderDecl, ProviderKey, Repetition, ReplaceTrigger, ResourceDecl, VariableDecl, dialect,
    json, quoted, types,
};
use crate::address::{Mode, ResourceAddr};
use crate::providers::Providers;
use crate::schema::{Schema, SharedSchema};

/// What binding found out about how objects hang together.
#[derive(Debug, Default)]
pub(super) struct Bound {
    pub(super) needs: BTreeMap<ObjectId, BTreeSet<ObjectId>>,
    /// Expressions for the variables of called modules.
    pub(super) arguments: HashMap<(ModuleId, Str), Expr>,
    pub(super) call_depends_on: HashMap<(ModuleId, usize), BTreeSet<ObjectId>>,
    pub(super) passed_providers: HashMap<(ModuleId, usize), PassedProviders>,
    /// What modules ask for and are not given, which is reported.
    pub(super) missing_providers: BTreeSet<(ModuleId, ProviderKey)>,
    pub(super) providers: HashMap<(ModuleId, usize), ObjectId>,
    /// What configures the providers of imports without a declared target.
    pub(super) import_providers: HashMap<usize, ObjectId>,
    /// See [`super::Configuration`].
    pub(super) misread: Diagnostics,
}

/// Decodes the blocks of all modules.
pub(super) struct Decoder<'a> {
    pub(super) dialect: Dialect,
    pub(super) providers: &'a Providers,
    pub(super) functions: &'a Functions,
    pub(super) indexes: &'a [ModuleIndex],
}

/// The state of decoding one module.
pub(super) struct ModuleDecoder<'a, 'd> {
    pub(super) decoder: &'a Decoder<'a>,
    pub(super) names: Names<'a>,
    pub(super) bound: &'d mut Bound,
    pub(super) diags: &'d mut Diagnostics,
    /// The provider that a type names, by type: one for all its resources.
    implied: FxHashMap<Str, Str>,
}

impl Decoder<'_> {
    pub(super) fn module(
        &self,
        id: ModuleId,
        raw: RawModule,
        bound: &mut Bound,
        diags: &mut Diagnostics,
    ) -> Module {
        let mut slots = Vec::new();
        let mut numbers = FxHashMap::default();
        let schemas = self.schemas(&raw);
        let names = Names {
            module: id,
            index: &self.indexes[id.0],
            all: self.indexes,
            dialect: self.dialect,
            schemas: &schemas,
            slots: &mut slots,
            numbers: &mut numbers,
            needs: BTreeSet::new(),
            allow: Allow::default(),
            own: None,
            named_own: false,
            check: None,
            iterators: Vec::new(),
            warnings: Diagnostics::new(),
            misread: Diagnostics::new(),
        };
        let mut d = ModuleDecoder {
            decoder: self,
            names,
            bound,
            diags,
            implied: FxHashMap::default(),
        };
        let mut module = Module {
            path: raw.path,
            dir: raw.dir,
            ..Module::default()
        };
        module.variables = raw
            .variables
            .into_iter()
            .enumerate()
            .map(|(i, b)| d.variable(i, b))
            .collect();
        module.locals = raw
            .locals
            .into_iter()
            .enumerate()
            .map(|(i, a)| d.local(i, a))
            .collect();
        module.providers = raw
            .providers
            .into_iter()
            .enumerate()
            .filter_map(|(i, (k, b))| d.provider(i, k, b))
            .collect();
        module.imports = d.imports(raw.imports, &raw.resources);
        module.resources = raw
            .resources
            .into_iter()
            .enumerate()
            .map(|(i, (a, b))| d.resource(i, a, b))
            .collect();
        module.outputs = raw
            .outputs
            .into_iter()
            .enumerate()
            .map(|(i, b)| d.output(i, b))
            .collect();
        module.calls = raw
            .calls
            .into_iter()
            .enumerate()
            .map(|(i, (b, m))| d.call(i, b, m))
            .collect();
        module.moved = raw.moved.iter().filter_map(|b| d.moved(b)).collect();
        module.removed = raw
            .removed
            .into_iter()
            .filter_map(|b| d.removed(&module.path, b))
            .collect();
        module.checks = raw
            .checks
            .into_iter()
            .enumerate()
            .map(|(i, b)| d.check(i, b))
            .collect();
        for b in raw.ephemerals {
            d.ephemeral(&b);
        }
        let warnings = std::mem::take(&mut d.names.warnings);
        d.diags.append(warnings);
        let misread = std::mem::take(&mut d.names.misread);
        d.bound.misread.append(misread);
        module.slots = slots;
        module
    }

    /// What the providers of a module's resources say of their types; none where there is no such provider or type.
    fn schemas(&self, raw: &RawModule) -> Vec<Option<SharedSchema>> {
        let schema = |(addr, b): &(ResourceAddr, ast::Block)| {
            let named = b.body.attribute("provider");
            let key = named.and_then(|a| provider_reference(&a.expr));
            let key = key.unwrap_or_else(|| ProviderKey {
                provider: addr.implied_provider().into(),
                alias: None,
            });
            let provider = key.resolve(&raw.local_providers).provider;
            self.providers.get(&provider)?.schema(addr.mode, &addr.kind)
        };
        raw.resources.iter().map(schema).collect()
    }
}

impl ModuleDecoder<'_, '_> {
    pub(super) fn id(&self) -> ModuleId {
        self.names.module
    }

    /// Records what was bound since the last call as needs of an object.
    pub(super) fn note(&mut self, object: ObjectId) {
        let needs = std::mem::take(&mut self.names.needs);
        if !needs.is_empty() {
            self.bound.needs.entry(object).or_default().extend(needs);
        }
    }

    pub(super) fn bind(&mut self, mut expr: Expr) -> Expr {
        self.diags.append(eval::bind(&mut expr, &mut self.names));
        self.diags
            .append(eval::check_functions(&expr, self.decoder.functions));
        expr
    }

    /// A value that may not refer to anything.
    fn constant(&mut self, expr: &Expr, ty: &Type, what: &str) -> Option<Value> {
        // Packages call object() in default values.
        if let (false, Some(call)) = (self.decoder.dialect.is_package(), eval::first_call(expr)) {
            self.diags.push(types::no_functions(call));
            return None;
        }
        let value = self
            .diags
            .take(eval::constant(expr, self.decoder.functions))?;
        let problem = match convert(&value, ty) {
            Ok(v) if v.is_null() && *ty != Type::Dynamic => "it is null".to_owned(),
            Ok(v) => return Some(v),
            Err(e) => e.to_string(),
        };
        self.diags.push(
            Diagnostic::error(
                "wrong-type",
                "Wrong type of value",
                format!("\"{what}\" takes a {}: {problem}.", ty.friendly()),
            )
            .at(expr.span)
            .hint(format!("Give a {}.", ty.friendly())),
        );
        None
    }

    pub(super) fn flag(&mut self, a: Option<&ast::Attribute>) -> bool {
        let Some(a) = a else { return false };
        self.constant(&a.expr, &Type::Bool, &a.name.name)
            .and_then(|v| v.as_bool())
            .unwrap_or(false)
    }

    fn text(&mut self, a: Option<&ast::Attribute>) -> String {
        let Some(a) = a else { return String::new() };
        self.constant(&a.expr, &Type::String, &a.name.name)
            .and_then(|v| v.as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// Reports arguments and blocks that a kind of block does not have.
    pub(super) fn only(
        &mut self,
        body: &ast::Body,
        what: &str,
        attributes: &[&str],
        blocks: &[&str],
    ) {
        for a in body
            .attributes
            .iter()
            .filter(|a| !attributes.contains(&&*a.name.name))
        {
            self.unknown(what, &a.name, attributes);
        }
        for b in &body.blocks {
            if !blocks.contains(&&*b.kind.name) {
                self.unknown(what, &b.kind, blocks);
            } else if &*b.kind.name != "provisioner" {
                self.refuse_labels(b);
            }
        }
    }

    /// Reports the labels of a block that has none.
    fn refuse_labels(&mut self, b: &ast::Block) {
        self.diags.extend(b.labels.first().map(|l| no_labels(b, l)));
    }

    fn unknown(&mut self, what: &str, name: &ast::Ident, known: &[&str]) {
        let hint = nearest(&name.name, known.iter().copied()).map_or_else(
            || "Remove it.".to_owned(),
            |n| format!("Did you mean \"{n}\"?"),
        );
        self.diags.push(
            Diagnostic::error(
                "unknown-argument",
                "Argument is not known",
                format!("{what} has no \"{}\".", name.name),
            )
            .at(name.span)
            .hint(hint),
        );
    }

    fn variable(&mut self, i: usize, b: ast::Block) -> VariableDecl {
        self.only(
            &b.body,
            "A variable",
            &[
                "type",
                "default",
                "description",
                "sensitive",
                "nullable",
                "ephemeral",
            ],
            &["validation"],
        );
        let name = b.labels[0].name.clone();
        let (ty, defaults) = match b.body.attribute("type") {
            None => (Type::Dynamic, Defaults::default()),
            Some(a) => self
                .diags
                .take(types::read(&a.expr, self.decoder.functions))
                .unwrap_or((Type::Dynamic, Defaults::default())),
        };
        let default = b
            .body
            .attribute("default")
            .and_then(|a| self.default_value(a, &ty, &defaults));
        let nullable =
            b.body.attribute("nullable").is_none() || self.flag(b.body.attribute("nullable"));
        if let (false, Some(a), Some(true)) = (
            nullable,
            b.body.attribute("default"),
            default.as_ref().map(Value::is_null),
        ) {
            self.diags.push(
                Diagnostic::error(
                    "variable-is-null",
                    "Variable must not be null",
                    "The default is null, but nullable is false.",
                )
                .at(a.expr.span)
                .hint("Give another default, or none."),
            );
        }
        let decl = VariableDecl {
            text_input: b.body.attribute("type").is_none() || ty.is_primitive(),
            default,
            sensitive: self.flag(b.body.attribute("sensitive")),
            ephemeral: self.flag(b.body.attribute("ephemeral")),
            nullable,
            description: self.text(b.body.attribute("description")),
            span: b.header,
            validations: self.conditions_about(
                &b.body,
                "validation",
                Allow::default(),
                &format!("var.{name}"),
                &|e| refers_to_variable(e, &name),
            ),
            argument: None,
            name,
            ty,
            defaults,
        };
        // A validation refers to its own variable; that is no dependency.
        let own = ObjectId::Variable(self.id(), i);
        self.names.needs.remove(&own);
        self.note(own);
        decl
    }

    fn default_value(
        &mut self,
        a: &ast::Attribute,
        ty: &Type,
        defaults: &Defaults,
    ) -> Option<Value> {
        if self.decoder.dialect.is_package() {
            dialect::warn_object_calls(&a.expr, self.diags);
        }
        let value = self.constant(&a.expr, &Type::Dynamic, "default")?;
        let with_defaults = defaults.apply(&value);
        match convert(&with_defaults, ty) {
            Ok(v) => Some(v),
            Err(e) if self.decoder.dialect.is_package() => {
                self.diags.push(
                    Diagnostic::warning(
                        "default-type-mismatch",
                        "Default value does not fit the type",
                        format!("The default is used as it is: {e} (at {}).", e.path),
                    )
                    .at(a.expr.span)
                    .hint("Give every attribute of the type, or make it optional."),
                );
                Some(value)
            }
            Err(e) => {
                let at = if e.path.0.is_empty() {
                    String::new()
                } else {
                    format!(" (at {})", e.path)
                };
                self.diags.push(
                    Diagnostic::error(
                        "default-type-mismatch",
                        "Default value does not fit the type",
                        format!("The variable's type is {}{at}: {e}.", ty.friendly()),
                    )
                    .at(a.expr.span)
                    .hint("Change the default value or the type."),
                );
                None
            }
        }
    }

    fn local(&mut self, i: usize, a: ast::Attribute) -> LocalDecl {
        let expr = self.bind(a.expr);
        self.note(ObjectId::Local(self.id(), i));
        LocalDecl {
            name: a.name.name,
            expr,
            span: a.span,
        }
    }

    fn output(&mut self, i: usize, b: ast::Block) -> OutputDecl {
        self.only(
            &b.body,
            "An output",
            &[
                "value",
                "description",
                "sensitive",
                "ephemeral",
                "depends_on",
            ],
            &["precondition"],
        );
        let (sensitive, ephemeral) = (
            self.flag(b.body.attribute("sensitive")),
            self.flag(b.body.attribute("ephemeral")),
        );
        if ephemeral && self.id() == ModuleId::ROOT {
            self.diags.push(
                Diagnostic::error("ephemeral-value", "Ephemeral value cannot be stored", format!("Output \"{}\" is of the root module and kept in the state, which an ephemeral value must not enter.", b.labels[0].name))
                    .at(b.header)
                    .hint("Remove ephemeral = true."),
            );
        }
        let description = self.text(b.body.attribute("description"));
        let preconditions = self.conditions(&b.body, "precondition", Allow::default());
        let depends_on = match b.body.attribute("depends_on") {
            Some(a) => self.depends_on(&a.expr),
            None => Vec::new(),
        };
        let expr = match b
            .body
            .attributes
            .into_iter()
            .find(|a| &*a.name.name == "value")
        {
            Some(a) => self.bind(a.expr),
            None => {
                self.diags.push(
                    Diagnostic::error(
                        "missing-argument",
                        "Required argument is missing",
                        "An output needs \"value\".",
                    )
                    .at(b.header)
                    .hint("Add value = …"),
                );
                Expr {
                    kind: ExprKind::Literal(Value::null(Type::Dynamic)),
                    span: b.header,
                }
            }
        };
        self.note(ObjectId::Output(self.id(), i));
        OutputDecl {
            name: b.labels[0].name.clone(),
            sensitive,
            ephemeral,
            description,
            span: b.header,
            expr,
            preconditions,
            depends_on,
        }
    }

    fn provider(&mut self, i: usize, key: ProviderKey, mut b: ast::Block) -> Option<ProviderDecl> {
        b.body
            .attributes
            .retain(|a| !matches!(&*a.name.name, "alias" | "version"));
        unescape(&mut b.body, self.diags);
        let Some(p) = self.decoder.providers.get(&key.provider) else {
            self.diags.append(json::decide_freely(&mut b.body));
            self.diags.push(
                self.decoder
                    .providers
                    .unknown(&key.provider, b.labels[0].span),
            );
            return None;
        };
        let schema = p.config_schema();
        let owner = format!("provider {}", key.provider);
        let span = b.header;
        let body = self.body(b.body, span, &schema, &owner);
        self.note(ObjectId::Provider(self.id(), i));
        Some(ProviderDecl {
            key,
            body,
            schema,
            span,
        })
    }

    fn body(&mut self, body: ast::Body, header: Span, schema: &Schema, owner: &str) -> BlockConfig {
        let mut c = BodyCompiler {
            names: &mut self.names,
            functions: self.decoder.functions,
            diags: self.diags,
            owner,
        };
        c.compile(body, header, &schema.block)
    }

    fn resource(&mut self, i: usize, addr: ResourceAddr, mut b: ast::Block) -> ResourceDecl {
        let meta = Meta::take(&mut b.body);
        unescape(&mut b.body, self.diags);
        let nested = self.names.index.nested.get(&addr).cloned();
        if nested.is_some() {
            self.refuse_in_check(&meta);
        }
        self.names.check.clone_from(&nested);
        let repetition = self.repetition(&meta, b.header);
        // Its number of instances cannot be known from itself, but that is for the plan to find out.
        self.names.needs.remove(&ObjectId::Resource(self.id(), i));
        let has_depends_on = meta.depends_on.is_some();
        let depends_on = match &meta.depends_on {
            Some(a) => self.depends_on(&a.expr),
            None => Vec::new(),
        };
        // That it comes after itself says nothing.
        self.names.needs.remove(&ObjectId::Resource(self.id(), i));
        self.names.own = Some(i);
        let allow = allow_for(&repetition);
        self.names.allow = allow;
        let provider = self.provider_key(&addr, meta.provider.as_ref());
        let schema = self.names.schemas[i].clone();
        if schema.is_none() {
            self.refuse_type(&addr, &provider, &b);
        }
        let mut lifecycles = meta.lifecycle.into_iter();
        let lifecycle = match lifecycles.next() {
            Some(l) => Arc::new(self.lifecycle(l, allow, addr.mode)),
            None => Lifecycle::none(),
        };
        for again in lifecycles {
            self.diags.push(
                Diagnostic::error(
                    "too-many-blocks",
                    "Too many blocks",
                    format!("{addr} has a \"lifecycle\" block already."),
                )
                .at(again.header)
                .hint("Put everything into one of them."),
            );
        }
        if let Some(s) = &schema {
            self.check_ignored(&lifecycle, s);
        }
        let provisioners = ProvisionerDecoder {
            names: &mut self.names,
            functions: self.decoder.functions,
            providers: self.decoder.providers,
            diags: self.diags,
        }
        .decode(meta.provisioners, Holder::Resource(addr.mode), allow);
        let provisioned_by_name = std::mem::take(&mut self.names.named_own);
        let body = match &schema {
            Some(s) => {
                let owner = addr.kind.clone();
                self.body(b.body, b.header, s, &owner)
            }
            None => BlockConfig::default(),
        };
        self.names.allow = Allow::default();
        self.names.own = None;
        self.names.check = None;
        self.note(ObjectId::Resource(self.id(), i));
        ResourceDecl {
            addr,
            provider,
            schema: schema.unwrap_or_default(),
            repetition,
            body,
            lifecycle,
            provisioners,
            provisioned_by_name,
            dependencies: Vec::new(),
            has_depends_on,
            depends_on,
            provider_object: None,
            nested: nested.map(|_| b.open),
            span: b.header,
        }
    }

    /// Says why there is no schema for a resource.
    fn refuse_type(&mut self, addr: &ResourceAddr, key: &ProviderKey, b: &ast::Block) {
        let Some(p) = self.decoder.providers.get(&key.provider) else {
            self.diags.push(
                self.decoder
                    .providers
                    .unknown(&key.provider, b.labels[0].span)
                    .within(b.header),
            );
            return;
        };
        let other = match addr.mode {
            Mode::Managed => Mode::Data,
            Mode::Data => Mode::Managed,
        };
        let (what, hint) = match addr.mode {
            Mode::Managed => ("resource type", "data"),
            Mode::Data => ("data source", "resource"),
        };
        let hint = if p.schema(other, &addr.kind).is_some() {
            format!("There is a {hint} \"{}\": did you mean that?", addr.kind)
        } else {
            nearest(&addr.kind, p.kinds(addr.mode)).map_or_else(
                || {
                    format!(
                        "See `cloudapp providers schema` for what provider {} has.",
                        key.provider
                    )
                },
                |n| format!("Did you mean \"{n}\"?"),
            )
        };
        self.diags.push(
            Diagnostic::error(
                "unknown-type",
                "Type is not known",
                format!("Provider {} has no {what} \"{}\".", key.provider, addr.kind),
            )
            .at(b.labels[0].span)
            .within(b.header)
            .hint(hint),
        );
    }

    fn warn_of_quotes(&mut self, provider: &Expr) {
        if let Some(text) = literal(provider) {
            self.diags.push(quoted::warning(provider, &text));
        }
    }

    pub(super) fn provider_key(
        &mut self,
        addr: &ResourceAddr,
        a: Option<&ast::Attribute>,
    ) -> ProviderKey {
        if let Some(a) = a {
            self.warn_of_quotes(&a.expr);
            match provider_reference(&a.expr) {
                Some(k) => return k.resolve(&self.names.index.local_providers),
                None => self.diags.push(
                    Diagnostic::error(
                        "invalid-reference",
                        "Not a reference",
                        "\"provider\" takes a provider's name, with its alias if it has one.",
                    )
                    .at(a.expr.span)
                    .hint("Write provider = name.alias."),
                ),
            }
        }
        let named = self.implied.entry(addr.kind.clone());
        ProviderKey {
            provider: named
                .or_insert_with(|| addr.implied_provider().into())
                .clone(),
            alias: None,
        }
        .resolve(&self.names.index.local_providers)
    }

    fn repetition(&mut self, meta: &Meta, header: Span) -> Repetition {
        match (&meta.count, &meta.for_each) {
            (None, None) => Repetition::None,
            (Some(c), None) => Repetition::Count(Box::new(self.bind(c.expr.clone()))),
            (None, Some(f)) => Repetition::ForEach(Box::new(self.bind(f.expr.clone()))),
            (Some(_), Some(f)) => {
                self.diags.push(
                    Diagnostic::error(
                        "count-and-for-each",
                        "Both count and for_each are set",
                        "A block is repeated either by number or by key.",
                    )
                    .at(f.name.span)
                    .within(header)
                    .hint("Remove one of them."),
                );
                Repetition::None
            }
        }
    }

    /// Adds what `depends_on` names to the needs, and gives it as it is written.
    fn depends_on(&mut self, expr: &Expr) -> Vec<Expr> {
        let mut named = Vec::new();
        let ExprKind::Tuple(items) = &expr.kind else {
            self.diags.push(
                Diagnostic::error(
                    "invalid-depends-on",
                    "Not a list of references",
                    "\"depends_on\" takes a list of references.",
                )
                .at(expr.span)
                .hint("Write depends_on = [resource_type.name]."),
            );
            return named;
        };
        for item in items {
            let Some(reference) = quoted::unquote(item, self.diags) else {
                continue;
            };
            match &reference.kind {
                ExprKind::Reference(r) if r.steps.iter().all(names::is_written_out) => {
                    if let Some(part) = beyond_object(r) {
                        self.diags.push(
                            Diagnostic::error(
                                "invalid-depends-on",
                                "Not a whole object",
                                "\"depends_on\" names whole objects: what waits for one waits for all of it.",
                            )
                            .at(part)
                            .within(reference.span)
                            .hint("Leave the attribute out."),
                        );
                        continue;
                    }
                    if let Some(module) = self.whole_module(r) {
                        self.names.need_all_of(module);
                    }
                    named.push(self.bind(reference));
                }
                _ => self.diags.push(
                    Diagnostic::error(
                        "invalid-depends-on",
                        "Not a reference",
                        "Only references may stand in \"depends_on\", in which nothing is computed.",
                    )
                    .at(item.span)
                    .hint("Write the address of a resource or module: without a key it means all instances."),
                ),
            }
        }
        named
    }

    /// The called module that a reference names, unless it names an output of it.
    fn whole_module(&self, r: &ast::Reference) -> Option<ModuleId> {
        let (Some(Step::Attr(name)), "module") = (r.steps.first(), &*r.root.name) else {
            return None;
        };
        if matches!(r.steps.last(), Some(Step::Attr(_))) && r.steps.len() > 1 {
            return None;
        }
        let (_, module, _) = self.names.index.calls.get(&name.name)?;
        Some(*module)
    }

    fn lifecycle(&mut self, b: ast::Block, allow: Allow, mode: Mode) -> Lifecycle {
        self.refuse_labels(&b);
        self.only(
            &b.body,
            "lifecycle",
            &[
                "create_before_destroy",
                "prevent_destroy",
                "ignore_changes",
                "replace_triggered_by",
            ],
            &["precondition", "postcondition"],
        );
        if mode == Mode::Data {
            for a in &b.body.attributes {
                self.unknown("lifecycle of a data source", &a.name, &[]);
            }
        }
        let mut out = Lifecycle {
            create_before_destroy: self.flag(b.body.attribute("create_before_destroy")),
            prevent_destroy: self.flag(b.body.attribute("prevent_destroy")),
            preconditions: self.conditions(&b.body, "precondition", allow),
            postconditions: self.conditions(
                &b.body,
                "postcondition",
                Allow {
                    self_object: true,
                    ..allow
                },
            ),
            ..Lifecycle::default()
        };
        self.names.allow = allow;
        if let Some(a) = b.body.attribute("ignore_changes") {
            self.ignore_changes(&a.expr, &mut out);
        }
        if let Some(a) = b.body.attribute("replace_triggered_by") {
            out.replace_triggered_by = self.replace_triggered_by(&a.expr);
        }
        out
    }

    fn ignore_changes(&mut self, expr: &Expr, out: &mut Lifecycle) {
        match &expr.kind {
            ExprKind::Reference(r) if r.steps.is_empty() && &*r.root.name == "all" => {
                out.ignore_all = true
            }
            ExprKind::Tuple(items) => {
                for item in items {
                    if literal(item).as_deref() == Some("*") {
                        self.diags.push(
                            Diagnostic::error(
                                "invalid-ignore-changes",
                                "Not a list of attributes",
                                "\"*\" is no attribute.",
                            )
                            .at(item.span)
                            .hint("Write ignore_changes = all."),
                        );
                        continue;
                    }
                    let Some(reference) = quoted::unquote(item, self.diags) else {
                        continue;
                    };
                    match relative_path(&reference) {
                        Some(p) => out.ignore_changes.push((p, item.span)),
                        None => self.diags.push(
                            Diagnostic::error(
                                "invalid-reference",
                                "Not an attribute",
                                "\"ignore_changes\" takes names of attributes of this resource.",
                            )
                            .at(item.span)
                            .hint("Write ignore_changes = [tags]."),
                        ),
                    }
                }
            }
            _ => self.diags.push(
                Diagnostic::error(
                    "invalid-ignore-changes",
                    "Not a list of attributes",
                    "\"ignore_changes\" takes a list of attributes, or all.",
                )
                .at(expr.span)
                .hint("Write ignore_changes = [tags]."),
            ),
        }
    }

    fn check_ignored(&mut self, lifecycle: &Lifecycle, schema: &Schema) {
        for (path, span) in &lifecycle.ignore_changes {
            let Some(PathStep::Attr(name)) = path.0.first() else {
                continue;
            };
            let known = || {
                schema
                    .block
                    .attributes
                    .keys()
                    .chain(schema.block.blocks.keys())
                    .map(|n| &**n)
            };
            if !known().any(|n| n == &**name) {
                let hint = nearest(name, known()).map_or_else(
                    || "Remove it.".to_owned(),
                    |n| format!("Did you mean \"{n}\"?"),
                );
                self.diags.push(
                    Diagnostic::error(
                        "unknown-argument",
                        "Argument is not known",
                        format!("There is no \"{name}\" whose changes could be ignored."),
                    )
                    .at(*span)
                    .hint(hint),
                );
            }
        }
    }

    fn replace_triggered_by(&mut self, expr: &Expr) -> Vec<ReplaceTrigger> {
        let ExprKind::Tuple(items) = &expr.kind else {
            self.diags.push(
                Diagnostic::error(
                    "invalid-replace-triggered-by",
                    "Not a list of references",
                    "\"replace_triggered_by\" takes a list of references to resources.",
                )
                .at(expr.span)
                .hint("Write replace_triggered_by = [resource_type.name]."),
            );
            return Vec::new();
        };
        let mut out = Vec::new();
        for item in items {
            let bound = self.bind(item.clone());
            match self.trigger(&bound) {
                Some(t) if t.key.as_ref().is_some_and(|k| !is_key_of_the_object(k)) => self.diags.push(
                    Diagnostic::error("invalid-reference", "Not an instance", "Which instance is meant must be written out, or be count.index or each.key.")
                        .at(item.span)
                        .hint("Wrap the object in a terraform_data resource and name that."),
                ),
                Some(t) => out.push(t),
                // What cannot be bound has been reported.
                None if matches!(&bound.kind, ExprKind::Reference(r) if r.binding == ast::Binding::Unbound) => {}
                None => self.diags.push(
                    Diagnostic::error("invalid-reference", "Not a resource", "Only resources and their attributes may stand in \"replace_triggered_by\".")
                        .at(item.span)
                        .hint("Wrap other values in a terraform_data resource and name that."),
                ),
            }
        }
        out
    }

    fn trigger(&self, bound: &Expr) -> Option<ReplaceTrigger> {
        let ExprKind::Reference(r) = &bound.kind else {
            return None;
        };
        let ast::Binding::Slot { slot, consumed } = r.binding else {
            return None;
        };
        let Some(SlotTarget::Resource { index, .. }) = self.names.slots.get(slot.0 as usize) else {
            return None;
        };
        let mut rest = r.steps[consumed as usize..].iter();
        let mut key = None;
        let mut path = Vec::new();
        for (n, step) in rest.by_ref().enumerate() {
            match step {
                Step::Index(e) if n == 0 => key = Some(e.clone()),
                Step::Attr(a) => path.push(PathStep::Attr(a.name.clone())),
                Step::Index(Expr {
                    kind: ExprKind::Literal(v),
                    ..
                }) => path.push(literal_step(v)?),
                Step::LegacyIndex(i, _) => path.push(PathStep::Index(usize::try_from(*i).ok()?)),
                Step::Index(_) | Step::Splat(..) => return None,
            }
        }
        Some(ReplaceTrigger {
            resource: *index,
            key,
            path: Path(path),
        })
    }

    pub(super) fn conditions(
        &mut self,
        body: &ast::Body,
        kind: &str,
        allow: Allow,
    ) -> Vec<Condition> {
        let anything = |e: &Expr| !eval::references(e).is_empty();
        self.conditions_about(
            body,
            kind,
            allow,
            "some object of the configuration",
            &anything,
        )
    }

    /// Conditions, each of which must be about something.
    fn conditions_about(
        &mut self,
        body: &ast::Body,
        kind: &str,
        allow: Allow,
        what: &str,
        about: &dyn Fn(&Expr) -> bool,
    ) -> Vec<Condition> {
        let before = self.names.allow;
        self.names.allow = allow;
        let mut out = Vec::new();
        for b in body.blocks.iter().filter(|b| &*b.kind.name == kind) {
            self.only(&b.body, kind, &["condition", "error_message"], &[]);
            let parts = (
                b.body.attribute("condition"),
                b.body.attribute("error_message"),
            );
            let (Some(condition), Some(message)) = parts else {
                self.diags.push(
                    Diagnostic::error(
                        "missing-argument",
                        "Required argument is missing",
                        format!("\"{kind}\" needs \"condition\" and \"error_message\"."),
                    )
                    .at(b.header)
                    .hint("Add the missing one."),
                );
                continue;
            };
            if !about(&condition.expr) {
                self.diags.push(
                    Diagnostic::error(
                        "condition-about-nothing",
                        "Condition always has the same result",
                        format!("The condition of \"{kind}\" must refer to {what}."),
                    )
                    .at(condition.expr.span)
                    .within(b.header)
                    .hint(format!("Compare {what} with something.")),
                );
            }
            let condition = self.bind(condition.expr.clone());
            let message = self.bind(message.expr.clone());
            out.push(Condition {
                condition,
                message,
                span: b.header,
            });
        }
        self.names.allow = before;
        out
    }

    fn call(&mut self, i: usize, mut b: ast::Block, module: ModuleId) -> CallDecl {
        let name = b.labels[0].name.clone();
        let meta = Meta::take(&mut b.body);
        unescape(&mut b.body, self.diags);
        let repetition = self.repetition(&meta, b.header);
        self.note(ObjectId::Call(self.id(), i));
        let mut depends_on = Vec::new();
        if let Some(a) = &meta.depends_on {
            depends_on = self.depends_on(&a.expr);
            let waits = std::mem::take(&mut self.names.needs);
            if !self.refuse_own_module(&name, &depends_on) {
                self.bound.call_depends_on.insert((self.id(), i), waits);
            }
        }
        self.names.allow = allow_for(&repetition);
        for block in meta
            .lifecycle
            .iter()
            .chain(&meta.provisioners)
            .chain(&b.body.blocks)
        {
            self.unknown(&format!("module \"{name}\""), &block.kind, &[]);
        }
        let source = b.body.attribute("source");
        let source = source.and_then(|a| literal(&a.expr)).unwrap_or_default();
        let known = &self.decoder.indexes[module.0].variables;
        for a in b.body.attributes {
            if &*a.name.name == "providers" {
                let passed = self.passed_providers(&a.expr, module);
                self.bound.passed_providers.insert((self.id(), i), passed);
                continue;
            }
            if CALL_META.contains(&&*a.name.name) {
                continue;
            }
            let expr = self.bind(a.expr);
            match known.get(&a.name.name) {
                Some(v) => {
                    self.note(ObjectId::Variable(module, *v));
                    self.bound.arguments.insert((module, a.name.name), expr);
                }
                None => {
                    self.names.needs.clear();
                    let names: Vec<&str> = known.keys().map(|n| &**n).collect();
                    self.unknown(&format!("module \"{name}\""), &a.name, &names);
                }
            }
        }
        self.check_passed(i, &name, module, b.header);
        self.names.allow = Allow::default();
        CallDecl {
            name,
            source,
            module,
            repetition,
            depends_on,
            span: b.header,
        }
    }

    /// Reports a module that is to come after itself. True where there was something to report.
    fn refuse_own_module(&mut self, name: &str, depends_on: &[Expr]) -> bool {
        let is_own = |e: &&Expr| match &e.kind {
            ExprKind::Reference(r) => {
                let called = matches!(r.steps.first(), Some(Step::Attr(a)) if &*a.name == name);
                &*r.root.name == "module" && called
            }
            _ => false,
        };
        let Some(own) = depends_on.iter().find(is_own) else {
            return false;
        };
        self.diags.push(
            Diagnostic::error(
                "self-reference",
                "Object refers to itself",
                format!("module.{name} cannot come after itself."),
            )
            .at(own.span)
            .hint("Remove the reference."),
        );
        true
    }

    /// Reports the configurations of providers that a module asks for and is not given.
    fn check_passed(&mut self, call: usize, name: &str, module: ModuleId, header: Span) {
        let place = (self.id(), call);
        for key in &self.decoder.indexes[module.0].aliases {
            let passed = self.bound.passed_providers.get(&place);
            if passed.is_some_and(|p| p.contains_key(key)) {
                continue;
            }
            self.diags.push(
                Diagnostic::error(
                    "missing-provider",
                    "Provider configuration is not given",
                    format!(
                        "module.{name} asks its callers for a configuration of provider {key}."
                    ),
                )
                .at(header)
                .hint(format!("Add providers = {{ {key} = … }}.")),
            );
            self.bound.missing_providers.insert((module, key.clone()));
        }
    }

    fn passed_providers(&mut self, expr: &Expr, module: ModuleId) -> PassedProviders {
        let mut out = PassedProviders::new();
        let ExprKind::Object(items) = &expr.kind else {
            self.diags.push(
                Diagnostic::error(
                    "invalid-providers",
                    "Not a map of providers",
                    "\"providers\" maps names in the module to providers here.",
                )
                .at(expr.span)
                .hint("Write providers = { name = name.alias }."),
            );
            return out;
        };
        for item in items {
            let inner = match literal(&item.key) {
                Some(s) => Some(key_from_text(&s)),
                None => provider_reference(&item.key),
            };
            self.warn_of_quotes(&item.value);
            match (inner, provider_reference(&item.value)) {
                (Some(inner), Some(outer)) => {
                    let names = &self.decoder.indexes[module.0].local_providers;
                    let outer = outer.resolve(&self.names.index.local_providers);
                    out.insert(inner.resolve(names), outer);
                }
                _ => self.diags.push(
                    Diagnostic::error(
                        "invalid-reference",
                        "Not a reference",
                        "Both sides name a provider, with its alias if it has one.",
                    )
                    .at(item.value.span)
                    .hint("Write providers = { name = name.alias }."),
                ),
            }
        }
        out
    }
}

/// Takes the arguments out of the `_` block of a body: there they mean what the schema says, even if the language has an
/// argument of that name.
pub(super) fn unescape(body: &mut ast::Body, diags: &mut Diagnostics) {
    let mut blocks = body.blocks.extract_if(.., |b| &*b.kind.name == "_");
    let Some(first) = blocks.next() else {
        return;
    };
    let more: Vec<_> = blocks.collect();
    diags.extend(more.iter().map(|b| {
        Diagnostic::error(
            "too-many-blocks",
            "Too many blocks",
            "There is a \"_\" block already.",
        )
        .at(b.header)
        .hint("Put everything into one of them.")
    }));
    diags.extend(first.labels.first().map(|l| no_labels(&first, l)));
    for a in first.body.attributes {
        if body.attribute(&a.name.name).is_some() {
            diags.push(
                Diagnostic::error(
                    "duplicate-argument",
                    "Argument is set twice",
                    format!("\"{}\" is set outside of \"_\" already.", a.name.name),
                )
                .at(a.name.span)
                .within(a.span)
                .hint("Remove one of them."),
            );
        } else {
            body.attributes.push(a);
        }
    }
    body.blocks.extend(first.body.blocks);
}

fn no_labels(b: &ast::Block, label: &ast::Ident) -> Diagnostic {
    Diagnostic::error(
        "block-labels",
        "Wrong number of labels",
        format!("A \"{}\" block takes no labels.", b.kind.name),
    )
    .at(label.span)
    .within(b.header)
    .hint("Remove the labels.")
}

/// Whether the key of a trigger is one that needs no values but those of the object's own instance.
fn is_key_of_the_object(key: &Expr) -> bool {
    match &key.kind {
        ExprKind::Literal(_) => true,
        ExprKind::Reference(r) => match (&*r.root.name, &r.steps[..]) {
            ("count", [Step::Attr(a)]) => &*a.name == "index",
            ("each", [Step::Attr(a)]) => &*a.name == "key",
            _ => false,
        },
        _ => false,
    }
}

/// The steps of a reference that lead into the object that it names.
fn beyond_object(r: &ast::Reference) -> Option<Span> {
    let key = |at: usize| {
        usize::from(matches!(
            r.steps.get(at),
            Some(Step::Index(_) | Step::LegacyIndex(..))
        ))
    };
    let object = match &*r.root.name {
        "self" => 0,
        "var" | "local" | "path" | "terraform" | "count" | "each" => 1,
        "data" | "resource" | "ephemeral" => 2 + key(2),
        // An output of a module is an object of its own.
        "module" => 2 + key(1),
        _ => 1 + key(1),
    };
    let start = eval::prefix(r, object).end;
    (r.steps.len() > object).then(|| Span {
        start,
        ..eval::prefix(r, r.steps.len())
    })
}

fn refers_to_variable(e: &Expr, name: &str) -> bool {
    eval::references(e).iter().any(|r| {
        let attribute = matches!(r.steps.first(), Some(Step::Attr(a)) if &*a.name == name);
        &*r.root.name == "var" && attribute
    })
}

fn allow_for(r: &Repetition) -> Allow {
    Allow {
        count: matches!(r, Repetition::Count(_)),
        each: matches!(r, Repetition::ForEach(_)),
        ..Allow::default()
    }
}

fn key_from_text(s: &str) -> ProviderKey {
    match s.split_once('.') {
        Some((p, a)) => ProviderKey {
            provider: p.into(),
            alias: Some(a.into()),
        },
        None => ProviderKey {
            provider: s.into(),
            alias: None,
        },
    }
}

/// `tencentcloud` or `tencentcloud.alias`, also in quotes as older configurations write it.
pub(super) fn provider_reference(e: &Expr) -> Option<ProviderKey> {
    match &e.kind {
        ExprKind::Reference(r) => match &r.steps[..] {
            [] => Some(ProviderKey {
                provider: r.root.name.clone(),
                alias: None,
            }),
            [Step::Attr(a)] => Some(ProviderKey {
                provider: r.root.name.clone(),
                alias: Some(a.name.clone()),
            }),
            _ => None,
        },
        _ => literal(e).map(|s| key_from_text(&s)),
    }
}

fn literal_step(v: &Value) -> Option<PathStep> {
    match v.as_str() {
        Some(s) => Some(PathStep::Key(s.into())),
        None => v.as_number()?.as_usize().map(PathStep::Index),
    }
}

/// A path into this resource: `tags["a"]`, `disks[0].size`.
fn relative_path(e: &Expr) -> Option<Path> {
    let ExprKind::Reference(r) = &e.kind else {
        return None;
    };
    let mut path = vec![PathStep::Attr(r.root.name.clone())];
    for s in &r.steps {
        path.push(match s {
            Step::Attr(a) => PathStep::Attr(a.name.clone()),
            Step::Index(Expr {
                kind: ExprKind::Literal(v),
                ..
            }) => literal_step(v)?,
            Step::LegacyIndex(i, _) => PathStep::Index(usize::try_from(*i).ok()?),
            Step::Index(_) | Step::Splat(..) => return None,
        });
    }
    Some(Path(path))
}

/// The arguments that the engine takes out of a resource's or module's body.
#[derive(Default)]
pub(super) struct Meta {
    pub(super) count: Option<ast::Attribute>,
    pub(super) for_each: Option<ast::Attribute>,
    pub(super) provider: Option<ast::Attribute>,
    depends_on: Option<ast::Attribute>,
    pub(super) lifecycle: Vec<ast::Block>,
    provisioners: Vec<ast::Block>,
}

impl Meta {
    pub(super) fn take(body: &mut ast::Body) -> Self {
        let mut out = Meta::default();
        let is_meta = |a: &mut ast::Attribute| {
            matches!(
                &*a.name.name,
                "count" | "for_each" | "provider" | "depends_on"
            )
        };
        for a in body.attributes.extract_if(.., is_meta) {
            match &*a.name.name {
                "count" => out.count = Some(a),
                "for_each" => out.for_each = Some(a),
                "provider" => out.provider = Some(a),
                _ => out.depends_on = Some(a),
            }
        }
        let is_meta = |b: &mut ast::Block| {
            matches!(&*b.kind.name, "lifecycle" | "provisioner" | "connection")
        };
        for b in body.blocks.extract_if(.., is_meta) {
            match &*b.kind.name {
                "lifecycle" => out.lifecycle.push(b),
                _ => out.provisioners.push(b),
            }
        }
        out
    }
}
