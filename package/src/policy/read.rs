//! `role.policy` read from the manifest, with everything that is wrong with its grammar.

use cloudapp_lang::diagnostic::nearest;
use cloudapp_lang::{Diagnostic, Span, Str};

use super::action::Action;
use super::condition::{GENERAL_KEYS, Operator};
use super::{Condition, Declaration, Document, Effect, VERSION, resource};
use crate::interpolation;
use crate::reader::Reader;
use crate::yaml::{Entry, Node, Spanned, Yaml};

const POLICY: [&str; 2] = ["version", "statement"];
const STATEMENT: [&str; 4] = ["effect", "action", "resource", "condition"];

/// Reads the policy. What is wrong is left out of the answer.
pub(crate) fn read(reader: &mut Reader, node: &Node) -> Option<Document> {
    let entries = reader.mapping(node, "\"role.policy\"");
    if !matches!(node.value, Yaml::Mapping(_)) {
        return None;
    }
    for Entry { key, .. } in entries {
        match &*key.value {
            "version" | "statement" => {}
            "principal" => reader.found.push(principal(key.span)),
            _ => reader.unknown(key, "A policy", &POLICY),
        }
    }
    match node.get("version") {
        None => {
            let detail = "A policy says which version of the grammar it is written in.";
            let d = Diagnostic::error("policy-version", "Version of the policy", detail);
            reader
                .found
                .push(d.at(node.span).hint(format!("Add version: \"{VERSION}\".")));
        }
        Some(v) if v.as_str() != Some(VERSION) => {
            let detail = match v.value {
                Yaml::Number(_) => {
                    "The version is a string, but without quotes this is a number.".into()
                }
                _ => format!("There is no version but \"{VERSION}\"."),
            };
            let d = Diagnostic::error("policy-version", "Version of the policy", detail);
            reader
                .found
                .push(d.at(v.span).hint(format!("Write version: \"{VERSION}\".")));
        }
        Some(_) => {}
    }
    let statements = match node.get("statement") {
        None => {
            reader.missing("statement", "A policy", node.span);
            Vec::new()
        }
        Some(one) if matches!(one.value, Yaml::Mapping(_)) => {
            statement(reader, one).into_iter().collect()
        }
        Some(all) => {
            let items = reader.list(all, "\"statement\"");
            if items.is_empty() && matches!(all.value, Yaml::Sequence(_)) {
                let detail = "A policy without a statement allows nothing, and is refused.";
                let d = Diagnostic::error("policy-statement", "Policy without a statement", detail);
                reader.found.push(
                    d.at(all.span)
                        .hint("Add a statement, or remove \"role\" altogether."),
                );
            }
            items.iter().filter_map(|n| statement(reader, n)).collect()
        }
    };
    Some(Document {
        statements,
        span: node.span,
    })
}

fn principal(at: Span) -> Diagnostic {
    let detail = "Whose permissions these are is not for the policy to say: they are those of the role that the installation gets.";
    Diagnostic::error("policy-principal", "Principal in a role policy", detail)
        .at(at)
        .hint("Remove \"principal\".")
}

fn statement(reader: &mut Reader, node: &Node) -> Option<Declaration> {
    let entries = reader.mapping(node, "A statement");
    if !matches!(node.value, Yaml::Mapping(_)) {
        return None;
    }
    let (mut effect, mut conditions) = (None, Vec::new());
    let (mut actions, mut resources) = (Vec::new(), Vec::new());
    for Entry { key, value } in entries {
        match &*key.value {
            "effect" => effect = read_effect(reader, value),
            "action" => actions = strings(reader, value, "\"action\"", action),
            "resource" => resources = strings(reader, value, "\"resource\"", check_resource),
            "condition" => conditions = read_conditions(reader, value),
            "principal" => reader.found.push(principal(key.span)),
            _ => reader.unknown(key, "A statement", &STATEMENT),
        }
    }
    for key in ["effect", "action", "resource"] {
        if node.get(key).is_none() {
            reader.missing(key, "A statement", node.span);
        }
    }
    Some(Declaration {
        effect: effect?,
        actions,
        resources,
        conditions,
        span: node.span,
    })
}

fn read_effect(reader: &mut Reader, node: &Node) -> Option<Spanned<Effect>> {
    let text = reader.string(node, "\"effect\"")?;
    let value = match &*text.value {
        "allow" => Effect::Allow,
        "deny" => Effect::Deny,
        other => {
            let detail = format!("A statement allows or denies; \"{other}\" is neither.");
            let d = Diagnostic::error("policy-effect", "Unknown effect", detail).at(text.span);
            let near = nearest(&other.to_ascii_lowercase(), ["allow", "deny"]);
            reader.found.push(d.hint(match near {
                Some(near) => format!("Write \"{near}\"."),
                None => "Write \"allow\" or \"deny\".".into(),
            }));
            return None;
        }
    };
    Some(Spanned {
        value,
        span: text.span,
    })
}

/// A string or a list of them, each of which is checked.
fn strings(
    reader: &mut Reader,
    node: &Node,
    what: &str,
    check: fn(&str, Span) -> Option<Diagnostic>,
) -> Vec<Spanned<Str>> {
    let items = match &node.value {
        Yaml::Sequence(items) => {
            if items.is_empty() {
                let detail = format!("{what} has no element, so the statement says nothing.");
                let d = Diagnostic::error("policy-statement", "Statement without effect", detail);
                reader.found.push(
                    d.at(node.span)
                        .hint("Add an element, or remove the statement."),
                );
            }
            items.as_slice()
        }
        _ => std::slice::from_ref(node),
    };
    let mut all = Vec::with_capacity(items.len());
    for item in items {
        let Some(text) = reader.string(item, &format!("An element of {what}")) else {
            continue;
        };
        match check(&text.value, text.span) {
            Some(d) => reader.found.push(d),
            None => all.push(text),
        }
    }
    all
}

