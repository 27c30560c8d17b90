//! Evidence is only ever added [R-2.3-a] [R-2.3-b].

use futures_util::future::join_all;
use pec::Kind;

use super::Engine;
use super::samples::{at, deposit, evidence, identifiers, store, text};
use crate::{Event, Evidence, EvidenceQuery, Outcome};

pub(crate) async fn evidence_comes_back_as_written(engine: &dyn Engine) {
    let store = store(engine).await;
    let full = Evidence {
        at: at(7),
        event: Event::RelayFailed,
        kind: Some(Kind::TransportEnvelope),
        identifier: "id".into(),
        message_id: "<a@b>".into(),
        client_id: Some("<client@host>".into()),
        sender: "\"a b\"@pec.example".into(),
        recipients: vec!["uno@x.example".into(), "two\nlines, \"quoted\"".into(), String::new()],
        subject: "Oggetto «è» \0 \u{1F512}".into(),
        provider: "Gestore S.p.A.".into(),
        concerns: vec!["uno@x.example".into()],
        error: Some("550 5.1.1 no".into()),
    };
    let mut bare = evidence("other");
    (bare.kind, bare.recipients) = (None, vec![]);
    let all = vec![full, bare];
    store.commit(Outcome { evidence: all.clone(), ..Outcome::default() }).await.unwrap();
    let rows = store.evidence(EvidenceQuery { limit: 10, ..EvidenceQuery::default() }).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(rows.into_iter().map(|row| row.evidence).collect::<Vec<_>>(), all);
}

pub(crate) async fn numbers_ascend_without_gaps_whatever_fails_in_between(engine: &dyn Engine) {
    let store = store(engine).await;
    let outcome = |n: usize| Outcome {
        evidence: vec![evidence(&format!("a{n}")), evidence(&format!("b{n}"))],
        messages: vec![text("x")],
        deposits: vec![deposit(0, if n.is_multiple_of(3) { "nobody@pec.example" } else { "bruno@pec.example" })],
        ..Outcome::default()
    };
    let ended = join_all((0..30).map(|n| store.commit(outcome(n)))).await;
    assert_eq!(ended.iter().filter(|ended| ended.is_ok()).count(), 20);
    let rows = store.evidence(EvidenceQuery { limit: 100, ..EvidenceQuery::default() }).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), (1..=40).collect::<Vec<_>>());
    for pair in rows.chunks(2) {
        assert_eq!(pair[0].evidence.identifier.replace('a', "b"), pair[1].evidence.identifier);
    }
}

pub(crate) async fn evidence_is_found_by_identifier_and_read_on_from_a_number(engine: &dyn Engine) {
    let store = store(engine).await;
    let all = ["one", "two", "one", "three", "one"].map(evidence).to_vec();
    store.commit(Outcome { evidence: all, ..Outcome::default() }).await.unwrap();
    let numbers = async |after, identifier: Option<&str>, limit| {
        let query = EvidenceQuery { after, identifier: identifier.map(str::to_owned), kind: None, limit };
        store.evidence(query).await.unwrap().into_iter().map(|row| row.number).collect::<Vec<_>>()
    };
    assert_eq!(numbers(0, Some("one"), 10).await, [1, 3, 5]);
    assert_eq!(numbers(1, Some("one"), 1).await, [3]);
    assert_eq!(numbers(2, None, 2).await, [3, 4]);
    assert_eq!(numbers(5, None, 10).await, [] as [u64; 0]);
    assert_eq!(numbers(0, Some("One"), 10).await, [] as [u64; 0]);
    assert_eq!(numbers(0, None, 0).await, [] as [u64; 0]);
    assert_eq!(identifiers(&*store).await.len(), 5);
    let kind = async |kind| {
        let query = EvidenceQuery { kind: Some(kind), limit: 2, ..EvidenceQuery::default() };
        store.evidence(query).await.unwrap().len()
    };
    assert_eq!((kind(Kind::Acceptance).await, kind(Kind::Delivery).await), (2, 0));
}
