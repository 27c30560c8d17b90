//! Dispatches: what is due, who holds it, what became of it.

use std::collections::HashSet;

use futures_util::future::join_all;
use pec::{Kind, ProviderKey, ReversePath};

use super::engine::Engine;
use super::samples::{ANNA, address, at, dispatch, evidence, queue, store, subject, text, to_carry};
use crate::{About, Hop, HopFigures, Outcome, QueueChange, QueueId, QueueItem, QueueQuery, Store};

fn provider(name: &str) -> Hop {
    Hop::Provider(ProviderKey::primary(name))
}

fn ids(items: &[QueueItem]) -> Vec<QueueId> {
    items.iter().map(|item| item.id).collect()
}

async fn change(store: &dyn Store, change: QueueChange) {
    store.commit(Outcome { queue: vec![change], ..Outcome::default() }).await.unwrap();
}

pub(crate) async fn a_dispatch_comes_back_as_it_was_queued(engine: &dyn Engine) {
    let store = store(engine).await;
    let unit = Hop::Provider(ProviderKey { name: "Ente".into(), unit: Some("".into()) });
    let hops = [Hop::Local, provider("Ente: \"uno\"/Unità"), Hop::Ordinary("example.com".into()), provider(""), unit];
    for (n, hop) in (0..).zip(&hops) {
        let mut one = dispatch(0, hop, at(n));
        if n == 1 {
            (one.path, one.kind) = (ReversePath::Null, None);
            one.recipients = vec![address("\"a b\"@x.example"), address("C@x.example")];
        }
        if n == 2 {
            one.about = About::Subject(subject("about"));
        }
        let messages = vec![text(&n.to_string())];
        store.commit(Outcome { messages, dispatches: vec![one], ..Outcome::default() }).await.unwrap();
    }
    let queue = queue(&*store).await;
    assert_eq!(queue.iter().map(|item| item.hop.clone()).collect::<Vec<_>>(), hops);
    assert_eq!(queue.iter().map(|item| item.size).collect::<Vec<_>>(), [1; 5]);
    let about = queue.iter().map(|item| item.about).collect::<Vec<_>>();
    assert_eq!(about, [None, None, Some(subject("about").hash()), None, None]);
    assert!(queue.iter().all(|item| !item.leased && item.failed_by.is_none() && item.due == item.created));

    let leased = store.lease(&hops[1], 10, at(1), at(60)).await.unwrap();
    assert_eq!(ids(&leased), [queue[1].id]);
    assert!(leased[0].leased && super::samples::queue(&*store).await[1].leased);
    let item = &leased[0];
    assert_eq!((&item.path, item.kind), (&ReversePath::Null, None));
    let recipients: Vec<_> = item.recipients.iter().map(|recipient| recipient.as_str()).collect();
    assert_eq!(recipients, ["\"a b\"@x.example", "C@x.example"]);
    assert_eq!((item.attempts, item.created, item.expires), (0, at(1), at(86_401)));
    assert_eq!(item.last_error, None);
    assert_eq!(&*item.identifier, "opec1.20241205113030.1@pec.example");
    assert_eq!(store.read(item.message).await.unwrap().unwrap().to_bytes(), "1");
    assert_eq!((&queue[0].path, queue[0].kind), (&ReversePath::Address(address(ANNA)), Some(Kind::TransportEnvelope)));
}

pub(crate) async fn a_leased_dispatch_is_nobody_elses_until_the_lease_ends(engine: &dyn Engine) {
    let store = store(engine).await;
    for _ in 0..3 {
        store.commit(to_carry(&Hop::Local, at(0))).await.unwrap();
    }
    let all = ids(&queue(&*store).await);
    assert_eq!(ids(&store.lease(&Hop::Local, 2, at(0), at(60)).await.unwrap()), all[..2]);
    assert_eq!(ids(&store.lease(&Hop::Local, 2, at(1), at(90)).await.unwrap()), all[2..]);
    assert_eq!(ids(&store.lease(&Hop::Local, 2, at(59), at(120)).await.unwrap()), []);
    assert_eq!(ids(&store.lease(&provider("other"), 2, at(99), at(120)).await.unwrap()), []);
    assert_eq!(ids(&store.lease(&Hop::Local, 9, at(60), at(120)).await.unwrap()), all[..2]);
    assert_eq!(queue(&*store).await.len(), 3);
}

