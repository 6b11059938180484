//! What goes first: operations with the longest way behind them, by what operations of their types take.
//!
//! How long that is is learned from earlier runs, and in a run from what has ended so far. Both are mixed as the store mixes
//! them at the end of the run ([`DurationRow::mean_with`]). So a first run, of which nothing is known, begins in any order and
//! soon has a better one.
//!
//! The ways are computed anew when twice as many operations have ended as the last time, and only where that can matter:
//! something ready has to wait, and the types compare with each other otherwise than was assumed. All of it takes
//! O((V + E) log V), and nothing where there is but one type or all take next to no time.

use std::collections::HashMap;
use std::time::Instant;

use rustc_hash::FxHashMap;

use super::steps::Step;
use crate::graph::Graph;
use crate::plan::{Action, Plan};
use crate::provider::CallKind;
use crate::store::DurationRow;

/// What an operation takes where nothing at all is known, in microseconds. Then it matters not what that is: what counts
/// are the operations on the longest way.
const NOTHING_KNOWN: u64 = 1_000_000;

/// No operation is expected to take less, in microseconds: about as much passes until its intent and its outcome are on the
/// disk. It keeps what is done on this machine in one order, whatever the clock says of it, and longer ways of it are
/// those of more operations.
const LEAST: u64 = 10_000;

/// After so many operations that ended well the order is thought over for the first time.
const FIRST: u64 = 8;

/// Types compare otherwise than was assumed where one has become so much longer beside another. Less is chance: what
/// operations of one type take differs more.
const ANOTHER: f64 = 1.25;

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

/// For each node, its own time and the most that may follow.
pub(crate) fn longest_ways<N>(graph: &Graph<N>, own: impl Fn(usize) -> u64) -> Vec<u64> {
    let mut ways = vec![0_u64; graph.nodes.len()];
    for n in graph.order.iter().rev().map(|n| *n as usize) {
        let behind = graph.needed_by[n].iter().map(|d| ways[*d as usize]);
        ways[n] = behind.max().unwrap_or(0).saturating_add(own(n));
    }
    ways
}

/// Operations that are expected to take equally long: of a type, and of a kind of call.
#[derive(Debug)]
struct Class {
    /// What earlier runs say; of no samples where they say nothing.
    known: DurationRow,
    /// Whether the run has such operations.
    in_plan: bool,
    /// What those took that ended well in this run, in microseconds.
    took: u64,
    ended: u64,
}

impl Class {
    fn new(known: DurationRow) -> Self {
        Self {
            known,
            in_plan: false,
            took: 0,
            ended: 0,
        }
    }

    /// The mean of this run.
    fn measured(&self) -> Option<DurationRow> {
        let mean_us = self.took.checked_div(self.ended)?;
        Some(DurationRow {
            mean_us,
            samples: self.ended,
            ..self.known.clone()
        })
    }

    /// The mean of all runs; none where nothing is known.
    fn mean(&self) -> Option<u64> {
        let mean = self.took.checked_div(self.ended).unwrap_or(0);
        let is_known = self.known.samples + self.ended > 0;
        is_known.then(|| self.known.mean_with(mean, self.ended))
    }
}

/// What operations are expected to take and what they took.
#[derive(Debug)]
pub(crate) struct Schedule {
    classes: Vec<Class>,
    /// The class of each node; none where it is no operation.
    class_of: Vec<Option<u32>>,
    /// What the operations of each class take, as the last ranks were computed from.
    assumed: Vec<u64>,
    /// What each node took, in microseconds.
    took: Vec<u64>,
    running: FxHashMap<u32, Instant>,
    ended: u64,
    /// When so many have ended, the order is thought over.
    due: u64,
}

impl Schedule {
    /// For the operations of a plan. `known` is what earlier runs measured.
    pub(crate) fn new(graph: &Graph<Step>, plan: &Plan, known: &[DurationRow]) -> Self {
        let operation = |step| {
            let (kind, i) = kind_of(step, plan)?;
            Some((&*plan.changes[i].address.resource.kind, kind))
        };
        Self::of(graph.nodes.iter().map(operation), known)
    }

