//! Archives that somebody made to do harm, or that came to harm: each case of `testdata/archives/hostile.json` is refused
//! with its code, and no file is written. A case is a sound archive, and what is wrong with it; adding one needs no Rust.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say what they expect"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use cloudapp_package::archive::{Archive, FaultKind, read_file};
use flate2::{Compression, GzBuilder};
use serde::Deserialize;
use sha2::{Digest, Sha256};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// The code that it is refused with; none where it is sound after all.
    code: Option<String>,
    /// Part of what is said.
    #[serde(default)]
    says: String,
    /// What is in it beside a sound package.
    #[serde(default)]
    entries: Vec<Entry>,
    /// Sound files that are not there.
    #[serde(default)]
    without: Vec<String>,
    /// In a chart of the package, beside its Chart.yaml.
    chart: Option<Vec<Entry>>,
    /// Texts of `MANIFEST.json` that are replaced.
    #[serde(default)]
    list: Vec<(String, String)>,
    /// It is not there.
    #[serde(default)]
    no_list: bool,
    #[serde(default)]
    tar: Bytes,
    #[serde(default)]
    gzip: Bytes,
    /// A bit of the tar is another: its position, counted from the beginning.
    #[serde(default)]
    flip: Option<usize>,
    /// Not compressed at all.
    #[serde(default)]
    plain: bool,
}

/// What is done to the bytes of the tar or of the gzip.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Bytes {
    /// So many are cut off.
    cut: usize,
    /// Only so many are kept.
    keep: Option<usize>,
    /// Position (from the end, where negative) and value.
    set: Vec<(i64, u8)>,
    append: String,
    append_zeros: usize,
    /// The whole once more.
    twice: bool,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Entry {
    path: String,
    /// In place of the path, in hexadecimal digits.
    raw_path: String,
    /// The header's second part of the name, which comes first.
    prefix: String,
    text: String,
    /// So many zero bytes instead of a text.
    zeros: usize,
    /// So many bytes that compress well, but not too well.
    sparse: usize,
    /// One character; a regular file where it is left out.
    kind: String,
    /// Octal.
    mode: String,
    link: String,
    owner: u64,
    /// What the header says, octal or anything else.
    size: String,
    /// `gnu`, `v7`, or the usual one.
    magic: String,
    /// The header's checksum is wrong.
    bad_checksum: bool,
    /// What follows the content in its last block.
    padding: String,
    /// It stands at the end, wherever its name belongs.
    last: bool,
    /// `MANIFEST.json` does not list it.
    unlisted: bool,
    /// It is there so often, each with its number after its name.
    times: usize,
}

impl Entry {
    fn file(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            ..Self::default()
        }
    }

    fn bytes(&self) -> Vec<u8> {
        if self.zeros > 0 {
            vec![0; self.zeros]
        } else if self.sparse > 0 {
            (0..self.sparse)
                .map(|i| match i % 512 {
                    0..4 => (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes()[6],
                    _ => 0,
                })
                .collect()
        } else {
            self.text.clone().into_bytes()
        }
    }

    fn name(&self) -> Vec<u8> {
        if self.raw_path.is_empty() {
            return self.path.clone().into_bytes();
        }
        (0..self.raw_path.len() / 2)
            .map(|i| u8::from_str_radix(&self.raw_path[2 * i..2 * i + 2], 16).unwrap())
            .collect()
    }

    fn regular(&self) -> bool {
        matches!(self.kind.as_str(), "" | "0") && !self.unlisted
    }

    fn header(&self) -> [u8; 512] {
        let mut h = [0; 512];
        let mut put = |at: usize, bytes: &[u8]| h[at..at + bytes.len()].copy_from_slice(bytes);
        let or = |text: &String, other: &str| {
            if text.is_empty() {
                other.to_owned()
            } else {
                text.clone()
            }
        };
        let name = self.name();
        put(0, &name[..name.len().min(100)]);
        put(100, format!("{:0>7}\0", or(&self.mode, "644")).as_bytes());
        put(108, format!("{:07o}\0", self.owner).as_bytes());
        put(116, b"0000000\0");
        let size = or(&self.size, &format!("{:011o}", self.bytes().len()));
        put(124, size.as_bytes());
        put(136, b"02263523000\0");
        put(156, or(&self.kind, "0").as_bytes());
        put(157, self.link.as_bytes());
        match self.magic.as_str() {
            "gnu" => put(257, b"ustar  \0"),
            "v7" => {}
            _ => put(257, b"ustar\x0000"),
        }
        put(345, self.prefix.as_bytes());
        put(148, b"        ");
        let sum: u64 = h.iter().map(|b| u64::from(*b)).sum();
        let sum = sum + u64::from(self.bad_checksum);
        h[148..156].copy_from_slice(format!("{sum:07o}\0").as_bytes());
        h
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.header());
        let bytes = self.bytes();
        out.extend(&bytes);
        let rest = (512 - bytes.len() % 512) % 512;
        let mut padding = self.padding.clone().into_bytes();
        padding.resize(rest, 0);
        out.extend(padding);
    }
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut s, b| {
            let _ = write!(s, "{b:02x}");
            s
        })
}

