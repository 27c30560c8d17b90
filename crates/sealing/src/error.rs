//! Why sealing does not go on, or nothing is proved.

use proof::{FormatError, LogId};
use seal::KeyError;
use store::StoreError;

/// Why sealing, proving or checking ended early. What the store and the key say passes; the others do not by themselves.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SealingError {
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key did not sign.
    #[error("{0}")]
    Key(#[from] KeyError),
    /// A row that must be there is not.
    #[error("row {number} of log {} is missing: restore the last backup", log.0)]
    Missing {
        /// Whose.
        log: LogId,
        /// Which.
        number: u64,
    },
    /// What a row is about is not there.
    #[error("what row {number} of log {} is about is missing: restore the last backup", log.0)]
    NoSubject {
        /// Whose.
        log: LogId,
        /// Which.
        number: u64,
    },
    /// Nobody has such a row.
    #[error("there is no row {number} in log {}, or not any more", log.0)]
    NoRow {
        /// Whose.
        log: LogId,
        /// Which.
        number: u64,
    },
    /// What seals a log cannot be read.
    #[error("what seals log {} is damaged: {what}; restore the last backup", log.0)]
    Damaged {
        /// Whose.
        log: LogId,
        /// What is wrong.
        what: String,
    },
    /// The program is ending.
    #[error("interrupted: {0}")]
    Interrupted(String),
}

impl SealingError {
    /// A head that is not one.
    pub(crate) fn head(log: LogId, number: u64, error: &FormatError) -> Self {
        Self::Damaged { log, what: format!("head {number}: {error}") }
    }
}
