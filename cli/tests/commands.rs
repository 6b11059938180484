//! The binary from outside: exit codes, files and what goes to which stream.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say what they expect"
)]

mod support;

use serde_json::Value as Json;
use support::TestDir;

const STACK: &str = r#"
variable "n" {
  type    = number
  default = 1
}
resource "terraform_data" "a" {
  input = var.n
}
resource "terraform_data" "b" {
  input = terraform_data.a.output
}
output "main" { value = terraform_data.b.output }
output "secret" {
  value     = "hunter2"
  sensitive = true
}
"#;

fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

#[test]
fn from_plan_to_destroy() {
    let dir = TestDir::new(&[("main.tf", STACK)]);
    let plan = dir.run("plan -detailed-exitcode -out=p");
    assert_eq!(plan.code, 2, "{plan:?}");
    assert!(plan.stdout.starts_with("Plan: 2 to add"), "{plan:?}");
    assert!(plan.stderr.contains("Mock cloud"), "{plan:?}");

    let shown = json(&dir.ok("show -json p"));
    assert_eq!(shown["resource_changes"][0]["change"]["after"]["input"], 1);
    assert_eq!(
        shown["resource_changes"][1]["change"]["after_unknown"]["input"],
        true
    );

    let applied = dir.ok("apply p");
    assert!(
        applied.contains("2 added") && applied.contains("entry address"),
        "{applied}"
    );
    assert!(!applied.contains("hunter2"), "{applied}");
    assert_eq!(dir.run("apply p").code, 1, "a plan is applied once");
    assert_eq!(dir.run("plan -detailed-exitcode").code, 0);

    assert_eq!(dir.ok("output -raw main"), "1");
    assert_eq!(dir.ok("output -raw secret"), "hunter2");
    assert_eq!(json(&dir.ok("output -json"))["secret"]["value"], "hunter2");
    assert_eq!(dir.run("output nope").code, 1);
    assert_eq!(dir.ok("state list"), "terraform_data.a\nterraform_data.b\n");
    assert_eq!(dir.run("state list terraform_data.c").code, 1);
    assert!(dir.ok("state show terraform_data.a").contains("input"));
    assert_eq!(json(&dir.ok("state pull"))["version"], 4);

    assert!(dir.ok("destroy -auto-approve").contains("2 destroyed"));
    assert_eq!(dir.ok("state list"), "");
}

#[test]
fn nobody_to_ask_is_an_error_that_says_what_to_do() {
    let dir = TestDir::new(&[("main.tf", STACK)]);
    let ran = dir.run("apply -no-color");
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("-auto-approve"), "{ran:?}");
    assert_eq!(dir.run("state list").stdout, "");
}

#[test]
fn variables_later_ones_win() {
    let dir = TestDir::new(&[("main.tf", STACK), ("x.tfvars", "n = 3\n")]);
    dir.ok("apply -auto-approve -var n=2 -var-file=x.tfvars");
    assert_eq!(dir.ok("output -raw main"), "3");
    dir.ok("apply -auto-approve -var-file x.tfvars -var n=4");
    assert_eq!(dir.ok("output -raw main"), "4");
    let mut command = dir.command("apply -auto-approve");
    assert!(
        command
            .env("TF_VAR_n", "5")
            .output()
            .unwrap()
            .status
            .success()
    );
    assert_eq!(dir.ok("output -raw main"), "5");
    assert_eq!(dir.run("plan -var-file=missing.tfvars").code, 1);
    assert_eq!(dir.run("plan -var n").code, 1);
}

#[test]
fn a_stream_is_json_on_every_line() {
    let dir = TestDir::new(&[("main.tf", STACK)]);
    let stream = dir.ok("apply -json -auto-approve");
    let types: Vec<String> = stream
        .lines()
        .map(|l| json(l)["type"].as_str().unwrap().to_owned())
        .collect();
    for expected in [
        "version",
        "planned_change",
        "change_summary",
        "apply_start",
        "apply_complete",
        "outputs",
    ] {
        assert!(types.iter().any(|t| t == expected), "{expected}: {types:?}");
    }
    assert_eq!(types[0], "version");
    assert!(!stream.contains("hunter2"));
    dir.write(
        "main.tf",
        "resource \"terraform_data\" \"a\" {\n  input = var.nope\n}\n",
    );
    let ran = dir.run("plan -json");
    assert_eq!(ran.code, 1);
    let last = json(ran.stdout.lines().last().unwrap());
    assert_eq!(last["type"], "diagnostic");
    assert_eq!(last["diagnostic"]["range"]["start"]["line"], 2);
}

