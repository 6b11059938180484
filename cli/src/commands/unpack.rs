//! `unpack` and `verify`: an archive is checked as a whole, and then written, or told about.

use std::path::Path;

use cloudapp_lang::Diagnostic;
use cloudapp_package::archive::{Archive, read_file};
use serde_json::json;

use crate::args::{UnpackArgs, VerifyArgs};
use crate::failure::{Ended, Failure};
use crate::render::{bytes, count};
use crate::ui::Ui;

pub(super) fn unpack(ui: &Ui, args: &UnpackArgs) -> Ended {
    let archive = read(&args.file)?;
    archive.unpack(&args.dir).map_err(Diagnostic::from)?;
    let id = &archive.inventory.id;
    ui.say(&format!(
        "Unpacked {id} into {}: {}, {}.\n",
        args.dir.display(),
        count(archive.files().len(), "file"),
        bytes(archive.size()),
    ));
    Ok(0)
}

pub(super) fn verify(ui: &Ui, args: &VerifyArgs) -> Ended {
    let archive = read(&args.file)?;
    ui.say(&if args.json {
        as_json(&archive)
    } else {
        text(&archive, &args.file)
    });
    Ok(0)
}

fn read(path: &Path) -> Result<Archive, Failure> {
    read_file(path)
        .and_then(|bytes| Archive::read(&bytes))
        .map_err(|fault| Diagnostic::from(fault).into())
}

fn text(archive: &Archive, path: &Path) -> String {
    let list = &archive.inventory;
    let mut text = format!(
        "{} is sound.\n\n  package   {}\n  digest    sha256:{}\n  contents  sha256:{}\n  files     {}, {}\n",
        path.display(),
        list.id,
        archive.digest,
        archive.contents,
        archive.files().len(),
        bytes(archive.size()),
    );
    for chart in &list.charts {
        text += &format!(
            "  chart     {} {} ({})\n",
            chart.name, chart.version, chart.address
        );
    }
    text.push('\n');
    for file in &list.files {
        let digest = file.sha256.get(..16).unwrap_or_default();
        text += &format!("  {digest}  {:>9}  {}\n", bytes(file.size), file.path);
    }
    text
}

/// What `MANIFEST.json` says, with the digests of the whole.
fn as_json(archive: &Archive) -> String {
    let list = &archive.inventory;
    let value = json!({
        "format": list.format,
        "id": list.id,
        "digest": archive.digest,
        "contents": archive.contents,
        "size": archive.size(),
        "files": list.files,
        "charts": list.charts,
    });
    format!("{value:#}\n")
}
