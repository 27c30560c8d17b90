//! Questions about one certificate (RFC 6960): the octets of the request, and the answer judged.
//!
//! A request goes by HTTP POST as `application/ocsp-request`; the body of the reply goes to [`OcspAnswer::read`].

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use bytes::Bytes;
use x509_cert::ext::pkix::{ExtendedKeyUsage, KeyUsage};

use super::signed::{self, Signed};
use super::status::{Reason, Revocation, RevocationError, Status, listed, outdated};
use crate::asn1::{self, Element, Malformed, Reader, tag};
use crate::extensions::extensions;
use crate::key::Certificate;
use crate::oid;

/// The DER request for the status of `certificate`. `nonce`: up to 32 random octets against old answers played again;
/// many responders ignore it, since they sign in advance.
pub fn request(
    certificate: &Certificate,
    issuer: &Certificate,
    nonce: Option<&[u8]>,
) -> Result<Vec<u8>, RevocationError> {
    let question = asn1::tlv(tag::SEQUENCE, &[&Question::of(certificate, issuer)?.to_der()]);
    let list = asn1::tlv(tag::SEQUENCE, &[&question]);
    let extensions = nonce.map(|nonce| {
        let value = asn1::tlv(tag::OCTET_STRING, &[&asn1::tlv(tag::OCTET_STRING, &[nonce])]);
        let extension = asn1::tlv(tag::SEQUENCE, &[&asn1::oid(oid::OCSP_NONCE), &value]);
        asn1::tlv(0xa2, &[&asn1::tlv(tag::SEQUENCE, &[&extension])])
    });
    let body = asn1::tlv(tag::SEQUENCE, &[&list, &extensions.unwrap_or_default()]);
    Ok(asn1::tlv(tag::SEQUENCE, &[&body]))
}

/// CertID with SHA-1, the one that every responder takes; here it is a name, no signature.
struct Question<'a> {
    issuer_name: Vec<u8>,
    issuer_key: Vec<u8>,
    serial: &'a [u8],
}

impl<'a> Question<'a> {
    fn of(certificate: &'a Certificate, issuer: &Certificate) -> Result<Self, Malformed> {
        let (name, serial) = signed::issuer_and_serial(certificate)?;
        Ok(Self { issuer_name: sha1(name), issuer_key: sha1(key_bits(issuer)?), serial })
    }

    fn to_der(&self) -> Vec<u8> {
        let parts = [
            asn1::tlv(tag::SEQUENCE, &[&asn1::oid(oid::SHA1), &[5, 0]]),
            asn1::tlv(tag::OCTET_STRING, &[&self.issuer_name]),
            asn1::tlv(tag::OCTET_STRING, &[&self.issuer_key]),
            asn1::tlv(tag::INTEGER, &[self.serial]),
        ];
        asn1::tlv(tag::SEQUENCE, &parts.each_ref().map(Vec::as_slice))
    }

    fn is(&self, mut asked: Reader<'_>) -> Result<bool, Malformed> {
        let algorithm = asked.enter(tag::SEQUENCE)?.oid()?;
        let (name, key) = (asked.octets()?, asked.octets()?);
        let serial = signed::serial(asked.expect(tag::INTEGER)?.content);
        Ok(algorithm == oid::SHA1 && *name == *self.issuer_name && *key == *self.issuer_key && serial == self.serial)
    }
}

/// A responder's answer about one certificate, verified.
#[derive(Clone, Debug)]
pub struct OcspAnswer {
    certificate: Certificate,
    issuer: Certificate,
    this_update: i64,
    next_update: Option<i64>,
    verdict: Verdict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Good,
    Revoked(i64, Reason),
    /// The responder does not know the certificate.
    Unknown,
}

