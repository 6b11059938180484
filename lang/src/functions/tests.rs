#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed expectation is a failed test

use super::*;
use crate::value::{Number, decode_json};

fn functions() -> Functions {
    Functions::new(FunctionOptions {
        base_dir: std::env::temp_dir(),
        files_within: None,
        plan_time: "2026-01-02T03:04:05Z".into(),
        now: Some("2026-01-02T03:04:06Z".into()),
        package_dialect: false,
    })
}

fn planning() -> Functions {
    let mut options = functions().options().clone();
    options.now = None;
    Functions::new(options)
}

fn call(name: &str, args: &[Value]) -> Value {
    functions()
        .call(name, args)
        .unwrap_or_else(|e| panic!("{name}: {e:?}"))
}

fn fails(name: &str, args: &[Value]) -> CallError {
    functions().call(name, args).expect_err(name)
}

fn s(text: &str) -> Value {
    Value::string(text)
}

/// The functions of Terraform 1.11, but for `rsadecrypt`.
const NAMES: &str = "abs abspath alltrue anytrue base64decode base64encode base64gunzip base64gzip base64sha256 \
    base64sha512 basename bcrypt can ceil chomp chunklist cidrcontains cidrhost cidrnetmask cidrsubnet cidrsubnets \
    coalesce coalescelist compact concat contains csvdecode dirname distinct element endswith ephemeralasnull file \
    filebase64 filebase64sha256 filebase64sha512 fileexists filemd5 fileset filesha1 filesha256 filesha512 flatten \
    floor format formatdate formatlist indent index issensitive join jsondecode jsonencode keys length log lookup \
    lower matchkeys max md5 merge min nonsensitive one parseint pathexpand plantimestamp pow range regex regexall \
    replace reverse rsadecrypt sensitive setintersection setproduct setsubtract setunion sha1 sha256 sha512 signum \
    slice sort split startswith strcontains strrev substr sum templatefile templatestring textdecodebase64 \
    textencodebase64 timeadd timecmp timestamp title tobool tolist tomap tonumber toset tostring transpose trim \
    trimprefix trimspace trimsuffix try upper urldecode urlencode uuid uuidv5 values yamldecode yamlencode zipmap";

#[test]
fn all_functions_are_there() {
    let names: Vec<&str> = functions().names().collect();
    assert_eq!(names, NAMES.split_whitespace().collect::<Vec<_>>());
    assert!(
        functions().contains("core::max")
            && !functions().contains("core::nope")
            && !functions().contains("object")
    );
    let mut options = functions().options().clone();
    options.package_dialect = true;
    assert_eq!(Functions::new(options).names().count(), names.len() + 1);
    for signature in functions().signatures() {
        assert!(signature.description.ends_with('.'), "{}", signature.name);
    }
}

#[test]
fn counts_of_arguments() {
    let e = fails("substr", &[s("a")]);
    assert_eq!((e.code, e.argument), ("wrong-argument-count", Some(1)));
    assert_eq!(e.message, "it takes 3 arguments, but 1 came");
    assert_eq!(e.hint, "Call it as substr(str, offset, length).");
    let e = fails("lookup", &[s("a"), s("a"), s("a"), s("a")]);
    assert_eq!(
        (e.message.as_str(), e.argument),
        ("it takes 2 to 3 arguments, but 4 came", None)
    );
    assert_eq!(
        fails("timestamp", &[s("a")]).message,
        "it takes no arguments, but 1 came"
    );
}

#[test]
fn nulls_and_conversions() {
    let e = fails("upper", &[Value::null(Type::String)]);
    assert_eq!(
        (e.code, e.message.as_str()),
        ("null-argument", "argument must not be null")
    );
    assert_eq!(call("upper", &[Value::bool(true)]), s("TRUE"));
    let e = fails("join", &[s(","), Value::tuple([s("a"), Value::tuple([])])]);
    assert_eq!(
        (e.argument, e.message.as_str()),
        (Some(1), "element [1]: a string is required")
    );
}

