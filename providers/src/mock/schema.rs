//! From what is known of a type to the engine's schema, by the rules of the SDK that the real provider is built with:
//! lists and sets of objects are blocks unless only the provider sets them; every type has an `id`; declared timeouts
//! make a block.

use std::sync::Arc;

use cloudapp_engine::schema::{Attribute, Block, NestedBlock, Nesting, Schema};
use cloudapp_lang::Type;
use cloudapp_lang::value::ObjectType;

use super::spec::{Argument, Container, Flags, TypeSpec};

/// The block of timeouts that a type declares.
pub(crate) const TIMEOUTS: &str = "timeouts";

/// The schema of a type.
pub(crate) fn schema(spec: &TypeSpec) -> Schema {
    let mut block = block(&spec.arguments);
    block.deprecated = spec.deprecated;
    if !spec.timeouts.is_empty() {
        let attributes = spec
            .timeouts
            .iter()
            .map(|(n, _)| (n.clone(), Attribute::optional(Type::String)))
            .collect();
        let timeouts = Block {
            attributes,
            ..Block::default()
        };
        let nested = NestedBlock {
            nesting: Nesting::Single,
            block: timeouts,
            min_items: 0,
            max_items: 0,
        };
        block.blocks.insert(TIMEOUTS.into(), nested);
    }
    Schema { version: 0, block }
}

fn block(arguments: &[Argument]) -> Block {
    let mut block = Block::default();
    for argument in arguments {
        match argument.as_block() {
            Some(inner) => {
                block
                    .blocks
                    .insert(argument.name.clone(), nested(argument, inner));
            }
            None => {
                block
                    .attributes
                    .insert(argument.name.clone(), attribute(argument));
            }
        }
    }
    block
}

fn nested(argument: &Argument, inner: &[Argument]) -> NestedBlock {
    let nesting = if argument.container == Container::List {
        Nesting::List
    } else {
        Nesting::Set
    };
    // Where the provider may fill in blocks, their number in the configuration says nothing about the result.
    let (min_items, max_items) = if argument.is(Flags::COMPUTED) {
        (0, 0)
    } else {
        let min = if argument.is(Flags::REQUIRED) {
            argument.min_items.max(1)
        } else {
            0
        };
        (min, argument.max_items)
    };
    NestedBlock {
        nesting,
        block: block(inner),
        min_items,
        max_items,
    }
}

fn attribute(argument: &Argument) -> Attribute {
    // What the environment supplies need not be written.
    let supplied = argument
        .env
        .as_ref()
        .is_some_and(|e| e.otherwise.is_some() || std::env::var_os(&*e.variable).is_some());
    let required = argument.is(Flags::REQUIRED) && !supplied;
    Attribute {
        ty: constraint(argument),
        required,
        optional: !required && argument.is_settable(),
        computed: argument.is(Flags::COMPUTED),
        sensitive: argument.is(Flags::SENSITIVE),
        write_only: argument.is(Flags::WRITE_ONLY),
        deprecated: argument.is(Flags::DEPRECATED),
    }
}

/// The type that a configuration is converted to: what an object written as an attribute need not have is optional.
fn constraint(argument: &Argument) -> Type {
    let ty = argument.ty();
    let (Some(inner), true) = (argument.inner(), argument.is_attribute) else {
        return ty;
    };
    let attributes = inner
        .iter()
        .map(|a| (a.name.clone(), constraint(a)))
        .collect();
    let optional = inner
        .iter()
        .filter(|a| !a.is(Flags::REQUIRED))
        .map(|a| a.name.clone())
        .collect();
    let element = Type::Object(Arc::new(ObjectType {
        attributes,
        optional,
    }));
    if argument.container == Container::Set {
        Type::set(element)
    } else {
        Type::list(element)
    }
}
