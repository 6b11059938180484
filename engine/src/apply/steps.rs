//! The order of an apply: a graph of objects to evaluate and operations to run.

use std::collections::{HashMap, HashSet};

use cloudapp_lang::{Diagnostic, Diagnostics, Str};
use rustc_hash::FxHashMap;

use crate::address::Address;
use crate::config::{Configuration, ModuleId, ObjectId};
use crate::graph::{Graph, GraphBuilder};
use crate::plan::{Action, Plan, PlanMode, ResourceChange};
use crate::store::State;

/// One node of an apply. The numbers are those of the plan's changes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Step {
    /// Evaluate it; for a resource: all its instances are as planned.
    Object(ObjectId),
    /// Create, update or read.
    Make(usize),
    Destroy(usize),
    /// Everything that is to be destroyed of one resource block is gone. The number is the block's while the graph is built.
    Gone(u32),
    /// Everything is done but what only checks look at.
    Settled,
}

/// What kind of operations a change asks for.
pub(crate) fn makes(c: &ResourceChange) -> bool {
    c.deposed.is_none() && matches!(c.action, Action::Create | Action::Update | Action::Read)
        || c.action.is_replace()
}

pub(crate) fn destroys(c: &ResourceChange) -> bool {
    c.action == Action::Delete || c.action.is_replace()
}

/// A resource block of the configuration, of the plan or of the state.
struct Block {
    address: Str,
    /// What it is in the configuration, with its place in the configuration's graph.
    object: Option<(ObjectId, usize)>,
    /// The blocks that depend on it and have something to destroy.
    destroyed_dependents: Vec<u32>,
    /// The blocks whose stored objects depend on it.
    stored_dependents: Vec<u32>,
}

/// Blocks have numbers: each dependency between two is an edge for every object, and texts would be copied and compared for it.
#[derive(Default)]
struct Blocks {
    all: Vec<Block>,
    numbers: FxHashMap<Str, u32>,
}

impl Blocks {
    fn number(&mut self, address: &str) -> u32 {
        if let Some(number) = self.numbers.get(address) {
            return *number;
        }
        let (number, address) = (self.all.len() as u32, Str::from(address));
        self.numbers.insert(address.clone(), number);
        self.all.push(Block {
            address,
            object: None,
            destroyed_dependents: Vec::new(),
            stored_dependents: Vec::new(),
        });
        number
    }

    fn get(&self, number: u32) -> &Block {
        &self.all[number as usize]
    }

    fn of_text(&mut self, address: &str) -> &mut Block {
        let number = self.number(address);
        &mut self.all[number as usize]
    }
}

/// Adds a block's number, unless it was the last one: instances of a block follow each other.
fn note(list: &mut Vec<u32>, block: u32) {
    if list.last() != Some(&block) {
        list.push(block);
    }
}

struct Builder<'a> {
    cfg: &'a Configuration,
    plan: &'a Plan,
    graph: GraphBuilder<Step>,
    blocks: Blocks,
    /// The block of each change of the plan.
    of_change: Vec<u32>,
    /// The places of what a plan for a part looks at.
    part: Option<HashSet<usize>>,
}

/// Builds the graph of an apply.
pub(crate) fn build(
    cfg: &Configuration,
    plan: &Plan,
    state: &State,
) -> Result<Graph<Step>, Diagnostics> {
    let mut b = Builder {
        cfg,
        plan,
        graph: GraphBuilder::new(),
        blocks: Blocks::default(),
        of_change: Vec::new(),
        part: None,
    };
    b.index(state);
    // A destroy evaluates everything, as its plan did.
    if plan.is_partial && plan.mode != PlanMode::Destroy {
        b.part = Some(b.looked_at());
    }
    b.objects_of_configuration();
    b.operations();
    let blocks = b.blocks;
    b.graph.build().map_err(|cycles| {
        cycles
            .into_iter()
            .map(|c| {
                let names: Vec<String> = c.0.iter().map(|s| name(cfg, plan, &blocks, s)).collect();
                Diagnostic::error("cycle", "Operations need each other", format!("None of these can come first: {}.", names.join(" → ")))
                    .hint("Apply in two steps, with -target; or change create_before_destroy so that it is the same along the chain.")
            })
            .collect()
    })
}

