//! The Incoming Point (RFC 6109 §2.2.2, §3.2): what other systems bring, and what our own relay brings to us.
//!
//! [`examine`] puts a message through the four tests (existence, origin, validity, form); [`decide`] turns
//! the finding into an Outcome. Between the two, the caller asks the store what is already done and which
//! mailboxes exist.

mod anomaly;
mod form;
mod once;
mod ordinary;
mod validity;

use std::sync::Arc;

use bytes::Bytes;
use directory::Record;
use pec::compose::{self, Certified};
use pec::header::Header;
use pec::message::PecMessage;
use pec::{Address, Kind, Moment, Pieces, ReversePath, Words};
use seal::{Certificate, KeyError};
use store::{Event, Mailbox, NewMessage, OnceKey, Outcome, Sent, Summary};

use crate::answer::Failure;
use crate::authentication::{Findings, Peer};
use crate::delivery;
use crate::evidence;
use crate::notice::{self, inbox};
use crate::point::{Knowledge, count_deposit, facts_of, provider_key};
use crate::quarantine;
use crate::scanner::Verdict;
use crate::watch;

use anomaly::{Taker, Why};

pub(crate) use anomaly::DELIVERED_TO;
pub use anomaly::Place;
pub use once::keys;
pub use ordinary::Reported;
pub(crate) use ordinary::{alike, report};

/// A message at the Incoming Point.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// MAIL FROM.
    pub path: ReversePath,
    /// RCPT TO of this transaction, all in domains of ours.
    pub recipients: Vec<Address>,
    /// The bytes as they came.
    pub message: Bytes,
    /// The system that brought it; `None` when it came without the network.
    pub peer: Option<Peer>,
}

/// What a message turned out to be.
#[derive(Clone, Debug)]
pub enum Finding {
    /// A correct transport envelope [R-2.2.2-g].
    Envelope(Box<Certificated>),
    /// A correct notification [R-2.2.2-h].
    Notification(Box<Certificated>),
    /// From a certified provider, and not formally correct [R-2.2.2-i].
    Anomalous {
        /// Who signed.
        record: Arc<Record>,
        /// Why, for the anomaly envelope.
        reason: Words,
    },
    /// Not from a certified provider [R-2.2.2-j].
    Ordinary {
        /// Which test failed and how.
        reason: Words,
    },
    /// From a listed signer of whom nobody can say at the moment whether he is revoked: to be examined again when
    /// more is known, and put off until then.
    Unsure {
        /// From the signer to a pinned authority: whose revocations are to be asked for.
        path: Vec<Certificate>,
        /// What is missing, in English.
        why: String,
    },
}

impl Finding {
    /// The PEC msgid that the message is about, when it certifies one.
    pub fn identifier(&self) -> Option<&str> {
        match self {
            Finding::Envelope(found) | Finding::Notification(found) => Some(&found.certified.identifier),
            Finding::Anomalous { .. } | Finding::Ordinary { .. } | Finding::Unsure { .. } => None,
        }
    }
}

/// A correct envelope or notification, who sent it, and what it certifies.
#[derive(Clone, Debug)]
pub struct Certificated {
    /// The emitting provider.
    pub record: Arc<Record>,
    /// The message read back.
    pub pec: PecMessage,
    /// Its certified facts.
    pub certified: Certified,
}

/// The four tests of §2.2.2, at the instant of reception: what a message is, is known before anything is stored
/// [R-3.3.1-a].
pub fn examine(arrival: &Arrival, known: &Knowledge, moment: Moment) -> Finding {
    // Existence [R-2.2.2-c], and the integrity half of validity [R-2.2.2-e].
    let opened = match seal::open(&arrival.message) {
        Ok(opened) => opened,
        Err(error) => return Finding::Ordinary { reason: error.words() },
    };
    // Origin: the certificate itself is in the index [R-2.2.2-d]; of several records, the one that manages the From
    // domain.
    let header = Header::parse(&arrival.message);
    let from = header.addresses("From").into_iter().flatten().next();
    let mut records = known.directory.by_certificate(opened.signer.der());
    let manages =
        |record: &Arc<Record>| from.as_ref().is_some_and(|a| record.managed_domains.contains(&a.domain_key()));
    let at = records.iter().position(manages).unwrap_or(0);
    if records.is_empty() {
        let reason = Words::new(
            "il firmatario non è nell'indice dei gestori di posta certificata",
            "its signer is not in the index of certified-mail providers",
        );
        return Finding::Ordinary { reason };
    }
    let record = records.swap_remove(at);
    // Validity of the signer, now: chain, dates, usage, revocation [R-2.2.2-e] [R-I-ca-4].
    if let Some(finding) = validity::untrusted(&opened, &record, known, moment) {
        return finding;
    }
    // Form [R-2.2.2-f] [R-I-inp-1]. Only signed bytes are believed [R-I-sec-1].
    match form::correct(arrival, &header, from, &record, &opened, known) {
        Ok((pec, certified)) => {
            for quirk in &opened.quirks {
                metrics::counter!("sigillo_quirks_total", "quirk" => *quirk).increment(1);
                tracing::debug!(quirk, provider = record.name, identifier = certified.identifier, "quirk tolerated");
            }
            for quirk in &pec.quirks {
                metrics::counter!("sigillo_quirks_total", "quirk" => quirk.name()).increment(1);
                tracing::info!(
                    quirk = quirk.name(),
                    provider = record.name,
                    identifier = certified.identifier,
                    "quirk tolerated"
                );
            }
            let kind = pec.kind;
            let found = Box::new(Certificated { record, pec, certified });
            if kind == Kind::TransportEnvelope { Finding::Envelope(found) } else { Finding::Notification(found) }
        }
        Err(reason) => Finding::Anomalous { record, reason },
    }
}

