//! The packages under `testdata/packages/`: each is planned, deployed, planned again and destroyed, as an installation
//! would be. `expected.json` says what each makes and which warnings it teaches; adding a package needs no Rust.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say what they expect"
)]

mod support;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value as Json;
use support::TestDir;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// Number of instances.
    resources: usize,
    /// Names of the outputs, in order.
    outputs: Vec<String>,
    /// Values of outputs that do not depend on the cloud.
    #[serde(default)]
    values: BTreeMap<String, Json>,
    /// Codes of the warnings of a plan, each once, in order.
    warnings: Vec<String>,
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else if !entry
            .file_name()
            .to_string_lossy()
            .starts_with("cloudapp.db")
        {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn packages_are_installed_and_leave_nothing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/packages");
    let expected: BTreeMap<String, Expected> =
        serde_json::from_str(&std::fs::read_to_string(root.join("expected.json")).unwrap())
            .unwrap();
    let mut present: Vec<String> = std::fs::read_dir(&root)
        .unwrap()
        .map(|e| e.unwrap())
        .filter(|e| e.file_type().unwrap().is_dir())
        .map(|e| e.file_name().into_string().unwrap())
        .collect();
    present.sort();
    assert_eq!(present, expected.keys().cloned().collect::<Vec<_>>());
    for (name, expected) in expected {
        let dir = TestDir::new(&[]);
        copy(&root.join(&name), &dir.path().join("pkg"));
        let values = root.join(format!("{name}.tfvars.json"));
        let vars = if values.exists() {
            format!("-var-file={}", values.display())
        } else {
            String::new()
        };
        install(&name, &dir, &vars, &expected);
    }
}

fn install(name: &str, dir: &TestDir, vars: &str, expected: &Expected) {
    let planned = dir.run(&format!("plan -json {vars} pkg"));
    assert_eq!(planned.code, 0, "{name}: {planned:?}");
    let mut warnings: Vec<String> = planned
        .stdout
        .lines()
        .map(|l| serde_json::from_str::<Json>(l).unwrap())
        .filter(|e| e["type"] == "diagnostic")
        .map(|e| e["diagnostic"]["code"].as_str().unwrap().to_owned())
        .collect();
    warnings.sort();
    warnings.dedup();
    assert_eq!(warnings, expected.warnings, "{name}");
    dir.ok(&format!("apply -auto-approve {vars} pkg"));
    let made = dir.ok("-chdir=pkg state list").lines().count();
    assert_eq!(made, expected.resources, "{name}");
    let outputs: Json = serde_json::from_str(&dir.ok("-chdir=pkg output -json")).unwrap();
    let names: Vec<&String> = outputs.as_object().unwrap().keys().collect();
    assert_eq!(names, expected.outputs.iter().collect::<Vec<_>>(), "{name}");
    for (output, value) in &expected.values {
        assert_eq!(outputs[output]["value"], *value, "{name}: {output}");
    }
    let again = dir.run(&format!("plan -detailed-exitcode {vars} pkg"));
    assert_eq!(
        again.code, 0,
        "{name}: the second plan is not empty: {again:?}"
    );
    dir.ok(&format!("destroy -auto-approve {vars} pkg"));
    assert_eq!(dir.ok("-chdir=pkg state list"), "", "{name}");
}
