//! What ends when the law no longer asks for it: infected messages [R-2.2.4-a], evidence [R-2.3-b], and the notes by which
//! repetitions are recognised.

use std::sync::Arc;
use std::time::Duration;

use store::{Expired, ExpiryLimit, StoreError};

use crate::provider::Provider;

/// Months of the calendar for which an infected message is kept, and evidence at least [R-2.2.4-a] [R-2.3-b].
pub const MONTHS: u16 = 30;
/// Rows of each kind that go in one transaction, so that nobody waits long behind it.
const ROWS: usize = 500;

/// Removes, once an hour until `stop` becomes true, what is older than `months` (no fewer than [`MONTHS`]).
pub async fn run(provider: Arc<Provider>, months: u16, mut stop: tokio::sync::watch::Receiver<bool>) {
    while !*stop.borrow() {
        match sweep(&provider, months, &stop).await {
            Ok(gone) if gone.any() => tracing::info!(
                event = "expired",
                evidence = gone.evidence,
                infected = gone.infected,
                notes = gone.notes,
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

/// Removes everything that is too old now, in small transactions; gives what went.
pub async fn sweep(
    provider: &Arc<Provider>,
    months: u16,
    stop: &tokio::sync::watch::Receiver<bool>,
) -> Result<Expired, StoreError> {
    let now = provider.now();
    let before = now.minus_months(months.max(MONTHS));
    let mut gone = Expired::default();
    while !*stop.borrow() {
        let lot = provider.store.expire(ExpiryLimit { now, before, rows: ROWS }).await?;
        if !lot.any() {
            break;
        }
        gone.evidence += lot.evidence;
        gone.infected += lot.infected;
        gone.notes += lot.notes;
    }
    Ok(gone)
}
