//! Ordinary mail (RFC 6109 §2.2.2): by each mailbox's policy refused at SMTP time, or wrapped in an anomaly envelope
//! and delivered or sent on [R-2.2.2-j]. The factory policy is to refuse.
//!
//! One message has one answer, and nobody may be told of a refusal afterwards: the sender is not proved. So either
//! every recipient of a transaction takes ordinary mail or the whole is refused. That the recipients of one transaction
//! are of one mind is seen to at RCPT ([`alike`]), without ever standing in the way of certified mail.

use std::collections::HashSet;

use pec::compose::Certified;
use pec::header::Header;
use pec::report::Report;
use pec::{Address, Moment, ReversePath, Words};
use store::{Actor, Event, Mailbox, OrdinaryMail};

use super::anomaly::{self, DELIVERED_TO, Place, Taker, Why};
use crate::answer::{PeerFault, RecipientFault, Refusal};
use crate::authentication::{self, Findings, Wish};
use crate::context::{Context, facts_of};
use crate::elaboration::{Elaboration, Remark, Row, subject};
use crate::points::finding::{Arrival, Decision, Facts, Reported, receives};
use crate::points::refused;
use crate::scanner::Verdict;

/// What is said when nothing else is to be said.
const NOBODY: No = No::Recipient(RecipientFault::NoMailbox);
/// Which part of the operator's quota ordinary mail leaves for certified mail: one in so many.
const OPERATOR_KEEPS: u64 = 10;
/// Octets of a message that is not here yet.
const UNKNOWN: u64 = 0;
/// The most systems a message that is sent on may have come through: what has more goes in a circle.
const HOPS: usize = 50;

/// Why a mailbox does not take ordinary mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum No {
    /// Its policy.
    CertifiedOnly,
    /// The rule of its domain, since then.
    CertifiedOnlySince(Moment),
    /// What has nothing to do with the kind of mail.
    Recipient(RecipientFault),
}

impl No {
    fn refusal(self, reason: &Words) -> Refusal {
        let reason = || reason.english.clone();
        match self {
            No::CertifiedOnly => Refusal::Peer(PeerFault::CertifiedOnly { reason: reason() }),
            No::CertifiedOnlySince(day) => Refusal::Peer(PeerFault::CertifiedOnlySince { day, reason: reason() }),
            No::Recipient(fault) => Refusal::Recipient(fault),
        }
    }
}

/// Whether two recipients of a transaction have the same answer to ordinary mail from this path, as far as is known
/// before the message. The operator's is nobody else's: what the others cannot have, the postmaster can.
pub(crate) fn alike(
    path: &ReversePath,
    one: Option<&Mailbox>,
    other: Option<&Mailbox>,
    context: &Context,
    moment: Moment,
) -> bool {
    let operator = |mailbox: Option<&Mailbox>| mailbox.is_some_and(|mailbox| mailbox.address.is_postmaster());
    operator(one) == operator(other)
        && course(one, path, UNKNOWN, context, moment).is_ok() == course(other, path, UNKNOWN, context, moment).is_ok()
}

/// Where ordinary mail of `size` octets for a mailbox goes.
fn course(
    mailbox: Option<&Mailbox>,
    path: &ReversePath,
    size: u64,
    context: &Context,
    moment: Moment,
) -> Result<Place, No> {
    let mailbox = mailbox.ok_or(No::Recipient(RecipientFault::NoMailbox))?;
    if let Some(day) = context.hosting.certified_only_since(mailbox, moment) {
        return Err(No::CertifiedOnlySince(day));
    }
    let place = match context.hosting.ordinary(mailbox) {
        OrdinaryMail::Refuse => return Err(No::CertifiedOnly),
        OrdinaryMail::Anomaly => Place::inbox(),
        OrdinaryMail::Folder(name) => Place::Folder(name.clone()),
        OrdinaryMail::Forward(address) => Place::Forward(address.clone()),
    };
    // Nothing proves the path; who needs proof has a group of certified addresses only.
    let admitted = match path.address() {
        Some(sender) => context.hosting.admit(mailbox, sender, false),
        None => everybody(mailbox, context),
    };
    if !admitted {
        return Err(No::Recipient(RecipientFault::NotAdmitted));
    }
    received_by(mailbox, size).map(|()| place)
}

