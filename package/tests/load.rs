//! Packages on disk: ours, real ones where they are at hand, and manifests with one thing wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed test is a panic"
)]
#![allow(clippy::print_stderr, reason = "a skipped test says so")]

use std::path::{Path, PathBuf};

use cloudapp_lang::{Diagnostics, SourceMap, Span, Str, Value};
use cloudapp_package::{Package, SYSTEM_VARIABLES, SystemVariables, is_package_dir};

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/packages")
}

/// One line a finding: severity, code, place, and the text there.
fn lines(found: &Diagnostics, sources: &SourceMap) -> Vec<String> {
    found
        .iter()
        .map(|d| {
            let place = d.subject.and_then(|s| {
                let (file, start, _) = sources.locate(s)?;
                let text = sources.text(s).lines().next().unwrap_or("").to_owned();
                Some(format!(" {file}:{}:{} {text}", start.line, start.column))
            });
            format!(
                "{} {}{}",
                d.severity.as_str(),
                d.code,
                place.unwrap_or_default()
            )
        })
        .collect()
}

struct Loaded {
    package: Option<Package>,
    found: Diagnostics,
    sources: SourceMap,
    _dir: Option<tempfile::TempDir>,
}

impl Loaded {
    fn lines(&self) -> Vec<String> {
        lines(&self.found, &self.sources)
    }
}

fn load(dir: &Path) -> Loaded {
    let mut sources = SourceMap::new();
    let (package, found) = Package::load(dir, &mut sources);
    Loaded {
        package,
        found,
        sources,
        _dir: None,
    }
}

/// Loads a package with this manifest and a stack of one file.
fn manifest(text: &str) -> Loaded {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("infrastructure")).unwrap();
    std::fs::write(dir.path().join("infrastructure/provider.tf"), "").unwrap();
    std::fs::write(dir.path().join("package.yaml"), text).unwrap();
    let loaded = load(dir.path());
    Loaded {
        _dir: Some(dir),
        ..loaded
    }
}

fn names(package: &Package) -> Vec<String> {
    let dir = package.infrastructure_dir();
    package
        .infrastructure
        .iter()
        .map(|f| f.strip_prefix(&dir).unwrap().display().to_string())
        .collect()
}

#[test]
fn our_packages_have_nothing_to_complain_about() {
    for name in ["shop", "minimal", "dialect", "json"] {
        let loaded = load(&testdata().join(name));
        assert_eq!(loaded.lines(), [""; 0], "{name}");
        assert!(loaded.package.is_some(), "{name}");
    }
}

#[test]
fn the_shop_is_read_whole() {
    let loaded = load(&testdata().join("shop"));
    let package = loaded.package.unwrap();
    assert_eq!(package.id(), "pkg-shop2026");
    let args: Vec<(&str, &str)> = package
        .args()
        .iter()
        .map(|a| (&*a.name.value, a.widget.value.id()))
        .collect();
    assert_eq!(
        args,
        [
            ("app_target", "subnet-select"),
            ("app_sg", "security-group-select"),
            ("server_type", "cvm-instance-type-select"),
            ("server_count", "input-number"),
            ("charge_type", "select"),
            ("charge_months", "input-number"),
            ("certificate", "certificate-select"),
            ("shop_domain", "domain-input"),
            ("shop_title", "input"),
            ("public_servers", "switch"),
        ]
    );
    let files = [
        "app.tf",
        "balancer.tf",
        "compute.tf",
        "database.tf",
        "network.tf",
        "outputs.tf",
        "provider.tf",
    ];
    assert_eq!(
        names(&package),
        [files.as_slice(), &["variables.tf"]].concat()
    );

    let months = &package.args()[5];
    assert_eq!(&*months.when[0].operator.value, "eq");
    assert_eq!(
        months.when[0].operands.get("a").unwrap().as_str(),
        Some("${charge_type}")
    );
    let payment = &package.args()[4];
    assert_eq!(
        payment
            .options
            .iter()
            .filter_map(|o| o.value.as_str())
            .collect::<Vec<_>>(),
        ["POSTPAID", "PREPAID"]
    );
    let domain = &package.args()[7];
    assert_eq!(
        loaded.sources.text(domain.fields[0].value.span),
        "${certificate.certId}"
    );
    assert!(
        package.args()[1].validator[0]
            .operands
            .get("message")
            .is_some()
    );
    assert_eq!(package.manifest.specs[0].values.len(), 2);
    assert!(
        package
            .manifest
            .role_policy
            .unwrap()
            .get("statement")
            .is_some()
    );
}

