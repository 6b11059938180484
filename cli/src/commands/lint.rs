//! `lint`: what is wrong with a package, or likely to go wrong where it is installed.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use cloudapp_engine::address::Mode;
use cloudapp_engine::config::{Dialect, LoadRequest, load};
use cloudapp_engine::event::Silent;
use cloudapp_engine::run::{Interrupt, Providers, Runner};
use cloudapp_engine::schema::Block;
use cloudapp_engine::view::json::{Object, pretty};
use cloudapp_lang::{Diagnostic, Diagnostics, FileId, Severity, SourceMap, Span, Str};
use cloudapp_package::Package;
use cloudapp_package::lint::{LintInput, lint};
use cloudapp_providers::{MockCloud, Options, provisioners, registry};
use cloudapp_state::SqliteStore;

use crate::args::LintArgs;
use crate::failure::{Ended, Failure};
use crate::render::{count, diagnostic};
use crate::stack::package_files;
use crate::ui::Ui;

/// Findings that a more particular one of the same place makes superfluous.
const GENERAL: [&str; 2] = ["instance-index-missing", "unknown-operator"];

/// That a condition lacks something, and what has already said so in its line.
const MALFORMED: &str = "malformed-condition";
const SHAPES: [&str; 2] = ["missing-key", "package-shape"];

pub(super) fn run(ui: &mut Ui, args: &LintArgs) -> Ended {
    ui.compact_warnings = args.compact_warnings;
    let (_, found) = findings(ui, args.dir.as_deref().unwrap_or(Path::new(".")));
    let errors = found.iter().filter(|d| d.is_error()).count();
    let clean = errors == 0 && (found.is_empty() || !args.strict);
    if args.json {
        ui.say(&json(&found, clean, &ui.sources.borrow()));
    } else {
        ui.diagnostics(&found);
        let line = summary(errors, found.len() - errors, clean);
        if clean { ui.say(&line) } else { ui.note(&line) }
    }
    Ok(u8::from(!clean))
}

/// The package of a directory where there is one, and everything that is found, in order.
pub(super) fn findings(ui: &Ui, dir: &Path) -> (Option<Package>, Diagnostics) {
    let mut sources = ui.sources.take();
    let (package, mut found) = Package::load(dir, &mut sources);
    if let Some(package) = &package {
        found = match check(package, found, &mut sources) {
            Ok(found) | Err(Failure(found)) => found,
        };
    }
    let found = in_order(found, &sources);
    ui.sources.replace(sources);
    (package, found)
}

/// The findings of the package, of its configuration, and those that only this command looks for.
fn check(
    package: &Package,
    mut found: Diagnostics,
    sources: &mut SourceMap,
) -> Result<Diagnostics, Failure> {
    let providers = Providers::new(registry(&Options {
        cloud: Arc::new(MockCloud::in_memory()),
        base_properties: true,
        random_seed: None,
    }))
    .with_provisioners(provisioners(false));
    let before = sources.files().count();
    let declared = configuration(package, &providers, sources, &mut found)?;
    let stack: Vec<FileId> = sources
        .files()
        .skip(before)
        .filter(|(_, f)| f.name.ends_with(".tf") || f.name.ends_with(".tf.json"))
        .map(|(id, _)| id)
        .collect();
    let is_sensitive = |kind: &str, path: &[&str]| {
        providers.iter().any(|(_, p)| {
            p.schema(Mode::Managed, kind)
                .is_some_and(|s| sensitive(&s.block, path))
        })
    };
    found.append(lint(
        package,
        &mut LintInput {
            sources,
            stack,
            declared,
            is_sensitive: &is_sensitive,
        },
    ));
    Ok(found)
}

