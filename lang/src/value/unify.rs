//! One type for several values.

use std::collections::BTreeMap;

use super::convert::conversion_type_within;
use super::types::Type;
use super::value::Str;

/// The type that all the given types convert to, as in conditionals and collection functions; none if there is none.
///
/// Primitives become strings where one of them is a string. Objects with the same attributes unify attribute by
/// attribute, others become maps; tuples of the same length unify element by element, others become lists. A list is
/// preferred to a set. What is dynamic takes the type of its neighbours, unless they are objects, tuples or collections,
/// whose common type could still change: then the result is dynamic.
#[must_use]
pub fn unify(types: &[Type]) -> Option<Type> {
    Unifier::of(types).unify(types)
}

/// Bounds the search for a common type. Where elements of tuples or attributes of objects have none one by one, all of
/// them together may, on every level anew: of types that fail at the bottom there are twice as many ways to try for each
/// level above it.
pub(super) struct Unifier {
    /// How many types may still be looked at.
    left: usize,
}

/// How often each type may be looked at, on average.
const LOOKS: usize = 64;

impl Unifier {
    pub(super) fn of<'t>(types: impl IntoIterator<Item = &'t Type>) -> Self {
        let parts: usize = types.into_iter().map(parts).sum();
        Self {
            left: 4096 + parts.saturating_mul(LOOKS),
        }
    }

    /// None where the bound is reached.
    fn look_at(&mut self, types: &[Type]) -> Option<()> {
        self.left = self.left.checked_sub(types.len())?;
        Some(())
    }

    pub(super) fn unify(&mut self, types: &[Type]) -> Option<Type> {
        self.look_at(types)?;
        let first = types.first()?;
        if types.iter().all(|t| t == first) {
            return Some(first.clone());
        }
        let count = |f: fn(&Type) -> bool| types.iter().filter(|t| f(t)).count();
        let dynamic = count(|t| matches!(t, Type::Dynamic));
        let all = types.len() - dynamic;
        let objects = count(|t| matches!(t, Type::Object(_)));
        let tuples = count(|t| matches!(t, Type::Tuple(_)));
        let maps = count(|t| matches!(t, Type::Map(_)));
        let lists = count(|t| matches!(t, Type::List(_)));
        let sets = count(|t| matches!(t, Type::Set(_)));
        let open = dynamic > 0;
        if all > 0 {
            // Structural types never fall back on one of themselves: an object converts to one with fewer attributes, and
            // that would lose what only some of them have.
            match all {
                n if n == objects => {
                    return if open {
                        Some(Type::Dynamic)
                    } else {
                        self.objects_together(types)
                    };
                }
                n if n == tuples => {
                    return if open {
                        Some(Type::Dynamic)
                    } else {
                        self.tuples_together(types)
                    };
                }
                _ => {}
            }
        }
        let of: Option<fn(Type) -> Type> = if maps > 0 && maps + objects == all {
            Some(Type::map)
        } else if lists > 0 && lists + tuples == all {
            Some(Type::list)
        } else if sets > 0 && sets == all {
            Some(Type::set)
        } else {
            None
        };
        match of {
            Some(_) if open => Some(Type::Dynamic),
            Some(of) => self
                .elements_together(types)
                .map(of)
                .or_else(|| self.preferred(types)),
            None => self.preferred(types),
        }
    }

    /// The best of the types themselves that all others convert to. Where there is none, what is dynamic may yet turn out
    /// to be it: a bool and a number fit together once the third is a string.
    fn preferred(&mut self, types: &[Type]) -> Option<Type> {
        let mut candidates: Vec<&Type> = types.iter().collect();
        let rank = |t: &Type| match t {
            Type::String | Type::List(_) | Type::Map(_) => 0,
            Type::Bool | Type::Number | Type::Tuple(_) | Type::Object(_) => 1,
            Type::Set(_) => 2,
            Type::Dynamic => 3,
        };
        // Among equals the order in which they come must not decide; what is of strings takes most.
        candidates.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| b.cmp(a)));
        candidates.dedup();
        candidates
            .into_iter()
            .filter(|want| !matches!(want, Type::Dynamic))
            .find(|want| {
                self.look_at(types).is_some()
                    && types
                        .iter()
                        .all(|t| conversion_type_within(t, want, self).is_ok())
            })
            .cloned()
            .or_else(|| types.contains(&Type::Dynamic).then_some(Type::Dynamic))
    }

    fn objects_together(&mut self, types: &[Type]) -> Option<Type> {
        let objects: Vec<_> = types
            .iter()
            .filter_map(|t| {
                if let Type::Object(o) = t {
                    Some(o)
                } else {
                    None
                }
            })
            .collect();
        let first = objects.first()?;
        let same_names = objects
            .iter()
            .all(|o| o.attributes.keys().eq(first.attributes.keys()));
        if same_names {
            let attributes: Option<BTreeMap<Str, Type>> = first
                .attributes
                .keys()
                .map(|name| {
                    let each: Vec<Type> = objects
                        .iter()
                        .filter_map(|o| o.attributes.get(name).cloned())
                        .collect();
                    Some((name.clone(), self.unify(&each)?))
                })
                .collect();
            if let Some(attributes) = attributes {
                return Some(Type::object(attributes));
            }
        }
        self.elements_together(types).map(Type::map)
    }

    fn tuples_together(&mut self, types: &[Type]) -> Option<Type> {
        let tuples: Vec<_> = types
            .iter()
            .filter_map(|t| {
                if let Type::Tuple(e) = t {
                    Some(e)
                } else {
                    None
                }
            })
            .collect();
        let len = tuples.first()?.len();
        if tuples.iter().all(|t| t.len() == len) {
            let elements: Option<Vec<Type>> = (0..len)
                .map(|i| {
                    self.unify(
                        &tuples
                            .iter()
                            .filter_map(|t| t.get(i).cloned())
                            .collect::<Vec<_>>(),
                    )
                })
                .collect();
            if let Some(elements) = elements {
                return Some(Type::tuple(elements));
            }
        }
        self.elements_together(types).map(Type::list)
    }

    /// The one type of whatever the given types hold.
    fn elements_together(&mut self, types: &[Type]) -> Option<Type> {
        let mut elements = Vec::new();
        for t in types {
            match t {
                Type::List(e) | Type::Set(e) | Type::Map(e) => elements.push(e.as_ref().clone()),
                Type::Tuple(es) => elements.extend(es.iter().cloned()),
                Type::Object(o) => elements.extend(o.attributes.values().cloned()),
                _ => return None,
            }
        }
        if elements.is_empty() {
            return Some(Type::Dynamic);
        }
        let unified = self.unify(&elements)?;
        if unified == Type::Dynamic {
            // What is dynamic must not stand for a failure of the others.
            elements.retain(|t| *t != Type::Dynamic);
            if !elements.is_empty() {
                self.unify(&elements)?;
            }
        }
        Some(unified)
    }
}

