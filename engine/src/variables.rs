//! Values of the root module's variables, from all the places where they can be given.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use cloudapp_lang::diagnostic::nearest;
use cloudapp_lang::eval::{self, EvalContext};
use cloudapp_lang::functions::{FunctionOptions, Functions};
use cloudapp_lang::syntax;
use cloudapp_lang::syntax::ast::{Expr, Ident};
use cloudapp_lang::syntax::json::{self, NodeKind};
use cloudapp_lang::syntax::json_lower::{self, Reading};
use cloudapp_lang::value::convert;
use cloudapp_lang::{Diagnostic, Diagnostics, FileId, SourceMap, Span, Str, Type, Value};

use crate::config::{Configuration, VariableDecl};

/// One place where variables are given values. Which of them are sensitive is known only to the configuration, so `Debug`
/// shows none.
#[derive(Clone)]
pub enum VariableInput {
    /// An environment variable for `name`; an undeclared one is nobody's concern.
    Environment { name: String, text: String },
    /// A `.tfvars` or `.tfvars.json` file. `automatic`: found, not named.
    File {
        name: String,
        text: String,
        automatic: bool,
    },
    /// `-var 'name=text'`
    Flag { name: String, text: String },
    /// From the installation: a system variable or what the form passes.
    Given { name: Str, value: Value },
    /// Whatever was given before is not passed on: the form does not ask for it now.
    Withheld { name: Str },
}

impl std::fmt::Debug for VariableInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, name) = match self {
            VariableInput::Environment { name, .. } => ("Environment", name.as_str()),
            VariableInput::File { name, .. } => ("File", name.as_str()),
            VariableInput::Flag { name, .. } => ("Flag", name.as_str()),
            VariableInput::Given { name, .. } => ("Given", &**name),
            VariableInput::Withheld { name } => ("Withheld", &**name),
        };
        f.debug_struct(kind)
            .field("name", &name)
            .finish_non_exhaustive()
    }
}

/// The value of every variable that has one. Later inputs win over earlier ones.
pub fn collect(
    configuration: &Configuration,
    inputs: &[VariableInput],
    sources: &mut SourceMap,
) -> (BTreeMap<Str, Value>, Diagnostics) {
    Collector::of(configuration, inputs, sources).finish()
}

/// The variables that need a value and get none, in name order: those to ask for.
#[must_use]
pub fn missing<'c>(
    configuration: &'c Configuration,
    inputs: &[VariableInput],
) -> Vec<&'c VariableDecl> {
    let given = Collector::of(configuration, inputs, &mut SourceMap::new()).given;
    configuration
        .variables()
        .iter()
        .filter(|v| v.default.is_none() && !given.contains_key(&v.name))
        .collect()
}

/// The values of declared variables as they were given, before they are converted to the variables' types: what was
/// entered into the form of a package. What is wrong with them is for [`collect`] to say.
#[must_use]
pub fn entered(configuration: &Configuration, inputs: &[VariableInput]) -> BTreeMap<Str, Value> {
    let given = Collector::of(configuration, inputs, &mut SourceMap::new()).given;
    given
        .into_iter()
        .map(|(name, (value, ..))| (name, value))
        .collect()
}

/// The values in the text of a `.tfvars` or, by its name, `.json` file, whatever is declared.
pub fn file_values(
    name: &str,
    text: &str,
    sources: &mut SourceMap,
) -> (BTreeMap<Str, Value>, Diagnostics) {
    let mut diags = Diagnostics::new();
    let mut values = BTreeMap::new();
    for assignment in assignments(name, text, sources, &mut diags) {
        if let Some(value) = diags.take(constant(&assignment.expr)) {
            values.insert(assignment.name.name, value);
        }
    }
    (values, diags)
}

/// The value that a text of the command line has: an expression, or where `plain` the text itself.
pub fn text_value(
    shown: &str,
    text: &str,
    plain: bool,
    sources: &mut SourceMap,
) -> Result<Value, Diagnostics> {
    if plain {
        return Ok(Value::string(text));
    }
    let file = sources.add(shown, text);
    constant(&syntax::parse_expression(text, file)?)
}

struct Collector<'a> {
    configuration: &'a Configuration,
    sources: &'a mut SourceMap,
    diags: Diagnostics,
    /// With their places in files.
    given: BTreeMap<Str, (Value, Option<Span>)>,
}

impl<'a> Collector<'a> {
    fn of(
        configuration: &'a Configuration,
        inputs: &[VariableInput],
        sources: &'a mut SourceMap,
    ) -> Self {
        let mut collector = Self {
            configuration,
            sources,
            diags: Diagnostics::new(),
            given: BTreeMap::new(),
        };
        for i in inputs {
            collector.input(i);
        }
        collector
    }

