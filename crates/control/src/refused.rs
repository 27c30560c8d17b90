//! Why an operation was not done.

use serde::{Deserialize, Serialize};
use store::{CommitError, ErrorKind, StoreError};
use tokio::task::JoinError;

use crate::password::Weak;

/// An operation that was not done, or not to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{what}")]
pub struct Refused {
    /// Whose fault it is.
    pub fault: Fault,
    /// What is wrong and what to do, in English.
    pub what: String,
}

/// Whose fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// Bytes that are not as written: to be restored.
    Damaged,
    /// What was asked for is not there.
    Missing,
    /// This needs a running provider, or one that is stopped.
    NotNow,
    /// Who asks may not.
    NotYou,
    /// A fault of the program.
    Program,
    /// What was asked for is not allowed or makes no sense.
    Request,
    /// The store, the disk or the provider cannot do it now.
    Unavailable,
    /// A file that was asked for cannot be written.
    Unwritten,
    /// The two programs are of different versions.
    Version,
}

impl Refused {
    /// With these words.
    pub fn new(fault: Fault, what: impl Into<String>) -> Self {
        Self { fault, what: what.into() }
    }

    /// What was asked for is not allowed or makes no sense.
    pub fn request(what: impl Into<String>) -> Self {
        Self::new(Fault::Request, what)
    }

    /// What was asked for is not there.
    pub fn missing(what: impl Into<String>) -> Self {
        Self::new(Fault::Missing, what)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        let fault = match error.kind {
            ErrorKind::Bug => Fault::Program,
            ErrorKind::Damaged => Fault::Damaged,
            ErrorKind::Held | ErrorKind::Limit | ErrorKind::OverQuota | ErrorKind::Refused => Fault::Request,
            ErrorKind::NoStore => Fault::Missing,
            ErrorKind::Busy | ErrorKind::Closed | ErrorKind::Disk | ErrorKind::Full => Fault::Unavailable,
        };
        // What the store refuses is said in its own words; the rest names it.
        let what = if fault == Fault::Request { error.what } else { error.to_string() };
        Self { fault, what }
    }
}

impl From<JoinError> for Refused {
    fn from(error: JoinError) -> Self {
        Self::new(Fault::Program, format!("a fault of the program: {error}"))
    }
}

impl From<Weak> for Refused {
    fn from(weak: Weak) -> Self {
        Self::request(weak.to_string())
    }
}

impl From<CommitError> for Refused {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Store(error) => error.into(),
            other => Refused::new(Fault::Program, other.to_string()),
        }
    }
}
