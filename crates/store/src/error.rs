//! Why the store could not do something.

use pec::{Address, Identifier};

use crate::once::OnceKey;

/// The store failed; the fault is ours and usually temporary. Nothing was written.
#[derive(Clone, Debug, thiserror::Error)]
#[error("store: {what}")]
pub struct StoreError {
    /// Of what kind, for who decides on it.
    pub kind: ErrorKind,
    /// What was being done, what happened, and what the operator can do, in English.
    pub what: String,
}

/// What kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// A fault of this program.
    Bug,
    /// Another program holds the store or its file.
    Busy,
    /// The store is closed, or was opened for looking only.
    Closed,
    /// What was read is not what was written: to be restored from a backup. Never served.
    Damaged,
    /// The disk or the operating system refused.
    Disk,
    /// No room on the disk.
    Full,
    /// A legal hold keeps what was to go.
    Held,
    /// A mailbox would have more than it may of something besides octets (messages, folders, keywords,
    /// annotations).
    Limit,
    /// There is no store here, or it is not one that this program can open.
    NoStore,
    /// What a holder asked for would pass the quota of the mailbox.
    OverQuota,
    /// What was asked for cannot be done as the store stands (no such folder, a name that is taken).
    Refused,
}

impl StoreError {
    /// A failure of a kind.
    pub fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into() }
    }

    /// A fault of this program.
    pub fn bug(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Bug, what)
    }

    /// Something that is not as it was written.
    pub fn damaged(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Damaged, what)
    }
}

/// Why an Outcome was not committed. Nothing of it was written.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CommitError {
    /// The holder of this mailbox was told meanwhile, or there is nothing to tell any more.
    #[error("the holder of {0} has been told")]
    AlreadyTold(Address),
    /// Somebody did it before: decide again.
    #[error("already done: {0:?}")]
    AlreadyDone(OnceKey),
    /// A recipient's state is no longer as the decision saw it: somebody else told, or a receipt came. Decide again.
    #[error("the state of {recipient} of {identifier} has moved")]
    Moved {
        /// PEC msgid.
        identifier: Identifier,
        /// Whom.
        recipient: Address,
    },
    /// A mailbox vanished since the decision: decide again.
    #[error("no mailbox {0}")]
    NoMailbox(Address),
    /// A mailbox that may not pass its quota would (a deposit with [`crate::Deposit::within_quota`]): decide again.
    #[error("mailbox {0} is full")]
    MailboxFull(Address),
    /// The engine failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
