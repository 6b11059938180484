//! Packing and unpacking on a real file system.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed test is a panic"
)]
#![allow(clippy::print_stderr, reason = "a skipped test says so")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use cloudapp_lang::SourceMap;
use cloudapp_package::Package;
use cloudapp_package::archive::{Archive, Fault, FaultKind, PackOptions, Packed, limits, pack};
use tempfile::TempDir;

const FILES: [(&str, &str); 6] = [
    ("package.yaml", "id: pkg-archive0\n"),
    ("infrastructure/main.tf", "output \"a\" {\n  value = 1\n}\n"),
    (
        "infrastructure/deep/er/more.tf",
        "output \"b\" {\n  value = 2\n}\n",
    ),
    ("software/chart/Chart.yaml", "name: shop\nversion: 1.2.3\n"),
    ("software/chart/templates/网络.yaml", "kind: ConfigMap\n"),
    ("README.md", "# Read me\n"),
];

fn write(root: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// A sound package, and whatever else.
fn package(more: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &FILES);
    write(dir.path(), more);
    dir
}

fn load(dir: &Path) -> Package {
    Package::load(dir, &mut SourceMap::new()).0.unwrap()
}

fn packed(dir: &Path) -> Result<Packed, Fault> {
    pack(&load(dir), &PackOptions::default())
}

fn refused(dir: &Path) -> FaultKind {
    packed(dir).unwrap_err().kind
}

/// All files below a folder, by path.
fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    walkdir::WalkDir::new(root)
        .into_iter()
        .map(|e| e.unwrap())
        .filter(|e| !e.file_type().is_dir())
        .map(|e| {
            let path = e.path().strip_prefix(root).unwrap();
            let bytes = fs::read(e.path()).unwrap();
            (path.to_str().unwrap().replace('\\', "/"), bytes)
        })
        .collect()
}

/// The digest is written out: it must be the same on every machine, and in every version that writes format 1.
#[test]
fn the_same_package_makes_the_same_bytes() {
    let first = packed(package(&[]).path()).unwrap();
    assert_eq!(
        first.archive.digest,
        "aa4de4b9e6b723e002ebcf6912f49264613cd6c7d0633d95bb7f543e43dff03d"
    );

    // In another order, at another time, with other rights, and with what is left out.
    let dir = tempfile::tempdir().unwrap();
    let mut reversed = FILES;
    reversed.reverse();
    write(dir.path(), &reversed);
    write(
        dir.path(),
        &[
            ("cloudapp.db", "x"),
            (".git/config", "x"),
            ("infrastructure/main.tf~", "x"),
            ("infrastructure/.terraform/a", "x"),
            ("terraform.tfvars", "x"),
            ("old.cloudapp.tar.gz", "x"),
        ],
    );
    let file = fs::File::options()
        .write(true)
        .open(dir.path().join("README.md"))
        .unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(1_000_000))
        .unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(dir.path().join("README.md"), mode).unwrap();
    }
    let second = packed(dir.path()).unwrap();
    assert!(first.bytes == second.bytes);
    let left_out: Vec<_> = second.left_out.iter().map(|l| l.path.as_str()).collect();
    assert_eq!(
        left_out,
        [
            ".git/",
            "cloudapp.db",
            "infrastructure/.terraform/",
            "infrastructure/main.tf~",
            "old.cloudapp.tar.gz",
            "terraform.tfvars"
        ]
    );
}

