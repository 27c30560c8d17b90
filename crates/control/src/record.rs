//! The evidence of an administrative act.

use pec::Moment;
use store::{About, Actor, Event, Evidence, Ledger, Outcome};

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
    tracing::info!(event = "administered", operator = who.name(), what = act.what, concerns = ?act.concerns);
    let what = act.what.clone();
    let evidence = Evidence {
        at: now,
        event: Event::Administered,
        kind: None,
        about: act.about,
        message_id: String::new(),
        provider: String::new(),
        concerns: act.concerns,
        error: Some(act.what),
        actor: Actor::Operator(who.name().to_owned()),
    };
    let outcome = Outcome { evidence: vec![evidence], ..Outcome::default() };
    match ledger.commit(outcome).await {
        Ok(_) => Ok(()),
        Err(error) => {
            tracing::error!(event = "act-without-evidence", operator = who.name(), what, %error);
            let what = format!("it is done ({what}), but its evidence could not be written: {error}");
            Err(Refused::new(Fault::Unavailable, what))
        }
    }
}