/// What was decided on an arrival.
#[derive(Clone, Debug)]
pub enum Decision {
    /// To be committed; then the peer gets 250.
    Take {
        /// Everything this causes.
        outcome: Box<Outcome>,
        /// For log and reply.
        what: String,
    },
    /// To be committed; then it is refused at SMTP time all the same.
    Discard {
        /// What to say.
        answer: crate::Answer,
        /// What is recorded of it.
        outcome: Box<Outcome>,
    },
    /// Everything in it was done before: 250 without effect.
    Known,
    /// Refused at SMTP time.
    Refuse(crate::Answer),
}

/// What the store says about an arrival.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The keys of [`keys`] that are not done yet.
    pub todo: Vec<OnceKey>,
    /// The mailboxes of the arrival's recipients, in order.
    pub mailboxes: Vec<Option<Mailbox>>,
    /// The mailbox of the holder whom a notification is about, when it is ours.
    pub holder: Option<Mailbox>,
    /// What we certified of the message that a virus detection is about, when we did.
    pub sent: Option<Sent>,
    /// The delivery report that it is, about a message of ours.
    pub report: Option<Reported>,
    /// What was found out about its origin, when that was asked.
    pub findings: Option<Findings>,
}

/// Whether a message is scanned for viruses before the decision: not when nothing is left to do, not when it is a
/// notification, which providers make themselves (see [`crate::scanner`]), and not when it is ordinary mail that nobody
/// takes. Ordinary mail that is scanned is also asked for its origin.
pub fn wants_scan(arrival: &Arrival, finding: &Finding, facts: &Facts, known: &Knowledge, moment: Moment) -> bool {
    match finding {
        Finding::Notification(_) | Finding::Unsure { .. } => false,
        Finding::Ordinary { reason } => {
            matches!(ordinary::plan(arrival, reason, facts, known, moment), ordinary::Plan::Take(_))
        }
        Finding::Envelope(_) | Finding::Anomalous { .. } => !facts.todo.is_empty(),
    }
}

/// Decides on one arrival at one instant; `verdict` is what the virus scan said, [`Verdict::Clean`] when there was none
/// to make.
pub fn decide(
    arrival: &Arrival,
    finding: &Finding,
    facts: Facts,
    verdict: &Verdict,
    known: &Knowledge,
    moment: Moment,
) -> Result<Decision, KeyError> {
    let nothing_left = facts.todo.is_empty();
    Ok(match finding {
        // [R-2.2.2-j]
        Finding::Ordinary { reason } => return ordinary::decide(arrival, reason, facts, verdict, known, moment),
        Finding::Unsure { .. } => Decision::Refuse(crate::Answer::our_fault(Failure::Revocation)),
        _ if nothing_left => Decision::Known,
        // It comes as ordinary mail (see `envelope`): what cannot be delivered is refused like any.
        Finding::Envelope(found) if let Some(answer) = uncertified(arrival, found, &facts, verdict, known) => {
            Decision::Refuse(answer)
        }
        // [R-2.2.2-g]
        Finding::Envelope(found) => Decision::Take {
            outcome: Box::new(envelope(arrival, found, facts, verdict, known, moment)?),
            what: format!("taken in charge: {}", found.certified.identifier),
        },
        Finding::Notification(found) => Decision::Take {
            outcome: Box::new(notification(arrival, found, facts, known, moment)?),
            what: format!("{} of {}", found.pec.kind.name(), found.certified.identifier),
        },
        // Nobody would have it: SMTP says so, rather than that it vanish behind a 250 [R-2.2.3-a].
        Finding::Anomalous { .. } if !facts.mailboxes.iter().flatten().any(delivery::receives) => {
            Decision::Refuse(crate::Answer::no_mailbox())
        }
        // What is not certified can be discarded [R-2.2.2-k]; the peer, which is a provider, hears of it.
        Finding::Anomalous { .. } if let Some(virus) = verdict.virus() => {
            Decision::Refuse(crate::Answer::infected(virus))
        }
        // [R-2.2.2-i]
        Finding::Anomalous { record, reason } => Decision::Take {
            outcome: Box::new(anomaly(arrival, record, reason, facts, known, moment)?),
            what: "delivered in an anomaly envelope".into(),
        },
    })
}

