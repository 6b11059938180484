//! What is ready to be done, the most urgent first.
//!
//! What only evaluates is done at once. Operations wait in a lane for each provider, for a provider may allow fewer at a time
//! than the run does. Nothing that waits costs anything while others come and go: with a hundred thousand operations ready
//! and ten at a time, each that ends looks at the heads of the lanes only.
//!
//! A few more than may run are handed out, to be announced in the journal before there is room for them: so the place of
//! one that ends is not idle while an intent is on its way to the disk.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// First by how long the longest way is that still lies behind it, then by its place in the graph.
type Entry = (u64, Reverse<u32>);

pub(crate) struct Queue {
    ranks: Vec<u64>,
    /// The lane of each node; none where it is no operation.
    lane_of: Vec<Option<u32>>,
    free: BinaryHeap<Entry>,
    lanes: Vec<Lane>,
    all: Load,
    /// How many operations may be handed out beyond those that may run.
    ahead: usize,
}

#[derive(Debug)]
pub(crate) struct Lane {
    ready: BinaryHeap<Entry>,
    load: Load,
}

/// How many operations are under way, of how many.
#[derive(Debug)]
struct Load {
    limit: usize,
    running: usize,
    /// Handed out, and not begun.
    prepared: usize,
}

impl Load {
    fn of(limit: usize) -> Self {
        Self {
            limit: limit.max(1),
            running: 0,
            prepared: 0,
        }
    }

    fn has_room(&self) -> bool {
        self.running < self.limit
    }

    /// How many more may be handed out.
    fn places(&self, ahead: usize) -> usize {
        let all = self.limit.saturating_add(ahead);
        all.saturating_sub(self.running + self.prepared)
    }
}

impl Lane {
    /// For a provider that allows so many operations at a time.
    pub(crate) fn new(limit: Option<usize>) -> Self {
        Self {
            ready: BinaryHeap::new(),
            load: Load::of(limit.unwrap_or(usize::MAX)),
        }
    }
}

impl Queue {
    /// `limit` is how many operations may run at a time, over all lanes.
    pub(crate) fn new(
        ranks: Vec<u64>,
        lane_of: Vec<Option<u32>>,
        lanes: Vec<Lane>,
        limit: usize,
    ) -> Self {
        Self {
            ranks,
            lane_of,
            free: BinaryHeap::new(),
            lanes,
            // With few at a time what is handed out early would too often go before what is more urgent.
            ahead: limit / 8,
            all: Load::of(limit),
        }
    }

    /// Everything that a node needs is done.
    pub(crate) fn push(&mut self, node: u32) {
        let entry = (self.ranks[node as usize], Reverse(node));
        match self.lane_of[node as usize] {
            Some(lane) => self.lanes[lane as usize].ready.push(entry),
            None => self.free.push(entry),
        }
    }

    /// What is to be done next; none where everything that is ready has to wait. `operations` says whether such may begin.
    pub(crate) fn pop(&mut self, operations: bool) -> Option<u32> {
        if let Some((_, Reverse(node))) = self.free.pop() {
            return Some(node);
        }
        if !operations || self.all.places(self.ahead) == 0 {
            return None;
        }
        let ahead = self.ahead;
        let open = self.lanes.iter_mut().filter(|l| l.load.places(ahead) > 0);
        let lane = open.max_by_key(|l| l.ready.peek().copied())?;
        lane.ready.pop().map(|(_, Reverse(node))| node)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.free.is_empty() && self.lanes.iter().all(|l| l.ready.is_empty())
    }

    /// Whether some of the operations that are ready have to wait, so that their order matters.
    pub(crate) fn is_contended(&self) -> bool {
        let waits = |ready: usize, load: &Load| ready > load.places(self.ahead);
        let ready = self.lanes.iter().map(|l| l.ready.len()).sum();
        waits(ready, &self.all) || self.lanes.iter().any(|l| waits(l.ready.len(), &l.load))
    }

    /// Orders everything that is ready by other ranks. What was handed out stays so.
    pub(crate) fn rank_anew(&mut self, ranks: Vec<u64>) {
        self.ranks = ranks;
        let lanes = self.lanes.iter_mut().map(|l| &mut l.ready);
        for heap in lanes.chain([&mut self.free]) {
            let entries = std::mem::take(heap).into_iter();
            *heap = entries
                .map(|(_, Reverse(node))| (self.ranks[node as usize], Reverse(node)))
                .collect();
        }
    }

    pub(crate) fn rank(&self, node: u32) -> u64 {
        self.ranks[node as usize]
    }

    /// A node's operation was handed out and waits to begin.
    pub(crate) fn prepared(&mut self, node: u32) {
        self.count(node, |load| load.prepared += 1);
    }

