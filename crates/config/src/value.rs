//! Values of the configuration, read into types that cannot be wrong.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use output::quantity;
use pec::{Address, Moment};
use provider::transport::HostPort;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Unexpected, Visitor};
use store::{Capabilities, OrdinaryMail};

use crate::source::{ConfigError, Source};

/// The life of a message in the queue [R-2.2.2-b], and more than a session or a message under way is ever given.
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

/// Longer than anybody waits for one answer.
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// An addr-spec.
pub(crate) fn address<'de, D: Deserializer<'de>>(d: D) -> Result<Address, D::Error> {
    let text = String::deserialize(d)?;
    Address::parse(&text).map_err(|error| D::Error::custom(format!("expected a mail address: {error}")))
}

/// A value that has a text of its own.
pub(crate) fn text<'de, D: Deserializer<'de>, T: FromStr<Err = String>>(d: D) -> Result<T, D::Error> {
    String::deserialize(d)?.parse().map_err(D::Error::custom)
}

/// Names of capabilities that can be switched off.
pub(crate) fn capabilities<'de, D: Deserializer<'de>>(d: D) -> Result<Capabilities, D::Error> {
    Capabilities::named(Vec::<String>::deserialize(d)?).map_err(D::Error::custom)
}

/// A folder's name.
pub(crate) fn folder<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    let name = String::deserialize(d)?;
    match format!("folder={name}").parse() {
        Ok(OrdinaryMail::Folder(name)) => Ok(name),
        _ => Err(D::Error::custom(format!("expected a folder's name of 1 to 255 octets, found {name:?}"))),
    }
}

/// The first instant of a day in Italy.
pub(crate) fn optional_day<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Moment>, D::Error> {
    let text = String::deserialize(d)?;
    let day = Moment::midnight(&text);
    day.map(Some).ok_or_else(|| D::Error::custom(format!("expected a day, as \"2014-01-01\", found {text:?}")))
}

/// A domain name, given back in lower case.
pub(crate) fn domain<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    Domain::deserialize(d).map(|d| d.0)
}

/// Domain names, given back in lower case.
pub(crate) fn domains<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<String>, D::Error> {
    Ok(Vec::<Domain>::deserialize(d)?.into_iter().map(|d| d.0).collect())
}

/// A domain name that may be missing.
pub(crate) fn optional_domain<'de, D: Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    domain(d).map(Some)
}

/// A table from domain names; the same name twice in different case is refused.
pub(crate) fn by_domain<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<BTreeMap<String, T>, D::Error> {
    d.deserialize_map(ByDomain(PhantomData))
}

/// Static routes: domain to host and port.
pub(crate) fn routes<'de, D: Deserializer<'de>>(d: D) -> Result<BTreeMap<String, HostPort>, D::Error> {
    Ok(by_domain::<D, Hop>(d)?.into_iter().map(|(domain, hop)| (domain, hop.0)).collect())
}

/// Hosts with ports.
pub(crate) fn hosts<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<HostPort>, D::Error> {
    Ok(Vec::<Hop>::deserialize(d)?.into_iter().map(|hop| hop.0).collect())
}

/// Socket addresses to listen on.
pub(crate) fn listen<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<SocketAddr>, D::Error> {
    Ok(Vec::<Listen>::deserialize(d)?.into_iter().map(|l| l.0).collect())
}

/// A socket address to listen on that may be missing.
pub(crate) fn optional_listen<'de, D: Deserializer<'de>>(d: D) -> Result<Option<SocketAddr>, D::Error> {
    Listen::deserialize(d).map(|l| Some(l.0))
}

/// Name servers: addresses, with port 53 where none is said.
pub(crate) fn name_servers<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<SocketAddr>, D::Error> {
    Ok(Vec::<NameServer>::deserialize(d)?.into_iter().map(|server| server.0).collect())
}

/// Networks, as `127.0.0.0/8`; the octets beyond the prefix are zero.
pub(crate) fn networks<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<IpNet>, D::Error> {
    let parse = |text: String| {
        let found = text.parse().ok().filter(|network: &IpNet| *network == network.trunc());
        let what = "expected a network, as \"10.20.0.0/16\" or \"fd00:20::/32\"";
        found.ok_or_else(|| D::Error::custom(format!("{what}, found {text:?}")))
    };
    Vec::<String>::deserialize(d)?.into_iter().map(parse).collect()
}

/// Octets: a whole number, alone or with B, KiB, MiB, GiB or TiB.
pub(crate) fn size<'de, D: Deserializer<'de>>(d: D) -> Result<usize, D::Error> {
    let octets = d.deserialize_any(Quantity { expected: quantity::OCTETS, read: quantity::octets })?;
    usize::try_from(octets).map_err(D::Error::custom)
}

/// Octets that may be missing.
pub(crate) fn optional_size<'de, D: Deserializer<'de>>(d: D) -> Result<Option<usize>, D::Error> {
    size(d).map(Some)
}

