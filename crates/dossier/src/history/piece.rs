//! A piece of a message: an envelope, a receipt, a notice; and what of it is there.

use pec::{Address, Kind, Moment};
use store::{LogId, MessageId};

/// An envelope, a receipt or a notice that was made here or came here.
#[derive(Clone, Debug)]
pub struct Piece {
    /// What it is.
    pub kind: Kind,
    /// Its Message-ID, without brackets.
    pub message_id: String,
    /// Who emitted it.
    pub provider: String,
    /// Recipients whom it is about; none where it is about all of them.
    pub concerns: Vec<String>,
    /// When it was made or came; `None`: no row is left that says so.
    pub at: Option<Moment>,
    /// The row that says so.
    pub row: Option<(LogId, u64)>,
    /// What of it is there.
    pub stored: Stored,
}

/// What of a message is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// All of it, so many octets.
    Whole(MessageId, u64),
    /// All but originals in it, whose SHA-256 these are.
    WithoutOriginal(Vec<[u8; 32]>),
    /// Nothing.
    Nowhere,
}

impl Stored {
    /// The message, where it is there whole.
    pub fn whole(&self) -> Option<MessageId> {
        match self {
            Self::Whole(message, _) => Some(*message),
            Self::WithoutOriginal(_) | Self::Nowhere => None,
        }
    }
}

impl Piece {
    /// The same where it turned out that its octets cannot be had, though they were there a moment ago.
    #[must_use]
    pub fn without_octets(&self) -> Self {
        let stored = match &self.stored {
            Stored::Whole(..) => Stored::Nowhere,
            stored => stored.clone(),
        };
        Self { stored, ..self.clone() }
    }

    /// Whether it is a receipt or a notice.
    pub fn is_receipt(&self) -> bool {
        is_receipt(self.kind)
    }

    /// Whether it is about this recipient, by name.
    pub fn is_about(&self, recipient: &Address) -> bool {
        self.concerns.iter().any(|one| Address::parse(one).is_ok_and(|one| one.key() == recipient.key()))
    }
}

/// Whether messages of this kind are receipts or notices.
pub(super) fn is_receipt(kind: Kind) -> bool {
    !matches!(kind, Kind::TransportEnvelope | Kind::AnomalyEnvelope)
}
