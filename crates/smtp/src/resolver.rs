//! What mail asks of DNS, and the answers: exchangers, addresses, TLSA records, texts.

use std::net::IpAddr;

use async_trait::async_trait;
use hickory_resolver::TokioResolver;
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{RData, RecordType};

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
/// domain has a mail exchanger. For closed networks and laboratories, together with [`crate::RouteTable::only`].
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::Proofs;

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
