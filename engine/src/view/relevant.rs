//! `relevant_attributes` of a plan: the attributes of resources that feed into what changes. Where something outside has
//! changed one of them, that is why the plan is as it is.
//!
//! What changes is resources that are not left as they are, outputs of the root module that get another value, and all
//! outputs of called modules, which no state remembers. From their expressions every named value is followed to where it
//! comes from: locals, variables and the arguments of calls, outputs of modules. It ends at the first resource on each way.
//! Conditions, `depends_on`, `each` and `count` lead nowhere.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use cloudapp_lang::eval;
use cloudapp_lang::syntax::ast::{Expr, ExprKind, Reference, Step};

use super::json::{Array, Object, string};
use crate::address::{Address, InstanceKey, Mode, ModuleAddr, ResourceAddr};
use crate::config::{BlockConfig, BlockItem, Configuration, ModuleId, Repetition};
use crate::plan::{Action, Plan};

/// Writes `relevant_attributes`: in the order of addresses, then of attributes.
pub(super) fn relevant_attributes(out: &mut String, plan: &Plan, cfg: &Configuration) {
    let mut walk = Walk {
        cfg,
        found: BTreeMap::new(),
        seen: HashSet::new(),
        open: Vec::new(),
    };
    walk.begin(plan);
    while let Some((at, named)) = walk.open.pop() {
        walk.follow(&at, named);
    }
    let mut list = Array::new(out);
    for (address, paths) in &walk.found {
        for path in paths {
            let mut one = Object::new(list.item());
            one.string("resource", &address.to_string());
            let mut steps = Array::new(one.key("attribute"));
            for step in path {
                match step {
                    InstanceKey::Index(i) => steps.item().push_str(&i.to_string()),
                    InstanceKey::Key(k) => string(steps.item(), k),
                    InstanceKey::None => {}
                }
            }
            steps.end();
            one.end();
        }
    }
    list.end();
}

/// An instance of a module; without keys where no instance in particular is meant.
#[derive(Clone, PartialEq, Eq, Hash)]
struct At {
    module: ModuleId,
    address: ModuleAddr,
}

/// A value that is no attribute of a resource, by the number of what it belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Named {
    Local(usize),
    Variable(usize),
    Output(usize),
    /// Which instances a resource has.
    Repetition(usize),
}

/// Names and whole numbers on the way into an object.
type Attribute = Vec<InstanceKey>;

struct Walk<'a> {
    cfg: &'a Configuration,
    found: BTreeMap<Address, BTreeSet<Attribute>>,
    seen: HashSet<(At, Named)>,
    open: Vec<(At, Named)>,
}

impl<'a> Walk<'a> {
    /// Begins at everything that changes.
    fn begin(&mut self, plan: &Plan) {
        let root = At {
            module: ModuleId::ROOT,
            address: ModuleAddr::root(),
        };
        let cfg = self.cfg;
        let changed: HashSet<&str> = (plan.outputs.iter())
            .filter(|o| o.action != Action::NoOp)
            .map(|o| &*o.name)
            .collect();
        for (i, o) in cfg.outputs().iter().enumerate() {
            if changed.contains(&*o.name) {
                self.name(root.clone(), Named::Output(i));
            }
        }
        for at in self.called(plan) {
            for i in 0..cfg.module(at.module).outputs.len() {
                self.name(at.clone(), Named::Output(i));
            }
        }
        let is_changed = |action| !matches!(action, Action::NoOp | Action::Forget);
        for c in plan.changes.iter().filter(|c| is_changed(c.action)) {
            let Some(at) = self.at(&c.address.module) else {
                continue;
            };
            let declared = &cfg.module(at.module).resources;
            if let Ok(i) = declared.binary_search_by(|r| r.addr.cmp(&c.address.resource)) {
                self.body(&at, &declared[i].body);
            }
        }
    }

    /// The instances of called modules: those that are not repeated, and those that have resources.
    fn called(&self, plan: &Plan) -> Vec<At> {
        let cfg = self.cfg;
        let mut single: BTreeSet<ModuleAddr> = BTreeSet::new();
        let mut open = vec![(ModuleId::ROOT, ModuleAddr::root())];
        while let Some((module, address)) = open.pop() {
            for call in &cfg.module(module).calls {
                if matches!(call.repetition, Repetition::None) {
                    let child = address.child(&call.name, InstanceKey::None);
                    single.insert(child.clone());
                    open.push((call.module, child));
                }
            }
        }
        let mut all = single;
        for c in &plan.changes {
            let mut module = c.address.module.clone();
            // What is above one that is known is known.
            while !module.is_root() && all.insert(module.clone()) {
                module = module.first(module.0.len() - 1);
            }
        }
        all.iter().filter_map(|a| self.at(a)).collect()
    }

    fn at(&self, address: &ModuleAddr) -> Option<At> {
        let path: Vec<_> = address.0.iter().map(|(n, _)| n.clone()).collect();
        let module = self.cfg.module_at(&path)?;
        Some(At {
            module,
            address: address.clone(),
        })
    }

    fn name(&mut self, at: At, named: Named) {
        if self.seen.insert((at.clone(), named)) {
            self.open.push((at, named));
        }
    }