impl OcspAnswer {
    /// Reads a DER response to the question about `certificate` and checks it: signed by `issuer`, or by a responder with a
    /// certificate of the issuer for that purpose (id-kp-OCSPSigning), valid at `at`; about this certificate; with
    /// `nonce`, if one was sent and the response has one. Freshness is for [`OcspStore`].
    pub fn read(
        response: impl Into<Bytes>,
        certificate: &Certificate,
        issuer: &Certificate,
        nonce: Option<&[u8]>,
        at: i64,
    ) -> Result<Self, RevocationError> {
        let response: Bytes = response.into();
        let mut outer = Reader::new(&response).enter(tag::SEQUENCE)?;
        let code = signed::enumerated(outer.next()?)?;
        if code != 0 {
            return Err(RevocationError::NoAnswer(format!("the responder says: {}", refusal(code))));
        }
        let mut bytes = outer.enter(0xa0)?.enter(tag::SEQUENCE)?;
        let kind = bytes.oid()?;
        if kind != oid::OCSP_BASIC {
            return Err(RevocationError::Unsupported(format!("the kind of answer {kind}")));
        }
        let basic = Bytes::from(bytes.octets()?.into_owned());
        let mut fields = Reader::new(&basic).enter(tag::SEQUENCE)?;
        let signed = Signed::read(&basic, &mut fields)?;
        let carried = match fields.optional(0xa0)? {
            Some(list) => certificates(list.elements().enter(tag::SEQUENCE)?)?,
            None => Vec::new(),
        };
        let data = signed.data.clone();
        let mut data = Reader::new(&data).enter(tag::SEQUENCE)?;
        data.optional(0xa0)?;
        let responder = data.next()?;
        check_signer(&signed, responder, issuer, &carried, at)?;

        let _produced_at = signed::time(data.next()?)?;
        let question = Question::of(certificate, issuer)?;
        let mut answers = data.enter(tag::SEQUENCE)?;
        if let Some(list) = data.optional(0xa1)? {
            check_extensions(list, nonce)?;
        }
        while !answers.is_empty() {
            let mut answer = answers.enter(tag::SEQUENCE)?;
            if !question.is(answer.enter(tag::SEQUENCE)?)? {
                continue;
            }
            let verdict = verdict(answer.next()?)?;
            let this_update = signed::time(answer.next()?)?;
            let next_update = match answer.optional(0xa0)? {
                Some(time) => Some(signed::time(time.elements().next()?)?),
                None => None,
            };
            if let Some(list) = answer.optional(0xa1)? {
                check_extensions(list, None)?;
            }
            let (certificate, issuer) = (certificate.clone(), issuer.clone());
            return Ok(Self { certificate, issuer, this_update, next_update, verdict });
        }
        Err(RevocationError::NoAnswer("the response is about other certificates".into()))
    }

    /// When this was known, seconds since 1970.
    pub fn this_update(&self) -> i64 {
        self.this_update
    }

    /// When more will be known, seconds since 1970.
    pub fn next_update(&self) -> Option<i64> {
        self.next_update
    }

    /// What it says about the moment `at`; `grace`: as for [`OcspStore::new`].
    pub fn status(&self, grace: i64, at: i64) -> Status {
        let old = outdated(self.this_update, self.next_update, grace, at);
        match (self.verdict, old) {
            (Verdict::Revoked(since, reason), _) => listed(since, reason, at),
            // Responders may forget what expired (RFC 6960 §4.4.4).
            (Verdict::Good, None) if self.certificate.not_after() < self.this_update => {
                Status::Unknown { why: "the OCSP responder was asked after the certificate had expired".into() }
            }
            (Verdict::Good, None) => Status::Good,
            (Verdict::Good, Some(why)) => Status::Unknown { why: format!("the OCSP responder's answer {why}") },
            (Verdict::Unknown, _) => Status::Unknown { why: "the OCSP responder does not know the certificate".into() },
        }
    }
}

/// The newest answer about each certificate.
#[derive(Clone, Debug)]
pub struct OcspStore {
    grace: i64,
    /// For answers without nextUpdate.
    life: i64,
    answers: BTreeMap<Bytes, OcspAnswer>,
}

impl OcspStore {
    /// An empty store. `grace`: seconds after `nextUpdate` (or `thisUpdate`, where there is none) for which an answer counts.
    pub fn new(grace: i64) -> Self {
        Self { grace: grace.max(0), life: 0, answers: BTreeMap::new() }
    }

    /// The same, where an answer without `nextUpdate` counts for `life` seconds after its `thisUpdate`: such a responder
    /// could say something new at any time, and nobody asks again for every message.
    #[must_use]
    pub fn with_life(self, life: i64) -> Self {
        Self { life: life.max(0), ..self }
    }

    /// Takes an answer, unless a newer one about the same certificate is there (`false`).
    pub fn insert(&mut self, answer: OcspAnswer) -> bool {
        let known = self.answers.get(answer.certificate.der());
        let is_newer = known.is_none_or(|known| known.this_update < answer.this_update);
        if is_newer {
            self.answers.insert(answer.certificate.der().clone(), answer);
        }
        is_newer
    }
}

impl Revocation for OcspStore {
    fn status(&self, certificate: &Certificate, issuer: &Certificate, at: i64) -> Status {
        match self.answers.get(certificate.der()).filter(|answer| answer.issuer.spki() == issuer.spki()) {
            Some(answer) if answer.next_update.is_none() => answer.status(self.grace.max(self.life), at),
            Some(answer) => answer.status(self.grace, at),
            None => Status::Unknown { why: "there is no answer of an OCSP responder".into() },
        }
    }
}

