//! A form, compiled: the expressions and conditions of each argument, and the order in which to evaluate them.

use std::collections::{BTreeMap, BTreeSet};

use cloudapp_lang::{Diagnostics, Span, Str};
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::FieldError;
use super::condition::Test;
use super::expression::{Expression, Names};
use crate::argument::Argument;
use crate::variables::SYSTEM_VARIABLES;

/// Circles of more parameters are not told step by step: nobody would read it, and it would take long.
const LONGEST_CIRCLE: usize = 50;

/// The arguments of a package, ready to be evaluated any number of times.
#[derive(Debug)]
pub struct Definition<'a> {
    pub(super) fields: Vec<FieldDefinition<'a>>,
    pub(super) names: Names,
    /// Indices of `fields`; what a field refers to comes before it.
    pub(super) order: Vec<usize>,
}

/// One argument.
#[derive(Debug)]
pub(super) struct FieldDefinition<'a> {
    pub(super) argument: &'a Argument,
    pub(super) slot: usize,
    pub(super) label: Option<Expression>,
    pub(super) description: Option<Expression>,
    pub(super) tips: Option<Expression>,
    pub(super) when: Vec<Test>,
    pub(super) hidden: Vec<Test>,
    pub(super) validator: Vec<Test>,
    pub(super) default: Option<Expression>,
    /// The fields of its widget.
    pub(super) config: Vec<(Str, Expression)>,
    /// Labels and values of its own options.
    pub(super) options: Vec<(Expression, Expression)>,
    /// What is wrong with it whatever the values are.
    pub(super) errors: Vec<FieldError>,
    /// Whether it refers to itself through others.
    pub(super) is_cyclic: bool,
}

impl<'a> Definition<'a> {
    #[must_use]
    pub fn new(arguments: &'a [Argument]) -> Self {
        let mut names = Names::default();
        let slots: Vec<usize> = arguments.iter().map(|a| names.add(&a.name.value)).collect();
        for name in SYSTEM_VARIABLES {
            names.add(&name.into());
        }
        let mut fields: Vec<_> = arguments
            .iter()
            .zip(slots)
            .map(|(a, slot)| FieldDefinition::new(a, slot, &names))
            .collect();
        let order = order(&mut fields, &names);
        Self {
            fields,
            names,
            order,
        }
    }

    /// What is wrong with the form whatever is entered: the argument, and the error at its place.
    pub(crate) fn faults(&self) -> impl Iterator<Item = (&'a Argument, &FieldError)> {
        self.fields
            .iter()
            .flat_map(|f| f.errors.iter().map(|e| (f.argument, e)))
    }
}

impl<'a> FieldDefinition<'a> {
    fn new(argument: &'a Argument, slot: usize, names: &Names) -> Self {
        let mut found = Diagnostics::new();
        let mut text = |t: &Option<crate::yaml::Spanned<Str>>| {
            t.as_ref()
                .map(|t| Expression::text(&t.value, t.span, names, &mut found))
        };
        let label = text(&argument.label);
        let description = text(&argument.description);
        let tips = text(&argument.incomplete_tips);
        let mut tests = |conditions: &[crate::argument::Condition]| -> Vec<Test> {
            conditions
                .iter()
                .map(|c| Test::compile(c, names, &mut found))
                .collect()
        };
        let when = tests(&argument.when);
        let hidden = tests(&argument.hidden);
        let validator = tests(&argument.validator);
        let has_default = argument
            .widget
            .value
            .descriptor()
            .is_none_or(|d| d.default_value);
        let mut compile = |node| Expression::compile(node, names, &mut found);
        let default = argument.default_value.as_ref().filter(|_| has_default);
        let default = default.map(&mut compile);
        let config = argument
            .fields
            .iter()
            .map(|f| (f.key.value.clone(), compile(&f.value)))
            .collect();
        let options = argument
            .options
            .iter()
            .map(|o| {
                let value = compile(&o.value);
                let label =
                    Expression::text(&o.label.value, o.label.span, names, &mut Diagnostics::new());
                (label, value)
            })
            .collect();
        Self {
            argument,
            slot,
            label,
            description,
            tips,
            when,
            hidden,
            validator,
            default,
            config,
            options,
            errors: found.iter().map(FieldError::from).collect(),
            is_cyclic: false,
        }
    }

