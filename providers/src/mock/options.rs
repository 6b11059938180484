//! What the mock cloud offers to the form of a package: what every account of it has, and the objects made in it.
//!
//! The lists are the same on every machine. They are short, but wide enough for every way of narrowing them to show:
//! several regions and zones, types of machine with the same processors and other memory, an expired certificate, a type
//! that one zone has sold out.

use std::collections::BTreeMap;

use cloudapp_lang::value::convert;
use cloudapp_lang::{Str, Type, Value};

use super::DEFAULT_REGION;
use super::cloud::{Contents, MockCloud, MockObject};
use super::data::REGIONS;
use super::journal::MockCloudError;
use super::maker::machine;

/// The account that installs, as the installation's own variables name it.
const APP_ID: &str = "1250000000";

/// What can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
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
    Domains,
}

/// Something to choose.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub label: String,
    /// What a variable of a stack receives.
    pub value: Value,
    /// Beside the label, in the order in which to show them.
    pub facts: Vec<(&'static str, String)>,
    /// The sizes that it allows, in GiB, where one is chosen with it.
    pub size: Option<(u32, u32)>,
    /// Why it cannot be chosen now.
    pub disabled: Option<String>,
}

impl Choice {
    fn new(label: impl Into<String>, value: Value) -> Self {
        Self {
            label: label.into(),
            value,
            facts: Vec::new(),
            size: None,
            disabled: None,
        }
    }

    fn fact(mut self, name: &'static str, is: impl ToString) -> Self {
        self.facts.push((name, is.to_string()));
        self
    }
}

impl MockCloud {
    /// What can be chosen, narrowed by the fields of a form's component: `region`, `regions`, `supportedRegionIds`,
    /// `zone`, `vpcId`, `cpu`, `memory`, `chargeType`, `usage`, `cvmConfig`, `minDiskSize`, `instanceType`, `platforms`,
    /// `certId`. A field that is missing, null or empty does not narrow.
    pub fn choices(
        &self,
        listing: Listing,
        fields: &BTreeMap<Str, Value>,
    ) -> Result<Vec<Choice>, MockCloudError> {
        let by = Narrowing(fields);
        Ok(match listing {
            Listing::RegionsAndZones => regions_and_zones(by),
            Listing::InstanceTypes => instance_types(by),
            Listing::Disks => disks(by),
            Listing::Images => images(by),
            Listing::Certificates => certificates(),
            Listing::Domains => domains(by),
            Listing::KeyPairs => self.look(key_pairs)?,
            Listing::Vpcs => self.look(|c| vpc_choices(c, by))?,
            Listing::Subnets => self.look(|c| subnet_choices(c, by))?,
            Listing::SecurityGroups => self.look(|c| security_groups(c, by))?,
            Listing::Buckets => self.look(|c| buckets(c, by))?,
        })
    }
}

/// The fields that narrow a list.
#[derive(Clone, Copy)]
struct Narrowing<'f>(&'f BTreeMap<Str, Value>);

impl Narrowing<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        let text = self.0.get(name)?.as_str()?;
        (!text.is_empty()).then_some(text)
    }

    fn number(&self, name: &str) -> Option<f64> {
        let number = convert(self.0.get(name)?, &Type::Number).ok()?;
        Some(number.as_number()?.to_f64())
    }

    /// A list, or the only one of it.
    fn list(&self, name: &str) -> Vec<Value> {
        match self.0.get(name) {
            None => Vec::new(),
            Some(value) if value.is_null() => Vec::new(),
            Some(value) => match value.as_items() {
                Some(items) => items.to_vec(),
                None => vec![value.clone()],
            },
        }
    }

    fn texts(&self, name: &str) -> Vec<String> {
        let items = self.list(name).into_iter();
        items
            .filter_map(|v| Some(convert(&v, &Type::String).ok()?.as_str()?.to_owned()))
            .filter(|t| !t.is_empty())
            .collect()
    }

    /// Whether a number is one of those in a field.
    fn admits(&self, name: &str, number: i64) -> bool {
        let wanted = self.list(name);
        wanted.is_empty()
            || wanted.iter().any(|v| {
                let v = convert(v, &Type::Number).ok();
                v.and_then(|v| v.as_number()?.as_i64()) == Some(number)
            })
    }

    fn region(&self, region: &str) -> bool {
        let one_of =
            |names: Vec<String>, is: &str| names.is_empty() || names.iter().any(|n| n == is);
        self.text("region").is_none_or(|r| r == region)
            && one_of(self.texts("regions"), region)
            && one_of(self.texts("supportedRegionIds"), &region_id(region))
    }

    fn zone(&self, zone: &str) -> bool {
        self.text("zone").is_none_or(|z| z == zone)
    }

    fn regions(&self) -> impl Iterator<Item = &'static str> {
        REGIONS.into_iter().filter(|r| self.region(r))
    }

    fn charge_type(&self) -> Option<&str> {
        self.text("chargeType")
    }
}

