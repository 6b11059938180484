//! Saved plans: the plan and the configuration that it was made from, in one file.
//!
//! The format is a magic line with a version, then JSON compressed with gzip. A plan may hold secrets: whoever writes the
//! file keeps it from other users.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use cloudapp_lang::value::{decode, encode};
use cloudapp_lang::{Path, PathStep, Str, Value};
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::config::{Dialect, SourceInput};
use crate::plan::{
    Action, CheckResult, Importing, OutputChange, Plan, PlanMode, Reason, ResourceChange,
};

const MAGIC: &[u8] = b"cloudapp plan ";
/// Raised whenever a reader of the previous version could not read the file.
const FORMAT: u32 = 2;

/// What a saved plan holds.
#[derive(Debug)]
pub struct PlanFile {
    pub plan: Plan,
    pub sources: Vec<SourceInput>,
    pub dialect: Dialect,
}

#[derive(Debug, thiserror::Error)]
pub enum PlanFileError {
    #[error("it is not a saved plan")]
    NotAPlan,
    #[error("it was written by a newer version (format {0}; this one reads up to {FORMAT})")]
    TooNew(u32),
    #[error("it is damaged: {0}")]
    Damaged(String),
}

/// Whether a file's first bytes are those of a saved plan.
#[must_use]
pub fn is_plan(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// The bytes of a saved plan.
#[must_use]
pub fn write(plan: &Plan, sources: &[SourceInput], dialect: Dialect) -> Vec<u8> {
    let document = Document {
        mode: plan.mode,
        created: plan.created.clone(),
        configuration: plan.configuration.clone(),
        dialect,
        sources: sources.to_vec(),
        variables: plan
            .variables
            .iter()
            .map(|(n, v)| (n.to_string(), encode(v)))
            .collect(),
        lineage: plan.lineage.clone(),
        serial: plan.serial,
        partial: plan.partial,
        moves: plan
            .moves
            .iter()
            .map(|(from, to)| (from.to_string(), to.to_string()))
            .collect(),
        changes: plan.changes.iter().map(ChangeDocument::new).collect(),
        drift: plan.drift.iter().map(ChangeDocument::new).collect(),
        outputs: plan.outputs.iter().map(OutputDocument::new).collect(),
        checks: plan.checks.clone(),
    };
    let mut out = MAGIC.to_vec();
    out.extend(format!("{FORMAT}\n").bytes());
    let mut gz = flate2::write::GzEncoder::new(out, flate2::Compression::fast());
    // Writing to memory cannot fail, and neither can these types be refused by the serialiser.
    let json = serde_json::to_vec(&document).unwrap_or_default();
    let _ = gz.write_all(&json);
    gz.finish().unwrap_or_default()
}

/// Reads a saved plan.
pub fn read(bytes: &[u8]) -> Result<PlanFile, PlanFileError> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(PlanFileError::NotAPlan)?;
    let end = rest
        .iter()
        .position(|b| *b == b'\n')
        .ok_or(PlanFileError::NotAPlan)?;
    let format: u32 = std::str::from_utf8(&rest[..end])
        .ok()
        .and_then(|t| t.parse().ok())
        .ok_or(PlanFileError::NotAPlan)?;
    if format > FORMAT {
        return Err(PlanFileError::TooNew(format));
    }
    let damaged = |e: &dyn std::fmt::Display| PlanFileError::Damaged(e.to_string());
    let mut json = Vec::new();
    flate2::read::GzDecoder::new(&rest[end + 1..])
        .read_to_end(&mut json)
        .map_err(|e| damaged(&e))?;
    let d: Document = serde_json::from_slice(&json).map_err(|e| damaged(&e))?;
    let value = |t: &String| decode(t).map_err(|e| damaged(&e));
    let plan = Plan {
        mode: d.mode,
        created: d.created,
        configuration: d.configuration,
        variables: d
            .variables
            .iter()
            .map(|(n, t)| Ok((Str::from(n.as_str()), value(t)?)))
            .collect::<Result<BTreeMap<_, _>, PlanFileError>>()?,
        lineage: d.lineage,
        serial: d.serial,
        partial: d.partial,
        moves: d
            .moves
            .iter()
            .map(|(from, to)| Ok((address(from)?, address(to)?)))
            .collect::<Result<_, PlanFileError>>()?,
        changes: d
            .changes
            .into_iter()
            .map(ChangeDocument::read)
            .collect::<Result<_, _>>()?,
        drift: d
            .drift
            .into_iter()
            .map(ChangeDocument::read)
            .collect::<Result<_, _>>()?,
        outputs: d
            .outputs
            .into_iter()
            .map(OutputDocument::read)
            .collect::<Result<_, _>>()?,
        checks: d.checks,
    };
    Ok(PlanFile {
        plan,
        sources: d.sources,
        dialect: d.dialect,
    })
}

