//! The schemas of the provider's types.

use std::collections::BTreeMap;
use std::sync::Arc;

use cloudapp_engine::schema::{Attribute, Block, Schema, SharedSchema};
use cloudapp_lang::Type;

/// Properties of a package's resources, which mean nothing here and never force a replacement.
pub(super) const BASE: [&str; 4] = ["region", "availability_zone", "activity_id", "create_time"];

#[derive(Debug)]
pub(super) struct Schemas(BTreeMap<&'static str, SharedSchema>);

impl Schemas {
    pub(super) fn new(base_properties: bool) -> Self {
        let kinds = [
            ("random_bytes", bytes()),
            ("random_id", id()),
            ("random_integer", integer()),
            ("random_password", password()),
            ("random_pet", pet()),
            ("random_shuffle", shuffle()),
            ("random_string", string()),
            (
                "random_uuid",
                vec![("id", computed()), ("result", computed())],
            ),
        ];
        Self(
            kinds
                .into_iter()
                .map(|(kind, attributes)| (kind, schema(attributes, base_properties)))
                .collect(),
        )
    }

    pub(super) fn get(&self, kind: &str) -> Option<SharedSchema> {
        self.0.get(kind).cloned()
    }
}

type Attributes = Vec<(&'static str, Attribute)>;

fn schema(attributes: Attributes, base_properties: bool) -> SharedSchema {
    let mut all: BTreeMap<_, _> = attributes.into_iter().map(|(n, a)| (n.into(), a)).collect();
    all.insert(
        "keepers".into(),
        Attribute::optional(Type::map(Type::String)),
    );
    if base_properties {
        for name in BASE {
            let optional = Attribute::optional(Type::String);
            let attribute = if name == "create_time" {
                Attribute {
                    computed: true,
                    ..optional
                }
            } else {
                optional
            };
            all.entry(name.into()).or_insert(attribute);
        }
    }
    Arc::new(Schema {
        version: 0,
        block: Block {
            attributes: all,
            ..Block::default()
        },
    })
}

fn computed() -> Attribute {
    Attribute::computed(Type::String)
}

fn number(required: bool) -> Attribute {
    if required {
        Attribute::required(Type::Number)
    } else {
        Attribute::optional(Type::Number)
    }
}

fn bytes() -> Attributes {
    vec![
        ("base64", computed().sensitive()),
        ("hex", computed().sensitive()),
        ("length", number(true)),
    ]
}

fn id() -> Attributes {
    let mut all = vec![
        ("byte_length", number(true)),
        ("prefix", Attribute::optional(Type::String)),
    ];
    all.extend(["b64_std", "b64_url", "dec", "hex", "id"].map(|n| (n, computed())));
    all
}

fn integer() -> Attributes {
    vec![
        ("id", computed()),
        ("max", number(true)),
        ("min", number(true)),
        ("result", Attribute::computed(Type::Number)),
        ("seed", Attribute::optional(Type::String)),
    ]
}

fn string() -> Attributes {
    let switch = || Attribute::optional_computed(Type::Bool);
    let mut all = vec![
        ("id", computed()),
        ("length", number(true)),
        (
            "number",
            Attribute {
                deprecated: true,
                ..switch()
            },
        ),
        ("override_special", Attribute::optional(Type::String)),
        ("result", computed()),
    ];
    all.extend(["lower", "numeric", "special", "upper"].map(|n| (n, switch())));
    all.extend(
        ["min_lower", "min_numeric", "min_special", "min_upper"]
            .map(|n| (n, Attribute::optional_computed(Type::Number))),
    );
    all
}

fn password() -> Attributes {
    let mut all = string();
    all.retain(|(n, _)| *n != "result");
    all.extend([
        ("result", computed().sensitive()),
        ("bcrypt_hash", computed().sensitive()),
    ]);
    all
}

fn pet() -> Attributes {
    vec![
        ("id", computed()),
        ("length", Attribute::optional_computed(Type::Number)),
        ("prefix", Attribute::optional(Type::String)),
        ("separator", Attribute::optional_computed(Type::String)),
    ]
}

fn shuffle() -> Attributes {
    vec![
        ("id", computed()),
        ("input", Attribute::required(Type::list(Type::String))),
        ("result", Attribute::computed(Type::list(Type::String))),
        ("result_count", number(false)),
        ("seed", Attribute::optional(Type::String)),
    ]
}
