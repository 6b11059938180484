//! What whole runs cost, beside Terraform where it is installed, and how that grows with the size of a stack.

mod measure;
mod plot;
mod report;
mod shapes;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};

use measure::Cost;
pub(crate) use shapes::Shape;

use crate::program;

pub(crate) const USAGE: &str = "usage: cargo xtask bench [-compare N] [-shapes A,B] [-grow N,N,…] [-repeat N] [-cut SECONDS] [-bin PATH] [-out FILE.md]
  -compare N    instances of the stacks that are compared with Terraform [1000; 0: none]
  -shapes A,B   shapes that are compared [chain,layered,wide]
  -grow N,…     sizes at which growth is measured, in every shape [100,1000,10000,100000; 0: none]
  -repeat N     how often our runs are made; the median counts [5]
  -cut SECONDS  when a run of Terraform is ended [900]
  -bin PATH     our program [built with optimisation, without what `cargo xtask dist` does]
  -out FILE.md  the table; the plot is FILE.svg [docs/scale.md]";

/// What is done with a stack, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    Plan,
    Apply,
    EmptyPlan,
    Destroy,
}

impl Operation {
    pub(crate) const ALL: [Self; 4] = [Self::Plan, Self::Apply, Self::EmptyPlan, Self::Destroy];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Apply => "apply",
            Self::EmptyPlan => "empty plan",
            Self::Destroy => "destroy",
        }
    }

    pub(crate) fn args(self) -> &'static [&'static str] {
        match self {
            Self::Plan => &["plan", "-input=false", "-no-color", "-out=saved.plan"],
            Self::Apply => &["apply", "-input=false", "-no-color", "saved.plan"],
            // With this, a plan that is not empty fails.
            Self::EmptyPlan => &["plan", "-input=false", "-no-color", "-detailed-exitcode"],
            Self::Destroy => &["destroy", "-input=false", "-no-color", "-auto-approve"],
        }
    }
}

/// One operation on one stack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) shape: Shape,
    pub(crate) n: usize,
    pub(crate) operation: Operation,
    pub(crate) ours: Cost,
    pub(crate) terraform: Option<Cost>,
}

struct Options {
    compare: usize,
    shapes: Vec<Shape>,
    grow: Vec<usize>,
    repeat: usize,
    cut: Duration,
    bin: Option<PathBuf>,
    out: PathBuf,
}

/// Runs the task.
#[allow(clippy::print_stderr, reason = "a task talks to a terminal")]
pub(crate) fn run(args: &[String]) -> anyhow::Result<()> {
    let options = options(args)?;
    let ours = match &options.bin {
        Some(path) => std::path::absolute(path)?,
        None => program::build()?,
    };
    let terraform = installed("terraform");
    let mut compared = Vec::new();
    if options.compare > 0 {
        for shape in &options.shapes {
            eprintln!("{} × {}", options.compare, shape.name());
            let sizes = [options.compare];
            let rows = stacks(*shape, &sizes, &ours, terraform.as_deref(), &options)?;
            compared.extend(rows);
        }
    }
    let mut grown = Vec::new();
    for (shape, name) in Shape::ALL {
        eprintln!("growth of {name}");
        grown.extend(stacks(shape, &options.grow, &ours, None, &options)?);
    }
    let plot = options.out.with_extension("svg");
    let text = report::report(&compared, &grown, terraform.is_some(), &plot, args);
    std::fs::write(&options.out, text)?;
    std::fs::write(&plot, plot::plot(&grown))?;
    eprintln!("{} and {}", options.out.display(), plot.display());
    Ok(())
}

