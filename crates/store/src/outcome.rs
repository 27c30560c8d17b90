//! Everything one elaboration causes.

use bytes::Bytes;
use pec::{Address, Kind, Moment, Pieces, ReversePath};

use crate::{QueueId, Watch};

/// Everything that one elaboration causes, committed whole or not at all.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// What this elaboration does once and only once; a key already present fails the commit.
    pub once: Vec<OnceKey>,
    /// An original accepted from a holder.
    pub sent: Option<Sent>,
    /// Messages, stored once each; deposits and dispatches refer to them by position.
    pub messages: Vec<NewMessage>,
    /// Messages put in mailboxes.
    pub deposits: Vec<Deposit>,
    /// Messages to carry.
    pub dispatches: Vec<Dispatch>,
    /// Dispatches finished or postponed.
    pub queue: Vec<QueueChange>,
    /// Deadlines set, moved, cleared.
    pub watches: Vec<WatchChange>,
    /// What happened, for thirty months [R-2.3-a].
    pub evidence: Vec<Evidence>,
    /// Messages put away in the special store [R-2.2.4-a].
    pub infected: Vec<Infected>,
}

/// A message put away because of a virus; nothing but the special store need refer to it [R-2.2.4-a].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Infected {
    /// Position in [`Outcome::messages`].
    pub message: usize,
    /// PEC msgid.
    pub identifier: String,
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

/// How a point recognises what it has already done: provider + identifier + kind + recipient.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OnceKey {
    /// providerName of who sent it (for a notification: who emitted it).
    pub provider: String,
    /// PEC msgid.
    pub identifier: String,
    /// [`Kind::name`], or another stable word.
    pub kind: String,
    /// The recipient it concerns, in [`Address::key`] form; empty for all.
    pub recipient: String,
}

/// What was certified of an accepted original, for later notices about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// PEC msgid.
    pub identifier: String,
    /// The holder's mailbox.
    pub mailbox: Address,
    /// When it was accepted.
    pub at: Moment,
    /// `daticert.xml` of its transport envelope.
    pub data: Bytes,
}

/// A message to store.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Its exact bytes; shared pieces are stored once by their SHA-256.
    pub pieces: Pieces,
    /// Cached header values.
    pub summary: Summary,
}

/// Raw, unfolded header values for lists and IMAP ENVELOPE, so that no list reads a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// What it is, when it is ours or a recognised one.
    pub kind: Option<Kind>,
    /// PEC msgid it is about.
    pub identifier: Option<String>,
    /// `Date`
    pub date: String,
    /// `Subject`, encoded words decoded
    pub subject: String,
    /// `From`
    pub from: String,
    /// `Sender`
    pub sender: String,
    /// `Reply-To`
    pub reply_to: String,
    /// `To`
    pub to: String,
    /// `Cc`
    pub cc: String,
    /// `In-Reply-To`
    pub in_reply_to: String,
    /// `Message-ID`, with brackets
    pub message_id: String,
}

/// A message put in a mailbox's folder; UID and modification sequence are given at commit.
#[derive(Clone, Debug)]
pub struct Deposit {
    /// Position in [`Outcome::messages`].
    pub message: usize,
    /// Whose mailbox.
    pub mailbox: Address,
    /// Folder, created if missing.
    pub folder: String,
    /// Flags it starts with.
    pub flags: Vec<String>,
    /// Internal date.
    pub at: Moment,
}

/// Where a dispatch goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Hop {
    /// Our own Incoming Point.
    Local,
    /// The provider with this providerName (and unit, joined by a slash).
    Provider(String),
    /// An ordinary domain, lower case.
    Ordinary(String),
}

/// A message to carry.
#[derive(Clone, Debug)]
pub struct Dispatch {
    /// Position in [`Outcome::messages`].
    pub message: usize,
    /// MAIL FROM.
    pub path: ReversePath,
    /// RCPT TO.
    pub recipients: Vec<Address>,
    /// Where to.
    pub hop: Hop,
    /// PEC msgid it is about.
    pub identifier: String,
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

/// A deadline on one recipient.
#[derive(Clone, Debug)]
pub enum WatchChange {
    /// Starts watching.
    Open {
        /// PEC msgid.
        identifier: String,
        /// Whom.
        recipient: Address,
        /// When the message was accepted.
        opened: Moment,
        /// First deadline.
        due: Moment,
    },
    /// The sender is told something about a recipient, or is not: the watch goes on to its next deadline, or ends. Holds
    /// only if the watch is still as the decision saw it; else the Outcome fails with
    /// [`CommitError::Moved`](crate::CommitError::Moved), so that a receipt and a notice of silence never cross.
    Told {
        /// The watch as it was read.
        watch: Watch,
        /// Next deadline; `None`: nothing is watched any more.
        due: Option<Moment>,
    },
    /// Remembers that the recipient's provider took it in charge, if the watch is open.
    Taken {
        /// PEC msgid.
        identifier: String,
        /// Whom.
        recipient: Address,
    },
    /// Ends the watch, if open.
    Close {
        /// PEC msgid.
        identifier: String,
        /// Whom.
        recipient: Address,
    },
}

/// What kind of operation a row of evidence records [R-2.3-a].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A message was put in a mailbox.
    Deposited,
    /// A notification or envelope was made and signed.
    Emitted,
    /// A message came from another provider.
    Received,
    /// A dispatch was taken over by the next system.
    Relayed,
    /// A dispatch ended without success.
    RelayFailed,
}

impl Event {
    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            Event::Deposited => "deposited",
            Event::Emitted => "emitted",
            Event::Received => "received",
            Event::RelayFailed => "relay-failed",
            Event::Relayed => "relayed",
        }
    }

    /// The event with this name.
    pub fn from_name(name: &str) -> Option<Event> {
        [Event::Deposited, Event::Emitted, Event::Received, Event::RelayFailed, Event::Relayed]
            .into_iter()
            .find(|event| event.name() == name)
    }
}

/// One operation on one message, append-only [R-2.3-a] [R-2.3-b].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The elaboration's instant [R-4.1-a].
    pub at: Moment,
    /// What was done.
    pub event: Event,
    /// What the message is.
    pub kind: Option<Kind>,
    /// PEC msgid.
    pub identifier: String,
    /// Message-ID of the generated or received message.
    pub message_id: String,
    /// Client's Message-ID, when there was one.
    pub client_id: Option<String>,
    /// Sender of the original.
    pub sender: String,
    /// Recipients of the original.
    pub recipients: Vec<String>,
    /// Subject of the original.
    pub subject: String,
    /// Sending provider (who emitted the message).
    pub provider: String,
    /// Recipients that this operation concerns.
    pub concerns: Vec<String>,
    /// `errore-esteso`, or what the peer said.
    pub error: Option<String>,
}