    /// For nodes that are operations of these types and kinds, or none.
    fn of<'p>(
        nodes: impl Iterator<Item = Option<(&'p str, CallKind)>>,
        known: &'p [DurationRow],
    ) -> Self {
        let mut classes: Vec<Class> = known.iter().cloned().map(Class::new).collect();
        let mut numbers: FxHashMap<(&str, CallKind), u32> = FxHashMap::default();
        for (i, row) in known.iter().enumerate() {
            numbers.insert((&row.type_name, row.kind), i as u32);
        }
        let class_of = nodes.map(|operation| {
            let (type_name, kind) = operation?;
            let class = *numbers.entry((type_name, kind)).or_insert_with(|| {
                classes.push(Class::new(DurationRow {
                    type_name: type_name.to_owned(),
                    kind,
                    mean_us: 0,
                    samples: 0,
                }));
                classes.len() as u32 - 1
            });
            classes[class as usize].in_plan = true;
            Some(class)
        });
        let class_of: Vec<Option<u32>> = class_of.collect();
        let mut schedule = Self {
            classes,
            took: vec![0; class_of.len()],
            class_of,
            assumed: Vec::new(),
            running: FxHashMap::default(),
            ended: 0,
            due: FIRST,
        };
        schedule.assumed = schedule.expected();
        schedule
    }

    /// For each node, how long the longest way of operations is that begins with it, in microseconds.
    pub(crate) fn ranks<N>(&self, graph: &Graph<N>) -> Vec<u64> {
        longest_ways(graph, |n| {
            self.class_of[n].map_or(0, |class| self.assumed[class as usize])
        })
    }

    /// An operation began.
    pub(crate) fn began(&mut self, node: u32) {
        self.running.insert(node, Instant::now());
    }

    /// An operation, or a part of it, came to an end, well or not.
    pub(crate) fn left(&mut self, node: u32) {
        self.running.remove(&node);
    }

    /// An operation ended well after so many microseconds. What failed says nothing of how long it takes.
    pub(crate) fn ended(&mut self, node: u32, took_us: u64) {
        let Some(class) = self.class_of[node as usize] else {
            return;
        };
        let class = &mut self.classes[class as usize];
        class.took = class.took.saturating_add(took_us);
        class.ended += 1;
        self.took[node as usize] = took_us;
        self.ended += 1;
    }

    /// Whether enough has ended since the last time to think the order over.
    pub(crate) fn is_due(&self) -> bool {
        self.ended >= self.due
    }

    /// The ranks by what is known now; none where the order would hardly be another. It is due again when as many
    /// operations again have ended.
    pub(crate) fn reconsider<N>(&mut self, graph: &Graph<N>) -> Option<Vec<u64>> {
        self.due = self.ended.saturating_mul(2).max(FIRST);
        let expected = self.expected();
        if !self.compare_otherwise(&expected) {
            return None;
        }
        self.assumed = expected;
        Some(self.ranks(graph))
    }

    fn compare_otherwise(&self, expected: &[u64]) -> bool {
        let pairs = self.assumed.iter().zip(expected).zip(&self.classes);
        let (least, most) = pairs
            .filter(|(_, class)| class.in_plan)
            .map(|((before, now), _)| *now as f64 / *before as f64)
            .fold((f64::MAX, 0.0_f64), |(a, b), x| (a.min(x), b.max(x)));
        most > least * ANOTHER
    }

    /// What an operation of each class takes, in microseconds. What is not known of a class is taken from those of its kind,
    /// or else from all, but not from those that take next to no time. What has been running for longer takes at least as
    /// long as it has.
    fn expected(&self) -> Vec<u64> {
        let means: Vec<Option<u64>> = self.classes.iter().map(Class::mean).collect();
        let mut of_kind: HashMap<CallKind, Mean> = HashMap::new();
        let mut any = Mean::default();
        for (class, mean) in self.classes.iter().zip(&means) {
            // What is done on this machine says nothing of a cloud.
            if let Some(mean) = mean.filter(|mean| *mean > LEAST) {
                of_kind.entry(class.known.kind).or_default().add(mean);
                any.add(mean);
            }
        }
        let running = self.longest_running();
        let expected = self.classes.iter().zip(&means).zip(running);
        let expected = expected.map(|((class, mean), running)| {
            let alike = || of_kind.get(&class.known.kind).and_then(Mean::get);
            let guess = || {
                let others = alike().or_else(|| any.get());
                others.unwrap_or(NOTHING_KNOWN).max(running)
            };
            mean.unwrap_or_else(guess).max(LEAST)
        });
        expected.collect()
    }

