//! One time stamp: TimeStampToken (RFC 3161 §2.4.2).

use std::time::Duration;

use aws_lc_rs::digest::digest;
use bytes::Bytes;

use super::binding::Bindings;
use super::error::{StampError, unreadable};
use super::form;
use super::info::Info;
use crate::algorithm::Digest;
use crate::certificate::hex;
use crate::key::Certificate;
use crate::oid;
use crate::open_error::OpenError;
use crate::revocation::Revocation;
use crate::signed_data::SignedData;
use crate::trust::Trust;

/// The most octets of an authority's answer and of a stamp: with a chain of four certificates it has a tenth.
pub const MOST_OCTETS: usize = 64 << 10;

/// An intact time stamp: what it says is what its signer signed. Says nothing yet about who may sign
/// ([`TimeStamp::check`]).
#[derive(Clone, Debug)]
pub struct TimeStamp {
    token: Bytes,
    info: Info,
    signer: Certificate,
    others: Vec<Certificate>,
}

impl TimeStamp {
    /// Reads a TimeStampToken and checks its signature and that it is bound to the certificate it carries. SHA-1 proves
    /// nothing any more and is refused, of the stamped data and of the signature.
    ///
    /// Changed in any octet it is refused or, in a carried certificate that its chain does not need and in unsigned
    /// attributes, says and proves the same as before.
    pub fn read(token: impl Into<Bytes>) -> Result<Self, StampError> {
        let token: Bytes = token.into();
        if token.len() > MOST_OCTETS {
            return Err(unreadable(&format!("it is larger than {MOST_OCTETS} octets")));
        }
        let mut signature = SignedData::parse(&token)?;
        form::check(&token)?;
        if signature.kind() != oid::TIME_STAMP_INFO {
            return Err(unreadable("what is signed is no time stamp"));
        }
        let content = signature.content.take().ok_or_else(|| unreadable("it is a signature without its content"))?;
        let bindings = Bindings::of(&signature)?;
        let verified = signature.verify(&content, false)?;
        if verified.digest == Digest::Sha1.name() {
            return Err(OpenError::Algorithm(verified.digest.into()).into());
        }
        bindings.check(&verified.signer)?;
        let info = Info::read(&content)?;
        Ok(Self { info, signer: verified.signer, others: verified.others, token: token.clone() })
    }

    /// The TimeStampToken as received: a CMS signature with what was signed inside, as `openssl ts -verify -token_in`
    /// takes it.
    pub fn token(&self) -> &Bytes {
        &self.token
    }

    /// When the authority saw the digest, seconds since 1970; a fraction of a second is left off.
    pub fn time(&self) -> i64 {
        self.info.time
    }

    /// How far [`TimeStamp::time`] may be from the truth, as the authority says; `None`: its policy says.
    pub fn accuracy(&self) -> Option<Duration> {
        self.info.accuracy
    }

    /// The number under which the authority knows the stamp, lower-case hex.
    pub fn serial_hex(&self) -> String {
        hex(&self.info.serial)
    }

    /// The authority's policy, dotted.
    pub fn policy(&self) -> String {
        self.info.policy.to_string()
    }

    /// Who signed.
    pub fn signer(&self) -> &Certificate {
        &self.signer
    }

    /// Whether these are the data that were stamped.
    pub fn is_of(&self, content: &[u8]) -> bool {
        self.info.imprint == digest(self.info.algorithm.algorithm(), content).as_ref()
    }

    /// Whether the data with this SHA-256 were stamped, under this digest.
    pub fn is_of_sha256(&self, sha256: &[u8; 32]) -> bool {
        self.info.algorithm == Digest::Sha256 && self.info.imprint == sha256
    }

    /// Checks who signed: his certificate is for time stamps alone, and its chain led to one of `authorities` at the stamp's
    /// time. `authorities`: [`Trust::for_time_stamps`].
    pub fn check(&self, authorities: &Trust) -> Result<(), StampError> {
        self.path(authorities).map(|_| ())
    }

    /// The same, and gives the path from signer to authority, both included.
    pub fn path<'a>(&'a self, authorities: &'a Trust) -> Result<Vec<&'a Certificate>, StampError> {
        authorities.path(&self.signer, &self.others, self.info.time).map_err(StampError::NotTrusted)
    }

    /// [`TimeStamp::check`], and that no certificate of the path was revoked at the stamp's time.
    pub fn check_with(&self, authorities: &Trust, revocation: &dyn Revocation) -> Result<(), StampError> {
        authorities
            .check_certificate_with(&self.signer, &self.others, self.info.time, revocation)
            .map_err(StampError::NotTrusted)
    }

    pub(super) fn info(&self) -> &Info {
        &self.info
    }
}
