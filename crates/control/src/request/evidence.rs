//! What may be asked of the trace.

use serde::{Deserialize, Serialize};

/// On the trace.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum EvidenceRequest {
    /// Rows, ascending by log and number.
    List(EvidenceFilter),
    /// One row with its canonical bytes.
    Show {
        /// Its log.
        log: u32,
        /// Its number.
        number: u64,
    },
}

/// Which rows; `None` matches all.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceFilter {
    /// Of this log.
    #[serde(default)]
    pub log: Option<u32>,
    /// After this number in its log.
    #[serde(default)]
    pub after: u64,
    /// About this message.
    #[serde(default)]
    pub identifier: Option<String>,
    /// About messages of this kind, by name.
    #[serde(default)]
    pub kind: Option<String>,
    /// Of this event, by name.
    #[serde(default)]
    pub event: Option<String>,
    /// At most this many.
    #[serde(default)]
    pub limit: Option<u64>,
}
