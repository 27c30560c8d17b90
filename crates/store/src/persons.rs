//! What is kept of one person, and what of it can go (Regulation (EU) 2016/679, art. 15 and 17): what no other face shows, since
//! nobody needs it for mail. Who may ask, and what the law keeps, is not judged here.

use async_trait::async_trait;
use pec::{Address, Moment};

use crate::access::AccessRow;
use crate::error::StoreError;
use crate::mailboxes::MailboxId;

/// How much is kept of a user that can go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UserTraces {
    /// Rights, on mailboxes and on offices.
    pub grants: u64,
    /// Secrets for mail programs.
    pub app_passwords: u64,
    /// Messages of mailboxes used with others that the user has seen.
    pub seen: u64,
    /// What the user's mail programs noted for these eyes alone.
    pub notes: u64,
}

/// How much is kept of a mailbox, besides messages, that can go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MailboxTraces {
    /// Whether somebody can log in with its address.
    pub password: bool,
    /// Secrets for mail programs that open it alone.
    pub app_passwords: u64,
    /// Rights of users on it.
    pub grants: u64,
    /// Whether any rule of its own stands there: ordinary mail, correspondents, copies, receipts, capabilities.
    pub rules: bool,
    /// Labels (keywords).
    pub labels: u64,
    /// What mail programs noted.
    pub notes: u64,
    /// Names of folders that are subscribed.
    pub subscriptions: u64,
    /// What tells which copies of sent mail are one.
    pub copies: u64,
    /// Messages that it refused while it was full, of which its holder is not told yet.
    pub refusals: u64,
}

/// Persons.
#[async_trait]
pub trait Persons: Send + Sync {
    /// The addresses that a mailbox had before, each with when it was given up, by address, in lower case.
    async fn former_addresses(&self, mailbox: MailboxId) -> Result<Vec<(Address, Moment)>, StoreError>;
    /// What a user did at mailboxes, each row with whose it is, ascending, after that number; at most `limit`.
    async fn accesses_by(&self, user: &str, after: i64, limit: usize) -> Result<Vec<(Address, AccessRow)>, StoreError>;

    /// When the user of this name was erased; `None`: there is one, or there never was.
    async fn erased_user(&self, name: &str) -> Result<Option<Moment>, StoreError>;
    /// What can go of a user. `None`: no such user.
    async fn traces_of_user(&self, name: &str) -> Result<Option<UserTraces>, StoreError>;
    /// Erases a user: rights, secrets, name for people, what was seen and noted. The login name is given to nobody else as long
    /// as the evidence may name it ([`crate::Upkeep::expire`]). `false`: no such user.
    async fn erase_user(&self, name: &str, now: Moment) -> Result<bool, StoreError>;

    /// What can go of a mailbox besides its messages. `None`: no such mailbox of a holder.
    async fn traces_of_mailbox(&self, mailbox: &Address) -> Result<Option<MailboxTraces>, StoreError>;
    /// Erases of a mailbox what [`MailboxTraces`] counts; messages, folders and the address stay. `false`: no such mailbox of a
    /// holder.
    async fn erase_traces(&self, mailbox: &Address) -> Result<bool, StoreError>;
}
