//! Who has passwords.

use pec::Address;

/// Whose password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Account {
    /// A mailbox's own.
    Mailbox(Address),
    /// A user's, by name.
    User(String),
}