/// Time: a whole number, of seconds where it stands alone, or with its unit.
pub(crate) fn duration<'de, D: Deserializer<'de>>(d: D) -> Result<Duration, D::Error> {
    Time::deserialize(d).map(|time| time.0)
}

/// Times.
pub(crate) fn durations<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Duration>, D::Error> {
    Ok(Vec::<Time>::deserialize(d)?.into_iter().map(|time| time.0).collect())
}

/// Months of the calendar: `"30 months"`, `"3 years"`.
pub(crate) fn months<'de, D: Deserializer<'de>>(d: D) -> Result<u16, D::Error> {
    let text = String::deserialize(d)?;
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim_start() {
        "month" | "months" => Some(1),
        "year" | "years" => Some(12),
        _ => None,
    };
    let months = number.parse::<u16>().ok().zip(factor).and_then(|(number, factor)| number.checked_mul(factor));
    months.ok_or_else(|| D::Error::custom(format!("expected months or years, as \"30 months\", found {text:?}")))
}

/// So many hours, as a default.
pub(crate) fn hours<const N: u64>() -> Duration {
    Duration::from_secs(N * 3600)
}

/// Time that may be missing.
pub(crate) fn optional_duration<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Duration>, D::Error> {
    duration(d).map(Some)
}

struct Time(Duration);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let read = |text: &str| quantity::time(text).map(|time| time.as_secs());
        d.deserialize_any(Quantity { expected: quantity::TIME, read }).map(|seconds| Self(Duration::from_secs(seconds)))
    }
}

/// A quantity, which may be written as a number alone.
struct Quantity<F> {
    expected: &'static str,
    read: F,
}

impl<F: Fn(&str) -> Option<u64>> Visitor<'_> for Quantity<F> {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<u64, E> {
        u64::try_from(number).map_err(|_| E::invalid_value(Unexpected::Signed(number), &self))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<u64, E> {
        (self.read)(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

struct ByDomain<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ByDomain<T> {
    type Value = BTreeMap<String, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table whose keys are domain names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut out = BTreeMap::new();
        while let Some((Domain(domain), value)) = map.next_entry()? {
            if out.contains_key(&domain) {
                return Err(A::Error::custom(format!("the domain {domain} stands here twice")));
            }
            out.insert(domain, value);
        }
        Ok(out)
    }
}

struct Domain(String);

impl<'de> Deserialize<'de> for Domain {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        if !is_domain(&text) {
            return Err(D::Error::custom(format!("expected a domain name, found {text:?}")));
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

/// Whether the text is a domain name as it stands in an address; no address literal.
pub fn is_domain(text: &str) -> bool {
    !text.contains('@') && Address::parse(&format!("a@{text}")).is_ok_and(|a| !a.domain().starts_with('['))
}

struct Listen(SocketAddr);

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        text.parse().map(Self).map_err(|_| {
            D::Error::custom(format!(
                "expected an address with its port, as \"0.0.0.0:25\" or \"[::]:25\", found {text:?}"
            ))
        })
    }
}

struct NameServer(SocketAddr);

impl<'de> Deserialize<'de> for NameServer {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        let found = text.parse().or_else(|_| text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 53)));
        found.ok().filter(|server: &SocketAddr| server.port() != 0).map(Self).ok_or_else(|| {
            let what = "expected a name server's address, as \"192.0.2.53\", \"127.0.0.1:5353\" or \"[::1]:5353\"";
            D::Error::custom(format!("{what}, found {text:?}"))
        })
    }
}

struct Hop(HostPort);

impl<'de> Deserialize<'de> for Hop {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        let parsed = match text.parse::<SocketAddr>() {
            Ok(address) => Some(HostPort { host: address.ip().to_string(), port: address.port() }),
            Err(_) => text.rsplit_once(':').and_then(|(host, port)| {
                let port = port.parse().ok()?;
                is_domain(host).then(|| HostPort { host: host.to_ascii_lowercase(), port })
            }),
        };
        match parsed {
            Some(hop) if hop.port != 0 => Ok(Self(hop)),
            _ => Err(D::Error::custom(format!(
                "expected a host with its port, as \"mx.example.it:25\", \"127.0.0.1:25\" or \"[::1]:25\", found {text:?}"
            ))),
        }
    }
}

/// Refuses a time that is none.
pub(crate) fn positive(found: Duration, key: &[&str], source: &Source) -> Result<(), ConfigError> {
    if found.is_zero() { Err(source.error_at(key, "expected more than 0 seconds")) } else { Ok(()) }
}

/// Refuses a time that cannot be meant.
pub(crate) fn at_most(found: Duration, most: Duration, key: &[&str], source: &Source) -> Result<(), ConfigError> {
    if found <= most {
        return Ok(());
    }
    let (most, found) = (most.as_secs() / 3600, found.as_secs());
    Err(source.error_at(key, format!("expected at most {most} hours, found {found} seconds")))
}
