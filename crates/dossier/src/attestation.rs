//! What the provider signs in the place of receipts that are gone: no receipt, but what its trace says happened, with the proof.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pec::compose::Emitter;
use pec::{Moment, Pieces, Words};
use seal::{KeyError, Letter, Signer, seal_letter};

use crate::history::{History, Piece, Stored};
use crate::report::{Attachment, PdfError, Report, Section};
use crate::words::{event, noun};

/// An attestation about receipts of one message.
#[derive(Clone, Debug)]
pub struct Attestation {
    /// What it says.
    pub report: Report,
    /// The file that proves it, as `sigillo evidence prove` writes it; `None`: nothing of it is sealed yet, or any more.
    pub proof: Option<String>,
    moment: Moment,
    about: String,
}

impl Attestation {
    /// About these pieces of a message, of which the exact octets are not there, by this provider at this instant.
    pub fn about(
        history: &History,
        missing: &[&Piece],
        proof: Option<String>,
        emitter: &Emitter,
        moment: Moment,
    ) -> Self {
        let report = Report {
            title: Words::new(
                "Attestazione sostitutiva di ricevute di posta certificata",
                "Attestation in place of certified-mail receipts",
            ),
            lead: lead(&emitter.name, moment, proof.is_some()),
            sections: vec![message(history), gone(missing), trace(history, missing)],
        };
        Self { report, proof, moment, about: history.identifier.to_string() }
    }

    /// As a message that the provider signs as it signs its receipts, without any mark of one.
    pub fn to_message(&self, emitter: &Emitter, signer: &dyn Signer) -> Result<Pieces, KeyError> {
        let id = format!("attestation.{}.{}", self.moment.compact(), self.about);
        let header = format!(
            "From: {address}\r\nSubject: ATTESTAZIONE (non e' una ricevuta): {about}\r\nDate: {date}\r\n\
             Message-ID: <{id}>\r\nReferences: <{about}>\r\nAuto-Submitted: auto-generated\r\n",
            address = emitter.address,
            about = folded(&self.about),
            date = self.moment.rfc5322(),
            id = folded(&id),
        );
        let entity = self.entity();
        seal_letter(
            &Letter { header: header.as_bytes(), entity: &entity, moment: self.moment, message_id: &id },
            signer,
        )
    }

    /// The same for people: PDF/A with the file that proves it inside.
    pub fn to_pdf(&self) -> Result<Vec<u8>, PdfError> {
        let proof = self.proof.as_ref().map(|proof| Attachment::proof(proof.clone().into_bytes()));
        self.report.pdf(self.moment, proof.into_iter().collect())
    }

    /// The text, and the file that proves it.
    fn entity(&self) -> Pieces {
        // `=_` stands in no base64.
        let boundary = "=_attestation_=";
        let mut entity = format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n");
        let mut part = |head: &str, content: &str| {
            entity += &format!("\r\n--{boundary}\r\n{head}\r\nContent-Transfer-Encoding: base64\r\n\r\n");
            // 57 octets make a line of 76 digits.
            for chunk in content.as_bytes().chunks(57) {
                entity += &STANDARD.encode(chunk);
                entity += "\r\n";
            }
        };
        part("Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: inline", &self.report.text());
        if let Some(proof) = &self.proof {
            let head = "Content-Type: application/json; name=\"prova.json\"\r\n\
                        Content-Disposition: attachment; filename=\"prova.json\"";
            part(head, proof);
        }
        entity += &format!("\r\n--{boundary}--\r\n");
        Pieces::own(entity)
    }
}

/// What others wrote, in one line of a header: octets beyond ASCII and controls are no part of an identifier.
fn folded(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic()).take(900).collect()
}

fn lead(name: &str, moment: Moment, proved: bool) -> Vec<Words> {
    let (day, time, zone) = (moment.day(), moment.time(), moment.zone());
    let mut lead = vec![
        Words::new(
            "Questo documento non è una ricevuta di posta elettronica certificata e non ne ha il valore: è un'attestazione di \
             quanto risulta dal registro del gestore, dove i byte esatti delle ricevute non sono più disponibili.",
            "This document is no receipt of certified mail and is not worth one: it is an attestation of what the provider's \
             trace says, where the exact octets of the receipts are not there any more.",
        ),
        Words::new(
            format!("La firma {name}, il {day} alle {time} ({zone})."),
            format!("{name} signs it, on {day} at {time} ({zone})."),
        ),
    ];
    lead.push(match proved {
        true => Words::new(
            "Il file allegato prova.json prova le operazioni elencate: si verifica senza questo gestore (sigillo verify prova.json, \
             oppure openssl e la pagina docs/evidence-format.md).",
            "The attached file prova.json proves the operations that are listed: it is verified without this provider (sigillo \
             verify prova.json, or openssl and the page docs/evidence-format.md).",
        ),
        false => Words::new(
            "Nessuna di queste operazioni è già sigillata: la prova si può chiedere quando lo sarà.",
            "None of these operations is sealed yet: the proof can be asked for when they are.",
        ),
    });
    lead
}

