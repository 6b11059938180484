//! Saved plans: the plan and the configuration that it was made from, in one file.
//!
//! The format is a magic line with a version, a line of JSON with the wrapped data key, then JSON compressed with gzip and
//! encrypted as a whole: a plan says much of a stack, and may hold secrets. Formats 1 and 2 had no key and were not encrypted.

use std::collections::BTreeMap;

use cloudapp_lang::value::{decode, encode};
use cloudapp_lang::{Path, PathStep, Str, Value};
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::config::{Dialect, SourceInput};
use crate::plan::{
    Action, CheckResult, Importing, OutputChange, Plan, PlanMode, Reason, ResourceChange,
};
use crate::seal::{KeyError, Keys, WrappedKey};

const MAGIC: &[u8] = b"cloudapp plan ";
/// Raised whenever a reader of the previous version could not read the file.
const FORMAT: u32 = 3;
/// The first one that is encrypted.
const SEALED: u32 = 3;

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
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Whether a file's first bytes are those of a saved plan.
#[must_use]
pub fn is_plan(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// The bytes of a saved plan, encrypted.
///
/// # Errors
/// Where there is no key.
pub fn write(
    plan: &Plan,
    sources: &[SourceInput],
    dialect: Dialect,
    keys: &dyn Keys,
) -> Result<Vec<u8>, KeyError> {
    let document = Writing {
        mode: plan.mode,
        created: &plan.created,
        configuration: &plan.configuration,
        dialect,
        sources,
        variables: plan
            .variables
            .iter()
            .map(|(n, v)| (n.to_string(), encode(v)))
            .collect(),
        lineage: &plan.lineage,
        serial: plan.serial,
        moves: plan
            .moves
            .iter()
            .map(|(from, to)| (from.to_string(), to.to_string()))
            .collect(),
        dropped: plan.dropped.iter().map(ToString::to_string).collect(),
        is_partial: plan.is_partial,
        changes: Each(&plan.changes, ChangeDocument::new),
        drift: Each(&plan.drift, ChangeDocument::new),
        outputs: Each(&plan.outputs, OutputDocument::new),
        checks: &plan.checks,
    };
    let gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut gz = std::io::BufWriter::new(gz);
    // Writing to memory cannot fail, and neither can these types be refused by the serialiser.
    let _ = serde_json::to_writer(&mut gz, &document);
    let payload = gz.into_inner().ok().and_then(|gz| gz.finish().ok());
    let payload = payload.unwrap_or_default();
    let (wrapped, key) = keys.new_data_key()?;
    let mut out = MAGIC.to_vec();
    out.extend(format!("{FORMAT}\n").bytes());
    out.extend(serde_json::to_vec(&wrapped).unwrap_or_default());
    out.push(b'\n');
    let sealed = key.seal(&out, &payload)?;
    out.extend(sealed);
    Ok(out)
}

/// Reads a saved plan. `what` is what messages call it.
///
/// # Errors
/// [`PlanFileError`], for each of its reasons.
pub fn read(bytes: &[u8], what: &str, keys: &dyn Keys) -> Result<PlanFile, PlanFileError> {
    let (first, rest) = line(bytes.strip_prefix(MAGIC).ok_or(PlanFileError::NotAPlan)?)?;
    let format: u32 = std::str::from_utf8(first)
        .ok()
        .and_then(|t| t.parse().ok())
        .ok_or(PlanFileError::NotAPlan)?;
    match format {
        ..SEALED => document(rest),
        SEALED..=FORMAT => {
            let (header, sealed) = line(rest)?;
            let wrapped: WrappedKey = serde_json::from_slice(header)
                .map_err(|e| PlanFileError::Damaged(e.to_string()))?;
            let key = keys.data_key(what, &wrapped)?;
            let place = &bytes[..bytes.len() - sealed.len()];
            let payload = key.open(place, sealed).ok_or_else(|| KeyError::Damaged {
                what: what.to_owned(),
            })?;
            document(&payload)
        }
        _ => Err(PlanFileError::TooNew(format)),
    }
}

/// The first line, and what follows it.
fn line(bytes: &[u8]) -> Result<(&[u8], &[u8]), PlanFileError> {
    let end = bytes
        .iter()
        .position(|b| *b == b'\n')
        .ok_or(PlanFileError::NotAPlan)?;
    Ok((&bytes[..end], &bytes[end + 1..]))
}

fn document(compressed: &[u8]) -> Result<PlanFile, PlanFileError> {
    let damaged = |e: &dyn std::fmt::Display| PlanFileError::Damaged(e.to_string());
    let json = std::io::BufReader::new(flate2::read::GzDecoder::new(compressed));
    let d: Document = serde_json::from_reader(json).map_err(|e| damaged(&e))?;
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
        moves: d
            .moves
            .iter()
            .map(|(from, to)| Ok((address(from)?, address(to)?)))
            .collect::<Result<_, PlanFileError>>()?,
        dropped: d
            .dropped
            .iter()
            .map(|a| address(a))
            .collect::<Result<_, PlanFileError>>()?,
        is_partial: d.is_partial,
        changes: d.changes.into_iter().map(|c| c.0).collect(),
        drift: d.drift.into_iter().map(|c| c.0).collect(),
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

/// What is written. It has the fields of [`Document`], but a plan may be large: each change takes its written form only when
/// its turn comes.
#[derive(Serialize)]
struct Writing<'p> {
    mode: PlanMode,
    created: &'p str,
    configuration: &'p str,
    dialect: Dialect,
    sources: &'p [SourceInput],
    variables: BTreeMap<String, String>,
    lineage: &'p str,
    serial: u64,
    moves: Vec<(String, String)>,
    dropped: Vec<String>,
    is_partial: bool,
    changes: Each<'p, ResourceChange, ChangeDocument>,
    drift: Each<'p, ResourceChange, ChangeDocument>,
    outputs: Each<'p, OutputChange, OutputDocument>,
    checks: &'p [CheckResult],
}

/// A list, and the written form of what is in it.
struct Each<'p, T, D>(&'p [T], fn(&T) -> D);

