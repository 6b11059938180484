//! Checks a configuration against what is known of its type, as far as the configuration is known.
//!
//! That arguments exist, have the right type and are all there is the engine's affair: it has the schema.

use std::collections::BTreeSet;

use cloudapp_engine::provider::ProviderDiagnostic;
use cloudapp_lang::{Path, PathStep, Severity, Str, Value};

use super::spec::{Argument, Container, Element, Flags, Scalar, TypeSpec};
use super::validator::{Broken, Rule};

/// All findings about a configuration.
pub(crate) fn validate(kind: &str, spec: &TypeSpec, config: &Value) -> Vec<ProviderDiagnostic> {
    let mut check = Check {
        root: config,
        found: Vec::new(),
        groups: BTreeSet::new(),
    };
    if spec.deprecated {
        check.found.push(ProviderDiagnostic {
            severity: Severity::Warning,
            code: "deprecated-type",
            summary: "Deprecated type",
            detail: format!("`{kind}` is deprecated and may be removed from the provider."),
            hint: "Look in the provider's documentation for the type that takes its place.".into(),
            path: Path::root(),
        });
    }
    check.arguments(&spec.arguments, config, &Path::root());
    check.found
}

/// What a configuration says of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Given {
    Absent,
    Unknown,
    Present,
}

fn given(value: Option<&Value>) -> Given {
    match value {
        None => Given::Absent,
        Some(v) if !v.is_known() => Given::Unknown,
        Some(v) if v.is_null() => Given::Absent,
        Some(_) => Given::Present,
    }
}

struct Check<'c> {
    root: &'c Value,
    found: Vec<ProviderDiagnostic>,
    /// Relations that were reported: several arguments declare the same one.
    groups: BTreeSet<String>,
}