/// What the message is, as evidence has it.
pub(crate) fn message(history: &History) -> Section {
    let mut section = Section::new("Il messaggio", "The message");
    section.fact("Identificativo", "Identifier", history.identifier.to_string());
    if let Some(subject) = &history.subject {
        section.fact("Mittente", "Sender", subject.sender.clone());
        for named in &subject.recipients {
            let kind = match named.kind {
                Some(pec::RecipientType::Certified) => Words::new("certificato", "certified"),
                Some(pec::RecipientType::Ordinary) => Words::new("posta ordinaria", "ordinary mail"),
                None => Words::new("non certificato", "nothing certified"),
            };
            let value = |kind: &str| format!("{} ({kind})", named.address);
            let value = Words::new(value(&kind.italian), value(&kind.english));
            section.fact_in(Words::new("Destinatario", "Recipient"), value);
        }
        section.fact("Oggetto", "Subject", subject.subject.clone());
        if let Some(id) = &subject.client_id {
            section.fact("Message-ID del mittente", "The sender's Message-ID", id.clone());
        }
        if let Some(original) = &subject.original {
            section.fact("SHA-256 dell'originale", "SHA-256 of the original", hex::encode(original));
        }
    }
    section
}

/// Which pieces are gone, and why.
fn gone(missing: &[&Piece]) -> Section {
    let mut section = Section::new("Ricevute non più disponibili", "Receipts that are not there any more");
    for piece in missing {
        let noun = noun(piece.kind);
        let at = piece.at.map(|at| format!(", {at}")).unwrap_or_default();
        let whom = piece.concerns.join(", ");
        let why = why(&piece.stored);
        let whom_it = if whom.is_empty() { String::new() } else { format!(", per {whom}") };
        let whom_en = if whom.is_empty() { String::new() } else { format!(", for {whom}") };
        let by = if piece.provider.is_empty() { String::new() } else { format!(", {}", piece.provider) };
        let value = Words::new(
            format!("{}{by}{at}{whom_it}: {}", piece.message_id, why.italian),
            format!("{}{by}{at}{whom_en}: {}", piece.message_id, why.english),
        );
        section.fact_in(noun, value);
    }
    section
}

/// Why the exact octets of a piece are not there.
pub(crate) fn why(stored: &Stored) -> Words {
    match stored {
        Stored::WithoutOriginal(originals) => {
            let digests: Vec<String> = originals.iter().map(hex::encode).collect();
            let digests = digests.join(", ");
            Words::new(
                format!(
                    "è conservata senza l'originale che conteneva (SHA-256 {digests}), che nessuno ha più presso questo gestore; chi \
                     ne ha ancora i byte può farla ricomporre"
                ),
                format!(
                    "it is kept without the original that it contained (SHA-256 {digests}), which nobody has at this provider any \
                     more; who still has its octets can have it put together again"
                ),
            )
        }
        Stored::Nowhere => Words::new("non è conservata presso questo gestore", "it is not kept at this provider"),
        Stored::Whole(..) => Words::new("è disponibile", "it is there"),
    }
}

/// What the trace has of the message: of all rows those that are about what is missing, by its Message-ID or its recipients.
fn trace(history: &History, missing: &[&Piece]) -> Section {
    let mut section = Section::new("Operazioni nel registro del gestore", "Operations in the provider's trace");
    let is_of = |row: &&store::EvidenceRow| {
        let evidence = &row.evidence;
        missing.iter().any(|piece| {
            evidence.message_id == piece.message_id
                || piece.concerns.iter().any(|whom| evidence.concerns.contains(whom))
                || piece.concerns.is_empty()
        })
    };
    for row in history.rows.iter().filter(is_of) {
        let evidence = &row.evidence;
        let (what, whom) = (event(evidence.event), evidence.concerns.join(", "));
        let kind = evidence.kind.map(noun);
        let said = |what: &str, kind: Option<&str>, of: &str| {
            let mut said = what.to_owned();
            said += &kind.map(|kind| format!(": {kind}")).unwrap_or_default();
            if !whom.is_empty() {
                said += &format!(", {of} {whom}");
            }
            if !evidence.message_id.is_empty() {
                said += &format!(", {}", evidence.message_id);
            }
            if let Some(error) = &evidence.error {
                said += &format!(" ({error})");
            }
            said
        };
        let name = format!("{}/{}, {}", row.log.0, row.number, evidence.at);
        let value = Words::new(
            said(&what.italian, kind.as_ref().map(|kind| kind.italian.as_str()), "per"),
            said(&what.english, kind.as_ref().map(|kind| kind.english.as_str()), "for"),
        );
        section.fact_in(Words::new(name.clone(), name), value);
    }
    section
}
