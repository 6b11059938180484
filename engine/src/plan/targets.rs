//! `-target`: which objects a plan looks at.

use std::collections::{HashMap, HashSet};

use super::PlanMode;
use super::prior::PriorState;
use crate::address::{Address, InstanceKey, Mode, ModuleAddr, Target};
use crate::config::{Configuration, ModuleId, ObjectId};
use crate::run::PlanOptions;

/// The objects that a plan looks at.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    /// What is planned, and what that needs. None: all of them.
    objects: Option<HashSet<ObjectId>>,
    /// What is evaluated besides, but not planned.
    also: HashSet<ObjectId>,
    /// Resources of which only some instances are looked at, with the targets that name those.
    instances: HashMap<ObjectId, Vec<Target>>,
    /// In the destruction of a part, the rows of the state that go.
    going: Option<HashSet<usize>>,
    targets: Vec<Target>,
}

impl Selection {
    pub(crate) fn new(cfg: &Configuration, options: &PlanOptions) -> Self {
        let targets = options.targets.clone();
        if targets.is_empty() || options.mode == PlanMode::Destroy {
            return Self {
                targets,
                ..Self::default()
            };
        }
        let graph = &cfg.graph;
        let named = |n: &u32| (targets.iter()).any(|t| names(cfg, graph.nodes[*n as usize], t));
        let mut stack: Vec<u32> = (0..graph.nodes.len() as u32).filter(named).collect();
        let mut found: HashSet<u32> = stack.iter().copied().collect();
        let mut instances = named_instances(cfg, options);
        while let Some(n) = stack.pop() {
            for next in &graph.needs[n as usize] {
                // What something else needs is needed whole.
                instances.remove(&graph.nodes[*next as usize]);
                if found.insert(*next) {
                    stack.push(*next);
                }
            }
        }
        // What the state alone has of the targets needs its provider.
        let providers = (0..graph.nodes.len() as u32).filter(|n| {
            matches!(
                graph.nodes[*n as usize],
                ObjectId::Provider(ModuleId::ROOT, _)
            )
        });
        let also = with_needs(cfg, outputs_within(cfg, &found).chain(providers));
        let objects = |found: HashSet<u32>| found.into_iter().map(|n| graph.nodes[n as usize]);
        Self {
            objects: Some(objects(found).collect()),
            also: objects(also).collect(),
            instances,
            going: None,
            targets,
        }
    }

    /// Imports without a declared target, and what they need.
    pub(crate) fn undeclared_imports(cfg: &Configuration) -> Self {
        let graph = &cfg.graph;
        let is_one = |n: &u32| matches!(graph.nodes[*n as usize], ObjectId::Import(m, i) if cfg.module(m).imports[i].target.is_none());
        let found = with_needs(cfg, (0..graph.nodes.len() as u32).filter(is_one));
        let objects = found.into_iter().map(|n| graph.nodes[n as usize]).collect();
        Self {
            objects: Some(objects),
            ..Self::default()
        }
    }

    /// With what is destroyed goes what needs it, as the state tells: what the configuration says may never have been
    /// applied, and what it does not say any more may still be there.
    pub(crate) fn follow_state(&mut self, prior: &PriorState) {
        let mut dependents: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut stack = Vec::new();
        for (i, (address, row)) in prior.iter().enumerate() {
            for d in &row.dependencies {
                dependents.entry(d).or_default().push(i);
            }
            if self.targets.iter().any(|t| covers(t, address)) {
                stack.push(i);
            }
        }
        let mut found: HashSet<usize> = stack.iter().copied().collect();
        while let Some(i) = stack.pop() {
            let module = &prior.address(i).module;
            let block = prior.address(i).without_keys();
            for next in dependents.get(&*block).into_iter().flatten() {
                if !is_sibling(module, &prior.address(*next).module) && found.insert(*next) {
                    stack.push(*next);
                }
            }
        }
        // What was only read is in nobody's way.
        let named = |a: &Address| self.targets.iter().any(|t| covers(t, a));
        found.retain(|i| {
            let address = prior.address(*i);
            address.resource.mode == Mode::Managed || named(address)
        });
        self.going = Some(found);
    }

    pub(crate) fn includes(&self, object: ObjectId) -> bool {
        self.objects.as_ref().is_none_or(|o| o.contains(&object))
    }

    /// Whether an object is evaluated. What is not planned, and is needed by nothing that is, may have mistakes that are
    /// just why only a part is planned. Of that part, an output of the root module says something where all resources
    /// behind it, and at least one, are in it; what a check says is about the whole.
    pub(crate) fn looks_at(&self, object: ObjectId) -> bool {
        self.includes(object) || self.also.contains(&object)
    }

    /// Whether an instance of a resource that is looked at is itself looked at.
    pub(crate) fn includes_instance(
        &self,
        object: ObjectId,
        module: &ModuleAddr,
        key: &InstanceKey,
    ) -> bool {
        self.instances.get(&object).is_none_or(|targets| {
            targets.iter().any(|t| match t {
                Target::Module(m) => leads_to(m, module),
                Target::Resource(r) => leads_to(&r.module, module) && fits(&r.key, key),
            })
        })
    }

