//! What is ready to be done, the most urgent first.
//!
//! What only evaluates is done at once. Operations wait in a lane for each provider, for a provider may allow fewer at a time
//! than the run does. Nothing that waits costs anything while others come and go: with a hundred thousand operations ready
//! and ten at a time, each that ends looks at the heads of the lanes only.

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
    limit: usize,
    running: usize,
}

#[derive(Debug)]
pub(crate) struct Lane {
    ready: BinaryHeap<Entry>,
    limit: usize,
    running: usize,
}

impl Lane {
    /// For a provider that allows so many operations at a time.
    pub(crate) fn new(limit: Option<usize>) -> Self {
        Self {
            ready: BinaryHeap::new(),
            limit: limit.unwrap_or(usize::MAX).max(1),
            running: 0,
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
            limit: limit.max(1),
            running: 0,
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
        if !operations || self.running >= self.limit {
            return None;
        }
        let open = self.lanes.iter_mut().filter(|l| l.running < l.limit);
        let lane = open.max_by_key(|l| l.ready.peek().copied())?;
        lane.ready.pop().map(|(_, Reverse(node))| node)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.free.is_empty() && self.lanes.iter().all(|l| l.ready.is_empty())
    }

    /// A node's operation, or a part of it, begins.
    pub(crate) fn began(&mut self, node: u32) {
        self.running += 1;
        if let Some(lane) = self.lane_of[node as usize] {
            self.lanes[lane as usize].running += 1;
        }
    }

    pub(crate) fn ended(&mut self, node: u32) {
        self.running -= 1;
        if let Some(lane) = self.lane_of[node as usize] {
            self.lanes[lane as usize].running -= 1;
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
                q.began(n);
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
}
