//! What is sensitive is shown to nobody who does not ask for it by name, and is in no file in the clear.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say what they expect"
)]

mod support;

use std::path::Path;
use std::process::Stdio;

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

/// Every way in which a secret may come into a run; each has a text of its own.
const WAYS: &str = r#"
variable "password" {
  type      = string
  sensitive = true
}
variable "nested" {
  type      = object({ keys = list(object({ key = string })), open = string })
  sensitive = true
}
variable "late" {
  type    = bool
  default = false
}
locals {
  marked = sensitive("Planted-Mark\"ed\\4712")
}
resource "random_password" "made" {
  length = 24
}
resource "tencentcloud_instance" "schema" {
  instance_name     = "schema"
  availability_zone = "ap-guangzhou-3"
  image_id          = "img-12345678"
  instance_type     = "S5.MEDIUM4"
  password          = "Planted-Schema-4713"
  user_data         = base64encode("key ${var.password}")
}
resource "tencentcloud_instance" "made" {
  instance_name     = "made"
  availability_zone = "ap-guangzhou-3"
  image_id          = "img-12345678"
  instance_type     = "S5.MEDIUM4"
  password          = random_password.made.result
}
resource "tencentcloud_vpc" "named" {
  name       = "of ${local.marked}"
  cidr_block = "10.0.0.0/16"
  tags       = { owner = "of ${local.marked}", open = "shown-in-a-map" }
}
resource "terraform_data" "nested" {
  input = { deep = [{ list = [var.nested.keys[0].key] }], open = "shown-in-an-object" }
}
resource "terraform_data" "provisioned" {
  input = "open"
  provisioner "local-exec" {
    command     = "echo said $KEY; echo $KEY >&2"
    environment = { KEY = var.password }
  }
}
data "tencentcloud_vpc_instances" "found" {
  name = "of ${local.marked}"
  depends_on = [tencentcloud_vpc.named]
}
resource "tencentcloud_security_group" "failing" {
  count       = var.late ? 1 : 0
  name        = "Planted-Failing"
  description = "by ${var.password}"
}
output "password" {
  value     = { all = [var.password, local.marked, random_password.made.result] }
  sensitive = true
}
output "data" {
  value     = data.tencentcloud_vpc_instances.found
  sensitive = true
}
output "open" {
  value = "shown-as-an-output"
}
"#;

const FAULTS: &str = r#"{ "faults": [
  { "op": "create", "type": "tencentcloud_security_group", "code": "Invalid", "class": "fatal",
    "message": "Refused: description \"by Planted-Secret-4711\" of Planted-Secret-4711 is bad." }
] }"#;

const ECHO: &str = r#"{ "faults": [
  { "op": "read", "type": "tencentcloud_vpc", "code": "AuthFailure", "class": "fatal",
    "message": "Signed with Planted-Secret-4711." }
] }"#;

const KILL: &str = r#"{ "latency_ms": { "create": [3000, 3000] } }"#;

fn run(dir: &TestDir, args: &str) -> Ran {
    Ran::from(command(dir, args).output().unwrap())
}

fn command(dir: &TestDir, args: &str) -> std::process::Command {
    let mut command = dir.command(args);
    command
        .env("CLOUDAPP_LOG", "trace")
        .env("CLOUDAPP_ALLOW_LOCAL_EXEC", "1")
        .env("TF_VAR_password", SECRET)
        .env(
            "TF_VAR_nested",
            r#"{ keys = [{ key = "Planted-Nested-4714" }], open = "Planted-Beside-4715" }"#,
        );
    command
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

/// The forms in which a secret might be somewhere: as it is, as in JSON and in a quoted text, and in Base64 wherever it
/// begins.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let json = serde_json::to_string(secret).unwrap();
    let twice = serde_json::to_string(&json).unwrap();
    let mut all = vec![
        secret.as_bytes().to_vec(),
        json.trim_matches('"').as_bytes().to_vec(),
        twice.trim_matches(['"', '\\']).as_bytes().to_vec(),
    ];
    for shift in 0..3 {
        let padded = [vec![b'x'; shift], secret.as_bytes().to_vec()].concat();
        let text = base64(&padded);
        // Neither the letters that the padding has a part in, nor those that what follows has.
        let from = (shift * 8).div_ceil(6);
        let to = padded.len() * 8 / 6;
        all.push(text.as_bytes()[from..to].to_vec());
    }
    all
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let n = chunk.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for i in 0..=chunk.len() {
            out.push(char::from(LETTERS[(n >> (18 - 6 * i) & 63) as usize]));
        }
    }
    out
}

