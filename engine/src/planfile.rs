//! Saved plans: the plan and the configuration that it was made from, in one file.
//!
//! The format is a magic line with a version, a line of JSON with the wrapped data key, then lines of JSON compressed as a frame
//! of LZ4 and encrypted as a whole: a plan says much of a stack, and may hold secrets. The first of those lines is the plan but
//! for its changes; then each change has a line, and each type of an object, before the first object of that type. What an
//! object will be is left out where that is what it is.
//!
//! Up to format 5 a plan said nothing of what it leaves alone. Up to format 4 what an object will be was never left out, and
//! the lines were compressed with gzip, which took more than a third of the writing. Up to format 3 the changes were in the
//! first line. Formats 1 and 2 had no key and were not encrypted.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Read, Write as _};

use cloudapp_lang::value::{
    decode, decode_as, decode_type, encode, encode_as, encode_type, write_json_string,
};
use cloudapp_lang::{Path, PathStep, Str, Type, Value};
use lz4_flex::frame::{BlockMode, BlockSize, FrameDecoder, FrameEncoder, FrameInfo};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::address::Address;
use crate::config::{Dialect, SourceInput};
use crate::plan::{
    Action, CheckResult, Importing, OutputChange, Plan, PlanMode, Reason, ResourceChange,
};
use crate::seal::{KeyError, Keys, WrappedKey};

const MAGIC: &[u8] = b"cloudapp plan ";
/// Raised whenever a reader of the previous version could not read the file.
const FORMAT: u32 = 6;
/// The first one that is encrypted.
const SEALED: u32 = 3;
/// The last one that is compressed with gzip.
const GZIP: u32 = 4;

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
        workspace: &plan.workspace,
        lineage: &plan.lineage,
        serial: plan.serial,
        moves: plan
            .moves
            .iter()
            .map(|(from, to)| (from.to_string(), to.to_string()))
            .collect(),
        dropped: plan.dropped.iter().map(ToString::to_string).collect(),
        is_partial: plan.is_partial,
        outputs: plan.outputs.iter().map(OutputDocument::new).collect(),
        checks: &plan.checks,
    };
    let mut lines = Lines::new();
    json(&document, &mut lines.text);
    lines.end();
    for c in &plan.changes {
        lines.change("change", c);
    }
    for c in &plan.drift {
        lines.change("drift", c);
    }
    for c in &plan.rest {
        lines.change("rest", c);
    }
    let payload = lines.finish();
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
        ..SEALED => document(flate2::read::GzDecoder::new(rest)),
        SEALED..=FORMAT => {
            let (header, sealed) = line(rest)?;
            let wrapped: WrappedKey = serde_json::from_slice(header)
                .map_err(|e| PlanFileError::Damaged(e.to_string()))?;
            let key = keys.data_key(what, &wrapped)?;
            let place = &bytes[..bytes.len() - sealed.len()];
            let payload = key.open(place, sealed).ok_or_else(|| KeyError::Damaged {
                what: what.to_owned(),
            })?;
            if format <= GZIP {
                document(flate2::read::GzDecoder::new(&*payload))
            } else {
                document(FrameDecoder::new(&*payload))
            }
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

fn document(text: impl Read) -> Result<PlanFile, PlanFileError> {
    let damaged = |e: &dyn std::fmt::Display| PlanFileError::Damaged(e.to_string());
    let mut lines = BufReader::new(text);
    let mut line = Vec::new();
    lines
        .read_until(b'\n', &mut line)
        .map_err(|e| damaged(&e))?;
    let d: Document = serde_json::from_slice(&line).map_err(|e| damaged(&e))?;
    let value = |t: &String| decode(t).map_err(|e| damaged(&e));
    let mut plan = Plan {
        mode: d.mode,
        created: d.created,
        configuration: d.configuration,
        variables: d
            .variables
            .iter()
            .map(|(n, t)| Ok((Str::from(n.as_str()), value(t)?)))
            .collect::<Result<BTreeMap<_, _>, PlanFileError>>()?,
        workspace: d.workspace,
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
        rest: Vec::new(),
        outputs: d
            .outputs
            .into_iter()
            .map(OutputDocument::read)
            .collect::<Result<_, _>>()?,
        checks: d.checks,
    };
    let mut types = Vec::new();
    loop {
        line.clear();
        if lines
            .read_until(b'\n', &mut line)
            .map_err(|e| damaged(&e))?
            == 0
        {
            break;
        }
        match serde_json::from_slice(&line).map_err(|e| damaged(&e))? {
            Line::Type(t) => types.push(decode_type(t.get()).map_err(|e| damaged(&e))?),
            Line::Change(c) => plan.changes.push(c.read(&|v| typed(v, &types))?),
            Line::Drift(c) => plan.drift.push(c.read(&|v| typed(v, &types))?),
            Line::Rest(c) => plan.rest.push(c.read(&|v| typed(v, &types))?),
        }
    }
    Ok(PlanFile {
        plan,
        sources: d.sources,
        dialect: d.dialect,
    })
}

/// The first line as it is written: the fields of [`Document`] but for the changes.
#[derive(Serialize)]
struct Writing<'p> {
    mode: PlanMode,
    created: &'p str,
    configuration: &'p str,
    dialect: Dialect,
    sources: &'p [SourceInput],
    variables: BTreeMap<String, String>,
    workspace: &'p str,
    lineage: &'p str,
    serial: u64,
    moves: Vec<(String, String)>,
    dropped: Vec<String>,
    is_partial: bool,
    outputs: Vec<OutputDocument>,
    checks: &'p [CheckResult],
}

