//! `fmt`: rewrites configurations and files of variables in the canonical style. Needs no stack: any file will do.
//!
//! Exit codes are Terraform's: 2 where a file cannot be read or has syntax errors (it then stays as it is), 3 where
//! `-check` finds a file that is not formatted.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use cloudapp_lang::{Diagnostic, Diagnostics, format, syntax};
use similar::TextDiff;

use crate::args::FmtArgs;
use crate::failure::{Ended, io};
use crate::ui::Ui;

const ERRORS: u8 = 2;
const UNFORMATTED: u8 = 3;
const STANDARD_INPUT: &str = "<stdin>";

pub(super) fn run(ui: &Ui, args: &FmtArgs) -> Ended {
    let mut run = Run {
        ui,
        args,
        failed: false,
        unformatted: false,
    };
    match args.targets.as_slice() {
        [] => run.directory(Path::new("")),
        [one] if one.as_os_str() == "-" => run.standard_input(),
        targets => targets.iter().for_each(|t| run.target(t)),
    }
    Ok(match run {
        Run { failed: true, .. } => ERRORS,
        Run {
            unformatted: true, ..
        } if args.check => UNFORMATTED,
        _ => 0,
    })
}

struct Run<'a> {
    ui: &'a Ui,
    args: &'a FmtArgs,
    failed: bool,
    unformatted: bool,
}

impl Run<'_> {
    fn fail(&mut self, found: &Diagnostics) {
        self.failed = true;
        self.ui.diagnostics(found);
    }

    fn target(&mut self, path: &Path) {
        if path.as_os_str() == "-" {
            let wrong = Diagnostic::error(
                "standard-input-not-alone",
                "Standard input must be alone",
                "The target - stands beside other targets.",
            )
            .hint("Format standard input in a run of its own.");
            return self.fail(&wrong.into());
        }
        match std::fs::metadata(path) {
            Ok(m) if m.is_dir() => self.directory(path),
            Ok(_) if is_formatted_kind(path) => self.file(path),
            Ok(_) => {
                let wrong = Diagnostic::error(
                    "file-not-formattable",
                    "File cannot be formatted",
                    format!("{} is neither a .tf nor a .tfvars file.", path.display()),
                )
                .hint("Name files that end in .tf or .tfvars, or directories.");
                self.fail(&wrong.into());
            }
            Err(e) => self.fail(&io("The target", path, &e).into()),
        }
    }

    /// The files of a directory by name, then its directories if those are wanted. Links to directories are not
    /// followed: they could lead in a circle.
    fn directory(&mut self, dir: &Path) {
        let shown = if dir.as_os_str().is_empty() {
            Path::new(".")
        } else {
            dir
        };
        let entries = match std::fs::read_dir(shown) {
            Ok(entries) => entries.filter_map(Result::ok),
            Err(e) => return self.fail(&io("The directory", shown, &e).into()),
        };
        let (mut files, mut directories): (Vec<PathBuf>, Vec<PathBuf>) = (Vec::new(), Vec::new());
        for entry in entries {
            let path = dir.join(entry.file_name());
            if is_ignored(&path) {
                continue;
            }
            if entry.file_type().is_ok_and(|t| t.is_dir()) {
                directories.push(path);
            } else if is_formatted_kind(&path) && path.is_file() {
                files.push(path);
            }
        }
        files.sort();
        files.iter().for_each(|f| self.file(f));
        if self.args.recursive {
            directories.sort();
            directories.iter().for_each(|d| self.directory(d));
        }
    }

    fn file(&mut self, path: &Path) {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(e) => return self.fail(&io("The file", path, &e).into()),
        };
        let name = path.display().to_string();
        let Some(formatted) = self.formatted(&name, &text) else {
            return;
        };
        if formatted != text {
            if self.args.list {
                self.ui.say(&format!("{name}\n"));
            }
            if self.args.write
                && !self.args.check
                && let Err(e) = std::fs::write(path, &formatted)
            {
                return self.fail(&io("The file", path, &e).into());
            }
            self.show_difference(&name, &text, &formatted);
        }
        if !self.args.list && !self.args.write {
            self.show_text(&formatted);
        }
    }

    fn standard_input(&mut self) {
        let mut text = String::new();
        if let Err(e) = std::io::stdin().lock().read_to_string(&mut text) {
            return self.fail(&io("Standard input", Path::new("-"), &e).into());
        }
        if let Some(formatted) = self.formatted(STANDARD_INPUT, &text) {
            self.show_difference(STANDARD_INPUT, &text, &formatted);
            self.show_text(&formatted);
        }
    }

    /// The formatted text; none where there are syntax errors, which have been shown then.
    fn formatted(&mut self, name: &str, text: &str) -> Option<String> {
        let file = self.ui.sources.borrow_mut().add(name, text);
        let (_, found) = syntax::parse_file(text, file);
        if found.has_errors() {
            self.fail(&found);
            return None;
        }
        let formatted = format::source(text);
        self.unformatted |= formatted != text;
        Some(formatted)
    }

    fn show_difference(&self, name: &str, old: &str, new: &str) {
        if self.args.diff && old != new {
            let diff = TextDiff::from_lines(old, new)
                .unified_diff()
                .header(&format!("old/{name}"), &format!("new/{name}"))
                .to_string();
            self.ui.say(&diff);
        }
    }

    /// What is neither listed nor written is what the command was called for.
    fn show_text(&self, formatted: &str) {
        if !self.args.diff && !self.args.check {
            self.ui.say(formatted);
        }
    }
}

fn is_formatted_kind(path: &Path) -> bool {
    let name = path.to_string_lossy();
    [".tf", ".tfvars", ".tftest.hcl", ".tfmock.hcl"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// Hidden files and what editors leave behind.
fn is_ignored(path: &Path) -> bool {
    path.file_name().is_none_or(|n| {
        let n = n.to_string_lossy();
        n.starts_with('.') || n.ends_with('~') || (n.starts_with('#') && n.ends_with('#'))
    })
}
