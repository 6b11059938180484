//! `provisioner` blocks: what runs after an object was made, or before it is destroyed.

use std::collections::BTreeSet;

use cloudapp_lang::diagnostic::nearest;
use cloudapp_lang::functions::Functions;
use cloudapp_lang::syntax::ast::{self, ExprKind, Reference, Step};
use cloudapp_lang::{Diagnostic, Diagnostics, Span, Str, Type, Value};

use super::blocks::unescape;
use super::body::{BlockConfig, BodyCompiler};
use super::load::literal;
use super::names::{Allow, Names};
use super::{Configuration, ModuleId, ResourceDecl};
use crate::address::{Address, Mode};
use crate::plan::{Action, Reason, ResourceChange};
use crate::providers::Providers;
use crate::schema::SharedSchema;

/// `provisioner "kind" { … }`
#[derive(Debug)]
pub(crate) struct ProvisionerDecl {
    pub(crate) kind: Str,
    pub(crate) when: When,
    pub(crate) on_failure: OnFailure,
    pub(crate) body: BlockConfig,
    pub(crate) schema: SharedSchema,
    /// Of the block's header.
    pub(crate) span: Span,
    /// Of the brace behind it: what a failure points to.
    pub(crate) open: Span,
}

/// When a provisioner runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// Once the object is made; never when it is changed in place.
    Create,
    /// Before the object is destroyed.
    Destroy,
}

/// What comes after a provisioner that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnFailure {
    Fail,
    Continue,
}

/// What holds provisioner blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    Resource(Mode),
    /// A `removed` block: every instance of the resource is meant, whichever way it was repeated.
    Removed,
}

/// Provisioners of Terraform that need a connection into a machine.
const REMOTE: [&str; 2] = ["remote-exec", "file"];

const INSTEAD: &str =
    "Give the machine its commands and files in user_data (cloud-init), which it runs by itself.";

/// Decodes the `provisioner` and `connection` blocks of one holder.
pub(super) struct ProvisionerDecoder<'a, 'n> {
    pub(super) names: &'a mut Names<'n>,
    pub(super) functions: &'a Functions,
    pub(super) providers: &'a Providers,
    pub(super) diags: &'a mut Diagnostics,
}

impl ProvisionerDecoder<'_, '_> {
    /// The provisioners, in the order of the source. What they refer to is left in `names.needs`.
    pub(super) fn decode(
        &mut self,
        blocks: Vec<ast::Block>,
        holder: Holder,
        allow: Allow,
    ) -> Vec<ProvisionerDecl> {
        let before = self.names.allow;
        self.names.allow = match holder {
            Holder::Resource(_) => allow,
            Holder::Removed => Allow {
                count: true,
                each: true,
                ..allow
            },
        };
        self.names.allow.self_object = true;
        // It is there by then.
        self.names.allow.own = true;
        let mut out = Vec::with_capacity(blocks.len());
        for b in blocks {
            match &*b.kind.name {
                "connection" if holder != Holder::Resource(Mode::Data) => {
                    self.diags.push(unused_connection(&b))
                }
                _ if holder == Holder::Resource(Mode::Data) => self.diags.push(
                    Diagnostic::error(
                        "unknown-block",
                        "Block is not known",
                        "A data source is only read, so there is nothing to provision.",
                    )
                    .at(b.kind.span)
                    .within(b.header)
                    .hint("Remove the block, or move it into a resource."),
                ),
                _ => out.extend(self.provisioner(b)),
            }
        }
        self.names.allow = before;
        out
    }

    fn provisioner(&mut self, mut b: ast::Block) -> Option<ProvisionerDecl> {
        let (kind, schema) = self.kind(&b)?;
        let (mut when, mut on_failure) = (When::Create, OnFailure::Fail);
        let mut rest = Vec::with_capacity(b.body.attributes.len());
        for a in b.body.attributes.drain(..) {
            match &*a.name.name {
                "when" => {
                    let words = [("create", When::Create), ("destroy", When::Destroy)];
                    when = self.keyword(&a, words).unwrap_or(when);
                }
                "on_failure" => {
                    let words = [("fail", OnFailure::Fail), ("continue", OnFailure::Continue)];
                    on_failure = self.keyword(&a, words).unwrap_or(on_failure);
                }
                _ => rest.push(a),
            }
        }
        b.body.attributes = rest;
        unescape(&mut b.body, self.diags);
        let connections = b
            .body
            .blocks
            .extract_if(.., |n| &*n.kind.name == "connection");
        for c in connections.collect::<Vec<_>>() {
            self.diags.push(unused_connection(&c));
        }
        if when == When::Destroy {
            for a in &mut b.body.attributes {
                self.check_alone(a);
            }
        }
        let owner = format!("provisioner {kind}");
        let body = BodyCompiler {
            names: self.names,
            functions: self.functions,
            diags: self.diags,
            owner: &owner,
        }
        .compile(b.body, b.header, &schema.block);
        Some(ProvisionerDecl {
            kind,
            when,
            on_failure,
            body,
            schema,
            span: b.header,
            open: b.open,
        })
    }

