//! The types that a mock provider serves: those of the packed schema, and our own that it lacks.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use cloudapp_engine::address::Mode;
use cloudapp_engine::schema::SharedSchema;
use serde_json::Value as Json;

use super::packed::{Packed, Section};
use super::schema;
use super::spec::{Argument, Container, Element, Flags, Scalar, TypeSpec};

/// A type, ready to be used: what the engine is told, and all else that is known.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) spec: TypeSpec,
    pub(crate) schema: SharedSchema,
}

/// The properties that every resource of a package has beside its own.
pub(crate) const BASE_PROPERTIES: [(&str, Flags); 4] = [
    ("region", Flags::OPTIONAL.with(Flags::COMPUTED)),
    ("availability_zone", Flags::OPTIONAL),
    ("activity_id", Flags::OPTIONAL),
    ("create_time", Flags::OPTIONAL.with(Flags::COMPUTED)),
];

/// Types that were asked for; none for a name that there is not.
type Made = HashMap<(Mode, Box<str>), Option<Arc<Kind>>>;

/// A provider's types, each made on first use.
#[derive(Debug)]
pub(crate) struct Catalogue {
    /// What the names of its types begin with, `_` included.
    prefix: &'static str,
    base_properties: bool,
    made: RwLock<Made>,
}

impl Catalogue {
    pub(crate) fn new(prefix: &'static str, base_properties: bool) -> Self {
        Self {
            prefix,
            base_properties,
            made: RwLock::default(),
        }
    }

    pub(crate) fn has_base_properties(&self) -> bool {
        self.base_properties
    }

    pub(crate) fn get(&self, mode: Mode, kind: &str) -> Option<Arc<Kind>> {
        let key = (mode, Box::from(kind));
        if let Some(made) = self
            .made
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
        {
            return made.clone();
        }
        let made = self.make(mode, kind).map(Arc::new);
        self.made
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(key)
            .or_insert(made)
            .clone()
    }

    fn make(&self, mode: Mode, kind: &str) -> Option<Kind> {
        if !kind.starts_with(self.prefix) {
            return None;
        }
        let own = own().get(kind).filter(|_| mode == Mode::Managed);
        let mut spec = match own {
            Some(json) => TypeSpec::from_json(json)?,
            None => Packed::get().read(section(mode), kind)?,
        };
        spec.add(Argument::new("id", Flags::OPTIONAL.with(Flags::COMPUTED)));
        if self.base_properties && mode == Mode::Managed {
            add_base_properties(&mut spec);
            if self.prefix == "tencentcloud_" {
                let_cloud_decide(&mut spec.arguments);
            }
        }
        let schema = Arc::new(schema::schema(&spec));
        Some(Kind { spec, schema })
    }

    pub(crate) fn kinds(&self, mode: Mode) -> Vec<&str> {
        let packed = Packed::get().names(section(mode));
        let own = own()
            .keys()
            .map(String::as_str)
            .filter(|_| mode == Mode::Managed);
        let mut names: Vec<&str> = packed
            .chain(own)
            .filter(|n| n.starts_with(self.prefix))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The provider block's arguments.
    pub(crate) fn provider(&self) -> Kind {
        let spec = if self.prefix == "tencentcloud_" {
            Packed::get()
                .read(Section::Provider, "")
                .unwrap_or_default()
        } else {
            let region = Argument::new("region", Flags::OPTIONAL);
            TypeSpec {
                arguments: vec![region],
                ..TypeSpec::default()
            }
        };
        let schema = Arc::new(schema::schema(&spec));
        Kind { spec, schema }
    }
}

fn add_base_properties(spec: &mut TypeSpec) {
    for (name, flags) in BASE_PROPERTIES {
        let mut argument = Argument::new(name, flags);
        argument.container = Container::One;
        argument.element = Element::Scalar(Scalar::String, None);
        argument.is_base = true;
        spec.add(argument);
    }
}

/// Packages leave out arguments that Terraform's provider requires, names above all: the platform decides them. What is
/// left out is then as if it were computed; that it is required stays known, so that the engine can say so.
fn let_cloud_decide(arguments: &mut [Argument]) {
    for argument in arguments {
        if let Element::Block(inner) = &mut argument.element {
            let_cloud_decide(inner);
        } else if argument.is(Flags::REQUIRED) {
            argument.flags = argument.flags.with(Flags::COMPUTED);
        }
    }
}

fn section(mode: Mode) -> Section {
    match mode {
        Mode::Managed => Section::Resources,
        Mode::Data => Section::DataSources,
    }
}

/// Types that the packed schema lacks.
fn own() -> &'static BTreeMap<String, Json> {
    static OWN: OnceLock<BTreeMap<String, Json>> = OnceLock::new();
    OWN.get_or_init(|| serde_json::from_str(include_str!("own.json")).unwrap_or_default())
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a failed test should stop where it fails"
)]
mod tests {
    use super::*;

