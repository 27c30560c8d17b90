//! Mailboxes that fill: their holders are told at each level, and of what was refused when there was no room.
//!
//! What is to be told stands in the store since the transaction that filled the mailbox or refused the message, and is taken
//! from there by the one that puts the letter into it: whatever happens in between, it is told, and once.

use std::sync::Arc;
use std::time::Duration;

use store::{CommitError, Fullness, LevelReached, MailboxId, Refusals, StoreError};

use super::engine::Provider;
use crate::context::Context;
use crate::elaboration::Elaborated;
use crate::points::filling;

/// How often it is looked whether anybody is to be told; the provider's own commits have it looked at once.
const LOOK: Duration = Duration::from_secs(60);
/// So long what comes together is waited for.
const TOGETHER: Duration = Duration::from_secs(1);
/// Mailboxes of one page that have reached a level.
const LEVELS: usize = 500;
/// Mailboxes of one page that refused something, fifty rows each.
const REFUSALS: usize = 50;

/// Tells until `stop` becomes true.
pub async fn run(provider: Arc<Provider>, fullness: Arc<dyn Fullness>, mut stop: tokio::sync::watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = tell(&provider, fullness.as_ref()).await {
            tracing::error!(event = "full-mailboxes-not-told", %error);
        }
        let rung = async {
            provider.filled.notified().await;
            tokio::time::sleep(TOGETHER).await;
        };
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = rung => {}
            _ = stop.changed() => {}
        }
    }
}

/// Tells everybody who is to be told now; how many letters that made.
pub async fn tell(provider: &Provider, fullness: &dyn Fullness) -> Result<usize, StoreError> {
    let (mut after, mut told) = (MailboxId(0), 0);
    loop {
        let page = fullness.levels_reached(after, LEVELS).await?;
        let Some(last) = page.last() else { break };
        after = last.mailbox;
        for reached in page {
            told += usize::from(warn(provider, fullness, reached).await?);
        }
    }
    let mut after = MailboxId(0);
    loop {
        let before = provider.now().plus(-filling::GATHERED);
        let page = fullness.refusals(before, after, REFUSALS).await?;
        let Some(last) = page.last() else { return Ok(told) };
        after = last.mailbox;
        for refusals in page {
            told += usize::from(list(provider, refusals).await?);
        }
    }
}

async fn warn(provider: &Provider, fullness: &dyn Fullness, reached: LevelReached) -> Result<bool, StoreError> {
    let moment = provider.now();
    let growth = fullness.growth(reached.mailbox, moment).await?;
    let (mailbox, level) = (reached.address.to_string(), reached.level);
    let told = put(provider, &mailbox, move |context| filling::warn(&reached, growth, context, moment)).await?;
    if told {
        metrics::counter!("sigillo_fullness_letters_total", "about" => "level").increment(1);
        tracing::info!(event = "mailbox-fills", mailbox, level, "a mailbox fills; its holder was told");
    }
    Ok(told)
}

async fn list(provider: &Provider, refusals: Refusals) -> Result<bool, StoreError> {
    let moment = provider.now();
    let (mailbox, count) = (refusals.address.to_string(), refusals.count);
    let told = put(provider, &mailbox, move |context| filling::list(&refusals, context, moment)).await?;
    if told {
        metrics::counter!("sigillo_fullness_letters_total", "about" => "refusals").increment(1);
        tracing::warn!(event = "mailbox-full", mailbox, count, "a full mailbox refused messages; its holder was told");
    }
    Ok(told)
}

/// Puts a letter in its mailbox; `false`: that cannot be done now, and the next look tells.
async fn put(
    provider: &Provider,
    mailbox: &str,
    decide: impl FnOnce(&Context) -> Elaborated + Send + 'static,
) -> Result<bool, StoreError> {
    let decided = provider.elaborate(move |context| (Some(Box::new(decide(context))), ())).await;
    let Ok((Some(elaborated), ())) = decided else { return Ok(false) };
    match provider.commit(*elaborated, None).await {
        Ok(_) => Ok(true),
        Err(CommitError::Store(error)) => Err(error),
        // There is room again, or the mailbox was renamed in this very moment; or somebody else told.
        Err(error) => {
            tracing::info!(event = "full-mailbox-not-told", mailbox, %error);
            Ok(false)
        }
    }
}
