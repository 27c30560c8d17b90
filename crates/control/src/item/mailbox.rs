//! Domains and mailboxes in answers, and what happened at mailboxes.

use serde::{Deserialize, Serialize};

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
    /// What is kept of its certified mail outside mailboxes: `receipts`, `envelopes` or `originals`.
    #[serde(default)]
    pub keeps: String,
    /// The organisation that it belongs to.
    pub organisation: Option<String>,
}

/// When a mailbox will be full, if nothing is removed from it and it grows on as in the last four weeks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForecastItem {
    /// Which.
    pub mailbox: String,
    /// `full`, `growing` (in `days`), `later` (not within two years), `unknown` (it has less than a week of messages, or does not
    /// grow).
    pub outlook: String,
    /// In how many days, about.
    pub days: Option<u16>,
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
    /// How many percent of the quota count, rounded down.
    #[serde(default)]
    pub percent: u64,
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
