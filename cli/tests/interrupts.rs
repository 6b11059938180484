//! Ctrl-C once, twice and three times, and what else ends a run from outside; and what a cloud that fails often costs.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests say what they expect"
)]

mod support;

use std::collections::{BTreeMap, HashMap};
use std::io::BufRead as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use support::{Ran, TestDir};

const TWO: &str = r#"
resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
}
resource "tencentcloud_subnet" "main" {
  name              = "main"
  vpc_id            = tencentcloud_vpc.main.id
  availability_zone = "ap-guangzhou-3"
  cidr_block        = "10.0.1.0/24"
}
"#;

fn start(dir: &TestDir) -> Child {
    start_with(dir, "mock.json")
}

fn start_with(dir: &TestDir, mock: &str) -> Child {
    dir.command(&format!("apply -auto-approve -mock-config={mock}"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn interrupt(child: &Child) {
    signal(child, "-INT");
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

fn ended(child: Child) -> Ran {
    let began = Instant::now();
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert!(
        began.elapsed() < Duration::from_secs(20),
        "it waited: {ran:?}"
    );
    ran
}

/// What was in flight is recorded, the lock is given back, and the next run makes the rest.
fn ended_in_good_order(dir: &TestDir) {
    let state = dir.ok("state list");
    assert_eq!(state.lines().count(), objects(dir), "{state}");
    let again = dir.ok("apply -auto-approve -no-color");
    assert!(!again.contains("operation-recovered"), "{again}");
    assert_eq!(objects(dir), 2);
}

fn slow() -> TestDir {
    TestDir::new(&[
        ("main.tf", TWO),
        ("mock.json", r#"{"latency_ms": {"create": [1500, 1500]}}"#),
    ])
}

/// Waits until the intent of the first operation is written: then the call is under way.
fn wait_for_call(dir: &TestDir) {
    let path = dir.path().join("cloudapp.db-wal");
    for _ in 0..400 {
        if std::fs::read(&path).is_ok_and(|b| b.windows(21).any(|w| w == b"tencentcloud_vpc.main"))
        {
            std::thread::sleep(Duration::from_millis(200));
            return;
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    panic!("nothing was begun");
}

fn objects(dir: &TestDir) -> usize {
    list(&dir.ok("cloud objects -json")).len()
}

fn list(text: &str) -> Vec<Json> {
    serde_json::from_str(text).unwrap()
}

#[test]
fn the_first_lets_what_is_in_flight_end() {
    let dir = TestDir::new(&[
        ("main.tf", TWO),
        ("mock.json", r#"{"latency_ms": {"create": [1500, 1500]}}"#),
    ]);
    let child = start(&dir);
    wait_for_call(&dir);
    interrupt(&child);
    let ran = ended(child);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("error[interrupted]"), "{ran:?}");
    assert_eq!(dir.ok("state list").trim(), "tencentcloud_vpc.main");
    assert_eq!(objects(&dir), 1);
}

/// Eight may run: a ninth is announced ahead, and taken back by an interrupt. Nothing is left of it: what comes next neither
/// asks about it nor makes it twice, and the object that a replacement put aside is where it was.
#[test]
fn what_was_announced_ahead_is_taken_back() {
    const N: usize = 12;
    let stack = |net: u8| {
        format!(
            r#"
resource "tencentcloud_vpc" "many" {{
  count      = {N}
  name       = "vpc-${{count.index}}"
  cidr_block = "{net}.${{count.index}}.0.0/16"
  lifecycle {{
    create_before_destroy = true
  }}
}}
"#
        )
    };
    let slow = r#"{"latency_ms": {"create": [1200, 1200]}}"#;
    for interrupts in [1, 3] {
        let dir = TestDir::new(&[("main.tf", &stack(10)), ("mock.json", slow)]);
        let interrupted = || {
            let mut child = dir
                .command("apply -auto-approve -json -parallelism=8 -mock-config=mock.json")
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let mut lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
            let mut begun = lines.by_ref().map(Result::unwrap);
            begun.find(|l| l.contains("apply_start")).unwrap();
            std::thread::sleep(Duration::from_millis(300));
            for _ in 0..interrupts {
                interrupt(&child);
                std::thread::sleep(Duration::from_millis(150));
            }
            let rest: Vec<String> = lines.map(Result::unwrap).collect();
            assert_eq!(child.wait().unwrap().code(), Some(1), "{rest:#?}");
            rest.join("\n")
        };
        let whole = || {
            let said = dir.ok("apply -auto-approve");
            let state = dir.ok("state list");
            assert_eq!(
                (objects(&dir), state.lines().count()),
                (N, N),
                "{said}\n{state}"
            );
            assert_eq!(dir.run("plan -detailed-exitcode").code, 0);
        };
        let said = interrupted();
        assert!(said.contains("4 operations were not begun"), "{said}");
        whole();
        dir.write("main.tf", &stack(11));
        interrupted();
        let state = dir.ok("state list");
        assert!((4..=N).contains(&state.lines().count()), "{state}");
        whole();
        let creates = list(&dir.ok("cloud calls -json"));
        let creates = creates
            .iter()
            .filter(|c| c["op"] == "create" && c["outcome"] == "ok");
        assert_eq!(creates.count(), 2 * N, "each object was made once");
    }
}

#[test]
fn the_second_cancels_calls_and_the_next_run_finds_what_they_did() {
    // The call takes effect in the middle of its latency.
    let dir = TestDir::new(&[
        ("main.tf", TWO),
        (
            "mock.json",
            r#"{"latency_ms": {"create": [1, 1]}, "faults": [
            {"op": "create", "code": "Lost", "class": "unknown", "created": true, "after_ms": 60000}]}"#,
        ),
    ]);
    let child = start(&dir);
    wait_for_call(&dir);
    let began = Instant::now();
    interrupt(&child);
    std::thread::sleep(Duration::from_millis(200));
    interrupt(&child);
    let ran = ended(child);
    assert!(began.elapsed() < Duration::from_secs(20), "it waited");
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!((dir.ok("state list").trim(), objects(&dir)), ("", 1));
    let again = dir.run("apply -auto-approve");
    assert!(
        again.stdout.contains("warning[operation-recovered]"),
        "{again:?}"
    );
    assert_eq!(objects(&dir), 2);
}

#[test]
fn the_third_waits_for_nobody_and_notes_what_is_unknown() {
    // A program that does not end when it is asked to.
    let dir = TestDir::new(&[
        ("main.tf", &TWO.replace(
            "cidr_block = \"10.0.0.0/16\"\n",
            "cidr_block = \"10.0.0.0/16\"\n  provisioner \"local-exec\" {\n    command = \"trap '' INT TERM; touch begun; sleep 30\"\n  }\n",
        )),
        ("mock.json", "{}"),
    ]);
    let child = dir
        .command("apply -auto-approve -allow-local-exec -mock-config=mock.json")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    dir.wait_for("begun");
    let began = Instant::now();
    for _ in 0..3 {
        interrupt(&child);
        std::thread::sleep(Duration::from_millis(150));
    }
    let ran = ended(child);
    assert!(
        began.elapsed() < Duration::from_secs(15),
        "it waited: {ran:?}"
    );
    assert_eq!(ran.code, 1, "{ran:?}");
    // It ended in good order: the lock is given back, and what is half made is known to be.
    assert!(dir.ok("show").contains("tainted"));
    let again = dir.ok("apply -auto-approve -target=tencentcloud_subnet.main -destroy");
    assert!(again.contains("0 destroyed"), "{again}");
}

#[test]
fn an_interrupt_ends_the_wait_for_another_attempt() {
    let dir = TestDir::new(&[
        ("main.tf", TWO),
        (
            "mock.json",
            r#"{"faults": [
            {"op": "create", "code": "Busy", "class": "throttled", "after_ms": 60000}], "latency_ms": {}}"#,
        ),
    ]);
    // The fault itself takes as long as it says, so the wait is cut short by a cancelled call or by a stop.
    let child = start(&dir);
    wait_for_call(&dir);
    let began = Instant::now();
    interrupt(&child);
    std::thread::sleep(Duration::from_millis(200));
    interrupt(&child);
    let ran = ended(child);
    assert!(began.elapsed() < Duration::from_secs(20), "{ran:?}");
    assert_eq!((ran.code, objects(&dir)), (1, 0), "{ran:?}");
}

/// A terminal that is closed counts as one Ctrl-C, however often the system says so.
#[test]
fn a_closed_terminal_lets_what_is_in_flight_end() {
    let dir = slow();
    let child = start(&dir);
    wait_for_call(&dir);
    for _ in 0..4 {
        signal(&child, "-HUP");
        std::thread::sleep(Duration::from_millis(50));
    }
    let ran = ended(child);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("error[interrupted]"), "{ran:?}");
    assert_eq!(dir.ok("state list").trim(), "tencentcloud_vpc.main");
    ended_in_good_order(&dir);
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_that_is_to_outlive_its_terminal_does() {
    let dir = slow();
    let program = env!("CARGO_BIN_EXE_cloudapp");
    let mut nohup = Command::new("nohup");
    nohup
        .args([program, "apply", "-auto-approve", "-mock-config=mock.json"])
        .current_dir(dir.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = nohup.spawn().unwrap();
    wait_for_call(&dir);
    signal(&child, "-HUP");
    let ran = ended(child);
    assert_eq!((ran.code, objects(&dir)), (0, 2), "{ran:?}");
}

/// A reader that goes away stops the run as Ctrl-C does: nothing that was begun is left unrecorded.
#[test]
fn a_closed_output_lets_what_is_in_flight_end() {
    let dir = slow();
    let mut child = start(&dir);
    wait_for_call(&dir);
    drop(child.stdout.take());
    let ran = ended(child);
    assert_eq!(ran.code, 1, "{ran:?}");
    let said = ran.stderr.matches("error[output-lost]").count();
    assert_eq!(said, 1, "{ran:?}");
    assert!(ran.stderr.contains("error[interrupted]"), "{ran:?}");
    assert_eq!(dir.ok("state list").trim(), "tencentcloud_vpc.main");
    ended_in_good_order(&dir);
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_takes_nothing_begins_nothing() {
    let dir = slow();
    let refused = ["error[output-lost]", "No space left"];
    // A stream begins before the run does.
    for (args, codes) in [
        (" -json", &refused[..]),
        ("", &[&refused[..], &["error[interrupted]"]].concat()),
    ] {
        let mut command = dir.command(&format!("apply -auto-approve -mock-config=mock.json{args}"));
        let full = std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let child = command.stdout(full).stderr(Stdio::piped()).spawn().unwrap();
        let ran = ended(child);
        assert_eq!(ran.code, 1, "{ran:?}");
        for code in codes {
            assert!(ran.stderr.contains(code), "{args}: {ran:?}");
        }
        assert_eq!(objects(&dir), 0);
    }
    // What only prints says why, too; but not that a reader has seen enough.
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let child = dir
        .command("plan")
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let ran = ended(child);
    assert!(
        ran.code == 1 && ran.stderr.contains("error[output-lost]"),
        "{ran:?}"
    );
    let mut command = dir.command("plan");
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ran = ended(child);
    assert!(ran.code == 1 && !ran.stderr.contains("error"), "{ran:?}");
    ended_in_good_order(&dir);
}

#[test]
fn who_waits_for_the_lock_can_be_interrupted() {
    let dir = slow();
    let holder = start(&dir);
    wait_for_call(&dir);
    for (command, name) in [("apply -auto-approve", "-INT"), ("plan", "-TERM")] {
        let mut waiting = dir.command(&format!("{command} -no-color -lock-timeout=60s"));
        let child = waiting
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(300));
        let began = Instant::now();
        signal(&child, name);
        let ran = ended(child);
        assert!(began.elapsed() < Duration::from_secs(1), "{ran:?}");
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.stderr.contains("error[interrupted]"), "{ran:?}");
    }
    let ran = ended(holder);
    assert_eq!((ran.code, objects(&dir)), (0, 2), "{ran:?}");
}

/// The file of the state is taken away: what is made is known to nobody then, so it is said, and nothing more begins.
#[test]
fn a_state_that_is_taken_away_ends_the_run() {
    let dir = slow();
    let child = start(&dir);
    wait_for_call(&dir);
    let away = dir.path().join("away");
    std::fs::create_dir(&away).unwrap();
    let files = ["cloudapp.db", "cloudapp.db-wal", "cloudapp.db-shm"];
    for name in files {
        std::fs::rename(dir.path().join(name), away.join(name)).unwrap();
    }
    let ran = ended(child);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("error[state-moved]"), "{ran:?}");
    assert!(
        ran.stderr.contains("error[objects-unknown-to-state]"),
        "{ran:?}"
    );
    assert!(
        ran.stderr.contains("tencentcloud_vpc.main (vpc-"),
        "{ran:?}"
    );
    assert_eq!(objects(&dir), 1, "nothing more was begun");
    for name in files {
        // The program folds the log into the file where it ends in good order.
        let _ = std::fs::rename(away.join(name), dir.path().join(name));
    }
    dir.ok("apply -auto-approve");
    assert_eq!(objects(&dir), 2);
}

/// Thirty calls of a hundred fail and the account may make forty calls a second: everything is made all the same, once.
/// What failed as if it might work again may have worked: where no later attempt tells, the next run finds out.
#[test]
fn what_may_have_been_made_is_looked_for() {
    const FAILS: &str = r#"{"faults": [
        {"op": "create", "type": "tencentcloud_vpc", "nth": 1, "code": "InternalError", "class": "retryable", "created": true},
        {"op": "create", "type": "tencentcloud_vpc", "code": "InternalError", "class": "retryable"}
    ]}"#;
    let dir = TestDir::new(&[("main.tf", TWO), ("mock.json", FAILS)]);
    let child = start(&dir);
    wait_for_call(&dir);
    // By now a second attempt has failed, too.
    std::thread::sleep(Duration::from_millis(600));
    interrupt(&child);
    let ran = ended(child);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("attempts.)"), "{ran:?}");
    assert!(ran.stderr.contains("the next run finds out"), "{ran:?}");
    let next = dir.ok("apply -auto-approve");
    assert!(next.contains("warning[operation-recovered]"), "{next}");
    assert_eq!(objects(&dir), 2);
    assert_eq!(dir.run("plan -detailed-exitcode").code, 0);
}

