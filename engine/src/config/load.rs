//! From files to a [`Configuration`].

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use cloudapp_lang::functions::{FunctionOptions, Functions};
use cloudapp_lang::source::FileId;
use cloudapp_lang::syntax::{self, ast};
use cloudapp_lang::{Diagnostic, Diagnostics, SourceMap, Span, Str};
use sha2::{Digest, Sha256};

use super::blocks::{Bound, Decoder};
use super::names::ModuleIndex;
use super::overrides;
use super::removed::Removals;
use super::unread::Unread;
use super::{
    Configuration, Dialect, Module, ModuleId, ObjectId, ProviderKey, check, import, json, settings,
};
use crate::address::{Mode, ResourceAddr};
use crate::graph::{Graph, GraphBuilder};
use crate::providers::Providers;

/// Modules may nest this deep; deeper, a module most likely calls itself.
const MAX_MODULE_DEPTH: usize = 32;

/// One file of configuration.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SourceInput {
    /// As it is shown in messages: relative to the directory of the run.
    pub name: String,
    pub text: String,
    /// Directory of the module that it belongs to, relative to the root module's; empty for the root module.
    pub module: String,
}

/// What to load.
#[derive(Clone, Debug)]
pub struct LoadRequest {
    /// Directory of the root module.
    pub dir: PathBuf,
    pub dialect: Dialect,
    /// The directory of the installation package, which file functions may not leave; none for a stack of one's own.
    pub package_dir: Option<PathBuf>,
    /// The files, instead of those in `dir`: from an installation package or a saved plan.
    pub files: Option<Vec<SourceInput>>,
}

/// Reads a configuration. None where it is not fit to be planned; the diagnostics then hold at least one error.
pub fn load(
    request: &LoadRequest,
    providers: &Providers,
    sources: &mut SourceMap,
) -> (Option<Configuration>, Diagnostics) {
    let mut loader = Loader {
        request,
        sources,
        diags: Diagnostics::new(),
        refused: Diagnostics::new(),
        modules: Vec::new(),
        inputs: Vec::new(),
        read: HashMap::new(),
        unread: Unread::default(),
    };
    loader.module(String::new(), Vec::new(), None);
    let Loader {
        mut diags,
        refused,
        modules: raw,
        inputs,
        unread,
        ..
    } = loader;
    let functions = load_time_functions(request);
    let indexes: Vec<ModuleIndex> = raw.iter().map(RawModule::index).collect();
    let decoder = Decoder {
        dialect: request.dialect,
        providers,
        functions: &functions,
        indexes: &indexes,
    };
    let mut bound = Bound::default();
    let mut modules = Vec::with_capacity(raw.len());
    let mut links = Vec::with_capacity(raw.len());
    for (i, r) in raw.into_iter().enumerate() {
        links.push(r.parent);
        modules.push(decoder.module(ModuleId(i), r, &mut bound, &mut diags));
    }
    for (m, link) in links.iter().enumerate() {
        if let Some((parent, call)) = link {
            let parent = &modules[parent.0];
            modules[m].waits = parent.waits || !parent.calls[*call].depends_on.is_empty();
        }
    }
    attach_arguments(&mut modules, &mut bound);
    let removals = Removals::new(&modules);
    let mut configuration = Configuration {
        modules,
        dialect: request.dialect,
        package_dir: request.package_dir.clone(),
        digest: digest(&inputs),
        inputs,
        refused,
        misread: std::mem::take(&mut bound.misread),
        graph: Graph::default(),
        removals,
    };
    diags.append(connect_providers(&configuration, &links, &mut bound));
    connect_modules(&configuration, &links, &mut bound);
    configuration
        .misread
        .append(import::check_targets(&configuration));
    match build_graph(&configuration, &bound) {
        Ok(g) => configuration.graph = g,
        Err(d) => diags.append(d),
    }
    note_dependencies(&mut configuration, &bound);
    let mut diags = unread.excuse(diags);
    if diags.has_errors() {
        diags.append(configuration.refused);
        diags.append(configuration.misread);
        (None, diags)
    } else {
        (Some(configuration), diags)
    }
}

/// Only constants are evaluated while loading, so the times are never asked for.
fn load_time_functions(request: &LoadRequest) -> Functions {
    Functions::new(FunctionOptions {
        base_dir: request.dir.clone(),
        files_within: request.package_dir.clone(),
        plan_time: String::new(),
        now: None,
        package_dialect: request.dialect.is_package(),
    })
}

