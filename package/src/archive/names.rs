//! Which names a file in a package may have, so that it means the same on every file system.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use unicode_normalization::{UnicodeNormalization, is_nfc};

use super::fault::{Fault, FaultKind};
use super::limits;

/// What Windows takes for a device, whatever follows the first dot.
/// (<https://learn.microsoft.com/windows/win32/fileio/naming-a-file>)
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Checks a path of an archive: relative, with `/` between its names.
pub(super) fn check(path: &str) -> Result<(), Fault> {
    let fault = |kind, why: &str| Err(Fault::new(kind, format!("{}: {why}.", printable(path))));
    if let Some(c) = path.chars().find(|c| is_forbidden(*c)) {
        let what = format!("the character U+{:04X} is in its name", u32::from(c));
        return fault(FaultKind::NameCharacter, &what);
    }
    let bytes = path.as_bytes();
    if path.starts_with('/') || (bytes.len() > 1 && bytes[1] == b':') {
        return fault(FaultKind::PathOutside, "the path is absolute");
    }
    if path.split('/').any(|n| n == "..") {
        return fault(FaultKind::PathOutside, "\"..\" leads out of the folder");
    }
    if !is_nfc(path) {
        return fault(
            FaultKind::Name,
            "its name is not in Unicode's composed form (NFC)",
        );
    }
    if path.len() > limits::PATH {
        return fault(FaultKind::PathTooLong, "the path is too long");
    }
    if path.split('/').count() > limits::DEPTH {
        return fault(FaultKind::PathTooLong, "it lies too deep");
    }
    path.split('/').try_for_each(|name| check_name(path, name))
}

fn check_name(path: &str, name: &str) -> Result<(), Fault> {
    let fault = |kind, why: &str| Err(Fault::new(kind, format!("{}: {why}.", printable(path))));
    if name.is_empty() || name == "." {
        return fault(FaultKind::Name, "a name in the path is empty or \".\"");
    }
    if name.starts_with('.') {
        return fault(
            FaultKind::HiddenFile,
            "what begins with a dot is no part of a package",
        );
    }
    if name.len() > limits::NAME {
        return fault(FaultKind::PathTooLong, "a name in the path is too long");
    }
    if let Some(c) = name.chars().find(|c| r#"<>:"|?*"#.contains(*c)) {
        let what = format!("Windows allows no \"{c}\" in a name");
        return fault(FaultKind::NameCharacter, &what);
    }
    if name.ends_with(['.', ' ']) {
        return fault(
            FaultKind::ReservedName,
            "Windows drops a dot or a space at the end of a name",
        );
    }
    if is_device(name) {
        return fault(FaultKind::ReservedName, "the name is a device on Windows");
    }
    Ok(())
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end();
    let stem = stem.to_ascii_lowercase();
    if DEVICES.contains(&stem.as_str()) {
        return true;
    }
    ["com", "lpt"].iter().any(|port| {
        stem.strip_prefix(port).is_some_and(|rest| {
            let mut rest = rest.chars();
            let number = rest
                .next()
                .is_some_and(|c| c.is_ascii_digit() || "¹²³".contains(c));
            number && rest.next().is_none()
        })
    })
}

/// Control characters, backslashes, and characters that are not seen or turn the text around.
fn is_forbidden(c: char) -> bool {
    c.is_control()
        || c == '\\'
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffd}')
}

/// A path as it may be shown on a terminal.
pub(super) fn printable(path: &str) -> String {
    path.chars()
        .take(limits::PATH)
        .flat_map(|c| {
            let hidden = is_forbidden(c) && c != '\\';
            let escaped: Vec<char> = if hidden {
                c.escape_unicode().collect()
            } else {
                vec![c]
            };
            escaped
        })
        .collect()
}

/// The names of an archive: no two may be one on any file system.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// By the name without case and in compatible composition: how it is spelled, and whether it is a file.
    seen: HashMap<String, (String, bool)>,
}

