//! Ordinary mail (RFC 6109 §2.2.2): by each mailbox's policy refused at SMTP time, or wrapped in an anomaly envelope
//! and delivered or sent on [R-2.2.2-j]. The factory policy is to refuse.
//!
//! One message has one answer, and nobody may be told of a refusal afterwards: the sender is not proved. So either
//! every recipient of a transaction takes ordinary mail or the whole is refused. That the recipients of one transaction
//! are of one mind is seen to at RCPT ([`alike`]), without ever standing in the way of certified mail.

use pec::compose::Certified;
use pec::header::Header;
use pec::report::Report;
use pec::{Address, Moment, ReversePath, Words};
use seal::KeyError;
use store::{Event, Evidence, Mailbox, OrdinaryMail, Outcome, Sent};

use super::anomaly::{self, DELIVERED_TO, Place, Taker, Why};
use super::{Arrival, Decision, Facts};
use crate::answer::Answer;
use crate::authentication::{self, Findings, Wish};
use crate::delivery;
use crate::evidence;
use crate::point::{Knowledge, facts_of};
use crate::scanner::Verdict;

/// The most systems a message that is sent on may have come through: what has more goes in a circle.
const HOPS: usize = 50;

/// Why a mailbox does not take ordinary mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    /// There is no such mailbox.
    NoMailbox,
    /// Its policy.
    CertifiedOnly,
    /// The rule of its domain, since then.
    CertifiedOnlySince(Moment),
    /// The sender is outside its closed group.
    NotAdmitted,
    /// It does not receive at all any more.
    Disabled,
    /// It is full.
    Full,
}

impl Refusal {
    fn answer(self, reason: &Words) -> Answer {
        match self {
            Refusal::NoMailbox => Answer::no_mailbox(),
            Refusal::CertifiedOnly => Answer::certified_only(&reason.english),
            Refusal::CertifiedOnlySince(day) => Answer::certified_only_since(&day.day(), &reason.english),
            Refusal::NotAdmitted => Answer::not_admitted(),
            Refusal::Disabled => Answer::disabled(),
            Refusal::Full => Answer::full(),
        }
    }
}

/// Whether two recipients of a transaction have the same answer to ordinary mail from this path, as far as is known
/// before the message.
pub(crate) fn alike(
    path: &ReversePath,
    one: Option<&Mailbox>,
    other: Option<&Mailbox>,
    known: &Knowledge,
    moment: Moment,
) -> bool {
    course(one, path, known, moment).is_ok() == course(other, path, known, moment).is_ok()
}

/// Where ordinary mail for a mailbox goes.
fn course(mailbox: Option<&Mailbox>, path: &ReversePath, known: &Knowledge, moment: Moment) -> Result<Place, Refusal> {
    let mailbox = mailbox.ok_or(Refusal::NoMailbox)?;
    if let Some(day) = known.rules.certified_only_since(mailbox, moment) {
        return Err(Refusal::CertifiedOnlySince(day));
    }
    let place = match known.rules.ordinary(mailbox) {
        OrdinaryMail::Refuse => return Err(Refusal::CertifiedOnly),
        OrdinaryMail::Anomaly => Place::inbox(),
        OrdinaryMail::Folder(name) => Place::Folder(name.clone()),
        OrdinaryMail::Forward(address) => Place::Forward(address.clone()),
    };
    // Nothing proves the path; who needs proof has a group of certified addresses only.
    let admitted = match path.address() {
        Some(sender) => known.rules.admit(mailbox, sender, false),
        None => everybody(mailbox, known),
    };
    if !admitted {
        return Err(Refusal::NotAdmitted);
    }
    received_by(mailbox).map(|()| place)
}

/// Whether a mailbox belongs to no closed group.
fn everybody(mailbox: &Mailbox, known: &Knowledge) -> bool {
    *known.rules.correspondents(mailbox) == store::Correspondents::default()
}

fn received_by(mailbox: &Mailbox) -> Result<(), Refusal> {
    if !delivery::receives(mailbox) {
        return Err(Refusal::Disabled);
    }
    if mailbox.used >= mailbox.quota { Err(Refusal::Full) } else { Ok(()) }
}

/// A delivery report, with what we certified of the message it is about.
#[derive(Clone, Debug)]
pub struct Reported {
    /// The report, which anybody can have written.
    pub report: Report,
    /// The message.
    pub sent: Sent,
}

/// The delivery report that an ordinary arrival may be: only one recipient, only from nobody.
pub(crate) fn report(arrival: &Arrival) -> Option<Report> {
    let bounce = arrival.path == ReversePath::Null && arrival.recipients.len() == 1;
    bounce.then(|| pec::report::read(&arrival.message)).flatten()
}

/// What ordinary mail comes to before it is looked into.
pub(super) enum Plan {
    /// To be refused with this.
    Refuse(Answer),
    /// Everything in it was done before.
    Known,
    /// The report of a certified provider's system on certified recipients: it goes no further.
    Absorb(Certified),
    /// To be delivered, to each fresh recipient with this position.
    Take(Vec<(usize, Place)>),
}

