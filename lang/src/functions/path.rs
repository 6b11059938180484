//! Functions of file paths as text, and how file functions find their files.

use std::path::{Path, PathBuf};

use super::Functions;
use super::arguments::{string, text};
use super::signature::{Function, Parameter, Returns, Shape};

const STRING: Returns = Returns::Is(Shape::String);
const PATH: &[Parameter] = &[Parameter::string("path")];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "abspath",
        "A path from the root of the file system.",
        PATH,
        STRING,
        |f, a| string(clean(&absolute(f, text(a, 0)).to_string_lossy())),
    ),
    Function::new(
        "basename",
        "The last part of a path.",
        PATH,
        STRING,
        |_, a| {
            let path = clean(text(a, 0));
            string(if path == "/" {
                "/"
            } else {
                path.rsplit('/').next().unwrap_or_default()
            })
        },
    ),
    Function::new(
        "dirname",
        "A path without its last part.",
        PATH,
        STRING,
        |_, a| {
            let path = text(a, 0);
            string(clean(&path[..path.rfind('/').map_or(0, |i| i + 1)]))
        },
    ),
    Function::new(
        "pathexpand",
        "A path with the home directory in place of a tilde at its beginning.",
        PATH,
        STRING,
        |_, a| string(expand(text(a, 0))),
    ),
];

/// Puts the home directory in place of `~`, where there is one.
pub(super) fn expand(path: &str) -> String {
    match (path.strip_prefix('~'), std::env::home_dir()) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
            clean(&format!("{}{rest}", home.to_string_lossy()))
        }
        _ => path.to_owned(),
    }
}

/// Where a path leads: relative ones begin at the base directory of the run.
pub(super) fn absolute(functions: &Functions, path: &str) -> PathBuf {
    let base = &functions.options().base_dir;
    let base = if base.is_absolute() {
        base.clone()
    } else {
        std::env::current_dir()
            .unwrap_or_else(|_| PathBuf::from("/"))
            .join(base)
    };
    base.join(Path::new(&expand(path)))
}

/// The shortest path that means the same, as far as the text shows: without `.`, inner `..` and doubled slashes.
pub(super) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    match (rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}
