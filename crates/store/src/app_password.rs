//! App passwords: secrets that we make for mail programs, any number for each person, each with a name, a scope and perhaps an
//! end. A mail program logs in with a mailbox's address and such a secret; who it is comes from the secret.
//!
//! # Why no argon2
//!
//! argon2 makes each guess of a *person's* password dear. A secret that we draw ourselves has 140 bits: nobody guesses it,
//! however cheap a guess is, and whoever steals the store cannot try 2^140 of them. So its SHA-256 is kept, and is what it is
//! found by: a login costs one look in an index however many secrets there are, a poller costs nothing, and a wrong password
//! still costs exactly one argon2, that of the account. There is no way to have a secret of one's own choice kept so.

use std::fmt;

use async_trait::async_trait;
use pec::{Address, Moment};

use crate::account::Account;
use crate::error::StoreError;
use crate::protocol::Protocols;

/// An app password. Never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AppPasswordId(pub i64);

/// An app password, without its secret, which nobody knows but who was shown it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppPassword {
    /// Its number.
    pub id: AppPasswordId,
    /// Whose it is: a holder's of that mailbox, or a user's.
    pub of: Account,
    /// Of a user: the one mailbox that it opens; `None`: whatever is granted.
    pub mailbox: Option<Address>,
    /// What its owner calls it.
    pub name: String,
    /// What it may be used for.
    pub protocols: Protocols,
    /// When it was made.
    pub made: Moment,
    /// When it ends; `None`: never by itself.
    pub ends: Option<Moment>,
    /// When it was used last, about; `None`: never.
    pub used: Option<Moment>,
}

impl AppPassword {
    /// Whether it has ended.
    pub fn has_ended(&self, now: Moment) -> bool {
        self.ends.is_some_and(|ends| ends <= now)
    }
}

/// An app password to make.
#[derive(Clone, Debug)]
pub struct NewAppPassword {
    /// Whose it is.
    pub of: Account,
    /// Of a user: the one mailbox that it shall open.
    pub mailbox: Option<Address>,
    /// What its owner calls it; once for each owner.
    pub name: String,
    /// What it may be used for.
    pub protocols: Protocols,
    /// When it is made.
    pub made: Moment,
    /// When it shall end.
    pub ends: Option<Moment>,
}

/// The secret of an app password, shown once. It has no form that prints by itself.
#[derive(Clone, PartialEq, Eq)]
pub struct AppSecret(pub(crate) String);

impl AppSecret {
    /// The secret, in groups, for who asked for it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AppSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppSecret(…)")
    }
}

/// What making an app password gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppPasswordMade {
    /// It is there.
    Made(AppPassword, AppSecret),
    /// There is no such account, or nobody logs in to it.
    NoAccount,
    /// The user may not use that mailbox.
    NotGranted,
    /// Another one of the same owner has that name.
    Taken,
    /// The owner has as many as one may have.
    TooMany {
        /// How many.
        most: u32,
    },
}

/// App passwords. What ends or is removed is told to the sessions on every mailbox that it opened.
#[async_trait]
pub trait AppPasswords: Send + Sync {
    /// Makes one, with a secret of ours.
    async fn make_app_password(&self, new: NewAppPassword) -> Result<AppPasswordMade, StoreError>;
    /// Those of an account, by number.
    async fn app_passwords(&self, of: &Account) -> Result<Vec<AppPassword>, StoreError>;
    /// Removes one; it was this. `None`: the account has none of this number.
    async fn remove_app_password(&self, of: &Account, id: AppPasswordId) -> Result<Option<AppPassword>, StoreError>;
    /// Those that end before an instant and have not ended at `now`, by number after `after`; at most `limit`.
    async fn ending_app_passwords(
        &self,
        now: Moment,
        before: Moment,
        after: AppPasswordId,
        limit: usize,
    ) -> Result<Vec<AppPassword>, StoreError>;
    /// Has the sessions of app passwords look again whose end has come since the last time; how many ended.
    async fn end_app_passwords(&self, now: Moment) -> Result<usize, StoreError>;
}
