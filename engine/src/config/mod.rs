//! Configuration: what the files of a stack declare, with every reference bound to a slot.
//!
//! [`load`] is the only way to make one. It reads modules, decodes blocks into typed declarations, checks bodies against
//! the providers' schemas and binds expressions; it evaluates nothing that depends on a variable.

mod blocks;
mod body;
mod check;
mod console;
mod dialect;
mod endpoint;
mod ephemeral;
mod import;
mod json;
mod load;
mod moved;
mod names;
mod overrides;
mod provisioner;
mod quoted;
mod removed;
mod settings;
mod types;
mod unread;
mod version;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use cloudapp_lang::syntax::ast::{Expr, Slot};
use cloudapp_lang::value::Defaults;
use cloudapp_lang::{Diagnostics, Span, Str, Type, Value};

use crate::address::ResourceAddr;
use crate::graph::Graph;
use crate::schema::SharedSchema;

pub(crate) use body::{BlockConfig, BlockItem, BodyEvaluator};
pub(crate) use console::ConsoleNames;
pub use dialect::Dialect;
pub(crate) use import::{ImportDecl, not_declared, twice};
pub use load::{LoadRequest, SourceInput, load};
pub(crate) use moved::MovedDecl;
pub(crate) use names::{ResourceView, SlotTarget};
pub(crate) use provisioner::{OnFailure, ProvisionerDecl, When, destroys_in_place};
pub(crate) use removed::RemovedDecl;

/// Number of a module in a [`Configuration`]; 0 is the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ModuleId(pub(crate) usize);

impl ModuleId {
    pub(crate) const ROOT: ModuleId = ModuleId(0);
}

/// One thing that the graph orders: everything that has a value or configures something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum ObjectId {
    /// A module call's `count` and `for_each`: makes the instances of the called module.
    Call(ModuleId, usize),
    Variable(ModuleId, usize),
    Local(ModuleId, usize),
    Provider(ModuleId, usize),
    Resource(ModuleId, usize),
    Output(ModuleId, usize),
    /// Which objects an `import` block takes in; before the resource that they become.
    Import(ModuleId, usize),
    /// The assertions of a `check` block.
    Check(ModuleId, usize),
}

/// What the files of a stack declare.
#[derive(Debug)]
pub struct Configuration {
    pub(crate) modules: Vec<Module>,
    pub(crate) dialect: Dialect,
    /// See [`LoadRequest::package_dir`].
    pub(crate) package_dir: Option<PathBuf>,
    pub(crate) inputs: Vec<SourceInput>,
    pub(crate) digest: String,
    pub(crate) graph: Graph<ObjectId>,
    pub(crate) removals: removed::Removals,
    /// What this engine does not do, though the configuration may ask for it: errors of every plan and apply.
    pub(crate) refused: Diagnostics,
    /// References that are wrong whatever the values are: errors of every check and plan, whether or not something asks
    /// for them.
    pub(crate) misread: Diagnostics,
}

impl Configuration {
    /// The root module's variables, in name order.
    #[must_use]
    pub fn variables(&self) -> &[VariableDecl] {
        &self.root().variables
    }

    /// The root module's outputs, in name order.
    #[must_use]
    pub fn outputs(&self) -> &[OutputDecl] {
        &self.root().outputs
    }

    /// SHA-256 over the names and texts of all files, in hexadecimal.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// All files, so that a saved plan can carry them.
    #[must_use]
    pub fn inputs(&self) -> &[SourceInput] {
        &self.inputs
    }

    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Whether there is not a single file.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty()
    }

    /// The names of the providers that resources need, in order.
    #[must_use]
    pub fn provider_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .modules
            .iter()
            .flat_map(|m| {
                m.resources
                    .iter()
                    .map(|r| r.provider.provider.to_string())
                    .chain(m.providers.iter().map(|p| p.key.provider.to_string()))
            })
            .collect();
        names.sort();
        names.dedup();
        names
    }

    /// The objects and what each of them needs, for pictures of the graph; every object after what it needs.
    #[must_use]
    pub fn edges(&self) -> Vec<ObjectEdges> {
        let label = |i: &u32| self.describe(self.graph.nodes[*i as usize]).0;
        self.graph
            .order
            .iter()
            .map(|i| ObjectEdges {
                label: label(i),
                is_resource: matches!(self.graph.nodes[*i as usize], ObjectId::Resource(..)),
                needs: self.graph.needs[*i as usize].iter().map(label).collect(),
            })
            .collect()
    }

    pub(crate) fn root(&self) -> &Module {
        &self.modules[0]
    }

    pub(crate) fn module(&self, id: ModuleId) -> &Module {
        &self.modules[id.0]
    }
}

/// An object of a configuration by the name that people know it by, and the names of what it needs directly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectEdges {
    pub label: String,
    /// A managed resource or a data source.
    pub is_resource: bool,
    pub needs: Vec<String>,
}