pub(crate) async fn the_longest_waiting_are_leased_first(engine: &dyn Engine) {
    let store = store(engine).await;
    for seconds in [5, 3, 9, 3] {
        store.commit(to_carry(&Hop::Local, at(seconds))).await.unwrap();
    }
    let all = ids(&queue(&*store).await);
    assert_eq!(ids(&store.lease(&Hop::Local, 2, at(8), at(60)).await.unwrap()), [all[1], all[3]]);
    assert_eq!(ids(&store.lease(&Hop::Local, 2, at(8), at(60)).await.unwrap()), [all[0]]);
    assert_eq!(ids(&store.lease(&Hop::Local, 0, at(9), at(60)).await.unwrap()), []);
    assert_eq!(ids(&store.lease(&Hop::Local, 2, at(9), at(60)).await.unwrap()), [all[2]]);
}

pub(crate) async fn a_retry_waits_until_it_is_due(engine: &dyn Engine) {
    let store = store(engine).await;
    store.commit(to_carry(&Hop::Local, at(0))).await.unwrap();
    let id = store.lease(&Hop::Local, 1, at(0), at(1000)).await.unwrap()[0].id;
    let retry = |due, attempted| QueueChange::Retry {
        id,
        due,
        recipients: vec![address("remains@x.example")],
        error: "451 4.7.1 later".into(),
        attempted,
    };
    change(&*store, retry(at(300), true)).await;
    assert_eq!(store.next_due().await.unwrap(), Some(at(300)));
    assert_eq!(store.due_hops(at(299)).await.unwrap(), []);
    assert_eq!(ids(&store.lease(&Hop::Local, 1, at(299), at(1000)).await.unwrap()), []);
    let item = store.lease(&Hop::Local, 1, at(300), at(1000)).await.unwrap().remove(0);
    assert_eq!((item.id, item.attempts), (id, 1));
    assert_eq!(item.recipients, [address("remains@x.example")]);
    assert_eq!(item.last_error.as_deref(), Some("451 4.7.1 later"));
    assert_eq!((item.created, item.expires), (at(0), at(86_400)));

    change(&*store, retry(at(400), false)).await;
    assert_eq!(store.lease(&Hop::Local, 1, at(400), at(1000)).await.unwrap()[0].attempts, 1);
}

pub(crate) async fn a_finished_dispatch_is_gone_and_finishing_it_again_harms_nobody(engine: &dyn Engine) {
    let store = store(engine).await;
    store.commit(to_carry(&Hop::Local, at(0))).await.unwrap();
    let first = queue(&*store).await[0].id;
    change(&*store, QueueChange::Done(first)).await;
    assert!(queue(&*store).await.is_empty());
    store.commit(to_carry(&Hop::Local, at(0))).await.unwrap();
    change(&*store, QueueChange::Done(first)).await;
    let again = QueueChange::Retry { id: first, due: at(9), recipients: vec![], error: "x".into(), attempted: true };
    change(&*store, again).await;
    let left = queue(&*store).await;
    assert_eq!(left.len(), 1);
    assert!(left[0].id > first && left[0].attempts == 0);
}

