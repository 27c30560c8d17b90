//! What the provider has of one certified message, wherever it lies: in mailboxes, in the queue, or kept outside them.

use async_trait::async_trait;
use pec::{Address, Identifier, Kind, Moment};

use crate::error::StoreError;
use crate::message::MessageId;

/// A message that is there, and is about a certified one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AboutMessage {
    /// Which; [`crate::Content::read`] gives its bytes where it is `whole`.
    pub message: MessageId,
    /// What it is; `None`: the copy of who sent it, or an ordinary message.
    pub kind: Option<Kind>,
    /// Its Message-ID, without brackets.
    pub message_id: String,
    /// Octets.
    pub size: u64,
    /// Since when it is kept, whoever removes it from mailboxes.
    pub kept: Option<Moment>,
    /// Whether every octet is there; otherwise an original in it is gone, of which the digest alone is kept.
    pub whole: bool,
}

/// Messages of a time.
#[derive(Clone, Debug)]
pub struct Exchanged {
    /// Accepted or received from this instant on.
    pub since: Moment,
    /// And before this one.
    pub until: Moment,
    /// Sent by this mailbox, or for it; `None`: all.
    pub mailbox: Option<Address>,
}

/// What is there about certified messages.
#[async_trait]
pub trait Kept: Send + Sync {
    /// Messages about the one of this PEC msgid, in the order in which they came, those after `after`, at most `limit`.
    async fn about(
        &self,
        identifier: &Identifier,
        after: MessageId,
        limit: usize,
    ) -> Result<Vec<AboutMessage>, StoreError>;
    /// The PEC msgids of messages that were accepted here, or came here for holders, the oldest first, at most `limit`.
    async fn exchanged(&self, range: Exchanged, limit: usize) -> Result<Vec<Identifier>, StoreError>;
    /// The SHA-256 of the originals in a message whose bytes are gone, in their order.
    async fn gone(&self, message: MessageId) -> Result<Vec<[u8; 32]>, StoreError>;
}