    /// What it refers to before its value is known. Validators and texts come after all values, and may refer to its
    /// own.
    fn references(&self) -> Vec<(usize, Span)> {
        let mut to = Vec::new();
        let config = self.config.iter().map(|(_, e)| e);
        let options = self.options.iter().map(|(_, value)| value);
        self.default
            .iter()
            .chain(config)
            .chain(options)
            .for_each(|e| e.references(&mut to));
        let conditions = self.when.iter().chain(&self.hidden);
        conditions.for_each(|t| t.references(&mut to));
        to
    }
}

/// An order in which every field comes after those that it refers to. Fields that refer to each other in a circle are
/// marked, with an error at the place of each.
fn order(fields: &mut [FieldDefinition<'_>], names: &Names) -> Vec<usize> {
    let mut by_slot: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (i, field) in fields.iter().enumerate() {
        by_slot.entry(field.slot).or_default().push(i);
    }
    let references: Vec<Vec<(usize, Span)>> = fields.iter().map(|f| f.references()).collect();
    // A node for each field and one for each name, so that names that are shared cost no more than the fields.
    let mut graph: DiGraph<(), ()> = DiGraph::new();
    for _ in 0..fields.len() + names.len() {
        graph.add_node(());
    }
    let name_node = |slot: usize| NodeIndex::new(fields.len() + slot);
    for (slot, owners) in &by_slot {
        for owner in owners {
            graph.add_edge(name_node(*slot), NodeIndex::new(*owner), ());
        }
    }
    for (i, to) in references.iter().enumerate() {
        let slots: BTreeSet<usize> = to.iter().map(|(slot, _)| *slot).collect();
        for slot in slots {
            graph.add_edge(NodeIndex::new(i), name_node(slot), ());
        }
    }
    let count = fields.len();
    let mut order = Vec::with_capacity(count);
    // What is referred to comes first in this algorithm's answer.
    for component in kosaraju_scc(&graph) {
        let members: BTreeSet<usize> = component.iter().map(|n| n.index()).collect();
        let circle: Vec<usize> = members.iter().copied().filter(|m| *m < count).collect();
        if members.len() > 1 {
            for member in &circle {
                let within = |slot: &usize| members.contains(&(count + slot));
                let cause = references[*member].iter().find(|(slot, _)| within(slot));
                let path = match circle.len() {
                    0..=LONGEST_CIRCLE => {
                        circle_from(*member, &references, &by_slot, &members, count, names)
                    }
                    _ => Vec::new(),
                };
                let field = &mut fields[*member];
                let span = cause.map_or(field.argument.name.span, |(_, span)| *span);
                field.is_cyclic = true;
                field.errors.push(cycle(&path, circle.len(), span));
            }
        }
        order.extend(circle);
    }
    order
}

fn cycle(path: &[Str], size: usize, span: Span) -> FieldError {
    let message = match (path.len(), size) {
        (_, 1) => "It refers to itself, so it can never be filled in.".into(),
        (0, _) => format!(
            "It depends on itself, in a circle of {size} parameters. None of them can be filled in first."
        ),
        _ => format!(
            "It depends on itself: {}. None of them can be filled in first.",
            path.join(" → ")
        ),
    };
    FieldError {
        code: "argument-cycle".into(),
        message: message.into(),
        span: Some(span),
    }
}

/// The shortest way from a field back to itself, by names.
fn circle_from(
    start: usize,
    references: &[Vec<(usize, Span)>],
    by_slot: &BTreeMap<usize, Vec<usize>>,
    members: &BTreeSet<usize>,
    count: usize,
    names: &Names,
) -> Vec<Str> {
    let mut came: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(field) = queue.pop_front() {
        for (slot, _) in &references[field] {
            if !members.contains(&(count + slot)) {
                continue;
            }
            for next in by_slot.get(slot).into_iter().flatten() {
                if came.contains_key(next) || !members.contains(next) {
                    continue;
                }
                came.insert(*next, (field, *slot));
                if *next != start {
                    queue.push_back(*next);
                    continue;
                }
                let mut path = vec![names.name(*slot).clone()];
                let mut at = field;
                while at != start {
                    let (from, slot) = came[&at];
                    path.push(names.name(slot).clone());
                    at = from;
                }
                // The name by which the way back ends is that of the start.
                path.push(path[0].clone());
                path.reverse();
                return path;
            }
        }
    }
    Vec::new()
}
