//! Anomaly envelopes (RFC 6109 §3.2.2): a provider signs what it received and did not certify.

use bytes::Bytes;
use pec::Kind;
use pec::header::Header;
use pec::message::Anomaly;
use seal::Opened;

use crate::authority::SignerStanding;
use crate::doubt::doubt;
use crate::examination::{Authenticity, CheckName, CheckResult, Examination};
use crate::from::from_the_signer;
use crate::owner::Owner;

/// The verdict on an anomaly envelope whose signature is intact: the wrapping may be authentic, the content is not
/// certified. Subject and sender are told as the message inside gives them, never as the data of a certified message are.
pub(crate) fn judge(
    envelope: Anomaly,
    opened: &Opened,
    authority: SignerStanding,
    mut examination: Examination,
) -> (Examination, Option<Bytes>) {
    if let Err(wrong) = from_the_signer(&envelope.header, opened) {
        examination.wrong(&wrong, opened);
        return (examination, None);
    }
    examination.kind = Some(Kind::AnomalyEnvelope.name());
    examination.check(
        CheckName::Form,
        CheckResult::Ok,
        "anomaly-envelope as RFC 6109 says: no certification data, nothing is certified".into(),
    );
    match authority {
        SignerStanding::Certified(revoked) => {
            examination.verdict = Authenticity::Anomaly;
            let who = Owner::of(&opened.signer, None).name;
            let (it, en) = claims(&envelope.original);
            examination.it = format!(
                "Busta di anomalia autentica: {who} ha ricevuto il messaggio {it}, non lo ha riconosciuto come posta \
                 certificata corretta (il motivo è nel testo) e lo ha chiuso in questa busta, che non ne certifica né il \
                 mittente, né la data, né il contenuto."
            );
            examination.en = format!(
                "Authentic anomaly envelope: {who} received the message {en}, did not find it to be correct certified mail \
                 (the text says why) and wrapped it in this envelope, which certifies neither its sender nor its date nor \
                 its content."
            );
            if let Some((it, en)) = revoked.map(|revoked| revoked.afterwards()) {
                examination.it = format!("{} {it}", examination.it);
                examination.en = format!("{} {en}", examination.en);
            }
        }
        doubtful => {
            doubt(&mut examination, &doubtful, opened);
            examination.it.push_str(" È una busta di anomalia: il suo contenuto non è comunque certificato.");
            examination.en.push_str(" It is an anomaly envelope: its content is not certified in any case.");
        }
    }
    (examination, Some(envelope.original))
}

/// What the message inside says of itself.
fn claims(original: &Bytes) -> (String, String) {
    let header = Header::parse(original);
    let subject = header.subject().unwrap_or_default();
    let from = header.addresses("From").into_iter().flatten().next();
    let from = |nobody: &str| from.as_ref().map_or_else(|| nobody.to_owned(), ToString::to_string);
    (
        format!("\"{subject}\", che si presenta come di {}", from("un mittente non leggibile")),
        format!("\"{subject}\", which says that it is from {}", from("a sender that cannot be read")),
    )
}
