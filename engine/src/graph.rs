//! The dependency graph: built and checked with petgraph, then compiled to index tables for the walks.

use std::collections::HashMap;
use std::hash::Hash;

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::FxHashMap;

/// An acyclic graph over nodes of type `N`, as tables of indices.
#[derive(Debug, Clone)]
pub(crate) struct Graph<N> {
    pub(crate) nodes: Vec<N>,
    /// For each node, what it needs.
    pub(crate) needs: Vec<Vec<u32>>,
    /// For each node, what needs it.
    pub(crate) needed_by: Vec<Vec<u32>>,
    /// Every node after all that it needs.
    pub(crate) order: Vec<u32>,
}

impl<N> Default for Graph<N> {
    fn default() -> Self {
        Self {
            nodes: Vec::new(),
            needs: Vec::new(),
            needed_by: Vec::new(),
            order: Vec::new(),
        }
    }
}

/// Collects nodes and edges.
#[derive(Debug)]
pub(crate) struct GraphBuilder<N> {
    graph: DiGraph<N, ()>,
    index: FxHashMap<N, NodeIndex>,
}

/// Nodes that need each other, as a path: each needs the next, and the last needs the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cycle<N>(pub(crate) Vec<N>);

impl<N: Clone + Eq + Hash + Ord> GraphBuilder<N> {
    pub(crate) fn new() -> Self {
        Self {
            graph: DiGraph::new(),
            index: FxHashMap::default(),
        }
    }

    pub(crate) fn node(&mut self, node: &N) -> NodeIndex {
        match self.index.get(node) {
            Some(i) => *i,
            None => {
                let i = self.graph.add_node(node.clone());
                self.index.insert(node.clone(), i);
                i
            }
        }
    }

    /// Says that `from` needs `to`.
    pub(crate) fn edge(&mut self, from: &N, to: &N) {
        let (a, b) = (self.node(from), self.node(to));
        self.graph.add_edge(a, b, ());
    }

    /// The tables, or every cycle, each shown once and beginning at its smallest node.
    pub(crate) fn build(self) -> Result<Graph<N>, Vec<Cycle<N>>> {
        // Tarjan's algorithm yields components in reverse topological order of the edges: what is needed comes first.
        let components = tarjan_scc(&self.graph);
        let mut cycles = Vec::new();
        for c in &components {
            let looped = c.len() > 1 || self.graph.contains_edge(c[0], c[0]);
            if looped {
                cycles.push(self.shortest_cycle(c));
            }
        }
        if !cycles.is_empty() {
            cycles.sort_by(|a, b| a.0.cmp(&b.0));
            return Err(cycles);
        }
        let count = self.graph.node_count();
        let mut needs = vec![Vec::new(); count];
        let mut needed_by = vec![Vec::new(); count];
        for e in self.graph.raw_edges() {
            needs[e.source().index()].push(e.target().index() as u32);
        }
        for (i, list) in needs.iter_mut().enumerate() {
            list.sort_unstable();
            list.dedup();
            for n in list {
                needed_by[*n as usize].push(i as u32);
            }
        }
        let order = components
            .into_iter()
            .flatten()
            .map(|n| n.index() as u32)
            .collect();
        let nodes = self
            .graph
            .into_nodes_edges()
            .0
            .into_iter()
            .map(|n| n.weight)
            .collect();
        Ok(Graph {
            nodes,
            needs,
            needed_by,
            order,
        })
    }

    /// A shortest cycle through the smallest node of a strongly connected component.
    fn shortest_cycle(&self, component: &[NodeIndex]) -> Cycle<N> {
        let inside: std::collections::HashSet<_> = component.iter().copied().collect();
        let Some(start) = component
            .iter()
            .copied()
            .min_by(|a, b| self.graph[*a].cmp(&self.graph[*b]))
        else {
            return Cycle(Vec::new());
        };
        let mut from: HashMap<NodeIndex, NodeIndex> = HashMap::new();
        let mut queue = std::collections::VecDeque::from([start]);
        'search: while let Some(n) = queue.pop_front() {
            let mut next: Vec<_> = self
                .graph
                .neighbors(n)
                .filter(|m| inside.contains(m))
                .collect();
            next.sort_by(|a, b| self.graph[*a].cmp(&self.graph[*b]));
            for m in next {
                if m == start {
                    from.insert(start, n);
                    break 'search;
                }
                if let std::collections::hash_map::Entry::Vacant(e) = from.entry(m) {
                    e.insert(n);
                    queue.push_back(m);
                }
            }
        }
        let mut path = vec![self.graph[start].clone()];
        let mut at = from.get(&start).copied().unwrap_or(start);
        while at != start {
            path.push(self.graph[at].clone());
            let Some(before) = from.get(&at) else { break };
            at = *before;
        }
        path[1..].reverse();
        Cycle(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(
        edges: &[(&'static str, &'static str)],
    ) -> Result<Graph<&'static str>, Vec<Cycle<&'static str>>> {
        let mut b = GraphBuilder::new();
        for (from, to) in edges {
            b.edge(from, to);
        }
        b.build()
    }

    #[test]
    fn what_is_needed_comes_first() {
        let g = graph(&[("a", "b"), ("b", "c"), ("a", "c"), ("a", "c")]).unwrap_or_default();
        let order: Vec<_> = g.order.iter().map(|i| g.nodes[*i as usize]).collect();
        assert_eq!(order, ["c", "b", "a"]);
        let a = g.nodes.iter().position(|n| *n == "a").unwrap_or_default();
        assert_eq!(g.needs[a].len(), 2, "a repeated edge counts once");
    }

    #[test]
    fn a_cycle_is_shown_as_a_path() {
        let cycles = graph(&[("d", "a"), ("b", "c"), ("a", "b"), ("c", "a"), ("c", "c")])
            .err()
            .unwrap_or_default();
        assert_eq!(cycles, [Cycle(vec!["a", "b", "c"])]);
        assert_eq!(graph(&[("x", "x")]).err(), Some(vec![Cycle(vec!["x"])]));
    }
}
