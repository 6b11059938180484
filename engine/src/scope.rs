//! The values of a run, and how expressions see them.

use std::collections::HashMap;
use std::sync::OnceLock;

use cloudapp_lang::syntax::ast::Slot;
use cloudapp_lang::{Diagnostic, Number, Str, Type, Value, eval};

use crate::address::{InstanceKey, ModuleAddr};
use crate::config::{Configuration, ModuleId, Repetition, ResourceView, SlotTarget};

/// Values of `count.index`, `each.key` and `each.value` for one instance.
#[derive(Clone, Debug, Default)]
pub(crate) struct RepetitionData {
    pub(crate) count_index: Option<Value>,
    pub(crate) each_key: Option<Value>,
    pub(crate) each_value: Option<Value>,
}

impl RepetitionData {
    /// Of an instance that there may be no block for any more: what its key says.
    pub(crate) fn of_key(key: &InstanceKey) -> Self {
        match key {
            InstanceKey::None => Self::default(),
            InstanceKey::Index(n) => Self {
                count_index: Some(Value::number(Number::counted(*n))),
                ..Self::default()
            },
            InstanceKey::Key(k) => Self {
                each_key: Some(Value::string(k.clone())),
                ..Self::default()
            },
        }
    }

    /// For checks before anything is known.
    pub(crate) fn unknown() -> Self {
        Self {
            count_index: Some(Value::unknown(Type::Number)),
            each_key: Some(Value::unknown(Type::String)),
            each_value: Some(Value::dynamic()),
        }
    }
}

/// How the instances of a resource make its value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Not known yet which instances there are.
    #[default]
    Unknown,
    Single,
    Count,
    ForEach,
}

impl Shape {
    /// That of instances that the state has, whatever the configuration now says of their number.
    pub(crate) fn of_stored(repetition: &Repetition, is_empty: bool) -> Self {
        match repetition {
            Repetition::None if is_empty => Shape::Unknown,
            Repetition::None => Shape::Single,
            Repetition::Count(_) => Shape::Count,
            Repetition::ForEach(_) => Shape::ForEach,
        }
    }
}

/// The instances of a resource in one module instance.
#[derive(Debug, Default)]
pub(crate) struct ResourceValues {
    pub(crate) shape: Shape,
    /// In key order.
    pub(crate) instances: Vec<(InstanceKey, Value)>,
    /// Made when first asked for: many expressions may look at one resource, and it can have many instances.
    whole: OnceLock<Value>,
}

impl ResourceValues {
    pub(crate) fn new(shape: Shape, instances: Vec<(InstanceKey, Value)>) -> Self {
        Self {
            shape,
            instances,
            whole: OnceLock::new(),
        }
    }

    /// Whether there is an instance with a key, or any where none is given.
    pub(crate) fn has(&self, key: &InstanceKey) -> bool {
        let mut keys = self.instances.iter().map(|(k, _)| k);
        keys.any(|k| *key == InstanceKey::None || k == key)
    }

    fn whole(&self, unknown: impl FnOnce() -> Value) -> Value {
        self.whole
            .get_or_init(|| match self.shape {
                Shape::Unknown => unknown(),
                Shape::Single => self
                    .instances
                    .first()
                    .map_or_else(unknown, |(_, v)| v.clone()),
                Shape::Count => Value::tuple(self.instances.iter().map(|(_, v)| v.clone())),
                Shape::ForEach => {
                    Value::object(self.instances.iter().filter_map(|(k, v)| match k {
                        InstanceKey::Key(k) => Some((k.clone(), v.clone())),
                        _ => None,
                    }))
                }
            })
            .clone()
    }
}

/// One instance of a module.
#[derive(Debug)]
pub(crate) struct ModuleInstance {
    pub(crate) addr: ModuleAddr,
    pub(crate) module: ModuleId,
    /// The instance that called it.
    pub(crate) parent: Option<usize>,
    pub(crate) repetition: RepetitionData,
    pub(crate) variables: Vec<Option<Value>>,
    pub(crate) locals: Vec<Option<Value>>,
    pub(crate) outputs: Vec<Option<Value>>,
    pub(crate) resources: Vec<ResourceValues>,
    /// For each call, the shape of its repetition and its instances by key.
    pub(crate) calls: Vec<(Shape, Vec<(InstanceKey, usize)>)>,
}

