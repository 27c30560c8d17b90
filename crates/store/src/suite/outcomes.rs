//! An Outcome is committed whole or not at all, once, and shares its flush.

use futures_util::future::join_all;
use pec::ProviderKey;

use super::engine::Engine;
use super::samples::{
    ANNA, BRUNO, address, addressee, at, certified, deposit, dispatch, done, evidence, folders, for_anna, identifiers,
    inbox, once, original, queue, receipt, store, text,
};
use crate::{
    CommitError, Committed, DepositIn, Done, Event, Evidence, Handle, Hop, Keeping, OnceKey, OnceKind, OnceNote,
    Outcome, Question, QueueChange, State, Store,
};

/// One of everything, for the recipient's mailbox given.
fn elaboration(identifier: &str, holder: &str) -> Outcome {
    Outcome {
        once: vec![once(identifier).into()],
        contradictions: vec![],
        sent: Some(super::samples::sent(identifier, &[(BRUNO, State::Accepted, Some(at(43_200)))])),
        messages: vec![receipt("envelope", &original(10_000, 9)), text("acceptance")],
        deposits: vec![deposit(1, ANNA), deposit(0, holder)],
        sent_copy: None,
        dispatches: vec![dispatch(0, &Hop::Local, at(0))],
        queue: vec![],
        progress: vec![],
        evidence: vec![evidence(identifier)],
        kept: vec![Keeping { message: Handle(1), since: at(0), whole: true }],
        infected: vec![],
        refused: vec![],
        told: vec![],
    }
}

/// What a failed Outcome must not have changed.
async fn picture(store: &dyn Store) -> impl PartialEq + std::fmt::Debug + use<> {
    let mut figures = store.figures().await.unwrap();
    figures.flushes = 0;
    figures.disk_free = None;
    // The index follows when it comes to it.
    figures.search = crate::IndexFigures::default();
    let boxes = store.mailboxes(None, 100).await.unwrap();
    let folders = folders(store, ANNA).await;
    let queue = queue(store).await.iter().map(|item| (item.id, item.attempts)).collect::<Vec<_>>();
    (figures, boxes, folders, queue, identifiers(store).await, certified(store, "second").await)
}

pub(crate) async fn an_outcome_is_there_whole_when_commit_returns(engine: &dyn Engine) {
    let store = store(engine).await;
    let committed = store.commit(elaboration("id", BRUNO)).await.unwrap();
    assert_eq!(done(&*store, &[once("id"), once("other")]).await, [true, false]);
    assert_eq!(certified(&*store, "id").await.map(|sent| sent.data), Some("<postacert/>".into()));
    let entries = [&inbox(&*store, ANNA).await[0], &inbox(&*store, BRUNO).await[0]].map(Clone::clone);
    assert_eq!(store.read(entries[0].message).await.unwrap().unwrap().to_bytes(), "acceptance");
    let queue = queue(&*store).await;
    assert_eq!(queue.len(), 1);
    assert_eq!(entries[1].message, queue[0].message);
    assert_eq!(addressee(&*store, "id", BRUNO).await.and_then(|bruno| bruno.due), Some(at(43_200)));
    assert_eq!(identifiers(&*store).await, ["id"]);

    let Committed { deposits, dispatches, sent_copy, fills: _ } = committed;
    assert_eq!(sent_copy, None);
    assert_eq!(dispatches, [queue[0].id]);
    for ((deposited, entry), holder) in deposits.into_iter().zip(&entries).zip([ANNA, BRUNO]) {
        let deposited = deposited.unwrap();
        assert_eq!((deposited.uid, deposited.modseq, deposited.message), (entry.uid, entry.modseq, entry.message));
        assert_eq!(deposited.folder, folders(&*store, holder).await[0].id);
    }
}

