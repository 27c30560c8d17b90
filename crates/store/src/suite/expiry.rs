//! What ends after its time, and nothing before [R-2.3-b] [R-2.2.4-a].

use pec::Moment;

use super::engine::Engine;
use super::samples::{
    BRUNO, SERVICE, at, certified, deposit, done, evidence, identifiers, once, original, receipt, rows, sent, store,
    subject, text, with_service,
};
use crate::{
    Deposit, Event, EvidenceRow, Expired, ExpiryLimit, Handle, Infected, InfectedQuery, LogId, Outcome, Point,
    SealedHead, Sent, State, Store,
};

/// More than thirty months ago for any clock that runs this.
const LONG_AGO: i64 = 1_400_000_000;

async fn expire(store: &dyn Store, now: Moment, before: Moment, rows: usize) -> Expired {
    store.expire(ExpiryLimit { now, before, rows }).await.unwrap()
}

async fn add_evidence(store: &dyn Store, identifier: &str, seconds: i64) {
    let row = crate::Evidence { at: Moment::from_unix(seconds), ..evidence(identifier) };
    store.commit(Outcome { evidence: vec![row], ..Outcome::default() }).await.unwrap();
}

fn put_away(identifier: &str, seed: u8, until: Moment) -> Outcome {
    let infected = Infected {
        message: Handle(0),
        identifier: identifier.into(),
        at: Moment::from_unix(LONG_AGO),
        virus: "Eicar-Test-Signature".into(),
        point: Point::Access,
        until,
    };
    Outcome {
        messages: vec![receipt(identifier, &original(20_000, seed))],
        infected: vec![infected],
        ..Outcome::default()
    }
}

pub(crate) async fn what_is_younger_than_its_time_stays(engine: &dyn Engine) {
    let store = store(engine).await;
    add_evidence(&*store, "a", LONG_AGO).await;
    add_evidence(&*store, "b", LONG_AGO + 10).await;
    store.commit(put_away("c", 1, Moment::from_unix(LONG_AGO + 10))).await.unwrap();
    let early = Moment::from_unix(LONG_AGO);
    assert_eq!(expire(&*store, early, early, 100).await, Expired::default());
    assert_eq!(identifiers(&*store).await, ["a", "b"]);
}

pub(crate) async fn a_tree_of_evidence_goes_as_a_whole_and_its_end_is_evidence(engine: &dyn Engine) {
    let store = store(engine).await;
    for (identifier, seconds) in [("a", 0), ("b", 5), ("c", 10), ("d", 15), ("e", 20)] {
        add_evidence(&*store, identifier, LONG_AGO + seconds).await;
    }
    let head = async |number, first, closed, seconds| {
        let (log, at) = (LogId(1), Moment::from_unix(LONG_AGO + seconds));
        let (text, signature) = (format!("head {number}").into(), "signature".into());
        let head = SealedHead { log, number, first, size: 2, closed, at, text, signature, stamp: None };
        store.add_head(head, None).await.unwrap();
    };
    head(1, 1, true, 30).await;
    head(2, 3, false, 40).await;
    let early = Moment::from_unix(LONG_AGO + 7);
    assert_eq!(expire(&*store, at(0), early, 9).await.evidence, 0, "it was sealed lately");
    let before = Moment::from_unix(LONG_AGO + 100);
    assert_eq!(expire(&*store, at(0), before, 1).await.evidence, 1);
    assert_eq!(rows(&*store).await.last().unwrap().evidence.event, Event::Emitted, "not yet");
    assert_eq!(expire(&*store, at(0), before, 1).await.evidence, 1);
    assert_eq!(expire(&*store, at(0), before, 9).await.evidence, 0, "the next one grows");
    head(3, 3, true, 50).await;
    assert_eq!(expire(&*store, at(0), before, 9).await.evidence, 2);
    let kept = rows(&*store).await;
    assert_eq!(kept.iter().map(|row| row.number).collect::<Vec<_>>(), [5, 6, 7]);
    let said = |row: &EvidenceRow| (row.evidence.event, row.evidence.at, row.evidence.concerns.join(" "));
    assert_eq!(said(&kept[1]), (Event::Expired, at(0), "1/1".into()));
    assert_eq!(said(&kept[2]), (Event::Expired, at(0), "1/3".into()));
    // printf 'head 1' | openssl dgst -sha256 -binary | openssl base64
    let error = kept[1].evidence.error.as_deref();
    assert_eq!(error, Some("2 rows under head 1 4Rd5bHITRgYvc7+57QFlHOnARFBxLv8UGgnXtBojt+o="));
    assert_eq!(expire(&*store, at(0), before, 9).await.evidence, 1, "what was never sealed goes row by row");
}

