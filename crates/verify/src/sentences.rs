//! The sentences of the verdicts, Italian and English.

use bytes::Bytes;
use pec::Kind;
use pec::header::Header;
use pec::message::PecMessage;
use seal::OpenError;

use crate::examination::Attached;

/// What an authentic message says, Italian. Its signer comes first; `called` is what the data call him, where that is another
/// name.
pub(crate) fn sentence_it(pec: &PecMessage, signer: &str, called: Option<&str>) -> String {
    let data = &pec.data;
    let when = format!("il {} alle {} ({})", data.time.day, data.time.time, data.time.zone);
    let what = format!("il messaggio \"{}\" di {}", data.subject.as_deref().unwrap_or(""), data.sender);
    let one = data.delivery.as_deref().unwrap_or("");
    let error = data.extended_error.as_deref().unwrap_or("");
    let text = match pec.kind {
        Kind::Acceptance => format!("ha accettato {what}"),
        Kind::NonAcceptance => format!("non ha accettato {what}: {error}"),
        Kind::VirusNonAcceptance => format!("non ha accettato {what} perché contiene un virus: {error}"),
        Kind::TransportEnvelope => format!("ha accettato e trasportato {what}, contenuto in questa busta"),
        Kind::TakeCharge => format!("ha preso in carico {what} per {}", data.reception.join(", ")),
        Kind::Delivery => format!("ha consegnato {what} nella casella di {one}"),
        Kind::NonDelivery => format!("non ha consegnato {what} a {one}: {error}"),
        Kind::VirusNonDelivery => format!("non ha consegnato {what} a {one} per la presenza di un virus: {error}"),
        Kind::Timeout => format!("ha avvisato che {what} non risulta consegnato a {one}: {error}"),
        Kind::VirusDetection => format!("ha rilevato un virus in {what} per {one}: {error}"),
        Kind::AnomalyEnvelope => format!("ha ricevuto {what} senza certificarlo"),
    };
    let called = called.map(|name| format!(", che i dati chiamano \"{name}\",")).unwrap_or_default();
    format!("Autentico: {signer}{called} certifica che {when} {text}.")
}

/// The same in English.
pub(crate) fn sentence_en(pec: &PecMessage, signer: &str, called: Option<&str>) -> String {
    let data = &pec.data;
    let when = format!("on {} at {} ({})", data.time.day, data.time.time, data.time.zone);
    let what = format!("the message \"{}\" from {}", data.subject.as_deref().unwrap_or(""), data.sender);
    let one = data.delivery.as_deref().unwrap_or("");
    let error = data.extended_error.as_deref().unwrap_or("");
    let text = match pec.kind {
        Kind::Acceptance => format!("it accepted {what}"),
        Kind::NonAcceptance => format!("it did not accept {what}: {error}"),
        Kind::VirusNonAcceptance => format!("it did not accept {what} because of a virus: {error}"),
        Kind::TransportEnvelope => format!("it accepted and carried {what}, which is in this envelope"),
        Kind::TakeCharge => format!("it took {what} in charge for {}", data.reception.join(", ")),
        Kind::Delivery => format!("it put {what} in the mailbox of {one}"),
        Kind::NonDelivery => format!("it did not deliver {what} to {one}: {error}"),
        Kind::VirusNonDelivery => format!("it did not deliver {what} to {one} because of a virus: {error}"),
        Kind::Timeout => format!("it warned that nothing says that {what} was delivered to {one}: {error}"),
        Kind::VirusDetection => format!("it found a virus in {what} for {one}: {error}"),
        Kind::AnomalyEnvelope => format!("it received {what} and certifies nothing"),
    };
    let called = called.map(|name| format!(", whom the data call \"{name}\",")).unwrap_or_default();
    format!("Authentic: {signer}{called} certifies that {when} {text}.")
}

/// The data name another provider than the one that signed.
pub(crate) fn in_another_s_name(signer: &str, other: &str) -> (String, String) {
    (
        format!("Non autentico: ha firmato {signer}, ma i dati dicono che l'ha emesso {other}, un altro gestore."),
        format!("Not authentic: {signer} signed it, but the data say that {other} emitted it, another provider."),
    )
}

