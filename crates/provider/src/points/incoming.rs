//! The Incoming Point (RFC 6109 §2.2.2, §3.2): what other systems bring, and what our own relay brings to us.
//!
//! [`examine`] puts a message through the four tests (existence, origin, validity, form); [`decide`] makes of the finding
//! what it causes. Between the two, the caller asks the store what is already done and which mailboxes exist.

mod anomaly;
mod contradiction;
mod form;
mod once;
mod ordinary;
mod validity;

use std::collections::HashSet;

use directory::Record;
use pec::compose;
use pec::header::Header;
use pec::{Address, Cause, Identifier, Kind, Moment, Pieces, Words};
use store::{Actor, Event, FullRefusal, Mailbox, Sent};

use super::delivery;
use super::finding::{Arrival, Certificated, Decision, Facts, Finding, receives};
use super::notice::{self, inbox};
use super::progress;
use super::quarantine;
use super::refused;
use crate::answer::{Failure, PeerFault, RecipientFault, Refusal};
use crate::context::{Context, facts_of, provider_key};
use crate::elaboration::{Elaborated, Elaboration, Remark, Row, subject};
use crate::scanner::Verdict;

use anomaly::{Taker, Why};
use form::Incorrect;

pub(crate) use anomaly::DELIVERED_TO;
pub use anomaly::Place;
pub(crate) use once::narrow;
pub use once::notes;
pub(crate) use ordinary::{alike, report};

/// The four tests of §2.2.2, at the instant of reception: what a message is, is context before anything is stored
/// [R-3.3.1-a].
pub fn examine(arrival: &Arrival, context: &Context, moment: Moment, remarks: &mut Vec<Remark>) -> Finding {
    // Existence [R-2.2.2-c], and the integrity half of validity [R-2.2.2-e].
    let opened = match seal::open(&arrival.message) {
        Ok(opened) => opened,
        Err(error) => return Finding::Ordinary { reason: error.words() },
    };
    // Origin: the certificate itself is in the index [R-2.2.2-d].
    let header = Header::parse(&arrival.message);
    let from = header.addresses("From").into_iter().flatten().next();
    let signer = directory::record_of(context.directory.as_ref(), opened.signer.der(), from.as_ref());
    let Some(record) = signer else {
        let reason = Words::new(
            "il firmatario non è nell'indice dei gestori di posta certificata",
            "its signer is not in the index of certified-mail providers",
        );
        return Finding::Ordinary { reason };
    };
    // Validity of the signer, now: chain, dates, usage, revocation [R-2.2.2-e] [R-I-ca-4].
    if let Some(finding) = validity::untrusted(&opened, &record, context, moment, remarks) {
        return finding;
    }
    // Form [R-2.2.2-f] [R-I-inp-1]. Only signed bytes are believed [R-I-sec-1].
    match form::correct(arrival, &header, from, &record, &opened, context, moment) {
        Ok((pec, certified)) => {
            let identifier = Identifier::from(certified.identifier.as_str());
            let names = opened.quirks.iter().copied().chain(pec.quirks.iter().map(|quirk| quirk.name()));
            remarks.extend(names.map(|quirk| Remark::Quirk {
                quirk,
                provider: record.name.clone(),
                identifier: identifier.clone(),
            }));
            let kind = pec.kind;
            let found = Box::new(Certificated { record, pec, certified, signed: opened.sha256 });
            if kind == Kind::TransportEnvelope { Finding::Envelope(found) } else { Finding::Notification(found) }
        }
        Err(Incorrect::Form(reason)) => Finding::Anomalous { record, reason, signed: opened.sha256 },
        Err(Incorrect::UnknownSender(reason, instant)) => {
            Finding::Unmanaged { record, reason, signed: opened.sha256, instant }
        }
    }
}

/// Whether a message is scanned for viruses before the decision: not when nothing is left to do, not when it is a
/// notification, which providers make themselves (see [`crate::scanner`]), not when it is no certified mail and nobody
/// takes it, and not when it is put off anyway. Ordinary mail that is scanned is also asked for its origin.
pub fn wants_scan(arrival: &Arrival, finding: &Finding, facts: &Facts, context: &Context, moment: Moment) -> bool {
    match finding {
        _ if !facts.anybody => false,
        Finding::Notification(_) | Finding::Unsure { .. } => false,
        Finding::Ordinary { reason } => {
            matches!(ordinary::plan(arrival, reason, facts, context, moment), ordinary::Plan::Take(_))
        }
        Finding::Envelope(_) => !facts.todo.is_empty(),
        Finding::Anomalous { .. } | Finding::Unmanaged { .. } => somebody_takes(arrival, facts, context),
    }
}

