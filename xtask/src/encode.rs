//! The schema dump in the format that `providers/src/mock/packed.rs` reads and describes.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, bail};
use serde_json::{Map, Value as Json};

use crate::writer;

/// Types of one chunk stand next to each other by name: they come from one product and are needed together.
const TYPES_PER_CHUNK: usize = 40;

/// One type: mode (0 provider, 1 resource, 2 data source), name, and what the dump says of it.
type Entry<'j> = (u8, &'j str, &'j Map<String, Json>);

pub(crate) fn encode(dump: &Json) -> anyhow::Result<Vec<u8>> {
    let provider = serde_json::json!({ "a": dump["provider"] });
    let provider = provider.as_object().context("a provider block")?;
    let mut entries: Vec<Entry<'_>> = vec![(0, "", provider)];
    for (mode, section) in [(1, "resources"), (2, "data_sources")] {
        let types = dump[section]
            .as_object()
            .with_context(|| format!("`{section}` is missing"))?;
        let sorted: BTreeMap<_, _> = types.iter().collect();
        for (name, of) in sorted {
            entries.push((
                mode,
                name,
                of.as_object()
                    .with_context(|| format!("{name} is not an object"))?,
            ));
        }
    }
    // The provider block stands alone: it is read on every start.
    let mut chunks: Vec<&[Entry<'_>]> = vec![&entries[..1]];
    for mode in [1, 2] {
        let of_mode =
            entries.partition_point(|e| e.0 < mode)..entries.partition_point(|e| e.0 <= mode);
        chunks.extend(entries[of_mode].chunks(TYPES_PER_CHUNK));
    }
    let shared = shared_strings(&chunks)?;
    assemble(&chunks, &shared)
}

/// Strings that more than one chunk uses, the most used first.
fn shared_strings(chunks: &[&[Entry<'_>]]) -> anyhow::Result<Vec<String>> {
    let mut seen: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for chunk in chunks {
        let mut strings = Strings::new(&[]);
        for (_, name, of) in *chunk {
            encode_type(&mut Vec::new(), &mut strings, of).with_context(|| (*name).to_owned())?;
        }
        for (s, uses) in strings.uses() {
            let e = seen.entry(s).or_default();
            *e = (e.0 + 1, e.1 + uses);
        }
    }
    let mut shared: Vec<_> = seen
        .into_iter()
        .filter(|(_, (chunks, _))| *chunks > 1)
        .collect();
    shared.sort_by(|a, b| b.1.1.cmp(&a.1.1).then_with(|| a.0.cmp(&b.0)));
    Ok(shared.into_iter().map(|(s, _)| s).collect())
}

fn assemble(chunks: &[&[Entry<'_>]], shared: &[String]) -> anyhow::Result<Vec<u8>> {
    let mut head = Vec::new();
    writer::number(&mut head, shared.len() as u64);
    shared.iter().for_each(|s| writer::text(&mut head, s));
    writer::number(&mut head, chunks.len() as u64);
    let mut body = Vec::new();
    for chunk in chunks {
        let mut strings = Strings::new(shared);
        let mut types = Vec::new();
        let mut last = "";
        writer::number(&mut head, u64::from(chunk[0].0));
        writer::number(&mut head, chunk.len() as u64);
        for (_, name, of) in *chunk {
            let start = types.len();
            encode_type(&mut types, &mut strings, of)?;
            let same = name
                .bytes()
                .zip(last.bytes())
                .take_while(|(a, b)| a == b)
                .count();
            writer::number(&mut head, same as u64);
            writer::text(&mut head, &name[same..]);
            writer::number(&mut head, (types.len() - start) as u64);
            last = name;
        }
        let mut packed = Vec::new();
        writer::number(&mut packed, strings.own.len() as u64);
        strings
            .own
            .iter()
            .for_each(|s| writer::text(&mut packed, s));
        packed.extend_from_slice(&types);
        writer::section(&mut body, &packed)?;
    }
    let mut out = b"CASC\x01".to_vec();
    writer::section(&mut out, &head)?;
    out.extend_from_slice(&body);
    Ok(out)
}

/// The strings of a chunk: numbers below the count of shared strings mean those, others its own.
struct Strings {
    shared: usize,
    ids: HashMap<String, usize>,
    own: Vec<String>,
    counts: Vec<usize>,
}

impl Strings {
    fn new(shared: &[String]) -> Self {
        let ids = shared
            .iter()
            .enumerate()
            .map(|(i, s)| (s.clone(), i))
            .collect();
        Self {
            shared: shared.len(),
            ids,
            own: Vec::new(),
            counts: vec![0; shared.len()],
        }
    }

    fn put(&mut self, out: &mut Vec<u8>, s: &str) {
        let id = match self.ids.get(s) {
            Some(id) => *id,
            None => {
                let id = self.shared + self.own.len();
                self.ids.insert(s.to_owned(), id);
                self.own.push(s.to_owned());
                self.counts.push(0);
                id
            }
        };
        self.counts[id] += 1;
        writer::number(out, id as u64);
    }

    fn uses(self) -> impl Iterator<Item = (String, usize)> {
        let Self {
            shared,
            own,
            counts,
            ..
        } = self;
        own.into_iter().zip(counts.into_iter().skip(shared))
    }
}

fn encode_type(
    out: &mut Vec<u8>,
    strings: &mut Strings,
    of: &Map<String, Json>,
) -> anyhow::Result<()> {
    let mut flags = 0;
    if of.get("ops").and_then(Json::as_str) == Some("crd") {
        flags |= 1;
    }
    if of.contains_key("deprecated") {
        flags |= 2;
    }
    match of.get("import").and_then(Json::as_str) {
        Some("id") => flags |= 4,
        Some(_) => flags |= 8,
        None => {}
    }
    let timeouts = of.get("timeouts").and_then(Json::as_object);
    if timeouts.is_some() {
        flags |= 16;
    }
    out.push(flags);
    if let Some(timeouts) = timeouts {
        writer::number(out, timeouts.len() as u64);
        for (name, seconds) in timeouts {
            strings.put(out, name);
            writer::number(out, seconds.as_u64().context("a timeout in seconds")?);
        }
    }
    encode_block(out, strings, of.get("a").context("a type without `a`")?)
}

fn encode_block(out: &mut Vec<u8>, strings: &mut Strings, block: &Json) -> anyhow::Result<()> {
    let block = block.as_object().context("a block is an object")?;
    let sorted: BTreeMap<_, _> = block.iter().collect();
    writer::number(out, sorted.len() as u64);
    for (name, argument) in sorted {
        strings.put(out, name);
        encode_argument(out, strings, argument).with_context(|| name.clone())?;
    }
    Ok(())
}

fn encode_argument(
    out: &mut Vec<u8>,
    strings: &mut Strings,
    argument: &Json,
) -> anyhow::Result<()> {
    let argument = argument.as_object().context("an argument is an object")?;
    for key in argument.keys() {
        if ![
            "t", "f", "e", "b", "def", "deffn", "mx", "mn", "cw", "eo", "al", "rw", "v", "ds",
            "sh", "sf",
        ]
        .contains(&key.as_str())
        {
            bail!("unknown property `{key}`");
        }
    }
    let mut shape = kind(argument.get("t"))?;
    if argument.contains_key("b") {
        shape |= 6 << 3;
    } else {
        shape |= match argument.get("e") {
            None => 0,
            Some(e @ Json::String(_)) => (kind(Some(e))? + 1) << 3,
            Some(_) => 5 << 3,
        };
    }
    let mut extras = Vec::new();
    let mask = encode_extras(&mut extras, strings, argument)?;
    if mask != 0 {
        shape |= 0x40;
    }
    out.push(shape);
    out.push(flags(
        argument.get("f").and_then(Json::as_str).unwrap_or_default(),
    )?);
    if mask != 0 {
        writer::number(out, mask);
        out.extend_from_slice(&extras);
    }
    if let Some(block) = argument.get("b") {
        encode_block(out, strings, block)?;
    } else if let Some(element @ Json::Object(_)) = argument.get("e") {
        encode_argument(out, strings, element)?;
    }
    Ok(())
}

fn kind(name: Option<&Json>) -> anyhow::Result<u8> {
    Ok(match name.and_then(Json::as_str) {
        Some("string") => 0,
        Some("bool") => 1,
        Some("int") => 2,
        Some("float") => 3,
        Some("list") => 4,
        Some("set") => 5,
        Some("map") => 6,
        other => bail!("unknown type {other:?}"),
    })
}

fn flags(text: &str) -> anyhow::Result<u8> {
    text.chars().try_fold(0, |all, c| match "rocnswd".find(c) {
        Some(bit) => Ok(all | 1 << bit),
        None => bail!("unknown flag `{c}`"),
    })
}

fn encode_extras(
    out: &mut Vec<u8>,
    strings: &mut Strings,
    argument: &Map<String, Json>,
) -> anyhow::Result<u64> {
    let mut mask = 0;
    if let Some(default) = argument.get("def") {
        mask |= 1;
        strings.put(out, &default.to_string());
    }
    let function = argument.get("deffn");
    if let Some(env) = function.and_then(|f| f.get("env")).and_then(Json::as_str) {
        mask |= 2;
        strings.put(out, env);
        strings.put(
            out,
            &function
                .and_then(|f| f.get("def"))
                .unwrap_or(&Json::Null)
                .to_string(),
        );
    }
    for (bit, key) in [(4, "mx"), (8, "mn")] {
        if let Some(n) = argument.get(key) {
            mask |= bit;
            writer::number(
                out,
                n.as_u64().with_context(|| format!("`{key}` is a count"))?,
            );
        }
    }
    for (bit, key) in [(16, "cw"), (32, "eo"), (64, "al"), (128, "rw")] {
        if let Some(names) = argument.get(key) {
            mask |= bit;
            let names = names
                .as_array()
                .with_context(|| format!("`{key}` is a list"))?;
            writer::number(out, names.len() as u64);
            for name in names {
                strings.put(out, name.as_str().context("a name")?);
            }
        }
    }
    if let Some(validator) = argument.get("v") {
        mask |= 256;
        strings.put(out, &validator.to_string());
    }
    if let Some(suppression) = argument.get("ds").and_then(Json::as_str) {
        mask |= 512;
        strings.put(out, suppression);
    }
    if function.is_some_and(|f| f.get("custom").is_some()) {
        mask |= 1024;
    }
    Ok(mask)
}
