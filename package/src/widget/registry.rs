//! One descriptor for each component, in the order of the platform's manual; those that it does not name follow.
//!
//! The manual lists twenty-one components. Two of them, the private domain service and the binding of role policies,
//! are not here: neither their identifiers nor the shape of their values are public.

use std::collections::BTreeSet;
use std::sync::Arc;

use cloudapp_lang::value::ObjectType;
use cloudapp_lang::{Str, Type};

use super::{Descriptor, Field, FieldKind, Format, OptionKind, Rendering};

/// All descriptors.
#[must_use]
pub fn descriptors() -> &'static [Descriptor] {
    ALL
}

/// The component with an identifier.
#[must_use]
pub fn descriptor(id: &str) -> Option<&'static Descriptor> {
    ALL.iter().find(|d| d.id == id)
}

/// An object type; the names that end in `?` are optional.
fn object<const N: usize>(attributes: [(&str, Type); N]) -> Type {
    let mut optional = BTreeSet::new();
    let attributes = attributes
        .into_iter()
        .map(|(name, ty)| match name.strip_suffix('?') {
            Some(name) => {
                optional.insert(Str::from(name));
                (name.into(), ty)
            }
            None => (name.into(), ty),
        })
        .collect();
    Type::Object(Arc::new(ObjectType {
        attributes,
        optional,
    }))
}

use Type::{Bool, Number, String as Text};

fn text() -> Type {
    Text
}

fn texts() -> Type {
    Type::list(Text)
}

fn number() -> Type {
    Number
}

fn boolean() -> Type {
    Bool
}

fn any() -> Type {
    Type::Dynamic
}

fn region_and_zone() -> Type {
    object([
        ("region", Text),
        ("region_id?", Text),
        ("zone", Text),
        ("zone_id?", Text),
    ])
}

fn vpc() -> Type {
    object([
        ("id", Text),
        ("cidr_block?", Text),
        ("default_route_table_id?", Text),
    ])
}

fn vpc_choice() -> Type {
    object([
        ("region", Text),
        ("region_id?", Text),
        ("vpc_id?", Text),
        ("vpc", vpc()),
    ])
}

fn subnet_choice() -> Type {
    let subnet = object([
        ("id", Text),
        ("zone", Text),
        ("zone_id?", Text),
        ("cidr_block?", Text),
    ]);
    object([
        ("region", Text),
        ("region_id?", Text),
        ("availability_zone?", Text),
        ("vpc_id?", Text),
        ("subnet_id?", Text),
        ("vpc", vpc()),
        ("subnet", subnet),
    ])
}

fn security_group() -> Type {
    object([
        ("region", Text),
        ("region_id?", Text),
        ("security_group_id?", Text),
        ("security_group", object([("id", Text)])),
        ("security_groups?", texts()),
    ])
}

fn bucket() -> Type {
    object([
        ("region", Text),
        ("region_id?", Text),
        ("bucket", Text),
        ("app_id?", Text),
    ])
}

fn instance_type() -> Type {
    object([
        ("region", Text),
        ("region_id?", Text),
        ("zone", Text),
        ("instance_type", Text),
    ])
}

fn disk() -> Type {
    object([("disk_type", Text), ("disk_size", Number)])
}

fn image() -> Type {
    object([("image_id", Text)])
}

fn certificate() -> Type {
    object([("certId", Text)])
}

fn key_pairs() -> Type {
    object([("keyIds", texts())])
}

fn domain() -> Type {
    object([("domain", Text)])
}

const fn field(name: &'static str, kind: FieldKind, purpose: &'static str) -> Field {
    Field {
        name,
        kind,
        required: false,
        purpose,
    }
}