fn name(cfg: &Configuration, plan: &Plan, blocks: &Blocks, step: &Step) -> String {
    match step {
        Step::Object(o) => cfg.describe(*o).0,
        Step::Make(i) => format!("make {}", plan.changes[*i].address),
        Step::Destroy(i) => format!("destroy {}", plan.changes[*i].address),
        Step::Gone(b) => format!("all of {} destroyed", blocks.get(*b).address),
        Step::Settled => "everything else".to_owned(),
    }
}

impl Builder<'_> {
    fn index(&mut self, state: &State) {
        for (n, object) in self.cfg.graph.nodes.iter().enumerate() {
            if let ObjectId::Resource(m, i) = object {
                let address = self
                    .cfg
                    .module(*m)
                    .config_address(&self.cfg.resource(*m, *i).addr);
                self.blocks.of_text(&address).object = Some((*object, n));
            }
        }
        let (plan, blocks) = (self.plan, &mut self.blocks);
        let changes = plan.changes.iter();
        self.of_change = changes
            .map(|c| blocks.number(&c.address.without_keys()))
            .collect();
        // What depends on what in the state matters to what is destroyed.
        if !plan.changes.iter().any(destroys) {
            return;
        }
        let mut stored: HashMap<&str, &[String]> = HashMap::new();
        for row in &state.instances {
            if let Ok(a) = row.address.parse::<Address>() {
                let block = blocks.number(&a.without_keys());
                for d in &row.dependencies {
                    note(&mut blocks.of_text(d).stored_dependents, block);
                }
            }
            stored.insert(&row.address, &row.dependencies);
        }
        for (c, block) in plan.changes.iter().zip(&self.of_change) {
            if !destroys(c) {
                continue;
            }
            let before = stored.get(c.address.text().as_str()).copied();
            for d in c.dependencies.iter().chain(before.unwrap_or_default()) {
                note(&mut blocks.of_text(d).destroyed_dependents, *block);
            }
        }
        for block in &mut blocks.all {
            for list in [
                &mut block.destroyed_dependents,
                &mut block.stored_dependents,
            ] {
                list.sort_unstable();
                list.dedup();
            }
        }
    }

    /// What a plan for a part says something of, and what that needs. All else was not evaluated while planning either.
    fn looked_at(&self) -> HashSet<usize> {
        let graph = &self.cfg.graph;
        let changed = self.of_change.iter();
        let mut stack: Vec<usize> = changed
            .filter_map(|block| self.blocks.get(*block).object.map(|(_, n)| n))
            .collect();
        let is_planned = |o: &ObjectId| match o {
            ObjectId::Output(ModuleId::ROOT, i) => {
                let name = &self.cfg.outputs()[*i].name;
                self.plan.outputs.iter().any(|o| o.name == *name)
            }
            ObjectId::Provider(m, _) => *m == ModuleId::ROOT,
            _ => false,
        };
        let objects = graph.nodes.iter().enumerate();
        stack.extend(objects.filter(|(_, o)| is_planned(o)).map(|(n, _)| n));
        let mut found = HashSet::new();
        while let Some(n) = stack.pop() {
            if found.insert(n) {
                stack.extend(graph.needs[n].iter().map(|n| *n as usize));
            }
        }
        found
    }

    fn is_looked_at(&self, place: usize) -> bool {
        self.part.as_ref().is_none_or(|part| part.contains(&place))
    }

    fn objects_of_configuration(&mut self) {
        let graph = &self.cfg.graph;
        for (n, object) in graph.nodes.iter().enumerate() {
            if !self.is_looked_at(n) {
                continue;
            }
            let step = Step::Object(*object);
            self.graph.node(&step);
            for need in &graph.needs[n] {
                self.graph
                    .edge(&step, &Step::Object(graph.nodes[*need as usize]));
            }
        }
    }

    fn operations(&mut self) {
        let first = self.gone_before_replacements();
        // Few stacks have checks that read something; only those need to know when everything is done.
        let mut objects = self.blocks.all.iter().filter_map(|b| b.object);
        let settles = objects.any(|(o, _)| self.is_nested(o));
        for (i, c) in self.plan.changes.iter().enumerate() {
            let block = self.of_change[i];
            let object = self.blocks.get(block).object;
            if makes(c) {
                self.make(i, c, object);
                // A check looks at the stack as it is in the end.
                if object.is_some_and(|(o, _)| self.is_nested(o)) {
                    self.graph.edge(&Step::Make(i), &Step::Settled);
                } else if settles {
                    self.graph.edge(&Step::Settled, &Step::Make(i));
                }
            }
            if destroys(c) {
                if settles {
                    self.graph.edge(&Step::Settled, &Step::Destroy(i));
                }
                self.destroy(i, c, block, object.map(|o| o.0), &first);
            }
        }
    }

    /// The blocks whose objects must be gone before something is made: a replacement destroys first, and before that goes
    /// what depends on it.
    fn gone_before_replacements(&self) -> HashSet<u32> {
        let changes = self.plan.changes.iter().zip(&self.of_change);
        let mut next: Vec<u32> = changes
            .filter(|(c, _)| c.action == Action::Replace)
            .map(|(_, block)| *block)
            .collect();
        let mut found = HashSet::new();
        while let Some(block) = next.pop() {
            for dependent in &self.blocks.get(block).destroyed_dependents {
                if *dependent != block && found.insert(*dependent) {
                    next.push(*dependent);
                }
            }
        }
        found
    }

    fn is_nested(&self, object: ObjectId) -> bool {
        matches!(object, ObjectId::Resource(m, i) if self.cfg.resource(m, i).nested.is_some())
    }

    fn make(&mut self, i: usize, c: &ResourceChange, object: Option<(ObjectId, usize)>) {
        let make = Step::Make(i);
        self.graph.node(&make);
        let Some((object, position)) = object else {
            return;
        };
        self.graph.edge(&Step::Object(object), &make);
        for need in &self.cfg.graph.needs[position] {
            self.graph
                .edge(&make, &Step::Object(self.cfg.graph.nodes[*need as usize]));
        }
        match c.action {
            Action::Replace => self.graph.edge(&make, &Step::Destroy(i)),
            Action::ReplaceCreateFirst => self.graph.edge(&Step::Destroy(i), &make),
            _ => {}
        }
    }

    fn destroy(
        &mut self,
        i: usize,
        c: &ResourceChange,
        block: u32,
        object: Option<ObjectId>,
        gone_first: &HashSet<u32>,
    ) {
        let destroy = Step::Destroy(i);
        self.graph.node(&destroy);
        self.graph.edge(&Step::Gone(block), &destroy);
        if let Some(ObjectId::Resource(m, r)) = object
            && let Some(p) = self.cfg.resource(m, r).provider_object
        {
            self.graph.edge(&destroy, &Step::Object(p));
        } else if object.is_none() {
            for (n, p) in self.cfg.root().providers.iter().enumerate() {
                if p.key.to_string() == c.provider {
                    self.graph.edge(
                        &destroy,
                        &Step::Object(ObjectId::Provider(ModuleId::ROOT, n)),
                    );
                }
            }
        }
        let own = self.blocks.get(block);
        for dependent in own.destroyed_dependents.iter().filter(|d| **d != block) {
            self.graph.edge(&destroy, &Step::Gone(*dependent));
        }
        let waits_for_dependents = match c.action {
            Action::ReplaceCreateFirst => true,
            // No making waits for this destroying, so it may wait for any making.
            Action::Delete => !gone_first.contains(&block),
            _ => false,
        };
        if waits_for_dependents {
            for dependent in own.stored_dependents.iter().filter(|d| **d != block) {
                // What a check reads comes after everything else anyway.
                if let Some((object, place)) = self.blocks.get(*dependent).object
                    && !self.is_nested(object)
                    && self.is_looked_at(place)
                {
                    self.graph.edge(&destroy, &Step::Object(object));
                }
            }
        }
    }
}
