//! The figures as a page.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use super::measure::Cost;
use super::shapes::Shape;
use super::{Operation, Row};

const HEAD: &str = "# Scale

Written by `cargo xtask bench`; what it does is said in [benchmarks](benchmarks.md#whole-runs). All stacks are of `terraform_data`,
which does nothing, so what is seen is the engine. Both sides are durable: Terraform writes its state anew and waits for the disk
after every change; here the state is SQLite in its full synchronous mode. What is to be done in a cloud is on the disk before the
call; `terraform_data`, which exists in the state alone, does not wait for the disk: what ends while one commit is under way is written
by the next, and what a crash cuts off is made again. When a run ends, all of it is on the disk. Each side is one process for each
operation; *user* is the time of all its threads on processors, *memory* the most that it had at one time.
";

pub(super) fn report(
    compared: &[Row],
    grown: &[Row],
    terraform: bool,
    plot: &Path,
    args: &[String],
) -> String {
    let mut out = String::from(HEAD);
    let command = args
        .iter()
        .fold("cargo xtask bench".to_owned(), |all, arg| all + " " + arg);
    let _ok = writeln!(out, "\nMade with `{command}`.");
    if !compared.is_empty() {
        comparison(&mut out, compared, terraform);
    }
    if !grown.is_empty() {
        growth(&mut out, grown, plot);
    }
    out
}

// Writing to text cannot fail.
fn comparison(out: &mut String, rows: &[Row], terraform: bool) {
    out.push_str("\n## Beside Terraform\n\n");
    if !terraform {
        out.push_str("Terraform is not installed on this machine.\n\n");
    }
    out.push_str(
        "| stack | operation | wall: cloudapp | Terraform | ratio | user: cloudapp | Terraform | ratio | memory: cloudapp | Terraform | ratio |\n\
         |---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for r in rows {
        let (o, t) = (&r.ours, r.terraform.as_ref());
        let _ok = writeln!(
            out,
            "| {} {} | {} | {} |{}| {} |{}| {} |{}|",
            number(r.n),
            r.shape.name(),
            r.operation.name(),
            seconds(o.wall),
            beside(
                t,
                |c| c.wall.as_secs_f64(),
                o.wall.as_secs_f64(),
                |c| seconds(c.wall)
            ),
            seconds(o.user),
            beside(
                t,
                |c| c.user.as_secs_f64(),
                o.user.as_secs_f64(),
                |c| seconds(c.user)
            ),
            megabytes(o.memory),
            beside(
                t,
                |c| c.memory as f64,
                o.memory as f64,
                |c| megabytes(c.memory)
            ),
        );
    }
}

/// Terraform's figure, and how many times ours it is.
fn beside(
    theirs: Option<&Cost>,
    figure: impl Fn(&Cost) -> f64,
    ours: f64,
    show: impl Fn(&Cost) -> String,
) -> String {
    let Some(t) = theirs else {
        return " – | – ".to_owned();
    };
    let over = if t.cut { "> " } else { "" };
    let ratio = figure(t) / ours.max(1e-3);
    format!(" {over}{} | {over}{ratio:.0}× ", show(t))
}

fn growth(out: &mut String, rows: &[Row], plot: &Path) {
    let name = plot.file_name().unwrap_or_default().to_string_lossy();
    let shapes: BTreeMap<Shape, Vec<&Row>> = rows.iter().fold(BTreeMap::new(), |mut all, r| {
        all.entry(r.shape).or_insert_with(Vec::new).push(r);
        all
    });
    let _ok = write!(
        out,
        "\n## Growth\n\n![Wall time by size]({name})\n\nWall time, user time and memory at each size; behind a size that is ten times another, how many times as much it takes.\n\n\
         | shape | instances | operation | wall | × | user | × | memory | × |\n|---|---:|---|---:|---:|---:|---:|---:|---:|\n"
    );
    for (shape, rows) in shapes {
        for operation in Operation::ALL {
            let mut before: Option<&Row> = None;
            for r in rows.iter().filter(|r| r.operation == operation) {
                let smaller = before.filter(|b| b.n * 10 == r.n);
                let times = |f: fn(&Cost) -> f64| {
                    smaller.map_or(String::new(), |b| {
                        format!("{:.1}", f(&r.ours) / f(&b.ours).max(1e-3))
                    })
                };
                let _ok = writeln!(
                    out,
                    "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
                    shape.name(),
                    number(r.n),
                    operation.name(),
                    seconds(r.ours.wall),
                    times(|c| c.wall.as_secs_f64()),
                    seconds(r.ours.user),
                    times(|c| c.user.as_secs_f64()),
                    megabytes(r.ours.memory),
                    times(|c| c.memory as f64),
                );
                before = Some(r);
            }
        }
    }
}

fn seconds(d: Duration) -> String {
    let s = d.as_secs_f64();
    match s {
        s if s < 0.1 => format!("{:.0} ms", s * 1000.0),
        s if s < 10.0 => format!("{s:.2} s"),
        s => format!("{s:.0} s"),
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.0} MB", bytes as f64 / 1e6)
}

/// With commas between thousands.
pub(super) fn number(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, d) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(d);
    }
    out
}