pub(crate) async fn hops_are_due_when_something_can_be_taken(engine: &dyn Engine) {
    let store = store(engine).await;
    assert_eq!(store.next_due().await.unwrap(), None);
    assert_eq!(store.due_hops(at(0)).await.unwrap(), []);
    for (hop, seconds) in [(provider("B"), 20), (provider("A"), 10), (Hop::Local, 30), (provider("A"), 0)] {
        store.commit(to_carry(&hop, at(seconds))).await.unwrap();
    }
    assert_eq!(store.next_due().await.unwrap(), Some(at(0)));
    assert_eq!(store.due_hops(at(0)).await.unwrap(), [provider("A")]);
    assert_eq!(store.due_hops(at(25)).await.unwrap(), [provider("A"), provider("B")]);
    assert_eq!(store.due_hops(at(30)).await.unwrap().len(), 3);

    store.lease(&provider("A"), 10, at(25), at(100)).await.unwrap();
    assert_eq!(store.due_hops(at(25)).await.unwrap(), [provider("B")]);
    assert_eq!(store.next_due().await.unwrap(), Some(at(20)));
    assert!(store.due_hops(at(100)).await.unwrap().contains(&provider("A")));
    store.lease(&provider("B"), 10, at(30), at(100)).await.unwrap();
    store.lease(&Hop::Local, 10, at(30), at(90)).await.unwrap();
    assert_eq!(store.due_hops(at(89)).await.unwrap(), []);
    assert!(store.next_due().await.unwrap().is_none_or(|next| next == at(90)), "at the earliest when a lease ends");
}

pub(crate) async fn simultaneous_leases_never_overlap(engine: &dyn Engine) {
    let store = store(engine).await;
    let outcome = Outcome {
        messages: vec![text("to many")],
        dispatches: (0..100).map(|_| dispatch(0, &Hop::Local, at(0))).collect(),
        ..Outcome::default()
    };
    store.commit(outcome).await.unwrap();
    let leases = join_all((0..30).map(|_| store.lease(&Hop::Local, 5, at(0), at(60)))).await;
    let taken: Vec<QueueId> = leases.into_iter().flat_map(|items| ids(&items.unwrap())).collect();
    assert_eq!(taken.len(), 100);
    assert_eq!(taken.iter().collect::<HashSet<_>>().len(), 100);
}

pub(crate) async fn a_lease_that_is_given_back_leaves_the_dispatch_as_it_was(engine: &dyn Engine) {
    let store = store(engine).await;
    store.commit(to_carry(&Hop::Local, at(0))).await.unwrap();
    let id = store.lease(&Hop::Local, 1, at(0), at(1000)).await.unwrap()[0].id;
    store.release(&[id, QueueId(99)], at(50)).await.unwrap();
    let item = queue(&*store).await.remove(0);
    assert_eq!((item.leased, item.due, item.attempts, item.last_error), (false, at(50), 0, None));
    assert_eq!(store.next_due().await.unwrap(), Some(at(50)));
    assert_eq!(ids(&store.lease(&Hop::Local, 1, at(50), at(1000)).await.unwrap()), [id]);
}

pub(crate) async fn a_hop_that_answers_again_is_woken_whole(engine: &dyn Engine) {
    let store = store(engine).await;
    for (hop, seconds) in [("A", 0), ("A", 500), ("A", 900), ("B", 700)] {
        store.commit(to_carry(&provider(hop), at(seconds))).await.unwrap();
    }
    store.lease(&provider("A"), 1, at(0), at(800)).await.unwrap();
    assert_eq!(store.wake(&provider("A"), at(10)).await.unwrap(), 2, "what is under way is left alone");
    assert_eq!(store.lease(&provider("A"), 9, at(10), at(800)).await.unwrap().len(), 2);
    assert_eq!(store.wake(&provider("A"), at(10)).await.unwrap(), 0);
    assert_eq!(store.due_hops(at(10)).await.unwrap(), []);
}

