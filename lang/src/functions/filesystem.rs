//! Functions that read files. They read when they are evaluated, so files must be there before the run begins.

use std::io::Read as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use globset::GlobBuilder;
use walkdir::WalkDir;

use super::Functions;
use super::arguments::{string, text};
use super::crypto::Digest;
use super::path::{absolute, clean};
use super::signature::{Fault, Function, Parameter, Returns, Shape};
use crate::value::{Type, Value};

const STRING: Returns = Returns::Is(Shape::String);
const PATH: &[Parameter] = &[Parameter::string("path")];
/// The largest file that is read into a value.
const MAX_SIZE: u64 = 128 << 20;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("file", "The text of a file.", PATH, STRING, |f, a| {
        string(read_text(f, a)?)
    }),
    Function::new(
        "filebase64",
        "The bytes of a file, in base 64.",
        PATH,
        STRING,
        |f, a| string(STANDARD.encode(read(f, a)?)),
    ),
    Function::new(
        "filebase64sha256",
        "The SHA-256 digest of a file, in base 64.",
        PATH,
        STRING,
        |f, a| string(STANDARD.encode(Digest::Sha256.of(&read(f, a)?))),
    )
    .blames_call(),
    Function::new(
        "filebase64sha512",
        "The SHA-512 digest of a file, in base 64.",
        PATH,
        STRING,
        |f, a| string(STANDARD.encode(Digest::Sha512.of(&read(f, a)?))),
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
        |f, a| string(Digest::Md5.hex(&read(f, a)?)),
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
        |f, a| string(Digest::Sha1.hex(&read(f, a)?)),
    )
    .blames_call(),
    Function::new(
        "filesha256",
        "The SHA-256 digest of a file, in hexadecimal digits.",
        PATH,
        STRING,
        |f, a| string(Digest::Sha256.hex(&read(f, a)?)),
    )
    .blames_call(),
    Function::new(
        "filesha512",
        "The SHA-512 digest of a file, in hexadecimal digits.",
        PATH,
        STRING,
        |f, a| string(Digest::Sha512.hex(&read(f, a)?)),
    )
    .blames_call(),
];

/// The bytes of the file that the first argument names.
fn read(functions: &Functions, args: &[Value]) -> Result<Vec<u8>, Fault> {
    let path = absolute(functions, text(args, 0));
    let named = || clean(&path.to_string_lossy());
    let failed = |e: std::io::Error| {
        if e.kind() == std::io::ErrorKind::NotFound {
            return Fault::argument(0, "file-not-found", "there is no such file").about(named()).hint(
                "Files are read while planning: one that a resource of this stack writes cannot be read here. \
                 Paths begin at the working directory; use \"${path.module}/…\" for files of the module.",
            );
        }
        Fault::argument(
            0,
            "file-unreadable",
            format!("the file cannot be read ({})", e.kind()),
        )
        .about(named())
    };
    let metadata = std::fs::metadata(&path).map_err(failed)?;
    if metadata.is_dir() {
        return Err(Fault::argument(
            0,
            "file-unreadable",
            "a file is required, and this is a directory",
        )
        .about(named())
        .hint("List the files of a directory with fileset()."));
    }
    // Devices and pipes have no end, or never begin.
    if !metadata.is_file() {
        let problem = "this is neither a file nor a directory";
        return Err(Fault::argument(0, "file-unreadable", problem).about(named()));
    }
    // What the system makes up as it is read says that it is empty.
    let mut bytes = Vec::new();
    let file = std::fs::File::open(&path).map_err(failed)?;
    file.take(MAX_SIZE + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > MAX_SIZE {
        let problem = "the file is larger than 128 MiB";
        return Err(Fault::argument(0, "file-unreadable", problem).about(named()));
    }
    Ok(bytes)
}

/// The text of the file that the first argument names.
pub(super) fn read_text(functions: &Functions, args: &[Value]) -> Result<String, Fault> {
    String::from_utf8(read(functions, args)?).map_err(|_| {
        Fault::argument(0, "file-not-text", "the file is not text in UTF-8")
            .of_call()
            .about(text(args, 0))
            .hint("Read other files with filebase64().")
    })
}

fn fileexists(functions: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let path = absolute(functions, text(args, 0));
    match std::fs::metadata(&path) {
        Ok(m) if m.is_file() => Ok(Value::bool(true)),
        Ok(m) if m.is_dir() => Err(Fault::argument(
            0,
            "file-unreadable",
            "a file is asked for, and this is a directory",
        )
        .about(clean(&path.to_string_lossy()))
        .hint("Ask for the files in a directory with fileset().")),
        Ok(_) => Err(Fault::argument(
            0,
            "file-unreadable",
            "this is neither a file nor a directory",
        )
        .about(clean(&path.to_string_lossy()))),
        Err(e)
            if matches!(
                e.kind(),
                std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(Value::bool(false))
        }
        Err(e) => Err(Fault::argument(
            0,
            "file-unreadable",
            format!("the path cannot be read ({})", e.kind()),
        )
        .about(clean(&path.to_string_lossy()))),
    }
}

/// Walks below the part of the pattern that has no wildcards, and no deeper than the rest of it can match.
fn fileset(functions: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let base = clean(&absolute(functions, text(args, 0)).to_string_lossy());
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