#[test]
fn unknown_arguments_give_unknown_results_of_the_right_type() {
    let unknown = Value::unknown;
    let typed = |name: &str, args: &[Value]| {
        let v = call(name, args);
        let u = v.as_unknown().unwrap_or_else(|| panic!("{name}: {v:?}"));
        (u.ty.clone(), u.refinements.not_null)
    };
    assert_eq!(
        typed("upper", &[unknown(Type::String)]),
        (Type::String, true)
    );
    assert_eq!(typed("upper", &[Value::dynamic()]), (Type::String, true));
    assert_eq!(
        typed(
            "element",
            &[unknown(Type::list(Type::Bool)), Value::number(1)]
        ),
        (Type::Bool, false)
    );
    assert_eq!(
        typed("keys", &[unknown(Type::map(Type::Bool))]),
        (Type::list(Type::String), true)
    );
    assert_eq!(typed("values", &[Value::dynamic()]), (Type::Dynamic, false));
    assert_eq!(
        typed(
            "setunion",
            &[unknown(Type::set(Type::Number)), Value::tuple([s("a")])]
        )
        .0,
        Type::set(Type::String)
    );
    assert_eq!(
        typed("regex", &[s("(?P<a>x)"), unknown(Type::String)]).0,
        Type::object([("a", Type::String)])
    );
    assert_eq!(
        typed("jsondecode", &[unknown(Type::String)]).0,
        Type::Dynamic
    );
    let length = call("length", &[unknown(Type::list(Type::String))]);
    assert_eq!(
        length.as_unknown().unwrap().refinements.min,
        Some((Number::ZERO, true))
    );
    let formatted = call("format", &[s("ab-%s"), unknown(Type::String)]);
    assert_eq!(
        formatted
            .as_unknown()
            .unwrap()
            .refinements
            .prefix
            .as_deref(),
        Some("ab-")
    );
    let json = call(
        "jsonencode",
        &[Value::object([("a", unknown(Type::String))])],
    );
    assert_eq!(
        json.as_unknown().unwrap().refinements.prefix.as_deref(),
        Some("{")
    );
}

#[test]
fn what_is_wrong_for_any_value_is_found_before_the_value_is_known() {
    assert_eq!(
        fails("keys", &[Value::unknown(Type::String)]).code,
        "wrong-argument-type"
    );
    assert_eq!(
        fails("regex", &[s("("), Value::unknown(Type::String)]).code,
        "invalid-regex"
    );
    assert_eq!(
        fails(
            "slice",
            &[
                Value::unknown(Type::set(Type::String)),
                Value::number(0),
                Value::number(1)
            ]
        )
        .argument,
        Some(0)
    );
}

#[test]
fn marks_pass_to_results() {
    let secret = s("hush").sensitive();
    assert!(
        call("upper", std::slice::from_ref(&secret))
            .marks()
            .is_sensitive()
    );
    assert!(
        call("join", &[s(","), Value::tuple([secret.clone()])])
            .marks()
            .is_sensitive()
    );
    // Functions that only move elements leave marks where they are.
    let moved = call("reverse", &[Value::tuple([secret.clone(), s("b")])]);
    assert!(moved.marks().is_empty() && moved.as_items().unwrap()[1].marks().is_sensitive());
    let merged = call(
        "merge",
        &[
            Value::object([("a", secret.clone())]),
            Value::object([("b", s("b"))]).mark(Marks::EPHEMERAL),
        ],
    );
    assert!(merged.marks().is_ephemeral() && merged.get("a").unwrap().marks().is_sensitive());
    assert!(merged.get("b").unwrap().marks().is_empty());
    let found = call("lookup", &[Value::object([("a", secret.clone())]), s("a")]);
    assert!(found.marks().is_sensitive());
    assert!(!call("length", &[Value::tuple([secret.clone()])]).has_marks());
    assert!(
        call("coalesce", &[Value::null(Type::String).sensitive(), s("x")])
            .marks()
            .is_sensitive()
    );
    assert!(!call("nonsensitive", &[secret]).has_marks());
    assert!(
        call("upper", &[Value::unknown(Type::String).sensitive()])
            .marks()
            .is_sensitive()
    );
}

#[test]
fn ephemeral_values_become_null() {
    let v = Value::object([
        ("a", s("x").mark(Marks::EPHEMERAL).sensitive()),
        ("b", Value::tuple([s("y")])),
    ]);
    let out = call("ephemeralasnull", &[v]);
    let a = out.get("a").unwrap();
    assert!(a.is_null() && a.marks() == Marks::SENSITIVE && a.ty() == Type::String);
    assert_eq!(out.get("b"), Some(&Value::tuple([s("y")])));
    let set = Value::set(Type::String, vec![s("x").mark(Marks::EPHEMERAL)]);
    assert!(call("ephemeralasnull", &[set]).is_null());
}

