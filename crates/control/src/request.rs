//! What may be asked. The form travels as JSON between programs of one version.

mod unit;

use std::path::PathBuf;

use pec::Address;
use serde::{Deserialize, Serialize};
use store::{Capabilities, Correspondents, OrdinaryMail, Protocol, Protocols, Receipts, SentCopies};

use crate::login::LoginName;
use crate::named::{HopName, RightsWanted};
use crate::password::NewPassword;
use crate::setting::{CertifiedOnly, Day, Setting};
use crate::text;
use crate::transfer::form::TransferRequest;
use crate::unit::{OrNone, UnitPath};

pub use unit::{OfficeRequest, OrganisationRequest};

/// An operation.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// On secrets for mail programs.
    AppPassword(AppPasswordRequest),
    /// On the domains that are hosted.
    Domain(DomainRequest),
    /// On holders' mailboxes.
    Mailbox(MailboxRequest),
    /// On whom the provider serves.
    Organisation(OrganisationRequest),
    /// On the offices of organisations.
    Office(OfficeRequest),
    /// On people and programs with credentials of their own.
    User(UserRequest),
    /// On what is to be carried.
    Queue(QueueRequest),
    /// On other providers.
    Peer(PeerRequest),
    /// On what nobody removes until it is released.
    Hold(HoldRequest),
    /// The history of one message.
    Message {
        /// Its PEC identifier, with or without brackets.
        identifier: String,
    },
    /// On the trace.
    Evidence(EvidenceRequest),
    /// How the provider fares.
    Status,
    /// Checks the store whole.
    Check,
    /// Says that the damage which was found is known.
    Acknowledge,
    /// Make the index for searches anew.
    Reindex,
    /// Has the running provider read again what it keeps of files and settings.
    Reload,
    /// Opens a mailbox for messages that are carried in or out; the call goes on as a dialogue.
    Transfer(TransferRequest),
    /// A consistent copy of the store.
    Backup {
        /// A folder that does not exist yet; an absolute path.
        folder: PathBuf,
    },
}

/// On secrets for mail programs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum AppPasswordRequest {
    /// A new one.
    Add {
        /// Whose.
        #[serde(with = "text")]
        login: LoginName,
        /// What it is called.
        name: String,
        /// Of a user: the one mailbox that it opens; `None`: all that are granted.
        #[serde(default, with = "text::option")]
        mailbox: Option<Address>,
        /// What it may be used for.
        #[serde(with = "text")]
        protocols: Protocols,
        /// From when on it is good for nothing.
        #[serde(default, with = "text::option")]
        ends: Option<Day>,
    },
    /// Those of a holder or user.
    List {
        /// Whose.
        #[serde(with = "text")]
        login: LoginName,
    },
    /// Removes one.
    Remove {
        /// Whose.
        #[serde(with = "text")]
        login: LoginName,
        /// Its number.
        id: i64,
    },
}

/// On domains.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum DomainRequest {
    /// All of them.
    List,
    /// One.
    Show {
        /// Its name.
        name: String,
    },
    /// A new one.
    Add {
        /// Its name.
        name: String,
        /// What of it is not as usual.
        #[serde(default)]
        settings: DomainSettings,
    },
    /// Changes one.
    Set {
        /// Its name.
        name: String,
        /// What to change.
        settings: DomainSettings,
    },
    /// Removes one that has no mailboxes.
    Remove {
        /// Its name.
        name: String,
    },
}

/// What of a domain to set; `None` leaves it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DomainSettings {
    /// Whether its holders read an English text after the Italian one.
    #[serde(default)]
    pub english: Option<bool>,
    /// What becomes of ordinary mail.
    #[serde(default, with = "text::option")]
    pub ordinary: Option<OrdinaryMail>,
    /// From when on its mailboxes take certified mail only.
    #[serde(default, with = "text::option")]
    pub certified_only_from: Option<CertifiedOnly>,
    /// With whom its holders correspond.
    #[serde(default, with = "text::option")]
    pub correspondents: Option<Correspondents>,
    /// Whether copies are kept of what its holders send.
    #[serde(default, with = "text::option")]
    pub sent_copies: Option<SentCopies>,
    /// The organisation that it belongs to, or none.
    #[serde(default, with = "text::option")]
    pub organisation: Option<OrNone<String>>,
}

