//! Deadlines on recipients.

use pec::Moment;

use super::Engine;
use super::samples::{BRUNO, address, at, store};
use crate::{CommitError, Outcome, Sent, Store, Watch, WatchChange};

fn open(identifier: &str, recipient: &str, due: Moment) -> WatchChange {
    WatchChange::Open { identifier: identifier.into(), recipient: address(recipient), opened: at(0), due }
}

/// The sender is told about the watch as the store has it now.
async fn told(store: &dyn Store, identifier: &str, recipient: &str, due: Moment) -> WatchChange {
    let watch = store.watch(identifier, &address(recipient)).await.unwrap().unwrap();
    WatchChange::Told { watch, due: Some(due) }
}

fn taken(identifier: &str, recipient: &str) -> WatchChange {
    WatchChange::Taken { identifier: identifier.into(), recipient: address(recipient) }
}

fn close(identifier: &str, recipient: &str) -> WatchChange {
    WatchChange::Close { identifier: identifier.into(), recipient: address(recipient) }
}

async fn change(store: &dyn Store, watches: Vec<WatchChange>) {
    store.commit(Outcome { watches, ..Outcome::default() }).await.unwrap();
}

async fn due(store: &dyn Store, now: Moment, limit: usize) -> Vec<(String, String)> {
    let watches = store.due_watches(now, limit).await.unwrap();
    watches.into_iter().map(|watch| (watch.identifier, watch.recipient.to_string())).collect()
}

pub(crate) async fn a_watch_lives_from_open_to_close(engine: &dyn Engine) {
    let store = store(engine).await;
    change(&*store, vec![open("id", "Bruno@pec.example", at(100))]).await;
    let mut watch = Watch {
        identifier: "id".into(),
        recipient: address("Bruno@pec.example"),
        opened: at(0),
        taken: false,
        due: at(100),
    };
    let read = async || store.watch("id", &address("bruno@PEC.example")).await.unwrap();
    assert_eq!(read().await, Some(watch.clone()));
    assert_eq!(read().await.unwrap().recipient.as_str(), "Bruno@pec.example");
    change(&*store, vec![taken("id", BRUNO)]).await;
    change(&*store, vec![told(&*store, "id", BRUNO, at(200)).await]).await;
    (watch.taken, watch.due) = (true, at(200));
    assert_eq!(read().await, Some(watch));
    assert_eq!(store.figures().await.unwrap().watches, 1);
    change(&*store, vec![close("id", BRUNO)]).await;
    assert_eq!(read().await, None);
    assert_eq!(store.figures().await.unwrap().watches, 0);
}

pub(crate) async fn watches_fall_due_oldest_first(engine: &dyn Engine) {
    let store = store(engine).await;
    let all = vec![
        open("late", BRUNO, at(30)),
        open("early", BRUNO, at(10)),
        open("early", "a@x.example", at(20)),
        open("never", BRUNO, at(99)),
    ];
    change(&*store, all).await;
    let pair = |identifier: &str, recipient: &str| (identifier.to_owned(), recipient.to_owned());
    assert_eq!(due(&*store, at(9), 10).await, []);
    assert_eq!(due(&*store, at(20), 10).await, [pair("early", BRUNO), pair("early", "a@x.example")]);
    assert_eq!(due(&*store, at(30), 1).await, [pair("early", BRUNO)]);
    change(&*store, vec![told(&*store, "early", BRUNO, at(60)).await, close("early", "a@x.example")]).await;
    assert_eq!(due(&*store, at(60), 10).await, [pair("late", BRUNO), pair("early", BRUNO)]);
}

pub(crate) async fn taking_or_closing_a_watch_that_is_not_open_does_nothing(engine: &dyn Engine) {
    let store = store(engine).await;
    change(&*store, vec![open("id", BRUNO, at(1))]).await;
    change(&*store, vec![taken("id", "other@x.example"), taken("no", BRUNO)]).await;
    change(&*store, vec![close("id", "other@x.example"), close("no", BRUNO)]).await;
    assert_eq!(store.figures().await.unwrap().watches, 1);
    let watch = store.watch("id", &address(BRUNO)).await.unwrap().unwrap();
    assert_eq!((watch.taken, watch.due), (false, at(1)));
}

pub(crate) async fn a_watch_is_opened_once_and_what_was_taken_stays_taken(engine: &dyn Engine) {
    let store = store(engine).await;
    change(&*store, vec![open("id", BRUNO, at(1)), taken("id", BRUNO)]).await;
    change(&*store, vec![told(&*store, "id", BRUNO, at(3)).await, open("id", BRUNO, at(9))]).await;
    let watch = store.watch("id", &address(BRUNO)).await.unwrap().unwrap();
    assert_eq!((watch.taken, watch.due), (true, at(3)));
}

pub(crate) async fn who_was_told_in_between_is_not_told_again(engine: &dyn Engine) {
    let store = store(engine).await;
    change(&*store, vec![open("id", BRUNO, at(10))]).await;
    let seen = store.watch("id", &address(BRUNO)).await.unwrap().unwrap();
    let notice = |due| Outcome {
        watches: vec![WatchChange::Told { watch: seen.clone(), due }],
        sent: Some(Sent { identifier: "notice".into(), mailbox: address(BRUNO), at: at(10), data: "told".into() }),
        ..Outcome::default()
    };
    // A take-charge, another's notice, a receipt: each may come between the decision and its commit.
    let mut between = vec![taken("id", BRUNO)];
    for next in ["told", "closed", "nothing"] {
        change(&*store, std::mem::take(&mut between)).await;
        for due in [None, Some(at(30))] {
            let refused = store.commit(notice(due)).await.unwrap_err();
            assert!(matches!(refused, CommitError::Moved { .. }), "{refused}");
            assert_eq!(store.sent("notice").await.unwrap(), None);
        }
        match next {
            "told" => between.push(told(&*store, "id", BRUNO, at(20)).await),
            "closed" => between.push(close("id", BRUNO)),
            _ => {}
        }
    }
    change(&*store, vec![open("id", BRUNO, at(10))]).await;
    store.commit(notice(None)).await.unwrap();
    assert_eq!(store.figures().await.unwrap().watches, 0);
}
