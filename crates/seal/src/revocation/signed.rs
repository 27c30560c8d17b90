//! What lists and answers have in common: signed bytes, times, the names of certificates.

use bytes::Bytes;
use const_oid::ObjectIdentifier;
use x509_cert::der::Decode;

use super::status::RevocationError;
use crate::algorithm::{Digest, PublicKey, Refused, Scheme};
use crate::asn1::{Element, Malformed, Reader, tag};
use crate::key::Certificate;
use crate::name::DirectoryName;
use crate::signed_data::read_time;

/// SEQUENCE { what is signed, algorithm, signature }.
pub(super) struct Signed {
    pub(super) data: Bytes,
    algorithm: ObjectIdentifier,
    signature: Bytes,
}

impl Signed {
    /// Reads the three; `fields` may go on after them.
    pub(super) fn read(from: &Bytes, fields: &mut Reader<'_>) -> Result<Self, Malformed> {
        let data = fields.expect(tag::SEQUENCE)?;
        let algorithm = fields.enter(tag::SEQUENCE)?.oid()?;
        let Some((0, signature)) = fields.expect(tag::BIT_STRING)?.content.split_first() else {
            return Err(Malformed("the signature has stray bits"));
        };
        Ok(Self { data: from.slice_ref(data.raw), algorithm, signature: from.slice_ref(signature) })
    }

    pub(super) fn algorithm(&self) -> ObjectIdentifier {
        self.algorithm
    }

    /// Whether `key` made the signature. SHA-1 is not taken: no authority of today uses it.
    pub(super) fn is_by(&self, key: &PublicKey) -> Result<bool, RevocationError> {
        let unsupported = |name: String| RevocationError::Unsupported(format!("the signature algorithm {name}"));
        let scheme = Scheme::from_oid(self.algorithm).filter(|s| !matches!(s.digest(), None | Some(Digest::Sha1)));
        let Some(scheme) = scheme else { return Err(unsupported(self.algorithm.to_string())) };
        match key.verify(scheme, Digest::Sha256, &self.data, &self.signature) {
            Ok(()) => Ok(true),
            Err(Refused::Mismatch) => Ok(false),
            Err(Refused::Algorithm(name)) => Err(unsupported(name)),
        }
    }
}

/// A time, seconds since 1970.
pub(super) fn time(element: Element<'_>) -> Result<i64, Malformed> {
    read_time(element).ok_or(Malformed("a time cannot be read"))
}

/// The next element if it is a time.
pub(super) fn optional_time(fields: &mut Reader<'_>) -> Result<Option<i64>, Malformed> {
    match fields.optional(tag::UTC_TIME)? {
        Some(element) => time(element).map(Some),
        None => fields.optional(tag::GENERALIZED_TIME)?.map(time).transpose(),
    }
}

/// A directory name.
pub(super) fn name(element: Element<'_>) -> Result<(DirectoryName, String), Malformed> {
    let name = x509_cert::name::Name::from_der(element.raw).map_err(|_| Malformed("a name cannot be read"))?;
    Ok((DirectoryName::new(&name), name.to_string()))
}

/// An enumerated value (X.690 §8.4) below 128.
pub(super) fn enumerated(element: Element<'_>) -> Result<u8, Malformed> {
    match (element.tag, element.content) {
        (0x0a, [value @ 0..0x80]) => Ok(*value),
        _ => Err(Malformed("an enumerated value cannot be read")),
    }
}

/// A serial number as it is compared: without superfluous zeros.
pub(super) fn serial(mut content: &[u8]) -> &[u8] {
    while let [0, rest @ ..] = content
        && let Some(next) = rest.first()
    {
        if next & 0x80 != 0 {
            break;
        }
        content = rest;
    }
    content
}

/// The issuer's name as the certificate has it, the whole element, and the serial number.
pub(super) fn issuer_and_serial(certificate: &Certificate) -> Result<(&[u8], &[u8]), Malformed> {
    let mut both = Reader::new(certificate.issuer_and_serial()).enter(tag::SEQUENCE)?;
    let issuer = both.expect(tag::SEQUENCE)?.raw;
    Ok((issuer, serial(both.expect(tag::INTEGER)?.content)))
}
