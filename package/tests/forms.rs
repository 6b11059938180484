//! Forms as data: each folder of `testdata/forms/` has a `package.yaml` and, for each case, the values that were entered
//! (`CASE.yaml`) and what the form makes of them against a fresh mock cloud (`CASE.json`). Adding a case needs no Rust;
//! `UPDATE=1` writes what comes of it, to be looked at.
//!
//! An expected result holds the JSON of a form without what goes without saying: fields that are as they are in every
//! form, and of options the labels only.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests say what they expect"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cloudapp_lang::{SourceMap, Str, Value};
use cloudapp_package::form::{Definition, Form, Operator, evaluate, read_values};
use cloudapp_package::widget::{
    self, FieldOption, OptionError, OptionKind, OptionQuery, OptionSource,
};
use cloudapp_package::{Package, SystemVariables};
use cloudapp_providers::MockCloud;
use cloudapp_providers::mock::Listing;
use serde_json::{Map, Value as Json, json};

/// A fresh mock cloud.
struct Cloud(MockCloud);

impl OptionSource for Cloud {
    fn options(&self, query: &OptionQuery<'_>) -> Result<Vec<FieldOption>, OptionError> {
        let listing = match query.kind {
            OptionKind::Declared => return Ok(Vec::new()),
            OptionKind::RegionsAndZones => Listing::RegionsAndZones,
            OptionKind::Vpcs => Listing::Vpcs,
            OptionKind::Subnets => Listing::Subnets,
            OptionKind::SecurityGroups => Listing::SecurityGroups,
            OptionKind::Buckets => Listing::Buckets,
            OptionKind::InstanceTypes => Listing::InstanceTypes,
            OptionKind::Disks => Listing::Disks,
            OptionKind::Images => Listing::Images,
            OptionKind::Certificates => Listing::Certificates,
            OptionKind::KeyPairs => Listing::KeyPairs,
            OptionKind::Domains => Listing::Domains,
        };
        let choices = self.0.choices(listing, query.fields).unwrap();
        let options = choices.into_iter().map(|c| FieldOption {
            label: c.label.into(),
            value: c.value,
            facts: c
                .facts
                .into_iter()
                .map(|(n, f)| (n.into(), f.into()))
                .collect(),
            size: c.size,
            disabled: c.disabled.map(Into::into),
        });
        Ok(options.collect())
    }
}

fn cloud() -> Cloud {
    Cloud(MockCloud::in_memory())
}

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/forms")
}

fn folders() -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = std::fs::read_dir(testdata())
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.is_dir())
        .collect();
    all.sort();
    all
}

/// The manifest of a folder, with the codes of what is wrong with it.
fn package(dir: &Path) -> (Package, BTreeSet<&'static str>) {
    let mut sources = SourceMap::new();
    let (package, found) = Package::load(dir, &mut sources);
    let codes = found.iter().map(|d| d.code);
    let codes = codes
        .filter(|c| !c.starts_with("infrastructure-"))
        .collect();
    (
        package.unwrap_or_else(|| panic!("{}: {found:#?}", dir.display())),
        codes,
    )
}

fn values(path: &Path) -> BTreeMap<Str, Value> {
    let text = std::fs::read_to_string(path).unwrap();
    let file = SourceMap::new().add("values", &text);
    read_values(&text, file).unwrap()
}

fn system() -> BTreeMap<Str, Value> {
    BTreeMap::from([("cloudapp_name".into(), Value::string("demo"))])
}

/// A form without what goes without saying.
fn compact(form: &Form, codes: &BTreeSet<&str>) -> Json {
    let whole = form.to_json();
    let mut out = Map::new();
    if !codes.is_empty() {
        out.insert("manifest".into(), json!(codes));
    }
    for (key, value) in whole.as_object().unwrap() {
        let value = match key.as_str() {
            "fields" => Json::Array(value.as_array().unwrap().iter().map(field).collect()),
            _ => value.clone(),
        };
        out.insert(key.clone(), value);
    }
    Json::Object(out)
}

