//! Source files and places in them.

use std::sync::{Arc, OnceLock};

use unicode_segmentation::UnicodeSegmentation;

/// Identifies a file of a [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A range of bytes in a file: `start` inclusive, `end` exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    pub file: FileId,
    pub start: u32,
    pub end: u32,
}

impl Span {
    #[must_use]
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            file,
            start: clamp(start),
            end: clamp(end),
        }
    }

    /// The smallest span that covers both; `self` where they lie in different files.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        if self.file != other.file {
            return self;
        }
        Span {
            file: self.file,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    /// Whether all of the other span lies in this one.
    #[must_use]
    pub fn contains(self, other: Span) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }
}

/// A place as people count: lines and columns from 1, columns in grapheme clusters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    pub line: u32,
    pub column: u32,
    /// Offset in bytes from the beginning of the file, from 0.
    pub byte: u32,
}

/// One file that was read.
#[derive(Debug)]
pub struct SourceFile {
    /// The name to show: relative to the directory of the root module.
    pub name: Arc<str>,
    pub text: Arc<str>,
    /// Found when a place is first asked for: in a file without findings nobody asks.
    line_starts: OnceLock<Vec<u32>>,
}

impl SourceFile {
    fn new(name: &str, text: &str) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
            line_starts: OnceLock::new(),
        }
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let ends = self.text.bytes().enumerate().filter(|(_, b)| *b == b'\n');
            let starts = ends.map(|(i, _)| u32::try_from(i + 1).unwrap_or(u32::MAX));
            std::iter::once(0).chain(starts).collect()
        })
    }

    /// The place of a byte offset; an offset inside a character or past the end is moved back to the nearest place.
    #[must_use]
    pub fn position(&self, byte: u32) -> Position {
        let mut at = (byte as usize).min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let starts = self.line_starts();
        let line = starts.partition_point(|s| (*s as usize) <= at) - 1;
        let start = starts[line] as usize;
        let column = self.text[start..at].graphemes(true).count() + 1;
        Position {
            line: line as u32 + 1,
            column: column as u32,
            byte: at as u32,
        }
    }

    /// The text of a line (from 1), without its line ending.
    #[must_use]
    pub fn line(&self, line: u32) -> &str {
        let i = (line as usize).saturating_sub(1);
        let starts = self.line_starts();
        let Some(start) = starts.get(i) else {
            return "";
        };
        let end = starts.get(i + 1).map_or(self.text.len(), |e| *e as usize);
        self.text[*start as usize..end].trim_end_matches(['\n', '\r'])
    }
}

/// All files of a run. Diagnostics carry spans; this turns them into places and text.
#[derive(Debug, Default)]
pub struct SourceMap {
    files: Vec<Arc<SourceFile>>,
}

impl SourceMap {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub fn add(&mut self, name: &str, text: &str) -> FileId {
        self.files.push(Arc::new(SourceFile::new(name, text)));
        FileId((self.files.len() - 1) as u32)
    }

    #[must_use]
    pub fn file(&self, id: FileId) -> Option<&Arc<SourceFile>> {
        self.files.get(id.0 as usize)
    }

    pub fn files(&self) -> impl Iterator<Item = (FileId, &Arc<SourceFile>)> {
        self.files
            .iter()
            .enumerate()
            .map(|(i, f)| (FileId(i as u32), f))
    }

    /// The text that a span covers; empty where it covers none.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file)
            .and_then(|f| f.text.get(span.start as usize..span.end as usize))
            .unwrap_or("")
    }

    /// File name, start and end of a span.
    #[must_use]
    pub fn locate(&self, span: Span) -> Option<(Arc<str>, Position, Position)> {
        let f = self.file(span.file)?;
        Some((f.name.clone(), f.position(span.start), f.position(span.end)))
    }
}
