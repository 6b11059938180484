//! One installation parameter: an item of `args`.

use cloudapp_lang::diagnostic::nearest;
use cloudapp_lang::{Diagnostic, Span, Str};

use crate::form::{Operands, Operator};
use crate::reader::Reader;
use crate::variables::SYSTEM_VARIABLES;
use crate::widget::{COMMON_FIELDS, Widget};
use crate::yaml::{Entry, Node, Spanned, Yaml};

/// A parameter that the customer is asked for. Expressions in it are kept as they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    pub widget: Spanned<Widget>,
    /// The variable of the stack that takes the value.
    pub name: Spanned<Str>,
    pub label: Option<Spanned<Str>>,
    pub description: Option<Spanned<Str>>,
    /// May be left empty.
    pub optional: bool,
    /// Asked for only where these hold.
    pub when: Vec<Condition>,
    /// Not shown where these hold.
    pub hidden: Vec<Condition>,
    /// The value is accepted only where these hold.
    pub validator: Vec<Condition>,
    pub default_value: Option<Node>,
    /// Shown while something that this one depends on has not been chosen.
    pub incomplete_tips: Option<Spanned<Str>>,
    pub options: Vec<ChoiceOption>,
    /// The fields of the widget, such as `region` or `cpu`, and whatever else is there.
    pub fields: Vec<Entry>,
    /// The whole item.
    pub span: Span,
}

/// One element of `when`, `hidden` or `validator`: an operator and what it is applied to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// One of [`Operator`]'s; `eq` is the only one that is documented.
    pub operator: Spanned<Str>,
    /// The operands; for `eq`, a mapping with `a` and `b`, and in a validator `message`.
    pub operands: Node,
    /// A validator's message, where it stands beside the operator.
    pub message: Option<Spanned<Str>>,
}

/// A choice of a drop-down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChoiceOption {
    pub label: Spanned<Str>,
    pub value: Node,
}

/// Reads `args`.
pub(crate) fn read_all(reader: &mut Reader, node: &Node) -> Vec<Argument> {
    let arguments: Vec<Argument> = reader
        .list(node, "\"args\"")
        .iter()
        .filter_map(|n| read(reader, n))
        .collect();
    check_names(reader, &arguments);
    arguments
}

fn read(reader: &mut Reader, node: &Node) -> Option<Argument> {
    let entries = reader.mapping(node, "An argument");
    if !matches!(node.value, Yaml::Mapping(_)) {
        return None;
    }
    let mut fields = Vec::new();
    let (mut widget, mut name, mut label, mut description) = (None, None, None, None);
    let (mut optional, mut when, mut hidden, mut validator) =
        (false, Vec::new(), Vec::new(), Vec::new());
    let (mut default_value, mut incomplete_tips, mut options) = (None, None, Vec::new());
    let mut options_key = None;
    for entry in entries {
        let (key, value) = (&*entry.key.value, &entry.value);
        let what = format!("\"{key}\"");
        match key {
            "widget" => widget = reader.string(value, &what),
            "name" => name = reader.string(value, &what),
            "label" => label = reader.string(value, &what),
            "description" => description = reader.string(value, &what),
            "optional" => optional = reader.boolean(value, &what).unwrap_or(false),
            "when" => when = conditions(reader, value, &what, false),
            "hidden" => hidden = conditions(reader, value, &what, false),
            "validator" => validator = conditions(reader, value, &what, true),
            "defaultValue" => default_value = Some(value.clone()),
            "incompleteTips" => incomplete_tips = reader.string(value, &what),
            "options" => {
                options = choices(reader, value);
                options_key = Some(entry.key.clone());
            }
            _ => fields.push(entry.clone()),
        }
    }
    for key in ["widget", "name", "label"] {
        if node.get(key).is_none() {
            let what = match &name {
                Some(name) => format!("The argument \"{}\"", name.value),
                None => "An argument".into(),
            };
            reader.missing(key, &what, name.as_ref().map_or(node.span, |n| n.span));
        }
    }
    let argument = Argument {
        widget: widget.map(|w| Spanned {
            value: Widget::named(&w.value),
            span: w.span,
        })?,
        name: name?,
        label,
        description,
        optional,
        when,
        hidden,
        validator,
        default_value,
        incomplete_tips,
        options,
        fields,
        span: node.span,
    };
    check_widget(reader, &argument, options_key.as_ref());
    Some(argument)
}

