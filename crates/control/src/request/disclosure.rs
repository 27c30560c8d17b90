//! What is read of certified mail outside mailboxes, and by whom: recorded before anything is read.

use serde::{Deserialize, Serialize};

/// That an operator reads what is kept of messages.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisclosureRequest {
    /// The messages, by their PEC identifiers; at most [`DisclosureRequest::MOST`].
    pub identifiers: Vec<String>,
    /// What is read.
    pub what: Disclosed,
    /// Why, for the evidence.
    #[serde(default)]
    pub reason: Option<String>,
}

/// What is read of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Disclosed {
    /// Its receipts.
    Receipts,
    /// Everything that is there about it.
    Dossier,
}

impl Disclosed {
    /// As the evidence names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Receipts => "receipts",
            Self::Dossier => "dossier",
        }
    }
}

impl DisclosureRequest {
    /// Messages of one request at most.
    pub const MOST: usize = 1000;
}
