//! What is known of a type beyond its engine schema: defaults, what forces a replacement, limits, relations.

use std::collections::BTreeMap;

use cloudapp_lang::{Number, Str, Type, Value};
use serde_json::Value as Json;

use super::json;
use super::validator::Rule;

/// A resource type, a data source, or the provider's configuration.
#[derive(Debug, Default)]
pub(crate) struct TypeSpec {
    /// In order of names.
    pub(crate) arguments: Vec<Argument>,
    /// There is no update: every change is a replacement.
    pub(crate) no_update: bool,
    pub(crate) deprecated: bool,
    pub(crate) importable: bool,
    /// Operations with a configurable timeout, and its default in seconds.
    pub(crate) timeouts: Vec<(Str, u64)>,
}

/// The flags of an argument, as in the schema's source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flags(u8);

impl Flags {
    pub(crate) const REQUIRED: Flags = Flags(1);
    pub(crate) const OPTIONAL: Flags = Flags(2);
    pub(crate) const COMPUTED: Flags = Flags(4);
    pub(crate) const FORCE_NEW: Flags = Flags(8);
    pub(crate) const SENSITIVE: Flags = Flags(16);
    pub(crate) const WRITE_ONLY: Flags = Flags(32);
    pub(crate) const DEPRECATED: Flags = Flags(64);

    pub(crate) fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// Reads the letters `rocnswd`.
    pub(crate) fn from_letters(letters: &str) -> Option<Self> {
        letters.chars().try_fold(Self::default(), |all, c| {
            Some(Self(all.0 | 1 << "rocnswd".find(c)?))
        })
    }

