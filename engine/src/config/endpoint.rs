//! Addresses as configurations write them: what `moved`, `removed` and `import` blocks name. They look like references,
//! but mean places in the state, so they need not be declared and are never bound.

use cloudapp_lang::syntax::ast::{Expr, ExprKind, Ident, Step};
use cloudapp_lang::{Diagnostic, Span, Str};

use crate::address::{Address, InstanceKey, Mode, ResourceAddr, Target};

/// An address relative to the module whose block names it.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    /// From the module of the block down.
    pub(crate) modules: Vec<(Str, Option<Key>)>,
    /// None where it names a module.
    pub(crate) resource: Option<(ResourceAddr, Option<Key>)>,
    pub(crate) span: Span,
}

/// The key of an instance, in brackets.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) expr: Expr,
    /// With the brackets.
    pub(crate) span: Span,
}

/// What begins a reference to something that is no resource.
const RESERVED: [&str; 7] = ["var", "local", "count", "each", "self", "path", "terraform"];

impl Endpoint {
    /// Reads an address.
    pub(crate) fn read(expr: &Expr) -> Result<Self, Diagnostic> {
        let ExprKind::Reference(r) = &expr.kind else {
            return Err(invalid("It must be written like a reference.", expr.span));
        };
        let mut parts = Parts {
            next: Some(&r.root),
            steps: &r.steps,
            end: r.root.span.end,
            whole: expr.span,
        };
        let mut modules = Vec::new();
        let mut first = parts.name("a resource type")?;
        while &*first.name == "module" {
            let name = parts.name("the name of a module")?;
            modules.push((name.name.clone(), parts.key()));
            if parts.is_done() {
                return Ok(Self {
                    modules,
                    resource: None,
                    span: expr.span,
                });
            }
            first = parts.name("a resource type")?;
        }
        let (mode, kind) = match &*first.name {
            "data" => (Mode::Data, parts.name("a data source type")?),
            "resource" => (Mode::Managed, parts.name("a resource type")?),
            _ => (Mode::Managed, first),
        };
        if mode == Mode::Managed && RESERVED.contains(&&*kind.name) {
            let detail = format!("\"{}\" is no resource type.", kind.name);
            return Err(invalid(&detail, kind.span).within(expr.span));
        }
        let name = parts.name("the name of the resource")?;
        let addr = ResourceAddr {
            mode,
            kind: kind.name.clone(),
            name: name.name.clone(),
        };
        let key = parts.key();
        if !parts.is_done() {
            return Err(invalid(
                "It names an attribute, but what is wanted is the resource.",
                Span {
                    start: parts.end,
                    ..expr.span
                },
            )
            .within(expr.span));
        }
        Ok(Self {
            modules,
            resource: Some((addr, key)),
            span: expr.span,
        })
    }

    /// The address where all keys are literals. A key that is not is an error at the key.
    pub(crate) fn constant(&self) -> Result<Target, Diagnostic> {
        let steps = self.modules.iter();
        let module = steps
            .map(|(name, key)| Ok((name.clone(), constant(key.as_ref())?)))
            .collect::<Result<_, _>>()?;
        Ok(match &self.resource {
            None => Target::Module(module),
            Some((resource, key)) => Target::Resource(Address {
                module,
                resource: resource.clone(),
                key: constant(key.as_ref())?,
            }),
        })
    }
}

/// The key that a literal stands for.
fn constant(key: Option<&Key>) -> Result<InstanceKey, Diagnostic> {
    let Some(key) = key else {
        return Ok(InstanceKey::None);
    };
    if let ExprKind::Literal(v) = &key.expr.kind {
        if let Some(s) = v.as_str() {
            return Ok(InstanceKey::Key(s.into()));
        }
        if let Some(n) = v.as_number().and_then(|n| n.as_u64()) {
            return Ok(InstanceKey::Index(n));
        }
    }
    Err(invalid(
        "The key of an instance is a number or a quoted string here.",
        key.span,
    ))
}

fn invalid(detail: &str, at: Span) -> Diagnostic {
    Diagnostic::error("invalid-address", "Not an address", detail)
        .at(at)
        .hint("Write the address of a resource or module, such as tencentcloud_vpc.main or module.net[\"a\"].")
}

/// The parts of an address that are not read yet.
struct Parts<'e> {
    next: Option<&'e Ident>,
    steps: &'e [Step],
    /// Where what was read ends.
    end: u32,
    whole: Span,
}

impl<'e> Parts<'e> {
    fn is_done(&self) -> bool {
        self.next.is_none() && self.steps.is_empty()
    }

    fn name(&mut self, what: &str) -> Result<&'e Ident, Diagnostic> {
        if let Some(root) = self.next.take() {
            return Ok(root);
        }
        match self.steps.split_first() {
            Some((Step::Attr(name), rest)) => {
                self.steps = rest;
                self.end = name.span.end;
                Ok(name)
            }
            _ => Err(invalid(
                &format!("Here {what} is missing."),
                Span {
                    start: self.end.min(self.whole.end),
                    ..self.whole
                },
            )
            .within(self.whole)),
        }
    }

    fn key(&mut self) -> Option<Key> {
        let Some((Step::Index(expr), rest)) = self.steps.split_first() else {
            return None;
        };
        self.steps = rest;
        let span = Span {
            start: self.end,
            end: expr.span.end.saturating_add(1),
            ..self.whole
        };
        self.end = span.end;
        Some(Key {
            expr: expr.clone(),
            span,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may fail by panicking
mod tests {
    use cloudapp_lang::source::FileId;
    use cloudapp_lang::syntax::parse_expression;

    use super::*;

    fn read(text: &str) -> Result<String, (u32, u32)> {
        let expr = parse_expression(text, FileId(0)).unwrap();
        let place = |d: Diagnostic| d.subject.map_or((0, 0), |s| (s.start, s.end));
        let target = Endpoint::read(&expr)
            .and_then(|e| e.constant())
            .map_err(place)?;
        Ok(match target {
            Target::Module(m) => m.to_string(),
            Target::Resource(a) => a.to_string(),
        })
    }

    #[test]
    fn addresses_are_read_as_they_are_written() {
        for text in [
            "a.b",
            "a.b[0]",
            "a.b[\"x\"]",
            "data.a.b",
            "module.m",
            "module.m[\"k\"].module.n[1].a.b[2]",
        ] {
            assert_eq!(read(text), Ok(text.to_owned()));
        }
        assert_eq!(read("resource.a.b"), Ok("a.b".to_owned()));
    }

    #[test]
    fn what_is_no_address_is_refused_at_its_place() {
        assert_eq!(read("\"a.b\""), Err((0, 5)));
        assert_eq!(read("a"), Err((1, 1)));
        assert_eq!(read("module"), Err((6, 6)));
        assert_eq!(read("module.m.a"), Err((10, 10)));
        assert_eq!(read("a.b.id"), Err((3, 6)));
        assert_eq!(read("a.b[x]"), Err((3, 6)));
        assert_eq!(read("a.b[ -1 ]"), Err((3, 8)));
    }
}