/// A cloud that shows things late has to be asked for as long as it may take. Whoever stops asking knows nothing.
#[test]
fn an_interrupt_while_a_late_cloud_is_asked_leaves_the_question_open() {
    const KILLED: &str =
        r#"{"consistency_ms": 6000, "kill": [{"call": 1, "when": "after", "signal": "kill"}]}"#;
    const ONE: &str = r#"
resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
}
"#;
    let dir = TestDir::new(&[
        ("main.tf", ONE),
        ("late.json", r#"{"consistency_ms": 6000}"#),
        ("killed.json", KILLED),
    ]);
    dir.ok("apply -auto-approve --mock-config=late.json");
    dir.write("main.tf", &ONE.replace("\"main\"\n", "\"other\"\n"));
    dir.run("apply -auto-approve -refresh=false --mock-config=killed.json");
    let child = start_with(&dir, "late.json");
    std::thread::sleep(Duration::from_millis(800));
    interrupt(&child);
    let ran = ended(child);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.stderr
            .contains("one operation that an earlier run began"),
        "{ran:?}"
    );
    assert_eq!(dir.ok("state list").lines().count(), 1);
    dir.ok("apply -auto-approve --mock-config=late.json");
    assert_eq!(objects(&dir), 1);
}

#[test]
fn a_cloud_that_fails_and_throttles_is_coped_with() {
    const N: usize = 12;
    let stack = format!(
        r#"
resource "tencentcloud_vpc" "many" {{
  count      = {N}
  name       = "vpc-${{count.index}}"
  cidr_block = "10.${{count.index}}.0.0/16"
}}
resource "tencentcloud_security_group" "many" {{
  count = {N}
  name  = tencentcloud_vpc.many[count.index].id
}}
"#
    );
    let dir = TestDir::new(&[
        ("main.tf", &stack),
        (
            "mock.json",
            r#"{"seed": 5, "errors": {"percent": 30, "created_percent": 50}, "rate": {"create": 20}, "account_rate": 40}"#,
        ),
    ]);
    let said = dir.ok("apply -auto-approve -parallelism=10 -json -mock-config=mock.json");
    let retries = said
        .lines()
        .filter(|l| l.contains("\"apply_retried\""))
        .count();
    let calls = list(&dir.ok("cloud calls -json"));
    assert_eq!(objects(&dir), 2 * N);
    // By operation: the attempts, how many succeeded, and what was made.
    let mut by_operation: HashMap<String, (usize, usize)> = HashMap::new();
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    for call in calls.iter().filter(|c| c["op"] == "create") {
        let outcome = call["outcome"].as_str().unwrap();
        *outcomes.entry(outcome.to_owned()).or_default() += 1;
        let of = by_operation
            .entry(call["operation"].as_str().unwrap().to_owned())
            .or_default();
        of.0 += 1;
        of.1 += usize::from(outcome == "ok");
    }
    assert_eq!(
        by_operation.len(),
        2 * N,
        "one token an operation, whatever its attempts"
    );
    assert!(
        by_operation.values().all(|(_, ok)| *ok == 1),
        "{by_operation:?}"
    );
    let attempts: usize = by_operation.values().map(|o| o.0).sum();
    assert_eq!(
        attempts,
        2 * N + retries,
        "every attempt but the first is told: {outcomes:?}"
    );
    let most = by_operation.values().map(|o| o.0).max().unwrap();
    assert!(
        most <= 20 && attempts <= 8 * N,
        "{most} {attempts} {outcomes:?}"
    );
    assert!(
        outcomes["InternalError"] > 0 && outcomes["RequestLimitExceeded"] > 0,
        "{outcomes:?}"
    );
}