/// Fails where a secret is in some bytes.
fn clean(secrets: &[String], name: &str, bytes: &[u8]) {
    for secret in secrets {
        for form in forms(secret) {
            let at = bytes.windows(form.len()).position(|w| w == form);
            assert!(
                at.is_none(),
                "{secret} is in {name} as {}: …{}…",
                String::from_utf8_lossy(&form),
                String::from_utf8_lossy(
                    &bytes[at.unwrap().saturating_sub(200)..bytes.len().min(at.unwrap() + 100)]
                )
            );
        }
    }
}

/// Fails where a secret is in a file of the directory that the program wrote.
fn clean_files(secrets: &[String], dir: &Path) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() {
            clean_files(secrets, &entry.path());
            continue;
        }
        if name.ends_with(".tf") || name.ends_with(".json") {
            continue;
        }
        clean(secrets, &name, &std::fs::read(entry.path()).unwrap());
    }
}

fn planted() -> Vec<String> {
    [
        SECRET,
        "Planted-Mark\"ed\\4712",
        "Planted-Schema-4713",
        "Planted-Nested-4714",
        "Planted-Beside-4715",
    ]
    .map(str::to_owned)
    .to_vec()
}

fn leaves_nothing(dir: &TestDir, secrets: &[String], args: &str, code: i32) {
    let ran = run(dir, args);
    assert_eq!(ran.code, code, "{args}: {ran:?}");
    clean(
        secrets,
        &format!("the output of {args}"),
        ran.stdout.as_bytes(),
    );
    clean(
        secrets,
        &format!("the log of {args}"),
        ran.stderr.as_bytes(),
    );
    clean_files(secrets, dir.path());
}

#[test]
fn secrets_are_in_no_file_and_no_output() {
    let dir = TestDir::new(&[
        ("main.tf", WAYS),
        ("mock.json", FAULTS),
        ("echo.json", ECHO),
        ("kill.json", KILL),
    ]);
    let mut secrets = planted();
    let check = |args: &str, code: i32| leaves_nothing(&dir, &planted(), args, code);
    check("validate", 0);
    check("plan -out=p -no-color", 0);
    check("show p", 0);
    check("apply -auto-approve", 0);
    let all = run(&dir, "output -json password").stdout;
    let all: serde_json::Value = serde_json::from_str(&all).unwrap();
    let made = all["all"][2].as_str().unwrap().to_owned();
    assert_eq!(all["all"][0], SECRET, "who asks by name sees it");
    secrets.push(made);
    clean_files(&secrets, dir.path());
    let check = |args: &str, code: i32| leaves_nothing(&dir, &secrets, args, code);
    for args in [
        "plan",
        "plan -json",
        "show",
        "output",
        "plan -destroy",
        "plan -refresh-only",
    ] {
        check(args, 0);
    }
    check("state show terraform_data.nested", 0);
    check("state show tencentcloud_vpc.named", 0);
    check("console", 0);
    check("taint terraform_data.nested", 0);
    check("state mv terraform_data.nested terraform_data.other", 0);
    check("state mv terraform_data.other terraform_data.nested", 0);
    check("apply -auto-approve", 0);
    check(
        "apply -auto-approve -var late=true --mock-config mock.json",
        1,
    );
    check(
        "apply -auto-approve -json -var late=true --mock-config mock.json",
        1,
    );
    // Nor by a provider that was configured with it, about whatever object.
    for args in [
        "plan -mock-config=echo.json",
        "apply -auto-approve -json -mock-config=echo.json",
    ] {
        check(args, 1);
        let ran = run(&dir, args);
        let said = [ran.stdout, ran.stderr].concat();
        assert!(said.contains("Signed with (sensitive value)"), "{said}");
    }
    // What is not secret stays readable with other tools.
    let state = std::fs::read(dir.path().join("cloudapp.db")).unwrap();
    for open in ["shown-as-an-output", "10.0.0.0/16"] {
        assert!(
            state.windows(open.len()).any(|w| w == open.as_bytes()),
            "{open}"
        );
    }
    check("plan -no-color -destroy -out=d", 0);
    check("apply d", 0);
}

#[test]
fn an_interrupted_run_leaves_no_secret() {
    let dir = TestDir::new(&[("main.tf", WAYS), ("kill.json", KILL)]);
    let mut child = command(&dir, "apply -auto-approve --mock-config kill.json")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // While it waits for the cloud, the intents are there, and the log of the database with them.
    std::thread::sleep(std::time::Duration::from_millis(1500));
    clean_files(&planted(), dir.path());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(dir.path().join("cloudapp.db").exists(), "it had begun");
    clean_files(&planted(), dir.path());
    leaves_nothing(&dir, &planted(), "apply -auto-approve", 0);
    leaves_nothing(&dir, &planted(), "destroy -auto-approve", 0);
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
    // A provider that says which value it refuses.
    dir.write(
        "main.tf",
        &STACK.replace(
            "user_data_raw     = \"login ${var.password}\"",
            "instance_charge_type = var.password",
        ),
    );
    hides(&dir, "plan", 1);
    dir.write("main.tf", STACK);
    hides(&dir, "destroy -auto-approve", 0);
}