    /// The same of an instance that the state has in this row.
    pub(crate) fn includes_row(&self, object: ObjectId, row: usize, address: &Address) -> bool {
        match &self.going {
            Some(going) => going.contains(&row),
            None => {
                self.includes(object)
                    && self.includes_instance(object, &address.module, &address.key)
            }
        }
    }

    /// The same where no block is for it.
    pub(crate) fn includes_orphan(&self, row: usize, address: &Address) -> bool {
        match &self.going {
            Some(going) => going.contains(&row),
            None => self.includes_address(address),
        }
    }

    pub(crate) fn is_partial(&self) -> bool {
        self.objects.is_some() || !self.targets.is_empty()
    }

    /// Whether an address is one of those named, or in it.
    pub(crate) fn includes_address(&self, address: &Address) -> bool {
        !self.is_partial() || self.targets.iter().any(|t| covers(t, address))
    }
}

/// Whether a target names a block of the configuration whole.
pub(crate) fn names_block(cfg: &Configuration, target: &Target) -> bool {
    is_whole(target) && cfg.graph.nodes.iter().any(|o| names(cfg, *o, target))
}

/// Whether a target names all instances of what it names.
fn is_whole(target: &Target) -> bool {
    let whole = |m: &ModuleAddr| m.0.iter().all(|(_, key)| *key == InstanceKey::None);
    match target {
        Target::Module(m) => whole(m),
        Target::Resource(r) => whole(&r.module) && r.key == InstanceKey::None,
    }
}

/// Whether an address is the target, or in it.
pub(crate) fn covers(target: &Target, address: &Address) -> bool {
    match target {
        Target::Module(m) => leads_to(m, &address.module),
        Target::Resource(r) => {
            r.module.0.len() == address.module.0.len()
                && leads_to(&r.module, &address.module)
                && r.resource == address.resource
                && fits(&r.key, &address.key)
        }
    }
}

/// Whether a module instance is one that is named, or in it.
fn leads_to(named: &ModuleAddr, module: &ModuleAddr) -> bool {
    let steps = named.0.iter().zip(module.0.iter());
    named.0.len() <= module.0.len()
        && steps
            .into_iter()
            .all(|((a, of), (b, key))| a == b && fits(of, key))
}

/// What is named without a key is any instance.
fn fits(named: &InstanceKey, key: &InstanceKey) -> bool {
    *named == InstanceKey::None || named == key
}

/// Whether both are instances of one module, but not the same: those have nothing to do with each other.
fn is_sibling(a: &ModuleAddr, b: &ModuleAddr) -> bool {
    let mut steps = a.0.iter().zip(b.0.iter());
    a != b && a.0.len() == b.0.len() && steps.all(|((a, _), (b, _))| a == b)
}

/// Nodes and all that they need.
fn with_needs(cfg: &Configuration, nodes: impl Iterator<Item = u32>) -> HashSet<u32> {
    let mut stack: Vec<u32> = nodes.collect();
    let mut found = HashSet::new();
    while let Some(n) = stack.pop() {
        if found.insert(n) {
            stack.extend(&cfg.graph.needs[n as usize]);
        }
    }
    found
}

/// The outputs of the root module that have resources behind them, all of which are selected.
fn outputs_within(cfg: &Configuration, selected: &HashSet<u32>) -> impl Iterator<Item = u32> {
    let graph = &cfg.graph;
    let mut out = Vec::new();
    // For each object, whether there are resources behind it, and whether all of those are selected.
    let mut behind = vec![(false, true); graph.nodes.len()];
    for n in &graph.order {
        let object = graph.nodes[*n as usize];
        let (some, all) = match object {
            ObjectId::Resource(..) => (true, selected.contains(n)),
            _ => graph.needs[*n as usize]
                .iter()
                .map(|need| behind[*need as usize])
                .fold((false, true), |(s, a), (some, all)| (s | some, a & all)),
        };
        behind[*n as usize] = (some, all);
        if matches!(object, ObjectId::Output(ModuleId::ROOT, _)) && some && all {
            out.push(*n);
        }
    }
    out.into_iter()
}

/// The resources of which the targets name nothing but single instances, or those in single instances of a module.
fn named_instances(cfg: &Configuration, options: &PlanOptions) -> HashMap<ObjectId, Vec<Target>> {
    let mut out = HashMap::new();
    if options.targets.iter().all(is_whole) {
        return out;
    }
    for object in &cfg.graph.nodes {
        let naming: Vec<_> = (options.targets.iter())
            .filter(|t| names(cfg, *object, t))
            .cloned()
            .collect();
        if !naming.is_empty() && !naming.iter().any(is_whole) {
            out.insert(*object, naming);
        }
    }
    out
}

/// Whether a target names a resource block, or an instance of it.
fn names(cfg: &Configuration, object: ObjectId, target: &Target) -> bool {
    let ObjectId::Resource(m, i) = object else {
        return false;
    };
    let module = cfg.module(m);
    let within = |path: &[(cloudapp_lang::Str, InstanceKey)]| {
        path.len() <= module.path.len() && path.iter().zip(&module.path).all(|((n, _), p)| n == p)
    };
    match target {
        Target::Module(t) => within(&t.0),
        Target::Resource(t) => {
            t.module.0.len() == module.path.len()
                && within(&t.module.0)
                && t.resource == cfg.resource(m, i).addr
        }
    }
}