    fn declaration(&self, name: &str) -> Option<&VariableDecl> {
        let all = self.configuration.variables();
        all.binary_search_by(|v| (*v.name).cmp(name))
            .ok()
            .map(|i| &all[i])
    }

    fn input(&mut self, input: &VariableInput) {
        match input {
            VariableInput::Given { name, value } => {
                if self.declaration(name).is_some() {
                    self.given.insert(name.clone(), (value.clone(), None));
                }
            }
            VariableInput::Withheld { name } => {
                self.given.remove(name);
            }
            VariableInput::Environment { name, text } => {
                if let Some(plain) = self.declaration(name).map(|d| d.text_input) {
                    self.text(name, text, plain, "environment");
                }
            }
            VariableInput::Flag { name, text } => {
                match self.declaration(name).map(|d| d.text_input) {
                    Some(plain) => self.text(name, text, plain, "-var"),
                    None => self.undeclared(name, None, true),
                }
            }
            VariableInput::File { name, text, .. } => self.file(name, text),
        }
    }

    /// Plain text where the variable is a string or has no type; an expression otherwise.
    fn text(&mut self, name: &str, text: &str, plain: bool, from: &str) {
        if plain {
            self.given.insert(name.into(), (Value::string(text), None));
            return;
        }
        let shown = format!("<value of {name} from {from}>");
        let file = self.sources.add(&shown, text);
        let read = syntax::parse_expression(text, file).and_then(|e| constant(&e));
        match (read, self.secret(name)) {
            (Ok(value), _) => {
                self.given.insert(name.into(), (value, None));
            }
            (Err(_), Some(decl)) => {
                let d = unreadable_secret(decl, from);
                self.diags.push(d);
            }
            (Err(found), None) => self.diags.append(found),
        }
    }

    /// A variable whose value nobody may see.
    fn secret(&self, name: &str) -> Option<&VariableDecl> {
        self.declaration(name).filter(|d| d.is_secret())
    }

    fn constant(&mut self, expr: &Expr) -> Option<Value> {
        self.diags.take(constant(expr))
    }

    fn file(&mut self, name: &str, text: &str) {
        for assignment in assignments(name, text, self.sources, &mut self.diags) {
            let name = &assignment.name;
            if self.declaration(&name.name).is_none() {
                self.undeclared(&name.name, Some(name.span), false);
            } else if let Some(v) = self.constant(&assignment.expr) {
                self.given
                    .insert(name.name.clone(), (v, Some(assignment.value)));
            }
        }
    }

    fn undeclared(&mut self, name: &str, span: Option<Span>, is_error: bool) {
        let names = self.configuration.variables().iter().map(|v| &*v.name);
        let hint = nearest(name, names).map_or_else(
            || format!("Declare it: variable \"{name}\" {{}}, or remove the value."),
            |n| format!("Did you mean \"{n}\"?"),
        );
        let detail =
            format!("A value is given for \"{name}\", but the configuration has no such variable.");
        let (code, summary) = ("undeclared-variable", "Variable is not declared");
        let d = if is_error {
            Diagnostic::error(code, summary, detail)
        } else {
            Diagnostic::warning(code, summary, detail)
        };
        let d = d.hint(hint);
        self.diags.push(match span {
            Some(s) => d.at(s),
            None => d,
        });
    }

    fn finish(mut self) -> (BTreeMap<Str, Value>, Diagnostics) {
        let mut out = BTreeMap::new();
        for decl in self.configuration.variables() {
            match self.given.remove(&decl.name) {
                Some((value, span)) => {
                    if let Some(v) = self.fit(decl, value, span) {
                        out.insert(decl.name.clone(), v);
                    }
                }
                None => match &decl.default {
                    Some(d) => {
                        out.insert(decl.name.clone(), d.clone());
                    }
                    None => self.without_value(decl),
                },
            }
        }
        (out, self.diags)
    }

    fn without_value(&mut self, decl: &VariableDecl) {
        let (code, summary) = ("variable-without-value", "Variable has no value");
        let d = if self.configuration.dialect().is_package() {
            Diagnostic::warning(code, summary, format!("Nothing gives \"{}\" a value, so it is null; that is an error only where a value is needed.", decl.name))
                .hint(format!("Give it with -var '{}=…' or -var-file, or give it a default.", decl.name))
        } else {
            Diagnostic::error(
                code,
                summary,
                format!(
                    "Variable \"{}\" has no default, and no value is given.",
                    decl.name
                ),
            )
            .hint(format!(
                "Give it with -var '{0}=…', a .tfvars file or TF_VAR_{0}.",
                decl.name
            ))
        };
        self.diags.push(d.at(decl.span));
    }

