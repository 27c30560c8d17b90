//! What the peer answers to a transport envelope: receipts as the norm wants them, spoilt as the conduct wants it.

use std::sync::Arc;

use bytes::Bytes;
use directory::{Directory, Record};
use pec::brief::{self, HashInput};
use pec::compose::{self, Addressed, Certified, Copy, Draft};
use pec::header::Header;
use pec::{Address, Kind, Moment, ReceiptType, Shared};

use super::conduct::{Conduct, Way};
use super::damage;
use super::player::{Keys, Peer};

/// An envelope that came, read.
#[derive(Clone)]
pub struct Letter {
    /// What it certifies.
    pub certified: Certified,
    /// Its outer header.
    header: Header,
    original: Option<Bytes>,
    /// The sender's provider.
    record: Arc<Record>,
}

/// What a message that came is.
pub enum Came {
    /// A transport envelope.
    Envelope(Box<Letter>),
    /// A notification about something that the peer sent.
    Notice(Kind, String),
}

/// Reads a message; the error is for the peer's reply.
pub fn read(message: &Bytes, index: &dyn Directory) -> Result<Came, String> {
    let opened = seal::open(message).map_err(|error| error.to_string())?;
    let pec = pec::message::read(message, opened.entity.clone()).map_err(|error| error.to_string())?;
    let certified = Certified::from_data(&pec.data).map_err(|text| format!("no address: {text}"))?;
    if pec.kind != Kind::TransportEnvelope {
        return Ok(Came::Notice(pec.kind, certified.identifier));
    }
    let domain = certified.sender.domain();
    let record = index.by_domain(domain).ok_or_else(|| format!("the index knows no provider of {domain}"))?;
    let certified = Certified { receipt: pec.receipt, ..certified };
    Ok(Came::Envelope(Box::new(Letter { original: pec.original_bytes(), header: pec.header, certified, record })))
}

/// A receipt ready to go.
pub struct Receipt {
    /// What it is.
    pub kind: Kind,
    /// Whom it goes to.
    pub to: Address,
    /// The message.
    pub message: Bytes,
}

/// Everything that is said to some recipients of one envelope who get the same conduct, in order.
pub fn receipts(
    peer: &Peer,
    letter: &Letter,
    recipients: &[Address],
    conduct: Conduct,
    moment: Moment,
) -> Result<Vec<Receipt>, String> {
    let once = |moment| {
        let mut drafts = Vec::new();
        if conduct.takes_charge() {
            let id = peer.fresh_id(moment);
            let to = &letter.record.mail_receipt;
            let draft = compose::take_charge(&peer.emitter, moment, &letter.certified, to, recipients, &id);
            drafts.push((draft, to.clone()));
        }
        if conduct.delivers() {
            drafts.extend(recipients.iter().map(|recipient| last(peer, letter, recipient, conduct, moment)));
        }
        drafts.into_iter().map(|(draft, to)| finish(peer, draft, to, conduct)).collect::<Result<Vec<_>, _>>()
    };
    let mut receipts = once(moment)?;
    match conduct.way {
        Way::OutOfOrder => receipts.reverse(),
        Way::Duplicates => {
            let again = receipts.iter().map(|receipt| Receipt {
                kind: receipt.kind,
                to: receipt.to.clone(),
                message: receipt.message.clone(),
            });
            let again: Vec<_> = again.collect();
            receipts.extend(again);
            receipts.extend(once(moment.plus(1))?);
        }
        _ => {}
    }
    Ok(receipts)
}

/// What is said of one recipient in the end, and to whom.
fn last(peer: &Peer, letter: &Letter, recipient: &Address, conduct: Conduct, moment: Moment) -> (Draft, Address) {
    let Letter { certified, header, original, record } = letter;
    let (emitter, id) = (&peer.emitter, peer.fresh_id(moment));
    let holder = certified.sender.clone();
    match conduct.way {
        Way::Undelivered(cause) => (compose::non_delivery(emitter, moment, certified, recipient, cause, &id), holder),
        Way::Virus => {
            let to = &record.mail_receipt;
            let draft = compose::virus_detection(emitter, moment, certified, to, recipient, "Prova.Laboratorio", &id);
            (draft, to.clone())
        }
        way => {
            let copy = match (Addressed::read(header).copy_kind(certified.receipt, recipient), original) {
                (ReceiptType::Complete, Some(original)) => Copy::Complete(Shared::new(original.clone())),
                (ReceiptType::Brief, Some(original)) => Copy::Brief(brief::reduce(original, HashInput::default())),
                _ => Copy::Concise,
            };
            // A domain that the index does not know tells nobody that the receipt is forged.
            let another = |other: &&Address| !peer.hosts(other) && peer.index.by_domain(other.domain()).is_some();
            let other = certified.recipients.iter().map(|other| &other.address).find(another);
            let about = if way == Way::Forged { other.unwrap_or(&certified.sender) } else { recipient };
            (compose::delivery(emitter, moment, certified, about, copy, &id), holder)
        }
    }
}

/// Signs, and does the harm that the conduct asks for.
fn finish(peer: &Peer, mut draft: Draft, to: Address, conduct: Conduct) -> Result<Receipt, String> {
    if conduct.way == Way::BrokenXml && draft.kind != Kind::TakeCharge {
        damage::cut_xml(&mut draft);
    }
    let keys = match conduct.way {
        Way::ExpiredCertificate => Keys::Expired,
        Way::RevokedCertificate => Keys::Revoked,
        Way::UnlistedCertificate => Keys::Unlisted,
        _ => Keys::Listed,
    };
    let sealed = peer.seal(&draft, keys)?;
    let message = match conduct.way {
        Way::WrongSignature => damage::altered(&sealed),
        Way::EightBit => damage::seven_bits(&sealed),
        _ => sealed,
    };
    Ok(Receipt { kind: draft.kind, to, message })
}
