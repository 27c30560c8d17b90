//! What a dossier has of one message: its pieces as they are, what judges them, and what is missing with the reason.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use control::{Fault, Refused};
use pec::compose::Emitter;
use pec::{Identifier, Moment, Words};
use seal::Signer;
use sealing::{Trace, Wanted, prove};
use sha2::{Digest as _, Sha256};
use store::{Content as _, Embedded};
use verify::ProofExamination;

use crate::attestation::{Attestation, why};
use crate::bundle::Bundle;
use crate::history::{History, Piece, Stored};
use crate::judge::Judge;
use crate::names;
use crate::report::{Attachment, Fact, Section};
use crate::verification::{Judged, verification};
use crate::words::noun;

/// What a dossier is made with.
pub(crate) struct Making {
    pub(crate) store: Arc<Embedded>,
    /// Written by one after the other, each time where that may block.
    pub(crate) bundle: Arc<Mutex<Bundle>>,
    pub(crate) judge: Arc<Mutex<Judge>>,
    pub(crate) emitter: Emitter,
    pub(crate) signer: Option<Arc<dyn Signer>>,
    pub(crate) now: Moment,
}

/// What came of one message.
pub(crate) struct Told {
    /// What stands in the index of the whole about it.
    pub(crate) section: Section,
    /// How many of its pieces are missing.
    pub(crate) missing: usize,
}

impl Making {
    /// Does what may block with the archive.
    pub(crate) async fn add(&self, name: String, chunks: Vec<Bytes>) -> Result<(), Refused> {
        let bundle = self.bundle.clone();
        let add = move || bundle.lock().unwrap_or_else(PoisonError::into_inner).add(&name, &chunks);
        tokio::task::spawn_blocking(add).await?.map_err(unwritten)
    }

    fn has_room(&self, octets: u64) -> bool {
        self.bundle.lock().unwrap_or_else(PoisonError::into_inner).has_room(octets)
    }