/// A message that is not signed and carries others that are.
pub(crate) fn forwarded(attached: &[Attached]) -> (String, String) {
    match attached {
        [one] => (
            format!(
                "Questo file non prova nulla da sé: è un messaggio non firmato che ne porta in allegato uno firmato (\"{}\"), \
                 verificato qui sotto.",
                one.name
            ),
            format!(
                "This file proves nothing by itself: it is a message without a signature that carries a signed one (\"{}\"), \
                 which is judged below.",
                one.name
            ),
        ),
        all => (
            format!(
                "Questo file non prova nulla da sé: è un messaggio non firmato che porta in allegato {} messaggi firmati, \
                 verificati qui sotto.",
                all.len()
            ),
            format!(
                "This file proves nothing by itself: it is a message without a signature that carries {} signed ones, which are \
                 judged below.",
                all.len()
            ),
        ),
    }
}

/// What a signed message whose own signature proves nothing carries beside it.
pub(crate) fn carries(attached: &[Attached]) -> (String, String) {
    match attached {
        [one] => (
            format!("Porta in allegato un messaggio firmato (\"{}\"), verificato qui sotto.", one.name),
            format!("It carries a signed message (\"{}\"), which is judged below.", one.name),
        ),
        all => (
            format!("Porta in allegato {} messaggi firmati, verificati qui sotto.", all.len()),
            format!("It carries {} signed messages, which are judged below.", all.len()),
        ),
    }
}

/// Whether the subject of a file is that of a certified message that was forwarded in the text.
fn quotes_one(file: &Bytes) -> bool {
    let subject = Header::parse(file).subject().unwrap_or_default().to_uppercase();
    Kind::ALL.iter().any(|kind| subject.contains(kind.subject_prefix().trim_end()))
}

/// A file that holds no signature that could be read: what it is instead, and what to bring, for the commonest cases.
pub(crate) fn unreadable(file: &Bytes, error: &OpenError) -> (String, String) {
    let known: Option<(&str, &str)> = match &file[..] {
        _ if *error != OpenError::NotSigned => None,
        [] => Some(("il file è vuoto", "the file is empty")),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => Some((
            "è un file di Outlook (.msg), che non conserva la firma; serve il messaggio in formato .eml",
            "it is an Outlook file (.msg), which does not keep the signature; the message as .eml is needed",
        )),
        [b'P', b'K', 3, 4, ..] => Some((
            "è un archivio (zip): bisogna prima estrarne i messaggi .eml",
            "it is an archive (zip): take the .eml messages out of it first",
        )),
        [b'%', b'P', b'D', b'F', ..] => Some((
            "è un PDF, che non conserva la firma; serve il messaggio in formato .eml",
            "it is a PDF, which does not keep the signature; the message as .eml is needed",
        )),
        _ if quotes_one(file) => Some((
            "cita un messaggio certificato nel testo, e il testo citato non porta più la firma; serve il file .eml salvato dalla casella in cui il messaggio è arrivato, anche come allegato",
            "it quotes a certified message in its text, and what is quoted has no signature any more; the .eml is needed, saved from the mailbox where the message arrived, also as an attachment",
        )),
        _ => Some((
            "non è firmato. Un messaggio inoltrato o stampato perde la firma: serve il file .eml salvato dalla casella in cui è arrivato",
            "the message is not signed. A message that was forwarded or printed loses its signature: the .eml is needed, saved from the mailbox where it arrived",
        )),
    };
    let (it, en) = known.map_or_else(
        || {
            let words = error.words();
            (words.italian, words.english)
        },
        |(it, en)| (it.into(), en.into()),
    );
    // What is not signed has been told what to bring.
    let (allora, then) = match error {
        OpenError::NotSigned => ("", ""),
        _ => (
            " Va chiesto un'altra volta il file .eml, a chi ha la casella in cui il messaggio è arrivato o al gestore, che tiene le \
             ricevute trenta mesi.",
            " Ask for the .eml once more: of who has the mailbox where the message arrived, or of the provider, who keeps receipts \
             for thirty months.",
        ),
    };
    (format!("Questo file non prova nulla: {it}.{allora}"), format!("This file proves nothing: {en}.{then}"))
}
