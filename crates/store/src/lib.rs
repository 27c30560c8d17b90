//! What must not be lost: mailboxes, messages, queue, watches, evidence, accounts.
//!
//! One trait, [`Store`]; one behaviour suite, `suite` (with the feature of that name); today one engine, [`embedded`] (SQLite). A
//! point's [`Outcome`] is committed whole or not at all, and is durable when [`Store::commit`] returns.
//! Nothing here knows a rule of the norm: deadlines and decisions come from `provider`.

pub mod embedded;
pub mod outcome;
mod policy;
#[cfg(any(test, feature = "suite"))]
pub mod suite;
mod summary;

use std::fmt;

use async_trait::async_trait;
use pec::{Address, Moment, Pieces};

pub use embedded::{Embedded, EmbeddedOptions, PasswordCost};
pub use outcome::{
    Deposit, Dispatch, Event, Evidence, Hop, Infected, NewMessage, OnceKey, Outcome, Point, QueueChange, Sent, Summary,
    WatchChange,
};
pub use policy::{Correspondents, OrdinaryMail};

/// A stored message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(pub i64);

/// A queued dispatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QueueId(pub i64);

/// What a mailbox may do; the life of a mailbox runs down this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MailboxState {
    /// Sends, receives, is read.
    Active,
    /// Receives and is read.
    ReceiveOnly,
    /// Is read.
    ReadOnly,
    /// Nothing.
    Closed,
}

impl MailboxState {
    /// Every state.
    pub const ALL: [MailboxState; 4] =
        [MailboxState::Active, MailboxState::ReceiveOnly, MailboxState::ReadOnly, MailboxState::Closed];

    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            MailboxState::Active => "active",
            MailboxState::ReceiveOnly => "receive-only",
            MailboxState::ReadOnly => "read-only",
            MailboxState::Closed => "closed",
        }
    }

    /// The state with this name.
    pub fn from_name(name: &str) -> Option<MailboxState> {
        MailboxState::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// A mailbox as the points see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// Its address, as created.
    pub address: Address,
    /// What it may do.
    pub state: MailboxState,
    /// Octets it may hold.
    pub quota: u64,
    /// Octets it holds (the full size of each message, however stored).
    pub used: u64,
    /// Whether it is the provider's service mailbox [R-2.2.5-a].
    pub service: bool,
    /// What becomes of ordinary mail; `None`: what its domain says.
    pub ordinary: Option<OrdinaryMail>,
    /// Whom it corresponds with; `None`: what its domain says.
    pub correspondents: Option<Correspondents>,
}

/// What to create.
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

/// A queued dispatch, leased to one worker.
#[derive(Clone, Debug)]
pub struct QueueItem {
    /// Its number.
    pub id: QueueId,
    /// What to carry.
    pub message: MessageId,
    /// MAIL FROM.
    pub path: pec::ReversePath,
    /// RCPT TO that remain.
    pub recipients: Vec<Address>,
    /// Where to.
    pub hop: Hop,
    /// PEC msgid the message is about, for logs and notices.
    pub identifier: String,
    /// What is carried; `None` for what is no message of ours.
    pub kind: Option<pec::Kind>,
    /// Attempts made before this one.
    pub attempts: u32,
    /// When it was queued.
    pub created: Moment,
    /// When to give up.
    pub expires: Moment,
    /// What the last attempt said.
    pub last_error: Option<String>,
}

/// A deadline on one recipient of one accepted message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// PEC msgid.
    pub identifier: String,
    /// Recipient.
    pub recipient: Address,
    /// When the message was accepted.
    pub opened: Moment,
    /// Whether the recipient's provider took it in charge.
    pub taken: bool,
    /// When something is to be done.
    pub due: Moment,
}

/// A folder, with what IMAP will need (RFC 9051, RFC 7162).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Name; `INBOX` always exists.
    pub name: String,
    /// UIDVALIDITY
    pub uid_validity: u32,
    /// UIDNEXT
    pub uid_next: u32,
    /// HIGHESTMODSEQ
    pub highest_modseq: u64,
    /// Messages.
    pub messages: u32,
    /// Messages without `\Seen`.
    pub unseen: u32,
}