fn conditions(reader: &mut Reader, node: &Node, what: &str, message: bool) -> Vec<Condition> {
    let mut all = Vec::new();
    for item in reader.list(node, what) {
        let entries = reader.mapping(item, &format!("An element of {what}"));
        let is_message = |e: &&Entry| message && &*e.key.value == "message";
        let own = entries.iter().find(is_message);
        let operators = entries.iter().filter(|e| !is_message(e));
        if operators.clone().count() > 1 {
            let wanted = "a mapping with one operator";
            reader.shape(
                item,
                &format!("An element of {what}"),
                wanted,
                "Begin a new element for each operator.",
            );
        }
        let own = own.and_then(|e| reader.string(&e.value, "\"message\""));
        for Entry { key, value } in operators {
            condition(reader, key, value, message);
            all.push(Condition {
                operator: key.clone(),
                operands: value.clone(),
                message: own.clone(),
            });
        }
    }
    all
}

/// Checks how a condition is written.
fn condition(reader: &mut Reader, operator: &Spanned<Str>, node: &Node, message: bool) {
    let Some(known) = Operator::named(&operator.value) else {
        reader.unknown(operator, "A condition", &Operator::ALL.map(Operator::name));
        return;
    };
    match known.operands() {
        Operands::Named(groups) => operands(reader, &operator.value, node, groups, message),
        Operands::Bounds(bounds) => {
            operands(reader, &operator.value, node, &[&["a"], bounds], message);
        }
        Operands::Conditions => {
            let list = node.get("list").unwrap_or(node);
            for item in reader.list(list, &format!("\"{}\"", operator.value)) {
                nested(reader, &operator.value, item, message);
            }
        }
        Operands::Condition => nested(reader, &operator.value, node, message),
    }
}

fn nested(reader: &mut Reader, operator: &str, node: &Node, message: bool) {
    for Entry { key, value } in reader.mapping(node, &format!("A condition of \"{operator}\"")) {
        if !(message && &*key.value == "message") {
            condition(reader, key, value, message);
        }
    }
}

/// Checks operands that have names: one of each group must be there.
fn operands(reader: &mut Reader, operator: &str, node: &Node, groups: &[&[&str]], message: bool) {
    let what = format!("\"{operator}\"");
    let mut known: Vec<&str> = groups.iter().flat_map(|g| g.iter().copied()).collect();
    if message {
        known.push("message");
    }
    for entry in reader.mapping(node, &what) {
        if !known.contains(&&*entry.key.value) {
            reader.unknown(&entry.key, &what, &known);
        }
    }
    if matches!(node.value, Yaml::Mapping(_)) {
        for group in groups {
            if group.iter().all(|name| node.get(name).is_none()) {
                reader.missing(group[0], &what, node.span);
            }
        }
    }
}

fn choices(reader: &mut Reader, node: &Node) -> Vec<ChoiceOption> {
    let mut all = Vec::new();
    for item in reader.list(node, "\"options\"") {
        for entry in reader.mapping(item, "An option") {
            if !matches!(&*entry.key.value, "label" | "value") {
                reader.unknown(&entry.key, "An option", &["label", "value"]);
            }
        }
        if !matches!(item.value, Yaml::Mapping(_)) {
            continue;
        }
        match (item.get("label"), item.get("value")) {
            (Some(label), Some(value)) => {
                if let Some(label) = reader.string(label, "\"label\"") {
                    all.push(ChoiceOption {
                        label,
                        value: value.clone(),
                    });
                }
            }
            (None, _) => reader.missing("label", "An option", item.span),
            (_, None) => reader.missing("value", "An option", item.span),
        }
    }
    all
}