/// A mistake in a value shows neither the value nor the line that it stands in.
#[test]
fn a_wrong_value_of_a_secret_is_not_shown() {
    const TYPED: &str = r#"
variable "pin" {
  type      = object({ code = number, owner = string })
  sensitive = true
}
variable "once" {
  type      = list(number)
  default   = []
  ephemeral = true
}
"#;
    let wrong = r#"pin = { code = "Planted-Secret-4711", owner = "Planted-Beside-4715" }"#;
    let dir = TestDir::new(&[("main.tf", TYPED), ("wrong.tfvars", wrong)]);
    for args in [
        r#"plan -var 'pin={code="Planted-Secret-4711",owner="Planted-Beside-4715"}'"#,
        r#"plan -json -var 'pin={code="Planted-Secret-4711",owner="Planted-Beside-4715"}'"#,
        r#"plan -var 'pin={code="Planted-Secret-4711'"#,
        r#"plan -json -var 'pin={code=Planted-Secret-4711}'"#,
        "plan -var-file=wrong.tfvars",
        "plan -json -var-file=wrong.tfvars",
        r#"plan -var 'pin={code=1,owner="x"}' -var 'once=["Planted-Secret-4711"]'"#,
        "plan -var Planted-Secret-4711",
        "plan -var =Planted-Secret-4711",
    ] {
        let ran = Ran::from(dir.command(args).output().unwrap());
        assert_eq!(ran.code, 1, "{args}: {ran:?}");
        clean(
            &planted(),
            args,
            [ran.stdout, ran.stderr].concat().as_bytes(),
        );
    }
}

/// What a provider is configured with may come back in the failure of any later call; an id may be made of a secret.
#[test]
fn what_providers_repeat_is_not_shown() {
    const REPEATING: &str = r#"
provider "tencentcloud" {
  region     = "ap-guangzhou"
  secret_id  = "AKID"
  secret_key = "Planted-Schema-4713"
}
variable "password" {
  type      = string
  sensitive = true
}
resource "tencentcloud_vpc" "v" {
  name       = "v"
  cidr_block = "10.0.0.0/16"
}
resource "random_pet" "named" {
  prefix = var.password
}
"#;
    const SIGNED: &str = r#"{ "faults": [ { "op": "create", "type": "tencentcloud_vpc", "code": "AuthFailure",
        "message": "signed with Planted-Schema-4713" } ] }"#;
    let dir = TestDir::new(&[("main.tf", REPEATING), ("mock.json", SIGNED)]);
    for args in [
        "apply -auto-approve -mock-config=mock.json",
        "apply -auto-approve -json -mock-config=mock.json",
    ] {
        leaves_nothing(&dir, &planted(), args, 1);
    }
    leaves_nothing(&dir, &planted(), "destroy -auto-approve", 0);
}

/// What a form keeps secret is so wherever it turns up, though the variable is not declared sensitive.
#[test]
fn what_a_form_keeps_secret_is_not_shown_where_others_fail() {
    const PACKAGE: &str = r#"
id: pkg-secret01
args:
  - {name: token, widget: secret, label: Token}
"#;
    const STACK: &str = r#"
variable "token" {
  type = string
}
resource "tencentcloud_vpc" "v" {
  name       = "v"
  cidr_block = "10.0.0.0/16"
}
resource "terraform_data" "t" {
  input = var.token
}
"#;
    const REPEATING: &str = r#"{ "faults": [ { "op": "create", "type": "tencentcloud_vpc", "code": "InvalidParameter",
        "message": "a neighbour has Planted-Secret-4711" } ] }"#;
    let dir = TestDir::new(&[
        ("package.yaml", PACKAGE),
        ("infrastructure/main.tf", STACK),
        ("mock.json", REPEATING),
    ]);
    let given = "-var token=Planted-Secret-4711 -mock-config=mock.json";
    let args = format!("apply -auto-approve {given}");
    leaves_nothing(&dir, &planted(), &args, 1);
    leaves_nothing(&dir, &planted(), &format!("plan -out=p {given}"), 0);
    leaves_nothing(&dir, &planted(), "apply -mock-config=mock.json p", 1);
}

#[test]
fn who_asks_by_name_sees_a_secret() {
    let dir = TestDir::new(&[("main.tf", STACK)]);
    hides(&dir, "apply -auto-approve", 0);
    assert_eq!(run(&dir, "output -raw password").stdout, SECRET);
    assert!(run(&dir, "output -json").stdout.contains(SECRET));
    assert!(run(&dir, "state pull").stdout.contains(SECRET));
    assert!(run(&dir, "show -json").stdout.contains(SECRET));
}

