//! `graph`: what needs what, in the DOT language or as a tree.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use cloudapp_engine::config::ObjectEdges;

use crate::args::{Global, GraphArgs, GraphType};
use crate::failure::Ended;
use crate::stack::Stack;
use crate::ui::Ui;

pub(super) fn run(ui: &Ui, global: &Global, args: &GraphArgs) -> Ended {
    let stack = Stack::open(ui, global, args.dir.as_deref())?;
    let (configuration, _) = stack.configuration(ui)?;
    let objects = configuration.edges();
    let objects = match args.kind {
        Some(GraphType::Plan) => objects,
        None => resources(&objects),
    };
    ui.say(&if args.tree {
        tree(&objects)
    } else {
        dot(&objects)
    });
    Ok(0)
}

/// The graph of resources alone: what one needs through other objects it needs itself, unless it needs it through
/// another resource as well.
fn resources(objects: &[ObjectEdges]) -> Vec<ObjectEdges> {
    // For each object, what it stands for: itself, or the resources that it needs. What is needed comes first.
    let mut stands_for: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    // For each resource, all resources that it needs, directly or not.
    let mut reaches: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    let mut out = Vec::new();
    for o in objects {
        let direct: BTreeSet<&str> = o
            .needs
            .iter()
            .filter_map(|n| stands_for.get(n.as_str()))
            .flatten()
            .copied()
            .collect();
        if !o.is_resource {
            stands_for.insert(&o.label, direct);
            continue;
        }
        let further: BTreeSet<&str> = direct
            .iter()
            .filter_map(|d| reaches.get(d))
            .flatten()
            .copied()
            .collect();
        out.push(ObjectEdges {
            label: o.label.clone(),
            is_resource: true,
            needs: direct
                .difference(&further)
                .map(|n| (*n).to_owned())
                .collect(),
        });
        stands_for.insert(&o.label, BTreeSet::from([o.label.as_str()]));
        reaches.insert(&o.label, direct.union(&further).copied().collect());
    }
    out
}

/// In order of names, so that the same configuration gives the same text.
fn sorted(objects: &[ObjectEdges]) -> Vec<(&str, Vec<&str>)> {
    let mut out: Vec<(&str, Vec<&str>)> = objects
        .iter()
        .map(|o| {
            let mut needs: Vec<&str> = o.needs.iter().map(String::as_str).collect();
            needs.sort_unstable();
            (o.label.as_str(), needs)
        })
        .collect();
    out.sort();
    out
}

/// The module that an object is in, by the object's name; empty for the root module. A call is where it is written.
fn module_of(label: &str) -> &str {
    let mut end = 0;
    while let Some(rest) = label[end..].strip_prefix("module.") {
        match rest.find('.') {
            Some(dot) => end = label.len() - rest.len() + dot + 1,
            None => break,
        }
    }
    label[..end].trim_end_matches('.')
}

fn dot(objects: &[ObjectEdges]) -> String {
    let quoted = |s: &str| format!("\"{}\"", s.replace('\\', "\\\\").replace('"', "\\\""));
    let objects = sorted(objects);
    let mut out = String::from(
        "digraph G {\n  rankdir = \"RL\";\n  node [shape = rect, fontname = \"sans-serif\"];\n",
    );
    let mut modules: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (label, _) in &objects {
        modules.entry(module_of(label)).or_default().push(label);
    }
    for (module, labels) in modules {
        let pad = if module.is_empty() { "  " } else { "    " };
        if !module.is_empty() {
            let cluster = quoted(&format!("cluster_{module}"));
            let label = quoted(module);
            out.push_str(&format!("  subgraph {cluster} {{\n    label = {label};\n"));
        }
        for label in labels {
            // A box says which module it is.
            let name = label.strip_prefix(module).unwrap_or(label);
            let name = quoted(name.strip_prefix('.').unwrap_or(name));
            out.push_str(&format!("{pad}{} [label={name}];\n", quoted(label)));
        }
        if !module.is_empty() {
            out.push_str("  }\n");
        }
    }
    for (label, needs) in &objects {
        for need in needs {
            out.push_str(&format!("  {} -> {};\n", quoted(label), quoted(need)));
        }
    }
    out + "}\n"
}

/// Every object that nothing needs, with what it needs below it. What has been shown with what it needs is not
/// unfolded again.
fn tree(objects: &[ObjectEdges]) -> String {
    let objects = sorted(objects);
    let needed: HashSet<&str> = objects.iter().flat_map(|(_, n)| n).copied().collect();
    let needs: HashMap<&str, &Vec<&str>> = objects.iter().map(|(l, n)| (*l, n)).collect();
    let mut shown = HashSet::new();
    let mut out = String::new();
    let mut stack: Vec<(&str, usize)> = objects
        .iter()
        .rev()
        .filter(|(l, _)| !needed.contains(l))
        .map(|(l, _)| (*l, 0))
        .collect();
    while let Some((label, depth)) = stack.pop() {
        let below = needs.get(label).map_or(&[][..], |n| n.as_slice());
        let again = !shown.insert(label) && !below.is_empty();
        out.push_str(&format!(
            "{}{label}{}\n",
            "  ".repeat(depth),
            if again { " (above)" } else { "" }
        ));
        if !again {
            stack.extend(below.iter().rev().map(|n| (*n, depth + 1)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects() -> Vec<ObjectEdges> {
        [
            ("var.n", false, &[][..]),
            ("local.x", false, &["var.n"]),
            ("random_id.a", true, &["local.x"]),
            ("random_id.b", true, &["random_id.a"]),
            ("local.y", false, &["random_id.a", "random_id.b"]),
            ("random_id.c", true, &["local.y", "var.n"]),
            ("output.o", false, &["random_id.c"]),
        ]
        .map(|(label, is_resource, needs)| ObjectEdges {
            label: label.to_owned(),
            is_resource,
            needs: needs.iter().map(|n| (*n).to_owned()).collect(),
        })
        .to_vec()
    }

    #[test]
    fn modules_are_boxes() {
        let cases = [
            ("random_id.a", ""),
            ("module.m", ""),
            ("module.m.output.o", "module.m"),
            ("module.m.module.n", "module.m"),
            ("module.m.module.n.data.x.y", "module.m.module.n"),
        ];
        for (label, module) in cases {
            assert_eq!(module_of(label), module, "{label}");
        }
        let objects = [
            ("module.m.random_id.a", &[][..]),
            ("random_id.b", &["module.m.random_id.a"]),
        ];
        let objects = objects.map(|(label, needs)| ObjectEdges {
            label: label.to_owned(),
            is_resource: true,
            needs: needs.iter().map(|n: &&str| (*n).to_owned()).collect(),
        });
        insta::assert_snapshot!(dot(&objects));
    }

    #[test]
    fn as_dot_and_as_a_tree() {
        let all = objects();
        insta::assert_snapshot!(dot(&resources(&all)) + &dot(&all) + &tree(&all));
    }
}
