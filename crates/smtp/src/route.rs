//! Where a domain's mail goes: the operator's table first, then the MX records of DNS (RFC 5321 §5.1). There is no
//! smart host: certified mail goes straight to the hosts that its provider names [R-5.3-b].

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use async_trait::async_trait;
use hickory_resolver::TokioResolver;
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{RData, RecordType};
use provider::transport::{DomainPolicy, HostPort, Hosts, NamedBy, Route};

use crate::dns::Dns;
use crate::trust::tlsa::Association;

/// What DNS says of the mail exchangers of a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mx {
    /// There are records.
    Hosts {
        /// Preference and host, in any order.
        hosts: Vec<(u16, String)>,
        /// DNSSEC proves them.
        proven: bool,
    },
    /// The null MX: the domain takes no mail (RFC 7505).
    Null,
    /// The domain exists and has no MX record: its own address counts.
    Absent,
    /// No such domain.
    NoDomain,
    /// No answer now; why.
    Unknown(String),
}

/// What DNS says of the addresses of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Addresses {
    /// There are some.
    Found {
        /// At least one.
        ips: Vec<IpAddr>,
        /// DNSSEC proves them.
        proven: bool,
    },
    /// The host has none, or does not exist.
    Absent,
    /// No answer now; why.
    Unknown(String),
}

/// What DNSSEC proves of the certificates of a host (RFC 7672 §2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tlsa {
    /// It has records; those that can be used, which may be none.
    Found(Vec<Association>),
    /// It has none, or none that is proven.
    Absent,
    /// No answer now, or one that is not genuine; why.
    Unknown(String),
}

/// The texts under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Texts {
    /// Each record in one piece.
    Found(Vec<String>),
    /// There is none.
    Absent,
    /// No answer now; why.
    Unknown(String),
}

/// DNS, as far as mail needs it.
#[async_trait]
pub trait Resolver: Send + Sync + 'static {
    /// The mail exchangers of `domain`.
    async fn mx(&self, domain: &str) -> Mx;
    /// The addresses of `host`.
    async fn addresses(&self, host: &str) -> Addresses;
    /// The certificates that `host` may show at a TCP port.
    async fn tlsa(&self, host: &str, port: u16) -> Tlsa;
    /// The texts under `name`.
    async fn texts(&self, name: &str) -> Texts;
}

/// The resolver of the system or of the operator's choice.
pub struct DnsResolver(TokioResolver);

impl From<&Dns> for DnsResolver {
    fn from(dns: &Dns) -> Self {
        Self(dns.resolver())
    }
}

/// A final dot keeps the system's search list out.
fn absolute(name: &str) -> String {
    format!("{}.", name.trim_end_matches('.'))
}

/// Most TLSA records of a host that are looked at: each costs a digest.
const RECORDS: usize = 32;

/// What an error of a look-up says of a name.
enum Nothing {
    NoName,
    NoRecord,
    Unknown(String),
}

fn nothing(error: NetError) -> Nothing {
    match &error {
        // A zone that is not signed, or signs only parts of itself, says so in this way too.
        NetError::Dns(DnsError::Nsec { response, proof, .. }) if !proof.is_bogus() => match response.response_code {
            ResponseCode::NXDomain => Nothing::NoName,
            ResponseCode::NoError => Nothing::NoRecord,
            _ => Nothing::Unknown(error.to_string()),
        },
        error if error.is_nx_domain() => Nothing::NoName,
        error if error.is_no_records_found() => Nothing::NoRecord,
        error => Nothing::Unknown(error.to_string()),
    }
}

/// Whether DNSSEC proves every record on the way to an answer.
fn is_proven(lookup: &Lookup) -> bool {
    !lookup.answers().is_empty() && lookup.answers().iter().all(|record| record.proof.is_secure())
}

#[async_trait]
impl Resolver for DnsResolver {
    async fn mx(&self, domain: &str) -> Mx {
        match self.0.mx_lookup(absolute(domain)).await {
            Ok(lookup) => {
                let hosts = lookup.answers().iter().filter_map(|record| match &record.data {
                    RData::MX(mx) => Some((mx.preference, mx.exchange.to_ascii())),
                    _ => None,
                });
                let hosts: Vec<_> = hosts.map(|(p, host)| (p, host.trim_end_matches('.').to_lowercase())).collect();
                match hosts.as_slice() {
                    [] => Mx::Absent,
                    [(_, host)] if host.is_empty() => Mx::Null,
                    _ => {
                        let hosts = hosts.into_iter().filter(|(_, host)| !host.is_empty()).collect();
                        Mx::Hosts { hosts, proven: is_proven(&lookup) }
                    }
                }
            }
            Err(error) => match nothing(error) {
                Nothing::NoName => Mx::NoDomain,
                Nothing::NoRecord => Mx::Absent,
                Nothing::Unknown(why) => Mx::Unknown(why),
            },
        }
    }

