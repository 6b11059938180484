//! Any function of the table with values of every kind.
//!
//! Run with `-timeout=5 -rss_limit_mb=2048 -max_len=65536 -dict=fuzz/dictionaries/functions.dict`.
//!
//! The input: options, the function's number, a count of arguments, then for each argument whether it is of the
//! declared type, and its value; then how to blur the arguments.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use arbitrary::{Arbitrary, Unstructured};
use cloudapp_fuzz::{checks, values};
use cloudapp_lang::functions::{CallError, FunctionOptions, Functions, Signature};
use cloudapp_lang::value::encode;
use cloudapp_lang::{Type, Value};
use libfuzzer_sys::{Corpus, fuzz_target};

/// With and without a time of the run; the dialect of packages has all functions.
static FUNCTIONS: LazyLock<[Functions; 2]> = LazyLock::new(|| {
    [None, Some("2026-01-02T03:04:05Z".to_owned())].map(|now| {
        Functions::new(FunctionOptions {
            base_dir: PathBuf::from(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../testdata/language/functions/files"
            )),
            files_within: None,
            plan_time: "2026-01-02T03:04:05Z".into(),
            now,
            package_dialect: true,
        })
    })
});

static TABLE: LazyLock<Vec<Signature>> = LazyLock::new(|| FUNCTIONS[0].signatures().collect());

/// One call; its debug form is what `cargo fuzz fmt` shows.
struct Call {
    functions: &'static Functions,
    signature: &'static Signature,
    args: Vec<Value>,
    /// The same with parts unknown.
    blurred: Vec<Value>,
}

impl<'a> Arbitrary<'a> for Call {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let functions = &FUNCTIONS[usize::from(values::byte(u) % 2)];
        let signature = &TABLE[usize::from(values::byte(u)) % TABLE.len()];
        let count = values::byte(u) % 8;
        let args: Vec<Value> = (0..usize::from(count))
            .map(|i| {
                let declared = signature.parameters.get(i).or(signature.variadic.as_ref());
                match declared {
                    Some(p) if !values::byte(u).is_multiple_of(4) && p.ty != Type::Dynamic => {
                        values::of_type(u, &p.ty, 0)
                    }
                    _ => values::value(u),
                }
            })
            .collect();
        let blurred = args.iter().map(|a| values::blurred(u, a)).collect();
        Ok(Self {
            functions,
            signature,
            args,
            blurred,
        })
    }
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}, and with parts unknown:", self.signature.name)?;
        for v in self.args.iter().chain(&self.blurred) {
            writeln!(f, "  {}", encode(v))?;
        }
        Ok(())
    }
}

fuzz_target!(|call: Call| -> Corpus {
    let Call {
        functions,
        signature,
        args,
        blurred,
    } = call;
    let name = signature.name;
    if leaves_the_directory(name, &args) {
        return Corpus::Reject;
    }
    let result = functions.call(name, &args);
    let random = matches!(name, "uuid" | "bcrypt");
    match &result {
        Ok(v) => answer(signature, v),
        Err(e) => refusal(signature, &args, e),
    }
    if random {
        return Corpus::Keep;
    }
    let again = functions.call(name, &args);
    assert!(result == again, "{name} is not deterministic");
    if blurred == args {
        return Corpus::Keep;
    }
    match (functions.call(name, &blurred), result) {
        (Ok(before), Ok(after)) => {
            answer(signature, &before);
            checks::covers(&before, &after, blurred.iter().any(checks::has_untyped));
        }
        (Ok(before), Err(_)) => answer(signature, &before),
        (Err(e), Ok(_)) => panic!("{name} fails only while arguments are unknown: {e:?}"),
        (Err(_), Err(_)) => {}
    }
    Corpus::Keep
});

fn answer(signature: &Signature, v: &Value) {
    checks::value(v);
    let ty = v.ty();
    // Templates are declared to give strings, as Terraform says, but one interpolation alone keeps its type.
    let any = signature.name.starts_with("template");
    if !any && !signature.return_type.has_dynamic() {
        // Nothing can be said while the type of an argument is open.
        let open = !v.is_known() && ty == Type::Dynamic;
        let declared = ty == signature.return_type;
        assert!(
            declared || open,
            "{} answers a value of type {ty}",
            signature.name
        );
    }
}

fn refusal(signature: &Signature, args: &[Value], e: &CallError) {
    assert!(!e.code.is_empty() && !e.message.is_empty(), "{e:?}");
    let known = args.len().max(signature.parameters.len());
    assert!(e.argument.is_none_or(|i| i <= known), "{e:?}");
    for secret in args.iter().filter(|a| a.marks().is_sensitive()) {
        if let Some(s) = secret.as_str()
            && s.len() > 8
            && s.contains(|c: char| c.is_ascii_digit())
        {
            let shown = e.message.contains(s) || e.hint.contains(s);
            assert!(
                !shown,
                "{} shows a sensitive argument: {e:?}",
                signature.name
            );
        }
    }
}

/// Whether a call would read files that are no part of the test data, which may be endless.
fn leaves_the_directory(name: &str, args: &[Value]) -> bool {
    let outside = |v: &Value| {
        v.as_str()
            .is_some_and(|s| s.starts_with(['/', '~']) || s.contains("..") || s.contains('\\'))
    };
    (name.starts_with("file") || name == "templatefile") && args.iter().take(2).any(outside)
}
