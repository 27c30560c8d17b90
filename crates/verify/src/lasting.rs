//! What has come since of an authentic message: its certificate may have ended, and the provider's trace may stand for it.

use pec::Moment;

use crate::examination::{Authenticity, CheckName, CheckResult, Examination, StampStanding};
use crate::proved::{Operation, ProofExamination};

/// What a proof of the trace says about a message.
enum Said<'a> {
    /// Nothing: it is about others.
    Nothing,
    /// The same: the operation that made it or took it.
    Same(&'a Operation),
    /// Something else, in this.
    Otherwise(&'static str),
}

impl Examination {
    /// Holds an authentic message against the present, and against a file that proves the provider's trace, where one is given
    /// that was judged. A certificate that ended since takes nothing away; the trace says the same, or that nothing is to be
    /// believed.
    pub fn hold_against(&mut self, now: Moment, proof: Option<&ProofExamination>) {
        let stands = matches!(self.verdict, Authenticity::Authentic | Authenticity::AlteredHeader);
        let mut stamped = None;
        if let Some(proof) = proof {
            stamped = self.hold_against_trace(proof, stands);
        }
        let stands =
            matches!(self.verdict, Authenticity::Authentic | Authenticity::AlteredHeader | Authenticity::Anomaly);
        let ended = self.signer.as_ref().map(|signer| signer.not_after).filter(|ended| *ended < now.unix());
        let (Some(ended), true) = (ended, stands) else { return };
        let (at, in_time) = (Moment::from_unix(ended), stamped.filter(|(time, _)| *time <= ended));
        match in_time {
            Some((_, stamped)) => self.add(
                &format!(
                    "Il certificato è scaduto il {}, ma la marca temporale del {stamped} sul registro del gestore prova che esisteva già \
                     quando valeva.",
                    at.day()
                ),
                &format!(
                    "The certificate ended on {}, but the time stamp of {stamped} on the provider's trace proves that this was there \
                     while it was valid.",
                    at.day()
                ),
            ),
            None => self.add(
                &format!(
                    "Il certificato è scaduto il {}, dopo la firma, se la sua data è vera: valida allora, resta valida. Che la data è vera lo \
                     mostra la prova del registro con marca temporale, che il gestore dà (sigillo verify --proof).",
                    at.day()
                ),
                &format!(
                    "The certificate ended on {}, after this was signed, if its date is true: it was valid then and stays so. That the \
                     date is true the stamped proof of the trace shows, which the provider gives (sigillo verify --proof).",
                    at.day()
                ),
            ),
        }
    }

    /// The believed stamp over the operation that is about this message, seconds since 1970 and in words.
    fn hold_against_trace(&mut self, proof: &ProofExamination, stands: bool) -> Option<(i64, String)> {
        if proof.verdict != Authenticity::Authentic {
            self.check(
                CheckName::Proof,
                CheckResult::NotChecked,
                format!("the proof itself does not hold: {}", proof.en),
            );
            return None;
        }
        match self.said_by(proof) {
            Said::Nothing => {
                let detail = "the proof is about no message with this identifier and kind";
                self.check(CheckName::Proof, CheckResult::NotChecked, detail.to_owned());
                None
            }
            Said::Otherwise(what) => {
                self.check(CheckName::Proof, CheckResult::Failed, format!("the provider's trace has another {what}"));
                if stands {
                    self.verdict = Authenticity::NotAuthentic;
                    self.it = format!(
                        "Non va creduto: la firma è integra, ma il registro del gestore, provato, ha un altro dato ({what}). Chiedere al \
                         gestore."
                    );
                    self.en = format!(
                        "Not to be believed: the signature is intact, but the provider's trace, which is proved, has another {what}. \
                         Ask the provider."
                    );
                }
                None
            }
            Said::Same(operation) => {
                let (place, sealed) = (operation.place.clone(), operation.sealed.clone());
                let head = proof.stamps.iter().find(|stamp| stamp.at.is_some() && stamp.at == operation.stamped);
                let stamped = head.filter(|stamp| stamp.standing == StampStanding::Believed);
                let stamped = stamped.and_then(|stamp| Some((stamp.believed()?, stamp.at.clone()?)));
                let detail = format!("row {place} of the provider's trace says the same, sealed by {sealed}");
                self.check(CheckName::Proof, CheckResult::Ok, detail);
                if stands {
                    self.add(
                        &format!(
                            "Il registro del gestore dice lo stesso (operazione {place}, sigillata entro il {sealed})."
                        ),
                        &format!("The provider's trace says the same (operation {place}, sealed by {sealed})."),
                    );
                }
                stamped
            }
        }
    }

    /// Compares what the message certifies with the operation that names the message of this kind about this identifier.
    fn said_by<'a>(&self, proof: &'a ProofExamination) -> Said<'a> {
        let about = |one: &&Operation| {
            one.about.identifier() == self.identifier.as_deref()
                && one.kind == self.kind
                && matches!(one.event, "emitted" | "received")
                && self.own_id.as_ref().is_none_or(|id| *id == one.message_id)
        };
        let Some(operation) = proof.operations.iter().find(about) else { return Said::Nothing };
        if self.identifier.is_none() || self.kind.is_none() {
            return Said::Nothing;
        }
        if operation.about.sender().is_some() && operation.about.sender() != self.sender.as_deref() {
            return Said::Otherwise("sender");
        }
        if operation.about.subject().unwrap_or_default() != self.subject.as_deref().unwrap_or_default() {
            return Said::Otherwise("subject");
        }
        Said::Same(operation)
    }

    fn add(&mut self, italian: &str, english: &str) {
        self.it = format!("{} {italian}", self.it);
        self.en = format!("{} {english}", self.en);
    }
}

#[cfg(test)]
mod tests;