    async fn addresses(&self, host: &str) -> Addresses {
        match self.0.lookup_ip(absolute(host)).await {
            Ok(lookup) => {
                let ips: Vec<IpAddr> = lookup.iter().collect();
                let proven = is_proven(lookup.as_lookup());
                if ips.is_empty() { Addresses::Absent } else { Addresses::Found { ips, proven } }
            }
            Err(error) => match nothing(error) {
                Nothing::NoName | Nothing::NoRecord => Addresses::Absent,
                Nothing::Unknown(why) => Addresses::Unknown(why),
            },
        }
    }

    async fn tlsa(&self, host: &str, port: u16) -> Tlsa {
        match self.0.lookup(absolute(&format!("_{port}._tcp.{host}")), RecordType::TLSA).await {
            Ok(lookup) if is_proven(&lookup) => {
                let records = lookup.answers().iter().filter_map(|record| match &record.data {
                    RData::TLSA(tlsa) => Some(tlsa),
                    _ => None,
                });
                let usable = records.take(RECORDS).filter_map(|tlsa| {
                    let fields = (u8::from(tlsa.cert_usage), u8::from(tlsa.selector), u8::from(tlsa.matching));
                    Association::new(fields.0, fields.1, fields.2, &tlsa.cert_data)
                });
                Tlsa::Found(usable.collect())
            }
            Ok(_) => Tlsa::Absent,
            Err(error) => match nothing(error) {
                Nothing::NoName | Nothing::NoRecord => Tlsa::Absent,
                Nothing::Unknown(why) => Tlsa::Unknown(why),
            },
        }
    }

    async fn texts(&self, name: &str) -> Texts {
        match self.0.txt_lookup(absolute(name)).await {
            Ok(lookup) => {
                let texts = lookup.answers().iter().filter_map(|record| match &record.data {
                    RData::TXT(txt) => Some(String::from_utf8_lossy(&txt.txt_data.concat()).into_owned()),
                    _ => None,
                });
                Texts::Found(texts.collect())
            }
            Err(error) => match nothing(error) {
                Nothing::NoName | Nothing::NoRecord => Texts::Absent,
                Nothing::Unknown(why) => Texts::Unknown(why),
            },
        }
    }
}

/// No DNS: the names of hosts in the operator's table are looked up as the system does it (`/etc/hosts` first), and no
/// domain has a mail exchanger. For closed networks and laboratories, together with [`RouteTable::only`].
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemHosts;

#[async_trait]
impl Resolver for SystemHosts {
    async fn mx(&self, _domain: &str) -> Mx {
        Mx::NoDomain
    }

    async fn addresses(&self, host: &str) -> Addresses {
        match tokio::net::lookup_host((host, 0)).await {
            Ok(found) => Addresses::Found { ips: found.map(|address| address.ip()).collect(), proven: false },
            Err(error) => Addresses::Unknown(error.to_string()),
        }
    }

    async fn tlsa(&self, _host: &str, _port: u16) -> Tlsa {
        Tlsa::Absent
    }

    async fn texts(&self, _name: &str) -> Texts {
        Texts::Absent
    }
}

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
            // Where the address is proven, so is that the same name has no other record.
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
    use super::*;
    use crate::dns::Proofs;

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
            if host == "plain.it" { Addresses::Found { ips, proven: false } } else { Addresses::Absent }
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

    /// The real resolver against a name server on loopback that says only SERVFAIL or NXDOMAIN.
    #[tokio::test]
    async fn the_real_resolver_tells_no_domain_from_no_answer() {
        let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let port = socket.local_addr().unwrap().port();
        tokio::spawn(async move {
            let mut packet = [0; 1500];
            while let Ok((len, from)) = socket.recv_from(&mut packet).await {
                let failing = packet[..len].windows(4).any(|w| w == b"fail");
                let code = if failing { 2 } else { 3 };
                packet[2] = 0x81;
                packet[3] = 0x80 | code;
                let _ = socket.send_to(&packet[..len], from).await;
            }
        });
        let resolver = DnsResolver::from(&Dns::servers(&[([127, 0, 0, 1], port).into()], &Proofs::Ignored).unwrap());
        assert_eq!(resolver.mx("absent.example").await, Mx::NoDomain);
        assert!(matches!(resolver.mx("fail.example").await, Mx::Unknown(_)));
        assert_eq!(resolver.addresses("absent.example").await, Addresses::Absent);
        assert!(matches!(resolver.addresses("fail.example").await, Addresses::Unknown(_)));
    }
}
