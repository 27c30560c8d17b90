//! The evidence of an administrative act.

use pec::Moment;
use store::{About, Actor, CommitError, Event, Evidence, Ledger, Outcome};

use crate::operator::Operator;
use crate::refused::{Fault, Refused};

/// What was administered.
pub(crate) struct Act {
    /// What it was, in English and without secrets.
    pub what: String,
    /// What it concerns: addresses, names.
    pub concerns: Vec<String>,
    /// The message that it concerns.
    pub about: About,
}

impl Act {
    /// An act that concerns no message.
    pub(crate) fn new(what: impl Into<String>, concerns: impl IntoIterator<Item = String>) -> Self {
        Self { what: what.into(), concerns: concerns.into_iter().collect(), about: About::Nothing }
    }
}

/// Writes that somebody did something. It is done already: where this fails, whoever asked is told both.
pub(crate) async fn record(ledger: &dyn Ledger, now: Moment, who: &Operator, act: Act) -> Result<(), Refused> {
    let what = act.what.clone();
    match written(ledger, now, who, act).await {
        Ok(()) => Ok(()),
        Err(error) => {
            tracing::error!(event = "act-without-evidence", operator = who.name(), what, %error);
            let what = format!("it is done ({what}), but its evidence could not be written: {error}");
            Err(Refused::new(Fault::Unavailable, what))
        }
    }
}

/// Writes that somebody is about to do something: where this fails, nothing is done.
pub(crate) async fn record_first(ledger: &dyn Ledger, now: Moment, who: &Operator, act: Act) -> Result<(), Refused> {
    written(ledger, now, who, act).await.map_err(|error| {
        let what = format!("that this is done cannot be recorded, so nothing is done: {error}");
        Refused::new(Fault::Unavailable, what)
    })
}

async fn written(ledger: &dyn Ledger, now: Moment, who: &Operator, act: Act) -> Result<(), CommitError> {
    let Act { what, concerns, about } = act;
    tracing::info!(event = "administered", operator = who.name(), what, ?concerns);
    let evidence = Evidence {
        at: now,
        event: Event::Administered,
        kind: None,
        about,
        message_id: String::new(),
        provider: String::new(),
        concerns,
        error: Some(what),
        actor: Actor::Operator(who.name().to_owned()),
    };
    ledger.commit(Outcome { evidence: vec![evidence], ..Outcome::default() }).await.map(drop)
}
