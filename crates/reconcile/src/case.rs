//! What the evidence says of one message: gathered row by row, in memory that its recipients bound and not its rows.

use std::collections::BTreeMap;

use pec::{Kind, Moment, RecipientType};
use store::{About, Actor, Addressee, Event, Evidence, Subject, SubjectHash};

/// Different notices of one sort about one recipient that are told apart: more than one is as wrong as many.
const APART: usize = 4;
/// Addresses that are named besides the recipients and kept: who says more of strangers is wrong enough.
const STRANGERS: usize = 100;

/// What the store knows of a message besides its evidence.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Whether it was accepted here.
    pub sent: bool,
    /// Where its recipients stand, if it was.
    pub addressees: Vec<Addressee>,
}

/// What the evidence says of one message.
#[derive(Clone, Debug, Default)]
pub struct Case {
    /// The instant of the first row.
    pub(crate) first: Option<Moment>,
    pub(crate) submitted: u32,
    pub(crate) acceptances: u32,
    pub(crate) refusals: u32,
    pub(crate) envelopes: u32,
    pub(crate) anomalies: u32,
    /// Rows of anything certified.
    pub(crate) certified: u32,
    /// Notices that other providers, or our own relay, brought.
    pub(crate) notices: u32,
    pub(crate) contradictions: u32,
    /// Notices for holders of ours: made, less put in their mailboxes.
    pub(crate) given: BTreeMap<String, i64>,
    /// Whether subjects differ in sender or recipients.
    pub(crate) two_messages: bool,
    pub(crate) parties: BTreeMap<String, Party>,
    sender: Option<String>,
    subjects: Vec<SubjectHash>,
}

/// What the evidence says of one address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Party {
    /// What it was certified as; `None`: it is no recipient, or one of whom nothing was certified.
    pub(crate) kind: Option<RecipientType>,
    /// Whether it is a recipient.
    pub(crate) listed: bool,
    /// How often its envelope came.
    pub(crate) came: u32,
    /// How often its envelope was put in a mailbox.
    pub(crate) deposited: u32,
    /// Take-charges that we made, and that came.
    pub(crate) charged: Ids,
    pub(crate) charges: Ids,
    /// Delivery notifications that we made, and that came.
    pub(crate) delivered: Ids,
    pub(crate) deliveries: Ids,
    /// Final outcomes, whoever made them: a notice of ours to ourselves is one.
    pub(crate) outcomes: Ids,
    /// Non-delivery notifications that we made: of our own mailboxes, or of what our relay could not hand over.
    pub(crate) undelivered: Ids,
    /// Virus detections that we made, and that came.
    pub(crate) detected: Ids,
    pub(crate) detections: Ids,
    /// Virus non-deliveries.
    pub(crate) virus_told: Ids,
    /// Notices of silence.
    pub(crate) silences: Ids,
}

/// Message-IDs, as far as they are told apart.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ids(Vec<String>);

