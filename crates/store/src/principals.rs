//! Who and what the provider hosts: domains, mailboxes as accounts, users and their grants.

use std::fmt;

use async_trait::async_trait;
use pec::{Address, Identifier, Moment};

use crate::account::Account;
use crate::app_password::{AppPassword, AppPasswordId};
use crate::capability::Capabilities;
use crate::error::StoreError;
use crate::filing::{Keeps, Receipts, SentCopies};
use crate::holds::{Hold, Holding};
use crate::mailboxes::{Mailbox, MailboxState};
use crate::policy::{Correspondents, OrdinaryMail};
use crate::protocol::Protocols;
use crate::unit::{OfficeId, OrganisationId, Unit};
pub use crate::user_id::UserId;

/// A certified domain that is hosted here [R-1.2.3-b].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// Its name, lower case.
    pub name: String,
    /// Whether its holders read an English text after the Italian one.
    pub english: bool,
    /// What becomes of ordinary mail.
    pub ordinary: OrdinaryMail,
    /// From when on its mailboxes take certified mail only, whatever they say themselves.
    pub certified_only_from: Option<Moment>,
    /// With whom its holders correspond.
    pub correspondents: Correspondents,
    /// Whether copies are kept of what its holders send.
    pub sent_copies: SentCopies,
    /// What is kept of its certified mail, outside mailboxes.
    pub keeps: Keeps,
    /// The organisation that it belongs to; `None`: whoever has a mailbox in it.
    pub organisation: Option<OrganisationId>,
}

impl Domain {
    /// A domain that refuses ordinary mail and corresponds with everybody.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into().to_ascii_lowercase(),
            english: false,
            ordinary: OrdinaryMail::default(),
            certified_only_from: None,
            correspondents: Correspondents::default(),
            sent_copies: SentCopies::default(),
            keeps: Keeps::default(),
            organisation: None,
        }
    }
}

/// A mailbox to create.
#[derive(Clone)]
pub struct NewMailbox {
    /// Its address, also the login name.
    pub address: Address,
    /// Password; stored as argon2id. `None`: nobody can log in.
    pub password: Option<String>,
    /// Octets.
    pub quota: u64,
    /// Service mailbox.
    pub service: bool,
}

impl fmt::Debug for NewMailbox {
    /// Everything but the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let password = self.password.as_ref().map(|_| "(not shown)");
        f.debug_struct("NewMailbox")
            .field("address", &self.address)
            .field("password", &password)
            .field("quota", &self.quota)
            .field("service", &self.service)
            .finish()
    }
}

/// What creating gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    /// It is there.
    Made,
    /// It was there before; nothing changed.
    Exists,
    /// The address belonged to another mailbox once and is never given again.
    Former,
}

/// What of a mailbox to change; `None` leaves it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailboxChange {
    /// What it may do.
    pub state: Option<MailboxState>,
    /// Octets.
    pub quota: Option<u64>,
    /// What becomes of ordinary mail; `Some(None)`: what its domain says.
    pub ordinary: Option<Option<OrdinaryMail>>,
    /// Whom it corresponds with; `Some(None)`: what its domain says.
    pub correspondents: Option<Option<Correspondents>>,
    /// Whether a copy is kept of what is sent from it; `Some(None)`: what its domain says.
    pub sent_copies: Option<Option<SentCopies>>,
    /// Where its notifications go.
    pub receipts: Option<Receipts>,
    /// Where it stands; `Some(None)`: in no office, and in no organisation but that of its domain.
    pub unit: Option<Option<Unit>>,
    /// Protocols to switch on.
    pub switch_on: Protocols,
    /// Protocols to switch off.
    pub switch_off: Protocols,
    /// Which capabilities of IMAP its programs are not offered.
    pub without: Option<Capabilities>,
}

/// What renaming gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renamed {
    /// It has the new address; the old one is never given again.
    Done,
    /// There is no such mailbox.
    Missing,
    /// The new address is, or was, that of another mailbox.
    Taken,
}

/// A person, or a program, with credentials of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its number.
    pub id: UserId,
    /// The name to log in with: lower case, no `@`.
    pub name: String,
    /// As people call it.
    pub display: String,
    /// Whether it may log in.
    pub enabled: bool,
}

/// What a user may do with a mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rights {
    /// Read and keep its messages.
    pub read: bool,
    /// Send from it.
    pub send: bool,
    /// Change its settings and who may use it.
    pub manage: bool,
}

impl Rights {
    /// All of them.
    pub const ALL: Rights = Rights { read: true, send: true, manage: true };

    /// What either of two allows.
    pub fn with(self, other: Rights) -> Rights {
        Rights { read: self.read || other.read, send: self.send || other.send, manage: self.manage || other.manage }
    }
}

/// On what a user has rights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantedOn {
    /// A mailbox.
    Mailbox(Address),
    /// Every mailbox that stands in an office or below it, today and later.
    Office(OfficeId),
}

/// A right of a user on a mailbox, or on those of an office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Who.
    pub user: User,
    /// Where.
    pub on: GrantedOn,
    /// What.
    pub rights: Rights,
}

/// Which grants to show.
#[derive(Clone, Debug)]
pub enum GrantsOf {
    /// Those of a user, by name.
    User(String),
    /// Those on a mailbox, and on the offices in which it stands.
    Mailbox(Address),
    /// Those on an office itself.
    Office(OfficeId),
}

/// Who logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// The holder, with the mailbox's own password.
    Mailbox(Box<Mailbox>),
    /// A user by own name.
    User(User),
}

