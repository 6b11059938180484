//! Types of values.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use litemap::LiteMap;

use super::value::Str;

/// The type of a value, or a constraint that a value is converted to. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type {
    /// As a constraint: any type. As the type of a value: not known yet, or that of a null nobody typed.
    Dynamic,
    Bool,
    Number,
    String,
    List(Arc<Type>),
    Set(Arc<Type>),
    Map(Arc<Type>),
    Tuple(Arc<[Type]>),
    Object(Arc<ObjectType>),
}

/// The attributes of an object type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectType {
    pub attributes: LiteMap<Str, Type>,
    /// Attributes that a source object may lack: they become null. Empty in the type of a value.
    pub optional: BTreeSet<Str>,
}

impl Type {
    #[must_use]
    pub fn list(element: Type) -> Self {
        Type::List(Arc::new(element))
    }

    #[must_use]
    pub fn set(element: Type) -> Self {
        Type::Set(Arc::new(element))
    }

    #[must_use]
    pub fn map(element: Type) -> Self {
        Type::Map(Arc::new(element))
    }

    #[must_use]
    pub fn tuple(elements: impl IntoIterator<Item = Type>) -> Self {
        Type::Tuple(elements.into_iter().collect())
    }

    #[must_use]
    pub fn object<N: Into<Str>>(attributes: impl IntoIterator<Item = (N, Type)>) -> Self {
        let attributes = attributes.into_iter().map(|(n, t)| (n.into(), t)).collect();
        Type::Object(Arc::new(ObjectType {
            attributes,
            optional: BTreeSet::new(),
        }))
    }

    #[must_use]
    pub fn is_primitive(&self) -> bool {
        matches!(self, Type::Bool | Type::Number | Type::String)
    }

    /// List, set or map.
    #[must_use]
    pub fn is_collection(&self) -> bool {
        matches!(self, Type::List(_) | Type::Set(_) | Type::Map(_))
    }

    /// The element type of a collection.
    #[must_use]
    pub fn element(&self) -> Option<&Type> {
        match self {
            Type::List(t) | Type::Set(t) | Type::Map(t) => Some(t),
            _ => None,
        }
    }

    #[must_use]
    pub fn has_dynamic(&self) -> bool {
        match self {
            Type::Dynamic => true,
            Type::Bool | Type::Number | Type::String => false,
            Type::List(t) | Type::Set(t) | Type::Map(t) => t.has_dynamic(),
            Type::Tuple(ts) => ts.iter().any(Type::has_dynamic),
            Type::Object(o) => o.attributes.values().any(Type::has_dynamic),
        }
    }

    pub(super) fn has_optional(&self) -> bool {
        match self {
            Type::Dynamic | Type::Bool | Type::Number | Type::String => false,
            Type::List(t) | Type::Set(t) | Type::Map(t) => t.has_optional(),
            Type::Tuple(ts) => ts.iter().any(Type::has_optional),
            Type::Object(o) => {
                !o.optional.is_empty() || o.attributes.values().any(Type::has_optional)
            }
        }
    }

    /// The same type with no attribute optional: what a value converted to this constraint has.
    #[must_use]
    pub fn without_optional(&self) -> Type {
        match self {
            _ if !self.has_optional() => self.clone(),
            Type::Dynamic | Type::Bool | Type::Number | Type::String => self.clone(),
            Type::List(t) => Type::list(t.without_optional()),
            Type::Set(t) => Type::set(t.without_optional()),
            Type::Map(t) => Type::map(t.without_optional()),
            Type::Tuple(ts) => Type::tuple(ts.iter().map(Type::without_optional)),
            Type::Object(o) => Type::object(
                o.attributes
                    .iter()
                    .map(|(n, t)| (n.clone(), t.without_optional())),
            ),
        }
    }

