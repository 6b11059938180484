//! Every template, as a publisher uses it: made, checked, tried on the mock cloud, packed, and unpacked elsewhere, where it
//! plans the same.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say what they expect"
)]

mod support;

use serde_json::Value as Json;
use support::TestDir;

/// The names that `init -list` prints.
fn names(dir: &TestDir) -> Vec<String> {
    let list = dir.ok("init -list");
    list.lines()
        .filter_map(|l| l.strip_prefix("  ")?.split(' ').next())
        .map(str::to_owned)
        .collect()
}

/// The lines of a command's stream of events.
fn events(dir: &TestDir, args: &str) -> Vec<Json> {
    let ran = dir.run(args);
    assert_eq!(ran.code, 0, "{args}: {ran:?}");
    ran.stdout
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect()
}

/// What a plan would do: each address with its action.
fn planned(dir: &TestDir, package: &str) -> Vec<(String, String)> {
    let events = events(
        dir,
        &format!("plan -json -var-file=app/example.tfvars.json {package}"),
    );
    let complaints: Vec<&Json> = events
        .iter()
        .filter(|e| e["type"] == "diagnostic")
        .collect();
    assert!(complaints.is_empty(), "{package}: {complaints:#?}");
    let mut changes: Vec<_> = events
        .iter()
        .filter(|e| e["type"] == "planned_change")
        .map(|e| {
            let change = &e["change"];
            let text = |j: &Json| j.as_str().unwrap().to_owned();
            (text(&change["resource"]["addr"]), text(&change["action"]))
        })
        .collect();
    changes.sort();
    changes
}

#[test]
fn templates_install_and_leave_nothing() {
    let names = names(&TestDir::new(&[]));
    assert!(names.len() >= 10, "{names:?}");
    std::thread::scope(|scope| {
        for name in &names {
            scope.spawn(move || install(name));
        }
    });
}

fn install(name: &str) {
    let dir = TestDir::new(&[]);
    dir.ok(&format!("init app -t {name} -id pkg-tem0late"));
    let clean = dir.ok("lint -strict app");
    assert_eq!(clean, "The package is clean.\n", "{name}");
    let form = dir.ok("form -values app/example.tfvars.json app");
    assert!(form.ends_with("The form is valid.\n"), "{name}: {form}");
    assert_eq!(dir.ok("fmt -check -recursive app"), "", "{name}");
    let first = planned(&dir, "app");
    assert_eq!(first.is_empty(), name == "empty", "{name}");

    let values = "-var-file=app/example.tfvars.json";
    dir.ok(&format!("apply -auto-approve {values} app"));
    let again = dir.run(&format!("plan -detailed-exitcode {values} app"));
    assert_eq!(
        again.code, 0,
        "{name}: the second plan is not empty: {again:?}"
    );
    if name != "empty" {
        let main = dir.ok("-chdir=app output -raw main");
        assert!(main.starts_with("http"), "{name}: {main}");
    }

    if name == "license" {
        let args = "-spec edition=advanced -spec seats=100";
        let plan = dir.ok(&format!("plan {values} {args} app"));
        assert!(plan.contains("advanced, 100 seats"), "{plan}");
    }

    // What is packed while it is installed is the same as before and after.
    let packed = dir.ok("pack app -out a.cloudapp.tar.gz");
    dir.ok(&format!("destroy -auto-approve {values} app"));
    assert_eq!(dir.ok("-chdir=app state list"), "", "{name}");
    let repacked = dir.ok("pack app -out b.cloudapp.tar.gz");
    let read = |file: &str| std::fs::read(dir.path().join(file)).unwrap();
    assert!(
        read("a.cloudapp.tar.gz") == read("b.cloudapp.tar.gz"),
        "{name}: {packed}\n{repacked}"
    );

    dir.ok("verify a.cloudapp.tar.gz");
    dir.ok("unpack a.cloudapp.tar.gz copy");
    assert_eq!(planned(&dir, "copy"), first, "{name}");
    dir.ok("pack copy -out c.cloudapp.tar.gz");
    assert!(
        read("a.cloudapp.tar.gz") == read("c.cloudapp.tar.gz"),
        "{name}"
    );
}

#[test]
fn a_template_is_found_by_its_number_and_refused_by_a_wrong_name() {
    let dir = TestDir::new(&[]);
    assert!(dir.ok("init a -t CT_008_ckafka").contains("ckafka"));
    assert!(dir.ok("init b").contains("cvm-ip"));
    let ran = dir.run("init c -t ckafak");
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("Did you mean \"ckafka\"?"), "{ran:?}");
    assert!(!dir.path().join("c").exists());
    let ran = dir.run("init a");
    assert!(
        ran.code == 1 && ran.stderr.contains("folder-not-empty"),
        "{ran:?}"
    );
}

/// A secret in an argument shows nowhere.
#[test]
fn keys_are_not_repeated() {
    let dir = TestDir::new(&[]);
    for args in [
        "login AKIDsecret1@hush2hush",
        "login AKIDsecret1hush2hush",
        "login AKIDsecret1 hush2hush",
        "login --AKIDsecret1@hush2hush",
        "login AKIDsecret1@",
        "login -hush2hush -no-such",
    ] {
        let ran = dir.run(args);
        assert_eq!(ran.code, 1, "{args}: {ran:?}");
        let shown = format!("{}{}", ran.stdout, ran.stderr);
        assert!(
            !shown.contains("hush") && !shown.contains("AKID"),
            "{args}: {shown}"
        );
    }
}
