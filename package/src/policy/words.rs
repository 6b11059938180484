//! A statement in plain words.

use cloudapp_lang::Value;

use super::action::Action;
use super::condition::Operator;
use super::{Effect, Statement, resource};

/// What a statement says: to be read as "may" or "may not", the actions, `on` the resources, `only where` all conditions
/// hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    pub allowed: bool,
    pub actions: Vec<String>,
    pub resources: Vec<String>,
    pub conditions: Vec<String>,
}

impl Statement {
    /// The statement in plain words.
    #[must_use]
    pub fn words(&self) -> Words {
        Words {
            allowed: self.effect == Effect::Allow,
            actions: self.actions.iter().map(|a| action(a)).collect(),
            resources: self.resources.iter().map(|r| on(r)).collect(),
            conditions: self
                .conditions
                .iter()
                .flat_map(|(operator, tests)| {
                    tests
                        .iter()
                        .map(move |(key, values)| condition(operator, key, values))
                })
                .collect(),
        }
    }
}

fn action(text: &str) -> String {
    match Action::parse(text) {
        Some(Action::Everything) => "every action of every product".into(),
        Some(Action::Of { product, name: "*" }) => format!("every action of {product}"),
        Some(Action::Of { product, name }) => match name.strip_suffix('*') {
            Some(start) if !start.contains('*') && !product.contains('*') => {
                format!("every action of {product} that begins with {start}")
            }
            _ => format!("{product}:{name}"),
        },
        Some(Action::Numbered) | None => text.into(),
    }
}

fn on(text: &str) -> String {
    if text == "*" {
        return "all resources".into();
    }
    let Ok(r) = resource::segments(text) else {
        return text.into();
    };
    let mut words = match r.path {
        "*" => "everything".to_owned(),
        path => path.to_owned(),
    };
    if !matches!(r.service, "" | "*") {
        words = format!("{words} of {}", r.service);
    }
    if !matches!(r.region, "" | "*") {
        words = format!("{words} in {}", r.region);
    }
    match r.account {
        "" | "*" => words,
        account => format!("{words} of the account {account}"),
    }
}

fn condition(operator: &str, key: &str, values: &[Value]) -> String {
    let shown: Vec<String> = values.iter().map(value).collect();
    let shown = shown.join(" or ");
    match Operator::parse(operator) {
        Some(o) => {
            let end = if o.if_exist { ", if there is one" } else { "" };
            format!("{}{key} {} {shown}{end}", o.quantity, o.words)
        }
        None => format!("{key} {operator} {shown}"),
    }
}

fn value(value: &Value) -> String {
    match value.as_str() {
        Some(text) => format!("\"{text}\""),
        None => cloudapp_lang::value::encode_json(value),
    }
}
