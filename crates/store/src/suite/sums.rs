//! No row is counted twice, and what days came to is kept.

use super::engine::Engine;
use super::samples::{at, store};
use crate::{Beat, LogId, Outage, OutageCause, Sum};

const LOG: LogId = LogId(1);

fn sum(day: &str, what: &str, value: u64) -> Sum {
    Sum { day: day.into(), what: what.into(), value }
}

pub(crate) async fn rows_are_counted_once(engine: &dyn Engine) {
    let store = store(engine).await;
    assert_eq!(store.counted(LOG).await.unwrap(), 0);
    let first = vec![sum("2026-05-28", "a", 3), sum("2026-05-29", "a", 1)];
    store.add_sums(LOG, 0, 10, first.clone()).await.unwrap();
    // Somebody who has not heard of it.
    assert!(store.add_sums(LOG, 0, 10, first).await.is_err());
    store.add_sums(LOG, 10, 12, vec![sum("2026-05-29", "a", 4), sum("2026-05-29", "b", 2)]).await.unwrap();
    store.add_sums(LogId(2), 0, 1, vec![sum("2026-05-29", "a", 1)]).await.unwrap();
    assert_eq!((store.counted(LOG).await.unwrap(), store.counted(LogId(2)).await.unwrap()), (12, 1));
    let all = [sum("2026-05-28", "a", 3), sum("2026-05-29", "a", 6), sum("2026-05-29", "b", 2)];
    assert_eq!(store.sums("2026-05-28", "2026-05-29").await.unwrap(), all);
    assert_eq!(store.sums("2026-05-29", "2026-06-30").await.unwrap(), all[1..]);
    store.put_sums(vec![sum("2026-05-29", "b", 1)]).await.unwrap();
    assert_eq!(store.last_sum("b", "2026-06-30").await.unwrap(), Some(sum("2026-05-29", "b", 1)));
    assert_eq!(store.last_sum("a", "2026-05-28").await.unwrap(), Some(all[0].clone()));
    assert_eq!(store.last_sum("b", "2026-05-28").await.unwrap(), None);
}

pub(crate) async fn times_without_service_are_kept(engine: &dyn Engine) {
    let store = store(engine).await;
    assert_eq!(store.last_beat().await.unwrap(), None);
    let beat = |second, standing: &str| Beat { at: at(second), standing: standing.into() };
    let outage = |began, ended| Outage {
        began: at(began),
        ended: at(ended),
        cause: OutageCause::Incident,
        note: "power".into(),
    };
    store.beat(beat(0, "well"), None).await.unwrap();
    store.beat(beat(600, "well"), Some(outage(0, 600))).await.unwrap();
    store.beat(beat(700, "well"), Some(outage(0, 700))).await.unwrap();
    store.beat(beat(900, "ended"), Some(outage(800, 900))).await.unwrap();
    assert_eq!(store.last_beat().await.unwrap(), Some(beat(900, "ended")));
    assert_eq!(store.outages(at(0), at(1000)).await.unwrap(), [outage(0, 700), outage(800, 900)]);
    assert_eq!(store.outages(at(700), at(1000)).await.unwrap(), [outage(800, 900)]);
    assert_eq!(store.outages(at(0), at(800)).await.unwrap(), [outage(0, 700)]);
}

pub(crate) async fn what_is_hosted_is_counted(engine: &dyn Engine) {
    let store = store(engine).await;
    let (domains, mailboxes) = store.hosted().await.unwrap();
    assert_eq!(mailboxes, store.figures().await.unwrap().mailboxes);
    assert_eq!(domains, store.domains().await.unwrap().len() as u64);
    assert!(store.accepted(vec!["nobody".into()]).await.unwrap().is_empty());
}
