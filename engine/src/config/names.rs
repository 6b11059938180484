//! What names in expressions mean: every reference becomes a slot of its module, and a dependency.

use std::collections::{BTreeMap, BTreeSet};

use cloudapp_lang::diagnostic::nearest;
use cloudapp_lang::eval::{self, Resolved, Resolver};
use cloudapp_lang::syntax::ast::{ExprKind, Reference, Slot, Step};
use cloudapp_lang::{Diagnostic, Diagnostics, Span, Str, Type, Value};
use rustc_hash::FxHashMap;

use super::dialect::{self, Dialect};
use super::{ModuleId, ObjectId, ProviderKey, check};
use crate::address::{Mode, ResourceAddr};
use crate::schema::SharedSchema;

/// What a slot of a module's expressions means.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum SlotTarget {
    Variable(usize),
    Local(usize),
    Resource {
        index: usize,
        view: ResourceView,
    },
    /// The value of a module call: with one output only, where only that is used.
    Module {
        call: usize,
        output: Option<usize>,
    },
    CountIndex,
    EachKey,
    EachValue,
    /// The object that a postcondition or a provisioner speaks of.
    SelfObject,
    /// An ephemeral resource. No provider has one, so nothing is ever evaluated with it.
    Ephemeral,
    /// The iterator of the enclosing `dynamic` block, counted from the outermost.
    Iterator(u32),
    PathModule,
    PathRoot,
    PathCwd,
    Workspace,
    Applying,
}

/// How a reference looks at a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ResourceView {
    /// The object; with `count` a tuple, with `for_each` an object by key.
    Whole,
    /// The only instance of a repeated resource; all null if there is none. Package dialect.
    OnlyInstance,
    /// A single resource as a tuple of one. Package dialect.
    AsTuple,
}

/// Which names a module declares, before anything is bound.
#[derive(Debug, Default)]
pub(crate) struct ModuleIndex {
    pub(crate) variables: BTreeMap<Str, usize>,
    pub(crate) locals: BTreeMap<Str, usize>,
    pub(crate) outputs: BTreeMap<Str, usize>,
    /// With whether it is repeated.
    pub(crate) resources: BTreeMap<ResourceAddr, (usize, bool)>,
    /// The data sources that belong to a check, with its name.
    pub(crate) nested: BTreeMap<ResourceAddr, Str>,
    /// Types and names of ephemeral resources.
    pub(crate) ephemerals: BTreeSet<(Str, Str)>,
    /// With the called module and whether it is repeated.
    pub(crate) calls: BTreeMap<Str, (usize, ModuleId, bool)>,
    /// What providers are called here, where it is not their own name.
    pub(crate) local_providers: BTreeMap<Str, Str>,
    /// Configurations of providers that callers must pass.
    pub(crate) aliases: Vec<ProviderKey>,
}

/// Which of the names that only mean something in places may be used.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Allow {
    pub(crate) count: bool,
    pub(crate) each: bool,
    pub(crate) self_object: bool,
    /// Whether the resource whose block is being read may be named in it.
    pub(crate) own: bool,
}

/// Binds the expressions of one module.
pub(crate) struct Names<'a> {
    pub(crate) module: ModuleId,
    pub(crate) index: &'a ModuleIndex,
    /// Of all modules, for the outputs of called ones.
    pub(crate) all: &'a [ModuleIndex],
    pub(crate) dialect: Dialect,
    /// Of the module's resources; none where nobody knows the type.
    pub(crate) schemas: &'a [Option<SharedSchema>],
    pub(crate) slots: &'a mut Vec<SlotTarget>,
    pub(crate) numbers: &'a mut FxHashMap<SlotTarget, Slot>,
    /// Collected while binding: what the expressions bound so far need.
    pub(crate) needs: BTreeSet<ObjectId>,
    pub(crate) allow: Allow,
    /// The resource whose block is being read: it cannot be made of itself.
    pub(crate) own: Option<usize>,
    /// Whether that was named, where it may be.
    pub(crate) named_own: bool,
    /// The check whose block is being read.
    pub(crate) check: Option<Str>,
    /// Names of the iterators of the enclosing `dynamic` blocks.
    pub(crate) iterators: Vec<Str>,
    pub(crate) warnings: Diagnostics,
    /// References that are wrong whatever the values are, even where nothing ever asks for them.
    pub(crate) misread: Diagnostics,
}

