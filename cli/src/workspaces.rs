//! Which of a stack's states is in use: `TF_WORKSPACE`, else what `workspace select` wrote beside the state.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cloudapp_lang::Diagnostic;

use crate::failure::{Failure, io};
use crate::files::{self, Readers};

/// The one that is there without being made.
pub(crate) const DEFAULT: &str = "default";

/// Names the workspace to use.
const VARIABLE: &str = "TF_WORKSPACE";

/// A file of names, one a line, the current one first.
fn file(database: &Path) -> PathBuf {
    files::beside(database, ".workspaces")
}

fn lines(database: &Path) -> Result<Vec<String>, Failure> {
    let path = file(database);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(io("The names of the workspaces in", &path, &e).into()),
    };
    let names: Vec<String> = text
        .lines()
        .filter(|l| !l.is_empty())
        .map(str::to_owned)
        .collect();
    match names.iter().position(|n| !is_valid(n)) {
        None => Ok(names),
        Some(i) => Err(invalid(
            &names[i],
            &path.display().to_string(),
            "Correct the line; or delete the file, and choose with workspace select.",
        )),
    }
}

fn invalid(name: &str, origin: &str, hint: &str) -> Failure {
    let detail =
        format!("{origin} names the workspace \"{name}\", which cannot be the name of one.");
    Diagnostic::error("workspace", "Workspace cannot be used so", detail)
        .hint(hint)
        .into()
}

/// The workspace that commands use.
pub(crate) fn current(database: &Path) -> Result<String, Failure> {
    if let Some(name) = std::env::var_os(VARIABLE).filter(|w| !w.is_empty()) {
        let name = name.to_string_lossy().into_owned();
        let hint = "Use letters, digits, hyphens, underscores, dots and tildes.";
        return match is_valid(&name) {
            true => Ok(name),
            false => Err(invalid(&name, VARIABLE, hint)),
        };
    }
    let first = lines(database)?.into_iter().next();
    Ok(first.unwrap_or_else(|| DEFAULT.to_owned()))
}

/// All that were made, with the default one; and those that the state has (`stored`), whatever became of the file of names.
pub(crate) fn all(database: &Path, stored: Vec<String>) -> Result<BTreeSet<String>, Failure> {
    let mut all: BTreeSet<String> = lines(database)?.into_iter().collect();
    all.extend(stored);
    all.insert(DEFAULT.to_owned());
    Ok(all)
}

/// Writes the names down, with the one to use first.
pub(crate) fn save(database: &Path, current: &str, all: &BTreeSet<String>) -> Result<(), Failure> {
    let mut text = format!("{current}\n");
    for name in all.iter().filter(|n| *n != current) {
        text.push_str(name);
        text.push('\n');
    }
    files::write(
        "The workspaces",
        &file(database),
        text.as_bytes(),
        Readers::All,
    )
}

/// Names end up in paths and tags.
pub(crate) fn is_valid(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '~'))
}
