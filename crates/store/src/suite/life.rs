//! Opening, closing, counting.

use super::Engine;
use super::samples::{
    ANNA, BRUNO, address, at, deposit, dispatch, evidence, for_anna, identifiers, inbox, mailbox, once, original,
    receipt, store,
};
use crate::{EvidenceQuery, Figures, Hop, InfectedQuery, MailboxState, MessageId, Outcome, Sent, WatchChange};

fn everything() -> Outcome {
    Outcome {
        once: vec![once("id")],
        sent: Some(Sent { identifier: "id".into(), mailbox: address(ANNA), at: at(0), data: "<xml/>".into() }),
        messages: vec![receipt("head", &original(20_000, 1))],
        deposits: vec![deposit(0, ANNA)],
        dispatches: vec![dispatch(0, &Hop::Local, at(0))],
        watches: vec![WatchChange::Open {
            identifier: "id".into(),
            recipient: address(BRUNO),
            opened: at(0),
            due: at(9),
        }],
        evidence: vec![evidence("id")],
        ..Outcome::default()
    }
}

pub(crate) async fn everything_is_there_after_closing_and_opening(engine: &dyn Engine) {
    let first = store(engine).await;
    first.commit(everything()).await.unwrap();
    first.create_mailbox(mailbox("carla@pec.example", Some("segreta"))).await.unwrap();
    let folders = first.folders(&address(ANNA)).await.unwrap();
    first.close().await.unwrap();
    drop(first);

    let again = engine.open("store").await;
    assert_eq!(again.done(&[once("id")]).await.unwrap(), [true]);
    assert_eq!(again.sent("id").await.unwrap(), everything().sent);
    let entries = inbox(&*again, ANNA).await;
    let message = again.read(entries[0].message).await.unwrap().unwrap();
    assert_eq!(message.to_bytes(), everything().messages[0].pieces.to_bytes());
    assert_eq!(again.queue(10).await.unwrap().len(), 1);
    assert_eq!(again.watch("id", &address(BRUNO)).await.unwrap().unwrap().due, at(9));
    assert_eq!(identifiers(&*again).await, ["id"]);
    assert_eq!(again.folders(&address(ANNA)).await.unwrap(), folders);
    assert!(again.authenticate("carla@pec.example", "segreta").await.unwrap().is_some());
    again.commit(for_anna(everything().messages.remove(0))).await.unwrap();
    assert_eq!(inbox(&*again, ANNA).await[1].uid, entries[0].uid + 1);
}

pub(crate) async fn after_closing_every_call_fails(engine: &dyn Engine) {
    let store = store(engine).await;
    store.close().await.unwrap();
    let anna = address(ANNA);
    assert!(store.commit(Outcome::default()).await.is_err());
    assert!(store.done(&[once("id")]).await.is_err());
    assert!(store.sent("id").await.is_err());
    assert!(store.create_mailbox(mailbox("carla@pec.example", Some("x"))).await.is_err());
    assert!(store.mailboxes(std::slice::from_ref(&anna)).await.is_err());
    assert!(store.all_mailboxes().await.is_err());
    assert!(store.set_state(&anna, MailboxState::Closed).await.is_err());
    assert!(store.set_quota(&anna, 1).await.is_err());
    assert!(store.set_password(&anna, "x").await.is_err());
    assert!(store.authenticate(ANNA, "x").await.is_err());
    assert!(store.folders(&anna).await.is_err());
    assert!(store.list(&anna, "INBOX", 0, 1).await.is_err());
    assert!(store.set_flags(&anna, "INBOX", 1, &[]).await.is_err());
    assert!(store.expunge(&anna, "INBOX", &[1]).await.is_err());
    assert!(store.read(MessageId(1)).await.is_err());
    assert!(store.due_hops(at(0)).await.is_err());
    assert!(store.lease(&Hop::Local, 1, at(0), at(1)).await.is_err());
    assert!(store.next_due().await.is_err());
    assert!(store.queue(1).await.is_err());
    assert!(store.due_watches(at(0), 1).await.is_err());
    assert!(store.watch("id", &anna).await.is_err());
    assert!(store.evidence(EvidenceQuery::default()).await.is_err());
    assert!(store.infected(InfectedQuery::default()).await.is_err());
    assert!(store.figures().await.is_err());
    assert!(store.close().await.is_err());
}

pub(crate) async fn figures_count_what_is_there(engine: &dyn Engine) {
    let store = store(engine).await;
    let before = store.figures().await.unwrap();
    assert_eq!(before, Figures { flushes: before.flushes, ..Figures::default() });
    store.commit(everything()).await.unwrap();
    let mut later = everything();
    (later.once, later.sent, later.watches) = (vec![], None, vec![]);
    later.dispatches[0].at = at(5);
    store.commit(later).await.unwrap();
    assert!(store.commit(everything()).await.is_err());
    let after = store.figures().await.unwrap();
    let expected = Figures {
        trouble: None,
        queued: 2,
        oldest: Some(at(0).unix()),
        messages: 2,
        originals: 1,
        watches: 1,
        flushes: after.flushes,
        outcomes: 2,
    };
    assert_eq!(after, expected);
    assert!(after.flushes >= before.flushes + 2, "{} and {} flushes", before.flushes, after.flushes);
}