/// Whether a mailbox takes what nobody certifies and yet comes from a provider: not by its policy of ordinary mail, but by
/// all else that stands before it.
pub(super) fn gate(mailbox: Option<&Mailbox>, arrival: &Arrival, context: &Context) -> Result<(), Refusal> {
    let Some(mailbox) = mailbox.filter(|mailbox| !mailbox.service) else {
        return Err(Refusal::Recipient(RecipientFault::NoMailbox));
    };
    let admitted = match arrival.path.address() {
        Some(sender) => context.hosting.admit(mailbox, sender, false),
        None => everybody(mailbox, context),
    };
    if !admitted {
        return Err(Refusal::Recipient(RecipientFault::NotAdmitted));
    }
    received_by(mailbox, size(arrival)).map_err(|no| no.refusal(&Words::new("", "")))
}

/// Whether a mailbox belongs to no closed group.
fn everybody(mailbox: &Mailbox, context: &Context) -> bool {
    *context.hosting.correspondents(mailbox) == store::Correspondents::default()
}

fn size(arrival: &Arrival) -> u64 {
    arrival.message.len() as u64
}

/// Whether a mailbox has room for so many octets. The wrapping weighs a little more: only the commit knows how much.
fn received_by(mailbox: &Mailbox, size: u64) -> Result<(), No> {
    if !receives(mailbox) {
        return Err(No::Recipient(RecipientFault::Disabled));
    }
    let operator = mailbox.address.is_postmaster();
    // Certified mail cannot be put off, so what anybody can fill is not all of it.
    let quota = if operator { mailbox.quota - mailbox.quota / OPERATOR_KEEPS } else { mailbox.quota };
    match mailbox.counted.saturating_add(size.max(1)) > quota {
        false => Ok(()),
        true if operator => Err(No::Recipient(RecipientFault::OperatorFull)),
        true => Err(No::Recipient(RecipientFault::Full)),
    }
}

/// The delivery report that an ordinary arrival may be: only one recipient, only from nobody.
pub(crate) fn report(arrival: &Arrival) -> Option<Report> {
    let bounce = arrival.path == ReversePath::Null && arrival.recipients.len() == 1;
    bounce.then(|| pec::report::read(&arrival.message)).flatten()
}

/// What ordinary mail comes to before it is looked into.
pub(super) enum Plan {
    /// To be refused.
    Refuse {
        /// With this.
        refusal: Refusal,
        /// By position, the recipients whose mailboxes are too full for it, where that is why.
        full: Vec<usize>,
    },
    /// Everything in it was done before.
    Known,
    /// The report of a certified provider's system on certified recipients: it goes no further.
    Absorb(Certified),
    /// To be delivered, to each fresh recipient with this position.
    Take(Vec<(usize, Place)>),
}

pub(super) fn plan(arrival: &Arrival, reason: &Words, facts: &Facts, context: &Context, moment: Moment) -> Plan {
    let reported = own_report(facts);
    if let Some(certified) = reported.as_ref().filter(|certified| on_certified_alone(certified, facts)) {
        return if facts.todo.is_empty() { Plan::Known } else { Plan::Absorb(certified.clone()) };
    }
    let header = Header::parse(&arrival.message);
    let from = header.addresses("From");
    let mut takes = Vec::new();
    let mut refusals = Vec::new();
    for (index, mailbox) in facts.mailboxes.iter().enumerate() {
        let mailbox = mailbox.as_ref();
        // Whom the reader sees as the sender must be of the group too.
        let admitted = |mailbox: &Mailbox| {
            let one = |from: &Result<Address, String>| {
                from.as_ref().is_ok_and(|from| context.hosting.admit(mailbox, from, false))
            };
            everybody(mailbox, context) || (!from.is_empty() && from.iter().all(one))
        };
        let place = course(mailbox, &arrival.path, size(arrival), context, moment).and_then(|place| {
            if mailbox.is_some_and(admitted) { Ok(place) } else { Err(No::Recipient(RecipientFault::NotAdmitted)) }
        });
        //
        let bounce = context.rules.accept_bounces && reported.is_some();
        let place = match (place, mailbox) {
            (
                Err(No::CertifiedOnly | No::CertifiedOnlySince(_) | No::Recipient(RecipientFault::NotAdmitted)),
                Some(mailbox),
            ) if bounce => received_by(mailbox, size(arrival)).map(|()| Place::inbox()),
            (place, _) => place,
        };
        match (place, mailbox) {
            (Ok(place), Some(mailbox)) => takes.push((index, without_circles(place, mailbox, &header))),
            (Ok(_), None) => refusals.push((index, No::Recipient(RecipientFault::NoMailbox))),
            (Err(refusal), _) => refusals.push((index, refusal)),
        }
    }
    if !refusals.is_empty() {
        let known = |(_, no): &&(usize, No)| *no != No::Recipient(RecipientFault::NoMailbox);
        let first = refusals.iter().find(known).or(refusals.first()).map_or(NOBODY, |(_, no)| *no);
        let is_full = |no: No| no == No::Recipient(RecipientFault::Full);
        let full = refusals.iter().filter(|(_, no)| is_full(first) && is_full(*no)).map(|(index, _)| *index).collect();
        let refusal = first.refusal(reason);
        let part = |refusal| Refusal::Peer(PeerFault::NotAll(Box::new(refusal)));
        return Plan::Refuse { refusal: if takes.is_empty() { refusal } else { part(refusal) }, full };
    }
    if facts.todo.is_empty() {
        return Plan::Known;
    }
    let fresh: HashSet<&str> = facts.todo.iter().map(|note| note.key.recipient.as_str()).collect();
    let fresh = |index: usize| arrival.recipients.get(index).is_some_and(|a| fresh.contains(a.key().as_str()));
    takes.retain(|(index, _)| fresh(*index));
    Plan::Take(takes)
}