pub(crate) async fn evidence_goes_from_its_beginning_and_its_numbers_count_on(engine: &dyn Engine) {
    let store = store(engine).await;
    // The third is younger than the fourth: what comes after it waits for it.
    for (identifier, seconds) in [("a", 0), ("b", 5), ("c", 500), ("d", 7), ("e", 600)] {
        add_evidence(&*store, identifier, LONG_AGO + seconds).await;
    }
    let before = Moment::from_unix(LONG_AGO + 100);
    assert_eq!(expire(&*store, at(0), before, 1).await.evidence, 1);
    assert_eq!(expire(&*store, at(0), before, 100).await.evidence, 1);
    assert_eq!(expire(&*store, at(0), before, 100).await, Expired::default());
    assert_eq!(identifiers(&*store).await, ["c", "d", "e"]);
    let all = Moment::from_unix(LONG_AGO + 1000);
    assert_eq!(expire(&*store, at(0), all, 100).await.evidence, 2, "the last row stays");
    add_evidence(&*store, "f", LONG_AGO + 700).await;
    let rows = rows(&*store).await;
    assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), [5, 6]);
    let known = async |identifier| store.subject(subject(identifier).hash()).await.unwrap().is_some();
    assert!(!known("a").await && !known("d").await, "a subject goes with the last row about it");
    assert!(known("e").await && known("f").await);
}

/// Whatever the caller thinks of time.
pub(crate) async fn what_the_machine_s_clock_says_is_young_stays_and_stops_nothing(engine: &dyn Engine) {
    let store = store(engine).await;
    // Younger than thirty months until long after anybody runs this.
    let young = i64::from(u32::MAX);
    for (identifier, seconds) in [("a", LONG_AGO), ("b", LONG_AGO + 1), ("c", young), ("d", young)] {
        add_evidence(&*store, identifier, seconds).await;
    }
    store.commit(put_away("e", 1, Moment::from_unix(LONG_AGO))).await.unwrap();
    let future = Moment::from_unix(young + 1000);
    let gone = expire(&*store, Moment::from_unix(LONG_AGO + 1), future, 100).await;
    assert_eq!((gone.evidence, gone.infected), (2, 1));
    assert_eq!(identifiers(&*store).await, ["c", "d"]);
}

pub(crate) async fn an_infected_message_goes_with_its_content_when_its_time_ends(engine: &dyn Engine) {
    let store = store(engine).await;
    for (identifier, seed, seconds) in [("a", 1, 10), ("b", 2, 20)] {
        store.commit(put_away(identifier, seed, Moment::from_unix(LONG_AGO + seconds))).await.unwrap();
    }
    let before = store.figures().await.unwrap();
    assert_eq!((before.messages, before.originals), (2, 2));
    let early = Moment::from_unix(0);
    assert_eq!(expire(&*store, Moment::from_unix(LONG_AGO + 15), early, 100).await.infected, 1);
    let after = store.figures().await.unwrap();
    assert_eq!((after.messages, after.originals), (1, 1));
    let left = store.infected(InfectedQuery { limit: 10, ..Default::default() }).await.unwrap();
    assert_eq!(left.iter().map(|row| row.identifier.as_str()).collect::<Vec<_>>(), ["b"]);
}

pub(crate) async fn what_was_noted_to_recognise_repetitions_goes_too(engine: &dyn Engine) {
    let store = store(engine).await;
    let accepted = Sent {
        at: Moment::from_unix(LONG_AGO),
        ..sent("a", &[(BRUNO, State::Accepted, Some(Moment::from_unix(LONG_AGO + 9)))])
    };
    store.commit(Outcome { sent: Some(accepted), once: vec![once("a").into()], ..Outcome::default() }).await.unwrap();
    let now = Moment::from_unix(LONG_AGO + 1);
    assert_eq!(expire(&*store, now, now, 100).await.notes, 1, "what was just noted is young by any clock");
    assert_eq!(certified(&*store, "a").await, None);
    assert_eq!(store.addressees(&"a".into()).await.unwrap(), [], "the fates go with what was certified");
    assert_eq!(store.figures().await.unwrap().awaited, 0);
    assert_eq!(store.subject(subject("a").hash()).await.unwrap(), None);
    assert_eq!(done(&*store, &[once("a")]).await, [true]);
    let future = Moment::from_unix(i64::from(u32::MAX));
    assert_eq!(expire(&*store, now, future, 100).await.notes, 1);
    assert_eq!(done(&*store, &[once("a")]).await, [false]);
}

pub(crate) async fn the_service_mailbox_goes_from_its_beginning(engine: &dyn Engine) {
    let store = with_service(engine).await;
    for seconds in [0, 1, 900] {
        let served = Deposit { at: Moment::from_unix(LONG_AGO + seconds), ..deposit(0, SERVICE) };
        let outcome = Outcome { messages: vec![text("served")], deposits: vec![served], ..Outcome::default() };
        store.commit(outcome).await.unwrap();
    }
    let before = Moment::from_unix(LONG_AGO + 100);
    assert_eq!(expire(&*store, at(0), before, 1).await.service, 1);
    assert_eq!(expire(&*store, at(0), before, 9).await.service, 1);
    assert_eq!(expire(&*store, at(0), before, 9).await, Expired::default());
    assert_eq!(store.service(0, 9).await.unwrap().iter().map(|entry| entry.number).collect::<Vec<_>>(), [3]);
    assert_eq!(store.figures().await.unwrap().messages, 1);
}
