//! Composition of every notification and envelope (RFC 6109 §3).
//!
//! A [`Draft`] is complete except for the signature; `seal` closes it. The same arguments always give
//! the same bytes.
//!
//! Nothing foreign (subject, Message-ID, address, name of a virus) can add a header field, break a
//! line or end a part. The fields that an envelope inherits keep their bytes [R-3.1.5-a] but where a system on the way would
//! change them: octets above 127 become encoded words, long lines are folded; an original is embedded byte for byte, so bare CR or LF in it
//! must have been refused or mended at the SMTP door, before the original was certified.

mod certified;
mod draft;
mod entity;
pub(crate) mod inherit;
mod notice;
mod outer;
#[cfg(test)]
mod tests;
mod words;

use std::collections::HashSet;

use bytes::Bytes;

use crate::formal::Exception;
use crate::header::Header;
use crate::limits::LINE;
use crate::original::Original;
use crate::text::model::Model;
use crate::text::{self, Facts};
use crate::{Address, Cause, Fault, Kind, Moment, ReceiptType, RecipientType, Shared, Words};

use self::notice::{Notice, seed};
use self::outer::Outer;

pub use self::certified::Certified;
pub use self::draft::{Draft, Emitter};
pub use self::words::phrase;
pub use crate::kind::Silence;

/// The copy of the original that goes with a delivery notification (§3.3.2).
#[derive(Clone, Debug)]
pub enum Copy {
    /// Complete: the original as it is [R-3.3.2.1-c].
    Complete(Shared),
    /// Brief: attachments replaced by their hashes [R-3.3.2.2-b].
    Brief(Bytes),
    /// Concise: none [R-3.3.2.3-b].
    Concise,
}

/// Acceptance (§3.1.4) [R-3.1.4-a], with text and data [R-2.2.1-g]. `own_id`: Message-ID of the notice, without brackets.
pub fn acceptance(emitter: &Emitter, moment: Moment, certified: &Certified, own_id: &str) -> Draft {
    Notice::new(emitter, moment, certified, own_id, Kind::Acceptance, Model::Acceptance).draft()
}

/// Non-acceptance for formal exceptions, all of them in one notice (§3.1.2) [R-3.1.2-a] [R-I-ap-2], without the
/// original [R-3.1.2-c], the same in text and data [R-3.1.2-d]; there must be at least one. The
/// certified sender is the authenticated holder the notice goes to.
pub fn non_acceptance(
    emitter: &Emitter,
    moment: Moment,
    certified: &Certified,
    reasons: &[Exception],
    own_id: &str,
) -> Draft {
    let mut notice = Notice::new(emitter, moment, certified, own_id, Kind::NonAcceptance, Model::NonAcceptance);
    notice.fault = Fault::Other;
    notice.errors = reasons.iter().map(|reason| coded(reason.code(), emitter, &reason.to_string())).collect();
    notice.draft()
}

/// Non-acceptance because of a virus (§3.1.3) [R-3.1.3-a], without the original [R-3.1.3-b]; its fault is `virus`
/// [R-3.1.3-c].
pub fn virus_non_acceptance(
    emitter: &Emitter,
    moment: Moment,
    certified: &Certified,
    virus: &str,
    own_id: &str,
) -> Draft {
    let mut notice =
        Notice::new(emitter, moment, certified, own_id, Kind::VirusNonAcceptance, Model::VirusNonAcceptance);
    notice.fault = Fault::Virus;
    notice.errors = vec![detected(virus)];
    notice.draft()
}

/// Transport envelope (§3.1.5): inherited and own fields [R-3.1.5-b] around text, data and the whole original
/// [R-3.1.5-c]; `postacert` is [`Original::certified`]. Its Message-ID is the identifier [R-2.2.1-b].
pub fn transport_envelope(
    emitter: &Emitter,
    moment: Moment,
    certified: &Certified,
    original: &Original,
    postacert: Shared,
) -> Draft {
    let kind = Kind::TransportEnvelope;
    let sender = certified.sender.as_str();
    let mut outer = Outer::default();
    outer.inherit(&original.header, "Return-Path");
    outer.inherit(&original.header, "Received");
    outer.date(moment);
    outer.on_behalf(sender, emitter.address.as_str());
    if !outer.inherit_first(&original.header, "Reply-To") {
        outer.field("Reply-To", sender);
    }
    outer.inherit(&original.header, "To");
    outer.inherit(&original.header, "Cc");
    outer.message_id(&certified.identifier);
    outer.subject(kind, certified.subject.as_deref());
    outer.marks(kind);
    outer.field("X-TipoRicevuta", certified.receipt.as_str());
    outer.reference(certified.message_id.as_deref());

    let identifier = &certified.identifier;
    let mut notice = Notice::new(emitter, moment, certified, identifier, kind, Model::TransportEnvelope);
    notice.receipt = Some(certified.receipt); // [R-4.4-f]
    notice.original = Some(postacert);
    notice.draft_under(outer)
}