/// All values of a run.
#[derive(Debug)]
pub(crate) struct Values {
    pub(crate) instances: Vec<ModuleInstance>,
    /// For each module, its instances.
    pub(crate) of_module: Vec<Vec<usize>>,
    by_address: HashMap<ModuleAddr, usize>,
    pub(crate) workspace: Str,
    pub(crate) cwd: Str,
    /// Whether plans are being carried out; none while that is not decided.
    pub(crate) applying: bool,
}

impl Values {
    pub(crate) fn new(cfg: &Configuration, workspace: &str, cwd: &str, applying: bool) -> Self {
        let mut values = Self {
            instances: Vec::new(),
            of_module: vec![Vec::new(); cfg.modules.len()],
            by_address: HashMap::new(),
            workspace: workspace.into(),
            cwd: cwd.into(),
            applying,
        };
        values.add(
            cfg,
            ModuleId::ROOT,
            ModuleAddr::root(),
            None,
            RepetitionData::default(),
        );
        values
    }

    /// The instance of a module with this address.
    pub(crate) fn find(&self, addr: &ModuleAddr) -> Option<usize> {
        self.by_address.get(addr).copied()
    }

    /// Adds an instance of a module and returns its number.
    pub(crate) fn add(
        &mut self,
        cfg: &Configuration,
        module: ModuleId,
        addr: ModuleAddr,
        parent: Option<usize>,
        repetition: RepetitionData,
    ) -> usize {
        let number = self.add_detached(cfg, module, addr.clone(), parent, repetition);
        self.by_address.insert(addr, number);
        self.of_module[module.0].push(number);
        number
    }

    /// Adds an instance of a module that the configuration no longer asks for: nothing finds it, nor looks for values in
    /// it, but expressions that only speak of one object can be evaluated there.
    pub(crate) fn add_detached(
        &mut self,
        cfg: &Configuration,
        module: ModuleId,
        addr: ModuleAddr,
        parent: Option<usize>,
        repetition: RepetitionData,
    ) -> usize {
        let m = cfg.module(module);
        let number = self.instances.len();
        self.instances.push(ModuleInstance {
            addr,
            module,
            parent,
            repetition,
            variables: vec![None; m.variables.len()],
            locals: vec![None; m.locals.len()],
            outputs: vec![None; m.outputs.len()],
            resources: std::iter::repeat_with(ResourceValues::default)
                .take(m.resources.len())
                .collect(),
            calls: vec![(Shape::Unknown, Vec::new()); m.calls.len()],
        });
        number
    }
}

