//! Imports: which objects `import` blocks take in and as what, and what becomes of those that no block is for.

use cloudapp_lang::syntax::ast::Expr;
use cloudapp_lang::{Span, Type};

use super::*;
use crate::config::{ImportDecl, ProviderDecl, not_declared, twice};
use crate::event::Silent;
use crate::generate;

/// What a walk is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A plan of everything that the options select.
    Whole,
    /// One object is taken into the state as it is, and nothing else is looked at: the address and the id.
    Import(Box<Address>, String),
    /// Configuration is written for what is imported without any.
    Generate,
}

/// An object that is to be taken in.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) id: String,
    /// Where the id is given.
    pub(super) at: Span,
    /// Where the address is given.
    to: Span,
    target: (ModuleId, usize),
}

/// The objects that an `import` block takes in. While checking, those that are known already are of no interest: none are
/// given, but everything is looked at that can be.
pub(crate) fn requests(
    e: &mut Evaluation<'_>,
    decl: &ImportDecl,
) -> Option<Vec<(Address, String)>> {
    const ROOT: usize = 0;
    let expansion = e.expand(&decl.repetition, ROOT)?;
    let mut out = Vec::with_capacity(expansion.instances.len());
    let mut ok = true;
    for (_, data) in &expansion.instances {
        let address = address(e, decl, data);
        let id = id(e, &decl.id, data);
        match (address, id) {
            (Some(address), Some(id)) => out.push((address, id)),
            _ => ok = e.checking && ok,
        }
    }
    ok.then_some(out)
}

fn address(e: &mut Evaluation<'_>, decl: &ImportDecl, data: &RepetitionData) -> Option<Address> {
    let steps = decl.modules.iter();
    let module = steps
        .map(|(name, k)| Some((name.clone(), key(e, k.as_ref(), data)?)))
        .collect::<Option<_>>()?;
    Some(Address {
        module,
        resource: decl.resource.clone(),
        key: key(e, decl.key.as_ref(), data)?,
    })
}

/// The key that an expression in brackets gives; none where it gives no valid one, or is not known yet.
fn key(e: &mut Evaluation<'_>, expr: Option<&Expr>, data: &RepetitionData) -> Option<InstanceKey> {
    let Some(expr) = expr else {
        return Some(InstanceKey::None);
    };
    let value = e.evaluate(expr, 0, data)?;
    let (plain, marks) = value.unmark();
    let detail = if marks.is_sensitive() || marks.is_ephemeral() {
        "The key is sensitive or ephemeral, but addresses are shown and kept in the state."
    } else if !plain.is_known() {
        if e.checking {
            return None;
        }
        "The key is known only after apply."
    } else {
        match resources::instance_key(&plain) {
            Some(key) => return Some(key),
            None => "The key of an instance is a text or a whole number, zero or more.",
        }
    };
    e.diags.push(
        Diagnostic::error(
            "invalid-import-key",
            "Key of an import is not valid",
            detail,
        )
        .at(expr.span)
        .hint("Give a key that the resource's count or for_each has."),
    );
    None
}

/// The id that an expression gives; none where it gives no valid one, or is not known yet.
fn id(e: &mut Evaluation<'_>, expr: &Expr, data: &RepetitionData) -> Option<String> {
    let value = e.evaluate(expr, 0, data)?;
    let (plain, marks) = value.unmark();
    let detail = if marks.is_sensitive() {
        "The id is sensitive, but a plan shows it.".to_owned()
    } else if marks.is_ephemeral() {
        "The id is ephemeral, but a plan keeps it.".to_owned()
    } else {
        match cloudapp_lang::value::convert(&plain, &Type::String) {
            Err(e) => format!("The id is a text: {e}."),
            Ok(v) => match v.kind() {
                Kind::String(s) if s.is_empty() => "The id is empty.".to_owned(),
                Kind::String(s) => return Some(s.to_string()),
                Kind::Unknown(_) if e.checking => return None,
                Kind::Unknown(_) => {
                    "The id is known only after apply, so what is imported cannot be planned."
                        .to_owned()
                }
                _ => "The id is null.".to_owned(),
            },
        }
    };
    e.diags.push(
        Diagnostic::error("invalid-import-id", "Id of an import is not valid", detail)
            .at(expr.span)
            .hint("Give the id that the cloud knows the object by, as the provider documents it."),
    );
    None
}

/// Configuration for what is imported without any.
pub(crate) async fn generate(
    runner: &Runner,
    options: &PlanOptions,
) -> (Option<String>, Diagnostics) {
    // The plan that follows looks at everything again, and says so.
    let quiet = Runner {
        observer: Arc::new(Silent),
        ..runner.clone()
    };
    let (walked, mut diags) = walk(&quiet, options, Purpose::Generate).await;
    if walked.is_some() {
        diags = Diagnostics::new();
    }
    let blocks = walked.map(|w| w.blocks).unwrap_or_default();
    if blocks.is_empty() {
        return (None, diags);
    }
    let mut text = generate::HEADER.to_owned();
    for b in blocks {
        text.push('\n');
        text.push_str(&b);
    }
    (Some(text), diags)
}

