//! A message under the name of one that was done before, which says something else: an envelope whose signed octets are
//! others, a notification that certifies other facts (`once`: a second notice that differs in its instant alone is none).
//!
//! An identifier names one message in the whole network [R-2.2.1-a], and every notice speaks of its message by that name
//! [R-4.4-d]. What was certified under it stands, so what comes later has no effect, and is answered as what was done: an
//! anomaly envelope or a refusal would have the sender's provider tell its holder, under the same name, the contrary of what
//! was certified (a refusal becomes a non-delivery, Q-09). But only who holds the signer's key can make such a message: a
//! stolen key, or a provider that uses an identifier twice. So it leaves a row of evidence, and the operator is told.

use std::collections::BTreeSet;

use pec::compose::Certified;
use pec::{Kind, Moment, Pieces};
use store::{About, Actor, Event, Sent};

use crate::context::{Context, provider_key};
use crate::elaboration::{Elaborated, Elaboration, Remark, Row, subject};
use crate::points::delivery;
use crate::points::finding::{Arrival, Certificated, Contradiction, Facts};

/// What is recorded of a message in which nothing is left to do.
pub(super) fn alone(
    arrival: &Arrival,
    found: &Certificated,
    facts: Facts,
    context: &Context,
    moment: Moment,
) -> Elaborated {
    let Certificated { pec, certified, .. } = found;
    let about = match pec.kind {
        // Its own subject: it may name another sender, other recipients, another original than the first.
        Kind::TransportEnvelope => subject(certified, original(arrival, found)),
        _ => about(facts.sent.as_ref(), certified),
    };
    let mut to = Elaboration::new(context, moment, about, Actor::Peer);
    record(&mut to, found, facts.contradictions);
    to.finish()
}

/// About a message of ours the rows of a notification name the subject that was written when it was accepted.
pub(super) fn about(sent: Option<&Sent>, certified: &Certified) -> About {
    sent.map_or_else(|| subject(certified, None), |sent| sent.about.clone())
}

fn original(arrival: &Arrival, found: &Certificated) -> Option<[u8; 32]> {
    let pieces = Pieces::split(&arrival.message, found.pec.original.clone());
    delivery::shared_in(&pieces).map(|original| *original.sha256())
}

/// Adds the row, the notes that keep it from being written again, and what is to be said; nothing when there are none.
pub(super) fn record(to: &mut Elaboration<'_>, found: &Certificated, contradictions: Vec<Contradiction>) {
    let Certificated { record, pec, certified: Certified { identifier, .. }, .. } = found;
    let Some(Contradiction { note, first }) = contradictions.first() else { return };
    let (signed, first) = (note.signed.map(hex::encode).unwrap_or_default(), hex::encode(first));
    let what = if pec.kind == Kind::TransportEnvelope { "signed entity" } else { "certified facts" };
    // Several of them where recipients got their messages in several transactions.
    let others = contradictions.iter().map(|one| one.first).collect::<BTreeSet<_>>().len() - 1;
    let others = if others > 0 { format!(" and {others} more") } else { String::new() };
    let recipients: Vec<String> = contradictions.iter().map(|one| one.note.key.recipient.clone()).collect();
    let recipients: Vec<String> = recipients.into_iter().filter(|recipient| !recipient.is_empty()).collect();
    to.record(Row {
        event: Event::Contradicted,
        kind: Some(pec.kind),
        message_id: pec.message_id.as_deref().unwrap_or_default(),
        provider: &record.name,
        concerns: recipients.clone(),
        error: Some(format!("{what} SHA-256 {signed}; done before with {first}{others}")),
    });
    to.remarks.push(Remark::Contradicted {
        signer: provider_key(record),
        kind: pec.kind,
        identifier: identifier.as_str().into(),
        recipients,
        signed,
        first,
    });
    to.outcome.contradictions.extend(contradictions.into_iter().map(|one| one.note));
}