    /// Goes on to what a named value comes from.
    fn follow(&mut self, at: &At, named: Named) {
        let module = self.cfg.module(at.module);
        match named {
            Named::Local(i) => self.expression(at, &module.locals[i].expr),
            Named::Output(i) => self.expression(at, &module.outputs[i].expr),
            Named::Repetition(i) => {
                if let Some(e) = module.resources[i].repetition.expr() {
                    self.expression(at, e);
                }
            }
            Named::Variable(i) => {
                let Some(argument) = &module.variables[i].argument else {
                    return;
                };
                if let [above @ .., _] = &*at.address.0
                    && let Some(parent) = self.at(&at.address.first(above.len()))
                {
                    self.expression(&parent, argument);
                }
            }
        }
    }

    fn body(&mut self, at: &At, body: &'a BlockConfig) {
        for a in body.attributes.values() {
            self.expression(at, &a.expr);
        }
        for item in body.blocks.values().flatten() {
            match item {
                BlockItem::Static { config, .. } => self.body(at, config),
                BlockItem::Dynamic(d) => {
                    self.expression(at, &d.for_each);
                    self.body(at, &d.content);
                }
            }
        }
    }

    fn expression(&mut self, at: &At, expr: &Expr) {
        for r in eval::references(expr) {
            self.reference(at, r);
        }
    }

    fn reference(&mut self, at: &At, r: &Reference) {
        let module = self.cfg.module(at.module);
        let attr = |i: usize| match r.steps.get(i) {
            Some(Step::Attr(a)) => Some(&a.name),
            _ => None,
        };
        let found = match &*r.root.name {
            "local" => attr(0)
                .and_then(|n| module.locals.iter().position(|l| l.name == *n))
                .map(Named::Local),
            "var" => attr(0)
                .and_then(|n| module.variables.iter().position(|v| v.name == *n))
                .map(Named::Variable),
            "module" => return self.module(at, &r.steps),
            "data" => return self.resource(at, Mode::Data, attr(0), attr(1), &r.steps, 2),
            "resource" => return self.resource(at, Mode::Managed, attr(0), attr(1), &r.steps, 2),
            _ => {
                let kind = Some(&r.root.name);
                return self.resource(at, Mode::Managed, kind, attr(0), &r.steps, 1);
            }
        };
        if let Some(named) = found {
            self.name(at.clone(), named);
        }
    }

    /// Goes on to an output of a called module, or to all of them.
    fn module(&mut self, at: &At, steps: &[Step]) {
        let cfg = self.cfg;
        let calls = &cfg.module(at.module).calls;
        let Some(Step::Attr(name)) = steps.first() else {
            return;
        };
        let Some(call) = calls.iter().find(|c| c.name == name.name) else {
            return;
        };
        let key = steps.get(1).and_then(key).unwrap_or(InstanceKey::None);
        let has_key = steps.get(1).is_some_and(|s| !matches!(s, Step::Attr(_)));
        let child = At {
            module: call.module,
            address: at.address.child(&call.name, key),
        };
        let outputs = &cfg.module(call.module).outputs;
        let one = match steps.get(1 + usize::from(has_key)) {
            Some(Step::Attr(a)) => Some(&a.name),
            _ => None,
        };
        for (i, _) in
            (outputs.iter().enumerate()).filter(|(_, o)| one.is_none_or(|name| o.name == *name))
        {
            self.name(child.clone(), Named::Output(i));
        }
    }

    /// Notes an attribute of a resource, if it is one: other names are of iterators.
    fn resource(
        &mut self,
        at: &At,
        mode: Mode,
        kind: Option<&cloudapp_lang::Str>,
        name: Option<&cloudapp_lang::Str>,
        steps: &[Step],
        rest: usize,
    ) {
        let (Some(kind), Some(name)) = (kind, name) else {
            return;
        };
        let resource = ResourceAddr {
            mode,
            kind: kind.clone(),
            name: name.clone(),
        };
        let declared = &self.cfg.module(at.module).resources;
        let Ok(index) = declared.binary_search_by(|r| r.addr.cmp(&resource)) else {
            return;
        };
        let mut steps = &steps[rest..];
        let mut instance = InstanceKey::None;
        if declared[index].repetition.expr().is_some() {
            match steps.first().and_then(key) {
                Some(k) => {
                    instance = k;
                    steps = &steps[1..];
                }
                // Of which instances is said, what is taken of them is not.
                None => {
                    steps = &[];
                    self.name(at.clone(), Named::Repetition(index));
                }
            }
        }
        let attribute = steps
            .iter()
            .map_while(|s| match s {
                Step::Attr(a) => Some(InstanceKey::Key(a.name.clone())),
                other => key(other),
            })
            .collect();
        let address = Address {
            module: at.address.clone(),
            resource,
            key: instance,
        };
        self.found.entry(address).or_default().insert(attribute);
    }
}

/// The key that an index writes out.
fn key(step: &Step) -> Option<InstanceKey> {
    match step {
        Step::LegacyIndex(i, _) => Some(InstanceKey::Index(*i)),
        Step::Index(e) => match &e.unparenthesized().kind {
            ExprKind::Literal(v) => crate::plan::walk::resources::instance_key(v),
            _ => None,
        },
        Step::Attr(_) | Step::Splat(..) => None,
    }
}
