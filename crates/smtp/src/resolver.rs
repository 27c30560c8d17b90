//! What mail asks of DNS, and the answers: exchangers, addresses, TLSA records, texts.

use std::net::IpAddr;

use async_trait::async_trait;
use hickory_resolver::TokioResolver;
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::{DnsError, NetError, NoRecords};
use hickory_resolver::proto::dnssec::Proof;
use hickory_resolver::proto::op::{DnsResponse, Query, ResponseCode};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};

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
        /// DNSSEC proves them, and every alias on the way.
        proven: bool,
        /// The name that has them, where the host is an alias.
        end: Option<String>,
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
    /// It has none, or it is proven that its zone signs nothing.
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
pub struct DnsResolver {
    resolver: TokioResolver,
    /// Whether answers are proven.
    proofs: bool,
}

impl From<&Dns> for DnsResolver {
    fn from(dns: &Dns) -> Self {
        Self { resolver: dns.resolver(), proofs: dns.proves() }
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

impl DnsResolver {
    /// Where proofs are wanted, a denial counts when it is proven, or when it is proven that the zone of the name signs
    /// nothing: that another zone signs nothing says nothing of this name.
    fn nothing(&self, error: NetError) -> Nothing {
        let (code, counts) = match &error {
            NetError::Dns(DnsError::NoRecordsFound(denial)) => {
                (denial.response_code, !self.proofs || is_denied(&denial.query, denial))
            }
            NetError::Dns(DnsError::Nsec { query, response, proof, .. }) => {
                (response.response_code, proof.is_insecure() && is_open(query.name(), response))
            }
            _ => return Nothing::Unknown(error.to_string()),
        };
        match code {
            _ if !counts => Nothing::Unknown(format!("the denial is not proven: {error}")),
            ResponseCode::NXDomain => Nothing::NoName,
            ResponseCode::NoError => Nothing::NoRecord,
            _ => Nothing::Unknown(error.to_string()),
        }
    }
}

/// Whether what the library has let pass denies the name: by a proof, which it has then checked, or in a zone above the name
/// that is proven to sign nothing.
fn is_denied(query: &Query, denial: &NoRecords) -> bool {
    let denies = |record: &Record| record.proof.is_secure() && is_denial(record);
    let open = |name: &Name, proof: Proof| proof.is_insecure() && name.zone_of(query.name());
    denial.authorities.iter().flat_map(|records| records.iter()).any(denies)
        || denial.soa.as_ref().is_some_and(|soa| open(&soa.name, soa.proof))
}

/// Whether a proof that cannot be checked (RFC 9276 §3.2) is at least of the name's zone.
fn is_open(name: &Name, response: &DnsResponse) -> bool {
    let is_start = |record: &&Record| record.record_type() == RecordType::SOA;
    let Some(soa) = response.authorities.iter().find(is_start) else { return false };
    let known = soa.proof.is_secure() || soa.proof.is_insecure();
    let mut denials = response.authorities.iter().filter(|record| is_denial(record));
    known
        && response.answers.is_empty()
        && soa.name.zone_of(name)
        && denials.all(|record| soa.name.zone_of(&record.name))
}

fn is_denial(record: &Record) -> bool {
    matches!(record.record_type(), RecordType::NSEC | RecordType::NSEC3)
}

/// What an answer says of the name that was asked for: the records of the wanted types at the end of its chain of aliases, and
/// nothing else. Whoever answers may put records of any other name and type beside them, signatures that nobody needs among
/// them, which prove and disprove nothing.
struct Found<'a> {
    records: Vec<&'a RData>,
    proof: Proof,
    end: Name,
}

/// Most aliases that are followed.
const ALIASES: usize = 16;

impl Found<'_> {
    fn is_proven(&self) -> bool {
        self.proof.is_secure()
    }
}

/// What a name is an alias of, and how that is proven.
fn alias(records: &[Record], name: &Name) -> Option<(Name, Proof)> {
    records.iter().find_map(|record| match &record.data {
        RData::CNAME(target) if record.name == *name => Some((target.0.clone(), record.proof)),
        _ => None,
    })
}

impl DnsResolver {
    /// The records of these types in an answer; the error says why it is none.
    async fn found<'a>(&self, lookup: &'a Lookup, name: &str, types: &[RecordType]) -> Result<Found<'a>, String> {
        let mut end = Name::from_ascii(name).map_err(|error| error.to_string())?;
        let mut proof = Proof::Secure;
        for _ in 0..ALIASES {
            let mut step = alias(lookup.answers(), &end);
            if step.is_none() {
                let fits = |record: &&Record| record.name == end && types.contains(&record.record_type());
                let here: Vec<&Record> = lookup.answers().iter().filter(fits).collect();
                if !here.is_empty() {
                    let proof = here.iter().fold(proof, |proof, record| proof.min(record.proof));
                    let records = here.into_iter().map(|record| &record.data).collect();
                    return Ok(Found { records, proof, end });
                }
                // The library leaves out the aliases that led to what it had in its cache.
                let asked =
                    self.resolver.lookup(end.clone(), RecordType::CNAME).await.map_err(|error| error.to_string())?;
                step = alias(asked.answers(), &end);
            }
            let (target, said) = step.ok_or("the answer says nothing of the name")?;
            (end, proof) = (target, proof.min(said));
        }
        Err("it is an alias of too many aliases".into())
    }
}

