//! Fills `fuzz/corpus` with seeds from the test data: `cargo run --example seeds`.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a tool of developers, which may fail as a whole

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cloudapp_fuzz::values::write_value;
use cloudapp_lang::eval::{self, EvalContext};
use cloudapp_lang::functions::{FunctionOptions, Functions};
use cloudapp_lang::source::FileId;
use cloudapp_lang::syntax::ast::ExprKind;
use cloudapp_lang::syntax::parse_expression;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The texts under a directory whose names end so, in order.
fn files(dir: &Path, suffixes: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(dir) else {
        return found;
    };
    let mut paths: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let name = path.to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(files(&path, suffixes));
        } else if suffixes.iter().any(|s| name.ends_with(s)) {
            found.extend(std::fs::read_to_string(&path));
        }
    }
    found
}

/// The expressions of the cases, and of further files of cases that are named on the command line.
fn expressions() -> BTreeSet<String> {
    let mut texts = files(&root().join("testdata/language"), &[".jsonl"]);
    texts.extend(
        std::env::args()
            .skip(1)
            .map(|f| std::fs::read_to_string(f).unwrap()),
    );
    texts
        .iter()
        .flat_map(|t| t.lines())
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|case| Some(case.get("expr")?.as_str()?.to_owned()))
        .collect()
}

struct Corpus {
    dir: PathBuf,
    count: usize,
}

impl Corpus {
    fn of(target: &str) -> Self {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("corpus")
            .join(target);
        std::fs::create_dir_all(&dir).unwrap();
        Self { dir, count: 0 }
    }

    fn add(&mut self, seed: impl AsRef<[u8]>) {
        if seed.as_ref().len() > 65_536 {
            return;
        }
        std::fs::write(self.dir.join(format!("seed-{:05}", self.count)), seed).unwrap();
        self.count += 1;
    }
}

impl Drop for Corpus {
    fn drop(&mut self) {
        println!("{}: {} seeds", self.dir.display(), self.count);
    }
}

/// Calls of functions with constant arguments, as the target `functions` reads them.
fn call(text: &str, functions: &Functions, names: &[&str]) -> Option<Vec<u8>> {
    let expr = parse_expression(text, FileId(0)).ok()?;
    let ExprKind::Call(call) = &expr.unparenthesized().kind else {
        return None;
    };
    let number = names.iter().position(|n| *n == &*call.name.name)?;
    let mut out = vec![1, number as u8, call.args.len() as u8];
    for arg in &call.args {
        let scope = &eval::Empty;
        let mut arg = arg.clone();
        if !eval::bind(&mut arg, &mut eval::Empty).is_empty() {
            return None;
        }
        let value = eval::evaluate(&arg, EvalContext { scope, functions }).ok()?;
        out.push(0);
        write_value(&value, &mut out);
    }
    (call.args.len() < 8).then_some(out)
}

fn main() {
    let expressions = expressions();
    let functions = Functions::new(FunctionOptions {
        base_dir: root().join("testdata/language/functions/files"),
        files_within: None,
        plan_time: "2026-01-02T03:04:05Z".into(),
        now: Some("2026-01-02T03:04:05Z".into()),
        package_dialect: true,
    });
    let names: Vec<&str> = functions.names().collect();
    let mut corpus = Corpus::of("functions");
    for text in &expressions {
        if let Some(seed) = call(text, &functions, &names) {
            corpus.add(seed);
        }
    }
    for target in ["parser", "evaluator"] {
        let mut corpus = Corpus::of(target);
        expressions.iter().for_each(|e| corpus.add(e));
        if target == "parser" {
            files(&root().join("testdata"), &[".tf", ".tftpl"])
                .iter()
                .for_each(|f| corpus.add(f));
        }
    }
    let mut corpus = Corpus::of("tf_json");
    let mut configurations = files(&root().join("testdata"), &[".tf.json"]);
    configurations.extend(CONFIGURATIONS.map(str::to_owned));
    configurations.iter().for_each(|f| corpus.add(f));
    for e in &expressions {
        let inside = serde_json::json!({"locals": {"a": format!("${{{e}}}"), "b": e}});
        corpus.add(inside.to_string());
    }
    let mut corpus = Corpus::of("tfvars");
    VARIABLES.iter().for_each(|v| corpus.add(v));
    for e in &expressions {
        corpus.add(format!("any\nv = {e}\n"));
    }
}

/// Configurations that use every part of the schema of the target's provider.
const CONFIGURATIONS: [&str; 4] = [
    r#"{"resource":{"fuzz_thing":{"a":{"name":"${var.x}","tags":{"k":"${1+1}"},"listed":[{"on":true},{}],"mapped":{"k":{"size":1}},"count":2,"lifecycle":{"ignore_changes":["tags"]},"dynamic":{"grouped":{"for_each":["a"],"content":{"name":"${grouped.value}"}}}}}},"variable":{"x":{"type":"list(string)","default":["a"],"validation":{"condition":"${length(var.x)>0}","error_message":"none"}}}}"#,
    r#"{"terraform":{"required_version":">= 1.0","required_providers":{"fuzz":{"version":"~> 1.0"}},"backend":{"local":{"path":"x"}}},"provider":{"fuzz":[{"alias":"b","name":"n"},{}]},"output":{"o":{"value":"${fuzz_thing.a[0].id}","sensitive":true,"depends_on":["fuzz_thing.a"]}}}"#,
    r#"[{"//":"comment","locals":[{"a":"%{ for x in [1] }${x}%{ endfor }"},{"b":null}]},{"data":{"fuzz_thing":{"d":[{"provider":"fuzz.b","single":{"single":{"object":{"a":1,"b":["x"]}}}}]}}}]"#,
    "{\"locals\":{\"e\":\"\\u00e9\\ud83d\\ude00\\n${\\\"\\\\u0041\\\"}\"}}",
];

/// A type constraint, and a file of values.
const VARIABLES: [&str; 8] = [
    "list(string)\nv = [\"a\", 1, true]\n",
    "object({a=number,b=optional(string,\"x\"),c=optional(list(object({d=optional(bool,true)})),[{}])})\nv = { a = \"1\" }\n",
    "map(any)\nv = { a = [1], b = [\"x\"] }\ntext = <<EOT\na\nEOT\n",
    "tuple([string,set(number),any])\n{\"v\":[\"a\",[3,1,3],{\"x\":null}],\"any\":1e400}",
    "set(object({k=string,v=optional(map(string),{})}))\n[{k=\"a\"},{k=\"b\",v={x=1}}]",
    "any\n{\"v\":{\"//\":1,\"a\":[null,true]},\"text\":\"${x}\"}",
    "number\nv = -1.5e3\nany = (1 + 2) * 3\n",
    "optional(string)\nv = null\n",
];
