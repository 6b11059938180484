//! What an end of a move names: modules and resources in a state, some of them in all their instances.

use std::fmt;

use cloudapp_lang::Str;

use crate::address::{InstanceKey, ModuleAddr, ResourceAddr, Target};

/// Which instances of a module call or a resource are meant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Keys {
    Any,
    One(InstanceKey),
}

impl Keys {
    pub(super) fn matches(&self, key: &InstanceKey) -> bool {
        match self {
            Keys::Any => true,
            Keys::One(k) => k == key,
        }
    }

    /// Whether there are instances that both mean.
    fn meets(&self, other: &Keys) -> bool {
        match (self, other) {
            (Keys::One(a), Keys::One(b)) => a == b,
            _ => true,
        }
    }
}

/// One end of a move, from the root.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) modules: Vec<(Str, Keys)>,
    /// None where it names a module.
    pub(super) resource: Option<(ResourceAddr, Keys)>,
}

impl Place {
    /// What an address means in all instances of a module. `whole`: all instances of what it names.
    pub(super) fn new(base: &[Str], target: &Target, whole: bool) -> Self {
        let last = |key: &InstanceKey| {
            if whole {
                Keys::Any
            } else {
                Keys::One(key.clone())
            }
        };
        let (module, resource) = match target {
            Target::Module(m) => (m, None),
            Target::Resource(a) => (&a.module, Some((a.resource.clone(), last(&a.key)))),
        };
        let mut modules: Vec<_> = base.iter().map(|n| (n.clone(), Keys::Any)).collect();
        for (i, (name, key)) in module.0.iter().enumerate() {
            let is_last = resource.is_none() && i + 1 == module.0.len();
            let keys = if is_last {
                last(key)
            } else {
                Keys::One(key.clone())
            };
            modules.push((name.clone(), keys));
        }
        Self { modules, resource }
    }

    /// Instances of a resource in all instances of its module.
    pub(super) fn instances(path: &[Str], resource: &ResourceAddr, keys: Keys) -> Self {
        Self {
            modules: path.iter().map(|n| (n.clone(), Keys::Any)).collect(),
            resource: Some((resource.clone(), keys)),
        }
    }

    /// Whether an address ends without a key.
    pub(super) fn has_no_key(target: &Target) -> bool {
        let key = match target {
            Target::Module(m) => m.0.last().map(|(_, k)| k),
            Target::Resource(a) => Some(&a.key),
        };
        key.is_none_or(|k| *k == InstanceKey::None)
    }

    /// The names of the calls that lead to it.
    pub(super) fn path(&self) -> impl Iterator<Item = &Str> {
        self.modules.iter().map(|(n, _)| n)
    }

    /// Whether its modules lead to this one, not above or below.
    pub(super) fn leads_to(&self, module: &ModuleAddr) -> bool {
        self.modules.len() == module.0.len() && self.leads_above(module)
    }

    /// Whether its modules lead to this one or to one that it is in.
    pub(super) fn leads_above(&self, module: &ModuleAddr) -> bool {
        self.modules.len() <= module.0.len()
            && self
                .modules
                .iter()
                .zip(module.0.iter())
                .all(|((n, keys), (name, key))| n == name && keys.matches(key))
    }

    fn modules_meet(&self, other: &Place) -> bool {
        self.modules
            .iter()
            .zip(&other.modules)
            .all(|((n, k), (name, keys))| n == name && k.meets(keys))
    }

    /// Whether something is at both.
    pub(super) fn meets(&self, other: &Place) -> bool {
        self.modules.len() == other.modules.len()
            && self.modules_meet(other)
            && match (&self.resource, &other.resource) {
                (None, None) => true,
                (Some((a, k)), Some((b, keys))) => a == b && k.meets(keys),
                _ => false,
            }
    }

    /// Whether something here is in a module that the other names.
    pub(super) fn is_inside(&self, other: &Place) -> bool {
        let deeper = match self.resource {
            Some(_) => self.modules.len() >= other.modules.len(),
            None => self.modules.len() > other.modules.len(),
        };
        other.resource.is_none() && deeper && self.modules_meet(other)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = |keys: &Keys| match keys {
            Keys::Any => String::new(),
            Keys::One(k) => k.to_string(),
        };
        for (i, (name, keys)) in self.modules.iter().enumerate() {
            let dot = if i > 0 { "." } else { "" };
            write!(f, "{dot}module.{name}{}", key(keys))?;
        }
        match &self.resource {
            None => Ok(()),
            Some((r, keys)) => {
                let dot = if self.modules.is_empty() { "" } else { "." };
                write!(f, "{dot}{r}{}", key(keys))
            }
        }
    }
}
