//! What is answered: items, one after the other, each an object of its own with its `type` in JSON.
//!
//! Instants are RFC 3339 texts in Italian legal time; octets are numbers. Names of states, events and kinds are the
//! store's and the norm's stable ones.

mod unit;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::named::HopName;

pub use unit::{OfficeItem, OrganisationItem};

/// An item of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Item {
    /// What happened at a mailbox.
    Access(AccessItem),
    /// A recipient of a message and its fate.
    Addressee(AddresseeItem),
    /// A secret for mail programs.
    AppPassword(AppPasswordItem),
    /// What a check of the store found.
    Check(CheckItem),
    /// A dispatch of the queue.
    Dispatch(DispatchItem),
    /// A domain.
    Domain(DomainItem),
    /// Something was done that has nothing to show.
    Done(DoneItem),
    /// Something that is wrong in the store.
    Fault(FaultItem),
    /// What a user may do with a mailbox, or with those of an office.
    Grant(GrantItem),
    /// A legal hold.
    Hold(HoldItem),
    /// What waits for a hop.
    Hop(HopItem),
    /// A mailbox.
    Mailbox(MailboxItem),
    /// A message that was accepted here.
    Message(MessageItem),
    /// An office.
    Office(OfficeItem),
    /// An organisation.
    Organisation(OrganisationItem),
    /// Another provider, as far as its TLS certificate is remembered.
    Peer(PeerItem),
    /// How far a check is.
    Progress(ProgressItem),
    /// A row of evidence.
    Row(RowItem),
    /// How the provider fares.
    Status(StatusItem),
    /// What rows of evidence that follow are about.
    Subject(SubjectItem),
    /// A user.
    User(UserItem),
}

/// What happened at a mailbox, equal things of a day together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessItem {
    /// Which.
    pub mailbox: String,
    /// The first time.
    pub first: String,
    /// The last time.
    pub last: String,
    /// How often.
    pub count: u64,
    /// Who: `holder`, `user`, or `unknown`.
    pub actor: String,
    /// The name of a user.
    pub user: Option<String>,
    /// The name of the app password, as long as it is there.
    pub app_password: Option<String>,
    /// From where; nothing where so much came in a day that it was only counted.
    pub peer: Option<String>,
    /// What the program called itself.
    pub client: Option<String>,
    /// How: `imap`, `pop3`, `submission`.
    pub protocol: String,
    /// How it went: `logged-in`, `failed`, `barred`, `sent`.
    pub outcome: String,
    /// The PEC identifier of what was sent.
    pub message: Option<String>,
}

/// A secret for mail programs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppPasswordItem {
    /// Its number.
    pub id: i64,
    /// Whose: a mailbox's address, or a user's name.
    pub login: String,
    /// Of a user: the one mailbox that it opens; `None`: all that are granted.
    pub mailbox: Option<String>,
    /// What it is called.
    pub name: String,
    /// What it may be used for.
    pub protocols: Vec<String>,
    /// When it was made.
    pub made: String,
    /// From when on it is good for nothing.
    pub ends: Option<String>,
    /// Whether it has ended.
    pub ended: bool,
    /// When it was used last, about.
    pub used: Option<String>,
    /// The secret, to who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl fmt::Debug for AppPasswordItem {
    /// Everything but the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppPasswordItem").field("id", &self.id).field("login", &self.login).finish_non_exhaustive()
    }
}

/// A domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainItem {
    /// Its name.
    pub name: String,
    /// Whether its holders read an English text after the Italian one.
    pub english: bool,
    /// What becomes of ordinary mail.
    pub ordinary: String,
    /// From which day on its mailboxes take certified mail only, or `never`.
    pub certified_only_from: String,
    /// With whom its holders correspond.
    pub correspondents: String,
    /// Whether copies are kept of what its holders send: `on` or `off`.
    pub sent_copies: String,
    /// The organisation that it belongs to.
    pub organisation: Option<String>,
}

/// A mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailboxItem {
    /// Its address.
    pub address: String,
    /// What it may do.
    pub state: String,
    /// Octets that may count.
    pub quota: u64,
    /// Octets that count.
    pub counted: u64,
    /// Octets it holds, receipts among them.
    pub used: u64,
    /// Whether it is the provider's service mailbox.
    pub service: bool,
    /// What becomes of ordinary mail; `default`: what its domain says.
    pub ordinary: String,
    /// With whom it corresponds; `default`: what its domain says.
    pub correspondents: String,
    /// Whether a copy is kept of what is sent from it: `on`, `off`; `default`: what its domain says.
    pub sent_copies: String,
    /// Where its notifications go: `inbox` or `folder`.
    pub receipts: String,
    /// Through which protocols it is used.
    pub protocols: Vec<String>,
    /// Which capabilities of IMAP its programs are not offered.
    #[serde(default)]
    pub without: Vec<String>,
    /// The organisation in which it stands.
    pub organisation: Option<String>,
    /// The office in which it stands: the names from below the organisation down to it, with slashes between them.
    pub office: Option<String>,
}

/// A legal hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldItem {
    /// On which mailbox.
    pub mailbox: String,
    /// On what it has of this message; `None`: on everything.
    pub identifier: Option<String>,
    /// Since when.
    pub since: String,
    /// The operator who put it.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserItem {
    /// Its login name.
    pub name: String,
    /// As people call it.
    pub display: String,
    /// Whether it may log in.
    pub enabled: bool,
}

/// What a user may do with a mailbox, or with those of an office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantItem {
    /// The user's login name.
    pub user: String,
    /// The mailbox.
    pub mailbox: Option<String>,
    /// The office, its organisation's name first: the right is on every mailbox in it and below it.
    pub office: Option<String>,
    /// Reads and keeps its messages.
    pub read: bool,
    /// Sends from it.
    pub send: bool,
    /// Changes its settings and who may use it.
    pub manage: bool,
}

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

/// Something was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoneItem {
    /// What, in English.
    pub what: String,
}

impl Item {
    /// Something was done that has nothing to show.
    pub fn done(what: impl Into<String>) -> Self {
        Item::Done(DoneItem { what: what.into() })
    }
}
