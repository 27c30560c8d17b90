//! One message, judged.

use bytes::Bytes;
use directory::{Index, Record};
use pec::header::Header;
use pec::message::{self, FormFault, PecMessage, binding};
use pec::{Moment, Words};
use seal::{Certificate, OpenError, Opened};

use crate::anomaly;
use crate::attached::signed_messages;
use crate::authority::{Authorities, SignerStanding, moment_of};
use crate::doubt::doubt;
use crate::examination::{Attached, Authenticity, CheckName, CheckResult, Examination, Shown};
use crate::from::from_the_signer;
use crate::line_ends::with_crlf;
use crate::named::{Named, compare};
use crate::outside::{self, Outside};
use crate::owner::Owner;
use crate::revoked::{SignerRevocation, Sources};
use crate::sentences::{self, sentence_en, sentence_it};

/// The chains of the signers of a message and of those attached to it, each with the moment for which it is judged; those
/// that lead to an authority that is believed.
pub fn chains_of(message: &Bytes, authorities: &Authorities, at: Option<i64>) -> Vec<(Vec<Certificate>, i64)> {
    let message = with_crlf(message);
    let chain = |message: &Bytes| {
        let opened = seal::open(message).ok()?;
        let (at, _) = moment_of(&opened, at);
        Some((authorities.path(&opened, at)?.ok()?, at))
    };
    let inside = carried(&message);
    std::iter::once(&message).chain(inside.iter().map(|(_, message)| message)).filter_map(chain).collect()
}

/// The signed messages that a message carries: those attached to the original that it certifies, or, where it certifies
/// none, to itself.
fn carried(message: &Bytes) -> Vec<(String, Bytes)> {
    let read = seal::open(message).ok().map(|opened| message::read(message, opened.entity));
    match read {
        Some(Ok(pec)) => pec.original_bytes().map(|original| signed_messages(&original)).unwrap_or_default(),
        // It would be its own attachment: `--original` takes it out.
        Some(Err(FormFault::Anomaly)) => Vec::new(),
        _ => signed_messages(message),
    }
}

/// Examines one message, and the signed ones that are attached to it, but none inside those; gives the examination, and the
/// original that it carries.
pub fn examine(
    message: &Bytes,
    authorities: &Authorities,
    index: Option<&Index>,
    sources: &Sources,
    at: Option<i64>,
) -> (Examination, Option<Bytes>) {
    let message = &with_crlf(message);
    let (mut found, original) = alone(message, authorities, index, sources, at);
    for (name, inside) in carried(message) {
        let (found_inside, _) = alone(&inside, authorities, index, sources, at);
        found.attached.push(Attached { name, found: found_inside });
    }
    if found.signer.is_none() && !found.attached.is_empty() {
        if seal::open(message).is_err_and(|error| error == OpenError::NotSigned) {
            (found.it, found.en) = sentences::forwarded(&found.attached);
        } else {
            let (it, en) = sentences::carries(&found.attached);
            found.it = format!("{} {it}", found.it);
            found.en = format!("{} {en}", found.en);
        }
    }
    (found, original)
}

fn alone(
    message: &Bytes,
    authorities: &Authorities,
    index: Option<&Index>,
    sources: &Sources,
    at: Option<i64>,
) -> (Examination, Option<Bytes>) {
    let mut examination = Examination::new();
    let opened = match seal::open(message) {
        Ok(opened) => opened,
        Err(error) => {
            examination.check(CheckName::Signature, CheckResult::Failed, error.to_string());
            (examination.it, examination.en) = sentences::unreadable(message, &error);
            return (examination, None);
        }
    };
    let signed = opened.signing_time.map_or_else(|| "without a time".into(), |t| Moment::from_unix(t).to_string());
    examination.check(
        CheckName::Signature,
        CheckResult::Ok,
        format!("{} by {}, signed {signed}", opened.digest, opened.signer.subject()),
    );
    let record = index.and_then(|index| record_of(message, &opened, index));
    examination.signer = Some(Owner::of(&opened.signer, record.as_deref()));
    // Until it is known to be a message whose header says what was signed.
    examination.outside = Some(Outside::of(message, &opened, |_, _| false));
    let authority = check_authority(&opened, authorities, index, record.as_deref(), sources, at, &mut examination);
    let mut read = message::read(message, opened.entity.clone());
    if let Err(FormFault::Anomaly) = read {
        match message::read_anomaly(message, opened.entity.clone()) {
            Ok(envelope) => return anomaly::judge(envelope, &opened, authority, examination),
            Err(fault) => read = Err(fault),
        }
    }
    let read = read.map_err(|fault| fault.words());
    let checked = read.and_then(|pec| from_the_signer(&pec.header, &opened).map(|()| pec));
    let pec = match checked {
        Ok(pec) => {
            examination.check(CheckName::Form, CheckResult::Ok, format!("{} as RFC 6109 says", pec.kind.name()));
            pec
        }
        Err(wrong) => {
            examination.wrong(&wrong, &opened);
            return (examination, None);
        }
    };
    let original = pec.original_bytes();
    let owner = examination.signer.as_ref().map(|owner| owner.name.clone()).unwrap_or_default();
    examination.tell(&pec);
    let named = compare(&pec.data.provider, &opened, index, record.as_deref(), &mut examination);
    let contradiction = check_header(&pec, &opened, &mut examination);
    let compared =
        |name: &str, value: &[u8]| binding::is_compared(name) || outside::says_the_same(name, value, &pec.data);
    examination.outside = Some(Outside::of(message, &opened, compared));
    match authority {
        SignerStanding::Certified(_) if let Named::Another(other) = &named => {
            (examination.it, examination.en) = sentences::in_another_s_name(&owner, other);
        }
        SignerStanding::Certified(revoked) => {
            // Whose key it was comes first: the name in the data is the emitter's own word.
            let called = matches!(named, Named::Otherwise).then_some(pec.data.provider.as_str());
            (examination.it, examination.en) = (sentence_it(&pec, &owner, called), sentence_en(&pec, &owner, called));
            examination.verdict = Authenticity::Authentic;
            if let Some(Words { italian, english }) = contradiction {
                examination.verdict = Authenticity::AlteredHeader;
                let Examination { it, en, .. } = &mut examination;
                *it = format!("I dati firmati sono autentici, ma l'intestazione non è quella firmata: {italian}. {it}");
                *en = format!("The signed data are authentic, but the header is not what was signed: {english}. {en}");
            }
            if let Some((it, en)) = revoked.map(|revoked| revoked.afterwards()) {
                examination.it = format!("{} {it}", examination.it);
                examination.en = format!("{} {en}", examination.en);
            }
        }
        doubtful => {
            doubt(&mut examination, &doubtful, &opened);
            if let Some(Words { italian, english }) = contradiction {
                examination.it.push_str(&format!(" L'intestazione non è quella firmata: {italian}."));
                examination.en.push_str(&format!(" The header is not what was signed: {english}."));
            }
        }
    }
    (examination, original)
}

