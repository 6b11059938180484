//! The file of a mock cloud: a line of JSON for everything that happened, appended under a lock, so that several
//! processes see one cloud and a killed one leaves whole lines.
//!
//! Beside the file `X` stands `X.lock`: it is locked for every access, and holds the file's generation. Compaction
//! writes a new file beside the old one and renames it; other processes notice the new generation and read it anew.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::cloud::Record;

/// The version of the file's format.
const FORMAT: u64 = 1;

/// The file of a mock cloud that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MockCloudError {
    #[error("cannot use the mock cloud's file {path}")]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("the mock cloud's file {path} is damaged at byte {offset}: {reason}")]
    Damaged {
        path: PathBuf,
        offset: u64,
        reason: String,
    },
    #[error("the mock cloud's file {path} has format {found}; this version reads format {FORMAT}")]
    Format { path: PathBuf, found: u64 },
}

#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Header {
    mock_cloud: u64,
}

#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    lock: File,
    file: File,
    generation: u64,
    /// How far this process has read.
    offset: u64,
    /// Lines that are kept until the next write.
    pending: Vec<u8>,
}

impl Journal {
    /// Opens the file or makes it. Nothing is read before [`Journal::catch_up`].
    pub(crate) fn open(path: &Path) -> Result<Self, MockCloudError> {
        let open = |path: &Path| {
            let mut options = OpenOptions::new();
            options.read(true).append(true).create(true);
            private(&mut options).open(path)
        };
        let lock_path = sibling(path, "lock");
        let lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&lock_path);
        let lock = lock.map_err(|source| MockCloudError::Io {
            path: lock_path,
            source,
        })?;
        let file = open(path).map_err(|source| MockCloudError::Io {
            path: path.into(),
            source,
        })?;
        Ok(Self {
            path: path.into(),
            lock,
            file,
            generation: u64::MAX,
            offset: 0,
            pending: Vec::new(),
        })
    }

    fn io<T>(&self, result: std::io::Result<T>) -> Result<T, MockCloudError> {
        result.map_err(|source| MockCloudError::Io {
            path: self.path.clone(),
            source,
        })
    }

    pub(crate) fn lock(&self) -> Result<(), MockCloudError> {
        self.io(self.lock.lock())
    }

    /// Releasing cannot fail in a way that matters: the lock ends with the process.
    pub(crate) fn unlock(&self) {
        if let Err(error) = self.lock.unlock() {
            tracing::warn!(%error, "cannot unlock the mock cloud's file");
        }
    }

    /// Reads what other processes have appended. `reset` is called where all must be read anew. Under the lock.
    pub(crate) fn catch_up(
        &mut self,
        mut reset: impl FnMut(),
        mut apply: impl FnMut(Record),
    ) -> Result<usize, MockCloudError> {
        let generation = self.io(self.read_generation())?;
        if generation != self.generation {
            self.file = self.io(OpenOptions::new()
                .read(true)
                .append(true)
                .create(true)
                .open(&self.path))?;
            self.generation = generation;
            self.offset = 0;
            reset();
        }
        let end = self.io(self.file.metadata())?.len();
        if end == 0 {
            return self.begin().map(|()| 0);
        }
        if end == self.offset {
            return Ok(0);
        }
        let mut text = Vec::with_capacity((end - self.offset) as usize);
        let offset = self.offset;
        let read = (&self.file)
            .seek(SeekFrom::Start(offset))
            .and_then(|_| (&self.file).read_to_end(&mut text));
        self.io(read)?;
        let whole = text.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
        if whole < text.len() {
            // A process was killed in the middle of a line: what it wrote never happened.
            self.io(self.file.set_len(self.offset + whole as u64))?;
        }
        let mut lines = 0;
        for line in text[..whole].split_inclusive(|b| *b == b'\n') {
            if self.offset == 0 {
                self.check_header(line)?;
            } else {
                let damaged = |e: serde_json::Error| MockCloudError::Damaged {
                    path: self.path.clone(),
                    offset: self.offset,
                    reason: e.to_string(),
                };
                apply(serde_json::from_slice(line).map_err(damaged)?);
                lines += 1;
            }
            self.offset += line.len() as u64;
        }
        if self.offset == 0 {
            self.begin()?;
        }
        Ok(lines)
    }

    fn check_header(&self, line: &[u8]) -> Result<(), MockCloudError> {
        let header: Header = serde_json::from_slice(line).map_err(|_| MockCloudError::Damaged {
            path: self.path.clone(),
            offset: 0,
            reason: "it does not begin like a mock cloud's file".into(),
        })?;
        if header.mock_cloud == FORMAT {
            return Ok(());
        }
        Err(MockCloudError::Format {
            path: self.path.clone(),
            found: header.mock_cloud,
        })
    }

    fn begin(&mut self) -> Result<(), MockCloudError> {
        let line = header();
        self.io((&self.file).write_all(&line))?;
        self.offset = line.len() as u64;
        Ok(())
    }

    /// Keeps records until the next write: for what may be lost.
    pub(crate) fn keep(&mut self, records: &[Record]) {
        records.iter().for_each(|r| line(&mut self.pending, r));
    }

    /// How many bytes are kept.
    pub(crate) fn kept(&self) -> usize {
        self.pending.len()
    }

    /// Appends records, after those that were kept, in one write. Under the lock, after catching up.
    pub(crate) fn append(&mut self, records: &[Record]) -> Result<(), MockCloudError> {
        let mut text = std::mem::take(&mut self.pending);
        records.iter().for_each(|r| line(&mut text, r));
        if let Err(source) = (&self.file).write_all(&text) {
            // Half a line must not be gone on from.
            self.file.set_len(self.offset).ok();
            return self.io(Err(source));
        }
        self.offset += text.len() as u64;
        Ok(())
    }

    /// Replaces the file by one with only these records. Under the lock, after catching up.
    pub(crate) fn compact(&mut self, records: &[Record]) -> Result<(), MockCloudError> {
        let mut text = header();
        records.iter().for_each(|r| line(&mut text, r));
        let new = sibling(&self.path, "new");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        self.io(private(&mut options)
            .open(&new)
            .and_then(|mut file| file.write_all(&text)))?;
        // The generation first: a process that is killed in between makes the others read the old file once more.
        self.io(self.write_generation(self.generation + 1))?;
        self.io(std::fs::rename(&new, &self.path))?;
        self.file = self.io(OpenOptions::new().read(true).append(true).open(&self.path))?;
        self.generation += 1;
        self.offset = text.len() as u64;
        Ok(())
    }

    fn read_generation(&self) -> std::io::Result<u64> {
        let mut text = String::new();
        let mut lock = &self.lock;
        lock.seek(SeekFrom::Start(0))?;
        lock.read_to_string(&mut text)?;
        Ok(text.trim().parse().unwrap_or(0))
    }

    fn write_generation(&self, generation: u64) -> std::io::Result<()> {
        let mut lock = &self.lock;
        lock.seek(SeekFrom::Start(0))?;
        // Of fixed width, so that a later number covers an earlier one.
        lock.write_all(format!("{generation:020}\n").as_bytes())
    }
}

/// Objects have passwords among their attributes: only the owner may read the file.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

fn header() -> Vec<u8> {
    let mut text = serde_json::to_vec(&Header { mock_cloud: FORMAT }).unwrap_or_default();
    text.push(b'\n');
    text
}

fn line(out: &mut Vec<u8>, record: &Record) {
    let start = out.len();
    if serde_json::to_writer(&mut *out, record).is_err() {
        // Only a map with keys that are no texts cannot be written, and records have none.
        out.truncate(start);
        return;
    }
    out.push(b'\n');
}

fn sibling(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    name.into()
}