pub(crate) async fn one_question_is_answered_from_one_view(engine: &dyn Engine) {
    let store = store(engine).await;
    store.commit(elaboration("id", BRUNO)).await.unwrap();
    let question = Question {
        once: vec![once("other").into(), once("id").into()],
        mailboxes: ["bruno@PEC.example", "nobody@pec.example", ANNA].map(address).to_vec(),
        sent: Some("id".into()),
        addressees: vec![("id".into(), address(ANNA)), ("id".into(), address(BRUNO))],
    };
    let known = store.ask(question).await.unwrap();
    assert_eq!(known.done, [Done::Not, Done::So]);
    let names = known.mailboxes.iter().map(|mailbox| mailbox.as_ref().map(|mailbox| mailbox.address.as_str()));
    assert_eq!(names.collect::<Vec<_>>(), [Some(BRUNO), None, Some(ANNA)]);
    assert!(known.sent.is_some_and(|sent| sent.addressees.is_empty()));
    let states = known.addressees.iter().map(|addressee| addressee.as_ref().map(|addressee| addressee.state));
    assert_eq!(states.collect::<Vec<_>>(), [None, Some(State::Accepted)]);
    assert!(known.anybody);
    let nothing = store.ask(Question::default()).await.unwrap();
    assert!(nothing.done.is_empty() && nothing.mailboxes.is_empty() && nothing.sent.is_none());
}

pub(crate) async fn an_empty_store_knows_that_it_knows_nobody(engine: &dyn Engine) {
    let store = engine.open("store").await;
    assert!(!store.ask(Question::default()).await.unwrap().anybody);
    let service = crate::NewMailbox { service: true, ..super::samples::mailbox(BRUNO, None) };
    store.create_mailbox(service).await.unwrap();
    assert!(!store.ask(Question::default()).await.unwrap().anybody, "the service mailbox is no holder");
    store.create_mailbox(super::samples::mailbox("Postmaster@pec.example", None)).await.unwrap();
    assert!(!store.ask(Question::default()).await.unwrap().anybody, "nor is the operator");
    store.create_mailbox(super::samples::mailbox(ANNA, None)).await.unwrap();
    assert!(store.ask(Question::default()).await.unwrap().anybody);
}

pub(crate) async fn an_outcome_without_its_mailbox_leaves_nothing(engine: &dyn Engine) {
    let store = store(engine).await;
    store.commit(elaboration("first", BRUNO)).await.unwrap();
    let before = picture(&*store).await;
    let mut second = elaboration("second", "nobody@pec.example");
    second.deposits.insert(0, deposit(0, ANNA));
    second.deposits[0].folder = DepositIn::Folder("New".into());
    second.queue = vec![QueueChange::Done(queue(&*store).await[0].id)];
    match store.commit(second).await {
        Err(CommitError::NoMailbox(missing)) => assert_eq!(missing, address("nobody@pec.example")),
        other => panic!("{other:?}"),
    }
    assert_eq!(picture(&*store).await, before);
    assert_eq!(done(&*store, &[once("second")]).await, [false]);
    assert_eq!(addressee(&*store, "second", BRUNO).await, None);
    store.commit(elaboration("second", BRUNO)).await.unwrap();
}

pub(crate) async fn what_was_done_before_is_refused_and_leaves_nothing(engine: &dyn Engine) {
    let store = store(engine).await;
    store.commit(elaboration("first", BRUNO)).await.unwrap();
    let before = picture(&*store).await;
    let mut second = elaboration("second", BRUNO);
    second.once.push(once("first").into());
    match store.commit(second).await {
        Err(CommitError::AlreadyDone(key)) => assert_eq!(key, once("first")),
        other => panic!("{other:?}"),
    }
    assert_eq!(picture(&*store).await, before);
    assert_eq!(done(&*store, &[once("second")]).await, [false]);
}

pub(crate) async fn keys_differ_by_every_part(engine: &dyn Engine) {
    let store = store(engine).await;
    let key = once("id");
    let keys = [
        key.clone(),
        OnceKey { provider: Some(ProviderKey::primary("other")), ..key.clone() },
        OnceKey { provider: Some(ProviderKey { name: "other".into(), unit: Some("unit".into()) }), ..key.clone() },
        OnceKey { provider: None, ..key.clone() },
        OnceKey { identifier: "other".into(), ..key.clone() },
        OnceKey { kind: OnceKind::Ordinary, ..key.clone() },
        OnceKey { kind: OnceKind::Silence("other".into()), ..key.clone() },
        OnceKey { recipient: BRUNO.into(), ..key.clone() },
    ];
    for (n, key) in keys.iter().enumerate() {
        let expected: Vec<bool> = (0..keys.len()).map(|m| m < n).collect();
        assert_eq!(done(&*store, &keys).await, expected);
        store.commit(Outcome { once: vec![key.clone().into()], ..Outcome::default() }).await.unwrap();
    }
    let doubled = Outcome { once: vec![once("new").into(), once("new").into()], ..Outcome::default() };
    assert!(matches!(store.commit(doubled).await, Err(CommitError::AlreadyDone(key)) if key == once("new")));
    assert_eq!(done(&*store, &[]).await, [] as [bool; 0]);
}

