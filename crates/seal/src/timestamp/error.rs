//! Why there is no time stamp, or none that counts.

use pec::Words;

use crate::asn1::Malformed;
use crate::open_error::OpenError;
use crate::trust_error::TrustError;

/// Why there is no time stamp, or none that counts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StampError {
    /// The authority answered that it gives none; its own words, shortened.
    #[error("the authority gives no time stamp: {0}")]
    Refused(String),
    /// The authority's answer, or the file, is no time stamp.
    #[error("the time stamp cannot be read: {0}")]
    Unreadable(String),
    /// An intact stamp, of other data or for another request.
    #[error("the time stamp is not the one that was asked for: {0}")]
    Another(String),
    /// Something was changed after the authority signed.
    #[error("the time stamp does not hold: {0}")]
    NotIntact(OpenError),
    /// It is not bound to the certificate that it carries (RFC 3161 §2.4.2: ESSCertID), so that anybody could exchange it.
    #[error("the time stamp is not bound to its signer's certificate: {0}")]
    NotBound(String),
    /// The signer is no authority that is believed here, or was none at the stamp's time.
    #[error("the time stamp's authority is not believed: {}", cause(.0))]
    NotTrusted(TrustError),
}

/// [`TrustError`] speaks of certified mail where a certificate may not be used.
fn cause(error: &TrustError) -> String {
    match error {
        TrustError::NotPermitted(why) => why.clone(),
        other => other.to_string(),
    }
}

impl StampError {
    /// The same for holders. What is wrong in bytes and chains stays in the English words.
    pub fn words(&self) -> Words {
        let italian = match self {
            Self::Refused(_) => "l'autorità non ha rilasciato la marca temporale".into(),
            Self::Unreadable(_) => "la marca temporale non è leggibile".into(),
            Self::Another(_) => "la marca temporale è di altri dati".into(),
            Self::NotIntact(OpenError::Algorithm(name)) => {
                format!("la marca temporale usa un algoritmo non ammesso ({name})")
            }
            Self::NotIntact(_) => "la marca temporale è stata modificata".into(),
            Self::NotBound(_) => "la marca temporale non è legata al certificato di chi l'ha firmata".into(),
            Self::NotTrusted(TrustError::Expired(at)) => {
                format!("il certificato di chi ha firmato la marca temporale non era valido il {at}")
            }
            Self::NotTrusted(_) => "chi ha firmato la marca temporale non è un'autorità riconosciuta".into(),
        };
        Words { italian, english: self.to_string() }
    }
}

/// What is unreadable.
pub(super) fn unreadable(cause: &str) -> StampError {
    StampError::Unreadable(cause.into())
}

impl From<Malformed> for StampError {
    fn from(cause: Malformed) -> Self {
        Self::Unreadable(cause.to_string())
    }
}

impl From<OpenError> for StampError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Broken(cause) => Self::Unreadable(cause),
            other => Self::NotIntact(other),
        }
    }
}