/// A module: one directory of files, however often it is called.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// Names of the calls that lead here.
    pub(crate) path: Vec<Str>,
    /// Relative to the root module's directory; empty for the root.
    pub(crate) dir: String,
    /// Whether it, or a module around it, is called with `depends_on`.
    pub(crate) waits: bool,
    pub(crate) variables: Vec<VariableDecl>,
    pub(crate) locals: Vec<LocalDecl>,
    pub(crate) outputs: Vec<OutputDecl>,
    pub(crate) resources: Vec<ResourceDecl>,
    pub(crate) providers: Vec<ProviderDecl>,
    pub(crate) calls: Vec<CallDecl>,
    /// In the order of the source.
    pub(crate) moved: Vec<MovedDecl>,
    pub(crate) removed: Vec<RemovedDecl>,
    /// In the order of the source; only the root module has any.
    pub(crate) imports: Vec<ImportDecl>,
    /// In name order.
    pub(crate) checks: Vec<CheckDecl>,
    /// What the slots of this module's expressions mean.
    pub(crate) slots: Vec<SlotTarget>,
}

impl Module {
    pub(crate) fn slot(&self, slot: Slot) -> Option<&SlotTarget> {
        self.slots.get(slot.0 as usize)
    }

    /// The address of a resource of this module, without any instance keys.
    pub(crate) fn config_address(&self, resource: &ResourceAddr) -> String {
        use std::fmt::Write as _;
        let mut out = self.config_prefix();
        let _ = write!(out, "{resource}");
        out
    }

    /// What every address in this module begins with, without any instance keys: `module.a.module.b.`.
    pub(crate) fn config_prefix(&self) -> String {
        let mut out = String::with_capacity(48);
        for name in &self.path {
            out.push_str("module.");
            out.push_str(name);
            out.push('.');
        }
        out
    }
}

/// `variable "name" { … }`
#[derive(Debug)]
pub struct VariableDecl {
    pub name: Str,
    /// A constraint; object types in it may have optional attributes.
    pub ty: Type,
    pub default: Option<Value>,
    pub sensitive: bool,
    pub ephemeral: bool,
    pub nullable: bool,
    pub description: String,
    /// Of the block's header.
    pub span: Span,
    /// Whether a value on the command line or in the environment is just text; otherwise it is an expression.
    pub(crate) text_input: bool,
    pub(crate) defaults: Defaults,
    pub(crate) validations: Vec<Condition>,
    /// In a called module: the caller's expression, bound in the caller.
    pub(crate) argument: Option<Expr>,
}

impl VariableDecl {
    /// Whether nobody may see its value.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.sensitive || self.ephemeral
    }
}

#[derive(Debug)]
pub(crate) struct LocalDecl {
    pub(crate) name: Str,
    pub(crate) expr: Expr,
    pub(crate) span: Span,
}

/// `output "name" { … }`
#[derive(Debug)]
pub struct OutputDecl {
    pub name: Str,
    pub sensitive: bool,
    pub ephemeral: bool,
    pub description: String,
    pub span: Span,
    pub(crate) expr: Expr,
    pub(crate) preconditions: Vec<Condition>,
    /// References, as they are written.
    pub(crate) depends_on: Vec<Expr>,
}

/// A provider's name and alias: `tencentcloud`, `tencentcloud.beijing`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ProviderKey {
    pub(crate) provider: Str,
    pub(crate) alias: Option<Str>,
}

impl ProviderKey {
    /// With the provider's own name, where a module calls it otherwise.
    fn resolve(mut self, local: &BTreeMap<Str, Str>) -> Self {
        if let Some(own) = local.get(&self.provider) {
            self.provider = own.clone();
        }
        self
    }

    /// The key as it is printed: once for each object, mostly without an alias.
    pub(crate) fn text(&self) -> String {
        match &self.alias {
            None => String::from(&*self.provider),
            Some(_) => self.to_string(),
        }
    }
}

impl std::fmt::Display for ProviderKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.provider)?;
        if let Some(a) = &self.alias {
            write!(f, ".{a}")?;
        }
        Ok(())
    }
}

#[derive(Debug)]
pub(crate) struct ProviderDecl {
    pub(crate) key: ProviderKey,
    pub(crate) body: BlockConfig,
    pub(crate) schema: SharedSchema,
    pub(crate) span: Span,
}

/// `count`, `for_each`, or neither. Most resources have neither, and room for none.
#[derive(Debug, Default)]
pub(crate) enum Repetition {
    #[default]
    None,
    Count(Box<Expr>),
    ForEach(Box<Expr>),
}

impl Repetition {
    pub(crate) fn expr(&self) -> Option<&Expr> {
        match self {
            Repetition::None => None,
            Repetition::Count(e) | Repetition::ForEach(e) => Some(e),
        }
    }
}

