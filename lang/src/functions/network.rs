//! Functions of IP network prefixes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::Functions;
use super::arguments::{number, string, text, whole};
use super::signature::{Fault, Function, Parameter, Returns, Shape};
use crate::value::{Type, Value};

const STRING: Returns = Returns::Is(Shape::String);

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "cidrcontains",
        "Whether a network has an address or another network in it.",
        &[
            Parameter::string("containing_prefix"),
            Parameter::string("contained_ip_or_prefix"),
        ],
        Returns::Is(Shape::Bool),
        cidrcontains,
    )
    .blames_call(),
    Function::new(
        "cidrhost",
        "The address with a number within a network.",
        &[Parameter::string("prefix"), Parameter::number("hostnum")],
        STRING,
        cidrhost,
    )
    .blames_call(),
    Function::new(
        "cidrnetmask",
        "The mask of an IPv4 network.",
        &[Parameter::string("prefix")],
        STRING,
        cidrnetmask,
    )
    .blames_call(),
    Function::new(
        "cidrsubnet",
        "The network with a number within a network.",
        &[
            Parameter::string("prefix"),
            Parameter::number("newbits"),
            Parameter::number("netnum"),
        ],
        STRING,
        cidrsubnet,
    )
    .blames_call(),
    Function::new(
        "cidrsubnets",
        "Networks one after another within a network.",
        &[Parameter::string("prefix")],
        Returns::Is(Shape::List(&Shape::String)),
        cidrsubnets,
    )
    .variadic(Parameter::number("newbits")),
];

/// A network: the bits of its first address, and how many of them it fixes.
#[derive(Clone, Copy)]
struct Network {
    bits: u128,
    prefix: u32,
    /// 32 or 128.
    width: u32,
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let plain = address.split('.').map(|octet| {
            // Zeros in front do not make a number octal, as they do elsewhere.
            let digits = octet.trim_start_matches('0');
            if digits.is_empty() && !octet.is_empty() {
                "0"
            } else {
                digits
            }
        });
        let address = if address.contains(':') {
            address.to_owned()
        } else {
            plain.collect::<Vec<_>>().join(".")
        };
        if prefix.is_empty() || !prefix.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let prefix: u8 = prefix.parse().ok()?;
        let net: IpNet = format!("{address}/{prefix}").parse().ok()?;
        let prefix = u32::from(net.prefix_len());
        Some(match net.network() {
            IpAddr::V4(a) => Self {
                bits: u128::from(u32::from(a)),
                prefix,
                width: 32,
            },
            IpAddr::V6(a) => Self {
                bits: u128::from(a),
                prefix,
                width: 128,
            },
        })
    }

    /// An address alone, as the network that holds nothing else.
    fn of_address(text: &str) -> Option<Self> {
        let width = if text.contains(':') { 128 } else { 32 };
        Self::parse(&format!("{text}/{width}")).filter(|_| !text.contains('/'))
    }

    fn host_bits(self) -> u32 {
        self.width - self.prefix
    }

    fn address(self, bits: u128) -> String {
        match u32::try_from(bits) {
            Ok(v4) if self.width == 32 => Ipv4Addr::from(v4).to_string(),
            _ => Ipv6Addr::from(bits).to_string(),
        }
    }

    fn show(self) -> String {
        format!("{}/{}", self.address(self.bits), self.prefix)
    }
}

/// 2 to the power of `bits`, less one.
fn low_bits(bits: u32) -> u128 {
    if bits >= 128 {
        u128::MAX
    } else {
        (1 << bits) - 1
    }
}

/// `n` shifted to the left, without the panic at the full width.
fn shifted(n: u128, by: u32) -> u128 {
    n.checked_shl(by).unwrap_or(0)
}

fn network(args: &[Value]) -> Result<Network, Fault> {
    Network::parse(text(args, 0)).ok_or_else(|| {
        Fault::invalid(0, "not a network in CIDR notation")
            .about(format!("{:?}", text(args, 0)))
            .hint("Write it as \"10.0.0.0/16\" or \"fd00::/48\".")
    })
}

