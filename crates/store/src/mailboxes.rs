//! What a logged-in person's doors see: mailboxes, folders, entries.
//!
//! UIDs, UIDVALIDITY and modification sequences are kept by clients for ever. A mailbox has **one** modification sequence
//! for all its folders (RFC 7162 asks for one per folder at least; one for all serves every projection with one cursor):
//! each change of anything in the mailbox takes the next value. UIDVALIDITY comes from one counter for all folders, so
//! that a folder made again never has the value of its predecessor; UIDs are never given twice.

pub(crate) mod ids;
mod name;
pub(crate) mod uids;

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use bytes::Bytes;
use pec::{Address, Identifier, Kind, Moment};
use tokio::sync::broadcast;

use crate::addressee::{Addressee, State};
use crate::capability::Capabilities;
use crate::error::StoreError;
use crate::evidence::Actor;
use crate::filing::{Receipts, SentCopies};
use crate::message::{Content, MessageId, NewMessage, Summary};
use crate::policy::{Correspondents, OrdinaryMail};
use crate::protocol::Protocols;
use crate::search::Search;
use crate::unit::Unit;
use crate::user_id::UserId;

pub use ids::{FolderId, MailboxId};
pub use name::FolderName;
pub use uids::UidSet;

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

/// A mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// Its number.
    pub id: MailboxId,
    /// Its address, as created.
    pub address: Address,
    /// What it may do.
    pub state: MailboxState,
    /// Octets that may count.
    pub quota: u64,
    /// Octets that count against the quota: all but receipts.
    pub counted: u64,
    /// Octets it holds (the full size of each message, however stored).
    pub used: u64,
    /// Its modification sequence.
    pub modseq: u64,
    /// Whether it is the provider's service mailbox [R-2.2.5-a]: nobody logs in to it, and it has no folders.
    pub service: bool,
    /// What becomes of ordinary mail; `None`: what its domain says.
    pub ordinary: Option<OrdinaryMail>,
    /// Whom it corresponds with; `None`: what its domain says.
    pub correspondents: Option<Correspondents>,
    /// Whether a copy is kept of what is sent from it; `None`: what its domain says.
    pub sent_copies: Option<SentCopies>,
    /// Where its notifications go.
    pub receipts: Receipts,
    /// Through which protocols it is used.
    pub protocols: Protocols,
    /// Which capabilities of IMAP its programs are not offered.
    pub without: Capabilities,
    /// Where it stands; `None`: in no organisation.
    pub unit: Option<Unit>,
}

/// What a folder is for (RFC 6154).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SpecialUse {
    /// `\Archive`
    Archive,
    /// `\Drafts`
    Drafts,
    /// `\Junk`
    Junk,
    /// `\Sent`
    Sent,
    /// `\Trash`
    Trash,
}

impl SpecialUse {
    /// Every use.
    pub const ALL: [SpecialUse; 5] =
        [SpecialUse::Archive, SpecialUse::Drafts, SpecialUse::Junk, SpecialUse::Sent, SpecialUse::Trash];

    /// The attribute, with its backslash.
    pub fn name(self) -> &'static str {
        match self {
            SpecialUse::Archive => "\\Archive",
            SpecialUse::Drafts => "\\Drafts",
            SpecialUse::Junk => "\\Junk",
            SpecialUse::Sent => "\\Sent",
            SpecialUse::Trash => "\\Trash",
        }
    }

    /// The use with this attribute, without regard to case.
    pub fn from_name(name: &str) -> Option<SpecialUse> {
        SpecialUse::ALL.into_iter().find(|special| special.name().eq_ignore_ascii_case(name))
    }
}

/// The folders that a holder's mailbox has from birth besides `INBOX`.
pub const BORN_WITH: [(&str, SpecialUse); 3] =
    [("Bozze", SpecialUse::Drafts), ("Cestino", SpecialUse::Trash), ("Inviata", SpecialUse::Sent)];

/// A folder, with what IMAP asks of it (RFC 9051, RFC 7162).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Its number.
    pub id: FolderId,
    /// Whose it is.
    pub mailbox: MailboxId,
    /// Name, levels separated by `/`; `INBOX` always exists.
    pub name: String,
    /// What it is for.
    pub special: Option<SpecialUse>,
    /// Whether it is subscribed.
    pub subscribed: bool,
    /// UIDVALIDITY
    pub uid_validity: u32,
    /// UIDNEXT
    pub uid_next: u32,
    /// The UID from which on no session has been told of messages (`\Recent`).
    pub recent_from: u32,
    /// HIGHESTMODSEQ: that of the last change in this folder, for this reader.
    pub highest_modseq: u64,
    /// Messages.
    pub messages: u32,
    /// Messages without `\Seen`, for this reader.
    pub unseen: u32,
    /// Octets of its messages.
    pub size: u64,
}

