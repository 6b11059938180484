//! `key`: which key the secrets of a stack are encrypted with, and another one in its place.

use std::path::Path;

use cloudapp_lang::Diagnostic;
use cloudapp_state::{KeySource, Keyring};

use crate::args::{Global, KeyCommand, RotateArgs};
use crate::failure::{Ended, Failure};
use crate::keys;
use crate::stack::{Stack, database};
use crate::ui::Ui;

pub(super) async fn run(ui: &Ui, global: &Global, command: &KeyCommand) -> Ended {
    let database = database(global, Path::new("."));
    let current = keys::keyring(global, &database);
    match command {
        KeyCommand::Show => show(ui, global, current).await,
        KeyCommand::Rotate(args) => rotate(ui, global, args, current).await,
    }
}

async fn show(ui: &Ui, global: &Global, current: Keyring) -> Ended {
    let (origin, key) = (current.source().origin(), current.fingerprint());
    let stack = Stack::open_with(ui, global, None, current)?;
    let state = stack.sqlite.wrapped_key().await?;
    match (key, state) {
        (Err(_), None) => {
            ui.say("There is no key yet: one is made when something is first written.\n")
        }
        (Err(e), Some(_)) => return Err(e.into()),
        (Ok(key), state) => {
            ui.say(&format!("Key {key} from {origin}.\n"));
            if let Some(state) = state.filter(|s| s.fingerprint != key) {
                ui.say(&format!(
                    "The state is encrypted with the key {}.\n",
                    state.fingerprint
                ));
            }
        }
    }
    Ok(0)
}

async fn rotate(ui: &Ui, global: &Global, args: &RotateArgs, current: Keyring) -> Ended {
    let source = current.source().clone();
    let (stack, own) = match (&args.new_key_file, source) {
        (Some(path), _) => (
            Stack::open_with(ui, global, None, current.succeeded_by(path)?)?,
            None,
        ),
        (None, KeySource::Made(path)) => {
            // Nothing is changed before it is sure that the present key is the right one.
            let stack = Stack::open_with(ui, global, None, current)?;
            (stack, Some(path))
        }
        (None, _) if current.count()? > 1 || args.reencrypt => {
            (Stack::open_with(ui, global, None, current)?, None)
        }
        (None, _) => return Err(no_new_key()),
    };
    let lease = stack
        .store
        .lock("key rotate", args.lock.lock_timeout)
        .await?;
    let rotated = match own {
        None => replace(&stack, args.reencrypt).await,
        Some(path) => replace_own(ui, global, &stack, &path, args.reencrypt).await,
    };
    stack.store.unlock(&lease).await?;
    let (key, origin) = rotated?;
    ui.say(&format!(
        "The key is {key} from {origin} now. Plans that were saved before need the old one.\n"
    ));
    Ok(0)
}

async fn replace(stack: &Stack, anew: bool) -> Result<(String, String), Failure> {
    stack.sqlite.rotate_key(anew).await?;
    stack.rotate_cloud_key(anew)?;
    Ok((stack.keys.fingerprint()?, stack.keys.source().origin()))
}

/// Replaces the key in the file that this program made. Until all is done the file has both keys, so that whatever happens in
/// between, everything can be read.
async fn replace_own(
    ui: &Ui,
    global: &Global,
    stack: &Stack,
    path: &Path,
    anew: bool,
) -> Result<(String, String), Failure> {
    let both = stack.keys.prepend(path)?;
    let stack = Stack::open_with(ui, global, None, both)?;
    let done = replace(&stack, anew).await?;
    stack.keys.forget_others(path)?;
    Ok(done)
}

fn no_new_key() -> Failure {
    Diagnostic::error(
        "no-new-key",
        "New key is missing",
        "The key was given, so the program cannot replace it by itself.",
    )
    .hint("Give -new-key-file, a file that is made where it is missing; or give the new key and the old one, the new one first, separated by a comma or a line break.")
    .into()
}