/// On mailboxes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum MailboxRequest {
    /// All of them, or those of a domain, an organisation, an office.
    List {
        /// Only those of this domain.
        #[serde(default)]
        domain: Option<String>,
        /// Only those that stand in this organisation or office, or below it.
        #[serde(default, with = "text::option")]
        within: Option<UnitPath>,
    },
    /// One, with who may use it.
    Show {
        /// Which.
        #[serde(with = "text")]
        address: Address,
    },
    /// A new one.
    Add {
        /// Its address, also the login name.
        #[serde(with = "text")]
        address: Address,
        /// `None`: nobody logs in with its address.
        password: Option<NewPassword>,
        /// Octets.
        quota: u64,
        /// Where it stands; `None`: in the organisation of its domain, if that is anybody's.
        #[serde(default, with = "text::option")]
        within: Option<UnitPath>,
    },
    /// Changes one.
    Set {
        /// Which.
        #[serde(with = "text")]
        address: Address,
        /// What it may do, by name.
        #[serde(default)]
        state: Option<String>,
        /// Octets.
        #[serde(default)]
        quota: Option<u64>,
        /// What becomes of ordinary mail.
        #[serde(default, with = "text::option")]
        ordinary: Option<Setting<OrdinaryMail>>,
        /// With whom it corresponds.
        #[serde(default, with = "text::option")]
        correspondents: Option<Setting<Correspondents>>,
        /// Whether a copy is kept of what is sent from it.
        #[serde(default, with = "text::option")]
        sent_copies: Option<Setting<SentCopies>>,
        /// Where its notifications go.
        #[serde(default, with = "text::option")]
        receipts: Option<Receipts>,
        /// Where it stands; `none`: in no office, and in no organisation but that of its domain.
        #[serde(default, with = "text::option")]
        within: Option<OrNone<UnitPath>>,
        /// Through which protocols it is used.
        #[serde(default)]
        switches: ProtocolSwitches,
        /// Which capabilities of IMAP its programs are not offered.
        #[serde(default, with = "text::option")]
        without: Option<Capabilities>,
    },
    /// Who came to one, and who sent from it.
    History {
        /// Which.
        #[serde(with = "text")]
        address: Address,
        /// Only since this day.
        #[serde(default, with = "text::option")]
        since: Option<Day>,
    },
    /// Gives one another address; the old one is never given again.
    Rename {
        /// The address it has.
        #[serde(with = "text")]
        from: Address,
        /// The address it shall have.
        #[serde(with = "text")]
        to: Address,
    },
    /// Closes one: nobody sends from it, reads it or delivers to it any more; what it holds stays.
    Close {
        /// Which.
        #[serde(with = "text")]
        address: Address,
    },
    /// Gives one another password.
    Password {
        /// Which.
        #[serde(with = "text")]
        address: Address,
        /// The new one.
        password: NewPassword,
    },
}

/// Which protocols of a mailbox to switch on, or off; `None` leaves one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProtocolSwitches {
    /// IMAP.
    #[serde(default)]
    pub imap: Option<bool>,
    /// POP3.
    #[serde(default)]
    pub pop3: Option<bool>,
    /// Submission.
    #[serde(default)]
    pub submission: Option<bool>,
}

impl ProtocolSwitches {
    /// Each that is to be switched, and whether on.
    pub fn iter(self) -> impl Iterator<Item = (Protocol, bool)> {
        let all = [(Protocol::Imap, self.imap), (Protocol::Pop3, self.pop3), (Protocol::Submission, self.submission)];
        all.into_iter().filter_map(|(protocol, on)| Some((protocol, on?)))
    }

    /// Those that are to be switched on, or off.
    pub fn to(self, on: bool) -> Protocols {
        self.iter().filter(|(_, wanted)| *wanted == on).fold(Protocols::NONE, |all, (one, _)| all.with(one))
    }
}

