//! One type for several values.

use std::collections::BTreeMap;

use super::convert::conversion_type;
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
                    objects_together(types)
                };
            }
            n if n == tuples => {
                return if open {
                    Some(Type::Dynamic)
                } else {
                    tuples_together(types)
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
        Some(of) => elements_together(types)
            .map(of)
            .or_else(|| preferred(types)),
        None => preferred(types),
    }
}

/// The best of the types themselves that all others convert to.
fn preferred(types: &[Type]) -> Option<Type> {
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
        .find(|want| types.iter().all(|t| conversion_type(t, want).is_ok()))
        .cloned()
}

fn objects_together(types: &[Type]) -> Option<Type> {
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
                Some((name.clone(), unify(&each)?))
            })
            .collect();
        if let Some(attributes) = attributes {
            return Some(Type::object(attributes));
        }
    }
    elements_together(types).map(Type::map)
}

fn tuples_together(types: &[Type]) -> Option<Type> {
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
                unify(
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
    elements_together(types).map(Type::list)
}

/// The one type of whatever the given types hold.
fn elements_together(types: &[Type]) -> Option<Type> {
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
    unify(&elements)
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
        assert_eq!(unify(&[Type::String, Type::list(Type::String)]), None);
        assert_eq!(unify(&[]), None);
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
