//! The file of a mock cloud: a line of JSON for everything that happened, appended under a lock, so that several
//! processes see one cloud and a killed one leaves whole lines.
//!
//! Objects are encrypted where keys are given: what a cloud was told may be secret, and it does not know what. The type and id
//! of each stay readable. Format 1 had no encryption; such a file is rewritten when it is opened with keys.
//!
//! Beside the file `X` stands `X.lock`: it is locked for every access, and holds the file's generation. Compaction
//! writes a new file beside the old one and renames it; other processes notice the new generation and read it anew.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloudapp_engine::seal::{DataKey, KeyError, Keys, WrappedKey, place};

use super::cloud::{MockObject, Record};

/// The version of the file's format.
const FORMAT: u64 = 2;

/// The file of a mock cloud that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MockCloudError {
    #[error("cannot use the mock cloud's file {path}: {source}")]
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
    #[error(
        "the mock cloud's file {path} has format {found}; this version reads formats up to {FORMAT}"
    )]
    Format { path: PathBuf, found: u64 },
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// The first line.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Header {
    mock_cloud: u64,
    /// The key of its objects; none where they are not encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<WrappedKey>,
}

/// A line in which an object is encrypted.
#[derive(serde::Serialize, serde::Deserialize)]
struct SealedLine {
    sealed: SealedObject,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct SealedObject {
    #[serde(rename = "type")]
    kind: String,
    id: String,
    /// The object in Base64.
    object: String,
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
    keys: Option<Arc<dyn Keys>>,
    /// The file's key, with its stored form.
    key: Option<(WrappedKey, Arc<dyn DataKey>)>,
}

impl Journal {
    /// Opens the file or makes it. Nothing is read before [`Journal::catch_up`].
    pub(crate) fn open(path: &Path, keys: Option<Arc<dyn Keys>>) -> Result<Self, MockCloudError> {
        // A file that is there says itself which key it needs.
        let is_new = std::fs::metadata(path).map_or(true, |m| m.len() == 0);
        if let Some(keys) = keys.as_ref().filter(|_| is_new) {
            keys.check()?;
        }
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
            keys,
            key: None,
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
        let fresh = self.offset == 0;
        let whole = text.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
        if whole < text.len() {
            // A process was killed in the middle of a line: what it wrote never happened.
            self.io(self.file.set_len(self.offset + whole as u64))?;
        }
        let mut lines = 0;
        for line in text[..whole].split_inclusive(|b| *b == b'\n') {
            if self.offset == 0 {
                self.read_header(line)?;
            } else {
                let damaged = |e: serde_json::Error| MockCloudError::Damaged {
                    path: self.path.clone(),
                    offset: self.offset,
                    reason: e.to_string(),
                };
                apply(match self.opened(line)? {
                    Some(object) => object,
                    None => serde_json::from_slice(line).map_err(damaged)?,
                });
                lines += 1;
            }
            self.offset += line.len() as u64;
        }
        if self.offset == 0 {
            self.begin()?;
        } else if fresh && self.key.is_none() && self.keys.is_some() {
            // What an older version wrote in the clear.
            self.seal_all(&text[..whole], false)?;
        }
        Ok(lines)
    }

    /// The object of an encrypted line; none of any other line.
    fn opened(&self, line: &[u8]) -> Result<Option<Record>, MockCloudError> {
        if !line.starts_with(b"{\"sealed\":") {
            return Ok(None);
        }
        let damaged = |reason: String| MockCloudError::Damaged {
            path: self.path.clone(),
            offset: self.offset,
            reason,
        };
        let SealedLine { sealed } =
            serde_json::from_slice(line).map_err(|e| damaged(e.to_string()))?;
        let at = object_place(&sealed.kind, &sealed.id);
        let (_, key) = self
            .key
            .as_ref()
            .ok_or_else(|| damaged("it has no key".into()))?;
        let plain = STANDARD
            .decode(&sealed.object)
            .ok()
            .and_then(|o| key.open(&at, &o))
            .ok_or_else(|| KeyError::Damaged {
                what: format!("{} {} in {}", sealed.kind, sealed.id, self.path.display()),
            })?;
        let object: MockObject =
            serde_json::from_slice(&plain).map_err(|e| damaged(e.to_string()))?;
        Ok(Some(Record::Put(Box::new(object))))
    }

    /// Wraps the key of the file with the user's present key; with `anew`, encrypts all objects with a new one. Under the lock,
    /// after catching up.
    pub(crate) fn rotate_key(&mut self, anew: bool) -> Result<(), MockCloudError> {
        let (Some(keys), Some((wrapped, key))) = (self.keys.clone(), self.key.clone()) else {
            return Ok(());
        };
        let text = self.io(std::fs::read(&self.path))?;
        if anew {
            return self.seal_all(&text, true);
        }
        let what = self.path.display().to_string();
        let Some(new) = keys.rewrap(&what, &wrapped)? else {
            return Ok(());
        };
        self.key = Some((new, key));
        let mut out = self.header();
        let rest = text
            .iter()
            .position(|b| *b == b'\n')
            .map_or(text.len(), |i| i + 1);
        out.extend_from_slice(&text[rest..]);
        self.replace(&out)
    }