const REGION: Field = field("region", FieldKind::String, "only what is in this region");
const ZONE: Field = field("zone", FieldKind::String, "only what is in this zone");
const REGIONS: Field = field(
    "regions",
    FieldKind::StringList,
    "only what is in these regions",
);
const REGION_IDS: Field = field(
    "supportedRegionIds",
    FieldKind::IdList,
    "only what is in the regions with these numbers",
);
const CHARGE_TYPE: Field = field(
    "chargeType",
    FieldKind::String,
    "how it is paid: `PREPAID` or `POSTPAID_BY_HOUR`",
);
const PLACEHOLDER: Field = field(
    "placeholder",
    FieldKind::String,
    "what an empty field shows (ours)",
);
const PATTERN: Field = field(
    "pattern",
    FieldKind::String,
    "a regular expression that the whole text must match (ours)",
);
const MIN_LENGTH: Field = field(
    "minLength",
    FieldKind::Number,
    "the fewest characters (ours)",
);
const MAX_LENGTH: Field = field("maxLength", FieldKind::Number, "the most characters (ours)");
const TEXT_FIELDS: &[Field] = &[PLACEHOLDER, PATTERN, MIN_LENGTH, MAX_LENGTH];
const NUMBER_FIELDS: &[Field] = &[
    field("min", FieldKind::Number, "the least value (ours)"),
    field("max", FieldKind::Number, "the greatest value (ours)"),
    field(
        "step",
        FieldKind::Number,
        "values are this far apart, counted from `min` or 0 (ours)",
    ),
    field("unit", FieldKind::String, "shown behind the number (ours)"),
    PLACEHOLDER,
];
const OPTIONS: Field = Field {
    name: "options",
    kind: FieldKind::Options,
    required: true,
    purpose: "the choices, each with `label` and `value`",
};

/// A component that takes a text; the others are written out from it.
const TEXT: Descriptor = Descriptor {
    id: "input",
    title: "Text input",
    purpose: "Takes a line of text.",
    value: text,
    fields: TEXT_FIELDS,
    options: None,
    free: &[],
    rendering: Rendering::Text,
    format: Format::Any,
    default_value: true,
    sensitive: false,
};

/// A component that lets one of the cloud's objects be chosen.
const PICKER: Descriptor = Descriptor {
    rendering: Rendering::Picker,
    fields: &[],
    ..TEXT
};

