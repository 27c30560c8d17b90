//! Why somebody who is known does not come in.

use pec::Moment;
use store::Protocol;

/// Why a right secret opens nothing. Only who knows the secret is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Barred {
    /// The app password has ended.
    #[error("this app password ended on {}: ask for another one", .0.day())]
    Ended(Moment),
    /// The app password is for other protocols.
    #[error("this app password is not for {0}: ask for one that is")]
    NotFor(Protocol),
    /// The mailbox, or every mailbox of the user, is not used through this protocol.
    #[error("{0} is switched off for this mailbox: ask whoever administers it")]
    Off(Protocol),
}
