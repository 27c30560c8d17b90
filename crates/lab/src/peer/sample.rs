//! Messages that the peer sends to try another provider's Incoming Point, good and bad: one table, from which the
//! command's help comes and which `docs/laboratory.md` repeats.

use bytes::Bytes;
use clap::ValueEnum;
use clap::builder::PossibleValue;
use directory::Directory;
use pec::compose::{self, Certified, Copy, Draft};
use pec::original::Original;
use pec::{Address, Kind, Moment, Pieces, ReceiptType, Recipient, RecipientType};
use provider::{Ids, UniqueIds};

use super::damage;
use super::player::{Keys, Peer};

/// A message to send.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Which.
    pub flaw: Flaw,
    /// Its name on the command line.
    pub name: &'static str,
    /// What is wrong with it.
    pub what: &'static str,
    /// What a provider is to do with it.
    pub expected: Expected,
}

/// What is wrong with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The table below says it.
pub enum Flaw {
    None,
    Twice,
    Virus,
    HeaderAgainstXml,
    TwoData,
    NoData,
    BrokenXml,
    NoOriginal,
    OneBoundary,
    ForeignFrom,
    ForeignSender,
    RecipientNotListed,
    NoSignature,
    WrongSignature,
    ExpiredCertificate,
    /// Signed with a listed certificate that is revoked.
    RevokedCertificate,
    UnlistedCertificate,
    StrayDelivery,
    StrayVirus,
    ForeignAcceptance,
    OthersReceipt,
}

/// What a provider is to do with a message (RFC 6109 §2.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Take-charge and delivery.
    Delivered,
    /// Take-charge and delivery once, however often it comes.
    DeliveredOnce,
    /// Take-charge and virus detection; delivered where nothing is scanned, as in a laboratory.
    Detected,
    /// Into the mailbox in an anomaly envelope; nothing certified goes back.
    Anomaly,
    /// Refused in SMTP, as ordinary mail is.
    Refused,
    /// To the holder as it is: a notification that is formally correct.
    Passed,
    /// Into the service mailbox, and nothing comes of it.
    Shelved,
}

impl Expected {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Delivered => "take-charge, delivery",
            Self::DeliveredOnce => "take-charge and delivery once; 250 both times",
            Self::Detected => "take-charge, virus detection; delivery where nothing is scanned",
            Self::Anomaly => "anomaly envelope, nothing certified goes back",
            Self::Refused => "refused as ordinary mail is (554), unless the mailbox takes that",
            Self::Passed => "to the holder as it is: it is formally correct, and clears no watch",
            Self::Shelved => "into the service mailbox; the holder is told nothing",
        }
    }
}

