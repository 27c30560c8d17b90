//! Whom to believe, and how the signer of a message stands with them.

use std::path::PathBuf;

use seal::{Certificate, Opened, Trust};

use crate::error::VerifyError;
use crate::revoked::Revoked;

/// SHA-256 of the public keys of Italy's certified-mail authorities: their certificates are re-issued with the same
/// key, so the key is what identifies them [R-O-ca-1].
const NATIONAL_AUTHORITIES: [(&str, &str); 2] = [("AgID CA1", AGID_CA1), ("DigitPA CA1", DIGITPA_CA1)];
const AGID_CA1: &str = "39e3c6c6f13c9620775172694d20f81edad55a8613934cdaa7c3793a6d26b86b";
const DIGITPA_CA1: &str = "c0b443b729bcf3e980d36ef980b035be7534a7c464671c7f51e30ad6f7519d25";

/// Whom to believe.
pub enum Authorities {
    /// The authorities that the caller named.
    Given(Trust),
    /// The national ones: a carried certificate whose key is pinned here ends the chain.
    National,
}

/// What the authorities and the index say together: trust is double [R-I-ca-4].
pub(crate) enum SignerStanding {
    /// A recognised provider, whose certificate may have been revoked since.
    Certified(Option<Revoked>),
    /// One whose certificate was revoked before.
    Revoked(Revoked),
    Unknown,
    Refused,
}

/// The moment for which the signer is judged, and whose word it is.
pub(crate) fn moment_of(opened: &Opened, at: Option<i64>) -> (i64, &'static str) {
    match (at, opened.signing_time) {
        (Some(at), _) => (at, "asked for with --at"),
        (None, Some(at)) => (at, "by the signer's own clock; --at asks for another time"),
        (None, None) => (opened.signer.not_after(), "the certificate's last day: the signature has no time"),
    }
}

impl Authorities {
    /// The authorities in these PEM files; without files, the national ones.
    pub fn read(files: &[PathBuf]) -> Result<Self, VerifyError> {
        if files.is_empty() {
            return Ok(Self::National);
        }
        Trust::new(certificates(files)?, Vec::new())
            .map(|trust| Self::Given(trust.for_the_past()))
            .map_err(|error| VerifyError::Authorities(error.to_string()))
    }

    /// The chain from the signer to an authority that is believed; `None` when nothing says whom to believe: the message
    /// carries no national authority.
    pub(crate) fn path(&self, opened: &Opened, at: i64) -> Option<Result<Vec<Certificate>, String>> {
        let national = match self {
            Self::Given(trust) => return Some(path(trust, opened, at)),
            Self::National => {
                let pinned =
                    |other: &&Certificate| NATIONAL_AUTHORITIES.iter().any(|(_, key)| *key == other.key_sha256_hex());
                opened.others.iter().find(pinned)?.clone()
            }
        };
        let trust = Trust::new(vec![national], Vec::new()).map_err(|error| error.to_string());
        Some(trust.and_then(|trust| path(&trust.for_the_past(), opened, at)))
    }
}

/// The certificates in PEM files.
pub(crate) fn certificates(files: &[PathBuf]) -> Result<Vec<Certificate>, VerifyError> {
    let mut all = Vec::new();
    for file in files {
        all.extend(Certificate::from_pem_file(file).map_err(|error| VerifyError::Authorities(error.to_string()))?);
    }
    Ok(all)
}

fn path(trust: &Trust, opened: &Opened, at: i64) -> Result<Vec<Certificate>, String> {
    let path = trust.path(&opened.signer, &opened.others, at).map_err(|error| error.to_string())?;
    Ok(path.into_iter().cloned().collect())
}
