//! `-target`: which objects a plan looks at.

use std::collections::{HashMap, HashSet};

use super::PlanMode;
use crate::address::{Address, InstanceKey, ModuleAddr, Target};
use crate::config::{Configuration, ModuleId, ObjectId};
use crate::run::PlanOptions;

/// The objects that a plan looks at.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    /// None: all of them.
    objects: Option<HashSet<ObjectId>>,
    /// Resources of which only some instances are looked at, with the targets that name those.
    instances: HashMap<ObjectId, Vec<Target>>,
    /// Outputs of the root module and checks that are not evaluated.
    left_out: HashSet<ObjectId>,
    targets: Vec<Target>,
}

impl Selection {
    pub(crate) fn new(cfg: &Configuration, options: &PlanOptions) -> Self {
        if options.targets.is_empty() {
            return Self::default();
        }
        let graph = &cfg.graph;
        // What is destroyed takes along what needs it; what is made takes along what it needs.
        let edges = if options.mode == PlanMode::Destroy {
            &graph.needed_by
        } else {
            &graph.needs
        };
        let mut stack: Vec<u32> = (0..graph.nodes.len() as u32)
            .filter(|n| {
                options
                    .targets
                    .iter()
                    .any(|t| names(cfg, graph.nodes[*n as usize], t))
            })
            .collect();
        let mut found: HashSet<u32> = stack.iter().copied().collect();
        let mut instances = named_instances(cfg, options);
        while let Some(n) = stack.pop() {
            for next in &edges[n as usize] {
                // What is destroyed is not imported.
                if options.mode == PlanMode::Destroy
                    && matches!(graph.nodes[*next as usize], ObjectId::Import(..))
                {
                    continue;
                }
                // What something else needs is needed whole.
                instances.remove(&graph.nodes[*next as usize]);
                if found.insert(*next) {
                    stack.push(*next);
                }
            }
        }
        let left_out = left_out(cfg, &found);
        let objects = found.into_iter().map(|n| graph.nodes[n as usize]).collect();
        Self {
            objects: Some(objects),
            instances,
            left_out,
            targets: options.targets.clone(),
        }
    }

    /// Imports without a declared target, and what they need.
    pub(crate) fn undeclared_imports(cfg: &Configuration) -> Self {
        let graph = &cfg.graph;
        let mut found: HashSet<u32> = HashSet::new();
        let is_one = |n: &u32| matches!(graph.nodes[*n as usize], ObjectId::Import(m, i) if cfg.module(m).imports[i].target.is_none());
        let mut stack: Vec<u32> = (0..graph.nodes.len() as u32).filter(is_one).collect();
        while let Some(n) = stack.pop() {
            if found.insert(n) {
                stack.extend(graph.needs[n as usize].iter().copied());
            }
        }
        let objects = found.into_iter().map(|n| graph.nodes[n as usize]).collect();
        Self {
            objects: Some(objects),
            ..Self::default()
        }
    }

    pub(crate) fn includes(&self, object: ObjectId) -> bool {
        self.objects.as_ref().is_none_or(|o| o.contains(&object))
    }

    /// Whether an object without instances is evaluated. Of a part of the stack, an output of the root module or a check
    /// says something only where all resources behind it, and at least one, are in that part.
    pub(crate) fn looks_at(&self, object: ObjectId) -> bool {
        !self.left_out.contains(&object)
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

    pub(crate) fn is_partial(&self) -> bool {
        self.objects.is_some()
    }

    /// For objects that no block is for.
    pub(crate) fn includes_address(&self, address: &Address) -> bool {
        self.objects.is_none() || self.targets.iter().any(|t| covers(t, address))
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
    let steps = named.0.iter().zip(&module.0);
    named.0.len() <= module.0.len()
        && steps
            .into_iter()
            .all(|((a, of), (b, key))| a == b && fits(of, key))
}

/// What is named without a key is any instance.
fn fits(named: &InstanceKey, key: &InstanceKey) -> bool {
    *named == InstanceKey::None || named == key
}

fn left_out(cfg: &Configuration, selected: &HashSet<u32>) -> HashSet<ObjectId> {
    let graph = &cfg.graph;
    let mut out = HashSet::new();
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
        let judged = matches!(
            object,
            ObjectId::Output(ModuleId::ROOT, _) | ObjectId::Check(..)
        );
        if judged && !(some && all) {
            out.insert(object);
        }
    }
    out
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