pub(crate) async fn operators_see_the_queue_by_hop_and_by_message(engine: &dyn Engine) {
    let store = store(engine).await;
    for (hop, seconds) in [(provider("B"), 20), (provider("A"), 10), (provider("B"), 5)] {
        store.commit(to_carry(&hop, at(seconds))).await.unwrap();
    }
    let mut other = to_carry(&Hop::Local, at(30));
    other.dispatches[0].identifier = "other".into();
    store.commit(other).await.unwrap();
    let all = queue(&*store).await;
    let retry =
        QueueChange::Retry { id: all[2].id, due: at(99), recipients: vec![], error: "451".into(), attempted: true };
    change(&*store, retry).await;

    let figures = |hop: Hop, dispatches, seconds, last_error: Option<&str>| HopFigures {
        hop,
        dispatches,
        oldest: at(seconds),
        last_error: last_error.map(str::to_owned),
    };
    let expected = [
        figures(provider("B"), 2, 5, Some("451")),
        figures(provider("A"), 1, 10, None),
        figures(Hop::Local, 1, 30, None),
    ];
    assert_eq!(store.by_hop().await.unwrap(), expected);
    let found = async |query: QueueQuery| ids(&store.list(query).await.unwrap());
    let all = ids(&all);
    let query = QueueQuery { limit: 10, ..QueueQuery::default() };
    assert_eq!(found(QueueQuery { hop: Some(provider("B")), ..query.clone() }).await, [all[0], all[2]]);
    assert_eq!(found(QueueQuery { identifier: Some("other".into()), ..query.clone() }).await, [all[3]]);
    assert_eq!(found(QueueQuery { after: Some(all[1]), limit: 1, ..query }).await, [all[2]]);
}

pub(crate) async fn an_operator_retries_and_fails_a_dispatch(engine: &dyn Engine) {
    let store = store(engine).await;
    for seconds in [500, 600] {
        store.commit(to_carry(&Hop::Local, at(seconds))).await.unwrap();
    }
    let all = ids(&queue(&*store).await);
    assert!(store.retry(all[0], at(5)).await.unwrap());
    assert_eq!(ids(&store.lease(&Hop::Local, 9, at(5), at(100)).await.unwrap()), [all[0]]);

    assert!(store.fail(all[1], "the operator wants it", at(6)).await.unwrap());
    let failed = store.lease(&Hop::Local, 9, at(6), at(100)).await.unwrap().remove(0);
    assert_eq!((failed.id, failed.failed_by.as_deref()), (all[1], Some("the operator wants it")));
    // Given back for later, it is still the first to be had.
    store.release(&[all[1]], at(900)).await.unwrap();
    assert_eq!(ids(&store.lease(&Hop::Local, 1, at(6), at(100)).await.unwrap()), [all[1]]);
    // What is under way is not taken away, and is not postponed either.
    assert!(store.fail(all[0], "too late", at(7)).await.unwrap());
    assert_eq!(store.lease(&Hop::Local, 9, at(7), at(100)).await.unwrap().len(), 0);
    let retry =
        QueueChange::Retry { id: all[0], due: at(999), recipients: vec![], error: "451".into(), attempted: true };
    change(&*store, retry).await;
    assert_eq!(ids(&store.lease(&Hop::Local, 9, at(8), at(100)).await.unwrap()), [all[0]]);
    for missing in [store.retry(QueueId(99), at(0)).await, store.fail(QueueId(99), "x", at(0)).await] {
        assert!(!missing.unwrap());
    }
}

pub(crate) async fn a_dispatch_names_the_subject_that_its_evidence_will_be_about(engine: &dyn Engine) {
    let store = store(engine).await;
    let mut outcome = to_carry(&Hop::Local, at(0));
    outcome.dispatches[0].about = About::Subject(subject("id"));
    store.commit(outcome).await.unwrap();
    let about = About::Known(store.lease(&Hop::Local, 1, at(0), at(9)).await.unwrap()[0].about.unwrap());
    let relayed = crate::Evidence { about, ..evidence("id") };
    store.commit(Outcome { evidence: vec![relayed], ..Outcome::default() }).await.unwrap();
    assert_eq!(super::samples::identifiers(&*store).await, ["id"]);
}