    fn fit(&mut self, decl: &VariableDecl, value: Value, span: Option<Span>) -> Option<Value> {
        if value.is_null() && !decl.nullable {
            if let Some(d) = &decl.default {
                return Some(d.clone());
            }
            self.diags.push(
                Diagnostic::error(
                    "variable-is-null",
                    "Variable must not be null",
                    format!("\"{}\" is declared with nullable = false.", decl.name),
                )
                .at(span.unwrap_or(decl.span))
                .hint("Give a value."),
            );
            return None;
        }
        let with_defaults = decl.defaults.apply(&value);
        // The line in which a secret stands shows it.
        let span = span.filter(|_| !decl.is_secret());
        let e = match convert(&with_defaults, &decl.ty) {
            Ok(v) if self.configuration.dialect().is_package() => {
                return Some(keep_extra(&with_defaults, v));
            }
            Ok(v) => return Some(v),
            Err(e) => e,
        };
        let package = self.configuration.dialect().is_package();
        let (at, e) = if decl.is_secret() {
            (String::new(), SECRET.to_owned())
        } else if e.path.0.is_empty() {
            (String::new(), e.to_string())
        } else {
            (format!(" (at {})", e.path), e.to_string())
        };
        if package && with_defaults.as_entries().is_some() && matches!(decl.ty, Type::Object(_)) {
            self.diags.push(
                Diagnostic::warning(
                    "value-type-mismatch",
                    "Value does not fit the variable's type",
                    format!("\"{}\" is used as it is{at}: {e}.", decl.name),
                )
                .at(span.unwrap_or(decl.span))
                .hint("Give every attribute of the type, or make it optional."),
            );
            return Some(with_defaults);
        }
        self.diags.push(
            Diagnostic::error(
                "wrong-type",
                "Wrong type of value",
                format!(
                    "Variable \"{}\" takes a {}{at}: {e}.",
                    decl.name,
                    decl.ty.friendly()
                ),
            )
            .at(span.unwrap_or(decl.span))
            .hint(format!("Give a {}.", decl.ty)),
        );
        None
    }
}

/// Why a secret value does not fit.
const SECRET: &str = "the value given is none, and is not shown, because the variable is sensitive";

fn unreadable_secret(decl: &VariableDecl, from: &str) -> Diagnostic {
    Diagnostic::error(
        "unreadable-value",
        "Value cannot be read",
        format!(
            "The value of \"{}\" from {from} is no expression that could be read. It is not shown, because the variable is sensitive.",
            decl.name
        ),
    )
    .at(decl.span)
    .hint(format!("Write it as in a file of values: {}.", decl.ty))
}

/// A name with a value in a file.
struct Assignment {
    name: Ident,
    expr: Expr,
    /// The place of the value.
    value: Span,
}

fn assignments(
    name: &str,
    text: &str,
    sources: &mut SourceMap,
    diags: &mut Diagnostics,
) -> Vec<Assignment> {
    let file = sources.add(name, text);
    if name.ends_with(".json") {
        return json_assignments(text, file, diags);
    }
    let (body, found) = syntax::parse_file(text, file);
    diags.append(found);
    for b in &body.blocks {
        diags.push(
            Diagnostic::error(
                "block-in-values",
                "Blocks are not allowed",
                format!(
                    "A file of values holds only assignments; \"{}\" is a block.",
                    b.kind.name
                ),
            )
            .at(b.header)
            .hint("Write name = value, or put the block into a .tf file."),
        );
    }
    let attributes = body.attributes.into_iter();
    attributes
        .map(|a| Assignment {
            value: a.expr.span,
            name: a.name,
            expr: a.expr,
        })
        .collect()
}

fn json_assignments(text: &str, file: FileId, diags: &mut Diagnostics) -> Vec<Assignment> {
    let node = match json::read(text, file) {
        Ok(n) => n,
        Err(d) => {
            diags.push(d);
            return Vec::new();
        }
    };
    let NodeKind::Object(properties) = &node.kind else {
        diags.push(
            Diagnostic::error(
                "invalid-values",
                "Not an object",
                "A file of values holds one object: names and values.",
            )
            .at(node.span)
            .hint("Write { \"name\": value }."),
        );
        return Vec::new();
    };
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for p in properties.iter().filter(|p| &*p.name.name != "//") {
        if !seen.insert(&p.name.name) {
            diags.push(
                Diagnostic::error(
                    "duplicate-property",
                    "Property is set twice",
                    format!("\"{}\" is already set in this object.", p.name.name),
                )
                .at(p.name.span)
                .hint("Remove one of them."),
            );
            continue;
        }
        let (expr, found) = json_lower::expression(&p.value, Reading::Literal);
        diags.append(found);
        all.push(Assignment {
            name: p.name.clone(),
            expr,
            value: p.value.span,
        });
    }
    all
}