fn digest(inputs: &[SourceInput]) -> String {
    let mut h = Sha256::new();
    for i in inputs {
        for part in [&i.module, &i.name, &i.text] {
            h.update((part.len() as u64).to_le_bytes());
            h.update(part.as_bytes());
        }
    }
    h.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

/// The blocks of one module, sorted by what they declare, each list in name order.
#[derive(Debug, Default)]
pub(super) struct RawModule {
    pub(super) path: Vec<Str>,
    pub(super) dir: String,
    pub(super) parent: Option<(ModuleId, usize)>,
    pub(super) variables: Vec<ast::Block>,
    pub(super) locals: Vec<ast::Attribute>,
    pub(super) outputs: Vec<ast::Block>,
    pub(super) resources: Vec<(ResourceAddr, ast::Block)>,
    pub(super) providers: Vec<(ProviderKey, ast::Block)>,
    pub(super) calls: Vec<(ast::Block, ModuleId)>,
    /// In the order of the source, like the next two.
    pub(super) moved: Vec<ast::Block>,
    pub(super) removed: Vec<ast::Block>,
    pub(super) imports: Vec<ast::Block>,
    pub(super) checks: Vec<ast::Block>,
    /// The data sources that belong to a check, by the check's name. They are among the resources as well.
    pub(super) nested: BTreeMap<ResourceAddr, Str>,
    /// `ephemeral` blocks, in name order.
    pub(super) ephemerals: Vec<ast::Block>,
    /// What providers are called here, where it is not their own name.
    pub(super) local_providers: BTreeMap<Str, Str>,
    /// Configurations of providers that callers must pass.
    pub(super) aliases: Vec<ProviderKey>,
}

impl RawModule {
    fn index(&self) -> ModuleIndex {
        let named = |blocks: &[ast::Block]| {
            blocks
                .iter()
                .enumerate()
                .filter_map(|(i, b)| Some((b.labels.first()?.name.clone(), i)))
                .collect()
        };
        let repeated = |b: &ast::Block| {
            b.body.attribute("count").is_some() || b.body.attribute("for_each").is_some()
        };
        ModuleIndex {
            variables: named(&self.variables),
            outputs: named(&self.outputs),
            locals: self
                .locals
                .iter()
                .enumerate()
                .map(|(i, a)| (a.name.name.clone(), i))
                .collect(),
            resources: self
                .resources
                .iter()
                .enumerate()
                .map(|(i, (a, b))| (a.clone(), (i, repeated(b))))
                .collect(),
            nested: self.nested.clone(),
            ephemerals: self
                .ephemerals
                .iter()
                .map(|b| (b.labels[0].name.clone(), b.labels[1].name.clone()))
                .collect(),
            local_providers: self.local_providers.clone(),
            aliases: self.aliases.clone(),
            calls: self
                .calls
                .iter()
                .enumerate()
                .filter_map(|(i, (b, m))| {
                    Some((b.labels.first()?.name.clone(), (i, *m, repeated(b))))
                })
                .collect(),
        }
    }
}

struct Loader<'a> {
    request: &'a LoadRequest,
    sources: &'a mut SourceMap,
    diags: Diagnostics,
    /// What keeps a configuration that is in order from being planned here.
    refused: Diagnostics,
    modules: Vec<RawModule>,
    inputs: Vec<SourceInput>,
    /// What was read in each directory.
    read: HashMap<String, Read>,
    unread: Unread,
}

/// A directory that was read. Most modules are called once, and their trees are used up: only those of one that is called
/// again are kept for the next time.
enum Read {
    /// The files, as places in the inputs.
    Once(Vec<(usize, FileId)>),
    Again(Files),
}

/// The trees of a module's files.
#[derive(Clone, Debug, Default)]
struct Files {
    bodies: Vec<ast::Body>,
    /// Of files that override the others.
    overrides: Vec<ast::Body>,
}

impl Files {
    fn add(&mut self, input: &SourceInput, body: ast::Body) {
        if overrides::is_override(&input.name) {
            self.overrides.push(body);
        } else {
            self.bodies.push(body);
        }
    }
}