impl Bytes {
    fn apply(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        bytes.truncate(bytes.len() - self.cut);
        bytes.truncate(self.keep.unwrap_or(usize::MAX));
        for (at, value) in &self.set {
            let at = if *at < 0 {
                bytes.len() as i64 + at
            } else {
                *at
            };
            bytes[usize::try_from(at).unwrap()] = *value;
        }
        if self.twice {
            bytes.extend(bytes.clone());
        }
        bytes.extend(self.append.as_bytes());
        bytes.extend(std::iter::repeat_n(0, self.append_zeros));
        bytes
    }
}

fn gzip(tar: &[u8]) -> Vec<u8> {
    // A bomb need not be compressed as well as can be, if its header says so.
    let level = if tar.len() < 1 << 20 {
        Compression::best()
    } else {
        Compression::fast()
    };
    let mut gz = GzBuilder::new()
        .operating_system(255)
        .write(Vec::new(), level);
    gz.write_all(tar).unwrap();
    let mut bytes = gz.finish().unwrap();
    bytes[8] = 2;
    bytes
}

/// In the order of an archive, with what stands at the end.
fn ordered(entries: &[Entry]) -> Vec<Entry> {
    let mut out: Vec<Entry> = entries
        .iter()
        .flat_map(|e| {
            (0..e.times.max(1)).map(|i| Entry {
                path: if e.times > 1 {
                    format!("{}{i:05}", e.path)
                } else {
                    e.path.clone()
                },
                ..e.clone()
            })
        })
        .collect();
    out.sort_by_key(|e| (e.last, e.name()));
    out
}

impl Case {
    fn archive(&self) -> Vec<u8> {
        let mut entries = vec![
            Entry::file("package.yaml", "id: pkg-host1le0\n"),
            Entry::file("infrastructure/main.tf", "output \"a\" {\n  value = 1\n}\n"),
        ];
        entries.retain(|e| !self.without.contains(&e.path));
        entries.extend(self.entries.iter().cloned());
        let mut charts = String::from("[]");
        let mut chart = Vec::new();
        if let Some(more) = &self.chart {
            let mut inside = vec![Entry::file(
                "shop/Chart.yaml",
                "name: shop\nversion: 1.0.0\n",
            )];
            inside.extend(more.iter().cloned());
            let mut tar = Vec::new();
            ordered(&inside).iter().for_each(|e| e.write(&mut tar));
            tar.extend([0; 1024]);
            chart = gzip(&tar);
            entries.push(Entry::file("software/chart/shop-1.0.0.tgz", ""));
            charts = concat!(
                "[\n    {\n      \"directory\": \"software/chart\",\n      \"name\": \"shop\",\n",
                "      \"version\": \"1.0.0\",\n      \"path\": \"software/chart/shop-1.0.0.tgz\",\n",
                "      \"address\": \"software/chart/shop-1.0.0.tgz\"\n    }\n  ]"
            )
            .to_owned();
        }
        let entries = ordered(&entries);
        let mut files = Vec::new();
        let mut body = Vec::new();
        for entry in &entries {
            let bytes = if entry.path.ends_with("shop-1.0.0.tgz") {
                chart.clone()
            } else {
                entry.bytes()
            };
            if entry.regular() {
                let path = serde_json::to_string(&entry.path).unwrap();
                files.push(format!(
                    "    {{\n      \"path\": {path},\n      \"size\": {},\n      \"sha256\": \"{}\"\n    }}",
                    bytes.len(),
                    hex(&bytes)
                ));
            }
            if entry.path.ends_with("shop-1.0.0.tgz") {
                let mut whole = entry.clone();
                whole.size = format!("{:011o}", bytes.len());
                body.extend(whole.header());
                body.extend(&bytes);
                body.resize(body.len().next_multiple_of(512), 0);
            } else {
                entry.write(&mut body);
            }
        }
        let mut list = format!(
            "{{\n  \"format\": 1,\n  \"id\": \"pkg-host1le0\",\n  \"files\": [\n{}\n  ],\n  \"charts\": {charts}\n}}\n",
            files.join(",\n")
        );
        for (from, to) in &self.list {
            assert!(list.contains(from), "{}: no {from} in {list}", self.name);
            list = list.replace(from, to);
        }
        let mut tar = Vec::new();
        if !self.no_list {
            Entry::file("MANIFEST.json", &list).write(&mut tar);
        }
        tar.extend(body);
        tar.extend([0; 1024]);
        let mut tar = self.tar.apply(tar);
        if let Some(bit) = self.flip {
            tar[bit / 8] ^= 1 << (bit % 8);
        }
        self.gzip.apply(if self.plain { tar } else { gzip(&tar) })
    }
}

