//! Everything one elaboration causes.

use bytes::Bytes;
use pec::{Address, Identifier, Kind, Moment, ReversePath};

use crate::addressee::{NewAddressee, Progress};
use crate::evidence::{About, Actor, Evidence};
use crate::fullness::{FullRefusal, Telling};
use crate::message::NewMessage;
pub use crate::once::{Done, OnceKey, OnceKind, OnceNote};
use crate::queue::{Hop, QueueId};
use crate::sent_copy::CopyKey;

/// Everything that one elaboration causes, committed whole or not at all.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// What this elaboration does once and only once; a key already present fails the commit.
    pub once: Vec<OnceNote>,
    /// What contradicts something that was done before: the same keys with another digest. Each is noted once; one
    /// already present fails the commit.
    pub contradictions: Vec<OnceNote>,
    /// An original accepted from a holder.
    pub sent: Option<Sent>,
    /// Messages, stored once each; what follows refers to them by their [`Handle`].
    pub messages: Vec<NewMessage>,
    /// Messages put in mailboxes.
    pub deposits: Vec<Deposit>,
    /// The copy that the sender of an accepted message finds in the folder for what he sent.
    pub sent_copy: Option<SentCopy>,
    /// Messages to carry.
    pub dispatches: Vec<Dispatch>,
    /// Dispatches finished or postponed.
    pub queue: Vec<QueueChange>,
    /// What happens to recipients of messages that were accepted here.
    pub progress: Vec<Progress>,
    /// What happened, for thirty months [R-2.3-a].
    pub evidence: Vec<Evidence>,
    /// Messages that are kept as evidence, whoever removes them from mailboxes.
    pub kept: Vec<Keeping>,
    /// Messages put away in the special store [R-2.2.4-a].
    pub infected: Vec<Infected>,
    /// Messages that full mailboxes refuse: their holders will be told.
    pub refused: Vec<FullRefusal>,
    /// What holders are told with this of how full their mailboxes are.
    pub told: Vec<Telling>,
}

impl Outcome {
    /// Adds a message; a message that nothing refers to is not stored.
    pub fn add(&mut self, message: NewMessage) -> Handle {
        self.messages.push(message);
        Handle(self.messages.len() - 1)
    }

    /// Whether it causes nothing at all.
    pub fn is_empty(&self) -> bool {
        let Self {
            once,
            contradictions,
            sent,
            messages: _,
            deposits,
            sent_copy,
            dispatches,
            queue,
            progress,
            evidence,
            kept,
            infected,
            refused,
            told,
        } = self;
        once.is_empty()
            && contradictions.is_empty()
            && sent.is_none()
            && deposits.is_empty()
            && sent_copy.is_none()
            && dispatches.is_empty()
            && queue.is_empty()
            && progress.is_empty()
            && evidence.is_empty()
            && kept.is_empty()
            && infected.is_empty()
            && refused.is_empty()
            && told.is_empty()
    }
}

/// A message of one Outcome, as [`Outcome::add`] gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Handle(pub usize);

/// A message that is kept outside every mailbox for as long as the evidence, so that who lost it has it again; what
/// is in mailboxes too lies on disk once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keeping {
    /// The message.
    pub message: Handle,
    /// The instant from which its months count.
    pub since: Moment,
    /// Whether the originals in it are kept with it. Otherwise their digests alone are, once nothing else holds them; where
    /// anything of an Outcome is kept so, originals of whatever length lie apart from the messages that hold them.
    pub whole: bool,
}

/// A message put away because of a virus; nothing but the special store need refer to it [R-2.2.4-a].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Infected {
    /// The message.
    pub message: Handle,
    /// PEC msgid.
    pub identifier: Identifier,
    /// When it was found.
    pub at: Moment,
    /// What was found, as the scanner names it.
    pub virus: String,
    /// Where it was found.
    pub point: Point,
    /// Until when it must be kept.
    pub until: Moment,
}

/// A point that scans for viruses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Point {
    /// The Access Point: a holder submitted it.
    Access,
    /// The Incoming Point: another provider sent it.
    Incoming,
}

impl Point {
    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            Point::Access => "access",
            Point::Incoming => "incoming",
        }
    }

    /// The point with this name.
    pub fn from_name(name: &str) -> Option<Point> {
        [Point::Access, Point::Incoming].into_iter().find(|point| point.name() == name)
    }
}

/// What was certified of an accepted original, for later notices about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// PEC msgid.
    pub identifier: Identifier,
    /// The holder's mailbox.
    pub mailbox: Address,
    /// When it was accepted.
    pub at: Moment,
    /// `daticert.xml` of its transport envelope.
    pub data: Bytes,
    /// Its subject in the evidence.
    pub about: About,
    /// Who sent it.
    pub by: Actor,
    /// Its recipients; given when it is accepted, empty when it is read back.
    pub addressees: Vec<NewAddressee>,
}

/// A message put in a mailbox; UID and modification sequence are given at commit.
#[derive(Clone, Debug)]
pub struct Deposit {
    /// The message.
    pub message: Handle,
    /// Whose mailbox.
    pub mailbox: Address,
    /// Where in it. The service mailbox has no folders: it is only ever added to.
    pub folder: DepositIn,
    /// Whether it counts against the mailbox's quota; receipts do not.
    pub counts: bool,
    /// Whether a mailbox that it would fill beyond its quota fails the commit with
    /// [`CommitError::MailboxFull`](crate::CommitError::MailboxFull).
    pub within_quota: bool,
    /// Internal date.
    pub at: Moment,
}

/// A folder that a message is put in, made if it is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DepositIn {
    /// This one.
    Folder(String),
    /// Where the mailbox has its notifications ([`crate::Receipts`]).
    Receipts,
}

impl DepositIn {
    /// The folder that every mailbox has.
    pub fn inbox() -> Self {
        DepositIn::Folder("INBOX".into())
    }
}

/// A copy to be kept in the sender's mailbox, unless the client has put one there or the mailbox has no room.
#[derive(Clone, Debug)]
pub struct SentCopy {
    /// The message, as the client gave it.
    pub message: Handle,
    /// Whose mailbox.
    pub mailbox: Address,
    /// Who sent it, and has seen it.
    pub by: Actor,
    /// How the client's own copy is known.
    pub key: CopyKey,
    /// Internal date.
    pub at: Moment,
}

/// A message to carry.
#[derive(Clone, Debug)]
pub struct Dispatch {
    /// The message.
    pub message: Handle,
    /// MAIL FROM.
    pub path: ReversePath,
    /// RCPT TO.
    pub recipients: Vec<Address>,
    /// Where to.
    pub hop: Hop,
    /// PEC msgid it is about.
    pub identifier: Identifier,
    /// Its subject in the evidence: what the relay does with it is recorded without asking.
    pub about: About,
    /// What is carried.
    pub kind: Option<Kind>,
    /// When it was queued, due at once.
    pub at: Moment,
    /// When to give up [R-2.2.2-b].
    pub expires: Moment,
}

/// What became of a leased dispatch.
#[derive(Clone, Debug)]
pub enum QueueChange {
    /// Finished, whatever the end; its message goes when nothing else refers to it.
    Done(QueueId),
    /// To be tried again; the lease ends.
    Retry {
        /// Which.
        id: QueueId,
        /// Not before.
        due: Moment,
        /// Who remains.
        recipients: Vec<Address>,
        /// What was said.
        error: String,
        /// Whether this counts as an attempt.
        attempted: bool,
    },
}