    /// For each class, how long one of it has been running, in microseconds.
    fn longest_running(&self) -> Vec<u64> {
        let now = Instant::now();
        let mut longest = vec![0; self.classes.len()];
        for (node, since) in &self.running {
            if let Some(class) = self.class_of[*node as usize] {
                let since = now.saturating_duration_since(*since).as_micros() as u64;
                let longest = &mut longest[class as usize];
                *longest = since.max(*longest);
            }
        }
        longest
    }

    /// The mean of this run for each type.
    pub(crate) fn rows(&self) -> Vec<DurationRow> {
        self.classes.iter().filter_map(Class::measured).collect()
    }

    /// The shortest time in which the operations could have been done in any order, in microseconds: the longest way, or all
    /// work shared among as many as may run at a time.
    pub(crate) fn shortest_us<N>(&self, graph: &Graph<N>, limit: usize) -> u64 {
        let ways = longest_ways(graph, |n| self.took[n]);
        let longest = ways.into_iter().max().unwrap_or(0);
        let work: u64 = self.took.iter().sum();
        longest.max(work / limit.max(1) as u64)
    }
}

#[derive(Debug, Default)]
struct Mean {
    sum: u64,
    of: u64,
}

impl Mean {
    fn add(&mut self, value: u64) {
        self.sum = self.sum.saturating_add(value);
        self.of += 1;
    }