fn field(whole: &Json) -> Json {
    let mut out = whole.as_object().unwrap().clone();
    out.shift_remove("rendering");
    out.shift_remove("config");
    out.shift_remove("widget");
    if out["label"] == out["name"] {
        out.shift_remove("label");
    }
    for (key, usual) in [
        ("visible", json!(true)),
        ("required", json!(true)),
        ("value", Json::Null),
        ("default", Json::Null),
        ("entered", json!(false)),
        ("waiting_for", json!([])),
        ("errors", json!([])),
        ("options", json!([])),
    ] {
        if out.get(key) == Some(&usual) {
            out.shift_remove(key);
        }
    }
    if out.get("visible") == Some(&json!(false)) {
        out.shift_remove("required");
    }
    if let Some(options) = out.get_mut("options") {
        let all = options.as_array().unwrap();
        let mut labels: Vec<Json> = all.iter().take(6).map(label).collect();
        if all.len() > labels.len() {
            labels.push(json!(format!("… {} in all", all.len())));
        }
        *options = Json::Array(labels);
    }
    Json::Object(out)
}

fn label(option: &Json) -> Json {
    let label = option["label"].as_str().unwrap();
    match option.get("disabled") {
        Some(_) => json!(format!("{label} (disabled)")),
        None => json!(label),
    }
}

/// One line for each field, so that a reader finds a case's point.
fn text(compact: &Json) -> String {
    let mut out = String::from("{\n");
    let entries = compact.as_object().unwrap();
    for (n, (key, value)) in entries.iter().enumerate() {
        let end = if n + 1 == entries.len() { "" } else { "," };
        match (key.as_str(), value.as_array()) {
            ("fields", Some(fields)) if !fields.is_empty() => {
                let lines: Vec<String> = fields.iter().map(|f| format!("    {f}")).collect();
                let _ = writeln!(out, "  \"fields\": [\n{}\n  ]{end}", lines.join(",\n"));
            }
            _ => {
                let _ = writeln!(out, "  \"{key}\": {value}{end}");
            }
        }
    }
    out + "}\n"
}

#[test]
fn forms_are_as_expected() {
    let update = std::env::var_os("UPDATE").is_some();
    let (mut cases, mut different) = (0, String::new());
    let cloud = cloud();
    for dir in folders() {
        let (package, codes) = package(&dir);
        let definition = Definition::new(package.args());
        let mut paths: Vec<PathBuf> = std::fs::read_dir(&dir)
            .unwrap()
            .map(|e| e.unwrap().path())
            .filter(|p| p.extension().is_some_and(|e| e == "yaml") && !p.ends_with("package.yaml"))
            .collect();
        paths.sort();
        assert!(!paths.is_empty(), "{}: no case", dir.display());
        for path in paths {
            cases += 1;
            let form = definition.evaluate(&values(&path), &system(), &cloud);
            let now = text(&compact(&form, &codes));
            let expected = path.with_extension("json");
            if update {
                std::fs::write(&expected, &now).unwrap();
                continue;
            }
            let before = std::fs::read_to_string(&expected).unwrap_or_default();
            if now != before {
                let _ = writeln!(
                    different,
                    "{}\n--- expected\n{before}--- is\n{now}",
                    path.display()
                );
            }
        }
    }
    assert!(different.is_empty(), "\n{different}");
    assert!(cases >= 60, "{cases} cases");
}

/// The names of everything that the cases' manifests mention.
fn mentioned() -> String {
    folders()
        .iter()
        .map(|d| std::fs::read_to_string(d.join("package.yaml")).unwrap())
        .collect()
}

#[test]
fn every_operator_and_every_widget_has_a_case() {
    let text = mentioned();
    for operator in Operator::ALL {
        assert!(
            text.contains(&format!("{}:", operator.name())),
            "no case has the operator {}",
            operator.name()
        );
    }
    for d in widget::descriptors() {
        assert!(
            ["\n", ","]
                .iter()
                .any(|end| text.contains(&format!("widget: {}{end}", d.id))),
            "no case has the widget {}",
            d.id
        );
        for field in d.fields {
            assert!(
                text.contains(&format!("{}:", field.name)),
                "no case has the field {} of {}",
                field.name,
                d.id
            );
        }
    }
}

