//! Where a domain's mail goes: the operator's table first, then the MX records of DNS (RFC 5321 §5.1). There is no
//! smart host: certified mail goes straight to the hosts that its provider names [R-5.3-b].

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use provider::transport::{DomainPolicy, HostPort, Hosts, NamedBy, Route};

use crate::resolver::{Addresses, Mx, Resolver};

/// The operator's table.
#[derive(Clone, Debug, Default)]
pub struct RouteTable {
    exact: HashMap<String, Vec<HostPort>>,
    suffixes: Vec<(String, Vec<HostPort>)>,
    default: Option<Vec<HostPort>>,
    only: bool,
}

/// A line of the table that cannot be understood: the operator's fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("route '{pattern}' to '{hosts}': {why}")]
pub struct TableError {
    pattern: String,
    hosts: String,
    why: &'static str,
}

impl RouteTable {
    /// An empty table: everything goes by MX.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a line. `pattern` is a domain, `*.suffix` (every domain below it) or `*` (all others); `hosts` is a list
    /// `host:port`, best first, separated by commas, port 25 when it is missing, IPv6 literals in brackets.
    pub fn with(mut self, pattern: &str, hosts: &str) -> Result<Self, TableError> {
        let fail = |why| TableError { pattern: pattern.to_owned(), hosts: hosts.to_owned(), why };
        let parsed: Option<Vec<HostPort>> = hosts.split(',').map(|host| host_port(host.trim())).collect();
        let parsed = parsed.ok_or_else(|| fail("hosts are written host:port, separated by commas"))?;
        let key = pattern.trim().to_ascii_lowercase();
        if key == "*" {
            self.default = Some(parsed);
        } else if let Some(suffix) = key.strip_prefix("*.").filter(|suffix| is_name(suffix)) {
            self.suffixes.push((format!(".{suffix}"), parsed));
            // The longest suffix is the nearest.
            self.suffixes.sort_by_key(|(suffix, _)| std::cmp::Reverse(suffix.len()));
        } else if is_name(&key) {
            self.exact.insert(key, parsed);
        } else {
            return Err(fail("the pattern is a domain, *.suffix or *"));
        }
        Ok(self)
    }

    /// Never asks DNS for exchangers: a domain that is not in the table goes nowhere (closed networks).
    pub fn only(mut self) -> Self {
        self.only = true;
        self
    }

    /// The table's answer for a domain in lower case.
    fn find(&self, domain: &str) -> Option<Route> {
        let suffix = || self.suffixes.iter().find(|(suffix, _)| domain.ends_with(suffix.as_str())).map(|(_, h)| h);
        let hosts = self.exact.get(domain).or_else(suffix).or(self.default.as_ref());
        match hosts {
            Some(hosts) => Some(Route::Hosts(Hosts { list: hosts.clone(), named_by: NamedBy::Operator })),
            None if self.only => Some(Route::Nowhere(format!("domain {domain} is not in the table of routes"))),
            None => None,
        }
    }

    /// The route of `domain` (in lower case; an address literal stands for itself); exchangers listen on `port`.
    /// Exchangers of equal preference are ordered by name, so that connections to them are kept and shared.
    pub async fn route(&self, domain: &str, port: u16, resolver: &dyn Resolver) -> Route {
        if let Some(route) = self.find(domain) {
            return route;
        }
        let found =
            |list, proven| Route::Hosts(Hosts { list, named_by: NamedBy::Dns { proven, policy: DomainPolicy::None } });
        if domain.starts_with('[') {
            return match literal(domain) {
                Some(ip) => found(vec![HostPort { host: ip.to_string(), port }], false),
                None => Route::Nowhere(format!("{domain} is no address")),
            };
        }
        match resolver.mx(domain).await {
            Mx::Hosts { mut hosts, proven } if !hosts.is_empty() => {
                hosts.sort();
                hosts.dedup();
                found(hosts.into_iter().map(|(_, host)| HostPort { host, port }).collect(), proven)
            }
            // Where proofs are wanted, an absence that is none is Unknown.
            Mx::Hosts { .. } | Mx::Absent => match resolver.addresses(domain).await {
                Addresses::Found { proven, .. } => found(vec![HostPort { host: domain.to_owned(), port }], proven),
                Addresses::Absent => Route::Nowhere(format!("domain {domain} has neither mail exchanger nor address")),
                Addresses::Unknown(why) => Route::Unknown(format!("no address of {domain} known now: {why}")),
            },
            Mx::Null => Route::Nowhere(format!("domain {domain} takes no mail (null MX)")),
            Mx::NoDomain => Route::Nowhere(format!("domain {domain} does not exist")),
            Mx::Unknown(why) => Route::Unknown(format!("no mail exchanger of {domain} known now: {why}")),
        }
    }
}

