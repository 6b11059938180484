//! `package.yaml`, typed.

use cloudapp_lang::{Diagnostic, SourceMap, Span, Str};

use crate::argument::{self, Argument};
use crate::interpolation;
use crate::policy;
use crate::reader::Reader;
use crate::yaml::{Entry, Node, Spanned, Yaml};

const KEYS: [&str; 6] = ["id", "args", "role", "scopes", "specs", "frontend"];

/// What a package says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// `pkg-` and eight letters or digits, or a placeholder.
    pub id: Option<Spanned<Str>>,
    /// The installation parameters in the order of the form.
    pub args: Vec<Argument>,
    /// `role.policy`: what the installed application may call, in the syntax of access policies.
    pub role_policy: Option<Node>,
    /// The same, read.
    pub policy: Option<policy::Document>,
    /// Where `scopes` is declared: it implies an action that it need not name.
    pub scopes: Option<Span>,
    /// `scopes.cloudAPI`, the older way to say so: `product:Action`.
    pub cloud_api: Vec<Spanned<Str>>,
    /// What is sold: the dimensions by which a customer chooses an edition.
    pub specs: Vec<Specification>,
    pub frontend: Option<Frontend>,
}

/// A dimension of the specification, such as the edition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Specification {
    pub key: Spanned<Str>,
    pub name: Option<Spanned<Str>>,
    pub values: Vec<SpecificationValue>,
}

/// A value of a dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecificationValue {
    pub value: Node,
    pub name: Option<Spanned<Str>>,
}

/// The application's page in the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frontend {
    pub runtime_mode: Option<Spanned<Str>>,
    /// The folder of its source, relative to the package.
    pub src: Option<Spanned<Str>>,
}

/// Reads the tree of a manifest.
pub(crate) fn read(reader: &mut Reader, root: &Node, sources: &SourceMap) -> Manifest {
    let mut manifest = Manifest::default();
    for Entry { key, value } in reader.mapping(root, "package.yaml") {
        match &*key.value {
            "id" => manifest.id = reader.string(value, "\"id\""),
            "args" => manifest.args = argument::read_all(reader, value),
            "role" => manifest.role_policy = only(reader, value, "role", "policy").cloned(),
            "scopes" => {
                manifest.scopes = Some(key.span);
                if let Some(node) = only(reader, value, "scopes", "cloudAPI") {
                    let items = reader.list(node, "\"scopes.cloudAPI\"");
                    for item in items {
                        let what = "An element of \"scopes.cloudAPI\"";
                        let Some(action) = reader.string(item, what) else {
                            continue;
                        };
                        match policy::action_form(&action.value, action.span) {
                            Some(d) => reader.found.push(d),
                            None => manifest.cloud_api.push(action),
                        }
                    }
                }
            }
            "specs" => {
                let items = reader.list(value, "\"specs\"");
                manifest.specs = items
                    .iter()
                    .filter_map(|n| specification(reader, n))
                    .collect();
            }
            "frontend" => manifest.frontend = frontend(reader, value),
            _ => reader.unknown(key, "A package", &KEYS),
        }
    }
    if matches!(root.value, Yaml::Mapping(_)) && root.get("id").is_none() {
        reader.missing(
            "id",
            "A package",
            Span {
                end: root.span.start,
                ..root.span
            },
        );
    }
    if let Some(node) = &manifest.role_policy {
        manifest.policy = policy::read(reader, node);
    }
    let faults = policy::check(&manifest, sources);
    reader.found.append(faults);
    check_id(reader, manifest.id.as_ref());
    interpolation::check(root, sources, &mut reader.found);
    manifest
}

/// The only key that a section has.
fn only<'n>(
    reader: &mut Reader,
    node: &'n Node,
    section: &str,
    key: &'static str,
) -> Option<&'n Node> {
    for entry in reader.mapping(node, &format!("\"{section}\"")) {
        if &*entry.key.value != key {
            reader.unknown(&entry.key, &format!("\"{section}\""), &[key]);
        }
    }
    node.get(key)
}

/// Whether a text has the form of a package's id: `pkg-` and eight lower-case letters or digits.
#[must_use]
pub fn is_package_id(id: &str) -> bool {
    let rest = id.strip_prefix("pkg-").unwrap_or("");
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    rest.len() == 8 && rest.bytes().all(allowed)
}

fn check_id(reader: &mut Reader, id: Option<&Spanned<Str>>) {
    let Some(Spanned { value: id, span }) = id else {
        return;
    };
    if is_package_id(id) {
        return;
    }
    let hint = "Before the package is published, put in the id that the developer console shows.";
    let d = if id.contains("${") || id.contains('*') {
        let detail = format!("\"{id}\" stands for an id that is still to be filled in.");
        Diagnostic::warning(
            "package-id-placeholder",
            "Package id is a placeholder",
            detail,
        )
    } else {
        let detail =
            format!("\"{id}\" is not \"pkg-\" followed by eight lower-case letters or digits.");
        Diagnostic::warning("package-id-form", "Unusual package id", detail)
    };
    reader.found.push(d.at(*span).hint(hint));
}

fn specification(reader: &mut Reader, node: &Node) -> Option<Specification> {
    let known = ["key", "name", "enum"];
    let (mut key, mut name, mut values) = (None, None, Vec::new());
    for entry in reader.mapping(node, "A specification") {
        match &*entry.key.value {
            "key" => key = reader.string(&entry.value, "\"key\""),
            "name" => name = reader.string(&entry.value, "\"name\""),
            "enum" => {
                let items = reader.list(&entry.value, "\"enum\"");
                values = items
                    .iter()
                    .filter_map(|n| specification_value(reader, n))
                    .collect();
            }
            _ => reader.unknown(&entry.key, "A specification", &known),
        }
    }
    if matches!(node.value, Yaml::Mapping(_)) && node.get("key").is_none() {
        reader.missing("key", "A specification", node.span);
    }
    Some(Specification {
        key: key?,
        name,
        values,
    })
}

fn specification_value(reader: &mut Reader, node: &Node) -> Option<SpecificationValue> {
    let mut name = None;
    for entry in reader.mapping(node, "A value of a specification") {
        match &*entry.key.value {
            "value" => {}
            "name" => name = reader.string(&entry.value, "\"name\""),
            _ => reader.unknown(&entry.key, "A value of a specification", &["value", "name"]),
        }
    }
    let Some(value) = node.get("value") else {
        if matches!(node.value, Yaml::Mapping(_)) {
            reader.missing("value", "A value of a specification", node.span);
        }
        return None;
    };
    Some(SpecificationValue {
        value: value.clone(),
        name,
    })
}

fn frontend(reader: &mut Reader, node: &Node) -> Option<Frontend> {
    let (mut runtime_mode, mut src) = (None, None);
    for entry in reader.mapping(node, "\"frontend\"") {
        match &*entry.key.value {
            "runtimeMode" => runtime_mode = reader.string(&entry.value, "\"runtimeMode\""),
            "src" => src = reader.string(&entry.value, "\"src\""),
            _ => reader.unknown(&entry.key, "\"frontend\"", &["runtimeMode", "src"]),
        }
    }
    matches!(node.value, Yaml::Mapping(_)).then_some(Frontend { runtime_mode, src })
}
