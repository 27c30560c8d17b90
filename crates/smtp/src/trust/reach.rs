//! The addresses that DNS may lead the relay to. It is asked of the address that is connected to, at the last moment: what a
//! name stood for a moment ago says nothing.

use std::net::IpAddr;

use ipnet::IpNet;

/// Public addresses, and the networks that the operator allows beside them.
#[derive(Clone, Debug, Default)]
pub struct Reach(Vec<IpNet>);

impl Reach {
    /// Public addresses and these networks. An IPv4 address wrapped in an IPv6 one (`::ffff:a.b.c.d`) is looked for as what
    /// it wraps.
    pub fn with(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// Whether a domain that anybody may name leads there rightly.
    pub fn allows(&self, address: IpAddr) -> bool {
        let plain = address.to_canonical();
        fetch::is_public(address) || self.0.iter().any(|network| network.contains(&plain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_network_is_reached_only_where_the_operator_names_it() {
        let (closed, lab) = (Reach::default(), Reach::with(vec!["127.0.0.0/8".parse().unwrap()]));
        for text in ["127.0.0.1", "::ffff:127.0.0.1"] {
            let address = text.parse().unwrap();
            assert!(!closed.allows(address) && lab.allows(address), "{text}");
        }
        for text in ["::1", "10.0.0.1", "169.254.169.254", "::ffff:10.0.0.1", "64:ff9b::7f00:1"] {
            assert!(!lab.allows(text.parse().unwrap()), "{text}");
        }
        assert!(closed.allows("8.8.8.8".parse().unwrap()));
    }
}
