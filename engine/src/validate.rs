//! Checks that need neither values nor a cloud: every expression with everything unknown, every body against its schema
//! and its provider's rules.

use std::collections::BTreeMap;

use cloudapp_lang::{Diagnostics, Value};

use crate::address::{Address, InstanceKey};
use crate::bodies::Keep;
use crate::conditions::ConditionsOf;
use crate::config::{ModuleId, ObjectId};
use crate::evaluation::Evaluation;
use crate::plan::walk::imports;
use crate::run::Runner;
use crate::scope::{RepetitionData, ResourceValues, Shape, Values};

pub(crate) fn validate(runner: &Runner) -> Diagnostics {
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
        match cfg.graph.nodes[*n as usize] {
            ObjectId::Variable(m, i) => drop(e.variable(m, i)),
            ObjectId::Local(m, i) => drop(e.local(m, i)),
            ObjectId::Call(m, i) => drop(e.call(m, i)),
            ObjectId::Output(m, i) => drop(e.output(m, i)),
            ObjectId::Provider(m, i) => provider(runner, &mut e, m, i),
            ObjectId::Resource(m, i) => resource(runner, &mut e, m, i),
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

fn resource(runner: &Runner, e: &mut Evaluation<'_>, module: ModuleId, index: usize) {
    let cfg = e.cfg;
    let decl = cfg.resource(module, index);
    for instance in e.values.of_module[module.0].clone() {
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
        let object = Value::unknown(decl.schema.block.ty());
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
        let values = match expansion.shape {
            Shape::Single => ResourceValues::new(Shape::Single, vec![(InstanceKey::None, object)]),
            _ => ResourceValues::default(),
        };
        e.values.instances[instance].resources[index] = values;
    }
}