/// The signer of a message that would become an anomaly envelope in somebody's mailbox, or that contradicts what was done: he
/// may send so many of them in an hour. What has no effect is none of them, or anybody who has one of his messages could use
/// up the measure with it: what is done already, what no mailbox takes, what is put off in any case.
pub fn irregular<'a>(arrival: &Arrival, finding: &'a Finding, facts: &Facts, context: &Context) -> Option<&'a Record> {
    match finding {
        _ if !facts.anybody => None,
        Finding::Anomalous { record, .. } => somebody_takes(arrival, facts, context).then_some(record),
        Finding::Unmanaged { record, instant, .. } if facts.index_at >= *instant => {
            somebody_takes(arrival, facts, context).then_some(record)
        }
        Finding::Envelope(found) | Finding::Notification(found) if !facts.contradictions.is_empty() => {
            Some(&found.record)
        }
        _ => None,
    }
}

/// Whether an anomaly envelope would reach anybody.
fn somebody_takes(arrival: &Arrival, facts: &Facts, context: &Context) -> bool {
    !takers(arrival, &fresh(facts), &facts.mailboxes, context).is_empty()
}

/// Decides on one arrival at one instant; `verdict` is what the virus scan said, [`Verdict::Clean`] when there was none
/// to make.
pub fn decide(
    arrival: &Arrival,
    finding: &Finding,
    facts: Facts,
    verdict: &Verdict,
    context: &Context,
    moment: Moment,
) -> Decision {
    // A store that knows nobody is not the one that knew the recipients: nobody is said to be unknown, by a notice or by
    // a refusal, and no notification vanishes.
    if !facts.anybody {
        return Decision::Refuse(Failure::NobodyKnown.into());
    }
    let nothing_left = facts.todo.is_empty();
    match finding {
        // [R-2.2.2-j]
        Finding::Ordinary { reason } => ordinary::decide(arrival, reason, facts, verdict, context, moment),
        Finding::Unsure { .. } => Decision::Refuse(Failure::Revocation.into()),
        Finding::Envelope(found) | Finding::Notification(found) if nothing_left && !facts.contradictions.is_empty() => {
            Decision::Contradicts { elaborated: Box::new(contradiction::alone(arrival, found, facts, context, moment)) }
        }
        _ if nothing_left => Decision::Known,
        // It comes as ordinary mail (see `envelope`): what cannot be delivered is refused like any.
        Finding::Envelope(found) if let Some(refusal) = uncertified(arrival, found, &facts, verdict, context) => {
            let full =
                if verdict.virus().is_none() { full(arrival, found, &facts, context, moment) } else { Vec::new() };
            refused::refuse(refusal, full, context, moment)
        }
        // [R-2.2.2-g]
        Finding::Envelope(found) => Decision::Take {
            elaborated: Box::new(envelope(arrival, found, facts, verdict, context, moment)),
            what: format!("taken in charge: {}", found.certified.identifier),
        },
        Finding::Notification(found) => Decision::Take {
            elaborated: Box::new(notification(arrival, found, facts, context, moment)),
            what: format!("{} of {}", found.pec.kind.name(), found.certified.identifier),
        },
        // The index was made before the message: its domain may be younger.
        Finding::Unmanaged { instant, .. } if facts.index_at < *instant => {
            Decision::Refuse(Failure::UnknownDomain.into())
        }
        Finding::Anomalous { record, reason, .. } | Finding::Unmanaged { record, reason, .. } => {
            anomalous(arrival, record, reason, facts, verdict, context, moment)
        }
    }
}

fn infected(virus: &str) -> Refusal {
    Refusal::Peer(PeerFault::Infected { virus: virus.to_owned() })
}