impl Loader<'_> {
    /// Reads a module and those that it calls; a module comes before what it calls.
    fn module(
        &mut self,
        dir: String,
        path: Vec<Str>,
        parent: Option<(ModuleId, usize)>,
    ) -> ModuleId {
        let id = ModuleId(self.modules.len());
        let mut raw = RawModule {
            path,
            dir: dir.clone(),
            parent,
            ..RawModule::default()
        };
        self.modules.push(RawModule::default());
        let mut calls = Vec::new();
        let mut terraform = Vec::new();
        let files = self.bodies(&dir);
        for body in files.bodies {
            for b in self.blocks(body) {
                self.sort_block(b, &mut raw, &mut calls, &mut terraform);
            }
        }
        for body in files.overrides {
            for b in self.blocks(body) {
                overrides::apply(b, &mut raw, &mut calls, &mut terraform, &mut self.diags);
            }
        }
        let (diags, refused) = (&mut self.diags, &mut self.refused);
        let required = settings::read(&terraform, raw.path.is_empty(), diags, refused);
        raw.local_providers = required.providers;
        raw.aliases = required.aliases;
        for (key, _) in &mut raw.providers {
            *key = key.clone().resolve(&raw.local_providers);
        }
        self.finish(&mut raw, &mut calls);
        for (i, block) in calls.into_iter().enumerate() {
            let child = self.call(&block, &raw, id, i);
            raw.calls.push((block, child));
        }
        self.modules[id.0] = raw;
        id
    }

    /// The files of a directory as trees. A module that is called often is read once.
    fn bodies(&mut self, dir: &str) -> Files {
        let mut out = Files::default();
        match self.read.get(dir) {
            Some(Read::Again(files)) => return files.clone(),
            Some(Read::Once(files)) => {
                for (input, file) in files {
                    let input = &self.inputs[*input];
                    // What there is to say of it is said already.
                    out.add(input, parse(input, *file).0);
                }
                self.read.insert(dir.to_owned(), Read::Again(out.clone()));
                return out;
            }
            None => {}
        }
        let mut files = Vec::new();
        for input in self.files(dir) {
            let file = self.sources.add(&input.name, &input.text);
            let (body, diags) = parse(&input, file);
            self.unread.note(&body, &diags);
            self.diags.append(diags);
            out.add(&input, body);
            files.push((self.inputs.len(), file));
            self.inputs.push(input);
        }
        self.read.insert(dir.to_owned(), Read::Once(files));
        out
    }

    /// Whether a module's directory is neither given nor to be found.
    fn is_missing(&self, dir: &str) -> bool {
        let given = self.request.files.iter().flatten();
        !given.clone().any(|f| f.module == dir) && !self.request.dir.join(dir).is_dir()
    }

    /// Whether a directory is not in the package, whatever links lead there.
    fn leaves_package(&self, dir: &str) -> bool {
        let Some(package) = &self.request.package_dir else {
            return false;
        };
        let real = |p: &std::path::Path| std::fs::canonicalize(p).ok();
        match (real(package), real(&self.request.dir.join(dir))) {
            (Some(package), Some(dir)) => !dir.starts_with(package),
            // What does not exist is reported as missing.
            _ => false,
        }
    }

    fn files(&mut self, dir: &str) -> Vec<SourceInput> {
        if let Some(files) = &self.request.files {
            let given: Vec<_> = files.iter().filter(|f| f.module == dir).cloned().collect();
            if !given.is_empty() || dir.is_empty() {
                return given;
            }
        }
        let path = self.request.dir.join(dir);
        let entries = match std::fs::read_dir(&path) {
            Ok(e) => e,
            Err(e) => {
                self.diags.push(
                    Diagnostic::error(
                        "unreadable-directory",
                        "Directory cannot be read",
                        format!("{}: {e}.", path.display()),
                    )
                    .hint("Check the path and its permissions."),
                );
                return Vec::new();
            }
        };
        let mut names: Vec<String> = entries
            .filter_map(|e| e.ok().and_then(|e| e.file_name().into_string().ok()))
            .filter(|n| is_configuration(n))
            .collect();
        names.sort();
        let mut out = Vec::new();
        for name in names {
            let shown = if dir.is_empty() {
                name.clone()
            } else {
                format!("{}/{name}", dir.trim_start_matches("./"))
            };
            match std::fs::read_to_string(path.join(&name)) {
                Ok(text) => out.push(SourceInput {
                    name: shown,
                    text,
                    module: dir.to_owned(),
                }),
                Err(e) => self.diags.push(
                    Diagnostic::error(
                        "unreadable-file",
                        "File cannot be read",
                        format!("{shown}: {e}."),
                    )
                    .hint("A configuration file must be readable and in UTF-8."),
                ),
            }
        }
        out
    }

    /// The blocks of a file that are what they should be.
    fn blocks(&mut self, mut body: ast::Body) -> Vec<ast::Block> {
        for a in body.attributes {
            self.diags.push(
                Diagnostic::error(
                    "argument-outside-block",
                    "Argument stands outside a block",
                    format!(
                        "\"{}\" is set at the top of a file, where only blocks may stand.",
                        a.name.name
                    ),
                )
                .at(a.name.span)
                .within(a.span)
                .hint("Move it into a block; values for variables belong in a .tfvars file."),
            );
        }
        body.blocks.retain(|b| match expected_labels(&b.kind.name) {
            None => {
                self.refuse_block(b);
                false
            }
            Some(labels) => self.check_labels(b, labels),
        });
        body.blocks
    }

    fn sort_block(
        &mut self,
        mut b: ast::Block,
        raw: &mut RawModule,
        calls: &mut Vec<ast::Block>,
        terraform: &mut Vec<ast::Block>,
    ) {
        let kind = b.kind.name.clone();
        match &*kind {
            "variable" => raw.variables.push(b),
            "output" => raw.outputs.push(b),
            "module" => calls.push(b),
            "locals" => {
                raw.locals.append(&mut b.body.attributes);
                for inner in &b.body.blocks {
                    self.diags.push(
                        Diagnostic::error(
                            "unknown-block",
                            "Block is not known",
                            "A \"locals\" block has no blocks in it.",
                        )
                        .at(inner.kind.span)
                        .within(inner.header)
                        .hint(format!(
                            "For an object write {} = {{ … }}.",
                            inner.kind.name
                        )),
                    );
                }
            }
            "provider" => self.provider(b, raw),
            "terraform" => terraform.push(b),
            "moved" => raw.moved.push(b),
            "removed" => raw.removed.push(b),
            "import" => raw.imports.push(b),
            "check" => self.check(b, raw),
            "ephemeral" => raw.ephemerals.push(b),
            _ => raw.resources.push((resource_address(&b), b)),
        }
    }

    /// Sorts a check and its data source, which is like any other but for who may refer to it.
    fn check(&mut self, mut b: ast::Block, raw: &mut RawModule) {
        let (sources, rest): (Vec<_>, Vec<_>) = b
            .body
            .blocks
            .into_iter()
            .partition(|n| &*n.kind.name == "data");
        b.body.blocks = rest;
        for (i, source) in sources.into_iter().enumerate() {
            if i > 0 {
                self.diags.push(check::second_source(&source));
            } else if self.check_labels(&source, &["type", "name"]) {
                let addr = resource_address(&source);
                raw.nested.insert(addr.clone(), b.labels[0].name.clone());
                raw.resources.push((addr, source));
            }
        }
        raw.checks.push(b);
    }

    fn refuse_block(&mut self, b: &ast::Block) {
        let known = [
            "terraform",
            "provider",
            "variable",
            "locals",
            "output",
            "module",
            "resource",
            "data",
            "ephemeral",
            "moved",
            "removed",
            "import",
            "check",
        ];
        let hint = cloudapp_lang::diagnostic::nearest(&b.kind.name, known).map_or_else(
            || format!("The blocks are {}.", known.join(", ")),
            |n| format!("Did you mean \"{n}\"?"),
        );
        let d = Diagnostic::error(
            "unknown-block",
            "Block is not known",
            format!("A configuration has no \"{}\" blocks.", b.kind.name),
        )
        .hint(hint);
        self.diags.push(d.at(b.kind.span).within(b.header));
    }

    fn check_labels(&mut self, b: &ast::Block, wanted: &[&str]) -> bool {
        if b.labels.len() != wanted.len() {
            let names = if wanted.is_empty() {
                "none".to_owned()
            } else {
                wanted.join(" and ")
            };
            self.diags.push(
                Diagnostic::error(
                    "block-labels",
                    "Wrong number of labels",
                    format!(
                        "A \"{}\" block takes {} labels: {names}.",
                        b.kind.name,
                        wanted.len()
                    ),
                )
                .at(b.labels.get(wanted.len()).map_or(b.header, |l| l.span))
                .within(b.header)
                .hint(if wanted.is_empty() {
                    "Remove the labels.".to_owned()
                } else {
                    format!(
                        "Write {} {} {{ … }}.",
                        b.kind.name,
                        wanted
                            .iter()
                            .map(|w| format!("\"{w}\""))
                            .collect::<Vec<_>>()
                            .join(" ")
                    )
                }),
            );
            return false;
        }
        let mut bad = false;
        for l in b.labels.iter().filter(|l| !syntax::is_identifier(&l.name)) {
            bad = true;
            self.diags.push(
                Diagnostic::error("invalid-name", "Not a valid name", format!("\"{}\" cannot be a name.", l.name))
                    .at(l.span)
                    .within(b.header)
                    .hint("A name begins with a letter or underscore and goes on with letters, digits, underscores and hyphens."),
            );
        }
        // An argument of that name in a module block would mean something else.
        let reserved = |n: &str| CALL_META.contains(&n) || matches!(n, "lifecycle" | "locals");
        if let ("variable", Some(l)) = (&*b.kind.name, b.labels.first())
            && reserved(&l.name)
        {
            self.diags.push(
                Diagnostic::error(
                    "reserved-name",
                    "Name is reserved",
                    format!("In a module block \"{}\" has a meaning of its own.", l.name),
                )
                .at(l.span)
                .within(b.header)
                .hint("Give the variable another name."),
            );
        }
        !bad
    }

    fn provider(&mut self, b: ast::Block, raw: &mut RawModule) {
        let alias = match b.body.attribute("alias") {
            None => None,
            Some(a) => match literal(&a.expr) {
                Some(s) if syntax::is_identifier(&s) => Some(s),
                Some(s) => {
                    self.diags.push(
                        Diagnostic::error(
                            "invalid-name",
                            "Not a valid name",
                            format!("\"{s}\" cannot be a name."),
                        )
                        .at(a.expr.span)
                        .hint("Write alias = \"name\"."),
                    );
                    return;
                }
                None => {
                    self.diags.push(
                        Diagnostic::error(
                            "not-a-constant",
                            "Constant expected",
                            "\"alias\" takes a quoted name, without references.",
                        )
                        .at(a.expr.span)
                        .hint("Write alias = \"name\"."),
                    );
                    return;
                }
            },
        };
        raw.providers.push((
            ProviderKey {
                provider: b.labels[0].name.clone(),
                alias,
            },
            b,
        ));
    }

    /// Puts lists in name order and reports what is declared twice.
    fn finish(&mut self, raw: &mut RawModule, calls: &mut [ast::Block]) {
        let label = |b: &ast::Block| b.labels[0].name.clone();
        raw.variables.sort_by_key(label);
        raw.outputs.sort_by_key(label);
        calls.sort_by_key(label);
        raw.checks.sort_by_key(label);
        raw.locals.sort_by(|a, b| a.name.name.cmp(&b.name.name));
        raw.resources.sort_by(|a, b| a.0.cmp(&b.0));
        raw.providers.sort_by(|a, b| a.0.cmp(&b.0));
        for (list, what) in [
            (&raw.variables[..], "variable"),
            (&raw.outputs[..], "output"),
            (&*calls, "module"),
            (&raw.checks[..], "check"),
        ] {
            for pair in list.windows(2).filter(|p| label(&p[0]) == label(&p[1])) {
                self.duplicate(
                    &format!("{what} \"{}\"", label(&pair[1])),
                    pair[0].header,
                    pair[1].header,
                );
            }
        }
        for pair in raw
            .locals
            .windows(2)
            .filter(|p| p[0].name.name == p[1].name.name)
        {
            self.duplicate(
                &format!("local \"{}\"", pair[1].name.name),
                pair[0].span,
                pair[1].span,
            );
        }
        for pair in raw.resources.windows(2).filter(|p| p[0].0 == p[1].0) {
            self.duplicate(&pair[1].0.to_string(), pair[0].1.header, pair[1].1.header);
        }
        let ephemeral = |b: &ast::Block| (label(b), b.labels[1].name.clone());
        raw.ephemerals.sort_by_key(ephemeral);
        for pair in raw.ephemerals.windows(2) {
            if ephemeral(&pair[0]) == ephemeral(&pair[1]) {
                let (kind, name) = ephemeral(&pair[1]);
                let what = format!("ephemeral.{kind}.{name}");
                self.duplicate(&what, pair[0].header, pair[1].header);
            }
        }
        for pair in raw.providers.windows(2).filter(|p| p[0].0 == p[1].0) {
            self.duplicate(
                &format!("provider {}", pair[1].0),
                pair[0].1.header,
                pair[1].1.header,
            );
        }
    }

    fn duplicate(&mut self, what: &str, first: Span, second: Span) {
        let place = self
            .sources
            .locate(first)
            .map_or_else(String::new, |(f, p, _)| format!(" at {f}:{}", p.line));
        self.diags.push(
            Diagnostic::error(
                "declared-twice",
                "Name is declared twice",
                format!("{what} is already declared{place}."),
            )
            .at(second)
            .hint("Rename one of them, or remove it."),
        );
    }

    fn call(
        &mut self,
        block: &ast::Block,
        raw: &RawModule,
        parent: ModuleId,
        index: usize,
    ) -> ModuleId {
        let mut path = raw.path.clone();
        path.push(block.labels[0].name.clone());
        let source = block.body.attribute("source");
        let problem = match source.map(|a| (a, literal(&a.expr))) {
            None => Some(Diagnostic::error("missing-argument", "Required argument is missing", "A module call needs \"source\".").at(block.header).hint("Add source = \"./directory\".")),
            Some((a, None)) => Some(Diagnostic::error("not-a-constant", "Constant expected", "\"source\" takes a quoted path, without references.").at(a.expr.span).hint("Write source = \"./directory\".")),
            Some((a, Some(s))) if !(s.starts_with("./") || s.starts_with("../")) => Some(
                Diagnostic::error("unsupported-module-source", "Module source is not supported", format!("\"{s}\" is not a path: modules are read from local directories only."))
                    .at(a.expr.span)
                    .hint("Copy the module into the configuration and write source = \"./directory\"."),
            ),
            Some((a, Some(_))) if path.len() > MAX_MODULE_DEPTH => Some(
                Diagnostic::error("module-too-deep", "Modules are nested too deep", format!("There are more than {MAX_MODULE_DEPTH} modules inside each other; most likely one calls itself."))
                    .at(a.expr.span)
                    .hint("Remove the call that leads back."),
            ),
            Some((a, Some(_))) if block.body.attribute("version").is_some() => Some(
                Diagnostic::error("version-of-directory", "Version of a directory", "\"version\" chooses among the versions in a registry; a directory has none.")
                    .at(block.body.attribute("version").map_or(a.span, |v| v.name.span))
                    .within(block.header)
                    .hint("Remove version."),
            ),
            Some((a, Some(s))) if self.leaves_package(&join(&raw.dir, &s)) => Some(
                Diagnostic::error("file-outside-package", "Module is outside of the package", format!("\"{s}\" leads out of the package, whose stack reads only the package's own files."))
                    .at(a.expr.span)
                    .hint("Move the module into the package."),
            ),
            Some((_, Some(s))) if self.is_missing(&join(&raw.dir, &s)) => Some(
                Diagnostic::error("unreadable-directory", "Directory cannot be read", format!("There is no directory \"{s}\" beside this module's files."))
                    .at(block.header)
                    .hint("Correct the path, which begins at this module's own directory."),
            ),
            Some((_, Some(s))) => {
                let dir = join(&raw.dir, &s);
                return self.module(dir, path, Some((parent, index)));
            }
        };
        self.diags.extend(problem);
        self.modules.push(RawModule {
            path,
            parent: Some((parent, index)),
            ..RawModule::default()
        });
        ModuleId(self.modules.len() - 1)
    }
}