/// Whose `\Seen` counts: each user of a shared mailbox has an own one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reader {
    /// Who logs in with the mailbox's own secret.
    Owner,
    /// A user with a grant.
    User(UserId),
}

/// System flags (RFC 9051 §2.3.2), as a set of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SystemFlags(u8);

impl SystemFlags {
    /// `\Answered`
    pub const ANSWERED: SystemFlags = SystemFlags(1);
    /// `\Deleted`
    pub const DELETED: SystemFlags = SystemFlags(2);
    /// `\Draft`
    pub const DRAFT: SystemFlags = SystemFlags(4);
    /// `\Flagged`
    pub const FLAGGED: SystemFlags = SystemFlags(8);
    /// `\Seen`
    pub const SEEN: SystemFlags = SystemFlags(16);
    /// All of them.
    pub const ALL: SystemFlags = SystemFlags(31);

    /// The names of the single flags.
    pub const NAMES: [(SystemFlags, &'static str); 5] = [
        (SystemFlags::ANSWERED, "\\Answered"),
        (SystemFlags::DELETED, "\\Deleted"),
        (SystemFlags::DRAFT, "\\Draft"),
        (SystemFlags::FLAGGED, "\\Flagged"),
        (SystemFlags::SEEN, "\\Seen"),
    ];

    /// The set with these bits; bits that stand for nothing are left out.
    pub fn from_bits(bits: u8) -> Self {
        Self(bits & Self::ALL.0)
    }

    /// Its bits, as they are stored.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// Whether all of `other` are set.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// These and those.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// These but not those.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// Flags and keywords of an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// System flags.
    pub system: SystemFlags,
    /// Keywords, each once without regard to case, as first written in the mailbox.
    pub keywords: BTreeSet<String>,
}

/// How flags are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlagOperation {
    /// These too.
    Add,
    /// These not.
    Remove,
    /// These and no others.
    Replace,
}

/// A change of flags, one job however many entries it concerns.
#[derive(Clone, Debug)]
pub struct FlagChange {
    /// Where.
    pub folder: FolderId,
    /// Which; those that are not there are passed over.
    pub uids: UidSet,
    /// How.
    pub operation: FlagOperation,
    /// What.
    pub flags: Flags,
    /// Entries changed after this modification sequence are left alone (UNCHANGEDSINCE, RFC 7162 §3.1.3).
    pub unchanged_since: Option<u64>,
    /// The modification sequence up to which the client knows the folder.
    pub known: u64,
    /// Whose `\Seen`.
    pub reader: Reader,
}

/// What a change of flags did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlagsChanged {
    /// The modification sequence that changed entries have now; unchanged ones keep theirs.
    pub modseq: u64,
    /// Entries that changed.
    pub changed: UidSet,
    /// Entries left alone because of `unchanged_since` (MODIFIED).
    pub modified: UidSet,
    /// Of those that changed the ones that had been changed after `known` before: the client does not know what they are now.
    pub surprising: UidSet,
    /// The folder's highest modification sequence before this change.
    pub before: u64,
}

/// What of an entry is wanted besides UID, flags, dates and size; each costs reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Want {
    /// The decoded header values.
    pub summary: bool,
    /// The raw header block, its empty line included.
    pub header: bool,
    /// The structure, as [`Entry::structure`] has it.
    pub structure: bool,
}

/// A message in a folder.
#[derive(Clone, Debug)]
pub struct Entry {
    /// UID
    pub uid: u32,
    /// The message.
    pub message: MessageId,
    /// Flags and keywords, `\Seen` as the reader has it.
    pub flags: Flags,
    /// MODSEQ: what a user of a shared mailbox has seen changes it for him alone.
    pub modseq: u64,
    /// INTERNALDATE
    pub internal_date: Moment,
    /// SAVEDATE (RFC 8514)
    pub saved: Moment,
    /// Octets of the assembled message.
    pub size: u64,
    /// When wanted.
    pub summary: Option<Box<Summary>>,
    /// When wanted: the header block as it stands in the message.
    pub header: Option<Bytes>,
    /// When wanted: the tree of parts with their places, made once at deposit, in the written form of its own version.
    pub structure: Option<Bytes>,
}

