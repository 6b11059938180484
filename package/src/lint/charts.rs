//! Charts: where a stack says that there is one, and whether it can be read.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cloudapp_lang::{Diagnostic, Diagnostics, FileId, SourceMap, Span};

use super::stack::{Stack, literal};
use super::{secrets, templates};
use crate::package::Package;
use crate::yaml::{self, Yaml};

/// The type that installs a chart.
const HELM_APP: &str = "cloudapp_helm_app";

/// The files of a chart.
const CHART: &str = "Chart.yaml";
const VALUES: &str = "values.yaml";
const TEMPLATES: &str = "templates";

/// More than this of a file is not read.
const MAX_FILE: u64 = 4 << 20;

pub(super) fn check(
    package: &Package,
    stack: &Stack,
    sources: &mut SourceMap,
    found: &mut Diagnostics,
) {
    let mut seen = BTreeSet::new();
    for resource in stack.resources().filter(|r| &*r.kind.name == HELM_APP) {
        let Some(source) = resource.block.body.attribute("chart_src") else {
            continue;
        };
        let at = source.expr.span;
        let Some(text) = literal(&source.expr) else {
            let detail = "\"chart_src\" must be a text without expressions: the chart is packed before anything has a value.";
            let d = Diagnostic::warning("chart-source", "Chart cannot be found in advance", detail);
            found.push(
                d.at(at)
                    .hint("Write the path, such as \"../software/chart\"."),
            );
            continue;
        };
        if text.contains("://") {
            continue;
        }
        let dir = package.infrastructure_dir().join(text);
        let Some(inside) = within(&dir, &package.dir) else {
            let detail = match dir.exists() {
                true => {
                    format!("\"{text}\" lies outside of the package, and is not packed with it.")
                }
                false => format!(
                    "There is nothing at \"{text}\", which counts from the folder infrastructure."
                ),
            };
            let d = Diagnostic::error("chart-missing", "Chart is missing", detail);
            found.push(
                d.at(at)
                    .within(resource.block.header)
                    .hint("Put the chart into software/chart, and write \"../software/chart\"."),
            );
            continue;
        };
        if inside.is_dir() && seen.insert(inside.clone()) {
            chart(&inside, package, at, sources, found);
        }
    }
}

/// The real path of something in the package.
fn within(path: &Path, root: &Path) -> Option<PathBuf> {
    let (path, root) = (path.canonicalize().ok()?, root.canonicalize().ok()?);
    path.starts_with(root).then_some(path)
}

/// Adds a file to the sources.
fn add(path: &Path, package: &Package, sources: &mut SourceMap) -> Option<(FileId, String)> {
    if std::fs::metadata(path).ok()?.len() > MAX_FILE {
        return None;
    }
    let text = std::fs::read_to_string(path).ok()?;
    Some((sources.add(&shown(path, package), &text), text))
}

/// A real path as a person would write it from the package on.
fn shown(path: &Path, package: &Package) -> String {
    let root = package
        .dir
        .canonicalize()
        .unwrap_or_else(|_| package.dir.clone());
    let inside = path.strip_prefix(&root).unwrap_or(path);
    let from = package.dir.strip_prefix(".").unwrap_or(&package.dir);
    from.join(inside).display().to_string()
}

fn chart(
    dir: &Path,
    package: &Package,
    at: Span,
    sources: &mut SourceMap,
    found: &mut Diagnostics,
) {
    let path = dir.join(CHART);
    match add(&path, package, sources) {
        None => {
            let detail = format!("The chart has no {CHART} that can be read.");
            found.push(invalid(detail).at(at).hint(format!(
                "Add {}, with apiVersion, name and version.",
                shown(&path, package)
            )));
        }
        Some((file, text)) => metadata(file, &text, found),
    }
    if let Some((file, text)) = add(&dir.join(VALUES), package, sources) {
        secrets::access_keys(file, sources, found);
        if let Err(d) = yaml::parse(&text, file)
            && d.code == "yaml-syntax"
        {
            let detail = format!("{} The values of the chart cannot be read.", d.detail);
            found.push(
                invalid(detail)
                    .at(d.subject.unwrap_or(at))
                    .hint("Correct it."),
            );
        }
    }
    let files = walkdir::WalkDir::new(dir.join(TEMPLATES)).sort_by_file_name();
    for entry in files.into_iter().filter_map(Result::ok) {
        let is_template = entry
            .path()
            .extension()
            .is_some_and(|e| ["yaml", "yml", "tpl", "txt"].iter().any(|x| e == *x));
        if !is_template || !entry.file_type().is_file() {
            continue;
        }
        if let Some((file, text)) = add(entry.path(), package, sources) {
            templates::check(&text, file, found);
            secrets::access_keys(file, sources, found);
        }
    }
}

fn invalid(detail: String) -> Diagnostic {
    Diagnostic::error("chart-invalid", "Chart cannot be read", detail)
}

/// `Chart.yaml`: a mapping with a name and a version.
fn metadata(file: FileId, text: &str, found: &mut Diagnostics) {
    let root = match yaml::parse(text, file) {
        Ok(root) => root,
        // What Helm's own reader is less strict with is no fault.
        Err(d) if d.code != "yaml-syntax" => return,
        Err(d) => {
            let at = d.subject.unwrap_or(Span::new(file, 0, 0));
            return found.push(invalid(d.detail).at(at).hint("Correct it."));
        }
    };
    for key in ["name", "version"] {
        let node = root.get(key);
        let given = node.is_some_and(|n| match &n.value {
            Yaml::String(s) => !s.trim().is_empty(),
            // Where it is no text, it is still read as one.
            Yaml::Number(_) => key == "version",
            _ => false,
        });
        if !given {
            let at = node.map_or(
                Span {
                    end: root.span.start,
                    ..root.span
                },
                |n| n.span,
            );
            let detail = format!("A chart needs a {key}.");
            found.push(invalid(detail).at(at).hint(format!("Add \"{key}: …\".")));
        }
    }
}
