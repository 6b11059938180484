//! What a provider says of its types: which arguments there are, of which type, and who sets them.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use cloudapp_lang::{Str, Type, Value};

/// The schema of a resource type, a data source or a provider's configuration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    /// Of the shape of stored objects. A provider upgrades what an older version stored.
    pub version: u64,
    pub block: Block,
}

/// A block's arguments and the blocks in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    pub attributes: BTreeMap<Str, Attribute>,
    pub blocks: BTreeMap<Str, NestedBlock>,
    pub deprecated: bool,
    pub made: Made,
}

/// What follows from a block, made when it is first asked for: every instance of a resource has the same type. A copy
/// of a block, which may be changed, begins without it.
#[derive(Debug, Default)]
pub struct Made(OnceLock<Derived>);

#[derive(Debug)]
struct Derived {
    ty: Type,
    empty: Value,
    has_sensitive: bool,
}

impl Clone for Made {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Made {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// An argument: `name = expression`.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// A constraint: object types in it may have optional attributes.
    pub ty: Type,
    pub required: bool,
    pub optional: bool,
    /// Set by the provider where the configuration does not.
    pub computed: bool,
    pub sensitive: bool,
    /// Given to the provider, never stored.
    pub write_only: bool,
    pub deprecated: bool,
}

impl Attribute {
    fn new(ty: Type, required: bool, optional: bool, computed: bool) -> Self {
        Self {
            ty,
            required,
            optional,
            computed,
            sensitive: false,
            write_only: false,
            deprecated: false,
        }
    }

    #[must_use]
    pub fn required(ty: Type) -> Self {
        Self::new(ty, true, false, false)
    }

    #[must_use]
    pub fn optional(ty: Type) -> Self {
        Self::new(ty, false, true, false)
    }

    #[must_use]
    pub fn computed(ty: Type) -> Self {
        Self::new(ty, false, false, true)
    }

    #[must_use]
    pub fn optional_computed(ty: Type) -> Self {
        Self::new(ty, false, true, true)
    }

    #[must_use]
    pub fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// Whether a configuration may set it.
    #[must_use]
    pub fn is_settable(&self) -> bool {
        self.required || self.optional
    }
}

/// How the blocks of one type make a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// At most one block: an object, or null.
    Single,
    List,
    Set,
    /// By the block's label.
    Map,
}

/// A block inside a block: `name { ... }`.
#[derive(Clone, Debug, PartialEq)]
pub struct NestedBlock {
    pub nesting: Nesting,
    pub block: Block,
    pub min_items: u64,
    /// 0: any number.
    pub max_items: u64,
}

impl Block {
    /// The type of this block's value.
    #[must_use]
    pub fn ty(&self) -> Type {
        self.made().ty.clone()
    }

    /// A value of this block with nothing set: attributes null, no blocks.
    #[must_use]
    pub fn empty(&self) -> Value {
        self.made().empty.clone()
    }

    /// Whether an attribute of this block, or of one inside, is sensitive.
    #[must_use]
    pub fn has_sensitive(&self) -> bool {
        self.made().has_sensitive
    }

    fn made(&self) -> &Derived {
        self.made.0.get_or_init(|| {
            let own = || {
                let all = self.attributes.iter();
                all.map(|(n, a)| (n.clone(), a.ty.without_optional()))
            };
            let types = own().chain(self.blocks.iter().map(|(n, b)| (n.clone(), b.ty())));
            let values = own()
                .map(|(n, t)| (n, Value::null(t)))
                .chain(self.blocks.iter().map(|(n, b)| (n.clone(), b.none())));
            Derived {
                ty: Type::object(types),
                empty: Value::object(values),
                has_sensitive: self.attributes.values().any(|a| a.sensitive)
                    || self.blocks.values().any(|b| b.block.has_sensitive()),
            }
        })
    }
}

impl NestedBlock {
    /// The type of the value that all blocks of this kind together make.
    #[must_use]
    pub fn ty(&self) -> Type {
        let of = self.block.ty();
        match self.nesting {
            Nesting::Single => of,
            Nesting::List => Type::list(of),
            Nesting::Set => Type::set(of),
            Nesting::Map => Type::map(of),
        }
    }

    /// The value where there is no such block. Lists whose elements hold dynamic types are tuples; so their value is too.
    #[must_use]
    pub fn none(&self) -> Value {
        let of = self.block.ty();
        match self.nesting {
            Nesting::Single => Value::null(of),
            Nesting::List if of.has_dynamic() => Value::tuple([]),
            Nesting::List => Value::list(of, Vec::new()),
            Nesting::Set => Value::set(of, Vec::new()),
            Nesting::Map if of.has_dynamic() => Value::object::<Str>([]),
            Nesting::Map => Value::map::<Str>(of, []),
        }
    }
}

/// A schema, shared: it is made once for a type and used for every instance.
pub type SharedSchema = Arc<Schema>;