/// Why an envelope is refused all of whose recipients here are ordinary ones to their sender's provider, when nobody
/// can have it: no certified notice may say so.
fn uncertified(
    arrival: &Arrival,
    found: &Certificated,
    facts: &Facts,
    verdict: &Verdict,
    known: &Knowledge,
) -> Option<crate::Answer> {
    if arrival.recipients.iter().any(|address| found.certified.certifies(address)) {
        return None;
    }
    if let Some(virus) = verdict.virus() {
        return Some(crate::Answer::infected(virus));
    }
    let size = arrival.message.len() as u64;
    let taken = |mailbox| delivery::taken(mailbox, size, &found.certified.sender, known).is_ok();
    (!facts.mailboxes.iter().any(taken)).then(crate::Answer::no_mailbox)
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
    known: &Knowledge,
    moment: Moment,
) -> Result<Outcome, KeyError> {
    let Certificated { record, pec, certified } = found;
    let Facts { todo, mailboxes, .. } = facts;
    let fresh = |address: &Address| todo.iter().any(|key| key.recipient == address.key());
    let recipients: Vec<(&Address, &Option<Mailbox>)> =
        arrival.recipients.iter().zip(&mailboxes).filter(|(address, _)| fresh(address)).collect();
    let received = recipients.iter().map(|(address, _)| *address);
    let received: Vec<Address> = received.filter(|address| certified.certifies(address)).cloned().collect();
    let message_id = pec.message_id.as_deref().unwrap_or("");
    let row = evidence::row(Event::Received, Some(pec.kind), moment, certified, message_id, &record.name);
    let concerns = recipients.iter().map(|(address, _)| address.to_string()).collect();
    let mut outcome = Outcome { evidence: vec![store::Evidence { concerns, ..row }], once: todo, ..Outcome::default() };
    if !received.is_empty() {
        let (emitter, to) = (&known.identity.emitter, &record.mail_receipt);
        let notice = compose::take_charge(emitter, moment, certified, to, &received, &known.fresh_id(moment));
        notice::send(&notice, certified, to, record, known, &mut outcome)?;
    }
    match verdict.virus() {
        // Taken in charge all the same: a correct envelope is one, and the virus comes second [R-2.2.2-l].
        Some(virus) => quarantine::detect(&arrival.message, found, &received, virus, known, moment, &mut outcome)?,
        None => delivery::deliver(&arrival.message, found, &recipients, known, moment, &mut outcome)?,
    }
    Ok(outcome)
}

/// A correct notification goes to its mailbox unchanged [R-2.2.2-h] [R-3.3.2-b]; what it says moves the watch of the
/// recipient it names, provided that it comes from that recipient's provider.
fn notification(
    arrival: &Arrival,
    found: &Certificated,
    facts: Facts,
    known: &Knowledge,
    moment: Moment,
) -> Result<Outcome, KeyError> {
    let Certificated { record, pec, certified } = found;
    let Facts { todo, mailboxes, holder, sent, .. } = facts;
    let between_providers = matches!(pec.kind, Kind::TakeCharge | Kind::VirusDetection);
    let summary_of = |pieces: &Pieces| Summary::read(Some(pec.kind), Some(certified.identifier.clone()), pieces);
    let pieces = Pieces::split(&arrival.message, pec.original.clone());
    let message_id = pec.message_id.as_deref().unwrap_or("");
    let row = |event| evidence::row(event, Some(pec.kind), moment, certified, message_id, &record.name);
    let concerns: Vec<String> = pec.data.delivery.iter().chain(&pec.data.reception).cloned().collect();

    let mut outcome = Outcome::default();
    outcome.evidence.push(store::Evidence {
        concerns: concerns.clone(),
        error: pec.data.extended_error.clone(),
        ..row(Event::Received)
    });
    for (address, mailbox) in arrival.recipients.iter().zip(&mailboxes) {
        // [R-2.1.1-a]: these two kinds never reach a holder's mailbox, and the service mailbox gets nothing else
        // [R-2.2.5-a].
        match mailbox {
            Some(mailbox) if mailbox.service == between_providers && delivery::receives(mailbox) => {
                outcome.deposits.push(inbox(0, &mailbox.address, moment));
                outcome.evidence.push(store::Evidence { concerns: vec![address.to_string()], ..row(Event::Deposited) });
                count_deposit(pec.kind);
            }
            // A notification that cannot be delivered raises no further one; it is logged [R-I-hdr-4] [R-I-sec-4].
            _ => outcome.evidence.push(store::Evidence {
                concerns: vec![address.to_string()],
                error: Some("no mailbox takes this notification".into()),
                ..row(Event::RelayFailed)
            }),
        }
    }
    if !outcome.deposits.is_empty() {
        outcome.messages.push(NewMessage { summary: summary_of(&pieces), pieces });
    }
    let spoken_for = watch::spoken_for(certified, &concerns, known, record);
    if pec.kind == Kind::VirusDetection {
        let fresh = |address: &&Address| todo.iter().any(|key| key.recipient == address.key());
        let fresh: Vec<Address> = spoken_for.iter().filter(fresh).cloned().collect();
        virus_told(found, &fresh, holder.as_ref(), sent.as_ref(), known, moment, &mut outcome)?;
    }
    outcome.watches = watch::moved_by(pec.kind, certified, spoken_for);
    outcome.once = todo;
    Ok(outcome)
}