impl<'r> Planner<'r> {
    /// Finds out what a block takes in, before the resource is planned that it becomes.
    pub(super) fn begin_import(&mut self, node: u32, index: usize) {
        let decl = &self.cfg.root().imports[index];
        let selected = self
            .selection
            .includes(ObjectId::Import(ModuleId::ROOT, index));
        if self.options.mode != PlanMode::Normal || !selected {
            return self.complete(node, Status::Done);
        }
        let Some(requests) = requests(&mut self.evaluation, decl) else {
            return self.complete(node, Status::Failed);
        };
        let mut ok = true;
        let mut generated = Vec::new();
        for (address, id) in requests {
            ok &= self.is_imported_once(decl, &address, &id);
            let Some(target) = decl.target else {
                if self.purpose == Purpose::Generate {
                    generated.push((address, id));
                } else {
                    let d = not_declared(&address.resource, decl.to);
                    self.evaluation.diags.push(d.address(address.to_string()));
                    ok = false;
                }
                continue;
            };
            let (at, to) = (decl.id.span, decl.to);
            let wanted = Wanted { id, at, to, target };
            if self.imports.insert(address.clone(), wanted).is_some() {
                self.evaluation.diags.push(twice(&address, to));
                ok = false;
            }
        }
        if ok && !generated.is_empty() {
            return self.begin_generating(node, decl, generated);
        }
        self.complete(node, if ok { Status::Done } else { Status::Failed });
    }

    /// Whether no other address has an object or takes it in. Of objects that live in the state alone there may be many
    /// with one id.
    fn is_imported_once(&mut self, decl: &ImportDecl, address: &Address, id: &str) -> bool {
        let provider = self.provider_of_import(decl);
        if self
            .runner
            .providers
            .named(&provider)
            .is_none_or(|p| p.is_local())
        {
            return true;
        }
        let kind = address.resource.kind.clone();
        if let Some(other) = self.prior.managing(&provider, &kind, id)
            && other != address
            && !self.is_forgotten(other)
        {
            let d = managed_elsewhere(&kind, id, other).at(decl.id.span);
            self.evaluation.diags.push(d.address(address.to_string()));
            return false;
        }
        let object = (provider, kind, id.to_owned());
        let first = self
            .imported
            .entry(object)
            .or_insert_with(|| address.clone());
        if first == address {
            return true;
        }
        let d = Diagnostic::error(
            "object-imported-twice",
            "Object is imported twice",
            format!("Another import already takes the object \"{id}\" in, as {first}."),
        )
        .at(decl.id.span)
        .address(address.to_string())
        .hint("Correct the id, or remove one of the two: an object is managed at one address.");
        self.evaluation.diags.push(d);
        false
    }

    /// The provider that will manage what is imported.
    fn provider_of_import(&self, decl: &ImportDecl) -> String {
        match decl.target {
            Some((m, i)) => self.cfg.resource(m, i).provider.to_string(),
            None => decl.provider.to_string(),
        }
    }

    /// Reads an object that no block declares, and writes the block for it.
    fn begin_generating(&mut self, node: u32, decl: &'r ImportDecl, found: Vec<(Address, String)>) {
        let [(address, id)] = &found[..] else {
            return self.cannot_generate(node, decl, "more than one instance");
        };
        if !address.module.is_root() {
            return self.cannot_generate(node, decl, "a resource of a called module");
        }
        if address.key != InstanceKey::None || decl.repetition.expr().is_some() {
            return self.cannot_generate(node, decl, "an instance with a key");
        }
        let provider = match decl.provider_object.and_then(|o| self.configured.get(&o)) {
            Some(p) => Some(p.clone()),
            None => self.runner.providers.get(&decl.provider.provider).cloned(),
        };
        let kind = &address.resource.kind;
        let known = provider.and_then(|p| Some((p.schema(Mode::Managed, kind)?, p)));
        let Some((schema, provider)) = known else {
            self.evaluation.diags.push(
                Diagnostic::error(
                    "unknown-type",
                    "Type is not known",
                    format!(
                        "Provider {} has no resource type \"{kind}\".",
                        decl.provider
                    ),
                )
                .at(decl.to)
                .hint("See `cloudapp providers schema` for the types that there are."),
            );
            return self.complete(node, Status::Failed);
        };
        let explicit = address.resource.implied_provider() != decl.provider.to_string();
        let source = generate::Source {
            address: address.clone(),
            provider_argument: explicit.then(|| decl.provider.to_string()),
            id: id.clone(),
            schema,
            provider,
            cx: self
                .runner
                .context(self.run.clone(), String::new(), address.text()),
            calls: self.calls.clone(),
        };
        self.queue.push_back(Waiting::Call(Box::pin(async move {
            Finished::Generated(node, source.block().await)
        })));
    }