#[test]
fn widgets_are_documented() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/widgets.md");
    let now = widget::reference();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, now).unwrap();
        return;
    }
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        before == now,
        "docs/widgets.md is old: write it anew with UPDATE=1"
    );
}

#[test]
fn secrets_stay_secret() {
    const SECRET: &str = "tiger-7-lily";
    let text = "id: pkg-aaaaaaaa\nargs:\n\
         - {widget: secret, name: a, label: A, pattern: '[a-z]+', maxLength: 3}\n\
         - {widget: input, name: b, label: 'B ${a}', description: '${a}', defaultValue: 'x${a}'}\n\
         - {widget: select, name: c, label: C, options: [{label: '${a}', value: '${a}'}]}\n\
         - widget: input-number\n  name: d\n  label: D\n  validator:\n\
         \x20 - eq: {a: '${d}', b: '${a}', message: 'not ${a}'}\n\
         \x20 - gt: {a: '${d}', b: '${a}'}\n\
         \x20 - match: {a: '${d}', pattern: '(${a}'}\n\
         - {widget: subnet-select, name: e, label: E, region: '${a}'}\n\
         - {widget: input, name: f, label: F, defaultValue: '${a.b}'}\n";
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("package.yaml"), text).unwrap();
    let (package, _) = package(dir.path());
    let values = BTreeMap::from([
        ("a".into(), Value::string(SECRET)),
        ("c".into(), Value::string(SECRET)),
        ("d".into(), Value::number(3)),
    ]);
    let form = evaluate(package.args(), &values, &BTreeMap::new(), &cloud());
    assert_eq!(
        form.variables["a"].clone().unmark().0,
        Value::string(SECRET)
    );
    assert!(form.variables["a"].has_marks() && form.variables["b"].has_marks());
    let printed = form.to_json().to_string();
    // What was entered into a field that is no secret is what it is.
    let printed = printed.replace(&format!("\"value\":\"{SECRET}\""), "");
    let printed = printed.replace(&format!("\"c\":\"{SECRET}\""), "");
    assert!(!printed.contains(SECRET), "{printed}");
    let found = format!("{:?}", form.diagnostics());
    assert!(!found.contains(SECRET), "{found}");
}

#[test]
fn hundreds_of_fields_take_milliseconds() {
    let mut text = String::from("id: pkg-aaaaaaaa\nargs:\n");
    for i in 0..500 {
        let _ = match i % 5 {
            0 => writeln!(
                text,
                "- {{widget: subnet-select, name: a{i}, label: '${{a{}}}', when: [{{ne: {{a: '${{a{}}}', b: x}}}}]}}",
                (i + 1) % 500,
                i + 1
            ),
            1 => writeln!(
                text,
                "- {{widget: input, name: a{i}, label: L, defaultValue: d{i}}}"
            ),
            2 => writeln!(
                text,
                "- {{widget: cvm-instance-type-select, name: a{i}, label: L, zone: '${{a{}.subnet.zone}}', cpu: 2}}",
                i - 2
            ),
            3 => writeln!(
                text,
                "- {{widget: input, name: a{i}, label: L, defaultValue: 'x-${{a{}}}'}}",
                (i + 496) % 500 / 5 * 5 + 1
            ),
            _ => writeln!(
                text,
                "- {{widget: input-number, name: a{i}, label: L, defaultValue: {i}, validator: [{{gte: {{a: '${{a{i}}}', b: 0}}}}]}}"
            ),
        };
    }
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("package.yaml"), text).unwrap();
    let (package, _) = package(dir.path());
    let values: BTreeMap<Str, Value> = (0..500)
        .step_by(5)
        .map(|i| {
            let id = Value::object([
                ("id", Value::string("subnet-5e6f7a8b")),
                ("zone", Value::string("ap-guangzhou-3")),
            ]);
            let vpc = Value::object([("id", Value::string("vpc-8a2b3c4d"))]);
            let value = Value::object([
                ("region", Value::string("ap-guangzhou")),
                ("vpc", vpc),
                ("subnet", id),
            ]);
            (format!("a{i}").into(), value)
        })
        .collect();
    let cloud = cloud();
    let began = Instant::now();
    let form = evaluate(package.args(), &values, &BTreeMap::new(), &cloud);
    let took = began.elapsed();
    assert_eq!(form.fields.len(), 500);
    let began = Instant::now();
    let definition = Definition::new(package.args());
    let compiled = began.elapsed();
    let began = Instant::now();
    let _ = definition.evaluate(&values, &BTreeMap::new(), &widget::NoOptions);
    let evaluated = began.elapsed();
    eprintln!(
        "500 fields: {took:?}; compiled {compiled:?}, evaluated without choices {evaluated:?}"
    );
    // Far above what it takes, so that a busy machine does not fail; far below what anything quadratic would.
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[test]
fn a_long_circle_is_told_and_ends() {
    let mut text = String::from("id: pkg-aaaaaaaa\nargs:\n");
    for i in 0..5000 {
        let _ = writeln!(
            text,
            "- {{widget: input, name: a{i}, label: L, defaultValue: '${{a{}}}'}}",
            (i + 1) % 5000
        );
    }
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("package.yaml"), text).unwrap();
    let (package, _) = package(dir.path());
    let form = evaluate(package.args(), &BTreeMap::new(), &BTreeMap::new(), &cloud());
    assert!(!form.valid);
    assert!(
        form.fields
            .iter()
            .all(|f| &*f.errors[0].code == "argument-cycle")
    );
}

