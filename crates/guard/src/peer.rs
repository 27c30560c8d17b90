//! Whom we count as one.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// An address as the guard counts it: IPv4 whole, IPv6 by /64, since whoever has one address of a /64 has all of them
/// (RFC 6177 §2). An IPv4 address written as IPv6 is the IPv4 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Peer(IpAddr);

impl From<IpAddr> for Peer {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
            v4 => v4,
        })
    }
}

/// `192.0.2.1` or `2001:db8::/64`.
impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(v4) => v4.fmt(f),
            IpAddr::V6(v6) => write!(f, "{v6}/64"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(address: &str) -> String {
        Peer::from(address.parse::<IpAddr>().unwrap()).to_string()
    }

    #[test]
    fn ipv4_is_counted_whole_and_ipv6_by_its_64() {
        assert_eq!(shown("192.0.2.1"), "192.0.2.1");
        assert_eq!(shown("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(shown("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(shown("2001:db8:1:2:ffff::"), shown("2001:db8:1:2::1"));
        assert_ne!(shown("2001:db8:1:3::1"), shown("2001:db8:1:2::1"));
    }
}
