//! Configuration for objects that exist: a `resource` block that says what the object is, and nothing that it need not.
//!
//! What goes into a block is found out with the provider: what it computes is left out, what has its default is left out,
//! and so is what it would not accept beside the rest. How a block is written is in [`print`].

mod print;

use std::sync::Arc;

use cloudapp_lang::value::Kind;
use cloudapp_lang::{PathStep, Severity, Value};

use crate::address::{Address, Mode};
use crate::calls::{Asked, Calls};
use crate::objects::proposed_new;
use crate::plan::Action;
use crate::plan::job::{JobError, import_object};
use crate::provider::{CallKind, Object, OperationContext, PlanRequest, Provider};
use crate::schema::{Attribute, Block, NestedBlock, Nesting, SharedSchema};

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
    pub(crate) calls: Arc<Calls>,
}

impl Source {
    /// Reads the object and writes its block.
    pub(crate) async fn block(&self) -> Result<String, JobError> {
        let asked = Asked {
            provider: &*self.provider,
            call: CallKind::Read,
            kind: &self.address.resource.kind,
            address: &self.address,
            action: Action::Read,
        };
        let object = import_object(&self.calls, asked, &self.cx, &self.id).await?;
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

    /// Leaves out what the object would have anyway: what the provider plans for one that is made with no more than must
    /// be said.
    async fn without_defaults(&self, config: Value, object: &Object) -> Value {
        let block = &self.schema.block;
        let least = required(block, &config);
        let (Some(made), Some(as_is)) = (
            self.planned(&least, None).await,
            self.planned(&config, Some(object)).await,
        ) else {
            return config;
        };
        let shorter = unlike(block, &config, &made);
        if self.planned(&shorter, Some(object)).await.as_ref() == Some(&as_is) {
            return shorter;
        }
        // A default that depends on other arguments: only what leaves the object as it is may go.
        let mut config = config;
        for (name, a) in &block.attributes {
            let set = |c: &Value| c.get(name).is_some_and(|v| !v.is_null());
            if a.required || !set(&config) || set(&shorter) {
                continue;
            }
            let without = without(&config, block, name);
            if self.planned(&without, Some(object)).await.as_ref() == Some(&as_is) {
                config = without;
            }
        }
        config
    }

    /// What an object would become, or a new one; none where the provider cannot say.
    async fn planned(&self, config: &Value, object: Option<&Object>) -> Option<Value> {
        let prior = object.map(|o| &o.value);
        let request = PlanRequest {
            kind: self.address.resource.kind.clone(),
            prior: object.cloned(),
            config: config.clone(),
            proposed: proposed_new(&self.schema.block, prior, config),
        };
        let answer = self.provider.plan_change(&self.cx, request).await.ok()?;
        let as_asked = object.is_none() || answer.requires_replace.is_empty();
        as_asked.then_some(answer.planned)
    }
}

/// The part of a configuration that must be said.
fn required(block: &Block, config: &Value) -> Value {
    let entries = config.as_entries().into_iter().flatten().map(|(n, v)| {
        let value = match (block.attributes.get(n), block.blocks.get(n)) {
            (Some(a), _) if !a.required => Value::null(v.ty()),
            (_, Some(b)) => over(b, v, &|_, v| required(&b.block, v)),
            _ => v.clone(),
        };
        (n.clone(), value)
    });
    Value::object(entries.collect::<Vec<_>>())
}

/// The part of a configuration that is not as in `made`.
fn unlike(block: &Block, config: &Value, made: &Value) -> Value {
    let entries = config.as_entries().into_iter().flatten().map(|(n, v)| {
        let other = made.get(n);
        let value = match (block.attributes.get(n), block.blocks.get(n)) {
            (Some(a), _) if !a.required && other == Some(v) => Value::null(v.ty()),
            // The elements of a set cannot be told apart by their places.
            (_, Some(b)) if b.nesting != Nesting::Set => {
                let others = other.and_then(Value::as_items).unwrap_or_default();
                over(b, v, &|i, v| match others.get(i) {
                    Some(o) => unlike(&b.block, v, o),
                    None => v.clone(),
                })
            }
            _ => v.clone(),
        };
        (n.clone(), value)
    });
    Value::object(entries.collect::<Vec<_>>())
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
            Some(v) if &**name != "timeouts" && !b.block.deprecated => {
                over(b, v, &|_, v| settable(&b.block, v))
            }
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

/// The blocks of one kind with each of them replaced; it is told their place among the others.
fn over(b: &NestedBlock, value: &Value, one: &dyn Fn(usize, &Value) -> Value) -> Value {
    let items = || value.as_items().unwrap_or_default().iter().enumerate();
    let entries = || {
        let all = value.as_entries().into_iter().flatten().enumerate();
        all.map(|(i, (k, v))| (k.clone(), one(i, v)))
    };
    match value.kind() {
        Kind::List(l) => Value::list(l.element.clone(), items().map(|(i, v)| one(i, v)).collect()),
        Kind::Set(s) => Value::set(s.element.clone(), items().map(|(i, v)| one(i, v)).collect()),
        Kind::Tuple(_) => Value::tuple(items().map(|(i, v)| one(i, v))),
        Kind::Map(m) => Value::map(m.element.clone(), entries()),
        Kind::Object(_) if b.nesting == Nesting::Single => one(0, value),
        Kind::Object(_) => Value::object(entries().collect::<Vec<_>>()),
        _ => value.clone(),
    }
}