const OTHER_ROOTS: [&str; 11] = [
    "var",
    "local",
    "module",
    "data",
    "each",
    "count",
    "path",
    "terraform",
    "self",
    "resource",
    "ephemeral",
];

impl Names<'_> {
    fn slot(&mut self, target: SlotTarget) -> Slot {
        if let Some(s) = self.numbers.get(&target) {
            return *s;
        }
        let slot = Slot(self.slots.len() as u32);
        self.slots.push(target.clone());
        self.numbers.insert(target, slot);
        slot
    }

    fn found(&mut self, target: SlotTarget, consumed: usize) -> Resolved {
        Resolved {
            slot: self.slot(target),
            consumed: consumed as u32,
        }
    }

    fn variable(&mut self, r: &Reference) -> Result<Resolved, Diagnostic> {
        let (name, span) = attribute(r, 0, "a variable name, as in var.name")?;
        let Some(i) = self.index.variables.get(name) else {
            let hint = suggestion(name, self.index.variables.keys(), |n| format!("var.{n}"))
                .unwrap_or_else(|| format!("Declare it: variable \"{name}\" {{}}."));
            return Err(undeclared(
                "undeclared-variable",
                "Variable is not declared",
                &format!("var.{name}"),
                r.root.span.to(span),
                hint,
            ));
        };
        let i = *i;
        self.needs.insert(ObjectId::Variable(self.module, i));
        Ok(self.found(SlotTarget::Variable(i), 1))
    }

    fn local(&mut self, r: &Reference) -> Result<Resolved, Diagnostic> {
        let (name, span) = attribute(r, 0, "a local name, as in local.name")?;
        let Some(i) = self.index.locals.get(name) else {
            let hint = suggestion(name, self.index.locals.keys(), |n| format!("local.{n}"))
                .unwrap_or_else(|| format!("Declare it: locals {{ {name} = … }}."));
            return Err(undeclared(
                "undeclared-local",
                "Local value is not declared",
                &format!("local.{name}"),
                r.root.span.to(span),
                hint,
            ));
        };
        let i = *i;
        self.needs.insert(ObjectId::Local(self.module, i));
        Ok(self.found(SlotTarget::Local(i), 1))
    }

    fn module_call(&mut self, r: &Reference) -> Result<Resolved, Diagnostic> {
        let (name, span) = attribute(r, 0, "a module name, as in module.name")?;
        let Some((call, child, repeated)) = self.index.calls.get(name).copied() else {
            let hint = suggestion(name, self.index.calls.keys(), |n| format!("module.{n}"))
                .unwrap_or_else(|| format!("Declare it: module \"{name}\" {{ source = … }}."));
            return Err(undeclared(
                "undeclared-module",
                "Module is not declared",
                &format!("module.{name}"),
                r.root.span.to(span),
                hint,
            ));
        };
        self.needs.insert(ObjectId::Call(self.module, call));
        let outputs = &self.all[child.0].outputs;
        let at = if repeated { 2 } else { 1 };
        let output = match r.steps.get(at) {
            Some(Step::Attr(o))
                if !repeated
                    || matches!(r.steps.get(1), Some(Step::Index(_) | Step::LegacyIndex(..))) =>
            {
                // Where there is no such output, that is for whoever evaluates it to find: try() may have an answer.
                outputs.get(&*o.name).copied()
            }
            _ => None,
        };
        let written_out = r.steps.iter().take(at).all(is_written_out);
        match output.filter(|_| written_out) {
            Some(i) => {
                self.needs.insert(ObjectId::Output(child, i));
            }
            // Also where it is computed which of its instances is meant.
            None => {
                let outputs = outputs.values();
                self.needs
                    .extend(outputs.map(|i| ObjectId::Output(child, *i)));
                self.need_all_of(child);
            }
        }
        Ok(self.found(SlotTarget::Module { call, output }, 1))
    }

    /// What speaks of a module as a whole waits for all that is made in it, whether an output speaks of that or not.
    pub(super) fn need_all_of(&mut self, module: ModuleId) {
        let mut modules = vec![module];
        while let Some(m) = modules.pop() {
            let index = &self.all[m.0];
            let resources = index.resources.values();
            let resources = resources.map(|(i, _)| ObjectId::Resource(m, *i));
            self.needs.extend(resources);
            modules.extend(index.calls.values().map(|(_, called, _)| *called));
        }
    }

    /// `first` is the step that holds the type's name; none: the root does.
    fn resource(
        &mut self,
        r: &Reference,
        mode: Mode,
        first: Option<usize>,
    ) -> Result<Resolved, Diagnostic> {
        let (kind, at) = match first {
            Some(i) => (attribute(r, i, "a type and a name")?.0, i + 1),
            None => (&*r.root.name, 0),
        };
        let (name, span) = attribute(r, at, "a name after the resource type")?;
        let addr = ResourceAddr {
            mode,
            kind: kind.into(),
            name: name.into(),
        };
        let Some((index, repeated)) = self.index.resources.get(&addr).copied() else {
            return Err(self.undeclared_resource(&addr, r, r.root.span.to(span)));
        };
        if let Some(check) = self.index.nested.get(&addr)
            && self.check.as_ref() != Some(check)
        {
            return Err(check::out_of_reach(&addr, check, r.root.span.to(span)));
        }
        if self.own != Some(index) {
            self.needs.insert(ObjectId::Resource(self.module, index));
        } else if self.allow.own {
            self.named_own = true;
        } else {
            return Err(self_reference(&addr, r.root.span.to(span)));
        }
        if let (true, false, Some(Step::Attr(a))) =
            (repeated, self.dialect.is_package(), r.steps.get(at + 1))
        {
            return Err(Diagnostic::error(
                "missing-instance-key",
                "Instance key is missing",
                format!("{addr} has \"count\" or \"for_each\", so \"{}\" must be asked of one of its instances.", a.name),
            )
            .at(r.root.span.to(span))
            .within(r.root.span.to(a.span))
            .hint(format!("Write {addr}[0].{0} or {addr}[each.key].{0}; {addr}[*].{0} is the list of all.", a.name)));
        }
        if !self.dialect.is_package() {
            let found = self.check_inside(&addr, (index, repeated), r, at + 1);
            self.misread.extend(found.err());
        }
        let view = self.view(&addr, repeated, r, at + 1);
        Ok(self.found(SlotTarget::Resource { index, view }, at + 1))
    }

    /// What can be said of the steps behind a resource's name from its block and its schema alone.
    fn check_inside(
        &self,
        addr: &ResourceAddr,
        (index, repeated): (usize, bool),
        r: &Reference,
        mut at: usize,
    ) -> Result<(), Diagnostic> {
        match r.steps.get(at) {
            Some(Step::Attr(_)) => {}
            Some(step) if is_written_out(step) => {
                at += 1;
                let place = eval::prefix(r, at);
                if !repeated {
                    return Err(Diagnostic::error(
                        "unexpected-instance-key",
                        "Instance key is not expected",
                        format!("{addr} has neither \"count\" nor \"for_each\", so it has no instances with keys."),
                    )
                    .at(place)
                    .hint(format!("Write {addr} without an index.")));
                }
                if !is_instance_key(step) {
                    return Err(Diagnostic::error(
                        "invalid-index",
                        "Index is not valid",
                        "The key of an instance is a whole number or a string.",
                    )
                    .at(Span {
                        start: eval::prefix(r, at - 1).end,
                        ..place
                    })
                    .within(place));
                }
            }
            // Which instance is meant is not known here, or all of them are.
            _ => return Ok(()),
        }
        self.check_attributes(index, r, at)
    }

    /// Checks the steps of a reference behind an object against the schema of its resource.
    fn check_attributes(
        &self,
        resource: usize,
        r: &Reference,
        at: usize,
    ) -> Result<(), Diagnostic> {
        let Some(Some(schema)) = self.schemas.get(resource) else {
            return Ok(());
        };
        let Some(next) = r.steps.get(at) else {
            return Ok(());
        };
        // Most references end with an attribute that there is.
        if let (Step::Attr(name), true, Type::Object(object)) =
            (next, r.steps.len() == at + 1, schema.block.ty())
            && object.attributes.contains_key(&*name.name)
        {
            return Ok(());
        }
        if is_written_out(next) && !matches!(next, Step::Attr(_)) {
            let before = eval::prefix(r, at);
            return Err(Diagnostic::error(
                "not-indexable",
                "Value has no index",
                "The attributes of an object are named after a dot.",
            )
            .at(Span {
                start: before.end,
                ..eval::prefix(r, at + 1)
            }));
        }
        eval::check_steps(Value::unknown(schema.block.ty()), r, at)
    }

    fn view(
        &mut self,
        addr: &ResourceAddr,
        repeated: bool,
        r: &Reference,
        next: usize,
    ) -> ResourceView {
        if !self.dialect.is_package() {
            return ResourceView::Whole;
        }
        let whole = r
            .steps
            .last()
            .map_or(r.root.span, step_span)
            .to(r.root.span);
        match r.steps.get(next) {
            Some(Step::Attr(_)) if repeated => {
                self.warnings
                    .push(dialect::index_missing(&addr.to_string(), whole));
                ResourceView::OnlyInstance
            }
            Some(Step::Index(e)) if !repeated && is_zero(&e.kind) => {
                self.warnings
                    .push(dialect::index_on_single(&addr.to_string(), whole));
                ResourceView::AsTuple
            }
            Some(Step::LegacyIndex(0, _)) if !repeated => {
                self.warnings
                    .push(dialect::index_on_single(&addr.to_string(), whole));
                ResourceView::AsTuple
            }
            _ => ResourceView::Whole,
        }
    }

    fn undeclared_resource(&self, addr: &ResourceAddr, r: &Reference, span: Span) -> Diagnostic {
        let same_kind = self
            .index
            .resources
            .keys()
            .filter(|a| a.mode == addr.mode && a.kind == addr.kind);
        let hint = nearest(&addr.name, same_kind.map(|a| &*a.name))
            .map(|n| format!("Did you mean {}.{n}?", addr.kind))
            .or_else(|| {
                let all = || self.index.resources.keys();
                let same_name: Vec<_> = all()
                    .filter(|a| a.mode == addr.mode && a.name == addr.name)
                    .collect();
                // Where nothing of that provider is declared, the type itself may be the mistake.
                let only = || match same_name[..] {
                    [one] if !all().any(|a| a.implied_provider() == addr.implied_provider()) => {
                        Some(&*one.kind)
                    }
                    _ => None,
                };
                nearest(&addr.kind, same_name.iter().map(|a| &*a.kind))
                    .or_else(only)
                    .map(|k| format!("Did you mean {k}.{}?", addr.name))
            })
            .or_else(|| {
                nearest(&r.root.name, OTHER_ROOTS)
                    .filter(|_| addr.mode == Mode::Managed)
                    .map(|k| format!("Did you mean {k}.{}?", addr.name))
            })
            .unwrap_or_else(|| {
                let block = if addr.mode == Mode::Data {
                    "data"
                } else {
                    "resource"
                };
                format!(
                    "Declare it: {block} \"{}\" \"{}\" {{ … }}.",
                    addr.kind, addr.name
                )
            });
        undeclared(
            "undeclared-resource",
            "Resource is not declared",
            &addr.to_string(),
            span,
            hint,
        )
    }

    fn ephemeral(&mut self, r: &Reference) -> Result<Resolved, Diagnostic> {
        let (kind, _) = attribute(r, 0, "a type and a name")?;
        let (name, span) = attribute(r, 1, "a name after the type")?;
        if self.index.ephemerals.contains(&(kind.into(), name.into())) {
            return Ok(self.found(SlotTarget::Ephemeral, 2));
        }
        Err(undeclared(
            "undeclared-resource",
            "Resource is not declared",
            &format!("ephemeral.{kind}.{name}"),
            r.root.span.to(span),
            format!("Declare it: ephemeral \"{kind}\" \"{name}\" {{ … }}."),
        ))
    }

    fn special(&mut self, r: &Reference) -> Result<Resolved, Diagnostic> {
        let root = &*r.root.name;
        let (name, span) = attribute(r, 0, "a name after the dot")?;
        let (target, allowed, why) = match (root, name) {
            ("count", "index") => (
                SlotTarget::CountIndex,
                self.allow.count,
                "only where the block has \"count\"",
            ),
            ("each", "key") => (
                SlotTarget::EachKey,
                self.allow.each,
                "only where the block has \"for_each\"",
            ),
            ("each", "value") => (
                SlotTarget::EachValue,
                self.allow.each,
                "only where the block has \"for_each\"",
            ),
            ("path", "module") => (SlotTarget::PathModule, true, ""),
            ("path", "root") => (SlotTarget::PathRoot, true, ""),
            ("path", "cwd") => (SlotTarget::PathCwd, true, ""),
            ("terraform", "workspace") => (SlotTarget::Workspace, true, ""),
            ("terraform", "applying") => (SlotTarget::Applying, true, ""),
            _ => {
                let known: &[&str] = match root {
                    "count" => &["index"],
                    "each" => &["key", "value"],
                    "path" => &["module", "root", "cwd"],
                    _ => &["workspace", "applying"],
                };
                let hint = format!(
                    "There is {}.",
                    known
                        .iter()
                        .map(|k| format!("{root}.{k}"))
                        .collect::<Vec<_>>()
                        .join(", ")
                );
                return Err(undeclared(
                    "unknown-name",
                    "No such name",
                    &format!("{root}.{name}"),
                    r.root.span.to(span),
                    hint,
                ));
            }
        };
        if !allowed {
            return Err(Diagnostic::error(
                "name-out-of-place",
                "Name means nothing here",
                format!("{root}.{name} can be used {why}."),
            )
            .at(r.root.span.to(span))
            .hint("Add the argument to the block, or remove the reference."));
        }
        Ok(self.found(target, 1))
    }
}