/// The lines that are being written. A plan may be large: they are compressed as they come.
struct Lines {
    compressed: FrameEncoder<Vec<u8>>,
    /// What is not compressed yet; its last line is not ended.
    text: String,
    /// The types that have a line, with their numbers.
    types: HashMap<Type, usize>,
    /// The types of the last change's values: the next one's are mostly the same.
    last: [Option<Numbered>; 2],
}

/// A type that has a line, with its number as that is written.
#[derive(Clone)]
struct Numbered {
    ty: Type,
    number: Str,
}

impl Lines {
    /// How much text is compressed at once, in bytes.
    const BLOCK: usize = 64 * 1024;

    fn new() -> Self {
        // The encryption tells whether all is as it was written.
        let frame = FrameInfo::new()
            .block_size(BlockSize::Max64KB)
            .block_mode(BlockMode::Independent);
        Self {
            compressed: FrameEncoder::with_frame_info(frame, Vec::new()),
            text: String::new(),
            types: HashMap::new(),
            last: [None, None],
        }
    }

    /// Ends a line.
    fn end(&mut self) {
        self.text.push('\n');
        if self.text.len() >= Self::BLOCK {
            self.compress();
        }
    }

    fn compress(&mut self) {
        // Writing to memory cannot fail.
        let _ = self.compressed.write_all(self.text.as_bytes());
        self.text.clear();
    }

    fn finish(mut self) -> Vec<u8> {
        self.compress();
        self.compressed.finish().unwrap_or_default()
    }

    /// A value's type with its number; a type that has none gets a line.
    fn numbered(&mut self, place: usize, value: &Value) -> Numbered {
        if let Some(last) = &self.last[place]
            && value.is_of(&last.ty)
        {
            return last.clone();
        }
        let ty = value.ty();
        let next = self.types.len();
        let number = *self.types.entry(ty.clone()).or_insert(next);
        if number == next {
            self.text.push_str("{\"type\":");
            encode_type(&ty, &mut self.text);
            self.text.push('}');
            self.end();
        }
        let number = number.to_string().into();
        self.last[place].insert(Numbered { ty, number }).clone()
    }

    /// A line for a change. What it has not is left out.
    fn change(&mut self, kind: &str, c: &ResourceChange) {
        let before = (",\"before\":[", &c.before, self.numbered(0, &c.before));
        let after =
            (c.after != c.before).then(|| (",\"after\":[", &c.after, self.numbered(1, &c.after)));
        let text = &mut self.text;
        let printed = |out: &mut String, a: &Address| write_json_string(&a.text(), out);
        text.extend(["{\"", kind, "\":{\"address\":"]);
        printed(text, &c.address);
        if let Some(a) = &c.previous_address {
            text.push_str(",\"previous_address\":");
            printed(text, a);
        }
        if let Some(i) = &c.importing {
            text.push_str(",\"importing\":");
            json(&(&i.id, &i.private), text);
        }
        if let Some(d) = &c.deposed {
            text.push_str(",\"deposed\":");
            write_json_string(d, text);
        }
        text.push_str(",\"provider\":");
        write_json_string(&c.provider, text);
        text.push_str(",\"action\":");
        json(&c.action, text);
        if let Some(r) = &c.reason {
            text.push_str(",\"reason\":");
            json(r, text);
        }
        for (name, value, of) in [Some(before), after].into_iter().flatten() {
            text.extend([name, &of.number, ","]);
            encode_as(value, &of.ty, text);
            text.push(']');
        }
        if !c.replace_paths.is_empty() {
            text.push_str(",\"replace_paths\":");
            let paths: Vec<_> = c.replace_paths.iter().map(steps).collect();
            json(&paths, text);
        }
        if !c.private.is_empty() {
            text.push_str(",\"private\":");
            json(&c.private, text);
        }
        if !c.dependencies.is_empty() {
            text.push_str(",\"dependencies\":");
            json(&c.dependencies, text);
        }
        if c.create_before_destroy {
            text.push_str(",\"create_before_destroy\":true");
        }
        text.push_str("}}");
        self.end();
    }
}

