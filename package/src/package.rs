//! A package on disk: its manifest and the files of its stack.

use std::path::{Path, PathBuf};

use cloudapp_lang::{Diagnostic, Diagnostics, FileId, SourceMap, Span};

use crate::argument::Argument;
use crate::manifest::{self, Manifest};
use crate::reader::Reader;
use crate::yaml::{self, Yaml};

/// The file that makes a directory a package.
pub const MANIFEST: &str = "package.yaml";

/// The folder of a package that holds its stack.
pub const INFRASTRUCTURE: &str = "infrastructure";

/// Where a project keeps its package, if not at its root.
const NESTED: &str = ".cloudapp";

/// A package that was read.
#[derive(Clone, Debug)]
pub struct Package {
    /// The directory with `package.yaml`; the one that was asked for, or `.cloudapp` in it.
    pub dir: PathBuf,
    /// `package.yaml` among the sources.
    pub file: FileId,
    pub manifest: Manifest,
    /// The stack: `infrastructure/**/*.tf` and `*.tf.json`, sorted, each path beginning with `dir`.
    pub infrastructure: Vec<PathBuf>,
}

/// Whether a directory is a package, or has one in its `.cloudapp`.
#[must_use]
pub fn is_package_dir(dir: &Path) -> bool {
    root_of(dir).is_some()
}

fn root_of(dir: &Path) -> Option<(PathBuf, String)> {
    if dir.join(MANIFEST).is_file() {
        return Some((dir.into(), MANIFEST.into()));
    }
    let nested = dir.join(NESTED);
    nested
        .join(MANIFEST)
        .is_file()
        .then(|| (nested, format!("{NESTED}/{MANIFEST}")))
}

impl Package {
    /// Reads a package and says all that is wrong with it. There is a package in the answer wherever `package.yaml`
    /// could be read as a mapping, so that more can be checked even where something in it is wrong.
    pub fn load(dir: &Path, sources: &mut SourceMap) -> (Option<Package>, Diagnostics) {
        let (root, name) = match root_of(dir) {
            Some(found) => found,
            None => return (None, missing(dir).into()),
        };
        let path = root.join(MANIFEST);
        let text = match std::fs::read(&path).map(String::from_utf8) {
            Ok(Ok(text)) => text,
            Ok(Err(e)) => {
                let detail = format!(
                    "{} is not UTF-8 from byte {} on.",
                    path.display(),
                    e.utf8_error().valid_up_to()
                );
                return (None, unreadable(detail).into());
            }
            Err(e) => return (None, unreadable(format!("{}: {e}.", path.display())).into()),
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let file = sources.add(&name, text);
        let node = match yaml::parse(text, file) {
            Ok(node) => node,
            Err(d) => return (None, (*d).into()),
        };
        let mut reader = Reader::default();
        let manifest = manifest::read(&mut reader, &node, sources);
        let mut found = reader.found;
        let infrastructure = stack_files(&root, Span::new(file, 0, 0), &mut found);
        if !matches!(node.value, Yaml::Mapping(_)) {
            return (None, found);
        }
        (
            Some(Package {
                dir: root,
                file,
                manifest,
                infrastructure,
            }),
            found,
        )
    }

    /// The package's id, empty where it has none.
    #[must_use]
    pub fn id(&self) -> &str {
        self.manifest.id.as_ref().map_or("", |id| &id.value)
    }

    /// The installation parameters in the order of the form.
    #[must_use]
    pub fn args(&self) -> &[Argument] {
        &self.manifest.args
    }

    /// The folder that holds the stack, and from which paths in it are counted.
    #[must_use]
    pub fn infrastructure_dir(&self) -> PathBuf {
        self.dir.join(INFRASTRUCTURE)
    }
}

fn is_configuration(name: &std::ffi::OsStr) -> bool {
    let name = name.to_string_lossy();
    name.ends_with(".tf") || name.ends_with(".tf.json")
}

/// Whether a file is in a directory, whatever links lead to it.
fn is_within(path: &Path, root: &Path) -> bool {
    match (path.canonicalize(), root.canonicalize()) {
        (Ok(path), Ok(root)) => path.starts_with(root),
        _ => false,
    }
}

fn missing(dir: &Path) -> Diagnostic {
    let detail = format!(
        "There is no {MANIFEST} in {}, nor in {NESTED} in it.",
        dir.display()
    );
    let d = Diagnostic::error("package-missing", "Not a package", detail);
    if dir.join("package.yml").is_file() {
        return d.hint(format!("Rename package.yml to {MANIFEST}."));
    }
    d.hint("Name the directory of a package, or make one with \"cloudapp init NAME\".")
}

fn unreadable(detail: String) -> Diagnostic {
    Diagnostic::error("package-unreadable", "Package cannot be read", detail)
}

/// All `.tf` and `.tf.json` files below the package's infrastructure folder. What begins with a dot is a tool's, not the stack's.
fn stack_files(root: &Path, at: Span, found: &mut Diagnostics) -> Vec<PathBuf> {
    let folder = root.join(INFRASTRUCTURE);
    if !folder.is_dir() {
        let detail = format!(
            "The package has no folder \"{INFRASTRUCTURE}\", so there is nothing to install."
        );
        let d =
            Diagnostic::error("infrastructure-missing", "Package without a stack", detail).at(at);
        found.push(d.hint(format!(
            "Put the stack's .tf files into {INFRASTRUCTURE}/ beside {MANIFEST}."
        )));
        return Vec::new();
    }
    let visible = |e: &walkdir::DirEntry| {
        e.depth() == 0 || !e.file_name().as_encoded_bytes().starts_with(b".")
    };
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(&folder)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(visible)
    {
        match entry {
            Ok(entry) if is_configuration(entry.file_name()) && entry.path().is_file() => {
                if entry.path_is_symlink() && !is_within(entry.path(), root) {
                    let detail =
                        format!("{} is a link to a file elsewhere.", entry.path().display());
                    found.push(
                        Diagnostic::error(
                            "file-outside-package",
                            "File is outside of the package",
                            detail,
                        )
                        .at(at)
                        .hint("Put the file itself into the package."),
                    );
                } else {
                    files.push(entry.into_path());
                }
            }
            Ok(_) => {}
            Err(e) => found.push(unreadable(format!("{e}.")).at(at)),
        }
    }
    files.sort();
    if files.is_empty() && !found.has_errors() {
        let detail = format!(
            "There is no .tf file in \"{INFRASTRUCTURE}\", so there is nothing to install."
        );
        let d = Diagnostic::warning(
            "infrastructure-empty",
            "Package with an empty stack",
            detail,
        )
        .at(at);
        found.push(d.hint(format!("Put the stack's .tf files into {INFRASTRUCTURE}/.")));
    }
    files
}
