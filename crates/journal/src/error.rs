//! Why a day was not written.

use std::io;
use std::path::Path;

use proof::LogId;
use seal::KeyError;
use store::StoreError;

/// Why a day was not written.
#[derive(Clone, Debug, thiserror::Error)]
pub enum JournalError {
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key did not sign.
    #[error("{0}")]
    Key(#[from] KeyError),
    /// A file cannot be made.
    #[error("{0}")]
    File(String),
    /// A head cannot be read.
    #[error("head {number} of log {} is damaged: {what}; restore the last backup", log.0)]
    Damaged {
        /// Whose.
        log: LogId,
        /// Which.
        number: u64,
        /// What is wrong.
        what: String,
    },
    /// The program is ending.
    #[error("interrupted: {0}")]
    Interrupted(String),
}

impl JournalError {
    pub(crate) fn file(path: &Path, error: &io::Error) -> Self {
        Self::File(format!("{}: {error}", path.display()))
    }
}
