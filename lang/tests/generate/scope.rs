//! Surroundings for expressions: a few named values of all kinds of types.

use std::path::PathBuf;

use cloudapp_lang::eval::{EvalContext, Resolved, Resolver, Scope, bind, evaluate};
use cloudapp_lang::functions::{FunctionOptions, Functions};
use cloudapp_lang::syntax::ast::{Reference, Slot};
use cloudapp_lang::syntax::parse_expression;
use cloudapp_lang::{Diagnostic, Diagnostics, FileId, Str, Type, Value};

use super::choices::Choices;
use super::values::{Allow, value_of};

/// The names in scope and their types.
pub(crate) fn names() -> Vec<(&'static str, Type)> {
    let object = Type::object([
        ("a", Type::String),
        ("b", Type::Number),
        ("l", Type::list(Type::String)),
    ]);
    vec![
        ("s", Type::String),
        ("n", Type::Number),
        ("b", Type::Bool),
        ("s2", Type::String),
        ("n2", Type::Number),
        ("b2", Type::Bool),
        ("ls", Type::list(Type::String)),
        ("ln", Type::list(Type::Number)),
        ("ss", Type::set(Type::String)),
        ("mn", Type::map(Type::Number)),
        ("ms", Type::map(Type::String)),
        ("t", Type::tuple([Type::String, Type::Number, Type::Bool])),
        ("o", object.clone()),
        ("lo", Type::list(object)),
    ]
}

#[derive(Clone, Debug)]
pub(crate) struct Names(pub(crate) Vec<(&'static str, Value)>);

impl Names {
    /// Known values for all names. Few are null.
    pub(crate) fn known(c: &mut Choices<'_>) -> Self {
        let one = |(name, ty): (&'static str, Type)| {
            let v = if c.one_in(25) {
                Value::null(ty)
            } else {
                value_of(&ty, c, Allow::NOTHING, 3)
            };
            (name, v)
        };
        Self(names().into_iter().map(one).collect())
    }
}

impl Resolver for &Names {
    fn resolve(&mut self, r: &Reference) -> Result<Resolved, Diagnostic> {
        let found = self.0.iter().position(|(n, _)| *n == &*r.root.name);
        match found {
            Some(n) => Ok(Resolved {
                slot: Slot(n as u32),
                consumed: 0,
            }),
            None => Err(Diagnostic::error("unknown-name", "No such name", "")),
        }
    }
}

impl Scope for Names {
    fn value(&self, slot: Slot) -> Result<Value, Diagnostic> {
        Ok(self.0[slot.0 as usize].1.clone())
    }
}

pub(crate) fn functions() -> Functions {
    Functions::new(FunctionOptions {
        base_dir: PathBuf::from("."),
        files_within: None,
        plan_time: "2026-01-02T03:04:05Z".into(),
        now: Some("2026-01-02T03:04:05Z".into()),
        package_dialect: false,
    })
}

pub(crate) fn eval(text: &str, names: &Names, functions: &Functions) -> Result<Value, Diagnostics> {
    let mut expr = parse_expression(text, FileId(0))?;
    let found = bind(&mut expr, &mut &*names);
    if found.has_errors() {
        return Err(found);
    }
    evaluate(
        &expr,
        EvalContext {
            scope: names,
            functions,
        },
    )
}

/// What a value is without the marks on it and in it.
pub(crate) fn plain(v: Value) -> Value {
    v.unmark_deep().0
}

pub(crate) fn str(s: &str) -> Str {
    s.into()
}
