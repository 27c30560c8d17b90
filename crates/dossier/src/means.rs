//! What the pieces of a dossier are judged by, put in beside them.

use std::collections::{BTreeMap, HashSet};
use std::sync::PoisonError;

use control::{Fault, Refused};
use pec::{Moment, Words};

use crate::contents::Making;
use crate::judge::Judge;
use crate::report::Section;

/// What is put in.
struct Gathered {
    /// Files, each with its name and what it is.
    files: Vec<(String, Vec<u8>, Words)>,
    /// Indexes, which are large: read one after the other.
    indexes: BTreeMap<String, index::Dated>,
    /// Those that cannot be read, by their days, with the reason.
    unreadable: BTreeMap<String, String>,
}

impl Making {
    /// Adds what the pieces are judged by, and says what it is.
    pub(crate) async fn means(&self) -> Result<Section, Refused> {
        let mut section = Section::new("Con che cosa si giudica", "What it is judged by");
        let gather = |judge: &mut Judge| -> std::io::Result<Gathered> {
            let what =
                Words::new("le autorità di certificazione dei gestori", "the authorities of certified-mail providers");
            let mut files =
                vec![("authorities/authorities.pem".to_owned(), std::fs::read(&judge.material.authorities)?, what)];
            for (number, file) in (1..).zip(&judge.material.stamp_authorities) {
                let what = Words::new("un'autorità di marcatura temporale", "an authority for time stamps");
                files.push((format!("authorities/time-stamps-{number}.pem"), std::fs::read(file)?, what));
            }
            for (number, list) in (1..).zip(&judge.lists) {
                let at = Moment::from_unix(list.obtained);
                let what = Words::new(
                    format!("certificati revocati, da {}, ottenuta il {at}", list.url),
                    format!("revoked certificates, from {}, obtained {at}", list.url),
                );
                files.push((format!("revocation/{number:03}.crl"), list.body.to_vec(), what));
            }
            for (number, answer) in (1..).zip(&judge.answers) {
                let (at, about) = (Moment::from_unix(answer.obtained), answer.certificate.subject());
                let what = Words::new(
                    format!("risposta OCSP sul certificato {about}, da {}, ottenuta il {at}", answer.url),
                    format!("OCSP answer about the certificate {about}, from {}, obtained {at}", answer.url),
                );
                files.push((format!("revocation/{number:03}.ocsp"), answer.body.to_vec(), what));
                let what = Words::new(
                    "il certificato di quella risposta e chi l'ha emesso",
                    "the certificate of that answer and who issued it",
                );
                let both = answer.certificate.to_pem() + &answer.issuer.to_pem();
                files.push((format!("revocation/{number:03}.pem"), both.into_bytes(), what));
            }
            Ok(Gathered { files, indexes: judge.used.clone(), unreadable: judge.unreadable.clone() })
        };
        let files = self.judged(gather).await?;
        let Gathered { files, indexes, unreadable } =
            files.map_err(|error| Refused::new(Fault::Unavailable, format!("what judges: {error}")))?;
        for (day, why) in unreadable {
            section.say(
                format!("L'indice dei gestori in uso dal {day} non è leggibile e non è servito: {why}."),
                format!("The providers' index in use from {day} on cannot be read and was not used: {why}."),
            );
        }
        if !files.iter().any(|(name, ..)| name.starts_with("revocation/")) {
            section.say(
                "Mancano liste dei certificati revocati e risposte OCSP: questo gestore non ne conserva.",
                "Lists of revoked certificates and OCSP answers are missing: this provider keeps none.",
            );
        }
        if indexes.is_empty() {
            section.say(
                "Manca l'indice dei gestori del tempo: questo gestore non ne conserva di quei giorni.",
                "The providers' index of the time is missing: this provider keeps none of those days.",
            );
        }
        for (name, dated) in indexes {
            let day = dated.day.clone();
            let octets = tokio::task::spawn_blocking(move || dated.read()).await?;
            let octets =
                octets.map_err(|error| Refused::new(Fault::Unavailable, format!("the index of {day}: {error}")))?;
            let name = format!("directory/{name}.p7m");
            self.add(name.clone(), vec![octets.into()]).await?;
            let what = Words::new(
                format!("l'indice dei gestori in uso dal {day}, firmato da chi lo tiene"),
                format!("the providers' index in use from {day} on, signed by its operator"),
            );
            section.fact_in(Words::new(name.clone(), name), what);
        }
        for (name, octets, what) in files {
            self.add(name.clone(), vec![octets.into()]).await?;
            section.fact_in(Words::new(name.clone(), name), what);
        }
        Ok(section)
    }

    /// The names of the files in it so far.
    pub(crate) fn names(&self) -> HashSet<String> {
        let bundle = self.bundle.lock().unwrap_or_else(PoisonError::into_inner);
        bundle.entries().iter().map(|entry| entry.name.clone()).collect()
    }
}
