//! What may be asked of the trace.

use serde::{Deserialize, Serialize};

/// On the trace.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum EvidenceRequest {
    /// Messages that left evidence, those that came last first.
    Find(MessageFilter),
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

/// Which messages; `None` and no words match all, and all that is said must hold.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageFilter {
    /// With this PEC identifier.
    #[serde(default)]
    pub identifier: Option<String>,
    /// With this Message-ID of the sender's program.
    #[serde(default)]
    pub client_id: Option<String>,
    /// From this address.
    #[serde(default)]
    pub sender: Option<String>,
    /// To this address, among others.
    #[serde(default)]
    pub recipient: Option<String>,
    /// With these words in the subject; `*` behind one: words that begin so.
    #[serde(default)]
    pub words: String,
    /// That came on this day in Italy, `yyyy-mm-dd`, or later.
    #[serde(default)]
    pub since: Option<String>,
    /// That came on this day or earlier.
    #[serde(default)]
    pub until: Option<String>,
    /// Those before this place: the next page.
    #[serde(default)]
    pub before: Option<u64>,
    /// At most this many; fifty unless said.
    #[serde(default)]
    pub limit: Option<u64>,
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
