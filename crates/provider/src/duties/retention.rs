//! What ends when the law no longer asks for it: infected messages [R-2.2.4-a], evidence [R-2.3-b], and the notes by which
//! repetitions are recognised; what is kept of certified mail; the access history of mailboxes. Files that nothing refers to are swept too.

use std::sync::Arc;
use std::time::Duration;

use pec::Moment;
use store::{Accesses, Expired, ExpiryLimit, StoreError, Upkeep};

use crate::context::Clock;
use crate::points::quarantine::MONTHS;

/// Rows of each kind that go in one transaction, so that nobody waits long behind it.
const ROWS: usize = 500;

/// Removes, once an hour until `stop` becomes true, what is older than `months` (no fewer than [`MONTHS`]).
pub async fn run(
    store: Arc<dyn Upkeep>,
    clock: Arc<dyn Clock>,
    months: u16,
    mut stop: tokio::sync::watch::Receiver<bool>,
) {
    while !*stop.borrow() {
        if let Err(error) = store.sweep().await {
            tracing::error!(event = "sweep-failed", %error);
        }
        match expire(store.as_ref(), clock.now(), months, &stop).await {
            Ok(gone) if gone.any() => tracing::info!(
                event = "expired",
                evidence = gone.evidence,
                infected = gone.infected,
                notes = gone.notes,
                service = gone.service,
                kept = gone.kept,
                months
            ),
            Ok(_) => {}
            Err(error) => tracing::error!(event = "expiry-store-failed", %error),
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(3600)) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Removes, once an hour until `stop` becomes true, what the access history of mailboxes has of so many months ago.
pub async fn forget_accesses(
    accesses: Arc<dyn Accesses>,
    clock: Arc<dyn Clock>,
    months: u16,
    mut stop: tokio::sync::watch::Receiver<bool>,
) {
    while !*stop.borrow() {
        let before = clock.now().minus_months(months);
        let mut gone = 0;
        while !*stop.borrow() {
            match accesses.expire_accesses(before, ROWS).await {
                Ok(0) => break,
                Ok(lot) => gone += lot,
                Err(error) => {
                    tracing::error!(event = "expiry-store-failed", %error);
                    break;
                }
            }
        }
        if gone > 0 {
            tracing::info!(event = "expired", accesses = gone, months);
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(3600)) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Removes everything that is too old at `now`, in small transactions; gives what went.
pub async fn expire(
    store: &dyn Upkeep,
    now: Moment,
    months: u16,
    stop: &tokio::sync::watch::Receiver<bool>,
) -> Result<Expired, StoreError> {
    let before = now.minus_months(months.max(MONTHS));
    let mut gone = Expired::default();
    while !*stop.borrow() {
        let lot = store.expire(ExpiryLimit { now, before, rows: ROWS }).await?;
        if !lot.any() {
            break;
        }
        gone.evidence += lot.evidence;
        gone.infected += lot.infected;
        gone.notes += lot.notes;
        gone.service += lot.service;
        gone.kept += lot.kept;
    }
    Ok(gone)
}
