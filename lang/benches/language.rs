//! How fast text becomes a tree, how much memory the tree takes, and how fast expressions become values; the parser
//! beside others on the same text.
//!
//! `cargo bench -p cloudapp-lang --bench language` measures with criterion, then prints one table. With `-- --table` it
//! prints the table alone. How to read it: docs/benchmarks.md.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a benchmark that cannot run should say so and end
#![allow(clippy::print_stdout)] // the table is what this is for

mod allocations;
mod clock;
mod evaluation;
mod workload;

use std::hint::black_box;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use clock::{shortest, spent_by_children};
use cloudapp_lang::FileId;
use cloudapp_lang::syntax::parse_file;
use criterion::{Criterion, Throughput};
use workload::{MEGABYTE, configuration};

fn ours(text: &str) -> impl Sized + use<> {
    let (body, found) = parse_file(text, FileId(0));
    assert!(!found.has_errors(), "{found:?}");
    body
}

fn hcl_edit(text: &str) -> impl Sized + use<> {
    hcl_edit::parser::parse_body(text).unwrap()
}

fn hcl_rs(text: &str) -> impl Sized + use<> {
    hcl::parse(text).unwrap()
}

fn criterion(c: &mut Criterion) {
    let text = configuration(MEGABYTE);
    let mut group = c.benchmark_group("parse");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.sample_size(20);
    group.bench_function("cloudapp", |b| b.iter_with_large_drop(|| ours(&text)));
    group.bench_function("hcl-edit", |b| b.iter_with_large_drop(|| hcl_edit(&text)));
    group.bench_function("hcl-rs", |b| b.iter_with_large_drop(|| hcl_rs(&text)));
    group.finish();
    let body = evaluation::Body::new();
    let mut group = c.benchmark_group("evaluate");
    group.throughput(Throughput::Elements(1));
    group.bench_function("body", |b| b.iter(|| body.evaluate()));
    group.finish();
}

fn megabytes_a_second(bytes: usize, took: Duration) -> f64 {
    bytes as f64 / MEGABYTE as f64 / took.as_secs_f64()
}

struct Row {
    name: &'static str,
    speed: f64,
    /// Bytes that the tree keeps, and that were in use at most while it was made, for each byte of text.
    memory: Option<(f64, f64)>,
}

fn row<T>(name: &'static str, text: &str, parse: impl Fn(&str) -> T) -> Row {
    let (kept, peak) = allocations::of(|| parse(text));
    let of_text = |bytes: usize| bytes as f64 / text.len() as f64;
    Row {
        name,
        speed: megabytes_a_second(text.len(), shortest(7, || parse(text))),
        memory: Some((of_text(kept), of_text(peak))),
    }
}

/// `terraform fmt` reads a file with comments and writes it again, as a process of its own. Its start is subtracted, and
/// the time of all its threads counts.
fn terraform(text: &str) -> Option<Row> {
    let run = |text: &str| {
        let before = spent_by_children()?;
        let mut child = Command::new("terraform")
            .args(["fmt", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let written = child.stdin.take()?.write_all(text.as_bytes());
        let ended = child.wait().ok()?;
        let took = spent_by_children()? - before;
        (written.is_ok() && ended.success()).then_some(took)
    };
    let start = (0..3).filter_map(|_| run("a = 1\n")).min()?;
    let took = (0..2).filter_map(|_| run(text)).min()?;
    Some(Row {
        name: "terraform fmt (*)",
        speed: megabytes_a_second(text.len(), took.saturating_sub(start)),
        memory: None,
    })
}

fn table() {
    let text = configuration(4 * MEGABYTE);
    let mut rows = vec![
        row("cloudapp", &text, ours),
        row("hcl-edit", &text, hcl_edit),
        row("hcl-rs", &text, hcl_rs),
    ];
    let terraform = terraform(&configuration(MEGABYTE));
    let absent = terraform.is_none();
    rows.extend(terraform);
    let (speed, kept) = (rows[0].speed, rows[0].memory.map_or(0.0, |m| m.0));
    println!(
        "\nParsing {} MB of configuration on one core:\n",
        text.len() / MEGABYTE
    );
    println!(
        "| parser | MB/s | cloudapp is faster by | bytes kept a byte | at most | cloudapp keeps |"
    );
    println!("|---|---:|---:|---:|---:|---:|");
    for r in &rows {
        let memory = r.memory.map_or("– | – | –".to_string(), |(k, p)| {
            format!("{k:.1} | {p:.1} | {:.2}×", kept / k)
        });
        println!(
            "| {} | {:.1} | {:.2}× | {memory} |",
            r.name,
            r.speed,
            speed / r.speed
        );
    }
    println!(
        "\n(*) Not the same work: it also lays out and writes the text again, as a process of its own. The time of all its threads counts, but for its start.{}",
        if absent {
            " `terraform` is not on the path, so the row is missing."
        } else {
            ""
        }
    );
    let body = evaluation::Body::new();
    let took = shortest(20, || {
        (0..1000).for_each(|_| drop(black_box(body.evaluate())))
    });
    println!(
        "\nEvaluating the {} expressions of an ordinary resource: {:.0} bodies/s on one core.",
        workload::BODY.len(),
        20_000.0 / took.as_secs_f64()
    );
    println!(
        "The same with the body's schema and checks: cargo bench -p cloudapp-engine --bench bodies"
    );
}

fn main() {
    if !std::env::args().any(|a| a == "--table") {
        let mut c = Criterion::default().configure_from_args();
        criterion(&mut c);
        c.final_summary();
    }
    if std::env::args().any(|a| a == "--bench") {
        table();
    }
}
