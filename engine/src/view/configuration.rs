//! The configuration that a plan was made from, as `configuration` of `terraform show -json PLAN` has it: every block
//! with its arguments, and of each argument its value where that is written there, or else what it refers to. Tools that
//! check policies follow these references from one resource to another.

use std::path::PathBuf;

use cloudapp_lang::eval;
use cloudapp_lang::functions::{FunctionOptions, Functions};
use cloudapp_lang::syntax::ast::{Expr, ExprKind, Reference, Step};

use super::json::{Array, Object};
use super::plan::{mode, source};
use super::value::write_known;
use crate::Providers;
use crate::address::Mode;
use crate::config::{
    BlockConfig, BlockItem, CallDecl, Configuration, Module, ModuleId, ObjectId, OutputDecl,
    ProviderDecl, Repetition, ResourceDecl, VariableDecl,
};
use crate::schema::{Block, Nesting};

/// Writes `configuration`.
pub(super) fn configuration_json(
    out: &mut String,
    configuration: &Configuration,
    providers: &Providers,
) {
    let view = View {
        configuration,
        providers,
        // Literals are all that is evaluated: no file, and no time.
        functions: Functions::new(FunctionOptions {
            base_dir: PathBuf::new(),
            files_within: None,
            plan_time: String::new(),
            now: None,
            package_dialect: configuration.dialect().is_package(),
        }),
    };
    let mut object = Object::new(out);
    view.provider_config(object.key("provider_config"));
    view.module(object.key("root_module"), ModuleId::ROOT);
    object.end();
}

struct View<'a> {
    configuration: &'a Configuration,
    providers: &'a Providers,
    functions: Functions,
}

