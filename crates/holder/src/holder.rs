//! Who is logged in. A [`Holder`] comes from [`crate::Entrance::enter`] and from nowhere else.

use std::fmt;
use std::sync::Arc;

use pec::Address;
use store::{Actor, AppPasswordId, Mailbox, Reader, Rights, Secret, SecretStamp, User};

use crate::Came;

/// By what somebody proved who he is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// The account's own password.
    Password(Option<SecretStamp>),
    /// An app password.
    App(AppPasswordId),
    /// A token about this login.
    Token(Arc<str>),
}

impl Proof {
    pub(crate) fn of(secret: Secret) -> Self {
        match secret {
            Secret::Password(stamp) => Self::Password(stamp),
            Secret::App(app) => Self::App(app.id),
        }
    }

    pub(crate) fn app_password(&self) -> Option<AppPasswordId> {
        match self {
            Self::App(id) => Some(*id),
            Self::Password(_) | Self::Token(_) => None,
        }
    }
}

/// Somebody who proved who he is, and the mailboxes that he may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    login: Arc<str>,
    actor: Actor,
    reader: Reader,
    proof: Proof,
    came: Came,
    mailboxes: Arc<[(Mailbox, Rights)]>,
}

impl Holder {
    /// The holder of a mailbox, with a secret of the mailbox's own.
    pub(crate) fn of(mailbox: Mailbox, proof: Proof, came: Came) -> Self {
        let login = mailbox.address.as_str().into();
        let mailboxes = [(mailbox, Rights::ALL)].into();
        Self { login, actor: Actor::Holder, reader: Reader::Owner, proof, came, mailboxes }
    }

    /// A user with grants, by own name or `at` the address of a mailbox.
    pub(crate) fn user(
        user: &User,
        at: Option<String>,
        mailboxes: Vec<(Mailbox, Rights)>,
        proof: Proof,
        came: Came,
    ) -> Self {
        let (actor, reader) = (Actor::User(user.name.clone()), Reader::User(user.id));
        let login = at.map_or_else(|| user.name.as_str().into(), Into::into);
        Self { login, actor, reader, proof, came, mailboxes: mailboxes.into() }
    }

    /// How he came.
    pub fn came(&self) -> &Came {
        &self.came
    }

    /// The program has said what it is.
    pub fn is_by(&mut self, client: String) {
        self.came.client = Some(client);
    }

    pub(crate) fn proof(&self) -> &Proof {
        &self.proof
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

    /// Whether the login was that of one mailbox, and not a user's by own name.
    pub fn is_at_one(&self) -> bool {
        self.login.contains('@')
    }

    /// Whether the login may send from an address [R-5.2-a].
    pub fn sends_from(&self, address: &Address) -> bool {
        self.mailboxes.iter().any(|(mailbox, rights)| rights.send && mailbox.address == *address)
    }

    /// Whether this is the same login with the same secret as another one.
    pub(crate) fn is_proved_by(&self, other: &Holder) -> bool {
        self.actor == other.actor && self.reader == other.reader && self.proof == other.proof
    }

    /// A login that nobody has checked and that may use nothing, for tests of doors.
    #[cfg(feature = "testing")]
    pub fn unchecked(login: &str) -> Self {
        let (actor, reader) = (Actor::Holder, Reader::Owner);
        let proof = Proof::Password(None);
        let came = Came::by(store::Protocol::Submission, std::net::Ipv4Addr::LOCALHOST.into());
        Self { login: login.into(), actor, reader, proof, came, mailboxes: [].into() }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.login)
    }
}
