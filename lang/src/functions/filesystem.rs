//! Functions that read files. They read when they are evaluated, so files must be there before the run begins.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use globset::GlobBuilder;
use walkdir::WalkDir;

use super::Functions;
use super::arguments::{string, text};
use super::crypto::Digest;
use super::path::{absolute, clean};
use super::signature::{Fault, Function, Parameter, Returns, Shape};
use crate::limits::MAX_TEXT;
use crate::value::{Type, Value};

const STRING: Returns = Returns::Is(Shape::String);
const PATH: &[Parameter] = &[Parameter::string("path")];
/// The largest file of which a digest is made; what becomes a value is limited as all text is.
const MAX_SIZE: usize = 1 << 30;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("file", "The text of a file.", PATH, STRING, |f, a| {
        string(read_text(f, a)?)
    }),
    Function::new(
        "filebase64",
        "The bytes of a file, in base 64.",
        PATH,
        STRING,
        |f, a| string(STANDARD.encode(read(f, a, MAX_TEXT)?)),
    ),
    Function::new(
        "filebase64sha256",
        "The SHA-256 digest of a file, in base 64.",
        PATH,
        STRING,
        |f, a| string(STANDARD.encode(Digest::Sha256.of(&read(f, a, MAX_SIZE)?))),
    )
    .blames_call(),
    Function::new(
        "filebase64sha512",
        "The SHA-512 digest of a file, in base 64.",
        PATH,
        STRING,
        |f, a| string(STANDARD.encode(Digest::Sha512.of(&read(f, a, MAX_SIZE)?))),
    )
    .blames_call(),
    Function::new(
        "fileexists",
        "Whether there is a file at a path.",
        PATH,
        Returns::Is(Shape::Bool),
        fileexists,
    )
    .blames_call(),
    Function::new(
        "filemd5",
        "The MD5 digest of a file, in hexadecimal digits.",
        PATH,
        STRING,
        |f, a| string(Digest::Md5.hex(&read(f, a, MAX_SIZE)?)),
    )
    .blames_call(),
    Function::new(
        "fileset",
        "The paths of the files below a directory that a pattern matches.",
        &[Parameter::string("path"), Parameter::string("pattern")],
        Returns::Is(Shape::Set(&Shape::String)),
        fileset,
    )
    .blames_call(),
    Function::new(
        "filesha1",
        "The SHA-1 digest of a file, in hexadecimal digits.",
        PATH,
        STRING,
        |f, a| string(Digest::Sha1.hex(&read(f, a, MAX_SIZE)?)),
    )
    .blames_call(),
    Function::new(
        "filesha256",
        "The SHA-256 digest of a file, in hexadecimal digits.",
        PATH,
        STRING,
        |f, a| string(Digest::Sha256.hex(&read(f, a, MAX_SIZE)?)),
    )
    .blames_call(),
    Function::new(
        "filesha512",
        "The SHA-512 digest of a file, in hexadecimal digits.",
        PATH,
        STRING,
        |f, a| string(Digest::Sha512.hex(&read(f, a, MAX_SIZE)?)),
    )
    .blames_call(),
];