impl Names {
    /// Takes in the path of a file.
    pub(super) fn add(&mut self, path: &str) -> Result<(), Fault> {
        for (end, _) in path.match_indices('/') {
            self.put(&path[..end], false, path)?;
        }
        self.put(path, true, path)
    }

    fn put(&mut self, name: &str, file: bool, path: &str) -> Result<(), Fault> {
        let (spelled, was_file) = match self.seen.entry(folded(name)) {
            Entry::Vacant(v) => {
                v.insert((name.to_owned(), file));
                return Ok(());
            }
            Entry::Occupied(o) => o.into_mut(),
        };
        let path = printable(path);
        let spelled: &str = spelled;
        if spelled != name {
            let detail = format!(
                "{path}: some file systems take \"{}\" for the same name.",
                printable(spelled)
            );
            Err(Fault::new(FaultKind::AmbiguousName, detail))
        } else if file && *was_file {
            let detail = format!("{path}: the archive has it twice.");
            Err(Fault::new(FaultKind::DuplicateName, detail))
        } else if file || *was_file {
            let detail = format!("{path}: \"{}\" is a file and a folder.", printable(name));
            Err(Fault::new(FaultKind::NameConflict, detail))
        } else {
            Ok(())
        }
    }
}

/// The same for all names that some file system takes for one.
fn folded(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    // Upper case first: it also brings together what has several lower-case forms, such as final sigma.
    name.nfkc()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .nfkc()
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests say what they expect")]
mod tests {
    use super::*;

    #[test]
    fn names_that_every_system_can_have() {
        for path in [
            "package.yaml",
            "infrastructure/网络.tf",
            "a/b-c_d/e.1.tf.json",
            "software/frontend/console/main.8f3a.js",
            "console/comma.txt",
            "software/com10.txt",
        ] {
            assert_eq!(check(path), Ok(()), "{path}");
        }
    }

    #[test]
    fn names_that_some_system_takes_for_something_else() {
        use FaultKind as K;
        for (path, kind) in [
            ("", K::Name),
            ("a//b", K::Name),
            ("a/", K::Name),
            ("./a", K::Name),
            ("../a", K::PathOutside),
            ("a/../../b", K::PathOutside),
            ("/etc/passwd", K::PathOutside),
            ("C:/a", K::PathOutside),
            ("c:a", K::PathOutside),
            ("a\\..\\b", K::NameCharacter),
            ("a\nb", K::NameCharacter),
            ("a\u{202e}ft.exe", K::NameCharacter),
            ("a\u{85}", K::NameCharacter),
            ("a/b:stream", K::NameCharacter),
            (".cloudapp/package.yaml", K::HiddenFile),
            ("a/.git/config", K::HiddenFile),
            ("nul", K::ReservedName),
            ("a/CON.txt", K::ReservedName),
            ("a/com¹.log", K::ReservedName),
            ("a/lpt9", K::ReservedName),
            ("a./b", K::ReservedName),
            ("a/b ", K::ReservedName),
            ("e\u{301}", K::Name),
            (&"a/".repeat(20), K::PathTooLong),
            (&"a".repeat(81), K::PathTooLong),
            (&"a23456789/".repeat(17), K::PathTooLong),
        ] {
            assert_eq!(check(path).unwrap_err().kind, kind, "{path:?}");
        }
    }

    #[test]
    fn names_that_are_one_somewhere() {
        use FaultKind as K;
        for (paths, kind) in [
            (["a/b", "a/b"], K::DuplicateName),
            (["a/b", "a/B"], K::AmbiguousName),
            (["A/b", "a/c"], K::AmbiguousName),
            (["straße", "STRASSE"], K::AmbiguousName),
            (["\u{e9}", "\u{c9}"], K::AmbiguousName),
            (["ﬁle", "file"], K::AmbiguousName),
            (["a", "a/b"], K::NameConflict),
            (["a/b", "a"], K::NameConflict),
        ] {
            let mut names = Names::default();
            names.add(paths[0]).unwrap();
            assert_eq!(names.add(paths[1]).unwrap_err().kind, kind, "{paths:?}");
        }
    }
}
