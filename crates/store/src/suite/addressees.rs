//! The fate of each recipient.

use super::engine::Engine;
use super::samples::{BRUNO, address, addressee, at, certified, sent, store, subject};
use crate::{About, Actor, Addressee, CommitError, ErrorKind, LateAnswer, Outcome, Progress, Sent, State, Step, Store};

/// A recipient that is no holder of ours.
const CARLA: &str = "Carla@altra.example";

fn step(identifier: &str, recipient: &str, step: Step, seconds: i64) -> Progress {
    Progress {
        about: identifier.into(),
        recipient: address(recipient),
        step,
        at: at(seconds),
        code: None,
        receipt: Some(format!("receipt-{seconds}")),
        due: None,
        seen: None,
    }
}

async fn accept(store: &dyn Store, identifier: &str) {
    let recipients = [(CARLA, State::Accepted, Some(at(100))), (BRUNO, State::Sent, None)];
    store.commit(Outcome { sent: Some(sent(identifier, &recipients)), ..Outcome::default() }).await.unwrap();
}

async fn apply(store: &dyn Store, progress: Progress) {
    store.commit(Outcome { progress: vec![progress], ..Outcome::default() }).await.unwrap();
}

async fn carla(store: &dyn Store) -> Addressee {
    addressee(store, "id", CARLA).await.unwrap()
}

async fn awaited(store: &dyn Store) -> u64 {
    store.figures().await.unwrap().awaited
}

pub(crate) async fn recipients_stand_where_acceptance_put_them(engine: &dyn Engine) {
    let store = store(engine).await;
    accept(&*store, "id").await;
    let expected = Addressee {
        identifier: "id".into(),
        recipient: address(CARLA),
        state: State::Accepted,
        accepted_at: at(0),
        since: at(0),
        taken_at: None,
        warned_at: None,
        code: None,
        receipt: None,
        due: Some(at(100)),
        late: None,
    };
    assert_eq!(addressee(&*store, "id", "carla@ALTRA.example").await, Some(expected.clone()));
    let all = store.addressees(&"id".into()).await.unwrap();
    assert_eq!(all[0], expected);
    let second = all.get(1).map(|second| (second.recipient.as_str(), second.state, second.due));
    assert_eq!(second, Some((BRUNO, State::Sent, None)), "in the order of the envelope");
    assert_eq!(addressee(&*store, "ID", CARLA).await, None);
    assert_eq!(store.addressees(&"other".into()).await.unwrap(), []);
    assert_eq!(awaited(&*store).await, 1);
}

pub(crate) async fn what_was_certified_comes_back_and_is_certified_once(engine: &dyn Engine) {
    let store = store(engine).await;
    let by_user = Sent { by: Actor::User("mario: rossi".into()), ..sent("other", &[]) };
    for sent in [sent("id", &[]), by_user] {
        store.commit(Outcome { sent: Some(sent.clone()), ..Outcome::default() }).await.unwrap();
        assert_eq!(certified(&*store, &sent.identifier).await, Some(sent.clone()));
        assert!(store.commit(Outcome { sent: Some(sent), ..Outcome::default() }).await.is_err());
    }
    assert_eq!(certified(&*store, "ID").await, None);
    let known = Sent { about: About::Known(subject("id").hash()), ..sent("third", &[]) };
    store.commit(Outcome { sent: Some(known), ..Outcome::default() }).await.unwrap();
    assert_eq!(certified(&*store, "third").await.map(|sent| sent.about), Some(About::Subject(subject("id"))));
}

pub(crate) async fn a_recipient_goes_from_acceptance_to_delivery(engine: &dyn Engine) {
    let store = store(engine).await;
    accept(&*store, "id").await;
    apply(&*store, Progress { due: Some(at(200)), ..step("id", CARLA, Step::TakeCharge, 5) }).await;
    let mut expected = carla(&*store).await;
    assert_eq!((expected.state, expected.since, expected.taken_at), (State::TakenInCharge, at(5), Some(at(5))));
    assert_eq!((expected.due, &expected.receipt), (Some(at(200)), &None));

    apply(&*store, step("id", CARLA, Step::Deliver, 9)).await;
    (expected.state, expected.since, expected.due) = (State::Delivered, at(9), None);
    expected.receipt = Some("receipt-9".into());
    assert_eq!(carla(&*store).await, expected);
    assert_eq!(awaited(&*store).await, 0);

    apply(&*store, step("id", CARLA, Step::Deliver, 10)).await;
    assert_eq!(carla(&*store).await, expected, "the same said again changes nothing");
    apply(&*store, step("id", BRUNO, Step::Leave, 11)).await;
    assert_eq!(addressee(&*store, "id", BRUNO).await.map(|bruno| bruno.state), Some(State::Left));
}

pub(crate) async fn why_it_ended_is_kept_and_late_answers_are_noted(engine: &dyn Engine) {
    let store = store(engine).await;
    accept(&*store, "id").await;
    apply(&*store, Progress { code: Some("5.1.1".into()), ..step("id", CARLA, Step::NotDeliver, 5) }).await;
    let mut expected = carla(&*store).await;
    assert_eq!((expected.state, expected.code.as_deref()), (State::NotDelivered, Some("5.1.1")));
    for (late, seconds) in [(Step::Deliver, 7), (Step::FindVirus, 8)] {
        apply(&*store, step("id", CARLA, late, seconds)).await;
        expected.late = Some(LateAnswer { step: late, at: at(seconds), receipt: Some(format!("receipt-{seconds}")) });
        assert_eq!(carla(&*store).await, expected, "the fate is sealed; the last answer stands beside it");
    }
}

