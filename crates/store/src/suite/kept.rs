//! What is kept outside mailboxes: exact, once, as long as it must be.

use bytes::Bytes;
use pec::{Kind, Moment, Shared};

use super::engine::Engine;
use super::samples::{ANNA, BRUNO, address, at, deposit, expunge, once, original, receipt, sent, store, text};
use crate::{
    AboutMessage, Exchanged, ExpiryLimit, Handle, Hold, Keeping, MessageId, NewMessage, OnceKey, OnceKind, Outcome,
    Store, Summary,
};

const ABOUT: &str = "opec1@pec.example";
/// Longer than thirty months before anything here.
const OLD: i64 = 1_400_000_000;

/// Lengths of originals: one that lies within a message where nothing is kept, one in a row, one in a file.
const LENGTHS: [usize; 3] = [500, 50_000, 400_000];

fn named(kind: Option<Kind>, id: &str, message: NewMessage) -> NewMessage {
    let summary = Summary {
        kind,
        identifier: Some(ABOUT.into()),
        message_id: format!("<{id}@pec.example>"),
        ..Summary::default()
    };
    NewMessage { summary, ..message }
}

fn delivery(id: &str, original: &Shared) -> NewMessage {
    named(Some(Kind::Delivery), id, receipt(id, original))
}

fn kept(whole: bool) -> Keeping {
    Keeping { message: Handle(0), since: Moment::from_unix(OLD), whole }
}

/// A receipt in Anna's INBOX that is kept.
fn for_anna(id: &str, original: &Shared, whole: bool) -> Outcome {
    Outcome {
        messages: vec![delivery(id, original)],
        deposits: vec![deposit(0, ANNA)],
        kept: vec![kept(whole)],
        ..Outcome::default()
    }
}

async fn about(store: &dyn Store) -> Vec<AboutMessage> {
    store.about(&ABOUT.into(), MessageId(0), 100).await.unwrap()
}

async fn bytes(store: &dyn Store, message: MessageId) -> Option<Bytes> {
    store.read(message).await.unwrap().map(|pieces| pieces.to_bytes())
}

async fn is_sound(store: &dyn Store) {
    let report = store.check(&|_| ()).await.unwrap();
    assert!(report.is_whole(), "{:?}", report.faults);
}

pub(crate) async fn a_receipt_that_is_kept_outlives_its_mailbox(engine: &dyn Engine) {
    let store = store(engine).await;
    let acceptance = named(Some(Kind::Acceptance), "a", text("accepted"));
    let exact = acceptance.pieces.to_bytes();
    let messages = vec![acceptance, text("another")];
    let deposits = vec![deposit(0, ANNA), deposit(1, ANNA)];
    store.commit(Outcome { messages, deposits, kept: vec![kept(false)], ..Outcome::default() }).await.unwrap();
    assert_eq!(expunge(&*store, ANNA, &[1, 2]).await, 2);
    let found = about(&*store).await;
    let [one] = &found[..] else { panic!("{found:?}") };
    assert_eq!((one.kind, one.message_id.as_str(), one.whole), (Some(Kind::Acceptance), "a@pec.example", true));
    assert_eq!((one.size, one.kept), (exact.len() as u64, Some(Moment::from_unix(OLD))));
    assert_eq!(bytes(&*store, one.message).await.unwrap(), exact);
    // The other one is nobody's.
    assert_eq!(store.figures().await.unwrap().messages, 1);
    is_sound(&*store).await;
}

pub(crate) async fn what_is_kept_without_its_original_is_whole_while_anybody_has_that(engine: &dyn Engine) {
    for (seed, octets) in (1..).zip(LENGTHS) {
        let store = engine.open(&format!("store-{octets}")).await;
        for holder in [ANNA, BRUNO] {
            store.create_mailbox(super::samples::mailbox(holder, None)).await.unwrap();
        }
        let original = original(octets, seed);
        let outcome = for_anna("a", &original, false);
        let exact = outcome.messages[0].pieces.to_bytes();
        // The envelope in Bruno's mailbox, by the same Outcome.
        let envelope = named(Some(Kind::TransportEnvelope), "e", receipt("envelope", &original));
        let mut messages = outcome.messages.clone();
        messages.push(envelope.clone());
        let deposits = vec![deposit(0, ANNA), deposit(1, BRUNO)];
        store.commit(Outcome { messages, deposits, ..outcome }).await.unwrap();

        assert_eq!(expunge(&*store, ANNA, &[1]).await, 1);
        let receipt = about(&*store).await[0].clone();
        assert!(receipt.whole, "{octets}: Bruno has it");
        assert!(bytes(&*store, receipt.message).await.unwrap() == exact);

        assert_eq!(expunge(&*store, BRUNO, &[1]).await, 1);
        let found = about(&*store).await;
        assert_eq!(found, [AboutMessage { whole: false, ..receipt.clone() }], "{octets}");
        assert_eq!(store.gone(receipt.message).await.unwrap(), [*original.sha256()]);
        assert_eq!(bytes(&*store, receipt.message).await, None);
        store.sweep().await.unwrap();
        is_sound(&*store).await;

        // Who brings the same octets again brings the receipt back.
        let again = Outcome {
            messages: vec![envelope],
            deposits: vec![deposit(0, BRUNO)],
            kept: vec![kept(false)],
            ..Outcome::default()
        };
        store.commit(again).await.unwrap();
        assert!(bytes(&*store, receipt.message).await.unwrap() == exact, "{octets}");
        assert_eq!(store.gone(receipt.message).await.unwrap(), Vec::<[u8; 32]>::new());
        is_sound(&*store).await;
    }
}

