//! The port to provisioners: what runs besides the providers, after an object was made or before it is destroyed.
//!
//! Provisioners work outside of everything that a plan can show and a state can hold, on the machine that applies. So
//! whoever runs the engine decides which there are, and whether they may run; the engine starts no process itself.

use std::path::PathBuf;

use async_trait::async_trait;
use cloudapp_lang::Value;
use tokio_util::sync::CancellationToken;

use crate::schema::SharedSchema;

/// What a provisioner is asked to do for one object.
#[derive(Clone, Debug)]
pub struct ProvisionRequest {
    /// The block's arguments: wholly known, without marks, conforming to the schema.
    pub config: Value,
    /// Relative paths are counted from here.
    pub base_dir: PathBuf,
    /// Cancelled when the run is to end now: whatever was started must then end, too.
    pub cancel: CancellationToken,
}

/// Why a provisioner failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ProvisionError {
    /// A sentence. It must hold nothing of the configuration or of the output, which may be secret.
    pub message: String,
    /// What was last said, or what the message is about; shown only where the configuration holds nothing secret.
    pub said: String,
}

impl ProvisionError {
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            said: String::new(),
        }
    }
}

/// Why a provisioner may not run here, and what an operator can do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAllowed {
    pub detail: String,
    pub hint: String,
}

/// Takes what a provisioner says, a line at a time and without line ends.
pub type Output<'a> = dyn Fn(&str) + Send + Sync + 'a;

/// A provisioner: the kind that a block's label names.
#[async_trait]
pub trait Provisioner: Send + Sync {
    /// The label that means it, such as `local-exec`.
    fn name(&self) -> &str;

    /// What its block may hold, besides `when` and `on_failure`.
    fn schema(&self) -> SharedSchema;

    /// Whether it may run. Asked before anything is changed.
    fn allowed(&self) -> Result<(), NotAllowed>;

    /// Does its work, from beginning to end.
    async fn run(
        &self,
        request: ProvisionRequest,
        output: &Output<'_>,
    ) -> Result<(), ProvisionError>;
}
