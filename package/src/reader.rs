//! Taking typed parts out of a YAML tree, with an error at the place of whatever has the wrong shape.

use cloudapp_lang::diagnostic::nearest;
use cloudapp_lang::{Diagnostic, Diagnostics, Span, Str};

use crate::yaml::{Entry, Node, Spanned, Yaml};

/// Collects what is wrong while parts are taken out. No part stops another from being read.
#[derive(Default)]
pub(crate) struct Reader {
    pub(crate) found: Diagnostics,
}

impl Reader {
    pub(crate) fn shape(&mut self, node: &Node, what: &str, wanted: &str, hint: &str) {
        let detail = format!("{what} must be {wanted}, but this is {}.", node.kind());
        self.found.push(
            Diagnostic::error(
                "package-shape",
                "Wrong kind of value in package.yaml",
                detail,
            )
            .at(node.span)
            .hint(hint),
        );
    }

    /// The entries of a mapping.
    pub(crate) fn mapping<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Entry] {
        match &node.value {
            Yaml::Mapping(entries) => entries,
            _ => {
                self.shape(
                    node,
                    what,
                    "a mapping",
                    "Write it as keys with values, each as \"key: value\".",
                );
                &[]
            }
        }
    }

    /// The items of a list; a key without a value is an empty one.
    pub(crate) fn list<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Node] {
        match &node.value {
            Yaml::Sequence(items) => items,
            Yaml::Null => &[],
            _ => {
                self.shape(node, what, "a list", "Begin each item of it with \"- \".");
                &[]
            }
        }
    }

    pub(crate) fn string(&mut self, node: &Node, what: &str) -> Option<Spanned<Str>> {
        match &node.value {
            Yaml::String(s) => {
                return Some(Spanned {
                    value: s.clone(),
                    span: node.span,
                });
            }
            Yaml::Bool(_) | Yaml::Number(_) => {
                self.shape(node, what, "a string", "Put it in quotes.");
            }
            _ => self.shape(node, what, "a string", "Write a text."),
        }
        None
    }

    pub(crate) fn boolean(&mut self, node: &Node, what: &str) -> Option<bool> {
        if let Yaml::Bool(b) = node.value {
            return Some(b);
        }
        self.shape(
            node,
            what,
            "true or false",
            "Write true or false, without quotes.",
        );
        None
    }

    /// Reports a key that must be there and is not.
    pub(crate) fn missing(&mut self, key: &str, what: &str, at: Span) {
        let detail = format!("{what} needs the key \"{key}\".");
        let d = Diagnostic::error("missing-key", "Missing key in package.yaml", detail).at(at);
        self.found.push(d.hint(format!("Add \"{key}: ...\".")));
    }

    /// Reports a key that means nothing here.
    pub(crate) fn unknown(&mut self, key: &Spanned<Str>, what: &str, known: &[&str]) {
        let detail = format!(
            "{what} has no key \"{}\" that this version knows; it has no effect.",
            key.value
        );
        let hint = match nearest(&key.value, known.iter().copied()) {
            Some(near) => format!("Did you mean \"{near}\"?"),
            None if known.is_empty() => "Remove it.".into(),
            None => format!("Known are: {}.", known.join(", ")),
        };
        let d = Diagnostic::warning("unknown-key", "Unknown key in package.yaml", detail);
        self.found.push(d.at(key.span).hint(hint));
    }
}
