//! What a message at the Incoming Point is, and what is known of it: the words that the points share.

use std::sync::Arc;

use bytes::Bytes;
use directory::Record;
use pec::compose::Certified;
use pec::message::PecMessage;
use pec::report::Report;
use pec::{Address, Moment, ReversePath, Words};
use seal::Certificate;
use store::{Mailbox, OnceNote, Sent};

use crate::answer::Refusal;
use crate::authentication::{Findings, Peer};
use crate::elaboration::Elaborated;

/// A message at the Incoming Point.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// MAIL FROM.
    pub path: ReversePath,
    /// RCPT TO of this transaction, all in domains of ours, each once.
    pub recipients: Vec<Address>,
    /// The bytes as they came.
    pub message: Bytes,
    /// The system that brought it; `None` when it came without the network.
    pub peer: Option<Peer>,
}

/// What a message turned out to be.
#[derive(Clone, Debug)]
pub enum Finding {
    /// A correct transport envelope [R-2.2.2-g].
    Envelope(Box<Certificated>),
    /// A correct notification [R-2.2.2-h].
    Notification(Box<Certificated>),
    /// From a certified provider, and not formally correct [R-2.2.2-i].
    Anomalous {
        /// Who signed.
        record: Arc<Record>,
        /// Why, for the anomaly envelope.
        reason: Words,
        /// SHA-256 of the signed entity.
        signed: [u8; 32],
    },
    /// From a certified provider, and for a sender whose domain nobody in the index manages: put off while the index is
    /// older than the message, and anomalous when it is not.
    Unmanaged {
        /// Who signed.
        record: Arc<Record>,
        /// Why, for the anomaly envelope.
        reason: Words,
        /// SHA-256 of the signed entity.
        signed: [u8; 32],
        /// The instant that it certifies.
        instant: Moment,
    },
    /// Not from a certified provider [R-2.2.2-j].
    Ordinary {
        /// Which test failed and how.
        reason: Words,
    },
    /// From a listed signer of whom nobody can say at the moment whether he is revoked: to be examined again when
    /// more is known, and put off until then.
    Unsure {
        /// From the signer to a pinned authority: whose revocations are to be asked for.
        path: Vec<Certificate>,
        /// What is missing, in English.
        why: String,
    },
}

impl Finding {
    /// The PEC msgid that the message is about, when it certifies one.
    pub fn identifier(&self) -> Option<&str> {
        match self {
            Finding::Envelope(found) | Finding::Notification(found) => Some(&found.certified.identifier),
            Finding::Anomalous { .. }
            | Finding::Ordinary { .. }
            | Finding::Unmanaged { .. }
            | Finding::Unsure { .. } => None,
        }
    }
}

/// A correct envelope or notification, who sent it, and what it certifies.
#[derive(Clone, Debug)]
pub struct Certificated {
    /// The emitting provider.
    pub record: Arc<Record>,
    /// The message read back.
    pub pec: PecMessage,
    /// Its certified facts.
    pub certified: Certified,
    /// SHA-256 of the signed entity: the octets that the provider's signature covers.
    pub signed: [u8; 32],
}

/// What was decided on an arrival.
#[derive(Debug)]
pub enum Decision {
    /// To be committed; then the peer is told that it is taken.
    Take {
        /// Everything this causes.
        elaborated: Box<Elaborated>,
        /// For log and reply.
        what: String,
    },
    /// To be committed; then it is refused all the same.
    Discard {
        /// Why.
        refusal: Refusal,
        /// What is recorded of it.
        elaborated: Box<Elaborated>,
    },
    /// Everything in it was done before: taken without effect.
    Known,
    /// The same, but it says something else: to be committed, for that is recorded.
    Contradicts {
        /// What is recorded of it.
        elaborated: Box<Elaborated>,
    },
    /// Refused.
    Refuse(Refusal),
}

/// What the store says about an arrival.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The keys of what is to be done that are not done yet.
    pub todo: Vec<OnceNote>,
    /// Those that are done, where what was done said something else, and that is not recorded yet.
    pub contradictions: Vec<Contradiction>,
    /// The mailboxes of the arrival's recipients, in order.
    pub mailboxes: Vec<Option<Mailbox>>,
    /// The mailbox of the holder whom a notification is about, when it is ours.
    pub holder: Option<Mailbox>,
    /// What we certified of the message that a notification is about, when we did.
    pub sent: Option<Sent>,
    /// The delivery report that it is, about a message that its recipient's mailbox sent.
    pub report: Option<Reported>,
    /// What was found out about its origin, when that was asked.
    pub findings: Option<Findings>,
    /// Whether the store knows any mailbox at all.
    pub anybody: bool,
    /// As of when the copy of the index is.
    pub index_at: Moment,
}

/// A message that comes under the name of something that was done, and says something else.
#[derive(Clone, Debug)]
pub struct Contradiction {
    /// What would be noted.
    pub note: OnceNote,
    /// SHA-256 of what was done under it.
    pub first: [u8; 32],
}

/// A delivery report, with what we certified of the message it is about.
#[derive(Clone, Debug)]
pub struct Reported {
    /// The report, which anybody can have written.
    pub report: Report,
    /// The message.
    pub sent: Sent,
}

/// Whether a mailbox may receive at all.
pub fn receives(mailbox: &Mailbox) -> bool {
    matches!(mailbox.state, store::MailboxState::Active | store::MailboxState::ReceiveOnly)
}
