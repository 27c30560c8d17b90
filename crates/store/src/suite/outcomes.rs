//! An Outcome is committed whole or not at all, once, and shares its flush.

use futures_util::future::join_all;

use super::Engine;
use super::samples::{
    ANNA, BRUNO, address, at, deposit, dispatch, evidence, for_anna, identifiers, inbox, once, original, receipt,
    store, text,
};
use crate::{CommitError, Hop, OnceKey, Outcome, QueueChange, Sent, Store, Watch, WatchChange};

fn sent(identifier: &str) -> Sent {
    Sent { identifier: identifier.into(), mailbox: address(ANNA), at: at(3), data: "<postacert/>".into() }
}

/// One of everything, for the recipient's mailbox given.
fn elaboration(identifier: &str, holder: &str) -> Outcome {
    Outcome {
        once: vec![once(identifier)],
        sent: Some(sent(identifier)),
        messages: vec![receipt("envelope", &original(10_000, 9)), text("acceptance")],
        deposits: vec![deposit(1, ANNA), deposit(0, holder)],
        dispatches: vec![dispatch(0, &Hop::Local, at(0))],
        queue: vec![],
        watches: vec![WatchChange::Open {
            identifier: identifier.into(),
            recipient: address(BRUNO),
            opened: at(0),
            due: at(43_200),
        }],
        evidence: vec![evidence(identifier)],
        infected: vec![],
    }
}

/// What a failed Outcome must not have changed.
async fn picture(store: &dyn Store) -> impl PartialEq + std::fmt::Debug + use<> {
    let mut figures = store.figures().await.unwrap();
    figures.flushes = 0;
    let boxes = store.all_mailboxes().await.unwrap();
    let folders = store.folders(&address(ANNA)).await.unwrap();
    let queue = store.queue(100).await.unwrap().iter().map(|item| (item.id, item.attempts)).collect::<Vec<_>>();
    (figures, boxes, folders, queue, identifiers(store).await, store.sent("second").await.unwrap())
}

pub(crate) async fn an_outcome_is_there_whole_when_commit_returns(engine: &dyn Engine) {
    let store = store(engine).await;
    store.commit(elaboration("id", BRUNO)).await.unwrap();
    assert_eq!(store.done(&[once("id"), once("other")]).await.unwrap(), [true, false]);
    assert_eq!(store.sent("id").await.unwrap(), Some(sent("id")));
    let acceptance = store.read(inbox(&*store, ANNA).await[0].message).await.unwrap().unwrap();
    assert_eq!(acceptance.to_bytes(), "acceptance");
    let queue = store.queue(10).await.unwrap();
    assert_eq!(queue.len(), 1);
    assert_eq!(inbox(&*store, BRUNO).await[0].message, queue[0].message);
    let watch =
        Watch { identifier: "id".into(), recipient: address(BRUNO), opened: at(0), taken: false, due: at(43_200) };
    assert_eq!(store.watch("id", &address(BRUNO)).await.unwrap(), Some(watch));
    assert_eq!(identifiers(&*store).await, ["id"]);
}

pub(crate) async fn an_outcome_without_its_mailbox_leaves_nothing(engine: &dyn Engine) {
    let store = store(engine).await;
    store.commit(elaboration("first", BRUNO)).await.unwrap();
    let before = picture(&*store).await;
    let mut second = elaboration("second", "nobody@pec.example");
    second.deposits.insert(0, deposit(0, ANNA));
    second.deposits[0].folder = "New".into();
    second.queue = vec![QueueChange::Done(store.queue(1).await.unwrap()[0].id)];
    match store.commit(second).await {
        Err(CommitError::NoMailbox(missing)) => assert_eq!(missing, address("nobody@pec.example")),
        other => panic!("{other:?}"),
    }
    assert_eq!(picture(&*store).await, before);
    assert_eq!(store.done(&[once("second")]).await.unwrap(), [false]);
    assert_eq!(store.watch("second", &address(BRUNO)).await.unwrap(), None);
    store.commit(elaboration("second", BRUNO)).await.unwrap();
}

pub(crate) async fn what_was_done_before_is_refused_and_leaves_nothing(engine: &dyn Engine) {
    let store = store(engine).await;
    store.commit(elaboration("first", BRUNO)).await.unwrap();
    let before = picture(&*store).await;
    let mut second = elaboration("second", BRUNO);
    second.once.push(once("first"));
    match store.commit(second).await {
        Err(CommitError::AlreadyDone(key)) => assert_eq!(key, once("first")),
        other => panic!("{other:?}"),
    }
    assert_eq!(picture(&*store).await, before);
    assert_eq!(store.done(&[once("second")]).await.unwrap(), [false]);
}

