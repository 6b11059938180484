//! The order of moves: one that begins where another ends comes after it.

use std::collections::HashMap;

use cloudapp_lang::{Diagnostic, Diagnostics, Str};

use super::Statement;
use crate::address::ResourceAddr;
use crate::graph::GraphBuilder;

/// The statements in an order in which chains are followed to their end. An error where they go round in circles.
pub(super) fn order(statements: &[Statement]) -> Result<Vec<usize>, Diagnostics> {
    let mut graph = GraphBuilder::new();
    for i in 0..statements.len() {
        graph.node(&i);
    }
    let mut edge = |later: usize, earlier: usize| {
        if later != earlier && comes_after(&statements[later], &statements[earlier]) {
            graph.edge(&later, &earlier);
        }
    };
    // Moves of resources meet where one ends at the resource at which another begins.
    let mut ending: HashMap<(Vec<&Str>, &ResourceAddr), Vec<usize>> = HashMap::new();
    let at = |p: &'_ super::Place| p.resource.is_some();
    for (i, s) in statements.iter().enumerate().filter(|(_, s)| at(&s.to)) {
        if let Some((r, _)) = &s.to.resource {
            let place = (s.to.path().collect(), r);
            ending.entry(place).or_default().push(i);
        }
    }
    for (i, s) in statements.iter().enumerate() {
        let Some((r, _)) = &s.from.resource else {
            continue;
        };
        let place = (s.from.path().collect(), r);
        for j in ending.get(&place).into_iter().flatten() {
            edge(i, *j);
        }
    }
    // Moves of modules, of which there are few, may hold any other.
    for (m, _) in statements.iter().enumerate().filter(|(_, s)| !at(&s.from)) {
        for i in 0..statements.len() {
            edge(m, i);
            edge(i, m);
        }
    }
    match graph.build() {
        Ok(g) => Ok(g.order.iter().map(|n| g.nodes[*n as usize]).collect()),
        Err(cycles) => Err(cycles.iter().map(|c| circle(statements, &c.0)).collect()),
    }
}

/// Whether a move must wait for another: it begins where that one ends, or what the other moves into or out of a module
/// has to be there first.
fn comes_after(a: &Statement, b: &Statement) -> bool {
    if a.from.meets(&b.to) {
        return true;
    }
    let nested = a.from.is_inside(&b.to)
        || a.to.is_inside(&b.to)
        || b.from.is_inside(&a.from)
        || b.to.is_inside(&a.from);
    // What a module says of its own past fits before and after its instances get other keys; it is done after.
    let about_the_inside = a.only_changes_keys() && a.base < b.base;
    nested && !about_the_inside
}

fn circle(statements: &[Statement], members: &[usize]) -> Diagnostic {
    let mut members: Vec<usize> = members.to_vec();
    members.sort_unstable();
    let steps: Vec<String> = members
        .iter()
        .map(|i| format!("{} to {}", statements[*i].from, statements[*i].to))
        .collect();
    let d = Diagnostic::error(
        "cycle-of-moves",
        "Moves go round in circles",
        format!("None of these can come first: {}.", steps.join(", ")),
    )
    .hint("Remove the blocks for moves that are done; objects cannot change places in one run.");
    match members.iter().find_map(|i| statements[*i].span) {
        Some(span) => d.at(span),
        None => d,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests say what they expect")]
mod tests {
    use super::super::place::Place;
    use super::*;

    /// Statements from `module a > from -> to`, where the module's path is empty for the root.
    fn statements(texts: &[&str]) -> Vec<Statement> {
        let statement = |text: &&str| {
            let (base, rest) = text.split_once('>').unwrap();
            let (from, to) = rest.split_once("->").unwrap();
            let base: Vec<Str> = base.split_whitespace().map(Into::into).collect();
            let (from, to) = (from.trim().parse().unwrap(), to.trim().parse().unwrap());
            let whole = Place::has_no_key(&from) && Place::has_no_key(&to);
            Statement {
                base: base.len(),
                from: Place::new(&base, &from, whole),
                to: Place::new(&base, &to, whole),
                span: None,
            }
        };
        texts.iter().map(statement).collect()
    }

    /// Checks that the statements are put into the order in which they are written, however they are given.
    fn check(texts: &[&str]) {
        let count = texts.len();
        for turn in 0..count {
            let mut given = texts.to_vec();
            given.rotate_left(turn);
            let order = order(&statements(&given)).unwrap();
            let got: Vec<&str> = order.iter().map(|i| given[*i]).collect();
            assert_eq!(got, texts, "given as {given:?}");
        }
    }

    #[test]
    fn what_goes_on_comes_after() {
        check(&["> a.a -> a.b", "> a.b -> a.c", "> a.c -> a.d"]);
        check(&["> a.a -> a.b[0]", "> a.b -> a.c"]);
        check(&["> module.a -> module.b", "> module.b.a.x -> a.x"]);
        check(&["> a.x -> module.a.a.x", "> module.a -> module.b"]);
        check(&["> module.a.a.x -> a.x", "> module.a -> module.b"]);
        check(&["> module.a -> module.b", "> a.x -> module.b.a.x"]);
        check(&["> module.a -> module.b", "b > a.x -> a.y"]);
        check(&[
            "> module.a -> module.a[0]",
            "a > a.x -> a.y",
            "a > a.y -> a.z",
        ]);
    }

    #[test]
    fn circles_are_refused() {
        for circle in [
            &["> a.a -> a.b", "> a.b -> a.a"][..],
            &["> a.a -> a.b", "> a.b -> a.c[1]", "> a.c -> a.a"],
            &["> module.a -> module.b", "> module.b.a.x -> module.a.a.y"],
        ] {
            assert!(order(&statements(circle)).is_err(), "{circle:?}");
        }
    }
}
