//! What must not be lost: mailboxes, messages, queue, the fate of recipients, evidence, accounts.
//!
//! One engine, [`embedded`] (SQLite and files), implements every face, and one behaviour suite, `suite` (with the feature of
//! that name), tests them. Each room is given the faces that it needs and no other:
//!
//! | face | what | whom it is for |
//! |---|---|---|
//! | [`Ledger`] | an Outcome whole or not at all; what decisions ask | `provider` |
//! | [`Queue`] | what is to be carried | the relay, operators |
//! | [`Principals`] | domains, mailboxes as accounts, users, grants | doors, `control` |
//! | [`Organisations`] | organisations, offices, what stands in them | `control` |
//! | [`AppPasswords`] | secrets for mail programs | `control` |
//! | [`BrowserSessions`] | logins by browser | `holder` |
//! | [`Accesses`] | who came to a mailbox, and who sent from it | `holder`, `control` |
//! | [`Persons`] | what is kept of one person, and what of it can go | `control` |
//! | [`Mailboxes`] | folders, entries, flags, ranges, the change feed | doors |
//! | [`Fullness`] | how full mailboxes are, what they refused, whom to tell | `provider`, `control` |
//! | [`Search`] | texts for mail clients, words for people | doors |
//! | [`EvidenceLog`] | the trace, and the messages found in it | proof, reports, operators |
//! | [`Kept`] | what is there about a certified message, also after holders removed it | `control` |
//! | [`Reconciliation`] | what reconciliation found, and how far it is | `reconcile`, `control` |
//! | [`Seals`] | what seals the trace: leaves of trees, signed heads, their stamps | `sealing` |
//! | [`Sums`] | what days came to, when the provider did not serve | `report` |
//! | [`Upkeep`] | expiry, figures, checks, backup | the program |
//!
//! Begin with [`outcome`], what one elaboration causes, and [`ledger`]. The forms that can never change once they are out
//! stand in [`evidence`] (canonical bytes), [`addressee`] (the fate of a recipient) and [`mailboxes`] (UIDs, modification
//! sequences). Nothing here knows a rule of the norm: deadlines and decisions come from `provider`.

pub mod access;
mod account;
pub mod addressee;
pub mod app_password;
pub mod browser_session;
mod capability;
pub mod embedded;
pub mod error;
pub mod evidence;
mod filing;
pub mod find;
pub mod forecast;
pub mod fullness;
mod holds;
pub mod kept;
pub mod ledger;
pub mod mailboxes;
pub mod message;
mod once;
pub mod organisations;
pub mod outcome;
pub mod persons;
mod policy;
pub mod principals;
mod protocol;
pub mod queue;
pub mod reconciliation;
pub mod seals;
pub mod search;
pub mod sent_copy;
#[cfg(any(test, feature = "suite"))]
pub mod suite;
mod summary;
pub mod sums;
mod unit;
pub mod upkeep;
mod user_id;

pub use access::{Access, AccessOutcome, AccessRow, Accesses};
pub use account::Account;
pub use addressee::{Addressee, Effect, LateAnswer, NewAddressee, Progress, State, Step};
pub use app_password::{AppPassword, AppPasswordId, AppPasswordMade, AppPasswords, AppSecret, NewAppPassword};
pub use browser_session::{BrowserSession, BrowserSessionId, BrowserSessions, NewBrowserSession};
pub use capability::{Capabilities, Capability};
pub use embedded::{Embedded, EmbeddedOptions, MailboxLimits, PasswordCost, disk_free};
pub use error::{CommitError, ErrorKind, StoreError};
pub use evidence::{
    About, Actor, Event, Evidence, EvidenceLog, EvidenceQuery, EvidenceRow, Leaf, LogId, Named, SharedSubject, Subject,
    SubjectHash, UnreadableRow,
};
pub use filing::{Keeps, RECEIPTS, Receipts, SentCopies};
pub use find::{FoundMessage, FoundMessages, MessagePlace, MessageQuery};
pub use forecast::{Forecast, Growth};
pub use fullness::{FullRefusal, Fullness, LevelReached, Levels, Refusals, Telling, WrongLevels, percent};
pub use holds::{Hold, Holding};
pub use kept::{AboutMessage, Exchanged, Kept};
pub use ledger::{Committed, Deposited, Known, Ledger, Question, SentCopyKept};
pub use mailboxes::{
    Annotated, Append, Change, ChangeKind, Changes, Entry, Expunged, FateCount, FeedItem, Filed, FlagChange,
    FlagOperation, Flags, FlagsChanged, Folder, FolderId, FolderName, Listed, Listing, Mailbox, MailboxId,
    MailboxState, Mailboxes, Newest, Note, Notes, NotesOf, Page, Reader, Removal, ServiceEntry, SpecialUse,
    SystemFlags, UidSet, Vanished, Want,
};
pub use message::{Content, MessageId, NewMessage, Summary};
pub use organisations::{
    DEEPEST, MOST_OFFICES, NewOffice, Office, OfficeChange, Organisation, OrganisationChange, Organisations,
};
pub use outcome::{
    Deposit, DepositIn, Dispatch, Done, Handle, Infected, Keeping, OnceKey, OnceKind, OnceNote, Outcome, Point,
    QueueChange, Sent, SentCopy,
};
pub use persons::{MailboxTraces, Persons, UserTraces};
pub use policy::{Correspondents, OrdinaryMail};
pub use principals::{
    Created, Domain, Grant, GrantedOn, GrantsOf, Login, MailboxChange, NewMailbox, Principals, Renamed, Rights, Secret,
    SecretStamp, Standing, User, UserId,
};
pub use protocol::{Protocol, Protocols};
pub use queue::{Hop, HopFigures, Queue, QueueId, QueueItem, QueueQuery};
pub use reconciliation::{Discrepancy, DiscrepancyQuery, Reconciled, Reconciliation, Wrong};
pub use seals::{HeadQuery, SealedHead, Seals, Tile, TileRoot};
pub use search::{IndexFigures, Matches, Search, TextKey, WordHit, WordPlace};
pub use sent_copy::CopyKey;
pub use sums::{Beat, Outage, OutageCause, Sum, Sums};
pub use unit::{OfficeId, OrganisationId, Unit};
pub use upkeep::{
    CheckReport, CheckStep, Checked, Expired, ExpiryLimit, Fault, Figures, InfectedQuery, InfectedRow, Round, Told,
    Upkeep,
};

/// Every face at once: for tests of engines, and for who wires rooms together.
pub trait Store:
    Ledger
    + Queue
    + Principals
    + Organisations
    + AppPasswords
    + BrowserSessions
    + Accesses
    + Persons
    + Mailboxes
    + Fullness
    + Search
    + EvidenceLog
    + Reconciliation
    + Kept
    + Seals
    + Sums
    + Upkeep
    + 'static
{
}

impl<
    T: Ledger
        + Queue
        + Principals
        + Organisations
        + AppPasswords
        + BrowserSessions
        + BrowserSessions
        + Accesses
        + Persons
        + Mailboxes
        + Fullness
        + Search
        + EvidenceLog
        + Reconciliation
        + Kept
        + Seals
        + Sums
        + Upkeep
        + 'static,
> Store for T
{
}