#[test]
fn system_variables_are_the_eleven_and_always_the_same() {
    let package = load(&testdata().join("shop")).package.unwrap();
    let (one, two) = (
        SystemVariables::mock(&package),
        SystemVariables::mock(&package),
    );
    assert_eq!(one, two);
    let values = one.values();
    assert_eq!(
        values.keys().map(|k| &**k).collect::<Vec<_>>(),
        SYSTEM_VARIABLES
    );
    let code = one.id.strip_prefix("cloudapp-").unwrap();
    assert!(
        code.len() == 8
            && code
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()),
        "{code}"
    );
    assert_eq!(one.name, "shop");
    assert_eq!(
        values["cloudapp_spec"].get("edition"),
        Some(&Value::string("starter"))
    );
    assert_eq!(
        values["cloudapp_tags"].get("CloudappId"),
        Some(&Value::string(one.id.as_str()))
    );
    for (name, value) in &values {
        assert_eq!(
            value.has_marks(),
            &**name == "cloudapp_repo_password",
            "{name}"
        );
    }
    let other = load(&testdata().join("minimal")).package.unwrap();
    assert_ne!(SystemVariables::mock(&other).id, one.id);
}

#[test]
fn real_packages_load_without_an_error() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/packages");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: the published packages are not at hand");
        return;
    };
    let mut count = 0;
    for entry in entries {
        let dir = entry.unwrap().path();
        let loaded = load(&dir);
        assert!(
            !loaded.found.has_errors(),
            "{}: {:#?}",
            dir.display(),
            loaded.lines()
        );
        for d in &loaded.found {
            let expected = ["package-id-placeholder", "unbalanced-interpolation"].contains(&d.code);
            assert!(expected, "{}: {d:#?}", dir.display());
        }
        let package = loaded.package.unwrap();
        assert!(!package.infrastructure.is_empty());
        assert!(
            package
                .args()
                .iter()
                .all(|a| a.widget.value.descriptor().is_some())
        );
        count += 1;
    }
    assert!(count >= 15, "{count}");
}

#[test]
fn a_package_may_lie_in_a_folder_of_the_project() {
    let dir = tempfile::tempdir().unwrap();
    assert!(!is_package_dir(dir.path()));
    let nested = dir.path().join(".cloudapp/infrastructure/net/deep");
    std::fs::create_dir_all(&nested).unwrap();
    std::fs::create_dir_all(dir.path().join(".cloudapp/infrastructure/.terraform")).unwrap();
    std::fs::write(
        dir.path().join(".cloudapp/package.yaml"),
        "\u{feff}id: pkg-zzzzzzzz\r\nnope: 1\r\n",
    )
    .unwrap();
    for file in [
        "b.tf",
        "a.tf",
        "a.tf.json",
        "notes.md",
        "net/z.tf",
        "net/deep/a.tf",
        ".terraform/c.tf",
        ".d.tf",
    ] {
        std::fs::write(dir.path().join(".cloudapp/infrastructure").join(file), "").unwrap();
    }
    assert!(is_package_dir(dir.path()));
    let loaded = load(dir.path());
    assert_eq!(
        loaded.lines(),
        ["warning unknown-key .cloudapp/package.yaml:2:1 nope"]
    );
    let package = loaded.package.unwrap();
    assert_eq!(package.dir, dir.path().join(".cloudapp"));
    assert_eq!(
        names(&package),
        ["a.tf", "a.tf.json", "b.tf", "net/deep/a.tf", "net/z.tf"]
    );
    assert!(is_package_dir(&package.dir));
}

#[test]
fn a_stack_may_be_written_in_json() {
    let package = load(&testdata().join("json")).package.unwrap();
    let names: Vec<_> = package
        .infrastructure
        .iter()
        .map(|p| p.file_name().unwrap().to_str().unwrap())
        .collect();
    assert_eq!(names, ["main.tf.json", "variables.tf"]);
}

#[cfg(unix)]
#[test]
fn links_out_of_the_package_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let package = dir.path().join("pkg");
    std::fs::create_dir_all(package.join("infrastructure")).unwrap();
    std::fs::write(package.join("package.yaml"), "id: pkg-aaaaaaaa\n").unwrap();
    std::fs::write(dir.path().join("secret"), "password = 1\n").unwrap();
    std::fs::write(package.join("infrastructure/main.tf"), "").unwrap();
    let link = |to: &str, name: &str| {
        std::os::unix::fs::symlink(to, package.join("infrastructure").join(name)).unwrap();
    };
    link("main.tf", "inside.tf");
    link("../../secret", "outside.tf");
    let loaded = load(&package);
    assert_eq!(
        loaded.lines(),
        ["error file-outside-package package.yaml:1:1 "]
    );
    assert_eq!(loaded.package.unwrap().infrastructure.len(), 2);
}

