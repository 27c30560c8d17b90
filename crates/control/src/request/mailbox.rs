//! What may be asked of mailboxes, and of legal holds on them.

use pec::Address;
use serde::{Deserialize, Serialize};
use store::{Capabilities, Correspondents, OrdinaryMail, Protocol, Protocols, Receipts, SentCopies};

use crate::password::NewPassword;
use crate::setting::{Day, Setting};
use crate::text;
use crate::unit::{OrNone, UnitPath};

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
        /// Only those that hold more than so many percent of their quota.
        #[serde(default)]
        fuller_than: Option<u64>,
    },
    /// One, when it will be full, and who may use it.
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
    Set(SetMailbox),
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

/// What of a mailbox to change; `None` leaves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetMailbox {
    /// Which.
    #[serde(with = "text")]
    pub address: Address,
    /// What it may do, by name.
    #[serde(default)]
    pub state: Option<String>,
    /// Octets.
    #[serde(default)]
    pub quota: Option<u64>,
    /// What becomes of ordinary mail.
    #[serde(default, with = "text::option")]
    pub ordinary: Option<Setting<OrdinaryMail>>,
    /// With whom it corresponds.
    #[serde(default, with = "text::option")]
    pub correspondents: Option<Setting<Correspondents>>,
    /// Whether a copy is kept of what is sent from it.
    #[serde(default, with = "text::option")]
    pub sent_copies: Option<Setting<SentCopies>>,
    /// Where its notifications go.
    #[serde(default, with = "text::option")]
    pub receipts: Option<Receipts>,
    /// Where it stands; `none`: in no office, and in no organisation but that of its domain.
    #[serde(default, with = "text::option")]
    pub within: Option<OrNone<UnitPath>>,
    /// Through which protocols it is used.
    #[serde(default)]
    pub switches: ProtocolSwitches,
    /// Which capabilities of IMAP its programs are not offered.
    #[serde(default, with = "text::option")]
    pub without: Option<Capabilities>,
}

impl SetMailbox {
    /// Changes nothing.
    pub fn of(address: Address) -> Self {
        Self {
            address,
            state: None,
            quota: None,
            ordinary: None,
            correspondents: None,
            sent_copies: None,
            receipts: None,
            within: None,
            switches: ProtocolSwitches::default(),
            without: None,
        }
    }
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
    /// The web pages.
    #[serde(default)]
    pub web: Option<bool>,
}

impl ProtocolSwitches {
    /// Each that is to be switched, and whether on.
    pub fn iter(self) -> impl Iterator<Item = (Protocol, bool)> {
        let all = [
            (Protocol::Imap, self.imap),
            (Protocol::Pop3, self.pop3),
            (Protocol::Submission, self.submission),
            (Protocol::Web, self.web),
        ];
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
