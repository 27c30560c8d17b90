//! Legal holds: what nobody removes until an operator releases it.

use pec::{Address, Identifier, Moment};

/// A hold on a mailbox, or on the messages in it that are about one certified message: the message itself, its receipts and
/// the sender's copy. What it keeps can be read, marked and moved within the mailbox, and does not leave it; the mailbox is not
/// closed. Whoever tries is told ([`ErrorKind::Held`](crate::ErrorKind::Held), [`Expunged::held`](crate::Expunged::held)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Where.
    pub mailbox: Address,
    /// About which message; `None`: everything in the mailbox, also what comes later.
    pub identifier: Option<Identifier>,
    /// Since when.
    pub at: Moment,
    /// The operator who put it.
    pub by: String,
    /// Why.
    pub why: String,
}

/// What putting or releasing a hold came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holding {
    /// Done.
    Done,
    /// It was so before: held already, or not held.
    AsItWas,
    /// There is no such mailbox.
    NoMailbox,
}