#[async_trait]
impl Resolver for DnsResolver {
    async fn mx(&self, domain: &str) -> Mx {
        let name = absolute(domain);
        let lookup = match self.resolver.mx_lookup(name.as_str()).await {
            Ok(lookup) => lookup,
            Err(error) => {
                return match self.nothing(error) {
                    Nothing::NoName => Mx::NoDomain,
                    Nothing::NoRecord => Mx::Absent,
                    Nothing::Unknown(why) => Mx::Unknown(why),
                };
            }
        };
        let found = match self.found(&lookup, &name, &[RecordType::MX]).await {
            Ok(found) => found,
            Err(why) => return Mx::Unknown(why),
        };
        let hosts = found.records.iter().filter_map(|data| match data {
            RData::MX(mx) => Some((mx.preference, mx.exchange.to_ascii())),
            _ => None,
        });
        let hosts: Vec<_> = hosts.map(|(p, host)| (p, host.trim_end_matches('.').to_lowercase())).collect();
        match hosts.as_slice() {
            [(_, host)] if host.is_empty() => Mx::Null,
            _ => {
                let hosts = hosts.into_iter().filter(|(_, host)| !host.is_empty()).collect();
                Mx::Hosts { hosts, proven: found.is_proven() }
            }
        }
    }

    async fn addresses(&self, host: &str) -> Addresses {
        let name = absolute(host);
        let lookup = match self.resolver.lookup_ip(name.as_str()).await {
            Ok(lookup) => lookup,
            Err(error) => {
                return match self.nothing(error) {
                    Nothing::NoName | Nothing::NoRecord => Addresses::Absent,
                    Nothing::Unknown(why) => Addresses::Unknown(why),
                };
            }
        };
        match self.found(lookup.as_lookup(), &name, &[RecordType::A, RecordType::AAAA]).await {
            Ok(found) => {
                let ips = found.records.iter().filter_map(|data| data.ip_addr()).collect();
                let end = found.end.to_ascii().trim_end_matches('.').to_lowercase();
                let end = (end != host.trim_end_matches('.').to_lowercase()).then_some(end);
                Addresses::Found { ips, proven: found.is_proven(), end }
            }
            Err(why) => Addresses::Unknown(why),
        }
    }

    async fn tlsa(&self, host: &str, port: u16) -> Tlsa {
        let name = absolute(&format!("_{port}._tcp.{host}"));
        let lookup = match self.resolver.lookup(name.as_str(), RecordType::TLSA).await {
            Ok(lookup) => lookup,
            Err(error) => {
                return match self.nothing(error) {
                    Nothing::NoName | Nothing::NoRecord => Tlsa::Absent,
                    Nothing::Unknown(why) => Tlsa::Unknown(why),
                };
            }
        };
        match self.found(&lookup, &name, &[RecordType::TLSA]).await {
            Ok(found) if found.is_proven() => {
                let records = found.records.iter().filter_map(|data| match data {
                    RData::TLSA(tlsa) => Some(tlsa),
                    _ => None,
                });
                let usable = records.take(RECORDS).filter_map(|tlsa| {
                    let fields = (u8::from(tlsa.cert_usage), u8::from(tlsa.selector), u8::from(tlsa.matching));
                    Association::new(fields.0, fields.1, fields.2, &tlsa.cert_data)
                });
                Tlsa::Found(usable.collect())
            }
            // Whatever a zone says that signs nothing is no demand; all else may be one that somebody would be rid of.
            Ok(found) if found.proof.is_insecure() => Tlsa::Absent,
            Ok(found) => Tlsa::Unknown(format!("whether they are genuine is not known ({})", found.proof)),
            Err(why) => Tlsa::Unknown(why),
        }
    }

    async fn texts(&self, name: &str) -> Texts {
        let name = absolute(name);
        let lookup = match self.resolver.txt_lookup(name.as_str()).await {
            Ok(lookup) => lookup,
            Err(error) => {
                return match self.nothing(error) {
                    Nothing::NoName | Nothing::NoRecord => Texts::Absent,
                    Nothing::Unknown(why) => Texts::Unknown(why),
                };
            }
        };
        match self.found(&lookup, &name, &[RecordType::TXT]).await {
            Ok(found) => {
                let texts = found.records.iter().filter_map(|data| match data {
                    RData::TXT(txt) => Some(String::from_utf8_lossy(&txt.txt_data.concat()).into_owned()),
                    _ => None,
                });
                Texts::Found(texts.collect())
            }
            Err(why) => Texts::Unknown(why),
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
            Ok(found) => {
                Addresses::Found { ips: found.map(|address| address.ip()).collect(), proven: false, end: None }
            }
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
