//! `import` and `plan -generate-config-out`, from outside.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say what they expect"
)]

mod support;

use serde_json::Value as Json;
use support::{Ran, TestDir};

const NETWORK: &str = r##"
resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
  tags       = { owner = "me", "two words" = "$${x}" }
}
resource "tencentcloud_instance" "web" {
  instance_name     = "web"
  availability_zone = "ap-guangzhou-3"
  image_id          = "img-487zeit5"
  instance_type     = "S5.MEDIUM2"
  password          = "Secret123!x"
  user_data_raw     = "#!/bin/sh\necho $${HOME}\n"
  data_disks {
    data_disk_type = "CLOUD_SSD"
    data_disk_size = 50
  }
}
"##;

/// A command with what it says, as a person sees it. Ids are the cloud's own, so they are named.
fn shown(ran: &Ran, ids: &[(&str, &str)]) -> String {
    let text = format!(
        "exit {}\n--- out\n{}--- err\n{}",
        ran.code, ran.stdout, ran.stderr
    );
    ids.iter()
        .fold(text, |text, (id, name)| text.replace(id, name))
}

fn id(dir: &TestDir, address: &str) -> String {
    let shown: Json =
        serde_json::from_str(&dir.ok(&format!("state show -json {address}"))).unwrap();
    shown["values"]["id"].as_str().unwrap().to_owned()
}

/// A cloud with a network and a machine that the state no longer has.
fn abandoned() -> (TestDir, String, String) {
    let dir = TestDir::new(&[("main.tf", NETWORK)]);
    dir.ok("apply -auto-approve");
    let (vpc, web) = (
        id(&dir, "tencentcloud_vpc.main"),
        id(&dir, "tencentcloud_instance.web"),
    );
    dir.ok("state rm tencentcloud_vpc.main tencentcloud_instance.web");
    (dir, vpc, web)
}

#[test]
fn an_object_is_taken_into_the_state() {
    let dir = TestDir::new(&[(
        "main.tf",
        "resource \"terraform_data\" \"a\" {}\nresource \"terraform_data\" \"b\" {\n  for_each = toset([\"x\"])\n}\nresource \"null_resource\" \"n\" {}\n",
    )]);
    let mut all = String::new();
    for line in [
        "terraform_data.a given-id",
        "-lock-timeout=1s -input=false terraform_data.b[\"x\"] other",
        "terraform_data.a again",
        "terraform_data.b[\"y\"] x",
        "terraform_data.b x",
        "terraform_data.a[0] x",
        "terraform_data.zz x",
        "module.m.terraform_data.a x",
        "data.terraform_data.a x",
        "null_resource.n x",
        "terraform_data x",
    ] {
        let ran = dir.run(&format!("import -no-color {line}"));
        all += &format!("$ import {line}\n{}\n", shown(&ran, &[]));
    }
    insta::assert_snapshot!(all);
    assert_eq!(
        dir.ok("state list"),
        "terraform_data.a\nterraform_data.b[\"x\"]\n"
    );
    assert_eq!(
        dir.run("plan -detailed-exitcode -target=terraform_data.a")
            .code,
        0
    );
}

