//! Chains to a pinned authority (RFC 6109 §5.5, [R-I-ca-4]).
//!
//! The path is built here, not by rustls-webpki: that one refuses any constraint on mail addresses or directory
//! names, and AgID CA1 carries both [R-O-ca-2]. What it does is the part of RFC 5280 §6 that mail of providers
//! meets; what it does not know (policy constraints, foreign critical extensions) it refuses.

use pec::Moment;

use crate::algorithm::{Digest, Refused};
use crate::key::{Certificate, KeyError};
use crate::permitted::{Purpose, may_issue, may_sign, not_permitted};
use crate::revocation::{Revocation, Status};
pub use crate::trust_error::TrustError;
use crate::verify::Opened;

/// The pinned authorities.
///
/// An anchor is a name with a key: another edition of an authority that was re-issued with the same key is the same
/// anchor [R-O-ca-1], and the dates of an anchor are not looked at. Its name constraints and path length are: pin
/// the root too, or every edition, where an authority admits new providers by new editions.
#[derive(Clone, Debug)]
pub struct Trust {
    anchors: Vec<Certificate>,
    intermediates: Vec<Certificate>,
    past: bool,
    purpose: Purpose,
}

impl Trust {
    /// Anchors that end every path (roots, or the PEC authority itself), and known intermediates.
    ///
    /// Certificates signed with SHA-1 and RSA keys below 2048 bits are refused, as no provider has had any since 2017;
    /// see [`Trust::for_the_past`].
    pub fn new(anchors: Vec<Certificate>, intermediates: Vec<Certificate>) -> Result<Self, KeyError> {
        if anchors.is_empty() {
            return Err(KeyError("no authority is pinned: at least one certificate of an authority is needed".into()));
        }
        Ok(Self { anchors, intermediates, past: false, purpose: Purpose::Mail })
    }

    /// The same authorities for messages of the past: certificates signed with SHA-1 and RSA keys of 1024 bits are
    /// taken, as under DigitPA CA1 until 2017. For reading archives, never for mail that arrives now.
    pub fn for_the_past(self) -> Self {
        Self { past: true, ..self }
    }

    /// The same authorities for those who sign time stamps (RFC 3161 §2.3): the signer's certificate has the extended key
    /// usage id-kp-timeStamping, critical and alone, and what it says of mail does not count.
    pub fn for_time_stamps(self) -> Self {
        Self { purpose: Purpose::TimeStamps, ..self }
    }

    /// Checks the signer's chain at `at` (seconds since 1970), with the certificates carried by the message as
    /// further intermediates: validity, signatures, name constraints (e-mail and directory name), path
    /// length, key usage digitalSignature, e-mail protection where an EKU is present.
    pub fn check(&self, opened: &Opened, at: i64) -> Result<(), TrustError> {
        self.check_certificate(&opened.signer, &opened.others, at)
    }

    /// The same for a bare certificate.
    pub fn check_certificate(&self, leaf: &Certificate, others: &[Certificate], at: i64) -> Result<(), TrustError> {
        self.path(leaf, others, at).map(|_| ())
    }

    /// [`Trust::check`], and that no certificate of the path is revoked at `at` [R-2.2.2-e]. The anchor is trusted as it
    /// is, even where it is the signer's own certificate.
    pub fn check_with(&self, opened: &Opened, at: i64, revocation: &dyn Revocation) -> Result<(), TrustError> {
        self.check_certificate_with(&opened.signer, &opened.others, at, revocation)
    }

    /// The same for a bare certificate.
    pub fn check_certificate_with(
        &self,
        leaf: &Certificate,
        others: &[Certificate],
        at: i64,
        revocation: &dyn Revocation,
    ) -> Result<(), TrustError> {
        let path = self.path(leaf, others, at)?;
        let mut unknown = None;
        for (certificate, issuer) in path.iter().zip(path.iter().skip(1)) {
            let subject = || certificate.subject();
            match revocation.status(certificate, issuer, at) {
                Status::Good => {}
                Status::Revoked { since, reason } => {
                    return Err(TrustError::Revoked { subject: subject(), since, reason });
                }
                // A revocation further up counts more.
                Status::Unknown { why } => {
                    unknown.get_or_insert_with(|| TrustError::RevocationUnknown(format!("{}: {why}", subject())));
                }
            }
        }
        unknown.map_or(Ok(()), Err)
    }