#[test]
fn errors_point_at_the_source() {
    let dir = TestDir::new(&[("main.tf", "output \"x\" {\n  value = local.nope\n}\n")]);
    let ran = dir.run("validate -no-color");
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("main.tf:2:"), "{ran:?}");
    assert_eq!(json(&dir.run("validate -json").stdout)["valid"], false);
}

#[test]
fn the_state_can_be_edited() {
    let dir = TestDir::new(&[("main.tf", STACK)]);
    dir.ok("apply -auto-approve");
    dir.ok("taint terraform_data.a");
    assert!(dir.ok("plan").contains("-/+ terraform_data.a"));
    dir.ok("untaint terraform_data.a");
    assert_eq!(dir.run("plan -detailed-exitcode").code, 0);
    dir.ok("state mv terraform_data.a terraform_data.z");
    assert_eq!(dir.ok("state list"), "terraform_data.b\nterraform_data.z\n");
    dir.ok("state rm terraform_data.z");
    assert_eq!(dir.ok("state list"), "terraform_data.b\n");
    assert_eq!(dir.run("state rm terraform_data.z").code, 1);
    assert_eq!(
        dir.run("state mv terraform_data.z terraform_data.y").code,
        1
    );
}

#[test]
fn workspaces_have_states_of_their_own() {
    let dir = TestDir::new(&[("main.tf", STACK)]);
    dir.ok("apply -auto-approve");
    dir.ok("workspace new dev");
    assert_eq!(dir.ok("workspace show"), "dev\n");
    assert_eq!(dir.run("state list").stdout, "");
    dir.ok("apply -auto-approve");
    dir.ok("workspace select default");
    assert_eq!(
        dir.run("workspace delete dev").code,
        1,
        "it manages objects"
    );
    dir.ok("workspace delete -force dev");
    assert_eq!(dir.ok("workspace list"), "* default\n");
    assert_eq!(dir.run("workspace select nope").code, 1);
    assert_eq!(dir.run("workspace delete default").code, 1);
}

#[test]
fn what_needs_nothing_answers_at_once() {
    let dir = TestDir::new(&[]);
    assert!(dir.ok("version").starts_with("cloudapp "));
    assert!(json(&dir.ok("version -json"))["cloudapp_version"].is_string());
    assert!(
        dir.ok("init -input=false -no-color")
            .contains("Nothing to initialise")
    );
    assert!(dir.ok("-help").contains("Usage"));
    for wrong in [
        "pln",
        "plan -nope",
        "plan -parallelism=0",
        "plan --cloud mocc",
        "-chdir=nowhere plan",
        "apply nothing.plan",
    ] {
        assert_eq!(dir.run(wrong).code, 1, "{wrong}");
    }
    assert!(
        std::fs::read_dir(dir.path()).unwrap().next().is_none(),
        "nothing was written"
    );
}

#[test]
fn how_conditions_turned_out_is_shown() {
    let dir = TestDir::new(&[(
        "main.tf",
        "variable \"v\" {\n  type = number\n}\n\ncheck \"c\" {\n  assert {\n    condition     = var.v == 1\n    error_message = \"not one\"\n  }\n}\n",
    )]);
    let plan = dir.run("plan -no-color -var v=2 -out p -detailed-exitcode");
    assert_eq!(plan.code, 0, "{plan:?}");
    assert!((plan.stdout + &plan.stderr).contains("not one"));
    let status = |args: &str| {
        let json: serde_json::Value = serde_json::from_str(&dir.ok(args)).unwrap();
        let check = &json["checks"][0];
        assert_eq!(check["address"]["to_display"], "check.c");
        let problem = &check["instances"][0]["problems"][0]["message"];
        (
            check["status"].as_str().unwrap().to_owned(),
            problem.as_str().map(str::to_owned),
        )
    };
    let failed = ("fail".to_owned(), Some("not one".to_owned()));
    assert_eq!(status("show -json p"), failed);
    let applied = dir.run("apply -no-color p");
    assert_eq!(applied.code, 0, "{applied:?}");
    assert_eq!(status("show -json"), failed);
    dir.ok("apply -auto-approve -var v=1");
    assert_eq!(status("show -json"), ("pass".to_owned(), None));
}
