//! What the graph and the scheduler cost by themselves, in nodes a second: building and checking a dependency graph, and
//! working through it with operations that take no time.
//!
//! `cargo bench -p cloudapp-engine --bench parts`. How to read it: docs/benchmarks.md.

#![allow(clippy::unwrap_used)] // a benchmark that cannot run should say so and end

use std::hint::black_box;

use cloudapp_engine::benchmark::Layers;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const SIZES: [u32; 2] = [1_000, 100_000];

fn graph(c: &mut Criterion) {
    let mut group = c.benchmark_group("graph");
    for n in SIZES {
        group.throughput(Throughput::Elements(n.into()));
        group.bench_with_input(BenchmarkId::from_parameter(n), &n, |b, n| {
            b.iter(|| Layers::new(black_box(*n)).unwrap());
        });
    }
}

fn scheduler(c: &mut Criterion) {
    let mut group = c.benchmark_group("scheduler");
    for n in SIZES {
        let layers = Layers::new(n).unwrap();
        group.throughput(Throughput::Elements(n.into()));
        group.bench_with_input(BenchmarkId::from_parameter(n), &layers, |b, layers| {
            b.iter(|| layers.schedule(black_box(10)));
        });
    }
}

criterion_group!(parts, graph, scheduler);
criterion_main!(parts);