pub(crate) async fn a_take_charge_that_is_overtaken_still_leaves_its_hour(engine: &dyn Engine) {
    let store = store(engine).await;
    accept(&*store, "id").await;
    apply(&*store, step("id", CARLA, Step::Deliver, 5)).await;
    for seconds in [6, 7] {
        apply(&*store, step("id", CARLA, Step::TakeCharge, seconds)).await;
    }
    let carla = carla(&*store).await;
    assert_eq!((carla.state, carla.since, carla.taken_at, carla.late), (State::Delivered, at(5), Some(at(6)), None));
}

pub(crate) async fn deadlines_move_and_leave_their_marks(engine: &dyn Engine) {
    let store = store(engine).await;
    accept(&*store, "id").await;
    apply(&*store, Progress { due: Some(at(150)), ..step("id", CARLA, Step::Warn, 100) }).await;
    let warned = carla(&*store).await;
    assert_eq!((warned.state, warned.warned_at, warned.due), (State::Accepted, Some(at(100)), Some(at(150))));
    apply(&*store, step("id", CARLA, Step::TakeCharge, 120)).await;
    assert_eq!(carla(&*store).await.due, Some(at(150)), "a take-charge alone moves no deadline");
    apply(&*store, Progress { due: Some(at(200)), ..step("id", CARLA, Step::Wait, 150) }).await;
    let waiting = carla(&*store).await;
    assert_eq!((waiting.state, waiting.warned_at, waiting.due), (State::TakenInCharge, Some(at(100)), Some(at(200))));
    apply(&*store, step("id", CARLA, Step::Expire, 200)).await;
    let expired = carla(&*store).await;
    assert_eq!((expired.state, expired.since, expired.due), (State::Expired, at(200), None));
}

pub(crate) async fn recipients_fall_due_oldest_first(engine: &dyn Engine) {
    let store = store(engine).await;
    let messages: [(&str, &[(&str, i64)]); 3] =
        [("late", &[(BRUNO, 30)]), ("early", &[(BRUNO, 10), (CARLA, 20)]), ("never", &[(BRUNO, 99)])];
    for (identifier, recipients) in messages {
        let recipients: Vec<_> =
            recipients.iter().map(|(recipient, due)| (*recipient, State::Accepted, Some(at(*due)))).collect();
        store.commit(Outcome { sent: Some(sent(identifier, &recipients)), ..Outcome::default() }).await.unwrap();
    }
    let due = async |seconds, limit| {
        let due = store.due(at(seconds), limit).await.unwrap();
        due.into_iter().map(|one| format!("{} {}", one.identifier, one.recipient)).collect::<Vec<_>>()
    };
    assert_eq!(due(9, 10).await, [""; 0]);
    assert_eq!(due(20, 10).await, [format!("early {BRUNO}"), format!("early {CARLA}")]);
    assert_eq!(due(30, 1).await, [format!("early {BRUNO}")]);
    apply(&*store, Progress { due: Some(at(60)), ..step("early", BRUNO, Step::Warn, 30) }).await;
    apply(&*store, step("early", CARLA, Step::Deliver, 30)).await;
    assert_eq!(due(60, 10).await, [format!("late {BRUNO}"), format!("early {BRUNO}")]);
}

pub(crate) async fn who_moved_in_between_is_not_told(engine: &dyn Engine) {
    let store = store(engine).await;
    accept(&*store, "id").await;
    let seen = Box::new(carla(&*store).await);
    let notice = || Outcome {
        progress: vec![Progress { seen: Some(seen.clone()), ..step("id", CARLA, Step::Expire, 100) }],
        sent: Some(sent("notice", &[])),
        ..Outcome::default()
    };
    // A take-charge, another's notice, a receipt: each may come between the decision and its commit.
    let between = [
        step("id", CARLA, Step::TakeCharge, 50),
        Progress { due: Some(at(150)), ..step("id", CARLA, Step::Wait, 60) },
        step("id", CARLA, Step::Deliver, 70),
    ];
    for progress in between {
        apply(&*store, progress).await;
        match store.commit(notice()).await {
            Err(CommitError::Moved { identifier, recipient }) => {
                assert_eq!((&*identifier, recipient), ("id", address(CARLA)));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(certified(&*store, "notice").await, None);
    }
    accept(&*store, "again").await;
    let seen = addressee(&*store, "again", CARLA).await.map(Box::new);
    apply(&*store, Progress { seen, ..step("again", CARLA, Step::Expire, 100) }).await;
    assert_eq!(addressee(&*store, "again", CARLA).await.map(|carla| carla.state), Some(State::Expired));
}

pub(crate) async fn what_cannot_happen_to_a_recipient_fails_as_a_fault_of_ours(engine: &dyn Engine) {
    let store = store(engine).await;
    accept(&*store, "id").await;
    for (recipient, wrong) in [(CARLA, Step::Leave), (BRUNO, Step::Deliver), (BRUNO, Step::Warn)] {
        let outcome = Outcome {
            progress: vec![step("id", recipient, wrong, 1)],
            sent: Some(sent("other", &[])),
            ..Outcome::default()
        };
        match store.commit(outcome).await {
            Err(CommitError::Store(error)) => assert_eq!(error.kind, ErrorKind::Bug, "{error}"),
            other => panic!("{recipient} {wrong:?}: {other:?}"),
        }
        assert_eq!(certified(&*store, "other").await, None);
    }
}

pub(crate) async fn of_what_was_not_accepted_here_nothing_is_noted(engine: &dyn Engine) {
    let store = store(engine).await;
    accept(&*store, "id").await;
    apply(&*store, step("other", CARLA, Step::Deliver, 1)).await;
    apply(&*store, step("id", "nobody@altra.example", Step::Deliver, 1)).await;
    assert_eq!(addressee(&*store, "other", CARLA).await, None);
    assert_eq!(store.addressees(&"id".into()).await.unwrap().len(), 2);
}