/// Every sample.
pub const SAMPLES: [Sample; 21] = [
    row(Flaw::None, "good", "a correct envelope", Expected::Delivered),
    row(Flaw::Twice, "twice", "a correct envelope, sent a second time", Expected::DeliveredOnce),
    row(Flaw::Virus, "virus", "a correct envelope around the EICAR test file", Expected::Detected),
    row(
        Flaw::HeaderAgainstXml,
        "header-against-xml",
        "Message-ID in the header and identifier in the XML differ",
        Expected::Anomaly,
    ),
    row(Flaw::TwoData, "two-daticert", "daticert.xml stands in it twice", Expected::Anomaly),
    row(Flaw::NoData, "no-daticert", "daticert.xml is missing", Expected::Anomaly),
    row(Flaw::BrokenXml, "broken-xml", "daticert.xml ends in the middle", Expected::Anomaly),
    row(Flaw::NoOriginal, "no-postacert", "postacert.eml is missing", Expected::Anomaly),
    row(
        Flaw::OneBoundary,
        "nested-boundaries",
        "the inner and the outer multipart have the same boundary",
        Expected::Anomaly,
    ),
    row(Flaw::ForeignFrom, "foreign-from", "From is the address of the provider that receives it", Expected::Anomaly),
    row(
        Flaw::ForeignSender,
        "foreign-sender",
        "the certified sender is a holder of another provider",
        Expected::Anomaly,
    ),
    row(
        Flaw::RecipientNotListed,
        "recipient-not-listed",
        "the recipient of the transmission is not in the XML",
        Expected::Anomaly,
    ),
    row(Flaw::NoSignature, "no-signature", "it is not signed", Expected::Refused),
    row(Flaw::WrongSignature, "wrong-signature", "a letter was altered after signing", Expected::Refused),
    row(
        Flaw::ExpiredCertificate,
        "expired-certificate",
        "signed with a listed certificate that has expired",
        Expected::Refused,
    ),
    row(
        Flaw::RevokedCertificate,
        "revoked-certificate",
        "signed with a listed certificate that its authority has revoked",
        Expected::Refused,
    ),
    row(
        Flaw::UnlistedCertificate,
        "unlisted-certificate",
        "signed with a certificate that the index does not hold",
        Expected::Refused,
    ),
    row(
        Flaw::StrayDelivery,
        "stray-delivery",
        "a delivery notification about a message that nobody sent",
        Expected::Passed,
    ),
    row(
        Flaw::StrayVirus,
        "stray-virus",
        "a virus detection notice about a message that nobody sent",
        Expected::Shelved,
    ),
    row(
        Flaw::ForeignAcceptance,
        "foreign-acceptance",
        "an acceptance that only the holder's own provider could make",
        Expected::Anomaly,
    ),
    row(
        Flaw::OthersReceipt,
        "others-receipt",
        "a delivery notification that concerns another holder",
        Expected::Anomaly,
    ),
];

const fn row(flaw: Flaw, name: &'static str, what: &'static str, expected: Expected) -> Sample {
    Sample { flaw, name, what, expected }
}

impl ValueEnum for Sample {
    fn value_variants<'a>() -> &'a [Self] {
        &SAMPLES
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name).help(format!("{}: {}", self.what, self.expected.words())))
    }
}

/// A message ready to go.
pub(super) struct Ready {
    /// What it claims to be.
    pub kind: Kind,
    /// Its identifier.
    pub identifier: String,
    /// MAIL FROM.
    pub path: Address,
    /// RCPT TO.
    pub to: Address,
    /// The message.
    pub message: Bytes,
    /// How often it is sent.
    pub times: usize,
}

/// Makes a sample for a recipient.
pub(super) fn make(peer: &Peer, sample: Sample, to: &Address, moment: Moment) -> Result<Ready, String> {
    let flaw = sample.flaw;
    if let Flaw::StrayDelivery | Flaw::StrayVirus | Flaw::ForeignAcceptance | Flaw::OthersReceipt = flaw {
        return notice(peer, sample, to, moment);
    }
    let address = |text: String| Address::parse(&text).map_err(|error| error.to_string());
    let sender = match flaw {
        Flaw::ForeignSender => address(format!("mittente@{}", to.domain()))?,
        _ => address(format!("mittente@{}", peer.emitter.address.domain()))?,
    };
    let listed = match flaw {
        Flaw::RecipientNotListed => address(format!("altri@{}", to.domain()))?,
        _ => to.clone(),
    };
    let identifier = peer.fresh_id(moment);
    let body = if flaw == Flaw::Virus { EICAR.concat() } else { "Buongiorno.".into() };
    let original = format!(
        "From: {sender}\r\nTo: {to}\r\nSubject: Prova {}\r\nDate: {}\r\nMessage-ID: <prova.{identifier}>\r\n\r\n{body}\r\n",
        sample.name,
        moment.rfc5322(),
    );
    let original = Original::parse(original.into());
    let certified = Certified {
        sender: sender.clone(),
        recipients: vec![Recipient { address: listed, kind: RecipientType::Certified }],
        reply_to: sender.to_string(),
        subject: original.subject.clone(),
        identifier: identifier.clone(),
        message_id: original.message_id.clone(),
        receipt: original.receipt,
    };
    let mut emitter = peer.emitter.clone();
    if flaw == Flaw::ForeignFrom {
        emitter.address = address(format!("posta-certificata@{}", to.domain()))?;
    }
    let postacert = original.certified(&identifier);
    let mut draft = compose::transport_envelope(&emitter, moment, &certified, &original, postacert);
    harm(&mut draft, flaw, &identifier);
    let keys = match flaw {
        Flaw::ExpiredCertificate => Keys::Expired,
        Flaw::RevokedCertificate => Keys::Revoked,
        Flaw::UnlistedCertificate => Keys::Unlisted,
        _ => Keys::Listed,
    };
    let message = match flaw {
        Flaw::NoSignature => {
            [b"MIME-Version: 1.0\r\n".as_slice(), &draft.header, &draft.entity.to_bytes()].concat().into()
        }
        Flaw::WrongSignature => damage::altered(&peer.seal(&draft, keys)?),
        _ => peer.seal(&draft, keys)?,
    };
    let times = if flaw == Flaw::Twice { 2 } else { 1 };
    Ok(Ready { kind: Kind::TransportEnvelope, identifier, path: sender, to: to.clone(), message, times })
}

