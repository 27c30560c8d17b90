//! What holders remove for good leaves evidence, and what a legal hold keeps stays.

use std::sync::Arc;

use pec::{Kind, Pieces};

use super::engine::Engine;
use super::samples::{ANNA, BRUNO, address, at, evidence, store};
use super::session::{Session, set};
use crate::{
    Actor, Deposit, DepositIn, ErrorKind, Event, Evidence, EvidenceQuery, Expunged, FlagOperation, Handle, Hold,
    Holding, MailboxChange, MailboxState, NewMessage, Outcome, Removal, Store, Summary, UidSet,
};

fn by_bruno() -> Removal {
    Removal { by: Actor::User("bruno".into()), door: "pop3-tls", at: at(50) }
}

/// Puts messages about a message of this identifier in Anna's INBOX, with a row of evidence.
async fn deliver(store: &Arc<dyn Store>, identifier: &str, kinds: &[Option<Kind>]) {
    let mut outcome = Outcome { evidence: vec![evidence(identifier)], ..Outcome::default() };
    for (number, kind) in kinds.iter().enumerate() {
        let pieces = Pieces::own(format!("Message-ID: <{identifier}.{number}>\r\n\r\nx"));
        let summary = Summary::read(*kind, kind.map(|_| identifier.into()), &pieces);
        outcome.messages.push(NewMessage { pieces, summary });
        outcome.deposits.push(Deposit {
            message: Handle(number),
            mailbox: address(ANNA),
            folder: DepositIn::inbox(),
            counts: false,
            within_quota: false,
            at: at(0),
        });
    }
    store.commit(outcome).await.unwrap();
}

async fn removed(store: &Arc<dyn Store>) -> Vec<Evidence> {
    let query = EvidenceQuery { event: Some(Event::Removed), limit: 10_000, ..EvidenceQuery::default() };
    store.rows(query).await.unwrap().into_iter().map(|row| row.unwrap().evidence).collect()
}

pub(crate) async fn what_leaves_a_mailbox_for_good_leaves_a_row_of_evidence(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = Session::of(&store, ANNA).await;
    deliver(&store, "id1", &[Some(Kind::TransportEnvelope), Some(Kind::Delivery), None]).await;
    let inbox = anna.id("INBOX").await;
    let all = Expunged { gone: set(&[1, 2, 3]), held: UidSet::default() };
    assert_eq!(store.expunge(inbox, &UidSet::all(), &by_bruno()).await.unwrap(), all);
    // What is not certified leaves none.
    let rows = removed(&store).await;
    let told: Vec<_> = rows.iter().map(|row| (row.kind.unwrap(), row.message_id.as_str())).collect();
    assert_eq!(told, [(Kind::TransportEnvelope, "id1.0"), (Kind::Delivery, "id1.1")]);
    for row in &rows {
        assert_eq!((row.at, &row.actor), (at(50), &Actor::User("bruno".into())));
        assert_eq!((row.concerns.as_slice(), row.error.as_deref()), (&[ANNA.to_owned()][..], Some("pop3-tls")));
    }
    // Found by the message.
    let query = EvidenceQuery { identifier: Some("id1".into()), limit: 10, ..EvidenceQuery::default() };
    assert_eq!(store.rows(query).await.unwrap().len(), 3);
}

pub(crate) async fn a_message_that_is_still_there_was_not_removed(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = Session::of(&store, ANNA).await;
    deliver(&store, "id1", &[Some(Kind::Delivery)]).await;
    let (inbox, other) = (anna.id("INBOX").await, anna.id("Bozze").await);
    store.copy(inbox, &set(&[1]), other, at(0)).await.unwrap();
    store.copy(inbox, &set(&[1]), other, at(0)).await.unwrap();
    store.expunge(inbox, &set(&[1]), &by_bruno()).await.unwrap();
    assert!(removed(&store).await.is_empty());
    store.expunge(other, &UidSet::all(), &by_bruno()).await.unwrap();
    assert_eq!(removed(&store).await.len(), 1);
}

pub(crate) async fn a_folder_that_is_removed_leaves_the_same_evidence_and_many_go_in_lots(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = Session::of(&store, ANNA).await;
    deliver(&store, "id1", &[Some(Kind::Delivery); 1_201]).await;
    let folder = store.create_folder(anna.mailbox, "Vecchie", None).await.unwrap().unwrap();
    store.move_to(anna.id("INBOX").await, &UidSet::all(), folder, at(0)).await.unwrap();
    assert!(removed(&store).await.is_empty());
    store.delete_folder(folder, &by_bruno()).await.unwrap();
    assert!(!anna.names().await.contains(&"Vecchie".to_owned()));
    assert_eq!(removed(&store).await.len(), 1_201);
    assert_eq!((anna.look().await.used, store.figures().await.unwrap().messages), (0, 0));
}

