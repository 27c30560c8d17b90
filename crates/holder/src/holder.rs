//! Who is logged in. A [`Holder`] comes from [`crate::Entrance::enter`] and from nowhere else.

use std::fmt;
use std::sync::Arc;

use pec::Address;
use store::{Actor, AppPasswordId, Mailbox, Reader, Rights, Secret, SecretStamp, User, UserId};

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

/// Which mailboxes somebody may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Uses {
    /// One, as it was when it was last looked at.
    One(Box<(Mailbox, Rights)>),
    /// Whatever is granted to a user, or of that only one. It may be thousands, and is asked for when it is wanted.
    Granted { user: UserId, only: Option<Address> },
}

/// Somebody who proved who he is, and which mailboxes he may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    login: Arc<str>,
    actor: Actor,
    reader: Reader,
    proof: Proof,
    came: Came,
    uses: Uses,
}

impl Holder {
    /// The holder of a mailbox, with a secret of the mailbox's own.
    pub(crate) fn of(mailbox: Mailbox, proof: Proof, came: Came) -> Self {
        let login = mailbox.address.as_str().into();
        let uses = Uses::One(Box::new((mailbox, Rights::ALL)));
        Self { login, actor: Actor::Holder, reader: Reader::Owner, proof, came, uses }
    }

    /// A user by own name, who may use whatever is granted to him, or of that only one.
    pub(crate) fn by_name(user: &User, only: Option<Address>, proof: Proof, came: Came) -> Self {
        Self::of_user(user, user.name.as_str().into(), Uses::Granted { user: user.id, only }, proof, came)
    }

    /// A user at the address of a mailbox that he may use.
    pub(crate) fn by_address(user: &User, login: &str, granted: (Mailbox, Rights), proof: Proof, came: Came) -> Self {
        Self::of_user(user, login.to_ascii_lowercase().into(), Uses::One(Box::new(granted)), proof, came)
    }

    fn of_user(user: &User, login: Arc<str>, uses: Uses, proof: Proof, came: Came) -> Self {
        Self { login, actor: Actor::User(user.name.clone()), reader: Reader::User(user.id), proof, came, uses }
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

    pub(crate) fn uses(&self) -> &Uses {
        &self.uses
    }

    /// The user whose the login is; `None`: it is that of a mailbox's holder.
    pub(crate) fn user(&self) -> Option<UserId> {
        match self.reader {
            Reader::Owner => None,
            Reader::User(user) => Some(user),
        }
    }

    /// The mailbox that the login names, as it was when it was last looked at, with the rights on it; `None`: it is a user's by own
    /// name.
    pub fn at(&self) -> Option<&(Mailbox, Rights)> {
        match &self.uses {
            Uses::One(one) => Some(one),
            Uses::Granted { .. } => None,
        }
    }

    /// Whether the login was that of one mailbox, and not a user's by own name.
    pub fn is_at_one(&self) -> bool {
        self.login.contains('@')
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
        // Users are numbered from 1: this one is nobody, and nothing is granted to him.
        let uses = Uses::Granted { user: UserId(0), only: None };
        let came = Came::by(store::Protocol::Submission, std::net::Ipv4Addr::LOCALHOST.into());
        Self { login: login.into(), actor, reader, proof, came, uses }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.login)
    }
}
