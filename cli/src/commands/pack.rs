//! `pack`: a package as one file; and the checks that come before, which `push` makes too.

use std::path::{Path, PathBuf};

use cloudapp_lang::{Diagnostic, Str};
use cloudapp_package::archive::{EXTENSION, LeftOut, PackOptions, Packed, is_chart_url, pack};
use cloudapp_package::{Package, is_package_id};

use super::lint;
use crate::args::PackArgs;
use crate::failure::{Ended, Failure};
use crate::files::{self, Readers};
use crate::render::{bytes, count};
use crate::ui::Ui;

/// How many files that were left out are named.
const NAMED: usize = 8;

pub(super) fn run(ui: &Ui, args: &PackArgs) -> Ended {
    check_url(args.chart_url.as_deref())?;
    let package = checked(ui, args.dir.as_deref())?;
    let options = PackOptions {
        chart_url: args.chart_url.clone(),
    };
    let packed = pack(&package, &options).map_err(Diagnostic::from)?;
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(default_name(&package)));
    check_place(&package, &out)?;
    files::write("The archive", &out, &packed.bytes, Readers::All)?;
    ui.say(&summary(&packed, &out));
    Ok(0)
}

/// The package of a directory, in which lint finds no error. Warnings are shown.
pub(super) fn checked(ui: &Ui, dir: Option<&Path>) -> Result<Package, Failure> {
    let dir = dir.unwrap_or(Path::new("."));
    match lint::findings(ui, dir) {
        (Some(package), found) if !found.has_errors() => {
            ui.diagnostics(&found);
            Ok(package)
        }
        (_, found) => Err(found.into()),
    }
}

/// By the package's id where it has one, else by its folder.
fn default_name(package: &Package) -> String {
    if is_package_id(package.id()) {
        return format!("{}{EXTENSION}", package.id());
    }
    let dir = std::fs::canonicalize(&package.dir).unwrap_or_else(|_| package.dir.clone());
    let folder = dir
        .iter()
        .rev()
        .map(|n| n.to_string_lossy())
        .find(|n| !n.starts_with('.') && n != "/")
        .map_or_else(|| "package".to_owned(), |n| n.into_owned());
    format!("{folder}{EXTENSION}")
}

fn check_url(url: Option<&str>) -> Result<(), Failure> {
    let Some(url) = url.filter(|url| !is_chart_url(url)) else {
        return Ok(());
    };
    Err(Diagnostic::error(
        "malformed-chart-url",
        "Address of charts is malformed",
        format!("\"{url}\" is not the address of a folder on the web."),
    )
    .hint("Write it like https://charts.example.com/shop, or leave -chart-url out.")
    .into())
}

/// What is packed must not become part of the package the next time.
fn check_place(package: &Package, out: &Path) -> Result<(), Failure> {
    let folder = match out.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    };
    let within = match (folder.canonicalize(), package.dir.canonicalize()) {
        (Ok(folder), Ok(root)) => folder.starts_with(root),
        _ => false,
    };
    if within && !out.to_string_lossy().ends_with(EXTENSION) {
        return Err(Diagnostic::error(
            "archive-inside-package",
            "Archive would become part of the package",
            format!(
                "{} lies in the package, and would be packed the next time.",
                out.display()
            ),
        )
        .hint(format!(
            "Name a file elsewhere, or one that ends with {EXTENSION}."
        ))
        .into());
    }
    Ok(())
}

fn summary(packed: &Packed, out: &Path) -> String {
    let archive = &packed.archive;
    let files = archive.files();
    let mut text = format!(
        "Packed {} ({}) into {} ({}).\n",
        count(files.len(), "file"),
        bytes(archive.size()),
        out.display(),
        bytes(packed.bytes.len() as u64),
    );
    for chart in &archive.inventory.charts {
        text += &format!(
            "Chart {} {}: {} -> {}\n",
            chart.name, chart.version, chart.directory, chart.address
        );
    }
    if !packed.left_out.is_empty() {
        text += &left_out(&packed.left_out);
    }
    text + &format!("Digest: sha256:{}\n", archive.digest)
}

fn left_out(all: &[LeftOut]) -> String {
    let mut text = format!(
        "Left out: {}.\n",
        count(all.len(), "file or folder").replace("file or folders", "files or folders")
    );
    for one in all.iter().take(NAMED) {
        text += &format!("  {} ({})\n", one.path, one.reason);
    }
    if all.len() > NAMED {
        text += &format!("  and {} more\n", all.len() - NAMED);
    }
    text
}

/// The package's id, which whatever is published needs.
pub(super) fn own_id(package: &Package) -> Result<Str, Failure> {
    if is_package_id(package.id()) {
        return Ok(package.id().into());
    }
    Err(Diagnostic::error(
        "package-id-needed",
        "Package has no id yet",
        format!(
            "\"{}\" is no id of a package: \"pkg-\" and eight lower-case letters or digits.",
            package.id()
        ),
    )
    .hint("Put the id that the developer console shows into package.yaml.")
    .into())
}
