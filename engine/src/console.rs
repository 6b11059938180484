//! Expressions asked by a person, against a stack as it is.

use std::collections::BTreeMap;

use cloudapp_lang::eval::{self, EvalContext};
use cloudapp_lang::functions::Functions;
use cloudapp_lang::{Diagnostic, Diagnostics, SourceMap, Str, Value, syntax};

use crate::config::ObjectId;
use crate::config::{Configuration, ConsoleNames};
use crate::evaluation::Evaluation;
use crate::plan::prior::{PriorObject, PriorState, with_marks};
use crate::run::{Runner, now, store_diagnostic};
use crate::scope::{ResourceValues, Scope, Shape, Values};

/// A stack's values, ready to be asked for.
pub struct Console {
    configuration: std::sync::Arc<Configuration>,
    names: ConsoleNames,
    values: Values,
    functions: Functions,
}

impl std::fmt::Debug for Console {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Console")
    }
}

impl Console {
    /// Evaluates what the state, the configuration and the given variables make known. Findings do not keep it from
    /// opening, as far as anything can be asked at all.
    pub async fn open(
        runner: &Runner,
        variables: &BTreeMap<Str, Value>,
    ) -> (Option<Console>, Diagnostics) {
        let state = match runner.store.state().await {
            Ok(s) => s,
            Err(e) => return (None, store_diagnostic(&e).into()),
        };
        let cfg = &*runner.configuration;
        let time = now();
        let functions = runner.functions(&time, Some(time.clone()));
        let mut e = Evaluation {
            cfg,
            functions: &functions,
            variables,
            values: Values::new(cfg, &runner.workspace, &runner.cwd(), false),
            diags: Diagnostics::new(),
            outcomes: crate::conditions::Outcomes::default(),
            checking: false,
        };
        let prior = PriorState::new(state);
        for n in &cfg.graph.order {
            match cfg.graph.nodes[*n as usize] {
                ObjectId::Variable(m, i) => drop(e.variable(m, i)),
                ObjectId::Local(m, i) => drop(e.local(m, i)),
                ObjectId::Call(m, i) => drop(e.call(m, i)),
                ObjectId::Output(m, i) => drop(e.output(m, i)),
                ObjectId::Provider(..) | ObjectId::Import(..) | ObjectId::Check(..) => {}
                ObjectId::Resource(m, i) => stored(&mut e, &prior, m, i),
            }
        }
        let Evaluation { values, diags, .. } = e;
        let names = ConsoleNames::new(cfg);
        let console = Console {
            configuration: runner.configuration.clone(),
            names,
            values,
            functions,
        };
        (Some(console), diags)
    }

    /// The value of one expression.
    pub fn evaluate(&self, text: &str, sources: &mut SourceMap) -> Result<Value, Diagnostics> {
        let file = sources.add("<console>", text);
        let mut expr = syntax::parse_expression(text, file)?;
        let mut names = self.names.clone();
        let mut resolver = names.resolver();
        let mut problems = eval::bind(&mut expr, &mut resolver);
        problems.append(resolver.misread);
        problems.append(eval::check_functions(&expr, &self.functions));
        if problems.has_errors() {
            return Err(problems);
        }
        let scope = Scope::new(&self.configuration, &self.values, 0).with_slots(names.slots());
        eval::evaluate(
            &expr,
            EvalContext {
                scope: &scope,
                functions: &self.functions,
            },
        )
    }

    /// The names that an expression may begin with, and those of all functions: for completion.
    #[must_use]
    pub fn completions(&self) -> Vec<String> {
        let m = self.configuration.root();
        let mut out: Vec<String> = m
            .variables
            .iter()
            .map(|v| format!("var.{}", v.name))
            .collect();
        out.extend(m.locals.iter().map(|l| format!("local.{}", l.name)));
        out.extend(m.resources.iter().map(|r| r.addr.to_string()));
        out.extend(m.calls.iter().map(|c| format!("module.{}", c.name)));
        out.extend(self.functions.names().map(str::to_owned));
        out.sort();
        out
    }
}

/// The instances of a resource as the state has them.
fn stored(
    e: &mut Evaluation<'_>,
    prior: &PriorState,
    module: crate::config::ModuleId,
    index: usize,
) {
    let cfg = e.cfg;
    let decl = cfg.resource(module, index);
    for instance in e.values.of_module[module.0].clone() {
        let (current, _) = prior.of(&e.values.instances[instance].addr, &decl.addr);
        let mut values = Vec::with_capacity(current.len());
        for (key, row) in current {
            match PriorObject::decode(prior.row(row), &decl.schema) {
                Ok(p) => values.push((key, with_marks(&decl.schema, p.object.value, &p.marks))),
                Err(reason) => e.diags.push(Diagnostic::warning(
                    "unreadable-object",
                    "Object in the state cannot be read",
                    format!("{}: {reason}.", prior.address(row)),
                )),
            }
        }
        let shape = Shape::of_stored(&decl.repetition, values.is_empty());
        e.values.instances[instance].resources[index] = ResourceValues::new(shape, values);
    }
}