fn parse(input: &SourceInput, file: FileId) -> (ast::Body, Diagnostics) {
    if !input.name.ends_with(".json") {
        return syntax::parse_file(&input.text, file);
    }
    match syntax::json::read(&input.text, file) {
        Ok(node) => json::file(&node),
        Err(d) => (syntax::parse_file("", file).0, d.into()),
    }
}

fn expected_labels(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "variable" | "output" | "module" | "provider" => &["name"],
        "resource" | "data" => &["type", "name"],
        "locals" | "terraform" | "moved" | "removed" | "import" => &[],
        "check" => &["name"],
        "ephemeral" => &["type", "name"],
        _ => return None,
    })
}

/// What a `resource` or `data` block with both labels declares.
fn resource_address(b: &ast::Block) -> ResourceAddr {
    ResourceAddr {
        mode: if &*b.kind.name == "data" {
            Mode::Data
        } else {
            Mode::Managed
        },
        kind: b.labels[0].name.clone(),
        name: b.labels[1].name.clone(),
    }
}

fn is_configuration(name: &str) -> bool {
    let hidden = name.starts_with('.')
        || name.ends_with('~')
        || (name.starts_with('#') && name.ends_with('#'));
    (name.ends_with(".tf") || name.ends_with(".tf.json")) && !hidden
}