impl Resolver for Names<'_> {
    fn resolve(&mut self, r: &Reference) -> Result<Resolved, Diagnostic> {
        if let Some(depth) = self.iterators.iter().rposition(|n| *n == r.root.name) {
            return Ok(self.found(SlotTarget::Iterator(depth as u32), 0));
        }
        match &*r.root.name {
            "var" => self.variable(r),
            "local" => self.local(r),
            "module" => self.module_call(r),
            "data" => self.resource(r, Mode::Data, Some(0)),
            "resource" => self.resource(r, Mode::Managed, Some(0)),
            "ephemeral" => self.ephemeral(r),
            "count" | "each" | "path" | "terraform" => self.special(r),
            "self" if self.allow.self_object => {
                if let (Some(own), false) = (self.own, self.dialect.is_package()) {
                    let found = self.check_attributes(own, r, 0);
                    self.misread.extend(found.err());
                }
                Ok(self.found(SlotTarget::SelfObject, 0))
            }
            "self" => Err(Diagnostic::error(
                "name-out-of-place",
                "Name means nothing here",
                "\"self\" can be used only in a postcondition or a provisioner.",
            )
            .at(r.root.span)
            .hint("Refer to the object by its address.")),
            _ if r.steps.is_empty() => Err(self.bare_name(r)),
            _ => self.resource(r, Mode::Managed, None),
        }
    }
}

