//! What is done once and only once, however often a message comes.

use std::collections::BTreeSet;

use directory::Record;
use pec::header::Header;
use pec::report::Report;
use pec::{Address, Identifier, Kind};
use sha2::{Digest, Sha256};
use store::{OnceKey, OnceKind, OnceNote, Sent};

use crate::context::{facts_of, provider_key};
use crate::points::finding::{Arrival, Certificated, Finding};

/// What this elaboration would do once and only once: provider + identifier + kind + recipient, each with the digest of what
/// it says: of an envelope all that is signed, of a notification the facts that it certifies. A recipient whose key is done is left out of the decision, so that a message that comes again has no second
/// effect. `report` is the delivery report that an ordinary message is, `unnamed` a fresh identifier for one without a
/// Message-ID.
pub fn notes(finding: &Finding, arrival: &Arrival, report: Option<&Report>, unnamed: &Identifier) -> Vec<OnceNote> {
    let signed = match finding {
        Finding::Envelope(found) => Some(found.signed),
        Finding::Notification(found) => Some(facts(found)),
        Finding::Anomalous { signed, .. } | Finding::Unmanaged { signed, .. } => Some(*signed),
        // Nobody signs it, and another under the same key says the same to its reader.
        Finding::Ordinary { .. } | Finding::Unsure { .. } => None,
    };
    let keys = keys(finding, arrival, report, unnamed);
    keys.into_iter().map(|key| OnceNote { key, signed }).collect()
}

