//! Who is logged in. A [`Holder`] comes from [`crate::Entrance::enter`] and from nowhere else.

use std::fmt;
use std::sync::Arc;

use pec::Address;
use store::{Actor, Mailbox, Reader, Rights, SecretStamp, User};

/// Somebody who proved who he is, and the mailboxes that he may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    login: Arc<str>,
    actor: Actor,
    reader: Reader,
    secret: Option<SecretStamp>,
    mailboxes: Arc<[(Mailbox, Rights)]>,
}

impl Holder {
    /// The holder of a mailbox, with the mailbox's own secret.
    pub(crate) fn of(mailbox: Mailbox, secret: Option<SecretStamp>) -> Self {
        let login = mailbox.address.as_str().into();
        let mailboxes = [(mailbox, Rights::ALL)].into();
        Self { login, actor: Actor::Holder, reader: Reader::Owner, secret, mailboxes }
    }

    /// A user with grants.
    pub(crate) fn user(user: &User, mailboxes: Vec<(Mailbox, Rights)>, secret: Option<SecretStamp>) -> Self {
        let (actor, reader) = (Actor::User(user.name.clone()), Reader::User(user.id));
        Self { login: user.name.as_str().into(), actor, reader, secret, mailboxes: mailboxes.into() }
    }

    /// The name of the login, for logs and limits.
    pub fn login(&self) -> &str {
        &self.login
    }

    /// Who acts, for the evidence.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Whose `\Seen` counts.
    pub fn reader(&self) -> Reader {
        self.reader
    }

    /// The mailboxes that the login may use, as they were when they were last looked at, with the rights on each.
    pub fn mailboxes(&self) -> &[(Mailbox, Rights)] {
        &self.mailboxes
    }

    /// Whether the login may send from an address [R-5.2-a].
    pub fn sends_from(&self, address: &Address) -> bool {
        self.mailboxes.iter().any(|(mailbox, rights)| rights.send && mailbox.address == *address)
    }

    /// Whether this is the same login with the same secret as another one.
    pub(crate) fn is_proved_by(&self, other: &Holder) -> bool {
        self.actor == other.actor && self.reader == other.reader && self.secret == other.secret
    }

    /// A login that nobody has checked and that may use nothing, for tests of doors.
    #[cfg(feature = "testing")]
    pub fn unchecked(login: &str) -> Self {
        let (actor, reader) = (Actor::Holder, Reader::Owner);
        Self { login: login.into(), actor, reader, secret: None, mailboxes: [].into() }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.login)
    }
}
