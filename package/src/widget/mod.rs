//! The form components by which parameters are asked for.
//!
//! [`Descriptor`] says all there is to know of one component: the type of its value, its fields, where its choices come
//! from and how it is shown. `registry` holds one for each; the form, the checks of a package, the command line and
//! `docs/widgets.md` are made from them, so that a new component is one more descriptor and nothing else. [`options`]
//! is the port to whoever knows the choices.

pub mod options;
mod reference;
mod registry;

use std::fmt;

use cloudapp_lang::{Str, Type};

pub use options::{FieldOption, NoOptions, OptionError, OptionKind, OptionQuery, OptionSource};
pub use reference::reference;
pub use registry::{descriptor, descriptors};

/// A component: what it asks for, and how.
#[derive(Debug)]
pub struct Descriptor {
    /// As in `package.yaml`.
    pub id: &'static str,
    /// The manual's name of the component.
    pub title: &'static str,
    /// One sentence; says so where the identifier is our choice.
    pub purpose: &'static str,
    /// The type of what the variable receives. Attributes that the platform may leave out are optional.
    pub value: fn() -> Type,
    /// Its fields beyond those that every argument has ([`COMMON_FIELDS`]).
    pub fields: &'static [Field],
    /// Where choices come from; none where anything may be entered.
    pub options: Option<OptionKind>,
    /// Attributes of the value that a choice suggests but does not fix, such as the size of a disk.
    pub free: &'static [&'static str],
    pub rendering: Rendering,
    /// What a text in the value must be.
    pub format: Format,
    /// Whether `defaultValue` has an effect.
    pub default_value: bool,
    /// Whether the value is a secret: never shown, never written to a values file.
    pub sensitive: bool,
}

impl Descriptor {
    /// The field of this component with a name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|f| f.name == name)
    }
}

/// A field of a component's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    pub kind: FieldKind,
    pub required: bool,
    /// What it is for, as a clause.
    pub purpose: &'static str,
}

/// What a field takes, once its expressions are evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    String,
    Number,
    Bool,
    StringList,
    /// A number, or several that are all accepted.
    NumberOrList,
    /// Texts or numbers: identifiers that are written as either.
    IdList,
    Object,
    /// A list of `label` and `value`.
    Options,
    /// A list of conditions: see `docs/forms.md`.
    Conditions,
    Any,
}

impl FieldKind {
    /// As in documentation.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            FieldKind::String => "string",
            FieldKind::Number => "number",
            FieldKind::Bool => "bool",
            FieldKind::StringList => "list of strings",
            FieldKind::NumberOrList => "number or list of numbers",
            FieldKind::IdList => "list of strings or numbers",
            FieldKind::Object => "object",
            FieldKind::Options => "list of options",
            FieldKind::Conditions => "list of conditions",
            FieldKind::Any => "any",
        }
    }
}

/// What a text must be to be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Any,
    /// A range of IPv4 addresses.
    Cidr,
    /// A domain name; the first label may be `*`.
    Domain,
}

/// How a component looks where there is nothing more particular for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rendering {
    /// One line of text.
    Text,
    /// Several lines of text.
    Multiline,
    /// One line that is not shown.
    Password,
    /// Several lines that are not shown.
    MultilinePassword,
    Number,
    Switch,
    /// One of a few, all visible.
    Radio,
    /// One of a list.
    Dropdown,
    /// Several of a list.
    MultiDropdown,
    /// One of the cloud's objects, with facts about each.
    Picker,
    /// One of the cloud's objects, and a number.
    PickerWithSize,
    /// Several of the cloud's objects.
    MultiPicker,
}

impl Rendering {
    /// As in documentation and in the JSON of a form.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Rendering::Text => "text",
            Rendering::Multiline => "multiline",
            Rendering::Password => "password",
            Rendering::MultilinePassword => "multiline-password",
            Rendering::Number => "number",
            Rendering::Switch => "switch",
            Rendering::Radio => "radio",
            Rendering::Dropdown => "dropdown",
            Rendering::MultiDropdown => "multi-dropdown",
            Rendering::Picker => "picker",
            Rendering::PickerWithSize => "picker-with-size",
            Rendering::MultiPicker => "multi-picker",
        }
    }

    /// Whether the value consists of several choices.
    #[must_use]
    pub fn is_multiple(self) -> bool {
        matches!(self, Rendering::MultiDropdown | Rendering::MultiPicker)
    }
}

const fn common(name: &'static str, kind: FieldKind, purpose: &'static str) -> Field {
    Field {
        name,
        kind,
        required: false,
        purpose,
    }
}

const fn needed(name: &'static str, purpose: &'static str) -> Field {
    Field {
        name,
        kind: FieldKind::String,
        required: true,
        purpose,
    }
}

/// The fields that an argument of every widget may have.
pub const COMMON_FIELDS: &[Field] = &[
    needed("widget", "the component, by its identifier"),
    needed("name", "the variable of the stack that takes the value"),
    needed("label", "what the field is called on the form"),
    common(
        "description",
        FieldKind::String,
        "a sentence of help below the field",
    ),
    common("optional", FieldKind::Bool, "the field may be left empty"),
    common(
        "when",
        FieldKind::Conditions,
        "the field is shown only where all of these hold",
    ),
    common(
        "hidden",
        FieldKind::Conditions,
        "the field is not shown where all of these hold",
    ),
    common(
        "validator",
        FieldKind::Conditions,
        "the value is accepted only where all of these hold",
    ),
    common(
        "defaultValue",
        FieldKind::Any,
        "what is entered to begin with",
    ),
    common(
        "incompleteTips",
        FieldKind::String,
        "what is said while the field waits for another",
    ),
];

/// The component of an argument: its identifier, and what is known about it.
#[derive(Clone, Debug)]
pub struct Widget {
    id: Str,
    descriptor: Option<&'static Descriptor>,
}

impl Widget {
    /// The widget with an identifier, known or not.
    #[must_use]
    pub fn named(id: &str) -> Self {
        Self {
            id: id.into(),
            descriptor: descriptor(id),
        }
    }

    /// The identifiers of all known widgets.
    pub fn known() -> impl Iterator<Item = &'static str> {
        descriptors().iter().map(|d| d.id)
    }

    /// As it is written in `package.yaml`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What is known about it; nothing where this version does not know it.
    #[must_use]
    pub fn descriptor(&self) -> Option<&'static Descriptor> {
        self.descriptor
    }

    /// Whether its value is a secret.
    #[must_use]
    pub fn is_sensitive(&self) -> bool {
        self.descriptor.is_some_and(|d| d.sensitive)
    }
}

impl PartialEq for Widget {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Widget {}

impl fmt::Display for Widget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)
    }
}
