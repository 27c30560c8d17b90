//! Who is logged in. A [`Holder`] comes from [`crate::Provider::login`] and from nowhere else, and is what submits.

use std::fmt;
use std::sync::Arc;

use pec::Address;
use store::{Actor, Mailbox, Rights};

/// Somebody who proved who he is, and the mailboxes that he may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    login: Arc<str>,
    actor: Actor,
    mailboxes: Arc<[(Mailbox, Rights)]>,
}

impl Holder {
    /// The holder of a mailbox, with the mailbox's own password.
    pub(crate) fn of(mailbox: Mailbox) -> Self {
        let login = mailbox.address.as_str().into();
        Self { login, actor: Actor::Holder, mailboxes: [(mailbox, Rights::ALL)].into() }
    }

    /// A user with grants.
    pub(crate) fn user(name: &str, mailboxes: Vec<(Mailbox, Rights)>) -> Self {
        Self { login: name.into(), actor: Actor::User(name.to_owned()), mailboxes: mailboxes.into() }
    }

    /// The name of the login, for logs and limits.
    pub fn login(&self) -> &str {
        &self.login
    }

    /// Who acts, for the evidence.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The mailboxes that the login may use, as they were at the login, with the rights on each.
    pub fn mailboxes(&self) -> &[(Mailbox, Rights)] {
        &self.mailboxes
    }

    /// Whether the login may send from an address [R-5.2-a].
    pub fn sends_from(&self, address: &Address) -> bool {
        self.mailboxes.iter().any(|(mailbox, rights)| rights.send && mailbox.address == *address)
    }

    /// A login that nobody has checked and that may use nothing, for tests of doors.
    #[cfg(feature = "testing")]
    pub fn unchecked(login: &str) -> Self {
        Self { login: login.into(), actor: Actor::Holder, mailboxes: [].into() }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.login)
    }
}
