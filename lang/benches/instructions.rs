//! What parsing and evaluating cost in processor instructions: the same on a busy machine as on an idle one, so that a
//! change of one percent can be seen.
//!
//! Needs valgrind, and `cargo install gungraun-runner --version 0.20.0`; then
//! `cargo bench -p cloudapp-lang --bench instructions`. The difference to the previous run is printed beside each figure.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a benchmark that cannot run should say so and end

#[allow(
    dead_code,
    reason = "the megabytes of the other benchmark are too many to count"
)]
mod workload;

mod evaluation;

use std::hint::black_box;

use cloudapp_lang::FileId;
use cloudapp_lang::syntax::ast::Body;
use cloudapp_lang::syntax::parse_file;
use gungraun::{library_benchmark, library_benchmark_group, main};

fn text() -> String {
    workload::configuration(64 * 1024)
}

#[library_benchmark(setup = text)]
fn parse_64_kilobytes(text: String) -> (String, Body) {
    let body = black_box(parse_file(black_box(&text), FileId(0)).0);
    (text, body)
}

/// The tables of functions are made on first use: not what is measured.
fn warm_body() -> evaluation::Body {
    let body = evaluation::Body::new();
    drop(body.evaluate());
    body
}

#[library_benchmark(setup = warm_body)]
fn evaluate_100_bodies(body: evaluation::Body) -> evaluation::Body {
    for _ in 0..100 {
        drop(black_box(body.evaluate()));
    }
    body
}

library_benchmark_group!(
    name = language,
    benchmarks = [parse_64_kilobytes, evaluate_100_bodies]
);
main!(library_benchmark_groups = language);