/// The value of an expression in which nothing is computed.
fn constant(expr: &Expr) -> Result<Value, Diagnostics> {
    let functions = Functions::new(FunctionOptions {
        base_dir: PathBuf::new(),
        files_within: None,
        plan_time: String::new(),
        now: None,
        package_dialect: false,
    });
    let mut bound = expr.clone();
    let problems = eval::bind(&mut bound, &mut eval::Empty);
    if !problems.is_empty() {
        return Err(problems);
    }
    if let Some(span) = eval::first_call(&bound) {
        let d = Diagnostic::error(
            "function-in-values",
            "Functions are not allowed",
            "A value for a variable is written out; nothing is computed here.",
        );
        return Err(d.at(span).hint("Write the resulting value.").into());
    }
    eval::evaluate(
        &bound,
        EvalContext {
            scope: &eval::Empty,
            functions: &functions,
        },
    )
}

/// Puts back the attributes that conversion to an object type dropped: an installation injects more than a package's
/// types name, and real packages use it.
fn keep_extra(given: &Value, converted: Value) -> Value {
    let (Some(before), cloudapp_lang::value::Kind::Object(after)) =
        (given.as_entries(), converted.kind())
    else {
        return converted;
    };
    let marks = converted.marks();
    let both = before.iter().map(|(n, v)| match after.get(n) {
        Some(c) => (n.clone(), keep_extra(v, c.clone())),
        None => (n.clone(), v.clone()),
    });
    let converted = after.iter().map(|(n, v)| (n.clone(), v.clone()));
    Value::object(converted.chain(both)).mark(marks)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use cloudapp_lang::value::encode_json;

    use super::*;
    use crate::config::{Dialect, LoadRequest, SourceInput, load};
    use crate::providers::Providers;

    const DECLARED: &str = r#"
variable "plain" { default = "p" }
variable "text" {
  type    = string
  default = "t"
}
variable "any" {
  type    = any
  default = "a"
}
variable "list" {
  type     = list(string)
  default  = ["l"]
  nullable = false
}
variable "strict" {
  type     = list(string)
  nullable = false
}
"#;

    /// The given variables as JSON, and `code place` of what was found.
    fn given(inputs: &[VariableInput]) -> (BTreeMap<String, String>, Vec<String>) {
        let request = LoadRequest {
            dir: ".".into(),
            dialect: Dialect::default(),
            package_dir: None,
            files: Some(vec![SourceInput {
                name: "main.tf".into(),
                text: DECLARED.into(),
                module: String::new(),
            }]),
        };
        let mut sources = SourceMap::new();
        let (configuration, diags) = load(&request, &Providers::default(), &mut sources);
        let configuration = configuration.unwrap_or_else(|| panic!("{diags:?}"));
        let strict = VariableInput::Flag {
            name: "strict".into(),
            text: "[]".into(),
        };
        let all: Vec<_> = std::iter::once(strict).chain(inputs.to_vec()).collect();
        let (values, found) = collect(&configuration, &all, &mut sources);
        let values = values
            .iter()
            .map(|(n, v)| (n.to_string(), encode_json(v)))
            .collect();
        let found = found
            .iter()
            .map(|d| {
                let place = d.subject.and_then(|s| sources.locate(s));
                let place = place.map_or_else(String::new, |(f, p, _)| {
                    format!(" {f}:{}:{}", p.line, p.column)
                });
                let kind = if d.is_error() { "" } else { "warning " };
                format!("{kind}{}{place}", d.code)
            })
            .collect();
        (values, found)
    }

    fn flag(name: &str, text: &str) -> VariableInput {
        VariableInput::Flag {
            name: name.into(),
            text: text.into(),
        }
    }

    fn environment(name: &str, text: &str) -> VariableInput {
        VariableInput::Environment {
            name: name.into(),
            text: text.into(),
        }
    }

    fn file(name: &str, text: &str) -> VariableInput {
        VariableInput::File {
            name: name.into(),
            text: text.into(),
            automatic: false,
        }
    }

    #[test]
    fn text_or_expression_by_the_declared_type() {
        let (values, found) = given(&[
            flag("plain", "[1]"),
            flag("text", "[1]"),
            flag("any", "[1]"),
            environment("list", "[\"x\"]"),
        ]);
        assert_eq!(found, Vec::<String>::new());
        assert_eq!(values["plain"], "\"[1]\"");
        assert_eq!(values["text"], "\"[1]\"");
        assert_eq!(values["any"], "[1]");
        assert_eq!(values["list"], "[\"x\"]");
    }

    #[test]
    fn undeclared_variables() {
        let (_, found) = given(&[
            environment("nobody", "1"),
            file("a.tfvars", "x = 1\n"),
            file("b.tfvars.json", "{ \"//\": 1,\n \"y\": 1 }"),
            flag("z", "1"),
        ]);
        let want = [
            "warning undeclared-variable a.tfvars:1:1",
            "warning undeclared-variable b.tfvars.json:2:2",
            "undeclared-variable",
        ];
        assert_eq!(found, want);
    }

    #[test]
    fn null_where_it_must_not_be() {
        let (values, found) = given(&[flag("list", "null"), flag("strict", "null")]);
        assert_eq!(values["list"], "[\"l\"]");
        assert_eq!(found, ["variable-is-null main.tf:16:1"]);
        let (_, found) = given(&[file("a.tfvars", "strict = null\n")]);
        assert_eq!(found, ["variable-is-null a.tfvars:1:10"]);
    }

    #[test]
    fn files_in_json() {
        let text =
            "{ \"plain\": \"${x}\", \"any\": { \"a\": [1e2] },\n \"list\": {}, \"text\": 7 }";
        let (values, found) = given(&[file("a.tfvars.json", text)]);
        assert_eq!(values["plain"], "\"${x}\"");
        assert_eq!(values["any"], "{\"a\":[100]}");
        assert_eq!(values["text"], "\"7\"");
        assert_eq!(found, ["wrong-type a.tfvars.json:2:10"]);
        let (_, found) = given(&[file("a.tfvars.json", "{ \"any\": 1, \"any\": 2 }")]);
        assert_eq!(found, ["duplicate-property a.tfvars.json:1:13"]);
        let (_, found) = given(&[file("a.tfvars.json", "{ \"any\": 1,, }")]);
        assert_eq!(found, ["invalid-json a.tfvars.json:1:12"]);
        let (_, found) = given(&[file("a.tfvars.json", "[1]")]);
        assert_eq!(found, ["invalid-values a.tfvars.json:1:1"]);
    }

    #[test]
    fn only_literals_and_assignments_in_files() {
        let (_, found) = given(&[file(
            "a.tfvars",
            "any = upper(\"x\")\nlist = var.any\nb {\n}\n",
        )]);
        let want = [
            "block-in-values a.tfvars:3:1",
            "function-in-values a.tfvars:1:7",
            "undeclared-reference a.tfvars:2:8",
        ];
        assert_eq!(found.len(), want.len(), "{found:?}");
        assert_eq!(found[..2], want[..2]);
    }

    #[test]
    fn what_is_withheld_takes_its_default() {
        let withheld = |name: &str| VariableInput::Withheld { name: name.into() };
        let (values, found) = given(&[flag("text", "x"), withheld("text"), withheld("nobody")]);
        assert_eq!(values["text"], "\"t\"");
        assert_eq!(found, Vec::<String>::new());
        let (values, _) = given(&[withheld("text"), flag("text", "x")]);
        assert_eq!(values["text"], "\"x\"");
    }

    #[test]
    fn files_are_read_whatever_is_declared() {
        let read = |name: &str, text: &str| {
            let (values, found) = file_values(name, text, &mut SourceMap::new());
            let values: Vec<String> = values
                .iter()
                .map(|(n, v)| format!("{n}={}", encode_json(v)))
                .collect();
            let codes: Vec<&str> = found.iter().map(|d| d.code).collect();
            format!("{} {}", values.join(" "), codes.join(" "))
        };
        for (name, text, expected) in [
            (
                "a.tfvars",
                "a = 1\nb = { c = \"x\" }\n",
                "a=1 b={\"c\":\"x\"} ",
            ),
            (
                "a.json",
                "{\"a\": [1, null], \"b\": \"$${x}\"}",
                "a=[1,null] b=\"$${x}\" ",
            ),
            (
                "a.tfvars",
                "a = f(1)\nb = 2\nc {}\n",
                "b=2 block-in-values function-in-values",
            ),
            ("a.json", "[1]", " invalid-values"),
            ("a.json", "{\"a\": 1, \"a\": 2}", "a=1 duplicate-property"),
        ] {
            assert_eq!(read(name, text), expected, "{text}");
        }
    }
}
