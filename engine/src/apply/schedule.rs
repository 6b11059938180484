//! How long operations take: as learned from earlier runs, to decide what goes first, and as measured, to say how well that
//! was done.

use std::collections::HashMap;

use super::steps::Step;
use crate::graph::Graph;
use crate::plan::{Action, Plan};
use crate::provider::CallKind;
use crate::store::DurationRow;

/// What an operation of an unknown type takes where nothing at all is known, in microseconds. Only then it matters not: what
/// counts are the operations on the longest way.
const NOTHING_KNOWN: u64 = 1_000_000;

/// The kind of operation that a step of an apply is for a change.
pub(crate) fn kind_of(step: &Step, plan: &Plan) -> Option<(CallKind, usize)> {
    match step {
        Step::Destroy(i) => Some((CallKind::Delete, *i)),
        Step::Make(i) => Some((
            match plan.changes[*i].action {
                Action::Update => CallKind::Update,
                Action::Read => CallKind::Data,
                _ => CallKind::Create,
            },
            *i,
        )),
        _ => None,
    }
}

/// For each node, how long the longest way of operations is that begins with it, in microseconds, by the durations of
/// earlier runs.
pub(crate) fn ranks(graph: &Graph<Step>, plan: &Plan, known: &[DurationRow]) -> Vec<u64> {
    let expected = Expected::new(known);
    longest_ways(graph, |n| match kind_of(&graph.nodes[n], plan) {
        Some((kind, i)) => expected.of(&plan.changes[i].address.resource.kind, kind),
        None => 0,
    })
}

/// For each node, its own time and the most that may follow.
pub(crate) fn longest_ways<N>(graph: &Graph<N>, own: impl Fn(usize) -> u64) -> Vec<u64> {
    let mut ways = vec![0_u64; graph.nodes.len()];
    for n in graph.order.iter().rev().map(|n| *n as usize) {
        let behind = graph.needed_by[n].iter().map(|d| ways[*d as usize]);
        ways[n] = behind.max().unwrap_or(0).saturating_add(own(n));
    }
    ways
}

struct Expected<'k> {
    of_type: HashMap<(&'k str, CallKind), u64>,
    of_kind: HashMap<CallKind, u64>,
    any: u64,
}

impl<'k> Expected<'k> {
    fn new(known: &'k [DurationRow]) -> Self {
        let mean = |rows: &mut dyn Iterator<Item = &DurationRow>| {
            let (sum, n) = rows.fold((0, 0), |(sum, n), r| (sum + r.mean_us, n + 1));
            (n > 0).then(|| sum / n)
        };
        use CallKind as K;
        let kinds = [K::Create, K::Update, K::Delete, K::Data];
        Self {
            of_type: known
                .iter()
                .map(|r| ((&*r.type_name, r.kind), r.mean_us))
                .collect(),
            of_kind: kinds
                .into_iter()
                .filter_map(|k| Some((k, mean(&mut known.iter().filter(|r| r.kind == k))?)))
                .collect(),
            any: mean(&mut known.iter()).unwrap_or(NOTHING_KNOWN),
        }
    }

    fn of(&self, type_name: &str, kind: CallKind) -> u64 {
        let found = self.of_type.get(&(type_name, kind));
        // Nothing takes no time at all: among equals more operations are a longer way.
        *found
            .or_else(|| self.of_kind.get(&kind))
            .unwrap_or(&self.any)
            .max(&1)
    }
}

/// What operations took in this run.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    /// By node, in microseconds.
    took: HashMap<u32, u64>,
    learned: HashMap<(String, CallKind), (u64, u64)>,
}

impl Measured {
    /// An operation ended well after so many microseconds. What failed says nothing of how long it takes.
    pub(crate) fn ended(&mut self, node: u32, type_name: &str, kind: CallKind, took_us: u64) {
        self.took.insert(node, took_us);
        let key = (type_name.to_owned(), kind);
        let (sum, n) = self.learned.entry(key).or_default();
        *sum += took_us;
        *n += 1;
    }

    /// The mean of this run for each type, in no order.
    pub(crate) fn rows(&self) -> Vec<DurationRow> {
        let rows = self.learned.iter().map(|((type_name, kind), (sum, n))| {
            let mean_us = sum / n;
            DurationRow {
                type_name: type_name.clone(),
                kind: *kind,
                mean_us,
                samples: *n,
            }
        });
        rows.collect()
    }

    /// The shortest time in which the operations could have been done in any order, in microseconds: the longest way, or all
    /// work shared among as many as may run at a time.
    pub(crate) fn shortest_us(&self, graph: &Graph<Step>, limit: usize) -> u64 {
        let took = |n: usize| self.took.get(&(n as u32)).copied().unwrap_or(0);
        let ways = longest_ways(graph, took);
        let longest = ways.into_iter().max().unwrap_or(0);
        let work: u64 = self.took.values().sum();
        longest.max(work / limit.max(1) as u64)
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say what they expect"
)]
mod tests {
    use super::*;

    fn row(type_name: &str, kind: CallKind, mean_us: u64) -> DurationRow {
        DurationRow {
            type_name: type_name.to_owned(),
            kind,
            mean_us,
            samples: 1,
        }
    }

    #[test]
    fn what_is_not_known_is_taken_from_what_is_like_it() {
        let known = [
            row("a", CallKind::Create, 10),
            row("b", CallKind::Create, 30),
            row("a", CallKind::Delete, 2),
        ];
        let e = Expected::new(&known);
        assert_eq!(e.of("a", CallKind::Create), 10);
        assert_eq!(e.of("c", CallKind::Create), 20);
        assert_eq!(e.of("b", CallKind::Delete), 2);
        assert_eq!(e.of("b", CallKind::Update), 14);
        let none = Expected::new(&[]);
        assert_eq!(none.of("a", CallKind::Create), NOTHING_KNOWN);
    }

    #[test]
    fn the_shortest_time_is_the_longest_way_or_the_work_shared() {
        let mut builder = crate::graph::GraphBuilder::new();
        let make = Step::Make;
        builder.edge(&make(1), &make(0));
        builder.edge(&make(2), &make(1));
        builder.node(&make(3));
        let graph = builder.build().unwrap();
        let mut m = Measured::default();
        for (n, step) in graph.nodes.iter().enumerate() {
            let took = if *step == make(3) { 50 } else { 20 };
            m.ended(n as u32, "t", CallKind::Create, took);
        }
        assert_eq!(m.shortest_us(&graph, 10), 60);
        assert_eq!(m.shortest_us(&graph, 1), 110);
        assert_eq!(
            m.rows(),
            [DurationRow {
                samples: 4,
                ..row("t", CallKind::Create, 27)
            }]
        );
    }
}
