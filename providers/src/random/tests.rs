#![allow(
    clippy::unwrap_used,
    reason = "a failed test should stop where it fails"
)]

use super::*;
use crate::state_only::nothing;

fn random() -> Random {
    Random {
        schemas: Schemas::new(false),
        seed: None,
        drawn: 0.into(),
    }
}

/// A configuration of a type: what is given, and null for the rest.
fn config(random: &Random, kind: &str, given: Vec<(&'static str, Value)>) -> Value {
    with(&nothing(&random.schema(kind).unwrap()), given)
}

fn made(kind: &str, given: Vec<(&'static str, Value)>) -> Value {
    let random = random();
    let schema = random.schema(kind).unwrap();
    let (planned, _) = random.plan(kind, &schema, &config(&random, kind, given), None);
    let made = random.make(kind, &planned).unwrap();
    assert!(made.is_wholly_known(), "{made:?}");
    assert_eq!(made.ty(), schema.block.ty());
    made
}

fn text<'v>(object: &'v Value, name: &str) -> &'v str {
    object.get(name).and_then(Value::as_str).unwrap()
}

#[test]
fn passwords_keep_their_rules() {
    let given = || {
        vec![
            ("length", Value::number(20)),
            ("min_upper", Value::number(3)),
            ("min_special", Value::number(2)),
            ("override_special", Value::string("_$")),
            ("numeric", Value::bool(false)),
        ]
    };
    let password = made("random_password", given());
    let result = text(&password, "result");
    assert_eq!((result.len(), text(&password, "id")), (20, "none"));
    assert!(result.chars().filter(char::is_ascii_uppercase).count() >= 3);
    assert!(result.chars().filter(|c| "_$".contains(*c)).count() >= 2);
    assert!(!result.chars().any(|c| c.is_ascii_digit()));
    assert!(bcrypt::verify(result, text(&password, "bcrypt_hash")).unwrap());
    assert_eq!(
        password.get("number"),
        Some(&Value::bool(false)),
        "the twin of numeric"
    );
    assert_ne!(text(&made("random_password", given()), "result"), result);
}

#[test]
fn every_type_is_made() {
    let n = |n: i64| Value::number(n);
    let id = made(
        "random_id",
        vec![("byte_length", n(8)), ("prefix", Value::string("p-"))],
    );
    assert_eq!(text(&id, "hex").len(), 18);
    assert_eq!(format!("p-{}", text(&id, "id")), text(&id, "b64_url"));
    let number = u64::from_str_radix(&text(&id, "hex")[2..], 16).unwrap();
    assert_eq!(text(&id, "dec"), format!("p-{number}"));
    let integer = made("random_integer", vec![("min", n(-3)), ("max", n(3))]);
    assert!((-3..=3).contains(&whole(&integer, "result").unwrap()));
    let pet = made(
        "random_pet",
        vec![("length", n(3)), ("prefix", Value::string("x"))],
    );
    assert_eq!(text(&pet, "id").split('-').count(), 4);
    assert_eq!(text(&made("random_uuid", vec![]), "result").len(), 36);
    assert_eq!(
        text(&made("random_bytes", vec![("length", n(5))]), "hex").len(),
        10
    );
    let string = made("random_string", vec![("length", n(4))]);
    assert_eq!(text(&string, "id"), text(&string, "result"));
    let input = Value::list(
        Type::String,
        ["a", "b", "c"].into_iter().map(Value::string).collect(),
    );
    let shuffle = made(
        "random_shuffle",
        vec![("input", input), ("result_count", n(5))],
    );
    assert_eq!(shuffle.get("result").unwrap().as_items().unwrap().len(), 5);
}

#[test]
fn keepers_and_arguments_replace() {
    let random = random();
    let schema = random.schema("random_uuid").unwrap();
    let keepers = |v: &str| Value::map(Type::String, [("k", Value::string(v.to_owned()))]);
    let config = |v| config(&random, "random_uuid", vec![("keepers", keepers(v))]);
    let (planned, _) = random.plan("random_uuid", &schema, &config("1"), None);
    let made = random.make("random_uuid", &planned).unwrap();
    let (same, replace) = random.plan("random_uuid", &schema, &config("1"), Some(&made));
    assert_eq!((same, replace), (made.clone(), vec![]));
    assert_eq!(
        random
            .plan("random_uuid", &schema, &config("2"), Some(&made))
            .1,
        [Path::attr("keepers")]
    );
}

#[test]
fn seeds_repeat() {
    let n = |n: i64| Value::number(n);
    let draw = || {
        made(
            "random_integer",
            vec![
                ("min", n(0)),
                ("max", n(1 << 40)),
                ("seed", Value::string("s")),
            ],
        )
    };
    assert_eq!(draw(), draw());
    let seeded = || Random {
        seed: Some(1),
        ..random()
    };
    let uuid = |r: &Random| {
        r.make(
            "random_uuid",
            &Value::object([("id", Value::unknown(Type::String))]),
        )
        .unwrap()
    };
    let (a, b) = (seeded(), seeded());
    assert_eq!(uuid(&a), uuid(&b));
    assert_ne!(uuid(&a), uuid(&a));
}

#[test]
fn mistakes_are_found() {
    let random = random();
    let n = |n: i64| Value::number(n);
    let codes = |kind: &str, given| -> Vec<&'static str> {
        random
            .validate(kind, &config(&random, kind, given))
            .iter()
            .map(|d| d.code)
            .collect()
    };
    assert_eq!(
        codes("random_password", vec![("length", n(0))]),
        ["out-of-range"]
    );
    assert_eq!(
        codes(
            "random_password",
            vec![("length", n(2)), ("min_upper", n(3))]
        ),
        ["out-of-range"]
    );
    assert_eq!(
        codes("random_integer", vec![("min", n(2)), ("max", n(1))]),
        ["out-of-range"]
    );
    assert_eq!(
        codes(
            "random_integer",
            vec![("min", n(2)), ("max", Value::unknown(Type::Number))]
        ),
        [""; 0]
    );
    let off = ["upper", "lower", "special", "numeric"].map(|s| (s, Value::bool(false)));
    assert_eq!(
        codes(
            "random_string",
            [vec![("length", n(3))], off.to_vec()].concat()
        ),
        ["missing-alternative"]
    );
    assert_eq!(
        codes(
            "random_string",
            vec![("length", n(3)), ("special", Value::bool(false))]
        ),
        [""; 0]
    );
}

#[test]
fn imports() {
    let random = random();
    let id = random.import("random_id", "p-,AQID").unwrap();
    assert_eq!((text(&id, "hex"), text(&id, "id")), ("p-010203", "AQID"));
    assert_eq!(
        whole(&random.import("random_integer", "5,1,9").unwrap(), "max"),
        Some(9)
    );
    assert!(random.import("random_uuid", "x").is_err());
    assert!(random.import("random_pet", "a-b").is_err());
    assert_eq!(decimal(&[255; 16]), u128::MAX.to_string());
    assert_eq!(decimal(&[]), "0");
}
