//! The port to whoever knows what can be chosen: the cloud of the account that installs.

use std::collections::BTreeMap;
use std::fmt;

use cloudapp_lang::{Str, Value};

/// What there is to choose from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OptionKind {
    /// The argument's own `options`.
    Declared,
    RegionsAndZones,
    Vpcs,
    Subnets,
    SecurityGroups,
    Buckets,
    InstanceTypes,
    Disks,
    Images,
    Certificates,
    KeyPairs,
    /// Suggestions: any other domain may be entered as well.
    Domains,
}

impl OptionKind {
    /// What a person calls them, in the plural.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            OptionKind::Declared => "options",
            OptionKind::RegionsAndZones => "regions and zones",
            OptionKind::Vpcs => "VPCs",
            OptionKind::Subnets => "subnets",
            OptionKind::SecurityGroups => "security groups",
            OptionKind::Buckets => "buckets",
            OptionKind::InstanceTypes => "instance types",
            OptionKind::Disks => "types of disk",
            OptionKind::Images => "images",
            OptionKind::Certificates => "certificates",
            OptionKind::KeyPairs => "key pairs",
            OptionKind::Domains => "domains",
        }
    }

    /// Whether the value must be one of them.
    #[must_use]
    pub fn is_closed(self) -> bool {
        self != OptionKind::Domains
    }
}

/// What is asked of an [`OptionSource`].
#[derive(Clone, Debug)]
pub struct OptionQuery<'q> {
    pub kind: OptionKind,
    /// The fields of the component with their expressions evaluated: `region`, `zone`, `cpu`, `platforms`… A field
    /// that is not set, null, or an empty list does not narrow the choice.
    pub fields: &'q BTreeMap<Str, Value>,
}

/// One choice.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldOption {
    pub label: Str,
    /// What the variable receives.
    pub value: Value,
    /// Beside the label: processors, memory, address ranges. Short, in the order in which to show them.
    pub facts: Vec<(Str, Str)>,
    /// The sizes that it allows, where one is chosen with it: the least and the most.
    pub size: Option<(u32, u32)>,
    /// Why it cannot be chosen now, where that is so.
    pub disabled: Option<Str>,
}

impl FieldOption {
    #[must_use]
    pub fn new(label: impl Into<Str>, value: Value) -> Self {
        Self {
            label: label.into(),
            value,
            facts: Vec::new(),
            size: None,
            disabled: None,
        }
    }

    /// The fact with a name.
    #[must_use]
    pub fn fact(&self, name: &str) -> Option<&str> {
        let mut facts = self.facts.iter();
        facts.find(|(n, _)| &**n == name).map(|(_, f)| &**f)
    }
}

/// Why choices could not be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionError {
    /// A clause: "the cloud refused the list of subnets".
    pub message: String,
    /// Whether asking again may help.
    pub retry: bool,
}

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for OptionError {}

/// Lists what can be chosen. The only thing outside of a form that evaluating it asks.
pub trait OptionSource {
    /// The choices that the fields leave, in the order in which to show them.
    fn options(&self, query: &OptionQuery<'_>) -> Result<Vec<FieldOption>, OptionError>;

    /// Whether it knows choices at all. Where it does not, every well-formed value of a component is accepted.
    fn is_available(&self) -> bool {
        true
    }
}

/// Knows no choices: for work on a form without a cloud.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoOptions;

impl OptionSource for NoOptions {
    fn options(&self, _: &OptionQuery<'_>) -> Result<Vec<FieldOption>, OptionError> {
        Ok(Vec::new())
    }

    fn is_available(&self) -> bool {
        false
    }
}