fn files_below(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        found.push(path.display().to_string());
        if path.is_dir() {
            found.extend(files_below(&path));
        }
    }
    found.sort();
    found
}

#[test]
fn hostile_archives_are_refused_and_nothing_is_written() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/archives/hostile.json");
    let cases: Vec<Case> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(cases.iter().filter(|c| c.code.is_some()).count() >= 30);
    let mut codes = BTreeSet::new();
    let mut wrong = String::new();
    for case in &cases {
        let name = &case.name;
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.cloudapp.tar.gz");
        std::fs::write(&file, case.archive()).unwrap();
        let before = files_below(dir.path());
        let result = read_file(&file)
            .and_then(|bytes| Archive::read(&bytes))
            .and_then(|a| a.unpack(&dir.path().join("out")));
        let got = result.as_ref().err().map(|f| f.kind.code());
        let said = result.as_ref().err().map_or("", |f| f.detail.as_str());
        if got != case.code.as_deref() || !said.contains(&case.says) {
            let _ = writeln!(
                wrong,
                "{name}: {:?} was expected, not {got:?}: {said}",
                case.code
            );
            continue;
        }
        assert!(!said.chars().any(char::is_control), "{name}: {said:?}");
        match got {
            Some(code) => {
                assert_eq!(files_below(dir.path()), before, "{name}");
                codes.insert(code);
            }
            None => assert!(files_below(dir.path()).len() > before.len(), "{name}"),
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    let reading = FaultKind::ALL.iter().map(|k| k.code());
    let elsewhere = [
        "archive-too-large",
        "archive-link",
        "archive-special-file",
        "archive-empty-stack",
        "archive-unreadable",
        "archive-target-exists",
        "archive-unwritable",
    ];
    let untried: Vec<_> = reading
        .filter(|c| !codes.contains(c) && !elsewhere.contains(c))
        .collect();
    assert_eq!(untried, Vec::<&str>::new(), "codes without a case");
}

/// Whatever is done to an archive, reading ends, and with the sound files or none.
#[test]
fn damaged_archives_are_refused() {
    let sound: Case = serde_json::from_str(r#"{"name": "", "code": null, "chart": []}"#).unwrap();
    let sound = sound.archive();
    let files = |archive: &Archive| -> Vec<(String, Vec<u8>)> {
        let files = archive.files();
        files.map(|(p, b)| (p.to_owned(), b.to_vec())).collect()
    };
    let expected = files(&Archive::read(&sound).unwrap());
    for n in 0..sound.len() {
        assert!(Archive::read(&sound[..n]).is_err(), "cut at {n}");
        for bit in [0, 3, 7] {
            let mut bytes = sound.clone();
            bytes[n] ^= 1 << bit;
            // Some bits at the end of the compressed data mean nothing.
            if let Ok(archive) = Archive::read(&bytes) {
                assert_eq!(files(&archive), expected, "bit {bit} of byte {n}");
            }
        }
    }
}

/// The same below the compression, whose checksum then is right: there every bit means something.
#[test]
fn damaged_contents_are_refused() {
    let mut case: Case =
        serde_json::from_str(r#"{"name": "", "code": null, "chart": []}"#).unwrap();
    case.flip = None;
    let mut tar = Vec::new();
    let sound = case.archive();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&sound[..]), &mut tar).unwrap();
    for bit in (0..tar.len() * 8).step_by(13) {
        case.flip = Some(bit);
        let result = Archive::read(&case.archive());
        assert!(result.is_err(), "bit {} of byte {}", bit % 8, bit / 8);
    }
}