/// `a/b` and `../c` make `a/c`; leading `..` are kept.
fn join(dir: &str, source: &str) -> String {
    let mut parts: Vec<&str> = dir.split('/').filter(|p| !p.is_empty()).collect();
    for p in source.split('/') {
        match p {
            "" | "." => {}
            ".." if parts.last().is_some_and(|l| *l != "..") => {
                parts.pop();
            }
            p => parts.push(p),
        }
    }
    // The root module's own directory must differ from its empty name.
    if parts.is_empty() {
        ".".to_owned()
    } else {
        parts.join("/")
    }
}

pub(super) fn literal(e: &ast::Expr) -> Option<Str> {
    match &e.kind {
        ast::ExprKind::Literal(v) => v.as_str().map(Into::into),
        _ => None,
    }
}

/// Gives each called module's variables the expressions that its caller sets.
fn attach_arguments(modules: &mut [Module], bound: &mut Bound) {
    for ((module, name), expr) in std::mem::take(&mut bound.arguments) {
        if let Some(v) = modules[module.0]
            .variables
            .iter_mut()
            .find(|v| v.name == name)
        {
            v.argument = Some(expr);
        }
    }
}

/// Makes every resource need the configuration of its provider.
fn connect_providers(
    cfg: &Configuration,
    links: &[Option<(ModuleId, usize)>],
    bound: &mut Bound,
) -> Diagnostics {
    let mut diags = Diagnostics::new();
    for ((parent, call), passed) in &bound.passed_providers {
        for key in passed.values().filter(|k| k.alias.is_some()) {
            if provider_object(cfg, links, bound, *parent, key).is_none() {
                let call = &cfg.module(*parent).calls[*call];
                let what = format!(
                    "module.{} is given provider {key}, which no block configures.",
                    call.name
                );
                diags.push(undeclared_provider(what, key, call.span));
            }
        }
    }
    for (m, module) in cfg.modules.iter().enumerate() {
        for (i, r) in module.resources.iter().enumerate() {
            if let Some(p) = provider_object(cfg, links, bound, ModuleId(m), &r.provider) {
                bound
                    .needs
                    .entry(ObjectId::Resource(ModuleId(m), i))
                    .or_default()
                    .insert(p);
                bound.providers.insert((ModuleId(m), i), p);
            } else if r.provider.alias.is_some()
                && !bound
                    .missing_providers
                    .contains(&(ModuleId(m), r.provider.clone()))
            {
                let what = format!(
                    "{} uses provider {}, which no block configures.",
                    r.addr, r.provider
                );
                diags.push(undeclared_provider(what, &r.provider, r.span));
            }
        }
    }
    diags.append(connect_import_providers(cfg, links, bound));
    diags
}