/// What would be sent on and was here before stays here.
fn without_circles(place: Place, mailbox: &Mailbox, header: &Header) -> Place {
    let circles = || {
        let been_here = header.addresses(DELIVERED_TO).into_iter().flatten().any(|a| a == mailbox.address);
        been_here || header.count("Received") > HOPS
    };
    match place {
        Place::Forward(_) if circles() => Place::inbox(),
        place => place,
    }
}

/// What was certified of the message that a report is about, when this one recipient's mailbox sent it.
fn own_report(facts: &Facts) -> Option<Certified> {
    facts_of(&facts.report.as_ref()?.sent)
}

/// Whether a report is on certified recipients alone: their own provider, or our watch, tells the holder what certified
/// notices can tell.
fn on_certified_alone(certified: &Certified, facts: &Facts) -> bool {
    let Some(Reported { report, .. }) = &facts.report else { return false };
    let all = report.recipients.iter().all(|recipient| certified.certifies(recipient));
    let none_ordinary = certified.recipients.iter().all(|recipient| certified.certifies(&recipient.address));
    none_ordinary || (all && !report.recipients.is_empty())
}

pub(super) fn decide(
    arrival: &Arrival,
    reason: &Words,
    facts: Facts,
    verdict: &Verdict,
    context: &Context,
    moment: Moment,
) -> Decision {
    let mut takes = match plan(arrival, reason, &facts, context, moment) {
        Plan::Refuse { refusal, full } => {
            let full = full.into_iter().filter_map(|index| facts.mailboxes.get(index)?.as_ref());
            return refused::refuse(refusal, refused::ordinary(full, arrival, moment), context, moment);
        }
        Plan::Known => return Decision::Known,
        Plan::Absorb(certified) => return absorb(&certified, facts, context, moment),
        Plan::Take(takes) => takes,
    };
    let header = Header::parse(&arrival.message);
    // [R-2.2.2-k]
    if let Some(virus) = verdict.virus() {
        let about = anomaly::about(arrival, &header, &context.fresh_id(moment));
        let mut to = Elaboration::new(context, moment, about, Actor::Peer);
        to.record(came(&message_id(&header), format!("virus: {virus}")));
        to.remarks.push(Remark::VirusFound {
            point: "incoming",
            of: arrival.path.as_str().to_owned(),
            from: String::new(),
            virus: virus.to_owned(),
        });
        let refusal = Refusal::Peer(PeerFault::Infected { virus: virus.to_owned() });
        return Decision::Discard { refusal, elaborated: Box::new(to.finish()) };
    }
    let findings = facts.findings.as_ref();
    // Who writes to the postmaster may write about just this.
    let to_operator = arrival.recipients.iter().all(|address| context.is_operator(address));
    let held = context.rules.refuse_dmarc && !to_operator;
    let wish = findings.filter(|f| held && f.dmarc.0 == authentication::Verdict::Fail);
    match wish.map(|findings| (findings.wish, findings)) {
        Some((Wish::Reject, findings)) => {
            return Decision::Refuse(Refusal::Peer(PeerFault::NotAuthentic { domain: findings.dmarc.1.clone() }));
        }
        Some((Wish::Quarantine, _)) => {
            takes.iter_mut().for_each(|(_, place)| *place = Place::Folder(context.rules.quarantine.clone()));
        }
        _ => {}
    }
    let note = findings.map_or_else(|| reason.to_string(), |findings| format!("{reason}; {findings}"));
    let reported = own_report(&facts);
    let why = Why {
        reasons: reasons(arrival, reason, findings, reported.as_ref(), context),
        note: note.clone(),
        provider: String::new(),
        identifier: context.fresh_id(moment),
        shown: shown(arrival),
    };
    let takers: Vec<Taker<'_>> = takes
        .into_iter()
        .filter_map(|(index, place)| {
            let mailbox = &facts.mailboxes.get(index)?.as_ref()?.address;
            Some(Taker { recipient: arrival.recipients.get(index)?, mailbox, place })
        })
        .collect();
    let mut to = anomaly::wrap(arrival, &why, &takers, context, moment);
    drop(takers);
    to.record(came(&message_id(&header), note));
    // It came before anything was made of it.
    to.outcome.evidence.rotate_right(1);
    to.outcome.once = facts.todo;
    Decision::Take { elaborated: Box::new(to.finish()), what: "ordinary mail, delivered in an anomaly envelope".into() }
}

