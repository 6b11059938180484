//! Defaults of optional attributes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::value::{Entries, Kind, Str, Value};

/// Defaults of optional attributes, in the shape of the type that declares them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defaults {
    /// Defaults of this object's own attributes, already of the attribute's type.
    pub attributes: BTreeMap<Str, Value>,
    /// Defaults further in, by attribute name or tuple index; under `""` those of a collection's elements.
    pub children: BTreeMap<Str, Defaults>,
}

impl Defaults {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.children.is_empty()
    }

    /// Puts defaults where optional attributes are missing or null, before [`super::convert`]. Collections may come back as
    /// tuples and objects, as their elements need not have one type before conversion.
    #[must_use]
    pub fn apply(&self, value: &Value) -> Value {
        if self.is_empty() {
            return value.clone();
        }
        let applied = match value.kind() {
            Kind::List(l) | Kind::Set(l) => self.apply_items(&l.items),
            Kind::Tuple(items) => self.apply_items(items),
            Kind::Map(m) => self.apply_entries(&m.entries),
            Kind::Object(o) => self.apply_entries(o),
            _ => return value.clone(),
        };
        match applied {
            Some(v) => v.mark(value.marks()),
            None => value.clone(),
        }
    }

    fn apply_items(&self, items: &[Value]) -> Option<Value> {
        if self.children.is_empty() {
            return None;
        }
        let each = self.children.get("");
        Some(Value::tuple(items.iter().enumerate().map(|(i, v)| {
            match each.or_else(|| self.children.get(i.to_string().as_str())) {
                Some(d) => d.apply(v),
                None => v.clone(),
            }
        })))
    }

    fn apply_entries(&self, entries: &Entries) -> Option<Value> {
        let each = self.children.get("");
        let mut out = entries.clone();
        for (name, default) in &self.attributes {
            match out.get(name) {
                Some(v) if !v.is_null() => {}
                // A null that is secret is still replaced, and what replaces it is secret as well.
                Some(v) => {
                    let marks = v.marks();
                    out.insert(name.clone(), default.clone().mark(marks));
                }
                None => {
                    out.insert(name.clone(), default.clone());
                }
            }
        }
        for (name, v) in &mut out {
            if let Some(d) = each.or_else(|| self.children.get(name)) {
                *v = d.apply(v);
            }
        }
        Some(Kind::Object(Arc::new(out)).into())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed expectation is a failed test
mod tests {
    use super::*;
    use crate::value::Type;

    fn s(text: &str) -> Value {
        Value::string(text)
    }

    fn n(number: i64) -> Value {
        Value::number(number)
    }

    #[test]
    fn defaults_replace_what_is_missing_or_null() {
        let inner = Defaults {
            attributes: [("port".into(), n(80))].into(),
            ..Defaults::default()
        };
        let outer = Defaults {
            attributes: [("name".into(), s("x"))].into(),
            children: [(
                "rules".into(),
                Defaults {
                    children: [("".into(), inner)].into(),
                    ..Defaults::default()
                },
            )]
            .into(),
        };
        let v = Value::object([
            ("name", Value::null(Type::Dynamic)),
            (
                "rules",
                Value::tuple([Value::object::<&str>([]), Value::object([("port", n(1))])]),
            ),
        ]);
        let expected = Value::object([
            ("name", s("x")),
            (
                "rules",
                Value::tuple([
                    Value::object([("port", n(80))]),
                    Value::object([("port", n(1))]),
                ]),
            ),
        ]);
        assert_eq!(outer.apply(&v), expected);
        assert_eq!(
            outer.apply(&Value::null(Type::Dynamic)),
            Value::null(Type::Dynamic)
        );
    }
}