/// What serde writes of a value. None of these types is refused by the serialiser.
fn json(value: &impl Serialize, out: &mut String) {
    out.push_str(&serde_json::to_string(value).unwrap_or_default());
}

/// A line that is read.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line<'l> {
    #[serde(borrow)]
    Type(&'l RawValue),
    Change(ChangeDocument<'l, (usize, &'l RawValue)>),
    Drift(ChangeDocument<'l, (usize, &'l RawValue)>),
    Rest(ChangeDocument<'l, (usize, &'l RawValue)>),
}

/// A value by the number of its type.
fn typed((number, text): (usize, &RawValue), types: &[Type]) -> Result<Value, PlanFileError> {
    let ty = types.get(number);
    let ty = ty.ok_or_else(|| PlanFileError::Damaged(format!("there is no type {number}")))?;
    decode_as(text.get(), ty).map_err(|e| PlanFileError::Damaged(e.to_string()))
}

/// A change of the first line: it leaves its written form as soon as that is complete.
#[derive(Deserialize)]
#[serde(try_from = "ChangeDocument<String>")]
struct Change(ResourceChange);

impl TryFrom<ChangeDocument<'_, String>> for Change {
    type Error = PlanFileError;

    fn try_from(d: ChangeDocument<'_, String>) -> Result<Self, PlanFileError> {
        d.read(&|v| value(&v)).map(Self)
    }
}

/// The first line as it is read.
#[derive(Deserialize)]
struct Document {
    mode: PlanMode,
    created: String,
    configuration: String,
    dialect: Dialect,
    sources: Vec<SourceInput>,
    variables: BTreeMap<String, String>,
    #[serde(default)]
    workspace: String,
    lineage: String,
    serial: u64,
    moves: Vec<(String, String)>,
    dropped: Vec<String>,
    is_partial: bool,
    #[serde(default)]
    changes: Vec<Change>,
    #[serde(default)]
    drift: Vec<Change>,
    outputs: Vec<OutputDocument>,
    checks: Vec<CheckResult>,
}

/// A change as it is read, with its values as they are written.
#[derive(Deserialize)]
struct ChangeDocument<'l, V> {
    #[serde(borrow)]
    address: Cow<'l, str>,
    previous_address: Option<String>,
    importing: Option<(String, Vec<u8>)>,
    deposed: Option<String>,
    provider: String,
    action: Action,
    reason: Option<Reason>,
    before: V,
    after: Option<V>,
    #[serde(default)]
    replace_paths: Vec<Vec<Step>>,
    #[serde(default)]
    private: Vec<u8>,
    #[serde(default)]
    dependencies: Vec<String>,
    #[serde(default)]
    create_before_destroy: bool,
}

#[derive(Serialize, Deserialize)]
enum Step {
    Attr(String),
    Index(usize),
    Key(String),
    Element,
}

fn steps(path: &Path) -> Vec<Step> {
    let step = |s: &PathStep| match s {
        PathStep::Attr(n) => Step::Attr(n.to_string()),
        PathStep::Index(i) => Step::Index(*i),
        PathStep::Key(k) => Step::Key(k.to_string()),
        PathStep::Element => Step::Element,
    };
    path.0.iter().map(step).collect()
}

impl<V> ChangeDocument<'_, V> {
    fn read(
        self,
        value: &dyn Fn(V) -> Result<Value, PlanFileError>,
    ) -> Result<ResourceChange, PlanFileError> {
        let step = |s: Step| match s {
            Step::Attr(n) => PathStep::Attr(n.into()),
            Step::Index(i) => PathStep::Index(i),
            Step::Key(k) => PathStep::Key(k.into()),
            Step::Element => PathStep::Element,
        };
        let before = value(self.before)?;
        let after = self.after.map_or_else(|| Ok(before.clone()), value)?;
        Ok(ResourceChange {
            address: address(&self.address)?,
            previous_address: (self.previous_address.as_deref().map(address).transpose()?)
                .map(Box::new),
            importing: self
                .importing
                .map(|(id, private)| Box::new(Importing { id, private })),
            deposed: self.deposed,
            provider: self.provider,
            action: self.action,
            reason: self.reason,
            before,
            after,
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
        for format in SEALED..=FORMAT {
            let sealed =
                format!("cloudapp plan {format}\n{{\"fingerprint\":\"a\",\"wrapped\":\"\"}}\n");
            let no_key = Err("there is no key".to_owned());
            assert_eq!(reason(sealed.as_bytes()), no_key);
        }
        assert!(is_plan(b"cloudapp plan 1\n") && !is_plan(b"PK"));
    }
}