/// Reads the configuration, and validates it if it can be read; the variables that it declares.
fn configuration(
    package: &Package,
    providers: &Providers,
    sources: &mut SourceMap,
    found: &mut Diagnostics,
) -> Result<Option<Vec<(Str, Span)>>, Failure> {
    let request = LoadRequest {
        dir: package.infrastructure_dir(),
        dialect: Dialect::Package,
        package_dir: Some(package.dir.clone()),
        files: Some(package_files(package)?),
    };
    let (configuration, more) = load(&request, providers, sources);
    let valid = !more.has_errors();
    found.append(more);
    let Some(configuration) = configuration else {
        return Ok(None);
    };
    let declared = configuration
        .variables()
        .iter()
        .map(|v| (v.name.clone(), v.span))
        .collect();
    if valid {
        let runner = Runner {
            configuration: Arc::new(configuration),
            providers: providers.clone(),
            store: Arc::new(SqliteStore::open_in_memory()?),
            observer: Arc::new(Silent),
            parallelism: 1,
            interrupt: Interrupt::default(),
            base_dir: package.infrastructure_dir(),
            workspace: "default".into(),
        };
        found.append(runner.validate());
    }
    Ok(Some(declared))
}

/// Whether the schema says that an argument, behind the names of the blocks around it, is sensitive.
fn sensitive(block: &Block, path: &[&str]) -> bool {
    match path {
        [] => false,
        [name] => block.attributes.get(*name).is_some_and(|a| a.sensitive),
        [first, rest @ ..] => block
            .blocks
            .get(*first)
            .is_some_and(|b| sensitive(&b.block, rest)),
    }
}

/// Each finding once, by place: what has none comes first.
fn in_order(found: Diagnostics, sources: &SourceMap) -> Diagnostics {
    let place = |d: &Diagnostic| {
        let span = d.subject?;
        let name = sources.file(span.file)?.name.clone();
        Some((name, span.start, span.end))
    };
    let particular: BTreeSet<_> = found
        .iter()
        .filter(|d| !GENERAL.contains(&d.code))
        .filter_map(|d| d.subject.map(|s| (s.file, s.start)))
        .collect();
    let line = |d: &Diagnostic| {
        let span = d.subject?;
        Some((
            span.file,
            sources.file(span.file)?.position(span.start).line,
        ))
    };
    let shapes: BTreeSet<_> = found
        .iter()
        .filter(|d| SHAPES.contains(&d.code))
        .map(line)
        .collect();
    let covered = |d: &Diagnostic| {
        let general = GENERAL.contains(&d.code)
            && d.subject
                .is_some_and(|s| particular.contains(&(s.file, s.start)));
        general || (d.code == MALFORMED && shapes.contains(&line(d)))
    };
    let mut seen = BTreeSet::new();
    let mut all: Vec<Diagnostic> = found
        .into_iter()
        .filter(|d| !covered(d))
        .filter(|d| seen.insert((place(d), d.code, d.detail.clone())))
        .collect();
    all.sort_by_cached_key(|d| (place(d), d.code));
    all.into_iter().collect()
}

fn summary(errors: usize, warnings: usize, clean: bool) -> String {
    match (errors, warnings) {
        (0, 0) => "The package is clean.\n".into(),
        (0, w) if !clean => format!("The package has {}.\n", count(w, "warning")),
        (0, w) => format!(
            "The package can be published, with {}.\n",
            count(w, "warning")
        ),
        (e, 0) => format!("The package has {}.\n", count(e, "error")),
        (e, w) => format!(
            "The package has {} and {}.\n",
            count(e, "error"),
            count(w, "warning")
        ),
    }
}

/// The findings, each as `validate -json` writes it.
fn json(found: &Diagnostics, clean: bool, sources: &SourceMap) -> String {
    let errors = found
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .count();
    let mut out = String::new();
    let mut object = Object::new(&mut out);
    object.string("format_version", "1.0").bool("clean", clean);
    object
        .number("error_count", errors as u64)
        .number("warning_count", (found.len() - errors) as u64);
    diagnostic::json_list(object.key("findings"), found, sources);
    object.end();
    pretty(&out) + "\n"
}
