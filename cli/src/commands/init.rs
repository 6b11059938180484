//! `init`: a package from a template. A stack needs no init, which is said to whoever asks for it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use cloudapp_lang::Diagnostic;
use cloudapp_package::is_package_id;
use cloudapp_package::template::{DEFAULT, Template, nearest_template, template, templates};

use crate::args::InitArgs;
use crate::failure::{Ended, Failure};
use crate::render::count;
use crate::ui::Ui;

pub(super) fn run(ui: &Ui, args: &InitArgs) -> Ended {
    if args.list {
        ui.say(&list());
        return Ok(0);
    }
    let Some(name) = &args.name else {
        return without_name(ui, args);
    };
    let chosen = args.template.as_deref().unwrap_or(DEFAULT);
    let chosen = template(chosen).ok_or_else(|| unknown(chosen))?;
    check_id(args.id.as_deref())?;
    make(chosen, name, args.id.as_deref())?;
    ui.say(&made(chosen, name));
    Ok(0)
}

/// Terraform needs this; here it is a courtesy to scripts.
fn without_name(ui: &Ui, args: &InitArgs) -> Ended {
    if args.template.is_some() || args.id.is_some() {
        return Err(Diagnostic::error(
            "name-missing",
            "Package needs a name",
            "A template is copied into a new folder, and there is no name for it.",
        )
        .hint("Write cloudapp init NAME -t TEMPLATE.")
        .into());
    }
    ui.say("Nothing to initialise: modules and providers are read when they are needed. Run plan or apply.\n");
    Ok(0)
}

fn list() -> String {
    let width = templates().iter().map(|t| t.name.len()).max().unwrap_or(0);
    let lines: String = templates()
        .iter()
        .map(|t| format!("  {:width$}  {}\n", t.name, t.title))
        .collect();
    format!("{lines}\nMake a package with: cloudapp init NAME -t TEMPLATE\n")
}

fn unknown(name: &str) -> Failure {
    let hint = match nearest_template(name) {
        Some(near) => format!("Did you mean \"{near}\"? All: cloudapp init -list"),
        None => "See them all with: cloudapp init -list".to_owned(),
    };
    Diagnostic::error(
        "unknown-template",
        "Unknown template",
        format!("There is no template \"{name}\"."),
    )
    .hint(hint)
    .into()
}

fn check_id(id: Option<&str>) -> Result<(), Failure> {
    let Some(id) = id.filter(|id| !is_package_id(id)) else {
        return Ok(());
    };
    Err(Diagnostic::error(
        "malformed-package-id",
        "Package id is malformed",
        format!("\"{id}\" is not \"pkg-\" followed by eight lower-case letters or digits."),
    )
    .hint("Copy the id from the developer centre, or leave -id out for now.")
    .into())
}

/// Writes the template's files. A folder that could not be filled is taken away again.
fn make(template: &Template, target: &Path, id: Option<&str>) -> Result<(), Failure> {
    let existed = check_target(target)?;
    let written = template.files(id).try_for_each(|(path, text)| {
        let path = target.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, text)
    });
    written.map_err(|e| {
        // It was empty or absent before: whatever is there is ours.
        let _ = fs::remove_dir_all(target);
        if existed {
            let _ = fs::create_dir(target);
        }
        unwritable(target, &e)
    })
}

/// Whether the folder is there already; it must then be empty.
fn check_target(target: &Path) -> Result<bool, Failure> {
    let mut entries = match fs::read_dir(target) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(unwritable(target, &e)),
    };
    if entries.next().is_none() {
        return Ok(true);
    }
    Err(Diagnostic::error(
        "folder-not-empty",
        "Folder is not empty",
        format!("{} holds something already.", target.display()),
    )
    .hint("Name a folder that does not exist yet.")
    .into())
}

fn unwritable(target: &Path, e: &io::Error) -> Failure {
    Diagnostic::error(
        "package-unwritable",
        "Package cannot be written",
        format!("{}: {e}.", target.display()),
    )
    .hint("Name a folder where you may write.")
    .into()
}

fn made(template: &Template, target: &Path) -> String {
    let folder: PathBuf = target.components().collect();
    format!(
        "Made {} from the template {} ({}): {}.\n\nGo on with:\n\n  cd {}\n  cloudapp plan -var-file=example.tfvars.json\n",
        folder.display(),
        template.name,
        template.title,
        count(template.files(None).len(), "file"),
        folder.display(),
    )
}