#[test]
fn errors_never_show_sensitive_arguments() {
    let plain = fails("parseint", &[s("hush"), Value::number(10)]);
    assert!(plain.message.contains("hush"), "{plain:?}");
    let secret = fails("parseint", &[s("hush").sensitive(), Value::number(10)]);
    assert!(!secret.message.contains("hush"), "{secret:?}");
    for name in [
        "file",
        "timeadd",
        "cidrhost",
        "jsondecode",
        "tonumber",
        "regex",
        "formatdate",
        "uuidv5",
    ] {
        let args = [s("hu(sh").sensitive(), s("hu(sh").sensitive()];
        let count = if functions()
            .call(name, &args[..1])
            .is_err_and(|e| e.code != "wrong-argument-count")
        {
            1
        } else {
            2
        };
        let e = fails(name, &args[..count]);
        assert!(!format!("{e:?}").contains("hu(sh"), "{e:?}");
    }
}

#[test]
fn impure_functions_are_unknown_while_planning() {
    for (name, args) in [
        ("timestamp", vec![]),
        ("uuid", vec![]),
        ("bcrypt", vec![s("x")]),
    ] {
        let v = planning().call(name, &args).unwrap();
        assert!(
            v.as_unknown()
                .is_some_and(|u| u.ty == Type::String && u.refinements.not_null),
            "{name}"
        );
        assert!(functions().call(name, &args).unwrap().is_known(), "{name}");
    }
    assert_eq!(
        planning().call("plantimestamp", &[]).unwrap(),
        s("2026-01-02T03:04:05Z")
    );
}

