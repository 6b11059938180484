//! The expressions of one body, bound to a scope as the engine binds them.

use cloudapp_lang::eval::{EvalContext, Resolved, Resolver, Scope, bind, evaluate};
use cloudapp_lang::functions::{FunctionOptions, Functions};
use cloudapp_lang::syntax::ast::{Expr, Reference, Slot, Step};
use cloudapp_lang::syntax::parse_expression;
use cloudapp_lang::{Diagnostic, FileId, Type, Value};

use super::workload::BODY;

/// Values by the names that the workload uses.
struct Names(Vec<(&'static str, u32, Value)>);

impl Names {
    fn new() -> Self {
        let object = |id: &str| {
            Value::object([
                ("id", Value::string(id)),
                ("name", Value::string("operators")),
            ])
        };
        let zones = vec![Value::string("north-1"), Value::string("north-2")];
        Self(vec![
            ("var.prefix", 1, Value::string("Shop")),
            ("var.zones", 1, Value::list(Type::String, zones)),
            ("var.project", 1, Value::string("accounting")),
            ("var.production", 1, Value::bool(true)),
            ("var.environment", 1, Value::string("production")),
            ("var.disk_size", 1, Value::number(100)),
            ("count.index", 1, Value::number(3)),
            ("cloud_key.operators", 1, object("key-1")),
            ("cloud_subnet.private", 1, object("subnet-1")),
            ("data.cloud_image", 2, object("image-1")),
        ])
    }
}

impl Resolver for &Names {
    fn resolve(&mut self, r: &Reference) -> Result<Resolved, Diagnostic> {
        let name = match r.steps.first() {
            Some(Step::Attr(a)) => format!("{}.{}", r.root.name, a.name),
            _ => r.root.name.to_string(),
        };
        let unknown = || Diagnostic::error("unknown-name", "No such name", name.clone());
        let found = self.0.iter().position(|(n, ..)| *n == name);
        let slot = found.ok_or_else(unknown)?;
        Ok(Resolved {
            slot: Slot(slot as u32),
            consumed: self.0[slot].1,
        })
    }
}

impl Scope for Names {
    fn value(&self, slot: Slot) -> Result<Value, Diagnostic> {
        Ok(self.0[slot.0 as usize].2.clone())
    }
}

pub(crate) struct Body {
    names: Names,
    functions: Functions,
    expressions: Vec<Expr>,
}

impl Body {
    pub(crate) fn new() -> Self {
        let names = Names::new();
        let bound = |(_, text): &(&str, &str)| {
            let mut expr = parse_expression(text, FileId(0)).expect("an expression");
            let found = bind(&mut expr, &mut &names);
            assert!(!found.has_errors(), "{text}: {found:?}");
            expr
        };
        let expressions = BODY.iter().map(bound).collect();
        let functions = Functions::new(FunctionOptions {
            base_dir: ".".into(),
            files_within: None,
            plan_time: String::new(),
            now: None,
            package_dialect: false,
        });
        Self {
            names,
            functions,
            expressions,
        }
    }

    /// The values of all expressions.
    pub(crate) fn evaluate(&self) -> Vec<Value> {
        let cx = EvalContext {
            scope: &self.names,
            functions: &self.functions,
        };
        let value = |e: &Expr| evaluate(e, cx).expect("a value");
        self.expressions.iter().map(value).collect()
    }
}