/// First or second notice of silence (§3.1.6) [R-3.1.6-a], for one recipient [R-3.1.6-f], without the original
/// [R-3.1.6-b]. Codes and fault: Q-10.
pub fn timeout(
    emitter: &Emitter,
    moment: Moment,
    certified: &Certified,
    recipient: &Address,
    silence: Silence,
    own_id: &str,
) -> Draft {
    let (fault, code, reason) = match silence {
        Silence::TwelveHours => {
            (Fault::None, "4.4.1", "il messaggio non è stato consegnato nelle prime dodici ore dal suo invio")
        }
        Silence::TwentyFourHours => {
            (Fault::Other, "5.4.1", "il messaggio non è stato consegnato nelle prime ventiquattro ore dal suo invio")
        }
    };
    let mut notice = Notice::new(emitter, moment, certified, own_id, Kind::Timeout, Model::Timeout(silence));
    notice.fault = fault;
    notice.errors = vec![coded(code, emitter, reason)];
    notice.delivery = Some(recipient.as_str());
    notice.draft()
}

/// Take-charge (§3.2.1) [R-3.2.1-e] to the service mailbox of the sender's provider, for `received` recipients
/// [R-3.2.1-c].
pub fn take_charge(
    emitter: &Emitter,
    moment: Moment,
    certified: &Certified,
    to: &Address,
    received: &[Address],
    own_id: &str,
) -> Draft {
    let partial = certified.recipients.iter().any(|recipient| !received.contains(&recipient.address));
    let mut notice = Notice::new(emitter, moment, certified, own_id, Kind::TakeCharge, Model::TakeCharge { partial });
    notice.to = to.as_str();
    notice.reception = received.iter().map(Address::as_str).collect();
    notice.draft()
}

/// Delivery notification (§3.3.2) for one recipient [R-3.3.2-d]. The data say what the sender asked for, the
/// text says what this notification is.
pub fn delivery(
    emitter: &Emitter,
    moment: Moment,
    certified: &Certified,
    recipient: &Address,
    copy: Copy,
    own_id: &str,
) -> Draft {
    // [R-3.3.2.1-c] [R-3.3.2.2-b] [R-3.3.2.3-b]
    let (receipt, original) = match copy {
        Copy::Complete(original) => (ReceiptType::Complete, Some(original)),
        Copy::Brief(reduced) => (ReceiptType::Brief, Some(Shared::new(reduced))),
        Copy::Concise => (ReceiptType::Concise, None),
    };
    let mut notice = Notice::new(emitter, moment, certified, own_id, Kind::Delivery, Model::Delivery(receipt));
    notice.receipt = Some(certified.receipt); // [R-4.4-ric] [R-4.4-f]
    notice.delivery = Some(recipient.as_str());
    notice.original = original;
    notice.draft()
}

/// Non-delivery (§3.3.3) for one recipient [R-3.3.3-a], with a coded reason [R-L-N12-1].
pub fn non_delivery(
    emitter: &Emitter,
    moment: Moment,
    certified: &Certified,
    recipient: &Address,
    cause: Cause,
    own_id: &str,
) -> Draft {
    let mut notice = Notice::new(emitter, moment, certified, own_id, Kind::NonDelivery, Model::NonDelivery);
    notice.fault = cause.fault();
    notice.errors = vec![coded(cause.code(), emitter, cause.reason())];
    notice.delivery = Some(recipient.as_str());
    notice.draft()
}

/// Virus detection (§3.2.3) to the service mailbox of the sender's provider, for one recipient [R-3.2.3-c], without the
/// original [R-3.2.3-d], with the virus as reason [R-3.2.3-e].
/// Fault and recipient element: Q-11.
pub fn virus_detection(
    emitter: &Emitter,
    moment: Moment,
    certified: &Certified,
    to: &Address,
    recipient: &Address,
    virus: &str,
    own_id: &str,
) -> Draft {
    let mut notice = Notice::new(emitter, moment, certified, own_id, Kind::VirusDetection, Model::VirusDetection);
    notice.to = to.as_str();
    notice.fault = Fault::Other;
    notice.errors = vec![detected(virus)];
    notice.delivery = Some(recipient.as_str());
    notice.draft()
}

/// Virus non-delivery (§3.2.4) [R-3.2.4-a]: all data come from the detection [R-3.2.4-b], the reason included
/// [R-3.2.4-c].
pub fn virus_non_delivery(
    emitter: &Emitter,
    moment: Moment,
    certified: &Certified,
    recipient: &Address,
    virus: &str,
    own_id: &str,
) -> Draft {
    let mut notice = Notice::new(emitter, moment, certified, own_id, Kind::VirusNonDelivery, Model::VirusNonDelivery);
    notice.fault = Fault::Virus;
    notice.errors = vec![detected(virus)];
    notice.delivery = Some(recipient.as_str());
    notice.draft()
}

