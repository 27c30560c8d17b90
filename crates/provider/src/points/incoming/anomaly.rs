//! Anomaly envelopes (RFC 6109 §3.2.2): what is not certified reaches a mailbox wrapped, whole and signed by us.

use pec::compose::{self, Draft};
use pec::header::Header;
use pec::{Address, Identifier, Kind, Moment, ReversePath, Shared, Words};
use store::{About, Actor, Dispatch, Event, Handle, Named, SharedSubject, Subject};

use crate::context::Context;
use crate::elaboration::{Elaboration, Row};
use crate::points::finding::Arrival;
use crate::points::notice::inbox;

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
    pub identifier: Identifier,
    /// The recipients that every reader may know of.
    pub shown: Vec<Address>,
}

/// Says in a forwarded message which mailboxes it went through (RFC 9228).
pub(crate) const DELIVERED_TO: &str = "Delivered-To";

/// The whole message, wrapped, to every taker; to be signed like everything of ours [R-3.2.2-f]; nothing certified comes of
/// it [R-3.2.2-e] [R-I-sec-4].
pub(super) fn wrap<'a>(
    arrival: &Arrival,
    why: &Why,
    takers: &[Taker<'_>],
    context: &'a Context,
    moment: Moment,
) -> Elaboration<'a> {
    let header = Header::parse(&arrival.message);
    // English for all where one of them reads it: it is one message.
    let reader = |taker: &Taker<'_>| context.emitter_for(taker.mailbox);
    let mut emitters = takers.iter().map(reader);
    let emitter = emitters.find(|emitter| emitter.english).unwrap_or_else(|| context.identity.emitter.clone());
    let whole = Shared::new(arrival.message.clone());
    // Nobody outside sends from a domain of ours: who says so is shown as nobody.
    let outside = |address: &Address| arrival.peer.is_none() || !context.hosting.hosts(address);
    let sender = arrival.path.address().filter(|address| outside(address)).map_or("", Address::as_str);
    // The envelope inherits the Message-ID of what it wraps, which may be anything: its rows are found by an own one.
    let own_id = &why.identifier;
    let draft = compose::anomaly_envelope(&emitter, moment, sender, &why.shown, &header, whole, &why.reasons, own_id);
    let mut to = Elaboration::new(context, moment, about(arrival, &header, own_id), Actor::Peer);
    let row = |event, concerns, error| Row {
        event,
        kind: Some(Kind::AnomalyEnvelope),
        message_id: &draft.message_id,
        provider: &why.provider,
        concerns,
        error,
    };
    to.record(row(Event::Emitted, Vec::new(), Some(why.note.clone())));
    let kept = takers.iter().any(|taker| matches!(taker.place, Place::Folder(_)));
    let kept = kept.then(|| to.draft(draft.clone()));
    for taker in takers {
        match &taker.place {
            Place::Folder(folder) => {
                let Some(message) = kept else { continue };
                let deposit = inbox(message, taker.mailbox, Kind::AnomalyEnvelope, moment);
                to.outcome.deposits.push(store::Deposit {
                    folder: store::DepositIn::Folder(folder.clone()),
                    within_quota: true,
                    ..deposit
                });
                to.record(row(Event::Deposited, vec![taker.recipient.to_string()], None));
            }
            Place::Forward(other) => {
                let note = format!("forwarded to {other}");
                to.record(row(Event::Emitted, vec![taker.recipient.to_string()], Some(note)));
                let message = to.draft(passed_on(&draft, &header, taker.mailbox));
                let dispatch = forward(other, message, own_id, &to);
                to.outcome.dispatches.push(dispatch);
            }
        }
    }
    to
}

/// The subject of a message that is not certified, under the identifier that we gave it.
pub(super) fn about(arrival: &Arrival, header: &Header, identifier: &Identifier) -> About {
    let named = |address: &Address| Named { address: address.to_string(), kind: None };
    About::Subject(SharedSubject::new(Subject {
        identifier: identifier.clone(),
        sender: arrival.path.as_str().to_owned(),
        recipients: arrival.recipients.iter().map(named).collect(),
        subject: header.subject().unwrap_or_default(),
        client_id: None,
        original: None,
    }))
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
fn forward(to: &Address, message: Handle, identifier: &Identifier, from: &Elaboration<'_>) -> Dispatch {
    Dispatch {
        message,
        path: ReversePath::Null,
        recipients: vec![to.clone()],
        hop: from.context.hop(to),
        identifier: identifier.clone(),
        about: from.about.clone(),
        kind: Some(Kind::AnomalyEnvelope),
        at: from.moment,
        expires: from.moment.plus(from.context.lifetime),
    }
}
