//! Objects that carry the stack's mark and that its state does not know, because an older copy of it was put back.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests say what they expect"
)]

mod support;

use support::TestDir;

const NETWORK: &str = r#"
resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
}
"#;

const GROUP: &str = "resource \"tencentcloud_security_group\" \"g\" {\n  name = \"g\"\n}\n";

/// A stack with a network, and a copy of its state from before the security group.
fn stack() -> (TestDir, impl Fn(&TestDir)) {
    let dir = TestDir::new(&[("main.tf", NETWORK)]);
    dir.ok("apply -auto-approve");
    let copy = std::fs::read(dir.path().join("cloudapp.db")).unwrap();
    dir.write("main.tf", &format!("{NETWORK}{GROUP}"));
    let put_back = move |dir: &TestDir| {
        for more in ["-wal", "-shm"] {
            std::fs::remove_file(dir.path().join(format!("cloudapp.db{more}"))).ok();
        }
        std::fs::write(dir.path().join("cloudapp.db"), &copy).unwrap();
    };
    (dir, put_back)
}

fn groups(dir: &TestDir) -> Vec<String> {
    let objects: Vec<serde_json::Value> =
        serde_json::from_str(&dir.ok("cloud objects -json")).unwrap();
    let groups = objects
        .iter()
        .filter(|o| o["type"] == "tencentcloud_security_group");
    groups
        .map(|o| o["id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn one_is_taken_in() {
    let (dir, put_back) = stack();
    dir.ok("apply -auto-approve");
    put_back(&dir);
    let ran = dir.run("apply -auto-approve");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("warning[stray-adopted]"), "{ran:?}");
    assert_eq!(groups(&dir).len(), 1);
    assert_eq!(dir.run("plan -detailed-exitcode").code, 0);
}

/// Two were made for one place: nobody but a person knows which of them is wanted. Nothing is done until that is said.
#[test]
fn several_for_one_place_are_asked_about() {
    let (dir, put_back) = stack();
    dir.ok("apply -auto-approve");
    let first = groups(&dir);
    dir.ok("state rm tencentcloud_security_group.g");
    dir.ok("apply -auto-approve");
    assert_eq!(groups(&dir).len(), 2, "what was let go is let go");
    put_back(&dir);
    let ran = dir.run("apply -auto-approve");
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("error[stray-objects]"), "{ran:?}");
    for id in groups(&dir) {
        assert!(ran.stderr.contains(&id), "{ran:?}");
    }
    assert_eq!(dir.ok("state list").trim(), "tencentcloud_vpc.main");
    // Nor does an import go past it: first what is not wanted is deleted.
    let import = dir.run(&format!(
        "import tencentcloud_security_group.g {}",
        first[0]
    ));
    assert!(import.stderr.contains("error[stray-objects]"), "{import:?}");
}
