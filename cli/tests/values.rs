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

/// Whatever a text holds, a values file gives it back.
#[test]
fn values_come_back_from_both_kinds_of_file() {
    let dir = TestDir::new(&[
        (
            "package.yaml",
            "id: pkg-values00\nargs:\n  - {name: text, label: A, widget: input}\n  - {name: place, label: B, widget: subnet-select}\n",
        ),
        (
            "infrastructure/main.tf",
            "variable \"text\" {\n  type = string\n}\nvariable \"place\" {\n  type = any\n}\nresource \"terraform_data\" \"a\" {\n  input = [var.text, var.place]\n}\n",
        ),
        (
            "first.tfvars.json",
            r#"{"text": " \"a\" ${b} %{c}\n\ttab\\ \r\n  EOT\nende\n\n ü \u0001", "place": {"region": "x", "odd key": [1.5, true, null, {}], "vpc": {"id": "${v}"}}}"#,
        ),
    ]);
    dir.ok("apply -auto-approve -var-file=first.tfvars.json");
    for file in ["again.tfvars", "again.tfvars.json"] {
        dir.ok(&format!("values -out {file}"));
        let ran = dir.run(&format!("plan -detailed-exitcode -var-file={file}"));
        let text = std::fs::read_to_string(dir.path().join(file)).unwrap();
        assert_eq!(ran.code, 0, "{ran:?}\n{text}");
    }
    assert_eq!(dir.ok("fmt -check again.tfvars"), "");
}