/// A message to append.
#[derive(Clone, Debug)]
pub struct Append {
    /// Where.
    pub folder: FolderId,
    /// What.
    pub message: NewMessage,
    /// Flags it starts with.
    pub flags: Flags,
    /// Whose `\Seen` is among them.
    pub reader: Reader,
    /// Internal date.
    pub at: Moment,
    /// When it is appended.
    pub saved: Moment,
    /// Whether it may be a client's copy of what is sent from this mailbox: then it takes the place of ours, or spares it
    /// ([`crate::sent_copy`]).
    pub own: bool,
}

/// Who removes messages, and how, for the evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// Who.
    pub by: Actor,
    /// By which door: `imap`, `pop3-tls`, … .
    pub door: &'static str,
    /// When.
    pub at: Moment,
}

/// What became of entries that were to go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expunged {
    /// These went.
    pub gone: UidSet,
    /// These a legal hold keeps.
    pub held: UidSet,
}

/// What notes are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotesOf {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// Its folder; `None`: the mailbox as a whole.
    pub folder: Option<FolderId>,
}

/// What a client notes, or takes back (RFC 5464).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Its name, in lower case.
    pub name: String,
    /// `None` takes it back.
    pub value: Option<Vec<u8>>,
    /// For whose eyes; `None`: everybody's.
    pub reader: Option<Reader>,
}

/// Notes by their names.
pub type Notes = BTreeMap<String, Vec<u8>>;

/// What became of notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Annotated {
    /// All are written.
    Done,
    /// None is: one is longer than so many octets.
    TooLong(u32),
}

/// What there is to list of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Its folders, `INBOX` first, then by name.
    pub folders: Vec<Folder>,
    /// The subscribed names, by name, whether or not there are such folders.
    pub subscribed: Vec<String>,
}

/// Which messages went since a modification sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vanished {
    /// These.
    Uids(UidSet),
    /// That is too long ago to say; all that is not there now.
    TooOld,
}

/// Something changed in a mailbox, told after the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where.
    pub mailbox: MailboxId,
    /// The folder; `None`: the list of folders, or the mailbox itself.
    pub folder: Option<FolderId>,
    /// The mailbox's modification sequence after it.
    pub modseq: u64,
    /// What.
    pub what: ChangeKind,
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// Messages were added; a folder that the hearer does not know is new.
    Added(UidSet),
    /// Flags changed.
    Flags(UidSet),
    /// Messages went.
    Vanished(UidSet),
    /// Folders were made, renamed, removed or subscribed.
    Folders,
    /// State, place, password or quota of the mailbox changed: sessions look again.
    Mailbox,
}

/// What the change feed tells, after the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedItem {
    /// Something changed in a mailbox.
    Mailbox(Change),
    /// What a user may do changed, or by which secret he is known: his sessions look again. A right on an office with thousands of
    /// mailboxes is one of these.
    User(UserId),
}

impl From<Change> for FeedItem {
    fn from(change: Change) -> Self {
        Self::Mailbox(change)
    }
}

impl From<UserId> for FeedItem {
    fn from(user: UserId) -> Self {
        Self::User(user)
    }
}

/// The change feed. It is bounded: who is too slow hears [`broadcast::error::RecvError::Lagged`], and looks again since
/// the modification sequence that he has. It is one for all mailboxes and users: a program listens once and passes on what
/// concerns each session, so that a change does not wake all of them.
pub type Changes = broadcast::Receiver<FeedItem>;

/// A message of the service mailbox [R-2.2.5-a], which is only ever added to.
#[derive(Clone, Debug)]
pub struct ServiceEntry {
    /// Ascending.
    pub number: u64,
    /// The message.
    pub message: MessageId,
    /// When it came.
    pub at: Moment,
    /// Octets.
    pub size: u64,
    /// Its header values.
    pub summary: Summary,
}

/// Which entries a page shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Listed {
    /// All of them.
    #[default]
    All,
    /// Messages that people wrote: no receipts and notices.
    Messages,
    /// Receipts and notices.
    Receipts,
}

/// A page of a folder, the newest first, that is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Of which folder.
    pub folder: FolderId,
    /// Those below this UID; `None`: from the newest on.
    pub below: Option<u32>,
    /// Which.
    pub listed: Listed,
    /// What of them.
    pub want: Want,
    /// Whose `\Seen`.
    pub reader: Reader,
    /// How many at most.
    pub limit: usize,
}

/// A page of a folder.
#[derive(Clone, Debug)]
pub struct Newest {
    /// By UID, descending.
    pub entries: Vec<Entry>,
    /// Below which UID there may be more; `None`: these were the last. A page may be short and have others after it, where there
    /// are many entries that it does not show.
    pub next: Option<u32>,
}

