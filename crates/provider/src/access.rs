//! The Access Point (RFC 6109 §3.1): a holder's message is checked, accepted, sealed, put on its way.

use std::collections::HashSet;

use bytes::Bytes;
use pec::compose::{self, Certified};
use pec::original::Original;
use pec::{Address, Kind, Moment, Recipient, RecipientType, ReversePath, formal};
use seal::KeyError;
use store::{Dispatch, Event, Hop, Outcome, Sent, WatchChange};

use crate::evidence;
use crate::notice;
use crate::point::Knowledge;
use crate::quarantine;
use crate::scanner::Verdict;
use crate::watch;

/// What an authenticated holder submits.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The mailbox that logged in; the door let it use no other MAIL FROM [R-5.2-a].
    pub holder: Address,
    /// RCPT TO, in order.
    pub recipients: Vec<Address>,
    /// The message, CRLF line ends, our `Received` field in front [R-3.1.5-a].
    pub message: Bytes,
    /// Octets of that field.
    pub received_len: usize,
}

/// A submission that went through the formal checks.
#[derive(Clone, Debug)]
pub struct Examined {
    /// The message, as submitted.
    pub message: Bytes,
    /// Why it cannot be accepted; empty when its form is right.
    pub exceptions: Vec<formal::Exception>,
    original: Original,
    certified: Certified,
}

/// What was decided on a submission.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The PEC msgid, given before any check, also to what is refused [R-O-id-2].
    pub identifier: String,
    /// Why it is not accepted; empty when it is.
    pub exceptions: Vec<formal::Exception>,
    /// The virus for which it is not accepted.
    pub virus: Option<String>,
    /// Everything this causes.
    pub outcome: Outcome,
}

/// Puts a submission through the formal checks (§3.1.1), after it was given its identifier. The order is that of §3.1:
/// identifier and time, form, viruses, acceptance [R-I-ap-2].
pub fn examine(submission: Submission, known: &Knowledge, moment: Moment) -> Examined {
    // Before any check: what is refused has one too [R-O-id-2].
    let identifier = known.fresh_id(moment);
    let original = Original::parse(submission.message.clone());
    let path = ReversePath::Address(submission.holder.clone());
    let certified = certify(&submission, &original, known, identifier);
    let addresses: Vec<Address> = certified.recipients.iter().map(|r| r.address.clone()).collect();
    let size = submission.message.len().saturating_sub(submission.received_len);

    let exceptions = formal::check(&original, size, &path, &addresses, &known.limits);
    Examined { message: submission.message, exceptions, original, certified }
}

/// Decides on an examined submission at the instant at which it was examined; `verdict` is what the virus scan said of
/// it [R-3.1.3-z].
pub fn decide(examined: Examined, verdict: &Verdict, known: &Knowledge, moment: Moment) -> Result<Decision, KeyError> {
    let Examined { message, exceptions, original, certified } = examined;
    let virus = verdict.virus().filter(|_| exceptions.is_empty());
    let outcome = match virus {
        Some(virus) => quarantine::refuse(&certified, message, virus, known, moment)?,
        None if exceptions.is_empty() => accept(&certified, &original, known, moment)?,
        None => refuse(&certified, &exceptions, known, moment)?,
    };
    Ok(Decision { identifier: certified.identifier, exceptions, virus: virus.map(str::to_owned), outcome })
}

/// The certified facts: the SMTP dialogue, not the header, says who sends to whom [R-2.1-h]; the index
/// says who is certified [R-2.2.1-f]. Duplicates are folded [R-I-ap-1].
fn certify(submission: &Submission, original: &Original, known: &Knowledge, identifier: String) -> Certified {
    let mut seen = HashSet::new();
    let recipients = submission.recipients.iter().filter(|address| seen.insert(address.key()));
    let recipients = recipients.map(|address| {
        let certified = known.directory.by_domain(address.domain()).is_some();
        let kind = if certified { RecipientType::Certified } else { RecipientType::Ordinary };
        Recipient { address: address.clone(), kind }
    });
    Certified {
        sender: submission.holder.clone(),
        recipients: recipients.collect(),
        reply_to: original.reply_to.clone().unwrap_or_else(|| submission.holder.to_string()),
        subject: original.subject.clone(),
        identifier,
        message_id: original.message_id.clone(),
        receipt: original.receipt,
    }
}

