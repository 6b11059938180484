//! What became of the elements of a collection and of the lines of a text: which stayed, which came and went, and which
//! old one is the new one with a change.
//!
//! The cost is bounded: what is too long to be compared well is compared simply.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use cloudapp_lang::Value;
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// What became of an element, with its place in the new collection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Step<'v, T> {
    Same(&'v T),
    Changed(usize, &'v T, &'v T),
    Removed(&'v T),
    Added(usize, &'v T),
}

/// All elements of both collections, in the order in which they are shown.
pub(crate) type Steps<'v, T> = Vec<Step<'v, T>>;

/// Sequences whose lengths have a larger product than this are not searched for what they have in common between their
/// beginning and their end.
const SEARCHED: usize = 1_000_000;

/// At most so many pairs of elements are compared for likeness.
const COMPARED: usize = 10_000;

/// Lists: what moved its place is the same as long as its neighbours did too. Of the rest, what is known or mostly like
/// before is the same with a change, and where as many come as go, each stands for the one in its place.
pub(crate) fn sequence<'v>(before: &'v [Value], after: &'v [Value]) -> Steps<'v, Value> {
    let (mut gone, mut came) = (Vec::new(), Vec::new());
    hunks(before, after, &mut |h, _| {
        gone.extend(h.old);
        came.extend(h.new);
    });
    let pairs = Pairs::of(&gone, &came);
    let (mut old, mut new) = (0, 0);
    hunks(before, after, &mut |h, out| {
        let (from, b, a) = (h.from, h.old, h.new);
        let used = &pairs.used[old..old + b.len()];
        let of = &pairs.of[new..new + a.len()];
        (old, new) = (old + b.len(), new + a.len());
        let mut left = b
            .iter()
            .zip(used)
            .filter(|(_, used)| !**used)
            .map(|(v, _)| v);
        let is_even = left.clone().count() == of.iter().filter(|o| o.is_none()).count();
        if !is_even {
            out.extend(left.by_ref().map(Step::Removed));
        }
        for (i, (v, pair)) in a.iter().zip(of).enumerate() {
            out.push(match pair.map(|o| gone[o]).or_else(|| left.next()) {
                Some(b) => Step::Changed(from + i, b, v),
                None => Step::Added(from + i, v),
            });
        }
    })
}

/// Sets: an element of which one is known by (a name, an id), or that is mostly like it, is the same with a change.
pub(crate) fn set<'v>(before: &'v [Value], after: &'v [Value]) -> Steps<'v, Value> {
    let (in_b, in_a): (HashSet<&Value>, HashSet<&Value>) =
        (before.iter().collect(), after.iter().collect());
    let gone: Vec<&Value> = before.iter().filter(|v| !in_a.contains(v)).collect();
    let came: Vec<&Value> = after.iter().filter(|v| !in_b.contains(v)).collect();
    let kept = after.iter().filter(|v| in_b.contains(v));
    let mut out: Vec<_> = kept.map(Step::Same).collect();
    exchange(&gone, &came, &mut out);
    out
}

/// Texts, line by line.
pub(crate) fn lines<'v, 't>(before: &'v [&'t str], after: &'v [&'t str]) -> Steps<'v, &'t str> {
    hunks(before, after, &mut |h, out| {
        out.extend(h.old.iter().map(Step::Removed));
        let new = h.new.iter().enumerate();
        out.extend(new.map(|(i, s)| Step::Added(h.from + i, s)));
    })
}

/// A stretch in which two sequences differ.
struct Hunk<'v, T> {
    /// Where it begins in the new one.
    from: usize,
    old: &'v [T],
    new: &'v [T],
}

/// What the two have in common, and what `differs` makes of each stretch in which they differ.
fn hunks<'v, T: Eq + Hash>(
    before: &'v [T],
    after: &'v [T],
    differs: &mut dyn FnMut(Hunk<'v, T>, &mut Steps<'v, T>),
) -> Steps<'v, T> {
    let (start, end) = common(before, after);
    let (b, a) = (
        &before[start..before.len() - end],
        &after[start..after.len() - end],
    );
    let mut out: Vec<_> = after[..start].iter().map(Step::Same).collect();
    let (mut old, mut new) = (0, 0);
    for op in same_stretches(b, a) {
        if op.0 > old || op.1 > new {
            let (from, old, new) = (start + new, &b[old..op.0], &a[new..op.1]);
            differs(Hunk { from, old, new }, &mut out);
        }
        out.extend(a[op.1..op.1 + op.2].iter().map(Step::Same));
        (old, new) = (op.0 + op.2, op.1 + op.2);
    }
    if old < b.len() || new < a.len() {
        let (from, old, new) = (start + new, &b[old..], &a[new..]);
        differs(Hunk { from, old, new }, &mut out);
    }
    out.extend(after[after.len() - end..].iter().map(Step::Same));
    out
}

