//! How a stamp is bound to one certificate: ESSCertID (RFC 2634 §5.4, SHA-1) and ESSCertIDv2 (RFC 5035 §3), signed.

use aws_lc_rs::digest::digest;

use super::error::StampError;
use crate::algorithm::Digest;
use crate::asn1::{self, Reader, tag};
use crate::key::Certificate;
use crate::oid;
use crate::signed_data::SignedData;

/// The signed attributes that say whose certificate it is; every one of them has to mean the same.
pub(super) struct Bindings {
    first: Option<Vec<u8>>,
    second: Option<Vec<u8>>,
}

impl Bindings {
    /// Those of a signature, not yet verified.
    pub(super) fn of(signature: &SignedData<'_>) -> Result<Self, StampError> {
        let value = |kind| Ok::<_, StampError>(signature.signed_attribute(kind)?.map(<[u8]>::to_vec));
        Ok(Self { first: value(oid::SIGNING_CERTIFICATE)?, second: value(oid::SIGNING_CERTIFICATE_V2)? })
    }

    /// Whether they mean `signer`.
    pub(super) fn check(&self, signer: &Certificate) -> Result<(), StampError> {
        if self.first.is_none() && self.second.is_none() {
            return Err(StampError::NotBound("nothing that is signed names it".into()));
        }
        for (value, is_second) in [(&self.first, false), (&self.second, true)] {
            if let Some(value) = value {
                check(value, is_second, signer)?;
            }
        }
        Ok(())
    }
}

/// SigningCertificate ::= SEQUENCE { certs SEQUENCE OF ESSCertID, … }: the first is the signer's (RFC 5035 §5.4).
fn check(value: &[u8], is_second: bool, signer: &Certificate) -> Result<(), StampError> {
    let mut one = Reader::new(value).enter(tag::SEQUENCE)?.enter(tag::SEQUENCE)?.enter(tag::SEQUENCE)?;
    let algorithm = match one.optional(tag::SEQUENCE)? {
        Some(named) if is_second => {
            let kind = named.elements().oid()?;
            Digest::from_oid(kind).ok_or_else(|| StampError::NotBound(format!("by the unsupported digest {kind}")))?
        }
        // The first kind knows no other, the second says nothing where it means SHA-256.
        _ if is_second => Digest::Sha256,
        _ => Digest::Sha1,
    };
    if *one.octets()? != *digest(algorithm.algorithm(), signer.der()).as_ref() {
        return Err(StampError::NotBound("what is signed names another one".into()));
    }
    if let Some(issuer_and_serial) = one.optional(tag::SEQUENCE)? {
        let mut both = issuer_and_serial.elements();
        // GeneralNames with one directoryName.
        let issuer = both.enter(tag::SEQUENCE)?.enter(0xa4)?.expect(tag::SEQUENCE)?.raw;
        let serial = both.expect(tag::INTEGER)?.raw;
        if asn1::tlv(tag::SEQUENCE, &[issuer, serial]) != signer.issuer_and_serial() {
            return Err(StampError::NotBound("what is signed names one of another issuer or number".into()));
        }
    }
    Ok(())
}
