//! Commands, parsed without I/O: what RFC 9051 §9 calls `command-any`, `command-auth`, `command-nonauth` and
//! `command-select`.
//!
//! APPEND is not among them: its message is never gathered, so [`crate::framing`] reads it as it comes.

mod access;
mod append;
mod fetch;
mod list;
mod metadata;
mod parse;
#[cfg(any(test, feature = "testing"))]
mod say;
mod search;
mod select;
mod status;
mod store;

use crate::secret::Secret;
use crate::sequence::SequenceSet;
use crate::tag::Tag;

pub use access::{MailboxRights, ModRights, RightsChange};
pub use append::{AppendHead, AppendMessage};
pub use fetch::{Fetch, FetchAttribute, FetchModifiers, Partial, Section, SectionText};
pub use list::{List, ListReturn, ListSelection};
pub use metadata::{GetMetadata, MetadataDepth};
pub use parse::BadRequest;
pub use search::{
    EntryKind, MAX_DEPTH, MAX_KEYS, MAX_TEXTS, Search, SearchKey, SearchReturn, Sort, SortCriterion, SortKey, Thread,
    ThreadAlgorithm,
};
pub use select::{Qresync, Select};
pub use status::StatusItem;
pub use store::{Store, StoreAction};

pub(crate) use append::{append_head, append_message};

/// A command with its tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What the answer begins with.
    pub tag: Tag,
    /// What is asked.
    pub command: Command,
}

/// What a client says of itself: names of fields with their values.
pub type IdFields = Vec<(String, Option<String>)>;

/// One command of a client. Names of mailboxes are decoded, and not yet judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `CAPABILITY`
    Capability,
    /// `NOOP`
    Noop,
    /// `LOGOUT`
    Logout,
    /// `ID` (RFC 2971); `None` for `NIL`.
    Id(Option<IdFields>),
    /// `STARTTLS`. What stands behind it in the buffer was sent in clear by whom you like: throw it away.
    StartTls,
    /// `AUTHENTICATE mechanism [initial-response]` (RFC 4959).
    Authenticate {
        /// In upper case.
        mechanism: String,
        /// Base64 as given; `=` stands for the empty response.
        initial: Option<Secret>,
    },
    /// `LOGIN userid password`
    Login {
        /// Octets, UTF-8 or not.
        user: Vec<u8>,
        /// Likewise.
        password: Secret,
    },
    /// `COMPRESS algorithm` (RFC 4978), in upper case.
    Compress(String),
    /// `ENABLE capability …` (RFC 5161), in upper case.
    Enable(Vec<String>),
    /// `SELECT`
    Select(Select),
    /// `EXAMINE`
    Examine(Select),
    /// `CREATE mailbox [(USE (attribute …))]` (RFC 6154 §3).
    Create {
        /// Its name; a client that means to have levels below may end it with `/`.
        mailbox: String,
        /// `\Drafts` and so on, as written.
        special_use: Vec<String>,
    },
    /// `DELETE mailbox`
    Delete(String),
    /// `RENAME mailbox mailbox`
    Rename {
        /// As it is called now.
        from: String,
        /// As it shall be.
        to: String,
    },
    /// `SUBSCRIBE mailbox`
    Subscribe(String),
    /// `UNSUBSCRIBE mailbox`
    Unsubscribe(String),
    /// `LIST`
    List(List),
    /// `LSUB reference list-mailbox` (RFC 3501 §6.3.9).
    Lsub {
        /// What the pattern stands behind.
        reference: String,
        /// With `*` and `%`: see [`crate::pattern`].
        pattern: String,
    },
    /// `NAMESPACE` (RFC 2342)
    Namespace,
    /// `STATUS mailbox (item …)`
    Status {
        /// Of which.
        mailbox: String,
        /// What of it.
        items: Vec<StatusItem>,
    },
    /// `IDLE` (RFC 2177): then [`crate::framing::Framer::expect_done`].
    Idle,
    /// `CHECK` (RFC 3501 §6.4.1)
    Check,
    /// `CLOSE`
    Close,
    /// `UNSELECT` (RFC 3691)
    Unselect,
    /// `EXPUNGE`, or `UID EXPUNGE set` (RFC 4315).
    Expunge(Option<SequenceSet>),
    /// `[UID] SEARCH`
    Search {
        /// Whether numbers in the answer are UIDs.
        uid: bool,
        /// What is looked for.
        search: Search,
    },
    /// `[UID] SORT` (RFC 5256)
    Sort {
        /// As in `Search`.
        uid: bool,
        /// What is looked for, in which order.
        sort: Sort,
    },
    /// `[UID] THREAD` (RFC 5256)
    Thread {
        /// As in `Search`.
        uid: bool,
        /// What is looked for, by which algorithm.
        thread: Thread,
    },
    /// `[UID] FETCH`
    Fetch {
        /// Whether the set has UIDs.
        uid: bool,
        /// What of which messages.
        fetch: Fetch,
    },
    /// `[UID] STORE`
    Store {
        /// Whether the set has UIDs.
        uid: bool,
        /// Which flags of which messages.
        store: Store,
    },
    /// `[UID] COPY set mailbox`
    Copy {
        /// Whether the set has UIDs.
        uid: bool,
        /// Which.
        set: SequenceSet,
        /// Where to.
        mailbox: String,
    },
    /// `[UID] MOVE set mailbox` (RFC 6851)
    Move {
        /// Whether the set has UIDs.
        uid: bool,
        /// Which.
        set: SequenceSet,
        /// Where to.
        mailbox: String,
    },
    /// `GETQUOTA root` (RFC 9208)
    GetQuota(String),
    /// `GETQUOTAROOT mailbox`
    GetQuotaRoot(String),
    /// `SETQUOTA root (resource limit …)`
    SetQuota {
        /// Which root.
        root: String,
        /// Resources in upper case with their limits.
        limits: Vec<(String, u64)>,
    },
    /// `GETACL mailbox` (RFC 4314)
    GetAcl(String),
    /// `SETACL mailbox identifier mod-rights`
    SetAcl(ModRights),
    /// `DELETEACL mailbox identifier`
    DeleteAcl(MailboxRights),
    /// `LISTRIGHTS mailbox identifier`
    ListRights(MailboxRights),
    /// `MYRIGHTS mailbox`
    MyRights(String),
    /// `GETMETADATA` (RFC 5464)
    GetMetadata(GetMetadata),
    /// `SETMETADATA mailbox (entry value …)`
    SetMetadata {
        /// Of which; empty: of the server.
        mailbox: String,
        /// Entries with their values; `None` removes one.
        entries: Vec<(String, Option<Vec<u8>>)>,
    },
}