#[test]
fn what_is_not_a_package_says_why() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(load(dir.path()).lines(), ["error package-missing"]);
    std::fs::write(dir.path().join("package.yml"), "id: x").unwrap();
    assert!(
        load(dir.path())
            .found
            .iter()
            .all(|d| d.hint == "Rename package.yml to package.yaml.")
    );
    std::fs::write(dir.path().join("package.yaml"), b"id: \xff").unwrap();
    assert_eq!(load(dir.path()).lines(), ["error package-unreadable"]);
    std::fs::write(dir.path().join("package.yaml"), "id: pkg-aaaaaaaa").unwrap();
    assert_eq!(
        load(dir.path()).lines(),
        ["error infrastructure-missing package.yaml:1:1 "]
    );
    std::fs::create_dir(dir.path().join("infrastructure")).unwrap();
    assert_eq!(
        load(dir.path()).lines(),
        ["warning infrastructure-empty package.yaml:1:1 "]
    );
}

/// A manifest, and what is found in it.
#[test]
fn every_fault_has_its_place() {
    let arg = |fields: &str| {
        format!("id: pkg-aaaaaaaa\nargs:\n  - widget: input\n    name: a\n    label: A\n{fields}")
    };
    let cases: Vec<(String, &[&str])> = vec![
        ("".into(), &["error package-shape package.yaml:1:1 "]),
        ("- a".into(), &["error package-shape package.yaml:1:1 - a"]),
        ("id: [".into(), &["error yaml-syntax package.yaml:1:6 "]),
        ("args:".into(), &["error missing-key package.yaml:1:1 "]),
        ("id: 12".into(), &["error package-shape package.yaml:1:5 12"]),
        ("id: ${packageId}".into(), &["warning package-id-placeholder package.yaml:1:5 ${packageId}"]),
        ("id: pkg-********".into(), &["warning package-id-placeholder package.yaml:1:5 pkg-********"]),
        ("id: shop".into(), &["warning package-id-form package.yaml:1:5 shop"]),
        ("id: pkg-aaaaaaaa\nid: b".into(), &["error duplicate-key package.yaml:2:1 id"]),
        ("id: pkg-aaaaaaaa\nargz: []".into(), &["warning unknown-key package.yaml:2:1 argz"]),
        ("id: pkg-aaaaaaaa\nargs: 3".into(), &["error package-shape package.yaml:2:7 3"]),
        ("id: pkg-aaaaaaaa\nargs:\n  - 3".into(), &["error package-shape package.yaml:3:5 3"]),
        (
            "id: pkg-aaaaaaaa\nargs:\n  - name: a".into(),
            &["error missing-key package.yaml:3:11 a", "error missing-key package.yaml:3:11 a"],
        ),
        ("id: pkg-aaaaaaaa\nargs:\n  - {}".into(), &["error missing-key package.yaml:3:5 {}"; 3]),
        (arg("    optional: yes"), &["error package-shape package.yaml:6:15 yes"]),
        (arg("    regin: x"), &["warning unknown-key package.yaml:6:5 regin"]),
        (arg("    when: {eq: {a: 1, b: 2}}"), &["error package-shape package.yaml:6:11 {eq: {a: 1, b: 2}}"]),
        (arg("    when:\n    - eq: {a: 1}"), &["error missing-key package.yaml:7:11 {a: 1}"]),
        (arg("    when:\n    - ne: {a: 1}"), &["error missing-key package.yaml:7:11 {a: 1}"]),
        (arg("    when:\n    - eqq: {a: 1}"), &["warning unknown-key package.yaml:7:7 eqq"]),
        (arg("    when:\n    - in: {a: 1, lst: [1]}"), &[
            "warning unknown-key package.yaml:7:18 lst", "error missing-key package.yaml:7:11 {a: 1, lst: [1]}",
        ]),
        (arg("    when:\n    - length: {a: x, max: 3}"), &[]),
        (arg("    when:\n    - not: {eq: {a: 1}}"), &["error missing-key package.yaml:7:17 {a: 1}"]),
        (arg("    when:\n    - or: {eq: {a: 1}}"), &["error package-shape package.yaml:7:11 {eq: {a: 1}}"]),
        (arg("    validator:\n    - and: [{gt: {a: 1, b: 0}}]\n      message: x"), &[]),
        (arg("    hidden:\n    - eq: {a: 1, b: 1, message: x}"), &["warning unknown-key package.yaml:7:24 message"]),
        (arg("    validator:\n    - eq: {a: 1, b: 1, message: x}"), &[]),
        (arg("    options:\n    - label: x"), &[
            "error missing-key package.yaml:7:7 label: x", "warning unknown-key package.yaml:6:5 options",
        ]),
        (arg("    defaultValue: '${b.c'"), &["warning unbalanced-interpolation package.yaml:6:20 ${b.c'"]),
        (arg("    description: 说明 ${a} ${b.c"), &["warning unbalanced-interpolation package.yaml:6:26 ${b.c"]),
        (
            "id: pkg-aaaaaaaa\nargs:\n- {widget: subnet-selekt, name: n, label: N}".into(),
            &["warning unknown-widget package.yaml:3:12 subnet-selekt"],
        ),
        (
            "id: pkg-aaaaaaaa\nargs:\n- {widget: select, name: n, label: N}".into(),
            &["warning select-without-options package.yaml:3:12 select"],
        ),
        (
            "id: pkg-aaaaaaaa\nargs:\n- {widget: region-and-zone-select, name: n, label: N, defaultValue: x}".into(),
            &["warning default-without-effect package.yaml:3:69 x"],
        ),
        (
            "id: pkg-aaaaaaaa\nargs:\n- {widget: input, name: 1a, label: N}".into(),
            &["error argument-name package.yaml:3:25 1a"],
        ),
        (
            "id: pkg-aaaaaaaa\nargs:\n- {widget: input, name: cloudapp_id, label: N}".into(),
            &["error argument-name package.yaml:3:25 cloudapp_id"],
        ),
        (
            "id: pkg-aaaaaaaa\nargs:\n- {widget: input, name: n, label: N}\n- {widget: input, name: n, label: N}".into(),
            &["error duplicate-argument package.yaml:4:25 n"],
        ),
        (
            "id: pkg-aaaaaaaa\nargs:\n\
             - {widget: input, name: n, label: N, when: [{eq: {a: 1, b: 1}}]}\n\
             - {widget: input, name: n, label: N, when: [{eq: {a: 1, b: 2}}]}"
                .into(),
            &[],
        ),
        ("id: pkg-aaaaaaaa\nrole:\n  polices: 1".into(), &["warning unknown-key package.yaml:3:3 polices"]),
        ("id: pkg-aaaaaaaa\nrole:\n  policy: all".into(), &["error package-shape package.yaml:3:11 all"]),
        ("id: pkg-aaaaaaaa\nscopes:\n  cloudAPI: [a:b, {}]".into(), &["error package-shape package.yaml:3:19 {}"]),
        ("id: pkg-aaaaaaaa\nspecs:\n- name: x".into(), &["error missing-key package.yaml:3:3 name: x"]),
        ("id: pkg-aaaaaaaa\nspecs:\n- {key: k, enum: [{name: x}]}".into(), &["error missing-key package.yaml:3:19 {name: x}"]),
        ("id: pkg-aaaaaaaa\nfrontend: {src: ./x, runTimeMode: y}".into(), &["warning unknown-key package.yaml:2:22 runTimeMode"]),
    ];
    for (text, expected) in cases {
        assert_eq!(manifest(&text).lines(), expected, "\n{text}");
    }
}

