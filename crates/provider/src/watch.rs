//! The watch: what to say when nothing comes (RFC 6109 §3.1.6).

use std::sync::Arc;
use std::time::Duration;

use directory::Record;
use pec::compose::{self, Certified, Silence};
use pec::{Address, Kind, Moment};
use seal::KeyError;
use store::{CommitError, Outcome, Sent, StoreError, Watch, WatchChange};

use crate::notice;
use crate::point::{Knowledge, facts_of, provider_key};
use crate::provider::Provider;

/// Seconds from acceptance to the first notice: twelve hours sharp.
pub const FIRST: i64 = 12 * 3600;
/// Seconds from acceptance to the second notice: within twenty-four hours and not before twenty-two; at twenty-three
/// (Q-21) [R-L-to-2].
pub const SECOND: i64 = 23 * 3600;

/// Looks at the watches until `stop` becomes true, once a minute: a notice is at most a minute later than its hour.
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

/// Settles every watch that is due now; gives how many.
pub async fn look(provider: &Arc<Provider>) -> Result<usize, StoreError> {
    let mut settled = 0;
    loop {
        let moment = provider.now();
        let due = provider.store.due_watches(moment, 256).await?;
        let before = settled;
        for watch in due {
            let sent = provider.store.sent(&watch.identifier).await?;
            let decided = provider.at_desk(move |known| decide(&watch, sent.as_ref(), known, moment)).await;
            // The key is away: the watch stays due, and the next look tells.
            let Ok(outcome) = decided else { return Ok(settled) };
            let silent = Outcome { watches: outcome.watches.clone(), ..Outcome::default() };
            match provider.store.commit(outcome).await {
                Ok(()) => settled += 1,
                Err(CommitError::Store(error)) => return Err(error),
                // A receipt came in this very moment: there is no silence any more. If it was a take-charge, the watch
                // is still due and the next round decides on it.
                Err(CommitError::Moved { .. }) => settled += 1,
                // Nobody is there to be told; left as it is, the watch would be due for ever, before all others.
                Err(error) => {
                    tracing::error!(event = "notice-without-mailbox", %error);
                    match provider.store.commit(silent).await {
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

/// Decides on a watch that is due; after the last notice nothing is watched any more [R-2.1.1-b]. Three scenarios: taken
/// in charge in time, only the second notice [R-3.1.6-c]; delivered after the first, no second [R-3.1.6-d]; nothing, both
/// [R-3.1.6-e].
pub fn decide(watch: &Watch, sent: Option<&Sent>, known: &Knowledge, moment: Moment) -> Result<Outcome, KeyError> {
    let last = moment >= watch.opened.plus(SECOND);
    let due = (!last).then(|| watch.opened.plus(SECOND));
    let mut outcome = Outcome { watches: vec![WatchChange::Told { watch: watch.clone(), due }], ..Outcome::default() };
    let silence = if last { Silence::TwentyFourHours } else { Silence::TwelveHours };
    if !last && watch.taken {
        return Ok(outcome);
    }
    let Some((sent, certified)) = sent.and_then(|sent| Some((sent, facts_of(sent)?))) else {
        // Every watch is opened together with its facts; one without them cannot be told to anybody.
        tracing::error!(
            event = "watch-without-facts",
            identifier = watch.identifier,
            "a watch without the facts of its message was closed"
        );
        return Ok(outcome);
    };
    let emitter = known.identity.emitter_for(&certified.sender);
    let notice = compose::timeout(&emitter, moment, &certified, &watch.recipient, silence, &known.fresh_id(moment));
    notice::give(&notice, &certified, &sent.mailbox, known, &mut outcome)?;
    Ok(outcome)
}

/// The certified recipients that a notification names and its emitter may speak for: only the provider that manages a
/// recipient's domain does. Any other notice is delivered all the same, and moves nothing.
pub fn spoken_for(certified: &Certified, concerns: &[String], known: &Knowledge, emitter: &Record) -> Vec<Address> {
    let speaks_for = |address: &Address| {
        let managed = known.directory.by_domain(address.domain());
        let speaks = managed.is_some_and(|record| provider_key(&record) == provider_key(emitter));
        if !speaks {
            tracing::warn!(event = "spoke-for-another", recipient = %address, provider = emitter.name, "a provider spoke for a recipient of another");
        }
        speaks
    };
    concerns
        .iter()
        .filter_map(|text| Address::parse(text).ok())
        .filter(|address| certified.certifies(address))
        .filter(speaks_for)
        .collect()
}

/// What a notification does to the watches of the recipients it speaks for. A delivery without take-charge is valid and
/// stops everything; so does any non-delivery [R-I-to-1].
pub fn moved_by(kind: Kind, certified: &Certified, recipients: Vec<Address>) -> Vec<WatchChange> {
    let identifier = || certified.identifier.clone();
    let change = |recipient| match kind {
        Kind::TakeCharge => Some(WatchChange::Taken { identifier: identifier(), recipient }),
        Kind::Delivery | Kind::NonDelivery | Kind::VirusDetection | Kind::VirusNonDelivery => {
            Some(WatchChange::Close { identifier: identifier(), recipient })
        }
        _ => None,
    };
    recipients.into_iter().filter_map(change).collect()
}