#[derive(Serialize, Deserialize)]
struct Document {
    mode: PlanMode,
    created: String,
    configuration: String,
    dialect: Dialect,
    sources: Vec<SourceInput>,
    variables: BTreeMap<String, String>,
    lineage: String,
    serial: u64,
    partial: bool,
    moves: Vec<(String, String)>,
    changes: Vec<ChangeDocument>,
    drift: Vec<ChangeDocument>,
    outputs: Vec<OutputDocument>,
    checks: Vec<CheckResult>,
}

#[derive(Serialize, Deserialize)]
struct ChangeDocument {
    address: String,
    previous_address: Option<String>,
    importing: Option<(String, Vec<u8>)>,
    deposed: Option<String>,
    provider: String,
    action: Action,
    reason: Option<Reason>,
    before: String,
    after: String,
    replace_paths: Vec<Vec<Step>>,
    private: Vec<u8>,
    dependencies: Vec<String>,
    create_before_destroy: bool,
}

#[derive(Serialize, Deserialize)]
enum Step {
    Attr(String),
    Index(usize),
    Key(String),
    Element,
}

impl ChangeDocument {
    fn new(c: &ResourceChange) -> Self {
        let step = |s: &PathStep| match s {
            PathStep::Attr(n) => Step::Attr(n.to_string()),
            PathStep::Index(i) => Step::Index(*i),
            PathStep::Key(k) => Step::Key(k.to_string()),
            PathStep::Element => Step::Element,
        };
        Self {
            address: c.address.to_string(),
            previous_address: c.previous_address.as_ref().map(ToString::to_string),
            importing: c
                .importing
                .as_ref()
                .map(|i| (i.id.clone(), i.private.clone())),
            deposed: c.deposed.clone(),
            provider: c.provider.clone(),
            action: c.action,
            reason: c.reason,
            before: encode(&c.before),
            after: encode(&c.after),
            replace_paths: c
                .replace_paths
                .iter()
                .map(|p| p.0.iter().map(step).collect())
                .collect(),
            private: c.private.clone(),
            dependencies: c.dependencies.clone(),
            create_before_destroy: c.create_before_destroy,
        }
    }

    fn read(self) -> Result<ResourceChange, PlanFileError> {
        let step = |s: Step| match s {
            Step::Attr(n) => PathStep::Attr(n.into()),
            Step::Index(i) => PathStep::Index(i),
            Step::Key(k) => PathStep::Key(k.into()),
            Step::Element => PathStep::Element,
        };
        Ok(ResourceChange {
            address: address(&self.address)?,
            previous_address: self.previous_address.as_deref().map(address).transpose()?,
            importing: self
                .importing
                .map(|(id, private)| Importing { id, private }),
            deposed: self.deposed,
            provider: self.provider,
            action: self.action,
            reason: self.reason,
            before: value(&self.before)?,
            after: value(&self.after)?,
            replace_paths: self
                .replace_paths
                .into_iter()
                .map(|p| Path(p.into_iter().map(step).collect()))
                .collect(),
            private: self.private,
            dependencies: self.dependencies,
            create_before_destroy: self.create_before_destroy,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct OutputDocument {
    name: String,
    action: Action,
    before: String,
    after: String,
    sensitive: bool,
    description: String,
}

impl OutputDocument {
    fn new(o: &OutputChange) -> Self {
        Self {
            name: o.name.to_string(),
            action: o.action,
            before: encode(&o.before),
            after: encode(&o.after),
            sensitive: o.sensitive,
            description: o.description.clone(),
        }
    }

    fn read(self) -> Result<OutputChange, PlanFileError> {
        Ok(OutputChange {
            name: self.name.into(),
            action: self.action,
            before: value(&self.before)?,
            after: value(&self.after)?,
            sensitive: self.sensitive,
            description: self.description,
        })
    }
}

fn address(text: &str) -> Result<Address, PlanFileError> {
    text.parse()
        .map_err(|e| PlanFileError::Damaged(format!("{e}")))
}

fn value(text: &str) -> Result<Value, PlanFileError> {
    decode(text).map_err(|e| PlanFileError::Damaged(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_plan_is_refused_with_the_reason() {
        let reason = |bytes: &[u8]| read(bytes).map(|_| ()).map_err(|e| e.to_string());
        assert_eq!(reason(b"{}"), Err("it is not a saved plan".to_owned()));
        let newer = reason(b"cloudapp plan 99\n").err().unwrap_or_default();
        assert!(
            newer.contains("newer version") && newer.contains("99"),
            "{newer}"
        );
        let damaged = reason(b"cloudapp plan 1\nnot compressed")
            .err()
            .unwrap_or_default();
        assert!(damaged.contains("damaged"), "{damaged}");
        assert!(is_plan(b"cloudapp plan 1\n") && !is_plan(b"PK"));
    }
}
