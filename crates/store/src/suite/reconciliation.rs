//! What reconciliation keeps.

use super::engine::Engine;
use super::samples::{at, store};
use crate::{Discrepancy, DiscrepancyQuery, LogId, Reconciled, Store, Wrong};

fn wrong(whom: &str, reason: &'static str) -> Wrong {
    Wrong { whom: whom.into(), reason, what: format!("{reason} of {whom}") }
}

async fn all(store: &dyn Store) -> Vec<Discrepancy> {
    store.discrepancies(DiscrepancyQuery { limit: 100, ..DiscrepancyQuery::default() }).await.unwrap()
}

pub(crate) async fn what_is_wrong_stays_until_it_is_judged_otherwise(engine: &dyn Engine) {
    let store = store(engine).await;
    assert_eq!(store.reconciled().await.unwrap(), []);
    let piece = |next, one: Vec<Wrong>, rows: Vec<Wrong>| Reconciled {
        next: Some((LogId(1), next)),
        messages: vec![("one".into(), one), ("other".into(), vec![wrong("", "late")])],
        rows,
    };
    let first = piece(5, vec![wrong("bob@x", "twice"), wrong("", "late")], vec![wrong("1/3", "missing")]);
    let fresh = store.keep_reconciled(first, at(0)).await.unwrap();
    assert_eq!(store.reconciled().await.unwrap(), [(LogId(1), 5)]);
    let found = all(&*store).await;
    let names = |found: &[Discrepancy]| -> Vec<String> {
        let name = |one: &Discrepancy| format!("{:?} {} {}", one.identifier.as_deref(), one.whom, one.reason);
        found.iter().map(name).collect()
    };
    let expected = ["Some(\"one\") bob@x twice", "Some(\"one\")  late", "Some(\"other\")  late", "None 1/3 missing"];
    assert_eq!(names(&found), expected);
    assert_eq!(fresh, found);
    assert_eq!((&*found[0].what, found[0].found, found[0].acknowledged), ("twice of bob@x", at(0), None));
    assert_eq!(
        store.unacknowledged().await.unwrap(),
        [("late".into(), 2), ("missing".into(), 1), ("twice".into(), 1)].into()
    );
    assert_eq!(store.acknowledge_discrepancies(Some("one".into()), at(9)).await.unwrap(), 2);
    assert_eq!(store.unacknowledged().await.unwrap(), [("late".into(), 1), ("missing".into(), 1)].into());
    // Judged again: what is still so keeps its hour and who knows of it, what is not goes, what is new comes.
    let again = piece(7, vec![wrong("", "late"), wrong("", "lost")], vec![wrong("1/3", "missing")]);
    let fresh = store.keep_reconciled(again, at(20)).await.unwrap();
    let found = all(&*store).await;
    assert_eq!(fresh, found[3..]);
    assert_eq!(names(&found), [expected[1], expected[2], expected[3], "Some(\"one\")  lost"]);
    assert_eq!((found[0].found, found[0].acknowledged), (at(0), Some(at(9))));
    assert_eq!((found[3].found, found[3].acknowledged), (at(20), None));
    let page = DiscrepancyQuery { after: found[0].number, limit: 2, ..DiscrepancyQuery::default() };
    assert_eq!(store.discrepancies(page).await.unwrap(), found[1..3]);
    let about = DiscrepancyQuery { identifier: Some("one".into()), limit: 9, ..DiscrepancyQuery::default() };
    assert_eq!(names(&store.discrepancies(about).await.unwrap()), [expected[1], "Some(\"one\")  lost"]);
    assert_eq!(store.acknowledge_discrepancies(None, at(30)).await.unwrap(), 3);
    assert!(store.unacknowledged().await.unwrap().is_empty());
}