/// Makes imports without a declared target need the configuration of their provider: it is asked what they are.
fn connect_import_providers(
    cfg: &Configuration,
    links: &[Option<(ModuleId, usize)>],
    bound: &mut Bound,
) -> Diagnostics {
    let mut diags = Diagnostics::new();
    let imports = cfg.root().imports.iter().enumerate();
    for (i, decl) in imports.filter(|(_, d)| d.target.is_none()) {
        if let Some(p) = provider_object(cfg, links, bound, ModuleId::ROOT, &decl.provider) {
            let needs = bound.needs.entry(ObjectId::Import(ModuleId::ROOT, i));
            needs.or_default().insert(p);
            bound.import_providers.insert(i, p);
        } else if decl.provider.alias.is_some() {
            let what = format!(
                "The import of {} uses provider {}, which no block configures.",
                decl.resource, decl.provider
            );
            diags.push(undeclared_provider(what, &decl.provider, decl.span));
        }
    }
    diags
}

fn undeclared_provider(detail: String, key: &ProviderKey, at: Span) -> Diagnostic {
    Diagnostic::error(
        "undeclared-provider",
        "Provider configuration is not declared",
        detail,
    )
    .at(at)
    .hint(format!(
        "Add: provider \"{}\" {{ alias = \"{}\" }}.",
        key.provider,
        key.alias.as_deref().unwrap_or_default()
    ))
}

