//! Programs made for Terraform's JSON, fed with ours. They are not of this project: each is looked for in the directories
//! of `CLOUDAPP_TEST_TOOLS` (separated as in `PATH`), then in `PATH`, and where it is not found its test is skipped.
//! `docs/json.md` says which they are.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests say what they expect"
)]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;
use support::{Ran, TestDir};

/// Every instance of the stack.
const INSTANCES: [&str; 6] = [
    "tencentcloud_instance.web",
    "tencentcloud_security_group.open[0]",
    "tencentcloud_security_group.open[1]",
    "tencentcloud_vpc.main",
    "module.net[\"a\"].tencentcloud_subnet.main",
    "module.net[\"b\"].tencentcloud_subnet.main",
];

fn find(name: &str) -> Option<PathBuf> {
    let own = std::env::var_os("CLOUDAPP_TEST_TOOLS").unwrap_or_default();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&own)
        .chain(std::env::split_paths(&path))
        .map(|dir| dir.join(name))
        .find(|p| p.is_file());
    if found.is_none() {
        eprintln!("skipped: {name} is neither in CLOUDAPP_TEST_TOOLS nor in PATH");
    }
    found
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../testdata/tools")
        .join(name)
}

/// The stack with `plan.json`, its plan.
fn planned(flags: &str) -> TestDir {
    let dir = TestDir::new(&[]);
    for name in ["main.tf", "net/main.tf"] {
        dir.write(name, &std::fs::read_to_string(data(name)).unwrap());
    }
    plan(&dir, flags);
    dir
}

fn plan(dir: &TestDir, flags: &str) {
    dir.ok(&format!("plan -out p {flags}"));
    dir.write("plan.json", &dir.ok("show -json p"));
}

fn run(dir: &TestDir, tool: &Path, args: &[&str]) -> Ran {
    let mut command = Command::new(tool);
    command.args(args).current_dir(dir.path());
    Ran::from(command.output().unwrap())
}

/// Every instance is named in the text, whichever way quotes are written there.
fn names_all(text: &str) {
    let text = text.replace("\\\"", "\"");
    for instance in INSTANCES {
        assert!(text.contains(instance), "{instance} is not in: {text}");
    }
}

#[test]
fn checkov_finds_what_its_policies_forbid() {
    let Some(tool) = find("checkov") else { return };
    let check = |flags: &str| {
        let dir = planned(flags);
        let args = "-f plan.json --framework terraform_plan --check CKV_TC_2,CKV_TC_4 -o json --skip-download";
        let ran = run(&dir, &tool, &args.split(' ').collect::<Vec<_>>());
        let report: Json =
            serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
        assert_eq!(report["summary"]["parsing_errors"], 0, "{report}");
        let named = |kind: &str| -> Vec<(String, String)> {
            let list = report["results"][kind].as_array().unwrap().iter();
            let text = |v: &Json| v.as_str().unwrap().to_owned();
            list.map(|c| (text(&c["check_id"]), text(&c["resource"])))
                .collect()
        };
        (ran.code, named("failed_checks"), named("passed_checks"))
    };
    let web = ("CKV_TC_2".to_owned(), INSTANCES[0].to_owned());
    let (code, failed, _) = check("");
    assert_eq!((code, &failed), (1, &vec![web.clone()]));
    let (code, failed, passed) = check("-var public=false");
    assert_eq!((code, failed.len()), (0, 0), "{failed:?}");
    assert!(passed.contains(&web), "{passed:?}");
}

#[test]
fn terraform_compliance_follows_references() {
    let Some(tool) = find("terraform-compliance") else {
        return;
    };
    let policies = data("policies").display().to_string();
    let check = |flags: &str| {
        let dir = planned(flags);
        let args = ["-f", &policies, "-p", "plan.json", "--no-ansi"];
        let ran = run(&dir, &tool, &args);
        (ran.code, ran.stdout)
    };
    let (code, said) = check("");
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("4 scenarios (3 passed, 1 failed)"), "{said}");
    assert!(
        said.contains("allocate_public_ip property in tencentcloud_instance.web"),
        "{said}"
    );
    let (code, said) = check("-var public=false");
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("4 scenarios (4 passed)"), "{said}");
}

#[test]
fn terraform_visual_shows_every_change() {
    let Some(tool) = find("terraform-visual") else {
        return;
    };
    let dir = planned("");
    let ran = run(&dir, &tool, &["--plan", "plan.json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let report = dir.path().join("terraform-visual-report");
    assert!(report.join("index.html").is_file());
    names_all(&std::fs::read_to_string(report.join("plan.js")).unwrap());
}

#[test]
fn terraform_unidiff_shows_what_becomes_of_every_object() {
    let Some(tool) = find("terraform-unidiff") else {
        return;
    };
    let dir = planned("");
    let ran = run(&dir, &tool, &["plan.json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    names_all(&ran.stdout);
    assert!(ran.stdout.contains("+instance_type: S5.MEDIUM2"), "{ran:?}");
    dir.ok("apply p");
    plan(&dir, "-var public=false");
    let ran = run(&dir, &tool, &["plan.json"]);
    assert!(ran.stdout.contains("-allocate_public_ip: true"), "{ran:?}");
    assert!(ran.stdout.contains("+allocate_public_ip: false"), "{ran:?}");
}

#[test]
fn tfsumpy_counts_the_changes() {
    let Some(tool) = find("tfsumpy") else { return };
    let dir = planned("");
    let ran = run(&dir, &tool, &["plan.json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("Create: 6"), "{ran:?}");
    names_all(&ran.stdout);
}

#[test]
fn flatplan_lists_plans_and_states() {
    let Some(tool) = find("flatplan") else { return };
    let dir = planned("");
    let list = |args: &[&str]| {
        let ran = run(&dir, &tool, args);
        assert_eq!(ran.code, 0, "{ran:?}");
        let flat: Json =
            serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
        assert_eq!(flat["resources"].as_array().unwrap().len(), INSTANCES.len());
        names_all(&ran.stdout);
    };
    list(&["--path", "plan.json"]);
    dir.ok("apply p");
    dir.write("state.json", &dir.ok("show -json"));
    list(&["--path", "state.json", "--state"]);
}