/// The cloud's number of a region.
fn region_id(region: &str) -> String {
    let id = match region {
        "ap-guangzhou" => 1,
        "ap-shanghai" => 4,
        "ap-hongkong" => 5,
        "ap-beijing" => 8,
        "ap-singapore" => 9,
        "na-siliconvalley" => 15,
        "ap-chengdu" => 16,
        "ap-nanjing" => 33,
        _ => 0,
    };
    id.to_string()
}

/// From 1; the same number that zones begin with.
fn place(region: &str) -> usize {
    let position = REGIONS.iter().position(|r| *r == region);
    position.unwrap_or(REGIONS.len()) + 1
}

/// How many zones a region has.
const ZONES: usize = 7;

fn zones(region: &'static str) -> impl Iterator<Item = String> {
    (1..=ZONES).map(move |n| format!("{region}-{n}"))
}

/// The cloud's number of a zone.
fn zone_id(zone: &str) -> String {
    let (region, n) = zone.rsplit_once('-').unwrap_or((zone, "0"));
    let n: usize = n.parse().unwrap_or(0);
    (place(region) * 100_000 + n).to_string()
}

fn region_of(zone: &str) -> &str {
    zone.rsplit_once('-').map_or(zone, |(region, _)| region)
}

fn text(s: impl AsRef<str>) -> Value {
    Value::string(s.as_ref())
}

fn regions_and_zones(by: Narrowing<'_>) -> Vec<Choice> {
    by.regions()
        .flat_map(zones)
        .filter(|z| by.zone(z))
        .map(|zone| {
            let region = region_of(&zone).to_owned();
            let value = Value::object([
                ("region", text(&region)),
                ("region_id", text(region_id(&region))),
                ("zone", text(&zone)),
                ("zone_id", text(zone_id(&zone))),
            ]);
            Choice::new(zone, value).fact("region", region)
        })
        .collect()
}

/// A private network.
struct Vpc {
    region: String,
    id: String,
    name: String,
    cidr: String,
    route_table: String,
}

/// A subnet of one.
struct Subnet {
    vpc: String,
    id: String,
    name: String,
    zone: String,
    cidr: String,
}

