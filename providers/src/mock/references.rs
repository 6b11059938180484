//! How objects refer to each other, and what the cloud refuses because of it.

use std::net::Ipv4Addr;

use serde_json::{Map, Value as Json};

use super::cloud::{Contents, MockObject};

/// A refusal: the cloud's code and what it says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) hint: &'static str,
}

/// Attributes that hold ids although their name does not end like it.
const BY_NAME: [&str; 4] = [
    "security_groups",
    "orderly_security_groups",
    "source_sgid",
    "cluster",
];

/// Calls `f` with every attribute that refers to another object, and the id it holds. Of a composite id every part.
pub(crate) fn each(attributes: &Map<String, Json>, f: &mut impl FnMut(&str, &str)) {
    for (name, value) in attributes {
        let refers =
            name.ends_with("_id") || name.ends_with("_ids") || BY_NAME.contains(&name.as_str());
        visit(name, value, refers && name != "id", f);
    }
}

fn visit(name: &str, value: &Json, refers: bool, f: &mut impl FnMut(&str, &str)) {
    match value {
        Json::String(id) if refers && !id.is_empty() && id.len() <= 256 => {
            f(name, id);
            if id.contains('#') {
                id.split('#')
                    .filter(|p| !p.is_empty())
                    .for_each(|p| f(name, p));
            }
        }
        Json::Array(items) => items.iter().for_each(|v| visit(name, v, refers, f)),
        Json::Object(inner) => each(inner, f),
        _ => {}
    }
}

/// Attributes that hold the main private address of an object.
pub(crate) const PRIVATE_ADDRESS: [&str; 7] = [
    "private_ip",
    "intranet_ip",
    "ip",
    "vip",
    "lan_ip",
    "private_access_ip",
    "internal_ip",
];

/// The addresses that an object occupies: the subnet and the address as a number.
pub(crate) fn addresses(attributes: &Map<String, Json>) -> Option<(String, u32)> {
    let subnet = attributes
        .get("subnet_id")?
        .as_str()
        .filter(|s| !s.is_empty())?;
    let address = PRIVATE_ADDRESS
        .iter()
        .find_map(|n| attributes.get(*n)?.as_str()?.parse::<Ipv4Addr>().ok())?;
    Some((subnet.to_owned(), address.into()))
}

/// Refuses an object that refers to one that this cloud made and that is no more. Ids that it never made are accepted:
/// people bring networks of their own.
pub(crate) fn missing(contents: &Contents, attributes: &Map<String, Json>) -> Option<Refusal> {
    let mut refusal = None;
    each(attributes, &mut |name, id| {
        if refusal.is_none() && contents.is_gone(id) {
            refusal = Some(Refusal {
                code: "ResourceNotFound",
                message: format!("`{name}` refers to \"{id}\", which does not exist any more."),
                hint: "Run a plan with refresh, so that the missing object is noticed and made again.",
            });
        }
    });
    refusal
}

/// Which referrers keep an object of a type from being deleted: the type, the attribute that refers to it, and the code.
const HELD_BY: [(&str, &[&str], &str); 6] = [
    ("tencentcloud_vpc", &["vpc_id"], "ResourceInUse"),
    (
        "tencentcloud_subnet",
        &["subnet_id", "subnet_ids"],
        "ResourceInUse",
    ),
    (
        "tencentcloud_security_group",
        &[
            "security_groups",
            "orderly_security_groups",
            "security_group_ids",
            "security_group_id",
        ],
        "ResourceInUse",
    ),
    (
        "tencentcloud_route_table",
        &["route_table_id"],
        "ResourceInUse",
    ),
    (
        "tencentcloud_cfs_access_group",
        &["access_group_id"],
        "FailedOperation.PgroupInUse",
    ),
    (
        "tencentcloud_eip",
        &["assigned_eip_set"],
        "ResourceInUse.Address",
    ),
];

/// Types that are a part of what they refer to, and go with it.
const PARTS: [&str; 9] = [
    "tencentcloud_security_group_rule",
    "tencentcloud_security_group_rule_set",
    "tencentcloud_security_group_lite_rule",
    "tencentcloud_route_table_entry",
    "tencentcloud_route_entry",
    "tencentcloud_cfs_access_rule",
    "tencentcloud_vpc_flow_log_config",
    "tencentcloud_route_table_association",
    "tencentcloud_private_dns_zone",
];

/// Refuses to delete what others still need.
pub(crate) fn in_use(contents: &Contents, object: &MockObject) -> Option<Refusal> {
    let (_, attributes, code) = HELD_BY.iter().find(|(kind, ..)| *kind == object.kind)?;
    let holds =
        |attribute: &str, kind: &str| attributes.contains(&attribute) && !PARTS.contains(&kind);
    let mut holders = contents
        .referrers(&object.id)
        .filter(|(attribute, (kind, _))| holds(attribute, kind));
    let (_, (kind, id)) = holders.next()?;
    let more = match holders.count() {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    Some(Refusal {
        code,
        message: format!("\"{}\" is still used by {kind} \"{id}\"{more}.", object.id),
        hint: "Delete what uses it first.",
    })
}
