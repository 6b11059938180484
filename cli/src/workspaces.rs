//! Which of a stack's states is in use: `TF_WORKSPACE`, else what `workspace select` wrote beside the state.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The one that is there without being made.
pub(crate) const DEFAULT: &str = "default";

/// A file of names, one a line, the current one first.
fn file(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".workspaces");
    name.into()
}

fn lines(database: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file(database)).unwrap_or_default();
    text.lines()
        .filter(|l| !l.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The workspace that commands use.
pub(crate) fn current(database: &Path) -> String {
    std::env::var("TF_WORKSPACE")
        .ok()
        .filter(|w| !w.is_empty())
        .or_else(|| lines(database).into_iter().next())
        .unwrap_or_else(|| DEFAULT.to_owned())
}

/// All that were made, with the default one.
pub(crate) fn all(database: &Path) -> BTreeSet<String> {
    lines(database)
        .into_iter()
        .chain([DEFAULT.to_owned()])
        .collect()
}

/// Writes the names down, with the one to use first.
pub(crate) fn save(database: &Path, current: &str, all: &BTreeSet<String>) -> std::io::Result<()> {
    let mut text = format!("{current}\n");
    for name in all.iter().filter(|n| *n != current) {
        text.push_str(name);
        text.push('\n');
    }
    std::fs::write(file(database), text)
}

/// Names end up in paths and tags.
pub(crate) fn is_valid(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '~'))
}
