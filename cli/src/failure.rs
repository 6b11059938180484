//! Why a command ends with an error: always as diagnostics.

use cloudapp_engine::run::{key_diagnostic, store_diagnostic};
use cloudapp_engine::seal::KeyError;
use cloudapp_engine::store::StoreError;
use cloudapp_lang::{Diagnostic, Diagnostics};

/// Findings of which at least one is an error. They have not been shown yet.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) Diagnostics);

impl From<Diagnostic> for Failure {
    fn from(d: Diagnostic) -> Self {
        Self(d.into())
    }
}

impl From<Diagnostics> for Failure {
    fn from(d: Diagnostics) -> Self {
        Self(d)
    }
}

impl From<StoreError> for Failure {
    fn from(e: StoreError) -> Self {
        Self(store_diagnostic(&e).into())
    }
}

impl From<KeyError> for Failure {
    fn from(e: KeyError) -> Self {
        Self(key_diagnostic(&e).into())
    }
}

/// What a command ends with: an exit code, or why it failed (exit code 1).
pub(crate) type Ended = Result<u8, Failure>;

/// An input or output error about a path.
pub(crate) fn io(what: &str, path: &std::path::Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(
        "file-unusable",
        "File cannot be used",
        format!("{what} {}: {error}.", path.display()),
    )
}
