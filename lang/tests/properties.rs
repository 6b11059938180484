//! What holds for all types, values and expressions. `PROPTEST_CASES=100000` tries more of them than a usual run does, and
//! others each time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed expectation is a failed test

mod generate;

use cloudapp_lang::format;
use cloudapp_lang::syntax::{parse_expression, parse_file};
use cloudapp_lang::value::{Kind, convert, decode, decode_json_as, encode, encode_json, unify};
use cloudapp_lang::{FileId, Number, Value};
use generate::choices::{bytes, cases};
use generate::expression::Forms;
use generate::scope::{Names, eval, functions, plain};
use generate::values::{Allow, blurred, constraint, contradiction, ty, value_of};
use generate::{Choices, canonical, expression, print, syntax};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

proptest! {
    #![proptest_config(cases(1500))]

    #[test]
    fn converting_again_changes_nothing(bytes in bytes(60)) {
        let c = &mut Choices::new(&bytes);
        let from = ty(c, 3, true);
        let v = value_of(&from, c, Allow::EVERYTHING, 3);
        let to = constraint(c, 3);
        if let Ok(once) = convert(&v, &to) {
            prop_assert_eq!(convert(&once, &to), Ok(once.clone()), "{:?}: {} to {}", v, v.ty(), to);
            if once.is_known() {
                prop_assert_eq!(once.ty().without_optional(), once.ty());
            }
        }
    }

    #[test]
    fn a_value_converts_to_its_own_type(bytes in bytes(40)) {
        let c = &mut Choices::new(&bytes);
        let t = ty(c, 3, true);
        let v = value_of(&t, c, Allow::EVERYTHING, 3);
        prop_assert_eq!(convert(&v, &v.ty()), Ok(v.clone()), "{}", v.ty());
    }

    #[test]
    fn types_unify_in_either_order(bytes in bytes(40)) {
        let c = &mut Choices::new(&bytes);
        let (a, b) = (ty(c, 3, true), ty(c, 3, true));
        let together = unify(&[a.clone(), b.clone()]);
        prop_assert_eq!(&together, &unify(&[b.clone(), a.clone()]), "{} and {}", a, b);
        prop_assert_eq!(unify(&[a.clone(), a.clone()]), Some(a.clone()));
        if let Some(t) = together {
            prop_assert_eq!(unify(&[t.clone(), t.clone()]), Some(t.clone()));
            // What is open within a type may turn out to be what does not fit.
            for one in [&a, &b].into_iter().filter(|_| !t.has_dynamic()) {
                let unknown = Value::unknown(one.clone());
                prop_assert!(convert(&unknown, &t).is_ok(), "{} to {}", one, t);
            }
        }
    }

    #[test]
    fn numbers_are_read_as_they_are_written(bytes in bytes(60)) {
        let n = generate::values::number(&mut Choices::new(&bytes));
        let written = n.to_string();
        prop_assert_eq!(Number::parse(&written), Some(n.clone()));
        let source = eval(&written, &Names(Vec::new()), &functions()).map(plain);
        prop_assert_eq!(source.ok(), Some(Value::number(n)));
    }

    #[test]
    fn the_wire_form_keeps_everything(bytes in bytes(80)) {
        let c = &mut Choices::new(&bytes);
        let t = ty(c, 3, true);
        let v = value_of(&t, c, Allow::EVERYTHING, 3);
        let text = encode(&v);
        let back = decode(&text).unwrap();
        prop_assert_eq!(back.ty(), v.ty(), "{}", &text);
        prop_assert!(back == v, "{} became {}", text, encode(&back));
    }

    #[test]
    fn json_of_a_known_type_keeps_known_values(bytes in bytes(80)) {
        let c = &mut Choices::new(&bytes);
        let t = ty(c, 3, false);
        let v = value_of(&t, c, Allow::NULL, 3);
        let text = encode_json(&v);
        prop_assert_eq!(decode_json_as(&text, &t), Ok(v), "{}", text);
    }

    /// As states keep what their schema leaves open.
    #[test]
    fn json_beside_its_type_keeps_known_values(bytes in bytes(80)) {
        let c = &mut Choices::new(&bytes);
        let t = ty(c, 3, false);
        let v = value_of(&t, c, Allow::NULL, 3);
        let text = format!("{{\"value\":{},\"type\":{}}}", encode_json(&v), v.ty().to_json());
        prop_assert_eq!(decode_json_as(&text, &cloudapp_lang::Type::Dynamic), Ok(v), "{}", text);
    }

    #[test]
    fn values_written_as_expressions_are_the_same_values(bytes in bytes(80)) {
        let c = &mut Choices::new(&bytes);
        let t = ty(c, 3, false);
        let v = value_of(&t, c, Allow::NULL, 3);
        let text = written(&v);
        let back = eval(&text, &Names(Vec::new()), &functions());
        let back = back.map(|back| convert(&back, &t).unwrap());
        prop_assert_eq!(back.ok(), Some(v), "{}", text);
    }
}