/// Something in a mailbox about a certified message: an envelope, a receipt, the copy of who sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filed {
    /// Where.
    pub folder: FolderId,
    /// UID
    pub uid: u32,
    /// The message.
    pub message: MessageId,
    /// What it is; `None`: the copy of who sent it.
    pub kind: Option<Kind>,
    /// Its Message-ID, without brackets.
    pub message_id: String,
    /// Its internal date.
    pub at: Moment,
    /// Octets.
    pub size: u64,
}

/// How many recipients of a message stand where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FateCount {
    /// PEC msgid.
    pub identifier: Identifier,
    /// Where they stand.
    pub state: State,
    /// How many.
    pub recipients: u64,
}

/// What a door does with mailboxes on behalf of who logged in. Rights are not judged here. What is appended or copied, or
/// moved from another mailbox, stays within the quota ([`ErrorKind::OverQuota`](crate::ErrorKind::OverQuota)) and within
/// [`MailboxLimits::entries`](crate::MailboxLimits::entries) ([`ErrorKind::Limit`](crate::ErrorKind::Limit)), or all of it is
/// refused; what is delivered, in a [`Deposit`](crate::Deposit) that says so. Copies count, also those of a message that does
/// not: of each such message one entry in the mailbox takes no room, wherever it is filed.
#[async_trait]
pub trait Mailboxes: Content + Search {
    /// The folders, `INBOX` first, then by name.
    async fn folders(&self, mailbox: MailboxId, reader: Reader) -> Result<Vec<Folder>, StoreError>;
    /// What there is to list of several mailboxes, in the order of these: of as many from the first on as have `rows` folders and
    /// subscribed names together, and of one at least.
    async fn listings(&self, mailboxes: &[MailboxId], reader: Reader, rows: usize) -> Result<Vec<Listing>, StoreError>;
    /// One folder; `None`: it is gone.
    async fn folder(&self, folder: FolderId, reader: Reader) -> Result<Option<Folder>, StoreError>;
    /// The folder of this name; `None`: there is none, or such a name cannot be.
    async fn folder_named(&self, mailbox: MailboxId, name: &str, reader: Reader) -> Result<Option<Folder>, StoreError>;
    /// Makes a folder and those above it that are missing. `None`: the name is taken. Names are UTF-8, not empty, without
    /// control characters, bounded, and `INBOX` has one name however it is written ([`FolderName`]). Refused when another
    /// folder has that special use, and when the mailbox has as many folders as it may.
    async fn create_folder(
        &self,
        mailbox: MailboxId,
        name: &str,
        special: Option<SpecialUse>,
    ) -> Result<Option<FolderId>, StoreError>;
    /// Renames a folder and those below it; renaming `INBOX` moves its messages to a new folder (RFC 9051 §6.3.6).
    /// `false`: the name is taken.
    async fn rename_folder(&self, folder: FolderId, name: &str) -> Result<bool, StoreError>;
    /// Removes a folder with its messages, in lots as [`Mailboxes::expunge`]. Refused for `INBOX`, for one that has folders
    /// below it, and where a legal hold keeps any of its messages ([`ErrorKind::Held`](crate::ErrorKind::Held)).
    async fn delete_folder(&self, folder: FolderId, removal: &Removal) -> Result<(), StoreError>;
    /// The subscribed names, by name: [`Folder::subscribed`] tells only of those that exist.
    async fn subscriptions(&self, mailbox: MailboxId) -> Result<Vec<String>, StoreError>;
    /// Subscribes or unsubscribes a name, whether or not such a folder exists.
    async fn subscribe(&self, mailbox: MailboxId, name: &str, subscribed: bool) -> Result<(), StoreError>;
    /// The keywords that messages of a folder have, as first written in the mailbox.
    async fn keywords(&self, folder: FolderId) -> Result<BTreeSet<String>, StoreError>;
    /// The lowest UID of a message that the reader has not seen.
    async fn first_unseen(&self, folder: FolderId, reader: Reader) -> Result<Option<u32>, StoreError>;
    /// A session is told of the messages below this UID. Those from the UID that this gives on are recent to it (RFC 3501
    /// §2.3.2), and to no session after it. What is told takes no modification sequence and is in no feed.
    async fn take_recent(&self, folder: FolderId, below: u32) -> Result<u32, StoreError>;
    /// Of how many messages of a folder no session has been told. Costs counting those.
    async fn count_recent(&self, folder: FolderId) -> Result<u32, StoreError>;
    /// How many messages of a folder are marked `\Deleted`, and their octets. Costs looking at each entry.
    async fn count_deleted(&self, folder: FolderId) -> Result<(u32, u64), StoreError>;
    /// The UIDs of a folder.
    async fn uids(&self, folder: FolderId) -> Result<UidSet, StoreError>;
    /// The UIDs of what changed for this reader in a folder after a modification sequence, and is there.
    async fn changed(&self, folder: FolderId, since: u64, reader: Reader) -> Result<UidSet, StoreError>;
    /// Entries among `uids`, ascending. At most `limit`: read on after the last UID.
    async fn entries(
        &self,
        folder: FolderId,
        uids: &UidSet,
        want: Want,
        reader: Reader,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError>;
    /// A page of a folder, the newest first. Costs what the page is long, however long the folder is.
    async fn newest(&self, page: Page) -> Result<Newest, StoreError>;
    /// Changes flags.
    async fn change_flags(&self, change: FlagChange) -> Result<FlagsChanged, StoreError>;
    /// Appends messages, all or none; their UIDs in order.
    async fn append(&self, messages: Vec<Append>) -> Result<Vec<u32>, StoreError>;
    /// Copies to another folder, flags included; pairs of the UID here and the UID there, ascending. The other folder may
    /// be another mailbox's, whose owner has seen none of them yet.
    async fn copy(
        &self,
        from: FolderId,
        uids: &UidSet,
        to: FolderId,
        now: Moment,
    ) -> Result<Vec<(u32, u32)>, StoreError>;
    /// Moves to another folder (RFC 6851), out of a mailbox only what no legal hold keeps there; pairs as [`Mailboxes::copy`] gives them.
    async fn move_to(
        &self,
        from: FolderId,
        uids: &UidSet,
        to: FolderId,
        now: Moment,
    ) -> Result<Vec<(u32, u32)>, StoreError>;
    /// What is noted for these eyes; `None`: for everybody's.
    async fn notes(&self, of: NotesOf, reader: Option<Reader>) -> Result<Notes, StoreError>;
    /// Writes notes, all or none. Refused ([`ErrorKind::Limit`](crate::ErrorKind::Limit)) where the mailbox has as many as it
    /// may.
    async fn annotate(&self, of: NotesOf, notes: Vec<Note>) -> Result<Annotated, StoreError>;
    /// Which of these entries a legal hold keeps now.
    async fn held(&self, folder: FolderId, uids: &UidSet) -> Result<UidSet, StoreError>;
    /// Removes entries, but those that a legal hold keeps; content that nothing refers to any more goes with them. Of each
    /// certified message and receipt that leaves the mailbox with it there is evidence ([`crate::Event::Removed`]). Many go in
    /// lots, each a transaction: who waits for the writer waits for one of them.
    async fn expunge(&self, folder: FolderId, uids: &UidSet, removal: &Removal) -> Result<Expunged, StoreError>;
    /// As [`Mailboxes::expunge`], of these entries those that are marked `\Deleted` at that moment (RFC 9051 §6.4.3): whose
    /// mark another client has just taken back stays.
    async fn expunge_deleted(
        &self,
        folder: FolderId,
        among: &UidSet,
        removal: &Removal,
    ) -> Result<Expunged, StoreError>;
    /// Which entries went after modification sequence `since`.
    async fn vanished(&self, folder: FolderId, since: u64) -> Result<Vanished, StoreError>;
    /// The messages of the service mailbox after this number, ascending.
    async fn service(&self, after: u64, limit: usize) -> Result<Vec<ServiceEntry>, StoreError>;
    /// What lies in a mailbox about a certified message, in the order in which it came, at most `limit`.
    async fn filed(&self, mailbox: MailboxId, identifier: &Identifier, limit: usize) -> Result<Vec<Filed>, StoreError>;
    /// Every recipient of a message that was sent from a mailbox, in the order of its envelope; none where it was not.
    async fn fates(&self, mailbox: MailboxId, identifier: &Identifier) -> Result<Vec<Addressee>, StoreError>;
    /// How many recipients of messages that were sent from a mailbox stand where; of others nothing.
    async fn fates_counted(
        &self,
        mailbox: MailboxId,
        identifiers: Vec<Identifier>,
    ) -> Result<Vec<FateCount>, StoreError>;
    /// To whom a mailbox has written lately, the last one first, whose addresses hold this text without regard to case.
    async fn correspondents(&self, mailbox: MailboxId, text: &str, limit: usize) -> Result<Vec<Address>, StoreError>;
    /// Hears of every change from now on.
    fn changes(&self) -> Changes;
}
