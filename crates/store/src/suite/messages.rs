//! Content: exact, stored once, gone when nobody refers to it.

use pec::{Kind, Pieces, Shared};

use super::engine::Engine;
use super::samples::{
    ANNA, BRUNO, SERVICE, address, at, deposit, dispatch, expunge, for_anna, inbox, message, original, queue, receipt,
    shared, store, text, with_service,
};
use crate::{Handle, Hop, MessageId, Outcome, QueueChange, Store, Summary};

async fn counts(store: &dyn Store) -> (u64, u64) {
    let figures = store.figures().await.unwrap();
    (figures.messages, figures.originals)
}

pub(crate) async fn the_exact_bytes_come_back_however_they_were_cut(engine: &dyn Engine) {
    let store = store(engine).await;
    let (large, other, small) = (original(3_000_000, 1), original(5_000, 2), original(10, 3));
    let own = |text: &'static str| Pieces::own(text);
    let run = |runs: &[&Shared]| {
        let mut pieces = Pieces::new();
        runs.iter().for_each(|shared| pieces.push_shared((*shared).clone()));
        pieces
    };
    let mut mixed = own("head\r\n\0\u{7f}è");
    mixed.extend(run(&[&large]));
    mixed.push("between");
    mixed.push("two");
    mixed.extend(run(&[&small, &other]));
    mixed.push("tail");
    let all = vec![
        Pieces::new(),
        own("only own bytes"),
        Pieces::own((0..=255u8).cycle().take(100_000).collect::<Vec<u8>>()),
        run(&[&large]),
        run(&[&small]),
        run(&[&other, &other, &large]),
        mixed,
    ];
    let outcome = Outcome {
        deposits: (0..all.len()).map(|n| deposit(n, ANNA)).collect(),
        messages: all.iter().cloned().map(message).collect(),
        ..Outcome::default()
    };
    store.commit(outcome).await.unwrap();
    let entries = inbox(&*store, ANNA).await;
    assert_eq!(entries.len(), all.len());
    for (entry, pieces) in entries.iter().zip(&all) {
        let back = store.read(entry.message).await.unwrap().unwrap();
        assert!(back.to_bytes() == pieces.to_bytes(), "entry {} came back different", entry.uid);
        assert_eq!(entry.size, pieces.len() as u64);
    }
}

pub(crate) async fn originals_come_back_marked_with_their_digest(engine: &dyn Engine) {
    let store = store(engine).await;
    let large = original(50_000, 1);
    store.commit(for_anna(receipt("head", &large))).await.unwrap();
    let entry = &inbox(&*store, ANNA).await[0];
    let back = store.read(entry.message).await.unwrap().unwrap();
    assert_eq!(shared(&back), [(large.bytes().clone(), *large.sha256())]);
    // What was read is stored again without a second copy, as a receipt about an envelope does.
    store.commit(for_anna(message(back))).await.unwrap();
    assert_eq!(counts(&*store).await, (2, 1));
}

pub(crate) async fn five_hundred_receipts_of_one_original_hold_it_once(engine: &dyn Engine) {
    let store = store(engine).await;
    let large = original(1_000_000, 1);
    for batch in 0..5 {
        let heads = (0..100).map(|n| format!("receipt {batch}/{n}"));
        let outcome = Outcome {
            messages: heads.map(|head| receipt(&head, &Shared::new(large.bytes().clone()))).collect(),
            deposits: (0..100).map(|n| deposit(n, ANNA)).collect(),
            ..Outcome::default()
        };
        store.commit(outcome).await.unwrap();
    }
    assert_eq!(counts(&*store).await, (500, 1));
    let entries = inbox(&*store, ANNA).await;
    let sum: u64 = entries.iter().map(|entry| entry.size).sum();
    assert!(sum > 500_000_000);
    assert_eq!(store.mailbox(&address(ANNA)).await.unwrap().unwrap().used, sum);
    let last = store.read(entries[499].message).await.unwrap().unwrap();
    assert!(last.to_bytes() == receipt("receipt 4/99", &large).pieces.to_bytes());
}

pub(crate) async fn content_goes_with_its_last_reference(engine: &dyn Engine) {
    let store = store(engine).await;
    let outcome = Outcome {
        messages: vec![receipt("head", &original(9_000, 1))],
        deposits: vec![deposit(0, ANNA), deposit(0, BRUNO)],
        dispatches: vec![dispatch(0, &Hop::Local, at(0)), dispatch(0, &Hop::Local, at(0))],
        ..Outcome::default()
    };
    store.commit(outcome).await.unwrap();
    let id = inbox(&*store, ANNA).await[0].message;
    let queued: Vec<_> = queue(&*store).await.into_iter().map(|item| QueueChange::Done(item.id)).collect();
    let finish = |n: usize| Outcome { queue: vec![queued[n].clone()], ..Outcome::default() };

    store.commit(finish(0)).await.unwrap();
    expunge(&*store, ANNA, &[1]).await;
    expunge(&*store, BRUNO, &[1]).await;
    assert_eq!(counts(&*store).await, (1, 1));
    assert!(store.read(id).await.unwrap().is_some());
    store.commit(finish(1)).await.unwrap();
    assert_eq!(counts(&*store).await, (0, 0));
    assert!(store.read(id).await.unwrap().is_none());

    store.commit(for_anna(text("new"))).await.unwrap();
    assert_ne!(inbox(&*store, ANNA).await[0].message, id, "a number that was given stays with its message");
}

