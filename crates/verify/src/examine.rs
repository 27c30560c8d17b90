//! One message, judged.

use bytes::Bytes;
use directory::{Directory, Index};
use pec::Moment;
use pec::message::{self, FormFault};
use seal::{Certificate, Opened};

use crate::anomaly;
use crate::authority::{Authorities, SignerStanding, moment_of};
use crate::doubt::doubt;
use crate::examination::{Authenticity, CheckName, CheckResult, Examination};
use crate::from::from_the_signer;
use crate::revoked::{SignerRevocation, Sources};
use crate::sentences::{self, sentence_en, sentence_it};

/// The chain of a message's signer and the moment for which it is judged, when it leads to an authority that is believed.
pub fn chain_of(message: &Bytes, authorities: &Authorities, at: Option<i64>) -> Option<(Vec<Certificate>, i64)> {
    let opened = seal::open(&with_crlf(message)).ok()?;
    let (at, _) = moment_of(&opened, at);
    Some((authorities.path(&opened, at)?.ok()?, at))
}

/// Examines one message; gives the examination, and the original that it carries.
pub fn examine(
    message: &Bytes,
    authorities: &Authorities,
    index: Option<&Index>,
    sources: &Sources,
    at: Option<i64>,
) -> (Examination, Option<Bytes>) {
    let message = &with_crlf(message);
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
    let authority = check_authority(&opened, authorities, index, sources, at, &mut examination);
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
    examination.tell(&pec);
    match authority {
        SignerStanding::Certified(revoked) => {
            examination.verdict = Authenticity::Authentic;
            // The name in the data is the emitter's own word: beside it stands whose key it was.
            let who = opened.signer.subject();
            examination.it = format!("{} Firmato da: {who}.", sentence_it(&pec));
            examination.en = format!("{} Signed by: {who}.", sentence_en(&pec));
            if let Some((it, en)) = revoked.map(|revoked| revoked.afterwards()) {
                examination.it = format!("{} {it}", examination.it);
                examination.en = format!("{} {en}", examination.en);
            }
        }
        doubtful => doubt(&mut examination, &doubtful, &opened),
    }
    (examination, original)
}

fn check_authority(
    opened: &Opened,
    authorities: &Authorities,
    index: Option<&Index>,
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
    let listed = index.map(|index| index.by_certificate(opened.signer.der()));
    match &listed {
        None => examination.check(CheckName::Index, CheckResult::NotChecked, "no index was given (--directory)".into()),
        Some(records) => match records.first() {
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
    match (chain, listed.map(|records| !records.is_empty()), revocation) {
        (_, _, SignerRevocation::Before(revoked)) => SignerStanding::Revoked(revoked),
        (Some(Err(_)), _, _) | (_, Some(false), _) => SignerStanding::Refused,
        (Some(Ok(_)), _, SignerRevocation::After(revoked)) => SignerStanding::Certified(Some(revoked)),
        (Some(Ok(_)), _, _) => SignerStanding::Certified(None),
        (None, _, _) => SignerStanding::Unknown,
    }
}

/// A file saved with bare line feeds is the message with its line ends changed by the file system: undone here, since
/// the signature covers CRLF.
fn with_crlf(message: &Bytes) -> Bytes {
    let head = &message[..message.len().min(4096)];
    if head.windows(2).any(|pair| pair == b"\r\n") || !head.contains(&b'\n') {
        return message.clone();
    }
    let mut fixed = Vec::with_capacity(message.len() + message.len() / 40);
    for &byte in message.iter() {
        if byte == b'\n' {
            fixed.push(b'\r');
        }
        fixed.push(byte);
    }
    fixed.into()
}
