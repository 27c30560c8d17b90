//! What may be asked of users, and of secrets for mail programs.

use pec::Address;
use serde::{Deserialize, Serialize};
use store::Protocols;

use crate::login::LoginName;
use crate::named::RightsWanted;
use crate::password::NewPassword;
use crate::setting::Day;
use crate::text;
use crate::unit::UnitPath;

/// On secrets for mail programs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum AppPasswordRequest {
    /// A new one.
    Add {
        /// Whose.
        #[serde(with = "text")]
        login: LoginName,
        /// What it is called.
        name: String,
        /// Of a user: the one mailbox that it opens; `None`: all that are granted.
        #[serde(default, with = "text::option")]
        mailbox: Option<Address>,
        /// What it may be used for.
        #[serde(with = "text")]
        protocols: Protocols,
        /// From when on it is good for nothing.
        #[serde(default, with = "text::option")]
        ends: Option<Day>,
    },
    /// Those of a holder or user.
    List {
        /// Whose.
        #[serde(with = "text")]
        login: LoginName,
    },
    /// Removes one.
    Remove {
        /// Whose.
        #[serde(with = "text")]
        login: LoginName,
        /// Its number.
        id: i64,
    },
}

/// On users.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum UserRequest {
    /// All of them.
    List,
    /// One, with what it may use.
    Show {
        /// Its login name.
        name: String,
    },
    /// A new one.
    Add {
        /// Its login name.
        name: String,
        /// As people call it.
        display: String,
        /// `None`: it cannot log in yet.
        password: Option<NewPassword>,
    },
    /// Lets one log in.
    Enable {
        /// Its login name.
        name: String,
    },
    /// Lets one log in no more.
    Disable {
        /// Its login name.
        name: String,
    },
    /// Gives one another password.
    Password {
        /// Its login name.
        name: String,
        /// The new one.
        password: NewPassword,
    },
    /// Lets one use a mailbox, so far and no further.
    Grant {
        /// Its login name.
        name: String,
        /// Which.
        #[serde(with = "text")]
        mailbox: Address,
        /// How far.
        #[serde(with = "text")]
        rights: RightsWanted,
    },
    /// Lets one use the mailboxes of an office and below it, so far and no further.
    GrantOffice {
        /// Its login name.
        name: String,
        /// Which office.
        #[serde(with = "text")]
        office: UnitPath,
        /// How far.
        #[serde(with = "text")]
        rights: RightsWanted,
    },
    /// Takes back what was given on an office.
    RevokeOffice {
        /// Its login name.
        name: String,
        /// Which office.
        #[serde(with = "text")]
        office: UnitPath,
    },
    /// Lets one use a mailbox no more.
    Revoke {
        /// Its login name.
        name: String,
        /// Which.
        #[serde(with = "text")]
        mailbox: Address,
    },
}