impl<T, D: Serialize> Serialize for Each<'_, T, D> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(self.1))
    }
}

/// A change that was read: it leaves its written form as soon as that is complete.
#[derive(Deserialize)]
#[serde(try_from = "ChangeDocument")]
struct Change(ResourceChange);

impl TryFrom<ChangeDocument> for Change {
    type Error = PlanFileError;

    fn try_from(d: ChangeDocument) -> Result<Self, PlanFileError> {
        d.read().map(Self)
    }
}

/// What is read.
#[derive(Deserialize)]
struct Document {
    mode: PlanMode,
    created: String,
    configuration: String,
    dialect: Dialect,
    sources: Vec<SourceInput>,
    variables: BTreeMap<String, String>,
    lineage: String,
    serial: u64,
    moves: Vec<(String, String)>,
    dropped: Vec<String>,
    is_partial: bool,
    changes: Vec<Change>,
    drift: Vec<Change>,
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
    use std::sync::Arc;

    use super::*;
    use crate::seal::DataKey;

    #[derive(Debug)]
    struct NoKeys;

    impl Keys for NoKeys {
        fn check(&self) -> Result<(), KeyError> {
            Err(no_key())
        }

        fn new_data_key(&self) -> Result<(WrappedKey, Arc<dyn DataKey>), KeyError> {
            Err(no_key())
        }

        fn data_key(&self, _: &str, _: &WrappedKey) -> Result<Arc<dyn DataKey>, KeyError> {
            Err(no_key())
        }

        fn rewrap(&self, _: &str, _: &WrappedKey) -> Result<Option<WrappedKey>, KeyError> {
            Err(no_key())
        }
    }

    fn no_key() -> KeyError {
        KeyError::Unusable {
            reason: "there is no key".to_owned(),
            wanted: None,
        }
    }

    #[test]
    fn what_is_no_plan_is_refused_with_the_reason() {
        let reason = |bytes: &[u8]| {
            let read = read(bytes, "it", &NoKeys);
            read.map(|_| ()).map_err(|e| e.to_string())
        };
        let not = Err("it is not a saved plan".to_owned());
        assert_eq!(reason(b"{}"), not);
        assert_eq!(reason(b"cloudapp plan 3"), not);
        let newer = reason(b"cloudapp plan 99\n").err().unwrap_or_default();
        assert!(
            newer.contains("newer version") && newer.contains("99"),
            "{newer}"
        );
        for damaged in [
            &b"cloudapp plan 1\nnot compressed"[..],
            b"cloudapp plan 3\n{}\n",
        ] {
            let damaged = reason(damaged).err().unwrap_or_default();
            assert!(damaged.contains("damaged"), "{damaged}");
        }
        let sealed = b"cloudapp plan 3\n{\"fingerprint\":\"a\",\"wrapped\":\"\"}\n";
        assert_eq!(reason(sealed), Err("there is no key".to_owned()));
        assert!(is_plan(b"cloudapp plan 1\n") && !is_plan(b"PK"));
    }
}
