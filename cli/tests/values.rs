//! What an installation was given is kept, but for what is secret.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say what they expect"
)]

mod support;

use support::TestDir;

const SECRETS: [&str; 3] = ["hush-declared", "hush-asked-for", "hush-saved-plan"];

/// Secret by its declaration, or by the widget that asks for it; applied at once, or from a saved plan.
#[test]
fn secrets_are_not_among_the_values_that_are_kept() {
    let dir = TestDir::new(&[
        (
            "package.yaml",
            "id: pkg-values00\nargs:\n  - {name: declared, label: A, widget: input}\n  - {name: asked, label: B, widget: secret}\n  - {name: plain, label: C, widget: input}\n",
        ),
        (
            "infrastructure/main.tf",
            "variable \"declared\" {\n  type      = string\n  sensitive = true\n}\nvariable \"asked\" {\n  type = string\n}\nvariable \"plain\" {\n  type = string\n}\n",
        ),
    ]);
    let [declared, asked, saved] = SECRETS;
    dir.ok(&format!(
        "apply -auto-approve -var declared={declared} -var asked={asked} -var plain=seen"
    ));
    check(&dir);
    dir.ok(&format!(
        "plan -out p -var declared={saved} -var asked={saved} -var plain=seen"
    ));
    dir.ok("apply p");
    check(&dir);
}

fn check(dir: &TestDir) {
    let values = dir.ok("values");
    assert!(values.contains("plain = \"seen\""), "{values}");
    for name in ["declared", "asked"] {
        assert!(values.contains(&format!("# {name} is secret")), "{values}");
    }
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            for secret in SECRETS {
                assert!(!text.contains(secret), "{secret} is in {}", path.display());
            }
        }
    }
}
