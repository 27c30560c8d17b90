//! The Access Point (RFC 6109 §3.1): a holder's message is checked, accepted, sealed, put on its way.
//!
//! [`examine`] gives it its identifier and puts it through the formal checks (§3.1.1); [`decide`] accepts it (§3.1.4,
//! §3.1.5) or tells why not (§3.1.2, §3.1.3).

use std::collections::HashSet;

use bytes::Bytes;
use pec::compose::{self, Certified};
use pec::original::Original;
use pec::{Address, Identifier, Kind, Moment, Pieces, Recipient, RecipientType, ReversePath, Shared, formal};
use store::{
    Actor, CopyKey, Correspondents, Dispatch, Event, Handle, Hop, NewAddressee, NewMessage, Sent, SentCopy, State,
    Summary,
};

use super::notice;
use super::progress;
use super::quarantine;
use crate::context::Context;
use crate::elaboration::{Elaborated, Elaboration, Row, subject};
use crate::scanner::Verdict;

/// What an authenticated holder submits.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The mailbox it is sent from; who logged in may use no other MAIL FROM [R-5.2-a].
    pub holder: Address,
    /// Who logged in.
    pub actor: Actor,
    /// RCPT TO, in order.
    pub recipients: Vec<Address>,
    /// The message, CRLF line ends, our `Received` field in front [R-3.1.5-a].
    pub message: Bytes,
    /// Octets of that field.
    pub received_len: usize,
    /// With whom the holder corresponds.
    pub correspondents: Correspondents,
    /// Whether a copy is kept in the mailbox.
    pub sent_copy: bool,
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
    actor: Actor,
    /// Octets of our own `Received` field before what was submitted, where a copy is kept of that.
    copied_from: Option<usize>,
}

/// What was decided on a submission.
#[derive(Debug)]
pub struct Decision {
    /// The PEC msgid, given before any check, also to what is refused [R-O-id-2].
    pub identifier: Identifier,
    /// Why it is not accepted; empty when it is.
    pub exceptions: Vec<formal::Exception>,
    /// The virus for which it is not accepted.
    pub virus: Option<String>,
    /// Everything this causes.
    pub elaborated: Elaborated,
}

/// Puts a submission through the formal checks (§3.1.1), after it was given its identifier. The order is that of §3.1:
/// identifier and time, form, viruses, acceptance [R-I-ap-2].
pub fn examine(submission: Submission, context: &Context, moment: Moment) -> Examined {
    // [R-O-id-2]
    let identifier = context.fresh_id(moment);
    let original = Original::parse(submission.message.clone());
    let path = ReversePath::Address(submission.holder.clone());
    let certified = certify(&submission, &original, context, &identifier);
    let addresses: Vec<Address> = certified.recipients.iter().map(|r| r.address.clone()).collect();
    let size = submission.message.len().saturating_sub(submission.received_len);

    let mut exceptions = formal::check(&original, size, &path, &addresses, &context.limits);
    //
    let outside = certified
        .recipients
        .iter()
        .filter(|r| !submission.correspondents.admit(&r.address, r.kind == RecipientType::Certified))
        .map(|r| formal::Exception::NotAdmitted(r.address.clone()));
    exceptions.extend(outside);
    let copied_from = submission.sent_copy.then_some(submission.received_len);
    Examined { message: submission.message, exceptions, original, certified, actor: submission.actor, copied_from }
}

/// Decides on an examined submission at the instant at which it was examined; `verdict` is what the virus scan said of
/// it [R-3.1.3-z].
pub fn decide(examined: Examined, verdict: &Verdict, context: &Context, moment: Moment) -> Decision {
    let Examined { message, exceptions, original, certified, actor, copied_from } = examined;
    let virus = verdict.virus().filter(|_| exceptions.is_empty());
    let elaborated = match virus {
        Some(virus) => quarantine::refuse(&certified, message, virus, actor, context, moment),
        None if exceptions.is_empty() => accept(&certified, &original, actor, copied_from, context, moment),
        None => refuse(&certified, &exceptions, actor, context, moment),
    };
    let identifier = Identifier::from(certified.identifier);
    Decision { identifier, exceptions, virus: virus.map(str::to_owned), elaborated }
}

/// The certified facts: the SMTP dialogue, not the header, says who sends to whom [R-2.1-h]; the index
/// says who is certified [R-2.2.1-f]. Duplicates are folded [R-I-ap-1].
fn certify(submission: &Submission, original: &Original, context: &Context, identifier: &Identifier) -> Certified {
    let mut seen = HashSet::new();
    let recipients = submission.recipients.iter().filter(|address| seen.insert(address.key()));
    let recipients = recipients.map(|address| {
        let certified = context.directory.by_domain(address.domain()).is_some();
        let kind = if certified { RecipientType::Certified } else { RecipientType::Ordinary };
        Recipient { address: address.clone(), kind }
    });
    Certified {
        sender: submission.holder.clone(),
        recipients: recipients.collect(),
        reply_to: original.reply_to.clone().unwrap_or_else(|| submission.holder.to_string()),
        subject: original.subject.clone(),
        identifier: identifier.to_string(),
        message_id: original.message_id.clone(),
        receipt: original.receipt,
    }
}

