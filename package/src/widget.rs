//! The form components by which parameters are asked for.

use std::fmt;

use cloudapp_lang::Str;

/// A form component. Twenty-one are documented; these are the fifteen whose identifiers are public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Widget {
    RegionAndZoneSelect,
    SubnetSelect,
    SecurityGroupSelect,
    CosBucketSelect,
    CvmInstanceTypeSelect,
    DiskSelect,
    ImageSelect,
    CertificateSelect,
    SshKeyPairsSelect,
    DomainInput,
    Switch,
    Secret,
    Select,
    InputNumber,
    Input,
    /// One that this version does not know. Its fields are kept.
    Other(Str),
}

/// In the order of the manual. The fields are those beyond what every argument has.
const KNOWN: [(&str, Widget, &[&str]); 15] = [
    (
        "region-and-zone-select",
        Widget::RegionAndZoneSelect,
        &["regions", "supportedRegionIds"],
    ),
    (
        "subnet-select",
        Widget::SubnetSelect,
        &["regions", "supportedRegionIds"],
    ),
    (
        "security-group-select",
        Widget::SecurityGroupSelect,
        &["regions", "supportedRegionIds"],
    ),
    (
        "cos-bucket-select",
        Widget::CosBucketSelect,
        &["regions", "supportedRegionIds"],
    ),
    (
        "cvm-instance-type-select",
        Widget::CvmInstanceTypeSelect,
        &["region", "zone", "chargeType", "cpu", "memory"],
    ),
    (
        "disk-select",
        Widget::DiskSelect,
        &[
            "region",
            "zone",
            "chargeType",
            "usage",
            "cvmConfig",
            "minDiskSize",
        ],
    ),
    (
        "image-select",
        Widget::ImageSelect,
        &["region", "instanceType", "platforms"],
    ),
    ("certificate-select", Widget::CertificateSelect, &[]),
    (
        "ssh-key-pairs-select",
        Widget::SshKeyPairsSelect,
        &["region"],
    ),
    ("domain-input", Widget::DomainInput, &["certId"]),
    ("switch", Widget::Switch, &[]),
    ("secret", Widget::Secret, &[]),
    ("select", Widget::Select, &[]),
    ("input-number", Widget::InputNumber, &[]),
    ("input", Widget::Input, &[]),
];

impl Widget {
    /// The widget with an identifier.
    #[must_use]
    pub fn named(id: &str) -> Self {
        KNOWN
            .iter()
            .find(|k| k.0 == id)
            .map_or_else(|| Widget::Other(id.into()), |k| k.1.clone())
    }

    /// The identifiers of all known widgets.
    pub fn known() -> impl Iterator<Item = &'static str> {
        KNOWN.iter().map(|k| k.0)
    }

    /// As it is written in `package.yaml`.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Widget::Other(id) => id,
            known => KNOWN.iter().find(|k| k.1 == *known).map_or("", |k| k.0),
        }
    }

    /// The fields that only this widget has; none where the widget is not known.
    #[must_use]
    pub fn fields(&self) -> Option<&'static [&'static str]> {
        KNOWN.iter().find(|k| k.1 == *self).map(|k| k.2)
    }
}

impl fmt::Display for Widget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
