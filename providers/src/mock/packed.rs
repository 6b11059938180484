//! Reads `schema.bin`: the facts about every type of the provider, packed so that only what a run uses is unpacked.
//!
//! The file is `CASC`, a version byte, then deflated sections: a head and one section for every chunk of about forty
//! types. The head holds the strings that several chunks use and, for each chunk, its mode and its types: name (as the
//! length shared with the name before, and the rest) and size. A chunk holds its own strings, then its types one after
//! the other. `xtask` writes the file; numbers are LEB128; a section is preceded by its unpacked and packed length.

use std::ops::Range;
use std::sync::OnceLock;

use flate2::{Decompress, FlushDecompress};

use super::spec::{Argument, Container, Element, EnvDefault, Flags, Scalar, TypeSpec};
use super::validator::Rule;

static FILE: &[u8] = include_bytes!("schema.bin");

/// Which of the three lists of types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Provider,
    Resources,
    DataSources,
}

/// The opened file: the index is read, chunks are unpacked on first use.
#[derive(Debug, Default)]
pub(crate) struct Packed {
    head: Vec<u8>,
    shared: Vec<Range<usize>>,
    types: [Vec<TypeAt>; 3],
    chunks: Vec<Chunk>,
}

#[derive(Debug)]
struct TypeAt {
    name: Box<str>,
    chunk: usize,
    offset: usize,
}

#[derive(Debug)]
struct Chunk {
    file: Range<usize>,
    size: usize,
    open: OnceLock<Option<OpenChunk>>,
}

#[derive(Debug)]
struct OpenChunk {
    bytes: Vec<u8>,
    strings: Vec<Range<usize>>,
    types_at: usize,
}

impl Packed {
    /// The file that is built in. A damaged one (which tests exclude) would know no types.
    pub(crate) fn get() -> &'static Packed {
        static OPENED: OnceLock<Packed> = OnceLock::new();
        OPENED.get_or_init(|| Packed::open().unwrap_or_default())
    }

    fn open() -> Option<Packed> {
        let mut file = Reader { bytes: FILE, at: 0 };
        if file.take(5)? != b"CASC\x01" {
            return None;
        }
        let (size, at) = file.section()?;
        let head = inflate(&FILE[at], size)?;
        let mut packed = Packed::default();
        let mut reader = Reader {
            bytes: &head,
            at: 0,
        };
        packed.shared = reader.strings()?;
        for chunk in 0..reader.number()? {
            let (size, file) = file.section()?;
            let mode = reader.number()?;
            let mut name = String::new();
            let mut offset = 0;
            for _ in 0..reader.number()? {
                name.truncate(reader.number()?);
                let rest = reader.text()?;
                name.push_str(std::str::from_utf8(&head[rest]).ok()?);
                packed.types.get_mut(mode)?.push(TypeAt {
                    name: name.as_str().into(),
                    chunk,
                    offset,
                });
                offset += reader.number()?;
            }
            packed.chunks.push(Chunk {
                file,
                size,
                open: OnceLock::new(),
            });
        }
        packed.head = head;
        Some(packed)
    }

    /// The names of a section's types, in order.
    pub(crate) fn names(&self, section: Section) -> impl Iterator<Item = &str> {
        self.types[section as usize].iter().map(|t| &*t.name)
    }

    pub(crate) fn read(&self, section: Section, name: &str) -> Option<TypeSpec> {
        let types = &self.types[section as usize];
        let at = &types[types.binary_search_by(|t| (*t.name).cmp(name)).ok()?];
        let chunk = self.chunks.get(at.chunk)?;
        let open = chunk.open.get_or_init(|| chunk.unpack()).as_ref()?;
        let reader = Reader {
            bytes: &open.bytes,
            at: open.types_at + at.offset,
        };
        TypeReader {
            reader,
            packed: self,
            chunk: open,
        }
        .type_spec()
    }
}

impl Chunk {
    fn unpack(&self) -> Option<OpenChunk> {
        let bytes = inflate(&FILE[self.file.clone()], self.size)?;
        let mut reader = Reader {
            bytes: &bytes,
            at: 0,
        };
        let strings = reader.strings()?;
        let types_at = reader.at;
        Some(OpenChunk {
            bytes,
            strings,
            types_at,
        })
    }
}

