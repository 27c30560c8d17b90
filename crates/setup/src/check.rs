//! The records that are there against those that should be.

use std::net::IpAddr;

use futures_util::future::join_all;
use smtp::{Dns, Listed, RecordType};

use crate::offer::Offer;
use crate::records::{Record, Rule, records};

/// What was found of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What should be there.
    pub record: Record,
    /// What is.
    pub state: State,
    /// The values that are there, as zone files have them.
    pub found: Vec<String>,
    /// What to do; empty where nothing is.
    pub todo: String,
}

/// How a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// As it should, or nothing that speaks against it.
    Right,
    /// There is none.
    Missing,
    /// There is another.
    Other,
    /// DNS gave no answer.
    Unknown,
}

impl State {
    /// Its word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Missing => "missing",
            Self::Other => "other",
            Self::Unknown => "unknown",
        }
    }
}

/// Asks for every record of [`records`], of which there are some twenty, at once: a server that says nothing is waited for
/// once.
pub async fn check(offer: &Offer, dns: &Dns) -> Vec<Finding> {
    let asked = records(offer).into_iter().map(|record| async move {
        match record.kind {
            RecordType::A => addresses(record, dns).await,
            RecordType::PTR => names(record, dns).await,
            _ => one(record, dns).await,
        }
    });
    join_all(asked).await
}

async fn one(record: Record, dns: &Dns) -> Finding {
    let found = match dns.records(&record.name, record.kind).await {
        Listed::Found(found) => found,
        Listed::Absent => Vec::new(),
        Listed::Unknown(why) => return unknown(record, why),
    };
    if record.rule == Rule::Leads && found.is_empty() {
        return leads(record, dns).await;
    }
    judge(record, found)
}

/// What is there against what should be.
pub(crate) fn judge(record: Record, mut found: Vec<String>) -> Finding {
    if let Rule::Text(prefix) = record.rule {
        found.retain(|text| text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)));
    }
    let wanted = record.value.as_deref();
    let there = wanted.is_some_and(|wanted| found.iter().any(|value| is_same(record.kind, wanted, value)));
    let state = match (record.rule, found.len()) {
        (Rule::IfAny, 0) => State::Right,
        (_, 0) => State::Missing,
        (Rule::Any, _) => State::Right,
        (Rule::IfAny, _) if wanted.is_none() => State::Right,
        (Rule::IfAny, _) | (Rule::Alone | Rule::Text(_) | Rule::Leads, 1) if there => State::Right,
        _ => State::Other,
    };
    let todo = match state {
        State::Right | State::Unknown => String::new(),
        State::Missing => format!("add: {}", record.line()),
        State::Other if there => format!("keep only: {}", record.line()),
        State::Other => match record.rule {
            Rule::Text("v=spf1") => {
                format!("see that it lets {} send, or put in its place: {}", host(&record), record.line())
            }
            Rule::Text(_) => format!("see that it says what you want, or put in its place: {}", record.line()),
            Rule::IfAny => format!("add beside it, or our certificate is refused: {}", record.line()),
            _ => format!("put in its place: {}", record.line()),
        },
    };
    Finding { record, state, found, todo }
}

fn host(record: &Record) -> &str {
    if record.value.as_deref().is_some_and(|value| value.contains(" mx ")) { "the domain's MX" } else { "the host" }
}

/// Whether two values mean the same: names and digests have no case, and whoever weighs services otherwise may.
fn is_same(kind: RecordType, one: &str, other: &str) -> bool {
    let words = |text: &str| text.split_whitespace().map(str::to_ascii_lowercase).collect::<Vec<_>>();
    let (one, other) = (words(one), words(other));
    match kind {
        RecordType::SRV => one.get(2..) == other.get(2..),
        RecordType::MX => one.get(1..) == other.get(1..),
        _ => one == other,
    }
}

fn unknown(record: Record, why: String) -> Finding {
    Finding { record, state: State::Unknown, found: Vec::new(), todo: format!("ask again later: {why}") }
}

/// The addresses of a name.
async fn ips(name: &str, dns: &Dns) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    for kind in [RecordType::A, RecordType::AAAA] {
        match dns.records(name, kind).await {
            Listed::Found(more) => found.extend(more),
            Listed::Absent => {}
            Listed::Unknown(why) => return Err(why),
        }
    }
    Ok(found)
}

async fn addresses(record: Record, dns: &Dns) -> Finding {
    match ips(&record.name, dns).await {
        Ok(found) => judge(record, found),
        Err(why) => unknown(record, why),
    }
}

/// A name without the alias that we would have: it may have addresses of its own.
async fn leads(record: Record, dns: &Dns) -> Finding {
    match ips(&record.name, dns).await {
        Ok(found) if !found.is_empty() => Finding { record, state: State::Right, found, todo: String::new() },
        Ok(found) => judge(record, found),
        Err(why) => unknown(record, why),
    }
}

/// The names of the host's addresses: many systems take no mail from an address that has another (RFC 1912 §2.1).
async fn names(record: Record, dns: &Dns) -> Finding {
    let addresses = match ips(&record.name, dns).await {
        Ok(addresses) => addresses,
        Err(why) => return unknown(record, why),
    };
    let mut found = Vec::new();
    for address in addresses.iter().filter_map(|address| address.parse().ok()) {
        match dns.records(&reverse(address), RecordType::PTR).await {
            Listed::Found(names) if names.iter().any(|name| name.eq_ignore_ascii_case(&record.name)) => {
                found.push(format!("{address} {}", record.name));
            }
            Listed::Found(names) => {
                found.push(format!("{address} {}", names.join(" ")));
                let todo = format!("have the owner of {address} name it {}", record.name);
                return Finding { record, state: State::Other, found, todo };
            }
            Listed::Absent => {
                let todo = format!("have the owner of {address} name it {}", record.name);
                return Finding { record, state: State::Missing, found, todo };
            }
            Listed::Unknown(why) => return unknown(record, why),
        }
    }
    let (state, todo) = match found.is_empty() {
        true => (State::Missing, "first give the host an address".to_owned()),
        false => (State::Right, String::new()),
    };
    Finding { record, state, found, todo }
}

/// The name under which an address has its names (RFC 1035 §3.5, RFC 3596 §2.5).
pub(crate) fn reverse(address: IpAddr) -> String {
    let (labels, zone): (Vec<String>, _) = match address {
        IpAddr::V4(address) => (address.octets().iter().rev().map(u8::to_string).collect(), "in-addr"),
        IpAddr::V6(address) => {
            let nibbles = address.octets().into_iter().rev().flat_map(|octet| [octet & 15, octet >> 4]);
            (nibbles.map(|nibble| format!("{nibble:x}")).collect(), "ip6")
        }
    };
    format!("{}.{zone}.arpa.", labels.join("."))
}