impl Check<'_> {
    fn error(
        &mut self,
        code: &'static str,
        summary: &'static str,
        path: Path,
        detail: String,
        hint: String,
    ) {
        self.found.push(ProviderDiagnostic {
            severity: Severity::Error,
            code,
            summary,
            detail,
            hint,
            path,
        });
    }

    fn arguments(&mut self, arguments: &[Argument], config: &Value, at: &Path) {
        for argument in arguments.iter().filter(|a| a.is_settable()) {
            let value = config.get(&argument.name);
            let path = at.then(PathStep::Attr(argument.name.clone()));
            self.relations(argument, value, &path, at);
            if let Some(value) = value.filter(|v| v.is_known() && !v.is_null()) {
                self.argument(argument, value, &path);
            }
        }
    }

    fn argument(&mut self, argument: &Argument, value: &Value, path: &Path) {
        if argument.is_base {
            self.found.push(ProviderDiagnostic {
                severity: Severity::Warning,
                code: "base-property",
                summary: "A property that only packages have",
                detail: format!(
                    "`{}` is a property of every resource of a package; Terraform's provider does not have it here.",
                    argument.name
                ),
                hint: "Leave it out, unless the resource is to lie elsewhere than its provider.".into(),
                path: path.clone(),
            });
        }
        let items = value.as_items();
        if let Some(items) = items {
            self.count(argument, items, path);
        }
        let sensitive = argument.is(Flags::SENSITIVE);
        if let Some(rule) = &argument.rule {
            self.rule(rule, &argument.name, value, sensitive, path);
        }
        match (&argument.element, argument.container) {
            (Element::Scalar(scalar, rule), Container::One) => {
                self.scalar(
                    *scalar,
                    rule.as_deref(),
                    &argument.name,
                    value,
                    sensitive,
                    path,
                );
            }
            (Element::Scalar(scalar, rule), container) => {
                let entries = value.as_entries().into_iter().flatten();
                let entries = entries.map(|(k, v)| (PathStep::Key(k.clone()), v));
                for (step, item) in steps(container, items)
                    .chain(entries)
                    .filter(|(_, v)| v.is_known() && !v.is_null())
                {
                    self.scalar(
                        *scalar,
                        rule.as_deref(),
                        &argument.name,
                        item,
                        sensitive,
                        &path.then(step),
                    );
                }
            }
            (Element::Block(inner), container) => {
                for (step, item) in
                    steps(container, items).filter(|(_, v)| v.is_known() && !v.is_null())
                {
                    self.arguments(inner, item, &path.then(step));
                }
            }
        }
    }

    fn scalar(
        &mut self,
        scalar: Scalar,
        rule: Option<&Rule>,
        name: &str,
        value: &Value,
        sensitive: bool,
        path: &Path,
    ) {
        if scalar == Scalar::Int && value.as_number().is_some_and(|n| !n.is_whole()) {
            let shown = if sensitive {
                String::new()
            } else {
                format!(" and is {}", shown(value))
            };
            let detail = format!("`{name}` must be a whole number{shown}.");
            self.error(
                "not-whole",
                "Whole number required",
                path.clone(),
                detail,
                "Round the number.".into(),
            );
        }
        if let Some(rule) = rule {
            self.rule(rule, name, value, sensitive, path);
        }
    }

    fn rule(&mut self, rule: &Rule, name: &str, value: &Value, sensitive: bool, path: &Path) {
        if let Err(Broken {
            code,
            summary,
            must,
            hint,
        }) = rule.check(value)
        {
            let shown = if sensitive || value.as_entries().is_some() {
                String::new()
            } else {
                format!("; it is {}", shown(value))
            };
            self.error(
                code,
                summary,
                path.clone(),
                format!("`{name}` {must}{shown}."),
                hint,
            );
        }
    }

    /// The number of items. Blocks whose number the schema limits are counted by the engine.
    fn count(&mut self, argument: &Argument, items: &[Value], path: &Path) {
        let counted_by_schema = argument.as_block().is_some() && !argument.is(Flags::COMPUTED);
        // Of items that are unknown, two may turn out equal in a set.
        let sure = argument.container != Container::Set || items.iter().all(Value::is_wholly_known);
        let (n, name) = (items.len() as u64, &argument.name);
        if counted_by_schema || items.is_empty() && argument.as_block().is_some() {
            return;
        }
        if argument.max_items > 0 && n > argument.max_items && sure {
            let detail = format!(
                "`{name}` may have at most {} items and has {n}.",
                argument.max_items
            );
            let hint = format!("Remove {} of them.", n - argument.max_items);
            self.error(
                "too-many-items",
                "Too many items",
                path.clone(),
                detail,
                hint,
            );
        }
        if n < argument.min_items {
            let detail = format!(
                "`{name}` needs at least {} items and has {n}.",
                argument.min_items
            );
            let hint = format!("Add {} more.", argument.min_items - n);
            self.error("too-few-items", "Too few items", path.clone(), detail, hint);
        }
    }

    fn relations(&mut self, argument: &Argument, value: Option<&Value>, path: &Path, at: &Path) {
        let Some(relations) = &argument.relations else {
            return;
        };
        let own = self.given_at(argument, value);
        if !relations.exactly_one_of.is_empty() {
            self.one_of(argument, own, &relations.exactly_one_of, at, true);
        }
        if !relations.at_least_one_of.is_empty() {
            self.one_of(argument, own, &relations.at_least_one_of, at, false);
        }
        if own != Given::Present {
            return;
        }
        for other in &relations.conflicts_with {
            let group = group([&argument.name, last(other)].into_iter(), at);
            if self.look_up(other) == Given::Present
                && last(other) != &*argument.name
                && self.groups.insert(group)
            {
                let detail = format!(
                    "`{}` and `{}` exclude each other, and both are set.",
                    argument.name,
                    last(other)
                );
                let hint = "Remove one of the two.".into();
                self.error(
                    "conflicting-arguments",
                    "Arguments exclude each other",
                    path.clone(),
                    detail,
                    hint,
                );
            }
        }
        for other in &relations.required_with {
            if self.look_up(other) == Given::Absent {
                let detail = format!(
                    "`{}` has a meaning only together with `{}`, which is not set.",
                    argument.name,
                    last(other)
                );
                let hint = format!("Set `{}` too, or remove `{}`.", last(other), argument.name);
                self.error(
                    "missing-companion",
                    "Argument needs another one",
                    path.clone(),
                    detail,
                    hint,
                );
            }
        }
    }

    fn one_of(
        &mut self,
        argument: &Argument,
        own: Given,
        others: &[Str],
        at: &Path,
        exactly: bool,
    ) {
        let mut members: Vec<(&str, Given)> = others
            .iter()
            .filter(|o| last(o) != &*argument.name)
            .map(|o| (last(o), self.look_up(o)))
            .collect();
        members.push((&argument.name, own));
        members.sort_unstable_by_key(|(n, _)| *n);
        let present: Vec<&str> = members
            .iter()
            .filter(|(_, g)| *g == Given::Present)
            .map(|(n, _)| *n)
            .collect();
        let unknown = members.iter().any(|(_, g)| *g == Given::Unknown);
        let wrong = present.is_empty() && !unknown || exactly && present.len() > 1;
        let names = members
            .iter()
            .map(|(n, _)| format!("`{n}`"))
            .collect::<Vec<_>>()
            .join(", ");
        if !wrong
            || !self
                .groups
                .insert(group(members.iter().map(|(n, _)| *n), at))
        {
            return;
        }
        if let Some(second) = present.get(1) {
            let both = present
                .iter()
                .map(|n| format!("`{n}`"))
                .collect::<Vec<_>>()
                .join(" and ");
            let path = at.then(PathStep::Attr((*second).into()));
            let detail = format!("Only one of {names} may be set, and {both} are.");
            self.error(
                "conflicting-arguments",
                "Arguments exclude each other",
                path,
                detail,
                "Keep one of them.".into(),
            );
        } else {
            let detail = format!(
                "{} of {names} must be set, and none is.",
                if exactly { "One" } else { "At least one" }
            );
            let hint = format!("Set `{}`, for example.", members[0].0);
            self.error(
                "missing-alternative",
                "One of several arguments is missing",
                at.clone(),
                detail,
                hint,
            );
        }
    }

    fn given_at(&self, argument: &Argument, value: Option<&Value>) -> Given {
        let no_blocks = value.is_some_and(|v| v.as_items().is_some_and(<[_]>::is_empty));
        if argument.as_block().is_some() && no_blocks {
            Given::Absent
        } else {
            given(value)
        }
    }

    /// What the configuration says of a name, or of a path such as `config.0.name`, from the root.
    fn look_up(&self, path: &str) -> Given {
        let mut value = Some(self.root);
        for step in path.split('.') {
            if value.is_some_and(|v| !v.is_known()) {
                return Given::Unknown;
            }
            value = match step.parse::<usize>() {
                Ok(i) => value
                    .and_then(Value::as_items)
                    .and_then(|items| items.get(i)),
                Err(_) => value.and_then(|v| v.get(step)),
            };
        }
        // A list without blocks is how a block that is not written looks.
        let empty = value.is_some_and(|v| v.as_items().is_some_and(<[_]>::is_empty));
        if empty { Given::Absent } else { given(value) }
    }
}

fn steps(
    container: Container,
    items: Option<&[Value]>,
) -> impl Iterator<Item = (PathStep, &Value)> {
    let step = move |i| {
        if container == Container::Set {
            PathStep::Element
        } else {
            PathStep::Index(i)
        }
    };
    items
        .into_iter()
        .flatten()
        .enumerate()
        .map(move |(i, v)| (step(i), v))
}

/// The last name of a path.
fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// One name for a relation, whichever member declares it.
fn group<'n>(
    names: impl Iterator<Item = &'n (impl AsRef<str> + ?Sized + 'n)>,
    at: &Path,
) -> String {
    let mut names: Vec<&str> = names.map(AsRef::as_ref).collect();
    names.sort_unstable();
    format!("{at}:{}", names.join(","))
}

/// A value as people write it, cut where it is long.
fn shown(value: &Value) -> String {
    let text = match value.as_str() {
        Some(s) => format!("{s:?}"),
        None => format!("{value:?}"),
    };
    if text.chars().count() <= 80 {
        text
    } else {
        text.chars().take(77).chain("...".chars()).collect()
    }
}
