//! Looks for recipients of whom nothing was heard, and has the notices of silence made (RFC 6109 §3.1.6).

use std::sync::Arc;
use std::time::Duration;

use store::{CommitError, Outcome, Question, StoreError};

use super::engine::Provider;
use crate::points::silence;

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
        let due = provider.ledger().due(moment, 256).await?;
        let before = settled;
        for addressee in due {
            let question = Question { sent: Some(addressee.identifier.clone()), ..Question::default() };
            let sent = provider.ledger().ask(question).await?.sent;
            let decided = provider.elaborate(move |context| {
                let elaborated = silence::decide(&addressee, sent.as_ref(), context, moment);
                let mut progress = elaborated.outcome.progress.clone();
                progress.iter_mut().for_each(|progress| progress.receipt = None);
                (Some(Box::new(elaborated)), progress)
            });
            // The key is away: the recipient stays due, and the next look tells.
            let Ok((Some(elaborated), progress)) = decided.await else { return Ok(settled) };
            match provider.commit(*elaborated, None).await {
                Ok(_) => settled += 1,
                Err(CommitError::Store(error)) => return Err(error),
                // A receipt came in this very moment: there is no silence any more. If it was a take-charge, the recipient
                // is still due and the next round decides on it.
                Err(CommitError::Moved { .. }) => settled += 1,
                // Nobody is there to be told; left as it is, the recipient would be due for ever, before all others.
                Err(error) => {
                    tracing::error!(event = "notice-without-mailbox", %error);
                    // The notice is not, and nothing names it.
                    match provider.ledger().commit(Outcome { progress, ..Outcome::default() }).await {
                        Err(CommitError::Store(error)) => return Err(error),
                        _ => settled += 1,
                    }
                }
            }
        }
        if settled == before {
            return Ok(settled);
        }
    }
}