/// Of several records with this certificate the one that the Incoming Point takes.
fn record_of(message: &Bytes, opened: &Opened, index: &Index) -> Option<std::sync::Arc<Record>> {
    let from = Header::parse(message).addresses("From").into_iter().flatten().next();
    directory::record_of(index, opened.signer.der(), from.as_ref())
}

/// Holds what mail programs show against what is signed, as the Incoming Point does; the first contradiction.
fn check_header(pec: &PecMessage, opened: &Opened, examination: &mut Examination) -> Option<Words> {
    let bound = binding::bind(pec, &opened.signer.owner_names());
    let quirks = pec.quirks.iter().chain(&bound.quirks).map(|quirk| quirk.name());
    examination.quirks = opened.quirks.iter().copied().chain(quirks).collect();
    if bound.contradictions.is_empty() {
        examination.check(CheckName::Header, CheckResult::Ok, "what mail programs show is what was signed".into());
        return None;
    }
    let all: Vec<String> = bound.contradictions.iter().take(Shown::MOST).map(|one| one.words().english).collect();
    examination.check(CheckName::Header, CheckResult::Failed, all.join("; "));
    let first = bound.contradictions.first().map(binding::Contradiction::words);
    examination.contradictions = bound.contradictions.into_iter().take(Shown::MOST).map(Shown::from).collect();
    first
}

pub(crate) fn check_authority(
    opened: &Opened,
    authorities: &Authorities,
    index: Option<&Index>,
    record: Option<&Record>,
    sources: &Sources,
    at: Option<i64>,
    examination: &mut Examination,
) -> SignerStanding {
    let (at, whose) = moment_of(opened, at);
    let moment = Moment::from_unix(at);
    let chain = authorities.path(opened, at);
    match &chain {
        None => examination.check(
            CheckName::Authority,
            CheckResult::NotChecked,
            "the message carries no national certified-mail authority (give --ca)".into(),
        ),
        Some(Ok(_)) => {
            examination.check(CheckName::Authority, CheckResult::Ok, format!("the chain holds on {moment} ({whose})"))
        }
        Some(Err(error)) => {
            examination.check(CheckName::Authority, CheckResult::Failed, format!("{error} ({moment}, {whose})"))
        }
    }
    let revocation = match &chain {
        Some(Ok(path)) => sources.judge(path, at),
        _ => SignerRevocation::Unknown("it leads to no authority that is believed here".into()),
    };
    let (result, detail) = revocation.check();
    examination.check(CheckName::Revocation, result, detail);
    match index {
        None => examination.check(CheckName::Index, CheckResult::NotChecked, "no index was given (--directory)".into()),
        Some(_) => match record {
            Some(record) => examination.check(
                CheckName::Index,
                CheckResult::Ok,
                format!("the certificate is in the record of {}", record.name),
            ),
            None => examination.check(
                CheckName::Index,
                CheckResult::Failed,
                "the certificate is in no record of the index".into(),
            ),
        },
    }
    match (chain, index.map(|_| record.is_some()), revocation) {
        (_, _, SignerRevocation::Before(revoked)) => SignerStanding::Revoked(revoked),
        (Some(Err(_)), _, _) | (_, Some(false), _) => SignerStanding::Refused,
        (Some(Ok(_)), _, SignerRevocation::After(revoked)) => SignerStanding::Certified(Some(revoked)),
        (Some(Ok(_)), _, _) => SignerStanding::Certified(None),
        (None, _, _) => SignerStanding::Unknown,
    }
}