static ALL: &[Descriptor] = &[
    Descriptor {
        id: "region-and-zone-select",
        title: "Region and zone",
        purpose: "Chooses where in the world the application runs.",
        value: region_and_zone,
        fields: &[REGIONS, REGION_IDS],
        options: Some(OptionKind::RegionsAndZones),
        default_value: false,
        ..PICKER
    },
    Descriptor {
        id: "vpc-select",
        title: "VPC",
        purpose: "Chooses a private network without a subnet of it. The identifier and the shape are our choice.",
        value: vpc_choice,
        fields: &[REGION, REGIONS, REGION_IDS],
        options: Some(OptionKind::Vpcs),
        ..PICKER
    },
    Descriptor {
        id: "subnet-select",
        title: "VPC and subnet",
        purpose: "Chooses a subnet, and with it the private network, the zone and the region.",
        value: subnet_choice,
        fields: &[
            REGION,
            REGIONS,
            REGION_IDS,
            ZONE,
            field(
                "vpcId",
                FieldKind::String,
                "only subnets of this private network (ours)",
            ),
        ],
        options: Some(OptionKind::Subnets),
        ..PICKER
    },
    Descriptor {
        id: "security-group-select",
        title: "Security group",
        purpose: "Chooses a security group.",
        value: security_group,
        fields: &[REGION, REGIONS, REGION_IDS],
        options: Some(OptionKind::SecurityGroups),
        free: &["security_groups"],
        ..PICKER
    },
    Descriptor {
        id: "cos-bucket-select",
        title: "COS bucket",
        purpose: "Chooses a bucket of the object storage.",
        value: bucket,
        fields: &[REGION, REGIONS, REGION_IDS],
        options: Some(OptionKind::Buckets),
        ..PICKER
    },
    Descriptor {
        id: "cvm-instance-type-select",
        title: "CVM type",
        purpose: "Chooses the type of a virtual machine.",
        value: instance_type,
        fields: &[
            REGION,
            ZONE,
            CHARGE_TYPE,
            field(
                "cpu",
                FieldKind::NumberOrList,
                "only types with this many processors",
            ),
            field(
                "memory",
                FieldKind::NumberOrList,
                "only types with this much memory, in GiB",
            ),
        ],
        options: Some(OptionKind::InstanceTypes),
        ..PICKER
    },
    Descriptor {
        id: "disk-select",
        title: "Cloud disk",
        purpose: "Chooses the type and the size of a disk.",
        value: disk,
        fields: &[
            REGION,
            ZONE,
            CHARGE_TYPE,
            field(
                "usage",
                FieldKind::String,
                "what the disk is for: `system` or `data`",
            ),
            field(
                "cvmConfig",
                FieldKind::Object,
                "the chosen type of virtual machine that the disk is for",
            ),
            field(
                "minDiskSize",
                FieldKind::Number,
                "the smallest size, in GiB",
            ),
            field(
                "maxDiskSize",
                FieldKind::Number,
                "the largest size, in GiB (ours)",
            ),
        ],
        options: Some(OptionKind::Disks),
        free: &["disk_size"],
        rendering: Rendering::PickerWithSize,
        ..PICKER
    },
    Descriptor {
        id: "image-select",
        title: "CVM image",
        purpose: "Chooses the image that a virtual machine starts from.",
        value: image,
        fields: &[
            REGION,
            field(
                "instanceType",
                FieldKind::String,
                "only images that this type of virtual machine can start",
            ),
            field(
                "platforms",
                FieldKind::StringList,
                "only images of these systems, such as `TencentOS`",
            ),
        ],
        options: Some(OptionKind::Images),
        ..PICKER
    },
    Descriptor {
        id: "certificate-select",
        title: "SSL certificate",
        purpose: "Chooses a certificate for HTTPS.",
        value: certificate,
        options: Some(OptionKind::Certificates),
        ..PICKER
    },
    Descriptor {
        id: "ssh-key-pairs-select",
        title: "SSH key pairs",
        purpose: "Chooses the key pairs that may log in.",
        value: key_pairs,
        fields: &[REGION],
        options: Some(OptionKind::KeyPairs),
        rendering: Rendering::MultiPicker,
        ..PICKER
    },
    Descriptor {
        id: "cidr-input",
        title: "CIDR input",
        purpose: "Takes a range of IPv4 addresses such as `10.0.0.0/16`. The identifier is our choice.",
        fields: &[
            PLACEHOLDER,
            field(
                "within",
                FieldKind::String,
                "the range that it must be part of (ours)",
            ),
            field(
                "minPrefix",
                FieldKind::Number,
                "the shortest prefix, so the largest range (ours)",
            ),
            field(
                "maxPrefix",
                FieldKind::Number,
                "the longest prefix, so the smallest range (ours)",
            ),
        ],
        format: Format::Cidr,
        ..TEXT
    },
    Descriptor {
        id: "domain-input",
        title: "Domain input",
        purpose: "Takes a domain, which must fit the certificate where one is named; the account's domains are suggested.",
        value: domain,
        fields: &[
            field(
                "certId",
                FieldKind::String,
                "the certificate that the domain must fit",
            ),
            PLACEHOLDER,
        ],
        options: Some(OptionKind::Domains),
        rendering: Rendering::Text,
        format: Format::Domain,
        ..PICKER
    },
    Descriptor {
        id: "switch",
        title: "Switch",
        purpose: "Takes yes or no; left alone it is no.",
        value: boolean,
        fields: &[],
        rendering: Rendering::Switch,
        ..TEXT
    },
    Descriptor {
        id: "radio",
        title: "Choice box",
        purpose: "Chooses one of a few options, all of them visible. The identifier is our choice.",
        value: any,
        fields: &[OPTIONS],
        options: Some(OptionKind::Declared),
        rendering: Rendering::Radio,
        ..TEXT
    },
    Descriptor {
        id: "secret",
        title: "Password or key",
        purpose: "Takes a line of text that is never shown.",
        fields: TEXT_FIELDS,
        rendering: Rendering::Password,
        sensitive: true,
        ..TEXT
    },
    Descriptor {
        id: "password",
        title: "Password or key",
        purpose: "The same as `secret`, by the name that people try first. The identifier is our choice.",
        fields: TEXT_FIELDS,
        rendering: Rendering::Password,
        sensitive: true,
        ..TEXT
    },
    Descriptor {
        id: "secret-textarea",
        title: "Key of several lines",
        purpose: "Takes several lines that are never shown, such as a private key. The identifier is our choice.",
        fields: TEXT_FIELDS,
        rendering: Rendering::MultilinePassword,
        sensitive: true,
        ..TEXT
    },
    Descriptor {
        id: "select",
        title: "Drop-down",
        purpose: "Chooses one of the options that the package lists.",
        value: any,
        fields: &[OPTIONS],
        options: Some(OptionKind::Declared),
        rendering: Rendering::Dropdown,
        ..TEXT
    },
    Descriptor {
        id: "multi-select",
        title: "Drop-down for several",
        purpose: "Chooses any number of the options that the package lists. The identifier is our choice.",
        value: texts,
        fields: &[
            OPTIONS,
            field("min", FieldKind::Number, "the fewest choices (ours)"),
            field("max", FieldKind::Number, "the most choices (ours)"),
        ],
        options: Some(OptionKind::Declared),
        rendering: Rendering::MultiDropdown,
        ..TEXT
    },
    Descriptor {
        id: "input-number",
        title: "Number",
        purpose: "Takes a number.",
        value: number,
        fields: NUMBER_FIELDS,
        rendering: Rendering::Number,
        ..TEXT
    },
    Descriptor {
        id: "number",
        title: "Number",
        purpose: "The same as `input-number`, by the name that people try first. The identifier is our choice.",
        value: number,
        fields: NUMBER_FIELDS,
        rendering: Rendering::Number,
        ..TEXT
    },
    Descriptor {
        id: "textarea",
        title: "Text of several lines",
        purpose: "Takes several lines of text. The identifier is our choice.",
        rendering: Rendering::Multiline,
        ..TEXT
    },
    Descriptor {
        title: "Text input",
        ..TEXT
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_descriptor_is_complete() {
        let mut ids = BTreeSet::new();
        for d in descriptors() {
            assert!(ids.insert(d.id), "{} twice", d.id);
            assert!(d.purpose.ends_with('.') && !d.title.is_empty(), "{}", d.id);
            let mut names = BTreeSet::new();
            for f in d.fields {
                assert!(names.insert(f.name), "{}.{}", d.id, f.name);
                assert!(super::super::COMMON_FIELDS.iter().all(|c| c.name != f.name));
            }
            let declared = d.options == Some(OptionKind::Declared);
            assert_eq!(declared, d.field("options").is_some(), "{}", d.id);
            if let Type::Object(ty) = (d.value)() {
                for name in d.free {
                    assert!(ty.attributes.contains_key(*name), "{}.{name}", d.id);
                }
                assert!(ty.optional.len() < ty.attributes.len(), "{}", d.id);
            }
        }
    }

    #[test]
    fn the_public_identifiers_are_there() {
        for id in [
            "region-and-zone-select",
            "subnet-select",
            "security-group-select",
            "cos-bucket-select",
            "cvm-instance-type-select",
            "disk-select",
            "image-select",
            "certificate-select",
            "ssh-key-pairs-select",
            "domain-input",
            "switch",
            "secret",
            "select",
            "input-number",
            "input",
        ] {
            let d = descriptor(id).map(|d| d.purpose.contains("our choice"));
            assert_eq!(d, Some(false), "{id}");
        }
    }
}