    fn get(&self) -> Option<u64> {
        self.sum.checked_div(self.of)
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
    use std::time::Duration;

    use super::*;
    use CallKind::{Create, Delete, Update};

    const MS: u64 = 1000;

    fn row(type_name: &str, kind: CallKind, mean_us: u64, samples: u64) -> DurationRow {
        DurationRow {
            type_name: type_name.to_owned(),
            kind,
            mean_us,
            samples,
        }
    }

    /// Operations that need nothing, and their schedule.
    fn alone(operations: &[(&str, CallKind)], known: &[DurationRow]) -> (Graph<usize>, Schedule) {
        let mut builder = crate::graph::GraphBuilder::new();
        for n in 0..operations.len() {
            builder.node(&n);
        }
        let schedule = Schedule::of(operations.iter().copied().map(Some), known);
        (builder.build().unwrap(), schedule)
    }

    fn ended(schedule: &mut Schedule, took: &[(u32, u64)]) {
        for (node, took) in took {
            schedule.ended(*node, *took);
        }
    }

    #[test]
    fn what_is_not_known_is_taken_from_what_is_like_it() {
        let known = [
            row("a", Create, 100 * MS, 1),
            row("b", Create, 300 * MS, 9),
            row("a", Delete, 20 * MS, 1),
        ];
        let all = [
            ("a", Create),
            ("c", Create),
            ("b", Delete),
            ("b", Update),
            ("c", Create),
        ];
        let (graph, s) = alone(&all, &known);
        let expected = [100, 200, 20, 140, 200].map(|ms| ms * MS);
        assert_eq!(s.ranks(&graph), expected);
        let (graph, s) = alone(&all, &[]);
        assert_eq!(s.ranks(&graph), [NOTHING_KNOWN; 5]);
        let (graph, s) = alone(&[("a", Create)], &[row("a", Create, 3, 1)]);
        assert_eq!(s.ranks(&graph), [LEAST], "as long as a write to the disk");
        let local = [row("a", Create, 3, 1)];
        let (graph, s) = alone(&[("a", Create), ("b", Create)], &local);
        assert_eq!(s.ranks(&graph), [LEAST, NOTHING_KNOWN]);
    }

    #[test]
    fn a_run_learns_from_what_ended_in_it() {
        let types = [("a", Create), ("b", Create), ("c", Create)];
        let (graph, mut s) = alone(&types, &[]);
        ended(&mut s, &[(0, 20 * MS); 4]);
        ended(&mut s, &[(1, 60 * MS); 3]);
        assert!(!s.is_due(), "seven are too few");
        s.ended(1, 60 * MS);
        assert!(s.is_due());
        let ranks = s.reconsider(&graph).unwrap();
        assert_eq!(ranks, [20 * MS, 60 * MS, 40 * MS]);
        assert_eq!(s.ranks(&graph), ranks);
    }

    #[test]
    fn what_was_known_counts_as_many_operations_as_it_is_of() {
        let types = [("a", Create), ("b", Create)];
        let known = [row("a", Create, 100 * MS, 8), row("b", Create, 100 * MS, 8)];
        let (graph, mut s) = alone(&types, &known);
        ended(&mut s, &[(0, 300 * MS); 8]);
        assert_eq!(s.reconsider(&graph).unwrap(), [200 * MS, 100 * MS]);
        assert_eq!(
            s.rows(),
            [row("a", Create, 300 * MS, 8)],
            "the run's own mean"
        );
    }

    #[test]
    fn it_is_due_each_time_as_many_again_have_ended() {
        let (graph, mut s) = alone(&[("a", Create), ("b", Create)], &[]);
        let mut times = Vec::new();
        for n in 1..=10_000 {
            s.ended(n % 2, 20 * MS);
            if s.is_due() {
                times.push(n);
                s.reconsider(&graph);
            }
        }
        let expected = [8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192];
        assert_eq!(times, expected);
    }

    #[test]
    fn what_would_change_nothing_is_left_as_it_is() {
        let creates_of = |types: &[(&str, CallKind)], took: [u64; 2]| {
            let (graph, mut s) = alone(types, &[]);
            (0..8).for_each(|n| s.ended(n % 2, took[n as usize % 2]));
            let is_another = s.reconsider(&graph).is_some();
            (is_another, s.ranks(&graph)[0])
        };
        let one = creates_of(&[("a", Create), ("a", Create)], [5 * MS, 500 * MS]);
        assert_eq!(one, (false, NOTHING_KNOWN), "there is one type");
        let two = [("a", Create), ("b", Create)];
        let alike = creates_of(&two, [500 * MS, 600 * MS]);
        assert_eq!(alike, (false, NOTHING_KNOWN), "they are much alike");
        let at_once = creates_of(&two, [20, 7 * MS]);
        assert_eq!(at_once, (false, NOTHING_KNOWN), "they take no time");
        let apart = creates_of(&two, [400 * MS, 600 * MS]);
        assert_eq!(apart, (true, 400 * MS));
    }

    #[test]
    fn what_still_runs_takes_at_least_as_long_as_it_has() {
        let types = [("a", Create), ("slow", Create), ("other", Create)];
        let (graph, mut s) = alone(&types, &[]);
        ended(&mut s, &[(0, 20 * MS); 8]);
        let since = Instant::now().checked_sub(Duration::from_secs(1)).unwrap();
        s.began(0);
        s.running.insert(1, since);
        let ranks = s.reconsider(&graph).unwrap();
        assert_eq!([ranks[0], ranks[2]], [20 * MS, 20 * MS]);
        assert!(ranks[1] >= 1000 * MS, "{ranks:?}");
        s.left(1);
        s.began(2);
        assert_eq!(s.expected(), [20 * MS; 3], "what failed says nothing");
    }

    #[test]
    fn the_shortest_time_is_the_longest_way_or_the_work_shared() {
        let mut builder = crate::graph::GraphBuilder::new();
        let make = Step::Make;
        builder.edge(&make(1), &make(0));
        builder.edge(&make(2), &make(1));
        builder.node(&make(3));
        let graph = builder.build().unwrap();
        let mut s = Schedule::of([Some(("t", Create)); 4].into_iter(), &[]);
        for (n, step) in graph.nodes.iter().enumerate() {
            let took = if *step == make(3) { 50 } else { 20 };
            s.ended(n as u32, took);
        }
        assert_eq!(s.shortest_us(&graph, 10), 60);
        assert_eq!(s.shortest_us(&graph, 1), 110);
        assert_eq!(s.rows(), [row("t", Create, 27, 4)]);
    }
}
