//! `login`, `push` and `docker`: what talks to the platform's developer centre. Their arguments are those of its own tool.
//! No public document says how to talk to it, so that each does what can be done here and then says what it lacks.

use cloudapp_lang::Diagnostic;
use cloudapp_package::archive::{PackOptions, pack};

use super::pack::{checked, own_id};
use crate::args::{DockerArgs, LoginArgs, PushArgs};
use crate::failure::{Ended, Failure};
use crate::render::{bytes, count};
use crate::ui::Ui;

/// Checks the form of the key, and neither keeps nor repeats it.
pub(super) fn login(args: &LoginArgs) -> Ended {
    let [key] = args.key.as_slice() else {
        return Err(malformed("exactly one argument is expected"));
    };
    match key.split_once('@') {
        None => Err(malformed("there is no \"@\" in it")),
        Some((id, secret)) if id.is_empty() || secret.is_empty() => {
            Err(malformed("one side of the \"@\" is empty"))
        }
        Some(_) if key.contains(char::is_whitespace) => Err(malformed("there is a space in it")),
        Some(_) => Err(no_backend(
            "The key has the right form, but there is no developer centre to show it to. It was not kept.",
            "The shell's history may hold it now: keep the key in a variable, and write cloudapp login \"$SECRET_ID@$SECRET_KEY\".",
        )),
    }
}

fn malformed(why: &str) -> Failure {
    Diagnostic::error(
        "malformed-key",
        "Key is malformed",
        format!("A key is its id, \"@\" and its secret: {why}. (What was given is not shown.)"),
    )
    .hint("Write cloudapp login \"$SECRET_ID@$SECRET_KEY\".")
    .into()
}

/// Checks and packs the package.
pub(super) fn push(ui: &Ui, args: &PushArgs) -> Ended {
    let package = checked(ui, args.dir.as_deref())?;
    let id = own_id(&package)?;
    let packed = pack(&package, &PackOptions::default()).map_err(Diagnostic::from)?;
    ui.say(&format!(
        "{id} is ready: {}, {}, sha256:{}.\n",
        count(packed.archive.files().len(), "file"),
        bytes(packed.bytes.len() as u64),
        packed.archive.digest,
    ));
    Err(no_backend(
        "The package was checked and packed, but there is no developer centre to push it to.",
        "Keep the archive with cloudapp pack, and try the package with cloudapp plan and apply.",
    ))
}

/// Nothing goes to standard output: `eval "$(cloudapp docker)"` must run nothing.
pub(super) fn docker(ui: &Ui, args: &DockerArgs) -> Ended {
    let package = checked(ui, args.dir.as_deref())?;
    own_id(&package)?;
    let wanted = match (args.url, args.auth) {
        (true, _) => "The address to push images to",
        (_, true) => "The file for docker",
        _ => "The command for docker",
    };
    Err(no_backend(
        &format!("{wanted} carries credentials that the developer centre makes, for two hours."),
        "Push images with the platform's own tool until then.",
    ))
}

fn no_backend(detail: &str, hint: &str) -> Failure {
    Diagnostic::error(
        "no-developer-centre",
        "Developer centre is not in this build",
        detail,
    )
    .hint(hint)
    .into()
}