pub(crate) async fn an_original_stays_while_any_message_holds_it(engine: &dyn Engine) {
    let store = store(engine).await;
    let large = original(9_000, 1);
    store.commit(for_anna(receipt("first", &large))).await.unwrap();
    store.commit(for_anna(receipt("second", &large))).await.unwrap();
    expunge(&*store, ANNA, &[1]).await;
    assert_eq!(counts(&*store).await, (1, 1));
    let second = store.read(inbox(&*store, ANNA).await[0].message).await.unwrap().unwrap();
    assert_eq!(second.to_bytes(), receipt("second", &large).pieces.to_bytes());
    expunge(&*store, ANNA, &[2]).await;
    assert_eq!(counts(&*store).await, (0, 0));
    store.commit(for_anna(receipt("third", &large))).await.unwrap();
    assert_eq!(counts(&*store).await, (1, 1));
}

pub(crate) async fn a_message_nobody_refers_to_is_not_kept(engine: &dyn Engine) {
    let store = store(engine).await;
    let mut outcome = for_anna(text("kept"));
    outcome.messages.insert(0, receipt("not kept", &original(9_000, 1)));
    outcome.deposits[0].message = Handle(1);
    store.commit(outcome).await.unwrap();
    assert_eq!(counts(&*store).await, (1, 0));
}

pub(crate) async fn header_values_come_back_in_lists(engine: &dyn Engine) {
    let store = store(engine).await;
    let summary = Summary {
        kind: Some(Kind::Delivery),
        identifier: Some("opec1@pec.example".into()),
        date: "Thu, 05 Dec 2024 11:30:30 +0100".into(),
        subject: "CONSEGNA: è \0 '".into(),
        from: "posta-certificata@pec.example".into(),
        sender: "s".into(),
        reply_to: "r".into(),
        to: "t".into(),
        cc: "c".into(),
        in_reply_to: "<i@x>".into(),
        message_id: "<m@x>".into(),
    };
    let mut outcome = for_anna(text("x"));
    outcome.messages[0].summary = summary.clone();
    store.commit(outcome).await.unwrap();
    store.commit(for_anna(text("bare"))).await.unwrap();
    let entries = inbox(&*store, ANNA).await;
    assert_eq!(entries[0].summary.as_deref(), Some(&summary));
    assert_eq!(entries[1].summary.as_deref(), Some(&Summary::default()));
}

pub(crate) async fn any_range_of_a_message_is_read(engine: &dyn Engine) {
    let store = store(engine).await;
    let (small, large) = (original(9_000, 1), original(700_000, 2));
    let mut pieces = Pieces::own("Subject: ranges\r\n\r\nbefore");
    pieces.push_shared(small.clone());
    pieces.push("between");
    pieces.push_shared(large);
    pieces.push_shared(small);
    pieces.push("after");
    let whole = pieces.to_bytes();
    store.commit(for_anna(message(pieces))).await.unwrap();
    let id = inbox(&*store, ANNA).await[0].message;
    let end = whole.len() as u64;
    let ranges = [0..0, 0..1, 0..9, 5..30, 19..9_040, 9_000..50_000, 40_000..72_768, 300_000..700_000, 709_000..end];
    for range in
        ranges.into_iter().chain([0..end, end - 1..end, end - 7..end + 9, end..end + 1, u64::MAX - 1..u64::MAX])
    {
        let read = store.read_range(id, range.clone()).await.unwrap().unwrap();
        let (from, to) = (range.start.min(end) as usize, range.end.min(end) as usize);
        assert!(read == whole.slice(from..to), "{range:?}");
    }
    assert_eq!(store.read_range(MessageId(99), 0..9).await.unwrap(), None);
    let wanted = vec![(id, 40_000..72_768), (MessageId(99), 0..9), (id, end - 7..end + 9), (id, 0..0)];
    let together: Vec<_> = store.read_ranges(wanted).await.unwrap().into_iter().map(Result::unwrap).collect();
    let end = end as usize;
    let expected = [Some(whole.slice(40_000..72_768)), None, Some(whole.slice(end - 7..)), Some(whole.slice(0..0))];
    assert_eq!(together, expected);
}

pub(crate) async fn what_the_service_mailbox_holds_stays(engine: &dyn Engine) {
    let store = with_service(engine).await;
    let outcome = Outcome {
        messages: vec![receipt("served", &original(9_000, 1))],
        deposits: vec![deposit(0, SERVICE), deposit(0, ANNA)],
        dispatches: vec![dispatch(0, &Hop::Local, at(0))],
        ..Outcome::default()
    };
    let committed = store.commit(outcome).await.unwrap();
    assert!(committed.deposits[0].is_none(), "the service mailbox gives no UID");
    expunge(&*store, ANNA, &[1]).await;
    let done = QueueChange::Done(committed.dispatches[0]);
    store.commit(Outcome { queue: vec![done], ..Outcome::default() }).await.unwrap();
    let served = store.service(0, 10).await.unwrap();
    assert_eq!(counts(&*store).await, (1, 1));
    assert!(store.read(served[0].message).await.unwrap().is_some());
}