    /// What people call it: "list of string", "object".
    #[must_use]
    pub fn friendly(&self) -> String {
        match self {
            Type::Dynamic => "dynamic".into(),
            Type::Bool => "bool".into(),
            Type::Number => "number".into(),
            Type::String => "string".into(),
            Type::List(t) => format!("list of {}", t.friendly()),
            Type::Set(t) => format!("set of {}", t.friendly()),
            Type::Map(t) => format!("map of {}", t.friendly()),
            Type::Tuple(_) => "tuple".into(),
            Type::Object(_) => "object".into(),
        }
    }

    /// Terraform's JSON form of a type: `"string"`, `["list","string"]`, `["object",{"a":"bool"}]`.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::json;
        match self {
            Type::Dynamic => json!("dynamic"),
            Type::Bool => json!("bool"),
            Type::Number => json!("number"),
            Type::String => json!("string"),
            Type::List(t) => json!(["list", t.to_json()]),
            Type::Set(t) => json!(["set", t.to_json()]),
            Type::Map(t) => json!(["map", t.to_json()]),
            Type::Tuple(ts) => json!(["tuple", ts.iter().map(Type::to_json).collect::<Vec<_>>()]),
            Type::Object(o) => {
                let attributes: serde_json::Map<_, _> = o
                    .attributes
                    .iter()
                    .map(|(n, t)| (n.to_string(), t.to_json()))
                    .collect();
                if o.optional.is_empty() {
                    json!(["object", attributes])
                } else {
                    json!([
                        "object",
                        attributes,
                        o.optional.iter().map(|n| n.to_string()).collect::<Vec<_>>()
                    ])
                }
            }
        }
    }

    /// Reads the form that [`Type::to_json`] writes; none for anything else.
    #[must_use]
    pub fn from_json(json: &serde_json::Value) -> Option<Type> {
        use serde_json::Value as J;
        Some(match json {
            J::String(s) => match s.as_str() {
                "dynamic" => Type::Dynamic,
                "bool" => Type::Bool,
                "number" => Type::Number,
                "string" => Type::String,
                _ => return None,
            },
            J::Array(a) => {
                let of = a.get(1)?;
                match a.first()?.as_str()? {
                    "list" => Type::list(Type::from_json(of)?),
                    "set" => Type::set(Type::from_json(of)?),
                    "map" => Type::map(Type::from_json(of)?),
                    "tuple" => Type::Tuple(
                        of.as_array()?
                            .iter()
                            .map(Type::from_json)
                            .collect::<Option<_>>()?,
                    ),
                    "object" => {
                        let attributes = of
                            .as_object()?
                            .iter()
                            .map(|(n, t)| Some((n.as_str().into(), Type::from_json(t)?)))
                            .collect::<Option<_>>()?;
                        let optional = match a.get(2) {
                            Some(o) => o
                                .as_array()?
                                .iter()
                                .map(|n| n.as_str().map(Into::into))
                                .collect::<Option<_>>()?,
                            None => BTreeSet::new(),
                        };
                        Type::Object(Arc::new(ObjectType {
                            attributes,
                            optional,
                        }))
                    }
                    _ => return None,
                }
            }
            _ => return None,
        })
    }
}

/// As it is written in a `type` argument: `list(string)`, `object({a = bool})`.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Dynamic => f.write_str("any"),
            Type::Bool => f.write_str("bool"),
            Type::Number => f.write_str("number"),
            Type::String => f.write_str("string"),
            Type::List(t) => write!(f, "list({t})"),
            Type::Set(t) => write!(f, "set({t})"),
            Type::Map(t) => write!(f, "map({t})"),
            Type::Tuple(ts) => {
                f.write_str("tuple([")?;
                for (i, t) in ts.iter().enumerate() {
                    write!(f, "{}{t}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str("])")
            }
            Type::Object(o) => {
                f.write_str("object({")?;
                for (i, (n, t)) in o.attributes.iter().enumerate() {
                    f.write_str(if i > 0 { ", " } else { "" })?;
                    if o.optional.contains(n) {
                        write!(f, "{n} = optional({t})")?
                    } else {
                        write!(f, "{n} = {t}")?
                    }
                }
                f.write_str("})")
            }
        }
    }
}
