//! The provisioners of one object: run one after the other, owned, so that they can run beside operations.

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use cloudapp_lang::{Diagnostic, Span, Str, Value};
use futures::FutureExt as _;
use tokio_util::sync::CancellationToken;

use super::operation::{Done, Failed};
use crate::address::Address;
use crate::config::OnFailure;
use crate::event::{Event, Observer};
use crate::plan::Action;
use crate::provisioner::{ProvisionError, ProvisionRequest, Provisioner};
use crate::secrets::Secrets;

/// What is said in place of output that may hold something secret.
const CONCEALED: &str =
    "(output is not shown: the provisioner's configuration holds sensitive or ephemeral values)";

/// One provisioner, with its arguments.
pub(crate) struct ProvisionStep {
    pub(crate) provisioner: Arc<dyn Provisioner>,
    pub(crate) kind: Str,
    /// Without marks.
    pub(crate) config: Value,
    /// Whether neither the arguments nor what the program says may be shown.
    pub(crate) concealed: bool,
    pub(crate) on_failure: OnFailure,
    /// Where in the files a failure is.
    pub(crate) at: Span,
}

/// All provisioners that an object has before or after its operation.
pub(crate) struct Provisioning {
    pub(crate) node: u32,
    pub(crate) change: usize,
    pub(crate) action: Action,
    pub(crate) address: Address,
    /// The operation that they belong to, for the log.
    pub(crate) operation: String,
    /// When that began, if it came first.
    pub(crate) since: Option<Instant>,
    pub(crate) steps: Vec<ProvisionStep>,
    /// What nothing that they say may show.
    pub(crate) secrets: Secrets,
    pub(crate) base_dir: PathBuf,
    pub(crate) cancel: CancellationToken,
    pub(crate) observer: Arc<dyn Observer>,
}

/// A provisioner failed, and nothing may come after it.
pub(crate) struct FailedProvisioner {
    pub(crate) kind: Str,
    pub(crate) at: Span,
    pub(crate) error: ProvisionError,
}

impl FailedProvisioner {
    /// What to say of it, without what the program printed.
    pub(crate) fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error(
            "provisioner-failed",
            "Provisioner failed",
            format!("Provisioner {}: {}", self.kind, self.error.message),
        )
        .at(self.at)
    }
}

impl Provisioning {
    pub(crate) async fn run(self) -> Done {
        let started = self.since.unwrap_or_else(Instant::now);
        let mut result = Ok(None);
        for step in &self.steps {
            if let Err(error) = self.step(step).await
                && (step.on_failure == OnFailure::Fail || self.cancel.is_cancelled())
            {
                result = Err(Failed::Provisioner(FailedProvisioner {
                    kind: step.kind.clone(),
                    at: step.at,
                    error,
                }));
                break;
            }
        }
        Done {
            node: self.node,
            change: self.change,
            action: self.action,
            operation: self.operation,
            started,
            elapsed: started.elapsed(),
            result,
        }
    }

    async fn step(&self, step: &ProvisionStep) -> Result<(), ProvisionError> {
        let (address, provisioner) = (&self.address, &*step.kind);
        self.observer.event(&Event::ProvisionStarted {
            address,
            provisioner,
        });
        let say = |output: &str| {
            self.observer.event(&Event::ProvisionProgress {
                address,
                provisioner,
                output,
            });
        };
        let told = AtomicBool::new(false);
        let output = |line: &str| match step.concealed {
            false => say(&self.secrets.redact(line)),
            true if !told.swap(true, Ordering::Relaxed) => say(CONCEALED),
            true => {}
        };
        let request = ProvisionRequest {
            config: step.config.clone(),
            base_dir: self.base_dir.clone(),
            cancel: self.cancel.clone(),
        };
        let result = if self.cancel.is_cancelled() {
            Err(ProvisionError::new(
                "The run was interrupted before it began.",
            ))
        } else {
            // As of a provider: neither shall it be left without an end, nor others be ended.
            let work = step.provisioner.run(request, &output);
            let ended = AssertUnwindSafe(work).catch_unwind().await;
            ended.unwrap_or_else(|_| Err(ProvisionError::new("It panicked at its work.")))
        };
        match result {
            Ok(()) => {
                self.observer.event(&Event::ProvisionFinished {
                    address,
                    provisioner,
                });
                Ok(())
            }
            Err(mut e) => {
                e.said = match step.concealed {
                    true => String::new(),
                    false => self.secrets.redact(&e.said),
                };
                self.observer.event(&Event::ProvisionFailed {
                    address,
                    provisioner,
                    error: &e.message,
                });
                Err(e)
            }
        }
    }
}
