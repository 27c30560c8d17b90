//! A notification or envelope with certification data, from what is known to what is signed (§4.4).

use super::certified::Certified;
use super::draft::{Draft, Emitter};
use super::entity;
use super::outer::Outer;
use crate::daticert::DataRecipient;
use crate::text::model::Model;
use crate::text::{self, Facts};
use crate::{CertificationData, Fault, Kind, Moment, ReceiptType, Shared};

/// A message with certification data, before it is written.
pub(super) struct Notice<'a> {
    pub(super) emitter: &'a Emitter,
    pub(super) moment: Moment,
    pub(super) certified: &'a Certified,
    pub(super) own_id: &'a str,
    pub(super) kind: Kind,
    pub(super) model: Model,
    /// The sender of the original [R-2.1-f], unless the notice goes from provider to provider.
    pub(super) to: &'a str,
    pub(super) fault: Fault,
    pub(super) errors: Vec<String>,
    /// `consegna`
    pub(super) delivery: Option<&'a str>,
    /// `ricezione`
    pub(super) reception: Vec<&'a str>,
    /// `ricevuta`
    pub(super) receipt: Option<ReceiptType>,
    pub(super) original: Option<Shared>,
}

impl<'a> Notice<'a> {
    pub(super) fn new(
        emitter: &'a Emitter,
        moment: Moment,
        certified: &'a Certified,
        own_id: &'a str,
        kind: Kind,
        model: Model,
    ) -> Self {
        Self {
            emitter,
            moment,
            certified,
            own_id,
            kind,
            model,
            to: certified.sender.as_str(),
            fault: Fault::None,
            errors: Vec::new(),
            delivery: None,
            reception: Vec::new(),
            receipt: None,
            original: None,
        }
    }

    /// A notification: its outer header is always the same but for the marks of its kind. It comes from the one service
    /// address [R-2.2.6-a], goes to the sender unless it is between providers [R-2.1-f], and has a Message-ID of its own
    /// [R-I-hdr-3].
    pub(super) fn draft(self) -> Draft {
        let mut outer = Outer::default();
        outer.date(self.moment);
        outer.service(self.emitter.address.as_str());
        outer.field("To", self.to);
        outer.message_id(self.own_id);
        outer.subject(self.kind, self.certified.subject.as_deref());
        outer.marks(self.kind);
        if self.kind == Kind::VirusDetection {
            outer.field("X-Mittente", self.certified.sender.as_str());
        }
        outer.reference(self.certified.message_id.as_deref());
        // Nobody reads what providers tell each other [R-2.1.1-a].
        if !matches!(self.kind, Kind::TakeCharge | Kind::VirusDetection) {
            outer.thread(self.certified.message_id.as_deref(), &self.certified.identifier);
        }
        self.draft_under(outer)
    }

    pub(super) fn draft_under(self, outer: Outer) -> Draft {
        let data = self.data();
        let certified = self.certified;
        let facts = Facts {
            moment: self.moment,
            subject: certified.subject.as_deref().unwrap_or_default(),
            sender: certified.sender.as_str(),
            recipients: certified.recipients.iter().map(|r| (r.address.as_str(), r.kind)).collect(),
            concerned: self.delivery.into_iter().chain(self.reception.iter().copied()).collect(),
            identifier: &certified.identifier,
            errors: self.errors,
            english_errors: Vec::new(),
        };
        let text = text::compose(self.model, &facts, self.emitter.english);
        let seed = seed(self.kind, self.moment, self.own_id);
        Draft {
            kind: self.kind,
            moment: self.moment,
            message_id: self.own_id.to_owned(),
            header: outer.into_bytes(),
            entity: entity::mixed(&seed, &text, Some(&data.write()), self.original),
            data: Some(data),
        }
    }

    /// The data of this notice: what is certified of the message, and the emitter's own words
    /// [R-4.4-b] [R-4.4-c] [R-4.4-d] [R-4.4-e] [R-O-tic-1].
    fn data(&self) -> CertificationData {
        let certified = self.certified;
        CertificationData {
            // Only the anomaly envelope has no `tipo`, and no data.
            tipo: self.kind.tipo().unwrap_or_default().to_owned(),
            fault: self.fault,
            sender: certified.sender.as_str().to_owned(),
            recipients: certified
                .recipients
                .iter()
                .map(|r| DataRecipient { address: r.address.as_str().to_owned(), kind: r.kind })
                .collect(),
            reply_to: certified.reply_to.clone(),
            subject: certified.subject.clone(),
            provider: self.emitter.name.clone(),
            time: self.moment.into(),
            identifier: certified.identifier.clone(),
            message_id: certified.message_id.clone(),
            receipt: self.receipt,
            delivery: self.delivery.map(str::to_owned),
            reception: self.reception.iter().map(|&address| address.to_owned()).collect(),
            extended_error: (!self.errors.is_empty()).then(|| self.errors.join("; ")),
        }
    }
}

/// What makes the boundaries of one message differ from those of every other.
pub(super) fn seed(kind: Kind, moment: Moment, id: &str) -> String {
    format!("{}\n{}\n{id}", kind.name(), moment.unix())
}
