//! Why a chain of certificates is not trusted.

use pec::{Moment, Words};

use crate::revocation::Reason;

/// Why a signer is not trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// Not valid at that time.
    #[error("the certificate was not valid on {0}")]
    Expired(String),
    /// No path to a pinned authority.
    #[error("the certificate does not lead to a known authority: {0}")]
    NoPath(String),
    /// Name constraints, key usage or e-mail usage forbid it.
    #[error("the certificate may not sign certified mail: {0}")]
    NotPermitted(String),
    /// Revoked then or before; only with [`Trust::check_with`].
    #[error("the certificate of {subject} is revoked since {} ({reason})", Moment::from_unix(*since))]
    Revoked {
        /// Whose: the signer's, or that of an authority above.
        subject: String,
        /// Seconds since 1970.
        since: i64,
        /// Why, as the authority says.
        reason: Reason,
    },
    /// Whether it is revoked cannot be said; only with [`Trust::check_with`]. Nothing else is wrong.
    #[error("whether the certificate is revoked is not known: {0}")]
    RevocationUnknown(String),
}

impl TrustError {
    /// The same for holders. What is wrong in a chain of certificates stays in the English words.
    pub fn words(&self) -> Words {
        let italian = match self {
            TrustError::Expired(at) => format!("il certificato del firmatario non era valido il {at}"),
            TrustError::NoPath(_) => "il certificato del firmatario non porta a un'autorità riconosciuta".into(),
            TrustError::NotPermitted(_) => "il certificato del firmatario non può firmare posta certificata".into(),
            TrustError::Revoked { subject, since, reason } => {
                let since = Moment::from_unix(*since);
                format!("il certificato di {subject} è revocato dal {since} ({})", reason.italian())
            }
            TrustError::RevocationUnknown(_) => "non si sa se il certificato del firmatario sia revocato".into(),
        };
        Words { italian, english: self.to_string() }
    }
}