pub(super) fn plan(arrival: &Arrival, reason: &Words, facts: &Facts, known: &Knowledge, moment: Moment) -> Plan {
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
                from.as_ref().is_ok_and(|from| known.rules.admit(mailbox, from, false))
            };
            everybody(mailbox, known) || (!from.is_empty() && from.iter().all(one))
        };
        let place = course(mailbox, &arrival.path, known, moment)
            .and_then(|place| if mailbox.is_some_and(admitted) { Ok(place) } else { Err(Refusal::NotAdmitted) });
        //
        let bounce = known.rules.accept_bounces && reported.is_some();
        let place = match (place, mailbox) {
            (Err(Refusal::CertifiedOnly | Refusal::CertifiedOnlySince(_) | Refusal::NotAdmitted), Some(mailbox))
                if bounce =>
            {
                received_by(mailbox).map(|()| Place::inbox())
            }
            (place, _) => place,
        };
        match (place, mailbox) {
            (Ok(place), Some(mailbox)) => takes.push((index, without_circles(place, mailbox, &header))),
            (Ok(_), None) => refusals.push(Refusal::NoMailbox),
            (Err(refusal), _) => refusals.push(refusal),
        }
    }
    if !refusals.is_empty() {
        let first = refusals.iter().find(|refusal| **refusal != Refusal::NoMailbox).or(refusals.first());
        let answer = first.map_or_else(Answer::no_mailbox, |refusal| refusal.answer(reason));
        return Plan::Refuse(if takes.is_empty() { answer } else { Answer::not_all(&answer) });
    }
    if facts.todo.is_empty() {
        return Plan::Known;
    }
    let fresh = |index: usize| {
        let key = arrival.recipients.get(index).map(Address::key);
        facts.todo.iter().any(|todo| Some(&todo.recipient) == key.as_ref())
    };
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
    let reported = facts.report.as_ref()?;
    let mailbox = facts.mailboxes.first()?.as_ref()?;
    facts_of(&reported.sent).filter(|_| reported.sent.mailbox == mailbox.address)
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
    known: &Knowledge,
    moment: Moment,
) -> Result<Decision, KeyError> {
    let mut takes = match plan(arrival, reason, &facts, known, moment) {
        Plan::Refuse(answer) => return Ok(Decision::Refuse(answer)),
        Plan::Known => return Ok(Decision::Known),
        Plan::Absorb(certified) => return Ok(absorb(&certified, facts, known, moment)),
        Plan::Take(takes) => takes,
    };
    // [R-2.2.2-k]
    if let Some(virus) = verdict.virus() {
        let row = row(arrival, format!("virus: {virus}"), known.fresh_id(moment), moment);
        let outcome = Box::new(Outcome { evidence: vec![row], ..Outcome::default() });
        tracing::warn!(event = "virus-found", point = "incoming", path = arrival.path.as_str(), virus);
        return Ok(Decision::Discard { answer: Answer::infected(virus), outcome });
    }
    let findings = facts.findings.as_ref();
    let wish = findings.filter(|f| known.rules.refuse_dmarc && f.dmarc.0 == authentication::Verdict::Fail);
    match wish.map(|findings| (findings.wish, findings)) {
        Some((Wish::Reject, findings)) => return Ok(Decision::Refuse(Answer::not_authentic(&findings.dmarc.1))),
        Some((Wish::Quarantine, _)) => {
            takes.iter_mut().for_each(|(_, place)| *place = Place::Folder(known.rules.quarantine.clone()));
        }
        _ => {}
    }
    let note = findings.map_or_else(|| reason.to_string(), |findings| format!("{reason}; {findings}"));
    let reported = own_report(&facts);
    let why = Why {
        reasons: reasons(arrival, reason, findings, reported.as_ref(), known),
        note: note.clone(),
        provider: String::new(),
        identifier: known.fresh_id(moment),
        shown: shown(arrival),
    };
    let takers: Vec<Taker<'_>> = takes
        .into_iter()
        .filter_map(|(index, place)| {
            let mailbox = &facts.mailboxes.get(index)?.as_ref()?.address;
            Some(Taker { recipient: arrival.recipients.get(index)?, mailbox, place })
        })
        .collect();
    let mut outcome = anomaly::wrap(arrival, &why, &takers, known, moment)?;
    outcome.evidence.insert(0, row(arrival, note, why.identifier, moment));
    drop(takers);
    outcome.once = facts.todo;
    Ok(Decision::Take { outcome: Box::new(outcome), what: "ordinary mail, delivered in an anomaly envelope".into() })
}

/// A report that goes no further is recorded with what it says.
fn absorb(certified: &Certified, facts: Facts, known: &Knowledge, moment: Moment) -> Decision {
    let report = facts.report.map(|reported| reported.report).unwrap_or_default();
    let us = &known.identity.emitter.name;
    let row = Evidence {
        concerns: report.recipients.iter().map(Address::to_string).collect(),
        error: Some(format!("delivery report, not certified: {}", report.status)),
        ..evidence::row(Event::Received, None, moment, certified, "", us)
    };
    let outcome = Box::new(Outcome { evidence: vec![row], once: facts.todo, ..Outcome::default() });
    Decision::Take { outcome, what: "delivery report on certified recipients".into() }
}

/// The row of an ordinary message that came.
fn row(arrival: &Arrival, note: String, identifier: String, moment: Moment) -> Evidence {
    let header = Header::parse(&arrival.message);
    let message_id = header.value("Message-ID").unwrap_or_default();
    Evidence {
        at: moment,
        event: Event::Received,
        kind: None,
        identifier,
        message_id: message_id.trim_start_matches('<').trim_end_matches('>').to_owned(),
        client_id: None,
        sender: arrival.path.as_str().into(),
        recipients: arrival.recipients.iter().map(Address::to_string).collect(),
        subject: header.subject().unwrap_or_default(),
        provider: String::new(),
        concerns: Vec::new(),
        error: Some(note),
    }
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
    known: &Knowledge,
) -> Vec<Words> {
    let claims = |address: &Address| known.directory.by_domain(address.domain()).is_some();
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