/// A hold on Anna's mailbox, or on a message in it.
fn hold(identifier: Option<&str>) -> Hold {
    let (by, why) = ("olga".to_owned(), "procedimento 7".to_owned());
    Hold { mailbox: address(ANNA), identifier: identifier.map(Into::into), at: at(3), by, why }
}

pub(crate) async fn what_is_held_stays_and_the_rest_goes(engine: &dyn Engine) {
    let store = store(engine).await;
    let (anna, bruno) = (Session::of(&store, ANNA).await, Session::of(&store, BRUNO).await);
    deliver(&store, "id1", &[Some(Kind::TransportEnvelope), Some(Kind::Delivery)]).await;
    deliver(&store, "id2", &[Some(Kind::Delivery)]).await;
    assert_eq!(store.put_hold(hold(Some("id1"))).await.unwrap(), Holding::Done);
    assert_eq!(store.put_hold(hold(Some("id1"))).await.unwrap(), Holding::AsItWas);
    let nobody = Hold { mailbox: address("nessuno@pec.example"), ..hold(None) };
    assert_eq!(store.put_hold(nobody).await.unwrap(), Holding::NoMailbox);
    assert_eq!(store.holds(&address(ANNA)).await.unwrap(), [hold(Some("id1"))]);

    let inbox = anna.id("INBOX").await;
    anna.flag("INBOX", &[1, 3], FlagOperation::Add, &["\\Deleted"]).await;
    assert_eq!(store.held(inbox, &set(&[2, 3, 9])).await.unwrap(), set(&[2]));
    let expunged = store.expunge_deleted(inbox, &UidSet::all(), &by_bruno()).await.unwrap();
    assert_eq!(expunged, Expunged { gone: set(&[3]), held: set(&[1]) });
    let expunged = store.expunge(inbox, &UidSet::all(), &by_bruno()).await.unwrap();
    assert_eq!(expunged, Expunged { gone: UidSet::default(), held: set(&[1, 2]) });
    let held = |error: crate::StoreError| assert_eq!(error.kind, ErrorKind::Held, "{error}");
    // Within the mailbox it goes anywhere, out of it nowhere.
    held(store.move_to(inbox, &set(&[2]), bruno.id("INBOX").await, at(0)).await.unwrap_err());
    let folder = store.create_folder(anna.mailbox, "Causa", None).await.unwrap().unwrap();
    store.move_to(inbox, &set(&[2]), folder, at(0)).await.unwrap();
    held(store.delete_folder(folder, &by_bruno()).await.unwrap_err());
    assert_eq!((anna.list("Causa").await.len(), removed(&store).await.len()), (1, 1));
    let close = MailboxChange { state: Some(MailboxState::Closed), ..MailboxChange::default() };
    held(store.change_mailbox(&anna.address, close.clone()).await.unwrap_err());

    assert_eq!(store.release_hold(&anna.address, Some(&"id1".into())).await.unwrap(), Holding::Done);
    assert_eq!(store.release_hold(&anna.address, Some(&"id1".into())).await.unwrap(), Holding::AsItWas);
    store.delete_folder(folder, &by_bruno()).await.unwrap();
    assert_eq!(store.change_mailbox(&anna.address, close).await.unwrap().unwrap().state, MailboxState::Closed);
}

pub(crate) async fn a_mailbox_that_is_held_keeps_everything_also_what_comes_later(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = Session::of(&store, ANNA).await;
    store.put_hold(hold(None)).await.unwrap();
    anna.append("Bozze", &[]).await;
    deliver(&store, "id1", &[None]).await;
    for (folder, uid) in [("Bozze", 1), ("INBOX", 1)] {
        let expunged = store.expunge(anna.id(folder).await, &UidSet::all(), &by_bruno()).await.unwrap();
        assert_eq!(expunged, Expunged { gone: UidSet::default(), held: set(&[uid]) });
    }
    assert_eq!(store.release_hold(&anna.address, None).await.unwrap(), Holding::Done);
    let expunged = store.expunge(anna.id("Bozze").await, &UidSet::all(), &by_bruno()).await.unwrap();
    assert_eq!(expunged.gone, set(&[1]));
}