/// Anomaly envelope (§3.2.2) around the whole message received. `sender` and `recipients` are the
/// SMTP routing data, not certified; `reasons` say why nothing is, a line each. An empty `sender` (the null reverse
/// path) prints as `<>`.
///
/// Only the fields of [R-3.2.2-a] are inherited, and `Reply-To` where there is one, so that forged
/// certified-mail fields stay inside [R-I-sec-3]. The Message-ID is the one received; `own_id` stands
/// in when there is none, and [`Draft::message_id`] says which it is.
#[allow(clippy::too_many_arguments)] // One argument for each thing that is known of a foreign message.
pub fn anomaly_envelope(
    emitter: &Emitter,
    moment: Moment,
    sender: &str,
    recipients: &[Address],
    header: &Header,
    message: Shared,
    reasons: &[Words],
    own_id: &str,
) -> Draft {
    let kind = Kind::AnomalyEnvelope;
    let shown = if sender.is_empty() { "<>" } else { sender };
    let subject = header.subject();
    let mut outer = Outer::default();
    outer.inherit_first(header, "Return-Path");
    outer.inherit(header, "Received");
    outer.date(moment);
    outer.on_behalf(shown, emitter.address.as_str());
    if !outer.inherit_first(header, "Reply-To") && Address::parse(sender).is_ok() {
        outer.field("Reply-To", sender);
    }
    outer.inherit(header, "To");
    outer.inherit(header, "Cc");
    // One that no line can hold as it is stays inside.
    let fit = |id: &String| id.len() < LINE && id.bytes().all(|b| matches!(b, b' '..=b'~'));
    let inherited = header.value("Message-ID").filter(|id| fit(id) && outer.inherit_first(header, "Message-ID"));
    if inherited.is_none() {
        outer.message_id(own_id);
    }
    outer.subject(kind, subject.as_deref());
    outer.marks(kind);

    let message_id =
        inherited.map_or(own_id.to_owned(), |id| id.trim_start_matches('<').trim_end_matches('>').to_owned());
    let facts = Facts {
        moment,
        subject: subject.as_deref().unwrap_or_default(),
        sender: shown,
        recipients: recipients.iter().map(|address| (address.as_str(), RecipientType::Certified)).collect(),
        concerned: Vec::new(),
        identifier: "",
        errors: reasons.iter().map(|reason| reason.italian.clone()).collect(),
        english_errors: reasons.iter().map(|reason| reason.english.clone()).collect(),
    };
    let text = text::compose(Model::Anomaly, &facts, emitter.english);
    let seed = seed(kind, moment, own_id);
    // Exactly text and message: no certification data [R-3.2.2-b].
    let entity = entity::mixed(&seed, &text, None, Some(message));
    Draft { kind, moment, message_id, header: outer.into_bytes(), entity, data: None }
}

/// Who stands in To and who in Cc, read once for all recipients of a message.
#[derive(Clone, Debug)]
pub struct Addressed {
    to: HashSet<Address>,
    cc: HashSet<Address>,
    /// Whether every entry of To could be read: one that could not might be any recipient.
    legible: bool,
}

impl Addressed {
    /// Reads both fields.
    pub fn read(header: &Header) -> Self {
        let (to, cc) = (header.addresses("To"), header.addresses("Cc"));
        Self {
            legible: to.iter().all(Result::is_ok),
            to: to.into_iter().flatten().collect(),
            cc: cc.into_iter().flatten().collect(),
        }
    }

    /// Which copy a recipient's delivery notification carries (§3.3.2 and table 5.1 of the digest):
    /// what the sender asked for, lowered to concise for a recipient in Cc alone; doubt means primary
    /// recipient [R-3.3.2.1-b].
    pub fn copy_kind(&self, requested: ReceiptType, recipient: &Address) -> ReceiptType {
        match requested {
            // [R-3.3.2.3-a]
            ReceiptType::Concise => ReceiptType::Concise,
            // [R-3.3.2.1-a] [R-3.3.2.2-a]
            _ if self.legible && !self.to.contains(recipient) && self.cc.contains(recipient) => ReceiptType::Concise,
            asked => asked,
        }
    }
}

/// `<code> - <provider> - <reason>`, the form of NOTA 12 [R-O-N12-2].
fn coded(code: &str, emitter: &Emitter, reason: &str) -> String {
    format!("{code} - {} - {reason}", emitter.name)
}

/// The name of what was detected: the data require one [R-4.4-h], even when the scanner gives none.
fn detected(virus: &str) -> String {
    if virus.trim().is_empty() { "virus informatico".to_owned() } else { virus.to_owned() }
}