impl View<'_> {
    /// The blocks that configure providers, and the providers that do without one.
    fn provider_config(&self, out: &mut String) {
        let mut all = std::collections::BTreeMap::new();
        for module in &self.configuration.modules {
            for p in &module.providers {
                all.insert(key_in(module, p), Some((module, p)));
            }
            for r in module
                .resources
                .iter()
                .filter(|r| r.provider_object.is_none())
            {
                all.entry(r.provider.provider.to_string()).or_insert(None);
            }
        }
        let mut object = Object::new(out);
        for (key, block) in &all {
            let mut one = Object::new(object.key(key));
            let name = block.map_or(key.as_str(), |(_, p)| &p.key.provider);
            one.string("name", name)
                .string("full_name", source(self.providers, name));
            if let Some((module, p)) = block {
                if let Some(alias) = &p.key.alias {
                    one.string("alias", alias);
                }
                if !module.path.is_empty() {
                    one.string(
                        "module_address",
                        module.config_prefix().trim_end_matches('.'),
                    );
                }
                self.expressions(&mut one, &p.body, &p.schema.block);
            }
            one.end();
        }
        object.end();
    }

    fn module(&self, out: &mut String, id: ModuleId) {
        let module = self.configuration.module(id);
        let mut object = Object::new(out);
        if !module.outputs.is_empty() {
            let mut all = Object::new(object.key("outputs"));
            for o in &module.outputs {
                self.output(all.key(&o.name), o);
            }
            all.end();
        }
        if !module.resources.is_empty() {
            let mut list = Array::new(object.key("resources"));
            for wanted in [Mode::Managed, Mode::Data] {
                for r in module.resources.iter().filter(|r| r.addr.mode == wanted) {
                    self.resource(list.item(), r);
                }
            }
            list.end();
        }
        if !module.calls.is_empty() {
            let mut all = Object::new(object.key("module_calls"));
            for c in &module.calls {
                self.call(all.key(&c.name), c);
            }
            all.end();
        }
        if !module.variables.is_empty() {
            let mut all = Object::new(object.key("variables"));
            for v in &module.variables {
                variable(all.key(&v.name), v);
            }
            all.end();
        }
        object.end();
    }

    fn output(&self, out: &mut String, o: &OutputDecl) {
        let mut object = Object::new(out);
        if o.sensitive {
            object.bool("sensitive", true);
        }
        if o.ephemeral {
            object.bool("ephemeral", true);
        }
        self.expression(object.key("expression"), &o.expr);
        depends_on(&mut object, &o.depends_on);
        if !o.description.is_empty() {
            object.string("description", &o.description);
        }
        object.end();
    }

    fn resource(&self, out: &mut String, r: &ResourceDecl) {
        let mut object = Object::new(out);
        object
            .string("address", &r.addr.to_string())
            .string("mode", mode(r.addr.mode))
            .string("type", &r.addr.kind)
            .string("name", &r.addr.name)
            .string("provider_config_key", &self.provider_key(r));
        if !r.provisioners.is_empty() {
            let mut list = Array::new(object.key("provisioners"));
            for p in &r.provisioners {
                let mut one = Object::new(list.item());
                one.string("type", &p.kind);
                self.expressions(&mut one, &p.body, &p.schema.block);
                one.end();
            }
            list.end();
        }
        self.expressions(&mut object, &r.body, &r.schema.block);
        object.number("schema_version", r.schema.version);
        self.repetition(&mut object, &r.repetition);
        depends_on(&mut object, &r.depends_on);
        object.end();
    }

    /// The key in `provider_config` of what configures a resource's provider.
    fn provider_key(&self, r: &ResourceDecl) -> String {
        match r.provider_object {
            Some(ObjectId::Provider(m, i)) => {
                let module = self.configuration.module(m);
                key_in(module, &module.providers[i])
            }
            _ => r.provider.provider.to_string(),
        }
    }

    fn call(&self, out: &mut String, call: &CallDecl) {
        let mut object = Object::new(out);
        object.string("source", &call.source);
        let called = self.configuration.module(call.module);
        let arguments = called.variables.iter();
        let arguments = arguments.filter_map(|v| Some((&v.name, v.argument.as_ref()?)));
        let mut arguments = arguments.peekable();
        if arguments.peek().is_some() {
            let mut all = Object::new(object.key("expressions"));
            for (name, expr) in arguments {
                self.expression(all.key(name), expr);
            }
            all.end();
        }
        self.repetition(&mut object, &call.repetition);
        // Calls nest no deeper than the loader follows them.
        self.module(object.key("module"), call.module);
        depends_on(&mut object, &call.depends_on);
        object.end();
    }

    fn repetition(&self, object: &mut Object<'_>, repetition: &Repetition) {
        let name = match repetition {
            Repetition::None => return,
            Repetition::Count(_) => "count_expression",
            Repetition::ForEach(_) => "for_each_expression",
        };
        let mut text = String::new();
        if let Some(e) = repetition.expr() {
            self.expression(&mut text, e);
        }
        if text != "{}" {
            object.raw(name, &text);
        }
    }

    fn expressions(&self, object: &mut Object<'_>, body: &BlockConfig, schema: &Block) {
        if !body.attributes.is_empty() || !body.blocks.is_empty() {
            self.body(object.key("expressions"), body, schema);
        }
    }

    fn body(&self, out: &mut String, body: &BlockConfig, schema: &Block) {
        let mut object = Object::new(out);
        for (name, a) in &body.attributes {
            self.expression(object.key(name), &a.expr);
        }
        for (name, items) in &body.blocks {
            let Some(nested) = schema.blocks.get(name) else {
                continue;
            };
            // What a dynamic block makes is not known before it is evaluated.
            let written = items.iter().filter_map(|i| match i {
                BlockItem::Static { label, config } => Some((label, config)),
                BlockItem::Dynamic(_) => None,
            });
            self.blocks(&mut object, name, nested.nesting, &nested.block, written);
        }
        object.end();
    }

    fn blocks<'b>(
        &self,
        object: &mut Object<'_>,
        name: &str,
        nesting: Nesting,
        schema: &Block,
        written: impl Iterator<Item = (&'b Option<cloudapp_lang::Str>, &'b BlockConfig)>,
    ) {
        let mut written = written.peekable();
        if written.peek().is_none() {
            return;
        }
        match nesting {
            Nesting::Single => {
                if let Some((_, config)) = written.next() {
                    self.body(object.key(name), config, schema);
                }
            }
            Nesting::List | Nesting::Set => {
                let mut list = Array::new(object.key(name));
                for (_, config) in written {
                    self.body(list.item(), config, schema);
                }
                list.end();
            }
            Nesting::Map => {
                let mut all = Object::new(object.key(name));
                for (label, config) in written {
                    let label = label.as_deref().unwrap_or_default();
                    self.body(all.key(label), config, schema);
                }
                all.end();
            }
        }
    }

    /// The value of a literal, or the names in an expression. A call of functions with literals is neither.
    fn expression(&self, out: &mut String, expr: &Expr) {
        let mut object = Object::new(out);
        let references = eval::references(expr);
        if !references.is_empty() {
            let mut list = Array::new(object.key("references"));
            for r in references {
                for name in names(r) {
                    super::json::string(list.item(), &name);
                }
            }
            list.end();
        } else if eval::first_call(expr).is_none()
            && let Ok(value) = eval::constant(expr, &self.functions)
        {
            write_known(object.key("constant_value"), &value);
        }
        object.end();
    }
}