impl Names<'_> {
    fn bare_name(&self, r: &Reference) -> Diagnostic {
        let name = &r.root.name;
        let hint = if self.index.variables.contains_key(name) {
            format!("Did you mean var.{name}?")
        } else if self.index.locals.contains_key(name) {
            format!("Did you mean local.{name}?")
        } else {
            format!("A string needs quotes: \"{name}\". A reference needs a dot: var.{name}.")
        };
        Diagnostic::error(
            "invalid-reference",
            "Not a reference",
            format!("\"{name}\" alone means nothing: a reference is a type and a name, as in resource_type.name."),
        )
        .at(r.root.span)
        .hint(hint)
    }
}

fn attribute<'r>(
    r: &'r Reference,
    step_at: usize,
    expected: &str,
) -> Result<(&'r str, Span), Diagnostic> {
    match r.steps.get(step_at) {
        Some(Step::Attr(a)) => Ok((&a.name, a.span)),
        other => Err(Diagnostic::error(
            "invalid-reference",
            "Not a reference",
            format!("Expected {expected} after \"{}\".", r.root.name),
        )
        .at(match other {
            Some(step) if is_written_out(step) => Span {
                start: eval::prefix(r, step_at).end,
                ..eval::prefix(r, step_at + 1)
            },
            Some(step) => step_span(step),
            None => eval::prefix(r, r.steps.len()),
        })
        .within(r.root.span)
        .hint("Write the names with dots between them.")),
    }
}