/// §3.1.2: one notice with all reasons; the message does not enter the circuit [R-3.1.1-g].
fn refuse(
    certified: &Certified,
    exceptions: &[formal::Exception],
    known: &Knowledge,
    moment: Moment,
) -> Result<Outcome, KeyError> {
    let emitter = known.identity.emitter_for(&certified.sender);
    let notice = compose::non_acceptance(&emitter, moment, certified, exceptions, &known.fresh_id(moment));
    let mut outcome = Outcome::default();
    notice::give(&notice, certified, &certified.sender, known, &mut outcome)?;
    Ok(outcome)
}

/// §3.1.4 and §3.1.5: the acceptance and the envelope are born together, at one instant, and are durable
/// together [R-I-acc-1] [R-L-9-1]; with the acceptance the message counts as sent [R-1.2.3-a]. The acceptance goes to the
/// reverse path, never to Reply-To [R-2.1-f].
fn accept(certified: &Certified, original: &Original, known: &Knowledge, moment: Moment) -> Result<Outcome, KeyError> {
    let emitter = known.identity.emitter_for(&certified.sender);
    let acceptance = compose::acceptance(&emitter, moment, certified, &known.fresh_id(moment));
    let postacert = original.certified(&certified.identifier);
    let envelope = compose::transport_envelope(&emitter, moment, certified, original, postacert);
    let data = envelope.data.as_ref().map(|data| Bytes::from(data.write())).unwrap_or_default();

    let client_id = certified.message_id.as_deref().unwrap_or("");
    let mut outcome = Outcome {
        sent: Some(Sent {
            identifier: certified.identifier.clone(),
            mailbox: certified.sender.clone(),
            at: moment,
            data,
        }),
        evidence: vec![evidence::row(Event::Received, None, moment, certified, client_id, &emitter.name)],
        watches: certified
            .recipients
            .iter()
            .filter(|recipient| recipient.kind == RecipientType::Certified)
            .map(|recipient| WatchChange::Open {
                identifier: certified.identifier.clone(),
                recipient: recipient.address.clone(),
                opened: moment,
                due: moment.plus(watch::FIRST),
            })
            .collect(),
        ..Outcome::default()
    };
    notice::give(&acceptance, certified, &certified.sender, known, &mut outcome)?;
    outcome.evidence.push(evidence::emitted(&envelope, certified, &emitter.name));
    outcome.dispatches = dispatches(certified, outcome.messages.len(), known, moment);
    outcome.messages.push(known.close(&envelope)?);
    Ok(outcome)
}

/// One transaction per destination provider, the same signed bytes for all [R-I-env-1], ordinary recipients included
/// [R-3.1.5-g]; the reverse path stays the holder's [R-3.1.5-d]; our own recipients take the same way [R-3.4-a].
/// `message` is the envelope's position.
fn dispatches(certified: &Certified, message: usize, known: &Knowledge, moment: Moment) -> Vec<Dispatch> {
    let mut groups: Vec<(Hop, Vec<Address>)> = Vec::new();
    for recipient in &certified.recipients {
        let hop = known.hop(&recipient.address);
        match groups.iter_mut().find(|(group, _)| *group == hop) {
            Some((_, addresses)) => addresses.push(recipient.address.clone()),
            None => groups.push((hop, vec![recipient.address.clone()])),
        }
    }
    let envelope = |(hop, recipients)| Dispatch {
        message,
        path: ReversePath::Address(certified.sender.clone()),
        recipients,
        hop,
        identifier: certified.identifier.clone(),
        kind: Some(Kind::TransportEnvelope),
        at: moment,
        expires: moment.plus(known.lifetime),
    };
    groups.into_iter().map(envelope).collect()
}