/// On legal holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum HoldRequest {
    /// Puts one.
    Put {
        /// On which mailbox.
        #[serde(with = "text")]
        mailbox: Address,
        /// On what it has of this message, by its PEC identifier; `None`: on everything.
        #[serde(default)]
        identifier: Option<String>,
        /// Why.
        reason: String,
    },
    /// Releases one.
    Release {
        /// On which mailbox.
        #[serde(with = "text")]
        mailbox: Address,
        /// On what it has of this message; `None`: that on everything.
        #[serde(default)]
        identifier: Option<String>,
    },
}

/// On users.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum UserRequest {
    /// All of them.
    List,
    /// One, with what it may use.
    Show {
        /// Its login name.
        name: String,
    },
    /// A new one.
    Add {
        /// Its login name.
        name: String,
        /// As people call it.
        display: String,
        /// `None`: it cannot log in yet.
        password: Option<NewPassword>,
    },
    /// Lets one log in.
    Enable {
        /// Its login name.
        name: String,
    },
    /// Lets one log in no more.
    Disable {
        /// Its login name.
        name: String,
    },
    /// Gives one another password.
    Password {
        /// Its login name.
        name: String,
        /// The new one.
        password: NewPassword,
    },
    /// Lets one use a mailbox, so far and no further.
    Grant {
        /// Its login name.
        name: String,
        /// Which.
        #[serde(with = "text")]
        mailbox: Address,
        /// How far.
        #[serde(with = "text")]
        rights: RightsWanted,
    },
    /// Lets one use the mailboxes of an office and below it, so far and no further.
    GrantOffice {
        /// Its login name.
        name: String,
        /// Which office.
        #[serde(with = "text")]
        office: UnitPath,
        /// How far.
        #[serde(with = "text")]
        rights: RightsWanted,
    },
    /// Takes back what was given on an office.
    RevokeOffice {
        /// Its login name.
        name: String,
        /// Which office.
        #[serde(with = "text")]
        office: UnitPath,
    },
    /// Lets one use a mailbox no more.
    Revoke {
        /// Its login name.
        name: String,
        /// Which.
        #[serde(with = "text")]
        mailbox: Address,
    },
}

/// On the queue.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum QueueRequest {
    /// What is to be carried.
    List {
        /// Only to this hop.
        #[serde(default)]
        hop: Option<HopName>,
        /// Only about this message.
        #[serde(default)]
        identifier: Option<String>,
    },
    /// One dispatch.
    Show {
        /// Its number.
        id: i64,
    },
    /// Makes one due now.
    Retry {
        /// Its number.
        id: i64,
    },
    /// Makes all that waits for a hop due now.
    RetryAll {
        /// Which hop.
        hop: HopName,
    },
    /// Has the relay give one up at its next turn; the sender is told.
    Fail {
        /// Its number.
        id: i64,
        /// Why, for the sender's notice and the evidence.
        reason: String,
    },
}

/// On other providers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum PeerRequest {
    /// Those that have shown a valid TLS certificate, and must from then on.
    List,
    /// Forgets that one has, and makes due what waits for it.
    Forget {
        /// Its name in the index.
        name: String,
        /// The unit of a secondary environment.
        #[serde(default)]
        unit: Option<String>,
    },
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_back_and_an_unknown_key_is_refused() {
        let request = r#"{"mailbox":{"set":{"address":"anna@alfa.example","quota":5,"ordinary":"default",
            "switches":{"pop3":false}}}}"#;
        let Ok(Request::Mailbox(MailboxRequest::Set {
            address, state, quota, ordinary, correspondents, switches, ..
        })) = serde_json::from_str(request)
        else {
            panic!("not read")
        };
        assert_eq!(switches, ProtocolSwitches { pop3: Some(false), ..ProtocolSwitches::default() });
        assert_eq!(address.as_str(), "anna@alfa.example");
        assert_eq!((state, quota, ordinary, correspondents), (None, Some(5), Some(Setting::Default), None));
        assert!(serde_json::from_str::<Request>(r#"{"mailbox":{"show":{"address":"nobody"}}}"#).is_err());
        assert!(serde_json::from_str::<Request>(r#"{"queue":{"show":{"id":1,"all":true}}}"#).is_err());
    }
}
