//! A way in for the benchmarks beside this crate. Nothing else uses it, and nothing should.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use cloudapp_lang::functions::{FunctionOptions, Functions};
use cloudapp_lang::{Diagnostics, SourceMap, Value};

use crate::apply::schedule::longest_ways;
use crate::apply::walk::queue::{Lane, Queue};
use crate::bodies::Keep;
use crate::config::{Configuration, Dialect, LoadRequest, ModuleId, ObjectId, SourceInput, load};
use crate::evaluation::Evaluation;
use crate::graph::{Graph, GraphBuilder};
use crate::provider::Provider;
use crate::providers::Providers;
use crate::scope::{RepetitionData, ResourceValues, Shape, Values};

/// The bodies of a stack's resources, evaluated the way a plan does it.
#[derive(Debug)]
pub struct Bodies {
    configuration: Configuration,
    functions: Functions,
}

impl Bodies {
    /// A stack of one file; all its resources are the provider's.
    pub fn load(text: &str, provider: Arc<dyn Provider>) -> Result<Self, Diagnostics> {
        let request = LoadRequest {
            dir: ".".into(),
            package_dir: None,
            dialect: Dialect::default(),
            files: Some(vec![SourceInput {
                name: "main.tf".into(),
                text: text.into(),
                module: String::new(),
            }]),
        };
        let providers = Providers::new(vec![provider]);
        let (configuration, found) = load(&request, &providers, &mut SourceMap::new());
        let functions = Functions::new(FunctionOptions {
            base_dir: ".".into(),
            files_within: None,
            plan_time: String::new(),
            now: None,
            package_dialect: false,
        });
        match configuration {
            Some(configuration) => Ok(Self {
                configuration,
                functions,
            }),
            None => Err(found),
        }
    }

    /// Evaluates everything once, in order. Answers with how many instances the resource of the given name has; `seen`
    /// gets the value of each of their bodies.
    pub fn evaluate(
        &self,
        provider: &dyn Provider,
        name: &str,
        mut seen: impl FnMut(&Value),
    ) -> Result<usize, Diagnostics> {
        let cfg = &self.configuration;
        let variables = BTreeMap::new();
        let mut e = Evaluation {
            cfg,
            functions: &self.functions,
            variables: &variables,
            values: Values::new(cfg, "default", "/", false),
            diags: Diagnostics::new(),
            outcomes: crate::conditions::Outcomes::default(),
            checking: false,
        };
        let mut count = 0;
        for n in &cfg.graph.order {
            match cfg.graph.nodes[*n as usize] {
                ObjectId::Variable(m, i) => drop(e.variable(m, i)),
                ObjectId::Local(m, i) => drop(e.local(m, i)),
                ObjectId::Resource(m, i) => {
                    let decl = cfg.resource(m, i);
                    let Some(expansion) = e.expand(&decl.repetition, 0) else {
                        continue;
                    };
                    let mut made = Vec::new();
                    for (key, data) in expansion.instances {
                        let body = Self::body(&mut e, m, i, &data, provider);
                        if *decl.addr.name == *name {
                            count += 1;
                            body.iter().for_each(&mut seen);
                        }
                        made.extend(body.map(|v| (key, v)));
                    }
                    let shape = if expansion.shape == Shape::Single && made.is_empty() {
                        Shape::Unknown
                    } else {
                        expansion.shape
                    };
                    e.values.instances[0].resources[i] = ResourceValues::new(shape, made);
                }
                _ => {}
            }
        }
        if e.diags.has_errors() {
            Err(e.diags)
        } else {
            Ok(count)
        }
    }

    fn body(
        e: &mut Evaluation<'_>,
        module: ModuleId,
        index: usize,
        data: &RepetitionData,
        provider: &dyn Provider,
    ) -> Option<Value> {
        let decl = e.cfg.resource(module, index);
        let body = e.resource_body(decl, 0, data, provider, "a resource", Keep::Everything);
        body.map(|(value, _)| value)
    }
}

/// A dependency graph in layers of ten, each node needing two of the layer above it.
#[derive(Debug)]
pub struct Layers(Graph<u32>);

impl Layers {
    const WIDTH: u32 = 10;

    /// Builds and checks it, as a configuration's is. None is made with a cycle.
    #[must_use]
    pub fn new(nodes: u32) -> Option<Self> {
        let mut builder = GraphBuilder::new();
        for n in 0..nodes {
            builder.node(&n);
            if let Some(above) = (n / Self::WIDTH).checked_sub(1) {
                for k in 0..2 {
                    builder.edge(&n, &(above * Self::WIDTH + (n + k) % Self::WIDTH));
                }
            }
        }
        builder.build().ok().map(Self)
    }

    /// Works through it as an apply does, with so many operations at a time, none of which takes any time. Answers with how
    /// many there were.
    #[must_use]
    pub fn schedule(&self, limit: usize) -> usize {
        let graph = &self.0;
        let ranks = longest_ways(graph, |n| 1 + n as u64 % 7);
        let lanes = vec![Lane::new(None)];
        let mut queue = Queue::new(ranks, vec![Some(0); graph.nodes.len()], lanes, limit);
        let mut missing: Vec<usize> = graph.needs.iter().map(Vec::len).collect();
        for n in (0..graph.nodes.len()).filter(|n| missing[*n] == 0) {
            queue.push(n as u32);
        }
        let (mut ready, mut running) = (VecDeque::new(), VecDeque::new());
        let mut done = 0;
        loop {
            while let Some(n) = queue.pop(true) {
                queue.prepared(n);
                ready.push_back(n);
            }
            while ready.front().is_some_and(|n| queue.begin(*n)) {
                running.extend(ready.pop_front());
            }
            let Some(n) = running.pop_front() else {
                return done;
            };
            queue.ended(n);
            done += 1;
            for next in &graph.needed_by[n as usize] {
                missing[*next as usize] -= 1;
                if missing[*next as usize] == 0 {
                    queue.push(*next);
                }
            }
        }
    }
}