/// The block that configures a provider for a module: its own, or what its callers pass or leave to be inherited.
fn provider_object(
    cfg: &Configuration,
    links: &[Option<(ModuleId, usize)>],
    bound: &Bound,
    module: ModuleId,
    key: &ProviderKey,
) -> Option<ObjectId> {
    let (mut at, mut key) = (module, key.clone());
    loop {
        if let Some(i) = cfg.module(at).providers.iter().position(|p| p.key == key) {
            return Some(ObjectId::Provider(at, i));
        }
        let (parent, call) = links[at.0]?;
        if let Some(passed) = bound
            .passed_providers
            .get(&(parent, call))
            .and_then(|m| m.get(&key))
        {
            key = passed.clone();
        } else if key.alias.is_some() {
            return None;
        }
        at = parent;
    }
}

/// Makes everything in a called module need the call, and what the call's `depends_on` names.
fn connect_modules(cfg: &Configuration, links: &[Option<(ModuleId, usize)>], bound: &mut Bound) {
    for (m, module) in cfg.modules.iter().enumerate() {
        let id = ModuleId(m);
        let Some((parent, call)) = links[m] else {
            continue;
        };
        let via = ObjectId::Call(parent, call);
        let mut waits: BTreeSet<ObjectId> = BTreeSet::new();
        let mut up = Some((parent, call));
        while let Some((p, c)) = up {
            waits.extend(
                bound
                    .call_depends_on
                    .get(&(p, c))
                    .into_iter()
                    .flatten()
                    .copied(),
            );
            up = links[p.0];
        }
        for o in objects(module, id) {
            let needs = bound.needs.entry(o).or_default();
            needs.insert(via);
            if matches!(o, ObjectId::Resource(..)) {
                needs.extend(waits.iter().copied());
            }
        }
    }
}

