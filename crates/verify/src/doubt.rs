//! What is said where a signature is intact and its maker is not known to be a provider.

use seal::Opened;

use crate::authority::SignerStanding;
use crate::examination::{Authenticity, Examination};

/// The form is right, and the signer is not known to be a provider.
pub(crate) fn doubt(examination: &mut Examination, authority: &SignerStanding, opened: &Opened) {
    let who = opened.signer.subject();
    (examination.it, examination.en) = match authority {
        SignerStanding::Revoked(revoked) => revoked.before(),
        SignerStanding::Refused => (
            format!(
                "La firma è integra, ma chi ha firmato non è un gestore riconosciuto: {who}. Non è posta certificata: chiedere al mittente \
                 attraverso un altro canale se il messaggio è suo."
            ),
            format!(
                "The signature is intact, but its maker is not a recognised provider: {who}. It is no certified mail: ask the sender in another \
                 way whether the message is his."
            ),
        ),
        SignerStanding::Unknown | SignerStanding::Certified(_) => {
            examination.verdict = Authenticity::UnknownAuthority;
            (
                format!(
                    "La firma è integra, ma non si sa se {who} sia un gestore di posta certificata (indicarne l'autorità con --ca)."
                ),
                format!(
                    "The signature is intact, but nothing here says that {who} is a certified-mail provider (give its authority with --ca)."
                ),
            )
        }
    };
}