/// SHA-256 of what a notification certifies: kind, identifier, sender, all recipients with their types, fault, and the
/// client's Message-ID. For whom it speaks stands in its keys.
///
/// Not the instant, nor the names and words that its emitter gives each: a provider that lost our answer after its own commit
/// does its work again, and its second notice says the same with another instant and another Message-ID.
fn facts(found: &Certificated) -> [u8; 32] {
    let Certificated { pec, certified, .. } = found;
    let recipients: BTreeSet<(String, &str)> =
        certified.recipients.iter().map(|one| (one.address.key(), one.kind.as_str())).collect();
    let sender = certified.sender.key();
    let mut texts = vec![
        pec.kind.name(),
        &certified.identifier,
        &sender,
        pec.data.fault.as_str(),
        certified.message_id.as_deref().unwrap_or_default(),
    ];
    texts.extend(recipients.iter().flat_map(|(address, kind)| [address.as_str(), kind]));
    let mut hash = Sha256::new();
    for text in texts {
        // Any text may stand in any place: its length keeps it there.
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    hash.finalize().into()
}

fn keys(finding: &Finding, arrival: &Arrival, report: Option<&Report>, unnamed: &Identifier) -> Vec<OnceKey> {
    let key = |record: &Record, identifier: &str, kind: OnceKind, recipient: String| OnceKey {
        provider: Some(provider_key(record)),
        identifier: identifier.into(),
        kind,
        recipient,
    };
    match finding {
        // The same message from the same path; without a Message-ID each is one of its own.
        Finding::Ordinary { .. } => {
            let header = Header::parse(&arrival.message);
            let own = match header.count("Message-ID") {
                0 => unnamed.clone(),
                _ => digest([untraced(&arrival.message), arrival.path.as_str().as_bytes()]).into(),
            };
            // Whether a report is about a message of ours is not known yet: `narrow` keeps the ones or the other.
            let identifiers: Vec<Identifier> = report.into_iter().flat_map(all_news).chain([own]).collect();
            let each = |(a, identifier): (&Address, &Identifier)| OnceKey {
                provider: None,
                identifier: identifier.clone(),
                kind: OnceKind::Ordinary,
                recipient: a.key(),
            };
            arrival.recipients.iter().flat_map(|a| identifiers.iter().map(move |one| (a, one))).map(each).collect()
        }
        Finding::Unsure { .. } => Vec::new(),
        Finding::Envelope(found) => {
            let kind = || OnceKind::Certified(found.pec.kind);
            let each = |a: &Address| key(&found.record, &found.certified.identifier, kind(), a.key());
            arrival.recipients.iter().map(each).collect()
        }
        // What a notification is about tells two of them apart: the recipients it names, or, for kinds that name
        // none, nothing.
        Finding::Notification(found) => {
            let data = &found.pec.data;
            // Each name once: a key that stood there twice could never be done.
            let mut named: BTreeSet<String> =
                data.delivery.iter().chain(&data.reception).map(|text| key_of(text)).collect();
            if named.is_empty() {
                named.insert(String::new());
            }
            // The two notices of silence differ in their instant alone; the signed one, for anybody who has the notice
            // could send it again under another Message-ID.
            let kind = match found.pec.kind {
                Kind::Timeout => OnceKind::Silence(format!("{} {}", data.time.day, data.time.time)),
                kind => OnceKind::Certified(kind),
            };
            let each = |recipient| key(&found.record, &found.certified.identifier, kind.clone(), recipient);
            named.into_iter().map(each).collect()
        }
        // By what is signed: what stands around it is anybody's.
        Finding::Anomalous { record, signed, .. } | Finding::Unmanaged { record, signed, .. } => {
            let identifier = hex::encode(signed);
            let kind = OnceKind::Certified(Kind::AnomalyEnvelope);
            arrival.recipients.iter().map(|a| key(record, &identifier, kind.clone(), a.key())).collect()
        }
    }
}

/// Recipients that a delivery report names, each once, as many as are looked at.
fn named(report: &Report) -> impl Iterator<Item = &Address> {
    const MOST: usize = 50;
    let mut seen = BTreeSet::new();
    report.recipients.iter().filter(move |address| seen.insert(address.key())).take(MOST)
}

/// What is said once about a message: one sort of news (RFC 3464 §2.3.3) about one of its recipients, or about all whom it
/// does not have.
fn news(report: &Report, recipient: Option<&Address>) -> Identifier {
    const SORTS: [&str; 5] = ["failed", "delayed", "delivered", "relayed", "expanded"];
    let word = report.status.split_whitespace().next().unwrap_or_default();
    let sort = SORTS.iter().find(|sort| sort.eq_ignore_ascii_case(word)).unwrap_or(&"other");
    let about = report.about.as_deref().unwrap_or_default();
    let recipient = recipient.map(Address::key).unwrap_or_default();
    digest([about.as_bytes(), b"\n", sort.as_bytes(), b"\n", recipient.as_bytes()]).into()
}

/// All that may be said once by a report.
fn all_news(report: &Report) -> impl Iterator<Item = Identifier> {
    let about = report.about.is_some();
    named(report).map(Some).chain([None]).map(|named| news(report, named)).filter(move |_| about)
}

/// Keeps of a report's notes those that it can have. About a message that its recipient sent: anybody can write reports, with
/// recipients and words of his own, and about one message only so many are taken. About any other, and we cannot say what is
/// said about it: those of a message like any.
pub(crate) fn narrow(todo: &mut Vec<OnceNote>, report: &Report, sent: Option<&Sent>) {
    let Some(sent) = sent else {
        let news: Vec<Identifier> = all_news(report).collect();
        return todo.retain(|note| !news.contains(&note.key.identifier));
    };
    let recipients: Vec<Address> =
        facts_of(sent).into_iter().flat_map(|facts| facts.recipients).map(|recipient| recipient.address).collect();
    let has = |address: &&Address| recipients.contains(address);
    let mut known: Vec<Identifier> = named(report).filter(has).map(|address| news(report, Some(address))).collect();
    if known.is_empty() {
        known.push(news(report, None));
    }
    todo.retain(|note| known.contains(&note.key.identifier));
}

/// An address in the form that tells whether two are one.
fn key_of(text: &str) -> String {
    Address::parse(text).map_or_else(|_| text.to_ascii_lowercase(), |address| address.key())
}

/// A message without the trace fields on top: each transmission of the same message brings new ones (RFC 5321 §4.4).
fn untraced(message: &[u8]) -> &[u8] {
    let field = |line: &[u8]| line.get(..9).is_some_and(|name| name.eq_ignore_ascii_case(b"received:"));
    let mut rest = message;
    let mut inside = false;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let (line, after) = rest.split_at(end + 1);
        inside = field(line) || inside && matches!(line.first(), Some(b' ' | b'\t'));
        if !inside {
            break;
        }
        rest = after;
    }
    rest
}

/// SHA-256 in hexadecimal.
fn digest<const N: usize>(parts: [&[u8]; N]) -> String {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    hex::encode(hash.finalize())
}