pub(crate) async fn keys_differ_by_every_part(engine: &dyn Engine) {
    let store = store(engine).await;
    let key = once("id");
    let keys = [
        key.clone(),
        OnceKey { provider: "other".into(), ..key.clone() },
        OnceKey { identifier: "other".into(), ..key.clone() },
        OnceKey { kind: "other".into(), ..key.clone() },
        OnceKey { recipient: BRUNO.into(), ..key.clone() },
    ];
    for (n, key) in keys.iter().enumerate() {
        let expected: Vec<bool> = (0..keys.len()).map(|m| m < n).collect();
        assert_eq!(store.done(&keys).await.unwrap(), expected);
        store.commit(Outcome { once: vec![key.clone()], ..Outcome::default() }).await.unwrap();
    }
    let doubled = Outcome { once: vec![once("new"), once("new")], ..Outcome::default() };
    assert!(matches!(store.commit(doubled).await, Err(CommitError::AlreadyDone(key)) if key == once("new")));
    assert_eq!(store.done(&[]).await.unwrap(), [] as [bool; 0]);
}

pub(crate) async fn of_simultaneous_outcomes_with_one_key_exactly_one_wins(engine: &dyn Engine) {
    let store = store(engine).await;
    let outcome = |n: usize| Outcome {
        once: vec![once("same")],
        evidence: vec![evidence(&n.to_string())],
        ..for_anna(text("x"))
    };
    let ended = join_all((0..40).map(|n| store.commit(outcome(n)))).await;
    let winners: Vec<_> = (0..40).filter(|n| ended[*n].is_ok()).map(|n| n.to_string()).collect();
    assert_eq!(winners.len(), 1);
    let refused =
        |end: &Result<(), CommitError>| matches!(end, Err(CommitError::AlreadyDone(key)) if *key == once("same"));
    assert_eq!(ended.iter().filter(|end| refused(end)).count(), 39);
    assert_eq!(identifiers(&*store).await, winners);
    assert_eq!(inbox(&*store, ANNA).await.len(), 1);
}

pub(crate) async fn one_that_fails_does_not_take_its_neighbours_along(engine: &dyn Engine) {
    let store = store(engine).await;
    let holder = |n: usize| if n % 4 == 1 { "nobody@pec.example" } else { BRUNO };
    let ended = join_all((0..60).map(|n| store.commit(elaboration(&format!("id{n}"), holder(n))))).await;
    for (n, end) in ended.iter().enumerate() {
        assert_eq!(end.is_ok(), n % 4 != 1, "outcome {n}: {end:?}");
    }
    let mut expected: Vec<_> = (0..60).filter(|n| n % 4 != 1).map(|n| format!("id{n}")).collect();
    let mut found = identifiers(&*store).await;
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    assert_eq!((inbox(&*store, ANNA).await.len(), inbox(&*store, BRUNO).await.len()), (45, 45));
}

pub(crate) async fn outcomes_that_arrive_together_share_flushes(engine: &dyn Engine) {
    let store = store(engine).await;
    let before = store.figures().await.unwrap();
    let ended = join_all((0..100).map(|n| store.commit(for_anna(text(&n.to_string()))))).await;
    assert!(ended.iter().all(Result::is_ok));
    let after = store.figures().await.unwrap();
    assert_eq!(after.outcomes - before.outcomes, 100);
    let flushes = after.flushes - before.flushes;
    assert!((1..=50).contains(&flushes), "100 outcomes took {flushes} flushes");
    assert_eq!(inbox(&*store, ANNA).await.len(), 100);
}

pub(crate) async fn an_outcome_that_points_outside_itself_is_refused(engine: &dyn Engine) {
    let store = store(engine).await;
    let deposits = Outcome { deposits: vec![deposit(1, ANNA)], ..for_anna(text("x")) };
    let dispatches = Outcome { dispatches: vec![dispatch(7, &Hop::Local, at(0))], ..for_anna(text("x")) };
    for outcome in [deposits, dispatches] {
        assert!(matches!(store.commit(outcome).await, Err(CommitError::Store(_))));
    }
    assert_eq!(store.figures().await.unwrap().messages, 0);
    assert!(inbox(&*store, ANNA).await.is_empty());
}

pub(crate) async fn what_was_certified_comes_back_and_is_certified_once(engine: &dyn Engine) {
    let store = store(engine).await;
    let outcome = || Outcome { sent: Some(sent("id")), ..Outcome::default() };
    store.commit(outcome()).await.unwrap();
    assert_eq!(store.sent("id").await.unwrap(), Some(sent("id")));
    assert_eq!(store.sent("ID").await.unwrap(), None);
    assert!(store.commit(outcome()).await.is_err());
}
