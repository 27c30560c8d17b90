//! On what is read of certified mail: who reads it is on record before he reads.

use pec::Identifier;
use store::{About, Actor, Event, Evidence, EvidenceQuery, Outcome};

use crate::act::hold::REASON;
use crate::act::identifier::identifier;
use crate::control::{Control, Out};
use crate::item::Item;
use crate::operator::Operator;
use crate::refused::{Fault, Refused};
use crate::request::DisclosureRequest;

/// Writes one row for each message, all in one commit.
pub(crate) async fn record(
    control: &Control,
    request: DisclosureRequest,
    who: &Operator,
    out: &Out,
) -> Result<(), Refused> {
    let DisclosureRequest { identifiers, what, reason } = request;
    if identifiers.is_empty() || identifiers.len() > DisclosureRequest::MOST {
        return Err(Refused::request(format!("expected 1 to {} messages", DisclosureRequest::MOST)));
    }
    if reason.as_ref().is_some_and(|reason| reason.len() > REASON) {
        return Err(Refused::request(format!("a reason has at most {REASON} octets")));
    }
    let (at, actor) = (control.now(), Actor::Operator(who.name().to_owned()));
    let act = match reason {
        Some(reason) => format!("message {}: {reason}", what.name()),
        None => format!("message {}", what.name()),
    };
    let mut evidence = Vec::with_capacity(identifiers.len());
    for text in &identifiers {
        let identifier = identifier(text)?;
        evidence.push(Evidence {
            at,
            event: Event::Administered,
            kind: None,
            about: about(control, &identifier).await?,
            message_id: String::new(),
            provider: String::new(),
            concerns: vec![identifier.to_string()],
            error: Some(act.clone()),
            actor: actor.clone(),
        });
    }
    tracing::info!(event = "administered", operator = who.name(), what = act, messages = identifiers.len());
    let outcome = Outcome { evidence, ..Outcome::default() };
    if let Err(error) = control.faces.ledger.commit(outcome).await {
        let what = format!("that somebody reads this cannot be recorded, so nothing is read: {error}");
        return Err(Refused::new(Fault::Unavailable, what));
    }
    out.send(Item::done(format!("recorded: {act}"))).await
}

/// The subject of a message that is known, so that its own history tells who read it.
async fn about(control: &Control, identifier: &Identifier) -> Result<About, Refused> {
    let query = EvidenceQuery { identifier: Some(identifier.clone()), limit: 1, ..EvidenceQuery::default() };
    let first = control.faces.evidence.rows(query).await?.into_iter().next();
    Ok(first.and_then(Result::ok).and_then(|row| row.evidence.about.hash()).map_or(About::Nothing, About::Known))
}
