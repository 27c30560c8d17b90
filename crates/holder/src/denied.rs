//! What a holder is told instead.

use pec::Address;
use store::{MailboxState, StoreError};

/// Why something was not done. Nothing was changed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Denied {
    /// The login has no such mailbox, or may not read it.
    #[error("this login may not read {0}")]
    NotYours(Address),
    /// The mailbox is only read.
    #[error("{mailbox} is {}: nothing in it is changed", state.name())]
    ReadOnly {
        /// Which.
        mailbox: Address,
        /// Why.
        state: MailboxState,
    },
    /// The login is over: another secret, other rights, a closed mailbox.
    #[error("this login does not hold any more: log in again")]
    Over,
    /// The store failed; the fault is ours.
    #[error(transparent)]
    Store(#[from] StoreError),
}