/// What the expressions of one block see.
#[derive(Clone)]
pub(crate) struct Scope<'a> {
    cfg: &'a Configuration,
    values: &'a Values,
    instance: usize,
    repetition: RepetitionData,
    self_object: Option<Value>,
    iterators: Vec<Value>,
    stored: bool,
    /// Slots of expressions that were bound after loading.
    slots: Option<&'a [SlotTarget]>,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(cfg: &'a Configuration, values: &'a Values, instance: usize) -> Self {
        Self {
            cfg,
            values,
            instance,
            repetition: RepetitionData::default(),
            self_object: None,
            iterators: Vec::new(),
            stored: true,
            slots: None,
        }
    }

    pub(crate) fn with_repetition(mut self, repetition: RepetitionData) -> Self {
        self.repetition = repetition;
        self
    }

    pub(crate) fn with_self(mut self, object: Value) -> Self {
        self.self_object = Some(object);
        self
    }

    pub(crate) fn with_slots(mut self, slots: &'a [SlotTarget]) -> Self {
        self.slots = Some(slots);
        self
    }

    /// For configuration that never reaches the state: that of providers and provisioners.
    pub(crate) fn not_stored(mut self) -> Self {
        self.stored = false;
        self
    }

    /// Whether what is evaluated here is kept in the state.
    pub(crate) fn is_stored(&self) -> bool {
        self.stored
    }

    /// Inside one block that a `dynamic` block makes.
    pub(crate) fn with_iterator(&self, key: Value, value: Value) -> Self {
        let mut inner = self.clone();
        inner
            .iterators
            .push(Value::object([("key", key), ("value", value)]));
        inner
    }

    fn resource(&self, index: usize, view: ResourceView) -> Value {
        let module = &self.values.instances[self.instance];
        let values = &module.resources[index];
        let schema = || &self.cfg.resource(module.module, index).schema;
        let unknown = || {
            let decl = self.cfg.resource(module.module, index);
            match decl.repetition.expr() {
                None => Value::unknown(decl.schema.block.ty()),
                Some(_) => Value::dynamic(),
            }
        };
        match view {
            ResourceView::Whole => values.whole(unknown),
            ResourceView::AsTuple => Value::tuple([values.whole(unknown)]),
            ResourceView::OnlyInstance => match (&values.instances[..], values.shape) {
                (_, Shape::Unknown) => Value::unknown(schema().block.ty()),
                ([], _) => schema().block.empty(),
                ([(_, v), ..], _) => v.clone(),
            },
        }
    }

    /// A repeated module while it is not asked how often: what outputs it has is known even then.
    fn some_instances(&self, call: usize, number: usize) -> Value {
        let child = self.cfg.module(self.values.instances[number].module);
        let outputs = child.outputs.iter();
        let one = Type::object(outputs.map(|o| (o.name.clone(), Type::Dynamic)));
        let module = self.cfg.module(self.values.instances[self.instance].module);
        Value::unknown(match module.calls[call].repetition {
            Repetition::None => one,
            Repetition::Count(_) => Type::list(one),
            Repetition::ForEach(_) => Type::map(one),
        })
    }

    fn module(&self, call: usize, output: Option<usize>) -> Value {
        let (shape, instances) = &self.values.instances[self.instance].calls[call];
        let of = |number: usize| {
            let child = &self.values.instances[number];
            let decls = &self.cfg.module(child.module).outputs;
            let known = |i: usize| child.outputs[i].clone().unwrap_or_else(Value::dynamic);
            match output {
                Some(i) => Value::object([(decls[i].name.clone(), known(i))]),
                None => Value::object(
                    decls
                        .iter()
                        .enumerate()
                        .map(|(i, d)| (d.name.clone(), known(i))),
                ),
            }
        };
        match shape {
            Shape::Unknown => instances
                .first()
                .map_or_else(Value::dynamic, |(_, n)| self.some_instances(call, *n)),
            Shape::Single => instances
                .first()
                .map_or_else(Value::dynamic, |(_, n)| of(*n)),
            Shape::Count => Value::tuple(instances.iter().map(|(_, n)| of(*n))),
            Shape::ForEach => Value::object(instances.iter().filter_map(|(k, n)| match k {
                InstanceKey::Key(k) => Some((k.clone(), of(*n))),
                _ => None,
            })),
        }
    }
}

impl eval::Scope for Scope<'_> {
    fn value(&self, slot: Slot) -> Result<Value, Diagnostic> {
        let instance = &self.values.instances[self.instance];
        let module = self.cfg.module(instance.module);
        let target = match self.slots {
            Some(slots) => slots.get(slot.0 as usize),
            None => module.slot(slot),
        };
        let Some(target) = target else {
            return Err(Diagnostic::error(
                "internal",
                "Internal error",
                "An expression was evaluated in the wrong module.",
            ));
        };
        // What is missing belongs to an object that failed; its own finding says why.
        let or_unknown = |v: Option<Value>| v.unwrap_or_else(Value::dynamic);
        Ok(match target {
            SlotTarget::Variable(i) => or_unknown(instance.variables[*i].clone()),
            SlotTarget::Local(i) => or_unknown(instance.locals[*i].clone()),
            SlotTarget::Resource { index, view } => self.resource(*index, *view),
            SlotTarget::Module { call, output } => self.module(*call, *output),
            SlotTarget::CountIndex => or_unknown(self.repetition.count_index.clone()),
            SlotTarget::EachKey => or_unknown(self.repetition.each_key.clone()),
            SlotTarget::EachValue => or_unknown(self.repetition.each_value.clone()),
            SlotTarget::Ephemeral => Value::dynamic().mark(cloudapp_lang::Marks::EPHEMERAL),
            SlotTarget::SelfObject => or_unknown(self.self_object.clone()),
            SlotTarget::Iterator(depth) => or_unknown(self.iterators.get(*depth as usize).cloned()),
            SlotTarget::PathModule if module.dir.is_empty() => Value::string("."),
            SlotTarget::PathModule => Value::string(module.dir.as_str()),
            SlotTarget::PathRoot => Value::string("."),
            SlotTarget::PathCwd => Value::string(self.values.cwd.clone()),
            SlotTarget::Workspace => Value::string(self.values.workspace.clone()),
            SlotTarget::Applying => Value::bool(self.values.applying),
        })
    }
}
