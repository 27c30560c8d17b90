//! Why a source of revocations gives nothing.

use std::io;
use std::path::PathBuf;

use fetch::FetchError;
use pec::Moment;
use seal::RevocationError;

/// Why a source gave nothing, or nothing new. Its words name the file or the address.
#[derive(Debug, thiserror::Error)]
pub enum ObtainError {
    /// Ours: a file of the operator cannot be read.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Ours: a file of the operator has more octets than are read.
    #[error("{}: it is larger than revocation.max_size ({most} octets)", path.display())]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// The most it may have.
        most: usize,
    },
    /// The network's or the server's: nothing came.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The authority's: what came cannot be used.
    #[error("{from}: {error}")]
    Refused {
        /// File or address.
        from: String,
        /// Why.
        error: RevocationError,
    },
    /// The authority's: the responder does not know the certificate.
    #[error("{from}: {why}")]
    NoAnswer {
        /// The responder.
        from: String,
        /// In its words.
        why: String,
    },
    /// The authority's: its list is late.
    #[error("{from}: the list was due for renewal on {due}, and there is no newer one")]
    Late {
        /// File or address.
        from: String,
        /// Since when.
        due: Moment,
    },
    /// Ours: reading it ended by a fault of the program.
    #[error("{from}: {why}")]
    Fault {
        /// File or address.
        from: String,
        /// What was said.
        why: String,
    },
}