/// Why an envelope is refused all of whose recipients here are ordinary ones to their sender's provider, when nobody
/// can have it: no certified notice may say so.
fn uncertified(
    arrival: &Arrival,
    found: &Certificated,
    facts: &Facts,
    verdict: &Verdict,
    context: &Context,
) -> Option<Refusal> {
    if arrival.recipients.iter().any(|address| found.certified.certifies(address)) {
        return None;
    }
    if let Some(virus) = verdict.virus() {
        return Some(infected(virus));
    }
    let size = arrival.message.len() as u64;
    let taken = |mailbox| delivery::taken(mailbox, size, &found.certified.sender, context).is_ok();
    (!facts.mailboxes.iter().any(taken)).then_some(Refusal::Recipient(RecipientFault::NoMailbox))
}

/// For the holders of mailboxes that are too full for such an envelope.
fn full(arrival: &Arrival, found: &Certificated, facts: &Facts, context: &Context, moment: Moment) -> Vec<FullRefusal> {
    let (certified, size) = (&found.certified, arrival.message.len() as u64);
    let taken = |mailbox| delivery::taken(mailbox, size, &certified.sender, context);
    let full = facts.mailboxes.iter().filter(|mailbox| taken(mailbox) == Err(Cause::MailboxFull));
    full.flatten().map(|mailbox| refused::certified(&mailbox.address, certified, size, moment)).collect()
}

/// The recipients of what is still to be done, in [`Address::key`] form.
fn fresh(facts: &Facts) -> HashSet<String> {
    facts.todo.iter().map(|note| note.key.recipient.clone()).collect()
}

/// §3.2.1 and §3.3: take-charge for this transaction's recipients, to the service mailbox that the index names
/// [R-3.2.1-a] [R-3.2.1-b] [R-3.2.1-d]; then the Delivery Point, or, for an infected one, the notices of §3.2.3.
///
/// A recipient whom the sender's provider listed as `esterno` gets the envelope and no notice speaks of it: its
/// provider's index did not know our domain yet, it told the sender "ordinary mail", and nothing certified comes back
/// for such a recipient [R-3.1.5-g] [R-O-log-2].
fn envelope(
    arrival: &Arrival,
    found: &Certificated,
    facts: Facts,
    verdict: &Verdict,
    context: &Context,
    moment: Moment,
) -> Elaborated {
    let Certificated { record, pec, certified, .. } = found;
    let fresh = fresh(&facts);
    let Facts { todo, contradictions, mailboxes, .. } = facts;
    let recipients: Vec<(&Address, &Option<Mailbox>)> =
        arrival.recipients.iter().zip(&mailboxes).filter(|(address, _)| fresh.contains(&address.key())).collect();
    let received = recipients.iter().map(|(address, _)| *address);
    let received: Vec<Address> = received.filter(|address| certified.certifies(address)).cloned().collect();

    let pieces = Pieces::split(&arrival.message, pec.original.clone());
    let original = delivery::shared_in(&pieces).map(|original| *original.sha256());
    let mut to = Elaboration::new(context, moment, subject(certified, original), Actor::Peer);
    to.outcome.once = todo;
    contradiction::record(&mut to, found, contradictions);
    to.record(Row {
        event: Event::Received,
        kind: Some(pec.kind),
        message_id: pec.message_id.as_deref().unwrap_or_default(),
        provider: &record.name,
        concerns: recipients.iter().map(|(address, _)| address.to_string()).collect(),
        error: None,
    });
    if let Some(first) = received.first() {
        let (emitter, service) = (&context.identity.emitter, &record.mail_receipt);
        let notice = compose::take_charge(emitter, moment, certified, service, &received, &context.fresh_id(moment));
        notice::send(&mut to, notice, &certified.identifier.as_str().into(), service, record, first);
    }
    match verdict.virus() {
        // Taken in charge all the same: a correct envelope is one, and the virus comes second [R-2.2.2-l].
        Some(virus) => quarantine::detect(&mut to, pieces, found, &received, virus),
        None => delivery::deliver(&mut to, pieces, found, &recipients),
    }
    to.finish()
}

