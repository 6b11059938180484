//! Expressions with names whose values are known, unknown, sensitive and null.
//!
//! Run with `-timeout=5 -rss_limit_mb=2048 -max_len=65536 -dict=fuzz/dictionaries/language.dict`.
//!
//! Every expression is evaluated several times: with all names known, with some of them unknown (what was said then
//! must hold), and with other secrets (what is not marked must not depend on them).
#![no_main]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use cloudapp_fuzz::checks;
use cloudapp_lang::diagnostic::{Diagnostic, Diagnostics};
use cloudapp_lang::eval::{
    EvalContext, Resolved, Resolver, Scope, bind, check_functions, evaluate,
};
use cloudapp_lang::functions::{FunctionOptions, Functions};
use cloudapp_lang::source::FileId;
use cloudapp_lang::syntax::ast::{Expr, Reference, Slot, Step};
use cloudapp_lang::syntax::parse_expression;
use cloudapp_lang::value::Refinements;
use cloudapp_lang::{Type, Value};
use libfuzzer_sys::{Corpus, fuzz_target};

/// The values of names, by name: `local.us` and so on, as in testdata/language.
struct Names(Vec<(&'static str, Value)>);

fn strings(items: &[&'static str]) -> Vec<Value> {
    items.iter().map(|s| Value::string(*s)).collect()
}

/// All names with their values; `known`: without unknowns.
fn names(known: bool, secret: &'static str) -> Names {
    let object = Value::object([
        ("a", Value::string("x")),
        ("l", Value::tuple([Value::number(7)])),
        ("n", Value::number(2)),
    ]);
    let map = |k: &str, v: Value| BTreeMap::from([(k.into(), v)]);
    let mixed = [Value::string("t"), Value::number(0), Value::bool(true)];
    let later = [
        ("us", Value::string("abc")),
        ("un", Value::number(3)),
        ("ub", Value::bool(true)),
        ("ul", Value::list(Type::String, strings(&["p", "q"]))),
        ("ust", Value::set(Type::String, strings(&["p", "q"]))),
        ("um", Value::map(Type::String, map("k", Value::string("v")))),
        ("ut", Value::tuple(mixed)),
        ("uo", object.clone()),
    ];
    let later = later.map(|(n, v)| {
        let value = if known { v } else { Value::unknown(v.ty()) };
        (n, value)
    });
    let (any, id) = if known {
        (Value::string("any"), Value::string("id-1"))
    } else {
        let refined = Refinements {
            prefix: Some("id-".into()),
            ..Refinements::not_null()
        };
        (Value::dynamic(), Value::unknown_with(Type::String, refined))
    };
    let secret = Value::string(secret).sensitive();
    let both = Value::object([("a", secret.clone()), ("b", Value::number(1))]);
    let mut all = later.to_vec();
    all.extend([
        ("ua", any),
        ("id", id),
        ("secret", secret),
        ("secrets", both),
        ("strings", Value::list(Type::String, strings(&["a", "b"]))),
        ("set", Value::set(Type::String, strings(&["b", "a"]))),
        ("map", Value::map(Type::Number, map("k", Value::number(1)))),
        ("object", object),
        ("none", Value::null(Type::String)),
        ("nolist", Value::null(Type::list(Type::String))),
        ("nil", Value::null(Type::Dynamic)),
    ]);
    Names(all)
}

impl Resolver for &Names {
    fn resolve(&mut self, r: &Reference) -> Result<Resolved, Diagnostic> {
        let unknown = || Diagnostic::error("unknown-name", "No such name", "?").at(r.root.span);
        let Some(Step::Attr(a)) = r.steps.first().filter(|_| &*r.root.name == "local") else {
            return Err(unknown());
        };
        let n = self.0.iter().position(|(n, _)| *n == &*a.name);
        let n = n.ok_or_else(unknown)?;
        Ok(Resolved {
            slot: Slot(n as u32),
            consumed: 1,
        })
    }
}

impl Scope for Names {
    fn value(&self, slot: Slot) -> Result<Value, Diagnostic> {
        Ok(self.0[slot.0 as usize].1.clone())
    }
}

static KNOWN: LazyLock<Names> = LazyLock::new(|| names(true, "hush"));
static UNKNOWN: LazyLock<Names> = LazyLock::new(|| names(false, "hush"));
static OTHER_SECRET: LazyLock<Names> = LazyLock::new(|| names(true, "psst"));

/// As while planning: the time is not known, and nothing is random.
static FUNCTIONS: LazyLock<Functions> = LazyLock::new(|| {
    Functions::new(FunctionOptions {
        base_dir: PathBuf::from("."),
        files_within: None,
        plan_time: "2026-01-02T03:04:05Z".into(),
        now: None,
        package_dialect: false,
    })
});

fn value(expr: &Expr, scope: &Names, text: &str) -> Result<Value, Diagnostics> {
    let functions = &*FUNCTIONS;
    let result = evaluate(expr, EvalContext { scope, functions });
    match &result {
        Ok(v) => checks::value(v),
        Err(found) => {
            assert!(found.has_errors(), "failed without an error");
            checks::findings(found, text);
        }
    }
    result
}

fuzz_target!(|data: &[u8]| -> Corpus {
    let Ok(text) = std::str::from_utf8(data) else {
        return Corpus::Reject;
    };
    // Files outside the test data may be endless.
    if text.contains("file") {
        return Corpus::Reject;
    }
    let mut expr = match parse_expression(text, FileId(0)) {
        Ok(e) => e,
        Err(found) => {
            checks::findings(&found, text);
            return Corpus::Keep;
        }
    };
    let found = bind(&mut expr, &mut &*KNOWN);
    checks::findings(&found, text);
    if found.has_errors() {
        return Corpus::Keep;
    }
    checks::findings(&check_functions(&expr, &FUNCTIONS), text);
    let known = value(&expr, &KNOWN, text);
    assert!(known == value(&expr, &KNOWN, text), "not deterministic");
    let unknown = value(&expr, &UNKNOWN, text);
    match (&unknown, &known) {
        (Ok(before), Ok(after)) => {
            let mut untyped = false;
            expr.for_each_reference(&mut |r| {
                untyped |= matches!(r.steps.first(), Some(Step::Attr(a)) if &*a.name == "ua");
            });
            checks::covers(before, after, untyped);
        }
        // Whether something succeeds may be asked for, and answered differently later.
        (Err(e), Ok(_)) if !asks_for_errors(text) => {
            panic!("fails only while names are unknown: {e:?}")
        }
        _ => {}
    }
    if text.contains("secret") && !asks_for_errors(text) && !text.contains("sensitive") {
        let other = value(&expr, &OTHER_SECRET, text);
        if let (Ok(a), Ok(b)) = (&known, &other) {
            assert!(
                without_secrets(a) == without_secrets(b),
                "a secret leaks: {a:?}, {b:?}"
            );
        }
    }
    Corpus::Keep
});

fn asks_for_errors(text: &str) -> bool {
    text.contains("try") || text.contains("can")
}

/// A value with null in place of what is sensitive.
fn without_secrets(v: &Value) -> Value {
    if v.marks().is_sensitive() {
        return Value::null(Type::Dynamic);
    }
    match (v.as_items(), v.as_entries()) {
        (Some(items), _) => Value::tuple(items.iter().map(without_secrets).collect::<Vec<_>>()),
        (_, Some(entries)) => {
            let shown = entries.iter().map(|(k, v)| (k.clone(), without_secrets(v)));
            Value::object(shown.collect::<Vec<_>>())
        }
        _ => v.clone(),
    }
}
