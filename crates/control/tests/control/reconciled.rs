//! What is not as it must be is listed until it is settled, and told until it is acknowledged.

use std::sync::atomic::Ordering;

use control::{Item, ReconcileRequest, Request};
use pec::Moment;
use store::{Reconciled, Reconciliation, Wrong};

use crate::bench::{Bench, NOW};

fn ask(request: ReconcileRequest) -> Request {
    Request::Reconcile(request)
}

#[tokio::test]
async fn discrepancies_are_listed_with_their_reasons_and_acknowledged_by_somebody() {
    let bench = Bench::new().await;
    let list = || ask(ReconcileRequest::List { identifier: None });
    assert_eq!(bench.lines(list()).await, ["there are no discrepancies"]);
    assert_eq!(bench.told.reconciled.load(Ordering::Relaxed), 1, "the provider looks first");
    let wrong = |whom: &str, reason| Wrong { whom: whom.into(), reason, what: "several outcomes".into() };
    let piece = Reconciled {
        next: None,
        messages: vec![
            ("1@alfa.example".into(), vec![wrong("bob@beta.example", "two-outcomes")]),
            ("2@alfa.example".into(), vec![wrong("", "late")]),
        ],
        rows: vec![wrong("1/17", "missing-row")],
    };
    let at = Moment::from_unix(NOW - 60);
    bench.store.keep_reconciled(piece, at).await.unwrap();
    let known = Moment::from_unix(NOW);
    let expected = [
        format!("message 1@alfa.example to bob@beta.example: two-outcomes: several outcomes; found {at}"),
        format!("message 2@alfa.example: late: several outcomes; found {at}"),
        format!("row 1/17: missing-row: several outcomes; found {at}"),
    ];
    assert_eq!(bench.lines(list()).await, expected);
    let one = Some("<1@alfa.example>".to_owned());
    bench.ask(ask(ReconcileRequest::Acknowledge { identifier: one.clone() })).await.unwrap();
    assert_eq!(bench.acts().await, ["olga: reconcile acknowledge: 1 discrepancies [1@alfa.example]"]);
    let lines = bench.lines(ask(ReconcileRequest::List { identifier: one })).await;
    assert_eq!(lines, [format!("{}, acknowledged {known}", expected[0])]);
    let items = bench.ask(ask(ReconcileRequest::Acknowledge { identifier: None })).await.unwrap();
    assert!(matches!(&items[..], [Item::Done(done)] if done.what.starts_with("2 discrepancies")), "{items:?}");
    let refused = bench.refused(ask(ReconcileRequest::List { identifier: Some(" ".into()) })).await;
    assert!(refused.contains("PEC identifier"), "{refused}");
}