/// §3.1.2: one notice with all reasons; the message does not enter the circuit [R-3.1.1-g].
fn refuse(
    certified: &Certified,
    exceptions: &[formal::Exception],
    actor: Actor,
    context: &Context,
    moment: Moment,
) -> Elaborated {
    let mut to = Elaboration::new(context, moment, subject(certified, None), actor);
    let emitter = context.emitter_for(&certified.sender);
    let notice = compose::non_acceptance(&emitter, moment, certified, exceptions, &context.fresh_id(moment));
    notice::give(&mut to, notice, &certified.sender);
    to.finish()
}

/// §3.1.4 and §3.1.5: the acceptance and the envelope are born together, at one instant, and are durable
/// together [R-I-acc-1] [R-L-9-1]; with the acceptance the message counts as sent [R-1.2.3-a]. The acceptance goes to the
/// reverse path, never to Reply-To [R-2.1-f].
fn accept(
    certified: &Certified,
    original: &Original,
    actor: Actor,
    copied_from: Option<usize>,
    context: &Context,
    moment: Moment,
) -> Elaborated {
    let emitter = context.emitter_for(&certified.sender);
    let postacert = original.certified(&certified.identifier);
    let about = subject(certified, Some(*postacert.sha256()));
    let acceptance = compose::acceptance(&emitter, moment, certified, &context.fresh_id(moment));
    let envelope = compose::transport_envelope(&emitter, moment, certified, original, postacert.clone());
    let data = envelope.data.as_ref().map(|data| Bytes::from(data.write())).unwrap_or_default();

    let mut to = Elaboration::new(context, moment, about.clone(), actor.clone());
    to.outcome.sent = Some(Sent {
        identifier: certified.identifier.as_str().into(),
        mailbox: certified.sender.clone(),
        at: moment,
        data,
        about,
        by: actor.clone(),
        addressees: certified.recipients.iter().map(|recipient| awaited(recipient, moment)).collect(),
    });
    to.record(Row {
        event: Event::Received,
        kind: None,
        message_id: bare(certified.message_id.as_deref().unwrap_or_default()),
        provider: &emitter.name,
        concerns: Vec::new(),
        error: None,
    });
    notice::give(&mut to, acceptance, &certified.sender);
    to.record_emitted(&envelope);
    let message = to.draft(envelope);
    to.preserve(message, Kind::TransportEnvelope, &certified.sender);
    dispatch(&mut to, certified, message);
    if let Some(from) = copied_from {
        copy(&mut to, certified, original, postacert, from, actor);
    }
    to.finish()
}

/// What the holder submitted, for his folder of what he sent: his own octets after the first `from`, which are ours. Only its
/// header differs from the certified original, so its body is stored with that.
fn copy(
    to: &mut Elaboration<'_>,
    certified: &Certified,
    original: &Original,
    postacert: Shared,
    from: usize,
    by: Actor,
) {
    let body = original.header.body_start();
    let mut pieces = Pieces::own(original.bytes.slice(from.min(body)..body));
    let skipped = postacert.bytes().len().saturating_sub(original.bytes.len().saturating_sub(body));
    pieces.push_tail(postacert, skipped);
    let summary = Summary::read(None, Some(certified.identifier.as_str().into()), &pieces);
    let key = CopyKey::of(&pieces, &summary);
    let message = to.put_in(NewMessage { pieces, summary });
    let (mailbox, at) = (certified.sender.clone(), to.moment);
    to.outcome.sent_copy = Some(SentCopy { message, mailbox, by, key, at });
}

/// What is expected of a recipient: of an ordinary one, nothing certified [R-3.1.5-g].
fn awaited(recipient: &Recipient, moment: Moment) -> NewAddressee {
    let (state, due) = match recipient.kind {
        RecipientType::Certified => (State::Accepted, Some(moment.plus(progress::FIRST))),
        RecipientType::Ordinary => (State::Sent, None),
    };
    NewAddressee { recipient: recipient.address.clone(), state, due }
}

/// One transaction per destination provider, the same signed bytes for all [R-I-env-1], ordinary recipients included
/// [R-3.1.5-g]; the reverse path stays the holder's [R-3.1.5-d]; our own recipients take the same way [R-3.4-a].
fn dispatch(to: &mut Elaboration<'_>, certified: &Certified, message: Handle) {
    let mut groups: Vec<(Hop, Vec<Address>)> = Vec::new();
    let mut places: std::collections::HashMap<Hop, usize> = std::collections::HashMap::new();
    for recipient in &certified.recipients {
        let hop = to.context.hop(&recipient.address);
        let place = *places.entry(hop.clone()).or_insert_with(|| {
            groups.push((hop, Vec::new()));
            groups.len() - 1
        });
        groups.get_mut(place).into_iter().for_each(|(_, addresses)| addresses.push(recipient.address.clone()));
    }
    let identifier = Identifier::from(certified.identifier.as_str());
    let (about, at, expires) = (to.about.clone(), to.moment, to.moment.plus(to.context.lifetime));
    to.outcome.dispatches.extend(groups.into_iter().map(|(hop, recipients)| Dispatch {
        message,
        path: ReversePath::Address(certified.sender.clone()),
        recipients,
        hop,
        identifier: identifier.clone(),
        about: about.clone(),
        kind: Some(Kind::TransportEnvelope),
        at,
        expires,
    }));
}

/// A Message-ID without its brackets.
fn bare(id: &str) -> &str {
    id.trim_start_matches('<').trim_end_matches('>')
}
