//! Messages and their trace in answers.

use serde::{Deserialize, Serialize};

/// A message that was accepted here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageItem {
    /// Its PEC identifier.
    pub identifier: String,
    /// The holder's mailbox.
    pub mailbox: String,
    /// When it was accepted.
    pub accepted: String,
    /// Who sent it.
    pub by: String,
}

/// A recipient of a message accepted here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddresseeItem {
    /// The message.
    pub identifier: String,
    /// Whom.
    pub recipient: String,
    /// Where it stands.
    pub state: String,
    /// Since when.
    pub since: String,
    /// When its provider took the message in charge.
    pub taken_in_charge: Option<String>,
    /// When the sender was told of twelve hours of silence.
    pub warned: Option<String>,
    /// Why it ended so: an enhanced status code.
    pub code: Option<String>,
    /// Message-ID of the notification that ended it.
    pub receipt: Option<String>,
    /// When something is to be done, unless something comes before.
    pub due: Option<String>,
    /// The last answer that came after the end.
    pub late: Option<LateItem>,
}

/// An answer that came after the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateItem {
    /// What it said.
    pub step: String,
    /// When it came.
    pub at: String,
    /// Its Message-ID.
    pub receipt: Option<String>,
}

/// Something about a message, or in a log, that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscrepancyItem {
    /// Its number; ascending.
    pub number: u64,
    /// The message; `None`: a row of a log.
    pub identifier: Option<String>,
    /// The recipient, or the row.
    pub whom: Option<String>,
    /// Stable name of what is wrong (docs/monitoring.md).
    pub reason: String,
    /// The same in words.
    pub what: String,
    /// When it was found.
    pub found: String,
    /// When an operator said that it is known.
    pub acknowledged: Option<String>,
}

/// What rows of evidence are about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectItem {
    /// SHA-256 of its canonical bytes, hexadecimal.
    pub hash: String,
    /// PEC identifier.
    pub identifier: String,
    /// Sender of the original; empty for the null path.
    pub sender: String,
    /// Recipients of the original.
    pub recipients: Vec<NamedItem>,
    /// Subject of the original.
    pub subject: String,
    /// The Message-ID that the sender's program gave.
    pub client_id: Option<String>,
    /// SHA-256 of the original, hexadecimal.
    pub original: Option<String>,
    /// Its canonical bytes, hexadecimal, where they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canonical: Option<String>,
}

/// A message that was found in the evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundItem {
    /// Its place among all: those that came later have higher ones.
    pub place: u64,
    /// The instant of the first row about it.
    pub at: String,
    /// The log of that row.
    pub log: u32,
    /// The number of that row.
    pub number: u64,
    /// What is common to all rows about it.
    #[serde(flatten)]
    pub subject: SubjectItem,
}

/// There may be more behind what was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoreItem {
    /// Where to go on.
    pub before: u64,
}

/// A recipient as evidence names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedItem {
    /// Address.
    pub address: String,
    /// Whether it was certified; `None` where nothing was certified.
    pub certified: Option<bool>,
}

/// A row of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowItem {
    /// Its log.
    pub log: u32,
    /// Its number there.
    pub number: u64,
    /// The instant.
    pub at: String,
    /// What happened.
    pub event: String,
    /// What the message is.
    pub kind: Option<String>,
    /// What it is about: the hash of a subject.
    pub about: Option<String>,
    /// The PEC identifier of what it is about.
    pub identifier: Option<String>,
    /// Message-ID of what was made or came.
    pub message_id: String,
    /// Who emitted it.
    pub provider: String,
    /// Recipients, or what an administrative act concerns.
    pub concerns: Vec<String>,
    /// The error, what the peer said, or what an administrative act was.
    pub error: Option<String>,
    /// Who acted: `system`, `holder`, `user`, `operator`, `peer`.
    pub actor: String,
    /// The name of a user or operator.
    pub actor_name: Option<String>,
    /// Its canonical bytes, hexadecimal, where they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canonical: Option<String>,
}