#[test]
fn misspelt_names_are_suggested() {
    let hint = |text: &str| {
        manifest(text)
            .found
            .iter()
            .map(|d| d.hint.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        hint("id: pkg-aaaaaaaa\nargz: []"),
        ["Did you mean \"args\"?"]
    );
    assert_eq!(
        hint("id: pkg-aaaaaaaa\nargs:\n- {widget: subnet-selekt, name: n, label: N}"),
        ["Did you mean \"subnet-select\"?"]
    );
    assert_eq!(
        hint("id: pkg-aaaaaaaa\nargs:\n- {widget: input, name: n, label: N, default: 1}"),
        [
            "Known are: placeholder, pattern, minLength, maxLength, widget, name, label, description, optional, when, hidden, validator, defaultValue, incompleteTips."
        ]
    );
}

#[test]
fn the_form_is_compared_with_the_stack() {
    let mut loaded = manifest(
        "id: pkg-aaaaaaaa\nargs:\n\
         - {widget: input, name: title, label: T}\n\
         - {widget: input, name: app_nmae, label: N}\n\
         - {widget: input, name: zzz, label: Z}\n",
    );
    let file = loaded
        .sources
        .add("variables.tf", "title app_name cloudapp_ids other");
    let declared: Vec<(Str, Span)> = [
        ("title", 0),
        ("app_name", 6),
        ("cloudapp_ids", 15),
        ("other", 28),
    ]
    .map(|(name, at)| (Str::from(name), Span::new(file, at, at + name.len())))
    .into();
    let found = loaded.package.unwrap().check_arguments(&declared);
    assert_eq!(
        lines(&found, &loaded.sources),
        [
            "warning argument-without-variable package.yaml:4:25 app_nmae",
            "warning argument-without-variable package.yaml:5:25 zzz",
            "warning unknown-system-variable variables.tf:1:16 cloudapp_ids",
        ]
    );
    let hints: Vec<&str> = found.iter().map(|d| d.hint.as_str()).collect();
    assert_eq!(
        hints,
        [
            "The stack declares \"app_name\": use one name for both.",
            "Declare it in the stack: variable \"zzz\" {}.",
            "Did you mean \"cloudapp_id\"?"
        ]
    );
}