    fn cannot_generate(&mut self, node: u32, decl: &ImportDecl, what: &str) {
        self.evaluation.diags.push(
            Diagnostic::error(
                "cannot-generate",
                "Configuration cannot be written",
                format!("The target is {what}; blocks are written for single resources of the root module."),
            )
            .at(decl.to)
            .hint("Declare the resource, or import to an address without keys and modules and rearrange it afterwards."),
        );
        self.complete(node, Status::Failed);
    }

    /// Takes in a block that was written.
    pub(super) fn generated(&mut self, node: u32, result: Result<String, JobError>) {
        let ok = match result {
            Ok(text) => {
                self.blocks.insert(node, text);
                true
            }
            Err(e) => {
                if let ObjectId::Import(m, i) = self.cfg.graph.nodes[node as usize] {
                    let decl = &self.cfg.module(m).imports[i];
                    let d = e.diagnostic(&decl.resource, &decl.provider.to_string());
                    let d = d.at(decl.id.span);
                    self.evaluation.diags.push(d);
                }
                false
            }
        };
        self.complete(node, if ok { Status::Done } else { Status::Failed });
    }

    /// What the import command takes in of a resource, where that is not in the state. False where the configuration asks
    /// for no such instance.
    pub(super) fn import_as_it_is(
        &mut self,
        node: u32,
        decl: &'r ResourceDecl,
        instance: usize,
        provider: &Arc<dyn Provider>,
    ) -> bool {
        let Purpose::Import(address, id) = self.purpose.clone() else {
            return true;
        };
        let module = &self.evaluation.values.instances[instance].addr;
        if address.resource != decl.addr || address.module != *module {
            return true;
        }
        let Some(expansion) = self.evaluation.expand(&decl.repetition, instance) else {
            return false;
        };
        let mut keys = expansion.instances.iter().map(|(k, _)| k);
        if !keys.any(|k| *k == address.key) {
            let d = no_instance(&address, decl.span);
            self.evaluation.diags.push(d);
            return false;
        }
        let ticket = Ticket {
            node,
            instance,
            key: address.key.clone(),
            wanted: false,
            reason: None,
            deposed: None,
            address: (*address).clone(),
            provider_name: decl.provider.to_string(),
            schema: decl.schema.clone(),
            repetition: RepetitionData::default(),
            unread: None,
            import: Some(decl.span),
            dependencies: decl.dependencies.clone(),
            create_before_destroy: self.create_first[node as usize],
        };
        let job = Job {
            cx: self
                .runner
                .context("import", String::new(), address.to_string()),
            address: *address,
            provider: provider.clone(),
            schema: decl.schema.clone(),
            row: None,
            import: Some(id),
            config: None,
            config_marks: Vec::new(),
            ignore: Ignore::default(),
            create_before_destroy: false,
            force: None,
            refresh: true,
            mode: PlanMode::RefreshOnly,
            observer: self.runner.observer.clone(),
            calls: self.calls.clone(),
        };
        self.push(ticket, job);
        true
    }

    /// Reports imports whose target is none of the instances that the configuration asks for.
    pub(super) fn report_unclaimed(&mut self) {
        if self.imports.is_empty() || self.interrupted {
            return;
        }
        let nodes = self.cfg.graph.nodes.iter().zip(&self.status);
        let done: FxHashSet<ObjectId> = nodes
            .filter(|(_, status)| **status == Status::Done)
            .map(|(object, _)| *object)
            .collect();
        for (address, wanted) in std::mem::take(&mut self.imports) {
            let (m, i) = wanted.target;
            let object = ObjectId::Resource(m, i);
            let selected = self.selection.includes(object)
                && self
                    .selection
                    .includes_instance(object, &address.module, &address.key);
            // Of a resource that failed, its own finding says why.
            if selected && done.contains(&object) {
                self.evaluation.diags.push(no_instance(&address, wanted.to));
            }
        }
    }
}

/// An object that the state has at another address than the one that it is imported to.
pub(crate) fn managed_elsewhere(kind: &str, id: &str, other: &Address) -> Diagnostic {
    Diagnostic::error(
        "already-managed",
        "Object is managed already",
        format!("The state has the {kind} with the id \"{id}\" at {other} already."),
    )
    .hint("Correct the id; or give what is there the new address, with a moved block or: cloudapp state mv")
}

fn no_instance(address: &Address, to: Span) -> Diagnostic {
    Diagnostic::error(
        "import-without-configuration",
        "Import has no configuration",
        format!("The configuration asks for no instance {address}."),
    )
    .at(to)
    .address(address.to_string())
    .hint("Correct the address, or change count or for_each so that there is such an instance.")
}

/// The import command takes in what its provider finds now, so that must know where to look.
pub(super) fn unknown_provider(decl: &ProviderDecl) -> Diagnostic {
    Diagnostic::error(
        "provider-not-known",
        "Configuration of the provider is not known",
        format!(
            "Provider {} is configured by something that is known only after apply.",
            decl.key
        ),
    )
    .at(decl.span)
    .hint("Apply what it depends on first, or import with a block: import { … }.")
}