/// A message in a folder.
#[derive(Clone, Debug)]
pub struct Entry {
    /// UID
    pub uid: u32,
    /// The message.
    pub message: MessageId,
    /// Flags and keywords, e.g. `\Seen`.
    pub flags: Vec<String>,
    /// MODSEQ
    pub modseq: u64,
    /// INTERNALDATE
    pub internal_date: Moment,
    /// Octets of the assembled message.
    pub size: u64,
    /// Cached header values.
    pub summary: Summary,
}

/// A row of evidence with its number.
#[derive(Clone, Debug)]
pub struct EvidenceRow {
    /// Ascending without gaps.
    pub number: u64,
    /// What happened.
    pub evidence: Evidence,
}

/// What to look for in the evidence; `None` matches all.
#[derive(Clone, Debug, Default)]
pub struct EvidenceQuery {
    /// Rows after this number.
    pub after: u64,
    /// PEC msgid.
    pub identifier: Option<String>,
    /// What the message was.
    pub kind: Option<pec::Kind>,
    /// At most this many rows.
    pub limit: usize,
}

/// A message of the special store [R-2.2.4-a].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InfectedRow {
    /// Ascending.
    pub number: u64,
    /// The message; [`Store::read`] gives its bytes.
    pub message: MessageId,
    /// PEC msgid.
    pub identifier: String,
    /// When it was found.
    pub at: Moment,
    /// What was found.
    pub virus: String,
    /// Where it was found.
    pub point: Point,
    /// Until when it must be kept.
    pub until: Moment,
    /// Octets of the message.
    pub size: u64,
}

/// What to look for in the special store; `None` matches all.
#[derive(Clone, Debug, Default)]
pub struct InfectedQuery {
    /// Rows after this number.
    pub after: u64,
    /// PEC msgid.
    pub identifier: Option<String>,
    /// At most this many rows.
    pub limit: usize,
}

/// What need not be kept any longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpiryLimit {
    /// Messages of the special store whose time ended before go.
    pub now: Moment,
    /// Evidence, and what was noted beside it to recognise repetitions, goes when it is older.
    pub before: Moment,
    /// At most this many rows of each kind.
    pub rows: usize,
}

/// How many rows went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expired {
    /// Of evidence.
    pub evidence: u64,
    /// Of the special store.
    pub infected: u64,
    /// Of what was certified, and of what is done once.
    pub notes: u64,
}

impl Expired {
    /// Whether anything went.
    pub fn any(&self) -> bool {
        *self != Self::default()
    }
}

/// Figures for metrics and health.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Dispatches waiting or under way.
    pub queued: u64,
    /// Seconds-since-1970 of the oldest queued dispatch.
    pub oldest: Option<i64>,
    /// Messages stored.
    pub messages: u64,
    /// Distinct originals stored.
    pub originals: u64,
    /// Open watches.
    pub watches: u64,
    /// Transactions made since start (flushes).
    pub flushes: u64,
    /// Outcomes committed since start.
    pub outcomes: u64,
    /// Why the last transaction failed, as on a full disk; `None` when it did not.
    pub trouble: Option<String>,
}

/// The store failed; the fault is ours and usually temporary. Nothing was written.
#[derive(Clone, Debug, thiserror::Error)]
#[error("store: {0}")]
pub struct StoreError(pub String);