    /// Writes these lines again, with a new key.
    fn seal_all(&mut self, text: &[u8], are_sealed: bool) -> Result<(), MockCloudError> {
        let mut records = Vec::new();
        for line in text.split_inclusive(|b| *b == b'\n').skip(1) {
            let opened = if are_sealed { self.opened(line)? } else { None };
            let read = opened.map_or_else(|| serde_json::from_slice(line), Ok);
            records.push(read.map_err(|e| MockCloudError::Damaged {
                path: self.path.clone(),
                offset: self.offset,
                reason: e.to_string(),
            })?);
        }
        self.make_key()?;
        self.compact(&records)
    }

    fn make_key(&mut self) -> Result<(), MockCloudError> {
        if let Some(keys) = &self.keys {
            self.key = Some(keys.new_data_key()?);
        }
        Ok(())
    }

    fn read_header(&mut self, line: &[u8]) -> Result<(), MockCloudError> {
        let header: Header = serde_json::from_slice(line).map_err(|_| MockCloudError::Damaged {
            path: self.path.clone(),
            offset: 0,
            reason: "it does not begin like a mock cloud's file".into(),
        })?;
        if header.mock_cloud > FORMAT {
            return Err(MockCloudError::Format {
                path: self.path.clone(),
                found: header.mock_cloud,
            });
        }
        let known = self.key.as_ref().map(|(wrapped, _)| wrapped);
        if header.key.as_ref() == known {
            return Ok(());
        }
        let what = self.path.display().to_string();
        self.key = match (header.key, &self.keys) {
            (None, _) => None,
            (Some(wrapped), Some(keys)) => {
                let key = keys.data_key(&what, &wrapped)?;
                Some((wrapped, key))
            }
            (Some(wrapped), None) => {
                return Err(MockCloudError::Key(KeyError::Unusable {
                    reason: "no key was given".into(),
                    wanted: Some((what, wrapped.fingerprint)),
                }));
            }
        };
        Ok(())
    }

    fn begin(&mut self) -> Result<(), MockCloudError> {
        self.make_key()?;
        let line = self.header();
        self.io((&self.file).write_all(&line))?;
        self.offset = line.len() as u64;
        Ok(())
    }

    /// Keeps records until the next write: for what may be lost.
    pub(crate) fn keep(&mut self, records: &[Record]) {
        // Only calls are kept, which are never encrypted.
        records.iter().for_each(|r| line(&mut self.pending, r));
    }

    /// How many bytes are kept.
    pub(crate) fn kept(&self) -> usize {
        self.pending.len()
    }

    /// Appends records, after those that were kept, in one write. Under the lock, after catching up.
    pub(crate) fn append(&mut self, records: &[Record]) -> Result<(), MockCloudError> {
        let mut text = std::mem::take(&mut self.pending);
        for record in records {
            self.line(&mut text, record)?;
        }
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
        let mut text = self.header();
        for record in records {
            self.line(&mut text, record)?;
        }
        self.replace(&text)
    }

    fn replace(&mut self, text: &[u8]) -> Result<(), MockCloudError> {
        let new = sibling(&self.path, "new");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        self.io(private(&mut options)
            .open(&new)
            .and_then(|mut file| file.write_all(text)))?;
        // The generation first: a process that is killed in between makes the others read the old file once more.
        self.io(self.write_generation(self.generation + 1))?;
        self.io(std::fs::rename(&new, &self.path))?;
        self.file = self.io(OpenOptions::new().read(true).append(true).open(&self.path))?;
        self.generation += 1;
        self.offset = text.len() as u64;
        Ok(())
    }

    fn header(&self) -> Vec<u8> {
        let header = Header {
            mock_cloud: FORMAT,
            key: self.key.as_ref().map(|(wrapped, _)| wrapped.clone()),
        };
        let mut text = serde_json::to_vec(&header).unwrap_or_default();
        text.push(b'\n');
        text
    }

    /// Adds a line; an object's is encrypted where there is a key.
    fn line(&self, out: &mut Vec<u8>, record: &Record) -> Result<(), MockCloudError> {
        let (Record::Put(object), Some((_, key))) = (record, &self.key) else {
            line(out, record);
            return Ok(());
        };
        let plain = serde_json::to_vec(object).unwrap_or_default();
        let sealed = key.seal(&object_place(&object.kind, &object.id), &plain)?;
        let sealed = SealedObject {
            kind: object.kind.clone(),
            id: object.id.clone(),
            object: STANDARD.encode(sealed),
        };
        line(out, &SealedLine { sealed });
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

fn object_place(kind: &str, id: &str) -> Vec<u8> {
    place(&["mock cloud", kind, id])
}

fn line(out: &mut Vec<u8>, record: &impl serde::Serialize) {
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