/// A number that may need more than 64 bits: its size, and whether it is negative.
fn large(args: &[Value], i: usize) -> Result<(u128, bool), Fault> {
    let n = number(args, i);
    if !n.is_whole() {
        return Err(Fault::invalid(i, "a whole number is required"));
    }
    let size = n
        .abs()
        .to_string()
        .parse()
        .map_err(|_| Fault::invalid(i, "the number is too large"))?;
    Ok((size, n.is_negative()))
}

fn cidrhost(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let net = network(args)?;
    let (n, negative) = large(args, 1)?;
    let last = low_bits(net.host_bits());
    let too_large = || {
        Fault::invalid(
            1,
            format!(
                "a prefix of {} bits leaves no address with this number",
                net.prefix
            ),
        )
    };
    // Negative numbers count from the end: -1 is the last address.
    let host = if negative {
        last.checked_sub(n - 1)
    } else {
        Some(n).filter(|n| *n <= last)
    };
    string(net.address(net.bits | host.ok_or_else(too_large)?))
}

fn cidrcontains(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let outer = network(args)?;
    let inner = Network::parse(text(args, 1))
        .or_else(|| Network::of_address(text(args, 1)))
        .ok_or_else(|| {
            Fault::invalid(1, "neither an IP address nor a network in CIDR notation")
                .about(format!("{:?}", text(args, 1)))
        })?;
    if outer.width != inner.width {
        return Err(Fault::invalid(
            1,
            "one of the two is of IPv4 and the other of IPv6",
        ));
    }
    let fixed = low_bits(outer.width) & !low_bits(outer.host_bits());
    let inside = inner.prefix >= outer.prefix && (inner.bits ^ outer.bits) & fixed == 0;
    Ok(Value::bool(inside))
}

fn cidrnetmask(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let net = network(args)?;
    if net.width != 32 {
        return Err(Fault::invalid(
            0,
            "an IPv4 network is required: IPv6 has no netmasks",
        ));
    }
    string(net.address(low_bits(32) & !low_bits(net.host_bits())))
}

fn cidrsubnet(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let net = network(args)?;
    let new_bits = whole(args, 1)?;
    let (n, negative) = large(args, 2)?;
    let prefix = i64::from(net.prefix).saturating_add(new_bits);
    let prefix = u32::try_from(prefix)
        .ok()
        .filter(|p| *p <= net.width)
        .ok_or_else(|| {
            Fault::invalid(
                1,
                format!(
                    "the prefix of {} bits cannot be extended by {new_bits}",
                    net.prefix
                ),
            )
        })?;
    if negative || n > low_bits(u32::try_from(new_bits.max(0)).unwrap_or(u32::MAX)) {
        return Err(Fault::invalid(
            2,
            format!("{new_bits} more bits leave no network with this number"),
        ));
    }
    let bits = net.bits | shifted(n, net.width - prefix);
    let bits = bits & !low_bits(net.width - prefix);
    string(
        Network {
            bits,
            prefix,
            ..net
        }
        .show(),
    )
}

fn cidrsubnets(_: &Functions, args: &[Value]) -> Result<Value, Fault> {
    let net = network(args)?;
    let last = net.bits | low_bits(net.host_bits());
    let mut subnets = Vec::new();
    // The first address that is still free; none once the network is full.
    let mut free = Some(net.bits);
    for i in 1..args.len() {
        let new_bits = whole(args, i)?;
        if !(1..=32).contains(&new_bits) {
            return Err(Fault::invalid(
                i,
                "the prefix must be extended by 1 to 32 bits",
            ));
        }
        let prefix = net.prefix + u32::try_from(new_bits).unwrap_or(0);
        if prefix > net.width {
            return Err(Fault::invalid(
                i,
                format!(
                    "the prefix of {} bits cannot be extended by {new_bits}",
                    net.prefix
                ),
            ));
        }
        let hosts = low_bits(net.width - prefix);
        let full = || Fault::invalid(i, "not enough addresses are left in the network");
        let start = free.ok_or_else(full)?;
        let start = if start & hosts == 0 {
            Some(start)
        } else {
            (start | hosts).checked_add(1)
        };
        let start = start
            .filter(|s| *s <= last && last - s >= hosts)
            .ok_or_else(full)?;
        subnets.push(Value::string(
            Network {
                bits: start,
                prefix,
                ..net
            }
            .show(),
        ));
        free = (start | hosts).checked_add(1).filter(|f| *f <= last);
    }
    Ok(Value::list(Type::String, subnets))
}
