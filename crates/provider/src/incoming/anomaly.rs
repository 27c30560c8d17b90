//! Anomaly envelopes (RFC 6109 §3.2.2): what is not certified reaches a mailbox wrapped, whole and signed by us.

use pec::compose::{self, Draft};
use pec::header::Header;
use pec::{Address, Kind, Moment, ReversePath, Shared, Words};
use seal::KeyError;
use store::{Dispatch, Event, Evidence, Outcome};

use super::Arrival;
use crate::notice::inbox;
use crate::point::{Knowledge, count_deposit};

/// Where an anomaly envelope goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A folder of the mailbox.
    Folder(String),
    /// Another address.
    Forward(Address),
}

impl Place {
    /// The folder that always exists.
    pub(super) fn inbox() -> Self {
        Place::Folder("INBOX".into())
    }
}

/// One recipient who gets it.
pub(super) struct Taker<'a> {
    /// RCPT TO.
    pub recipient: &'a Address,
    /// The mailbox.
    pub mailbox: &'a Address,
    /// Where.
    pub place: Place,
}

/// Why a message is wrapped.
pub(super) struct Why {
    /// For its reader.
    pub reasons: Vec<Words>,
    /// For the evidence.
    pub note: String,
    /// The provider that signed it; empty when none did.
    pub provider: String,
    /// What all rows of evidence about it are found by.
    pub identifier: String,
    /// The recipients that every reader may know of.
    pub shown: Vec<Address>,
}

/// Says in a forwarded message which mailboxes it went through (RFC 9228).
pub(crate) const DELIVERED_TO: &str = "Delivered-To";

/// The whole message, wrapped, to every taker; signed like everything of ours [R-3.2.2-f]; nothing certified comes of
/// it [R-3.2.2-e] [R-I-sec-4].
pub(super) fn wrap(
    arrival: &Arrival,
    why: &Why,
    takers: &[Taker<'_>],
    known: &Knowledge,
    moment: Moment,
) -> Result<Outcome, KeyError> {
    let header = Header::parse(&arrival.message);
    // English for all where one of them reads it: it is one message.
    let reader = |taker: &Taker<'_>| known.identity.emitter_for(taker.mailbox);
    let mut emitters = takers.iter().map(reader);
    let emitter = emitters.find(|emitter| emitter.english).unwrap_or_else(|| known.identity.emitter.clone());
    let whole = Shared::new(arrival.message.clone());
    let sender = arrival.path.as_str();
    let own_id = &why.identifier;
    let draft = compose::anomaly_envelope(&emitter, moment, sender, &why.shown, &header, whole, &why.reasons, own_id);
    let row = |event, concerns, error| Evidence {
        at: moment,
        event,
        kind: Some(Kind::AnomalyEnvelope),
        // The envelope inherits the Message-ID of what it wraps, which may be anything.
        identifier: own_id.clone(),
        message_id: draft.message_id.clone(),
        client_id: None,
        sender: sender.into(),
        recipients: arrival.recipients.iter().map(Address::to_string).collect(),
        subject: header.subject().unwrap_or_default(),
        provider: why.provider.clone(),
        concerns,
        error,
    };
    let mut outcome =
        Outcome { evidence: vec![row(Event::Emitted, Vec::new(), Some(why.note.clone()))], ..Outcome::default() };
    for taker in takers {
        if let Place::Folder(folder) = &taker.place {
            outcome.deposits.push(store::Deposit { folder: folder.clone(), ..inbox(0, taker.mailbox, moment) });
            outcome.evidence.push(row(Event::Deposited, vec![taker.recipient.to_string()], None));
            count_deposit(Kind::AnomalyEnvelope);
        }
    }
    if !outcome.deposits.is_empty() {
        outcome.messages.push(known.close(&draft)?);
    }
    for taker in takers {
        if let Place::Forward(to) = &taker.place {
            let note = format!("forwarded to {to}");
            outcome.evidence.push(row(Event::Emitted, vec![taker.recipient.to_string()], Some(note)));
            let dispatch = forward(to, outcome.messages.len(), own_id, known, moment);
            outcome.dispatches.push(dispatch);
            outcome.messages.push(known.close(&passed_on(&draft, &header, taker.mailbox))?);
        }
    }
    Ok(outcome)
}

/// What it says on its way: each mailbox that it went through, this one first.
fn passed_on(draft: &Draft, received: &Header, mailbox: &Address) -> Draft {
    let mut header = format!("{DELIVERED_TO}: {mailbox}\r\n").into_bytes();
    let earlier = received.addresses(DELIVERED_TO).into_iter().flatten();
    earlier.for_each(|address| header.extend_from_slice(format!("{DELIVERED_TO}: {address}\r\n").as_bytes()));
    header.extend_from_slice(&draft.header);
    Draft { header: header.into(), ..draft.clone() }
}

/// From the service address (the signature demands it) and with the null reverse path: nobody is told of a failure but
/// our own relay, which puts what cannot be passed on into the mailbox.
fn forward(to: &Address, message: usize, identifier: &str, known: &Knowledge, moment: Moment) -> Dispatch {
    Dispatch {
        message,
        path: ReversePath::Null,
        recipients: vec![to.clone()],
        hop: known.hop(to),
        identifier: identifier.to_owned(),
        kind: Some(Kind::AnomalyEnvelope),
        at: moment,
        expires: moment.plus(known.lifetime),
    }
}