pub(crate) async fn what_is_kept_with_its_original_needs_nobody(engine: &dyn Engine) {
    let store = store(engine).await;
    let originals: Vec<Shared> = (1..).zip(LENGTHS).map(|(seed, octets)| original(octets, seed)).collect();
    let mut exact = Vec::new();
    for (n, original) in originals.iter().enumerate() {
        let outcome = for_anna(&format!("r{n}"), original, true);
        exact.push(outcome.messages[0].pieces.to_bytes());
        store.commit(outcome).await.unwrap();
    }
    // All at once, as a folder lets go of them.
    assert_eq!(expunge(&*store, ANNA, &[1, 2, 3]).await, 3);
    store.sweep().await.unwrap();
    let found = about(&*store).await;
    assert_eq!(found.len(), 3);
    for (found, exact) in found.iter().zip(exact) {
        assert!(found.whole && bytes(&*store, found.message).await.unwrap() == exact, "{found:?}");
    }
    is_sound(&*store).await;
}

pub(crate) async fn what_is_there_about_a_message_is_read_page_by_page(engine: &dyn Engine) {
    let store = store(engine).await;
    let original = original(5_000, 1);
    let receipts = 7;
    let outcome = Outcome {
        messages: (0..receipts).map(|n| delivery(&format!("r{n}"), &original)).collect(),
        deposits: (0..receipts).map(|n| deposit(n, ANNA)).collect(),
        ..Outcome::default()
    };
    store.commit(outcome).await.unwrap();
    let (mut after, mut found) = (MessageId(0), Vec::new());
    loop {
        let page = store.about(&ABOUT.into(), after, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 3);
        after = last.message;
        found.extend(page.into_iter().map(|one| one.message_id));
    }
    assert_eq!(found, (0..receipts).map(|n| format!("r{n}@pec.example")).collect::<Vec<_>>());
    assert_eq!(store.about(&"another@pec.example".into(), MessageId(0), 9).await.unwrap(), []);
}

pub(crate) async fn what_is_kept_goes_when_it_is_old_and_no_hold_is_on_it(engine: &dyn Engine) {
    let store = store(engine).await;
    let original = original(50_000, 1);
    for whole in [true, false] {
        store.commit(for_anna("old", &original, whole)).await.unwrap();
    }
    let young = Keeping { since: at(0), ..kept(true) };
    let others = Summary { identifier: Some("other@pec.example".into()), ..Summary::default() };
    let other = NewMessage { summary: others, ..text("young") };
    store.commit(Outcome { messages: vec![other], kept: vec![young], ..Outcome::default() }).await.unwrap();
    assert_eq!(expunge(&*store, ANNA, &[1]).await, 1);

    let limit = ExpiryLimit { now: at(0), before: Moment::from_unix(OLD + 1), rows: 10 };
    let hold = Hold {
        mailbox: address(BRUNO),
        identifier: Some(ABOUT.into()),
        at: at(0),
        by: "uid 0".into(),
        why: "causa 4711".into(),
    };
    store.put_hold(hold.clone()).await.unwrap();
    assert_eq!(store.expire(limit).await.unwrap().kept, 0);
    assert!(about(&*store).await.iter().all(|one| one.whole && one.kept.is_some()));

    store.release_hold(&hold.mailbox, hold.identifier.as_ref()).await.unwrap();
    assert_eq!(store.expire(limit).await.unwrap().kept, 2);
    // The one is gone with its time, the other lies in the mailbox as before.
    let [left] = &about(&*store).await[..] else { panic!("one is left") };
    assert!(left.whole && left.kept.is_none());
    assert_eq!(store.about(&"other@pec.example".into(), MessageId(0), 9).await.unwrap().len(), 1);
    is_sound(&*store).await;
}

pub(crate) async fn messages_of_a_time_are_named_once_the_oldest_first(engine: &dyn Engine) {
    let store = store(engine).await;
    let envelope = |identifier: &str, recipient: &str| OnceKey {
        kind: OnceKind::Certified(Kind::TransportEnvelope),
        recipient: address(recipient).key(),
        ..once(identifier)
    };
    store.commit(Outcome { sent: Some(sent("sent", &[])), ..Outcome::default() }).await.unwrap();
    // The same message came back to a holder of the same house, and another came for two.
    for (identifier, recipient) in [("sent", BRUNO), ("came", BRUNO), ("came", ANNA)] {
        let once = vec![envelope(identifier, recipient).into()];
        store.commit(Outcome { once, ..Outcome::default() }).await.unwrap();
    }
    // A receipt is no message.
    store.commit(Outcome { once: vec![once("receipt").into()], ..Outcome::default() }).await.unwrap();
    let all = async |mailbox: Option<&str>, since: Moment, until: Moment| {
        let range = Exchanged { since, until, mailbox: mailbox.map(address) };
        let found = store.exchanged(range, 10).await.unwrap();
        found.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let (old, far) = (Moment::from_unix(0), Moment::from_unix(i64::MAX / 2));
    let mut both = all(None, old, far).await;
    both.sort();
    assert_eq!(both, ["came", "sent"]);
    assert_eq!(all(Some(ANNA), old, at(1)).await, ["sent"]);
    let mut bruno = all(Some(&BRUNO.to_uppercase()), old, far).await;
    bruno.sort();
    assert_eq!(bruno, ["came", "sent"]);
    assert_eq!(all(Some("nobody@pec.example"), old, far).await, Vec::<String>::new());
    assert_eq!(all(None, far, far).await, Vec::<String>::new());
}