/// Tells a secret from the one that it is changed for. It is kept in memory and says nothing about the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretStamp(pub [u8; 16]);

/// By which secret somebody is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Secret {
    /// The account's own password as it is now; `None`: there is none, and nobody logs in with it.
    Password(Option<SecretStamp>),
    /// One made for a mail program.
    App(AppPassword),
}

/// Who may log in, and with which secret now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Who.
    pub who: Login,
    /// Which secret.
    pub secret: Secret,
}

/// Who and what is hosted. Rights are not judged here, nor is the quality of passwords.
#[async_trait]
pub trait Principals: Send + Sync {
    /// The domains, by name.
    async fn domains(&self) -> Result<Vec<Domain>, StoreError>;
    /// Adds a domain, or changes one; `true`: it is new. Its mailboxes are put into an organisation that it is given to in lots, one
    /// after the other: who was interrupted says it again.
    async fn put_domain(&self, domain: Domain) -> Result<bool, StoreError>;
    /// Removes a domain. Refused while it has mailboxes. `false`: no such domain.
    async fn remove_domain(&self, name: &str) -> Result<bool, StoreError>;

    /// Creates a mailbox with its folders.
    async fn create_mailbox(&self, mailbox: NewMailbox) -> Result<Created, StoreError>;
    /// The mailbox of this address, without regard to case.
    async fn mailbox(&self, address: &Address) -> Result<Option<Mailbox>, StoreError>;
    /// Mailboxes by address, after this one; at most `limit`.
    async fn mailboxes(&self, after: Option<&Address>, limit: usize) -> Result<Vec<Mailbox>, StoreError>;
    /// Changes a mailbox; the mailbox after it. `None`: no such mailbox.
    async fn change_mailbox(&self, address: &Address, change: MailboxChange) -> Result<Option<Mailbox>, StoreError>;
    /// Gives a mailbox another address.
    async fn rename_mailbox(&self, from: &Address, to: &Address, now: Moment) -> Result<Renamed, StoreError>;

    /// Puts a legal hold; one that is there stays as it is.
    async fn put_hold(&self, hold: Hold) -> Result<Holding, StoreError>;
    /// Releases a mailbox's hold, or that on the messages about one certified message.
    async fn release_hold(&self, mailbox: &Address, identifier: Option<&Identifier>) -> Result<Holding, StoreError>;
    /// The holds on a mailbox and in it, the oldest first.
    async fn holds(&self, mailbox: &Address) -> Result<Vec<Hold>, StoreError>;

    /// Creates a user. `None`: the name is taken.
    async fn create_user(&self, name: &str, display: &str, password: Option<&str>) -> Result<Option<User>, StoreError>;
    /// The user of this name, without regard to case.
    async fn user(&self, name: &str) -> Result<Option<User>, StoreError>;
    /// Every user, by name.
    async fn users(&self) -> Result<Vec<User>, StoreError>;
    /// Lets a user log in, or not; `false`: no such user.
    async fn enable_user(&self, name: &str, enabled: bool) -> Result<bool, StoreError>;
    /// Gives a user these rights on a mailbox, and no others; none takes the grant away. `false`: no such user or mailbox.
    async fn grant(&self, user: &str, mailbox: &Address, rights: Rights) -> Result<bool, StoreError>;
    /// Gives a user these rights on every mailbox in an office and below it, and no others; none takes the grant away. What is
    /// granted on a mailbox, or on another office, adds to them. `false`: no such user or office.
    async fn grant_office(&self, user: &str, office: OfficeId, rights: Rights) -> Result<bool, StoreError>;
    /// Grants, by user, those on mailboxes first.
    async fn grants(&self, of: GrantsOf) -> Result<Vec<Grant>, StoreError>;
    /// What a user may do with which mailboxes, by address: what is granted on each, and on the offices in which it stands. Only
    /// those whose address begins with `beginning`, without regard to case, and comes after this one; at most `limit`.
    async fn granted(
        &self,
        user: UserId,
        beginning: &str,
        after: Option<&Address>,
        limit: usize,
    ) -> Result<Vec<(Mailbox, Rights)>, StoreError>;
    /// The same of one mailbox; `None`: nothing, or there is none.
    async fn granted_at(&self, user: UserId, mailbox: &Address) -> Result<Option<(Mailbox, Rights)>, StoreError>;
    /// Without which capabilities of IMAP the mailboxes that a user may read are to be used: all of them together.
    async fn withheld(&self, user: UserId) -> Result<Capabilities, StoreError>;

    /// Changes a password. `false`: no such account.
    async fn set_password(&self, account: &Account, password: &str) -> Result<bool, StoreError>;
    /// Who logs in with this name (a mailbox's address, or a user's name) and password, if it is right; takes the same
    /// time when nobody has the name. A password that was right a short while ago is not hashed again. With a mailbox's
    /// address and an app password it may be a user; whether that has ended, and for what it is, is not judged.
    ///
    /// Of a password counts what it means and not how a keyboard writes it: Unicode's canonical composition (NFC), blanks of
    /// every kind as U+0020 (the OpaqueString profile of RFC 8265, which excludes more and is not held to).
    async fn authenticate(&self, login: &str, password: &str) -> Result<Option<Standing>, StoreError>;
    /// Who has this name now, without a proof: for who proved it before, `with` an app password or with the account's own.
    /// `None`: nobody, a user who may not log in, or an app password that is gone or not of this name.
    async fn standing(&self, login: &str, with: Option<AppPasswordId>) -> Result<Option<Standing>, StoreError>;
}
