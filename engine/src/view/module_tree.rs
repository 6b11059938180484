//! Resources grouped by module, as `planned_values` and `values` nest them.

use std::collections::BTreeMap;

use cloudapp_lang::Str;

use super::json::{Array, Object};
use crate::address::{InstanceKey, ModuleAddr};

/// Resources that are already JSON, by module.
#[derive(Default)]
pub(super) struct ModuleTree {
    resources: Vec<String>,
    children: BTreeMap<(Str, InstanceKey), ModuleTree>,
}

impl ModuleTree {
    pub(super) fn add(&mut self, module: &ModuleAddr, resource: String) {
        let mut node = self;
        for step in module.0.iter() {
            node = node.children.entry(step.clone()).or_default();
        }
        node.resources.push(resource);
    }

    pub(super) fn write(&self, out: &mut String) {
        self.write_at(out, &ModuleAddr::root());
    }

    fn write_at(&self, out: &mut String, at: &ModuleAddr) {
        let mut module = Object::new(out);
        if !self.resources.is_empty() {
            let mut list = Array::new(module.key("resources"));
            for r in &self.resources {
                list.item().push_str(r);
            }
            list.end();
        }
        if !at.is_root() {
            module.string("address", &at.to_string());
        }
        if !self.children.is_empty() {
            let mut list = Array::new(module.key("child_modules"));
            for ((name, key), child) in &self.children {
                child.write_at(list.item(), &at.child(name, key.clone()));
            }
            list.end();
        }
        module.end();
    }
}
