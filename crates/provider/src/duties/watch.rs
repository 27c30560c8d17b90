//! Looks for recipients of whom nothing was heard, and has the notices of silence made (RFC 6109 §3.1.6).

use std::sync::Arc;
use std::time::Duration;

use futures_util::future;
use pec::Moment;
use store::{Addressee, CommitError, Outcome, Question, StoreError};

use super::engine::Provider;
use crate::points::silence;

/// Recipients settled side by side: their notices are signed on all cores and share the flushes of the store. A peer that
/// was away for twelve hours leaves many due at once.
const LOT: usize = 32;

/// Looks until `stop` becomes true, once a minute: a notice is at most a minute later than its hour.
pub async fn run(provider: Arc<Provider>, mut stop: tokio::sync::watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = look(&provider).await {
            tracing::error!(event = "watch-store-failed", %error);
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(60)) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Settles every recipient who is due now; gives how many.
pub async fn look(provider: &Arc<Provider>) -> Result<usize, StoreError> {
    let mut settled = 0;
    loop {
        let moment = provider.now();
        let due = provider.ledger().due(moment, LOT).await?;
        if due.is_empty() {
            return Ok(settled);
        }
        // Each to its end: what is committed is also counted.
        let ends = future::join_all(due.into_iter().map(|one| settle(provider, one, moment))).await;
        let mut left = 0;
        for end in ends {
            if end? { settled += 1 } else { left += 1 }
        }
        if left > 0 {
            return Ok(settled);
        }
    }
}

/// Settles one recipient; `false`: that cannot be done now, and the next look tells.
async fn settle(provider: &Arc<Provider>, addressee: Addressee, moment: Moment) -> Result<bool, StoreError> {
    let question = Question { sent: Some(addressee.identifier.clone()), ..Question::default() };
    let sent = provider.ledger().ask(question).await?.sent;
    let decided = provider.elaborate(move |context| {
        let elaborated = silence::decide(&addressee, sent.as_ref(), context, moment);
        // Without the notice, where that cannot be kept: nothing is named that does not exist.
        let mut progress = elaborated.outcome.progress.clone();
        progress.iter_mut().for_each(|progress| progress.receipt = None);
        (Some(Box::new(elaborated)), progress)
    });
    // The key is away.
    let Ok((Some(elaborated), progress)) = decided.await else { return Ok(false) };
    match provider.commit(*elaborated, None).await {
        Ok(_) => Ok(true),
        Err(CommitError::Store(error)) => Err(error),
        // A receipt came in this very moment: there is no silence any more. If it was a take-charge, the recipient is still
        // due and the next round decides on it.
        Err(CommitError::Moved { .. }) => Ok(true),
        // Nobody is there to be told; left as it is, the recipient would be due for ever, before all others.
        Err(error) => {
            tracing::error!(event = "notice-without-mailbox", %error);
            match provider.ledger().commit(Outcome { progress, ..Outcome::default() }).await {
                Ok(_) | Err(CommitError::Moved { .. }) => Ok(true),
                Err(CommitError::Store(error)) => Err(error),
                Err(_) => Ok(false),
            }
        }
    }
}