#[test]
fn whatever_is_entered_is_an_answer() {
    let mut deep = Value::bool(true);
    for _ in 0..3000 {
        deep = Value::tuple([deep]);
    }
    let long = Value::tuple((0..20_000_i64).map(Value::number));
    let odd = [
        Value::null(cloudapp_lang::Type::Dynamic),
        Value::bool(true),
        Value::number(-1),
        Value::string(""),
        Value::string("\u{0}${x}%{"),
        Value::tuple([]),
        Value::object::<Str>([]),
        Value::dynamic(),
        Value::unknown(cloudapp_lang::Type::String),
        deep,
        long,
    ];
    let cloud = cloud();
    for dir in folders() {
        let (package, _) = package(&dir);
        let definition = Definition::new(package.args());
        for value in &odd {
            let values = package.args().iter();
            let values = values
                .map(|a| (a.name.value.clone(), value.clone()))
                .collect();
            let form = definition.evaluate(&values, &system(), &cloud);
            assert_eq!(form.fields.len(), package.args().len());
            let _ = (form.to_json().to_string(), form.diagnostics());
        }
    }
}

/// A plausible value for each argument, as a person would choose it: whatever the options begin with.
fn filled_in(package: &Package, cloud: &Cloud) -> Form {
    let system = SystemVariables::mock(package).values();
    let definition = Definition::new(package.args());
    let mut values: BTreeMap<Str, Value> = BTreeMap::new();
    loop {
        let form = definition.evaluate(&values, &system, cloud);
        let open = form.fields.iter().find(|f| {
            f.visible
                && f.value.is_none()
                && f.waiting_for.is_empty()
                && !values.contains_key(&f.name)
        });
        let Some(field) = open else { return form };
        let option = field.options.iter().find(|o| o.disabled.is_none());
        let value = match (option, field.widget.id()) {
            (Some(option), _) => option.value.clone(),
            (None, "input") if field.name.contains("cidr") => Value::string("10.0.0.0/16"),
            (None, "input-number") => Value::number(1),
            (None, _) => Value::string("demo"),
        };
        values.insert(field.name.clone(), value);
    }
}

#[test]
fn real_packages_evaluate() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/packages");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: the published packages are not at hand");
        return;
    };
    let cloud = cloud();
    let mut count = 0;
    for entry in entries {
        let dir = entry.unwrap().path();
        let (package, _) = package(&dir);
        let empty = evaluate(package.args(), &BTreeMap::new(), &BTreeMap::new(), &cloud);
        assert_eq!(empty.valid, package.args().is_empty(), "{}", dir.display());
        for field in &empty.fields {
            let only_missing = field.errors.iter().all(|e| &*e.code == "required");
            assert!(only_missing, "{}: {field:#?}", dir.display());
        }
        let full = filled_in(&package, &cloud);
        assert!(full.valid, "{}: {:#}", dir.display(), full.to_json());
        count += 1;
    }
    assert!(count >= 15, "{count}");
}
