//! Configuration for objects that exist: a `resource` block that says what the object is, and nothing that it need not.
//!
//! What goes into a block is found out with the provider: what it computes is left out, what has its default is left out,
//! and so is what it would not accept beside the rest. How a block is written is in [`print`].

mod print;

use std::collections::BTreeSet;
use std::sync::Arc;

use cloudapp_lang::value::Kind;
use cloudapp_lang::{PathStep, Severity, Str, Value};

use crate::address::{Address, Mode};
use crate::objects::proposed_new;
use crate::plan::job::{JobError, import_object};
use crate::provider::{Object, OperationContext, PlanRequest, Provider};
use crate::schema::{Attribute, Block, NestedBlock, SharedSchema};

/// The first lines of a file of generated blocks.
pub(crate) const HEADER: &str = "# Written by cloudapp for objects that are imported. Review it, and move the blocks to where they belong.\n";

/// What a block is written for.
pub(crate) struct Source {
    pub(crate) address: Address,
    /// The value of `provider`, where it is not the type's own.
    pub(crate) provider_argument: Option<String>,
    pub(crate) id: String,
    pub(crate) schema: SharedSchema,
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) cx: OperationContext,
}

impl Source {
    /// Reads the object and writes its block.
    pub(crate) async fn block(&self) -> Result<String, JobError> {
        let kind = &self.address.resource.kind;
        let object = import_object(&*self.provider, &self.cx, kind, &self.id).await?;
        let config = self.accepted(settable(&self.schema.block, &object.value));
        let config = self.without_defaults(config, &object).await;
        Ok(print::resource(
            &self.address.resource,
            &self.id,
            self.provider_argument.as_deref(),
            &self.schema.block,
            &config,
        ))
    }

    /// Leaves out what the provider refuses beside the rest, such as one of two ways to say the same.
    fn accepted(&self, mut config: Value) -> Value {
        let block = &self.schema.block;
        for _ in 0..block.attributes.len() + block.blocks.len() {
            let found = self
                .provider
                .validate(Mode::Managed, &self.address.resource.kind, &config);
            let refused = found
                .iter()
                .filter(|d| d.severity == Severity::Error)
                .find_map(|d| match d.path.0.first() {
                    Some(PathStep::Attr(n)) => may_be_left_out(block, n).then(|| n.clone()),
                    _ => None,
                })
                .filter(|n| config.get(n).is_some_and(|v| !v.is_null()));
            match refused {
                Some(name) => config = without(&config, block, &name),
                None => break,
            }
        }
        config
    }

    /// Leaves out arguments that the object would have anyway.
    async fn without_defaults(&self, config: Value, object: &Object) -> Value {
        let mut names: BTreeSet<&Str> = BTreeSet::new();
        for (name, a) in &self.schema.block.attributes {
            let set = config.get(name).is_some_and(|v| !v.is_null());
            if set && !a.required && !a.computed {
                names.insert(name);
            }
        }
        let Some(as_is) = self.planned(&config, object).await else {
            return config;
        };
        let mut config = config;
        for name in names {
            let shorter = without(&config, &self.schema.block, name);
            if self.planned(&shorter, object).await.as_ref() == Some(&as_is) {
                config = shorter;
            }
        }
        config
    }

    /// What the object would become; none where the provider cannot say.
    async fn planned(&self, config: &Value, object: &Object) -> Option<Value> {
        let request = PlanRequest {
            kind: self.address.resource.kind.to_string(),
            prior: Some(object.clone()),
            config: config.clone(),
            proposed: proposed_new(&self.schema.block, Some(&object.value), config),
        };
        let answer = self.provider.plan_change(&self.cx, request).await.ok()?;
        answer.requires_replace.is_empty().then_some(answer.planned)
    }
}

fn may_be_left_out(block: &Block, name: &str) -> bool {
    block.attributes.get(name).is_some_and(|a| !a.required)
        || block.blocks.get(name).is_some_and(|b| b.min_items == 0)
}

/// The configuration without one argument or kind of block.
fn without(config: &Value, block: &Block, name: &str) -> Value {
    let entries = config.as_entries().into_iter().flatten().map(|(n, v)| {
        let none = || match block.blocks.get(n) {
            Some(b) => b.none(),
            None => Value::null(v.ty()),
        };
        (n.clone(), if &**n == name { none() } else { v.clone() })
    });
    Value::object(entries.collect::<Vec<_>>())
}

/// The part of an object that a configuration may say.
fn settable(block: &Block, object: &Value) -> Value {
    let attributes = block.attributes.iter().map(|(name, a)| {
        let value = object.get(name).filter(|v| is_said(name, a, v)).cloned();
        (
            name.clone(),
            value.unwrap_or_else(|| Value::null(a.ty.without_optional())),
        )
    });
    let blocks = block.blocks.iter().map(|(name, b)| {
        let value = object.get(name).filter(|v| !v.is_null());
        let value = match value {
            Some(v) if &**name != "timeouts" && !b.block.deprecated => nested(b, v),
            _ => b.none(),
        };
        (name.clone(), value)
    });
    Value::object(attributes.chain(blocks).collect::<Vec<_>>())
}

/// Whether an argument is worth saying. What a cloud fills in where nothing was said is empty as often as null.
fn is_said(name: &str, a: &Attribute, value: &Value) -> bool {
    if !a.is_settable() || value.is_null() {
        return false;
    }
    a.required || !(a.deprecated || is_empty(value) || a.computed && name == "id")
}

fn is_empty(value: &Value) -> bool {
    value.as_str() == Some("")
        || value.as_items().is_some_and(<[Value]>::is_empty)
        || matches!(value.kind(), Kind::Map(m) if m.entries.is_empty())
}

fn nested(b: &NestedBlock, value: &Value) -> Value {
    let one = |v: &Value| settable(&b.block, v);
    let items = || value.as_items().unwrap_or_default().iter().map(one);
    let entries = || value.as_entries().into_iter().flatten();
    match value.kind() {
        Kind::List(l) => Value::list(l.element.clone(), items().collect()),
        Kind::Set(s) => Value::set(s.element.clone(), items().collect()),
        Kind::Tuple(_) => Value::tuple(items()),
        Kind::Map(m) => Value::map(
            m.element.clone(),
            entries().map(|(k, v)| (k.clone(), one(v))).collect(),
        ),
        Kind::Object(_) if b.nesting == crate::schema::Nesting::Single => one(value),
        Kind::Object(_) => Value::object(
            entries()
                .map(|(k, v)| (k.clone(), one(v)))
                .collect::<Vec<_>>(),
        ),
        _ => b.none(),
    }
}