/// A known value as an expression. Collections are written as tuples and objects, so converting brings them back.
fn written(v: &Value) -> String {
    let join = |parts: Vec<String>| parts.join(", ");
    let string = |s: &str| {
        print::source(
            &generate::tree::Tree::Text(s.into()),
            &mut Choices::new(&[]),
        )
    };
    match v.kind() {
        Kind::Null(_) | Kind::Unknown(_) => "null".into(),
        Kind::Bool(b) => b.to_string(),
        Kind::Number(n) => n.to_string(),
        Kind::String(s) => string(s),
        Kind::List(_) | Kind::Set(_) | Kind::Tuple(_) => {
            format!("[{}]", join(v.children().map(written).collect()))
        }
        Kind::Map(_) | Kind::Object(_) => {
            let entries = v.as_entries().into_iter().flatten();
            let items = entries.map(|(k, v)| format!("{} = {}", string(k), written(v)));
            format!("{{{}}}", join(items.collect()))
        }
    }
}

proptest! {
    #![proptest_config(cases(1500))]

    #[test]
    fn what_is_written_is_what_is_read(tree in bytes(150), style in bytes(80)) {
        let tree = syntax::expression(&mut Choices::new(&tree));
        let text = print::source(&tree, &mut Choices::new(&style));
        let parsed = parse_expression(&text, FileId(0));
        let parsed = parsed.map(|e| canonical::of_expr(&e)).map_err(|d| format!("{d:?}"));
        prop_assert_eq!(parsed, Ok(canonical::of_tree(&tree)), "{}", text);
    }

    #[test]
    fn formatting_keeps_the_meaning_and_does_all_at_once(tree in bytes(150), style in bytes(80)) {
        let tree = syntax::expression(&mut Choices::new(&tree));
        let text = print::source(&tree, &mut Choices::new(&style));
        let file = format!("resource a \"b\" {{\nfirst = 1\n  x = {text}\n}}\n");
        let formatted = format::source(&file);
        prop_assert_eq!(format::source(&formatted), formatted.clone(), "{}", file);
        let (before, found) = parse_file(&file, FileId(0));
        prop_assert!(!found.has_errors(), "{} {:?}", file, found);
        let (after, found) = parse_file(&formatted, FileId(0));
        prop_assert!(!found.has_errors(), "{} became {} {:?}", file, formatted, found);
        prop_assert_eq!(
            unwrapped(canonical::of_body(&before)), unwrapped(canonical::of_body(&after)),
            "{} became {}", file, formatted
        );
    }
}

/// Without what the formatter means to take away: `"${x}"` becomes `x`, or `(x)`.
fn unwrapped(canonical: String) -> String {
    let mut out = String::new();
    // For each open parenthesis, whether it is one to keep.
    let mut open = Vec::new();
    let (mut rest, mut quoted) = (canonical.as_str(), false);
    while let Some(c) = rest.chars().next() {
        let gone = ["(wrapped ", "(parentheses "]
            .into_iter()
            .find(|p| rest.starts_with(p));
        let len = match (c, gone) {
            (_, Some(head)) if !quoted => {
                open.push(false);
                rest = &rest[head.len()..];
                continue;
            }
            ('\\', _) if quoted => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            ('"', _) => {
                quoted = !quoted;
                1
            }
            ('(', _) if !quoted => {
                open.push(true);
                1
            }
            (')', _) if !quoted => match open.pop() {
                Some(false) => {
                    rest = &rest[1..];
                    continue;
                }
                _ => 1,
            },
            _ => c.len_utf8(),
        };
        out.push_str(&rest[..len]);
        rest = &rest[len..];
    }
    out
}

/// An expression, the values that it sees, and those with some of them not known.
struct Case {
    text: String,
    known: Names,
    less: Names,
}

fn case(tree: &[u8], values: &[u8], blur: &[u8], forms: Forms) -> Case {
    let tree = expression::expression(&mut Choices::new(tree), forms);
    let text = print::source(&tree, &mut Choices::new(&[]));
    let known = Names::known(&mut Choices::new(values));
    let b = &mut Choices::new(blur);
    let less = known.0.iter().map(|(n, v)| {
        (
            *n,
            if b.one_in(3) {
                blurred(v, b, forms.open_types)
            } else {
                v.clone()
            },
        )
    });
    let less = Names(less.collect());
    Case { text, known, less }
}

const EVERYTHING: Forms = Forms {
    try_and_can: true,
    conditionals: true,
    open_types: true,
    through_sets: true,
};

