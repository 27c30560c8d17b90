//! Users, their rights and their secrets in answers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A secret for mail programs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppPasswordItem {
    /// Its number.
    pub id: i64,
    /// Whose: a mailbox's address, or a user's name.
    pub login: String,
    /// Of a user: the one mailbox that it opens; `None`: all that are granted.
    pub mailbox: Option<String>,
    /// What it is called.
    pub name: String,
    /// What it may be used for.
    pub protocols: Vec<String>,
    /// When it was made.
    pub made: String,
    /// From when on it is good for nothing.
    pub ends: Option<String>,
    /// Whether it has ended.
    pub ended: bool,
    /// When it was used last, about.
    pub used: Option<String>,
    /// The secret, to who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl fmt::Debug for AppPasswordItem {
    /// Everything but the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppPasswordItem").field("id", &self.id).field("login", &self.login).finish_non_exhaustive()
    }
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserItem {
    /// Its login name.
    pub name: String,
    /// As people call it.
    pub display: String,
    /// Whether it may log in.
    pub enabled: bool,
}

/// What a user may do with a mailbox, or with those of an office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantItem {
    /// The user's login name.
    pub user: String,
    /// The mailbox.
    pub mailbox: Option<String>,
    /// The office, its organisation's name first: the right is on every mailbox in it and below it.
    pub office: Option<String>,
    /// Reads and keeps its messages.
    pub read: bool,
    /// Sends from it.
    pub send: bool,
    /// Changes its settings and who may use it.
    pub manage: bool,
}