/// A report that goes no further is recorded with what it says.
fn absorb(certified: &Certified, facts: Facts, context: &Context, moment: Moment) -> Decision {
    let (report, about) = match facts.report {
        Some(reported) => (reported.report, reported.sent.about),
        None => (Report::default(), subject(certified, None)),
    };
    let mut to = Elaboration::new(context, moment, about, Actor::Peer);
    to.record(Row {
        provider: &context.identity.emitter.name,
        concerns: report.recipients.iter().map(Address::to_string).collect(),
        ..came("", format!("delivery report, not certified: {}", report.status))
    });
    to.outcome.once = facts.todo;
    let what = "delivery report on certified recipients".into();
    Decision::Take { elaborated: Box::new(to.finish()), what }
}

/// The row of an ordinary message that came.
fn came(message_id: &str, note: String) -> Row<'_> {
    Row { event: Event::Received, kind: None, message_id, provider: "", concerns: Vec::new(), error: Some(note) }
}

fn message_id(header: &Header) -> String {
    let id = header.value("Message-ID").unwrap_or_default();
    id.trim_start_matches('<').trim_end_matches('>').to_owned()
}

/// The recipients that its text names: ordinary mail has blind copies, of which the others must not learn.
fn shown(arrival: &Arrival) -> Vec<Address> {
    if arrival.recipients.len() == 1 {
        return arrival.recipients.clone();
    }
    let header = Header::parse(&arrival.message);
    let named: Vec<Address> = ["To", "Cc"].iter().flat_map(|name| header.addresses(name)).flatten().collect();
    let ours: Vec<Address> = arrival.recipients.iter().filter(|address| named.contains(address)).cloned().collect();
    if ours.is_empty() { named } else { ours }
}

/// Why it is not certified, in the reader's words [R-3.2.2-c] [R-O-an-1].
fn reasons(
    arrival: &Arrival,
    reason: &Words,
    findings: Option<&Findings>,
    reported: Option<&Certified>,
    context: &Context,
) -> Vec<Words> {
    let claims = |address: &Address| context.directory.by_domain(address.domain()).is_some();
    let (italian, english) = match arrival.path.address() {
        Some(sender) if claims(sender) => (
            "il dominio del mittente è di posta certificata, ma il messaggio non porta una firma valida del suo \
             gestore: il mittente può essere falso",
            "the sender's domain is of certified mail, but the message has no valid signature of its provider: the \
             sender may be forged",
        ),
        Some(_) => ("dominio mittente non di posta certificata", "the sender's domain is not of certified mail"),
        None => (
            "messaggio di posta ordinaria senza mittente, di un sistema di posta",
            "ordinary mail without a sender, from a mail system",
        ),
    };
    let mut reasons =
        vec![Words::new(format!("{italian} ({})", reason.italian), format!("{english} ({})", reason.english))];
    if let Some(certified) = reported {
        let id = &certified.identifier;
        reasons.push(Words::new(
            format!("rapporto non certificato sul recapito del messaggio inviato con identificativo {id}"),
            format!("a report, not certified, on the delivery of the message sent with identifier {id}"),
        ));
    }
    if let Some(findings) = findings {
        reasons.push(Words::new(
            format!("verifiche sulla provenienza: {findings}"),
            format!("checks of its origin: {findings}"),
        ));
    }
    reasons
}