/// Stretches that are the same: their places in both, and their length.
fn same_stretches<T: Eq + Hash>(b: &[T], a: &[T]) -> Vec<(usize, usize, usize)> {
    if b.is_empty() || a.is_empty() || b.len() * a.len() > SEARCHED {
        return Vec::new();
    }
    // Numbers are compared faster than what they stand for.
    let mut numbers: HashMap<&T, u32> = HashMap::new();
    let mut number = |v| {
        let next = numbers.len() as u32;
        *numbers.entry(v).or_insert(next)
    };
    let b: Vec<u32> = b.iter().map(&mut number).collect();
    let a: Vec<u32> = a.iter().map(&mut number).collect();
    capture_diff_slices(Algorithm::Myers, &b, &a)
        .into_iter()
        .filter_map(|op| match op {
            DiffOp::Equal {
                old_index,
                new_index,
                len,
            } => Some((old_index, new_index, len)),
            _ => None,
        })
        .collect()
}

/// How many elements two sequences have in common at the beginning and, of the rest, at the end.
fn common<T: PartialEq>(before: &[T], after: &[T]) -> (usize, usize) {
    let start = before.iter().zip(after).take_while(|(b, a)| b == a).count();
    let end = before[start..]
        .iter()
        .rev()
        .zip(after[start..].iter().rev())
        .take_while(|(b, a)| b == a)
        .count();
    (start, end)
}

/// What goes, then what comes or changed, in the order of the new.
fn exchange<'v>(gone: &[&'v Value], came: &[&'v Value], out: &mut Steps<'v, Value>) {
    let old = Pairs::of(gone, came);
    let unpaired = gone.iter().zip(&old.used).filter(|(_, used)| !**used);
    out.extend(unpaired.map(|(v, _)| Step::Removed(*v)));
    for (i, (new, old)) in came.iter().zip(&old.of).enumerate() {
        out.push(match old {
            Some(o) => Step::Changed(i, gone[*o], new),
            None => Step::Added(i, new),
        });
    }
}

/// Attributes that tell objects apart, by preference.
const NAMES: [&str; 3] = ["id", "key", "name"];
const ENDINGS: [&str; 3] = ["_id", "_key", "_name"];

/// Objects that go and come, in pairs.
struct Pairs<'p, 'v> {
    gone: &'p [&'v Value],
    came: &'p [&'v Value],
    used: Vec<bool>,
    /// For each that comes, the one that it was.
    of: Vec<Option<usize>>,
}

impl<'p, 'v> Pairs<'p, 'v> {
    fn of(gone: &'p [&'v Value], came: &'p [&'v Value]) -> Self {
        let mut pairs = Self {
            gone,
            came,
            used: vec![false; gone.len()],
            of: vec![None; came.len()],
        };
        if let Some(entries) = gone.first().and_then(|v| v.as_entries()) {
            let ends = |n: &&str| ENDINGS.iter().any(|e| n.ends_with(e));
            let more = entries.keys().map(|n| &**n).filter(ends);
            NAMES
                .into_iter()
                .chain(more)
                .for_each(|name| pairs.by_name(name));
            pairs.by_likeness();
        }
        pairs
    }

    fn take(&mut self, old: usize, new: usize) {
        self.used[old] = true;
        self.of[new] = Some(old);
    }

    /// Those that are left, where the attribute tells all of them apart on both sides.
    fn by_name(&mut self, name: &str) {
        let left = |all: &[&'v Value], is_left: &dyn Fn(usize) -> bool| {
            let mut index: HashMap<&'v Value, usize> = HashMap::new();
            for (i, v) in all.iter().enumerate().filter(|(i, _)| is_left(*i)) {
                let known = v.get(name).filter(|v| !v.is_null() && v.is_known())?;
                if index.insert(known, i).is_some() {
                    return None;
                }
            }
            Some(index)
        };
        let (Some(old), Some(new)) = (
            left(self.gone, &|i| !self.used[i]),
            left(self.came, &|i| self.of[i].is_none()),
        ) else {
            return;
        };
        for (v, n) in new {
            if let Some(o) = old.get(v) {
                self.take(*o, n);
            }
        }
    }

    /// Those that are left and have at least half of their attributes in common, the most alike first.
    fn by_likeness(&mut self) {
        let old: Vec<usize> = (0..self.gone.len()).filter(|i| !self.used[*i]).collect();
        let new: Vec<usize> = (0..self.came.len())
            .filter(|i| self.of[*i].is_none())
            .collect();
        if old.len() * new.len() > COMPARED {
            return;
        }
        let mut found: Vec<(usize, usize, usize)> = Vec::new();
        for o in &old {
            for n in &new {
                if let Some(unlike) = unlikeness(self.gone[*o], self.came[*n]) {
                    found.push((unlike, *o, *n));
                }
            }
        }
        found.sort_unstable();
        for (_, o, n) in found {
            if !self.used[o] && self.of[n].is_none() {
                self.take(o, n);
            }
        }
    }
}

