//! What is sensitive is shown to nobody who does not ask for it by name.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say what they expect"
)]

mod support;

use support::{Ran, TestDir};

const SECRET: &str = "Planted-Secret-4711";

const STACK: &str = r#"
variable "password" {
  type      = string
  sensitive = true
}
resource "tencentcloud_instance" "web" {
  instance_name     = "web"
  availability_zone = "ap-guangzhou-3"
  image_id          = "img-12345678"
  instance_type     = "S5.MEDIUM4"
  password          = var.password
  user_data_raw     = "login ${var.password}"
}
resource "terraform_data" "copy" {
  input = { given = var.password, open = "shown" }
}
output "password" {
  value     = var.password
  sensitive = true
}
"#;

fn run(dir: &TestDir, args: &str) -> Ran {
    let output = dir
        .command(args)
        .env("CLOUDAPP_LOG", "trace")
        .env("TF_VAR_password", SECRET)
        .output()
        .unwrap();
    Ran::from(output)
}

fn hides(dir: &TestDir, args: &str, code: i32) {
    let ran = run(dir, args);
    assert_eq!(ran.code, code, "{args}: {ran:?}");
    for (name, text) in [("output", &ran.stdout), ("log", &ran.stderr)] {
        assert!(
            !text.contains(SECRET),
            "{args} shows the secret in its {name}:\n{text}"
        );
    }
}

#[test]
fn secrets_stay_hidden() {
    let dir = TestDir::new(&[
        ("main.tf", STACK),
        (
            "mock.json",
            r#"{ "faults": [{ "op": "create", "type": "tencentcloud_instance", "nth": 1, "code": "InvalidPassword", "class": "fatal" }] }"#,
        ),
    ]);
    hides(&dir, "validate", 0);
    hides(&dir, "plan -no-color", 0);
    hides(&dir, "plan -json", 0);
    hides(&dir, "plan -out=p", 0);
    hides(&dir, "show p", 0);
    hides(&dir, "apply -auto-approve --mock-config mock.json", 1);
    hides(&dir, "apply -auto-approve -json", 0);
    hides(&dir, "show", 0);
    hides(&dir, "state show tencentcloud_instance.web", 0);
    hides(&dir, "state show terraform_data.copy", 0);
    hides(&dir, "output", 0);
    hides(&dir, "plan -refresh-only", 0);
    dir.write(
        "main.tf",
        &STACK.replace("\"web\"\n  avail", "[var.password]\n  avail"),
    );
    hides(&dir, "plan", 1);
    dir.write(
        "main.tf",
        &STACK.replace("\"login ${", "\"${1 + var.password}${"),
    );
    hides(&dir, "plan", 1);
    dir.write("main.tf", STACK);
    hides(&dir, "destroy -auto-approve", 0);
}

#[test]
fn who_asks_by_name_sees_a_secret() {
    let dir = TestDir::new(&[("main.tf", STACK)]);
    hides(&dir, "apply -auto-approve", 0);
    assert_eq!(run(&dir, "output -raw password").stdout, SECRET);
    assert!(run(&dir, "output -json").stdout.contains(SECRET));
}