fn inflate(packed: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(size);
    Decompress::new(false)
        .decompress_vec(packed, &mut out, FlushDecompress::Finish)
        .ok()?;
    (out.len() == size).then_some(out)
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    fn take(&mut self, n: usize) -> Option<&'b [u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(n)?)?;
        self.at += n;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|b| b[0])
    }

    fn number(&mut self) -> Option<usize> {
        let mut n = 0;
        for shift in (0..usize::BITS).step_by(7) {
            let byte = self.byte()?;
            n |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(n);
            }
        }
        None
    }

    /// Where a text stands.
    fn text(&mut self) -> Option<Range<usize>> {
        let len = self.number()?;
        self.take(len)?;
        Some(self.at - len..self.at)
    }

    fn strings(&mut self) -> Option<Vec<Range<usize>>> {
        (0..self.number()?).map(|_| self.text()).collect()
    }

    /// The unpacked size of a section, and where its packed bytes stand.
    fn section(&mut self) -> Option<(usize, Range<usize>)> {
        Some((self.number()?, self.text()?))
    }
}

struct TypeReader<'p> {
    reader: Reader<'p>,
    packed: &'p Packed,
    chunk: &'p OpenChunk,
}

impl<'p> TypeReader<'p> {
    fn string(&mut self) -> Option<&'p str> {
        let id = self.reader.number()?;
        let bytes = match self.packed.shared.get(id) {
            Some(at) => &self.packed.head[at.clone()],
            None => {
                &self.chunk.bytes[self
                    .chunk
                    .strings
                    .get(id - self.packed.shared.len())?
                    .clone()]
            }
        };
        std::str::from_utf8(bytes).ok()
    }

    fn type_spec(&mut self) -> Option<TypeSpec> {
        let flags = self.reader.byte()?;
        let timeouts = if flags & 16 == 0 {
            Vec::new()
        } else {
            (0..self.reader.number()?)
                .map(|_| Some((self.string()?.into(), self.reader.number()? as u64)))
                .collect::<Option<_>>()?
        };
        Some(TypeSpec {
            no_update: flags & 1 != 0,
            deprecated: flags & 2 != 0,
            importable: flags & 12 != 0,
            timeouts,
            arguments: self.block()?,
        })
    }

    fn block(&mut self) -> Option<Vec<Argument>> {
        (0..self.reader.number()?)
            .map(|_| {
                let name = self.string()?;
                self.argument(name)
            })
            .collect()
    }

    fn argument(&mut self, name: &str) -> Option<Argument> {
        let shape = self.reader.byte()?;
        let flags = Flags::from_bits(self.reader.byte()?);
        let mut argument = Argument::new(name, flags);
        if shape & 0x40 != 0 {
            self.extras(&mut argument)?;
        }
        let (container, scalar) = match shape & 7 {
            4 => (Container::List, None),
            5 => (Container::Set, None),
            6 => (Container::Map, None),
            n => (Container::One, Some(Scalar::from_code(n)?)),
        };
        argument.container = container;
        argument.element = match (shape >> 3 & 7, scalar) {
            (_, Some(scalar)) => Element::Scalar(scalar, None),
            (0, None) => Element::Scalar(Scalar::String, None),
            (5, None) => {
                let of = self.argument("")?;
                let Element::Scalar(scalar, _) = of.element else {
                    return None;
                };
                Element::Scalar(scalar, of.rule)
            }
            (6, None) => Element::Block(self.block()?),
            (n, None) => Element::Scalar(Scalar::from_code(n - 1)?, None),
        };
        argument.settle_default();
        Some(argument)
    }

    fn extras(&mut self, argument: &mut Argument) -> Option<()> {
        let mask = self.reader.number()?;
        if mask & 1 != 0 {
            argument.default_json = serde_json::from_str(self.string()?).ok();
        }
        if mask & 2 != 0 {
            let variable = self.string()?.into();
            let otherwise = serde_json::from_str(self.string()?).ok();
            argument.env = Some(Box::new(EnvDefault {
                variable,
                otherwise,
            }));
        }
        if mask & 4 != 0 {
            argument.max_items = self.reader.number()? as u64;
        }
        if mask & 8 != 0 {
            argument.min_items = self.reader.number()? as u64;
        }
        for bit in [16, 32, 64, 128] {
            if mask & bit == 0 {
                continue;
            }
            let names = (0..self.reader.number()?)
                .map(|_| self.string().map(Into::into))
                .collect::<Option<Vec<_>>>()?;
            let relations = argument.relations.get_or_insert_default();
            match bit {
                16 => relations.conflicts_with = names,
                32 => relations.exactly_one_of = names,
                64 => relations.at_least_one_of = names,
                _ => relations.required_with = names,
            }
        }
        if mask & 256 != 0 {
            argument.rule =
                Rule::from_json(&serde_json::from_str(self.string()?).ok()?).map(Box::new);
        }
        if mask & 512 != 0 {
            argument.suppression = Some(self.string()?.into());
        }
        Some(())
    }
}
