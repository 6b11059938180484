//! The stack as it is written: its variables and resources, and every argument in them.

use cloudapp_lang::syntax::ast::{Block, Body, Expr, ExprKind, Ident, Reference, Step};
use cloudapp_lang::syntax::parse_file;
use cloudapp_lang::{FileId, SourceMap, Span, Type};

use super::types;

/// How deep blocks are followed.
const MAX_DEPTH: usize = 32;

/// All files of a stack.
#[derive(Debug, Default)]
pub(super) struct Stack {
    pub(super) bodies: Vec<Body>,
    /// Texts in JSON, which are only searched for names.
    pub(super) json: Vec<String>,
    /// Whether something could not be read, and is missing here.
    pub(super) is_incomplete: bool,
}

/// A variable's declaration.
#[derive(Debug)]
pub(super) struct Variable<'s> {
    pub(super) name: &'s Ident,
    /// None where there is none, or none that can be read.
    pub(super) ty: Option<Type>,
    pub(super) type_span: Option<Span>,
    pub(super) default: Option<&'s Expr>,
    pub(super) block: &'s Block,
}

/// A resource's declaration.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resource<'s> {
    pub(super) kind: &'s Ident,
    pub(super) name: &'s Ident,
    pub(super) block: &'s Block,
}

/// An argument anywhere in a block: the names of the blocks around it, then its own.
#[derive(Debug)]
pub(super) struct Argument<'s> {
    pub(super) path: Vec<&'s str>,
    pub(super) name: &'s Ident,
    pub(super) expr: &'s Expr,
}

impl Stack {
    pub(super) fn read(files: &[FileId], sources: &SourceMap) -> Self {
        let mut stack = Self::default();
        for id in files {
            let Some(file) = sources.file(*id) else {
                continue;
            };
            if file.name.ends_with(".json") {
                stack.json.push(file.text.to_string());
            } else {
                // What is wrong with the syntax is the engine's to say.
                let (body, faults) = parse_file(&file.text, *id);
                stack.is_incomplete |= faults.has_errors();
                stack.bodies.push(body);
            }
        }
        stack
    }

    pub(super) fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.bodies.iter().flat_map(|b| &b.blocks)
    }

    pub(super) fn variables(&self) -> impl Iterator<Item = Variable<'_>> {
        self.blocks()
            .filter(|b| &*b.kind.name == "variable")
            .filter_map(|block| {
                let ty = block.body.attribute("type");
                Some(Variable {
                    name: block.labels.first()?,
                    ty: ty.and_then(|t| types::read(&t.expr)),
                    type_span: ty.map(|t| t.expr.span),
                    default: block.body.attribute("default").map(|d| &d.expr),
                    block,
                })
            })
    }

    pub(super) fn resources(&self) -> impl Iterator<Item = Resource<'_>> {
        self.blocks().filter_map(|block| match &block.labels[..] {
            [kind, name] if &*block.kind.name == "resource" => Some(Resource { kind, name, block }),
            _ => None,
        })
    }

    /// Every reference outside of types.
    pub(super) fn each_reference<'s>(&'s self, f: &mut impl FnMut(&'s Reference)) {
        for block in self.blocks() {
            let is_variable = &*block.kind.name == "variable";
            for argument in arguments(block) {
                if !(is_variable && &*argument.name.name == "type") {
                    argument.expr.for_each_reference(f);
                }
            }
        }
    }

    /// Whether a name stands anywhere in what is written in JSON.
    pub(super) fn json_mentions(&self, variable: &str) -> bool {
        let text = format!("var.{variable}");
        self.json.iter().any(|json| {
            json.match_indices(&text).any(|(i, _)| {
                let next = json[i + text.len()..].chars().next();
                !next.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
            })
        })
    }
}

/// All arguments of a block and of the blocks in it.
pub(super) fn arguments(block: &Block) -> Vec<Argument<'_>> {
    let mut all = Vec::new();
    collect(&block.body, &mut Vec::new(), &mut all);
    all
}

fn collect<'s>(body: &'s Body, path: &mut Vec<&'s str>, all: &mut Vec<Argument<'s>>) {
    for a in &body.attributes {
        let mut own = path.clone();
        own.push(&a.name.name);
        all.push(Argument {
            path: own,
            name: &a.name,
            expr: &a.expr,
        });
    }
    if path.len() >= MAX_DEPTH {
        return;
    }
    for b in &body.blocks {
        // A dynamic block is one of the blocks that it makes.
        let name = match (&*b.kind.name, b.labels.first()) {
            ("dynamic", Some(label)) => &*label.name,
            ("content", _) => {
                collect(&b.body, path, all);
                continue;
            }
            (name, _) => name,
        };
        path.push(name);
        collect(&b.body, path, all);
        path.pop();
    }
}

/// The text of a string without expressions.
pub(super) fn literal(expr: &Expr) -> Option<&str> {
    match &expr.unparenthesized().kind {
        ExprKind::Literal(value) => value.as_str(),
        _ => None,
    }
}

/// The names in `root.a.b`, as far as there are names.
pub(super) fn names(r: &Reference) -> Vec<&str> {
    let mut all: Vec<&str> = vec![&r.root.name];
    for step in &r.steps {
        match step {
            Step::Attr(name) => all.push(&name.name),
            Step::Index(_) | Step::LegacyIndex(..) => {}
            Step::Splat(..) => break,
        }
    }
    all
}

/// The place of a reference as far as its names go.
pub(super) fn span(r: &Reference) -> Span {
    r.steps.iter().fold(r.root.span, |at, step| match step {
        Step::Attr(name) => at.to(name.span),
        Step::Index(e) => at.to(e.span),
        Step::LegacyIndex(_, span) | Step::Splat(_, span) => at.to(*span),
    })
}