    /// The path from `leaf` to an anchor, both included: what a [`Revocation`] is asked about, and whose lists are needed.
    /// Only the signer where it is pinned itself.
    pub fn path<'a>(
        &'a self,
        leaf: &'a Certificate,
        others: &'a [Certificate],
        at: i64,
    ) -> Result<Vec<&'a Certificate>, TrustError> {
        is_valid(leaf, at)?;
        may_sign(leaf, self.purpose)?;
        self.is_strong(leaf)?;
        let mut path = vec![leaf];
        // A provider's certificate may itself be pinned: a private network without an authority.
        if self.anchors.contains(leaf) {
            return Ok(path);
        }
        let mut search = Search { trust: self, others, at, signatures: MAX_SIGNATURES, found: None };
        if search.climb(&mut path) {
            return Ok(path);
        }
        Err(search.found.unwrap_or_else(|| TrustError::NoPath(format!("its issuer {} is unknown", leaf.issuer()))))
    }

    /// Whether today's rules allow key and signature.
    fn is_strong(&self, certificate: &Certificate) -> Result<(), TrustError> {
        let cause = if certificate.public_key().is_short() {
            "has an RSA key of less than 2048 bits"
        } else if certificate.signature_scheme().and_then(|scheme| scheme.digest()) == Some(Digest::Sha1) {
            "is signed with SHA-1"
        } else {
            return Ok(());
        };
        if self.past { Ok(()) } else { Err(not_permitted(certificate, cause)) }
    }
}

/// More certificates than any honest path has.
const MAX_PATH: usize = 6;
/// Signatures checked for one path at most: a message may carry any number of look-alike authorities.
const MAX_SIGNATURES: usize = 40;

/// The search for one path.
struct Search<'a> {
    trust: &'a Trust,
    others: &'a [Certificate],
    at: i64,
    signatures: usize,
    /// The most telling obstacle met.
    found: Option<TrustError>,
}

impl<'a> Search<'a> {
    /// Whether a path leads from the last certificate of `path` (leaf first) to an anchor; it is `path` then.
    fn climb(&mut self, path: &mut Vec<&'a Certificate>) -> bool {
        let Some(last) = path.last().copied() else { return false };
        let trust = self.trust;
        for anchor in trust.anchors.iter().filter(|anchor| anchor.subject_name() == last.issuer_name()) {
            match may_issue(anchor, path, trust.purpose).and_then(|()| self.signed(last, anchor)) {
                Ok(()) => {
                    path.push(anchor);
                    return true;
                }
                Err(obstacle) => self.remember(obstacle),
            }
        }
        if path.len() >= MAX_PATH {
            return false;
        }
        for issuer in trust.intermediates.iter().chain(self.others) {
            let known =
                |seen: &&Certificate| seen.subject_name() == issuer.subject_name() && seen.spki() == issuer.spki();
            if issuer.subject_name() != last.issuer_name() || path.iter().any(known) {
                continue;
            }
            let usable = is_valid(issuer, self.at)
                .and_then(|()| trust.is_strong(issuer))
                .and_then(|()| may_issue(issuer, path, trust.purpose))
                .and_then(|()| self.signed(last, issuer));
            match usable {
                Ok(()) => {
                    path.push(issuer);
                    if self.climb(path) {
                        return true;
                    }
                    path.pop();
                    self.remember(TrustError::NoPath(format!("the issuer {} is unknown", issuer.issuer())));
                }
                Err(obstacle) => self.remember(obstacle),
            }
        }
        false
    }

    fn signed(&mut self, certificate: &Certificate, issuer: &Certificate) -> Result<(), TrustError> {
        let Some(left) = self.signatures.checked_sub(1) else {
            return Err(TrustError::NoPath("too many possible issuers".into()));
        };
        self.signatures = left;
        certificate.verify_signature(issuer.public_key()).map_err(|refused| match refused {
            Refused::Mismatch => {
                TrustError::NoPath(format!("{} did not sign {}", issuer.subject(), certificate.subject()))
            }
            Refused::Algorithm(name) => {
                not_permitted(certificate, &format!("is signed with the unsupported algorithm {name}"))
            }
        })
    }

    fn remember(&mut self, obstacle: TrustError) {
        let weight = |error: &TrustError| match error {
            TrustError::NoPath(_) => 0,
            TrustError::Expired(_) => 1,
            // Revocation is asked about once the path stands.
            TrustError::NotPermitted(_) | TrustError::Revoked { .. } | TrustError::RevocationUnknown(_) => 2,
        };
        if self.found.as_ref().is_none_or(|found| weight(found) < weight(&obstacle)) {
            self.found = Some(obstacle);
        }
    }
}

fn is_valid(certificate: &Certificate, at: i64) -> Result<(), TrustError> {
    if (certificate.not_before()..=certificate.not_after()).contains(&at) {
        Ok(())
    } else {
        Err(TrustError::Expired(Moment::from_unix(at).to_string()))
    }
}

#[cfg(test)]
mod tests;