#[test]
fn an_import_that_fails_for_a_moment_is_tried_again() {
    let (dir, vpc, _) = abandoned();
    let once = r#"{"op": "import", "nth": 1, "code": "InternalError", "class": "retryable"}"#;
    dir.write("mock.json", &format!(r#"{{"faults": [{once}]}}"#));
    dir.ok(&format!(
        "import --mock-config=mock.json tencentcloud_vpc.main {vpc}"
    ));
    let calls = dir.ok("cloud calls -json");
    assert_eq!(calls.matches(r#""op":"import""#).count(), 2, "{calls}");
}

#[test]
fn an_import_looks_at_nothing_else() {
    let (dir, vpc, _) = abandoned();
    dir.write(
        "main.tf",
        r#"
variable "region" {}
provider "tencentcloud" {
  region = var.region
}
resource "tencentcloud_vpc" "main" {
  name       = "renamed"
  cidr_block = "10.0.0.0/16"
}
resource "terraform_data" "unrelated" {
  count = 2
}
output "fails" {
  value = terraform_data.unrelated[5].id
}
"#,
    );
    dir.ok(&format!(
        "import -var region=ap-guangzhou tencentcloud_vpc.main {vpc}"
    ));
    assert_eq!(dir.ok("state list"), "tencentcloud_vpc.main\n");
    assert_eq!(dir.run("import tencentcloud_vpc.main vpc-none").code, 1);
    dir.ok("state rm tencentcloud_vpc.main");
    dir.write("main.tf", "provider \"tencentcloud\" {\n  region = terraform_data.a.output\n}\nresource \"terraform_data\" \"a\" {\n  input = \"ap-guangzhou\"\n}\nresource \"tencentcloud_vpc\" \"second\" {\n  name       = \"x\"\n  cidr_block = \"10.0.0.0/16\"\n}\n");
    let ran = dir.run(&format!("import tencentcloud_vpc.second {vpc}"));
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("main.tf:1:1"), "{ran:?}");
}

#[test]
fn an_object_is_managed_at_one_address() {
    let (dir, vpc, _) = abandoned();
    let block = |name: &str| {
        format!(
            "resource \"tencentcloud_vpc\" \"{name}\" {{\n  name       = \"main\"\n  cidr_block = \"10.0.0.0/16\"\n}}\n"
        )
    };
    dir.write("main.tf", &(block("main") + &block("second")));
    dir.ok(&format!("import tencentcloud_vpc.main {vpc}"));
    let again = dir.run(&format!("import -no-color tencentcloud_vpc.second {vpc}"));
    insta::assert_snapshot!(shown(&again, &[(&vpc, "vpc-ID")]));
    assert_eq!(dir.ok("state list"), "tencentcloud_vpc.main\n");
}

#[test]
fn configuration_is_written_for_what_exists() {
    let (dir, vpc, web) = abandoned();
    let import = |to: &str, id: &str| format!("import {{\n  to = {to}\n  id = \"{id}\"\n}}\n");
    let imports = import("tencentcloud_vpc.main", &vpc)
        + &import("tencentcloud_instance.web", &web)
        + &import("random_string.r", "abc");
    dir.write("main.tf", &imports);
    let ids = [(vpc.as_str(), "vpc-ID"), (web.as_str(), "ins-ID")];
    let planned =
        dir.run("plan -no-color -detailed-exitcode -out=p -generate-config-out=generated.tf");
    let mut all = shown(&planned, &ids);
    let written = std::fs::read_to_string(dir.path().join("generated.tf")).unwrap();
    // What the cloud has chosen differs from run to run.
    let chosen = [
        "_disk_id",
        "private_ip",
        "subnet_id",
        "vpc_id",
        "security_groups",
    ];
    let written: String = written
        .lines()
        .filter(|l| !chosen.iter().any(|c| l.contains(c)))
        .map(|l| format!("{l}\n"))
        .collect();
    all += "--- generated.tf\n";
    all += &shown(
        &Ran {
            code: 0,
            stdout: written,
            stderr: String::new(),
        },
        &ids,
    );
    insta::assert_snapshot!(all);

    // A saved plan carries what was written.
    let saved: Json = serde_json::from_str(&dir.ok("show -json p")).unwrap();
    assert_eq!(
        saved["resource_changes"][0]["change"]["importing"]["id"],
        "abc"
    );
    assert_eq!(dir.run("plan -generate-config-out=generated.tf").code, 1);
    assert_eq!(dir.run("plan -destroy -generate-config-out=x.tf").code, 1);
    assert!(
        dir.ok("apply -no-color p")
            .contains("3 imported, 0 added, 1 changed")
    );
    assert_eq!(
        dir.run("plan -detailed-exitcode -generate-config-out=x.tf")
            .code,
        0
    );
    assert!(
        !dir.path().join("x.tf").exists(),
        "there is nothing to write"
    );
}

#[test]
fn what_cannot_be_written_is_an_error_at_its_place() {
    let import = |to: &str| format!("import {{\n  to = {to}\n  id = \"x\"\n}}\n");
    for (to, code) in [
        ("random_uuid.a", "import-failed"),
        ("tencentcloud_vpc.a", "nothing-to-import"),
        ("tencentcloud_nonsense.a", "unknown-type"),
        ("terraform_data.a[0]", "cannot-generate"),
        ("module.m.terraform_data.a", "cannot-generate"),
    ] {
        let dir = TestDir::new(&[("main.tf", &import(to))]);
        let ran = dir.run("plan -no-color -generate-config-out=x.tf");
        assert_eq!(ran.code, 1, "{to}: {ran:?}");
        assert!(ran.stderr.contains(code), "{to}: {ran:?}");
        assert!(ran.stderr.contains("main.tf:"), "{to}: {ran:?}");
        assert!(!dir.path().join("x.tf").exists());
    }
}