fn holds(tree: &[u8], values: &[u8], blur: &[u8], forms: Forms) -> Result<(), TestCaseError> {
    let Case { text, known, less } = case(tree, values, blur, forms);
    let f = functions();
    let answer = eval(&text, &known, &f);
    let said = eval(&text, &less, &f);
    let about = || {
        let used = known
            .0
            .iter()
            .zip(&less.0)
            .filter(|(k, l)| k != l && text.contains(k.0));
        let used: Vec<String> = used
            .map(|((n, k), (_, l))| format!("{n} = {k:?} was {l:?}"))
            .collect();
        format!("{text}\n{}", used.join("\n"))
    };
    match (answer, said) {
        (Err(_), _) => {}
        // A branch that fails has no type to disagree, until it does not fail.
        (Ok(_), Err(found))
            if forms.conditionals
                && found.iter().all(|d| d.code == "conditional-type-mismatch") => {}
        (Ok(answer), Err(found)) => {
            let why: Vec<&str> = found.iter().map(|d| &*d.detail).collect();
            prop_assert!(false, "refused, but {:?}: {:?}\n{}", answer, why, about());
        }
        (Ok(answer), Ok(said)) => {
            let (said, answer) = (plain(said), plain(answer));
            let mut broken = contradiction(&said, &answer);
            if forms.conditionals
                && let Ok(converted) = convert(&said, &answer.ty())
            {
                broken = contradiction(&converted, &answer);
            } else if forms.conditionals
                && let Ok(converted) = convert(&answer, &said.ty())
            {
                broken = contradiction(&said, &converted);
            }
            prop_assert!(
                broken.is_none(),
                "{}\n{}",
                broken.unwrap_or_default(),
                about()
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(1500))]

    #[test]
    fn what_is_said_of_unknowns_comes_true(
        tree in bytes(120), values in bytes(120), blur in bytes(60)
    ) {
        let forms = Forms { conditionals: false, through_sets: false, ..EVERYTHING };
        holds(&tree, &values, &blur, forms)?;
    }

    /// While the type of one branch is open, because it is unknown or fails, a conditional answers with the other as it
    /// stands, as Terraform's does, though it may yet be converted.
    #[test]
    fn what_is_said_of_branches_comes_true(
        tree in bytes(120), values in bytes(120), blur in bytes(60)
    ) {
        let forms = Forms { try_and_can: false, open_types: false, through_sets: false, ..EVERYTHING };
        holds(&tree, &values, &blur, forms)?;
    }

    #[test]
    fn secrets_that_decide_leave_a_mark(
        tree in bytes(120), values in bytes(120), other in bytes(60), which in any::<u8>()
    ) {
        let forms = Forms { try_and_can: false, ..EVERYTHING };
        let tree = expression::expression(&mut Choices::new(&tree), forms);
        let text = print::source(&tree, &mut Choices::new(&[]));
        let mut one = Names::known(&mut Choices::new(&values));
        let mut two = one.clone();
        let i = usize::from(which) % one.0.len();
        let ty = one.0[i].1.ty();
        two.0[i].1 = value_of(&ty, &mut Choices::new(&other), Allow::NOTHING, 3).sensitive();
        one.0[i].1 = one.0[i].1.clone().sensitive();
        let f = functions();
        if let (Ok(a), Ok(b)) = (eval(&text, &one, &f), eval(&text, &two, &f)) {
            prop_assert!(
                !tells(&a, &b),
                "{} is {:?} or {:?}, by the secret {} = {:?} or {:?}",
                text, a, b, one.0[i].0, plain(one.0[i].1.clone()), plain(two.0[i].1.clone())
            );
        }
    }
}

/// Whether two results differ in a place that is shown.
fn tells(a: &Value, b: &Value) -> bool {
    if a.marks().is_sensitive() && b.marks().is_sensitive() {
        return false;
    }
    match (a.kind(), b.kind()) {
        (Kind::List(_), Kind::List(_)) | (Kind::Tuple(_), Kind::Tuple(_)) => {
            let (x, y) = (a.as_items().unwrap(), b.as_items().unwrap());
            x.len() != y.len() || x.iter().zip(y).any(|(x, y)| tells(x, y))
        }
        (Kind::Map(_), Kind::Map(_)) | (Kind::Object(_), Kind::Object(_)) => {
            let (x, y) = (a.as_entries().unwrap(), b.as_entries().unwrap());
            !x.keys().eq(y.keys()) || x.values().zip(y.values()).any(|(x, y)| tells(x, y))
        }
        // A branch that fails for one of them has no type that the other could be converted to, and no marks to leave.
        _ => {
            let text = |v: &Value| encode_json(&plain(v.clone())).replace('"', "");
            text(a) != text(b)
        }
    }
}

/// Most expressions that are tried must have a value, or the properties above say little.
#[test]
fn most_expressions_have_values() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let f = functions();
    let (mut good, mut all) = (0, 0);
    for _ in 0..500 {
        let mut draw = || bytes(120).new_tree(&mut runner).unwrap().current();
        let c = case(&draw(), &draw(), &[], EVERYTHING);
        all += 1;
        good += usize::from(eval(&c.text, &c.known, &f).is_ok());
    }
    assert!(good * 2 > all, "{good} of {all}");
}