/// What is wrong with how an action is written.
pub(crate) fn action_form(text: &str, span: Span) -> Option<Diagnostic> {
    if Action::parse(text).is_some() {
        return None;
    }
    let detail = format!("\"{text}\" is not \"product:Action\".");
    let d = Diagnostic::error("policy-action", "Action is malformed", detail).at(span);
    Some(d.hint(match text.split_once(':') {
        Some((product, _)) if product.bytes().any(|b| b.is_ascii_uppercase()) => {
            "Write the product in lower case."
        }
        Some(_) => {
            "Write it as in cvm:DescribeInstances; a * at the end stands for the rest of the name."
        }
        None => "Put the product and a colon before the action, as in cvm:DescribeInstances.",
    }))
}

fn action(text: &str, span: Span) -> Option<Diagnostic> {
    // What a variable gives cannot be looked at here.
    if text.contains("${") {
        return None;
    }
    action_form(text, span)
}

fn check_resource(text: &str, span: Span) -> Option<Diagnostic> {
    let whole = text
        .strip_prefix("${")
        .is_some_and(|t| t.ends_with('}') && !t.contains("${"));
    // An expression that does not end is another finding.
    let unclosed =
        text.contains("${") && !interpolation::is_template(text) && !text.contains("$${");
    if text == "*" || whole || unclosed {
        return None;
    }
    let fault = resource::segments(text).err()?;
    let detail = format!("\"{text}\" names no resource: {fault}.");
    let d = Diagnostic::error("policy-resource", "Resource is malformed", detail).at(span);
    Some(d.hint("Write \"*\" for all resources, or qcs:project:service:region:account:resource, such as qcs::cos:ap-guangzhou:uid/1250000000:bucket-1250000000/*."))
}

fn read_conditions(reader: &mut Reader, node: &Node) -> Vec<Condition> {
    let mut all = Vec::new();
    for Entry {
        key: operator,
        value: tests,
    } in reader.mapping(node, "\"condition\"")
    {
        let known = Operator::parse(&operator.value);
        if known.is_none() {
            reader.found.push(unknown_operator(operator));
        }
        for Entry { key, value } in reader.mapping(tests, &format!("\"{}\"", operator.value)) {
            check_key(reader, key);
            let values = match &value.value {
                Yaml::Sequence(items) => items.clone(),
                _ => vec![value.clone()],
            };
            for value in &values {
                check_value(reader, known, operator, key, value);
            }
            all.push(Condition {
                operator: operator.clone(),
                key: key.clone(),
                values,
            });
        }
    }
    all
}

fn unknown_operator(operator: &Spanned<Str>) -> Diagnostic {
    let detail = format!("There is no operator \"{}\".", operator.value);
    let d = Diagnostic::error("policy-operator", "Unknown operator of a condition", detail)
        .at(operator.span);
    d.hint(match Operator::nearest(&operator.value) {
        Some(near) => format!("Did you mean \"{near}\"?"),
        None => "Operators are string_, numeric_, date_, bool_ and ip_equal and the like; before one may stand for_any_value: or for_all_value:, after it _if_exist.".into(),
    })
}

fn check_key(reader: &mut Reader, key: &Spanned<Str>) {
    let text = &*key.value;
    let (detail, hint) = match text.split_once(':') {
        Some(("qcs", _)) if !GENERAL_KEYS.contains(&text) && !text.contains('/') => (
            format!("This version knows no key \"{text}\" that all products have."),
            match nearest(text, GENERAL_KEYS) {
                Some(near) => format!("Did you mean \"{near}\"?"),
                None => format!("Those it knows are: {}.", GENERAL_KEYS.join(", ")),
            },
        ),
        Some((product, name)) if !product.is_empty() && !name.is_empty() => return,
        _ => (
            format!("\"{text}\" is not \"product:key\"."),
            "Write it as in qcs:ip or vpc:region.".into(),
        ),
    };
    let d = Diagnostic::warning("policy-condition-key", "Unknown key of a condition", detail);
    reader.found.push(d.at(key.span).hint(hint));
}

fn check_value(
    reader: &mut Reader,
    operator: Option<Operator>,
    name: &Spanned<Str>,
    key: &Spanned<Str>,
    value: &Node,
) {
    let text = match &value.value {
        Yaml::String(s) => s.to_string(),
        Yaml::Number(n) => n.to_string(),
        Yaml::Bool(b) => b.to_string(),
        _ => {
            let what = format!("What \"{}\" is compared with", key.value);
            return reader.shape(
                value,
                &what,
                "a string, a number, a boolean, or a list of these",
                "Write one value, or a list of values of which one must fit.",
            );
        }
    };
    let fault = operator
        .filter(|_| !text.contains("${"))
        .and_then(|o| o.comparison.fault(&text));
    if let Some(wanted) = fault {
        let detail = format!(
            "\"{}\" compares \"{}\" with {wanted}, but this is \"{text}\".",
            name.value, key.value
        );
        let d = Diagnostic::warning("policy-condition-value", "Value never fits", detail);
        reader
            .found
            .push(d.at(value.span).hint(format!("Write {wanted}.")));
    }
}
