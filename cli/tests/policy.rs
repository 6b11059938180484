//! The role policy over the life of an installation: kept with the state, compared, never with a secret in it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say what they expect"
)]

mod support;

use serde_json::Value as Json;
use support::TestDir;

const SECRETS: [&str; 2] = ["hunter22-entered", "hunter23-declared"];

fn manifest(action: &str) -> String {
    format!(
        "id: pkg-role0000
args:
  - {{name: code, label: Code, widget: secret}}
  - {{name: name, label: Name, widget: input, defaultValue: shop}}
role:
  policy:
    version: \"2.0\"
    statement:
      effect: allow
      action: {action}
      resource: [\"qcs::cos:::${{var.name}}/*\", \"qcs::cos:::${{var.code}}\"]
"
    )
}

fn package() -> TestDir {
    let dir = TestDir::new(&[(
        "pkg/infrastructure/main.tf",
        "variable \"code\" {
  type      = string
}
variable \"name\" {
  type      = string
}
resource \"terraform_data\" \"a\" {
  input = var.name
}
resource \"terraform_data\" \"b\" {
  input = sha256(var.code)
}
",
    )]);
    dir.write("pkg/package.yaml", &manifest("cos:GetObject"));
    dir
}

fn role(stream: &str) -> Json {
    let lines = stream
        .lines()
        .map(|l| serde_json::from_str::<Json>(l).unwrap());
    let mut found: Vec<Json> = lines.filter(|l| l["type"] == "role_policy").collect();
    assert_eq!(found.len(), 1, "{stream}");
    found.remove(0)["role_policy"].take()
}

#[test]
fn secrets_are_never_put_into_a_policy() {
    let dir = package();
    let vars = format!("-var=code={}", SECRETS[0]);
    let plan = dir.run(&format!("plan {vars} pkg"));
    let json = dir.run(&format!("plan -json {vars} pkg"));
    let apply = dir.run(&format!("apply -auto-approve {vars} pkg"));
    assert_eq!(
        (plan.code, json.code, apply.code),
        (0, 0, 0),
        "{plan:?} {apply:?}"
    );
    for said in [&plan.stdout, &json.stdout, &apply.stdout] {
        assert!(!said.contains(SECRETS[0]), "{said}");
        assert!(
            said.contains("${var.code}") && said.contains("shop/*"),
            "{said}"
        );
    }
    // The variable of an ordinary field is secret where the stack says so.
    let main = dir.path().join("pkg/infrastructure/main.tf");
    let text = std::fs::read_to_string(&main).unwrap();
    let marked = text.replacen("\"name\" {", "\"name\" {\n  sensitive = true", 1);
    std::fs::write(&main, marked).unwrap();
    let apply = dir.run(&format!(
        "apply -auto-approve {vars} -var=name={} pkg",
        SECRETS[1]
    ));
    assert_eq!(apply.code, 0, "{apply:?}");
    for entry in std::fs::read_dir(dir.path().join("pkg")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            for secret in SECRETS {
                let holds = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
                assert!(!holds, "{} holds a secret", path.display());
            }
        }
    }
}

#[test]
fn a_policy_is_kept_when_everything_was_applied() {
    let dir = package();
    let vars = "-var=code=x";
    let planned = || role(&dir.ok(&format!("plan -json {vars} pkg")));
    // A part of the stack, or a failure, leaves what was there.
    dir.ok(&format!(
        "apply -auto-approve {vars} -target=terraform_data.a pkg"
    ));
    assert_eq!(planned()["added"].as_array().unwrap().len(), 1);
    dir.ok(&format!("apply -auto-approve {vars} pkg"));
    let role = planned();
    assert_eq!(
        (&role["added"], &role["removed"]),
        (&Json::Array(vec![]), &Json::Array(vec![]))
    );
    dir.write(
        "pkg/package.yaml",
        &manifest("[cos:GetObject, cos:PutObject]"),
    );
    let changed = dir.run(&format!("plan -detailed-exitcode {vars} pkg"));
    assert_eq!(changed.code, 2, "{changed:?}");
    assert!(
        changed.stdout.contains("+   cos:PutObject"),
        "{}",
        changed.stdout
    );
    assert!(
        !changed.stdout.contains("cos:GetObject"),
        "{}",
        changed.stdout
    );
    // Nobody is there to approve of it.
    let asked = dir.run(&format!("apply {vars} pkg"));
    assert_eq!(asked.code, 1, "{asked:?}");
    assert!(asked.stderr.contains("approval-needed"), "{}", asked.stderr);
    dir.ok(&format!("apply -refresh-only -auto-approve {vars} pkg"));
    assert_eq!(
        dir.run(&format!("plan -detailed-exitcode {vars} pkg")).code,
        2
    );
    // A saved plan keeps it, too.
    let mut saved = dir.command(&format!("-chdir=pkg plan -out=saved {vars}"));
    assert!(saved.output().unwrap().status.success());
    dir.ok("-chdir=pkg apply saved");
    assert_eq!(
        dir.run(&format!("plan -detailed-exitcode {vars} pkg")).code,
        0
    );
    // Without a package's policy there is still something to remove; after a destroy there is nothing.
    dir.write("pkg/package.yaml", "id: pkg-role0000\n");
    let removed = role_after(&dir, vars);
    assert_eq!(removed["policy"], Json::Null);
    assert_eq!(removed["removed"].as_array().unwrap().len(), 1);
    dir.ok(&format!("destroy -auto-approve {vars} -var=name=x pkg"));
    let stream = dir.ok(&format!("plan -json {vars} -var=name=x pkg"));
    assert!(!stream.contains("role_policy"), "{stream}");
}

fn role_after(dir: &TestDir, vars: &str) -> Json {
    role(&dir.ok(&format!("plan -json {vars} -var=name=x pkg")))
}
