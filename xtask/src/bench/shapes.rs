//! Stacks of any size in the shapes that stacks have: none of their resources does anything, so what is measured is the
//! engine.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::Context;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shape {
    /// Blocks that have nothing to do with each other.
    Wide,
    /// Each block needs the one before it.
    Chain,
    /// Ten blocks in a layer; each needs two of the layer before.
    Layered,
    /// Ten blocks in a layer; each needs all of the layer before.
    Dense,
    /// One block with `count`.
    Count,
    /// One block with `for_each` over a set.
    ForEach,
    /// A hundred calls of a module, with a block with `count` in it.
    Modules,
    /// One call of a module with `count = 100`, with many blocks in it.
    ModuleCount,
}

const WIDTH: usize = 10;
const MODULES: usize = 100;

impl Shape {
    pub(crate) const ALL: [(Self, &'static str); 8] = [
        (Self::Wide, "wide"),
        (Self::Chain, "chain"),
        (Self::Layered, "layered"),
        (Self::Dense, "dense"),
        (Self::Count, "count"),
        (Self::ForEach, "for_each"),
        (Self::Modules, "modules"),
        (Self::ModuleCount, "module_count"),
    ];

    pub(crate) fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(s, _)| *s == self);
        found.map_or("", |(_, name)| name)
    }

    pub(crate) fn parse(name: &str) -> anyhow::Result<Self> {
        let found = Self::ALL.iter().find(|(_, n)| *n == name);
        let all = Self::ALL.map(|(_, n)| n).join(", ");
        found
            .map(|(s, _)| *s)
            .with_context(|| format!("there is no shape `{name}`; the shapes are: {all}"))
    }

    /// Writes a stack with that many instances.
    pub(crate) fn write(self, n: usize, dir: &Path) -> anyhow::Result<()> {
        self.generate(n, dir)
            .with_context(|| format!("cannot write a stack to {}", dir.display()))
    }

    /// Written as it is made: what this task holds would be counted as memory of the programs that it starts.
    fn generate(self, n: usize, dir: &Path) -> io::Result<()> {
        let mut text = BufWriter::new(File::create(dir.join("main.tf"))?);
        match self {
            Self::Wide => (0..n).try_for_each(|i| block(&mut text, i, &format!("\"v{i}\"")))?,
            Self::Chain => (0..n).try_for_each(|i| match i {
                0 => block(&mut text, i, "\"v\""),
                _ => block(&mut text, i, &format!("terraform_data.r{}.output", i - 1)),
            })?,
            Self::Layered => layers(&mut text, n, 2)?,
            Self::Dense => layers(&mut text, n, WIDTH)?,
            Self::Count => write!(
                text,
                "resource \"terraform_data\" \"r\" {{\n  count = {n}\n  input = \"v${{count.index}}\"\n}}\n"
            )?,
            Self::ForEach => {
                // `range` ends at 1,024 elements.
                let (a, b) = (n.div_ceil(1000), n.min(1000));
                write!(
                    text,
                    "locals {{\n  keys = toset([for p in setproduct(range({a}), range({b})) : \"k${{p[0]}}-${{p[1]}}\"])\n}}\n\n\
                     resource \"terraform_data\" \"r\" {{\n  for_each = local.keys\n  input    = each.key\n}}\n"
                )?;
            }
            Self::Modules => {
                let each = n.div_ceil(MODULES);
                for i in 0..MODULES {
                    writeln!(
                        text,
                        "module \"m{i}\" {{\n  source = \"./m\"\n  name   = \"n{i}\"\n}}\n"
                    )?;
                }
                let mut module = module_file(dir)?;
                write!(
                    module,
                    "variable \"name\" {{\n  type = string\n}}\n\nresource \"terraform_data\" \"r\" {{\n  count = {each}\n  \
                     input = \"${{var.name}}-${{count.index}}\"\n}}\n\noutput \"ids\" {{\n  value = terraform_data.r[*].id\n}}\n"
                )?;
                module.flush()?;
            }
            Self::ModuleCount => {
                let mut module = module_file(dir)?;
                text.write_all(b"module \"m\" {\n  count  = 100\n  source = \"./m\"\n  name   = \"n${count.index}\"\n}\n")?;
                module.write_all(b"variable \"name\" {\n  type = string\n}\n\n")?;
                for i in 0..n.div_ceil(MODULES) {
                    block(&mut module, i, &format!("\"${{var.name}}-{i}\""))?;
                }
                module.flush()?;
            }
        }
        text.flush()
    }
}

fn module_file(dir: &Path) -> io::Result<BufWriter<File>> {
    std::fs::create_dir_all(dir.join("m"))?;
    Ok(BufWriter::new(File::create(dir.join("m/main.tf"))?))
}

fn block(text: &mut impl Write, i: usize, input: &str) -> io::Result<()> {
    writeln!(
        text,
        "resource \"terraform_data\" \"r{i}\" {{\n  input = {input}\n}}\n"
    )
}

fn layers(text: &mut impl Write, n: usize, fan: usize) -> io::Result<()> {
    for i in 0..n {
        let (layer, place) = (i / WIDTH, i % WIDTH);
        let Some(above) = layer.checked_sub(1) else {
            block(text, i, &format!("\"v{i}\""))?;
            continue;
        };
        let needed = (0..fan).map(|k| above * WIDTH + (place + k) % WIDTH);
        let needed: Vec<_> = needed.map(|r| format!("terraform_data.r{r}.id")).collect();
        block(text, i, &format!("join(\",\", [{}])", needed.join(", ")))?;
    }
    Ok(())
}