/// What depends on the widget.
fn check_widget(reader: &mut Reader, argument: &Argument, options: Option<&Spanned<Str>>) {
    let widget = &argument.widget.value;
    let Some(descriptor) = widget.descriptor() else {
        let detail =
            format!("This version knows no widget \"{widget}\"; its fields are kept as they are.");
        let d = Diagnostic::warning("unknown-widget", "Unknown widget", detail)
            .at(argument.widget.span);
        reader
            .found
            .push(d.hint(match nearest(widget.id(), Widget::known()) {
                Some(near) => format!("Did you mean \"{near}\"?"),
                None => format!(
                    "Known are: {}.",
                    Widget::known().collect::<Vec<_>>().join(", ")
                ),
            }));
        return;
    };
    let own = descriptor.fields.iter().map(|f| f.name);
    let known: Vec<&str> = own.chain(COMMON_FIELDS.iter().map(|f| f.name)).collect();
    let keys = argument.fields.iter().map(|f| &f.key).chain(options);
    for key in keys.filter(|k| descriptor.field(&k.value).is_none()) {
        reader.unknown(key, &format!("The widget \"{widget}\""), &known);
    }
    if descriptor.field("options").is_some() && argument.options.is_empty() {
        let detail = format!(
            "\"{}\" is a {} without options: nothing can be chosen.",
            argument.name.value,
            descriptor.title.to_lowercase()
        );
        let d = Diagnostic::warning(
            "select-without-options",
            "Drop-down without options",
            detail,
        );
        reader.found.push(
            d.at(argument.widget.span)
                .hint("Add \"options\", a list of \"label\" and \"value\"."),
        );
    }
    if let (false, Some(value)) = (descriptor.default_value, &argument.default_value) {
        let detail = format!("\"defaultValue\" has no effect with the widget \"{widget}\".");
        let d = Diagnostic::warning("default-without-effect", "Default has no effect", detail)
            .at(value.span);
        reader.found.push(d.hint("Remove it."));
    }
}

/// One name may be asked for twice, as long as only one of the two is ever shown.
fn check_names(reader: &mut Reader, arguments: &[Argument]) {
    let mut seen: std::collections::HashMap<&str, &Argument> = std::collections::HashMap::new();
    for argument in arguments {
        let Spanned { value: name, span } = &argument.name;
        if !is_identifier(name) {
            let detail = format!("\"{name}\" cannot be the name of a variable.");
            let d =
                Diagnostic::error("argument-name", "Invalid name of an argument", detail).at(*span);
            reader.found.push(
                d.hint("Use letters, digits, \"_\" and \"-\", beginning with a letter or \"_\"."),
            );
        } else if SYSTEM_VARIABLES.contains(&&**name) {
            let detail =
                format!("The platform itself supplies \"{name}\", so it cannot be asked for.");
            let d =
                Diagnostic::error("argument-name", "Invalid name of an argument", detail).at(*span);
            reader
                .found
                .push(d.hint("Remove the argument, or give it another name."));
        }
        let Some(first) = seen.insert(name, argument) else {
            continue;
        };
        let always = |a: &Argument| a.when.is_empty() && a.hidden.is_empty();
        if always(first) || always(argument) {
            let detail = format!(
                "\"{name}\" is asked for twice, and not each of the two says by \"when\" or \"hidden\" which of them counts."
            );
            let d = Diagnostic::error("duplicate-argument", "Argument declared twice", detail)
                .at(*span);
            let d = d.within(first.name.span.to(*span));
            reader.found.push(
                d.hint("Give each of them a \"when\" that excludes the other, or another name."),
            );
        }
    }
}

fn is_identifier(name: &str) -> bool {
    let mut rest = name.chars();
    rest.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && rest.all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}
