//! What a test may want of the mock cloud: a seed, latencies, faults and quotas. `docs/mock-cloud.md` describes the file.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// A call to the cloud, as the names in a configuration file say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    Create,
    Read,
    Update,
    Delete,
    Import,
    /// Reading a data source.
    Data,
}

/// What the caller may conclude from a fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FaultClass {
    #[default]
    Fatal,
    Retryable,
    Throttled,
    /// Nobody knows whether the call took effect.
    Unknown,
}

/// A failure that the cloud is to have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    pub op: Operation,
    /// The resource type; none: any.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Which such call of the cloud's life fails, from 1; none: every one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
    /// The cloud's error code, such as `ResourceInsufficient.CloudServer`.
    pub code: String,
    #[serde(default)]
    pub class: FaultClass,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// How long the call takes to fail, in milliseconds; none: as long as any other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_ms: Option<u64>,
    /// The call took effect although it fails.
    #[serde(default)]
    pub created: bool,
    /// The call succeeds, but its answer lacks what the cloud decided, except for the id: a later read has it.
    #[serde(default)]
    pub partial: bool,
}

/// Calls that fail by chance: which ones the seed decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Errors {
    /// How many of a hundred calls fail.
    pub percent: u64,
    #[serde(default = "busy")]
    pub code: String,
    #[serde(default = "retryable")]
    pub class: FaultClass,
    /// How many of a hundred failing changes take effect although they fail.
    #[serde(default)]
    pub created_percent: u64,
}

fn busy() -> String {
    "InternalError".to_owned()
}

fn retryable() -> FaultClass {
    FaultClass::Retryable
}

/// What happens to the calling process at one of its calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blow {
    /// Which call of this process, from 1.
    pub call: u64,
    #[serde(default)]
    pub when: Moment,
    #[serde(default)]
    pub signal: BlowSignal,
}

/// A moment of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Moment {
    /// Before the cloud takes it up.
    #[default]
    Before,
    /// When it has taken effect, and nobody has been told.
    After,
}

/// How a process is ended or paused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BlowSignal {
    /// As by `kill -9`.
    #[default]
    Kill,
    /// As by `kill -STOP`: it goes on with `kill -CONT`.
    Stop,
}

/// What happens to the state's file while it is written. Commits are counted for one process, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StateFaults {
    /// The process is killed when it has written this commit.
    pub kill_after: Option<u64>,
    /// The process is paused when it has written this commit.
    pub stop_after: Option<u64>,
    /// The disk is full from this commit on.
    pub full_from: Option<u64>,
}

/// The configuration of a mock cloud. The default is an immediate cloud without faults and limits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MockConfig {
    /// Decides ids, addresses and latencies.
    pub seed: u64,
    /// The shortest and the longest time that calls take, in milliseconds.
    pub latency_ms: BTreeMap<Operation, (u64, u64)>,
    pub faults: Vec<Fault>,
    /// The largest number of objects by type.
    pub quota: BTreeMap<String, u64>,
    /// How long reads do not see what was created, and still see what was deleted, in milliseconds.
    pub consistency_ms: u64,
    /// How many calls of an operation each type takes within a second; more are throttled.
    pub rate: BTreeMap<Operation, NonZeroU32>,
    /// How many calls the account may make within a second altogether.
    pub account_rate: Option<NonZeroU32>,
    /// Whether callers are told these limits, and can keep to them.
    pub rates_are_published: bool,
    pub errors: Option<Errors>,
    pub kill: Vec<Blow>,
    pub state: StateFaults,
}

/// A configuration file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MockConfigError {
    #[error("cannot read the mock cloud's configuration {path}: {source}")]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("the mock cloud's configuration {path} is wrong: {source}")]
    Parse {
        path: PathBuf,
        source: serde_json::Error,
    },
    #[error("the mock cloud's configuration {path} is wrong: {reason}")]
    Value { path: PathBuf, reason: String },
}