    /// Does what may block with what judges.
    pub(crate) async fn judged<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Judge) -> T + Send + 'static,
    ) -> Result<T, Refused> {
        let judge = self.judge.clone();
        let work = move || work(&mut judge.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(tokio::task::spawn_blocking(work).await?)
    }

    /// Adds everything about one message, below a folder of the archive (empty: at its root).
    pub(crate) async fn message(&self, identifier: &Identifier, folder: &str) -> Result<Told, Refused> {
        let mut section = Section::new("", "");
        section.heading = Words::new(format!("Messaggio {identifier}"), format!("Message {identifier}"));
        let Some(history) = History::read(&self.store, identifier).await? else {
            section.say("Nulla è noto di questo messaggio.", "Nothing is known of this message.");
            return Ok(Told { section, missing: 1 });
        };
        let proof = self.proof(&history, folder, &mut section).await?;
        let text = proof.clone();
        let proved = self.judged(move |judge| text.map(|text| judge.proof(text.as_bytes()))).await?;
        let proved = proved.map(Arc::new);
        let mut missing: Vec<(Piece, Words)> = Vec::new();
        let (mut judged, mut original) = (Vec::new(), None);
        for (number, piece) in (1..).zip(&history.pieces) {
            let bytes = match self.bytes(piece).await? {
                Ok(bytes) => bytes,
                Err(lost) => {
                    missing.push(lost);
                    continue;
                }
            };
            let recipient = if let [one] = &piece.concerns[..] { Some(one.as_str()) } else { None };
            let name = format!("{folder}messages/{}.eml", names::of(number, piece.kind.name(), recipient));
            self.add(name.clone(), vec![bytes.clone()]).await?;
            let (at, now, proved) = (piece.at, self.now, proved.clone());
            let judge = move |judge: &mut Judge| {
                let (mut found, inside) = judge.message(&bytes, at);
                found.hold_against(now, proved.as_deref());
                (found, inside)
            };
            let (examination, inside) = self.judged(judge).await?;
            let wanted = history.subject.as_ref().and_then(|subject| subject.original);
            if let (None, Some(inside)) = (&original, inside)
                && wanted.is_none_or(|wanted| wanted[..] == Sha256::digest(&inside)[..])
            {
                original = Some(inside);
            }
            judged.push(Judged { name, kind: noun(piece.kind), examination });
        }
        section.facts.extend(
            judged
                .iter()
                .map(|one| Fact { name: Words::new(one.name.clone(), one.name.clone()), value: one.kind.clone() }),
        );
        match original {
            Some(original) => {
                let name = format!("{folder}original.eml");
                self.add(name.clone(), vec![original]).await?;
                let (it, en) = ("il messaggio originale, come fu spedito", "the original message, as it was sent");
                section.fact_in(Words::new(name.clone(), name), Words::new(it, en));
            }
            None => section.say(
                "Manca l'originale: nessun messaggio disponibile lo contiene intero.",
                "The original is missing: no message that is there contains it whole.",
            ),
        }
        // What is only too large for this archive is not gone: nothing is attested in its place.
        let gone = missing.iter().map(|(piece, _)| piece).filter(|piece| piece.is_receipt());
        let gone: Vec<&Piece> = gone.filter(|piece| piece.stored.whole().is_none()).collect();
        if !gone.is_empty() {
            self.attest(&history, &gone, proof.clone(), folder, &mut section).await?;
        }
        for (piece, why) in &missing {
            let id = &piece.message_id;
            let noun = noun(piece.kind);
            section.say(
                format!("Manca: {} {id}: {}.", noun.italian, why.italian),
                format!("Missing: {} {id}: {}.", noun.english, why.english),
            );
        }
        self.report(&history, judged, (proof, proved.as_deref()), folder, &mut section).await?;
        Ok(Told { section, missing: missing.len() })
    }

    /// The exact octets of a piece, or what of it is there, and why they are not in the archive.
    async fn bytes(&self, piece: &Piece) -> Result<Result<Bytes, (Piece, Words)>, Refused> {
        let Stored::Whole(message, size) = piece.stored else {
            return Ok(Err((piece.clone(), why(&piece.stored))));
        };
        if !self.has_room(size) {
            let why = Words::new(
                "è disponibile, ma il fascicolo supererebbe la dimensione massima richiesta (--limit); 'sigillo evidence receipts' \
                 la dà da sola",
                "it is there, but the dossier would pass the size that was asked for (--limit); 'sigillo evidence receipts' gives \
                 it alone",
            );
            return Ok(Err((piece.clone(), why)));
        }
        Ok(match self.store.read(message).await? {
            Some(pieces) => Ok(tokio::task::spawn_blocking(move || pieces.to_bytes()).await?),
            None => Err((piece.without_octets(), why(&Stored::Nowhere))),
        })
    }

    /// The file that proves what the trace has; its text.
    async fn proof(&self, history: &History, folder: &str, section: &mut Section) -> Result<Option<String>, Refused> {
        let proven = prove(&Trace::of(self.store.clone()), &Wanted::Message(history.identifier.clone())).await?;
        if !proven.unsealed.is_empty() {
            let count = proven.unsealed.len();
            section.say(
                format!("{count} operazioni del registro non sono ancora sigillate e non sono nella prova."),
                format!("{count} operations of the trace are not sealed yet and are not in the proof."),
            );
        }
        if proven.cut || history.cut {
            section.say(
                "Le operazioni sono più di quante un file ne contenga: sono provate le prime.",
                "There are more operations than one file takes: the first ones are proved.",
            );
        }
        let Some(file) = proven.file else { return Ok(None) };
        let (name, text) = (format!("{folder}evidence/proof.json"), file.to_json());
        self.add(name.clone(), vec![Bytes::from(text.clone())]).await?;
        let (it, en) = (
            "la prova delle operazioni nel registro del gestore",
            "the proof of the operations in the provider's trace",
        );
        section.fact_in(Words::new(name.clone(), name), Words::new(it, en));
        Ok(Some(text))
    }

    /// What the provider signs in place of receipts that are gone, as a message and for people.
    async fn attest(
        &self,
        history: &History,
        gone: &[&Piece],
        proof: Option<String>,
        folder: &str,
        section: &mut Section,
    ) -> Result<(), Refused> {
        let Some(signer) = self.signer.clone() else { return Ok(()) };
        let attestation = Attestation::about(history, gone, proof, &self.emitter, self.now);
        let emitter = self.emitter.clone();
        let made = move || -> Result<(Vec<Bytes>, Vec<u8>), Refused> {
            let failed = |error: &dyn std::fmt::Display| Refused::new(Fault::Unavailable, error.to_string());
            let message = attestation.to_message(&emitter, signer.as_ref()).map_err(|error| failed(&error))?;
            let pdf = attestation.to_pdf().map_err(|error| failed(&error))?;
            Ok((message.chunks().cloned().collect(), pdf))
        };
        let (message, pdf) = tokio::task::spawn_blocking(made).await??;
        let (it, en) = (
            "attestazione sulle ricevute mancanti: non è una ricevuta",
            "an attestation about the receipts that are missing: it is no receipt",
        );
        for (name, octets) in [("attestation.eml", message), ("attestation.pdf", vec![Bytes::from(pdf)])] {
            let name = format!("{folder}{name}");
            self.add(name.clone(), octets).await?;
            section.fact_in(Words::new(name.clone(), name), Words::new(it, en));
        }
        Ok(())
    }

    /// The verification of everything, as a page and as PDF with the proof inside.
    async fn report(
        &self,
        history: &History,
        judged: Vec<Judged>,
        (proof, proved): (Option<String>, Option<&ProofExamination>),
        folder: &str,
        section: &mut Section,
    ) -> Result<(), Refused> {
        let report = verification(history, &judged, proved, self.now);
        let (html, now) = (report.html(&|_| None), self.now);
        let attached = proof.map(|proof| Attachment::proof(proof.into_bytes()));
        let pdf = tokio::task::spawn_blocking(move || report.pdf(now, attached.into_iter().collect())).await?;
        let pdf = pdf.map_err(|error| Refused::new(Fault::Program, error.to_string()))?;
        for (name, octets) in [("verification.html", html.into_bytes()), ("verification.pdf", pdf)] {
            let name = format!("{folder}{name}");
            self.add(name.clone(), vec![octets.into()]).await?;
            let (it, en) =
                ("il rapporto di verifica di tutto quanto sopra", "the report of the verification of all of it");
            section.fact_in(Words::new(name.clone(), name), Words::new(it, en));
        }
        Ok(())
    }
}

pub(crate) fn unwritten(error: std::io::Error) -> Refused {
    Refused::new(Fault::Unwritten, format!("the dossier: {error}"))
}

/// Whether a path can be that of a dossier.
pub(crate) fn is_new(path: &Path) -> Result<(), Refused> {
    match path.exists() {
        true => Err(Refused::new(Fault::Unwritten, format!("{} is there already", path.display()))),
        false => Ok(()),
    }
}