fn attribute(object: &MockObject, name: &str) -> Option<String> {
    let text = object.attributes.get(name)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

fn region_of_object(object: &MockObject) -> String {
    attribute(object, "region")
        .or_else(|| Some(region_of(&attribute(object, "availability_zone")?).to_owned()))
        .unwrap_or_else(|| DEFAULT_REGION.into())
}

/// Those that every account has, then those that were made.
fn vpcs(contents: &Contents) -> Vec<Vpc> {
    let vpc = |region: &str, id: &str, name: &str, table: &str| Vpc {
        region: region.into(),
        id: format!("vpc-{id}"),
        name: name.into(),
        cidr: "10.0.0.0/16".into(),
        route_table: format!("rtb-{table}"),
    };
    let mut all = vec![
        vpc(DEFAULT_REGION, "8a2b3c4d", "main", "1a2b3c4d"),
        vpc(DEFAULT_REGION, "shop0001", "shop", "shop0001"),
    ];
    for region in REGIONS.into_iter().filter(|r| *r != DEFAULT_REGION) {
        let id = format!("mock{:04}", place(region));
        all.push(vpc(region, &id, "main", &id));
    }
    all.extend(contents.objects_of("tencentcloud_vpc").map(|o| Vpc {
        region: region_of_object(o),
        id: o.id.clone(),
        name: attribute(o, "name").unwrap_or_default(),
        cidr: attribute(o, "cidr_block").unwrap_or_default(),
        route_table: attribute(o, "default_route_table_id").unwrap_or_default(),
    }));
    all
}

fn subnets(contents: &Contents) -> Vec<Subnet> {
    let subnet = |vpc: &str, id: String, zone: String, n: usize| Subnet {
        vpc: format!("vpc-{vpc}"),
        id: format!("subnet-{id}"),
        name: format!("subnet {n}"),
        zone,
        cidr: format!("10.0.{n}.0/24"),
    };
    let zone = |region: &str, n: usize| format!("{region}-{n}");
    let home = DEFAULT_REGION;
    let mut all = vec![
        subnet("8a2b3c4d", "5e6f7a8b".into(), zone(home, 3), 1),
        subnet("8a2b3c4d", "6c7d8e9f".into(), zone(home, 4), 2),
        subnet("8a2b3c4d", "7d8e9f0a".into(), zone(home, 6), 3),
        subnet("shop0001", "shop0001".into(), zone(home, 3), 1),
    ];
    for region in REGIONS.into_iter().filter(|r| *r != DEFAULT_REGION) {
        let place = place(region);
        for n in 1..=2 {
            let id = format!("mock{place:02}{n:02}");
            all.push(subnet(&format!("mock{place:04}"), id, zone(region, n), n));
        }
    }
    all.extend(contents.objects_of("tencentcloud_subnet").map(|o| Subnet {
        vpc: attribute(o, "vpc_id").unwrap_or_default(),
        id: o.id.clone(),
        name: attribute(o, "name").unwrap_or_default(),
        zone: attribute(o, "availability_zone").unwrap_or_default(),
        cidr: attribute(o, "cidr_block").unwrap_or_default(),
    }));
    all
}

fn vpc_value(vpc: &Vpc) -> Value {
    Value::object([
        ("id", text(&vpc.id)),
        ("cidr_block", text(&vpc.cidr)),
        ("default_route_table_id", text(&vpc.route_table)),
    ])
}

fn vpc_choices(contents: &Contents, by: Narrowing<'_>) -> Vec<Choice> {
    vpcs(contents)
        .iter()
        .filter(|vpc| by.region(&vpc.region))
        .map(|vpc| {
            let value = Value::object([
                ("region", text(&vpc.region)),
                ("region_id", text(region_id(&vpc.region))),
                ("vpc_id", text(&vpc.id)),
                ("vpc", vpc_value(vpc)),
            ]);
            Choice::new(format!("{} ({})", vpc.id, vpc.name), value)
                .fact("region", &vpc.region)
                .fact("addresses", &vpc.cidr)
        })
        .collect()
}

fn subnet_choices(contents: &Contents, by: Narrowing<'_>) -> Vec<Choice> {
    let vpcs = vpcs(contents);
    let by_id: BTreeMap<&str, &Vpc> = vpcs.iter().map(|v| (v.id.as_str(), v)).collect();
    subnets(contents)
        .iter()
        .filter_map(|subnet| Some((subnet, *by_id.get(subnet.vpc.as_str())?)))
        .filter(|(subnet, vpc)| by.region(&vpc.region) && by.zone(&subnet.zone))
        .filter(|(_, vpc)| by.text("vpcId").is_none_or(|id| id == vpc.id))
        .map(|(subnet, vpc)| {
            let own = Value::object([
                ("id", text(&subnet.id)),
                ("zone", text(&subnet.zone)),
                ("zone_id", text(zone_id(&subnet.zone))),
                ("cidr_block", text(&subnet.cidr)),
            ]);
            let value = Value::object([
                ("region", text(&vpc.region)),
                ("region_id", text(region_id(&vpc.region))),
                ("availability_zone", text(&subnet.zone)),
                ("vpc_id", text(&vpc.id)),
                ("subnet_id", text(&subnet.id)),
                ("vpc", vpc_value(vpc)),
                ("subnet", own),
            ]);
            Choice::new(
                format!("{} / {} ({})", vpc.id, subnet.id, subnet.name),
                value,
            )
            .fact("zone", &subnet.zone)
            .fact("addresses", &subnet.cidr)
        })
        .collect()
}

fn security_groups(contents: &Contents, by: Narrowing<'_>) -> Vec<Choice> {
    let mut all: Vec<(String, String, String)> = vec![
        (
            DEFAULT_REGION.into(),
            "sg-3f4a5b6c".into(),
            "default".into(),
        ),
        (DEFAULT_REGION.into(), "sg-shop0001".into(), "shop".into()),
    ];
    for region in REGIONS.into_iter().filter(|r| *r != DEFAULT_REGION) {
        let id = format!("sg-mock{:04}", place(region));
        all.push((region.into(), id, "default".into()));
    }
    all.extend(contents.objects_of("tencentcloud_security_group").map(|o| {
        let name = attribute(o, "name").unwrap_or_default();
        (region_of_object(o), o.id.clone(), name)
    }));
    all.iter()
        .filter(|(region, ..)| by.region(region))
        .map(|(region, id, name)| {
            let value = Value::object([
                ("region", text(region)),
                ("region_id", text(region_id(region))),
                ("security_group_id", text(id)),
                ("security_group", Value::object([("id", text(id))])),
                ("security_groups", Value::list(Type::String, vec![text(id)])),
            ]);
            Choice::new(format!("{id} ({name})"), value).fact("region", region)
        })
        .collect()
}

fn buckets(contents: &Contents, by: Narrowing<'_>) -> Vec<Choice> {
    let named = |name: &str| format!("{name}-{APP_ID}");
    let mut all: Vec<(String, String)> = vec![
        (DEFAULT_REGION.into(), named("demo")),
        (DEFAULT_REGION.into(), named("logs")),
        ("ap-shanghai".into(), named("assets")),
    ];
    let made = contents.objects_of("tencentcloud_cos_bucket");
    all.extend(made.map(|o| {
        let bucket = attribute(o, "bucket").unwrap_or_else(|| o.id.clone());
        (region_of_object(o), bucket)
    }));
    all.iter()
        .filter(|(region, _)| by.region(region))
        .map(|(region, bucket)| {
            let value = Value::object([
                ("region", text(region)),
                ("region_id", text(region_id(region))),
                ("bucket", text(bucket)),
                ("app_id", text(APP_ID)),
            ]);
            Choice::new(bucket, value).fact("region", region)
        })
        .collect()
}

const FAMILIES: [&str; 3] = ["S5", "SA2", "SR1"];

const SIZES: [&str; 10] = [
    "SMALL1",
    "SMALL2",
    "MEDIUM2",
    "MEDIUM4",
    "MEDIUM8",
    "LARGE8",
    "LARGE16",
    "2XLARGE16",
    "2XLARGE32",
    "4XLARGE64",
];

fn instance_types(by: Narrowing<'_>) -> Vec<Choice> {
    let charge_types = ["PREPAID", "POSTPAID_BY_HOUR", "SPOTPAID"];
    if by.charge_type().is_some_and(|c| !charge_types.contains(&c)) {
        return Vec::new();
    }
    let mut all = Vec::new();
    for zone in by.regions().flat_map(zones).filter(|z| by.zone(z)) {
        for family in FAMILIES {
            for size in SIZES {
                all.extend(instance_type(by, &zone, family, size));
            }
        }
    }
    all
}

fn instance_type(by: Narrowing<'_>, zone: &str, family: &str, size: &str) -> Option<Choice> {
    let name = format!("{family}.{size}");
    let (cpu, memory) = machine(&name)?;
    if !by.admits("cpu", cpu) || !by.admits("memory", memory) {
        return None;
    }
    let region = region_of(zone);
    let value = Value::object([
        ("region", text(region)),
        ("region_id", text(region_id(region))),
        ("zone", text(zone)),
        ("instance_type", text(&name)),
    ]);
    let mut choice = Choice::new(name, value)
        .fact("cpu", cpu)
        .fact("memory", format!("{memory} GiB"))
        .fact("zone", zone);
    if zone.ends_with("-1") && size == "4XLARGE64" {
        choice.disabled = Some("it is sold out in this zone".into());
    }
    Some(choice)
}

fn disks(by: Narrowing<'_>) -> Vec<Choice> {
    let system = by.text("usage") == Some("system");
    let least = by.number("minDiskSize").unwrap_or(0.0);
    let kinds = [
        ("CLOUD_PREMIUM", "Premium cloud disk", 10, 32_000),
        ("CLOUD_BSSD", "Balanced SSD", 10, 32_000),
        ("CLOUD_SSD", "SSD", 20, 32_000),
        ("CLOUD_HSSD", "Enhanced SSD", 20, 32_000),
    ];
    kinds
        .into_iter()
        .map(|(id, name, min, max)| {
            let (min, max) = if system { (20, 1024) } else { (min, max) };
            let size = least.clamp(f64::from(50.max(min)), f64::from(max));
            let value = Value::object([
                ("disk_type", text(id)),
                ("disk_size", Value::number(size as i64)),
            ]);
            let mut choice = Choice::new(name, value).fact("sizes", format!("{min} to {max} GiB"));
            choice.size = Some((min, max));
            if least > f64::from(max) {
                choice.disabled = Some(format!("it has at most {max} GiB"));
            }
            choice
        })
        .collect()
}

fn images(by: Narrowing<'_>) -> Vec<Choice> {
    let all = [
        ("img-9qabwvbn", "TencentOS Server 4", "TencentOS", "x86_64"),
        (
            "img-eb30mz89",
            "TencentOS Server 3.1 (TK4)",
            "TencentOS",
            "x86_64",
        ),
        (
            "img-arm0tk40",
            "TencentOS Server 4 for ARM",
            "TencentOS",
            "arm64",
        ),
        (
            "img-487zeit5",
            "Ubuntu Server 22.04 LTS 64bit",
            "Ubuntu",
            "x86_64",
        ),
        (
            "img-arm0ub22",
            "Ubuntu Server 22.04 LTS for ARM",
            "Ubuntu",
            "arm64",
        ),
        ("img-22trbn9x", "Debian 12 64bit", "Debian", "x86_64"),
    ];
    let platforms = by.texts("platforms");
    let architecture = by.text("instanceType").map(|t| {
        // The family SR has ARM processors.
        if t.starts_with("SR") {
            "arm64"
        } else {
            "x86_64"
        }
    });
    all.into_iter()
        .filter(|(_, _, platform, _)| {
            platforms.is_empty() || platforms.iter().any(|p| p == platform)
        })
        .filter(|(_, _, _, arch)| architecture.is_none_or(|a| a == *arch))
        .map(|(id, name, platform, arch)| {
            Choice::new(name, Value::object([("image_id", text(id))]))
                .fact("platform", platform)
                .fact("architecture", arch)
        })
        .collect()
}

/// Identifiers and the domains that each certificate is for; and what is wrong with it.
const CERTIFICATES: [(&str, &str, &str); 4] = [
    ("aB3dE5fG", "example.com, *.example.com", ""),
    ("shop0cert", "shop.example.com", ""),
    ("wC7kL9mN", "app.example.org", ""),
    ("xP1qR3sT", "old.example.com", "it has expired"),
];

fn certificates() -> Vec<Choice> {
    CERTIFICATES
        .into_iter()
        .map(|(id, domains, fault)| {
            let value = Value::object([("certId", text(id))]);
            let mut choice =
                Choice::new(format!("{id} ({domains})"), value).fact("domains", domains);
            choice.disabled = (!fault.is_empty()).then(|| fault.to_owned());
            choice
        })
        .collect()
}

fn domains(by: Narrowing<'_>) -> Vec<Choice> {
    let all = [
        "app.example.com",
        "shop.example.com",
        "www.example.com",
        "app.example.org",
    ];
    let names = by.text("certId").map(|id| {
        let found = CERTIFICATES.into_iter().find(|c| c.0 == id);
        found.map_or("", |c| c.1)
    });
    let covered = |domain: &str| {
        names.is_none_or(|names| {
            names.split(", ").any(|name| {
                let parent = name.strip_prefix("*.");
                name == domain || parent.is_some() && parent == domain.split_once('.').map(|d| d.1)
            })
        })
    };
    all.into_iter()
        .filter(|d| covered(d))
        .map(|d| Choice::new(d, Value::object([("domain", text(d))])))
        .collect()
}

fn key_pairs(contents: &Contents) -> Vec<Choice> {
    let mut all: Vec<(String, String)> = vec![
        ("skey-7c8d9e0f".into(), "operations".into()),
        ("skey-1a2b3c4d".into(), "backup".into()),
    ];
    all.extend(contents.objects_of("tencentcloud_key_pair").map(|o| {
        let name = attribute(o, "key_name").unwrap_or_default();
        (o.id.clone(), name)
    }));
    all.iter()
        .map(|(id, name)| {
            let ids = Value::list(Type::String, vec![text(id)]);
            Choice::new(format!("{id} ({name})"), Value::object([("keyIds", ids)]))
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests say what they expect")]
mod tests {
    use super::*;

    fn listed(listing: Listing, fields: &[(&str, Value)]) -> Vec<Choice> {
        let fields = fields
            .iter()
            .map(|(n, v)| (Str::from(*n), v.clone()))
            .collect();
        MockCloud::in_memory().choices(listing, &fields).unwrap()
    }

    fn labels(choices: &[Choice]) -> Vec<&str> {
        choices.iter().map(|c| c.label.as_str()).collect()
    }

    #[test]
    fn fields_narrow() {
        let zones = listed(Listing::RegionsAndZones, &[]);
        assert_eq!(zones.len(), REGIONS.len() * ZONES);
        let by_number = [("supportedRegionIds", Value::tuple([Value::number(4)]))];
        let shanghai = listed(Listing::RegionsAndZones, &by_number);
        assert_eq!(shanghai.len(), ZONES);
        assert!(shanghai.iter().all(|c| c.label.starts_with("ap-shanghai-")));

        let types = listed(
            Listing::InstanceTypes,
            &[
                ("zone", Value::string("ap-guangzhou-3")),
                ("cpu", Value::number(2)),
                ("memory", Value::tuple([Value::number(4), Value::number(8)])),
            ],
        );
        assert_eq!(
            labels(&types),
            [
                "S5.MEDIUM4",
                "S5.MEDIUM8",
                "SA2.MEDIUM4",
                "SA2.MEDIUM8",
                "SR1.MEDIUM4",
                "SR1.MEDIUM8"
            ]
        );
        let yearly = [("chargeType", Value::string("YEARLY"))];
        assert!(listed(Listing::InstanceTypes, &yearly).is_empty());

        let arm = [
            ("instanceType", Value::string("SR1.LARGE8")),
            ("platforms", Value::tuple([Value::string("Ubuntu")])),
        ];
        assert_eq!(
            labels(&listed(Listing::Images, &arm)),
            ["Ubuntu Server 22.04 LTS for ARM"]
        );
        let domains = listed(Listing::Domains, &[("certId", Value::string("aB3dE5fG"))]);
        assert_eq!(domains.len(), 3);
        let disks = listed(
            Listing::Disks,
            &[
                ("usage", Value::string("system")),
                ("minDiskSize", Value::number(100)),
            ],
        );
        assert_eq!(disks[0].value.get("disk_size"), Some(&Value::number(100)));
        assert_eq!(disks[0].size, Some((20, 1024)));
    }
}