fn options(args: &[String]) -> anyhow::Result<Options> {
    let mut o = Options {
        compare: 1000,
        shapes: vec![Shape::Chain, Shape::Layered, Shape::Wide],
        grow: vec![100, 1000, 10_000, 100_000],
        repeat: 5,
        cut: Duration::from_secs(900),
        bin: None,
        out: program::root().join("docs/scale.md"),
    };
    let mut args = args.iter();
    while let Some(name) = args.next() {
        let value = args.next().context(USAGE)?;
        match name.trim_start_matches('-') {
            "compare" => o.compare = value.parse()?,
            "shapes" => {
                o.shapes = value
                    .split(',')
                    .map(Shape::parse)
                    .collect::<Result<_, _>>()?
            }
            "grow" => {
                let sizes: Vec<usize> =
                    value.split(',').map(str::parse).collect::<Result<_, _>>()?;
                o.grow = sizes.into_iter().filter(|n| *n > 0).collect();
            }
            "repeat" => o.repeat = value.parse::<usize>()?.max(1),
            "cut" => o.cut = Duration::from_secs(value.parse()?),
            "bin" => o.bin = Some(PathBuf::from(value)),
            "out" => o.out = PathBuf::from(value),
            _ => bail!("there is no option `{name}`\n{USAGE}"),
        }
    }
    Ok(o)
}

fn installed(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join(program))
        .find(|p| p.is_file())
}

/// Stacks of one shape and size, one for each time that our runs are made.
struct Size {
    n: usize,
    dirs: Vec<tempfile::TempDir>,
}

/// Measures all operations on stacks of one shape. The two programs take turns, and so do the sizes: a machine that slows down
/// or speeds up meanwhile does so for all that is compared.
fn stacks(
    shape: Shape,
    sizes: &[usize],
    ours: &Path,
    terraform: Option<&Path>,
    options: &Options,
) -> anyhow::Result<Vec<Row>> {
    const NO_LIMIT: Duration = Duration::from_secs(3600);
    let sizes: Vec<Size> = (sizes.iter())
        .map(|&n| {
            let dirs = (0..options.repeat).map(|_| fresh(shape, n));
            let dirs = dirs.collect::<anyhow::Result<_>>()?;
            Ok(Size { n, dirs })
        })
        .collect::<anyhow::Result<_>>()?;
    // None where there is nobody to compare with, or no more.
    let mut theirs: Vec<Option<tempfile::TempDir>> = Vec::new();
    for size in &sizes {
        theirs.push(match terraform {
            Some(t) => {
                let dir = fresh(shape, size.n)?;
                let args = ["init", "-input=false", "-no-color"];
                measure::run(t, &args, dir.path(), NO_LIMIT)?;
                Some(dir)
            }
            None => None,
        });
    }
    let mut rows = Vec::new();
    for operation in Operation::ALL {
        let mut costs = vec![Vec::new(); sizes.len()];
        for turn in 0..options.repeat {
            for (size, costs) in sizes.iter().zip(&mut costs) {
                let dir = size.dirs[turn].path();
                costs.push(measure::run(ours, operation.args(), dir, NO_LIMIT)?);
            }
        }
        for ((size, costs), their_dir) in sizes.iter().zip(&costs).zip(&mut theirs) {
            let cost = match (terraform, &their_dir) {
                (Some(t), Some(dir)) => {
                    Some(measure::run(t, operation.args(), dir.path(), options.cut)?)
                }
                _ => None,
            };
            // What comes after a run that was cut would not be what it should be.
            if cost.is_some_and(|c| c.cut) {
                *their_dir = None;
            }
            rows.push(Row {
                shape,
                n: size.n,
                operation,
                ours: median(costs),
                terraform: cost,
            });
        }
    }
    Ok(rows)
}

fn fresh(shape: Shape, n: usize) -> anyhow::Result<tempfile::TempDir> {
    let dir = tempfile::tempdir()?;
    shape.write(n, dir.path())?;
    Ok(dir)
}

/// Each figure by itself.
fn median(costs: &[Cost]) -> Cost {
    fn of<T: Copy + Ord>(costs: &[Cost], f: impl Fn(&Cost) -> T) -> T {
        let mut all: Vec<T> = costs.iter().map(f).collect();
        all.sort();
        all[all.len() / 2]
    }
    Cost {
        wall: of(costs, |c| c.wall),
        user: of(costs, |c| c.user),
        memory: of(costs, |c| c.memory),
        cut: false,
    }
}