/// How much of two objects differs, in thousandths; none where that is more than half, or where they have different names.
fn unlikeness(old: &Value, new: &Value) -> Option<usize> {
    let (old, new) = (old.as_entries()?, new.as_entries()?);
    let (mut all, mut same) = (0, 0);
    for (name, a) in new {
        let b = old.get(name).filter(|b| !b.is_null());
        if a.is_null() && b.is_none() {
            continue;
        }
        all += 1;
        if b == Some(a) && a.is_wholly_known() {
            same += 1;
        } else if NAMES.contains(&&**name) && b.is_some() && !a.is_null() {
            return None;
        }
    }
    (same > 0 && 2 * same >= all).then(|| (all - same) * 1000 / all)
}

#[cfg(test)]
mod tests {
    use cloudapp_lang::Type;

    use super::*;

    fn rule(port: i64, action: &str, note: &str) -> Value {
        Value::object([
            ("port", Value::number(port)),
            ("action", Value::string(action)),
            ("note", Value::string(note)),
            ("never", Value::null(Type::String)),
        ])
    }

    fn named(name: &str, size: i64) -> Value {
        Value::object([("name", Value::string(name)), ("size", Value::number(size))])
    }

    /// `=` the same, `~` changed, `-` gone, `+` new.
    fn marks<T>(steps: &[Step<'_, T>]) -> String {
        let mark = |s: &Step<'_, T>| match s {
            Step::Same(_) => '=',
            Step::Changed(..) => '~',
            Step::Removed(_) => '-',
            Step::Added(..) => '+',
        };
        steps.iter().map(mark).collect()
    }

    #[test]
    fn elements_of_sets_are_known_by_name_or_likeness() {
        let cases = [
            (
                vec![named("a", 1), named("b", 2)],
                vec![named("b", 3), named("a", 1)],
                "=~",
            ),
            (vec![named("a", 1)], vec![named("b", 1)], "-+"),
            (
                vec![rule(80, "ACCEPT", "web")],
                vec![rule(80, "DROP", "web")],
                "~",
            ),
            (
                vec![rule(80, "ACCEPT", "web")],
                vec![rule(22, "DROP", "ssh")],
                "-+",
            ),
            (
                vec![rule(80, "ACCEPT", "web"), rule(22, "ACCEPT", "ssh")],
                vec![
                    rule(22, "DROP", "ssh"),
                    rule(443, "ACCEPT", "web"),
                    rule(1, "DROP", "x"),
                ],
                "~~+",
            ),
            (vec![Value::string("a")], vec![Value::string("b")], "-+"),
        ];
        for (before, after, expected) in cases {
            assert_eq!(
                marks(&set(&before, &after)),
                expected,
                "{before:?} {after:?}"
            );
        }
    }

    #[test]
    fn elements_of_lists_are_known_by_place_and_neighbours() {
        let list = |s: &str| -> Vec<Value> {
            let letters = s.chars().map(|c| Value::string(c.to_string()));
            letters.collect()
        };
        for (before, after, expected) in [
            ("abc", "axc", "=~="),
            ("abcd", "acd", "=-=="),
            ("abcde", "xbcdy", "~===~"),
            ("abcd", "bcde", "-===+"),
            ("", "ab", "++"),
        ] {
            let (before, after) = (list(before), list(after));
            assert_eq!(marks(&sequence(&before, &after)), expected);
        }
        let objects =
            |all: &[(&str, i64)]| -> Vec<Value> { all.iter().map(|(n, s)| named(n, *s)).collect() };
        for (before, after, expected) in [
            (objects(&[("a", 1), ("b", 1)]), objects(&[("b", 2)]), "-~"),
            // What moved is known by its name all the same.
            (
                objects(&[("a", 1), ("b", 1), ("c", 1)]),
                objects(&[("c", 1), ("a", 2), ("d", 1)]),
                "-=~+",
            ),
            (objects(&[("a", 1)]), objects(&[("b", 2)]), "~"),
        ] {
            assert_eq!(marks(&sequence(&before, &after)), expected);
        }
    }

    #[test]
    fn much_that_differs_is_compared_simply() {
        let many = |from: i64| -> Vec<Value> {
            (from..from + 20_000)
                .map(|n| Value::object([("a", Value::number(n)), ("b", Value::number(-n))]))
                .collect()
        };
        let (before, after) = (many(0), many(100_000));
        let began = std::time::Instant::now();
        assert_eq!(set(&before, &after).len(), 40_000);
        assert_eq!(sequence(&before, &after[1..]).len(), 39_999);
        assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
    }
}
