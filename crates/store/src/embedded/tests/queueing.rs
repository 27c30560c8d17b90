//! The queue, when it is long.

use super::sql::{Statements, column};
use super::*;
use crate::{Queue as _, QueueQuery};

#[tokio::test(flavor = "multi_thread")]
async fn leases_are_void_after_a_restart() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    store.commit(errand()).await.unwrap();
    assert_eq!(store.lease(&Hop::Local, 5, at(0), at(1000)).await.unwrap().len(), 1);
    drop(store);
    let store = opened(&place).await;
    assert_eq!(store.due_hops(at(0)).await.unwrap(), [Hop::Local]);
    assert_eq!(store.lease(&Hop::Local, 5, at(0), at(1000)).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_to_a_long_queue_never_scan_it() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    let dispatches = (0..2000).map(|_| errand().dispatches.remove(0)).collect();
    store.commit(Outcome { dispatches, ..letter("x") }).await.unwrap();
    for sql in queue::questions() {
        let explained = format!("EXPLAIN QUERY PLAN {sql}");
        let plan = store.write(move |tx| tx.all("explaining", &explained, [], |row| column::<String>(row, 3))).await;
        let plan = plan.unwrap();
        assert!(plan.iter().any(|step| step.contains("INDEX queue_by_hop")), "{sql}: {plan:?}");
        assert!(!plan.iter().any(|step| step.starts_with("SCAN q")), "{sql}: {plan:?}");
        // Sorting is for the hops, which are few, never for the dispatches.
        let sorted = plan.iter().any(|step| step.contains("TEMP B-TREE"));
        assert!(!sorted || plan.iter().any(|step| step.contains("SCAN hops")), "{sql}: {plan:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hop_with_very_many_dispatches_is_woken_and_leased_in_portions() {
    const MANY: usize = 25_000;
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    let mut dispatch = errand().dispatches.remove(0);
    dispatch.at = at(500);
    store.commit(Outcome { dispatches: vec![dispatch; MANY], ..letter("x") }).await.unwrap();
    assert_eq!(store.lease(&Hop::Local, 100, at(0), at(9)).await.unwrap().len(), 0);
    assert_eq!(store.wake(&Hop::Local, at(0)).await.unwrap(), MANY as u64);
    assert_eq!(store.lease(&Hop::Local, 100, at(0), at(9)).await.unwrap().len(), 100);
    assert_eq!(store.by_hop().await.unwrap()[0].dispatches, MANY as u64);
    let page = QueueQuery { limit: 3, ..QueueQuery::default() };
    assert_eq!(store.list(page).await.unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispatch_that_cannot_be_read_does_not_stop_those_behind_it() {
    let place = tempfile::tempdir().unwrap();
    let store = opened(&place).await;
    for _ in 0..3 {
        store.commit(errand()).await.unwrap();
    }
    let spoil = "UPDATE queue SET recipients = 'anna' WHERE id = (SELECT min(id) FROM queue)";
    store.write(move |tx| tx.run("spoiling a dispatch", spoil, []).map(drop)).await.unwrap();
    assert_eq!(store.lease(&Hop::Local, 1, at(0), at(50)).await.unwrap().len(), 0);
    assert_eq!(store.lease(&Hop::Local, 9, at(0), at(50)).await.unwrap().len(), 2);
    assert_eq!(store.next_due().await.unwrap(), Some(at(50)), "it is told again when the leases end");
}