/// `[1.2.3.4]` or `[ipv6:…]`.
fn literal(domain: &str) -> Option<IpAddr> {
    let inner = domain.strip_prefix('[')?.strip_suffix(']')?;
    match inner.strip_prefix("ipv6:") {
        Some(v6) => Ipv6Addr::from_str(v6).ok().map(IpAddr::V6),
        None => inner.parse().ok(),
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
}

fn host_port(text: &str) -> Option<HostPort> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        let host = Ipv6Addr::from_str(host).ok()?.to_string();
        let port = if rest.is_empty() { 25 } else { rest.strip_prefix(':')?.parse().ok()? };
        return Some(HostPort { host, port });
    }
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (text, 25),
    };
    is_name(host).then(|| HostPort { host: host.to_ascii_lowercase(), port })
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;

    use super::*;
    use crate::resolver::{Texts, Tlsa};

    /// A DNS of three domains.
    struct Book;

    #[async_trait]
    impl Resolver for Book {
        async fn mx(&self, domain: &str) -> Mx {
            match domain {
                "mx.it" => {
                    let hosts = vec![(20, "c.mx.it".into()), (10, "b.mx.it".into()), (10, "a.mx.it".into())];
                    Mx::Hosts { hosts, proven: false }
                }
                "null.it" => Mx::Null,
                "plain.it" | "empty.it" => Mx::Absent,
                "slow.it" => Mx::Unknown("timeout".into()),
                _ => Mx::NoDomain,
            }
        }
        async fn addresses(&self, host: &str) -> Addresses {
            let ips = vec![[192, 0, 2, 1].into()];
            if host == "plain.it" { Addresses::Found { ips, proven: false, end: None } } else { Addresses::Absent }
        }
        async fn tlsa(&self, _: &str, _: u16) -> Tlsa {
            Tlsa::Absent
        }
        async fn texts(&self, _: &str) -> Texts {
            Texts::Absent
        }
    }

    async fn route(table: &RouteTable, domain: &str) -> String {
        match table.route(domain, 25, &Book).await {
            Route::Hosts(hosts) => {
                hosts.list.iter().map(|h| format!("{}:{}", h.host, h.port)).collect::<Vec<_>>().join(" ")
            }
            Route::Nowhere(_) => "nowhere".into(),
            Route::Unknown(_) => "unknown".into(),
        }
    }

    #[tokio::test]
    async fn exchangers_come_by_preference_and_every_answer_of_dns_has_its_route() {
        let table = RouteTable::new();
        assert_eq!(route(&table, "mx.it").await, "a.mx.it:25 b.mx.it:25 c.mx.it:25");
        assert_eq!(route(&table, "null.it").await, "nowhere");
        assert_eq!(route(&table, "plain.it").await, "plain.it:25");
        assert_eq!(route(&table, "empty.it").await, "nowhere");
        assert_eq!(route(&table, "absent.it").await, "nowhere");
        assert_eq!(route(&table, "slow.it").await, "unknown");
        assert_eq!(route(&table, "[192.0.2.7]").await, "192.0.2.7:25");
        assert_eq!(route(&table, "[ipv6:::ffff:10.0.0.1]").await, "::ffff:10.0.0.1:25");
        for odd in ["[127.1]", "[2130706433]", "[0x7f.1]", "[0177.0.0.1]", "[ipv6:127.0.0.1]", "[::1]", "[x-tag:y]"] {
            let expected = if odd == "[::1]" { "::1:25" } else { "nowhere" };
            assert_eq!(route(&table, odd).await, expected, "{odd}");
        }
    }

    #[tokio::test]
    async fn the_table_goes_before_dns_and_the_nearest_line_wins() {
        let table = RouteTable::new()
            .with("mx.it", "one:2525, [::1]:26")
            .and_then(|t| t.with("*.it", "two"))
            .and_then(|t| t.with("*.pec.it", "three"))
            .unwrap();
        assert_eq!(route(&table, "mx.it").await, "one:2525 ::1:26");
        assert_eq!(route(&table, "null.it").await, "two:25");
        assert_eq!(route(&table, "a.pec.it").await, "three:25");
        assert_eq!(route(&table, "x.com").await, "nowhere");
        assert_eq!(route(&table.clone().with("*", "four").unwrap(), "x.com").await, "four:25");
        assert_eq!(route(&RouteTable::new().only(), "mx.it").await, "nowhere");
    }

    #[test]
    fn a_bad_line_is_named() {
        for (pattern, hosts) in [("a b", "h"), ("a.it", "h:x"), ("a.it", ""), ("a.it", "[::1"), ("*.", "h")] {
            let error = RouteTable::new().with(pattern, hosts).unwrap_err();
            assert!(error.to_string().contains(pattern));
        }
    }
}