    pub(crate) const fn with(self, other: Flags) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn has(self, other: Flags) -> bool {
        self.0 & other.0 != 0
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scalar {
    String,
    Bool,
    Int,
    Float,
    /// Any value of any type. Only our own types have it.
    Dynamic,
}

impl Scalar {
    pub(crate) fn from_code(code: u8) -> Option<Self> {
        [Scalar::String, Scalar::Bool, Scalar::Int, Scalar::Float]
            .get(usize::from(code))
            .copied()
    }

    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "string" => Scalar::String,
            "bool" => Scalar::Bool,
            "int" => Scalar::Int,
            "float" => Scalar::Float,
            "any" => Scalar::Dynamic,
            _ => return None,
        })
    }

    pub(crate) fn ty(self) -> Type {
        match self {
            Scalar::String => Type::String,
            Scalar::Bool => Type::Bool,
            Scalar::Int | Scalar::Float => Type::Number,
            Scalar::Dynamic => Type::Dynamic,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Container {
    /// The element itself.
    One,
    List,
    Set,
    Map,
}

#[derive(Debug)]
pub(crate) enum Element {
    Scalar(Scalar, Option<Box<Rule>>),
    Block(Vec<Argument>),
}

/// A default from the environment.
#[derive(Debug)]
pub(crate) struct EnvDefault {
    pub(crate) variable: Str,
    pub(crate) otherwise: Option<Json>,
}

/// Other arguments that an argument depends on: names, or paths such as `config.0.name`.
#[derive(Debug, Default)]
pub(crate) struct Relations {
    pub(crate) conflicts_with: Vec<Str>,
    pub(crate) exactly_one_of: Vec<Str>,
    pub(crate) at_least_one_of: Vec<Str>,
    pub(crate) required_with: Vec<Str>,
}

#[derive(Debug)]
pub(crate) struct Argument {
    pub(crate) name: Str,
    pub(crate) flags: Flags,
    pub(crate) container: Container,
    pub(crate) element: Element,
    pub(crate) default: Option<Value>,
    /// The default as written, until the argument's type is known.
    pub(crate) default_json: Option<Json>,
    pub(crate) env: Option<Box<EnvDefault>>,
    pub(crate) min_items: u64,
    /// 0: any number.
    pub(crate) max_items: u64,
    pub(crate) relations: Option<Box<Relations>>,
    pub(crate) rule: Option<Box<Rule>>,
    /// Which differences are none: `json`, or the name of a function.
    pub(crate) suppression: Option<Str>,
    /// One of the properties that a package's resources have beside the type's own: never a reason to replace.
    pub(crate) is_base: bool,
    /// Written as `name = [...]`, although its elements are objects.
    pub(crate) is_attribute: bool,
}

impl Argument {
    pub(crate) fn new(name: &str, flags: Flags) -> Self {
        Self {
            name: name.into(),
            flags,
            container: Container::One,
            element: Element::Scalar(Scalar::String, None),
            default: None,
            default_json: None,
            env: None,
            min_items: 0,
            max_items: 0,
            relations: None,
            rule: None,
            suppression: None,
            is_base: false,
            is_attribute: false,
        }
    }

    pub(crate) fn is(&self, flag: Flags) -> bool {
        self.flags.has(flag)
    }

    pub(crate) fn is_settable(&self) -> bool {
        self.is(Flags::REQUIRED.with(Flags::OPTIONAL))
    }

    /// The arguments inside, where this is written as blocks: a list or set of objects that a configuration may set.
    /// What the provider alone sets is an attribute; so is a map, whatever its elements were declared to be.
    pub(crate) fn as_block(&self) -> Option<&[Argument]> {
        match (&self.element, self.container) {
            (Element::Block(of), Container::List | Container::Set)
                if self.is_settable() && !self.is_attribute =>
            {
                Some(of)
            }
            _ => None,
        }
    }

    /// The arguments inside a list or set of objects, block or not.
    pub(crate) fn inner(&self) -> Option<&[Argument]> {
        match (&self.element, self.container) {
            (Element::Block(of), Container::List | Container::Set) => Some(of),
            _ => None,
        }
    }

    pub(crate) fn ty(&self) -> Type {
        let element = match &self.element {
            Element::Scalar(scalar, _) => scalar.ty(),
            // An SDK map of objects was never possible: it is a map of strings.
            Element::Block(_) if self.container == Container::Map => Type::String,
            Element::Block(of) => Type::object(of.iter().map(|a| (a.name.clone(), a.ty()))),
        };
        match self.container {
            Container::One => element,
            Container::List => Type::list(element),
            Container::Set => Type::set(element),
            Container::Map => Type::map(element),
        }
    }

    /// Turns the written default into a value of the argument's type.
    pub(crate) fn settle_default(&mut self) {
        if let Some(written) = self.default_json.take() {
            let value = match (&written, self.ty()) {
                (Json::Number(n), Type::Bool) => Value::bool(n.as_i64() != Some(0)),
                (Json::String(s), Type::Number) => {
                    Number::parse(s).map_or(Value::null(Type::Number), Value::number)
                }
                (Json::String(s), Type::Bool) => Value::bool(s == "true"),
                (_, ty) => json::from_json(&written, &ty),
            };
            self.default = Some(value).filter(|v| !v.is_null());
        }
    }

    /// Reads the readable form: see `own.json` for the properties.
    fn from_json(name: &str, json: &Json) -> Option<Self> {
        let mut argument = Argument::new(
            name,
            Flags::from_letters(json["f"].as_str().unwrap_or("o"))?,
        );
        let (container, scalar) = match json["t"].as_str()? {
            "list" => (Container::List, None),
            "set" => (Container::Set, None),
            "map" => (Container::Map, None),
            name => (Container::One, Some(Scalar::from_name(name)?)),
        };
        argument.container = container;
        argument.element = match (scalar, json.get("b"), json.get("e").and_then(Json::as_str)) {
            (Some(scalar), ..) => Element::Scalar(scalar, None),
            (None, Some(block), _) => Element::Block(arguments_from_json(block)?),
            (None, None, e) => Element::Scalar(Scalar::from_name(e.unwrap_or("string"))?, None),
        };
        if let (Some(e), Element::Scalar(scalar, rule)) = (
            json.get("e").filter(|e| e.is_object()),
            &mut argument.element,
        ) {
            *scalar = Scalar::from_name(e["t"].as_str()?)?;
            *rule = e.get("v").and_then(Rule::from_json).map(Box::new);
        }
        argument.default_json = json.get("def").cloned();
        argument.min_items = json["mn"].as_u64().unwrap_or(0);
        argument.max_items = json["mx"].as_u64().unwrap_or(0);
        argument.rule = json.get("v").and_then(Rule::from_json).map(Box::new);
        argument.is_attribute = json["attribute"].as_bool().unwrap_or(false);
        let names = |key: &str| -> Vec<Str> {
            json[key]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|n| n.as_str().map(Into::into))
                .collect()
        };
        argument.relations = Some(Box::new(Relations {
            conflicts_with: names("cw"),
            exactly_one_of: names("eo"),
            at_least_one_of: names("al"),
            required_with: names("rw"),
        }));
        argument.settle_default();
        Some(argument)
    }
}

fn arguments_from_json(json: &Json) -> Option<Vec<Argument>> {
    let sorted: BTreeMap<_, _> = json.as_object()?.iter().collect();
    sorted
        .into_iter()
        .map(|(name, a)| Argument::from_json(name, a))
        .collect()
}

impl TypeSpec {
    /// Reads a type of `own.json`.
    pub(crate) fn from_json(json: &Json) -> Option<Self> {
        Some(Self {
            arguments: arguments_from_json(&json["a"])?,
            no_update: json["ops"].as_str() == Some("crd"),
            deprecated: json["deprecated"].as_bool().unwrap_or(false),
            importable: json.get("import").is_some(),
            timeouts: Vec::new(),
        })
    }

    pub(crate) fn argument(&self, name: &str) -> Option<&Argument> {
        self.arguments
            .binary_search_by(|a| (*a.name).cmp(name))
            .ok()
            .map(|i| &self.arguments[i])
    }

    /// Adds an argument unless the type has one of that name.
    pub(crate) fn add(&mut self, argument: Argument) {
        if let Err(at) = self
            .arguments
            .binary_search_by(|a| a.name.cmp(&argument.name))
        {
            self.arguments.insert(at, argument);
        }
    }
}