/// A correct notification goes to its mailbox unchanged [R-2.2.2-h] [R-3.3.2-b]; what it says moves the recipient it
/// names, provided that it comes from that recipient's provider.
fn notification(
    arrival: &Arrival,
    found: &Certificated,
    facts: Facts,
    context: &Context,
    moment: Moment,
) -> Elaborated {
    let Certificated { record, pec, certified, .. } = found;
    let fresh = fresh(&facts);
    let Facts { todo, contradictions, mailboxes, holder, sent, .. } = facts;
    let between_providers = matches!(pec.kind, Kind::TakeCharge | Kind::VirusDetection);
    let pieces = Pieces::split(&arrival.message, pec.original.clone());
    let concerns: Vec<String> = pec.data.delivery.iter().chain(&pec.data.reception).cloned().collect();
    let row = |event, concerns, error| Row {
        event,
        kind: Some(pec.kind),
        message_id: pec.message_id.as_deref().unwrap_or_default(),
        provider: &record.name,
        concerns,
        error,
    };

    let mut to = Elaboration::new(context, moment, contradiction::about(sent.as_ref(), certified), Actor::Peer);
    to.outcome.once = todo;
    contradiction::record(&mut to, found, contradictions);
    to.record(row(Event::Received, concerns.clone(), pec.data.extended_error.clone()));
    let message = to.keep(Some(pec.kind), Some(certified.identifier.as_str().into()), pieces);
    for (address, mailbox) in arrival.recipients.iter().zip(&mailboxes) {
        // [R-2.1.1-a]: these two kinds never reach a holder's mailbox, and the service mailbox gets nothing else
        // [R-2.2.5-a].
        match mailbox {
            Some(mailbox) if mailbox.service == between_providers && receives(mailbox) => {
                to.outcome.deposits.push(inbox(message, &mailbox.address, pec.kind, moment));
                // The service mailbox keeps what it has as long.
                if !mailbox.service && to.outcome.kept.is_empty() {
                    to.preserve(message, pec.kind, &mailbox.address);
                }
                to.record(row(Event::Deposited, vec![address.to_string()], None));
            }
            // A notification that cannot be delivered raises no further one; it is recorded [R-I-hdr-4] [R-I-sec-4].
            _ => {
                let why = Some("no mailbox takes this notification".to_owned());
                to.record(row(Event::RelayFailed, vec![address.to_string()], why));
            }
        }
    }
    // What certifies is kept for whoever sent it, also where no mailbox takes it: his may have been closed since.
    let own = sent.as_ref().filter(|sent| sent.mailbox.key() == certified.sender.key());
    if let Some(sent) = own.filter(|_| !between_providers && to.outcome.kept.is_empty()) {
        to.preserve(message, pec.kind, &sent.mailbox);
    }
    let spoken_for = progress::spoken_for(certified, &concerns, context, record, &mut to.remarks);
    if pec.kind == Kind::VirusDetection {
        let fresh: Vec<Address> = spoken_for.iter().filter(|address| fresh.contains(&address.key())).cloned().collect();
        virus_told(&mut to, found, &fresh, holder.as_ref(), sent.as_ref());
    }
    to.outcome.progress = progress::told(found, spoken_for, moment);
    to.finish()
}

/// §3.2.4: a virus detection notice becomes the holder's virus non-delivery, at once, from its data [R-2.2.2-m]
/// [R-3.2.4-b]. Only about a message that this holder sent to this recipient, and with what we certified of it ourselves:
/// what we sign is not for others to invent.
fn virus_told(
    to: &mut Elaboration<'_>,
    found: &Certificated,
    recipients: &[Address],
    holder: Option<&Mailbox>,
    sent: Option<&Sent>,
) {
    let (context, moment) = (to.context, to.moment);
    let identifier = Identifier::from(found.certified.identifier.as_str());
    let facts = sent.filter(|sent| sent.mailbox == found.certified.sender).and_then(facts_of);
    let virus = found.pec.data.extended_error.as_deref().unwrap_or("virus");
    for recipient in recipients {
        let ours = facts.as_ref().filter(|facts| facts.recipients.iter().any(|r| r.address == *recipient));
        let (Some(holder), Some(certified)) = (holder, ours) else {
            to.remarks.push(Remark::VirusDetectionUnfounded { identifier: identifier.clone() });
            continue;
        };
        // Our own scan let it pass: the operator learns what it misses [R-2.2.2-m].
        to.remarks.push(Remark::VirusMissed {
            identifier: identifier.clone(),
            provider: found.record.name.clone(),
            virus: virus.to_owned(),
        });
        let emitter = context.emitter_for(&certified.sender);
        let own_id = context.fresh_id(moment);
        let notice = compose::virus_non_delivery(&emitter, moment, certified, recipient, virus, &own_id);
        notice::give(to, notice, &holder.address);
    }
}

