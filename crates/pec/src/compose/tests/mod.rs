//! One message of every kind, and what the judges of each aspect say of it.

mod anomaly;
mod certification;
mod copies;
mod envelope;
mod foreign;
mod notifications;
mod readback;
mod structure;

use mail_parser::{Message, MessageParser, MimeHeaders as _};

use super::*;
use crate::{Piece, Recipient};

pub(super) const ID: &str = "sigillo1.20241205113030.7@pec.mittente.example.it";
pub(super) const OWN: &str = "sigillo1.20241205113030.8@pec.mittente.example.it";
pub(super) const CLIENT: &str = "<abc$1@client.example>";

pub(super) fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

pub(super) fn emitter() -> Emitter {
    Emitter {
        name: "Gestore Uno S.p.A.".into(),
        address: address("posta-certificata@pec.uno.example.it"),
        english: false,
    }
}

/// 05/12/2024 11:30:30 (+0100)
pub(super) fn moment() -> Moment {
    Moment::from_unix(1_733_394_630)
}

pub(super) fn certified() -> Certified {
    Certified {
        sender: address("mario.rossi@comune.example.it"),
        recipients: vec![
            Recipient { address: address("Anna@pec.due.example.it"), kind: RecipientType::Certified },
            Recipient { address: address("bruno@example.com"), kind: RecipientType::Ordinary },
            Recipient { address: address("carla@pec.due.example.it"), kind: RecipientType::Certified },
        ],
        reply_to: "protocollo@comune.example.it".into(),
        subject: Some("Perché no".into()),
        identifier: ID.into(),
        message_id: Some(CLIENT.into()),
        receipt: ReceiptType::Complete,
    }
}

pub(super) const ORIGINAL: &str = "Received: from client ([192.0.2.1])\r\n\tby ap.uno.example.it; Thu, 5 Dec 2024 11:30:29 +0100\r\n\
Received: from laptop by client\r\n\
From: Mario Rossi <mario.rossi@comune.example.it>\r\n\
To: \"Rossi, Anna\" <Anna@pec.due.example.it>,\r\n\tbruno@example.com\r\n\
Cc: carla@pec.due.example.it\r\n\
Subject: =?UTF-8?Q?Perch=C3=A9_no?=\r\n\
Message-ID: <abc$1@client.example>\r\n\
X-Trasporto: posta-certificata\r\n\
X-Ricevuta: accettazione\r\n\
\r\n\
Testo.\r\n";

pub(super) fn original() -> Original {
    Original::parse(Bytes::from_static(ORIGINAL.as_bytes()))
}

pub(super) fn envelope() -> Draft {
    transport_envelope(&emitter(), moment(), &certified(), &original(), original().certified(ID))
}

pub(super) fn anomaly() -> Draft {
    let message = Bytes::from_static(ORIGINAL.as_bytes());
    let recipients = [address("Anna@pec.due.example.it")];
    let header = Header::parse(&message);
    let reason =
        [Words::new("dominio mittente non di posta certificata", "the sender's domain is not of certified mail")];
    anomaly_envelope(&emitter(), moment(), "spam@example.com", &recipients, &header, Shared::new(message), &reason, OWN)
}

/// What a notification of each kind and variant is, for these facts.
pub(super) fn notifications_of(emitter: &Emitter, certified: &Certified) -> Vec<Draft> {
    let at = moment();
    let anna = address("Anna@pec.due.example.it");
    let carla = address("carla@pec.due.example.it");
    let service = address("ricevute@pec.uno.example.it");
    let reasons = [Exception::Bcc, Exception::NotInToOrCc(carla.clone())];
    let copy = || original().certified(ID);
    vec![
        acceptance(emitter, at, certified, OWN),
        non_acceptance(emitter, at, certified, &reasons, OWN),
        virus_non_acceptance(emitter, at, certified, "Eicar-Test-Signature", OWN),
        timeout(emitter, at, certified, &anna, Silence::TwelveHours, OWN),
        timeout(emitter, at, certified, &anna, Silence::TwentyFourHours, OWN),
        take_charge(emitter, at, certified, &service, &[anna.clone(), carla], OWN),
        delivery(emitter, at, certified, &anna, Copy::Complete(copy()), OWN),
        delivery(emitter, at, certified, &anna, Copy::Brief(copy().bytes().clone()), OWN),
        delivery(emitter, at, certified, &anna, Copy::Concise, OWN),
        non_delivery(emitter, at, certified, &anna, Cause::UnknownMailbox, OWN),
        non_delivery(emitter, at, certified, &anna, Cause::NoDomain, OWN),
        non_delivery(emitter, at, certified, &anna, Cause::MailboxFull, OWN),
        virus_detection(emitter, at, certified, &service, &anna, "Eicar-Test-Signature", OWN),
        virus_non_delivery(emitter, at, certified, &anna, "Eicar-Test-Signature", OWN),
    ]
}

pub(super) fn notifications() -> Vec<Draft> {
    notifications_of(&emitter(), &certified())
}

/// Every kind, every variant.
pub(super) fn all() -> Vec<Draft> {
    let mut all = notifications();
    all.extend([envelope(), anomaly()]);
    all
}

#[test]
fn every_kind_is_composed() {
    let drafts = all();
    for kind in Kind::ALL {
        assert!(drafts.iter().any(|draft| draft.kind == kind), "{kind:?}");
    }
}

/// The message without its signature.
pub(super) fn assembled(draft: &Draft) -> Vec<u8> {
    [draft.header.as_ref(), b"MIME-Version: 1.0\r\n", draft.entity.to_bytes().as_ref()].concat()
}

pub(super) fn parsed(message: &[u8]) -> Message<'_> {
    MessageParser::new().parse(message).unwrap()
}

/// Name and unfolded value of every field.
pub(super) fn fields(draft: &Draft) -> Vec<(String, String)> {
    let header = String::from_utf8(draft.header.to_vec()).unwrap();
    let header = header.replace("\r\n ", " ").replace("\r\n\t", "\t");
    let mut lines: Vec<&str> = header.split("\r\n").collect();
    assert_eq!(lines.pop(), Some(""), "the last field ends with CRLF");
    let field = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.to_owned(), value.to_owned())
    };
    lines.into_iter().map(field).collect()
}

pub(super) fn value(draft: &Draft, name: &str) -> Option<String> {
    let mut values = fields(draft).into_iter().filter(|(key, _)| key == name).map(|(_, value)| value);
    let first = values.next();
    assert_eq!(values.next(), None, "{name} occurs once");
    first
}

/// `daticert.xml` as an independent reader finds it.
pub(super) fn xml(draft: &Draft) -> Option<Vec<u8>> {
    let message = assembled(draft);
    let message = parsed(&message);
    let mut found = message.attachments().filter(|part| part.attachment_name() == Some("daticert.xml"));
    let xml = found.next().map(|part| part.contents().to_vec());
    assert!(found.next().is_none());
    xml
}

/// The plain text as an independent reader decodes it.
pub(super) fn text(draft: &Draft) -> String {
    parsed(&assembled(draft)).body_text(0).unwrap().into_owned()
}

/// With every run of blanks and line ends as one blank.
pub(super) fn flowed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(super) fn shared(draft: &Draft) -> Vec<Bytes> {
    let shared = |piece: &Piece| match piece {
        Piece::Shared(shared) => Some(shared.bytes().clone()),
        Piece::Own(_) | Piece::Tail(_) => None,
    };
    draft.entity.iter().filter_map(shared).collect()
}
