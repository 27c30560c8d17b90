//! Small things to put into stores.

use std::sync::Arc;

use bytes::Bytes;
use pec::{Address, Kind, Moment, Piece, Pieces, ReversePath, Shared};

use super::Engine;
use crate::{
    Deposit, Dispatch, Entry, Event, Evidence, EvidenceQuery, Hop, NewMailbox, NewMessage, OnceKey, Outcome, Store,
    Summary,
};

pub(super) const ANNA: &str = "Anna.Bianchi@pec.example";
pub(super) const BRUNO: &str = "bruno@pec.example";

/// An instant, so many seconds after the suite's beginning.
pub(super) fn at(seconds: i64) -> Moment {
    Moment::from_unix(1_733_394_630).plus(seconds)
}

pub(super) fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

/// A store with the mailboxes of Anna and Bruno, who have no passwords.
pub(super) async fn store(engine: &dyn Engine) -> Arc<dyn Store> {
    let store = engine.open("store").await;
    for holder in [ANNA, BRUNO] {
        assert!(store.create_mailbox(mailbox(holder, None)).await.unwrap());
    }
    store
}

pub(super) fn mailbox(holder: &str, password: Option<&str>) -> NewMailbox {
    NewMailbox { address: address(holder), password: password.map(str::to_owned), quota: 1 << 30, service: false }
}

pub(super) fn message(pieces: Pieces) -> NewMessage {
    NewMessage { pieces, summary: Summary::default() }
}

pub(super) fn text(text: &str) -> NewMessage {
    message(Pieces::own(text.to_owned()))
}

/// Something worth storing once.
pub(super) fn original(octets: usize, seed: u8) -> Shared {
    let byte = |n: usize| (n / 7).to_le_bytes().iter().fold(seed, |sum, part| sum.wrapping_mul(31).wrapping_add(*part));
    Shared::new((0..octets).map(byte).collect::<Vec<u8>>().into())
}

/// A head, an original, a tail.
pub(super) fn receipt(head: &str, original: &Shared) -> NewMessage {
    let mut pieces = Pieces::own(head.to_owned());
    pieces.push_shared(original.clone());
    pieces.push("\r\n--end--\r\n");
    message(pieces)
}

pub(super) fn deposit(message: usize, holder: &str) -> Deposit {
    Deposit { message, mailbox: address(holder), folder: "INBOX".into(), flags: vec![], at: at(0) }
}

pub(super) fn dispatch(message: usize, hop: &Hop, queued: Moment) -> Dispatch {
    Dispatch {
        message,
        path: ReversePath::Address(address(ANNA)),
        recipients: vec![address("carla@altra.example")],
        hop: hop.clone(),
        identifier: "opec1.20241205113030.1@pec.example".into(),
        kind: Some(Kind::TransportEnvelope),
        at: queued,
        expires: queued.plus(86_400),
    }
}

pub(super) fn once(identifier: &str) -> OnceKey {
    OnceKey {
        provider: "Altro Gestore S.p.A.".into(),
        identifier: identifier.into(),
        kind: "take-charge".into(),
        recipient: String::new(),
    }
}

pub(super) fn evidence(identifier: &str) -> Evidence {
    Evidence {
        at: at(0),
        event: Event::Emitted,
        kind: Some(Kind::Acceptance),
        identifier: identifier.into(),
        message_id: format!("<{identifier}>"),
        client_id: None,
        sender: ANNA.into(),
        recipients: vec![BRUNO.into()],
        subject: "Città di Foligno".into(),
        provider: "Gestore".into(),
        concerns: vec![],
        error: None,
    }
}

/// One message in Anna's INBOX.
pub(super) fn for_anna(message: NewMessage) -> Outcome {
    Outcome { messages: vec![message], deposits: vec![deposit(0, ANNA)], ..Outcome::default() }
}

/// One message in the queue.
pub(super) fn to_carry(hop: &Hop, queued: Moment) -> Outcome {
    Outcome { messages: vec![text("to carry")], dispatches: vec![dispatch(0, hop, queued)], ..Outcome::default() }
}

pub(super) async fn inbox(store: &dyn Store, holder: &str) -> Vec<Entry> {
    store.list(&address(holder), "INBOX", 0, 10_000).await.unwrap()
}

pub(super) async fn identifiers(store: &dyn Store) -> Vec<String> {
    let query = EvidenceQuery { limit: 10_000, ..EvidenceQuery::default() };
    store.evidence(query).await.unwrap().into_iter().map(|row| row.evidence.identifier).collect()
}

/// The runs that came back marked as shared.
pub(super) fn shared(pieces: &Pieces) -> Vec<(Bytes, [u8; 32])> {
    let marked = |piece: &Piece| match piece {
        Piece::Own(_) => None,
        Piece::Shared(shared) => Some((shared.bytes().clone(), *shared.sha256())),
    };
    pieces.iter().filter_map(marked).collect()
}