/// What is fatal is not tried again.
#[test]
fn what_is_fatal_is_not_tried_again() {
    let dir = TestDir::new(&[
        ("main.tf", TWO),
        (
            "mock.json",
            r#"{"faults": [{"op": "create", "code": "No", "class": "fatal"}]}"#,
        ),
    ]);
    assert_eq!(
        dir.run("apply -auto-approve -mock-config=mock.json").code,
        1
    );
    let calls = list(&dir.ok("cloud calls -json"));
    assert_eq!(calls.len(), 1, "{calls:?}");
}

/// Published limits are kept to: nothing is throttled.
#[test]
fn published_limits_are_kept_to() {
    let stack =
        "resource \"tencentcloud_security_group\" \"many\" {\n  count = 30\n  name  = \"g\"\n}\n";
    let dir = TestDir::new(&[
        ("main.tf", stack),
        (
            "mock.json",
            r#"{"rate": {"create": 40}, "account_rate": 60, "rates_are_published": true}"#,
        ),
    ]);
    let began = Instant::now();
    dir.ok("apply -auto-approve -parallelism=30 -mock-config=mock.json");
    assert!(
        began.elapsed() > Duration::from_millis(550),
        "{:?}",
        began.elapsed()
    );
    let calls = list(&dir.ok("cloud calls -json"));
    let refused = calls.iter().filter(|c| c["outcome"] != "ok").count();
    assert_eq!((calls.len(), refused), (30, 0));
}
