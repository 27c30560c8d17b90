//! Evidence is only ever added [R-2.3-a] [R-2.3-b].

use std::collections::HashSet;

use futures_util::future::join_all;
use pec::{Kind, RecipientType};
use proof::{Salt, tree};

use super::engine::Engine;
use super::samples::{about, at, deposit, evidence, identifiers, rows, store, subject, text};
use crate::evidence::canonical;
use crate::{
    About, Actor, CommitError, Event, Evidence, EvidenceQuery, Leaf, LogId, Named, Outcome, SharedSubject, Store,
    Subject,
};

async fn write(store: &dyn Store, evidence: Vec<Evidence>) {
    store.commit(Outcome { evidence, ..Outcome::default() }).await.unwrap();
}

pub(crate) async fn evidence_comes_back_as_written(engine: &dyn Engine) {
    let store = store(engine).await;
    let whole = SharedSubject::new(Subject {
        identifier: "id".into(),
        sender: "\"a b\"@pec.example".into(),
        recipients: vec![
            Named { address: "uno@x.example".into(), kind: Some(RecipientType::Certified) },
            Named { address: "two\nlines, \"quoted\"".into(), kind: Some(RecipientType::Ordinary) },
            Named { address: String::new(), kind: None },
        ],
        subject: "Oggetto «è» \0 \u{1F512}".into(),
        client_id: Some("<client@host>".into()),
        original: Some([7; 32]),
    });
    let full = Evidence {
        at: at(7),
        event: Event::RelayFailed,
        kind: Some(Kind::TransportEnvelope),
        about: About::Subject(whole),
        message_id: "a@b".into(),
        provider: "Gestore S.p.A.".into(),
        concerns: vec!["uno@x.example".into()],
        error: Some("550 5.1.1 no".into()),
        actor: Actor::Peer,
    };
    let bare = Evidence { kind: None, actor: Actor::User("mario".into()), ..evidence("other") };
    let act = Evidence {
        event: Event::Administered,
        about: About::Nothing,
        actor: Actor::Operator("root".into()),
        ..evidence("")
    };
    let all = vec![full, bare, act];
    write(&*store, all.clone()).await;
    let rows = rows(&*store).await;
    assert_eq!(rows.iter().map(|row| (row.log, row.number)).collect::<Vec<_>>(), [1, 2, 3].map(|n| (LogId(1), n)));
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
    let rows = rows(&*store).await;
    assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), (1..=40).collect::<Vec<_>>());
    for pair in rows.chunks(2) {
        assert_eq!(about(&pair[0]).replace('a', "b"), about(&pair[1]));
    }
    assert_eq!(store.logs().await.unwrap(), [(LogId(1), 40)]);
}

pub(crate) async fn evidence_is_found_by_what_it_is_about_and_read_on_from_a_number(engine: &dyn Engine) {
    let store = store(engine).await;
    let mut all = ["one", "two", "one", "three", "one"].map(evidence).to_vec();
    all[3].event = Event::Deposited;
    write(&*store, all).await;
    let found = async |query: EvidenceQuery| {
        store.rows(query).await.unwrap().into_iter().map(|row| row.unwrap().number).collect::<Vec<_>>()
    };
    let query = |after, identifier: Option<&str>, limit| EvidenceQuery {
        after,
        identifier: identifier.map(Into::into),
        limit,
        ..EvidenceQuery::default()
    };
    assert_eq!(found(query(0, Some("one"), 10)).await, [1, 3, 5]);
    assert_eq!(found(query(1, Some("one"), 1)).await, [3]);
    assert_eq!(found(query(2, None, 2)).await, [3, 4]);
    assert_eq!(found(query(5, None, 10)).await, [] as [u64; 0]);
    assert_eq!(found(query(0, Some("One"), 10)).await, [] as [u64; 0]);
    assert_eq!(found(query(0, None, 0)).await, [] as [u64; 0]);
    assert_eq!(found(EvidenceQuery { kind: Some(Kind::Acceptance), ..query(0, None, 2) }).await, [1, 2]);
    assert_eq!(found(EvidenceQuery { kind: Some(Kind::Delivery), ..query(0, None, 2) }).await, [] as [u64; 0]);
    assert_eq!(found(EvidenceQuery { event: Some(Event::Deposited), ..query(0, None, 9) }).await, [4]);
    assert_eq!(found(EvidenceQuery { log: Some(LogId(1)), ..query(3, None, 9) }).await, [4, 5]);
    assert_eq!(found(EvidenceQuery { log: Some(LogId(2)), ..query(0, None, 9) }).await, [] as [u64; 0]);
}