impl Ids {
    fn add(&mut self, id: &str) {
        if self.0.len() < APART && !self.has(id) {
            self.0.push(id.to_owned());
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn any(&self) -> bool {
        !self.0.is_empty()
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.0.iter().any(|known| known == id)
    }
}

impl Case {
    /// Takes in a row about the message.
    pub fn add(&mut self, row: &Evidence) {
        let Evidence { at, event, kind, about, message_id, concerns, actor, .. } = row;
        self.first = Some(self.first.map_or(*at, |first| first.min(*at)));
        if *event == Event::Contradicted {
            // Its subject is that of the other one.
            self.contradictions += 1;
            return;
        }
        if let About::Subject(subject) = about
            && !self.subjects.contains(&subject.hash())
        {
            self.subjects.push(subject.hash());
            self.list(subject.subject());
        }
        match (event, kind) {
            (Event::Received, None) if *actor != Actor::Peer => self.submitted += 1,
            (Event::Emitted, Some(kind)) => self.emitted(*kind, message_id, concerns),
            (Event::Received, Some(kind)) => self.received(*kind, message_id, concerns),
            (Event::Deposited, Some(kind)) => self.deposited(*kind, message_id, concerns),
            _ => {}
        }
    }

    fn list(&mut self, subject: &Subject) {
        let sender = subject.sender.to_ascii_lowercase();
        let listed: BTreeMap<String, Option<RecipientType>> =
            subject.recipients.iter().map(|named| (named.address.to_ascii_lowercase(), named.kind)).collect();
        if let Some(known) = &self.sender {
            let all = self.parties.iter().filter(|(_, party)| party.listed).map(|(address, _)| address);
            self.two_messages |= *known != sender || !all.eq(listed.keys());
        }
        self.sender = Some(sender);
        for (address, kind) in listed {
            let party = self.parties.entry(address).or_default();
            party.kind = if party.listed { party.kind } else { kind };
            party.listed = true;
        }
    }

    /// What is known of an address that a row names.
    fn party(&mut self, address: &str) -> Option<&mut Party> {
        let key = address.to_ascii_lowercase();
        if !self.parties.contains_key(&key) {
            let strangers = self.parties.values().filter(|party| !party.listed).count();
            if strangers >= STRANGERS {
                return None;
            }
        }
        Some(self.parties.entry(key).or_default())
    }

    fn each(&mut self, addresses: &[String], note: impl Fn(&mut Party)) {
        for address in addresses {
            self.party(address).into_iter().for_each(&note);
        }
    }

    fn emitted(&mut self, kind: Kind, id: &str, concerns: &[String]) {
        self.certified += u32::from(kind != Kind::AnomalyEnvelope);
        match kind {
            Kind::Acceptance => self.acceptances += 1,
            Kind::NonAcceptance | Kind::VirusNonAcceptance => self.refusals += 1,
            Kind::TransportEnvelope => self.envelopes += 1,
            Kind::AnomalyEnvelope => self.anomalies += 1,
            Kind::TakeCharge => self.each(concerns, |party| party.charged.add(id)),
            Kind::Delivery => self.each(concerns, |party| {
                party.delivered.add(id);
                party.outcomes.add(id);
            }),
            Kind::NonDelivery => self.each(concerns, |party| {
                party.undelivered.add(id);
                party.outcomes.add(id);
            }),
            Kind::VirusDetection => self.each(concerns, |party| party.detected.add(id)),
            Kind::VirusNonDelivery => self.each(concerns, |party| {
                party.virus_told.add(id);
                party.outcomes.add(id);
            }),
            Kind::Timeout => self.each(concerns, |party| party.silences.add(id)),
        }
        // Those that we only ever make for holders of ours.
        let given =
            [Kind::Acceptance, Kind::NonAcceptance, Kind::VirusNonAcceptance, Kind::Timeout, Kind::VirusNonDelivery];
        if given.contains(&kind) {
            *self.given.entry(id.to_owned()).or_default() += 1;
        }
    }

    fn received(&mut self, kind: Kind, id: &str, concerns: &[String]) {
        self.certified += 1;
        self.notices += u32::from(kind != Kind::TransportEnvelope);
        match kind {
            Kind::TransportEnvelope => self.each(concerns, |party| party.came += 1),
            Kind::TakeCharge => self.each(concerns, |party| party.charges.add(id)),
            Kind::Delivery => self.each(concerns, |party| {
                party.deliveries.add(id);
                party.outcomes.add(id);
            }),
            Kind::NonDelivery => self.each(concerns, |party| party.outcomes.add(id)),
            Kind::VirusNonDelivery => self.each(concerns, |party| {
                party.virus_told.add(id);
                party.outcomes.add(id);
            }),
            Kind::VirusDetection => self.each(concerns, |party| party.detections.add(id)),
            _ => {}
        }
    }

    fn deposited(&mut self, kind: Kind, id: &str, concerns: &[String]) {
        if kind == Kind::TransportEnvelope {
            self.each(concerns, |party| party.deposited += 1);
        } else if let Some(given) = self.given.get_mut(id) {
            *given -= 1;
        }
    }
}