#[test]
fn templates() {
    let vars = |json: &str| decode_json(json).unwrap();
    assert_eq!(
        call("templatestring", &[s("a ${x + 1}"), vars(r#"{"x": 1}"#)]),
        s("a 2")
    );
    let list = &[s("${x}"), vars(r#"{"x": [true]}"#)];
    assert_eq!(fails("templatestring", list).code, "template-error");
    let secret = Value::object([("x", s("hush").sensitive()), ("y", s("y"))]);
    assert!(
        call("templatestring", &[s("<${x}>"), secret.clone()])
            .marks()
            .is_sensitive()
    );
    assert!(
        call("templatestring", &[s("<${y}>"), secret])
            .marks()
            .is_sensitive(),
        "a variable that is not used counts as well"
    );
    let e = fails("templatestring", &[s("line\n${nope}"), vars("{}")]);
    assert_eq!(e.code, "template-error");
    assert!(e.message.ends_with("(at <template>:2:3)"), "{}", e.message);
    let inner = "${templatestring(\"x\", {})}";
    assert!(
        fails("templatestring", &[s(inner), vars("{}")])
            .message
            .contains("template"),
        "no template in a template"
    );
}

#[test]
fn elements_of_secrets_are_not_named() {
    let map = Value::object([("k", Value::number(1))]);
    let e = fails("transpose", std::slice::from_ref(&map));
    assert!(e.message.starts_with("element k: "), "{}", e.message);
    for name in ["transpose", "tostring"] {
        let e = fails(name, &[map.clone().sensitive()]);
        assert!(!e.message.contains("element"), "{}", e.message);
    }
}

#[test]
fn gzip_can_be_read_back() {
    use base64::Engine as _;
    use std::io::Read as _;
    let packed = call("base64gzip", &[s("hello hello hello")]);
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(packed.as_str().unwrap())
        .unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(&bytes[..])
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, "hello hello hello");
    assert_eq!(packed, call("base64gzip", &[s("hello hello hello")]));
}

#[test]
fn yaml_aliases_do_not_fill_the_memory() {
    let mut text = String::from("a0: &a0 [x, x]\n");
    for i in 1..60 {
        text.push_str(&format!("a{i}: &a{i} [*a{p}, *a{p}]\n", p = i - 1));
    }
    assert!(
        fails("yamldecode", &[s(&text)])
            .message
            .contains("too many parts")
    );
    assert!(
        fails("yamldecode", &[s(&"[".repeat(5000))])
            .message
            .contains("not YAML")
    );
}

/// Every function with every combination of odd arguments: errors are fine, panics are not.
#[test]
fn no_arguments_make_a_function_panic() {
    let odd = [
        Value::null(Type::Dynamic),
        Value::null(Type::list(Type::String)),
        Value::dynamic(),
        Value::unknown(Type::String),
        Value::unknown(Type::tuple([Type::Number, Type::String])),
        Value::bool(true),
        Value::number(-1),
        Value::number(Number::parse("1.5").unwrap()),
        Value::number(Number::parse("1e30").unwrap()),
        Value::number(Number::infinity(true)),
        s(""),
        s("%9d é👨‍👩‍👧 ${x} /(/ 10.0.0.0/8"),
        s("::/0"),
        s("-9223372036854775808"),
        s("2024-01-01T00:00:00Z"),
        Value::tuple([]),
        Value::tuple([
            s("a").sensitive(),
            Value::number(2),
            Value::null(Type::Dynamic),
        ]),
        Value::list(Type::String, vec![s("b"), Value::unknown(Type::String)]),
        Value::set(
            Type::Number,
            vec![Value::number(3), Value::unknown(Type::Number)],
        ),
        Value::map(Type::String, [("k", s("v"))]),
        Value::object([
            ("a", Value::tuple([Value::dynamic()])),
            ("b", s("x").mark(Marks::EPHEMERAL)),
        ]),
    ];
    let f = planning();
    let small = [0, 2, 6, 8, 11, 12, 16, 19];
    for name in f.names().filter(|n| !n.starts_with("file")) {
        let _ = f.call(name, &[]);
        for a in &odd {
            let _ = f.call(name, std::slice::from_ref(a));
            for b in &odd {
                let _ = f.call(name, &[a.clone(), b.clone()]);
                for c in small.iter().map(|i| &odd[*i]) {
                    let _ = f.call(name, &[a.clone(), b.clone(), c.clone()]);
                }
            }
        }
    }
}

/// Texts made of the characters that the small languages of functions give a meaning to.
#[test]
fn no_text_makes_a_small_language_panic() {
    let alphabets = [
        "\\[](){}?*+|^$.-:aPQEdw1x<>,&é",
        "{}[],:\"\\u0dn1.-e \n",
        "-: \n?[]{}&*!|>'\"#ab1<%@`,\t\r~",
        "a,\"\n\r b",
        "%[]0123.+-# sdvqgxeft*é",
        "YMDhHmsZaAE' :-",
        "0123456789-:TZ.+hmsuµn",
        "0123456789abcdef:./",
        "${}%~ if\nendor \"x",
    ];
    let f = functions();
    let mut state: u64 = 1;
    let mut next = |n: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % n
    };
    let rounds: usize = std::env::var("ROUNDS")
        .ok()
        .and_then(|r| r.parse().ok())
        .unwrap_or(300);
    for alphabet in alphabets {
        let letters: Vec<char> = alphabet.chars().collect();
        for _ in 0..rounds {
            let text: String = (0..next(24))
                .map(|_| letters[next(letters.len())])
                .collect();
            let t = s(&text);
            for name in [
                "jsondecode",
                "yamldecode",
                "csvdecode",
                "base64decode",
                "cidrnetmask",
                "tonumber",
                "title",
            ] {
                let _ = f.call(name, std::slice::from_ref(&t));
            }
            for name in [
                "regexall",
                "formatdate",
                "timeadd",
                "format",
                "timecmp",
                "cidrhost",
                "templatestring",
            ] {
                let _ = f.call(name, &[t.clone(), s("2024-01-01T00:00:00Z")]);
                let _ = f.call(name, &[t.clone(), Value::number(1)]);
                let _ = f.call(name, &[t.clone(), Value::object([("x", s("y"))])]);
                let _ = f.call(name, &[s("2024-01-01T00:00:00Z"), t.clone()]);
            }
            let pattern = s(&format!("/{text}/"));
            let _ = f.call("replace", &[t.clone(), pattern, t.clone()]);
            if let Ok(v) = f.call("yamldecode", std::slice::from_ref(&t)) {
                let written = f.call("yamlencode", std::slice::from_ref(&v));
                let _ = written.map(|w| f.call("yamldecode", &[w]));
            }
        }
    }
}
