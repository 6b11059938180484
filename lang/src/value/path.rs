//! Paths into values.

use std::fmt;

use super::value::{Kind, Str, Value};

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PathStep {
    /// An attribute of an object.
    Attr(Str),
    /// An element of a list or tuple, from 0.
    Index(usize),
    /// An element of a map.
    Key(Str),
    /// Some element of a set: sets have no index, so what lies below is said of all elements.
    Element,
}

/// The way from a value to one inside it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Path(pub Vec<PathStep>);

impl Path {
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn attr(name: &str) -> Self {
        Self(vec![PathStep::Attr(name.into())])
    }

    #[must_use]
    pub fn then(&self, step: PathStep) -> Self {
        let mut p = self.0.clone();
        p.push(step);
        Self(p)
    }

    #[must_use]
    pub fn starts_with(&self, prefix: &Path) -> bool {
        self.0.starts_with(&prefix.0)
    }

    /// The value at this path; none where it does not exist, is not known or goes through a set.
    #[must_use]
    pub fn get<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.0
            .iter()
            .try_fold(value, |v, step| match (step, v.kind()) {
                (PathStep::Attr(n), Kind::Object(o)) => o.get(n),
                (PathStep::Key(k), Kind::Map(m)) => m.entries.get(k),
                (PathStep::Index(i), Kind::List(l)) => l.items.get(*i),
                (PathStep::Index(i), Kind::Tuple(t)) => t.get(*i),
                _ => None,
            })
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, s) in self.0.iter().enumerate() {
            match s {
                PathStep::Attr(n) if i == 0 => f.write_str(n)?,
                PathStep::Attr(n) => write!(f, ".{n}")?,
                PathStep::Index(n) => write!(f, "[{n}]")?,
                PathStep::Key(k) => write!(f, "[{:?}]", &**k)?,
                PathStep::Element => f.write_str("[*]")?,
            }
        }
        Ok(())
    }
}
