//! Small things to put into stores.

use std::sync::Arc;

use bytes::Bytes;
use pec::{Address, Kind, Moment, Piece, Pieces, ProviderKey, RecipientType, ReversePath, Shared};

use super::engine::Engine;
use crate::{
    About, Actor, Addressee, Created, Deposit, DepositIn, Dispatch, Done, Entry, Event, Evidence, EvidenceQuery,
    EvidenceRow, Folder, Handle, Hop, Known, MailboxId, Named, NewAddressee, NewMailbox, NewMessage, OnceKey, OnceKind,
    Outcome, Question, QueueItem, QueueQuery, Reader, Removal, Sent, SharedSubject, State, Store, Subject, Summary,
    UidSet, Want,
};

pub(super) const ANNA: &str = "Anna.Bianchi@pec.example";
pub(super) const BRUNO: &str = "bruno@pec.example";
/// The service mailbox of [`with_service`].
pub(super) const SERVICE: &str = "servizio@pec.example";

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
        assert_eq!(store.create_mailbox(mailbox(holder, None)).await.unwrap(), Created::Made);
    }
    store
}

/// The same with a service mailbox.
pub(super) async fn with_service(engine: &dyn Engine) -> Arc<dyn Store> {
    let store = store(engine).await;
    let service = NewMailbox { service: true, ..mailbox(SERVICE, None) };
    assert_eq!(store.create_mailbox(service).await.unwrap(), Created::Made);
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
    let mut pieces = Pieces::own(format!("Subject: {head}\r\n\r\n"));
    pieces.push_shared(original.clone());
    pieces.push("\r\n--end--\r\n");
    message(pieces)
}

pub(super) fn deposit(message: usize, holder: &str) -> Deposit {
    Deposit {
        message: Handle(message),
        mailbox: address(holder),
        folder: DepositIn::inbox(),
        counts: true,
        within_quota: false,
        at: at(0),
    }
}

pub(super) fn dispatch(message: usize, hop: &Hop, queued: Moment) -> Dispatch {
    Dispatch {
        message: Handle(message),
        path: ReversePath::Address(address(ANNA)),
        recipients: vec![address("carla@altra.example")],
        hop: hop.clone(),
        identifier: "opec1.20241205113030.1@pec.example".into(),
        about: About::Nothing,
        kind: Some(Kind::TransportEnvelope),
        at: queued,
        expires: queued.plus(86_400),
    }
}

pub(super) fn once(identifier: &str) -> OnceKey {
    OnceKey {
        provider: Some(ProviderKey::primary("Altro Gestore S.p.A.")),
        identifier: identifier.into(),
        kind: OnceKind::Certified(Kind::TakeCharge),
        recipient: String::new(),
    }
}

/// What is common to the operations on a message of Anna's.
pub(super) fn subject(identifier: &str) -> SharedSubject {
    SharedSubject::new(Subject {
        identifier: identifier.into(),
        sender: ANNA.into(),
        recipients: vec![Named { address: BRUNO.into(), kind: Some(RecipientType::Certified) }],
        subject: "Città di Foligno".into(),
        client_id: None,
        original: None,
    })
}

pub(super) fn evidence(identifier: &str) -> Evidence {
    Evidence {
        at: at(0),
        event: Event::Emitted,
        kind: Some(Kind::Acceptance),
        about: About::Subject(subject(identifier)),
        message_id: format!("<{identifier}>"),
        provider: "Gestore".into(),
        concerns: vec![],
        error: None,
        actor: Actor::System,
    }
}

/// A message of Anna's that was accepted at the suite's beginning, for these recipients.
pub(super) fn sent(identifier: &str, recipients: &[(&str, State, Option<Moment>)]) -> Sent {
    let addressee = |(recipient, state, due): &(&str, State, Option<Moment>)| NewAddressee {
        recipient: address(recipient),
        state: *state,
        due: *due,
    };
    Sent {
        identifier: identifier.into(),
        mailbox: address(ANNA),
        at: at(0),
        data: "<postacert/>".into(),
        about: About::Subject(subject(identifier)),
        by: Actor::Holder,
        addressees: recipients.iter().map(addressee).collect(),
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

/// The number of a mailbox.
pub(super) async fn number(store: &dyn Store, holder: &str) -> MailboxId {
    store.mailbox(&address(holder)).await.unwrap().unwrap().id
}

pub(super) async fn folders(store: &dyn Store, holder: &str) -> Vec<Folder> {
    store.folders(number(store, holder).await, Reader::Owner).await.unwrap()
}

/// What is in a holder's INBOX, with summaries.
pub(super) async fn inbox(store: &dyn Store, holder: &str) -> Vec<Entry> {
    let folder = folders(store, holder).await[0].id;
    let want = Want { summary: true, ..Want::default() };
    store.entries(folder, &UidSet::all(), want, Reader::Owner, 10_000).await.unwrap()
}

/// By the holder, through IMAP.
pub(super) fn removal() -> Removal {
    Removal { by: Actor::Holder, door: "imap", at: at(0) }
}

/// Removes messages from a holder's INBOX; how many went.
pub(super) async fn expunge(store: &dyn Store, holder: &str, uids: &[u32]) -> u64 {
    let folder = folders(store, holder).await[0].id;
    store.expunge(folder, &uids.iter().copied().collect(), &removal()).await.unwrap().gone.len()
}

pub(super) async fn queue(store: &dyn Store) -> Vec<QueueItem> {
    store.list(QueueQuery { limit: 10_000, ..QueueQuery::default() }).await.unwrap()
}

pub(super) async fn done(store: &dyn Store, keys: &[OnceKey]) -> Vec<bool> {
    let once = keys.iter().cloned().map(Into::into).collect();
    let Known { done, .. } = store.ask(Question { once, ..Question::default() }).await.unwrap();
    done.into_iter().map(|done| done != Done::Not).collect()
}

/// What was certified of a message.
pub(super) async fn certified(store: &dyn Store, identifier: &str) -> Option<Sent> {
    let question = Question { sent: Some(identifier.into()), ..Question::default() };
    let Known { sent, .. } = store.ask(question).await.unwrap();
    sent
}

/// Where a recipient stands.
pub(super) async fn addressee(store: &dyn Store, identifier: &str, recipient: &str) -> Option<Addressee> {
    let question = Question { addressees: vec![(identifier.into(), address(recipient))], ..Question::default() };
    store.ask(question).await.unwrap().addressees.remove(0)
}

pub(super) async fn rows(store: &dyn Store) -> Vec<EvidenceRow> {
    let rows = store.rows(EvidenceQuery { limit: 10_000, ..EvidenceQuery::default() }).await.unwrap();
    rows.into_iter().map(Result::unwrap).collect()
}

/// The identifiers of all evidence, by number.
pub(super) async fn identifiers(store: &dyn Store) -> Vec<String> {
    rows(store).await.into_iter().map(|row| about(&row)).collect()
}

/// The identifier of what a row is about.
pub(super) fn about(row: &EvidenceRow) -> String {
    match &row.evidence.about {
        About::Subject(subject) => subject.subject().identifier.to_string(),
        other => format!("{other:?}"),
    }
}

/// The runs that came back marked as shared.
pub(super) fn shared(pieces: &Pieces) -> Vec<(Bytes, [u8; 32])> {
    let marked = |piece: &Piece| match piece {
        Piece::Own(_) | Piece::Tail(_) => None,
        Piece::Shared(shared) => Some((shared.bytes().clone(), *shared.sha256())),
    };
    pieces.iter().filter_map(marked).collect()
}