/// §3.2.2 [R-2.2.2-i]: a provider's message that is not formally correct, to every mailbox that takes it. It certifies
/// nothing, so it passes the gate of ordinary mail: the service mailbox takes none, nor does a closed group, nor
/// a full mailbox. Its kind of mail is no reason to refuse it: its provider signed it.
fn anomalous(
    arrival: &Arrival,
    record: &Record,
    reason: &Words,
    facts: Facts,
    verdict: &Verdict,
    context: &Context,
    moment: Moment,
) -> Decision {
    // Nobody would have it: the peer is told, rather than that it vanish behind a yes [R-2.2.3-a].
    let gate = |mailbox: &Option<Mailbox>| ordinary::gate(mailbox.as_ref(), arrival, context).err();
    let refusals: Vec<Option<Refusal>> = facts.mailboxes.iter().map(gate).collect();
    let fresh = fresh(&facts);
    let is_full = |refusal: &Option<Refusal>| *refusal == Some(Refusal::Recipient(RecipientFault::Full));
    let all = arrival.recipients.iter().zip(&facts.mailboxes).zip(&refusals);
    let full = all.filter(|((address, _), refusal)| is_full(refusal) && fresh.contains(&address.key()));
    let full = refused::ordinary(full.filter_map(|((_, mailbox), _)| mailbox.as_ref()), arrival, moment);
    if refusals.iter().all(Option::is_some) {
        let refusal = refusals.into_iter().flatten().next().unwrap_or(Refusal::Recipient(RecipientFault::NoMailbox));
        return refused::refuse(refusal, full, context, moment);
    }
    // What is not certified can be discarded [R-2.2.2-k]; the peer, which is a provider, hears of it.
    if let Some(virus) = verdict.virus() {
        return Decision::Refuse(infected(virus));
    }
    let Facts { todo, mailboxes, .. } = facts;
    let takers = takers(arrival, &fresh, &mailboxes, context);
    let why = Why {
        reasons: vec![reason.clone()],
        note: reason.italian.clone(),
        provider: provider_key(record).to_string(),
        identifier: context.fresh_id(moment),
        shown: arrival.recipients.clone(),
    };
    let mut to = anomaly::wrap(arrival, &why, &takers, context, moment);
    to.remarks.push(Remark::Malformed { provider: record.name.clone(), reason: reason.to_string() });
    to.outcome.once = todo;
    to.outcome.refused = full;
    // Nothing certified may tell the others [R-2.2.3-a]; it is recorded [R-2.3-a].
    let taken: HashSet<String> = takers.iter().map(|taker| taker.recipient.key()).collect();
    let untaken = arrival.recipients.iter().filter(|a| fresh.contains(&a.key()) && !taken.contains(&a.key()));
    let untaken: Vec<String> = untaken.map(Address::to_string).collect();
    if !untaken.is_empty() {
        to.record(Row {
            event: Event::RelayFailed,
            kind: Some(Kind::AnomalyEnvelope),
            message_id: "",
            provider: &why.provider,
            concerns: untaken,
            error: Some("no mailbox takes this message".into()),
        });
    }
    Decision::Take { elaborated: Box::new(to.finish()), what: "delivered in an anomaly envelope".into() }
}

/// Who gets an anomaly envelope: the `fresh` recipients whose mailboxes let it through.
fn takers<'a>(
    arrival: &'a Arrival,
    fresh: &HashSet<String>,
    mailboxes: &'a [Option<Mailbox>],
    context: &Context,
) -> Vec<Taker<'a>> {
    arrival
        .recipients
        .iter()
        .zip(mailboxes)
        .filter(|(address, mailbox)| {
            fresh.contains(&address.key()) && ordinary::gate(mailbox.as_ref(), arrival, context).is_ok()
        })
        .filter_map(|(recipient, mailbox)| Some((recipient, mailbox.as_ref()?)))
        .map(|(recipient, mailbox)| Taker { recipient, mailbox: &mailbox.address, place: Place::inbox() })
        .collect()
}
