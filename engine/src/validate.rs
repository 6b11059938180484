//! Checks that need neither values nor a cloud: every expression with everything unknown, every body against its schema
//! and its provider's rules.

use std::collections::{BTreeMap, HashSet};

use cloudapp_lang::{Diagnostic, Diagnostics, Value};

use crate::address::{Address, InstanceKey};
use crate::bodies::Keep;
use crate::conditions::ConditionsOf;
use crate::config::{Configuration, ModuleId, ObjectId};
use crate::evaluation::Evaluation;
use crate::plan::PlanMode;
use crate::plan::walk::imports;
use crate::run::{PlanOptions, Runner};
use crate::scope::{RepetitionData, ResourceValues, Shape, Values};

pub(crate) fn validate(runner: &Runner) -> Diagnostics {
    let found = check(runner, |_| Look::Whole);
    let misread = &runner.configuration.misread;
    // The evaluation may have come upon the same mistake. It knows more of it, unless it points to a part only.
    let is_part = |d: &Diagnostic| {
        misread.iter().any(|m| match (m.subject, d.subject) {
            (Some(whole), Some(part)) => whole != part && whole.contains(part),
            _ => false,
        })
    };
    let mut out: Diagnostics = found.into_iter().filter(|d| !is_part(d)).collect();
    let known: HashSet<_> = out.iter().map(|d| d.subject).collect();
    out.extend(
        misread
            .iter()
            .filter(|m| !known.contains(&m.subject))
            .cloned(),
    );
    out
}

/// What [`validate`] finds in those objects that a plan may never evaluate: what is refused without values is refused
/// whether a run comes to it or not. What the plan evaluates in any case tells by itself what is wrong with it; that is
/// most of a stack, and looking at it twice would cost.
pub(crate) fn before_plan(runner: &Runner, options: &PlanOptions) -> Diagnostics {
    let misread = &runner.configuration.misread;
    if options.mode != PlanMode::Normal || !options.targets.is_empty() || !misread.is_empty() {
        return validate(runner);
    }
    let cfg = &*runner.configuration;
    let graph = &cfg.graph;
    let once = modules_with_one_instance(cfg);
    let mut looks: Vec<Look> = (graph.nodes.iter())
        .map(|o| match is_evaluated(cfg, &once, *o) {
            true => Look::Not,
            false => Look::Whole,
        })
        .collect();
    if !looks.contains(&Look::Whole) {
        return Diagnostics::new();
    }
    // What they need is there before them, and may need more.
    for n in graph.order.iter().rev() {
        if looks[*n as usize] != Look::Not {
            for need in &graph.needs[*n as usize] {
                let look = &mut looks[*need as usize];
                *look = (*look).max(Look::Value);
            }
        }
    }
    check(runner, |n| looks[n as usize])
}

/// How much of an object is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Look {
    Not,
    /// Something else needs its value.
    Value,
    Whole,
}

/// For each module, whether it has exactly one instance whatever the values are.
fn modules_with_one_instance(cfg: &Configuration) -> Vec<bool> {
    let mut once = vec![true; cfg.modules.len()];
    // A module is called by one that comes before it.
    for (m, module) in cfg.modules.iter().enumerate() {
        for c in &module.calls {
            once[c.module.0] = once[m] && c.repetition.expr().is_none();
        }
    }
    once
}

/// Whether a plan of everything evaluates all of an object's expressions at least once.
fn is_evaluated(cfg: &Configuration, once: &[bool], object: ObjectId) -> bool {
    once[object.module().0]
        && match object {
            ObjectId::Resource(m, i) => {
                let decl = cfg.resource(m, i);
                decl.repetition.expr().is_none()
                    && decl.provisioners.is_empty()
                    && decl.lifecycle.postconditions.is_empty()
                    && !decl.body.has_dynamic_blocks()
            }
            ObjectId::Import(m, i) => cfg.module(m).imports[i].repetition.expr().is_none(),
            _ => true,
        }
}

fn check(runner: &Runner, look: impl Fn(u32) -> Look) -> Diagnostics {
    let cfg = &*runner.configuration;
    let functions = runner.functions("", None);
    let variables = BTreeMap::new();
    let mut e = Evaluation {
        cfg,
        functions: &functions,
        variables: &variables,
        values: Values::new(cfg, &runner.workspace, &runner.cwd(), false),
        diags: Diagnostics::new(),
        outcomes: crate::conditions::Outcomes::default(),
        checking: true,
    };
    for n in &cfg.graph.order {
        let look = look(*n);
        if look == Look::Not {
            continue;
        }
        match cfg.graph.nodes[*n as usize] {
            ObjectId::Variable(m, i) => drop(e.variable(m, i)),
            ObjectId::Local(m, i) => drop(e.local(m, i)),
            ObjectId::Call(m, i) => drop(e.call(m, i)),
            ObjectId::Output(m, i) => drop(e.output(m, i)),
            ObjectId::Provider(m, i) => provider(runner, &mut e, m, i),
            ObjectId::Resource(m, i) => resource(runner, &mut e, m, i, look),
            ObjectId::Import(m, i) => {
                drop(imports::requests(&mut e, &cfg.module(m).imports[i]));
            }
            // An assertion speaks of what is there; without values it says nothing.
            ObjectId::Check(..) => {}
        }
    }
    e.diags.merge_warnings();
    e.diags
}

fn provider(runner: &Runner, e: &mut Evaluation<'_>, module: ModuleId, index: usize) {
    let cfg = e.cfg;
    let decl = &cfg.module(module).providers[index];
    if let Some(p) = runner.providers.get(&decl.key.provider) {
        e.provider_body(module, decl, &**p, Keep::Everything);
    }
}

fn resource(runner: &Runner, e: &mut Evaluation<'_>, module: ModuleId, index: usize, look: Look) {
    let cfg = e.cfg;
    let decl = cfg.resource(module, index);
    for instance in e.values.of_module[module.0].clone() {
        let object = Value::unknown(decl.schema.block.ty());
        e.values.instances[instance].resources[index] = match decl.repetition.expr() {
            None => ResourceValues::new(Shape::Single, vec![(InstanceKey::None, object.clone())]),
            Some(_) => ResourceValues::default(),
        };
        if look != Look::Whole {
            continue;
        }
        let Some(expansion) = e.expand(&decl.repetition, instance) else {
            continue;
        };
        let data = match expansion.shape {
            Shape::Single => RepetitionData::default(),
            _ => RepetitionData::unknown(),
        };
        let address = Address {
            module: e.values.instances[instance].addr.clone(),
            resource: decl.addr.clone(),
            key: InstanceKey::None,
        };
        let name = address.to_string();
        if let Some(p) = runner.providers.get(&decl.provider.provider) {
            e.resource_body(decl, instance, &data, &**p, &name, Keep::Everything);
        }
        e.conditions(
            &decl.lifecycle.preconditions,
            instance,
            None,
            &data,
            ConditionsOf::Before(&address),
        );
        e.conditions(
            &decl.lifecycle.postconditions,
            instance,
            Some(&object),
            &data,
            ConditionsOf::After(&address),
        );
        for p in &decl.provisioners {
            e.provisioner_body(p, instance, &data, &object, &name, Keep::Everything);
        }
    }
}