pub(crate) async fn a_subject_is_kept_once_and_named_by_its_hash(engine: &dyn Engine) {
    let store = store(engine).await;
    write(&*store, vec![evidence("id"), evidence("id")]).await;
    let named = Evidence { about: About::Known(subject("id").hash()), ..evidence("id") };
    write(&*store, vec![named.clone(), evidence("id")]).await;
    assert_eq!(identifiers(&*store).await, ["id"; 4]);
    let bytes = store.subject(subject("id").hash()).await.unwrap();
    assert_eq!(bytes.as_ref(), Some(subject("id").canonical()));
    assert_eq!(store.subject(subject("other").hash()).await.unwrap(), None);

    let unknown = Evidence { about: About::Known(subject("other").hash()), ..named };
    let refused = store.commit(Outcome { evidence: vec![unknown], ..Outcome::default() }).await;
    assert!(matches!(refused, Err(CommitError::Store(_))), "{refused:?}");
    assert_eq!(identifiers(&*store).await.len(), 4);
}

pub(crate) async fn leaves_are_the_canonical_bytes(engine: &dyn Engine) {
    let store = store(engine).await;
    let all = ["one", "two", "three"].map(evidence);
    write(&*store, all.to_vec()).await;
    let leaves = store.leaves(LogId(1), 2, 10).await.unwrap();
    let salts = leaves.iter().map(|leaf| canonical::read_evidence(&leaf.canonical).unwrap().1);
    let expected: Vec<_> = (2..)
        .zip(all[1..].iter().zip(salts))
        .map(|(number, (row, salt))| Leaf { number, at: row.at, canonical: canonical::evidence(row, salt).into() })
        .collect();
    assert_eq!(leaves, expected);
    assert_eq!(store.leaves(LogId(1), 2, 10).await.unwrap(), expected, "no row is laid out twice");
    assert_eq!(store.leaves(LogId(1), 1, 1).await.unwrap().len(), 1);
    assert_eq!(store.leaves(LogId(2), 1, 10).await.unwrap(), []);
}

/// Who knows all of a row but its salt, even those of the rows around it, cannot tell whether it is the one under a leaf.
pub(crate) async fn rows_alike_in_everything_have_leaves_that_nobody_guesses(engine: &dyn Engine) {
    const ROWS: usize = 40;
    let store = store(engine).await;
    // In one commit, and in others.
    write(&*store, vec![evidence("id"); ROWS - 2]).await;
    write(&*store, vec![evidence("id")]).await;
    write(&*store, vec![evidence("id")]).await;
    let leaves = store.leaves(LogId(1), 1, ROWS).await.unwrap();
    let salts: Vec<Salt> = leaves.iter().map(|leaf| canonical::read_evidence(&leaf.canonical).unwrap().1).collect();
    let published: HashSet<_> = leaves.iter().map(|leaf| tree::leaf(&leaf.canonical)).collect();
    assert_eq!((salts.iter().collect::<HashSet<_>>().len(), published.len()), (ROWS, ROWS));
    let (last, known) = salts.split_last().unwrap();
    let hidden = tree::leaf(&leaves[ROWS - 1].canonical);
    let guess = |salt: &Salt| tree::leaf(&canonical::evidence(&evidence("id"), *salt));
    assert_eq!(guess(last), hidden, "everything else is known");
    assert!(known.iter().chain([&Salt([0; Salt::OCTETS])]).all(|salt| guess(salt) != hidden));
    // Each octet is drawn.
    for at in 0..Salt::OCTETS {
        assert!(salts.iter().map(|salt| salt.0[at]).collect::<HashSet<_>>().len() > 5, "octet {at}");
    }
}
