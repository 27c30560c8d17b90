//! What the points ask and write: the provider's face of the store.

use async_trait::async_trait;
use pec::{Address, Identifier, Moment};

use crate::addressee::Addressee;
use crate::error::{CommitError, StoreError};
use crate::mailboxes::{FolderId, Mailbox, MailboxId};
use crate::message::{Content, MessageId};
use crate::outcome::{Done, OnceNote, Outcome, Sent};
use crate::queue::QueueId;

/// What a decision must know, asked at once: everything is answered from one view of the store.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Which of these were done.
    pub once: Vec<OnceNote>,
    /// The mailboxes of these addresses.
    pub mailboxes: Vec<Address>,
    /// What was certified of this message, accepted here.
    pub sent: Option<Identifier>,
    /// Where these recipients of messages accepted here stand.
    pub addressees: Vec<(Identifier, Address)>,
}

/// What the store knows.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// As asked, in the same order.
    pub done: Vec<Done>,
    /// As asked, in the same order, found without regard to case.
    pub mailboxes: Vec<Option<Mailbox>>,
    /// As asked.
    pub sent: Option<Sent>,
    /// As asked, in the same order.
    pub addressees: Vec<Option<Addressee>>,
    /// Whether there is any holder's mailbox at all: a store that knows nobody certifies of nobody that he is unknown.
    pub anybody: bool,
}

/// What a commit gave.
#[derive(Clone, Debug, Default)]
pub struct Committed {
    /// Where each deposit went, in order; none for the service mailbox.
    pub deposits: Vec<Option<Deposited>>,
    /// What became of the sender's copy; `None`: there was none to keep.
    pub sent_copy: Option<SentCopyKept>,
    /// The numbers of the dispatches, in order.
    pub dispatches: Vec<QueueId>,
    /// Whether the holder of a mailbox is to be told that it fills ([`crate::Fullness::levels_reached`]): by this Outcome, or by
    /// what came shortly before.
    pub fills: bool,
}

/// Where a message was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deposited {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// The folder.
    pub folder: FolderId,
    /// UID
    pub uid: u32,
    /// MODSEQ
    pub modseq: u64,
    /// The message.
    pub message: MessageId,
}

/// What became of a [`crate::SentCopy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SentCopyKept {
    /// It is there.
    Here(Deposited),
    /// The client's own copy is there.
    OfClient,
    /// The mailbox has no room for it.
    NoRoom,
}

impl SentCopyKept {
    /// Stable name, for the metric.
    pub fn name(self) -> &'static str {
        match self {
            SentCopyKept::Here(_) => "kept",
            SentCopyKept::OfClient => "of-client",
            SentCopyKept::NoRoom => "no-room",
        }
    }
}

/// What the points ask and write.
#[async_trait]
pub trait Ledger: Content {
    /// Commits an Outcome whole or not at all; durable on return. Outcomes that arrive together share one transaction and
    /// one flush (group commit), and fail one by one.
    async fn commit(&self, outcome: Outcome) -> Result<Committed, CommitError>;
    /// Answers what a decision must know.
    async fn ask(&self, question: Question) -> Result<Known, StoreError>;
    /// Recipients whose deadline has come at `now`, the longest due first.
    async fn due(&self, now: Moment, limit: usize) -> Result<Vec<Addressee>, StoreError>;
    /// Every recipient of a message accepted here, in the order of its envelope.
    async fn addressees(&self, identifier: &Identifier) -> Result<Vec<Addressee>, StoreError>;
}