/// Who signed the answer, and whether he may (RFC 6960 §4.2.2.2).
fn check_signer(
    signed: &Signed,
    responder: Element<'_>,
    issuer: &Certificate,
    carried: &[Certificate],
    at: i64,
) -> Result<(), RevocationError> {
    let refused = |cause: &str| Err(RevocationError::NotSigned(cause.to_owned()));
    let is_meant = |certificate: &Certificate| -> Result<bool, Malformed> {
        let id = responder.elements().next()?;
        match responder.tag {
            0xa1 => Ok(signed::name(id)?.0 == *certificate.subject_name()),
            0xa2 => Ok(*id.octets(tag::OCTET_STRING)? == *sha1(key_bits(certificate)?)),
            _ => Err(Malformed("the responder has no name")),
        }
    };
    if is_meant(issuer)? && signed.is_by(issuer.public_key())? {
        return Ok(());
    }
    // Further ones would only cost time.
    for candidate in carried.iter().take(4) {
        if !is_meant(candidate)? || !signed.is_by(candidate.public_key())? {
            continue;
        }
        // Directly below the issuer: nobody else may speak for it.
        if candidate.issuer_name() != issuer.subject_name() || candidate.verify_signature(issuer.public_key()).is_err()
        {
            return refused("the responder's certificate is not of the certificate's issuer");
        }
        let purposes = candidate.body().get_extension::<ExtendedKeyUsage>();
        if !purposes.is_ok_and(|found| found.is_some_and(|(_, usage)| usage.0.contains(&oid::OCSP_SIGNING))) {
            return refused("the responder's certificate is not for OCSP (extended key usage)");
        }
        let usage = candidate.body().get_extension::<KeyUsage>();
        if !usage.is_ok_and(|found| found.is_none_or(|(_, usage)| usage.digital_signature())) {
            return refused("the responder's certificate lacks the key usage digitalSignature");
        }
        if !(candidate.not_before()..=candidate.not_after()).contains(&at) {
            return refused("the responder's certificate is not valid at this time");
        }
        return Ok(());
    }
    refused("the signature is neither of the certificate's issuer nor of a responder whose certificate is enclosed")
}

/// The nonce if there is one; nothing critical that is not known.
fn check_extensions(list: Element<'_>, nonce: Option<&[u8]>) -> Result<(), RevocationError> {
    extensions(list.elements().enter(tag::SEQUENCE)?, |kind, critical, value| match (kind, nonce) {
        (oid::OCSP_NONCE, Some(sent)) => {
            // Some responders give it back without the inner OCTET STRING.
            if value == sent || Reader::new(value).octets().is_ok_and(|inner| *inner == *sent) {
                Ok(())
            } else {
                Err(RevocationError::NoAnswer("the response is to another request (nonce)".into()))
            }
        }
        (oid::OCSP_NONCE, None) => Ok(()),
        (other, _) if critical => Err(RevocationError::Unsupported(format!("the critical extension {other}"))),
        _ => Ok(()),
    })
}

fn verdict(status: Element<'_>) -> Result<Verdict, Malformed> {
    match status.tag {
        0x80 => Ok(Verdict::Good),
        0xa1 => {
            let mut fields = status.elements();
            let since = signed::time(fields.next()?)?;
            let reason = match fields.optional(0xa0)? {
                Some(code) => Reason::from_code(signed::enumerated(code.elements().next()?)?),
                None => Reason::Unspecified,
            };
            Ok(Verdict::Revoked(since, reason))
        }
        0x82 => Ok(Verdict::Unknown),
        _ => Err(Malformed("an unknown kind of certificate status")),
    }
}

/// Those of the certificates that can be read.
fn certificates(mut list: Reader<'_>) -> Result<Vec<Certificate>, Malformed> {
    let mut found = Vec::new();
    while !list.is_empty() && found.len() < 8 {
        found.extend(Certificate::from_der(list.next()?.raw.to_vec()));
    }
    Ok(found)
}

/// The bits of the subject's public key.
fn key_bits(certificate: &Certificate) -> Result<&[u8], Malformed> {
    let mut info = Reader::new(certificate.spki()).enter(tag::SEQUENCE)?;
    info.expect(tag::SEQUENCE)?;
    info.expect(tag::BIT_STRING)?.content.get(1..).ok_or(Malformed("a public key is empty"))
}

fn sha1(data: &[u8]) -> Vec<u8> {
    digest(&SHA1_FOR_LEGACY_USE_ONLY, data).as_ref().to_vec()
}

/// OCSPResponseStatus.
fn refusal(code: u8) -> &'static str {
    match code {
        1 => "malformedRequest",
        2 => "internalError",
        3 => "tryLater",
        5 => "sigRequired",
        6 => "unauthorized",
        _ => "an unknown error",
    }
}