/// §3.2.4: a virus detection notice becomes the holder's virus non-delivery, at once, from its data [R-2.2.2-m]
/// [R-3.2.4-b]. Only about a message that this holder sent to this recipient: what we sign is not for others to invent.
fn virus_told(
    found: &Certificated,
    recipients: &[Address],
    holder: Option<&Mailbox>,
    sent: Option<&Sent>,
    known: &Knowledge,
    moment: Moment,
    outcome: &mut Outcome,
) -> Result<(), KeyError> {
    let Certificated { pec, certified, .. } = found;
    let sent = sent.filter(|sent| sent.mailbox == certified.sender).and_then(facts_of);
    let emitter = known.identity.emitter_for(&certified.sender);
    let virus = pec.data.extended_error.as_deref().unwrap_or("virus");
    for recipient in recipients {
        let ours = sent.as_ref().is_some_and(|sent| sent.recipients.iter().any(|r| r.address == *recipient));
        let Some(holder) = holder.filter(|_| ours) else {
            tracing::warn!(
                event = "virus-detection-unfounded",
                identifier = certified.identifier,
                "a virus detection notice is about a message that was not sent from here"
            );
            continue;
        };
        // Our own scan let it pass: the operator learns what it misses [R-2.2.2-m].
        tracing::warn!(event = "virus-missed", identifier = certified.identifier, provider = found.record.name, virus);
        metrics::counter!("sigillo_viruses_missed_total").increment(1);
        let notice =
            compose::virus_non_delivery(&emitter, moment, certified, recipient, virus, &known.fresh_id(moment));
        notice::give(&notice, certified, &holder.address, known, outcome)?;
    }
    Ok(())
}

/// §3.2.2: a provider's message that is not formally correct, to every mailbox that exists.
fn anomaly(
    arrival: &Arrival,
    record: &Record,
    reason: &Words,
    facts: Facts,
    known: &Knowledge,
    moment: Moment,
) -> Result<Outcome, KeyError> {
    let Facts { todo, mailboxes, .. } = facts;
    tracing::warn!(
        event = "malformed-message",
        provider = record.name,
        %reason,
        "a certified provider sent a message that is not formally correct"
    );
    let fresh = |address: &Address| todo.iter().any(|key| key.recipient == address.key());
    let takers: Vec<Taker<'_>> = arrival
        .recipients
        .iter()
        .zip(&mailboxes)
        .filter(|(address, _)| fresh(address))
        .filter_map(|(recipient, mailbox)| Some((recipient, mailbox.as_ref().filter(|m| delivery::receives(m))?)))
        .map(|(recipient, mailbox)| Taker { recipient, mailbox: &mailbox.address, place: Place::inbox() })
        .collect();
    let why = Why {
        reasons: vec![reason.clone()],
        note: reason.italian.clone(),
        provider: provider_key(record),
        identifier: known.fresh_id(moment),
        shown: arrival.recipients.clone(),
    };
    let mut outcome = anomaly::wrap(arrival, &why, &takers, known, moment)?;
    // Nothing certified may tell the others [R-2.2.3-a]; it is recorded [R-2.3-a].
    let taken = |address: &Address| takers.iter().any(|taker| taker.recipient == address);
    let untaken = arrival.recipients.iter().filter(|address| fresh(address) && !taken(address));
    let untaken: Vec<String> = untaken.map(Address::to_string).collect();
    if !untaken.is_empty()
        && let Some(emitted) = outcome.evidence.first()
    {
        outcome.evidence.push(store::Evidence {
            event: Event::RelayFailed,
            concerns: untaken,
            error: Some("no mailbox takes this message".into()),
            ..emitted.clone()
        });
    }
    Ok(Outcome { once: todo, ..outcome })
}
