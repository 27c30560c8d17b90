//! The queue in answers, and the providers to which it leads.

use serde::{Deserialize, Serialize};

use crate::named::HopName;

/// A dispatch of the queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DispatchItem {
    /// Its number.
    pub id: i64,
    /// Where to.
    pub hop: HopName,
    /// The message it is about.
    pub identifier: String,
    /// What is carried.
    pub kind: Option<String>,
    /// MAIL FROM; empty for the null path.
    pub from: String,
    /// Who remains.
    pub recipients: Vec<String>,
    /// Octets.
    pub size: u64,
    /// Attempts made.
    pub attempts: u32,
    /// When it was queued.
    pub queued: String,
    /// Not to be tried before.
    pub due: String,
    /// When the relay gives up.
    pub expires: String,
    /// Whether it is on its way.
    pub under_way: bool,
    /// What the last attempt said.
    pub last_error: Option<String>,
    /// Why an operator wants it given up.
    pub failed_by: Option<String>,
}

/// What waits for a hop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HopItem {
    /// Where to.
    pub hop: HopName,
    /// Dispatches.
    pub dispatches: u64,
    /// When the oldest was queued.
    pub oldest: String,
    /// What was said last.
    pub last_error: Option<String>,
}

/// Another provider that has shown a valid TLS certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerItem {
    /// Its name in the index, the unit of a secondary environment after a slash.
    pub provider: String,
    /// Its hosts, and when each was last seen with a valid one (to the day).
    pub hosts: Vec<PeerHost>,
}

/// A host of another provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerHost {
    /// Its name.
    pub host: String,
    /// When it was last seen with a valid certificate.
    pub valid: String,
}