const OTHER_KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

fn with_key(dir: &TestDir, args: &str, name: &str, value: &str) -> Ran {
    Ran::from(command(dir, args).env(name, value).output().unwrap())
}

/// The names and contents of all files but the lock of the mock cloud.
fn files(dir: &TestDir) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| !p.to_string_lossy().ends_with(".lock"))
        .map(|p| (p.display().to_string(), std::fs::read(p).unwrap()))
        .collect();
    all.sort();
    all
}

#[test]
fn a_wrong_key_changes_nothing() {
    let dir = TestDir::new(&[("main.tf", STACK)]);
    hides(&dir, "apply -auto-approve", 0);
    hides(&dir, "plan -destroy -out=p", 0);
    let before = files(&dir);
    let key = run(&dir, "key show").stdout;
    let key = key.split(' ').nth(1).unwrap();
    dir.write("tf/empty", "");
    for (name, value) in [
        ("CLOUDAPP_KEY", OTHER_KEY),
        ("CLOUDAPP_KEY", "hunter2"),
        ("CLOUDAPP_KEY_FILE", "missing"),
    ] {
        for args in [
            "apply p",
            "plan",
            "apply -auto-approve",
            "destroy -auto-approve",
            "output",
            "state list",
            "show p",
        ] {
            let ran = with_key(&dir, args, name, value);
            assert_eq!(ran.code, 1, "{name} {args}: {ran:?}");
            let said = ran.stderr.contains(key) && ran.stderr.contains("CLOUDAPP_KEY");
            assert!(
                said && !ran.stderr.contains("hunter2"),
                "{name} {args}: {ran:?}"
            );
        }
    }
    std::fs::remove_dir_all(dir.path().join("tf")).unwrap();
    assert_eq!(files(&dir), before);
    assert_eq!(run(&dir, "apply p").code, 0);
}

#[test]
fn a_key_that_is_none_leaves_no_file() {
    let dir = TestDir::new(&[("main.tf", STACK)]);
    for args in ["apply -auto-approve", "plan -out=p"] {
        let ran = with_key(&dir, args, "CLOUDAPP_KEY", "hunter2");
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.stderr.contains("32 bytes"), "{ran:?}");
        assert_eq!(files(&dir).len(), 1, "{args}");
    }
}

#[test]
fn a_key_of_the_environment_needs_no_file() {
    let dir = TestDir::new(&[("main.tf", STACK)]);
    let with = |args: &str| with_key(&dir, args, "CLOUDAPP_KEY", OTHER_KEY);
    assert_eq!(with("apply -auto-approve").code, 0);
    assert!(!dir.path().join("cloudapp.db.key").exists());
    assert_eq!(with("output -raw password").stdout, SECRET);
    dir.write("key.txt", OTHER_KEY);
    assert_eq!(
        run(&dir, "-key-file=key.txt output -raw password").stdout,
        SECRET
    );
    assert_eq!(
        with_key(&dir, "output -raw password", "CLOUDAPP_KEY_FILE", "key.txt").stdout,
        SECRET
    );
    assert_eq!(
        with("key rotate").code,
        1,
        "it must be said where the new one is"
    );
    assert_eq!(with("key rotate -new-key-file=new.txt").code, 0);
    assert_eq!(with("output -raw password").code, 1);
    assert_eq!(
        run(&dir, "-key-file=new.txt output -raw password").stdout,
        SECRET
    );
    assert_eq!(run(&dir, "-key-file=new.txt destroy -auto-approve").code, 0);
}

#[test]
fn the_programs_own_key_can_be_replaced() {
    let dir = TestDir::new(&[("main.tf", STACK)]);
    assert!(run(&dir, "key show").stdout.contains("no key yet"));
    hides(&dir, "apply -auto-approve", 0);
    hides(&dir, "plan -destroy -out=p", 0);
    let mut keys = vec![run(&dir, "key show").stdout];
    for args in ["key rotate", "key rotate -reencrypt"] {
        hides(&dir, args, 0);
        keys.push(run(&dir, "key show").stdout);
        assert_eq!(run(&dir, "output -raw password").stdout, SECRET);
        assert_eq!(run(&dir, "plan -detailed-exitcode").code, 0);
        clean_files(&[SECRET.to_owned()], dir.path());
    }
    keys.dedup();
    assert_eq!(keys.len(), 3, "{keys:?}");
    let refused = run(&dir, "apply p");
    assert!(
        refused.code == 1 && refused.stderr.contains("wrong"),
        "{refused:?}"
    );
    hides(&dir, "destroy -auto-approve", 0);
}