    /// A prepared operation is not begun after all.
    pub(crate) fn taken_back(&mut self, node: u32) {
        self.count(node, |load| load.prepared -= 1);
    }

    /// Begins a prepared operation where there is room for it, and says whether there is.
    pub(crate) fn begin(&mut self, node: u32) -> bool {
        let lane = self.lane_of[node as usize].map(|l| &self.lanes[l as usize].load);
        let has_room = self.all.has_room() && lane.is_none_or(Load::has_room);
        if has_room {
            self.taken_back(node);
            self.resumed(node);
        }
        has_room
    }

    /// Another part of a node's operation begins.
    pub(crate) fn resumed(&mut self, node: u32) {
        self.count(node, |load| load.running += 1);
    }

    /// A node's operation, or a part of it, ended.
    pub(crate) fn ended(&mut self, node: u32) {
        self.count(node, |load| load.running -= 1);
    }

    fn count(&mut self, node: u32, f: impl Fn(&mut Load)) {
        f(&mut self.all);
        if let Some(lane) = self.lane_of[node as usize] {
            f(&mut self.lanes[lane as usize].load);
        }
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

    /// Starts what may start, and says what.
    fn start(q: &mut Queue) -> Vec<u32> {
        let mut out = Vec::new();
        while let Some(n) = q.pop(true) {
            if q.lane_of[n as usize].is_some() {
                q.prepared(n);
                assert!(q.begin(n));
            }
            out.push(n);
        }
        out
    }

    #[test]
    fn the_longest_way_goes_first_within_all_limits() {
        let lanes = vec![Lane::new(Some(1)), Lane::new(None)];
        let lane_of = vec![None, Some(0), Some(0), Some(1), Some(1), Some(1)];
        let mut q = Queue::new(vec![1, 9, 8, 5, 7, 5], lane_of, lanes, 3);
        (0..6).for_each(|n| q.push(n));
        assert_eq!(
            start(&mut q),
            [0, 1, 4, 3],
            "what is free, then by rank; the first lane has room for one"
        );
        assert_eq!(start(&mut q), [0; 0], "three are running");
        q.ended(1);
        assert_eq!(start(&mut q), [2], "the first lane has room again");
        q.ended(4);
        assert!(!q.is_empty());
        assert_eq!(q.pop(false), None, "no operations are wanted");
        assert_eq!(start(&mut q), [5]);
        assert!(q.is_empty());
    }
    #[test]
    fn some_are_handed_out_ahead_and_begin_when_there_is_room() {
        let mut q = Queue::new(vec![1; 12], vec![Some(0); 12], vec![Lane::new(None)], 8);
        (0..12).for_each(|n| q.push(n));
        let mut waiting = Vec::new();
        while let Some(n) = q.pop(true) {
            q.prepared(n);
            if !q.begin(n) {
                waiting.push(n);
            }
        }
        assert_eq!(waiting, [8], "eight run, an eighth of them waits");
        q.ended(0);
        assert!(q.begin(8));
        assert_eq!(q.pop(true), Some(9));
        q.prepared(9);
        assert_eq!(q.pop(true), None);
        q.taken_back(9);
        assert_eq!(q.pop(true), Some(10));
    }

    #[test]
    fn other_ranks_order_what_waits_and_leave_what_was_handed_out() {
        let lanes = vec![Lane::new(Some(1)), Lane::new(None)];
        let lane_of = vec![Some(1), Some(1), Some(0), Some(0), Some(1), Some(1), None];
        let ranks = vec![9, 8, 7, 6, 5, 5, 0];
        let mut q = Queue::new(ranks, lane_of, lanes, 3);
        (0..6).for_each(|n| q.push(n));
        assert!(q.is_contended());
        assert_eq!((q.pop(true), q.pop(true)), (Some(0), Some(1)));
        q.prepared(0);
        assert!(q.begin(0));
        q.prepared(1);
        q.push(6);
        q.rank_anew(vec![0, 0, 1, 2, 3, 3, 9]);
        assert_eq!((q.rank(1), q.rank(4)), (0, 3));
        assert!(q.begin(1), "it is still prepared");
        assert_eq!(start(&mut q), [6, 4], "among equals the first in the graph");
        q.ended(0);
        assert_eq!(start(&mut q), [5]);
        q.ended(1);
        assert_eq!(start(&mut q), [3]);
        q.ended(4);
        assert!(q.is_contended(), "its lane has no room");
        assert_eq!(start(&mut q), [0; 0]);
        q.ended(3);
        assert!(!q.is_contended(), "there is a place for each");
        assert_eq!(start(&mut q), [2]);
        assert!(q.is_empty() && !q.is_contended());
    }
}