/// How many types a type is made of.
fn parts(ty: &Type) -> usize {
    let inside: usize = match ty {
        Type::Dynamic | Type::Bool | Type::Number | Type::String => 0,
        Type::List(e) | Type::Set(e) | Type::Map(e) => parts(e),
        Type::Tuple(es) => es.iter().map(parts).sum(),
        Type::Object(o) => o.attributes.values().map(parts).sum(),
    };
    inside + 1
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed expectation is a failed test
mod tests {
    use super::*;

    fn object(a: &[(&str, Type)]) -> Type {
        Type::object(a.iter().map(|(n, t)| (*n, t.clone())))
    }

    #[test]
    fn primitives() {
        assert_eq!(unify(&[Type::Number, Type::String]), Some(Type::String));
        assert_eq!(unify(&[Type::Number, Type::Bool]), None);
        assert_eq!(
            unify(&[Type::Number, Type::Bool, Type::String]),
            Some(Type::String)
        );
        assert_eq!(unify(&[Type::Dynamic, Type::Bool]), Some(Type::Bool));
        assert_eq!(
            unify(&[Type::Dynamic, Type::Bool, Type::Number]),
            Some(Type::Dynamic)
        );
        assert_eq!(unify(&[Type::String, Type::list(Type::String)]), None);
        assert_eq!(unify(&[]), None);
    }

    #[test]
    fn what_fails_at_the_bottom_of_many_levels_fails_soon() {
        // Tuples, objects and lists in turn, with a second element so that each level has two ways to fail.
        let nested = |bottom: Type| {
            (0..200).fold(bottom, |t, level| match level % 3 {
                0 => Type::tuple([t, Type::tuple([])]),
                1 => object(&[("a", t), ("b", object(&[]))]),
                _ => Type::list(t),
            })
        };
        let (yes, one) = (nested(Type::Bool), nested(Type::Number));
        assert_eq!(unify(&[yes.clone(), one]), None);
        assert_eq!(unify(&[yes.clone(), yes.clone()]), Some(yes));
    }

    #[test]
    fn objects_and_tuples() {
        let (n, s) = (Type::Number, Type::String);
        assert_eq!(
            unify(&[object(&[("a", n.clone())]), object(&[("b", n.clone())])]),
            Some(Type::map(Type::Number))
        );
        assert_eq!(
            unify(&[object(&[("a", n.clone())]), object(&[("a", s.clone())])]),
            Some(object(&[("a", s.clone())]))
        );
        assert_eq!(
            unify(&[
                Type::tuple([n.clone()]),
                Type::tuple([s.clone(), s.clone()])
            ]),
            Some(Type::list(Type::String))
        );
        assert_eq!(
            unify(&[Type::tuple([n.clone()]), Type::tuple([s.clone()])]),
            Some(Type::tuple([s.clone()]))
        );
        assert_eq!(unify(&[Type::tuple([n.clone()]), object(&[])]), None);
        assert_eq!(unify(&[Type::Dynamic, object(&[])]), Some(Type::Dynamic));
        let two = object(&[("a", Type::Bool), ("b", n)]);
        assert_eq!(unify(&[two, object(&[("a", Type::Bool)])]), None);
    }

    #[test]
    fn collections() {
        let (n, s) = (Type::Number, Type::String);
        assert_eq!(
            unify(&[Type::list(n.clone()), Type::list(s.clone())]),
            Some(Type::list(s.clone()))
        );
        assert_eq!(
            unify(&[Type::list(n.clone()), Type::set(s.clone())]),
            Some(Type::list(n.clone()))
        );
        assert_eq!(
            unify(&[Type::set(s.clone()), Type::tuple([n.clone()])]),
            Some(Type::set(s.clone()))
        );
        assert_eq!(
            unify(&[Type::map(n.clone()), object(&[("a", s.clone())])]),
            Some(Type::map(s.clone()))
        );
        assert_eq!(
            unify(&[Type::list(Type::Dynamic), Type::list(s.clone())]),
            Some(Type::list(s))
        );
        assert_eq!(
            unify(&[Type::list(n), Type::tuple([])]),
            Some(Type::list(Type::Number))
        );
    }
}