/// The bytes of the file that the first argument names.
fn read(functions: &Functions, args: &[Value], limit: usize) -> Result<Vec<u8>, Fault> {
    let path = allowed(functions, text(args, 0))?;
    let named = || path.to_string_lossy().into_owned();
    let failed = |e: std::io::Error| {
        if e.kind() == std::io::ErrorKind::NotFound {
            return Fault::argument(0, "file-not-found", "there is no such file").about(named()).hint(
                "Files are read while planning: one that a resource of this stack writes cannot be read here. \
                 Paths begin at the working directory; use \"${path.module}/…\" for files of the module.",
            );
        }
        unreadable(format!("the file cannot be read ({})", e.kind())).about(named())
    };
    let kind = std::fs::metadata(&path).map_err(failed)?;
    if kind.is_dir() {
        return Err(unreadable("a file is required, and this is a directory")
            .about(named())
            .hint("List the files of a directory with fileset()."));
    }
    // A pipe may never have anything to read, a device no end.
    if !kind.is_file() {
        return Err(unreadable("this is neither a file nor a directory").about(named()));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(&path)
        .and_then(|f| f.take(limit as u64 + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    if bytes.len() > limit {
        let what = format!("the file is larger than {} MiB", limit >> 20);
        return Err(unreadable(what).about(named()));
    }
    Ok(bytes)
}

fn unreadable(message: impl Into<String>) -> Fault {
    Fault::argument(0, "file-unreadable", message)
}

/// Where a path leads, if it may be read: files of a package must be in the package, whatever `..` and links there are
/// on the way. What does not exist is refused as well, or the answer would say what is elsewhere on the machine.
fn allowed(functions: &Functions, path: &str) -> Result<PathBuf, Fault> {
    let path = PathBuf::from(clean(&absolute(functions, path).to_string_lossy()));
    let Some(root) = &functions.options().files_within else {
        return Ok(path);
    };
    let root = std::fs::canonicalize(root)
        .map_err(|e| unreadable(format!("the package cannot be read ({})", e.kind())))?;
    let real = real_path(&path, MAX_LINKS);
    if real.starts_with(&root) {
        Ok(real)
    } else {
        Err(outside(&path))
    }
}

/// Links that lead nowhere are followed this often.
const MAX_LINKS: u32 = 40;

/// A path without links, as far as it exists.
fn real_path(path: &Path, links: u32) -> PathBuf {
    for existing in path.ancestors() {
        if let Ok(real) = std::fs::canonicalize(existing) {
            // Nothing to join would leave a slash behind a file's name.
            return match path.strip_prefix(existing) {
                Ok(rest) if !rest.as_os_str().is_empty() => real.join(rest),
                _ => real,
            };
        }
        if let (Ok(target), Some(parent), 1..) = (existing.read_link(), existing.parent(), links) {
            let rest = path.strip_prefix(existing).unwrap_or(Path::new(""));
            let target = parent.join(target).join(rest);
            return real_path(Path::new(&clean(&target.to_string_lossy())), links - 1);
        }
    }
    path.to_path_buf()
}

fn outside(path: &Path) -> Fault {
    Fault::argument(
        0,
        "file-outside-package",
        "the path leads out of the package, whose stack reads only the package's own files",
    )
    .about(path.to_string_lossy())
    .hint("Move the file into the package, or pass its contents in a variable.")
}

/// The text of the file that the first argument names.
pub(super) fn read_text(functions: &Functions, args: &[Value]) -> Result<String, Fault> {
    String::from_utf8(read(functions, args, MAX_TEXT)?).map_err(|_| {
        Fault::argument(0, "file-not-text", "the file is not text in UTF-8")
            .of_call()
            .about(text(args, 0))
            .hint("Read other files with filebase64().")
    })
}

fn fileexists(functions: &Functions, args: &[Value]) -> Result<Value, Fault> {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    let path = allowed(functions, text(args, 0))?;
    let fault = match std::fs::metadata(&path) {
        Ok(m) if m.is_file() => return Ok(Value::bool(true)),
        Err(e) if matches!(e.kind(), NotFound | NotADirectory) => return Ok(Value::bool(false)),
        Ok(m) if m.is_dir() => unreadable("a file is asked for, and this is a directory")
            .hint("Ask for the files in a directory with fileset()."),
        Ok(_) => unreadable("this is neither a file nor a directory"),
        Err(e) => unreadable(format!("the path cannot be read ({})", e.kind())),
    };
    Err(fault.about(path.to_string_lossy()))
}

/// Walks below the part of the pattern that has no wildcards, and no deeper than the rest of it can match.
fn fileset(functions: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let base = clean(&absolute(functions, text(args, 0)).to_string_lossy());
    allowed(functions, &base)?;
    let pattern = clean(&format!("{base}/{}", text(args, 1)));
    let wild = |part: &str| part.contains(['*', '?', '[', '{', '\\']);
    let parts: Vec<&str> = pattern.split('/').collect();
    let fixed = parts.iter().take_while(|p| !wild(p)).count();
    let glob = GlobBuilder::new(&parts[fixed..].join("/"))
        .literal_separator(true)
        .backslash_escape(true)
        .build()
        .map_err(|e| Fault::invalid(1, format!("not a pattern of paths: {}", e.kind())))?
        .compile_matcher();
    let root = match parts[..fixed].join("/") {
        r if r.is_empty() => "/".to_owned(),
        r => r,
    };
    let depth = if parts[fixed..]
        .iter()
        .any(|p| p.contains("**") || p.contains('{'))
    {
        usize::MAX
    } else {
        parts.len() - fixed
    };
    allowed(functions, &root).map_err(|f| f.at(1))?;
    let mut found = Vec::new();
    for entry in WalkDir::new(&root)
        .follow_links(true)
        .max_depth(depth)
        .into_iter()
        .flatten()
    {
        let path = entry.path();
        let rest = path.strip_prefix(&root).unwrap_or(path);
        let matches = if fixed == parts.len() {
            rest.as_os_str().is_empty()
        } else {
            glob.is_match(rest)
        };
        let searched = entry.file_type().is_dir() && entry.depth() < depth;
        if entry.path_is_symlink() && (matches || searched) {
            allowed(functions, &path.to_string_lossy())?;
        }
        if matches && entry.file_type().is_file() {
            found.push(Value::string(relative(path, &base)));
        }
    }
    Ok(Value::set(Type::String, found))
}

/// A path as seen from a directory.
fn relative(path: &Path, base: &str) -> String {
    let path = path.to_string_lossy();
    let to: Vec<&str> = path.split('/').filter(|p| !p.is_empty()).collect();
    let from: Vec<&str> = base.split('/').filter(|p| !p.is_empty()).collect();
    let shared = to.iter().zip(&from).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", from.len() - shared);
    up.chain(to[shared..].iter().copied())
        .collect::<Vec<_>>()
        .join("/")
}
