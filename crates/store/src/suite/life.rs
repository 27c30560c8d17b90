//! Opening, closing, counting.

use super::engine::Engine;
use super::samples::{
    ANNA, BRUNO, address, addressee, at, certified, deposit, dispatch, done, evidence, folders, for_anna, identifiers,
    inbox, mailbox, once, original, queue, receipt, removal, sent, store, subject,
};
use crate::{
    Account, EvidenceQuery, ExpiryLimit, Figures, FolderId, Hop, InfectedQuery, LogId, MailboxChange, MailboxId,
    MessageId, Outcome, Question, QueueId, QueueQuery, Reader, State, TextKey, UidSet, Want,
};

fn everything() -> Outcome {
    Outcome {
        once: vec![once("id").into()],
        sent: Some(sent("id", &[(BRUNO, State::Accepted, Some(at(9)))])),
        messages: vec![receipt("head", &original(20_000, 1))],
        deposits: vec![deposit(0, ANNA)],
        dispatches: vec![dispatch(0, &Hop::Local, at(0))],
        evidence: vec![evidence("id")],
        ..Outcome::default()
    }
}

pub(crate) async fn everything_is_there_after_closing_and_opening(engine: &dyn Engine) {
    let first = store(engine).await;
    first.commit(everything()).await.unwrap();
    first.create_mailbox(mailbox("carla@pec.example", Some("segreta"))).await.unwrap();
    let before = folders(&*first, ANNA).await;
    first.close().await.unwrap();
    drop(first);

    let again = engine.open("store").await;
    assert_eq!(done(&*again, &[once("id")]).await, [true]);
    assert_eq!(certified(&*again, "id").await.map(|sent| sent.at), Some(at(0)));
    let entries = inbox(&*again, ANNA).await;
    let message = again.read(entries[0].message).await.unwrap().unwrap();
    assert_eq!(message.to_bytes(), everything().messages[0].pieces.to_bytes());
    assert_eq!(queue(&*again).await.len(), 1);
    assert_eq!(addressee(&*again, "id", BRUNO).await.and_then(|bruno| bruno.due), Some(at(9)));
    assert_eq!(identifiers(&*again).await, ["id"]);
    assert_eq!(folders(&*again, ANNA).await, before);
    assert!(again.authenticate("carla@pec.example", "segreta").await.unwrap().is_some());
    again.commit(for_anna(everything().messages.remove(0))).await.unwrap();
    assert_eq!(inbox(&*again, ANNA).await[1].uid, entries[0].uid + 1);
}

pub(crate) async fn after_closing_every_call_fails(engine: &dyn Engine) {
    let store = store(engine).await;
    store.close().await.unwrap();
    let anna = address(ANNA);
    let (folder, all) = (FolderId(1), UidSet::all());
    assert!(store.commit(Outcome::default()).await.is_err());
    assert!(store.ask(Question::default()).await.is_err());
    assert!(store.due(at(0), 1).await.is_err());
    assert!(store.addressees(&"id".into()).await.is_err());
    assert!(store.create_mailbox(mailbox("carla@pec.example", Some("x"))).await.is_err());
    assert!(store.mailbox(&anna).await.is_err());
    assert!(store.mailboxes(None, 9).await.is_err());
    assert!(store.change_mailbox(&anna, MailboxChange::default()).await.is_err());
    assert!(store.set_password(&Account::Mailbox(anna), "x").await.is_err());
    assert!(store.authenticate(ANNA, "x").await.is_err());
    assert!(store.domains().await.is_err() && store.users().await.is_err());
    assert!(store.folders(MailboxId(1), Reader::Owner).await.is_err());
    assert!(store.entries(folder, &all, Want::default(), Reader::Owner, 1).await.is_err());
    assert!(store.expunge(folder, &all, &removal()).await.is_err());
    assert!(store.append(vec![]).await.is_err());
    assert!(store.service(0, 1).await.is_err());
    assert!(store.read(MessageId(1)).await.is_err());
    assert!(store.read_range(MessageId(1), 0..1).await.is_err());
    assert!(store.due_hops(at(0)).await.is_err());
    assert!(store.lease(&Hop::Local, 1, at(0), at(1)).await.is_err());
    assert!(store.release(&[QueueId(1)], at(0)).await.is_err());
    assert!(store.wake(&Hop::Local, at(0)).await.is_err());
    assert!(store.next_due().await.is_err());
    assert!(store.list(QueueQuery::default()).await.is_err());
    assert!(store.by_hop().await.is_err());
    assert!(store.retry(QueueId(1), at(0)).await.is_err() && store.fail(QueueId(1), "x", at(0)).await.is_err());
    assert!(store.rows(EvidenceQuery::default()).await.is_err());
    assert!(store.leaves(LogId(1), 1, 1).await.is_err() && store.logs().await.is_err());
    assert!(store.subject(subject("id").hash()).await.is_err());
    assert!(store.infected(InfectedQuery::default()).await.is_err());
    assert!(store.expire(ExpiryLimit { now: at(0), before: at(0), rows: 1 }).await.is_err());
    assert!(store.matches(folder, &all, &[TextKey::Body("x".into())]).await.is_err());
    assert!(store.words(MailboxId(1), "x", None, 1).await.is_err());
    assert!(store.reindex().await.is_err() && store.indexed().await.is_err());
    assert!(store.sweep().await.is_err() && store.check(&|_| ()).await.is_err());
    assert!(store.figures().await.is_err());
    assert!(store.close().await.is_err());
}

pub(crate) async fn figures_count_what_is_there(engine: &dyn Engine) {
    let store = store(engine).await;
    let before = store.figures().await.unwrap();
    let Figures { flushes, disk_free, search, fullness, .. } = before.clone();
    let same = Figures { flushes, disk_free, search, fullness, mailboxes: 2, ..Figures::default() };
    assert_eq!(before, same);
    assert!(before.disk_free > Some(0));
    store.commit(everything()).await.unwrap();
    let mut later = everything();
    (later.once, later.sent) = (vec![], None);
    later.dispatches[0].at = at(5);
    store.commit(later).await.unwrap();
    assert!(store.commit(everything()).await.is_err());
    let after = store.figures().await.unwrap();
    let expected = Figures {
        queued: 2,
        oldest: Some(at(0).unix()),
        messages: 2,
        originals: 1,
        awaited: 1,
        mailboxes: 2,
        flushes: after.flushes,
        outcomes: 2,
        disk_free: after.disk_free,
        search: after.search.clone(),
        fullness: after.fullness.clone(),
        ..Figures::default()
    };
    assert_eq!(after, expected);
    assert!(after.flushes >= before.flushes + 2, "{} and {} flushes", before.flushes, after.flushes);
}
