//! A row of evidence: one operation on one message.

use pec::{Kind, Moment};

use crate::subject::{SharedSubject, SubjectHash};

/// What a row of evidence is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// No message: an administrative act.
    Nothing,
    /// A message whose subject is stored with this Outcome, unless it is there.
    Subject(SharedSubject),
    /// A message whose subject is stored already; where it is not, the commit fails.
    Known(SubjectHash),
}

impl About {
    /// The hash by which the canonical bytes name it.
    pub fn hash(&self) -> Option<SubjectHash> {
        match self {
            About::Nothing => None,
            About::Subject(subject) => Some(subject.hash()),
            About::Known(hash) => Some(*hash),
        }
    }
}

/// What kind of operation a row of evidence records [R-2.3-a]. The numbers stand in canonical bytes for ever: a new
/// event takes a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A message was put in a mailbox.
    Deposited,
    /// A notification or envelope was made and signed.
    Emitted,
    /// A message came, from a holder or from another system.
    Received,
    /// A dispatch was taken over by the next system.
    Relayed,
    /// A dispatch ended without success, or nobody took what came.
    RelayFailed,
    /// Somebody changed what the provider does: a mailbox, a domain, a dispatch.
    Administered,
    /// Something came that contradicts what was done before under the same name.
    Contradicted,
    /// A certified message or a receipt went from a mailbox for good.
    Removed,
    /// The rows of a tree went, since the law asks for them no longer.
    Expired,
}

impl Event {
    /// Every event, in the order of its number from 1.
    pub const ALL: [Event; 9] = [
        Event::Deposited,
        Event::Emitted,
        Event::Received,
        Event::Relayed,
        Event::RelayFailed,
        Event::Administered,
        Event::Contradicted,
        Event::Removed,
        Event::Expired,
    ];

    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            Event::Administered => "administered",
            Event::Contradicted => "contradicted",
            Event::Deposited => "deposited",
            Event::Emitted => "emitted",
            Event::Expired => "expired",
            Event::Received => "received",
            Event::RelayFailed => "relay-failed",
            Event::Relayed => "relayed",
            Event::Removed => "removed",
        }
    }

    /// The event with this name.
    pub fn from_name(name: &str) -> Option<Event> {
        Event::ALL.into_iter().find(|event| event.name() == name)
    }
}

/// Who acted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The provider's program by itself.
    System,
    /// The holder, with the mailbox's own secret.
    Holder,
    /// A user who may use the mailbox, by name.
    User(String),
    /// An operator of the provider, by name.
    Operator(String),
    /// Another mail system; [`Evidence::provider`] names it when it is a certified-mail provider.
    Peer,
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
    /// Which message.
    pub about: About,
    /// Message-ID of the generated or received message, without brackets.
    pub message_id: String,
    /// Who emitted the message (a provider's name); empty when none did.
    pub provider: String,
    /// Recipients that this operation concerns; for an administrative act, what it concerns.
    pub concerns: Vec<String>,
    /// `errore-esteso`, what the peer said, or what an administrative act was.
    pub error: Option<String>,
    /// Who acted.
    pub actor: Actor,
}

/// Which log of a store, from 1: one for each node that writes, and one more after each restoration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LogId(pub u32);
