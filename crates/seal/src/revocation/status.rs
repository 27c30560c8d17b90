//! What can be known about a certificate, and the rule that all sources share.

use std::fmt;

use pec::Moment;

use crate::asn1::Malformed;
use crate::certificate::Certificate;

/// What is known about a certificate at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Not revoked then.
    Good,
    /// Revoked then or before.
    Revoked {
        /// Since when, seconds since 1970.
        since: i64,
        /// Why, as the authority says.
        reason: Reason,
    },
    /// Nothing certain is known.
    Unknown {
        /// What is missing, in English, for the operator.
        why: String,
    },
}

/// Why a certificate was revoked (RFC 5280 §5.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// None given, or one that RFC 5280 does not know.
    Unspecified,
    /// The key is in foreign hands.
    KeyCompromise,
    /// So is the authority's key.
    AuthorityCompromise,
    /// Name or affiliation changed.
    AffiliationChanged,
    /// Replaced by another certificate.
    Superseded,
    /// No longer needed.
    CessationOfOperation,
    /// Suspended; counts as revoked as long as it lasts.
    Hold,
    /// A right was withdrawn.
    PrivilegeWithdrawn,
}

impl Reason {
    pub(super) fn from_code(code: u8) -> Self {
        match code {
            1 => Self::KeyCompromise,
            2 | 10 => Self::AuthorityCompromise,
            3 => Self::AffiliationChanged,
            4 => Self::Superseded,
            5 => Self::CessationOfOperation,
            6 => Self::Hold,
            9 => Self::PrivilegeWithdrawn,
            _ => Self::Unspecified,
        }
    }
}

impl Reason {
    /// The reason in Italian.
    pub fn italian(self) -> &'static str {
        match self {
            Reason::Unspecified => "nessun motivo indicato",
            Reason::KeyCompromise => "chiave compromessa",
            Reason::AuthorityCompromise => "autorità compromessa",
            Reason::AffiliationChanged => "appartenenza cambiata",
            Reason::Superseded => "sostituito",
            Reason::CessationOfOperation => "cessazione dell'attività",
            Reason::Hold => "sospeso",
            Reason::PrivilegeWithdrawn => "autorizzazione ritirata",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unspecified => "no reason given",
            Self::KeyCompromise => "key compromised",
            Self::AuthorityCompromise => "authority compromised",
            Self::AffiliationChanged => "affiliation changed",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessation of operation",
            Self::Hold => "suspended",
            Self::PrivilegeWithdrawn => "privilege withdrawn",
        })
    }
}

/// Somebody who knows about revocations.
pub trait Revocation: Send + Sync {
    /// What is known about `certificate`, issued by `issuer`, at the moment `at` (seconds since 1970). That `issuer`
    /// did issue it is for the caller to know (the chain).
    fn status(&self, certificate: &Certificate, issuer: &Certificate, at: i64) -> Status;
}

/// Several of them: revoked if one says so, else good if one says so, else unknown for the reasons of all.
pub struct AnyOf<'a>(pub &'a [&'a dyn Revocation]);

impl Revocation for AnyOf<'_> {
    fn status(&self, certificate: &Certificate, issuer: &Certificate, at: i64) -> Status {
        combine(self.0.iter().map(|source| source.status(certificate, issuer, at)))
            .unwrap_or_else(|| Status::Unknown { why: "there is no source of revocations".into() })
    }
}

/// One status out of several; `None` out of none.
pub(super) fn combine(all: impl IntoIterator<Item = Status>) -> Option<Status> {
    all.into_iter().reduce(|one, other| match (one, other) {
        (revoked @ Status::Revoked { .. }, _) | (_, revoked @ Status::Revoked { .. }) => revoked,
        (Status::Good, _) | (_, Status::Good) => Status::Good,
        (Status::Unknown { why }, Status::Unknown { why: also }) => Status::Unknown { why: format!("{why}; {also}") },
    })
}

/// The rule for information that lists a certificate as revoked at `since`.
pub(super) fn listed(since: i64, reason: Reason, at: i64) -> Status {
    if since <= at { Status::Revoked { since, reason } } else { Status::Good }
}

/// Why information from `this_update` says nothing about `at` any more; `None`: it does. Without `nextUpdate` it speaks of
/// its own moment, and of the grace after it.
pub(super) fn outdated(this_update: i64, next_update: Option<i64>, grace: i64, at: i64) -> Option<String> {
    let until = next_update.unwrap_or(this_update).saturating_add(grace);
    (at > until).then(|| {
        let [issued, at] = [this_update, at].map(Moment::from_unix);
        let due = next_update.map(|due| format!(" and due for renewal on {}", Moment::from_unix(due)));
        format!("was issued on {issued}{}, too old for {at}", due.unwrap_or_default())
    })
}

/// Why a list or an answer is not taken. The fault is the authority's, or of whoever changed it on its way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RevocationError {
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Broken(String),
    /// It uses what is not supported, by name: `delta CRL`, `indirect CRL`, an unknown critical extension, an algorithm…
    #[error("unsupported: {0}")]
    Unsupported(String),
    /// It is not signed by whom it must be.
    #[error("not signed by the authority: {0}")]
    NotSigned(String),
    /// The responder answers, but not the question.
    #[error("no answer: {0}")]
    NoAnswer(String),
}

impl From<Malformed> for RevocationError {
    fn from(cause: Malformed) -> Self {
        Self::Broken(cause.0.into())
    }
}
