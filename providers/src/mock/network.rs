//! Addresses: private ones inside the subnet of an object, public ones from the range that is reserved for testing.

use std::net::Ipv4Addr;

use super::cloud::Contents;
use super::draw::Draw;
use super::references::Refusal;

/// An IPv4 network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    first: u32,
    /// Number of addresses.
    size: u64,
}

impl Network {
    pub(crate) fn parse(cidr: &str) -> Option<Self> {
        let (ip, bits) = cidr.split_once('/')?;
        let bits = bits.parse::<u32>().ok().filter(|b| *b <= 32)?;
        let size = 1u64 << (32 - bits);
        let ip = u32::from(ip.parse::<Ipv4Addr>().ok()?);
        Some(Self {
            first: ip & !((size - 1) as u32),
            size,
        })
    }

    /// Addresses that objects may have: all but the network's own, the gateway's and the last.
    pub(crate) fn usable(self) -> std::ops::Range<u32> {
        let start = self.first.saturating_add(2);
        start..start.saturating_add(self.size.saturating_sub(3) as u32)
    }
}

/// The network of a subnet: its own block, or for one that this cloud did not make a block that goes with its id.
pub(crate) fn of_subnet(contents: &Contents, subnet: &str) -> Network {
    let own = contents
        .get("tencentcloud_subnet", subnet)
        .and_then(|s| s.attributes.get("cidr_block")?.as_str());
    own.and_then(Network::parse).unwrap_or_else(|| {
        let place = subnet
            .bytes()
            .fold(17u32, |h, b| h.wrapping_mul(31).wrapping_add(u32::from(b)));
        Network {
            first: 0x0a00_0000 | (place & 0xff_ff00),
            size: 256,
        }
    })
}

/// A free address in a subnet.
pub(crate) fn allocate(contents: &Contents, subnet: &str) -> Result<Ipv4Addr, Refusal> {
    let usable = of_subnet(contents, subnet).usable();
    let used = contents.addresses(subnet);
    let taken = used.map_or(0, std::collections::HashSet::len) as u32;
    // Addresses are given out in order, so the first free one is mostly the one after those in use.
    let likely = usable.start.saturating_add(taken);
    let is_free = |a: &u32| used.is_none_or(|u| !u.contains(a));
    let found = (likely..usable.end)
        .find(is_free)
        .or_else(|| usable.clone().find(is_free));
    found.map(Ipv4Addr::from).ok_or_else(|| Refusal {
        code: "ResourceInsufficient.SubnetIp",
        message: format!(
            "all {} addresses of the subnet \"{subnet}\" are in use.",
            usable.len()
        ),
        hint: "Choose a subnet with a larger block, or delete what occupies its addresses.",
    })
}

/// A public address: one of those that are reserved for benchmarks, so that it reaches nobody.
pub(crate) fn public(draw: &mut Draw) -> Ipv4Addr {
    Ipv4Addr::from(0xc612_0000 | draw.number(1, 0x1_fffe) as u32)
}

/// A private address without a subnet.
pub(crate) fn private(draw: &mut Draw) -> Ipv4Addr {
    Ipv4Addr::from(0x0a00_0000 | draw.number(2, 0xff_fffd) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usable_addresses() {
        let usable =
            |cidr| Network::parse(cidr).map(|n| n.usable().map(Ipv4Addr::from).collect::<Vec<_>>());
        assert_eq!(usable("10.0.1.0/29").map(|u| u.len()), Some(5));
        assert_eq!(
            usable("10.0.1.0/30"),
            Some(vec![Ipv4Addr::new(10, 0, 1, 2)])
        );
        assert_eq!(usable("10.0.1.0/32"), Some(vec![]));
        assert_eq!(Network::parse("10.0.1.7/24"), Network::parse("10.0.1.0/24"));
        for bad in ["", "10.0.0.0", "10.0.0.0/33", "x/8", "::/0"] {
            assert_eq!(Network::parse(bad), None, "{bad}");
        }
        assert!(Network::parse("0.0.0.0/0").is_some_and(|n| !n.usable().is_empty()));
    }
}