/// A notification about a message that nobody sent.
fn notice(peer: &Peer, sample: Sample, to: &Address, moment: Moment) -> Result<Ready, String> {
    let address = |text: String| Address::parse(&text).map_err(|error| error.to_string());
    let recipient = address(format!("mittente@{}", peer.emitter.address.domain()))?;
    let sender = match sample.flaw {
        Flaw::OthersReceipt => address(format!("altri@{}", to.domain()))?,
        _ => to.clone(),
    };
    let domain = to.domain();
    let record = peer.index.by_domain(domain).ok_or_else(|| format!("the index knows no provider of {domain}"))?;
    let identifier = UniqueIds.fresh(moment, domain);
    let certified = Certified {
        reply_to: sender.to_string(),
        sender,
        recipients: vec![Recipient { address: recipient.clone(), kind: RecipientType::Certified }],
        subject: Some(format!("Prova {}", sample.name)),
        identifier: identifier.clone(),
        message_id: None,
        receipt: ReceiptType::Concise,
    };
    let (emitter, id) = (&peer.emitter, peer.fresh_id(moment));
    let (draft, to) = match sample.flaw {
        Flaw::StrayVirus => {
            let to = record.mail_receipt.clone();
            let virus = "Prova.Laboratorio";
            (compose::virus_detection(emitter, moment, &certified, &to, &recipient, virus, &id), to)
        }
        Flaw::ForeignAcceptance => (compose::acceptance(emitter, moment, &certified, &id), to.clone()),
        _ => (compose::delivery(emitter, moment, &certified, &recipient, Copy::Concise, &id), to.clone()),
    };
    let message = peer.seal(&draft, Keys::Listed)?;
    Ok(Ready { kind: draft.kind, identifier, path: emitter.address.clone(), to, message, times: 1 })
}

/// The harm that is done before signing.
fn harm(draft: &mut Draft, flaw: Flaw, identifier: &str) {
    match flaw {
        Flaw::HeaderAgainstXml => {
            draft.header =
                damage::replaced(&draft.header, identifier.as_bytes(), format!("x.{identifier}").as_bytes()).into();
        }
        Flaw::TwoData => damage::double_xml(draft),
        Flaw::NoData => damage::reworded(draft, "daticert.xml", "altro.xml"),
        Flaw::BrokenXml => damage::cut_xml(draft),
        Flaw::NoOriginal => damage::reworded(draft, "postacert.eml", "altro.eml"),
        Flaw::OneBoundary => damage::one_boundary(draft),
        _ => draft.entity = Pieces::own(draft.entity.to_bytes()),
    }
}

/// The test file that every scanner detects, in two halves so that none detects this program.
const EICAR: [&str; 2] = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STAND", "ARD-ANTIVIRUS-TEST-FILE!$H+H*"];