/// Why an Outcome was not committed. Nothing of it was written.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CommitError {
    /// Somebody did it before: decide again.
    #[error("already done: {0:?}")]
    AlreadyDone(OnceKey),
    /// A watch is no longer as the decision saw it: somebody else told, or a receipt came. Decide again.
    #[error("the watch on {recipient} of {identifier} has moved")]
    Moved {
        /// PEC msgid.
        identifier: String,
        /// Whom.
        recipient: Address,
    },
    /// A mailbox vanished since the decision: decide again.
    #[error("no mailbox {0}")]
    NoMailbox(Address),
    /// The engine failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The engine that keeps everything. Every method may be called from any task at any time.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Commits an Outcome whole or not at all; durable on return. Outcomes that arrive together share
    /// one transaction and one flush (group commit), and fail one by one.
    async fn commit(&self, outcome: Outcome) -> Result<(), CommitError>;
    /// Which of these were done.
    async fn done(&self, keys: &[OnceKey]) -> Result<Vec<bool>, StoreError>;
    /// What was certified of an original we accepted.
    async fn sent(&self, identifier: &str) -> Result<Option<Sent>, StoreError>;

    /// Creates a mailbox with its INBOX. `false`: it exists already, nothing changed.
    async fn create_mailbox(&self, mailbox: NewMailbox) -> Result<bool, StoreError>;
    /// The mailboxes of these addresses, without regard to case, in the same order.
    async fn mailboxes(&self, addresses: &[Address]) -> Result<Vec<Option<Mailbox>>, StoreError>;
    /// Every mailbox, by address.
    async fn all_mailboxes(&self) -> Result<Vec<Mailbox>, StoreError>;
    /// Changes a mailbox's state. `false`: no such mailbox.
    async fn set_state(&self, address: &Address, state: MailboxState) -> Result<bool, StoreError>;
    /// Changes a mailbox's quota (octets). `false`: no such mailbox.
    async fn set_quota(&self, address: &Address, quota: u64) -> Result<bool, StoreError>;
    /// Changes what becomes of ordinary mail for a mailbox; `None`: what its domain says. `false`: no such mailbox.
    async fn set_ordinary(&self, address: &Address, ordinary: Option<OrdinaryMail>) -> Result<bool, StoreError>;
    /// Changes whom a mailbox corresponds with; `None`: what its domain says. `false`: no such mailbox.
    async fn set_correspondents(&self, address: &Address, group: Option<Correspondents>) -> Result<bool, StoreError>;
    /// Changes a password. `false`: no such mailbox.
    async fn set_password(&self, address: &Address, password: &str) -> Result<bool, StoreError>;
    /// The mailbox of a login, if the password is right; takes the same time when it does not exist.
    async fn authenticate(&self, login: &str, password: &str) -> Result<Option<Mailbox>, StoreError>;

    /// The folders of a mailbox.
    async fn folders(&self, mailbox: &Address) -> Result<Vec<Folder>, StoreError>;
    /// Entries with a UID above `after`, ascending.
    async fn list(&self, mailbox: &Address, folder: &str, after: u32, limit: usize) -> Result<Vec<Entry>, StoreError>;
    /// Replaces an entry's flags; the folder's modification sequence advances. `false`: no such entry.
    async fn set_flags(&self, mailbox: &Address, folder: &str, uid: u32, flags: &[String]) -> Result<bool, StoreError>;
    /// Removes entries; content that nothing refers to any more goes with them. Returns how many.
    async fn expunge(&self, mailbox: &Address, folder: &str, uids: &[u32]) -> Result<usize, StoreError>;
    /// The exact bytes of a message, as pieces. `None`: it is gone.
    async fn read(&self, message: MessageId) -> Result<Option<Pieces>, StoreError>;

    /// The hops that have dispatches due at `now` and not leased.
    async fn due_hops(&self, now: Moment) -> Result<Vec<Hop>, StoreError>;
    /// Leases up to `limit` due dispatches of one hop until `until`, oldest first. An expired lease is free.
    async fn lease(&self, hop: &Hop, limit: usize, now: Moment, until: Moment) -> Result<Vec<QueueItem>, StoreError>;
    /// When the next dispatch that is not leased falls due.
    async fn next_due(&self) -> Result<Option<Moment>, StoreError>;
    /// All queued dispatches, for operators.
    async fn queue(&self, limit: usize) -> Result<Vec<QueueItem>, StoreError>;

    /// Watches due at `now`, oldest first.
    async fn due_watches(&self, now: Moment, limit: usize) -> Result<Vec<Watch>, StoreError>;
    /// One watch.
    async fn watch(&self, identifier: &str, recipient: &Address) -> Result<Option<Watch>, StoreError>;

    /// Rows of evidence, ascending.
    async fn evidence(&self, query: EvidenceQuery) -> Result<Vec<EvidenceRow>, StoreError>;
    /// Messages of the special store, ascending [R-2.2.4-a].
    async fn infected(&self, query: InfectedQuery) -> Result<Vec<InfectedRow>, StoreError>;
    /// Removes what need not be kept any longer, at most so much at once: call again until nothing goes. What is younger
    /// is never removed, nor is the last row of evidence, whose number counts on.
    async fn expire(&self, limit: ExpiryLimit) -> Result<Expired, StoreError>;
    /// Figures.
    async fn figures(&self) -> Result<Figures, StoreError>;
    /// Finishes what is under way, checkpoints and closes; later calls fail.
    async fn close(&self) -> Result<(), StoreError>;
}
