//! The mock cloud as the source of a form's choices: the crate of packages knows no cloud, and clouds know no form.

use cloudapp_package::widget::{FieldOption, OptionError, OptionKind, OptionQuery, OptionSource};
use cloudapp_providers::MockCloud;
use cloudapp_providers::mock::{Choice, Listing};

/// The choices that a mock cloud offers.
pub(crate) struct MockChoices<'c>(pub(crate) &'c MockCloud);

impl OptionSource for MockChoices<'_> {
    fn options(&self, query: &OptionQuery<'_>) -> Result<Vec<FieldOption>, OptionError> {
        let Some(listing) = listing(query.kind) else {
            return Ok(Vec::new());
        };
        let choices = self.0.choices(listing, query.fields);
        let choices = choices.map_err(|e| OptionError {
            message: e.to_string(),
            retry: false,
        })?;
        Ok(choices.into_iter().map(option).collect())
    }
}

fn listing(kind: OptionKind) -> Option<Listing> {
    Some(match kind {
        OptionKind::Declared => return None,
        OptionKind::RegionsAndZones => Listing::RegionsAndZones,
        OptionKind::Vpcs => Listing::Vpcs,
        OptionKind::Subnets => Listing::Subnets,
        OptionKind::SecurityGroups => Listing::SecurityGroups,
        OptionKind::Buckets => Listing::Buckets,
        OptionKind::InstanceTypes => Listing::InstanceTypes,
        OptionKind::Disks => Listing::Disks,
        OptionKind::Images => Listing::Images,
        OptionKind::Certificates => Listing::Certificates,
        OptionKind::KeyPairs => Listing::KeyPairs,
        OptionKind::Domains => Listing::Domains,
    })
}

fn option(choice: Choice) -> FieldOption {
    FieldOption {
        label: choice.label.into(),
        value: choice.value,
        facts: choice
            .facts
            .into_iter()
            .map(|(name, is)| (name.into(), is.into()))
            .collect(),
        size: choice.size,
        disabled: choice.disabled.map(Into::into),
    }
}
