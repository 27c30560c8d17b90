//! Why a message or a file has no valid signature.

use pec::Words;

use crate::asn1::Malformed;

/// Why a message has no valid signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Not `multipart/signed` with a PKCS#7 signature part.
    #[error("the message is not signed")]
    NotSigned,
    /// The structure is broken.
    #[error("the signature cannot be read: {0}")]
    Broken(String),
    /// The content is not what was signed.
    #[error("the content was changed after signing")]
    Digest,
    /// The signature does not fit the signer's key.
    #[error("the signature does not belong to the certificate")]
    Signature,
    /// An algorithm that is not accepted.
    #[error("unsupported algorithm {0}")]
    Algorithm(String),
}

impl OpenError {
    /// The same for holders. What is wrong in the bytes of a signature stays in the English words.
    pub fn words(&self) -> Words {
        let italian = match self {
            OpenError::NotSigned => "il messaggio non è firmato".into(),
            OpenError::Broken(_) => "la firma non è leggibile, il messaggio è troncato o danneggiato".into(),
            OpenError::Digest => "il contenuto è stato modificato dopo la firma".into(),
            OpenError::Signature => "la firma non corrisponde al certificato".into(),
            OpenError::Algorithm(name) => format!("algoritmo di firma non ammesso ({name})"),
        };
        Words { italian, english: self.to_string() }
    }
}

/// What is broken in the structure.
pub(crate) fn broken(cause: &str) -> OpenError {
    OpenError::Broken(cause.into())
}

impl From<Malformed> for OpenError {
    fn from(cause: Malformed) -> Self {
        Self::Broken(cause.to_string())
    }
}
