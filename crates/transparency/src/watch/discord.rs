//! What does not hold.

use fetch::FetchError;
use proof::LogId;
use proof::file::SignedHead;
use serde::Serialize;

/// The first thing that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{place}: {what}")]
pub struct Discord {
    /// Where.
    pub place: String,
    /// What is wrong there, in English.
    pub what: String,
    /// The head that was seen before, where one contradicts it.
    pub seen: Option<SignedHead>,
    /// The head that is shown now, if one is.
    pub shown: Option<SignedHead>,
}

impl Discord {
    /// At a head of a log.
    pub(crate) fn at(log: LogId, number: u64, what: impl Into<String>) -> Self {
        let place = format!("head {number} of log {}", log.0);
        Self { place, what: what.into(), seen: None, shown: None }
    }

    /// The same, with what is shown.
    pub(crate) fn showing(self, shown: &SignedHead) -> Self {
        Self { shown: Some(shown.clone()), ..self }
    }

    /// The same, with what was seen before.
    pub(crate) fn after(self, seen: &SignedHead) -> Self {
        Self { seen: Some(seen.clone()), ..self }
    }
}

/// Why a round did not come to a good end.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// Something does not hold.
    #[error(transparent)]
    Discord(Box<Discord>),
    /// Nothing can be said: the server does not answer, or says that it cannot now.
    #[error(transparent)]
    Unreachable(#[from] FetchError),
    /// The file of what was seen.
    #[error("{0}")]
    State(String),
}

impl From<Discord> for WatchError {
    fn from(discord: Discord) -> Self {
        Self::Discord(Box::new(discord))
    }
}