    fn kind(&mut self, b: &ast::Block) -> Option<(Str, SharedSchema)> {
        let [label] = &b.labels[..] else {
            self.diags.push(
                Diagnostic::error(
                    "block-labels",
                    "Wrong number of labels",
                    "\"provisioner\" takes one label: its kind.",
                )
                .at(b.labels.get(1).map_or(b.header, |l| l.span))
                .within(b.header)
                .hint("Write provisioner \"local-exec\" { … }."),
            );
            return None;
        };
        if let Some(p) = self.providers.provisioner(&label.name) {
            return Some((label.name.clone(), p.schema()));
        }
        let d = if REMOTE.contains(&&*label.name) {
            Diagnostic::error(
                "unsupported-provisioner",
                "Provisioner is not supported",
                format!(
                    "\"{}\" works over a connection into a machine; this engine makes none.",
                    label.name
                ),
            )
            .hint(INSTEAD)
        } else {
            let known: BTreeSet<&str> = self.providers.provisioner_names().collect();
            let hint = nearest(&label.name, known.iter().copied()).map_or_else(
                || {
                    let all: Vec<&str> = known.iter().copied().collect();
                    format!("There is {}.", all.join(", "))
                },
                |n| format!("Did you mean \"{n}\"?"),
            );
            Diagnostic::error(
                "unknown-provisioner",
                "Provisioner is not known",
                format!("This engine has no provisioner \"{}\".", label.name),
            )
            .hint(hint)
        };
        self.diags.push(d.at(label.span).within(b.header));
        None
    }

    /// One of two words, without quotes; older configurations have them in quotes.
    fn keyword<T: Copy>(&mut self, a: &ast::Attribute, words: [(&str, T); 2]) -> Option<T> {
        let of = |text: &str| words.iter().find(|w| w.0 == text).map(|w| w.1);
        let found = match &a.expr.kind {
            ExprKind::Reference(r) if r.steps.is_empty() => of(&r.root.name),
            _ => {
                let quoted = literal(&a.expr).and_then(|s| of(&s).map(|w| (s, w)));
                if let Some((text, _)) = &quoted {
                    self.diags.push(
                        Diagnostic::warning(
                            "quoted-keyword",
                            "Keyword stands in quotes",
                            format!("\"{}\" takes a word, not a string.", a.name.name),
                        )
                        .at(a.expr.span)
                        .hint(format!("Write {} = {text}.", a.name.name)),
                    );
                }
                quoted.map(|q| q.1)
            }
        };
        if found.is_none() {
            self.diags.push(
                Diagnostic::error(
                    "unknown-keyword",
                    "Keyword is not known",
                    format!(
                        "\"{}\" is either {} or {}.",
                        a.name.name, words[0].0, words[1].0
                    ),
                )
                .at(a.expr.span)
                .hint(format!("Write {} = {}.", a.name.name, words[1].0)),
            );
        }
        found
    }

    /// Reports an argument of a destroy-time provisioner that refers to anything but the object: everything else may be
    /// gone by then, or not be there yet.
    fn check_alone(&mut self, a: &mut ast::Attribute) {
        let mut other = None;
        a.expr.for_each_reference(&mut |r| {
            if !of_the_object(r) {
                other.get_or_insert_with(|| name_of(r));
            }
        });
        let Some(name) = other else { return };
        self.diags.push(
            Diagnostic::error(
                "reference-in-destroy-provisioner",
                "Reference is not possible here",
                format!("\"{name}\" may be gone already when the object is destroyed: a destroy-time provisioner sees only self, count.index and each.key."),
            )
            .at(a.expr.span)
            .within(a.span)
            .hint("Keep the value in the object, such as in the input of a terraform_data, and take it from self."),
        );
        // It is set, only not to anything that could be bound.
        a.expr.kind = ExprKind::Literal(Value::null(Type::Dynamic));
    }
}

/// A connection is for provisioners that this engine does not have, which are errors of their own.
pub(super) fn unused_connection(b: &ast::Block) -> Diagnostic {
    Diagnostic::warning(
        "unused-connection",
        "Connection has no use",
        "No provisioner here connects to a machine.",
    )
    .at(b.kind.span)
    .within(b.header)
    .hint("Remove the block.")
}

