//! Flags that cannot be followed, and those that name nothing: what is said about them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say what they expect"
)]

mod support;

use support::TestDir;

const STACK: &str = r#"
resource "terraform_data" "network" {}
resource "terraform_data" "machine" {
  count = 2
}
module "storage" {
  source   = "./storage"
  for_each = toset(["hot"])
}
"#;

fn stack() -> TestDir {
    TestDir::new(&[
        ("main.tf", STACK),
        (
            "storage/main.tf",
            "resource \"terraform_data\" \"disk\" {}\n",
        ),
    ])
}

/// What commands say, without where the mock cloud is.
fn told(dir: &TestDir, lines: &[&str]) -> String {
    let mut all = String::new();
    for line in lines {
        let ran = dir.run(&format!("{line} -no-color"));
        let said: String = (ran.stdout + &ran.stderr)
            .lines()
            .filter(|l| !l.starts_with("Mock cloud:") && !l.is_empty())
            .map(|l| format!("{l}\n"))
            .collect();
        all += &format!("$ {line}\nexit {}\n{said}\n", ran.code);
    }
    all
}

#[test]
fn contradictions_are_refused() {
    let dir = stack();
    dir.ok("plan -out=p");
    insta::assert_snapshot!(told(
        &dir,
        &[
            "plan -destroy -refresh-only",
            "plan -refresh-only -refresh=false",
            "plan -destroy -replace=terraform_data.network",
            "plan -refresh-only -replace=terraform_data.network",
            "apply -auto-approve -destroy -refresh-only",
            "destroy -auto-approve -refresh-only",
            "destroy -auto-approve -replace=terraform_data.network",
            "refresh -refresh=false",
            "refresh -destroy",
            "plan -replace=module.storage",
            "plan -target=a.b.c.d",
            "apply p -destroy",
            "apply p -refresh-only",
            "apply p -refresh=false",
            "apply p -target=terraform_data.network",
            "apply p -replace=terraform_data.network",
            "apply p -var=a=1",
            "destroy p",
        ]
    ));
    assert_eq!(dir.run("state list").stdout, "", "nothing was done");
    dir.ok("plan -destroy -refresh=false");
    dir.ok("apply p -parallelism=3 -lock-timeout=1s -input=false");
}

#[test]
fn parallelism_is_a_number_of_operations() {
    let dir = stack();
    insta::assert_snapshot!(told(
        &dir,
        &[
            "plan -parallelism=0",
            "apply -parallelism=-1",
            "destroy -parallelism -1",
            "refresh -parallelism=1.5",
            "plan -parallelism=many",
            "import -parallelism=0 terraform_data.network x",
        ]
    ));
    dir.ok("apply -auto-approve -parallelism=1");
}

#[test]
fn what_is_named_and_is_not_there_is_said_with_what_is_near() {
    let dir = stack();
    dir.ok("apply -auto-approve");
    insta::assert_snapshot!(told(
        &dir,
        &[
            "plan -target=terraform_data.netwrok",
            "plan -target=terraform_data.machine[2]",
            "plan -target=module.storage[\"cold\"]",
            "plan -target=module.storge",
            "plan -target=something.else_altogether",
            "plan -replace=terraform_data.machine",
            "plan -replace=terraform_data.ntework",
            "plan -replace=something.else_altogether",
        ]
    ));
}
