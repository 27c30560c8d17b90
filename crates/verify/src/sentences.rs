//! The sentences of the verdicts, Italian and English.

use pec::Kind;
use pec::message::PecMessage;
use seal::OpenError;

/// What an authentic message says, Italian.
pub(crate) fn sentence_it(pec: &PecMessage) -> String {
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
    format!("Autentico: {} certifica che {when} {text}.", data.provider)
}

/// The same in English.
pub(crate) fn sentence_en(pec: &PecMessage) -> String {
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
    format!("Authentic: {} certifies that {when} {text}.", data.provider)
}

/// A file that holds no signature that could be read: what it is instead, and what to bring, for the commonest cases.
pub(crate) fn unreadable(file: &[u8], error: &OpenError) -> (String, String) {
    let known: Option<(&str, &str)> = match file {
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
    (format!("Questo file non prova nulla: {it}."), format!("This file proves nothing: {en}."))
}