fn self_reference(addr: &ResourceAddr, span: Span) -> Diagnostic {
    Diagnostic::error(
        "self-reference",
        "Object refers to itself",
        format!("{addr} needs its own value."),
    )
    .at(span)
    .hint("Remove the reference, or take the value from where it comes from; a postcondition says self.")
}

fn step_span(step: &Step) -> Span {
    match step {
        Step::Attr(a) => a.span,
        Step::Index(e) => e.span,
        Step::LegacyIndex(_, s) | Step::Splat(_, s) => *s,
    }
}

/// Whether a step says by itself where it goes.
pub(super) fn is_written_out(step: &Step) -> bool {
    match step {
        Step::Attr(_) | Step::LegacyIndex(..) => true,
        Step::Index(e) => matches!(e.kind, ExprKind::Literal(_)),
        Step::Splat(..) => false,
    }
}

/// Whether an index that is written out is one that an instance can have.
fn is_instance_key(step: &Step) -> bool {
    match step {
        Step::Index(e) => match &e.kind {
            ExprKind::Literal(v) => {
                v.as_str().is_some() || v.as_number().is_some_and(cloudapp_lang::Number::is_whole)
            }
            _ => false,
        },
        Step::LegacyIndex(..) => true,
        Step::Attr(_) | Step::Splat(..) => false,
    }
}

fn is_zero(kind: &ExprKind) -> bool {
    matches!(kind, ExprKind::Literal(v) if v.as_number().and_then(cloudapp_lang::Number::as_i64) == Some(0))
}

fn suggestion<'n>(
    name: &str,
    known: impl Iterator<Item = &'n Str>,
    write: impl Fn(&str) -> String,
) -> Option<String> {
    nearest(name, known.map(|n| &**n)).map(|n| format!("Did you mean {}?", write(n)))
}

fn undeclared(
    code: &'static str,
    summary: &'static str,
    what: &str,
    span: Span,
    hint: String,
) -> Diagnostic {
    Diagnostic::error(
        code,
        summary,
        format!("{what} is used here, but nothing of that name is declared in this module."),
    )
    .at(span)
    .hint(hint)
}