pub(crate) async fn what_was_done_with_other_signed_octets_is_told_and_noted_once(engine: &dyn Engine) {
    let store = store(engine).await;
    let with = |octet| OnceNote { key: once("id"), signed: Some([octet; 32]) };
    let standing = async |octet| {
        let question = Question { once: vec![with(octet)], ..Question::default() };
        store.ask(question).await.unwrap().done
    };
    assert_eq!(standing(1).await, [Done::Not]);
    store.commit(Outcome { once: vec![with(1)], ..Outcome::default() }).await.unwrap();
    assert_eq!((standing(1).await, standing(2).await), (vec![Done::So], vec![Done::Otherwise([1; 32])]));
    // It is done, whatever the octets.
    let again = Outcome { once: vec![with(2)], ..Outcome::default() };
    assert!(matches!(store.commit(again).await, Err(CommitError::AlreadyDone(key)) if key == once("id")));
    // A contradiction is a fact of its own, and once.
    let contradicts = |octet| Outcome {
        contradictions: vec![with(octet)],
        evidence: vec![Evidence { event: Event::Contradicted, ..evidence("id") }],
        ..Outcome::default()
    };
    store.commit(contradicts(2)).await.unwrap();
    assert!(matches!(store.commit(contradicts(2)).await, Err(CommitError::AlreadyDone(_))));
    assert_eq!((standing(1).await, standing(2).await), (vec![Done::So], vec![Done::So]));
    assert_eq!(standing(3).await, [Done::Otherwise([1; 32])], "the first, not the contradiction");
    assert_eq!(identifiers(&*store).await, ["id"]);
}

pub(crate) async fn of_simultaneous_outcomes_with_one_key_exactly_one_wins(engine: &dyn Engine) {
    let store = store(engine).await;
    let outcome = |n: usize| Outcome {
        once: vec![once("same").into()],
        evidence: vec![evidence(&n.to_string())],
        ..for_anna(text("x"))
    };
    let ended = join_all((0..40).map(|n| store.commit(outcome(n)))).await;
    let winners: Vec<_> = (0..40).filter(|n| ended[*n].is_ok()).map(|n| n.to_string()).collect();
    assert_eq!(winners.len(), 1);
    let refused = |end: &Result<Committed, CommitError>| matches!(end, Err(CommitError::AlreadyDone(key)) if *key == once("same"));
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

pub(crate) async fn a_deposit_within_quota_never_passes_it(engine: &dyn Engine) {
    let store = store(engine).await;
    let quota = crate::MailboxChange { quota: Some(10), ..Default::default() };
    store.change_mailbox(&address(ANNA), quota).await.unwrap();
    let letter = |octets: usize, counts| {
        let mut outcome = for_anna(text(&"x".repeat(octets)));
        (outcome.deposits[0].within_quota, outcome.deposits[0].counts) = (true, counts);
        outcome.once = vec![once("within").into()];
        outcome
    };
    match store.commit(letter(11, true)).await {
        Err(CommitError::MailboxFull(full)) => assert_eq!(full, address(ANNA)),
        other => panic!("{other:?}"),
    }
    assert_eq!(done(&*store, &[once("within")]).await, [false]);
    store.commit(letter(10, true)).await.unwrap();
    let receipt = Outcome { once: vec![], ..letter(99, false) };
    store.commit(receipt).await.unwrap();
    let anna = store.mailbox(&address(ANNA)).await.unwrap().unwrap();
    assert_eq!((anna.counted, anna.used), (10, 109), "receipts do not count");
}

pub(crate) async fn one_commit_is_one_message_however_many_have_it(engine: &dyn Engine) {
    let store = store(engine).await;
    let mut outcome = for_anna(text("to both"));
    outcome.deposits.push(deposit(0, BRUNO));
    let added = outcome.add(text("nobody wants it"));
    assert_eq!(added, Handle(1));
    store.commit(outcome).await.unwrap();
    assert_eq!(store.figures().await.unwrap().messages, 1);
    assert_eq!(inbox(&*store, ANNA).await[0].message, inbox(&*store, BRUNO).await[0].message);
}
