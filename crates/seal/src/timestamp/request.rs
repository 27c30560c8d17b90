//! What an authority is asked: TimeStampReq (RFC 3161 §2.4.1).

use std::str::FromStr;

use bytes::Bytes;
use const_oid::ObjectIdentifier;

use super::error::StampError;
use super::response;
use super::stamp::TimeStamp;
use crate::asn1::{self, tag};
use crate::key_error::KeyError;
use crate::oid;

/// An authority's policy: the rules under which it stamps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy(ObjectIdentifier);

impl FromStr for Policy {
    type Err = KeyError;

    /// Reads the dotted form.
    fn from_str(dotted: &str) -> Result<Self, KeyError> {
        let unreadable = |_| KeyError(format!("{dotted:?} is no object identifier, as 1.3.6.1.4.1.99999.1"));
        ObjectIdentifier::new(dotted).map(Self).map_err(unreadable)
    }
}

/// A question for one stamp.
#[derive(Clone, Debug)]
pub struct StampRequest {
    sha256: [u8; 32],
    nonce: [u8; 16],
    policy: Option<Policy>,
}

impl StampRequest {
    /// For data with this SHA-256. `nonce`: random, so that an answer of the past cannot be played again. The authority is asked
    /// for its certificates too: the stamp proves by itself.
    pub fn new(sha256: [u8; 32], mut nonce: [u8; 16]) -> Self {
        // A positive INTEGER of exactly these octets.
        nonce[0] = nonce[0] & 0x3f | 0x40;
        Self { sha256, nonce, policy: None }
    }

    /// The same under this policy; without, under the authority's own.
    #[must_use]
    pub fn under(self, policy: Option<Policy>) -> Self {
        Self { policy, ..self }
    }

    /// The DER.
    pub fn to_der(&self) -> Vec<u8> {
        let sha256 = asn1::tlv(tag::SEQUENCE, &[&asn1::oid(oid::SHA256), &[5, 0]]);
        let imprint = asn1::tlv(tag::SEQUENCE, &[&sha256, &asn1::tlv(tag::OCTET_STRING, &[&self.sha256])]);
        let policy = self.policy.map(|Policy(policy)| asn1::oid(policy)).unwrap_or_default();
        let nonce = asn1::tlv(tag::INTEGER, &[&self.nonce]);
        let (version, certificates) = ([tag::INTEGER, 1, 1], [1, 1, 0xff]);
        asn1::tlv(tag::SEQUENCE, &[&version, &imprint, &policy, &nonce, &certificates])
    }

    /// The stamp in a TimeStampResp, intact and the one that was asked for: of this digest, with this nonce, under this
    /// policy. Who signed is for [`TimeStamp::check`].
    pub fn answer(&self, response: impl Into<Bytes>) -> Result<TimeStamp, StampError> {
        let stamp = TimeStamp::read(response::token(response.into())?)?;
        let info = stamp.info();
        let another = |what: &str| Err(StampError::Another(what.into()));
        if !stamp.is_of_sha256(&self.sha256) {
            return another("it is of another digest");
        }
        if info.nonce.as_deref() != Some(&self.nonce) {
            return another("it has another nonce, or none: the answer to an earlier request");
        }
        if self.policy.is_some_and(|Policy(asked)| asked != info.policy) {
            return another(&format!("it is under the policy {}", info.policy));
        }
        Ok(stamp)
    }
}
