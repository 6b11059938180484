//! How many resource bodies a second one core evaluates: the way of a plan, from bound expressions to the value that
//! conforms to the schema.
//!
//! `cargo bench -p cloudapp-engine --bench bodies`. How to read it: docs/benchmarks.md.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a benchmark that cannot run should say so and end
#![allow(clippy::print_stdout)] // the figure is what this is for

mod clock;
mod provider;

use std::hint::black_box;
use std::sync::Arc;

use cloudapp_engine::benchmark::Bodies;
use criterion::{Criterion, Throughput};
use provider::Cloud;

/// A resource of twelve arguments and two nested blocks, with references, templates, a call and a conditional.
const STACK: &str = r#"
variable "prefix" { default = "Shop" }
variable "project" { default = "accounting" }
variable "environment" { default = "production" }
variable "production" { default = true }
variable "disk_size" { default = 100 }
variable "zones" {
  type    = list(string)
  default = ["north-1", "north-2"]
}

resource "cloud_key" "operators" {
  name = "operators"
}

resource "cloud_subnet" "private" {
  name = "private"
}

resource "cloud_server" "web" {
  count      = INSTANCES
  name       = "${var.prefix}-web-${count.index + 1}"
  image      = "linux-9"
  size       = "standard.4"
  zone       = var.zones[count.index % 2]
  key_name   = cloud_key.operators.name
  monitoring = true
  project    = var.project
  period     = 12
  charge     = var.production ? "yearly" : "hourly"
  host_name  = lower("${var.prefix}-${var.project}")
  tags       = { Name = "web", Environment = var.environment }
  note       = "Made for ${var.project}."

  network {
    subnet  = cloud_subnet.private.name
    address = null
  }

  disk {
    kind = "fast"
    size = var.disk_size
  }
}
"#;

fn main() {
    const INSTANCES: usize = 2000;
    let cloud = Cloud::default();
    let text = STACK.replace("INSTANCES", &INSTANCES.to_string());
    let bodies = Bodies::load(&text, Arc::new(Cloud::default())).expect("a stack");
    let run = || {
        let count = bodies.evaluate(&cloud, "web", |v| drop(black_box(v.clone())));
        assert_eq!(count.expect("values"), INSTANCES);
    };
    if !std::env::args().any(|a| a == "--table") {
        let mut c = Criterion::default().configure_from_args();
        let mut group = c.benchmark_group("bodies");
        group.throughput(Throughput::Elements(INSTANCES as u64));
        group.bench_function("ordinary resource", |b| b.iter(run));
        group.finish();
        c.final_summary();
    }
    if std::env::args().any(|a| a == "--bench") {
        const ROUNDS: usize = 5;
        let took = clock::shortest(20, || (0..ROUNDS).for_each(|_| run()));
        println!(
            "\nEvaluating the body of an ordinary resource, with its schema and checks: {:.0} bodies/s on one core.",
            (INSTANCES * ROUNDS) as f64 / took.as_secs_f64()
        );
    }
}
