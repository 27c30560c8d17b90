//! In answers, how the provider and its store fare.

use serde::{Deserialize, Serialize};

/// How the provider fares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusItem {
    /// Whether it runs.
    pub running: bool,
    /// The program's version.
    pub version: String,
    /// `ok` or warnings, then facts; empty when it does not run.
    pub health: Vec<String>,
    /// Domains.
    pub domains: u64,
    /// Holders' mailboxes.
    pub mailboxes: u64,
    /// Messages stored.
    pub messages: u64,
    /// Distinct originals.
    pub originals: u64,
    /// Recipients of whom something is awaited.
    pub awaited: u64,
    /// Dispatches.
    pub queued: u64,
    /// Octets free for the store; `None`: its disk does not say.
    pub disk_free: Option<u64>,
    /// Why the last transaction failed.
    pub trouble: Option<String>,
    /// What the last damaged read was.
    pub damage: Option<String>,
    /// Places that the check beside running work found damaged.
    pub damaged: u64,
    /// How the rounds of that check stand, in words.
    pub checked: String,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckItem {
    /// Whether everything is whole.
    pub whole: bool,
    /// Messages looked at.
    pub messages: u64,
    /// Originals compared with their digests.
    pub originals: u64,
    /// Rows of evidence read back.
    pub evidence: u64,
    /// Files that nothing refers to.
    pub orphans: u64,
    /// How many faults there are; the items before name at most a thousand.
    pub faults: u64,
}

/// How far a check is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgressItem {
    /// Messages looked at.
    pub messages: u64,
    /// Originals compared with their digests.
    pub originals: u64,
    /// Rows of evidence read back.
    pub evidence: u64,
    /// Faults so far.
    pub faults: u64,
}

/// Something that is wrong in the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultItem {
    /// What.
    pub what: String,
    /// Where.
    pub place: String,
}
