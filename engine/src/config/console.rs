//! Names for expressions that are asked after loading: they may add slots of their own.

use std::collections::BTreeSet;

use cloudapp_lang::syntax::ast::Slot;
use cloudapp_lang::{Diagnostics, Str};
use rustc_hash::FxHashMap;

use super::names::{Allow, ModuleIndex, Names, SlotTarget};
use super::{Configuration, ModuleId, Repetition};
use crate::schema::SharedSchema;

/// The names of the root module, with the slots that it has so far.
#[derive(Clone, Debug)]
pub(crate) struct ConsoleNames {
    indexes: std::sync::Arc<Vec<ModuleIndex>>,
    dialect: super::Dialect,
    schemas: std::sync::Arc<Vec<Option<SharedSchema>>>,
    slots: Vec<SlotTarget>,
    numbers: FxHashMap<SlotTarget, Slot>,
}

impl ConsoleNames {
    pub(crate) fn new(cfg: &Configuration) -> Self {
        let slots = cfg.root().slots.clone();
        let numbers = slots
            .iter()
            .enumerate()
            .map(|(i, t)| (t.clone(), Slot(i as u32)))
            .collect();
        let indexes = cfg.modules.iter().map(index).collect::<Vec<_>>().into();
        let schemas = cfg.root().resources.iter();
        let schemas = schemas.map(|r| Some(r.schema.clone())).collect::<Vec<_>>();
        Self {
            indexes,
            dialect: cfg.dialect,
            schemas: schemas.into(),
            slots,
            numbers,
        }
    }

    pub(crate) fn resolver(&mut self) -> Names<'_> {
        Names {
            module: ModuleId::ROOT,
            index: &self.indexes[0],
            all: &self.indexes,
            dialect: self.dialect,
            schemas: &self.schemas,
            slots: &mut self.slots,
            numbers: &mut self.numbers,
            needs: BTreeSet::new(),
            allow: Allow::default(),
            own: None,
            named_own: false,
            check: None,
            iterators: Vec::new(),
            warnings: Diagnostics::new(),
            misread: Diagnostics::new(),
        }
    }

    pub(crate) fn slots(&self) -> &[SlotTarget] {
        &self.slots
    }
}

fn index(m: &super::Module) -> ModuleIndex {
    fn numbered<'a>(
        names: impl Iterator<Item = &'a Str>,
    ) -> std::collections::BTreeMap<Str, usize> {
        names.enumerate().map(|(i, n)| (n.clone(), i)).collect()
    }
    let repeated = |r: &Repetition| r.expr().is_some();
    ModuleIndex {
        variables: numbered(m.variables.iter().map(|v| &v.name)),
        locals: numbered(m.locals.iter().map(|l| &l.name)),
        outputs: numbered(m.outputs.iter().map(|o| &o.name)),
        resources: m
            .resources
            .iter()
            .enumerate()
            .map(|(i, r)| (r.addr.clone(), (i, repeated(&r.repetition))))
            .collect(),
        // What the state has of a check's data source may be asked for.
        nested: std::collections::BTreeMap::new(),
        ephemerals: BTreeSet::new(),
        // Nothing on the console names a provider.
        local_providers: std::collections::BTreeMap::new(),
        aliases: Vec::new(),
        calls: m
            .calls
            .iter()
            .enumerate()
            .map(|(i, c)| (c.name.clone(), (i, c.module, repeated(&c.repetition))))
            .collect(),
    }
}