#[test]
fn an_archive_unpacks_to_what_was_packed() {
    let source = package(&[]);
    let packed = packed(source.path()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("out");
    Archive::read(&packed.bytes)
        .unwrap()
        .unpack(&target)
        .unwrap();
    assert_eq!(files(&target), files(source.path()));
    assert!(self::packed(&target).unwrap().bytes == packed.bytes);
    let entries: Vec<_> = fs::read_dir(dir.path()).unwrap().collect();
    assert_eq!(entries.len(), 1, "something temporary is left: {entries:?}");
}

#[test]
fn a_chart_is_a_file_of_its_own_as_helm_makes_it() {
    let packed = packed(package(&[]).path()).unwrap();
    let files = &packed.archive.inventory.files;
    let paths: Vec<&str> = files.iter().map(|f| f.path.as_str()).collect();
    assert!(
        paths.contains(&"software/chart/shop-1.2.3.tgz"),
        "{paths:?}"
    );
    assert!(!paths.iter().any(|p| p.ends_with("Chart.yaml")));
    let mut tar = Vec::new();
    let mut gz = flate2::read::GzDecoder::new(&packed.bytes[..]);
    std::io::Read::read_to_end(&mut gz, &mut tar).unwrap();
    let mut inside = Vec::new();
    for entry in tar::Archive::new(&tar[..]).entries().unwrap() {
        let entry = entry.unwrap();
        if entry.path().unwrap().ends_with("shop-1.2.3.tgz") {
            let mut chart = tar::Archive::new(flate2::read::GzDecoder::new(entry));
            let names = chart.entries().unwrap();
            inside = names
                .map(|e| e.unwrap().path().unwrap().display().to_string())
                .collect();
        }
    }
    assert_eq!(inside, ["shop/Chart.yaml", "shop/templates/网络.yaml"]);
}

#[test]
fn what_an_archive_cannot_hold_is_refused_when_packing() {
    use FaultKind as K;
    for (file, kind) in [
        ("MANIFEST.json", K::ReservedName),
        ("software/aux.txt", K::ReservedName),
        ("software/e\u{301}.txt", K::Name),
        ("software/a:b", K::NameCharacter),
        ("software/a\u{202e}b", K::NameCharacter),
        ("Software/b.txt", K::AmbiguousName),
    ] {
        let dir = package(&[(file, "x")]);
        // Some file systems change the name, or have no such file.
        if cfg!(target_os = "linux") {
            assert_eq!(refused(dir.path()), kind, "{file}");
        }
    }
    let long = format!("software/{}.txt", "a".repeat(limits::NAME));
    assert_eq!(refused(package(&[(&long, "x")]).path()), K::PathTooLong);
    let chart = package(&[("software/chart/Chart.yaml", "name: a\n")]);
    assert_eq!(refused(chart.path()), K::Chart);

    let large = package(&[]);
    let file = fs::File::create(large.path().join("software/a.bin")).unwrap();
    file.set_len(limits::FILE + 1).unwrap();
    assert_eq!(refused(large.path()), K::FileTooLarge);
    let file = fs::File::create(large.path().join("software/a.bin")).unwrap();
    file.set_len(limits::FILE - 1).unwrap();
    assert_eq!(refused(large.path()), K::Ratio, "what cannot be unpacked");

    let empty = tempfile::tempdir().unwrap();
    write(empty.path(), &[FILES[0], ("infrastructure/notes.txt", "x")]);
    assert_eq!(refused(empty.path()), K::EmptyStack);
}

#[cfg(unix)]
#[test]
fn links_and_devices_are_refused_when_packing() {
    let inside = package(&[]);
    std::os::unix::fs::symlink("main.tf", inside.path().join("infrastructure/link.tf")).unwrap();
    assert_eq!(refused(inside.path()), FaultKind::Link);
    let folder = package(&[]);
    std::os::unix::fs::symlink("/etc", folder.path().join("software/etc")).unwrap();
    assert_eq!(refused(folder.path()), FaultKind::Link);
    let socket = package(&[]);
    let _open = std::os::unix::net::UnixListener::bind(socket.path().join("software/s")).unwrap();
    assert_eq!(refused(socket.path()), FaultKind::SpecialFile);
}

#[test]
fn nothing_that_is_there_is_touched() {
    use FaultKind as K;
    let archive = packed(package(&[]).path()).unwrap().archive;
    let dir = tempfile::tempdir().unwrap();
    let refused = |path: &Path| archive.unpack(path).unwrap_err().kind;

    let full = dir.path().join("full");
    write(&full, &[("kept", "x")]);
    assert_eq!(refused(&full), K::TargetExists);
    assert_eq!(refused(&full.join("kept")), K::TargetExists);
    assert_eq!(refused(&full.join("kept/below")), K::Unwritable);
    assert_eq!(refused(&dir.path().join("no/such/parent")), K::Unwritable);
    #[cfg(unix)]
    {
        let elsewhere = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), dir.path().join("link")).unwrap();
        assert_eq!(refused(&dir.path().join("link")), K::TargetExists);
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
        fs::remove_file(dir.path().join("link")).unwrap();
    }
    assert_eq!(files(dir.path()).len(), 1);

    let empty = dir.path().join("empty");
    fs::create_dir(&empty).unwrap();
    archive.unpack(&empty).unwrap();
    assert_eq!(files(&empty).len(), FILES.len());
}

#[test]
fn real_packages_pack_and_unpack() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/packages");
    let Ok(entries) = fs::read_dir(&folder) else {
        eprintln!("skipped: the published packages are not at hand");
        return;
    };
    for entry in entries {
        let dir = entry.unwrap().path();
        let name = dir.display();
        let packed = packed(&dir).unwrap_or_else(|f| panic!("{name}: {} {f}", f.kind.code()));
        let target = tempfile::tempdir().unwrap();
        let out = target.path().join("out");
        packed.archive.unpack(&out).unwrap();
        let again = self::packed(&out).unwrap();
        assert!(again.bytes == packed.bytes, "{name}");
        assert!(again.left_out.is_empty(), "{name}: {:?}", again.left_out);
    }
}