/// `resource "type" "name" { … }` or `data "type" "name" { … }`
#[derive(Debug)]
pub(crate) struct ResourceDecl {
    pub(crate) addr: ResourceAddr,
    pub(crate) provider: ProviderKey,
    pub(crate) schema: SharedSchema,
    pub(crate) repetition: Repetition,
    pub(crate) body: BlockConfig,
    /// Of most resources the same one: that of no block.
    pub(crate) lifecycle: Arc<Lifecycle>,
    /// In the order of the source, which is that in which they run.
    pub(crate) provisioners: Vec<ProvisionerDecl>,
    /// Whether these name the resource itself, by its address.
    pub(crate) provisioned_by_name: bool,
    /// Addresses, without instance keys, of the managed resources and data sources that this one needs, directly or
    /// through variables, locals and outputs. In order.
    pub(crate) dependencies: Vec<String>,
    /// Whether `depends_on` names something.
    pub(crate) has_depends_on: bool,
    /// References, as they are written.
    pub(crate) depends_on: Vec<Expr>,
    /// The block that configures its provider; none where there is none and defaults apply.
    pub(crate) provider_object: Option<ObjectId>,
    /// Set for the data source of a `check` block: where its `{` is. Only that check may refer to it, and that it
    /// cannot be read is the check's failure.
    pub(crate) nested: Option<Span>,
    pub(crate) span: Span,
}

#[derive(Debug, Default)]
pub(crate) struct Lifecycle {
    pub(crate) create_before_destroy: bool,
    pub(crate) prevent_destroy: bool,
    pub(crate) ignore_all: bool,
    /// With their places in the files.
    pub(crate) ignore_changes: Vec<(cloudapp_lang::Path, Span)>,
    pub(crate) replace_triggered_by: Vec<ReplaceTrigger>,
    pub(crate) preconditions: Vec<Condition>,
    pub(crate) postconditions: Vec<Condition>,
}

/// A resource, an instance of it or an attribute of it whose change replaces another resource.
#[derive(Debug)]
pub(crate) struct ReplaceTrigger {
    pub(crate) resource: usize,
    /// The key, where one instance is named.
    pub(crate) key: Option<Expr>,
    /// The attribute, where one is named.
    pub(crate) path: cloudapp_lang::Path,
}

/// `check "name" { … }`
#[derive(Debug)]
pub(crate) struct CheckDecl {
    pub(crate) name: Str,
    pub(crate) asserts: Vec<Condition>,
    /// Its own data source, among the module's resources.
    pub(crate) data: Option<usize>,
    pub(crate) span: Span,
}

/// A condition and what to say where it does not hold.
#[derive(Debug)]
pub(crate) struct Condition {
    pub(crate) condition: Expr,
    pub(crate) message: Expr,
    pub(crate) span: Span,
}

/// `module "name" { … }`
#[derive(Debug)]
pub(crate) struct CallDecl {
    pub(crate) name: Str,
    /// As it is written.
    pub(crate) source: Str,
    pub(crate) module: ModuleId,
    pub(crate) repetition: Repetition,
    /// References, as they are written.
    pub(crate) depends_on: Vec<Expr>,
    pub(crate) span: Span,
}

impl ObjectId {
    pub(crate) fn module(self) -> ModuleId {
        match self {
            ObjectId::Call(m, _)
            | ObjectId::Variable(m, _)
            | ObjectId::Local(m, _)
            | ObjectId::Provider(m, _)
            | ObjectId::Resource(m, _)
            | ObjectId::Output(m, _)
            | ObjectId::Import(m, _)
            | ObjectId::Check(m, _) => m,
        }
    }
}

impl Lifecycle {
    /// Of a resource without such a block.
    pub(crate) fn none() -> Arc<Self> {
        static NONE: LazyLock<Arc<Lifecycle>> = LazyLock::new(Arc::default);
        NONE.clone()
    }

    /// What the planning of an object needs of `ignore_changes`.
    pub(crate) fn ignored(&self) -> crate::plan::job::Ignore {
        crate::plan::job::Ignore {
            all: self.ignore_all,
            paths: self.ignore_changes.iter().map(|(p, _)| p.clone()).collect(),
        }
    }
}

impl Configuration {
    /// What people call an object, and where it is.
    pub(crate) fn describe(&self, id: ObjectId) -> (String, Span) {
        let m = self.module(id.module());
        let prefix = m.config_prefix();
        let (name, span) = match id {
            ObjectId::Call(_, i) => (format!("module.{}", m.calls[i].name), m.calls[i].span),
            ObjectId::Variable(_, i) => {
                (format!("var.{}", m.variables[i].name), m.variables[i].span)
            }
            ObjectId::Local(_, i) => (format!("local.{}", m.locals[i].name), m.locals[i].span),
            ObjectId::Provider(_, i) => (
                format!("provider {}", m.providers[i].key),
                m.providers[i].span,
            ),
            ObjectId::Resource(_, i) => (m.resources[i].addr.to_string(), m.resources[i].span),
            ObjectId::Output(_, i) => (format!("output.{}", m.outputs[i].name), m.outputs[i].span),
            ObjectId::Import(_, i) => (
                format!("import of {}", m.imports[i].resource),
                m.imports[i].span,
            ),
            ObjectId::Check(_, i) => (format!("check.{}", m.checks[i].name), m.checks[i].span),
        };
        (prefix + &name, span)
    }

    pub(crate) fn resource(&self, module: ModuleId, index: usize) -> &ResourceDecl {
        &self.module(module).resources[index]
    }
}
