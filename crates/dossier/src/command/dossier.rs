//! `sigillo dossier`: what a court may be given of one message, or of many.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use clap::Args;
use control::command::{Ended, quietly};
use control::{Disclosed, DisclosureRequest, Fault, Refused, Request};
use output::printable;
use pec::{Address, Identifier, Moment, Words};
use store::{Exchanged, Kept as _};

use super::{House, look};
use crate::bundle::Bundle;
use crate::contents::{Making, is_new, unwritten};
use crate::judge::Judge;
use crate::names;
use crate::report::{Report, Section};

/// `sigillo dossier`
#[derive(Args, Clone, Debug)]
pub struct DossierCommand {
    /// The provider's configuration
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// The messages, by their PEC identifiers
    #[arg(value_name = "IDENTIFIER", required_unless_present = "since")]
    identifiers: Vec<String>,
    /// All messages accepted or received from this day on, as 2026-11-27
    #[arg(long, value_name = "DAY", value_parser = day, conflicts_with = "identifiers")]
    since: Option<Moment>,
    /// Up to and with this day; without it, up to now
    #[arg(long, value_name = "DAY", value_parser = day, requires = "since")]
    until: Option<Moment>,
    /// Those of them that this mailbox sent or was to get
    #[arg(long, value_name = "ADDRESS", requires = "since")]
    mailbox: Option<Address>,
    /// The ZIP file to write, which does not exist yet
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Octets of all files in it at most; what would pass that is named in it
    #[arg(long, value_name = "OCTETS", default_value_t = 4 << 30)]
    limit: u64,
    /// Why, for the evidence
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

fn day(text: &str) -> Result<Moment, String> {
    Moment::midnight(text).ok_or_else(|| format!("expected a day, as 2026-11-27, found {text:?}"))
}

/// Seconds of the longest day.
const DAY: i64 = 25 * 3600;

impl DossierCommand {
    /// Writes the archive; says on standard output what is in it and what is missing.
    ///
    /// # Errors
    ///
    /// No message, or more than [`DisclosureRequest::MOST`]; an access that cannot be recorded; a key that does not sign; what
    /// judges that cannot be read; the store's; a file that is there already or cannot be written.
    pub async fn run(self, house: House) -> Result<Ended, Refused> {
        is_new(&self.out)?;
        let store = look(house.place.folder.clone()).await?;
        let now = house.clock().now();
        let identifiers = match self.since {
            None => self.identifiers.iter().map(|text| named(text)).collect(),
            Some(since) => {
                // The midnight after the last day, in summer and in winter.
                let until = self.until.map_or(now.plus(1), next_midnight);
                let range = Exchanged { since, until, mailbox: self.mailbox.clone() };
                store.exchanged(range, DisclosureRequest::MOST + 1).await?
            }
        };
        if identifiers.is_empty() {
            return Err(Refused::missing("there is no such message"));
        }
        if identifiers.len() > DisclosureRequest::MOST {
            let most = DisclosureRequest::MOST;
            return Err(Refused::request(format!("these are more than {most} messages: choose fewer days")));
        }
        let House { place, emitter, key, material } = house;
        let request = DisclosureRequest {
            identifiers: identifiers.iter().map(ToString::to_string).collect(),
            what: Disclosed::Dossier,
            reason: self.reason,
        };
        quietly(Request::Disclose(request), place).await?;
        let (path, most) = (self.out.clone(), self.limit);
        let begun = tokio::task::spawn_blocking(move || -> Result<_, Refused> {
            let read = Judge::read(material).map_err(|error| Refused::new(Fault::Unavailable, error.to_string()))?;
            Ok((Bundle::begin(&path, now, most).map_err(unwritten)?, read, key()?))
        });
        let (bundle, judge, signer) = begun.await??;
        let (bundle, judge) = (Arc::new(Mutex::new(bundle)), Arc::new(Mutex::new(judge)));
        let making = Making { store, bundle: bundle.clone(), judge: judge.clone(), emitter, signer: Some(signer), now };
        let (mut sections, mut missing) = (Vec::new(), 0);
        for (number, identifier) in (1..).zip(&identifiers) {
            let folder = match identifiers.len() {
                1 => String::new(),
                _ => format!("{number:04}-{}/", names::plain(identifier)),
            };
            let told = making.message(identifier, &folder).await?;
            missing += told.missing;
            sections.push(told.section);
        }
        sections.push(making.means().await?);
        let report = index(sections, &making.emitter.name, now);
        making.add("LEGGIMI.txt".into(), vec![Bytes::from(report.text())]).await?;
        let linked = making.names();
        let links = |name: &str| linked.contains(name).then(|| name.to_owned());
        making.add("index.html".into(), vec![Bytes::from(report.html(&links))]).await?;
        drop(making);
        let finished = tokio::task::spawn_blocking(move || -> Result<usize, Refused> {
            let bundle =
                Arc::into_inner(bundle).ok_or_else(|| Refused::new(Fault::Program, "the dossier is in use"))?;
            let bundle = bundle.into_inner().unwrap_or_else(PoisonError::into_inner);
            let count = bundle.entries().len();
            bundle.finish().map_err(unwritten)?;
            Ok(count)
        });
        let files = finished.await??;
        let path = printable(&self.out.to_string_lossy());
        output::say!(
            "{path}: {} messages, {files} files; {missing} pieces are missing, index.html says which and why",
            identifiers.len()
        );
        Ok(Ended::Well)
    }
}

/// An identifier as people copy it.
fn named(text: &str) -> Identifier {
    text.trim().trim_matches(['<', '>']).to_owned().into()
}

fn next_midnight(day: Moment) -> Moment {
    let tomorrow = day.plus(DAY).date();
    Moment::midnight(&tomorrow).unwrap_or(day.plus(DAY))
}

/// What explains the whole.
fn index(mut sections: Vec<Section>, provider: &str, now: Moment) -> Report {
    let (day, time, zone) = (now.day(), now.time(), now.zone());
    let mut verifying = Section::new("Come verificare", "How to verify");
    verifying.say(
        "Con Sigillo, su qualunque macchina: sigillo verify FILE.eml --ca authorities/authorities.pem, e lo stesso per proof.json. Le \
         prime due righe sono la risposta.",
        "With Sigillo, on any machine: sigillo verify FILE.eml --ca authorities/authorities.pem, and the same for proof.json. The first \
         two lines are the answer.",
    );
    verifying.say(
        "Senza Sigillo: openssl cms -verify -in FILE.eml -CAfile authorities/authorities.pem verifica la firma di un messaggio (con \
         -attime SECONDI al tempo della firma); proof.json si verifica con openssl e la pagina docs/evidence-format.md. I file sono quelli \
         elencati in SHA256SUMS: sha256sum --check SHA256SUMS.",
        "Without Sigillo: openssl cms -verify -in FILE.eml -CAfile authorities/authorities.pem verifies the signature of a message \
         (with -attime SECONDS at the time of signing); proof.json is verified with openssl and the page docs/evidence-format.md. \
         The files are those listed in SHA256SUMS: sha256sum --check SHA256SUMS.",
    );
    verifying.say(
        "Perché vale anche dopo la scadenza dei certificati: ogni ricevuta è nominata da un'operazione del registro, che sta sotto una \
         testa firmata dal gestore e marcata da un'autorità (marca temporale, RFC 3161): ciò che l'autorità ha visto allora nessuno \
         l'ha scritto dopo.",
        "Why it holds also when certificates have expired: each receipt is named by an operation of the trace, which stands under a \
         head that the provider signed and an authority stamped (RFC 3161): what the authority saw then nobody wrote later.",
    );
    sections.insert(0, verifying);
    Report {
        title: Words::new("Fascicolo di posta certificata", "Dossier of certified mail"),
        lead: vec![
            Words::new(
                format!("Fatto da {provider} il {day} alle {time} ({zone})."),
                format!("Made by {provider} on {day} at {time} ({zone})."),
            ),
            Words::new(
                "Contiene tutto quanto il gestore ha dei messaggi qui elencati: ricevute e buste così come furono firmate, la prova delle \
                 operazioni del registro, il rapporto di verifica, e ciò che serve per giudicarli. Ciò che manca è detto, con il motivo.",
                "It has everything that the provider has of the messages listed here: receipts and envelopes as they were signed, the \
                 proof of the operations in the trace, the report of the verification, and what they are judged by. What is missing is \
                 said, with the reason.",
            ),
        ],
        sections,
    }
}