    #[test]
    fn every_type_decodes_and_has_a_type() {
        let all = Catalogue::new("", false);
        for (mode, count) in [(Mode::Managed, 1344 + own().len()), (Mode::Data, 937)] {
            let kinds = all.kinds(mode);
            assert_eq!(kinds.len(), count, "{mode:?}");
            for name in kinds {
                let kind = all
                    .get(mode, name)
                    .unwrap_or_else(|| panic!("{name} does not decode"));
                assert!(!kind.schema.block.attributes.is_empty(), "{name}");
                assert_eq!(
                    kind.schema.block.empty().ty(),
                    kind.schema.block.ty(),
                    "{name}"
                );
            }
        }
        assert!(all.get(Mode::Managed, "tencentcloud_nothing").is_none());
    }

    #[test]
    fn our_own_types_are_what_they_say() {
        let names: Vec<_> = own().keys().map(String::as_str).collect();
        assert!(
            names.contains(&"cloudapp_helm_app"),
            "own.json is read: {names:?}"
        );
        let cloudapp = Catalogue::new("cloudapp_", true);
        let helm = cloudapp.get(Mode::Managed, "cloudapp_helm_app").unwrap();
        assert_eq!(
            helm.schema.block.attributes["chart_values"].ty,
            cloudapp_lang::Type::Dynamic
        );
        assert!(helm.schema.block.attributes["region"].optional);
        assert!(cloudapp.get(Mode::Managed, "tencentcloud_vpc").is_none());
    }

    #[test]
    fn blocks_follow_the_sdk() {
        let all = Catalogue::new("tencentcloud_", false);
        let instance = all.get(Mode::Managed, "tencentcloud_instance").unwrap();
        let block = &instance.schema.block;
        assert!(block.blocks.contains_key("data_disks") && block.blocks.contains_key("timeouts"));
        assert!(block.attributes["id"].optional && block.attributes["id"].computed);
        assert!(block.attributes["password"].sensitive);
        let gateway = all
            .get(Mode::Managed, "tencentcloud_api_gateway_service")
            .unwrap();
        assert!(
            gateway.schema.block.attributes.contains_key("api_list"),
            "computed only: an attribute"
        );
    }

    /// Against the dump that the packed file was made from, where it is at hand.
    #[test]
    fn packed_types_equal_the_dump() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../shared/data/schema/schema.json"
        );
        let Ok(text) = std::fs::read_to_string(path) else {
            eprintln!("skipped: {path} is absent");
            return;
        };
        let dump: Json = serde_json::from_str(&text).unwrap();
        for (mode, key) in [
            (Section::Resources, "resources"),
            (Section::DataSources, "data_sources"),
        ] {
            for (name, json) in dump[key].as_object().unwrap() {
                let packed = Packed::get().read(mode, name).unwrap();
                let read = TypeSpec::from_json(json).unwrap();
                assert_eq!(
                    schema::schema(&packed).block.attributes,
                    {
                        let mut plain = TypeSpec {
                            timeouts: packed.timeouts.clone(),
                            ..read
                        };
                        plain.deprecated = packed.deprecated;
                        schema::schema(&plain).block.attributes
                    },
                    "{name}"
                );
            }
        }
    }
}