impl MockConfig {
    /// Reads a configuration file.
    pub fn load(path: &Path) -> Result<Self, MockConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| MockConfigError::Read {
            path: path.into(),
            source,
        })?;
        let config: Self =
            serde_json::from_str(&text).map_err(|source| MockConfigError::Parse {
                path: path.into(),
                source,
            })?;
        config.check().map_err(|reason| MockConfigError::Value {
            path: path.into(),
            reason,
        })?;
        Ok(config)
    }

    /// What the types cannot say.
    fn check(&self) -> Result<(), String> {
        for (operation, (shortest, longest)) in &self.latency_ms {
            if shortest > longest {
                let name = serde_json::to_value(operation).ok();
                let name = name.as_ref().and_then(|n| n.as_str()).unwrap_or_default();
                return Err(format!(
                    "`latency_ms.{name}` begins at {shortest} and ends at {longest}; swap the two"
                ));
            }
        }
        for (i, fault) in self.faults.iter().enumerate() {
            if fault.nth == Some(0) {
                return Err(format!("`faults[{i}].nth` is 0; calls are counted from 1"));
            }
            if fault.code.is_empty() {
                return Err(format!(
                    "`faults[{i}].code` is empty; give a code such as \"InternalError\""
                ));
            }
            if fault.created
                && matches!(
                    fault.op,
                    Operation::Read | Operation::Data | Operation::Import
                )
            {
                return Err(format!(
                    "`faults[{i}].created` has no meaning for a call that only reads; remove it"
                ));
            }
            if fault.partial && fault.op != Operation::Create {
                return Err(format!(
                    "`faults[{i}].partial` has a meaning for `create` only; remove it"
                ));
            }
        }
        if let Some(errors) = &self.errors
            && (errors.percent > 100 || errors.created_percent > 100)
        {
            return Err("`errors` has more than 100 of a hundred".to_owned());
        }
        if self.kill.iter().any(|b| b.call == 0) {
            return Err("`kill.call` is 0; calls are counted from 1".to_owned());
        }
        Ok(())
    }

    /// The fault of a call, if it is to have one: `counts` are how many such calls of this type and of any type there
    /// have been, this one included.
    pub(crate) fn fault(
        &self,
        operation: Operation,
        kind: &str,
        of_type: u64,
        of_any: u64,
    ) -> Option<&Fault> {
        self.faults.iter().find(|f| {
            let count = if f.kind.is_some() { of_type } else { of_any };
            f.op == operation
                && f.kind.as_deref().is_none_or(|k| k == kind)
                && f.nth.is_none_or(|n| n == count)
        })
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a failed test should stop where it fails"
)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<MockConfig, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mock.json");
        std::fs::write(&path, text).unwrap();
        MockConfig::load(&path).map_err(|e| e.to_string().replace(path.to_str().unwrap(), "FILE"))
    }

    #[test]
    fn a_whole_configuration() {
        let config = load(include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../testdata/mock/config.json"
        )))
        .unwrap();
        assert_eq!(config.seed, 7);
        assert_eq!(config.latency_ms[&Operation::Create], (1, 3));
        assert_eq!(config.faults[0].class, FaultClass::Retryable);
        let kind = "tencentcloud_instance";
        assert!(config.fault(Operation::Create, kind, 1, 1).is_none());
        assert!(config.fault(Operation::Create, kind, 2, 9).is_some());
        assert!(
            config
                .fault(Operation::Create, "tencentcloud_vpc", 2, 2)
                .is_none()
        );
    }

    #[test]
    fn mistakes_are_named() {
        for (text, said) in [
            (r#"{"sede": 1}"#, "unknown field `sede`"),
            (
                r#"{"faults": [{"op": "make", "code": "X"}]}"#,
                "unknown variant `make`",
            ),
            (
                r#"{"faults": [{"op": "create", "code": "X", "class": "bad"}]}"#,
                "unknown variant `bad`",
            ),
            (r#"{"faults": [{"op": "create"}]}"#, "missing field `code`"),
            (
                r#"{"faults": [{"op": "create", "code": "X", "nth": 0}]}"#,
                "calls are counted from 1",
            ),
            (
                r#"{"latency_ms": {"create": [9, 1]}}"#,
                "`latency_ms.create` begins at 9 and ends at 1",
            ),
            (
                r#"{"faults": [{"op": "read", "code": "X", "created": true}]}"#,
                "has no meaning",
            ),
            (
                r#"{"faults": [{"op": "read", "code": "X", "partial": true}]}"#,
                "for `create` only",
            ),
            (r#"{"errors": {"percent": 101}}"#, "more than 100"),
            (r#"{"kill": [{"call": 0}]}"#, "counted from 1"),
            (r#"{"rate": {"create": 0}}"#, "expected a nonzero u32"),
        ] {
            let error = load(text).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