fn objects(module: &Module, id: ModuleId) -> Vec<ObjectId> {
    let mut out = Vec::new();
    out.extend((0..module.calls.len()).map(|i| ObjectId::Call(id, i)));
    out.extend((0..module.variables.len()).map(|i| ObjectId::Variable(id, i)));
    out.extend((0..module.locals.len()).map(|i| ObjectId::Local(id, i)));
    out.extend((0..module.providers.len()).map(|i| ObjectId::Provider(id, i)));
    out.extend((0..module.resources.len()).map(|i| ObjectId::Resource(id, i)));
    out.extend((0..module.outputs.len()).map(|i| ObjectId::Output(id, i)));
    out.extend((0..module.imports.len()).map(|i| ObjectId::Import(id, i)));
    out.extend((0..module.checks.len()).map(|i| ObjectId::Check(id, i)));
    out
}

fn build_graph(cfg: &Configuration, bound: &Bound) -> Result<Graph<ObjectId>, Diagnostics> {
    let mut b = GraphBuilder::new();
    for (m, module) in cfg.modules.iter().enumerate() {
        for o in objects(module, ModuleId(m)) {
            b.node(&o);
            for n in bound.needs.get(&o).into_iter().flatten() {
                b.edge(&o, n);
            }
        }
    }
    b.build().map_err(|cycles| {
        cycles
            .into_iter()
            .map(|c| {
                let names: Vec<_> = c.0.iter().map(|o| cfg.describe(*o)).collect();
                let mut path: Vec<&str> = names.iter().map(|(n, _)| n.as_str()).collect();
                path.push(path[0]);
                let d = if names.len() == 1 {
                    Diagnostic::error(
                        "self-reference",
                        "Object refers to itself",
                        format!("{} needs its own value.", names[0].0),
                    )
                    .hint("Remove the reference, or take the value from where it comes from.")
                } else {
                    Diagnostic::error(
                        "cycle",
                        "Objects need each other",
                        format!("None of these can come first: {}.", path.join(" → ")),
                    )
                    .hint("Remove one of the references.")
                };
                names.iter().fold(d.at(names[0].1), |d, (n, _)| {
                    if names.len() > 1 {
                        d.value(n.clone(), "is part of the cycle")
                    } else {
                        d
                    }
                })
            })
            .collect()
    })
}

/// Writes into each resource which resources it needs, looking through variables, locals and outputs.
fn note_dependencies(cfg: &mut Configuration, bound: &Bound) {
    let mut through: HashMap<ObjectId, BTreeSet<String>> = HashMap::new();
    let graph = std::mem::take(&mut cfg.graph);
    for n in &graph.order {
        let object = graph.nodes[*n as usize];
        let mut found = BTreeSet::new();
        for need in &graph.needs[*n as usize] {
            match graph.nodes[*need as usize] {
                ObjectId::Resource(m, i) => {
                    found.insert(cfg.module(m).config_address(&cfg.resource(m, i).addr));
                }
                // What configures a provider is not what a resource is made of.
                ObjectId::Provider(..) => {}
                // Nor is what is imported as the resource.
                ObjectId::Import(..) => {}
                other => found.extend(through.get(&other).into_iter().flatten().cloned()),
            }
        }
        match object {
            ObjectId::Resource(m, i) => {
                let r = &mut cfg.modules[m.0].resources[i];
                r.dependencies = found.into_iter().collect();
                r.provider_object = bound.providers.get(&(m, i)).copied();
            }
            ObjectId::Import(m, i) => {
                cfg.modules[m.0].imports[i].provider_object =
                    bound.import_providers.get(&i).copied();
            }
            other => {
                through.insert(other, found);
            }
        }
    }
    cfg.graph = graph;
}

/// Arguments of a module call that are not variables of the called module.
pub(super) const CALL_META: [&str; 6] = [
    "source",
    "version",
    "count",
    "for_each",
    "providers",
    "depends_on",
];

pub(super) type PassedProviders = BTreeMap<ProviderKey, ProviderKey>;