/// Whether a reference means the object itself, or what never changes in a run.
fn of_the_object(r: &Reference) -> bool {
    let first = match r.steps.first() {
        Some(Step::Attr(a)) => &*a.name,
        _ => "",
    };
    match &*r.root.name {
        "self" | "path" | "terraform" => true,
        "count" => first == "index",
        "each" => first == "key",
        _ => false,
    }
}

fn name_of(r: &Reference) -> String {
    let mut out = r.root.name.to_string();
    for step in &r.steps {
        let Step::Attr(a) = step else { break };
        out.push('.');
        out.push_str(&a.name);
    }
    out
}

impl Configuration {
    /// What runs before an object is destroyed, and the module whose names its expressions use.
    ///
    /// Instances that left `count` or `for_each`, or whose module instance is gone, have them as long as their block is
    /// declared; after that a `removed` block may have some. This is the one place that decides where an object's provisioners stand.
    pub(crate) fn destroy_provisioners(
        &self,
        address: &Address,
    ) -> Option<(ModuleId, &[ProvisionerDecl])> {
        if let Some((module, index)) = self.block_of(address) {
            return Some((module, &self.resource(module, index).provisioners));
        }
        let (module, removed) = self.removed_for(address)?;
        Some((module, &removed.provisioners))
    }

    /// Whether an object is not whole before commands have run for it.
    pub(crate) fn is_provisioned(&self, address: &Address) -> bool {
        self.block_of(address).is_some_and(|(m, i)| {
            let all = &self.resource(m, i).provisioners;
            all.iter().any(|p| p.when == When::Create)
        })
    }

    /// What declares an instance, whether or not it still asks for the instance.
    pub(crate) fn declared(&self, address: &Address) -> Option<&ResourceDecl> {
        self.block_of(address).map(|(m, i)| self.resource(m, i))
    }

    /// The block of an instance, whether or not it still asks for the instance.
    fn block_of(&self, address: &Address) -> Option<(ModuleId, usize)> {
        let mut at = ModuleId::ROOT;
        for (name, _) in address.module.0.iter() {
            let calls = &self.module(at).calls;
            at = calls.iter().find(|c| c.name == *name)?.module;
        }
        let all = &self.module(at).resources;
        let index = all
            .binary_search_by(|r| r.addr.cmp(&address.resource))
            .ok()?;
        Some((at, index))
    }

    /// The provisioners that carrying out a change runs.
    fn due<'c>(&'c self, c: &ResourceChange) -> impl Iterator<Item = &'c ProvisionerDecl> {
        let makes = matches!(
            c.action,
            Action::Create | Action::Replace | Action::ReplaceCreateFirst
        );
        // What never became whole is destroyed without them.
        let destroys = c.deposed.is_none()
            && destroys_in_place(c.action)
            && c.reason != Some(Reason::ReplaceBecauseTainted);
        let made = self
            .block_of(&c.address)
            .filter(|_| makes)
            .map(|(m, i)| &self.resource(m, i).provisioners[..]);
        let destroyed = self
            .destroy_provisioners(&c.address)
            .filter(|_| destroys)
            .map(|(_, all)| all);
        let of = |list: Option<&'c [ProvisionerDecl]>, when| {
            let list = list.unwrap_or_default();
            list.iter().filter(move |p| p.when == when)
        };
        of(made, When::Create).chain(of(destroyed, When::Destroy))
    }

    fn has_provisioners(&self) -> bool {
        self.modules.iter().any(|m| {
            m.resources.iter().any(|r| !r.provisioners.is_empty())
                || m.removed.iter().any(|r| !r.provisioners.is_empty())
        })
    }

    /// What is to be said of the provisioners that these changes run and nobody allowed, each block once.
    pub(crate) fn refused_provisioners(
        &self,
        changes: &[ResourceChange],
        providers: &Providers,
    ) -> Diagnostics {
        let mut found = Diagnostics::new();
        if !self.has_provisioners() {
            return found;
        }
        let mut seen = BTreeSet::new();
        for c in changes {
            for p in self.due(c) {
                let Some(refused) = providers
                    .provisioner(&p.kind)
                    .and_then(|r| r.allowed().err())
                else {
                    continue;
                };
                if seen.insert(p.span) {
                    found.push(
                        Diagnostic::error(
                            "provisioner-not-allowed",
                            "Provisioner may not run",
                            refused.detail,
                        )
                        .at(p.span)
                        .address(c.address.to_string())
                        .hint(refused.hint),
                    );
                }
            }
        }
        found
    }
}

/// Whether an action destroys an object that its address still means. One that was put aside is not provisioned again.
pub(crate) fn destroys_in_place(action: Action) -> bool {
    matches!(action, Action::Delete | Action::Replace)
}