/// The name of a provider's block among those of all modules.
fn key_in(module: &Module, p: &ProviderDecl) -> String {
    if module.path.is_empty() {
        p.key.to_string()
    } else {
        format!("{}:{}", module.config_prefix().trim_end_matches('.'), p.key)
    }
}

fn variable(out: &mut String, v: &VariableDecl) {
    let mut object = Object::new(out);
    if let Some(default) = &v.default {
        write_known(object.key("default"), default);
    }
    if !v.description.is_empty() {
        object.string("description", &v.description);
    }
    if v.sensitive {
        object.bool("sensitive", true);
    }
    if v.ephemeral {
        object.bool("ephemeral", true);
    }
    object.end();
}

fn depends_on(object: &mut Object<'_>, needed: &[Expr]) {
    if needed.is_empty() {
        return;
    }
    let references = needed.iter().filter_map(|e| match &e.kind {
        ExprKind::Reference(r) => names(r).into_iter().next(),
        _ => None,
    });
    object.strings("depends_on", references);
}

/// What a reference names, from the whole of it to the object: `a.b[0].id`, `a.b[0]`, `a.b`. It ends at the first step
/// that only evaluating can tell.
fn names(r: &Reference) -> Vec<String> {
    let mut text = r.root.name.to_string();
    let mut lengths = vec![text.len()];
    for step in &r.steps {
        match step {
            Step::Attr(a) => {
                text.push('.');
                text.push_str(&a.name);
            }
            Step::LegacyIndex(i, _) => text.push_str(&format!("[{i}]")),
            Step::Index(e) => match key(e) {
                Some(key) => text.push_str(&format!("[{key}]")),
                None => break,
            },
            Step::Splat(..) => break,
        }
        lengths.push(text.len());
    }
    // So many parts are the name of the object itself.
    let own = match &*r.root.name {
        "self" => 0,
        "data" | "resource" | "ephemeral" => 2,
        // An output belongs to an instance of the module.
        "module" if lengths.len() > 3 && matches!(r.steps.get(1), Some(Step::Index(_))) => 2,
        _ => 1,
    };
    let own = own.min(lengths.len() - 1);
    let lengths = lengths[own..].iter().rev();
    lengths.map(|n| text[..*n].to_owned()).collect()
}

/// The literal key of an index, as it is written.
fn key(e: &Expr) -> Option<String> {
    let ExprKind::Literal(v) = &e.unparenthesized().kind else {
        return None;
    };
    match v.as_str() {
        Some(s) => Some(super::json::quoted(s)),
        None => Some(super::value::known(v)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests say what they expect")]
mod tests {
    use cloudapp_lang::SourceMap;

    use super::*;
    use crate::config::{Dialect, LoadRequest, SourceInput, load};
    use crate::view::json::pretty;

    fn file(module: &str, text: &str) -> SourceInput {
        SourceInput {
            name: "main.tf".into(),
            text: text.into(),
            module: module.into(),
        }
    }

    #[test]
    fn arguments_are_values_or_references() {
        let root = r#"
variable "v" {
  description = "what"
  default     = { a = [1] }
  sensitive   = true
}
locals {
  l = var.v
}
module "m" {
  source     = "./m"
  for_each   = toset(["k"])
  x          = [each.key, local.l["a"][0], local.l[each.key].b]
  depends_on = [module.first]
}
module "first" {
  source = "./m"
}
output "o" {
  value       = [module.m["k"].o.p, module.first.o, module.m, [for v in var.v : v if v != path.module]]
  description = "said"
  sensitive   = true
  depends_on  = [module.m]
}
output "constant" {
  value = { n = -1, t = ["a${1}"], none = null }
}
output "called" {
  value = upper("x")
}
"#;
        let called = "variable \"x\" {\n  default = null\n}\noutput \"o\" {\n  value = var.x\n}\n";
        let request = LoadRequest {
            dir: PathBuf::new(),
            dialect: Dialect::Strict,
            package_dir: None,
            files: Some(vec![file("", root), file("m", called)]),
        };
        let providers = Providers::default();
        let (configuration, found) = load(&request, &providers, &mut SourceMap::new());
        assert!(!found.has_errors(), "{found:?}");
        let mut out = String::new();
        configuration_json(&mut out, &configuration.unwrap(), &providers);
        insta::assert_snapshot!(pretty(&out));
    }
}
